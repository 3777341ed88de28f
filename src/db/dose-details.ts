/** What many doses have in common, kept once: finds or makes the `dose_details` rows of doses. */
import { type RowView, WholeRow } from '../core/columns.js';
import { Combinations } from '../core/combinations.js';
import { hashText } from '../core/match/keys.js';
import type { Row } from '../core/model.js';
import { firstValue, type Queries } from './queries.js';
import { DETAIL_COLUMNS } from './tables.js';

/** Details remembered. A clinic has some thousand; with more than this, the memory starts over and asks the table. */
const MOST_REMEMBERED = 100_000;
/** A mark of its own for each column. Values hold no control characters. */
const MARKS: readonly string[] = DETAIL_COLUMNS.map((_, i) => `\x1f${String.fromCharCode(0x41 + i)}`);

/** Details that are not remembered, with the places of the rows that have them. */
interface Unknown {
  readonly key: string;
  readonly row: RowView;
  readonly content: number;
  readonly places: number[];
}

/** The details of one registry. Ask within the transaction that writes the doses. */
export class DoseDetails {
  readonly #schemas: readonly string[];
  readonly #ids = new Combinations(DETAIL_COLUMNS.map((_, column) => column));
  /** The values of a row under way, column by column. */
  readonly #values: (string | null)[] = DETAIL_COLUMNS.map(() => null);
  /** `null` until it is asked for. */
  #nextId: number | null = null;

  /** `schemas` are where details of that number may stand, as prefixes of tables. */
  constructor(schemas: readonly string[] = ['']) {
    this.#schemas = schemas;
  }

  /** The ids of the details of rows, which are found or added, in the order of the rows. */
  async idsOf(queries: Queries, rows: readonly RowView[]): Promise<readonly number[]> {
    if (this.#ids.size >= MOST_REMEMBERED) this.#ids.clear();
    const ids = new Array<number>(rows.length);
    const unknown = new Map<string, Unknown>();
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const known = this.#find(row);
      if (known === undefined) addUnknown(unknown, row, i);
      else ids[i] = known;
    }
    if (unknown.size === 0) return ids;
    for (const [{ row, places }, id] of await this.#findOrMake(queries, unknown)) {
      if (this.#find(row) === undefined) this.#ids.set(id);
      for (const place of places) ids[place] = id;
    }
    return ids;
  }

  /** The id of the details of one row. */
  async idOf(queries: Queries, row: Row): Promise<number> {
    return (await this.idsOf(queries, [new WholeRow(row)]))[0]!;
  }

  #find(row: RowView): number | undefined {
    const values = this.#values;
    for (let column = 0; column < values.length; column++) values[column] = row.value(DETAIL_COLUMNS[column]!.slot);
    return this.#ids.get(values);
  }

  async #findOrMake(queries: Queries, unknown: ReadonlyMap<string, Unknown>): Promise<Map<Unknown, number>> {
    const found = new Map<Unknown, number>();
    const stored = await queries.rows('SELECT * FROM dose_details WHERE content = ANY($1::bigint[]) ORDER BY id', [
      [...unknown.values()].map(({ content }) => content),
    ]);
    for (const record of stored) {
      const details = unknown.get(keyOf(DETAIL_COLUMNS.map(({ name }) => record[name])));
      if (details !== undefined && !found.has(details)) found.set(details, record['id'] as number);
    }
    const made = [...unknown.values()].filter((details) => !found.has(details));
    if (made.length === 0) return found;
    const first = await this.#takeIds(queries, made.length);
    await queries.insert(
      'dose_details',
      made.length,
      [
        { name: 'id', value: (i) => first + i },
        { name: 'content', value: (i) => made[i]!.content },
      ],
      { columns: DETAIL_COLUMNS, row: (i) => made[i]!.row },
    );
    made.forEach((details, i) => {
      found.set(details, first + i);
    });
    return found;
  }

  async #takeIds(queries: Queries, count: number): Promise<number> {
    if (this.#nextId === null) {
      let highest = 0;
      for (const schema of this.#schemas) {
        highest = Math.max(
          highest,
          (await firstValue<number>(queries, `SELECT max(id) FROM ${schema}dose_details`)) ?? 0,
        );
      }
      this.#nextId = highest + 1;
    }
    const first = this.#nextId;
    this.#nextId += count;
    return first;
  }

  /** Forgets ids that are not kept, because a transaction was rolled back, or that were changed beside this. */
  forget(): void {
    this.#ids.clear();
    this.#nextId = null;
  }
}

function addUnknown(unknown: Map<string, Unknown>, row: RowView, place: number): void {
  const key = keyOf(DETAIL_COLUMNS.map(({ slot }) => row.value(slot)));
  const known = unknown.get(key);
  if (known === undefined) unknown.set(key, { key, row, content: hashText(key), places: [place] });
  else known.places.push(place);
}

/** The values of all columns in one text, each behind the mark of its column. Their `content` is its hash. */
function keyOf(values: readonly unknown[]): string {
  return values.map((value, i) => (value == null ? '' : `${MARKS[i]}${value}`)).join('');
}

/** Details of doses as they were before something that can be undone. */
const KEPT_BACK = `SELECT CAST(row_key AS integer) FROM decision_images WHERE table_name = 'dose_details'
  EXCEPT SELECT (image::json ->> 'detail_id')::int FROM before_images WHERE table_name = 'doses' AND image <> 'null'`;

/** Takes away details that no dose has, now or in what can be undone. */
export async function dropUnusedDetails(queries: Queries): Promise<void> {
  await queries.run(
    `DELETE FROM dose_details WHERE id IN (
       SELECT id FROM dose_details EXCEPT SELECT detail_id FROM doses EXCEPT ${KEPT_BACK})`,
  );
}
