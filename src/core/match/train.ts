/**
 * Learns a model from the records themselves, without answers: Fellegi and Sunter's weights by expectation maximization.
 *
 * How often a field agrees between two persons (u) is counted on random pairs; how often it agrees between two records of
 * one person (m) is learned from the candidates. All other pairs count as different.
 */
import { forEachCandidate } from './blocking.js';
import {
  AT,
  COMPARED,
  COMPARED_FIELDS,
  Comparer,
  type Comparison,
  createComparison,
  DISAGREE,
  type Population,
} from './comparison.js';
import type { PeopleSet } from './people.js';
import type { MatchModel } from './weights.js';

const ROUNDS = 25;
const RANDOM_PAIRS = 400_000;
/** Left to itself, learning finds households: it comes to hold that a third of all persons change their first names. */
const MOST_FIRST_DISAGREE = 0.06;
/** No share is taken to be less than that: what was never seen is not impossible. */
const LEAST_SHARE = 1e-4;
const LEAST_M = 2e-3;

const LEVELS = COMPARED_FIELDS.map((field) => COMPARED[field].length + 1);

/** Distinct comparisons and how often each occurs. */
class Tally {
  readonly #numbers = new Map<number, number>();
  readonly levels: number[][] = [];
  readonly counts: number[] = [];

  add(levels: Comparison): void {
    let key = 0;
    for (let field = 0; field < levels.length; field++) key = key * LEVELS[field]! + levels[field]!;
    const number = this.#numbers.get(key);
    if (number !== undefined) this.counts[number]!++;
    else {
      this.#numbers.set(key, this.counts.length);
      this.levels.push([...levels]);
      this.counts.push(1);
    }
  }
}

/** A model whose weights come from the records. The order of the records makes no difference. */
export function trainModel(people: PeopleSet, population?: Population): MatchModel {
  const comparer = new Comparer(people, population);
  const levels = createComparison();
  const candidates = new Tally();
  forEachCandidate(people, 'trained', (a, b) => {
    comparer.compare(a, b, levels);
    candidates.add(levels);
  });
  const u = countRandomPairs(people, comparer);
  const { size } = people;
  const pairs = Math.max(1, (size * (size - 1)) / 2);
  let m = u.map((shares, field) => firstGuess(shares, field));
  let share = Math.min(0.5, (size * 0.2) / pairs);
  for (let round = 0; round < ROUNDS; round++) {
    const sums = LEVELS.map((count) => new Array<number>(count).fill(0));
    let matches = 0;
    for (let i = 0; i < candidates.counts.length; i++) {
      const own = candidates.levels[i]!;
      let odds = share / (1 - share);
      for (let field = 0; field < own.length; field++) {
        const level = own[field]!;
        if (level > 0) odds *= m[field]![level]! / u[field]![level]!;
      }
      const expected = (odds / (1 + odds)) * candidates.counts[i]!;
      matches += expected;
      for (let field = 0; field < own.length; field++) sums[field]![own[field]!]! += expected;
    }
    m = sums.map(toShares);
    limitFirstNames(m[AT.first]!);
    share = Math.min(0.5, Math.max(matches, 0.5) / pairs);
  }
  return {
    id: 'trained',
    weights: m.map((shares, field) =>
      shares.map((own, level) => (level === 0 ? 0 : Math.log2(own / u[field]![level]!))),
    ),
    prior: Math.log2(share / (1 - share)),
    forHouseholds: false,
  };
}

/** Before anything is learned: records of one person mostly agree. */
function firstGuess(shares: readonly number[], field: number): number[] {
  const most = LEVELS[field]! - 1;
  const equal = (COMPARED[COMPARED_FIELDS[field]!] as readonly string[]).indexOf('equal') + 1;
  const rest = 0.2 / Math.max(1, most - 1);
  return shares.map((_, level) => (level === 0 ? 0 : level === equal ? 0.8 : rest));
}

/** The share of each level among those known. */
function toShares(sums: readonly number[]): number[] {
  const known = sums.reduce((sum, value, level) => (level === 0 ? sum : sum + value), 0);
  return sums.map((value, level) => (level === 0 ? 0 : Math.max(LEAST_M, (value + 0.01) / (known + 0.05))));
}

function limitFirstNames(shares: number[]): void {
  shares[DISAGREE] = Math.min(shares[DISAGREE]!, MOST_FIRST_DISAGREE);
}

/** How often each level occurs between records taken at random. */
function countRandomPairs(people: PeopleSet, comparer: Comparer): number[][] {
  const { size } = people;
  const { hash } = people.integers;
  // In the order of what they say: the records' own order must make no difference.
  const order = Array.from({ length: size }, (_, i) => i).sort((a, b) => hash[a]! - hash[b]!);
  const sums = LEVELS.map((count) => new Array<number>(count).fill(0));
  const levels = createComparison();
  const wanted = Math.min(RANDOM_PAIRS, (size * (size - 1)) / 2);
  for (let distance = 1, made = 0; made < wanted && distance < size; distance++) {
    for (let i = 0; i + distance < size && made < wanted; i++, made++) {
      comparer.compare(order[i]!, order[i + distance]!, levels);
      for (let field = 0; field < levels.length; field++) sums[field]![levels[field]!]!++;
    }
  }
  return sums.map((counts) => {
    const known = counts.reduce((sum, value, level) => (level === 0 ? sum : sum + value), 0);
    return counts.map((value, level) => (level === 0 ? 0 : Math.max(LEAST_SHARE, (value + 0.5) / (known + 2))));
  });
}
