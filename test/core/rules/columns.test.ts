/**
 * What each kind of rule says of values, written by hand: samples are made and judged by the code that they test.
 * Rules of dates are asked for each form in which a specification may have them.
 */
import { describe, expect, test } from 'vitest';
import type { IssueCode } from '../../../src/core/catalogue.js';
import {
  type ColumnRule,
  RULE_DATES,
  RULE_KINDS,
  type RuleDate,
  type RuleKind,
} from '../../../src/core/column-rule.js';
import type { FieldName, IsoDate } from '../../../src/core/model.js';
import type { DateFormat } from '../../../src/core/normalize/date.js';
import { ColumnRules } from '../../../src/core/rules/columns.js';
import { checkSpec, completeSpec, type Spec } from '../../../src/core/spec.js';
import { CODES } from '../../support/fixtures.js';

const TODAY = '2026-07-01' as IsoDate;

interface Asked {
  /** Of the whole specification. */
  readonly formats?: readonly DateFormat[];
  readonly twoDigitYears?: 'reject' | 'latest-past';
  /** Of the column that is judged. */
  readonly own?: { readonly dates?: readonly DateFormat[]; readonly field?: FieldName };
  /** What it carries, where that is no field of a patient. */
  readonly carries?: FieldName;
  readonly rules: readonly ColumnRule[];
}

function specOf({ formats = ['YYYY-MM-DD'], twoDigitYears = 'reject', own = {}, rules }: Asked): Spec {
  const json = {
    id: 'test',
    version: '1',
    title: 'A test',
    provenance: { status: 'inferred', source: 'made up', notes: [] },
    dates: { formats, twoDigitYears },
    nulls: ['N/A'],
    sets: { answers: ['Yes', 'No'], sexes: { table: 'sex' } },
    prefixes: { areas: { MA: ['339', '61-65'], nh: ['603', 'X'], VT: [''], PW: [] } },
    layouts: {
      patient: {
        format: 'delimited',
        delimiter: ',',
        quote: '"',
        header: 'required',
        conditions: { asked: [{ column: 'other', is: ['ask'] }] },
        fields: [
          { name: 'own', field: null, ...own, rules },
          { name: 'other', field: null, rules: rules.filter(({ dates }) => dates !== undefined) },
          { name: 'id', field: 'source_patient_id' },
          { name: 'last', field: 'last_name' },
          ...(own.field === 'birth_date' ? [] : [{ name: 'born', field: 'birth_date' }]),
        ],
      },
      immunization: {
        format: 'delimited',
        delimiter: ',',
        quote: '"',
        header: 'required',
        fields: [
          { name: 'id', field: 'source_patient_id' },
          { name: 'given', field: 'administered_on' },
          { name: 'cvx', field: 'cvx' },
        ],
      },
    },
  };
  expect(checkSpec(json)).toEqual([]);
  return completeSpec(json);
}

/** What is told of a record of two columns. */
function judge(asked: Asked, own: string, other = ''): readonly IssueCode[] {
  const spec = specOf(asked);
  const { patient: layout } = spec.layouts;
  const placeOf = (column: string): number => layout.fields.findIndex(({ name }) => name === column);
  const [first] = layout.fields;
  const columns = [{ column: { ...first!, field: asked.carries ?? first!.field }, field: null }];
  const rules = new ColumnRules(columns, { spec, layout, codes: CODES, today: TODAY, placeOf });
  return rules.judge((place) => [own, other][place] ?? '').map(({ code }) => code);
}

/** A value, and where the rule looks at another column, what stands there. */
type Value = string | readonly [own: string, other: string];

interface Verdicts {
  readonly rule: ColumnRule;
  readonly right: readonly Value[];
  /** By the code that is told. */
  readonly wrong: Partial<Record<IssueCode, readonly Value[]>>;
}

