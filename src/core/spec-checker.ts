/** The small checks that all parts of a spec share: what is there, of which type, known or not. */
import { nearestWord } from './nearest.js';
import { DATE_FORMATS } from './normalize/date.js';
import { namesOf } from './spec-words.js';

/** An object of a spec that is being checked. */
export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Something in a file of JSON that cannot be. */
export interface JsonProblem {
  /** Where, as a JSON pointer: `/layouts/patient/fields/3/width`. */
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
  /** Whether the name of the property is wrong, and not its value. */
  readonly inName?: true;
}

/** Takes a problem; `inName` when the name of the property is wrong, and not its value. */
export type Report = (path: string, message: string, remedy: string, inName?: boolean) => void;

/** The JSON pointer of a property. */
export function pointerTo(path: string, name: string): string {
  return `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** "Did you mean width?" where a known word is near, and nothing where none is. */
export function guess(word: unknown, known: readonly string[]): string {
  const nearest = typeof word === 'string' ? nearestWord(word, known) : null;
  return nearest === null ? '' : `Did you mean ${nearest}? `;
}

export class Checker {
  constructor(readonly report: Report) {}

  /** Whether an object has known properties only. */
  keys(object: JsonObject, path: string, properties: Readonly<Record<string, string>>): boolean {
    const known = namesOf(properties);
    const unknown = Object.keys(object).filter((key) => !known.includes(key));
    for (const key of unknown) {
      const remedy = `${guess(key, known)}Known here: ${known.join(', ')}.`;
      this.report(pointerTo(path, key), 'unknown property', remedy, true);
    }
    return unknown.length === 0;
  }

  object(value: unknown, path: string, remedy: string): value is JsonObject {
    if (isObject(value)) return true;
    this.report(path, 'not an object', remedy);
    return false;
  }

  text(object: JsonObject, path: string, key: string): void {
    const value = object[key];
    if (typeof value !== 'string' || value.trim() === '') {
      this.report(`${path}/${key}`, value === undefined ? 'missing' : 'not a text', `Give ${key} as a text.`);
    }
  }

  texts(value: unknown, path: string): value is string[] {
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return true;
    this.report(path, 'not a list of texts', 'Write ["first", "second"].');
    return false;
  }

  oneOf(value: unknown, path: string, allowed: readonly string[]): boolean {
    if (typeof value === 'string' && allowed.includes(value)) return true;
    const problem = value === undefined ? 'missing' : 'not a known value';
    this.report(path, problem, `${guess(value, allowed)}Use one of ${allowed.join(', ')}.`);
    return false;
  }

  optionalOneOf(value: unknown, path: string, allowed: Readonly<Record<string, string>>): void {
    if (value !== undefined) this.oneOf(value, path, namesOf(allowed));
  }

  /** A name that something else in the spec must have. */
  known(name: unknown, path: string, what: string, known: readonly string[]): void {
    if (typeof name !== 'string' || known.includes(name)) return;
    const remedy = known.length === 0 ? `There is none yet: add it.` : `Use one of ${known.join(', ')}.`;
    this.report(path, `no such ${what}`, `${guess(name, known)}${remedy}`);
  }

  character(value: unknown, path: string): void {
    const ascii = typeof value === 'string' && value.length === 1 && value.charCodeAt(0) < 128;
    if (!ascii || value === '\n' || value === '\r') {
      this.report(path, 'not one ASCII character', 'Use one character, such as | or , or \\t.');
    }
  }

  dateFormats(value: unknown, path: string, allowed: readonly string[] = DATE_FORMATS): void {
    if (!this.texts(value, path)) return;
    if (value.length === 0) this.report(path, 'no date format', `Use some of ${allowed.join(', ')}.`);
    value.forEach((format, index) => {
      this.oneOf(format, `${path}/${index}`, allowed);
    });
  }
}
