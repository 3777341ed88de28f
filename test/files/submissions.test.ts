/** Which submissions folders and lists stand for. */
import { mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listSubmissions } from '../../src/files/submissions.js';
import { Sandbox } from '../support/sandbox.js';

/** A sandbox with some files, by their paths. */
function withFiles(...paths: readonly string[]): Sandbox {
  const sandbox = new Sandbox();
  for (const path of paths) {
    if (path.includes('/')) mkdirSync(sandbox.path(path.replace(/\/[^/]*$/, '')), { recursive: true });
    sandbox.write(path, 'x\n');
  }
  return sandbox;
}

function listed(sandbox: Sandbox, ...paths: readonly string[]): string[] {
  return listSubmissions(paths.map((path) => sandbox.path(path))).map(({ path, name }) => {
    return `${name}: ${path.slice(sandbox.folder.length + 1)}`;
  });
}

test.each([
  ['a folder of folders and archives is each of them', ['in/b/p.txt', 'in/a.zip', 'in/c/p.txt'], ['in'], ['a: in/a.zip', 'b: in/b', 'c: in/c']],
  ['a folder of files is one', ['in/p.txt', 'in/d.txt.gz', 'in/more.zip'], ['in'], ['in: in']],
  ['hidden files are not looked at', ['in/.store', 'in/a/p.txt'], ['in'], ['a: in/a']],
  ['archives and files stand for themselves', ['a.zip', 'b.txt'], ['a.zip', 'b.txt'], ['a: a.zip', 'b.txt: b.txt']],
  ['what is not there stands for itself', [], ['gone'], ['gone: gone']],
  ['two of one name are told apart', ['x/a/p.txt', 'y/a/p.txt'], ['x', 'y'], ['a: x/a', 'a-2: y/a']],
])('%s', (_, files, paths, expected) => {
  using sandbox = withFiles(...files);
  expect(listed(sandbox, ...paths)).toEqual(expected);
}); // biome-ignore format: a table

test('a list says what each is, seen from its own folder', () => {
  using sandbox = withFiles('in/p.txt', 'lists/own.json');
  sandbox.write('lists/all.csv', 'submission,site,spec\n../in,F1,own.json\n/abs/b.zip,,miis-legacy\n');
  expect(listSubmissions([sandbox.path('lists/all.csv')])).toEqual([
    { path: sandbox.path('in'), name: 'in', site: 'F1', spec: sandbox.path('lists/own.json') },
    { path: '/abs/b.zip', name: 'b', site: null, spec: 'miis-legacy' },
  ]);
});

test('a folder that may be one submission or several is refused, and so are an empty one and a list that is none', () => {
  using sandbox = withFiles('mixed/p.txt', 'mixed/a/p.txt');
  mkdirSync(sandbox.path('empty'));
  sandbox.write('list.csv', 'folder\na\n');
  expect(() => listed(sandbox, 'mixed')).toThrow(
    /mixed: holds files beside folders, and may be one submission or several/,
  );
  expect(() => listed(sandbox, 'empty')).toThrow(/empty: is an empty folder/);
  expect(() => listed(sandbox, 'list.csv')).toThrow(
    /list\.csv: line 1 has a column that a list does not know; begin with/,
  );
  expect(() => listed(sandbox, 'gone.csv')).toThrow(/gone\.csv: is no list that can be read/);
});
