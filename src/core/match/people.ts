/** The patients of a submission as matching compares them: numbers side by side, some 120 bytes a record. */
import { PATIENT, type PatientField, type Row } from '../model.js';
import { isNewbornName, isTestName, isUnknownName, nameKey, splitSuffix } from '../normalize/name.js';
import { isGivenName } from './given-names.js';
import { hashText, ssnCheckOf } from './keys.js';
import { fullNameOf, isFullName, nicknameGroups } from './nicknames.js';
import { soundex, soundOf } from './similarity.js';
import { readStreet } from './street.js';

/** A name in the form in which names are compared, and what comparing needs to know of it, worked out once. */
export interface ComparedName {
  readonly text: string;
  readonly soundex: number;
  /** As `soundOf` has it: finer than Soundex. */
  readonly sound: string;
  /** The sound of the name that it is short for; its own if it is short for none. */
  readonly fullSoundex: number;
  /** Groups of short and pet forms that it belongs to. */
  readonly groups: readonly number[];
  /** Whether it is a full name that others are short for. */
  readonly isFull: boolean;
  /** Whether it is known as a first name of its own. */
  readonly isGiven: boolean;
  /** Words of four letters and more, of a name that has several. */
  readonly words: readonly string[];
  /** The name without blanks. */
  readonly joined: string;
}

const NO_WORDS: readonly string[] = [];

/** Distinct texts, by number from 1; 0 stands for none. */
class Texts<T> {
  readonly #numbers = new Map<string, number>();
  readonly #items: (T | null)[] = [null];
  readonly #read: (text: string) => T;

  constructor(read: (text: string) => T) {
    this.#read = read;
  }

  numberOf(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#items.push(this.#read(text)) - 1;
      this.#numbers.set(text, number);
    }
    return number;
  }

  /** @throws TypeError for 0 */
  at(number: number): T {
    return this.#items[number]!;
  }

  get size(): number {
    return this.#items.length;
  }
}

/** A name said twice, as some systems fill a second field, is the name. */
function sayOnce(key: string): string {
  if (key.length % 2 === 0) return key;
  const half = (key.length - 1) / 2;
  return key[half] === ' ' && key.slice(0, half) === key.slice(half + 1) ? key.slice(0, half) : key;
}

function readName(text: string): ComparedName {
  const words = text.includes(' ') ? text.split(' ').filter((word) => word.length >= 4) : NO_WORDS;
  const joined = text.replaceAll(' ', '');
  const groups = nicknameGroups(text);
  return {
    text,
    soundex: soundex(joined),
    sound: soundOf(joined),
    fullSoundex: groups.length === 0 ? soundex(joined) : soundex(fullNameOf(groups[0]!)),
    groups,
    isFull: isFullName(text),
    isGiven: isGivenName(text),
    words,
    joined,
  };
}

/** Columns of whole numbers, by name. */
const INTEGERS = [
  'first', 'last', 'middle', 'otherFirst', 'otherLast', 'maiden', 'motherFirst', 'guardianLast', 'guardianMother',
  'birth', 'sex', 'suffix', 'order', 'site', 'streetNumber', 'street', 'unit', 'city', 'state', 'flags', 'ssnCheck', 'hash',
] as const; // biome-ignore format: a list of names
/** Columns of ids, as {@link idNumber} has them. */
const IDS = ['ssn', 'medicaid', 'chart', 'phone', 'phone2', 'guardianPhone', 'zip'] as const;

export type IntegerColumn = (typeof INTEGERS)[number];
export type IdColumn = (typeof IDS)[number];

/** Bits of the column `flags`. */
export const Flag = {
  multipleBirth: 2,
  /** A name for trying a system out, or for nobody: never matched by what it says. */
  nobody: 4,
} as const;

/** Last names that stand for nobody in particular, beside those of test patients. */
const NOBODY = new Set(['DOE', 'TEST', 'ZZTEST', 'ZZZTEST', 'TESTPATIENT', 'DONOTUSE', 'DO NOT USE']);

/** What may be a newborn's temporary name with another name behind it; by itself it is too little to say so of a name. */
const NEWBORN_OF = /^(?:BB|BG|BABY|INFANT|NEWBORN)(?= )/;

