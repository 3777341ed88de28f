/** Decides reviews by others, of which they are a consequence. */
import { type Review, type ReviewDecision, readReviewsOfPatient } from '../match-history.js';
import { firstValue, type Queries } from '../queries.js';

/** Decides a review by another one. */
async function settle(queries: Queries, reviewId: number, decision: ReviewDecision, byReviewId: number): Promise<void> {
  await queries.run(
    `UPDATE match_reviews SET decision = $1, decision_reason = $2,
       decided_by = (SELECT o.decided_by FROM match_reviews o WHERE o.id = $3),
       decided_at = (SELECT o.decided_at FROM match_reviews o WHERE o.id = $3) WHERE id = $4`,
    [decision, `follows from R${byReviewId}`, byReviewId, reviewId],
  );
}

/** Decides all open pairs of the same two patients as a review. */
export async function settlePair(
  queries: Queries,
  { reviewId, patientIdA, patientIdB }: Review,
  decision: ReviewDecision,
): Promise<void> {
  for (const other of await readReviewsOfPatient(queries, patientIdA)) {
    const isPair = [other.patientIdA, other.patientIdB].includes(patientIdB) && other.immunizationIds === null;
    if (other.reviewId === reviewId || !isPair || other.decision === 'same' || patientIdA === patientIdB) continue;
    await settle(queries, other.reviewId, decision, reviewId);
  }
}

/** Pairs of a patient that ends are of the one that goes on; those of these two are settled. */
export async function followInReviews(queries: Queries, decided: Review, from: number, to: number): Promise<void> {
  for (const review of await readReviewsOfPatient(queries, from)) {
    const isApplied = review.decision === 'same' && review.immunizationIds === null;
    if (review.reviewId === decided.reviewId || isApplied) continue;
    const [a, b] = [review.patientIdA, review.patientIdB].map((id) => (id === from ? to : id)) as [number, number];
    await queries.update('match_reviews', [{ id: review.reviewId, patient_id_a: a, patient_id_b: b }]);
    if (review.immunizationIds !== null) continue;
    if (a === b) await settle(queries, review.reviewId, 'same', decided.reviewId);
    else if (review.decision !== 'different') await settleAsBefore(queries, review.reviewId, a, b);
  }
}

/** A pair that a reviewer has held to be two is not asked again. */
async function settleAsBefore(queries: Queries, reviewId: number, a: number, b: number): Promise<void> {
  const before = await firstValue<number>(
    queries,
    `SELECT id FROM match_reviews WHERE decision = 'different' AND immunization_id_a IS NULL
       AND patient_id_a IN ($1, $2) AND patient_id_b IN ($1, $2) ORDER BY id LIMIT 1`,
    [a, b],
  );
  if (before !== undefined) await settle(queries, reviewId, 'different', before);
}
