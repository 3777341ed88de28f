/** Comments on patients: refusals, contraindications, histories of disease, in files of their own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { completeSpec, type Spec } from '../../src/core/spec.js';
import { loadSpec } from '../../src/files/specs.js';
import { MIIS } from '../support/fixtures.js';
import { contentOf, miis, Sandbox, type TableRow } from '../support/sandbox.js';
import { smallestCombined } from '../support/small-spec.js';

const WIR = loadSpec('wir-fixed');

/** `miis-legacy` with comments that name their site, and that have three codes. */
const COMMENTED: Spec = {
  ...MIIS,
  layouts: {
    ...MIIS.layouts,
    comment: {
      format: 'delimited',
      delimiter: '|',
      quote: '"',
      header: 'optional',
      fields: [
        { name: 'facility_id', field: 'site_id', use: 'required' },
        { name: 'patient_id', field: 'source_patient_id', use: 'required' },
        {
          name: 'code',
          field: 'comment_code',
          use: 'required',
          values: { R: 'refusal', E: 'contraindication', V: 'immunity' },
        },
        { name: 'since', field: 'applies_on', use: 'optional' },
      ],
    },
  },
};

const PATIENTS = miis(
  'facility_id|patient_id|last_name|first_name|birth_date',
  'F1|1|Smith|Anna|20150504',
  'F1|2|Jones|Ben|20160612',
  'F1|3||Cal|20170612',
);
const COLUMNS = 'facility_id|patient_id|code|since';
const comments = (...rows: string[]): string => miis(COLUMNS, ...rows);

function stored(sandbox: Sandbox, database = sandbox.database): TableRow[] {
  return sandbox.query(
    `SELECT s.source_patient_id AS patient, c.comment_code AS code, c.applies_on AS since, c.line FROM patient_comments c
     JOIN patient_sources s ON s.patient_id = c.patient_id ORDER BY c.id`,
    database,
  );
}

/** What was found: line, code, field, value and fate. */
async function found(sandbox: Sandbox, folder: string): Promise<unknown[]> {
  const issues = await sandbox.report(folder, 'issues.csv');
  return issues
    .filter(({ file }) => file === 'c.txt')
    .map(({ line, code, field, value, fate }) => [Number(line), code, field, value, fate]);
}

