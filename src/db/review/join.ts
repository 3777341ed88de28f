/** Makes one patient of two. */
import { homeSiteOf } from '../../core/match/survivor.js';
import { packRow } from '../../core/model.js';
import { readReview } from '../match-history.js';
import { type Person, type PersonPart, rowOfParts } from '../person.js';
import { insertMissing, type Queries } from '../queries.js';
import { type DeskContext, keysOfPatients, regroupDoses, runsOfKeys } from './context.js';
import { keepRecordKeys } from './record-sides.js';
import { insertPart, updatePatient } from './rows.js';
import { followInReviews } from './settle.js';

/** Makes one patient of two, as a review says. */
export async function joinPatients(context: DeskContext, reviewId: number, kept: Person, other: Person): Promise<void> {
  const { queries } = context;
  const review = (await readReview(queries, reviewId))!;
  for (const person of [kept, other]) await keepRecordKeys(queries, person);
  await queries.run(
    `UPDATE patient_sources SET decision = 'merged', reason = $1, explanation = $2 WHERE patient_id = $3 AND decision = 'new'`,
    [`decided by a reviewer (R${reviewId})`, review.explanation?.json ?? null, other.patientId],
  );
  for (const table of ['patient_sources', 'doses']) await move(queries, table, other.patientId, kept.patientId);
  const parts = await joinParts(queries, kept, other);
  const sources = [...kept.sources, ...other.sources].sort((a, b) => a.id - b.id);
  const row = rowOfParts(parts, homeSiteOf(sources));
  await updatePatient(queries, kept.patientId, { row, ssnCheck: kept.ssnCheck ?? other.ssnCheck });
  await queries.run('DELETE FROM patients WHERE id = $1', [other.patientId]);
  await moveKeys(context, other.patientId, kept.patientId, sources[0]!.runId);
  await moveComments(queries, other.patientId, kept.patientId);
  await followInReviews(queries, review, other.patientId, kept.patientId);
  await regroupDoses(context, kept.patientId);
}

/** Gives the parts of one to the other, each thing that they say once. */
async function joinParts(queries: Queries, kept: Person, other: Person): Promise<readonly PersonPart[]> {
  const parts: PersonPart[] = [...kept.parts];
  const texts = new Set(parts.map(({ row }) => packRow(row)));
  for (const part of other.parts) {
    const isNew = !texts.has(packRow(part.row));
    texts.add(packRow(part.row));
    if (isNew) parts.push(part);
    else if (part.id !== null) await queries.run('DELETE FROM patient_parts WHERE id = $1', [part.id]);
  }
  if (parts.length === 1) return parts;
  for (const part of parts) {
    if (part.id === null) await insertPart(queries, kept.patientId, part);
    else await queries.update('patient_parts', [{ id: part.id, patient_id: kept.patientId }]);
  }
  return parts;
}

/** The one that goes on is found by all keys of the one that ended, in whichever way that was found. */
async function moveKeys(context: DeskContext, from: number, to: number, runId: number): Promise<void> {
  const { queries } = context;
  const keys = await keysOfPatients(context, [from, to]);
  const runs = await runsOfKeys(queries, keys, from);
  const rows = keys.map((matchKey) => [matchKey, to, runs.get(matchKey) ?? runId]);
  await insertMissing(queries, 'match_keys', ['match_key', 'patient_id', 'run_id'], rows);
  await queries.run('DELETE FROM match_keys WHERE match_key = ANY($1::bigint[]) AND patient_id = $2', [keys, from]);
}

/** A patient has each comment once. */
async function moveComments(queries: Queries, from: number, to: number): Promise<void> {
  await queries.run(
    `DELETE FROM patient_comments WHERE patient_id = $1 AND EXISTS (
       SELECT 1 FROM patient_comments o WHERE o.patient_id = $2 AND o.comment_code = patient_comments.comment_code
         AND o.applies_on IS NOT DISTINCT FROM patient_comments.applies_on)`,
    [from, to],
  );
  await move(queries, 'patient_comments', from, to);
}

async function move(queries: Queries, table: string, from: number, to: number): Promise<void> {
  await queries.run(`UPDATE ${table} SET patient_id = $1 WHERE patient_id = $2`, [to, from]);
}
