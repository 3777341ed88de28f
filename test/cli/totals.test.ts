/** Totals of the sender on the command line. */
import { describe, expect, test } from 'vitest';
import { runProgram } from '../support/program.js';
import { miis, Sandbox } from '../support/sandbox.js';

function write(sandbox: Sandbox): void {
  sandbox.write('p.txt', miis('facility_id|patient_id|last_name|first_name|birth_date', 'F1|1|Smith|Anna|20150504'));
  const doses = ['F1|1|03|20160505|', 'F1|1|94|20170505|', 'F1|1||20170506|Zq77x'];
  sandbox.write('d.txt', miis('facility_id|patient_id|cvx|admin_date|vaccine_name', ...doses));
}

const FILES = ['--patients', 'p.txt', '--immunizations', 'd.txt', '--today', '2026-07-01'];

test('the summary shows what was expected, and what was received', async () => {
  using sandbox = new Sandbox();
  write(sandbox);
  sandbox.write('t.json', '{ "patients": 1, "by_vaccine": { "03": 2, "94": 1 }, "by_year": { "2016": 1, "2017": 2 } }');
  const outcome = await runProgram(sandbox.folder, ['validate', ...FILES, '--totals', 't.json']);
  expect(outcome.code).toBe(3);
  expect(outcome.stdout).toContain(
    [
      'Totals of t.json: as expected',
      '            expected  received  difference  loaded  merged  duplicate  rejected  skipped',
      '  patients         1         1           0       1       0          0         0        0',
      '  CVX 03           2         1          −1       1       0          0         0        0',
      '  2 vaccines, as expected, with 1 of which it could not be read',
      '  2 years, all as expected',
    ].join('\n'),
  );
  expect(outcome.stdout + outcome.stderr).not.toContain('Zq77x');
});

test('a load whose totals are wrong says which, loads nothing and ends with 1', async () => {
  using sandbox = new Sandbox();
  write(sandbox);
  const args = ['load', ...FILES, '--expect-patients', '2', '--expect-immunizations', '2'];
  const outcome = await runProgram(sandbox.folder, args);
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toBe(
    [
      'immload: the expected totals: 2 totals are not what was received; nothing was loaded. Run `immload validate` to see all records',
      '  records of patients: 2 expected, 1 received (−1)',
      '  doses: 2 expected, 3 received (+1)',
      '',
    ].join('\n'),
  );
  expect(Object.keys(outcome.left)).not.toContain('immload-report');
});

describe('what makes no sense is wrong usage', () => {
  test.each([
    [['--expect-patients', '-1'], /^immload: --expect-patients: give a whole number\n$/],
    [['--expect-immunizations', 'many'], /^immload: --expect-immunizations: give a whole number\n$/],
    [['--totals', 'gone.json'], /^immload: gone\.json: there is no such file of totals; check its path\n$/],
    [['--totals', 'p.txt'], /^immload: p\.txt: 1 problem; no file was read\n {2}line 1, column 1: not JSON\. Look for/],
  ])('%s', async (args, message) => {
    using sandbox = new Sandbox();
    write(sandbox);
    const outcome = await runProgram(sandbox.folder, ['validate', ...FILES, ...args]);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toMatch(message);
  });
});
