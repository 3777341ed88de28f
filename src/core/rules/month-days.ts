/** Days that programs write where they know the month only. */

/** Whether a day is the last of its month. */
export function isLastOfMonth(day: string): boolean {
  // Three days in four are none, by their first digits.
  const digits = day.slice(8);
  if (digits < '28') return false;
  const [year, month] = [Number(day.slice(0, 4)), Number(day.slice(5, 7))];
  return Number(digits) === new Date(Date.UTC(year, month, 0)).getUTCDate();
}