/** The fields that are compared. */
export const COMPARED_PATIENT_FIELDS = [
  'first_name', 'last_name', 'middle_name', 'alias_first_name', 'alias_last_name', 'mother_maiden_last_name',
  'mother_first_name', 'birth_date', 'street', 'street_2', 'city', 'state', 'zip', 'ssn', 'medicaid_id', 'chart_number',
  'phone', 'phone_2', 'guardian_first_name', 'guardian_last_name', 'guardian_phone', 'guardian_relationship', 'suffix',
  'sex', 'birth_order', 'multiple_birth',
] as const satisfies readonly PatientField[]; // biome-ignore format: a list of names

const INITIAL_ROOM = 1024;

/** Birth dates that stand for "not known" in many systems. */
const PLACEHOLDER_BIRTHS = new Set([19000101, 19700101]);

/** Records to be matched with each other. */
export class PeopleSet {
  readonly names = new Texts(readName);
  /** Streets, cities and the like, compared letter by letter. */
  readonly places = new Texts((text) => text);
  readonly #suffixes = new Texts((text) => text);
  #size = 0;
  /** Whole numbers by column: numbers of names and places, days as yyyymmdd; 0 where nothing is known. */
  readonly integers = Object.fromEntries(INTEGERS.map((name) => [name, new Int32Array(INITIAL_ROOM)])) as Record<
    IntegerColumn,
    Int32Array
  >;
  readonly ids = Object.fromEntries(IDS.map((name) => [name, new Float64Array(INITIAL_ROOM)])) as Record<
    IdColumn,
    Float64Array
  >;

  get size(): number {
    return this.#size;
  }

  /**
   * Adds a normalized patient row and gives its index. Of a stored patient's Social Security number no more than
   * `ssnCheck` may be known.
   */
  add(row: Row, ssnCheck: number | null = ssnCheckOf(row[PATIENT.ssn])): number {
    const index = this.#size++;
    if (index === this.integers.first.length) this.#grow();
    const { integers, ids } = this;
    const text = (slot: number): string | null => row[slot] ?? null;

    const last = this.#splitName(text(PATIENT.last_name));
    const first = this.#splitName(text(PATIENT.first_name));
    const suffix = text(PATIENT.suffix) ?? last.suffix ?? first.suffix;
    const isNewborn = first.name !== null && (isNewbornName(first.name) || NEWBORN_OF.test(nameKey(first.name)));
    const isNobody = last.name !== null && (NOBODY.has(nameKey(last.name)) || isTestName(last.name, first.name));
    integers.last[index] = this.#name(last.name);
    integers.first[index] = isNewborn ? 0 : this.#name(first.name);
    integers.middle[index] = this.#name(text(PATIENT.middle_name));
    integers.otherFirst[index] = this.#name(text(PATIENT.alias_first_name));
    integers.otherLast[index] = this.#name(text(PATIENT.alias_last_name));
    integers.maiden[index] = this.#name(text(PATIENT.mother_maiden_last_name));
    integers.motherFirst[index] = this.#name(text(PATIENT.mother_first_name));
    integers.guardianLast[index] = this.#name(text(PATIENT.guardian_last_name));
    integers.guardianMother[index] =
      text(PATIENT.guardian_relationship) === 'MTH' ? this.#name(text(PATIENT.guardian_first_name)) : 0;
    ids.guardianPhone[index] = idNumber(text(PATIENT.guardian_phone));
    const birth = Number((text(PATIENT.birth_date) ?? '').replaceAll('-', ''));
    integers.birth[index] = PLACEHOLDER_BIRTHS.has(birth) ? 0 : birth;
    const sex = text(PATIENT.sex) ?? (isNewborn ? sexOfNewborn(first.name!) : null);
    integers.sex[index] = sex === 'F' ? 1 : sex === 'M' ? 2 : 0;
    integers.suffix[index] = suffix === null ? 0 : this.#suffixes.numberOf(suffix);
    const toldOrder = isNewborn ? orderOfNewborn(first.name!) : 0;
    integers.order[index] = Number(text(PATIENT.birth_order) ?? toldOrder);
    integers.flags[index] =
      (text(PATIENT.multiple_birth) === 'Y' || toldOrder > 0 ? Flag.multipleBirth : 0) | (isNobody ? Flag.nobody : 0);
    const line = text(PATIENT.street);
    const street = line === null ? null : readStreet(line);
    integers.streetNumber[index] = street === null ? 0 : this.#place(street.number);
    integers.street[index] = street === null ? 0 : this.#place(street.name);
    integers.unit[index] = this.#place(nameKey(text(PATIENT.street_2) ?? ''));
    integers.city[index] = this.#place(nameKey(text(PATIENT.city) ?? ''));
    integers.state[index] = this.#place(text(PATIENT.state) ?? '');
    ids.ssn[index] = idNumber(text(PATIENT.ssn));
    integers.ssnCheck[index] = ssnCheck === null ? 0 : ssnCheck + 1;
    ids.medicaid[index] = idNumber(text(PATIENT.medicaid_id));
    const chart = text(PATIENT.chart_number);
    integers.site[index] = hashText(text(PATIENT.site_id) ?? '') | 0;
    ids.chart[index] = chart === null ? 0 : -hashText(`${text(PATIENT.site_id) ?? ''}\x1f${chart}`);
    ids.phone[index] = idNumber(text(PATIENT.phone));
    ids.phone2[index] = idNumber(text(PATIENT.phone_2));
    ids.zip[index] = idNumber(text(PATIENT.zip)?.slice(0, 5) ?? null);
    integers.hash[index] = this.#hashOf(index);
    return index;
  }

