/** What a comparison weighs: how much each field speaks for or against one person, in bits. */
import {
  AT,
  BIRTH,
  COMPARED,
  COMPARED_FIELDS,
  type Commonness,
  type Comparison,
  DISAGREE,
  ID,
  NAME,
} from './comparison.js';

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
  last: [0, -3.5, 3, 6, 8, 6, 2],
  birth: [0, -7, -0.5, 6, 12.8, 2.5],
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
    prior: PRIOR - doublings(records),
    forHouseholds: true,
  };
}

/** A field's part in the weight of a pair, for explanations. */
export interface WeightPart {
  readonly field: string;
  readonly level: string;
  readonly weight: number;
}

const HOUSEHOLD_MOST = 15;
const HOUSEHOLD_LEAST = -5;
/** What an equal birth date says less if it is the one that stands for a year. */
const NEW_YEAR_WEIGHT = -3;
/** The level of a street that agrees without its number. */
const SAME_STREET = 2;
const PLACE_FIELDS = ['street', 'city', 'zip'] as const;

/** Takes the parts of a weight, for explanations. */
export type PartSink = (field: string, level: string, weight: number) => void;

/** The weight of a comparison; with `sink`, also what it is made of. */
export function weigh(
  model: MatchModel,
  levels: Comparison,
  common: Commonness,
  isAdultWoman: boolean,
  sink: PartSink | null = null,
): number {
  const person = weighPerson(model, levels, common, sink);
  if (!model.forHouseholds) return person;
  const { weights } = model;
  // A married name is no evidence against a woman.
  const isMarried = isAdultWoman && levels[AT.last] === NAME.disagree;
  const last = isMarried ? MARRIED : weights[AT.last]![levels[AT.last]!]! + lastFrequency(levels[AT.last]!, common);
  const place = placeWeight(model, levels);
  const phone = weights[AT.phone]![levels[AT.phone]!]!;
  const mother = weights[AT.maiden]![levels[AT.maiden]!]! + weights[AT.motherFirst]![levels[AT.motherFirst]!]!;
  const household = last + place + phone + mother;
  const capped = Math.min(householdMost(common.records), Math.max(HOUSEHOLD_LEAST, household));
  if (sink !== null) {
    sink('last', levelOf('last', levels), last);
    sink('place', PLACE_FIELDS.map((field) => `${field} ${levelOf(field, levels)}`).join(', '), place);
    sink('phone', levelOf('phone', levels), phone);
    const mothers = `maiden name ${levelOf('maiden', levels)}, first name ${levelOf('motherFirst', levels)}`;
    sink('mother', mothers, mother);
    sink('household', 'cap', capped - household);
  }
  return person + capped;
}

/** The most that a household model can weigh a pair of which only the person's own fields were compared. */
export function mostWeight(model: MatchModel, levels: Comparison, common: Commonness): number {
  return weighPerson(model, levels, common, null) + householdMost(common.records);
}

/** How many times a population is twice the one for which the weights were made. */
function doublings(records: number): number {
  return Math.log2(Math.max(records, PRIOR_RECORDS) / PRIOR_RECORDS);
}

/** In a larger population strangers have more in common by chance, which the prior tells; a household is what it was. */
function householdMost(records: number): number {
  return HOUSEHOLD_MOST + doublings(records);
}

const PERSON_FIELDS = ['first', 'birth', 'sex', 'medicaid', 'chart', 'middle'] as const;

