import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createDateNormalizer,
  createDatesNormalizer,
  DATE_FORMATS,
  type DateFormat,
  type DateRules,
  DayMonthOrder,
  isIsoDate,
} from '../../../src/core/normalize/date.js';
import { formatDate } from '../../../src/core/write.js';
import { TODAY } from '../../support/fixtures.js';

const MIIS_RULES: DateRules = {
  formats: ['YYYYMMDD', 'MM/DD/YYYY', 'MMDDYYYY', 'YYYY-MM-DD'],
  twoDigitYears: 'latest-past',
  today: TODAY,
};
const read = createDateNormalizer(MIIS_RULES);

describe('dates in the allowed forms', () => {
  test.each([
    ['20110504', '2011-05-04', false],
    ['05/04/2011', '2011-05-04', true],
    ['5/4/2011', '2011-05-04', true],
    ['5-4-2011', '2011-05-04', true],
    ['05042011', '2011-05-04', true],
    ['2011-05-04', '2011-05-04', true],
    ['2011-5-4', '2011-05-04', true],
    ['2011/05/04', '2011-05-04', true],
    ['2010-05-04 00:00:00', '2010-05-04', true],
    ['2010-05-04T13:45:00Z', '2010-05-04', true],
    ['5/4/2010 12:00:00 AM', '2010-05-04', true],
    ['20100504120000', '2010-05-04', true],
    ['20000229', '2000-02-29', false],
    ['18500101', '1850-01-01', false],
    ['19121112', '1912-11-12', false],
    ['11121912', '1912-11-12', true],
  ])('%s is %s', (text, value, changed) => {
    expect(read(text)).toMatchObject({ value, problem: null, changed });
  });
});

describe('what is no date in the allowed forms', () => {
  test.each([
    ['13/40/2009'],
    ['20110230'],
    ['02/29/2001'],
    ['00000000'],
    ['00/00/0000'],
    ['000000'],
    ['17991231'],
    ['1849'],
    ['2200'],
    ['May 4, 2011'],
    ['20110504x'],
    ['20110099'],
    ['00/45/2011'],
    ['04.05.2011'],
    ['5/4-2011'],
    ['31/04/2011'],
    ['123'],
    ['123456789'],
    ['-'],
  ])('%s', (text) => {
    expect(read(text)).toMatchObject({ value: null, problem: 'invalid' });
  });

  test('a form that the spec does not allow', () => {
    const strict = createDateNormalizer({ ...MIIS_RULES, formats: ['MMDDYYYY'] });
    expect(strict('05042011').value).toBe('2011-05-04');
    for (const text of ['20110504', '5/4/2011', '2011-05-04']) expect(strict(text).problem).toBe('invalid');
  });
});

describe('what has two readings is a finding, never a guess', () => {
  test.each([
    ['1121951', '1951-01-12 or 1951-11-02'],
    ['111951', '1951-01-01 or 1951-11 or 1951-11-19'],
    ['010203', '2001-02-03 or 2003-01-02'],
    ['201105', '2011-05 or 2020-11-05'],
    ['012010', '2010-01 or 2010-01-20'],
    ['121951', '1951-01-02 or 1951-12 or 1951-12-19'],
  ])('%s', (text, other) => {
    expect(read(text)).toMatchObject({ value: null, problem: 'ambiguous', other });
  });

  test.each([
    ['421951', '1951-04-02'],
    ['4121951', '1951-04-12'],
    ['9302011', '2011-09-30'],
  ])('%s has lost its slashes and can only be %s', (text, value) => {
    expect(read(text)).toMatchObject({ value, problem: 'digits-missing' });
  });
});

describe('of what is known in part, that is told, and nothing is loaded', () => {
  test.each([
    ['2011', '2011'],
    ['199805', '1998-05'],
    ['1998-05', '1998-05'],
    ['1998/5', '1998-05'],
    ['05/1998', '1998-05'],
    ['5-1998', '1998-05'],
    ['131998', null],
    ['20150500', '2015-05'],
    ['20150000', '2015'],
    ['20150012', '2015'],
    ['05002015', '2015-05'],
    ['00122015', '2015'],
    ['05/00/2015', '2015-05'],
    ['0/0/2015', '2015'],
    ['00/12/2015', '2015'],
    ['2015-05-00', '2015-05'],
    ['2015-0-0', '2015'],
    ['2015-05-00 00:00:00', '2015-05'],
  ])('%s: %s', (text, known) => {
    if (known === null) expect(read(text)).not.toMatchObject({ problem: 'partial' });
    else expect(read(text)).toMatchObject({ value: null, problem: 'partial', other: known });
  });

  test('whatever forms the spec allows', () => {
    const strict = createDateNormalizer({ ...MIIS_RULES, formats: ['YYYY-MM-DD'], twoDigitYears: 'reject' });
    for (const text of ['2015', '201505', '05/2015', '052015', '05/00/2015', '20150500']) {
      expect(strict(text)).toMatchObject({ value: null, problem: 'partial' });
    }
    // Nothing else can be meant where years have four digits.
    expect(strict('012010')).toMatchObject({ problem: 'partial', other: '2010-01' });
  });

  test('a month in digits is none where the same digits are a day that lost its slashes', () => {
    const strict = createDateNormalizer({ ...MIIS_RULES, formats: ['MMDDYYYY'], twoDigitYears: 'reject' });
    expect(strict('121951')).toMatchObject({ value: null, problem: 'ambiguous', other: '1951-01-02 or 1951-12' });
    expect(strict('421951')).toMatchObject({ value: '1951-04-02', problem: 'digits-missing' });
  });
});

