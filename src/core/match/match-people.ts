/** Which records of a set are one person, which pairs a person must decide about, and why. */
import { forEachCandidate, passOf } from './blocking.js';
import {
  AT,
  BIRTH,
  Comparer,
  type Comparison,
  createComparison,
  DISAGREE,
  type Population,
  populationOf,
} from './comparison.js';
import {
  areAlikeTwins,
  areOfOneBirth,
  areOfTwoSexes,
  areTwoOfSeveral,
  GUARDS,
  type Guard,
  type GuardedPair,
  wordsOf,
} from './guards.js';
import type { PeopleSet } from './people.js';
import { trainModel } from './train.js';
import { fixedModel, type MatchModel, mostWeight, type PartSink, type WeightPart, weigh } from './weights.js';

export interface Thresholds {
  /** From this weight on, a pair without a guard is one person. */
  readonly match: number;
  /** From this weight on, a pair is a question for a person. */
  readonly review: number;
}

export interface MatchOptions {
  readonly model: 'fixed' | 'trained';
  /** What is not given is as {@link defaultThresholds} has it. */
  readonly thresholds?: Partial<Thresholds> | undefined;
  /** What is known of the records before they are compared. */
  readonly known?: KnownPeople | undefined;
}

/** What is known of records before they are compared. */
export interface KnownPeople {
  /** Records of equal numbers are one person, whatever they weigh; each number is an index. */
  readonly groupOf: Int32Array;
  /** The number of the stored person that a record is of, 0 for none. Two stored persons stay two. */
  readonly storedOf: Int32Array;
  /** Records that are compared with nobody. */
  readonly isLeftOut: (index: number) => boolean;
  readonly population: Population;
}

/** Two persons that may be one: the pair of their records that weighs most. */
export interface ReviewPair {
  readonly a: number;
  readonly b: number;
  readonly weight: number;
  /** What else keeps the two persons apart although the pair weighs enough, in plain words; `null` where nothing does. */
  readonly against: string | null;
}

export interface MatchResult {
  /** For each record the lowest index of its person. */
  readonly personOf: Int32Array;
  /** The heaviest first. */
  readonly reviews: readonly ReviewPair[];
  /** The pairs by which records became one person. */
  readonly joins: readonly ReviewPair[];
  readonly thresholds: Thresholds;
  readonly judge: PairJudge;
  readonly statistics: Readonly<Record<string, number>>;
}

/** Why a pair weighs what it weighs. */
export interface PairExplanation {
  readonly weight: number;
  readonly parts: readonly WeightPart[];
  readonly guards: readonly Guard[];
  /** The first pass that makes the pair a candidate, `null` if none does. */
  readonly pass: string | null;
}

/** Persons with more records than this grow no further by themselves: no chain of likenesses may swallow a town. */
const LARGEST_PERSON = 12;
/** The most records of a person, however much they weigh: all are compared with who is to join. */
const MOST_RECORDS = 200;

/**
 * The weight from which on a pair is not shaken by a third record that looks like somebody else; by most records of two
 * persons, that have little in common; by one that has a first name like a twin's; by one of another sex; by one that says
 * it is one of several at birth; by one that has a first name like a twin's and a middle name of its own; by how many records
 * the person has already.
 */
const UNSHAKEN = { byOther: 4, byMost: 9, byAlike: 6, bySex: 12, bySeveral: 18, byMiddle: 18, bySize: 18 };
/**
 * The most that a pair counts for against third records where one has no first name, or an initial alone: whatever it weighs
 * does not tell one twin from the other, and records with names do.
 */
const WITHOUT_NAME = 0;
/** What the records of two persons must weigh at the median to become one (RecordLinker scores persons by the median, too). */
const LEAST_MEDIAN = -2;

/** What keeps two persons apart of whom two records agree, in plain words. */
const AGAINST = {
  stored: 'both are patients of the registry already, and it takes a person to make them one',
  size: `they would be one person of more than ${LARGEST_PERSON} records`,
  others: 'most of their other records have little in common',
  torn: 'it fits another person as well, who has another suffix or birth order',
} as const;

/** Pairs kept while all candidates are gone through: two indexes and a weight each. */
class PairList {
  a = new Int32Array(1024);
  b = new Int32Array(1024);
  weight = new Float32Array(1024);
  size = 0;
  /** What keeps the persons of some pairs apart, by the place of the pair. */
  readonly against = new Map<number, string>();

