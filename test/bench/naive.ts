/**
 * Loads a submission as one would at first: fast-csv reads, luxon reads every date, knex inserts by batches. It matches
 * nobody and reports nothing. `node dist/test/bench/naive.js PATIENTS DOSES DATABASE`; the benchmark runs it.
 */
import { createReadStream } from 'node:fs';
import { parse } from 'fast-csv';
import createKnex, { type Knex } from 'knex';
import { DateTime } from 'luxon';

/** SQLite takes no more values in a statement: rows times columns. */
const MOST_VALUES = 900;
const ROWS_AT_ONCE = 10_000;

async function loadFile(knex: Knex, path: string, table: string): Promise<void> {
  const rows = createReadStream(path).pipe(
    parse({ headers: true, delimiter: '|', discardUnmappedColumns: true, strictColumnHandling: false }),
  );
  let isMade = false;
  let waiting: Record<string, string | null>[] = [];
  const write = async (): Promise<void> => {
    const [first] = waiting;
    if (first === undefined) return;
    const columns = Object.keys(first);
    if (!isMade) {
      await knex.schema.createTable(table, (made) => {
        for (const column of columns) made.text(column);
      });
      isMade = true;
    }
    await knex.batchInsert(table, waiting, Math.floor(MOST_VALUES / columns.length));
    waiting = [];
  };
  for await (const row of rows as AsyncIterable<Record<string, string>>) {
    const clean: Record<string, string | null> = {};
    for (const [column, value] of Object.entries(row)) {
      const date = column.includes('date') && value !== '' ? DateTime.fromFormat(value, 'yyyyMMdd') : null;
      clean[column] = date?.isValid === true ? date.toISODate() : value.trim() || null;
    }
    waiting.push(clean);
    if (waiting.length >= ROWS_AT_ONCE) await write();
  }
  await write();
}

const [patients, doses, filename] = process.argv.slice(2);
const knex = createKnex({ client: 'better-sqlite3', connection: { filename: filename! }, useNullAsDefault: true });
try {
  await loadFile(knex, patients!, 'patients');
  await loadFile(knex, doses!, 'immunizations');
  await knex.raw('CREATE INDEX by_key ON patients (facility_id, patient_id)');
  await knex.raw('CREATE INDEX by_name ON patients (last_name, first_name, birth_date)');
  await knex.raw('CREATE INDEX by_patient ON immunizations (patient_id, admin_date, cvx)');
} finally {
  await knex.destroy();
}
