/** `validate --compare RUN`: an old submission under newer code tables, record by record. */
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { loadSpec } from '../../src/files/specs.js';
import type { Comparison, Summary } from '../../src/run.js';
import { type CdcValues, cdcText, NDC_ROWS, rowsOfTable } from '../support/cdc.js';
import { type Outcome, runProgram } from '../support/program.js';
import { miis, Sandbox } from '../support/sandbox.js';
import { smallestTagged } from '../support/small-spec.js';

const PATIENTS = miis('facility_id|patient_id|last_name|first_name|birth_date', 'F1|1|Smith|Anna|20150504');
const DOSES = miis(
  'facility_id|patient_id|vaccination_id|admin_date|cvx|cpt|ndc|vaccine_name',
  // Known under both tables, by code.
  'F1|1|same|20160516|03|||',
  // Known by its NDC now.
  'F1|1|ndc|20160517|||0006-4681-01|',
  // New codes of CVX, which were above the newest one.
  'F1|1|new-1|20160518|340|||',
  'F1|1|new-2|20160519|340|||',
  // A trade name that is gone.
  'F1|1|name|20160520||||DAPTACEL',
  // A CPT code that means another vaccine now, of the same group.
  'F1|1|cpt|20160521||90734||',
  // Beside another CVX of its group, the NDC decides.
  'F1|1|other|20160522|05||0006-4681-01|',
  // Rejected under both.
  'F1|1|never|20160523|124|||',
);

const cpt = (code: string, cvx: string): CdcValues => ({
  cpt: code,
  cvx,
  cvx_short_name: 'x',
  last_updated: '2025-11-05',
});
const CDC: Readonly<Record<string, string>> = {
  'cvx.txt': cdcText('cvx', [
    ...rowsOfTable('cvx'),
    {
      code: '340',
      short_name: 'mpox',
      full_name: 'mpox, live',
      status: 'Active',
      non_vaccine: 'false',
      last_updated: '2025-11-05',
    },
  ]),
  'cpt.txt': cdcText('cpt', [...rowsOfTable('cpt').filter((row) => row['cpt'] !== '90734'), cpt('90734', '114')]),
  'TRADENAME.txt': cdcText(
    'product',
    rowsOfTable('product').filter((row) => row['product_name'] !== 'DAPTACEL'),
  ),
  'use.txt': cdcText('ndc_use', NDC_ROWS.ndc_use),
};
const LOAD = ['load', '--patients', 'p.txt', '--immunizations', 'd.txt', '--today', '2026-07-01'];
/** The same files once more. */
const AGAIN = [...LOAD, '--again'];
const COMPARE = ['validate', '--patients', 'p.txt', '--immunizations', 'd.txt', '--report', 'again', '--compare', '1'];

/** A registry with one run, and newer tables beside it. */
async function loadedBefore(doses = DOSES): Promise<Sandbox> {
  const sandbox = new Sandbox();
  sandbox.write('p.txt', PATIENTS);
  sandbox.write('d.txt', doses);
  await runProgram(sandbox.folder, LOAD);
  for (const [name, content] of Object.entries(CDC)) sandbox.write(name, content);
  await runProgram(sandbox.folder, ['codes', 'update', ...Object.keys(CDC)]);
  return sandbox;
}

function comparisonOf(sandbox: Sandbox, folder = 'again'): Comparison {
  return (JSON.parse(readFileSync(sandbox.path(folder, 'summary.json'), 'utf8')) as Summary).comparison!;
}

async function differences(sandbox: Sandbox, folder = 'again'): Promise<string[]> {
  const rows = await sandbox.report(sandbox.path(folder), 'comparison.csv');
  return rows.map((row) =>
    [
      row['source_immunization_id'],
      row['verdict_before'],
      row['verdict_after'],
      row['cvx_before'],
      row['cvx_after'],
    ].join(' '),
  );
}

