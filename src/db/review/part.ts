/** Makes two patients of one: each record goes by the id under which it came. */
import { recordsOf, type StoredDose } from '../../core/match/dose.js';
import { countFilled, firstByName, homeSiteOf, isAdministered } from '../../core/match/survivor.js';
import { DOSE, packRow, type Row } from '../../core/model.js';
import { type Person, type PersonPart, partOfSource, rowOfParts, type SourceRow } from '../person.js';
import { firstValue, insertMissing, type Queries, type SqlRow } from '../queries.js';
import { updateDoses } from '../regroup.js';
import { readStoredDoses } from '../stored-doses.js';
import { type DeskContext, keysOfPatients, PartingError, regroupDoses, runsOfKeys } from './context.js';
import type { DecisionImage } from './images.js';
import { placeOfDose, placesOfComments, RecordSides } from './record-sides.js';
import { type DuplicateRow, insertDose, insertPart, insertPatient, readDuplicates, updatePatient } from './rows.js';

/** A person who is taken apart, and those of its records that go. */
interface Parting {
  readonly person: Person;
  readonly sourceIds: ReadonlySet<number>;
  /** The patient that they become. */
  readonly newId: number;
  /** What the decision changed that is taken back; nothing where none is. */
  readonly images: readonly DecisionImage[];
}

/** Gives the records of these sources to a patient of their own, and the number of doses that nobody can tell. */
export async function partPatients(context: DeskContext, parting: Parting): Promise<number> {
  const { queries } = context;
  const { person, sourceIds, newId, images } = parting;
  const { patientId } = person;
  const [stay, go] = [false, true].map((goes) => person.sources.filter(({ id }) => sourceIds.has(id) === goes));
  const keys = new Map(person.sources.map(({ id, key }) => [key, sourceIds.has(id)]));
  const sides = new RecordSides(queries, person, keys);
  const [left, gone] = [stay!, go!].map((sources) => partsOf(person, sources));
  const held = await keysOfPatients(context, [patientId]);
  await moveSources(queries, go!, newId, images);
  for (const id of [patientId, newId]) await nameMaker(queries, id);
  await queries.run('DELETE FROM patient_parts WHERE patient_id = $1', [patientId]);
  for (const [id, parts, sources] of [
    [patientId, left!, stay!],
    [newId, gone!, go!],
  ] as const) {
    const row = rowOfParts(parts, homeSiteOf(sources));
    const ssnCheck = parts.map((part) => part.ssnCheck).find((check) => check !== null) ?? null;
    if (id === newId) await insertPatient(queries, newId, { row, ssnCheck }, sources[0]!.runId);
    else await updatePatient(queries, id, { row, ssnCheck });
    if (parts.length > 1) for (const part of parts) await insertPart(queries, id, part);
  }
  await partKeys(context, held, { patientId, newId, runId: go![0]!.runId });
  await partReviews(queries, person, go!, newId);
  for (const comment of await placesOfComments(queries, patientId)) {
    if (await sides.goes(comment)) await queries.update('patient_comments', [{ id: comment.id, patient_id: newId }]);
  }
  await partDoses(context, { patientId, newId }, sides, doseIdsOf(images));
  await partDoseReviews(queries, patientId, newId);
  await regroupDoses(context, patientId);
  await regroupDoses(context, newId);
  return sides.unknown;
}

/** What the records of these sources say, each thing once, with the numbers that came with them. */
function partsOf(person: Person, sources: readonly SourceRow[]): PersonPart[] {
  const parts = new Map<string, PersonPart>();
  for (const source of sources) {
    const found = partOfSource(person, source);
    if (found === null) {
      throw new PartingError(
        `patient ${person.patientId} was loaded by an immload that kept other fields: which of its records says what cannot be told any more`,
      );
    }
    const text = packRow(found.part.row);
    const known = parts.get(text);
    if (known === undefined) {
      parts.set(text, { ...found.part, siteId: source.siteId, runId: source.runId, ssnCheck: found.ssnCheck });
      continue;
    }
    // As a load has it: of the records of a run that say the same, that of the first site by name stands for all.
    const siteId = known.runId === source.runId ? firstByName([known.siteId, source.siteId]) : known.siteId;
    parts.set(text, { ...known, siteId, ssnCheck: known.ssnCheck ?? found.ssnCheck });
  }
  return [...parts.values()];
}

