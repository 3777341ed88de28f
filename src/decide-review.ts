/** What a reviewer decides: patients and doses become one, or two again, and what stands against it is said before. */
import type { Codes } from './core/codes.js';
import { type ComparedRecord, findConflicts } from './core/match/conflicts.js';
import { DoseMatcher } from './core/match/dose.js';
import { PATIENT, packRow } from './core/model.js';
import { type Review, SPLIT } from './db/match-history.js';
import { type Person, partOfSource } from './db/person.js';
import type { RegistryStore } from './db/registry-store.js';
import { type AppliedDecision, inOrder } from './db/review/applied.js';
import type { DecisionMade, DeskTools } from './db/review/context.js';
import type { ReviewDesk } from './db/review/desk.js';
import type { Parted } from './db/review/take-back.js';
import { matchKeysOf } from './match-patients.js';

/** A decision that cannot be applied as the registry is. Its message holds no value of a record. */
export class ReviewError extends Error {
  readonly code = 'review';
  constructor(message: string) {
    super(message);
    this.name = 'ReviewError';
  }
}

/** What became of a decision. */
export interface DecisionOutcome {
  readonly reviewId: number;
  /** What it did to the registry, in words; `null` if nothing. */
  readonly effect: string | null;
  /** What stood against it and was overruled. */
  readonly despite: readonly string[];
  /** Doses and comments of which nobody can tell under which id they came: they stayed. */
  readonly unknownRecords: number;
}

/** What decisions need beside the registry. Vaccine groups come from the code tables. */
export function deskTools(codes: Codes): DeskTools {
  return { matcher: new DoseMatcher(codes), matchKeysOf };
}

/**
 * Decides about a pair of patients or doses, and applies it.
 * @throws ReviewError when something stands against it, or it cannot be taken back by itself; StoreError `busy`
 */
export async function decideReview(
  store: RegistryStore,
  codes: Codes,
  made: DecisionMade,
  options: { readonly despiteConflicts: boolean },
): Promise<DecisionOutcome> {
  return store.review(deskTools(codes), (desk) => decide(desk, made, options.despiteConflicts));
}

/**
 * Makes a patient of its own of some of a patient's records; a review keeps the two apart from then on.
 * @param numbers of the records, from 1, in the order in which `why` shows them; others of the same id go along
 * @throws ReviewError when there are no such records, or none would be left
 */
export async function splitPatient(
  store: RegistryStore,
  codes: Codes,
  patientId: number,
  numbers: readonly number[],
  who: Pick<DecisionMade, 'by' | 'at' | 'reason'>,
): Promise<DecisionOutcome> {
  return store.review(deskTools(codes), (desk) => split(desk, patientId, numbers, who));
}

/** Applies what was decided by an immload that only wrote it down. Gives what was done, or why it could not be. */
export async function applyEarlierDecisions(store: RegistryStore, codes: Codes): Promise<readonly string[]> {
  return store.review(deskTools(codes), async (desk) => {
    const told: string[] = [];
    for (const { reviewId, decidedBy, decidedAt, decisionReason } of await desk.findUnapplied()) {
      const by = { by: decidedBy ?? '', at: decidedAt ?? '', reason: decisionReason ?? '' };
      try {
        const { effect } = await decide(desk, { reviewId, decision: 'same', ...by }, false);
        if (effect !== null) told.push(`R${reviewId} was decided before: ${effect}`);
      } catch (error) {
        if (!(error instanceof ReviewError)) throw error;
        told.push(error.message);
      }
    }
    return told;
  });
}

async function decide(desk: ReviewDesk, made: DecisionMade, despiteConflicts: boolean): Promise<DecisionOutcome> {
  const review = await desk.readReview(made.reviewId);
  if (review === null) throw new ReviewError(`there is no review R${made.reviewId}`);
  const applied = await desk.findApplied(made.reviewId);
  if (review.immunizationIds !== null) return decideDoses(desk, review, made, applied);
  return made.decision === 'same'
    ? join(desk, review, made, applied, despiteConflicts)
    : keepApart(desk, review, made, applied);
}

