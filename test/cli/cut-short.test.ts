/** What is said of a run that was cut short, and how it is taken back. */
import { existsSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { StoreError } from '../../src/db/store.js';
import { openForDryRun, openForReading } from '../../src/open-store.js';
import { undoRun } from '../../src/undo-run.js';
import { FailingFiles } from '../support/failing-files.js';
import { failing } from '../support/failing-open-store.js';
import { CODES } from '../support/fixtures.js';
import { type Cut, FailingStore } from '../support/interrupted.js';
import { KINDS, type RegistryKind, TestRegistry } from '../support/registries.js';
import { newRun } from '../support/rows.js';
import { miis, type TableRow } from '../support/sandbox.js';

vi.mock('../../src/open-store.js', async (importOriginal) => {
  const { failingLoads } = await import('../support/failing-open-store.js');
  return failingLoads(importOriginal);
});

const PATIENTS = 'facility_id|patient_id|last_name|first_name|birth_date|sex|phone';
const DOSES = 'facility_id|patient_id|vaccination_id|cvx|admin_date|info_source';
const FIRST = {
  patients: { 'a.txt': miis(PATIENTS, 'F1|1|Smith|Anna|20150504|F|', 'F1|2|Jones|Ben|20140404|M|') },
  immunizations: { 'a-doses.txt': miis(DOSES, 'F1|1|v1|03|20160612|01', 'F1|2|v2|03|20160613|01') },
};
/** Tells something new of a patient of the first. */
const SECOND = {
  patients: { 'b.txt': miis(PATIENTS, 'F2|7|Smith|Anna|20150504|F|6175550123', 'F2|8|Brown|Cy|20130303|M|') },
  immunizations: { 'b-doses.txt': miis(DOSES, 'F2|7|w1|10|20160712|01', 'F2|8|w2|10|20160714|01') },
  matchModel: 'exact',
} as const;

/** A registry with a completed run 1 and a run 2 that was cut short, and all rows but those of runs as they were before. */
async function cutShort(kind: RegistryKind, cut: Cut): Promise<{ registry: TestRegistry; before: unknown }> {
  const registry = await TestRegistry.create(kind);
  const database = registry.database;
  await registry.load({ ...FIRST, database, matchModel: 'exact' });
  const before = await rows(registry);
  failing.store = new FailingStore(cut, () => new StoreError('unreachable', 'the connection was lost'));
  await expect(registry.load({ ...SECOND, database, report: registry.path('report') })).rejects.toThrow(StoreError);
  failing.store = null;
  expect(await rows(registry)).not.toEqual(before);
  return { registry, before };
}

const rows = (registry: TestRegistry): Promise<Record<string, TableRow[]>> =>
  registry.rows(/^(runs|run_files|journal.*)$/);

const BEHIND_DOSES: Cut = { moment: 'behind', method: 'writeDoses', call: 1 };
/** The report has its name by then. */
const BEFORE_ITS_END: Cut = { moment: 'before', method: 'completeRun', call: 1 };

const REMEDY =
  'was cut short; run the same command again to go on with it (with --restart to begin anew), or `immload undo 2` to take back what it has written';

describe.each(KINDS)('a run that was cut short, in %s,', (kind) => {
  test('is listed as such when nobody is at work on it any more', async () => {
    await using registry = await TestRegistry.create(kind);
    const store = await registry.open();
    await store.openRun(newRun(), [{ role: 'patient', name: 'p.txt' }]);
    const listed = async (): Promise<string> => (await registry.run('runs')).stdout;
    const statuses = async (): Promise<unknown[]> =>
      (JSON.parse((await registry.run('runs', '--json')).stdout) as { status: unknown }[]).map(({ status }) => status);
    expect(await listed()).toMatch(/^ *1 {2}running .*$/m);
    expect(await listed()).not.toContain('cut short');
    expect(await statuses()).toEqual(['running']);
    await store.close();
    expect(await listed()).toMatch(/^ *1 {2}cut short .*$/m);
    expect((await listed()).trimEnd().split('\n').at(-1)).toBe(`Run 1 ${REMEDY.replace('undo 2', 'undo 1')}.`);
    expect(await statuses()).toEqual(['cut short']);
  });

  test('has no certificate, which `verify` says with what to do', async () => {
    await using registry = (await cutShort(kind, BEHIND_DOSES)).registry;
    expect(await registry.run('verify', '2')).toMatchObject({
      code: 1,
      stderr: `immload: run 2 has no certificate: it ${REMEDY}\n`,
      stdout: '',
    });
  });

  test.each([
    ['while its doses were written', BEHIND_DOSES, false],
    ['when its report had its name', BEFORE_ITS_END, true],
  ])('%s, is taken back by `undo`', async (_, cut, hasReport) => {
    const { registry, before } = await cutShort(kind, cut);
    await using _registry = registry;
    const half = await registry.rows();
    const plan = await registry.run('undo', '2', '--plan');
    const counts = ['  1 patient removed, 1 as they were without it', '  2 doses removed', ''];
    expect(plan).toMatchObject({ code: 0, stderr: '' });
    expect(plan.stdout.split('\n')).toEqual(['Undoing run 2 would do this; nothing is changed:', ...counts]);
    expect(await registry.rows()).toEqual(half);
    expect(existsSync(registry.path('report'))).toBe(hasReport);

    const done = await registry.run('undo', '2', '--by', 'Ann');
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout.split('\n')).toEqual(['Run 2 is taken back, which was cut short.', ...counts]);
    expect(await rows(registry)).toEqual(before);
    expect(existsSync(registry.path('report'))).toBe(false);
    expect(await registry.ask('SELECT status, message FROM runs WHERE id = 2')).toEqual([
      { status: 'failed', message: 'cut short, and undone by Ann' },
    ]);
    const entry = await registry.ask('SELECT who, action, run_id FROM journal ORDER BY id DESC LIMIT 1');
    expect(entry).toEqual([{ who: 'Ann', action: 'take back', run_id: 2 }]);
    expect(await registry.run('undo', '2')).toMatchObject({
      code: 1,
      stderr: 'immload: run 2 failed; nothing of it is in the registry\n',
    });
    await registry.load({ ...SECOND, database: registry.database });
    expect(await registry.ask('SELECT id, status FROM runs ORDER BY id')).toEqual([
      { id: 1, status: 'completed' },
      { id: 2, status: 'failed' },
      { id: 3, status: 'completed' },
    ]);
  });

  test('is not taken back while its report cannot be renamed, and is the next time', async () => {
    const { registry, before } = await cutShort(kind, BEFORE_ITS_END);
    await using _registry = registry;
    const half = await registry.rows();
    const options = { isPlan: false, at: '2026-07-02T10:00:00.000Z', by: 'Ann', codes: CODES };
    const failed = registry.withStore(async (store) => {
      using _ = new FailingFiles({ at: 1, code: 'EIO', forGood: true });
      await undoRun(store, 2, options);
    });
    await expect(failed).rejects.toThrow('EIO');
    expect(await registry.rows()).toEqual(half);
    expect(existsSync(registry.path('report', 'summary.json'))).toBe(true);
    await registry.withStore((store) => undoRun(store, 2, options));
    expect(await rows(registry)).toEqual(before);
  });

  test.each([[[]], [['--plan']]])(
    'stands in the way of undoing another run %j, and stays as it is',
    async (options) => {
      await using registry = (await cutShort(kind, BEHIND_DOSES)).registry;
      const half = await registry.rows();
      expect(await registry.run('undo', '1', ...options)).toMatchObject({
        code: 1,
        stderr: `immload: run 1 cannot be undone yet: run 2 ${REMEDY}\n`,
        stdout: '',
      });
      expect(await registry.rows()).toEqual(half);
    },
  );
});

