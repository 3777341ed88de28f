/** Dates as the rules of columns read them: to the letter, in one form, as a day or month of the calendar. */
import { DateTime } from 'luxon';
import type { RuleDate } from '../column-rule.js';
import type { IsoDate } from '../model.js';
import { monthNumberOf, readSerial } from '../normalize/date.js';

/** The forms: with their zeros, and in `M/D/YYYY` without. */
const FORMS: Readonly<Record<Exclude<RuleDate, 'spreadsheet-serial'>, RegExp>> = {
  YYYYMMDD: /^(?<y>\d{4})(?<m>\d\d)(?<d>\d\d)$/,
  'YYYY-MM-DD': /^(?<y>\d{4})-(?<m>\d\d)-(?<d>\d\d)$/,
  'MM/DD/YYYY': /^(?<m>\d\d)\/(?<d>\d\d)\/(?<y>\d{4})$/,
  'M/D/YYYY': /^(?<m>[1-9]\d?)\/(?<d>[1-9]\d?)\/(?<y>\d{4})$/,
  MMDDYYYY: /^(?<m>\d\d)(?<d>\d\d)(?<y>\d{4})$/,
  'DD/MM/YYYY': /^(?<d>\d\d)\/(?<m>\d\d)\/(?<y>\d{4})$/,
  'DD-MON-YYYY': /^(?<d>\d\d)-(?<m>[A-Z]{3})-(?<y>\d{4})$/i,
  'YYYY-MM': /^(?<y>\d{4})-(?<m>\d\d)$/,
};

/** The day (or month) as `YYYY-MM-DD` (or `YYYY-MM`); `null` if the value is not of this form, or no such day exists. */
export function readRuleDate(value: string, form: RuleDate): string | null {
  if (form === 'spreadsheet-serial') return readSerial(value);
  const parts = FORMS[form].exec(value)?.groups;
  if (parts === undefined) return null;
  const { y, m, d = '1' } = parts as { y: string; m: string; d?: string };
  const number = monthNumberOf(m);
  // There was no year 0.
  if (number === null || Number(y) === 0 || !DateTime.utc(Number(y), number, Number(d)).isValid) return null;
  const month = `${y}-${String(number).padStart(2, '0')}`;
  return parts['d'] === undefined ? month : `${month}-${d.padStart(2, '0')}`;
}

/** The day after. */
export function dayAfter(day: IsoDate): string {
  return DateTime.fromISO(day, { zone: 'utc' }).plus({ days: 1 }).toISODate()!;
}

/**
 * How much of month/day/year a value of some characters has room for. CDC's validator compares its first ten characters
 * so: a value of two characters needs a number only, one of four the day as well.
 */
const MONTH_FIRST: readonly (readonly [number, RegExp])[] = [
  [2, /^[ \t]*-?\d+/],
  [3, /^[ \t]*-?\d+\//],
  [5, /^[ \t]*-?\d+\/[ \t]*-?\d+/],
  [6, /^[ \t]*-?\d+\/[ \t]*-?\d+\//],
];
const WHOLE_MONTH_FIRST = /^[ \t]*-?\d+\/[ \t]*-?\d+\/[ \t]*-?\d+/;

/** Whether a value begins as dates do in the United States, as far as it goes. */
export function isMonthFirst(value: string): boolean {
  const form = MONTH_FIRST.find(([longest]) => value.length <= longest)?.[1] ?? WHOLE_MONTH_FIRST;
  return form.test(value);
}
