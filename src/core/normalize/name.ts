/**
 * Names of people.
 *
 * A name is stored as the sender wrote it, blanks tidied; only a name all in lower case gets capitals. What the name
 * means (a suffix, a newborn's placeholder, a word for "unknown") is told apart here, so that rules and matching agree.
 */
import { accept, acceptWith, NOTHING_KNOWN, type Normalizer, refuse } from './reading.js';
import { tidyText } from './text.js';

/** Words that senders write where a name is not known (MQE0140, MQE0165 and their lists; MIIS legacy layout). */
const UNKNOWN_NAMES = new Set([
  'UNKNOWN', 'UNK', 'UNKN', 'UN', 'UK', 'U', 'X', 'XX', 'XXX', 'NONE', 'NO NAME', 'NONAME', 'NOLASTNAME', 'NO LAST NAME',
  'NOFIRSTNAME', 'NO FIRST NAME', 'NFN', 'NLN', 'NMN', 'NMI', 'EMPTY', 'MISSING', 'NULL', 'N/A', 'NOT AVAILABLE',
]); // biome-ignore format: a table of words

/** What hospitals call a child before it is named (MQE0172), digits and order letters taken off. */
const NEWBORN_NAMES = new Set([
  'BABY', 'BABY BOY', 'BABY GIRL', 'BABYBOY', 'BABYGIRL', 'BB', 'BG', 'BBOY', 'BGIRL', 'BOY', 'GIRL', 'NEWBORN',
  'NEW BORN', 'NB', 'INFANT', 'INFANT BOY', 'INFANT GIRL', 'MALE', 'FEMALE', 'TWIN', 'TWIN BOY', 'TWIN GIRL',
  'BABY BOY TWIN', 'BABY GIRL TWIN', 'TRIPLET', 'MALE CHILD', 'FEMALE CHILD', 'BABY GRIL', 'BABY OY', 'BABU GIRL TWIN',
  'BABU GIRL', 'BABU BOY', 'BABY MALE', 'BABY FEMALE',
]); // biome-ignore format: a table of words

/** Such a name with its mother's or its last name behind it, with or without a blank. */
const NEWBORN_OF = /^(?:BABY|INFANT|NEWBORN) ?(?:BOY|GIRL)/;

/** Whole names, last name first, that people give to test patients (MQE0551). */
const TEST_NAMES = new Set([
  'MOUSE MICKEY', 'MOUSE MICKY', 'MOUSE MINNIE', 'DUCK DONALD', 'DUCK DAISY', 'PATIENT TEST', 'TEST PATIENT',
  'DO NOT USE',
]); // biome-ignore format: a table of words
const TEST_WORDS = new Set(['TEST', 'TESTPATIENT', 'ZZTEST', 'ZTEST', 'ZZZTEST', 'DONOTUSE', 'TESTING']);

/** The suffixes that tell namesakes apart, and how they are written. */
const SUFFIXES = new Map([
  ['JR', 'JR'], ['JUNIOR', 'JR'], ['SR', 'SR'], ['SENIOR', 'SR'], ['1ST', 'I'], ['2ND', 'II'], ['3RD', 'III'],
  ['4TH', 'IV'], ['5TH', 'V'], ['I', 'I'], ['II', 'II'], ['III', 'III'], ['IV', 'IV'], ['V', 'V'], ['VI', 'VI'],
  ['VII', 'VII'], ['VIII', 'VIII'], ['IX', 'IX'], ['X', 'X'],
]); // biome-ignore format: a table of words

/** Suffixes that are split off a name. `I`, `V` and `X` are not: they may be initials. */
const SPLIT_SUFFIX = /^(.*[^\s,])(?:\s*,\s*|\s+)(JR|SR|II|III|IV|JUNIOR|SENIOR|2ND|3RD)\.?$/i;

