/** Which pairs of one person were missed, and which of two persons were put together: to see what to work on. */
import { unpackRow } from '../../src/core/model.js';
import type { Answer, Truth } from './score.js';

/** Pairs of records of one person: found without help, gone to a review, or neither. */
export interface Missed {
  readonly pairs: number;
  readonly found: number;
  readonly reviewed: number;
}

/** A pair of records, as their known values with `|` between them. */
export interface ExamplePair {
  readonly a: string;
  readonly b: string;
  readonly reviewed: boolean;
}

export interface Examples {
  readonly missed: readonly ExamplePair[];
  readonly wrong: readonly ExamplePair[];
}

/** For each kind of change: the true pairs in which a record has it. `changes` has for each record a bit for each kind. */
export function missedByChange<C extends string>(
  answer: Answer,
  truth: Truth,
  changes: readonly number[],
  kinds: readonly C[],
): Record<C, Missed> {
  const counts = kinds.map(() => ({ pairs: 0, found: 0, reviewed: 0 }));
  const reviewed = reviewedPairs(answer, truth.persons.length);
  for (const [a, b] of pairsWithin(truth.persons)) {
    const found = answer.personOf[a] === answer.personOf[b];
    const inReview = !found && reviewed.has(a * truth.persons.length + b);
    const bits = changes[a]! | changes[b]!;
    for (let kind = 0; kind < kinds.length; kind++) {
      if (((bits >> kind) & 1) === 0) continue;
      const count = counts[kind]!;
      count.pairs++;
      if (found) count.found++;
      if (inReview) count.reviewed++;
    }
  }
  return Object.fromEntries(kinds.map((kind, place) => [kind, counts[place]!])) as Record<C, Missed>;
}

/** Up to so many pairs that were missed, and so many that are wrong, spread over the records. `rows` are packed. */
export function findExamples(answer: Answer, truth: Truth, rows: readonly string[], most: number): Examples {
  if (most === 0) return { missed: [], wrong: [] };
  const reviewed = reviewedPairs(answer, truth.persons.length);
  const show = ([a, b]: readonly [number, number]): ExamplePair => ({
    a: valuesOf(rows[a]!),
    b: valuesOf(rows[b]!),
    reviewed: reviewed.has(a * truth.persons.length + b),
  });
  const choose = (groups: Int32Array, others: Int32Array): ExamplePair[] => {
    const pairs = [...pairsWithin(groups)].filter(([a, b]) => others[a] !== others[b]);
    const step = Math.max(1, Math.floor(pairs.length / most));
    return pairs
      .filter((_, place) => place % step === 0)
      .slice(0, most)
      .map(show);
  };
  return { missed: choose(truth.persons, answer.personOf), wrong: choose(answer.personOf, truth.persons) };
}

function valuesOf(row: string): string {
  return unpackRow(row)
    .filter((value) => value !== null)
    .join('|');
}

function reviewedPairs({ reviews }: Answer, records: number): Set<number> {
  return new Set(reviews.map(({ a, b }) => Math.min(a, b) * records + Math.max(a, b)));
}

/** Every two records of one group, the lower first. */
function* pairsWithin(groups: Int32Array): Generator<readonly [number, number], void, undefined> {
  const order = Int32Array.from(groups, (_, record) => record).sort((a, b) => groups[a]! - groups[b]! || a - b);
  for (let first = 0; first < order.length; first++) {
    for (let next = first + 1; next < order.length && groups[order[next]!] === groups[order[first]!]; next++) {
      yield [order[first]!, order[next]!];
    }
  }
}