/** Gives sources to a patient, and says of those that a decision moved what was said before. */
async function moveSources(
  queries: Queries,
  go: readonly SourceRow[],
  newId: number,
  images: readonly DecisionImage[],
): Promise<void> {
  const moved = new Map(
    images.flatMap(({ table, before }) => (table === 'patient_sources' ? [[before!['id'], before!] as const] : [])),
  );
  for (const { id } of go) {
    const before = moved.get(id);
    await queries.update('patient_sources', [{ id, patient_id: newId }]);
    if (before === undefined) continue;
    const { decision, reason, explanation } = before as SqlRow;
    await queries.update('patient_sources', [{ id, decision: decision!, reason: reason!, explanation: explanation! }]);
  }
}

/** The first record of a person is the one that made it. */
async function nameMaker(queries: Queries, patientId: number): Promise<void> {
  await queries.run(
    `UPDATE patient_sources SET decision = 'new', reason = NULL, explanation = NULL
     WHERE id = (SELECT min(id) FROM patient_sources WHERE patient_id = $1)
       AND NOT EXISTS (SELECT 1 FROM patient_sources WHERE patient_id = $1 AND decision = 'new')`,
    [patientId],
  );
}

/** Each of two patients is found by the keys of its own records; `held` are those of both. */
async function partKeys(
  context: DeskContext,
  held: readonly number[],
  { patientId, newId, runId }: { readonly patientId: number; readonly newId: number; readonly runId: number },
): Promise<void> {
  const { queries } = context;
  const left = new Set(await keysOfPatients(context, [patientId]));
  const gone = await keysOfPatients(context, [newId]);
  const runs = await runsOfKeys(queries, gone, patientId);
  const rows = gone.map((matchKey) => [matchKey, newId, runs.get(matchKey) ?? runId]);
  await insertMissing(queries, 'match_keys', ['match_key', 'patient_id', 'run_id'], rows);
  await queries.run('DELETE FROM match_keys WHERE match_key = ANY($1::bigint[]) AND patient_id = $2', [
    held.filter((key) => !left.has(key)),
    patientId,
  ]);
}

/** Pairs that are about a record which goes are of its patient. */
async function partReviews(
  queries: Queries,
  { patientId }: Person,
  go: readonly SourceRow[],
  newId: number,
): Promise<void> {
  const places = new Set(go.map(({ fileId, line }) => `${fileId}/${line}`));
  const reviews = await queries.rows(
    `SELECT id, patient_id_a, patient_id_b, explanation FROM match_reviews
     WHERE (patient_id_a = $1 OR patient_id_b = $1) AND immunization_id_a IS NULL AND coalesce(decision, '') <> 'same'`,
    [patientId],
  );
  for (const review of reviews) {
    if (review['explanation'] === null) continue;
    const { between } = JSON.parse(review['explanation'] as string) as {
      readonly between: readonly { readonly file_id?: number; readonly line?: number }[];
    };
    // The first of the two that were compared is that of the first patient.
    for (const [i, column] of (['patient_id_a', 'patient_id_b'] as const).entries()) {
      const goes = review[column] === patientId && places.has(`${between[i]?.file_id}/${between[i]?.line}`);
      if (goes) await queries.update('match_reviews', [{ id: review['id']!, [column]: newId }]);
    }
  }
}