  add(a: number, b: number, weight: number, against: string | null = null): void {
    if (against !== null) this.against.set(this.size, against);
    if (this.size === this.a.length) {
      const grow = <T extends Int32Array | Float32Array>(from: T, to: T): T => {
        to.set(from);
        return to;
      };
      this.a = grow(this.a, new Int32Array(this.size * 2));
      this.b = grow(this.b, new Int32Array(this.size * 2));
      this.weight = grow(this.weight, new Float32Array(this.size * 2));
    }
    this.a[this.size] = a;
    this.b[this.size] = b;
    this.weight[this.size] = weight;
    this.size++;
  }
}

/** The guards of a model that knows nothing of households: who is nobody, and what cannot be one person in any population. */
const ALWAYS = GUARDS.filter(({ id }) => id === 'nobody' || id === 'contradiction');

/** Weighs pairs of one set. */
export class PairJudge {
  readonly #people: PeopleSet;
  readonly model: MatchModel;
  readonly comparer: Comparer;
  readonly levels: Comparison = createComparison();

  constructor(people: PeopleSet, model: MatchModel, population?: Population) {
    this.#people = people;
    this.model = model;
    this.comparer = new Comparer(people, population);
  }

  /** The weight of a pair; its comparison stands in {@link levels} afterwards. */
  weigh(a: number, b: number, sink: PartSink | null = null): number {
    this.comparer.compare(a, b, this.levels);
    return weigh(this.model, this.levels, this.comparer.commonnessOf(a, b), this.#isAdultWoman(a, b), sink);
  }

  /** The weight of a pair if it is at least `least`; else any lesser one, sooner. */
  weighIfAtLeast(least: number, a: number, b: number): number {
    if (!this.model.forHouseholds) return this.weigh(a, b);
    this.comparer.comparePerson(a, b, this.levels);
    const common = this.comparer.commonnessOf(a, b);
    if (mostWeight(this.model, this.levels, common) < least) return Number.NEGATIVE_INFINITY;
    this.comparer.compareHousehold(a, b, this.levels);
    return weigh(this.model, this.levels, common, this.#isAdultWoman(a, b));
  }

  /** The guards that hold for the pair that was weighed last. */
  *guards(a: number, b: number, weight: number): Generator<Guard> {
    const pair = this.#guarded(a, b, weight);
    for (const guard of this.model.forHouseholds ? GUARDS : ALWAYS) if (guard.holds(pair)) yield guard;
  }

  /**
   * The guard by which two records keep their persons apart although two others of them, which weigh `weight`, agree: always
   * if they contradict each other; if they only look like two persons, where the two others do not weigh much. `null` if
   * they do not.
   */
  conflictOf(a: number, b: number, weight: number): string | null {
    if (this.comparer.contradict(a, b)) return 'contradiction';
    if (!this.model.forHouseholds) return null;
    const pair = this.#guarded(a, b, this.weigh(a, b));
    const { levels } = this;
    if (areTwoOfSeveral(pair)) return 'two-of-several';
    if (weight >= UNSHAKEN.bySeveral) return null;
    if (areOfOneBirth(pair) && !(this.comparer.isNameless(a) && this.comparer.isNameless(b))) return 'multiple-birth';
    const unshaken = levels[AT.middle] === DISAGREE ? UNSHAKEN.byMiddle : UNSHAKEN.byAlike;
    if (weight < unshaken && areAlikeTwins(pair)) return 'alike-twins';
    if (weight < UNSHAKEN.bySex && areOfTwoSexes(pair)) return 'other-sex';
    if (weight >= UNSHAKEN.byOther) return null;
    if (levels[AT.birth] === BIRTH.disagree) return 'other-birth';
    if (levels[AT.birth] !== BIRTH.equal || levels[AT.first] !== DISAGREE) return null;
    return weight === WITHOUT_NAME || !this.comparer.hasRareFirst(a, b) ? 'twins' : null;
  }

  /**
   * What keeps two persons apart although two of their records, which weigh `weight`, agree: any two are in conflict, or most
   * of them have nothing to do with each other; `null` if nothing does.
   */
  keepApart(as: readonly number[], bs: readonly number[], weight: number): string | null {
    for (const a of as) {
      for (const b of bs) {
        const guard = this.conflictOf(a, b, weight);
        if (guard !== null) return `records of theirs say otherwise: ${wordsOf(guard)}`;
      }
    }
    if (!this.model.forHouseholds || weight >= UNSHAKEN.byMost) return null;
    const weights = as.flatMap((a) => bs.map((b) => this.weigh(a, b))).sort((x, y) => x - y);
    const half = weights.length >> 1;
    const median = weights.length % 2 === 1 ? weights[half]! : (weights[half]! + weights[half - 1]!) / 2;
    return median < LEAST_MEDIAN ? AGAINST.others : null;
  }

  #guarded(a: number, b: number, weight: number): GuardedPair {
    const { records, first, last } = this.comparer.commonnessOf(a, b);
    const { integers } = this.#people;
    const areEqual = integers.first[a] === integers.first[b] && integers.last[a] === integers.last[b];
    const chance = records === 0 || !areEqual ? 0 : (first * last) / records / BIRTH_DAYS;
    return { people: this.#people, comparer: this.comparer, a, b, levels: this.levels, weight, chance };
  }

  #isAdultWoman(a: number, b: number): boolean {
    const { sex, birth } = this.#people.integers;
    if (sex[a] === 2 || sex[b] === 2 || (sex[a] !== 1 && sex[b] !== 1)) return false;
    const born = Math.min(birth[a] || 99999999, birth[b] || 99999999);
    return born < ADULT_BEFORE;
  }
}

/** Days on which the people of a registry were born, about: sixty years. */
const BIRTH_DAYS = 22_000;
/** Births before this day are adults' for the sake of married names: the rule is about kind, not about a day. */
const ADULT_BEFORE = 20060101;

/** The thresholds that hold where none are given: the review floor rises with the size, as what can be read does not. */
export function defaultThresholds(records: number): Thresholds {
  const doublings = Math.log2(Math.max(1, records / 125_000));
  return { match: 1, review: Math.min(0, -5 + (2 * doublings) / 3) };
}

function completeThresholds({ model, thresholds = {} }: MatchOptions, records: number): Thresholds {
  const defaults = model === 'trained' ? { match: 0, review: -4 } : defaultThresholds(records);
  const match = thresholds.match ?? Math.max(defaults.match, thresholds.review ?? defaults.match);
  return { match, review: thresholds.review ?? Math.min(defaults.review, match) };
}

/** Matches the records of a set with each other. The result does not depend on their order. */
export function matchPeople(people: PeopleSet, options: MatchOptions): MatchResult {
  const { known } = options;
  const population = known?.population ?? populationOf(people);
  const model = options.model === 'trained' ? trainModel(people, population) : fixedModel(population.records);
  const thresholds = completeThresholds(options, population.records);
  const judge = new PairJudge(people, model, population);
  const accepted = new PairList();
  const lonely = new PairList();
  const doubtful = new PairList();
  const visit = (a: number, b: number): void => {
    if (known !== undefined && (known.groupOf[a] === known.groupOf[b] || known.isLeftOut(a) || known.isLeftOut(b))) {
      return;
    }
    const weight = judge.weighIfAtLeast(thresholds.review, a, b);
    if (weight < thresholds.review) return;
    let list = weight >= thresholds.match ? accepted : doubtful;
    for (const { outcome, reviewFrom } of judge.guards(a, b, weight)) {
      if (outcome === 'no' || (reviewFrom !== undefined && weight < reviewFrom)) return;
      list = outcome === 'alone' && list !== doubtful ? lonely : doubtful;
    }
    list.add(a, b, weight);
  };
  const storedOf = known?.storedOf ?? null;
  const hasStored = storedOf?.some((patientId) => patientId > 0) === true;
  const blocking = forEachCandidate(people, model.id, visit, hasStored ? (i) => storedOf![i] === 0 : null);
  const clusters = new People(people, judge, known ?? null);
  const joins = joinAll(keepUntorn(accepted, people, doubtful), clusters, doubtful, people);
  const unambiguous = keepUnambiguous(lonely, clusters, judge.comparer, doubtful);
  joins.push(...joinAll(unambiguous, clusters, doubtful, people, WITHOUT_NAME));
  const reviews = collectReviews(doubtful, clusters, people);
  return {
    personOf: clusters.personOf(),
    reviews,
    joins,
    thresholds,
    judge,
    statistics: { ...blocking, accepted: accepted.size, doubtful: doubtful.size, refused: clusters.refused },
  };
}

/**
 * Joins pairs, the heaviest first, and gives those that made one person of two. Those that must stay two are doubtful. `most`
 * is what a pair counts for at most against third records.
 */
function joinAll(
  pairs: PairList,
  clusters: People,
  doubtful: PairList,
  people: PeopleSet,
  most = Number.POSITIVE_INFINITY,
): ReviewPair[] {
  const joins: ReviewPair[] = [];
  for (const i of sortPairs(pairs, people)) {
    const [a, b] = [pairs.a[i]!, pairs.b[i]!];
    const weight = pairs.weight[i]!;
    if (clusters.rootOf(a) === clusters.rootOf(b)) continue;
    const against = clusters.join(a, b, Math.min(weight, most));
    if (against === null) joins.push({ a, b, weight, against });
    else doubtful.add(a, b, weight, against);
  }
  return joins;
}

/** What tells persons apart for good; most records do not say it. */
const TELLING = ['suffix', 'order'] as const;
/** A pair that weighs so much less than another is no rival of it; and one that is doubtful for itself. */
const RIVAL = 6;
const NEAR_RIVAL = 3;

/**
 * Of the pairs of a record that says no suffix, or no birth order, with records that say it: only those where all that weigh
 * nearly as much say the same. The others are doubtful: it may be the father's record or the son's.
 */
function keepUntorn(pairs: PairList, { integers }: PeopleSet, doubtful: PairList): PairList {
  const most = TELLING.map(() => new Map<number, Map<number, number>>());
  const eachSilent = (i: number, visit: (told: number, silent: number, value: number) => void): void => {
    const [a, b] = [pairs.a[i]!, pairs.b[i]!];
    for (const [told, field] of TELLING.entries()) {
      const column = integers[field];
      if (column[a] === 0 && column[b] !== 0) visit(told, a, column[b]!);
      else if (column[b] === 0 && column[a] !== 0) visit(told, b, column[a]!);
    }
  };
  for (let i = 0; i < pairs.size; i++) {
    eachSilent(i, (told, silent, value) => {
      const values = most[told]!.get(silent) ?? new Map<number, number>();
      values.set(value, Math.max(values.get(value) ?? Number.NEGATIVE_INFINITY, pairs.weight[i]!));
      most[told]!.set(silent, values);
    });
  }
  const kept = new PairList();
  for (let i = 0; i < pairs.size; i++) {
    let isTorn = false;
    eachSilent(i, (told, silent, value) => {
      for (const [other, weight] of most[told]!.get(silent)!) {
        if (other !== value && weight > pairs.weight[i]! - RIVAL) isTorn = true;
      }
    });
    const [a, b, weight] = [pairs.a[i]!, pairs.b[i]!, pairs.weight[i]!];
    if (isTorn) doubtful.add(a, b, weight, AGAINST.torn);
    else kept.add(a, b, weight);
  }
  return kept;
}

/**
 * Of pairs of a named person and a record without a first name, or with the beginning of one, those where that fits one person
 * only; the others are doubtful. A pair that is doubtful already counts if it weighs nearly as much.
 */
function keepUnambiguous(pairs: PairList, clusters: People, comparer: Comparer, doubtful: PairList): PairList {
  /** The person without a name, and the other one, of a pair; `null` if both have one, or neither. */
  const sidesOf = ({ a, b }: PairList, i: number): readonly [number, number] | null => {
    const [one, other] = [a[i]!, b[i]!];
    const isFirst = comparer.isNameless(one) || comparer.isBeginning(one, other);
    const isSecond = comparer.isNameless(other) || comparer.isBeginning(other, one);
    if (isFirst === isSecond) return null;
    const [nameless, named] = isFirst ? [one, other] : [other, one];
    return [clusters.rootOf(nameless), clusters.rootOf(named)];
  };
  const fits = new Map<number, { readonly persons: Set<number>; most: number }>();
  for (let i = 0; i < pairs.size; i++) {
    const sides = sidesOf(pairs, i);
    if (sides === null) continue;
    const fit = fits.get(sides[0]) ?? { persons: new Set(), most: Number.NEGATIVE_INFINITY };
    fits.set(sides[0], fit);
    fit.persons.add(sides[1]);
    fit.most = Math.max(fit.most, pairs.weight[i]!);
  }
  for (let i = 0; i < doubtful.size; i++) {
    const sides = sidesOf(doubtful, i);
    const fit = sides === null ? undefined : fits.get(sides[0]);
    if (fit !== undefined && doubtful.weight[i]! > fit.most - NEAR_RIVAL) fit.persons.add(sides![1]);
  }
  const kept = new PairList();
  for (let i = 0; i < pairs.size; i++) {
    const sides = sidesOf(pairs, i);
    const list = sides !== null && fits.get(sides[0])!.persons.size === 1 ? kept : doubtful;
    list.add(pairs.a[i]!, pairs.b[i]!, pairs.weight[i]!);
  }
  return kept;
}

/** Why two records weigh what they weigh. */
export function explainPair(people: PeopleSet, judge: PairJudge, a: number, b: number): PairExplanation {
  const parts: WeightPart[] = [];
  const weight = judge.weigh(a, b, (field, level, own) => {
    if (own !== 0) parts.push({ field, level, weight: own });
  });
  const guards = [...judge.guards(a, b, weight)];
  return { weight, parts, guards, pass: passOf(people, a, b, judge.model.id) };
}

/** Pairs by weight, the heaviest first; equal ones in an order that what they say decides, and not where they stand. */
function sortPairs(pairs: PairList, { integers: { hash } }: PeopleSet): Uint32Array {
  const order = new Uint32Array(pairs.size);
  for (let i = 0; i < order.length; i++) order[i] = i;
  const least = (i: number): number => Math.min(hash[pairs.a[i]!]!, hash[pairs.b[i]!]!);
  const most = (i: number): number => Math.max(hash[pairs.a[i]!]!, hash[pairs.b[i]!]!);
  return order.sort((x, y) => pairs.weight[y]! - pairs.weight[x]! || least(x) - least(y) || most(x) - most(y));
}

/** Persons under construction. Two are joined only if no record of one is a hard conflict with any of the other. */
class People {
  readonly #judge: PairJudge;
  readonly #parents: Int32Array;
  readonly #members = new Map<number, number[]>();
  refused = 0;

