/** `immload codes`: the tables in use, and newer ones from CDC's files. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CodeTable } from '../../src/core/codes.js';
import { loadCodes } from '../../src/files/code-tables.js';
import { packageFolder } from '../../src/files/specs.js';
import { type CdcValues, cdcText, cdcXml, NDC_ROWS, rowsOfTable } from '../support/cdc.js';
import { utf16 } from '../support/encodings.js';
import { CODES } from '../support/fixtures.js';
import { listFolder, type Outcome, runProgram } from '../support/program.js';
import { miis, Sandbox } from '../support/sandbox.js';

const NEW_CVX = {
  code: '340',
  short_name: 'mpox',
  full_name: 'mpox, live',
  status: 'Active',
  non_vaccine: 'false',
  last_updated: '2025-11-05',
};
/** A later cvx.txt: a code more, one retired, one with another name. */
const CVX = cdcText('cvx', [
  ...rowsOfTable('cvx').map((row) => {
    if (row['code'] === '20') return { ...row, status: 'Inactive' };
    return row['code'] === '03' ? { ...row, short_name: 'MMR & more' } : row;
  }),
  NEW_CVX,
]);

/** Runs the program in a sandbox that holds CDC's files. */
async function run(sandbox: Sandbox, ...args: string[]): Promise<Outcome> {
  return await runProgram(sandbox.folder, ['codes', ...args]);
}

function tableIn(sandbox: Sandbox, ...names: string[]): CodeTable {
  return JSON.parse(readFileSync(sandbox.path(...names), 'utf8')) as CodeTable;
}

function filesOf(files: Readonly<Record<string, string | Uint8Array>>): Sandbox {
  const sandbox = new Sandbox();
  for (const [name, content] of Object.entries(files)) sandbox.write(name, content);
  return sandbox;
}

describe('codes list', () => {
  test('names every table with its day and where it is from', async () => {
    using sandbox = new Sandbox();
    const { stdout } = await run(sandbox, 'list');
    for (const { id, asOf, title } of CODES.tables) {
      const row = stdout.split('\n').find((line) => line.trim().startsWith(`${id} `))!;
      expect(row.split(/ {2,}/).slice(-3)).toEqual([asOf, 'immload', title]);
    }
  });

  test('--json counts their rows', async () => {
    using sandbox = new Sandbox();
    expect(JSON.parse((await run(sandbox, 'list', '--json')).stdout)).toEqual(
      CODES.tables.map(({ id, title, asOf, source, rows }) => ({
        id,
        title,
        asOf,
        source,
        rows: rows.length,
        folder: null,
      })),
    );
  });

  test('shows updated tables with their own day, beside the registry or in a folder that is named', async () => {
    using sandbox = filesOf({ 'cvx.txt': CVX });
    mkdirSync(sandbox.path('state'));
    await run(sandbox, 'update', 'cvx.txt', '--db', 'state/registry.db');
    const rowOf = async (...args: string[]): Promise<string> =>
      (await run(sandbox, 'list', ...args)).stdout
        .split('\n')
        .find((line) => line.includes(' cvx '))!
        .trim();
    expect(await rowOf()).toMatch(/^cvx +288 +2025-10-12 +immload +Vaccine/);
    expect(await rowOf('--db', 'state/registry.db')).toMatch(/^cvx +289 +2025-11-05 +state\/immload-codes +Vaccine/);
    expect(await rowOf('--codes', 'state/immload-codes')).toMatch(/^cvx +289 +2025-11-05 +state\/immload-codes/);
  });

  test('tells that a table is older than the one that comes with immload', async () => {
    using sandbox = filesOf({ 'cvx.txt': cdcText('cvx', rowsOfTable('cvx')) });
    await run(sandbox, 'update', 'cvx.txt');
    expect((await run(sandbox, 'list')).stdout).toContain(
      '2024-08-06                 immload-codes (older than immload’s own, 2025-10-12)',
    );
  });
});

