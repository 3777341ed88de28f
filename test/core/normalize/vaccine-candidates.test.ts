import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CandidateFinder } from '../../../src/core/normalize/vaccine-candidates.js';
import { CODES } from '../../support/fixtures.js';

const FINDER = new CandidateFinder(CODES);

describe('the vaccine that is most like a text is named first', () => {
  test.each([
    ['Boostrx', '115'],
    ['Boostrix-VIAL', '115'],
    ['Gardisil 9', '165'],
    ['menningitis B', '164'],
    ['pneumovaks', '33'],
    ['Typhoid shot oral', '25'],
    ['varicella zoster live chickenpox', '21'],
    ['hepatitis A 2nd', '85'],
  ])('%s: %s', (text, cvx) => {
    expect(FINDER.find(text)[0]!.cvx).toBe(cvx);
  });

  test('with a score and the name that is like it', () => {
    expect(FINDER.find('Boostrx')).toEqual([{ cvx: '115', name: 'BOOSTRIX', score: 0.88 }]);
  });

  test('three at most, the best first, each vaccine once', () => {
    const candidates = FINDER.find('influenza quadrivalent preservative free');
    expect(candidates).toHaveLength(3);
    expect(new Set(candidates.map(({ cvx }) => cvx)).size).toBe(3);
    const scores = candidates.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });
});

test.each(['allergy', 'B12', 'LOC12', '124', '', '?', 'shot'])('nothing is like %j', (text) => {
  expect(FINDER.find(text)).toEqual([]);
});

test('whatever the text, scores lie between 0 and 1, and vaccines in the table', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constantFrom(...CODES.names.all())), (text) => {
      for (const { cvx, score } of FINDER.find(text)) {
        expect(CODES.cvx(cvx)).toBeDefined();
        expect(score).toBeGreaterThan(0.5);
        expect(score).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 300 },
  );
});
