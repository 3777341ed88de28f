/** Which dose records of one patient are the same dose. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DoseDecisions, type DoseOutcome, reasonOf, type StoredDose } from '../../../src/core/match/dose.js';
import { isAdministered, SENDER_SLOTS } from '../../../src/core/match/survivor.js';
import { VaccineGroups } from '../../../src/core/match/vaccine-groups.js';
import { DOSE, type Row } from '../../../src/core/model.js';
import { DoseRegistry, loadDoses, MATCHER } from '../../support/dose-registry.js';
import { type DoseValues, doseRow } from '../../support/persons.js';

const MMR: DoseValues = {
  site_id: 'F1',
  source_patient_id: '1',
  administered_on: '2016-05-16',
  cvx: '03',
  completion_status: 'CP',
  information_source: '01',
};
const dose = (values: DoseValues = {}): Row => doseRow({ ...MMR, ...values });
const decide = (rows: readonly Row[], stored: readonly StoredDose[] = []): DoseDecisions =>
  MATCHER.decide(rows, stored);

/** A dose that was given at the site, and what a card tells of one. */
const given = (values: DoseValues = {}): DoseValues => ({ information_source: '00', ...values });
const told = (values: DoseValues = {}): DoseValues => ({ information_source: '01', ...values });
const ON = '2016-05-16';
/** So many days later. */
const later = (days: number): string => new Date(Date.parse(ON) + days * 86_400_000).toISOString().slice(0, 10);

type Same = Extract<DoseOutcome, { kind: 'same' }>;

/** What is decided of records, whatever their order: the row by which they are one dose, or are left to a person. */
function verdictOf(values: readonly DoseValues[]): string {
  const verdicts = [values, values.toReversed()].map((each) => {
    const { outcomes, remarks } = decide(each.map(dose));
    const same = outcomes.filter((outcome): outcome is Same => outcome.kind === 'same').map(({ rule }) => rule.row);
    const told = remarks.map(({ kind, rule }) => `${kind} ${rule.row}`);
    return [`${outcomes.length - same.length} doses`, ...same.sort(), ...told.sort()].join(', ');
  });
  expect(verdicts[1]).toBe(verdicts[0]);
  return verdicts[0]!;
}

