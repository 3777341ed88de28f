/** What a registry remembers of matching: where the records of a patient came from, and the pairs for a reviewer. */
import { firstValue, type Queries, type SqlRow } from './queries.js';

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
export async function readPatientSources(queries: Queries, patientId: number): Promise<PatientSource[]> {
  const rows = await queries.arrays<[number, string, number, PatientSource['decision'], string | null, string | null]>(
    `SELECT s.run_id, f.name, s.line, s.decision, s.reason, s.explanation
     FROM patient_sources s JOIN run_files f ON f.id = s.file_id WHERE s.patient_id = $1 ORDER BY s.id`,
    [patientId],
  );
  const explanations = await readExplanations(
    queries,
    rows.map((row) => row[5]),
  );
  return rows.map(([runId, file, line, decision, reason], i) => {
    return { runId, file, line, decision, reason, explanation: explanations[i]! };
  });
}

async function selectReviews(queries: Queries, condition: string, values: readonly number[] = []): Promise<Review[]> {
  const rows = await queries.rows(
    `SELECT m.* FROM match_reviews m JOIN runs r ON r.id = m.run_id
     WHERE r.status IN ('completed', 'undone') AND ${condition}
     ORDER BY m.weight IS NULL, m.weight DESC, m.id`,
    values,
  );
  const explanations = await readExplanations(
    queries,
    rows.map((row) => row['explanation'] as string | null),
  );
  return rows.map((row, i) => {
    const doses = [row['immunization_id_a'], row['immunization_id_b']] as [number | null, number | null];
    return {
      reviewId: row['id'] as number,
      runId: row['run_id'] as number,
      patientIdA: row['patient_id_a'] as number,
      patientIdB: row['patient_id_b'] as number,
      immunizationIds: doses[0] === null || doses[1] === null ? null : [doses[0], doses[1]],
      weight: row['weight'] as number | null,
      reason: row['reasons'] as string,
      explanation: explanations[i]!,
      decision: row['decision'] as ReviewDecision | null,
      decidedBy: row['decided_by'] as string | null,
      decidedAt: row['decided_at'] as string | null,
      decisionReason: row['decision_reason'] as string | null,
    };
  });
}

/** Pairs that wait for a decision. Two doses that more records have made one are no question any more. */
const OPEN = `coalesce(m.decision, 'later') = 'later'
  AND (m.immunization_id_a IS NULL OR m.immunization_id_a <> m.immunization_id_b)`;

/** Pairs of completed runs, the heaviest first: those that wait for a decision, or all. */
export async function listReviews(queries: Queries, which: 'open' | 'all'): Promise<Review[]> {
  return selectReviews(queries, which === 'all' ? 'true' : OPEN);
}

/** A pair by its number, `null` if there is none. */
export async function readReview(queries: Queries, reviewId: number): Promise<Review | null> {
  return (await selectReviews(queries, 'm.id = $1', [reviewId]))[0] ?? null;
}

/** The pairs that a patient is in. */
export async function readReviewsOfPatient(queries: Queries, patientId: number): Promise<Review[]> {
  return selectReviews(queries, '(m.patient_id_a = $1 OR m.patient_id_b = $1)', [patientId]);
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
export async function readDecisions(queries: Queries, reviewIds: readonly number[]): Promise<PastDecision[]> {
  return selectDecisions(queries, 'review_id = ANY($1::int[])', reviewIds);
}

/** The decisions that made a patient part of others, or others part of it, or that took it apart. */
export async function readDecisionsOfPatient(queries: Queries, patientId: number): Promise<PastDecision[]> {
  return selectDecisions(queries, '(patient_id = $1 OR other_patient_id = $1)', patientId);
}

async function selectDecisions(
  queries: Queries,
  condition: string,
  value: number | readonly number[],
): Promise<PastDecision[]> {
  const rows = await queries.rows(
    `SELECT id, review_id, decision, decided_by, decided_at, reason, effect, despite FROM review_decisions
     WHERE ${condition} ORDER BY id`,
    [value],
  );
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

/** What an explanation compared, as it is stored. */
interface StoredPlace {
  readonly patient_id?: number;
  readonly file_id?: number;
  readonly line?: number;
}

async function readExplanations(
  queries: Queries,
  texts: readonly (string | null)[],
): Promise<(StoredExplanation | null)[]> {
  const places = texts.map((json) =>
    json === null ? [] : (JSON.parse(json) as { readonly between: readonly StoredPlace[] }).between,
  );
  const fileIds = new Set(places.flat().flatMap(({ file_id }) => (file_id === undefined ? [] : [file_id])));
  const files = await queries.rows<{ id: number; run_id: number; name: string }>(
    'SELECT id, run_id, name FROM run_files WHERE id = ANY($1::int[])',
    [[...fileIds]],
  );
  const byId = new Map(files.map((file) => [file.id, file]));
  const describe = ({ patient_id: patientId, file_id, line }: StoredPlace): Compared => {
    if (patientId !== undefined) return { patientId };
    const { run_id: runId, name } = byId.get(file_id!)!;
    return { runId, file: name, line: line! };
  };
  return texts.map((json, i) => (json === null ? null : { json, between: places[i]!.map(describe) }));
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

/** Pairs that are read at once. */
const PAIRS_AT_ONCE = 5000;

/** All pairs of which it is stored what they weigh, one after the other. */
export async function* readComparisons(queries: Queries): AsyncGenerator<StoredComparison> {
  const selects = [
    `SELECT s.id, 'one' AS was, NULL AS review, s.patient_id AS a, NULL AS b, s.run_id, s.line, s.explanation,
       NULL AS decision
     FROM patient_sources s JOIN runs r ON r.id = s.run_id
     WHERE r.status IN ('completed', 'undone') AND s.explanation IS NOT NULL
       AND coalesce(s.reason, '') NOT LIKE 'decided by a reviewer%' AND s.id > $1 ORDER BY s.id`,
    `SELECT m.id, CASE WHEN m.reasons = '${SPLIT}' THEN 'one' ELSE 'question' END AS was, m.id AS review,
       m.patient_id_a AS a, m.patient_id_b AS b, m.run_id, NULL AS line, m.explanation, m.decision
     FROM match_reviews m JOIN runs r ON r.id = m.run_id
     WHERE r.status IN ('completed', 'undone') AND m.explanation IS NOT NULL AND m.id > $1 ORDER BY m.id`,
  ];
  for (const select of selects) {
    for (let after = 0; ; ) {
      const rows = await queries.rows(`${select} LIMIT ${PAIRS_AT_ONCE}`, [after]);
      for (const row of rows) yield comparisonOf(row);
      if (rows.length < PAIRS_AT_ONCE) break;
      after = rows.at(-1)!['id'] as number;
    }
  }
}

function comparisonOf(row: SqlRow): StoredComparison {
  return {
    was: row['was'] as StoredComparison['was'],
    reviewId: row['review'] as number | null,
    patientIdA: row['a'] as number,
    patientIdB: row['b'] as number | null,
    runId: row['run_id'] as number,
    line: row['line'] as number | null,
    json: row['explanation'] as string,
    decision: row['decision'] as ReviewDecision | null,
  };
}

/** How many pairs of patients that are left to a reviewer were not weighed. */
export async function countUnweighed(queries: Queries): Promise<number> {
  const count = await firstValue<number>(
    queries,
    `SELECT count(*) FROM match_reviews m JOIN runs r ON r.id = m.run_id
     WHERE r.status IN ('completed', 'undone') AND m.explanation IS NULL AND m.immunization_id_a IS NULL`,
  );
  return count!;
}
