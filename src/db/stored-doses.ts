/** Reads the doses of patients with the records that they are made of. */
import type { StoredDose } from '../core/match/dose.js';
import type { Row } from '../core/model.js';
import type { Queries } from './queries.js';
import { dosePairKey, type ReviewedDoses, type StoredComment } from './store.js';
import { DOSE_SLOTS, IMMUNIZATION_COLUMNS, rowOf } from './tables.js';

/** All doses of these patients, by patient, in the order of their ids. */
export async function readStoredDoses(
  queries: Queries,
  patientIds: readonly number[],
): Promise<Map<number, StoredDose[]>> {
  // Arrays, not objects: half of the time went into making objects of forty names.
  const rows = await queries.arrays<[number, number, ...(string | null)[]]>(
    `SELECT id, patient_id, ${IMMUNIZATION_COLUMNS.map(({ name }) => name).join(', ')}
     FROM immunizations WHERE patient_id = ANY($1::int[])`,
    [patientIds],
  );
  rows.sort(([a], [b]) => a - b);
  const parts = new Map<number, Row[]>();
  const kept = await queries.arrays<[number, string]>(
    `SELECT p.immunization_id, p.record FROM immunization_parts p JOIN doses i ON i.id = p.immunization_id
     WHERE i.patient_id = ANY($1::int[]) ORDER BY p.id`,
    [patientIds],
  );
  for (const [immunizationId, record] of kept) {
    const row = rowOf(JSON.parse(record) as Record<string, unknown>, IMMUNIZATION_COLUMNS, DOSE_SLOTS);
    const own = parts.get(immunizationId);
    if (own === undefined) parts.set(immunizationId, [row]);
    else own.push(row);
  }
  const doses = new Map<number, StoredDose[]>();
  for (const [immunizationId, patientId, ...values] of rows) {
    const row: Row = new Array(DOSE_SLOTS).fill(null);
    IMMUNIZATION_COLUMNS.forEach(({ slot }, i) => {
      row[slot] = values[i]!;
    });
    const dose: StoredDose = { immunizationId, row, parts: parts.get(immunizationId) ?? [] };
    const known = doses.get(patientId);
    if (known === undefined) doses.set(patientId, [dose]);
    else known.push(dose);
  }
  return doses;
}

/** Pairs of doses of these patients that were left to a reviewer, by patient. */
export async function readReviewedDoses(
  queries: Queries,
  schema: string,
  patientIds: readonly number[],
): Promise<Map<number, ReviewedDoses>> {
  const rows = await queries.arrays<[number, number, number, string | null]>(
    // Two doses that were one already when a reviewer said so are one by the table.
    `SELECT patient_id_a, immunization_id_a, immunization_id_b, CASE WHEN decision <> 'same' OR EXISTS (
         SELECT 1 FROM ${schema}applied_decisions d WHERE d.review_id = m.id) THEN decision END
     FROM ${schema}match_reviews m
     WHERE patient_id_a = ANY($1::int[]) AND immunization_id_a IS NOT NULL ORDER BY id`,
    [patientIds],
  );
  const reviewed = new Map<number, { same: [number, number][]; different: [number, number][]; asked: Set<string> }>();
  for (const [patientId, a, b, decision] of rows) {
    let own = reviewed.get(patientId);
    if (own === undefined) {
      own = { same: [], different: [], asked: new Set() };
      reviewed.set(patientId, own);
    }
    own.asked.add(dosePairKey(a, b));
    if (decision === 'same' || decision === 'different') own[decision].push([a, b]);
  }
  return new Map([...reviewed].map(([id, { asked, ...decided }]) => [id, { decided, asked }]));
}

/** All comments on these patients. */
export async function readComments(queries: Queries, patientIds: readonly number[]): Promise<StoredComment[]> {
  const rows = await queries.arrays<[number, string, string | null]>(
    `SELECT patient_id, comment_code, applies_on FROM patient_comments WHERE patient_id = ANY($1::int[]) ORDER BY id`,
    [patientIds],
  );
  return rows.map(([patientId, code, appliesOn]) => ({ patientId, code, appliesOn }));
}
