/** Reads the patients of a registry as linking and merging need them: by the ids of their senders, by their keys, whole. */
import { type Identity, identityOf } from '../core/match/keys.js';
import type { KnownPatient } from '../core/match/patient.js';
import { homeSiteOf, type PatientPart } from '../core/match/survivor.js';
import type { Row } from '../core/model.js';
import { firstColumn, type Queries } from './queries.js';
import type { LinkedPatient, PatientState, SourceKey } from './store.js';
import { groupBy, PATIENT_COLUMNS, PATIENT_SLOTS, rowOf } from './tables.js';

/** The patients that ids of senders stand for. */
export async function findPatientsOfSources(
  queries: Queries,
  schema: string,
  sources: readonly SourceKey[],
): Promise<number[]> {
  const found: number[] = [];
  for (const [siteId, ids] of idsBySite(sources)) {
    const patientIds = await firstColumn(
      queries,
      `SELECT DISTINCT patient_id FROM ${schema}patient_sources
       WHERE site_id = $1 AND source_patient_id = ANY($2::text[])`,
      [siteId, ids],
    );
    for (const id of patientIds) found.push(id);
  }
  return found;
}

function idsBySite(sources: readonly SourceKey[]): Map<string, string[]> {
  const bySite = new Map<string, string[]>();
  for (const { siteId, sourcePatientId } of sources) {
    const ids = bySite.get(siteId);
    if (ids === undefined) bySite.set(siteId, [sourcePatientId]);
    else ids.push(sourcePatientId);
  }
  return bySite;
}

/** Patients who have one of the keys, with those of the keys that they have. */
export async function findKeysOfPatients(
  queries: Queries,
  schema: string,
  matchKeys: readonly number[],
): Promise<[patientId: number, matchKey: number][]> {
  return queries.arrays(
    `SELECT patient_id, match_key FROM ${schema}match_keys WHERE match_key = ANY($1::bigint[])
     ORDER BY match_key, patient_id`,
    [matchKeys],
  );
}

/** Patients as matching by name and id needs them, in the order of their ids. `keys` are those under which they were found. */
export async function readKnownPatients(
  queries: Queries,
  patientIds: readonly number[],
  keys: ReadonlyMap<number, readonly number[]>,
): Promise<KnownPatient[]> {
  const rows = await queries.rows('SELECT * FROM patients WHERE id = ANY($1::int[]) ORDER BY id', [patientIds]);
  const parts = await identitiesOfParts(queries, patientIds);
  const sources = groupBy(
    await queries.rows(
      `SELECT patient_id, site_id, source_patient_id, content FROM patient_sources
       WHERE patient_id = ANY($1::int[]) ORDER BY id`,
      [patientIds],
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
      otherIdentities: parts.get(id) ?? [],
      matchKeys: keys.get(id) ?? [],
      sources: (sources.get(id) ?? []).map((source) => ({
        siteId: source['site_id'] as string,
        sourcePatientId: source['source_patient_id'] as string,
        content: source['content'] as number,
      })),
    };
  });
}

/** What the records of patients say who are made of several: one of them may be called otherwise than the patient is. */
async function identitiesOfParts(
  queries: Queries,
  patientIds: readonly number[],
): Promise<Map<number, { siteId: string; identity: Identity }[]>> {
  const parts = await queries.arrays<[number, string, string]>(
    'SELECT patient_id, site_id, record FROM patient_parts WHERE patient_id = ANY($1::int[]) ORDER BY id',
    [patientIds],
  );
  const identities = new Map<number, { siteId: string; identity: Identity }[]>();
  for (const [id, siteId, record] of parts) {
    const said = { siteId, identity: identityOf(readPart(record)) };
    const own = identities.get(id);
    if (own === undefined) identities.set(id, [said]);
    else own.push(said);
  }
  return identities;
}

function readPart(record: string): Row {
  return rowOf(JSON.parse(record) as Record<string, unknown>, PATIENT_COLUMNS, PATIENT_SLOTS);
}

