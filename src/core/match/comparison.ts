/** How two patient records compare, field by field. */
import { fullNameOf, shareGroup } from './nicknames.js';
import type { ComparedName, PeopleSet } from './people.js';
import { areOneEditApart, jaroWinkler } from './similarity.js';

/** The fields that are compared, in the order of a {@link Comparison}, and their levels from 1; 0 is "not known". */
export const COMPARED = {
  first: ['disagree', 'alike', 'close', 'equal', 'swapped'],
  last: ['disagree', 'alike', 'close', 'equal', 'swapped', 'mother’s'],
  birth: ['disagree', 'same year or day', 'close', 'equal', 'year alone'],
  sex: ['disagree', 'equal'],
  ssn: ['disagree', 'one digit', 'equal'],
  medicaid: ['disagree', 'one digit', 'equal'],
  chart: ['disagree', 'equal'],
  street: ['disagree', 'same street', 'close', 'equal'],
  unit: ['disagree', 'close', 'equal'],
  city: ['disagree', 'close', 'equal'],
  zip: ['disagree', 'one digit', 'equal'],
  state: ['disagree', 'equal'],
  phone: ['disagree', 'equal'],
  maiden: ['disagree', 'close', 'equal'],
  middle: ['disagree', 'initial', 'equal'],
  motherFirst: ['disagree', 'close', 'equal'],
} as const;

export type ComparedField = keyof typeof COMPARED;
export const COMPARED_FIELDS = Object.keys(COMPARED) as readonly ComparedField[];
/** The place of each field in a {@link Comparison}. */
export const AT = Object.fromEntries(COMPARED_FIELDS.map((field, i) => [field, i])) as Record<ComparedField, number>;

/** How common it is what a pair has in common: what its likeness is worth more or less than the usual. */
export interface Commonness {
  readonly records: number;
  /** Bearers of the first name: of the two that are compared, those of the commoner one. */
  readonly first: number;
  readonly last: number;
  /** Who bears the middle name as a first name: of middle names no count is kept. */
  readonly middle: number;
  /** Whether the birth date of the first record is the day that stands for a year. */
  readonly isNewYear: boolean;
}

/** A level for each field. */
export type Comparison = Uint8Array;

export const DISAGREE = 1;
/** Levels of names. */
export const NAME = { disagree: 1, alike: 2, close: 3, equal: 4, swapped: 5, mothers: 6 } as const;
export const BIRTH = { disagree: 1, part: 2, close: 3, equal: 4, year: 5 } as const;
/** Levels of ids, and of fields that are close or equal. */
export const ID = { disagree: 1, close: 2, equal: 3 } as const;

export function createComparison(): Comparison {
  return new Uint8Array(COMPARED_FIELDS.length);
}

const CLOSE = 0.92;
const ALIKE = 0.82;
const SAME_SOUND = 0.88;
/** Two spellings of one sound are at least so alike. */
const SPELLINGS = 0.85;
/** Bearers of a rare name, at least in a small population. */
const RARE = 3;
/** How many times as often as a name another one is borne that it may be a slip in writing of. */
const FAR_MORE = 20;
/** How many times as often as a common name a name is borne that others are misspellings of. */
const VERY_COMMON = 4;
/** The most letters of a first name that was cut to its beginning and may be the beginning of others. */
const CUT_LETTERS = 4;

/** All that names are counted in: it may be more than the records that are compared. */
export interface Population {
  readonly records: number;
  /** How many bear a first name, and a last name, by the name's number. */
  readonly firstUses: Int32Array;
  readonly lastUses: Int32Array;
}

/** The first `records` of a set as the population; all of them if no number is given. */
export function populationOf(people: PeopleSet, records = people.size): Population {
  const count = (column: Int32Array): Int32Array => {
    const uses = new Int32Array(people.names.size);
    for (let i = 0; i < records; i++) uses[column[i]!]!++;
    return uses;
  };
  return { records, firstUses: count(people.integers.first), lastUses: count(people.integers.last) };
}

