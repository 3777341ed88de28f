/**
 * What sites write down of people: each site in its own way, with what is missing, abbreviated, outdated or wrong.
 *
 * The rates are those of a registry's history: Social Security numbers are mostly missing, a third of the phones, half of
 * the mothers' names; of two records of one person, three quarters agree in the first name and nine tenths in the birth
 * date.
 */
import { PATIENT, type PatientField, type Row } from '../../src/core/model.js';
import { normalizePhone, normalizeZip } from '../../src/core/normalize/address.js';
import { normalizeName } from '../../src/core/normalize/name.js';
import type { Normalizer } from '../../src/core/normalize/reading.js';
import { normalizeText } from '../../src/core/normalize/text.js';
import { normalizeSsn } from '../../src/core/normalize/value.js';
import { EPOCHS, type Home, makePhone, makeSsn, type TruePerson } from './households.js';
import type { PersonNames } from './person-names.js';
import type { Random } from './random.js';
import { mistakeDate, mistype, mistypeDigits } from './typing-errors.js';

/** In what a record departs from what is so now: the names of the bits of {@link Recorded.changes}. */
export const CHANGES = [
  'newborn name', 'nickname', 'other spelling', 'first name mistyped', 'first name cut or moved', 'last name mistyped',
  'other last name', 'part of last name', 'names swapped', 'birth date wrong', 'sex wrong', 'earlier or other home',
  'earlier phone', 'id of a relative', 'id mistyped', 'no address, no phone', 'damaged', 'other middle name',
  'other mother',
] as const; // biome-ignore format: a list of words
export type Change = (typeof CHANGES)[number];

/** One record of one person. */
export interface Recorded {
  readonly row: Row;
  /** A bit for each of {@link CHANGES} that was made. */
  readonly changes: number;
}

const SLOTS = Object.keys(PATIENT).length;

/** How a site writes, and how often it knows what: shares from 0 to 1. */
interface Style {
  readonly capitals: boolean;
  readonly accents: boolean;
  /** What becomes of apostrophes and hyphens. */
  readonly marks: 'keep' | 'drop' | 'blank';
  readonly longestName: number;
  readonly middle: 'full' | 'initial' | 'none';
  readonly charts: 'person' | 'family' | 'none';
  readonly longStreets: boolean;
  readonly unitInStreet: boolean;
  readonly longZips: boolean;
  readonly suffix: number;
  readonly ssn: number;
  readonly medicaid: number;
  readonly phone: number;
  readonly address: number;
  readonly mother: number;
  readonly guardian: number;
  readonly multiple: number;
  /** Whether everybody is born alone, since the system puts that where nothing is said. */
  readonly allSingle: boolean;
  readonly alias: number;
}

/** A site: a clinic, a hospital, a pharmacy. */
export class Site {
  readonly id: string;
  readonly style: Style;
  /** Its own phone, which stands where none was known. */
  readonly phone: string;
  #records = 0;
  #charts = 1000;

  constructor(number: number, random: Random) {
    this.id = `MA${String(1000 + number)}`;
    this.phone = makePhone(random);
    this.style = {
      capitals: random.chance(0.55),
      accents: random.chance(0.15),
      marks: random.pick(['keep', 'keep', 'keep', 'drop', 'blank']),
      longestName: random.chance(0.06) ? 12 : 40,
      middle: random.pick(['full', 'full', 'initial', 'initial', 'none']),
      charts: random.pick(['person', 'person', 'person', 'family', 'none', 'none']),
      longStreets: random.chance(0.3),
      unitInStreet: random.chance(0.5),
      longZips: random.chance(0.2),
      suffix: random.pick([0, 0.7, 0.9]),
      ssn: random.pick([0, 0.05, 0.2, 0.4, 0.8]),
      medicaid: random.pick([0, 0.3, 0.8, 0.9]),
      phone: random.pick([0.3, 0.7, 0.8, 0.95]),
      address: random.pick([0.6, 0.85, 0.95, 0.98]),
      mother: random.pick([0, 0.3, 0.8, 0.9]),
      guardian: random.pick([0, 0.4, 0.9]),
      multiple: random.pick([0, 0.6, 0.9]),
      allSingle: random.chance(0.15),
      alias: random.pick([0, 0, 0.3]),
    };
  }

