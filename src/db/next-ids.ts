/** The ids that the loader gives: none is given twice, whatever was undone, joined or taken apart since. */
import { firstValue, type Queries } from './queries.js';
import type { NextIds } from './store.js';

/** Ids that patients, doses and pairs for a reviewer have, or had: others may know them. `s` is the prefix of the tables. */
const GIVEN: Readonly<Record<keyof NextIds, (s: string) => readonly string[]>> = {
  patientId: (s) => [
    `SELECT max(id) AS id FROM ${s}patients`,
    `SELECT max(CAST(row_key AS integer)) FROM ${s}decision_images WHERE table_name = 'patients'`,
    `SELECT max(last_patient_id) FROM ${s}runs`,
    // One that was made by taking a patient apart, and became part of it again.
    `SELECT max(patient_id_a) FROM ${s}match_reviews`,
    `SELECT max(patient_id_b) FROM ${s}match_reviews`,
    `SELECT max(other_patient_id) FROM ${s}review_decisions`,
  ],
  immunizationId: (s) => [
    `SELECT max(id) AS id FROM ${s}doses`,
    // A dose that became part of another: the run that did it can be taken back.
    `SELECT max(row_id) FROM ${s}before_images WHERE table_name = 'doses'`,
    `SELECT max(CAST(row_key AS integer)) FROM ${s}decision_images WHERE table_name = 'doses'`,
    `SELECT max(last_immunization_id) FROM ${s}runs`,
    `SELECT max(immunization_id_a) FROM ${s}match_reviews`,
    `SELECT max(immunization_id_b) FROM ${s}match_reviews`,
  ],
  reviewId: (s) => [`SELECT max(id) AS id FROM ${s}match_reviews`, `SELECT max(last_review_id) FROM ${s}runs`],
};

/** The next ids of a registry whose rows are in these schemas. */
export async function findNextIds(queries: Queries, schemas: readonly string[]): Promise<NextIds> {
  const next = async (kind: keyof NextIds): Promise<number> => {
    const given = schemas.flatMap((schema) => GIVEN[kind](schema)).join(' UNION ALL ');
    return 1 + ((await firstValue<number | null>(queries, `SELECT max(id) FROM (${given}) AS given`)) ?? 0);
  };
  return {
    patientId: await next('patientId'),
    immunizationId: await next('immunizationId'),
    reviewId: await next('reviewId'),
  };
}
