/** What matching by weight asks of a SQLite registry: candidates by key, their records, and how common names are. */
import type { Database } from 'better-sqlite3';
import { COMPARED_PATIENT_FIELDS } from '../core/match/people.js';
import { PATIENT, type Row } from '../core/model.js';
import type { ComparableRecord, PatientKey } from './store.js';
import { PATIENT_COLUMNS, PATIENT_SLOTS, rowOf } from './tables.js';

/** The columns that comparing needs; the others of a patient are never read for it. */
const COMPARED_COLUMNS = PATIENT_COLUMNS.filter(({ name }) => COMPARED_PATIENT_FIELDS.some((field) => field === name));
const CHART = COMPARED_COLUMNS.findIndex(({ name }) => name === 'chart_number');

/** Patients who have one of the keys. Keys that more than `mostPerKey` have in common are passed over. */
export function findPatientsByKeys(
  database: Database,
  schemas: readonly string[],
  keys: Iterable<number>,
  mostPerKey: number,
): number[] {
  const found = new Set<number>();
  const statements = schemas.map((schema) =>
    database.prepare(`SELECT patient_id FROM ${schema}.match_keys WHERE match_key = ? LIMIT ${mostPerKey + 1}`).pluck(),
  );
  for (const key of keys) {
    for (const statement of statements) {
      const ids = statement.all(key) as number[];
      if (ids.length <= mostPerKey) for (const id of ids) found.add(id);
    }
  }
  return [...found].sort((a, b) => a - b);
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

/** Collects keys in any order, and adds them to the registry in theirs. */
export class MissingKeys {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(`
      CREATE TEMP TABLE missing_keys (match_key INTEGER, patient_id INTEGER, run_id INTEGER);
      CREATE TEMP TABLE missing_uses (name_key INTEGER, run_id INTEGER, uses INTEGER)`);
  }

  add(keys: readonly (PatientKey & { readonly runId: number })[], uses: ReadonlyMap<string, number>): void {
    const addKey = this.#database.prepare('INSERT INTO temp.missing_keys VALUES (?, ?, ?)');
    for (const { matchKey, patientId, runId } of keys) addKey.run(matchKey, patientId, runId);
    const addUse = this.#database.prepare('INSERT INTO temp.missing_uses VALUES (?, ?, ?)');
    for (const [key, count] of uses) addUse.run(...key.split(' ').map(Number), count);
  }

  /** Adds what was collected of the patients of a schema, and notes there that nothing is missing any more. */
  finish(schema: string): void {
    this.#database.exec(`
      INSERT OR IGNORE INTO main.match_keys SELECT match_key, patient_id, run_id FROM temp.missing_keys
        ORDER BY match_key, patient_id;
      INSERT OR IGNORE INTO main.name_uses SELECT name_key, run_id, sum(uses) FROM temp.missing_uses
        WHERE run_id IN (${keylessRuns(schema)}) GROUP BY name_key, run_id`);
    // A registry that is only looked at stays as it is.
    if (schema === 'main') {
      this.#database.exec(`UPDATE main.runs SET has_all_keys = 1 WHERE id IN (${keylessRuns(schema)})`);
    }
  }

  drop(): void {
    this.#database.exec('DROP TABLE temp.missing_keys; DROP TABLE temp.missing_uses');
  }
}
