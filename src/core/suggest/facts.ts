/** What is kept of a faulty record, so that a suggestion can be made when the whole file is known. */
import type { FieldName, RecordRole, Row } from '../model.js';
import type { TransformPlan } from '../plan.js';

/** Values by field; a field without a value is left out. */
export type Values = Readonly<Partial<Record<FieldName, string>>>;

/** A record with a finding that may be mended. */
export interface RecordFacts {
  readonly role: RecordRole;
  /** Fields as they were read, and as they were received. */
  readonly values: Values;
  readonly received: Values;
  /** Of a dose whose patient is known: the patient's days, `null` where they are not known. */
  readonly birthDate: string | null;
  readonly deathDate: string | null;
  /** Whether the patient's fields stand in the same record as the dose's. */
  readonly isCombined: boolean;
}

/** The fields that suggestions look at. */
export const FIELDS_OF_FACTS: Readonly<Record<RecordRole, readonly FieldName[]>> = {
  patient: [
    'site_id', 'source_patient_id', 'last_name', 'first_name', 'birth_date', 'death_date', 'sex', 'city', 'state', 'zip',
  ],
  immunization: [
    'site_id', 'source_patient_id', 'administered_on', 'cvx', 'cpt', 'ndc', 'vaccine_name', 'vaccine_group', 'mvx',
    'lot_number',
  ],
  comment: [],
}; // biome-ignore format: lists of names

/** The facts of a record; `received` gives a field as it stands in the file. */
export function factsOf(
  row: Row,
  { role, fieldNames, doseColumns }: Pick<TransformPlan, 'role' | 'fieldNames' | 'doseColumns'>,
  received: (field: FieldName) => string | null,
  patient: { readonly birthDate: string | null; readonly deathDate: string | null } | null = null,
): RecordFacts {
  const values: Partial<Record<FieldName, string>> = {};
  const asReceived: Partial<Record<FieldName, string>> = {};
  for (const field of FIELDS_OF_FACTS[role]) {
    const value = row[fieldNames.indexOf(field)];
    if (value != null) values[field] = value;
    const text = received(field);
    if (text !== null) asReceived[field] = text;
  }
  const { birthDate = null, deathDate = null } = patient ?? {};
  return { role, values, received: asReceived, birthDate, deathDate, isCombined: doseColumns !== null };
}
