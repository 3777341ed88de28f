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

/** A pair of patients that may be one person. */
export interface Review {
  readonly reviewId: number;
  readonly runId: number;
  readonly patientIdA: number;
  readonly patientIdB: number;
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
      `SELECT m.id, m.run_id, m.patient_id_a, m.patient_id_b, m.weight, m.reasons, m.explanation, m.decision, m.decided_by,
         m.decided_at, m.decision_reason
       FROM match_reviews m JOIN runs r ON r.id = m.run_id WHERE r.status = 'completed' AND ${condition}
       ORDER BY m.weight IS NULL, m.weight DESC, m.id`,
    )
    .raw()
    .all(...values) as ReviewRow[];
  return rows.map(([reviewId, runId, patientIdA, patientIdB, weight, reason, json, decision, by, at, why]) => ({
    reviewId,
    runId,
    patientIdA,
    patientIdB,
    weight,
    reason,
    explanation: readExplanation(database, json),
    decision,
    decidedBy: by,
    decidedAt: at,
    decisionReason: why,
  }));
}

/** Pairs of completed runs, the heaviest first: those that wait for a decision, or all. */
export function listReviews(database: Database, which: 'open' | 'all'): Review[] {
  return selectReviews(database, which === 'all' ? 'true' : "coalesce(m.decision, 'later') = 'later'");
}

/** A pair by its number, `null` if there is none. */
export function readReview(database: Database, reviewId: number): Review | null {
  return selectReviews(database, 'm.id = ?', reviewId)[0] ?? null;
}

/** The pairs that a patient is in. */
export function readReviewsOfPatient(database: Database, patientId: number): Review[] {
  return selectReviews(database, '(m.patient_id_a = ? OR m.patient_id_b = ?)', patientId, patientId);
}

/** Writes down what a reviewer decided. */
export function writeDecision(
  database: Database,
  reviewId: number,
  decision: { readonly decision: ReviewDecision; readonly by: string; readonly at: string; readonly reason: string },
): void {
  database
    .prepare('UPDATE match_reviews SET decision = ?, decided_by = ?, decided_at = ?, decision_reason = ? WHERE id = ?')
    .run(decision.decision, decision.by, decision.at, decision.reason, reviewId);
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
