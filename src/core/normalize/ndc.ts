/**
 * National Drug Codes: the eleven digits that all ways of writing one stand for.
 *
 * A labeler, a product and a package make an NDC. FDA prints ten digits, in one of three shapes: 4-4-2, 5-3-2, 5-4-1.
 * Payers and registries use eleven, 5-4-2: the short part gets a zero. Where the hyphens are gone, ten digits can stand
 * for three codes, and only the NDC table says which of them exists. (21 CFR 207.33; CDC's NDC crosswalk writes 5-4-2.)
 */
import type { Codes } from '../codes.js';
import { createFinding, type Finding } from '../issue.js';
import { tidyText } from './text.js';

/** What a text can stand for. */
export interface NdcReading {
  /** The codes it may be, as CDC writes them: `00006-4681-00`. One where the text leaves no doubt. */
  readonly candidates: readonly string[];
  /** Whether digits are missing that can only be zeros at the beginning, as a spreadsheet leaves them out. */
  readonly isShort: boolean;
}

/** The shapes that are printed with hyphens: the lengths of the three parts. */
const SHAPES: ReadonlySet<string> = new Set(['4-4-2', '5-3-2', '5-4-1', '5-4-2']);
const HYPHENS = /[\u2010-\u2015\u2212]/g;
/** What senders write before the code: its name, or the qualifier of a claim (X12 LIN02). */
const PREFIX = /^(?:NDC(?:-?1[01])?[:#]?\s*|N4(?=\d{11}$))/;
/** The fewest digits that can be left of eleven: labelers begin with four zeros at most. */
const FEWEST_DIGITS = 7;

/** Reads an NDC in any of its forms, `null` if the text is none. */
export function readNdc(text: string): NdcReading | null {
  const code = tidyText(text).toUpperCase().replace(HYPHENS, '-').replace(PREFIX, '');
  const parts = code.split(/-| /);
  if (parts.length === 3 && parts.every((part) => /^\d+$/.test(part))) {
    if (!SHAPES.has(parts.map((part) => part.length).join('-'))) return null;
    return { candidates: [join(parts[0]!, parts[1]!, parts[2]!)], isShort: false };
  }
  const digits = code.replace(/\.0+$/, '');
  if (!/^\d+$/.test(digits)) return readElementString(code);
  if (digits.length === 11) return { candidates: [cutEleven(digits)], isShort: false };
  if (digits.length === 10) return { candidates: cutTen(digits), isShort: false };
  if (digits.length > 11) return readBarcode(digits);
  // Either of the two lengths may have lost its zeros; of the ten digits, the labeler then has four.
  return digits.length < FEWEST_DIGITS ? null : { candidates: [cutEleven(digits.padStart(11, '0'))], isShort: true };
}

function join(labeler: string, product: string, pack: string): string {
  return `${labeler.padStart(5, '0')}-${product.padStart(4, '0')}-${pack.padStart(2, '0')}`;
}

function cutEleven(digits: string): string {
  return join(digits.slice(0, 5), digits.slice(5, 9), digits.slice(9));
}

/** The codes that ten digits without hyphens can be. */
function cutTen(digits: string): readonly string[] {
  const cuts = [[4, 8] as const, [5, 8] as const, [5, 9] as const].map(([product, pack]) =>
    join(digits.slice(0, product), digits.slice(product, pack), digits.slice(pack)),
  );
  return [...new Set(cuts)];
}

/** The ten digits of an NDC in a UPC-A, EAN-13 or GTIN-14, which call it 3, 03 and 03 behind one digit for the package. */
const BARCODE = /^(?:3|03|\d03)(\d{10})\d$/;

function readBarcode(digits: string): NdcReading | null {
  const match = BARCODE.exec(digits);
  if (match === null) return readElementString(digits);
  return hasCheckDigit(digits) ? { candidates: cutTen(match[1]!), isShort: false } : null;
}

/** What a scanner reads from the package: a GTIN-14 behind 01, and often expiry (17) and lot (10) or serial (21). */
const ELEMENT_STRING = /^(?:\](?:D2|C1|E0))?(?:\(01\)|01)(\d{14})(?:$|\(?(?:10|11|17|21)\)?\S+$)/;

function readElementString(code: string): NdcReading | null {
  const gtin = ELEMENT_STRING.exec(code)?.[1];
  return gtin === undefined ? null : readBarcode(gtin);
}

/** Whether the last digit is the check digit of those before it (GS1 General Specifications, section 7.9). */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let fromRight = 0; fromRight < digits.length; fromRight++) {
    const digit = digits.charCodeAt(digits.length - 1 - fromRight) - 0x30;
    sum += fromRight % 2 === 0 ? digit : digit * 3;
  }
  return sum % 10 === 0;
}

/** What an NDC says about the vaccine. */
export interface NdcLead {
  readonly field: 'ndc';
  /** The CVX code, `null` if it leads to none with certainty. */
  readonly cvx: string | null;
  /** The code as CDC writes it, `null` if it is not certain which it is. */
  readonly ndc: string | null;
  readonly findings: readonly Finding[];
}

/** Follows an NDC to its vaccine. The NDC table must have rows. */
export function followNdc(text: string, codes: Codes): NdcLead {
  const lead = (cvx: string | null, ndc: string | null, ...findings: Finding[]): NdcLead => {
    return { field: 'ndc', cvx, ndc, findings };
  };
  const reading = readNdc(text);
  if (reading === null) return lead(null, null, createFinding('ndc-invalid', 'ndc', text));
  const { candidates, isShort } = reading;
  const known = candidates.filter((candidate) => codes.vaccinesOfNdc(candidate).length > 0);
  const certain = candidates.length === 1 ? candidates[0]! : known.length === 1 ? known[0]! : null;
  if (known.length === 0) {
    // A short number that is not in the table is no NDC that anybody knows.
    if (isShort) return lead(null, null, createFinding('ndc-invalid', 'ndc', text));
    const expected = codes.table('ndc').asOf;
    return lead(null, certain, createFinding('ndc-unknown', 'ndc', text, { expected }));
  }
  const vaccines = [...new Set(known.flatMap((candidate) => codes.vaccinesOfNdc(candidate)))];
  const padded = isShort ? [createFinding('ndc-padded', 'ndc', text, { after: certain })] : [];
  if (vaccines.length === 1) return lead(vaccines[0]!, certain, ...padded);
  const other = vaccines.join(' or ');
  return lead(null, certain, ...padded, createFinding('ndc-ambiguous', 'ndc', text, { other }));
}
