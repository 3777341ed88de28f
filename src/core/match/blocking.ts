/**
 * Which pairs of records are looked at: those that have a key in common, of a few dozen.
 *
 * A pass gives each record a key, or none, and pairs all records of equal keys. A pair that several passes give is taken
 * in the first of them. The pairs do not depend on the order of the records; and those of the fixed model, but for keys that
 * very many have in common, not on what came in the same load and what was stored before.
 */
import type { PeopleSet } from './people.js';
import type { MatchModel } from './weights.js';

/** A way of keying records: the key of record `i`, 0 for none. */
export interface KeyOfPass {
  readonly name: string;
  readonly key: (people: PeopleSet, i: number) => number;
}

/** A pass over all records. */
export interface Pass extends KeyOfPass {
  /** Records in a block before it is divided. */
  readonly largest: number;
  /** Up to this size every two records of a block are a pair; of a larger one, those that share a part of the birth date. */
  readonly whole: number;
}

const soundexOf = (people: PeopleSet, name: number): number => (name === 0 ? 0 : people.names.at(name).soundex);
/** The sound of the full name where the name is a short one. */
const fullSoundexOf = (people: PeopleSet, name: number): number => (name === 0 ? 0 : people.names.at(name).fullSoundex);
const letters = (people: PeopleSet, name: number, count: number): string =>
  name === 0 ? '' : people.names.at(name).joined.slice(0, count);

/** A number for the ZIP code, another one for each pass; 0 where it is not known. */
function zipKey({ ids }: PeopleSet, i: number, salt: number): number {
  const zip = ids.zip[i]!;
  return zip === 0 ? 0 : zip + salt;
}

