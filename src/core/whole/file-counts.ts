/**
 * Counts that show whether a file looks wrong as a whole, though each of its records may be right.
 *
 * They grow by small numbers and stay small themselves: an array for the days, tables of names, places and lots that end
 * at some thousands. Of a large file, some records stand for all, so that counting costs nothing that could be measured.
 */
import { DOSE, type FieldName, fieldsOf, PATIENT, type RecordRole, type Row } from '../model.js';
import { yearsBetween } from '../normalize/date.js';
import { nameKey } from '../normalize/name.js';
import type { Batch } from '../transform.js';
import { DosesPerPatient } from './doses-per-patient.js';
import { isUnreadable } from './unreadable.js';
import { agesOf } from './vaccine-ages.js';

/** So many records of a file are all looked at; of those behind them, every sixteenth. */
const LOOKED_AT_WHOLE = 32_768;
const THEN_EVERY = 16;

const FIRST_YEAR = 1850;
const LAST_YEAR = 2199;
/** Every month has 31 days here: days are told apart, not reckoned with. */
const DAYS_OF_YEAR = 12 * 31;

/** How often each day occurs. */
export class DayCounts {
  readonly #counts = new Uint32Array((LAST_YEAR - FIRST_YEAR + 1) * DAYS_OF_YEAR);
  /** Between these are all that occur: most files have days of some tens of years. */
  #first = Number.POSITIVE_INFINITY;
  #last = -1;
  total = 0;

