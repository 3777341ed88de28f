import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Codes } from '../../../src/core/codes.js';
import {
  readingOn,
  readingsOf,
  resolveVaccine,
  VACCINE_ORDER,
  type VaccineClues,
  type VaccineField,
  type VaccineReading,
} from '../../../src/core/normalize/vaccine.js';
import { essenceOf } from '../../../src/core/normalize/vaccine-name.js';
import { type MapLine, VaccineMap } from '../../../src/core/vaccine-map.js';
import { CODES, codesWith, NDC_CODES } from '../../support/fixtures.js';

const NOTHING: VaccineClues = { cvx: null, cpt: null, ndc: null, vaccine_name: null, vaccine_group: null };
const SOURCES = { codes: CODES, map: null, order: VACCINE_ORDER };

interface Circumstances {
  readonly day?: string | null;
  readonly order?: readonly VaccineField[];
  readonly map?: VaccineMap;
  readonly codes?: Codes;
}

/** What clues say on a day. */
function read(clues: Partial<VaccineClues>, circumstances: Circumstances = {}): VaccineReading {
  const { day = '2016-05-16', ...sources } = circumstances;
  return readingOn(resolveVaccine({ ...NOTHING, ...clues }, { ...SOURCES, ...sources }), day);
}

/** The vaccine that clues lead to, and the codes of what is to be said of them. */
function resolve(clues: Partial<VaccineClues>, circumstances: Circumstances = {}): [string | null, ...string[]] {
  const { cvx, findings } = read(clues, circumstances);
  return [cvx, ...findings.map((finding) => finding.code)];
}

// What single inputs resolve to stands in vaccine-inputs.tsv.

const MMR_NDC = '00006-4681-00';

describe('with an NDC table', () => {
  test.each<[string, Partial<VaccineClues>, [string | null, ...string[]]]>([
    ['an NDC names the vaccine', { ndc: MMR_NDC }, ['03']],
    ['an NDC and a CVX that agree', { ndc: MMR_NDC, cvx: '03' }, ['03']],
    ['an NDC decides before a CVX of the same group', { ndc: MMR_NDC, cvx: '05' }, ['03', 'cvx-replaced']],
    ['an NDC decides before a CVX of another group', { ndc: MMR_NDC, cvx: '10' }, ['03', 'vaccine-codes-disagree']],
    ['an NDC and a CVX that CDC gives no group', { ndc: MMR_NDC, cvx: '112' }, ['03', 'vaccine-codes-disagree']],
    [
      'a CVX that says no vaccine decides before an NDC',
      { ndc: MMR_NDC, cvx: '998' },
      ['998', 'vaccine-codes-disagree'],
    ],
    ['a CVX that says unknown leaves it to the NDC', { ndc: MMR_NDC, cvx: '999' }, ['03', 'cvx-placeholder']],
    ['a reserved CVX leaves it to the NDC', { ndc: MMR_NDC, cvx: '99' }, ['03', 'cvx-placeholder']],
    ['an NDC and a CPT of another group', { ndc: MMR_NDC, cpt: '90713' }, ['03', 'vaccine-codes-disagree']],
    ['an NDC and a name of another group', { ndc: MMR_NDC, vaccine_name: 'IPOL' }, ['03', 'vaccine-codes-disagree']],
    ['an unknown NDC leaves it to the CVX', { ndc: '99999-9999-99', cvx: '03' }, ['03', 'ndc-unknown']],
    ['an NDC that is none leaves it to the CPT', { ndc: '12', cpt: '90707' }, ['03', 'ndc-invalid']],
    [
      'an NDC of two vaccines leaves it to the name',
      { ndc: '33332-010-01', vaccine_name: 'M-M-R II' },
      ['03', 'ndc-ambiguous', 'vaccine-from-name'],
    ],
    ['an unknown NDC alone', { ndc: '99999-9999-99' }, [null, 'ndc-unknown', 'vaccine-unresolved']],
    ['a bad CVX beside an NDC is told', { ndc: MMR_NDC, cvx: 'XQ9' }, ['03', 'cvx-invalid']],
    ['a name in the CVX column beside an NDC is told', { ndc: MMR_NDC, cvx: 'MMR' }, ['03', 'name-in-cvx']],
    ['no NDC', { cvx: '03' }, ['03']],
  ])('%s', (_, clues, expected) => {
    expect(resolve(clues, { codes: NDC_CODES })).toEqual(expected);
  });

  test('an NDC is given as CDC writes it', () => {
    expect(read({ ndc: '0006-4681-00', cvx: '03' }, { codes: NDC_CODES }).ndc).toBe(MMR_NDC);
    expect(read({ ndc: '12', cvx: '03' }, { codes: NDC_CODES }).ndc).toBeNull();
  });
});

