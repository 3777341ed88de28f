/** Files in other encodings, and packed ones: what is loaded, what is said of it, and what comes back. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FileEncoding } from '../../src/core/read/decode.js';
import { readRecordText } from '../../src/core/read/fields.js';
import type { FixedLayout, Spec } from '../../src/core/spec.js';
import { Dirt } from '../support/dirt.js';
import { latin1, utf16 } from '../support/encodings.js';
import { GRITS, MIIS } from '../support/fixtures.js';
import { FAULTLESS, writeRecord } from '../support/records.js';
import { contentOf, miis, Sandbox } from '../support/sandbox.js';
import { writeSubmission } from '../support/submission.js';
import { zip } from '../support/zip.js';

const PATIENT_COLUMNS = 'facility_id|patient_id|last_name|first_name|birth_date|sex|city';
const DOSE_COLUMNS = 'facility_id|patient_id|cvx|admin_date';
const ANNA = 'F1|1|Núñez|Anna|20150504|F|Cañon';

/** A clinic with every kind of dirt, in UTF-8 as a whole. */
function writeClinic(sandbox: Sandbox): { patients: string; immunizations: string } {
  const paths = { patients: sandbox.path('p.txt'), immunizations: sandbox.path('d.txt') };
  const dirt = new Dirt(MIIS, { seed: 3, errors: 0.1, remarks: 0.3, duplicates: 0.1 });
  writeSubmission({ seed: 4, patients: 120, dosesPerPatient: 5 }, MIIS, paths, dirt);
  const textOf = (path: string): string => {
    const lines = readFileSync(path, 'latin1').split('\n');
    return lines.map((line) => readRecordText(latin1(line), 0, line.length, null).text).join('\n');
  };
  // Of one id for two persons, which is found late, and of names that are not ASCII.
  const patients = `${textOf(paths.patients)}${Array.from({ length: 30 }, (_, i) => conflict(i)).join('')}`;
  return { patients, immunizations: textOf(paths.immunizations) };
}

function conflict(i: number): string {
  const cells = MIIS.layouts.patient.fields.map(({ field }) => {
    const values: Record<string, string> = {
      site_id: 'F1',
      source_patient_id: `C${i % 15}`,
      last_name: `Żółw${i}`,
      first_name: 'Łucja',
      birth_date: `20${10 + (i % 10)}0504`,
    };
    return values[field ?? ''] ?? '';
  });
  return `${cells.join('|')}\n`;
}