describe('the number of a spreadsheet', () => {
  const counting = createDateNormalizer({ ...MIIS_RULES, formats: ['MM/DD/YYYY', 'spreadsheet-serial'] });
  test.each([
    ['43831', '2020-01-01'],
    ['43831.5', '2020-01-01'],
    ['42138', '2015-05-14'],
    ['36585', '2000-02-29'],
    ['10000', '1927-05-18'],
  ])('%s is a day where the spec allows it, and told; else it is only told what day it would be', (text, day) => {
    expect(counting(text)).toMatchObject({ value: day, problem: 'from-serial', changed: true });
    expect(read(text)).toMatchObject({ value: null, problem: 'serial', other: day });
  });

  test('of four digits is one only where the spec allows it: else it is a filler', () => {
    expect(counting('2200').value).toBe('1906-01-08');
    expect(counting('9999').value).toBe('1927-05-17');
    expect(read('9999')).toMatchObject({ value: null, problem: 'invalid' });
  });

  test('is nothing to tell of where it is the form that the spec asks for', () => {
    const own = createDateNormalizer({ ...MIIS_RULES, formats: ['spreadsheet-serial', 'YYYY-MM-DD'] });
    expect(own('43831')).toMatchObject({ value: '2020-01-01', problem: null, changed: false });
    expect(own('43831.25')).toMatchObject({ value: '2020-01-01', problem: null, changed: true });
  });

  test.each(['1999', '2199', '123', '438310', '-43831', '43831.', '4.38E+04'])('%s is none', (text) => {
    expect(counting(text).value).toBeNull();
    expect(read(text).problem).not.toBe('serial');
  });

  test('that would be a day to come looks like no date', () => {
    expect(read('46204')).toMatchObject({ problem: 'serial', other: TODAY });
    expect(read('46205')).toMatchObject({ problem: 'invalid' });
  });
});

describe('a day before its month', () => {
  test.each([
    ['31/05/2009', '2009-05-31'],
    ['13-1-2009', '2009-01-13'],
    ['31052009', '2009-05-31'],
    ['31/5/09', '2009-05-31'],
  ])('%s is told, and never turned around', (text, other) => {
    expect(read(text)).toMatchObject({ value: null, problem: 'day-first', other });
  });

  test('is nothing special where the spec has no form with the month first', () => {
    const strict = createDateNormalizer({ ...MIIS_RULES, formats: ['YYYYMMDD', 'YYYY-MM-DD'] });
    for (const text of ['31/05/2009', '31052009']) expect(strict(text)).toMatchObject({ problem: 'invalid' });
  });

  test('is counted, each day once, against those that can have the month first only', () => {
    const order = new DayMonthOrder();
    const counting = createDateNormalizer({ ...MIIS_RULES, order });
    for (const text of ['31/05/2009', '31/5/2009', '14/05/2009', '05/04/2009', '05/14/2009', '20090514', '05142009']) {
      counting(text);
    }
    expect(order.counts).toEqual({ dayFirst: 2, monthFirst: 1, eitherWay: 1 });
  });

  test.each<[number, number, DayMonthOrder['verdict']]>([
    [0, 0, null],
    [1, 0, null],
    [2, 0, 'day-first'],
    [2, 1, 'mixed'],
    [11, 1, 'day-first'],
    [10, 1, 'mixed'],
    [2, 20, 'mixed'],
    [2, 21, null],
  ])('%i of them against %i, and one that can be read either way: %s', (dayFirst, monthFirst, verdict) => {
    const order = new DayMonthOrder();
    for (let i = 0; i < dayFirst; i++) order.add('day-first', `d${i}`);
    const other = new DayMonthOrder();
    for (let i = 0; i < monthFirst; i++) other.add('month-first', `m${i}`);
    order.addAll(other.days);
    if (verdict === 'day-first') expect(order.verdict).toBeNull();
    const third = new DayMonthOrder();
    third.addEitherWay('e');
    order.addAll(third.days);
    expect(order.verdict).toBe(verdict);
  });
});

describe('a year of two digits is the latest that is not in the future', () => {
  test.each([
    ['5/14/15', '2015-05-14'],
    ['7/1/26', '2026-07-01'],
    ['7/2/26', '1926-07-02'],
    ['12/31/99', '1999-12-31'],
    ['2/29/00', '2000-02-29'],
    ['123199', '1999-12-31'],
  ])('%s is %s', (text, value) => {
    expect(read(text)).toMatchObject({ value, problem: 'two-digit-year' });
  });

  test('unless the spec rejects it', () => {
    const strict = createDateNormalizer({ ...MIIS_RULES, twoDigitYears: 'reject' });
    expect(strict('5/14/15')).toMatchObject({ value: null, problem: 'invalid' });
    expect(strict('421951')).toMatchObject({ value: '1951-04-02' });
  });
});

