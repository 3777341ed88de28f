/**
 * The people of a registry as they are: families, one after the other, with what makes them hard to tell apart.
 *
 * Twins and triplets, fathers and sons of one name, cousins of one name in one house, siblings who share all but a first
 * name; and with what makes one person look like two: removals, marriages, two homes, shelters. What sites write of them is
 * told in record-keeping.ts.
 */
import { type Cohort, PersonNames } from './person-names.js';
import type { Random } from './random.js';

/** Times at which a person may be recorded; things change from one to the next. */
export const EPOCHS = 3;
const LAST_YEAR = 2026;

/** Where a household lives at one time, and the phone of the house. */
export interface Home {
  readonly number: number;
  readonly street: string;
  readonly kind: string;
  readonly unit: string | null;
  readonly city: string;
  readonly zip: string;
  readonly phone: string;
}

export interface TruePerson {
  /** From 0, without gaps. */
  readonly number: number;
  readonly household: Household;
  /** The lowest number of a multiple birth, for all who were born of it; `null` for all others. */
  readonly twinOf: number | null;
  readonly sex: 'F' | 'M';
  readonly birthDate: string;
  readonly birthYear: number;
  readonly firstName: string;
  readonly middleName: string | null;
  /** By epoch. */
  readonly lastNames: readonly string[];
  suffix: string | null;
  readonly birthOrder: number | null;
  readonly ssn: string | null;
  readonly medicaidIds: readonly string[];
  /** The parents' names; `null` where nobody ever wrote them down. */
  readonly parents: Parents | null;
  /** By epoch: the phone that goes with the person. */
  readonly phones: readonly string[];
  /** By epoch. */
  readonly homes: readonly Home[];
  readonly isChild: boolean;
}

interface Parents {
  readonly motherFirstName: string;
  readonly motherMaidenName: string;
  readonly fatherFirstName: string;
}

export interface Household {
  readonly number: number;
  readonly surname: string;
  readonly persons: TruePerson[];
  readonly homes: readonly Home[];
  /** Where the other parent lives, for children who live in two homes. */
  readonly otherHome: Home | null;
  /** The place in the list of sites where its members are mostly seen. */
  readonly site: number;
}

/** Cities with the first of their ZIP codes and how many of them there are; roughly by size. */
const CITIES: readonly (readonly [string, number, number])[] = [
  ['Boston', 2108, 28], ['Worcester', 1602, 9], ['Springfield', 1103, 10], ['Cambridge', 2138, 5], ['Lowell', 1850, 5],
  ['Brockton', 2301, 3], ['Quincy', 2169, 3], ['Lynn', 1901, 5], ['New Bedford', 2740, 6], ['Fall River', 2720, 5],
  ['Lawrence', 1840, 4], ['Newton', 2458, 8], ['Somerville', 2143, 3], ['Framingham', 1701, 3], ['Haverhill', 1830, 3],
  ['Malden', 2148, 1], ['Waltham', 2451, 3], ['Taunton', 2780, 1], ['Medford', 2155, 1], ['Chicopee', 1013, 3],
  ['Weymouth', 2188, 4], ['Revere', 2151, 1], ['Peabody', 1960, 1], ['Methuen', 1844, 1], ['Barnstable', 2630, 1],
  ['Pittsfield', 1201, 2], ['Attleboro', 2703, 1], ['Everett', 2149, 1], ['Salem', 1970, 1], ['Westfield', 1085, 2],
  ['Leominster', 1453, 1], ['Fitchburg', 1420, 1], ['Holyoke', 1040, 2], ['Beverly', 1915, 1], ['Marlborough', 1752, 1],
  ['Chelsea', 2150, 1], ['Gloucester', 1930, 1], ['Northampton', 1060, 3], ['Plymouth', 2360, 2], ['Greenfield', 1301, 1],
]; // biome-ignore format: a table of places
const STREETS = [
  'Main', 'Washington', 'Pleasant', 'Summer', 'Park', 'School', 'Maple', 'Oak', 'Elm', 'High', 'North Main', 'South Main',
  'Central', 'Church', 'Chestnut', 'Walnut', 'Pine', 'Cedar', 'Spring', 'Winter', 'Water', 'Union', 'Prospect', 'Highland',
  'Lincoln', 'Franklin', 'Adams', 'Jefferson', 'Madison', 'Harvard', 'Beacon', 'Mill', 'River', 'Lake', 'Hill', 'Forest',
  'Grove', 'Orchard', 'Meadow', 'Willow', 'Birch', 'Spruce', 'Locust', 'Cherry', 'Mulberry', 'Harbor', 'Ocean', 'Bay',
  'Quarry', 'Station', 'Depot', 'Railroad', 'Bridge', 'Canal', 'Dudley', 'Hancock', 'Quincy', 'Warren', 'Webster', 'Belmont',
  'Fairview', 'Lakeview', 'Sunset', 'Old Colony', 'East', 'West', 'St. James', 'Martin Luther King',
]; // biome-ignore format: a list of streets
const STREET_KINDS = ['St', 'St', 'St', 'Ave', 'Ave', 'Rd', 'Rd', 'Dr', 'Ln', 'Ct', 'Ter', 'Pl'];
const AREA_CODES = ['617', '508', '413', '781', '978', '774', '857', '339', '351'];

