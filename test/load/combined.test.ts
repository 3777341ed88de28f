/** Files whose records have a patient and doses of that patient. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkSpec, completeSpec, type Spec } from '../../src/core/spec.js';
import { Sandbox } from '../support/sandbox.js';

const HEAD = {
  version: '1',
  title: 'A test',
  provenance: { status: 'inferred', source: 'made up', notes: [] },
  dates: { formats: ['YYYY-MM-DD'], twoDigitYears: 'reject' },
};
const CSV = { format: 'delimited', delimiter: ',', quote: '"', header: 'required' };
const PERSON = [
  { name: 'id', field: 'source_patient_id', use: 'required' },
  { name: 'last', field: 'last_name', use: 'required' },
  { name: 'first', field: 'first_name' },
  { name: 'born', field: 'birth_date', use: 'required' },
];

function specOf(json: object): Spec {
  expect(checkSpec(json)).toEqual([]);
  return completeSpec(json);
}

/** A dose in each row. */
const ROWS = specOf({
  ...HEAD,
  id: 'rows',
  layouts: {
    combined: {
      ...CSV,
      fields: [
        ...PERSON,
        { name: 'given', field: 'administered_on' },
        { name: 'vaccine', field: 'cvx' },
        { name: 'lot', field: 'lot_number' },
      ],
    },
  },
});

/** A patient in each row, with up to three doses. */
const WIDE = specOf({
  ...HEAD,
  id: 'wide',
  layouts: {
    combined: {
      ...CSV,
      fields: [
        ...PERSON,
        {
          repeat: 3,
          fields: [
            { name: 'Shot{n} CVX', field: 'cvx' },
            { name: 'Shot{n} Date', field: 'administered_on' },
          ],
        },
        { name: 'white', field: 'race', values: { Y: '2106-3', N: '' } },
        { name: 'asian', field: 'race', values: { Y: '2028-9', N: '' } },
      ],
    },
  },
});

const lines = (...rows: string[]): string => `${rows.join('\n')}\n`;
const doses = (sandbox: Sandbox): unknown =>
  sandbox.query(
    `SELECT p.last_name || ' ' || i.cvx || ' ' || i.administered_on AS dose
     FROM immunizations i JOIN patients p ON p.id = i.patient_id ORDER BY i.line, i.id`,
  );