describe('codes show', () => {
  test('tells a table with its source', async () => {
    using sandbox = new Sandbox();
    const { stdout } = await run(sandbox, 'show', 'sex');
    expect(stdout).toMatch(/^Administrative sex \(HL7 0001\), as of THO 7\.0\.1\n {2}Source: HL7 Terminology/);
    expect(stdout).toMatch(/^ +F +Female +true$/m);
  });

  test('--json gives the table as it is used', async () => {
    using sandbox = new Sandbox();
    expect(JSON.parse((await run(sandbox, 'show', 'cvx', '--json')).stdout)).toEqual(
      JSON.parse(JSON.stringify(CODES.table('cvx'))),
    );
  });

  test('tells where an updated table is from', async () => {
    using sandbox = filesOf({ 'use.txt': cdcText('ndc_use', NDC_ROWS.ndc_use) });
    await run(sandbox, 'update', 'use.txt', '--codes', 'own');
    const { stdout } = await run(sandbox, 'show', 'ndc', '--codes', 'own');
    expect(stdout).toMatch(/^NDC to CVX, as of use 2024-08-06, from own\n/);
    expect(stdout).toMatch(/^ +58160-0842-05 +use +BOOSTRIX /m);
  });

  test('refuses what it does not have', async () => {
    using sandbox = new Sandbox();
    const outcome = await run(sandbox, 'show', 'nope');
    expect(outcome).toMatchObject({ code: 2, stdout: '', left: {} });
    expect(outcome.stderr).toMatch(/^immload: there is no code table nope; use one of cvx, mvx, [^\n]+\n$/);
  });
});

