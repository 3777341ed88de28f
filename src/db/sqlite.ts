/** The embedded store: a SQLite file, or a scratch database that nobody else sees. */
import { closeSync, existsSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { WholeRow } from '../core/columns.js';
import { keepImages } from './before-images.js';
import { BulkInsert } from './bulk-insert.js';
import { noteOfMigration } from './journal.js';
import { LoaderLock } from './loader-lock.js';
import { compareSchema, MIGRATIONS_TABLE, migrateSqlite, type SchemaState } from './migrate.js';
import { updatePatients } from './patient-updates.js';
import type { ColumnSource, Queries } from './queries.js';
import { ONE_SCHEMA, RegistryStore, type Schemas } from './registry-store.js';
import { regroup, updateDoses } from './regroup.js';
import { CANNOT_BE_WRITTEN, toStoreError } from './sqlite-errors.js';
import { isHeldUp, patiently, SqliteSession } from './sqlite-session.js';
import {
  type DoseWrites,
  describeCutShort,
  type MakeCheckpoint,
  type NewComment,
  NOTHING_REFUSED,
  type PatientWrites,
  type RecordKey,
  type RefusedPatients,
  type RefusedRecord,
  type RepeatedComment,
  StoreError,
  type Waiting,
} from './store.js';
import { DOSE_COLUMNS, IMMUNIZATION_COLUMNS, PATIENT_COLUMNS, recordText } from './tables.js';

/** Marks a SQLite file as immload's: the letters IMLD. */
const APPLICATION_ID = 0x494d4c44;
const SQLITE_HEADER = 'SQLite format 3\0';
/** How long a loader waits for another program that has its turn, and how often it asks. */
const MOST_PATIENCE_MS = 2_000;
const ASK_AGAIN_MS = 50;
/** How long SQLite itself waits: the program cannot be stopped meanwhile. */
const BUSY_TIMEOUT_MS = 500;
const PAGE_CACHE_KB = 32_768;

/** Opens the database file for loading, makes it if there is none, and brings it to the current schema. */
export async function openSqlite(path: string): Promise<SqliteStore> {
  const isNew = checkFile(path);
  return guard(path, async () => {
    // Another program may be making or migrating it.
    if (isNew) await patiently(() => createFile(path));
    let database = await patiently(() => connect(path));
    try {
      const { pending } = await patiently(() => readSchema(database, path));
      if (pending.length > 0) {
        database.close();
        await patiently(() => migrateSqlite(path));
        database = await patiently(() => connect(path));
      }
      const store = new SqliteStore(database, path);
      if (pending.length > 0) await store.note(noteOfMigration(pending));
      return store;
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
      for (const statement of await findSchema(folder)) database.exec(statement);
      if (!isNew) {
        database.prepare('ATTACH ? AS registry').run(registry);
        requireCurrentSchema(database, registry, 'registry');
        requireAllEnded(database, registry);
      }
      return new SqliteStore(database, registry ?? 'scratch database', isNew ? 'scratch' : 'scratch beside a registry');
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** @throws StoreError `busy` where a run has not ended: what it wrote may go again */
function requireAllEnded(database: Database.Database, registry: string): void {
  const find = database.prepare("SELECT id FROM registry.runs WHERE status = 'running'").pluck();
  const runId = find.get() as number | undefined;
  if (runId === undefined) return;
  const problem = LoaderLock.isTaken(registry)
    ? `run ${runId} is loading; wait until it is done`
    : `run ${runId} ${describeCutShort(runId)}`;
  throw new StoreError('busy', `${registry}: ${problem}`);
}

let schema: readonly string[] | null = null;

/** The statements that make the current schema, which is the same as long as the program runs. */
async function findSchema(folder: string): Promise<readonly string[]> {
  schema ??= await makeSchema(folder);
  return schema;
}

/** They are taken from an empty database that was migrated. */
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
    if (isNew) await patiently(() => createFile(path));
    const database = await patiently(() => connect(path));
    let pending: readonly string[];
    try {
      pending = (await patiently(() => readSchema(database, path))).pending;
    } finally {
      database.close();
    }
    if (pending.length === 0) return [];
    const applied = await patiently(() => migrateSqlite(path));
    if (applied.length === 0) return applied;
    const store = new SqliteStore(await patiently(() => connect(path)), path);
    try {
      await store.note(noteOfMigration(applied));
    } finally {
      await store.close();
    }
    return applied;
  });
}

/** Whether the file is still to be made. @throws StoreError when it is there and is no SQLite database */
function checkFile(path: string): boolean {
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

/** Makes an empty database that only its owner can read, unless another program does so at the same time. */
function createFile(path: string): void {
  let isOwn = true;
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
    isOwn = false;
  }
  if (statSync(path).size > 0) return;
  try {
    const database = new Database(path);
    try {
      database.pragma('page_size = 8192');
      database.pragma(`application_id = ${APPLICATION_ID}`);
    } finally {
      database.close();
    }
  } catch (error) {
    // Who holds it up has begun to fill it.
    if (isOwn && !isHeldUp(error)) rmSync(path);
    throw error;
  }
}

function connect(path: string): Database.Database {
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma(`cache_size = -${PAGE_CACHE_KB}`);
    database.pragma('foreign_keys = OFF');
    // What is committed outlives a power cut: without, the journal could come back and roll the last commit back.
    database.pragma('synchronous = EXTRA');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
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

/** Runs work on a database and turns its errors into ours, which name the file and a remedy and hold no value. */
async function guard<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error, path);
  }
}

