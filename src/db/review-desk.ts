/**
 * What reviewers' decisions do to a registry: patients become one, and two again; doses likewise.
 *
 * A decision that is applied keeps the rows before and after it. Where nothing else has touched them since, taking it back
 * puts them back to the letter; decisions that were built on it are taken back before, and applied again after. Where a
 * later run has added records, the person is taken apart anew: each record goes by the id under which it came.
 */
import type { Database } from 'better-sqlite3';
import type { DecidedDoses, DoseMatcher, StoredDose } from '../core/match/dose.js';
import { recordsOf } from '../core/match/dose.js';
import { countFilled, isAdministered } from '../core/match/survivor.js';
import { DOSE, PATIENT, packRow, type Row } from '../core/model.js';
import type { SqlValue } from './bulk-insert.js';
import {
  type ClusterTable,
  compareClusters,
  type DecisionImage,
  DecisionImages,
  ImageMismatch,
  readCluster,
} from './decision-images.js';
import type { DoseDetails } from './dose-details.js';
import { appendToJournal } from './journal.js';
import { type Review, type ReviewDecision, readReview, readReviewsOfPatient } from './match-history.js';
import { readComparable } from './match-keys.js';
import { type Person, type PersonPart, partOfSource, readPerson, rowOfParts, type SourceRow } from './person.js';
import type { DoseRegrouper } from './regroup.js';
import type { ComparableRecord, PatientKey } from './store.js';
import { readReviewedDoses, readStoredDoses } from './stored-doses.js';
import { DOSE_COLUMNS, PATIENT_COLUMNS, recordText } from './tables.js';

/** What a decision did to the registry. */
export type EffectKind = 'join' | 'part' | 'join doses';

/** A decision that holds and that changed patients or doses. */
export interface AppliedDecision {
  readonly decisionId: number;
  readonly reviewId: number;
  readonly kind: EffectKind;
  /** The patient that went on; of doses, the patient that has them. */
  readonly patientId: number;
  /** The patient that became part of it, or was made of it. */
  readonly otherPatientId: number;
  readonly lastRunId: number;
  readonly isExact: boolean;
}

/** Who decides what of a review, when and why. */
export interface DecisionMade {
  readonly reviewId: number;
  readonly decision: ReviewDecision;
  readonly by: string;
  readonly at: string;
  readonly reason: string;
}

/** What applying decisions needs beside the registry. */
export interface DeskTools {
  readonly matcher: DoseMatcher;
  /** The keys under which the patients of these records can be found. */
  readonly matchKeysOf: (records: readonly ComparableRecord[]) => readonly PatientKey[];
}

/** What taking a person apart came to. */
export interface Parted {
  /** The patient that is left, and the one that was made. */
  readonly patientId: number;
  readonly otherPatientId: number;
  /** Records of which nobody can tell under which id they came: they stayed. */
  readonly unknownRecords: number;
}

/** A person cannot be taken apart. Its message holds no value. */
export class PartingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PartingError';
  }
}

interface Duplicate {
  readonly id: number;
  readonly file_id: number;
  readonly line: number;
  readonly source_immunization_id: string | null;
  readonly immunization_id: number;
  readonly part: number;
}

/** Ids that rows had before, by file, line and the sender's id of the dose. */
type DoseIds = ReadonlyMap<string, number>;

/** The desk of one database. Use it within one transaction, and no longer. */
export class ReviewDesk {
  readonly #database: Database;
  readonly #regrouper: DoseRegrouper;
  readonly #details: DoseDetails;
  readonly #images: DecisionImages;
  readonly #tools: DeskTools;
  readonly #nextIds: () => { readonly patientId: number; readonly immunizationId: number; readonly reviewId: number };

  constructor(
    database: Database,
    parts: {
      readonly regrouper: DoseRegrouper;
      readonly details: DoseDetails;
      readonly nextIds: () => {
        readonly patientId: number;
        readonly immunizationId: number;
        readonly reviewId: number;
      };
    },
    tools: DeskTools,
  ) {
    this.#database = database;
    this.#regrouper = parts.regrouper;
    this.#details = parts.details;
    this.#nextIds = parts.nextIds;
    this.#images = new DecisionImages(database);
    this.#tools = tools;
  }

  // ---- what there is ---------------------------------------------------------------------------------------------