describe('codes update', () => {
  const GROUPS = cdcText('vaccine_group', rowsOfTable('vaccine_group'));

  test('shows what is added, retired and renamed, and writes the table', async () => {
    using sandbox = filesOf({ 'any name': utf16(`\ufeff${CVX}`) });
    const { code, stdout, stderr } = await run(sandbox, 'update', 'any name');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      [
        'any name: CVX codes (text, UTF-16LE), as of 2025-11-05, its newest change',
        '  cvx: 288 rows as of 2025-10-12 → 289 rows as of 2025-11-05',
        '  1 added',
        '    340  mpox',
        '  1 retired',
        '    20  DTaP',
        '  1 renamed',
        '    03  MMR → MMR & more',
        '',
        'Wrote cvx to immload-codes.',
        '',
      ].join('\n'),
    );
    expect(sandbox.files()).toEqual(['any name', 'immload-codes/cvx.json']);
    expect(tableIn(sandbox, 'immload-codes', 'cvx.json').rows).toContainEqual(
      ['340', 'mpox', 'mpox, live', 'Active', 'false', '2025-11-05', 'false', '', '', '', ''], // biome-ignore format: a row
    );
  });

  test('--dry-run shows the same, and writes nothing', async () => {
    using sandbox = filesOf({ 'cvx.txt': CVX });
    const before = listFolder(sandbox.folder);
    const { code, stdout, left } = await run(sandbox, 'update', 'cvx.txt', '--dry-run');
    expect([code, left]).toEqual([0, before]);
    expect(stdout).toContain('  1 added\n    340  mpox\n');
    expect(stdout).toContain('Nothing was written. Without --dry-run, cvx would be, to immload-codes.\n');
  });

  test('reads any of CDC’s files in one go, the one that others rest on first', async () => {
    using sandbox = filesOf({
      'a.txt': cdcText('ndc_sale', NDC_ROWS.ndc_sale),
      'b.xml': cdcXml('cpt', [...rowsOfTable('cpt'), { cpt: '90999', cvx: '340', cvx_short_name: 'mpox', last_updated: '2025-11-05' }], { shape: 'pairs' }),
      'c.txt': cdcText('mvx', rowsOfTable('mvx')),
      'd.xml': cdcXml('product', rowsOfTable('product'), { shape: 'named' }),
      'e.txt': GROUPS,
      'f.txt': cdcText('ndc_use', NDC_ROWS.ndc_use),
      'g.txt': CVX,
    }); // biome-ignore format: a list of files
    const { code, stdout } = await run(
      sandbox,
      'update',
      'a.txt',
      'b.xml',
      'c.txt',
      'd.xml',
      'e.txt',
      'f.txt',
      'g.txt',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('Wrote cvx, mvx, product, vaccine_group, cpt, ndc to immload-codes.');
    expect(stdout).not.toContain('that the table cvx lacks');
    const codes = loadCodes(sandbox.path('immload-codes'));
    expect(codes.updates).toEqual({
      folder: sandbox.path('immload-codes'),
      tables: ['cvx', 'mvx', 'product', 'vaccine_group', 'cpt', 'ndc'],
    });
    expect([codes.vaccinesOfCpt('90999').map(({ cvx }) => cvx), codes.vaccinesOfNdc('00006-4681-00')]).toEqual([
      ['340'],
      ['03'],
    ]);
  });

  test('builds on what was updated before', async () => {
    using sandbox = filesOf({
      'cvx.txt': CVX,
      'use.txt': cdcText('ndc_use', NDC_ROWS.ndc_use),
      'sale.txt': cdcText('ndc_sale', NDC_ROWS.ndc_sale),
    });
    await run(sandbox, 'update', 'use.txt', 'cvx.txt');
    expect((await run(sandbox, 'update', 'sale.txt')).stdout).toContain(
      'ndc: 5 rows as of use 2024-08-06 → 8 rows as of 2024-08-06',
    );
    expect((await run(sandbox, 'update', 'cvx.txt')).stdout).toContain('  nothing changes\n');
    expect(tableIn(sandbox, 'immload-codes', 'ndc.json').rows.length).toBe(8);
  });

  test('takes the day that is given, or that of the file, only where the file does not say one', async () => {
    using sandbox = filesOf({ 'cvx.txt': CVX, 'VG.txt': GROUPS });
    utimesSync(sandbox.path('VG.txt'), new Date(2026, 2, 9, 12), new Date(2026, 2, 9, 12));
    const days = async (...args: string[]): Promise<string[]> => {
      const { stdout } = await run(sandbox, 'update', '--dry-run', '--json', 'cvx.txt', 'VG.txt', ...args);
      const { files } = JSON.parse(stdout) as { files: { as_of: string; as_of_source: string }[] };
      return files.flatMap(({ as_of, as_of_source }) => [as_of, as_of_source]);
    };
    expect(await days()).toEqual(['2025-11-05', 'newest change', '2026-03-09', 'file date']);
    expect(await days('--as-of', '2026-04-01')).toEqual(['2025-11-05', 'newest change', '2026-04-01', 'given']);
    const { stdout } = await run(sandbox, 'update', 'VG.txt');
    expect(stdout).toContain('as of 2026-03-09, the date of the file, which has no day in it; --as-of can say another');
    expect(tableIn(sandbox, 'immload-codes', 'vaccine_group.json').asOf).toBe('2026-03-09');
  });

  test('takes no day that is still to come', async () => {
    using sandbox = filesOf({ 'VG.txt': GROUPS });
    utimesSync(sandbox.path('VG.txt'), new Date(2190, 0, 1), new Date(2190, 0, 1));
    const { stdout } = await run(sandbox, 'update', '--dry-run', '--json', 'VG.txt');
    expect((JSON.parse(stdout) as { files: { as_of: string }[] }).files[0]!.as_of < '2100').toBe(true);
  });

  test('says what was done to read the file', async () => {
    const lines = CVX.split('\r\n').map((line) => line.replace(/^0/, ''));
    using sandbox = filesOf({
      'cvx.txt': [...lines, lines[0]].join('\n'),
      'cvx.xml': cdcXml('cvx', [...rowsOfTable('cvx'), NEW_CVX], { shape: 'named' }),
    });
    const { stdout } = await run(sandbox, 'update', '--dry-run', 'cvx.txt');
    expect(stdout).toContain('  10 codes had lost their leading zeros, as in a spreadsheet; they were put back\n');
    expect(stdout).toContain('  1 rows that come again are left out\n');
    const { stdout: ofXml } = await run(sandbox, 'update', '--dry-run', 'cvx.xml');
    expect(ofXml.replace(/\s+/g, ' ')).toContain(
      'The XML does not say non_vaccine: of the codes that are added, it is taken from their names; the text file says it',
    );
  });

  test('warns of a download that is older than the table', async () => {
    using sandbox = filesOf({ 'cvx.txt': cdcText('cvx', rowsOfTable('cvx')) });
    expect((await run(sandbox, 'update', 'cvx.txt')).stdout).toContain(
      '  This is earlier than the table in use. Is it an older download?\n',
    );
  });

  test('names codes that another table lacks', async () => {
    const pair = (cpt: string, cvx: string): CdcValues => ({
      cpt,
      cvx,
      cvx_short_name: 'x',
      last_updated: '2025-11-05',
    });
    using sandbox = filesOf({
      'cpt.txt': cdcText('cpt', [...rowsOfTable('cpt'), pair('90998', '351'), pair('90999', '350')]),
    });
    const { stdout } = await run(sandbox, 'update', 'cpt.txt');
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'cpt names CVX codes that the table cvx lacks, and that are not used until it has them: 351, 350. Give a newer cvx.txt.',
    );
  });

  test('refuses a file that CDC changed earlier than the table, unless told', async () => {
    const older = rowsOfTable('cvx').map((row) => ({ ...row, last_updated: '2010-05-28' }));
    using sandbox = filesOf({ 'cvx.txt': cdcText('cvx', older) });
    const before = listFolder(sandbox.folder);
    const refused = await run(sandbox, 'update', 'cvx.txt');
    expect(refused).toMatchObject({ code: 1, left: before });
    expect(refused.stderr).toBe(
      'immload: cvx.txt: was changed on 2010-05-28 for the last time, and the table in use on 2024-08-06; nothing was written; download it again, or say --allow-older if the older one is wanted\n',
    );
    expect(await run(sandbox, 'update', 'cvx.txt', '--allow-older')).toMatchObject({ code: 0, stderr: '' });
  });

  test('refuses a file whose names stand in each other’s columns, unless told', async () => {
    const exchanged = rowsOfTable('cvx').map((row) => {
      return { ...row, short_name: row['full_name']!, full_name: row['short_name']! };
    });
    using sandbox = filesOf({ 'cvx.txt': cdcText('cvx', exchanged) });
    const before = listFolder(sandbox.folder);
    const refused = await run(sandbox, 'update', 'cvx.txt');
    expect(refused).toMatchObject({ code: 1, left: before });
    expect(refused.stderr).toMatch(
      /^immload: cvx\.txt: has another name for 2\d\d of 288 rows; nothing was written; look/,
    );
    expect(refused.stdout.replace(/\s+/g, ' ')).toContain('It is taken with --allow-renames only');
    expect((await run(sandbox, 'update', 'cvx.txt', '--dry-run')).code).toBe(1);
    expect(await run(sandbox, 'update', 'cvx.txt', '--allow-renames')).toMatchObject({ code: 0, stderr: '' });
  });

  test('refuses a table that has shrunk, unless told', async () => {
    using sandbox = filesOf({ 'cvx.txt': cdcText('cvx', rowsOfTable('cvx').slice(0, 259)), 'VG.txt': GROUPS });
    const before = listFolder(sandbox.folder);
    const refused = await run(sandbox, 'update', 'VG.txt', 'cvx.txt');
    expect(refused).toMatchObject({ code: 1, left: before });
    expect(refused.stderr).toBe(
      'immload: cvx.txt: has 259 rows where there were 288, more than a tenth fewer; nothing was written; download it again, or say --allow-shrink if CDC’s list is as short as that\n',
    );
    expect(refused.stdout).toContain('  29 gone from the file, kept for history\n');
    const dry = await run(sandbox, 'update', 'VG.txt', 'cvx.txt', '--dry-run');
    expect(dry).toMatchObject({ code: 1, stderr: refused.stderr, left: before });
    expect(dry.stdout).toContain('Without --dry-run, this would be refused.');
    expect(await run(sandbox, 'update', 'VG.txt', 'cvx.txt', '--allow-shrink')).toMatchObject({ code: 0, stderr: '' });
    expect(tableIn(sandbox, 'immload-codes', 'cvx.json').rows.length).toBe(288);
  });

  test.each<[string, string[], string]>([
    ['a file that is not there', ['gone.txt'], 'gone.txt: there is no such file; check its path'],
    ['a folder', ['.'], '.: not a file; give files as CDC offers them for download'],
    ['a file that is none of CDC’s', ['patients.txt'], 'patients.txt, line 1: none of CDC’s files: its lines have 5 cells, and not the codes of any; give one of cvx.txt, mvx.txt, TRADENAME.txt, VG.txt, cpt.txt, NDC_Unit_use.txt, NDC_Unit_sale.txt, or the XML of one of the first five, as CDC offers them for download'],
    ['a file with a fault, though others have none', ['VG.txt', 'faulty.txt'], 'faulty.txt, line 3: code of cvx.txt is not a CVX code; download the file from CDC again'],
    ['XML that declares entities', ['bomb.xml'], 'bomb.xml, line 2: a document type or an entity is declared; give the XML as CDC offers it for download'],
    ['two files of one kind', ['cvx.txt', 'VG.txt', 'cvx.xml'], 'cvx.xml: holds CVX codes, as cvx.txt does; give one of the two'],
    ['the same file twice', ['VG.txt', 'VG.txt'], 'VG.txt: holds vaccine groups, as VG.txt does; give one of the two'],
  ])('refuses %s', async (_, files, says) => {
    using sandbox = filesOf({
      'cvx.txt': CVX,
      'cvx.xml': cdcXml('cvx', rowsOfTable('cvx'), { shape: 'named' }),
      'VG.txt': GROUPS,
      'faulty.txt': CVX.replace(/^03 /m, 'MMR'),
      'bomb.xml': '<?xml version="1.0"?>\n<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>\n<l><r><c>&b;</c></r></l>',
      'patients.txt': miis('facility_id|patient_id|last_name|first_name|birth_date', 'F1|1|Smith|Anna|20150504'),
    });
    const before = listFolder(sandbox.folder);
    expect(await run(sandbox, 'update', ...files)).toEqual({ code: 1, stdout: '', stderr: `immload: ${says}\n`, left: before });
  }); // biome-ignore format: a table

  test.each([
    ['as it is', (_: Sandbox) => join(packageFolder(), 'specs', 'codes')],
    [
      'under another name',
      (sandbox: Sandbox) => {
        symlinkSync(join(packageFolder(), 'specs'), sandbox.path('link'));
        return sandbox.path('link', 'new', 'folder');
      },
    ],
  ])('never writes to immload’s own tables: %s', async (_, folderOf) => {
    using sandbox = filesOf({ 'cvx.txt': CVX });
    const own = listFolder(join(packageFolder(), 'specs'));
    const { code, stderr } = await run(sandbox, 'update', 'cvx.txt', '--codes', folderOf(sandbox));
    expect(code).toBe(1);
    expect(stderr).toMatch(/: belongs to immload itself; name another folder with --codes\n$/);
    expect(listFolder(join(packageFolder(), 'specs'))).toEqual(own);
  });

  test('leaves the table as it was where the new one cannot be written', async () => {
    using sandbox = filesOf({ 'cvx.txt': CVX, 'VG.txt': GROUPS });
    // A folder in the place of a table cannot be replaced by a file.
    mkdirSync(sandbox.path('immload-codes', 'cvx.json'), { recursive: true });
    const outcome = await run(sandbox, 'update', 'VG.txt');
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(
      /^immload: immload-codes\/cvx\.json: cannot be read \(EISDIR\); delete it, and make it again with `immload codes update`\n$/,
    );
    expect(sandbox.files().filter((name) => name.startsWith('immload-codes'))).toEqual([]);
  });
});

