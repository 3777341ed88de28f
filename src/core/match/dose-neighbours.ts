/**
 * Finds the records of a patient that the decision table has to look at. Most have no neighbour of their vaccine group: that
 * is found at a cost of a quarter of a microsecond for each, and without garbage.
 */
import { DOSE, type Row } from '../model.js';
import type { StoredDose } from './dose.js';
import { MOST_DAYS_OF_ERROR, WINDOW_DAYS } from './dose-table.js';
import { isAdministered } from './survivor.js';
import { MOST_DAYS_APART, RELATION, type Relation, type VaccineGroups } from './vaccine-groups.js';

/** Records that may be the same dose as some other. */
export interface NearDoses {
  /** Places of incoming records. */
  readonly places: readonly number[];
  /** Indexes of stored doses. */
  readonly doses: readonly number[];
}

/** Above this, rows are not sorted by insertion. */
const MOST_INSERTED = 64;
const NO_DAY = -(2 ** 31);

/** Days since the first of March of the year 0, for a date as YYYY-MM-DD. */
export function dayNumber(date: string): number {
  return numberOf(twoDigits(date, 0) * 100 + twoDigits(date, 2), twoDigits(date, 5), twoDigits(date, 8));
}

function numberOf(ofYear: number, ofMonth: number, day: number): number {
  const isEarly = ofMonth < 3;
  const year = isEarly ? ofYear - 1 : ofYear;
  const month = isEarly ? ofMonth + 12 : ofMonth;
  const leapDays = (year >> 2) - Math.floor(year / 100) + Math.floor(year / 400);
  return year * 365 + leapDays + Math.floor((153 * (month - 3) + 2) / 5) + day - 1;
}

function twoDigits(date: string, at: number): number {
  return (date.charCodeAt(at) - 48) * 10 + date.charCodeAt(at + 1) - 48;
}

/** Looks for neighbours, patient by patient. */
export class DoseNeighbours {
  readonly #vaccines: VaccineGroups;
  /** All rows of the patient under way: those of stored doses, then the incoming ones. */
  readonly #rows: Row[] = [];
  /** Day, vaccine and index of each row, in the order of the days. */
  #days = new Int32Array(MOST_INSERTED);
  #numbers = new Int16Array(MOST_INSERTED);
  #order = new Int32Array(MOST_INSERTED);
  /** Whether a row has a neighbour, by its index. */
  #isNear = new Uint8Array(MOST_INSERTED);
  /** The row of the patient under way that came first with an id, by the id. */
  readonly #firstOfId = new Map<string, number>();

  constructor(vaccines: VaccineGroups) {
    this.#vaccines = vaccines;
  }

  /** The records that have neighbours, `null` if no incoming one has. */
  find(incoming: readonly Row[], stored: readonly StoredDose[]): NearDoses | null {
    const known = this.#take(incoming, stored);
    const isAnyNear = this.#compare(known);
    return isAnyNear ? this.#collect(known, stored) : null;
  }

  /** The stored doses with a record that has a neighbour. */
  findStored(stored: readonly StoredDose[]): NearDoses {
    const known = this.#take([], stored);
    this.#compare(known);
    return this.#collect(known, stored);
  }

