/** The specifications and code tables that come with immload, and those of the user's own. */
import { describe, expect, test } from 'vitest';
import { CODE_TABLES } from '../../src/core/codes.js';
import { checkSpec } from '../../src/core/spec.js';
import { builtInSpecIds, loadCodes, loadSpec, loadSpecJson, programVersion, SpecError } from '../../src/files/specs.js';
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
    expect(checkSpec(loadSpecJson(id))).toEqual([]);
    expect(spec.id).toBe(id);
  });

  test('is every code table, with source and day', () => {
    const { tables } = loadCodes();
    expect(tables.map(({ id }) => id)).toEqual([...CODE_TABLES]);
    for (const { id, title, source, asOf, columns, rows } of tables) {
      expect(
        [title, source, asOf].every((text) => text.trim() !== ''),
        id,
      ).toBe(true);
      expect(rows.length, id).toBeGreaterThan(0);
      for (const row of rows) expect(row.length, id).toBe(columns.length);
    }
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
    const first = `${problems[0]!.path}: ${problems[0]!.message}. ${problems[0]!.remedy}`;
    expect(message).toBe(`${path}: line 1, column 1: ${first} (and 2 more: \`immload spec check ${path}\`)`);
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