describe('records of one day', () => {
  test.each<[string, string, ...DoseValues[]]>([
    ['that say the same', '1 doses, 2', {}, {}],
    ['of two sites', '1 doses, 2', {}, { site_id: 'F2', source_immunization_id: 'V-2' }],
    ['with the same lot', '1 doses, 2', given({ lot_number: 'K012345' }), given({ lot_number: 'K012345' })],
    ['of which one has a lot', '1 doses, 2', given({ lot_number: 'K012345' }), given()],
    ['of which one has no status', '1 doses, 2', {}, { completion_status: null }],
    ['of history with another lot', '1 doses, 2', given({ lot_number: 'K012345' }), told({ lot_number: 'Z99999' })],
    ['with a lot of one other character', '1 doses, 3', given({ lot_number: 'K012345' }), given({ lot_number: 'K012346' })],
    ['with two characters of the lot swapped', '1 doses, 3', given({ lot_number: 'K012345' }), given({ lot_number: 'K012354' })],
    ['with a lot that lost its zero', '1 doses, 3', given({ lot_number: '0123' }), given({ lot_number: '123' })],
    ['with a lot as a spreadsheet writes it', '1 doses, 3', given({ lot_number: '4E61' }), given({ lot_number: '4.00E+61' })],
    ['of which one is unspecified', '1 doses, 4', given({ cvx: '20', lot_number: 'K012345' }), told({ cvx: '107', lot_number: 'Z9' })],
    ['of which one is unspecified, both administered', '1 doses, 4', given({ cvx: '08', lot_number: 'K012345' }), given({ cvx: '45', lot_number: 'Z9' })],
    ['of which one is of either of two groups', '1 doses, 4', given({ cvx: '133' }), told({ cvx: '109' })],
    ['of two products, one from history', '1 doses, 5, product-conflict 5', given({ cvx: '20' }), told({ cvx: '106' })],
    ['of two products, both from history', '1 doses, 5, product-conflict 5', told({ cvx: '20' }), told({ cvx: '106' })],
    ['of two products of one lot', '1 doses, 5, product-conflict 5', given({ cvx: '20', lot_number: 'K012345' }), told({ cvx: '106', lot_number: 'K012345' })],
    ['of two products and two lots', '2 doses, in-doubt 6', given({ cvx: '20', lot_number: 'K012345' }), told({ cvx: '106', lot_number: 'Z99999' })],
    ['of two lots, both administered', '2 doses, in-doubt 6', given({ lot_number: 'K012345' }), given({ lot_number: 'Z99999' })],
    ['of two products, both administered', '2 doses, in-doubt 6', given({ cvx: '20' }), given({ cvx: '106' })],
    ['of two lots, administered by two sites', '2 doses, in-doubt 7', given({ lot_number: 'K012345' }), given({ lot_number: 'Z99999', site_id: 'F2' })],
    ['of two combinations that each have something', '2 doses, in-doubt 6', given({ cvx: '110' }), told({ cvx: '120' })],
    ['under one id', '1 doses, 1', given({ source_immunization_id: 'V-1', lot_number: 'K012345' }), given({ source_immunization_id: 'V-1', lot_number: 'Z99999' })],
    ['under one id, of vaccines that have nothing in common', '2 doses', given({ source_immunization_id: 'V-1' }), given({ source_immunization_id: 'V-1', cvx: '21' })],
    ['of a combination and its parts', '1 doses, 8, 8, 8', given({ cvx: '110', lot_number: 'K012345' }), told({ cvx: '20' }), told({ cvx: '08', lot_number: 'Z9' }), told({ cvx: '10' })],
    ['of a combination and unspecified parts', '1 doses, 4, 4, 4', given({ cvx: '110' }), told({ cvx: '107' }), told({ cvx: '45' }), told({ cvx: '89' })],
    ['of a combination from history and a part', '1 doses, 8', told({ cvx: '94' }), given({ cvx: '03' })],
    ['of a combination from history and all of its parts, administered', '2 doses, 8', told({ cvx: '94' }), given({ cvx: '03' }), given({ cvx: '21' })],
    ['of a combination from history and all of its parts, one of them from history', '1 doses, 8, 8', told({ cvx: '94' }), given({ cvx: '03' }), told({ cvx: '21' })],
    ['of a combination and a part, of one lot', '1 doses, 8', given({ cvx: '94', lot_number: 'K012345' }), given({ cvx: '03', lot_number: 'K012345' })],
    ['of a combination, a part and a part of that', '1 doses, 8, 8', given({ cvx: '146' }), told({ cvx: '110' }), told({ cvx: '08' })],
    ['of a combination and a part, each administered', '2 doses, extra-antigen 9', given({ cvx: '110', lot_number: 'K012345' }), given({ cvx: '08', lot_number: 'Z99999' })],
    ['of vaccines that have nothing in common', '2 doses', given({ cvx: '03' }), given({ cvx: '21' })],
    ['of a vaccine and an immune globulin', '2 doses', given({ cvx: '08' }), given({ cvx: '30' })],
    ['of one immune globulin', '1 doses, 2', given({ cvx: '30' }), told({ cvx: '30' })],
    ['of which one was refused', '2 doses', {}, { completion_status: 'RE' }],
    ['of which one was not given', '2 doses', {}, { completion_status: 'NA' }],
    ['of which one was given in part', '2 doses', {}, { completion_status: 'PA' }],
    ['of which both were refused', '1 doses, 2', { completion_status: 'RE' }, { completion_status: 'RE' }],
    ['of which both were refused, one of them unspecified', '2 doses', { completion_status: 'RE', cvx: '20' }, { completion_status: 'RE', cvx: '107' }],
  ])('%s: %s', (_, expected, ...values) => {
    expect(verdictOf(values)).toBe(expected);
  }); // biome-ignore format: a table
});

