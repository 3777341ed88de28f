/** Numbers for combinations of values. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Combinations } from '../../src/core/combinations.js';

const value = fc.option(fc.constantFrom('a', 'b', 'c', 'aa', ''), { nil: null });
const row = fc.tuple(value, value, value, value);

test('rows that agree in the slots have one number, and no others', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 300 }), (rows) => {
      const combinations = new Combinations([0, 2, 3]);
      const known = new Map<string, number>();
      for (const [number, values] of rows.entries()) {
        const key = JSON.stringify([values[0], values[2], values[3]]);
        const found = combinations.get([...values]);
        expect(found).toBe(known.get(key));
        if (found !== undefined) continue;
        combinations.set(number);
        known.set(key, number);
      }
      expect(combinations.size).toBe(known.size);
    }),
    { numRuns: 100 },
  );
});

test('thousands are kept apart, and forgotten together', () => {
  const combinations = new Combinations([0, 1]);
  const rows = Array.from({ length: 5000 }, (_, i) => [`v${i % 71}`, `w${Math.floor(i / 71)}`]);
  for (const [i, values] of rows.entries()) {
    expect(combinations.get(values)).toBeUndefined();
    combinations.set(i);
  }
  for (const [i, values] of rows.entries()) expect(combinations.get(values)).toBe(i);
  combinations.clear();
  expect(combinations.size).toBe(0);
  expect(combinations.get(rows[17]!)).toBeUndefined();
  combinations.set(1);
  expect(combinations.get(rows[17]!)).toBe(1);
});
