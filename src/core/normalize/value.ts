/** Codes, numbers and other short values. */
import type { Codes } from '../codes.js';
import { accept, acceptWith, createReading, NOTHING_KNOWN, type Normalizer, refuse } from './reading.js';
import { tidyText } from './text.js';

/** Words that say "not known" wherever a code table has no code for it. */
const UNKNOWN_WORDS = new Set(['U', 'UN', 'UNK', 'UNKNOWN', 'NOT KNOWN', 'N/A', 'NONE']);
/**
 * Words for "did not want to say". They say nothing either, except where yes or no is asked: there, "declined" may be the
 * answer itself, and who declined to share must not be taken for one who said nothing.
 */
const DECLINED_WORDS = new Set(['DECLINED', 'POL']);

/** What senders write instead of the codes, by table. */
const ALIASES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sex: { MALE: 'M', FEMALE: 'F', UNKNOWN: 'U', UNK: 'U', BOY: 'M', GIRL: 'F', MAN: 'M', WOMAN: 'F' },
  yes_no: { YES: 'Y', NO: 'N', TRUE: 'Y', FALSE: 'N', T: 'Y', F: 'N', '1': 'Y', '0': 'N' },
  ethnicity: {
    Y: '2135-2',
    HISPANIC: '2135-2',
    LATINO: '2135-2',
    NH: '2186-5',
    'NOT HISPANIC': '2186-5',
    'NON HISPANIC': '2186-5',
    'NON-HISPANIC': '2186-5',
    NONHISPANIC: '2186-5',
  },
  race: {
    BLACK: '2054-5',
    'AFRICAN AMERICAN': '2054-5',
    'AMERICAN INDIAN': '1002-5',
    'ALASKA NATIVE': '1002-5',
    'NATIVE HAWAIIAN': '2076-8',
    'PACIFIC ISLANDER': '2076-8',
    OTHER: '2131-1',
    CAUCASIAN: '2106-3',
  },
  information_source: { NEW: '00', ADMINISTERED: '00', HISTORICAL: '01', HISTORY: '01' },
  completion_status: { COMPLETED: 'CP', REFUSED: 'RE', 'NOT GIVEN': 'NA', PARTIAL: 'PA', PARTIALLY: 'PA' },
  route: {
    INTRAMUSCULAR: 'IM',
    SUBCUTANEOUS: 'SC',
    SQ: 'SC',
    SUBQ: 'SC',
    'SUB-Q': 'SC',
    INTRANASAL: 'NS',
    MOUTH: 'PO',
  },
  dose_unit: { CC: 'mL', MLS: 'mL', MILLILITERS: 'mL', MCG: 'ug' },
  funding_source: { PRIVATE: 'PHC70', PUBLIC: 'VXC50', STATE: 'VXC2', FEDERAL: 'VXC1' },
  registry_status: { ACTIVE: 'A', INACTIVE: 'I', MOVED: 'M' },
  relationship: { MOTHER: 'MTH', FATHER: 'FTH', MOM: 'MTH', DAD: 'FTH', GRANDMOTHER: 'GRP', GRANDFATHER: 'GRP' },
};

/** Tables whose codes have two digits and lose the first zero in spreadsheets. */
const TWO_DIGIT_TABLES = new Set(['information_source', 'publicity', 'refusal_reason']);

/** A normalizer for a code of the table: by code or by name, in any case. */
export function createCodeNormalizer(codes: Codes, table: string): Normalizer {
  const find = codeFinder(codes, table);
  return (text) => {
    const code = find(text);
    if (code !== undefined) return code === null ? NOTHING_KNOWN : accept(code, text);
    return refuse('unrecognized');
  };
}

/** Finds the code of a text: `null` when the text says "not known", `undefined` when it says nothing to us. */
function codeFinder(codes: Codes, table: string): (text: string) => string | null | undefined {
  const lookup = codes.lookup(table);
  const aliases = ALIASES[table] ?? {};
  const twoDigits = TWO_DIGIT_TABLES.has(table);
  return (text) => {
    const key = tidyText(text).toUpperCase();
    const padded = twoDigits && /^\d$/.test(key) ? `0${key}` : key;
    // Before the names of the table: there, Black is a detail of its own beside Black or African American.
    if (Object.hasOwn(aliases, key)) return aliases[key];
    const code = lookup.get(padded);
    if (code !== undefined) return code;
    return UNKNOWN_WORDS.has(key) || (table !== 'yes_no' && DECLINED_WORDS.has(key)) ? null : undefined;
  };
}

/** A normalizer for sex: F, M, U, and other codes of HL7 0001 with a remark. */
export function createSexNormalizer(codes: Codes): Normalizer {
  const find = codeFinder(codes, 'sex');
  return (text) => {
    const code = find(text) ?? null;
    if (code === null) return refuse('unrecognized');
    return 'FMU'.includes(code) ? accept(code, text) : acceptWith('outside-guide', code, text);
  };
}

