/** The options of `load` and `validate`. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { makeSamples } from '../../src/core/samples/samples.js';
import { loadSpec } from '../../src/files/specs.js';
import type { Summary } from '../../src/run.js';
import { utf16 } from '../support/encodings.js';
import { CODES, MIIS } from '../support/fixtures.js';
import { listFolder, type Outcome, runProgram } from '../support/program.js';
import { contentOf, miis, Sandbox } from '../support/sandbox.js';
import { zip } from '../support/zip.js';

const PATIENT_COLUMNS = 'facility_id|patient_id|last_name|first_name|birth_date|sex';
const PATIENTS = miis(PATIENT_COLUMNS, 'F1|1|Smith|Anna|20150504|F', 'F1|2|Jones|Ben|20160612|M');
const DOSES = miis('facility_id|patient_id|cvx|admin_date', 'F1|1|3|20160505', 'F1|2|20|20160815');
/** Ten records, of which three are rejected. */
const DIRTY = miis(
  PATIENT_COLUMNS,
  ...Array.from({ length: 7 }, (_, i) => `F1|${i}|Name${'ABCDEFG'[i]}|Anna|2015050${i + 1}|Q`),
  'F1|20||Carl|20100101|M',
  'F1|21|Brown|Carl|20103101|M',
  '|22|Brown|Karl|20100101|M',
);
const SUBMISSION = ['--patients', 'p.txt', '--immunizations', 'd.txt'];

class Workplace extends Sandbox {
  constructor(files: Readonly<Record<string, string>> = { 'p.txt': PATIENTS, 'd.txt': DOSES }) {
    super();
    for (const [name, content] of Object.entries(files)) this.write(name, content);
  }

  run(...args: string[]): Promise<Outcome> {
    return runProgram(this.folder, args);
  }

  override get database(): string {
    return this.path('immload.db');
  }

  read(...names: string[]): string {
    return readFileSync(this.path(...names), 'utf8');
  }

  summary(...names: string[]): Summary {
    return JSON.parse(this.read(...names, 'summary.json')) as Summary;
  }
}

describe('a file that is not whole', () => {
  const spec = JSON.stringify({
    ...MIIS,
    id: 'with-trailer',
    layouts: { ...MIIS.layouts, patient: { ...MIIS.layouts.patient, trailerRecord: { tag: 'T' } } },
  });
  const files = { 'p.txt': PATIENTS, 'spec.json': spec };

  test('is refused by a load with 1 and one line, and nothing is left behind', async () => {
    using place = new Workplace(files);
    const outcome = await place.run('load', '--patients', 'p.txt', '--spec', 'spec.json');
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toBe(
      'immload: p.txt: records that no trailer record follows: 2; nothing was loaded. Get the file sent again, whole. If its sender writes no trailer, let the specification say so.\n',
    );
    expect(place.query('SELECT count(*) AS n FROM patients')).toEqual([{ n: 0 }]);
  });

  test('is told by a validation with 3', async () => {
    using place = new Workplace(files);
    const outcome = await place.run('validate', '--patients', 'p.txt', '--spec', 'spec.json');
    expect(outcome).toMatchObject({ code: 3, stderr: '' });
    expect(outcome.stdout).toContain('Nothing of this would be loaded: trailer-missing');
  });
});

describe('load', () => {
  test('ends with 0 when every record was loaded or known, and prints the summary', async () => {
    using place = new Workplace();
    for (const [run, fates] of [
      ['run 1', '2 +2 +0 +0 +0 +0'],
      ['run 2', '2 +0 +0 +2 +0 +0'],
    ] as const) {
      const outcome = await place.run('load', '--again', ...SUBMISSION);
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expect(outcome.stdout).toContain(run);
      for (const name of ['p.txt', 'd.txt']) expect(outcome.stdout).toMatch(new RegExp(`^ +${name} +${fates}$`, 'm'));
    }
  });

  test('ends with 3 when there are rejects, and says where they are', async () => {
    using place = new Workplace({ 'p.txt': DIRTY });
    const outcome = await place.run('load', '--patients', 'p.txt');
    expect(outcome).toMatchObject({ code: 3, stderr: '' });
    expect(outcome.stdout).toContain(
      'immload-report/1/rejects/p.txt  (3 records; correct them and load that very file)',
    );
    expect(outcome.left).toHaveProperty(['immload-report/1/rejects/p.txt']);
  });

  test('takes several files of a kind, after one option or several', async () => {
    using place = new Workplace({ 'a.txt': miis(PATIENT_COLUMNS, 'F1|1|Smith|Anna|20150504|F'), 'b.txt': PATIENTS });
    const first = await place.run('load', '--patients', 'a.txt', 'b.txt', '--json');
    const second = await place.run('load', '--again', '--patients', 'a.txt', '--patients', 'b.txt', '--json');
    for (const { stdout } of [first, second]) {
      expect((JSON.parse(stdout) as Summary).files.map(({ name }) => name)).toEqual(['a.txt', 'b.txt']);
    }
  });

  test('an option that is given twice counts as given last', async () => {
    using place = new Workplace();
    const outcome = await place.run(
      'load',
      ...SUBMISSION,
      '--db',
      'a.db',
      '--db',
      'b.db',
      '--json',
      '--no-json',
      '--quiet',
    );
    expect(outcome).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(Object.keys(outcome.left).filter((name) => name.endsWith('.db'))).toEqual(['b.db']);
  });
});

