/**
 * Remembers what bytes stood for, so that a value met before costs no string and no parsing.
 *
 * Most columns hold the same few thousand values in millions of records. Looking one up by its bytes takes 15 ns; making
 * a string of it and looking that up in a `Map` takes 70.
 */

const INITIAL_SLOTS = 256;
/** Entries at which a cache starts over: a column with more distinct values gains nothing from it. */
const MOST_ENTRIES = 50_000;

/** The hash of some bytes. Cutters of records compute the same on their way. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  return hash;
}

/** Values by bytes. */
export class ByteCache<T> {
  /** Open addressing: the entry in each slot plus one, 0 for none. */
  #slots = new Int32Array(INITIAL_SLOTS);
  #hashes: number[] = [];
  /** The bytes of entry `i` lie from `#ends[i - 1]` to `#ends[i]`. */
  #bytes = new Uint8Array(1024);
  #ends: number[] = [];
  #values: T[] = [];

  /** The value of these bytes, `undefined` if they were not met before. `hash` is their {@link hashBytes}. */
  get(bytes: Uint8Array, start: number, end: number, hash: number): T | undefined {
    const mask = this.#slots.length - 1;
    let slot = spread(hash) & mask;
    for (;;) {
      const entry = this.#slots[slot]! - 1;
      if (entry < 0) return undefined;
      if (this.#hashes[entry] === hash && this.#equals(entry, bytes, start, end)) return this.#values[entry];
      slot = (slot + 1) & mask;
    }
  }

  #equals(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    let at = entry === 0 ? 0 : this.#ends[entry - 1]!;
    if (this.#ends[entry]! - at !== end - start) return false;
    for (let i = start; i < end; i++) if (this.#bytes[at++] !== bytes[i]) return false;
    return true;
  }

  /** Remembers bytes that were not met before. */
  set(bytes: Uint8Array, start: number, end: number, hash: number, value: T): void {
    if (this.#values.length >= MOST_ENTRIES) this.clear();
    if (this.#values.length * 2 >= this.#slots.length) this.#grow();
    const from = this.#ends[this.#ends.length - 1] ?? 0;
    const to = from + end - start;
    if (to > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(to, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(start, end), from);
    this.#ends.push(to);
    this.#hashes.push(hash);
    this.#values.push(value);
    this.#place(hash, this.#values.length);
  }

  #place(hash: number, entryPlusOne: number): void {
    const mask = this.#slots.length - 1;
    let slot = spread(hash) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entryPlusOne;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 4);
    this.#hashes.forEach((hash, entry) => {
      this.#place(hash, entry + 1);
    });
  }

  /** Forgets all, and gives the memory back. */
  clear(): void {
    this.#slots = new Int32Array(INITIAL_SLOTS);
    this.#bytes = new Uint8Array(1024);
    this.#hashes = [];
    this.#ends = [];
    this.#values = [];
  }
}

/** Mixes the high bits of a hash into the low ones, by which slots are chosen. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15) ^ (hash >>> 7);
}
