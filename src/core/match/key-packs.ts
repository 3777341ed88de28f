/**
 * The keys by which stored patients are found, packed: sorted keys side by side with their patients.
 *
 * A pack is searched from front to back by many keys at once, so that looking for a town's patients among a country's
 * costs a reading of the packs, and looking for one costs a pack for each of its keys.
 */
import { STORED_PASSES } from './blocking.js';
import { hashText } from './keys.js';

/** Keys of one pass in their order, and the patient of each. */
export interface KeyPack {
  readonly pass: string;
  /** Sorted; equal keys by patient, each patient once. */
  readonly keys: Uint32Array;
  readonly patientIds: Uint32Array;
}

/** The keys of one pass that are looked for: sorted, each once, none of them 0. */
export interface SoughtKeys {
  readonly pass: string;
  readonly keys: Uint32Array;
}

/** Every pass has a range of 32 bits of its own, which its name decides: passes may come and go. */
const RANGES = new Map(STORED_PASSES.map(({ name }) => [name, (hashText(name) % 1_048_576) * 4_294_967_296]));

/**
 * A key of a stored pass as one number, of 52 bits, for keys that stand in rows of their own because a reviewer's decision
 * added them.
 */
export function rowKeyOf(pass: string, key: number): number {
  return RANGES.get(pass)! + (key >>> 0);
}

/** Entries of a pack: enough that reading one costs more than finding it, and few enough that small loads read little. */
export const PACK_ENTRIES = 4096;

/**
 * Packs the sorted keys of one pass. `order` has the record of each; a key of 0 is none, and so is a patient of 0.
 */
export function* packKeys(
  pass: string,
  keys: Int32Array,
  order: Uint32Array,
  patientOf: ArrayLike<number>,
): Generator<KeyPack> {
  const packed = new Uint32Array(PACK_ENTRIES);
  const patients = new Uint32Array(PACK_ENTRIES);
  let size = 0;
  const take = (): KeyPack => {
    const pack = { pass, keys: packed.slice(0, size), patientIds: patients.slice(0, size) };
    size = 0;
    return pack;
  };
  const ofKey: number[] = [];
  for (let start = 0; start < order.length; ) {
    const key = keys[start]!;
    ofKey.length = 0;
    let end = start;
    for (; end < order.length && keys[end] === key; end++) ofKey.push(patientOf[order[end]!]!);
    start = end;
    if (key === 0) continue;
    if (ofKey.length > 1) ofKey.sort((a, b) => a - b);
    // No patient has the number 0.
    let last = 0;
    for (let i = 0; i < ofKey.length; i++) {
      const patientId = ofKey[i]!;
      if (patientId === last) continue;
      last = patientId;
      packed[size] = key;
      patients[size] = patientId;
      size++;
      if (size === PACK_ENTRIES) yield take();
    }
  }
  if (size > 0) yield take();
}

/** Looks for keys of one pass in packs. */
export class KeySearch {
  readonly #sought: Uint32Array;
  readonly #uses: Uint32Array;
  /** Places of found keys among those sought, and the patients who have them. */
  readonly #places: number[] = [];
  readonly #patientIds: number[] = [];

  constructor({ keys }: SoughtKeys) {
    this.#sought = keys;
    this.#uses = new Uint32Array(keys.length);
  }

  /** Whether a key is sought that is neither less than `firstKey` nor more than `lastKey`. */
  reaches(firstKey: number, lastKey: number): boolean {
    const place = this.#placeOf(firstKey);
    return place < this.#sought.length && this.#sought[place]! <= lastKey;
  }

  /** Adds what a pack has. */
  look({ keys, patientIds }: Pick<KeyPack, 'keys' | 'patientIds'>): void {
    const sought = this.#sought;
    let place = this.#placeOf(keys[0]!);
    for (let i = 0; i < keys.length && place < sought.length; ) {
      const key = keys[i]!;
      if (sought[place]! < key) {
        place++;
      } else if (sought[place] === key) {
        this.#places.push(place);
        this.#patientIds.push(patientIds[i]!);
        this.#uses[place]!++;
        i++;
      } else {
        i++;
      }
    }
  }

  /** The patients who have one of the keys; keys that more than `mostPerKey` have in common are passed over. */
  *found(mostPerKey: number): Generator<number> {
    for (let i = 0; i < this.#places.length; i++) {
      if (this.#uses[this.#places[i]!]! <= mostPerKey) yield this.#patientIds[i]!;
    }
  }

  /** The place of the first sought key that is not less than `key`. */
  #placeOf(key: number): number {
    let low = 0;
    let high = this.#sought.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sought[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