test.each([
  ['12/31/30', '2030-12-31'],
  ['7/1/36', '2036-07-01'],
  ['7/2/36', '1936-07-02'],
  ['12/31/99', '1999-12-31'],
])('an expiry of %s is %s', (text, value) => {
  expect(createDateNormalizer({ ...MIIS_RULES, yearsAhead: 10 })(text)).toMatchObject({ value });
});

describe('months, where they are allowed', () => {
  const readMonth = createDateNormalizer({ ...MIIS_RULES, months: true });
  test.each([
    ['2027-05', '2027-05'],
    ['202705', '2027-05'],
    ['05/2027', '2027-05'],
    ['5/2027', '2027-05'],
    ['20270531', '2027-05-31'],
  ])('%s is %s', (text, value) => {
    expect(readMonth(text).value).toBe(value);
  });

  test('a month that can also be a day is a finding', () => {
    expect(readMonth('052026')).toMatchObject({ value: null, problem: 'ambiguous', other: '2026-05 or 2026-05-20' });
    expect(readMonth('042026')).toMatchObject({ value: null, problem: 'ambiguous' });
  });
});

test('several days in one value', () => {
  const readAll = createDatesNormalizer(MIIS_RULES);
  expect(readAll('20200101~20190505')).toMatchObject({ value: '2020-01-01~2019-05-05', problem: null });
  expect(readAll('20200101~soon')).toMatchObject({ value: '2020-01-01', problem: 'invalid' });
  expect(readAll('2020~20190505')).toMatchObject({ value: '2019-05-05', problem: 'partial', other: '2020' });
  expect(readAll('~')).toMatchObject({ value: null, problem: null });
});

test.each([
  ['2026-07-01', true],
  ['2026-02-29', false],
  ['2024-02-29', true],
  ['2026-7-1', false],
  ['20260701', false],
])('%s as a day of the command line: %s', (text, valid) => {
  expect(isIsoDate(text)).toBe(valid);
});

const DAY = fc
  .date({ min: new Date('1850-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

/** Spreadsheets count from 1900, and their first numbers look like years. */
const isWritable = (day: string, format: DateFormat): boolean => format !== 'spreadsheet-serial' || day > '1906-01-08';

describe('the day before the month, where it is allowed', () => {
  const readDayFirst = createDateNormalizer({ ...MIIS_RULES, formats: ['DD/MM/YYYY', 'DD-MON-YYYY'] });

  test.each([
    ['05/04/2011', '2011-04-05', null],
    ['5.4.2011', '2011-04-05', null],
    ['5-4-11', '2011-04-05', 'two-digit-year'],
    ['05/31/2011', null, 'invalid'],
    ['14-MAY-2015', '2015-05-14', null],
    ['14 september 2015', '2015-09-14', null],
    ['14MAY15', '2015-05-14', 'two-digit-year'],
    ['14-MAI-2015', null, 'invalid'],
    ['31-JUN-2015', null, 'invalid'],
    ['20110405', null, 'invalid'],
  ])('%s is %s', (text, value, problem) => {
    expect(readDayFirst(text)).toMatchObject({ value, problem });
  });
});

describe('properties', () => {
  test('a day written in any form reads as that day, or as a finding', () => {
    fc.assert(
      // The day before the month is what the file as a whole must show.
      fc.property(DAY, fc.constantFrom(...DATE_FORMATS.filter((each) => each !== 'DD/MM/YYYY')), (day, format) => {
        fc.pre(isWritable(day, format));
        const reading = read(formatDate(day, format));
        expect(reading.problem === null ? reading.value : day).toBe(day);
      }),
      { numRuns: 3000 },
    );
  });

  test('the form that the spec prefers is always read, and never counts as changed', () => {
    fc.assert(
      fc.property(DAY, fc.constantFrom(...DATE_FORMATS), (day, format) => {
        fc.pre(isWritable(day, format));
        const own = createDateNormalizer({ ...MIIS_RULES, formats: [format] });
        expect(own(formatDate(day, format))).toMatchObject({ value: day, problem: null, changed: false });
      }),
      { numRuns: 2000 },
    );
  });

  test('no text gives a day that does not exist', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789/- '), maxLength: 12 });
    fc.assert(
      fc.property(text, (value) => {
        const reading = read(value.trim());
        expect(reading.value === null || isIsoDate(reading.value)).toBe(true);
        const refused = ['invalid', 'ambiguous', 'partial', 'day-first', 'serial'];
        expect(reading.value === null).toBe(refused.includes(reading.problem!));
        // What would be a day is one, and what is known of a day is a month or a year.
        const { problem, other } = reading;
        if (problem === 'day-first' || problem === 'serial') expect(isIsoDate(other!)).toBe(true);
        if (problem === 'partial') expect(other).toMatch(/^\d{4}(?:-(?:0[1-9]|1[0-2]))?$/);
      }),
      { numRuns: 5000 },
    );
  });
});
