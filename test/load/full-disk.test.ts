/** Disks that are full or broken while a load writes: nothing is half, and the same command goes on afterwards. */
import fs, { existsSync, readdirSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { LoadedBeforeError } from '../../src/load.js';
import { Dirt } from '../support/dirt.js';
import { type DiskFault, FailingFiles } from '../support/failing-files.js';
import { MIIS } from '../support/fixtures.js';
import { allTables, REGISTRIES, reportFiles } from '../support/interrupted.js';
import { RICH, writeRich } from '../support/rich-submission.js';
import { Sandbox } from '../support/sandbox.js';
import { writeSubmission } from '../support/submission.js';

/** Some calls fail, the one after the other; `FAULTS_EVERY=1` lets each of them fail. */
const EVERY: Readonly<Record<string, number>> = { SQLite: 9, PostgreSQL: 19 };

describe.each(Object.keys(REGISTRIES))('beside a registry in %s', (database) => {
  test.each(Object.keys(RICH))('reports that cannot be written: %s', async (kind) => {
    using sandbox = new Sandbox();
    await using registry = await REGISTRIES[database]!(sandbox);
    await sandbox.load({ ...RICH[kind]!(2, 0), database: registry.address });
    await registry.keep();
    const submission = { ...writeRich(sandbox, RICH[kind]!(2, 1)), again: false, database: registry.address };
    const report = sandbox.path('reports', 'whole');
    const countCalls = async (): Promise<number> => {
      using files = new FailingFiles({ at: 0, code: 'EIO', forGood: false });
      await sandbox.load({ ...submission, report });
      return files.calls;
    };
    const calls = await countCalls();
    const expected = { tables: await allTables(registry), reports: reportFiles(report) };
    expect(calls).toBeGreaterThan(10);

    const every = Number(process.env['FAULTS_EVERY'] ?? EVERY[database]);
    for (let at = 1; at <= calls; at += every) {
      const fault: DiskFault = { at, code: at % 2 === 0 ? 'EIO' : 'ENOSPC', forGood: at % 4 < 2 };
      await registry.restore();
      const place = sandbox.path('reports', String(at));
      const attempt = async (): Promise<unknown> => {
        using _ = new FailingFiles(fault);
        return await sandbox.load({ ...submission, report: place }).catch((error: unknown) => error);
      };
      const error = await attempt();
      expect(error, `call ${at}`).toBeInstanceOf(Error);
      // There is a report only if all of it is there.
      if (existsSync(place)) expect(reportFiles(place), `call ${at}`).toEqual(expected.reports);
      else expect(readdirSync(sandbox.path('reports')), `call ${at}`).not.toContain(String(at));
      try {
        await sandbox.load({ ...submission, report: place });
      } catch (next) {
        expect(next).toBeInstanceOf(LoadedBeforeError);
      }
      const found = { tables: await allTables(registry), reports: reportFiles(place) };
      expect(found, `call ${at}: ${String(error)}`).toEqual(expected);
    }
  });
});

test('a disk with too little room is told before anything is written', async () => {
  using sandbox = new Sandbox();
  const told: string[] = [];
  const { statfsSync } = fs;
  fs.statfsSync = (() => ({ bavail: 100, bsize: 4096 })) as unknown as typeof statfsSync;
  syncBuiltinESMExports();
  try {
    const submission = RICH['three kinds of files']!(3, 0);
    await sandbox.load({ ...submission, onNotice: (notice) => told.push(notice) });
    expect(told).toEqual([]);
    const paths = { patients: sandbox.path('p.txt'), immunizations: sandbox.path('d.txt') };
    writeSubmission({ patients: 700, dosesPerPatient: 3, seed: 3 }, MIIS, paths);
    const files = { patients: [paths.patients], immunizations: [paths.immunizations] };
    await sandbox.load({ ...files, onNotice: (notice) => told.push(notice) });
    expect(told).toEqual([
      `${sandbox.database}: up to 1 MB may be needed and 1 MB are free; if the disk gets full, make room and run the same command again`,
    ]);
  } finally {
    fs.statfsSync = statfsSync;
    syncBuiltinESMExports();
  }
});

test('a registry in SQLite that cannot grow ends the load at any size, and the same command goes on', async () => {
  using sandbox = new Sandbox();
  const registry = await REGISTRIES['SQLite']!(sandbox);
  await sandbox.load(RICH['three kinds of files']!(3, 0));
  await registry.keep();
  const pages = (): number => sandbox.query('PRAGMA page_count')[0]!['page_count'] as number;
  const before = pages();
  const report = sandbox.path('report');
  const paths = { patients: sandbox.path('p.txt'), immunizations: sandbox.path('d.txt') };
  const dirt = new Dirt(MIIS, { seed: 3, errors: 0.05, remarks: 0.2, duplicates: 0.2 });
  writeSubmission({ patients: 200, dosesPerPatient: 5, seed: 3 }, MIIS, paths, dirt);
  const files = { patients: [paths.patients], immunizations: [paths.immunizations] };
  const submission = { ...files, sizes: { batchRows: 100, blockBytes: 4000 }, again: false, report };
  await sandbox.load(submission);
  const expected = { tables: await allTables(registry), reports: reportFiles(report) };
  const grown = pages() - before;
  expect(grown).toBeGreaterThan(20);

  for (let more = 0; more < grown; more += Math.ceil(grown / 4)) {
    await registry.restore();
    rmSync(report, { recursive: true });
    const notices: string[] = [];
    const attempt = async (): Promise<void> => {
      using _ = limitPages(before + more);
      await sandbox.load({ ...submission, onNotice: (notice) => notices.push(notice) });
    };
    await expect(attempt()).rejects.toMatchObject({
      code: 'full',
      message: `${registry.address}: the disk is full; make room and run the same command again`,
    });
    expect(existsSync(report)).toBe(false);
    await sandbox.load({ ...submission, onNotice: (notice) => notices.push(notice) });
    expect(await allTables(registry), notices.join()).toEqual(expected.tables);
    expect(reportFiles(report), notices.join()).toEqual(expected.reports);
  }
});

/** Lets SQLite find the disk full where a database would have more pages than this. */
function limitPages(most: number): Disposable {
  const { pragma } = Database.prototype;
  Database.prototype.pragma = function (...args: Parameters<typeof pragma>) {
    if (args[0].startsWith('cache_size')) pragma.call(this, `max_page_count = ${most}`);
    return pragma.apply(this, args);
  };
  return {
    [Symbol.dispose]: () => {
      Database.prototype.pragma = pragma;
    },
  };
}

test('a server whose disk is full ends the load, and the same command goes on', async () => {
  using sandbox = new Sandbox();
  await using registry = await REGISTRIES['PostgreSQL']!(sandbox);
  const kind = 'three kinds of files';
  const report = sandbox.path('report');
  const submission = { ...writeRich(sandbox, RICH[kind]!(3, 1)), again: false, database: registry.address, report };
  await sandbox.load({ ...RICH[kind]!(3, 0), database: registry.address });
  await registry.keep();
  await sandbox.load(submission);
  const expected = { tables: await allTables(registry), reports: reportFiles(report) };

  for (const stage of ['patients', 'immunizations', 'comments', 'report']) {
    await registry.restore();
    rmSync(report, { recursive: true });
    await registry.query(
      `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
       CREATE TRIGGER full_disk BEFORE INSERT ON checkpoints FOR EACH ROW
       WHEN (NEW.stage = '${stage}' AND NEW.seq = ${stage === 'immunizations' ? 1 : 0}) EXECUTE FUNCTION full_disk()`,
    );
    await expect(sandbox.load(submission), stage).rejects.toMatchObject({
      code: 'full',
      message: expect.stringMatching(/: the server’s disk is full; make room and run the same command again$/),
    });
    expect(existsSync(report)).toBe(false);
    await registry.query('DROP TRIGGER full_disk ON checkpoints; DROP FUNCTION full_disk');
    await sandbox.load(submission);
    expect(await allTables(registry), stage).toEqual(expected.tables);
    expect(reportFiles(report), stage).toEqual(expected.reports);
  }
});
