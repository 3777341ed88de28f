/** Values of a file, replaced as far as they say who somebody is. */
import type { FieldName, IsoDate } from '../model.js';
import { isNewbornName, isUnknownName, splitSuffix } from '../normalize/name.js';
import type { Reading } from '../normalize/reading.js';
import { isScientific } from '../normalize/text.js';
import { DENIAL, readingOn, resolveVaccine } from '../normalize/vaccine.js';
import type { ColumnReader, TransformPlan } from '../plan.js';
import { VACCINE_FIELDS } from '../spec.js';
import { splitWords } from './alike.js';
import type { RedactedColumn } from './columns.js';
import { SyntheticDays } from './days.js';
import { type SecretBytes, SyntheticWords } from './synthetic.js';
import type { Treatment } from './treatments.js';

/** Values that are so short say nothing of anybody where a code is expected, or nobody knows what is. */
const SHORT = 2;
/** How often another value is asked for before what was asked of it is given up. */
const MOST_TRIES = 24;
const MONTH =
  /^(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)$/i;
const LIKE_DAY = /^(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/-]\d{1,2}[/-]\d{2,4})(?:[T ]\d{1,2}:.*)?$/;
const LIKE_TIME = /^(?:19|20)\d{10}(?:\d\d)?$/;
/** More digits are the number of somebody, unless they tell a time as well. */
const MOST_DIGITS_OF_DAY = 8;

/** Replaces values: the same one by the same, throughout a report. */
export class CellRedactor {
  readonly #words: SyntheticWords;
  readonly #days: SyntheticDays;
  /** What stands for days, by their text; how many were passed over; and days that must not be found. */
  readonly #daysMade = new Map<string, string>();
  readonly #daysPassed = new Map<string, number>();
  readonly #daysAvoided = new Set<string>();
  /** Numbers whose first replacements were not acceptable are changed once for each column that asks. */
  readonly #accepted = new Set<string>();

  constructor(secret: SecretBytes, today: IsoDate) {
    this.#words = new SyntheticWords(secret);
    this.#days = new SyntheticDays(secret, today);
  }

  /** Takes a value that must not be found in the report, if it is one that is replaced. */
  avoid(text: string, column: RedactedColumn): void {
    if (this.#stays(text, column)) return;
    if (this.#treatmentOf(text, column) === 'day') this.#daysAvoided.add(text);
    this.#words.avoid(text);
    for (const word of splitWords(text)) if (!isPublicWord(word)) this.#words.avoid(word);
  }

  /** Takes all words of a text that must not be found in the report. */
  avoidWords(text: string): void {
    for (const word of splitWords(text)) this.#words.avoid(word);
  }

  /** A value in its shape, without blanks around it, as the report may show it. */
  redact(text: string, column: RedactedColumn): string {
    const { reader } = column;
    if (reader?.joined != null && reader.joined.by !== '' && text.includes(reader.joined.by)) {
      // A value of several columns: each of them is replaced by itself.
      const parts = text.split(reader.joined.by);
      return parts.map((part) => this.redact(part, { ...column, reader: null })).join(reader.joined.by);
    }
    if (text === '' || this.#stays(text, column)) return text;
    const { kept } = column;
    return kept === 0 ? this.#replace(text, column) : text.slice(0, kept) + this.#replace(text, column).slice(kept);
  }

  #replace(text: string, column: RedactedColumn): string {
    switch (this.#treatmentOf(text, column)) {
      case 'keep':
        return text;
      case 'day':
        return this.#redactLetters(this.#redactDay(text, column));
      case 'care-day':
        return this.#redactLetters(text);
      case 'zip':
        return this.#redactAsRead(text, column, (value) => this.#redactZip(value));
      case 'number':
        return this.#redactAsRead(text, column, (value) => this.#redactNumber(value));
      case 'vaccine':
        return this.#redactAsRead(text, column, (value) => this.#redactVaccine(value));
      case 'words':
      case 'code':
        return this.#redactAsRead(text, column, (value) => this.#redactName(value, column));
    }
  }

  /** A text of which nothing is known: each of its words is replaced. */
  redactWords(text: string): string {
    return splitWords(text)
      .map((word) => this.#words.replace(word))
      .join('');
  }

  /** Takes other values for a text from now on: something that was asked of it is not so. */
  change(text: string, column: RedactedColumn): void {
    const treatment = this.#treatmentOf(text, column);
    if (treatment === 'day') {
      this.#daysMade.delete(text);
      this.#daysPassed.set(text, (this.#daysPassed.get(text) ?? 0) + 1);
    } else if (treatment === 'number' || treatment === 'zip') this.#words.change(mantissaOf(text));
    else this.changeWords(text);
  }

  changeWords(text: string): void {
    for (const word of splitWords(text)) if (!isPublicWord(word)) this.#words.change(word);
  }

  /** What a column without a field holds decides what becomes of it, and so what stands in the place of a day. */
  #treatmentOf(text: string, { treatment, field }: RedactedColumn): Treatment {
    const isOfDays = treatment === 'day' || treatment === 'care-day';
    if (field !== null && (!isOfDays || isLikeDay(text))) return treatment;
    if (field === null && LIKE_DAY.test(text)) return 'day';
    return /\s/.test(text) ? 'words' : 'number';
  }

  /** Whether a value is nobody's: a word for no value, or of the specification; or a code that is understood. */
  #stays(text: string, column: RedactedColumn): boolean {
    const { plan, words, reader, treatment, field } = column;
    const upper = text.toUpperCase();
    if (words.has(upper) || plan?.nulls.has(upper) === true || reader?.values?.has(upper) === true) return true;
    if (field === null) return [...text].length <= SHORT;
    if (treatment === 'keep') return true;
    if (treatment === 'code')
      return [...text].length <= SHORT || (reader !== null && isUnderstood(reader.normalize(text)));
    if (treatment === 'vaccine') return isVaccine(text, field, plan);
    return false;
  }

  #redactDay(text: string, column: RedactedColumn): string {
    const known = this.#daysMade.get(text);
    if (known !== undefined) return known;
    const isAcceptable = (candidate: string): boolean =>
      !this.#daysAvoided.has(candidate) && readsAlike(text, candidate, column.reader);
    const passed = this.#daysPassed.get(text) ?? 0;
    // What is no day in any way is a text like any other.
    const made = this.#days.replace(text, passed, isAcceptable) ?? this.redactWords(text);
    this.#daysMade.set(text, made);
    return made;
  }

