/** Whether two lot numbers are one, written differently. */
import { areOneEditApart } from './similarity.js';

/** What two lot numbers say about their doses. */
export const LOTS = {
  /** Nothing: one of them is not known. */
  missing: 0,
  equal: 1,
  /** One lot in two spellings: hyphens, lost zeros, a number as a spreadsheet writes it. */
  respelled: 2,
  /** One character apart, or two of them swapped: a typing error, or the next lot of the maker. */
  similar: 3,
  different: 4,
} as const;

export type LotComparison = (typeof LOTS)[keyof typeof LOTS];

/** How well two lots fit: the less, the sooner their records are one dose. */
export const LOT_RANKS: Readonly<Record<LotComparison, number>> = {
  [LOTS.equal]: 0,
  [LOTS.respelled]: 1,
  [LOTS.similar]: 2,
  [LOTS.missing]: 3,
  [LOTS.different]: 4,
};

/** Lots shorter than this are too short for one character to be a typing error. */
const SHORTEST_SIMILAR = 5;
/** As a spreadsheet writes a long number: 4.00E+61. */
const AS_NUMBER = /^\d(?:\.(\d+))?E\+\d+$/;
/** What such a number may have been: digits, or digits with one E among them, which was taken for an exponent. */
const NUMERIC = /^\d+(?:E\d+)?$/;

/** Compares two lot numbers. */
export function compareLots(a: string | null, b: string | null): LotComparison {
  if (a === null || b === null) return LOTS.missing;
  if (a === b) return LOTS.equal;
  const [keyA, keyB] = [keyOf(a), keyOf(b)];
  if (keyA === keyB || isNumberOf(a, b) || isNumberOf(b, a)) return LOTS.respelled;
  const isLong = Math.min(keyA.length, keyB.length) >= SHORTEST_SIMILAR;
  return isLong && areOneEditApart(keyA, keyB) ? LOTS.similar : LOTS.different;
}

/** The better spelling of one lot: with its zeros, not as a number. The first if neither is better. */
export function betterLot(a: string, b: string): string {
  if (AS_NUMBER.test(a) !== AS_NUMBER.test(b)) return AS_NUMBER.test(a) ? b : a;
  const zeros = (lot: string): number => /^0*/.exec(lot)![0].length;
  return zeros(b) > zeros(a) ? b : a;
}

/** Whether a lot looks like a long number that a spreadsheet wrote. */
export function isSpreadsheetNumber(lot: string): boolean {
  return AS_NUMBER.test(lot);
}

/** Letters and digits, without zeros at the beginning. */
function keyOf(lot: string): string {
  return lot.replace(/[^A-Z\d]/gi, '').replace(/^0+/, '');
}

/** Whether a spreadsheet may have made `written` of `lot`. */
function isNumberOf(written: string, lot: string): boolean {
  const parts = AS_NUMBER.exec(written);
  if (parts === null || !NUMERIC.test(lot)) return false;
  const decimals = parts[1]?.length ?? 0;
  const [a, b] = [Number(written), Number(lot)];
  return Number.isFinite(b) && decimals <= 100 && a.toExponential(decimals) === b.toExponential(decimals);
}
