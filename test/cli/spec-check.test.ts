/** `immload spec check`: every problem at once, with its place. */
import { describe, expect, test } from 'vitest';
import { builtInSpecIds, loadSpec, packageFolder } from '../../src/files/specs.js';
import { type Outcome, runProgram } from '../support/program.js';
import { Sandbox } from '../support/sandbox.js';
import { smallest } from '../support/small-spec.js';

async function check(content: string, ...options: string[]): Promise<Outcome> {
  using sandbox = new Sandbox();
  sandbox.write('own.json', content);
  return await runProgram(sandbox.folder, ['spec', 'check', 'own.json', ...options]);
}

const GOOD = JSON.stringify(smallest(), null, 2);
/** Three mistakes of a careful person. */
const BAD = GOOD.replace('"title"', '"titel"')
  .replace('"width": 3', '"width": "3"')
  .replace('"field": "last_name"', '"field": "lastname"');

/** Where a text stands in another, as an editor counts. */
function place(text: string, part: string): { line: number; column: number } {
  const before = text.slice(0, text.indexOf(part)).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

describe('a spec that is one', () => {
  test('is fine, in one line', async () => {
    expect(await check(GOOD)).toMatchObject({
      code: 0,
      stdout: 'own.json: fine (my-clinic 1: patient 3 columns, immunization 3 columns, 0 severities of its own)\n',
      stderr: '',
    });
  });

  test('is counted with the rules of its columns', async () => {
    const ruled = GOOD.replace('"field": "last_name"', '"field": "last_name", "rules": [{ "longest": 20 }]');
    expect((await check(ruled)).stdout).toContain('immunization 3 columns, 1 rule of columns, 0 severities of its own');
    expect(JSON.parse((await check(ruled, '--json')).stdout)).toMatchObject({ spec: { rules: 1 } });
  });

  test('is fine for programs', async () => {
    const { code, stdout } = await check(`\ufeff${GOOD}`, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      file: 'own.json',
      ok: true,
      spec: {
        id: 'my-clinic',
        version: '1',
        title: 'Export of my clinic',
        columns: { patient: 3, immunization: 3 },
        severities: 0,
      },
      problems: [],
    });
  });

  test.each(builtInSpecIds())('comes with immload: %s', async (id) => {
    const { code, stdout } = await runProgram(packageFolder(), ['spec', 'check', `specs/${id}.json`]);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`fine (${id} ${loadSpec(id).version}: `)]);
  });
});

describe('a spec with problems', () => {
  const title = place(BAD, '{');
  const titel = place(BAD, '"titel"');
  const fields = place(BAD, '[\n        {');
  const field = place(BAD, '"lastname"');
  const width = place(BAD, '"3"');

  test('is told all of them, in the order of the file', async () => {
    const { code, stdout, stderr } = await check(BAD);
    expect([code, stderr]).toEqual([2, '']);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('own.json: 5 problems');
    expect(lines.filter((line) => line.startsWith('  own.json:'))).toEqual([
      `  own.json:${title.line}:${title.column}  /title`,
      `  own.json:${titel.line}:${titel.column}  /titel`,
      `  own.json:${fields.line}:${fields.column}  /layouts/patient/fields`,
      `  own.json:${field.line}:${field.column}  /layouts/patient/fields/1/field`,
      `  own.json:${width.line}:${width.column}  /layouts/immunization/fields/2/width`,
    ]);
    expect(stdout).toContain('    unknown property\n    Did you mean title? Known here: $schema, id, ');
    expect(stdout).toContain('    no such field: "lastname"\n    Did you mean last_name? Use null for ');
    expect(stdout).toContain('    not a width: "3"\n    Give the width as a whole number above 0.\n');
  });

  test('is told the same for programs', async () => {
    const { code, stdout } = await check(BAD, '--json');
    expect(code).toBe(2);
    const { ok, spec, problems } = JSON.parse(stdout) as { ok: boolean; spec: unknown; problems: unknown[] };
    expect([ok, spec, problems.length]).toEqual([false, null, 5]);
    expect(problems[4]).toEqual({
      ...width,
      pointer: '/layouts/immunization/fields/2/width',
      found: '"3"',
      message: 'not a width',
      remedy: 'Give the width as a whole number above 0.',
    });
  });

  test('is told a name that stands twice', async () => {
    const { code, stdout } = await check(GOOD.replace('"version": "1",', '"version": "1",\n  "version": "2",'));
    expect(code).toBe(2);
    expect(stdout).toBe(
      'own.json: 1 problem\n\n  own.json:4:3  /version\n    the name stands twice in its object\n    Leave one of the two out.\n',
    );
  });

  test('sends nothing to the terminal that it would obey', async () => {
    const { stdout } = await check(GOOD.replace('"title"', '"\u009b31m"').replace('"last_name"', '"\\u001b[31m"'));
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  test('is shown the beginning of what is long', async () => {
    const { stdout } = await check(GOOD.replace('"last_name"', `"${'x'.repeat(5_000)}"`));
    expect(stdout.length).toBeLessThan(3_000);
  });
});

describe('what is no JSON', () => {
  test.each([
    ['a missing comma', '{ "id": "own"\n  "version": "1" }', 2, 3, 'Look for a missing comma'],
    ['an end too early', '{ "id": "own",', 1, 15, 'Look for a missing comma'],
    ['an empty file', '', 1, 1, 'The file is empty.'],
    ['a flat file', 'facility_id|patient_id\nF1|1\n', 1, 1, 'Look for a missing comma'],
  ])('has its line and column: %s', async (_, content, line, column, remedy) => {
    const { code, stdout } = await check(content);
    expect(code).toBe(2);
    expect(stdout).toMatch(`own.json: 1 problem\n\n  own.json:${line}:${column}\n    not JSON\n    ${remedy}`);
    const { problems } = JSON.parse((await check(content, '--json')).stdout) as { problems: object[] };
    expect(problems).toMatchObject([{ line, column, pointer: '', found: null, message: 'not JSON' }]);
  });
});

test('a file that is not there is refused', async () => {
  using sandbox = new Sandbox();
  expect(await runProgram(sandbox.folder, ['spec', 'check', 'gone.json'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'immload: gone.json: there is no such spec file; check its path\n',
    left: {},
  });
});
