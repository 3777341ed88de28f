import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveVaccine, type VaccineClues } from '../../../src/core/normalize/vaccine.js';
import { CODES } from '../../support/fixtures.js';

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
