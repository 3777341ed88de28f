/** What speaks against two persons being one, whichever of their records one looks at: what a reviewer must not overlook. */
import type { Row } from '../model.js';
import { populationOf } from './comparison.js';
import { PairJudge } from './match-people.js';
import { PeopleSet } from './people.js';
import { fixedModel } from './weights.js';

/** A record of a person, as far as it is compared; of the site where it is from, so that chart numbers are. */
export interface ComparedRecord {
  readonly row: Row;
  readonly ssnCheck: number | null;
}

/** Two records that cannot be of one person. */
export interface Conflict {
  /** Index of the record of the one person, and of the other. */
  readonly a: number;
  readonly b: number;
  /** The guard, in plain words. */
  readonly words: string;
}

/**
 * The hard conflicts between the records of two persons: guards that make two persons of two records, and those of twins.
 * Of the pair that the reviewer was asked about, and of others of the same first names, twins are the question and no
 * conflict.
 */
export function findConflicts(
  one: readonly ComparedRecord[],
  other: readonly ComparedRecord[],
  isAsked: (a: number, b: number) => boolean,
): Conflict[] {
  const people = new PeopleSet();
  for (const { row, ssnCheck } of [...one, ...other]) people.add(row, ssnCheck);
  const population = populationOf(people);
  const judge = new PairJudge(people, fixedModel(population.records), population);
  const { first } = people.integers;
  const namesOf = (a: number, b: number): string => `${first[a]} ${first[one.length + b]}`;
  const asked = new Set<string>();
  for (let a = 0; a < one.length; a++) {
    for (let b = 0; b < other.length; b++) if (isAsked(a, b)) asked.add(namesOf(a, b));
  }
  const conflicts: Conflict[] = [];
  for (let a = 0; a < one.length; a++) {
    for (let b = 0; b < other.length; b++) {
      const weight = judge.weigh(a, one.length + b);
      for (const { id, words, outcome } of judge.guards(a, one.length + b, weight)) {
        if (outcome === 'no' || (id === 'twins' && !asked.has(namesOf(a, b)))) conflicts.push({ a, b, words });
      }
    }
  }
  return conflicts;
}