  /** The stored person that a person is, by root. */
  readonly #stored = new Map<number, number>();

  constructor(people: PeopleSet, judge: PairJudge, known: KnownPeople | null) {
    this.#judge = judge;
    this.#parents = new Int32Array(people.size);
    for (let i = 0; i < people.size; i++) this.#parents[i] = i;
    if (known === null) return;
    const { groupOf, storedOf } = known;
    for (let i = 0; i < people.size; i++) {
      const group = groupOf[i]!;
      if (group !== i) this.#unite(this.rootOf(group), this.rootOf(i));
      if (storedOf[i]! > 0) this.#stored.set(this.rootOf(group), storedOf[i]!);
    }
  }

  rootOf(index: number): number {
    const parents = this.#parents;
    let root = index;
    while (parents[root] !== root) root = parents[root]!;
    while (parents[index] !== root) {
      const next = parents[index]!;
      parents[index] = root;
      index = next;
    }
    return root;
  }

  /** Joins two persons; if they must stay two, tells what keeps them apart. */
  join(a: number, b: number, weight: number): string | null {
    const rootA = this.rootOf(a);
    const rootB = this.rootOf(b);
    if (rootA === rootB) return null;
    const against = this.#keepApart(rootA, rootB, weight);
    if (against === null) this.#unite(rootA, rootB);
    else this.refused++;
    return against;
  }

