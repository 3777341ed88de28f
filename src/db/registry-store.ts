/**
 * What the stores of both databases have in common: all but how batches are written, how keys are looked up by the thousand,
 * and how loaders keep out of each other's way.
 */
import type { CodeTable } from '../core/codes.js';
import type { StoredDose } from '../core/match/dose.js';
import type { SoughtKeys } from '../core/match/key-packs.js';
import type { Thresholds } from '../core/match/match-people.js';
import type { KnownPatient } from '../core/match/patient.js';
import { addCheckpoint, readCheckpoint, readDeadRuns } from './checkpoints.js';
import { patientsWithoutKeys, readComparable, readNameUses } from './comparable.js';
import { DoseDetails } from './dose-details.js';
import {
  appendToJournal,
  type JournalEntry,
  type JournalHead,
  type JournalNote,
  readJournal,
  readJournalHead,
} from './journal.js';
import { keepCodeTables, readCodeTables } from './kept-code-tables.js';
import {
  countUnweighed,
  listReviews,
  type PastDecision,
  type PatientSource,
  type Review,
  readComparisons,
  readDecisions,
  readDecisionsOfPatient,
  readPatientSources,
  readReview,
  readReviewsOfPatient,
  type StoredComparison,
} from './match-history.js';
import { clearMissingKeys, findPatientsByKeys, finishMissingKeys, insertKeyPacks } from './match-keys.js';
import { findNextIds } from './next-ids.js';
import { firstColumn, firstRow, firstValue, type Queries } from './queries.js';
import type { DeskTools } from './review/context.js';
import { ReviewDesk } from './review/desk.js';
import {
  type CountedWhen,
  countDoses,
  countDosesFrom,
  type LaterChanges,
  type RunContents,
  readLaterChanges,
  readRunContents,
  type StoredDoses,
} from './run-contents.js';
import {
  closeReport,
  findReportsBefore,
  type RunJudgement,
  readJudgement,
  readReport,
  type StoredReport,
} from './run-reports.js';
import * as runs from './runs.js';
import type { Session } from './session.js';
import {
  type Checkpoint,
  type CheckpointStage,
  type ComparableRecord,
  type DeadRun,
  type DoseWrites,
  type EarlierLoad,
  type FileResult,
  type KeyPackOfRun,
  type LinkedPatient,
  type MakeCheckpoint,
  type NewComment,
  type NewDoseReview,
  type NewRun,
  type NewRunFile,
  type NextIds,
  type OpenRun,
  type PatientState,
  type PatientWrites,
  type RecordKey,
  type RefusedPatients,
  type RefusedRecord,
  type RepeatedComment,
  type ReviewedDoses,
  type RunOfFiles,
  type RunRecord,
  type RunReport,
  type RunSummary,
  type SourceKey,
  type Store,
  type StoredComment,
  StoreError,
  type Waiting,
} from './store.js';
import { readComments, readReviewedDoses, readStoredDoses } from './stored-doses.js';
import * as patients from './stored-patients.js';
import { countWritten } from './undo/cut-short.js';
import { RunUndo, type UndoCounts } from './undo/run-undo.js';

/** Where rows are, as prefixes of the names of tables. */
export interface Schemas {
  /** All of them. */
  readonly all: readonly string[];
  /** Where the patients of earlier runs are. */
  readonly stored: string;
}

/** All rows are in one place, whose name needs not be said. */
export const ONE_SCHEMA: Schemas = { all: [''], stored: '' };

/** A database as a {@link Store}, and what is done with a registry beside loading. */
export abstract class RegistryStore implements Store {
  protected readonly session: Session;
  protected readonly details: DoseDetails;
  readonly #schemas: Schemas;

  protected constructor(session: Session, schemas: Schemas = ONE_SCHEMA) {
    this.session = session;
    this.#schemas = schemas;
    this.details = new DoseDetails(schemas.all);
    session.onRollback = () => this.details.forget();
  }

  async close(): Promise<void> {
    await this.session.close();
  }

  // ---- what differs ----------------------------------------------------------------------------------------------

  abstract waitForTurn(waiting: Waiting): Promise<void>;
  /** Whether a loader is at work, or whoever else changes the registry: nobody else has a run that is alive. */
  protected abstract isBeingLoaded(): Promise<boolean>;
  /** @throws StoreError `taken-back` where the run is not alive any more */
  protected abstract showAlive(queries: Queries, runId: number): Promise<void>;
  abstract writePatients(runId: number, writes: PatientWrites): Promise<RefusedPatients>;
  abstract writeDoses(
    runId: number,
    writes: DoseWrites,
    checkpoint?: MakeCheckpoint<readonly RefusedRecord[]>,
  ): Promise<readonly RefusedRecord[]>;
  abstract writeComments(
    runId: number,
    comments: readonly NewComment[],
    recordKeys: readonly RecordKey[],
    duplicates: readonly RepeatedComment[],
    checkpoint?: MakeCheckpoint<readonly RefusedRecord[]>,
  ): Promise<readonly RefusedRecord[]>;

