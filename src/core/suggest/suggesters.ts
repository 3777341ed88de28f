/** All suggesters, and what they make of an issue together. */
import type { IssueCode } from '../catalogue.js';
import { DATE_SUGGESTERS } from './dates.js';
import { NAME_SUGGESTERS } from './names.js';
import { PLACE_SUGGESTERS } from './places.js';
import { chooseCandidate, type Proposal } from './proposal.js';
import type { Question, Suggester } from './suggester.js';
import { VACCINE_SUGGESTERS } from './vaccines.js';

export const SUGGESTERS: readonly Suggester[] = [
  ...DATE_SUGGESTERS,
  ...PLACE_SUGGESTERS,
  ...VACCINE_SUGGESTERS,
  ...NAME_SUGGESTERS,
];

const BY_CODE: ReadonlyMap<IssueCode, readonly Suggester[]> = new Map(
  SUGGESTERS.flatMap(({ codes }) => codes).map((code) => [
    code,
    SUGGESTERS.filter(({ codes }) => codes.includes(code)),
  ]),
);

/** Issues that say something of a patient's other records, though nothing is suggested for themselves. */
const TELLING: ReadonlySet<IssueCode> = new Set(['patient-rejected']);

/** Whether the facts of records with this issue are worth keeping. */
export function wantsFacts(code: IssueCode): boolean {
  return BY_CODE.has(code) || TELLING.has(code);
}

/** The likeliest way to mend what an issue tells of; `null` where nobody can say. */
export function suggest(question: Question): Proposal | null {
  const suggesters = BY_CODE.get(question.issue.code) ?? [];
  return chooseCandidate(suggesters.flatMap((suggester) => suggester.suggest(question)));
}
