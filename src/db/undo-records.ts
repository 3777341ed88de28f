/** Records of runs that are taken back, kept aside so that they can be brought back: what each said, and under which id it came. */
import type { Database } from 'better-sqlite3';
import { recordsOf } from '../core/match/dose.js';
import { DOSE, packRow, type Row, unpackRow } from '../core/model.js';
import type { SqlValue } from './bulk-insert.js';
import { partOfSource, readPerson, type SourceRow } from './person.js';
import { readStoredDoses } from './stored-doses.js';

/** A record of a patient that was kept aside. */
export interface KeptSource {
  readonly fileId: number;
  readonly line: number;
  readonly siteId: string;
  readonly sourcePatientId: string;
  readonly row: Row;
  readonly ssnCheck: number | null;
  readonly content: number;
  /** The patient that it was of. */
  readonly patientId: number;
}

/** A record of a dose that was kept aside, and the patient whom it is of by now. */
export interface KeptDose {
  readonly fileId: number;
  readonly line: number;
  readonly row: Row;
  readonly patientId: number;
}

/** A comment that was kept aside, and the patient whom it is of by now. */
export interface KeptComment {
  readonly fileId: number;
  readonly line: number;
  readonly siteId: string;
  readonly sourcePatientId: string;
  readonly code: string;
  readonly appliesOn: string | null;
  readonly patientId: number;
}

/** A decision of a reviewer that stands in the way. */
export interface StandingDecision {
  readonly reviewId: number;
  readonly decision: string;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
}

/** A run cannot be undone. Its message holds no value of a record. */
export class UndoError extends Error {
  readonly code = 'undo';
  constructor(
    message: string,
    /** Decisions to take back first. */
    readonly decisions: readonly StandingDecision[] = [],
  ) {
    super(message);
    this.name = 'UndoError';
  }
}

/** Patients whose records are held at once. */
export const PATIENTS_AT_ONCE = 500;

const TEMP_TABLES = `
  CREATE TEMP TABLE undo_sources (
    seq INTEGER PRIMARY KEY, run_id INTEGER, file_id INTEGER, line INTEGER, site_id TEXT, source_patient_id TEXT, packed TEXT,
    ssn_check INTEGER, content INTEGER, patient_id INTEGER, reason TEXT, explanation TEXT, stays INTEGER);
  CREATE INDEX temp.undo_sources_by_key ON undo_sources (site_id, source_patient_id);
  CREATE INDEX temp.undo_sources_by_place ON undo_sources (file_id, line);
  CREATE TEMP TABLE undo_doses (
    seq INTEGER PRIMARY KEY, run_id INTEGER, file_id INTEGER, line INTEGER, site_id TEXT, source_patient_id TEXT, packed TEXT,
    immunization_id INTEGER);
  CREATE INDEX temp.undo_doses_by_place ON undo_doses (file_id, line);
  CREATE INDEX temp.undo_doses_by_key ON undo_doses (site_id, source_patient_id);
  CREATE TEMP TABLE undo_comments (
    run_id INTEGER, file_id INTEGER, line INTEGER, site_id TEXT, source_patient_id TEXT, comment_code TEXT, applies_on TEXT);
  CREATE TEMP TABLE undo_order (
    at INTEGER PRIMARY KEY, file_id INTEGER, line INTEGER, packed TEXT, patient_id INTEGER)`;