const VERDICTS: Readonly<Record<Exclude<RuleKind, 'unique'>, readonly Verdicts[]>> = {
  required: [
    { rule: { required: true }, right: ['x', '0', ' '], wrong: { 'required-value-missing': [''] } },
    { rule: { required: true, when: 'asked' }, right: ['', ['', 'no'], ['x', 'ask']], wrong: { 'value-required-if': [['', 'ask'], ['', 'ASK']] } },
  ],
  notToSend: [
    { rule: { notToSend: true }, right: [''], wrong: { 'value-not-to-send': ['x', ' '] } },
    { rule: { notToSend: true, when: 'asked' }, right: ['x', ['', 'ask']], wrong: { 'value-not-to-send': [['x', 'ask']] } },
  ],
  fixed: [{ rule: { fixed: 'Redacted' }, right: ['Redacted', 'REDACTED'], wrong: { 'value-not-fixed': ['', 'Redacted ', 'x'] } }],
  pattern: [{ rule: { pattern: 'P-\\d+' }, right: ['', 'P-1'], wrong: { 'value-form-wrong': ['P-', 'p-1', 'xP-1', 'P-1 '] } }],
  set: [
    { rule: { set: 'answers' }, right: ['', 'Yes', 'no', ' NO\t'], wrong: { 'value-not-in-set': ['Y', ' ', 'Yes No', 'Y es'] } },
    { rule: { set: 'sexes' }, right: ['M', 'f'], wrong: { 'value-not-in-set': ['Male?', '1'] } },
  ],
  longest: [
    { rule: { longest: 3 }, right: ['', 'abc', 'äöü', '😀😀😀', '𝒜b𝒸'], wrong: { 'value-too-long': ['abcd', 'äöüß', 'abc ', '😀😀😀😀'] } },
  ],
  dates: [
    { rule: { dates: ['YYYY-MM-DD', 'YYYY-MM'] }, right: ['', '2020-02-29', '2020-02'], wrong: {
      'value-not-date': ['2021-02-29', '2020-2-9', '20200209', '2020', '2020-02-09 10:00', 'soon'],
      'value-date-month-first': ['02/09/2020', '2/9/20'],
    } },
  ],
  needs: [{ rule: { needs: 'other' }, right: ['', ['x', 'y'], ['', 'y']], wrong: { 'value-needs-another': ['x'] } }],
  notAfter: [
    { rule: { notAfter: 'other' }, right: ['', '2020-01-02', ['', '2020-01-02'], ['2020-01-02', '2020-01-02'], ['2019-12-31', '2020-01-02']], wrong: {
      'value-after-another': [['2020-01-03', '2020-01-02'], ['2020-01-03 00:00', '2020-01-02 23:59']],
    } },
    { rule: { notAfter: 'other', evenBlank: true }, right: [['2020-01-02', '2020-01-02']], wrong: {
      'value-after-another': ['', '2020-01-02', ['', '2020-01-02']],
    } },
  ],
  notInFuture: [
    { rule: { notInFuture: true }, right: ['', '2026-07-01', '1899-01-01'], wrong: { 'value-in-future': ['2026-07-02', '2026-07-02T00:00:00Z', '2039-01-01'] } },
  ],
  prefixes: [
    { rule: { prefixes: 'areas', of: 'other' }, right: ['', '7', ['', 'MA'], ['7', 'RI'], ['3391', 'MA'], ['61', 'ma'], ['6399', 'MA'], ['659', 'MA'], ['x1', 'NH'], ['7', 'VT']], wrong: {
      'values-disagree': [['338', 'MA'], ['60', 'MA'], ['66', 'MA'], ['6', 'MA'], ['y', 'nh'], ['7', 'PW']],
    } },
    { rule: { prefixes: 'areas', of: 'other', unlisted: 'wrong' }, right: ['7', ['', 'RI'], ['339', 'MA']], wrong: { 'values-disagree': [['7', 'RI']] } },
  ],
}; // biome-ignore format: a table

