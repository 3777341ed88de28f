/** Many rows in one statement. */
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WholeRow } from '../../src/core/columns.js';
import { BulkInsert } from '../../src/db/bulk-insert.js';

const FIELDS = ['a', 'b', 'c'].map((name, slot) => ({ name, slot }));

function openTable(): { database: Database.Database; insert: BulkInsert; rows: () => unknown[] } {
  const database = new Database(':memory:');
  database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT)');
  const rows = (): unknown[] => database.prepare('SELECT * FROM t ORDER BY id').raw().all();
  return { database, insert: new BulkInsert(database, 't'), rows };
}

describe('a batch', () => {
  test.each([0, 1, 2, 24, 25, 26, 49, 50, 51, 101])('of %i rows is inserted whole and in order', (count) => {
    const { insert, rows } = openTable();
    const values = Array.from({ length: count }, (_, i) => [`a${i}`, i % 3 === 0 ? null : `b${i}`, null]);
    insert.insert(count, [{ name: 'id', value: (i) => i + 1 }], {
      columns: FIELDS,
      row: (i) => new WholeRow(values[i]!),
    });
    expect(rows()).toEqual(values.map((row, i) => [i + 1, ...row]));
  });

  test('without fields is inserted as well', () => {
    const { insert, rows } = openTable();
    insert.insert(2, [
      { name: 'id', value: (i) => i },
      { name: 'c', value: (i) => `c${i}` },
    ]);
    expect(rows()).toEqual([
      [0, null, null, 'c0'],
      [1, null, null, 'c1'],
    ]);
  });
});

test('values that are the same in all rows, and numbers that count up, stand in every row', () => {
  const { insert, rows } = openTable();
  const count = 60;
  insert.insert(
    count,
    [
      { name: 'id', value: (i) => i + 7 },
      { name: 'a', value: () => 'same' },
    ],
    { columns: FIELDS.slice(1), row: (i) => new WholeRow(['', 'equal', i === 59 ? 'last' : 'x']) },
  );
  expect(rows()).toEqual(Array.from({ length: count }, (_, i) => [i + 7, 'same', 'equal', i === 59 ? 'last' : 'x']));
});

test('batches with other nulls than those before them keep each value in its column', () => {
  const value = fc.option(fc.string({ maxLength: 4 }), { nil: null });
  const batch = fc.array(fc.tuple(value, value, value), { maxLength: 60 });
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 5 }), (batches) => {
      const { insert, rows } = openTable();
      let id = 0;
      for (const values of batches) {
        const first = id;
        insert.insert(values.length, [{ name: 'id', value: (i) => first + i }], {
          columns: FIELDS,
          row: (i) => new WholeRow(values[i]!),
        });
        id += values.length;
      }
      expect(rows()).toEqual(batches.flat().map((row, i) => [i, ...row]));
    }),
    { numRuns: 60 },
  );
});

test('a value that is refused stops the batch', () => {
  const { insert } = openTable();
  const twice = [{ name: 'id', value: () => 1 }];
  expect(() => insert.insert(2, twice)).toThrow(/UNIQUE/);
});