describe('records of different days', () => {
  const lot = { lot_number: 'K012345' };
  test.each<[string, string, DoseValues, number, DoseValues]>([
    ['one lot, both administered', '1 doses, 10', given(lot), 3, given(lot)],
    ['one lot, both from history', '1 doses, 10', told(lot), 1, told(lot)],
    ['one lot, four days', '2 doses', given(lot), 4, given(lot)],
    ['history without a lot', '1 doses, 11', given(lot), 10, told()],
    ['history before it was given', '1 doses, 11', told(), 10, given(lot)],
    ['history of an unspecified vaccine', '1 doses, 11', given({ ...lot, cvx: '20' }), 7, told({ cvx: '107' })],
    ['history of the lot', '1 doses, 11', given(lot), 7, told(lot)],
    ['history of nearly the lot', '1 doses, 11', given(lot), 7, told({ lot_number: 'K012346' })],
    ['history of another lot', '2 doses', given(lot), 7, told({ lot_number: 'Z99999' })],
    ['history of a part', '1 doses, 11', given({ cvx: '110' }), 5, told({ cvx: '08' })],
    ['history of a combination, of which one part was given', '2 doses, in-doubt 11', given({ cvx: '08' }), 5, told({ cvx: '110' })],
    ['history eleven days away', '2 doses', given(lot), 11, told()],
    ['both administered', '2 doses', given(), 1, given()],
    ['both from history', '2 doses', told(), 1, told()],
    ['both from history, one unspecified', '2 doses, in-doubt 12', told({ cvx: '20' }), 10, told({ cvx: '107' })],
    ['both from history, both unspecified', '2 doses, in-doubt 12', told({ cvx: '107' }), 2, told({ cvx: '107' })],
    ['both from history, one unspecified, eleven days', '2 doses', told({ cvx: '20' }), 11, told({ cvx: '107' })],
    ['history of the lot some weeks away', '2 doses, in-doubt 14', given(lot), 23, told(lot)],
    ['history of the lot 24 days away', '2 doses', given(lot), 24, told(lot)],
    ['other groups', '2 doses', given({ cvx: '03' }), 1, told({ cvx: '21' })],
    ['refused', '2 doses', given(), 1, told({ completion_status: 'RE' })],
    ['one id and another date', '1 doses, 1', given({ ...lot, source_immunization_id: 'V-1' }), 9, given({ source_immunization_id: 'V-1' })],
    ['one id, two months apart', '2 doses, in-doubt 1', given({ source_immunization_id: 'V-1' }), 60, given({ source_immunization_id: 'V-1' })],
    ['one id at two sites, two months apart', '2 doses', given({ source_immunization_id: 'V-1' }), 60, given({ source_immunization_id: 'V-1', site_id: 'F2' })],
    ['one id, another date and another lot', '2 doses, in-doubt 1', given({ ...lot, source_immunization_id: 'V-1' }), 9, given({ source_immunization_id: 'V-1', lot_number: 'Z99999' })],
    ['a globulin', '2 doses', given({ cvx: '30' }), 1, told({ cvx: '30' })],
    ['rabies, history of the next day', '1 doses, 11', given({ cvx: '175' }), 1, told({ cvx: '90' })],
    ['rabies, history of the third day', '2 doses', given({ cvx: '175' }), 3, told({ cvx: '90' })],
    ['rabies, one lot on the third day', '2 doses', given({ cvx: '175', ...lot }), 3, given({ cvx: '175', ...lot })],
    ['rabies, one lot after a week', '2 doses', given({ cvx: '175', ...lot }), 7, told({ cvx: '175', ...lot })],
    ['rabies, one lot after two weeks', '2 doses', given({ cvx: '175', ...lot }), 14, told({ cvx: '175', ...lot })],
    ['Japanese encephalitis after a week', '2 doses', given({ cvx: '134' }), 7, told({ cvx: '134' })],
    ['oral typhoid every other day', '2 doses', given({ cvx: '25', ...lot }), 2, given({ cvx: '25', ...lot })],
    ['the second dose of influenza', '2 doses', given({ cvx: '140', ...lot }), 28, told({ cvx: '140', ...lot })],
    ['the second dose of COVID-19', '2 doses', given({ cvx: '208' }), 21, told({ cvx: '208' })],
  ])('%s: %s', (_, expected, first, days, second) => {
    expect(verdictOf([first, { ...second, administered_on: later(days) }])).toBe(expected);
  }); // biome-ignore format: a table

  test('history goes to the nearest dose, and to no other', () => {
    const [first, second] = [0, 21].map((days) => given({ cvx: '208', administered_on: later(days) }));
    const history = (days: number): DoseValues => told({ cvx: '208', administered_on: later(days) });
    const { outcomes } = decide([first!, second!, history(8), history(12)].map(dose));
    expect(outcomes).toMatchObject([
      { kind: 'new' },
      { kind: 'new' },
      { kind: 'same', as: { incoming: 0 } },
      { kind: 'same', as: { incoming: 1 } },
    ]);
    expect(verdictOf([first!, given({ cvx: '208', administered_on: later(16) }), history(8)])).toBe(
      '3 doses, in-doubt 11',
    );
  });

  test.each<[string, number, number]>([
    ['1 doses, 11', 4, 99],
    ['2 doses, 11', 4, 13],
    ['2 doses, 11', 8, 20],
    ['3 doses, in-doubt 11', 8, 17],
    ['3 doses, in-doubt 11', 4, 12],
  ])('history a dose lays claim to: %s on day %i, where the next was given on day %i', (expected, day, next) => {
    const both = [0, next].slice(0, next < 99 ? 2 : 1).map((days) => given({ administered_on: later(days) }));
    expect(verdictOf([...both, told({ administered_on: later(day) })])).toBe(expected);
  });

  test.each<[string, DoseValues, DoseValues]>([
    ['2 doses, in-doubt 14', given({ lot_number: 'K012345' }), told()],
    ['2 doses, in-doubt 14', told({ cvx: '94' }), given()],
    ['2 doses, in-doubt 12', told(), told()],
    ['2 doses', given(), given()],
    ['2 doses', given({ lot_number: 'K012345' }), told({ lot_number: 'Z99999' })],
    ['2 doses', given(), told({ cvx: '21' })],
    ['2 doses', given(), told({ completion_status: 'RE' })],
  ])('day and month exchanged: %s', (expected, first, second) => {
    const on = (administered_on: string, values: DoseValues): DoseValues => ({ ...values, administered_on });
    expect(verdictOf([on('2016-03-05', first), on('2016-05-03', second)])).toBe(expected);
    expect(verdictOf([on('2016-05-03', first), on('2016-03-05', second)])).toBe(expected);
    expect(verdictOf([on('2016-03-05', first), on('2016-05-04', second)])).toBe('2 doses');
  });

  test('the lot decides between doses that are equally near', () => {
    const doses = [
      given({ administered_on: later(0), lot_number: 'K012345' }),
      given({ administered_on: later(10), lot_number: 'Z99999' }),
      told({ administered_on: later(5), lot_number: 'Z99999' }),
    ];
    expect(decide(doses.map(dose)).outcomes).toMatchObject([{ kind: 'new' }, { kind: 'new' }, { as: { incoming: 1 } }]);
  });

  test('history that names two lots is not of one dose that names none', () => {
    const doses = [
      given(),
      told({ administered_on: later(2), lot_number: 'K012345' }),
      told({ administered_on: later(4), lot_number: 'Z99999' }),
    ];
    expect(verdictOf(doses)).toBe('2 doses, 11, in-doubt 11');
  });

  test('history of a combination is told by its parts, where all of them were given', () => {
    const parts = ['20', '08', '10'].map((cvx) => given({ cvx }));
    expect(verdictOf([...parts, told({ cvx: '110', administered_on: later(4) })])).toBe('3 doses, 11');
  });

  test('the vaccines of a rabies series stay apart, whoever tells them', () => {
    const days = [0, 3, 7, 14];
    for (const values of [given({ lot_number: 'K012345' }), told({ lot_number: 'K012345' }), told()]) {
      expect(verdictOf(days.map((day) => ({ ...values, cvx: '175', administered_on: later(day) })))).toBe('4 doses');
    }
    const both = days.flatMap((day) => [given(), told()].map((each) => ({ ...each, administered_on: later(day) })));
    expect(verdictOf(both.map((each) => ({ ...each, cvx: '175' })))).toBe('4 doses, 2, 2, 2, 2');
  });
});

