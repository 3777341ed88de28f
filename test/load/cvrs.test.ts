/**
 * `cvrs-tsv` finds what CDC's validator of the COVID-19 Vaccination Reporting Specification v2 finds, on the same line
 * and column, and weighs it alike. The tables are CDC's rules, read from its documents and its program; the persons are
 * made up.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { IssueCode } from '../../src/core/catalogue.js';
import { fileLayoutsOf } from '../../src/core/file-layouts.js';
import type { IsoDate } from '../../src/core/model.js';
import { loadSpec } from '../../src/files/specs.js';
import { Sandbox } from '../support/sandbox.js';

const CVRS = loadSpec('cvrs-tsv');
const COLUMNS = fileLayoutsOf(CVRS)[0]!.layout.fields.map(({ name }) => name);
const TODAY = '2021-01-16' as IsoDate;

type Written = Readonly<Record<string, string>>;

/** A vaccination, as an extract of type I has it. */
const GIVEN: Written = {
  vax_event_id: 'E-1',
  ext_type: 'I',
  recip_id: 'R-1',
  recip_first_name: 'Nora',
  recip_middle_name: 'Beth',
  recip_last_name: 'Walsh',
  recip_dob: '1968-05-27',
  recip_sex: 'F',
  recip_address_street: '12 Maple St',
  recip_address_city: 'Atlanta',
  recip_address_county: '13121',
  recip_address_state: 'GA',
  recip_address_zip: '30301',
  recip_race_1: '2106-3',
  recip_ethnicity: '2186-5',
  admin_date: '2020-12-20',
  cvx: '207',
  ndc: '80777-273-10',
  mvx: 'MOD',
  lot_number: 'A1234B',
  vax_expiration: '2021-06-18',
  vax_admin_site: 'LA',
  vax_route: 'C28161',
  dose_num: '1',
  vax_series_complete: 'NO',
  responsible_org: 'Harbor Hospital',
  admin_name: 'Harbor Clinic',
  vtrcks_prov_pin: '123456',
  admin_type: '17',
  admin_address_street: '123 Long Road',
  admin_address_city: 'Atlanta',
  admin_address_county: '13121',
  admin_address_state: 'GA',
  admin_address_zip: '30301-1234',
  vax_refusal: 'NO',
  cmorbid_status: 'UNK',
  serology: 'UNK',
};
const REDACTED_COLUMNS = [
  'recip_first_name', 'recip_middle_name', 'recip_last_name', 'recip_address_street', 'recip_address_street_2',
  'recip_address_city',
]; // biome-ignore format: a list of names
const blank = (...columns: string[]): Written => Object.fromEntries(columns.map((column) => [column, '']));
/** The same, redacted. */
const REDACTED: Written = {
  ...GIVEN,
  ext_type: 'D',
  ...Object.fromEntries(REDACTED_COLUMNS.map((column) => [column, 'Redacted'])),
};

const LINKABLE: Written = { ...REDACTED, ext_type: 'P', pprl_id: 'H7F3' };
const NOT_OF_REFUSALS = [
  'ndc', 'mvx', 'lot_number', 'vax_expiration', 'vax_admin_site', 'vax_route', 'dose_num', 'vax_series_complete',
]; // biome-ignore format: a list of names
const REFUSED: Written = { ...GIVEN, ...blank(...NOT_OF_REFUSALS), vax_refusal: 'YES' };

/** A finding: the record, from 1 as CDC counts, the column, what CDC calls it, how much it weighs. */
type Found = readonly [record: number, column: string, code: string, severity: string];

interface Judged {
  readonly found: readonly Found[];
  readonly codes: readonly string[];
  readonly fates: Readonly<Record<string, number>>;
  readonly issues: readonly Record<string, string>[];
}

/** Validates records; `extra` are columns that the specification does not have. */
async function judge(records: readonly Written[], extra: readonly string[] = []): Promise<Judged> {
  using sandbox = new Sandbox();
  const columns = [...COLUMNS, ...extra];
  const lines = [columns.join('\t'), ...records.map((record) => columns.map((each) => record[each] ?? '').join('\t'))];
  const files = { '20210115_01_MAA.txt': `${lines.join('\n')}\n` };
  const summary = await sandbox.load({ spec: CVRS, mode: 'validate', files, today: TODAY });
  const issues = await sandbox.report(summary.folder, 'issues.csv');
  const { loaded, merged, duplicate, rejected, skipped } = summary.files[0]!;
  const ofRecords = issues.filter((issue) => issue['record'] !== '');
  return {
    found: ofRecords.map((issue) => {
      const code = /^([A-Z]+_?\d+): /.exec(issue['message']!)?.[1] ?? issue['code']!;
      return [Number(issue['record']), issue['field']!, code, issue['severity']!];
    }),
    codes: ofRecords.map((issue) => issue['code']!),
    fates: { loaded, merged, duplicate, rejected, skipped },
    issues,
  };
}

