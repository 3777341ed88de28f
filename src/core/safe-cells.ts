/**
 * Cells of reports that a spreadsheet would run as a formula: they have an apostrophe before them. Only files that people
 * read have such cells, never files that are loaded again.
 *
 * A formula begins with one of = + - @, in Japanese programs also in their full width, with blanks before it or not
 * (OWASP, CSV Injection). Where the separator is a semicolon or a tab, as in much of Europe, a cell is taken apart at those,
 * and quotes within a cell do not hold it together: so what follows one is looked at, too.
 */

/** What is run as a formula, or was made safe before, so that each apostrophe can be taken away again. */
const FORMULA = /^[\s']*[=+\-@＝＋－＠]/;
/** What a cell may not begin with either: some programs leave it out and look at what follows. */
const LEFT_OUT = /^[\s']*[\t\r\n]/;
const MARK = /[=+\-@＝＋－＠\t\r\n]/;
/** Behind what a cell may be taken apart. */
const SEPARATOR = /(?<=\r\n|[;\t\n]|\r(?!\n))/;

/** A cell that no spreadsheet runs. */
export function safeCell(text: string): string {
  if (!MARK.test(text)) return text;
  return mapParts(text, (part, index) => (isDangerous(part, index) ? `'${part}` : part));
}

/** Takes away the apostrophes that {@link safeCell} has put. */
export function fromSafeCell(text: string): string {
  if (!text.includes("'")) return text;
  return mapParts(text, (part, index) => (part.startsWith("'") && isDangerous(part, index) ? part.slice(1) : part));
}

function isDangerous(part: string, index: number): boolean {
  return FORMULA.test(part) || (index === 0 && LEFT_OUT.test(part));
}

function mapParts(text: string, change: (part: string, index: number) => string): string {
  return text.split(SEPARATOR).map(change).join('');
}
