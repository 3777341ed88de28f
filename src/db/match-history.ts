/** What a registry remembers of matching: where the records of a patient came from, and the pairs for a reviewer. */
import type { Database } from 'better-sqlite3';

/** Where a record stands. */
export interface RecordPlace {
  readonly runId: number;
  readonly file: string;
  readonly line: number;
}

/** What an explanation was about: records of files, or stored patients. */
export type Compared = RecordPlace | { readonly patientId: number };

/** A stored explanation: JSON as it was written, and the two that were compared. */
export interface StoredExplanation {
  readonly json: string;
  readonly between: readonly Compared[];
}

/** A record that is of a patient, and how that came. */
export interface PatientSource extends RecordPlace {
  readonly decision: 'new' | 'merged' | 'duplicate';
  /** `null` for the record that made the patient. */
  readonly reason: string | null;
  /** `null` where nothing was weighed. */
  readonly explanation: StoredExplanation | null;
}

/** What a reviewer says of a pair. */
export type ReviewDecision = 'same' | 'different' | 'later';
export const REVIEW_DECISIONS: readonly ReviewDecision[] = ['same', 'different', 'later'];

/** A pair of patients that may be one person, or of doses of one patient that may be one dose. */
export interface Review {
  readonly reviewId: number;
  readonly runId: number;
  readonly patientIdA: number;
  readonly patientIdB: number;
  /** The doses of a pair of doses; equal once they are one dose. `null` for a pair of patients. */
  readonly immunizationIds: readonly [number, number] | null;
  /** `null` where nothing was weighed. */
  readonly weight: number | null;
  readonly reason: string;
  readonly explanation: StoredExplanation | null;
  /** `null` while nobody has looked at it. */
  readonly decision: ReviewDecision | null;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  readonly decisionReason: string | null;
}

/** The records of a patient in the order in which they came; none if there is no such patient. */
export function readPatientSources(database: Database, patientId: number): PatientSource[] {
  const rows = database
    .prepare(
      `SELECT s.run_id, f.name, s.line, s.decision, s.reason, s.explanation
       FROM patient_sources s JOIN run_files f ON f.id = s.file_id WHERE s.patient_id = ? ORDER BY s.id`,
    )
    .raw()
    .all(patientId) as [number, string, number, PatientSource['decision'], string | null, string | null][];
  return rows.map(([runId, file, line, decision, reason, explanation]) => ({
    runId,
    file,
    line,
    decision,
    reason,
    explanation: readExplanation(database, explanation),
  }));
}

type ReviewRow = [
  number,
  number,
  number,
  number,
  number | null,
  number | null,
  number | null,
  string,
  string | null,
  ReviewDecision | null,
  string | null,
  string | null,
  string | null,
];

function selectReviews(database: Database, condition: string, ...values: readonly number[]): Review[] {
  const rows = database
    .prepare(
      `SELECT m.id, m.run_id, m.patient_id_a, m.patient_id_b, m.immunization_id_a, m.immunization_id_b, m.weight, m.reasons, m.explanation, m.decision, m.decided_by,
         m.decided_at, m.decision_reason
       FROM match_reviews m JOIN runs r ON r.id = m.run_id WHERE r.status IN ('completed', 'undone') AND ${condition}
       ORDER BY m.weight IS NULL, m.weight DESC, m.id`,
    )
    .raw()
    .all(...values) as ReviewRow[];
  return rows.map(
    ([reviewId, runId, patientIdA, patientIdB, doseA, doseB, weight, reason, json, decision, ...made]) => ({
      reviewId,
      runId,
      patientIdA,
      patientIdB,
      immunizationIds: doseA === null || doseB === null ? null : [doseA, doseB],
      weight,
      reason,
      explanation: readExplanation(database, json),
      decision,
      decidedBy: made[0],
      decidedAt: made[1],
      decisionReason: made[2],
    }),
  );
}

/** Pairs that wait for a decision. Two doses that more records have made one are no question any more. */
const OPEN = `coalesce(m.decision, 'later') = 'later'
  AND (m.immunization_id_a IS NULL OR m.immunization_id_a <> m.immunization_id_b)`;

/** Pairs of completed runs, the heaviest first: those that wait for a decision, or all. */
export function listReviews(database: Database, which: 'open' | 'all'): Review[] {
  return selectReviews(database, which === 'all' ? 'true' : OPEN);
}

/** A pair by its number, `null` if there is none. */
export function readReview(database: Database, reviewId: number): Review | null {
  return selectReviews(database, 'm.id = ?', reviewId)[0] ?? null;
}

/** The pairs that a patient is in. */
export function readReviewsOfPatient(database: Database, patientId: number): Review[] {
  return selectReviews(database, '(m.patient_id_a = ? OR m.patient_id_b = ?)', patientId, patientId);
}

