/** Files that write days before months: told with what they show of it, and never turned around. */
import { describe, expect, test } from 'vitest';
import { completeSpec } from '../../src/core/spec.js';
import { loadSpec } from '../../src/files/specs.js';
import { MIIS } from '../support/fixtures.js';
import { miis, Sandbox, type TableRow } from '../support/sandbox.js';
import { smallestCombined } from '../support/small-spec.js';

const COLUMNS = 'facility_id|patient_id|last_name|first_name|birth_date';
const patients = (...dates: string[]): string =>
  miis(COLUMNS, ...dates.map((date, i) => `F1|${i + 1}|Smith|Anna${'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[i]}|${date}`));

/** The issues about dates as `place code field message`. */
function about(rows: readonly TableRow[]): string[] {
  const dates = rows.filter((row) => /date/.test(String(row['code'])) && row['code'] !== 'birth-date-first-of-month');
  return dates.map(({ file, record, code, field, message }) => `${file} ${record} ${code} ${field} ${message}`);
}

const WOULD = 'Dates that can be read either way would be read with the month first';
const WERE = 'Dates that can be read either way were read as the specification says';

test('are told to, by the days of the whole column, and each such date with the day it would be', async () => {
  using sandbox = new Sandbox();
  // One day that is written twice counts once; what can be read either way is read as the specification says.
  const text = patients('31/05/2009', '5/4/2011', '13/1/2010', '31-05-2009', '20120620');
  const { folder } = await sandbox.load({ mode: 'validate', patients: { 'p.txt': text } });
  const issues = await sandbox.report(folder, 'issues.csv');
  expect(about(issues)).toEqual([
    'p.txt 1 birth-date-day-first birth_date there is no such month; with the day first it would be 2009-05-31',
    'p.txt 3 birth-date-day-first birth_date there is no such month; with the day first it would be 2010-01-13',
    'p.txt 4 birth-date-day-first birth_date there is no such month; with the day first it would be 2009-05-31',
    `p.txt  dates-day-first birth_date this file writes days before months: 2 different days can be read so only, 0 with the month first only, 1 either way. ${WOULD}`,
  ]);
  expect(issues.map(({ suggestion }) => suggestion)).toEqual(['20090531', '20100113', '20090531', '']);
});

test('are refused, whatever stands at the end of the file, where some would be read as others', async () => {
  using sandbox = new Sandbox();
  const text = patients('5/4/2011', '20120620', '31/05/2009', '13/1/2010');
  await expect(sandbox.load({ patients: { 'p.txt': text } })).rejects.toThrow(
    /p\.txt: this file writes days before months: 2 different days .* nothing was loaded/s,
  );
  expect(sandbox.query('SELECT count(*) AS n FROM patients')).toEqual([{ n: 0 }]);
});

test('load but for themselves where no other could be read wrongly', async () => {
  using sandbox = new Sandbox();
  const text = patients('31/05/2009', '20120620', '4/4/2011', '13/1/2010');
  const { issues, patients: loaded } = await sandbox.load({ patients: { 'p.txt': text } });
  expect(issues['dates-day-first']).toBeUndefined();
  expect(issues).toMatchObject({ 'birth-date-day-first': { count: 2 } });
  expect(loaded.new).toBe(2);
});

test('load with a warning where a specification says so', async () => {
  using sandbox = new Sandbox();
  const spec = { ...MIIS, severities: { ...MIIS.severities, 'dates-day-first': 'warning' as const } };
  const { issues } = await sandbox.load({
    spec,
    patients: { 'p.txt': patients('31/05/2009', '5/4/2011', '13/1/2010') },
  });
  expect(issues).toMatchObject({ 'dates-day-first': { severity: 'warning' } });
});

describe('a file', () => {
  test.each<[string, string[], string | null]>([
    ['with one such date may have a typing error', ['31/05/2009', '20100102'], null],
    ['of dates that can be read either way shows nothing', ['05/04/2011', '01/02/2010', '12/12/2009'], null],
    ['with dates of both orders is told to have both', ['31/05/2009', '30/05/2009', '05/30/2009'], 'dates-order-mixed'],
    [
      'with some such dates among many others has typing errors',
      ['31/05/2009', '30/05/2009', ...Array.from({ length: 21 }, (_, i) => `01/${13 + (i % 18)}/20${10 + Math.floor(i / 18)}`)],
      null,
    ],
    ['in which the year comes first is not concerned', ['20090531', '2009-05-30', '20090531'], null],
  ])('%s', async (_, dates, code) => {
    using sandbox = new Sandbox();
    const { issues } = await sandbox.load({ mode: 'validate', patients: { 'p.txt': patients(...dates) } });
    expect(Object.keys(issues).filter((each) => each.startsWith('dates-'))).toEqual(code === null ? [] : [code]);
  }); // biome-ignore format: a table
});

