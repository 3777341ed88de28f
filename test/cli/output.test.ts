/** Output that cannot be written: what was done stays done, and the exit code says so. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageFolder } from '../../src/files/specs.js';
import { Sandbox } from '../support/sandbox.js';

const PROGRAM = `"${process.execPath}" "${join(packageFolder(), 'dist/src/cli/main.js')}"`;
const EXAMPLE = join(packageFolder(), 'examples/01-quick-start');
const FILES = `"${EXAMPLE}/patients.txt" --immunizations "${EXAMPLE}/immunizations.txt"`;

test.each([
  ['into a pipe that nobody reads', '| true', ''],
  ['into a full disk', '>/dev/full', 'immload: the output cannot be written (ENOSPC); what was to be done is done\n'],
])('a load that prints %s is done, and ends with its own code', (_, target, says) => {
  using sandbox = new Sandbox();
  const script = `set -o pipefail; ${PROGRAM} load --patients ${FILES} --db registry.db ${target}`;
  const { status, stderr } = spawnSync('bash', ['-c', script], { cwd: sandbox.folder, encoding: 'utf8' });
  expect([status, stderr]).toEqual([3, says]);
  expect(sandbox.query('SELECT status FROM runs')).toEqual([{ status: 'completed' }]);
});

test.each(['codes show cvx', 'explain', 'spec show miis-legacy --json'])('%s may be cut short', (command) => {
  const script = `set -o pipefail; ${PROGRAM} ${command} | head -1 >/dev/null`;
  const { status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});