test('a dry run into a server does not make a run look alive that was cut short', async () => {
  await using registry = (await cutShort('PostgreSQL', BEHIND_DOSES)).registry;
  const rehearsal = await openForDryRun(registry.database, registry.folder);
  await rehearsal.waitForTurn({ command: null, signal: null, onWait: () => {} });
  const onlooker = await openForReading(registry.database);
  expect((await onlooker.listRuns()).map(({ status }) => status)).toEqual(['completed', 'cut short']);
  await rehearsal.close();
  const loader = await registry.open();
  expect((await onlooker.listRuns()).map(({ status }) => status)).toEqual(['completed', 'running']);
  await loader.close();
  await onlooker.close();
});

test('a server asks after a minute whether the computer of a loader is still there', async () => {
  await using registry = await TestRegistry.create('PostgreSQL');
  const session = await registry.openSession();
  const found = await session.arrays(
    "SELECT setting FROM pg_settings WHERE name LIKE 'tcp_keepalives_%' ORDER BY name",
  );
  await session.close();
  expect(found).toEqual([['3'], ['30'], ['10']]);
});

test('a dry run beside a registry in a file says what to do with a run that was cut short', async () => {
  await using registry = (await cutShort('SQLite', BEHIND_DOSES)).registry;
  registry.write('c.txt', miis(PATIENTS, 'F3|1|Young|Eve|20150504|F|'));
  expect(await registry.run('load', '--patients', 'c.txt', '--dry-run', '--quiet')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`: run 2 ${REMEDY}\n`),
  });
});
