/** Findings and their messages. */
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/core/catalogue.js';
import { createFinding, formatMessage } from '../../src/core/issue.js';

test('a finding without facts has none', () => {
  expect(createFinding('zip-invalid', 'zip', '021')).toEqual({
    code: 'zip-invalid',
    field: 'zip',
    column: null,
    documentCode: null,
    value: '021',
    after: null,
    expected: null,
    other: null,
  });
});

test('a finding has its facts, and null for those it lacks', () => {
  expect(createFinding('zip-padded', 'zip', '2118', { after: '02118' })).toMatchObject({ after: '02118', other: null });
  expect(createFinding('record-blank', null, null, { other: null })).toMatchObject({
    field: null,
    value: null,
    other: null,
  });
});

describe('a message', () => {
  const nothing = { after: null, expected: null, other: null };
  test.each([
    ['zip-padded', { ...nothing, after: '02118' }, 'a leading zero is missing; read as 02118'],
    ['birth-date-invalid', { ...nothing, expected: 'MM/DD/YYYY' }, 'not a day in MM/DD/YYYY'],
    [
      'birth-date-ambiguous',
      { ...nothing, other: '1951-01-12 or 1951-11-02' },
      'can be read as 1951-01-12 or 1951-11-02',
    ],
    ['field-count-wrong', { ...nothing, other: '3', expected: '40' }, '3 fields where 40 are expected'],
    [
      'dose-date-before-licence',
      { ...nothing, after: '20', other: '1991-01-01' },
      'before CVX 20 came into use (1991-01-01)',
    ],
    ['last-name-missing', nothing, 'no last name'],
  ] as const)('of %s has its facts in place', (code, facts, message) => {
    expect(formatMessage(CATALOGUE[code], facts)).toBe(message);
  });

  test('takes facts as they are', () => {
    expect(formatMessage(CATALOGUE['zip-padded'], { ...nothing, after: '{other} $& $1' })).toMatch(
      /read as \{other\} \$& \$1$/,
    );
  });

  test('has nothing in the place of a fact that is missing', () => {
    expect(formatMessage(CATALOGUE['birth-date-invalid'], nothing)).toBe('not a day in ');
  });
});
