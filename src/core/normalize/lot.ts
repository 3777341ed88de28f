/**
 * Lot numbers, and what senders glue to them: `K012345-VFC`, `(P)AB1234`, `LOT# U1234AA EXP 1/24`.
 *
 * The tags are those that the immunization registries' own checks know (immregistries/mqe-validator, MQE0592-0594). They
 * are taken off only where what is left looks like a lot by itself.
 */
import { accept, acceptWith, type Normalizer, refuse } from './reading.js';
import { isScientific, tidyText } from './text.js';

const UNKNOWN_LOTS = new Set([
  'UNK',
  'UNKNOWN',
  'UNKN',
  'N/A',
  'NA',
  'NONE',
  'NOT KNOWN',
  'NOT AVAILABLE',
  'HISTORICAL',
  'HIST',
  'MISSING',
  'NULL',
]);

/** Who paid, or for whom: a tag even without anything between it and the lot. No lot ends in these letters. */
const GLUED = ['VFC', 'STATE', 'PRIVATE', 'PUBLIC', 'ADULT', 'UNINSURED'];
/** The same, and names of vaccines and makers: letters that a lot might end in, so that something must stand between. */
const SEPARATE = [
  ...GLUED, 'PVT', 'PRIV', 'PUB', 'CHIP', 'SCHIP', 'PED', 'PEDS', 'SPECIAL', 'SELECT', 'HSP', 'OVER19', 'FLU', 'FLUZONE', 'DTAP', 'TDAP', 'IPV', 'HIB', 'MMR', 'HAV', 'HEPA', 'HEPB', 'HPV', 'PCV', 'PNEU',
  'PNEUMOVAX', 'PREVNAR', 'GARDASIL', 'ROTATEQ', 'ROTARIX', 'PEDVAX', 'VARIVAX', 'PENTACEL', 'PEDIARIX', 'MENVEO',
  'MENACTRA', 'BOOST', 'BOOSTRIX', 'ADACEL', 'STOCK', 'SUPPLY', 'SUPPLIED', 'MSD', 'SKB', 'GSK', 'PMC', 'MED', 'WAL', 'WSD', 'PFR',
]; // biome-ignore format: a list of tags
/** Short for the same; a lot may end in a letter of its own, after a blank. */
const LETTERS = ['P', 'S', 'C', 'H', 'V'];
/** Makers and payers that stand before the lot. */
const BEFORE = [
  'VFC',
  'STATE',
  'PRIVATE',
  'PUBLIC',
  'PVT',
  'PUB',
  'MED',
  'MSD',
  'SKB',
  'GSK',
  'PMC',
  'WSD',
  'WAL',
  'PFR',
];

/** What the vaccine is, before a lot: a hyphen between may belong to the lot, as in TD-141. */
const VACCINES_BEFORE = [
  'FLU', 'FLUZONE', 'DTAP', 'TDAP', 'IPV', 'HIB', 'MMR', 'MMRV', 'VAR', 'HEPA', 'HEPB', 'HPV', 'PCV', 'PCV13', 'PREVNAR',
  'GARDASIL', 'ROTATEQ', 'ROTARIX', 'VARIVAX', 'PENTACEL', 'PEDIARIX', 'BOOSTRIX', 'ADACEL', 'COVID', 'PFIZER', 'MODERNA',
]; // biome-ignore format: a list of tags

const oneOf = (words: readonly string[]): string => `(?:${[...words].sort((a, b) => b.length - a.length).join('|')})`;

