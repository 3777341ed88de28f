/** Issues that no record shows by itself: about files, about patients among each other, about doses and patients. */
import { describe, expect, test } from 'vitest';
import type { Spec } from '../../src/core/spec.js';
import { GRITS, MIIS } from '../support/fixtures.js';
import { FAULTLESS, writeRecord } from '../support/records.js';
import { miis, Sandbox, type SandboxLoad } from '../support/sandbox.js';

const PATIENT_COLUMNS = 'facility_id|patient_id|last_name|first_name|birth_date|sex|death_date|phone';
const DOSE_COLUMNS = 'facility_id|patient_id|cvx|admin_date';
const patients = (...rows: string[]): { 'p.txt': string } => ({ 'p.txt': miis(PATIENT_COLUMNS, ...rows) });
const doses = (...rows: string[]): { 'd.txt': string } => ({ 'd.txt': miis(DOSE_COLUMNS, ...rows) });

/** `miis-legacy` whose records may lack columns, or have more. */
const LOOSE: Spec = {
  ...MIIS,
  layouts: {
    patient: { ...MIIS.layouts.patient, shortRows: 'pad', longRows: 'cut' },
    immunization: { ...MIIS.layouts.immunization, shortRows: 'pad', longRows: 'cut' },
  },
};

const ANNA = 'F1|1|Smith|Anna|20150504|F|20210311|';

/** The issues of a load: severity, code, file, line, field, value, fate and message. */
async function issuesOf(options: SandboxLoad): Promise<string[][]> {
  using sandbox = new Sandbox();
  const summary = await sandbox.load({ mode: 'validate', ...options });
  const issues = await sandbox.report(summary.folder, 'issues.csv');
  return issues.map((issue) =>
    ['severity', 'code', 'file', 'line', 'field', 'value', 'fate'].map((column) => issue[column]!),
  );
}

describe('a dose and its patient', () => {
  test.each<[string, string, string[][]]>([
    ['of nobody: patient-not-found', 'F1|2|03|20160505', [['error', 'patient-not-found', 'd.txt', '2', 'source_patient_id', '2', 'rejected']]],
    ['of another site’s patient: patient-not-found', 'F2|1|03|20160505', [['error', 'patient-not-found', 'd.txt', '2', 'source_patient_id', '1', 'rejected']]],
    ['the day before birth: dose-date-before-birth', 'F1|1|03|20150503', [['error', 'dose-date-before-birth', 'd.txt', '2', 'administered_on', '20150503', 'rejected']]],
    ['on the day of birth', 'F1|1|08|20150504', []],
    ['the day after death: dose-date-after-death', 'F1|1|03|20210312', [['error', 'dose-date-after-death', 'd.txt', '2', 'administered_on', '20210312', 'rejected']]],
    ['years before the age of its vaccine: dose-age-unusual', 'F1|1|121|20160505', [['warning', 'dose-age-unusual', 'd.txt', '2', 'administered_on', '20160505', 'loaded']]],
    ['at the age of its vaccine', 'F1|1|119|20160505', []],
    ['of an infant’s vaccine, two years after birth: dose-age-unusual', 'F1|1|119|20170505', [['warning', 'dose-age-unusual', 'd.txt', '2', 'administered_on', '20170505', 'loaded']]],
    ['on the day of death', 'F1|1|03|20210311', []],
  ])('%s', async (_, dose, expected) => {
    expect(await issuesOf({ patients: patients(ANNA), immunizations: doses(dose) })).toEqual(expected);
  }); // biome-ignore format: a table

  test('who was rejected: patient-rejected', async () => {
    const issues = await issuesOf({
      patients: patients('F1|1||Anna|20150504|F||', 'F1|2|Osei|Kwame|20120611|M||'),
      immunizations: doses('F1|1|03|20160505'),
    });
    expect(issues).toEqual([
      ['error', 'last-name-missing', 'p.txt', '2', 'last_name', '', 'rejected'],
      ['error', 'patient-rejected', 'd.txt', '2', 'source_patient_id', '1', 'rejected'],
    ]);
  });
});

