/**
 * Which vaccine a text names: `Boostrix`, `Tdap (Boostrix)`, `DTaP #3`, `MMR II 0.5 mL SC lot K012345`.
 *
 * A text is compared with the names that immload knows, letter by letter; before, what says nothing of the vaccine may be
 * left out, never what does. `quadrivalent` or `pediatric` stays, so that no text comes out as another vaccine.
 */
import type { Codes } from '../codes.js';
import { DIVIDERS, holdsOn, type Meaning, nameKey } from '../vaccine-names.js';

/** What the parts of a text stand for: `Tdap (Boostrix)` has two. */
export type NameParts = readonly (readonly Meaning[])[];

/** What a text stands for on a day. */
export interface NamedVaccine {
  /** `null` when that is not certain. */
  readonly cvx: string | null;
  /** The vaccines that it may stand for, when it is not certain which. */
  readonly options: readonly string[];
  /** The first day on which a vaccine of the name could be had, where the day is before it; else `null`. */
  readonly notBefore: string | null;
}

const TRADE_MARKS = /\((?:R|TM|C)\)|[®™©℠]/gi;
/** Parts that say the same in other words, or more exactly. */
const PART_ENDS = /[()[\]{}]|\s[-–—]\s|[,;|+\r\n\t]|\s&\s/;

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

/** All details but some lots have a digit. */
const MAY_HAVE_DETAILS = /\d|LOT/i;

/** Words for a vaccine or the giving of one: beside them, a name is none of the disease. */
const VACCINE_WORDS = new Set([
  'VACCINE', 'VACCINES', 'VACCINATION', 'VACC', 'VAC', 'VAX', 'VX', 'IMMUNIZATION', 'IMMUNISATION', 'IMM', 'SHOT', 'SHOTS',
  'JAB', 'INJECTION', 'INJ', 'BOOSTER',
]); // biome-ignore format: a list of words
/** Words that say nothing of which vaccine it is. HX and HISTORY do: of a disease, which is no vaccination. */
const NOISE = new Set([
  ...VACCINE_WORDS, 'INJECTABLE', 'SUSPENSION', 'SUSP', 'SOLUTION', 'SOLN', 'SYRINGE', 'SYR', 'PFS', 'PREFILLED',
  'VIAL', 'VIALS', 'KIT', 'IM', 'SC', 'SQ', 'SUBQ', 'SUBCUT', 'INTRAMUSCULAR', 'SUBCUTANEOUS', 'DOSE', 'DOSES',
  'SERIES', 'INITIAL', 'GIVEN', 'RECEIVED', 'BRAND', 'BY', 'FORMULA', 'FORMULATION', 'SEASON',
  'UNSPECIFIED', 'UNSPEC', 'NOS', 'VFC', 'STATE', 'PRIVATE',
]); // biome-ignore format: a list of words
/** Says where a dose comes from, unless it stands beside a disease. */
const HISTORICAL = /\bHISTORICAL\b/i;
/** Abbreviations that no disease has, as keys. */
const VACCINE_ONLY =
  /^(?:MMRV?|DTAP|TDAP|DTP|DPT|DT|TD|E?IPV|OPV|DTAP(?:IPV|HIB|HEPB)+|PCV\d*|PPS?V\d*|MCV4|MPSV4|MEN(?:ACWY|B)|RZV|ZVL|IIV[34]?|LAIV[34]?|RV[15]|[249]VHPV|HPV[249]|BCG)$/;

/** CDC’s own longest name has 186 characters. */
const LONGEST_NAME = 500;

/** What a text's parts stand for; `null` when one of them is not understood. */
export function readNameParts(text: string, codes: Codes): NameParts | null {
  if (text.length > LONGEST_NAME) return null;
  const plain = text.replace(TRADE_MARKS, ' ');
  const whole = findName(plain, codes);
  return whole === null ? readParts(plain, codes) : [whole];
}

function readParts(text: string, codes: Codes): NameParts | null {
  const parts: (readonly Meaning[])[] = [];
  const diseases: (readonly Meaning[])[] = [];
  const texts = text.split(PART_ENDS);
  if (texts.length === 1) return null;
  for (const part of texts) {
    const essence = essenceOf(part, codes);
    if (nameKey(essence) === '') continue;
    const found = findName(part, codes);
    if (found !== null) parts.push(found);
    else {
      // Beside a vaccine, a disease says what that is for.
      const against = codes.names.meaningsOf(`${essence} vaccine`);
      if (against.length === 0) return null;
      diseases.push(against);
    }
  }
  return parts.length > 0 && parts.length + diseases.length > 1 ? [...parts, ...diseases] : null;
}

