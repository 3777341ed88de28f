/** Opens the database that a user names, whichever kind it is. */
import { isPostgresAddress } from './db/postgres-address.js';
import type { RegistryStore } from './db/registry-store.js';
import { migrateSqliteFile, openScratch, openSqlite, openSqliteForReading } from './db/sqlite.js';

/** The driver takes a while to load, and most registries are files. */
const postgres = async (): Promise<typeof import('./db/postgres.js')> => import('./db/postgres.js');

/** Opens a database for loading; makes it, or brings it to the current schema, where that is needed. @throws StoreError */
export async function openForLoading(database: string): Promise<RegistryStore> {
  return isPostgresAddress(database) ? (await postgres()).openPostgres(database) : openSqlite(database);
}

/** Opens a database for looking only. @throws StoreError */
export async function openForReading(database: string): Promise<RegistryStore> {
  return isPostgresAddress(database)
    ? (await postgres()).openPostgresForReading(database)
    : openSqliteForReading(database);
}

/** Opens a store for a load of which nothing stays in the database. `folder` is for what is needed meanwhile. */
export async function openForDryRun(database: string, folder: string): Promise<RegistryStore> {
  return isPostgresAddress(database)
    ? (await postgres()).openPostgresRehearsal(database)
    : openScratch(folder, database);
}

/** Applies the migrations that a database lacks, and gives their names. @throws StoreError */
export async function migrateDatabase(database: string): Promise<readonly string[]> {
  return isPostgresAddress(database)
    ? (await postgres()).migratePostgresDatabase(database)
    : migrateSqliteFile(database);
}
