import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packRows, unpackRows } from '../../src/core/packed-batch.js';

describe('rows as columns', () => {
  test('come back as they were, whatever they hold', () => {
    const value = fc.oneof(fc.constant(null), fc.constantFrom('A', 'B', ''), fc.string({ unit: 'grapheme' }));
    const rows = fc.integer({ min: 1, max: 8 }).chain((width) => {
      return fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 40 });
    });
    fc.assert(
      fc.property(rows, (each) => {
        expect(unpackRows(structuredClone(packRows(each)))).toEqual(each);
      }),
    );
  });

  test('hold each text once, and nothing of what all rows share', () => {
    const packed = packRows([
      ['08', 'SITE', null, 'X1'],
      ['08', 'SITE', null, 'X2'],
      ['20', 'SITE', null, 'X1'],
    ]);
    expect(packed).toMatchObject({ count: 3, shared: [null, 'SITE', null, null], slots: [0, 3] });
    expect(packed.texts).toEqual(['08', '20', 'X1', 'X2']);
    expect([...packed.cells]).toEqual([0, 0, 1, 2, 3, 2]);
  });

  test('that come back can be changed one by one', () => {
    const [first, second] = unpackRows(packRows([['A'], ['A']]));
    first![0] = 'B';
    expect(second).toEqual(['A']);
  });
});
