/** `undo`, `journal` and files that come again, as the program does them. */
import { describe, expect, test } from 'vitest';
import { listFolder, type Outcome } from '../support/program.js';
import { KINDS, type RegistryKind, TestRegistry } from '../support/registries.js';
import { miis } from '../support/sandbox.js';

const PATIENTS = 'facility_id|patient_id|last_name|first_name|birth_date|sex|phone';
const DOSES = 'facility_id|patient_id|vaccination_id|cvx|admin_date|info_source';
const FILES = {
  'a.txt': miis(PATIENTS, 'F1|1|Smith|Anna|20150504|F|', 'F1|2|Jones|Ben|20140404|M|'),
  'a-doses.txt': miis(DOSES, 'F1|1|v1|03|20160612|01', 'F1|2|v2|03|20160613|01'),
  'b.txt': miis(PATIENTS, 'F2|7|Smith|Anna|20150504|F|6175550123'),
  'b-doses.txt': miis(DOSES, 'F2|7|w1|03|20160612|01', 'F1|2|w2|10|20160714|01'),
};
const A = ['--patients', 'a.txt', '--immunizations', 'a-doses.txt'];
const B = ['--patients', 'b.txt', '--immunizations', 'b-doses.txt'];

async function openRegistry(kind: RegistryKind): Promise<TestRegistry> {
  const registry = await TestRegistry.create(kind);
  for (const [name, text] of Object.entries(FILES)) registry.write(name, text);
  return registry;
}

const LOAD = ['load', '--spec', 'miis-legacy', '--today', '2026-07-02', '--quiet'];

