/** Whether two lot numbers are one, written differently. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { betterLot, compareLots, LOTS } from '../../../src/core/match/lot.js';

describe('two lot numbers', () => {
  test.each<[keyof typeof LOTS, string | null, string | null]>([
    ['missing', null, 'K012345'],
    ['missing', null, null],
    ['equal', 'K012345', 'K012345'],
    ['respelled', 'K012-345', 'K012345'],
    ['respelled', 'k012345', 'k012 345'],
    ['respelled', '012345', '12345'],
    ['respelled', '4E61', '4.00E+61'],
    ['respelled', '123456789012', '1.23E+11'],
    ['respelled', '123456789012', '1.23457E+11'],
    ['different', '123456789012', '1.24E+11'],
    ['different', 'K4E61', '4.00E+61'],
    ['similar', 'K012345', 'K012346'],
    ['similar', 'K012345', 'K01235'],
    ['similar', 'K012345', 'K0123455'],
    ['similar', 'K012345', 'K012354'],
    ['similar', 'K012345', 'K0l2345'],
    ['different', 'K012345', 'K012453'],
    ['different', 'K012345', 'K0123'],
    ['different', 'AB1', 'AB2'],
    ['different', 'K012345', 'Z99999'],
  ])('are %s: %j, %j', (expected, a, b) => {
    expect(compareLots(a, b)).toBe(LOTS[expected]);
    expect(compareLots(b, a)).toBe(LOTS[expected]);
  });

  test('are compared alike from both sides, whatever stands in them', () => {
    const lot = fc.string({ unit: fc.constantFrom('0', '1', '7', 'E', '+', '.', 'K', '-'), maxLength: 8 });
    fc.assert(
      fc.property(lot, lot, (a, b) => compareLots(a, b) === compareLots(b, a)),
      { numRuns: 3_000 },
    );
  });
});

test.each([
  ['012345', '12345', '012345'],
  ['4E61', '4.00E+61', '4E61'],
  ['K012-345', 'K012345', 'K012-345'],
])('%s is written better than, or as well as, %s', (a, b, better) => {
  expect(betterLot(a, b)).toBe(better);
  if (a.length !== 8) expect(betterLot(b, a)).toBe(better);
});
