/** Dates of which one may have been written for the other by a slip of the pen. */

/** Whether two dates differ in that day and month are exchanged: 2024-03-05 and 2024-05-03. They lie 27 days apart or more. */
export function areExchanged(a: string, b: string): boolean {
  if (a === b || a.slice(0, 4) !== b.slice(0, 4)) return false;
  return a.slice(5, 7) === b.slice(8, 10) && a.slice(8, 10) === b.slice(5, 7);
}