/** Mixes numbers into one of 32 bits; 0 if any of them is 0. */
function mix(...parts: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const part of parts) {
    if (part === 0) return 0;
    hash = Math.imul(hash ^ (part | 0), 0x85ebca6b);
    hash ^= hash >>> 13;
    const high = Math.trunc(part / 4294967296) | 0;
    if (high !== 0) hash = Math.imul(hash ^ high, 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash === 0 ? 1 : hash;
}

function textKey(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash === 0 ? 1 : hash;
}

/** The keys of passes whose blocks tell much: few people have them in common by chance. */
const NARROW: readonly KeyOfPass[] = [
  { name: 'Social Security number', key: ({ ids }, i) => mix(ids.ssn[i]!) },
  { name: 'Medicaid id', key: ({ ids }, i) => mix(ids.medicaid[i]!) },
  {
    name: 'birth date and last name by sound',
    key: (people, i) => mix(people.integers.birth[i]!, soundexOf(people, people.integers.last[i]!)),
  },
  {
    name: 'birth date and first name by sound',
    key: (people, i) => mix(people.integers.birth[i]!, soundexOf(people, people.integers.first[i]!) * 5),
  },
  {
    name: 'birth date and the beginnings of both names, in any order',
    key: (people, i) => {
      const { integers } = people;
      const [a, b] = [letters(people, integers.first[i]!, 3), letters(people, integers.last[i]!, 3)];
      if (a === '' || b === '') return 0;
      return mix(integers.birth[i]!, textKey(a < b ? `${a},${b}` : `${b},${a}`));
    },
  },
  {
    // Those born in the same year have both names by sound in common: this is for who is given another year.
    name: 'first and last name, and month and day of birth',
    key: ({ integers, names }, i) => {
      const [first, last] = [integers.first[i]!, integers.last[i]!];
      if (first === 0 || last === 0) return 0;
      const name = textKey(`${names.at(first).joined},${names.at(last).joined}`);
      return mix(name, (integers.birth[i]! % 10_000) * 47);
    },
  },
  { name: 'chart number of the site', key: ({ ids }, i) => mix(ids.chart[i]! * 3) },
  {
    name: 'phone and first letter',
    key: (people, i) => {
      const { ids, integers } = people;
      return mix(ids.phone[i]! || ids.phone2[i]!, textKey(letters(people, integers.first[i]!, 1)));
    },
  },
  {
    name: 'address and first letter',
    key: (people, i) => {
      const { ids, integers, places } = people;
      const [street, number] = [integers.street[i]!, integers.streetNumber[i]!];
      if (street === 0 || number === 0) return 0;
      const initial = letters(people, integers.first[i]!, 1);
      return mix(textKey(`${places.at(number)} ${places.at(street)} ${initial}`), ids.zip[i]!);
    },
  },
  { name: 'birth date and ZIP code', key: (people, i) => mix(people.integers.birth[i]!, zipKey(people, i, 7)) },
  {
    name: 'birth date and mother’s maiden name',
    key: (people, i) => mix(people.integers.birth[i]!, soundexOf(people, people.integers.maiden[i]!) * 11),
  },
  {
    name: 'both names by sound and birth year',
    key: (people, i) => {
      const { integers } = people;
      const year = Math.floor(integers.birth[i]! / 10_000);
      return mix(fullSoundexOf(people, integers.first[i]!), soundexOf(people, integers.last[i]!) * 3, year);
    },
  },
  {
    name: 'phone and birth year',
    key: ({ ids, integers }, i) => mix(ids.phone[i]! || ids.phone2[i]!, Math.floor(integers.birth[i]! / 10_000) * 43),
  },
];

/**
 * Keys that many have in common, for records that differ in all of the above. Only small blocks of them are worth it, and of a
 * registry only those who have two parts of the birth date in common.
 */
const WIDE: readonly KeyOfPass[] = [
  {
    name: 'last name by sound and ZIP code',
    key: (people, i) => mix(soundexOf(people, people.integers.last[i]!), zipKey(people, i, 13)),
  },
  {
    name: 'first name by sound and ZIP code',
    key: (people, i) => mix(soundexOf(people, people.integers.first[i]!) * 7, zipKey(people, i, 13)),
  },
  {
    name: 'both names by sound, in any order',
    key: (people, i) => {
      const a = soundexOf(people, people.integers.first[i]!);
      const b = soundexOf(people, people.integers.last[i]!);
      return mix(Math.min(a, b), Math.max(a, b) * 19);
    },
  },
  {
    name: 'house number and beginning of the street',
    key: ({ integers, places }, i) => {
      const [street, number] = [integers.street[i]!, integers.streetNumber[i]!];
      return street === 0 || number === 0 ? 0 : textKey(`${places.at(number)}:${places.at(street).slice(0, 4)}`);
    },
  },
];

/**
 * Further ones that many have in common, for the trained model within a file: where nothing is known of it, each field may be
 * the good one.
 */
const WIDEST: readonly KeyOfPass[] = [
  {
    name: 'street and ZIP code',
    key: (people, i) => mix(people.integers.street[i]!, zipKey(people, i, 17)),
  },
  {
    name: 'last name by sound and city',
    key: (people, i) => mix(soundexOf(people, people.integers.last[i]!) * 23, people.integers.city[i]!),
  },
  {
    name: 'first name by sound and city',
    key: (people, i) => mix(soundexOf(people, people.integers.first[i]!) * 29, people.integers.city[i]!),
  },
  {
    name: 'second address line and ZIP code',
    key: ({ ids, integers }, i) => mix(integers.unit[i]! * 31, ids.zip[i]!),
  },
  {
    name: 'second address line and city',
    key: ({ integers }, i) => mix(integers.unit[i]! * 37, integers.city[i]!),
  },
];

/**
 * Of a stored number only sixteen bits are known. Together with the birth year they bring together what the number would,
 * and few others.
 */
const NUMBER_CHECK: KeyOfPass = {
  name: 'check of the Social Security number and birth year',
  key: ({ integers }, i) => mix(integers.ssnCheck[i]! * 41, Math.floor(integers.birth[i]! / 10_000)),
};

/** A pass whose keys are kept of stored patients. */
export interface StoredPass extends KeyOfPass {
  /** Whether the birth date stands with the key: who has not two of its three parts in common is not looked at. */
  readonly byBirth: boolean;
  /** Patients who have a key, or one part of a birth date beside it; what more have in common tells nothing. */
  readonly largest: number;
}

const LARGEST_NARROW = 400;
const LARGEST_WIDE = 40;
const WHOLE_NARROW = 40;
/** Where birth dates have errors of every kind, small blocks are worth a look whatever the date. */
const WHOLE_WIDE = 8;
/** What is paired whatever the birth date would be another thing in a file than in a registry. */
const NEVER_WHOLE = 0;

/** The passes whose keys are kept of stored patients. Their keys depend on the record alone. */
export const STORED_PASSES: readonly StoredPass[] = [
  ...[...NARROW, NUMBER_CHECK].map((pass) => ({ ...pass, byBirth: false, largest: LARGEST_NARROW })),
  ...WIDE.map((pass) => ({ ...pass, byBirth: true, largest: LARGEST_WIDE })),
];

const narrow = (passes: readonly KeyOfPass[]): Pass[] =>
  passes.map((pass) => ({ ...pass, largest: LARGEST_NARROW, whole: WHOLE_NARROW }));
const wide = (passes: readonly KeyOfPass[], whole: number): Pass[] =>
  passes.map((pass) => ({ ...pass, largest: LARGEST_WIDE, whole }));

/** The passes of each model, the most telling first. Those of the fixed model are those whose keys are kept, too. */
export const PASSES: Readonly<Record<MatchModel['id'], readonly Pass[]>> = {
  fixed: [...narrow(NARROW), ...wide(WIDE, NEVER_WHOLE), ...narrow([NUMBER_CHECK])],
  trained: [...narrow(NARROW), ...wide([...WIDE, ...WIDEST], WHOLE_WIDE), ...narrow([NUMBER_CHECK])],
};

/** The name of the first pass by which two records are a candidate pair, `null` if there is none. */
export function passOf(people: PeopleSet, a: number, b: number, model: MatchModel['id']): string | null {
  const { birth } = people.integers;
  const pass = PASSES[model].find(({ key, whole }) => {
    const isEqual = key(people, a) !== 0 && key(people, a) === key(people, b);
    return isEqual && (whole !== NEVER_WHOLE || sharePart(birth[a]!, birth[b]!));
  });
  return pass?.name ?? null;
}

/** By what a block that is too large is divided, one after the other. */
const DIVIDERS: readonly ((people: PeopleSet, i: number) => number)[] = [
  (people, i) => soundexOf(people, people.integers.first[i]!) + 1,
  (people, i) => soundexOf(people, people.integers.last[i]!) + 1,
  (people, i) => people.integers.birth[i]! + 1,
  (people, i) => people.ids.zip[i]! + 1,
];

export interface BlockingStatistics {
  pairs: number;
  /** Blocks that could not be divided, and were left out. */
  droppedBlocks: number;
  dividedBlocks: number;
}

/**
 * Calls `visit` with every candidate pair of a model, once each, and the number of its pass. `isWanted` tells which records
 * may be in a pair with any other; of two that are both not wanted, no pair is made.
 */
export function forEachCandidate(
  people: PeopleSet,
  model: MatchModel['id'],
  visit: (a: number, b: number, pass: number) => void,
  isWanted: ((index: number) => boolean) | null = null,
): BlockingStatistics {
  const { size } = people;
  const { birth } = people.integers;
  const statistics = { pairs: 0, droppedBlocks: 0, dividedBlocks: 0 };
  // The keys of a record stand side by side: a pair is looked up in one place, not in one for each pass.
  const passes = PASSES[model];
  const marks = new Int32Array(size * passes.length);
  const blocks = new Blocks(people, statistics);
  for (const [number, pass] of passes.entries()) {
    const meet = (a: number, b: number): void => {
      if (isWanted !== null && !isWanted(a) && !isWanted(b)) return;
      for (let x = a * passes.length, y = b * passes.length, end = x + number; x < end; x++, y++) {
        const mark = marks[x]!;
        if (mark !== marks[y] || mark === 0) continue;
        if ((mark & 1) === WHOLE || sharePart(birth[a]!, birth[b]!)) return;
      }
      statistics.pairs++;
      visit(a, b, number);
    };
    blocks.forEach(pass, (members, key) => {
      const isWhole = members.length <= pass.whole;
      const mark = isWhole ? key & ~1 || 2 : key | 1;
      for (const i of members) marks[i * passes.length + number] = mark;
      if (isWhole) forEachPair(members, 0, members.length, meet);
      else forEachSharing(members, birth, meet);
    });
  }
  return statistics;
}

/** The lowest bit of a mark tells whether all records of the block are paired. */
const WHOLE = 0;

type VisitPair = (a: number, b: number) => void;
type VisitBlock = (members: Uint32Array, key: number) => void;

function forEachPair(members: Uint32Array, start: number, end: number, visit: VisitPair): void {
  for (let x = start; x < end; x++) {
    for (let y = x + 1; y < end; y++) visit(members[x]!, members[y]!);
  }
}

/**
 * Two of the three parts of a birth date, each pair of them as one number: a slip in one part leaves the two others. Day and
 * month also count in their order, for those who exchange them.
 */
export const BIRTH_PARTS: readonly ((birth: number) => number)[] = [
  (birth) => Math.floor(birth / 100),
  (birth) => Math.floor(birth / 10_000) * 100 + (birth % 100),
  (birth) => birth % 10_000,
  (birth) => {
    const [month, day] = [Math.floor(birth / 100) % 100, birth % 100];
    return Math.floor(birth / 10_000) * 10_000 + Math.min(month, day) * 100 + Math.max(month, day);
  },
];

/** Whether two birth dates, as yyyymmdd, have two of their three parts in common; 0 has nothing in common with any. */
export function sharePart(a: number, b: number, from = 0): boolean {
  if (a === 0 || b === 0) return false;
  for (let part = from; part < BIRTH_PARTS.length; part++) if (haveEqualPart(part, a, b)) return true;
  return false;
}

/** Whether two birth dates, neither of them 0, have one of {@link BIRTH_PARTS} in common. */
export function haveEqualPart(part: number, a: number, b: number): boolean {
  return BIRTH_PARTS[part]!(a) === BIRTH_PARTS[part]!(b);
}

/** Calls `visit` with the pairs of a block that share a part of the birth date, once each. It sorts the block. */
function forEachSharing(members: Uint32Array, birth: Int32Array, visit: VisitPair): void {
  for (const [number, partOf] of BIRTH_PARTS.entries()) {
    forEachGroup(members, birth, partOf, (order, start, end) => {
      for (let x = start; x < end; x++) {
        const a = order[x]! % ROOM;
        for (let y = x + 1; y < end; y++) {
          const b = order[y]! % ROOM;
          if (!sharePart(birth[a]!, birth[b]!, number + 1)) visit(a, b);
        }
      }
    });
  }
}

/** Calls `visit` with the places in `order` of each run of records whose birth dates have a part in common. */
function forEachGroup(
  members: Uint32Array,
  birth: Int32Array,
  partOf: (birth: number) => number,
  visit: (order: Float64Array, start: number, end: number) => void,
): void {
  // Part and record in one number: without a function that compares, sorting takes a tenth of the time.
  const order = new Float64Array(members.length);
  for (let i = 0; i < order.length; i++) order[i] = partOf(birth[members[i]!]!) * ROOM + members[i]!;
  order.sort();
  for (let start = 0; start < order.length; ) {
    const part = Math.floor(order[start]! / ROOM);
    const next = (part + 1) * ROOM;
    let end = start + 1;
    while (end < order.length && order[end]! < next) end++;
    if (part !== 0 && end - start > 1) visit(order, start, end);
    start = end;
  }
}

/** More than there are records. */
const ROOM = 2 ** 26;

/** The blocks of passes: records of equal keys, and of further keys where they are too many. */
class Blocks {
  readonly #people: PeopleSet;
  readonly #statistics: BlockingStatistics;

  constructor(people: PeopleSet, statistics: BlockingStatistics) {
    this.#people = people;
    this.#statistics = statistics;
  }

  /** Calls `visit` with the records of each block of a pass, and with its key. */
  forEach(pass: Pass, visit: VisitBlock): void {
    const { size } = this.#people;
    const keys = new Int32Array(size);
    for (let i = 0; i < size; i++) keys[i] = pass.key(this.#people, i);
    this.#divide(sortKeys(keys), pass, 0, visit);
  }

  /** Goes through the runs of equal keys. Those that are too large are divided by the next divider. */
  #divide({ keys, order }: SortedKeys, pass: Pass, divider: number, visit: VisitBlock): void {
    for (let start = 0; start < order.length; ) {
      const key = keys[start]!;
      let end = start + 1;
      while (end < order.length && keys[end] === key) end++;
      const first = start;
      start = end;
      if (key === 0 || end - first === 1) continue;
      const members = order.subarray(first, end);
      if (members.length <= pass.largest || this.#mostSharing(members) <= pass.largest) visit(members, key);
      else if (divider === DIVIDERS.length) this.#statistics.droppedBlocks++;
      else {
        this.#statistics.dividedBlocks++;
        const divide = DIVIDERS[divider]!;
        const further = Int32Array.from(members, (i) => mix(key, divide(this.#people, i) * 17 + divider + 1));
        const sorted = sortKeys(further);
        this.#divide({ keys: sorted.keys, order: sorted.order.map((i) => members[i]!) }, pass, divider + 1, visit);
      }
    }
  }

  /** How many records of a block at most share a part of the birth date. */
  #mostSharing(members: Uint32Array): number {
    const { birth } = this.#people.integers;
    let most = 0;
    for (const partOf of BIRTH_PARTS) {
      forEachGroup(members, birth, partOf, (_, start, end) => {
        most = Math.max(most, end - start);
      });
    }
    return most;
  }
}

/** Keys in their order, as unsigned numbers, and the index of each. */
interface SortedKeys {
  readonly keys: Int32Array;
  readonly order: Uint32Array;
}

/** Sorts keys: three passes over eleven bits each, the fastest there is for millions. */
export function sortKeys(unsorted: Int32Array): SortedKeys {
  const { length } = unsorted;
  let order = new Uint32Array(length);
  let nextOrder = new Uint32Array(length);
  // The keys move along: to look them up by index takes ten times as long.
  let keys = unsorted.slice();
  let nextKeys = new Int32Array(length);
  for (let i = 0; i < length; i++) order[i] = i;
  const starts = new Uint32Array(2049);
  for (let shift = 0; shift < 33; shift += 11) {
    starts.fill(0);
    for (let i = 0; i < length; i++) starts[((keys[i]! >>> shift) & 2047) + 1]!++;
    for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!;
    for (let i = 0; i < length; i++) {
      const key = keys[i]!;
      const place = starts[(key >>> shift) & 2047]!++;
      nextOrder[place] = order[i]!;
      nextKeys[place] = key;
    }
    [order, nextOrder] = [nextOrder, order];
    [keys, nextKeys] = [nextKeys, keys];
  }
  return { keys, order };
}
