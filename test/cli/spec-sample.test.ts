/** `immload spec sample` */
import { mkdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeSamples } from '../../src/core/samples/samples.js';
import { completeSpec } from '../../src/core/spec.js';
import { CODES, MIIS } from '../support/fixtures.js';
import { runProgram } from '../support/program.js';
import { Sandbox } from '../support/sandbox.js';
import { smallest, smallestCombined, withValue } from '../support/small-spec.js';

describe('spec sample', () => {
  test('writes a perfect sample and faulty ones, with their verdicts', async () => {
    using sandbox = new Sandbox();
    const outcome = await runProgram(sandbox.folder, ['spec', 'sample', 'miis-legacy', '--output', 'samples']);
    const samples = makeSamples(MIIS, CODES);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toContain(`a perfect sample and ${samples.faulty.length} faulty ones in samples\n`);
    const folders = ['perfect', ...samples.faulty.map(({ code }) => `faulty/${code}`)];
    expect(sandbox.files()).toEqual(
      [
        ...folders.flatMap((folder) => [`samples/${folder}/patients.txt`, `samples/${folder}/immunizations.txt`]),
        'samples/verdicts.csv',
      ].sort(),
    );
    const rows = await sandbox.report(sandbox.path('samples'), 'verdicts.csv');
    expect(rows).toContainEqual({
      sample: 'faulty/patient-rejected',
      file: 'immunizations.txt',
      line: '2',
      code: 'patient-rejected',
      severity: 'error',
      must_be_true: 'the dose’s patient was accepted',
    });
    expect(rows.map((row) => row['sample'])).toEqual(
      samples.faulty.flatMap(({ code, verdicts }) => verdicts.map(() => `faulty/${code}`)),
    );
  });

  test.each([
    ['two files', smallest(), { patient: { records: 3, loaded: 3 } }],
    ['one file', smallestCombined(), { combined: { records: 3, loaded: 3 } }],
  ])('says a command that finds nothing in the perfect sample of %s', async (_, json, totals) => {
    using sandbox = new Sandbox();
    sandbox.write('own.json', JSON.stringify(json));
    const { stdout } = await runProgram(sandbox.folder, ['spec', 'sample', 'own.json', '--output', 'a/b']);
    const command = /^ {2}immload (validate .*)$/m.exec(stdout)![1]!.split(' ');
    // Its records name no site.
    expect(command).toContain('--site');
    const outcome = await runProgram(sandbox.folder, [...command, '--json']);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ issues: {}, totals });
  });

  test('says which rules it has no sample for', async () => {
    using sandbox = new Sandbox();
    const { stdout } = await runProgram(sandbox.folder, ['spec', 'sample', 'grits-fixed', '--output', 's']);
    expect(stdout.replace(/\s+/g, ' ')).toContain('Without a sample, since no value that this format has room for');
    expect(makeSamples(completeSpec(smallest()), CODES).site).toBe('MA123');
  });

  test('says which columns need an example', async () => {
    using sandbox = new Sandbox();
    const rules = [{ required: true }];
    const own = (example: object): string =>
      JSON.stringify(withValue('/layouts/patient/fields/3', { name: 'Plan', field: null, rules, ...example }));
    sandbox.write('own.json', own({}));
    sandbox.write('better.json', own({ example: 'B' }));
    const sample = async (spec: string): Promise<string> =>
      (await runProgram(sandbox.folder, ['spec', 'sample', `${spec}.json`, '--output', spec])).stdout;
    const imperfect = await sample('own');
    expect(imperfect).toContain('give each an "example": Plan.');
    expect(imperfect).toContain('perfect/        not perfect: some columns break their rules');
    expect(imperfect).not.toContain('a perfect sample');
    const perfect = await sample('better');
    expect(perfect).not.toContain('"example"');
    expect(perfect).toContain('files in which nothing is to be found');
    expect(readFileSync(sandbox.path('better', 'perfect', 'patients.txt'), 'utf8')).toMatch(/,B\n/);
  });

  test('writes the one value that a column may have', async () => {
    using sandbox = new Sandbox();
    const inForce = { name: 'inforce', field: null, rules: [{ fixed: 'X' }] };
    const route = { name: 'route', field: 'route', width: 2, rules: [{ fixed: 'IM' }] };
    const json = withValue(
      '/layouts/immunization/fields/3',
      route,
      withValue('/layouts/patient/fields/3', inForce) as never,
    );
    sandbox.write('own.json', JSON.stringify(json));
    const { stdout } = await runProgram(sandbox.folder, ['spec', 'sample', 'own.json', '--output', 's']);
    expect(stdout).toContain('a perfect sample');
    expect(readFileSync(sandbox.path('s', 'perfect', 'patients.txt'), 'utf8')).toMatch(/,X\n/);
    const doses = readFileSync(sandbox.path('s', 'perfect', 'immunizations.txt'), 'utf8')
      .trimEnd()
      .split(/\r\n/);
    expect(doses.map((line) => line.slice(-2))).toEqual(['IM', 'IM', 'IM']);
    const command = /^ {2}immload (validate .*)$/m.exec(stdout)![1]!.split(' ');
    const outcome = await runProgram(sandbox.folder, [...command, '--json']);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ issues: {} });
  });

  test('writes into an empty folder, and no other', async () => {
    using sandbox = new Sandbox();
    mkdirSync(sandbox.path('s'));
    const args = ['spec', 'sample', 'grits-fixed', '--output', 's'];
    expect((await runProgram(sandbox.folder, args)).code).toBe(0);
    const before = readFileSync(sandbox.path('s', 'verdicts.csv'), 'utf8');
    expect(await runProgram(sandbox.folder, args)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'immload: s: is not empty; give a new folder with --output\n',
    });
    expect(readFileSync(sandbox.path('s', 'verdicts.csv'), 'utf8')).toBe(before);
  });

  test('refuses a file in the place of its folder', async () => {
    using sandbox = new Sandbox();
    sandbox.write('s', 'x');
    expect(await runProgram(sandbox.folder, ['spec', 'sample', 'miis-legacy', '--output', 's'])).toMatchObject({
      code: 1,
      stderr: 'immload: s: cannot be written; give a folder that can be written with --output\n',
    });
  });
});