/** Persons with what merging needs, by their ids. */
export async function readPatients(
  queries: Queries,
  patientIds: readonly number[],
): Promise<Map<number, PatientState>> {
  const rows = await queries.rows('SELECT * FROM patients WHERE id = ANY($1::int[])', [patientIds]);
  const parts = groupBy(
    await queries.rows<{ patient_id: number; site_id: string; record: string }>(
      'SELECT patient_id, site_id, record FROM patient_parts WHERE patient_id = ANY($1::int[]) ORDER BY id',
      [patientIds],
    ),
    'patient_id',
  );
  const sources = groupBy(
    await queries.rows<{ patient_id: number; run_id: number; site_id: string }>(
      'SELECT patient_id, run_id, site_id FROM patient_sources WHERE patient_id = ANY($1::int[]) ORDER BY id',
      [patientIds],
    ),
    'patient_id',
  );
  const states = new Map<number, PatientState>();
  for (const record of rows) {
    const id = record['id'] as number;
    const row = rowOf(record, PATIENT_COLUMNS, PATIENT_SLOTS);
    const ssnCheck = record['ssn_check'] as number | null;
    const homeSiteId = homeSiteOf(sources.get(id)!.map((each) => ({ runId: each.run_id, siteId: each.site_id })));
    const kept = (parts.get(id) ?? []).map((part): PatientPart => {
      return { row: readPart(part.record), rank: part.site_id === homeSiteId ? 0 : 1 };
    });
    states.set(id, {
      row,
      ssnCheck,
      identity: { ...identityOf(row), ssnCheck },
      parts: kept.length === 0 ? [{ row, rank: 0 }] : kept,
      partsKept: kept.length > 0,
      homeSiteId,
    });
  }
  return states;
}

/** The patients that source ids of one site stand for. */
export async function findLinkedPatients(
  queries: Queries,
  siteId: string,
  sourcePatientIds: readonly string[],
): Promise<Map<string, LinkedPatient>> {
  const rows = await queries.arrays<[string, number, string | null, string | null]>(
    `SELECT s.source_patient_id, p.id, p.birth_date, p.death_date
     FROM patient_sources s JOIN patients p ON p.id = s.patient_id
     WHERE s.site_id = $1 AND s.source_patient_id = ANY($2::text[])`,
    [siteId, sourcePatientIds],
  );
  return new Map(rows.map(([key, patientId, birthDate, deathDate]) => [key, { patientId, birthDate, deathDate }]));
}

/** The days between which doses of these patients can lie. */
export async function readPatientDates(
  queries: Queries,
  patientIds: readonly number[],
): Promise<Map<number, LinkedPatient>> {
  const rows = await queries.arrays<[number, string | null, string | null]>(
    'SELECT id, birth_date, death_date FROM patients WHERE id = ANY($1::int[])',
    [patientIds],
  );
  return new Map(rows.map(([patientId, birthDate, deathDate]) => [patientId, { patientId, birthDate, deathDate }]));
}

/** Those of the patients that have more than one id. */
export async function findSharedPatients(
  queries: Queries,
  schema: string,
  patientIds: readonly number[],
): Promise<number[]> {
  return firstColumn(
    queries,
    `SELECT patient_id FROM ${schema}patient_sources WHERE patient_id = ANY($1::int[])
     GROUP BY patient_id HAVING min(site_id) <> max(site_id) OR min(source_patient_id) <> max(source_patient_id)`,
    [patientIds],
  );
}

/** Pairs of these patients that were left to a reviewer before, the lower id first. */
export async function findReviewedPairs(
  queries: Queries,
  schema: string,
  patientIds: readonly number[],
): Promise<[number, number][]> {
  const pairs = await queries.arrays<[number, number]>(
    `SELECT patient_id_a, patient_id_b FROM ${schema}match_reviews WHERE patient_id_a = ANY($1::int[]) ORDER BY id`,
    [patientIds],
  );
  return pairs.map(([a, b]) => (a < b ? [a, b] : [b, a]));
}
