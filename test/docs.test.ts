/** The documents say what the program does, and every command in them runs. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ISSUE_CODES } from '../src/core/catalogue.js';
import { packageFolder } from '../src/files/specs.js';
import { exampleOf, PAGES_FOLDER } from './support/code-pages.js';
import { renderDocuments } from './support/docs.js';
import { Sandbox } from './support/sandbox.js';

const root = packageFolder();
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const PAGES = [
  'README.md',
  'src/README.md',
  'specs/README.md',
  'test/bench/README.md',
  'CHANGELOG.md',
  `${PAGES_FOLDER}/README.md`,
];

test.each(renderDocuments())('$path is up to date (npm run docs)', ({ path, content }) => {
  expect(read(path)).toBe(content);
});

test('each issue code has a page, and no page is of another', () => {
  const pages = readdirSync(join(root, PAGES_FOLDER)).sort();
  expect(pages).toEqual([...ISSUE_CODES.map((code) => `${code}.md`), 'README.md'].sort());
});

test('each page has an example in which something changes', () => {
  for (const code of ISSUE_CODES) {
    const { before, after } = exampleOf(code);
    expect(before.trim(), code).not.toBe('');
    expect(after.trim(), code).not.toBe('');
    expect(after, code).not.toBe(before);
  }
});

test.each(PAGES)('the links of %s lead somewhere', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((match) => match[1]!);
  for (const link of links.filter((each) => !each.includes('://'))) {
    expect(existsSync(join(root, dirname(page), link)), link).toBe(true);
  }
});

/** Lines of shell in the README, in their order. */
const commands = [...read('README.md').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap((match) =>
  match[1]!.trim().split('\n'),
);
/** Run by `.ci/run` in a fresh clone, and `npm run example` by the test of the examples: they cannot run within a test. */
const INSTALLING = ['npm ci && npm run example', 'npm ci && npm test'];

test('the README shows how to install, and what to do then', () => {
  expect(commands).toEqual(expect.arrayContaining(INSTALLING));
  expect(commands.length).toBeGreaterThan(8);
});

describe('in the README', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox[Symbol.dispose]());
  beforeAll(() => {
    symlinkSync(join(root, 'examples'), sandbox.path('examples'));
    mkdirSync(sandbox.path('bin'));
    // `npx immload` runs the program of this clone.
    const npx = sandbox.path('bin', 'npx');
    writeFileSync(npx, `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(root, 'dist/src/cli/main.js')}" "$@"\n`);
    chmodSync(npx, 0o755);
  });

  test.each(commands.filter((command) => !INSTALLING.includes(command)))('%s', (command) => {
    const env = { ...process.env, PATH: `${sandbox.path('bin')}:${process.env['PATH']}` };
    const { status, stderr, stdout } = spawnSync('sh', ['-c', command], {
      cwd: sandbox.folder,
      env,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    // The example's files have rejects: 3. Everything else: 0.
    expect(status).toBe(/immload (load|validate)/.test(command) ? 3 : 0);
    if (!command.includes(' > ')) expect(stdout).not.toBe('');
  });
});
