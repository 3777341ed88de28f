/** Remembers a number for each combination of values in some slots of a row. Asking makes no garbage. */
import type { Row } from './model.js';
import { spread } from './read/byte-cache.js';

const INITIAL_ROOM = 256;

/**
 * Numbers by combination. A value is replaced by its place in a list of its column's values, and the combination of places
 * is looked up in a table of open addresses: a quarter of the time that a text of all values takes as a key of a `Map`.
 */
export class Combinations {
  readonly #slots: readonly number[];
  /** Places of values, by column, from 1; 0 stands for no value. */
  readonly #places: readonly Map<string, number>[];
  /** The combination under way, and the values it was made from: most columns say the same as in the row before. */
  readonly #combination: Int32Array;
  readonly #values: (string | null)[];
  #hash = 0;
  /** Entry plus one, by address; 0 for none. Half of it is empty at least. */
  #addresses = new Int32Array(INITIAL_ROOM * 2);
  /** The combinations of the entries, one after the other. */
  #entries: Int32Array;
  #hashes = new Int32Array(INITIAL_ROOM);
  #numbers = new Float64Array(INITIAL_ROOM);
  #size = 0;

  constructor(slots: readonly number[]) {
    this.#slots = slots;
    this.#places = slots.map(() => new Map());
    this.#combination = new Int32Array(slots.length);
    this.#values = slots.map(() => null);
    this.#entries = new Int32Array(INITIAL_ROOM * slots.length);
  }

  /** How many combinations are remembered. */
  get size(): number {
    return this.#size;
  }

  /** The number of a row's combination; `undefined` if there is none, and the next {@link set} gives it one. */
  get(row: Row): number | undefined {
    this.#read(row);
    const entry = this.#find();
    return entry < 0 ? undefined : this.#numbers[entry];
  }

  /** Gives the combination that was asked for last a number. It must be a new one. */
  set(number: number): void {
    if (this.#size === this.#hashes.length) this.#grow();
    const entry = this.#size++;
    this.#entries.set(this.#combination, entry * this.#combination.length);
    this.#hashes[entry] = this.#hash;
    this.#numbers[entry] = number;
    this.#place(entry);
  }

  clear(): void {
    this.#addresses.fill(0);
    this.#size = 0;
    for (const places of this.#places) places.clear();
    this.#values.fill(null);
    this.#combination.fill(0);
  }

  #read(row: Row): void {
    const slots = this.#slots;
    const combination = this.#combination;
    const values = this.#values;
    let hash = 0;
    for (let i = 0; i < slots.length; i++) {
      const value = row[slots[i]!] ?? null;
      if (value !== values[i]) {
        values[i] = value;
        combination[i] = value === null ? 0 : this.#placeOf(i, value);
      }
      hash = (Math.imul(hash, 31) + combination[i]!) | 0;
    }
    this.#hash = hash;
  }

  #placeOf(column: number, value: string): number {
    const places = this.#places[column]!;
    let place = places.get(value);
    if (place === undefined) {
      place = places.size + 1;
      places.set(value, place);
    }
    return place;
  }

  #find(): number {
    const mask = this.#addresses.length - 1;
    for (let address = spread(this.#hash) & mask; ; address = (address + 1) & mask) {
      const entry = this.#addresses[address]! - 1;
      if (entry < 0 || (this.#hashes[entry] === this.#hash && this.#isEntry(entry))) return entry;
    }
  }

  #isEntry(entry: number): boolean {
    const combination = this.#combination;
    const start = entry * combination.length;
    for (let i = 0; i < combination.length; i++) if (this.#entries[start + i] !== combination[i]) return false;
    return true;
  }

  #place(entry: number): void {
    const mask = this.#addresses.length - 1;
    let address = spread(this.#hashes[entry]!) & mask;
    while (this.#addresses[address] !== 0) address = (address + 1) & mask;
    this.#addresses[address] = entry + 1;
  }

  #grow(): void {
    const room = this.#hashes.length * 2;
    const grow = <T extends Int32Array | Float64Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#entries = grow(this.#entries, new Int32Array(room * this.#combination.length));
    this.#hashes = grow(this.#hashes, new Int32Array(room));
    this.#numbers = grow(this.#numbers, new Float64Array(room));
    this.#addresses = new Int32Array(room * 2);
    for (let entry = 0; entry < this.#size; entry++) this.#place(entry);
  }
}
