/** The commands that show what there is, and `migrate`. */
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CATALOGUE, ISSUE_CODES } from '../../src/core/catalogue.js';
import { completeSpec } from '../../src/core/spec.js';
import { builtInSpecIds, loadSpec } from '../../src/files/specs.js';
import { MIIS } from '../support/fixtures.js';
import { listFolder, type Outcome, runProgram } from '../support/program.js';
import { miis, Sandbox } from '../support/sandbox.js';

async function show(...args: string[]): Promise<string> {
  using sandbox = new Sandbox();
  const outcome = await runProgram(sandbox.folder, args);
  expect(outcome).toMatchObject({ code: 0, stderr: '', left: {} });
  return outcome.stdout;
}

async function refuse(...args: string[]): Promise<Outcome> {
  using sandbox = new Sandbox();
  return await runProgram(sandbox.folder, args);
}

describe('explain', () => {
  test('lists every code with its severity', async () => {
    const lines = (await show('explain')).trimEnd().split('\n');
    expect(lines.map((line) => line.trim().split(/ {2,}/).slice(0, 2))).toEqual(
      ISSUE_CODES.map((code) => [code, CATALOGUE[code].severity]),
    );
  });

  test.each([
    ['cvx-padded', 'warning', 'the record is loaded'],
    ['patient-not-found', 'error', 'the record is rejected'],
    ['encoding-windows-1252', 'info', 'the file is loaded'],
    ['trailer-missing', 'error', 'nothing is loaded'],
  ] as const)('says all there is to say of %s', async (code, severity, consequence) => {
    const text = (await show('explain', code)).replace(/\s+/g, ' ');
    const { meaning, why, fix, source } = CATALOGUE[code];
    expect(text.startsWith(`${code} ${severity} (${consequence}, unless`)).toBe(true);
    for (const words of [meaning, why, fix, source]) expect(text).toContain(words.replace(/\s+/g, ' '));
  });

  test('says what a code of a specification’s document stands for, and where', async () => {
    const text = (await show('explain', 'data004')).replace(/\s+/g, ' ');
    for (const code of ['value-required-if', 'value-not-to-send'] as const) {
      expect(text).toContain(`DATA004 in the document of cvrs-tsv: ${code} In pprl_id. `);
      expect(text).toContain(CATALOGUE[code].meaning);
    }
    expect(await show('explain', 'FMT_002')).toMatch(
      /^FMT_002 in the document of cvrs-tsv: column-unknown\n\ncolumn-unknown /,
    );
  });

  test.each([
    ['CVX-unknown', 'there is no issue code CVX-unknown; did you mean cvx-unknown?'],
    ['cvx-padde', 'there is no issue code cvx-padde; did you mean cvx-padded?'],
    ['brith-date-missing', 'there is no issue code brith-date-missing; did you mean birth-date-missing?'],
    ['cvx-pad', 'there is no issue code cvx-pad; did you mean cvx-padded?'],
    [
      'date-before-birth',
      'there is no issue code date-before-birth; did you mean death-date-before-birth, dose-date-before-birth?',
    ],
    ['nonsense', 'there is no issue code nonsense; `immload explain` lists all codes'],
    ['toString', 'there is no issue code toString; `immload explain` lists all codes'],
  ])('of %s, which is no code, says what may be meant', async (code, says) => {
    expect(await refuse('explain', code)).toEqual({ code: 2, stdout: '', stderr: `immload: ${says}\n`, left: {} });
  });
});

