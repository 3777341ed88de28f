/** What keeps two records from being one person whatever they weigh. Each guard names itself in the explanation. */
import { AT, BIRTH, type Comparer, type Comparison, DISAGREE, ID, NAME } from './comparison.js';
import { Flag, type PeopleSet } from './people.js';

/** `no`: two persons. `review`: at most a question for a person. */
export type GuardOutcome = 'no' | 'review';

export interface Guard {
  readonly id: string;
  /** In plain words, for whoever decides. */
  readonly words: string;
  readonly outcome: GuardOutcome;
  readonly holds: (pair: GuardedPair) => boolean;
}

/** A pair as guards see it. */
export interface GuardedPair {
  readonly people: PeopleSet;
  readonly comparer: Comparer;
  readonly a: number;
  readonly b: number;
  readonly levels: Comparison;
  /** How many others are expected to have the same name and birth date by chance. */
  readonly chance: number;
}

const PARENT_YEARS = 15;
/** Namesakes born on the same day that are expected by chance: from here on, the name alone is not enough. */
const COMMON_CHANCE = 0.001;

/** Whether the ids of two records say that they are one person. */
function haveEqualId(levels: Comparison): boolean {
  return levels[AT.ssn] === ID.equal || levels[AT.medicaid] === ID.equal || levels[AT.chart] === 2;
}

/** Whether anything but the name, the birth date and the sex agrees. */
function hasFurtherEvidence(levels: Comparison): boolean {
  return (
    haveEqualId(levels) ||
    levels[AT.street]! >= 3 ||
    levels[AT.zip] === ID.equal ||
    levels[AT.phone] === 2 ||
    levels[AT.maiden]! >= ID.close ||
    levels[AT.middle]! >= ID.close ||
    levels[AT.motherFirst]! >= ID.close
  );
}

function haveEqualNameAndBirth(levels: Comparison): boolean {
  return levels[AT.first] === NAME.equal && levels[AT.last] === NAME.equal && levels[AT.birth] === BIRTH.equal;
}

const yearOf = (people: PeopleSet, i: number): number => Math.floor(people.integers.birth[i]! / 10_000);

/** The guards, the hard ones first. */
export const GUARDS: readonly Guard[] = [
  {
    id: 'contradiction',
    words: 'another suffix or birth order: two persons',
    outcome: 'no',
    holds: ({ comparer, a, b }) => comparer.contradict(a, b),
  },
  {
    id: 'twins',
    words: 'born on the same day with another first name: may be twins',
    outcome: 'review',
    holds: ({ levels }) => levels[AT.birth] === BIRTH.equal && levels[AT.first] === DISAGREE,
  },
  {
    id: 'alike-twins',
    words:
      'born on the same day with a first name that is only alike, and one of several at birth or with another number',
    outcome: 'review',
    holds: ({ people, a, b, levels }) => {
      if (levels[AT.birth] !== BIRTH.equal || levels[AT.first] !== NAME.alike) return false;
      const { flags, order } = people.integers;
      const isMultiple = ((flags[a]! | flags[b]!) & Flag.multipleBirth) !== 0 || order[a]! > 1 || order[b]! > 1;
      return isMultiple || levels[AT.ssn] === DISAGREE || levels[AT.ssn] === ID.close;
    },
  },
  {
    id: 'newborn',
    words: 'a newborn’s temporary name, and no equal id',
    outcome: 'review',
    holds: ({ comparer, a, b, levels }) => (comparer.isNewborn(a) || comparer.isNewborn(b)) && !haveEqualId(levels),
  },
  {
    id: 'parent',
    words: 'the same name and births fifteen years apart or more: may be parent and child',
    outcome: 'review',
    holds: ({ people, a, b, levels }) => {
      if (levels[AT.birth] === BIRTH.equal || levels[AT.birth] === 0) return false;
      return Math.abs(yearOf(people, a) - yearOf(people, b)) >= PARENT_YEARS;
    },
  },
  {
    id: 'borrowed-number',
    words: 'the same Social Security number with another first name: may be a parent’s number',
    outcome: 'review',
    holds: ({ levels }) => levels[AT.ssn] === ID.equal && levels[AT.first] === DISAGREE,
  },
  {
    id: 'other-birth',
    words: 'another birth date, and no equal id',
    outcome: 'review',
    holds: ({ levels }) => levels[AT.birth] === BIRTH.disagree && !haveEqualId(levels),
  },
  {
    id: 'common-name',
    words: 'name and birth date agree and nothing else can be compared; the name is common',
    outcome: 'review',
    holds: ({ levels, chance }) =>
      haveEqualNameAndBirth(levels) && chance > COMMON_CHANCE && !hasFurtherEvidence(levels),
  },
  {
    id: 'other-number',
    words:
      'name and birth date agree, the Social Security number does not, and nothing else says that it is one person',
    outcome: 'review',
    holds: ({ levels }) => haveEqualNameAndBirth(levels) && levels[AT.ssn] === DISAGREE && !hasFurtherEvidence(levels),
  },
  {
    id: 'other-sex',
    words: 'name and birth date agree, the sex does not, and nothing else says that it is one person',
    outcome: 'review',
    holds: ({ levels }) => levels[AT.sex] === DISAGREE && !hasFurtherEvidence(levels),
  },
];
