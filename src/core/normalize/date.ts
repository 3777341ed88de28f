/**
 * Calendar days, read in the forms that a spec allows.
 *
 * A text is read in every allowed way. One day: it is that day. Several: that is a finding, never a guess. What is no day
 * in these forms may still say something: a month, a day written the other way round, the number by which a spreadsheet
 * counts days. That is told, and not loaded. Luxon says which days exist.
 */
import { DateTime } from 'luxon';
import type { IsoDate, Problem, ValueKind } from '../model.js';
import { createReading, type Normalizer, type Reading, refuse } from './reading.js';

/**
 * The forms a spec can allow. `M/D/YYYY` also reads leading zeros, and `-` for `/`; the time of day is left out.
 * `DD/MM/YYYY` also reads days and months of one digit, and `-` or `.` for `/`; `DD-MON-YYYY` is 14-MAY-2015, with the
 * English name of the month or its first three letters in any case, and a blank, `/` or nothing for `-`.
 * `spreadsheet-serial` is the number of days since the end of 1899, as spreadsheets count: 43831 is 2020-01-01.
 */
export const DATE_FORMATS = [
  'YYYYMMDD',
  'YYYY-MM-DD',
  'MM/DD/YYYY',
  'M/D/YYYY',
  'MMDDYYYY',
  'DD/MM/YYYY',
  'DD-MON-YYYY',
  'spreadsheet-serial',
] as const;
export type DateFormat = (typeof DATE_FORMATS)[number];

/** The forms in which the month comes before the day, and so could be mistaken for it. */
export const MONTH_FIRST_FORMATS: readonly DateFormat[] = ['MM/DD/YYYY', 'M/D/YYYY', 'MMDDYYYY'];
/** The form in which the day comes before the month, and so could be mistaken for it. */
export const DAY_FIRST_FORMATS: readonly DateFormat[] = ['DD/MM/YYYY'];

/** Years outside of this range are typing errors, not history. */
const FIRST_YEAR = 1850;
const LAST_YEAR = 2199;

/** The kinds of field that hold dates. */
export type DateKind = 'date' | 'date-or-month' | 'dates';

export function isDateKind(kind: ValueKind): kind is DateKind {
  return kind === 'date' || kind === 'date-or-month' || kind === 'dates';
}

export interface DateRules {
  /** In order of preference: the first is the form the spec asks for, others are read and counted as changed. */
  readonly formats: readonly DateFormat[];
  /** The day of the load. */
  readonly today: IsoDate;
  /** A year of two digits is the latest one that does not lie after today, or it makes the value no date. */
  readonly twoDigitYears: 'latest-past' | 'reject';
  /** How many years after today a year of two digits may lie: some for an expiry, none (the default) for what happened. */
  readonly yearsAhead?: number;
  /** Whether a month without a day is allowed, as `YYYY-MM`. */
  readonly months?: boolean;
  /** Takes what the values say about the order of day and month. */
  readonly order?: DayMonthOrder | null;
}

/** Different days of a column that can be read with the day first only, with the month first only, and either way. */
export interface DaysOfOrder {
  readonly dayFirst: ReadonlySet<string>;
  readonly monthFirst: ReadonlySet<string>;
  readonly eitherWay: ReadonlySet<string>;
}

/**
 * What the dates of a column say about the order of day and month: the days that can be read in one order only, because
 * the other would make a month above 12. Each day counts once, however often and however it is written.
 */
export class DayMonthOrder {
  /** @param expected what the specification says of the column */
  constructor(readonly expected: 'day-first' | 'month-first' = 'month-first') {}

  readonly #dayFirst = new Set<string>();
  readonly #monthFirst = new Set<string>();
  /** Days that were read as the specification says, and could be others. */
  readonly #eitherWay = new Set<string>();

  addEitherWay(day: string): void {
    this.#eitherWay.add(day);
  }

