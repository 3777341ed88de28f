/** A connection to a PostgreSQL server: queries, COPY and transactions, one after the other, and errors in our words. */
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type PostgresAddress, readPostgresAddress } from './postgres-address.js';
import { toStoreError } from './postgres-errors.js';

/** A value that is bound. Arrays go by `= ANY(…)` and `unnest`. */
export type PgValue = string | number | boolean | null | Buffer | readonly (string | number | null)[];
export type PgRow = Record<string, unknown>;

/** What is asked of a connection; within a transaction, or each for itself. */
export interface PgQueries {
  rows<T = PgRow>(sql: string, values?: readonly PgValue[]): Promise<T[]>;
  /** Rows as arrays of their columns, which cost half as much as objects of many names. */
  arrays<T extends readonly unknown[]>(sql: string, values?: readonly PgValue[]): Promise<T[]>;
  /** Runs a statement and gives the number of rows that it changed. */
  run(sql: string, values?: readonly PgValue[]): Promise<number>;
  /** Adds rows in the text format of COPY to a table. */
  copy(table: string, columns: readonly string[], text: string): Promise<void>;
}

/** Numbers of 64 bits that a registry holds fit a double: keys have 53 bits. */
const NUMBERS: ReadonlySet<number> = new Set([
  pg.types.builtins.INT8, pg.types.builtins.INT4, pg.types.builtins.INT2, pg.types.builtins.FLOAT8,
  pg.types.builtins.FLOAT4, pg.types.builtins.NUMERIC,
]); // biome-ignore format: a list of types

const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (NUMBERS.has(oid)) return Number;
    return oid === pg.types.builtins.BYTEA || oid === pg.types.builtins.BOOL
      ? pg.types.getTypeParser(oid, format as 'text')
      : (value: string) => value;
  },
};

/**
 * What holds while a session lasts. A checkpoint may be lost with the server's power as long as its run is not complete: a
 * run that is cut short is taken back anyway, and completing it waits for the disk.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  synchronous_commit: 'off',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  transaction_timeout: '0',
  jit: 'off',
  client_min_messages: 'error',
};

/** An open connection. What is asked of it at the same time is done one after the other. */
export class PostgresSession {
  readonly name: string;
  readonly #client: pg.Client;
  #last: Promise<unknown> = Promise.resolve();
  readonly #queries: PgQueries;
  /** Whether all happens within one transaction, which is never committed. */
  #isRehearsal = false;
  #hasSavepoint = false;

  private constructor(client: pg.Client, name: string) {
    this.#client = client;
    this.name = name;
    this.#queries = queriesOf(client);
  }

