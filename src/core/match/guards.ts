/** What keeps two records from being one person whatever they weigh. Each guard names itself in the explanation. */
import { AT, BIRTH, type Comparer, type Comparison, DISAGREE, ID, NAME } from './comparison.js';
import { Flag, type PeopleSet } from './people.js';

/**
 * `no`: two persons. `review`: at most a question for a person. `alone`: one person only where the record fits nobody
 * else, since a newborn without a name fits its twin as well.
 */
export type GuardOutcome = 'no' | 'review' | 'alone';

export interface Guard {
  readonly id: string;
  /** In plain words, for whoever decides. */
  readonly words: string;
  readonly outcome: GuardOutcome;
  /** The weight from which on the pair is worth a question; the threshold of reviews where there is none. */
  readonly reviewFrom?: number;
  readonly holds: (pair: GuardedPair) => boolean;
}

/** A pair as guards see it. */
export interface GuardedPair {
  readonly people: PeopleSet;
  readonly comparer: Comparer;
  readonly a: number;
  readonly b: number;
  readonly levels: Comparison;
  readonly weight: number;
  /** How many others are expected to have the same name and birth date by chance. */
  readonly chance: number;
}

/** The level of a sex that agrees. */
const SEX_EQUAL = 2;
const PARENT_YEARS = 15;
/** Numbers that are no further apart may have been given to twins. */
const NEIGHBOURS = 10;
/** Namesakes born on the same day that are expected by chance: from here on, the name alone is not enough. */
const COMMON_CHANCE = 0.003;
/** From this weight on, a pair that is not of one sex may be one person with an error in it. */
const SEX_ENOUGH = 1;
/** From this weight on, a record without a name and a sex may be of a child. */
const WITHOUT_SEX_ENOUGH = 6;
/** From this weight on, New Year stands for a birthday of that year that is not known. */
const NEW_YEAR_ENOUGH = 6;
/** From this weight on, names and birth dates that are only alike are rare enough to speak for themselves. */
const NAMES_ENOUGH = 1.5;

/** Whether a number of the person's own is equal. Chart numbers are used again, and shared: they do not count. */
function haveEqualId(levels: Comparison): boolean {
  return levels[AT.ssn] === ID.equal || levels[AT.medicaid] === ID.equal;
}

/** Whether the address or the phone agrees: there are Maple Streets in many towns. */
function shareHousehold(levels: Comparison): boolean {
  const isElsewhere = levels[AT.city] === DISAGREE || levels[AT.zip] === DISAGREE;
  return levels[AT.phone] === 2 || (levels[AT.street]! >= 3 && !isElsewhere);
}

/** Whether anything but the name, the birth date and the sex agrees. */
function hasFurtherEvidence(levels: Comparison): boolean {
  return (
    haveEqualId(levels) ||
    levels[AT.chart] === 2 ||
    shareHousehold(levels) ||
    levels[AT.zip] === ID.equal ||
    levels[AT.maiden]! >= ID.close ||
    levels[AT.motherFirst] === ID.equal ||
    levels[AT.middle]! >= ID.close
  );
}

function haveEqualNameAndBirth(levels: Comparison): boolean {
  return levels[AT.first] === NAME.equal && levels[AT.last] === NAME.equal && levels[AT.birth] === BIRTH.equal;
}

function isOneOfSeveral({ integers: { flags, order } }: PeopleSet, a: number, b: number): boolean {
  return ((flags[a]! | flags[b]!) & Flag.multipleBirth) !== 0 || order[a]! > 1 || order[b]! > 1;
}

const isNobody = (people: PeopleSet, i: number): boolean => (people.integers.flags[i]! & Flag.nobody) !== 0;
const yearOf = (people: PeopleSet, i: number): number => Math.floor(people.integers.birth[i]! / 10_000);

/** Whether a middle name is written out and equal, and so is one of the mother's names. */
function shareParents(levels: Comparison): boolean {
  return levels[AT.middle] === ID.equal && (levels[AT.maiden]! >= ID.close || levels[AT.motherFirst] === ID.equal);
}