/** The records that one undo keeps aside. SQLite has them in a file without a name, and no longer than the undo takes. */
export class KeptRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.drop();
    database.exec(TEMP_TABLES);
  }

  drop(): void {
    for (const [table] of TEMP_TABLES.matchAll(/(?<=TEMP TABLE )\w+/g)) {
      this.#database.exec(`DROP TABLE IF EXISTS temp.${table}`);
    }
  }

  /** Keeps aside what the later runs have told of the patients concerned, and what the run itself told of their persons. */
  keepRecords(runId: number, later: readonly number[]): void {
    const runs = new Set(later);
    const ids = this.#database.prepare('SELECT id FROM temp.undo_patients ORDER BY id').pluck().all() as number[];
    for (let start = 0; start < ids.length; start += PATIENTS_AT_ONCE) {
      const some = ids.slice(start, start + PATIENTS_AT_ONCE);
      const keysOf = new Map(some.map((id) => [id, this.#keepSources(id, runId, runs)]));
      this.#keepDoses(some, keysOf, runs);
      this.#keepComments(some, keysOf, runs);
    }
  }

  /** Keeps the records of a person, and gives all that it has. */
  #keepSources(patientId: number, runId: number, later: ReadonlySet<number>): readonly SourceRow[] {
    const person = readPerson(this.#database, patientId);
    if (person === null) return [];
    const insert = this.#database.prepare(
      `INSERT INTO temp.undo_sources
       SELECT id, run_id, file_id, line, site_id, source_patient_id, ?, ?, content, patient_id, reason, explanation, 0
       FROM main.patient_sources WHERE id = ?`,
    );
    for (const source of person.sources) {
      if (source.runId !== runId && !later.has(source.runId)) continue;
      const found = partOfSource(person, source);
      if (found === null) throw new UndoError(unreadable('what a record said', source));
      insert.run(packRow(found.part.row), found.ssnCheck, source.id);
    }
    return person.sources;
  }

  #keepDoses(
    patientIds: readonly number[],
    keysOf: ReadonlyMap<number, readonly SourceRow[]>,
    later: ReadonlySet<number>,
  ): void {
    const insert = this.#database.prepare(
      `INSERT INTO temp.undo_doses (run_id, file_id, line, site_id, source_patient_id, packed, immunization_id)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    const doses = new Map(
      [...readStoredDoses(this.#database, patientIds).values()].flat().map((dose) => [dose.immunizationId, dose]),
    );
    // A dose that a later run made a duplicate has that run in its row: whose record it is, its file says.
    const records = this.#all(
      `SELECT f.run_id, d.file_id, d.line, d.patient_id, d.id, 0 AS part, 0 AS is_duplicate, NULL AS source_immunization_id
       FROM main.doses d JOIN main.run_files f ON f.id = d.file_id WHERE d.patient_id IN (SELECT value FROM json_each(@list))
       UNION ALL
       SELECT f.run_id, u.file_id, u.line, d.patient_id, d.id, u.part, 1, u.source_immunization_id
       FROM main.immunization_duplicates u JOIN main.doses d ON d.id = u.immunization_id JOIN main.run_files f ON f.id = u.file_id
       WHERE d.patient_id IN (SELECT value FROM json_each(@list)) ORDER BY 2, 3, 7, 5`,
      { list: JSON.stringify(patientIds) },
    );
    for (const record of records) {
      const runId = record['run_id'] as number;
      if (!later.has(runId)) continue;
      const place = { runId, fileId: record['file_id'] as number, line: record['line'] as number };
      const key = this.#keyOf(place, keysOf.get(record['patient_id'] as number) ?? []);
      const row = recordsOf(doses.get(record['id'] as number)!)[record['part'] as number]!.slice();
      row[DOSE.site_id] = key.siteId;
      row[DOSE.source_patient_id] = key.sourcePatientId;
      if (record['is_duplicate'] === 1)
        row[DOSE.source_immunization_id] = record['source_immunization_id'] as string | null;
      insert.run(runId, place.fileId, place.line, key.siteId, key.sourcePatientId, packRow(row), record['id']);
    }
  }

  #keepComments(
    patientIds: readonly number[],
    keysOf: ReadonlyMap<number, readonly SourceRow[]>,
    later: ReadonlySet<number>,
  ): void {
    const insert = this.#database.prepare('INSERT INTO temp.undo_comments VALUES (?, ?, ?, ?, ?, ?, ?)');
    const comments = this.#all(
      `SELECT * FROM main.patient_comments WHERE patient_id IN (SELECT value FROM json_each(?)) ORDER BY id`,
      JSON.stringify(patientIds),
    );
    for (const comment of comments) {
      const place = {
        runId: comment['run_id'] as number,
        fileId: comment['file_id'] as number,
        line: comment['line'] as number,
      };
      if (!later.has(place.runId)) continue;
      const key = this.#keyOf(place, keysOf.get(comment['patient_id'] as number) ?? []);
      const said = [comment['comment_code']!, comment['applies_on']!];
      insert.run(place.runId, place.fileId, place.line, comment['site_id'], key.sourcePatientId, ...said);
    }
    const again = this.#database.prepare(
      `INSERT INTO temp.undo_comments
       SELECT run_id, file_id, line, site_id, source_patient_id, comment_code, applies_on FROM main.comment_duplicates
       WHERE run_id = ? AND site_id = ? AND source_patient_id = ?`,
    );
    for (const sources of keysOf.values()) {
      for (const { siteId, sourcePatientId } of new Map(sources.map((source) => [source.key, source])).values()) {
        for (const runId of later) again.run(runId, siteId, sourcePatientId);
      }
    }
  }

  /** The id under which a dose or a comment came. */
  #keyOf(
    place: { readonly runId: number; readonly fileId: number; readonly line: number },
    sources: readonly SourceRow[],
  ): SourceRow {
    const kept = this.#database
      .prepare('SELECT source_key FROM main.record_keys WHERE file_id = ? AND line = ?')
      .pluck()
      .get(place.fileId, place.line) as number | undefined;
    const known = sources.filter(({ runId, key }) => (kept === undefined ? runId <= place.runId : key === kept));
    if (new Set(known.map(({ key }) => key)).size !== 1) {
      throw new UndoError(unreadable('under which id a record came', place));
    }
    return known[0]!;
  }

  /**
   * Marks the patient records of the run that must stay: a dose or a comment of a later run came under their id, which no
   * other record has that was there by then. Gives how many were not marked before.
   */
  markNeeded(runId: number): number {
    const { changes } = this.#database
      .prepare(
        `UPDATE temp.undo_sources SET stays = 1 WHERE run_id = @runId AND stays = 0 AND EXISTS (
           SELECT 1 FROM (SELECT run_id, site_id, source_patient_id FROM temp.undo_doses
               UNION SELECT run_id, site_id, source_patient_id FROM temp.undo_comments) r
           WHERE r.site_id = undo_sources.site_id AND r.source_patient_id = undo_sources.source_patient_id
             AND NOT EXISTS (SELECT 1 FROM main.patient_sources s WHERE s.site_id = r.site_id
               AND s.source_patient_id = r.source_patient_id AND s.run_id <= r.run_id AND s.run_id <> @runId))`,
      )
      .run({ runId });
    return changes;
  }

  /** Marks the patient records of the run under these ids, too. Gives how many were not marked before. */
  markAlso(runId: number, keys: readonly { readonly siteId: string; readonly sourcePatientId: string }[]): number {
    const mark = this.#database.prepare(
      'UPDATE temp.undo_sources SET stays = 1 WHERE run_id = ? AND stays = 0 AND site_id = ? AND source_patient_id = ?',
    );
    return keys.reduce((sum, { siteId, sourcePatientId }) => sum + mark.run(runId, siteId, sourcePatientId).changes, 0);
  }

  /** The patient records of a run that were kept aside, in the order in which they came; of the undone run those that stay. */
  readSources(runId: number, onlyStaying: boolean): KeptSource[] {
    const rows = this.#all(
      `SELECT * FROM temp.undo_sources WHERE run_id = ? ${onlyStaying ? 'AND stays = 1' : ''} ORDER BY seq`,
      runId,
    );
    return rows.map((row) => ({
      fileId: row['file_id'] as number,
      line: row['line'] as number,
      siteId: row['site_id'] as string,
      sourcePatientId: row['source_patient_id'] as string,
      row: unpackRow(row['packed'] as string),
      ssnCheck: row['ssn_check'] as number | null,
      content: row['content'] as number,
      patientId: row['patient_id'] as number,
    }));
  }

  /** Says of records that were not matched anew why they are of their patients, as it was said before. */
  restoreReasons(runId: number): void {
    this.#run(
      `UPDATE main.patient_sources SET (reason, explanation) = (SELECT o.reason, o.explanation FROM temp.undo_sources o
           WHERE o.file_id = patient_sources.file_id AND o.line = patient_sources.line AND o.reason IS NOT NULL
             AND o.site_id = patient_sources.site_id AND o.source_patient_id = patient_sources.source_patient_id LIMIT 1)
       WHERE run_id = @runId AND decision <> 'new' AND EXISTS (SELECT 1 FROM temp.undo_sources o
           WHERE o.file_id = patient_sources.file_id AND o.line = patient_sources.line AND o.reason IS NOT NULL
             AND o.site_id = patient_sources.site_id AND o.source_patient_id = patient_sources.source_patient_id)`,
      { runId },
    );
  }

  /** The doses of a run that were kept aside, patient by patient; no patient's are in two of the lists. */
  *readDoses(runId: number): Generator<KeptDose[]> {
    this.#database.exec('DELETE FROM temp.undo_order');
    this.#run(
      `INSERT INTO temp.undo_order (file_id, line, packed, patient_id)
       SELECT file_id, line, packed, (SELECT s.patient_id FROM main.patient_sources s
           WHERE s.site_id = d.site_id AND s.source_patient_id = d.source_patient_id LIMIT 1) AS patient
       FROM temp.undo_doses d WHERE run_id = ? ORDER BY patient, seq`,
      runId,
    );
    let own: KeptDose[] = [];
    for (let after = 0; ; ) {
      const rows = this.#all('SELECT * FROM temp.undo_order WHERE at > ? ORDER BY at LIMIT 5000', after);
      for (const row of rows) {
        after = row['at'] as number;
        const patientId = row['patient_id'] as number;
        if (own.length > 0 && own[0]!.patientId !== patientId) {
          yield own;
          own = [];
        }
        const packed = unpackRow(row['packed'] as string);
        own.push({ fileId: row['file_id'] as number, line: row['line'] as number, row: packed, patientId });
      }
      if (rows.length === 0) break;
    }
    if (own.length > 0) yield own;
  }

  readComments(runId: number): KeptComment[] {
    const rows = this.#all(
      `SELECT c.*, (SELECT s.patient_id FROM main.patient_sources s
           WHERE s.site_id = c.site_id AND s.source_patient_id = c.source_patient_id LIMIT 1) AS patient_id
       FROM temp.undo_comments c WHERE run_id = ? ORDER BY file_id, line`,
      runId,
    );
    return rows.map((row) => ({
      fileId: row['file_id'] as number,
      line: row['line'] as number,
      siteId: row['site_id'] as string,
      sourcePatientId: row['source_patient_id'] as string,
      code: row['comment_code'] as string,
      appliesOn: row['applies_on'] as string | null,
      patientId: row['patient_id'] as number,
    }));
  }

  #all(sql: string, ...values: (SqlValue | Record<string, SqlValue>)[]): Record<string, SqlValue>[] {
    return this.#database.prepare(sql).all(...values) as Record<string, SqlValue>[];
  }

  #run(sql: string, ...values: (SqlValue | Record<string, SqlValue>)[]): void {
    this.#database.prepare(sql).run(...values);
  }
}

function unreadable(what: string, { runId, line }: { readonly runId: number; readonly line: number }): string {
  return `the registry does not tell ${what} (run ${runId}, line ${line}): it was loaded by an older immload; undo the later runs first`;
}
