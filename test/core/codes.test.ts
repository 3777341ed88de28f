/** The code tables and their lookups. */
import { describe, expect, test } from 'vitest';
import { CODE_TABLES, Codes } from '../../src/core/codes.js';
import { holdsOn, nameKey, type Period, turningDays } from '../../src/core/vaccine-names.js';
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
      ...columnOf('vaccine_alias', 'cvx'),
      ...columnOf('cpt_period', 'cvx'),
      ...columnOf('vaccine_group', 'cvx'),
      ...columnOf('vaccine_group', 'group_cvx'),
      ...columnOf('cvx', 'use_instead'),
    ].filter((code) => code !== '' && CODES.cvx(code) === undefined);
    expect([...new Set(missing)]).toEqual([]);
  });
});

test('a maker that stands in another table is in the MVX table too', () => {
  const codes = new Set(columnOf('mvx', 'code'));
  const named = [
    ...columnOf('product', 'mvx'),
    ...columnOf('maker_alias', 'mvx'),
    ...columnOf('maker_merger', 'mvx'),
    ...columnOf('maker_merger', 'part_of'),
  ];
  expect(named.filter((code) => code !== '' && !codes.has(code))).toEqual([]);
});

describe('a vaccine', () => {
  const ofCpt = (cpt: string, day: string | null): string[] =>
    CODES.vaccinesOfCpt(cpt)
      .filter((meaning) => holdsOn(meaning, day))
      .map(({ cvx }) => cvx);

  test('is found by CPT: none, or one', () => {
    expect(ofCpt('90707', '2016-05-16')).toEqual(['03']);
    expect(ofCpt('90707', null)).toEqual(['03']);
    expect(ofCpt('99999', '2016-05-16')).toEqual([]);
  });

  test.each([
    ['90662', '2020-06-30', ['135']],
    ['90662', '2020-07-01', ['197']],
    ['90662', '2024-07-01', ['135']],
    ['90662', null, []],
    ['91304', '2023-10-02', ['211']],
    ['91304', '2023-10-03', ['313']],
  ])('is found by CPT %s on %s: %j', (cpt, day, expected) => {
    expect(ofCpt(cpt, day)).toEqual(expected);
  });

  test('of a CPT code that CDC gives two has periods without a gap, each with one of the two', () => {
    const ambiguous = new Map<string, Set<string>>();
    for (const { cpt, cvx, ambiguous: flag } of CODES.rows('cpt')) {
      if (flag === 'true') ambiguous.set(cpt!, (ambiguous.get(cpt!) ?? new Set()).add(cvx!));
    }
    expect([...ambiguous.keys()].sort()).toEqual([...new Set(columnOf('cpt_period', 'cpt'))].sort());
    for (const [cpt, vaccines] of ambiguous) {
      const periods = CODES.vaccinesOfCpt(cpt);
      expect(new Set(periods.map(({ cvx }) => cvx))).toEqual(vaccines);
      expectNoGap(periods);
    }
  });

  test('shares a group, or not, or nobody knows', () => {
    expect(CODES.shareGroup('20', '110')).toBe(true);
    expect(CODES.shareGroup('03', '10')).toBe(false);
    expect(CODES.shareGroup('03', '998')).toBeNull();
    expect(CODES.groupsOf('110')).toEqual(['45', '89', '107']);
    expect(CODES.groupsOf('998')).toEqual([]);
  });

  test('of codes that CDC gives no group are groups to compare them by', () => {
    expect(CODES.comparableGroupsOf('110')).toEqual(['45', '89', '107']);
    expect(CODES.comparableGroupsOf('182')).toEqual(['89']);
    expect(CODES.comparableGroupsOf('78')).toEqual(['78']);
  });
});

/** Whether periods follow each other from the first day to the last. */
function expectNoGap(periods: readonly Period[]): void {
  expect(periods[0]!.from).toBeNull();
  expect(periods.at(-1)!.until).toBeNull();
  for (const [i, period] of periods.entries()) {
    if (i > 0) expect(turningDays([{ from: null, until: periods[i - 1]!.until }])).toEqual([period.from]);
  }
}

