/** The places at which a run that was cut short is gone on with, as rows of the registry. */
import { hostname } from 'node:os';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type Counters, firstColumn, firstRow, firstValue, type Queries } from './queries.js';
import {
  CHECKPOINT_STAGES,
  type Checkpoint,
  type CheckpointMark,
  type CheckpointStage,
  type Command,
  type DeadRun,
  type FileRead,
  type NextIds,
  type OpenRun,
} from './store.js';

/** What is kept of a run when it begins, beside its checkpoints and under a stage of its own. */
interface Beginning {
  readonly command: Command;
  readonly firstIds: NextIds;
}

const BEGINNING = 'start';

/** A row of the table, without what was decided. */
interface MarkRow {
  readonly stage: string;
  readonly seq: number;
  readonly file_id: number | null;
  readonly record: number | null;
  readonly byte_offset: number | null;
  readonly files_read: string;
}

interface CheckpointRow extends MarkRow {
  readonly counters: string;
  readonly result: Buffer;
}

const MARK_COLUMNS = ['stage', 'seq', 'file_id', 'record', 'byte_offset', 'files_read'] as const;
const COLUMNS = [...MARK_COLUMNS, 'counters', 'result'] as const;

/** Adds a checkpoint, or puts it in the place of an earlier one. Ask within the transaction whose work it tells. */
export async function addCheckpoint(
  queries: Queries,
  runId: number,
  { stage, seq, place, filesRead, result }: Omit<Checkpoint, 'stage'> & { readonly stage: string },
): Promise<void> {
  await addRow(queries, runId, {
    stage,
    seq,
    file_id: place?.fileId ?? null,
    record: place?.record ?? null,
    byte_offset: place?.offset ?? null,
    files_read: JSON.stringify(filesRead),
    counters: JSON.stringify(await queries.counters()),
    // The fastest level makes it a tenth; the others take longer than they save.
    result: deflateRawSync(JSON.stringify(result), { level: 1 }),
  });
}

/** Keeps what a run is given and where its ids begin, so that it can be gone on with from its beginning. */
export async function addBeginning(queries: Queries, runId: number, beginning: Beginning): Promise<void> {
  await addCheckpoint(queries, runId, { stage: BEGINNING, seq: 0, place: null, filesRead: [], result: beginning });
}

async function addRow(queries: Queries, runId: number, row: CheckpointRow): Promise<void> {
  const places = COLUMNS.map((_, i) => `$${i + 2}`);
  await queries.run(
    `INSERT INTO checkpoints (run_id, ${COLUMNS.join(', ')}) VALUES ($1, ${places.join(', ')})
     ON CONFLICT (run_id, stage, seq) DO UPDATE SET ${COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    [runId, ...COLUMNS.map((name) => row[name])],
  );
}

async function findRow(queries: Queries, runId: number, stage: string, seq: number): Promise<CheckpointRow | null> {
  const found = await firstRow<CheckpointRow>(
    queries,
    `SELECT ${COLUMNS.join(', ')} FROM checkpoints WHERE run_id = $1 AND stage = $2 AND seq = $3`,
    [runId, stage, seq],
  );
  return found ?? null;
}

/** What a run had written of a batch when it was cut short, `null` if it had not got so far. */
export async function readCheckpoint(
  queries: Queries,
  runId: number,
  stage: CheckpointStage,
  seq: number,
): Promise<Checkpoint | null> {
  const row = await findRow(queries, runId, stage, seq);
  return row === null ? null : { ...markOf(row), result: resultOf(row) };
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

function resultOf({ result }: CheckpointRow): unknown {
  return JSON.parse(inflateRawSync(result).toString('utf8'));
}

/** The runs that have not ended, the first first. */
export async function readDeadRuns(queries: Queries): Promise<DeadRun[]> {
  const runs = await queries.arrays<[number, string]>(
    `SELECT id, started_at FROM runs WHERE status = 'running' ORDER BY id`,
  );
  const dead: DeadRun[] = [];
  for (const [runId, startedAt] of runs) {
    const beginning = await findRow(queries, runId, BEGINNING, 0);
    const command = beginning === null ? null : (resultOf(beginning) as Beginning).command;
    const checkpoints = await readLastMarks(queries, runId);
    dead.push({ runId, fileIds: await findFiles(queries, runId), startedAt, command, checkpoints });
  }
  return dead;
}

/** The last checkpoint of each stage of a run, in the order of the stages. */
async function readLastMarks(queries: Queries, runId: number): Promise<CheckpointMark[]> {
  const rows = await queries.rows<MarkRow>(
    `SELECT ${MARK_COLUMNS.join(', ')} FROM checkpoints c
     WHERE run_id = $1 AND seq = (SELECT max(seq) FROM checkpoints WHERE run_id = c.run_id AND stage = c.stage)`,
    [runId],
  );
  const marks = new Map(rows.map((row) => [row.stage, row]));
  return CHECKPOINT_STAGES.flatMap((stage) => {
    const row = marks.get(stage);
    return row === undefined ? [] : [markOf(row)];
  });
}

/** The ids of the files of a run, in their order. */
async function findFiles(queries: Queries, runId: number): Promise<number[]> {
  return firstColumn(queries, 'SELECT id FROM run_files WHERE run_id = $1 ORDER BY id', [runId]);
}

/**
 * Takes a dead run up again; `removeWritten` takes out of the tables what it wrote, with its checkpoints. `process` is
 * whose it is from now on.
 */
export async function continueRun(
  queries: Queries,
  runId: number,
  process: string,
  removeWritten: () => Promise<void>,
): Promise<OpenRun> {
  const beginning = (await findRow(queries, runId, BEGINNING, 0))!;
  if ((await findRow(queries, runId, 'patients', 0)) === null) {
    await removeWritten();
    await addRow(queries, runId, beginning);
  }
  await queries.setCounters(await findLastCounters(queries, runId));
  await queries.run('UPDATE runs SET host = $1, process = $2, heartbeat_at = $3 WHERE id = $4', [
    hostname(),
    process,
    new Date().toISOString(),
    runId,
  ]);
  const startedAt = await firstValue<string>(queries, 'SELECT started_at FROM runs WHERE id = $1', [runId]);
  const { firstIds } = resultOf(beginning) as Beginning;
  return { runId, fileIds: await findFiles(queries, runId), startedAt: startedAt!, firstIds };
}

/** Where counters stood at the last checkpoint of a run, or at its beginning: what they gave since is not there. */
async function findLastCounters(queries: Queries, runId: number): Promise<Counters> {
  const last = new Map<string, number | null>();
  for (const counters of await firstColumn<string>(queries, 'SELECT counters FROM checkpoints WHERE run_id = $1', [
    runId,
  ])) {
    for (const [name, value] of JSON.parse(counters) as Counters) {
      const known = last.get(name) ?? null;
      last.set(name, value === null ? known : Math.max(known ?? value, value));
    }
  }
  // Packs of keys are added to earlier runs, too, and stay there.
  const lastPack = (await firstValue<number | null>(queries, 'SELECT max(id) FROM match_key_packs')) ?? 0;
  return [...last].map(([name, value]) => {
    const isOfPacks = name.includes('match_key_packs') && lastPack > (value ?? 0);
    return [name, isOfPacks ? lastPack : value];
  });
}