/** What is found in one record. */
async function findIn(record: Written, extra?: readonly string[]): Promise<string[]> {
  const { found } = await judge([record], extra);
  return found.map(([, column, code, severity]) => `${column} ${code} ${severity}`).sort();
}

describe('nothing is found in', () => {
  test.each<[string, Written]>([
    ['a vaccination', GIVEN],
    ['a refusal', REFUSED],
    ['a redacted vaccination', REDACTED],
    ['a redacted vaccination with an id for linking', LINKABLE],
    ['small letters, blanks around values of sets', { ...GIVEN, ext_type: 'i', vax_refusal: 'no', recip_sex: ' f ', mvx: 'mod', vax_route: ' im ' }],
    ['Redacted in other letters', { ...REDACTED, recip_last_name: 'REDACTED' }],
    ['what is asked for if it is known', { ...GIVEN, ...blank('ndc', 'mvx', 'lot_number', 'vax_expiration', 'vax_admin_site', 'vax_route', 'vtrcks_prov_pin', 'recip_address_zip', 'recip_address_county', 'recip_address_state', 'recip_race_2') }],
    ['no address of the place', { ...GIVEN, ...blank('admin_address_street', 'admin_address_city', 'admin_address_county', 'admin_address_state', 'admin_address_zip') }],
    ['an expiry that is a month', { ...GIVEN, vax_expiration: '2021-06' }],
    ['a dose on the day of birth', { ...GIVEN, recip_dob: '2020-12-20' }],
    ['dates of today', { ...GIVEN, recip_dob: TODAY, admin_date: TODAY }],
    ['no names in an identified extract, but the last', { ...GIVEN, ...blank('recip_first_name', 'recip_middle_name', 'recip_address_street', 'recip_address_city') }],
    ['races that are unknown or not to be told', { ...GIVEN, recip_race_1: 'POL', recip_ethnicity: 'UNK' }],
    ['a PIN of letters and digits', { ...GIVEN, vtrcks_prov_pin: 'HN02' }],
    ['a county of a state of the Pacific, without a ZIP code', { ...GIVEN, recip_address_county: '64060', recip_address_state: 'FM', recip_address_zip: '' }],
    ['any ZIP code of a state whose list has a single beginning', { ...GIVEN, recip_address_county: '25025', recip_address_state: 'MA', recip_address_zip: '99999' }],
  ])('%s', async (_, record) => {
    expect(await findIn(record)).toEqual([]);
  }); // biome-ignore format: a table
});

const ALL_EVENTS = [
  'vax_event_id', 'recip_id', 'recip_sex', 'recip_race_1', 'recip_ethnicity', 'responsible_org', 'admin_name',
  'cmorbid_status', 'serology',
]; // biome-ignore format: a list of names

describe('a value that CDC requires is missing', () => {
  test.each([...ALL_EVENTS, 'cvx', 'admin_type', 'dose_num', 'vax_series_complete', 'vax_refusal'])(
    'of a vaccination: %s',
    async (column) => {
      const expected = [`${column} REQD001 error`];
      expect(await findIn({ ...GIVEN, [column]: '' })).toEqual(expected);
      expect(await findIn({ ...REDACTED, [column]: '' })).toEqual(expected);
    },
  );

  test.each([...ALL_EVENTS, 'cvx', 'admin_type'])('of a refusal: %s', async (column) => {
    expect(await findIn({ ...REFUSED, [column]: '' })).toEqual([`${column} REQD002 error`]);
  });

  test.each(ALL_EVENTS)('of a missed appointment, as files of version 1 still tell: %s', async (column) => {
    const missed = { ...REFUSED, vax_refusal: 'NO', cvx: '', recip_missed_appt: 'YES', [column]: '' };
    expect(await findIn(missed, ['recip_missed_appt'])).toEqual([`${column} REQD003 error`]);
  });

  // CDC's program compares the dates of such a record, too, and finds that it cannot.
  test.each(['recip_dob', 'admin_date'])(
    'of both, and then cannot be compared with the other date: %s',
    async (column) => {
      expect(await findIn({ ...GIVEN, [column]: '' })).toEqual(
        [`${column} REQD001 error`, 'recip_dob BUSR005 error'].sort(),
      );
      expect(await findIn({ ...REFUSED, [column]: '' })).toEqual(
        [`${column} REQD002 error`, 'recip_dob BUSR005 error'].sort(),
      );
    },
  );

  test('both dates, and then BUSR005 once', async () => {
    expect(await findIn({ ...GIVEN, recip_dob: '', admin_date: '' })).toEqual([
      'admin_date REQD001 error',
      'recip_dob BUSR005 error',
      'recip_dob REQD001 error',
    ]);
  });

  test('what is not asked of a refusal is not missed', async () => {
    expect(await findIn({ ...REFUSED, ...blank('dose_num', 'vax_series_complete') })).toEqual([]);
  });
});

