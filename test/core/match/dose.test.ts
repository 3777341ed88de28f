/** Which dose records of one patient are the same dose. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DoseDecisions, decideDoses, reasonOf, type StoredDose } from '../../../src/core/match/dose.js';
import { DOSE, packRow, type Row } from '../../../src/core/model.js';
import { contentsOf, type DoseValues, doseRow } from '../../support/persons.js';

const MMR: DoseValues = {
  site_id: 'F1',
  source_patient_id: '1',
  administered_on: '2016-05-16',
  cvx: '03',
  completion_status: 'CP',
  information_source: '01',
};
const dose = (values: DoseValues = {}): Row => doseRow({ ...MMR, ...values });
const kinds = (...rows: Row[]): string[] => decideDoses(rows, []).outcomes.map(({ kind }) => kind);

describe('two doses of a patient', () => {
  test.each<[string, DoseValues]>([
    ['that say the same', {}],
    ['with another id at the site', { source_immunization_id: 'V-2' }],
    ['of another site', { site_id: 'F2' }],
    ['of another source', { information_source: '00' }],
    ['with another lot', { lot_number: 'K012345' }],
    ['with a status that is not given', { completion_status: null }],
  ])('are one: %s', (_, values) => {
    expect(kinds(dose({ lot_number: 'K012346' }), dose(values)).sort()).toEqual(['new', 'same']);
  });

  test.each<[string, DoseValues]>([
    ['on another day', { administered_on: '2016-05-17' }],
    ['of another vaccine', { cvx: '94' }],
    ['of which one was refused', { completion_status: 'RE' }],
    ['of which one was not given', { completion_status: 'NA' }],
    ['of which one was given in part', { completion_status: 'PA' }],
  ])('are two: %s', (_, values) => {
    expect(kinds(dose(), dose(values))).toEqual(['new', 'new']);
  });
});

describe('duplicates of a submission', () => {
  test('become the fuller one, its blanks filled, under its own id', () => {
    const poor = dose({ source_immunization_id: 'V-1', comment: 'sore arm' });
    const full = dose({ source_immunization_id: 'V-2', site_id: 'F2', lot_number: 'K012345', mvx: 'MSD' });
    const { outcomes, updates } = decideDoses([poor, full], []);
    expect(updates).toEqual([]);
    expect(outcomes).toEqual([
      { kind: 'same', as: { incoming: 1 }, contributed: true, differing: [] },
      {
        kind: 'new',
        row: dose({
          source_immunization_id: 'V-2',
          site_id: 'F2',
          lot_number: 'K012345',
          mvx: 'MSD',
          comment: 'sore arm',
        }),
        parts: [poor, full],
      },
    ]);
  });

  test('that give nothing new are told so, and are not kept', () => {
    const { outcomes } = decideDoses(
      [dose({ source_immunization_id: 'V-1', lot_number: 'K012345' }), dose({ lot_number: 'K012345' })],
      [],
    );
    expect(outcomes).toMatchObject([
      { kind: 'new', parts: [] },
      { kind: 'same', as: { incoming: 0 }, contributed: false },
    ]);
  });

  test('stay with their own dose where there are several', () => {
    const rows = [dose(), dose({ cvx: '21' }), dose({ lot_number: 'K012345' }), dose({ cvx: '21' })];
    expect(decideDoses(rows, []).outcomes).toMatchObject([
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
    const { outcomes, updates } = decideDoses(
      [dose(), dose({ site_id: 'F2', source_immunization_id: 'V-9' })],
      [stored],
    );
    expect(outcomes).toEqual(
      Array(2).fill({ kind: 'same', as: { immunizationId: 7 }, contributed: false, differing: [] }),
    );
    expect(updates).toEqual([]);
  });

  test('keeps what it says, and the reason names the fields that the other says otherwise', () => {
    const kept = dose({ lot_number: 'K012345', mvx: 'MSD', route: 'SC', body_site: 'LA' });
    const { outcomes } = decideDoses([kept, dose({ lot_number: 'K099999', route: 'IM', comment: 'sore arm' })], []);
    const [, other] = outcomes;
    expect(other).toMatchObject({ kind: 'same', differing: ['lot_number', 'route'] });
    expect(other!.kind === 'same' && reasonOf(other!)).toBe('same vaccine and date; other lot_number, route');
  });

  test('gains what it lacked and keeps the id of the record that made it', () => {
    const fuller = dose({
      site_id: 'F2',
      source_immunization_id: 'V-9',
      lot_number: 'K012345',
      information_source: '00',
    });
    const { outcomes, updates } = decideDoses([fuller, dose({ cvx: '21' })], [stored]);
    expect(outcomes).toMatchObject([{ kind: 'same', as: { immunizationId: 7 }, contributed: true }, { kind: 'new' }]);
    expect(updates).toEqual([
      {
        immunizationId: 7,
        row: dose({ source_immunization_id: 'V-1', lot_number: 'K012345', information_source: '00' }),
        parts: [stored.row, fuller],
      },
    ]);
  });

  test('keeps the parts that the store has, and adds the new one only', () => {
    const parts = [dose(), dose({ mvx: 'MSD' })];
    const { updates } = decideDoses([dose({ route: 'SC' })], [{ immunizationId: 7, row: dose({ mvx: 'MSD' }), parts }]);
    expect(updates).toEqual([
      { immunizationId: 7, row: dose({ mvx: 'MSD', route: 'SC' }), parts: [dose({ route: 'SC' })] },
    ]);
  });
});

const arbitraryDose = fc
  .record({
    site_id: fc.constantFrom('F1', 'F2'),
    source_immunization_id: fc.constantFrom(null, 'V-1', 'V-2'),
    administered_on: fc.constantFrom('2016-05-16', '2016-05-17'),
    cvx: fc.constantFrom('03', '21'),
    completion_status: fc.constantFrom('CP', 'CP', 'RE', null),
    information_source: fc.constantFrom('00', '01', '05'),
    lot_number: fc.constantFrom(null, 'K012345', 'K012346'),
    mvx: fc.constantFrom(null, 'MSD'),
    // A unit never comes without an amount.
    amount: fc.constantFrom({}, { dose_amount: '0.5' }, { dose_amount: '0.5', dose_unit: 'mL' }),
  })
  .map(({ amount, ...values }) => doseRow({ ...values, ...amount }));
const arbitraryDoses = fc.array(arbitraryDose, { minLength: 1, maxLength: 8 });

/** The doses of the store after these came. */
function store(
  before: readonly StoredDose[],
  rows: readonly Row[],
  { outcomes, updates }: DoseDecisions,
): StoredDose[] {
  const after = before.map((each) => {
    const update = updates.find(({ immunizationId }) => immunizationId === each.immunizationId);
    return update === undefined ? each : { ...each, row: update.row, parts: [...each.parts, ...update.parts] };
  });
  outcomes.forEach((outcome, place) => {
    if (outcome.kind !== 'new') return;
    expect(outcome.row).toHaveLength(rows[place]!.length);
    after.push({ immunizationId: after.length + 1, row: outcome.row, parts: outcome.parts });
  });
  return after;
}