describe('the reason', () => {
  test('names the row of the table and the fields that say something else', () => {
    const rows = [
      dose({ ...given(), lot_number: 'K012345', mvx: 'MSD', route: 'SC', body_site: 'LA' }),
      dose({ administered_on: later(2), route: 'IM', comment: 'sore arm' }),
    ];
    const other = decide(rows).outcomes[1] as Same;
    expect(other.differing).toEqual(['administered_on', 'route']);
    expect(reasonOf(other)).toBe(
      'history of a dose of the same group that was administered some days before or after (row 11); other administered_on, route',
    );
  });

  test('of a part of a combination does not name what it cannot have in common', () => {
    const rows = [dose({ ...given(), cvx: '94', lot_number: 'K012345' }), dose({ cvx: '21', lot_number: 'Z99999' })];
    expect(reasonOf(decide(rows).outcomes[1] as Same)).toBe('part of a combination vaccine of the same date (row 8)');
  });

  test('of the second of two equal records is that they are equal, whatever else the dose is made of', () => {
    const rows = [dose({ cvx: '20', lot_number: 'K012345' }), dose({ cvx: '107' }), dose({ cvx: '107' })];
    const rules = decide(rows).outcomes.map((outcome) => (outcome.kind === 'same' ? outcome.rule.row : null));
    expect(rules).toEqual([null, 4, 4]);
    expect((decide([dose(), dose()]).outcomes[1] as Same).rule.row).toBe(2);
  });
});

