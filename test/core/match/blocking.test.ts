/** Which pairs of records are looked at. Nobody in them exists. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forEachCandidate, passOf, sortKeys } from '../../../src/core/match/blocking.js';
import { PeopleSet } from '../../../src/core/match/people.js';
import type { PatientField } from '../../../src/core/model.js';
import { patientRow } from '../../support/rows.js';

type Values = Partial<Record<PatientField, string>>;

function setOf(records: readonly Values[]): PeopleSet {
  const people = new PeopleSet();
  for (const record of records) people.add(patientRow(record));
  return people;
}

/** The pairs in the order in which they come, each as two places, the lower one first. */
function pairsOf(records: readonly Values[]): string[] {
  const pairs: string[] = [];
  forEachCandidate(setOf(records), 'fixed', (a, b) => pairs.push(`${Math.min(a, b)} ${Math.max(a, b)}`));
  return pairs;
}

const RECORD: fc.Arbitrary<Values> = fc.record({
  last_name: fc.constantFrom('Walsh', 'Costa'),
  first_name: fc.constantFrom('Nora', 'Norah', 'Daniel'),
  birth_date: fc.constantFrom('2015-05-14', '2015-05-19', '1985-05-14', '2015-12-11', '2015-11-12', ''),
  phone: fc.constantFrom('6175550123', '9785550199', ''),
  zip: fc.constantFrom('02118', '01841'),
});

describe('candidate pairs', () => {
  test('come once each, however large the blocks', () => {
    fc.assert(
      fc.property(fc.array(RECORD, { maxLength: 120 }), (records) => {
        const pairs = pairsOf(records);
        expect(new Set(pairs).size).toBe(pairs.length);
      }),
    );
  });

  test('are the same in any order of the records', () => {
    fc.assert(
      fc.property(fc.array(RECORD, { maxLength: 60 }), (records) => {
        const last = records.length - 1;
        const turned = pairsOf([...records].reverse()).map((pair) => {
          const [a, b] = pair.split(' ').map(Number) as [number, number];
          return `${last - b} ${last - a}`;
        });
        expect(turned.sort()).toEqual(pairsOf(records).sort());
      }),
    );
  });

  test('of a large block are those who have two parts of the birth date in common', () => {
    // A shelter: one phone for people of many names, who all begin with one letter.
    const birthDate = (i: number): string => `${1950 + i}-${String((i % 12) + 1).padStart(2, '0')}-${10 + (i % 17)}`;
    const shelter = Array.from({ length: 60 }, (_, i) => ({
      last_name: `L${'ABCDEFGHIJ'[i % 10]}${'KLMNOP'[Math.floor(i / 10)]}O`,
      first_name: `N${'ABCDEFGHIJ'[i % 10]}${'KLMNOP'[Math.floor(i / 10)]}E`,
      birth_date: birthDate(i),
      phone: '6175550123',
    }));
    const late = { last_name: 'Zimmer', first_name: 'Nils', phone: '6175550123' };
    const with1 = (birth: string): string[] => pairsOf([...shelter, { ...late, birth_date: birth }]);
    // Of the thirtieth, born on 1979-06-22: another year, another day, both exchanged, and none of it.
    expect(with1('1997-06-22')).toContain('29 60');
    expect(with1('1979-06-25')).toContain('29 60');
    expect(with1('1979-11-22')).toContain('29 60');
    expect(with1('2001-01-03')).not.toContain('29 60');
  });

  test.each([
    ['another year of birth', '1951-05-14'],
    ['another month', '2015-08-14'],
    ['another day', '2015-05-30'],
    ['day and month exchanged', '2015-14-05'],
  ])('have a name in common, and %s', (_, birthDate) => {
    const record = { last_name: 'Walsh', first_name: 'Nora', birth_date: '2015-05-14' };
    const pair = [record, { ...record, birth_date: birthDate }];
    expect(passOf(setOf(pair), 0, 1, 'fixed')).not.toBeNull();
    expect(pairsOf(pair)).toEqual(['0 1']);
  });

  test('have a name in common, and another birth date altogether: no pair, unless the model is trained', () => {
    const record = { last_name: 'Walsh', first_name: 'Nora', birth_date: '2015-05-14' };
    const pair = [record, { ...record, birth_date: '1980-11-30' }];
    expect(pairsOf(pair)).toEqual([]);
    expect(passOf(setOf(pair), 0, 1, 'fixed')).toBeNull();
    expect(passOf(setOf(pair), 0, 1, 'trained')).not.toBeNull();
  });
});

test('keys are sorted as numbers without a sign, equal ones in the order of their records', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -2147483648, max: 2147483647 })), (list) => {
      const { keys, order } = sortKeys(Int32Array.from(list));
      const expected = list.map((key, i) => [key >>> 0, i] as const).sort(([a, i], [b, j]) => a - b || i - j);
      expect([...keys].map((key) => key >>> 0)).toEqual(expected.map(([key]) => key));
      expect([...order]).toEqual(expected.map(([, i]) => i));
    }),
  );
});
