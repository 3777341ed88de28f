/**
 * The rows of a batch side by side, as columns: each text once, and a number for each value. So they go from one thread to
 * another as a few blocks of memory, and whoever needs but two fields of a row never makes the others.
 */
import type { Row } from './model.js';
import { decodeBytewise } from './read/decode.js';

/** Columns as memory that can be given away. */
export interface ColumnData {
  readonly count: number;
  /** Slots of a row. */
  readonly width: number;
  /** The slots in which some row has a value. */
  readonly slots: Uint8Array;
  /** Places of texts, from 1, slot by slot: that of the slot `slots[s]` in row `i` is at `s * count + i`; 0 for no value. */
  readonly cells: Uint16Array | Uint32Array;
  /** The texts in UTF-8, one after the other: text `p` ends at `ends[p]`, and begins where the one before ends. */
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });
const ENCODER = new TextEncoder();
/** Places that fit sixteen bits. */
const MOST_SHORT_PLACES = 65_536;

/** The values of one row, wherever they are kept: most is asked of a few of them, and a whole row is a third of a kilobyte. */
export interface RowView {
  value(slot: number): string | null;
  /** All values. Whoever asks may not change them. */
  toRow(): Row;
}

/** A row as it is. */
export class WholeRow implements RowView {
  readonly #row: Row;

  constructor(row: Row) {
    this.#row = row;
  }

  value(slot: number): string | null {
    return this.#row[slot] ?? null;
  }

  toRow(): Row {
    return this.#row;
  }
}

/** A row of columns, which is made when it is asked for. */
class ColumnRow implements RowView {
  readonly #columns: RowColumns;
  readonly #index: number;

  constructor(columns: RowColumns, index: number) {
    this.#columns = columns;
    this.#index = index;
  }

  value(slot: number): string | null {
    return this.#columns.value(slot, this.#index);
  }

  toRow(): Row {
    return this.#columns.row(this.#index);
  }
}

/** Rows as columns. */
export class RowColumns {
  readonly count: number;
  readonly width: number;
  readonly slots: Uint8Array;
  readonly cells: Uint16Array | Uint32Array;
  /** The place of a slot among {@link slots}, -1 for one without any value. */
  readonly #columnOf: Int16Array;
  /** Texts by place, as far as they were asked for. */
  #texts: (string | undefined)[];
  #data: Pick<ColumnData, 'bytes' | 'ends'> | null;
  /** The texts of {@link ColumnData}, a character for each byte; `null` until one is asked for. */
  #characters: string | null = null;

  /** Takes the texts as they are, from place 1, or as the data has them. */
  constructor(
    columns: Pick<ColumnData, 'count' | 'width' | 'slots' | 'cells'>,
    texts: string[] | Pick<ColumnData, 'bytes' | 'ends'>,
  ) {
    this.count = columns.count;
    this.width = columns.width;
    this.slots = columns.slots;
    this.cells = columns.cells;
    this.#columnOf = new Int16Array(columns.width).fill(-1);
    columns.slots.forEach((slot, column) => {
      this.#columnOf[slot] = column;
    });
    const hasTexts = Array.isArray(texts);
    this.#texts = hasTexts ? texts : [];
    this.#data = hasTexts ? null : texts;
  }

  static from(data: ColumnData): RowColumns {
    return new RowColumns(data, data);
  }

  /** No rows. */
  static none(width: number): RowColumns {
    return new RowColumns({ count: 0, width, slots: new Uint8Array(0), cells: new Uint16Array(0) }, ['']);
  }

  /** The place of the text in a slot of a row, 0 for no value. Equal places are equal values; the same text may have several. */
  place(slot: number, i: number): number {
    const column = this.#columnOf[slot]!;
    return column < 0 ? 0 : this.cells[column * this.count + i]!;
  }

  /** The value in a slot of a row. */
  value(slot: number, i: number): string | null {
    const place = this.place(slot, i);
    return place === 0 ? null : this.text(place);
  }

  /** The text of a place, from 1. It may keep the texts of all rows alive: copy what is kept for long. */
  text(place: number): string {
    return this.#texts[place] ?? this.#readText(place);
  }