describe('with a dose in each row', () => {
  const HEADER = 'id,last,first,born,given,vaccine,lot';

  test('each patient is there once, with all doses', async () => {
    using sandbox = new Sandbox();
    const {
      files,
      patients,
      doses: counts,
      totals,
    } = await sandbox.load({
      spec: ROWS,
      site: 'F1',
      files: {
        'a.csv': lines(
          HEADER,
          '1,Smith,Anna,2015-05-04,2016-05-05,03,',
          '1,Smith,Anna,2015-05-04,2016-05-05,03,AB1234',
          '2,Jones,Ben,2016-06-12,2016-08-15,20,',
          '1,Smith,Anna,2015-05-04,2016-07-07,21,',
          '3,Brown,Dora,2013-03-03,,,',
        ),
      },
    });
    expect(files[0]).toMatchObject({ role: 'combined', records: 5, loaded: 5, merged: 0, duplicate: 0, rejected: 0 });
    expect(totals.combined).toMatchObject({ records: 5 });
    expect(patients).toEqual({ new: 3, merged: 0, review: 0 });
    expect(counts).toEqual({ new: 3, merged: 0, duplicate: 1, review: 0 });
    expect(doses(sandbox)).toEqual([
      { dose: 'Smith 03 2016-05-05' },
      { dose: 'Jones 20 2016-08-15' },
      { dose: 'Smith 21 2016-07-07' },
    ]);
    expect(sandbox.query('SELECT count(*) AS n FROM patient_sources')).toEqual([{ n: 3 }]);
    expect(sandbox.query(`SELECT lot_number FROM immunizations WHERE cvx = '03'`)).toEqual([{ lot_number: 'AB1234' }]);
  });

  test('a rejected dose leaves its patient in, and both faults of a record are told at once', async () => {
    using sandbox = new Sandbox();
    const input = lines(
      HEADER,
      '1,Smith,Anna,2015-05-04,2016-05-05,03,',
      '2,Jones,Ben,2016-06-12,2014-08-16,20,',
      '3,,Dora,2013-03-03,2014-02-31,20,',
      '4,White,Eve,2012-02-02,2013-03-03,',
      '',
    );
    const first = await sandbox.load({ spec: ROWS, site: 'F1', files: { 'a.csv': input } });
    expect(first.files[0]).toMatchObject({ records: 4, loaded: 1, rejected: 3 });
    expect((await sandbox.report(first.folder, 'issues.csv')).map(({ code, record }) => [code, record])).toEqual([
      ['dose-date-before-birth', '2'],
      ['last-name-missing', '3'],
      ['dose-date-invalid', '3'],
      ['field-count-wrong', '4'],
    ]);
    expect(sandbox.query('SELECT last_name FROM patients')).toEqual([{ last_name: 'Smith' }, { last_name: 'Jones' }]);

    const rejects = readFileSync(join(first.folder, 'rejects/a.csv'), 'utf8');
    expect(rejects.split('\n').map((line) => line.split(',').slice(7, 8).join())).toEqual([
      'immload_codes',
      'dose-date-before-birth',
      'last-name-missing dose-date-invalid',
      expect.anything(),
      '',
    ]);
    const corrected = rejects
      .replace('2014-08-16', '2017-08-15')
      .replace('3,,Dora', '3,Brown,Dora')
      .replace('2014-02-31', '2014-02-28')
      .replace('2013-03-03,,f', '2013-03-03,03,,f');
    const second = await sandbox.load({ spec: ROWS, site: 'F1', files: { 'b.csv': corrected } });
    expect(second.files[0]).toMatchObject({ records: 3, loaded: 3, rejected: 0 });
    expect(sandbox.query('SELECT count(*) AS n FROM immunizations')).toEqual([{ n: 4 }]);
  });

  test('an id that stands for two persons keeps all of its records out', async () => {
    using sandbox = new Sandbox();
    const { files } = await sandbox.load({
      spec: ROWS,
      site: 'F1',
      files: {
        'a.csv': lines(
          HEADER,
          '1,Smith,Anna,2015-05-04,2016-05-05,03,',
          '1,Ortiz,Luis,2011-05-04,2016-05-06,03,',
          '1,Smith,Anna,2015-05-04,2016-05-07,21,',
        ),
      },
    });
    expect(files[0]).toMatchObject({ records: 3, rejected: 3 });
    expect(sandbox.query('SELECT count(*) AS n FROM patients')).toEqual([{ n: 0 }]);
  });

  test('loading it twice changes nothing', async () => {
    using sandbox = new Sandbox();
    const file = lines(HEADER, '1,Smith,Anna,2015-05-04,2016-05-05,03,', '1,Smith,Anna,2015-05-04,2016-07-07,21,');
    await sandbox.load({ spec: ROWS, site: 'F1', files: { 'a.csv': file } });
    const { files } = await sandbox.load({ spec: ROWS, site: 'F1', files: { 'a.csv': file } });
    expect(files[0]).toMatchObject({ records: 2, loaded: 0, merged: 0, duplicate: 2 });
  });
});