describe('a rule says that a value is right, or what is wrong with it', () => {
  test.each(
    Object.entries(VERDICTS).flatMap(([kind, all]) =>
      all.map((each) => [kind, JSON.stringify(each.rule), each] as const),
    ),
  )('%s: %s', (_, __, { rule, right, wrong }) => {
    const told = (value: Value): readonly IssueCode[] =>
      typeof value === 'string' ? judge({ rules: [rule] }, value) : judge({ rules: [rule] }, ...value);
    for (const value of right) expect(told(value), JSON.stringify(value)).toEqual([]);
    for (const [code, values] of Object.entries(wrong)) {
      for (const value of values) expect(told(value), JSON.stringify(value)).toEqual([code]);
    }
  });

  test('each kind of rule is there; what stands in earlier records is told where these are known', () => {
    expect([...Object.keys(VERDICTS), 'unique'].sort()).toEqual([...RULE_KINDS].sort());
    expect(judge({ rules: [{ unique: true }] }, 'x')).toEqual([]);
  });
});

/** Dates in one form: as rules read them, to the letter; and as the dates of columns are read. */
interface DatesOfForm {
  /** 31 December 2019 (or its month), 2 January 2020, 1 July 2026 and the day (or month) after. */
  readonly early: string;
  readonly late: string;
  readonly today: string;
  readonly tomorrow: string;
  /** What is of this form, and what is not: other forms, days that do not exist. */
  readonly right: readonly string[];
  readonly wrong: readonly string[];
  readonly monthFirst: readonly string[];
  /** Other ways in which the same days may be written in such a column, and which are not of the form to the letter. */
  readonly loose: { readonly early: readonly string[]; readonly tomorrow: readonly string[] };
}

const DATES: Readonly<Record<RuleDate, DatesOfForm>> = {
  YYYYMMDD: {
    early: '20191231', late: '20200102', today: '20260701', tomorrow: '20260702',
    right: ['20200229', '00010101'], wrong: ['20210229', '00000101', '2020-02-29', '200229', '2020022', '20201301', '202002290'], monthFirst: ['02/29/2020'],
    loose: { early: ['201912310830'], tomorrow: ['202607021200', '20260702 10:00'] },
  },
  'YYYY-MM-DD': {
    early: '2019-12-31', late: '2020-01-02', today: '2026-07-01', tomorrow: '2026-07-02',
    right: ['2020-02-29'], wrong: ['2021-02-29', '2020-2-29', '20200229', '2020-02', '2020-02-29 10:00'],
    // As CDC's program takes any numbers for month, day and year.
    monthFirst: ['02/29/2020', '2/29/20', '2020/02/29'],
    loose: { early: ['2019/12/31'], tomorrow: ['2026-7-2', '2026-07-02 10:00'] },
  },
  'MM/DD/YYYY': {
    early: '12/31/2019', late: '01/02/2020', today: '07/01/2026', tomorrow: '07/02/2026',
    right: ['02/29/2020'], wrong: ['2020-02-29', '02292020'], monthFirst: ['2/29/2020', '02/29/2021', '02/29/20', '13/01/2020'],
    loose: { early: ['12-31-2019', '12/31/2019 08:30'], tomorrow: ['7/2/2026', '7-2-2026', '07/02/2026 10:00'] },
  },
  'M/D/YYYY': {
    early: '12/31/2019', late: '1/2/2020', today: '7/1/2026', tomorrow: '7/2/2026',
    right: ['2/29/2020', '12/1/2020'], wrong: ['2020-02-29', '2292020'], monthFirst: ['02/29/2020', '2/29/2021', '2/29/20'],
    loose: { early: ['12-31-2019'], tomorrow: ['07/02/2026', '7-2-2026', '7/2/2026 10:00 AM'] },
  },
  MMDDYYYY: {
    early: '12312019', late: '01022020', today: '07012026', tomorrow: '07022026',
    right: ['02292020'], wrong: ['02292021', '20200229', '2292020', '2020-02-29'], monthFirst: ['02/29/2020'],
    loose: { early: ['12312019 08:30'], tomorrow: ['7022026', '07022026 10:00'] },
  },
  'DD/MM/YYYY': {
    early: '31/12/2019', late: '02/01/2020', today: '01/07/2026', tomorrow: '02/07/2026',
    right: ['29/02/2020'], wrong: ['2020-02-29', '29022020'], monthFirst: ['29/2/2020', '02/29/2020', '29/02/2021'],
    loose: { early: ['31.12.2019', '31-12-2019'], tomorrow: ['2/7/2026', '02/07/2026 10:00'] },
  },
  'DD-MON-YYYY': {
    early: '31-DEC-2019', late: '02-JAN-2020', today: '01-JUL-2026', tomorrow: '02-JUL-2026',
    right: ['29-Feb-2020'], wrong: ['29-FEB-2021', '9-FEB-2020', '29-FEBRUARY-2020', '29FEB2020'], monthFirst: ['02/29/2020'],
    loose: { early: ['31 December 2019', '31DEC2019'], tomorrow: ['2-jul-2026'] },
  },
  'spreadsheet-serial': {
    early: '43830', late: '43832', today: '46204', tomorrow: '46205',
    right: ['43890', '2200'], wrong: ['2199', '438900', '2020-02-29', '43890.5'], monthFirst: ['02/29/2020'],
    loose: { early: ['43830.25'], tomorrow: ['46205.5'] },
  },
  'YYYY-MM': {
    early: '2019-12', late: '2020-01', today: '2026-07', tomorrow: '2026-08',
    right: ['2020-02'], wrong: ['2020-13', '2020-2', '202002', '2020-02-29', '2020'], monthFirst: ['02/29/2020'],
    loose: { early: ['201912', '12/2019'], tomorrow: ['202608', '2026-8', '08/2026'] },
  },
}; // biome-ignore format: a table

