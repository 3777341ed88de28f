/**
 * Golden cases: what goes in, and everything that must come out, however the files are cut on the way. Each folder of
 * `cases` has input, `case.json` and the expected tables and reports; `WRITE_CASES=1 npx vitest run test/cases.test.ts`
 * writes these.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MatchModelId } from '../src/db/store.js';
import { loadSpec, packageFolder } from '../src/files/specs.js';
import type { Sizes } from '../src/run.js';
import { TestDatabase } from './support/postgres.js';
import { Sandbox, type TableRow } from './support/sandbox.js';

interface Case {
  readonly title: string;
  /** Id of a built-in specification, or the name of a file beside it. */
  readonly spec?: string;
  readonly site?: string;
  readonly runs: readonly {
    readonly patients?: readonly string[];
    readonly immunizations?: readonly string[];
    readonly comments?: readonly string[];
    readonly matchModel?: MatchModelId;
  }[];
}

const CASES = join(packageFolder(), 'test/cases');

/** Ways through the program that must not differ in what comes out. */
const WAYS: Readonly<Record<string, { readonly sizes: Partial<Sizes>; readonly threads?: number }>> = {
  'in one piece': { sizes: {} },
  'in tiny pieces': { sizes: { chunkBytes: 7, blockBytes: 1, batchRows: 1, sortCharacters: 1 } },
  'in small pieces': { sizes: { chunkBytes: 61, blockBytes: 200, batchRows: 3, sortCharacters: 300 } },
  'by a thread': { sizes: { chunkBytes: 40, blockBytes: 1 }, threads: 1 },
  'by three threads': { sizes: { chunkBytes: 61, blockBytes: 200, batchRows: 3 }, threads: 3 },
};

/** The same on a server, where only what is written at a time makes a difference. */
const POSTGRES_WAYS: typeof WAYS = {
  'into PostgreSQL, in one piece': { sizes: {} },
  'into PostgreSQL, in small pieces': { sizes: { batchRows: 3, sortCharacters: 300 }, threads: 1 },
};

/** What differs from run to run, or from machine to machine. Explanations say at length what the reasons say in short. */
const CHANGING = new Set([
  'started_at', 'finished_at', 'heartbeat_at', 'host', 'process', 'code_tables', 'content', 'explanation',
]); // biome-ignore format: a list of names
const TABLES = [
  'runs',
  'run_files',
  'patients',
  'patient_sources',
  'patient_parts',
  'immunizations',
  'immunization_duplicates',
  'immunization_parts',
  'match_reviews',
];
/** Tables that are shown where they hold something. */
const OPTIONAL_TABLES = ['patient_comments'];

type Query = (sql: string) => Promise<TableRow[]>;

/** The tables as text: a line for each row, with the values that it has. */
async function describeTables(query: Query): Promise<string> {
  const texts: string[] = [];
  for (const table of [...TABLES, ...OPTIONAL_TABLES]) {
    const rows = await query(`SELECT * FROM ${table} ORDER BY id`);
    if (rows.length === 0 && OPTIONAL_TABLES.includes(table)) continue;
    const lines = rows.map((row) => {
      const values = Object.entries(row).filter(([name, value]) => value !== null && !CHANGING.has(name));
      return `  ${values.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(' ')}\n`;
    });
    texts.push(`${table}\n${lines.join('')}`);
  }
  return texts.join('\n');
}

/** Compares byte for byte with an expected file, or makes that file what was found. */
function expectFile(path: string, found: Buffer): void {
  if (process.env['WRITE_CASES'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, found);
  }
  // As characters of one byte, so that a difference can be read.
  expect(found.toString('latin1')).toBe(existsSync(path) ? readFileSync(path, 'latin1') : 'no such file expected');
}

const names = readdirSync(CASES).filter((name) => existsSync(join(CASES, name, 'case.json')));

test('there are cases', () => {
  expect(names.length).toBeGreaterThanOrEqual(9);
});

/** What has times, and the folder whose files are told one by one. */
const OTHERWISE_EACH_TIME = new Set(['summary.json', 'certificate.json', 'certificate.txt', 'README.txt', 'rejects']);

describe.each(names)('%s', (name) => {
  const folder = join(CASES, name);
  const { spec, site, runs } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Case;

  const loadAndCompare = async (
    sandbox: Sandbox,
    way: (typeof WAYS)[string],
    database: string,
    query: Query,
  ): Promise<void> => {
    const expected = (...path: string[]): string => join(folder, 'expected', ...path);
    for (const [i, run] of runs.entries()) {
      const { patients = [], immunizations = [], comments = [], matchModel = 'exact' } = run;
      const paths = (files: readonly string[]): string[] => files.map((file) => join(folder, file));
      const place = runs.length === 1 ? '.' : `run-${i + 1}`;
      const summary = await sandbox.load({
        patients: paths(patients),
        immunizations: paths(immunizations),
        comments: paths(comments),
        site: site ?? null,
        matchModel,
        database,
        ...way,
        ...(spec !== undefined && { spec: loadSpec(spec.endsWith('.json') ? join(folder, spec) : spec) }),
      });
      const found = readdirSync(summary.folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => !OTHERWISE_EACH_TIME.has(file))
        .sort();
      for (const file of found) expectFile(expected(place, file), readFileSync(join(summary.folder, file)));
      const reports = readdirSync(expected(place), { recursive: true, encoding: 'utf8' });
      expect(reports.filter((file) => file !== 'tables.txt' && file !== 'rejects').sort()).toEqual(found);
    }
    expectFile(expected('tables.txt'), Buffer.from(await describeTables(query)));
  };

  test.each(Object.entries(WAYS))('%s', async (_, way) => {
    using sandbox = new Sandbox();
    await loadAndCompare(sandbox, way, sandbox.database, async (sql) => sandbox.query(sql));
  });

  test.each(Object.entries(POSTGRES_WAYS))('%s', async (_, way) => {
    using sandbox = new Sandbox();
    await using database = await TestDatabase.create();
    await loadAndCompare(sandbox, way, database.address, (sql) => database.query(sql));
  });
});