const MOST_RACES = 6;

/** A normalizer for races: CDCREC codes in the sender's order, joined by `~`. */
export function createRaceNormalizer(codes: Codes): Normalizer {
  const find = codeFinder(codes, 'race');
  return (text) => {
    const races: string[] = [];
    let problem: 'unrecognized' | 'ambiguous' | 'too-many' | null = null;
    let other: string | null = null;
    for (const part of text.split(/[~;]/)) {
      if (part.trim() === '') continue;
      const code = find(part);
      if (code === undefined) problem = 'unrecognized';
      else if (code?.startsWith('ambiguous: ')) {
        problem ??= 'ambiguous';
        other = code.slice('ambiguous: '.length);
      } else if (code !== null && !races.includes(code)) races.push(code);
    }
    if (races.length > MOST_RACES) problem ??= 'too-many';
    const value = races.slice(0, MOST_RACES).join('~');
    return createReading(value === '' ? null : value, problem, other, value !== text);
  };
}

/** A normalizer for languages: the three letters of ISO 639-2, from any ISO 639 code, a locale or the English name. */
export function createLanguageNormalizer(codes: Codes): Normalizer {
  const find = codeFinder(codes, 'language');
  return (text) => {
    const code = find(text) ?? find(/^([a-z]{2,3})[-_][a-z]{2}$/i.exec(text)?.[1] ?? text);
    if (code === undefined) return refuse('unrecognized');
    return code === null ? NOTHING_KNOWN : accept(code, text);
  };
}

/** A normalizer for counties: FIPS codes of five digits, or the name of a county that the table has. */
export function createCountyNormalizer(codes: Codes): Normalizer {
  const lookup = codes.lookup('county');
  return (text) => {
    if (/^\d{5}$/.test(text)) return text === '00000' ? NOTHING_KNOWN : accept(text, text);
    const name = tidyText(text)
      .toUpperCase()
      .replace(/ COUNTY$/, '');
    const code = lookup.get(name);
    return code == null ? refuse('unrecognized') : accept(code, text);
  };
}

/** A normalizer for makers: MVX codes in upper case, by code or, with a remark, by name. */
export function createMvxNormalizer(codes: Codes): Normalizer {
  return (text) => {
    const key = tidyText(text).toUpperCase();
    const code = codes.makers.codeOf(key);
    if (code === undefined) return refuse('unrecognized');
    return code === key ? accept(code, text) : acceptWith('named', code, text);
  };
}

/** Reads a birth order: 1 to 9. */
export const normalizeBirthOrder: Normalizer = (text) => {
  const match = /^0?([1-9])(?:\.0)?$/.exec(text);
  return match === null ? refuse('invalid') : accept(match[1]!, text);
};

/** Reads an amount: a decimal number above 0 and below 1000; 0 and 999 mean that it is not known. */
export const normalizeAmount: Normalizer = (text) => {
  const match = /^(\d{0,4}(?:\.\d{0,4})?)\s*(?:ml|cc)?$/i.exec(text);
  const number = match === null || match[1] === '' || match[1] === '.' ? Number.NaN : Number(match[1]);
  if (Number.isNaN(number)) return refuse('invalid');
  if (number === 0 || number === 999) return refuse('placeholder');
  return number < 1000 ? accept(String(number), text) : refuse('invalid');
};

/** SSNs that people type when there is none: the example of 1938's wallets and runs of digits. */
const PLACEHOLDER_SSNS = new Set(['123456789', '987654321', '078051120', '219099999']);

/** What a code of a registry is made of, where nobody says which codes there are. */
const COMMENT_CODE = /^[A-Z0-9]{1,10}$/i;

/** Reads a comment on a patient: a code that a spec knows or, where it names none (`null`), that may be one. */
export function createCommentCodeNormalizer(known: ReadonlySet<string> | null): Normalizer {
  return (text) => {
    const tidy = tidyText(text);
    if (tidy === '') return NOTHING_KNOWN;
    const isKnown = known === null ? COMMENT_CODE.test(tidy) : known.has(tidy);
    return isKnown ? accept(tidy, text) : acceptWith('unrecognized', tidy, text);
  };
}

/** Reads a Social Security number: nine digits that may have been given out. */
export const normalizeSsn: Normalizer = (text) => {
  const digits = text.replace(/[\s-]/g, '');
  if (!/^\d{9}$/.test(digits)) return refuse('invalid');
  if (/^(\d)\1{8}$/.test(digits) || PLACEHOLDER_SSNS.has(digits)) return refuse('placeholder');
  // Never given out: area 000, 666 and 900-999, group 00, serial 0000; MQE also refuses six equal digits in a row.
  if (/^(?:000|666|9)|^...00|0000$|(\d)\1{5}/.test(digits)) return refuse('invalid');
  return accept(digits, text);
};