describe('a name of a vaccine', () => {
  const vaccinesOf = (name: string, day: string | null = '2016-05-16'): string[] => [
    ...new Set(
      CODES.names
        .meaningsOf(name)
        .filter((meaning) => holdsOn(meaning, day))
        .map(({ cvx }) => cvx),
    ),
  ];

  test.each([
    ['M-M-R II', ['03']],
    ['m m r ii', ['03']],
    ['MMRII', ['03']],
    ['Engerix-B Peds', ['08']],
    ['measles, mumps and rubella virus vaccine', ['03']],
    ['dtap', ['107']],
    ['FLUZONE Quadrivalent Southern Hemisphere', ['201', '202']],
    ['the usual', []],
    ['', []],
  ])('stands for %j', (name, expected) => {
    expect(vaccinesOf(name)).toEqual(expected);
  });

  test('of a group stands for the code of the group', () => {
    for (const { group_name, group_cvx } of CODES.rows('vaccine_group')) {
      expect(vaccinesOf(group_name!, '2025-10-12'), group_name).toEqual([group_cvx]);
    }
  });

  test('of an alias has one vaccine a day, since it could be had, but where it is told why not', () => {
    const names = new Map<string, Period[]>();
    for (const { alias, from, until } of CODES.rows('vaccine_alias')) {
      names.set(alias!, [...(names.get(alias!) ?? []), { from: from || null, until: until || null }]);
    }
    // Since Moderna makes a vaccine against RSV, too, its name alone says nothing.
    names.delete('Moderna');
    // Two vaccines of one time, which CDC tells apart by the word dose alone.
    for (const dose of ['', ' dose']) names.delete(`COVID-19, mRNA, LNP-S, bivalent, PF, 10 mcg/0.2 mL${dose}`);
    for (const [name, periods] of names) {
      // Between these vaccines, none of that strength was there.
      if (!/ mcg\/\d/.test(name)) expectNoGap([{ from: null, until: periods[0]!.until }, ...periods.slice(1)]);
      for (const { from } of periods) if (from !== null) expect(vaccinesOf(name, from), name).toHaveLength(1);
    }
  });

  test('of an alias is no name of the tables with the very same meaning', () => {
    const table = new Map<string, Set<string>>();
    const add = (name: string, cvx: string): void => {
      table.set(nameKey(name), (table.get(nameKey(name)) ?? new Set()).add(cvx));
    };
    for (const { code, short_name, full_name } of CODES.rows('cvx'))
      for (const name of [short_name, full_name]) add(name!, code!);
    for (const { product_name, cvx } of CODES.rows('product')) add(product_name!, cvx!);
    const idle = [...CODES.rows('vaccine_alias')].filter(({ alias, cvx, from, until, covers }) => {
      const own = table.get(nameKey(alias!));
      return covers === '' && from === '' && until === '' && own?.size === 1 && own.has(cvx!);
    });
    expect(idle).toEqual([]);
  });

  test.each([
    ['Boostrx', ['BOOSTRIX']],
    ['Boostirx', ['BOOSTRIX']],
    ['prevnar 14', ['PREVNAR 13']],
    ['Ebola Zaire vaccine, li', ['Ebola Zaire vaccine, live, recombinant, 1mL dose']],
    ['influenza, split', []],
    ['BOOSTRIX', ['BOOSTRIX']],
    ['MNR', []],
    ['allergy shot', []],
    ['', []],
  ])('that is written as %j is near to %j', (text, expected) => {
    expect(CODES.names.nearestTo(text)).toEqual(expected);
  });
});

describe('a maker', () => {
  test.each([
    ['MSD', 'MSD'],
    ['MERCK', 'MSD'],
    ['Merck & Co., Inc.', 'MSD'],
    ['Pfizer, Inc', 'PFR'],
    ['GSK', 'SKB'],
    ['GlaxoSmithKline', 'SKB'],
    ['Sanofi Pasteur', 'PMC'],
    ['Aventis Pasteur', 'PMC'],
    ['Connaught', 'CON'],
    ['Wyeth', 'WAL'],
    ['Wyeth-Ayerst', 'WA'],
    ['J&J', 'JNJ'],
    ['Other', 'OTH'],
    ['QQQ', undefined],
    ['msd', undefined],
    ['', undefined],
  ])('%j has the code %s', (text, code) => {
    expect(CODES.makers.codeOf(text)).toBe(code);
  });

  test('is never that of an alias that means something else', () => {
    for (const { code, name } of CODES.rows('mvx')) {
      expect(CODES.makers.codeOf(code!)).toBe(code);
      expect(CODES.makers.codeOf(name!)).toBe(code);
    }
    for (const { name, mvx } of CODES.rows('maker_alias')) expect(CODES.makers.codeOf(name!), name).toBe(mvx);
  });

  test.each([
    ['03', 'MSD', 'listed'],
    ['03', 'PFR', 'of-others'],
    ['133', 'WAL', 'listed'],
    ['133', 'LED', 'listed'],
    ['141', 'CHI', 'listed'],
    ['136', 'PFR', 'of-others'],
    ['146', 'PMC', 'listed'],
    ['206', 'SKB', 'of-others'],
    ['03', 'OTH', 'unknown'],
    ['03', 'UNK', 'unknown'],
    ['03', 'REB', 'unknown'],
    ['89', 'MSD', 'unknown'],
    ['998', 'MSD', 'unknown'],
  ])('and CVX %s: %s is %s', (cvx, mvx, expected) => {
    expect(CODES.makers.checkProduct(cvx, mvx)).toBe(expected);
  });

  test('of each product is listed with it', () => {
    for (const { cvx, mvx } of CODES.rows('product')) {
      if (mvx !== '') expect(CODES.makers.checkProduct(cvx!, mvx!), `${cvx} ${mvx}`).not.toBe('of-others');
    }
  });
});

test('the numbers of states', () => {
  expect([CODES.stateNumber('MA'), CODES.stateNumber('CA'), CODES.stateNumber('XQ')]).toEqual(['25', '06', undefined]);
  for (const county of columnOf('county', 'code')) expect(county).toMatch(/^25\d{3}$/);
});
