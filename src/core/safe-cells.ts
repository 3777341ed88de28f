/**
 * Cells of reports that a spreadsheet would run as a formula: they have an apostrophe before them. Only files that people
 * read have such cells, never files that are loaded again.
 *
 * A formula begins with one of = + - @, in Japanese programs also in their full width, with blanks before it or not
 * (OWASP, CSV Injection). Where the separator is a semicolon or a tab, as in much of Europe, a cell is taken apart at those,
 * and quotes within a cell do not hold it together: so what follows one is looked at, too.
 */

/** What is run as a formula, or was made safe before, so that each apostrophe can be taken away again. */
const DANGEROUS = /^[\s']*[=+\-@＝＋－＠]|^[\s']*[\t\r\n]/;
const FORMULA_MARK = /[=+\-@＝＋－＠\t\r\n]/;
/** Behind what a cell may be taken apart. */
const SEPARATOR = /(?<=[;\t\r\n])/;

/** A cell that no spreadsheet runs. */
export function safeCell(text: string): string {
  if (!FORMULA_MARK.test(text)) return text;
  return mapParts(text, (part) => (DANGEROUS.test(part) ? `'${part}` : part));
}

/** Takes away the apostrophes that {@link safeCell} has put. */
export function fromSafeCell(text: string): string {
  if (!text.includes("'")) return text;
  return mapParts(text, (part) => (part.startsWith("'") && DANGEROUS.test(part) ? part.slice(1) : part));
}

function mapParts(text: string, change: (part: string) => string): string {
  return text.split(SEPARATOR).map(change).join('');
}
