/** What deciding about patients and doses works with. */
import type { DoseMatcher } from '../../core/match/dose.js';
import { readComparable } from '../comparable.js';
import type { DoseDetails } from '../dose-details.js';
import type { ReviewDecision } from '../match-history.js';
import type { Queries } from '../queries.js';
import { regroup } from '../regroup.js';
import type { ComparableRecord, NextIds, PatientKey } from '../store.js';
import { readReviewedDoses, readStoredDoses } from '../stored-doses.js';

/** What applying decisions needs beside the registry. */
export interface DeskTools {
  readonly matcher: DoseMatcher;
  /** The keys under which the patients of these records can be found. */
  readonly matchKeysOf: (records: readonly ComparableRecord[]) => readonly PatientKey[];
}

/** A registry within the transaction in which something is decided. */
export interface DeskContext {
  readonly queries: Queries;
  readonly details: DoseDetails;
  readonly tools: DeskTools;
  readonly nextIds: () => Promise<NextIds>;
  /** Does something that can be given up alone. */
  readonly attempt: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Who decides what of a review, when and why. */
export interface DecisionMade {
  readonly reviewId: number;
  readonly decision: ReviewDecision;
  readonly by: string;
  readonly at: string;
  readonly reason: string;
}

/** A person cannot be taken apart. Its message holds no value. */
export class PartingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PartingError';
  }
}

/** The keys under which the records of patients can be found. */
export async function keysOfPatients(
  { queries, tools }: DeskContext,
  patientIds: readonly number[],
): Promise<number[]> {
  const keys = tools.matchKeysOf(await readComparable(queries, '', patientIds));
  return [...new Set(keys.map(({ matchKey }) => matchKey))];
}

/** The runs that gave a patient those of the keys that stand in rows of their own. */
export async function runsOfKeys(
  queries: Queries,
  keys: readonly number[],
  patientId: number,
): Promise<ReadonlyMap<number, number>> {
  const rows = await queries.arrays<[number, number]>(
    'SELECT match_key, run_id FROM match_keys WHERE match_key = ANY($1::bigint[]) AND patient_id = $2',
    [keys, patientId],
  );
  return new Map(rows);
}

/** Puts a patient's doses together as if all of their records came at once. */
export async function regroupDoses(context: DeskContext, patientId: number): Promise<void> {
  const { queries, tools, details } = context;
  const stored = (await readStoredDoses(queries, [patientId])).get(patientId) ?? [];
  const reviewed = (await readReviewedDoses(queries, '', [patientId])).get(patientId);
  const regrouping = tools.matcher.regroup(stored, reviewed?.decided ?? { same: [], different: [] });
  if (regrouping === null) return;
  const { immunizationId: firstId } = await context.nextIds();
  const made = regrouping.made.map((dose, i) => ({ ...dose, immunizationId: firstId + i }));
  const records = regrouping.records.map(({ from, to, part, reason }) => {
    // There are no incoming records.
    const immunizationId =
      'made' in to ? made[to.made]!.immunizationId : 'immunizationId' in to ? to.immunizationId : 0;
    return { from, to: { immunizationId, part }, reason };
  });
  await regroup(queries, null, [{ patientId, kept: regrouping.kept, made, records }], details);
}
