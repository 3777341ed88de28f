/** The reject file, once corrected, loads as it is: the registry is then as if the submission had been right at once. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Role } from '../../src/core/model.js';
import { completeSpec } from '../../src/core/spec.js';
import { toCells, toLine } from '../../src/core/write.js';
import { packageFolder } from '../../src/files/specs.js';
import { makeClinic } from '../support/clinic.js';
import { QUICK_START } from '../support/examples.js';
import { MIIS, TODAY } from '../support/fixtures.js';
import { contentOf, Sandbox } from '../support/sandbox.js';
import { withValue } from '../support/small-spec.js';

/** What a clinic knows of its records: the right line of each, by its own key. */
const PATIENT_LINES = new Map<string, string>();
const DOSE_LINES = new Map<string, string>();
for (const { patient, doses } of makeClinic(QUICK_START.clinic)) {
  const line = toLine(toCells(patient, 'patient', MIIS), MIIS.layouts.patient);
  PATIENT_LINES.set(patient.source_patient_id!, line);
  PATIENT_LINES.set([patient.last_name, patient.first_name, patient.birth_date].join(), line);
  for (const dose of doses) {
    const doseLine = toLine(toCells(dose, 'immunization', MIIS), MIIS.layouts.immunization);
    DOSE_LINES.set(dose.source_immunization_id!, doseLine);
  }
}

/** A line of a reject file as its clinic corrects it: by looking the record up. The columns of immload stay. */
function correct(line: string, role: Role): string {
  const cells = line.split('|');
  const cell = (field: string): string =>
    cells[MIIS.layouts[role].fields.findIndex((each) => each.field === field)]?.replaceAll('"', '') ?? '';
  const [codes, fix, origin] = cells.slice(-3);
  // The record itself is right: only its patient was missing, and comes with the corrected patients.
  if (codes === 'patient-rejected') return line;
  const birthDate = cell('birth_date').replace(/(....)(..)(..)/, '$1-$2-$3');
  const right =
    role === 'patient'
      ? (PATIENT_LINES.get(cell('source_patient_id')) ??
        PATIENT_LINES.get([cell('last_name'), cell('first_name'), birthDate].join()))
      : DOSE_LINES.get(cell('source_immunization_id'));
  if (right === undefined && codes === 'patient-not-found') return line;
  expect(right, origin).toBeDefined();
  return [right, codes, fix, origin].join('|');
}

const EXAMPLE = join(packageFolder(), 'examples', QUICK_START.name);
const INPUT: Record<Role, string> = {
  patient: join(EXAMPLE, QUICK_START.inputs[0]),
  immunization: join(EXAMPLE, QUICK_START.inputs[1]!),
};

/** Runs the program and gives its exit code. */
function load(sandbox: Sandbox, paths: Record<Role, string>, database: string, report: string): number | null {
  const program = join(packageFolder(), 'dist/src/cli/main.js');
  const files = ['--patients', paths.patient, '--immunizations', paths.immunization, '--today', TODAY];
  const output = ['--db', sandbox.path(database), '--report', sandbox.path(report), '--quiet'];
  return spawnSync(process.execPath, [program, 'load', ...files, ...output], { stdio: 'inherit' }).status;
}