describe('one clinic', () => {
  type Files = Readonly<Record<string, Uint8Array>>;
  interface Way {
    readonly files: (p: string, d: string) => Files;
    readonly paths?: readonly [string, string];
    readonly encoding?: FileEncoding;
    readonly as?: FileEncoding;
  }
  const bytes = (text: string): Buffer => Buffer.from(text);
  const WAYS: Readonly<Record<string, Way>> = {
    'in UTF-16LE': { files: (p, d) => ({ 'p.txt': utf16(`\ufeff${p}`), 'd.txt': utf16(`\ufeff${d}`) }), as: 'utf-16le' },
    'in UTF-16BE': { files: (p, d) => ({ 'p.txt': utf16(`\ufeff${p}`, 'utf-16be'), 'd.txt': utf16(`\ufeff${d}`, 'utf-16be') }), as: 'utf-16be' },
    'in UTF-16LE without a mark': { files: (p, d) => ({ 'p.txt': utf16(p), 'd.txt': utf16(d) }), as: 'utf-16le' },
    'in UTF-16BE that is said to be so': { files: (p, d) => ({ 'p.txt': utf16(p, 'utf-16be'), 'd.txt': utf16(d, 'utf-16be') }), encoding: 'utf-16be', as: 'utf-16be' },
    'in gzip': { files: (p, d) => ({ 'p.txt.gz': gzipSync(bytes(p)), 'd.txt.gz': gzipSync(bytes(d)) }), paths: ['p.txt.gz', 'd.txt.gz'] },
    'in UTF-16 in gzip': { files: (p, d) => ({ 'p.txt.gz': gzipSync(utf16(p)), 'd.txt.gz': gzipSync(utf16(d)) }), paths: ['p.txt.gz', 'd.txt.gz'], as: 'utf-16le' },
    'in two archives': { files: (p, d) => ({ 'p.zip': zip([{ name: 'p.txt', content: p }]), 'd.zip': zip([{ name: 'd.txt', content: d, stored: true }]) }), paths: ['p.zip', 'd.zip'] },
    'in one archive': { files: (p, d) => ({ 'both.zip': zip([{ name: 'd.txt', content: d }, { name: 'p.txt', content: p }]) }), paths: ['both.zip#p.txt', 'both.zip#d.txt'] },
    'in UTF-16 in one archive': { files: (p, d) => ({ 'both.zip': zip([{ name: 'p.txt', content: utf16(p) }, { name: 'd.txt', content: utf16(d) }]) }), paths: ['both.zip#p.txt', 'both.zip#d.txt'], as: 'utf-16le' },
  }; // biome-ignore format: a table

  test.each(Object.entries(WAYS))('%s gives the registry and the rejects that it gives in UTF-8', async (_, way) => {
    using sandbox = new Sandbox();
    const { patients, immunizations } = writeClinic(sandbox);
    const plain = await sandbox.load({ patients: { 'p.txt': patients }, immunizations: { 'd.txt': immunizations } });
    // Found when all patients were read, so that their bytes must be read again.
    expect(plain.issues['patient-id-conflict']!.count).toBeGreaterThan(20);

    for (const [name, content] of Object.entries(way.files(patients, immunizations))) sandbox.write(name, content);
    const paths = way.paths ?? ['p.txt', 'd.txt'];
    const [p, d] = paths.map((path) => sandbox.path(path)) as [string, string];
    const database = sandbox.path('other.db');
    const sizes = { chunkBytes: 5000, blockBytes: 3000 };
    const encoding = way.encoding ?? null;
    const other = await sandbox.load({ patients: [p], immunizations: [d], database, sizes, encoding });

    expect(contentOf(sandbox, database)).toEqual(contentOf(sandbox));
    const container = paths[0] === 'p.txt' ? null : paths[0].replace(/#.*/, '');
    expect(other.files[0]).toMatchObject({ name: 'p.txt', container, encoding: way.as ?? 'utf-8', rejects: 'rejects/p.txt' });
    for (const name of ['p.txt', 'd.txt']) {
      const expected = readFileSync(join(plain.folder, 'rejects', name), 'utf8');
      const mark = way.files('', '')[name]?.length === 2 ? '\ufeff' : '';
      const rejects = readFileSync(join(other.folder, 'rejects', name));
      const text = way.as === 'utf-16be' ? rejects.swap16().toString('utf16le') : rejects.toString(way.as === 'utf-16le' ? 'utf16le' : 'utf8');
      expect(text).toBe(mark + expected);
    }
    // And so do its issues, but for the places in bytes.
    const issues = async (folder: string): Promise<unknown[]> =>
      (await sandbox.report(folder, 'issues.csv')).map((row) => ({ ...row, byte_offset: '' }));
    expect(await issues(other.folder)).toEqual(await issues(plain.folder));

    // The same files again are known, and nothing else is.
    const again = await sandbox.load({ patients: [p], database, encoding });
    expect(again.files[0]!.loaded_before).toMatchObject({ run: 1 });
    expect(again.totals.patient).toMatchObject({ loaded: 0, merged: 0 });
    expect(readdirSync(join(again.folder, 'rejects'))).toEqual(['p.txt']);
  }); // biome-ignore format: a table
});

test('the files of an archive are told apart when they come again', async () => {
  using sandbox = new Sandbox();
  const archive = sandbox.write('both.zip', zip([
    { name: 'a.txt', content: miis(PATIENT_COLUMNS, ANNA) },
    { name: 'b.txt', content: miis(PATIENT_COLUMNS, 'F1|2|Osei|Kwame|20120611|M|Lynn') },
  ])); // biome-ignore format: a list
  await sandbox.load({ patients: [`${archive}#a.txt`] });
  const summary = await sandbox.load({ patients: [`${archive}#b.txt`, `${archive}#a.txt`] });
  expect(summary.files.map(({ loaded_before }) => loaded_before?.run)).toEqual([undefined, 1]);
});

describe('the places in issues.csv', () => {
  test('are those in the bytes of a UTF-16 file, and in the unpacked bytes of a packed one', async () => {
    const street = fc.string({ unit: fc.constantFrom('a', ' ', '"', '\n', 'é', '中', '😀', '\ud83d'), maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(street, { minLength: 1, maxLength: 9 }),
        fc.constantFrom<FileEncoding>('utf-16le', 'utf-16be'),
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 1, max: 90 }),
        async (streets, order, mark, packed, size) => {
          using sandbox = new Sandbox();
          const rows = streets.map((each, i) => `F1|${i + 1}||Anna|2015|F|"${each.replaceAll('"', '""')}"`);
          const encode = (text: string): Buffer => utf16(text, order as 'utf-16le');
          const bytes = encode((mark ? '\ufeff' : '') + miis(PATIENT_COLUMNS, ...rows));
          const { folder } = await sandbox.load({
            mode: 'validate',
            patients: packed ? { 'p.gz': gzipSync(bytes) } : { 'p.txt': bytes },
            sizes: { chunkBytes: size, blockBytes: size },
            encoding: order,
          });
          const issues = (await sandbox.report(folder, 'issues.csv')).filter((row) => row['record'] !== '0');
          expect(new Set(issues.map((row) => row['record'])).size).toBe(streets.length);
          for (const { record, byte_offset } of issues) {
            const begin = encode(`F1|${record}|`);
            expect(bytes.subarray(Number(byte_offset)).subarray(0, begin.length)).toEqual(begin);
          }
          // Rejects come back with the bytes they came with.
          const rejects = readFileSync(join(folder, 'rejects', packed ? 'p' : 'p.txt'));
          for (const row of rows) expect(rejects.includes(encode(row))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('bytes that stand for no character', () => {
  const columns = ['severity', 'code', 'line', 'field', 'value', 'fate'] as const;
  type Row = readonly string[];

  test.each<[string, Uint8Array, FileEncoding | null, readonly Row[], string]>([
    ['in neither encoding', latin1('F1|1|Smith|Anna|20150504|F|Ca\u0081\u00f1on'), null,
      [['warning', 'character-undecodable', '2', 'city', 'Ca�ñon', 'loaded'], ['info', 'encoding-windows-1252', '', '', '', '']], 'Ca�ñon'],
    ['in what is said to be UTF-8', latin1('F1|1|Smith|Anna|20150504|F|Ca\u00f1on'), 'utf-8',
      [['warning', 'character-undecodable', '2', 'city', 'Ca�on', 'loaded']], 'Ca�on'],
    ['as half a pair of UTF-16', utf16('F1|1|Smith|Anna|20150504|F|Ca\ud83dñon'), null,
      [['warning', 'character-undecodable', '2', 'city', 'Ca�ñon', 'loaded']], 'Ca�ñon'],
    ['as half a unit at the end of UTF-16', Buffer.concat([utf16('F1|1|Smith|Anna|20150504|F|Cañon'), Buffer.from('x')]), null,
      [['warning', 'character-undecodable', '2', 'city', 'Cañon�', 'loaded']], 'Cañon�'],
    ['not at all: UTF-8 that is said to be Windows-1252', Buffer.from('F1|1|Smith|Anna|20150504|F|Cañon'), 'windows-1252', [], 'CaÃ±on'],
    ['not at all: Windows-1252 that is said to be so', latin1('F1|1|Smith|Anna|20150504|F|Cañon'), 'windows-1252', [], 'Cañon'],
  ])('%s', async (_, row, encoding, expected, city) => {
    using sandbox = new Sandbox();
    const isUtf16 = row[1] === 0;
    const header = `${PATIENT_COLUMNS}\n`;
    const bytes = Buffer.concat([isUtf16 ? utf16(header) : Buffer.from(header), row]);
    const summary = await sandbox.load({ patients: { 'p.txt': bytes }, encoding });
    const issues = await sandbox.report(summary.folder, 'issues.csv');
    expect(issues.map((issue) => columns.map((column) => issue[column]))).toEqual(expected);
    expect(sandbox.query('SELECT city FROM patients')).toEqual([{ city }]);
    expect(summary.files[0]!.encoding).toBe(encoding ?? (isUtf16 ? 'utf-16le' : 'windows-1252'));
  }); // biome-ignore format: a table
});

describe('a fixed-width file in UTF-16', () => {
  // As wide in characters as the layout, and as many bytes as it is wide in UTF-8 when two blanks are cut off.
  const { eligibility, eligibility_date, ...patient } = FAULTLESS[GRITS.id]!.patient as Record<string, string>;
  const line = writeRecord({ ...patient, last_name: 'NUNEZ', city: 'CANON' }, 'patient', GRITS)
    .replace('NUNEZ', 'NÚÑEZ')
    .replace('CANON', 'CAÑON');

  test.each([
    ['of whole rows', line, []],
    ['of rows without the blanks at their end', line.trimEnd(), []],
    ['of rows that lack as many characters as UTF-8 would take more bytes', line.slice(0, -3), []],
    ['of rows that are too long', `${line}é`, ['row-longer-than-layout']],
  ])('%s counts characters', async (_, row, codes) => {
    using sandbox = new Sandbox();
    const patients = { 'p.txt': utf16(`${row}\r\n`) };
    const summary = await sandbox.load({ spec: GRITS, site: 'GA001', patients });
    expect(sandbox.query('SELECT last_name, city FROM patients')).toEqual([{ last_name: 'NÚÑEZ', city: 'CAÑON' }]);
    expect(Object.keys(summary.issues)).toEqual(codes);
  });
});

describe('a fixed-width record in UTF-8 without the blanks at its end', () => {
  const { eligibility, eligibility_date, ...patient } = FAULTLESS[GRITS.id]!.patient as Record<string, string>;
  const line = writeRecord({ ...patient, last_name: 'NUNEZ' }, 'patient', GRITS);
  const byCharacters = line.replace('NUNEZ', 'NÚÑEZ').trimEnd();
  const fixed = GRITS.layouts.patient as FixedLayout;
  const counting = (widths: 'bytes' | 'characters'): Spec => ({
    ...GRITS,
    layouts: { ...GRITS.layouts, patient: { ...fixed, widths } },
  });

  test.each<[string, string, Spec, readonly string[]]>([
    ['that counts characters is told not to show it', byCharacters, GRITS, ['widths-in-doubt']],
    ['that counts bytes is not, as nothing is wrong in it', byCharacters.replace('ÚÑEZ  ', 'ÚÑEZ'), GRITS, []],
    ['is read as the specification says', byCharacters, counting('characters'), []],
    ['is not doubted where the specification says it', byCharacters, counting('bytes'), []],
  ])('%s', async (_, row, spec, told) => {
    using sandbox = new Sandbox();
    const options = { spec, site: 'GA001', mode: 'validate', patients: { 'p.txt': `${row}\r\n` } } as const;
    const { issues } = await sandbox.load(options);
    expect(Object.keys(issues).filter((code) => code === 'widths-in-doubt')).toEqual(told);
  });
});

test('progress counts the bytes of the packed file', async () => {
  using sandbox = new Sandbox();
  const patients = gzipSync(
    miis(PATIENT_COLUMNS, ...Array.from({ length: 3000 }, (_, i) => ANNA.replace('|1|', `|${i}|`))),
  );
  const doses = gzipSync(miis(DOSE_COLUMNS, 'F1|1|03|20160505'));
  const seen: [number, number][] = [];
  await sandbox.load({
    patients: { 'p.gz': patients },
    immunizations: { 'd.gz': doses },
    sizes: { chunkBytes: 1000 },
    onProgress: ({ stage, done, total }) => {
      if (stage === 'reading patients') seen.push([done, total]);
    },
  });
  expect(seen.every(([done, total]) => done <= total && total === patients.length)).toBe(true);
  expect(seen.at(-1)).toEqual([patients.length, patients.length]);
  expect(new Set(seen.map(([done]) => done)).size).toBeGreaterThan(5);
});
