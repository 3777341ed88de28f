/**
 * Calendar days, read in the forms that a spec allows.
 *
 * A text is read in every allowed way. One day: it is that day. Several: that is a finding, never a guess. Luxon says
 * which days exist.
 */
import { DateTime } from 'luxon';
import type { IsoDate, Problem } from '../model.js';
import { createReading, type Normalizer, refuse } from './reading.js';

/** The forms a spec can allow. `M/D/YYYY` also reads leading zeros, and `-` for `/`; the time of day is left out. */
export const DATE_FORMATS = ['YYYYMMDD', 'YYYY-MM-DD', 'MM/DD/YYYY', 'M/D/YYYY', 'MMDDYYYY'] as const;
export type DateFormat = (typeof DATE_FORMATS)[number];

/** Years outside of this range are typing errors, not history. */
const FIRST_YEAR = 1850;
const LAST_YEAR = 2199;

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
}

/** One way of reading a text. */
interface Candidate {
  readonly day: string;
  readonly format: DateFormat | 'month';
  readonly problem: Problem | null;
}

const TIME_OF_DAY = /^(\S{6,10})[T ]\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?[AP]M)?(Z|[+-]\d{2}:?\d{2})?$/i;
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
    const first = candidates.find((candidate) => candidate.problem !== 'invalid');
    if (first === undefined) return refuse('invalid');
    const days = new Set(candidates.map((candidate) => candidate.day));
    if (days.size > 1) return refuse('ambiguous', [...days].sort().join(' or '));
    // The same day read in two ways counts as the cleaner one.
    const best = candidates.find((candidate) => candidate.problem === null) ?? first;
    const changed = best.problem !== null || withoutTime !== text || best.format !== preferred;
    return createReading(best.day, best.problem, null, changed);
  };
}

function stripTime(text: string): string {
  return TIME_OF_DAY.exec(text)?.[1] ?? HL7_TIMESTAMP.exec(text)?.[1] ?? text;
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
  // Slashes stripped from 4/2/1951, 4/12/1951 or 12/4/1951.
  { format: 'MMDDYYYY', pattern: /^(?<m>\d)(?<d>\d)(?<y>\d{4})$/, problem: 'digits-missing' },
  { format: 'MMDDYYYY', pattern: /^(?<m>\d)(?<d>\d\d)(?<y>\d{4})$/, problem: 'digits-missing' },
  { format: 'MMDDYYYY', pattern: /^(?<m>\d\d)(?<d>\d)(?<y>\d{4})$/, problem: 'digits-missing' },
  // A month is no day; but where digits can be a month, they are not surely a day either.
  { format: 'YYYYMMDD', pattern: /^(?<y>(?:18|19|20)\d\d)(?<m>\d\d)$/, problem: 'invalid' },
  { format: 'month', pattern: /^(?<y>\d{4})[/-]?(?<m>\d\d)$/ },
  { format: 'month', pattern: /^(?<y>\d{4})[/-](?<m>\d)$/ },
  { format: 'month', pattern: /^(?<m>\d\d)[/-]?(?<y>\d{4})$/ },
  { format: 'month', pattern: /^(?<m>\d)[/-](?<y>\d{4})$/ },
];

/** All days (or months) that the text can mean in the allowed forms. */
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
  return found;
}

/** The day, `null` if the calendar has none such. */
function readDay(year: string, month: string, day: string): IsoDate | null {
  const y = Number(year);
  if (y < FIRST_YEAR || y > LAST_YEAR) return null;
  const date = DateTime.utc(y, Number(month), Number(day));
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
    let changed = false;
    for (const part of text.split('~')) {
      const trimmed = part.trim();
      if (trimmed === '') continue;
      const reading = readOne(trimmed);
      if (reading.value !== null) days.push(reading.value);
      if (reading.value === null || problem === null) problem = reading.problem ?? problem;
      changed ||= reading.changed;
    }
    return createReading(days.length > 0 ? days.join('~') : null, problem, null, changed);
  };
}
