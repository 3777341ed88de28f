/** Doses that are the same, from the files to the tables and reports. */
import { describe, expect, test } from 'vitest';
import { DOSE, type ImmunizationField, type Row } from '../../src/core/model.js';
import { makeHistories, type TrueRecord } from '../support/dose-histories.js';
import { Random } from '../support/random.js';
import { contentOf, miis, Sandbox, type TableRow } from '../support/sandbox.js';

const PATIENTS = {
  'p.txt': miis('facility_id|patient_id|last_name|first_name|birth_date|sex', 'F1|1|Smith|Anna|20150504|F'),
};
const COLUMNS = 'facility_id|patient_id|vaccination_id|cvx|admin_date|info_source|lot_number|mvx';
const doses = (...rows: string[]): { 'd.txt': string } => ({ 'd.txt': miis(COLUMNS, ...rows) });

describe('what a person should look at', () => {
  test.each<[string, string[], string[][]]>([
    [
      'two lots on one day: dose-in-doubt',
      ['F1|1|v1|20|20160505|00|K012345|PMC', 'F1|1|v2|20|20160505|00|Z99999|PMC'],
      [
        [
          'dose-in-doubt', '3', 'v2', 'administered_on', '2016-05-05', 'loaded',
          'may be the same dose as another (d.txt, line 2: two vaccines or lots of one group on one day, from one organization, row 6); both are kept for review',
        ],
      ],
    ],
    [
      'another product: dose-product-conflict',
      ['F1|1|v1|20|20160505|00|K012345|PMC', 'F1|1|v2|106|20160505|01||'],
      [
        [
          'dose-product-conflict', '3', 'v2', 'cvx', '106', 'duplicate',
          'another product of the same group and date as in the record that was kept (d.txt, line 2)',
        ],
      ],
    ],
    [
      'a combination and its part: dose-extra-antigen',
      ['F1|1|v1|94|20160505|00|K012345|MSD', 'F1|1|v2|03|20160505|00|Z99999|MSD'],
      [
        [
          'dose-extra-antigen', '3', 'v2', 'cvx', '03', 'loaded',
          'part of a combination vaccine that was given on the same day (d.txt, line 2), or the other way round; both are kept',
        ],
      ],
    ],
    ['history of it', ['F1|1|v1|20|20160505|00|K012345|PMC', 'F1|1|v2|107|20160507|01||'], []],
  ])('%s', async (_, rows, expected) => {
    using sandbox = new Sandbox();
    const { folder } = await sandbox.load({ patients: PATIENTS, immunizations: doses(...rows) });
    const issues = (await sandbox.report(folder, 'issues.csv')).filter(({ code }) => code !== 'cvx-unspecified');
    const columns = ['code', 'line', 'source_immunization_id', 'field', 'value', 'fate', 'message'];
    expect(issues.map((issue) => columns.map((column) => issue[column]!))).toEqual(expected);
    for (const issue of issues) {
      expect(issue['source_patient_id']).toBe('1');
      const text = `${doses(...rows)['d.txt']}`;
      expect(text.slice(Number(issue['byte_offset']))).toMatch(new RegExp(`^${rows[1]!.replaceAll('|', '\\|')}`));
    }
  }); // biome-ignore format: a table

  test('stands in review.csv, is counted, and is told of the registry where it is there already', async () => {
    using sandbox = new Sandbox();
    const first = await sandbox.load({ patients: PATIENTS, immunizations: doses('F1|1|v1|20|20160505|01||') });
    expect(first.doses.review).toBe(0);
    const { folder, doses: counts } = await sandbox.load({
      immunizations: doses('F1|1|v2|107|20160508|01||', 'F1|1|v3|03|20160505|01||'),
    });
    expect(counts).toEqual({ new: 2, merged: 0, duplicate: 0, review: 1 });
    expect(await sandbox.report(folder, 'review.csv')).toEqual([
      {
        review: '1',
        patient_a: '1',
        file_a: '',
        line_a: '',
        patient_b: '1',
        file_b: 'd.txt',
        line_b: '2',
        weight: '',
        reason: 'two historical doses of one group up to ten days apart, one of them unspecified (row 12)',
        immunization_a: '1',
        immunization_b: '2',
      },
    ]);
    const issues = await sandbox.report(folder, 'issues.csv');
    expect(issues.find(({ code }) => code === 'dose-in-doubt')!['message']).toContain(
      '(in the registry: two historical',
    );
  });

  test('is counted to the last and listed as far as issues are', async () => {
    using sandbox = new Sandbox();
    const rows = Array.from({ length: 6 }, (_, i) => [
      `F1|1||20|201${i}0505|00|K012345|PMC`,
      `F1|1||20|201${i}0505|00|Z99999|PMC`,
    ]).flat();
    const {
      folder,
      issues,
      doses: counts,
    } = await sandbox.load({
      patients: { 'p.txt': PATIENTS['p.txt'].replace('20150504', '20050504') },
      immunizations: doses(...rows.toReversed()),
      maxIssuesPerCode: 4,
    });
    expect(issues['dose-in-doubt']).toMatchObject({ count: 6, rows: 4 });
    expect(counts.review).toBe(6);
    const listed = (await sandbox.report(folder, 'issues.csv')).filter(({ code }) => code === 'dose-in-doubt');
    expect(listed.map(({ line }) => Number(line))).toEqual([3, 5, 7, 9]);
    expect(await sandbox.report(folder, 'review.csv')).toHaveLength(4);
  });
});