describe('--json and --quiet', () => {
  test('says what files came in and are encoded in, unless --encoding says so', async () => {
    using work = new Workplace();
    work.write('e.zip', zip([{ name: 'd.txt', content: DOSES }]));
    work.write('p.txt.gz', gzipSync(utf16(PATIENTS)));
    const found = await work.run('validate', '--patients', 'p.txt.gz', '--immunizations', 'e.zip#d.txt');
    expect(found).toMatchObject({ code: 0, stderr: '' });
    expect(found.stdout).toContain('\n\np.txt came in p.txt.gz and is in UTF-16LE\nd.txt came in e.zip\n\n');
    const said = await work.run('validate', '--patients', 'p.txt', '--encoding', 'Windows-1252', '--json');
    expect((JSON.parse(said.stdout) as Summary).files[0]).toMatchObject({ container: null, encoding: 'windows-1252' });
  });

  test('--json prints exactly summary.json', async () => {
    using place = new Workplace();
    const outcome = await place.run('load', ...SUBMISSION, '--json', '--report', 'out');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toBe(place.read('out', 'summary.json'));
  });

  test.each([['load'], ['load', '--dry-run'], ['load', '--json'], ['validate']])(
    '%s %s --quiet prints nothing',
    async (...words) => {
      using place = new Workplace({ 'p.txt': DIRTY });
      const args = words.filter((word) => word !== undefined);
      expect(await place.run(...args, '--patients', 'p.txt', '--quiet')).toMatchObject({
        code: 3,
        stdout: '',
        stderr: '',
      });
    },
  );

  test('--quiet still says why a run failed', async () => {
    using place = new Workplace();
    expect(await place.run('load', '--patients', 'gone.txt', '--quiet')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'immload: gone.txt: there is no such file; check the path\n',
    });
  });
});

describe('--comments', () => {
  const REMARK = `${'1002'.padEnd(24)}A110072014\r\n`;

  test('loads comments on patients, given or found by their contents, and says how many', async () => {
    using place = new Workplace({});
    const { perfect } = makeSamples(loadSpec('wir-fixed'), CODES);
    mkdirSync(place.path('in'));
    for (const { name, bytes } of perfect.values()) writeFileSync(place.path('in', name), bytes);
    writeFileSync(place.path('in', 'comments.txt'), REMARK);
    const given = ['--patients', 'in/patients.txt', '--comments', 'in/comments.txt'];
    for (const args of [given, ['in']]) {
      const outcome = await place.run('validate', ...args);
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expect(outcome.stdout).toContain('\nComments (would be): 1 new, 0 duplicate\n');
    }
    expect(await place.run('validate', '--comments', 'in/comments.txt')).toMatchObject({
      code: 1,
      stderr:
        'immload: in/comments.txt: fits grits-fixed and wir-fixed equally well; say which it is with --spec grits-fixed or --spec wir-fixed\n',
    });
  });
});

