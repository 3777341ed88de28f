/** The examples are what the program makes of them today. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { isCombined } from '../src/core/spec.js';
import { packageFolder } from '../src/files/specs.js';
import type { Summary } from '../src/run.js';
import { EXAMPLES, EXPECTED_REPORTS, QUICK_START, withoutSeconds, writeExampleInput } from './support/examples.js';
import { Sandbox } from './support/sandbox.js';

const folderOf = (name: string): string => join(packageFolder(), 'examples', name);

/** The files in a folder and below, by their path in it. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}

test('every folder is one of the examples', () => {
  const folders = readdirSync(folderOf('.'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name)).toEqual(EXAMPLES.map(({ name }) => name));
});

describe.each(EXAMPLES)('$name', (example) => {
  const folder = folderOf(example.name);
  let printed = '';
  let summary: Summary;
  beforeAll(() => {
    // The first is run as the README says, the others as their own README says.
    printed =
      example === QUICK_START
        ? execFileSync('npm', ['run', '--silent', 'example'], { cwd: packageFolder(), encoding: 'utf8' })
        : execFileSync(process.execPath, ['examples/run.mjs', example.name], {
            cwd: packageFolder(),
            encoding: 'utf8',
          });
    summary = JSON.parse(readFileSync(join(folder, 'output/report/summary.json'), 'utf8')) as Summary;
  });

  test('its input is what its seed gives', () => {
    using sandbox = new Sandbox();
    writeExampleInput(example, sandbox.folder);
    for (const name of example.inputs) {
      expect(readFileSync(sandbox.path(name)).equals(readFileSync(join(folder, name))), name).toBe(true);
    }
  });

  test('it prints what is expected', () => {
    expect(withoutSeconds(printed)).toBe(readFileSync(join(folder, 'expected/output.txt'), 'utf8'));
  });

  test('its reports are as expected', () => {
    const report = join(folder, 'output/report');
    const comparable = EXPECTED_REPORTS.flatMap((name) => {
      if (!existsSync(join(report, name))) return [];
      return statSync(join(report, name)).isDirectory()
        ? filesIn(join(report, name)).map((file) => join(name, file))
        : [name];
    });
    expect(filesIn(join(folder, 'expected'))).toEqual([...comparable, 'output.txt'].sort());
    for (const name of comparable) {
      expect(readFileSync(join(report, name), 'utf8'), name).toBe(readFileSync(join(folder, 'expected', name), 'utf8'));
    }
  });

  test('every record has a fate, and the tables hold exactly the rows that the fates say', () => {
    using sandbox = new Sandbox();
    const database = join(folder, 'output/registry.db');
    const count = (table: string): unknown => sandbox.query(`SELECT count(*) AS n FROM ${table}`, database)[0]!['n'];
    for (const file of summary.files) {
      expect(file.loaded + file.merged + file.duplicate + file.rejected + file.skipped).toBe(file.records);
    }
    const { patients, doses } = summary;
    expect(count('patients')).toBe(patients.new);
    expect(count('immunizations')).toBe(doses.new);
    expect(count('immunization_duplicates')).toBe(doses.merged + doses.duplicate);
    if (isCombined(example.spec)) return;
    const { patient, immunization } = summary.totals;
    expect(patient.loaded).toBe(patients.new);
    expect(count('patient_sources')).toBe(patient.loaded + patient.merged + patient.duplicate);
    expect(immunization.loaded).toBe(doses.new);
  });

  test('its files are small enough to be kept', () => {
    for (const file of filesIn(folder).filter((name) => !name.startsWith('output/'))) {
      expect(statSync(join(folder, file)).size, file).toBeLessThan(1_000_000);
    }
  });
});

test('the quick start is a clinic of some size, with the dirt of real files', () => {
  const summary = JSON.parse(
    readFileSync(join(folderOf(QUICK_START.name), 'output/report/summary.json'), 'utf8'),
  ) as Summary;
  expect(summary.totals.patient.records).toBeGreaterThanOrEqual(500);
  expect(summary.totals.immunization.records).toBeGreaterThanOrEqual(5000);
  expect(Object.keys(summary.issues).length).toBeGreaterThanOrEqual(100);
});
