/** Whom undoing a run concerns: the patients of the run, and all who had a part in what was decided of them. */
import { identityOf, matchKeyOf } from '../../core/match/keys.js';
import type { Thresholds } from '../../core/match/match-people.js';
import { readComparable } from '../comparable.js';
import { firstColumn, firstValue, type Queries } from '../queries.js';
import type { MatchModelId, RunStatus } from '../store.js';

/** A run as undoing sees it. */
export interface UndoneRun {
  readonly id: number;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly matchModel: MatchModelId;
  /** The thresholds that it was given. */
  readonly thresholds: Partial<Thresholds>;
  /** Whether its patients can be found by all keys. */
  readonly hasAllKeys: boolean;
}

/** A decision of a reviewer that stands in the way. */
export interface StandingDecision {
  readonly reviewId: number;
  readonly decision: string;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
}

/** Patients whose records are held at once. */
export const PATIENTS_AT_ONCE = 500;

/** Conditions on ids of patients and doses; the tables are those of {@link createConcerned}. */
export const CONCERNED = 'IN (SELECT id FROM undo_patients)';
export const CONCERNED_DOSES = 'IN (SELECT id FROM undo_immunizations)';

/** Temporary tables, which go with the transaction or are dropped at its end. */
export const CONCERNED_TABLES = ['undo_patients', 'undo_immunizations'];

/** Makes the tables of those who are concerned. */
export async function createConcerned(queries: Queries): Promise<void> {
  for (const table of CONCERNED_TABLES) await queries.run(`CREATE TEMP TABLE ${table} (id integer PRIMARY KEY)`);
}

/** The runs that meet a condition on `$1`, in their order. */
export async function selectRuns(queries: Queries, condition: string, runId: number): Promise<UndoneRun[]> {
  const rows = await queries.rows(
    `SELECT id, status, started_at, match_model, given_thresholds, has_all_keys FROM runs WHERE ${condition} ORDER BY id`,
    [runId],
  );
  return rows.map((row) => ({
    id: row['id'] as number,
    status: row['status'] as RunStatus,
    startedAt: row['started_at'] as string,
    matchModel: (row['match_model'] as MatchModelId | null) ?? 'exact',
    thresholds: JSON.parse((row['given_thresholds'] as string | null) ?? '{}') as Partial<Thresholds>,
    hasAllKeys: row['has_all_keys'] === 1,
  }));
}

/** The patients of whom the run has told something, or whose rows it has changed. */
export async function concernPatientsOf(queries: Queries, runId: number): Promise<void> {
  const ofDose = (table: string): string =>
    `SELECT d.patient_id FROM ${table} t JOIN doses d ON d.id = t.immunization_id WHERE t.run_id = $1`;
  const image = (table: string, column: string): string =>
    `SELECT (image::json ->> '${column}')::int FROM before_images
     WHERE run_id = $1 AND table_name = '${table}' AND image <> 'null'`;
  const selects = [
    ...['patient_sources', 'patient_parts', 'patient_comments', 'match_keys'].map(
      (table) => `SELECT patient_id FROM ${table} WHERE run_id = $1`,
    ),
    'SELECT id FROM patients WHERE run_id = $1',
    'SELECT patient_id FROM doses WHERE file_id IN (SELECT id FROM run_files WHERE run_id = $1)',
    ofDose('immunization_duplicates'),
    ofDose('immunization_parts'),
    'SELECT patient_id_a FROM match_reviews WHERE run_id = $1',
    'SELECT patient_id_b FROM match_reviews WHERE run_id = $1',
    image('patients', 'id'),
    image('doses', 'patient_id'),
  ];
  for (const select of selects) {
    await queries.run(`INSERT INTO undo_patients ${select} ON CONFLICT DO NOTHING`, [runId]);
  }
}

/** The ids of the patients concerned. */
export async function readConcerned(queries: Queries): Promise<number[]> {
  return firstColumn(queries, 'SELECT id FROM undo_patients ORDER BY id');
}

/**
 * Adds the patients who share a name and birth date with one of those concerned, or are in doubt with one, and those who
 * do so with them: nobody else had a part in what was decided of them by names.
 */
export async function concernNamesakes(queries: Queries): Promise<void> {
  const concerned = new Set(await readConcerned(queries));
  const asked = new Set<number>();
  for (let fresh = [...concerned]; fresh.length > 0; ) {
    const next: number[] = [];
    for (let start = 0; start < fresh.length; start += PATIENTS_AT_ONCE) {
      const found = await findNamesakes(queries, fresh.slice(start, start + PATIENTS_AT_ONCE), asked);
      for (const id of found) {
        if (concerned.has(id)) continue;
        concerned.add(id);
        next.push(id);
      }
    }
    await queries.insert('undo_patients', next.length, [{ name: 'id', value: (i) => next[i]! }]);
    fresh = next;
  }
}

