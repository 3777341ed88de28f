/**
 * What a registry's database is asked, in SQL that is written once for both kinds. It is PostgreSQL's, of which SQLite has
 * most; three forms it has not, and `sqlite-session.ts` puts others in their place:
 *
 * | in PostgreSQL | in SQLite |
 * |---|---|
 * | `= ANY($1::int[])` | `IN (SELECT value FROM json_each($1))` |
 * | casts: `$1::int`, `image::json ->> 'id'` | none: values have types, columns have not |
 * | `FOR UPDATE` | nothing: whoever writes is alone |
 *
 * Alike in both are `$1`, `->>`, `IS NOT DISTINCT FROM`, `RETURNING`, `UPDATE … SET (a, b) = (SELECT …)`, temporary tables,
 * savepoints, and `ON CONFLICT DO NOTHING`, behind a `WHERE` where a `SELECT` comes before it. Not to be used: `ORDER BY` a
 * text, which follows the language of the server, and what is true or false as a column, which is a number in SQLite.
 */
import type { RowView } from '../core/columns.js';
import type { FieldColumn } from './tables.js';

/** A value that a column holds; `Buffer` only where it is bytes. */
export type SqlValue = string | number | null | Buffer;
/** A value that is bound; a list goes by `= ANY(…)`. */
export type Bound = SqlValue | readonly (string | number | null)[];
export type SqlRow = Record<string, SqlValue>;

/** A value of rows that are added many at a time. */
export type ColumnValue = string | number | null;

/** A column of the rows to add, and its value in row `i`, which is asked for more than once. */
export interface ColumnSource {
  readonly name: string;
  readonly value: (i: number) => ColumnValue;
}

/** Columns that hold fields, and where row `i` is. */
export interface FieldSource {
  readonly columns: readonly FieldColumn[];
  readonly row: (i: number) => RowView;
}

/** What is asked of a connection; within a transaction, or each for itself. */
export interface Queries {
  rows<T = SqlRow>(sql: string, values?: readonly Bound[]): Promise<T[]>;
  /** Rows as arrays of their columns, which cost half as much as objects of many names. */
  arrays<T extends readonly unknown[]>(sql: string, values?: readonly Bound[]): Promise<T[]>;
  /** Runs a statement and gives the number of rows that it changed. */
  run(sql: string, values?: readonly Bound[]): Promise<number>;
  /** Adds `count` rows to a table, in the way that is the fastest. */
  insert(table: string, count: number, columns: readonly ColumnSource[], fields?: FieldSource): Promise<void>;
  /** Gives rows other values, by their `id`; all of the rows have the same columns. */
  update(table: string, rows: readonly Readonly<SqlRow>[]): Promise<void>;
  /** The row that a query calls `alias` as JSON text: an expression of SQL. */
  rowAsJson(table: string, alias: string): string;
  /** Lets the end of the transaction wait until it is on the disk, where a database does not do so by itself. */
  makeDurable(): Promise<void>;
  /** Where the counters stand that rows get their ids from. */
  counters(): Promise<Counters>;
  /** Lets ids go on as if nothing had come since, as far as the user may set counters: else some numbers are left out. */
  setCounters(counters: Counters): Promise<void>;
}

/** Names of counters and the last number that each gave, `null` if it gave none. */
export type Counters = readonly (readonly [string, number | null])[];

/** The first row that a query finds, `undefined` if it finds none. */
export async function firstRow<T = SqlRow>(
  queries: Queries,
  sql: string,
  values?: readonly Bound[],
): Promise<T | undefined> {
  return (await queries.rows<T>(sql, values))[0];
}

/** The first column of the first row that a query finds, `undefined` if it finds none. */
export async function firstValue<T extends SqlValue = SqlValue>(
  queries: Queries,
  sql: string,
  values?: readonly Bound[],
): Promise<T | undefined> {
  return (await queries.arrays<[T]>(sql, values))[0]?.[0];
}

/** The first column of all rows that a query finds. */
export async function firstColumn<T extends SqlValue = number>(
  queries: Queries,
  sql: string,
  values?: readonly Bound[],
): Promise<T[]> {
  return (await queries.arrays<[T]>(sql, values)).map(([value]) => value);
}

/** Rows that are added in one statement. */
const ROWS_AT_ONCE = 100;

/** Adds a row, whose values are those of the columns. */
export async function insertRow(queries: Queries, table: string, row: Readonly<SqlRow>): Promise<void> {
  const columns = Object.keys(row);
  await queries.run(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')})`,
    Object.values(row),
  );
}

/** Adds rows, but for those whose key is there already. */
export async function insertMissing(
  queries: Queries,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    const some = rows.slice(start, start + ROWS_AT_ONCE);
    const places = some.map((_, i) => `(${columns.map((__, c) => `$${i * columns.length + c + 1}`).join(', ')})`);
    await queries.run(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${places.join(', ')} ON CONFLICT DO NOTHING`,
      some.flat(),
    );
  }
}
