/** The rows of patients and doses, as joining and parting write them. */
import type { Row } from '../../core/model.js';
import type { PersonPart } from '../person.js';
import { insertRow, type Queries } from '../queries.js';
import { DOSE_COLUMNS, PATIENT_COLUMNS, recordText, valuesOf } from '../tables.js';
import type { DeskContext } from './context.js';

export async function insertPart(
  queries: Queries,
  patientId: number,
  { runId, siteId, row, ssnCheck }: PersonPart,
): Promise<void> {
  await insertRow(queries, 'patient_parts', {
    patient_id: patientId,
    run_id: runId,
    site_id: siteId,
    record: recordText(row, PATIENT_COLUMNS),
    ssn_check: ssnCheck,
  });
}

/** What a patient's row says, and the check of the Social Security number. */
export interface PatientValues {
  readonly row: Row;
  readonly ssnCheck: number | null;
}

export async function insertPatient(
  queries: Queries,
  patientId: number,
  { row, ssnCheck }: PatientValues,
  runId: number,
): Promise<void> {
  await insertRow(queries, 'patients', {
    id: patientId,
    ssn_check: ssnCheck,
    run_id: runId,
    ...valuesOf(row, PATIENT_COLUMNS),
  });
}

export async function updatePatient(
  queries: Queries,
  patientId: number,
  { row, ssnCheck }: PatientValues,
): Promise<void> {
  await queries.update('patients', [{ id: patientId, ssn_check: ssnCheck, ...valuesOf(row, PATIENT_COLUMNS) }]);
}

export async function insertDose(
  { queries, details }: DeskContext,
  ids: { readonly immunizationId: number; readonly patientId: number },
  { fileId, line }: { readonly fileId: number; readonly line: number },
  row: Row,
): Promise<void> {
  await insertRow(queries, 'doses', {
    id: ids.immunizationId,
    patient_id: ids.patientId,
    file_id: fileId,
    line,
    detail_id: await details.idOf(queries, row),
    ...valuesOf(row, DOSE_COLUMNS),
  });
}

/** A record that came again and became part of a dose. */
export interface DuplicateRow {
  readonly id: number;
  readonly file_id: number;
  readonly line: number;
  readonly source_immunization_id: string | null;
  readonly immunization_id: number;
  readonly part: number;
}

/** The duplicates of a dose, in the order in which they came. */
export async function readDuplicates(queries: Queries, immunizationId: number): Promise<DuplicateRow[]> {
  return queries.rows('SELECT * FROM immunization_duplicates WHERE immunization_id = $1 ORDER BY id', [immunizationId]);
}