describe('a value that may not be sent is there', () => {
  test.each(NOT_OF_REFUSALS)('in a refusal: %s', async (column) => {
    expect(await findIn({ ...REFUSED, [column]: GIVEN[column]! })).toEqual([`${column} DNTS002 error`]);
  });

  test.each([...NOT_OF_REFUSALS, 'cvx'])('in a missed appointment: %s', async (column) => {
    const missed = { ...REFUSED, vax_refusal: 'NO', cvx: '', recip_missed_appt: 'YES', [column]: GIVEN[column]! };
    expect(await findIn(missed, ['recip_missed_appt'])).toEqual([`${column} DNTS003 error`]);
  });

  test('a refusal is a refusal, whatever else it is said to be', async () => {
    expect(await findIn({ ...REFUSED, mvx: 'MOD', recip_missed_appt: 'YES' }, ['recip_missed_appt'])).toEqual([
      'mvx DNTS002 error',
    ]);
  });
});

/** CDC's rules of single values: column, value, what is found there, and what is found besides. */
const OF_VALUES: readonly (readonly [string, string, string, ...string[]])[] = [
  ['vax_event_id', 'E 1', 'DATA005'],
  ['vax_event_id', ' ', 'DATA005'],
  ['recip_id', 'R-1 ', 'DATA005'],
  ['ext_type', '', 'DATA005'],
  ['responsible_org', ' Harbor Hospital', 'DATA005'],
  ['admin_name', '  ', 'DATA005'],
  ['vtrcks_prov_pin', '1234567', 'DATA005'],
  ['vtrcks_prov_pin', '12-34', 'DATA005'],
  ['recip_address_zip', '3030', 'DATA005'],
  ['recip_address_zip', 'GA', 'DATA005', 'recip_address_zip BUSR003 error'],
  ['recip_address_zip', '30301-12', 'DATA005'],
  ['recip_address_zip', '30301 ', 'DATA005'],
  ['admin_address_zip', '303011234', 'DATA005'],
  ['recip_sex', 'X', 'DATA007'],
  ['recip_address_county', '90035', 'DATA007', 'recip_address_county BUSR001 error'],
  ['recip_address_county', '13042', 'DATA007'],
  ['recip_address_county', 'Fulton', 'DATA007', 'recip_address_county BUSR001 error'],
  ['recip_address_state', 'XX', 'DATA007', 'recip_address_zip BUSR003 error'],
  ['recip_address_state', '  ', 'DATA007', 'recip_address_zip BUSR003 error'],
  ['admin_address_county', '13041', 'DATA007'],
  ['admin_address_state', 'Georgia', 'DATA007', 'admin_address_zip BUSR004 error'],
  ['recip_race_1', '1', 'DATA007'],
  ['recip_race_2', 'UNK', 'DATA007'],
  ['recip_race_3', 'POL', 'DATA007'],
  ['recip_race_4', 'white', 'DATA007'],
  ['recip_race_5', '2106', 'DATA007'],
  ['recip_race_6', '?', 'DATA007'],
  ['recip_ethnicity', 'H', 'DATA007'],
  ['cvx', '999', 'DATA007'],
  ['cvx', '3', 'DATA007'],
  ['ndc', '12345-678-90', 'DATA007'],
  ['mvx', 'XYZ', 'DATA007'],
  ['vax_admin_site', 'ARM', 'DATA007'],
  ['vax_route', 'ID', 'DATA007'],
  ['dose_num', '7', 'DATA007'],
  ['vax_series_complete', 'Y', 'DATA007'],
  ['admin_type', '29', 'DATA007'],
  ['vax_refusal', 'UNK', 'DATA007'],
  ['cmorbid_status', 'N', 'DATA007'],
  ['serology', 'true', 'DATA007'],
  ['recip_dob', '1968-02-30', 'DATA001'],
  ['recip_dob', '1968-5-27', 'DATA001'],
  ['recip_dob', '19680527', 'DATA001'],
  ['recip_dob', '1968-05-27 ', 'DATA001'],
  ['recip_dob', 'unknown', 'DATA001', 'recip_dob BUSR005 error', 'recip_dob BUSR011 error'],
  ['recip_dob', '05/27/1968', 'DATA009'],
  ['recip_dob', '5/27/68', 'DATA009', 'recip_dob BUSR005 error', 'recip_dob BUSR011 error'],
  ['recip_dob', '12', 'DATA009'],
  ['recip_dob', '123', 'DATA001'],
  ['admin_date', '2020-12', 'DATA001'],
  ['admin_date', '12/20/2020', 'DATA009', 'recip_dob BUSR005 error'],
  ['admin_date', '2020-12-32', 'DATA001'],
  ['vax_expiration', '2021', 'DATA001'],
  ['vax_expiration', '06/21', 'DATA009'],
  ['vax_expiration', '06/2021', 'DATA001'],
  ['vax_expiration', '2021-13', 'DATA001'],
  ['pprl_id', 'H7F3', 'DATA004'],
];

