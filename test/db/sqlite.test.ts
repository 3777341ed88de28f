/** The SQLite store between two loaders. */
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openSqlite } from '../../src/db/sqlite.js';
import type { NewRun } from '../../src/db/store.js';
import { Sandbox } from '../support/sandbox.js';

const RUN: NewRun = {
  specId: 'miis-legacy',
  specVersion: '1',
  siteId: null,
  today: '2026-01-01',
  programVersion: '0',
  codeTables: {},
  startedAt: '2026-01-01T00:00:00.000Z',
  ruleChanges: null,
  matchModel: 'exact',
  givenThresholds: null,
};
const NO_PATIENTS = { patients: [], updates: [], parts: [], sources: [], matchKeys: [], nameUses: [], reviews: [] };
const NO_DOSES = { doses: [], updates: [], parts: [], duplicates: [], recordKeys: [], regroupings: [] };

test('a run that another loader took for dead writes nothing more, and is not completed', async () => {
  using sandbox = new Sandbox();
  const sleeper = await openSqlite(sandbox.database);
  const { runId } = await sleeper.openRun(RUN, []);
  await sleeper.writePatients(runId, NO_PATIENTS);
  // It runs on another computer, which sleeps.
  const database = new Database(sandbox.database);
  database.exec("UPDATE runs SET host = 'elsewhere', heartbeat_at = '2026-01-01T00:00:00.000Z'");
  database.close();

  const other = await openSqlite(sandbox.database);
  expect(await other.findDeadRuns()).toEqual([runId]);
  await other.takeBack(runId, '2026-01-01T01:00:00.000Z', 'cut short');

  const takenBack = { name: 'StoreError', code: 'taken-back' };
  await expect(sleeper.writePatients(runId, NO_PATIENTS)).rejects.toMatchObject(takenBack);
  await expect(sleeper.writeDoses(runId, NO_DOSES)).rejects.toMatchObject(takenBack);
  await expect(sleeper.beat(runId)).rejects.toMatchObject(takenBack);
  await expect(sleeper.completeRun(runId, '2026-01-01T02:00:00.000Z', [])).rejects.toMatchObject(takenBack);
  await sleeper.takeBack(runId, '2026-01-01T02:00:00.000Z', 'failed');
  expect(await other.listRuns()).toMatchObject([{ id: runId, status: 'failed', message: 'cut short' }]);
  await sleeper.close();
  await other.close();
});

test('a run that writes is alive, however long ago it read a file', async () => {
  using sandbox = new Sandbox();
  const store = await openSqlite(sandbox.database);
  const { runId } = await store.openRun(RUN, []);
  const database = new Database(sandbox.database);
  database.exec("UPDATE runs SET host = 'elsewhere', heartbeat_at = '2026-01-01T00:00:00.000Z'");
  await store.writeDoses(runId, NO_DOSES);
  expect(await store.findDeadRuns()).toEqual([]);
  database.close();
  await store.close();
});