describe('with several doses in a row', () => {
  const HEADER = 'id,last,first,born,Shot1 CVX,Shot1 Date,Shot2 CVX,Shot2 Date,Shot3 CVX,Shot3 Date,white,asian';

  test('each group that says something is a dose', async () => {
    using sandbox = new Sandbox();
    const { files, doses: counts } = await sandbox.load({
      spec: WIDE,
      site: 'F1',
      files: {
        'w.csv': lines(
          HEADER,
          '1,Smith,Anna,2015-05-04,03,2016-05-05,21,2016-05-05,,,Y,Y',
          '2,Jones,Ben,2016-06-12,,,,,20,2016-08-15,N,',
          '3,Brown,Dora,2013-03-03,,,,,,,,Y',
        ),
      },
    });
    expect(files[0]).toMatchObject({ records: 3, loaded: 3 });
    expect(counts.new).toBe(3);
    expect(doses(sandbox)).toEqual([
      { dose: 'Smith 03 2016-05-05' },
      { dose: 'Smith 21 2016-05-05' },
      { dose: 'Jones 20 2016-08-15' },
    ]);
    expect(sandbox.query('SELECT race FROM patients ORDER BY id')).toEqual([
      { race: '2106-3~2028-9' },
      { race: null },
      { race: '2028-9' },
    ]);
  });

  test('one faulty dose keeps the record out, and no dose of it is loaded', async () => {
    using sandbox = new Sandbox();
    const { files, folder } = await sandbox.load({
      spec: WIDE,
      site: 'F1',
      files: { 'w.csv': lines(HEADER, '1,Smith,Anna,2015-05-04,03,2016-05-05,21,2016-02-31,10,,N,N') },
    });
    expect(files[0]).toMatchObject({ records: 1, rejected: 1 });
    expect((await sandbox.report(folder, 'issues.csv')).map(({ code, value }) => [code, value])).toEqual([
      ['dose-date-invalid', '2016-02-31'],
      ['dose-date-missing', ''],
    ]);
    expect(sandbox.query('SELECT count(*) AS n FROM immunizations')).toEqual([{ n: 0 }]);
    expect(sandbox.query('SELECT last_name FROM patients')).toEqual([{ last_name: 'Smith' }]);
  });
});

describe('a spec of combined records', () => {
  const problems = (fields: object[]): string[] =>
    checkSpec({ ...HEAD, id: 'x', layouts: { combined: { ...CSV, fields } } }).map(
      ({ path, message }) => `${path}: ${message}`,
    );

  test('must say whose a field is that both have', () => {
    const fields = [
      ...PERSON,
      { name: 'given', field: 'administered_on' },
      { name: 'cvx', field: 'cvx' },
      { name: 'vfc', field: 'eligibility' },
    ];
    expect(problems(fields)).toEqual(['/layouts/combined/fields/6/field: of both roles']);
    expect(problems(fields.with(6, { name: 'vfc', field: 'patient.eligibility' }))).toEqual([]);
  });

  test('needs what makes a patient and what makes a dose', () => {
    expect(problems(PERSON)).toEqual([
      '/layouts/combined/fields: no column carries administered_on',
      '/layouts/combined/fields: no column names the vaccine',
    ]);
  });

  test('repeats only the columns of a dose, each with its number', () => {
    const group = {
      repeat: 0,
      fields: [
        { name: 'Date', field: 'administered_on' },
        { name: 'Born {n}', field: 'birth_date' },
      ],
    };
    expect(problems([...PERSON.slice(0, 3), group, { name: 'cvx', field: 'cvx' }])).toEqual([
      '/layouts/combined/fields/3/repeat: not a number of doses',
      '/layouts/combined/fields/3/fields/0/name: the same name for every dose',
      '/layouts/combined/fields/3/fields/1/field: not a field of a dose',
    ]);
  });
});

test('what is wrong with a dose is told of its own column, once for each dose', async () => {
  using sandbox = new Sandbox();
  const { folder } = await sandbox.load({
    spec: WIDE,
    site: 'S',
    mode: 'validate',
    files: {
      'w.csv': lines(
        'id,last,first,born,Shot1 CVX,Shot1 Date,Shot2 CVX,Shot2 Date,Shot3 CVX,Shot3 Date,white,asian',
        '1,Smith,Anna,2015-05-14,20,,20,,,2016-02-30,,',
        '2,Jones,Ben,2015-05-14,20,2016-05-16,20,2015-05-13,,,,',
      ),
    },
  });
  const issues = await sandbox.report(folder, 'issues.csv');
  expect(issues.map(({ line, code, field, value }) => `${line} ${code} ${field} ${value}`)).toEqual([
    '2 dose-date-missing Shot1 Date ',
    '2 dose-date-missing Shot2 Date ',
    '2 dose-date-invalid Shot3 Date 2016-02-30',
    '2 vaccine-missing Shot3 CVX ',
    '3 dose-date-before-birth Shot2 Date 2015-05-13',
  ]);
});