describe('a value of an identified vaccination is not what CDC asks for', () => {
  test.each(OF_VALUES)('%s %j: %s', async (column, value, code, ...besides) => {
    expect(await findIn({ ...GIVEN, [column]: value })).toEqual([`${column} ${code} error`, ...besides].sort());
  });

  test.each<[string, number, readonly string[]]>([
    ['vax_event_id', 255, []],
    ['recip_id', 255, []],
    ['recip_last_name', 255, []],
    ['recip_address_street_2', 255, []],
    ['admin_name', 255, []],
    ['responsible_org', 255, []],
    ['ndc', 50, ['ndc DATA007 error']],
    ['mvx', 3, ['mvx DATA007 error']],
    ['vax_route', 10, ['vax_route DATA007 error']],
    ['recip_sex', 255, ['recip_sex DATA007 error']],
  ])('%s has more than %i characters', async (column, most, besides) => {
    const long = 'x'.repeat(most);
    expect(await findIn({ ...GIVEN, [column]: long })).toEqual(besides);
    expect(await findIn({ ...GIVEN, [column]: `${long}x` })).toEqual([...besides, `${column} DATA008 error`].sort());
  });

  test.each(['lot_number', 'admin_address_street', 'admin_address_street_2', 'admin_address_city'])(
    '%s may have any length',
    async (column) => {
      expect(await findIn({ ...GIVEN, [column]: 'x'.repeat(300) })).toEqual([]);
    },
  );
});

describe('an extract', () => {
  test.each(REDACTED_COLUMNS)('of type D or P has only Redacted in %s', async (column) => {
    for (const record of [REDACTED, LINKABLE]) {
      for (const value of ['', 'Nora', 'Redacted ', 'Redact']) {
        expect(await findIn({ ...record, [column]: value })).toEqual([`${column} DATA006 error`]);
      }
    }
  });

  test('of an unknown type has to be redacted', async () => {
    const names = REDACTED_COLUMNS.map((column) => `${column} DATA006 error`);
    expect(await findIn({ ...GIVEN, ext_type: 'X' })).toEqual(['ext_type DATA005 error', ...names].sort());
    expect(await findIn({ ...REDACTED, ext_type: 'X' })).toEqual(['ext_type DATA005 error']);
    expect(await findIn({ ...REDACTED, ext_type: 'D ' })).toEqual(['ext_type DATA005 error']);
  });

  test('without a type may be either', async () => {
    expect(await findIn({ ...GIVEN, ext_type: '' })).toEqual(['ext_type DATA005 error']);
    expect(await findIn({ ...REDACTED, ext_type: '' })).toEqual(['ext_type DATA005 error']);
    expect(await findIn({ ...LINKABLE, ext_type: '' })).toEqual(['ext_type DATA005 error']);
    expect(await findIn({ ...GIVEN, ext_type: '', pprl_id: 'H7F3' })).toEqual([
      'ext_type DATA005 error',
      'pprl_id DATA004 error',
    ]);
  });

  test('of type P has a pprl_id, and no other has', async () => {
    expect(await findIn({ ...LINKABLE, pprl_id: '' })).toEqual(['pprl_id DATA004 error']);
    expect(await findIn({ ...REDACTED, pprl_id: 'H7F3' })).toEqual(['pprl_id DATA004 error']);
    expect(await findIn({ ...LINKABLE, pprl_id: 'x'.repeat(101) })).toEqual(['pprl_id DATA008 error']);
    expect(await findIn({ ...LINKABLE, pprl_id: 'x'.repeat(100) })).toEqual([]);
  });
});

