/** Rules that one run judges otherwise than its specification says. */
import { expect, test } from 'vitest';
import { RuleError } from '../../src/load.js';
import { runProgram } from '../support/program.js';
import { miis, Sandbox } from '../support/sandbox.js';

const HEADER = 'facility_id|patient_id|last_name|first_name|birth_date|state|zip';
const PATIENTS = miis(
  HEADER,
  'F1|1|Smith|Anna|20150504|MA|999',
  'F1|2|Jones|Ben||MA|02118',
  'F1|3|Park|Ann|20140504|MA|02118',
);

test('what a run was told decides what becomes of a record, and stands in the registry and its summary', async () => {
  using sandbox = new Sandbox();
  const rules = { 'zip-invalid': 'error', 'birth-date-missing': 'warning', 'birth-date-invalid': 'error' } as const;
  const plain = await sandbox.load({ patients: { 'p.txt': PATIENTS }, mode: 'validate' });
  expect(plain.totals.patient).toMatchObject({ loaded: 2, rejected: 1 });
  expect(plain).not.toHaveProperty('changed_rules');

  const changed = await sandbox.load({ patients: { 'p.txt': PATIENTS }, rules });
  expect(changed.totals.patient).toMatchObject({ loaded: 2, rejected: 1 });
  const issues = await sandbox.report(changed.folder, 'issues.csv');
  expect(issues.map(({ severity, code, record, fate }) => [severity, code, record, fate])).toEqual([
    ['error', 'zip-invalid', '1', 'rejected'],
    ['warning', 'birth-date-missing', '2', 'loaded'],
  ]);
  const said = {
    'birth-date-missing': { before: 'error', after: 'warning' },
    'zip-invalid': { before: 'warning', after: 'error' },
  };
  expect(changed.changed_rules).toEqual(said);
  const [run] = sandbox.query('SELECT rule_changes FROM runs');
  expect(JSON.parse(String(run!['rule_changes']))).toEqual(said);
});

test('a rule that is off says nothing', async () => {
  using sandbox = new Sandbox();
  const summary = await sandbox.load({
    patients: { 'p.txt': PATIENTS },
    rules: { 'zip-invalid': 'off' },
    mode: 'validate',
  });
  expect(Object.keys(summary.issues)).toEqual(['birth-date-missing']);
});

test('the library refuses what no run can change', async () => {
  using sandbox = new Sandbox();
  const load = sandbox.load({ patients: { 'p.txt': PATIENTS }, rules: { 'patient-id-missing': 'warning' } });
  await expect(load).rejects.toThrow(RuleError);
});

test('the program takes several rules, the last of each code, and no file for a rule', async () => {
  using sandbox = new Sandbox();
  sandbox.write('p.txt', PATIENTS);
  const rules = ['--rule', 'zip-invalid=error', '--rule=birth-date-missing=warning', '--rule', 'zip-invalid=off'];
  const outcome = await runProgram(sandbox.folder, ['validate', '--spec', 'miis-legacy', ...rules, 'p.txt']);
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  expect(outcome.stdout).toContain(
    'Rules changed for this run: birth-date-missing error → warning, zip-invalid warning → off\n',
  );
});
