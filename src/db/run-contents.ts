/** What a registry holds of the records of one run, counted: as it is now, or as it was when the run was completed. */
import { firstColumn, firstValue, type Queries, type SqlRow } from './queries.js';

/** Rows of one file, by what its records became where that is told. */
export interface FileContents {
  readonly fileId: number;
  readonly patients: { readonly new: number; readonly merged: number; readonly duplicate: number };
  /** Records that are doses of their own, and those that are part of another dose or said again. */
  readonly doses: number;
  readonly furtherDoses: number;
  readonly comments: number;
  readonly furtherComments: number;
}

/** All that is counted of a run. */
export interface RunContents {
  readonly files: readonly FileContents[];
  /** Persons that the run made. */
  readonly persons: number;
  readonly doses: readonly StoredDoses[];
}

/** What has changed rows of a run since. */
export interface LaterChanges {
  /** Later runs, by their numbers. */
  readonly runs: readonly number[];
  /** Decisions of reviewers that hold. */
  readonly decisions: number;
}

/** How many doses of a vaccine and a year are in the registry. */
export interface StoredDoses {
  readonly cvx: string;
  /** `YYYY`. */
  readonly year: string;
  readonly count: number;
}

/** When the rows are to be counted. */
export type CountedWhen = 'now' | 'at load';

/** Tables of which later runs and reviewers change or remove rows, with the columns that are counted by. */
const CHANGED = {
  patients: ['run_id'],
  patient_sources: ['file_id', 'decision'],
  doses: ['file_id', 'cvx', 'administered_on'],
  immunization_duplicates: ['file_id', 'run_id'],
  patient_comments: ['file_id'],
} as const;
type ChangedTable = keyof typeof CHANGED;

/** A column that is counted by, in a row that is JSON text: an expression of SQL. */
function columnOf(image: string, column: string): string {
  const text = `${image}::json ->> '${column}'`;
  return ['run_id', 'file_id'].includes(column) ? `(${text})::int` : `(${text})`;
}

const FILES = '(SELECT id FROM run_files WHERE run_id = $1)';

/**
 * Rows of a table as they were before anything changed them after the run: the earliest image of each that was changed, and
 * all others as they are. A decision comes after the run that was the newest when it was applied; it keeps the
 * ids of rows as text.
 */
function firstImages(table: ChangedTable): string {
  return `WITH events AS (
      SELECT row_id, run_id AS after_run, 0 AS is_decision, id AS place, image FROM before_images
      WHERE table_name = '${table}' AND run_id > $1
      UNION ALL
      SELECT CAST(i.row_key AS integer), d.last_run_id, 1, d.decision_id, coalesce(i.image_before, 'null')
      FROM decision_images i JOIN applied_decisions d ON d.decision_id = i.decision_id
      WHERE i.table_name = '${table}' AND d.last_run_id >= $1
    ), ranked AS (
      SELECT row_id, image, row_number() OVER (PARTITION BY row_id ORDER BY after_run, is_decision, place) AS n FROM events
    ), changed AS (SELECT row_id, image FROM ranked WHERE n = 1)`;
}

/** A query of counted rows of a table, by the given columns. */
function countRows(table: ChangedTable, condition: string, by: readonly string[], when: CountedWhen): string {
  const columns = CHANGED[table];
  const rows = `SELECT ${columns.join(', ')} FROM ${table} t`;
  const grouped = (from: string): string =>
    `SELECT ${[...by, 'count(*) AS n'].join(', ')} FROM (${from}) c WHERE ${condition}
     ${by.length === 0 ? '' : `GROUP BY ${by.map((_, i) => i + 1).join(', ')}`}`;
  if (when === 'now') return grouped(rows);
  const fromImage = columns.map((column) => `${columnOf('image', column)} AS ${column}`);
  // A record that became the duplicate of another by a later run stands in a row of that run.
  const own = table === 'immunization_duplicates' ? ' AND t.run_id <= $1' : '';
  return `${firstImages(table)} ${grouped(
    `${rows} WHERE NOT EXISTS (SELECT 1 FROM changed x WHERE x.row_id = t.id)${own}
     UNION ALL SELECT ${fromImage.join(', ')} FROM changed WHERE image <> 'null'`,
  )}`;
}

