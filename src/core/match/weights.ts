/** What a comparison weighs: how much each field speaks for or against one person, in bits. */
import { AT, BIRTH, COMPARED, COMPARED_FIELDS, type Comparison, DISAGREE, ID, NAME } from './comparison.js';

/** The weight of each level of each field, 0 first. */
export type Weights = readonly (readonly number[])[];

/** A way of weighing comparisons. */
export interface MatchModel {
  readonly id: 'fixed' | 'trained';
  readonly weights: Weights;
  /** The weight of a pair of which nothing is known. */
  readonly prior: number;
  /** Whether household fields are capped, and guards hold: on for registries, off for sets without households. */
  readonly forHouseholds: boolean;
}

/**
 * The weights of the fixed model for immunization registries, as log2 of m/u from published figures and trials on
 * synthetic families. The levels are those of {@link COMPARED}; 0 is no evidence.
 */
const FIXED: Readonly<Record<keyof typeof COMPARED, readonly number[]>> = {
  first: [0, -5, 1, 5, 7.5, 5],
  last: [0, -3.5, 3, 6, 8, 6],
  birth: [0, -7, -1.5, 6, 12.8],
  sex: [0, -4.5, 0.9],
  ssn: [0, -5, 8, 15],
  medicaid: [0, -4, 6, 14],
  chart: [0, -1, 14],
  // The place counts once, by its best field.
  street: [0, -0.8, 2.5, 6, 9],
  unit: [0, 0, 0, 0],
  city: [0, -0.8, 1.5, 2.5],
  zip: [0, -0.8, 1.5, 4.5],
  state: [0, 0, 0],
  phone: [0, -0.8, 9],
  maiden: [0, -1.6, 4, 7],
  middle: [0, -1.5, 2.5, 2.5],
  motherFirst: [0, -1, 1.5, 3],
};

const PRIOR = -20;
/** Records up to which the prior stays the same: below, a file is a sample of a population, not a small world. */
const PRIOR_RECORDS = 125_000;

/** The model whose weights are the same for every load. `records` counts the stored and the incoming ones. */
export function fixedModel(records: number): MatchModel {
  return {
    id: 'fixed',
    weights: COMPARED_FIELDS.map((field) => FIXED[field]),
    prior: PRIOR - Math.log2(Math.max(records, PRIOR_RECORDS) / PRIOR_RECORDS),
    forHouseholds: true,
  };
}

/** How common the two names are: what their equality is worth more or less than the usual. */
export interface NameUses {
  readonly records: number;
  /** Bearers of the equal first name, 0 if they are not equal. */
  readonly first: number;
  readonly last: number;
}

/** A field's part in the weight of a pair, for explanations. */
export interface WeightPart {
  readonly field: string;
  readonly level: string;
  readonly weight: number;
}

const HOUSEHOLD_MOST = 15;
const HOUSEHOLD_LEAST = -5;
const PLACE_FIELDS = ['street', 'city', 'zip'] as const;

/** The weight of a comparison; with `parts`, also what it is made of. */
export function weigh(
  model: MatchModel,
  levels: Comparison,
  uses: NameUses,
  isAdultWoman: boolean,
  parts: WeightPart[] | null = null,
): number {
  const { weights } = model;
  const of = (field: keyof typeof AT): number => weights[AT[field]]![levels[AT[field]]!]!;
  const add = (field: string, level: string, weight: number): number => {
    if (parts !== null && weight !== 0) parts.push({ field, level, weight });
    return weight;
  };
  const levelOf = (field: keyof typeof AT): string =>
    levels[AT[field]] === 0 ? 'not known' : COMPARED[field][levels[AT[field]]! - 1]!;
  let sum = add('prior', '', model.prior);
  if (!model.forHouseholds) {
    for (const field of COMPARED_FIELDS) sum += add(field, levelOf(field), of(field));
    return sum + add('name frequency', '', frequencyWeight(levels, uses));
  }
  for (const field of ['first', 'birth', 'sex', 'medicaid', 'chart', 'middle'] as const) {
    sum += add(field, levelOf(field), of(field));
  }
  sum += add('ssn', levelOf('ssn'), ssnWeight(of('ssn'), levels));
  sum += add('first name frequency', '', levels[AT.first] === NAME.equal ? firstFrequency(uses) : 0);

  // A married name is no evidence against a woman.
  const isMarried = isAdultWoman && levels[AT.last] === NAME.disagree;
  const last = isMarried ? -2 : of('last') + (levels[AT.last] === NAME.equal ? lastFrequency(uses) : 0);
  const place = placeWeight(model, levels);
  const phone = of('phone');
  const family = of('maiden') + of('motherFirst');
  add('last', levelOf('last'), last);
  add('place', PLACE_FIELDS.map((field) => `${field} ${levelOf(field)}`).join(', '), place);
  add('phone', levelOf('phone'), phone);
  add('mother', `maiden name ${levelOf('maiden')}`, family);
  const household = last + place + phone + family;
  const capped = Math.min(HOUSEHOLD_MOST, Math.max(HOUSEHOLD_LEAST, household));
  add('household', 'cap', capped - household);
  return sum + capped;
}

/** The best that the place says; against one person only where all of it differs. */
function placeWeight({ weights }: MatchModel, levels: Comparison): number {
  let best = 0;
  let worst = 0;
  for (const field of PLACE_FIELDS) {
    const weight = weights[AT[field]]![levels[AT[field]]!]!;
    best = Math.max(best, weight);
    worst = Math.min(worst, weight);
  }
  return best > 0 ? best : worst;
}

function ssnWeight(weight: number, levels: Comparison): number {
  if (levels[AT.ssn] === ID.close) {
    if (levels[AT.first] === NAME.equal) return weight;
    // Twins get numbers one after the other.
    return levels[AT.first] === NAME.disagree ? FIXED.ssn[DISAGREE]! : 0;
  }
  const namesAndBirthAgree =
    levels[AT.first] === NAME.equal && levels[AT.last] === NAME.equal && levels[AT.birth] === BIRTH.equal;
  return levels[AT.ssn] === DISAGREE && namesAndBirthAgree ? 0 : weight;
}

/** Equal first names say less the more people bear them. */
function firstFrequency({ records, first }: NameUses): number {
  return clamp(Math.log2(Math.max(records, 1) / Math.max(first, 1)) - 8.5, -2.5, 3);
}

function lastFrequency({ records, last }: NameUses): number {
  return clamp(Math.log2(Math.max(records, 1) / Math.max(last, 1)) - 10, -3, 3);
}

function frequencyWeight(levels: Comparison, uses: NameUses): number {
  const first = levels[AT.first] === NAME.equal ? firstFrequency(uses) : 0;
  return first + (levels[AT.last] === NAME.equal ? lastFrequency(uses) : 0);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
