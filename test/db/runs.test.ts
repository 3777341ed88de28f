/** Runs in the store: one at a time, the dead are known, and what they wrote is taken back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openSqlite } from '../../src/db/sqlite.js';
import type { Store } from '../../src/db/store.js';
import { packageFolder } from '../../src/files/specs.js';
import { KINDS, TestRegistry } from '../support/registries.js';
import {
  doseRow,
  doseWrites,
  newDose,
  newPatient,
  newRun,
  newSource,
  patientRow,
  patientWrites,
} from '../support/rows.js';
import { Sandbox, type TableRow } from '../support/sandbox.js';

const FILES = [
  { role: 'patient', name: 'p.txt' },
  { role: 'immunization', name: 'd.txt' },
] as const;
const LATER = '2026-07-01T10:05:00.000Z';

const WAITING = { command: null, signal: null, onWait: () => {} };

describe.each(KINDS)('a run, in %s,', (kind) => {
  test('is opened with its files, completed with their counts, and listed', async () => {
    await using registry = await TestRegistry.create(kind);
    const store = await registry.open();
    const { runId, fileIds } = await store.openRun(newRun(), FILES);
    expect((await store.listRuns())[0]).toMatchObject({ id: runId, status: 'running', finishedAt: null });
    const counts = { loaded: 5, merged: 1, duplicate: 2, rejected: 1, skipped: 1 };
    const result = { sha256: 'ab', encoding: 'utf-8', bytes: 99, records: 10, fates: counts };
    await store.completeRun(
      runId,
      LATER,
      fileIds.map((fileId) => ({ fileId, ...result })),
    );
    const file = { sha256: 'ab', bytes: 99, records: 10, fates: counts };
    expect(await store.listRuns()).toEqual([
      {
        id: runId,
        status: 'completed',
        specId: 'miis-legacy',
        specVersion: '0.1.0',
        siteId: null,
        startedAt: '2026-07-01T10:00:00.000Z',
        finishedAt: LATER,
        message: null,
        files: FILES.map((each) => ({ ...each, ...file })),
      },
    ]);
    await store.close();
  });

  test('that loaded the same bytes is found, unless it failed or is the same run', async () => {
    await using registry = await TestRegistry.create(kind);
    const store = await registry.open();
    const fates = { loaded: 1, merged: 0, duplicate: 0, rejected: 0, skipped: 0 };
    const finish = async (sha256: string): Promise<number> => {
      const { runId, fileIds } = await store.openRun(newRun(), FILES);
      await store.completeRun(runId, LATER, [
        { fileId: fileIds[0]!, sha256, encoding: 'utf-8', bytes: 1, records: 1, fates },
      ]);
      return runId;
    };
    const first = await finish('aa');
    const second = await finish('aa');
    const failed = await finish('bb');
    await store.takeBack(failed, LATER, 'failed');
    expect(await store.findRunOfFile('aa', -1)).toEqual({ runId: second, finishedAt: LATER });
    expect(await store.findRunOfFile('aa', second)).toEqual({ runId: first, finishedAt: LATER });
    expect(await store.findRunOfFile('bb', -1)).toBeNull();
    await store.close();
  });

  test('that was given up while it was opened leaves no number out', async () => {
    await using registry = await TestRegistry.create(kind);
    const store = await registry.open();
    const open = async (): Promise<unknown> => {
      const { runId, fileIds } = await store.openRun(newRun(), FILES);
      return [runId, fileIds];
    };
    expect(await open()).toEqual([1, [1, 2]]);
    const nameless = { role: 'patient', name: null as unknown as string } as const;
    for (const files of [[nameless], [...FILES, nameless]]) {
      await expect(store.openRun(newRun(), files)).rejects.toThrow();
    }
    expect(await open()).toEqual([2, [3, 4]]);
    await store.close();
  });

  test('shows that it is alive', async () => {
    await using registry = await TestRegistry.create(kind);
    const store = await registry.open();
    const { runId } = await store.openRun(newRun(), FILES);
    await registry.change("UPDATE runs SET heartbeat_at = '2020-01-01T00:00:00.000Z'");
    await store.beat(runId);
    expect(String((await registry.ask('SELECT heartbeat_at AS beat FROM runs'))[0]!['beat']) > '2020-01-02').toBe(true);
    await store.close();
  });
});

/** A process that takes its turn in a registry, opens a run and waits until it is killed. */
const LOADER = `
  import { openSqlite } from ${JSON.stringify(join(packageFolder(), 'dist/src/db/sqlite.js'))};
  import { newRun } from ${JSON.stringify(join(packageFolder(), 'dist/test/support/rows.js'))};
  const store = await openSqlite(process.argv[1]);
  await store.waitForTurn({ command: null, signal: null, onWait: () => {} });
  await store.openRun(newRun(), []);
  console.log('loads');
  setInterval(() => store.beat(1), 60_000);
`;

