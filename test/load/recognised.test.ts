/** Submissions without a specification: it is recognised by what is in the files, and the summary says how. */
import { describe, expect, test } from 'vitest';
import { builtInSpecIds, loadSpec } from '../../src/files/specs.js';
import { Dirt } from '../support/dirt.js';
import { utf16 } from '../support/encodings.js';
import { GRITS, MIIS } from '../support/fixtures.js';
import { miis, Sandbox } from '../support/sandbox.js';
import { writeSubmission } from '../support/submission.js';

const SPECS = builtInSpecIds().map((id) => loadSpec(id));
const PATIENTS = miis('facility_id|patient_id|last_name|first_name|birth_date', 'F1|1|Smith|Anna|20150504');
const DOSES = miis('facility_id|patient_id|cvx|admin_date', 'F1|1|03|20160505');

test('are loaded as if it had been given, and the summary says how it was found', async () => {
  using sandbox = new Sandbox();
  const files = { 'a.txt': DOSES, 'b.txt': PATIENTS };
  const found = await sandbox.load({ spec: null, specs: SPECS, files });
  expect(found.spec.id).toBe('miis-legacy');
  expect(found.spec_choice).toMatchObject({
    how: 'recognised',
    certainty: 'sure',
    files: [
      { file: expect.stringMatching(/a\.txt$/), role: 'immunization', reasons: expect.arrayContaining(['4 of 4 column names are known']) },
      { file: expect.stringMatching(/b\.txt$/), role: 'patient' },
    ],
    runners_up: expect.any(Array),
  }); // biome-ignore format: a table
  expect(found.totals.immunization.loaded).toBe(1);
  const given = await sandbox.load({ spec: MIIS, files, database: sandbox.path('given.db') });
  expect(given.spec_choice).toEqual({ how: 'given' });
  expect(given.totals).toEqual(found.totals);
});

test.each([
  ['miis-legacy', MIIS],
  ['grits-fixed', GRITS],
])('full of faults are recognised all the same, and so are their rejects: %s', async (id, spec) => {
  using sandbox = new Sandbox();
  const paths = { patients: sandbox.path('p.txt'), immunizations: sandbox.path('i.txt') };
  const dirt = new Dirt(spec, { seed: 3, errors: 0.5, remarks: 0.5, duplicates: 0.1 });
  writeSubmission({ patients: 60, dosesPerPatient: 4, seed: 3, site: 'MA123' }, spec, paths, dirt);
  const options = { spec: null, specs: SPECS, site: 'MA123' };
  const first = await sandbox.load({ ...options, files: [paths.immunizations, paths.patients] });
  expect(first.spec.id).toBe(id);
  const rejects = first.files.map((file) => `${first.folder}/${file.rejects}`);
  expect(rejects).toHaveLength(2);
  expect((await sandbox.load({ ...options, files: rejects })).spec.id).toBe(id);
});

test('in UTF-16 are recognised', async () => {
  using sandbox = new Sandbox();
  const summary = await sandbox.load({ spec: null, specs: SPECS, files: { 'p.txt': utf16(PATIENTS) } });
  expect(summary.spec.id).toBe('miis-legacy');
});

describe('are refused, and leave nothing behind', () => {
  const options = { spec: null, specs: SPECS };
  test.each([
    ['that fit none', { 'x.csv': 'a,b,c\n1,2,3\n' }, /x\.csv: fits no specification/],
    ['of two specifications', { 'p.txt': PATIENTS, 'x.csv': 'a,b,c\n1,2,3\n' }, /x\.csv: fits no specification; in miis-legacy, the nearest/],
  ])('%s', async (_, files, problem) => {
    using sandbox = new Sandbox();
    await expect(sandbox.load({ ...options, files })).rejects.toThrow(problem);
    expect(sandbox.files().filter((name) => !name.startsWith('input-'))).toEqual(['registry.db']);
    expect(sandbox.query('SELECT * FROM runs')).toEqual([]);
  }); // biome-ignore format: a table
});
