/** What matching by weight asks of a SQLite registry key by key, and how missing keys come into it in their order. */
import type { Database } from 'better-sqlite3';
import { keylessRuns } from './comparable.js';
import type { PatientKey } from './store.js';

/** Patients who have one of the keys. Keys that more than `mostPerKey` have in common are passed over. */
export function findPatientsByKeys(
  database: Database,
  schemas: readonly string[],
  keys: Iterable<number>,
  mostPerKey: number,
): number[] {
  const found = new Set<number>();
  const statements = schemas.map((schema) =>
    database.prepare(`SELECT patient_id FROM ${schema}match_keys WHERE match_key = ? LIMIT ${mostPerKey + 1}`).pluck(),
  );
  for (const key of keys) {
    for (const statement of statements) {
      const ids = statement.all(key) as number[];
      if (ids.length <= mostPerKey) for (const id of ids) found.add(id);
    }
  }
  return [...found].sort((a, b) => a - b);
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
    if (schema === '') {
      this.#database.exec(`UPDATE main.runs SET has_all_keys = 1 WHERE id IN (${keylessRuns(schema)})`);
    }
  }

  drop(): void {
    this.#database.exec('DROP TABLE temp.missing_keys; DROP TABLE temp.missing_uses');
  }
}