async function startLoader(database: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', LOADER, database], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  return child;
}

describe('while a run is loading', () => {
  test('another loader is refused, in its process and in others; the dead are known as soon as they are', async () => {
    using sandbox = new Sandbox();
    const child = await startLoader(sandbox.database);
    const store = await openSqlite(sandbox.database);
    const refused = {
      code: 'busy',
      message: `${sandbox.database}: run 1 has been loading since 2026-07-01T10:00:00.000Z on ${hostname()}; wait until it is done`,
    };
    await expect(store.waitForTurn(WAITING)).rejects.toMatchObject(refused);
    expect(await store.listRuns()).toMatchObject([{ id: 1, status: 'running' }]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await store.listRuns()).toMatchObject([{ id: 1, status: 'cut short' }]);
    await store.waitForTurn(WAITING);
    expect(await store.findDeadRuns()).toMatchObject([{ runId: 1, fileIds: [], command: null, checkpoints: [] }]);

    const other = await openSqlite(sandbox.database);
    await expect(other.waitForTurn(WAITING)).rejects.toMatchObject(refused);
    await store.close();
    await other.waitForTurn(WAITING);
    await other.close();
    expect(sandbox.files()).toEqual(['registry.db']);
  });

  test('a loader that has not opened its run yet keeps others out, too', async () => {
    using sandbox = new Sandbox();
    const [first, second] = [await openSqlite(sandbox.database), await openSqlite(sandbox.database)];
    await first.waitForTurn(WAITING);
    await expect(second.waitForTurn(WAITING)).rejects.toMatchObject({
      code: 'busy',
      message: `${sandbox.database}: another program is changing it; wait until it is done`,
    });
    await first.close();
    await second.close();
  });
});

/** All tables but those that tell of runs. */
const snapshot = (registry: TestRegistry): Promise<Record<string, TableRow[]>> =>
  registry.rows(/^(runs|run_files|journal.*)$/);

/** A registry of `count` persons with a dose each. */
async function fill(store: Store, count: number): Promise<void> {
  const { runId, fileIds } = await store.openRun(newRun(), FILES);
  const ids = Array.from({ length: count }, (_, i) => i + 1);
  await store.writePatients(
    runId,
    patientWrites({
      patients: ids.map((id) => newPatient(id, { last_name: `Name${id}`, birth_date: '2015-05-04' })),
      sources: ids.map((id) => newSource(id, fileIds[0]!)),
      matchKeys: ids.map((id) => ({ matchKey: 1000 + id, patientId: id })),
    }),
  );
  await store.writeDoses(
    runId,
    doseWrites({
      doses: ids.map((id) => newDose(id, id, fileIds[1]!, { cvx: '03', administered_on: '2016-05-05', mvx: 'MSD' })),
    }),
  );
  await store.completeRun(runId, LATER, []);
}

