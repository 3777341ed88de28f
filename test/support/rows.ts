/** Rows of the model and batches of writes, as tests of the store need them. */
import { WholeRow } from '../../src/core/columns.js';
import { DOSE, type ImmunizationField, PATIENT, type PatientField, type Row } from '../../src/core/model.js';
import type { DoseWrites, NewDose, NewPatient, NewPatientSource, NewRun, PatientWrites } from '../../src/db/store.js';
import { DOSE_SLOTS, PATIENT_SLOTS } from '../../src/db/tables.js';

export function patientRow(values: Partial<Record<PatientField, string>>): Row {
  const row: Row = new Array(PATIENT_SLOTS).fill(null);
  for (const [name, value] of Object.entries(values)) row[PATIENT[name as PatientField]] = value;
  return row;
}

export function doseRow(values: Partial<Record<ImmunizationField, string>>): Row {
  const row: Row = new Array(DOSE_SLOTS).fill(null);
  for (const [name, value] of Object.entries(values)) row[DOSE[name as ImmunizationField]] = value;
  return row;
}

export function newRun(startedAt = '2026-07-01T10:00:00.000Z'): NewRun {
  return {
    specId: 'miis-legacy',
    specVersion: '0.1.0',
    siteId: null,
    today: '2026-07-01',
    programVersion: '0.0.0',
    codeTables: { cvx: '2025-10-12' },
    startedAt,
    ruleChanges: null,
    matchModel: 'exact',
    command: null,
    givenThresholds: null,
  };
}

export function newPatient(patientId: number, values: Partial<Record<PatientField, string>>): NewPatient {
  return { patientId, row: patientRow(values), ssnCheck: null };
}

export function newSource(patientId: number, fileId: number, sourcePatientId = String(patientId)): NewPatientSource {
  return {
    siteId: 'F1',
    sourcePatientId,
    fileId,
    patientId,
    line: patientId + 1,
    decision: 'new',
    reason: null,
    explanation: null,
    content: patientId,
  };
}

export function newDose(
  immunizationId: number,
  patientId: number,
  fileId: number,
  values: Partial<Record<ImmunizationField, string>>,
): NewDose {
  return { immunizationId, patientId, fileId, line: immunizationId + 1, row: new WholeRow(doseRow(values)) };
}

export function patientWrites(writes: Partial<PatientWrites>): PatientWrites {
  return { patients: [], updates: [], parts: [], sources: [], matchKeys: [], nameUses: [], reviews: [], ...writes };
}

export function doseWrites(writes: Partial<DoseWrites>): DoseWrites {
  return { doses: [], updates: [], parts: [], duplicates: [], recordKeys: [], regroupings: [], ...writes };
}