describe('values contradict each other', () => {
  test.each<[string, Written, readonly string[]]>([
    ['a county of another state', { recip_address_county: '25025' }, ['recip_address_county BUSR001 error']],
    ['a county of another state, of the place', { admin_address_county: '25025' }, ['admin_address_county BUSR002 error']],
    ['a ZIP code of another state', { recip_address_zip: '02740' }, ['recip_address_zip BUSR003 error']],
    ['a ZIP code of another state, of the place', { admin_address_zip: '02740' }, ['admin_address_zip BUSR004 error']],
    ['a ZIP code of a state that has none', { recip_address_state: 'PW', recip_address_county: '70150' }, ['recip_address_zip BUSR003 error']],
    ['a dose before the birth', { recip_dob: '2020-12-21' }, ['recip_dob BUSR005 error']],
    ['a ZIP code without its state', { recip_address_state: '' }, ['recip_address_zip BUSR007 warning']],
    ['a ZIP code without its state, of the place', { admin_address_state: '' }, ['admin_address_zip BUSR008 warning']],
    ['a ZIP code without its county', { recip_address_county: '' }, ['recip_address_zip BUSR009 warning']],
    ['a ZIP code without its county, of the place', { admin_address_county: '' }, ['admin_address_zip BUSR010 warning']],
    ['a birth of tomorrow', { recip_dob: '2021-01-17' }, ['recip_dob BUSR005 error', 'recip_dob BUSR011 error']],
    ['a dose of tomorrow', { admin_date: '2021-01-17' }, ['admin_date BUSR012 error']],
  ])('%s', async (_, values, expected) => {
    expect(await findIn({ ...GIVEN, ...values })).toEqual(expected);
    expect(await findIn({ ...REDACTED, ...values })).toEqual(expected);
  }); // biome-ignore format: a table

  test('the same event id on several records', async () => {
    const ids = ['E-1', 'E-2', 'e-1', 'E-3', 'E-1', '', ''];
    const { found, issues } = await judge(ids.map((id) => ({ ...GIVEN, vax_event_id: id })));
    expect(found).toEqual([
      [3, 'vax_event_id', 'BUSR013', 'error'],
      [5, 'vax_event_id', 'BUSR013', 'error'],
      [6, 'vax_event_id', 'REQD001', 'error'],
      [7, 'vax_event_id', 'REQD001', 'error'],
      [7, 'vax_event_id', 'BUSR013', 'error'],
    ]);
    expect(issues[0]).toMatchObject({
      line: '4',
      value: 'e-1',
      message: 'BUSR013: stands in an earlier record, too: line 2',
    });
  });
});

