/** `load --submissions`: one command for many clinics. */
import { mkdirSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { KINDS, type RegistryKind, TestRegistry } from '../support/registries.js';
import { miis } from '../support/sandbox.js';

const PATIENTS = 'facility_id|patient_id|last_name|first_name|birth_date|sex';
const DOSES = 'facility_id|patient_id|vaccination_id|cvx|admin_date|info_source';

/** A folder of submissions: one that loads, one with a reject, one that cannot be read. */
async function openInbox(kind: RegistryKind): Promise<TestRegistry> {
  const registry = await TestRegistry.create(kind);
  for (const clinic of ['alder', 'birch', 'cedar']) mkdirSync(registry.path(`in/${clinic}`), { recursive: true });
  registry.write('in/alder/p.txt', miis(PATIENTS, 'F1|1|Smith|Anna|20150504|F'));
  registry.write('in/alder/d.txt', miis(DOSES, 'F1|1|v1|03|20160612|01'));
  registry.write('in/birch/p.txt', miis(PATIENTS, 'F2|1|Jones|Ben|20140404|M', 'F2|2|Stone|Cora|20140499|F'));
  registry.write('in/cedar/p.txt', 'nothing that anybody knows\n');
  return registry;
}

const LOAD = ['load', '--spec', 'miis-legacy', '--today', '2026-07-02', '--submissions', 'in'];

describe.each(KINDS)('in %s', (kind) => {
  test('each is a run with its report, the table says what became of it, and the worst decides', async () => {
    await using registry = await openInbox(kind);
    const { code, stdout, stderr } = await registry.run(...LOAD, '--report', 'reports');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^immload: cedar: in\/cedar\/p\.txt: .*\n$/);
    expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['submission', 'outcome', 'run', 'records', 'loaded', 'merged', 'duplicate', 'rejected', 'skipped', 'report'],
      ['alder', 'loaded', '1', '2', '2', '0', '0', '0', '0', 'reports/alder'],
      ['birch', 'with rejects', '2', '2', '1', '0', '0', '1', '0', 'reports/birch'],
      ['cedar', 'failed'],
      ['in all', '4', '3', '0', '0', '1', '0'],
      [''],
    ]);
    expect(statSync(registry.path('reports')).mode & 0o777).toBe(0o700);
    expect(await registry.ask('SELECT id, status FROM runs ORDER BY id')).toEqual([
      { id: 1, status: 'completed' },
      { id: 2, status: 'completed' },
    ]);
    // What failed is corrected; the others are known.
    registry.write('in/cedar/p.txt', miis(PATIENTS, 'F3|1|Smith|Anna|20150504|F'));
    const again = await registry.run(...LOAD, '--json');
    expect([again.code, again.stderr]).toEqual([0, '']);
    expect(JSON.parse(again.stdout)).toMatchObject([
      { submission: 'alder', outcome: 'loaded before', exit_code: 0, run: 1 },
      { submission: 'birch', outcome: 'loaded before', exit_code: 0, run: 2 },
      { submission: 'cedar', outcome: 'loaded', exit_code: 0, summary: { run: 3, patients: { new: 0, merged: 1 } } },
    ]);
  });
});

test('rejects alone end with 3, and --fail-fast leaves out what comes behind a failure', async () => {
  await using registry = await openInbox('SQLite');
  expect((await registry.run(...LOAD, '--fail-fast', '--quiet')).code).toBe(1);
  const more = await registry.run('load', '--submissions', 'in/birch', '--spec', 'miis-legacy', '--quiet', '--again');
  expect(more).toMatchObject({ code: 3, stdout: '', stderr: '' });
  const list = 'submission,site\ncedar,F3\nalder,F1\n';
  registry.write('in/list.csv', list);
  const stopped = await registry.run(
    'load',
    '--submissions',
    'in/list.csv',
    '--fail-fast',
    '--json',
    '--spec',
    'miis-legacy',
  );
  expect(JSON.parse(stopped.stdout)).toMatchObject([
    { submission: 'cedar', outcome: 'failed', exit_code: 1, error: expect.stringContaining('in/cedar/p.txt') },
    { submission: 'alder', outcome: 'not started', exit_code: 1 },
  ]);
});

test.each([
  [['--submissions', 'in', '--patients', 'in/alder/p.txt'], 'give the files of one submission, or several submissions, not both'],
  [['--submissions', 'in', '--expect-patients', '3'], 'each submission has totals of its own; put a totals.json among its files'],
  [['--submissions', 'list.csv'], 'list.csv: line 1 has a column that a list does not know; begin with the header submission,site,spec'],
  [['--submissions', '.'], '.: holds files beside folders, and may be one submission or several'],
])('%j is wrong usage, and nothing is loaded', async (args, says) => {
  await using registry = await openInbox('SQLite');
  registry.write('list.csv', 'clinic\nalder\n');
  const { code, stdout, stderr } = await registry.run('load', ...args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`immload: --submissions: ${says}`);
  expect(registry.files()).not.toContain('registry.db');
}); // biome-ignore format: a table
