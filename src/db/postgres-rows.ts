/** Rows of the model as rows of PostgreSQL tables, and back. */
import type { Row } from '../core/model.js';
import type { PostgresDoseDetails } from './postgres-dose-details.js';
import type { PgRow } from './postgres-session.js';
import { DOSE_COLUMNS, type FieldColumn } from './tables.js';

/** The columns of `doses` that come from a row. */
export function doseValues(row: Row, details: PostgresDoseDetails): PgRow {
  return { detail_id: details.idOf(row), ...valuesOf(row, DOSE_COLUMNS) };
}

/** The values of a row by column. */
export function valuesOf(row: Row, columns: readonly FieldColumn[]): Record<string, string | null> {
  return Object.fromEntries(columns.map(({ name, slot }) => [name, row[slot]!]));
}

/** Rows by the number in one of their columns, each group in the order in which its rows came. */
export function groupBy<T extends PgRow>(records: readonly T[], column: keyof T): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const record of records) {
    const key = record[column] as number;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  return groups;
}