/** The text without all that says nothing of the vaccine. */
export function essenceOf(text: string, codes: Codes): string {
  return withoutMakers(withoutNoise(withoutDetails(text.replace(TRADE_MARKS, ' '))), codes).rest;
}

/** Looks a name up as it stands, then without details, noise and makers, then without the number of a dose. */
function findName(text: string, codes: Codes): readonly Meaning[] | null {
  let meanings = meaningsOfOne(text, codes);
  if (meanings.length > 0) return meanings;
  const short = withoutDetails(text);
  if (short !== text) meanings = meaningsOfOne(short, codes);
  if (meanings.length > 0) return meanings;
  const plain = withoutNoise(short);
  const isOfVaccine = plain !== short && hasVaccineWord(short);
  if (isOfVaccine) meanings = meaningsOfOne(`${plain} vaccine`, codes);
  if (meanings.length === 0 && plain !== short) meanings = meaningsOfOne(plain, codes);
  if (meanings.length > 0) return meanings;
  const { rest, makers } = withoutMakers(plain, codes);
  meanings = makers.length === 0 ? NO_MEANINGS : meaningsOfOne(rest, codes);
  if (meanings.length > 0) return ofMaker(meanings, makers, codes) ?? meanings;
  // MMR 2 is the second dose of MMR. Of trade names, a number may be part: Prevnar 7.
  const numbered = /^(.*\p{L}.*)\s[1-6]$/u.exec(plain.trim());
  const first = numbered === null ? [] : meaningsOfOne(numbered[1]!, codes);
  if (first.length > 0 && first.every(({ isTradeName }) => !isTradeName)) return first;
  return HISTORICAL.test(rest) ? findHistorical(rest.replace(HISTORICAL, ' '), isOfVaccine, codes) : null;
}

/** Varicella, historical: the vaccine or the disease. MMR, historical: the vaccine. */
function findHistorical(text: string, isOfVaccine: boolean, codes: Codes): readonly Meaning[] | null {
  const meanings = meaningsOfOne(text, codes);
  if (meanings.length === 0) return null;
  const isVaccine = isOfVaccine || VACCINE_ONLY.test(nameKey(text)) || meanings.every((each) => each.isTradeName);
  return isVaccine ? meanings : null;
}

/** What a text stands for as one name; nothing where a comma or the like divides it into several. */
function meaningsOfOne(text: string, codes: Codes): readonly Meaning[] {
  const { names } = codes;
  const meanings = names.meaningsOf(text);
  if (meanings.length === 0 || !DIVIDERS.test(text) || names.isDividedAsName(text)) return meanings;
  const parts = text.split(DIVIDERS).flatMap((part) => {
    const found = names.meaningsOf(withoutNoise(part));
    return found.length > 0 ? [found] : [];
  });
  if (parts.length > 1) return [];
  // Hep B, adult says more of Hep B; MMR, V adds to MMR.
  const groupsOf = (of: readonly Meaning[]): string[] => of.flatMap(({ cvx }) => codes.groupsOf(cvx));
  const isAdded = parts.some((part) => !groupsOf(meanings).every((group) => groupsOf(part).includes(group)));
  return isAdded ? [] : meanings;
}

const NO_MEANINGS: readonly Meaning[] = [];

/** Stands for a vaccine against COVID-19, and leaves the maker open. */
const ANY_COVID = '213';

/** The COVID-19 vaccine of a maker: only of these, a maker is part of the name. `null` where it says nothing. */
function ofMaker(meanings: readonly Meaning[], makers: readonly string[], codes: Codes): readonly Meaning[] | null {
  if (!meanings.every(({ cvx, covers }) => cvx === ANY_COVID && covers === null)) return null;
  for (const maker of makers) {
    const found = codes.names.meaningsOf(`${maker} COVID-19`);
    if (found.length > 0) return found;
  }
  return null;
}

function withoutDetails(text: string): string {
  if (!MAY_HAVE_DETAILS.test(text)) return text;
  return DETAILS.reduce((rest, detail) => rest.replace(detail, ' '), text);
}

