/** The layers of src/README.md, read from the import statements. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(ROOT, 'src');

type Layer = 'core' | 'docs' | 'files' | 'db' | 'migrations' | 'threads' | 'load' | 'cli' | 'entry';

/** What a layer may import: layers, packages, and parts of Node. */
interface Rule {
  readonly layers: readonly Layer[];
  readonly packages: readonly string[];
  readonly node: RegExp | null;
  /** Globals that the layer must not use. */
  readonly forbidden?: RegExp;
}

const CLOCK_AND_IO =
  /\b(?:console|process|Buffer|setTimeout|setInterval|fetch|performance)\b|Date\.now|new Date\(\)|Math\.random/;
const RULES: Readonly<Record<Layer, Rule>> = {
  core: { layers: ['core'], packages: ['papaparse', 'luxon'], node: null, forbidden: CLOCK_AND_IO },
  docs: { layers: ['core', 'docs'], packages: [], node: null, forbidden: CLOCK_AND_IO },
  files: {
    layers: ['core', 'files'],
    packages: ['fast-csv', 'yauzl'],
    node: /^node:/,
    forbidden: /\bconsole\b|process\.(?:stdout|stderr|exit)/,
  },
  db: {
    layers: ['core', 'db', 'migrations'],
    packages: ['knex', 'better-sqlite3', 'pg', 'pg-copy-streams'],
    node: /^node:/,
    forbidden: /\bconsole\b|process\.(?:stdout|stderr|exit)/,
  },
  threads: {
    layers: ['core', 'threads'],
    packages: [],
    node: /^node:(?:worker_threads|module|os)$/,
    forbidden: /\bconsole\b|\bprocess\b/,
  },
  migrations: { layers: [], packages: ['knex'], node: null, forbidden: CLOCK_AND_IO },
  load: {
    layers: ['core', 'files', 'db', 'threads', 'load'],
    packages: ['p-limit'],
    node: null,
    forbidden: /\bconsole\b|process\.(?:stdout|stderr|exit)/,
  },
  cli: { layers: ['core', 'docs', 'files', 'db', 'load', 'cli'], packages: ['yargs'], node: /^node:/ },
  entry: { layers: ['core', 'files', 'db', 'load'], packages: [], node: null },
};

function layerOf(path: string): Layer {
  const parts = relative(ROOT, path).split('/');
  if (parts[0] === 'migrations') return 'migrations';
  if (parts.length === 3 || parts.length === 4) return parts[1] as Layer;
  return parts[1] === 'index.ts' ? 'entry' : 'load';
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

const FILES = [...sourceFiles(SRC), ...sourceFiles(join(ROOT, 'migrations'))];

function importsOf(text: string): string[] {
  const statements = /^(?:import|export)\b[^;'"]*?from\s*'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...text.matchAll(statements)].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

/** The code without comments and texts, so that only what runs is looked at. */
function codeOf(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*$/gm, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
}

describe('each file imports only what its layer may', () => {
  test.each(FILES.map((path) => [relative(ROOT, path), path]))('%s', (_, path) => {
    const text = readFileSync(path, 'utf8');
    const rule = RULES[layerOf(path)];
    for (const name of importsOf(text)) {
      if (name.startsWith('.')) {
        const target = resolve(dirname(path), name).replace(/\.js$/, '.ts');
        expect(rule.layers, `${name}`).toContain(layerOf(target));
      } else if (name.startsWith('node:')) {
        expect(rule.node?.test(name) ?? false, `${name} is not for this layer`).toBe(true);
      } else {
        expect(rule.packages, `${name} has another home`).toContain(name);
      }
    }
    if (rule.forbidden !== undefined) expect(codeOf(text)).not.toMatch(rule.forbidden);
  });
});

test('src/README.md names each file and folder of src in its table of layers, and no other', () => {
  const readme = readFileSync(join(SRC, 'README.md'), 'utf8');
  const table = readme.split('\n').filter((line) => line.startsWith('| `'));
  const named = table.flatMap((line) => [...line.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
  const present = readdirSync(SRC, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.name.endsWith('.ts'))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  expect(named.sort()).toEqual(present.sort());
});

test('the command line is imported by nobody', () => {
  for (const path of FILES.filter((each) => layerOf(each) !== 'cli')) {
    expect(importsOf(readFileSync(path, 'utf8')).some((name) => name.includes('/cli/'))).toBe(false);
  }
});

test('no file is called util, helper, manager or process', () => {
  for (const path of FILES) expect(relative(SRC, path)).not.toMatch(/util|helper|manager|process|common/i);
});

test('every named package has one home', () => {
  const homes = new Map<string, Set<string>>();
  for (const path of FILES) {
    for (const name of importsOf(readFileSync(path, 'utf8'))) {
      if (name.startsWith('.') || name.startsWith('node:')) continue;
      homes.set(name, (homes.get(name) ?? new Set()).add(layerOf(path)));
    }
  }
  homes.get('knex')?.delete('migrations');
  for (const [name, layers] of homes) expect([name, ...layers]).toHaveLength(2);
});
