/** The SQLite store between two loaders. */
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
  command: null,
  givenThresholds: null,
};
const NO_PATIENTS = { patients: [], updates: [], parts: [], sources: [], matchKeys: [], nameUses: [], reviews: [] };
const NO_DOSES = { doses: [], updates: [], parts: [], duplicates: [], recordKeys: [], regroupings: [] };

test('a run that another loader took for dead writes nothing more, and is not completed', async () => {
  using sandbox = new Sandbox();
  const sleeper = await openSqlite(sandbox.database);
  const { runId } = await sleeper.openRun(RUN, []);
  await sleeper.writePatients(runId, NO_PATIENTS);
  // Its lock was lost, as on a file server that was started again.
  const other = await openSqlite(sandbox.database);
  await other.waitForTurn({ signal: null });
  expect(await other.findDeadRuns()).toMatchObject([{ runId }]);
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