  #keepApart(rootA: number, rootB: number, weight: number): string | null {
    if (this.#stored.size > 0 && this.#stored.has(rootA) && this.#stored.has(rootB)) return AGAINST.stored;
    const membersA = this.#members.get(rootA) ?? [rootA];
    const membersB = this.#members.get(rootB) ?? [rootB];
    const records = membersA.length + membersB.length;
    if (records > LARGEST_PERSON && (weight < UNSHAKEN.bySize || records > MOST_RECORDS)) return AGAINST.size;
    return records > 2 ? this.#judge.keepApart(membersA, membersB, weight) : null;
  }

  #unite(rootA: number, rootB: number): void {
    if (rootA === rootB) return;
    const members = [...(this.#members.get(rootA) ?? [rootA]), ...(this.#members.get(rootB) ?? [rootB])];
    const root = Math.min(rootA, rootB);
    const stored = this.#stored.get(rootA) ?? this.#stored.get(rootB);
    for (const each of [rootA, rootB]) {
      this.#parents[each] = root;
      this.#members.delete(each);
      this.#stored.delete(each);
    }
    this.#members.set(root, members);
    if (stored !== undefined) this.#stored.set(root, stored);
  }

  personOf(): Int32Array {
    return this.#parents.map((_, i) => this.rootOf(i));
  }
}

/** One pair for two persons, however many of their records are alike. */
function collectReviews(pairs: PairList, people: People, set: PeopleSet): ReviewPair[] {
  const seen = new Set<string>();
  const reviews: ReviewPair[] = [];
  for (const i of sortPairs(pairs, set)) {
    const [a, b] = [pairs.a[i]!, pairs.b[i]!];
    const [one, other] = [people.rootOf(a), people.rootOf(b)];
    if (one === other) continue;
    const key = one < other ? `${one} ${other}` : `${other} ${one}`;
    if (seen.has(key)) continue;
    seen.add(key);
    reviews.push({ a, b, weight: pairs.weight[i]!, against: pairs.against.get(i) ?? null });
  }
  return reviews;
}