  /** Takes a day, `YYYY-MM-DD`. */
  add(day: string): void {
    const index = indexOf(day);
    if (index < 0 || index >= this.#counts.length) return;
    this.#counts[index]!++;
    this.total++;
    if (index < this.#first) this.#first = index;
    if (index > this.#last) this.#last = index;
  }

  /** The day that occurs most often, and how often the one after it does. */
  get commonest(): { readonly day: string; readonly count: number; readonly next: number } {
    let [best, count, next] = [0, 0, 0];
    for (let index = this.#first; index <= this.#last; index++) {
      const uses = this.#counts[index]!;
      if (uses > count) [best, count, next] = [index, uses, count];
      else if (uses > next) next = uses;
    }
    return { day: dayAt(best), count, next };
  }

  /** How many lie on one day of all years, or on one day of all months. */
  on({ month, day }: { readonly month?: number; readonly day: number }): number {
    let sum = 0;
    for (let index = this.#first; index <= this.#last; index++) {
      const isDay = (index % 31) + 1 === day && (month === undefined || (Math.floor(index / 31) % 12) + 1 === month);
      if (isDay) sum += this.#counts[index]!;
    }
    return sum;
  }

  /**
   * How many lie on each day of all months, from 1, and on each day of all years, from `01-01`: without the most that lie
   * on one and the same day, which may be the day of a campaign.
   */
  get recurring(): { readonly days: readonly DayShare[]; readonly monthDays: readonly DayShare[] } {
    const days = Array.from({ length: 31 }, (_, i) => new Recurrence(String(i + 1)));
    const monthDays = Array.from({ length: DAYS_OF_YEAR }, (_, i) => new Recurrence(dayAt(i).slice(5)));
    for (let index = this.#first; index <= this.#last; index++) {
      const uses = this.#counts[index]!;
      if (uses === 0) continue;
      days[index % 31]!.add(uses);
      monthDays[index % DAYS_OF_YEAR]!.add(uses);
    }
    return { days, monthDays };
  }

  /** How many lie in each month, from the first month that has one to the last: `YYYY-MM` and the count. */
  get months(): readonly { readonly month: string; readonly count: number }[] {
    const months: { month: string; count: number }[] = [];
    let last = 0;
    for (let index = this.#first - (this.#first % 31); index <= this.#last; index += 31) {
      let count = 0;
      for (let day = 0; day < 31; day++) count += this.#counts[index + day]!;
      if (count === 0 && months.length === 0) continue;
      months.push({ month: dayAt(index).slice(0, 7), count });
      if (count > 0) last = months.length;
    }
    return months.slice(0, last);
  }
}

/** A day that comes again every month or year, and how many lie on it but for its largest date. */
export interface DayShare {
  /** A day of the month, or `MM-DD`. */
  readonly day: string;
  readonly count: number;
}

class Recurrence implements DayShare {
  #sum = 0;
  #most = 0;

  constructor(readonly day: string) {}

  add(uses: number): void {
    this.#sum += uses;
    if (uses > this.#most) this.#most = uses;
  }

  get count(): number {
    return this.#sum - this.#most;
  }
}

function indexOf(day: string): number {
  const digit = (at: number): number => day.charCodeAt(at) - 48;
  const year = digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3);
  return (year - FIRST_YEAR) * DAYS_OF_YEAR + (digit(5) * 10 + digit(6) - 1) * 31 + digit(8) * 10 + digit(9) - 1;
}

function dayAt(index: number): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const year = FIRST_YEAR + Math.floor(index / DAYS_OF_YEAR);
  return `${year}-${two((Math.floor(index / 31) % 12) + 1)}-${two((index % 31) + 1)}`;
}

/** Where a lot was used. */
export interface LotUse {
  readonly cvx: string;
  first: string;
  last: string;
  count: number;
  /** The maker that was named with it first, `null` if none was, and how often. */
  maker: string | null;
  named: number;
  /** Further makers. Hardly a lot has any: a table for each took half the time of counting. */
  others: Map<string, number> | null;
}

/** A vaccine, and how often it was given at an age at which hardly anybody gets it. */
export interface AgeCount {
  doses: number;
  outside: number;
}

/** Doses of one information source, and how many of them name a lot, as those do that were given where they are sent from. */
export interface SourceUse {
  doses: number;
  withLot: number;
}

/** Columns that differ from record to record in any real file. */
const VARYING: Readonly<Record<'patient' | 'dose', readonly (readonly [FieldName, number])[]>> = {
  patient: [
    ['last_name', PATIENT.last_name],
    ['first_name', PATIENT.first_name],
    ['birth_date', PATIENT.birth_date],
    ['street', PATIENT.street],
    ['phone', PATIENT.phone],
  ],
  dose: [
    ['administered_on', DOSE.administered_on],
    ['cvx', DOSE.cvx],
    ['lot_number', DOSE.lot_number],
  ],
};

/** Finds columns that say the same in all records. */
export class ConstantColumns {
  #same: { readonly field: FieldName; readonly slot: number; value: string | null; count: number }[];

  constructor(kind: keyof typeof VARYING) {
    this.#same = VARYING[kind].map(([field, slot]) => ({ field, slot, value: null, count: 0 }));
  }

  add(row: Row): void {
    if (this.#same.length === 0) return;
    let differs = false;
    for (const column of this.#same) {
      const value = row[column.slot];
      if (value == null) continue;
      column.count++;
      if (column.value === null) column.value = value;
      else if (column.value !== value) {
        column.value = null;
        column.count = -1;
        differs = true;
      }
    }
    if (differs) this.#same = this.#same.filter(({ count }) => count >= 0);
  }

  /** Those that had a value, and always the same. */
  get found(): readonly { readonly field: FieldName; readonly value: string; readonly count: number }[] {
    return this.#same.flatMap(({ field, value, count }) => (value === null ? [] : [{ field, value, count }]));
  }
}

const MOST_NAMES = 50_000;
const MOST_ZIPS = 5_000;
const MOST_LOTS = 8_000;
const MOST_SOURCES = 50;

/** What the patients of a file have in common. */
export class PatientCounts {
  looked = 0;
  readonly births = new DayCounts();
  readonly sexes = new Map<string, number>();
  readonly constants = new ConstantColumns('patient');
  /** Patients that are the same person as another of the submission, by another id. */
  underOtherIds = 0;
  /** Patients that were not rejected. */
  accepted = 0;
  /** New persons of the submission, and those of them of whom it loads no dose; both 0 where it has no doses at all. */
  persons = 0;
  withoutDoses = 0;
  readonly #names = new Map<string, { last: number; first: number }>();
  readonly #zips = new Map<string, Map<string, number>>();

  add(row: Row): void {
    this.looked++;
    const birth = row[PATIENT.birth_date];
    if (birth != null) this.births.add(birth);
    const sex = row[PATIENT.sex];
    if (sex != null) this.sexes.set(sex, (this.sexes.get(sex) ?? 0) + 1);
    this.constants.add(row);
    this.#addName(row[PATIENT.last_name], 'last');
    this.#addName(row[PATIENT.first_name], 'first');
    this.#addZip(row[PATIENT.zip], row[PATIENT.city]);
  }

  #addName(name: string | null | undefined, part: 'last' | 'first'): void {
    if (name == null) return;
    const key = nameKey(name);
    const uses = this.#names.get(key);
    if (uses !== undefined) uses[part]++;
    else if (this.#names.size < MOST_NAMES)
      this.#names.set(key, part === 'last' ? { last: 1, first: 0 } : { last: 0, first: 1 });
  }

  #addZip(zip: string | null | undefined, city: string | null | undefined): void {
    if (zip == null || city == null) return;
    const own = zip.slice(0, 5);
    let cities = this.#zips.get(own);
    if (cities === undefined) {
      if (this.#zips.size >= MOST_ZIPS) return;
      cities = new Map();
      this.#zips.set(own, cities);
    }
    const key = city.toUpperCase();
    cities.set(key, (cities.get(key) ?? 0) + 1);
  }

  /** How often a name stands in a column, in whatever case and with whatever accents. */
  usesOfName(name: string, part: 'last' | 'first'): number {
    return this.#names.get(nameKey(name))?.[part] ?? 0;
  }

  /** How often each ZIP code, by its first five digits, stands beside each city, in upper case. */
  get zipUses(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    return this.#zips;
  }

  /** How often the first five digits of a ZIP code stand beside a city; beside any where it is `null`. */
  usesOfZip(zip: string, city: string | null): number {
    const cities = this.#zips.get(zip.slice(0, 5));
    if (city !== null) return cities?.get(city.toUpperCase()) ?? 0;
    return [...(cities?.values() ?? [])].reduce((sum, uses) => sum + uses, 0);
  }
}

/** What the doses of a file have in common. */
export class DoseCounts {
  looked = 0;
  readonly days = new DayCounts();
  readonly sources = new Map<string, SourceUse>();
  readonly constants = new ConstantColumns('dose');
  readonly lots = new Map<string, LotUse>();
  readonly ages = new Map<string, AgeCount>();
  /** Doses on the day of birth, of vaccines that are not given then. */
  onBirthDay = 0;
  /** Doses given at the site that sends them, and those of them that say nothing of the statement for the patient. */
  administered = 0;
  withoutVis = 0;
  /** Doses whose patient has a birth date. */
  withBirthDate = 0;
  readonly perPatient = new DosesPerPatient();
  #shapes: Map<string, Map<string, number>> | null = null;

  add(row: Row, birthDate: string | null): void {
    this.looked++;
    const day = row[DOSE.administered_on]!;
    this.days.add(day);
    this.#addSource(row);
    this.constants.add(row);
    const cvx = row[DOSE.cvx]!;
    if (birthDate !== null) this.#addAge(cvx, day, birthDate);
    const lot = row[DOSE.lot_number];
    if (lot != null) this.#addLot(lot, cvx, day, row[DOSE.mvx] ?? null);
  }

  #addSource(row: Row): void {
    const source = row[DOSE.information_source];
    if (source == null) return;
    let use = this.sources.get(source);
    if (use === undefined) {
      if (this.sources.size >= MOST_SOURCES) return;
      use = { doses: 0, withLot: 0 };
      this.sources.set(source, use);
    }
    use.doses++;
    if (row[DOSE.lot_number] != null) use.withLot++;
    if (source !== '00') return;
    this.administered++;
    if (row[DOSE.vis_edition_date] == null && row[DOSE.vis_given_date] == null) this.withoutVis++;
  }

  #addAge(cvx: string, day: string, birthDate: string): void {
    this.withBirthDate++;
    const ages = agesOf(cvx);
    if (day === birthDate && ages?.fromBirth !== true) this.onBirthDay++;
    if (ages === undefined) return;
    let count = this.ages.get(cvx);
    if (count === undefined) {
      count = { doses: 0, outside: 0 };
      this.ages.set(cvx, count);
    }
    count.doses++;
    const years = yearsBetween(birthDate, day);
    if (years < ages.from || years >= ages.before) count.outside++;
  }

  #addLot(lot: string, cvx: string, day: string, mvx: string | null): void {
    const use = this.lots.get(lot);
    if (use === undefined) {
      if (this.lots.size >= MOST_LOTS) return;
      const named = mvx === null ? 0 : 1;
      this.lots.set(lot, { cvx, first: day, last: day, count: 1, maker: mvx, named, others: null });
      return;
    }
    use.count++;
    if (day < use.first) use.first = day;
    if (day > use.last) use.last = day;
    if (mvx === null || use.cvx !== cvx) return;
    use.maker ??= mvx;
    if (use.maker === mvx) use.named++;
    else {
      use.others ??= new Map();
      use.others.set(mvx, (use.others.get(mvx) ?? 0) + 1);
    }
  }

