/** The store on a server: a PostgreSQL database, into which several loaders may load one after the other. */
import type { CodeTable } from '../core/codes.js';
import type { StoredDose } from '../core/match/dose.js';
import type { SoughtKeys } from '../core/match/key-packs.js';
import type { Thresholds } from '../core/match/match-people.js';
import type { KnownPatient } from '../core/match/patient.js';
import { type Refused, writeBisected } from './bisect.js';
import type { JournalNote } from './journal.js';
import { numbers } from './postgres-arrays.js';
import { copyRows } from './postgres-copy.js';
import { PostgresDoseDetails } from './postgres-dose-details.js';
import { readComments, readReviewedDoses, readStoredDoses } from './postgres-doses.js';
import {
  joinDoseUnits,
  unitsOfDoses,
  valuesOfDoses,
  writeCommentRows,
  writeDoseRows,
  writeRecordKeys,
  writeRepeatedComments,
} from './postgres-doses-write.js';
import { isRefusal, reasonOf, toStoreError } from './postgres-errors.js';
import { appendToJournal } from './postgres-journal.js';
import * as patientQueries from './postgres-patients.js';
import {
  joinPatientUnits,
  type PatientUnit,
  unitsOfPatients,
  valuesOfPatient,
  writeMatchKeys,
  writeNameUses,
  writePatientReviews,
  writePatientRows,
} from './postgres-patients-write.js';
import * as runs from './postgres-runs.js';
import { bringToCurrentSchema, requireCurrentSchema } from './postgres-schema.js';
import { type PgQueries, PostgresSession } from './postgres-session.js';
import { Statistics } from './postgres-statistics.js';
import type { Asked } from './run-contents.js';
import {
  type ComparableRecord,
  type DoseWrites,
  type EarlierLoad,
  type FileResult,
  type KeyPackOfRun,
  type LinkedPatient,
  type NewComment,
  type NewDoseReview,
  type NewRun,
  type NewRunFile,
  NOTHING_REFUSED,
  type PatientState,
  type PatientWrites,
  type RecordKey,
  type RefusedPatients,
  type RefusedRecord,
  type RepeatedComment,
  type ReviewedDoses,
  type RunRecord,
  type RunReport,
  type RunSummary,
  type SourceKey,
  type Store,
  type StoredComment,
  type Waiting,
} from './store.js';