describe('comments', () => {
  test('of patients whom nobody knows cost no more than others', async () => {
    using sandbox = new Sandbox();
    const rows = Array.from({ length: 15_000 }, (_, i) => `F1|unknown-${i}|R|20160504`);
    const began = process.cpuUsage();
    const { totals } = await sandbox.load({
      spec: COMMENTED,
      patients: { 'p.txt': PATIENTS },
      comments: { 'c.txt': comments(...rows) },
    });
    const { user, system } = process.cpuUsage(began);
    expect(totals.comment).toMatchObject({ records: 15_000, rejected: 15_000 });
    // One by one, each would decode all that was read with it.
    expect((user + system) / 1e6).toBeLessThan(6);
  });

  test('are linked to their patients, and stored once', async () => {
    using sandbox = new Sandbox();
    const file = comments(
      'F1|1|R|20160504',
      'F1|2|v|',
      'F1|1|r|2016-05-04',
      'F1|1|E|20160504',
      'F1|1|R|20170504',
      '|||',
    );
    const options = { spec: COMMENTED, patients: { 'p.txt': PATIENTS }, comments: { 'c.txt': file } };
    const first = await sandbox.load(options);
    expect(first.comments).toEqual({ new: 4, duplicate: 1 });
    expect(first.totals.comment).toMatchObject({ records: 6, loaded: 4, duplicate: 1, rejected: 0, skipped: 1 });
    const rows = [
      { patient: '1', code: 'refusal', since: '2016-05-04', line: 2 },
      { patient: '2', code: 'immunity', since: null, line: 3 },
      { patient: '1', code: 'contraindication', since: '2016-05-04', line: 5 },
      { patient: '1', code: 'refusal', since: '2017-05-04', line: 6 },
    ];
    expect(stored(sandbox)).toEqual(rows);
    const again = await sandbox.load(options);
    expect(again.comments).toEqual({ new: 0, duplicate: 5 });
    expect(again.files.map(({ role, loaded_before }) => [role, loaded_before?.run])).toEqual([
      ['patient', 1],
      ['comment', 1],
    ]);
    // Each patient was sent twice by now.
    expect(sandbox.query('SELECT count(*) AS n FROM patient_comments')).toEqual([{ n: 4 }]);
  });

  test('are told their faults, each at its place, and the rejected load once they are corrected', async () => {
    using sandbox = new Sandbox();
    const file = comments(
      'F1|1|X|20160504',
      'F1|1|R|20160230',
      'F1|1|E|20310101',
      'F1|9|R|20160504',
      'F1|3|R|20160504',
      'F1||R|20160504',
      'F1|1||20160504',
      'F1|2|R|2016',
      'F1|2|V|42506',
      'F1|2|V|16/05/2016',
      '|2|E|20160504',
      'F1|2|E|20160504|too|many|columns',
    );
    const options = { spec: COMMENTED, patients: { 'p.txt': PATIENTS } };
    const { folder, totals } = await sandbox.load({ ...options, comments: { 'c.txt': file } });
    expect(await found(sandbox, folder)).toEqual([
      [2, 'comment-code-unrecognized', 'comment_code', 'X', 'loaded'],
      [3, 'comment-date-invalid', 'applies_on', '20160230', 'loaded'],
      [4, 'comment-date-in-future', 'applies_on', '20310101', 'loaded'],
      [5, 'comment-patient-not-found', 'source_patient_id', '9', 'rejected'],
      [6, 'comment-patient-rejected', 'source_patient_id', '3', 'rejected'],
      [7, 'comment-patient-id-missing', 'source_patient_id', '', 'rejected'],
      [8, 'comment-code-missing', 'comment_code', '', 'rejected'],
      [9, 'date-partial', 'applies_on', '2016', 'loaded'],
      [10, 'date-serial', 'applies_on', '42506', 'loaded'],
      [11, 'comment-date-invalid', 'applies_on', '16/05/2016', 'duplicate'],
      [13, 'field-count-wrong', '', '', 'rejected'],
    ]);
    expect(totals.comment).toMatchObject({ records: 12, loaded: 6, duplicate: 1, rejected: 5 });
    expect(stored(sandbox).map(({ patient, code, since }) => [patient, code, since])).toEqual([
      ['1', 'X', null],
      ['1', 'refusal', null],
      ['1', 'contraindication', null],
      ['2', 'refusal', null],
      ['2', 'immunity', null],
      ['2', 'contraindication', '2016-05-04'],
    ].map((row, i) => (i === 0 ? ['1', 'X', '2016-05-04'] : row)));
    const rejects = readFileSync(join(folder, 'rejects/c.txt'), 'utf8');
    const corrected = rejects
      .replace('F1|9|', 'F1|2|')
      .replace('F1||R', 'F1|1|R')
      .replace('F1|1||2016', 'F1|1|V|2016')
      .replace('F1|3|R', 'F1|1|R')
      .replace('|too|many|columns', '');
    const second = await sandbox.load({ spec: COMMENTED, comments: { 'c.txt': corrected } });
    expect(second.totals.comment).toMatchObject({ records: 5, loaded: 3, duplicate: 2, rejected: 0 });
  }); // biome-ignore format: tables

  test('that name no site are of that of their patient', async () => {
    using sandbox = new Sandbox();
    const client = (id: string, site: string): string =>
      `${id.padEnd(24)}A${(site === 'MA001' ? 'Anna' : 'Hugo').padEnd(50)}${`${id === '1' ? 'Smith' : 'Ortega'}${site}`.padEnd(45)}05042015${' '.repeat(441)}${site}\r\n`;
    const on = (...ids: string[]) => ({ 'c.txt': ids.map((id) => `${id.padEnd(24)}A105042016\r\n`).join('') });
    const load = (patients: string[], ids: string[], database: string, site: string | null = null) =>
      sandbox.load({
        spec: WIR,
        site,
        ...(patients.length > 0 && { patients: { 'p.txt': patients.join('') } }),
        comments: on(...ids),
        database: sandbox.path(database),
      });
    const sitesOf = (database: string) =>
      sandbox.query('SELECT site_id FROM patient_comments ORDER BY id', sandbox.path(database)).flatMap(Object.values);
    const sites = [client('1', 'MA001'), client('2', 'MA002')];
    expect((await load(sites, ['1', '2'], 'two.db')).comments).toEqual({ new: 2, duplicate: 0 });
    expect(sitesOf('two.db')).toEqual(['MA001', 'MA002']);
    // Patients who name their site keep it, whatever the command says.
    expect((await load(sites, ['2'], 'said.db', 'X1')).comments).toEqual({ new: 1, duplicate: 0 });
    expect(sitesOf('said.db')).toEqual(['MA002']);
    // Later, for patients of the registry, the command says it.
    expect((await load([], ['1'], 'two.db', 'MA001')).comments).toEqual({ new: 0, duplicate: 1 });

    const both = [...sites, client('2', 'MA001')];
    const unclear = await load(both, ['1', '2', '9'], 'both.db');
    expect(unclear.totals.comment).toMatchObject({ loaded: 1, rejected: 2 });
    expect(await found(sandbox, unclear.folder)).toEqual([
      [2, 'site-missing', 'site_id', '', 'rejected'],
      [3, 'site-missing', 'site_id', '', 'rejected'],
    ]);
    const clear = await load(both, ['1', '2', '9'], 'clear.db', 'MA001');
    expect(sitesOf('clear.db')).toEqual(['MA001', 'MA001']);
    expect(await found(sandbox, clear.folder)).toEqual([
      [3, 'comment-patient-not-found', 'source_patient_id', '9', 'rejected'],
    ]);
  });

  test('may come later, for patients of the registry, and a dry run knows those that are there', async () => {
    using sandbox = new Sandbox();
    await sandbox.load({
      spec: COMMENTED,
      patients: { 'p.txt': PATIENTS },
      comments: { 'c.txt': comments('F1|1|R|') },
    });
    const later = { spec: COMMENTED, comments: { 'c.txt': comments('F1|1|R|', 'F1|2|R|', 'F1|1|E|') } };
    const dry = await sandbox.load({ ...later, mode: 'dry-run' });
    expect(dry.comments).toEqual({ new: 2, duplicate: 1 });
    expect(stored(sandbox)).toHaveLength(1);
    const loaded = await sandbox.load(later);
    expect(loaded.comments).toEqual(dry.comments);
    expect(sandbox.query('SELECT id, run_id FROM patient_comments ORDER BY id')).toEqual([
      { id: 1, run_id: 1 },
      { id: 2, run_id: 2 },
      { id: 3, run_id: 2 },
    ]);
  });

  test('of a run that fails are taken back, and those before it stay', async () => {
    using sandbox = new Sandbox();
    await sandbox.load({
      spec: COMMENTED,
      patients: { 'p.txt': PATIENTS },
      comments: { 'c.txt': comments('F1|1|R|') },
    });
    const before = contentOf(sandbox);
    const file = comments('F1|1|E|', 'F1|2|E|', 'F1|9|E|');
    const failing = sandbox.load({
      spec: COMMENTED,
      comments: { 'c.txt': file },
      rejectLimit: { count: 0 },
      sizes: { chunkBytes: 7, blockBytes: 1 },
    });
    await expect(failing).rejects.toThrow('more than 0 records are rejected');
    expect(contentOf(sandbox)).toEqual(before);
    expect(before['comments']).toHaveLength(1);
    expect(sandbox.query('SELECT status FROM runs ORDER BY id')).toEqual([
      { status: 'completed' },
      { status: 'failed' },
    ]);
  });

  test('are the same however the file is cut', async () => {
    using sandbox = new Sandbox();
    const file = comments('F1|1|R|20160504', 'F1|9|E|', 'F1|1|R|20160504', 'F1|2|Q|2016', 'F1|2|V|');
    const reports: string[] = [];
    for (const size of [1 << 20, 7, 61]) {
      const database = sandbox.path(`${size}.db`);
      const sizes = { chunkBytes: size, blockBytes: size, batchRows: 1 };
      const input = { patients: { 'p.txt': PATIENTS }, comments: { 'c.txt': file } };
      const { folder } = await sandbox.load({ spec: COMMENTED, ...input, database, sizes });
      reports.push(`${readFileSync(join(folder, 'issues.csv'), 'utf8')}${JSON.stringify(stored(sandbox, database))}`);
    }
    expect(new Set(reports).size).toBe(1);
  });

  test('go with files that have patients and doses in each record', async () => {
    using sandbox = new Sandbox();
    const { comment } = COMMENTED.layouts;
    const json = smallestCombined() as { layouts: object };
    const spec = completeSpec({ ...json, layouts: { ...json.layouts, comment } });
    const files = {
      'c.txt': comments('|1|R|05/04/2016'),
      'h.csv': 'Chart,Last,DOB,Date 1,CVX 1\n1,Smith,05/14/2009,06/13/2010,03\n',
    };
    const summary = await sandbox.load({ spec, site: 'S', files });
    expect(summary.files.map(({ role, loaded }) => [role, loaded])).toEqual([
      ['combined', 1],
      ['comment', 1],
    ]);
    expect(stored(sandbox)).toEqual([{ patient: '1', code: 'refusal', since: '2016-05-04', line: 2 }]);
  });
});