/** Whether two numbers were given one after the other, or nearly so. */
function areNeighbours(a: number, b: number): boolean {
  return a > 0 && b > 0 && a !== b && Math.abs(a - b) < NEIGHBOURS;
}

/** Whether both say of themselves that they have the same place among those of one birth. */
function haveEqualOrder({ people: { integers }, a, b }: GuardedPair): boolean {
  const { flags, order } = integers;
  return (flags[a]! & flags[b]! & Flag.multipleBirth) !== 0 && order[a]! > 0 && order[a] === order[b];
}

/**
 * Whether two records cannot be of twins: their first names are two forms of one, and nothing says otherwise; or both are of
 * the same place in the order of birth.
 */
function areNoTwins(pair: GuardedPair): boolean {
  const { comparer, a, b, levels } = pair;
  return (levels[AT.middle] !== DISAGREE && comparer.isKnownForm(a, b)) || haveEqualOrder(pair);
}

/** Whether first names look alike, and nothing says that they are one. */
export function areAlikeTwins(pair: GuardedPair): boolean {
  const { comparer, a, b, levels } = pair;
  if (levels[AT.birth]! < BIRTH.close || haveEqualId(levels)) return false;
  if (levels[AT.middle]! >= ID.close || areNoTwins(pair)) return false;
  const isAlike = levels[AT.first] === NAME.alike;
  if (levels[AT.middle] === DISAGREE) {
    return isAlike || (levels[AT.first] === NAME.close && !comparer.isMisspeltFirst(a, b));
  }
  return isAlike && !comparer.isPartOfFirst(a, b) && !comparer.isMisspeltFirst(a, b);
}

/** Whether one is one of several at birth, and the first name is not the same. */
export function areOfOneBirth(pair: GuardedPair): boolean {
  const { people, comparer, a, b, levels } = pair;
  if (levels[AT.birth]! < BIRTH.close || levels[AT.first] === NAME.equal || haveEqualId(levels)) return false;
  // Where a twin is told of, two forms of one name want a middle name beside them.
  if (areNoTwins(pair) && (levels[AT.middle]! >= ID.close || haveEqualOrder(pair))) return false;
  if (levels[AT.first] === NAME.close && comparer.isMisspeltFirst(a, b)) return false;
  return isOneOfSeveral(people, a, b);
}

/** Whether the sex agrees, or is not told and the rest weighs enough. */
function agreesOnSex(levels: Comparison, weight: number): boolean {
  return levels[AT.sex] === SEX_EQUAL || (levels[AT.sex] === 0 && weight >= WITHOUT_SEX_ENOUGH);
}

/** Whether one is told to be one of several at birth, and the first names differ. */
export function areTwoOfSeveral({ people, a, b, levels }: GuardedPair): boolean {
  return (
    levels[AT.birth] === BIRTH.equal &&
    levels[AT.first] === DISAGREE &&
    isOneOfSeveral(people, a, b) &&
    !haveEqualId(levels)
  );
}

/** Whether the sex differs, and little else says that it is an error. */
export function areOfTwoSexes({ levels, weight }: GuardedPair): boolean {
  return levels[AT.sex] === DISAGREE && (weight < SEX_ENOUGH || !hasFurtherEvidence(levels));
}

/** What a guard says, in plain words. */
export function wordsOf(id: string): string {
  return GUARDS.find((guard) => guard.id === id)!.words;
}

