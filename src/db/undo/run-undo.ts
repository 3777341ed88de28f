/**
 * What undoing a run does to the registry's tables. The run and the later ones are taken back, newest first, as far as the
 * patients concerned go; the records of the later runs are kept aside, so that they can be decided about anew.
 */
import type { Thresholds } from '../../core/match/match-people.js';
import { type ChangedTable, restoreImages } from '../before-images.js';
import { type DoseDetails, dropUnusedDetails } from '../dose-details.js';
import { appendToJournal, type JournalNote } from '../journal.js';
import { dropCodeTables } from '../kept-code-tables.js';
import { firstColumn, firstRow, firstValue, insertMissing, type Queries } from '../queries.js';
import { keepThresholds } from '../runs.js';
import type { NextIds, PatientKey, SourceKey } from '../store.js';
import { IMMUNIZATION_COLUMNS, PATIENT_COLUMNS } from '../tables.js';
import * as concerned from './concerned.js';
import { CONCERNED, CONCERNED_DOSES, CONCERNED_TABLES, type StandingDecision, type UndoneRun } from './concerned.js';
import { createIds, giveIdsBack, ID_TABLES } from './ids.js';
import { KeptRecords, RECORD_TABLES } from './records.js';
import { requireSound } from './sound.js';

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

/** Rows of the patients concerned as they were before, to tell afterwards what has changed. */
const BEFORE_TABLES = ['patients_before', 'doses_before'];

/** What of a patient or a dose counts as changed. */
const COMPARED = {
  patients: ['id', 'ssn_check', ...PATIENT_COLUMNS.map(({ name }) => name)].join(', '),
  immunizations: ['id', 'patient_id', ...IMMUNIZATION_COLUMNS.map(({ name }) => name)].join(', '),
};

/** The work of one undo on one registry. Use it within one transaction, and no longer. */
export class RunUndo {
  readonly #queries: Queries;
  readonly #details: DoseDetails;
  /** What later runs told of the patients concerned. */
  readonly kept: KeptRecords;

  private constructor(queries: Queries, details: DoseDetails) {
    this.#queries = queries;
    this.#details = details;
    this.kept = new KeptRecords(queries);
  }

  /** `details` are those that the registry's store remembers. */
  static async begin(queries: Queries, details: DoseDetails): Promise<RunUndo> {
    const undo = new RunUndo(queries, details);
    await concerned.createConcerned(queries);
    await createIds(queries);
    await undo.kept.create();
    return undo;
  }

  /** Drops what was only needed meanwhile. */
  async end(): Promise<void> {
    for (const table of [...CONCERNED_TABLES, ...ID_TABLES, ...RECORD_TABLES, ...BEFORE_TABLES]) {
      await this.#queries.run(`DROP TABLE IF EXISTS ${table}`);
    }
  }

  // ---- what is concerned -----------------------------------------------------------------------------------------

