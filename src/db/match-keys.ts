/** The keys by which models that weigh find stored patients: packs of them, and rows of those that came one by one. */
import { KeySearch, rowKeysOf, type SoughtKeys } from '../core/match/key-packs.js';
import { keylessRuns } from './comparable.js';
import { bytesOf, numbersOf } from './numbers.js';
import { firstColumn, firstRow, firstValue, insertMissing, type Queries } from './queries.js';
import type { KeyPackOfRun } from './store.js';

/** Packs that are read at once: half a megabyte. */
const PACKS_AT_ONCE = 16;
/** Keys that are asked for at once. */
const KEYS_AT_ONCE = 10_000;

/** Patients who have one of the keys. Keys that too many have in common are passed over. */
export async function findPatientsByKeys(
  queries: Queries,
  schemas: readonly string[],
  passes: Iterable<SoughtKeys>,
): Promise<number[]> {
  const found = new Set<number>();
  const haveRows: string[] = [];
  for (const schema of schemas) if (await hasKeyRows(queries, schema)) haveRows.push(schema);
  for (const sought of passes) {
    const search = new KeySearch(sought);
    for (const schema of schemas) await searchPacks(queries, schema, sought.pass, search);
    for (const patientId of search.found()) found.add(patientId);
    if (haveRows.length > 0) for (const patientId of await searchRows(queries, haveRows, sought)) found.add(patientId);
  }
  return [...found].sort((a, b) => a - b);
}

/** Patients who have one of the keys in rows of their own. */
async function searchRows(queries: Queries, schemas: readonly string[], sought: SoughtKeys): Promise<number[]> {
  const { pass, keys, births, mostPerKey } = sought;
  const rowKeys = new Set<number>();
  keys.forEach((key, i) => {
    for (const rowKey of rowKeysOf(pass, key, births === null ? null : births[i]!)) rowKeys.add(rowKey);
  });
  const asked = [...rowKeys];
  const patients = new Map<number, Set<number>>();
  for (const schema of schemas) {
    for (let start = 0; start < asked.length; start += KEYS_AT_ONCE) {
      const rows = await queries.arrays<[number, number]>(
        `SELECT match_key, patient_id FROM ${schema}match_keys WHERE match_key = ANY($1::bigint[])`,
        [asked.slice(start, start + KEYS_AT_ONCE)],
      );
      for (const [key, patientId] of rows) {
        const own = patients.get(key);
        if (own === undefined) patients.set(key, new Set([patientId]));
        else own.add(patientId);
      }
    }
  }
  return [...patients.values()].flatMap((own) => (own.size > mostPerKey ? [] : [...own]));
}

/** Whether some patients have keys in rows of their own: after a reviewer's decision, or after a run was undone. */
async function hasKeyRows(queries: Queries, schema: string): Promise<boolean> {
  const decided = await firstRow(queries, `SELECT id FROM ${schema}review_decisions LIMIT 1`);
  return (
    (decided ?? (await firstRow(queries, `SELECT id FROM ${schema}runs WHERE status = 'undone' LIMIT 1`))) !== undefined
  );
}

async function searchPacks(queries: Queries, schema: string, pass: string, search: KeySearch): Promise<void> {
  const packs = `${schema}match_key_packs`;
  const bounds = await queries.arrays<[number, number, number]>(
    `SELECT id, first_key, last_key FROM ${packs} WHERE pass = $1 ORDER BY first_key`,
    [pass],
  );
  const ids = bounds.filter(([, first, last]) => search.reaches(first, last)).map(([id]) => id);
  for (let start = 0; start < ids.length; start += PACKS_AT_ONCE) {
    const some = await queries.arrays<[Buffer, Buffer, Buffer | null]>(
      `SELECT keys, patient_ids, births FROM ${packs} WHERE id = ANY($1::int[]) ORDER BY first_key`,
      [ids.slice(start, start + PACKS_AT_ONCE)],
    );
    for (const [keys, patientIds, births] of some) {
      search.look({
        keys: numbersOf(keys),
        patientIds: numbersOf(patientIds),
        births: births === null ? null : numbersOf(births),
      });
    }
  }
}

/** Adds packs of keys. */
export async function insertKeyPacks(queries: Queries, packs: Iterable<KeyPackOfRun>): Promise<void> {
  for (const { runId, pass, keys, patientIds, births } of packs) {
    await queries.run(
      `INSERT INTO match_key_packs (run_id, pass, first_key, last_key, keys, patient_ids, births)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        runId,
        pass,
        keys[0]!,
        keys[keys.length - 1]!,
        bytesOf(keys),
        bytesOf(patientIds),
        births === null ? null : bytesOf(births),
      ],
    );
  }
}

/** Takes away keys that were given to patients of a schema who lack keys. */
export async function clearMissingKeys(queries: Queries, schema: string): Promise<void> {
  const removed = await queries.run(`DELETE FROM match_key_packs WHERE run_id IN (${keylessRuns(schema)})`);
  if (removed === 0 || schema !== '') return;
  // A load that was cut short while it added them left them there: ids go on as if it had not.
  const last = await firstValue<number | null>(queries, 'SELECT max(id) FROM match_key_packs');
  const counters = await queries.counters();
  await queries.setCounters(
    counters.map(([name, at]) => [name, name.includes('match_key_packs') ? (last ?? null) : at]),
  );
}

/** Adds how many records bear a name, by name key and run, and notes that no patient of a schema lacks keys any more. */
export async function finishMissingKeys(
  queries: Queries,
  schema: string,
  uses: ReadonlyMap<string, number>,
): Promise<void> {
  const keyless = new Set(await firstColumn(queries, keylessRuns(schema)));
  // Runs that counted their names, and lack no more than newer keys, have counted them as they came.
  for (const runId of await firstColumn(queries, `SELECT DISTINCT run_id FROM ${schema}name_uses`)) {
    keyless.delete(runId);
  }
  const rows = [...uses].flatMap(([key, count]) => {
    const [nameKey, runId] = key.split(' ').map(Number) as [number, number];
    return keyless.has(runId) ? [[nameKey, runId, count]] : [];
  });
  await insertMissing(queries, 'name_uses', ['name_key', 'run_id', 'uses'], rows);
  // A registry that is only looked at stays as it is.
  if (schema === '') await queries.run(`UPDATE runs SET has_all_keys = 1 WHERE id IN (${keylessRuns(schema)})`);
}