/** Those who share a key with one of these, or are in doubt with one. Keys that were asked for are passed over. */
async function findNamesakes(queries: Queries, patientIds: readonly number[], asked: Set<number>): Promise<number[]> {
  const keys: number[] = [];
  for (const { row } of await readComparable(queries, '', patientIds)) {
    const key = matchKeyOf(identityOf(row));
    if (key === null || asked.has(key)) continue;
    asked.add(key);
    keys.push(key);
  }
  const byKey = await firstColumn(queries, 'SELECT patient_id FROM match_keys WHERE match_key = ANY($1::bigint[])', [
    keys,
  ]);
  const paired = await firstColumn(
    queries,
    `SELECT patient_id_b FROM match_reviews WHERE patient_id_a = ANY($1::int[])
     UNION SELECT patient_id_a FROM match_reviews WHERE patient_id_b = ANY($1::int[])`,
    [patientIds],
  );
  return [...byKey, ...paired];
}

/** Names the doses of the patients concerned, those that were theirs before, too. */
export async function concernDoses(queries: Queries): Promise<void> {
  await concernStoredDoses(queries);
  await queries.run(
    `INSERT INTO undo_immunizations SELECT row_id FROM before_images
     WHERE table_name = 'doses' AND image <> 'null' AND (image::json ->> 'patient_id')::int ${CONCERNED}
     ON CONFLICT DO NOTHING`,
  );
}

/** Names the doses that the patients concerned have by now. */
export async function concernStoredDoses(queries: Queries): Promise<void> {
  await queries.run(
    `INSERT INTO undo_immunizations SELECT id FROM doses WHERE patient_id ${CONCERNED} ON CONFLICT DO NOTHING`,
  );
}

/** Whether a run has told something of the patients concerned. */
export async function hasRecordsOf(queries: Queries, runId: number): Promise<boolean> {
  const selects = [
    `SELECT 1 FROM patient_sources WHERE run_id = $1 AND patient_id ${CONCERNED}`,
    `SELECT 1 FROM doses d JOIN run_files f ON f.id = d.file_id WHERE f.run_id = $1 AND patient_id ${CONCERNED}`,
    `SELECT 1 FROM immunization_duplicates WHERE run_id = $1 AND immunization_id ${CONCERNED_DOSES}`,
    `SELECT 1 FROM patient_comments WHERE run_id = $1 AND patient_id ${CONCERNED}`,
    `SELECT 1 FROM comment_duplicates c JOIN patient_sources s
       ON s.site_id = c.site_id AND s.source_patient_id = c.source_patient_id
     WHERE c.run_id = $1 AND s.patient_id ${CONCERNED}`,
  ];
  for (const select of selects) {
    if ((await firstValue(queries, `${select} LIMIT 1`, [runId])) !== undefined) return true;
  }
  return false;
}

/** Decisions of reviewers about the patients concerned that were made since the run, and hold. */
export async function findDecisionsSince(queries: Queries, { id, startedAt }: UndoneRun): Promise<StandingDecision[]> {
  return queries.rows(
    `SELECT id AS "reviewId", decision, decided_by AS "decidedBy", decided_at AS "decidedAt" FROM match_reviews
     WHERE decision IN ('same', 'different') AND (patient_id_a ${CONCERNED} OR patient_id_b ${CONCERNED} OR EXISTS (
         SELECT 1 FROM applied_decisions d WHERE d.review_id = match_reviews.id AND d.patient_id ${CONCERNED}))
       AND (run_id >= $1 OR decided_at >= $2) ORDER BY id`,
    [id, startedAt],
  );
}

/**
 * Whether a later run came while a decision about one of the patients concerned held that was taken back since: what the
 * run found then is not what is there now, and nothing could be put back exactly.
 */
export async function hasDecisionsBetweenRuns(queries: Queries, { id, startedAt }: UndoneRun): Promise<boolean> {
  const found = await firstValue(
    queries,
    `SELECT 1 FROM review_decisions d JOIN runs r ON r.started_at >= d.decided_at AND r.id > $1
     WHERE d.effect IS NOT NULL AND d.decided_at >= $2 AND (d.patient_id ${CONCERNED} OR d.other_patient_id ${CONCERNED})
       AND r.status IN ('completed', 'undone') LIMIT 1`,
    [id, startedAt],
  );
  return found !== undefined;
}
