/** The columns of the rows that a load adds, the same in each kind of database. */
import type { ColumnSource } from './bulk-insert.js';
import type {
  DoseWrites,
  NewComment,
  NewDoseReview,
  NewDuplicate,
  NewPatientPart,
  NewPatientSource,
  NewReview,
  PatientWrites,
  RepeatedComment,
} from './store.js';
import { IMMUNIZATION_COLUMNS, PATIENT_COLUMNS, recordText } from './tables.js';

const runColumn = (runId: number): ColumnSource => ({ name: 'run_id', value: () => runId });

export function columnsOfPatientParts(runId: number, parts: readonly NewPatientPart[]): readonly ColumnSource[] {
  return [
    { name: 'patient_id', value: (i) => parts[i]!.patientId },
    runColumn(runId),
    { name: 'site_id', value: (i) => parts[i]!.siteId },
    { name: 'record', value: (i) => recordText(parts[i]!.row, PATIENT_COLUMNS) },
    { name: 'ssn_check', value: (i) => parts[i]!.ssnCheck },
  ];
}

export function columnsOfPatientSources(runId: number, sources: readonly NewPatientSource[]): readonly ColumnSource[] {
  return [
    runColumn(runId),
    { name: 'file_id', value: (i) => sources[i]!.fileId },
    { name: 'site_id', value: (i) => sources[i]!.siteId },
    { name: 'source_patient_id', value: (i) => sources[i]!.sourcePatientId },
    { name: 'patient_id', value: (i) => sources[i]!.patientId },
    { name: 'line', value: (i) => sources[i]!.line },
    { name: 'decision', value: (i) => sources[i]!.decision },
    { name: 'reason', value: (i) => sources[i]!.reason },
    { name: 'explanation', value: (i) => sources[i]!.explanation },
    { name: 'content', value: (i) => sources[i]!.content },
  ];
}

export function columnsOfNameUses(runId: number, uses: PatientWrites['nameUses']): readonly ColumnSource[] {
  return [
    { name: 'name_key', value: (i) => uses[i]!.nameKey },
    { name: 'uses', value: (i) => uses[i]!.uses },
    runColumn(runId),
  ];
}

export function columnsOfPatientReviews(runId: number, reviews: readonly NewReview[]): readonly ColumnSource[] {
  return [
    { name: 'id', value: (i) => reviews[i]!.reviewId },
    runColumn(runId),
    { name: 'patient_id_a', value: (i) => reviews[i]!.patientIdA },
    { name: 'patient_id_b', value: (i) => reviews[i]!.patientIdB },
    { name: 'weight', value: (i) => reviews[i]!.weight },
    { name: 'reasons', value: (i) => reviews[i]!.reasons },
    { name: 'explanation', value: (i) => reviews[i]!.explanation },
  ];
}

export function columnsOfDoseReviews(runId: number, reviews: readonly NewDoseReview[]): readonly ColumnSource[] {
  return [
    { name: 'id', value: (i) => reviews[i]!.reviewId },
    runColumn(runId),
    { name: 'patient_id_a', value: (i) => reviews[i]!.patientId },
    { name: 'patient_id_b', value: (i) => reviews[i]!.patientId },
    { name: 'immunization_id_a', value: (i) => reviews[i]!.immunizationIds[0] },
    { name: 'immunization_id_b', value: (i) => reviews[i]!.immunizationIds[1] },
    { name: 'reasons', value: (i) => reviews[i]!.reason },
  ];
}

export function columnsOfDoseParts(runId: number, parts: DoseWrites['parts']): readonly ColumnSource[] {
  return [
    { name: 'immunization_id', value: (i) => parts[i]!.immunizationId },
    runColumn(runId),
    { name: 'record', value: (i) => recordText(parts[i]!.row, IMMUNIZATION_COLUMNS) },
  ];
}

export function columnsOfDoseDuplicates(runId: number, duplicates: readonly NewDuplicate[]): readonly ColumnSource[] {
  return [
    runColumn(runId),
    { name: 'file_id', value: (i) => duplicates[i]!.fileId },
    { name: 'line', value: (i) => duplicates[i]!.line },
    { name: 'source_immunization_id', value: (i) => duplicates[i]!.sourceImmunizationId },
    { name: 'immunization_id', value: (i) => duplicates[i]!.immunizationId },
    { name: 'part', value: (i) => duplicates[i]!.part },
    { name: 'reason', value: (i) => duplicates[i]!.reason },
  ];
}

export function columnsOfComments(runId: number, comments: readonly NewComment[]): readonly ColumnSource[] {
  return [
    runColumn(runId),
    { name: 'file_id', value: (i) => comments[i]!.fileId },
    { name: 'line', value: (i) => comments[i]!.line },
    { name: 'patient_id', value: (i) => comments[i]!.patientId },
    { name: 'site_id', value: (i) => comments[i]!.siteId },
    { name: 'comment_code', value: (i) => comments[i]!.code },
    { name: 'applies_on', value: (i) => comments[i]!.appliesOn },
  ];
}

export function columnsOfRepeatedComments(
  runId: number,
  comments: readonly RepeatedComment[],
): readonly ColumnSource[] {
  return [
    runColumn(runId),
    { name: 'file_id', value: (i) => comments[i]!.fileId },
    { name: 'line', value: (i) => comments[i]!.line },
    { name: 'site_id', value: (i) => comments[i]!.siteId },
    { name: 'source_patient_id', value: (i) => comments[i]!.sourcePatientId },
    { name: 'comment_code', value: (i) => comments[i]!.code },
    { name: 'applies_on', value: (i) => comments[i]!.appliesOn },
  ];
}
