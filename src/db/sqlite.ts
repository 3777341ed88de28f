/** The embedded store: a SQLite file, or a scratch database that nobody else sees. */
import { closeSync, existsSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { CodeTable } from '../core/codes.js';
import type { StoredDose } from '../core/match/dose.js';
import type { SoughtKeys } from '../core/match/key-packs.js';
import { type Identity, identityOf } from '../core/match/keys.js';
import type { Thresholds } from '../core/match/match-people.js';
import type { KnownPatient } from '../core/match/patient.js';
import type { PatientPart } from '../core/match/survivor.js';
import { FATES, type Fate, type FileRole } from '../core/model.js';
import { BeforeImages } from './before-images.js';
import { BulkInsert, type ColumnSource, type SqlValue } from './bulk-insert.js';
import { DoseDetails } from './dose-details.js';
import {
  appendToJournal,
  type JournalEntry,
  type JournalHead,
  type JournalNote,
  noteOfLoad,
  noteOfMigration,
  noteOfTakingBack,
  readJournal,
  readJournalHead,
} from './journal.js';
import { dropCodeTables, keepCodeTables, readCodeTables } from './kept-code-tables.js';
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
import {
  clearMissingKeys,
  findPatientsByKeys,
  finishMissingKeys,
  insertKeyPacks,
  patientsWithoutKeys,
  readComparable,
  readNameUses,
} from './match-keys.js';
import { compareSchema, MIGRATIONS_TABLE, migrateSqlite, type SchemaState } from './migrate.js';
import { isPostgresAddress, nameOfDatabase } from './postgres-address.js';
import { DoseRegrouper } from './regroup.js';
import { type DeskTools, ReviewDesk } from './review-desk.js';
import type { Asked } from './run-contents.js';
import { findEarlierLoads } from './same-load.js';
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
  type RunStatus,
  type RunSummary,
  type SourceKey,
  type Store,
  type StoredComment,
  StoreError,
  type StoreProblem,
} from './store.js';
import { readReviewedDoses, readStoredDoses } from './stored-doses.js';
import { DOSE_COLUMNS, IMMUNIZATION_COLUMNS, PATIENT_COLUMNS, PATIENT_SLOTS, recordText, rowOf } from './tables.js';
import { DETAILS_KEPT_BACK, RunUndo } from './undo.js';

/** Marks a SQLite file as immload's: the letters IMLD. */
const APPLICATION_ID = 0x494d4c44;
const SQLITE_HEADER = 'SQLite format 3\0';
/** A run that has not shown itself for so long is dead, wherever it ran. */
const DEAD_AFTER_MS = 5 * 60_000;
/** On this machine its process can be looked for, which says more. */
const DEAD_ON_SAME_HOST_AFTER_MS = 30 * 60_000;
/** How long a write waits for programs that read, and how often it looks. */
const MOST_PATIENCE_MS = 10 * 60_000;
const RETRY_AFTER_MS = 100;
/** How long SQLite itself waits: the program cannot be stopped meanwhile. */
const BUSY_TIMEOUT_MS = 500;
const PAGE_CACHE_KB = 32_768;

