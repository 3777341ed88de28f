/** Files with lines that are no records: titles, comments, header and trailer records. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Framing } from '../../src/core/framing.js';
import type { Spec } from '../../src/core/spec.js';
import { InputError } from '../../src/files/input-error.js';
import { utf16 } from '../support/encodings.js';
import { GRITS, MIIS } from '../support/fixtures.js';
import { FAULTLESS, writeRecord } from '../support/records.js';
import { miis, Sandbox } from '../support/sandbox.js';

function framed(spec: Spec, patient: Framing, immunization: Framing = {}): Spec {
  const { layouts } = spec;
  return {
    ...spec,
    layouts: {
      patient: { ...layouts.patient, ...patient },
      immunization: { ...layouts.immunization, ...immunization },
    },
  };
}

const FRAMED = framed(
  MIIS,
  {
    comments: '#',
    headerRecord: { tag: 'H' },
    trailerRecord: { tag: 'T', totals: [{ counts: 'records', field: 2 }] },
  },
  { trailerRecord: { tag: 'T', totals: [{ counts: 'immunizations', field: 3 }] } },
);
const COLUMNS = 'facility_id|patient_id|last_name|first_name|birth_date';
const ANNA = 'F1|1|Smith|Anna|20150504';
const BEN = 'F1|2|Jones|Ben|20160612';
const NOBODY = 'F1|3||Carl|20150504';
const lines = (...rows: string[]): string => `${rows.join('\r\n')}\r\n`;

/** The issues of a report as `line code`, those of the file as a whole without a line. */
async function issuesOf(sandbox: Sandbox, folder: string): Promise<string[]> {
  const issues = await sandbox.report(folder, 'issues.csv');
  return issues.map(({ line, code }) => `${line} ${code}`.trim());
}

test('records keep their numbers, lines and offsets', async () => {
  using sandbox = new Sandbox();
  const rows = ['H|F1', 'Our patients||||', '', COLUMNS, '# first', ANNA, '# second', NOBODY, BEN, 'T|3'];
  for (const text of [lines(...rows), `\ufeff${lines(...rows)}`]) {
    for (const content of [text, utf16(text)]) {
      const { folder, files } = await sandbox.load({
        mode: 'validate',
        spec: FRAMED,
        patients: { 'p.txt': content },
        sizes: { chunkBytes: 3, blockBytes: 10 },
      });
      const [file] = await sandbox
        .report(folder, 'issues.csv')
        .then((all) => all.filter(({ record }) => record !== ''));
      const unit = content === text ? 1 : 2;
      const offset = Buffer.byteLength(text.slice(0, text.indexOf(NOBODY))) * unit;
      // The byte order mark has three bytes in UTF-8 and two in UTF-16.
      expect(file).toMatchObject({ record: '2', line: '8', code: 'last-name-missing' });
      expect(Number(file!['byte_offset'])).toBe(content === text || !text.startsWith('\ufeff') ? offset : offset - 4);
      expect((await issuesOf(sandbox, folder)).sort()).toEqual([
        '8 last-name-missing',
        'comments-skipped',
        'title-rows-skipped',
      ]);
      expect(files[0]).toMatchObject({
        records: 3,
        rejected: 1,
        set_apart: { titles: 1, comments: 2, headers: 1, trailers: 1 },
      });
    }
  }
});

test('of a file without such lines, nothing is said', async () => {
  using sandbox = new Sandbox();
  const { files } = await sandbox.load({ patients: { 'p.txt': miis(COLUMNS, ANNA) } });
  expect(files[0]).not.toHaveProperty('set_apart');
});

describe('a file that was cut short, or of which a record was lost', () => {
  const cut = lines('H|F1', COLUMNS, ANNA, BEN);
  const lost = lines('H|F1', COLUMNS, ANNA, 'T|2');
  const doses = lines('facility_id|patient_id|cvx|admin_date', 'F1|1|03|20160505', 'T||7');

  test.each([
    ['cut', { patients: { 'p.txt': cut } }, /p\.txt: records that no trailer record follows: 2; nothing was loaded\. Get the file sent again/],
    ['lost', { patients: { 'p.txt': lost } }, /p\.txt: control total in line 4: 2 records, but 1 were read; nothing was loaded\. Get/],
    ['doses', { patients: { 'p.txt': lines('H', COLUMNS, ANNA, 'T|1') }, immunizations: { 'd.txt': doses } }, /d\.txt: control total in line 3: 7 doses, but 1 were read/],
  ])('is refused, and nothing of it stays behind: %s', async (_, files, message) => {
    using sandbox = new Sandbox();
    const report = sandbox.path('report');
    const loading = sandbox.load({ spec: FRAMED, ...files, report });
    await expect(loading).rejects.toThrow(InputError);
    await expect(loading).rejects.toThrow(message);
    expect(sandbox.query('SELECT count(*) AS n FROM patients')).toEqual([{ n: 0 }]);
    expect(sandbox.query('SELECT count(*) AS n FROM immunizations')).toEqual([{ n: 0 }]);
    expect(sandbox.query('SELECT status FROM runs')).toEqual([{ status: 'failed' }]);
    expect(existsSync(report)).toBe(false);
  }); // biome-ignore format: a table

  test.each(['validate', 'dry-run'] as const)('is told with all else that is found: %s', async (mode) => {
    using sandbox = new Sandbox();
    const { folder, issues } = await sandbox.load({
      mode,
      spec: FRAMED,
      patients: { 'p.txt': lines('H', COLUMNS, NOBODY, 'T|5', ANNA) },
    });
    expect(Object.keys(issues)).toEqual(['control-total-wrong', 'last-name-missing', 'trailer-missing']);
    expect(issues['control-total-wrong']).toMatchObject({ severity: 'error', count: 1 });
    expect(readFileSync(join(folder, 'rejects/p.txt'), 'utf8')).toContain(NOBODY);
  });

  test('is loaded where the specification says that this is no error', async () => {
    using sandbox = new Sandbox();
    const spec: Spec = { ...FRAMED, severities: { 'trailer-missing': 'warning' } };
    const { issues, files } = await sandbox.load({ spec, patients: { 'p.txt': cut } });
    expect(files[0]).toMatchObject({ records: 2, loaded: 2 });
    expect(issues['trailer-missing']).toMatchObject({ severity: 'warning', count: 1 });
  });
});

