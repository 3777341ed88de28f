import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createDateNormalizer,
  createDatesNormalizer,
  DATE_FORMATS,
  type DateRules,
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
    ['17991231'],
    ['May 4, 2011'],
    ['2011'],
    ['199805'],
    ['20110504x'],
    ['04.05.2011'],
    ['5/4-2011'],
    ['12345'],
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
    ['111951', '1951-01-01 or 1951-11-19'],
    ['010203', '2001-02-03 or 2003-01-02'],
    ['201105', '2011-05 or 2020-11-05'],
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

describe('properties', () => {
  test('a day written in any form reads as that day, or as a finding', () => {
    fc.assert(
      fc.property(DAY, fc.constantFrom(...DATE_FORMATS), (day, format) => {
        const reading = read(formatDate(day, format));
        expect(reading.problem === null ? reading.value : day).toBe(day);
      }),
      { numRuns: 3000 },
    );
  });

  test('the form that the spec prefers is always read, and never counts as changed', () => {
    fc.assert(
      fc.property(DAY, fc.constantFrom(...DATE_FORMATS), (day, format) => {
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
        expect(reading.value === null).toBe(reading.problem === 'invalid' || reading.problem === 'ambiguous');
      }),
      { numRuns: 5000 },
    );
  });
});
