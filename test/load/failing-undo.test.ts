/** Disks, servers and connections that fail while a run is undone: nothing of it is undone, and it can be undone later. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { packageFolder } from '../../src/files/specs.js';
import { openForLoading } from '../../src/open-store.js';
import { undoRun } from '../../src/undo-run.js';
import { CODES } from '../support/fixtures.js';
import { allTables, REGISTRIES, type Registry } from '../support/interrupted.js';
import { RICH } from '../support/rich-submission.js';
import { Sandbox } from '../support/sandbox.js';

/** Some calls fail, the one after the other; `FAULTS_EVERY=1` lets each of them fail. */
const EVERY: Readonly<Record<string, number>> = { SQLite: 23, PostgreSQL: 41 };
/** Two undoings for each call, of which there are some hundred. */
const LONGEST_MS = process.env['FAULTS_EVERY'] === undefined ? 180_000 : 7_200_000;
const KIND = 'three kinds of files';

/** All that is in a registry, its journal too. */
async function contentOf(registry: Registry): Promise<unknown> {
  // A rollback does not put back the counters of a server: numbers are left out.
  const { sequences, ...tables } = await allTables(registry);
  return { ...tables, journal: await registry.query('SELECT * FROM journal ORDER BY id') };
}

/** Lets a server give the same numbers again. */
const PUT_COUNTERS_BACK = `SELECT setval(format('public.%I', sequencename)::regclass, coalesce(last_value, 1), last_value IS NOT NULL)
  FROM kept.sequences`;

/** A registry of which the first of two runs is undone: the second has told something of the same patients. */
async function twoRuns(sandbox: Sandbox, database: string): Promise<Registry> {
  const registry = await REGISTRIES[database]!(sandbox);
  for (const run of [0, 1] as const) await sandbox.load({ ...RICH[KIND]!(2, run), database: registry.address });
  await registry.keep();
  return registry;
}

/** Undoes the first run, and gives the error where it fails; `fault` is there from when it begins. */
async function undo(registry: Registry, fault: () => Disposable): Promise<unknown> {
  const store = await openForLoading(registry.address);
  try {
    await store.waitForTurn({ command: null, signal: null, onWait: () => {} });
    using _ = fault();
    await undoRun(store, 1, { isPlan: false, at: '2026-07-02T10:00:00.000Z', by: 'Ann', codes: CODES });
    return null;
  } catch (error) {
    return error;
  } finally {
    await store.close();
  }
}

/** What asks a database for something, and fails from one time on, or only then. */
class FailingCalls implements Disposable {
  calls = 0;
  readonly #undo: (() => void)[] = [];
  readonly #at: number;
  readonly #forGood: boolean;

  /** `at` is the call that fails, from 1; 0 for none. */
  constructor(at: number, forGood: boolean) {
    this.#at = at;
    this.#forGood = forGood;
  }

  /** Puts something before the calls of a method. */
  watch<Name extends string>(
    owner: { [key in Name]: (...args: never[]) => unknown },
    name: Name,
    fail: (self: unknown) => void,
  ): this {
    const original = owner[name];
    const isDue = (): boolean => this.isDue();
    owner[name] = function (this: unknown, ...args: never[]) {
      if (isDue()) fail(this);
      return original.apply(this, args);
    };
    this.#undo.push(() => {
      owner[name] = original;
    });
    return this;
  }

  isDue(): boolean {
    this.calls++;
    return this.#at > 0 && (this.#forGood ? this.calls >= this.#at : this.calls === this.#at);
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo) undo();
  }
}

/** SQLite’s calls, which find the disk full or broken. */
function failingSqlite(at: number, forGood: boolean): FailingCalls {
  const code = at % 2 === 0 ? 'SQLITE_IOERR_WRITE' : 'SQLITE_FULL';
  const fail = (): never => {
    throw Object.assign(new Error('disk I/O error'), { code });
  };
  const statement = Object.getPrototypeOf(new Database(':memory:').prepare('SELECT 1'));
  const faults = new FailingCalls(at, forGood).watch(Database.prototype as never, 'exec', fail);
  for (const name of ['run', 'get', 'all']) faults.watch(statement, name, fail);
  return faults;
}

