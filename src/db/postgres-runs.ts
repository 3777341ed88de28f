/** The runs of a PostgreSQL registry: whose turn it is, how far they are, and what taking one back undoes. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { CodeTable } from '../core/codes.js';
import type { Thresholds } from '../core/match/match-people.js';
import { FATES, type Fate, type FileRole } from '../core/model.js';
import { noteOfLoad, noteOfTakingBack } from './journal.js';
import { type ImagedTable, restoreImages } from './postgres-images.js';
import { appendToJournal } from './postgres-journal.js';
import type { PgQueries, PgRow, PostgresSession } from './postgres-session.js';
import {
  type EarlierLoad,
  type FileResult,
  type NewRun,
  type NewRunFile,
  type RunReport,
  type RunStatus,
  type RunSummary,
  StoreError,
  type Waiting,
} from './store.js';

/** Marks immload's advisory locks: the letters IMLD. */
export const LOCK_CLASS = 0x494d4c44;
/** The lock of a registry is that of its table of runs: several may stand in schemas of one database. */
const TURN = `(${LOCK_CLASS}::bigint << 32) + 'runs'::regclass::oid::bigint`;
const HAS_TURN = `EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
  AND classid = ${LOCK_CLASS}::oid AND objid = 'runs'::regclass::oid AND objsubid = 1)`;
const ASK_AGAIN_MS = 100;

/**
 * Waits for the lock that one loader at a time has. It is the session's: it goes with the connection, however the loader
 * ends, so that whoever has it knows that all other runs are over.
 */
export async function waitForTurn(session: PostgresSession, { signal, onWait }: Waiting): Promise<void> {
  let told = '';
  for (;;) {
    const [row] = await session.arrays<[boolean]>(`SELECT pg_try_advisory_lock(${TURN})`);
    if (row![0]) return;
    const [other] = await session.rows<{ id: number; host: string; started_at: string }>(
      `SELECT id, host, started_at FROM runs WHERE status = 'running' ORDER BY id DESC LIMIT 1`,
    );
    const whom =
      other === undefined
        ? 'another loader'
        : `run ${other.id}, which is loading on ${other.host} since ${other.started_at}`;
    if (other !== undefined && whom !== told) {
      onWait(`waits for ${whom}`);
      told = whom;
    }
    await setTimeout(ASK_AGAIN_MS, undefined, signal === null ? {} : { signal });
  }
}

