/**
 * The keys by which stored patients are found, packed: sorted keys side by side with their patients.
 *
 * A pack is searched from front to back by many keys at once, so that looking for a town's patients among a country's
 * costs a reading of the packs, and looking for one costs a pack for each of its keys.
 */
import { BIRTH_PARTS, haveEqualPart, STORED_PASSES, sharePart } from './blocking.js';
import { hashText } from './keys.js';

/** Keys of one pass in their order, and the patient of each. */
export interface KeyPack {
  readonly pass: string;
  /** Sorted; equal keys by patient, each patient once, or once with each of its birth dates. */
  readonly keys: Uint32Array;
  readonly patientIds: Uint32Array;
  /** The birth date of each, as yyyymmdd, of a pass that wants it; else `null`. */
  readonly births: Uint32Array | null;
}

/** The keys of one pass that are looked for: sorted, none of them 0; each once, or once with each birth date. */
export interface SoughtKeys {
  readonly pass: string;
  readonly keys: Uint32Array;
  /** The birth date that each is looked for with; `null` where the key alone counts. */
  readonly births: Uint32Array | null;
  /** A key that more patients have in common tells nothing. */
  readonly mostPerKey: number;
}

/** Every pass has a range of 32 bits of its own, which its name decides: passes may come and go. */
const RANGES = new Map(STORED_PASSES.map(({ name }) => [name, (hashText(name) % 1_048_576) * 4_294_967_296]));

/**
 * The keys under which a record stands in rows of its own, as numbers of 52 bits: where a reviewer's decision or the undoing of
 * a run has changed what a patient is made of. Of a pass that wants the birth date (yyyymmdd, else `null`) there is one for
 * each part of it; none for a key or a birth date of 0.
 */
export function rowKeysOf(pass: string, key: number, birth: number | null): number[] {
  const range = RANGES.get(pass)!;
  if (key === 0 || birth === 0) return [];
  if (birth === null) return [range + (key >>> 0)];
  return BIRTH_PARTS.map((partOf, part) => range + (hashText(`${key >>> 0} ${part} ${partOf(birth)}`) % 4_294_967_296));
}

/** Entries of a pack: enough that reading one costs more than finding it, and few enough that small loads read little. */
export const PACK_ENTRIES = 4096;

/**
 * Packs the sorted keys of one pass. `order` has the record of each, and `birthOf` the birth date of each record where the pass
 * wants it; a key of 0 is none, and so are a patient and a birth date of 0.
 */
export function* packKeys(
  pass: string,
  keys: Int32Array,
  order: Uint32Array,
  patientOf: ArrayLike<number>,
  birthOf: ArrayLike<number> | null = null,
): Generator<KeyPack> {
  const packed = new Uint32Array(PACK_ENTRIES);
  const patients = new Uint32Array(PACK_ENTRIES);
  const births = new Uint32Array(PACK_ENTRIES);
  let size = 0;
  const take = (): KeyPack => {
    const pack = {
      pass,
      keys: packed.slice(0, size),
      patientIds: patients.slice(0, size),
      births: birthOf === null ? null : births.slice(0, size),
    };
    size = 0;
    return pack;
  };
  const birthAt = (record: number): number => (birthOf === null ? 0 : birthOf[record]!);
  const inOrder = (a: number, b: number): number => patientOf[a]! - patientOf[b]! || birthAt(a) - birthAt(b);
  const ofKey: number[] = [];
  for (let start = 0; start < order.length; ) {
    const key = keys[start]!;
    ofKey.length = 0;
    let end = start;
    for (; end < order.length && keys[end] === key; end++) ofKey.push(order[end]!);
    start = end;
    if (key === 0) continue;
    if (ofKey.length > 1) ofKey.sort(inOrder);
    // No patient has the number 0.
    let [lastPatient, lastBirth] = [0, 0];
    for (let i = 0; i < ofKey.length; i++) {
      const patientId = patientOf[ofKey[i]!]!;
      const birth = birthAt(ofKey[i]!);
      if ((patientId === lastPatient && birth === lastBirth) || patientId === 0) continue;
      if (birthOf !== null && birth === 0) continue;
      lastPatient = patientId;
      lastBirth = birth;
      packed[size] = key;
      patients[size] = patientId;
      births[size] = birth;
      size++;
      if (size === PACK_ENTRIES) yield take();
    }
  }
  if (size > 0) yield take();
}

/** Looks for keys of one pass in packs. */
export class KeySearch {
  readonly #sought: Uint32Array;
  readonly #births: Uint32Array | null;
  readonly #mostPerKey: number;
  /** By place among the keys that are sought: what was found, at times the same patient in several packs. */
  readonly #uses: Uint32Array;
  /** Places of found keys among those sought, the patients who have them, and their birth dates. */
  readonly #places: number[] = [];
  readonly #patientIds: number[] = [];
  readonly #found: number[] = [];

  constructor({ keys, births, mostPerKey }: SoughtKeys) {
    this.#sought = keys;
    this.#births = births;
    this.#mostPerKey = mostPerKey;
    this.#uses = new Uint32Array(keys.length);
  }

  /** Whether a key is sought that is neither less than `firstKey` nor more than `lastKey`. */
  reaches(firstKey: number, lastKey: number): boolean {
    const place = this.#placeOf(firstKey);
    return place < this.#sought.length && this.#sought[place]! <= lastKey;
  }

  /**
   * Adds what a pack has.
   *
   * @throws Error if birth dates are sought and the pack has none, or the other way round
   */
  look({ keys, patientIds, births }: Omit<KeyPack, 'pass'>): void {
    if ((births === null) !== (this.#births === null)) throw new Error('a pack of another kind than what is sought');
    const sought = this.#sought;
    let place = this.#placeOf(keys[0]!);
    for (let i = 0; i < keys.length && place < sought.length; ) {
      const key = keys[i]!;
      if (sought[place]! < key) {
        place++;
      } else {
        for (let at = place; at < sought.length && sought[at] === key; at++) {
          if (births !== null && !sharePart(this.#births![at]!, births[i]!)) continue;
          this.#places.push(at);
          this.#patientIds.push(patientIds[i]!);
          if (births !== null) this.#found.push(births[i]!);
          this.#uses[at]!++;
        }
        i++;
      }
    }
  }

  /** The patients who have one of the keys; keys that too many have in common are passed over. */
  *found(): Generator<number> {
    const tooMany = this.#findTooMany();
    for (let i = 0; i < this.#places.length; i++) {
      if (!tooMany.has(this.#places[i]!)) yield this.#patientIds[i]!;
    }
  }

  /** The places that too many patients have: of those who share any one part of the birth date, where that counts. */
  #findTooMany(): Set<number> {
    const patients = new Map<number, Set<number>[]>();
    for (let i = 0; i < this.#places.length; i++) {
      const place = this.#places[i]!;
      if (this.#uses[place]! <= this.#mostPerKey) continue;
      let byPart = patients.get(place);
      if (byPart === undefined) {
        byPart = Array.from({ length: this.#births === null ? 1 : BIRTH_PARTS.length }, () => new Set<number>());
        patients.set(place, byPart);
      }
      for (const [part, own] of byPart.entries()) {
        const isCounted = this.#births === null || haveEqualPart(part, this.#births[place]!, this.#found[i]!);
        if (isCounted) own.add(this.#patientIds[i]!);
      }
    }
    const tooMany = new Set<number>();
    for (const [place, byPart] of patients) {
      if (byPart.some(({ size }) => size > this.#mostPerKey)) tooMany.add(place);
    }
    return tooMany;
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