  add(order: 'day-first' | 'month-first', day: string): void {
    (order === 'day-first' ? this.#dayFirst : this.#monthFirst).add(day);
  }

  /** Takes what another column says that holds the same field, or another thread of the same column. */
  addAll({ dayFirst, monthFirst, eitherWay }: DaysOfOrder): void {
    for (const day of dayFirst) this.#dayFirst.add(day);
    for (const day of monthFirst) this.#monthFirst.add(day);
    for (const day of eitherWay) this.#eitherWay.add(day);
  }

  /** The days that were met. */
  get days(): DaysOfOrder {
    return { dayFirst: this.#dayFirst, monthFirst: this.#monthFirst, eitherWay: this.#eitherWay };
  }

  /** How many days can be read with the day first only, with the month first only, and either way. */
  get counts(): { readonly dayFirst: number; readonly monthFirst: number; readonly eitherWay: number } {
    return { dayFirst: this.#dayFirst.size, monthFirst: this.#monthFirst.size, eitherWay: this.#eitherWay.size };
  }

  /**
   * What the column does against the specification; `null` when it does as that says, but for typing errors, or when it
   * does not and no date was read that could be another.
   */
  get verdict(): 'day-first' | 'month-first' | 'mixed' | null {
    const { dayFirst, monthFirst, eitherWay } = this.counts;
    const [right, wrong] = this.expected === 'month-first' ? [monthFirst, dayFirst] : [dayFirst, monthFirst];
    // One such date may be mistyped, and so may some among many.
    if (wrong < 2 || wrong * 10 < right) return null;
    if (wrong <= right * 10) return 'mixed';
    if (eitherWay === 0) return null;
    return this.expected === 'month-first' ? 'day-first' : 'month-first';
  }
}

const FORMATS_IN_ORDER = { 'month-first': MONTH_FIRST_FORMATS, 'day-first': DAY_FIRST_FORMATS } as const;

/** One way of reading a text. */
interface Candidate {
  /** A month where that is allowed, and a month or a year where the problem is that no more is known. */
  readonly day: string;
  readonly format: DateFormat | 'month';
  readonly problem: Problem | null;
}

const TIME_OF_DAY = /^(\S{6,10})[T ]\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?[AP]M)?(Z|[+-]\d{2}:?\d{2})?$/i;
/** Spreadsheets keep the time as a part of the day. */
const SERIAL_TIME = /^(\d{5})\.\d+$/;
const HL7_TIMESTAMP = /^(\d{8})\d{4}(\d{2})?(\.\d{1,4})?([+-]\d{4})?$/;

/** A normalizer for days: `YYYY-MM-DD`, or `YYYY-MM` where months are allowed. */
export function createDateNormalizer(rules: DateRules): Normalizer {
  const allowed = new Set<DateFormat>(rules.formats);
  if (allowed.has('M/D/YYYY')) allowed.add('MM/DD/YYYY');
  const preferred = rules.formats[0] === 'M/D/YYYY' ? 'MM/DD/YYYY' : rules.formats[0];
  const latest = yearsAfter(rules.today, rules.yearsAhead ?? 0);

  return (text) => {
    const withoutTime = stripTime(text);
    const candidates = readCandidates(withoutTime, allowed, rules, latest);
    const [first] = candidates;
    if (first === undefined) return refuseOtherForms(withoutTime, allowed, rules, latest);
    const days = new Set(candidates.map((candidate) => candidate.day));
    if (days.size > 1) return refuse('ambiguous', [...days].sort().join(' or '));
    // The same day read in two ways counts as the cleaner one.
    const best = candidates.find((candidate) => candidate.problem === null) ?? first;
    if (best.problem === 'partial') return refuse('partial', best.day);
    if (rules.order != null) noteOrder(best, rules.order);
    const changed = best.problem !== null || withoutTime !== text || best.format !== preferred;
    return createReading(best.day, best.problem, null, changed);
  };
}

/**
 * A normalizer for the dates of a kind of field. Months are read where no day is asked for: the only such date is a lot's
 * expiry, and lots last for some years.
 */
export function createNormalizerOfDates(kind: DateKind, rules: DateRules): Normalizer {
  if (kind === 'dates') return createDatesNormalizer(rules);
  return createDateNormalizer(kind === 'date' ? rules : { ...rules, months: true, yearsAhead: 10 });
}

/** Whether a text is a date, if perhaps one that cannot be read: in the wrong order, or with two readings. */
export function isDateLike({ value, problem }: Reading): boolean {
  return value !== null || problem === 'day-first' || problem === 'ambiguous';
}

/** Notes what a day that was read says of the order: the day could not be a month, or it could, and another one. */
function noteOrder({ format, day }: Candidate, order: DayMonthOrder): void {
  if (!FORMATS_IN_ORDER[order.expected].includes(format as DateFormat)) return;
  if (Number(day.slice(8)) > 12) order.add(order.expected, day);
  else if (day.slice(8) !== day.slice(5, 7)) order.addEitherWay(day);
}

/** What a text says that is no day in any of the allowed forms. */
function refuseOtherForms(text: string, allowed: ReadonlySet<DateFormat>, rules: DateRules, latest: string): Reading {
  const swapped = readSwapped(text, MONTH_FIRST_FORMATS, allowed, rules, latest);
  if (swapped !== null) {
    rules.order?.add('day-first', swapped);
    return refuse('day-first', swapped);
  }
  const monthFirst = readSwapped(text, DAY_FIRST_FORMATS, allowed, rules, latest);
  if (monthFirst !== null) rules.order?.add('month-first', monthFirst);
  // A month that is named cannot be mistaken, whether the specification wants its name or not.
  const meant = monthFirst ?? readNamedMonth(text, rules, latest);
  if (meant !== null) return refuse('invalid', meant);
  // Where no such numbers are expected, 9999 is a filler rather than a day of 1927.
  const counted = text.length < 5 ? null : readSerial(text);
  return counted !== null && counted <= latest ? refuse('serial', counted) : refuse('invalid');
}

function stripTime(text: string): string {
  return TIME_OF_DAY.exec(text)?.[1] ?? HL7_TIMESTAMP.exec(text)?.[1] ?? SERIAL_TIME.exec(text)?.[1] ?? text;
}

/** A way in which dates are written: the groups `y`, `m` and `d` are the parts. Without `d` it is a month. */
interface Shape {
  readonly format: DateFormat | 'month';
  readonly pattern: RegExp;
  readonly problem?: Problem;
}

/** All shapes of all forms. A text may have more than one. */
const SHAPES: readonly Shape[] = [
  { format: 'YYYYMMDD', pattern: /^(?<y>\d{4})(?<m>\d\d)(?<d>\d\d)$/ },
  { format: 'MMDDYYYY', pattern: /^(?<m>\d\d)(?<d>\d\d)(?<y>\d{4})$/ },
  { format: 'MM/DD/YYYY', pattern: /^(?<m>\d\d?)([/-])(?<d>\d\d?)\2(?<y>\d{4})$/ },
  { format: 'YYYY-MM-DD', pattern: /^(?<y>\d{4})([/-])(?<m>\d\d?)\2(?<d>\d\d?)$/ },
  // Years of two digits.
  { format: 'YYYYMMDD', pattern: /^(?<y>\d\d)(?<m>\d\d)(?<d>\d\d)$/, problem: 'two-digit-year' },
  { format: 'MMDDYYYY', pattern: /^(?<m>\d\d)(?<d>\d\d)(?<y>\d\d)$/, problem: 'two-digit-year' },
  { format: 'MM/DD/YYYY', pattern: /^(?<m>\d\d?)([/-])(?<d>\d\d?)\2(?<y>\d\d)$/, problem: 'two-digit-year' },
  { format: 'DD/MM/YYYY', pattern: /^(?<d>\d\d?)([/.-])(?<m>\d\d?)\2(?<y>\d{4})$/ },
  { format: 'DD/MM/YYYY', pattern: /^(?<d>\d\d?)([/.-])(?<m>\d\d?)\2(?<y>\d\d)$/, problem: 'two-digit-year' },
  { format: 'DD-MON-YYYY', pattern: /^(?<d>\d\d?)([-/ ]?)(?<m>[A-Z]{3,9})\2(?<y>\d{4})$/i },
  { format: 'DD-MON-YYYY', pattern: /^(?<d>\d\d?)([-/ ]?)(?<m>[A-Z]{3,9})\2(?<y>\d\d)$/i, problem: 'two-digit-year' },
  // Slashes stripped from 4/2/1951, 4/12/1951 or 12/4/1951.
  { format: 'MMDDYYYY', pattern: /^(?<m>\d)(?<d>\d)(?<y>\d{4})$/, problem: 'digits-missing' },
  { format: 'MMDDYYYY', pattern: /^(?<m>\d)(?<d>\d\d)(?<y>\d{4})$/, problem: 'digits-missing' },
  { format: 'MMDDYYYY', pattern: /^(?<m>\d\d)(?<d>\d)(?<y>\d{4})$/, problem: 'digits-missing' },
  { format: 'month', pattern: /^(?<y>\d{4})[/-]?(?<m>\d\d)$/ },
  { format: 'month', pattern: /^(?<y>\d{4})[/-](?<m>\d)$/ },
  { format: 'month', pattern: /^(?<m>\d\d)[/-]?(?<y>\d{4})$/ },
  { format: 'month', pattern: /^(?<m>\d)[/-](?<y>\d{4})$/ },
];

/**
 * Dates of which only a part is known: a month, a year, or zeros for the day or the month. `012010` can be such a one, and
 * a day with a year of two digits as well.
 */
const PARTS: readonly RegExp[] = [
  ...SHAPES.filter(({ format }) => format === 'month').map(({ pattern }) => pattern),
  /^(?<y>\d{4})$/,
  /^(?<y>\d{4})(?<m>\d\d)(?<d>00)$/,
  /^(?<y>\d{4})(?<m>00)(?<d>\d\d)$/,
  /^(?<m>\d\d)(?<d>00)(?<y>\d{4})$/,
  /^(?<m>00)(?<d>\d\d)(?<y>\d{4})$/,
  /^(?<y>\d{4})([/-])(?<m>\d\d?)\2(?<d>00?)$/,
  /^(?<y>\d{4})([/-])(?<m>00?)\2(?<d>\d\d?)$/,
  /^(?<m>\d\d?)([/-])(?<d>00?)\2(?<y>\d{4})$/,
  /^(?<m>00?)([/-])(?<d>\d\d?)\2(?<y>\d{4})$/,
];

/** All days that the text can mean in the allowed forms, and all months and years. */
function readCandidates(text: string, allowed: ReadonlySet<DateFormat>, rules: DateRules, latest: string): Candidate[] {
  const found: Candidate[] = [];
  for (const { format, pattern, problem = null } of SHAPES) {
    if (format === 'month' ? rules.months !== true : !allowed.has(format)) continue;
    if (problem === 'two-digit-year' && rules.twoDigitYears === 'reject') continue;
    const parts = pattern.exec(text)?.groups;
    if (parts === undefined) continue;
    const { y, m, d = '1' } = parts as { y: string; m: string; d?: string };
    const date = y.length === 2 ? readTwoDigitYear(y, m, d, latest) : readDay(y, m, d);
    if (date !== null) found.push({ day: parts['d'] === undefined ? date.slice(0, 7) : date, format, problem });
  }
  if (allowed.has('spreadsheet-serial')) {
    const day = readSerial(text);
    const isAskedFor = rules.formats[0] === 'spreadsheet-serial';
    if (day !== null) found.push({ day, format: 'spreadsheet-serial', problem: isAskedFor ? null : 'from-serial' });
  }
  return text.length < SHORTEST_PART || isWholeDay(found) ? found : [...found, ...readParts(text)];
}

const SHORTEST_PART = 'YYYY'.length;

/** Whether the text has all that a day needs, so that it cannot be a part of one: most texts. */
function isWholeDay(found: readonly Candidate[]): boolean {
  return found.length > 0 && found.every(({ problem }) => problem === null);
}

function readParts(text: string): Candidate[] {
  const found: Candidate[] = [];
  for (const pattern of PARTS) {
    const parts = pattern.exec(text)?.groups;
    if (parts === undefined) continue;
    const { y, m = '00', d = '00' } = parts as { y: string; m?: string; d?: string };
    const month = Number(m) === 0 ? null : readDay(y, m, '1');
    const isKnown = Number(m) === 0 ? readDay(y, '1', '1') !== null && Number(d) <= 31 : month !== null;
    if (isKnown) found.push({ day: month?.slice(0, 7) ?? y, format: 'month', problem: 'partial' });
  }
  return found;
}

/** The day that the text says with day and month exchanged, in those of these forms that are allowed; `null` if it is none. */
function readSwapped(
  text: string,
  formats: readonly DateFormat[],
  allowed: ReadonlySet<DateFormat>,
  { twoDigitYears }: DateRules,
  latest: string,
): IsoDate | null {
  for (const { format, pattern, problem } of SHAPES) {
    if (!formats.includes(format as DateFormat) || !allowed.has(format as DateFormat)) continue;
    if (problem === 'digits-missing' || (problem === 'two-digit-year' && twoDigitYears === 'reject')) continue;
    const parts = pattern.exec(text)?.groups;
    if (parts === undefined) continue;
    const { y, m: day, d: month } = parts as { y: string; m: string; d: string };
    const date = y.length === 2 ? readTwoDigitYear(y, month, day, latest) : readDay(y, month, day);
    if (date !== null) return date;
  }
  return null;
}

const NAMED_MONTH: ReadonlySet<DateFormat> = new Set<DateFormat>(['DD-MON-YYYY']);

/** The day that a text says which names the month, `null` if it is none. */
function readNamedMonth(text: string, rules: DateRules, latest: string): string | null {
  return readCandidates(text, NAMED_MONTH, { ...rules, months: false }, latest)[0]?.day ?? null;
}

/** The first letters of the months. */
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const;
const MONTH_NAMES: ReadonlyMap<string, number> = new Map(
  [MONTHS, 'JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER'.split(' ')].flatMap(
    (names) => names.map((name, i): [string, number] => [name, i + 1]),
  ),
);

/** The number of a month that is named in English, or by its number; `null` if there is none such. */
export function monthNumberOf(month: string): number | null {
  return /^\d/.test(month) ? Number(month) : (MONTH_NAMES.get(month.toUpperCase()) ?? null);
}

/** The short English name of a month, by its number from 01. */
export function monthNameOf(month: string): string {
  return MONTHS[Number(month) - 1]!;
}

/** A count of days. Smaller ones could be years, and lie before 1906. */
const SERIAL = /^\d{4,5}$/;
const FIRST_SERIAL = 2200;
/** The day before the first that spreadsheets count; they think that 1900 had a 29 February, which came before all these. */
const SERIAL_EPOCH = DateTime.utc(1899, 12, 30);

/** The day that a spreadsheet keeps as this number, `null` if it is no such number. */
export function readSerial(text: string): IsoDate | null {
  const count = SERIAL.test(text) ? Number(text) : 0;
  return count < FIRST_SERIAL ? null : (SERIAL_EPOCH.plus({ days: count }).toISODate() as IsoDate);
}

/** The number by which a spreadsheet counts a day, `null` if it would not be read as one. */
export function serialOf(day: string): string | null {
  const count = String(Math.round(DateTime.fromISO(day, { zone: 'utc' }).diff(SERIAL_EPOCH, 'days').days));
  return readSerial(count) === day ? count : null;
}

/** The day, `null` if the calendar has none such. */
function readDay(year: string, month: string, day: string): IsoDate | null {
  const y = Number(year);
  if (y < FIRST_YEAR || y > LAST_YEAR) return null;
  const m = monthNumberOf(month);
  if (m === null) return null;
  const date = DateTime.utc(y, m, Number(day));
  return date.isValid ? (date.toISODate() as IsoDate) : null;
}

/** The latest day with this ending of the year that is not after `latest`. */
function readTwoDigitYear(year: string, month: string, day: string, latest: string): IsoDate | null {
  const century = latest.slice(0, 2);
  const date = readDay(century + year, month, day);
  if (date !== null && date <= latest) return date;
  return readDay(String(Number(century) - 1) + year, month, day);
}

function yearsAfter(day: string, years: number): string {
  return String(Number(day.slice(0, 4)) + years) + day.slice(4);
}

/** Whether the text is a day as this program writes it, and exists. */
export function isIsoDate(text: string): text is IsoDate {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  return match !== null && readDay(match[1]!, match[2]!, match[3]!) === text;
}

/** A normalizer for several days in one value, separated by `~`; the days are joined by `~`. */
export function createDatesNormalizer(rules: DateRules): Normalizer {
  const readOne = createDateNormalizer(rules);
  return (text) => {
    const days: string[] = [];
    let problem: Problem | null = null;
    let other: string | null = null;
    let changed = false;
    for (const part of text.split('~')) {
      const trimmed = part.trim();
      if (trimmed === '') continue;
      const reading = readOne(trimmed);
      if (reading.value !== null) days.push(reading.value);
      if (reading.value === null || problem === null) {
        problem = reading.problem ?? problem;
        other = reading.other ?? other;
      }
      changed ||= reading.changed;
    }
    return createReading(days.length > 0 ? days.join('~') : null, problem, other, changed);
  };
}

/** Whole years from one day to another; negative where the other comes before it. */
export function yearsBetween(from: string, to: string): number {
  const years = Number(to.slice(0, 4)) - Number(from.slice(0, 4));
  return to.slice(5) < from.slice(5) ? years - 1 : years;
}
