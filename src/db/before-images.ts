/** Rows as they were before a run changed them, so that it can be taken back. */
import type { Database } from 'better-sqlite3';
import type { SqlValue } from './bulk-insert.js';

/** The image of a row that was not there. */
const ABSENT = 'null';

/** The images of one database. Ask within the transaction that changes the rows. */
export class BeforeImages {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keeps a row as it is before the run first changes or deletes it. Rows that the run made go when it is taken back. */
  keep(runId: number, table: string, id: number): void {
    const row = this.#database.prepare(`SELECT * FROM main.${table} WHERE id = ?`).get(id) as Record<string, SqlValue>;
    const madeBy = table === 'doses' ? this.#runOfFile(row['file_id'] as number) : row['run_id'];
    if (madeBy !== runId) this.#write(runId, table, id, JSON.stringify(row));
  }

  /** Remembers that a dose of an earlier run's file was not there. */
  keepAbsence(runId: number, immunizationId: number, fileId: number): void {
    if (this.#runOfFile(fileId) !== runId) this.#write(runId, 'doses', immunizationId, ABSENT);
  }

  #write(runId: number, table: string, id: number, image: string): void {
    this.#database
      .prepare(
        `INSERT INTO main.before_images (run_id, table_name, row_id, image) SELECT ?, ?, ?, ?
         WHERE NOT EXISTS (SELECT 1 FROM main.before_images WHERE run_id = ? AND table_name = ? AND row_id = ?)`,
      )
      .run(runId, table, id, image, runId, table, id);
  }

  #runOfFile(fileId: number): number {
    return this.#database.prepare('SELECT run_id FROM main.run_files WHERE id = ?').pluck().get(fileId) as number;
  }

  /** Puts the rows of a table back as they were before a run: all of them, or those that a condition on the images names. */
  restore(runId: number, table: string, condition = 'true'): void {
    const images = this.#database
      .prepare(`SELECT row_id, image FROM main.before_images WHERE run_id = ? AND table_name = ? AND ${condition}`)
      .all(runId, table) as { row_id: number; image: string }[];
    for (const { row_id, image } of images) {
      if (image === ABSENT) {
        this.#database.prepare(`DELETE FROM ${table} WHERE id = ?`).run(row_id);
        continue;
      }
      const row = JSON.parse(image) as Record<string, SqlValue>;
      const names = Object.keys(row);
      this.#database
        .prepare(`INSERT OR REPLACE INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
        .run(...names.map((name) => row[name]!));
    }
  }
}
