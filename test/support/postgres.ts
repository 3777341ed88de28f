/** A PostgreSQL database of its own for a test. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { addressOf, REGISTRY_TEMPLATE, TEST_PASSWORD, TEST_USER } from './postgres-server.js';
import type { TableRow } from './sandbox.js';

const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 700, 701, 1700]);

async function withClient<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: inject('postgresPort'),
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

  private constructor(name: string) {
    this.name = name;
  }

  /** Makes an empty database. */
  static async create(): Promise<TestDatabase> {
    return TestDatabase.#createFrom('template1');
  }

  /** Makes a registry that holds nothing yet, in a tenth of the time that its migrations take. */
  static async createRegistry(): Promise<TestDatabase> {
    return TestDatabase.#createFrom(REGISTRY_TEMPLATE);
  }

  static async #createFrom(template: string): Promise<TestDatabase> {
    const name = `t_${randomBytes(8).toString('hex')}`;
    await withClient('postgres', (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
    return new TestDatabase(name);
  }

  get address(): string {
    return addressOf(inject('postgresPort'), this.name);
  }

  /** The address for another user, or with options. */
  addressWith({ user = TEST_USER, password = TEST_PASSWORD, query = '' }): string {
    return `${addressOf(inject('postgresPort'), this.name, user, password)}${query}`;
  }

  async query(sql: string): Promise<TableRow[]> {
    return withClient(this.name, async (client) => (await client.query(sql)).rows as TableRow[]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await withClient('postgres', (client) => client.query(`DROP DATABASE ${this.name} WITH (FORCE)`));
  }
}