  nextId(): string {
    return String(100_000 + ++this.#records);
  }

  /** The id that was given last, for another record. */
  lastId(): string {
    return String(100_000 + this.#records);
  }

  nextChart(): string {
    return String(++this.#charts);
  }

  lastChart(): string {
    return String(this.#charts);
  }
}

/** A record under construction. */
class Draft {
  readonly row: Row = new Array<string | null>(SLOTS).fill(null);
  changes = 0;

  set(field: PatientField, value: string | null): void {
    this.row[PATIENT[field]] = value;
  }

  get(field: PatientField): string | null {
    return this.row[PATIENT[field]]!;
  }

  mark(change: Change): void {
    this.changes |= 1 << CHANGES.indexOf(change);
  }
}

/** Writes records of persons. */
export class RecordKeeping {
  readonly #random: Random;
  readonly #names: PersonNames;

  constructor(names: PersonNames, random: Random) {
    this.#names = names;
    this.#random = random;
  }

  /**
   * A record of the person that the site made at that time.
   * @param earlier the person's record of the same site, whose numbers may be used again
   * @param newborn whether the record was made before the child had a name
   */
  record(person: TruePerson, site: Site, epoch: number, newborn: boolean, earlier: Row | null): Recorded {
    const random = this.#random;
    const draft = new Draft();
    const { style } = site;
    this.#writeIds(draft, person, site, earlier);
    this.#writeBirth(draft, person, style);
    if (newborn) this.#writeNewborn(draft, person);
    else this.#writeNames(draft, person, style, epoch);
    this.#writeNumbers(draft, person, style, newborn);
    this.#writePlace(draft, person, style, epoch);
    this.#writePhones(draft, person, site, epoch);
    if (person.parents !== null) this.#writeParents(draft, person, style, newborn);
    if (random.chance(0.014)) this.#damage(draft);
    for (const field of NAMES) {
      const name = draft.get(field);
      if (name !== null) draft.set(field, write(name, style));
    }
    for (const [field, read] of READ) {
      const text = draft.get(field);
      if (text !== null) draft.set(field, text === '' ? null : read(text).value);
    }
    if (draft.get('street') === null && draft.get('phone') === null) draft.mark('no address, no phone');
    return draft;
  }

  #writeIds(draft: Draft, person: TruePerson, site: Site, earlier: Row | null): void {
    const random = this.#random;
    draft.set('site_id', site.id);
    // Sent again under the same id, or, once in a long while, under an id that is another patient's.
    const again = earlier !== null && random.chance(0.15) ? earlier[PATIENT.source_patient_id]! : null;
    draft.set('source_patient_id', again ?? (random.chance(0.0002) ? site.lastId() : site.nextId()));
    if (site.style.charts === 'none' || random.chance(0.15)) return;
    const chart = earlier?.[PATIENT.chart_number] ?? null;
    if (site.style.charts === 'family') draft.set('chart_number', `F${person.household.number}`);
    else if (chart !== null && random.chance(0.6)) draft.set('chart_number', chart);
    else draft.set('chart_number', random.chance(0.004) ? site.lastChart() : site.nextChart());
  }

  #writeBirth(draft: Draft, person: TruePerson, style: Style): void {
    const random = this.#random;
    const wrong = random.chance(0.047);
    if (wrong) draft.mark('birth date wrong');
    draft.set('birth_date', wrong ? mistakeDate(person.birthDate, random) : person.birthDate);
    if (random.chance(0.006)) {
      draft.mark('sex wrong');
      draft.set('sex', person.sex === 'F' ? 'M' : 'F');
    } else if (!random.chance(0.02)) draft.set('sex', random.chance(0.015) ? 'U' : person.sex);
    if (style.allSingle) draft.set('multiple_birth', 'N');
    else if (person.birthOrder !== null) {
      if (!random.chance(style.multiple)) return;
      draft.set('multiple_birth', 'Y');
      if (random.chance(0.7)) draft.set('birth_order', String(person.birthOrder));
    } else if (random.chance(style.multiple * 0.6)) {
      draft.set('multiple_birth', 'N');
      // Some write the child's place among its siblings, and some 1 for everybody.
      if (random.chance(0.1)) draft.set('birth_order', '1');
    }
  }

  #writeNewborn(draft: Draft, person: TruePerson): void {
    const random = this.#random;
    draft.mark('newborn name');
    const boy = person.sex === 'M';
    const mother = person.parents?.motherFirstName ?? null;
    const lastName =
      random.chance(0.25) && person.parents !== null ? person.parents.motherMaidenName : person.lastNames[0]!;
    const words = boy
      ? ['BABY BOY', 'BABY BOY', 'BABYBOY', 'BOY', 'BB', 'INFANT BOY', 'MALE', 'NEWBORN', 'BABY', 'INFANT', 'NB']
      : [
          'BABY GIRL',
          'BABY GIRL',
          'BABYGIRL',
          'GIRL',
          'BG',
          'INFANT GIRL',
          'FEMALE',
          'NEWBORN',
          'BABY',
          'INFANT',
          'NB',
        ];
    let name = random.pick(words);
    const kind = random.next();
    if (person.birthOrder !== null && kind < 0.65) {
      const order = random.chance(0.6) ? 'ABC'.charAt(person.birthOrder - 1) : String(person.birthOrder);
      name = `${random.chance(0.4) ? 'TWIN' : name} ${order}`;
    } else if (kind < 0.69) name = `BABY${boy ? 'BOY' : 'GIRL'}${lastName.toUpperCase()}`;
    else if (kind < 0.73 && mother !== null) name = `${boy ? 'BB' : 'BG'} ${mother.toUpperCase()}`;
    draft.set('first_name', name);
    draft.set('last_name', lastName);
    if (lastName !== person.lastNames[EPOCHS - 1]) draft.mark('other last name');
  }

  #writeNames(draft: Draft, person: TruePerson, style: Style, epoch: number): void {
    const random = this.#random;
    const names = this.#names;
    let first: string | null = person.firstName;
    let middle = person.middleName;
    let last = person.lastNames[epoch]!;
    if (last !== person.lastNames[EPOCHS - 1]) draft.mark('other last name');
    if (style.alias > 0 && last !== person.lastNames[0] && random.chance(style.alias)) {
      draft.set('alias_last_name', person.lastNames[0]!);
    }

    const nickname = random.chance(0.14) ? names.nickname(first, random) : null;
    const spelling = random.chance(0.035) ? names.spelling(first, random) : null;
    if (nickname !== null) {
      draft.mark('nickname');
      if (random.chance(style.alias)) draft.set('alias_first_name', first);
      first = nickname;
    } else if (spelling !== null) {
      draft.mark('other spelling');
      first = spelling;
    } else if (middle !== null && random.chance(0.03)) {
      // Known by the middle name, or by both.
      draft.mark('first name cut or moved');
      const kind = random.next();
      if (kind < 0.5) [first, middle] = [middle, kind < 0.25 ? null : first];
      else [first, middle] = [kind < 0.8 ? `${first} ${middle}` : `${first} ${middle.charAt(0)}`, null];
    } else if (random.chance(0.006)) {
      draft.mark('first name cut or moved');
      first = random.chance(0.5) ? first.charAt(0) : first.slice(0, 4);
    }
    if (random.chance(0.034)) {
      draft.mark('first name mistyped');
      first = mistype(first, random);
    }

    if (random.chance(0.3) && /[ -]/.test(last) && !/^(?:De|De La|Van|St\.|El)[ -]/.test(last)) {
      // One of two names, or both joined in another way.
      const parts = last.split(/[ -]/);
      const kind = random.next();
      if (kind < 0.7) draft.mark('part of last name');
      last = kind < 0.45 ? parts[0]! : kind < 0.7 ? parts.at(-1)! : parts.join(kind < 0.9 ? '-' : '');
    }
    const otherLast = random.chance(0.015) ? names.spelling(last, random) : null;
    if (otherLast !== null) {
      draft.mark('other spelling');
      last = otherLast;
    } else if (random.chance(0.028)) {
      draft.mark('last name mistyped');
      last = mistype(last, random);
    }
    if (random.chance(0.004)) {
      draft.mark('names swapped');
      [first, last] = [last, first];
    }
    if (random.chance(0.001)) first = null;
    draft.set('first_name', first);
    draft.set('last_name', last);
    if (middle !== null && style.middle !== 'none' && random.chance(0.85)) {
      const written = this.#writeMiddle(draft, middle, person);
      draft.set('middle_name', style.middle === 'full' && random.chance(0.8) ? written : written.charAt(0));
    }
    if (person.suffix !== null && random.chance(style.suffix)) draft.set('suffix', person.suffix);
  }

