/** What matching asks of the patients of a PostgreSQL registry. */

import { KeySearch, rowKeyOf, type SoughtKeys } from '../core/match/key-packs.js';
import { type Identity, identityOf } from '../core/match/keys.js';
import type { KnownPatient } from '../core/match/patient.js';
import { COMPARED_PATIENT_FIELDS } from '../core/match/people.js';
import type { PatientPart } from '../core/match/survivor.js';
import { PATIENT, type Row } from '../core/model.js';
import { bytesOf, numbersOf } from './numbers.js';
import { numbers } from './postgres-arrays.js';
import { groupBy } from './postgres-rows.js';
import type { PgQueries } from './postgres-session.js';
import type { ComparableRecord, KeyPackOfRun, LinkedPatient, PatientState, SourceKey } from './store.js';
import { PATIENT_COLUMNS, PATIENT_SLOTS, rowOf } from './tables.js';

/** Patients who share a source key or a match key with incoming records; of their keys, those that were asked for. */
export async function findKnownPatients(
  queries: PgQueries,
  sources: readonly SourceKey[],
  matchKeys: readonly number[],
): Promise<KnownPatient[]> {
  const bySource = await queries.arrays<[number]>(
    `SELECT DISTINCT s.patient_id FROM patient_sources s
     JOIN unnest($1::text[], $2::text[]) AS n (site_id, id) ON s.site_id = n.site_id AND s.source_patient_id = n.id`,
    [sources.map(({ siteId }) => siteId), sources.map(({ sourcePatientId }) => sourcePatientId)],
  );
  const ids = new Set(bySource.map(([id]) => id));
  const keys = new Map<number, Set<number>>();
  const byKey = await queries.arrays<[number, number]>(
    `SELECT patient_id, match_key FROM match_keys WHERE match_key = ANY($1::bigint[]) ORDER BY match_key, patient_id`,
    [numbers(matchKeys)],
  );
  for (const [id, key] of byKey) {
    ids.add(id);
    const own = keys.get(id);
    if (own === undefined) keys.set(id, new Set([key]));
    else own.add(key);
  }
  if (ids.size === 0) return [];
  const list = [numbers(ids)];
  const rows = await queries.rows('SELECT * FROM patients WHERE id = ANY($1::int[]) ORDER BY id', list);
  const joined = await identitiesOfJoined(queries, ids);
  const sourcesOf = groupBy(
    await queries.rows(
      `SELECT patient_id, site_id, source_patient_id, content FROM patient_sources
       WHERE patient_id = ANY($1::int[]) ORDER BY id`,
      list,
    ),
    'patient_id',
  );
  return rows.map((record) => {
    const id = record['id'] as number;
    return {
      patientId: id,
      identity: {
        ...identityOf(rowOf(record, PATIENT_COLUMNS, PATIENT_SLOTS)),
        ssnCheck: record['ssn_check'] as number | null,
      },
      otherIdentities: joined.get(id) ?? [],
      matchKeys: [...(keys.get(id) ?? [])],
      sources: (sourcesOf.get(id) ?? []).map((source) => ({
        siteId: source['site_id'] as string,
        sourcePatientId: source['source_patient_id'] as string,
        content: source['content'] as number,
      })),
    };
  });
}

/** What the records say of patients whom a reviewer joined: one of them may be called otherwise than the patient is. */
async function identitiesOfJoined(queries: PgQueries, ids: ReadonlySet<number>): Promise<Map<number, Identity[]>> {
  const parts = await queries.arrays<[number, string]>(
    `SELECT patient_id, record FROM patient_parts WHERE patient_id = ANY($1::int[])
       AND patient_id IN (SELECT patient_id FROM applied_decisions WHERE kind = 'join') ORDER BY id`,
    [numbers(ids)],
  );
  const identities = new Map<number, Identity[]>();
  for (const [id, record] of parts) {
    identities.set(id, [...(identities.get(id) ?? []), identityOf(readPart(record))]);
  }
  return identities;
}

function readPart(record: string): Row {
  return rowOf(JSON.parse(record) as Record<string, unknown>, PATIENT_COLUMNS, PATIENT_SLOTS);
}

export async function readPatients(
  queries: PgQueries,
  patientIds: readonly number[],
): Promise<Map<number, PatientState>> {
  const list = [numbers(patientIds)];
  const rows = await queries.rows('SELECT * FROM patients WHERE id = ANY($1::int[])', list);
  const parts = groupBy(
    await queries.rows<{ patient_id: number; site_id: string; record: string }>(
      'SELECT patient_id, site_id, record FROM patient_parts WHERE patient_id = ANY($1::int[]) ORDER BY id',
      list,
    ),
    'patient_id',
  );
  const firstSites = new Map(
    await queries.arrays<[number, string]>(
      `SELECT DISTINCT ON (patient_id) patient_id, site_id FROM patient_sources
       WHERE patient_id = ANY($1::int[]) ORDER BY patient_id, id`,
      list,
    ),
  );
  const states = new Map<number, PatientState>();
  for (const record of rows) {
    const id = record['id'] as number;
    const row = rowOf(record, PATIENT_COLUMNS, PATIENT_SLOTS);
    const ssnCheck = record['ssn_check'] as number | null;
    const firstSiteId = firstSites.get(id)!;
    const kept = (parts.get(id) ?? []).map((part): PatientPart => {
      return { row: readPart(part.record), rank: part.site_id === firstSiteId ? 0 : 1 };
    });
    states.set(id, {
      row,
      ssnCheck,
      identity: { ...identityOf(row), ssnCheck },
      parts: kept.length === 0 ? [{ row, rank: 0 }] : kept,
      partsKept: kept.length > 0,
      firstSiteId,
    });
  }
  return states;
}

