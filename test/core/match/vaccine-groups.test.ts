/** How vaccines are related. */
import { describe, expect, test } from 'vitest';
import { RELATION, UNKNOWN_VACCINE } from '../../../src/core/match/vaccine-groups.js';
import { CODES, VACCINES } from '../../support/fixtures.js';

const relate = (a: string, b: string): number => VACCINES.relate(VACCINES.numberOf(a), VACCINES.numberOf(b));

describe('two vaccines', () => {
  test.each<[keyof typeof RELATION, string, string]>([
    ['same', '03', '03'],
    ['sameUngrouped', '30', '30'],
    ['none', '03', '21'],
    ['none', '08', '30'],
    ['none', '33', '133'],
    ['none', '998', '999'],
    ['alike', '20', '106'],
    ['alike', '120', '170'],
    ['unspecified', '20', '107'],
    ['unspecified', '107', '20'],
    ['unspecified', '133', '109'],
    ['part', '08', '110'],
    ['part', '107', '110'],
    ['part', '110', '146'],
    ['whole', '94', '03'],
    ['overlapping', '110', '120'],
  ])('have in common: %s, %s and %s', (expected, a, b) => {
    expect(relate(a, b)).toBe(RELATION[expected]);
  });

  test('have as much in common from both sides', () => {
    const other: Readonly<Record<number, number>> = {
      [RELATION.part]: RELATION.whole,
      [RELATION.whole]: RELATION.part,
    };
    for (const { code: a } of CODES.vaccines()) {
      for (const { code: b } of CODES.vaccines()) {
        const relation = relate(a, b);
        expect(relate(b, a)).toBe(other[relation] ?? relation);
        expect(relation !== RELATION.none).toBe(a === b || CODES.shareGroup(a, b) === true);
      }
    }
  });
});

test('a code that the tables do not have is related to nothing', () => {
  expect(VACCINES.numberOf('1234')).toBe(UNKNOWN_VACCINE);
  expect(VACCINES.numberOf(null)).toBe(UNKNOWN_VACCINE);
  expect(VACCINES.relate(UNKNOWN_VACCINE, UNKNOWN_VACCINE)).toBe(RELATION.none);
});

test.each([
  ['175', 1],
  ['90', 1],
  ['25', 1],
  ['134', 3],
  ['172', 3],
  ['104', 3],
  ['43', 10],
  ['208', 10],
  ['140', 10],
  ['03', 10],
])('records of one dose of %s lie at most %i days apart', (cvx, days) => {
  const vaccine = VACCINES.numberOf(cvx);
  expect(VACCINES.daysApart(vaccine, vaccine)).toBe(days);
});

test('a combination is covered by what has all of its groups together', () => {
  const covered = (cvx: string, ...others: string[]): boolean =>
    VACCINES.isCovered(
      VACCINES.numberOf(cvx),
      others.map((other) => VACCINES.numberOf(other)),
    );
  expect(covered('110', '20', '08', '10')).toBe(true);
  expect(covered('110', '130', '104')).toBe(true);
  expect(covered('110', '20', '08')).toBe(false);
  expect(VACCINES.countGroups(VACCINES.numberOf('146'))).toBe(4);
  expect(VACCINES.countGroups(VACCINES.numberOf('30'))).toBe(0);
});
