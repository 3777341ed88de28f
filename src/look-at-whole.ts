/** What only a whole submission shows: names that stand in each other's places, and files that look wrong as a whole. */
import { CATALOGUE } from './core/catalogue.js';
import { formatMessage } from './core/issue.js';
import type { FieldName } from './core/model.js';
import { areExchanged } from './core/suggest/names.js';
import { findUnlikeZips } from './core/suggest/places.js';
import { detectWhole } from './core/whole/detectors.js';
import { type FileRun, type RunContext, reportFile } from './run.js';

/** Something that looks wrong about a file, as `summary.json` tells it: in words and figures, without any value. */
export interface WrongLook {
  readonly file: string;
  readonly code: string;
  readonly field: FieldName | null;
  readonly sentence: string;
}

/**
 * Reports what looks wrong about each file as a whole.
 * @throws InputError when a spec or the user weighs one of these as an error
 */
export function lookAtWhole(files: readonly FileRun[], context: RunContext): readonly WrongLook[] {
  const looks: WrongLook[] = [];
  for (const file of files) {
    for (const { code, field, value, figures } of detectWhole(file.counts)) {
      if (file.plan.severities[code] === 'off') continue;
      reportFile(code, value, { ...(field !== null && { field }), other: figures }, file, context, 'late');
      const sentence = formatMessage(CATALOGUE[code], { after: null, expected: null, other: figures });
      looks.push({ file: file.source.name, code, field, sentence });
    }
    if (context.refusesFiles) file.requireFaultless();
  }
  return looks;
}

/** Counts the new persons of a submission without doses, for its first file of patients; none where it has no doses. */
export function countWithoutDoses(files: readonly FileRun[], persons: number, withDoses: number): void {
  const first = files.find(({ counts }) => counts.patients.made !== null);
  if (first === undefined || !files.some(({ role }) => role === 'immunization' || role === 'combined')) return;
  const counts = first.counts.patients.get();
  counts.persons = persons;
  counts.withoutDoses = persons - withDoses;
}

/** Whether the names of a record are exchanged, as far as the other records of the submission show. */
export function createNameJudge(files: readonly FileRun[]): (lastName: string, firstName: string) => boolean {
  const uses = (name: string): { last: number; first: number } => {
    const sum = { last: 0, first: 0 };
    for (const { counts } of files) {
      sum.last += counts.usesOfName(name, 'last');
      sum.first += counts.usesOfName(name, 'first');
    }
    return sum;
  };
  /** Few names are first names; of most records the last name alone says that all is well. */
  const known = new Map<string, { last: number; first: number }>();
  const usesOnce = (name: string): { last: number; first: number } => {
    let found = known.get(name);
    if (found === undefined) {
      found = uses(name);
      if (known.size < MOST_KNOWN) known.set(name, found);
    }
    return found;
  };
  return (lastName, firstName) => {
    const last = usesOnce(lastName);
    if (last.first <= last.last) return false;
    return areExchanged({ last, first: usesOnce(firstName) });
  };
}

const MOST_KNOWN = 50_000;

/** Whether a ZIP code is unlike those that a city has in the other records of the submission. The city is asked for rarely. */
export function createPlaceJudge(files: readonly FileRun[]): ((zip: string, city: () => string) => boolean) | null {
  const uses = new Map<string, Map<string, number>>();
  for (const { counts } of files) {
    for (const [zip, cities] of counts.patients.made?.zipUses ?? []) {
      const known = uses.get(zip) ?? new Map<string, number>();
      uses.set(zip, known);
      for (const [city, count] of cities) known.set(city, (known.get(city) ?? 0) + count);
    }
  }
  const unlike = findUnlikeZips(uses);
  if (unlike.size === 0) return null;
  return (zip, city) => unlike.get(zip.slice(0, 5))?.has(city().toUpperCase()) === true;
}
