/** Checkpoints as rows, and what both databases do with them. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Database } from 'better-sqlite3';
import {
  CHECKPOINT_STAGES,
  type Checkpoint,
  type CheckpointMark,
  type CheckpointStage,
  type Command,
  type DeadRun,
  type FileRead,
  type FirstIds,
} from './store.js';

/** What is kept of a run when it begins, beside its checkpoints and under a stage of its own. */
export interface Beginning {
  readonly command: Command;
  readonly firstIds: FirstIds;
}

export const BEGINNING = 'start';

/** Where each counter of ids stands: a table or sequence, and the last number that it gave. */
export type Counters = readonly (readonly [string, number | null])[];

/** A row of the table, without what was decided. */
interface MarkRow {
  readonly stage: string;
  readonly seq: number;
  readonly file_id: number | null;
  readonly record: number | null;
  readonly byte_offset: number | null;
  readonly files_read: string;
}

export interface CheckpointRow extends MarkRow {
  readonly counters: string;
  readonly result: Uint8Array;
}

const MARK_COLUMNS = ['stage', 'seq', 'file_id', 'record', 'byte_offset', 'files_read'] as const;
export const CHECKPOINT_COLUMNS = [...MARK_COLUMNS, 'counters', 'result'] as const;

/** A checkpoint as a row. */
export function rowOfCheckpoint(
  { stage, seq, place, filesRead, result }: Omit<Checkpoint, 'stage'> & { readonly stage: string },
  counters: Counters,
): CheckpointRow {
  return {
    stage,
    seq,
    file_id: place?.fileId ?? null,
    record: place?.record ?? null,
    byte_offset: place?.offset ?? null,
    files_read: JSON.stringify(filesRead),
    counters: JSON.stringify(counters),
    // The fastest level makes it a tenth; the others take longer than they save.
    result: deflateRawSync(JSON.stringify(result), { level: 1 }),
  };
}

/** What is kept of a run when it begins, as a row. */
export function rowOfBeginning(beginning: Beginning, counters: Counters): CheckpointRow {
  return rowOfCheckpoint({ stage: BEGINNING, seq: 0, place: null, filesRead: [], result: beginning }, counters);
}

function markOf(row: MarkRow): CheckpointMark {
  const { file_id: fileId, record, byte_offset: offset } = row;
  return {
    stage: row.stage as CheckpointStage,
    seq: row.seq,
    place: fileId === null ? null : { fileId, record: record!, offset: offset! },
    filesRead: JSON.parse(row.files_read) as FileRead[],
  };
}

export function checkpointOf(row: CheckpointRow): Checkpoint {
  return { ...markOf(row), result: resultOf(row) };
}

function resultOf({ result }: Pick<CheckpointRow, 'result'>): unknown {
  return JSON.parse(inflateRawSync(result).toString('utf8'));
}

/** What was kept of a run when it began. */
export function beginningOf(row: Pick<CheckpointRow, 'result'>): Beginning {
  return resultOf(row) as Beginning;
}

/** Selects the last checkpoint of each stage of a run, whose number is bound. */
export const selectLast = (run: '?' | '$1'): string =>
  `SELECT ${MARK_COLUMNS.join(', ')} FROM checkpoints c
   WHERE run_id = ${run} AND seq = (SELECT max(seq) FROM checkpoints WHERE run_id = c.run_id AND stage = c.stage)`;

/** A dead run, from what was kept when it began, `null` if nothing was, and from the last row of each of its stages. */
export function describeDead(
  run: Pick<DeadRun, 'runId' | 'fileIds' | 'startedAt'>,
  beginning: CheckpointRow | null,
  rows: readonly MarkRow[],
): DeadRun {
  const marks = new Map(rows.map((row) => [row.stage, row]));
  return {
    ...run,
    command: beginning === null ? null : beginningOf(beginning).command,
    checkpoints: CHECKPOINT_STAGES.flatMap((stage) => {
      const row = marks.get(stage);
      return row === undefined ? [] : [markOf(row)];
    }),
  };
}

// ---- in SQLite -----------------------------------------------------------------------------------------------------

/** Adds a checkpoint, or puts it in the place of an earlier one. Ask within the transaction whose work it tells. */
export function addCheckpoint(database: Database, runId: number, row: CheckpointRow): void {
  const names = ['run_id', ...CHECKPOINT_COLUMNS];
  database
    .prepare(
      `INSERT OR REPLACE INTO main.checkpoints (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    )
    .run(runId, ...CHECKPOINT_COLUMNS.map((name) => row[name]));
}

/** A checkpoint as a row, `null` if there is none. */
export function findCheckpoint(database: Database, runId: number, stage: string, seq: number): CheckpointRow | null {
  const columns = CHECKPOINT_COLUMNS.join(', ');
  const found = database
    .prepare(`SELECT ${columns} FROM main.checkpoints WHERE run_id = ? AND stage = ? AND seq = ?`)
    .get(runId, stage, seq);
  return (found as CheckpointRow | undefined) ?? null;
}

/** What is known of a dead run. */
export function readDead(database: Database, runId: number, startedAt: string): DeadRun {
  const rows = database.prepare(selectLast('?')).all(runId) as MarkRow[];
  const beginning = findCheckpoint(database, runId, BEGINNING, 0);
  return describeDead({ runId, fileIds: findFiles(database, runId), startedAt }, beginning, rows);
}

/** The ids of the files of a run, in their order. */
export function findFiles(database: Database, runId: number): number[] {
  return database.prepare('SELECT id FROM run_files WHERE run_id = ? ORDER BY id').pluck().all(runId) as number[];
}

/** Where the counters of ids stand. What is rolled back counts for nothing. */
export function readCounters(database: Database): Counters {
  return database.prepare('SELECT name, seq FROM main.sqlite_sequence').raw().all() as [string, number][];
}

/** Lets ids go on as if nothing had come since. */
export function resetCounters(database: Database, counters: Counters): void {
  const before = new Map(counters);
  const reset = database.prepare('UPDATE main.sqlite_sequence SET seq = ? WHERE name = ?');
  const remove = database.prepare('DELETE FROM main.sqlite_sequence WHERE name = ?');
  for (const [name] of readCounters(database)) {
    if (before.has(name)) reset.run(before.get(name), name);
    else remove.run(name);
  }
}