/** The patients that source ids of one site stand for. */
export async function findLinkedPatients(
  queries: PgQueries,
  siteId: string,
  sourcePatientIds: readonly string[],
): Promise<Map<string, LinkedPatient>> {
  const rows = await queries.arrays<[string, number, string | null, string | null]>(
    `SELECT s.source_patient_id, p.id, p.birth_date, p.death_date
     FROM patient_sources s JOIN patients p ON p.id = s.patient_id
     WHERE s.site_id = $1 AND s.source_patient_id = ANY($2::text[]) ORDER BY s.id`,
    [siteId, sourcePatientIds],
  );
  return new Map(rows.map(([key, patientId, birthDate, deathDate]) => [key, { patientId, birthDate, deathDate }]));
}

export async function readPatientDates(
  queries: PgQueries,
  patientIds: readonly number[],
): Promise<Map<number, LinkedPatient>> {
  const rows = await queries.arrays<[number, string | null, string | null]>(
    'SELECT id, birth_date, death_date FROM patients WHERE id = ANY($1::int[])',
    [numbers(patientIds)],
  );
  return new Map(rows.map(([patientId, birthDate, deathDate]) => [patientId, { patientId, birthDate, deathDate }]));
}

/** Those of the patients that have more than one id. */
export async function findSharedPatients(queries: PgQueries, patientIds: readonly number[]): Promise<number[]> {
  const rows = await queries.arrays<[number]>(
    `SELECT patient_id FROM patient_sources WHERE patient_id = ANY($1::int[])
     GROUP BY patient_id HAVING min(site_id) <> max(site_id) OR min(source_patient_id) <> max(source_patient_id)`,
    [numbers(patientIds)],
  );
  return rows.map(([id]) => id);
}

/** Packs that are read at once: half a megabyte. */
const PACKS_AT_ONCE = 16;
/** Keys that are asked for at once. */
const KEYS_AT_ONCE = 10_000;

