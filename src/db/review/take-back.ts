/**
 * Takes back what a decision did. Where nothing else has touched what it changed, the rows go back to the letter; decisions
 * that were built on it are taken back before, and applied again after. Where a later run has added records, the person is
 * taken apart anew: each record goes by the id under which it came.
 */
import { PATIENT, type Row } from '../../core/model.js';
import { type ReviewDecision, readReview } from '../match-history.js';
import { type Person, partOfSource, readPerson, type SourceRow } from '../person.js';
import { firstColumn, firstRow, firstValue, type Queries, type SqlRow } from '../queries.js';
import { readStoredDoses } from '../stored-doses.js';
import {
  type AppliedDecision,
  currentPatient,
  forgetApplied,
  inOrder,
  join,
  joinDoses,
  loosen,
  part,
  selectApplied,
} from './applied.js';
import { type DeskContext, regroupDoses } from './context.js';
import { type DecisionImage, ImageMismatch, readDecisionImages, restoreDecisionImages } from './images.js';
import { joinPatients } from './join.js';
import { doseIdsOf, explodeDose, partPatients } from './part.js';
import { readDuplicates } from './rows.js';

/** What taking a person apart came to. */
export interface Parted {
  /** The patient that is left, and the one that was made. */
  readonly patientId: number;
  readonly otherPatientId: number;
  /** Records of which nobody can tell under which id they came: they stayed. */
  readonly unknownRecords: number;
}

/**
 * Takes a decision back that joined patients or doses, or took a patient apart; `decision` is what is said of it now.
 * Later ones that were built on it are taken back before, and applied again after.
 */
export async function takeBackDecision(
  context: DeskContext,
  applied: AppliedDecision,
  decision: ReviewDecision,
): Promise<Parted> {
  const again: { readonly each: AppliedDecision; readonly sourceIds: readonly number[] }[] = [];
  for (const each of (await builtUpon(context.queries, applied)).toReversed()) {
    const images = await readDecisionImages(context.queries, each.decisionId);
    const sourceIds = movedSources(images, each.otherPatientId);
    await takeBackOne(context, each, 'later');
    again.push({ each, sourceIds });
  }
  const parted = await takeBackOne(context, applied, decision);
  for (const { each, sourceIds } of again.toReversed()) await applyAgain(context, each, sourceIds);
  return parted;
}

/** To the letter if nothing else has changed what it changed, else anew. */
async function takeBackOne(context: DeskContext, applied: AppliedDecision, decision: ReviewDecision): Promise<Parted> {
  const { queries, details } = context;
  const { patientId, otherPatientId } = applied;
  try {
    await context.attempt(async () => {
      if (!applied.isExact || (await hasNewRecords(queries, applied))) throw new ImageMismatch();
      await restoreDecisionImages(queries, applied.decisionId);
      await forgetApplied(queries, applied);
    });
    return { patientId, otherPatientId, unknownRecords: 0 };
  } catch (error) {
    if (!(error instanceof ImageMismatch)) throw error;
  } finally {
    details.forget();
  }
  return takeBackAnew(context, applied, decision);
}

/** The later decisions that concern patients of this one, or of one of them. */
async function builtUpon(queries: Queries, applied: AppliedDecision): Promise<AppliedDecision[]> {
  const patients = new Set([applied.patientId, applied.otherPatientId]);
  return (await selectApplied(queries, 'decision_id > $1', applied.decisionId)).filter((each) => {
    if (!patients.has(each.patientId) && !patients.has(each.otherPatientId)) return false;
    patients.add(each.patientId).add(each.otherPatientId);
    return true;
  });
}

async function applyAgain(
  context: DeskContext,
  { decisionId, reviewId, kind, otherPatientId }: AppliedDecision,
  sourceIds: readonly number[],
): Promise<void> {
  const { queries } = context;
  if (kind === 'join doses') return joinDoses(context, decisionId, reviewId);
  if (kind === 'join') {
    const { patientIdA, patientIdB } = (await readReview(queries, reviewId))!;
    const [kept, other] = inOrder(await currentPatient(queries, patientIdA), await currentPatient(queries, patientIdB));
    if (kept !== other) await join(context, decisionId, reviewId, kept, other);
    return;
  }
  const patientIds = await firstColumn(
    queries,
    'SELECT patient_id FROM patient_sources WHERE id = ANY($1::int[]) ORDER BY id',
    [sourceIds],
  );
  for (const patientId of new Set(patientIds)) {
    const person = (await readPerson(queries, patientId))!;
    // Those that were apart before need not be parted.
    if (person.sources.every(({ id }) => sourceIds.includes(id))) continue;
    await part(context, decisionId, reviewId, { patientId, sourceIds, newId: otherPatientId });
    return;
  }
}

/** Whether a run that came later has added anything to the patients of a decision. */
async function hasNewRecords(
  queries: Queries,
  { patientId, otherPatientId, lastRunId }: AppliedDecision,
): Promise<boolean> {
  const selects = [
    'SELECT 1 FROM patient_sources WHERE patient_id = ANY($1::int[]) AND run_id > $2',
    'SELECT 1 FROM patient_comments WHERE patient_id = ANY($1::int[]) AND run_id > $2',
    'SELECT 1 FROM doses d JOIN run_files f ON f.id = d.file_id WHERE d.patient_id = ANY($1::int[]) AND f.run_id > $2',
    `SELECT 1 FROM immunization_duplicates u JOIN doses d ON d.id = u.immunization_id
     WHERE d.patient_id = ANY($1::int[]) AND u.run_id > $2`,
  ];
  for (const select of selects) {
    const found = await firstValue(queries, `${select} LIMIT 1`, [[patientId, otherPatientId], lastRunId]);
    if (found !== undefined) return true;
  }
  return false;
}

