/** The columns of the registry tables that come from records, in one place. */
import {
  DOSE,
  type FieldDefinition,
  IMMUNIZATION_FIELDS,
  type ImmunizationField,
  PATIENT,
  PATIENT_FIELDS,
  type Row,
} from '../core/model.js';

/** A column that holds a field. */
export interface FieldColumn {
  readonly name: string;
  readonly slot: number;
}

function storedColumns(
  fields: Readonly<Record<string, FieldDefinition>>,
  slots: Readonly<Record<string, number>>,
): readonly FieldColumn[] {
  return Object.entries(fields)
    .filter(([, field]) => field.stored !== false)
    .map(([name]) => ({ name, slot: slots[name]! }));
}

/** The columns of `patients` that hold fields. */
export const PATIENT_COLUMNS = storedColumns(PATIENT_FIELDS, PATIENT);

/** The columns of the view `immunizations` that hold fields. */
export const IMMUNIZATION_COLUMNS = storedColumns(IMMUNIZATION_FIELDS, DOSE);

/** Fields that differ from dose to dose: they stand in `doses`, all others in `dose_details`, once for many doses. */
const OWN_FIELDS: ReadonlySet<string> = new Set<ImmunizationField>([
  'administered_on',
  'cvx',
  'source_immunization_id',
  'cpt',
  'ndc',
  'vaccine_name',
  'lot_number',
  'lot_expiration',
  'vis_given_date',
  'reaction',
  'comment',
]);

/** The columns of `doses` and of `dose_details` that hold fields. */
export const DOSE_COLUMNS = IMMUNIZATION_COLUMNS.filter(({ name }) => OWN_FIELDS.has(name));
export const DETAIL_COLUMNS = IMMUNIZATION_COLUMNS.filter(({ name }) => !OWN_FIELDS.has(name));

/** A table's row as a row of the model: fields that are not stored are unknown. */
export function rowOf(record: Readonly<Record<string, unknown>>, columns: readonly FieldColumn[], size: number): Row {
  const row: Row = new Array(size).fill(null);
  for (const { name, slot } of columns) row[slot] = (record[name] as string | null | undefined) ?? null;
  return row;
}

/** The values of a row by column. */
export function valuesOf(row: Row, columns: readonly FieldColumn[]): Record<string, string | null> {
  const values: Record<string, string | null> = {};
  for (const { name, slot } of columns) values[name] = row[slot]!;
  return values;
}

/** A row of the model as text that outlives changes of the model: its values by field name. */
export function recordText(row: Row, columns: readonly FieldColumn[]): string {
  const record: Record<string, string> = {};
  for (const { name, slot } of columns) {
    const value = row[slot];
    if (value != null) record[name] = value;
  }
  return JSON.stringify(record);
}

/** Values in a patient's row, and in a dose's. */
export const PATIENT_SLOTS = Object.keys(PATIENT_FIELDS).length;
export const DOSE_SLOTS = Object.keys(IMMUNIZATION_FIELDS).length;

/** Rows by the number in one of their columns, each group in the order in which its rows came. */
export function groupBy<T extends Readonly<Record<string, unknown>>>(
  records: readonly T[],
  column: keyof T,
): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const record of records) {
    const key = record[column] as number;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  return groups;
}
