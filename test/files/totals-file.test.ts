/** Files of totals, and what is wrong with them. */
import { mkdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isTotalsFile, loadTotals, openTotals, TotalsError } from '../../src/files/totals-file.js';
import { Sandbox } from '../support/sandbox.js';
import { zip } from '../support/zip.js';

function refusalOf(content: string): TotalsError {
  using sandbox = new Sandbox();
  try {
    loadTotals(sandbox.write('totals.json', content));
  } catch (error) {
    return error as TotalsError;
  }
  throw new Error('it was read');
}

test('all that is wrong is told at once, with its place', () => {
  const error = refusalOf('{\n  "patients": "5",\n  "by_year": { "15": 3 },\n  "patients": 4,\n  "dose": 1\n}\n');
  expect(error).toBeInstanceOf(TotalsError);
  expect(error.message).toMatch(/totals\.json: 3 problems; no file was read$/);
  expect(error.problems.map(({ line, column, path, message }) => [line, column, path, message])).toEqual([
    [3, 16, '/by_year/15', 'not a year'],
    [4, 3, '/patients', 'the name stands twice in its object'],
    [5, 3, '/dose', 'unknown property'],
  ]);
});

test.each([
  ['', 1, 1, /^The file is empty\. Begin with \{ "patients"/],
  ['{ "patients": 5', 1, 16, /^Look for a missing comma/],
  ['{ "patients": 5,, }', 1, 17, /^Look for a missing comma/],
])('what is not JSON is told where it stops being so: %j', (content, line, column, remedy) => {
  const { problems } = refusalOf(content);
  expect(problems).toEqual([expect.objectContaining({ line, column, message: 'not JSON' })]);
  expect(problems[0]!.remedy).toMatch(remedy);
});

describe('a path', () => {
  test('leads to totals, with or without a byte order mark', async () => {
    using sandbox = new Sandbox();
    const path = sandbox.write('totals.json', '\ufeff{ "patients": 5 }');
    expect(loadTotals(path)).toMatchObject({ name: 'totals.json', totals: { patients: 5 } });
    expect(await openTotals(path)).toEqual(loadTotals(path));
  });

  test('may lead into an archive', async () => {
    using sandbox = new Sandbox();
    const path = sandbox.write(
      'a.zip',
      zip([
        { name: 'p.txt', content: 'x' },
        { name: 'sub/totals.json', content: '{ "patients": 5 }' },
      ]),
    );
    expect(await openTotals(`${path}#sub/totals.json`)).toMatchObject({ name: 'totals.json', totals: { patients: 5 } });
  });

  test('that leads nowhere, or to no file, is told', () => {
    using sandbox = new Sandbox();
    mkdirSync(sandbox.path('folder'));
    expect(() => loadTotals(sandbox.path('gone.json'))).toThrow(/gone\.json: there is no such file of totals/);
    expect(() => loadTotals(sandbox.path('folder'))).toThrow(/folder: not a file/);
  });

  test.each([
    ['totals.json', true],
    ['a/b/Totals.JSON', true],
    ['a.zip#totals.json', true],
    ['a.zip#x/totals.json', true],
    ['C:\\a\\totals.json', true],
    ['my-totals.json', false],
    ['totals.json.txt', false],
    ['totals.json/p.txt', false],
  ])('%s is by its name one of totals: %s', (path, is) => {
    expect(isTotalsFile(path)).toBe(is);
  });
});
