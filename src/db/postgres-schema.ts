/** Whether a PostgreSQL database holds a registry, of which schema, and how it comes to the current one. */
import { appendToJournal, noteOfMigration } from './journal.js';
import { compareSchema, MIGRATIONS_TABLE, migratePostgres, type SchemaState } from './migrate.js';
import { readPostgresAddress } from './postgres-address.js';
import { toStoreError } from './postgres-errors.js';
import type { PostgresSession } from './postgres-session.js';
import { LOCK_CLASS } from './postgres-turns.js';
import { StoreError } from './store.js';

/** Tables whose names show whose they are. Others may stand beside them. */
const OWN_TABLES = ['runs', 'run_files', 'patients', 'patient_sources', 'doses', 'match_keys'];

/** The lock of whoever changes the schema; whoever looks at it shares it. */
const SCHEMA_LOCK = `${LOCK_CLASS}::bigint << 32`;

/**
 * Which migrations a database has, when nobody is about to change it.
 * @throws StoreError when it belongs to another program or a newer immload
 */
async function readSchema(session: PostgresSession): Promise<SchemaState> {
  await session.rows(`SELECT pg_advisory_lock_shared(${SCHEMA_LOCK})`);
  try {
    return await readSchemaAlone(session);
  } finally {
    await session.rows(`SELECT pg_advisory_unlock_shared(${SCHEMA_LOCK})`).catch(() => {});
  }
}

async function readSchemaAlone(session: PostgresSession): Promise<SchemaState> {
  const found = await session.arrays<[string]>(
    'SELECT name FROM unnest($1::text[]) AS wanted (name) WHERE to_regclass(quote_ident(name)) IS NOT NULL',
    [[MIGRATIONS_TABLE, ...OWN_TABLES]],
  );
  const tables = found.map(([name]) => name);
  const names = tables.includes(MIGRATIONS_TABLE)
    ? (await session.arrays<[string]>(`SELECT name FROM ${MIGRATIONS_TABLE}`)).map(([name]) => name)
    : [];
  const others = tables.filter((name) => name !== MIGRATIONS_TABLE);
  if (names.length === 0 && others.length === 0) return compareSchema([]);
  if (names.length === 0 || !others.includes('patient_sources')) {
    throw new StoreError(
      'foreign-database',
      `${session.name}: holds tables of another program; give a database of its own with --db`,
    );
  }
  const state = compareSchema(names);
  if (names.length > state.applied.length) {
    throw new StoreError('newer', `${session.name}: made by a newer immload; use that one`);
  }
  return state;
}

export async function requireCurrentSchema(session: PostgresSession): Promise<void> {
  const { applied, pending } = await readSchema(session);
  if (applied.length === 0) {
    throw new StoreError('foreign-database', `${session.name}: holds no registry; load something first`);
  }
  if (pending.length > 0) {
    throw new StoreError('outdated', `${session.name}: made by an older immload; run \`immload migrate\` first`);
  }
}

/** Applies the migrations that a database lacks, while no other program does. */
export async function bringToCurrentSchema(session: PostgresSession, database: string): Promise<readonly string[]> {
  if ((await readSchema(session)).pending.length === 0) return [];
  await session.rows(`SELECT pg_advisory_lock(${SCHEMA_LOCK})`);
  try {
    if ((await readSchemaAlone(session)).pending.length === 0) return [];
    const applied = await migratePostgres(readPostgresAddress(database).config);
    await session.transaction((queries) => appendToJournal(queries, noteOfMigration(applied)));
    return applied;
  } catch (error) {
    throw toStoreError(error, session.name);
  } finally {
    await session.rows(`SELECT pg_advisory_unlock(${SCHEMA_LOCK})`).catch(() => {});
  }
}
