/** The code tables that runs have used. Most runs use the same ones: each is kept once, by its contents. */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { CodeTable } from '../core/codes.js';
import { firstColumn, firstValue, type Queries } from './queries.js';

/** A table as it is kept. */
interface PackedTable {
  readonly content: Buffer;
  /** Of what is packed. */
  readonly sha256: string;
}

const PACKED = new WeakMap<CodeTable, PackedTable>();

function pack(table: CodeTable): PackedTable {
  let packed = PACKED.get(table);
  if (packed === undefined) {
    const text = JSON.stringify(table);
    packed = { content: gzipSync(text), sha256: createHash('sha256').update(text).digest('hex') };
    PACKED.set(table, packed);
  }
  return packed;
}

/** Keeps the tables of a run. */
export async function keepCodeTables(queries: Queries, runId: number, tables: readonly CodeTable[]): Promise<void> {
  for (const table of tables) {
    const { content, sha256 } = pack(table);
    const known = await firstValue<number>(queries, 'SELECT id FROM code_tables WHERE sha256 = $1', [sha256]);
    const id =
      known ??
      (await firstValue<number>(
        queries,
        'INSERT INTO code_tables (table_id, as_of, sha256, content) VALUES ($1, $2, $3, $4) RETURNING id',
        [table.id, table.asOf, sha256, content],
      ));
    await queries.run('INSERT INTO run_code_tables (run_id, code_table_id) VALUES ($1, $2)', [runId, id!]);
  }
}

/** The tables that a run used; none if it was loaded by an immload that did not keep them. */
export async function readCodeTables(queries: Queries, runId: number): Promise<CodeTable[]> {
  const contents = await firstColumn<Buffer>(
    queries,
    `SELECT t.content FROM code_tables t JOIN run_code_tables r ON r.code_table_id = t.id
     WHERE r.run_id = $1 ORDER BY t.id`,
    [runId],
  );
  return contents.map((content) => JSON.parse(gunzipSync(content).toString('utf8')) as CodeTable);
}

/** Forgets the tables of a run, and those that no other run used. */
export async function dropCodeTables(queries: Queries, runId: number): Promise<void> {
  await queries.run('DELETE FROM run_code_tables WHERE run_id = $1', [runId]);
  await queries.run('DELETE FROM code_tables WHERE id NOT IN (SELECT code_table_id FROM run_code_tables)');
}
