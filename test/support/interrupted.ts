/** Registries that loads are cut short in, and what must be the same in the end as if none had been. */
import { copyFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../src/db/store.js';
import { TestDatabase } from './postgres.js';
import type { Sandbox, TableRow } from './sandbox.js';

/** A registry that can be brought back to what was in it, again and again. */
export interface Registry extends AsyncDisposable {
  readonly address: string;
  query(sql: string): Promise<TableRow[]>;
  /** Remembers what is in it by now. */
  keep(): Promise<void>;
  /** Brings back what was in it then. */
  restore(): Promise<void>;
}

/** Makes an empty registry, by database; for a server that is not the one of the tests, by its port. */
export const REGISTRIES: Readonly<Record<string, (sandbox: Sandbox, port?: number) => Promise<Registry>>> = {
  SQLite: async (sandbox) => ({
    address: sandbox.database,
    query: async (sql) => sandbox.query(sql),
    keep: async () => copyFileSync(sandbox.database, sandbox.path('kept.db')),
    restore: async () => copyFileSync(sandbox.path('kept.db'), sandbox.database),
    [Symbol.asyncDispose]: async () => {},
  }),
  PostgreSQL: async (_, port) => {
    const database = await TestDatabase.create(port);
    return {
      address: database.address,
      query: (sql) => database.query(sql),
      keep: async () => {
        await database.query(KEEP);
      },
      restore: async () => {
        await database.query('CALL kept.restore()');
      },
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    };
  },
};

/** Copies of a database take seconds; copies of its tables do not. */
const KEEP = `
  CREATE SCHEMA kept;
  CREATE TABLE kept.sequences AS SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public';
  DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
      EXECUTE format('CREATE TABLE kept.%I AS SELECT * FROM public.%I', name, name);
    END LOOP;
  END $$;
  CREATE PROCEDURE kept.restore() LANGUAGE plpgsql AS $$ DECLARE name text; last bigint; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
      EXECUTE format('ALTER TABLE public.%I DISABLE TRIGGER ALL', name);
      EXECUTE format('DELETE FROM public.%I', name);
      EXECUTE format('INSERT INTO public.%I SELECT * FROM kept.%I', name, name);
      EXECUTE format('ALTER TABLE public.%I ENABLE TRIGGER ALL', name);
    END LOOP;
    FOR name, last IN SELECT * FROM kept.sequences LOOP
      PERFORM setval(format('public.%I', name)::regclass, coalesce(last, 1), last IS NOT NULL);
    END LOOP;
  END $$`;

/** What differs from load to load. */
const CHANGING: ReadonlySet<string> = new Set([
  ...['started_at', 'finished_at', 'heartbeat_at', 'host', 'process'],
  ...['folder', 'certificate', 'digest'],
]);
/** Tables that tell when something was done, or are the migrations' own. */
const APART = /^(knex_|sqlite_stat|journal)/;

/** All rows of all tables, each as a text, in an order that is always the same. */
export async function allTables(registry: Pick<Registry, 'query'>): Promise<Record<string, string[]>> {
  const query = (sql: string): Promise<TableRow[]> => registry.query(sql);
  const isSqlite = await query('SELECT 1 FROM sqlite_master LIMIT 1').then(
    () => true,
    () => false,
  );
  const names = await query(
    isSqlite
      ? "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
      : 'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1',
  );
  const tables: Record<string, string[]> = {};
  for (const { name } of names) {
    if (APART.test(String(name))) continue;
    const rows = await query(`SELECT * FROM ${name}`);
    tables[String(name)] = rows.map(textOf).sort();
  }
  if (!isSqlite) {
    const sequences = await query(
      "SELECT sequencename AS name, last_value FROM pg_sequences WHERE sequencename NOT LIKE 'knex%'",
    );
    tables['sequences'] = sequences.map(textOf).sort();
  }
  return tables;
}

function textOf(row: TableRow): string {
  return JSON.stringify(Object.entries(row).filter(([name]) => !CHANGING.has(name)));
}

/** What of `summary.json` and the certificate tells when, where and how fast something was done. */
const OF_THE_MOMENT = [
  ...['started_at', 'finished_at', 'stage_seconds', 'peak_memory_mb', 'report', 'resumed'],
  // Of the certificate: they are those of files that tell the time, and of a journal that does.
  ...['digest', 'reports', 'journal'],
];

const TIME_OR_HASH = /\d{4}-\d\d-\d\dT[\d:.]+Z|\b[0-9a-f]{64}\b|\d+ (?:bytes|entries)/g;

function withoutTimes(text: string): string {
  return text.replace(TIME_OR_HASH, '…');
}

/** All files of a report, as text. */
export function reportFiles(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, name);
    if (!statSync(path).isFile()) continue;
    const text = readFileSync(path, 'latin1');
    files[name] = name.endsWith('.json') ? withoutMoment(text) : withoutTimes(text);
  }
  return files;
}

function withoutMoment(json: string): string {
  const summary = JSON.parse(json) as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(Object.entries(summary).filter(([name]) => !OF_THE_MOMENT.includes(name))));
}

/** Where a load is cut short: before or behind a call of its store, from 1; of all of them, or of one method. */
export interface Cut {
  readonly moment: 'before' | 'behind';
  readonly method?: keyof Store;
  readonly call: number;
}

/** A store that fails for good at one of its calls, as if its process had ended there. */
export class FailingStore {
  /** Calls so far. */
  calls = 0;
  #hasFailed = false;
  readonly #cut: Cut | null;
  readonly #failure: () => Error;

  /** `null` for one that never fails. */
  constructor(cut: Cut | null, failure: () => Error) {
    this.#cut = cut;
    this.#failure = failure;
  }

  /** The store with this failure in it. */
  wrap(store: Store): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const member = Reflect.get(target, name, target) as unknown;
        if (typeof member !== 'function') return member;
        if (name === 'close') return () => target.close();
        const call = member.bind(target) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => this.#call(String(name), () => call(...args));
      },
    });
  }

  async #call(name: string, call: () => unknown): Promise<unknown> {
    const isCounted = this.#cut?.method === undefined || this.#cut.method === name;
    if (isCounted) this.calls++;
    const isCut = isCounted && this.calls === this.#cut?.call;
    if (isCut && this.#cut?.moment === 'before') this.#hasFailed = true;
    if (this.#hasFailed) throw this.#failure();
    const answer = await call();
    if (!isCut) return answer;
    // The answer is lost.
    this.#hasFailed = true;
    throw this.#failure();
  }
}
