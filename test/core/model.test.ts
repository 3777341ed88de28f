/** Packed rows. */
import { expect, test } from 'vitest';
import { packRow, type Row, unpackRow, unpackSlot } from '../../src/core/model.js';

test.each<[Row]>([[['a', 'b', 'c']], [[null, null, 'c']], [['a', null, null]], [['a']]])(
  '%j comes out as it went in',
  (row) => {
    const packed = packRow(row);
    expect(unpackRow(packed)).toEqual(row);
    row.forEach((value, slot) => {
      expect(unpackSlot(packed, slot)).toBe(value ?? '');
    });
  },
);
