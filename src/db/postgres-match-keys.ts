/** What matching by weight asks of a PostgreSQL registry key by key, and how missing keys come into it. */
import { keylessRuns } from './comparable.js';
import type { Queries } from './queries.js';
import type { MissingKeysOfPatients } from './store.js';

const KEYS_AT_ONCE = 10_000;

/** Patients who have one of the keys, by id. Keys that more than `mostPerKey` have in common are passed over. */
export async function findPatientsByKeys(
  queries: Queries,
  keys: Iterable<number>,
  mostPerKey: number,
): Promise<number[]> {
  const found = new Set<number>();
  const ask = async (some: readonly number[]): Promise<void> => {
    // A key that very many have is read no further than to see that.
    const rows = await queries.arrays<[number, number]>(
      `SELECT n.key, m.patient_id FROM unnest($1::bigint[]) AS n (key) CROSS JOIN LATERAL (
         SELECT patient_id FROM match_keys WHERE match_key = n.key LIMIT $2::int) m`,
      [some, mostPerKey + 1],
    );
    for (let start = 0; start < rows.length; ) {
      let end = start + 1;
      while (end < rows.length && rows[end]![0] === rows[start]![0]) end++;
      if (end - start <= mostPerKey) for (let i = start; i < end; i++) found.add(rows[i]![1]);
      start = end;
    }
  };
  let some: number[] = [];
  for (const key of keys) {
    some.push(key);
    if (some.length < KEYS_AT_ONCE) continue;
    await ask(some);
    some = [];
  }
  if (some.length > 0) await ask(some);
  return [...found].sort((a, b) => a - b);
}

/** Adds keys that patients lack. They may be there from a load that was cut short. */
export async function addKeys(queries: Queries, keys: MissingKeysOfPatients['keys']): Promise<void> {
  for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
    const some = keys.slice(start, start + KEYS_AT_ONCE);
    await queries.run(
      `INSERT INTO match_keys (match_key, patient_id, run_id)
       SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[]) ON CONFLICT DO NOTHING`,
      [some.map(({ matchKey }) => matchKey), some.map(({ patientId }) => patientId), some.map(({ runId }) => runId)],
    );
  }
}

/** Adds how often names are used, when all keys were added, and notes that nothing is missing any more. */
export async function finishKeys(queries: Queries, nameUses: ReadonlyMap<string, number>): Promise<void> {
  const counted = [...nameUses].map(([key, count]) => [...key.split(' ').map(Number), count]);
  await queries.run(
    `INSERT INTO name_uses (name_key, run_id, uses)
     SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[]) AS n (name_key, run_id, uses)
     WHERE run_id IN (${keylessRuns('')}) ON CONFLICT DO NOTHING`,
    [0, 1, 2].map((column) => counted.map((row) => row[column]!)),
  );
  await queries.run(`UPDATE runs SET has_all_keys = 1 WHERE id IN (${keylessRuns('')})`);
}
