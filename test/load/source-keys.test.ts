/** Senders' keys outside the heap, and what they lead to. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SourceKeys, SourceLinks } from '../../src/source-keys.js';

/** Few texts, so that keys come again, and long runs of numbers, so that the table grows. */
const keys = fc.array(
  fc.oneof(
    fc.nat(5000).map((id) => `MA10\x1f${id}`),
    fc.string({ unit: 'grapheme', maxLength: 3 }),
  ),
  { maxLength: 3000, size: 'max' },
);

test('keys have the numbers in which they came, and are found again, and no others', () => {
  fc.assert(
    fc.property(keys, fc.string({ unit: 'grapheme', maxLength: 3 }), (sent, other) => {
      const numbered = new SourceKeys();
      const expected = new Map<string, number>();
      for (const key of sent) {
        if (!expected.has(key)) expected.set(key, expected.size);
        expect(numbered.numberOf(key)).toBe(expected.get(key));
      }
      expect(numbered.size).toBe(expected.size);
      for (const [key, number] of expected) expect([numbered.find(key), numbered.at(number)]).toEqual([number, key]);
      expect(numbered.find(other)).toBe(expected.get(other) ?? -1);
    }),
    { numRuns: 50 },
  );
});

describe('what a key leads to', () => {
  const link = fc.oneof(
    fc.constantFrom('rejected' as const, 'conflict' as const),
    fc.record({
      patientId: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      birthDate: fc.constantFrom(null, '2015-05-14', '1999-12-31'),
      deathDate: fc.constantFrom(null, '2020-02-29'),
    }),
  );

  test('is what was said of it last', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4000).map(String), link), { size: 'max', maxLength: 3000 }), (said) => {
        const numbered = new SourceKeys();
        const links = new SourceLinks(numbered);
        // Keys that lead nowhere are known, too.
        numbered.numberOf('nowhere');
        for (const [key, to] of said) links.set(key, to);
        const expected = new Map(said);
        expect(new Map([...links.keys()].map((key) => [key, links.get(key)]))).toEqual(expected);
        expect([links.get('nowhere'), links.get('never sent')]).toEqual([undefined, undefined]);
      }),
      { numRuns: 50 },
    );
  });
});
