/** What stands against two persons being one. */
import { describe, expect, test } from 'vitest';
import { type ComparedRecord, findConflicts } from '../../../src/core/match/conflicts.js';
import { patientRow } from '../../support/rows.js';

const NORA = { last_name: 'Walsh', first_name: 'Nora', birth_date: '2015-05-14', sex: 'F' };
const record = (values: Parameters<typeof patientRow>[0] = {}): ComparedRecord => {
  return { row: patientRow({ ...NORA, ...values }), ssnCheck: null };
};
const TWINS = 'born on the same day with another first name: may be twins';
const SUFFIX = 'another suffix or birth order: two persons';

describe('conflicts between two persons', () => {
  test.each<[string, ComparedRecord[], ComparedRecord[], string[]]>([
    ['none of one name', [record()], [record({ last_name: 'Walch' })], []],
    ['none where the twins are the question', [record()], [record({ first_name: 'Elena' })], []],
    [
      'none where other records have the names that the question is about',
      [record(), record({ last_name: 'Walch' })],
      [record({ first_name: 'Elena' })],
      [],
    ],
    [
      'a third first name',
      [record(), record({ first_name: 'Zoe' })],
      [record({ first_name: 'Elena' })],
      [`1 0 ${TWINS}`],
    ],
    [
      'another suffix, also where it is the question',
      [record({ suffix: 'JR' })],
      [record({ suffix: 'SR' })],
      [`0 0 ${SUFFIX}`],
    ],
    [
      'another birth order of any records',
      [record(), record({ birth_order: '1' })],
      [record(), record({ birth_order: '2' })],
      [`1 1 ${SUFFIX}`],
    ],
  ])('%s', (_, one, other, expected) => {
    const found = findConflicts(one, other, (a, b) => a === 0 && b === 0);
    expect(found.map(({ a, b, words }) => `${a} ${b} ${words}`)).toEqual(expected);
  });
});