describe('in an order that a spec states', () => {
  const both = { cvx: '10', cpt: '90707', vaccine_name: 'INFANRIX' };
  const disagree = 'vaccine-codes-disagree';
  test.each<[readonly VaccineField[], Partial<VaccineClues>, [string | null, ...string[]]]>([
    [['cvx', 'cpt', 'vaccine_name'], both, ['10', disagree, disagree]],
    [['cpt', 'cvx', 'vaccine_name'], both, ['03', disagree, disagree]],
    // Names are what was asked for: that one decided needs no words.
    [['vaccine_name', 'cvx', 'cpt'], both, ['20', disagree, disagree]],
    [['vaccine_name', 'cvx'], { vaccine_name: 'INFANRIX' }, ['20', 'vaccine-from-name']],
    [['vaccine_name', 'cvx'], { vaccine_name: 'shot', cvx: '20' }, ['20', 'vaccine-name-unknown']],
    [['cpt', 'cvx'], { cpt: '90707', cvx: '04' }, ['03', 'cvx-replaced']],
    [['cpt', 'cvx'], { cpt: '90471', cvx: '04' }, ['04', 'cpt-administration']],
    [['vaccine_group', 'cvx'], { vaccine_group: 'MMR', cvx: '04' }, ['03', 'cvx-replaced']],
    [['cvx', 'ndc'], { ndc: MMR_NDC, cvx: '05' }, ['05']],
    [['cvx', 'ndc'], { ndc: MMR_NDC, cvx: '10' }, ['10', disagree]],
  ])('%j decides of %j', (order, clues, expected) => {
    expect(resolve(clues, { codes: NDC_CODES, order })).toEqual(expected);
  });

  test('the first that leads to a vaccine decides, whatever the order', () => {
    const clue = fc.option(fc.constantFrom('03', '10', '124', '90707', '90713', MMR_NDC, 'IPOL', 'MMR', 'shot'));
    const clues = fc.record(
      Object.fromEntries(VACCINE_ORDER.map((field) => [field, clue])) as Record<VaccineField, typeof clue>,
    );
    fc.assert(
      fc.property(clues, fc.shuffledSubarray([...VACCINE_ORDER], { minLength: 5 }), (said, order) => {
        const alone = order.map((field) => read({ [field]: said[field] }, { codes: NDC_CODES }).cvx);
        expect(read(said, { codes: NDC_CODES, order }).cvx).toBe(alone.find((cvx) => cvx !== null) ?? null);
      }),
    );
  });
});