  /** Connects to the database of an address. @throws StoreError */
  static async open(database: string): Promise<PostgresSession> {
    const address = readPostgresAddress(database);
    try {
      const client = await connect(address);
      const session = new PostgresSession(client, address.name);
      const names = Object.keys(SETTINGS);
      await session.#queries.rows(
        `SELECT set_config(name, setting, false) FROM unnest($1::text[], $2::text[]) AS wanted (name, setting)
         WHERE name IN (SELECT name FROM pg_settings)`,
        [names, names.map((name) => SETTINGS[name]!)],
      );
      return session;
    } catch (error) {
      throw toStoreError(error, address.name);
    }
  }

  /** From here on, nothing is kept: all transactions are part of one that ends with the session. */
  async rehearse(): Promise<void> {
    await this.exclusive((queries) => queries.run('BEGIN'));
    this.#isRehearsal = true;
  }

  async rows<T = PgRow>(sql: string, values?: readonly PgValue[]): Promise<T[]> {
    return this.exclusive((queries) => queries.rows<T>(sql, values));
  }

  async arrays<T extends readonly unknown[]>(sql: string, values?: readonly PgValue[]): Promise<T[]> {
    return this.exclusive((queries) => queries.arrays<T>(sql, values));
  }

  async run(sql: string, values?: readonly PgValue[]): Promise<number> {
    return this.exclusive((queries) => queries.run(sql, values));
  }

  /** Does some work that nothing else comes between. @throws StoreError */
  async exclusive<T>(work: (queries: PgQueries) => Promise<T>): Promise<T> {
    const result = this.#last.then(() => work(this.#queries));
    this.#last = result.catch(() => {});
    try {
      return await result;
    } catch (error) {
      throw toStoreError(error, this.name);
    }
  }

  /** All of the work is in the database, or nothing of it. @throws the error of the database, for {@link isRefusal} */
  async transaction<T>(work: (queries: PgQueries) => Promise<T>): Promise<T> {
    const result = this.#last.then(async () => {
      if (this.#isRehearsal) return this.savepoint(() => work(this.#queries));
      await this.#queries.run('BEGIN');
      try {
        const value = await work(this.#queries);
        await this.#queries.run('COMMIT');
        return value;
      } catch (error) {
        await this.#queries.run('ROLLBACK').catch(() => {});
        throw error;
      }
    });
    this.#last = result.catch(() => {});
    return result;
  }

  /** Within a transaction: all of the work, or nothing of it and the transaction goes on. Not to be nested further. */
  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    const name = this.#hasSavepoint ? 'inner_part' : 'part';
    const wasInside = this.#hasSavepoint;
    await this.#queries.run(`SAVEPOINT ${name}`);
    this.#hasSavepoint = true;
    try {
      const value = await work();
      await this.#queries.run(`RELEASE SAVEPOINT ${name}`);
      return value;
    } catch (error) {
      await this.#queries.run(`ROLLBACK TO SAVEPOINT ${name}`).catch(() => {});
      throw error;
    } finally {
      this.#hasSavepoint = wasInside;
    }
  }

  async close(): Promise<void> {
    if (this.#isRehearsal) await this.exclusive((queries) => queries.run('ROLLBACK')).catch(() => {});
    await this.#last;
    await this.#client.end().catch(() => {});
  }

  /** Ends what a rehearsal did; the session goes on. */
  async endRehearsal(): Promise<void> {
    if (!this.#isRehearsal) return;
    await this.exclusive((queries) => queries.run('ROLLBACK'));
    this.#isRehearsal = false;
  }
}

async function connect({ config, mayBePlain }: PostgresAddress): Promise<pg.Client> {
  try {
    return await connectWith(config);
  } catch (error) {
    const hasNoTls = error instanceof Error && error.message.includes('does not support SSL');
    if (!mayBePlain || !hasNoTls) throw error;
    return connectWith({ ...config, ssl: false });
  }
}

async function connectWith(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client({ ...config, types: TYPES });
  // A connection that is lost between two queries: the next one says so.
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.end().catch(() => {});
    throw error;
  }
}

function queriesOf(client: pg.Client): PgQueries {
  return {
    async rows<T>(sql: string, values: readonly PgValue[] = []): Promise<T[]> {
      return (await client.query(sql, values as unknown[])).rows as T[];
    },
    async arrays<T extends readonly unknown[]>(sql: string, values: readonly PgValue[] = []): Promise<T[]> {
      const result = await client.query({ text: sql, values: values as unknown[], rowMode: 'array' });
      return result.rows as unknown as T[];
    },
    async run(sql: string, values: readonly PgValue[] = []): Promise<number> {
      return (await client.query(sql, values as unknown[])).rowCount ?? 0;
    },
    async copy(table: string, columns: readonly string[], text: string): Promise<void> {
      if (text === '') return;
      const stream = client.query(copyFrom(`COPY ${table} (${columns.join(', ')}) FROM STDIN`));
      await new Promise<void>((resolve, reject) => {
        stream.on('error', reject).on('finish', () => resolve());
        stream.end(Buffer.from(text, 'utf8'));
      });
    },
  };
}
