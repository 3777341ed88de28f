/** What is remembered of doses must be what the rules say. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DOSE, IMMUNIZATION_FIELDS, type Row } from '../../../src/core/model.js';
import { createDoseRules, IMMUNIZATION_RULES } from '../../../src/core/rules/immunization.js';
import { RuleMemory } from '../../../src/core/rules/remembered.js';
import { type Rule, type RuleContext, runRules } from '../../../src/core/rules/rule.js';
import { CODES, TODAY } from '../../support/fixtures.js';

const CONTEXT: RuleContext = { today: TODAY, codes: CODES, columnOf: new Map() };

/** Values that rules ask for, and some that they do not. */
const VALUES: Partial<Record<keyof typeof DOSE, readonly string[]>> = {
  administered_on: ['2019-04-01', '2019-04-15', '2019-04-30', '2020-06-09', '2031-02-03'],
  lot_expiration: ['2019-04-20', '2021-07', '2018-03-02'],
  action_code: ['A', 'U', 'D'],
  completion_status: ['CP', 'RE', 'NA', 'PA'],
  refusal_reason: ['00', '03'],
  information_source: ['00', '01'],
  cvx: ['03', '08', '94', '998', '208'],
  mvx: ['MSD', 'PFR', 'SKB', 'AVP', 'WAL'],
  lot_number: ['K01', 'AB99'],
  body_site: ['LD', 'LA', 'BN'],
  route: ['IM', 'SC'],
  eligibility: ['V01', 'V02', 'V06', 'V00'],
  funding_source: ['VXC1', 'PHC70', 'VXC50'],
  cpt: ['90707', '90700'],
};
const slots = Object.keys(IMMUNIZATION_FIELDS).length;
const rows: fc.Arbitrary<Row> = fc
  .record(
    Object.fromEntries(
      Object.entries(VALUES).map(([field, values]) => [
        field,
        fc.option(fc.constantFrom(...values), { nil: null, freq: 3 }),
      ]),
    ) as Record<string, fc.Arbitrary<string | null>>,
  )
  .map((values) => {
    const row: Row = new Array<string | null>(slots).fill(null);
    for (const [field, value] of Object.entries(values)) row[DOSE[field as keyof typeof DOSE]] = value;
    return row;
  });

function codesOf(run: (report: (rule: Rule) => void) => void): string[] {
  const codes: string[] = [];
  run(({ code }) => codes.push(code));
  return codes;
}

describe('rules that remember', () => {
  test('say the same of each of many doses, in the same order, as rules that do not', () => {
    let broken = 0;
    fc.assert(
      fc.property(fc.array(rows, { minLength: 1, maxLength: 200 }), (doses) => {
        const memory = createDoseRules();
        for (const row of [...doses, ...doses]) {
          const expected = codesOf((report) => runRules(IMMUNIZATION_RULES, [...row], CONTEXT, report));
          expect(codesOf((report) => memory.run([...row], CONTEXT, report))).toEqual(expected);
          broken += expected.length;
        }
      }),
      { numRuns: 60 },
    );
    expect(broken).toBeGreaterThan(1000);
  });

  test('look at nothing but what is remembered, and empty nothing', () => {
    const remembered = IMMUNIZATION_RULES.filter(({ isRemembered }) => isRemembered === true);
    expect(remembered.length).toBeGreaterThan(10);
    const allowed = new Set<number>([
      DOSE.action_code, DOSE.completion_status, DOSE.refusal_reason, DOSE.information_source, DOSE.cvx, DOSE.mvx,
      DOSE.body_site, DOSE.eligibility, DOSE.funding_source, DOSE.lot_number,
    ]); // biome-ignore format: a list of names
    fc.assert(
      fc.property(rows, (row) => {
        const seen = new Set<number>();
        const watched = new Proxy(row, {
          get: (target, key) => {
            if (typeof key === 'string' && /^\d+$/.test(key)) seen.add(Number(key));
            return Reflect.get(target, key) as unknown;
          },
        });
        runRules(remembered, watched, CONTEXT, ({ drops }) => expect(drops).toBeUndefined());
        expect([...seen].filter((slot) => !allowed.has(slot))).toEqual([]);
      }),
    );
  });

  test('a lot counts by being there, whatever it says', () => {
    const asked: string[] = [];
    const rule: Rule = {
      code: 'lot-missing',
      needs: [],
      isRemembered: true,
      holds: (row) => {
        asked.push(row[DOSE.lot_number] ?? 'none');
        return row[DOSE.lot_number] !== null;
      },
    };
    const memory = new RuleMemory([rule], { values: [DOSE.mvx], presence: [DOSE.lot_number] });
    const dose = (lot: string | null): Row => {
      const row: Row = new Array<string | null>(slots).fill(null);
      row[DOSE.lot_number] = lot;
      return row;
    };
    const reported = ['A1', 'B2', null, 'C3'].flatMap((lot) =>
      codesOf((report) => memory.run(dose(lot), CONTEXT, report)),
    );
    expect(reported).toEqual(['lot-missing']);
    expect(asked).toEqual(['A1', 'none', 'none']);
  });
});