describe('the day of the dose', () => {
  const resolution = resolveVaccine({ ...NOTHING, cpt: '90662' }, SOURCES);

  test('matters only where it says something', () => {
    expect(resolution.since).toEqual(['2020-07-01', '2024-07-01']);
    expect(resolveVaccine({ ...NOTHING, cvx: '03', cpt: '90707', vaccine_name: 'M-M-R II' }, SOURCES).since).toEqual(
      [],
    );
  });

  test.each([
    ['2020-06-30', '135'],
    ['2020-07-01', '197'],
    ['2024-06-30', '197'],
    ['2024-07-01', '135'],
    ['0001-01-01', '135'],
    ['9999-12-31', '135'],
  ])('%s leads to %s', (day, cvx) => {
    expect(readingOn(resolution, day).cvx).toBe(cvx);
  });

  test('that is not known leads to none', () => {
    expect(readingOn(resolution, null)).toMatchObject({ cvx: null });
    expect(resolve({ cpt: '90662' }, { day: null })).toEqual([null, 'cpt-ambiguous', 'vaccine-unresolved']);
    expect(resolve({ vaccine_name: 'Gardasil' }, { day: null })).toEqual([
      null,
      'vaccine-name-several',
      'vaccine-unresolved',
    ]);
    expect(resolve({ cpt: '90707' }, { day: null })).toEqual(['03']);
    // Of one vaccine, which was there since some day.
    expect(resolve({ vaccine_name: 'Shingrix' }, { day: null })).toEqual(['187', 'vaccine-from-name']);
  });
});