/** Compares records of a set. */
export class Comparer {
  readonly #people: PeopleSet;
  readonly #records: number;
  readonly #firstUses: Int32Array;
  readonly #lastUses: Int32Array;
  /** From how many bearers on a name counts as one of its own, and not as another one misspelt. */
  readonly #common: number;
  /** Below so many bearers a name may be another one misspelt. */
  readonly #rare: number;

  constructor(people: PeopleSet, { records, firstUses, lastUses } = populationOf(people)) {
    this.#people = people;
    this.#records = records;
    this.#firstUses = firstUses;
    this.#lastUses = lastUses;
    this.#common = Math.max(4, records / 20_000);
    this.#rare = Math.max(RARE, this.#common / 8);
  }

  /** Compares two records into `levels`. */
  compare(a: number, b: number, levels: Comparison): void {
    this.comparePerson(a, b, levels);
    this.compareHousehold(a, b, levels);
  }

  /** The fields that are a person's own. */
  comparePerson(a: number, b: number, levels: Comparison): void {
    const { integers, ids } = this.#people;
    levels[AT.first] = this.#areSwapped(a, b) ? NAME.swapped : this.#compareFirst(a, b);
    levels[AT.birth] = compareBirths(integers.birth[a]!, integers.birth[b]!);
    levels[AT.sex] = compareExact(integers.sex[a]!, integers.sex[b]!);
    // Of a stored number only sixteen bits are known.
    levels[AT.ssn] =
      compareIds(ids.ssn[a]!, ids.ssn[b]!) || compareChecks(integers.ssnCheck[a]!, integers.ssnCheck[b]!);
    levels[AT.medicaid] = compareIds(ids.medicaid[a]!, ids.medicaid[b]!);
    // A chart number means something at its own site only.
    levels[AT.chart] = integers.site[a] === integers.site[b] ? compareExact(ids.chart[a]!, ids.chart[b]!) : 0;
    levels[AT.middle] = this.#compareMiddles(a, b);
    if (levels[AT.middle] === ID.disagree && levels[AT.first]! < NAME.equal && this.#areCrossed(a, b)) {
      levels[AT.first] = NAME.close;
      levels[AT.middle] = ID.equal;
    }
  }

  /** The fields that a household has in common, once {@link comparePerson} has compared the others. */
  compareHousehold(a: number, b: number, levels: Comparison): void {
    const { integers, ids } = this.#people;
    levels[AT.last] = levels[AT.first] === NAME.swapped ? NAME.swapped : this.#compareLast(a, b);
    levels[AT.street] = this.#compareStreets(a, b);
    levels[AT.unit] = this.#comparePlaces(integers.unit[a]!, integers.unit[b]!);
    levels[AT.city] = this.#comparePlaces(integers.city[a]!, integers.city[b]!);
    levels[AT.zip] = compareIds(ids.zip[a]!, ids.zip[b]!);
    levels[AT.state] = compareExact(integers.state[a]!, integers.state[b]!);
    levels[AT.phone] = this.#comparePhones(a, b);
    levels[AT.maiden] = this.#compareOtherNames(integers.maiden[a]!, integers.maiden[b]!);
    levels[AT.motherFirst] = this.#compareOtherNames(this.#motherOf(a), this.#motherOf(b));
    if (levels[AT.last] === NAME.disagree && this.#isMothers(a, b)) levels[AT.last] = NAME.mothers;
  }

  commonnessOf(a: number, b: number): Commonness {
    const { first, last, middle, birth } = this.#people.integers;
    return {
      records: this.#records,
      first: Math.max(this.#firstUses[first[a]!]!, this.#firstUses[first[b]!]!),
      last: Math.max(this.#lastUses[last[a]!]!, this.#lastUses[last[b]!]!),
      middle: Math.max(this.#firstUses[middle[a]!]!, this.#firstUses[middle[b]!]!),
      isNewYear: birth[a]! % 10_000 === NEW_YEAR,
    };
  }

  /** The mother's first name: where it is not told, that of a guardian who is the mother. */
  #motherOf(i: number): number {
    const { motherFirst, guardianMother } = this.#people.integers;
    return motherFirst[i]! || guardianMother[i]!;
  }

  /** A guardian's phone is no sign of another person: it may only agree. */
  #comparePhones(a: number, b: number): number {
    const { phone, phone2, guardianPhone } = this.#people.ids;
    const level = comparePhones(phone[a]!, phone2[a]!, phone[b]!, phone2[b]!);
    const has = (i: number, number: number): boolean =>
      number !== 0 && (number === phone[i] || number === phone2[i] || number === guardianPhone[i]);
    return has(b, guardianPhone[a]!) || has(a, guardianPhone[b]!) ? 2 : level;
  }

  #areSwapped(a: number, b: number): boolean {
    const { first, last } = this.#people.integers;
    return first[a] !== 0 && last[a] !== 0 && first[a] !== first[b] && first[a] === last[b] && last[a] === first[b];
  }

  /** Whether first and middle name stand in each other's place: one pair equal, the other equal, close or an initial. */
  #areCrossed(a: number, b: number): boolean {
    const { first, middle } = this.#people.integers;
    const one = this.#compareGivenNames(first[a]!, middle[b]!);
    if (one === ID.disagree || one === 0) return false;
    const other = this.#compareGivenNames(first[b]!, middle[a]!);
    return other > ID.disagree && (one === ID.equal || other === ID.equal);
  }

