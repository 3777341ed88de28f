/** Files that a spreadsheet has had its hands on: what it leaves in a cell is no value. */
import { expect, test } from 'vitest';
import { readThroughSpreadsheet } from '../../src/core/normalize/spreadsheet.js';
import { normalizeId } from '../../src/core/normalize/text.js';
import { miis, Sandbox } from '../support/sandbox.js';

const PATIENTS = 'facility_id|patient_id|last_name|first_name|birth_date|mother_maiden_last';
const DOSES = 'facility_id|patient_id|cvx|admin_date|lot_number';

test('its errors are no ids, names or lots, and bring no strangers together', async () => {
  using sandbox = new Sandbox();
  const { folder } = await sandbox.load({
    patients: {
      'p.txt': miis(PATIENTS, 'F1|1|Lee|Ann|20150514|#REF!', 'F1|#NUM!|Kim|Ann|20160514|', 'F1|3|#NAME?|Cal|20160516|'),
    },
    immunizations: {
      'd.txt': miis(DOSES, 'F1|1|03|20160516|#VALUE!', 'F1|#NUM!|03|20170514|K012345', 'F1|#num!|20|20170614|K012346'),
    },
  });
  const issues = await sandbox.report(folder, 'issues.csv');
  expect(
    issues.map(({ file, line, code, field, value, fate }) => [file, line, code, field, value, fate].join(' ')),
  ).toEqual([
    'p.txt 2 value-spreadsheet-error mother_maiden_last_name #REF! loaded',
    'p.txt 3 value-spreadsheet-error source_patient_id #NUM! rejected',
    'p.txt 3 patient-id-missing source_patient_id #NUM! rejected',
    'p.txt 4 value-spreadsheet-error last_name #NAME? rejected',
    'p.txt 4 last-name-missing last_name #NAME? rejected',
    'd.txt 2 value-spreadsheet-error lot_number #VALUE! loaded',
    'd.txt 3 value-spreadsheet-error source_patient_id #NUM! rejected',
    'd.txt 3 dose-patient-id-missing source_patient_id #NUM! rejected',
    'd.txt 4 value-spreadsheet-error source_patient_id #num! rejected',
    'd.txt 4 dose-patient-id-missing source_patient_id #num! rejected',
  ]);
  expect(sandbox.query('SELECT last_name, mother_maiden_last_name AS maiden FROM patients')).toEqual([
    { last_name: 'Lee', maiden: null },
  ]);
  expect(sandbox.query('SELECT lot_number FROM immunizations')).toEqual([{ lot_number: null }]);
});

test('its marks for text are taken off, so that ids are the same with and without', async () => {
  using sandbox = new Sandbox();
  const { folder, doses } = await sandbox.load({
    patients: { 'p.txt': miis(PATIENTS, '="F1"|="0114"|Lee|Ann|="05/14/2015"|') },
    immunizations: { 'd.txt': miis(DOSES, "F1|'0114|03|20160516|K012345", 'F1|0114|20|20160516|K012345') },
  });
  expect(doses.new).toBe(2);
  const issues = await sandbox.report(folder, 'issues.csv');
  expect(issues.map(({ file, line, code, field }) => [file, line, code, field].join(' '))).toEqual([
    'p.txt 2 value-spreadsheet-mark site_id',
    'p.txt 2 value-spreadsheet-mark source_patient_id',
    'p.txt 2 value-spreadsheet-mark birth_date',
    'd.txt 2 value-spreadsheet-mark source_patient_id',
  ]);
});

test.each([
  ['#DIV/0!', null, 'spreadsheet-error'],
  ['########', null, 'spreadsheet-error'],
  ['="#N/A"', null, 'spreadsheet-error'],
  ['="0114"', '0114', 'spreadsheet-mark'],
  ['=""', null, 'spreadsheet-mark'],
  ['="1.23E+11"', '1.23E+11', 'scientific'],
  ["'t Hooft", "'t Hooft", null],
  ['#12', '#12', null],
  ['##', '##', null],
  ['=A1', '=A1', null],
])('%s is read as %s', (text, value, problem) => {
  expect(readThroughSpreadsheet(normalizeId)(text)).toMatchObject({ value, problem });
});
