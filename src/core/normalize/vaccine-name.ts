/**
 * Which vaccine a text names: `Boostrix`, `Tdap (Boostrix)`, `DTaP #3`, `MMR II 0.5 mL SC lot K012345`.
 *
 * A text is compared with the names that immload knows, letter by letter; before, what says nothing of the vaccine may be
 * left out, never what does. `quadrivalent` or `pediatric` stays, so that no text comes out as another vaccine.
 */
import type { Codes } from '../codes.js';
import { holdsOn, type Meaning, nameKey } from '../vaccine-names.js';

/** What the parts of a text stand for: `Tdap (Boostrix)` has two. */
export type NameParts = readonly (readonly Meaning[])[];

/** What a text stands for on a day. */
export interface NamedVaccine {
  /** `null` when that is not certain. */
  readonly cvx: string | null;
  /** The vaccines that it may stand for, when it is not certain which. */
  readonly options: readonly string[];
}

const TRADE_MARKS = /\((?:R|TM|C)\)|[®™©℠]/gi;
/** Parts that say the same in other words, or more exactly. */
const PART_ENDS = /[()[\]{}]|\s[-–—]\s|[,;|]/;

const NUMBER = String.raw`(?<![\w.])(?:\d+(?:\.\d+)?|\.\d+)`;
const STRENGTH = new RegExp(
  String.raw`${NUMBER}\s*(?:MCG|UG|MG|ML|CC|LF|IU|UNITS?|U|ELU|EL\.?\s?U\.?|PFU)(?![A-Z])(?:\s*\/\s*(?:\d+(?:\.\d+)?|\.\d+)?\s*(?:ML|CC|DOSE|MCG)(?![A-Z]))?`,
  'gi',
);
/** Details that have columns of their own: lot and expiry, strength, number of the dose, season. */
const DETAILS: readonly RegExp[] = [
  /\bLOT\b\s*(?:NO\b\.?|NUM(?:BER)?\b)?\s*[:#]?\s*\S+/gi,
  /\bEXP(?:\.|IRES|IRATION|IRY)?(?![A-Z])\s*(?:DATE)?\s*[:.]?\s*\d[\d/-]*/gi,
  STRENGTH,
  /#\s*\d+\b/g,
  /\b(?:DOSE|SHOT|SERIES)\s*(?:NO\.?)?\s*\d+(?:\s*(?:OF|\/)\s*\d+)?\b/gi,
  /\b\d+\s*(?:ST|ND|RD|TH)\b|\b\d+\s*OF\s*\d+\b/gi,
  /\b(?:19|20)\d{2}(?:\s*[-/]\s*(?:(?:19|20)?\d{2}))?\b/g,
];

/** Words that say nothing of which vaccine it is. */
const NOISE = new Set([
  'VACCINE', 'VACCINES', 'VACCINATION', 'VACC', 'VAC', 'VAX', 'VX', 'IMMUNIZATION', 'IMMUNISATION', 'IMM', 'SHOT', 'SHOTS',
  'JAB', 'INJECTION', 'INJ', 'INJECTABLE', 'SUSPENSION', 'SUSP', 'SOLUTION', 'SOLN', 'SYRINGE', 'SYR', 'PFS', 'PREFILLED',
  'VIAL', 'VIALS', 'KIT', 'IM', 'SC', 'SQ', 'SUBQ', 'SUBCUT', 'INTRAMUSCULAR', 'SUBCUTANEOUS', 'DOSE', 'DOSES', 'BOOSTER',
  'SERIES', 'INITIAL', 'GIVEN', 'RECEIVED', 'HISTORICAL', 'HISTORY', 'HX', 'BRAND', 'BY', 'FORMULA', 'FORMULATION', 'SEASON',
  'UNSPECIFIED', 'UNSPEC', 'NOS', 'VFC', 'STATE', 'PRIVATE',
]); // biome-ignore format: a list of words

/** CDC’s own longest name has 186 characters. */
const LONGEST_NAME = 500;

/** What a text's parts stand for; `null` when one of them is not understood. */
export function readNameParts(text: string, codes: Codes): NameParts | null {
  if (text.length > LONGEST_NAME) return null;
  const plain = text.replace(TRADE_MARKS, ' ');
  const whole = findName(plain, codes);
  if (whole !== null) return [whole];
  const parts: (readonly Meaning[])[] = [];
  for (const part of plain.split(PART_ENDS)) {
    if (nameKey(essenceOf(part, codes)) === '') continue;
    const found = findName(part, codes);
    if (found === null) return null;
    parts.push(found);
  }
  return parts.length > 1 ? parts : null;
}

/** The text without all that says nothing of the vaccine. */
export function essenceOf(text: string, codes: Codes): string {
  return withoutMakers(withoutNoise(withoutDetails(text.replace(TRADE_MARKS, ' '))), codes);
}

/** Looks a name up as it stands, then without details, noise and makers, then without the number of a dose. */
function findName(text: string, codes: Codes): readonly Meaning[] | null {
  const short = withoutDetails(text);
  const plain = withoutNoise(short);
  for (const each of [text, short, plain, withoutMakers(plain, codes)]) {
    const meanings = codes.names.meaningsOf(each);
    if (meanings.length > 0) return meanings;
  }
  // MMR 2 is the second dose of MMR. Of trade names, a number may be part: Prevnar 7.
  const numbered = /^(.*\p{L}.*)\s[1-6]$/u.exec(plain.trim());
  const meanings = numbered === null ? [] : codes.names.meaningsOf(numbered[1]!);
  return meanings.length > 0 && meanings.every(({ isTradeName }) => !isTradeName) ? meanings : null;
}

function withoutDetails(text: string): string {
  return DETAILS.reduce((rest, detail) => rest.replace(detail, ' '), text);
}

function withoutNoise(text: string): string {
  return text.replace(/[\p{L}\d]+/gu, (word) => (NOISE.has(word.toUpperCase()) ? ' ' : word));
}

/** Words in the longest name of a maker that is looked for. */
const MOST_MAKER_WORDS = 4;

/** The text without the names of makers, longest names first. */
function withoutMakers(text: string, codes: Codes): string {
  const words = text.split(/\s+/).filter((word) => word !== '');
  for (let count = MOST_MAKER_WORDS; count >= 1; count--) {
    for (let at = 0; at + count <= words.length; at++) {
      if (codes.makers.isName(words.slice(at, at + count).join(' '))) words.splice(at, count);
    }
  }
  return words.join(' ');
}

/** What the parts stand for on a day; `null` for an unknown day. */
export function vaccineOn(parts: NameParts, day: string | null, codes: Codes): NamedVaccine {
  const found: Meaning[] = [];
  for (const meanings of parts) {
    const holding = meanings.filter((meaning) => holdsOn(meaning, day));
    const options = distinct(holding.length > 0 ? holding : meanings);
    if (holding.length === 0 || options.length > 1) return { cvx: null, options };
    found.push(holding[0]!);
  }
  const options = distinct(found);
  const cvx = options.length === 1 ? options[0]! : mostExact(found, codes);
  return cvx === null ? { cvx, options } : { cvx, options: [] };
}

function distinct(meanings: readonly Meaning[]): string[] {
  return [...new Set(meanings.map(({ cvx }) => cvx))];
}

/** The one vaccine that all the others only describe; `null` if there is none, or several. */
function mostExact(meanings: readonly Meaning[], codes: Codes): string | null {
  const exact = meanings.filter((one) =>
    meanings.every((other) => other.cvx === one.cvx || describes(other, one, codes)),
  );
  return distinct(exact).length === 1 ? exact[0]!.cvx : null;
}

/** Whether a name says less than a vaccine that it stands beside: a group of it, or what a trade name consists of. */
function describes(name: Meaning, vaccine: Meaning, codes: Codes): boolean {
  const groups = codes.groupsOf(name.cvx);
  const covering = codes.groupsOf(vaccine.cvx);
  if (groups.length === 0 || !groups.every((group) => covering.includes(group))) return false;
  return codes.cvx(name.cvx)?.unspecified === true || (vaccine.isTradeName && !name.isTradeName);
}
