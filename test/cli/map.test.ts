/** `--map`: what a user sees of it. */
import { describe, expect, test } from 'vitest';
import { runProgram } from '../support/program.js';
import { miis, Sandbox } from '../support/sandbox.js';

const HEADER = 'field,value,cvx,author,date,evidence';

function writeSubmission(sandbox: Sandbox): void {
  sandbox.write('p.txt', miis('facility_id|patient_id|last_name|first_name|birth_date', 'F1|1|Smith|Anna|20050504'));
  sandbox.write('d.txt', miis('facility_id|patient_id|cvx|admin_date', 'F1|1|LOC12|20060516'));
}

const ARGS = ['validate', '--patients', 'p.txt', '--immunizations', 'd.txt', '--today', '2026-07-01'];

describe('a map is applied', () => {
  test('and said to be', async () => {
    using sandbox = new Sandbox();
    writeSubmission(sandbox);
    const without = await runProgram(sandbox.folder, [...ARGS, '--report', 'r1']);
    expect(without.code).toBe(3);
    expect(without.stdout).toContain(
      'Unmapped  r1/unmapped.csv  (1 vaccine that nobody understood; complete it and give it with --map)',
    );
    sandbox.write('map.csv', `${HEADER}\ncvx,LOC12,03,R. Bellamy,2026-06-30,price list\n`);
    const mapped = await runProgram(sandbox.folder, [...ARGS, '--map', 'map.csv', '--report', 'r2']);
    expect(mapped).toMatchObject({ code: 0, stderr: '' });
    expect(mapped.stdout).toContain('Map map.csv: 1 decision');
    expect(mapped.stdout).not.toMatch(/Unmapped|met no record/);
  });

  test('and which of its decisions met no record', async () => {
    using sandbox = new Sandbox();
    writeSubmission(sandbox);
    const unmet = Array.from({ length: 12 }, (_, i) => `cvx,LOC${i + 20},03,RB,2026-06-30,asked`);
    sandbox.write('map.csv', `${[HEADER, 'cvx,LOC12,03,RB,2026-06-30,asked', unmet[0]].join('\n')}\n`);
    const one = await runProgram(sandbox.folder, [...ARGS, '--map', 'map.csv', '--report', 'r1']);
    expect(one.stdout).toContain(
      'Map map.csv: 2 decisions, 1 of which met no record (line 3; compare field and value with unmapped.csv)\n',
    );
    sandbox.write('map.csv', `${[HEADER, ...unmet].join('\n')}\n`);
    const many = await runProgram(sandbox.folder, [...ARGS, '--map', 'map.csv', '--report', 'r2']);
    expect(many.stdout).toContain(
      'Map map.csv: 12 decisions, 12 of which met no record (lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more;',
    );
  });
});

describe('a map that cannot be is refused, and nothing is left behind', () => {
  test('with all that is wrong with it', async () => {
    using sandbox = new Sandbox();
    writeSubmission(sandbox);
    sandbox.write('map.csv', `${HEADER}\ncvx,LOC12,124,,2026-06-30,price list\ncvx,LOC13,03,RB,tomorrow,\n`);
    const { code, stdout, stderr, left } = await runProgram(sandbox.folder, [...ARGS, '--map', 'map.csv']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.split('\n')).toEqual([
      'immload: map.csv: 4 problems; no file was read',
      '  line 2, cvx: not in the CVX table of 2025-10-12. Use a code of `immload codes show cvx`, or leave it blank until it is decided.',
      '  line 2, author: blank. Say who decided.',
      '  line 3, date: not a day. Say when it was decided, as YYYY-MM-DD.',
      '  line 3, evidence: blank. Say what shows it: a list, a label, a person asked.',
      '',
    ]);
    expect(Object.keys(left).sort()).toEqual(['d.txt', 'map.csv', 'p.txt']);
  });

  test.each([
    ['that is not there', 'gone.csv', 'gone.csv: there is no such map file; check its path'],
    ['that is a folder', '.', '.: not a file; check its path'],
  ])('%s', async (_, map, says) => {
    using sandbox = new Sandbox();
    writeSubmission(sandbox);
    const { code, stderr } = await runProgram(sandbox.folder, [...ARGS, '--map', map]);
    expect([code, stderr]).toEqual([2, `immload: ${says}\n`]);
  });

  test('with a hundred of its problems, and none of its values', async () => {
    using sandbox = new Sandbox();
    writeSubmission(sandbox);
    const lines = Array.from({ length: 150 }, (_, i) => `cvx,Zq${i}x,Zq${i}x,RB,2026-06-30,Zq${i}x`);
    sandbox.write('map.csv', `${[HEADER, ...lines].join('\n')}\n`);
    const { stderr } = await runProgram(sandbox.folder, [...ARGS, '--map', 'map.csv']);
    expect(stderr.split('\n')).toHaveLength(103);
    expect(stderr).toContain('  and 50 more\n');
    expect(stderr).not.toMatch(/Zq/);
  });
});
