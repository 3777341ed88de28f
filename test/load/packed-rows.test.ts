/** Rows outside the heap. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PackedRows } from '../../src/packed-rows.js';

test('packed rows come back as they were added, whatever their length', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    // Some fill a chunk, and some are longer.
    fc.nat(400_000).map((length) => 'é'.repeat(length)),
    fc.constant('x'.repeat(1 << 20)),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 12 }), (texts) => {
      const rows = new PackedRows();
      for (const each of texts) rows.push(each);
      expect(rows.length).toBe(texts.length);
      expect(texts.every((each, i) => rows.at(i) === each)).toBe(true);
    }),
  );
});
