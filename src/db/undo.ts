/**
 * What undoing a run does to the registry's tables. The run and the later ones are taken back, newest first, as far as the
 * patients concerned go; the records of the later runs are kept aside, so that they can be decided about anew.
 */
import type { Database } from 'better-sqlite3';
import { identityOf, matchKeyOf } from '../core/match/keys.js';
import type { BeforeImages } from './before-images.js';
import type { SqlValue } from './bulk-insert.js';
import { appendToJournal, type JournalNote } from './journal.js';
import { dropCodeTables } from './kept-code-tables.js';
import { readComparable } from './match-keys.js';
import type { MatchModelId, PatientKey, RunStatus } from './store.js';
import { giveIdsBack } from './undo-ids.js';
import { KeptRecords, PATIENTS_AT_ONCE, type StandingDecision, UndoError } from './undo-records.js';

export { type StandingDecision, UndoError };

/** A run as undoing sees it. */
export interface UndoneRun {
  readonly id: number;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly matchModel: MatchModelId;
  /** Whether its patients can be found by all keys. */
  readonly hasAllKeys: boolean;
}

/** A record of the undone run that stays, because later ones came under its id. */
export interface StayingRecord {
  readonly patientId: number;
  readonly file: string;
  readonly line: number;
}

/** What became of rows. */
export interface UndoCounts {
  readonly patients: { readonly removed: number; readonly changed: number; readonly passedOn: number };
  readonly doses: { readonly removed: number; readonly changed: number };
  readonly comments: { readonly removed: number };
}

const CONCERNED = 'IN (SELECT id FROM temp.undo_patients)';
const CONCERNED_DOSES = 'IN (SELECT id FROM temp.undo_immunizations)';

const TEMP_TABLES = `
  CREATE TEMP TABLE undo_patients (id INTEGER PRIMARY KEY);
  CREATE TEMP TABLE undo_immunizations (id INTEGER PRIMARY KEY);
  CREATE TEMP TABLE new_patients (id INTEGER PRIMARY KEY, goal INTEGER);
  CREATE TEMP TABLE new_doses (id INTEGER PRIMARY KEY, goal INTEGER)`;

/** Details of doses as they were before something that can be undone. */
export const DETAILS_KEPT_BACK = `SELECT CAST(row_key AS INTEGER) FROM decision_images WHERE table_name = 'dose_details'
  UNION SELECT json_extract(image, '$.detail_id') FROM before_images WHERE table_name = 'doses' AND image <> 'null'`;

/** The work of one undo on one database. Use it within one transaction, and no longer. */
export class RunUndo {
  readonly #database: Database;
  readonly #images: BeforeImages;
  /** What later runs told of the patients concerned. */
  readonly kept: KeptRecords;

  constructor(database: Database, images: BeforeImages) {
    this.#database = database;
    this.#images = images;
    this.#drop();
    database.exec(TEMP_TABLES);
    this.kept = new KeptRecords(database);
  }

  close(): void {
    this.#drop();
    this.kept.drop();
  }