  #readText(place: number): string {
    const { bytes, ends } = this.#data!;
    const start = ends[place - 1]!;
    const end = ends[place]!;
    this.#characters ??= decodeBytewise(bytes);
    let text = this.#characters.slice(start, end);
    for (let at = start; at < end; at++) {
      if (bytes[at]! < 128) continue;
      text = DECODER.decode(bytes.subarray(start, end));
      break;
    }
    this.#texts[place] = text;
    return text;
  }

  /** A row of its own. */
  row(i: number): Row {
    const row: Row = new Array(this.width).fill(null);
    const { slots, cells, count } = this;
    for (let column = 0, at = i; column < slots.length; column++, at += count) {
      const place = cells[at]!;
      if (place !== 0) row[slots[column]!] = this.#texts[place] ?? this.#readText(place);
    }
    return row;
  }

  *[Symbol.iterator](): Generator<Row, void, undefined> {
    for (let i = 0; i < this.count; i++) yield this.row(i);
  }

  /** A row that is made when it is asked for. It keeps all rows alive. */
  view(i: number): RowView {
    return new ColumnRow(this, i);
  }

  /** The same rows without the values of some slots. */
  without(left: readonly number[]): RowColumns {
    const { slots, cells, count, width } = this;
    const kept = slots.filter((slot) => !left.includes(slot));
    if (kept.length === slots.length) return this;
    const columns = kept.length * count;
    const rest = cells instanceof Uint16Array ? new Uint16Array(columns) : new Uint32Array(columns);
    kept.forEach((slot, column) => {
      const start = this.#columnOf[slot]! * count;
      rest.set(cells.subarray(start, start + count), column * count);
    });
    const rows = new RowColumns({ count, width, slots: kept, cells: rest }, this.#data ?? (this.#texts as string[]));
    // What was read of one is known of the other.
    rows.#texts = this.#texts;
    return rows;
  }

  /** Some of the rows, in the order in which they are named. */
  pick(indexes: readonly number[]): RowColumns {
    const { slots, cells, count, width } = this;
    const picked = new Uint32Array(slots.length * indexes.length);
    let at = 0;
    for (let column = 0; column < slots.length; column++) {
      for (const index of indexes) picked[at++] = cells[column * count + index]!;
    }
    return new RowColumns(
      { count: indexes.length, width, slots, cells: picked },
      this.#data ?? (this.#texts as string[]),
    );
  }

  /** The columns as memory that can be given away: whoever has it is the only one who may use it. */
  toData(): ColumnData {
    const { count, width, slots, cells } = this;
    this.#data ??= encode(this.#texts as string[]);
    return { count, width, slots, cells, ...this.#data };
  }
}

/** Texts from place 1 on as bytes. */
function encode(texts: readonly string[]): Pick<ColumnData, 'bytes' | 'ends'> {
  const characters = texts.join('');
  const bytes = ENCODER.encode(characters);
  const isAscii = bytes.length === characters.length;
  const lengthOf = isAscii ? (text: string) => text.length : (text: string) => ENCODER.encode(text).length;
  const ends = new Uint32Array(texts.length);
  let end = 0;
  for (let place = 1; place < texts.length; place++) {
    end += lengthOf(texts[place]!);
    ends[place] = end;
  }
  return { bytes, ends };
}

/**
 * Makes columns of rows that come one by one. Values that were seen before may be named by the place that their text had
 * then ({@link note}), which costs less than finding it.
 */
export class ColumnBuilder {
  readonly #width: number;
  readonly #most: number;
  /** Slots whose values hardly ever come again: it is not worth looking whether they have. */
  readonly #isUnlike: Uint8Array;
  readonly #columns: (Uint32Array | undefined)[];
  readonly #texts: string[] = [''];
  readonly #placeOf = new Map<string, number>();
  /** The value that stood in each slot last, and the place of its text. */
  readonly #last: (string | null)[];
  readonly #lastPlaces: Uint32Array;
  #count = 0;

  /** @param most rows that may come */
  constructor(width: number, most: number, isUnlike: Uint8Array) {
    this.#width = width;
    this.#most = most;
    this.#isUnlike = isUnlike;
    this.#columns = new Array(width).fill(undefined);
    this.#last = new Array(width).fill(null);
    this.#lastPlaces = new Uint32Array(width);
  }

  /** Adds a text, and gives its place. */
  addText(text: string): number {
    return this.#texts.push(text) - 1;
  }

  /** Says that a slot of the next row has the text of this place, unless the row has another value there. */
  note(slot: number, text: string, place: number): void {
    this.#last[slot] = text;
    this.#lastPlaces[slot] = place;
  }

  add(row: Row): void {
    const i = this.#count++;
    const last = this.#last;
    for (let slot = 0; slot < row.length; slot++) {
      const value = row[slot]!;
      if (value === null) continue;
      if (value !== last[slot]) this.note(slot, value, this.#find(slot, value));
      let column = this.#columns[slot];
      if (column === undefined) {
        column = new Uint32Array(this.#most);
        this.#columns[slot] = column;
      }
      column[i] = this.#lastPlaces[slot]!;
    }
  }

  #find(slot: number, text: string): number {
    if (this.#isUnlike[slot] === 1) return this.addText(text);
    let place = this.#placeOf.get(text);
    if (place === undefined) {
      place = this.addText(text);
      this.#placeOf.set(text, place);
    }
    return place;
  }

  finish(): RowColumns {
    const count = this.#count;
    const slots: number[] = [];
    this.#columns.forEach((column, slot) => {
      if (column !== undefined) slots.push(slot);
    });
    const size = slots.length * count;
    const cells = this.#texts.length <= MOST_SHORT_PLACES ? new Uint16Array(size) : new Uint32Array(size);
    slots.forEach((slot, s) => {
      cells.set(this.#columns[slot]!.subarray(0, count), s * count);
    });
    return new RowColumns({ count, width: this.#width, slots: Uint8Array.from(slots), cells }, this.#texts);
  }
}
