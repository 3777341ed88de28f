/** Starts the PostgreSQL server of a run of the tests, with an empty registry of which tests take copies. */
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrateDatabase } from '../../src/open-store.js';
import { addressOf, REGISTRY_TEMPLATE, startServer } from './postgres-server.js';

declare module 'vitest' {
  export interface ProvidedContext {
    postgresPort: number;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer();
  await makeTemplate(server.port);
  project.provide('postgresPort', server.port);
  return server.stop;
}

async function makeTemplate(port: number): Promise<void> {
  const client = new pg.Client(addressOf(port, 'postgres'));
  await client.connect();
  await client.query(`CREATE DATABASE ${REGISTRY_TEMPLATE}`);
  await client.end();
  await migrateDatabase(addressOf(port, REGISTRY_TEMPLATE));
}
