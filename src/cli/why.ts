/** `immload why` and `immload review`: why patients are one or may be, and what a reviewer says of it. */

import { type MatchExplanation, REFUSED } from '../core/match/explanation.js';
import { COMPARED_PATIENT_FIELDS } from '../core/match/people.js';
import { PATIENT, PATIENT_FIELDS, type PatientField, type Row } from '../core/model.js';
import {
  type Compared,
  REVIEW_DECISIONS,
  type Review,
  type ReviewDecision,
  type StoredExplanation,
} from '../db/match-history.js';
import { openSqlite, openSqliteForReading, type SqliteStore } from '../db/sqlite.js';
import { UsageError } from './exit.js';
import { print, printJson } from './print.js';
import { formatTable, showSafely } from './table.js';
import { formatWaterfall } from './waterfall.js';

export interface WhyOptions {
  readonly database: string;
  readonly json: boolean;
  /** Whether values of records are shown. */
  readonly values: boolean;
}

/** `immload why`: a patient by its number, a pair for a reviewer by its number with an R before it. */
export async function explainMatch(what: string, options: WhyOptions): Promise<void> {
  const number = /^([Rr]?)([1-9]\d{0,14})$/.exec(what.trim());
  if (number === null) throw new UsageError('give the number of a patient, such as 12, or of a review, such as R12');
  const id = Number(number[2]);
  await withStore(options.database, async (store) =>
    number[1] === '' ? showPatient(store, id, options) : showReviewOf(store, id, options),
  );
}

/** `immload review show` */
export async function showReview(reviewId: string, options: WhyOptions): Promise<void> {
  const id = readReviewId(reviewId);
  await withStore(options.database, async (store) => showReviewOf(store, id, options));
}

/** `immload review list` */
export async function listReviews(database: string, all: boolean, json: boolean): Promise<void> {
  await withStore(database, async (store) => {
    const reviews = store.listReviews(all ? 'all' : 'open');
    if (json) return printJson(reviews.map(reviewForJson));
    if (reviews.length === 0) return print(all ? 'No pairs for a reviewer yet.' : 'Nothing is left to review.');
    const rows = [['review', 'weight', 'patients', 'run', 'decision', 'why']];
    for (const review of reviews) {
      const { reviewId, weight, patientIdA, patientIdB, runId, decision } = review;
      const patients = `${patientIdA} and ${patientIdB}`;
      rows.push([
        `R${reviewId}`,
        weight?.toFixed(1) ?? '',
        patients,
        String(runId),
        decision ?? '',
        showSafely(doubtOf(review)),
      ]);
    }
    print(formatTable(rows, ['right', 'right', 'left', 'right']));
  });
}

/** What keeps a pair from being one person, or from being two. */
function doubtOf({ explanation, reason }: Review): string {
  if (explanation === null) return reason;
  const { guards, isRefused } = JSON.parse(explanation.json) as MatchExplanation;
  if (isRefused) return REFUSED;
  return guards[0]?.words ?? 'too little for one person, too much for two';
}

/** `immload review decide` */
export async function decideReview(
  review: string,
  decision: string,
  who: { readonly by: string; readonly because: string; readonly database: string },
): Promise<void> {
  const reviewId = readReviewId(review);
  const known = REVIEW_DECISIONS.find((each) => each === decision);
  if (known === undefined) throw new UsageError(`decide ${REVIEW_DECISIONS.join(', ')}`);
  // A registry that is not there must not be made by this.
  await withStore(who.database, async (store) => requireReview(store, reviewId));
  const store = await openSqlite(who.database);
  try {
    await store.decideReview(reviewId, {
      decision: known,
      by: who.by,
      at: new Date().toISOString(),
      reason: who.because,
    });
  } finally {
    await store.close();
  }
  print(`R${reviewId}: ${CONSEQUENCES[known]}.`);
}

const CONSEQUENCES: Readonly<Record<ReviewDecision, string>> = {
  same: 'one person; this is written down, and the two patients stay apart until a later version joins them',
  different: 'two persons; the pair is not asked again',
  later: 'left for later',
};

