/** A connection to a SQLite database: what {@link Queries} asks, as SQLite has it, and patience with other programs. */
import { setTimeout } from 'node:timers/promises';
import type { Database, Statement } from 'better-sqlite3';
import { BulkInsert } from './bulk-insert.js';
import type { Bound, ColumnSource, Counters, FieldSource, Queries, SqlRow } from './queries.js';
import { Session } from './session.js';
import { toStoreError } from './sqlite-errors.js';

/** How long a write waits for programs that read, and how often it looks. */
const MOST_PATIENCE_MS = 10 * 60_000;
const RETRY_AFTER_MS = 100;

/** What stands in SQLite for what PostgreSQL says otherwise. */
const TRANSLATIONS: readonly (readonly [RegExp, string])[] = [
  [/= ANY\((\$\d+)::\w+\[\]\)/g, 'IN (SELECT value FROM json_each($1))'],
  [/::\w+/g, ''],
  [/ FOR UPDATE\b/g, ''],
];

/** SQL of {@link Queries} as SQLite reads it. */
export function toSqlite(sql: string): string {
  return TRANSLATIONS.reduce((text, [form, other]) => text.replace(form, other), sql);
}

/** An open database, which is closed with the session. */
export class SqliteSession extends Session {
  readonly #database: Database;

  constructor(database: Database, path: string) {
    super(path, queriesOf(database));
    this.#database = database;
  }

  toStoreError(error: unknown): unknown {
    return toStoreError(error, this.name);
  }

  /**
   * A report or a backup that reads the registry holds the writer up. It must not end a load of hours: what it stops is
   * done again.
   */
  override async transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return patiently(() => super.transaction(work));
  }

  protected async begin(): Promise<void> {
    await patiently(async () => this.#database.exec('BEGIN IMMEDIATE'));
  }

  protected async commit(): Promise<void> {
    await patiently(async () => this.#database.exec('COMMIT'));
  }

  protected async disconnect(): Promise<void> {
    this.#database.close();
  }
}

/** Does work again as long as another program holds it up. */
export async function patiently<T>(work: () => T | Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + MOST_PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isHeldUp(error) || Date.now() > giveUpAt) throw error;
      await setTimeout(RETRY_AFTER_MS);
    }
  }
}

function queriesOf(database: Database): Queries {
  const prepareRows = preparing((sql) => database.prepare(sql));
  const prepareArrays = preparing((sql) => database.prepare(sql).raw());
  const inserts = new Map<string, BulkInsert>();
  const columns = new Map<string, string[]>();
  return {
    async rows<T = SqlRow>(sql: string, values: readonly Bound[] = []): Promise<T[]> {
      return prepareRows(sql).all(named(values)) as T[];
    },
    async arrays<T extends readonly unknown[]>(sql: string, values: readonly Bound[] = []): Promise<T[]> {
      return prepareArrays(sql).all(named(values)) as unknown as T[];
    },
    async run(sql: string, values: readonly Bound[] = []): Promise<number> {
      return prepareRows(sql).run(named(values)).changes;
    },
    async insert(
      table: string,
      count: number,
      columnSources: readonly ColumnSource[],
      fields?: FieldSource,
    ): Promise<void> {
      let insert = inserts.get(table);
      if (insert === undefined) {
        insert = new BulkInsert(database, table);
        inserts.set(table, insert);
      }
      insert.insert(count, columnSources, fields);
    },
    async update(table: string, rows: readonly Readonly<SqlRow>[]): Promise<void> {
      if (rows.length === 0) return;
      const names = Object.keys(rows[0]!);
      const values = names.map((name) => `${name} = @${name}`);
      const statement = prepareRows(`UPDATE ${table} SET ${values.join(', ')} WHERE id = @id`);
      for (const row of rows) statement.run(row);
    },
    rowAsJson(table: string, alias: string): string {
      let names = columns.get(table);
      if (names === undefined) {
        names = database.prepare(`SELECT name FROM pragma_table_info('${table}')`).pluck().all() as string[];
        columns.set(table, names);
      }
      return `json_object(${names.map((name) => `'${name}', ${alias}.${name}`).join(', ')})`;
    },
    // A commit waits for the disk.
    async makeDurable(): Promise<void> {},
    async counters(): Promise<Counters> {
      return prepareArrays('SELECT name, seq FROM main.sqlite_sequence').all() as [string, number][];
    },
    async setCounters(counters: Counters): Promise<void> {
      // A counter that gave nothing is not there.
      prepareRows('DELETE FROM main.sqlite_sequence').run();
      const add = prepareRows('INSERT INTO main.sqlite_sequence (name, seq) VALUES (@name, @seq)');
      for (const [name, seq] of counters) if (seq !== null) add.run({ name, seq });
    },
  };
}

/** Prepares each statement once. */
function preparing(prepare: (sql: string) => Statement): (sql: string) => Statement {
  const statements = new Map<string, Statement>();
  return (sql) => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = prepare(toSqlite(sql));
      statements.set(sql, statement);
    }
    return statement;
  };
}

/** Values by the numbers of their places; lists as JSON. */
function named(values: readonly Bound[]): Record<string, unknown> {
  return Object.fromEntries(
    values.map((value, i) => [
      i + 1,
      Array.isArray(value) ? JSON.stringify(value) : (value as Exclude<Bound, unknown[]>),
    ]),
  );
}

/** Whether an error says that another program has the database in use just now. */
export function isHeldUp(error: unknown): boolean {
  return /^SQLITE_BUSY/.test(String((error as { code?: unknown }).code));
}