describe('an old submission under newer tables', () => {
  test('shows no ids of the sender where the report is redacted', async () => {
    using sandbox = await loadedBefore();
    await runProgram(sandbox.folder, COMPARE);
    await runProgram(sandbox.folder, [...COMPARE.with(6, 'redacted'), '--redact']);
    const [plain, redacted] = [await differences(sandbox), await differences(sandbox, 'redacted')];
    const idsOf = (rows: readonly string[]): string[] => rows.map((row) => row.split(' ')[0]!);
    const othersOf = (rows: readonly string[]): string[] => rows.map((row) => row.replace(/^\S+/, ''));
    expect(othersOf(redacted)).toEqual(othersOf(plain));
    expect(idsOf(redacted).filter((id) => idsOf(plain).includes(id))).toEqual([]);
  });

  test('shows which records get another verdict or vaccine, from what to what', async () => {
    using sandbox = await loadedBefore();
    const { code, stdout, stderr } = await runProgram(sandbox.folder, COMPARE);
    expect([code, stderr]).toEqual([3, '']);
    expect(await differences(sandbox)).toEqual([
      'ndc rejected accepted  03',
      'new-1 rejected accepted  340',
      'new-2 rejected accepted  340',
      'name accepted rejected 106 ',
      'cpt accepted accepted 147 114',
      'other accepted accepted 05 03',
    ]);
    expect(comparisonOf(sandbox)).toEqual({
      run: 1,
      code_tables: {
        cvx: { before: '2025-10-12', after: '2025-11-05' },
        product: { before: '2024-07-25', after: '2024-07-25' },
        cpt: { before: '2022-03-10, 22 links 2024', after: '2025-11-05' },
        ndc: { before: 'none', after: 'use 2024-08-06' },
      },
      compared: 9,
      differ: 6,
      newly_rejected: 1,
      newly_accepted: 3,
      other_cvx: 6,
      other_issues: 5,
      cvx: [
        { before: null, after: '340', count: 2 },
        { before: null, after: '03', count: 1 },
        { before: '106', after: null, count: 1 },
        { before: '147', after: '114', count: 1 },
        { before: '05', after: '03', count: 1 },
      ],
    });
    expect(stdout).toContain(
      [
        'Compared with run 1 (cvx 2025-10-12 → 2025-11-05; product 2024-07-25, with other rows; cpt 2022-03-10, 22 links 2024 → 2025-11-05; ndc none → use 2024-08-06):',
        '  6 of 9 records differ: 1 now rejected, 3 now accepted, 6 of another CVX code, 5 with other issues',
        '    CVX none → 340  2',
        '    CVX none → 03   1',
      ].join('\n'),
    );
    expect(stdout).toContain('  Differences  again/comparison.csv\n');
  });

  test('names the place of each record, and why', async () => {
    using sandbox = await loadedBefore();
    await runProgram(sandbox.folder, COMPARE);
    const [first] = await sandbox.report(sandbox.path('again'), 'comparison.csv');
    expect(first).toEqual({
      file: 'd.txt',
      record: '2',
      line: '3',
      role: 'immunization',
      dose: '',
      source_patient_id: '1',
      source_immunization_id: 'ndc',
      verdict_before: 'rejected',
      verdict_after: 'accepted',
      cvx_before: '',
      cvx_after: '03',
      codes_before: 'ndc-unresolved vaccine-unresolved',
      codes_after: '',
    });
  });

  test('is told as before and now, each as a load under those tables says', async () => {
    using sandbox = await loadedBefore();
    await runProgram(sandbox.folder, COMPARE);
    const rejectedBy = async (...args: string[]): Promise<string[]> => {
      await runProgram(sandbox.folder, ['validate', ...LOAD.slice(1), '--report', 'alone', ...args]);
      const issues = await sandbox.report(sandbox.path('alone'), 'issues.csv');
      rmSync(sandbox.path('alone'), { recursive: true });
      return [
        ...new Set(issues.filter(({ fate }) => fate === 'rejected').map((each) => each['source_immunization_id']!)),
      ];
    };
    const now = await rejectedBy();
    // A folder without tables leaves those that come with immload.
    mkdirSync(sandbox.path('elsewhere'));
    const then = await rejectedBy('--codes', 'elsewhere');
    const rows = await sandbox.report(sandbox.path('again'), 'comparison.csv');
    const flipped = (verdict: string): string[] =>
      rows
        .filter((row) => row['verdict_before'] !== row['verdict_after'] && row['verdict_after'] === verdict)
        .map((row) => row['source_immunization_id']!);
    expect(flipped('rejected')).toEqual(now.filter((id) => !then.includes(id)));
    expect(flipped('accepted')).toEqual(then.filter((id) => !now.includes(id)));
  });

  test('shows what is said of a record now, and was not then', async () => {
    using sandbox = await loadedBefore(
      miis('facility_id|patient_id|admin_date|cvx|info_source', 'F1|1|20160516|03|00', 'F1|1|20160517|21|00'),
    );
    rmSync(sandbox.path('immload-codes'), { recursive: true });
    const retired = rowsOfTable('cvx').map((row) =>
      row['code'] === '03' ? { ...row, status: 'Inactive', last_updated: '2015-01-01' } : row,
    );
    sandbox.write('cvx.txt', cdcText('cvx', retired));
    await runProgram(sandbox.folder, ['codes', 'update', 'cvx.txt', '--allow-older']);
    const { stdout } = await runProgram(sandbox.folder, COMPARE);
    const rows = await sandbox.report(sandbox.path('again'), 'comparison.csv');
    const [same] = rows;
    expect(same).toMatchObject({
      verdict_before: 'accepted',
      verdict_after: 'accepted',
      cvx_before: '03',
      cvx_after: '03',
    });
    expect([same!['codes_before'], same!['codes_after']]).toEqual([
      'mvx-missing lot-missing',
      'mvx-missing lot-missing cvx-retired',
    ]);
    expect([rows.length, comparisonOf(sandbox).other_issues]).toEqual([1, 1]);
    expect(stdout).toMatch(
      /records differ: 0 now rejected, 0 now accepted, 0 of another CVX code, 1 with other issues/,
    );
  });

  test('is judged on the day and for the site of the run, unless told otherwise', async () => {
    using sandbox = new Sandbox();
    sandbox.write('p.txt', miis('patient_id|last_name|first_name|birth_date', '1|Smith|Anna|20150504'));
    sandbox.write('d.txt', miis('patient_id|admin_date|cvx', '1|20240601|03'));
    await runProgram(sandbox.folder, [...LOAD.with(-1, '2024-05-01'), '--site', 'F1']);
    const { code } = await runProgram(sandbox.folder, COMPARE);
    const summary = JSON.parse(readFileSync(sandbox.path('again', 'summary.json'), 'utf8')) as Summary;
    expect([code, summary.today, summary.site, summary.comparison!.differ]).toEqual([3, '2024-05-01', 'F1', 0]);
    await runProgram(sandbox.folder, [...COMPARE.with(6, 'later'), '--today', '2026-07-01']);
    const later = JSON.parse(readFileSync(sandbox.path('later', 'summary.json'), 'utf8')) as Summary;
    expect([later.today, later.comparison!.differ]).toEqual(['2026-07-01', 0]);
  });

  test('differs in nothing under the same tables, and says so', async () => {
    using sandbox = await loadedBefore();
    rmSync(sandbox.path('immload-codes'), { recursive: true });
    const { stdout } = await runProgram(sandbox.folder, COMPARE);
    expect(stdout).toContain(
      'Compared with run 1 (the same code tables):\n  0 of 9 records differ: 0 now rejected, 0 now accepted, 0 of another CVX code, 0 with other issues\n',
    );
    expect(await differences(sandbox)).toEqual([]);
    expect(stdout).not.toContain('Differences');
  });

  test('can be of a run under updated tables, too', async () => {
    using sandbox = await loadedBefore();
    await runProgram(sandbox.folder, AGAIN);
    rmSync(sandbox.path('immload-codes'), { recursive: true });
    await runProgram(sandbox.folder, COMPARE.with(-1, '2'));
    expect(comparisonOf(sandbox)).toMatchObject({ run: 2, newly_rejected: 3, newly_accepted: 1, other_cvx: 6 });
    expect(comparisonOf(sandbox).code_tables['ndc']).toEqual({ before: 'use 2024-08-06', after: 'none' });
  });

  test('shows each dose of a record that has several', async () => {
    const spec = loadSpec('miis-legacy');
    const combined = {
      ...spec,
      id: 'both',
      layouts: {
        combined: {
          format: 'delimited', delimiter: '|', quote: null, header: 'required',
          fields: [
            { name: 'id', field: 'source_patient_id' }, { name: 'last', field: 'last_name' },
            { name: 'first', field: 'first_name' }, { name: 'birth', field: 'birth_date' },
            { repeat: 3, fields: [{ name: 'day{n}', field: 'administered_on' }, { name: 'cvx{n}', field: 'cvx' }] },
          ],
        },
      },
    }; // biome-ignore format: a layout
    using sandbox = new Sandbox();
    sandbox.write('both.json', JSON.stringify(combined));
    sandbox.write(
      'b.txt',
      'id|last|first|birth|day1|cvx1|day2|cvx2|day3|cvx3\n1|Smith|Anna|20150504|20160516|03|20160517|340||\n',
    );
    sandbox.write('cvx.txt', CDC['cvx.txt']!);
    const files = ['b.txt', '--spec', './both.json', '--site', 'F1', '--today', '2026-07-01'];
    await runProgram(sandbox.folder, ['load', ...files]);
    await runProgram(sandbox.folder, ['codes', 'update', 'cvx.txt']);
    await runProgram(sandbox.folder, ['validate', ...files, '--compare', '1', '--report', 'again']);
    const rows = await sandbox.report(sandbox.path('again'), 'comparison.csv');
    expect(rows).toMatchObject([
      { role: 'immunization', record: '1', line: '2', dose: '2', cvx_before: '', cvx_after: '340' },
    ]);
    // The patient, and two doses.
    expect(comparisonOf(sandbox).compared).toBe(3);
  });

  test('shows the doses below a patient', async () => {
    using sandbox = new Sandbox();
    sandbox.write('tagged.json', JSON.stringify(smallestTagged()));
    sandbox.write(
      't.txt',
      'P|1|Smith|05/04/2015\nI|05/16/2016|03\nI|05/17/2016|340\nP|2|Lopez|05/05/2015\nI|05/18/2016|340\n',
    );
    sandbox.write('cvx.txt', CDC['cvx.txt']!);
    const files = ['t.txt', '--spec', './tagged.json', '--site', 'F1', '--today', '2026-07-01'];
    await runProgram(sandbox.folder, ['load', ...files]);
    await runProgram(sandbox.folder, ['codes', 'update', 'cvx.txt']);
    await runProgram(sandbox.folder, ['validate', ...files, '--compare', '1', '--report', 'again']);
    const rows = await sandbox.report(sandbox.path('again'), 'comparison.csv');
    expect(rows).toMatchObject([
      { role: 'immunization', line: '3', source_patient_id: '1', cvx_before: '', cvx_after: '340' },
      { role: 'immunization', line: '5', source_patient_id: '2', cvx_before: '', cvx_after: '340' },
    ]);
    expect(comparisonOf(sandbox).compared).toBe(5);
  });
});

