/** The runs of a registry: how one is opened, completed and taken back, and what is known of them. */
import { hostname } from 'node:os';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Thresholds } from '../core/match/match-people.js';
import { FATES, type Fate, type FileRole } from '../core/model.js';
import { CHANGED_TABLES, restoreImages } from './before-images.js';
import { addBeginning, continueRun as continueFrom } from './checkpoints.js';
import { dropUnusedDetails } from './dose-details.js';
import { appendToJournal, noteOfLoad, noteOfTakingBack } from './journal.js';
import { dropCodeTables } from './kept-code-tables.js';
import { firstRow, firstValue, insertRow, type Queries, type SqlRow } from './queries.js';
import type {
  EarlierLoad,
  FileResult,
  NewRun,
  NewRunFile,
  NextIds,
  OpenRun,
  RunOfFiles,
  RunReport,
  RunStatus,
  RunSummary,
} from './store.js';

/** This process and no other: ids of processes come again, above all in containers, where most have the id 1. */
export const OWN_PROCESS = `${process.pid}@${Math.round(performance.timeOrigin)}`;

/** Adds a run that is running, whose rows get the ids from `firstIds` on, and its files. */
export async function addRun(
  queries: Queries,
  run: NewRun,
  files: readonly NewRunFile[],
  firstIds: NextIds,
): Promise<OpenRun> {
  const runId = await firstValue<number>(
    queries,
    `INSERT INTO runs (status, spec_id, spec_version, site_id, today, program_version, code_tables, started_at, host, process, heartbeat_at, match_model, rule_changes, given_thresholds, previous_run_id)
     VALUES ('running', $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id`,
    [
      run.specId,
      run.specVersion,
      run.siteId,
      run.today,
      run.programVersion,
      JSON.stringify(run.codeTables),
      run.startedAt,
      hostname(),
      OWN_PROCESS,
      new Date().toISOString(),
      run.matchModel,
      run.ruleChanges,
      run.givenThresholds,
      run.previousRunId ?? null,
    ],
  );
  const fileIds: number[] = [];
  for (const { role, name } of files) {
    const fileId = await firstValue<number>(
      queries,
      'INSERT INTO run_files (run_id, role, name) VALUES ($1, $2, $3) RETURNING id',
      [runId!, role, name],
    );
    fileIds.push(fileId!);
  }
  if (run.command !== null) await addBeginning(queries, runId!, { command: run.command, firstIds });
  return { runId: runId!, fileIds, startedAt: run.startedAt, firstIds };
}

/** Takes a dead run up again, as it was at its last checkpoint. */
export async function continueRun(queries: Queries, runId: number): Promise<OpenRun> {
  return continueFrom(queries, runId, OWN_PROCESS, () => removeWritten(queries, runId));
}

/** Closes a run with the counts of its files, and its report. */
export async function completeRun(
  queries: Queries,
  runId: number,
  finishedAt: string,
  files: readonly FileResult[],
  thresholds: Thresholds | null,
  report: RunReport | null,
): Promise<void> {
  for (const file of files) {
    await queries.run(
      `UPDATE run_files SET sha256 = $1, encoding = $2, bytes = $3, records = $4,
         ${FATES.map((fate, i) => `${fate} = $${i + 6}`).join(', ')} WHERE id = $5`,
      [file.sha256, file.encoding, file.bytes, file.records, file.fileId, ...FATES.map((fate) => file.fates[fate])],
    );
    if (file.recordFates === undefined) continue;
    const fates = deflateRawSync(file.recordFates, { level: 1 });
    await insertRow(queries, 'record_fates', { file_id: file.fileId, fates });
  }
  await queries.run(`UPDATE runs SET has_all_keys = (match_model <> 'exact')::int WHERE id = $1`, [runId]);
  await keepThresholds(queries, runId, thresholds);
  await queries.run('DELETE FROM checkpoints WHERE run_id = $1', [runId]);
  await closeRun(queries, runId, 'completed', finishedAt, null);
  if (report !== null) await insertRow(queries, 'run_reports', { run_id: runId, host: hostname(), ...report });
  await appendToJournal(queries, noteOfLoad(runId, finishedAt, files, report));
}