describe('a folder of tables', () => {
  const TABLE = CODES.table('vaccine_group');
  test.each<[string, string, string]>([
    ['no JSON', '{', 'not JSON'],
    ['another table', JSON.stringify(CODES.table('mvx')), 'not the code table cvx'],
    ['no table', '[]', 'not the code table cvx'],
    ['rows that are too short', JSON.stringify({ ...CODES.table('cvx'), rows: [['03']] }), 'not the code table cvx'],
    ['cells that are no texts', JSON.stringify({ ...CODES.table('cvx'), columns: ['code'], rows: [[3]] }), 'not the code table cvx'],
  ])('with %s is refused by whatever needs it', async (_, content, problem) => {
    using sandbox = filesOf({ 'p.txt': miis('facility_id|patient_id|last_name|first_name|birth_date', 'F1|1|Smith|Anna|20150504') });
    mkdirSync(sandbox.path('own'));
    writeFileSync(sandbox.path('own', 'cvx.json'), content);
    const before = listFolder(sandbox.folder);
    const stderr = `immload: own/cvx.json: ${problem}; delete it, and make it again with \`immload codes update\`\n`;
    for (const args of [['codes', 'list'], ['validate', '--patients', 'p.txt'], ['spec', 'doc', 'miis-legacy']]) {
      expect(await runProgram(sandbox.folder, [...args, '--codes', 'own'])).toEqual({ code: 1, stdout: '', stderr, left: before });
    }
  }); // biome-ignore format: a table

  test('may lack columns that immload has learned since: its own rows say them', () => {
    using sandbox = new Sandbox();
    mkdirSync(sandbox.path('own'));
    const cvx = CODES.table('cvx');
    const kept = cvx.columns.slice(0, 6);
    const rows = cvx.rows
      .map((row) => row.slice(0, 6))
      .concat([['340', 'mpox', 'mpox', 'Active', 'false', '2026-01-01']]);
    writeFileSync(sandbox.path('own', 'cvx.json'), JSON.stringify({ ...cvx, columns: kept, rows }));
    const codes = loadCodes(sandbox.path('own'));
    expect(codes.cvx('51')).toEqual(CODES.cvx('51'));
    expect(codes.cvx('31')).toEqual(CODES.cvx('31'));
    expect(codes.cvx('340')).toMatchObject({ name: 'mpox', unspecified: false, useInstead: null });
  });

  test('may be empty, or hold other files', () => {
    using sandbox = new Sandbox();
    mkdirSync(sandbox.path('own'));
    expect(loadCodes(sandbox.path('own')).updates).toBeNull();
    writeFileSync(sandbox.path('own', 'notes.json'), '{');
    writeFileSync(sandbox.path('own', 'vaccine_group.json'), JSON.stringify(TABLE));
    expect(loadCodes(sandbox.path('own')).updates).toEqual({ folder: sandbox.path('own'), tables: ['vaccine_group'] });
    expect(existsSync(sandbox.path('own', '.vaccine_group.json'))).toBe(false);
  });
});