/** No dates in any form: they are never judged by rules about what comes first. */
const NO_DATES = ['unknown', '?', '99/99/9999', '2020-02-30', '9', 'x'.repeat(100)];

describe.each(Object.entries(DATES))('dates as %s', (name, dates) => {
  const form = name as RuleDate;
  const { early, late, today, tomorrow, right, wrong, monthFirst, loose } = dates;
  // A column of months has days of its specification's form, and a rule that allows the months.
  const asked = (rule: ColumnRule): Asked =>
    form === 'YYYY-MM' ? { rules: [rule, { dates: [form], when: 'asked' }] } : { formats: [form], rules: [rule] };

  test('which they are, to the letter', () => {
    if (form === 'spreadsheet-serial') return;
    const told = (value: string) => judge({ rules: [{ dates: [form] }] }, value);
    for (const value of [early, late, today, tomorrow, ...right]) expect(told(value), value).toEqual([]);
    for (const value of wrong) expect(told(value), value).toEqual(['value-not-date']);
    for (const value of monthFirst) expect(told(value), value).toEqual(['value-date-month-first']);
  });

  test('not after another, however they are written', () => {
    const told = (own: string, other: string) => judge(asked({ notAfter: 'other' }), own, other);
    for (const each of [early, ...loose.early]) {
      expect(told(each, late), each).toEqual([]);
      expect(told(late, each), each).toEqual(['value-after-another']);
      expect(told(each, early), each).toEqual([]);
      expect(told(early, each), each).toEqual([]);
    }
    for (const each of NO_DATES) {
      expect(told(each, early), each).toEqual([]);
      expect(told(late, each), each).toEqual([]);
    }
  });

  test('not in the future, however they are written', () => {
    const told = (value: string) => judge(asked({ notInFuture: true }), value);
    for (const each of [early, ...loose.early, late, today, ...NO_DATES]) expect(told(each), each).toEqual([]);
    for (const each of [tomorrow, ...loose.tomorrow]) expect(told(each), each).toEqual(['value-in-future']);
  });

  test('the same days by the forms of the column, where the specification has others', () => {
    if (form === 'YYYY-MM') return;
    const formats: readonly DateFormat[] = [form === 'YYYY-MM-DD' ? 'MM/DD/YYYY' : 'YYYY-MM-DD'];
    for (const own of [{ dates: [form] }, { dates: [form], field: 'birth_date' as const }]) {
      expect(judge({ formats, own, rules: [{ notInFuture: true }] }, today)).toEqual([]);
      expect(judge({ formats, own, rules: [{ notInFuture: true }] }, tomorrow)).toEqual(['value-in-future']);
    }
  });

  test('compared to the letter, and as text where they are none', () => {
    const told = (own: string, other: string) => judge(asked({ notAfter: 'other', asText: true }), own, other);
    expect(told('b', 'a')).toEqual(['value-after-another']);
    expect(told('a', 'b')).toEqual([]);
    expect(judge(asked({ notInFuture: true, asText: true }), 'unknown')).toEqual(['value-in-future']);
    expect(judge(asked({ notInFuture: true, asText: true }), '!')).toEqual([]);
    if (form === 'YYYY-MM') return;
    expect(told(early, late)).toEqual([]);
    expect(told(late, early)).toEqual(['value-after-another']);
    expect(judge(asked({ notInFuture: true, asText: true }), today)).toEqual([]);
    expect(judge(asked({ notInFuture: true, asText: true }), tomorrow)).toEqual(['value-in-future']);
  });
});

