/** All that a registry holds, row by row with its ids, whichever database it is in. */
import type { TableRow } from './sandbox.js';

/** Tables by the columns that order their rows. */
const TABLES: Readonly<Record<string, string>> = {
  runs: 'id',
  run_files: 'id',
  patients: 'id',
  patient_sources: 'id',
  patient_parts: 'id',
  patient_comments: 'id',
  comment_duplicates: 'id',
  match_keys: 'match_key, patient_id',
  match_key_packs: 'pass, first_key, last_key, id',
  name_uses: 'name_key, run_id',
  doses: 'id',
  dose_details: 'id',
  immunizations: 'id',
  immunization_duplicates: 'id',
  immunization_parts: 'id',
  match_reviews: 'id',
  before_images: 'id',
  review_decisions: 'id',
  applied_decisions: 'decision_id',
  decision_images: 'id',
  record_keys: 'file_id, line',
  record_fates: 'file_id',
  run_code_tables: 'run_id, code_table_id',
};

/** What differs from run to run, or from machine to machine. */
const CHANGING: ReadonlySet<string> = new Set(['started_at', 'finished_at', 'heartbeat_at', 'host', 'process']);

/** The rows of all tables. */
export async function storeTables(query: (sql: string) => Promise<TableRow[]>): Promise<Record<string, TableRow[]>> {
  const tables: Record<string, TableRow[]> = {};
  for (const [table, order] of Object.entries(TABLES)) {
    tables[table] = (await query(`SELECT * FROM ${table} ORDER BY ${order}`)).map((row) =>
      Object.fromEntries(
        Object.entries(row)
          .filter(([name]) => !CHANGING.has(name))
          .map(([name, value]) => [name, Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value]),
      ),
    );
  }
  return tables;
}