const NAME_CHARACTERS = /^[\p{L}\p{M}'’‘`´.,() -]+$/u;
const LOWER_CASE = /^[^\p{Lu}\p{Lt}]*\p{Ll}[^\p{Lu}\p{Lt}]*$/u;

/** Reads a name: blanks tidied, capitals given to a name that has none. */
export const normalizeName: Normalizer = (text) => {
  let name = tidyText(text);
  if (name === '') return NOTHING_KNOWN;
  if (LOWER_CASE.test(name)) name = capitalize(name);
  return NAME_CHARACTERS.test(name) ? accept(name, text) : acceptWith('characters', name, text);
};

function capitalize(name: string): string {
  return name.replace(/(^|[\s'’-])(\p{Ll})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());
}

/** Reads a suffix: `JR`, `SR` or a Roman numeral. */
export const normalizeSuffix: Normalizer = (text) => {
  const suffix = SUFFIXES.get(plainWords(text));
  return suffix === undefined ? refuse('unrecognized') : accept(suffix, text);
};

/** What a name says of itself. */
interface NameFacts {
  readonly words: string;
  readonly isUnknown: boolean;
  readonly isNewborn: boolean;
  readonly split: { readonly name: string; readonly suffix: string } | null;
  readonly key: string;
}

/** Names met before. A clinic has some ten thousand, and looks at each a dozen times. */
const KNOWN_NAMES = new Map<string, NameFacts>();
const MOST_KNOWN_NAMES = 20_000;

function factsOf(name: string): NameFacts {
  let facts = KNOWN_NAMES.get(name);
  if (facts === undefined) {
    const words = plainWords(name);
    facts = {
      words,
      isUnknown: UNKNOWN_NAMES.has(name.toUpperCase()) || UNKNOWN_NAMES.has(words) || !/\p{L}/u.test(name),
      isNewborn: readNewborn(words),
      split: readSuffix(name),
      key: toKey(name),
    };
    if (KNOWN_NAMES.size >= MOST_KNOWN_NAMES) KNOWN_NAMES.clear();
    KNOWN_NAMES.set(name, facts);
  }
  return facts;
}

/** A name without its suffix, and the suffix; `null` when it has none. */
export function splitSuffix(name: string): { readonly name: string; readonly suffix: string } | null {
  return factsOf(name).split;
}

function readSuffix(name: string): NameFacts['split'] {
  const match = SPLIT_SUFFIX.exec(name);
  if (match === null) return null;
  const suffix = SUFFIXES.get(match[2]!.toUpperCase());
  return suffix === undefined ? null : { name: match[1]!, suffix };
}

/** Whether the word stands for "not known". */
export function isUnknownName(name: string): boolean {
  return factsOf(name).isUnknown;
}

/** Whether it is a newborn's temporary first name, as `BABY GIRL`, `Babyboy-1`, `TWIN GIRL A` or `BABYGIRLSMITH`. */
export function isNewbornName(firstName: string): boolean {
  return factsOf(firstName).isNewborn;
}

function readNewborn(words: string): boolean {
  if (NEWBORN_NAMES.has(words) || NEWBORN_OF.test(words)) return true;
  const withoutOrder = words.replace(/(?:\s*\d+|\s+[A-DL]|\s*(?:ONE|TWO|THREE))$/, '');
  return NEWBORN_NAMES.has(withoutOrder);
}

/** Whether it is a name for a test patient. */
export function isTestName(lastName: string, firstName: string | null): boolean {
  const last = factsOf(lastName).words;
  const first = firstName === null ? '' : factsOf(firstName).words;
  return TEST_WORDS.has(last) || TEST_WORDS.has(first) || TEST_NAMES.has(`${last} ${first}`) || TEST_NAMES.has(last);
}

/** Upper case, punctuation taken for blanks, blanks tidied: for looking up words. */
function plainWords(text: string): string {
  return text
    .toUpperCase()
    .replace(/[^\p{L}\p{M}\d]+/gu, ' ')
    .trim();
}

/**
 * The form in which names are compared: upper case, no accents, no apostrophes, hyphens as blanks.
 *
 * `O'Brien` and `OBRIEN` are alike, as are `Núñez` and `NUNEZ`.
 */
export function nameKey(name: string): string {
  return factsOf(name).key;
}

function toKey(name: string): string {
  if (/^[A-Z]+$/.test(name)) return name;
  return name
    .normalize('NFD')
    .replace(/[\p{M}'’‘`´.]/gu, '')
    .toUpperCase()
    .replace(/[^\p{L}\d]+/gu, ' ')
    .trim();
}