/** Writes a decision down that changes nothing. */
async function onlyRecord(desk: ReviewDesk, made: DecisionMade): Promise<DecisionOutcome> {
  await desk.record(made, { effect: null });
  return { reviewId: made.reviewId, effect: null, despite: [], unknownRecords: 0 };
}

async function join(
  desk: ReviewDesk,
  review: Review,
  made: DecisionMade,
  applied: AppliedDecision | null,
  despiteConflicts: boolean,
): Promise<DecisionOutcome> {
  if (applied?.kind === 'part') {
    const { patientId, otherPatientId } = await desk.takeBack(applied, 'same');
    const effect = `patients ${patientId} and ${otherPatientId} are one again: patient ${patientId}`;
    await desk.record(made, { effect, patientIds: [patientId, otherPatientId] });
    return { reviewId: made.reviewId, effect, despite: [], unknownRecords: 0 };
  }
  const ids = await currentPatients(desk, review);
  if (applied?.kind === 'join' || ids[0] === ids[1]) return onlyRecord(desk, made);
  const [kept, other] = inOrder(...ids);
  const persons = [await requirePerson(desk, review, kept), await requirePerson(desk, review, other)] as const;
  const despite = await findAgainst(desk, review, persons);
  if (despite.length > 0 && !despiteConflicts) {
    const against = despite.map((words) => `against it stands ${words}`).join('; ');
    throw new ReviewError(
      `R${review.reviewId}: patients ${kept} and ${other} stay two: ${against}. If you know better, decide again with --despite-conflicts`,
    );
  }
  const effect = `patients ${kept} and ${other} are one: patient ${kept}`;
  const decisionId = await desk.record(made, { effect, despite, patientIds: [kept, other] });
  await desk.join(decisionId, review.reviewId, kept, other);
  return { reviewId: made.reviewId, effect, despite, unknownRecords: 0 };
}

async function keepApart(
  desk: ReviewDesk,
  review: Review,
  made: DecisionMade,
  applied: AppliedDecision | null,
): Promise<DecisionOutcome> {
  if (applied?.kind === 'join') {
    const back = await desk.takeBack(applied, made.decision);
    const { patientId, otherPatientId } = back;
    const effect = `patients ${patientId} and ${otherPatientId} are two again`;
    await desk.record(made, { effect, patientIds: [patientId, otherPatientId] });
    if (made.decision === 'different') await desk.settlePair((await desk.readReview(review.reviewId))!, 'different');
    return { reviewId: made.reviewId, effect, despite: [], unknownRecords: back.unknownRecords };
  }
  const [a, b] = await currentPatients(desk, review);
  if (a === b) {
    const joins = (await desk.findJoinsOf(a)).map(({ reviewId }) => `R${reviewId}`);
    if (joins.length === 0) {
      throw new ReviewError(
        `R${review.reviewId}: the two are patient ${a}; take it apart with \`immload review split ${a}\``,
      );
    }
    throw new ReviewError(
      `R${review.reviewId}: the two are patient ${a} by ${joins.join(' and ')}; decide ${joins.length === 1 ? 'that' : 'one of these'} instead`,
    );
  }
  if (made.decision === 'different') {
    for (const [gone, other] of [
      [a, b],
      [b, a],
    ]) {
      if ((await desk.readPerson(gone!)) !== null) continue;
      throw new ReviewError(
        `R${review.reviewId}: there is no patient ${gone} any more; take patient ${other} apart with \`immload review split ${other}\``,
      );
    }
  }
  const outcome = await onlyRecord(desk, made);
  if (made.decision === 'different') await desk.settlePair(review, 'different');
  return outcome;
}