const FIELDS: readonly (readonly [string, ImmunizationField])[] = [
  ['facility_id', 'site_id'],
  ['vaccination_id', 'source_immunization_id'],
  ['cvx', 'cvx'],
  ['admin_date', 'administered_on'],
  ['info_source', 'information_source'],
  ['lot_number', 'lot_number'],
  ['mvx', 'mvx'],
  ['route', 'route'],
  ['funding_source', 'funding_source'],
  ['completion_status', 'completion_status'],
  ['refusal_reason', 'refusal_reason'],
];

/** The doses of made-up histories as lines of a file, and the patients that they need: at each site, under one name. */
function writeHistories(patients: number, seed: number): { patients: string; lines: string[] } {
  const persons: string[] = [];
  const lines: string[] = [];
  let number = 0;
  for (const { records } of makeHistories({ seed, patients })) {
    const name = [...String(1000 + number++)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
    const sites = new Set(records.map(({ row }) => row[DOSE.site_id]!));
    for (const site of sites) persons.push(`${site}|${number}|Smith${name}|Anna|19300115|F`);
    lines.push(...records.map((record) => lineOf(record, number)));
  }
  return { patients: miis('facility_id|patient_id|last_name|first_name|birth_date|sex', ...persons), lines };
}

function lineOf({ row }: TrueRecord, patient: number): string {
  return [patient, ...FIELDS.map(([, field]) => cellOf(row, field))].join('|');
}

function cellOf(row: Row, field: ImmunizationField): string {
  const value = row[DOSE[field]] ?? '';
  return field === 'administered_on' ? value.replaceAll('-', '') : value;
}

const fileOf = (lines: readonly string[]): string =>
  miis(['patient_id', ...FIELDS.map(([name]) => name)].join('|'), ...lines);

function shuffle(lines: readonly string[], seed: number): string[] {
  const random = new Random(seed);
  const shuffled = [...lines];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}

/** What the doses say and are made of, without the ids that the records gave them, which are a matter of order. */
function dosesIn(sandbox: Sandbox, database?: string): unknown {
  const { immunizations, immunizationParts } = contentOf(sandbox, database);
  const anonymous = (row: TableRow): string => {
    const record = typeof row['record'] === 'string' ? (JSON.parse(row['record']) as TableRow) : {};
    const without = { source_immunization_id: null, site_id: null };
    return JSON.stringify({ ...row, ...without, record: { ...record, ...without } });
  };
  return [immunizations!.map(anonymous).sort(), [...new Set(immunizationParts!.map(anonymous))].sort()];
}

/** Each record stands once in the tables: as the dose that it made, or as the duplicate of one that is there. */
function requireAllRecords(sandbox: Sandbox, records: number, database?: string): void {
  const places = sandbox.query(
    `SELECT file_id, line FROM doses UNION ALL
     SELECT d.file_id, d.line FROM immunization_duplicates d JOIN immunizations i ON i.id = d.immunization_id`,
    database,
  );
  expect(new Set(places.map(({ file_id, line }) => `${file_id}/${line}`)).size).toBe(records);
  expect(places).toHaveLength(records);
  // The parts that duplicates name are there, and each part is that of a record.
  const unknown = sandbox.query(
    `SELECT 1 FROM immunization_duplicates d WHERE part >= max(1, (SELECT count(*) FROM immunization_parts p WHERE p.immunization_id = d.immunization_id))`,
    database,
  );
  expect(unknown).toEqual([]);
}

describe('histories of several sites', () => {
  const { patients, lines } = writeHistories(40, 31);

  test('give the same doses in one file, in two, in two runs, in any order', async () => {
    using sandbox = new Sandbox();
    const input = { 'p.txt': patients };
    await sandbox.load({ patients: input, immunizations: { 'd.txt': fileOf(lines) } });
    requireAllRecords(sandbox, lines.length);
    const whole = dosesIn(sandbox);

    const shuffled = shuffle(lines, 1);
    const half = Math.floor(lines.length / 2);
    const [first, second] = [shuffled.slice(0, half), shuffled.slice(half)];
    const check = (database: string): void => {
      requireAllRecords(sandbox, lines.length, database);
      expect(dosesIn(sandbox, database)).toEqual(whole);
    };
    // A history goes on from block to block, and from one transaction to the next.
    const blocks = sandbox.path('blocks.db');
    const sizes = { batchRows: 3, blockBytes: 300, chunkBytes: 170 };
    await sandbox.load({ patients: input, immunizations: { 'd.txt': fileOf(lines) }, database: blocks, sizes });
    check(blocks);
    // Patients are sorted when too many doses come late, and held back when few do.
    for (const sizes of [{}, { batchRows: 7, sortCharacters: 2_000 }]) {
      const files = sandbox.path(`files-${sizes.batchRows}.db`);
      const both = { 'a.txt': fileOf(first), 'b.txt': fileOf(second) };
      await sandbox.load({ patients: input, immunizations: both, database: files, sizes });
      check(files);
    }
    const runs = sandbox.path('runs.db');
    await sandbox.load({ patients: input, immunizations: { 'a.txt': fileOf(first) }, database: runs });
    const { doses: counts } = await sandbox.load({ immunizations: { 'b.txt': fileOf(second) }, database: runs });
    expect(counts.merged).toBeGreaterThan(100);
    check(runs);
    const many = sandbox.path('many.db');
    await sandbox.load({ patients: input, database: many });
    for (let start = 0; start < shuffled.length; start += 150) {
      const part = { 'c.txt': fileOf(shuffled.slice(start, start + 150)) };
      await sandbox.load({ immunizations: part, database: many });
    }
    check(many);
  });

  test('change nothing when they come again', async () => {
    using sandbox = new Sandbox();
    const shuffled = shuffle(lines, 2);
    const half = Math.floor(lines.length / 2);
    await sandbox.load({
      patients: { 'p.txt': patients },
      immunizations: { 'a.txt': fileOf(shuffled.slice(0, half)) },
    });
    await sandbox.load({ immunizations: { 'b.txt': fileOf(shuffled.slice(half)) } });
    const before = dosesIn(sandbox);
    const { totals } = await sandbox.load({ immunizations: { 'c.txt': fileOf(lines) } });
    expect([totals.immunization.loaded, totals.immunization.merged]).toEqual([0, 0]);
    expect(dosesIn(sandbox)).toEqual(before);
  });

  test('are taken back, with all that they changed of doses that were there', async () => {
    using sandbox = new Sandbox();
    const shuffled = shuffle(lines, 3);
    const half = Math.floor(lines.length / 2);
    await sandbox.load({
      patients: { 'p.txt': patients },
      immunizations: { 'a.txt': fileOf(shuffled.slice(0, half)) },
    });
    const tables = ['doses', 'immunizations', 'immunization_parts', 'immunization_duplicates', 'before_images'];
    const snapshot = (): unknown => tables.map((table) => sandbox.query(`SELECT * FROM ${table} ORDER BY id`));
    const before = snapshot();
    const next = fileOf([...shuffled.slice(half), '1|S1|x|03|nonsense']);
    const failing = sandbox.load({
      immunizations: { 'b.txt': next },
      rejectLimit: { count: 0 },
      sizes: { batchRows: 20, blockBytes: 500, chunkBytes: 500 },
    });
    await expect(failing).rejects.toThrow('more than 0 records are rejected');
    expect(snapshot()).toEqual(before);
    // And then they are loaded as if nothing had been.
    await sandbox.load({ immunizations: { 'b.txt': fileOf(shuffled.slice(half)) } });
    requireAllRecords(sandbox, lines.length);
  });

  test('are told of by a dry run as by a load', async () => {
    using sandbox = new Sandbox();
    const shuffled = shuffle(lines, 4);
    const half = Math.floor(lines.length / 2);
    await sandbox.load({
      patients: { 'p.txt': patients },
      immunizations: { 'a.txt': fileOf(shuffled.slice(0, half)) },
    });
    const second = { immunizations: { 'b.txt': fileOf(shuffled.slice(half)) } };
    const dry = await sandbox.load({ ...second, mode: 'dry-run' });
    const real = await sandbox.load(second);
    expect(dry.doses).toEqual(real.doses);
    expect(await sandbox.report(dry.folder, 'issues.csv')).toEqual(await sandbox.report(real.folder, 'issues.csv'));
    // Only what is in the registry has a number.
    const [told, kept] = [
      await sandbox.report(dry.folder, 'review.csv'),
      await sandbox.report(real.folder, 'review.csv'),
    ];
    expect(told).toEqual(kept.map((pair) => ({ ...pair, review: '' })));
    expect(kept.map(({ review }) => Number(review))).toEqual(
      sandbox.query('SELECT id FROM match_reviews WHERE run_id = 2 ORDER BY id').map(({ id }) => id),
    );
  });
});
