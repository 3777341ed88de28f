/** What stands for each word of a report: the same for the same, different for different, and never a word of the report. */
import { foldKey, replaceEach } from './alike.js';

/** Random bytes that depend on a secret and the label alone. */
export type SecretBytes = (label: string, count: number) => Uint8Array;

/** Shorter words say nothing by themselves, and cannot always be avoided. */
const SHORTEST_AVOIDED = 3;
/** Longer parts of words are not compared with what is avoided. */
const LONGEST_AVOIDED = 12;
/** So many are tried that hold no word of the report; after that, so many that are none. */
const STRICT_TRIES = 48;
const MOST_TRIES = 64;

export class SyntheticWords {
  readonly #secret: SecretBytes;
  /** Words that are replaced, without case. */
  readonly #originals = new Set<string>();
  readonly #attempts = new Map<string, number>();
  readonly #made = new Map<string, Uint8Array>();
  /** What stands for which word. */
  readonly #taken = new Map<string, string>();

  constructor(secret: SecretBytes) {
    this.#secret = secret;
  }

  /** Takes a word that must not be found in the report. All must be known before the first is replaced. */
  avoid(word: string): void {
    const key = foldKey(word);
    if (key.length >= SHORTEST_AVOIDED) this.#originals.add(key);
  }

  /** What stands for a word, in its shape. Words that differ in case or punctuation alone have one. */
  replace(word: string): string {
    const key = foldKey(word);
    return key === '' ? word : replaceEach(word, this.#bytesOf(key));
  }

  /** Takes something else for a word from now on. */
  change(word: string): void {
    const key = foldKey(word);
    if (key === '') return;
    const made = this.#made.get(key);
    if (made !== undefined) this.#taken.delete(foldKey(replaceEach(key, made)));
    this.#made.delete(key);
    this.#attempts.set(key, (this.#attempts.get(key) ?? 0) + MOST_TRIES);
  }

  #bytesOf(key: string): Uint8Array {
    let bytes = this.#made.get(key);
    if (bytes !== undefined) return bytes;
    const from = this.#attempts.get(key) ?? 0;
    // A character of several bytes counts once here, and needs one number.
    const count = [...key].length;
    for (let tries = 0; ; tries++) {
      bytes = this.#secret(`word ${from + tries} ${key}`, count);
      const word = foldKey(replaceEach(key, bytes));
      const isFree = (this.#taken.get(word) ?? key) === key;
      if (tries >= MOST_TRIES || (isFree && !this.#isAvoided(word, tries < STRICT_TRIES))) {
        this.#taken.set(word, key);
        break;
      }
    }
    this.#made.set(key, bytes);
    return bytes;
  }

  /** Whether a word is one of the report, or `strict`ly, holds one. */
  #isAvoided(word: string, strict: boolean): boolean {
    if (!strict) return this.#originals.has(word);
    for (let start = 0; start + SHORTEST_AVOIDED <= word.length; start++) {
      const last = Math.min(word.length, start + LONGEST_AVOIDED);
      for (let end = start + SHORTEST_AVOIDED; end <= last; end++) {
        if (this.#originals.has(word.slice(start, end))) return true;
      }
    }
    return this.#originals.has(word);
  }
}