describe('a map', () => {
  const line = (changes: Partial<MapLine>): MapLine => ({
    field: 'cvx',
    value: 'LOC12',
    cvx: '94',
    author: 'R. Bellamy',
    date: '2026-06-30' as MapLine['date'],
    evidence: 'price list of 2009',
    line: 2,
    ...changes,
  });

  test('comes before all else', () => {
    const map = new VaccineMap([line({}), line({ value: '03', cvx: '20' })]);
    expect(resolve({ cvx: 'loc12' }, { map })).toEqual(['94', 'vaccine-mapped']);
    expect(resolve({ cvx: '03' }, { map })).toEqual(['20', 'vaccine-mapped']);
    expect(resolve({ cvx: 'LOC13' }, { map })).toEqual([null, 'cvx-invalid', 'vaccine-unresolved']);
  });

  test('comes before clues that are asked earlier, and is compared with them', () => {
    const map = new VaccineMap([line({ field: 'vaccine_name', value: 'house mix' })]);
    expect(resolve({ cpt: '90707', vaccine_name: 'House  Mix' }, { map })).toEqual(['94', 'vaccine-mapped']);
    expect(resolve({ cvx: '03', vaccine_name: 'house mix' }, { map })).toEqual([
      '94',
      'vaccine-mapped',
      'cvx-replaced',
    ]);
    expect(resolve({ cvx: '10', vaccine_name: 'house mix' }, { map })).toEqual([
      '94',
      'vaccine-mapped',
      'vaccine-codes-disagree',
    ]);
  });

  test('knows one field, or all', () => {
    const one = new VaccineMap([line({})]);
    const all = new VaccineMap([line({ field: null })]);
    expect(resolve({ cpt: 'LOC12' }, { map: one })[0]).toBeNull();
    expect(resolve({ cpt: 'LOC12' }, { map: all })[0]).toBe('94');
    const both = new VaccineMap([line({ field: null }), line({ cvx: '21' })]);
    expect(resolve({ cvx: 'LOC12' }, { map: both })[0]).toBe('21');
  });

  test('names the vaccine beside a CVX that says unknown, and none beside one that says no vaccine', () => {
    const map = new VaccineMap([line({ field: 'vaccine_name', value: 'house mix', cvx: '03' })]);
    const name = { vaccine_name: 'house mix' };
    expect(resolve({ cvx: '999', ...name }, { map })).toEqual(['03', 'vaccine-mapped', 'cvx-placeholder']);
    expect(resolve({ cvx: '998', ...name }, { map })).toEqual(['998', 'vaccine-codes-disagree']);
  });

  test('is not asked again whether its name denies the dose', () => {
    const map = new VaccineMap([line({ field: 'vaccine_name', value: 'MMR (immune)', cvx: '03' })]);
    expect(resolve({ vaccine_name: 'MMR (immune)' }, { map })).toEqual(['03', 'vaccine-mapped']);
  });

  test('says nothing where the tables lack its vaccine', () => {
    const older = codesWith(
      'cvx',
      [...CODES.rows('cvx')].filter(({ code }) => code !== '94'),
    );
    const map = new VaccineMap([line({ field: null })]);
    expect(resolve({ cvx: 'LOC12' }, { map, codes: older })).toEqual([null, 'cvx-invalid', 'vaccine-unresolved']);
    expect(resolve({ cvx: 'LOC12', cpt: '90707' }, { map, codes: older })).toEqual(['03', 'cvx-invalid']);
  });

  test('meets a number that a spreadsheet took the zeros off, where the tables do not know it', () => {
    const map = new VaccineMap([
      line({ field: 'vaccine_name', value: '7', line: 2 }),
      line({ field: null, value: '3', cvx: '08', line: 3 }),
      line({ field: 'cvx', value: '777', cvx: '21', line: 4 }),
    ]);
    expect(resolve({ vaccine_name: '007' }, { map })).toEqual(['94', 'vaccine-mapped']);
    expect(resolve({ vaccine_name: '03' }, { map })).toEqual(['08', 'vaccine-mapped']);
    expect(resolve({ cvx: '0777' }, { map })[0]).toBe('21');
    expect(resolve({ cvx: '03' }, { map })).toEqual(['03']);
    expect(resolve({ vaccine_name: '70' }, { map })[0]).toBeNull();
  });

  test('meets no number where two of its own are meant, and the very one first', () => {
    const map = new VaccineMap([
      line({ field: 'vaccine_name', value: '7' }),
      line({ field: 'vaccine_name', value: '007', cvx: '21', line: 3 }),
    ]);
    expect(resolve({ vaccine_name: '07' }, { map })[0]).toBeNull();
    expect(resolve({ vaccine_name: '7' }, { map })[0]).toBe('94');
    expect(resolve({ vaccine_name: '007' }, { map })[0]).toBe('21');
  });

  test('knows which of its lines met a record, whichever decided', () => {
    const map = new VaccineMap([
      line({}),
      line({ field: 'vaccine_name', value: 'house mix', line: 3 }),
      line({ field: 'vaccine_name', value: '7', line: 5 }),
      line({ value: 'LOC13', line: 6 }),
    ]);
    expect(map.unmetLines).toEqual([2, 3, 5, 6]);
    resolve({ cvx: 'LOC12', vaccine_name: 'house mix' }, { map });
    expect(map.unmetLines).toEqual([5, 6]);
    resolve({ vaccine_name: '007' }, { map });
    expect([map.metLines, map.unmetLines]).toEqual([[2, 3, 5], [6]]);
  });

  test('is told with its author and date', () => {
    const sources = { ...SOURCES, map: new VaccineMap([line({})]) };
    const { findings } = readingOn(resolveVaccine({ ...NOTHING, cvx: 'LOC12' }, sources), null);
    expect(findings).toMatchObject([{ value: 'LOC12', after: '94', other: 'R. Bellamy', expected: '2026-06-30' }]);
  });
});

describe('what nobody resolved', () => {
  const unmapped = (clues: Partial<VaccineClues>): string[] =>
    readingOn(resolveVaccine({ ...NOTHING, ...clues }, SOURCES), '2016-05-16').unmapped.map(
      ({ field, value }) => `${field} ${value}`,
    );

  test('is kept for somebody to decide, clue by clue', () => {
    expect(unmapped({ cvx: 'LOC12', vaccine_name: 'house mix' })).toEqual(['cvx LOC12', 'vaccine_name house mix']);
    expect(unmapped({ ndc: '99999-9999-99' })).toEqual(['ndc 99999-9999-99']);
  });

  test('is kept beside a CVX that says unknown, too', () => {
    expect(unmapped({ cvx: '999', vaccine_name: 'house mix' })).toEqual(['vaccine_name house mix']);
    expect(unmapped({ cvx: 'UNKNOWN', cpt: '90471' })).toEqual([]);
  });

  test('is nothing where another clue led to a vaccine, or none was there, or it was the act of giving', () => {
    expect(unmapped({ cvx: 'LOC12', cpt: '90707' })).toEqual([]);
    expect(unmapped({})).toEqual([]);
    expect(unmapped({ cpt: '90471' })).toEqual([]);
  });
});

