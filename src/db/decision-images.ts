/** Rows of some patients before and after a reviewer's decision was applied, so that it can be taken back to the letter. */
import type { Database } from 'better-sqlite3';
import type { SqlValue } from './bulk-insert.js';

type TableRow = Readonly<Record<string, SqlValue>>;

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
export function readCluster(
  database: Database,
  patientIds: readonly number[],
  matchKeys: Iterable<number>,
): ClusterRows {
  const cluster = new Map<ClusterTable, Map<string, TableRow>>(TABLES.map((table) => [table, new Map()]));
  const read = (table: ClusterTable, condition: string, list: readonly unknown[]): TableRow[] => {
    const rows = database
      .prepare(`SELECT * FROM main.${table} WHERE ${condition.replaceAll('?', '(SELECT value FROM json_each(@list))')}`)
      .all({ list: JSON.stringify(list) }) as TableRow[];
    for (const row of rows) cluster.get(table)!.set(keyOf(table, row), row);
    return rows;
  };
  read('patients', 'id IN ?', patientIds);
  read('patient_sources', 'patient_id IN ?', patientIds);
  read('patient_parts', 'patient_id IN ?', patientIds);
  read('match_reviews', 'patient_id_a IN ? OR patient_id_b IN ?', patientIds);
  const key = database.prepare('SELECT * FROM main.match_keys WHERE match_key = ? AND patient_id = ?');
  for (const matchKey of matchKeys) {
    for (const patientId of patientIds) {
      const row = key.get(matchKey, patientId) as TableRow | undefined;
      if (row !== undefined) cluster.get('match_keys')!.set(keyOf('match_keys', row), row);
    }
  }
  const comments = read('patient_comments', 'patient_id IN ?', patientIds);
  const doses = read('doses', 'patient_id IN ?', patientIds);
  const doseIds = doses.map((dose) => dose['id']);
  read('immunization_parts', 'immunization_id IN ?', doseIds);
  const duplicates = read('immunization_duplicates', 'immunization_id IN ?', doseIds);
  read('dose_details', 'id IN ?', [...new Set(doses.map((dose) => dose['detail_id']))]);
  const recordKey = database.prepare('SELECT * FROM main.record_keys WHERE file_id = ? AND line = ?');
  for (const record of [...doses, ...duplicates, ...comments]) {
    const row = recordKey.get(record['file_id'], record['line']) as TableRow | undefined;
    if (row !== undefined) cluster.get('record_keys')!.set(keyOf('record_keys', row), row);
  }
  return cluster;
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

/** The images of the decisions of one database. */
export class DecisionImages {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  keep(decisionId: number, images: readonly DecisionImage[]): void {
    const insert = this.#database.prepare(
      `INSERT INTO main.decision_images (decision_id, table_name, row_key, image_before, image_after)
       VALUES (?, ?, ?, ?, ?)`,
    );
    const json = (row: TableRow | null): string | null => (row === null ? null : JSON.stringify(row));
    for (const { table, key, before, after } of images) {
      insert.run(decisionId, table, key, json(before), json(after));
    }
  }

  read(decisionId: number): DecisionImage[] {
    const rows = this.#database
      .prepare(
        `SELECT table_name, row_key, image_before, image_after FROM main.decision_images
         WHERE decision_id = ? ORDER BY id`,
      )
      .raw()
      .all(decisionId) as [ClusterTable, string, string | null, string | null][];
    const row = (json: string | null): TableRow | null => (json === null ? null : (JSON.parse(json) as TableRow));
    return rows.map(([table, key, before, after]) => ({ table, key, before: row(before), after: row(after) }));
  }

  drop(decisionId: number): void {
    this.#database.prepare('DELETE FROM main.decision_images WHERE decision_id = ?').run(decisionId);
  }

  /**
   * Puts the rows back as they were before the decision. Columns that it did not change stay as they are.
   * @throws ImageMismatch where something else has changed what it changed
   */
  restore(decisionId: number): void {
    const images = this.read(decisionId);
    // Rows of the same key may come and go: those that came go first.
    for (const image of images) if (image.before === null && image.table !== 'dose_details') this.#remove(image);
    for (const image of images) if (image.before !== null && image.after !== null) this.#change(image);
    for (const image of images) if (image.after === null) this.#insert(image.table, image.before!);
    for (const image of images) if (image.before === null && image.table === 'dose_details') this.#remove(image);
  }

  #find(table: ClusterTable, row: TableRow): TableRow | null {
    const columns = KEYS[table];
    const found = this.#database
      .prepare(`SELECT * FROM main.${table} WHERE ${columns.map((column) => `${column} = ?`).join(' AND ')}`)
      .get(...columns.map((column) => row[column]!));
    return (found as TableRow | undefined) ?? null;
  }

  #remove({ table, after }: DecisionImage): void {
    const row = this.#find(table, after!);
    if (row === null || JSON.stringify(row) !== JSON.stringify(after)) throw new ImageMismatch();
    if (table === 'dose_details') {
      // Another dose may have got the same details since; that of the decision still has them.
      const uses = this.#database
        .prepare('SELECT count(*) FROM (SELECT 1 FROM main.doses WHERE detail_id = ? LIMIT 1)')
        .pluck();
      if (uses.get(row['id']) !== 0) return this.#handOver(table, row);
    }
    const columns = KEYS[table];
    this.#database
      .prepare(`DELETE FROM main.${table} WHERE ${columns.map((column) => `${column} = ?`).join(' AND ')}`)
      .run(...columns.map((column) => row[column]!));
  }

  /** Leaves a row to another decision whose doses have it, so that it goes with the last of them. */
  #handOver(table: ClusterTable, row: TableRow): void {
    const other = this.#database
      .prepare(
        `SELECT decision_id FROM main.decision_images
         WHERE table_name = 'doses' AND json_extract(image_after, '$.detail_id') = ? ORDER BY id DESC LIMIT 1`,
      )
      .pluck()
      .get(row['id']) as number | undefined;
    if (other !== undefined) this.keep(other, [{ table, key: keyOf(table, row), before: null, after: row }]);
  }

  #change({ table, before, after }: DecisionImage): void {
    const row = this.#find(table, after!);
    if (table === 'dose_details') {
      if (row === null) this.#insert(table, before!);
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
    const columns = KEYS[table];
    this.#database
      .prepare(
        `UPDATE main.${table} SET ${goesBack.map((column) => `${column} = ?`).join(', ')}
         WHERE ${columns.map((column) => `${column} = ?`).join(' AND ')}`,
      )
      .run(...goesBack.map((column) => before![column]!), ...columns.map((column) => row[column]!));
  }

  #insert(table: ClusterTable, row: TableRow): void {
    if (this.#find(table, row) !== null) throw new ImageMismatch();
    const columns = Object.keys(row);
    this.#database
      .prepare(`INSERT INTO main.${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
      .run(...columns.map((column) => row[column]!));
  }
}