test('rejects that were corrected give the registry that the corrected whole gives', () => {
  using sandbox = new Sandbox();
  expect(load(sandbox, INPUT, 'in-two-steps.db', 'first')).toBe(3);

  const corrected = { patient: '', immunization: '' };
  const whole = { patient: '', immunization: '' };
  for (const role of ['patient', 'immunization'] as const) {
    // Byte for byte, whatever the encoding of a record.
    const [header, ...rejects] = readFileSync(sandbox.path('first', 'rejects', basename(INPUT[role])), 'latin1')
      .trimEnd()
      .split('\n');
    const fixed = rejects.map((line) => correct(line, role));
    corrected[role] = sandbox.write(`corrected-${role}s.txt`, Buffer.from([header, ...fixed, ''].join('\n'), 'latin1'));

    const lines = readFileSync(INPUT[role], 'latin1').split('\n');
    for (const line of fixed) {
      const cells = line.split('|');
      const origin = cells.at(-1)!.split(':');
      lines[Number(origin[3]) - 1] = cells.slice(0, -3).join('|');
    }
    whole[role] = sandbox.write(`whole-${role}s.txt`, Buffer.from(lines.join('\n'), 'latin1'));
  }
  expect(load(sandbox, corrected, 'in-two-steps.db', 'second')).toBe(0);
  expect(load(sandbox, whole, 'at-once.db', 'whole')).toBe(0);

  const [inTwoSteps, atOnce] = ['in-two-steps.db', 'at-once.db'].map((name) => contentOf(sandbox, sandbox.path(name)));
  expect(inTwoSteps).toEqual(atOnce);
  expect(atOnce!['immunizations']!.length).toBeGreaterThan(5000);
});

test('a record of several lines loads from the reject file of an input without header', async () => {
  using sandbox = new Sandbox();
  const record = toCells(
    {
      site_id: 'F1',
      source_patient_id: '1',
      last_name: 'Smith',
      first_name: 'Anna',
      birth_date: '2015-05-04',
      sex: 'F',
      street: '12 Main St\nApt 2',
      city: 'Boston',
    },
    'patient',
    MIIS,
  );
  const right = toLine(record, MIIS.layouts.patient);
  const wrong = right.replace('20150504', '2015MAY4');
  expect(wrong).not.toBe(right);
  const first = await sandbox.load({ patients: { 'patients.txt': `${wrong}\n` } });
  expect(first.totals.patient).toMatchObject({ records: 1, rejected: 1 });

  const rejects = readFileSync(join(first.folder, 'rejects', 'patients.txt'), 'utf8');
  const corrected = rejects.replace('2015MAY4', '20150504');
  const second = await sandbox.load({ patients: { 'patients.txt': corrected } });
  expect(second.totals.patient).toMatchObject({ records: 1, loaded: 1, rejected: 0 });
  expect(sandbox.query('SELECT last_name, street FROM patients')).toEqual([
    { last_name: 'Smith', street: '12 Main St Apt 2' },
  ]);
});

test('a record that ends in an escape loads from its reject file, however often it was rejected', async () => {
  using sandbox = new Sandbox();
  const street = withValue('/layouts/patient/fields/3', { name: 'Street', field: 'street' });
  const spec = completeSpec(withValue('/layouts/patient/escape', '\\', street as never));
  const rows = ['3,White,01/02/2015,E:\\', '1,Smith,02/30/2015,C:\\', '2,Jones,02/30/2015,D:\\\\'];
  let text = ['Chart,Last,DOB,Street', ...rows, ''].join('\n');
  for (const records of [3, 2]) {
    const { folder, totals } = await sandbox.load({ spec, site: 'F1', patients: { 'p.csv': text } });
    expect(totals.patient).toMatchObject({ records, rejected: 2 });
    const rejects = readFileSync(join(folder, 'rejects', 'p.csv'), 'utf8');
    expect(rejects).toContain('1,Smith,02/30/2015,C:\\\\,birth-date-invalid,');
    expect(rejects).toContain('2,Jones,02/30/2015,D:\\\\,birth-date-invalid,');
    text = rejects;
  }
  const corrected = text.replaceAll('02/30/2015', '02/28/2015');
  const { totals } = await sandbox.load({ spec, site: 'F1', patients: { 'p.csv': corrected } });
  expect(totals.patient).toMatchObject({ records: 2, loaded: 2, rejected: 0 });
  expect(sandbox.query('SELECT last_name, street FROM patients ORDER BY last_name')).toEqual([
    { last_name: 'Jones', street: 'D:\\' },
    { last_name: 'Smith', street: 'C:\\' },
    { last_name: 'White', street: 'E:\\' },
  ]);
});
