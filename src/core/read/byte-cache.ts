/**
 * Remembers what bytes stood for, so that a value met before costs no string and no parsing.
 *
 * Most columns hold the same few thousand values in millions of records. Looking one up by its bytes takes 15 ns; making
 * a string of it and looking that up in a `Map` takes 70.
 */

const INITIAL_SLOTS = 256;
/** Entries at which a cache starts over: a column with more distinct values gains nothing from it. */
const MOST_ENTRIES = 50_000;

/** Whether an entry that {@link ByteCache.find} gave was marked when it was remembered. */
export function isMarked(entry: number): boolean {
  return (entry & 1) === 1;
}

/**
 * What hashes are multiplied by for each byte. It is large, so that each byte reaches all bits above its own: with 31,
 * values made of `Aa` and `BB` had the same hash, thousands of them.
 */
export const HASH_FACTOR = 0x9e3779b1;

/** The hash of some bytes. Cutters of records compute the same on their way. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, HASH_FACTOR);
  return hash;
}

/** What a slot holds, side by side, since each jump in memory costs more than all else: hash, entry, place and length. */
const SLOT_SIZE = 4;
const ENTRY = 1;
const PLACE = 2;
const LENGTH = 3;

/** Values by bytes. */
export class ByteCache<T> {
  /** Open addressing. A slot holds its entry plus one, 0 for none; an entry is twice the place of its value, plus its mark. */
  #slots = new Int32Array(INITIAL_SLOTS * SLOT_SIZE);
  #mask = INITIAL_SLOTS - 1;
  /** The bytes of all entries, one after the other. */
  #bytes = new Uint8Array(1024);
  #length = 0;
  #values: T[] = [];
  /** For each value a number that somebody gave it, and when: see {@link numberAt}. */
  #numbers = new Uint32Array(INITIAL_SLOTS);
  #stamps = new Uint32Array(INITIAL_SLOTS);

  /** The value of these bytes, `undefined` if they were not met before. `hash` is their {@link hashBytes}. */
  get(bytes: Uint8Array, start: number, end: number, hash: number): T | undefined {
    const entry = this.find(bytes, start, end, hash);
    return entry < 0 ? undefined : this.at(entry);
  }

  /**
   * The entry of these bytes, negative if they were not met before. Whether it is marked is known without a look at its
   * value, which lies far off in memory: that look would cost as much as all the rest.
   */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * SLOT_SIZE;
      const entry = slots[at + ENTRY]! - 1;
      if (entry < 0) return entry;
      if (slots[at] !== hash || slots[at + LENGTH] !== end - start) continue;
      if (this.#equals(slots[at + PLACE]!, bytes, start, end)) return entry;
    }
  }

  /** The value of an entry that was just found. */
  at(entry: number): T {
    return this.#values[entry >> 1]!;
  }

  /** The number that an entry which was just found was given under this stamp, 0 if none. */
  numberAt(entry: number, stamp: number): number {
    return this.#stamps[entry >> 1] === stamp ? this.#numbers[entry >> 1]! : 0;
  }

  /** Gives an entry that was just found a number, which holds for one stamp, from 1. */
  setNumber(entry: number, stamp: number, number: number): void {
    this.#stamps[entry >> 1] = stamp;
    this.#numbers[entry >> 1] = number;
  }

  #equals(place: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#bytes;
    for (let i = start; i < end; i++) if (own[place++] !== bytes[i]) return false;
    return true;
  }

  /** Remembers bytes that were not met before, with or without a mark. */
  set(bytes: Uint8Array, start: number, end: number, hash: number, value: T, isMarked = false): void {
    if (this.#values.length >= MOST_ENTRIES) this.clear();
    if (this.#values.length * 2 > this.#mask) this.#grow();
    const place = this.#length;
    this.#length += end - start;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(start, end), place);
    const entry = this.#values.push(value) * 2 - 1 + (isMarked ? 1 : 0);
    if (this.#values.length > this.#stamps.length) this.#growNumbers();
    else this.#stamps[this.#values.length - 1] = 0;
    const at = this.#freeSlot(hash) * SLOT_SIZE;
    this.#slots[at] = hash;
    this.#slots[at + ENTRY] = entry;
    this.#slots[at + PLACE] = place;
    this.#slots[at + LENGTH] = end - start;
  }

  #freeSlot(hash: number): number {
    const mask = this.#mask;
    let slot = spread(hash) & mask;
    while (this.#slots[slot * SLOT_SIZE + ENTRY] !== 0) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 4);
    this.#mask = this.#slots.length / SLOT_SIZE - 1;
    for (let at = 0; at < old.length; at += SLOT_SIZE) {
      if (old[at + ENTRY] === 0) continue;
      this.#slots.set(old.subarray(at, at + SLOT_SIZE), this.#freeSlot(old[at]!) * SLOT_SIZE);
    }
  }

  #growNumbers(): void {
    const [numbers, stamps] = [this.#numbers, this.#stamps];
    this.#numbers = new Uint32Array(numbers.length * 2);
    this.#numbers.set(numbers);
    this.#stamps = new Uint32Array(stamps.length * 2);
    this.#stamps.set(stamps);
  }

  /** Forgets all, and gives the memory back. */
  clear(): void {
    this.#slots = new Int32Array(INITIAL_SLOTS * SLOT_SIZE);
    this.#mask = INITIAL_SLOTS - 1;
    this.#bytes = new Uint8Array(1024);
    this.#length = 0;
    this.#values = [];
    this.#numbers = new Uint32Array(INITIAL_SLOTS);
    this.#stamps = new Uint32Array(INITIAL_SLOTS);
  }
}

/** Mixes the high bits of a hash into the low ones, by which places in tables are chosen. */
export function spread(hash: number): number {
  return hash ^ (hash >>> 15) ^ (hash >>> 7);
}