  /** Takes the rows of a patient, and gives the index of the first incoming one. */
  #take(incoming: readonly Row[], stored: readonly StoredDose[]): number {
    const rows = this.#rows;
    rows.length = 0;
    for (const dose of stored) {
      if (dose.parts.length === 0) rows.push(dose.row);
      else for (const part of dose.parts) rows.push(part);
    }
    const known = rows.length;
    for (const row of incoming) rows.push(row);
    this.#sort();
    return known;
  }

  #sort(): void {
    const rows = this.#rows;
    if (rows.length > this.#days.length) {
      this.#days = new Int32Array(rows.length * 2);
      this.#numbers = new Int16Array(rows.length * 2);
      this.#order = new Int32Array(rows.length * 2);
      this.#isNear = new Uint8Array(rows.length * 2);
    }
    if (rows.length > MOST_INSERTED) this.#sortMany();
    else this.#sortFew();
  }

  #sortFew(): void {
    const rows = this.#rows;
    const days = this.#days;
    const numbers = this.#numbers;
    const order = this.#order;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const day = dayOf(row);
      let at = i;
      while (at > 0 && days[at - 1]! > day) {
        days[at] = days[at - 1]!;
        numbers[at] = numbers[at - 1]!;
        order[at] = order[at - 1]!;
        at--;
      }
      days[at] = day;
      numbers[at] = this.#vaccines.numberOf(row[DOSE.cvx]!);
      order[at] = i;
    }
  }

  /** An id that stands for many persons may have thousands of doses. */
  #sortMany(): void {
    const rows = this.#rows;
    const order = this.#order.subarray(0, rows.length);
    const days = Int32Array.from(rows, dayOf);
    for (let i = 0; i < rows.length; i++) order[i] = i;
    order.sort((a, b) => days[a]! - days[b]!);
    for (let i = 0; i < rows.length; i++) {
      this.#days[i] = days[order[i]!]!;
      this.#numbers[i] = this.#vaccines.numberOf(rows[order[i]!]![DOSE.cvx]!);
    }
  }

  /** Marks the rows that have neighbours. Whether an incoming one has: those from the index `known` on. */
  #compare(known: number): boolean {
    const { length } = this.#rows;
    const days = this.#days;
    const numbers = this.#numbers;
    const order = this.#order;
    const isNear = this.#isNear;
    let isAnyNear = false;
    isNear.fill(0, 0, length);
    for (let i = 0; i < length; i++) {
      const day = days[i]!;
      const number = numbers[i]!;
      for (let j = i + 1; j < length && days[j]! - day <= WINDOW_DAYS; j++) {
        const relation = this.#vaccines.relate(number, numbers[j]!);
        if (relation === RELATION.none && number >= 0) continue;
        if (!this.#areNear(i, j, relation)) continue;
        isNear[order[i]!] = 1;
        isNear[order[j]!] = 1;
        isAnyNear ||= order[i]! >= known || order[j]! >= known;
      }
      if (this.#markExchanged(i, known)) isAnyNear = true;
      if (this.#markSameId(i, known)) isAnyNear = true;
    }
    return isAnyNear;
  }

  /** Marks a row and the first one of its id and group, however far apart. Whether one of them is an incoming one. */
  #markSameId(i: number, known: number): boolean {
    if (i === 0) this.#firstOfId.clear();
    const index = this.#order[i]!;
    const id = this.#rows[index]![DOSE.source_immunization_id];
    if (id == null) return false;
    const first = this.#firstOfId.get(id);
    if (first === undefined) {
      this.#firstOfId.set(id, i);
      return false;
    }
    const other = this.#order[first]!;
    if (this.#rows[other]![DOSE.site_id] !== this.#rows[index]![DOSE.site_id]) return false;
    if (this.#vaccines.relate(this.#numbers[first]!, this.#numbers[i]!) === RELATION.none) return false;
    this.#isNear[index] = 1;
    this.#isNear[other] = 1;
    return index >= known || other >= known;
  }

  /**
   * Marks a row and the later ones of its group that have day and month exchanged, unless both are administered. Whether
   * one of them is an incoming one.
   */
  #markExchanged(i: number, known: number): boolean {
    const order = this.#order;
    const row = this.#rows[order[i]!]!;
    const date = row[DOSE.administered_on];
    if (date == null) return false;
    const [month, day] = [twoDigits(date, 5), twoDigits(date, 8)];
    if (day <= month || day > 12) return false;
    const goal = numberOf(twoDigits(date, 0) * 100 + twoDigits(date, 2), day, month);
    let isAnyIncoming = false;
    for (let j = i + 1; j < this.#rows.length && this.#days[j]! <= goal; j++) {
      if (this.#days[j]! < goal) continue;
      const relation = this.#vaccines.relate(this.#numbers[i]!, this.#numbers[j]!);
      if (relation === RELATION.none || relation === RELATION.sameUngrouped) continue;
      if (isAdministered(row) && isAdministered(this.#rows[order[j]!]!)) continue;
      this.#isNear[order[i]!] = 1;
      this.#isNear[order[j]!] = 1;
      isAnyIncoming ||= order[i]! >= known || order[j]! >= known;
    }
    return isAnyIncoming;
  }

  /** Whether the table may find more in two rows than that they are two doses. */
  #areNear(i: number, j: number, relation: Relation): boolean {
    const a = this.#rows[this.#order[i]!]!;
    const b = this.#rows[this.#order[j]!]!;
    const days = this.#days[j]! - this.#days[i]!;
    if (days === 0) return relation !== RELATION.none || a[DOSE.cvx] === b[DOSE.cvx];
    if (relation === RELATION.none || relation === RELATION.sameUngrouped) return false;
    const id = a[DOSE.source_immunization_id];
    if (id !== null && id === b[DOSE.source_immunization_id]) return true;
    // In a short series, each dose counts for what is decided about the others.
    const mostDays = this.#vaccines.daysApart(this.#numbers[i]!, this.#numbers[j]!);
    if (mostDays < MOST_DAYS_APART && days <= MOST_DAYS_APART + mostDays) return true;
    const haveLots = a[DOSE.lot_number] !== null && b[DOSE.lot_number] !== null;
    if (isAdministered(a) !== isAdministered(b)) return days <= MOST_DAYS_APART || haveLots;
    if (days <= MOST_DAYS_OF_ERROR && haveLots) return true;
    const isVague = this.#vaccines.isUnspecified(this.#numbers[i]!) || this.#vaccines.isUnspecified(this.#numbers[j]!);
    return !isAdministered(a) && isVague && days <= MOST_DAYS_APART;
  }

  #collect(known: number, stored: readonly StoredDose[]): NearDoses {
    const isNear = this.#isNear;
    const doses: number[] = [];
    let index = 0;
    stored.forEach((dose, number) => {
      const end = index + Math.max(1, dose.parts.length);
      let hasNeighbour = false;
      for (; index < end; index++) hasNeighbour ||= isNear[index] === 1;
      if (hasNeighbour) doses.push(number);
    });
    const places: number[] = [];
    for (let i = known; i < this.#rows.length; i++) if (isNear[i] === 1) places.push(i - known);
    return { places, doses };
  }
}

function dayOf(row: Row): number {
  const date = row[DOSE.administered_on];
  return date == null ? NO_DAY : dayNumber(date);
}
