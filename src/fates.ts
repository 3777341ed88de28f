/** The fate of every record of a file: each gets exactly one, and they must add up. */
import { FATES, type Fate } from './core/model.js';

/** Fates that do not add up to the records: immload has lost or counted twice, and must not say it is done. */
export class ReconciliationError extends Error {
  readonly code = 'reconciliation';
  constructor(file: string, detail: string) {
    super(`${file}: ${detail}; this is a fault of immload, please report it`);
    this.name = 'ReconciliationError';
  }
}

/** Stands for no fate where they are written. */
const ZERO = '0'.charCodeAt(0);
const DUPLICATE = FATES.indexOf('duplicate') + 1;

/** The fates of one file's records, one byte each. */
export class FateLedger {
  readonly #file: string;
  /** Index of the fate in {@link FATES} plus one, by record number; 0 while a record has none. */
  #fates = new Uint8Array(1024);
  readonly #counts: Record<Fate, number> = { loaded: 0, merged: 0, duplicate: 0, rejected: 0, skipped: 0 };

  constructor(file: string) {
    this.#file = file;
  }

  /** @throws ReconciliationError when the record has a fate already */
  set(record: number, fate: Fate): void {
    if (record >= this.#fates.length) {
      const larger = new Uint8Array(Math.max(record + 1, this.#fates.length * 2));
      larger.set(this.#fates);
      this.#fates = larger;
    }
    if (this.#fates[record] !== 0) throw new ReconciliationError(this.#file, `record ${record} has two fates`);
    this.#fates[record] = FATES.indexOf(fate) + 1;
    this.#counts[fate]++;
  }

  /**
   * Sets the fate of a record of which several things may become something: the patient and each dose. The best of them
   * is the record's fate, unless it was rejected.
   */
  raise(record: number, fate: 'loaded' | 'merged' | 'duplicate'): void {
    const before = this.get(record);
    if (before === null) this.set(record, fate);
    else if (before !== 'rejected' && FATES.indexOf(fate) < FATES.indexOf(before)) this.#replace(record, before, fate);
  }

  /** Rejects a record whatever was to become of it, such as one whose patient is loaded and whose dose cannot be. */
  reject(record: number): void {
    const before = this.get(record);
    if (before === null) this.set(record, 'rejected');
    else this.#replace(record, before, 'rejected');
  }

  #replace(record: number, before: Fate, after: Fate): void {
    this.#fates[record] = FATES.indexOf(after) + 1;
    this.#counts[before]--;
    this.#counts[after]++;
  }

  /** The last record that has a fate, 0 where none has. */
  get last(): number {
    return Math.max(
      this.#fates.findLastIndex((fate) => fate !== 0),
      0,
    );
  }

  /**
   * The fates as a text, a digit for each record. Those that were left out because they are loaded already, 1 by the number of
   * each, are duplicates there: whoever reads it needs not look for the run that loaded them.
   */
  write(leftOut: Uint8Array | null): string {
    const fateOf = (fate: number, i: number): number => (leftOut?.[i + 1] === 1 ? DUPLICATE : fate);
    return Buffer.from(this.#fates.subarray(1, this.last + 1).map((fate, i) => ZERO + fateOf(fate, i))).toString(
      'latin1',
    );
  }

  /** Fates that were written. */
  static read(file: string, text: string): FateLedger {
    const ledger = new FateLedger(file);
    for (let i = 0; i < text.length; i++) ledger.set(i + 1, FATES[text.charCodeAt(i) - ZERO - 1]!);
    return ledger;
  }

  /** The fate of a record, `null` while it has none. */
  get(record: number): Fate | null {
    const fate = this.#fates[record] ?? 0;
    return fate === 0 ? null : FATES[fate - 1]!;
  }

  get counts(): Readonly<Record<Fate, number>> {
    return this.#counts;
  }

  /** @throws ReconciliationError unless records 1 to `records` have a fate, and no others */
  requireComplete(records: number): void {
    const sum = FATES.reduce((total, fate) => total + this.#counts[fate], 0);
    if (sum !== records)
      throw new ReconciliationError(this.#file, `${records} records were read and ${sum} have a fate`);
    for (let record = 1; record <= records; record++) {
      if (this.#fates[record] === 0) throw new ReconciliationError(this.#file, `record ${record} has no fate`);
    }
  }
}
