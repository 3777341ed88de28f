/** Two and four loaders at once into one PostgreSQL come to the same persons and doses as one after the other. */
import { expect, test } from 'vitest';
import { Dirt } from '../support/dirt.js';
import { MIIS } from '../support/fixtures.js';
import { TestDatabase } from '../support/postgres.js';
import { Sandbox } from '../support/sandbox.js';
import { loadByProcesses, personsAndDoses } from '../support/several-loaders.js';
import { writeSubmission } from '../support/submission.js';

/** How often each is tried; `LOADER_ROUNDS=20` looks longer. */
const ROUNDS = Number(process.env['LOADER_ROUNDS'] ?? 2);

test.each([2, 4])(
  '%d loaders at once',
  async (loaders) => {
    for (let round = 0; round < ROUNDS; round++) {
      using sandbox = new Sandbox();
      await using together = await TestDatabase.create();
      await using alone = await TestDatabase.create();
      // All sites know the same people, and most doses come more than once.
      const submissions = Array.from({ length: loaders }, (_, i) => {
        const paths = { patients: sandbox.path(`p${i}.txt`), immunizations: sandbox.path(`d${i}.txt`) };
        const dirt = new Dirt(MIIS, { seed: round * 10 + i, errors: 0.05, remarks: 0.1, duplicates: 0.1 });
        writeSubmission({ seed: 40 + round, patients: 60 + 20 * i, dosesPerPatient: 6 }, MIIS, paths, dirt);
        return paths;
      });
      // The first of them makes the tables, too.
      await loadByProcesses(sandbox, together.address, submissions, 'at once');
      const order = await together.query(
        `SELECT f.name FROM runs r JOIN run_files f ON f.run_id = r.id WHERE f.role = 'patient' ORDER BY r.id`,
      );
      expect(order).toHaveLength(loaders);
      const inTheirOrder = order.map(({ name }) => submissions.find(({ patients }) => patients.endsWith(`/${name}`))!);
      await loadByProcesses(sandbox, alone.address, inTheirOrder, 'in turn');
      const expected = await personsAndDoses((sql) => alone.query(sql));
      expect(expected['persons']!.length).toBeGreaterThan(60);
      expect(await personsAndDoses((sql) => together.query(sql))).toEqual(expected);
      expect(await together.query("SELECT count(*) AS n FROM runs WHERE status <> 'completed'")).toEqual([{ n: 0 }]);
    }
  },
  600_000 * Math.ceil(ROUNDS / 5),
);

test('a loader that waits says for whom, and can be stopped', async () => {
  using sandbox = new Sandbox();
  await using database = await TestDatabase.create();
  const { openForLoading } = await import('../../src/open-store.js');
  const { newRun } = await import('../support/rows.js');
  const store = await openForLoading(database.address);
  await store.waitForTurn({ command: null, signal: null, onWait: () => {} });
  await store.openRun(newRun(), [{ role: 'patient', name: 'first.txt' }]);
  const stop = new AbortController();
  const notices: string[] = [];
  const waiting = sandbox.load({
    database: database.address,
    patients: { 'p.txt': 'facility_id|patient_id|last_name|first_name|birth_date|sex\nF1|1|Smith|Anna|20150504|F\n' },
    signal: stop.signal,
    onNotice: (notice) => {
      notices.push(notice);
      stop.abort();
    },
  });
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  expect(notices).toEqual([expect.stringMatching(/^waits for run 1, which is loading on /)]);
  await store.close();
  // What the one that is gone had begun is taken back by the next.
  const next = await sandbox.load({
    database: database.address,
    patients: { 'p.txt': 'facility_id|patient_id|last_name|first_name|birth_date|sex\nF1|1|Smith|Anna|20150504|F\n' },
  });
  expect(next.run).toBe(2);
  expect(await database.query('SELECT id, status FROM runs ORDER BY id')).toEqual([
    { id: 1, status: 'failed' },
    { id: 2, status: 'completed' },
  ]);
});
