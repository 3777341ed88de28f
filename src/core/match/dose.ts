/**
 * What becomes of the dose records of one patient: which are the same dose, and what is stored of them.
 *
 * An earlier run's decisions are not final: where new records change what belongs together, the doses they touch are put
 * together anew from all of their records, as if all had come at once.
 */
import type { Codes } from '../codes.js';
import { type RowView, WholeRow } from '../columns.js';
import { DOSE, type ImmunizationField, packRow, type Row } from '../model.js';
import type { DoseReport } from './day-doses.js';
import { type DoseGrouping, groupDoses } from './dose-groups.js';
import { DoseNeighbours, type NearDoses } from './dose-neighbours.js';
import { DECIDED, type DoseRule, judgeDaysApart, judgeSameDay, RULES } from './dose-table.js';
import { countFilled, doseFacts, isAdministered, mergeDoseRows, SENDER_SLOTS } from './survivor.js';
import { VaccineGroups } from './vaccine-groups.js';

/** A dose of the store. */
export interface StoredDose {
  readonly immunizationId: number;
  readonly row: Row;
  /** The records that the dose is made of, that which made it first, when they are more than one: else the row is the record. */
  readonly parts: readonly Row[];
}

/** The records that a stored dose is made of. */
export function recordsOf(dose: StoredDose): readonly Row[] {
  return dose.parts.length > 0 ? dose.parts : [dose.row];
}

/** What reviewers decided about pairs of a patient's stored doses. */
export interface DecidedDoses {
  /** Pairs that are one dose, whatever the table says; a dose with itself once it was put together. */
  readonly same: readonly (readonly [number, number])[];
  /** Pairs that are two doses, whatever the table says. */
  readonly different: readonly (readonly [number, number])[];
}

const NOTHING_DECIDED: DecidedDoses = { same: [], different: [] };

/** An incoming record by its place, or a stored dose. */
export type DosePlace = { readonly incoming: number } | { readonly immunizationId: number };

/** What becomes of an incoming dose record. */
export type DoseOutcome =
  | {
      readonly kind: 'new';
      /** The row to store: the record's own, with blanks filled from its duplicates. */
      readonly row: Row;
      /** The records it is made of, its own first, when they differ; else none. */
      readonly parts: readonly Row[];
    }
  | {
      readonly kind: 'same';
      /** The incoming record or the stored dose that it is the same as. */
      readonly as: DosePlace;
      /** Which of the dose's parts it says the same as: 0 where the dose has but one. */
      readonly part: number;
      /** The row of the decision table. */
      readonly rule: DoseRule;
      /** Whether it gave the dose a value that the other did not have. */
      readonly contributed: boolean;
      /** Fields of which it has another value than the one that is kept. */
      readonly differing: readonly ImmunizationField[];
    };

/** A stored dose that gains from incoming records. */
export interface DoseUpdate {
  readonly immunizationId: number;
  readonly row: Row;
  /** Records that it is made of and that the store has not kept yet. */
  readonly parts: readonly Row[];
}

/** One of the records that a stored dose is made of. */
export interface StoredRecord {
  readonly immunizationId: number;
  readonly part: number;
}

/** A dose as it will be: one that is made anew of stored records has no number yet. */
export type DestinedDose = DosePlace | { readonly made: number };

/** Where a stored record goes when doses are put together anew. */
export interface MovedRecord {
  readonly from: StoredRecord;
  /** Its dose: a stored one, one that an incoming record makes, or one of {@link DoseRegrouping.made}. */
  readonly to: DestinedDose;
  readonly part: number;
  /** Why it belongs there: the words for a record like that which makes the dose, if it is that itself. */
  readonly reason: string;
}

/** Stored doses that are put together anew: those whose records are named here and that are not kept are gone. */
export interface DoseRegrouping {
  /** Stored doses that go on, with all of their parts. */
  readonly kept: readonly DoseUpdate[];
  /** Doses that a stored record makes, which was a duplicate before. */
  readonly made: readonly { readonly from: StoredRecord; readonly row: Row; readonly parts: readonly Row[] }[];
  /** Every record of the doses concerned. */
  readonly records: readonly MovedRecord[];
}

