/** Exports that were joined into one file: each part has a header of its own, in its own words or its own order. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { completeSpec } from '../../src/core/spec.js';
import { miis, Sandbox } from '../support/sandbox.js';
import { smallestCombined } from '../support/small-spec.js';

const HEADER = 'facility_id|patient_id|last_name|first_name|birth_date|mother_maiden_last|alias_last';
const OTHER = 'facility_id|patient_id|first_name|last_name|birth_date|alias_last|mother_maiden_last';
const JOINED = miis(
  HEADER,
  'F1|P0|Smith|Ann|20150514|Lee|',
  OTHER,
  'F1|P1|Bea|Jones|20160514||Kim',
  '||||||',
  'F1|P2|Cole|Ode|2016||Kim',
  HEADER.toUpperCase(),
  'F1|P3|Woods|Cal|20160516|Ray|',
);

async function issuesOf(sandbox: Sandbox, folder: string): Promise<string[]> {
  const rows = await sandbox.report(folder, 'issues.csv');
  return rows.map(({ line, code, message, fate }) => `${line} ${code} ${fate}: ${message}`);
}

const ORDER = 'a header that names other columns, or in another order: last_name is column 4, and was 3';
const BELOW = 'the header in line 3 names other columns for it than those of the file';

describe.each([1 << 20, 40])('cut at %d bytes', (blockBytes) => {
  const sizes = { blockBytes };

  test('records below a header in another order are set aside with it, up to one that fits', async () => {
    using sandbox = new Sandbox();
    const { folder } = await sandbox.load({ patients: { 'p.txt': JOINED }, sizes });
    expect(await issuesOf(sandbox, folder)).toEqual([
      `3 header-other-order rejected: ${ORDER}`,
      `4 under-other-header rejected: ${BELOW}`,
      '5 record-blank skipped: nothing but delimiters or blanks',
      `6 under-other-header rejected: ${BELOW}`,
      '7 header-repeated skipped: the header again',
    ]);
    expect(sandbox.query('SELECT last_name, mother_maiden_last_name AS maiden FROM patients ORDER BY id')).toEqual([
      { last_name: 'Smith', maiden: 'Lee' },
      { last_name: 'Woods', maiden: 'Ray' },
    ]);
  });

  test('their reject file is refused again, header and all', async () => {
    using sandbox = new Sandbox();
    const first = await sandbox.load({ patients: { 'p.txt': JOINED }, sizes });
    const rejects = readFileSync(join(first.folder, 'rejects/p.txt'), 'utf8');
    const again = await sandbox.load({ patients: { 'p2.txt': rejects }, sizes });
    expect(again.issues).toMatchObject({ 'header-other-order': { count: 1 }, 'under-other-header': { count: 2 } });
    expect(again.patients.new).toBe(0);
  });
});

test.each([
  ['in upper case', HEADER.toUpperCase()],
  ['with blanks', HEADER.replaceAll('_', ' ')],
  ['in quotes', HEADER.split('|').map((name) => `"${name}"`).join('|')],
  ['with the columns of a reject file', `${HEADER}|immload_codes|immload_fix|immload_origin`],
])('a header %s is the header again', async (_, header) => {
  using sandbox = new Sandbox();
  const text = miis(HEADER, 'F1|P0|Smith|Ann|20150514|Lee|', header, 'F1|P3|Woods|Cal|20160516|Ray|');
  const { folder, patients } = await sandbox.load({ patients: { 'p.txt': text } });
  expect(await issuesOf(sandbox, folder)).toEqual(['3 header-repeated skipped: the header again']);
  expect(patients.new).toBe(2);
}); // biome-ignore format: a table

test('a header of the other file, and one that lacks columns, are none that fits', async () => {
  using sandbox = new Sandbox();
  const doses = 'facility_id|patient_id|cvx|admin_date|lot_expiration';
  const { folder } = await sandbox.load({
    patients: { 'p.txt': miis(HEADER, 'F1|P0|Smith|Ann|20150514|Lee|', doses, 'F1|P0|03|20160514|') },
    immunizations: { 'd.txt': miis(doses, 'F1|P0|03|20160514|', 'facility_id|patient_id|cvx|lot_expiration|admin_date', 'F1|P0|20|20170514|20160514') },
  }); // biome-ignore format: a table
  expect((await issuesOf(sandbox, folder)).map((issue) => issue.split(':')[0])).toEqual([
    '3 header-other-order rejected',
    '4 under-other-header rejected',
    '3 header-other-order rejected',
    '4 under-other-header rejected',
  ]);
  expect(sandbox.query('SELECT cvx FROM immunizations')).toEqual([{ cvx: '03' }]);
});

test('doses below such a header are not read either', async () => {
  using sandbox = new Sandbox();
  const { folder } = await sandbox.load({
    spec: completeSpec(smallestCombined()),
    site: 'S',
    files: {
      'h.csv':
        'Chart,Last,DOB,Date 1,CVX 1,Date 2,CVX 2\n1,Smith,05/14/2009,06/13/2010,03,,\nLast,Chart,DOB,Date 2,CVX 2,Date 1,CVX 1\nKim,2,05/14/2009,06/13/2010,99999,,\n',
    },
  });
  expect((await issuesOf(sandbox, folder)).map((issue) => issue.split(':')[0])).toEqual([
    '3 header-other-order rejected',
    '4 under-other-header rejected',
  ]);
});

test('a patient with the name of a column is a patient', async () => {
  using sandbox = new Sandbox();
  const { patients, issues } = await sandbox.load({
    patients: { 'p.txt': miis(HEADER, 'F1|P0|Sex|City|20150514|Race|', 'F1|P1|City|Ann||Race|') },
  });
  expect(issues['header-other-order']).toBeUndefined();
  expect(patients.new).toBe(1);
});