/** Opens the database file for loading, makes it if there is none, and brings it to the current schema. */
export async function openSqlite(path: string): Promise<SqliteStore> {
  const isNew = checkFile(path);
  return guard(path, async () => {
    if (isNew) createFile(path);
    let database = connect(path);
    try {
      const pending = readSchema(database, path).pending;
      if (pending.length > 0) {
        database.close();
        await migrateSqlite(path);
        database = connect(path);
        noteMigration(database, pending);
      }
      return new SqliteStore(database, path);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Opens a database file for looking only. */
export async function openSqliteForReading(path: string): Promise<SqliteStore> {
  if (checkFile(path)) throw new StoreError('failed', `${path}: there is no such database; give its path with --db`);
  return guard(path, async () => {
    const database = connectForReading(path);
    try {
      requireCurrentSchema(database, path);
      return new SqliteStore(database, path);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/**
 * Opens a scratch database that vanishes when it is closed or its process dies: SQLite keeps it in memory, and in a file
 * without a name when it grows. With `registry`, the patients and doses of that file are seen as if they were in it; the
 * file itself is only read. `folder` is used to make the schema, and holds nothing afterwards.
 */
export async function openScratch(folder: string, registry?: string): Promise<SqliteStore> {
  const isNew = registry === undefined || checkFile(registry);
  return guard(registry ?? 'scratch database', async () => {
    const database = new Database('');
    try {
      database.pragma('journal_mode = OFF');
      database.pragma('synchronous = OFF');
      database.pragma(`cache_size = -${PAGE_CACHE_KB}`);
      for (const statement of await makeSchema(folder)) database.exec(statement);
      if (!isNew) {
        database.prepare('ATTACH ? AS registry').run(registry);
        requireCurrentSchema(database, registry, 'registry');
        const unfinished = database.prepare("SELECT 1 FROM registry.runs WHERE status = 'running'").get();
        if (unfinished !== undefined) {
          throw new StoreError(
            'busy',
            `${registry}: holds a run that is not finished; wait for it, or take a dead one back with the next load`,
          );
        }
      }
      return new SqliteStore(database, registry ?? 'scratch database', !isNew);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** The statements that make the current schema, taken from an empty database that was migrated. */
async function makeSchema(folder: string): Promise<readonly string[]> {
  const path = join(folder, `schema-${process.pid}.db`);
  try {
    await migrateSqlite(path);
    const database = new Database(path, { readonly: true });
    try {
      const statements = database.prepare(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
      );
      return statements.pluck().all() as string[];
    } finally {
      database.close();
    }
  } finally {
    rmSync(path, { force: true });
  }
}

/** Applies the migrations that a file lacks. */
export async function migrateSqliteFile(path: string): Promise<readonly string[]> {
  const isNew = checkFile(path);
  return guard(path, async () => {
    if (isNew) createFile(path);
    const database = connect(path);
    let pending: readonly string[];
    try {
      pending = readSchema(database, path).pending;
    } finally {
      database.close();
    }
    if (pending.length === 0) return [];
    const applied = await migrateSqlite(path);
    const migrated = connect(path);
    try {
      noteMigration(migrated, applied);
    } finally {
      migrated.close();
    }
    return applied;
  });
}

function noteMigration(database: Database.Database, applied: readonly string[]): void {
  if (applied.length === 0) return;
  database.transaction(() => appendToJournal(database, noteOfMigration(applied))).immediate();
}

/** Whether the file is still to be made. @throws StoreError when it is there and is no SQLite database */
function checkFile(path: string): boolean {
  if (isPostgresAddress(path)) {
    const remedy = 'this command works on a SQLite registry only; `load`, `runs` and `migrate` know PostgreSQL';
    throw new StoreError('unsupported', `${nameOfDatabase(path)}: ${remedy}`);
  }
  // The driver takes these names for a database without a file.
  if (['', ':memory:'].includes(path.trim())) {
    throw new StoreError('not-a-database', `${path}: not a file; give one with --db, or run \`immload validate\``);
  }
  if (!existsSync(path)) return true;
  const stats = statSync(path);
  if (stats.isDirectory()) throw new StoreError('not-a-database', `${path}: a folder; --db names a file`);
  // Opening a pipe would wait for ever.
  if (!stats.isFile()) throw new StoreError('not-a-database', `${path}: not a file; give another one with --db`);
  if (stats.size === 0) return true;
  const header = Buffer.alloc(SQLITE_HEADER.length);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw new StoreError('failed', `${path}: cannot be read; check its permissions`, { cause });
  }
  try {
    readSync(file, header);
  } finally {
    closeSync(file);
  }
  if (header.toString('latin1') === SQLITE_HEADER) return false;
  throw new StoreError('not-a-database', `${path}: not a SQLite database; give another file with --db`);
}

/** Makes an empty database that only its owner can read. */
function createFile(path: string): void {
  const isThere = existsSync(path);
  closeSync(openSync(path, 'a', 0o600));
  try {
    const database = new Database(path);
    database.pragma('page_size = 8192');
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.close();
  } catch (error) {
    if (!isThere) rmSync(path);
    throw error;
  }
}

function connect(path: string): Database.Database {
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  database.pragma(`cache_size = -${PAGE_CACHE_KB}`);
  database.pragma('foreign_keys = OFF');
  return database;
}

/** A connection that cannot write. A transaction that was cut short by a kill is rolled back first: it hides the rest. */
function connectForReading(path: string): Database.Database {
  const database = new Database(path, { readonly: true });
  try {
    database.pragma('schema_version');
    return database;
  } catch (error) {
    database.close();
    if ((error as { code?: unknown }).code !== 'SQLITE_READONLY_ROLLBACK') throw error;
  }
  const writable = connect(path);
  try {
    writable.pragma('schema_version');
  } finally {
    writable.close();
  }
  return new Database(path, { readonly: true });
}

/** Which migrations a database has. @throws StoreError when it belongs to another program or a newer immload */
function readSchema(database: Database.Database, path: string, schema = 'main'): SchemaState {
  const tables = database.prepare(`SELECT name FROM ${schema}.sqlite_master WHERE type = 'table'`).pluck().all();
  if (!tables.includes(MIGRATIONS_TABLE)) {
    if (tables.length === 0) return compareSchema([]);
    throw new StoreError('foreign-database', `${path}: a database of another program; give another file with --db`);
  }
  const names = database.prepare(`SELECT name FROM ${schema}.${MIGRATIONS_TABLE}`).pluck().all() as string[];
  const state = compareSchema(names);
  if (names.length > state.applied.length) {
    const foreign = !tables.includes('patient_sources');
    throw foreign
      ? new StoreError('foreign-database', `${path}: a database of another program; give another file with --db`)
      : new StoreError('newer', `${path}: made by a newer immload; use that one`);
  }
  return state;
}

function requireCurrentSchema(database: Database.Database, path: string, schema = 'main'): void {
  const { applied, pending } = readSchema(database, path, schema);
  if (applied.length === 0)
    throw new StoreError('foreign-database', `${path}: holds no registry; load something first`);
  if (pending.length > 0)
    throw new StoreError('outdated', `${path}: made by an older immload; run \`immload migrate\` first`);
}

const PROBLEMS: readonly (readonly [RegExp, StoreProblem, string])[] = [
  [/^SQLITE_NOTADB/, 'not-a-database', 'not a SQLite database; give another file with --db'],
  [
    /^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/,
    'not-writable',
    'cannot be written; check the permissions of the file and its folder',
  ],
  [/^SQLITE_FULL/, 'full', 'the disk is full; make room and run the same command again'],
  [/^SQLITE_(BUSY|LOCKED)/, 'busy', 'another program has it in use; try again when that is done'],
  [/^SQLITE_(CORRUPT|IOERR)/, 'damaged', 'the file or the disk is damaged'],
];

/** Runs work on a database and turns its errors into ours, which name the file and a remedy and hold no value. */
async function guard<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error, path);
  }
}

function toStoreError(error: unknown, path: string): unknown {
  if (error instanceof StoreError) return error;
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string') return error;
  if (/^E(ACCES|PERM|ROFS|NOENT|NOTDIR)$/.test(code)) {
    return new StoreError('not-writable', `${path}: cannot be made; check that the folder exists and can be written`, {
      cause: error,
    });
  }
  if (code === 'ENOSPC') return new StoreError('full', `${path}: the disk is full`, { cause: error });
  if (!code.startsWith('SQLITE_')) return error;
  for (const [pattern, problem, remedy] of PROBLEMS) {
    if (pattern.test(code)) return new StoreError(problem, `${path}: ${remedy}`, { cause: error });
  }
  // SQLite's own words name tables and columns, and never a value: all values are bound.
  return new StoreError('failed', `${path}: the database refused (${code}: ${(error as Error).message})`, {
    cause: error,
  });
}

type Record_ = Record<string, SqlValue>;

/** Tables of which a run changes or deletes rows that others made. */
const CHANGED_TABLES = ['patients', 'doses', 'immunization_parts', 'immunization_duplicates', 'match_reviews'];

/** Tables that are told some rows again: many records give their patient the same keys, and a line may hold several doses. */
const REPEATED: ReadonlySet<string> = new Set(['match_keys', 'record_keys']);

/** A SQLite database as a {@link Store}. */
export class SqliteStore implements Store {
  readonly #database: Database.Database;
  readonly #path: string;
  /** Whether a registry is attached that rows are fetched from before they are looked at. */
  readonly #registry: boolean;
  readonly #inserts = new Map<string, BulkInsert>();
  readonly #images: BeforeImages;
  readonly #regrouper: DoseRegrouper;
  #details: DoseDetails | null = null;
  /** What was fetched from the registry already. */
  readonly #fetchedPatients = new Set<number>();
  readonly #fetchedDoses = new Set<number>();
  readonly #fetchedComments = new Set<number>();

  constructor(database: Database.Database, path: string, registry = false) {
    this.#database = database;
    this.#path = path;
    this.#registry = registry;
    this.#images = new BeforeImages(database);
    this.#regrouper = new DoseRegrouper(database, this.#images);
    if (this.#registry) {
      // Rows that are made here must not take ids of rows that are fetched later.
      database.exec('INSERT INTO main.sqlite_sequence (name, seq) SELECT name, seq FROM registry.sqlite_sequence');
      database.exec('INSERT INTO main.run_files SELECT * FROM registry.run_files');
    }
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  // ---- runs ------------------------------------------------------------------------------------------------------

  async waitForTurn(): Promise<void> {}

  async openRun(run: NewRun, files: readonly NewRunFile[]): Promise<{ runId: number; fileIds: readonly number[] }> {
    return this.#write(() => {
      const alive = this.#runningRuns().find((other) => !isDead(other));
      if (alive !== undefined) {
        throw new StoreError(
          'busy',
          `${this.#path}: run ${alive.id} has been loading since ${alive.started_at} on ${alive.host}; wait until it is done`,
        );
      }
      const { lastInsertRowid } = this.#database
        .prepare(
          `INSERT INTO runs (status, spec_id, spec_version, site_id, today, program_version, code_tables, started_at, host, process, heartbeat_at, match_model, rule_changes)
           VALUES ('running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          run.specId,
          run.specVersion,
          run.siteId,
          run.today,
          run.programVersion,
          JSON.stringify(run.codeTables),
          run.startedAt,
          hostname(),
          OWN_PROCESS,
          new Date().toISOString(),
          run.matchModel,
          run.ruleChanges,
        );
      const runId = Number(lastInsertRowid);
      const addFile = this.#database.prepare('INSERT INTO run_files (run_id, role, name) VALUES (?, ?, ?)');
      return { runId, fileIds: files.map((file) => Number(addFile.run(runId, file.role, file.name).lastInsertRowid)) };
    });
  }

  #runningRuns(): RunningRun[] {
    return this.#database
      .prepare(`SELECT id, host, process, heartbeat_at, started_at FROM runs WHERE status = 'running' ORDER BY id`)
      .all() as RunningRun[];
  }

  async findDeadRuns(): Promise<readonly number[]> {
    return this.#runningRuns()
      .filter(isDead)
      .map((run) => run.id);
  }

  async beat(runId: number): Promise<void> {
    await this.#write(() => this.#showAlive(runId));
  }

  /**
   * Shows that the run is alive, and finds out whether it is: a computer that slept, or a network that was gone, may have
   * made it look dead to another loader. What it wrote is gone then, and nothing may follow.
   */
  #showAlive(runId: number): void {
    const { changes } = this.#database
      .prepare("UPDATE runs SET heartbeat_at = ? WHERE id = ? AND status = 'running'")
      .run(new Date().toISOString(), runId);
    if (changes > 0) return;
    throw new StoreError(
      'taken-back',
      `${this.#path}: another loader took run ${runId} for dead, and took back what it had written; run the same command again`,
    );
  }

  async completeRun(
    runId: number,
    finishedAt: string,
    files: readonly FileResult[],
    thresholds: Thresholds | null = null,
    report: RunReport | null = null,
  ): Promise<void> {
    await this.#write(() => {
      this.#showAlive(runId);
      const update = this.#database.prepare(
        `UPDATE run_files SET sha256 = ?, encoding = ?, bytes = ?, records = ?, ${FATES.map((fate) => `${fate} = ?`).join(', ')} WHERE id = ?`,
      );
      for (const file of files) {
        const fates = FATES.map((fate) => file.fates[fate]);
        update.run(file.sha256, file.encoding, file.bytes, file.records, ...fates, file.fileId);
      }
      this.#database
        .prepare(
          `UPDATE runs SET match_threshold = ?, review_threshold = ?, has_all_keys = (match_model <> 'exact') WHERE id = ?`,
        )
        .run(thresholds?.match ?? null, thresholds?.review ?? null, runId);
      this.#closeRun(runId, 'completed', finishedAt, null);
      if (report !== null) {
        this.#database
          .prepare('INSERT INTO main.run_reports (run_id, host, folder, certificate, digest) VALUES (?, ?, ?, ?, ?)')
          .run(runId, hostname(), report.folder, report.certificate, report.digest);
      }
      appendToJournal(this.#database, noteOfLoad(runId, finishedAt, files, report));
    });
  }

  #closeRun(runId: number, status: RunStatus, finishedAt: string, message: string | null): void {
    this.#database
      .prepare('UPDATE runs SET status = ?, finished_at = ?, message = ? WHERE id = ?')
      .run(status, finishedAt, message, runId);
  }

  async takeBack(runId: number, finishedAt: string, message: string): Promise<void> {
    await this.#write(() => {
      // Another loader may have done it meanwhile, and have written since.
      const status = this.#database.prepare('SELECT status FROM runs WHERE id = ?').pluck().get(runId) as RunStatus;
      if (status === 'failed') return;
      for (const table of CHANGED_TABLES) this.#images.restore(runId, table);
      this.#database
        .prepare('DELETE FROM doses WHERE file_id IN (SELECT id FROM run_files WHERE run_id = ?)')
        .run(runId);
      this.#database
        .prepare('DELETE FROM record_keys WHERE file_id IN (SELECT id FROM run_files WHERE run_id = ?)')
        .run(runId);
      // Details that doses had before a decision of a reviewer, or before another run, are needed when that is undone.
      this.#database.exec(
        `DELETE FROM dose_details WHERE id NOT IN (SELECT detail_id FROM doses) AND id NOT IN (${DETAILS_KEPT_BACK})`,
      );
      for (const table of [
        'patient_comments',
        'comment_duplicates',
        'immunization_duplicates',
        'immunization_parts',
        'patients',
        'patient_sources',
        'patient_parts',
        'match_keys',
        'match_key_packs',
        'name_uses',
        'match_reviews',
        'before_images',
      ]) {
        this.#database.prepare(`DELETE FROM ${table} WHERE run_id = ?`).run(runId);
      }
      dropCodeTables(this.#database, runId);
      this.#closeRun(runId, 'failed', finishedAt, message);
      appendToJournal(this.#database, noteOfTakingBack(runId, finishedAt));
    });
  }

  async listRuns(): Promise<readonly RunSummary[]> {
    const runs = this.#database.prepare('SELECT * FROM runs ORDER BY id').all() as Record_[];
    const files = this.#database.prepare('SELECT * FROM run_files ORDER BY id').all() as Record_[];
    return runs.map((run) => ({
      id: run['id'] as number,
      status: run['status'] as RunStatus,
      specId: run['spec_id'] as string,
      specVersion: run['spec_version'] as string,
      siteId: run['site_id'] as string | null,
      startedAt: run['started_at'] as string,
      finishedAt: run['finished_at'] as string | null,
      message: run['message'] as string | null,
      files: files
        .filter((file) => file['run_id'] === run['id'])
        .map((file) => ({
          role: file['role'] as FileRole,
          name: file['name'] as string,
          sha256: file['sha256'] as string | null,
          bytes: (file['bytes'] as number | null) ?? 0,
          records: (file['records'] as number | null) ?? 0,
          fates: Object.fromEntries(FATES.map((fate) => [fate, (file[fate] as number | null) ?? 0])) as Record<
            Fate,
            number
          >,
        })),
    }));
  }

  async keepCodeTables(runId: number, tables: readonly CodeTable[]): Promise<void> {
    await this.#write(() => keepCodeTables(this.#database, runId, tables));
  }

  async readRun(runId: number): Promise<RunRecord | null> {
    const run = (await this.listRuns()).find(({ id }) => id === runId);
    if (run === undefined) return null;
    const today = this.#database.prepare('SELECT today FROM runs WHERE id = ?').pluck().get(runId) as string;
    return { ...run, today, codeTables: readCodeTables(this.#database, runId) };
  }

  async findRunOfFile(
    sha256: string,
    exceptRunId: number,
    name: string | null = null,
  ): Promise<{ runId: number; finishedAt: string } | null> {
    const schemas = this.#registry ? ['main', 'registry'] : ['main'];
    for (const schema of schemas) {
      const found = this.#database
        .prepare(
          `SELECT r.id AS runId, r.finished_at AS finishedAt FROM ${schema}.runs r JOIN ${schema}.run_files f ON f.run_id = r.id
           WHERE f.sha256 = ? AND f.name = coalesce(?, f.name) AND r.status = 'completed' AND r.id <> ? ORDER BY r.id DESC LIMIT 1`,
        )
        .get(sha256, name, schema === 'main' ? exceptRunId : -1) as { runId: number; finishedAt: string } | undefined;
      if (found !== undefined) return found;
    }
    return null;
  }

  // ---- patients --------------------------------------------------------------------------------------------------

  async nextIds(): Promise<{ patientId: number; immunizationId: number; reviewId: number }> {
    return this.#findNextIds();
  }

  #findNextIds(): { patientId: number; immunizationId: number; reviewId: number } {
    // The id of a dose that became part of another is not given again: the run that did it can be taken back.
    const gone = this.#highest("SELECT max(row_id) FROM before_images WHERE table_name = 'doses'");
    // Nor are those that an undone run had, nor those of patients and doses that a reviewer's decision took away.
    const undone = (column: string): number => this.#highest(`SELECT max(${column}) FROM runs`);
    const keptBack = (table: string): number =>
      this.#highest(`SELECT max(CAST(row_key AS INTEGER)) FROM decision_images WHERE table_name = '${table}'`);
    return {
      patientId: Math.max(this.#nextId('patients'), 1 + keptBack('patients'), 1 + undone('last_patient_id')),
      immunizationId: Math.max(
        this.#nextId('doses'),
        1 + gone,
        1 + keptBack('doses'),
        1 + undone('last_immunization_id'),
      ),
      reviewId: Math.max(this.#nextId('match_reviews'), 1 + undone('last_review_id')),
    };
  }

  #nextId(table: string): number {
    return 1 + this.#highest(`SELECT max(id) FROM ${table}`);
  }

  /** The highest number that a query finds in any schema, 0 if there is none. */
  #highest(query: string): number {
    const schemas = this.#registry ? ['main', 'registry'] : ['main'];
    const found = schemas.map((schema) =>
      this.#database
        .prepare(query.replace(' FROM ', ` FROM ${schema}.`))
        .pluck()
        .get(),
    ) as (number | null)[];
    return Math.max(...found.map((number) => number ?? 0));
  }

  #doseDetails(): DoseDetails {
    this.#details ??= new DoseDetails(this.#database, this.#nextId('dose_details'));
    return this.#details;
  }

  async hasPatients(): Promise<boolean> {
    return (await this.nextIds()).patientId > 1;
  }

  async findKnownPatients(
    sources: readonly SourceKey[],
    matchKeys: readonly number[],
  ): Promise<readonly KnownPatient[]> {
    const ids = new Set<number>();
    const keys = new Map<number, Set<number>>();
    for (const schema of this.#schemas()) {
      for (const [siteId, sourceIds] of idsBySite(sources)) {
        for (const id of this.#idsOfSources(schema, siteId, sourceIds)) ids.add(id);
      }
      const byKey = this.#database.prepare(
        `SELECT patient_id, match_key FROM ${schema}.match_keys WHERE match_key IN (SELECT value FROM json_each(?))`,
      );
      for (const [id, key] of byKey.raw().all(JSON.stringify(matchKeys)) as [number, number][]) {
        ids.add(id);
        const own = keys.get(id);
        if (own === undefined) keys.set(id, new Set([key]));
        else own.add(key);
      }
    }
    if (ids.size === 0) return [];
    const found = [...ids].sort((a, b) => a - b);
    this.#fetchPatients(found);
    const list = JSON.stringify(found);
    const rows = this.#all(
      `SELECT * FROM main.patients WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id`,
      list,
    );
    const joined = this.#identitiesOfJoined(found);
    const sourcesOf = groupBy(
      this.#all(
        `SELECT patient_id, site_id, source_patient_id, content FROM main.patient_sources
         WHERE patient_id IN (SELECT value FROM json_each(?)) ORDER BY id`,
        list,
      ),
      'patient_id',
    );
    return rows.map((record) => {
      const id = record['id'] as number;
      return {
        patientId: id,
        identity: {
          ...identityOf(rowOf(record, PATIENT_COLUMNS, PATIENT_SLOTS)),
          ssnCheck: record['ssn_check'] as number | null,
        },
        otherIdentities: joined.get(id) ?? [],
        matchKeys: [...(keys.get(id) ?? [])],
        sources: (sourcesOf.get(id) ?? []).map((source) => ({
          siteId: source['site_id'] as string,
          sourcePatientId: source['source_patient_id'] as string,
          content: source['content'] as number,
        })),
      };
    });
  }

  /** What the records say of patients whom a reviewer joined: one of them may be called otherwise than the patient is. */
  #identitiesOfJoined(patientIds: readonly number[]): Map<number, Identity[]> {
    const joins = this.#database
      .prepare(`SELECT DISTINCT patient_id FROM ${this.#storedIn()}.applied_decisions WHERE kind = 'join'`)
      .pluck()
      .all() as number[];
    const asked = new Set(patientIds);
    const list = JSON.stringify(joins.filter((id) => asked.has(id)));
    const identities = new Map<number, Identity[]>();
    for (const part of this.#all(
      'SELECT patient_id, record FROM main.patient_parts WHERE patient_id IN (SELECT value FROM json_each(?))',
      list,
    )) {
      const row = rowOf(JSON.parse(part['record'] as string) as Record_, PATIENT_COLUMNS, PATIENT_SLOTS);
      const id = part['patient_id'] as number;
      identities.set(id, [...(identities.get(id) ?? []), identityOf(row)]);
    }
    return identities;
  }

  #idsOfSources(schema: string, siteId: string, sourceIds: readonly string[]): number[] {
    return this.#database
      .prepare(
        `SELECT DISTINCT patient_id FROM ${schema}.patient_sources
         WHERE site_id = ? AND source_patient_id IN (SELECT value FROM json_each(?))`,
      )
      .pluck()
      .all(siteId, JSON.stringify(sourceIds)) as number[];
  }

  async findPatientsByKeys(passes: Iterable<SoughtKeys>, mostPerKey: number): Promise<readonly number[]> {
    return findPatientsByKeys(this.#database, this.#schemas(), passes, mostPerKey);
  }

  async readComparable(patientIds: readonly number[]): Promise<readonly ComparableRecord[]> {
    return readComparable(this.#database, this.#storedIn(), patientIds);
  }

  async readNameUses(nameKeys: readonly number[]): Promise<readonly number[]> {
    return readNameUses(this.#database, this.#schemas(), nameKeys);
  }

  async findReviewedPairs(patientIds: readonly number[]): Promise<readonly (readonly [number, number])[]> {
    const pairs = this.#database
      .prepare(
        `SELECT patient_id_a, patient_id_b FROM ${this.#storedIn()}.match_reviews
         WHERE patient_id_a IN (SELECT value FROM json_each(?))`,
      )
      .raw()
      .all(JSON.stringify(patientIds)) as [number, number][];
    return pairs.map(([a, b]) => (a < b ? [a, b] : [b, a]));
  }

  async findPatientsWithoutKeys(): Promise<readonly number[]> {
    return patientsWithoutKeys(this.#database, this.#storedIn());
  }

  async writeKeyPacks(runId: number, packs: Iterable<KeyPackOfRun>): Promise<void> {
    await this.#write(() => {
      this.#showAlive(runId);
      insertKeyPacks(this.#database, packs);
    });
  }

  async clearMissingKeys(): Promise<void> {
    await this.#write(() => clearMissingKeys(this.#database, this.#storedIn()));
  }

  async finishMissingKeys(nameUses: ReadonlyMap<string, number>): Promise<void> {
    await this.#write(() => finishMissingKeys(this.#database, this.#storedIn(), nameUses));
  }

  /** The records of a patient in the order in which they came; none if there is no such patient. */
  readPatientSources(patientId: number): readonly PatientSource[] {
    return readPatientSources(this.#database, patientId);
  }

  /** Pairs for a reviewer, the heaviest first: those that wait for a decision, or all. */
  listReviews(which: 'open' | 'all'): readonly Review[] {
    return listReviews(this.#database, which);
  }

  /** A pair by its number, `null` if there is none. */
  readReview(reviewId: number): Review | null {
    return readReview(this.#database, reviewId);
  }

  readReviewsOfPatient(patientId: number): readonly Review[] {
    return readReviewsOfPatient(this.#database, patientId);
  }

  /** All that was ever decided of some reviews, in the order in which it was. */
  readDecisions(reviewIds: readonly number[]): readonly PastDecision[] {
    return readDecisions(this.#database, reviewIds);
  }

  /** All pairs of which it is stored what they weigh, one after the other. */
  readComparisons(): Iterable<StoredComparison> {
    return readComparisons(this.#database);
  }

  /** How many pairs of patients that are left to a reviewer were not weighed. */
  countUnweighed(): number {
    return countUnweighed(this.#database);
  }

  /** The decisions that changed a patient. */
  readDecisionsOfPatient(patientId: number): readonly PastDecision[] {
    return readDecisionsOfPatient(this.#database, patientId);
  }

  /**
   * Does a reviewer's work in one transaction: all of it is in the registry, or nothing.
   * @throws StoreError `busy` while a run is alive
   */
  async review<T>(tools: DeskTools, work: (desk: ReviewDesk) => T): Promise<T> {
    return this.#write(() => {
      const [running] = this.#runningRuns();
      if (running !== undefined) {
        throw new StoreError('busy', `${this.#path}: run ${running.id} is loading; decide when it is done`);
      }
      const details = this.#doseDetails();
      // Taking a decision back takes away details that it made.
      details.forget();
      const parts = { regrouper: this.#regrouper, details, nextIds: () => this.#findNextIds() };
      const result = work(new ReviewDesk(this.#database, parts, tools));
      details.forget();
      return result;
    });
  }

  /**
   * Does the work of an undo in one transaction: all of it is in the registry, or nothing; nothing either if it `isPlan`.
   * @throws StoreError `busy` while a run is alive
   */
  async undo<T>(isPlan: boolean, work: (registry: RunUndo) => Promise<T>): Promise<T> {
    await this.#begin();
    let undo: RunUndo | null = null;
    try {
      const [running] = this.#runningRuns();
      if (running !== undefined) {
        throw new StoreError('busy', `${this.#path}: run ${running.id} is not finished; undo when it is`);
      }
      undo = new RunUndo(this.#database, this.#images);
      const result = await work(undo);
      undo.close();
      this.#database.exec(isPlan ? 'ROLLBACK' : 'COMMIT');
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw toStoreError(error, this.#path);
    } finally {
      this.forgetDetails();
    }
  }

  /** Writes something down in the journal. */
  async note(note: JournalNote): Promise<void> {
    await this.#write(() => appendToJournal(this.#database, note));
  }

  readJournal(): { readonly entries: readonly JournalEntry[]; readonly head: JournalHead } {
    return { entries: readJournal(this.#database), head: readJournalHead(this.#database) };
  }

  async closeReport(runId: number, at: string, note: JournalNote): Promise<void> {
    await this.#write(() => {
      this.#database.prepare('UPDATE main.run_reports SET purged_at = ? WHERE run_id = ?').run(at, runId);
      appendToJournal(this.#database, note);
    });
  }

  readonly asked: Asked = {
    rows: async (sql, runId) => this.#database.prepare(sql.replaceAll(':run', '@run')).all({ run: runId }) as Record_[],
    jsonText: (column, name) => `json_extract(${column}, '$.${name}')`,
  };

  async findEarlierLoads(run: NewRun): Promise<readonly EarlierLoad[]> {
    return findEarlierLoads(this.#database, run);
  }

  /** Forgets which details of doses there are: they were changed beside it. */
  forgetDetails(): void {
    this.#details = null;
  }

  /** Where rows are that are looked up. */
  #schemas(): readonly string[] {
    return this.#registry ? ['main', 'registry'] : ['main'];
  }

  /** Where the patients of earlier runs are. */
  #storedIn(): string {
    return this.#registry ? 'registry' : 'main';
  }

  async readPatients(patientIds: readonly number[]): Promise<ReadonlyMap<number, PatientState>> {
    this.#fetchPatients(patientIds);
    const list = JSON.stringify(patientIds);
    const rows = this.#all('SELECT * FROM main.patients WHERE id IN (SELECT value FROM json_each(?))', list);
    const parts = groupBy(
      this.#all(
        'SELECT patient_id, site_id, record FROM main.patient_parts WHERE patient_id IN (SELECT value FROM json_each(?)) ORDER BY id',
        list,
      ),
      'patient_id',
    );
    const firstSites = new Map(
      this.#all(
        `SELECT patient_id, site_id, min(id) FROM main.patient_sources
         WHERE patient_id IN (SELECT value FROM json_each(?)) GROUP BY patient_id`,
        list,
      ).map((source) => [source['patient_id'] as number, source['site_id'] as string]),
    );
    const states = new Map<number, PatientState>();
    for (const record of rows) {
      const id = record['id'] as number;
      const row = rowOf(record, PATIENT_COLUMNS, PATIENT_SLOTS);
      const ssnCheck = record['ssn_check'] as number | null;
      const firstSiteId = firstSites.get(id)!;
      const kept = parts.get(id) ?? [];
      states.set(id, {
        row,
        ssnCheck,
        identity: { ...identityOf(row), ssnCheck },
        parts:
          kept.length === 0
            ? [{ row, rank: 0 }]
            : kept.map(
                (part): PatientPart => ({
                  row: rowOf(JSON.parse(part['record'] as string) as Record_, PATIENT_COLUMNS, PATIENT_SLOTS),
                  rank: part['site_id'] === firstSiteId ? 0 : 1,
                }),
              ),
        partsKept: kept.length > 0,
        firstSiteId,
      });
    }
    return states;
  }

  async writePatients(runId: number, writes: PatientWrites): Promise<RefusedPatients> {
    await this.#write(() => {
      this.#showAlive(runId);
      const { patients, parts, sources, matchKeys, nameUses, reviews } = writes;
      const constant = { name: 'run_id', value: () => runId };
      this.#insertInto('patients').insert(
        patients.length,
        [
          { name: 'id', value: (i) => patients[i]!.patientId },
          { name: 'ssn_check', value: (i) => patients[i]!.ssnCheck },
          constant,
        ],
        { columns: PATIENT_COLUMNS, row: (i) => patients[i]!.row },
      );
      for (const { patientId, row, ssnCheck } of writes.updates) {
        this.#images.keep(runId, 'patients', patientId);
        const values: Record_ = { ssn_check: ssnCheck };
        for (const { name, slot } of PATIENT_COLUMNS) values[name] = row[slot]!;
        this.#updateRow('patients', patientId, values);
      }
      this.#insert('patient_parts', parts.length, [
        { name: 'patient_id', value: (i) => parts[i]!.patientId },
        constant,
        { name: 'site_id', value: (i) => parts[i]!.siteId },
        { name: 'record', value: (i) => recordText(parts[i]!.row, PATIENT_COLUMNS) },
        { name: 'ssn_check', value: (i) => parts[i]!.ssnCheck },
      ]);
      this.#insert('patient_sources', sources.length, [
        constant,
        { name: 'file_id', value: (i) => sources[i]!.fileId },
        { name: 'site_id', value: (i) => sources[i]!.siteId },
        { name: 'source_patient_id', value: (i) => sources[i]!.sourcePatientId },
        { name: 'patient_id', value: (i) => sources[i]!.patientId },
        { name: 'line', value: (i) => sources[i]!.line },
        { name: 'decision', value: (i) => sources[i]!.decision },
        { name: 'reason', value: (i) => sources[i]!.reason },
        { name: 'explanation', value: (i) => sources[i]!.explanation },
        { name: 'content', value: (i) => sources[i]!.content },
      ]);
      this.#insert('match_keys', matchKeys.length, [
        { name: 'match_key', value: (i) => matchKeys[i]!.matchKey },
        { name: 'patient_id', value: (i) => matchKeys[i]!.patientId },
        constant,
      ]);
      this.#insert('name_uses', nameUses.length, [
        { name: 'name_key', value: (i) => nameUses[i]!.nameKey },
        { name: 'uses', value: (i) => nameUses[i]!.uses },
        constant,
      ]);
      this.#insert('match_reviews', reviews.length, [
        { name: 'id', value: (i) => reviews[i]!.reviewId },
        constant,
        { name: 'patient_id_a', value: (i) => reviews[i]!.patientIdA },
        { name: 'patient_id_b', value: (i) => reviews[i]!.patientIdB },
        { name: 'weight', value: (i) => reviews[i]!.weight },
        { name: 'reasons', value: (i) => reviews[i]!.reasons },
        { name: 'explanation', value: (i) => reviews[i]!.explanation },
      ]);
    });
    return NOTHING_REFUSED;
  }

  async removeSources(runId: number, sources: readonly Pick<RefusedRecord, 'fileId' | 'line'>[]): Promise<void> {
    await this.#write(() => {
      this.#showAlive(runId);
      const remove = this.#database.prepare(
        'DELETE FROM main.patient_sources WHERE run_id = ? AND file_id = ? AND line = ?',
      );
      for (const { fileId, line } of sources) remove.run(runId, fileId, line);
    });
  }

  // ---- doses -----------------------------------------------------------------------------------------------------

  async findLinkedPatients(
    siteId: string,
    sourcePatientIds: readonly string[],
  ): Promise<ReadonlyMap<string, LinkedPatient>> {
    const list = JSON.stringify(sourcePatientIds);
    if (this.#registry) this.#fetchPatients(this.#idsOfSources('registry', siteId, sourcePatientIds));
    const rows = this.#database
      .prepare(
        `SELECT s.source_patient_id, p.id, p.birth_date, p.death_date
         FROM main.patient_sources s JOIN main.patients p ON p.id = s.patient_id
         WHERE s.site_id = ? AND s.source_patient_id IN (SELECT value FROM json_each(?))`,
      )
      .all(siteId, list) as Record_[];
    return new Map(rows.map((row) => [row['source_patient_id'] as string, linkedPatient(row)]));
  }

  async findSharedPatients(patientIds: readonly number[]): Promise<readonly number[]> {
    const ids = JSON.stringify(patientIds);
    const found = new Set<number>();
    for (const schema of this.#schemas()) {
      const shared = this.#database
        .prepare(
          `SELECT patient_id FROM ${schema}.patient_sources WHERE patient_id IN (SELECT value FROM json_each(?))
           GROUP BY patient_id HAVING min(site_id) <> max(site_id) OR min(source_patient_id) <> max(source_patient_id)`,
        )
        .pluck()
        .all(ids) as number[];
      for (const id of shared) found.add(id);
    }
    return [...found];
  }

  async readPatientDates(patientIds: readonly number[]): Promise<ReadonlyMap<number, LinkedPatient>> {
    this.#fetchPatients(patientIds);
    const rows = this.#all(
      'SELECT id, birth_date, death_date FROM main.patients WHERE id IN (SELECT value FROM json_each(?))',
      JSON.stringify(patientIds),
    );
    return new Map(rows.map((row) => [row['id'] as number, linkedPatient(row)]));
  }

  async readDoses(patientIds: readonly number[]): Promise<ReadonlyMap<number, readonly StoredDose[]>> {
    this.#fetchDoses(patientIds);
    return readStoredDoses(this.#database, patientIds);
  }

  async readReviewedDoses(patientIds: readonly number[]): Promise<ReadonlyMap<number, ReviewedDoses>> {
    return readReviewedDoses(this.#database, this.#storedIn(), patientIds);
  }

  async writeDoseReviews(runId: number, reviews: readonly NewDoseReview[]): Promise<ReadonlySet<number>> {
    return this.#write(() => {
      this.#showAlive(runId);
      // A dose that came late may have made one of two.
      const isThere = this.#database.prepare('SELECT 1 FROM main.doses WHERE id = ?').pluck();
      const left = reviews.filter(({ immunizationIds }) => immunizationIds.every((id) => isThere.get(id) === 1));
      this.#insert('match_reviews', left.length, [
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
    await this.#write(() => {
      this.#showAlive(runId);
      const { doses, parts, duplicates, recordKeys } = writes;
      const constant = { name: 'run_id', value: () => runId };
      const details = this.#doseDetails();
      this.#insertInto('doses').insert(
        doses.length,
        [
          { name: 'id', value: (i) => doses[i]!.immunizationId },
          { name: 'patient_id', value: (i) => doses[i]!.patientId },
          { name: 'detail_id', value: (i) => details.idOf(doses[i]!.row), isCostly: true },
          { name: 'file_id', value: (i) => doses[i]!.fileId },
          { name: 'line', value: (i) => doses[i]!.line },
        ],
        { columns: DOSE_COLUMNS, row: (i) => doses[i]!.row },
      );
      for (const { immunizationId, row } of writes.updates) {
        this.#images.keep(runId, 'doses', immunizationId);
        const values: Record_ = { detail_id: details.idOf(row) };
        for (const { name, slot } of DOSE_COLUMNS) values[name] = row[slot]!;
        this.#updateRow('doses', immunizationId, values);
      }
      for (const regrouping of writes.regroupings) this.#regrouper.regroup(runId, regrouping, details);
      details.flush();
      this.#insert('immunization_parts', parts.length, [
        { name: 'immunization_id', value: (i) => parts[i]!.immunizationId },
        constant,
        { name: 'record', value: (i) => recordText(parts[i]!.row, IMMUNIZATION_COLUMNS) },
      ]);
      this.#insert('immunization_duplicates', duplicates.length, [
        constant,
        { name: 'file_id', value: (i) => duplicates[i]!.fileId },
        { name: 'line', value: (i) => duplicates[i]!.line },
        { name: 'source_immunization_id', value: (i) => duplicates[i]!.sourceImmunizationId },
        { name: 'immunization_id', value: (i) => duplicates[i]!.immunizationId },
        { name: 'part', value: (i) => duplicates[i]!.part },
        { name: 'reason', value: (i) => duplicates[i]!.reason },
      ]);
      this.#insertRecordKeys(recordKeys);
    });
    return [];
  }

  /** A line that holds several doses has one patient. */
  #insertRecordKeys(recordKeys: readonly RecordKey[]): void {
    this.#insert('record_keys', recordKeys.length, [
      { name: 'file_id', value: (i) => recordKeys[i]!.fileId },
      { name: 'line', value: (i) => recordKeys[i]!.line },
      { name: 'source_key', value: (i) => recordKeys[i]!.sourceKey },
    ]);
  }

  // ---- comments --------------------------------------------------------------------------------------------------

  async readComments(patientIds: readonly number[]): Promise<readonly StoredComment[]> {
    const list = this.#takeNew(patientIds, this.#fetchedComments);
    if (list !== null) {
      this.#fetchRows('patient_comments', 'patient_id IN (SELECT value FROM json_each(?))', list);
    }
    const rows = this.#all(
      `SELECT patient_id, comment_code, applies_on FROM main.patient_comments
       WHERE patient_id IN (SELECT value FROM json_each(?)) ORDER BY id`,
      JSON.stringify(patientIds),
    );
    return rows.map((row) => ({
      patientId: row['patient_id'] as number,
      code: row['comment_code'] as string,
      appliesOn: row['applies_on'] as string | null,
    }));
  }

  async writeComments(
    runId: number,
    comments: readonly NewComment[],
    recordKeys: readonly RecordKey[],
    duplicates: readonly RepeatedComment[],
  ): Promise<readonly RefusedRecord[]> {
    await this.#write(() => {
      this.#showAlive(runId);
      this.#insert('patient_comments', comments.length, [
        { name: 'run_id', value: () => runId },
        { name: 'file_id', value: (i) => comments[i]!.fileId },
        { name: 'line', value: (i) => comments[i]!.line },
        { name: 'patient_id', value: (i) => comments[i]!.patientId },
        { name: 'site_id', value: (i) => comments[i]!.siteId },
        { name: 'comment_code', value: (i) => comments[i]!.code },
        { name: 'applies_on', value: (i) => comments[i]!.appliesOn },
      ]);
      this.#insert('comment_duplicates', duplicates.length, [
        { name: 'run_id', value: () => runId },
        { name: 'file_id', value: (i) => duplicates[i]!.fileId },
        { name: 'line', value: (i) => duplicates[i]!.line },
        { name: 'site_id', value: (i) => duplicates[i]!.siteId },
        { name: 'source_patient_id', value: (i) => duplicates[i]!.sourcePatientId },
        { name: 'comment_code', value: (i) => duplicates[i]!.code },
        { name: 'applies_on', value: (i) => duplicates[i]!.appliesOn },
      ]);
      this.#insertRecordKeys(recordKeys);
    });
    return [];
  }

  // ---- inside ----------------------------------------------------------------------------------------------------

  /** One transaction: all of the work is in the database, or nothing of it. */
  async #write<T>(work: () => T): Promise<T> {
    return this.#patiently(() => this.#database.transaction(work).immediate());
  }

  async #begin(): Promise<void> {
    await this.#patiently(() => this.#database.exec('BEGIN IMMEDIATE'));
  }

  async #patiently<T>(work: () => T): Promise<T> {
    const giveUpAt = Date.now() + MOST_PATIENCE_MS;
    for (;;) {
      try {
        return work();
      } catch (error) {
        this.#details?.forget();
        // A report or a backup that reads the registry holds the writer up. It must not end a load of hours.
        const isHeldUp = /^SQLITE_BUSY/.test(String((error as { code?: unknown }).code));
        if (!isHeldUp || Date.now() > giveUpAt) throw toStoreError(error, this.#path);
        await setTimeout(RETRY_AFTER_MS);
      }
    }
  }

  #all(sql: string, ...values: SqlValue[]): Record_[] {
    return this.#database.prepare(sql).all(...values) as Record_[];
  }

  #insert(table: string, count: number, columns: readonly ColumnSource[]): void {
    this.#insertInto(table).insert(count, columns);
  }

  #insertInto(table: string): BulkInsert {
    let insert = this.#inserts.get(table);
    if (insert === undefined) {
      insert = new BulkInsert(this.#database, `main.${table}`, REPEATED.has(table) ? 'ignored' : 'refused');
      this.#inserts.set(table, insert);
    }
    return insert;
  }

  #updateRow(table: string, id: number, values: Record_): void {
    const names = Object.keys(values).filter((name) => name !== 'id');
    this.#database
      .prepare(`UPDATE main.${table} SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`)
      .run(...names.map((name) => values[name]!), id);
  }

  /** Copies patients from the registry, once each, so that all that follows sees them here. */
  #fetchPatients(patientIds: readonly number[]): void {
    const list = this.#takeNew(patientIds, this.#fetchedPatients);
    if (list === null) return;
    for (const [table, key] of [
      ['patients', 'id'],
      ['patient_sources', 'patient_id'],
      ['patient_parts', 'patient_id'],
    ]) {
      this.#fetchRows(table!, `${key} IN (SELECT value FROM json_each(?))`, list);
    }
  }

  #fetchDoses(patientIds: readonly number[]): void {
    const list = this.#takeNew(patientIds, this.#fetchedDoses);
    if (list === null) return;
    const ofPatients = 'patient_id IN (SELECT value FROM json_each(?))';
    this.#fetchRows('doses', ofPatients, list);
    for (const table of ['immunization_parts', 'immunization_duplicates']) {
      this.#fetchRows(table, `immunization_id IN (SELECT id FROM registry.doses WHERE ${ofPatients})`, list);
    }
    const details = `id IN (SELECT detail_id FROM registry.doses WHERE ${ofPatients})`;
    this.#fetchRows('dose_details', `${details} AND id NOT IN (SELECT id FROM main.dose_details)`, list);
  }

  #fetchRows(table: string, condition: string, list: string): void {
    this.#database.prepare(`INSERT INTO main.${table} SELECT * FROM registry.${table} WHERE ${condition}`).run(list);
  }

  /** The ids that were not fetched before, as JSON; `null` if there are none or there is no registry. */
  #takeNew(ids: readonly number[], fetched: Set<number>): string | null {
    if (!this.#registry) return null;
    const fresh = ids.filter((id) => !fetched.has(id));
    for (const id of fresh) fetched.add(id);
    return fresh.length === 0 ? null : JSON.stringify(fresh);
  }
}

