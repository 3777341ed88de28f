/**
 * Loads small submissions into large registries, and says how the time goes with what comes in and with what is there:
 * `npm run bench:stored`.
 *
 * Patients are the families of `bench:match`; each size of registry is loaded once, and each submission into a copy of it.
 */
import { closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { PATIENT } from '../../src/core/model.js';
import { headerLine, toCells, toLine } from '../../src/core/write.js';
import { packageFolder } from '../../src/files/specs.js';
import type { Summary } from '../../src/run.js';
import { makeFamilies } from '../support/families.js';
import { MIIS, TODAY } from '../support/fixtures.js';
import { measure } from './measure.js';

const options = await yargs(hideBin(process.argv))
  .usage('npm run bench:stored -- [options]')
  .options({
    stored: { type: 'string', default: '100000,1000000', describe: 'Patient records of the registries' },
    incoming: { type: 'string', default: '100,1000,10000', describe: 'Patient records of the submissions' },
    seed: { type: 'number', default: 41, describe: 'Seed of the families' },
    folder: { type: 'string', default: tmpdir(), describe: 'Where files and databases are written' },
  })
  .strict()
  .version(false)
  .parseAsync();

const sizes = (text: string): number[] => text.split(',').map(Number);
const stored = sizes(options.stored);
const incoming = sizes(options.incoming);
const folder = mkdtempSync(join(options.folder, 'immload-stored-'));
const registry = join(folder, 'registry.db');
const layout = MIIS.layouts.patient;

/** Writes records of families to files of these sizes, one after the other. */
function writeFiles(counts: readonly number[]): string[] {
  const most = counts.reduce((sum, count) => sum + count, 0);
  const records = makeFamilies({ persons: most, seed: options.seed });
  return counts.map((count, number) => {
    const path = join(folder, `${number}.txt`);
    const file = openSync(path, 'w');
    let lines = [headerLine(layout)!];
    const flush = (): void => {
      writeSync(file, `${lines.join('\n')}\n`);
      lines = [];
    };
    for (let i = 0; i < count; i++) {
      const { row } = records.next().value!;
      const values = Object.fromEntries(Object.entries(PATIENT).map(([name, slot]) => [name, row[slot] ?? undefined]));
      lines.push(toLine(toCells(values, 'patient', MIIS), layout));
      if (lines.length === 1000) flush();
    }
    flush();
    closeSync(file);
    return path;
  });
}

/** Loads a file of patients, and gives the line of the table. */
async function load(path: string, database: string): Promise<string> {
  const report = join(folder, 'report');
  const args = [join(packageFolder(), 'dist/src/cli/main.js'), 'load', '--patients', path, '--db', database];
  const asked = ['--report', report, '--match-model', 'fixed', '--spec', 'miis-legacy', '--today', TODAY, '--quiet'];
  const { seconds, peakMemoryMb } = await measure({
    program: process.execPath,
    args: [...args, ...asked],
    exitCodes: [0, 3],
  });
  const { patients } = JSON.parse(readFileSync(join(report, 'summary.json'), 'utf8')) as Summary;
  rmSync(report, { recursive: true });
  const counts = [patients.new, patients.merged, patients.review].map((count) => String(count).padStart(9));
  return [...counts, seconds.toFixed(2).padStart(9), String(peakMemoryMb).padStart(8)].join('');
}

try {
  console.log('   stored  incoming      new   merged   review  seconds peak MB');
  for (const size of stored) {
    const [base, ...files] = writeFiles([size, ...incoming]) as [string, ...string[]];
    const row = (count: number, line: string): void =>
      console.log(`${String(size).padStart(9)}${String(count).padStart(10)}${line}`);
    console.log(`        0${String(size).padStart(10)}${await load(base, registry)}`);
    for (const [number, file] of files.entries()) {
      const copy = join(folder, 'copy.db');
      copyFileSync(registry, copy);
      row(incoming[number]!, await load(file, copy));
      rmSync(copy);
    }
    rmSync(registry);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