  #drop(): void {
    for (const [table] of TEMP_TABLES.matchAll(/(?<=TEMP TABLE )\w+/g)) {
      this.#database.exec(`DROP TABLE IF EXISTS temp.${table}`);
    }
    for (const table of ['patients_before', 'doses_before']) this.#database.exec(`DROP TABLE IF EXISTS temp.${table}`);
  }

  // ---- what is concerned -----------------------------------------------------------------------------------------

  /** A run by its number, `null` if there is none. */
  findRun(runId: number): UndoneRun | null {
    return this.#selectRuns('id = ?', runId)[0] ?? null;
  }

  /** The runs after one of which there is something in the registry, in their order. */
  findLaterRuns(runId: number): UndoneRun[] {
    return this.#selectRuns("id > ? AND status IN ('completed', 'undone')", runId);
  }

  #selectRuns(condition: string, runId: number): UndoneRun[] {
    const rows = this.#all(
      `SELECT id, status, started_at, match_model, has_all_keys FROM main.runs WHERE ${condition} ORDER BY id`,
      runId,
    );
    return rows.map((row) => ({
      id: row['id'] as number,
      status: row['status'] as RunStatus,
      startedAt: row['started_at'] as string,
      matchModel: (row['match_model'] as MatchModelId | null) ?? 'exact',
      hasAllKeys: row['has_all_keys'] === 1,
    }));
  }

  /** The patients of whom the run has told something, or whose rows it has changed. */
  concernPatientsOf(runId: number): void {
    const files = 'SELECT id FROM main.run_files WHERE run_id = @runId';
    const ofDose = (table: string): string =>
      `SELECT d.patient_id FROM main.${table} t JOIN main.doses d ON d.id = t.immunization_id WHERE t.run_id = @runId`;
    const image = (table: string, column: string): string =>
      `SELECT json_extract(image, '$.${column}') FROM main.before_images
       WHERE run_id = @runId AND table_name = '${table}' AND image <> 'null'`;
    const selects = [
      ...['patient_sources', 'patient_parts', 'patient_comments', 'match_keys'].map(
        (table) => `SELECT patient_id FROM main.${table} WHERE run_id = @runId`,
      ),
      'SELECT id FROM main.patients WHERE run_id = @runId',
      `SELECT patient_id FROM main.doses WHERE file_id IN (${files})`,
      ofDose('immunization_duplicates'),
      ofDose('immunization_parts'),
      'SELECT patient_id_a FROM main.match_reviews WHERE run_id = @runId',
      'SELECT patient_id_b FROM main.match_reviews WHERE run_id = @runId',
      image('patients', 'id'),
      image('doses', 'patient_id'),
    ];
    for (const select of selects) {
      this.#database.prepare(`INSERT OR IGNORE INTO temp.undo_patients ${select}`).run({ runId });
    }
  }

  /**
   * Adds the patients who share a name and birth date with one of those concerned, or are in doubt with one, and those who
   * do so with them: nobody else had a part in what was decided of them by names.
   */
  concernNamesakes(): void {
    const byKey = this.#database.prepare('SELECT patient_id FROM main.match_keys WHERE match_key = ?').pluck();
    const paired = this.#database
      .prepare(
        `SELECT patient_id_b FROM main.match_reviews WHERE patient_id_a = @id
         UNION SELECT patient_id_a FROM main.match_reviews WHERE patient_id_b = @id`,
      )
      .pluck();
    const add = this.#database.prepare('INSERT OR IGNORE INTO temp.undo_patients VALUES (?)');
    const asked = new Set<number>();
    for (let fresh = this.#concerned(); fresh.length > 0; ) {
      const next: number[] = [];
      const concern = (id: number): void => {
        if (add.run(id).changes > 0) next.push(id);
      };
      for (let start = 0; start < fresh.length; start += PATIENTS_AT_ONCE) {
        const ids = fresh.slice(start, start + PATIENTS_AT_ONCE);
        for (const { row } of readComparable(this.#database, 'main', ids)) {
          const key = matchKeyOf(identityOf(row));
          if (key === null || asked.has(key)) continue;
          asked.add(key);
          for (const id of byKey.all(key) as number[]) concern(id);
        }
        for (const id of ids) for (const other of paired.all({ id }) as number[]) concern(other);
      }
      fresh = next;
    }
  }

  /** Keeps the rows of the patients concerned as they are, to tell afterwards what has changed. */
  keepRows(): void {
    this.#database.exec(
      `INSERT INTO temp.undo_immunizations SELECT id FROM main.doses WHERE patient_id ${CONCERNED};
       INSERT OR IGNORE INTO temp.undo_immunizations SELECT row_id FROM main.before_images
         WHERE table_name = 'doses' AND image <> 'null' AND json_extract(image, '$.patient_id') ${CONCERNED};
       CREATE TEMP TABLE patients_before AS SELECT * FROM main.patients WHERE id ${CONCERNED};
       CREATE TEMP TABLE doses_before AS SELECT * FROM main.immunizations WHERE patient_id ${CONCERNED}`,
    );
  }

  /** Whether a run has told something of the patients concerned. */
  hasRecordsOf(runId: number): boolean {
    const selects = [
      `SELECT 1 FROM main.patient_sources WHERE run_id = @runId AND patient_id ${CONCERNED}`,
      `SELECT 1 FROM main.doses d JOIN main.run_files f ON f.id = d.file_id WHERE f.run_id = @runId AND patient_id ${CONCERNED}`,
      `SELECT 1 FROM main.immunization_duplicates WHERE run_id = @runId AND immunization_id ${CONCERNED_DOSES}`,
      `SELECT 1 FROM main.patient_comments WHERE run_id = @runId AND patient_id ${CONCERNED}`,
      `SELECT 1 FROM main.comment_duplicates c JOIN main.patient_sources s
         ON s.site_id = c.site_id AND s.source_patient_id = c.source_patient_id
       WHERE c.run_id = @runId AND s.patient_id ${CONCERNED}`,
    ];
    return selects.some((select) => this.#database.prepare(`${select} LIMIT 1`).get({ runId }) !== undefined);
  }

  /** Decisions of reviewers about the patients concerned that were made since the run, and hold. */
  findDecisionsSince({ id, startedAt }: UndoneRun): StandingDecision[] {
    const rows = this.#all(
      `SELECT id, decision, decided_by, decided_at FROM main.match_reviews
       WHERE decision IN ('same', 'different') AND (patient_id_a ${CONCERNED} OR patient_id_b ${CONCERNED} OR EXISTS (
           SELECT 1 FROM main.applied_decisions d WHERE d.review_id = match_reviews.id AND d.patient_id ${CONCERNED}))
         AND (run_id >= ? OR decided_at >= ?) ORDER BY id`,
      id,
      startedAt,
    );
    return rows.map((row) => ({
      reviewId: row['id'] as number,
      decision: row['decision'] as string,
      decidedBy: row['decided_by'] as string | null,
      decidedAt: row['decided_at'] as string | null,
    }));
  }

  /**
   * Whether a later run came while a decision about one of the patients concerned held that was taken back since: what the
   * run found then is not what is there now, and nothing could be put back exactly.
   */
  hasDecisionsBetweenRuns({ id, startedAt }: UndoneRun): boolean {
    return (
      this.#database
        .prepare(
          `SELECT 1 FROM main.review_decisions d JOIN main.runs r ON r.started_at >= d.decided_at AND r.id > ?
           WHERE d.effect IS NOT NULL AND d.decided_at >= ? AND (d.patient_id ${CONCERNED} OR d.other_patient_id ${CONCERNED})
             AND r.status IN ('completed', 'undone') LIMIT 1`,
        )
        .get(id, startedAt) !== undefined
    );
  }

  // ---- what stays ------------------------------------------------------------------------------------------------

  /** The records of the run that stay. */
  readStaying(runId: number): StayingRecord[] {
    const rows = this.#all(
      `SELECT s.patient_id, f.name, s.line FROM main.patient_sources s JOIN main.run_files f ON f.id = s.file_id
       WHERE s.run_id = ? ORDER BY s.id`,
      runId,
    );
    return rows.map((row) => ({
      patientId: row['patient_id'] as number,
      file: row['name'] as string,
      line: row['line'] as number,
    }));
  }

  // ---- taking back -----------------------------------------------------------------------------------------------

  /** Takes back what a run did to the patients concerned. Its pairs for a reviewer stay where `keepsPairs`. */
  takeBack(runId: number, keepsPairs: boolean): void {
    const ofImage: Readonly<Record<string, string>> = {
      patients: `row_id ${CONCERNED}`,
      doses: `row_id ${CONCERNED_DOSES}`,
      immunization_parts: `json_extract(image, '$.immunization_id') ${CONCERNED_DOSES}`,
      immunization_duplicates: `json_extract(image, '$.immunization_id') ${CONCERNED_DOSES}`,
      match_reviews: `json_extract(image, '$.patient_id_a') ${CONCERNED}`,
    };
    // A dose that a later run made of a record of this one may have come and gone.
    this.#database.exec(
      `INSERT OR IGNORE INTO temp.undo_immunizations SELECT id FROM main.doses WHERE patient_id ${CONCERNED}`,
    );
    for (const [table, condition] of Object.entries(ofImage)) {
      this.#images.restore(runId, table, condition);
      this.#run(`DELETE FROM main.before_images WHERE run_id = ? AND table_name = ? AND ${condition}`, runId, table);
    }
    const files = 'file_id IN (SELECT id FROM main.run_files WHERE run_id = ?)';
    this.#deleteRecordKeys(runId);
    this.#run(`DELETE FROM main.doses WHERE ${files} AND patient_id ${CONCERNED}`, runId);
    this.#run(`DELETE FROM main.patients WHERE run_id = ? AND id ${CONCERNED}`, runId);
    for (const table of ['immunization_duplicates', 'immunization_parts']) {
      this.#run(`DELETE FROM main.${table} WHERE run_id = ? AND immunization_id ${CONCERNED_DOSES}`, runId);
    }
    for (const table of ['patient_comments', 'patient_parts']) {
      this.#run(`DELETE FROM main.${table} WHERE run_id = ? AND patient_id ${CONCERNED}`, runId);
    }
    this.#run(
      `DELETE FROM main.comment_duplicates WHERE run_id = ? AND EXISTS (SELECT 1 FROM main.patient_sources s
         WHERE s.site_id = comment_duplicates.site_id AND s.source_patient_id = comment_duplicates.source_patient_id
           AND s.patient_id ${CONCERNED})`,
      runId,
    );
    this.#run(`DELETE FROM main.patient_sources WHERE run_id = ? AND patient_id ${CONCERNED}`, runId);
    if (!keepsPairs) this.#run(`DELETE FROM main.match_keys WHERE run_id = ? AND patient_id ${CONCERNED}`, runId);
    const pairs = keepsPairs ? 'AND immunization_id_a IS NOT NULL' : '';
    this.#run(`DELETE FROM main.match_reviews WHERE run_id = ? AND patient_id_a ${CONCERNED} ${pairs}`, runId);
  }

  /** A line has one key, whatever is on it. */
  #deleteRecordKeys(runId: number): void {
    this.#run(
      `DELETE FROM main.record_keys WHERE file_id IN (SELECT id FROM main.run_files WHERE run_id = @runId)
         AND (file_id, line) IN (
           SELECT file_id, line FROM main.doses WHERE patient_id ${CONCERNED}
           UNION SELECT file_id, line FROM main.immunization_duplicates WHERE immunization_id ${CONCERNED_DOSES}
           UNION SELECT file_id, line FROM main.patient_comments WHERE patient_id ${CONCERNED}
           UNION SELECT file_id, line FROM temp.undo_comments)`,
      { runId },
    );
  }

  /** Takes away what is left of a run when its patients and doses are taken back: names, and images of rows that came and went. */
  forgetRest(runId: number): void {
    for (const table of ['match_key_packs', 'name_uses', 'before_images'])
      this.#run(`DELETE FROM main.${table} WHERE run_id = ?`, runId);
  }

  /** Takes away details that no dose has, now or in what can be undone. */
  dropUnusedDetails(): void {
    this.#database.exec(
      `DELETE FROM main.dose_details WHERE id NOT IN (SELECT detail_id FROM main.doses) AND id NOT IN (${DETAILS_KEPT_BACK})`,
    );
  }

  /** Forgets the code tables of a run of which nothing stays. */
  forgetCodeTables(runId: number): void {
    dropCodeTables(this.#database, runId);
  }

  /** Gives what was made anew the ids that it had. */
  giveIdsBack(first: { readonly patientId: number; readonly immunizationId: number }): void {
    giveIdsBack(this.#database, first);
  }

  /** Does something that can be given up again. */
  async attempt(work: () => Promise<boolean>): Promise<boolean> {
    this.#database.exec('SAVEPOINT undo_attempt');
    const isDone = await work();
    if (!isDone) this.#database.exec('ROLLBACK TO undo_attempt');
    this.#database.exec('RELEASE undo_attempt');
    return isDone;
  }

  // ---- bringing back ---------------------------------------------------------------------------------------------

  /** Lets a run write again, while its records are brought back, and gives what closes it as it was. */
  reopen(runId: number): () => void {
    const run = this.#all('SELECT status, heartbeat_at FROM main.runs WHERE id = ?', runId)[0]!;
    this.#run("UPDATE main.runs SET status = 'running' WHERE id = ?", runId);
    return () => {
      this.#run(
        'UPDATE main.runs SET status = ?, heartbeat_at = ? WHERE id = ?',
        run['status']!,
        run['heartbeat_at']!,
        runId,
      );
    };
  }

  /** The patient that a sender's key stands for now, `null` if it stands for none. */
  findPatient(siteId: string, sourcePatientId: string): number | null {
    const id = this.#database
      .prepare('SELECT patient_id FROM main.patient_sources WHERE site_id = ? AND source_patient_id = ? LIMIT 1')
      .pluck()
      .get(siteId, sourcePatientId) as number | undefined;
    return id ?? null;
  }

  /** Whether a record under this id has said the same. */
  hasSaid(siteId: string, sourcePatientId: string, content: number): boolean {
    return (
      this.#database
        .prepare('SELECT 1 FROM main.patient_sources WHERE site_id = ? AND source_patient_id = ? AND content = ?')
        .get(siteId, sourcePatientId, content) !== undefined
    );
  }

  filesOf(runId: number): number[] {
    return this.#database
      .prepare('SELECT id FROM main.run_files WHERE run_id = ? ORDER BY id')
      .pluck()
      .all(runId) as number[];
  }

  isPatient(patientId: number): boolean {
    return this.#database.prepare('SELECT 1 FROM main.patients WHERE id = ?').get(patientId) !== undefined;
  }

  /** The patients from an id on: those that were made anew. */
  readPatientsFrom(firstPatientId: number): number[] {
    return this.#database
      .prepare('SELECT id FROM main.patients WHERE id >= ? ORDER BY id')
      .pluck()
      .all(firstPatientId) as number[];
  }

  addMatchKeys(keys: readonly PatientKey[]): void {
    const insert = this.#database.prepare(
      `INSERT OR IGNORE INTO main.match_keys (match_key, patient_id, run_id) SELECT ?, id, run_id FROM main.patients WHERE id = ?`,
    );
    for (const { matchKey, patientId } of keys) insert.run(matchKey, patientId);
  }

  // ---- afterwards ------------------------------------------------------------------------------------------------

  /** The ids of the patients concerned. */
  #concerned(): number[] {
    return this.#database.prepare('SELECT id FROM temp.undo_patients ORDER BY id').pluck().all() as number[];
  }

  /** What became of the patients concerned, and of their doses. `hadComments` is how many comments there were before. */
  count(hadComments: number): UndoCounts {
    const number = (sql: string): number => this.#database.prepare(sql).pluck().get() as number;
    const gone = (table: string, now: string): number =>
      number(`SELECT count(*) FROM temp.${table} WHERE id NOT IN (SELECT id FROM main.${now})`);
    const columns = (table: string): string =>
      (this.#database.prepare(`SELECT name FROM pragma_table_info('${table}')`).pluck().all() as string[])
        .filter((name) => !['run_id', 'file_id', 'line'].includes(name))
        .join(', ');
    const changed = (table: string, now: string): number => {
      const names = columns(now);
      return number(
        `SELECT count(*) FROM (SELECT ${names} FROM temp.${table} WHERE id IN (SELECT id FROM main.${now})
           EXCEPT SELECT ${names} FROM main.${now})`,
      );
    };
    return {
      patients: {
        removed: gone('patients_before', 'patients'),
        changed: changed('patients_before', 'patients'),
        passedOn: number(
          `SELECT count(*) FROM temp.patients_before b JOIN main.patients p ON p.id = b.id WHERE p.run_id > b.run_id`,
        ),
      },
      doses: { removed: gone('doses_before', 'doses'), changed: changed('doses_before', 'immunizations') },
      comments: { removed: hadComments - this.countComments() },
    };
  }

  countComments(): number {
    return this.#database.prepare('SELECT count(*) FROM main.patient_comments').pluck().get() as number;
  }

  /** Takes away keys and pairs of patients who are no more. */
  dropLoose(): void {
    this.#database.exec(
      `DELETE FROM main.match_keys WHERE patient_id ${CONCERNED} AND patient_id NOT IN (SELECT id FROM main.patients);
       DELETE FROM main.match_reviews WHERE decision IS NOT 'same' AND (patient_id_a ${CONCERNED} OR patient_id_b ${CONCERNED})
         AND (patient_id_a NOT IN (SELECT id FROM main.patients) OR patient_id_b NOT IN (SELECT id FROM main.patients))`,
    );
  }

  /** @throws UndoError where something would be left that belongs to nothing: then nothing is undone */
  requireSound(): void {
    const checks = [
      'SELECT 1 FROM main.doses WHERE detail_id NOT IN (SELECT id FROM main.dose_details)',
      'SELECT 1 FROM main.doses WHERE patient_id NOT IN (SELECT id FROM main.patients)',
      `SELECT 1 FROM main.immunization_duplicates WHERE immunization_id ${CONCERNED_DOSES} AND immunization_id NOT IN (SELECT id FROM main.doses)`,
      `SELECT 1 FROM main.immunization_parts WHERE immunization_id ${CONCERNED_DOSES} AND immunization_id NOT IN (SELECT id FROM main.doses)`,
      'SELECT 1 FROM main.patient_sources WHERE patient_id NOT IN (SELECT id FROM main.patients)',
      'SELECT 1 FROM main.patients WHERE id NOT IN (SELECT patient_id FROM main.patient_sources)',
    ];
    for (const check of checks) {
      if (this.#database.prepare(`${check} LIMIT 1`).get() === undefined) continue;
      throw new UndoError('rows would be left that belong to nothing; nothing was undone, please report it');
    }
  }

  note(note: JournalNote): void {
    appendToJournal(this.#database, note);
  }

  /** Marks the run as undone. `last` are the highest ids that were ever given. */
  closeRun(
    runId: number,
    at: string,
    message: string,
    last: { readonly patientId: number; readonly immunizationId: number; readonly reviewId: number },
  ): void {
    this.#run(
      `UPDATE main.runs SET status = 'undone', undone_at = ?, message = ?, last_patient_id = ?, last_immunization_id = ?,
         last_review_id = ? WHERE id = ?`,
      at,
      message,
      last.patientId,
      last.immunizationId,
      last.reviewId,
      runId,
    );
  }

  #all(sql: string, ...values: (SqlValue | Record<string, SqlValue>)[]): Record<string, SqlValue>[] {
    return this.#database.prepare(sql).all(...values) as Record<string, SqlValue>[];
  }

  #run(sql: string, ...values: (SqlValue | Record<string, SqlValue>)[]): void {
    this.#database.prepare(sql).run(...values);
  }
}
