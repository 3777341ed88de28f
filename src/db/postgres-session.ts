/** A connection to a PostgreSQL server: queries, COPY and transactions, one after the other, and errors in our words. */
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type PostgresAddress, readPostgresAddress } from './postgres-address.js';
import { copyText } from './postgres-copy.js';
import { toStoreError } from './postgres-errors.js';
import type { Bound, ColumnSource, Counters, FieldSource, Queries, SqlRow } from './queries.js';
import { Session } from './session.js';

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
 * run that is cut short is taken back anyway, and completing it waits for the disk. A computer that is gone says nothing: the
 * server asks after a minute, and not after two hours, so that the turn of its loader goes to the next.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  synchronous_commit: 'off',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  transaction_timeout: '0',
  jit: 'off',
  client_min_messages: 'error',
  tcp_keepalives_idle: '30',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
};

/** An open connection. */
export class PostgresSession extends Session {
  readonly #client: pg.Client;

  private constructor(client: pg.Client, name: string) {
    super(name, queriesOf(client));
    this.#client = client;
  }

  /** Connects to the database of an address. @throws StoreError */
  static async open(database: string): Promise<PostgresSession> {
    const address = readPostgresAddress(database);
    try {
      const client = await connect(address);
      const session = new PostgresSession(client, address.name);
      const names = Object.keys(SETTINGS);
      await session.queries.rows(
        `SELECT set_config(name, setting, false) FROM unnest($1::text[], $2::text[]) AS wanted (name, setting)
         WHERE name IN (SELECT name FROM pg_settings)`,
        [names, names.map((name) => SETTINGS[name]!)],
      );
      return session;
    } catch (error) {
      throw toStoreError(error, address.name);
    }
  }

  toStoreError(error: unknown): unknown {
    return toStoreError(error, this.name);
  }

  protected async begin(): Promise<void> {
    await this.queries.run('BEGIN');
  }

  protected async commit(): Promise<void> {
    await this.queries.run('COMMIT');
  }

  protected async disconnect(): Promise<void> {
    await this.#client.end().catch(() => {});
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

function queriesOf(client: pg.Client): Queries {
  const run = async (sql: string, values: readonly Bound[] = []): Promise<number> => {
    return (await client.query(sql, values.map(bind))).rowCount ?? 0;
  };
  const arrays = async <T extends readonly unknown[]>(sql: string, values: readonly Bound[] = []): Promise<T[]> => {
    const result = await client.query({ text: sql, values: values.map(bind), rowMode: 'array' });
    return result.rows as unknown as T[];
  };
  return {
    async rows<T = SqlRow>(sql: string, values: readonly Bound[] = []): Promise<T[]> {
      return (await client.query(sql, values.map(bind))).rows as T[];
    },
    arrays,
    run,
    async insert(table: string, count: number, columns: readonly ColumnSource[], fields?: FieldSource): Promise<void> {
      if (count === 0) return;
      const names = [...columns, ...(fields?.columns ?? [])].map(({ name }) => name);
      const stream = client.query(copyFrom(`COPY ${table} (${names.join(', ')}) FROM STDIN`));
      await new Promise<void>((resolve, reject) => {
        stream.on('error', reject).on('finish', () => resolve());
        stream.end(Buffer.from(copyText(count, columns, fields), 'utf8'));
      });
    },
    async update(table: string, rows: readonly Readonly<SqlRow>[]): Promise<void> {
      if (rows.length === 0) return;
      const names = Object.keys(rows[0]!).filter((name) => name !== 'id');
      await run(
        `UPDATE ${table} t SET ${names.map((name) => `${name} = n.${name}`).join(', ')}
         FROM json_populate_recordset(NULL::${table}, $1::json) n WHERE t.id = n.id`,
        [JSON.stringify(rows)],
      );
    },
    rowAsJson: (_, alias) => `row_to_json(${alias})::text`,
    async makeDurable(): Promise<void> {
      await run('SET LOCAL synchronous_commit = on');
    },
    async counters(): Promise<Counters> {
      return arrays<[string, number | null]>(
        `SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename), last_value
         FROM pg_sequences WHERE schemaname = current_schema()`,
      );
    },
    // A rollback does not put sequences back.
    async setCounters(counters: Counters): Promise<void> {
      for (const [name, value] of counters) {
        await run(
          `SELECT setval($1::regclass, $2, $3::int <> 0)
           WHERE has_sequence_privilege($1::regclass, 'UPDATE') AND has_sequence_privilege($1::regclass, 'USAGE, SELECT')`,
          [name, value ?? 1, value === null ? 0 : 1],
        );
      }
    },
  };
}

/** A value as the driver takes it: it would quote each number of a list. */
function bind(value: Bound): unknown {
  if (!Array.isArray(value) || typeof value.find((each) => each !== null) === 'string') return value;
  return `{${value.map((each) => each ?? 'NULL').join(',')}}`;
}
