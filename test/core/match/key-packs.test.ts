import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { STORED_PASSES, sortKeys } from '../../../src/core/match/blocking.js';
import { KeySearch, PACK_ENTRIES, packKeys, rowKeysOf } from '../../../src/core/match/key-packs.js';

const PASS = STORED_PASSES[0]!.name;

/** Packs of records that have these keys and patients. */
function pack(keys: readonly number[], patients: readonly number[]) {
  const column = Int32Array.from(keys);
  const { keys: sorted, order } = sortKeys(column);
  return [...packKeys(PASS, sorted, order, patients)];
}

/** What a search for keys finds in packs. */
function search(sought: readonly number[], packs: ReturnType<typeof pack>, mostPerKey = 1000): number[] {
  const keys = Uint32Array.from([...new Set(sought.map((key) => key >>> 0))].sort((a, b) => a - b));
  const found = new KeySearch({ pass: PASS, keys, births: null, mostPerKey });
  for (const each of packs) {
    if (found.reaches(each.keys[0]!, each.keys[each.keys.length - 1]!)) found.look(each);
  }
  return [...new Set(found.found())].sort((a, b) => a - b);
}

const KEY = fc.integer({ min: -2147483648, max: 2147483647 });

describe('packs of keys', () => {
  test('hold keys in their order, each with its patient, and none of 0', () => {
    const packs = pack([7, 0, -1, 7, 3], [1, 2, 3, 4, 0]);
    expect(packs).toEqual([
      { pass: PASS, keys: Uint32Array.of(7, 7, 4294967295), patientIds: Uint32Array.of(1, 4, 3), births: null },
    ]);
  });

  test('hold a patient of several records once for each key', () => {
    expect(pack([5, 5, 5], [9, 8, 9])[0]!.patientIds).toEqual(Uint32Array.of(8, 9));
  });

  test('are divided where they grow large, and lose nothing', () => {
    const keys = Array.from({ length: PACK_ENTRIES * 2 + 5 }, (_, i) => (i * 7919) % 100_003 || 1);
    const packs = pack(
      keys,
      keys.map((_, i) => i + 1),
    );
    expect(packs.map((each) => each.keys.length)).toEqual([PACK_ENTRIES, PACK_ENTRIES, 5]);
    expect(new Set(packs.flatMap((each) => [...each.patientIds])).size).toBe(keys.length);
  });

  test('give a search what looking at every record gives', () => {
    const records = fc.array(fc.record({ key: fc.oneof(KEY, fc.integer({ min: -3, max: 3 })), patient: fc.nat(20) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(records, fc.array(fc.oneof(KEY, fc.integer({ min: -3, max: 3 }))), (all, asked) => {
        const sought = asked.filter((key) => key !== 0);
        const packs = pack(
          all.map(({ key }) => key),
          all.map(({ patient }) => patient),
        );
        const expected = all.filter(({ key, patient }) => key !== 0 && patient !== 0 && sought.includes(key));
        expect(search(sought, packs)).toEqual(
          [...new Set(expected.map(({ patient }) => patient))].sort((a, b) => a - b),
        );
      }),
    );
  });

  test('tell nothing by a key that too many have in common', () => {
    const packs = [...pack([4, 4, 6], [1, 2, 3]), ...pack([4], [5])];
    expect(search([4, 6], packs, 3)).toEqual([1, 2, 3, 5]);
    expect(search([4, 6], packs, 2)).toEqual([3]);
  });

  test('find by key and birth date those who share two parts of it, day and month in either order', () => {
    const births = [20150504, 20150405, 20150511, 20160504, 20160611, 0];
    const { keys, order } = sortKeys(new Int32Array(births.length).fill(7));
    const packs = [...packKeys(PASS, keys, order, [1, 2, 3, 4, 5, 6], births)];
    expect(packs.map((each) => each.births)).toEqual([Uint32Array.from(births.slice(0, -1))]);
    const found = (mostPerKey: number, ...sought: number[]): number[] => {
      const search = new KeySearch({
        pass: PASS,
        keys: new Uint32Array(sought.length).fill(7),
        births: Uint32Array.from(sought),
        mostPerKey,
      });
      for (const each of packs) search.look(each);
      return [...search.found()];
    };
    expect(found(9, 20150504)).toEqual([1, 2, 3, 4]);
    expect(found(9, 20160611)).toEqual([5]);
    expect(found(9, 20160611, 20150405)).toEqual([1, 2, 5]);
    // Of the three others, one has each part in common.
    expect(found(2, 20150504)).toEqual([1, 2, 3, 4]);
    expect(found(1, 20150504)).toEqual([]);
  });

  test('hold a patient under a key once for each of its birth dates', () => {
    const { keys, order } = sortKeys(Int32Array.of(5, 5, 5));
    const [each] = [...packKeys(PASS, keys, order, [9, 9, 9], [20150504, 20150405, 20150504])];
    expect(each).toMatchObject({ patientIds: Uint32Array.of(9, 9), births: Uint32Array.of(20150405, 20150504) });
  });

  test('count a patient once, however many loads gave it its key', () => {
    const packs = Array.from({ length: 9 }, () => pack([4, 4], [1, 2])).flat();
    expect(search([4], packs, 2)).toEqual([1, 2]);
    expect(search([4], packs, 1)).toEqual([]);
  });

  test('are passed over where no key reaches them', () => {
    const search = new KeySearch({ pass: PASS, keys: Uint32Array.of(10, 20), births: null, mostPerKey: 9 });
    expect([search.reaches(0, 9), search.reaches(10, 10), search.reaches(11, 19), search.reaches(15, 25)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });
});

test('keys of different passes are different rows', () => {
  const keys = STORED_PASSES.flatMap(({ name, byBirth }) => rowKeysOf(name, -1, byBirth ? 20150504 : null));
  expect(new Set(keys).size).toBe(STORED_PASSES.length + 3 * STORED_PASSES.filter(({ byBirth }) => byBirth).length);
  expect(keys.every((key) => Number.isSafeInteger(key) && key >= 0)).toBe(true);
});