describe('patients among each other', () => {
  test.each<[string, string[], string[][]]>([
    ['one id for two persons: patient-id-conflict', ['F1|1|Jones|Karl|19990102|M||'], [
      ['error', 'patient-id-conflict', 'p.txt', '2', 'source_patient_id', '1', 'rejected'],
      ['error', 'patient-id-conflict', 'p.txt', '3', 'source_patient_id', '1', 'rejected'],
    ]],
    ['one id for one person, with other details: patient-id-repeated', ['F1|1|Smith|Anna|20150504|F||6175550123'], [
      ['warning', 'patient-id-repeated', 'p.txt', '3', 'source_patient_id', '1', 'merged'],
    ]],
    ['one id for one person, the same again', [ANNA], []],
    ['one id at two sites for two persons', ['F2|1|Jones|Karl|19990102|M||'], []],
    ['namesakes of another sex: match-in-doubt', ['F1|2|Smith|Anna|20150504|M||'], [
      ['warning', 'match-in-doubt', 'p.txt', '3', '', '', 'loaded'],
    ]],
    ['namesakes that agree', ['F1|2|SMITH|ANNA|20150504|F||'], []],
  ])('%s', async (_, rows, expected) => {
    expect(await issuesOf({ patients: patients(ANNA, ...rows) })).toEqual(expected);
  }); // biome-ignore format: a table
});

describe('a file', () => {
  const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
  const header = `${PATIENT_COLUMNS}\n`;
  const zoe = 'F1|2|Smith|Zoë|20150504|F||\n';
  const joined = Uint8Array.from([...Buffer.from(header + zoe), ...latin1(zoe.replace('|2|', '|3|'))]);
  const fixed = writeRecord(FAULTLESS[GRITS.id]!.patient, 'patient', GRITS);

  test.each<[string, SandboxLoad, string[][]]>([
    ['with a column that the spec does not have: column-unknown', { patients: { 'p.txt': miis(`${PATIENT_COLUMNS}|eye_color`, `${ANNA}|brown`) } }, [['warning', 'column-unknown', 'p.txt', '', '', 'eye_color', '']]],
    ['with the columns of a reject file', { patients: { 'p.txt': miis(`${PATIENT_COLUMNS}|immload_codes|immload_fix|immload_origin`, `${ANNA}|a|b|c`) } }, []],
    ['in UTF-8', { patients: { 'p.txt': header + zoe } }, []],
    ['in Windows-1252: encoding-windows-1252', { patients: { 'p.txt': latin1(header + zoe) } }, [['info', 'encoding-windows-1252', 'p.txt', '', '', '', '']]],
    ['in both: encoding-mixed', { patients: { 'p.txt': joined } }, [['warning', 'encoding-mixed', 'p.txt', '', '', '', '']]],
    ['of records that may be longer and are: row-longer-than-layout', { spec: LOOSE, patients: { 'p.txt': miis(PATIENT_COLUMNS, ANNA, `${ANNA}|x|y`) } }, [['warning', 'row-longer-than-layout', 'p.txt', '', '', '', '']]],
    ['of records that may be shorter and are: row-shorter-than-layout', { spec: LOOSE, patients: { 'p.txt': miis(PATIENT_COLUMNS, ANNA, ANNA.slice(0, -1)) } }, [['info', 'row-shorter-than-layout', 'p.txt', '', '', '', '']]],
    ['with zero bytes for blanks: nul-bytes', { patients: { 'p.txt': miis(PATIENT_COLUMNS, ANNA.replace('Smith', 'Smith\0\0'), ANNA) } }, [['warning', 'nul-bytes', 'p.txt', '', '', '', '']]],
    ['with zero bytes in quotes: nul-bytes', { patients: { 'p.txt': miis(PATIENT_COLUMNS, ANNA.replace('Smith', '"Smith\0\0"')) } }, [['warning', 'nul-bytes', 'p.txt', '', '', '', '']]],
    ['of fixed width, filled up with zero bytes: nul-bytes', { spec: GRITS, site: 'GA001', patients: { 'p.txt': `${fixed.replaceAll(/ (?= )/g, '\0')}\r\n` } }, [['warning', 'nul-bytes', 'p.txt', '', '', '', '']]],
    ['of rows that are too wide: row-longer-than-layout', { spec: GRITS, site: 'GA001', patients: { 'p.txt': `${fixed}MORE\r\n` } }, [['warning', 'row-longer-than-layout', 'p.txt', '', '', '', '']]],
    ['of rows as wide as the layout', { spec: GRITS, site: 'GA001', patients: { 'p.txt': `${fixed}   \r\n` } }, []],
  ])('%s', async (_, options, expected) => {
    expect(await issuesOf(options)).toEqual(expected);
  }); // biome-ignore format: a table
});
