/** Records as a specification says. */
import { describe, expect, test } from 'vitest';
import { completeSpec, type DelimitedLayout, type FixedLayout } from '../../src/core/spec.js';
import { headerLine, toCells, toLine } from '../../src/core/write.js';
import { GRITS, MIIS } from '../support/fixtures.js';
import { smallest } from '../support/small-spec.js';

const fixed: FixedLayout = {
  format: 'fixed',
  fields: [
    { name: 'a', field: null, width: 4, use: 'optional' },
    { name: 'b', field: null, width: 2, use: 'optional' },
  ],
};
const delimited = { ...(MIIS.layouts.patient as DelimitedLayout), fields: fixed.fields };

describe('a line', () => {
  test.each([
    [['x', 'y'], 'x   y '],
    [['toolong', 'y'], 'tooly '],
    // A letter of two bytes leaves room for one blank less.
    [['Zoë', 'y'], 'Zoëy '],
  ])('of fixed width has every value at its byte: %j', (cells, line) => {
    expect(toLine(cells, fixed)).toBe(line);
  });

  test('of fixed width has every value at its character, where the layout counts those', () => {
    expect(toLine(['Zoë', 'y'], { ...fixed, widths: 'characters' })).toBe('Zoë y ');
    expect(toLine(['😀', 'y'], { ...fixed, widths: 'characters' })).toBe('😀   y ');
  });

  test.each([
    [['x', 'y'], 'x|y'],
    [['a|b', 'y'], '"a|b"|y'],
    [['"a"', '6" x'], '"""a"""|6" x'],
    [['a\nb', ''], '"a\nb"|'],
  ])('with delimiters has quotes where they are needed: %j', (cells, line) => {
    expect(toLine(cells, delimited)).toBe(line);
  });
});

describe('a line with an escape', () => {
  const escaping = { ...delimited, escape: '\\' };
  test.each([
    [['x', '\\N'], 'x|\\\\N'],
    [['a|b', '"'], '"a|b"|"\\""'],
    [['a"b\n', ''], '"a\\"b\n"|'],
  ])('has it in quotes: %j', (cells, line) => {
    expect(toLine(cells, escaping)).toBe(line);
  });

  test.each([
    [['a|b', '"'], 'a\\|b|"'],
    [['a\r\nb', 'c\\'], 'a\\\r\nb|c\\\\'],
  ])('has it without quotes: %j', (cells, line) => {
    expect(toLine(cells, { ...escaping, quote: null })).toBe(line);
  });
});

test('a header has quotes where they are needed', () => {
  const [first, second] = fixed.fields;
  expect(headerLine({ ...delimited, fields: [{ ...first!, name: 'a|b' }, second!] })).toBe('"a|b"|b');
  expect(headerLine({ ...delimited, header: 'absent' })).toBeNull();
  expect(headerLine(fixed)).toBeNull();
});

describe('cells', () => {
  const cell = (name: string, values: Record<string, string>): string => {
    const index = GRITS.layouts.patient.fields.findIndex((field) => field.name === name);
    return toCells(values, 'patient', GRITS)[index]!;
  };

  test('have the layout’s own values and dates', () => {
    expect(cell('Race', { race: '2106-3' })).toBe('W');
    expect(cell('Birth Date', { birth_date: '2015-05-14' })).toBe('05142015');
    expect(cell('Zip', { zip: '02118-1234' })).toBe('021181234');
  });

  test('are cut where there is no room, and left out where that would say something else', () => {
    expect(cell('First Name', { first_name: 'x'.repeat(30) })).toBe('x'.repeat(25));
    expect(cell('Eligibility Code', { eligibility: 'V0123' })).toBe('');
  });

  test('are blank where a layout has another column', () => {
    expect(toCells({ zip: '02118', source_patient_id: '7' }, 'patient', completeSpec(smallest()))).toEqual([
      '7',
      '',
      '',
    ]);
  });
});