/** The weight of the prior and of the fields that are a person's own; of all fields in a model without households. */
function weighPerson(model: MatchModel, levels: Comparison, common: Commonness, sink: PartSink | null): number {
  const { weights, prior, forHouseholds } = model;
  sink?.('prior', '', prior);
  let sum = prior;
  const fields = forHouseholds ? PERSON_FIELDS : COMPARED_FIELDS;
  for (let i = 0; i < fields.length; i++) {
    const at = AT[fields[i]!];
    const weight = weights[at]![levels[at]!]!;
    sum += weight;
    if (sink !== null) sink(fields[i]!, levelOf(fields[i]!, levels), weight);
  }
  const first = firstFrequency(levels[AT.first]!, common);
  sink?.('first name frequency', '', first);
  if (!forHouseholds) {
    const last = levels[AT.last] === NAME.equal ? lastFrequency(NAME.equal, common) : 0;
    sink?.('last name frequency', '', last);
    return sum + first + last;
  }
  const ssn = ssnWeight(weights[AT.ssn]![levels[AT.ssn]!]!, levels);
  sink?.('ssn', levelOf('ssn', levels), ssn);
  const middle = levels[AT.middle] === ID.equal ? middleFrequency(common) : 0;
  sink?.('middle name frequency', '', middle);
  const birth = levels[AT.birth] === BIRTH.equal && common.isNewYear ? NEW_YEAR_WEIGHT : 0;
  sink?.('birth date frequency', '', birth);
  return sum + first + ssn + middle + birth;
}

function levelOf(field: keyof typeof COMPARED, levels: Comparison): string {
  const level = levels[AT[field]]!;
  return level === 0 ? 'not known' : COMPARED[field][level - 1]!;
}

/** What another last name says against a grown-up woman. */
const MARRIED = -2;

/** What the same town says where the streets differ. */
const SAME_TOWN = 3;

/** The best that the place says; against one person only where all of it differs. */
function placeWeight({ weights }: MatchModel, levels: Comparison): number {
  let best = 0;
  let worst = 0;
  // Another number in a street of the same name tells nothing about another town.
  const isNamesakeStreet =
    levels[AT.street] === SAME_STREET && (levels[AT.city] === DISAGREE || levels[AT.zip] === DISAGREE);
  for (const field of PLACE_FIELDS) {
    let weight = weights[AT[field]]![isNamesakeStreet && field === 'street' ? DISAGREE : levels[AT[field]]!]!;
    // Thousands live in a town: that it is the same says less of who live in different streets of it.
    if (levels[AT.street] === DISAGREE) weight = Math.min(weight, SAME_TOWN);
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
  // A name and a birth date that are all equal, with another number: the number is wrong, or guards say that it matters.
  const agree = levels[AT.first] === NAME.equal && levels[AT.birth] === BIRTH.equal;
  return levels[AT.ssn] === DISAGREE && agree ? 0 : weight;
}

/**
 * Records that a population counts as more than it has, in which every name is as common as names usually are; and the fewest
 * that say how common a name is.
 */
const PSEUDO_RECORDS = 1000;

/**
 * The share of the other records that bear a name, in bits, less the bits of the usual name. Of few records nothing is known,
 * and every name is usual.
 */
function rarity(records: number, uses: number, usual: number): number {
  if (records < PSEUDO_RECORDS) return 0;
  const others = Math.max(0, uses - 2);
  return -Math.log2((others + PSEUDO_RECORDS * 2 ** -usual) / (records + PSEUDO_RECORDS)) - usual;
}

/** What a first name says more or less than the usual one. */
function firstFrequency(level: number, { records, first }: Commonness): number {
  if (level !== NAME.equal && level !== NAME.close) return 0;
  const bits = rarity(records, first, 8.5);
  return level === NAME.close ? clamp(bits, -2, 2) : clamp(bits, -2.5, 3 + doublings(records));
}

/** What a last name says more or less than the usual one. */
function lastFrequency(level: number, { records, last }: Commonness): number {
  const bits = rarity(records, last, 10);
  if (level === NAME.equal) return clamp(bits, -3, 3 + doublings(records));
  if (level === NAME.mothers) return clamp(bits, -3, 2);
  return level === NAME.close || level === NAME.alike ? clamp(bits, -2, 2) : 0;
}

/** An equal middle name that is written out says more than an initial, by how rare it is. */
function middleFrequency({ records, middle }: Commonness): number {
  return 2 + clamp(rarity(records, middle, 6.5), -2, 2);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
