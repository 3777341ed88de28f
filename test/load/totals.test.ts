/** What the sender says is in its files, compared with what was received of them. */
import { existsSync, mkdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { completeSpec, type Spec } from '../../src/core/spec.js';
import { completeTotals } from '../../src/core/totals/expected.js';
import type { LoadedTotals } from '../../src/files/totals-file.js';
import { ExpectedTotalsError } from '../../src/reconcile-totals.js';
import type { Summary } from '../../src/run.js';
import { MIIS } from '../support/fixtures.js';
import { miis, Sandbox } from '../support/sandbox.js';
import { smallestCombined, smallestTagged } from '../support/small-spec.js';
import { zip } from '../support/zip.js';

function totalsOf(json: object): LoadedTotals {
  return { totals: completeTotals(json), name: 'totals.json', sha256: '0' };
}

const PATIENTS = miis(
  'facility_id|patient_id|last_name|first_name|birth_date',
  'F1|1|Smith|Anna|20150504',
  'F1|2||Ben|20150504',
  'F1|3|Jones|Carl|20140302',
  '||||',
);
const DOSES = miis(
  'facility_id|patient_id|cvx|admin_date|vaccine_name',
  'F1|1|03|20160505|',
  'F1|1|3|20160505|',
  'F1|1|94|20170505|',
  'F1|2|03|20160101|',
  'F1|3|03|20161332|',
  'F1|3||20170101|Zappa',
  'F1|3|21|20170101|',
);
const ALL = {
  patients: 3,
  immunizations: 7,
  by_vaccine: { 3: 4, 94: 1, 21: 1, zappa: 1 },
  by_year: { 2016: 4, 2017: 3 },
};
const FILES = { patients: { 'p.txt': PATIENTS }, immunizations: { 'd.txt': DOSES } };

test('totals that are those of the files are told with the fates of their records', async () => {
  using sandbox = new Sandbox();
  const { reconciliation, issues, totals } = await sandbox.load({ ...FILES, totals: totalsOf(ALL) });
  expect(issues).not.toHaveProperty('expected-total-wrong');
  expect(reconciliation).toMatchObject({
    totals_file: { name: 'totals.json' },
    agrees: true,
    patients: { expected: 3, received: 3, loaded: 2, rejected: 1, skipped: 0, difference: 0, counts: 'records' },
    immunizations: { expected: 7, received: 7, loaded: 3, duplicate: 1, rejected: 3 },
    by_vaccine: {
      agrees: true,
      totals: {
        '03': { expected: 4, received: 4, loaded: 1, duplicate: 1, rejected: 2, difference: 0 },
        '21': { received: 1, loaded: 1 },
        ZAPPA: { received: 1, rejected: 1 },
      },
      unknown: { received: 0 },
    },
    by_year: {
      totals: { '2016': { received: 3, difference: -1 } },
      unknown: { received: 1, rejected: 1 },
      agrees: true,
    },
  });
  // Blank records are nobody's.
  expect(totals.patient.records).toBe(4);
});

test('nothing is said where nothing was expected', async () => {
  using sandbox = new Sandbox();
  expect(await sandbox.load(FILES)).not.toHaveProperty('reconciliation');
});

describe('a total that is not what was received', () => {
  const wrong = { ...ALL, immunizations: 9, by_vaccine: { 3: 4, 94: 2, 21: 1, zappa: 1 } };

  test('is told by a validation, as an issue of the submission', async () => {
    using sandbox = new Sandbox();
    const summary = await sandbox.load({ ...FILES, mode: 'validate', totals: totalsOf(wrong) });
    expect(summary.issues['expected-total-wrong']).toMatchObject({ severity: 'error', count: 2 });
    const issues = await sandbox.report(summary.folder, 'issues.csv');
    const told = issues.filter(({ code }) => code === 'expected-total-wrong');
    expect(told.map(({ file, record, value, message }) => [file, record, value, message])).toEqual([
      ['(submission)', '', '9', '9 doses expected, but 7 were received'],
      ['(submission)', '', '2', '2 doses of CVX 94 expected, but 1 were received'],
    ]);
    expect(summary.reconciliation).toMatchObject({ agrees: false, by_year: { agrees: true } });
  });

  test('keeps all of it out, and nothing stays behind', async () => {
    using sandbox = new Sandbox();
    const report = sandbox.path('report');
    const loading = sandbox.load({ ...FILES, totals: totalsOf(wrong), report });
    await expect(loading).rejects.toThrow(ExpectedTotalsError);
    await expect(loading).rejects.toThrow(/^totals\.json: 2 totals are not what was received; nothing was loaded/);
    await expect(loading).rejects.toMatchObject({
      details: ['doses: 9 expected, 7 received (−2)', 'doses of CVX 94: 2 expected, 1 received (−1)'],
    });
    expect(sandbox.query('SELECT (SELECT count(*) FROM patients) + (SELECT count(*) FROM doses) AS n')).toEqual([
      { n: 0 },
    ]);
    expect(sandbox.query('SELECT status, message FROM runs')).toEqual([
      { status: 'failed', message: 'failed (expected-totals) and taken back' },
    ]);
    expect(existsSync(report)).toBe(false);
  });

  test('lets it in where it is weighed less, and is told all the same', async () => {
    using sandbox = new Sandbox();
    const rules = { 'expected-total-wrong': 'warning' } as const;
    const { issues, reconciliation, doses } = await sandbox.load({ ...FILES, rules, totals: totalsOf(wrong) });
    expect(issues['expected-total-wrong']).toMatchObject({ severity: 'warning', count: 2 });
    expect(reconciliation!.agrees).toBe(false);
    expect(doses.new).toBe(3);
  });
});

describe('numbers that the command says', () => {
  test('hold by themselves', async () => {
    using sandbox = new Sandbox();
    const { reconciliation } = await sandbox.load({ ...FILES, expect: { patients: 3 } });
    expect(reconciliation).toMatchObject({ totals_file: null, agrees: true, patients: { expected: 3 } });
    expect(reconciliation).not.toHaveProperty('immunizations');
    await expect(sandbox.load({ ...FILES, expect: { immunizations: 8 } })).rejects.toThrow(
      /^the expected totals: 1 total is not what was received/,
    );
  });

  test('hold instead of those of a file', async () => {
    using sandbox = new Sandbox();
    const totals = totalsOf({ ...ALL, patients: 99 });
    const { reconciliation } = await sandbox.load({ ...FILES, totals, expect: { patients: 3 } });
    expect(reconciliation).toMatchObject({ agrees: true, patients: { expected: 3 }, immunizations: { expected: 7 } });
  });
});

describe('a totals.json among the files', () => {
  const content = (json: object): string => JSON.stringify(json);

  test('of a folder is read, and is no file of records', async () => {
    using sandbox = new Sandbox();
    mkdirSync(sandbox.path('export'));
    for (const [name, text] of Object.entries({
      ...FILES.patients,
      ...FILES.immunizations,
      'totals.json': content(ALL),
    }))
      sandbox.write(`export/${name}`, text);
    const { files, reconciliation } = await sandbox.load({ files: [sandbox.path('export')] });
    expect(files.map(({ name }) => name)).toEqual(['p.txt', 'd.txt']);
    expect(reconciliation).toMatchObject({ agrees: true, totals_file: { name: 'totals.json' } });
    expect(reconciliation!.totals_file!.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('of an archive is read', async () => {
    using sandbox = new Sandbox();
    const path = sandbox.write(
      'a.zip',
      zip([
        { name: 'p.txt', content: PATIENTS },
        { name: 'totals.json', content: content({ patients: 4 }) },
      ]),
    );
    await expect(sandbox.load({ files: [path] })).rejects.toMatchObject({
      details: ['records of patients: 4 expected, 3 received (−1)'],
    });
  });

  test('is not asked where others are given', async () => {
    using sandbox = new Sandbox();
    const files = { 'p.txt': PATIENTS, 'totals.json': content({ patients: 99 }) };
    const { reconciliation } = await sandbox.load({ files, totals: totalsOf({ patients: 3 }) });
    expect(reconciliation).toMatchObject({ agrees: true });
  });

  test('that cannot be is told before anything is read', async () => {
    using sandbox = new Sandbox();
    await expect(sandbox.load({ files: { 'p.txt': PATIENTS, 'totals.json': '{ "patients": -1 }' } })).rejects.toThrow(
      /totals\.json: 1 problem; no file was read/,
    );
    await expect(sandbox.load({ files: { 'totals.json': '{ "patients": 1 }' } })).rejects.toThrow(
      /holds totals and no file of records/,
    );
    expect(sandbox.query('SELECT * FROM runs')).toEqual([]);
  });
});

describe('by formats', () => {
  const ids = async (sandbox: Sandbox, spec: Spec, text: string, json: object): Promise<Summary> =>
    sandbox.load({ spec, site: 'F1', mode: 'validate', files: { 'h.txt': text }, totals: totalsOf(json) });

  test('patients of rows with doses are different ids, and each dose counts', async () => {
    using sandbox = new Sandbox();
    const text = [
      'Chart,Last,DOB,VFC,Date 1,CVX 1,Date 2,CVX 2,Date 3,CVX 3',
      '1,Smith,05/04/2015,,05/05/2016,03,05/05/2017,94,,',
      '1,Smith,05/04/2015,,05/05/2018,21,,,,',
      '2,,05/04/2015,,05/05/2016,03,05/05/2017,03,05/05/2018,03',
      '3,Jones,05/04/2015,,,,,,,',
      '3,Jo"nes,05/04/2015,,,,,,,',
      '"3,Jones,05/04/2015,,,,,,,',
    ];
    const totals = { patients: 3, immunizations: 7, by_vaccine: { '03': 4, '94': 1, '21': 2 } };
    const { reconciliation } = await ids(sandbox, completeSpec(smallestCombined()), `${text.join('\n')}\n`, totals);
    expect(reconciliation).toMatchObject({
      agrees: true,
      patients: { counts: 'ids', received: 3, loaded: 2, rejected: 1, without_id: 1 },
      immunizations: { received: 7, loaded: 3, rejected: 4 },
      by_vaccine: { totals: { '03': { received: 4, loaded: 1, rejected: 3 } }, unknown: { received: 1 } },
    });
  });

  test('lines of patients and of doses are counted apart', async () => {
    using sandbox = new Sandbox();
    const text = [
      'P|1|Smith|05/04/2015',
      'I|05/05/2017|03',
      'P|2||06/12/2016',
      'I|05/05/2018|03',
      'X|1',
      'I|05/05/2018|03',
    ];
    const totals = { patients: 2, immunizations: 3, by_year: { '2017': 1, '2018': 2 } };
    const { reconciliation } = await ids(sandbox, completeSpec(smallestTagged()), `${text.join('\n')}\n`, totals);
    expect(reconciliation).toMatchObject({
      agrees: true,
      patients: { counts: 'records', received: 2, loaded: 1, rejected: 1 },
      immunizations: { received: 3, loaded: 1, rejected: 2 },
      by_year: { totals: { '2018': { received: 2, rejected: 2 } } },
    });
  });

  test('what header and trailer records count is told, too', async () => {
    using sandbox = new Sandbox();
    const { layouts } = MIIS;
    const trailerRecord = { tag: 'T', totals: [{ counts: 'records', field: 2 }] } as const;
    const spec = { ...MIIS, layouts: { ...layouts, patient: { ...layouts.patient, trailerRecord } } };
    const load = (trailer: string): Promise<Summary> =>
      sandbox.load({ mode: 'validate', spec, patients: { 'p.txt': `${PATIENTS}${trailer}\n` } });
    expect((await load('T|4')).reconciliation).toEqual({
      totals_file: null,
      agrees: true,
      control_totals: [{ file: 'p.txt', line: 6, counts: 'records', expected: 4, received: 4, difference: 0 }],
    });
    expect((await load('T|5')).reconciliation).toMatchObject({ agrees: false, control_totals: [{ difference: -1 }] });
    expect((await load('T|many')).reconciliation).toMatchObject({
      agrees: false,
      control_totals: [{ expected: null }],
    });
  });
});
