/**
 * Loads a submission with immload into SQLite and PostgreSQL, and the same files with the `sqlite3` shell, with COPY and
 * with a naive program, side by side: `npm run bench`.
 *
 * The shell checks nothing, matches nobody and folds nothing; it only puts the bytes into tables and builds three indexes
 * like ours. That is the time to compare with.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { packageFolder } from '../../src/files/specs.js';
import type { Summary } from '../../src/run.js';
import { Dirt } from '../support/dirt.js';
import { MIIS, TODAY } from '../support/fixtures.js';
import { addressOf, startServer } from '../support/postgres-server.js';
import { type SubmissionPaths, writeSubmission } from '../support/submission.js';
import { type Measurement, measure, median } from './measure.js';
import { BENCH_DATABASE, copyFiles, countRows, withEmptyDatabase } from './postgres.js';

const SEED = 7;
/** A fifth of the records with issues, one in twenty rejected. */
const DIRT = { seed: 11, errors: 0.05, remarks: 0.15, duplicates: 0.05 };

const options = await yargs(hideBin(process.argv))
  .usage('npm run bench -- [options]')
  .options({
    patients: { type: 'number', default: 200_000, describe: 'Patients' },
    doses: { type: 'number', default: 10, describe: 'Doses per patient, on average' },
    runs: { type: 'number', default: 3, describe: 'Runs of each; the median is shown' },
    dirty: { type: 'boolean', default: true, describe: 'Load a dirty submission of the same size as well' },
    threads: { type: 'string', default: '0,1', describe: 'Numbers of threads to load with, side by side' },
    peer: { type: 'boolean', default: true, describe: 'Import the same files with the sqlite3 shell' },
    postgres: { type: 'boolean', default: true, describe: 'Load into PostgreSQL, and COPY the same files, as well' },
    naive: { type: 'boolean', default: true, describe: 'Load with the naive program as well' },
    folder: { type: 'string', default: tmpdir(), describe: 'Where files and databases are written' },
  })
  .strict()
  .version(false)
  .parseAsync();

/** What a submission holds. */
interface Submission extends SubmissionPaths {
  readonly name: string;
  readonly records: number;
  readonly bytes: number;
}

/** One load, and how long its stages took. */
type Load = Measurement & { readonly stages: Record<string, number> };

const folder = mkdtempSync(join(options.folder, 'immload-bench-'));

function makeSubmission(name: string, dirt: Dirt | undefined): Submission {
  const paths = { patients: join(folder, `${name}-patients.txt`), immunizations: join(folder, `${name}-doses.txt`) };
  const clinic = { patients: options.patients, dosesPerPatient: options.doses, seed: SEED };
  const { patients, immunizations } = writeSubmission(clinic, MIIS, paths, dirt);
  const bytes = statSync(paths.patients).size + statSync(paths.immunizations).size;
  return { ...paths, name, records: patients + immunizations, bytes };
}

async function loadIntoSqlite(submission: Submission, threads: number): Promise<Load> {
  const database = join(folder, 'registry.db');
  try {
    return await loadWithImmload(submission, threads, database, async (rows) => requireRows(database, rows));
  } finally {
    rmSync(database, { force: true });
  }
}

async function loadIntoPostgres(submission: Submission, threads: number, port: number): Promise<Load> {
  return withEmptyDatabase(port, async (client) =>
    loadWithImmload(submission, threads, addressOf(port, BENCH_DATABASE), async (rows) => {
      for (const [table, count] of Object.entries(rows)) {
        const found = await countRows(client, table);
        if (found !== count) throw new Error(`${table}: ${found} rows, not ${count}`);
      }
    }),
  );
}

async function loadNaively(submission: Submission): Promise<Measurement> {
  const database = join(folder, 'naive.db');
  const program = join(packageFolder(), 'dist/test/bench/naive.js');
  const args = [program, submission.patients, submission.immunizations, database];
  const measurement = await measure({ program: process.execPath, args });
  requireRows(database, { patients: 1, immunizations: 1 }, 'at least');
  rmSync(database);
  return measurement;
}

async function loadWithImmload(
  submission: Submission,
  threads: number,
  database: string,
  check: (rows: Record<string, number>) => Promise<void>,
): Promise<Load> {
  const report = join(folder, 'report');
  const program = join(packageFolder(), 'dist/src/cli/main.js');
  const files = ['--patients', submission.patients, '--immunizations', submission.immunizations];
  const args = [
    program,
    'load',
    ...files,
    '--db',
    database,
    '--report',
    report,
    '--today',
    TODAY,
    '--quiet',
    '--threads',
    String(threads),
  ];
  const measurement = await measure({ program: process.execPath, args, exitCodes: [0, 3] });
  const summary = JSON.parse(readFileSync(join(report, 'summary.json'), 'utf8')) as Summary;
  const { patient, immunization } = summary.totals;
  await check({ patients: patient.loaded, immunizations: immunization.loaded });
  if (patient.records + immunization.records !== submission.records) throw new Error('records were lost');
  rmSync(report, { recursive: true });
  return { ...measurement, stages: summary.stage_seconds };
}

