import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ColumnBuilder, RowColumns } from '../../src/core/columns.js';
import type { Row } from '../../src/core/model.js';

const WIDTH = 5;
const text = fc.oneof(
  fc.constantFrom('08', 'Boston', '2015-05-04', 'é', 'Peña', '日本', '😀'),
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.string({ minLength: 1, unit: 'binary' }),
);
const row = fc.array(fc.option(text, { freq: 2 }), { minLength: WIDTH, maxLength: WIDTH });

function columnsOf(rows: readonly Row[], unlike: readonly number[] = []): RowColumns {
  const isUnlike = new Uint8Array(WIDTH);
  for (const slot of unlike) isUnlike[slot] = 1;
  const builder = new ColumnBuilder(WIDTH, rows.length, isUnlike);
  for (const each of rows) builder.add(each);
  return builder.finish();
}

/** As they arrive in another thread. */
function handedOver(columns: RowColumns): RowColumns {
  const data = columns.toData();
  const memory = [data.slots, data.cells, data.bytes, data.ends].map(({ buffer }) => buffer as ArrayBuffer);
  return RowColumns.from(structuredClone(data, { transfer: memory }));
}

describe('columns', () => {
  test('give back the rows that they were made of, also in another thread', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), fc.subarray([0, 1, 2, 3, 4]), (rows, unlike) => {
        const columns = columnsOf(rows, unlike);
        expect([...columns]).toEqual(rows);
        expect([...handedOver(columns)]).toEqual(rows);
      }),
    );
  });

  test('give single values', () => {
    const rows = [
      ['A', null, 'B', null, 'Ü'],
      ['A', 'C', null, null, 'A'],
    ];
    for (const columns of [columnsOf(rows), handedOver(columnsOf(rows))]) {
      const values = rows.map((each, i) => each.map((_, slot) => columns.value(slot, i)));
      expect(values).toEqual(rows);
      expect(columns.place(0, 0)).toBe(columns.place(0, 1));
      expect(columns.place(3, 0)).toBe(0);
    }
  });

  test('give views of their rows, also without the values of some slots', () => {
    const slots = fc.subarray([0, 1, 2, 3, 4]);
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), slots, (rows, left) => {
        const rest = rows.map((each) => each.map((value, slot) => (left.includes(slot) ? null : value)));
        for (const columns of [columnsOf(rows), handedOver(columnsOf(rows))]) {
          const without = columns.without(left);
          rows.forEach((each, i) => {
            expect(columns.view(i).toRow()).toEqual(each);
            expect(each.map((_, slot) => without.view(i).value(slot))).toEqual(rest[i]);
          });
          expect([...without]).toEqual(rest);
          expect([...columns]).toEqual(rows);
        }
      }),
    );
  });

  test('know the slots that have a value', () => {
    expect([...columnsOf([['A', null, null, null, 'B']]).slots]).toEqual([0, 4]);
    expect([...columnsOf([]).slots]).toEqual([]);
  });

  test('take the places of texts that were noted, unless the row says something else', () => {
    const builder = new ColumnBuilder(2, 3, new Uint8Array(2));
    const place = builder.addText('A');
    builder.note(0, 'A', place);
    builder.add(['A', null]);
    builder.note(0, 'A', place);
    builder.add(['B', 'A']);
    const columns = builder.finish();
    expect([...columns]).toEqual([
      ['A', null],
      ['B', 'A'],
    ]);
    expect(columns.place(0, 0)).toBe(place);
  });

  test('of some rows are those rows', () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(7)),
        fc.boolean(),
        (rows, at, isFar) => {
          const indexes = at.filter((index) => index < rows.length);
          const columns = isFar ? handedOver(columnsOf(rows)) : columnsOf(rows);
          expect([...columns.pick(indexes)]).toEqual(indexes.map((index) => rows[index]));
        },
      ),
    );
  });

  test('with more texts than sixteen bits tell are no smaller', () => {
    const rows = Array.from({ length: 70_000 }, (_, i) => [`t${i}`, null, 'same', null, null]);
    const columns = handedOver(columnsOf(rows));
    expect(columns.row(69_999)).toEqual(rows[69_999]);
    expect(columns.row(3)).toEqual(rows[3]);
  });
});