test('each finding is told under a code that other specifications share, with CDC’s code in its words', async () => {
  const shared: Record<string, IssueCode> = {
    REQD001: 'value-required-if', REQD002: 'value-required-if', REQD003: 'value-required-if',
    DNTS002: 'value-not-to-send', DNTS003: 'value-not-to-send',
    DATA001: 'value-not-date', DATA005: 'value-form-wrong', DATA006: 'value-not-fixed', DATA007: 'value-not-in-set',
    DATA008: 'value-too-long', DATA009: 'value-date-month-first',
    BUSR001: 'values-disagree', BUSR002: 'values-disagree', BUSR003: 'values-disagree', BUSR004: 'values-disagree',
    BUSR005: 'value-after-another', BUSR007: 'value-needs-another', BUSR008: 'value-needs-another',
    BUSR009: 'value-needs-another', BUSR010: 'value-needs-another', BUSR011: 'value-in-future',
    BUSR012: 'value-in-future', BUSR013: 'value-repeated',
  }; // biome-ignore format: a table
  const records: Written[] = [
    { ...GIVEN, recip_sex: '', recip_address_county: '25025', recip_dob: '2021-02-01', serology: '?' },
    { ...REFUSED, vax_event_id: 'e-1', ndc: GIVEN['ndc']!, recip_sex: '' },
    { ...REDACTED, vax_event_id: 'E-3', recip_last_name: 'Walsh', admin_address_state: '', recip_address_zip: '02118' },
    { ...GIVEN, vax_event_id: 'E-4', admin_date: '12/20/2020', vax_expiration: 'soon', mvx: 'MODE', admin_name: ' ' },
    { ...GIVEN, vax_event_id: 'E-5', admin_date: '2021-02-01', admin_address_county: '', recip_address_state: '' },
    {
      ...GIVEN,
      vax_event_id: 'E-6',
      recip_address_county: '',
      admin_address_county: '01001',
      admin_address_zip: '02118',
    },
    { ...REFUSED, vax_event_id: 'E-7', vax_refusal: 'NO', cvx: '207', recip_sex: '', recip_missed_appt: 'YES' },
  ];
  const { found, codes } = await judge(records, ['recip_missed_appt']);
  const told = new Map<string, IssueCode>(found.map(([, , code], i) => [code, codes[i] as IssueCode]));
  expect(Object.fromEntries(told)).toEqual(shared);
});

describe('what becomes of a record', () => {
  test('a redacted one is judged and not loaded, which is told once', async () => {
    const { fates, issues } = await judge([REDACTED, { ...LINKABLE, vax_event_id: 'E-2' }]);
    expect(fates).toEqual({ loaded: 0, merged: 0, duplicate: 0, rejected: 0, skipped: 2 });
    expect(issues.map(({ severity, code, record, message }) => [severity, code, record, message])).toEqual([
      ['info', 'records-not-loaded', '', 'records of a kind that is judged and not loaded: 2'],
    ]);
  });

  test('a redacted one with an error is rejected, to be corrected', async () => {
    const { fates } = await judge([
      { ...REDACTED, recip_sex: 'X' },
      { ...REDACTED, vax_event_id: 'E 2' },
      { ...LINKABLE, vax_event_id: 'E-9' },
    ]);
    expect(fates).toEqual({ loaded: 0, merged: 0, duplicate: 0, rejected: 2, skipped: 1 });
  });

  test('a dose of CDC’s made-up vaccines is judged and not loaded', async () => {
    const { found, fates } = await judge([{ ...GIVEN, cvx: '901', mvx: 'BBB', ndc: '99999-9999-01' }]);
    expect(found).toEqual([]);
    expect(fates['skipped']).toBe(1);
  });

  test('an identified one is loaded; an error keeps it out, a warning does not', async () => {
    const { fates } = await judge([
      GIVEN,
      { ...GIVEN, vax_event_id: 'E-2', admin_date: '2021-01-14', dose_num: '7' },
      {
        ...GIVEN,
        vax_event_id: 'E-3',
        recip_id: 'R-3',
        recip_first_name: 'Ama',
        recip_last_name: 'Osei',
        recip_dob: '1971-03-02',
        recip_address_county: '',
      },
      {
        ...REFUSED,
        vax_event_id: 'E-4',
        recip_id: 'R-4',
        recip_first_name: 'Mei',
        recip_last_name: 'Chen',
        recip_dob: '1975-08-09',
      },
    ]);
    expect(fates).toEqual({ loaded: 3, merged: 0, duplicate: 0, rejected: 1, skipped: 0 });
  });

  test('an error of the event leaves its patient in, and both are in the reject file once', async () => {
    using sandbox = new Sandbox();
    const lines = [
      COLUMNS,
      ...[
        { ...GIVEN, dose_num: '', recip_sex: 'F' },
        {
          ...GIVEN,
          vax_event_id: 'E-2',
          recip_id: 'R-2',
          recip_sex: 'X',
          dose_num: '',
          recip_first_name: 'Ama',
          recip_last_name: 'Osei',
          recip_dob: '1971-03-02',
        },
      ].map((record: Written) => COLUMNS.map((column) => record[column] ?? '')),
    ].map((cells) => cells.join('\t'));
    const files = { 'a.txt': `${lines.join('\r\n')}\r\n` };
    const summary = await sandbox.load({ spec: CVRS, files, today: TODAY });
    expect(summary.files[0]).toMatchObject({ loaded: 0, rejected: 2 });
    expect(sandbox.query('SELECT last_name FROM patients')).toEqual([{ last_name: 'Walsh' }]);
    expect(sandbox.query('SELECT * FROM immunizations')).toEqual([]);
    const [header, ...rejects] = readFileSync(join(summary.folder, 'rejects', 'a.txt'), 'utf8')
      .trimEnd()
      .split('\r\n');
    expect(header).toBe(`${lines[0]}\timmload_codes\timmload_fix\timmload_origin`);
    expect(rejects.map((line) => line.split('\t')[COLUMNS.length])).toEqual([
      'value-required-if',
      'value-not-in-set value-required-if',
    ]);
    // Corrected, that very file loads.
    const corrected = [header, ...rejects.map((line) => fixed(line))].join('\r\n');
    const again = await sandbox.load({ spec: CVRS, files: { 'b.txt': `${corrected}\r\n` }, today: TODAY });
    expect(again.files[0]).toMatchObject({ loaded: 2, rejected: 0 });
  });

  test('a field that a rule of its column is told of is not told of again', async () => {
    const record = {
      ...GIVEN,
      recip_dob: '',
      recip_id: '',
      cvx: '',
      responsible_org: '',
      vax_refusal: '?',
      vax_event_id: '',
    };
    const { codes } = await judge([record]);
    expect([...new Set(codes)].sort()).toEqual(['value-after-another', 'value-not-in-set', 'value-required-if']);
  });
});

