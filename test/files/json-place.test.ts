/** Where a text stops being JSON. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findJsonFault } from '../../src/files/json-place.js';

describe('the place of a fault in JSON', () => {
  // The mark ‹ stands before the token that cannot be there.
  test.each([
    ['a missing comma', '{"a": 1 ‹"b": 2}'],
    ['a comma too many', '{"a": 1, ‹}'],
    ['a comma too many in a list', '[1, 2, ‹]'],
    ['a missing colon', '{"a" ‹1}'],
    ['a property without a value', '{"id": "x",\n "version" ‹}'],
    ['a missing bracket', '{"a": [1, 2‹}'],
    ['a bracket too many', '{"a": 1}‹}'],
    ['an end too early', '{"a": [1, 2]‹'],
    ['a quote that never closes', '{"a": ‹"b}'],
    ['a line break within quotes', '{"a": ‹"b\n"}'],
    ['single quotes', "{‹'a': 1}"],
    ['a name without quotes', '{‹a: 1}'],
    ['a comment', '{‹// why\n"a": 1}'],
    ['a leading zero', '[0‹1]'],
    ['an unknown escape', '[‹"\\x"]'],
    ['no text at all', '‹'],
    ['other words', '‹hello'],
  ])('%s', (_, marked) => {
    const text = marked.replace('‹', '');
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(findJsonFault(text)).toBe(marked.indexOf('‹'));
  });

  test('is never found in what is JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(findJsonFault(text)).toBe(text.length);
      }),
    );
  });

  test('is after all that can be the beginning of JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, place) => {
        const text = JSON.stringify(value);
        const at = place % (text.length + 1);
        const fault = findJsonFault(`${text.slice(0, at)}\u0001${text.slice(at)}`);
        expect(fault).toBeLessThanOrEqual(at);
        expect(text.slice(fault, at)).not.toMatch(/^[{}[\],:]/);
      }),
    );
  });
});
