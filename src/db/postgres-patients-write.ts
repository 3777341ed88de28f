/** Writes batches of patients into PostgreSQL. */
import { WholeRow } from '../core/columns.js';
import { updatePatients } from './patient-updates.js';
import type { Queries } from './queries.js';
import type { NewReview, PatientKey, PatientWrites } from './store.js';
import { PATIENT_COLUMNS, recordText } from './tables.js';

/** What is written of one patient: stands or falls as a whole. */
export interface PatientUnit extends Pick<PatientWrites, 'patients' | 'updates' | 'parts' | 'sources'> {
  readonly patientId: number;
}

/** The units of a batch, in the order in which their patients first stand in it. */
export function unitsOfPatients(writes: PatientWrites): PatientUnit[] {
  type Growing = { patientId: number } & {
    -readonly [K in keyof Omit<PatientUnit, 'patientId'>]: PatientUnit[K][number][];
  };
  const units = new Map<number, Growing>();
  const unitOf = (patientId: number): Growing => {
    let unit = units.get(patientId);
    if (unit === undefined) {
      unit = { patientId, patients: [], updates: [], parts: [], sources: [] };
      units.set(patientId, unit);
    }
    return unit;
  };
  for (const each of writes.patients) unitOf(each.patientId).patients.push(each);
  for (const each of writes.updates) unitOf(each.patientId).updates.push(each);
  for (const each of writes.parts) unitOf(each.patientId).parts.push(each);
  for (const each of writes.sources) unitOf(each.patientId).sources.push(each);
  return [...units.values()];
}

/** Several units as one. */
export function joinPatientUnits(units: readonly PatientUnit[]): Omit<PatientUnit, 'patientId'> {
  return {
    patients: units.flatMap(({ patients }) => patients),
    updates: units.flatMap(({ updates }) => updates),
    parts: units.flatMap(({ parts }) => parts),
    sources: units.flatMap(({ sources }) => sources),
  };
}

/** All values of a unit that came with records. */
export function* valuesOfPatient({ patients, updates, parts, sources }: PatientUnit): Generator<unknown> {
  for (const { row } of [...patients, ...updates, ...parts]) yield* row;
  for (const { siteId, sourcePatientId } of sources) yield* [siteId, sourcePatientId];
}

/** Writes what came with records. */
export async function writePatientRows(
  queries: Queries,
  runId: number,
  { patients, updates, parts, sources }: Omit<PatientUnit, 'patientId'>,
): Promise<void> {
  const constant = { name: 'run_id', value: () => runId };
  await queries.insert(
    'patients',
    patients.length,
    [
      { name: 'id', value: (i) => patients[i]!.patientId },
      { name: 'ssn_check', value: (i) => patients[i]!.ssnCheck },
      constant,
    ],
    { columns: PATIENT_COLUMNS, row: (i) => new WholeRow(patients[i]!.row) },
  );
  await updatePatients(queries, runId, updates);
  await queries.insert('patient_parts', parts.length, [
    { name: 'patient_id', value: (i) => parts[i]!.patientId },
    constant,
    { name: 'site_id', value: (i) => parts[i]!.siteId },
    { name: 'record', value: (i) => recordText(parts[i]!.row, PATIENT_COLUMNS) },
    { name: 'ssn_check', value: (i) => parts[i]!.ssnCheck },
  ]);
  await queries.insert('patient_sources', sources.length, [
    constant,
    { name: 'file_id', value: (i) => sources[i]!.fileId },
    { name: 'site_id', value: (i) => sources[i]!.siteId },
    { name: 'source_patient_id', value: (i) => sources[i]!.sourcePatientId },
    { name: 'patient_id', value: (i) => sources[i]!.patientId },
    { name: 'line', value: (i) => sources[i]!.line },
    { name: 'decision', value: (i) => sources[i]!.decision },
    { name: 'reason', value: (i) => sources[i]!.reason },
    { name: 'explanation', value: (i) => sources[i]!.explanation },
    { name: 'content', value: (i) => sources[i]!.content },
  ]);
}

/** Many records give their patient the same keys: those that are there already are passed over. */
export async function writeMatchKeys(queries: Queries, runId: number, keys: readonly PatientKey[]): Promise<void> {
  if (keys.length === 0) return;
  await queries.run(
    `INSERT INTO match_keys (match_key, patient_id, run_id)
     SELECT k, p, $3::int FROM unnest($1::bigint[], $2::int[]) AS n (k, p) ON CONFLICT DO NOTHING`,
    [keys.map(({ matchKey }) => matchKey), keys.map(({ patientId }) => patientId), runId],
  );
}

export async function writeNameUses(queries: Queries, runId: number, uses: PatientWrites['nameUses']): Promise<void> {
  await queries.insert('name_uses', uses.length, [
    { name: 'name_key', value: (i) => uses[i]!.nameKey },
    { name: 'uses', value: (i) => uses[i]!.uses },
    { name: 'run_id', value: () => runId },
  ]);
}

export async function writePatientReviews(
  queries: Queries,
  runId: number,
  reviews: readonly NewReview[],
): Promise<void> {
  await queries.insert('match_reviews', reviews.length, [
    { name: 'id', value: (i) => reviews[i]!.reviewId },
    { name: 'run_id', value: () => runId },
    { name: 'patient_id_a', value: (i) => reviews[i]!.patientIdA },
    { name: 'patient_id_b', value: (i) => reviews[i]!.patientIdB },
    { name: 'weight', value: (i) => reviews[i]!.weight },
    { name: 'reasons', value: (i) => reviews[i]!.reasons },
    { name: 'explanation', value: (i) => reviews[i]!.explanation },
  ]);
}
