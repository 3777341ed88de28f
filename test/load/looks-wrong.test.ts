/** Files that look wrong as a whole, as users of a run are told. */
import { expect, test } from 'vitest';
import { formatSummary } from '../../src/cli/summary.js';
import { InputError } from '../../src/files/input-error.js';
import { miis, Sandbox } from '../support/sandbox.js';

const HEADER = 'facility_id|patient_id|last_name|first_name|birth_date|sex';
const two = (number: number): string => String(number).padStart(2, '0');

/** A number in letters, so that each record has a name of its own. */
const word = (number: number): string => [...String(number)].map((digit) => 'abcdefghij'[Number(digit)]!).join('');

/** Patients of whom many are born on one day; else nothing is odd. */
const PATIENTS = miis(
  HEADER,
  ...Array.from({ length: 200 }, (_, i) => {
    const day = i % 8 === 0 ? '19500704' : `20${two(10 + (i % 9))}${two((i % 12) + 1)}${two((i % 27) + 2)}`;
    return `F1|${i}|L${word(i)}|F${word(i)}|${day}|${i % 3 ? 'F' : 'M'}`;
  }),
);
const SENTENCE =
  'one birth date stands again and again: 25 of 200 (13 %) have the same, and no other day has more than 2';

test('it stands in issues.csv with its value, and in the summary and on the terminal without', async () => {
  using sandbox = new Sandbox();
  const summary = await sandbox.load({ mode: 'validate', patients: { 'p.txt': PATIENTS } });
  expect(summary.looks_wrong).toEqual([
    { file: 'p.txt', code: 'birth-date-default', field: 'birth_date', sentence: SENTENCE },
  ]);
  const rows = (await sandbox.report(summary.folder, 'issues.csv')).filter(({ code }) => code === 'birth-date-default');
  expect(rows).toEqual([
    expect.objectContaining({
      severity: 'warning',
      record: '',
      field: 'birth_date',
      value: '1950-07-04',
      message: SENTENCE,
      fate: '',
    }),
  ]);
  const shown = formatSummary(summary);
  expect(shown).toContain(`Looks wrong as a whole\n  p.txt, birth_date: ${SENTENCE}\n`);
  expect(shown + JSON.stringify(summary)).not.toMatch(/1950-?07-?04/);
});

test('it is the same however the file is cut', async () => {
  using sandbox = new Sandbox();
  const looks: unknown[] = [];
  for (const size of [1 << 20, 61, 4096]) {
    const sizes = { chunkBytes: size, blockBytes: size };
    looks.push((await sandbox.load({ mode: 'validate', patients: { 'p.txt': PATIENTS }, sizes })).looks_wrong);
  }
  expect(looks[1]).toEqual(looks[0]);
  expect(looks[2]).toEqual(looks[0]);
});

test('a run may be told not to look, or to refuse such a file', async () => {
  using sandbox = new Sandbox();
  const patients = { 'p.txt': PATIENTS };
  const off = await sandbox.load({ mode: 'validate', patients, rules: { 'birth-date-default': 'off' } });
  expect([off.looks_wrong, off.issues['birth-date-default']]).toEqual([[], undefined]);
  const refused = sandbox.load({ patients, rules: { 'birth-date-default': 'error' } });
  await expect(refused).rejects.toThrow(InputError);
  expect(sandbox.query('SELECT count(*) AS patients FROM patients')).toEqual([{ patients: 0 }]);
});

test('patients under several ids and histories of one dose are counted of the whole file', async () => {
  using sandbox = new Sandbox();
  const persons = Array.from(
    { length: 110 },
    (_, i) =>
      `Last${'abcdefghijk'[i % 11]}|First${'abcdefghij'[i % 10]}|201${i % 9}0${(i % 8) + 1}${two((i % 27) + 2)}|${i % 2 ? 'F' : 'M'}`,
  );
  const records = [
    ...persons.map((person, i) => `F1|${i}|${person}`),
    ...persons.slice(0, 25).map((person, i) => `F1|X${i}|${person}`),
  ];
  const doses = persons.map((_, i) => `F1|${i}|03|2020${two((i % 12) + 1)}${two((i % 27) + 2)}`);
  const summary = await sandbox.load({
    mode: 'validate',
    patients: { 'p.txt': miis(HEADER, ...records) },
    immunizations: { 'd.txt': miis('facility_id|patient_id|cvx|admin_date', ...doses) },
  });
  expect(summary.looks_wrong.map(({ file, code, sentence }) => [file, code, sentence])).toEqual([
    ['p.txt', 'patients-under-several-ids', 'many patients come again under another id: 25 of 135 (19 %)'],
    ['d.txt', 'patients-with-one-dose', 'nearly all patients have one dose only: 110 of 110 (100 %)'],
  ]);
});