/** How many children a family has, one number as likely as another. */
const CHILDREN = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5];
/** Households of late whose addresses, numbers and relatives come up again. */
const REMEMBERED = 300;

/** Makes households; the same source of randomness gives the same ones. */
export class Population {
  readonly names: PersonNames;
  readonly #random: Random;
  readonly #sites: number;
  readonly #recent: Household[] = [];
  /** Large buildings by their turn: many families at one number of one street. */
  readonly #buildings: Home[] = [];
  /** Shelters and foster care offices: one address, and one phone, for all who have no other. */
  readonly #shelters: Home[] = [];
  #persons = 0;
  #households = 0;

  constructor(random: Random, sites: number) {
    this.#random = random;
    this.#sites = sites;
    this.names = new PersonNames(random);
  }

  /** How many persons there are so far. */
  get persons(): number {
    return this.#persons;
  }

  /** The next household. */
  next(): Household {
    const random = this.#random;
    const relative = this.#recent.length > 0 && random.chance(0.15) ? random.pick(this.#recent) : null;
    const household = this.#found(relative);
    if (random.chance(0.8)) this.#addFamily(household, relative);
    else this.#addAdults(household);
    if (this.#recent.length < REMEMBERED) this.#recent.push(household);
    else this.#recent[random.integer(0, REMEMBERED - 1)] = household;
    return household;
  }

  #found(relative: Household | null): Household {
    const random = this.#random;
    // Two families of one name in one house, as brothers have it.
    const first = relative !== null && random.chance(0.1) ? relative.homes[0]! : this.#home();
    const homes = [first];
    while (homes.length < EPOCHS) homes.push(this.#homeAfter(homes.at(-1)!));
    return {
      number: this.#households++,
      surname: relative?.surname ?? this.#familyName(),
      persons: [],
      homes,
      otherHome: random.chance(0.12) ? this.#home() : null,
      site: random.integer(0, this.#sites - 1),
    };
  }

  #familyName(): string {
    const random = this.#random;
    if (random.chance(0.18)) {
      const own = this.names.doubleSurname(random);
      return random.chance(0.6) ? `${own} ${this.names.doubleSurname(random)}` : own;
    }
    const name = this.names.surname(random);
    return random.chance(0.03) ? `${name}-${this.names.surname(random)}` : name;
  }

  #home(): Home {
    const random = this.#random;
    // Somebody else's former address, or a flat in a large building.
    const before = this.#recent.length > 0 && random.chance(0.03) ? random.pick(this.#recent).homes[0]! : null;
    if (before !== null) return { ...before, phone: random.chance(0.3) ? before.phone : makePhone(random) };
    if (this.#shelters.length > 0 && random.chance(0.004)) {
      const shelter = random.pick(this.#shelters);
      return random.chance(0.6) ? shelter : { ...shelter, phone: makePhone(random) };
    }
    if (this.#buildings.length > 0 && random.chance(0.12)) {
      const unit = `${random.integer(1, 12)}${random.pick(['', 'A', 'B', 'C', 'D'])}`;
      return { ...random.pick(this.#buildings), unit, phone: makePhone(random) };
    }
    // Larger cities are found more often.
    const [city, zip, zips] = CITIES[Math.floor(CITIES.length * random.next() ** 1.7)]!;
    const home = {
      number: random.integer(1, 900),
      street: random.pick(STREETS),
      kind: random.pick(STREET_KINDS),
      unit: random.chance(0.25) ? `${random.integer(1, 40)}` : null,
      city,
      zip: `0${zip + random.integer(0, zips - 1)}`,
      phone: makePhone(random),
    };
    if (random.chance(0.01)) this.#buildings.push(home);
    else if (random.chance(0.0003)) this.#shelters.push(home);
    return home;
  }

  #homeAfter(home: Home): Home {
    const random = this.#random;
    if (!random.chance(0.24)) return random.chance(0.12) ? { ...home, phone: makePhone(random) } : home;
    const next = this.#home();
    return random.chance(0.5) ? { ...next, phone: home.phone } : next;
  }

  #addAdults(household: Household): void {
    const random = this.#random;
    const sex = random.chance(0.5) ? 'F' : 'M';
    const year = random.integer(1930, 2003);
    this.#add(household, { sex, birthDate: this.#dateIn(year) });
    if (!random.chance(0.4)) return;
    const other = random.chance(0.95) ? (sex === 'F' ? 'M' : 'F') : sex;
    this.#add(household, { sex: other, birthDate: this.#dateIn(clampYear(year + random.integer(-8, 8))) });
  }

  #addFamily(household: Household, relative: Household | null): void {
    const random = this.#random;
    const parents = this.#makeParents(household);
    // Most children of a registry are young.
    let year = LAST_YEAR - 1 - (random.chance(0.78) ? random.integer(0, 20) : random.integer(21, 52));
    const motherYear = clampYear(year - random.integer(17, 38));
    const fatherYear = clampYear(motherYear + random.integer(-10, 4));
    const phones = [this.#phones(household), this.#phones(household)];
    if (random.chance(0.4)) {
      const birthDate = this.#dateIn(motherYear);
      const firstName = parents.motherFirstName;
      const bornAs = parents.motherMaidenName;
      this.#add(household, { sex: 'F', birthDate, firstName, bornAs, phones: phones[0]! });
    }
    let father: TruePerson | null = null;
    if (random.chance(0.38)) {
      const [birthDate, firstName] = [this.#dateIn(fatherYear), parents.fatherFirstName];
      father = this.#add(household, { sex: 'M', birthDate, firstName, phones: phones[1]! });
    }
    const taken = new Set<string>();
    for (let left = random.pick(CHILDREN); left > 0 && year < LAST_YEAR; ) {
      const birthDate = this.#dateIn(year);
      const born = random.chance(0.03) ? (random.chance(0.03) ? 3 : 2) : 1;
      const shared = { birthDate, parents, phones: random.pick(phones), isChild: true };
      if (born === 1) this.#addChild(household, { ...shared, taken, father, relative });
      else this.#addMultiples(household, { ...shared, taken, born });
      left -= born;
      year += random.pick([1, 1, 2, 2, 2, 3, 3, 4, 5]);
    }
    // A cousin of the same age who has the name of a child of the house, and lives there as well.
    if (random.chance(0.0005)) {
      const { sex, firstName, birthYear } = random.pick(household.persons);
      const birthDate = this.#dateIn(clampTo(birthYear + random.integer(-1, 1), LAST_YEAR - 1));
      this.#add(household, { sex, firstName, birthDate, isChild: true, parents: this.#makeParents(household) });
    }
    if (father?.suffix === null && random.chance(0.01)) father.suffix = 'II';
  }

  #makeParents(household: Household): Parents {
    const random = this.#random;
    return {
      motherFirstName: this.names.firstName('F', 'old', random),
      motherMaidenName: random.chance(0.12) ? household.surname : this.#familyName(),
      fatherFirstName: this.names.firstName('M', 'old', random),
    };
  }

  #addChild(
    household: Household,
    child: Birth & { readonly father: TruePerson | null; readonly relative: Household | null },
  ): void {
    const random = this.#random;
    const sex = random.chance(0.5) ? 'F' : 'M';
    const { father, taken, relative } = child;
    if (sex === 'M' && father !== null && father.suffix === null && random.chance(0.09)) {
      // The son has his father's name, and mostly the middle name as well.
      const middleName = random.chance(0.7) ? father.middleName : this.#middleName(sex);
      const suffix = random.chance(0.9) ? 'JR' : 'II';
      if (suffix === 'JR') father.suffix = 'SR';
      taken.add(father.firstName);
      this.#add(household, {
        ...child,
        sex,
        firstName: father.firstName,
        middleName,
        suffix,
        lastName: father.lastNames[0]!,
      });
      return;
    }
    let firstName = this.names.firstName(sex, 'young', random);
    const namesake = relative?.persons.find((person) => person.isChild && person.sex === sex);
    if (namesake !== undefined && random.chance(0.15)) firstName = namesake.firstName;
    // Half-siblings may have one name; others do not.
    while (taken.has(firstName) && !random.chance(0.01)) firstName = this.names.firstName(sex, 'young', random);
    taken.add(firstName);
    this.#add(household, { ...child, sex, firstName });
  }

  /** Twins and triplets: often of one sex, with names alike, and with Social Security numbers in a row. */
  #addMultiples(household: Household, children: Birth & { readonly born: number }): void {
    const random = this.#random;
    const { born, taken } = children;
    const firstSex = random.chance(0.5) ? 'F' : 'M';
    const ssn = makeSsn(random, 7);
    const hasSsn = random.chance(0.75);
    const alike = random.chance(0.55);
    const middleName = this.#middleName(firstSex);
    const twinOf = this.#persons;
    const medicaid = Number(random.digits(9));
    const given: string[] = [];
    const isGiven = (name: string): boolean => given.some((other) => this.names.mayBeOne(name, other));
    let before: string | null = null;
    for (let order = 1; order <= born; order++) {
      const sex = random.chance(0.68) ? firstSex : firstSex === 'F' ? 'M' : 'F';
      let firstName: string;
      // Some names have no other like them but those of their brothers and sisters.
      let tries = 0;
      do {
        firstName =
          before !== null && alike && ++tries < 1000
            ? this.names.nameLike(before, sex, random)
            : this.names.firstName(sex, 'young', random);
      } while (taken.has(firstName) || isGiven(firstName));
      taken.add(firstName);
      before = firstName;
      const shared = sex === firstSex && random.chance(0.25) ? middleName : this.#middleName(sex);
      const middle = shared !== null && isGiven(shared) ? null : shared;
      given.push(firstName, ...(middle === null ? [] : [middle]));
      this.#add(household, {
        ...children,
        sex,
        firstName,
        middleName: middle,
        birthOrder: order,
        twinOf,
        ssn: hasSsn ? String(Number(ssn) + order - 1).padStart(9, '0') : null,
        medicaidId: random.chance(0.5) ? `1${String(medicaid + order).padStart(11, '0')}` : undefined,
      });
    }
  }

  #middleName(sex: 'F' | 'M'): string | null {
    return this.#random.chance(0.8) ? this.names.firstName(sex, 'old', this.#random) : null;
  }

  #phones(household: Household): string[] {
    const random = this.#random;
    let own = makePhone(random);
    const usesOwn = random.chance(0.7);
    return household.homes.map((home) => {
      if (random.chance(0.22)) own = makePhone(random);
      return usesOwn ? own : home.phone;
    });
  }

  #add(household: Household, wanted: Wanted): TruePerson {
    const random = this.#random;
    const { sex, birthDate, isChild = false } = wanted;
    const birthYear = Number(birthDate.slice(0, 4));
    const cohort: Cohort = birthYear < 1985 ? 'old' : 'young';
    const grownUp = isChild && birthYear < 2003 && random.chance(0.5);
    const ownHome = grownUp ? this.#home() : null;
    const medicaidId = wanted.medicaidId ?? `1${random.digits(11)}`;
    const hasMedicaid = random.chance(0.35);
    const hasSsn = random.chance(0.8);
    const person: TruePerson = {
      number: this.#persons++,
      household,
      twinOf: wanted.twinOf ?? null,
      sex,
      birthDate,
      birthYear,
      firstName: wanted.firstName ?? this.names.firstName(sex, cohort, random),
      middleName: wanted.middleName === undefined ? this.#middleName(sex) : wanted.middleName,
      lastNames: this.#lastNames(household, wanted, birthYear),
      suffix: wanted.suffix ?? null,
      birthOrder: wanted.birthOrder ?? null,
      ssn: wanted.ssn !== undefined ? wanted.ssn : hasSsn ? makeSsn(random, 9) : null,
      medicaidIds: hasMedicaid ? [medicaidId, random.chance(0.06) ? `1${random.digits(11)}` : medicaidId] : [],
      parents: wanted.parents ?? null,
      phones: ownHome === null ? (wanted.phones ?? this.#phones(household)) : this.#phones(household),
      homes: ownHome === null ? household.homes : [household.homes[0]!, household.homes[1]!, ownHome],
      isChild,
    };
    household.persons.push(person);
    return person;
  }

  #lastNames(household: Household, wanted: Wanted, birthYear: number): string[] {
    const random = this.#random;
    const { surname } = household;
    const { sex, bornAs, parents, lastName, twinOf } = wanted;
    if (lastName !== undefined) return [lastName, lastName, lastName];
    if (wanted.isChild && parents != null) {
      // Born under the mother's name; later under the father's. Twins have one name.
      if (twinOf === undefined && random.chance(0.07)) {
        const later = random.chance(0.6) ? surname : parents.motherMaidenName;
        return [parents.motherMaidenName, later, later];
      }
      if (random.chance(0.02)) {
        const both = `${surname}-${parents.motherMaidenName}`.replace(/^([^-]+)-\1$/, '$1');
        return [both, both, both];
      }
    }
    if (sex === 'M' || birthYear > 2004 || !random.chance(0.3)) return [surname, surname, surname];
    // She married, and took a name or added one, or was divorced and took hers again.
    const maiden = bornAs ?? this.#familyName();
    const married = random.chance(0.15) ? `${maiden}-${surname}` : surname;
    const last = random.chance(0.12) ? maiden : married;
    return random.chance(0.6) ? [maiden, married, last] : [maiden, maiden, married];
  }

  /** A day of the year. Some are known by month or year alone. */
  #dateIn(year: number): string {
    const random = this.#random;
    if (random.chance(0.006)) return `${year}-01-01`;
    const month = String(random.integer(1, 12)).padStart(2, '0');
    const day = random.chance(0.01) ? 1 : random.integer(1, month === '02' ? 28 : 30);
    return `${year}-${month}-${String(day).padStart(2, '0')}`;
  }
}