/** Tables that are told some rows again: many records give their patient the same keys, and a line may hold several doses. */
const REPEATED: ReadonlySet<string> = new Set(['match_keys', 'record_keys']);

/** Where rows are while a registry is attached that is only looked at. */
const WITH_REGISTRY: Schemas = { all: ['', 'registry.'], stored: 'registry.' };

/** A registry's own file, or a database that nobody else sees, with or without a registry to be looked at. */
type SqliteKind = 'file' | 'scratch' | 'scratch beside a registry';

/** A SQLite database as a {@link Store}. */
export class SqliteStore extends RegistryStore {
  readonly #database: Database.Database;
  readonly #kind: SqliteKind;
  /** `null` unless it is this loader's turn. */
  #lock: LoaderLock | null = null;
  /** Whether a registry is attached that rows are fetched from before they are looked at. */
  readonly #registry: boolean;
  readonly #inserts = new Map<string, BulkInsert>();
  /** What was fetched from the registry already. */
  readonly #fetchedPatients = new Set<number>();
  readonly #fetchedDoses = new Set<number>();
  readonly #fetchedComments = new Set<number>();

  constructor(database: Database.Database, path: string, kind: SqliteKind = 'file') {
    const registry = kind === 'scratch beside a registry';
    super(new SqliteSession(database, path), registry ? WITH_REGISTRY : ONE_SCHEMA);
    this.#database = database;
    this.#kind = kind;
    this.#registry = registry;
    if (this.#registry) {
      // Rows that are made here must not take ids of rows that are fetched later.
      database.exec('INSERT INTO main.sqlite_sequence (name, seq) SELECT name, seq FROM registry.sqlite_sequence');
      database.exec('INSERT INTO main.run_files SELECT * FROM registry.run_files');
    }
  }

  // ---- runs ------------------------------------------------------------------------------------------------------

  /** @throws StoreError `busy` where another program has its turn, and keeps it for longer than a moment */
  async waitForTurn({ signal }: Pick<Waiting, 'signal'>): Promise<void> {
    if (this.#kind !== 'file' || this.#lock !== null) return;
    const giveUpAt = Date.now() + MOST_PATIENCE_MS;
    for (;;) {
      this.#lock = takeLock(this.session.name);
      if (this.#lock !== null) return;
      if (Date.now() > giveUpAt) throw new StoreError('busy', `${this.session.name}: ${this.#describeHolder()}`);
      await setTimeout(ASK_AGAIN_MS, undefined, signal === null ? {} : { signal });
    }
  }

  protected async isBeingLoaded(): Promise<boolean> {
    if (this.#kind !== 'file' || this.#lock !== null) return true;
    return LoaderLock.isTaken(this.session.name);
  }

  #describeHolder(): string {
    const run = this.#findRunning();
    const who =
      run === null
        ? 'another program is changing it'
        : `run ${run.id} has been loading since ${run.started_at} on ${run.host}`;
    return `${who}; wait until it is done`;
  }

  /** The run that another loader is at work on, `null` if it has none yet or is just writing. */
  #findRunning(): RunningRun | null {
    try {
      const found = this.#database.prepare(
        `SELECT id, host, started_at FROM runs WHERE status = 'running' ORDER BY id DESC LIMIT 1`,
      );
      return (found.get() as RunningRun | undefined) ?? null;
    } catch {
      return null;
    }
  }

  override async close(): Promise<void> {
    await super.close();
    this.#lock?.release();
    this.#lock = null;
  }

