/** Since when there is a vaccine, as far as CDC's table and those who added to it know. */
import type { Codes } from '../codes.js';

/** From when on a vaccine is known to have been there; `null` where nothing is known of it. */
export interface FirstDay {
  readonly day: string;
  /** Whether it is the day of its licence or first use, and not only that on which its code was made. */
  readonly isOfUse: boolean;
}

/** First days of a set of tables: they are gathered once for it. */
const FIRST_DAYS = new WeakMap<Codes, ReadonlyMap<string, FirstDay>>();

/** The first day of a vaccine, `null` for one of which none is known, or no vaccine. */
export function firstDayOf(cvx: string | undefined, codes: Codes): FirstDay | null {
  let days = FIRST_DAYS.get(codes);
  if (days === undefined) {
    const rows = [...codes.rows('cvx')].filter((row) => row['valid_start'] !== '');
    days = new Map(
      rows.map((row) => [row['code']!, { day: row['valid_start']!, isOfUse: row['valid_basis'] !== 'code' }]),
    );
    FIRST_DAYS.set(codes, days);
  }
  return days.get(cvx ?? '') ?? null;
}

/** How much less likely a dose is before its vaccine was there. Codes were often made years after their vaccine. */
export function byFirstDay(cvx: string | undefined, day: string, codes: Codes): number {
  const first = firstDayOf(cvx, codes);
  if (first === null || day >= first.day) return 1;
  return first.isOfUse ? 0.02 : 0.2;
}
