/** Which of the known words somebody meant. */
import { expect, test } from 'vitest';
import { nearestWord } from '../../src/core/nearest.js';

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