  /** The makers that doses of a vaccine name with a lot, or with lots of this shape; `undefined` where none does. */
  makersOf(cvx: string, lot: string): ReadonlyMap<string, number> | undefined {
    const use = this.lots.get(lot);
    if (use !== undefined && use.cvx === cvx) return makersOfLot(use);
    this.#shapes ??= this.#gatherShapes();
    return this.#shapes.get(`${cvx}\x1f${lot}`);
  }

  #gatherShapes(): Map<string, Map<string, number>> {
    const shapes = new Map<string, Map<string, number>>();
    for (const [lot, use] of this.lots) {
      const key = `${use.cvx}\x1f${shapeOfLot(lot)}`;
      const known = shapes.get(key) ?? new Map<string, number>();
      shapes.set(key, known);
      // A lot counts once, however many doses came of it.
      for (const mvx of makersOfLot(use).keys()) known.set(mvx, (known.get(mvx) ?? 0) + 1);
    }
    return shapes;
  }
}

function makersOfLot({ maker, named, others }: LotUse): ReadonlyMap<string, number> {
  return new Map([...(maker === null ? [] : [[maker, named] as const]), ...(others ?? [])]);
}

/** How a maker writes its lots: `U4123AA` and `U4987BC` are both `~A9999AA`. It can be mistaken for no lot. */
export function shapeOfLot(lot: string): string {
  return `~${lot.replace(/[A-Z]/g, 'A').replace(/\d/g, '9')}`;
}

