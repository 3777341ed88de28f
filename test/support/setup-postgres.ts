/** Starts the PostgreSQL server of a run of the tests. */
import type { TestProject } from 'vitest/node';
import { startServer } from './postgres-server.js';

declare module 'vitest' {
  export interface ProvidedContext {
    postgresPort: number;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer();
  project.provide('postgresPort', server.port);
  return server.stop;
}
