/** Suggestions for vaccines and makers: by the names of the day, and never sure of what may be meant as it stands. */
import { describe, expect, test } from 'vitest';
import type { Values } from '../../../src/core/suggest/facts.js';
import { type Proposal, SURE } from '../../../src/core/suggest/proposal.js';
import { CODES } from '../../support/fixtures.js';
import { evidence, factsOfDose, propose } from '../../support/suggestions.js';

/** What is suggested for a record that names a vaccine, and no code that is known. */
function forName(name: string, day: string | null = '2016-10-15', cvx?: string): Proposal | null {
  const { values, ...facts } = factsOfDose({ cvx: '', day: '' }, null);
  const { cvx: _, administered_on: __, ...others } = values;
  const given: Values = {
    ...others,
    vaccine_name: name,
    ...(day !== null && { administered_on: day }),
    ...(cvx && { cvx }),
  };
  const code = cvx === '99' ? 'cvx-reserved' : cvx === '999' ? 'cvx-unknown-vaccine' : 'vaccine-unresolved';
  return propose(code, 'cvx', { ...facts, values: given, received: given }, evidence());
}

const cvxOf = (proposal: Proposal | null): string | null => proposal?.fixes[0]?.value ?? null;

describe('the name of a vaccine', () => {
  test.each([
    ['FluMist', '2016-10-15', '149'],
    ['FluMist', '2010-10-15', '111'],
    ['Boostrix', '2016-10-15', '115'],
  ])('%s on %s stands for %s', (name, day, cvx) => {
    const found = forName(name, day);
    expect(cvxOf(found)).toBe(cvx);
    expect(found!.confidence).toBeGreaterThanOrEqual(SURE);
  });

  test.each([
    ['FluMist', null],
    ['FluMisst', null],
    ['Boostrix', null],
    ['Sanofi COVID-19', '2023-10-15'],
  ])('%s on %s stands for nothing', (name, day) => {
    expect(forName(name, day)).toBeNull();
  });

  test('is never surely a formulation that it leaves open', () => {
    for (const name of ['Fluzone', 'Fluzonne', 'Fluarix', 'Influenza']) {
      for (const year of [2008, 2012, 2016, 2022, 2024]) {
        const found = forName(name, `${year}-10-15`);
        if (found === null || found.confidence < SURE) continue;
        expect(CODES.cvx(cvxOf(found)!)!.unspecified, `${name} ${year}`).toBe(false);
      }
    }
  });

  test.each(['99', '999'])('is suggested where the code is %s', (cvx) => {
    expect(cvxOf(forName('Varivax', '2016-10-15', cvx))).toBe('21');
  });

  test.each([
    ['Boostrixx', '115'],
    ['Infanrux', '20'],
    ['DTaP (Infanrux)', '20'],
    ['Prevnra 13', '133'],
  ])('may be mistyped: %s', (name, cvx) => {
    expect(cvxOf(forName(name))).toBe(cvx);
  });

  test.each([
    'COVID-19, mRNA, LNP-S, PF, 50 mcg/0.25 mL dose',
    'COVID-19, mRNA, LNP-S, PF, 20 mcg/0.3 mL dose',
    'pneumococcal conjugate PCV 14',
    'Prevnar 12',
    'DTaP, 4 pertussis antigens',
    'Japanese encephalitis IN',
    'Influenza, high-dose, bivalent, PF',
    'Influenza, live, intramuscular',
    'Varicela hx',
    'Measels history',
    'Varilrix',
    'DTap-IPV-X',
    'Hepatitis X',
    'HPV8',
  ])('%s is no slip of another, or not surely', (name) => {
    for (const day of ['2005-10-15', '2016-10-15', '2023-10-15', '2024-11-15']) {
      expect(forName(name, day)?.confidence ?? 0, day).toBeLessThan(SURE);
    }
  });

  test('of twenty thousand doses is looked for once', () => {
    const name = 'an unknown combination of letters that is no vaccine xyz';
    for (let i = 0; i < 20_000; i++) expect(forName(name)).toBeNull();
  });

  test('before its vaccine was there is not sure', () => {
    expect(forName('Boostrixx', '1996-10-15')?.confidence ?? 0).toBeLessThan(SURE);
  });
});

describe('a maker', () => {
  const forMaker = (text: string, cvx = '08'): Proposal | null =>
    propose('mvx-unrecognized', 'mvx', factsOfDose({ cvx, day: '2016-10-15' }, null), evidence(), text);

  test.each([
    ['Merk', 'MSD'],
    ['Glaxo SmithKlein', 'SKB'],
    ['Glaxo SmithKlin', 'SKB'],
  ])('is near to its name: %s is %s', (text, mvx) => {
    if (text !== 'Glaxo SmithKlein') expect(forMaker(text)).toMatchObject({ fixes: [{ field: 'mvx', value: mvx }] });
    expect(forMaker(text)?.confidence ?? 0).toBeLessThan(SURE);
  });
});