  readReview(reviewId: number): Review | null {
    return readReview(this.#database, reviewId);
  }

  readReviewsOfPatient(patientId: number): readonly Review[] {
    return readReviewsOfPatient(this.#database, patientId);
  }

  readPerson(patientId: number): Person | null {
    return readPerson(this.#database, patientId);
  }

  /** Pairs of patients that were said to be one before that did anything. */
  findUnapplied(): Review[] {
    const ids = this.#database
      .prepare(
        `SELECT m.id FROM main.match_reviews m JOIN main.patients a ON a.id = m.patient_id_a
           JOIN main.patients b ON b.id = m.patient_id_b
         WHERE m.decision = 'same' AND m.immunization_id_a IS NULL AND a.id <> b.id
           AND NOT EXISTS (SELECT 1 FROM main.applied_decisions d WHERE d.review_id = m.id) ORDER BY m.id`,
      )
      .pluck()
      .all() as number[];
    return ids.map((id) => readReview(this.#database, id)!);
  }

  /** The decision about a review that changed the registry and holds, `null` if there is none. */
  findApplied(reviewId: number): AppliedDecision | null {
    return this.#selectApplied('review_id = ?', reviewId)[0] ?? null;
  }

  /** The decisions that hold by which others became part of a patient, or of one that did. */
  findJoinsOf(patientId: number): AppliedDecision[] {
    const found: AppliedDecision[] = [];
    for (const ids = [patientId]; ids.length > 0; ) {
      const joins = this.#selectApplied("kind = 'join' AND patient_id = ?", ids.pop()!);
      found.push(...joins);
      ids.push(...joins.map(({ otherPatientId }) => otherPatientId));
    }
    return found.sort((a, b) => a.decisionId - b.decisionId);
  }

  /** The source records that a decision moved. */
  findSourcesOf({ decisionId, patientId }: AppliedDecision): number[] {
    return movedSources(this.#images.read(decisionId), patientId);
  }

  /** The patient that a patient is by now. */
  currentPatient(patientId: number): number {
    let current = patientId;
    for (;;) {
      if (this.#get('SELECT id FROM main.patients WHERE id = ?', current) !== undefined) return current;
      const join = this.#selectApplied("kind = 'join' AND other_patient_id = ?", current)[0];
      if (join === undefined) return current;
      current = join.patientId;
    }
  }

  #selectApplied(condition: string, value: number): AppliedDecision[] {
    const rows = this.#all(`SELECT * FROM main.applied_decisions WHERE ${condition} ORDER BY decision_id`, value);
    return rows.map((row) => ({
      decisionId: row['decision_id'] as number,
      reviewId: row['review_id'] as number,
      kind: row['kind'] as EffectKind,
      patientId: row['patient_id'] as number,
      otherPatientId: row['other_patient_id'] as number,
      lastRunId: row['last_run_id'] as number,
      isExact: row['is_exact'] === 1,
    }));
  }

  // ---- history ---------------------------------------------------------------------------------------------------

  /** Writes a decision down, in the history and at its review, and gives its number. */
  record(
    made: DecisionMade,
    told: {
      readonly effect: string | null;
      readonly despite?: readonly string[];
      readonly patientIds?: readonly [number, number];
    },
  ): number {
    const { effect, despite = [], patientIds = [null, null] } = told;
    this.#run(
      'UPDATE main.match_reviews SET decision = ?, decided_by = ?, decided_at = ?, decision_reason = ? WHERE id = ?',
      made.decision,
      made.by,
      made.at,
      made.reason,
      made.reviewId,
    );
    appendToJournal(this.#database, {
      at: made.at,
      who: made.by,
      action: 'review',
      runId: null,
      details: { review: made.reviewId, decision: made.decision, ...(effect !== null && { effect }) },
    });
    const { lastInsertRowid } = this.#database
      .prepare(
        `INSERT INTO main.review_decisions
           (review_id, decision, decided_by, decided_at, reason, effect, despite, patient_id, other_patient_id)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        made.reviewId,
        made.decision,
        made.by,
        made.at,
        made.reason,
        effect,
        despite.length === 0 ? null : JSON.stringify(despite),
        ...patientIds,
      );
    return Number(lastInsertRowid);
  }

  /** Makes a review of two patients that were one until now, and gives its number. */
  addReview(review: {
    readonly runId: number;
    readonly patientIds: readonly [number, number];
    readonly reason: string;
    readonly weight: number | null;
    readonly explanation: string | null;
  }): number {
    const { reviewId } = this.#nextIds();
    const { runId, patientIds, reason, weight, explanation } = review;
    this.#run(
      `INSERT INTO main.match_reviews (id, run_id, patient_id_a, patient_id_b, weight, reasons, explanation)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      reviewId,
      runId,
      ...patientIds,
      weight,
      reason,
      explanation,
    );
    return reviewId;
  }

  // ---- joining ---------------------------------------------------------------------------------------------------

  /** The one of two patients that goes on: that of the earlier record. */
  inOrder(a: number, b: number): [number, number] {
    return a < b ? [a, b] : [b, a];
  }

  /** Makes one patient of two. The other open pairs of the one that ends are of the one that goes on. */
  join(decisionId: number, reviewId: number, patientId: number, otherPatientId: number): void {
    this.#apply({ decisionId, reviewId, kind: 'join', patientId, otherPatientId }, () => {
      this.#joinPatients(reviewId, readPerson(this.#database, patientId)!, readPerson(this.#database, otherPatientId)!);
    });
  }

  #joinPatients(reviewId: number, kept: Person, other: Person): void {
    const review = readReview(this.#database, reviewId)!;
    for (const person of [kept, other]) this.#keepRecordKeys(person);
    this.#run(
      `UPDATE main.patient_sources SET decision = 'merged', reason = ?, explanation = ?
       WHERE patient_id = ? AND decision = 'new'`,
      `decided by a reviewer (R${reviewId})`,
      review.explanation?.json ?? null,
      other.patientId,
    );
    for (const table of ['patient_sources', 'doses'] as const) this.#move(table, other.patientId, kept.patientId);
    const parts: PersonPart[] = [...kept.parts];
    const texts = new Set(parts.map(({ row }) => packRow(row)));
    for (const part of other.parts) {
      const isNew = !texts.has(packRow(part.row));
      texts.add(packRow(part.row));
      if (isNew) parts.push(part);
      else if (part.id !== null) this.#run('DELETE FROM main.patient_parts WHERE id = ?', part.id);
    }
    if (parts.length > 1) {
      for (const part of parts) {
        if (part.id === null) this.#insertPart(kept.patientId, part);
        else this.#run('UPDATE main.patient_parts SET patient_id = ? WHERE id = ?', kept.patientId, part.id);
      }
    }
    const [first] = [...kept.sources, ...other.sources].sort((a, b) => a.id - b.id);
    this.#updatePatient(kept.patientId, rowOfParts(parts, first!.siteId), kept.ssnCheck ?? other.ssnCheck);
    this.#run('DELETE FROM main.patients WHERE id = ?', other.patientId);
    this.#moveKeys(other.patientId, kept.patientId, first!.runId);
    this.#moveComments(other.patientId, kept.patientId);
    this.#followInReviews(review, other.patientId, kept.patientId);
    this.#regroup(kept.patientId);
  }

  /** The one that goes on is found by all keys of the one that ended, in whichever way that was found. */
  #moveKeys(from: number, to: number, runId: number): void {
    for (const matchKey of this.#keysOfPatients([from, to])) {
      const rowRunId = this.#pluck(
        'SELECT run_id FROM main.match_keys WHERE match_key = ? AND patient_id = ?',
        matchKey,
        from,
      );
      this.#run(
        'INSERT OR IGNORE INTO main.match_keys (match_key, patient_id, run_id) VALUES (?, ?, ?)',
        matchKey,
        to,
        rowRunId ?? runId,
      );
      this.#run('DELETE FROM main.match_keys WHERE match_key = ? AND patient_id = ?', matchKey, from);
    }
  }

  /** A patient has each comment once. */
  #moveComments(from: number, to: number): void {
    this.#run(
      `DELETE FROM main.patient_comments WHERE patient_id = ? AND EXISTS (
         SELECT 1 FROM main.patient_comments o WHERE o.patient_id = ? AND o.comment_code = patient_comments.comment_code
           AND o.applies_on IS patient_comments.applies_on)`,
      from,
      to,
    );
    this.#move('patient_comments', from, to);
  }

  /** Pairs of a patient that ends are of the one that goes on; those of these two are settled. */
  #followInReviews(decided: Review, from: number, to: number): void {
    for (const review of readReviewsOfPatient(this.#database, from)) {
      const isApplied = review.decision === 'same' && review.immunizationIds === null;
      if (review.reviewId === decided.reviewId || isApplied) continue;
      const [a, b] = [review.patientIdA, review.patientIdB].map((id) => (id === from ? to : id)) as [number, number];
      this.#run('UPDATE main.match_reviews SET patient_id_a = ?, patient_id_b = ? WHERE id = ?', a, b, review.reviewId);
      if (review.immunizationIds !== null) continue;
      if (a === b) this.#settle(review.reviewId, 'same', decided.reviewId);
      else if (review.decision !== 'different') this.#settleAsBefore(review.reviewId, a, b);
    }
  }

  /** A pair that a reviewer has held to be two is not asked again. */
  #settleAsBefore(reviewId: number, a: number, b: number): void {
    const before = this.#pluck(
      `SELECT id FROM main.match_reviews WHERE decision = 'different' AND immunization_id_a IS NULL
         AND patient_id_a IN (?, ?) AND patient_id_b IN (?, ?) ORDER BY id LIMIT 1`,
      a, b, a, b,
    ); // biome-ignore format: the pair twice
    if (before !== undefined) this.#settle(reviewId, 'different', before as number);
  }

  /** Decides a review by another one, of which it is a consequence. */
  #settle(reviewId: number, decision: ReviewDecision, byReviewId: number): void {
    this.#run(
      `UPDATE main.match_reviews SET decision = ?, decision_reason = ?,
         decided_by = (SELECT decided_by FROM main.match_reviews WHERE id = ?),
         decided_at = (SELECT decided_at FROM main.match_reviews WHERE id = ?) WHERE id = ?`,
      decision,
      `follows from R${byReviewId}`,
      byReviewId,
      byReviewId,
      reviewId,
    );
  }

  /** Puts two doses of a patient together. */
  joinDoses(decisionId: number, reviewId: number): void {
    const { patientIdA: patientId } = readReview(this.#database, reviewId)!;
    this.#apply({ decisionId, reviewId, kind: 'join doses', patientId, otherPatientId: patientId }, () => {
      this.#regroup(patientId);
    });
  }

  // ---- taking apart ----------------------------------------------------------------------------------------------

  /** Makes a patient of its own of those of a person's records that came under the ids of these. */
  part(decisionId: number, reviewId: number, patientId: number, sourceIds: readonly number[], newId: number): Parted {
    let unknownRecords = 0;
    this.#apply({ decisionId, reviewId, kind: 'part', patientId, otherPatientId: newId }, () => {
      const person = readPerson(this.#database, patientId)!;
      const keys = new Set(person.sources.flatMap(({ id, key }) => (sourceIds.includes(id) ? [key] : [])));
      const goes = person.sources.flatMap(({ id, key }) => (keys.has(key) ? [id] : []));
      unknownRecords = this.#partPatients(person, new Set(goes), newId, NO_IMAGES);
    });
    return { patientId, otherPatientId: newId, unknownRecords };
  }

  /** The number that a patient gets which is made of another. */
  nextPatientId(): number {
    return this.#nextIds().patientId;
  }

  /** Decides all open pairs of the same two patients as this one. */
  settlePair({ reviewId, patientIdA, patientIdB }: Review, decision: ReviewDecision): void {
    for (const other of readReviewsOfPatient(this.#database, patientIdA)) {
      const isPair = [other.patientIdA, other.patientIdB].includes(patientIdB) && other.immunizationIds === null;
      if (other.reviewId === reviewId || !isPair || other.decision === 'same' || patientIdA === patientIdB) continue;
      this.#settle(other.reviewId, decision, reviewId);
    }
  }

  /** The name of a file, as people know it. */
  fileName(fileId: number): string {
    return this.#pluck('SELECT name FROM main.run_files WHERE id = ?', fileId) as string;
  }

  /** Gives the records of these sources to a patient of their own, and the number of doses that nobody can tell. */
  #partPatients(
    person: Person,
    sourceIds: ReadonlySet<number>,
    newId: number,
    images: readonly DecisionImage[],
  ): number {
    const { patientId } = person;
    const [stay, go] = [false, true].map((goes) => person.sources.filter(({ id }) => sourceIds.has(id) === goes));
    const keys = new Map(person.sources.map(({ id, key }) => [key, sourceIds.has(id)]));
    const sides = new RecordSides(this.#database, person, keys);
    const [left, gone] = [stay!, go!].map((sources) => partsOf(person, sources));
    const held = this.#keysOfPatients([patientId]);
    const moved = new Map(
      images.flatMap(({ table, before }) => (table === 'patient_sources' ? [[before!['id'], before!] as const] : [])),
    );
    for (const source of go!) {
      const before = moved.get(source.id);
      this.#run('UPDATE main.patient_sources SET patient_id = ? WHERE id = ?', newId, source.id);
      if (before === undefined) continue;
      const { decision, reason, explanation } = before as Record<string, SqlValue>;
      this.#run(
        'UPDATE main.patient_sources SET decision = ?, reason = ?, explanation = ? WHERE id = ?',
        decision!, reason!, explanation!, source.id,
      ); // biome-ignore format: the values in the order of the columns
    }
    for (const id of [patientId, newId]) this.#nameMaker(id);
    this.#run('DELETE FROM main.patient_parts WHERE patient_id = ?', patientId);
    for (const [id, parts, sources] of [
      [patientId, left!, stay!],
      [newId, gone!, go!],
    ] as const) {
      const row = rowOfParts(parts, sources[0]!.siteId);
      const ssnCheck = parts.map((part) => part.ssnCheck).find((check) => check !== null) ?? null;
      if (id === newId) this.#insertPatient(newId, row, ssnCheck, sources[0]!.runId);
      else this.#updatePatient(id, row, ssnCheck);
      if (parts.length > 1) for (const part of parts) this.#insertPart(id, part);
    }
    this.#partKeys(held, patientId, newId, go![0]!.runId);
    this.#partReviews(person, go!, newId);
    for (const comment of this.#all(
      'SELECT id, file_id, line, site_id FROM main.patient_comments WHERE patient_id = ?',
      patientId,
    )) {
      if (sides.goes(comment['file_id'] as number, comment['line'] as number, comment['site_id'] as string)) {
        this.#run('UPDATE main.patient_comments SET patient_id = ? WHERE id = ?', newId, comment['id']!);
      }
    }
    this.#partDoses(patientId, newId, sides, doseIdsOf(images));
    this.#partDoseReviews(patientId, newId);
    this.#regroup(patientId);
    this.#regroup(newId);
    return sides.unknown;
  }

  /** The first record of a person is the one that made it. */
  #nameMaker(patientId: number): void {
    const made = this.#pluck("SELECT 1 FROM main.patient_sources WHERE patient_id = ? AND decision = 'new'", patientId);
    if (made !== undefined) return;
    this.#run(
      `UPDATE main.patient_sources SET decision = 'new', reason = NULL, explanation = NULL
       WHERE id = (SELECT min(id) FROM main.patient_sources WHERE patient_id = ?)`,
      patientId,
    );
  }

  /** Each of two patients is found by the keys of its own records; `held` are those of both. */
  #partKeys(held: readonly number[], patientId: number, newId: number, runId: number): void {
    const [left, gone] = [patientId, newId].map((id) => new Set(this.#keysOfPatients([id])));
    const ofRow = 'SELECT run_id FROM main.match_keys WHERE match_key = ? AND patient_id = ?';
    for (const key of gone!) {
      this.#run(
        'INSERT OR IGNORE INTO main.match_keys (match_key, patient_id, run_id) VALUES (?, ?, ?)',
        key,
        newId,
        this.#pluck(ofRow, key, patientId) ?? runId,
      );
    }
    for (const key of held) {
      if (left!.has(key)) continue;
      this.#run('DELETE FROM main.match_keys WHERE match_key = ? AND patient_id = ?', key, patientId);
    }
  }

  /** Pairs that are about a record which goes are of its patient. */
  #partReviews({ patientId }: Person, go: readonly SourceRow[], newId: number): void {
    const places = new Set(go.map(({ fileId, line }) => `${fileId}/${line}`));
    const reviews = this.#all(
      `SELECT id, patient_id_a, patient_id_b, explanation FROM main.match_reviews
       WHERE (patient_id_a = ? OR patient_id_b = ?) AND immunization_id_a IS NULL AND coalesce(decision, '') <> 'same'`,
      patientId,
      patientId,
    );
    for (const review of reviews) {
      if (review['explanation'] === null) continue;
      const { between } = JSON.parse(review['explanation'] as string) as {
        readonly between: readonly { readonly file_id?: number; readonly line?: number }[];
      };
      // The first of the two that were compared is that of the first patient.
      for (const [i, column] of (['patient_id_a', 'patient_id_b'] as const).entries()) {
        const goes = review[column] === patientId && places.has(`${between[i]?.file_id}/${between[i]?.line}`);
        if (goes) this.#run(`UPDATE main.match_reviews SET ${column} = ? WHERE id = ?`, newId, review['id']!);
      }
    }
  }

  /** Gives each dose record to its patient. Doses that have records of both are taken apart into their records. */
  #partDoses(patientId: number, newId: number, sides: RecordSides, ids: DoseIds): void {
    const doses = readStoredDoses(this.#database, [patientId]).get(patientId) ?? [];
    for (const dose of doses) {
      const { immunizationId } = dose;
      const own = this.#get('SELECT file_id, line FROM main.doses WHERE id = ?', immunizationId)!;
      const records = recordsOf(dose);
      const siteOf = (part: number): string | null => records[part]![DOSE.site_id] ?? null;
      const goes = sides.goes(own['file_id'] as number, own['line'] as number, siteOf(0));
      const duplicates = this.#duplicatesOf(immunizationId);
      const goesToo = duplicates.map(({ file_id, line, part }) => sides.goes(file_id, line, siteOf(part)));
      if (goes) this.#run('UPDATE main.doses SET patient_id = ? WHERE id = ?', newId, immunizationId);
      if (goesToo.every((each) => each === goes)) continue;
      this.#explode(
        dose,
        duplicates.map((duplicate, i) => ({ duplicate, patientId: goesToo[i] ? newId : patientId })),
        (duplicate) => sides.siteOf(duplicate.file_id, duplicate.line),
        ids,
      );
    }
  }

  /** Takes a dose apart: each of its records is a dose of its own. Putting them together again is left to the table. */
  #explode(
    dose: StoredDose,
    duplicates: readonly { readonly duplicate: Duplicate; readonly patientId: number }[],
    siteOf: (duplicate: Duplicate) => string | null,
    ids: DoseIds,
  ): void {
    const { immunizationId } = dose;
    const records = recordsOf(dose);
    const rowOf = (part: number, siteId: string | null, sourceId: string | null): Row => {
      const row = records[part]!.slice();
      if (siteId !== null) row[DOSE.site_id] = siteId;
      row[DOSE.source_immunization_id] = sourceId;
      return row;
    };
    this.#updateDose(immunizationId, records[0]!);
    this.#run('DELETE FROM main.immunization_parts WHERE immunization_id = ?', immunizationId);
    // The oldest dose goes on when doses are put together: that of the record that would have made it.
    const rank = ({ duplicate: { part } }: (typeof duplicates)[number]): number =>
      (isAdministered(records[part]!) ? 0 : 100) - countFilled(records[part]!);
    const inOrder = [...duplicates].sort(
      (x, y) => x.duplicate.file_id - y.duplicate.file_id || rank(x) - rank(y) || x.duplicate.line - y.duplicate.line,
    );
    for (const { duplicate, patientId } of inOrder) {
      const { file_id, line, source_immunization_id: sourceId, part } = duplicate;
      const before = ids.get(`${file_id}/${line}/${sourceId}`);
      const isFree = before !== undefined && this.#get('SELECT id FROM main.doses WHERE id = ?', before) === undefined;
      const id = isFree ? before : this.#nextIds().immunizationId;
      this.#run('DELETE FROM main.immunization_duplicates WHERE id = ?', duplicate.id);
      this.#insertDose(id, patientId, { fileId: file_id, line }, rowOf(part, siteOf(duplicate), sourceId));
    }
  }

  /** Pairs of doses go with them; doses of two patients are two. */
  #partDoseReviews(patientId: number, newId: number): void {
    const reviews = this.#all(
      `SELECT id, (SELECT patient_id FROM main.doses WHERE id = immunization_id_a) AS a,
         (SELECT patient_id FROM main.doses WHERE id = immunization_id_b) AS b
       FROM main.match_reviews WHERE patient_id_a = ? AND immunization_id_a IS NOT NULL`,
      patientId,
    );
    for (const { id, a, b } of reviews) {
      if (a !== newId || b !== newId) continue;
      this.#run('UPDATE main.match_reviews SET patient_id_a = ?, patient_id_b = ? WHERE id = ?', newId, newId, id!);
    }
  }

  // ---- taking back -----------------------------------------------------------------------------------------------

  /**
   * Takes a decision back that joined patients or doses, or took a patient apart; `decision` is what is said of it now.
   * Later ones that were built on it are taken back before, and applied again after.
   */
  takeBack(applied: AppliedDecision, decision: ReviewDecision): Parted {
    const again = this.#builtUpon(applied)
      .toReversed()
      .map((each) => {
        const sourceIds = movedSources(this.#images.read(each.decisionId), each.otherPatientId);
        this.#takeBackOne(each, 'later');
        return { each, sourceIds };
      });
    const parted = this.#takeBackOne(applied, decision);
    for (const { each, sourceIds } of again.toReversed()) this.#applyAgain(each, sourceIds);
    return parted;
  }

  /** To the letter if nothing else has changed what it changed, else anew. */
  #takeBackOne(applied: AppliedDecision, decision: ReviewDecision): Parted {
    const { patientId, otherPatientId } = applied;
    try {
      this.#database.transaction(() => {
        if (!applied.isExact || this.#hasNewRecords(applied)) throw new ImageMismatch();
        this.#images.restore(applied.decisionId);
        this.#forget(applied);
      })();
      return { patientId, otherPatientId, unknownRecords: 0 };
    } catch (error) {
      if (!(error instanceof ImageMismatch)) throw error;
    }
    this.#details.forget();
    return this.#takeBackAnew(applied, decision);
  }

  /** The later decisions that concern patients of this one, or of one of them. */
  #builtUpon(applied: AppliedDecision): AppliedDecision[] {
    const patients = new Set([applied.patientId, applied.otherPatientId]);
    return this.#selectApplied('decision_id > ?', applied.decisionId).filter((each) => {
      if (!patients.has(each.patientId) && !patients.has(each.otherPatientId)) return false;
      patients.add(each.patientId).add(each.otherPatientId);
      return true;
    });
  }

  #applyAgain({ decisionId, reviewId, kind, otherPatientId }: AppliedDecision, sourceIds: readonly number[]): void {
    const { patientIdA, patientIdB } = readReview(this.#database, reviewId)!;
    if (kind === 'join doses') this.joinDoses(decisionId, reviewId);
    else if (kind === 'join') {
      const [kept, other] = this.inOrder(this.currentPatient(patientIdA), this.currentPatient(patientIdB));
      if (kept !== other) this.join(decisionId, reviewId, kept, other);
    } else {
      const patientOf = 'SELECT patient_id FROM main.patient_sources WHERE id = ?';
      for (const patientId of new Set(sourceIds.map((id) => this.#pluck(patientOf, id) as number))) {
        const person = readPerson(this.#database, patientId)!;
        // Those that were apart before need not be parted.
        if (person.sources.every(({ id }) => sourceIds.includes(id))) continue;
        this.part(decisionId, reviewId, patientId, sourceIds, otherPatientId);
        return;
      }
    }
  }

  /** Whether a run that came later has added anything to the patients of a decision. */
  #hasNewRecords({ patientId, otherPatientId, lastRunId }: AppliedDecision): boolean {
    return [patientId, otherPatientId].some((id) =>
      [
        'SELECT 1 FROM main.patient_sources WHERE patient_id = ? AND run_id > ?',
        'SELECT 1 FROM main.patient_comments WHERE patient_id = ? AND run_id > ?',
        'SELECT 1 FROM main.doses d JOIN main.run_files f ON f.id = d.file_id WHERE d.patient_id = ? AND f.run_id > ?',
        `SELECT 1 FROM main.immunization_duplicates u JOIN main.doses d ON d.id = u.immunization_id
         WHERE d.patient_id = ? AND u.run_id > ?`,
      ].some((sql) => this.#pluck(`${sql} LIMIT 1`, id, lastRunId) !== undefined),
    );
  }

  #takeBackAnew(applied: AppliedDecision, decision: ReviewDecision): Parted {
    const { decisionId, kind, patientId, otherPatientId, reviewId } = applied;
    const images = this.#images.read(decisionId);
    this.#forget(applied);
    // What it was built on cannot be put back to the letter any more.
    this.#loosen([patientId, otherPatientId]);
    const unchanged = { patientId, otherPatientId, unknownRecords: 0 };
    if (kind === 'join doses') {
      this.#partJoinedDoses(applied, decision, patientId, images);
      return unchanged;
    }
    const person = readPerson(this.#database, patientId)!;
    if (kind === 'part') {
      this.#joinPatients(reviewId, person, readPerson(this.#database, otherPatientId)!);
      return unchanged;
    }
    const goes = sourcesToGo(person, movedSources(images, patientId), applied.lastRunId);
    const unknownRecords = this.#partPatients(person, goes, otherPatientId, images);
    this.#details.flush();
    this.#followBack(images, patientId, otherPatientId);
    return { patientId, otherPatientId, unknownRecords };
  }

  /** Gives pairs back that had followed their patient, as far as nobody decided them since. */
  #followBack(images: readonly DecisionImage[], patientId: number, newId: number): void {
    for (const { table, before, after } of images) {
      if (table !== 'match_reviews' || before === null || after === null) continue;
      const row = this.#get('SELECT * FROM main.match_reviews WHERE id = ?', before['id']!)!;
      for (const column of ['patient_id_a', 'patient_id_b'] as const) {
        if (before[column] === after[column] || row[column] !== patientId) continue;
        this.#run(`UPDATE main.match_reviews SET ${column} = ? WHERE id = ?`, newId, before['id']!);
      }
      if (before['decision'] === after['decision'] || row['decision_reason'] !== after['decision_reason']) continue;
      this.#run(
        `UPDATE main.match_reviews SET decision = ?, decided_by = ?, decided_at = ?, decision_reason = ? WHERE id = ?`,
        before['decision']!, before['decided_by']!, before['decided_at']!, before['decision_reason']!, before['id']!,
      ); // biome-ignore format: the values in the order of the columns
    }
  }

  #loosen(patientIds: readonly number[]): void {
    for (const id of patientIds) {
      this.#run('UPDATE main.applied_decisions SET is_exact = 0 WHERE patient_id = ? OR other_patient_id = ?', id, id);
    }
  }

  /** Takes a dose apart that a reviewer put together, and lets the table decide about its records. */
  #partJoinedDoses(
    { reviewId }: AppliedDecision,
    decision: ReviewDecision,
    patientId: number,
    images: readonly DecisionImage[],
  ): void {
    const joined = readReview(this.#database, reviewId)!.immunizationIds![0];
    const dose = (readStoredDoses(this.#database, [patientId]).get(patientId) ?? []).find(
      ({ immunizationId }) => immunizationId === joined,
    );
    for (const { table, before, after } of images) {
      if (table !== 'match_reviews' || before === null || after === null || before['id'] !== reviewId) continue;
      this.#run(
        'UPDATE main.match_reviews SET immunization_id_a = ?, immunization_id_b = ? WHERE id = ?',
        before['immunization_id_a']!,
        before['immunization_id_b']!,
        reviewId,
      );
    }
    if (dose === undefined) return;
    this.#run('UPDATE main.match_reviews SET decision = ? WHERE id = ?', decision, reviewId);
    const duplicates = this.#duplicatesOf(joined).map((duplicate) => ({ duplicate, patientId }));
    this.#explode(dose, duplicates, () => null, doseIdsOf(images));
    this.#regroup(patientId);
  }

  #forget({ decisionId }: AppliedDecision): void {
    this.#images.drop(decisionId);
    this.#run('DELETE FROM main.applied_decisions WHERE decision_id = ?', decisionId);
  }

  // ---- inside ----------------------------------------------------------------------------------------------------

  /** Does what a decision says, and keeps what it changed. */
  #apply(applied: Omit<AppliedDecision, 'lastRunId' | 'isExact'>, work: () => void): void {
    const { decisionId, reviewId, kind, patientId, otherPatientId } = applied;
    this.#run(
      `INSERT INTO main.applied_decisions (decision_id, review_id, kind, patient_id, other_patient_id, last_run_id, is_exact)
       VALUES (?, ?, ?, ?, ?, coalesce((SELECT max(id) FROM main.runs), 0), 1)`,
      decisionId, reviewId, kind, patientId, otherPatientId,
    ); // biome-ignore format: the values in the order of the columns
    const ids = [...new Set([patientId, otherPatientId])];
    this.#details.flush();
    const firstNewDetailId = 1 + ((this.#pluck('SELECT max(id) FROM main.dose_details') as number | null) ?? 0);
    const keys = this.#keysOfPatients(ids);
    const before = readCluster(this.#database, ids, keys);
    work();
    this.#details.flush();
    const after = readCluster(this.#database, ids, new Set([...keys, ...this.#keysOfPatients(ids)]));
    this.#dropUnusedDetails(firstNewDetailId, after.get('dose_details')!);
    this.#images.keep(decisionId, compareClusters(before, after, firstNewDetailId));
  }

  /** Takes details away that were made for records which are no doses in the end. */
  #dropUnusedDetails(firstNewId: number, used: ReadonlyMap<string, unknown>): void {
    for (const { id } of this.#all('SELECT id FROM main.dose_details WHERE id >= ?', firstNewId)) {
      if (!used.has(String(id))) this.#run('DELETE FROM main.dose_details WHERE id = ?', id!);
    }
    this.#details.forget();
  }

  /** Puts a patient's doses together as if all of their records came at once. */
  #regroup(patientId: number): void {
    this.#details.flush();
    const stored = readStoredDoses(this.#database, [patientId]).get(patientId) ?? [];
    const regrouping = this.#tools.matcher.regroup(stored, this.#decidedDoses(patientId));
    if (regrouping === null) return;
    const made = regrouping.made.map((dose, i) => ({ ...dose, immunizationId: this.#nextIds().immunizationId + i }));
    const records = regrouping.records.map(({ from, to, part, reason }) => {
      // There are no incoming records.
      const immunizationId =
        'made' in to ? made[to.made]!.immunizationId : 'immunizationId' in to ? to.immunizationId : 0;
      return { from, to: { immunizationId, part }, reason };
    });
    this.#regrouper.regroup(null, { patientId, kept: regrouping.kept, made, records }, this.#details);
    this.#details.flush();
  }

  #decidedDoses(patientId: number): DecidedDoses {
    const reviewed = readReviewedDoses(this.#database, 'main', [patientId]).get(patientId);
    return reviewed?.decided ?? { same: [], different: [] };
  }

  /** Remembers under which id each dose and comment of a person came, as long as that is known. */
  #keepRecordKeys(person: Person): void {
    const sides = new RecordSides(this.#database, person, new Map(person.sources.map(({ key }) => [key, false])));
    const keep = (fileId: number, line: number, siteId: string | null): void => {
      const key = sides.keyOf(fileId, line, siteId);
      if (key === null) return;
      this.#run(
        'INSERT OR IGNORE INTO main.record_keys (file_id, line, source_key) VALUES (?, ?, ?)',
        fileId,
        line,
        key,
      );
    };
    for (const dose of readStoredDoses(this.#database, [person.patientId]).get(person.patientId) ?? []) {
      const own = this.#get('SELECT file_id, line FROM main.doses WHERE id = ?', dose.immunizationId)!;
      const records = recordsOf(dose);
      keep(own['file_id'] as number, own['line'] as number, records[0]![DOSE.site_id] ?? null);
      for (const { file_id, line, part } of this.#duplicatesOf(dose.immunizationId)) {
        keep(file_id, line, records[part]![DOSE.site_id] ?? null);
      }
    }
    const comments = 'SELECT file_id, line, site_id FROM main.patient_comments WHERE patient_id = ?';
    for (const comment of this.#all(comments, person.patientId)) {
      keep(comment['file_id'] as number, comment['line'] as number, comment['site_id'] as string);
    }
  }

  #keysOfPatients(patientIds: readonly number[]): number[] {
    const keys = this.#tools.matchKeysOf(readComparable(this.#database, 'main', patientIds));
    return [...new Set(keys.map(({ matchKey }) => matchKey))];
  }

  #duplicatesOf(immunizationId: number): Duplicate[] {
    return this.#database
      .prepare('SELECT * FROM main.immunization_duplicates WHERE immunization_id = ? ORDER BY id')
      .all(immunizationId) as Duplicate[];
  }

  #move(table: ClusterTable, from: number, to: number): void {
    this.#run(`UPDATE main.${table} SET patient_id = ? WHERE patient_id = ?`, to, from);
  }

  #insertPart(patientId: number, { runId, siteId, row, ssnCheck }: PersonPart): void {
    this.#run(
      'INSERT INTO main.patient_parts (patient_id, run_id, site_id, record, ssn_check) VALUES (?, ?, ?, ?, ?)',
      patientId,
      runId,
      siteId,
      recordText(row, PATIENT_COLUMNS),
      ssnCheck,
    );
  }

  #insertPatient(patientId: number, row: Row, ssnCheck: number | null, runId: number): void {
    const names = PATIENT_COLUMNS.map(({ name }) => name);
    this.#run(
      `INSERT INTO main.patients (id, ssn_check, run_id, ${names.join(', ')}) VALUES (?, ?, ?, ${names.map(() => '?').join(', ')})`,
      patientId,
      ssnCheck,
      runId,
      ...PATIENT_COLUMNS.map(({ slot }) => row[slot]!),
    );
  }

  #updatePatient(patientId: number, row: Row, ssnCheck: number | null): void {
    this.#run(
      `UPDATE main.patients SET ssn_check = ?, ${PATIENT_COLUMNS.map(({ name }) => `${name} = ?`).join(', ')} WHERE id = ?`,
      ssnCheck,
      ...PATIENT_COLUMNS.map(({ slot }) => row[slot]!),
      patientId,
    );
  }

  #insertDose(
    immunizationId: number,
    patientId: number,
    { fileId, line }: { readonly fileId: number; readonly line: number },
    row: Row,
  ): void {
    this.#run(
      `INSERT INTO main.doses (id, patient_id, file_id, line, detail_id, ${DOSE_COLUMNS.map(({ name }) => name).join(', ')})
       VALUES (?, ?, ?, ?, ?, ${DOSE_COLUMNS.map(() => '?').join(', ')})`,
      immunizationId,
      patientId,
      fileId,
      line,
      this.#details.idOf(row),
      ...DOSE_COLUMNS.map(({ slot }) => row[slot]!),
    );
  }

  #updateDose(immunizationId: number, row: Row): void {
    this.#run(
      `UPDATE main.doses SET detail_id = ?, ${DOSE_COLUMNS.map(({ name }) => `${name} = ?`).join(', ')} WHERE id = ?`,
      this.#details.idOf(row),
      ...DOSE_COLUMNS.map(({ slot }) => row[slot]!),
      immunizationId,
    );
  }

  #run(sql: string, ...values: SqlValue[]): void {
    this.#database.prepare(sql).run(...values);
  }

  #get(sql: string, ...values: SqlValue[]): Record<string, SqlValue> | undefined {
    return this.#database.prepare(sql).get(...values) as Record<string, SqlValue> | undefined;
  }

  #pluck(sql: string, ...values: SqlValue[]): SqlValue | undefined {
    return this.#database
      .prepare(sql)
      .pluck()
      .get(...values) as SqlValue | undefined;
  }

  #all(sql: string, ...values: SqlValue[]): Record<string, SqlValue>[] {
    return this.#database.prepare(sql).all(...values) as Record<string, SqlValue>[];
  }
}

