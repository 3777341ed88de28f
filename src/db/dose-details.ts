/** What many doses have in common, kept once: finds or makes the `dose_details` row of a dose. */
import type { Database } from 'better-sqlite3';
import { Combinations } from '../core/combinations.js';
import { hashText } from '../core/match/keys.js';
import type { Row } from '../core/model.js';
import { BulkInsert } from './bulk-insert.js';
import { DETAIL_COLUMNS } from './tables.js';

/** Details remembered. A clinic has some thousand; with more than this, the memory starts over and asks the table. */
const MOST_REMEMBERED = 100_000;
/** A mark of its own for each column. Values hold no control characters. */
const MARKS: readonly string[] = DETAIL_COLUMNS.map((_, i) => `\x1f${String.fromCharCode(0x41 + i)}`);

/** The details of one database. Ask within the transaction that writes the doses. */
export class DoseDetails {
  readonly #database: Database;
  readonly #insert: BulkInsert;
  readonly #ids = new Combinations(DETAIL_COLUMNS.map(({ slot }) => slot));
  readonly #findNextId: () => number;
  /** `null` until it is asked for. */
  #nextId: number | null = null;
  /** Details to be written with {@link flush}. */
  #waiting: { readonly id: number; readonly row: Row; readonly content: number }[] = [];

  /** `findNextId` looks in the table. */
  constructor(database: Database, findNextId: () => number) {
    this.#database = database;
    this.#insert = new BulkInsert(database, 'main.dose_details');
    this.#findNextId = findNextId;
  }

  /** The id of a dose's details. */
  idOf(row: Row): number {
    const known = this.#ids.get(row);
    if (known !== undefined) return known;
    if (this.#ids.size >= MOST_REMEMBERED) {
      this.flush();
      this.#ids.clear();
      this.#ids.get(row);
    }
    const key = keyOf(DETAIL_COLUMNS.map(({ slot }) => row[slot]));
    const content = hashText(key);
    const id = this.#find(key, content) ?? this.#add(row, content);
    this.#ids.set(id);
    return id;
  }

  #find(key: string, content: number): number | null {
    const rows = this.#database.prepare('SELECT * FROM main.dose_details WHERE content = ?').all(content) as Record<
      string,
      unknown
    >[];
    for (const row of rows) {
      if (keyOf(DETAIL_COLUMNS.map(({ name }) => row[name])) === key) return row['id'] as number;
    }
    return null;
  }

  #add(row: Row, content: number): number {
    this.#nextId ??= this.#findNextId();
    const id = this.#nextId++;
    this.#waiting.push({ id, row, content });
    return id;
  }

  /** Writes what was added. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#insert.insert(
      waiting.length,
      [
        { name: 'id', value: (i) => waiting[i]!.id },
        { name: 'content', value: (i) => waiting[i]!.content },
      ],
      { columns: DETAIL_COLUMNS, row: (i) => waiting[i]!.row },
    );
  }

  /** Forgets ids that a transaction which was rolled back has not kept. */
  forget(): void {
    this.#ids.clear();
    this.#waiting = [];
    // So that ids do not tell how often a transaction was tried.
    this.#nextId = null;
  }
}

/** The values of all columns in one text, each behind the mark of its column. Their `content` is its hash. */
export function keyOf(values: readonly unknown[]): string {
  return values.map((value, i) => (value == null ? '' : `${MARKS[i]}${value}`)).join('');
}
