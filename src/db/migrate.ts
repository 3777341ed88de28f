/** Brings a database to the current schema. knex runs the migrations, which are listed here one by one. */
import type { Knex } from 'knex';
import type { ClientConfig } from 'pg';
import * as registry from '../../migrations/0001_registry.js';
import * as codeTables from '../../migrations/0002_code_tables.js';
import * as matching from '../../migrations/0003_matching.js';
import * as patientComments from '../../migrations/0004_patient_comments.js';
import * as doseRecords from '../../migrations/0005_dose_records.js';
import * as ruleChanges from '../../migrations/0006_rule_changes.js';
import * as reviewDesk from '../../migrations/0007_review_desk.js';
import * as undo from '../../migrations/0010_undo.js';
import * as journal from '../../migrations/0011_journal.js';
import * as checkpoints from '../../migrations/0012_checkpoints.js';
import * as matchKeyPacks from '../../migrations/0013_match_key_packs.js';
import * as runReports from '../../migrations/0014_run_reports.js';
import * as matchKeysByDay from '../../migrations/0015_match_keys_by_day.js';
import * as recordFates from '../../migrations/0016_record_fates.js';
import * as wideMatchKeys from '../../migrations/0017_wide_match_keys.js';

interface Migration {
  readonly name: string;
  up(knex: Knex): Promise<void>;
  down(knex: Knex): Promise<void>;
}

/** All migrations, in their order. */
const MIGRATIONS: readonly Migration[] = [
  registry,
  codeTables,
  matching,
  patientComments,
  doseRecords,
  ruleChanges,
  reviewDesk,
  undo,
  journal,
  checkpoints,
  matchKeyPacks,
  runReports,
  matchKeysByDay,
  recordFates,
  wideMatchKeys,
];

const SOURCE: Knex.MigrationSource<Migration> = {
  getMigrations: async () => [...MIGRATIONS],
  getMigrationName: (migration) => migration.name,
  getMigration: async (migration) => migration,
};

/** The names of the migrations that a database has and those it lacks. */
export interface SchemaState {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

/**
 * Applies what is missing to a SQLite file and gives the names of what it applied. Another program that does the same
 * waits, and then finds nothing missing.
 */
export async function migrateSqlite(filename: string): Promise<readonly string[]> {
  const sqlite: Knex.Config = { client: 'better-sqlite3', connection: { filename }, useNullAsDefault: true };
  return withKnex(sqlite, async (knex) => {
    // The file is this connection's alone until it is closed. Then the mark that knex leaves there while it migrates can
    // only come from a program that was killed meanwhile, and would keep all others out for ever.
    await knex.raw('PRAGMA locking_mode = EXCLUSIVE');
    await knex.raw('BEGIN EXCLUSIVE');
    await knex.raw('COMMIT');
    return applyMissing(knex);
  });
}

/**
 * Applies what is missing to a PostgreSQL database and gives the names of what it applied. The caller keeps other programs
 * from doing the same meanwhile.
 */
export async function migratePostgres(connection: ClientConfig): Promise<readonly string[]> {
  return withKnex({ client: 'pg', connection: connection as Knex.PgConnectionConfig }, applyMissing);
}

async function applyMissing(knex: Knex): Promise<readonly string[]> {
  await knex.migrate.forceFreeMigrationsLock({ migrationSource: SOURCE });
  const [, applied] = (await knex.migrate.latest({ migrationSource: SOURCE })) as [number, string[]];
  return applied;
}

/** What a database lacks, from the names of the migrations it has. */
export function compareSchema(appliedNames: readonly string[]): SchemaState {
  const names = MIGRATIONS.map((migration) => migration.name);
  return {
    applied: names.filter((name) => appliedNames.includes(name)),
    pending: names.filter((name) => !appliedNames.includes(name)),
  };
}

/** Where knex writes down what it has applied. */
export const MIGRATIONS_TABLE = 'knex_migrations';

async function withKnex<T>(database: Knex.Config, work: (knex: Knex) => Promise<T>): Promise<T> {
  // Imported here because knex takes half a second, and most runs have nothing to migrate.
  const { default: createKnex } = await import('knex');
  const knex = createKnex({ ...database, pool: { min: 1, max: 1 } });
  try {
    return await work(knex);
  } finally {
    await knex.destroy();
  }
}