const NO_IMAGES: readonly DecisionImage[] = [];

/** Tells under which of a person's ids a dose or a comment came, and so whether it goes with them. */
class RecordSides {
  readonly #person: Person;
  /** Whether what came under an id goes, by the key of the id. */
  readonly #goes: ReadonlyMap<number, boolean>;
  readonly #find: (fileId: number, line: number) => number | undefined;
  readonly #runOfFile: (fileId: number) => number;
  /** Records of which nobody can tell. */
  unknown = 0;

  constructor(database: Database, person: Person, goes: ReadonlyMap<number, boolean>) {
    this.#person = person;
    this.#goes = goes;
    const key = database.prepare('SELECT source_key FROM main.record_keys WHERE file_id = ? AND line = ?').pluck();
    const run = database.prepare('SELECT run_id FROM main.run_files WHERE id = ?').pluck();
    this.#find = (fileId, line) => key.get(fileId, line) as number | undefined;
    this.#runOfFile = (fileId) => run.get(fileId) as number;
  }

  goes(fileId: number, line: number, siteId: string | null): boolean {
    const key = this.keyOf(fileId, line, siteId);
    if (key === null) this.unknown++;
    return key !== null && this.#goes.get(key) === true;
  }

  /** The key of the id under which a record came: as it was kept, or the only one that there was; `null` if nobody knows. */
  keyOf(fileId: number, line: number, siteId: string | null): number | null {
    const kept = this.#find(fileId, line);
    if (kept !== undefined && this.#goes.has(kept)) return kept;
    const runId = this.#runOfFile(fileId);
    const then = this.#person.sources.filter((source) => source.runId <= runId);
    const known = new Set(then.map(({ key }) => key));
    if (known.size === 1) return [...known][0]!;
    const ofSite = new Set(then.filter((source) => source.siteId === siteId).map(({ key }) => key));
    return ofSite.size === 1 ? [...ofSite][0]! : null;
  }

  /** The site of the id under which a record came, `null` if nobody knows. */
  siteOf(fileId: number, line: number): string | null {
    const key = this.#find(fileId, line);
    return this.#person.sources.find((source) => source.key === key)?.siteId ?? null;
  }
}

/** What the records of these sources say, each thing once, with the numbers that came with them. */
function partsOf(person: Person, sources: readonly SourceRow[]): PersonPart[] {
  const parts = new Map<string, PersonPart>();
  for (const source of sources) {
    const found = partOfSource(person, source);
    if (found === null) {
      throw new PartingError(
        `patient ${person.patientId} was loaded by an immload that kept other fields: which of its records says what cannot be told any more`,
      );
    }
    const text = packRow(found.part.row);
    const known = parts.get(text);
    if (known === undefined) {
      parts.set(text, { ...found.part, siteId: source.siteId, runId: source.runId, ssnCheck: found.ssnCheck });
    } else if (known.ssnCheck === null) parts.set(text, { ...known, ssnCheck: found.ssnCheck });
  }
  return [...parts.values()];
}

/** The sources that a decision moved to a patient. */
function movedSources(images: readonly DecisionImage[], to: number): number[] {
  return images.flatMap(({ table, before, after }) => {
    const isMoved = table === 'patient_sources' && after!['patient_id'] === to && before!['patient_id'] !== to;
    return isMoved ? [after!['id'] as number] : [];
  });
}

/**
 * Of a person's sources those that go when a join is taken back: those that it moved, and of what came since whatever came
 * under one of their ids, or under a new id and is more like them.
 */
function sourcesToGo({ sources, ...person }: Person, moved: readonly number[], lastRunId: number): Set<number> {
  const whole = { ...person, sources };
  const first = sources.filter(({ id }) => moved.includes(id));
  const rest = sources.filter(({ id, runId }) => !moved.includes(id) && runId <= lastRunId);
  const goes = new Set(first.map(({ id }) => id));
  const keysThatGo = new Set(first.map(({ key }) => key));
  const keysThatStay = new Set(rest.map(({ key }) => key));
  const rowOf = (source: SourceRow): Row | null => partOfSource(whole, source)?.part.row ?? null;
  for (const source of sources) {
    if (source.runId <= lastRunId || goes.has(source.id) || keysThatStay.has(source.key)) continue;
    const row = rowOf(source);
    const likeness = (others: readonly SourceRow[]): number =>
      Math.max(0, ...others.map((other) => countEqual(row, rowOf(other))));
    if (keysThatGo.has(source.key) || likeness(first) > likeness(rest)) goes.add(source.id);
  }
  return goes;
}

/** In how many values two records agree; the names and the birth date count most. */
function countEqual(a: Row | null, b: Row | null): number {
  if (a === null || b === null) return 0;
  let equal = 0;
  for (let slot = 0; slot < a.length; slot++) {
    if (a[slot] === null || a[slot] !== b[slot]) continue;
    equal += WEIGHTY.has(slot) ? 10 : 1;
  }
  return equal;
}

const WEIGHTY: ReadonlySet<number> = new Set([PATIENT.first_name, PATIENT.last_name, PATIENT.birth_date]);

/** The ids that doses had before a decision. */
function doseIdsOf(images: readonly DecisionImage[]): DoseIds {
  const ids = new Map<string, number>();
  for (const { table, before } of images) {
    if (table !== 'doses' || before === null) continue;
    ids.set(`${before['file_id']}/${before['line']}/${before['source_immunization_id']}`, before['id'] as number);
  }
  return ids;
}
