/** Rows of some patients before and after a reviewer's decision was applied, so that it can be taken back to the letter. */
import { firstRow, firstValue, insertRow, type Queries, type SqlRow, type SqlValue } from '../queries.js';

type TableRow = Readonly<SqlRow>;

/** The rows of some patients, by table and key. */
export type ClusterRows = ReadonlyMap<ClusterTable, ReadonlyMap<string, TableRow>>;

/** The tables that a decision changes, with the columns that tell their rows apart; in the order in which rows are put back. */
const KEYS = {
  patients: ['id'],
  patient_sources: ['id'],
  patient_parts: ['id'],
  match_keys: ['match_key', 'patient_id'],
  patient_comments: ['id'],
  match_reviews: ['id'],
  dose_details: ['id'],
  doses: ['id'],
  immunization_parts: ['id'],
  immunization_duplicates: ['id'],
  record_keys: ['file_id', 'line'],
} as const;
export type ClusterTable = keyof typeof KEYS;
const TABLES = Object.keys(KEYS) as readonly ClusterTable[];

/** A row that a decision changed. */
export interface DecisionImage {
  readonly table: ClusterTable;
  readonly key: string;
  readonly before: TableRow | null;
  readonly after: TableRow | null;
}

/** The registry is no longer what the images say: something else has changed it since. */
export class ImageMismatch extends Error {
  constructor() {
    super('the rows have changed since');
    this.name = 'ImageMismatch';
  }
}

/** All rows of the patients. `matchKeys` are those under which they may be found: there is no index by patient. */
export async function readCluster(
  queries: Queries,
  patientIds: readonly number[],
  matchKeys: readonly number[],
): Promise<ClusterRows> {
  const cluster = new Map<ClusterTable, Map<string, TableRow>>(TABLES.map((table) => [table, new Map()]));
  const read = async (
    table: ClusterTable,
    condition: string,
    ...lists: readonly (readonly number[])[]
  ): Promise<TableRow[]> => {
    const order = KEYS[table].join(', ');
    const rows = await queries.rows<TableRow>(`SELECT * FROM ${table} WHERE ${condition} ORDER BY ${order}`, lists);
    for (const row of rows) cluster.get(table)!.set(keyOf(table, row), row);
    return rows;
  };
  await read('patients', 'id = ANY($1::int[])', patientIds);
  await read('patient_sources', 'patient_id = ANY($1::int[])', patientIds);
  await read('patient_parts', 'patient_id = ANY($1::int[])', patientIds);
  await read('match_reviews', 'patient_id_a = ANY($1::int[]) OR patient_id_b = ANY($1::int[])', patientIds);
  await read('match_keys', 'match_key = ANY($1::bigint[]) AND patient_id = ANY($2::int[])', matchKeys, patientIds);
  const comments = await read('patient_comments', 'patient_id = ANY($1::int[])', patientIds);
  const doses = await read('doses', 'patient_id = ANY($1::int[])', patientIds);
  const doseIds = doses.map((dose) => dose['id'] as number);
  await read('immunization_parts', 'immunization_id = ANY($1::int[])', doseIds);
  const duplicates = await read('immunization_duplicates', 'immunization_id = ANY($1::int[])', doseIds);
  await read('dose_details', 'id = ANY($1::int[])', [...new Set(doses.map((dose) => dose['detail_id'] as number))]);
  for (const [fileId, lines] of linesByFile([...doses, ...duplicates, ...comments])) {
    await read('record_keys', 'file_id = ANY($1::int[]) AND line = ANY($2::int[])', [fileId], lines);
  }
  return cluster;
}

function linesByFile(records: readonly TableRow[]): Map<number, number[]> {
  const lines = new Map<number, number[]>();
  for (const record of records) {
    const fileId = record['file_id'] as number;
    lines.set(fileId, [...(lines.get(fileId) ?? []), record['line'] as number]);
  }
  return lines;
}

function keyOf(table: ClusterTable, row: TableRow): string {
  return KEYS[table].map((column) => row[column]).join(' ');
}

/**
 * What became of the rows. Details of doses stand once for many doses: those that no dose of these patients has any more
 * are kept as they are, and only those from `firstNewDetailId` on were made.
 */
export function compareClusters(before: ClusterRows, after: ClusterRows, firstNewDetailId: number): DecisionImage[] {
  const images: DecisionImage[] = [];
  for (const table of TABLES) {
    const [old, fresh] = [before.get(table)!, after.get(table)!];
    for (const key of new Set([...old.keys(), ...fresh.keys()])) {
      const [was, is] = [old.get(key) ?? null, fresh.get(key) ?? null];
      if (table === 'dose_details') {
        if (was !== null && is === null) images.push({ table, key, before: was, after: was });
        if (was === null && Number(key) >= firstNewDetailId) images.push({ table, key, before: null, after: is });
      } else if (JSON.stringify(was) !== JSON.stringify(is)) images.push({ table, key, before: was, after: is });
    }
  }
  return images;
}

