/** Checkpoints in a PostgreSQL registry, and the sequences that ids come from: a rollback does not put these back. */
import {
  BEGINNING,
  CHECKPOINT_COLUMNS,
  type CheckpointRow,
  type Counters,
  checkpointOf,
  describeDead,
  rowOfCheckpoint,
  selectLast,
} from './checkpoints.js';
import type { PgQueries } from './postgres-session.js';
import type { Checkpoint, CheckpointStage, DeadRun } from './store.js';

const SEQUENCES = `SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename) AS name, last_value
  FROM pg_sequences WHERE schemaname = current_schema()`;

/** The sequences of the registry, and the last number that each gave; `null` for one that gave none. */
export async function readCounters(queries: PgQueries): Promise<Counters> {
  return queries.arrays<[string, number | null]>(SEQUENCES);
}

/** Adds a checkpoint, or puts it in the place of an earlier one. Ask within the transaction whose work it tells. */
export async function addCheckpoint(queries: PgQueries, runId: number, checkpoint: Checkpoint): Promise<void> {
  await addCheckpointRow(queries, runId, rowOfCheckpoint(checkpoint, await readCounters(queries)));
}

export async function addCheckpointRow(queries: PgQueries, runId: number, row: CheckpointRow): Promise<void> {
  const values = CHECKPOINT_COLUMNS.map((name) => row[name]);
  await queries.run(
    `INSERT INTO checkpoints (run_id, ${CHECKPOINT_COLUMNS.join(', ')})
     VALUES ($1, ${CHECKPOINT_COLUMNS.map((_, i) => `$${i + 2}`).join(', ')})
     ON CONFLICT (run_id, stage, seq) DO UPDATE
     SET ${CHECKPOINT_COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    [runId, ...values.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value))],
  );
}

/** A checkpoint as a row, `null` if there is none. */
export async function findCheckpoint(
  queries: PgQueries,
  runId: number,
  stage: string,
  seq: number,
): Promise<CheckpointRow | null> {
  const columns = CHECKPOINT_COLUMNS.join(', ');
  const [row] = await queries.rows<CheckpointRow>(
    `SELECT ${columns} FROM checkpoints WHERE run_id = $1 AND stage = $2 AND seq = $3`,
    [runId, stage, seq],
  );
  return row ?? null;
}

export async function readCheckpoint(
  queries: PgQueries,
  runId: number,
  stage: CheckpointStage,
  seq: number,
): Promise<Checkpoint | null> {
  const row = await findCheckpoint(queries, runId, stage, seq);
  return row === null ? null : checkpointOf(row);
}

export async function findDeadRuns(queries: PgQueries): Promise<DeadRun[]> {
  const runs = await queries.arrays<[number, string]>(
    `SELECT id, started_at FROM runs WHERE status = 'running' ORDER BY id`,
  );
  const dead: DeadRun[] = [];
  for (const [runId, startedAt] of runs) {
    const beginning = await findCheckpoint(queries, runId, BEGINNING, 0);
    const marks = await queries.rows<CheckpointRow>(selectLast('$1'), [runId]);
    dead.push(describeDead({ runId, fileIds: await findFiles(queries, runId), startedAt }, beginning, marks));
  }
  return dead;
}

/** The ids of the files of a run, in their order. */
export async function findFiles(queries: PgQueries, runId: number): Promise<number[]> {
  const files = await queries.arrays<[number]>('SELECT id FROM run_files WHERE run_id = $1 ORDER BY id', [runId]);
  return files.map(([id]) => id);
}

/** Lets ids go on as they did at the last checkpoint of a run, or at its beginning: what was given since is not there. */
export async function resetCounters(queries: PgQueries, runId: number): Promise<void> {
  const rows = await queries.arrays<[string]>('SELECT counters FROM checkpoints WHERE run_id = $1', [runId]);
  const last = new Map<string, number | null>();
  for (const [counters] of rows) {
    for (const [name, value] of JSON.parse(counters) as Counters) {
      const known = last.get(name) ?? null;
      last.set(name, value === null ? known : Math.max(known ?? value, value));
    }
  }
  await setCounters(queries, [...last]);
}

/** Sets sequences, as far as the user may read and set them: else the next ids leave some numbers out. */
export async function setCounters(queries: PgQueries, counters: Counters): Promise<void> {
  for (const [name, value] of counters) {
    await queries.run(
      `SELECT setval($1::regclass, $2, $3)
       WHERE has_sequence_privilege($1::regclass, 'UPDATE') AND has_sequence_privilege($1::regclass, 'USAGE, SELECT')`,
      [name, value ?? 1, value !== null],
    );
  }
}
