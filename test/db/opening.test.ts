/** Which files are opened as a registry, and which are refused. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test, vi } from 'vitest';
import { migrateSqliteFile, openScratch, openSqlite, openSqliteForReading } from '../../src/db/sqlite.js';
import type { Store } from '../../src/db/store.js';
import { newRun } from '../support/rows.js';
import { Sandbox } from '../support/sandbox.js';

const OPENERS: readonly (readonly [string, (path: string) => Promise<Store | readonly string[]>])[] = [
  ['to load', openSqlite],
  ['to look', openSqliteForReading],
  ['to compare', (path) => openScratch(dirname(path), path)],
  ['to migrate', migrateSqliteFile],
];

async function makeRegistry(sandbox: Sandbox): Promise<void> {
  await (await openSqlite(sandbox.database)).close();
}

function change(sandbox: Sandbox, sql: string): void {
  const database = new Database(sandbox.database);
  database.exec(sql);
  database.close();
}

describe.each(OPENERS)('opened %s', (_, open) => {
  test.each([
    { what: 'a text', code: 'not-a-database', make: (sandbox: Sandbox) => sandbox.write('registry.db', 'some text') },
    {
      what: 'a file that only begins as a database',
      code: 'not-a-database',
      make: (sandbox: Sandbox) => sandbox.write('registry.db', `SQLite format 3\0${'x'.repeat(5000)}`),
    },
    { what: 'a folder', code: 'not-a-database', make: (sandbox: Sandbox) => mkdirSync(sandbox.database) },
    {
      what: 'a database of another program',
      code: 'foreign-database',
      make: (sandbox: Sandbox) => change(sandbox, 'CREATE TABLE visits (id INTEGER)'),
    },
    {
      what: 'a database of another program that uses knex, too',
      code: 'foreign-database',
      make: (sandbox: Sandbox) =>
        change(
          sandbox,
          "CREATE TABLE knex_migrations (name TEXT); INSERT INTO knex_migrations VALUES ('20240101_users'); CREATE TABLE users (id INTEGER)",
        ),
    },
    {
      what: 'a registry made by a newer immload',
      code: 'newer',
      make: async (sandbox: Sandbox) => {
        await makeRegistry(sandbox);
        change(sandbox, "INSERT INTO knex_migrations (name, batch) VALUES ('9999_later', 2)");
      },
    },
  ])('$what is refused, and stays as it is', async ({ code, make }) => {
    using sandbox = new Sandbox();
    await make(sandbox);
    const isFile = statSync(sandbox.database).isFile();
    const before = isFile ? readFileSync(sandbox.database) : null;
    const files = sandbox.files();
    await expect(open(sandbox.database)).rejects.toMatchObject({
      name: 'StoreError',
      code,
      message: expect.stringContaining(sandbox.database),
    });
    if (before !== null) expect(readFileSync(sandbox.database).equals(before)).toBe(true);
    expect(sandbox.files()).toEqual(files);
  });
});

describe('a registry made by an older immload', () => {
  test.each([
    ['to look', openSqliteForReading],
    ['to compare', (path: string) => openScratch(dirname(path), path)],
  ] as const)('is not changed when it is opened %s', async (_, open) => {
    using sandbox = new Sandbox();
    await makeRegistry(sandbox);
    vi.resetModules();
    vi.doMock('../../src/db/migrate.js', async (original) => ({
      ...(await original<typeof import('../../src/db/migrate.js')>()),
      compareSchema: (names: readonly string[]) => ({ applied: names, pending: ['0002_later'] }),
    }));
    try {
      const later = await import('../../src/db/sqlite.js');
      const openLater =
        open === openSqliteForReading
          ? later.openSqliteForReading
          : (path: string) => later.openScratch(dirname(path), path);
      const before = readFileSync(sandbox.database);
      await expect(openLater(sandbox.database)).rejects.toMatchObject({
        code: 'outdated',
        message: `${sandbox.database}: made by an older immload; run \`immload migrate\` first`,
      });
      expect(readFileSync(sandbox.database).equals(before)).toBe(true);
    } finally {
      vi.doUnmock('../../src/db/migrate.js');
      vi.resetModules();
    }
  });
});

describe('a file that is not there', () => {
  test('is made when it is opened to load, for its owner only', async () => {
    using sandbox = new Sandbox();
    await makeRegistry(sandbox);
    expect(statSync(sandbox.database).mode & 0o777).toBe(0o600);
    expect(sandbox.files()).toEqual(['registry.db']);
    expect(sandbox.query('SELECT application_id AS id FROM pragma_application_id')).toEqual([{ id: 0x494d4c44 }]);
  });

  test('is refused when it is opened to look, and not made', async () => {
    using sandbox = new Sandbox();
    await expect(openSqliteForReading(sandbox.database)).rejects.toThrow('there is no such database');
    expect(existsSync(sandbox.database)).toBe(false);
  });

  test('is no registry to compare with, and not made', async () => {
    using sandbox = new Sandbox();
    const scratch = await openScratch(sandbox.folder, sandbox.database);
    expect(await scratch.nextIds()).toEqual({ patientId: 1, immunizationId: 1, reviewId: 1 });
    await scratch.close();
    expect(sandbox.files()).toEqual([]);
  });

  test('of no bytes counts as one to be made', async () => {
    using sandbox = new Sandbox();
    sandbox.write('registry.db', '');
    await makeRegistry(sandbox);
    expect(sandbox.query('SELECT count(*) AS n FROM patients')).toEqual([{ n: 0 }]);
  });
});

test('what a killed run left half-written in a transaction is rolled back before it is looked at', async () => {
  using sandbox = new Sandbox();
  await makeRegistry(sandbox);
  const database = new Database(sandbox.database);
  // With hardly any cache the transaction is in the file, and its journal beside, long before it is committed.
  database.pragma('cache_size = 5');
  database.exec('BEGIN IMMEDIATE');
  const insert = database.prepare('INSERT INTO match_keys (match_key, patient_id, run_id) VALUES (?, ?, 1)');
  for (let i = 0; i < 20_000; i++) insert.run((i * 7919) % 1_000_003, i);
  for (const end of ['', '-journal']) copyFileSync(sandbox.database + end, sandbox.path(`killed.db${end}`));
  database.exec('ROLLBACK');
  database.close();
  const store = await openSqliteForReading(sandbox.path('killed.db'));
  expect(await store.listRuns()).toEqual([]);
  await store.close();
  expect(sandbox.query('SELECT count(*) AS n FROM match_keys', sandbox.path('killed.db'))).toEqual([{ n: 0 }]);
});

test('a registry that is looked at cannot be written', async () => {
  using sandbox = new Sandbox();
  await makeRegistry(sandbox);
  const store = await openSqliteForReading(sandbox.database);
  await expect(store.openRun(newRun(), [])).rejects.toMatchObject({ code: 'not-writable' });
  await store.close();
});
