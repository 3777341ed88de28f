/** Reject files: the original bytes, why they were rejected, and ready to be loaded again. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ISSUE_CODES, type IssueCode } from '../../src/core/catalogue.js';
import type { DelimitedLayout, Layout, Spec } from '../../src/core/spec.js';
import { type Reject, RejectFile, type RejectLayout } from '../../src/files/rejects.js';
import { ReportFolder } from '../../src/files/reports.js';
import { Dirt } from '../support/dirt.js';
import { GRITS, MIIS } from '../support/fixtures.js';
import { miis, Sandbox } from '../support/sandbox.js';
import { writeSubmission } from '../support/submission.js';

const MIIS_LAYOUT = MIIS.layouts.patient as DelimitedLayout;
const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

/** Writes rejects of an input, and gives the files they became. */
async function reject(
  input: Partial<RejectLayout>,
  rejects: readonly Partial<Reject>[],
): Promise<Record<string, Buffer>> {
  using sandbox = new Sandbox();
  const folder = ReportFolder.create(sandbox.path('out'));
  const file = new RejectFile(folder, 'p.txt', {
    name: 'p.txt',
    layout: MIIS_LAYOUT,
    encoding: null,
    headerBytes: null,
    byteOrderMark: false,
    lineEnd: '\n',
    ...input,
  });
  for (const [i, each] of rejects.entries()) {
    await file.add({ bytes: bytes(`row ${i}`), record: i + 1, line: i + 2, codes: ['zip-invalid'], ...each });
  }
  await file.close();
  expect(file.count).toBe(rejects.length);
  folder.finish(sandbox.path('out'));
  return Object.fromEntries(sandbox.files().map((name) => [name, readFileSync(sandbox.path(name))]));
}

/** The reject file of one input as text. */
async function rejectText(input: Partial<RejectLayout>, rejects: readonly Partial<Reject>[]): Promise<string> {
  return (await reject(input, rejects))['out/rejects/p.txt']!.toString('utf8');
}

