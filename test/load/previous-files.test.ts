/** Corrected files, of which earlier ones were loaded: only what differs is loaded, and the report says what that is. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { completeSpec } from '../../src/core/spec.js';
import { StoreError } from '../../src/db/store.js';
import { undoRun } from '../../src/undo-run.js';
import { Dirt } from '../support/dirt.js';
import { failing } from '../support/failing-open-store.js';
import { CODES, MIIS } from '../support/fixtures.js';
import { FailingStore } from '../support/interrupted.js';
import { KINDS, type RegistryKind, TestRegistry } from '../support/registries.js';
import { miis, Sandbox, type SandboxLoad } from '../support/sandbox.js';
import { personsAndDoses } from '../support/several-loaders.js';
import { type Json, smallestCombined, smallestTagged, withValue } from '../support/small-spec.js';
import { writeSubmission } from '../support/submission.js';

vi.mock('../../src/open-store.js', async (importOriginal) => {
  const { failingLoads } = await import('../support/failing-open-store.js');
  return failingLoads(importOriginal);
});

const PATIENTS = 'facility_id|patient_id|last_name|first_name|birth_date|sex|phone';
const DOSES = 'facility_id|patient_id|vaccination_id|cvx|admin_date|info_source|lot_number';

const OLD_PATIENTS = miis(
  PATIENTS,
  'F1|same|Smith|Anna|20150504|F|',
  'F1|fixed|Jones|Ben|20149999|M|',
  'F1|changed|Brown|Cy|20130303|M|',
  'F1|newly|Young|Di|20120202|F|',
  'F1|withdrawn|King|Ed|20110101|M|',
  'F1|still|Lee|Flo||F|',
  '|no-site|Hill|Gus|20100909|M|',
);
const NEW_PATIENTS = miis(
  PATIENTS,
  'F1|new|Wood|Hal|20160606|M|',
  'F1|same|Smith|Anna|20150504|F|',
  'F1|fixed|Jones|Ben|20140404|M|',
  'F1|changed|Brown|Cy|20130303|M|6175550123',
  'F1|newly|Young|Di|20129999|F|',
  'F1|still|Lee|Flo||F|',
  'F1|no-site|Hill|Gus|20100909|M|',
);
const OLD_DOSES = miis(
  DOSES,
  'F1|same|v1|03|20160612|01|A1234',
  'F1|same|v2|03|20169999|01|',
  'F1|fixed|v3|03|20160613|01|',
  'F1|changed|v4|10|20160714|01|B1234',
  'F1|changed|v5|21|20160714|01|',
  'F1|newly|v6|10|20160715|01|',
  // Without ids of their own: the only one of its patient that is left.
  'F1|withdrawn||03|20160101|01|',
  'F1|newly||21|20160716|01|',
);
const NEW_DOSES = miis(
  DOSES,
  'F1|same|v1|03|20160612|01|A1234',
  'F1|same|v2|03|20160801|01|',
  'F1|fixed|v3|03|20160613|01|',
  'F1|changed|v4|10|20160714|01|C5678',
  'F1|changed|v5|21|20169999|01|',
  'F1|newly|v6|10|20160715|01|',
  'F1|newly||21|20160717|01|',
  'F1|new|v7|03|20170717|01|',
);

const OLD: SandboxLoad = { patients: { 'p.txt': OLD_PATIENTS }, immunizations: { 'd.txt': OLD_DOSES } };
const NEW: SandboxLoad = { patients: { 'new-p.txt': NEW_PATIENTS }, immunizations: { 'new-d.txt': NEW_DOSES } };
/** The files of the first load of a sandbox. */
const previousOf = (sandbox: Sandbox): string[] => ['p.txt', 'd.txt'].map((name) => sandbox.path('input-1', name));

async function loaded(kind: RegistryKind): Promise<TestRegistry> {
  const registry = await TestRegistry.create(kind);
  await registry.load({ ...OLD, database: registry.database });
  return registry;
}

/** What the registry says; how often it was told so is not the same. */
async function said(registry: TestRegistry): Promise<Record<string, unknown[]>> {
  const { records, ...content } = await personsAndDoses((sql) => registry.ask(sql));
  return content;
}

const COUNTS = {
  patient: { unchanged: 1, fixed: 2, newly_broken: 1, still_broken: 1, changed: 1, new: 1, withdrawn: 1 },
  immunization: { unchanged: 2, fixed: 2, newly_broken: 1, still_broken: 0, changed: 2, new: 1, withdrawn: 1 },
};
const DIFFERENCE = { run: 1, files: ['p.txt', 'd.txt'], records: COUNTS };

