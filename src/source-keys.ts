/** Senders' keys of patients by number, outside the heap: doses are linked by them long after the patients were written. */
import type { LinkedPatient } from './db/store.js';
import { PackedRows } from './packed-rows.js';

const FIRST_ROOM = 1024;

/** Distinct keys, numbered from 0 in the order in which they came. They are whole texts, as decoded files are: no half of a pair. */
export class SourceKeys {
  readonly #texts = new PackedRows();
  /** The number of a key, plus one, where its hash leads, or in the next free place behind; 0 is free. A power of two. */
  #places = new Int32Array(FIRST_ROOM);
  /** By number. */
  #hashes = new Int32Array(FIRST_ROOM / 2);

  get size(): number {
    return this.#texts.length;
  }

  /** The number of a key, a new one if it has none yet. */
  numberOf(key: string): number {
    const hash = hashOf(key);
    const place = this.#placeOf(key, hash);
    const found = this.#places[place]!;
    if (found !== 0) return found - 1;
    const number = this.#texts.length;
    this.#texts.push(key);
    this.#places[place] = number + 1;
    this.#hashes[number] = hash;
    if ((number + 1) * 2 === this.#places.length) this.#grow();
    return number;
  }

  /** The number of a key, -1 if it has none. */
  find(key: string): number {
    return this.#places[this.#placeOf(key, hashOf(key))]! - 1;
  }

  /** The key of a number. */
  at(number: number): string {
    return this.#texts.at(number);
  }

  #placeOf(key: string, hash: number): number {
    const last = this.#places.length - 1;
    for (let place = hash & last; ; place = (place + 1) & last) {
      const found = this.#places[place]!;
      if (found === 0 || (this.#hashes[found - 1] === hash && this.#texts.at(found - 1) === key)) return place;
    }
  }

  #grow(): void {
    const places = new Int32Array(this.#places.length * 2);
    const last = places.length - 1;
    for (let number = 0; number < this.size; number++) {
      let place = this.#hashes[number]! & last;
      while (places[place] !== 0) place = (place + 1) & last;
      places[place] = number + 1;
    }
    const hashes = new Int32Array(this.#places.length);
    hashes.set(this.#hashes);
    this.#places = places;
    this.#hashes = hashes;
  }
}

/** Thirty-two bits of a key, mixed well: ids are most often numbers one after the other. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** Why the doses of a patient cannot be loaded: its record was rejected, or its id stands for several persons. */
export type NoPatient = 'rejected' | 'conflict';

/** In the place of a patient's id. */
const NO_PATIENT: Readonly<Record<NoPatient, number>> = { rejected: -1, conflict: -2 };

/** What each sender's key leads to: a patient, or none. */
export class SourceLinks {
  readonly #keys: SourceKeys;
  /** By the number of the key; 0 where nothing is known. */
  #patientIds = new Int32Array(FIRST_ROOM);
  /** The numbers of dates among those of {@link #dates}. */
  #births = new Int32Array(FIRST_ROOM);
  #deaths = new Int32Array(FIRST_ROOM);
  readonly #dates: (string | null)[] = [null];
  readonly #numbers = new Map<string | null, number>([[null, 0]]);

  constructor(keys: SourceKeys) {
    this.#keys = keys;
  }

  /** What a key leads to, `undefined` where it is not known. */
  get(key: string): LinkedPatient | NoPatient | undefined {
    const number = this.#keys.find(key);
    const patientId = this.#patientIds[number] ?? 0;
    if (patientId === 0) return undefined;
    if (patientId === NO_PATIENT.rejected) return 'rejected';
    if (patientId === NO_PATIENT.conflict) return 'conflict';
    const [birthDate, deathDate] = [this.#dates[this.#births[number]!]!, this.#dates[this.#deaths[number]!]!];
    return { patientId, birthDate, deathDate };
  }

  /** Says what a key leads to. */
  set(key: string, link: LinkedPatient | NoPatient): void {
    this.setAt(this.#keys.numberOf(key), link);
  }

  /** Says what the key of a number leads to. */
  setAt(number: number, link: LinkedPatient | NoPatient): void {
    if (number >= this.#patientIds.length) this.#grow(number);
    const isPatient = typeof link === 'object';
    this.#patientIds[number] = isPatient ? link.patientId : NO_PATIENT[link];
    this.#births[number] = isPatient ? this.#numberOf(link.birthDate) : 0;
    this.#deaths[number] = isPatient ? this.#numberOf(link.deathDate) : 0;
  }

  /** The keys that lead somewhere. */
  *keys(): Generator<string> {
    for (let number = 0; number < this.#keys.size; number++) {
      if ((this.#patientIds[number] ?? 0) !== 0) yield this.#keys.at(number);
    }
  }

  #numberOf(date: string | null): number {
    let number = this.#numbers.get(date);
    if (number === undefined) {
      number = this.#dates.push(date) - 1;
      this.#numbers.set(date, number);
    }
    return number;
  }

  #grow(number: number): void {
    const room = Math.max(number + 1, this.#patientIds.length * 2);
    const grown = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(room);
      to.set(from);
      return to;
    };
    this.#patientIds = grown(this.#patientIds);
    this.#births = grown(this.#births);
    this.#deaths = grown(this.#deaths);
  }
}