async function decideDoses(
  desk: ReviewDesk,
  review: Review,
  made: DecisionMade,
  applied: AppliedDecision | null,
): Promise<DecisionOutcome> {
  const { patientIdA: patientId, immunizationIds } = review;
  const [a, b] = immunizationIds!;
  const told = (effect: string, back?: Parted): DecisionOutcome => {
    return { reviewId: made.reviewId, effect, despite: [], unknownRecords: back?.unknownRecords ?? 0 };
  };
  if (made.decision === 'same') {
    if (applied !== null || a === b) return onlyRecord(desk, made);
    const [kept, other] = [Math.min(a, b), Math.max(a, b)];
    const effect = `dose ${other} of patient ${patientId} is a duplicate of dose ${kept}`;
    const decisionId = await desk.record(made, { effect, patientIds: [patientId, patientId] });
    await desk.joinDoses(decisionId, review.reviewId);
    return told(effect);
  }
  if (applied === null) {
    if (a === b) throw new ReviewError(`R${review.reviewId}: the two are one dose by what was sent since`);
    return onlyRecord(desk, made);
  }
  const back = await desk.takeBack(applied, made.decision);
  const [one, other] = (await desk.readReview(review.reviewId))!.immunizationIds!;
  const effect = `doses ${one} and ${other} of patient ${back.patientId} are two again`;
  await desk.record(made, { effect, patientIds: [back.patientId, back.patientId] });
  return told(effect, back);
}

async function split(
  desk: ReviewDesk,
  patientId: number,
  numbers: readonly number[],
  who: Pick<DecisionMade, 'by' | 'at' | 'reason'>,
): Promise<DecisionOutcome> {
  const person = await desk.readPerson(patientId);
  if (person === null) throw new ReviewError(`there is no patient ${patientId}`);
  const { sources } = person;
  const chosen = numbers.map((number) => {
    const source = sources[number - 1];
    if (source === undefined) {
      throw new ReviewError(`patient ${patientId} has no record ${number}; \`immload why ${patientId}\` numbers them`);
    }
    return source;
  });
  const keys = new Set(chosen.map(({ key }) => key));
  const go = sources.filter(({ key }) => keys.has(key));
  if (go.length === sources.length) {
    throw new ReviewError(
      `patient ${patientId}: all of its records have the id of those; records of one id are one person`,
    );
  }
  if (go.includes(sources[0]!)) {
    throw new ReviewError(`patient ${patientId}: record 1 made the patient; name the records that are to leave it`);
  }
  for (const joined of await desk.findJoinsOf(patientId)) {
    const sourceIds = await desk.findSourcesOf(joined);
    if (sourceIds.length !== go.length || !sourceIds.every((id) => go.some((source) => source.id === id))) continue;
    const review = `R${joined.reviewId}`;
    throw new ReviewError(`patient ${patientId}: ${review} joined these; decide ${review} different instead`);
  }
  const newId = await desk.nextPatientId();
  const explained = go.find(({ explanation }) => explanation !== null) ?? null;
  const explanation = explained?.explanation ?? null;
  const weight = explanation === null ? null : (JSON.parse(explanation) as { readonly weight: number }).weight;
  const patientIds = [patientId, newId] as const;
  const reviewId = await desk.addReview({ runId: go[0]!.runId, patientIds, reason: SPLIT, weight, explanation });
  const gone = sources.flatMap((source, i) => (go.includes(source) ? [i + 1] : []));
  const effect = `patient ${patientId} is two: its record${gone.length === 1 ? '' : 's'} ${gone.join(', ')} ${gone.length === 1 ? 'is' : 'are'} patient ${newId}`;
  const decisionId = await desk.record({ reviewId, decision: 'different', ...who }, { effect, patientIds });
  const sourceIds = go.map(({ id }) => id);
  const { unknownRecords } = await desk.part(decisionId, reviewId, patientId, sourceIds, newId);
  return { reviewId, effect, despite: [], unknownRecords };
}

/** The patients of a pair, as they are by now. */
async function currentPatients(desk: ReviewDesk, { patientIdA, patientIdB }: Review): Promise<[number, number]> {
  return [await desk.currentPatient(patientIdA), await desk.currentPatient(patientIdB)];
}

