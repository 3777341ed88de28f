/** What reviewers' decisions do to a registry: patients become one, and two again; doses likewise. */

import { appendToJournal } from '../journal.js';
import { type Review, type ReviewDecision, readReview, readReviewsOfPatient } from '../match-history.js';
import { type Person, readPerson } from '../person.js';
import { firstColumn, firstValue, insertRow } from '../queries.js';
import { type AppliedDecision, currentPatient, findJoinsOf, join, joinDoses, part, selectApplied } from './applied.js';
import type { DecisionMade, DeskContext } from './context.js';
import { readDecisionImages } from './images.js';
import { settlePair } from './settle.js';
import { movedSources, type Parted, takeBackDecision } from './take-back.js';

/** The desk of one registry. Use it within one transaction, and no longer. */
export class ReviewDesk {
  readonly #context: DeskContext;

  constructor(context: DeskContext) {
    this.#context = context;
  }

  // ---- what there is ---------------------------------------------------------------------------------------------

  async readReview(reviewId: number): Promise<Review | null> {
    return readReview(this.#context.queries, reviewId);
  }

  async readReviewsOfPatient(patientId: number): Promise<readonly Review[]> {
    return readReviewsOfPatient(this.#context.queries, patientId);
  }

  async readPerson(patientId: number): Promise<Person | null> {
    return readPerson(this.#context.queries, patientId);
  }

  /** Pairs of patients that were said to be one before that did anything. */
  async findUnapplied(): Promise<Review[]> {
    const ids = await firstColumn(
      this.#context.queries,
      `SELECT m.id FROM match_reviews m JOIN patients a ON a.id = m.patient_id_a JOIN patients b ON b.id = m.patient_id_b
       WHERE m.decision = 'same' AND m.immunization_id_a IS NULL AND a.id <> b.id
         AND NOT EXISTS (SELECT 1 FROM applied_decisions d WHERE d.review_id = m.id) ORDER BY m.id`,
    );
    const reviews: Review[] = [];
    for (const id of ids) reviews.push((await this.readReview(id))!);
    return reviews;
  }

  /** The decision about a review that changed the registry and holds, `null` if there is none. */
  async findApplied(reviewId: number): Promise<AppliedDecision | null> {
    return (await selectApplied(this.#context.queries, 'review_id = $1', reviewId))[0] ?? null;
  }

  /** The decisions that hold by which others became part of a patient, or of one that did. */
  async findJoinsOf(patientId: number): Promise<AppliedDecision[]> {
    return findJoinsOf(this.#context.queries, patientId);
  }

  /** The source records that a decision moved. */
  async findSourcesOf({ decisionId, patientId }: AppliedDecision): Promise<number[]> {
    return movedSources(await readDecisionImages(this.#context.queries, decisionId), patientId);
  }

  /** The patient that a patient is by now. */
  async currentPatient(patientId: number): Promise<number> {
    return currentPatient(this.#context.queries, patientId);
  }

  /** The name of a file, as people know it. */
  async fileName(fileId: number): Promise<string> {
    const name = await firstValue<string>(this.#context.queries, 'SELECT name FROM run_files WHERE id = $1', [fileId]);
    return name!;
  }

  // ---- history ---------------------------------------------------------------------------------------------------

  /** Writes a decision down, in the history and at its review, and gives its number. */
  async record(
    made: DecisionMade,
    told: {
      readonly effect: string | null;
      readonly despite?: readonly string[];
      readonly patientIds?: readonly [number, number];
    },
  ): Promise<number> {
    const { queries } = this.#context;
    const { reviewId, decision, by, at, reason } = made;
    const { effect, despite = [], patientIds = [null, null] } = told;
    await queries.update('match_reviews', [
      { id: reviewId, decision, decided_by: by, decided_at: at, decision_reason: reason },
    ]);
    await appendToJournal(queries, {
      at,
      who: by,
      action: 'review',
      runId: null,
      details: { review: reviewId, decision, ...(effect !== null && { effect }) },
    });
    const decisionId = await firstValue<number>(
      queries,
      `INSERT INTO review_decisions
         (review_id, decision, decided_by, decided_at, reason, effect, despite, patient_id, other_patient_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
      [
        reviewId,
        decision,
        by,
        at,
        reason,
        effect,
        despite.length === 0 ? null : JSON.stringify(despite),
        ...patientIds,
      ],
    );
    return decisionId!;
  }

  /** Makes a review of two patients that were one until now, and gives its number. */
  async addReview(review: {
    readonly runId: number;
    readonly patientIds: readonly [number, number];
    readonly reason: string;
    readonly weight: number | null;
    readonly explanation: string | null;
  }): Promise<number> {
    const { reviewId } = await this.#context.nextIds();
    const { runId, patientIds, reason, weight, explanation } = review;
    await insertRow(this.#context.queries, 'match_reviews', {
      id: reviewId,
      run_id: runId,
      patient_id_a: patientIds[0],
      patient_id_b: patientIds[1],
      weight,
      reasons: reason,
      explanation,
    });
    return reviewId;
  }

  // ---- deciding --------------------------------------------------------------------------------------------------

  /** Makes one patient of two. The other open pairs of the one that ends are of the one that goes on. */
  async join(decisionId: number, reviewId: number, patientId: number, otherPatientId: number): Promise<void> {
    await join(this.#context, decisionId, reviewId, patientId, otherPatientId);
  }

  /** Puts two doses of a patient together. */
  async joinDoses(decisionId: number, reviewId: number): Promise<void> {
    await joinDoses(this.#context, decisionId, reviewId);
  }

  /** Makes a patient of its own of those of a person's records that came under the ids of these. */
  async part(
    decisionId: number,
    reviewId: number,
    patientId: number,
    sourceIds: readonly number[],
    newId: number,
  ): Promise<Parted> {
    const unknownRecords = await part(this.#context, decisionId, reviewId, { patientId, sourceIds, newId });
    return { patientId, otherPatientId: newId, unknownRecords };
  }

  /** The number that a patient gets which is made of another. */
  async nextPatientId(): Promise<number> {
    return (await this.#context.nextIds()).patientId;
  }

  /** Decides all open pairs of the same two patients as this one. */
  async settlePair(review: Review, decision: ReviewDecision): Promise<void> {
    await settlePair(this.#context.queries, review, decision);
  }

  /** Takes a decision back that joined patients or doses, or took a patient apart; `decision` is what is said of it now. */
  async takeBack(applied: AppliedDecision, decision: ReviewDecision): Promise<Parted> {
    return takeBackDecision(this.#context, applied, decision);
  }
}
