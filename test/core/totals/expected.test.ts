/** What a sender may say is in its files. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { checkTotals, completeTotals } from '../../../src/core/totals/expected.js';
import { totalsSchema } from '../../../src/docs/totals-schema.js';

const isValid = new Ajv2020({ strict: true, strictRequired: false }).compile(totalsSchema());

describe('totals', () => {
  test.each([
    ['of patients alone', { patients: 0 }],
    ['of everything', { $schema: 'x', patients: 2, immunizations: 5, by_vaccine: { '03': 5 }, by_year: { '2015': 5 } }],
    ['of vaccines by other names than codes', { by_vaccine: { 'Hep B, ped': 3, '03': 2 } }],
    ['of nothing in a list', { by_year: {} }],
  ])('may be %s', (_, json) => {
    expect(checkTotals(json)).toEqual([]);
    expect(isValid(json)).toBe(true);
  });

  test.each([
    ['a list', [], '', 'not an object'],
    ['nothing', {}, '', 'says no total'],
    ['an unknown part', { patients: 1, pateints: 1 }, '/pateints', 'unknown property'],
    ['a number in quotes', { patients: '500' }, '/patients', 'not a number of records'],
    ['a part of a number', { immunizations: 1.5 }, '/immunizations', 'not a number of records'],
    ['a number below 0', { by_vaccine: { '03': -1 } }, '/by_vaccine/03', 'not a number of records'],
    ['a list that is none', { by_year: [1] }, '/by_year', 'not an object'],
    ['a year that is none', { by_year: { 15: 3 } }, '/by_year/15', 'not a year'],
    ['a blank for a vaccine', { by_vaccine: { ' ': 3 } }, '/by_vaccine/ ', 'names no vaccine'],
    ['a schema that is no path', { $schema: 1, patients: 1 }, '/$schema', 'not a text'],
  ])('are refused for %s', (_, json, path, message) => {
    expect(checkTotals(json)).toEqual([expect.objectContaining({ path, message })]);
    expect(isValid(json)).toBe(false);
  });

  test('name each vaccine once, however its code is written', () => {
    const problems = checkTotals({ by_vaccine: { '3': 1, '03': 2, '003': 3, mmr: 1, MMR: 2 } });
    expect(problems.map(({ path, message }) => `${path} ${message}`)).toEqual([
      '/by_vaccine/03 is the same as 3',
      '/by_vaccine/003 is the same as 03',
      '/by_vaccine/MMR is the same as mmr',
    ]);
    expect(completeTotals({ by_vaccine: { '3': 1, mmr: 2, '140': 4 } }).byVaccine).toEqual(
      new Map([
        ['03', 1],
        ['140', 4],
        ['MMR', 2],
      ]),
    );
  });

  test('leave out what they do not say', () => {
    expect(completeTotals({ patients: 3 })).toEqual({
      patients: 3,
      immunizations: null,
      byVaccine: null,
      byYear: null,
    });
  });
});
