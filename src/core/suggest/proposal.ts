/** What a suggestion is: values to write instead, how sure that is, and why. */
import type { FieldName } from '../model.js';

/** A field, and what to write there. Days are `YYYY-MM-DD` until they are shown in the form of their column. */
export interface FieldFix {
  readonly field: FieldName;
  readonly value: string;
  /** Whether the field stands in another record: that of the dose's patient. */
  readonly elsewhere?: true;
}

/** A way to mend a record, as one of several. */
export interface Candidate {
  /** None for a rival: what may have happened instead, though nobody can say what to write then. */
  readonly fixes: readonly FieldFix[];
  /** How many times likelier it is than that something happened which nobody thought of. */
  readonly odds: number;
  /** Why, in words that hold no value of the record. */
  readonly reason: string;
}

/** The likeliest way to mend a record. It is never applied unasked. */
export interface Proposal {
  readonly fixes: readonly FieldFix[];
  /** From 0 to 1: the share of such records in which it is right. */
  readonly confidence: number;
  readonly reason: string;
}

/** From here on a suggestion counts as sure. */
export const SURE = 0.95;
/** The highest odds of a candidate that shall never be sure: 0.93, if it has no rival. */
export const UNSURE_ODDS = 14;
/** Less sure than this is a guess that helps nobody. */
const LEAST_CONFIDENCE = 0.2;

/** The best of several candidates, weighed against each other; `null` where none is likely. */
export function chooseCandidate(candidates: readonly Candidate[]): Proposal | null {
  const byFixes = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const key = candidate.fixes.length === 0 ? candidate.reason : JSON.stringify(candidate.fixes);
    const known = byFixes.get(key);
    // Two reasons for the same say no more than the better one: they may be one reason in two words.
    if (known === undefined || known.odds < candidate.odds) byFixes.set(key, candidate);
  }
  let best: Candidate | null = null;
  let sum = 1;
  for (const candidate of byFixes.values()) {
    sum += candidate.odds;
    if (candidate.fixes.length === 0) continue;
    if (best === null || candidate.odds > best.odds) best = candidate;
  }
  if (best === null) return null;
  const confidence = Math.floor((best.odds / sum) * 100) / 100;
  return confidence < LEAST_CONFIDENCE ? null : { fixes: best.fixes, confidence, reason: best.reason };
}

/**
 * A proposal as text: the value alone where it belongs to the field of the issue, else `field=value; field=value`. A
 * field of another record has `patient.` before it. `null` where a value could not be read back.
 */
export function formatFixes(fixes: readonly FieldFix[], field: FieldName | null): string | null {
  if (fixes.some(({ value }) => /[;=\n]/.test(value) || value.trim() !== value || value === '')) return null;
  const [only] = fixes;
  if (fixes.length === 1 && only!.field === field && only!.elsewhere === undefined) return only!.value;
  return fixes.map((fix) => `${fix.elsewhere ? 'patient.' : ''}${fix.field}=${fix.value}`).join('; ');
}

/** Reads what {@link formatFixes} wrote; `null` for a text that it cannot have written. */
export function parseFixes(text: string, field: FieldName | null): readonly FieldFix[] | null {
  if (!text.includes('=')) return field === null || text === '' ? null : [{ field, value: text }];
  const fixes: FieldFix[] = [];
  for (const part of text.split('; ')) {
    const match = /^(patient\.)?([a-z0-9_]+)=([^;=]+)$/.exec(part);
    if (match === null) return null;
    fixes.push({ field: match[2] as FieldName, value: match[3]!, ...(match[1] !== undefined && { elsewhere: true }) });
  }
  return fixes;
}

/**
 * What a suggestion was made from, as text: the values that it replaces, that of the issue's own field, and the name that
 * a vaccine was taken from. A suggestion is for records in which all of this still stands. `read` gives a field as it
 * stands in the file, `null` where it is blank, and `undefined` for one that is not looked at.
 */
export function describeSeen(
  fixes: readonly FieldFix[],
  field: FieldName | null,
  read: (field: FieldName) => string | null | undefined,
): string {
  const fields = new Set(fixes.flatMap((fix) => (fix.elsewhere === true ? [] : [fix.field])));
  if (fields.has('cvx')) fields.add('vaccine_name');
  if (field !== null) fields.add(field);
  return [...fields]
    .sort()
    .flatMap((each) => {
      const value = read(each);
      return value === undefined ? [] : [`${each}=${(value ?? '').replace(/\s+/g, ' ').trim()}`];
    })
    .join('; ');
}
