/** What a sender expects, beside what was received. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fate } from '../../../src/core/model.js';
import { completeTotals } from '../../../src/core/totals/expected.js';
import { ReceivedTotals } from '../../../src/core/totals/received.js';
import { findWrongTotals, type Reconciliation, reconcile } from '../../../src/core/totals/reconcile.js';

/** A dose as `vaccine year fate`; `?` where one could not be read, and `?text` for a vaccine that nobody resolved. */
function receive(expected: object, doses: readonly string[], patients: readonly string[] = []): Reconciliation {
  const totals = completeTotals(expected);
  const received = new ReceivedTotals(totals);
  for (const dose of doses) {
    const [vaccine, year, fate = 'loaded'] = dose.split(' ');
    const asSent = vaccine!.startsWith('?') ? vaccine!.slice(1) || null : null;
    received.addDose(
      {
        cvx: vaccine!.startsWith('?') ? null : vaccine!,
        asSent,
        administeredOn: year === '?' ? null : `${year}-05-04`,
      },
      fate as Fate,
    );
  }
  for (const patient of patients) {
    const [id, fate = 'loaded'] = patient.split(' ');
    received.addPatient(id === '?' ? null : id!, fate as Fate);
  }
  return reconcile(totals, received, 'ids' in expected ? 'ids' : 'records');
}

const wrong = (reconciliation: Reconciliation): string[] =>
  findWrongTotals(reconciliation).map(({ what, expected, received }) => `${what}: ${expected}, ${received}`);

describe('doses', () => {
  const expected = { immunizations: 3, by_vaccine: { '03': 2, '94': 1 }, by_year: { '2015': 2, '2016': 1 } };

  test.each([
    ['all there', ['03 2015', '03 2016', '94 2015'], []],
    ['whatever became of them', ['03 2015 rejected', '03 2016 duplicate', '94 2015 merged'], []],
    ['one missing', ['03 2015', '94 2015'], ['doses: 3, 2', 'doses of CVX 03: 2, 1', 'doses of 2016: 1, 0']],
    ['one too many', ['03 2015', '03 2016', '94 2015', '21 2019'], ['doses: 3, 4', 'doses of CVX 21: 0, 1', 'doses of 2019: 0, 1']],
    ['one of another vaccine', ['03 2015', '94 2016', '94 2015'], ['doses of CVX 03: 2, 1', 'doses of CVX 94: 1, 2']],
    ['one whose date cannot be read', ['03 2015', '03 ? rejected', '94 2015'], []],
    ['one whose vaccine nobody understands', ['?MRR 2015 rejected', '03 2016', '94 2015'], []],
    ['one lost, and one that cannot be read', ['03 ? rejected', '94 2015'], ['doses: 3, 2', 'doses of CVX 03: 2, 1', 'doses of 2015: 2, 1', 'doses of 2016: 1, 0']],
    ['one too many, which cannot be read', ['03 2015', '03 2016', '94 2015', '? ? rejected'], ['doses: 3, 4', 'doses of a vaccine that is not known: 0, 1', 'doses without a date that can be read: 0, 1']],
  ])('%s', (_, doses, problems) => {
    const reconciliation = receive(expected, doses);
    expect(wrong(reconciliation)).toEqual(problems);
    expect(reconciliation.agrees).toBe(problems.length === 0);
  }); // biome-ignore format: a table

  test('of vaccines that only the sender has a name for are counted by it, and under no other name of a record', () => {
    const { by_vaccine } = receive({ by_vaccine: { 'Flu (local)': 2 } }, ['?FLU 2015', '?flu? 2015']);
    expect(by_vaccine!.unknown.received).toBe(2);
    const named = receive({ by_vaccine: { FLU: 1 } }, ['?flu 2015 rejected', '?Smith 2015 rejected']);
    expect(Object.keys(named.by_vaccine!.totals)).toEqual(['FLU']);
    expect(named.by_vaccine!.totals['FLU']).toMatchObject({ expected: 1, received: 1, rejected: 1 });
    expect(named.by_vaccine!.unknown).toMatchObject({ received: 1 });
  });

  test('are told with their fates', () => {
    const { immunizations } = receive({ immunizations: 9 }, ['03 2015', '03 2015 merged', '03 2015 rejected']);
    expect(immunizations).toEqual({
      expected: 9, received: 3, loaded: 1, merged: 1, duplicate: 0, rejected: 1, skipped: 0, difference: -6,
    }); // biome-ignore format: one line
  });
});

