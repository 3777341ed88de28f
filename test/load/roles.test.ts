/** Files that are given without their role. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GRITS, MIIS } from '../support/fixtures.js';
import { miis, Sandbox } from '../support/sandbox.js';
import { writeSubmission } from '../support/submission.js';

const PATIENTS = miis('facility_id|patient_id|last_name|first_name|birth_date', 'F1|1|Smith|Anna|20150504');
const DOSES = miis('facility_id|patient_id|cvx|admin_date', 'F1|1|03|20160505');

test('are told by their columns, patients first, whatever their order', async () => {
  using sandbox = new Sandbox();
  const { files, totals } = await sandbox.load({ files: { 'a-doses.txt': DOSES, 'b-patients.txt': PATIENTS } });
  expect(files.map(({ role, name }) => [role, name])).toEqual([
    ['patient', 'b-patients.txt'],
    ['immunization', 'a-doses.txt'],
  ]);
  expect(totals.immunization.loaded).toBe(1);
});

test.each([
  ['delimited', MIIS],
  ['of fixed width', GRITS],
])('are told in a folder, too: %s', async (_, spec) => {
  using sandbox = new Sandbox();
  mkdirSync(sandbox.path('export'));
  const paths = { patients: sandbox.path('export/z.txt'), immunizations: sandbox.path('export/a.txt') };
  writeSubmission({ patients: 20, dosesPerPatient: 3, seed: 2, site: 'MA123' }, spec, paths);
  sandbox.write(join('export', '.hidden'), 'not a file of the submission');
  const { files } = await sandbox.load({ spec, site: 'MA123', files: [sandbox.path('export')] });
  expect(files.map(({ role, rejected }) => [role, rejected])).toEqual([
    ['patient', 0],
    ['immunization', 0],
  ]);
});

test.each([
  ['is neither', { 'x.txt': 'a|b|c\n1|2|3\n' }, /x\.txt: as a patient file has 3 fields/],
  ['is empty', { 'x.txt': '' }, /x\.txt: is empty/],
])('a file that %s is refused', async (_, files, problem) => {
  using sandbox = new Sandbox();
  await expect(sandbox.load({ files })).rejects.toThrow(problem);
});

test('a folder without files is refused', async () => {
  using sandbox = new Sandbox();
  mkdirSync(sandbox.path('empty'));
  await expect(sandbox.load({ files: [sandbox.path('empty')] })).rejects.toThrow('is a folder without files');
});