/** Something that was decided of a review. */
export interface PastDecision {
  readonly decisionId: number;
  readonly reviewId: number;
  readonly decision: ReviewDecision;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  readonly reason: string | null;
  /** What it did to the registry; `null` if nothing. */
  readonly effect: string | null;
  /** What stood against it. */
  readonly despite: readonly string[];
}

/** All that was ever decided of some reviews, in the order in which it was. */
export function readDecisions(database: Database, reviewIds: readonly number[]): PastDecision[] {
  return selectDecisions(database, 'review_id IN (SELECT value FROM json_each(@value))', JSON.stringify(reviewIds));
}

/** The decisions that made a patient part of others, or others part of it, or that took it apart. */
export function readDecisionsOfPatient(database: Database, patientId: number): PastDecision[] {
  return selectDecisions(database, '(patient_id = @value OR other_patient_id = @value)', patientId);
}

function selectDecisions(database: Database, condition: string, value: string | number): PastDecision[] {
  const rows = database
    .prepare(
      `SELECT id, review_id, decision, decided_by, decided_at, reason, effect, despite FROM review_decisions
       WHERE ${condition} ORDER BY id`,
    )
    .all({ value }) as Record<string, string | number | null>[];
  return rows.map((row) => ({
    decisionId: row['id'] as number,
    reviewId: row['review_id'] as number,
    decision: row['decision'] as ReviewDecision,
    decidedBy: row['decided_by'] as string | null,
    decidedAt: row['decided_at'] as string | null,
    reason: row['reason'] as string | null,
    effect: row['effect'] as string | null,
    despite: row['despite'] === null ? [] : (JSON.parse(row['despite'] as string) as string[]),
  }));
}

function readExplanation(database: Database, json: string | null): StoredExplanation | null {
  if (json === null) return null;
  const { between } = JSON.parse(json) as {
    between: readonly { readonly patient_id?: number; readonly file_id?: number; readonly line?: number }[];
  };
  const file = database.prepare('SELECT run_id, name FROM run_files WHERE id = ?').raw();
  return {
    json,
    between: between.map((who) => {
      if (who.patient_id !== undefined) return { patientId: who.patient_id };
      const [runId, name] = file.get(who.file_id) as [number, string];
      return { runId, file: name, line: who.line! };
    }),
  };
}

/** The reason of a review that a reviewer's split of a patient made. */
export const SPLIT = 'one patient until a reviewer took them apart';

/** A pair that a completed run weighed: records that it joined, or a pair that it left to a reviewer. */
export interface StoredComparison {
  readonly was: 'one' | 'question';
  /** `null` for records that a run joined by itself. */
  readonly reviewId: number | null;
  readonly patientIdA: number;
  /** `null` for records that became one patient. */
  readonly patientIdB: number | null;
  readonly runId: number;
  /** Of records that became one patient, where the later one stands. */
  readonly line: number | null;
  /** The explanation as JSON. */
  readonly json: string;
  readonly decision: ReviewDecision | null;
}

/** All pairs of which it is stored what they weigh, one after the other. */
export function* readComparisons(database: Database): Generator<StoredComparison> {
  const joins = database
    .prepare(
      `SELECT 'one', NULL, s.patient_id, NULL, s.run_id, s.line, s.explanation, NULL
       FROM patient_sources s JOIN runs r ON r.id = s.run_id
       WHERE r.status IN ('completed', 'undone') AND s.explanation IS NOT NULL AND coalesce(s.reason, '') NOT LIKE 'decided by a reviewer%'
       ORDER BY s.id`,
    )
    .raw();
  const reviews = database
    .prepare(
      `SELECT CASE WHEN m.reasons = '${SPLIT}' THEN 'one' ELSE 'question' END, m.id, m.patient_id_a, m.patient_id_b, m.run_id, NULL, m.explanation, m.decision
       FROM match_reviews m JOIN runs r ON r.id = m.run_id
       WHERE r.status IN ('completed', 'undone') AND m.explanation IS NOT NULL ORDER BY m.id`,
    )
    .raw();
  type Comparison = [
    'one' | 'question', number | null, number, number | null, number, number | null, string, ReviewDecision | null,
  ]; // biome-ignore format: the columns in their order
  for (const statement of [joins, reviews]) {
    for (const row of statement.iterate() as IterableIterator<Comparison>) {
      const [was, reviewId, patientIdA, patientIdB, runId, line, json, decision] = row;
      yield { was, reviewId, patientIdA, patientIdB, runId, line, json, decision };
    }
  }
}

/** How many pairs of patients that are left to a reviewer were not weighed. */
export function countUnweighed(database: Database): number {
  return database
    .prepare(
      `SELECT count(*) FROM match_reviews m JOIN runs r ON r.id = m.run_id
       WHERE r.status IN ('completed', 'undone') AND m.explanation IS NULL AND m.immunization_id_a IS NULL`,
    )
    .pluck()
    .get() as number;
}