test('is told by column: the dates of doses are another matter', async () => {
  using sandbox = new Sandbox();
  const { folder } = await sandbox.load({
    mode: 'validate',
    patients: { 'p.txt': patients('05/14/2009', '05/13/2009') },
    immunizations: {
      'd.txt': miis(
        'facility_id|patient_id|cvx|admin_date|lot_expiration',
        'F1|1|03|31/05/2010|05/31/2012',
        'F1|1|03|30/06/2011|',
        'F1|1|03|04/06/2012|',
      ),
    },
  });
  expect(about(await sandbox.report(folder, 'issues.csv'))).toEqual([
    'd.txt 1 dose-date-day-first administered_on there is no such month; with the day first it would be 2010-05-31',
    'd.txt 2 dose-date-day-first administered_on there is no such month; with the day first it would be 2011-06-30',
    `d.txt  dates-day-first administered_on this file writes days before months: 2 different days can be read so only, 0 with the month first only, 1 either way. ${WOULD}`,
  ]);
});

test('counts the doses of a record as one column', async () => {
  using sandbox = new Sandbox();
  const { folder } = await sandbox.load({
    spec: completeSpec(smallestCombined()),
    site: 'S',
    files: {
      'h.csv':
        'Chart,Last,DOB,Date 1,CVX 1,Date 2,CVX 2\n1,Smith,05/14/2009,13/06/2010,03,14/07/2010,03\n2,Jones,05/13/2009,06/15/2010,03,,\n',
    },
  });
  expect(about(await sandbox.report(folder, 'issues.csv'))).toContain(
    `h.csv  dates-order-mixed administered_on this file writes days before months in some dates, and months before days in others: 2 different days can be read so only, 1 with the month first only, 0 either way. ${WERE}`,
  );
});

test('digits without separators are judged, too', async () => {
  using sandbox = new Sandbox();
  const spec = loadSpec('immunet-csv');
  const file =
    'Record Identifier,First Name,Last Name,Birth Date\n1,Anna,Smith,31052009\n2,Ben,Jones,13012010\n3,Cal,Kim,04052010\n';
  const { issues } = await sandbox.load({ spec, site: 'S', mode: 'validate', patients: { 'p.csv': file } });
  expect(issues).toMatchObject({ 'birth-date-day-first': { count: 2 }, 'dates-day-first': { count: 1 } });
});

test('what is said is the same however the file is cut', async () => {
  using sandbox = new Sandbox();
  const text = patients('31/05/2009', '5/4/2011', '13/1/2010', '31-05-2009', '05/30/2012', '5/14/2012');
  const found: string[][] = [];
  for (const size of [1 << 20, 7, 61]) {
    const sizes = { chunkBytes: size, blockBytes: size };
    const { folder } = await sandbox.load({ mode: 'validate', patients: { 'p.txt': text }, sizes });
    found.push(about(await sandbox.report(folder, 'issues.csv')));
  }
  expect(found[0]).toHaveLength(4);
  expect(found[1]).toEqual(found[0]);
  expect(found[2]).toEqual(found[0]);
});

describe('where the specification has the day first', () => {
  const spec = { ...MIIS, dates: { ...MIIS.dates, formats: ['DD/MM/YYYY', 'DD-MON-YYYY'] as const } };

  test('dates are read so, and with the name of the month', async () => {
    using sandbox = new Sandbox();
    const text = patients('05/04/2011', '30.05.2009', '14-MAY-2015', '3 June 2016', '07AUG2017', '31-FEB-2015');
    const { folder } = await sandbox.load({ spec, patients: { 'p.txt': text } });
    expect(sandbox.query('SELECT birth_date FROM patients ORDER BY id').map((row) => row['birth_date'])).toEqual([
      '2011-04-05',
      '2009-05-30',
      '2015-05-14',
      '2016-06-03',
      '2017-08-07',
    ]);
    expect((await sandbox.report(folder, 'issues.csv')).map(({ line, code }) => `${line} ${code}`)).toEqual([
      '7 birth-date-invalid',
    ]);
  });

  test('a file that has the month first is refused', async () => {
    using sandbox = new Sandbox();
    const text = patients('05/04/2011', '05/31/2009', '1/13/2010');
    await expect(sandbox.load({ spec, patients: { 'p.txt': text } })).rejects.toThrow(/writes months before days: 2 /);
    const { folder } = await sandbox.load({ spec, mode: 'validate', patients: { 'p.txt': text } });
    const issues = await sandbox.report(folder, 'issues.csv');
    expect(issues.map(({ code, suggestion }) => `${code} ${suggestion}`)).toEqual([
      'birth-date-invalid 31/05/2009',
      'birth-date-invalid 13/01/2010',
      'dates-month-first ',
    ]);
  });

  test('dates of a column that may have either are findings of their own', async () => {
    using sandbox = new Sandbox();
    const both = { ...MIIS, dates: { ...MIIS.dates, formats: ['DD/MM/YYYY', 'MM/DD/YYYY'] as const } };
    const text = patients('05/04/2011', '29/05/2009', '05/30/2009', '04/04/2011');
    const { issues, patients: loaded } = await sandbox.load({
      spec: both,
      patients: { 'p.txt': text },
      matchModel: 'exact',
    });
    expect(Object.keys(issues)).toEqual(['birth-date-ambiguous']);
    expect(loaded.new).toBe(3);
  });
});

test('a day with the name of its month is suggested where it is not wanted', async () => {
  using sandbox = new Sandbox();
  const { folder } = await sandbox.load({ patients: { 'p.txt': patients('14-MAY-2015', '20100101') } });
  expect((await sandbox.report(folder, 'issues.csv'))[0]).toMatchObject({
    code: 'birth-date-invalid',
    suggestion: '20150514',
  });
});
