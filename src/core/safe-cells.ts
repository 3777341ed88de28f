/** Cells of reports that a spreadsheet would run as a formula: they have an apostrophe before them. */

/** Takes away the apostrophe that reports put before what a spreadsheet would run as a formula. */
export function fromSafeCell(text: string): string {
  return /^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}