const WORD = /[\p{L}\d]+/gu;
const ASCII_WORD = /[A-Za-z\d]+/g;
const BEYOND_ASCII = /[^\x00-\x7f]/;

/** What finds the words of a text. Classes of Unicode take several times as long as ranges. */
function wordOf(text: string): RegExp {
  return BEYOND_ASCII.test(text) ? WORD : ASCII_WORD;
}

function withoutNoise(text: string): string {
  return text.replace(wordOf(text), (word) => (NOISE.has(word.toUpperCase()) ? ' ' : word));
}

function hasVaccineWord(text: string): boolean {
  return (text.toUpperCase().match(wordOf(text)) ?? []).some((word) => VACCINE_WORDS.has(word));
}

/** Words in the longest name of a maker that is looked for. */
const MOST_MAKER_WORDS = 4;

/** The text without the names of makers, longest names first, and those. */
function withoutMakers(text: string, codes: Codes): { readonly rest: string; readonly makers: readonly string[] } {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const keys = words.map(nameKey);
  const makers: string[] = [];
  if (!keys.some((key) => codes.makers.mayBegin(key))) return { rest: words.join(' '), makers };
  for (let count = MOST_MAKER_WORDS; count >= 1; count--) {
    for (let at = 0; at + count <= words.length; at++) {
      if (!codes.makers.mayBegin(keys[at]!) || !codes.makers.isNameKey(keys.slice(at, at + count).join(''))) continue;
      makers.push(words.slice(at, at + count).join(' '));
      words.splice(at, count);
      keys.splice(at, count);
    }
  }
  return { rest: words.join(' '), makers };
}

/** What the parts stand for on a day; `null` for an unknown day. */
export function vaccineOn(parts: NameParts, day: string | null, codes: Codes): NamedVaccine {
  const found: Meaning[] = [];
  for (const meanings of parts) {
    const all = distinct(meanings);
    // Of a single vaccine, a name says on any day which it is.
    const holding = day === null && all.length === 1 ? meanings : meanings.filter((meaning) => holdsOn(meaning, day));
    const options = holding.length > 0 ? distinct(holding) : all;
    if (holding.length === 0) return { cvx: null, options, notBefore: day === null ? null : firstAfter(meanings, day) };
    if (options.length > 1) return { cvx: null, options, notBefore: null };
    found.push(holding[0]!);
  }
  const options = distinct(found);
  const cvx = options.length === 1 ? options[0]! : mostExact(found, codes);
  return { cvx, options: cvx === null ? options : [], notBefore: null };
}

/** The first day of the first meaning, if that comes after the day; else `null`. */
function firstAfter(meanings: readonly Meaning[], day: string): string | null {
  const days = meanings.map(({ from }) => from ?? '').sort();
  return days[0]! > day ? days[0]! : null;
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

/**
 * What products of several vaccines consist of, by the codes that say exactly so: `IPV (Pediarix)`. Sources: US product
 * labels.
 */
const PARTS_OF: Readonly<Record<string, readonly string[]>> = {
  '03': ['04', '05', '06', '07', '38'],
  '22': ['01', '47'],
  '50': ['20', '48'],
  '51': ['08', '49'],
  '94': ['03', '04', '05', '06', '07', '21', '38'],
  '104': ['43', '52'],
  '110': ['08', '10', '20'],
  '120': ['10', '20', '48', '106'],
  '130': ['10', '20', '106'],
  '146': ['08', '10', '20', '49', '106'],
  '316': ['162', '203'],
  '328': ['136', '163'],
};

/** Whether a name says less than a vaccine that it stands beside: leaves it open, or names a part of a product. */
function describes(name: Meaning, vaccine: Meaning, codes: Codes): boolean {
  if (name.covers !== null) return name.covers.includes(vaccine.cvx);
  const isPart = PARTS_OF[vaccine.cvx]?.includes(name.cvx) === true;
  if (isPart) return vaccine.isTradeName && !name.isTradeName;
  // What leaves open all that its group has: the code that stands for the group.
  const groups = codes.groupsOf(name.cvx);
  const covering = codes.groupsOf(vaccine.cvx);
  const isOfGroup = groups.includes(name.cvx) && groups.every((group) => covering.includes(group));
  return isOfGroup && !name.isTradeName && codes.cvx(name.cvx)?.unspecified === true;
}