describe('spec', () => {
  test('list names the specifications and how sure they are', async () => {
    const lines = (await show('spec', 'list')).trimEnd().split('\n');
    const rows = lines.map((line) => line.trim().split(/ {2,}/).slice(0, 3));
    expect(rows.map(([id]) => id)).toEqual(builtInSpecIds());
    expect(rows).toContainEqual(['grits-fixed', '13.2.0', 'public-code']);
    expect(rows).toContainEqual(['miis-legacy', '0.1.0', 'inferred']);
  });

  test('list --json gives id, version, title and provenance', async () => {
    const specs = JSON.parse(await show('spec', 'list', '--json')) as Record<string, unknown>[];
    expect(specs.map((spec) => spec['id'])).toEqual(builtInSpecIds());
    expect(specs.find((spec) => spec['id'] === MIIS.id)).toEqual({
      id: MIIS.id,
      version: MIIS.version,
      title: MIIS.title,
      provenance: JSON.parse(JSON.stringify(MIIS.provenance)),
    });
  });

  test('show tells the columns in their order', async () => {
    const text = await show('spec', 'show', 'miis-legacy');
    expect(text).toContain('Patient file: 40 columns, delimiter |, quote ", header optional');
    expect(text).toContain('Immunization file: 33 columns');
    const names = [...text.matchAll(/^ +\d+ {2}(\w+)/gm)].map(([, name]) => name);
    expect(names).toEqual(
      [...MIIS.layouts.patient.fields, ...MIIS.layouts.immunization.fields].map(({ name }) => name),
    );
  });

  test('show tells where the columns of fixed width stand', async () => {
    const text = await show('spec', 'show', 'grits-fixed');
    expect(text).toContain('columns of fixed width, 585 bytes');
    expect(text).toContain('columns of fixed width, 265 bytes');
    expect(text).toMatch(/^ +1 {2}\S+(?: \S+)* +1 +24 /m);
  });

  test.each(['miis-legacy', 'cvrs-tsv'])(
    'show %s --json gives the specification to begin one’s own from',
    async (id) => {
      using sandbox = new Sandbox();
      const { stdout } = await runProgram(sandbox.folder, ['spec', 'show', id, '--json']);
      expect(completeSpec(JSON.parse(stdout))).toEqual(loadSpec(id));
      sandbox.write('own.json', stdout);
      expect(await runProgram(sandbox.folder, ['spec', 'show', './own.json'])).toMatchObject({ code: 0, stderr: '' });
    },
  );

  test('show tells the columns of a file with patients and doses in each record', async () => {
    const text = await show('spec', 'show', 'cocasa-tab');
    expect(text).toContain('One file, with a patient and doses in each record: 16 columns, delimiter tab');
    expect(text).toMatch(/shot type +cvx/);
  });

  test('show shows a specification of the user’s own', async () => {
    using sandbox = new Sandbox();
    const own = { ...MIIS, id: 'own', title: 'Own columns' };
    writeFileSync(sandbox.path('own.json'), `\ufeff${JSON.stringify(own)}`);
    const outcome = await runProgram(sandbox.folder, ['spec', 'show', './own.json']);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toContain('own 0.1.0: Own columns');
  });

  test('show refuses what it does not have', async () => {
    expect(await refuse('spec', 'show', 'nope')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `immload: there is no spec nope; use one of ${builtInSpecIds().join(', ')}, or the path of a spec file\n`,
    });
  });
});

