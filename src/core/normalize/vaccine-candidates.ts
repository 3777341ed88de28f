/** Which vaccines an unknown text may stand for: suggestions for a person, never applied. */
import type { Codes } from '../codes.js';
import { distanceBetween } from '../nearest.js';
import { countLetters, type LetterCounts, leastDistance, nameKey } from '../vaccine-names.js';
import { essenceOf } from './vaccine-name.js';

/** A vaccine, by the name of it that is most like the text. */
export interface VaccineCandidate {
  readonly cvx: string;
  readonly name: string;
  /** From 0 to 1: how much of the letters or words are the same. */
  readonly score: number;
}

/** Less is chance. */
const LEAST_SCORE = 0.55;
/** More of them help nobody. */
const MOST_CANDIDATES = 3;

/** A name of the tables, and its words. */
interface ComparedName {
  readonly name: string;
  readonly key: string;
  readonly letters: LetterCounts;
  readonly words: ReadonlySet<string>;
}

/** Compares texts with the names of all vaccines. */
export class CandidateFinder {
  readonly #codes: Codes;
  readonly #names: readonly ComparedName[];
  /** How much a word tells: the fewer names have it, the more. */
  readonly #weights = new Map<string, number>();

  constructor(codes: Codes) {
    this.#codes = codes;
    this.#names = [...codes.names.all()].map((name) => {
      const key = nameKey(name);
      return { name, key, letters: countLetters(key), words: wordsOf(name) };
    });
    for (const { words } of this.#names) {
      for (const word of words) this.#weights.set(word, (this.#weights.get(word) ?? 0) + 1);
    }
    for (const [word, count] of this.#weights) this.#weights.set(word, Math.log(1 + this.#names.length / count));
  }

  /** The vaccines that are most like a text, best first; `[]` if none is. */
  find(text: string): readonly VaccineCandidate[] {
    const essence = essenceOf(text, this.#codes);
    const key = nameKey(essence);
    const own = { name: text, key, letters: countLetters(key), words: wordsOf(essence) };
    const best = new Map<string, VaccineCandidate>();
    if (!/\p{L}{2}/u.test(key)) return [];
    for (const known of this.#names) {
      const score = Math.round(Math.max(sameLetters(own, known), this.#sameWords(own.words, known.words)) * 100) / 100;
      if (score < LEAST_SCORE) continue;
      for (const { cvx } of this.#codes.names.meaningsOf(known.name)) {
        const before = best.get(cvx);
        if (before === undefined || before.score < score) best.set(cvx, { cvx, name: known.name, score });
      }
    }
    const sorted = [...best.values()].sort((a, b) => b.score - a.score || (a.cvx < b.cvx ? -1 : 1));
    return sorted.slice(0, MOST_CANDIDATES);
  }

  /** The share of the words that both have, each by what it tells. */
  #sameWords(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
    let both = 0;
    let all = 0;
    for (const word of a) {
      const weight = this.#weights.get(word) ?? this.#unknownWeight;
      all += weight;
      if (b.has(word)) both += weight;
    }
    if (both === 0) return 0;
    for (const word of b) if (!a.has(word)) all += this.#weights.get(word)!;
    return both / all;
  }

  /** A word that no name has tells as much as one that a single name has. */
  get #unknownWeight(): number {
    return Math.log(1 + this.#names.length);
  }
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toUpperCase().match(/\p{L}+|\d+/gu) ?? []);
}

/** The share of the letters that are the same and in the same order. */
function sameLetters(a: ComparedName, b: ComparedName): number {
  const longest = Math.max(a.key.length, b.key.length);
  const most = Math.floor(longest * (1 - LEAST_SCORE));
  if (leastDistance(a.letters, b.letters) > most) return 0;
  return Math.max(0, 1 - distanceBetween(a.key, b.key, most) / longest);
}