/** Queries of a connection that is lost. What is lost stays so. */
function failingPostgres(at: number): FailingCalls {
  const cut = (client: unknown): void => {
    (client as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  };
  return new FailingCalls(at, false).watch(pg.Client.prototype as never, 'query', cut);
}

const FAULTS: Readonly<Record<string, (at: number, forGood: boolean) => FailingCalls>> = {
  SQLite: failingSqlite,
  PostgreSQL: failingPostgres,
};

describe.each(Object.keys(REGISTRIES))('undoing a run in %s', (database) => {
  test(
    'is done as a whole or not at all, whichever call fails',
    async () => {
      using sandbox = new Sandbox();
      await using registry = await twoRuns(sandbox, database);
      const before = await contentOf(registry);
      let counting: FailingCalls | null = null as FailingCalls | null;
      const count = (): FailingCalls => {
        counting = FAULTS[database]!(0, false);
        return counting;
      };
      expect(await undo(registry, count)).toBeNull();
      const expected = await contentOf(registry);
      expect(expected).not.toEqual(before);
      const { calls } = counting!;
      expect(calls).toBeGreaterThan(50);

      const every = Number(process.env['FAULTS_EVERY'] ?? EVERY[database]);
      for (let back = 0; back < calls; back += back < 3 ? 1 : every) {
        const at = calls - back;
        await registry.restore();
        const error = await undo(registry, () => FAULTS[database]!(at, at % 4 < 2));
        expect(error, `call ${at}`).toMatchObject({ name: 'StoreError' });
        expect(await contentOf(registry), `call ${at}: ${String(error)}`).toEqual(before);
        if (database === 'PostgreSQL') await registry.query(PUT_COUNTERS_BACK);
        expect(await undo(registry, () => FAULTS[database]!(0, false)), `after call ${at}`).toBeNull();
        expect(await contentOf(registry), `after call ${at}`).toEqual(expected);
      }
    },
    LONGEST_MS,
  );
});

test.each([
  ['patients', 'DELETE'],
  ['patient_sources', 'INSERT'],
  ['immunization_duplicates', 'DELETE'],
  ['runs', 'UPDATE'],
  ['journal', 'INSERT'],
])('a server whose disk is full when %s have a row to %s says so, and nothing is undone', async (table, change) => {
  using sandbox = new Sandbox();
  await using registry = await twoRuns(sandbox, 'PostgreSQL');
  const before = await contentOf(registry);
  await registry.query(
    `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
     CREATE TRIGGER full_disk BEFORE ${change} ON ${table} FOR EACH ROW EXECUTE FUNCTION full_disk()`,
  );
  const noFault = (): Disposable => ({ [Symbol.dispose]: () => {} });
  expect(await undo(registry, noFault)).toMatchObject({
    code: 'full',
    message: expect.stringMatching(/: the server’s disk is full; make room and run the same command again$/),
  });
  expect(await contentOf(registry)).toEqual(before);
  await registry.query(`DROP TRIGGER full_disk ON ${table}; DROP FUNCTION full_disk`);
  expect(await undo(registry, noFault)).toBeNull();
});

/** Runs the program by a shell that says first what it may not do. */
async function runLimited(sandbox: Sandbox, limits: string, args: readonly string[], output: number | 'pipe' = 'pipe') {
  const main = join(packageFolder(), 'dist/src/cli/main.js');
  const child = spawn('sh', ['-c', `${limits}; exec "$@"`, 'sh', process.execPath, main, ...args], {
    cwd: sandbox.folder,
    stdio: ['ignore', output, 'pipe'],
  });
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

describe.skipIf(process.platform === 'win32')('the program, in a file system', () => {
  test('in which neither registry nor its journal may grow any further undoes nothing, and says so', async () => {
    using sandbox = new Sandbox();
    await using registry = await twoRuns(sandbox, 'SQLite');
    const before = await contentOf(registry);
    const kilobytes = Math.ceil((sandbox.query('PRAGMA page_count')[0]!['page_count'] as number) * 4);
    const codes = new Set<number | null>();
    // The system refuses to write any file behind this size; a program that ignores the signal is told so.
    for (const size of [0, 4, 16, 64, Math.ceil(kilobytes / 2), kilobytes - 8]) {
      await registry.restore();
      const { code, stderr } = await runLimited(sandbox, `trap '' XFSZ; ulimit -f ${size * 2}`, [
        'undo',
        '1',
        '--db',
        'registry.db',
      ]);
      codes.add(code);
      expect(sandbox.query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      if (code === 0) continue;
      expect({ code, stderr }, `${size} KB`).toEqual({
        code: 1,
        stderr: expect.stringMatching(/^immload: .*registry\.db: the disk [^\n]*\n$/),
      });
      expect(await contentOf(registry), `${size} KB`).toEqual(before);
    }
    expect(codes).toContain(1);
    expect((await runLimited(sandbox, ':', ['undo', '1', '--db', 'registry.db'])).code).toBe(0);
  });

  test.skipIf(process.platform !== 'linux')('that is full where its words go says that all is done', async () => {
    using sandbox = new Sandbox();
    await using _ = await twoRuns(sandbox, 'SQLite');
    const outcome = await runLimited(sandbox, ':', ['undo', '1', '--db', 'registry.db'], openSync('/dev/full', 'w'));
    expect(outcome).toEqual({
      code: 0,
      stderr: 'immload: the output cannot be written (ENOSPC); what was to be done is done\n',
    });
    expect(sandbox.query('SELECT status FROM runs ORDER BY id')).toEqual([
      { status: 'undone' },
      { status: 'completed' },
    ]);
  });
});