describe('duplicates of a submission', () => {
  test('become the fuller one, its blanks filled, under its own id', () => {
    const poor = dose({ source_immunization_id: 'V-1', comment: 'sore arm' });
    const full = dose({ source_immunization_id: 'V-2', site_id: 'F2', lot_number: 'K012345', mvx: 'MSD' });
    const { outcomes, updates } = decide([poor, full]);
    expect(updates).toEqual([]);
    expect(outcomes).toMatchObject([
      { kind: 'same', as: { incoming: 1 }, part: 1, contributed: true, differing: [] },
      {
        kind: 'new',
        row: dose({
          source_immunization_id: 'V-2',
          site_id: 'F2',
          lot_number: 'K012345',
          mvx: 'MSD',
          comment: 'sore arm',
        }),
        parts: [full, poor],
      },
    ]);
  });

  test('become what was administered, however full the history', () => {
    const history = dose({ lot_number: 'K012345', mvx: 'MSD', route: 'SC', administered_on: later(2) });
    const administered = dose(given({ source_immunization_id: 'V-2' }));
    expect(decide([history, administered]).outcomes).toMatchObject([
      { kind: 'same', as: { incoming: 1 }, contributed: true },
      {
        kind: 'new',
        row: dose(given({ source_immunization_id: 'V-2', lot_number: 'K012345', mvx: 'MSD', route: 'SC' })),
      },
    ]);
  });

  test('that are parts of a combination give it nothing, and are kept', () => {
    const rows = [dose({ ...given(), cvx: '94' }), dose({ cvx: '21', lot_number: 'K012345', route: 'SC' })];
    expect(decide(rows).outcomes).toMatchObject([
      { kind: 'new', row: rows[0]!, parts: rows },
      { kind: 'same', part: 1, contributed: false },
    ]);
  });

  test('that give nothing new are told so, and are not kept', () => {
    const { outcomes } = decide([
      dose({ source_immunization_id: 'V-1', lot_number: 'K012345' }),
      dose({ lot_number: 'K012345' }),
    ]);
    expect(outcomes).toMatchObject([
      { kind: 'new', parts: [] },
      { kind: 'same', as: { incoming: 0 }, part: 0, contributed: false },
    ]);
  });

  test('stay with their own dose where there are several', () => {
    const rows = [dose(), dose({ cvx: '21' }), dose({ lot_number: 'K012345' }), dose({ cvx: '21' })];
    expect(decide(rows).outcomes).toMatchObject([
      { kind: 'same', as: { incoming: 2 } },
      { kind: 'new' },
      { kind: 'new' },
      { kind: 'same', as: { incoming: 1 } },
    ]);
  });
});