describe('a load under updated tables', () => {
  const PATIENTS = miis('facility_id|patient_id|last_name|first_name|birth_date', 'F1|1|Smith|Anna|20150504');
  const DOSES = miis(
    'facility_id|patient_id|admin_date|cvx|ndc',
    'F1|1|20160516||0006-4681-01',
    'F1|1|20160517|340|',
    'F1|1|20160518|03|58160-842-05',
  );
  const files = { 'p.txt': PATIENTS, 'd.txt': DOSES, 'cvx.txt': CVX, 'use.txt': cdcText('ndc_use', NDC_ROWS.ndc_use) };
  const load = ['load', '--patients', 'p.txt', '--immunizations', 'd.txt', '--report', 'report'];
  const issuesOf = (sandbox: Sandbox): string[] =>
    readFileSync(sandbox.path('report', 'issues.csv'), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[1]!);

  test('finds vaccines that it did not find without, and names the tables and their days', async () => {
    using sandbox = filesOf(files);
    expect((await runProgram(sandbox.folder, [...load, '--db', 'other.db'])).code).toBe(3);
    expect(issuesOf(sandbox)).toEqual([
      'ndc-unresolved',
      'vaccine-unresolved',
      'cvx-newer-than-table',
      'vaccine-unresolved',
    ]);

    await run(sandbox, 'update', 'cvx.txt', 'use.txt');
    const { code, stdout } = await runProgram(sandbox.folder, load.with(-1, 'report-2'));
    expect(code).toBe(0);
    expect(stdout).toContain('\nCode tables of immload-codes: cvx 2025-11-05, ndc use 2024-08-06\n');
    const summary = JSON.parse(readFileSync(sandbox.path('report-2', 'summary.json'), 'utf8')) as Record<
      string,
      Record<string, unknown>
    >;
    expect(summary['code_tables']).toMatchObject({ cvx: '2025-11-05', ndc: 'use 2024-08-06', mvx: '2024-12-06' });
    expect(summary['updated_code_tables']).toEqual({ folder: 'immload-codes', tables: ['cvx', 'ndc'] });
    const [run1] = sandbox.query('SELECT code_tables FROM runs', sandbox.path('immload.db'));
    expect(JSON.parse(String(run1!['code_tables']))).toEqual(summary['code_tables']);
    expect(
      sandbox.query('SELECT cvx, ndc FROM immunizations ORDER BY administered_on', sandbox.path('immload.db')),
    ).toEqual([
      { cvx: '03', ndc: '00006-4681-01' },
      { cvx: '340', ndc: null },
      { cvx: '115', ndc: '58160-0842-05' },
    ]);
    expect(Object.keys(summary['issues']!)).toEqual(['dose-age-unusual', 'vaccine-codes-disagree']);
  });

  test.each(['validate', 'load'])(
    'is the same for %s, by the folder beside or the one that is named',
    async (command) => {
      using sandbox = filesOf(files);
      await run(sandbox, 'update', 'cvx.txt', 'use.txt', '--codes', 'own');
      const args = [command, ...load.slice(1)];
      expect((await runProgram(sandbox.folder, args)).code).toBe(3);
      expect((await runProgram(sandbox.folder, [...args.with(-1, 'report-2'), '--codes', 'own'])).code).toBe(0);
      await run(sandbox, 'update', 'cvx.txt', 'use.txt');
      expect((await runProgram(sandbox.folder, args.with(-1, 'report-3'))).code).toBe(0);
    },
  );

  test('tells when immload has newer ones', async () => {
    using sandbox = filesOf({ ...files, 'old.txt': cdcText('cvx', rowsOfTable('cvx')) });
    await run(sandbox, 'update', 'old.txt');
    const { stderr } = await runProgram(sandbox.folder, load);
    expect(stderr).toBe(
      'immload: older than the code tables that come with immload: cvx of 2024-08-06 (immload’s own: 2025-10-12) in immload-codes; update them, or delete them\n',
    );
  });
});
