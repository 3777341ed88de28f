/** The code tables that runs have used. Most runs use the same ones: each is kept once, by its contents. */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type Database from 'better-sqlite3';
import type { CodeTable } from '../core/codes.js';

/** Keeps the tables of a run. */
export function keepCodeTables(database: Database.Database, runId: number, tables: readonly CodeTable[]): void {
  const find = database.prepare('SELECT id FROM code_tables WHERE sha256 = ?').pluck();
  const add = database.prepare('INSERT INTO code_tables (table_id, as_of, sha256, content) VALUES (?, ?, ?, ?)');
  const link = database.prepare('INSERT INTO run_code_tables (run_id, code_table_id) VALUES (?, ?)');
  for (const table of tables) {
    const content = JSON.stringify(table);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const id = find.get(sha256) ?? add.run(table.id, table.asOf, sha256, gzipSync(content)).lastInsertRowid;
    link.run(runId, id);
  }
}

/** The tables that a run used; none if it was loaded by an immload that did not keep them. */
export function readCodeTables(database: Database.Database, runId: number): CodeTable[] {
  const contents = database
    .prepare(
      `SELECT t.content FROM code_tables t JOIN run_code_tables r ON r.code_table_id = t.id
       WHERE r.run_id = ? ORDER BY t.id`,
    )
    .pluck()
    .all(runId) as Buffer[];
  return contents.map((content) => JSON.parse(gunzipSync(content).toString('utf8')) as CodeTable);
}

/** Forgets the tables of a run, and those that no other run used. */
export function dropCodeTables(database: Database.Database, runId: number): void {
  database.prepare('DELETE FROM run_code_tables WHERE run_id = ?').run(runId);
  database.exec('DELETE FROM code_tables WHERE id NOT IN (SELECT code_table_id FROM run_code_tables)');
}
