/** What matching by weight asks of a SQLite registry: candidates by key, their records, and how common names are. */
import type { Database } from 'better-sqlite3';
import { KeySearch, rowKeyOf, type SoughtKeys } from '../core/match/key-packs.js';
import { COMPARED_PATIENT_FIELDS } from '../core/match/people.js';
import { PATIENT, type Row } from '../core/model.js';
import { bytesOf, numbersOf } from './numbers.js';
import type { ComparableRecord, KeyPackOfRun } from './store.js';
import { PATIENT_COLUMNS, PATIENT_SLOTS, rowOf } from './tables.js';

/** The columns that comparing needs; the others of a patient are never read for it. */
const COMPARED_COLUMNS = PATIENT_COLUMNS.filter(({ name }) => COMPARED_PATIENT_FIELDS.some((field) => field === name));
const CHART = COMPARED_COLUMNS.findIndex(({ name }) => name === 'chart_number');

/** Patients who have one of the keys. Keys that more than `mostPerKey` have in common are passed over. */
export function findPatientsByKeys(
  database: Database,
  schemas: readonly string[],
  passes: Iterable<SoughtKeys>,
  mostPerKey: number,
): number[] {
  const found = new Set<number>();
  const packsOf = schemas.map((schema) => ({
    bounds: database
      .prepare(`SELECT id, first_key, last_key FROM ${schema}.match_key_packs WHERE pass = ? ORDER BY first_key`)
      .raw(),
    pack: database.prepare(`SELECT keys, patient_ids FROM ${schema}.match_key_packs WHERE id = ?`).raw(),
  }));
  const rowsOf = schemas
    .filter((schema) => hasKeyRows(database, schema))
    .map((schema) => database.prepare(`SELECT patient_id FROM ${schema}.match_keys WHERE match_key = ?`).pluck());
  for (const sought of passes) {
    const search = new KeySearch(sought);
    for (const { bounds, pack } of packsOf) {
      for (const [id, first, last] of bounds.all(sought.pass) as [number, number, number][]) {
        if (!search.reaches(first, last)) continue;
        const [keys, patientIds] = pack.get(id) as [Buffer, Buffer];
        search.look({ keys: numbersOf(keys), patientIds: numbersOf(patientIds) });
      }
    }
    for (const patientId of search.found(mostPerKey)) found.add(patientId);
    for (const rows of rowsOf) {
      for (const key of sought.keys) for (const id of rows.all(rowKeyOf(sought.pass, key)) as number[]) found.add(id);
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** Whether some patients have keys in rows of their own: after a reviewer's decision, or after a run was undone. */
function hasKeyRows(database: Database, schema: string): boolean {
  const query = `SELECT EXISTS (SELECT 1 FROM ${schema}.review_decisions)
    OR EXISTS (SELECT 1 FROM ${schema}.runs WHERE status = 'undone')`;
  return database.prepare(query).pluck().get() === 1;
}

/** Adds packs in one transaction of the caller's. */
export function insertKeyPacks(database: Database, packs: Iterable<KeyPackOfRun>): void {
  const insert = database.prepare(
    `INSERT INTO main.match_key_packs (run_id, pass, first_key, last_key, keys, patient_ids) VALUES (?, ?, ?, ?, ?, ?)`,
  );
  for (const { runId, pass, keys, patientIds } of packs) {
    insert.run(runId, pass, keys[0]!, keys[keys.length - 1]!, bytesOf(keys), bytesOf(patientIds));
  }
}

/** The records of patients, as far as they are compared: what each was made of, or its row if that is one record. */
export function readComparable(
  database: Database,
  schema: string,
  patientIds: readonly number[],
): readonly ComparableRecord[] {
  const list = JSON.stringify(patientIds);
  const ofList = 'IN (SELECT value FROM json_each(?))';
  const parts = new Map<number, { readonly row: Row; readonly ssnCheck: number | null }[]>();
  const kept = database
    .prepare(
      `SELECT patient_id, site_id, record, ssn_check FROM ${schema}.patient_parts WHERE patient_id ${ofList} ORDER BY id`,
    )
    .raw()
    .all(list) as [number, string, string, number | null][];
  for (const [patientId, siteId, record, ssnCheck] of kept) {
    const row = rowOf(JSON.parse(record) as Record<string, unknown>, COMPARED_COLUMNS, PATIENT_SLOTS);
    row[PATIENT.site_id] = siteId;
    const own = parts.get(patientId);
    if (own === undefined) parts.set(patientId, [{ row, ssnCheck }]);
    else own.push({ row, ssnCheck });
  }
  const rows = database
    .prepare(
      `SELECT id, ssn_check, run_id, ${COMPARED_COLUMNS.map(({ name }) => name).join(', ')}
       FROM ${schema}.patients WHERE id ${ofList} ORDER BY id`,
    )
    .raw()
    .all(list) as [number, number | null, number, ...(string | null)[]][];
  const siteOf = database
    .prepare(`SELECT site_id FROM ${schema}.patient_sources WHERE patient_id = ? ORDER BY id LIMIT 1`)
    .pluck();
  const records: ComparableRecord[] = [];
  for (const [patientId, ssnCheck, runId, ...values] of rows) {
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
    // Chart numbers mean something at their own site only.
    if (values[CHART] !== null) row[PATIENT.site_id] = siteOf.get(patientId) as string;
    records.push({ patientId, runId, row, ssnCheck });
  }
  return records;
}

/** How many records bear each of these names. */
export function readNameUses(database: Database, schemas: readonly string[], nameKeys: readonly number[]): number[] {
  const statements = schemas.map((schema) =>
    database.prepare(`SELECT coalesce(sum(uses), 0) FROM ${schema}.name_uses WHERE name_key = ?`).pluck(),
  );
  return nameKeys.map((key) => statements.reduce((sum, statement) => sum + (statement.get(key) as number), 0));
}

/** Completed runs whose patients have only the key of name and birth date. */
function keylessRuns(schema: string): string {
  return `SELECT id FROM ${schema}.runs WHERE status IN ('completed', 'undone') AND coalesce(has_all_keys, 0) = 0`;
}

/** The patients that cannot be found by all keys, in the order of their ids. */
export function patientsWithoutKeys(database: Database, schema: string): number[] {
  // Most registries have no such run: then the records need not be gone through.
  if (database.prepare(`${keylessRuns(schema)} LIMIT 1`).get() === undefined) return [];
  return database
    .prepare(
      `SELECT DISTINCT patient_id FROM ${schema}.patient_sources WHERE run_id IN (${keylessRuns(schema)})
       ORDER BY patient_id`,
    )
    .pluck()
    .all() as number[];
}

/** Takes away keys that were given to patients of a schema who lack keys. */
export function clearMissingKeys(database: Database, schema: string): void {
  database.exec(`DELETE FROM main.match_key_packs WHERE run_id IN (${keylessRuns(schema)})`);
}

/** Adds how many records bear a name, by name key and run, and notes that no patient of a schema lacks keys any more. */
export function finishMissingKeys(database: Database, schema: string, uses: ReadonlyMap<string, number>): void {
  const keyless = new Set(database.prepare(keylessRuns(schema)).pluck().all() as number[]);
  const addUse = database.prepare('INSERT OR IGNORE INTO main.name_uses (name_key, run_id, uses) VALUES (?, ?, ?)');
  for (const [key, count] of uses) {
    const [nameKey, runId] = key.split(' ').map(Number) as [number, number];
    if (keyless.has(runId)) addUse.run(nameKey, runId, count);
  }
  // A registry that is only looked at stays as it is.
  if (schema === 'main') database.exec(`UPDATE main.runs SET has_all_keys = 1 WHERE id IN (${keylessRuns(schema)})`);
}