/** Patients who have one of the keys, by id. Keys that more than `mostPerKey` have in common are passed over. */
export async function findPatientsByKeys(
  queries: PgQueries,
  passes: Iterable<SoughtKeys>,
  mostPerKey: number,
): Promise<number[]> {
  const found = new Set<number>();
  const [hasRows] = await queries.arrays<[boolean]>(
    `SELECT EXISTS (SELECT FROM review_decisions) OR EXISTS (SELECT FROM runs WHERE status = 'undone')`,
  );
  for (const sought of passes) {
    const search = new KeySearch(sought);
    const bounds = await queries.arrays<[number, number, number]>(
      'SELECT id, first_key, last_key FROM match_key_packs WHERE pass = $1 ORDER BY first_key',
      [sought.pass],
    );
    const ids = bounds.filter(([, first, last]) => search.reaches(first, last)).map(([id]) => id);
    for (let start = 0; start < ids.length; start += PACKS_AT_ONCE) {
      const packs = await queries.arrays<[Buffer, Buffer]>(
        'SELECT keys, patient_ids FROM match_key_packs WHERE id = ANY($1::int[]) ORDER BY first_key',
        [numbers(ids.slice(start, start + PACKS_AT_ONCE))],
      );
      for (const [keys, patientIds] of packs) {
        search.look({ keys: numbersOf(keys), patientIds: numbersOf(patientIds) });
      }
    }
    for (const patientId of search.found(mostPerKey)) found.add(patientId);
    for (let start = 0; hasRows![0] && start < sought.keys.length; start += KEYS_AT_ONCE) {
      const keys = [...sought.keys.subarray(start, start + KEYS_AT_ONCE)].map((key) => rowKeyOf(sought.pass, key));
      const rows = await queries.arrays<[number]>(
        'SELECT DISTINCT patient_id FROM match_keys WHERE match_key = ANY($1::bigint[])',
        [numbers(keys)],
      );
      for (const [patientId] of rows) found.add(patientId);
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** Adds packs of keys. */
export async function insertKeyPacks(queries: PgQueries, packs: Iterable<KeyPackOfRun>): Promise<void> {
  for (const { runId, pass, keys, patientIds } of packs) {
    await queries.run(
      `INSERT INTO match_key_packs (run_id, pass, first_key, last_key, keys, patient_ids) VALUES ($1, $2, $3, $4, $5, $6)`,
      [runId, pass, keys[0]!, keys[keys.length - 1]!, bytesOf(keys), bytesOf(patientIds)],
    );
  }
}

const COMPARED_COLUMNS = PATIENT_COLUMNS.filter(({ name }) => COMPARED_PATIENT_FIELDS.some((field) => field === name));
const CHART = COMPARED_COLUMNS.findIndex(({ name }) => name === 'chart_number');

/** The records of patients, as far as they are compared: what each was made of, or its row if that is one record. */
export async function readComparable(
  queries: PgQueries,
  patientIds: readonly number[],
): Promise<readonly ComparableRecord[]> {
  const list = [numbers(patientIds)];
  const parts = new Map<number, { readonly row: Row; readonly ssnCheck: number | null }[]>();
  const kept = await queries.arrays<[number, string, string, number | null]>(
    `SELECT patient_id, site_id, record, ssn_check FROM patient_parts WHERE patient_id = ANY($1::int[]) ORDER BY id`,
    list,
  );
  for (const [patientId, siteId, record, ssnCheck] of kept) {
    const row = rowOf(JSON.parse(record) as Record<string, unknown>, COMPARED_COLUMNS, PATIENT_SLOTS);
    row[PATIENT.site_id] = siteId;
    const own = parts.get(patientId);
    if (own === undefined) parts.set(patientId, [{ row, ssnCheck }]);
    else own.push({ row, ssnCheck });
  }
  const rows = await queries.arrays<[number, number | null, number, string, ...(string | null)[]]>(
    `SELECT id, ssn_check, run_id,
       (SELECT site_id FROM patient_sources s WHERE s.patient_id = p.id ORDER BY s.id LIMIT 1),
       ${COMPARED_COLUMNS.map(({ name }) => name).join(', ')}
     FROM patients p WHERE id = ANY($1::int[]) ORDER BY id`,
    list,
  );
  const records: ComparableRecord[] = [];
  for (const [patientId, ssnCheck, runId, siteId, ...values] of rows) {
    const own = parts.get(patientId);
    if (own !== undefined) {
      const isKept = own.some((part) => part.ssnCheck !== null);
      own.forEach((part, i) => {
        records.push({ patientId, runId, row: part.row, ssnCheck: isKept || i > 0 ? part.ssnCheck : ssnCheck });
      });
      continue;
    }
    const row: Row = new Array(PATIENT_SLOTS).fill(null);
    COMPARED_COLUMNS.forEach(({ slot }, i) => {
      row[slot] = values[i]!;
    });
    // Chart numbers mean something at their own site only.
    if (values[CHART] !== null) row[PATIENT.site_id] = siteId;
    records.push({ patientId, runId, row, ssnCheck });
  }
  return records;
}

/** How many records bear each of these names. */
export async function readNameUses(queries: PgQueries, nameKeys: readonly number[]): Promise<number[]> {
  const rows = await queries.arrays<[number, number]>(
    'SELECT name_key, sum(uses) FROM name_uses WHERE name_key = ANY($1::bigint[]) GROUP BY name_key',
    [numbers(nameKeys)],
  );
  const uses = new Map(rows);
  return nameKeys.map((key) => uses.get(key) ?? 0);
}

/** Completed runs whose patients have only the key of name and birth date. */
const KEYLESS_RUNS = `SELECT id FROM runs WHERE status = 'completed' AND coalesce(has_all_keys, 0) = 0`;

/** The patients that cannot be found by all keys, in the order of their ids. */
export async function patientsWithoutKeys(queries: PgQueries): Promise<number[]> {
  const rows = await queries.arrays<[number]>(
    `SELECT DISTINCT patient_id FROM patient_sources WHERE run_id IN (${KEYLESS_RUNS}) ORDER BY patient_id`,
  );
  return rows.map(([id]) => id);
}

/** Takes away keys that were given to patients who lack keys. */
export async function clearMissingKeys(queries: PgQueries): Promise<void> {
  await queries.run(`DELETE FROM match_key_packs WHERE run_id IN (${KEYLESS_RUNS})`);
}

/** Adds how often names are used, when all keys were added, and notes that nothing is missing any more. */
export async function finishMissingKeys(queries: PgQueries, nameUses: ReadonlyMap<string, number>): Promise<void> {
  const counted = [...nameUses].map(([key, count]) => [...key.split(' ').map(Number), count]);
  await queries.run(
    `INSERT INTO name_uses (name_key, run_id, uses)
     SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[]) AS n (name_key, run_id, uses)
     WHERE run_id IN (${KEYLESS_RUNS}) ON CONFLICT DO NOTHING`,
    [0, 1, 2].map((column) => numbers(counted.map((row) => row[column]!))),
  );
  await queries.run(`UPDATE runs SET has_all_keys = 1 WHERE id IN (${KEYLESS_RUNS})`);
}