/** Something about two doses that a person should know. */
export interface DoseRemark {
  readonly kind: 'in-doubt' | 'product-conflict' | 'extra-antigen';
  /** The incoming record that it is told with. */
  readonly place: number;
  /** The dose that it is about: that of the record, or one that was put together anew because of it. */
  readonly dose: DestinedDose;
  readonly other: DestinedDose;
  readonly rule: DoseRule;
}

export interface DoseDecisions {
  /** By place of the incoming record. */
  readonly outcomes: readonly DoseOutcome[];
  readonly updates: readonly DoseUpdate[];
  /** `null` unless stored doses change what they are made of. */
  readonly regrouping: DoseRegrouping | null;
  readonly remarks: readonly DoseRemark[];
}

/** Why a record is the same dose as another, and in which fields it says something else than what is kept. */
export function reasonOf({
  rule,
  differing,
}: {
  readonly rule: DoseRule;
  readonly differing: readonly string[];
}): string {
  const reason = rule === DECIDED ? rule.words : `${rule.words} (row ${rule.row})`;
  return differing.length === 0 ? reason : `${reason}; other ${differing.join(', ')}`;
}

const NO_PARTS: readonly Row[] = [];
const NO_UPDATES: readonly DoseUpdate[] = [];
const NO_REMARKS: readonly DoseRemark[] = [];

/** Decides about doses, patient by patient. */
export class DoseMatcher {
  readonly #vaccines: VaccineGroups;
  readonly #neighbours: DoseNeighbours;

  constructor(codes: Codes) {
    this.#vaccines = new VaccineGroups(codes);
    this.#neighbours = new DoseNeighbours(this.#vaccines);
  }

  /** Whether each of these is a dose of its own, if the store has none of the patient: no two are near enough to be compared. */
  areApart(incoming: readonly RowView[]): boolean {
    return this.#neighbours.find(incoming, []) === null;
  }

  /** Decides about one patient's incoming doses. */
  decide(
    incoming: readonly Row[],
    stored: readonly StoredDose[],
    decided: DecidedDoses = NOTHING_DECIDED,
  ): DoseDecisions {
    const near = this.#neighbours.find(
      incoming.map((row) => new WholeRow(row)),
      stored,
    );
    if (near !== null) return new PatientDoses(incoming, stored, near, this.#vaccines, decided).decide();
    const outcomes: DoseOutcome[] = [];
    for (const row of incoming) outcomes.push({ kind: 'new', row, parts: NO_PARTS });
    return { outcomes, updates: NO_UPDATES, regrouping: null, remarks: NO_REMARKS };
  }

