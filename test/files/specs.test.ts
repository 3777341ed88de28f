/** The specifications that come with immload, and those of the user's own. */
import { describe, expect, test } from 'vitest';
import { checkSpec } from '../../src/core/spec.js';
import {
  builtInSpecIds,
  loadSpec,
  loadSpecJson,
  packageFolder,
  programVersion,
  SpecError,
} from '../../src/files/specs.js';
import { MIIS } from '../support/fixtures.js';
import { Sandbox } from '../support/sandbox.js';

describe('what comes with immload', () => {
  test('is the formats that are documented', () => {
    expect(builtInSpecIds()).toEqual([
      'alert-csv',
      'cocasa-tab',
      'cvrs-tsv',
      'esp-caret',
      'grits-fixed',
      'immunet-csv',
      'miis-legacy',
      'miis-legacy-fixed',
      'wir-fixed',
    ]);
  });

  test.each(builtInSpecIds())('%s has no problem, and is named as its file', (id) => {
    const spec = loadSpec(id);
    expect(checkSpec(loadSpecJson(id, '.'))).toEqual([]);
    expect(spec.id).toBe(id);
  });

  test('has a version', () => {
    expect(programVersion()).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('a specification of the user’s own', () => {
  test('is read by its path, with or without a byte order mark', () => {
    using sandbox = new Sandbox();
    const text = JSON.stringify({ ...MIIS, id: 'own' });
    for (const mark of ['', '\ufeff']) expect(loadSpec(sandbox.write('own.json', mark + text)).id).toBe('own');
  });

  test('leads to the schema that it was written with, from wherever it is shown', () => {
    const schemaOf = (from: string): unknown => (loadSpecJson('miis-legacy', from) as { $schema: unknown }).$schema;
    expect(schemaOf(packageFolder())).toBe('specs/spec.schema.json');
    expect(schemaOf(`${packageFolder()}/examples/x`)).toBe('../../specs/spec.schema.json');
    using sandbox = new Sandbox();
    for (const $schema of ['/a/schema.json', 'https://x.example/schema.json']) {
      const path = sandbox.write('own.json', JSON.stringify({ ...MIIS, $schema }));
      expect(loadSpecJson(path, '.')).toMatchObject({ $schema });
    }
    expect(loadSpecJson(sandbox.write('own.json', JSON.stringify(MIIS)), '.')).not.toHaveProperty('$schema');
  });

  test('may leave out what has a default', () => {
    using sandbox = new Sandbox();
    const { nulls: _, severities: __, ...short } = { ...MIIS, id: 'own' };
    const spec = loadSpec(sandbox.write('own.json', JSON.stringify(short)));
    expect(spec).toMatchObject({ nulls: [], severities: {} });
  });

  test('with faults says the first, how many more there are, and knows all', () => {
    using sandbox = new Sandbox();
    const path = sandbox.write('own.json', JSON.stringify({ ...MIIS, id: 'Own!', version: 7, dates: undefined }));
    let error: unknown;
    try {
      loadSpec(path);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SpecError);
    const { message, problems } = error as SpecError;
    expect(problems.map((problem) => problem.path).sort()).toEqual(['/dates', '/id', '/version']);
    const { line, column, path: pointer, message: problem, remedy } = problems[0]!;
    expect(message).toBe(
      `${path}: line ${line}, column ${column}: ${pointer}: ${problem}. ${remedy} (and 2 more: \`immload spec check ${path}\`)`,
    );
  });

  test.each([
    ['nowhere', 'there is no spec nowhere; use one of alert-csv, cocasa-tab,'],
    ['../specs', '../specs: '],
    ['MIIS-LEGACY', 'there is no spec MIIS-LEGACY; use one of alert-csv,'],
    ['codes', 'there is no spec codes; use one of alert-csv,'],
  ])('%s is none', (name, says) => {
    expect(() => loadSpec(name)).toThrow(SpecError);
    expect(() => loadSpec(name)).toThrow(says);
  });
});