describe('a reject file', () => {
  test('is not made when nothing is rejected', async () => {
    expect(await reject({}, [])).toEqual({});
  });

  test.each([
    ['\n', false],
    ['\r\n', true],
    ['\r', false],
  ])('has header, byte order mark and line end (%j) of its input', async (lineEnd, byteOrderMark) => {
    const text = await rejectText({ headerBytes: bytes('id|Name'), lineEnd, byteOrderMark }, [{}, {}]);
    const lines = text.split(lineEnd);
    expect(lines[0]).toBe(`${byteOrderMark ? '\ufeff' : ''}id|Name|immload_codes|immload_fix|immload_origin`);
    expect(lines[1]).toMatch(/^row 0\|zip-invalid\|[^|]+\|immload:p\.txt:1:2$/);
    expect(lines[2]).toMatch(/^row 1\|zip-invalid\|[^|]+\|immload:p\.txt:2:3$/);
    expect(lines.slice(3)).toEqual(['']);
  });

  test('holds the very bytes of its records, quotes, line breaks and other encodings included', async () => {
    const records = [
      bytes('"O""Hara|x"|"12 Oak St\r\nApt 2"|'),
      Uint8Array.of(0x4a, 0x6f, 0x73, 0xe9, 0x7c, 0x92),
      bytes('"never closed|x'),
      bytes('||'),
    ];
    const files = await reject(
      {},
      records.map((each) => ({ bytes: each })),
    );
    let rest = files['out/rejects/p.txt']!;
    for (const record of records) {
      expect(Buffer.compare(rest.subarray(0, record.length), record)).toBe(0);
      expect(rest.subarray(record.length, record.length + 13).toString()).toBe('|zip-invalid|');
      rest = rest.subarray(rest.indexOf('\n', record.length) + 1);
    }
    expect(rest).toHaveLength(0);
  });

  test('names every code of a record, and each fix once', async () => {
    const codes: IssueCode[] = ['birth-date-invalid', 'birth-date-missing', 'birth-date-invalid'];
    const text = await rejectText({}, [{ codes }]);
    const [, listed, fix] = text.split('|');
    expect(listed).toBe(codes.join(' '));
    expect(new Set(fix!.split(' / ')).size).toBe(fix!.split(' / ').length);
  });

  test.each(['|', ',', ';', '\t', '~', '^', '#'])(
    'says why in cells that neither %j nor a quote can break',
    async (delimiter) => {
      const layout: Layout = { ...MIIS_LAYOUT, delimiter };
      const text = await rejectText(
        { layout, name: 'it"s,;|a\nname.txt' },
        ISSUE_CODES.map((code) => ({ codes: [code] })),
      );
      const lines = text.trimEnd().split('\n');
      expect(lines).toHaveLength(ISSUE_CODES.length);
      for (const line of lines) {
        expect(line).toMatch(/^[\t\x20-\x7e]+$/);
        const cells = line.split(delimiter);
        expect(cells).toHaveLength(4);
        for (const cell of cells) expect(cell).not.toMatch(/"|^'/);
      }
    },
  );

  test('of a reject file keeps the first origin, gives new reasons, and adds no columns twice', async () => {
    const columns = '|immload_codes|immload_fix|immload_origin';
    const first = await rejectText({ headerBytes: bytes('id|Name') }, [{ bytes: bytes('1|'), record: 7, line: 9 }]);
    const [header, record] = first.trimEnd().split('\n') as [string, string];
    expect(header).toBe(`id|Name${columns}`);
    const second = await rejectText({ name: 'again.txt', headerBytes: bytes(header) }, [
      { bytes: bytes(record), codes: ['last-name-missing'] },
      { bytes: bytes('2|new to the file') },
    ]);
    const lines = second.trimEnd().split('\n');
    expect(lines[0]).toBe(`id|Name${columns}`);
    expect(lines[1]).toMatch(/^1\|\|last-name-missing\|[^|]+\|immload:p\.txt:7:9$/);
    expect(lines[2]).toMatch(/^2\|new to the file\|zip-invalid\|[^|]+\|immload:again\.txt:2:3$/);
  });

  test.each([
    ['a record of three fields', 'a|b|c'],
    ['a record of fewer fields than the columns of a reject', 'a|b'],
    ['a record without delimiters', 'a'],
    ['a record whose last fields are blank', 'a|b|||'],
    ['a record that ends with another program’s origin', 'a|b|c|other:p.txt:1:2'],
  ])('takes nothing from %s, which has no origin', async (_, record) => {
    expect(await rejectText({}, [{ bytes: bytes(record) }])).toMatch(
      new RegExp(`^${record.replaceAll('|', '\\|')}\\|zip-invalid\\|`),
    );
  });
});

describe('a reject file of fixed width', () => {
  const layout = GRITS.layouts.patient;

  test('holds the records alone, and a file beside it says why', async () => {
    const records = [`${'x'.repeat(585)}`, 'short', ' '];
    const files = await reject(
      { layout, lineEnd: '\r\n' },
      records.map((record, i) => ({
        bytes: bytes(record),
        record: i * 3 + 1,
        line: i * 3 + 1,
        codes: ['last-name-missing', 'zip-invalid'],
      })),
    );
    expect(files['out/rejects/p.txt']!.toString()).toBe(records.map((record) => `${record}\r\n`).join(''));
    const why = files['out/rejects/p.txt.why.csv']!.toString().trimEnd().split('\n');
    expect(why[0]).toBe('record,line,codes,fix');
    expect(why.slice(1).map((line) => line.split(',').slice(0, 3))).toEqual(
      [1, 4, 7].map((place) => [String(place), String(place), 'last-name-missing zip-invalid']),
    );
  });
});

test('a reject file of records that end in a delimiter loads without a header, too', async () => {
  using sandbox = new Sandbox();
  const spec: Spec = { ...MIIS, layouts: { ...MIIS.layouts, patient: { ...MIIS_LAYOUT, header: 'absent' } } };
  const line = (id: string, born: string): string => {
    const values: Record<string, string> = {
      site_id: 'F1',
      source_patient_id: id,
      last_name: 'Smith',
      birth_date: born,
    };
    return `${MIIS_LAYOUT.fields.map(({ field }) => values[field ?? ''] ?? '').join('|')}|`;
  };
  const input = [line('1', '20150504'), line('2', '20151304'), line('3', '20150504')].join('\n');
  const first = await sandbox.load({ spec, patients: { 'p.txt': input } });
  expect(first.totals.patient).toMatchObject({ loaded: 2, rejected: 1 });
  const rejects = readFileSync(`${first.folder}/rejects/p.txt`, 'utf8');
  const second = await sandbox.load({ spec, patients: { 'p.txt': rejects.replace('20151304', '20151204') } });
  expect(second.totals.patient).toMatchObject({ records: 1, loaded: 1 });
});

describe('a reject file that is loaded as it is', () => {
  const miisLike = (id: string, changes: Partial<DelimitedLayout>): Spec => ({
    ...MIIS,
    id,
    layouts: {
      patient: { ...MIIS_LAYOUT, ...changes },
      immunization: { ...(MIIS.layouts.immunization as DelimitedLayout), ...changes },
    },
  });
  const BARE = miisLike('bare', { header: 'absent' });
  const SINGLE = miisLike('single-quotes', { quote: "'" });
  const ESCAPING = miisLike('escaping', { escape: '\\' });
  const UNQUOTED = miisLike('unquoted', { escape: '\\', quote: null, header: 'absent' });
  const fileNames = ['p.txt', 'd.txt'];

  test.each([
    ['with a header', MIIS, 1],
    ['with a header', MIIS, 2],
    ['without a header', BARE, 3],
    ['with other quotes', SINGLE, 4],
    ['in fixed width', GRITS, 5],
    ['with an escape', ESCAPING, 6],
    ['with records that may lack columns', miisLike('loose', { shortRows: 'pad', longRows: 'cut' }), 8],
    [
      'with records that may lack columns, without header',
      miisLike('loose', { shortRows: 'pad', header: 'absent' }),
      9,
    ],
    ['with an escape and no quotes', UNQUOTED, 7],
  ])('%s comes back byte for byte', async (_, spec, seed) => {
    using sandbox = new Sandbox();
    const paths = { patients: sandbox.path('p.txt'), immunizations: sandbox.path('d.txt') };
    const dirt = new Dirt(spec, { seed, errors: 0.3, remarks: 0.2, duplicates: 0 });
    writeSubmission({ patients: 120, dosesPerPatient: 6, seed }, spec, paths, dirt);
    const first = await sandbox.load({
      spec,
      patients: [paths.patients],
      immunizations: [paths.immunizations],
      site: 'MA1234',
    });
    const [patients, immunizations] = fileNames.map((name) => `${first.folder}/rejects/${name}`) as [string, string];
    const second = await sandbox.load({ spec, patients: [patients], immunizations: [immunizations], site: 'MA1234' });
    expect(first.totals.patient.rejected).toBeGreaterThan(10);
    expect(first.totals.immunization.rejected).toBeGreaterThan(50);
    for (const role of ['patient', 'immunization'] as const) {
      expect(second.totals[role]).toMatchObject({
        records: first.totals[role].rejected,
        rejected: first.totals[role].rejected,
      });
    }
    for (const name of fileNames) {
      expect(readFileSync(`${second.folder}/rejects/${name}`, 'latin1')).toBe(
        readFileSync(`${first.folder}/rejects/${name}`, 'latin1'),
      );
      expect(existsSync(`${second.folder}/rejects/${name}.why.csv`)).toBe(spec === GRITS);
    }
  });

  test('loads once it is corrected, also where records end in a delimiter and lines are quoted', async () => {
    using sandbox = new Sandbox();
    const columns = 'facility_id|patient_id|last_name|first_name|birth_date|street|';
    const first = await sandbox.load({
      patients: {
        'p.txt': `\ufeff${miis(columns, 'F1|1|Smith|Anna|20150504|x|', 'F1|2|Jones|Ben|20151304|"1 Oak St\nApt ""B"""|', 'F1|3||Carl|20150504||').replaceAll('\n', '\r\n')}`,
      },
    });
    expect(first.totals.patient).toMatchObject({ loaded: 1, rejected: 2 });
    const path = `${first.folder}/rejects/p.txt`;
    const corrected = readFileSync(path, 'utf8').replace('20151304', '20151204').replace('F1|3||', 'F1|3|Brown|');
    const second = await sandbox.load({ patients: { 'corrected.txt': corrected } });
    expect(second.totals.patient).toMatchObject({ records: 2, loaded: 2 });
    expect(sandbox.query('SELECT last_name, birth_date, street FROM patients ORDER BY id')).toEqual([
      { last_name: 'Smith', birth_date: '2015-05-04', street: 'x' },
      { last_name: 'Jones', birth_date: '2015-12-04', street: expect.stringContaining('Apt "B"') },
      { last_name: 'Brown', birth_date: '2015-05-04', street: null },
    ]);
  });
});
