/** The number of threads changes nothing of what comes out. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeSamples } from '../../src/core/samples/samples.js';
import type { Spec } from '../../src/core/spec.js';
import { builtInSpecIds, loadSpec } from '../../src/files/specs.js';
import { Dirt } from '../support/dirt.js';
import { CODES, GRITS, MIIS } from '../support/fixtures.js';
import { FIXED_WIDTH, SEVERAL_DOSES, TAGGED_LINES, TWO_FILES } from '../support/ruled-specs.js';
import { inputOf, Sandbox, type SandboxLoad } from '../support/sandbox.js';
import { writeSubmission } from '../support/submission.js';

/** What certificates seal times with, and the hashes of what has them. */
const SEALED_TIMES = ['digest', 'certificate', 'folder', 'journal', 'reports'];
const TIMES = new Set([
  'started_at',
  'finished_at',
  'heartbeat_at',
  'stage_seconds',
  'peak_memory_mb',
  'report',
  ...SEALED_TIMES,
]);

/** All reports, byte for byte, but for the times in summary.json. */
function reportsOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const text = readFileSync(join(entry.parentPath, entry.name), 'latin1');
      // The page of a certificate says the same as the certificate itself.
      if (entry.name === 'certificate.txt') return [entry.name, ''];
      if (!['summary.json', 'certificate.json'].includes(entry.name)) return [entry.name, text];
      const summary = Object.entries(JSON.parse(text) as Record<string, unknown>);
      return [entry.name, JSON.stringify(summary.filter(([key]) => !TIMES.has(key)))];
    }),
  );
}

/** What the journal seals times with. Its details name the digest of the certificate. */
const SEALS = new Set(['at', 'previous', 'hash', 'details']);

/** All rows of all tables, ids included, but for times. */
function tablesOf(sandbox: Sandbox, database: string): Record<string, unknown[]> {
  const tables = sandbox.query(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'knex%'`,
    database,
  );
  return Object.fromEntries(
    tables.map(({ name }) => {
      const rows = sandbox.query(`SELECT * FROM ${name}`, database).map((row) => {
        return Object.entries(row).filter(
          ([column]) => !TIMES.has(column) && !SEALS.has(column) && column !== 'process',
        );
      });
      return [String(name), rows];
    }),
  );
}

async function loadWith(threads: number, sandbox: Sandbox, options: SandboxLoad) {
  const database = sandbox.path(`threads-${threads}.db`);
  const { folder } = await sandbox.load({ ...options, database, threads });
  return { reports: reportsOf(folder), tables: options.mode === undefined ? tablesOf(sandbox, database) : {} };
}

const SPECS: readonly (readonly [string, Spec])[] = [
  ['delimited', MIIS],
  ['fixed width', GRITS],
];

describe('dirty files', () => {
  test.each(SPECS)('%s: no thread, one, two and four give the same tables and reports', async (_, spec) => {
    using sandbox = new Sandbox();
    const paths = { patients: sandbox.path('p.txt'), immunizations: sandbox.path('d.txt') };
    const dirt = new Dirt(spec, { seed: 11, errors: 0.05, remarks: 0.15, duplicates: 0.05 });
    writeSubmission({ patients: 300, dosesPerPatient: 6, seed: 5 }, spec, paths, dirt);
    const options = {
      spec,
      patients: [paths.patients],
      immunizations: [paths.immunizations],
      sizes: { blockBytes: 4_000, chunkBytes: 10_000, batchRows: 200 },
    };
    const inline = await loadWith(0, sandbox, options);
    expect(inline.tables['doses']!.length).toBeGreaterThan(1000);
    expect(inline.reports['issues.csv']!.split('\n').length).toBeGreaterThan(200);
    for (const threads of [1, 2, 4]) expect(await loadWith(threads, sandbox, options)).toEqual(inline);
  });
});

describe('the faulty samples of a specification', () => {
  const specs = [...builtInSpecIds().map((id) => loadSpec(id)), TWO_FILES, SEVERAL_DOSES, TAGGED_LINES, FIXED_WIDTH];

  /** One in so many: all of them, twice, would take minutes. */
  const STRIDE = 30;

  test.each(specs.map((spec) => [spec.id, spec] as const))('%s', async (_, spec) => {
    const { faulty, site } = makeSamples(spec, CODES);
    const chosen = faulty.filter((_sample, i) => i % STRIDE === STRIDE - 1);
    expect(chosen.length).toBeGreaterThan(0);
    for (const { files } of chosen) {
      using sandbox = new Sandbox();
      const options = {
        spec,
        site,
        mode: 'validate',
        ...inputOf(files),
        sizes: { blockBytes: 300, chunkBytes: 500 },
      } as const;
      const { reports } = await loadWith(0, sandbox, options);
      expect(reports['issues.csv']!.split('\n').length).toBeGreaterThan(2);
      expect((await loadWith(2, sandbox, options)).reports).toEqual(reports);
    }
  });
});
