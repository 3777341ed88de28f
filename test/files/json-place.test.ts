/** Where a text stops being JSON. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pointerTo } from '../../src/core/spec-checker.js';
import { findJsonFault, locateJson, placeOf } from '../../src/files/json-place.js';

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

describe('the places in JSON', () => {
  const text = '{\n  "id": "x",\n  "a/b~c": [1, {"d": null}],\r\n  "": {}, "id": 2\n}';
  const places = locateJson(text);

  test.each([
    ['', '{'],
    ['/a~1b~0c', '[1'],
    ['/a~1b~0c/0', '1'],
    ['/a~1b~0c/1', '{"d"'],
    ['/a~1b~0c/1/d', 'null'],
    ['/', '{}'],
    ['/id', '2'],
  ])('%s is where %s begins', (pointer, begins) => {
    expect(text.slice(places.values.get(pointer))).toMatch(new RegExp(`^${begins.replace(/[[{}]/g, '\\$&')}`));
  });

  test('are those of names too, and of names that stand twice', () => {
    expect(text.slice(places.names.get('/a~1b~0c')).startsWith('"a/b~c"')).toBe(true);
    expect(places.repeated).toEqual([{ pointer: '/id', offset: text.lastIndexOf('"id"') }]);
  });

  test('are told as an editor shows them', () => {
    expect(placeOf(text, 0)).toEqual({ line: 1, column: 1 });
    expect(placeOf(text, text.indexOf('"a/b'))).toEqual({ line: 3, column: 3 });
    expect(placeOf(text, text.indexOf('"":'))).toEqual({ line: 4, column: 3 });
    expect(placeOf('a\rb', 2)).toEqual({ line: 2, column: 1 });
  });

  test('are those of all values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const written = JSON.stringify(value, null, indent);
        const { values, fault, repeated } = locateJson(written);
        expect(fault).toBeNull();
        expect(repeated).toEqual([]);
        const visit = (each: unknown, path: string): number => {
          const begins = JSON.stringify(each, null, indent).slice(0, 1);
          expect(written[values.get(path)!]).toBe(begins);
          if (typeof each !== 'object' || each === null) return 1;
          return Object.entries(each).reduce((sum, [name, item]) => sum + visit(item, pointerTo(path, name)), 1);
        };
        expect(visit(JSON.parse(written), '')).toBe(values.size);
      }),
    );
  });

  test('are not looked for in what nobody writes', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(locateJson(deep).fault).toBe(201);
  });
});