/** Texts as senders write them, and some that nobody would. */
const TEXTS = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0123456789.E '), maxLength: 6 }),
  fc.constantFrom('MMR', 'Havrix', 'flu', 'HepB', '90707', '0001A', '90662', 'Moderna', 'Gardasil', 'DTaP (Pentacel)'),
  fc.string({ unit: fc.constantFrom(...'ABDEFHIMPTRV-() #0123'), maxLength: 16 }),
  fc.constantFrom(...[...CODES.names.all()]),
  fc.string({ maxLength: 20 }),
  fc.constant(null),
);
const DAYS = fc.option(
  fc
    .date({ min: new Date('1990-01-01'), max: new Date('2026-07-01'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
);

/** NDCs of the table, what is nearly one, and what is none. */
const NDCS = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom(...[...NDC_CODES.rows('ndc')].map(({ ndc }) => ndc!)) },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...'0123456789- '), maxLength: 14 }) },
);

test('no text resolves to a CVX that is not in the table, and the same always resolves the same', () => {
  const clean = (value: string | null): string | null => value?.trim() || null;
  const sources = { ...SOURCES, codes: NDC_CODES };
  fc.assert(
    fc.property(TEXTS, TEXTS, NDCS, TEXTS, TEXTS, DAYS, (cvx, cpt, ndc, name, group, day) => {
      const clues = {
        cvx: clean(cvx),
        ndc: clean(ndc),
        cpt: clean(cpt),
        vaccine_name: clean(name),
        vaccine_group: clean(group),
      };
      const resolution = resolveVaccine(clues, sources);
      const first = readingOn(resolution, day);
      expect(first.cvx === null || CODES.cvx(first.cvx) !== undefined).toBe(true);
      expect(first.cvx === null).toBe(
        first.findings.some(({ code }) => code === 'vaccine-unresolved' || code === 'vaccine-missing'),
      );
      expect(readingOn(resolveVaccine(clues, sources), day)).toEqual(first);
      // Whatever came before: a resolution is the same for doses of all days.
      expect(readingsOf(resolveVaccine(clues, sources))).toEqual(readingsOf(resolution));
    }),
    { numRuns: 3000 },
  );
});

test('a table that lacks vaccines which other tables name resolves none of them', () => {
  const older = codesWith(
    'cvx',
    [...CODES.rows('cvx')].filter((_, place) => place % 3 > 0),
    NDC_CODES,
  );
  fc.assert(
    fc.property(TEXTS, TEXTS, NDCS, TEXTS, DAYS, (cvx, cpt, ndc, name, day) => {
      const reading = read({ cvx, cpt, ndc, vaccine_name: name }, { codes: older, day });
      expect(reading.cvx === null || older.cvx(reading.cvx) !== undefined).toBe(true);
    }),
    { numRuns: 1500 },
  );
});

test('a near miss is never applied', () => {
  const names = [...CODES.names.all()];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.nat(), (name, at) => {
      const place = at % name.length;
      // No word that says nothing has a Z but immunization.
      const missed = `${name.slice(0, place)}Z${name.slice(place + 1)}`;
      // Some are names by themselves: RSV and RZV.
      if (CODES.names.meaningsOf(essenceOf(missed, CODES)).length > 0 || CODES.names.has(missed)) return;
      const resolution = resolveVaccine({ ...NOTHING, vaccine_name: missed }, SOURCES);
      for (const { cvx } of readingsOf(resolution)) expect(cvx).toBeNull();
    }),
    { numRuns: 3000 },
  );
});
