/** How vaccines are related, by CDC's tables of CVX codes and vaccine groups. Everything is worked out once. */
import type { Codes } from '../codes.js';

/** What two vaccines have in common. The first is seen from the second where the two differ. */
export const RELATION = {
  /** No group. */
  none: 0,
  /** All: they are one code. */
  same: 1,
  /** The code, which is in no group: skin tests, immune globulins. */
  sameUngrouped: 2,
  /** A group, and one of them or both say no more than that. */
  unspecified: 3,
  /** All groups; the products differ. */
  alike: 4,
  /** All groups of the first; the second is a combination with more of them. The first may be unspecified. */
  part: 5,
  /** All groups of the second; the first is a combination with more of them. */
  whole: 6,
  /** Some groups, and each has another one as well: DTaP-IPV-HepB and DTaP-IPV-Hib. */
  overlapping: 7,
} as const;

export type Relation = (typeof RELATION)[keyof typeof RELATION];

/** How far two records of one dose may lie apart in days, unless the group's series says otherwise. */
export const MOST_DAYS_APART = 10;

/**
 * Series with true gaps that are shorter than that, by the code of their group, and how many days two records of one dose
 * may lie apart in them. ACIP: rabies on days 0, 3, 7 and 14; Japanese encephalitis on days 0 and 7; oral typhoid every
 * other day; oral cholera after a week. The second dose of influenza comes after four weeks and that of COVID-19 after
 * three, which is no problem.
 */
const SHORT_SERIES: Readonly<Record<string, number>> = { '90': 1, '91': 1, '129': 3, '26': 3 };
/** The same by CVX code, where not all vaccines of the group are given so: hepatitis A and B in one, on days 0, 7 and 21 to 30. */
const SHORT_SCHEDULES: Readonly<Record<string, number>> = { '104': 3 };

/** A vaccine of no known code. */
export const UNKNOWN_VACCINE = -1;

const BITS = 32;

/** The vaccines of the code tables, by a number of their own, and how any two of them are related. */
export class VaccineGroups {
  readonly #numbers = new Map<string, number>();
  readonly #relations: Uint8Array;
  /** Bits of the groups of each vaccine: `#words` numbers for each. */
  readonly #groups: Uint32Array;
  readonly #words: number;
  readonly #unspecified: Uint8Array;
  readonly #daysApart: Uint8Array;

  constructor(codes: Codes) {
    const vaccines = codes.vaccines();
    /** The vaccines of each group. */
    const members = new Map<string, number[]>();
    for (const [number, { code }] of vaccines.entries()) {
      for (const group of codes.groupsOf(code)) members.set(group, [...(members.get(group) ?? []), number]);
    }
    const groups = [...members.keys()];
    this.#words = Math.max(1, Math.ceil(groups.length / BITS));
    this.#groups = new Uint32Array(vaccines.length * this.#words);
    this.#unspecified = new Uint8Array(vaccines.length);
    this.#daysApart = new Uint8Array(vaccines.length);
    for (const [number, { code, unspecified }] of vaccines.entries()) {
      this.#numbers.set(code, number);
      this.#unspecified[number] = unspecified ? 1 : 0;
      this.#daysApart[number] = SHORT_SCHEDULES[code] ?? MOST_DAYS_APART;
      for (const group of codes.groupsOf(code)) {
        const bit = groups.indexOf(group);
        this.#groups[number * this.#words + Math.floor(bit / BITS)]! |= 1 << (bit % BITS);
        this.#daysApart[number] = Math.min(this.#daysApart[number]!, SHORT_SERIES[group] ?? MOST_DAYS_APART);
      }
    }
    this.#relations = new Uint8Array(vaccines.length ** 2);
    const relate = (a: number, b: number): void => {
      this.#relations[a * vaccines.length + b] = this.#findRelation(a, b);
    };
    for (let number = 0; number < vaccines.length; number++) relate(number, number);
    // Vaccines without a common group are related to nothing.
    for (const group of members.values()) for (const a of group) for (const b of group) relate(a, b);
  }

  #findRelation(a: number, b: number): Relation {
    let shared = 0;
    let onlyA = 0;
    let onlyB = 0;
    for (let word = 0; word < this.#words; word++) {
      const ofA = this.#groups[a * this.#words + word]!;
      const ofB = this.#groups[b * this.#words + word]!;
      shared |= ofA & ofB;
      onlyA |= ofA & ~ofB;
      onlyB |= ofB & ~ofA;
    }
    if (a === b) return shared === 0 ? RELATION.sameUngrouped : RELATION.same;
    if (shared === 0) return RELATION.none;
    // The groups of an unspecified vaccine are those that it may be of.
    if (onlyA === 0 && onlyB !== 0 && !this.isUnspecified(b)) return RELATION.part;
    if (onlyB === 0 && onlyA !== 0 && !this.isUnspecified(a)) return RELATION.whole;
    if (this.isUnspecified(a) || this.isUnspecified(b)) return RELATION.unspecified;
    return onlyA === 0 ? RELATION.alike : RELATION.overlapping;
  }

  /** The number of a CVX code, {@link UNKNOWN_VACCINE} if the tables do not have it. */
  numberOf(cvx: string | null): number {
    return cvx === null ? UNKNOWN_VACCINE : (this.#numbers.get(cvx) ?? UNKNOWN_VACCINE);
  }

  /** How two vaccines are related, by their numbers. One that is not known is related to none, not even to itself. */
  relate(a: number, b: number): Relation {
    if (a < 0 || b < 0) return RELATION.none;
    return this.#relations[a * this.#unspecified.length + b] as Relation;
  }

  /** Whether the code says no more than the group. */
  isUnspecified(vaccine: number): boolean {
    return this.#unspecified[vaccine] === 1;
  }

  /** How many days two records of one dose may lie apart, of these vaccines. */
  daysApart(a: number, b: number): number {
    return Math.min(this.#daysApart[a] ?? 0, this.#daysApart[b] ?? 0);
  }

  /** How many groups a vaccine is in. */
  countGroups(vaccine: number): number {
    let count = 0;
    for (let word = 0; word < this.#words; word++) {
      for (let bits = this.#groups[vaccine * this.#words + word]!; bits !== 0; bits &= bits - 1) count++;
    }
    return count;
  }

  /** Whether each group of a vaccine is a group of one of the others. */
  isCovered(vaccine: number, others: readonly number[]): boolean {
    for (let word = 0; word < this.#words; word++) {
      let left = this.#groups[vaccine * this.#words + word]!;
      for (const other of others) left &= ~this.#groups[other * this.#words + word]!;
      if (left !== 0) return false;
    }
    return true;
  }
}