async function withStore<T>(database: string, work: (store: SqliteStore) => Promise<T>): Promise<T> {
  const store = await openSqliteForReading(database);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function readReviewId(text: string): number {
  const number = /^[Rr]?([1-9]\d{0,14})$/.exec(text.trim());
  if (number === null) throw new UsageError('give the number of a review, such as R12');
  return Number(number[1]);
}

function requireReview(store: SqliteStore, reviewId: number): Review {
  const review = store.readReview(reviewId);
  if (review === null) throw new UsageError(`there is no review R${reviewId}; \`immload review list\` lists them`);
  return review;
}

async function showPatient(store: SqliteStore, patientId: number, { json, values }: WhyOptions): Promise<void> {
  const sources = store.readPatientSources(patientId);
  if (sources.length === 0) throw new UsageError(`there is no patient ${patientId}`);
  const reviews = store.readReviewsOfPatient(patientId);
  if (json) {
    const told = sources.map((source) => ({ ...source, explanation: explanationForJson(source.explanation) }));
    return printJson({ patientId, sources: told, reviews: reviews.map(reviewForJson) });
  }
  const records = sources.map((source) => [
    nameOf(source),
    source.decision === 'new' ? 'made the patient' : source.decision,
    source.explanation === null ? (source.reason ?? '') : 'see below',
  ]);
  const parts = [
    `Patient ${patientId}, from ${sources.length} record${sources.length === 1 ? '' : 's'}`,
    formatTable(records),
  ];
  for (const source of sources) {
    if (source.explanation === null) continue;
    parts.push(
      `${nameOf(source)} is this patient. Compared: ${compared(source.explanation)}`,
      waterfallOf(source.explanation),
    );
  }
  for (const { reviewId, patientIdA, patientIdB, decision } of reviews) {
    const other = patientIdA === patientId ? patientIdB : patientIdA;
    parts.push(`May be patient ${other}: review R${reviewId}, ${decision ?? 'not decided'}`);
  }
  if (values) parts.push(await formatValues(store, [patientId]));
  print(parts.join('\n\n'));
}

async function showReviewOf(store: SqliteStore, reviewId: number, { json, values }: WhyOptions): Promise<void> {
  const review = requireReview(store, reviewId);
  if (json) return printJson(reviewForJson(review));
  const { patientIdA, patientIdB, runId, explanation, reason, decision } = review;
  const parts = [`Review R${reviewId}: patients ${patientIdA} and ${patientIdB}, from run ${runId}`];
  if (decision !== null) {
    const [by, why] = [showSafely(review.decidedBy!), showSafely(review.decisionReason ?? '')];
    parts.push(`  Decided: ${decision}, by ${by} on ${review.decidedAt!.slice(0, 10)}: ${why}`);
  }
  if (explanation === null) parts.push(`  ${showSafely(reason)}`);
  else parts.push(`  Compared: ${compared(explanation)}`, waterfallOf(explanation));
  if (values) parts.push(await formatValues(store, [patientIdA, patientIdB]));
  print(parts.join('\n\n'));
}

/** An explanation as JSON, with names in place of numbers of files. */
function explanationForJson(explanation: StoredExplanation | null): unknown {
  return explanation === null ? null : { ...(JSON.parse(explanation.json) as object), between: explanation.between };
}

function reviewForJson(review: Review): unknown {
  return { ...review, explanation: explanationForJson(review.explanation) };
}

function waterfallOf({ json }: StoredExplanation): string {
  return formatWaterfall(JSON.parse(json) as MatchExplanation);
}

function compared({ between }: StoredExplanation): string {
  return between.map(nameOf).join(' with ');
}

function nameOf(who: Compared): string {
  return 'patientId' in who
    ? `patient ${who.patientId}`
    : `${showSafely(who.file)}, line ${who.line} (run ${who.runId})`;
}

/** What is compared of patients, side by side: the person, and each record that it is made of if there are several. */
async function formatValues(store: SqliteStore, patientIds: readonly number[]): Promise<string> {
  const states = await store.readPatients(patientIds);
  const columns: { readonly title: string; readonly row: Row }[] = [];
  for (const patientId of patientIds) {
    const state = states.get(patientId);
    if (state === undefined) continue;
    columns.push({ title: `patient ${patientId}`, row: state.row });
    if (patientIds.length === 1 && state.partsKept) {
      for (const [i, { row }] of state.parts.entries()) columns.push({ title: `record ${i + 1}`, row });
    }
  }
  const rows = [['', ...columns.map(({ title }) => title)]];
  for (const field of COMPARED_PATIENT_FIELDS) {
    const cells = columns.map(({ row }) => showSafely(row[PATIENT[field]] ?? ''));
    if (cells.some((cell) => cell !== '')) rows.push([labelOf(field), ...cells]);
  }
  return formatTable(rows);
}

function labelOf(field: PatientField): string {
  return PATIENT_FIELDS[field].label;
}