describe.each(KINDS)('a corrected file, into %s,', (kind) => {
  test('is told by what differs, and only that is loaded', async () => {
    await using registry = await loaded(kind);
    const { database } = registry;
    const totals = { patients: 7, immunizations: 8 };
    const summary = await registry.load({ ...NEW, database, previous: previousOf(registry), expect: totals });
    expect(summary.difference).toEqual(DIFFERENCE);
    expect(summary.reconciliation).toMatchObject({ agrees: true });
    expect(summary.files.map(({ records, skipped, rejected }) => [records, skipped, rejected])).toEqual([
      [7, 1, 2],
      [8, 2, 1],
    ]);
    const rows = await registry.report(summary.folder, 'difference.csv');
    const short = rows.map((row) =>
      [
        row['difference'],
        row['source_immunization_id'] || row['source_patient_id'],
        ...[row['record'], row['line'], row['previous_record'], row['previous_line']],
        ...[row['fate_before'], row['fate']],
      ].join(' '),
    );
    expect(short).toEqual([
      'new new 1 2    loaded',
      'fixed fixed 3 4 2 3 rejected loaded',
      'changed changed 4 5 3 4 loaded merged',
      'newly_broken newly 5 6 4 5 loaded rejected',
      'still_broken still 6 7 6 7 rejected rejected',
      'fixed no-site 7 8 7 8 rejected loaded',
      'withdrawn withdrawn   5 6 loaded ',
      'fixed v2 2 3 2 3 rejected loaded',
      'fixed v3 3 4 3 4 rejected loaded',
      'changed v4 4 5 4 5 loaded duplicate',
      'newly_broken v5 5 6 5 6 loaded rejected',
      'changed newly 7 8 8 9 loaded loaded',
      'new v7 8 9    loaded',
      'withdrawn withdrawn   7 8 loaded ',
    ]);
    expect([...new Set(rows.map((row) => row['file']))]).toEqual(['new-p.txt', '', 'new-d.txt']);
    // Records of the rest keep their places.
    const issues = await registry.report(summary.folder, 'issues.csv');
    expect(issues.filter(({ severity }) => severity === 'error').map(({ file, line }) => `${file} ${line}`)).toEqual([
      'new-p.txt 6',
      'new-p.txt 7',
      'new-d.txt 6',
    ]);
    expect(readFileSync(`${summary.folder}/rejects/new-d.txt`, 'utf8')).toContain('F1|changed|v5|21|20169999|01|');
  });

  test.each([
    ['name and birth date', { matchModel: 'exact' }],
    ['weight', { matchModel: 'fixed' }],
    ['weight, by threads and in small blocks', { threads: 2, sizes: { blockBytes: 200, chunkBytes: 300 } }],
  ] as const)(
    'gives the persons and doses that it gives when all of it is loaded, matched by %s',
    async (_, options) => {
      const dirt = (seed: number): Dirt => new Dirt(MIIS, { seed, errors: 0.1, remarks: 0.1, duplicates: 0.05 });
      const found: unknown[] = [];
      for (const isDifference of [true, false]) {
        await using registry = await TestRegistry.create(kind);
        const { database } = registry;
        const paths = [1, 2].map((run) => {
          const made = { patients: registry.path(`p${run}.txt`), immunizations: registry.path(`d${run}.txt`) };
          writeSubmission({ seed: 5, patients: 80 + 10 * run, dosesPerPatient: 6 }, MIIS, made, dirt(run));
          return { patients: [made.patients], immunizations: [made.immunizations] };
        });
        await registry.load({ ...paths[0], ...options, database });
        const previous = isDifference ? [...paths[0]!.patients, ...paths[0]!.immunizations] : [];
        const { totals, difference } = await registry.load({ ...paths[1], ...options, database, previous });
        if (isDifference) {
          expect(totals.patient.skipped).toBeGreaterThan(30);
          expect(totals.immunization.skipped).toBe(difference!.records.immunization!.unchanged);
        }
        const content = await said(registry);
        expect(content['persons']!.length).toBeGreaterThan(60);
        found.push(content);
      }
      expect(found[0]).toEqual(found[1]);
    },
  );

  test('is undone before the file that it corrects, and leaves nothing', async () => {
    await using registry = await loaded(kind);
    const before = await registry.rows(/^(runs|run_files|run_reports|journal.*)$/);
    await registry.load({ ...NEW, database: registry.database, previous: previousOf(registry) });
    const undo = (run: number): Promise<unknown> =>
      registry.withStore((store) =>
        undoRun(store, run, { isPlan: false, at: '2026-07-02T00:00:00.000Z', by: 'Ann', codes: CODES }),
      );
    await expect(undo(1)).rejects.toThrow(
      'run 1 cannot be undone yet: run 2 has corrected its files, and left out what was loaded already; undo run 2 first',
    );
    await undo(2);
    expect(await registry.rows(/^(runs|run_files|run_reports|journal.*)$/)).toEqual(before);
    await undo(1);
    expect(await registry.ask('SELECT * FROM record_fates')).toEqual([]);
    expect(await registry.ask('SELECT * FROM patients')).toEqual([]);
  });

  test('is told of by a dry run, too, which writes nothing', async () => {
    await using registry = await loaded(kind);
    const before = await registry.rows();
    const summary = await registry.load({
      ...NEW,
      database: registry.database,
      mode: 'dry-run',
      previous: previousOf(registry),
    });
    expect(summary.difference).toEqual(DIFFERENCE);
    expect(await registry.rows()).toEqual(before);
  });

  test('goes on where its load was cut short, and not with other previous files', async () => {
    await using registry = await loaded(kind);
    const input = registry.path('new');
    const load: SandboxLoad = {
      patients: [registry.write('new-p.txt', NEW_PATIENTS)],
      immunizations: [registry.write('new-d.txt', NEW_DOSES)],
      database: registry.database,
      report: input,
    };
    failing.store = new FailingStore({ moment: 'behind', method: 'writeDoses', call: 1 }, () => {
      return new StoreError('unreachable', 'the connection was lost');
    });
    const previous = previousOf(registry);
    await expect(registry.load({ ...load, previous })).rejects.toThrow('the connection was lost');
    failing.store = null;
    const told: string[] = [];
    const onNotice = (notice: string): number => told.push(notice);
    const summary = await registry.load({ ...load, previous, onNotice });
    expect(summary.difference).toEqual(DIFFERENCE);
    expect(told).toEqual([expect.stringMatching(/^run 2 was cut short before; it goes on behind record 8 of .*new-d/)]);
    expect(await registry.ask('SELECT id, status, previous_run_id FROM runs ORDER BY id')).toEqual([
      { id: 1, status: 'completed', previous_run_id: null },
      { id: 2, status: 'completed', previous_run_id: 1 },
    ]);
  });

  test('may be corrected again', async () => {
    await using registry = await loaded(kind);
    const { database } = registry;
    await registry.load({ ...NEW, database, previous: previousOf(registry) });
    const previous = ['new-p.txt', 'new-d.txt'].map((name) => registry.path('input-2', name));
    const right = NEW_DOSES.replace('20169999', '20160714');
    const summary = await registry.load({ ...NEW, immunizations: { 'right-d.txt': right }, database, previous });
    expect(summary.difference).toMatchObject({
      run: 2,
      records: {
        patient: { unchanged: 5, still_broken: 2, withdrawn: 0 },
        immunization: { unchanged: 7, fixed: 1, newly_broken: 0, changed: 0, new: 0, withdrawn: 0 },
      },
    });
  });
});

