/** The scratch database of a dry run: it sees the registry, and the registry never sees it. */
import { mkdirSync, readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { openScratch, openSqlite, type SqliteStore } from '../../src/db/sqlite.js';
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
import { Sandbox } from '../support/sandbox.js';

const FILES = [{ role: 'patient', name: 'p.txt' }] as const;

let sandbox: Sandbox;
let scratch: SqliteStore;
beforeEach(async () => {
  sandbox = new Sandbox();
  mkdirSync(sandbox.path('work'));
  const store = await openSqlite(sandbox.database);
  const { runId, fileIds } = await store.openRun(newRun(), FILES);
  const fileId = fileIds[0]!;
  await store.writePatients(
    runId,
    patientWrites({
      patients: [
        newPatient(1, { last_name: 'Smith', birth_date: '2015-05-04' }),
        newPatient(2, { last_name: 'Jones', birth_date: '2016-06-12', death_date: '2020-01-01' }),
      ],
      sources: [newSource(1, fileId), newSource(2, fileId)],
      matchKeys: [
        { matchKey: 11, patientId: 1 },
        { matchKey: 22, patientId: 2 },
      ],
    }),
  );
  await store.writeDoses(
    runId,
    doseWrites({
      doses: [
        newDose(1, 1, fileId, { cvx: '03', administered_on: '2016-05-05', mvx: 'MSD' }),
        newDose(2, 2, fileId, { cvx: '20', administered_on: '2016-08-15' }),
      ],
    }),
  );
  await store.completeRun(runId, '2026-07-01T10:05:00.000Z', []);
  await store.close();
  scratch = await openScratch(sandbox.path('work'), sandbox.database);
  return async () => {
    await scratch.close();
    sandbox[Symbol.dispose]();
  };
});

describe('the scratch database', () => {
  test('leaves nothing in the folder that it was made with', () => {
    expect(sandbox.files()).toEqual(['registry.db']);
  });

  test('finds the patients of the registry by their ids and by their names', async () => {
    const byId = await scratch.findKnownPatients([{ siteId: 'F1', sourcePatientId: '1' }], []);
    expect(byId).toMatchObject([
      { patientId: 1, matchKeys: [], sources: [{ siteId: 'F1', sourcePatientId: '1', content: 1 }] },
    ]);
    expect((await scratch.findKnownPatients([], [22, 33])).map(({ patientId }) => patientId)).toEqual([2]);
    expect(await scratch.findKnownPatients([{ siteId: 'F2', sourcePatientId: '1' }], [])).toEqual([]);
    // A second look fetches nothing twice.
    expect(await scratch.findKnownPatients([{ siteId: 'F1', sourcePatientId: '1' }], [22])).toHaveLength(2);
  });

  test('links doses to the patients of the registry', async () => {
    expect(await scratch.hasPatients()).toBe(true);
    expect(await scratch.findLinkedPatients('F1', ['2', '9'])).toEqual(
      new Map([['2', { patientId: 2, birthDate: '2016-06-12', deathDate: '2020-01-01' }]]),
    );
    expect(await scratch.findLinkedPatients('F2', ['2'])).toEqual(new Map());
    expect(await scratch.readPatientDates([1])).toEqual(
      new Map([[1, { patientId: 1, birthDate: '2015-05-04', deathDate: null }]]),
    );
  });

  test('reads the doses of the registry whole, their shared details included', async () => {
    const doses = await scratch.readDoses([1, 2]);
    expect(doses.get(1)).toEqual([
      { immunizationId: 1, row: doseRow({ cvx: '03', administered_on: '2016-05-05', mvx: 'MSD' }), parts: [] },
    ]);
    expect(doses.get(2)).toHaveLength(1);
  });

  test('gives ids that the registry does not have', async () => {
    expect(await scratch.nextIds()).toEqual({ patientId: 3, immunizationId: 3, reviewId: 1 });
    const { runId, fileIds } = await scratch.openRun(newRun(), FILES);
    expect([runId, ...fileIds]).toEqual([2, 2]);
  });

  test('takes all writes, and the registry none', async () => {
    const before = readFileSync(sandbox.database);
    const { runId, fileIds } = await scratch.openRun(newRun(), FILES);
    const fileId = fileIds[0]!;
    await scratch.findKnownPatients([{ siteId: 'F1', sourcePatientId: '1' }], []);
    await scratch.readDoses([1]);
    await scratch.writePatients(
      runId,
      patientWrites({
        patients: [newPatient(3, { last_name: 'New' })],
        updates: [{ patientId: 1, row: patientRow({ last_name: 'Smyth' }), ssnCheck: null }],
        sources: [newSource(3, fileId)],
      }),
    );
    await scratch.writeDoses(
      runId,
      doseWrites({
        doses: [newDose(3, 1, fileId, { cvx: '21', administered_on: '2016-05-05', mvx: 'MSD' })],
        updates: [{ immunizationId: 1, row: doseRow({ cvx: '03', administered_on: '2016-05-05', lot_number: 'AB1' }) }],
      }),
    );
    expect((await scratch.readPatients([1])).get(1)!.row).toEqual(patientRow({ last_name: 'Smyth' }));
    expect((await scratch.readDoses([1])).get(1)!.map(({ immunizationId }) => immunizationId)).toEqual([1, 3]);
    await scratch.completeRun(runId, '2026-07-01T10:06:00.000Z', []);
    expect(readFileSync(sandbox.database).equals(before)).toBe(true);
    expect(sandbox.files()).toEqual(['registry.db']);
  });

  test('without a registry is empty', async () => {
    const empty = await openScratch(sandbox.path('work'));
    expect(await empty.hasPatients()).toBe(false);
    expect(await empty.nextIds()).toEqual({ patientId: 1, immunizationId: 1, reviewId: 1 });
    expect(await empty.findDeadRuns()).toEqual([]);
    await empty.close();
  });
});
