/** What the benchmark asks of PostgreSQL: a database for a load, and COPY of the same files with the same indexes. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { addressOf } from '../support/postgres-server.js';
import type { SubmissionPaths } from '../support/submission.js';
import type { Measurement } from './measure.js';

export const BENCH_DATABASE = 'bench';

/** Does some work with an empty database. */
export async function withEmptyDatabase<T>(port: number, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const server = new pg.Client(addressOf(port, 'postgres'));
  await server.connect();
  try {
    await server.query(`CREATE DATABASE ${BENCH_DATABASE}`);
    const client = new pg.Client(addressOf(port, BENCH_DATABASE));
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
      await server.query(`DROP DATABASE ${BENCH_DATABASE} WITH (FORCE)`);
      await server.query('CHECKPOINT');
    }
  } finally {
    await server.end();
  }
}

/** Puts both files into tables of text and builds the indexes, unchecked. */
export async function copyFiles(port: number, { patients, immunizations }: SubmissionPaths): Promise<Measurement> {
  return withEmptyDatabase(port, async (client) => {
    const start = performance.now();
    for (const [table, path] of Object.entries({ patients, immunizations })) {
      const columns = (await headerOf(path)).split('|');
      await client.query(`CREATE TABLE ${table} (${columns.map((column) => `"${column}" text`).join(', ')})`);
      const copy = client.query(copyFrom(`COPY ${table} FROM STDIN WITH (FORMAT csv, DELIMITER '|', HEADER true)`));
      await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), copy);
    }
    await client.query('CREATE INDEX by_key ON patients (facility_id, patient_id)');
    await client.query('CREATE INDEX by_name ON patients (last_name, first_name, birth_date)');
    await client.query('CREATE INDEX by_patient ON immunizations (patient_id, admin_date, cvx)');
    return { seconds: (performance.now() - start) / 1000, peakMemoryMb: null };
  });
}

async function headerOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    for await (const line of file.readLines()) return line;
    throw new Error(`${path}: empty`);
  } finally {
    await file.close();
  }
}

/** How many rows a table has. */
export async function countRows(client: pg.Client, table: string): Promise<number> {
  return Number((await client.query(`SELECT count(*) AS n FROM ${table}`)).rows[0].n);
}
