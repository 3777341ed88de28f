/** What a registry holds of the records of one run, counted: as it is now, or as it was when the run was completed. */

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

/** A registry that can be asked. `:run` in a query stands for the run. */
export interface Asked {
  readonly rows: (sql: string, runId: number) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** A value of a column that holds JSON, as text. */
  readonly jsonText: (column: string, name: string) => string;
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

/** Columns that hold numbers: what JSON says of them is text. */
const NUMBERS: ReadonlySet<string> = new Set(['run_id', 'file_id']);

const FILES = '(SELECT id FROM run_files WHERE run_id = :run)';

/**
 * Rows of a table as they were before anything changed them after the run: the earliest image of each that was changed, and
 * all others as they are. A decision comes after the run that was the newest when it was applied.
 */
function firstImages(table: ChangedTable): string {
  return `WITH events AS (
      SELECT row_id, run_id AS after_run, 0 AS is_decision, id AS place, image FROM before_images
      WHERE table_name = '${table}' AND run_id > :run
      UNION ALL
      SELECT CAST(i.row_key AS integer), d.last_run_id, 1, d.decision_id, coalesce(i.image_before, 'null')
      FROM decision_images i JOIN applied_decisions d ON d.decision_id = i.decision_id
      WHERE i.table_name = '${table}' AND d.last_run_id >= :run
    ), ranked AS (
      SELECT row_id, image, row_number() OVER (PARTITION BY row_id ORDER BY after_run, is_decision, place) AS n FROM events
    ), changed AS (SELECT row_id, image FROM ranked WHERE n = 1)`;
}

/** A query of counted rows of a table, by the given columns. */
function countRows(
  table: ChangedTable,
  { condition, by, when, jsonText }: { condition: string; by: string; when: CountedWhen; jsonText: Asked['jsonText'] },
): string {
  const columns = CHANGED[table];
  const select = `SELECT ${columns.join(', ')} FROM ${table} t`;
  const grouped = (from: string): string =>
    `SELECT ${by === '' ? '' : `${by}, `}count(*) AS n FROM (${from}) c WHERE ${condition}${by === '' ? '' : ` GROUP BY ${by.replace(/ AS \w+/g, '')}`}`;
  if (when === 'now') return grouped(select);
  const fromImage = columns.map((column) => {
    const text = jsonText('image', column);
    return `${NUMBERS.has(column) ? `CAST(${text} AS integer)` : text} AS ${column}`;
  });
  // A record that became the duplicate of another by a later run stands in a row of that run.
  const own = table === 'immunization_duplicates' ? ' AND t.run_id <= :run' : '';
  return `${firstImages(table)} ${grouped(
    `${select} WHERE NOT EXISTS (SELECT 1 FROM changed x WHERE x.row_id = t.id)${own}
     UNION ALL SELECT ${fromImage.join(', ')} FROM changed WHERE image <> 'null'`,
  )}`;
}

/** Counts what the registry holds of a run. */
export async function readRunContents(
  { rows, jsonText }: Asked,
  runId: number,
  when: CountedWhen,
): Promise<RunContents> {
  const count = (table: ChangedTable, condition: string, by: string): ReturnType<Asked['rows']> =>
    rows(countRows(table, { condition, by, when, jsonText }), runId);
  const inFiles = `c.file_id IN ${FILES}`;
  const sources = await count('patient_sources', inFiles, 'c.file_id, c.decision');
  const doses = await count('doses', inFiles, 'c.file_id, c.cvx, substr(c.administered_on, 1, 4) AS year');
  const duplicates = await count('immunization_duplicates', inFiles, 'c.file_id');
  const comments = await count('patient_comments', inFiles, 'c.file_id');
  const furtherComments = await rows(
    `SELECT file_id, count(*) AS n FROM comment_duplicates WHERE file_id IN ${FILES} GROUP BY file_id`,
    runId,
  );
  const [persons] = await count('patients', 'c.run_id = :run', '');
  const files = await rows('SELECT id FROM run_files WHERE run_id = :run ORDER BY id', runId);
  const sum = (list: typeof sources, fileId: unknown, decision?: string): number =>
    list
      .filter((row) => row['file_id'] === fileId && (decision === undefined || row['decision'] === decision))
      .reduce((total, row) => total + Number(row['n']), 0);
  return {
    files: files.map(({ id }) => ({
      fileId: id as number,
      patients: {
        new: sum(sources, id, 'new'),
        merged: sum(sources, id, 'merged'),
        duplicate: sum(sources, id, 'duplicate'),
      },
      doses: sum(doses, id),
      furtherDoses: sum(duplicates, id),
      comments: sum(comments, id),
      furtherComments: sum(furtherComments, id),
    })),
    persons: Number(persons!['n']),
    doses: doses.map((row) => ({ cvx: String(row['cvx']), year: String(row['year']), count: Number(row['n']) })),
  };
}

/** What has changed rows of a run since, and still holds. */
export async function readLaterChanges({ rows, jsonText }: Asked, runId: number): Promise<LaterChanges> {
  const isOwn = (table: ChangedTable, image: string): string => {
    if (table === 'patients') return `CAST(${jsonText(image, 'run_id')} AS integer) = :run`;
    return `CAST(${jsonText(image, 'file_id')} AS integer) IN ${FILES}`;
  };
  const runs = new Set<number>();
  let decisions = 0;
  for (const table of Object.keys(CHANGED) as ChangedTable[]) {
    const later = await rows(
      `SELECT DISTINCT run_id FROM before_images
       WHERE table_name = '${table}' AND run_id > :run AND image <> 'null' AND ${isOwn(table, 'image')} ORDER BY run_id`,
      runId,
    );
    for (const row of later) runs.add(row['run_id'] as number);
  }
  const decided = await rows(
    `SELECT count(DISTINCT d.decision_id) AS n FROM applied_decisions d JOIN decision_images i ON i.decision_id = d.decision_id
     WHERE d.last_run_id >= :run AND (${(Object.keys(CHANGED) as ChangedTable[])
       .map((table) => `i.table_name = '${table}' AND i.image_before IS NOT NULL AND ${isOwn(table, 'i.image_before')}`)
       .join(' OR ')})`,
    runId,
  );
  decisions = Number(decided[0]!['n']);
  return { runs: [...runs].sort((a, b) => a - b), decisions };
}

/** Doses that came with a run by vaccine and year, of those with ids from one on: all others are of earlier runs. */
export async function countDosesFrom({ rows }: Asked, runId: number, firstId: number): Promise<readonly StoredDoses[]> {
  const found = await rows(
    `SELECT cvx, substr(administered_on, 1, 4) AS year, count(*) AS n FROM doses
     WHERE id >= ${Math.trunc(firstId)} AND file_id IN ${FILES} GROUP BY cvx, substr(administered_on, 1, 4)`,
    runId,
  );
  return found.map((row) => ({ cvx: String(row['cvx']), year: String(row['year']), count: Number(row['n']) }));
}
