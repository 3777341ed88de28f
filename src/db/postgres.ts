/** The store on a server: a PostgreSQL database, into which several loaders may load one after the other. */
import { type Refused, writeBisected } from './bisect.js';
import {
  type DoseUnit,
  joinDoseUnits,
  unitsOfDoses,
  valuesOfDoses,
  writeCommentRows,
  writeDoseRows,
  writeRecordKeys,
  writeRepeatedComments,
} from './postgres-doses-write.js';
import { isRefusal, reasonOf } from './postgres-errors.js';
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
import { bringToCurrentSchema, requireCurrentSchema } from './postgres-schema.js';
import { PostgresSession } from './postgres-session.js';
import { Statistics } from './postgres-statistics.js';
import { declareRehearsal, isTurnTaken, showAlive, waitForTurn } from './postgres-turns.js';
import type { Counters, Queries } from './queries.js';
import { RegistryStore } from './registry-store.js';
import {
  type DoseWrites,
  type MakeCheckpoint,
  type NewComment,
  type NewRun,
  type NewRunFile,
  NOTHING_REFUSED,
  type OpenRun,
  type PatientWrites,
  type RecordKey,
  type RefusedPatients,
  type RefusedRecord,
  type RepeatedComment,
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
export class PostgresStore extends RegistryStore {
  readonly #statistics = new Statistics();
  readonly #isRehearsal: boolean;
  /** Where the counters of a rehearsal stood: a rollback does not put them back. */
  #counters: Counters = [];

  constructor(session: PostgresSession, isRehearsal = false) {
    super(session);
    this.#isRehearsal = isRehearsal;
  }

  override async close(): Promise<void> {
    try {
      await this.session.endOne(false);
      await this.session.setCounters(this.#counters);
    } catch {
      // The connection is lost: the next ids leave some numbers out.
    }
    await super.close();
  }

  // ---- runs ------------------------------------------------------------------------------------------------------

  async waitForTurn(waiting: Waiting): Promise<void> {
    await waitForTurn(this.session, this.session.name, waiting);
    if (!this.#isRehearsal) return;
    await declareRehearsal(this.session);
    this.#counters = await this.session.counters();
    await this.session.beginOne();
  }

  protected isBeingLoaded(): Promise<boolean> {
    return isTurnTaken(this.session);
  }

  /** Runs and their files are numbered without gaps: a run that was killed while it was opened has drawn numbers, too. */
  override async openRun(run: NewRun, files: readonly NewRunFile[]): Promise<OpenRun> {
    const last = await this.session.arrays<[string, number | null]>(
      ['runs', 'run_files']
        .map((table) => `SELECT pg_get_serial_sequence('${table}', 'id'), max(id) FROM ${table}`)
        .join(' UNION ALL '),
    );
    await this.session.setCounters(last);
    return super.openRun(run, files);
  }

  protected async showAlive(queries: Queries, runId: number): Promise<void> {
    await showAlive(queries, runId, this.session.name);
  }

  // ---- patients --------------------------------------------------------------------------------------------------

  async writePatients(runId: number, writes: PatientWrites): Promise<RefusedPatients> {
    this.#statistics.count(writes.sources.length + writes.matchKeys.length);
    const refused = await this.#writeRefusable(
      (queries) => this.showAlive(queries, runId),
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

  // ---- doses and comments ----------------------------------------------------------------------------------------

  async writeDoses(
    runId: number,
    writes: DoseWrites,
    checkpoint?: MakeCheckpoint<readonly RefusedRecord[]>,
  ): Promise<readonly RefusedRecord[]> {
    this.#statistics.count(writes.doses.length + writes.duplicates.length);
    const describe = (refusals: readonly Refused<DoseUnit>[]): RefusedRecord[] =>
      refusals.flatMap(({ unit, error }) => {
        const reason = reasonOf(error, valuesOfDoses(unit));
        return [...unit.doses, ...unit.duplicates].map(({ fileId, line }) => ({ fileId, line, reason }));
      });
    const refused = await this.#writeRefusable(
      (queries) => this.showAlive(queries, runId),
      (queries) => writeDoseRows(queries, runId, writes, this.details),
      {
        units: () => unitsOfDoses(writes),
        write: (queries, units) => writeDoseRows(queries, runId, joinDoseUnits(units), this.details),
      },
      (queries, refusals) => this.keep(queries, runId, checkpoint?.(describe(refusals))),
    );
    return describe(refused);
  }

  async writeComments(
    runId: number,
    comments: readonly NewComment[],
    recordKeys: readonly RecordKey[],
    duplicates: readonly RepeatedComment[],
    checkpoint?: MakeCheckpoint<readonly RefusedRecord[]>,
  ): Promise<readonly RefusedRecord[]> {
    const describe = (refusals: readonly Refused<NewComment>[]): RefusedRecord[] =>
      refusals.map(({ unit: { fileId, line, code, appliesOn, siteId }, error }) => {
        return { fileId, line, reason: reasonOf(error, [code, appliesOn, siteId]) };
      });
    const refused = await this.#writeRefusable(
      (queries) => this.showAlive(queries, runId),
      (queries) => writeCommentRows(queries, runId, comments),
      { units: () => comments, write: (queries, units) => writeCommentRows(queries, runId, units) },
      async (queries, refusals) => {
        await writeRepeatedComments(queries, runId, duplicates);
        const gone = new Set(refusals.map(({ unit }) => `${unit.fileId} ${unit.line}`));
        await writeRecordKeys(
          queries,
          recordKeys.filter(({ fileId, line }) => !gone.has(`${fileId} ${line}`)),
        );
        await this.keep(queries, runId, checkpoint?.(describe(refusals)));
      },
    );
    return describe(refused);
  }

  // ---- inside ----------------------------------------------------------------------------------------------------

  /** Looks something up, by what the server knows of its tables by now. */
  protected override async look<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.session.exclusive(async (queries) => {
      await this.#statistics.freshen(queries);
      return work(queries);
    });
  }

  /**
   * Writes a batch in one transaction. If the database refuses some of it, the batch is taken apart, all but that is
   * written, and what was refused comes back.
   */
  async #writeRefusable<Unit>(
    before: (queries: Queries) => Promise<void>,
    writeAll: (queries: Queries) => Promise<void>,
    apart: {
      readonly units: () => readonly Unit[];
      readonly write: (queries: Queries, units: readonly Unit[]) => Promise<void>;
    },
    after: (queries: Queries, refused: readonly Refused<Unit>[]) => Promise<void> = async () => {},
  ): Promise<readonly Refused<Unit>[]> {
    try {
      await this.session.transaction(async (queries) => {
        await before(queries);
        await writeAll(queries);
        await after(queries, []);
      });
      return [];
    } catch (error) {
      if (!isRefusal(error)) throw this.session.toStoreError(error);
    }
    return this.write(async (queries) => {
      await before(queries);
      // What a DBA's triggers would say at the end of the transaction, they must say of the rows.
      await queries.run('SET CONSTRAINTS ALL IMMEDIATE');
      const refused = await writeBisected(
        apart.units(),
        (units) => this.session.savepoint(() => apart.write(queries, units)),
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