  /** A run by its number, `null` if there is none. */
  async findRun(runId: number): Promise<UndoneRun | null> {
    return (await concerned.selectRuns(this.#queries, 'id = $1', runId))[0] ?? null;
  }

  /** The runs after one of which there is something in the registry, in their order. */
  async findLaterRuns(runId: number): Promise<UndoneRun[]> {
    return concerned.selectRuns(this.#queries, "id > $1 AND status IN ('completed', 'undone')", runId);
  }

  /** Finds the patients of whom the run has told something, and with `namesakes` those who are like them. */
  async concernPatientsOf(runId: number, namesakes: boolean): Promise<void> {
    await concerned.concernPatientsOf(this.#queries, runId);
    if (namesakes) await concerned.concernNamesakes(this.#queries);
  }

  /** Adds all patients of whom these runs have told something. */
  async concernAllOf(runIds: readonly number[]): Promise<void> {
    for (const runId of runIds) await concerned.concernPatientsOf(this.#queries, runId);
  }

  /** Keeps in mind how those concerned are now. */
  async keepBefore(): Promise<void> {
    await concerned.concernDoses(this.#queries);
    await this.#queries.run(`CREATE TEMP TABLE patients_before AS SELECT * FROM patients WHERE id ${CONCERNED}`);
    await this.#queries.run(
      `CREATE TEMP TABLE doses_before AS SELECT * FROM immunizations WHERE patient_id ${CONCERNED}`,
    );
  }

  /** Whether a run has told something of the patients concerned. */
  async hasRecordsOf(runId: number): Promise<boolean> {
    return concerned.hasRecordsOf(this.#queries, runId);
  }

  /** Decisions of reviewers about the patients concerned that were made since the run, and hold. */
  async findDecisionsSince(run: UndoneRun): Promise<StandingDecision[]> {
    return concerned.findDecisionsSince(this.#queries, run);
  }

  /** Whether a later run came while a decision held that was taken back since: nothing could be put back exactly. */
  async hasDecisionsBetweenRuns(run: UndoneRun): Promise<boolean> {
    return concerned.hasDecisionsBetweenRuns(this.#queries, run);
  }

  /** The records of the run that stay. */
  async readStaying(runId: number): Promise<StayingRecord[]> {
    return this.#queries.rows(
      `SELECT s.patient_id AS "patientId", f.name AS file, s.line
       FROM patient_sources s JOIN run_files f ON f.id = s.file_id WHERE s.run_id = $1 ORDER BY s.id`,
      [runId],
    );
  }

  // ---- taking back -----------------------------------------------------------------------------------------------

  /** Takes back what a run did to the patients concerned. Its pairs for a reviewer stay where `keepsPairs`. */
  async takeBack(runId: number, keepsPairs: boolean): Promise<void> {
    const ofImage: Readonly<Record<ChangedTable, string>> = {
      patients: `row_id ${CONCERNED}`,
      doses: `row_id ${CONCERNED_DOSES}`,
      immunization_parts: `(image::json ->> 'immunization_id')::int ${CONCERNED_DOSES}`,
      immunization_duplicates: `(image::json ->> 'immunization_id')::int ${CONCERNED_DOSES}`,
      match_reviews: `(image::json ->> 'patient_id_a')::int ${CONCERNED}`,
    };
    // A dose that a later run made of a record of this one may have come and gone.
    await concerned.concernStoredDoses(this.#queries);
    for (const [table, condition] of Object.entries(ofImage) as [ChangedTable, string][]) {
      await restoreImages(this.#queries, runId, table, condition);
      await this.#queries.run(`DELETE FROM before_images WHERE run_id = $1 AND table_name = $2 AND ${condition}`, [
        runId,
        table,
      ]);
    }
    await this.#deleteRecordKeys(runId);
    const pairs = keepsPairs ? 'AND immunization_id_a IS NOT NULL' : '';
    for (const [table, condition] of [
      ['doses', `file_id IN (SELECT id FROM run_files WHERE run_id = $1) AND patient_id ${CONCERNED}`],
      ['patients', `run_id = $1 AND id ${CONCERNED}`],
      ['immunization_duplicates', `run_id = $1 AND immunization_id ${CONCERNED_DOSES}`],
      ['immunization_parts', `run_id = $1 AND immunization_id ${CONCERNED_DOSES}`],
      ['patient_comments', `run_id = $1 AND patient_id ${CONCERNED}`],
      ['patient_parts', `run_id = $1 AND patient_id ${CONCERNED}`],
      [
        'comment_duplicates',
        `run_id = $1 AND EXISTS (SELECT 1 FROM patient_sources s WHERE s.site_id = comment_duplicates.site_id
           AND s.source_patient_id = comment_duplicates.source_patient_id AND s.patient_id ${CONCERNED})`,
      ],
      ['patient_sources', `run_id = $1 AND patient_id ${CONCERNED}`],
      ...(keepsPairs ? [] : [['match_keys', `run_id = $1 AND patient_id ${CONCERNED}`]]),
      ['match_reviews', `run_id = $1 AND patient_id_a ${CONCERNED} ${pairs}`],
    ]) {
      await this.#queries.run(`DELETE FROM ${table} WHERE ${condition}`, [runId]);
    }
  }

  /** A line has one key, whatever is on it. */
  async #deleteRecordKeys(runId: number): Promise<void> {
    await this.#queries.run(
      `DELETE FROM record_keys WHERE file_id IN (SELECT id FROM run_files WHERE run_id = $1)
         AND (file_id, line) IN (
           SELECT file_id, line FROM doses WHERE patient_id ${CONCERNED}
           UNION SELECT file_id, line FROM immunization_duplicates WHERE immunization_id ${CONCERNED_DOSES}
           UNION SELECT file_id, line FROM patient_comments WHERE patient_id ${CONCERNED}
           UNION SELECT file_id, line FROM undo_comments)`,
      [runId],
    );
  }

  /** Takes away what is left of a run when its patients and doses are taken back: names, and images of rows that came and went. */
  async forgetRest(runId: number): Promise<void> {
    for (const table of ['match_key_packs', 'name_uses', 'before_images']) {
      await this.#queries.run(`DELETE FROM ${table} WHERE run_id = $1`, [runId]);
    }
  }

  /** Completed runs that left out what a run had loaded: it cannot go before them. */
  async findCorrections(runId: number): Promise<number[]> {
    return firstColumn(
      this.#queries,
      "SELECT id FROM runs WHERE previous_run_id = $1 AND status = 'completed' ORDER BY id",
      [runId],
    );
  }

  /** Forgets what became of the records of a run. */
  async forgetFates(runId: number): Promise<void> {
    await this.#queries.run('DELETE FROM record_fates WHERE file_id IN (SELECT id FROM run_files WHERE run_id = $1)', [
      runId,
    ]);
  }

  /** Takes away details that no dose has, now or in what can be undone. */
  async dropUnusedDetails(): Promise<void> {
    await dropUnusedDetails(this.#queries);
    this.#details.forget();
  }

  /** Forgets the code tables of a run of which nothing stays. */
  async forgetCodeTables(runId: number): Promise<void> {
    await dropCodeTables(this.#queries, runId);
  }

  /** Gives what was made anew the ids that it had. */
  async giveIdsBack(first: NextIds): Promise<void> {
    await giveIdsBack(this.#queries, first);
  }

  /** Does something that is given up again where `work` says that it is not done. */
  async attempt(work: () => Promise<boolean>): Promise<boolean> {
    await this.#queries.run('SAVEPOINT undo_attempt');
    const isDone = await work();
    if (!isDone) {
      this.#details.forget();
      await this.#queries.run('ROLLBACK TO SAVEPOINT undo_attempt');
    }
    await this.#queries.run('RELEASE SAVEPOINT undo_attempt');
    return isDone;
  }

  // ---- bringing back ---------------------------------------------------------------------------------------------

  /** Lets a run write again, while its records are brought back, and gives what closes it as it was. */
  async reopen(runId: number): Promise<() => Promise<void>> {
    const run = await firstRow(this.#queries, 'SELECT id, status, heartbeat_at FROM runs WHERE id = $1', [runId]);
    await this.#queries.update('runs', [{ id: runId, status: 'running' }]);
    return () => this.#queries.update('runs', [run!]);
  }

  /** What the registry knows of senders' keys by now. */
  async readSourceKeys(sources: readonly SourceKey[]): Promise<SourceKeys> {
    const keys = new SourceKeys();
    const bySite = new Map<string, Set<string>>();
    for (const { siteId, sourcePatientId } of sources) {
      bySite.set(siteId, (bySite.get(siteId) ?? new Set()).add(sourcePatientId));
    }
    for (const [siteId, ids] of bySite) {
      const rows = await this.#queries.arrays<[string, number, number]>(
        `SELECT source_patient_id, patient_id, content FROM patient_sources
         WHERE site_id = $1 AND source_patient_id = ANY($2::text[])`,
        [siteId, [...ids]],
      );
      for (const [sourcePatientId, patientId, content] of rows) {
        keys.add({ siteId, sourcePatientId }, patientId, content);
      }
    }
    return keys;
  }

  async filesOf(runId: number): Promise<number[]> {
    return firstColumn(this.#queries, 'SELECT id FROM run_files WHERE run_id = $1 ORDER BY id', [runId]);
  }

  /** Those of the patients that are there. */
  async findPatients(patientIds: Iterable<number>): Promise<ReadonlySet<number>> {
    return new Set(
      await firstColumn(this.#queries, 'SELECT id FROM patients WHERE id = ANY($1::int[])', [[...patientIds]]),
    );
  }

  /** The patients from an id on: those that were made anew. */
  async readPatientsFrom(firstPatientId: number): Promise<number[]> {
    return firstColumn(this.#queries, 'SELECT id FROM patients WHERE id >= $1 ORDER BY id', [firstPatientId]);
  }

  /** Adds keys of patients, which are of the runs that made them. */
  async addMatchKeys(keys: readonly PatientKey[]): Promise<void> {
    const patientIds = [...new Set(keys.map(({ patientId }) => patientId))];
    const runs = new Map(
      await this.#queries.arrays<[number, number]>('SELECT id, run_id FROM patients WHERE id = ANY($1::int[])', [
        patientIds,
      ]),
    );
    await insertMissing(
      this.#queries,
      'match_keys',
      ['match_key', 'patient_id', 'run_id'],
      keys.map(({ matchKey, patientId }) => [matchKey, patientId, runs.get(patientId)!]),
    );
  }

  // ---- afterwards ------------------------------------------------------------------------------------------------

  /** What became of the patients concerned, and of their doses. `hadComments` is how many comments there were before. */
  async count(hadComments: number): Promise<UndoCounts> {
    const gone = (table: string, now: string): Promise<number> =>
      this.#count(`FROM ${table} b WHERE NOT EXISTS (SELECT 1 FROM ${now} n WHERE n.id = b.id)`);
    const changed = (table: string, now: keyof typeof COMPARED): Promise<number> =>
      this.#count(
        `FROM (SELECT ${COMPARED[now]} FROM ${table} WHERE id IN (SELECT id FROM ${now})
           EXCEPT SELECT ${COMPARED[now]} FROM ${now}) AS changed`,
      );
    return {
      patients: {
        removed: await gone('patients_before', 'patients'),
        changed: await changed('patients_before', 'patients'),
        passedOn: await this.#count('FROM patients_before b JOIN patients p ON p.id = b.id WHERE p.run_id > b.run_id'),
      },
      doses: {
        removed: await gone('doses_before', 'doses'),
        changed: await changed('doses_before', 'immunizations'),
      },
      comments: { removed: hadComments - (await this.countComments()) },
    };
  }

  async countComments(): Promise<number> {
    return this.#count('FROM patient_comments');
  }

  async #count(from: string): Promise<number> {
    return (await firstValue<number>(this.#queries, `SELECT count(*) ${from}`))!;
  }

  /** Takes away keys and pairs of patients who are no more. */
  async dropLoose(): Promise<void> {
    const isGone = (column: string): string => `NOT EXISTS (SELECT 1 FROM patients p WHERE p.id = ${column})`;
    await this.#queries.run(
      `DELETE FROM match_keys WHERE patient_id ${CONCERNED} AND ${isGone('match_keys.patient_id')}`,
    );
    await this.#queries.run(
      `DELETE FROM match_reviews WHERE decision IS DISTINCT FROM 'same' AND (patient_id_a ${CONCERNED} OR patient_id_b ${CONCERNED})
         AND (${isGone('match_reviews.patient_id_a')} OR ${isGone('match_reviews.patient_id_b')})`,
    );
  }

  /** @throws UndoError where something would be left that belongs to nothing: then nothing is undone */
  async requireSound(): Promise<void> {
    await requireSound(this.#queries);
  }

  /** Notes what a run went by that was matched anew. */
  async keepThresholds(runId: number, thresholds: Thresholds | null): Promise<void> {
    await keepThresholds(this.#queries, runId, thresholds);
  }

  async note(note: JournalNote): Promise<void> {
    await appendToJournal(this.#queries, note);
  }

  /** Marks the run as undone. `last` are the highest ids that were ever given. */
  async closeRun(runId: number, at: string, message: string, last: NextIds): Promise<void> {
    await this.#queries.update('runs', [
      {
        id: runId,
        status: 'undone',
        undone_at: at,
        message,
        last_patient_id: last.patientId,
        last_immunization_id: last.immunizationId,
        last_review_id: last.reviewId,
      },
    ]);
  }
}

/** Which patients senders' keys stand for, and what was said under them. */
export class SourceKeys {
  readonly #patients = new Map<string, number>();
  readonly #said = new Set<string>();

  add(source: SourceKey, patientId: number, content: number): void {
    this.#patients.set(textOf(source), patientId);
    this.#said.add(`${textOf(source)}${content}`);
  }

  /** The patient that a key stands for, `null` if it stands for none. */
  patientOf(source: SourceKey): number | null {
    return this.#patients.get(textOf(source)) ?? null;
  }

  /** Whether a record under this key has said the same. */
  hasSaid(source: SourceKey, content: number): boolean {
    return this.#said.has(`${textOf(source)}${content}`);
  }
}

function textOf({ siteId, sourcePatientId }: SourceKey): string {
  return JSON.stringify([siteId, sourcePatientId]);
}