  /** Looks something up. */
  protected async look<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.session.exclusive(work);
  }

  /** Sees to it that all that is stored of patients can be read from the tables themselves. */
  protected async fetchPatients(_patientIds: readonly number[]): Promise<void> {}
  /** The same for their doses. */
  protected async fetchDoses(_patientIds: readonly number[]): Promise<void> {}
  /** The same for comments on them. */
  protected async fetchComments(_patientIds: readonly number[]): Promise<void> {}

  /** One transaction: all of the work is in the database, or nothing of it. */
  protected async write<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    try {
      return await this.session.transaction(work);
    } catch (error) {
      throw this.session.toStoreError(error);
    }
  }

  // ---- runs ------------------------------------------------------------------------------------------------------

  async openRun(run: NewRun, files: readonly NewRunFile[]): Promise<OpenRun> {
    return this.write(async (queries) => {
      const firstIds = await findNextIds(queries, this.#schemas.all);
      return runs.addRun(queries, run, files, firstIds);
    });
  }

  async continueRun(runId: number): Promise<OpenRun> {
    return this.write((queries) => runs.continueRun(queries, runId));
  }

  async findDeadRuns(): Promise<readonly DeadRun[]> {
    return this.session.exclusive((queries) => readDeadRuns(queries));
  }

  async readCheckpoint(runId: number, stage: CheckpointStage, seq: number): Promise<Checkpoint | null> {
    return this.session.exclusive((queries) => readCheckpoint(queries, runId, stage, seq));
  }

  async keepCheckpoint(runId: number, checkpoint: Checkpoint): Promise<void> {
    await this.write(async (queries) => {
      // The disk is waited for, and with this for all that was written before.
      await queries.makeDurable();
      await this.showAlive(queries, runId);
      await addCheckpoint(queries, runId, checkpoint);
    });
  }

  /** Keeps a checkpoint of what is written in this transaction, if there is one to keep. */
  protected async keep(queries: Queries, runId: number, checkpoint: Checkpoint | null | undefined): Promise<void> {
    if (checkpoint != null) await addCheckpoint(queries, runId, checkpoint);
  }

  async beat(runId: number): Promise<void> {
    await this.write((queries) => this.showAlive(queries, runId));
  }

  async completeRun(
    runId: number,
    finishedAt: string,
    files: readonly FileResult[],
    thresholds: Thresholds | null = null,
    report: RunReport | null = null,
  ): Promise<void> {
    await this.write(async (queries) => {
      await this.showAlive(queries, runId);
      await runs.completeRun(queries, runId, finishedAt, files, thresholds, report);
    });
  }

  async takeBack(runId: number, finishedAt: string, message: string): Promise<void> {
    await this.write((queries) => runs.takeBack(queries, runId, finishedAt, message));
    this.details.forget();
  }

  async listRuns(): Promise<readonly RunSummary[]> {
    const before = await this.session.exclusive((queries) => runs.listRuns(queries));
    const unfinished = new Set(before.filter(({ status }) => status === 'running').map(({ id }) => id));
    if (unfinished.size === 0 || (await this.isBeingLoaded())) return before;
    // One that came to its end while this was asked has ended by now, and one that has begun since was not there before.
    const after = await this.session.exclusive((queries) => runs.listRuns(queries));
    return after.map((run) => {
      return run.status === 'running' && unfinished.has(run.id) ? { ...run, status: 'cut short' } : run;
    });
  }

  async findEarlierLoads(run: NewRun): Promise<readonly EarlierLoad[]> {
    return this.session.exclusive((queries) => runs.findEarlierLoads(queries, run));
  }

  async keepCodeTables(runId: number, tables: readonly CodeTable[]): Promise<void> {
    await this.write((queries) => keepCodeTables(queries, runId, tables));
  }

  async readRun(runId: number): Promise<RunRecord | null> {
    const run = (await this.listRuns()).find(({ id }) => id === runId);
    if (run === undefined) return null;
    const today = await firstValue<string>(this.session, 'SELECT today FROM runs WHERE id = $1', [runId]);
    return { ...run, today: today!, codeTables: await readCodeTables(this.session, runId) };
  }

  async findRunOfFile(
    sha256: string,
    exceptRunId: number,
    name: string | null = null,
  ): Promise<{ runId: number; finishedAt: string } | null> {
    for (const schema of this.#schemas.all) {
      // Runs of another schema have numbers of their own.
      const except = schema === '' ? exceptRunId : -1;
      const found = await runs.findRunOfFile(this.session, schema, { sha256, name }, except);
      if (found !== undefined) return found;
    }
    return null;
  }

  async findRunOfFiles(sha256: readonly string[], by: Pick<NewRun, 'specId' | 'siteId'>): Promise<RunOfFiles | null> {
    return this.session.exclusive((queries) => runs.findRunOfFiles(queries, this.#schemas.stored, sha256, by));
  }

  // ---- certificates and reports ----------------------------------------------------------------------------------

  async countDoses(runId: number, immunizationIds: readonly number[]): Promise<readonly StoredDoses[]> {
    return this.look((queries) => countDoses(queries, runId, immunizationIds));
  }

  async countDosesFrom(runId: number, firstId: number): Promise<readonly StoredDoses[]> {
    return this.look((queries) => countDosesFrom(queries, runId, firstId));
  }

  async readJournalHead(): Promise<JournalHead> {
    return readJournalHead(this.session);
  }

  /** The report of a run, `null` if none is known. */
  async readReport(runId: number): Promise<StoredReport | null> {
    return readReport(this.session, runId);
  }

  /** The reports of runs that were completed before a time (ISO 8601) and that are not removed yet, the first first. */
  async findReportsBefore(before: string): Promise<readonly StoredReport[]> {
    return findReportsBefore(this.session, before);
  }

  /** What a run was judged by. */
  async readJudgement(runId: number): Promise<RunJudgement> {
    return readJudgement(this.session, runId);
  }

  /** Counts what the registry holds of a run. */
  async readRunContents(runId: number, when: CountedWhen): Promise<RunContents> {
    return this.look((queries) => readRunContents(queries, runId, when));
  }

  /** What has changed rows of a run since, and still holds. */
  async readLaterChanges(runId: number): Promise<LaterChanges> {
    return this.look((queries) => readLaterChanges(queries, runId));
  }

  /** Remembers that the report of a run was removed, and writes it down in the journal. */
  async closeReport(runId: number, at: string, note: JournalNote): Promise<void> {
    await this.write((queries) => closeReport(queries, runId, at, note));
  }

  // ---- patients --------------------------------------------------------------------------------------------------

  async nextIds(): Promise<NextIds> {
    return findNextIds(this.session, this.#schemas.all);
  }

  async hasPatients(): Promise<boolean> {
    return (await this.nextIds()).patientId > 1;
  }

  async findKnownPatients(
    sources: readonly SourceKey[],
    matchKeys: readonly number[],
  ): Promise<readonly KnownPatient[]> {
    const keys = new Map<number, number[]>();
    const ids = await this.look(async (queries) => {
      const found = new Set<number>();
      for (const schema of this.#schemas.all) {
        for (const id of await patients.findPatientsOfSources(queries, schema, sources)) found.add(id);
        for (const [id, key] of await patients.findKeysOfPatients(queries, schema, matchKeys)) {
          found.add(id);
          const own = keys.get(id);
          if (own === undefined) keys.set(id, [key]);
          else own.push(key);
        }
      }
      return [...found].sort((a, b) => a - b);
    });
    if (ids.length === 0) return [];
    await this.fetchPatients(ids);
    return this.look((queries) => patients.readKnownPatients(queries, ids, keys));
  }

  async readComparable(patientIds: readonly number[]): Promise<readonly ComparableRecord[]> {
    return this.look((queries) => readComparable(queries, this.#schemas.stored, patientIds));
  }

  async readNameUses(nameKeys: readonly number[]): Promise<readonly number[]> {
    return this.look((queries) => readNameUses(queries, this.#schemas.all, nameKeys));
  }

  async findReviewedPairs(patientIds: readonly number[]): Promise<readonly (readonly [number, number])[]> {
    return this.look((queries) => patients.findReviewedPairs(queries, this.#schemas.stored, patientIds));
  }

  async findPatientsWithoutKeys(): Promise<readonly number[]> {
    return this.look((queries) => patientsWithoutKeys(queries, this.#schemas.stored));
  }

  async findPatientsByKeys(passes: Iterable<SoughtKeys>): Promise<readonly number[]> {
    return this.look((queries) => findPatientsByKeys(queries, this.#schemas.all, passes));
  }

  async writeKeyPacks(runId: number, packs: Iterable<KeyPackOfRun>): Promise<void> {
    await this.write(async (queries) => {
      await this.showAlive(queries, runId);
      await insertKeyPacks(queries, packs);
    });
  }

  async clearMissingKeys(): Promise<void> {
    await this.write((queries) => clearMissingKeys(queries, this.#schemas.stored));
  }

  async finishMissingKeys(nameUses: ReadonlyMap<string, number>): Promise<void> {
    await this.write((queries) => finishMissingKeys(queries, this.#schemas.stored, nameUses));
  }

  async readPatients(patientIds: readonly number[]): Promise<ReadonlyMap<number, PatientState>> {
    await this.fetchPatients(patientIds);
    return this.look((queries) => patients.readPatients(queries, patientIds));
  }

  async removeSources(runId: number, sources: readonly Pick<RefusedRecord, 'fileId' | 'line'>[]): Promise<void> {
    await this.write(async (queries) => {
      await this.showAlive(queries, runId);
      for (const fileId of new Set(sources.map((source) => source.fileId))) {
        const lines = sources.filter((source) => source.fileId === fileId).map(({ line }) => line);
        await queries.run('DELETE FROM patient_sources WHERE run_id = $1 AND file_id = $2 AND line = ANY($3::int[])', [
          runId,
          fileId,
          lines,
        ]);
      }
    });
  }

  // ---- doses and comments ----------------------------------------------------------------------------------------

  async findLinkedPatients(
    siteId: string,
    sourcePatientIds: readonly string[],
  ): Promise<ReadonlyMap<string, LinkedPatient>> {
    const { stored } = this.#schemas;
    if (stored !== '') {
      const sources = sourcePatientIds.map((sourcePatientId) => ({ siteId, sourcePatientId }));
      await this.fetchPatients(await patients.findPatientsOfSources(this.session, stored, sources));
    }
    return this.look((queries) => patients.findLinkedPatients(queries, siteId, sourcePatientIds));
  }

  async findSharedPatients(patientIds: readonly number[]): Promise<readonly number[]> {
    return this.look(async (queries) => {
      const found = new Set<number>();
      for (const schema of this.#schemas.all) {
        for (const id of await patients.findSharedPatients(queries, schema, patientIds)) found.add(id);
      }
      return [...found];
    });
  }

  async readPatientDates(patientIds: readonly number[]): Promise<ReadonlyMap<number, LinkedPatient>> {
    await this.fetchPatients(patientIds);
    return this.look((queries) => patients.readPatientDates(queries, patientIds));
  }

  async readDoses(patientIds: readonly number[]): Promise<ReadonlyMap<number, readonly StoredDose[]>> {
    await this.fetchDoses(patientIds);
    return this.look((queries) => readStoredDoses(queries, patientIds));
  }

  async readReviewedDoses(patientIds: readonly number[]): Promise<ReadonlyMap<number, ReviewedDoses>> {
    return this.look((queries) => readReviewedDoses(queries, this.#schemas.stored, patientIds));
  }

  async writeDoseReviews(
    runId: number,
    reviews: readonly NewDoseReview[],
    checkpoint?: MakeCheckpoint<ReadonlySet<number>>,
  ): Promise<ReadonlySet<number>> {
    return this.write(async (queries) => {
      await this.showAlive(queries, runId);
      // A dose that came late may have made one of two.
      const asked = reviews.flatMap(({ immunizationIds }) => immunizationIds);
      const there = new Set(await firstColumn(queries, 'SELECT id FROM doses WHERE id = ANY($1::int[])', [asked]));
      const left = reviews.filter(({ immunizationIds }) => immunizationIds.every((id) => there.has(id)));
      await queries.insert('match_reviews', left.length, [
        { name: 'id', value: (i) => left[i]!.reviewId },
        { name: 'run_id', value: () => runId },
        { name: 'patient_id_a', value: (i) => left[i]!.patientId },
        { name: 'patient_id_b', value: (i) => left[i]!.patientId },
        { name: 'immunization_id_a', value: (i) => left[i]!.immunizationIds[0] },
        { name: 'immunization_id_b', value: (i) => left[i]!.immunizationIds[1] },
        { name: 'reasons', value: (i) => left[i]!.reason },
      ]);
      const kept = new Set(left.map(({ reviewId }) => reviewId));
      await this.keep(queries, runId, checkpoint?.(kept));
      return kept;
    });
  }

  async readComments(patientIds: readonly number[]): Promise<readonly StoredComment[]> {
    await this.fetchComments(patientIds);
    return this.look((queries) => readComments(queries, patientIds));
  }

  // ---- history ---------------------------------------------------------------------------------------------------

  /** The records of a patient in the order in which they came; none if there is no such patient. */
  async readPatientSources(patientId: number): Promise<readonly PatientSource[]> {
    return readPatientSources(this.session, patientId);
  }

  /** Pairs for a reviewer, the heaviest first: those that wait for a decision, or all. */
  async listReviews(which: 'open' | 'all'): Promise<readonly Review[]> {
    return listReviews(this.session, which);
  }

  /** A pair by its number, `null` if there is none. */
  async readReview(reviewId: number): Promise<Review | null> {
    return readReview(this.session, reviewId);
  }

  async readReviewsOfPatient(patientId: number): Promise<readonly Review[]> {
    return readReviewsOfPatient(this.session, patientId);
  }

  /** All that was ever decided of some reviews, in the order in which it was. */
  async readDecisions(reviewIds: readonly number[]): Promise<readonly PastDecision[]> {
    return readDecisions(this.session, reviewIds);
  }

  /** The decisions that changed a patient. */
  async readDecisionsOfPatient(patientId: number): Promise<readonly PastDecision[]> {
    return readDecisionsOfPatient(this.session, patientId);
  }

  /** All pairs of which it is stored what they weigh, one after the other. */
  readComparisons(): AsyncIterable<StoredComparison> {
    return readComparisons(this.session);
  }

  /** How many pairs of patients that are left to a reviewer were not weighed. */
  async countUnweighed(): Promise<number> {
    return countUnweighed(this.session);
  }

  /** Writes something down in the journal. */
  async note(note: JournalNote): Promise<void> {
    await this.write((queries) => appendToJournal(queries, note));
  }

  /** All entries and their head, of one moment: others may be at work. */
  async readJournal(): Promise<{ readonly entries: readonly JournalEntry[]; readonly head: JournalHead }> {
    for (let head = await readJournalHead(this.session); ; ) {
      const entries = await readJournal(this.session);
      const now = await readJournalHead(this.session);
      if (now.hash === head.hash) return { entries, head };
      head = now;
    }
  }

  // ---- changing what is stored -----------------------------------------------------------------------------------

  /**
   * Does a reviewer's work in one transaction: all of it is in the registry, or nothing.
   * @throws StoreError `busy` while a run is alive
   */
  async review<T>(tools: DeskTools, work: (desk: ReviewDesk) => Promise<T>): Promise<T> {
    return this.write(async (queries) => {
      await this.#requireNoRun(queries, 'is loading; decide when it is done');
      const { details } = this;
      const nextIds = (): Promise<NextIds> => findNextIds(queries, ['']);
      const attempt = <U>(part: () => Promise<U>): Promise<U> => this.session.savepoint(part);
      return work(new ReviewDesk({ queries, details, tools, nextIds, attempt }));
    });
  }

  /**
   * Does the work of an undo in one transaction: all of it is in the registry, or nothing; nothing either if it `isPlan`.
   * What is asked of the store meanwhile is part of it.
   * @throws StoreError `busy` while a run is alive
   */
  async undo<T>(isPlan: boolean, work: (registry: RunUndo) => Promise<T>): Promise<T> {
    const { session, details } = this;
    await session.beginOne();
    try {
      await this.#requireNoRun(session, 'is not finished; undo when it is');
      const undo = await RunUndo.begin(session, details);
      const result = await work(undo);
      await undo.end();
      await session.endOne(!isPlan);
      return result;
    } catch (error) {
      await session.endOne(false);
      throw session.toStoreError(error);
    } finally {
      details.forget();
    }
  }

  /** Takes back what a run has written that was cut short, and tells what that is; it only tells, if it `isPlan`. */
  async undoCutShort(
    runId: number,
    { isPlan, at, by }: { readonly isPlan: boolean; readonly at: string; readonly by: string },
  ): Promise<UndoCounts> {
    return this.write(async (queries) => {
      const counts = await countWritten(queries, runId);
      if (!isPlan) await runs.takeBack(queries, runId, at, `cut short, and undone by ${by}`, by);
      return counts;
    });
  }

  async #requireNoRun(queries: Queries, what: string): Promise<void> {
    const running = await firstRow<{ id: number }>(
      queries,
      "SELECT id FROM runs WHERE status = 'running' ORDER BY id LIMIT 1",
    );
    if (running !== undefined) throw new StoreError('busy', `${this.session.name}: run ${running.id} ${what}`);
  }
}