async function takeBackAnew(context: DeskContext, applied: AppliedDecision, decision: ReviewDecision): Promise<Parted> {
  const { queries } = context;
  const { decisionId, kind, patientId, otherPatientId, reviewId } = applied;
  const images = await readDecisionImages(queries, decisionId);
  await forgetApplied(queries, applied);
  // What it was built on cannot be put back to the letter any more.
  await loosen(queries, [patientId, otherPatientId]);
  const unchanged = { patientId, otherPatientId, unknownRecords: 0 };
  if (kind === 'join doses') {
    await partJoinedDoses(context, applied, decision, images);
    return unchanged;
  }
  const person = (await readPerson(queries, patientId))!;
  if (kind === 'part') {
    await joinPatients(context, reviewId, person, (await readPerson(queries, otherPatientId))!);
    return unchanged;
  }
  const sourceIds = sourcesToGo(person, movedSources(images, patientId), applied.lastRunId);
  const unknownRecords = await partPatients(context, { person, sourceIds, newId: otherPatientId, images });
  await followBack(queries, images, patientId, otherPatientId);
  return { patientId, otherPatientId, unknownRecords };
}

/** Gives pairs back that had followed their patient, as far as nobody decided them since. */
async function followBack(
  queries: Queries,
  images: readonly DecisionImage[],
  patientId: number,
  newId: number,
): Promise<void> {
  for (const { table, before, after } of images) {
    if (table !== 'match_reviews' || before === null || after === null) continue;
    const id = before['id']!;
    const row = (await firstRow(queries, 'SELECT * FROM match_reviews WHERE id = $1', [id]))!;
    for (const column of ['patient_id_a', 'patient_id_b'] as const) {
      if (before[column] === after[column] || row[column] !== patientId) continue;
      await queries.update('match_reviews', [{ id, [column]: newId }]);
    }
    if (before['decision'] === after['decision'] || row['decision_reason'] !== after['decision_reason']) continue;
    const { decision, decided_by, decided_at, decision_reason } = before as SqlRow;
    await queries.update('match_reviews', [
      {
        id,
        decision: decision!,
        decided_by: decided_by!,
        decided_at: decided_at!,
        decision_reason: decision_reason!,
      },
    ]);
  }
}

/** Takes a dose apart that a reviewer put together, and lets the table decide about its records. */
async function partJoinedDoses(
  context: DeskContext,
  { reviewId, patientId }: AppliedDecision,
  decision: ReviewDecision,
  images: readonly DecisionImage[],
): Promise<void> {
  const { queries } = context;
  const joined = (await readReview(queries, reviewId))!.immunizationIds![0];
  const dose = ((await readStoredDoses(queries, [patientId])).get(patientId) ?? []).find(
    ({ immunizationId }) => immunizationId === joined,
  );
  for (const { table, before, after } of images) {
    if (table !== 'match_reviews' || before === null || after === null || before['id'] !== reviewId) continue;
    const { immunization_id_a, immunization_id_b } = before as SqlRow;
    await queries.update('match_reviews', [
      { id: reviewId, immunization_id_a: immunization_id_a!, immunization_id_b: immunization_id_b! },
    ]);
  }
  if (dose === undefined) return;
  await queries.update('match_reviews', [{ id: reviewId, decision }]);
  const duplicates = (await readDuplicates(queries, joined)).map((duplicate) => {
    return { duplicate, patientId, siteId: null };
  });
  await explodeDose(context, dose, duplicates, doseIdsOf(images));
  await regroupDoses(context, patientId);
}

/** The sources that a decision moved to a patient. */
export function movedSources(images: readonly DecisionImage[], to: number): number[] {
  return images.flatMap(({ table, before, after }) => {
    const isMoved = table === 'patient_sources' && after!['patient_id'] === to && before!['patient_id'] !== to;
    return isMoved ? [after!['id'] as number] : [];
  });
}

/**
 * Of a person's sources those that go when a join is taken back: those that it moved, and of what came since whatever came
 * under one of their ids, or under a new id and is more like them.
 */
function sourcesToGo(person: Person, moved: readonly number[], lastRunId: number): Set<number> {
  const { sources } = person;
  const first = sources.filter(({ id }) => moved.includes(id));
  const rest = sources.filter(({ id, runId }) => !moved.includes(id) && runId <= lastRunId);
  const goes = new Set(first.map(({ id }) => id));
  const keysThatGo = new Set(first.map(({ key }) => key));
  const keysThatStay = new Set(rest.map(({ key }) => key));
  const rowOf = (source: SourceRow): Row | null => partOfSource(person, source)?.part.row ?? null;
  for (const source of sources) {
    if (source.runId <= lastRunId || goes.has(source.id) || keysThatStay.has(source.key)) continue;
    const row = rowOf(source);
    const likeness = (others: readonly SourceRow[]): number =>
      Math.max(0, ...others.map((other) => countEqual(row, rowOf(other))));
    if (keysThatGo.has(source.key) || likeness(first) > likeness(rest)) goes.add(source.id);
  }
  return goes;
}

/** In how many values two records agree; the names and the birth date count most. */
function countEqual(a: Row | null, b: Row | null): number {
  if (a === null || b === null) return 0;
  let equal = 0;
  for (let slot = 0; slot < a.length; slot++) {
    if (a[slot] === null || a[slot] !== b[slot]) continue;
    equal += WEIGHTY.has(slot) ? 10 : 1;
  }
  return equal;
}

const WEIGHTY: ReadonlySet<number> = new Set([PATIENT.first_name, PATIENT.last_name, PATIENT.birth_date]);