/** The guards, the hard ones first. */
export const GUARDS: readonly Guard[] = [
  {
    id: 'nobody',
    words: 'a name for trying a system out, or for nobody in particular',
    outcome: 'no',
    holds: ({ people, a, b }) => isNobody(people, a) || isNobody(people, b),
  },
  {
    id: 'contradiction',
    words: 'another suffix or birth order: two persons',
    outcome: 'no',
    holds: ({ comparer, a, b }) => comparer.contradict(a, b),
  },
  {
    id: 'two-of-several',
    words: 'born on the same day with another first name, one of several at birth, and no equal number: two persons',
    outcome: 'no',
    holds: areTwoOfSeveral,
  },
  {
    id: 'twins',
    words: 'born on the same day with another first name: may be twins',
    outcome: 'review',
    reviewFrom: -3,
    holds: ({ people, a, b, levels }) => {
      if (levels[AT.birth] !== BIRTH.equal || levels[AT.first] !== DISAGREE) return false;
      // The same Medicaid number, a last name and a sex that do not differ: one child under two names. Twins have their
      // mother’s number for a while.
      const isOneChild = levels[AT.medicaid] === ID.equal && levels[AT.last]! >= NAME.alike;
      return !isOneChild || levels[AT.sex] === DISAGREE || isOneOfSeveral(people, a, b);
    },
  },
  {
    id: 'alike-twins',
    words:
      'born on the same day with a first name that only looks alike, no equal middle name and no equal number: may be twins',
    outcome: 'review',
    holds: areAlikeTwins,
  },
  {
    id: 'neighbouring-numbers',
    words: 'numbers that follow each other, and a first name that is not the same: twins get such numbers',
    outcome: 'review',
    holds: ({ people: { ids }, a, b, levels }) =>
      levels[AT.first] !== NAME.equal &&
      (areNeighbours(ids.ssn[a]!, ids.ssn[b]!) || areNeighbours(ids.medicaid[a]!, ids.medicaid[b]!)),
  },
  {
    id: 'multiple-birth',
    words: 'one of several at birth, with a first name that is not the same and no equal number',
    outcome: 'review',
    holds: areOfOneBirth,
  },
  {
    id: 'other-first-name',
    words: 'another first name',
    outcome: 'review',
    reviewFrom: 3,
    holds: ({ levels }) => levels[AT.first] === DISAGREE && levels[AT.birth] !== BIRTH.equal,
  },
  {
    id: 'newborn',
    words: 'no first name or a newborn’s temporary one, and no equal number: one person only if it fits nobody else',
    outcome: 'alone',
    reviewFrom: -3,
    holds: ({ comparer, a, b, levels, weight }) =>
      comparer.isNameless(a) !== comparer.isNameless(b) &&
      agreesOnSex(levels, weight) &&
      levels[AT.birth] === BIRTH.equal &&
      !haveEqualId(levels),
  },
  {
    id: 'initial',
    words: 'no more than the beginning of a first name, and no equal number: one person only if it fits nobody else',
    outcome: 'alone',
    holds: ({ comparer, a, b, levels }) =>
      levels[AT.first] === NAME.alike &&
      (comparer.isBeginning(a, b) || comparer.isBeginning(b, a)) &&
      levels[AT.birth] === BIRTH.equal &&
      !haveEqualId(levels),
  },
  {
    id: 'newborn-otherwise',
    words: 'no first name or a newborn’s temporary one, and no equal number, sex, middle name or birth date',
    outcome: 'review',
    reviewFrom: 1,
    holds: ({ comparer, a, b, levels, weight }) =>
      (comparer.isNameless(a) || comparer.isNameless(b)) &&
      !haveEqualId(levels) &&
      (comparer.isNameless(a) === comparer.isNameless(b) ||
        // Of what tells twins apart, the sex is all that is left.
        !agreesOnSex(levels, weight) ||
        levels[AT.middle] === DISAGREE ||
        levels[AT.birth] !== BIRTH.equal),
  },
  {
    id: 'initial-otherwise',
    words: 'no more than the beginning of a first name, and no equal number or birth date',
    outcome: 'review',
    holds: ({ comparer, a, b, levels }) =>
      levels[AT.first] === NAME.alike &&
      (comparer.isBeginning(a, b) || comparer.isBeginning(b, a)) &&
      levels[AT.birth] !== BIRTH.equal &&
      !haveEqualId(levels),
  },
  {
    id: 'parent',
    words: 'births fifteen years apart or more: may be parent and child',
    outcome: 'review',
    reviewFrom: 1,
    holds: ({ people, a, b, levels }) => {
      if (levels[AT.birth] === BIRTH.equal || levels[AT.birth] === 0) return false;
      // A parent's number often stands in the child's record: an equal one says nothing here.
      // Few parents have their birthday in common with a child; what a household has in common says nothing of that.
      const isOnePerson = haveEqualId(levels) || levels[AT.middle]! >= ID.close;
      if (levels[AT.birth] === BIRTH.close && isOnePerson && levels[AT.medicaid] !== DISAGREE) return false;
      return Math.abs(yearOf(people, a) - yearOf(people, b)) >= PARENT_YEARS;
    },
  },
  {
    id: 'borrowed-number',
    words: 'the same Social Security number with another first name: may be a parent’s number',
    outcome: 'review',
    holds: ({ comparer, a, b, levels }) => {
      if (levels[AT.ssn] !== ID.equal || levels[AT.middle]! >= ID.close) return false;
      if (levels[AT.first] === NAME.alike) return !comparer.isPartOfFirst(a, b) && !comparer.isMisspeltFirst(a, b);
      return levels[AT.first] === DISAGREE;
    },
  },
  {
    id: 'other-birth',
    words: 'another birth date, by more than a slip of the pen, and no equal number',
    outcome: 'review',
    reviewFrom: -3,
    holds: ({ people, a, b, levels, weight }) => {
      // Sixteen bits of a number are equal by chance at times.
      const isCertain = levels[AT.medicaid] === ID.equal || people.ids.ssn[a] === people.ids.ssn[b];
      if (haveEqualId(levels) && (isCertain || levels[AT.birth] !== BIRTH.disagree)) return false;
      if (levels[AT.birth] === BIRTH.disagree) return true;
      if (levels[AT.birth] !== BIRTH.part && levels[AT.birth] !== BIRTH.year) return false;
      // The same year, or the same day of it: the whole name must agree, and the household, the chart or the parents.
      const isSameName = levels[AT.first]! >= NAME.close && levels[AT.last]! >= NAME.close;
      if (!isSameName || levels[AT.middle] === DISAGREE) return true;
      if (levels[AT.birth] === BIRTH.year && weight >= NEW_YEAR_ENOUGH) return false;
      return !shareHousehold(levels) && levels[AT.chart] !== 2 && !shareParents(levels);
    },
  },
  {
    id: 'common-name',
    words: 'name and birth date agree and nothing else can be compared; the name is common',
    outcome: 'review',
    holds: ({ levels, chance }) =>
      haveEqualNameAndBirth(levels) && chance > COMMON_CHANCE && !hasFurtherEvidence(levels),
  },
  {
    id: 'name-only',
    words: 'only names and birth dates speak for it, and they are not all equal',
    outcome: 'review',
    holds: ({ levels, weight }) =>
      weight < NAMES_ENOUGH && !haveEqualNameAndBirth(levels) && !hasFurtherEvidence(levels),
  },
  {
    id: 'other-middle',
    words: 'name and birth date agree, the middle name does not, and nothing else says that it is one person',
    outcome: 'review',
    holds: ({ levels, chance }) =>
      levels[AT.middle] === DISAGREE && chance > COMMON_CHANCE / 10 && !hasFurtherEvidence(levels),
  },
  {
    id: 'other-number',
    words:
      'name and birth date agree, the Social Security or Medicaid number does not, and nothing else says that it is one person',
    outcome: 'review',
    holds: ({ levels }) =>
      haveEqualNameAndBirth(levels) &&
      (levels[AT.ssn] === DISAGREE || levels[AT.medicaid] === DISAGREE) &&
      !hasFurtherEvidence(levels),
  },
  {
    id: 'other-number-and-name',
    words: 'a first name that is not the same, another number of its own, and no equal one: may be twins',
    outcome: 'review',
    holds: (pair) => {
      const { levels } = pair;
      if (levels[AT.first] === 0 || levels[AT.first]! >= NAME.equal || haveEqualId(levels)) return false;
      return (levels[AT.ssn] === DISAGREE || levels[AT.medicaid] === DISAGREE) && !areNoTwins(pair);
    },
  },
  {
    id: 'other-sex',
    words: 'another sex, and the first name is not equal or nothing but the name says that it is one person',
    outcome: 'review',
    holds: ({ levels }) =>
      levels[AT.sex] === DISAGREE && (levels[AT.first] !== NAME.equal || !hasFurtherEvidence(levels)),
  },
];
