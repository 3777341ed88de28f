/** What the names of vaccines stand for: names of the code tables, trade names, other names, and on which days. */
import type { Codes } from './codes.js';
import type { IsoDate } from './model.js';
import { distanceBetween } from './nearest.js';

/** A time, both days included; `null` where it has no beginning or no end. */
export interface Period {
  readonly from: string | null;
  readonly until: string | null;
}

/** What a name or a CPT code stands for, and when. */
export interface Meaning extends Period {
  readonly cvx: string;
  /** Whether it is a trade name, and so stands for what was really given. */
  readonly isTradeName: boolean;
  /** The codes that a name leaves open besides its own, where those are not all of its group's; `null` where nobody said. */
  readonly covers: readonly string[] | null;
}

/** The form in which names of vaccines and makers are compared: letters and digits, in upper case. */
export function nameKey(name: string): string {
  const upper = name.toUpperCase();
  if (KEY.test(upper)) return upper;
  return BEYOND_ASCII.test(upper) ? upper.replace(/[^\p{L}\d]+/gu, '') : upper.replace(/[^A-Z\d]+/g, '');
}

const KEY = /^[A-Z\d]*$/;
// Classes of Unicode take several times as long as ranges.
const BEYOND_ASCII = /[^\x00-\x7f]/;

/**
 * What stands between several names in one cell, and what stands there within a name alone: `Td (adult)`. A hyphen, a slash
 * and a blank are no such signs: `DTaP-IPV/Hib` is one vaccine.
 */
export const DIVIDERS = /[,;|+&()[\]{}\r\n\t]+/;

/** How a name is divided, with its letters and digits. */
function divisionOf(name: string): string {
  const parts = name
    .toUpperCase()
    .replace(/\bAND\b/g, ',')
    .split(DIVIDERS);
  return parts
    .map(nameKey)
    .filter((part) => part !== '')
    .join();
}

/** Whether a period has the day. Of an unknown day only a time without beginning and end is sure to have it. */
export function holdsOn({ from, until }: Period, day: string | null): boolean {
  if (day === null) return from === null && until === null;
  return (from === null || from <= day) && (until === null || day <= until);
}