describe('what cannot be compared is refused', () => {
  const refuse = async (sandbox: Sandbox, args: readonly string[]): Promise<Outcome> => {
    const outcome = await runProgram(sandbox.folder, args);
    expect(outcome.stdout).toBe('');
    expect(Object.keys(outcome.left).filter((name) => name.startsWith('again'))).toEqual([]);
    return outcome;
  };

  test.each<[string, string[], number, string]>([
    [
      'a run that is not there',
      COMPARE.with(-1, '9'),
      1,
      './immload.db: there is no run 9; `immload runs --db ./immload.db` lists them',
    ],
    [
      'a registry that is not there',
      [...COMPARE, '--db', 'gone.db'],
      1,
      'gone.db: there is no such database; give its path with --db',
    ],
    ['no number', COMPARE.with(-1, 'one'), 2, '--compare: give the number of a run, as `immload runs` shows it'],
    ['half a number', COMPARE.with(-1, '1.5'), 2, '--compare: give the number of a run, as `immload runs` shows it'],
    ['another file', COMPARE.with(2, 'q.txt'), 1, 'q.txt: is not a file of run 1; give the very files that it loaded'],
  ])('%s', async (_, args, code, says) => {
    using sandbox = await loadedBefore();
    sandbox.write('q.txt', `${PATIENTS}F1|2|Lopez|Ana|20150505\n`);
    expect(await refuse(sandbox, args)).toMatchObject({ code, stderr: `immload: ${says}\n` });
  });

  test('a run that failed', async () => {
    using sandbox = await loadedBefore();
    await runProgram(sandbox.folder, [...AGAIN, '--max-rejects', '0']);
    const { stderr } = await refuse(sandbox, COMPARE.with(-1, '2'));
    expect(stderr).toContain('run 2 was not completed; compare with one that was');
  });

  test('a run whose tables were not kept', async () => {
    using sandbox = await loadedBefore();
    const database = new Database(sandbox.path('immload.db'));
    database.exec('DELETE FROM run_code_tables; DELETE FROM code_tables');
    database.close();
    const { stderr } = await refuse(sandbox, COMPARE);
    expect(stderr).toContain('run 1 was loaded by an immload that kept no code tables');
  });

  test('but another spec is told, and used for both', async () => {
    using sandbox = await loadedBefore();
    sandbox.write('own.json', JSON.stringify({ ...loadSpec('miis-legacy'), id: 'own', version: '2' }));
    const { stderr } = await runProgram(sandbox.folder, [...COMPARE, '--spec', './own.json']);
    expect(stderr).toBe('immload: run 1 was loaded by miis-legacy 0.1.0; it is compared by own 2, under both tables\n');
    expect(comparisonOf(sandbox).differ).toBe(6);
  });
});

