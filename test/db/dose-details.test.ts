/** What many doses have in common is kept once. */
import { beforeEach, describe, expect, test } from 'vitest';
import { WholeRow } from '../../src/core/columns.js';
import { DoseDetails } from '../../src/db/dose-details.js';
import type { Session } from '../../src/db/session.js';
import { KINDS, TestRegistry } from '../support/registries.js';
import { doseRow } from '../support/rows.js';

const detailsOf = (values: Parameters<typeof doseRow>[0]): WholeRow => new WholeRow(doseRow(values));

const GIVEN = detailsOf({ site_id: 'F1', information_source: '00', mvx: 'MSD', route: 'SC' });
const TOLD = detailsOf({ site_id: 'F1', information_source: '01' });

describe.each(KINDS)('the details of a dose, in %s,', (kind) => {
  let session: Session;
  beforeEach(async () => {
    const registry = await TestRegistry.create(kind);
    session = await registry.openSession();
    return async () => {
      await session.close();
      await registry[Symbol.asyncDispose]();
    };
  });

  const kept = (): Promise<unknown[][]> =>
    session.arrays('SELECT id, mvx, information_source FROM dose_details ORDER BY id');

  test('are the same for doses that share them, whatever else differs', async () => {
    const details = new DoseDetails();
    const other = detailsOf({
      site_id: 'F1',
      information_source: '00',
      mvx: 'MSD',
      route: 'SC',
      cvx: '03',
      lot_number: 'AB1',
      comment: 'x',
    });
    expect(await details.idsOf(session, [GIVEN, TOLD, other, TOLD])).toEqual([1, 2, 1, 2]);
    expect(await details.idsOf(session, [TOLD, other])).toEqual([2, 1]);
    expect(await kept()).toEqual([
      [1, 'MSD', '00'],
      [2, null, '01'],
    ]);
  });

  test('are found again by a later run', async () => {
    await new DoseDetails().idsOf(session, [GIVEN]);
    expect(await new DoseDetails().idsOf(session, [TOLD, GIVEN])).toEqual([2, 1]);
    expect(await kept()).toHaveLength(2);
  });

  test('are not those of a row that only has the same hash', async () => {
    await new DoseDetails().idsOf(session, [GIVEN]);
    const hashOf = async (mvx: string): Promise<unknown> =>
      session.arrays('SELECT content FROM dose_details WHERE mvx = $1', [mvx]);
    const content = await hashOf('MSD');
    await session.run("UPDATE dose_details SET mvx = 'PMC'");
    expect(await new DoseDetails().idsOf(session, [GIVEN])).toEqual([2]);
    expect(await hashOf('MSD')).toEqual(content);
    expect(await kept()).toEqual([
      [1, 'PMC', '00'],
      [2, 'MSD', '00'],
    ]);
  });

  test('tell a value in one field from the same value in the next', async () => {
    const rows = [detailsOf({ facility_id: 'X' }), detailsOf({ facility_name: 'X' }), detailsOf({})];
    expect(await new DoseDetails().idsOf(session, rows)).toEqual([1, 2, 3]);
  });

  test('are forgotten with the transaction that was to keep them', async () => {
    const details = new DoseDetails();
    session.onRollback = () => details.forget();
    const failing = session.transaction(async (queries) => {
      await details.idsOf(queries, [GIVEN]);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(await kept()).toEqual([]);
    const id = await details.idOf(session, GIVEN.toRow());
    expect(await kept()).toEqual([[id, 'MSD', '00']]);
  });
});