  /** Puts all stored doses of one patient together as if their records came at once; `null` if they are so already. */
  regroup(stored: readonly StoredDose[], decided: DecidedDoses): DoseRegrouping | null {
    const isNear = new Set(this.#neighbours.findStored(stored).doses);
    const isDecided = new Set([...decided.same, ...decided.different].flat());
    // What is one dose now, and what was decided, is looked at whatever it says.
    const doses = stored.flatMap(({ immunizationId, parts }, index) => {
      return isNear.has(index) || parts.length > 0 || isDecided.has(immunizationId) ? [index] : [];
    });
    const near = { places: [], doses };
    return new PatientDoses([], stored, near, this.#vaccines, decided).decide().regrouping;
  }
}

/** A record of the patient: of a stored dose, or incoming. */
interface PatientRecord {
  readonly row: Row;
  readonly report: DoseReport;
  /** A part of its dose: it says nothing about the product. */
  readonly isPart: boolean;
  /** `null` for an incoming one. */
  readonly stored: (StoredRecord & { readonly dose: StoredDose }) | null;
  /** Place of an incoming one, -1 for others. */
  readonly place: number;
}

/** The records that are one dose. */
interface Group {
  readonly records: PatientRecord[];
}

/** One patient's records while they are decided about. */
class PatientDoses {
  readonly #vaccines: VaccineGroups;
  readonly #grouping: DoseGrouping;
  readonly #groups: readonly Group[];
  readonly #reportsByDose = new Map<number, DoseReport[]>();
  readonly #outcomes: DoseOutcome[];
  readonly #updates: DoseUpdate[] = [];
  readonly #remarks: DoseRemark[] = [];
  /** What groups become that are put together anew. */
  readonly #destined = new Map<Group, DestinedDose>();

  constructor(
    incoming: readonly Row[],
    stored: readonly StoredDose[],
    { places, doses }: NearDoses,
    vaccines: VaccineGroups,
    decided: DecidedDoses,
  ) {
    this.#vaccines = vaccines;
    this.#outcomes = incoming.map((row) => ({ kind: 'new', row, parts: NO_PARTS }));
    const origins: Pick<PatientRecord, 'row' | 'stored' | 'place'>[] = [];
    for (const index of doses) {
      const dose = stored[index]!;
      const { immunizationId } = dose;
      recordsOf(dose).forEach((row, part) => {
        origins.push({ row, stored: { immunizationId, part, dose }, place: -1 });
      });
    }
    for (const place of places) origins.push({ row: incoming[place]!, stored: null, place });
    this.#grouping = groupDoses(
      origins.map(({ row }) => row),
      vaccines,
    );
    const { reports, doseOf, parts } = this.#grouping;
    const groups: Group[] = [];
    origins.forEach((origin, index) => {
      const report = reports[index]!;
      const number = doseOf.get(report)!;
      groups[number] ??= { records: [] };
      groups[number].records.push({ ...origin, report, isPart: parts.has(report) });
    });
    this.#groups = decided === NOTHING_DECIDED ? groups : applyDecided(groups, decided);
  }

  decide(): DoseDecisions {
    const concerned = this.#findRegrouped();
    for (const group of this.#groups) {
      if (concerned.has(group) || group.records.every(({ stored }) => stored !== null)) continue;
      const dose = group.records.find(({ stored }) => stored !== null)?.stored?.dose;
      if (dose === undefined) this.#joinIncoming(group);
      else this.#joinStored(group, dose);
    }
    const regrouping = concerned.size === 0 ? null : this.#regroup(concerned);
    this.#remark();
    return { outcomes: this.#outcomes, updates: this.#updates, regrouping, remarks: this.#remarks };
  }

  /** Groups that are not some stored dose as it is and what is added to it. */
  #findRegrouped(): Set<Group> {
    const concerned = new Set<Group>();
    const groupsOf = new Map<StoredDose, Group>();
    const split = new Set<StoredDose>();
    for (const group of this.#groups) {
      for (const { stored } of group.records) {
        if (stored === null) continue;
        const other = groupsOf.get(stored.dose);
        if (other !== undefined && other !== group) split.add(stored.dose);
        groupsOf.set(stored.dose, group);
      }
    }
    for (const group of this.#groups) {
      const doses = new Set(group.records.flatMap(({ stored }) => (stored === null ? [] : [stored.dose])));
      if (doses.size > 1 || [...doses].some((dose) => split.has(dose)) || this.#isOtherwise(group))
        concerned.add(group);
    }
    return concerned;
  }

  /**
   * Whether a stored dose is of the records that it was made of, and they say something else now: what was the combination is
   * a part, because the rest of it has come.
   */
  #isOtherwise({ records }: Group): boolean {
    const dose = records[0]!.stored?.dose;
    const isStored = records.every(({ stored }) => stored !== null);
    if (dose === undefined || !isStored || !records.some(({ isPart }) => isPart)) return false;
    const { row } = this.#merge(records, dose.row);
    return packRow(doseFacts(row)) !== packRow(doseFacts(dose.row));
  }

  /** Duplicates within the submission: the fullest record is the dose, the others are the same. */
  #joinIncoming({ records }: Group): void {
    if (records.length === 1) return;
    const maker = chooseMaker(records);
    const ordered = [maker, ...records.filter((record) => record !== maker)];
    const { row, parts, partOf } = this.#merge(ordered, maker.row);
    this.#outcomes[maker.place] = { kind: 'new', row, parts: parts.length > 1 ? parts : NO_PARTS };
    for (const record of ordered.slice(1)) {
      this.#outcomes[record.place] = this.#same(record, maker, { incoming: maker.place }, maker.row, row, partOf);
    }
  }