describe('the tables of runs', () => {
  const kept = (sandbox: Sandbox): unknown =>
    sandbox.query(
      'SELECT (SELECT count(*) FROM code_tables) AS tables, (SELECT count(*) FROM run_code_tables) AS uses',
      sandbox.path('immload.db'),
    )[0];

  test('are kept once, however many runs use them', async () => {
    using sandbox = await loadedBefore();
    const once = kept(sandbox) as { tables: number; uses: number };
    expect(once.tables).toBe(once.uses);
    await runProgram(sandbox.folder, AGAIN);
    // Four were updated.
    expect(kept(sandbox)).toEqual({ tables: once.tables + 4, uses: once.uses * 2 });
    await runProgram(sandbox.folder, AGAIN);
    expect(kept(sandbox)).toEqual({ tables: once.tables + 4, uses: once.uses * 3 });
  });

  test('are gone with a run that is taken back', async () => {
    using sandbox = await loadedBefore();
    const before = kept(sandbox);
    await runProgram(sandbox.folder, [...AGAIN, '--max-rejects', '0']);
    expect(kept(sandbox)).toEqual(before);
  });

  test('are not kept by a dry run or a validation', async () => {
    using sandbox = await loadedBefore();
    copyFileSync(sandbox.path('immload.db'), sandbox.path('copy.db'));
    await runProgram(sandbox.folder, [...LOAD, '--dry-run']);
    await runProgram(sandbox.folder, COMPARE);
    expect(readFileSync(sandbox.path('immload.db')).equals(readFileSync(sandbox.path('copy.db')))).toBe(true);
  });
});