  /** Each word that names no month. */
  #redactLetters(text: string): string {
    return text.replace(/\p{L}{2,}/gu, (word) => (MONTH.test(word) ? word : this.#words.replace(word)));
  }

  #redactNumber(text: string): string {
    // The E of a number in scientific notation, and what follows, is no part of it.
    const mantissa = mantissaOf(text);
    return this.#words.replace(mantissa) + text.slice(mantissa.length);
  }

  /** The digits behind the first three, which say no more than a part of a state. */
  #redactZip(text: string): string {
    const digits = text.replace(/\D/g, '').length;
    const kept = digits === 4 || digits === 8 ? 2 : 3;
    let seen = 0;
    const replaced = [...this.#words.replace(text)];
    return [...text].map((character, i) => (/\d/.test(character) && seen++ < kept ? character : replaced[i]!)).join('');
  }

  /** Each word, but those that say that no dose was given. */
  #redactVaccine(text: string): string {
    const denial = DENIAL.exec(text);
    if (denial === null) return this.redactWords(text);
    const end = denial.index + denial[0].length;
    return this.redactWords(text.slice(0, denial.index)) + denial[0] + this.#redactVaccine(text.slice(end));
  }

  /** Each word, but those that name nobody: `BABY GIRL`, `Jr`. */
  #redactName(text: string, { role, field }: RedactedColumn): string {
    if (field === null || role !== 'patient' || !field.endsWith('_name')) return this.redactWords(text);
    if (isUnknownName(text) || isNewbornName(text)) return text;
    const suffix = splitSuffix(text);
    if (suffix === null) return this.redactWords(text);
    return this.redactWords(text.slice(0, suffix.name.length)) + text.slice(suffix.name.length);
  }

  /** A replacement that is read as the value is, as far as chance gives one. */
  #redactAsRead(text: string, column: RedactedColumn, replace: (text: string) => string): string {
    const asked = `${column.role} ${column.field} ${text}`;
    if (column.reader === null || this.#accepted.has(asked)) return replace(text);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      if (readsAlike(text, replace(text), column.reader)) break;
      this.change(text, column);
    }
    this.#accepted.add(asked);
    return replace(text);
  }
}

function isLikeDay(text: string): boolean {
  return text.replace(/\D/g, '').length <= MOST_DIGITS_OF_DAY || LIKE_DAY.test(text) || LIKE_TIME.test(text);
}

function mantissaOf(text: string): string {
  return isScientific(text) ? text.slice(0, text.search(/e/i)) : text;
}

function hasWords(text: string): boolean {
  return /\p{L}{2}/u.test(text);
}

/** Words that are in many names and name nobody. */
const PUBLIC_WORDS: ReadonlySet<string> = new Set([
  'JR', 'SR', 'II', 'III', 'IV', 'JUNIOR', 'SENIOR', '2ND', '3RD', 'BABY', 'BOY', 'GIRL', 'TWIN', 'INFANT', 'NEWBORN',
  'MALE', 'FEMALE', 'UNKNOWN', 'NONE', 'TEST',
]); // biome-ignore format: a list of words

function isPublicWord(word: string): boolean {
  return PUBLIC_WORDS.has(word.toUpperCase());
}

function isUnderstood({ value, problem }: Reading): boolean {
  return value !== null && problem !== 'unrecognized' && problem !== 'characters';
}

/** Whether two values are read alike: with the same problem, or none, and as something or nothing. */
function readsAlike(a: string, b: string, reader: ColumnReader | null): boolean {
  if (reader === null) return true;
  const [one, other] = [reader.normalize(a), reader.normalize(b)];
  return one.problem === other.problem && (one.value === null) === (other.value === null);
}

/** The longest digits of a code in the columns for codes of vaccines: longer ones may be the number of somebody. */
const LONGEST_CODE = 5;
/** What is said of a name of which nothing is understood. */
const NOT_UNDERSTOOD: ReadonlySet<string> = new Set([
  'vaccine-name-unknown',
  'cvx-invalid',
  'cpt-unknown',
  'ndc-invalid',
]);

/** Whether a text in a column for vaccines is a code, or something of it is understood as the name of a vaccine. */
function isVaccine(text: string, field: FieldName, plan: TransformPlan | null): boolean {
  if (!hasWords(text)) return field === 'ndc' || text.replace(/\D/g, '').length <= LONGEST_CODE;
  if (plan === null) return false;
  const none = Object.fromEntries(VACCINE_FIELDS.map((each) => [each, null])) as Record<
    (typeof VACCINE_FIELDS)[number],
    null
  >;
  const reading = readingOn(resolveVaccine({ ...none, [field]: text }, plan.vaccineSources), null);
  return (
    reading.cvx !== null ||
    (reading.findings.length > 0 && !reading.findings.some(({ code }) => NOT_UNDERSTOOD.has(code)))
  );
}
