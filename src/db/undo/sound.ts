/** Whether what an undo leaves hangs together. */
import { firstValue, type Queries } from '../queries.js';
import { CONCERNED_DOSES } from './concerned.js';
import { UndoError } from './records.js';

/** Tables, columns that name a row of another, that table and its column, and what else the rows are. */
const REFERENCES: readonly (readonly [string, string, string, string, string?])[] = [
  ['doses', 'detail_id', 'dose_details', 'id'],
  ['doses', 'patient_id', 'patients', 'id'],
  ['immunization_duplicates', 'immunization_id', 'doses', 'id', CONCERNED_DOSES],
  ['immunization_parts', 'immunization_id', 'doses', 'id', CONCERNED_DOSES],
  ['patient_sources', 'patient_id', 'patients', 'id'],
  ['patients', 'id', 'patient_sources', 'patient_id'],
];

/** @throws UndoError where something would be left that belongs to nothing */
export async function requireSound(queries: Queries): Promise<void> {
  for (const [table, column, other, key, among] of REFERENCES) {
    const condition = among === undefined ? '' : `AND t.${column} ${among}`;
    const loose = await firstValue(
      queries,
      `SELECT 1 FROM ${table} t WHERE NOT EXISTS (SELECT 1 FROM ${other} o WHERE o.${key} = t.${column}) ${condition} LIMIT 1`,
    );
    if (loose === undefined) continue;
    throw new UndoError('rows would be left that belong to nothing; nothing was undone, please report it');
  }
}