async function importWithShell(submission: Submission): Promise<Measurement> {
  const database = join(folder, 'peer.db');
  const input = [
    '.mode list',
    '.separator |',
    'PRAGMA journal_mode = OFF;',
    'PRAGMA synchronous = OFF;',
    `.import "${submission.patients}" patients`,
    `.import "${submission.immunizations}" immunizations`,
    'CREATE INDEX by_key ON patients (facility_id, patient_id);',
    'CREATE INDEX by_name ON patients (last_name, first_name, birth_date);',
    'CREATE INDEX by_patient ON immunizations (patient_id, admin_date, cvx);',
  ];
  const measurement = await measure({ program: 'sqlite3', args: ['-bail', database], input: `${input.join('\n')}\n` });
  requireRows(database, { patients: 1, immunizations: 1 }, 'at least');
  rmSync(database);
  return measurement;
}

/** Checks the answer before any speed is shown. */
function requireRows(path: string, expected: Record<string, number>, how: 'exactly' | 'at least' = 'exactly'): void {
  const database = new Database(path, { readonly: true });
  for (const [table, count] of Object.entries(expected)) {
    const rows = database.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
    if (how === 'exactly' ? rows !== count : rows < count) throw new Error(`${table}: ${rows} rows, not ${count}`);
  }
  database.close();
}

/** One line of the table: the medians of all runs. */
function line(
  what: string,
  submission: Submission,
  runs: readonly Measurement[],
  base?: readonly Measurement[],
): string {
  const seconds = median(runs.map((run) => run.seconds));
  const memory = runs.every((run) => run.peakMemoryMb !== null) ? median(runs.map((run) => run.peakMemoryMb!)) : null;
  const ratio = base === undefined ? '' : (seconds / median(base.map((run) => run.seconds))).toFixed(2);
  return [
    submission.name.padEnd(6),
    what.padEnd(20),
    seconds.toFixed(1).padStart(8),
    Math.round(submission.records / seconds)
      .toLocaleString('en-US')
      .padStart(10),
    (submission.bytes / 1e6 / seconds).toFixed(1).padStart(6),
    (memory === null ? '-' : String(memory)).padStart(8),
    ratio.padStart(6),
  ].join('  ');
}

const server = options.postgres ? await startServer(['fsync=on', 'full_page_writes=on', 'max_wal_size=4GB']) : null;
try {
  const submissions = [makeSubmission('clean', undefined)];
  if (options.dirty) submissions.push(makeSubmission('dirty', new Dirt(MIIS, DIRT)));
  const threadCounts = options.threads.split(',').map(Number);
  const table = ['files   program                 seconds   records/s    MB/s  peak MB   ratio'];
  for (const submission of submissions) {
    const ours = new Map(threadCounts.map((count) => [count, [] as Load[]]));
    const theirs: Measurement[] = [];
    const intoServer: Load[] = [];
    const copied: Measurement[] = [];
    const naive: Measurement[] = [];
    const isClean = submission === submissions[0];
    const mostThreads = Math.max(...threadCounts);
    for (let run = 0; run < options.runs; run++) {
      // In turn, so that a busy moment of the machine falls on all.
      if (options.peer) theirs.push(await importWithShell(submission));
      for (const [count, runs] of ours) runs.push(await loadIntoSqlite(submission, count));
      if (server !== null) intoServer.push(await loadIntoPostgres(submission, mostThreads, server.port));
      // What neither of them would get through, is not asked of them.
      if (server !== null && isClean) copied.push(await copyFiles(server.port, submission));
      if (options.naive && isClean) naive.push(await loadNaively(submission));
      process.stderr.write(`${submission.name}: run ${run + 1} of ${options.runs}\n`);
    }
    if (options.peer) table.push(line('sqlite3 .import', submission, theirs));
    for (const [count, runs] of ours) {
      table.push(line(`immload --threads ${count}`, submission, runs, options.peer ? theirs : undefined));
      const stages = Object.keys(runs[0]!.stages).map(
        (stage) => `${stage} ${median(runs.map((run) => run.stages[stage]!)).toFixed(1)}`,
      );
      table.push(`        of which ${stages.join(', ')} s`);
    }
    if (copied.length > 0) table.push(line('PostgreSQL COPY', submission, copied));
    if (intoServer.length > 0) {
      const base = copied.length > 0 ? copied : undefined;
      table.push(line(`immload PostgreSQL ${mostThreads}`, submission, intoServer, base));
    }
    if (naive.length > 0) table.push(line('naive, SQLite', submission, naive, options.peer ? theirs : undefined));
    table.push(
      `        ${submission.records.toLocaleString('en-US')} records, ${Math.round(submission.bytes / 1e6)} MB`,
    );
  }
  process.stdout.write(`${table.join('\n')}\n`);
} finally {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
}