describe('--max-rejects', () => {
  test.each([
    ['3', true],
    ['30%', true],
    ['30.5 %', true],
    ['100%', true],
    ['2', false],
    ['0', false],
    ['29.9%', false],
    ['0%', false],
  ])('%s of three rejects in ten: loaded is %s', async (limit, loaded) => {
    using place = new Workplace({ 'p.txt': DIRTY });
    const before = place.files();
    const outcome = await place.run('load', '--patients', 'p.txt', '--max-rejects', limit);
    expect(outcome.code).toBe(loaded ? 3 : 1);
    expect(place.query('SELECT count(*) AS n FROM patients')).toEqual([{ n: loaded ? 7 : 0 }]);
    if (loaded) return;
    const found = limit.endsWith('%')
      ? `3 of 10 records (more than ${limit.replace('%', ' %')})`
      : `more than ${limit} records`;
    expect(outcome).toMatchObject({
      stdout: '',
      stderr: `immload: ${found} are rejected; nothing was loaded. Run \`immload validate\` to see them all\n`,
    });
    expect(place.files()).toEqual([...before, 'immload.db'].sort());
  });

  test('counts over all files of a submission', async () => {
    using place = new Workplace({ 'p.txt': DIRTY, 'q.txt': DIRTY });
    const codes: (number | null)[] = [];
    for (const limit of ['5', '6', '29%', '30%']) {
      const args = ['--patients', 'p.txt', 'q.txt', '--max-rejects', limit, '--db', `${limit}.db`];
      codes.push((await place.run('load', ...args)).code);
    }
    expect(codes).toEqual([1, 3, 1, 3]);
  });

  test('leaves a registry as it was', async () => {
    using place = new Workplace({ 'p.txt': PATIENTS, 'dirty.txt': DIRTY });
    await place.run('load', '--patients', 'p.txt');
    const before = contentOf(place);
    const { code } = await place.run('load', '--patients', 'dirty.txt', '--max-rejects', '10%');
    expect(code).toBe(1);
    expect(contentOf(place)).toEqual(before);
    expect(place.files().filter((name) => name.startsWith('immload-report/2'))).toEqual([]);
  });
});

describe('--dry-run and validate', () => {
  test('a dry run leaves the registry byte for byte, and finds what a load finds', async () => {
    using place = new Workplace({ 'p.txt': PATIENTS, 'dirty.txt': DIRTY });
    await place.run('load', '--patients', 'p.txt');
    const before = listFolder(place.folder);
    const dry = await place.run('load', '--patients', 'dirty.txt', '--dry-run', '--report', 'dry');
    expect(dry).toMatchObject({ code: 3, stderr: '' });
    expect(Object.fromEntries(Object.entries(dry.left).filter(([name]) => !name.startsWith('dry')))).toEqual(before);
    await place.run('load', '--patients', 'dirty.txt', '--report', 'real');
    expect(place.read('dry', 'issues.csv')).toBe(place.read('real', 'issues.csv'));
    expect(place.summary('dry')).toMatchObject({ run: null, mode: 'dry-run', totals: place.summary('real').totals });
    expect(dry.stdout).toContain('Patients (would be): ');
  });

  test('a dry run makes no registry where there is none', async () => {
    using place = new Workplace();
    const outcome = await place.run('load', ...SUBMISSION, '--dry-run', '--report', 'dry');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.left).not.toHaveProperty(['immload.db']);
  });

  test('a dry run refuses a registry that is busy with nothing, and reads one that is loaded', async () => {
    using place = new Workplace();
    await place.run('load', ...SUBMISSION);
    const outcome = await place.run('load', ...SUBMISSION, '--dry-run', '--json');
    const { files, totals } = JSON.parse(outcome.stdout) as Summary;
    expect(files.map((file) => file.loaded_before?.run)).toEqual([1, 1]);
    expect(totals.patient).toMatchObject({ loaded: 0, duplicate: 2 });
  });

  test('validate makes no registry and finds what a load finds, byte for byte', async () => {
    using place = new Workplace({ 'p.txt': DIRTY, 'd.txt': DOSES });
    const checked = await place.run('validate', ...SUBMISSION, '--report', 'checked');
    expect(checked).toMatchObject({ code: 3, stderr: '' });
    expect(checked.left).not.toHaveProperty(['immload.db']);
    await place.run('load', ...SUBMISSION, '--report', 'loaded');
    for (const name of ['issues.csv', 'changes.csv', 'rejects/p.txt']) {
      expect(place.read('checked', name), name).toBe(place.read('loaded', name));
    }
  });
});

describe('--today', () => {
  test.each([
    ['2016-06-11', 1],
    ['2016-06-12', 0],
  ])('%s decides what is in the future', async (today, rejected) => {
    using place = new Workplace();
    const outcome = await place.run('validate', '--patients', 'p.txt', '--today', today, '--json');
    const { totals, issues, today: said } = JSON.parse(outcome.stdout) as Summary;
    expect(said).toBe(today);
    expect(totals.patient.rejected).toBe(rejected);
    expect(issues['birth-date-in-future']?.count ?? 0).toBe(rejected);
  });
});

