/** What matching by weight asks of a registry: the records of candidates, and which patients lack keys. */
import { COMPARED_PATIENT_FIELDS } from '../core/match/people.js';
import { PATIENT, type Row } from '../core/model.js';
import { firstColumn, firstValue, type Queries } from './queries.js';
import type { ComparableRecord } from './store.js';
import { PATIENT_COLUMNS, PATIENT_SLOTS, rowOf } from './tables.js';

/** The columns that comparing needs; the others of a patient are never read for it. */
const COMPARED_COLUMNS = PATIENT_COLUMNS.filter(({ name }) => COMPARED_PATIENT_FIELDS.some((field) => field === name));

/** The records of patients, as far as they are compared: what each was made of, or its row if that is one record. */
export async function readComparable(
  queries: Queries,
  schema: string,
  patientIds: readonly number[],
): Promise<readonly ComparableRecord[]> {
  const parts = new Map<number, { readonly row: Row; readonly ssnCheck: number | null }[]>();
  const kept = await queries.arrays<[number, string, string, number | null]>(
    `SELECT patient_id, site_id, record, ssn_check FROM ${schema}patient_parts
     WHERE patient_id = ANY($1::int[]) ORDER BY id`,
    [patientIds],
  );
  for (const [patientId, siteId, record, ssnCheck] of kept) {
    const row = rowOf(JSON.parse(record) as Record<string, unknown>, COMPARED_COLUMNS, PATIENT_SLOTS);
    row[PATIENT.site_id] = siteId;
    const own = parts.get(patientId);
    if (own === undefined) parts.set(patientId, [{ row, ssnCheck }]);
    else own.push({ row, ssnCheck });
  }
  const rows = await queries.arrays<[number, number | null, number, string | null, ...(string | null)[]]>(
    // Chart numbers mean something at their own site only.
    `SELECT id, ssn_check, run_id, CASE WHEN chart_number IS NOT NULL THEN
         (SELECT site_id FROM ${schema}patient_sources s WHERE s.patient_id = p.id ORDER BY s.id LIMIT 1) END,
       ${COMPARED_COLUMNS.map(({ name }) => name).join(', ')}
     FROM ${schema}patients p WHERE id = ANY($1::int[]) ORDER BY id`,
    [patientIds],
  );
  const records: ComparableRecord[] = [];
  for (const [patientId, ssnCheck, runId, siteId, ...values] of rows) {
    const own = parts.get(patientId);
    if (own !== undefined) {
      const isKept = own.some((part) => part.ssnCheck !== null);
      own.forEach((part, i) => {
        records.push({ patientId, runId, row: part.row, ssnCheck: isKept || i > 0 ? part.ssnCheck : ssnCheck });
      });
      continue;
    }
    const row: Row = new Array(PATIENT_SLOTS).fill(null);
    COMPARED_COLUMNS.forEach(({ slot }, i) => {
      row[slot] = values[i]!;
    });
    if (siteId !== null) row[PATIENT.site_id] = siteId;
    records.push({ patientId, runId, row, ssnCheck });
  }
  return records;
}

/** How many records bear each of these names, in all of the schemas. */
export async function readNameUses(
  queries: Queries,
  schemas: readonly string[],
  nameKeys: readonly number[],
): Promise<number[]> {
  const uses = new Map<number, number>();
  for (const schema of schemas) {
    const rows = await queries.arrays<[number, number]>(
      `SELECT name_key, sum(uses) FROM ${schema}name_uses WHERE name_key = ANY($1::bigint[]) GROUP BY name_key`,
      [nameKeys],
    );
    for (const [key, count] of rows) uses.set(key, (uses.get(key) ?? 0) + count);
  }
  return nameKeys.map((key) => uses.get(key) ?? 0);
}

/** Runs whose patients lack keys: those that matched by name and birth date, and those of earlier programs. A query of their ids. */
export function keylessRuns(schema: string): string {
  return `SELECT id FROM ${schema}runs WHERE status IN ('completed', 'undone') AND coalesce(has_all_keys, 0) = 0`;
}

/** The patients that cannot be found by all keys, in the order of their ids. */
export async function patientsWithoutKeys(queries: Queries, schema: string): Promise<number[]> {
  // Most registries have no such run: then the records need not be gone through.
  if ((await firstValue(queries, `${keylessRuns(schema)} LIMIT 1`)) === undefined) return [];
  return firstColumn(
    queries,
    `SELECT DISTINCT patient_id FROM ${schema}patient_sources WHERE run_id IN (${keylessRuns(schema)})
     ORDER BY patient_id`,
  );
}