test('every form of a date is in the table', () => {
  expect(Object.keys(DATES).sort()).toEqual([...new Set([...RULE_DATES, 'spreadsheet-serial'])].sort());
});

describe('a date of which less is known', () => {
  const rules: readonly ColumnRule[] = [
    { notAfter: 'other' },
    { notInFuture: true },
    { dates: ['YYYY-MM-DD', 'YYYY-MM'] },
  ];
  test.each<[string, string, readonly IssueCode[]]>([
    ['2020-05', '2020-05-10', []],
    ['2020-05-10', '2020-05', []],
    ['2020-06', '2020-05-10', ['value-after-another']],
    ['2020-06-01', '2020-05', ['value-after-another']],
    ['2026-07', '', []],
    ['2026-08', '', ['value-in-future']],
  ])('%s, not after %j', (own, other, expected) => {
    expect(judge({ rules }, own, other)).toEqual(expected);
  });

  test('the expiry of a lot may be a month', () => {
    expect(judge({ rules: [{ notInFuture: true }], carries: 'lot_expiration' }, '2026-08')).toEqual([
      'value-in-future',
    ]);
    expect(judge({ rules: [{ notInFuture: true }], carries: 'lot_expiration' }, '2026-07')).toEqual([]);
    expect(judge({ rules: [{ notInFuture: true }] }, '2026-08')).toEqual([]);
  });

  test('a day with two readings is not judged', () => {
    const asked: Asked = { formats: ['YYYYMMDD', 'MMDDYYYY'], rules: [{ notInFuture: true }] };
    expect(judge(asked, '20280131')).toEqual(['value-in-future']);
    expect(judge(asked, '10112028')).toEqual(['value-in-future']);
    expect(judge({ ...asked, formats: ['MMDDYYYY'], rules: [{ notInFuture: true }] }, '1112028')).toEqual([]);
  });

  test('a year of two digits is not in the future, or no date', () => {
    const asked: Asked = { formats: ['MM/DD/YYYY'], rules: [{ notInFuture: true }] };
    expect(judge({ ...asked, twoDigitYears: 'latest-past' }, '03/05/39')).toEqual([]);
    expect(judge(asked, '03/05/39')).toEqual([]);
  });
});