  /** Duplicates of a stored dose: it gains what they know and it does not. */
  #joinStored({ records }: Group, dose: StoredDose): void {
    const before = recordsOf(dose).length;
    const { immunizationId } = dose;
    const maker = records.find(({ stored }) => stored?.part === 0)!;
    const { row, parts, partOf } = this.#merge(records, dose.row);
    for (const record of records) {
      if (record.stored !== null) continue;
      this.#outcomes[record.place] = this.#same(record, maker, { immunizationId }, dose.row, row, partOf);
    }
    const gainsId = row[DOSE.source_immunization_id] !== dose.row[DOSE.source_immunization_id];
    if (parts.length > before || gainsId) {
      // The parts kept so far come first.
      const fresh = parts.length > 1 ? parts.slice(dose.parts.length) : NO_PARTS;
      this.#updates.push({ immunizationId, row, parts: fresh });
    }
  }

  /** Puts stored doses together anew. */
  #regroup(concerned: ReadonlySet<Group>): DoseRegrouping {
    const kept: DoseUpdate[] = [];
    const made: { from: StoredRecord; row: Row; parts: readonly Row[] }[] = [];
    const moved: MovedRecord[] = [];
    for (const group of concerned) {
      const { records } = group;
      const maker = chooseStoredMaker(records) ?? chooseMaker(records);
      const ordered = [maker, ...records.filter((record) => record !== maker)];
      const isKept = maker.stored?.part === 0;
      const before = isKept ? maker.stored!.dose.row : maker.row;
      const { row, parts, partOf } = this.#merge(ordered, maker.row);
      const distinct = parts.length > 1 ? parts : NO_PARTS;
      let to: MovedRecord['to'];
      if (maker.stored === null) {
        to = { incoming: maker.place };
        this.#outcomes[maker.place] = { kind: 'new', row, parts: distinct };
      } else if (isKept) {
        to = { immunizationId: maker.stored.immunizationId };
        kept.push({ immunizationId: maker.stored.immunizationId, row, parts: distinct });
      } else {
        to = { made: made.length };
        made.push({ from: refTo(maker.stored), row, parts: distinct });
      }
      this.#destined.set(group, to);
      for (const record of ordered) {
        if (record.stored === null) {
          if (record === maker) continue;
          // A dose that a stored duplicate makes has no incoming record: that would have made it.
          this.#outcomes[record.place] = this.#same(record, maker, to as DosePlace, before, row, partOf);
        } else {
          const part = partOf.get(record)!;
          const reason = reasonOf(this.#compare(record, maker, row));
          moved.push({ from: refTo(record.stored), to, part, reason });
        }
      }
    }
    return { kept, made, records: moved };
  }

  /** The row of a dose, the distinct records it is made of, and which of them each record is. */
  #merge(
    records: readonly PatientRecord[],
    maker: Row,
  ): { row: Row; parts: Row[]; partOf: ReadonlyMap<PatientRecord, number> } {
    const parts: Row[] = [];
    const whole: Row[] = [];
    const partOf = new Map<PatientRecord, number>();
    const seen = new Map<string, number>();
    for (const record of records) {
      const text = packRow(doseFacts(record.row));
      let part = seen.get(text);
      if (part === undefined) {
        part = parts.length;
        seen.set(text, part);
        parts.push(record.row);
        if (!record.isPart) whole.push(record.row);
      }
      partOf.set(record, part);
    }
    const row = mergeDoseRows(whole, this.#vaccines);
    keepIdentity(
      row,
      maker,
      records.map((record) => record.row),
    );
    return { row, parts, partOf };
  }

  #same(
    record: PatientRecord,
    maker: PatientRecord,
    as: DosePlace,
    before: Row,
    merged: Row,
    partOf: ReadonlyMap<PatientRecord, number>,
  ): DoseOutcome {
    const { rule, differing } = this.#compare(record, maker, merged);
    if (rule === RULES.otherProduct) {
      const dose = { incoming: record.place };
      this.#remarks.push({ kind: 'product-conflict', place: record.place, dose, other: as, rule });
    }
    const contributed = !record.isPart && contributes(record.row, before, merged);
    return { kind: 'same', as, part: partOf.get(record)!, rule, contributed, differing };
  }

  /** Why a record belongs to a dose, and what it says otherwise. A part of a combination says other things by its nature. */
  #compare(
    record: PatientRecord,
    maker: PatientRecord,
    merged: Row,
  ): { rule: DoseRule; differing: readonly ImmunizationField[] } {
    return {
      rule: this.#ruleOf(record, maker),
      differing: record.isPart ? NOTHING : differingFields(record.row, merged),
    };
  }

  /** The row of the table by which a record is the same as what made the dose, or as another of its records. */
  #ruleOf({ report }: PatientRecord, maker: PatientRecord): DoseRule {
    if (report === maker.report) return RULES.sameVaccine;
    const dose = this.#grouping.doseOf.get(report)!;
    if (dose !== this.#grouping.doseOf.get(maker.report)!) return DECIDED;
    for (const other of [maker.report, ...this.#reportsOf(dose)]) {
      if (other === report) continue;
      const judge = other.day === report.day ? judgeSameDay : judgeDaysApart;
      const rule = judge(report, other, this.#vaccines);
      if (rule.verdict === 'same' || rule.verdict === 'part') return rule;
    }
    return RULES.sameVaccine;
  }

  #reportsOf(dose: number): readonly DoseReport[] {
    if (this.#reportsByDose.size === 0) {
      for (const [report, number] of this.#grouping.doseOf) {
        const reports = this.#reportsByDose.get(number);
        if (reports === undefined) this.#reportsByDose.set(number, [report]);
        else reports.push(report);
      }
    }
    return this.#reportsByDose.get(dose)!;
  }

  /** Tells what a person should look at, of which at least one record has just come. */
  #remark(): void {
    const places = new Map<DoseReport, number>();
    const groupOf = new Map<DoseReport, Group>();
    for (const group of this.#groups) {
      // The last record of a report: it is the later ones that a sender is asked about.
      for (const { report, place } of group.records) {
        if (place >= 0) places.set(report, place);
        groupOf.set(report, group);
      }
    }
    for (const { a, b, rule } of this.#grouping.doubts) {
      // A reviewer has settled it.
      if (groupOf.get(a[0]!) === groupOf.get(b[0]!)) continue;
      const kind = rule.verdict === 'extra' ? 'extra-antigen' : 'in-doubt';
      const [one, other] = [a, b].map(
        (reports) => reports.map((report) => places.get(report) ?? -1).sort(descending)[0]!,
      );
      if (one! < 0 && other! < 0) {
        this.#remarkSplit(kind, groupOf.get(a[0]!)!, groupOf.get(b[0]!)!, rule);
        continue;
      }
      const place = Math.max(one!, other!);
      const rest = Math.min(one!, other!);
      const side = one! > other! ? b : a;
      const otherDose = rest >= 0 ? { incoming: rest } : this.#storedDoseOf(side);
      this.#remarks.push({ kind, place, dose: { incoming: place }, other: otherDose, rule });
    }
    this.#remarks.sort((a, b) => a.place - b.place);
  }

  /** Tells of stored records that were one dose and are in doubt now: with the last record that has come. */
  #remarkSplit(kind: DoseRemark['kind'], a: Group, b: Group, rule: DoseRule): void {
    const wereOne = a.records.some(({ stored }) => b.records.some((other) => other.stored?.dose === stored?.dose));
    const [dose, other] = [this.#destined.get(b), this.#destined.get(a)];
    const place = Math.max(...this.#groups.flatMap(({ records }) => records.map((record) => record.place)));
    if (!wereOne || dose === undefined || other === undefined || place < 0) return;
    this.#remarks.push({ kind, place, dose, other, rule });
  }

  #storedDoseOf(reports: readonly DoseReport[]): DosePlace {
    for (const { records } of this.#groups) {
      const record = records.find(({ report, stored }) => stored !== null && reports.includes(report));
      if (record !== undefined) return { immunizationId: record.stored!.immunizationId };
    }
    throw new Error('a report without a record');
  }
}

