/** Rows as they were before a run changed them, so that it can be taken back. */
import { firstColumn, type Queries, type SqlRow } from './queries.js';

/** The image of a row that was not there. */
const ABSENT = 'null';
/** Images that are held at once. */
const IMAGES_AT_ONCE = 2000;

/** Tables of which a run changes or deletes rows that others made. */
export const CHANGED_TABLES = [
  'patients',
  'doses',
  'immunization_parts',
  'immunization_duplicates',
  'match_reviews',
] as const;
export type ChangedTable = (typeof CHANGED_TABLES)[number];

const IS_NEW =
  'NOT EXISTS (SELECT 1 FROM before_images b WHERE b.run_id = $1 AND b.table_name = $2 AND b.row_id = t.id)';

/** Keeps rows as they are before the run first changes or deletes them. Rows that the run made go when it is taken back. */
export async function keepImages(
  queries: Queries,
  runId: number,
  table: ChangedTable,
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return;
  const madeBy = table === 'doses' ? '(SELECT f.run_id FROM run_files f WHERE f.id = t.file_id)' : 't.run_id';
  await queries.run(
    `INSERT INTO before_images (run_id, table_name, row_id, image)
     SELECT $1::int, $2::text, t.id, ${queries.rowAsJson(table, 't')} FROM ${table} t
     WHERE t.id = ANY($3::int[]) AND ${madeBy} <> $1 AND ${IS_NEW} ORDER BY t.id`,
    [runId, table, ids],
  );
}

/** Remembers that doses of files of earlier runs were not there. */
export async function keepAbsences(
  queries: Queries,
  runId: number,
  doses: readonly { readonly immunizationId: number; readonly fileId: number }[],
): Promise<void> {
  if (doses.length === 0) return;
  const table: ChangedTable = 'doses';
  const own = new Set(await firstColumn(queries, 'SELECT id FROM run_files WHERE run_id = $1', [runId]));
  const kept = new Set(
    await firstColumn(
      queries,
      'SELECT row_id FROM before_images WHERE run_id = $1 AND table_name = $2 AND row_id = ANY($3::int[])',
      [runId, table, doses.map(({ immunizationId }) => immunizationId)],
    ),
  );
  const absent = doses
    .filter(({ immunizationId, fileId }) => !own.has(fileId) && !kept.has(immunizationId))
    .map(({ immunizationId }) => immunizationId)
    .sort((a, b) => a - b);
  await queries.insert('before_images', absent.length, [
    { name: 'run_id', value: () => runId },
    { name: 'table_name', value: () => table },
    { name: 'row_id', value: (i) => absent[i]! },
    { name: 'image', value: () => ABSENT },
  ]);
}

/** Puts the rows of a table back as they were before a run: all of them, or those that a condition on the images names. */
export async function restoreImages(
  queries: Queries,
  runId: number,
  table: ChangedTable,
  condition = 'true',
): Promise<void> {
  for (let after = 0; ; ) {
    const images = await queries.arrays<[number, number, string]>(
      `SELECT id, row_id, image FROM before_images
       WHERE run_id = $1 AND table_name = $2 AND id > $3 AND ${condition} ORDER BY id LIMIT ${IMAGES_AT_ONCE}`,
      [runId, table, after],
    );
    if (images.length === 0) return;
    after = images.at(-1)![0];
    await queries.run(`DELETE FROM ${table} WHERE id = ANY($1::int[])`, [images.map(([, rowId]) => rowId)]);
    const rows = images.flatMap(([, , image]) => (image === ABSENT ? [] : [JSON.parse(image) as SqlRow]));
    for (const alike of groupByColumns(rows)) await insertRows(queries, table, alike);
  }
}

/** An image that an older immload kept may lack a column. */
function groupByColumns(rows: readonly SqlRow[]): SqlRow[][] {
  const groups = new Map<string, SqlRow[]>();
  for (const row of rows) {
    const columns = Object.keys(row).join(' ');
    const group = groups.get(columns);
    if (group === undefined) groups.set(columns, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

async function insertRows(queries: Queries, table: string, rows: readonly SqlRow[]): Promise<void> {
  const columns = Object.keys(rows[0]!);
  await queries.insert(
    table,
    rows.length,
    columns.map((name) => ({ name, value: (i) => rows[i]![name] as string | number | null })),
  );
}