/** What is settled of a person beforehand. */
interface Wanted {
  readonly sex: 'F' | 'M';
  readonly birthDate: string;
  readonly firstName?: string;
  readonly middleName?: string | null;
  readonly lastName?: string;
  /** The name of a woman before she married. */
  readonly bornAs?: string;
  readonly suffix?: string;
  readonly birthOrder?: number;
  readonly twinOf?: number;
  readonly ssn?: string | null;
  readonly medicaidId?: string | undefined;
  readonly parents?: Parents | undefined;
  readonly phones?: readonly string[] | undefined;
  readonly isChild?: boolean | undefined;
}

/** What children born together share; `taken` has the first names of the family's children, and gets theirs. */
interface Birth extends Pick<Wanted, 'birthDate' | 'parents' | 'phones' | 'isChild'> {
  readonly taken: Set<string>;
}

/** The year in which somebody was born who is at least as old as a parent may be. */
function clampYear(year: number): number {
  return clampTo(year, 2008);
}

function clampTo(year: number, last: number): number {
  return Math.max(1930, Math.min(last, year));
}

/** A phone number that may be. */
export function makePhone(random: Random): string {
  return `${random.pick(AREA_CODES)}${random.integer(2, 9)}${random.digits(6)}`;
}

/** A Social Security number that could be one, ending in a digit up to `lastDigit`. */
export function makeSsn(random: Random, lastDigit: number): string {
  const area = String(random.integer(1, 665)).padStart(3, '0');
  const group = String(random.integer(1, 99)).padStart(2, '0');
  return `${area}${group}${String(random.integer(100, 998)).padStart(3, '0')}${random.integer(1, lastDigit)}`;
}