describe('a file of comments', () => {
  const files = { 'c.txt': comments('F1|1|R|20160504'), 'p.txt': PATIENTS };

  test('is known by its columns, with a header and without', async () => {
    for (const text of [files['c.txt'], files['c.txt'].replace(`${COLUMNS}\n`, '')]) {
      using sandbox = new Sandbox();
      const { files: received } = await sandbox.load({ spec: COMMENTED, files: { ...files, 'c.txt': text } });
      expect(received.map(({ role, name, loaded }) => [role, name, loaded])).toEqual([
        ['patient', 'p.txt', 2],
        ['comment', 'c.txt', 1],
      ]);
    }
  });

  test.each<[string, object, RegExp]>([
    ['given as patients', { patients: { 'c.txt': files['c.txt'] } }, /c\.txt: looks like the comment file, and was given as the patient file; .*--comments/],
    ['given as immunizations', { immunizations: { 'c.txt': files['c.txt'] } }, /c\.txt: looks like the comment file/],
    ['that is one of patients', { comments: files }, /p\.txt: looks like the patient file, and was given as the comment file/],
    ['of a format that has none', { spec: MIIS, comments: { 'c.txt': files['c.txt'] } }, /c\.txt: is given as the comment file, and miis-legacy has none/],
    ['without a column for the code', { comments: { 'c.txt': 'facility_id|patient_id|since\nF1|1|20160504\n' } }, /c\.txt: has no column code/],
  ])('%s is refused', async (_, input, problem) => {
    using sandbox = new Sandbox();
    await expect(sandbox.load({ spec: COMMENTED, ...input })).rejects.toThrow(problem);
  }); // biome-ignore format: a table
});