const YEAR = 'substr(administered_on, 1, 4) AS year';

/** Counts what the registry holds of a run. */
export async function readRunContents(queries: Queries, runId: number, when: CountedWhen): Promise<RunContents> {
  const count = (table: ChangedTable, condition: string, by: readonly string[]): Promise<SqlRow[]> =>
    queries.rows(countRows(table, condition, by, when), [runId]);
  const inFiles = `file_id IN ${FILES}`;
  const sources = await count('patient_sources', inFiles, ['file_id', 'decision']);
  const doses = await count('doses', inFiles, ['file_id', 'cvx', YEAR]);
  const duplicates = await count('immunization_duplicates', inFiles, ['file_id']);
  const comments = await count('patient_comments', inFiles, ['file_id']);
  const furtherComments = await queries.rows(
    `SELECT file_id, count(*) AS n FROM comment_duplicates WHERE ${inFiles} GROUP BY file_id`,
    [runId],
  );
  const [persons] = await count('patients', 'run_id = $1', []);
  const files = await firstColumn(queries, 'SELECT id FROM run_files WHERE run_id = $1 ORDER BY id', [runId]);
  const sum = (rows: readonly SqlRow[], fileId: number, decision?: string): number =>
    rows
      .filter((row) => row['file_id'] === fileId && (decision === undefined || row['decision'] === decision))
      .reduce((total, row) => total + (row['n'] as number), 0);
  return {
    files: files.map((fileId) => ({
      fileId,
      patients: {
        new: sum(sources, fileId, 'new'),
        merged: sum(sources, fileId, 'merged'),
        duplicate: sum(sources, fileId, 'duplicate'),
      },
      doses: sum(doses, fileId),
      furtherDoses: sum(duplicates, fileId),
      comments: sum(comments, fileId),
      furtherComments: sum(furtherComments, fileId),
    })),
    persons: persons!['n'] as number,
    doses: doses.map(({ cvx, year, n }) => ({ cvx: cvx as string, year: year as string, count: n as number })),
  };
}

/** What has changed rows of a run since, and still holds. */
export async function readLaterChanges(queries: Queries, runId: number): Promise<LaterChanges> {
  const isOwn = (table: ChangedTable, image: string): string =>
    table === 'patients' ? `${columnOf(image, 'run_id')} = $1` : `${columnOf(image, 'file_id')} IN ${FILES}`;
  const tables = Object.keys(CHANGED) as ChangedTable[];
  const images = tables.map((table) => `table_name = '${table}' AND ${isOwn(table, 'image')}`);
  const runs = await firstColumn(
    queries,
    `SELECT DISTINCT run_id FROM before_images
     WHERE run_id > $1 AND image <> 'null' AND (${images.join(' OR ')}) ORDER BY run_id`,
    [runId],
  );
  const decided = tables.map((table) => `i.table_name = '${table}' AND ${isOwn(table, 'i.image_before')}`);
  const decisions = await firstValue<number>(
    queries,
    `SELECT count(DISTINCT d.decision_id)
     FROM applied_decisions d JOIN decision_images i ON i.decision_id = d.decision_id
     WHERE d.last_run_id >= $1 AND i.image_before IS NOT NULL AND (${decided.join(' OR ')})`,
    [runId],
  );
  return { runs, decisions: decisions! };
}

/** Doses that came with a run by vaccine and year, of those with these ids. */
export async function countDoses(
  queries: Queries,
  runId: number,
  ids: readonly number[],
): Promise<readonly StoredDoses[]> {
  return queries.rows(
    `SELECT cvx, ${YEAR}, count(*) AS count FROM doses WHERE id = ANY($2::int[]) AND file_id IN ${FILES} GROUP BY 1, 2`,
    [runId, ids],
  );
}

/** Doses that came with a run by vaccine and year, of those with ids from one on: all others are of earlier runs. */
export async function countDosesFrom(
  queries: Queries,
  runId: number,
  firstId: number,
): Promise<readonly StoredDoses[]> {
  return queries.rows(
    `SELECT cvx, ${YEAR}, count(*) AS count FROM doses WHERE id >= $2 AND file_id IN ${FILES} GROUP BY 1, 2`,
    [runId, firstId],
  );
}