/** Opens a database for loading, and brings it to the current schema. @throws StoreError */
export async function openPostgres(database: string): Promise<PostgresStore> {
  const session = await PostgresSession.open(database);
  try {
    await bringToCurrentSchema(session, database);
    return new PostgresStore(session);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Opens a database for looking only. @throws StoreError */
export async function openPostgresForReading(database: string): Promise<PostgresStore> {
  const session = await PostgresSession.open(database);
  try {
    await requireCurrentSchema(session);
    return new PostgresStore(session);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/**
 * Opens a database for a load of which nothing stays: it is done within one transaction, which is rolled back. So it finds
 * what the database would refuse, too.
 */
export async function openPostgresRehearsal(database: string): Promise<PostgresStore> {
  const session = await PostgresSession.open(database);
  try {
    await requireCurrentSchema(session);
    return new PostgresStore(session, true);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Applies the migrations that a database lacks, and gives their names. @throws StoreError */
export async function migratePostgresDatabase(database: string): Promise<readonly string[]> {
  const session = await PostgresSession.open(database);
  try {
    return await bringToCurrentSchema(session, database);
  } finally {
    await session.close();
  }
}

/** A PostgreSQL database as a {@link Store}. */
export class PostgresStore implements Store {
  readonly #session: PostgresSession;
  readonly #details = new PostgresDoseDetails();
  readonly #statistics = new Statistics();
  readonly #isRehearsal: boolean;
  /** Where the counters of a rehearsal stood: a rollback does not put them back. */
  #counters: readonly (readonly [string, number])[] = [];

  constructor(session: PostgresSession, isRehearsal = false) {
    this.#session = session;
    this.#isRehearsal = isRehearsal;
  }

  async close(): Promise<void> {
    try {
      await this.#session.endRehearsal();
      for (const [sequence, next] of this.#counters) {
        await this.#session.rows('SELECT setval($1::regclass, $2, false)', [sequence, next]);
      }
    } catch {
      // The connection is lost, or the user may not set counters: the next ids leave some numbers out.
    }
    await this.#session.close();
  }

  // ---- runs ------------------------------------------------------------------------------------------------------

  async waitForTurn(waiting: Waiting): Promise<void> {
    await runs.waitForTurn(this.#session, waiting);
    if (!this.#isRehearsal) return;
    this.#counters = await this.#readCounters();
    await this.#session.rehearse();
  }

  async #readCounters(): Promise<[string, number][]> {
    return this.#session.arrays<[string, number]>(
      `SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename), coalesce(last_value + 1, start_value)
       FROM pg_sequences WHERE schemaname = current_schema()`,
    );
  }

  async openRun(run: NewRun, files: readonly NewRunFile[]): Promise<{ runId: number; fileIds: readonly number[] }> {
    return this.#write((queries) => runs.openRun(queries, run, files));
  }

  /** Whoever has its turn knows that all runs that have not ended are dead. */
  async findDeadRuns(): Promise<readonly number[]> {
    const rows = await this.#session.arrays<[number]>(`SELECT id FROM runs WHERE status = 'running' ORDER BY id`);
    return rows.map(([id]) => id);
  }

  async beat(runId: number): Promise<void> {
    await this.#write((queries) => this.#showAlive(queries, runId));
  }

  async #showAlive(queries: PgQueries, runId: number): Promise<void> {
    await runs.showAlive(queries, runId, this.#session.name);
  }

  async completeRun(
    runId: number,
    finishedAt: string,
    files: readonly FileResult[],
    thresholds: Thresholds | null = null,
    report: RunReport | null = null,
  ): Promise<void> {
    await this.#write(async (queries) => {
      await this.#showAlive(queries, runId);
      await runs.completeRun(queries, runId, finishedAt, files, thresholds, report);
    });
  }

  async takeBack(runId: number, finishedAt: string, message: string): Promise<void> {
    await this.#write((queries) => runs.takeBack(queries, runId, finishedAt, message));
  }

  async listRuns(): Promise<readonly RunSummary[]> {
    return this.#session.exclusive((queries) => runs.listRuns(queries));
  }

  async findEarlierLoads(run: NewRun): Promise<readonly EarlierLoad[]> {
    return this.#session.exclusive((queries) => runs.findEarlierLoads(queries, run));
  }

  async keepCodeTables(runId: number, tables: readonly CodeTable[]): Promise<void> {
    await this.#write((queries) => runs.keepCodeTables(queries, runId, tables));
  }

  async readRun(runId: number): Promise<RunRecord | null> {
    const run = (await this.listRuns()).find(({ id }) => id === runId);
    if (run === undefined) return null;
    const [row] = await this.#session.arrays<[string]>('SELECT today FROM runs WHERE id = $1', [runId]);
    const codeTables = await this.#session.exclusive((queries) => runs.readCodeTables(queries, runId));
    return { ...run, today: row![0], codeTables };
  }

  async closeReport(runId: number, at: string, note: JournalNote): Promise<void> {
    await this.#write(async (queries) => {
      await queries.run('UPDATE run_reports SET purged_at = $1 WHERE run_id = $2', [at, runId]);
      await appendToJournal(queries, note);
    });
  }

  readonly asked: Asked = {
    rows: async (sql, runId) => this.#session.rows(sql.replaceAll(':run', '$1'), sql.includes(':run') ? [runId] : []),
    jsonText: (column, name) => `(${column}::json ->> '${name}')`,
  };

  async findRunOfFile(
    sha256: string,
    exceptRunId: number,
    name: string | null = null,
  ): Promise<{ runId: number; finishedAt: string } | null> {
    const [found] = await this.#session.arrays<[number, string]>(
      `SELECT r.id, r.finished_at FROM runs r JOIN run_files f ON f.run_id = r.id
       WHERE f.sha256 = $1 AND f.name = coalesce($2::text, f.name) AND r.status = 'completed' AND r.id <> $3
       ORDER BY r.id DESC LIMIT 1`,
      [sha256, name, exceptRunId],
    );
    return found === undefined ? null : { runId: found[0], finishedAt: found[1] };
  }

  // ---- patients --------------------------------------------------------------------------------------------------

  async nextIds(): Promise<{ patientId: number; immunizationId: number; reviewId: number }> {
    // Ids of doses that became part of others, or that a reviewer's decision took away, are not given again.
    const [row] = await this.#session.arrays<[number, number, number]>(
      `SELECT 1 + greatest((SELECT max(id) FROM patients), 0,
           (SELECT max(row_key::int) FROM decision_images WHERE table_name = 'patients')),
         1 + greatest((SELECT max(id) FROM doses), 0, (SELECT max(row_id) FROM before_images WHERE table_name = 'doses'),
           (SELECT max(row_key::int) FROM decision_images WHERE table_name = 'doses')),
         1 + coalesce((SELECT max(id) FROM match_reviews), 0)`,
    );
    const [patientId, immunizationId, reviewId] = row!;
    return { patientId, immunizationId, reviewId };
  }

  async hasPatients(): Promise<boolean> {
    return (await this.nextIds()).patientId > 1;
  }

  async findKnownPatients(
    sources: readonly SourceKey[],
    matchKeys: readonly number[],
  ): Promise<readonly KnownPatient[]> {
    return this.#look((queries) => patientQueries.findKnownPatients(queries, sources, matchKeys));
  }

  async findPatientsByKeys(passes: Iterable<SoughtKeys>, mostPerKey: number): Promise<readonly number[]> {
    return this.#look((queries) => patientQueries.findPatientsByKeys(queries, passes, mostPerKey));
  }

  async readComparable(patientIds: readonly number[]): Promise<readonly ComparableRecord[]> {
    return this.#look((queries) => patientQueries.readComparable(queries, patientIds));
  }

  async readNameUses(nameKeys: readonly number[]): Promise<readonly number[]> {
    return this.#look((queries) => patientQueries.readNameUses(queries, nameKeys));
  }

  async findReviewedPairs(patientIds: readonly number[]): Promise<readonly (readonly [number, number])[]> {
    const pairs = await this.#session.arrays<[number, number]>(
      'SELECT patient_id_a, patient_id_b FROM match_reviews WHERE patient_id_a = ANY($1::int[]) ORDER BY id',
      [numbers(patientIds)],
    );
    return pairs.map(([a, b]) => (a < b ? [a, b] : [b, a]));
  }

  async findPatientsWithoutKeys(): Promise<readonly number[]> {
    return this.#look((queries) => patientQueries.patientsWithoutKeys(queries));
  }

  async writeKeyPacks(runId: number, packs: Iterable<KeyPackOfRun>): Promise<void> {
    await this.#write(async (queries) => {
      await this.#showAlive(queries, runId);
      await patientQueries.insertKeyPacks(queries, packs);
    });
  }

  async clearMissingKeys(): Promise<void> {
    await this.#write((queries) => patientQueries.clearMissingKeys(queries));
  }

  async finishMissingKeys(nameUses: ReadonlyMap<string, number>): Promise<void> {
    await this.#write((queries) => patientQueries.finishMissingKeys(queries, nameUses));
  }

  async readPatients(patientIds: readonly number[]): Promise<ReadonlyMap<number, PatientState>> {
    return this.#look((queries) => patientQueries.readPatients(queries, patientIds));
  }

  async writePatients(runId: number, writes: PatientWrites): Promise<RefusedPatients> {
    this.#statistics.count(writes.sources.length + writes.matchKeys.length);
    const refused = await this.#writeRefusable(
      (queries) => this.#showAlive(queries, runId),
      (queries) => writePatientRows(queries, runId, writes),
      {
        units: () => unitsOfPatients(writes),
        write: (queries, units) => writePatientRows(queries, runId, joinPatientUnits(units)),
      },
      async (queries, refusals) => {
        const gone = new Set(refusals.flatMap(({ unit }) => unit.patients.map(({ patientId }) => patientId)));
        const isThere = ({ patientId }: { readonly patientId: number }): boolean => !gone.has(patientId);
        await writeMatchKeys(queries, runId, writes.matchKeys.filter(isThere));
        await writeNameUses(queries, runId, writes.nameUses);
        const reviews = writes.reviews.filter((pair) => !gone.has(pair.patientIdA) && !gone.has(pair.patientIdB));
        await writePatientReviews(queries, runId, reviews);
      },
    );
    return refused.length === 0 ? NOTHING_REFUSED : describeRefused(refused);
  }

  async removeSources(runId: number, sources: readonly Pick<RefusedRecord, 'fileId' | 'line'>[]): Promise<void> {
    await this.#write(async (queries) => {
      await this.#showAlive(queries, runId);
      await queries.run(
        `DELETE FROM patient_sources s USING unnest($2::int[], $3::int[]) AS n (file_id, line)
         WHERE s.run_id = $1 AND s.file_id = n.file_id AND s.line = n.line`,
        [runId, numbers(sources.map(({ fileId }) => fileId)), numbers(sources.map(({ line }) => line))],
      );
    });
  }

  // ---- doses -----------------------------------------------------------------------------------------------------

  async findLinkedPatients(
    siteId: string,
    sourcePatientIds: readonly string[],
  ): Promise<ReadonlyMap<string, LinkedPatient>> {
    return this.#look((queries) => patientQueries.findLinkedPatients(queries, siteId, sourcePatientIds));
  }

  async findSharedPatients(patientIds: readonly number[]): Promise<readonly number[]> {
    return this.#look((queries) => patientQueries.findSharedPatients(queries, patientIds));
  }

  async readPatientDates(patientIds: readonly number[]): Promise<ReadonlyMap<number, LinkedPatient>> {
    return this.#look((queries) => patientQueries.readPatientDates(queries, patientIds));
  }

  async readDoses(patientIds: readonly number[]): Promise<ReadonlyMap<number, readonly StoredDose[]>> {
    return this.#look((queries) => readStoredDoses(queries, patientIds));
  }

  async readReviewedDoses(patientIds: readonly number[]): Promise<ReadonlyMap<number, ReviewedDoses>> {
    return this.#look((queries) => readReviewedDoses(queries, patientIds));
  }

  async writeDoseReviews(runId: number, reviews: readonly NewDoseReview[]): Promise<ReadonlySet<number>> {
    return this.#write(async (queries) => {
      await this.#showAlive(queries, runId);
      // A dose that came late may have made one of two.
      const asked = reviews.flatMap(({ immunizationIds }) => immunizationIds);
      const found = await queries.arrays<[number]>('SELECT id FROM doses WHERE id = ANY($1::int[])', [numbers(asked)]);
      const there = new Set(found.map(([id]) => id));
      const left = reviews.filter(({ immunizationIds }) => immunizationIds.every((id) => there.has(id)));
      await copyRows(queries, 'match_reviews', left.length, [
        { name: 'id', value: (i) => left[i]!.reviewId },
        { name: 'run_id', value: () => runId },
        { name: 'patient_id_a', value: (i) => left[i]!.patientId },
        { name: 'patient_id_b', value: (i) => left[i]!.patientId },
        { name: 'immunization_id_a', value: (i) => left[i]!.immunizationIds[0] },
        { name: 'immunization_id_b', value: (i) => left[i]!.immunizationIds[1] },
        { name: 'reasons', value: (i) => left[i]!.reason },
      ]);
      return new Set(left.map(({ reviewId }) => reviewId));
    });
  }

  async writeDoses(runId: number, writes: DoseWrites): Promise<readonly RefusedRecord[]> {
    this.#statistics.count(writes.doses.length + writes.duplicates.length);
    const refused = await this.#writeRefusable(
      (queries) => this.#showAlive(queries, runId),
      (queries) => writeDoseRows(queries, runId, writes, this.#details),
      {
        units: () => unitsOfDoses(writes),
        write: (queries, units) => writeDoseRows(queries, runId, joinDoseUnits(units), this.#details),
      },
    );
    return refused.flatMap(({ unit, error }) => {
      const reason = reasonOf(error, valuesOfDoses(unit));
      return [...unit.doses, ...unit.duplicates].map(({ fileId, line }) => ({ fileId, line, reason }));
    });
  }

  // ---- comments --------------------------------------------------------------------------------------------------

  async readComments(patientIds: readonly number[]): Promise<readonly StoredComment[]> {
    return this.#look((queries) => readComments(queries, patientIds));
  }

  async writeComments(
    runId: number,
    comments: readonly NewComment[],
    recordKeys: readonly RecordKey[],
    duplicates: readonly RepeatedComment[],
  ): Promise<readonly RefusedRecord[]> {
    const refused = await this.#writeRefusable(
      (queries) => this.#showAlive(queries, runId),
      (queries) => writeCommentRows(queries, runId, comments),
      { units: () => comments, write: (queries, units) => writeCommentRows(queries, runId, units) },
      async (queries, refusals) => {
        await writeRepeatedComments(queries, runId, duplicates);
        const gone = new Set(refusals.map(({ unit }) => `${unit.fileId} ${unit.line}`));
        await writeRecordKeys(
          queries,
          recordKeys.filter(({ fileId, line }) => !gone.has(`${fileId} ${line}`)),
        );
      },
    );
    return refused.map(({ unit, error }) => {
      const { fileId, line, code, appliesOn, siteId } = unit;
      return { fileId, line, reason: reasonOf(error, [code, appliesOn, siteId]) };
    });
  }

  // ---- inside ----------------------------------------------------------------------------------------------------

  /** Looks something up, by what the server knows of its tables by now. */
  async #look<T>(work: (queries: PgQueries) => Promise<T>): Promise<T> {
    return this.#session.exclusive(async (queries) => {
      await this.#statistics.freshen(queries);
      return work(queries);
    });
  }

  /** One transaction: all of the work is in the database, or nothing of it. */
  async #write<T>(work: (queries: PgQueries) => Promise<T>): Promise<T> {
    try {
      return await this.#session.transaction(work);
    } catch (error) {
      this.#details.forget();
      throw toStoreError(error, this.#session.name);
    }
  }

  /**
   * Writes a batch in one transaction. If the database refuses some of it, the batch is taken apart, all but that is
   * written, and what was refused comes back.
   */
  async #writeRefusable<Unit>(
    before: (queries: PgQueries) => Promise<void>,
    writeAll: (queries: PgQueries) => Promise<void>,
    apart: {
      readonly units: () => readonly Unit[];
      readonly write: (queries: PgQueries, units: readonly Unit[]) => Promise<void>;
    },
    after: (queries: PgQueries, refused: readonly Refused<Unit>[]) => Promise<void> = async () => {},
  ): Promise<readonly Refused<Unit>[]> {
    try {
      await this.#session.transaction(async (queries) => {
        await before(queries);
        await writeAll(queries);
        await after(queries, []);
      });
      return [];
    } catch (error) {
      this.#details.forget();
      if (!isRefusal(error)) throw toStoreError(error, this.#session.name);
    }
    return this.#write(async (queries) => {
      await before(queries);
      // What a DBA's triggers would say at the end of the transaction, they must say of the rows.
      await queries.run('SET CONSTRAINTS ALL IMMEDIATE');
      const refused = await writeBisected(
        apart.units(),
        (units) =>
          this.#session.savepoint(async () => {
            try {
              await apart.write(queries, units);
            } catch (error) {
              this.#details.forget();
              throw error;
            }
          }),
        isRefusal,
      );
      await after(queries, refused);
      return refused;
    });
  }
}

function describeRefused(refused: readonly Refused<PatientUnit>[]): RefusedPatients {
  const patients = new Map<number, string>();
  const updates = new Map<number, string>();
  const sources: RefusedRecord[] = [];
  for (const { unit, error } of refused) {
    const reason = reasonOf(error, valuesOfPatient(unit));
    if (unit.patients.length > 0) patients.set(unit.patientId, reason);
    else {
      if (unit.updates.length + unit.parts.length > 0) updates.set(unit.patientId, reason);
      for (const { fileId, line } of unit.sources) sources.push({ fileId, line, reason });
    }
  }
  return { patients, updates, sources };
}