  /** The middle name as it is, mistyped, or another one: that of a confirmation, or the mother's name. */
  #writeMiddle(draft: Draft, middle: string, person: TruePerson): string {
    const random = this.#random;
    const kind = random.next();
    if (kind > 0.045) return middle;
    draft.mark('other middle name');
    if (kind < 0.02) return mistype(middle, random);
    if (kind < 0.03 && person.parents !== null) return person.parents.motherMaidenName;
    return this.#names.firstName(person.sex, 'old', random);
  }

  /** The mother's first name, or what she is called; now and then that of another woman, who brings the child. */
  #writeMother(draft: Draft, first: string): string {
    const random = this.#random;
    const kind = random.next();
    if (kind > 0.11) return first;
    draft.mark('other mother');
    if (kind < 0.025) return mistype(first, random);
    if (kind < 0.045) return this.#names.firstName('F', 'old', random);
    return this.#names.nickname(first, random) ?? this.#names.spelling(first, random) ?? first;
  }

  /** The numbers of the state: the person's own, mistyped, or those of a relative. */
  #writeNumbers(draft: Draft, person: TruePerson, style: Style, newborn: boolean): void {
    const random = this.#random;
    const relatives = person.household.persons;
    const ssnShare = style.ssn * (person.isChild ? 0.6 : 1);
    if (!newborn && random.chance(ssnShare)) {
      // A child is insured under a parent's number; and people mix up their family's cards.
      const relative = random.chance(person.isChild ? 0.04 : 0.006) ? random.pick(relatives) : person;
      if (relative !== person) draft.mark('id of a relative');
      draft.set('ssn', this.#copyNumber(draft, random.chance(0.008) ? makeSsn(random, 9) : relative.ssn));
    }
    if (random.chance(style.medicaid)) {
      const borrows = random.chance(newborn ? 0.4 : 0.012);
      const relative = borrows ? (relatives.find((other) => !other.isChild) ?? person) : person;
      if (relative !== person) draft.mark('id of a relative');
      const ids = relative.medicaidIds;
      draft.set('medicaid_id', ids.length === 0 ? null : this.#copyNumber(draft, random.pick(ids)));
    }
  }

  #copyNumber(draft: Draft, number: string | null): string | null {
    if (number === null || !this.#random.chance(0.04)) return number;
    draft.mark('id mistyped');
    return mistypeDigits(number, this.#random);
  }

  #writePlace(draft: Draft, person: TruePerson, style: Style, epoch: number): void {
    const random = this.#random;
    if (!random.chance(style.address)) {
      if (random.chance(0.3)) draft.set('zip', person.homes[epoch]!.zip);
      return;
    }
    const { otherHome } = person.household;
    const away = otherHome !== null && person.isChild && random.chance(0.3);
    const home = away ? otherHome : person.homes[epoch]!;
    if (home !== person.homes[EPOCHS - 1]) draft.mark('earlier or other home');
    if (random.chance(0.002)) draft.set('street', random.pick(['HOMELESS', 'GENERAL DELIVERY', 'UNKNOWN']));
    else if (random.chance(0.012)) draft.set('street', `PO Box ${(home.number * 7) % 1000}`);
    else this.#writeStreet(draft, home, style);
    const street = draft.get('street')!;
    if (random.chance(0.025)) draft.set('street', mistype(street, random));
    else if (style.capitals) draft.set('street', street.toUpperCase());
    if (!random.chance(0.02)) draft.set('city', style.capitals ? home.city.toUpperCase() : home.city);
    if (!random.chance(0.03)) draft.set('state', 'MA');
    if (random.chance(0.03)) return;
    const zip = random.chance(0.01) ? mistypeDigits(home.zip, random) : home.zip;
    draft.set('zip', style.longZips ? `${zip}-${String(1001 + home.number * 3).padStart(4, '0')}` : zip);
  }

  #writeStreet(draft: Draft, home: Home, style: Style): void {
    const random = this.#random;
    const long = style.longStreets !== random.chance(0.1);
    const kind = long ? LONG_KINDS[home.kind]! : home.kind;
    const name = long
      ? home.street
      : home.street.replace(/^(North|South|East|West) /, (direction) => `${direction[0]} `);
    const street = random.chance(0.03) ? `${home.number} ${name}` : `${home.number} ${name} ${kind}`;
    draft.set('street', street);
    if (home.unit === null || random.chance(0.15)) return;
    const unit = `${random.pick(['Apt', 'Apt', 'Apt', '#', 'Unit'])} ${home.unit}`.replace('# ', '#');
    if (style.unitInStreet) draft.set('street', `${street} ${unit}`);
    else draft.set('street_2', unit);
  }

  #writePhones(draft: Draft, person: TruePerson, site: Site, epoch: number): void {
    const random = this.#random;
    if (!random.chance(site.style.phone)) return;
    let phone = person.phones[random.chance(0.08) ? 0 : epoch]!;
    if (phone !== person.phones[EPOCHS - 1]) draft.mark('earlier phone');
    if (random.chance(0.006)) phone = site.phone;
    else if (random.chance(0.012)) phone = mistypePhone(phone, random);
    draft.set('phone', phone);
    if (random.chance(0.2)) draft.set('phone_2', person.homes[epoch]!.phone);
    if (person.parents !== null && random.chance(site.style.guardian * 0.5)) draft.set('guardian_phone', phone);
  }

  #writeParents(draft: Draft, person: TruePerson, style: Style, newborn: boolean): void {
    const random = this.#random;
    const parents = person.parents!;
    const age = 2026 - person.birthYear;
    const known = newborn ? 0.8 : style.mother * (age < 25 ? 1 : 0.4);
    if (random.chance(known)) {
      const part = random.chance(0.1) ? parents.motherMaidenName.split(/[ -]/)[0]! : parents.motherMaidenName;
      // Many write the mother's name of now.
      const maiden = random.chance(0.1) ? person.household.surname : part;
      draft.set('mother_maiden_last_name', random.chance(0.03) ? mistype(maiden, random) : maiden);
    }
    if (random.chance(known)) draft.set('mother_first_name', this.#writeMother(draft, parents.motherFirstName));
    if (newborn || age > 20 || !random.chance(style.guardian)) return;
    const father = random.chance(0.25);
    const mother = this.#writeMother(draft, parents.motherFirstName);
    draft.set('guardian_first_name', father ? parents.fatherFirstName : mother);
    draft.set('guardian_last_name', person.household.surname);
    draft.set('guardian_relationship', father ? 'FTH' : 'MTH');
  }

  /** A record that went through many hands: several things wrong at once. */
  #damage(draft: Draft): void {
    const random = this.#random;
    draft.mark('damaged');
    for (let times = random.integer(2, 4); times > 0; times--) {
      const field = random.pick(DAMAGED);
      const value = draft.get(field);
      if (value === null) continue;
      if (field === 'birth_date') draft.set(field, mistakeDate(value, random));
      else if (field === 'first_name' || field === 'last_name') draft.set(field, this.#damageName(value));
      else draft.set(field, null);
    }
  }

  #damageName(name: string): string {
    const random = this.#random;
    // UTF-8 that was read as Latin-1, the start of a name, two slips.
    if (/[^ -~]/.test(name)) return Buffer.from(name, 'utf8').toString('latin1');
    return random.chance(0.3) ? name.slice(0, 3) : mistype(mistype(name, random), random);
  }
}