/** Puts groups together that a reviewer held to be one dose, and takes those apart that are two. */
function applyDecided(groups: readonly Group[], { same, different }: DecidedDoses): Group[] {
  let result = [...groups];
  const holds = ({ records }: Group, immunizationId: number): boolean =>
    records.some(({ stored }) => stored?.immunizationId === immunizationId);
  for (const pair of same) {
    const together = result.filter((group) => pair.some((id) => holds(group, id)));
    if (together.length < 2) continue;
    const [first] = together;
    const one = { records: together.flatMap(({ records }) => records).sort(inOrderOfArrival) };
    result = result.flatMap((group) => (group === first ? [one] : together.includes(group) ? [] : [group]));
  }
  for (const [a, b] of different) {
    if (a === b) continue;
    result = result.flatMap((group) => {
      if (!holds(group, a) || !holds(group, b)) return [group];
      const reports = (id: number): Set<DoseReport> =>
        new Set(group.records.flatMap(({ stored, report }) => (stored?.immunizationId === id ? [report] : [])));
      const [ofA, ofB] = [reports(a), reports(b)];
      const goes = ({ stored, report }: PatientRecord): boolean =>
        stored?.immunizationId === b || (stored?.immunizationId !== a && ofB.has(report) && !ofA.has(report));
      return [group.records.filter((record) => !goes(record)), group.records.filter(goes)].map(sayWhatItIs);
    });
  }
  return result;
}

