/**
 * Decides about the patients of a submission with a model that weighs: the fixed one, or the trained one.
 *
 * Records of one site and id are one person, or a conflict, as in `patient.ts`. All others are one person by what they
 * say, and by what nobody among them contradicts. Two persons of the store stay two; where a record would make them one,
 * the pair goes to a reviewer.
 */

import type { Population } from './comparison.js';
import { describeMatch, explain, type MatchExplanation } from './explanation.js';
import { matchPeople, type ReviewPair, type Thresholds } from './match-people.js';
import {
  type DoubtfulPair,
  groupById,
  type IncomingRecord,
  type KnownPatient,
  type PatientDecision,
  sourceKey,
} from './patient.js';
import type { PeopleSet } from './people.js';

/** What there is to decide about. */
export interface Gathering {
  /** The records of the submission, by their index, and after them those of stored persons. */
  readonly people: PeopleSet;
  /** How many records the submission has. */
  readonly incoming: number;
  /** The stored persons whose records follow, one number for each record. */
  readonly storedPatientIds: readonly number[];
  /** Records of the submission that share their id with another one, or with a stored person. */
  readonly sharedIds: readonly IncomingRecord[];
  /** The stored persons whom the submission names by id; their records are among the stored ones. */
  readonly known: readonly KnownPatient[];
  readonly population: Population;
}

export interface WeighedDecisions {
  /** By index of the incoming record. A record without one is new. */
  readonly decisions: ReadonlyMap<number, PatientDecision>;
  readonly doubts: readonly DoubtfulPair[];
  readonly thresholds: Thresholds;
  /** Why a record joined its person; `null` where no comparison decided it. */
  readonly explainJoin: (index: number) => JoinExplanation | null;
}

/** Why a record joined, and the two records that were compared. */
export interface JoinExplanation extends MatchExplanation {
  readonly between: readonly [RecordOrPatient, RecordOrPatient];
}

type RecordOrPatient = DoubtfulPair['a'];

/** Decides about all records of a submission. */
export function decidePeople(
  gathering: Gathering,
  options: { readonly model: 'fixed' | 'trained'; readonly thresholds: Partial<Thresholds> },
): WeighedDecisions {
  const { people, incoming, storedPatientIds, sharedIds, known, population } = gathering;
  const decisions = new Map<number, PatientDecision>();
  const groups = new Groups(people.size, incoming, storedPatientIds);
  const repeated = new Map<number, { readonly duplicate: boolean; readonly repeatsId: boolean }>();
  for (const { stored, records, duplicates } of groupById(sharedIds, known, decisions)) {
    groups.unite(records, stored);
    const seen = new Set((stored?.sources ?? []).map((source) => sourceKey(source.siteId, source.sourcePatientId)));
    for (const record of [...records].sort((a, b) => a.index - b.index)) {
      const key = sourceKey(record.siteId, record.sourcePatientId);
      repeated.set(record.index, { duplicate: duplicates.has(record), repeatsId: seen.has(key) });
      seen.add(key);
    }
  }

  const { groupOf, storedOf } = groups;
  // So far all decisions are conflicts.
  const leftOut = Uint8Array.from({ length: people.size }, (_, index) => Number(decisions.has(index)));
  const result = matchPeople(people, {
    ...options,
    known: { groupOf, storedOf, isLeftOut: (index) => leftOut[index] === 1, population },
  });

  const storedOfPerson = new Map<number, number>();
  for (let i = incoming; i < people.size; i++) storedOfPerson.set(result.personOf[i]!, storedOf[i]!);
  const firstOfPerson = new Map<number, number>();
  for (let index = 0; index < incoming; index++) {
    if (leftOut[index] === 1) continue;
    const person = result.personOf[index]!;
    const patientId = storedOfPerson.get(person);
    const first = firstOfPerson.get(person);
    if (patientId === undefined && first === undefined) {
      firstOfPerson.set(person, index);
      continue;
    }
    const { duplicate, repeatsId } = repeated.get(index) ?? NOT_REPEATED;
    decisions.set(index, {
      kind: 'joined',
      to: patientId === undefined ? { index: first! } : { patientId },
      reason: repeatsId ? 'same site and patient id' : null,
      duplicate,
      repeatsId: repeatsId && !duplicate,
    });
  }

  // The heaviest join that each group took part in.
  const joinOfGroup = new Map<number, ReviewPair>();
  for (const join of result.joins) {
    for (const group of [groupOf[join.a]!, groupOf[join.b]!]) {
      if (!joinOfGroup.has(group)) joinOfGroup.set(group, join);
    }
  }
  const who = (i: number): RecordOrPatient => (i < incoming ? { index: i } : { patientId: storedOf[i]! });
  const explainAs = ({ a, b, against }: ReviewPair, isJoined: boolean): MatchExplanation =>
    explain(people, result.judge, result.thresholds, a, b, { isJoined, against });
  return {
    decisions,
    doubts: result.reviews.map((pair) => {
      const explanation = explainAs(pair, false);
      const [first, second] = inOrder(who(pair.a), who(pair.b));
      return { a: first, b: second, reason: describeMatch(explanation), explanation };
    }),
    thresholds: result.thresholds,
    explainJoin: (index) => {
      const join = joinOfGroup.get(groupOf[index]!);
      return join === undefined ? null : { ...explainAs(join, true), between: [who(join.a), who(join.b)] };
    },
  };
}

const NOT_REPEATED = { duplicate: false, repeatsId: false };

/** The person who was there first comes first. */
function inOrder(a: RecordOrPatient, b: RecordOrPatient): [RecordOrPatient, RecordOrPatient] {
  const isLater = 'index' in a && ('patientId' in b || a.index > b.index);
  return isLater ? [b, a] : [a, b];
}

/** Records that are one person whatever they say: those of one id, and those of a stored person. */
class Groups {
  readonly groupOf: Int32Array;
  readonly storedOf: Int32Array;
  /** The first record of each stored person. */
  readonly #firstOfStored = new Map<number, number>();

  constructor(size: number, incoming: number, storedPatientIds: readonly number[]) {
    this.groupOf = Int32Array.from({ length: size }, (_, index) => index);
    this.storedOf = new Int32Array(size);
    for (const [i, patientId] of storedPatientIds.entries()) {
      const index = incoming + i;
      this.storedOf[index] = patientId;
      const first = this.#firstOfStored.get(patientId);
      if (first === undefined) this.#firstOfStored.set(patientId, index);
      else this.groupOf[index] = first;
    }
  }

  /** Makes the records of one id a group, with the stored person that they name. */
  unite(records: readonly IncomingRecord[], stored: KnownPatient | null): void {
    const first = stored === null ? records[0]?.index : this.#firstOfStored.get(stored.patientId);
    if (first === undefined) return;
    for (const { index } of records) this.groupOf[index] = first;
  }
}
