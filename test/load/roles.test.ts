/** Files that are given without their role. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Summary } from '../../src/run.js';
import { utf16 } from '../support/encodings.js';
import { GRITS, MIIS } from '../support/fixtures.js';
import { contentOf, miis, Sandbox } from '../support/sandbox.js';
import { writeSubmission } from '../support/submission.js';
import { type ZipContent, zip } from '../support/zip.js';

const PATIENTS = miis('facility_id|patient_id|last_name|first_name|birth_date', 'F1|1|Smith|Anna|20150504');
const DOSES = miis('facility_id|patient_id|cvx|admin_date', 'F1|1|03|20160505');

test('are told by their columns, patients first, whatever their order', async () => {
  using sandbox = new Sandbox();
  const { files, totals } = await sandbox.load({ files: { 'a-doses.txt': DOSES, 'b-patients.txt': PATIENTS } });
  expect(files.map(({ role, name }) => [role, name])).toEqual([
    ['patient', 'b-patients.txt'],
    ['immunization', 'a-doses.txt'],
  ]);
  expect(totals.immunization.loaded).toBe(1);
});

test.each([
  ['delimited', MIIS],
  ['of fixed width', GRITS],
])('are told in a folder, too: %s', async (_, spec) => {
  using sandbox = new Sandbox();
  mkdirSync(sandbox.path('export'));
  const paths = { patients: sandbox.path('export/z.txt'), immunizations: sandbox.path('export/a.txt') };
  writeSubmission({ patients: 20, dosesPerPatient: 3, seed: 2, site: 'MA123' }, spec, paths);
  sandbox.write(join('export', '.hidden'), 'not a file of the submission');
  const { files } = await sandbox.load({ spec, site: 'MA123', files: [sandbox.path('export')] });
  expect(files.map(({ role, rejected }) => [role, rejected])).toEqual([
    ['patient', 0],
    ['immunization', 0],
  ]);
});

test.each([
  ['is neither', { 'x.txt': 'a|b|c\n1|2|3\n' }, /x\.txt: as a patient file has 3 fields/],
  ['is empty', { 'x.txt': '' }, /x\.txt: is empty/],
])('a file that %s is refused', async (_, files, problem) => {
  using sandbox = new Sandbox();
  await expect(sandbox.load({ files })).rejects.toThrow(problem);
});

describe('an archive stands for the files in it', () => {
  const BOTH: readonly ZipContent[] = [
    { name: 'export/', content: '' },
    { name: 'export/patients.txt', content: PATIENTS },
    { name: 'export/doses.txt', content: utf16(DOSES) },
    { name: 'export/.hidden', content: 'not a file of the submission' },
    { name: '__MACOSX/export/._doses.txt', content: 'nor this' },
  ];
  const facts = ({ files }: Summary): unknown =>
    files.map(({ role, name, container, loaded }) => [role, name, container, loaded]);

  test('by their roles, as if each had been named', async () => {
    using sandbox = new Sandbox();
    const path = sandbox.write('export.zip', zip(BOTH));
    const summary = await sandbox.load({ files: [path] });
    expect(facts(summary)).toEqual([
      ['patient', 'patients.txt', 'export.zip', 1],
      ['immunization', 'doses.txt', 'export.zip', 1],
    ]);
    expect(summary.files.map(({ sha256, bytes }) => [sha256, bytes])).toEqual(
      summary.files.map(() => [createHash('sha256').update(zip(BOTH)).digest('hex'), zip(BOTH).length]),
    );
    const database = sandbox.path('named.db');
    const [patients, immunizations] = [[`${path}#patients.txt`], [`${path}#export/doses.txt`]];
    await sandbox.load({ patients, immunizations, database });
    expect(contentOf(sandbox)).toEqual(contentOf(sandbox, database));
    const again = await sandbox.load({ files: [path] });
    expect(again.files.map(({ loaded_before, duplicate }) => [loaded_before?.run, duplicate])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  test('in a folder, and without a specification', async () => {
    using sandbox = new Sandbox();
    mkdirSync(sandbox.path('inbox'));
    sandbox.write('inbox/export.zip', zip(BOTH));
    sandbox.write('inbox/more.txt', PATIENTS.replace('|1|Smith', '|2|Jones'));
    const specs = [GRITS, MIIS];
    const summary = await sandbox.load({ spec: null, specs, files: [sandbox.path('inbox')] });
    expect(facts(summary)).toEqual([
      ['patient', 'patients.txt', 'export.zip', 1],
      ['patient', 'more.txt', null, 1],
      ['immunization', 'doses.txt', 'export.zip', 1],
    ]);
  });

  test('files of one name in several of its folders are told apart', async () => {
    using sandbox = new Sandbox();
    const path = sandbox.write('e.zip', zip([
      { name: 'a/p.txt', content: PATIENTS },
      { name: 'b/p.txt', content: PATIENTS.replace('20150504', '20150230') },
      { name: 'c/p.txt', content: PATIENTS.replace('20150504', '20150231').replace('|1|', '|2|') },
    ])); // biome-ignore format: a list
    const { files, folder } = await sandbox.load({ files: [path] });
    expect(files.map(({ name }) => name)).toEqual([`${path}#a/p.txt`, `${path}#b/p.txt`, `${path}#c/p.txt`]);
    expect(files.map(({ rejects }) => rejects)).toEqual([null, 'rejects/patient-p.txt', 'rejects/patient-2-p.txt']);
    expect(readFileSync(join(folder, 'rejects/patient-2-p.txt'), 'utf8')).toContain('|2|');
  });

  test('a file in it that is of neither role is refused, as it is in a folder', async () => {
    using sandbox = new Sandbox();
    const read = 'Please load these files.\nThank you.\n';
    mkdirSync(sandbox.path('export'));
    for (const [name, content] of [
      ['p.txt', PATIENTS],
      ['README.txt', read],
    ] as const)
      sandbox.write(`export/${name}`, content);
    const path = sandbox.write(
      'export.zip',
      zip([
        { name: 'p.txt', content: PATIENTS },
        { name: 'README.txt', content: read },
      ]),
    );
    const problem = /^(?:README\.txt in .*export\.zip|.*export\/README\.txt): as a patient file has 1 field/;
    await expect(sandbox.load({ files: [path] })).rejects.toThrow(problem);
    await expect(sandbox.load({ files: [sandbox.path('export')] })).rejects.toThrow(problem);
  });

  test('all of them together may unpack to as much as one file', async () => {
    using sandbox = new Sandbox();
    const path = sandbox.write('e.zip', zip(BOTH));
    const total = BOTH.reduce((sum, { content }) => sum + Buffer.byteLength(Buffer.from(content!)), 0);
    const least = total - Buffer.byteLength('not a file of the submission') - Buffer.byteLength('nor this');
    for (const maxBytes of [least, least - 1]) {
      const load = sandbox.load({ mode: 'validate', files: [path], unpackLimits: { maxBytes, freeBytes: maxBytes } });
      if (maxBytes === least) expect((await load).totals.patient.records).toBe(1);
      else await expect(load).rejects.toThrow(/e\.zip: unpacks to more than .*--max-unpacked/);
    }
  });

  test.each<[string, readonly ZipContent[], RegExp]>([
    ['two files of one name', [{ name: 'p.txt', content: PATIENTS }, { name: 'p.txt', content: DOSES }], /holds p\.txt more than once/],
    ['a path that leads out of it', [{ name: 'p.txt', content: PATIENTS }, { name: '../d.txt', content: DOSES }], /leads out of it/],
    ['a workbook', [{ name: '[Content_Types].xml' }, { name: 'xl/workbook.xml' }], /is an Excel or Word document/],
    ['no files', [{ name: 'export/' }], /holds no files/],
    ['an archive', [{ name: 'p.txt', content: PATIENTS }, { name: 'more.zip', content: zip([{ name: 'd.txt', content: DOSES }]) }], /more\.zip in .*: is a ZIP archive/],
  ])('one with %s is refused', async (_, files, problem) => {
    using sandbox = new Sandbox();
    await expect(sandbox.load({ files: [sandbox.write('e.zip', zip(files))] })).rejects.toThrow(problem);
  }); // biome-ignore format: a table
});

test('a folder without files is refused', async () => {
  using sandbox = new Sandbox();
  mkdirSync(sandbox.path('empty'));
  await expect(sandbox.load({ files: [sandbox.path('empty')] })).rejects.toThrow('is a folder without files');
});

test('folders in a folder are read, too, as those in an archive are', async () => {
  using sandbox = new Sandbox();
  const patient = (id: string): string => miis('facility_id|patient_id|last_name|first_name|birth_date', `F1|${id}|${['Smith', 'Ortega', 'Wu'][Number(id)]}|${['Anna', 'Hugo', 'Mei'][Number(id)]}|2015050${id}`);
  mkdirSync(sandbox.path('export/2025/doses'), { recursive: true });
  mkdirSync(sandbox.path('export/.trash'));
  sandbox.write('export/patients.txt', patient('1'));
  sandbox.write('export/2025/patients.txt', patient('2'));
  sandbox.write('export/2025/doses/d.txt', miis('facility_id|patient_id|cvx|admin_date', 'F1|2|03|20160504'));
  sandbox.write('export/.trash/patients.txt', patient('0'));
  const { files } = await sandbox.load({ files: [sandbox.path('export')] });
  expect(files.map(({ role, name, loaded }) => [role, name, loaded])).toEqual([
    ['patient', sandbox.path('export/2025/patients.txt'), 1],
    ['patient', sandbox.path('export/patients.txt'), 1],
    ['immunization', 'd.txt', 1],
  ]);
}); // biome-ignore format: a table