/** Stored records by dose and part, then incoming ones: parts are counted in this order. */
function inOrderOfArrival(x: PatientRecord, y: PatientRecord): number {
  if (x.stored === null || y.stored === null) {
    return Number(x.stored === null) - Number(y.stored === null) || x.place - y.place;
  }
  return x.stored.immunizationId - y.stored.immunizationId || x.stored.part - y.stored.part;
}

/** A part of a combination that stands alone says what its dose is. */
function sayWhatItIs(records: readonly PatientRecord[]): Group {
  const areParts = records.every(({ isPart }) => isPart);
  return { records: records.map((record) => (areParts ? { ...record, isPart: false } : record)) };
}

const descending = (a: number, b: number): number => b - a;

function refTo({ immunizationId, part }: StoredRecord): StoredRecord {
  return { immunizationId, part };
}

/** The record that makes a dose: administered, then the fullest; incoming before stored, and no part if it can be. */
function chooseMaker(records: readonly PatientRecord[]): PatientRecord {
  const rank = ({ row, isPart, stored }: PatientRecord): number =>
    (stored === null ? 0 : 1000) + (isPart ? 200 : 0) + (isAdministered(row) ? 0 : 100) - countFilled(row);
  return records.reduce((best, record) => (rank(record) < rank(best) ? record : best));
}

/** The record that made the oldest of the stored doses that records belong to; `null` if none of them made one. */
function chooseStoredMaker(records: readonly PatientRecord[]): PatientRecord | null {
  const makers = records.filter(({ stored }) => stored?.part === 0);
  if (makers.length === 0) return null;
  return makers.reduce((a, b) => (a.stored!.immunizationId < b.stored!.immunizationId ? a : b));
}

/** The dose keeps the site and id of the record that made it; where that has no id, another of the site may give one. */
function keepIdentity(merged: Row, maker: Row, others: readonly Row[]): void {
  const site = maker[DOSE.site_id]!;
  const named = others.find((row) => row[DOSE.site_id] === site && row[DOSE.source_immunization_id] !== null);
  merged[DOSE.site_id] = site;
  merged[DOSE.source_patient_id] = maker[DOSE.source_patient_id]!;
  merged[DOSE.source_immunization_id] =
    maker[DOSE.source_immunization_id] ?? named?.[DOSE.source_immunization_id] ?? null;
}

/** What was said of doses given elsewhere or by hearsay differs in these without meaning anything. */
const UNREMARKABLE: ReadonlySet<string> = new Set<ImmunizationField>(['information_source', 'comment']);

/** The fields in which two records of a dose can differ so that it is worth a word. */
const REMARKABLE: readonly ImmunizationField[] = (Object.keys(DOSE) as ImmunizationField[]).filter(
  (field) => !SENDER_SLOTS.includes(DOSE[field]) && !UNREMARKABLE.has(field),
);
const NOTHING: readonly ImmunizationField[] = [];

function differingFields(record: Row, merged: Row): readonly ImmunizationField[] {
  let differing: ImmunizationField[] | null = null;
  for (const field of REMARKABLE) {
    const value = record[DOSE[field]];
    if (value == null || value === merged[DOSE[field]]) continue;
    differing ??= [];
    differing.push(field);
  }
  return differing ?? NOTHING;
}

/** Whether the merged dose has a value of the record that it would not have without it. */
function contributes(record: Row, maker: Row, merged: Row): boolean {
  for (let slot = 0; slot < record.length; slot++) {
    if (SENDER_SLOTS.includes(slot)) continue;
    if (record[slot] !== null && record[slot] === merged[slot] && maker[slot] !== merged[slot]) return true;
  }
  return false;
}