const load = (before: readonly StoredDose[], rows: readonly Row[]): StoredDose[] =>
  store(before, rows, decideDoses(rows, before));

/** What the doses say, without who sent them. */
function factsOf(doses: readonly StoredDose[]): string[] {
  return contentsOf(doses.map(({ row }) => row.with(DOSE.site_id, null).with(DOSE.source_immunization_id, null)));
}

describe('properties', () => {
  const runs = { numRuns: 3_000 };

  test('the order of the records makes no difference to what the doses say', () => {
    const shuffled = arbitraryDoses.chain((rows) =>
      fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })),
    );
    fc.assert(
      fc.property(shuffled, arbitraryDoses, ([rows, again], before) => {
        expect(factsOf(load([], again))).toEqual(factsOf(load([], rows)));
        expect(factsOf(load(load([], before), again))).toEqual(factsOf(load(load([], before), rows)));
      }),
      runs,
    );
  });

  test('loading in two halves is loading in one', () => {
    fc.assert(
      fc.property(arbitraryDoses, arbitraryDoses, (first, second) => {
        expect(factsOf(load(load([], first), second))).toEqual(factsOf(load([], [...first, ...second])));
      }),
      runs,
    );
  });

  test('loading the same again changes nothing and adds nothing', () => {
    fc.assert(
      fc.property(arbitraryDoses, (rows) => {
        const once = load([], rows);
        const { outcomes, updates } = decideDoses(rows, once);
        expect(updates).toEqual([]);
        for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'same', contributed: false });
        expect(load(once, rows)).toEqual(once);
      }),
      runs,
    );
  });

  test('each record has one outcome, and points to a dose that is new or in the store', () => {
    fc.assert(
      fc.property(arbitraryDoses, arbitraryDoses, (before, rows) => {
        const known = load([], before);
        const { outcomes } = decideDoses(rows, known);
        expect(outcomes).toHaveLength(rows.length);
        for (const outcome of outcomes) {
          if (outcome.kind === 'new') continue;
          if ('incoming' in outcome.as) expect(outcomes[outcome.as.incoming]!.kind).toBe('new');
          else expect(known.map(({ immunizationId }) => immunizationId)).toContain(outcome.as.immunizationId);
        }
      }),
      runs,
    );
  });

  test('there is one dose for each vaccine, day and status', () => {
    fc.assert(
      fc.property(arbitraryDoses, (rows) => {
        const keyOf = (row: Row): string =>
          packRow([row[DOSE.administered_on]!, row[DOSE.cvx]!, row[DOSE.completion_status] ?? 'CP']);
        expect(
          load([], rows)
            .map(({ row }) => keyOf(row))
            .sort(),
        ).toEqual([...new Set(rows.map(keyOf))].sort());
      }),
      runs,
    );
  });

  test('no dose knows less than any of its records', () => {
    fc.assert(
      fc.property(arbitraryDoses, (rows) => {
        const { outcomes } = decideDoses(rows, []);
        for (const outcome of outcomes) {
          if (outcome.kind !== 'new') continue;
          for (const each of outcome.parts) {
            each.forEach((value, slot) => {
              const isSender = slot === DOSE.site_id || slot === DOSE.source_immunization_id;
              if (value !== null && !isSender && slot !== DOSE.dose_unit) expect(outcome.row[slot]).not.toBeNull();
            });
          }
        }
      }),
      runs,
    );
  });
});