/** Gives each dose record to its patient. Doses that have records of both are taken apart into their records. */
async function partDoses(
  context: DeskContext,
  { patientId, newId }: { readonly patientId: number; readonly newId: number },
  sides: RecordSides,
  ids: DoseIds,
): Promise<void> {
  const { queries } = context;
  const doses = (await readStoredDoses(queries, [patientId])).get(patientId) ?? [];
  for (const dose of doses) {
    const { immunizationId } = dose;
    const records = recordsOf(dose);
    const siteOf = (part: number): string | null => records[part]![DOSE.site_id] ?? null;
    const goes = await sides.goes({ ...(await placeOfDose(queries, immunizationId)), siteId: siteOf(0) });
    const duplicates: DuplicateOfPatient[] = [];
    for (const duplicate of await readDuplicates(queries, immunizationId)) {
      const { file_id: fileId, line, part } = duplicate;
      const goesToo = await sides.goes({ fileId, line, siteId: siteOf(part) });
      const siteId = await sides.siteOf(fileId, line);
      duplicates.push({ duplicate, patientId: goesToo ? newId : patientId, siteId });
    }
    const owner = goes ? newId : patientId;
    if (goes) await queries.update('doses', [{ id: immunizationId, patient_id: newId }]);
    if (duplicates.every((each) => each.patientId === owner)) continue;
    await explodeDose(context, dose, duplicates, ids);
  }
}

/** A duplicate that becomes a dose, of which patient, and the site of the id under which it came, if that is known. */
export interface DuplicateOfPatient {
  readonly duplicate: DuplicateRow;
  readonly patientId: number;
  readonly siteId: string | null;
}

/** Ids that rows had before, by file, line and the sender's id of the dose. */
export type DoseIds = ReadonlyMap<string, number>;

/** The ids that doses had before a decision. */
export function doseIdsOf(images: readonly DecisionImage[]): DoseIds {
  const ids = new Map<string, number>();
  for (const { table, before } of images) {
    if (table !== 'doses' || before === null) continue;
    ids.set(`${before['file_id']}/${before['line']}/${before['source_immunization_id']}`, before['id'] as number);
  }
  return ids;
}

/** Takes a dose apart: each of its records is a dose of its own. Putting them together again is left to the table. */
export async function explodeDose(
  context: DeskContext,
  dose: StoredDose,
  duplicates: readonly DuplicateOfPatient[],
  ids: DoseIds,
): Promise<void> {
  const { queries, details } = context;
  const { immunizationId } = dose;
  const records = recordsOf(dose);
  const rowOf = (part: number, siteId: string | null, sourceId: string | null): Row => {
    const row = records[part]!.slice();
    if (siteId !== null) row[DOSE.site_id] = siteId;
    row[DOSE.source_immunization_id] = sourceId;
    return row;
  };
  await updateDoses(queries, [{ immunizationId, row: records[0]! }], details);
  await queries.run('DELETE FROM immunization_parts WHERE immunization_id = $1', [immunizationId]);
  // The oldest dose goes on when doses are put together: that of the record that would have made it.
  const rank = ({ duplicate: { part } }: DuplicateOfPatient): number =>
    (isAdministered(records[part]!) ? 0 : 100) - countFilled(records[part]!);
  const inOrder = [...duplicates].sort(
    (x, y) => x.duplicate.file_id - y.duplicate.file_id || rank(x) - rank(y) || x.duplicate.line - y.duplicate.line,
  );
  for (const { duplicate, patientId, siteId } of inOrder) {
    const { file_id: fileId, line, source_immunization_id: sourceId, part } = duplicate;
    const before = ids.get(`${fileId}/${line}/${sourceId}`);
    const isFree =
      before !== undefined && (await firstValue(queries, 'SELECT id FROM doses WHERE id = $1', [before])) === undefined;
    const id = isFree ? before : (await context.nextIds()).immunizationId;
    await queries.run('DELETE FROM immunization_duplicates WHERE id = $1', [duplicate.id]);
    await insertDose(context, { immunizationId: id, patientId }, { fileId, line }, rowOf(part, siteId, sourceId));
  }
}

/** Pairs of doses go with them; doses of two patients are two. */
async function partDoseReviews(queries: Queries, patientId: number, newId: number): Promise<void> {
  await queries.run(
    `UPDATE match_reviews SET patient_id_a = $2, patient_id_b = $2 WHERE patient_id_a = $1
       AND immunization_id_a IN (SELECT id FROM doses WHERE patient_id = $2)
       AND immunization_id_b IN (SELECT id FROM doses WHERE patient_id = $2)`,
    [patientId, newId],
  );
}
