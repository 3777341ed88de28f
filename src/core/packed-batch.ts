/**
 * A batch as it goes from one thread to another: its rows as columns, each text once and a number for each value. Handing
 * over rows one by one would take longer than reading them did.
 */
import type { Row } from './model.js';
import type { Batch } from './transform.js';

/** Rows side by side. */
export interface PackedRows {
  readonly count: number;
  /** What stands in a slot in all rows; `null` too where the slot varies. */
  readonly shared: Row;
  /** The slots that vary. */
  readonly slots: readonly number[];
  /** The values of those slots, each once. */
  readonly texts: readonly (string | null)[];
  /** Places in `texts`, slot by slot: that of the varying slot `s` in row `i` is at `s * count + i`. */
  readonly cells: Uint32Array;
}

/** A {@link Batch} whose rows are columns. */
export interface PackedBatch extends Omit<Batch, 'rows'> {
  readonly rows: PackedRows;
}

export function packBatch(batch: Batch): PackedBatch {
  return { ...batch, rows: packRows(batch.rows) };
}

export function unpackBatch(packed: PackedBatch): Batch {
  return { ...packed, rows: unpackRows(packed.rows) };
}

export function packRows(rows: readonly Row[]): PackedRows {
  const count = rows.length;
  const shared: Row = count === 0 ? [] : rows[0]!.slice();
  const slots: number[] = [];
  for (let slot = 0; slot < shared.length; slot++) {
    if (isShared(rows, slot)) continue;
    slots.push(slot);
    shared[slot] = null;
  }
  const texts: (string | null)[] = [];
  const placeOf = new Map<string | null, number>();
  const cells = new Uint32Array(slots.length * count);
  let at = 0;
  for (const slot of slots) {
    let last: string | null | undefined;
    let place = 0;
    for (let i = 0; i < count; i++) {
      const value = rows[i]![slot]!;
      if (value !== last) {
        last = value;
        const known = placeOf.get(value);
        place = known ?? texts.length;
        if (known === undefined) {
          placeOf.set(value, place);
          texts.push(value);
        }
      }
      cells[at++] = place;
    }
  }
  return { count, shared, slots, texts, cells };
}

function isShared(rows: readonly Row[], slot: number): boolean {
  const first = rows[0]![slot];
  for (let i = 1; i < rows.length; i++) if (rows[i]![slot] !== first) return false;
  return true;
}

export function unpackRows({ count, shared, slots, texts, cells }: PackedRows): Row[] {
  const rows: Row[] = new Array(count);
  for (let i = 0; i < count; i++) {
    const row = shared.slice();
    for (let s = 0, at = i; s < slots.length; s++, at += count) row[slots[s]!] = texts[cells[at]!]!;
    rows[i] = row;
  }
  return rows;
}