const EXPIRY = String.raw`[\s,;*(/-]*\bEXP(?:IRES|IRY|IRATION|D)?(?![A-Z])[\s.:]*(?:DATE)?[\s.:]*(?:\d[\d/.-]*|\d{0,2}[\s-]?[A-Z]{3}[\s-]?\d{2,4})\)?`;
/** What is taken off the end, and off the beginning, again and again. */
const ENDS: readonly RegExp[] = [
  new RegExp(`${EXPIRY}$`),
  new RegExp(String.raw`\s*[([]\s*${oneOf([...SEPARATE, ...LETTERS])}\s*[)\]]$`),
  new RegExp(String.raw`[\s*#/_-]+${oneOf(SEPARATE)}$`),
  new RegExp(String.raw`\s?[*#-]${oneOf(LETTERS)}$`),
  new RegExp(`(?<=[A-Z0-9]{5})${oneOf(GLUED)}$`),
  /[\s*#]+$/,
];
const BEGINNINGS: readonly RegExp[] = [
  /^LOT\b\s*(?:NUMBER|NUM|NO)?\b[\s.]*[:#-]*\s*/,
  /^LOT(?:NUMBER|NUM|NO)?[:#]\s*/,
  new RegExp(String.raw`^[([]\s*${oneOf([...SEPARATE, ...LETTERS])}\s*[)\]]\s*`),
  new RegExp(String.raw`^${oneOf(BEFORE)}[\s*#/:_-]+`),
  new RegExp(String.raw`^${oneOf(VACCINES_BEFORE)}[\s*#/:]+(?=\S*\d)`),
  /^[\s*#]+/,
];

/** A tag of a state's own, within the lot: K0ICE31234 is K01234 (MQE0593). */
const INFIX = /^([A-Z]{0,3}\d{0,3})ICE3([A-Z]{0,2}\d[A-Z\d]{3,})$/;
/** Tags glued to digits: perhaps one, perhaps part of the lot. */
const MAYBE_TAGGED =
  /^(?:LOT|STATE|ADULT|PRIVATE|PUBLIC|VFC|CHIP|PEDS?|FLU|MMR|HIB|MSD|SKB|GSK|PMC)(?=\d)|(?<=\d)(?:CHIP|PEDS?|FLU|MMR|DTAP|TDAP|IPV|HIB|MSD)$/;

/** Lots as makers write them. */
const CLEAN = /^[A-Z\d]+(?:-[A-Z\d]+)*$/;
/** Two or more lots: each is long enough to be one, and has a digit. */
const SEVERAL = /^(?=[^,;&/]*\d)[A-Z\d-]{4,}(?:\s*(?:[,;&/+]|\bAND\b)\s*(?=[^,;&/]*\d)[A-Z\d-]{4,})+$/;

/** The lot without what is glued to it. */
function withoutTags(lot: string): string {
  let rest = lot;
  for (let before = ''; before !== rest; ) {
    before = rest;
    for (const pattern of [...ENDS, ...BEGINNINGS]) rest = rest.replace(pattern, '');
  }
  return rest;
}

function withoutInfix(lot: string): string {
  const parts = INFIX.exec(lot);
  return parts === null ? lot : `${parts[1]}${parts[2]}`;
}

/** What spreadsheets make of lots such as 5E-2. */
const SMALL_NUMBER = /^\d(?:[.,]\d+)?E-\d\d\d?$/;
const MONTH = '(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)';
/** What spreadsheets make of lots such as 12-5, 5/12 or MAY12: a day without its year, or a month with one. */
const LIKE_DATE = new RegExp(String.raw`^(?:\d\d?-${MONTH}|${MONTH}-\d\d)$`);

/** Longer texts are no lots, whatever is taken off. */
const LONGEST_LOT = 60;
/** Shorter rests may be no lots, and their tags part of one. */
const SHORTEST_REST = 4;
/** Real lots are longer: MQE0595. */
const LONGEST_SHORT = 4;

/** Most lots: digits with a letter or two on either side. There is nothing on these that could be taken off. */
const PLAIN = /^[A-Z]{0,2}\d{5,40}[A-Z]{0,2}$/;

/** Reads a lot number: upper case, blanks tidied, tags taken off. */
export const normalizeLot: Normalizer = (text) => {
  const lot = tidyText(text).toUpperCase();
  if (PLAIN.test(lot) && !/^0+$/.test(lot)) return accept(lot, text);
  if (isUnknown(lot)) return refuse('placeholder');
  if (isScientific(lot) || SMALL_NUMBER.test(lot)) return acceptWith('scientific', lot, text);
  if (LIKE_DATE.test(lot)) return acceptWith('like-date', lot, text);
  if (lot.length <= LONGEST_LOT) {
    if (SEVERAL.test(lot)) return acceptWith('several', lot, text);
    const rest = withoutInfix(withoutTags(lot));
    if (rest !== lot && isUnknown(rest)) return refuse('placeholder');
    if (rest !== lot && rest.length >= SHORTEST_REST && CLEAN.test(rest) && /\d/.test(rest))
      return acceptWith('tagged', rest, text);
  }
  if (!/^[A-Z\d-]+$/.test(lot)) return acceptWith('characters', lot, text);
  if (lot.length > LONGEST_SHORT && MAYBE_TAGGED.test(lot)) return acceptWith('maybe-tagged', lot, text);
  return lot.length <= LONGEST_SHORT ? acceptWith('short', lot, text) : accept(lot, text);
};

function isUnknown(lot: string): boolean {
  return UNKNOWN_LOTS.has(lot) || /^[0.?*-]+$/.test(lot);
}
