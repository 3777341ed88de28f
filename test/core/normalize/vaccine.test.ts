import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  resolveVaccine,
  VACCINE_ORDER,
  type VaccineClues,
  type VaccineField,
} from '../../../src/core/normalize/vaccine.js';
import { CODES, NDC_CODES } from '../../support/fixtures.js';

const NOTHING: VaccineClues = { cvx: null, cpt: null, ndc: null, vaccine_name: null, vaccine_group: null };
const resolve = (clues: Partial<VaccineClues>): [string | null, ...string[]] => {
  const { cvx, findings } = resolveVaccine({ ...NOTHING, ...clues }, CODES);
  return [cvx, ...findings.map((finding) => finding.code)];
};

describe('a vaccine is resolved from what the record says', () => {
  test.each<[string, Partial<VaccineClues>, [string | null, ...string[]]]>([
    ['CVX as published', { cvx: '03' }, ['03']],
    ['CVX of three digits', { cvx: '133' }, ['133']],
    ['CVX without its zero', { cvx: '3' }, ['03', 'cvx-padded']],
    ['CVX as a decimal', { cvx: '08.0' }, ['08', 'cvx-padded']],
    ['CVX with a zero too many', { cvx: '003' }, ['03', 'cvx-padded']],
    ['CVX with blanks', { cvx: ' 03 ' }, ['03']],
    ['CVX in exponent form', { cvx: '8E1' }, [null, 'cvx-invalid', 'vaccine-unresolved']],
    ['a word for CVX', { cvx: 'MMR' }, [null, 'cvx-invalid', 'vaccine-unresolved']],
    ['CVX that is not in the table', { cvx: '124' }, [null, 'cvx-unknown', 'vaccine-unresolved']],
    ['CVX above the newest', { cvx: '450' }, [null, 'cvx-newer-than-table', 'vaccine-unresolved']],
    ['CPT in the CVX column', { cvx: '90707' }, ['03', 'cpt-in-cvx']],
    ['unknown CPT in the CVX column', { cvx: '99999' }, [null, 'cpt-unknown', 'vaccine-unresolved']],
    ['CPT', { cpt: '90707' }, ['03']],
    ['CPT with two meanings', { cpt: '90662' }, [null, 'cpt-ambiguous', 'vaccine-unresolved']],
    ['CPT of giving a dose', { cpt: '90471' }, [null, 'cpt-administration', 'vaccine-unresolved']],
    ['COVID-19 administration code', { cpt: '0001A' }, [null, 'cpt-administration', 'vaccine-unresolved']],
    ['CPT that is unknown', { cpt: '12345' }, [null, 'cpt-unknown', 'vaccine-unresolved']],
    ['CVX and CPT that agree', { cvx: '03', cpt: '90707' }, ['03']],
    ['CVX and CPT of one group', { cvx: '20', cpt: '90723' }, ['20']],
    ['CVX and CPT that disagree', { cvx: '03', cpt: '90713' }, ['03', 'vaccine-codes-disagree']],
    ['a bad CVX and a good CPT', { cvx: '124', cpt: '90707' }, ['03', 'cvx-unknown']],
    ['a trade name', { vaccine_name: 'M-M-R II' }, ['03', 'vaccine-from-name']],
    ['a trade name in other spelling', { vaccine_name: 'm m r ii' }, ['03', 'vaccine-from-name']],
    [
      'a trade name with several CVX',
      { vaccine_name: 'RabAvert' },
      [null, 'vaccine-name-unknown', 'vaccine-unresolved'],
    ],
    ['a group in the name column', { vaccine_name: 'Polio' }, ['89', 'vaccine-from-name']],
    ['a group', { vaccine_group: 'DTAP' }, ['107', 'vaccine-from-name']],
    [
      'a bad name and a group',
      { vaccine_name: 'shot', vaccine_group: 'FLU' },
      ['88', 'vaccine-name-unknown', 'vaccine-from-name'],
    ],
    ['a name that disagrees with the code', { cvx: '03', vaccine_name: 'IPOL' }, ['03', 'vaccine-codes-disagree']],
    ['an unknown name beside a code', { cvx: '03', vaccine_name: 'the usual' }, ['03']],
    ['NDC only', { ndc: '00006-4681-00' }, [null, 'ndc-unresolved', 'vaccine-unresolved']],
    ['nothing', {}, [null, 'vaccine-missing']],
  ])('%s', (_, clues, expected) => {
    expect(resolve(clues)).toEqual(expected);
  });
});