/** What is counted of all records of a file that are read as one role. */
class RoleCounts {
  /** Records that were read; of a record with several doses, each dose. */
  records = 0;
  /** How many have a value of their own, by field: what a specification puts in the place of a blank does not count. */
  readonly received = new Map<FieldName, number>();
  /** How many have a value that could not be read, by field. */
  readonly unreadable = new Map<FieldName, number>();

  constructor(readonly role: RecordRole) {}

  add({ accepted, rejected, filled, issues }: Batch): void {
    this.records += accepted.length;
    for (const { row } of rejected) if (row !== null) this.records++;
    Object.keys(fieldsOf(this.role)).forEach((field, slot) => {
      if (filled[slot]! > 0) addTo(this.received, field as FieldName, filled[slot]!);
    });
    for (const { code, field } of issues) if (field !== null && isUnreadable(code)) this.addUnreadable(field, 1);
  }

  addUnreadable(field: FieldName, times: number): void {
    addTo(this.unreadable, field, times);
  }
}

function addTo(counts: Map<FieldName, number>, field: FieldName, times: number): void {
  counts.set(field, (counts.get(field) ?? 0) + times);
}

/** All that is counted of a file: its patients, its doses, or both. */
export class FileCounts {
  readonly patients = new Lazy(() => new PatientCounts());
  readonly doses = new Lazy(() => new DoseCounts());
  readonly #roles = new Map<RecordRole, RoleCounts>();

  /** Whether a record is among those that are looked at, by its number. */
  takes(record: number): boolean {
    return record <= LOOKED_AT_WHOLE || record % THEN_EVERY === 0;
  }

  /** What is counted of all records that are read as a role. */
  of(role: RecordRole): RoleCounts {
    let counts = this.#roles.get(role);
    if (counts === undefined) {
      counts = new RoleCounts(role);
      this.#roles.set(role, counts);
    }
    return counts;
  }

  get roles(): readonly RoleCounts[] {
    return [...this.#roles.values()];
  }

  /** Takes the records of a block as they were read; refused doses for their days, too. */
  addBatch(role: RecordRole, batch: Batch, firstRecord: number): void {
    this.of(role).add(batch);
    if (role !== 'immunization') return;
    for (const { index, row } of batch.rejected) {
      if (row !== null && this.takes(firstRecord + index)) this.addRefusedDose(row);
    }
  }

  /**
   * Takes the birth date of a patient whom a rule refused, as far as it could be read. What programs fill in, such as
   * 1 January 1900, is often refused, and would else be missing from the days that are looked at.
   */
  addRefusedPatient(row: Row): void {
    const day = row[PATIENT.birth_date];
    if (day != null) this.patients.get().births.add(day);
  }

  /** Takes the day of a dose that a rule refused, as far as it could be read. */
  addRefusedDose(row: Row): void {
    const day = row[DOSE.administered_on];
    if (day != null) this.doses.get().days.add(day);
  }

  usesOfName(name: string, part: 'last' | 'first'): number {
    return this.patients.made?.usesOfName(name, part) ?? 0;
  }

  usesOfZip(zip: string, city: string | null): number {
    return this.patients.made?.usesOfZip(zip, city) ?? 0;
  }

  makersOf(cvx: string, lot: string): ReadonlyMap<string, number> | undefined {
    return this.doses.made?.makersOf(cvx, lot);
  }
}

/** Something that is made when it is first asked for. */
class Lazy<T> {
  readonly #make: () => T;
  #made: T | null = null;

  constructor(make: () => T) {
    this.#make = make;
  }

  get(): T {
    this.#made ??= this.#make();
    return this.#made;
  }

  /** What was made, `null` if nothing was. */
  get made(): T | null {
    return this.#made;
  }
}