/** Notes what a run went by when it matched. */
export async function keepThresholds(queries: Queries, runId: number, thresholds: Thresholds | null): Promise<void> {
  await queries.run('UPDATE runs SET match_threshold = $1, review_threshold = $2 WHERE id = $3', [
    thresholds?.match ?? null,
    thresholds?.review ?? null,
    runId,
  ]);
}

async function closeRun(
  queries: Queries,
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

/** Tables whose rows say of which run they are. */
const TABLES_OF_RUNS = [
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
  'checkpoints',
];

/** Removes all that a run wrote, restores what it changed, and marks it as failed; `by` is for the journal. */
export async function takeBack(
  queries: Queries,
  runId: number,
  finishedAt: string,
  message: string,
  by?: string,
): Promise<void> {
  // Another loader may have done it meanwhile, and have written since.
  const status = await firstValue(queries, 'SELECT status FROM runs WHERE id = $1 FOR UPDATE', [runId]);
  if (status === 'failed') return;
  await removeWritten(queries, runId);
  await dropUnusedDetails(queries);
  await closeRun(queries, runId, 'failed', finishedAt, message);
  await appendToJournal(queries, noteOfTakingBack(runId, finishedAt, by));
}

/** Takes all that a run has written out of the tables, and puts back what it changed. */
async function removeWritten(queries: Queries, runId: number): Promise<void> {
  for (const table of CHANGED_TABLES) await restoreImages(queries, runId, table);
  for (const table of ['doses', 'record_keys']) {
    await queries.run(`DELETE FROM ${table} WHERE file_id IN (SELECT id FROM run_files WHERE run_id = $1)`, [runId]);
  }
  for (const table of TABLES_OF_RUNS) await queries.run(`DELETE FROM ${table} WHERE run_id = $1`, [runId]);
  await dropCodeTables(queries, runId);
}

/** All runs, in their order. */
export async function listRuns(queries: Queries): Promise<RunSummary[]> {
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

function fileOf(file: SqlRow): RunSummary['files'][number] {
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

/** The last completed run that loaded files of all these hashes, with what became of their records. */
export async function findRunOfFiles(
  queries: Queries,
  schema: string,
  sha256: readonly string[],
  { specId, siteId }: Pick<NewRun, 'specId' | 'siteId'>,
): Promise<RunOfFiles | null> {
  const rows = await queries.arrays<[number, number, string]>(
    `SELECT r.id, f.id, f.sha256 FROM ${schema}runs r JOIN ${schema}run_files f ON f.run_id = r.id
     WHERE r.status = 'completed' AND r.spec_id = $1 AND r.site_id IS NOT DISTINCT FROM $2
       AND f.sha256 = ANY($3::text[]) ORDER BY r.id DESC, f.id`,
    [specId, siteId, sha256],
  );
  for (const runId of new Set(rows.map(([id]) => id))) {
    const files = new Map(rows.flatMap(([id, fileId, hash]) => (id === runId ? [[hash, fileId] as const] : [])));
    if (!sha256.every((hash) => files.has(hash))) continue;
    const fates = new Map<string, string>();
    for (const [hash, fileId] of files) {
      const select = `SELECT fates FROM ${schema}record_fates WHERE file_id = $1`;
      const packed = await firstValue<Buffer>(queries, select, [fileId]);
      if (packed !== undefined) fates.set(hash, inflateRawSync(packed).toString('latin1'));
    }
    return { runId, fates };
  }
  return null;
}

/** The last completed run that loaded a file of these contents, and of this name if one is given. */
export async function findRunOfFile(
  queries: Queries,
  schema: string,
  { sha256, name }: { readonly sha256: string; readonly name: string | null },
  exceptRunId: number,
): Promise<{ runId: number; finishedAt: string } | undefined> {
  return firstRow(
    queries,
    `SELECT r.id AS "runId", r.finished_at AS "finishedAt" FROM ${schema}runs r JOIN ${schema}run_files f ON f.run_id = r.id
     WHERE f.sha256 = $1 AND f.name = coalesce($2::text, f.name) AND r.status = 'completed' AND r.id <> $3
     ORDER BY r.id DESC LIMIT 1`,
    [sha256, name, exceptRunId],
  );
}

/** Completed runs of the same site, specification, map, rules and kind of matching, the last first. */
export async function findEarlierLoads(queries: Queries, run: NewRun): Promise<EarlierLoad[]> {
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
