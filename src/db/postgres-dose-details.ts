/** What many doses have in common, kept once: finds or makes the `dose_details` rows of a batch of doses in PostgreSQL. */

import { Combinations } from '../core/combinations.js';
import { hashText } from '../core/match/keys.js';
import type { Row } from '../core/model.js';
import { keyOf } from './dose-details.js';
import { numbers } from './postgres-arrays.js';
import { copyRows } from './postgres-copy.js';
import type { PgQueries } from './postgres-session.js';
import { DETAIL_COLUMNS } from './tables.js';

/** Details remembered. A clinic has some thousand; with more than this, the memory starts over and asks the table. */
const MOST_REMEMBERED = 100_000;

/** The details of one registry. Ask within the transaction that writes the doses. */
export class PostgresDoseDetails {
  readonly #ids = new Combinations(DETAIL_COLUMNS.map(({ slot }) => slot));
  /** `null` until it is asked for. */
  #nextId: number | null = null;

  /** Finds the details of rows, or adds them. */
  async resolve(queries: PgQueries, rows: Iterable<Row>): Promise<void> {
    if (this.#ids.size >= MOST_REMEMBERED) this.#ids.clear();
    const unknown = new Map<string, { readonly row: Row; readonly content: number }>();
    for (const row of rows) {
      if (this.#ids.get(row) !== undefined) continue;
      const key = keyOf(DETAIL_COLUMNS.map(({ slot }) => row[slot]));
      if (!unknown.has(key)) unknown.set(key, { row, content: hashText(key) });
    }
    if (unknown.size === 0) return;
    const stored = await queries.rows(`SELECT * FROM dose_details WHERE content = ANY($1::bigint[]) ORDER BY id`, [
      numbers([...unknown.values()].map(({ content }) => content)),
    ]);
    for (const record of stored) {
      const key = keyOf(DETAIL_COLUMNS.map(({ name }) => record[name]));
      const found = unknown.get(key);
      if (found === undefined) continue;
      this.#remember(found.row, record['id'] as number);
      unknown.delete(key);
    }
    this.#nextId ??= await readNextId(queries);
    const made = [...unknown.values()].map((details) => ({ ...details, id: this.#nextId!++ }));
    await copyRows(
      queries,
      'dose_details',
      made.length,
      [
        { name: 'id', value: (i) => made[i]!.id },
        { name: 'content', value: (i) => made[i]!.content },
      ],
      { columns: DETAIL_COLUMNS, row: (i) => made[i]!.row },
    );
    for (const { row, id } of made) this.#remember(row, id);
  }

  #remember(row: Row, id: number): void {
    if (this.#ids.get(row) === undefined) this.#ids.set(id);
  }

  /** The id of details that were resolved. */
  idOf(row: Row): number {
    return this.#ids.get(row)!;
  }

  /** Forgets ids that a transaction which was rolled back has not kept. */
  forget(): void {
    this.#ids.clear();
    // So that ids do not tell how often a transaction was tried.
    this.#nextId = null;
  }
}

async function readNextId(queries: PgQueries): Promise<number> {
  const [row] = await queries.arrays<[number]>('SELECT coalesce(max(id), 0) + 1 FROM dose_details');
  return row![0];
}