/** Keeps what a decision changed. */
export async function keepDecisionImages(
  queries: Queries,
  decisionId: number,
  images: readonly DecisionImage[],
): Promise<void> {
  const json = (row: TableRow | null): string | null => (row === null ? null : JSON.stringify(row));
  await queries.insert('decision_images', images.length, [
    { name: 'decision_id', value: () => decisionId },
    { name: 'table_name', value: (i) => images[i]!.table },
    { name: 'row_key', value: (i) => images[i]!.key },
    { name: 'image_before', value: (i) => json(images[i]!.before) },
    { name: 'image_after', value: (i) => json(images[i]!.after) },
  ]);
}

/** What a decision changed, in the order in which it was kept. */
export async function readDecisionImages(queries: Queries, decisionId: number): Promise<DecisionImage[]> {
  const rows = await queries.arrays<[ClusterTable, string, string | null, string | null]>(
    `SELECT table_name, row_key, image_before, image_after FROM decision_images WHERE decision_id = $1 ORDER BY id`,
    [decisionId],
  );
  const row = (json: string | null): TableRow | null => (json === null ? null : (JSON.parse(json) as TableRow));
  return rows.map(([table, key, before, after]) => ({ table, key, before: row(before), after: row(after) }));
}

export async function dropDecisionImages(queries: Queries, decisionId: number): Promise<void> {
  await queries.run('DELETE FROM decision_images WHERE decision_id = $1', [decisionId]);
}

/**
 * Puts the rows back as they were before the decision. Columns that it did not change stay as they are.
 * @throws ImageMismatch where something else has changed what it changed
 */
export async function restoreDecisionImages(queries: Queries, decisionId: number): Promise<void> {
  const images = await readDecisionImages(queries, decisionId);
  const isNewDetail = ({ table, before }: DecisionImage): boolean => before === null && table === 'dose_details';
  // Rows of the same key may come and go: those that came go first.
  for (const image of images) if (image.before === null && !isNewDetail(image)) await remove(queries, image);
  for (const image of images) if (image.before !== null && image.after !== null) await change(queries, image);
  for (const image of images) if (image.after === null) await insert(queries, image.table, image.before!);
  for (const image of images) if (isNewDetail(image)) await remove(queries, image);
}

/** A condition that a row of a table meets and no other, and the values that it binds. */
function keyCondition(table: ClusterTable, row: TableRow, firstPlace = 1): { sql: string; values: SqlValue[] } {
  const columns = KEYS[table];
  return {
    sql: columns.map((column, i) => `${column} = $${firstPlace + i}`).join(' AND '),
    values: columns.map((column) => row[column]!),
  };
}

async function find(queries: Queries, table: ClusterTable, row: TableRow): Promise<TableRow | null> {
  const { sql, values } = keyCondition(table, row);
  return (await firstRow<TableRow>(queries, `SELECT * FROM ${table} WHERE ${sql}`, values)) ?? null;
}

async function remove(queries: Queries, { table, after }: DecisionImage): Promise<void> {
  const row = await find(queries, table, after!);
  if (row === null || JSON.stringify(row) !== JSON.stringify(after)) throw new ImageMismatch();
  if (table === 'dose_details') {
    // Another dose may have got the same details since; that of the decision still has them.
    const used = await firstValue(queries, 'SELECT 1 FROM doses WHERE detail_id = $1 LIMIT 1', [row['id']!]);
    if (used !== undefined) return handOver(queries, table, row);
  }
  const { sql, values } = keyCondition(table, row);
  await queries.run(`DELETE FROM ${table} WHERE ${sql}`, values);
}

/** Leaves a row to another decision whose doses have it, so that it goes with the last of them. */
async function handOver(queries: Queries, table: ClusterTable, row: TableRow): Promise<void> {
  const other = await firstValue<number>(
    queries,
    `SELECT decision_id FROM decision_images
     WHERE table_name = 'doses' AND (image_after::json ->> 'detail_id')::int = $1 ORDER BY id DESC LIMIT 1`,
    [row['id']!],
  );
  if (other === undefined) return;
  await keepDecisionImages(queries, other, [{ table, key: keyOf(table, row), before: null, after: row }]);
}

async function change(queries: Queries, { table, before, after }: DecisionImage): Promise<void> {
  const row = await find(queries, table, after!);
  if (table === 'dose_details') {
    if (row === null) await insert(queries, table, before!);
    else if (JSON.stringify(row) !== JSON.stringify(before)) throw new ImageMismatch();
    return;
  }
  if (row === null) throw new ImageMismatch();
  const changed = Object.keys(after!).filter((column) => before![column] !== after![column]);
  // A pair may have been decided since; whose it is goes back all the same.
  const isSame = (column: string): boolean => row[column] === after![column];
  const goesBack = table === 'match_reviews' ? changed.filter(isSame) : changed;
  if (!goesBack.every(isSame)) throw new ImageMismatch();
  if (goesBack.length === 0) return;
  const { sql, values } = keyCondition(table, row, goesBack.length + 1);
  await queries.run(
    `UPDATE ${table} SET ${goesBack.map((column, i) => `${column} = $${i + 1}`).join(', ')} WHERE ${sql}`,
    [...goesBack.map((column) => before![column]!), ...values],
  );
}

async function insert(queries: Queries, table: ClusterTable, row: TableRow): Promise<void> {
  if ((await find(queries, table, row)) !== null) throw new ImageMismatch();
  await insertRow(queries, table, row);
}