export async function openRun(
  queries: PgQueries,
  run: NewRun,
  files: readonly NewRunFile[],
): Promise<{ runId: number; fileIds: readonly number[] }> {
  const [made] = await queries.arrays<[number]>(
    `INSERT INTO runs (status, spec_id, spec_version, site_id, today, program_version, code_tables, started_at, host, process, heartbeat_at, match_model, rule_changes)
     VALUES ('running', $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
    [
      run.specId,
      run.specVersion,
      run.siteId,
      run.today,
      run.programVersion,
      JSON.stringify(run.codeTables),
      run.startedAt,
      hostname(),
      `${process.pid}@${Math.round(performance.timeOrigin)}`,
      new Date().toISOString(),
      run.matchModel,
      run.ruleChanges,
    ],
  );
  const runId = made![0];
  const fileIds: number[] = [];
  for (const { role, name } of files) {
    const [file] = await queries.arrays<[number]>(
      'INSERT INTO run_files (run_id, role, name) VALUES ($1, $2, $3) RETURNING id',
      [runId, role, name],
    );
    fileIds.push(file![0]);
  }
  return { runId, fileIds };
}

/** Shows that the run is alive, and finds out whether it still has its turn: nothing may be written without. */
export async function showAlive(queries: PgQueries, runId: number, name: string): Promise<void> {
  const alive = await queries.run(
    `UPDATE runs SET heartbeat_at = $1 WHERE id = $2 AND status = 'running' AND ${HAS_TURN}`,
    [new Date().toISOString(), runId],
  );
  if (alive > 0) return;
  throw new StoreError(
    'taken-back',
    `${name}: run ${runId} has lost its turn to another loader; connect to the server itself or to a pool of sessions, and run the same command again`,
  );
}

export async function completeRun(
  queries: PgQueries,
  runId: number,
  finishedAt: string,
  files: readonly FileResult[],
  thresholds: Thresholds | null,
  report: RunReport | null,
): Promise<void> {
  // Now the disk is waited for, and with this all that was written before.
  await queries.run('SET LOCAL synchronous_commit = on');
  for (const file of files) {
    await queries.run(
      `UPDATE run_files SET sha256 = $1, encoding = $2, bytes = $3, records = $4,
         ${FATES.map((fate, i) => `${fate} = $${i + 6}`).join(', ')} WHERE id = $5`,
      [file.sha256, file.encoding, file.bytes, file.records, file.fileId, ...FATES.map((fate) => file.fates[fate])],
    );
  }
  await queries.run(
    `UPDATE runs SET match_threshold = $1, review_threshold = $2, has_all_keys = (match_model <> 'exact')::int WHERE id = $3`,
    [thresholds?.match ?? null, thresholds?.review ?? null, runId],
  );
  await closeRun(queries, runId, 'completed', finishedAt, null);
  if (report !== null) {
    await queries.run(
      'INSERT INTO run_reports (run_id, host, folder, certificate, digest) VALUES ($1, $2, $3, $4, $5)',
      [runId, hostname(), report.folder, report.certificate, report.digest],
    );
  }
  await appendToJournal(queries, noteOfLoad(runId, finishedAt, files, report));
}

async function closeRun(
  queries: PgQueries,
  runId: number,
  status: RunStatus,
  finishedAt: string,
  message: string | null,
): Promise<void> {
  await queries.run('UPDATE runs SET status = $1, finished_at = $2, message = $3 WHERE id = $4', [
    status,
    finishedAt,
    message,
    runId,
  ]);
}

/** Tables of which a run changes or deletes rows that others made. */
const CHANGED_TABLES: readonly ImagedTable[] = [
  'patients',
  'doses',
  'immunization_parts',
  'immunization_duplicates',
  'match_reviews',
];

export async function takeBack(queries: PgQueries, runId: number, finishedAt: string, message: string): Promise<void> {
  await queries.run('SET LOCAL synchronous_commit = on');
  const [run] = await queries.arrays<[RunStatus]>('SELECT status FROM runs WHERE id = $1 FOR UPDATE', [runId]);
  if (run![0] === 'failed') return;
  for (const table of CHANGED_TABLES) await restoreImages(queries, runId, table);
  for (const table of ['doses', 'record_keys']) {
    await queries.run(`DELETE FROM ${table} WHERE file_id IN (SELECT id FROM run_files WHERE run_id = $1)`, [runId]);
  }
  // Details of doses that a reviewer's decision took away are needed when it is undone.
  await queries.run(
    `DELETE FROM dose_details c WHERE NOT EXISTS (SELECT FROM doses d WHERE d.detail_id = c.id) AND NOT EXISTS (
       SELECT FROM decision_images i WHERE i.table_name = 'dose_details' AND i.row_key::int = c.id)`,
  );
  for (const table of [
    'patient_comments',
    'comment_duplicates',
    'immunization_duplicates',
    'immunization_parts',
    'patients',
    'patient_sources',
    'patient_parts',
    'match_keys',
    'match_key_packs',
    'name_uses',
    'match_reviews',
    'before_images',
    'run_code_tables',
  ]) {
    await queries.run(`DELETE FROM ${table} WHERE run_id = $1`, [runId]);
  }
  await queries.run(
    'DELETE FROM code_tables t WHERE NOT EXISTS (SELECT FROM run_code_tables r WHERE r.code_table_id = t.id)',
  );
  await closeRun(queries, runId, 'failed', finishedAt, message);
  await appendToJournal(queries, noteOfTakingBack(runId, finishedAt));
}

/** Completed runs of the same site, specification, map, rules and kind of matching, the last first. */
export async function findEarlierLoads(queries: PgQueries, run: NewRun): Promise<EarlierLoad[]> {
  const rows = await queries.arrays<[number, string]>(
    `SELECT id, finished_at FROM runs WHERE status = 'completed' AND spec_id = $1 AND spec_version = $2
       AND site_id IS NOT DISTINCT FROM $3 AND rule_changes IS NOT DISTINCT FROM $4
       AND coalesce(match_model, 'exact') = $5 AND code_tables::json ->> 'map' IS NOT DISTINCT FROM $6
     ORDER BY id DESC`,
    [run.specId, run.specVersion, run.siteId, run.ruleChanges, run.matchModel, run.codeTables['map'] ?? null],
  );
  const loads: EarlierLoad[] = [];
  for (const [runId, finishedAt] of rows) {
    const files = await queries.rows<EarlierLoad['files'][number]>(
      'SELECT role, sha256, bytes FROM run_files WHERE run_id = $1',
      [runId],
    );
    loads.push({ runId, finishedAt, files });
  }
  return loads;
}

export async function listRuns(queries: PgQueries): Promise<RunSummary[]> {
  const runs = await queries.rows('SELECT * FROM runs ORDER BY id');
  const files = await queries.rows('SELECT * FROM run_files ORDER BY id');
  return runs.map((run) => ({
    id: run['id'] as number,
    status: run['status'] as RunStatus,
    specId: run['spec_id'] as string,
    specVersion: run['spec_version'] as string,
    siteId: run['site_id'] as string | null,
    startedAt: run['started_at'] as string,
    finishedAt: run['finished_at'] as string | null,
    message: run['message'] as string | null,
    files: files.filter((file) => file['run_id'] === run['id']).map(fileOf),
  }));
}

function fileOf(file: PgRow): RunSummary['files'][number] {
  const count = (name: string): number => (file[name] as number | null) ?? 0;
  return {
    role: file['role'] as FileRole,
    name: file['name'] as string,
    sha256: file['sha256'] as string | null,
    bytes: count('bytes'),
    records: count('records'),
    fates: Object.fromEntries(FATES.map((fate) => [fate, count(fate)])) as Record<Fate, number>,
  };
}

/** Keeps the code tables of a run; each is kept once, by its contents. */
export async function keepCodeTables(queries: PgQueries, runId: number, tables: readonly CodeTable[]): Promise<void> {
  for (const table of tables) {
    const content = JSON.stringify(table);
    const sha256 = createHash('sha256').update(content).digest('hex');
    await queries.run(
      `INSERT INTO code_tables (table_id, as_of, sha256, content) SELECT $1, $2, $3, $4
       WHERE NOT EXISTS (SELECT FROM code_tables WHERE sha256 = $3)`,
      [table.id, table.asOf, sha256, gzipSync(content)],
    );
    await queries.run(
      'INSERT INTO run_code_tables (run_id, code_table_id) SELECT $1, id FROM code_tables WHERE sha256 = $2',
      [runId, sha256],
    );
  }
}

export async function readCodeTables(queries: PgQueries, runId: number): Promise<CodeTable[]> {
  const contents = await queries.arrays<[Buffer]>(
    `SELECT t.content FROM code_tables t JOIN run_code_tables r ON r.code_table_id = t.id
     WHERE r.run_id = $1 ORDER BY t.id`,
    [runId],
  );
  return contents.map(([content]) => JSON.parse(gunzipSync(content).toString('utf8')) as CodeTable);
}
