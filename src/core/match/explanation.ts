/** Why two records are one person, or may be: what is stored of a decision, and how it is told. It holds no values. */
import type { Guard, GuardOutcome } from './guards.js';
import { explainPair, type PairJudge, type Thresholds } from './match-people.js';
import type { PeopleSet } from './people.js';
import type { MatchModel, WeightPart } from './weights.js';

/** Why two records weigh what they weigh, and what came of it. */
export interface MatchExplanation {
  readonly model: MatchModel['id'];
  readonly thresholds: Thresholds;
  readonly weight: number;
  /** What the weight is made of, the prior first. The parts add up to it. */
  readonly parts: readonly WeightPart[];
  /** The guards that held. */
  readonly guards: readonly { readonly id: string; readonly words: string; readonly outcome: GuardOutcome }[];
  /** What the two have in common that made them be compared, `null` if nothing did. */
  readonly pass: string | null;
  /** Whether it would have been enough, but for a third record that cannot be the same person. */
  readonly isRefused: boolean;
  /** What keeps the two persons apart then, in plain words; missing where nothing does, and in what was stored long ago. */
  readonly against?: string;
}

/** Explains a pair of a set. */
export function explain(
  people: PeopleSet,
  judge: PairJudge,
  thresholds: Thresholds,
  a: number,
  b: number,
  { isJoined, against }: { readonly isJoined: boolean; readonly against: string | null },
): MatchExplanation {
  const { weight, parts, guards, pass } = explainPair(people, judge, a, b);
  return {
    model: judge.model.id,
    thresholds: { match: round(thresholds.match), review: round(thresholds.review) },
    weight: round(weight),
    parts: parts.map((part) => ({ ...part, weight: round(part.weight) })),
    guards: guards.map(({ id, words, outcome }: Guard) => ({ id, words, outcome })),
    pass,
    isRefused: !isJoined && guards.length === 0 && weight >= thresholds.match,
    ...(against === null ? {} : { against }),
  };
}

function round(weight: number): number {
  return Math.round(weight * 100) / 100;
}

/** The parts of a weight in the words of the registry. */
const PART_WORDS: Readonly<Record<string, string>> = {
  prior: 'before anything is compared',
  first: 'first name',
  last: 'last name',
  birth: 'birth date',
  sex: 'sex',
  ssn: 'Social Security number',
  medicaid: 'Medicaid id',
  chart: 'chart number',
  street: 'street',
  unit: 'second address line',
  city: 'city',
  zip: 'ZIP code',
  state: 'state',
  place: 'address',
  phone: 'phone',
  maiden: 'mother’s maiden name',
  middle: 'middle name',
  motherFirst: 'mother’s first name',
  mother: 'mother',
  household: 'household',
  'first name frequency': 'how common the first name is',
  'last name frequency': 'how common the last name is',
  'middle name frequency': 'how common the middle name is',
  'birth date frequency': 'how common the birth date is',
  'name frequency': 'how common the names are',
};

/** What a part of a weight is called. */
export function partName({ field }: WeightPart): string {
  return PART_WORDS[field] ?? field;
}

/** What keeps a pair apart that would be enough by itself, in plain words; `null` if nothing does. */
export function describeRefusal({
  isRefused,
  against,
}: Pick<MatchExplanation, 'isRefused' | 'against'>): string | null {
  if (against !== undefined) return `${isRefused ? 'enough by itself, but ' : ''}${against}`;
  return isRefused ? 'enough by itself, but it would bring records together that cannot be one person' : null;
}

/** Parts that are told in one line, and those that are not: they are not about a field by itself. */
const MOST_PARTS_TOLD = 6;
const UNTOLD: ReadonlySet<string> = new Set([
  'prior',
  'household',
  'first name frequency',
  'last name frequency',
  'middle name frequency',
  'birth date frequency',
  'name frequency',
]);

/** `+12.8`, `−4.5` */
export function formatWeight(weight: number): string {
  return `${weight < 0 ? '−' : '+'}${Math.abs(weight).toFixed(1)}`;
}

/** An explanation in one line: model, weight, and the fields that decided. */
export function describeMatch(explanation: MatchExplanation): string {
  const { model, weight, thresholds, parts, guards } = explanation;
  const fields = parts
    .filter(({ field }) => !UNTOLD.has(field))
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .slice(0, MOST_PARTS_TOLD)
    .map(
      (part) => `${[partName(part), part.level].filter((word) => word !== '').join(' ')} ${formatWeight(part.weight)}`,
    );
  const refusal = describeRefusal(explanation);
  const against = [...guards.map(({ words }) => words), ...(refusal === null ? [] : [refusal])];
  const sum = `${model} model, weight ${formatWeight(weight)} (${formatWeight(thresholds.match)} is enough)`;
  return [`${sum}: ${fields.join(', ')}`, ...against].join('; ');
}