  #compareFirst(a: number, b: number): number {
    const { integers } = this.#people;
    const firstA = integers.first[a]!;
    const firstB = integers.first[b]!;
    if (firstA === 0 || firstB === 0) return 0;
    // Many names begin with the same letter.
    if (firstA === firstB) return this.isInitial(a) ? NAME.alike : NAME.equal;
    if (this.#isOtherFirst(a, b) || this.#isOtherFirst(b, a)) return NAME.close;
    if (this.#hasMiddleInFirst(a, b)) return NAME.close;
    return this.#compareFirstNames(firstA, firstB);
  }

  /** Whether one has first and middle name in the place of the first: `JULIA DOROTHY`, and `JULIA` with the middle name `D`. */
  #hasMiddleInFirst(a: number, b: number): boolean {
    const { integers, names } = this.#people;
    const one = names.at(integers.first[a]!).text;
    const other = names.at(integers.first[b]!).text;
    const [long, short, i] = one.length > other.length ? [one, other, b] : [other, one, a];
    if (!long.startsWith(`${short} `)) return false;
    const middle = integers.middle[i]!;
    if (middle === 0) return true;
    const [rest, own] = [long.slice(short.length + 1), names.at(middle).text];
    return rest.length === 1 || own.length === 1 ? rest[0] === own[0] : rest === own;
  }

  /**
   * Whether two first names that are not equal are one by what is known of names: a short form, a spelling of the same sound,
   * another name of the person.
   */
  isKnownForm(a: number, b: number): boolean {
    const { integers, names } = this.#people;
    const [firstA, firstB] = [integers.first[a]!, integers.first[b]!];
    if (firstA === 0 || firstB === 0) return false;
    const one = names.at(firstA);
    const other = names.at(firstB);
    if (soundAlike(one, other)) return true;
    if (isShortFor(one, other) && !(one.isFull && other.isFull)) return true;
    return this.#isOtherFirst(a, b) || this.#isOtherFirst(b, a) || this.#hasMiddleInFirst(a, b);
  }

