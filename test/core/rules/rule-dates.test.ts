/** Dates as the rules of columns read them: to the letter. */
import { describe, expect, test } from 'vitest';
import type { RuleDate } from '../../../src/core/column-rule.js';
import type { IsoDate } from '../../../src/core/model.js';
import { dayAfter, isMonthFirst, readRuleDate } from '../../../src/core/rules/rule-dates.js';

test.each<[RuleDate, string, string | null]>([
  ['YYYY-MM-DD', '2020-02-29', '2020-02-29'],
  ['YYYY-MM-DD', '2021-02-29', null],
  ['YYYY-MM-DD', '2020-2-9', null],
  ['YYYY-MM-DD', ' 2020-02-09', null],
  ['YYYY-MM-DD', '0000-01-01', null],
  ['YYYY-MM-DD', '0001-01-01', '0001-01-01'],
  ['YYYY-MM', '2020-02', '2020-02'],
  ['YYYY-MM', '2020-13', null],
  ['YYYY-MM', '2020-02-01', null],
  ['YYYYMMDD', '20200229', '2020-02-29'],
  ['MMDDYYYY', '02292020', '2020-02-29'],
  ['MMDDYYYY', '20200229', null],
  ['MM/DD/YYYY', '02/29/2020', '2020-02-29'],
  ['MM/DD/YYYY', '2/29/2020', null],
  ['DD/MM/YYYY', '29/02/2020', '2020-02-29'],
  ['DD/MM/YYYY', '02/29/2020', null],
  ['DD-MON-YYYY', '29-Feb-2020', '2020-02-29'],
  ['DD-MON-YYYY', '29-FEV-2020', null],
  ['M/D/YYYY', '2/9/2020', '2020-02-09'],
  ['M/D/YYYY', '12/29/2020', '2020-12-29'],
  ['M/D/YYYY', '02/09/2020', null],
])('%s reads %j as %s', (form, value, day) => {
  expect(readRuleDate(value, form)).toBe(day);
});

// As CDC's validator compares as much of MM/dd/yyyy as the value has characters.
describe('a value begins like month/day/year', () => {
  test.each([
    '01/02/1980',
    '1/2/80',
    '13/45/1980',
    '1/2/1980 10:00',
    '5',
    '12',
    '1/',
    '1/2',
    '12/3',
    '1/2/3',
    ' 1/2/1980',
    '1/ 2/80',
  ])('%j', (value) => expect(isMonthFirst(value)).toBe(true));
  test.each([
    '1980-01-02',
    '19800102',
    'x',
    '123',
    '1980',
    '12345',
    '1/23456',
    '1/2/xxxx',
    '1 /2/1980',
    '',
    '  ',
    '/1/2',
  ])('and not %j', (value) => expect(isMonthFirst(value)).toBe(false));
});

test('the day after', () => {
  expect(dayAfter('2020-12-31' as IsoDate)).toBe('2021-01-01');
  expect(dayAfter('2020-02-28' as IsoDate)).toBe('2020-02-29');
});
