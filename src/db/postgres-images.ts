/** Rows of a PostgreSQL registry as they were before a run changed them, so that it can be taken back. */
import { numbers } from './postgres-arrays.js';
import type { PgQueries } from './postgres-session.js';

/** The image of a row that was not there. */
const ABSENT = 'null';

/** Tables whose rows a run may change. */
export type ImagedTable = 'patients' | 'doses' | 'immunization_parts' | 'immunization_duplicates' | 'match_reviews';

/** Keeps rows as they are before the run first changes or deletes them. Rows that the run made go when it is taken back. */
export async function keepImages(
  queries: PgQueries,
  runId: number,
  table: ImagedTable,
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return;
  const madeBy = table === 'doses' ? '(SELECT f.run_id FROM run_files f WHERE f.id = t.file_id)' : 't.run_id';
  await queries.run(
    `INSERT INTO before_images (run_id, table_name, row_id, image)
     SELECT $1::int, $2::text, t.id, row_to_json(t)::text FROM ${table} t
     WHERE t.id = ANY($3::int[]) AND ${madeBy} <> $1 AND ${IS_NEW} ORDER BY t.id`,
    [runId, table, numbers(ids)],
  );
}

const IS_NEW = `NOT EXISTS (SELECT FROM before_images b WHERE b.run_id = $1 AND b.table_name = $2 AND b.row_id = t.id)`;

/** Remembers that doses of files of earlier runs were not there. */
export async function keepAbsences(
  queries: PgQueries,
  runId: number,
  doses: readonly { readonly immunizationId: number; readonly fileId: number }[],
): Promise<void> {
  if (doses.length === 0) return;
  await queries.run(
    `INSERT INTO before_images (run_id, table_name, row_id, image)
     SELECT $1::int, $2::text, t.id, '${ABSENT}' FROM unnest($3::int[], $4::int[]) AS t (id, file_id)
     JOIN run_files f ON f.id = t.file_id WHERE f.run_id <> $1 AND ${IS_NEW} ORDER BY t.id`,
    [runId, 'doses', numbers(doses.map((dose) => dose.immunizationId)), numbers(doses.map(({ fileId }) => fileId))],
  );
}

/** Puts the rows of a table back as they were before a run. */
export async function restoreImages(queries: PgQueries, runId: number, table: ImagedTable): Promise<void> {
  await queries.run(
    `DELETE FROM ${table} t USING before_images b WHERE b.run_id = $1 AND b.table_name = $2 AND t.id = b.row_id`,
    [runId, table],
  );
  await queries.run(
    `INSERT INTO ${table} SELECT r.* FROM before_images b
     CROSS JOIN LATERAL json_populate_record(NULL::${table}, b.image::json) r
     WHERE b.run_id = $1 AND b.table_name = $2 AND b.image <> '${ABSENT}'`,
    [runId, table],
  );
}
