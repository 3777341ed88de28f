/** How a record looks to matching. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashText, identityOf, matchKeyOf, ssnCheckOf } from '../../../src/core/match/keys.js';
import { type PatientValues, patientRow } from '../../support/persons.js';

const NORA: PatientValues = { last_name: 'Walsh', first_name: 'Nora', birth_date: '2015-05-14' };
const keyOf = (values: PatientValues): number | null => matchKeyOf(identityOf(patientRow({ ...NORA, ...values })));

test('an identity is what a record says, in the form in which it is compared', () => {
  const row = patientRow({
    ...NORA,
    last_name: "O'Núñez-Costa",
    suffix: 'II',
    sex: 'F',
    birth_order: '2',
    ssn: '234567891',
  });
  expect(identityOf(row)).toEqual({
    lastName: 'ONUNEZ COSTA',
    firstName: 'NORA',
    birthDate: '2015-05-14',
    suffix: 'II',
    birthOrder: '2',
    ssnCheck: ssnCheckOf('234567891'),
    sex: 'F',
  });
});

test('what is not known is no evidence', () => {
  const nothing = {
    lastName: null,
    firstName: null,
    birthDate: null,
    suffix: null,
    birthOrder: null,
    ssnCheck: null,
    sex: null,
  };
  expect(identityOf(patientRow({}))).toEqual(nothing);
  expect(identityOf(patientRow({ sex: 'U', last_name: '-', first_name: 'BABY GIRL' }))).toEqual(nothing);
});

describe('the key of name and birth date', () => {
  test.each<[string, PatientValues]>([
    ['capitals', { last_name: 'WALSH', first_name: 'nora' }],
    ['accents', { first_name: 'Norá' }],
    ['an apostrophe', { last_name: "W'alsh" }],
    ['what else is known', { middle_name: 'Beth', sex: 'F', suffix: 'II', city: 'Boston' }],
  ])('is the same whatever the %s', (_, values) => {
    expect(keyOf(values)).toBe(keyOf({}));
  });

  test.each<[string, PatientValues]>([
    ['last name', { last_name: 'Walshe' }],
    ['first name', { first_name: 'Norah' }],
    ['birth date', { birth_date: '2015-05-15' }],
    ['parting of first and last name', { last_name: 'Walsh Nora', first_name: 'N' }],
    ['order of the names', { last_name: 'Nora', first_name: 'Walsh' }],
  ])('is another for another %s', (_, values) => {
    expect(keyOf(values)).not.toBe(keyOf({}));
  });

  test.each<[string, PatientValues]>([
    ['a last name', { last_name: null }],
    ['letters in the last name', { last_name: '-' }],
    ['a first name', { first_name: null }],
    ['a first name of its own', { first_name: 'Babyboy-1' }],
    ['a birth date', { birth_date: null }],
  ])('does not exist without %s', (_, values) => {
    expect(keyOf(values)).toBeNull();
  });
});

describe('hashes', () => {
  test('are safe whole numbers, equal for equal texts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(Number.isSafeInteger(hashText(text))).toBe(true);
        expect(hashText(text)).toBeGreaterThanOrEqual(0);
        expect(hashText([...text].join(''))).toBe(hashText(text));
      }),
    );
  });

  test('of texts that hardly differ are different', () => {
    const texts = Array.from({ length: 100_000 }, (_, i) => `WALSH\x1fNORA\x1f${i}`);
    expect(new Set(texts.map(hashText)).size).toBe(texts.length);
  });

  test('stay what they are: the registry holds them', () => {
    expect(hashText('')).toBe(3338908027751811);
    expect(hashText('WALSH\x1fNORA\x1f2015-05-14')).toBe(6240105407933875);
  });

  test('of a Social Security number tell two apart and do not tell the number', () => {
    expect(ssnCheckOf(null)).toBeNull();
    expect(ssnCheckOf('234567891')).not.toBe(ssnCheckOf('234567892'));
    const checks = Array.from({ length: 200_000 }, (_, i) => ssnCheckOf(String(100_000_000 + i))!);
    expect(Math.max(...checks.slice(0, 50_000))).toBeLessThan(65_536);
    expect(new Set(checks).size).toBeLessThanOrEqual(65_536);
  });
});