describe('patients', () => {
  test('are the records that say who they are', () => {
    expect(wrong(receive({ patients: 3 }, [], ['1', '2 rejected', '1 duplicate']))).toEqual([]);
    const lost = receive({ patients: 3 }, [], ['1', '1 duplicate']);
    expect(wrong(lost)).toEqual(['records of patients: 3, 2']);
    expect(lost.patients).toMatchObject({ counts: 'records', ids: 1, received: 2, difference: -1 });
  });

  test('are different ids where each of their doses brings them along', () => {
    const { patients } = receive({ patients: 2, ids: true }, [], ['1 duplicate', '1', '2 rejected']);
    expect(patients).toMatchObject({ counts: 'ids', received: 2, loaded: 1, rejected: 1, difference: 0 });
    expect(wrong(receive({ patients: 2, ids: true }, [], ['1', '1']))).toEqual(['different patient ids: 2, 1']);
    expect(wrong(receive({ patients: 1, ids: true }, [], ['1', '2']))).toEqual(['different patient ids: 1, 2']);
  });

  test('without an id that can be read may be those that are missing', () => {
    expect(wrong(receive({ patients: 2, ids: true }, [], ['1', '? rejected']))).toEqual([]);
    expect(wrong(receive({ patients: 1, ids: true }, [], ['1', '? rejected']))).toEqual([]);
    expect(wrong(receive({ patients: 3, ids: true }, [], ['1', '? rejected']))).toEqual([
      'different patient ids: 3, 1',
    ]);
  });
});

test('totals that are counted from the doses agree, and one dose less or more never does', () => {
  const dose = fc.record({
    cvx: fc.constantFrom('03', '94', '140', null),
    year: fc.constantFrom('2014', '2015', '2016', null),
    fate: fc.constantFrom<Fate>('loaded', 'merged', 'duplicate', 'rejected', 'skipped'),
  });
  fc.assert(
    fc.property(fc.array(dose, { minLength: 1, maxLength: 20 }), fc.nat(), (doses, at) => {
      // The sender knows its own vaccines and days, also those that cannot be read here.
      const count = (key: (each: (typeof doses)[number]) => string): Record<string, number> => {
        const counts: Record<string, number> = {};
        for (const each of doses) counts[key(each)] = (counts[key(each)] ?? 0) + 1;
        return counts;
      };
      const json = {
        immunizations: doses.length,
        by_vaccine: count(({ cvx }) => cvx ?? '03'),
        by_year: count(({ year }) => year ?? '2014'),
      };
      const agree = (received: typeof doses): boolean => {
        const totals = completeTotals(json);
        const tally = new ReceivedTotals(totals);
        for (const { cvx, year, fate } of received)
          tally.addDose({ cvx, asSent: null, administeredOn: year && `${year}-01-01` }, fate);
        const { by_vaccine, by_year, agrees } = reconcile(totals, tally, 'records');
        if (agrees) expect(by_vaccine!.agrees && by_year!.agrees).toBe(true);
        else expect(by_vaccine!.agrees || by_year!.agrees).toBe(false);
        return agrees;
      };
      expect(agree(doses)).toBe(true);
      const index = at % doses.length;
      expect(agree(doses.toSpliced(index, 1))).toBe(false);
      expect(agree([...doses, doses[index]!])).toBe(false);
    }),
  );
});
