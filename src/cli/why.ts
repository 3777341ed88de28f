/** `immload why` and `immload review`: why patients are one or may be, and what a reviewer says of it. */

import { describeRefusal, type MatchExplanation } from '../core/match/explanation.js';
import { COMPARED_PATIENT_FIELDS } from '../core/match/people.js';
import {
  DOSE,
  IMMUNIZATION_FIELDS,
  type ImmunizationField,
  PATIENT,
  PATIENT_FIELDS,
  type PatientField,
  type Row,
} from '../core/model.js';
import type { Compared, PastDecision, Review, StoredExplanation } from '../db/match-history.js';
import type { RegistryStore } from '../db/registry-store.js';
import { openForReading } from '../open-store.js';
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
    const reviews = await store.listReviews(all ? 'all' : 'open');
    if (json) return printJson(reviews.map(reviewForJson));
    if (reviews.length === 0) return print(all ? 'No pairs for a reviewer yet.' : 'Nothing is left to review.');
    const rows = [['review', 'weight', 'patients', 'run', 'decision', 'why']];
    for (const review of reviews) {
      const { reviewId, weight, patientIdA, patientIdB, immunizationIds, runId, decision } = review;
      rows.push([
        `R${reviewId}`,
        weight?.toFixed(1) ?? '',
        immunizationIds === null ? `${patientIdA} and ${patientIdB}` : `${patientIdA}: ${nameDoses(immunizationIds)}`,
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
  const told = JSON.parse(explanation.json) as MatchExplanation;
  const refusal = describeRefusal(told);
  if (told.isRefused && refusal !== null) return refusal;
  if (told.guards.length === 0 && told.weight >= told.thresholds.match) return reason;
  return told.guards[0]?.words ?? 'too little for one person, too much for two';
}

/** Does something with a registry that is only looked at. */
export async function withStore<T>(database: string, work: (store: RegistryStore) => Promise<T>): Promise<T> {
  const store = await openForReading(database);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

export function readReviewId(text: string): number {
  const number = /^[Rr]?([1-9]\d{0,14})$/.exec(text.trim());
  if (number === null) throw new UsageError('give the number of a review, such as R12');
  return Number(number[1]);
}

export async function requireReview(store: RegistryStore, reviewId: number): Promise<Review> {
  const review = await store.readReview(reviewId);
  if (review === null) throw new UsageError(`there is no review R${reviewId}; \`immload review list\` lists them`);
  return review;
}

async function showPatient(store: RegistryStore, patientId: number, { json, values }: WhyOptions): Promise<void> {
  const sources = await store.readPatientSources(patientId);
  const decisions = await store.readDecisionsOfPatient(patientId);
  if (sources.length === 0 && decisions.length === 0) throw new UsageError(`there is no patient ${patientId}`);
  const reviews = await store.readReviewsOfPatient(patientId);
  if (json) {
    const told = sources.map((source) => ({ ...source, explanation: explanationForJson(source.explanation) }));
    return printJson({ patientId, sources: told, reviews: reviews.map(reviewForJson), decisions });
  }
  if (sources.length === 0) {
    return print([`Patient ${patientId} became part of another`, formatDecisions(decisions)].join('\n\n'));
  }
  const records = sources.map((source, i) => [
    String(i + 1),
    nameOf(source),
    source.decision === 'new' ? 'made the patient' : source.decision,
    source.explanation === null ? (source.reason ?? '') : 'see below',
  ]);
  const parts = [
    `Patient ${patientId}, from ${sources.length} record${sources.length === 1 ? '' : 's'}`,
    formatTable(records, ['right']),
  ];
  if (decisions.length > 0) parts.push(`What reviewers decided:\n${formatDecisions(decisions)}`);
  for (const source of sources) {
    if (source.explanation === null) continue;
    parts.push(
      `${nameOf(source)} is this patient. Compared: ${compared(source.explanation)}`,
      waterfallOf(source.explanation),
    );
    if (source.reason?.startsWith('decided') === true) parts.push(`  Joined by what was ${source.reason}.`);
  }
  for (const review of reviews) {
    const line = aboutPair(review, patientId);
    if (line !== null) parts.push(line);
  }
  if (values) parts.push(await formatValues(store, [patientId]));
  print(parts.join('\n\n'));
}

/** The doses of a pair by their numbers, of which the two have one where they were put together. */
function nameDoses(immunizationIds: readonly number[]): string {
  const [dose, ...others] = new Set(immunizationIds);
  return others.length === 0 ? `dose ${dose}, made of both` : `doses ${[dose, ...others].join(' and ')}`;
}

/** What a review says of a patient, in a line; `null` where the two are one by now: that is in the history. */
function aboutPair(review: Review, patientId: number): string | null {
  const { reviewId, patientIdA, patientIdB, immunizationIds, decision, decidedBy } = review;
  const state = decision === null ? 'not decided' : `decided ${decision} by ${showSafely(decidedBy ?? '')}`;
  if (immunizationIds !== null) {
    const [one, other] = immunizationIds;
    const what = one === other ? `Dose ${one} is made of both` : `Doses ${one} and ${other} may be one`;
    return `${what}: review R${reviewId}, ${state}; ${showSafely(review.reason)}`;
  }
  if (decision === 'same') return null;
  const other = patientIdA === patientId ? patientIdB : patientIdA;
  const isOther = decision === 'different' ? 'Is not' : 'May be';
  return `${isOther} patient ${other}: review R${reviewId}, ${state}; ${showSafely(allDoubtsOf(review))}`;
}

/** All that keeps a pair from being one person: every guard that held. */
function allDoubtsOf(review: Review): string {
  if (review.explanation === null) return review.reason;
  const { guards } = JSON.parse(review.explanation.json) as MatchExplanation;
  return guards.length === 0 ? doubtOf(review) : guards.map(({ words }) => words).join('; ');
}

/** Decisions one below the other, with what each of them did. */
function formatDecisions(decisions: readonly PastDecision[]): string {
  return decisions
    .flatMap(({ reviewId, decision, decidedBy, decidedAt, reason, effect, despite }) => [
      decided(decision, decidedBy, decidedAt, reason),
      ...(effect === null ? [] : [`    R${reviewId}: ${effect}`]),
      ...despite.map((words) => `    despite ${showSafely(words)}`),
    ])
    .join('\n');
}

function decided(decision: string, by: string | null, at: string | null, reason: string | null): string {
  return `  Decided: ${decision}, by ${showSafely(by ?? '')} on ${at?.slice(0, 10) ?? ''}: ${showSafely(reason ?? '')}`;
}

async function showReviewOf(store: RegistryStore, reviewId: number, { json, values }: WhyOptions): Promise<void> {
  const review = await requireReview(store, reviewId);
  const decisions = await store.readDecisions([reviewId]);
  if (json) return printJson({ ...(reviewForJson(review) as object), decisions });
  const { patientIdA, patientIdB, immunizationIds, runId, explanation, reason, decision } = review;
  const pair =
    immunizationIds === null
      ? `patients ${patientIdA} and ${patientIdB}`
      : `${nameDoses(immunizationIds)} of patient ${patientIdA}`;
  const parts = [`Review R${reviewId}: ${pair}, from run ${runId}`];
  if (decisions.length > 0) parts.push(formatDecisions(decisions));
  const last = decisions.at(-1);
  if (decision !== null && (last?.decision !== decision || last.decidedAt !== review.decidedAt)) {
    parts.push(decided(decision, review.decidedBy, review.decidedAt, review.decisionReason));
  }
  if (explanation === null) parts.push(`  ${showSafely(reason)}`);
  else parts.push(`  Compared: ${compared(explanation)}`, waterfallOf(explanation));
  if (values) {
    parts.push(
      immunizationIds === null
        ? await formatValues(store, [patientIdA, patientIdB])
        : await formatDoses(store, patientIdA, immunizationIds),
    );
  }
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
async function formatValues(store: RegistryStore, patientIds: readonly number[]): Promise<string> {
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

/** Doses side by side, each with the records that it is made of if they are several. */
async function formatDoses(store: RegistryStore, patientId: number, ids: readonly number[]): Promise<string> {
  const doses = (await store.readDoses([patientId])).get(patientId) ?? [];
  const columns = doses
    .filter(({ immunizationId }) => ids.includes(immunizationId))
    .flatMap(({ immunizationId, row, parts }) => [
      { title: `dose ${immunizationId}`, row },
      ...parts.map((part, i) => ({ title: `record ${i + 1}`, row: part })),
    ]);
  const rows = [['', ...columns.map(({ title }) => title)]];
  for (const [field, { label }] of Object.entries(IMMUNIZATION_FIELDS)) {
    const cells = columns.map(({ row }) => showSafely(row[DOSE[field as ImmunizationField]] ?? ''));
    if (cells.some((cell) => cell !== '')) rows.push([label, ...cells]);
  }
  return formatTable(rows);
}

function labelOf(field: PatientField): string {
  return PATIENT_FIELDS[field].label;
}