const NAMES = [
  'last_name', 'first_name', 'middle_name', 'alias_last_name', 'alias_first_name', 'mother_maiden_last_name',
  'mother_first_name', 'guardian_last_name', 'guardian_first_name',
] as const satisfies readonly PatientField[]; // biome-ignore format: a list of fields
/** What is written is read again as immload reads it: a number that cannot be is none. */
const READ: readonly (readonly [PatientField, Normalizer])[] = [
  ...NAMES.map((field) => [field, normalizeName] as const),
  ['street', normalizeText],
  ['zip', normalizeZip],
  ['phone', normalizePhone],
  ['ssn', normalizeSsn],
];
const DAMAGED = [
  'first_name', 'last_name', 'birth_date', 'sex', 'ssn', 'medicaid_id', 'phone', 'street', 'zip', 'middle_name',
  'mother_maiden_last_name',
] as const satisfies readonly PatientField[]; // biome-ignore format: a list of fields

const LONG_KINDS: Readonly<Record<string, string>> = {
  St: 'Street',
  Ave: 'Avenue',
  Rd: 'Road',
  Dr: 'Drive',
  Ln: 'Lane',
  Ct: 'Court',
  Ter: 'Terrace',
  Pl: 'Place',
};

/** The last seven digits are mistyped: with another area code it would be no number at all. */
function mistypePhone(phone: string, random: Random): string {
  return phone.slice(0, 4) + mistypeDigits(phone.slice(4), random);
}

/** A name as the site writes it. */
function write(name: string, style: Style): string {
  let text = name;
  if (!style.accents && /[^ -~]/.test(text)) text = text.normalize('NFD').replace(/\p{M}/gu, '');
  if (style.marks !== 'keep' && /['.-]/.test(text)) {
    text = text.replace(/-/g, style.marks === 'drop' ? '' : ' ').replace(/['.]/g, '');
  }
  if (style.capitals) text = text.toUpperCase();
  return text.length > style.longestName ? text.slice(0, style.longestName).trim() : text;
}
