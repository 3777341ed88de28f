/** Which of the known words somebody meant. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { distanceBetween, nearestWord } from '../../src/core/nearest.js';
import { countLetters, leastDistance } from '../../src/core/vaccine-names.js';

const KNOWN = ['width', 'field', 'aliases', 'default', 'last_name', 'first_name', 'zip-invalid'];

test.each([
  ['widht', 'width'],
  ['with', 'width'],
  ['WIDTH', 'width'],
  ['fields', 'field'],
  ['alias', 'aliases'],
  ['lastName', 'last_name'],
  ['zip_invalid', 'zip-invalid'],
  ['colour', null],
  ['', null],
  ['x', null],
  ['w'.repeat(10_000), null],
])('%s means %s', (word, expected) => {
  expect(nearestWord(word, KNOWN)).toBe(expected);
});

test('nothing is near where nothing is known', () => {
  expect(nearestWord('width', [])).toBeNull();
});

/** Short words of few letters, of which many are near each other. */
const WORDS = fc.string({ unit: fc.constantFrom('A', 'B', 'C', '1'), minLength: 2, maxLength: 9 });

test('a distance is no greater than any way of making one word of the other', () => {
  fc.assert(
    fc.property(WORDS, fc.nat(), fc.constantFrom('A', 'B', 'C', '1'), (word, at, letter) => {
      const place = at % (word.length + 1);
      const added = word.slice(0, place) + letter + word.slice(place);
      expect(distanceBetween(word, added)).toBeLessThanOrEqual(1);
      expect(distanceBetween(added, word)).toBe(distanceBetween(word, added));
      expect(distanceBetween(word, word)).toBe(0);
    }),
  );
});

test('a distance that is asked for up to a limit is the same, or too far', () => {
  fc.assert(
    fc.property(WORDS, WORDS, fc.nat({ max: 5 }), (a, b, most) => {
      const distance = distanceBetween(a, b);
      expect(distanceBetween(a, b, most)).toBe(distance > most ? Number.POSITIVE_INFINITY : distance);
      // What only counts letters is never more than what also knows their order.
      expect(leastDistance(countLetters(a), countLetters(b))).toBeLessThanOrEqual(distance);
    }),
    { numRuns: 2000 },
  );
});