describe('runs', () => {
  const patients = miis(
    'facility_id|patient_id|last_name|first_name|birth_date',
    'F1|1|Smith|Anna|20150504',
    'F1|2|||',
  );
  const doses = miis('facility_id|patient_id|cvx|admin_date', 'F1|1|03|20160505');

  async function loadedRegistry(): Promise<Sandbox> {
    const sandbox = new Sandbox();
    sandbox.write('p.txt', patients);
    sandbox.write('d.txt', doses);
    const both = ['load', '--quiet', '--patients', 'p.txt', '--immunizations', 'd.txt'];
    expect((await runProgram(sandbox.folder, both)).code).toBe(3);
    expect((await runProgram(sandbox.folder, [...both, '--again', '--max-rejects', '0'])).code).toBe(1);
    return sandbox;
  }

  test('shows each run with its files and fates, failed runs too', async () => {
    using sandbox = await loadedRegistry();
    const before = listFolder(sandbox.folder);
    const outcome = await runProgram(sandbox.folder, ['runs']);
    expect(outcome).toMatchObject({ code: 0, stderr: '', left: before });
    const rows = outcome.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));
    expect(rows[0]).toEqual([
      'run',
      'status',
      'started',
      'spec',
      'file',
      'records',
      'loaded',
      'merged',
      'duplicate',
      'rejected',
      'skipped',
    ]);
    expect(rows[1]).toEqual([
      '1',
      'completed',
      expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d$/),
      'miis-legacy',
      'p.txt',
      '2',
      '1',
      '0',
      '0',
      '1',
      '0',
    ]);
    expect(rows[2]).toEqual(['d.txt', '1', '1', '0', '0', '0', '0']);
    expect(rows[3]!.slice(0, 2)).toEqual(['2', 'failed']);
  });

  test('--json gives the same for programs', async () => {
    using sandbox = await loadedRegistry();
    const outcome = await runProgram(sandbox.folder, ['runs', '--json']);
    const runs = JSON.parse(outcome.stdout) as Record<string, unknown>[];
    expect(runs).toMatchObject([
      {
        id: 1,
        status: 'completed',
        specId: 'miis-legacy',
        files: [
          {
            role: 'patient',
            name: 'p.txt',
            records: 2,
            fates: { loaded: 1, merged: 0, duplicate: 0, rejected: 1, skipped: 0 },
          },
          { role: 'immunization', name: 'd.txt', records: 1, fates: { loaded: 1 } },
        ],
      },
      { id: 2, status: 'failed', message: 'failed (too-many-rejects) and taken back' },
    ]);
  });

  test('says when there are none', async () => {
    using sandbox = new Sandbox();
    expect((await runProgram(sandbox.folder, ['migrate', '--db', 'r.db'])).code).toBe(0);
    expect(await runProgram(sandbox.folder, ['runs', '--db', 'r.db'])).toMatchObject({
      code: 0,
      stdout: 'No runs yet.\n',
      stderr: '',
    });
    expect(await runProgram(sandbox.folder, ['runs', '--db', 'r.db', '--json'])).toMatchObject({
      code: 0,
      stdout: '[]\n',
    });
  });
});

describe('migrate', () => {
  test('makes a registry where there is none, and leaves a current one as it is', async () => {
    using sandbox = new Sandbox();
    const made = await runProgram(sandbox.folder, ['migrate', '--db', 'r.db']);
    expect(made).toMatchObject({
      code: 0,
      stdout:
        'r.db: applied 0001_registry, 0002_code_tables, 0003_matching, 0004_patient_comments, 0005_dose_records, 0006_rule_changes, 0007_review_desk, 0010_undo, 0011_journal, 0012_checkpoints, 0013_match_key_packs, 0014_run_reports, 0015_match_keys_by_day, 0016_record_fates, 0017_wide_match_keys.\n',
      stderr: '',
    });
    expect(Object.keys(made.left)).toEqual(['r.db']);
    const again = await runProgram(sandbox.folder, ['migrate', '--db', 'r.db']);
    expect(again).toEqual({ code: 0, stdout: 'r.db is up to date.\n', stderr: '', left: made.left });
  });

  test('makes a registry of an empty file', async () => {
    using sandbox = new Sandbox();
    sandbox.write('immload.db', '');
    expect(await runProgram(sandbox.folder, ['migrate'])).toMatchObject({
      code: 0,
      stdout:
        './immload.db: applied 0001_registry, 0002_code_tables, 0003_matching, 0004_patient_comments, 0005_dose_records, 0006_rule_changes, 0007_review_desk, 0010_undo, 0011_journal, 0012_checkpoints, 0013_match_key_packs, 0014_run_reports, 0015_match_keys_by_day, 0016_record_fates, 0017_wide_match_keys.\n',
    });
    expect(sandbox.query('SELECT count(*) AS n FROM patients', sandbox.path('immload.db'))).toEqual([{ n: 0 }]);
  });
});