const MMR_NDC = '00006-4681-00';

describe('with an NDC table', () => {
  test.each<[string, Partial<VaccineClues>, [string | null, ...string[]]]>([
    ['an NDC names the vaccine', { ndc: MMR_NDC }, ['03']],
    ['an NDC and a CVX that agree', { ndc: MMR_NDC, cvx: '03' }, ['03']],
    ['an NDC decides before a CVX of the same group', { ndc: MMR_NDC, cvx: '05' }, ['03', 'cvx-replaced']],
    ['an NDC decides before a CVX of another group', { ndc: MMR_NDC, cvx: '10' }, ['03', 'vaccine-codes-disagree']],
    ['an NDC decides before a CVX without a group', { ndc: MMR_NDC, cvx: '998' }, ['03', 'cvx-replaced']],
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
    ['a bad CVX beside an NDC is told', { ndc: MMR_NDC, cvx: 'MMR' }, ['03', 'cvx-invalid']],
    ['no NDC', { cvx: '03' }, ['03']],
  ])('%s', (_, clues, expected) => {
    const { cvx, findings } = resolveVaccine({ ...NOTHING, ...clues }, NDC_CODES);
    expect([cvx, ...findings.map((finding) => finding.code)]).toEqual(expected);
  });

  test('an NDC is given as CDC writes it', () => {
    expect(resolveVaccine({ ...NOTHING, ndc: '0006-4681-00', cvx: '03' }, NDC_CODES).ndc).toBe(MMR_NDC);
    expect(resolveVaccine({ ...NOTHING, ndc: '12', cvx: '03' }, NDC_CODES).ndc).toBeNull();
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
    const { cvx, findings } = resolveVaccine({ ...NOTHING, ...clues }, NDC_CODES, order);
    expect([cvx, ...findings.map((finding) => finding.code)]).toEqual(expected);
  });

  test('the first that leads to a vaccine decides, whatever the order', () => {
    const clue = fc.option(fc.constantFrom('03', '10', '124', '90707', '90713', MMR_NDC, 'IPOL', 'MMR', 'shot'));
    const clues = fc.record(
      Object.fromEntries(VACCINE_ORDER.map((field) => [field, clue])) as Record<VaccineField, typeof clue>,
    );
    fc.assert(
      fc.property(clues, fc.shuffledSubarray([...VACCINE_ORDER], { minLength: 5 }), (said, order) => {
        const alone = order.map((field) => resolveVaccine({ ...NOTHING, [field]: said[field] }, NDC_CODES).cvx);
        expect(resolveVaccine(said, NDC_CODES, order).cvx).toBe(alone.find((cvx) => cvx !== null) ?? null);
      }),
    );
  });
});

test('no text resolves to a CVX that is not in the table', () => {
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'0123456789.E '), maxLength: 6 }),
    fc.constantFrom('MMR', 'Havrix', 'flu', 'HepB', '90707', '0001A'),
    fc.constant(null),
  );
  fc.assert(
    fc.property(text, text, text, (cvx, cpt, vaccine_name) => {
      const clean = (value: string | null): string | null => value?.trim() || null;
      const clues = { ...NOTHING, cvx: clean(cvx), cpt: clean(cpt), vaccine_name: clean(vaccine_name) };
      const first = resolveVaccine(clues, CODES);
      expect(first.cvx === null || CODES.cvx(first.cvx) !== undefined).toBe(true);
      expect(first.cvx === null).toBe(
        first.findings.some(({ code }) => code === 'vaccine-unresolved' || code === 'vaccine-missing'),
      );
      expect(resolveVaccine(clues, CODES)).toEqual(first);
    }),
    { numRuns: 3000 },
  );
});
