/** Many rows in one statement. */
import type { Database, Statement } from 'better-sqlite3';
import type { Row } from '../core/model.js';
import type { FieldColumn } from './tables.js';

/** A value that SQLite binds as it is. */
export type SqlValue = string | number | null;

/** A column of the rows to insert, and its value in row `i`. */
export interface ColumnSource {
  readonly name: string;
  readonly value: (i: number) => SqlValue;
}

/** Columns that hold fields, and where row `i` is. */
export interface FieldSource {
  readonly columns: readonly FieldColumn[];
  readonly row: (i: number) => Row;
}

/** Rows per statement: more gain nothing, since a binding costs about 150 ns however many there are. */
const ROWS_PER_STATEMENT = 25;
const NO_FIELDS: FieldSource = { columns: [], row: () => [] };

/** Inserts batches of rows into one table. */
export class BulkInsert {
  readonly #database: Database;
  readonly #table: string;
  readonly #statements = new Map<string, Statement>();

  constructor(database: Database, table: string) {
    this.#database = database;
    this.#table = table;
  }

  /** Inserts `count` rows. Fields without any value in the batch are left out: even a null costs to bind. */
  insert(count: number, columns: readonly ColumnSource[], fields: FieldSource = NO_FIELDS): void {
    if (count === 0) return;
    const used = fields.columns.filter(({ slot }) => hasValue(slot, fields, count));
    const slots = used.map(({ slot }) => slot);
    const names = [...columns, ...used].map(({ name }) => name);
    const values: SqlValue[] = [];
    for (let start = 0; start < count; start += ROWS_PER_STATEMENT) {
      const rows = Math.min(ROWS_PER_STATEMENT, count - start);
      values.length = rows * names.length;
      let at = 0;
      for (let i = start; i < start + rows; i++) {
        for (let c = 0; c < columns.length; c++) values[at++] = columns[c]!.value(i);
        const row = fields.row(i);
        for (let c = 0; c < slots.length; c++) values[at++] = row[slots[c]!]!;
      }
      this.#prepare(names, rows).run(values);
    }
  }

  #prepare(names: readonly string[], rows: number): Statement {
    const key = `${rows} ${names.join()}`;
    let statement = this.#statements.get(key);
    if (statement === undefined) {
      const row = `(${new Array(names.length).fill('?').join(', ')})`;
      const list = new Array(rows).fill(row).join(', ');
      statement = this.#database.prepare(`INSERT INTO ${this.#table} (${names.join(', ')}) VALUES ${list}`);
      this.#statements.set(key, statement);
    }
    return statement;
  }
}

function hasValue(slot: number, fields: FieldSource, count: number): boolean {
  for (let i = 0; i < count; i++) if (fields.row(i)[slot] !== null) return true;
  return false;
}
