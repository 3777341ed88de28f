/** The code tables and their lookups. */
import { describe, expect, test } from 'vitest';
import { CODE_TABLES, Codes } from '../../src/core/codes.js';
import { CODES } from '../support/fixtures.js';

const columnOf = (id: string, column: string): string[] => {
  const { columns, rows } = CODES.table(id);
  return rows.map((row) => row[columns.indexOf(column)]!);
};

describe('each table', () => {
  test.each([...CODE_TABLES])('%s says where it comes from and of when it is', (id) => {
    const table = CODES.table(id);
    expect(table.id).toBe(id);
    for (const words of [table.title, table.source, table.asOf]) expect(words.trim()).not.toBe('');
    // NDCs come with CDC’s files only.
    if (id === 'ndc') expect(table.rows).toEqual([]);
    else expect(table.rows.length).toBeGreaterThan(1);
  });

  test.each([...CODE_TABLES])('%s has a text for each column, without stray blanks', (id) => {
    const { columns, rows } = CODES.table(id);
    expect(new Set(columns).size).toBe(columns.length);
    for (const row of rows) {
      expect(row).toHaveLength(columns.length);
      for (const cell of row) expect(cell).toBe(cell.trim());
    }
  });

  test.each(CODE_TABLES.filter((id) => CODES.table(id).columns[0] === 'code'))(
    '%s has each code once, and finds it',
    (id) => {
      const codes = columnOf(id, 'code');
      expect(new Set(codes.map((code) => code.toUpperCase())).size).toBe(codes.length);
      const lookup = CODES.lookup(id);
      for (const code of codes) expect(lookup.has(code.toUpperCase()), code).toBe(true);
    },
  );
});

test('all tables are there, in the order in which they were given', () => {
  expect(CODES.tables.map(({ id }) => id)).toEqual([...CODE_TABLES]);
});

test('a missing table is named', () => {
  const tables = CODES.tables.filter(({ id }) => id !== 'mvx');
  expect(() => new Codes(tables)).toThrow('the code table mvx is missing');
  expect(() => CODES.table('snomed')).toThrow('there is no code table snomed');
});

describe('a code is found by', () => {
  test.each([
    ['itself', 'route', 'IM', 'IM'],
    ['its name', 'route', 'INTRAMUSCULAR', 'IM'],
    ['the code of another system', 'route', 'C28161', 'IM'],
    ['two letters of a language', 'language', 'PT', 'por'],
    ['the older letters of a language', 'language', 'GER', 'deu'],
    ['the name of a state', 'state', 'MASSACHUSETTS', 'MA'],
    ['a letter that CDC replaced', 'race', 'W', '2106-3'],
    ['a detail of a race', 'race', 'ABENAKI', '1006-6'],
    ['nothing', 'state', 'ATLANTIS', undefined],
    ['lower case, which callers turn into upper', 'state', 'ma', undefined],
  ])('%s', (_, table, text, code) => {
    expect(CODES.lookup(table).get(text)).toBe(code);
  });
});

describe('a CVX code', () => {
  test.each([
    ['03', { status: 'Active', nonVaccine: false, unspecified: false, useInstead: null, validEnd: null }],
    ['17', { status: 'Inactive', unspecified: true }],
    ['51', { status: 'Inactive', validStart: '1996-01-01', validEnd: '2016-08-19' }],
    ['96', { nonVaccine: true }],
    ['117', { status: 'Never Active' }],
    ['510', { status: 'Non-US' }],
    ['31', { useInstead: '85' }],
    // Its end of use is the day on which the code was changed: fit for no warning.
    ['18', { validStart: null, validEnd: null }],
  ])('%s is known', (code, expected) => {
    expect(CODES.cvx(code)).toMatchObject({ code, ...expected });
  });

  test('is looked up as CDC writes it', () => {
    for (const code of ['3', '003', 'MMR', '', '124']) expect(CODES.cvx(code), code).toBeUndefined();
  });

  test('is newest below the ranges for special purposes', () => {
    expect(CODES.newestCvx).toBeGreaterThan(320);
    expect(CODES.newestCvx).toBeLessThan(500);
    expect(CODES.cvx(String(CODES.newestCvx))).toBeDefined();
  });

  test('that stands in another table is in the CVX table too', () => {
    const missing = [
      ...columnOf('cpt', 'cvx'),
      ...columnOf('product', 'cvx'),
      ...columnOf('vaccine_group', 'cvx'),
      ...columnOf('vaccine_group', 'group_cvx'),
      ...columnOf('cvx', 'use_instead'),
    ].filter((code) => code !== '' && CODES.cvx(code) === undefined);
    expect([...new Set(missing)]).toEqual([]);
  });
});

describe('a vaccine', () => {
  test('is found by CPT: none, one or several', () => {
    expect(CODES.vaccinesOfCpt('90707')).toEqual(['03']);
    expect(CODES.vaccinesOfCpt('90662').length).toBeGreaterThan(1);
    expect(CODES.vaccinesOfCpt('99999')).toEqual([]);
  });

  test.each([
    ['M-M-R II', ['03']],
    ['m m r ii', ['03']],
    ['Engerix-B Peds', ['08']],
    ['MMR', ['03']],
    ['measles, mumps and rubella virus vaccine', ['03']],
    ['the usual', []],
    ['', []],
  ])('is found by name: %j', (name, expected) => {
    expect(CODES.vaccinesOfName(name)).toEqual(expected);
  });

  test('of a group is found by the name of the group', () => {
    expect(CODES.vaccineOfGroup('dtap')).toBe('107');
    expect(CODES.vaccineOfGroup('shots')).toBeUndefined();
  });

  test('shares a group, or not, or nobody knows', () => {
    expect(CODES.shareGroup('20', '110')).toBe(true);
    expect(CODES.shareGroup('03', '10')).toBe(false);
    expect(CODES.shareGroup('03', '998')).toBeNull();
  });

  test('is made by a maker, or not, or nobody knows', () => {
    expect(CODES.hasProduct('03', 'MSD')).toBe(true);
    expect(CODES.hasProduct('03', 'PFR')).toBe(false);
    expect(CODES.hasProduct('998', 'MSD')).toBeNull();
  });
});

test('makers, and the numbers of states', () => {
  expect([CODES.hasMvx('MSD'), CODES.hasMvx('msd'), CODES.hasMvx('QQQ')]).toEqual([true, false, false]);
  expect([CODES.stateNumber('MA'), CODES.stateNumber('CA'), CODES.stateNumber('XQ')]).toEqual(['25', '06', undefined]);
  for (const county of columnOf('county', 'code')) expect(county).toMatch(/^25\d{3}$/);
});