describe('a dose of the store', () => {
  const stored: StoredDose = { immunizationId: 7, row: dose({ source_immunization_id: 'V-1' }), parts: [] };

  test('stays as it is where the same comes again, from whichever site', () => {
    const { outcomes, updates } = decide([dose(), dose({ site_id: 'F2', source_immunization_id: 'V-9' })], [stored]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ kind: 'same', as: { immunizationId: 7 }, part: 0, contributed: false });
    }
    expect(updates).toEqual([]);
  });

  test('gains what it lacked and keeps the id of the record that made it', () => {
    const fuller = dose({
      site_id: 'F2',
      source_immunization_id: 'V-9',
      lot_number: 'K012345',
      information_source: '00',
    });
    const { outcomes, updates, regrouping } = decide([fuller, dose({ cvx: '21' })], [stored]);
    expect(outcomes).toMatchObject([
      { kind: 'same', as: { immunizationId: 7 }, part: 1, contributed: true },
      { kind: 'new' },
    ]);
    expect(updates).toEqual([
      {
        immunizationId: 7,
        row: dose({ source_immunization_id: 'V-1', lot_number: 'K012345', information_source: '00' }),
        parts: [stored.row, fuller],
      },
    ]);
    expect(regrouping).toBeNull();
  });

  test('keeps the parts that the store has, and adds the new one only', () => {
    const parts = [dose(), dose({ mvx: 'MSD' })];
    const { updates } = decide([dose({ route: 'SC' })], [{ immunizationId: 7, row: dose({ mvx: 'MSD' }), parts }]);
    expect(updates).toEqual([
      { immunizationId: 7, row: dose({ mvx: 'MSD', route: 'SC' }), parts: [dose({ route: 'SC' })] },
    ]);
  });

  test('goes into another one of the store, where a new record shows that they are one', () => {
    const [early, late] = [told({ administered_on: later(0) }), told({ administered_on: later(8) })].map(dose);
    const registry = loadDoses([early!, late!]);
    expect(registry.doses).toHaveLength(2);
    const { outcomes, regrouping } = registry.load([dose(given({ administered_on: later(4) }))]);
    expect(outcomes).toMatchObject([{ kind: 'same', as: { immunizationId: 1 }, contributed: true }]);
    expect(regrouping!.records).toEqual([
      { from: { immunizationId: 1, part: 0 }, to: { immunizationId: 1 }, part: 0, reason: expect.any(String) },
      {
        from: { immunizationId: 2, part: 0 },
        to: { immunizationId: 1 },
        part: 1,
        reason: expect.stringMatching(/\(row 11\); other administered_on$/),
      },
    ]);
    expect(registry.doses).toMatchObject([{ immunizationId: 1 }]);
    expect(registry.doses[0]!.row[DOSE.administered_on]).toBe(later(4));
  });

  test('gives a record back that a nearer dose lays claim to, even the one that made it', () => {
    const registry = loadDoses(
      [dose(told({ administered_on: later(9) }))],
      [dose(given({ administered_on: later(0) }))],
    );
    expect(registry.doses).toHaveLength(1);
    registry.load([dose(given({ administered_on: later(11) }))]);
    expect(registry.doses.map(({ immunizationId, row }) => [immunizationId, row[DOSE.administered_on]])).toEqual([
      [1, later(11)],
      [2, later(0)],
    ]);
  });

  test('is made of a record that was its duplicate, where all others leave it', () => {
    const registry = loadDoses(
      [dose(told({ administered_on: later(9) }))],
      [dose(given({ administered_on: later(0) }))],
    );
    const { regrouping } = registry.load([dose(given({ administered_on: later(11) }))]);
    expect(regrouping!.made).toMatchObject([{ from: { immunizationId: 1, part: 1 }, parts: [] }]);
  });

  test('says what its parts were where the rest of a combination that history told comes later', () => {
    const registry = loadDoses([dose({ cvx: '94' }), dose(given({ cvx: '03' }))]);
    expect(registry.doses.map(({ row }) => row[DOSE.cvx])).toEqual(['94']);
    registry.load([dose(given({ cvx: '21' }))]);
    expect(registry.doses.map(({ row }) => row[DOSE.cvx])).toEqual(['03', '21']);
    expect(registry.load([dose(given({ cvx: '21' }))]).regrouping).toBeNull();
  });

  test('whose record is of one of two doses now is in doubt, though both were there', () => {
    const [first, history, last] = [
      given(),
      told({ administered_on: later(5) }),
      given({ administered_on: later(10) }),
    ];
    const registry = loadDoses([dose(first), dose(history)]);
    expect(registry.doses).toHaveLength(1);
    const { remarks } = registry.load([dose(last)]);
    expect(registry.doses).toHaveLength(3);
    expect(remarks).toMatchObject([{ kind: 'in-doubt', place: 0, rule: { row: 11 } }]);
  });

  test('in doubt is not told of again by records that have nothing to do with it', () => {
    const registry = loadDoses([dose({ cvx: '20' }), dose({ cvx: '107', administered_on: later(5) })]);
    expect(registry.doses).toHaveLength(2);
    expect(registry.load([dose(), dose()]).remarks).toEqual([]);
    expect(registry.load([dose({ cvx: '20', site_id: 'F2' })]).remarks).toMatchObject([
      { kind: 'in-doubt', place: 0, other: { immunizationId: 2 } },
    ]);
  });
});

