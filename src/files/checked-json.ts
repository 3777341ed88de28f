/** A JSON file that people write: all that is wrong with it, and where it stands. */
import type { JsonProblem } from '../core/spec-checker.js';
import { type JsonPlaces, locateJson, type Place, placeOf } from './json-place.js';

/** Something in a file that cannot be, and where it stands. */
export interface PlacedProblem extends JsonProblem, Place {
  /** What stands there, as JSON; `null` where something is missing, or the file is not JSON. */
  readonly found: string | null;
}

/** What a text holds, `undefined` where it is not JSON, and what is wrong with it, in the order of the places. */
export interface CheckedJson {
  readonly json: unknown;
  readonly problems: readonly PlacedProblem[];
}

/** Reads a text as JSON and checks it. `ifEmpty` says what to do with a text in which nothing stands. */
export function checkJson(
  text: string,
  ifEmpty: string,
  check: (json: unknown) => readonly JsonProblem[],
): CheckedJson {
  const places = locateJson(text);
  if (places.fault !== null) return { json: undefined, problems: [notJson(text, places.fault, ifEmpty)] };
  const json: unknown = JSON.parse(text);
  const repeated = places.repeated.map(({ pointer, offset }) => ({
    ...placeOf(text, offset),
    path: pointer,
    message: 'the name stands twice in its object',
    remedy: 'Leave one of the two out.',
    found: null,
  }));
  const found = check(json).map((problem) => placeProblem(problem, text, json, places));
  const problems = [...repeated, ...found].sort((a, b) => a.line - b.line || a.column - b.column);
  return { json, problems };
}

function notJson(text: string, fault: number, ifEmpty: string): PlacedProblem {
  const remedy =
    text.trim() === '' ? `The file is empty. ${ifEmpty}` : 'Look for a missing comma, quote or bracket there.';
  return { ...placeOf(text, fault), path: '', message: 'not JSON', remedy, found: null };
}

function placeProblem(problem: JsonProblem, text: string, json: unknown, places: JsonPlaces): PlacedProblem {
  const { path, inName } = problem;
  const found = inName === true ? undefined : valueAt(json, path);
  const offset = (inName === true ? places.names.get(path) : undefined) ?? findValue(path, places);
  return { ...problem, ...placeOf(text, offset), found: found === undefined ? null : JSON.stringify(found) };
}

/** Where a value stands, or the object that it is missing in. */
function findValue(pointer: string, { values }: JsonPlaces): number {
  let path = pointer;
  while (!values.has(path) && path !== '') path = path.slice(0, path.lastIndexOf('/'));
  return values.get(path) ?? 0;
}

function valueAt(json: unknown, pointer: string): unknown {
  let value = json;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
