/** A PostgreSQL database of its own for a test. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { addressOf, REGISTRY_TEMPLATE, TEST_PASSWORD, TEST_USER } from './postgres-server.js';
import type { TableRow } from './sandbox.js';

const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 700, 701, 1700]);

async function withClient<T>(port: number, database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: TEST_USER,
    password: TEST_PASSWORD,
    database,
    types: { getTypeParser: (oid: number) => (NUMBERS.has(oid) ? Number : (value: string) => value) },
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A database that is dropped when its test ends: `await using`. */
export class TestDatabase {
  readonly name: string;
  readonly #port: number;

  private constructor(name: string, port: number) {
    this.name = name;
    this.#port = port;
  }

  /** Makes an empty database: on the server of the tests, or on another one. */
  static async create(port?: number): Promise<TestDatabase> {
    return TestDatabase.#createFrom('template1', port);
  }

  /** Makes a registry that holds nothing yet, in a tenth of the time that its migrations take. */
  static async createRegistry(): Promise<TestDatabase> {
    return TestDatabase.#createFrom(REGISTRY_TEMPLATE);
  }

  static async #createFrom(template: string, port?: number): Promise<TestDatabase> {
    const name = `t_${randomBytes(8).toString('hex')}`;
    // Only where tests run there is something to be injected.
    const ownPort = port ?? (await import('vitest')).inject('postgresPort');
    await withClient(ownPort, 'postgres', (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
    return new TestDatabase(name, ownPort);
  }

  get address(): string {
    return addressOf(this.#port, this.name);
  }

  /** The address for another user, or with options. */
  addressWith({ user = TEST_USER, password = TEST_PASSWORD, query = '' }): string {
    return `${addressOf(this.#port, this.name, user, password)}${query}`;
  }

  async query(sql: string): Promise<TableRow[]> {
    return withClient(this.#port, this.name, async (client) => (await client.query(sql)).rows as TableRow[]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await withClient(this.#port, 'postgres', (client) => client.query(`DROP DATABASE ${this.name} WITH (FORCE)`));
  }
}
