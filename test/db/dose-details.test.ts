/** What many doses have in common is kept once. */
import type Database from 'better-sqlite3';
import BetterSqlite from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import { DoseDetails } from '../../src/db/dose-details.js';
import { migrateSqlite } from '../../src/db/migrate.js';
import { doseRow } from '../support/rows.js';
import { Sandbox } from '../support/sandbox.js';

const GIVEN = doseRow({ site_id: 'F1', information_source: '00', mvx: 'MSD', route: 'SC' });
const TOLD = doseRow({ site_id: 'F1', information_source: '01' });

let sandbox: Sandbox;
let database: Database.Database;
beforeEach(async () => {
  sandbox = new Sandbox();
  await migrateSqlite(sandbox.database);
  database = new BetterSqlite(sandbox.database);
  return () => {
    database.close();
    sandbox[Symbol.dispose]();
  };
});

const kept = (): unknown[] =>
  database.prepare('SELECT id, mvx, information_source FROM dose_details ORDER BY id').raw().all();

describe('the details of a dose', () => {
  test('are the same for doses that share them, whatever else differs', () => {
    const details = new DoseDetails(database, () => 1);
    const other = doseRow({
      site_id: 'F1',
      information_source: '00',
      mvx: 'MSD',
      route: 'SC',
      cvx: '03',
      lot_number: 'AB1',
      comment: 'x',
    });
    expect([GIVEN, TOLD, other, TOLD].map((row) => details.idOf(row))).toEqual([1, 2, 1, 2]);
    details.flush();
    expect(kept()).toEqual([
      [1, 'MSD', '00'],
      [2, null, '01'],
    ]);
  });

  test('are found again by a later run', () => {
    const first = new DoseDetails(database, () => 1);
    first.idOf(GIVEN);
    first.flush();
    const second = new DoseDetails(database, () => 2);
    expect([TOLD, GIVEN].map((row) => second.idOf(row))).toEqual([2, 1]);
    second.flush();
    expect(kept()).toHaveLength(2);
  });

  test('are not those of a row that only has the same hash', () => {
    const first = new DoseDetails(database, () => 1);
    first.idOf(GIVEN);
    first.flush();
    const hashOf = (mvx: string): unknown =>
      database.prepare('SELECT content FROM dose_details WHERE mvx = ?').pluck().get(mvx);
    const content = hashOf('MSD');
    database.exec("UPDATE dose_details SET mvx = 'PMC'");
    const second = new DoseDetails(database, () => 2);
    expect(second.idOf(GIVEN)).toBe(2);
    second.flush();
    expect(hashOf('MSD')).toBe(content);
    expect(kept()).toEqual([
      [1, 'PMC', '00'],
      [2, 'MSD', '00'],
    ]);
  });

  test('tell a value in one field from the same value in the next', () => {
    const details = new DoseDetails(database, () => 1);
    const ids = [doseRow({ facility_id: 'X' }), doseRow({ facility_name: 'X' }), doseRow({})].map((row) =>
      details.idOf(row),
    );
    expect(ids).toEqual([1, 2, 3]);
  });

  test('are written once', () => {
    const details = new DoseDetails(database, () => 1);
    details.idOf(GIVEN);
    details.flush();
    details.idOf(GIVEN);
    details.flush();
    expect(kept()).toHaveLength(1);
  });

  test('are forgotten with the transaction that was to keep them', () => {
    const details = new DoseDetails(database, () => 1);
    const failing = database.transaction(() => {
      details.idOf(GIVEN);
      details.flush();
      throw new Error('rolled back');
    });
    expect(failing).toThrow('rolled back');
    details.forget();
    expect(kept()).toEqual([]);
    const id = details.idOf(GIVEN);
    details.flush();
    expect(kept()).toEqual([[id, 'MSD', '00']]);
  });
});