async function requirePerson(desk: ReviewDesk, { reviewId }: Review, patientId: number): Promise<Person> {
  const person = await desk.readPerson(patientId);
  if (person === null) throw new ReviewError(`R${reviewId}: there is no patient ${patientId} any more`);
  return person;
}

/** What stands against two patients being one: other reviews, and guards between any two of their records. */
async function findAgainst(desk: ReviewDesk, review: Review, persons: readonly [Person, Person]): Promise<string[]> {
  const [kept, other] = persons;
  const reviews = (await desk.readReviewsOfPatient(kept.patientId)).filter(
    ({ patientIdA, patientIdB, reviewId, immunizationIds }) => {
      const isPair = [patientIdA, patientIdB].includes(other.patientId);
      return isPair && reviewId !== review.reviewId && immunizationIds === null;
    },
  );
  const decided = reviews
    .filter(({ decision }) => decision === 'different')
    .map(({ reviewId, decidedBy, decidedAt }) => {
      return `R${reviewId}, decided different by ${decidedBy} on ${decidedAt?.slice(0, 10)}`;
    });
  const [ofKept, ofOther] = persons.map((person) => recordsOf(person));
  const asked = await askedRecords(desk, review);
  const isOf = ({ places }: PlacedRecord, { patientId }: Person): boolean =>
    asked.has(`patient ${patientId}`) || places.some((place) => asked.has(place));
  const isAsked = (a: number, b: number): boolean => isOf(ofKept![a]!, kept) && isOf(ofOther![b]!, other);
  const told = new Set<string>();
  const conflicts: string[] = [];
  for (const { a, b, words } of findConflicts(ofKept!, ofOther!, isAsked)) {
    if (told.has(words)) continue;
    told.add(words);
    const places: string[] = [];
    for (const { fileId, line } of [ofKept![a]!, ofOther![b]!]) {
      places.push(`${await desk.fileName(fileId)}, line ${line}`);
    }
    const named = reviews.filter(({ decision }) => decision !== 'different').map(({ reviewId }) => `R${reviewId}`);
    const asks =
      named.length === 0
        ? ''
        : ` (${named.join(' and ')} ${named.length === 1 ? 'asks' : 'ask'} about these patients, too)`;
    conflicts.push(`${places.join(' with ')}: ${words}${asks}`);
  }
  return [...decided, ...conflicts];
}

interface PlacedRecord extends ComparedRecord {
  /** Where it was said first. */
  readonly fileId: number;
  readonly line: number;
  /** Where it was said. */
  readonly places: string[];
}

/** The records of a person, each thing said once. */
function recordsOf(person: Person): PlacedRecord[] {
  const records = new Map<string, PlacedRecord>();
  for (const source of person.sources) {
    const found = partOfSource(person, source);
    if (found === null) continue;
    const { fileId, line, siteId } = source;
    const text = packRow(found.part.row);
    const known = records.get(text);
    if (known !== undefined) known.places.push(`${fileId}/${line}`);
    else {
      const row = found.part.row.slice();
      row[PATIENT.site_id] = siteId;
      records.set(text, { row, ssnCheck: found.ssnCheck, fileId, line, places: [`${fileId}/${line}`] });
    }
  }
  return [...records.values()];
}

/** The two that a review compared: places of records, or patients as they were. */
async function askedRecords(desk: ReviewDesk, { explanation }: Review): Promise<Set<string>> {
  const asked = new Set<string>();
  if (explanation === null) return asked;
  const { between } = JSON.parse(explanation.json) as {
    readonly between: readonly { readonly patient_id?: number; readonly file_id?: number; readonly line?: number }[];
  };
  for (const { patient_id: patientId, file_id: fileId, line } of between) {
    asked.add(patientId === undefined ? `${fileId}/${line}` : `patient ${await desk.currentPatient(patientId)}`);
  }
  return asked;
}
