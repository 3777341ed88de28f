/**
 * Which pairs of records are looked at: those that have one of a dozen keys in common.
 *
 * A pass gives each record a key, or none, and pairs all records of equal keys. A pair that several passes give is taken
 * in the first of them. The pairs do not depend on the order of the records.
 */
import type { PeopleSet } from './people.js';

/** A way of keying records: the key of record `i`, 0 for none. */
export interface Pass {
  readonly name: string;
  readonly key: (people: PeopleSet, i: number) => number;
  /** Records in a block before it is divided. */
  readonly largest: number;
}

const soundexOf = (people: PeopleSet, name: number): number => (name === 0 ? 0 : people.names.at(name).soundex);
/** The sound of the full name where the name is a short one. */
const fullSoundexOf = (people: PeopleSet, name: number): number => (name === 0 ? 0 : people.names.at(name).fullSoundex);
const letters = (people: PeopleSet, name: number, count: number): string =>
  name === 0 ? '' : people.names.at(name).joined.slice(0, count);

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
const NARROW: readonly Omit<Pass, 'largest'>[] = [
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
    name: 'first and last name',
    key: ({ integers, names }, i) => {
      const [first, last] = [integers.first[i]!, integers.last[i]!];
      return first === 0 || last === 0 ? 0 : textKey(`${names.at(first).joined},${names.at(last).joined}`);
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
  { name: 'birth date and ZIP code', key: ({ ids, integers }, i) => mix(integers.birth[i]!, ids.zip[i]! + 7) },
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

/** Keys that many have in common, for records that differ in all of the above. Only small blocks of them are worth it. */
const WIDE: readonly Omit<Pass, 'largest'>[] = [
  {
    name: 'last name by sound and ZIP code',
    key: (people, i) => mix(soundexOf(people, people.integers.last[i]!), people.ids.zip[i]! + 13),
  },
  {
    name: 'first name by sound and ZIP code',
    key: (people, i) => mix(soundexOf(people, people.integers.first[i]!) * 7, people.ids.zip[i]! + 13),
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
  {
    name: 'street and ZIP code',
    key: ({ ids, integers }, i) => mix(integers.street[i]!, ids.zip[i]! + 17),
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
const NUMBER_CHECK: Omit<Pass, 'largest'> = {
  name: 'check of the Social Security number and birth year',
  key: ({ integers }, i) => mix(integers.ssnCheck[i]! * 41, Math.floor(integers.birth[i]! / 10_000)),
};

/** The passes whose keys are kept of stored patients. Their keys depend on the record alone. */
export const STORED_PASSES: readonly Omit<Pass, 'largest'>[] = [...NARROW, NUMBER_CHECK];

/** Patients of the store that are looked at for one key; a key that more have in common tells nothing. */
export const LARGEST_STORED_BLOCK = 400;

/** The passes, the most telling first. */
export const PASSES: readonly Pass[] = [
  ...NARROW.map((pass) => ({ ...pass, largest: 400 })),
  ...WIDE.map((pass) => ({ ...pass, largest: 40 })),
  { ...NUMBER_CHECK, largest: LARGEST_STORED_BLOCK },
];

/** The name of the first pass by which two records are a candidate pair, `null` if there is none. */
export function passOf(people: PeopleSet, a: number, b: number): string | null {
  const pass = PASSES.find(({ key }) => key(people, a) !== 0 && key(people, a) === key(people, b));
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
 * Calls `visit` with every candidate pair, once each, and the number of its pass. `isWanted` tells which records may be
 * in a pair with any other; of two that are both not wanted, no pair is made.
 */
export function forEachCandidate(
  people: PeopleSet,
  visit: (a: number, b: number, pass: number) => void,
  isWanted: ((index: number) => boolean) | null = null,
): BlockingStatistics {
  const { size } = people;
  const statistics = { pairs: 0, droppedBlocks: 0, dividedBlocks: 0 };
  const keysByPass: Int32Array[] = [];
  for (const [number, pass] of PASSES.entries()) {
    const keys = new Int32Array(size);
    for (let i = 0; i < size; i++) keys[i] = pass.key(people, i);
    const order = sortByKey(keys);
    divideBlocks(people, keys, order, pass.largest, 0, statistics);
    const sorted = statistics.dividedBlocks > 0 ? sortByKey(keys) : order;
    forEachBlock(keys, sorted, (start, end) => {
      for (let x = start; x < end; x++) {
        for (let y = x + 1; y < end; y++) {
          const a = sorted[x]!;
          const b = sorted[y]!;
          if (isWanted !== null && !isWanted(a) && !isWanted(b)) continue;
          if (haveEqualKey(keysByPass, a, b)) continue;
          statistics.pairs++;
          visit(a, b, number);
        }
      }
    });
    keysByPass.push(keys);
  }
  return statistics;
}

function haveEqualKey(keysByPass: readonly Int32Array[], a: number, b: number): boolean {
  for (let i = 0; i < keysByPass.length; i++) {
    const key = keysByPass[i]![a]!;
    if (key !== 0 && key === keysByPass[i]![b]!) return true;
  }
  return false;
}

/** Gives the records of blocks that are too large further keys, in `keys`; those of blocks that stay too large get none. */
function divideBlocks(
  people: PeopleSet,
  keys: Int32Array,
  order: Uint32Array,
  largest: number,
  divider: number,
  statistics: BlockingStatistics,
): void {
  forEachBlock(keys, order, (start, end) => {
    if (end - start <= largest) return;
    if (divider === DIVIDERS.length) {
      for (let x = start; x < end; x++) keys[order[x]!] = 0;
      statistics.droppedBlocks++;
      return;
    }
    statistics.dividedBlocks++;
    const members = order.slice(start, end);
    for (const i of members) keys[i] = mix(keys[i]!, DIVIDERS[divider]!(people, i) * 17 + divider + 1);
    members.sort((a, b) => keys[a]! - keys[b]!);
    divideBlocks(people, keys, members, largest, divider + 1, statistics);
  });
}

/** Calls `visit` with the bounds of each run of two or more equal keys other than 0. */
function forEachBlock(keys: Int32Array, order: Uint32Array, visit: (start: number, end: number) => void): void {
  for (let start = 0; start < order.length; ) {
    const key = keys[order[start]!]!;
    let end = start + 1;
    while (end < order.length && keys[order[end]!] === key) end++;
    if (key !== 0 && end - start > 1) visit(start, end);
    start = end;
  }
}

/** The indexes in the order of their keys (as unsigned numbers): three passes over eleven bits each, the fastest there is for millions. */
export function sortByKey(keys: Int32Array): Uint32Array {
  let from = new Uint32Array(keys.length);
  for (let i = 0; i < from.length; i++) from[i] = i;
  let to = new Uint32Array(keys.length);
  const starts = new Uint32Array(2049);
  for (let shift = 0; shift < 33; shift += 11) {
    starts.fill(0);
    for (let i = 0; i < keys.length; i++) starts[((keys[i]! >>> shift) & 2047) + 1]!++;
    for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!;
    for (let i = 0; i < keys.length; i++) {
      const index = from[i]!;
      to[starts[(keys[index]! >>> shift) & 2047]!++] = index;
    }
    [from, to] = [to, from];
  }
  return from;
}