describe.each(KINDS)('taking a run back, in %s,', (kind) => {
  const COUNT = 6;
  const id = fc.integer({ min: 1, max: COUNT });
  const step = fc.oneof(
    fc.record({ kind: fc.constant('update patient' as const), id, value: fc.string({ maxLength: 5 }) }),
    fc.record({ kind: fc.constant('update dose' as const), id, value: fc.string({ maxLength: 5 }) }),
    fc.record({ kind: fc.constant('new patient' as const), id, value: fc.constant('') }),
    fc.record({ kind: fc.constant('new dose' as const), id, value: fc.string({ maxLength: 5 }) }),
  );

  test('restores the registry exactly, whatever the run did', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        await using registry = await TestRegistry.create(kind);
        const store = await registry.open();
        await fill(store, COUNT);
        const before = await snapshot(registry);
        const { runId, fileIds } = await store.openRun(newRun(), FILES);
        let next = COUNT + 1;
        for (const { kind, id: target, value } of steps) {
          if (kind === 'update patient') {
            const changed = {
              patientId: target,
              row: patientRow({ last_name: value, phone: '6175550111' }),
              ssnCheck: 7,
            };
            const parts = [{ patientId: target, siteId: 'F1', row: patientRow({ last_name: value }), ssnCheck: 7 }];
            await store.writePatients(runId, patientWrites({ updates: [changed], parts }));
          } else if (kind === 'new patient') {
            const patientId = next++;
            await store.writePatients(
              runId,
              patientWrites({
                patients: [newPatient(patientId, { last_name: 'New' })],
                sources: [
                  newSource(patientId, fileIds[0]!),
                  { ...newSource(target, fileIds[0]!, `again${target}`), decision: 'merged' },
                ],
                matchKeys: [{ matchKey: 1000 + target, patientId }],
                nameUses: [{ nameKey: patientId, uses: 2 }],
                reviews: [
                  {
                    reviewId: patientId,
                    patientIdA: target,
                    patientIdB: patientId,
                    weight: 0.5,
                    reasons: 'same name and birth date; other sex',
                    explanation: null,
                  },
                ],
              }),
            );
          } else if (kind === 'update dose') {
            const row = doseRow({ cvx: '03', administered_on: '2016-05-05', mvx: value, lot_number: value });
            await store.writeDoses(
              runId,
              doseWrites({
                updates: [{ immunizationId: target, row }],
                parts: [{ immunizationId: target, row }],
                duplicates: [
                  {
                    fileId: fileIds[1]!,
                    line: 2,
                    sourceImmunizationId: null,
                    immunizationId: target,
                    part: 0,
                    reason: 'same vaccine and date',
                  },
                ],
              }),
            );
          } else {
            const dose = newDose(next++, target, fileIds[1]!, { cvx: '20', administered_on: '2016-08-08', mvx: value });
            await store.writeDoses(runId, doseWrites({ doses: [dose] }));
          }
        }
        await store.takeBack(runId, LATER, 'failed and taken back');
        expect(await snapshot(registry)).toEqual(before);
        expect((await store.listRuns())[1]).toMatchObject({
          id: runId,
          status: 'failed',
          finishedAt: LATER,
          message: 'failed and taken back',
        });
        await store.close();
      }),
      { numRuns: kind === 'SQLite' ? 25 : 8 },
    );
  });

  test('keeps the first image of a row that the run changed twice, and none of rows that it made', async () => {
    await using registry = await TestRegistry.create(kind);
    const store = await registry.open();
    await fill(store, 1);
    const { runId } = await store.openRun(newRun(), FILES);
    const update = (patientId: number, last_name: string) => ({
      patientId,
      row: patientRow({ last_name }),
      ssnCheck: null,
    });
    await store.writePatients(runId, patientWrites({ patients: [newPatient(2, { last_name: 'Two' })] }));
    await store.writePatients(runId, patientWrites({ updates: [update(1, 'First'), update(2, 'Second')] }));
    await store.writePatients(runId, patientWrites({ updates: [update(1, 'Again')] }));
    const images = await registry.ask('SELECT table_name, row_id, image FROM before_images');
    expect(images).toMatchObject([{ table_name: 'patients', row_id: 1 }]);
    expect(JSON.parse(String(images[0]!['image']))).toMatchObject({ id: 1, last_name: 'Name1' });
    await store.close();
  });

  test('a batch that is refused is not there in part', async () => {
    await using registry = await TestRegistry.create(kind);
    const store = await registry.open();
    await fill(store, 2);
    const { runId } = await store.openRun(newRun(), FILES);
    const before = await snapshot(registry);
    const clash = patientWrites({
      patients: [newPatient(3, { last_name: 'Three' }), newPatient(1, { last_name: 'One' })],
    });
    await expect(store.writePatients(runId, clash)).rejects.toMatchObject({
      code: 'failed',
      message: expect.not.stringMatching(/Three|One/),
    });
    expect(await snapshot(registry)).toEqual(before);
    await store.close();
  });
});

test('a program that reads the registry holds a write up, and does not make it fail', async () => {
  using sandbox = new Sandbox();
  const store = await openSqlite(sandbox.database);
  const reader = new Database(sandbox.database, { readonly: true });
  reader.exec('BEGIN');
  expect(reader.prepare('SELECT count(*) FROM patients').pluck().get()).toBe(0);
  const opened = store.openRun(newRun(), FILES);
  setImmediate(() => reader.exec('COMMIT'));
  expect(await opened).toMatchObject({ runId: 1 });
  reader.close();
  await store.close();
});
