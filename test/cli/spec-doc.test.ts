/** `immload spec doc` */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { builtInSpecIds } from '../../src/files/specs.js';
import { runProgram } from '../support/program.js';
import { Sandbox } from '../support/sandbox.js';
import { smallest } from '../support/small-spec.js';

async function run(sandbox: Sandbox, ...args: string[]) {
  return await runProgram(sandbox.folder, ['spec', 'doc', ...args]);
}

describe('spec doc', () => {
  test('prints Markdown', async () => {
    using sandbox = new Sandbox();
    const { code, stdout, stderr, left } = await run(sandbox, 'grits-fixed');
    expect({ code, stderr, left }).toEqual({ code: 0, stderr: '', left: {} });
    expect(stdout).toMatch(/^# Georgia GRITS flat files/);
    expect(stdout).toContain('## Examples');
  });

  test('prints one page of HTML', async () => {
    using sandbox = new Sandbox();
    const { code, stdout } = await run(sandbox, 'miis-legacy', '--html');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^<!DOCTYPE html>\n[\s\S]+<\/html>\n$/);
  });

  test.each([
    ['own.md', [], /^# Export of my clinic\n/],
    ['own.html', [], /^<!DOCTYPE html>/],
    ['own', ['--html'], /^<!DOCTYPE html>/],
  ])('writes a specification of the user’s own to %s', async (output, options, begins) => {
    using sandbox = new Sandbox();
    sandbox.write('own.json', JSON.stringify(smallest()));
    const outcome = await run(sandbox, 'own.json', '--output', output, ...options);
    expect(outcome).toMatchObject({ code: 0, stdout: `Wrote ${output}.\n`, stderr: '' });
    expect(readFileSync(sandbox.path(output), 'utf8')).toMatch(begins);
  });

  test('overwrites no file', async () => {
    using sandbox = new Sandbox();
    const own = JSON.stringify(smallest());
    sandbox.write('own.json', own);
    expect(await run(sandbox, 'own.json', '--output', 'own.json')).toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        'immload: own.json: cannot be written (EEXIST); it is there already; give a new file with --output, or take that one away\n',
    });
    expect(readFileSync(sandbox.path('own.json'), 'utf8')).toBe(own);
  });

  test('says the same every time', async () => {
    using sandbox = new Sandbox();
    expect((await run(sandbox, 'miis-legacy')).stdout).toBe((await run(sandbox, 'miis-legacy')).stdout);
  });

  test.each([
    [['nope'], 2, `there is no spec nope; use one of ${builtInSpecIds().join(', ')}, or the path of a spec file`],
    [
      ['miis-legacy', '--output', 'gone/miis.html'],
      1,
      'gone/miis.html: cannot be written (ENOENT); give a file that can be written with --output',
    ],
  ])('refuses %j', async (args, code, says) => {
    using sandbox = new Sandbox();
    expect(await run(sandbox, ...args)).toEqual({ code, stdout: '', stderr: `immload: ${says}\n`, left: {} });
  });
});