describe.each(KINDS)('in %s', (kind) => {
  describe('undo', () => {
    test('tells first what it would do, then does it, and keeps what a later run needs', async () => {
      await using registry = await openRegistry(kind);
      await registry.run(...LOAD, ...A);
      await registry.run(...LOAD, ...B);
      const before = [listFolder(registry.folder), await registry.rows()];
      const plan = await registry.run('undo', '1', '--plan');
      const words = [
        '  0 patients removed',
        '  1 patient stay, of what later runs said of them',
        '  2 doses removed',
        '  what run 2 said of the same patients is kept, and was put together anew',
        '  1 patient record of run 1 kept, because later runs need their ids:',
        '    patient 2: a.txt, line 3',
      ];
      expect(plan).toMatchObject({ code: 0, stderr: '' });
      expect(plan.stdout.split('\n')[0]).toBe('Undoing run 1 would do this; nothing is changed:');
      expect([listFolder(registry.folder), await registry.rows()]).toEqual(before);
      const undone = await registry.run('undo', '1', '--by', 'Ann');
      expect(undone.stdout.split('\n')[0]).toBe('Run 1 is undone.');
      expect(undone.stdout.split('\n').slice(1)).toEqual(plan.stdout.split('\n').slice(1));
      for (const line of words.slice(3)) expect(undone.stdout).toContain(line);
      expect(await registry.ask('SELECT id, last_name, phone FROM patients ORDER BY id')).toEqual([
        { id: 1, last_name: 'Smith', phone: '6175550123' },
        { id: 2, last_name: 'Jones', phone: null },
      ]);
      expect(await registry.ask('SELECT patient_id, source_immunization_id AS dose FROM doses ORDER BY 1')).toEqual([
        { patient_id: 1, dose: 'w1' },
        { patient_id: 2, dose: 'w2' },
      ]);
      expect(await registry.ask('SELECT status FROM runs ORDER BY id')).toEqual([
        { status: 'undone' },
        { status: 'completed' },
      ]);
      // When nothing needs it any more, the rest goes, too.
      expect((await registry.run('undo', '2')).code).toBe(0);
      expect((await registry.run('undo', '1')).code).toBe(0);
      expect(await registry.ask('SELECT * FROM patients')).toEqual([]);
      expect(await registry.run('undo', '1')).toMatchObject({
        code: 1,
        stderr: 'immload: run 1 is undone already; nothing of it is in the registry\n',
      });
    });

    test.each([
      ['7', 1, 'immload: there is no run 7; `immload runs` lists them\n'],
      ['x', 2, 'immload: give the number of a run; `immload runs` lists them\n'],
    ])('of run %s is refused', async (run, code, stderr) => {
      await using registry = await openRegistry(kind);
      await registry.run(...LOAD, ...A);
      expect(await registry.run('undo', run)).toMatchObject({ code, stderr, stdout: '' });
    });

    test('names the decisions of reviewers that must be taken back before', async () => {
      await using registry = await openRegistry(kind);
      registry.write('c.txt', miis(PATIENTS, 'F3|1|Smith|Anna|20150504|M|'));
      await registry.run(...LOAD, '--patients', 'a.txt');
      await registry.run(...LOAD, '--patients', 'c.txt');
      const decide = (decision: string): Promise<Outcome> =>
        registry.run('review', 'decide', 'R1', decision, '--by', 'Bob', '--because', 'asked the clinic');
      await decide('same');
      const refused = await registry.run('undo', '2');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(
        /^immload: run 2 cannot be undone yet: .*\n {2}R1: same, by Bob on \d{4}-\d\d-\d\d\n$/,
      );
      await decide('later');
      expect(await registry.run('undo', '2')).toMatchObject({ code: 0, stderr: '' });
      expect(await registry.ask('SELECT count(*) AS patients FROM patients')).toEqual([{ patients: 2 }]);
    });
  });

  describe('the same files again', () => {
    test('are not loaded, and nothing is written', async () => {
      await using registry = await openRegistry(kind);
      await registry.run(...LOAD, ...A);
      const before = [listFolder(registry.folder), await registry.rows()];
      const again = await registry.run('load', ...A, '--spec', 'miis-legacy');
      expect(again).toMatchObject({ code: 0, stderr: '' });
      expect(again.stdout).toMatch(
        /^loaded as run 1 on \d{4}-\d\d-\d\d, nothing to do; --again loads it all the same\n$/,
      );
      expect([listFolder(registry.folder), await registry.rows()]).toEqual(before);
      const told = JSON.parse((await registry.run('load', ...A, '--spec', 'miis-legacy', '--json')).stdout);
      expect(told).toMatchObject({ loaded_before: { run: 1 } });
    });

    test.each([
      ['with --again', [...A, '--again']],
      ['for another site', [...A, '--site', 'F9']],
      ['with other rules', [...A, '--rule', 'cvx-padded=off']],
      ['matched otherwise', [...A, '--match-model', 'exact']],
      ['in part', ['--patients', 'a.txt']],
    ])('are loaded %s', async (_, args) => {
      await using registry = await openRegistry(kind);
      await registry.run(...LOAD, ...A);
      await registry.run(...LOAD, ...args);
      expect(await registry.ask('SELECT status FROM runs ORDER BY id')).toHaveLength(2);
    });

    test('are loaded when the run was undone', async () => {
      await using registry = await openRegistry(kind);
      await registry.run(...LOAD, ...A);
      await registry.run('undo', '1');
      await registry.run(...LOAD, ...A);
      expect(await registry.ask('SELECT status FROM runs ORDER BY id')).toEqual([
        { status: 'undone' },
        { status: 'completed' },
      ]);
      // Ids that the undone run had given are not given again.
      expect(await registry.ask('SELECT min(id) AS id FROM patients')).toEqual([{ id: 3 }]);
    });
  });

  describe('journal', () => {
    test('tells what was done, and by whom', async () => {
      await using registry = await openRegistry(kind);
      await registry.run(...LOAD, ...A);
      await registry.run('undo', '1', '--by', 'Ann');
      const entries = JSON.parse((await registry.run('journal', 'list', '--json')).stdout) as Record<string, unknown>[];
      expect(entries.map(({ action, runId }) => [action, runId])).toEqual([
        ['migrate', null],
        ['load', 1],
        ['undo', 1],
      ]);
      expect(entries[1]!['details']).toMatchObject({ files: 2, records: 4, loaded: 4, rejected: 0 });
      expect(entries[2]).toMatchObject({ who: 'Ann', details: { patients_removed: 2, doses_removed: 2 } });
      const listed = (await registry.run('journal', 'list')).stdout;
      expect(listed).not.toMatch(/Smith|Jones/);
      expect(await registry.run('journal', 'verify')).toMatchObject({ code: 0, stderr: '' });
    });

    test('shows an altered entry, and a head of another journal', async () => {
      await using registry = await openRegistry(kind);
      await registry.run(...LOAD, ...A);
      const head = `2:${'0'.repeat(64)}`;
      expect(await registry.run('journal', 'verify', '--head', head)).toMatchObject({
        code: 1,
        stdout: 'The journal was changed:\n  entry 2 is not the one whose hash was kept elsewhere\n',
      });
      await registry.change(
        `DROP TRIGGER ${kind === 'SQLite' ? 'journal_refuses_update' : 'journal_refuses_change ON journal'}`,
      );
      await registry.change("UPDATE journal SET who = 'eve' WHERE id = 2");
      expect(await registry.run('journal', 'verify')).toMatchObject({
        code: 1,
        stdout: 'The journal was changed:\n  entry 2 was altered\n',
      });
    });
  });
});