/** The days on which something else begins to hold, ascending. */
export function turningDays(periods: Iterable<Period>): IsoDate[] {
  const days = new Set<string>();
  for (const { from, until } of periods) {
    if (from !== null) days.add(from);
    if (until !== null) days.add(dayAfter(until));
  }
  return [...days].sort() as IsoDate[];
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

/** Names that differ by so many letters are near, by the length of the name: a slip of the finger or two. */
function mostSlips(length: number): number {
  return length < 4 ? 0 : length < 7 ? 1 : 2;
}

/** Fewer letters begin too many names. */
const SHORTEST_BEGINNING = 5;
/** More suggestions are none. */
const MOST_NEAR = 3;

/** A name's key, the name as it is written, and how often it has each letter. */
interface KnownName {
  readonly key: string;
  readonly name: string;
  readonly letters: LetterCounts;
  readonly kinds: number;
}

/** The names of all vaccines. Two spellings of letters and digits alone are one name. */
export class VaccineNames {
  readonly #meanings = new Map<string, Meaning[]>();
  readonly #written = new Map<string, string>();
  /** How the names with a comma and the like are divided. */
  readonly #divisions = new Set<string>();
  readonly #byLength = new Map<number, KnownName[]>();
  /** All keys in their order, to find those with the same beginning. */
  readonly #sorted: readonly string[];

  constructor(codes: Codes) {
    const always = { from: null, until: null, covers: null };
    for (const { code, short_name, full_name } of codes.rows('cvx')) {
      for (const name of [short_name, full_name]) this.#add(name!, { cvx: code!, isTradeName: false, ...always });
    }
    for (const { product_name, cvx } of codes.vaccineRows('product')) {
      this.#add(product_name!, { cvx: cvx!, isTradeName: true, ...always });
    }
    const groups = [...codes.rows('vaccine_group')].filter(
      ({ group_name, group_cvx }) => !this.has(group_name!) && codes.cvx(group_cvx!) !== undefined,
    );
    for (const { group_name, group_cvx } of groups) {
      this.#add(group_name!, { cvx: group_cvx!, isTradeName: false, ...always });
    }
    // An alias says more than a table's own name: on which days it stands for what, or that it leaves something open.
    const aliases = [...codes.vaccineRows('vaccine_alias')];
    for (const { alias } of aliases) this.#meanings.delete(nameKey(alias!));
    for (const { alias, cvx, from, until, kind, covers } of aliases) {
      const period = { from: from || null, until: until || null };
      this.#add(alias!, {
        cvx: cvx!,
        isTradeName: kind === 'trade',
        ...period,
        covers: covers ? covers.split(' ') : null,
      });
    }
    for (const [key, name] of this.#written) {
      const letters = countLetters(key);
      const known = { key, name, letters, kinds: kindsOf(letters) };
      this.#byLength.set(key.length, [...(this.#byLength.get(key.length) ?? []), known]);
    }
    this.#sorted = [...this.#written.keys()].sort();
  }

  #add(name: string, meaning: Meaning): void {
    const key = nameKey(name);
    if (key === '') return;
    if (!this.#written.has(key)) this.#written.set(key, name);
    if (DIVIDERS.test(name) || /\bAND\b/i.test(name)) this.#divisions.add(divisionOf(name));
    const meanings = this.#meanings.get(key) ?? [];
    const same = meanings.find(({ cvx, from }) => cvx === meaning.cvx && from === meaning.from);
    if (same === undefined) this.#meanings.set(key, [...meanings, meaning]);
  }

  has(name: string): boolean {
    return this.#meanings.has(nameKey(name));
  }

  /** What a name stands for, `[]` if nobody knows. */
  meaningsOf(name: string): readonly Meaning[] {
    return this.meaningsOfKey(nameKey(name));
  }

  /** What a name stands for, by its key. */
  meaningsOfKey(key: string): readonly Meaning[] {
    return this.#meanings.get(key) ?? NO_MEANINGS;
  }

  /** Whether a text with a comma and the like is divided as one of the names is. */
  isDividedAsName(text: string): boolean {
    return this.#divisions.has(divisionOf(text));
  }

  /** All names as they are written, each once. */
  all(): Iterable<string> {
    return this.#written.values();
  }

  /**
   * Names that were perhaps meant: those with the fewest slips of the finger, or else those that the text begins, as when
   * it was cut. `[]` if none is near, or too many are.
   */
  nearestTo(name: string): readonly string[] {
    const key = nameKey(name);
    const slips = this.#slipsOf(key);
    if (slips.length > 0) return slips.length > MOST_NEAR ? [] : slips;
    if (key.length < SHORTEST_BEGINNING) return [];
    const begun = this.#begunBy(key);
    return begun.length > MOST_NEAR ? [] : begun;
  }

  /** Names that begin with a key: all of them, or one more than would be told. */
  #begunBy(key: string): string[] {
    let low = 0;
    for (let high = this.#sorted.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle]! < key) low = middle + 1;
      else high = middle;
    }
    const begun = this.#sorted.slice(low, low + MOST_NEAR + 1).filter((each) => each.startsWith(key));
    return begun.map((each) => this.#written.get(each)!);
  }

  #slipsOf(key: string): string[] {
    let best = mostSlips(key.length);
    let found: string[] = [];
    if (best === 0) return found;
    const letters = countLetters(key);
    const kinds = kindsOf(letters);
    for (let length = key.length - best; length <= key.length + best; length++) {
      for (const known of this.#byLength.get(length) ?? []) {
        // Each letter that only one of the two has is a slip.
        if (isMoreThan(best, kinds & ~known.kinds) || isMoreThan(best, known.kinds & ~kinds)) continue;
        if (leastDistance(letters, known.letters) > best) continue;
        const distance = distanceBetween(key, known.key, best);
        if (distance > best) continue;
        if (distance < best) found = [];
        best = distance;
        found.push(known.name);
      }
    }
    return found;
  }
}

const NO_MEANINGS: readonly Meaning[] = [];

/** How often a text has each letter of the Latin alphabet, each digit, and anything else; then its length. */
export type LetterCounts = Uint16Array;

const KINDS = 37;

/** Counts the letters of a key. */
export function countLetters(key: string): LetterCounts {
  const counts = new Uint16Array(KINDS + 1);
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    const isLetter = code >= 0x41 && code <= 0x5a;
    counts[isLetter ? code - 0x41 : code >= 0x30 && code <= 0x39 ? code - 0x30 + 26 : KINDS - 1]!++;
  }
  counts[KINDS] = key.length;
  return counts;
}

/** Which letters a text has, as bits; digits and others that share one count as one. */
function kindsOf(letters: LetterCounts): number {
  let kinds = 0;
  for (let kind = 0; kind < KINDS; kind++) if (letters[kind]! > 0) kinds |= 1 << (kind & 31);
  return kinds;
}

/** Whether more than so many bits are set. */
function isMoreThan(most: number, bits: number): boolean {
  let rest = bits;
  for (let count = 0; count < most && rest !== 0; count++) rest &= rest - 1;
  return rest !== 0;
}

/** What the distance of two words is at least, whatever the order of their letters. */
export function leastDistance(a: LetterCounts, b: LetterCounts): number {
  let common = 0;
  for (let kind = 0; kind < KINDS; kind++) common += Math.min(a[kind]!, b[kind]!);
  return Math.max(a[KINDS]!, b[KINDS]!) - common;
}