test('files that were joined are read as one, each with its own totals', async () => {
  using sandbox = new Sandbox();
  const parts = [lines('H', COLUMNS, ANNA, 'T|1'), lines('\ufeffH', COLUMNS, BEN, 'T|1')];
  // The second header is a record, and none to be loaded.
  const { files, folder } = await sandbox.load({ spec: FRAMED, patients: { 'p.txt': parts.join('') } });
  expect(files[0]).toMatchObject({ records: 3, loaded: 2, skipped: 1, set_apart: { headers: 2, trailers: 2 } });
  expect(await issuesOf(sandbox, folder)).toEqual(['6 header-repeated']);
});

describe('the reject file of a framed input', () => {
  test('loads as it is, and once it is corrected', async () => {
    using sandbox = new Sandbox();
    const input = lines('H|F1', COLUMNS, ANNA, NOBODY, 'T|2');
    const first = await sandbox.load({ spec: FRAMED, patients: { 'p.txt': input } });
    const rejects = readFileSync(join(first.folder, 'rejects/p.txt'), 'utf8');
    expect(rejects.split('\r\n').map((line) => line.split('|').slice(0, 3).join('|'))).toEqual([
      'immload:rejects',
      'facility_id|patient_id|last_name',
      'F1|3|',
      '',
    ]);
    const again = await sandbox.load({ spec: FRAMED, patients: { 'p.txt': rejects } });
    expect(again.files[0]).toMatchObject({ records: 1, rejected: 1 });
    expect(readFileSync(join(again.folder, 'rejects/p.txt'), 'utf8')).toBe(rejects);
    const corrected = rejects.replace('F1|3||', 'F1|3|Brown|');
    const second = await sandbox.load({ spec: FRAMED, patients: { 'p.txt': corrected } });
    expect(second.files[0]).toMatchObject({ records: 1, loaded: 1 });
    expect(await issuesOf(sandbox, second.folder)).toEqual([]);
  });

  test('loads in fixed width, too, where nothing else says what it is', async () => {
    using sandbox = new Sandbox();
    const trailer: Framing = { trailerRecord: { prefix: 'TRL', totals: [{ counts: 'records', start: 4, width: 6 }] } };
    const spec = framed(GRITS, trailer, trailer);
    const row = (values: object): string =>
      writeRecord({ ...FAULTLESS[GRITS.id]!.patient, ...values }, 'patient', GRITS);
    const input = lines(row({}), row({ source_patient_id: '2', last_name: '' }), 'TRL000002');
    const first = await sandbox.load({ spec, site: 'GA001', patients: { 'p.txt': input } });
    expect(first.files[0]).toMatchObject({ loaded: 1, rejected: 1 });
    const rejects = readFileSync(join(first.folder, 'rejects/p.txt'), 'utf8');
    expect(rejects).toMatch(/^immload:rejects\r\n2 {23}A/);
    const again = await sandbox.load({ spec, site: 'GA001', files: { 'p.txt': rejects } });
    expect(again.files[0]).toMatchObject({ role: 'patient', records: 1, rejected: 1 });
    expect(readFileSync(join(again.folder, 'rejects/p.txt'), 'utf8')).toBe(rejects);
  });

  test('has no mark where none is needed', async () => {
    using sandbox = new Sandbox();
    const spec = framed(MIIS, { comments: '#', trailerRecord: { tag: 'T', use: 'optional' } });
    const { folder } = await sandbox.load({ spec, patients: { 'p.txt': lines(COLUMNS, ANNA, NOBODY) } });
    expect(readFileSync(join(folder, 'rejects/p.txt'), 'utf8')).toMatch(/^facility_id/);
  });
});
