/** Decisions that changed patients or doses and hold, and how they are applied. */
import { readReview } from '../match-history.js';
import { readPerson } from '../person.js';
import { firstColumn, firstValue, type Queries } from '../queries.js';
import { type DeskContext, keysOfPatients, regroupDoses } from './context.js';
import { compareClusters, dropDecisionImages, keepDecisionImages, readCluster } from './images.js';
import { joinPatients } from './join.js';
import { partPatients } from './part.js';

/** What a decision did to the registry. */
export type EffectKind = 'join' | 'part' | 'join doses';

/** A decision that holds and that changed patients or doses. */
export interface AppliedDecision {
  readonly decisionId: number;
  readonly reviewId: number;
  readonly kind: EffectKind;
  /** The patient that went on; of doses, the patient that has them. */
  readonly patientId: number;
  /** The patient that became part of it, or was made of it. */
  readonly otherPatientId: number;
  readonly lastRunId: number;
  readonly isExact: boolean;
}

/** The decisions that hold and meet a condition on `$1`, in the order in which they were made. */
export async function selectApplied(queries: Queries, condition: string, value: number): Promise<AppliedDecision[]> {
  const rows = await queries.rows(`SELECT * FROM applied_decisions WHERE ${condition} ORDER BY decision_id`, [value]);
  return rows.map((row) => ({
    decisionId: row['decision_id'] as number,
    reviewId: row['review_id'] as number,
    kind: row['kind'] as EffectKind,
    patientId: row['patient_id'] as number,
    otherPatientId: row['other_patient_id'] as number,
    lastRunId: row['last_run_id'] as number,
    isExact: row['is_exact'] === 1,
  }));
}

/** The decisions by which others became part of a patient, or of one that did. */
export async function findJoinsOf(queries: Queries, patientId: number): Promise<AppliedDecision[]> {
  const found: AppliedDecision[] = [];
  for (const ids = [patientId]; ids.length > 0; ) {
    const joins = await selectApplied(queries, "kind = 'join' AND patient_id = $1", ids.pop()!);
    found.push(...joins);
    ids.push(...joins.map(({ otherPatientId }) => otherPatientId));
  }
  return found.sort((a, b) => a.decisionId - b.decisionId);
}

/** The patient that a patient is by now. */
export async function currentPatient(queries: Queries, patientId: number): Promise<number> {
  for (let current = patientId; ; ) {
    if ((await firstValue(queries, 'SELECT id FROM patients WHERE id = $1', [current])) !== undefined) return current;
    const [join] = await selectApplied(queries, "kind = 'join' AND other_patient_id = $1", current);
    if (join === undefined) return current;
    current = join.patientId;
  }
}

/** Two patients, the one first that goes on: that of the earlier record. */
export function inOrder(a: number, b: number): [number, number] {
  return a < b ? [a, b] : [b, a];
}

/** Makes one patient of two. The other open pairs of the one that ends are of the one that goes on. */
export async function join(
  context: DeskContext,
  decisionId: number,
  reviewId: number,
  patientId: number,
  otherPatientId: number,
): Promise<void> {
  await apply(context, { decisionId, reviewId, kind: 'join', patientId, otherPatientId }, async () => {
    const [kept, other] = [
      await readPerson(context.queries, patientId),
      await readPerson(context.queries, otherPatientId),
    ];
    await joinPatients(context, reviewId, kept!, other!);
  });
}

/** Puts two doses of a patient together. */
export async function joinDoses(context: DeskContext, decisionId: number, reviewId: number): Promise<void> {
  const { patientIdA: patientId } = (await readReview(context.queries, reviewId))!;
  const applied = { decisionId, reviewId, kind: 'join doses', patientId, otherPatientId: patientId } as const;
  await apply(context, applied, () => regroupDoses(context, patientId));
}

/**
 * Makes a patient of its own, `newId`, of those of a person's records that came under the ids of some sources. Gives the
 * number of records of which nobody can tell under which id they came: they stayed.
 */
export async function part(
  context: DeskContext,
  decisionId: number,
  reviewId: number,
  {
    patientId,
    sourceIds,
    newId,
  }: { readonly patientId: number; readonly sourceIds: readonly number[]; readonly newId: number },
): Promise<number> {
  let unknownRecords = 0;
  await apply(context, { decisionId, reviewId, kind: 'part', patientId, otherPatientId: newId }, async () => {
    const person = (await readPerson(context.queries, patientId))!;
    const keys = new Set(person.sources.flatMap(({ id, key }) => (sourceIds.includes(id) ? [key] : [])));
    const goes = new Set(person.sources.flatMap(({ id, key }) => (keys.has(key) ? [id] : [])));
    unknownRecords = await partPatients(context, { person, sourceIds: goes, newId, images: [] });
  });
  return unknownRecords;
}

/** Does what a decision says, and keeps what it changed. */
async function apply(
  context: DeskContext,
  { decisionId, reviewId, kind, patientId, otherPatientId }: Omit<AppliedDecision, 'lastRunId' | 'isExact'>,
  work: () => Promise<void>,
): Promise<void> {
  const { queries } = context;
  await queries.run(
    `INSERT INTO applied_decisions (decision_id, review_id, kind, patient_id, other_patient_id, last_run_id, is_exact)
     VALUES ($1, $2, $3, $4, $5, coalesce((SELECT max(id) FROM runs), 0), 1)`,
    [decisionId, reviewId, kind, patientId, otherPatientId],
  );
  const ids = [...new Set([patientId, otherPatientId])];
  const lastDetailId = (await firstValue<number | null>(queries, 'SELECT max(id) FROM dose_details')) ?? 0;
  const keys = await keysOfPatients(context, ids);
  const before = await readCluster(queries, ids, keys);
  await work();
  const keysAfter = new Set([...keys, ...(await keysOfPatients(context, ids))]);
  const after = await readCluster(queries, ids, [...keysAfter]);
  await dropNewDetails(context, lastDetailId + 1, after.get('dose_details')!);
  await keepDecisionImages(queries, decisionId, compareClusters(before, after, lastDetailId + 1));
}

/** Takes details away that were made for records which are no doses in the end. */
async function dropNewDetails(
  { queries, details }: DeskContext,
  firstNewId: number,
  used: ReadonlyMap<string, unknown>,
): Promise<void> {
  const made = await firstColumn(queries, 'SELECT id FROM dose_details WHERE id >= $1', [firstNewId]);
  const unused = made.filter((id) => !used.has(String(id)));
  await queries.run('DELETE FROM dose_details WHERE id = ANY($1::int[])', [unused]);
  details.forget();
}

/** What a decision was built on cannot be put back to the letter when something was taken apart beneath it. */
export async function loosen(queries: Queries, patientIds: readonly number[]): Promise<void> {
  await queries.run(
    `UPDATE applied_decisions SET is_exact = 0 WHERE patient_id = ANY($1::int[]) OR other_patient_id = ANY($1::int[])`,
    [patientIds],
  );
}

/** Forgets that a decision holds, and what it changed. */
export async function forgetApplied(queries: Queries, { decisionId }: AppliedDecision): Promise<void> {
  await dropDecisionImages(queries, decisionId);
  await queries.run('DELETE FROM applied_decisions WHERE decision_id = $1', [decisionId]);
}