describe('previous files', () => {
  test('are told in the summary, with a table of what differs', async () => {
    await using registry = await TestRegistry.create('SQLite');
    registry.write('p.txt', OLD_PATIENTS);
    registry.write('n.txt', NEW_PATIENTS);
    await registry.run('load', 'p.txt', '--spec', 'miis-legacy', '--quiet');
    const args = ['load', 'n.txt', '--spec', 'miis-legacy', '--report', 'new'];
    const { code, stdout } = await registry.run(...args, '--previous', 'p.txt');
    expect(code).toBe(3);
    expect(stdout).toContain(
      [
        'Corrects run 1 (p.txt)',
        '            unchanged  fixed  newly broken  still broken  changed  new  withdrawn',
        '  patients          1      2             1             1        1    1          1',
        '  What is withdrawn stays in the registry, as it was loaded.',
      ].join('\n'),
    );
    expect(stdout).toMatch(/^ *Differences +new\/difference\.csv$/m);
    expect(readFileSync(registry.path('new', 'README.txt'), 'utf8')).toContain('difference.csv');
    const several = await registry.run('load', '--submissions', '.', '--previous', 'p.txt');
    expect(several).toMatchObject({ code: 2 });
  });

  const LOST = 'was not loaded into this registry, as it is, by this specification and for this site';

  test.each<[string, SandboxLoad, string]>([
    ['that are others', { previous: ['other.txt'] }, `other.txt: ${LOST}`],
    ['of another site', { site: 'F9' }, `p.txt: ${LOST}`],
    ['of another kind', { patients: {} }, 'p.txt: looks like the patient file, and was given as the immunization file'],
  ])('%s are refused, and nothing is loaded', async (_, options, problem) => {
    await using registry = await loaded('SQLite');
    registry.write('other.txt', miis(PATIENTS, 'F1|same|Smith|Anna|20150504|F|'));
    const before = await registry.rows();
    const previous = (options.previous ?? previousOf(registry)).map((path) => registry.path(basename(path)));
    for (const name of ['p.txt', 'd.txt']) registry.write(name, name === 'p.txt' ? OLD_PATIENTS : OLD_DOSES);
    await expect(registry.load({ ...NEW, ...options, previous })).rejects.toThrow(problem);
    expect(await registry.rows()).toEqual(before);
  });

  test('whose lines belong to those above them are refused', async () => {
    using sandbox = new Sandbox();
    const spec = completeSpec(smallestTagged());
    const path = sandbox.write('t.txt', 'P|1|Walsh|05/04/2015\nI|05/05/2017|03\n');
    await expect(sandbox.load({ spec, site: 'F1', files: [path], previous: [path] })).rejects.toThrow(
      'whose lines belong to the patient above them; load the corrected file without --previous',
    );
  });

  /** Loads two texts one after the other, the second as a correction of the first. */
  async function correct(sandbox: Sandbox, json: Json, old: string, corrected: string) {
    const given = { spec: completeSpec(json), site: 'F1' };
    await sandbox.load({ ...given, patients: { 'old.csv': old } });
    const previous = [sandbox.path('input-1', 'old.csv')];
    return sandbox.load({ ...given, patients: { 'new.csv': corrected }, previous });
  }

  test('whose records hold patients with their doses are compared record by record', async () => {
    using sandbox = new Sandbox();
    const header = 'Chart,Last,DOB,VFC,Date 1,CVX 1,Date 2,CVX 2,Date 3,CVX 3';
    const same = '1,Smith,05/04/2015,,05/05/2017,03,,,,';
    const { difference, files } = await correct(
      sandbox,
      smallestCombined(),
      miis(header, same, '2,Jones,06/12/2016,,05/05/2018,03,13/13/2018,10,,', '3,Lee,06/12/2014,,,,,,,'),
      miis(header, '2,Jones,06/12/2016,,05/05/2018,03,06/13/2018,10,,', same, '3,Lee,06/12/2014,,05/06/2018,03,,,,'),
    );
    expect(difference!.records).toEqual({
      combined: { unchanged: 1, fixed: 1, newly_broken: 0, still_broken: 0, changed: 1, new: 0, withdrawn: 0 },
    });
    expect(files[0]).toMatchObject({ records: 3, skipped: 1, rejected: 0 });
    expect(sandbox.query('SELECT count(*) AS n FROM doses')).toEqual([{ n: 4 }]);
  });

  test('in which a value may stand once are read whole: each record says something of the others', async () => {
    using sandbox = new Sandbox();
    const lines = ['1,Smith,05/04/2015', '2,Jones,06/12/2016'];
    const { difference, files } = await correct(
      sandbox,
      withValue('/layouts/patient/fields/0/rules', [{ unique: true }]),
      miis('Chart,Last,DOB', ...lines),
      miis('Chart,Last,DOB', ...lines, '1,Doe,06/12/2017'),
    );
    expect(difference!.records.patient).toMatchObject({ unchanged: 2, newly_broken: 1 });
    expect(files[0]).toMatchObject({ records: 3, duplicate: 2, rejected: 1, skipped: 0 });
  });

  test('with headers among their records: those that are corrected are read by the header above them', async () => {
    await using registry = await TestRegistry.create('SQLite');
    const columns = 'facility_id|patient_id|last_name|first_name|birth_date';
    const other = 'facility_id|patient_id|first_name|last_name|birth_date';
    const first = 'F1|1|Smith|Anna|20150504';
    const last = 'F1|3|Young|Cy|20150505';
    await registry.load({ patients: { 'p.txt': miis(columns, first, other, 'F1|2|Ben|Jones|', columns, last) } });
    const previous = [registry.path('input-1', 'p.txt')];
    const corrected = miis(columns, first, other, 'F1|2|Ben|Jones|20140404', columns, last.replace('0505', '0506'));
    const { difference, files } = await registry.load({ patients: { 'n.txt': corrected }, previous });
    expect(difference!.records.patient).toMatchObject({ still_broken: 2, fixed: 0, changed: 1 });
    expect(files[0]).toMatchObject({ records: 5, rejected: 2 });
    expect(registry.query("SELECT * FROM patients WHERE first_name = 'Jones'")).toEqual([]);
  });

  test('whose columns stand in another order are not taken for the same', async () => {
    await using registry = await TestRegistry.create('SQLite');
    const columns = 'facility_id|patient_id|first_name|last_name|birth_date';
    await registry.load({ patients: { 'p.txt': miis(columns, 'F1|1|Lee|Lee|20150504') } });
    const patients = {
      'n.txt': miis(columns.replace('first_name|last_name', 'last_name|first_name'), 'F1|1|Lee|Lee|20150504'),
    };
    const previous = [registry.path('input-1', 'p.txt')];
    const { difference } = await registry.load({ patients, previous });
    expect(difference!.records.patient).toMatchObject({ unchanged: 0, changed: 1 });
  });
});