  /** Whether the first name of one, and not an initial alone, is the middle name or another first name of the other. */
  #isOtherFirst(a: number, b: number): boolean {
    const { first, middle, otherFirst } = this.#people.integers;
    return (first[a] === middle[b] || first[a] === otherFirst[b]) && !this.isInitial(a);
  }

  #compareFirstNames(a: number, b: number): number {
    const { names } = this.#people;
    const one = names.at(a);
    const other = names.at(b);
    if (one.joined === other.joined) return NAME.equal;
    const uses = this.#firstUses;
    if (isShortFor(one, other)) return NAME.close;
    // The beginning of the other, or one of its words: an initial, or half of a double name.
    if (one.text.startsWith(other.text) || other.text.startsWith(one.text)) {
      return !this.#areTwoNames(a, b) && this.#isSlip(one, other, uses[a]!, uses[b]!) ? NAME.close : NAME.alike;
    }
    if (one.words.includes(other.text) || other.words.includes(one.text) || shareForm(one, other)) return NAME.alike;
    // Hailey and Haley are one name in two spellings.
    if (soundAlike(one, other)) return NAME.close;
    const similarity = jaroWinkler(one.text, other.text);
    if (!this.#areTwoNames(a, b)) {
      if (this.#isSlip(one, other, uses[a]!, uses[b]!)) return NAME.close;
      return similarity >= ALIKE ? NAME.alike : NAME.disagree;
    }
    // Jayden and Jaylen are two names, and not one misspelt.
    const isSpelling = one.soundex === other.soundex && similarity >= SAME_SOUND;
    return isSpelling && areOneEditApart(one.text, other.text) ? NAME.alike : NAME.disagree;
  }

  /** Whether two first names are each borne by many, here or elsewhere. */
  #areTwoNames(a: number, b: number): boolean {
    return this.#isOwnName(a) && this.#isOwnName(b);
  }

  /** Whether a first name is borne by many, here or elsewhere. */
  #isOwnName(first: number): boolean {
    return this.#firstUses[first]! >= this.#common || this.#people.names.at(first).isGiven;
  }

  /** Whether one name is a letter apart from the other, and so few bear it that it may be a slip in writing it. */
  #isSlip(one: ComparedName, other: ComparedName, uses: number, otherUses: number): boolean {
    if (!areOneEditApart(one.text, other.text)) return false;
    const least = Math.min(uses, otherUses);
    if (least * FAR_MORE <= Math.max(uses, otherUses)) return true;
    // Of two names that are both rare, no more is known than how alike they are.
    return least < this.#rare && jaroWinkler(one.text, other.text) >= SAME_SOUND;
  }

  #compareLast(a: number, b: number): number {
    const { integers } = this.#people;
    const lastA = integers.last[a]!;
    const lastB = integers.last[b]!;
    if (lastA === 0 || lastB === 0) return 0;
    if (lastA === lastB) return NAME.equal;
    if (lastA === integers.otherLast[b] || lastB === integers.otherLast[a]) return NAME.close;
    return this.#compareLastNames(lastA, lastB);
  }

  /** Whether one has the maiden name of the other's mother, or that of a guardian: born under one name, later under another. */
  #isMothers(a: number, b: number): boolean {
    const { last, maiden, guardianLast } = this.#people.integers;
    return (
      this.#isPartOfLast(last[a]!, maiden[b]!) ||
      this.#isPartOfLast(last[b]!, maiden[a]!) ||
      this.#isPartOfLast(last[a]!, guardianLast[b]!) ||
      this.#isPartOfLast(last[b]!, guardianLast[a]!)
    );
  }

  #isPartOfLast(last: number, other: number): boolean {
    if (last === 0 || other === 0) return false;
    if (last === other) return true;
    const { names } = this.#people;
    const [whole, part] = [names.at(last), names.at(other)];
    return whole.joined === part.joined || whole.words.includes(part.text);
  }

  #compareLastNames(a: number, b: number): number {
    const { names } = this.#people;
    const one = names.at(a);
    const other = names.at(b);
    if (one.joined === other.joined) return NAME.equal;
    const similarity = jaroWinkler(one.text, other.text);
    // Martin and Martinez are two names.
    const areTwo =
      this.#lastUses[a]! >= this.#common && this.#lastUses[b]! >= this.#common && one.soundex !== other.soundex;
    if (similarity >= CLOSE && !areTwo) return NAME.close;
    if (similarity >= ALIKE && !areTwo) return NAME.alike;
    if (one.words.length === 0 && other.words.length === 0) return NAME.disagree;
    const words = other.words.length === 0 ? [other.text] : other.words;
    const own = one.words.length === 0 ? [one.text] : one.words;
    return own.some((word) => word.length >= 4 && words.includes(word)) ? NAME.alike : NAME.disagree;
  }

  #compareOtherNames(a: number, b: number): number {
    if (a === 0 || b === 0) return 0;
    if (a === b) return ID.equal;
    const { names } = this.#people;
    const one = names.at(a);
    const other = names.at(b);
    if (one.joined === other.joined) return ID.equal;
    return jaroWinkler(one.text, other.text) >= CLOSE ? ID.close : ID.disagree;
  }

  #compareMiddles(a: number, b: number): number {
    const { middle } = this.#people.integers;
    return this.#compareGivenNames(middle[a]!, middle[b]!);
  }

  /** Compares names of which either may be an initial. */
  #compareGivenNames(a: number, b: number): number {
    if (a === 0 || b === 0) return 0;
    const { names } = this.#people;
    const one = names.at(a).text;
    const other = names.at(b).text;
    const isInitial = one.length === 1 || other.length === 1;
    if (isInitial) return one[0] === other[0] ? ID.close : ID.disagree;
    if (a === b) return ID.equal;
    return jaroWinkler(one, other) >= CLOSE ? ID.close : ID.disagree;
  }

  #compareStreets(a: number, b: number): number {
    const { integers, places } = this.#people;
    const streetA = integers.street[a]!;
    const streetB = integers.street[b]!;
    if (streetA === 0 || streetB === 0) return 0;
    const numberA = integers.streetNumber[a]!;
    const numberB = integers.streetNumber[b]!;
    const isClose = streetA === streetB || jaroWinkler(places.at(streetA), places.at(streetB)) >= 0.9;
    if (!isClose) return 1;
    if (numberA === numberB) return streetA === streetB ? 4 : 3;
    if (numberA === 0 || numberB === 0) return 3;
    return areOneEditApart(places.at(numberA), places.at(numberB)) ? 3 : 2;
  }

  #comparePlaces(a: number, b: number): number {
    if (a === 0 || b === 0) return 0;
    if (a === b) return ID.equal;
    const { places } = this.#people;
    return jaroWinkler(places.at(a), places.at(b)) >= 0.9 ? ID.close : ID.disagree;
  }

  /** Whether two records cannot be one person, whatever else they say. */
  contradict(a: number, b: number): boolean {
    const { integers } = this.#people;
    const areOfOneDay = integers.birth[a] !== 0 && integers.birth[a] === integers.birth[b];
    return (
      differ(integers.suffix[a]!, integers.suffix[b]!) ||
      (areOfOneDay && differ(integers.order[a]!, integers.order[b]!))
    );
  }

  /** Whether one first name is the initial, a word or the beginning of the other, rather than one that only looks like it. */
  isPartOfFirst(a: number, b: number): boolean {
    const { integers, names } = this.#people;
    const one = names.at(integers.first[a]!);
    const other = names.at(integers.first[b]!);
    if (one.text.length === 1 || other.text.length === 1) return one.text[0] === other.text[0];
    if (one.words.includes(other.text) || other.words.includes(one.text)) return true;
    const [long, short, i] = one.text.length > other.text.length ? [one, other, b] : [other, one, a];
    return long.text.startsWith(short.text) && !this.#isOwnName(integers.first[i]!);
  }

  /** Whether one first name is a common one with a slip or two in it, rather than another name. */
  isMisspeltFirst(a: number, b: number): boolean {
    const { first } = this.#people.integers;
    const { names } = this.#people;
    const uses = [this.#firstUses[first[a]!]!, this.#firstUses[first[b]!]!] as const;
    if (Math.min(...uses) >= this.#rare || Math.max(...uses) < this.#common * VERY_COMMON) return false;
    const [one, other] = [names.at(first[a]!), names.at(first[b]!)];
    if (one.isGiven && other.isGiven) return false;
    return areOneEditApart(one.text, other.text) || jaroWinkler(one.text, other.text) >= SAME_SOUND;
  }

  /** Whether a first name of either is so rare that it may be any other one misspelt. */
  hasRareFirst(a: number, b: number): boolean {
    const { first } = this.#people.integers;
    return [first[a]!, first[b]!].some((name) => this.#firstUses[name]! < this.#rare && !this.#isOwnName(name));
  }

  /** Whether no more than the initial of the first name is known. */
  isInitial(a: number): boolean {
    const first = this.#people.integers.first[a]!;
    return first !== 0 && this.#people.names.at(first).text.length === 1;
  }

  /**
   * Whether no more is known of one’s first name than how that of another begins: an initial, or `Chri`, which is hardly a
   * name of its own.
   */
  isBeginning(a: number, ofB: number): boolean {
    const { integers, names } = this.#people;
    const [first, other] = [integers.first[a]!, integers.first[ofB]!];
    if (first === 0 || other === 0) return false;
    const [{ text }, whole] = [names.at(first), names.at(other).text];
    if (text.length > CUT_LETTERS || text.length >= whole.length || !whole.startsWith(text)) return false;
    return text.length === 1 || !this.#isOwnName(first);
  }

  /** Whether nothing is known of the first name: there is none, or what hospitals call a child before it has one. */
  isNameless(a: number): boolean {
    return this.#people.integers.first[a] === 0;
  }
}

/** Whether two names are one in two spellings, as far as they sound. */
function soundAlike(one: ComparedName, other: ComparedName): boolean {
  return one.sound !== '' && one.sound === other.sound && jaroWinkler(one.text, other.text) >= SPELLINGS;
}

/** Whether one name is a short form of the other, or another full form of it: `TOM` of `TOMMY` and of `THOMAS`. */
function isShortFor(one: ComparedName, other: ComparedName): boolean {
  return one.groups.some((group) => {
    if (!other.groups.includes(group)) return false;
    const full = fullNameOf(group);
    if (full === one.text || full === other.text) return true;
    return one.text.startsWith(other.text) || other.text.startsWith(one.text);
  });
}

/** Whether two names are short for one: Will and Liam may be brothers. */
function shareForm(one: ComparedName, other: ComparedName): boolean {
  return shareGroup(one.groups, other.groups);
}

function differ(a: number, b: number): boolean {
  return a !== 0 && b !== 0 && a !== b;
}

function compareExact(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  return a === b ? 2 : 1;
}

function compareChecks(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  return a === b ? ID.equal : ID.disagree;
}

function compareIds(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  if (a === b) return ID.equal;
  return a > 0 && b > 0 && areOneEditApart(String(a), String(b)) ? ID.close : ID.disagree;
}

function comparePhones(a: number, a2: number, b: number, b2: number): number {
  if (a === 0 && a2 === 0) return 0;
  if (b === 0 && b2 === 0) return 0;
  return (a !== 0 && (a === b || a === b2)) || (a2 !== 0 && (a2 === b || a2 === b2)) ? 2 : 1;
}

/** The day that stands for "sometime in that year": far more people have it in registries than were born on it. */
const NEW_YEAR = 101;

/**
 * Compares days as yyyymmdd. Close are days one digit apart, with two neighbours exchanged, or day and month exchanged, and
 * neighbouring days.
 */
function compareBirths(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  if (a === b) return BIRTH.equal;
  const yearA = Math.floor(a / 10_000);
  const yearB = Math.floor(b / 10_000);
  const dayA = a % 10_000;
  const dayB = b % 10_000;
  const isSwapped = yearA === yearB && (dayA % 100) * 100 + Math.floor(dayA / 100) === dayB;
  if (isSwapped || areOneEditApart(String(a), String(b))) return BIRTH.close;
  if (areNeighbours(a, b)) return BIRTH.close;
  if (yearA === yearB && (dayA === NEW_YEAR || dayB === NEW_YEAR)) return BIRTH.year;
  return yearA === yearB || dayA === dayB ? BIRTH.part : BIRTH.disagree;
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether one day is the day after the other, as in records that were written in another time zone. */
function areNeighbours(a: number, b: number): boolean {
  const [first, second] = a < b ? [a, b] : [b, a];
  const [year, month, day] = [Math.floor(first / 10_000), Math.floor(first / 100) % 100, first % 100];
  const length = month === 2 && year % 4 === 0 ? 29 : MONTH_DAYS[month - 1]!;
  if (day < length) return second === first + 1;
  return second === (month === 12 ? (year + 1) * 10_000 + 101 : year * 10_000 + (month + 1) * 100 + 1);
}