/** A rejected record, corrected. */
function fixed(line: string): string {
  const cells = line.split('\t');
  cells[COLUMNS.indexOf('dose_num')] = '1';
  cells[COLUMNS.indexOf('recip_sex')] = 'F';
  return cells.join('\t');
}

test('findings come in the order of the records, whatever they are about', async () => {
  const records = [1, 2, 3, 4].map((n): Written => {
    return {
      ...GIVEN,
      vax_event_id: `E-${n}`,
      recip_id: `R-${n}`,
      ...(n % 2 === 0 ? { mvx: '?' } : { recip_sex: '?' }),
    };
  });
  const { found } = await judge(records);
  expect(found.map(([record]) => record)).toEqual([1, 2, 3, 4]);
});

test('a column that the header leaves out is told, and read as blank', async () => {
  using sandbox = new Sandbox();
  const columns = COLUMNS.filter((column) => column !== 'serology' && column !== 'recip_race_6');
  const lines = [
    [...columns, 'vax_prov_suffix'],
    [...columns.map((column) => GIVEN[column] ?? ''), 'MD'],
  ];
  const files = { 'a.txt': `${lines.map((cells) => cells.join('\t')).join('\n')}\n` };
  const summary = await sandbox.load({ spec: CVRS, mode: 'validate', files, today: TODAY });
  const issues = await sandbox.report(summary.folder, 'issues.csv');
  expect(
    issues.map(({ record, field, code, value, message }) => [record, field, code, value, message!.split(':')[0]]),
  ).toEqual([
    ['', '', 'column-unknown', 'vax_prov_suffix', 'FMT_002'],
    ['', '', 'column-missing', 'recip_race_6', 'FMT_004'],
    ['', '', 'column-missing', 'serology', 'FMT_004'],
    ['1', 'serology', 'value-required-if', '', 'REQD001'],
  ]);
});

test('all 45 columns are there, in CDC’s order', () => {
  expect(COLUMNS).toHaveLength(45);
  expect(COLUMNS[0]).toBe('vax_event_id');
  expect(COLUMNS[44]).toBe('serology');
});

test('nothing of a redacted record is left behind by a load', async () => {
  using sandbox = new Sandbox();
  const lines = [COLUMNS, COLUMNS.map((column) => REDACTED[column] ?? '')].map((cells) => cells.join('\t'));
  const summary = await sandbox.load({ spec: CVRS, files: { 'a.txt': `${lines.join('\n')}\n` }, today: TODAY });
  expect(summary.files[0]).toMatchObject({ records: 1, skipped: 1 });
  expect(sandbox.query('SELECT count(*) AS n FROM patients')).toEqual([{ n: 0 }]);
  expect(readdirSync(summary.folder).sort()).toEqual([
    'README.txt', 'certificate.json', 'certificate.txt', 'changes.csv', 'issues.csv', 'summary.json',
  ]); // biome-ignore format: one line
});
