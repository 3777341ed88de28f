/** Registries of their own for tests, in each kind of database: what holds of one must hold of the other. */
import Database from 'better-sqlite3';
import { PostgresSession } from '../../src/db/postgres-session.js';
import type { RegistryStore } from '../../src/db/registry-store.js';
import type { Session } from '../../src/db/session.js';
import { SqliteSession } from '../../src/db/sqlite-session.js';
import { migrateDatabase, openForLoading } from '../../src/open-store.js';
import { CONTENT_TABLES, type ContentTables, describeContent } from './content.js';
import { TestDatabase } from './postgres.js';
import { type Outcome, runProgram } from './program.js';
import { Sandbox, type TableRow } from './sandbox.js';

/** The kinds of databases that a registry may be in. */
export const KINDS = ['SQLite', 'PostgreSQL'] as const;
export type RegistryKind = (typeof KINDS)[number];

/** A sandbox whose registry is in a database of a kind: `await using`. */
export class TestRegistry extends Sandbox implements AsyncDisposable {
  /** `null` for one in a file. */
  readonly #server: TestDatabase | null;

  private constructor(server: TestDatabase | null) {
    super();
    this.#server = server;
  }

  static async create(kind: RegistryKind): Promise<TestRegistry> {
    return new TestRegistry(kind === 'SQLite' ? null : await TestDatabase.createRegistry());
  }

  /** What `--db` is given. */
  override get database(): string {
    return this.#server === null ? super.database : this.#server.address;
  }

  async ask(sql: string): Promise<TableRow[]> {
    return this.#server === null ? this.query(sql) : this.#server.query(sql);
  }

  /** Changes the registry behind the program's back. */
  async change(sql: string): Promise<void> {
    if (this.#server !== null) await this.#server.query(sql);
    else {
      const connection = new Database(this.database);
      connection.exec(sql);
      connection.close();
    }
  }

  /** The names of all tables but those that knex needs. */
  async #tables(): Promise<string[]> {
    const rows = await this.ask(
      this.#server === null
        ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        : "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    );
    return rows
      .map(({ name }) => String(name))
      .filter((name) => !name.startsWith('knex_'))
      .sort();
  }

  /** All rows of all tables but some, in the order of their ids. */
  async rows(except: RegExp = /^$/): Promise<Record<string, TableRow[]>> {
    const tables: Record<string, TableRow[]> = {};
    for (const table of await this.#tables()) {
      if (!except.test(table)) tables[table] = await this.ask(`SELECT * FROM ${table} ORDER BY 1, 2`);
    }
    return tables;
  }

  /** Runs the program on the registry. */
  run(...args: string[]): Promise<Outcome> {
    return runProgram(this.folder, [...args, '--db', this.database]);
  }

  /** What it says; see {@link describeContent}. */
  async content(): Promise<Record<string, TableRow[]>> {
    const tables: [string, TableRow[]][] = [];
    for (const table of CONTENT_TABLES) tables.push([table, await this.ask(`SELECT * FROM ${table}`)]);
    return describeContent(Object.fromEntries(tables) as unknown as ContentTables);
  }

  /** Opens the registry as a command does that changes it. */
  async open(): Promise<RegistryStore> {
    const store = await openForLoading(this.database);
    await store.waitForTurn({ signal: null, onWait: () => {} });
    return store;
  }

  /** Does something with the registry. */
  async withStore<T>(work: (store: RegistryStore) => Promise<T>): Promise<T> {
    const store = await this.open();
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  /** A connection to the registry, which is made if it is not there. */
  async openSession(): Promise<Session> {
    await migrateDatabase(this.database);
    if (this.#server !== null) return PostgresSession.open(this.database);
    return new SqliteSession(new Database(this.database), this.database);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    await this.#server?.[Symbol.asyncDispose]();
  }
}