  #splitName(name: string | null): { name: string | null; suffix: string | null } {
    if (name === null || isUnknownName(name)) return { name: null, suffix: null };
    return splitSuffix(name) ?? { name, suffix: null };
  }

  #name(name: string | null): number {
    if (name === null) return 0;
    const key = nameKey(name);
    return key === '' ? 0 : this.names.numberOf(sayOnce(key));
  }

  #place(text: string): number {
    return text === '' ? 0 : this.places.numberOf(text);
  }

  /** Equal for records that say the same, and the same whatever came before: ties are decided by it. */
  #hashOf(index: number): number {
    const { integers, ids } = this;
    const name = (number: number): string => (number === 0 ? '' : this.names.at(number).text);
    const place = (number: number): string => (number === 0 ? '' : this.places.at(number));
    const parts = [
      name(integers.first[index]!), name(integers.last[index]!), name(integers.middle[index]!), integers.birth[index],
      integers.sex[index], integers.ssnCheck[index], ids.medicaid[index], ids.phone[index], ids.zip[index],
      place(integers.street[index]!), place(integers.streetNumber[index]!), name(integers.maiden[index]!),
    ]; // biome-ignore format: a list of values
    return hashText(parts.join('\x1f')) | 0;
  }

  #grow(): void {
    const room = this.integers.first.length * 2;
    for (const name of INTEGERS) {
      const larger = new Int32Array(room);
      larger.set(this.integers[name]);
      this.integers[name] = larger;
    }
    for (const name of IDS) {
      const larger = new Float64Array(room);
      larger.set(this.ids[name]);
      this.ids[name] = larger;
    }
  }
}

/**
 * An id as a number: its digits where it has only those, so that one wrong digit can be seen; else the negative hash of
 * its text. 0 for none.
 */
function idNumber(text: string | null): number {
  if (text === null) return 0;
  // Most are plain digits.
  const plain = /^\d+$/.test(text) ? text : text.replace(/[^\p{L}\d]/gu, '');
  if (plain === '') return 0;
  return /^\d{1,15}$/.test(plain) ? Number(plain) : -hashText(plain.toUpperCase());
}

function sexOfNewborn(name: string): string | null {
  if (/girl|female|bg\b/i.test(name)) return 'F';
  return /boy|male|bb\b/i.test(name) ? 'M' : null;
}

/** The birth order that a name such as `TWIN B` or `BABY BOY 2` tells, 0 if it tells none. */
function orderOfNewborn(name: string): number {
  const order = /(?:\s|-)([A-D])$|([1-4])$/i.exec(name);
  if (order === null) return 0;
  return order[1] === undefined ? Number(order[2]) : order[1].toUpperCase().charCodeAt(0) - 64;
}
