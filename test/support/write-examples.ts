/** Writes the input of the examples anew, runs them, and keeps what they gave as what is expected: `npm run examples`. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/files/specs.js';
import { EXAMPLES, EXPECTED_REPORTS, withoutSeconds, writeExampleInput } from './examples.js';

const examples = join(packageFolder(), 'examples');
for (const example of EXAMPLES) {
  const folder = join(examples, example.name);
  writeExampleInput(example, folder);
  const output = execFileSync(process.execPath, [join(examples, 'run.mjs'), example.name]);
  const expected = join(folder, 'expected');
  rmSync(expected, { recursive: true, force: true });
  mkdirSync(expected);
  writeFileSync(join(expected, 'output.txt'), withoutSeconds(output.toString()));
  for (const name of EXPECTED_REPORTS) {
    const report = join(folder, 'output', 'report', name);
    if (existsSync(report)) cpSync(report, join(expected, name), { recursive: true });
  }
}