/** Does something that may compare so many pairs of vaccines at most; throws where it compares more. */
function boundComparisons<T>(most: number, act: () => T): T {
  const { relate } = VaccineGroups.prototype;
  let comparisons = 0;
  VaccineGroups.prototype.relate = function (a, b) {
    if (++comparisons > most) throw new Error(`more than ${most} comparisons`);
    return relate.call(this, a, b);
  };
  try {
    return act();
  } finally {
    VaccineGroups.prototype.relate = relate;
  }
}

test('an id that stands for hundreds of persons is looked at by vaccine and day alone, in fewer comparisons than it has pairs', () => {
  const rows: Row[] = [];
  for (let i = 0; i < 6_000; i++) {
    rows.push(dose({ ...(i % 2 ? given() : told()), administered_on: later(i % 300), lot_number: `K${i % 977}` }));
  }
  const { outcomes, remarks } = boundComparisons((rows.length * (rows.length - 1)) / 2, () => decide(rows));
  expect(outcomes.filter(({ kind }) => kind === 'new')).toHaveLength(300);
  expect(remarks).toEqual([]);
});

/** Records in which much is near to each other, and little sure. */
const arbitraryDose = fc
  .record({
    site_id: fc.constantFrom('F1', 'F2'),
    // Day 20 is the fifth of June, day -10 the sixth of May.
    administered_on: fc.constantFrom(0, 0, 1, 2, 4, 7, 9, 14, 20, 28, -10).map(later),
    cvx: fc.constantFrom('03', '94', '21', '20', '107', '110', '08', '45', '106', '120', '175', '30'),
    completion_status: fc.constantFrom('CP', 'CP', 'CP', 'RE', null),
    information_source: fc.constantFrom('00', '00', '01', '05'),
    lot_number: fc.constantFrom(null, null, 'K012345', 'K012346', 'Z99999', '00777', '777'),
    mvx: fc.constantFrom(null, 'MSD'),
    funding_source: fc.constantFrom(null, 'PHC70'),
    // A unit never comes without an amount.
    amount: fc.constantFrom({}, { dose_amount: '0.5' }, { dose_amount: '0.5', dose_unit: 'mL' }),
  })
  .map(({ amount, ...values }) => doseRow({ ...values, ...amount }));
/** A few vaccines at a time, so that they meet. */
const arbitraryDoses = fc
  .tuple(
    fc.array(arbitraryDose, { minLength: 1, maxLength: 9 }),
    fc.subarray(['03', '94', '21', '20', '107', '110', '08', '45', '106', '120', '175', '30'], {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([rows, vaccines]) => rows.map((row, i) => row.with(DOSE.cvx, vaccines[i % vaccines.length]!)));
const shuffled = <T>(lists: fc.Arbitrary<T[]>): fc.Arbitrary<[T[], T[]]> =>
  lists.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));

