/** Many rows in one statement, with as few values to bind as can be: a binding costs about 150 ns, whatever it binds. */
import type { Database, Statement } from 'better-sqlite3';
import { type RowView, WholeRow } from '../core/columns.js';
import type { ColumnSource, ColumnValue, FieldSource } from './queries.js';
import type { FieldColumn } from './tables.js';

/** Rows per statement: more gain nothing. */
const ROWS_PER_STATEMENT = 25;
const NO_FIELDS: FieldSource = { columns: [], row: () => new WholeRow([]) };

/** How the columns of a batch are bound: a value each, one for all rows, or a number that each row counts up. */
interface Binding {
  readonly own: readonly ColumnSource[];
  /** Places in the rows of fields whose values differ. */
  readonly slots: readonly number[];
  readonly names: readonly string[];
  readonly same: readonly ColumnSource[];
  readonly counted: readonly ColumnSource[];
}

/** Inserts batches of rows into one table. */
export class BulkInsert {
  readonly #database: Database;
  readonly #table: string;
  readonly #verb: string;
  readonly #statements = new Map<string, Statement>();

  /** Rows whose key is there already are an error, or passed over. */
  constructor(database: Database, table: string, repeated: 'refused' | 'ignored' = 'refused') {
    this.#database = database;
    this.#table = table;
    this.#verb = repeated === 'refused' ? 'INSERT' : 'INSERT OR IGNORE';
  }

  /** Inserts `count` rows. */
  insert(count: number, columns: readonly ColumnSource[], fields: FieldSource = NO_FIELDS): void {
    if (count === 0) return;
    const binding = bind(count, columns, fields);
    const { own, slots, names, same, counted } = binding;
    const shared: Record<string, ColumnValue> = {};
    for (const { name, value } of same) shared[name] = value(0);
    const whole = count < ROWS_PER_STATEMENT ? null : this.#prepare(binding, ROWS_PER_STATEMENT);
    const bound: ColumnValue[] = [];
    for (let start = 0; start < count; start += ROWS_PER_STATEMENT) {
      const rows = Math.min(ROWS_PER_STATEMENT, count - start);
      for (const { name, value } of counted) shared[name] = value(start);
      bound.length = rows * names.length;
      let at = 0;
      for (let i = start; i < start + rows; i++) {
        for (let c = 0; c < own.length; c++) bound[at++] = own[c]!.value(i);
        const row = fields.row(i);
        for (let c = 0; c < slots.length; c++) bound[at++] = row.value(slots[c]!);
      }
      const statement = rows === ROWS_PER_STATEMENT ? whole! : this.#prepare(binding, rows);
      statement.run(bound, shared);
    }
  }

  #prepare({ names, same, counted }: Binding, rows: number): Statement {
    const columns = [names, same.map(({ name }) => name), counted.map(({ name }) => name)];
    const key = `${rows} ${columns.join(';')}`;
    let statement = this.#statements.get(key);
    if (statement === undefined) {
      const shared = [...names.map(() => '?'), ...same.map(({ name }) => `@${name}`)];
      const list = Array.from({ length: rows }, (_, i) => {
        return `(${[...shared, ...counted.map(({ name }) => `@${name} + ${i}`)].join(', ')})`;
      });
      statement = this.#database.prepare(
        `${this.#verb} INTO ${this.#table} (${columns.flat().join(', ')}) VALUES ${list}`,
      );
      this.#statements.set(key, statement);
    }
    return statement;
  }
}

/** Sorts columns by how they are bound. Those without any value are left out. */
function bind(count: number, columns: readonly ColumnSource[], { columns: fields, row }: FieldSource): Binding {
  const own: ColumnSource[] = [];
  const slots: number[] = [];
  const fieldNames: string[] = [];
  const same: ColumnSource[] = [];
  const counted: ColumnSource[] = [];
  for (const column of columns) {
    if (isSame(count, column.value)) same.push(column);
    else if (isCounted(count, column.value)) counted.push(column);
    else own.push(column);
  }
  const varying = findVarying(count, row, fields);
  for (const field of fields) {
    const { name, slot } = field;
    if (varying.has(field)) {
      slots.push(slot);
      fieldNames.push(name);
    } else same.push({ name, value: (i) => row(i).value(slot) });
  }
  const names = [...own.map(({ name }) => name), ...fieldNames];
  return { own, slots, names, same: same.filter(({ value }) => value(0) !== null), counted };
}

function isSame(count: number, value: (i: number) => ColumnValue): boolean {
  const first = value(0);
  for (let i = 1; i < count; i++) if (value(i) !== first) return false;
  return true;
}

/** The fields that are not the same in all rows. Rows are looked at once each: they are many, and far apart in memory. */
function findVarying(
  count: number,
  row: (i: number) => RowView,
  fields: readonly FieldColumn[],
): ReadonlySet<FieldColumn> {
  const varying = new Set<FieldColumn>();
  if (fields.length === 0) return varying;
  const first = row(0).toRow();
  let left = fields;
  for (let i = 1; i < count && left.length > 0; i++) {
    const other = row(i);
    let differ = 0;
    for (let c = 0; c < left.length; c++) if (other.value(left[c]!.slot) !== first[left[c]!.slot]) differ++;
    if (differ === 0) continue;
    const same: FieldColumn[] = [];
    for (const field of left) {
      if (other.value(field.slot) === first[field.slot]) same.push(field);
      else varying.add(field);
    }
    left = same;
  }
  return varying;
}

function isCounted(count: number, value: (i: number) => ColumnValue): boolean {
  const first = value(0);
  if (typeof first !== 'number') return false;
  for (let i = 1; i < count; i++) if (value(i) !== first + i) return false;
  return true;
}