describe('--site', () => {
  test('stands for the site of records that name none', async () => {
    using place = new Workplace({
      'p.txt': miis('patient_id|last_name|first_name|birth_date', '1|Smith|Anna|20150504'),
      'd.txt': miis('facility_id|patient_id|cvx|admin_date', '|1|03|20160505'),
    });
    const outcome = await place.run('load', ...SUBMISSION, '--site', '007');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(place.query('SELECT site_id FROM patient_sources')).toEqual([{ site_id: '007' }]);
    expect(place.query('SELECT site_id FROM immunizations')).toEqual([{ site_id: '007' }]);
    expect(place.query('SELECT site_id FROM runs')).toEqual([{ site_id: '007' }]);
  });

  test('does not replace the site that a record names', async () => {
    using place = new Workplace();
    await place.run('load', '--patients', 'p.txt', '--site', 'OTHER');
    expect(place.query('SELECT DISTINCT site_id FROM patient_sources')).toEqual([{ site_id: 'F1' }]);
  });
});

describe('reports', () => {
  test('go to a folder named after the run, or after what was done', async () => {
    using place = new Workplace();
    for (const args of [['load'], ['validate'], ['load', '--dry-run'], ['validate'], ['load', '--again']]) {
      expect((await place.run(...args, ...SUBMISSION)).code).toBe(0);
    }
    expect(place.files().filter((name) => name.endsWith('summary.json'))).toEqual([
      'immload-report/1/summary.json',
      'immload-report/2/summary.json',
      'immload-report/dry-run/summary.json',
      'immload-report/validate-2/summary.json',
      'immload-report/validate/summary.json',
    ]);
  });

  test('do not mix with those of another registry', async () => {
    using place = new Workplace();
    await place.run('load', ...SUBMISSION);
    const outcome = await place.run('load', ...SUBMISSION, '--db', 'other.db');
    expect(outcome.stdout).toContain('Report  immload-report/1-2\n');
    expect(place.summary('immload-report', '1-2').report).toBe('immload-report/1-2');
  });

  test('are refused a folder that holds something, and take one that is empty', async () => {
    using place = new Workplace();
    mkdirSync(place.path('full'));
    mkdirSync(place.path('empty'));
    writeFileSync(place.path('full', 'notes.txt'), 'mine');
    const before = listFolder(place.folder);
    expect(await place.run('load', ...SUBMISSION, '--report', 'full')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'immload: full: is not empty; give a new folder with --report, so that no report is lost\n',
      left: before,
    });
    expect((await place.run('load', ...SUBMISSION, '--report', 'empty')).code).toBe(0);
    expect(place.summary('empty').run).toBe(1);
  });

  test('can be read by their owner only, whatever the habits of the user', async () => {
    using place = new Workplace({ 'p.txt': DIRTY });
    const { left } = await place.run('load', '--patients', 'p.txt');
    const made = Object.keys(left).filter((name) => name !== 'p.txt');
    expect(made).toContain('immload-report/1/rejects/p.txt');
    for (const name of made) {
      const stats = statSync(join(place.folder, name));
      expect(stats.mode & 0o777, name).toBe(stats.isDirectory() ? 0o700 : 0o600);
    }
  });

  test('are redacted where asked, and say so', async () => {
    const file = 'facility_id|patient_id|last_name|first_name|birth_date\nF1|70011|Kowalczyk|Zdzislaw|20159914\n';
    using place = new Workplace({ 'p.txt': file });
    const { stdout } = await place.run('validate', '--patients', 'p.txt', '--redact', '--report', 'out');
    expect(stdout).toMatch(/Redacted +values of persons in it are made up\n/);
    const [row] = await place.report(place.path('out'), 'issues.csv');
    expect(row).toMatchObject({ code: 'birth-date-invalid', value: expect.stringMatching(/^\d{8}$/) });
    expect(row!['value']).not.toBe('20159914');
    expect(row!['source_patient_id']).not.toBe('70011');
    expect(readFileSync(place.path('out', 'rejects', 'p.txt'), 'utf8')).not.toMatch(
      /Kowalczyk|Zdzislaw|20159914|70011/i,
    );
    expect(place.summary('out').redacted).toEqual({ records_unlike: 0 });
  });

  test('are capped per code where asked, and say so', async () => {
    using place = new Workplace({ 'p.txt': DIRTY });
    const outcome = await place.run('validate', '--patients', 'p.txt', '--max-issues-per-code', '2', '--report', 'out');
    expect(outcome.stdout).toMatch(/sex-unrecognized +7 +first in p\.txt, line 2 {2}\(2 listed\)\n/);
    const rows = await place.report(place.path('out'), 'issues.csv');
    expect(rows.filter((row) => row['code'] === 'sex-unrecognized').map((row) => row['line'])).toEqual(['2', '3']);
    expect(place.summary('out').issues['sex-unrecognized']).toMatchObject({ count: 7, rows: 2 });
  });
});
