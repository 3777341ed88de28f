/** Days that programs write where they know the month only. */

const DIGIT_0 = 0x30;

/** The day of the month of a date as YYYY-MM-DD; `NaN` where it names a month only. */
export function dayOfMonth(date: string): number {
  return (date.charCodeAt(8) - DIGIT_0) * 10 + date.charCodeAt(9) - DIGIT_0;
}

/** Whether a day is the last of its month. */
export function isLastOfMonth(date: string): boolean {
  const day = dayOfMonth(date);
  // Most days are none, by themselves.
  if (!(day >= 28)) return false;
  const [year, month] = [Number(date.slice(0, 4)), Number(date.slice(5, 7))];
  return day === new Date(Date.UTC(year, month, 0)).getUTCDate();
}
