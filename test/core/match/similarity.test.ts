/** How alike two texts are. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { areOneEditApart, jaroWinkler, soundex, soundOf } from '../../../src/core/match/similarity.js';

describe('jaroWinkler', () => {
  // The examples of Winkler (1990) and of the U.S. Census Bureau's own program.
  test.each([
    ['MARTHA', 'MARHTA', 0.961],
    ['DWAYNE', 'DUANE', 0.84],
    ['DIXON', 'DICKSONX', 0.813],
    ['JONES', 'JOHNSON', 0.832],
    ['ABC', 'XYZ', 0],
    ['', 'A', 0],
    ['SAME', 'SAME', 1],
  ])('%s and %s: %d', (a, b, expected) => {
    expect(jaroWinkler(a, b)).toBeCloseTo(expected, 3);
  });

  test('is the same both ways, and within 0 and 1', () => {
    const word = fc.string({ unit: fc.constantFrom('A', 'B', 'C', 'Ñ', ' '), maxLength: 40 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const similarity = jaroWinkler(a, b);
        expect(similarity).toBeGreaterThanOrEqual(0);
        expect(similarity).toBeLessThanOrEqual(1);
        expect(jaroWinkler(b, a)).toBeCloseTo(similarity, 10);
      }),
    );
  });
});

describe('areOneEditApart', () => {
  test.each([
    ['ANA', 'ANNA', true],
    ['ANNA', 'ANA', true],
    ['MARIA', 'MARTA', true],
    ['MAIRA', 'MARIA', true],
    ['MARIA', 'MARIA', false],
    ['MARIA', 'MARTHA', false],
    ['AB', 'BC', false],
    ['', 'A', true],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(areOneEditApart(a, b)).toBe(expected);
  });

  test('any one edit is one, and two far apart are not', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('A', 'B', 'C'), minLength: 4, maxLength: 9 }),
        fc.nat(3),
        (text, at) => {
          const changed = `${text.slice(0, at)}X${text.slice(at + 1)}`;
          expect(areOneEditApart(text, changed)).toBe(true);
          expect(areOneEditApart(text, text.slice(0, at) + text.slice(at + 1))).toBe(true);
          expect(areOneEditApart(`X${text}`, `${text}Y`)).toBe(false);
        },
      ),
    );
  });
});

describe('soundex', () => {
  // The National Archives' examples of its own indexing: equal codes for these pairs.
  test.each([
    ['ROBERT', 'RUPERT', true],
    ['ASHCRAFT', 'ASHCROFT', true],
    ['TYMCZAK', 'TIMCZAK', true],
    ['GUTIERREZ', 'GUTIERRES', true],
    ['ROBERT', 'ROBIN', false],
    ['LEE', 'LEI', true],
  ])('%s and %s alike: %s', (a, b, expected) => {
    expect(soundex(a) === soundex(b)).toBe(expected);
  });

  test('of a text without letters is 0', () => {
    expect(soundex('')).toBe(0);
    expect(soundex('123')).toBe(0);
    expect(soundex('A')).toBeGreaterThan(0);
  });
});

describe('soundOf', () => {
  test.each([
    ['CADEN', 'KADEN', true],
    ['CAIDEN', 'KAYDEN', true],
    ['SOPHIA', 'SOFIA', true],
    ['HAILEY', 'HALEY', true],
    ['SARAH', 'SARA', true],
    ['KATHRYN', 'CATHRIN', true],
    ['MILA', 'MILO', false],
    ['JAYDEN', 'JAYLEN', false],
    ['MARIA', 'MARIO', false],
    ['DANIEL', 'DANIELA', false],
  ])('%s and %s alike: %s', (a, b, expected) => {
    expect(soundOf(a) === soundOf(b)).toBe(expected);
  });
});