describe('properties', () => {
  const runs = { numRuns: 1_000 };

  test('the order of the records makes no difference to what the doses say', () => {
    fc.assert(
      fc.property(shuffled(arbitraryDoses), arbitraryDoses, ([rows, again], before) => {
        expect(loadDoses(again).contents()).toEqual(loadDoses(rows).contents());
        expect(loadDoses(before, again).contents()).toEqual(loadDoses(before, rows).contents());
      }),
      runs,
    );
  });

  test('loading in parts is loading in one, whatever the order of the parts', () => {
    fc.assert(
      fc.property(arbitraryDoses, arbitraryDoses, arbitraryDoses, (first, second, third) => {
        const whole = loadDoses([...first, ...second, ...third]).contents();
        expect(loadDoses(first, second, third).contents()).toEqual(whole);
        expect(loadDoses(third, [...first, ...second]).contents()).toEqual(whole);
      }),
      runs,
    );
  });

  test('loading one record at a time is loading in one', () => {
    fc.assert(
      fc.property(arbitraryDoses, (rows) => {
        expect(loadDoses(...rows.map((row) => [row])).contents()).toEqual(loadDoses(rows).contents());
      }),
      runs,
    );
  });

  test('loading the same again changes nothing and adds nothing', () => {
    fc.assert(
      fc.property(shuffled(arbitraryDoses), ([rows, again]) => {
        const registry = loadDoses(rows);
        const before = registry.doses;
        const { outcomes, updates, regrouping } = registry.load(again);
        expect(updates).toEqual([]);
        expect(regrouping).toBeNull();
        for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'same', contributed: false });
        expect(registry.doses).toEqual(before);
      }),
      runs,
    );
  });

  test('each record points to a dose that is new or in the store, and no record is lost', () => {
    fc.assert(
      fc.property(arbitraryDoses, arbitraryDoses, (before, rows) => {
        const registry = new DoseRegistry();
        registry.load(before);
        const known = registry.doses.map(({ immunizationId }) => immunizationId);
        const { outcomes } = registry.load(rows);
        for (const outcome of outcomes) {
          if (outcome.kind === 'new') continue;
          if ('incoming' in outcome.as) expect(outcomes[outcome.as.incoming]!.kind).toBe('new');
          else expect(known).toContain(outcome.as.immunizationId);
        }
      }),
      runs,
    );
  });

  test('no dose is made of administered records of different days, unless an error of three days explains them', () => {
    fc.assert(
      fc.property(arbitraryDoses, (rows) => {
        for (const { row, parts } of loadDoses(rows).doses) {
          const days = parts.filter((part) => isAdministered(part) && part[DOSE.cvx] === row[DOSE.cvx]);
          for (const a of days) {
            for (const b of days) {
              const apart = Math.abs(Date.parse(a[DOSE.administered_on]!) - Date.parse(b[DOSE.administered_on]!));
              expect(apart / 86_400_000).toBeLessThanOrEqual(row[DOSE.cvx] === '175' ? 1 : 3);
            }
          }
        }
      }),
      runs,
    );
  });

  test('no dose is given in two states, nor refused with other words', () => {
    fc.assert(
      fc.property(arbitraryDoses, (rows) => {
        for (const { parts } of loadDoses(rows).doses) {
          expect(new Set(parts.map((part) => part[DOSE.completion_status] ?? 'CP')).size).toBeLessThanOrEqual(1);
        }
      }),
      runs,
    );
  });

  test('no dose knows less than its records do, but for what belongs to another product, lot or source', () => {
    const excepted = new Set([...SENDER_SLOTS, DOSE.dose_unit, DOSE.mvx, DOSE.funding_source]);
    fc.assert(
      fc.property(arbitraryDoses, (rows) => {
        for (const { row, parts } of loadDoses(rows).doses) {
          for (const part of parts) {
            if (part[DOSE.cvx] !== row[DOSE.cvx]) continue;
            part.forEach((value, slot) => {
              if (value !== null && !excepted.has(slot)) expect(row[slot]).not.toBeNull();
            });
          }
        }
      }),
      runs,
    );
  });
});