interface RunningRun {
  readonly id: number;
  readonly host: string;
  readonly process: string;
  readonly heartbeat_at: string;
  readonly started_at: string;
}

/** This process and no other: ids of processes come again, above all in containers, where most have the id 1. */
const OWN_PROCESS = `${process.pid}@${Math.round(performance.timeOrigin)}`;

function isDead(run: RunningRun): boolean {
  if (run.host === hostname()) {
    const pid = Number.parseInt(run.process, 10);
    if (pid === process.pid) return run.process !== OWN_PROCESS;
    if (!isProcessAlive(pid)) return true;
    // Another program may have got the number since: after a restart, or in a container.
    return Date.now() - Date.parse(run.heartbeat_at) > DEAD_ON_SAME_HOST_AFTER_MS;
  }
  return Date.now() - Date.parse(run.heartbeat_at) > DEAD_AFTER_MS;
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM';
  }
}

function idsBySite(sources: readonly SourceKey[]): Map<string, string[]> {
  const bySite = new Map<string, string[]>();
  for (const { siteId, sourcePatientId } of sources) {
    const ids = bySite.get(siteId);
    if (ids === undefined) bySite.set(siteId, [sourcePatientId]);
    else ids.push(sourcePatientId);
  }
  return bySite;
}

function groupBy(records: readonly Record_[], column: string): Map<number, Record_[]> {
  const groups = new Map<number, Record_[]>();
  for (const record of records) {
    const key = record[column] as number;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  return groups;
}

function linkedPatient(row: Record_): LinkedPatient {
  return {
    patientId: row['id'] as number,
    birthDate: row['birth_date'] as string | null,
    deathDate: row['death_date'] as string | null,
  };
}