  /**
   * Shows that the run is alive, and finds out whether it is: a computer that slept, or a network that was gone, may have
   * made it look dead to another loader. What it wrote is gone then, and nothing may follow.
   */
  protected async showAlive(_: Queries, runId: number): Promise<void> {
    const { changes } = this.#database
      .prepare("UPDATE runs SET heartbeat_at = ? WHERE id = ? AND status = 'running'")
      .run(new Date().toISOString(), runId);
    if (changes > 0) return;
    throw new StoreError(
      'taken-back',
      `${this.session.name}: another loader took run ${runId} for dead, and took back what it had written; run the same command again`,
    );
  }

  // ---- patients --------------------------------------------------------------------------------------------------

  async writePatients(runId: number, writes: PatientWrites): Promise<RefusedPatients> {
    await this.write(async (queries) => {
      await this.showAlive(queries, runId);
      const { patients, parts, sources, matchKeys, nameUses, reviews } = writes;
      const constant = { name: 'run_id', value: () => runId };
      this.#insertInto('patients').insert(
        patients.length,
        [
          { name: 'id', value: (i) => patients[i]!.patientId },
          { name: 'ssn_check', value: (i) => patients[i]!.ssnCheck },
          constant,
        ],
        { columns: PATIENT_COLUMNS, row: (i) => new WholeRow(patients[i]!.row) },
      );
      await updatePatients(queries, runId, writes.updates);
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

  // ---- doses -----------------------------------------------------------------------------------------------------

  async writeDoses(
    runId: number,
    writes: DoseWrites,
    checkpoint?: MakeCheckpoint<readonly RefusedRecord[]>,
  ): Promise<readonly RefusedRecord[]> {
    await this.write(async (queries) => {
      await this.showAlive(queries, runId);
      const { doses, parts, duplicates, recordKeys } = writes;
      const constant = { name: 'run_id', value: () => runId };
      const detailIds = await this.details.idsOf(
        queries,
        doses.map(({ row }) => row),
      );
      this.#insertInto('doses').insert(
        doses.length,
        [
          { name: 'id', value: (i) => doses[i]!.immunizationId },
          { name: 'patient_id', value: (i) => doses[i]!.patientId },
          { name: 'detail_id', value: (i) => detailIds[i]! },
          { name: 'file_id', value: (i) => doses[i]!.fileId },
          { name: 'line', value: (i) => doses[i]!.line },
        ],
        { columns: DOSE_COLUMNS, row: (i) => doses[i]!.row },
      );
      const updated = writes.updates.map(({ immunizationId }) => immunizationId);
      await keepImages(queries, runId, 'doses', updated);
      await updateDoses(queries, writes.updates, this.details);
      await regroup(queries, runId, writes.regroupings, this.details);
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
      await this.keep(queries, runId, checkpoint?.([]));
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

  async writeComments(
    runId: number,
    comments: readonly NewComment[],
    recordKeys: readonly RecordKey[],
    duplicates: readonly RepeatedComment[],
    checkpoint?: MakeCheckpoint<readonly RefusedRecord[]>,
  ): Promise<readonly RefusedRecord[]> {
    await this.write(async (queries) => {
      await this.showAlive(queries, runId);
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
      await this.keep(queries, runId, checkpoint?.([]));
    });
    return [];
  }

  // ---- inside ----------------------------------------------------------------------------------------------------

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

  /** Copies patients from the registry, once each, so that all that follows sees them here. */
  protected override async fetchPatients(patientIds: readonly number[]): Promise<void> {
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

  protected override async fetchDoses(patientIds: readonly number[]): Promise<void> {
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

  protected override async fetchComments(patientIds: readonly number[]): Promise<void> {
    const list = this.#takeNew(patientIds, this.#fetchedComments);
    if (list === null) return;
    this.#fetchRows('patient_comments', 'patient_id IN (SELECT value FROM json_each(?))', list);
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
  readonly started_at: string;
}

/** The lock of the one loader, `null` while another has it. */
function takeLock(path: string): LoaderLock | null {
  try {
    return LoaderLock.tryTake(path);
  } catch (cause) {
    if (!/^(E(ACCES|PERM|ROFS)|SQLITE_(READONLY|CANTOPEN))/.test(String((cause as { code?: unknown }).code))) {
      throw toStoreError(cause, path);
    }
    throw new StoreError('not-writable', `${path}: ${CANNOT_BE_WRITTEN}`, { cause });
  }
}
