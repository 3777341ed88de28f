/**
 * What senders write for a vaccine, and what it must resolve to: `vaccine-inputs.tsv` has a row for each input, with the
 * code it leads to (blank: none, and the dose is rejected), all issues it gives, and the reason.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Spec } from '../../../src/core/spec.js';
import { CODES, MIIS } from '../../support/fixtures.js';
import { judge } from '../../support/records.js';

interface Input {
  readonly cvx: string;
  readonly cpt: string;
  readonly ndc: string;
  readonly vaccine_name: string;
  readonly vaccine_group: string;
  readonly administered_on: string;
  readonly information_source: string;
  readonly resolves_to: string;
  readonly issues: string;
  readonly reason: string;
}

const [header, ...lines] = readFileSync(new URL('vaccine-inputs.tsv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');
const INPUTS = lines.map((line) => {
  const cells = line.split('\t');
  return Object.fromEntries(header!.split('\t').map((column, i) => [column, cells[i]!])) as unknown as Input;
});

/** `miis-legacy` with a column for the vaccine group as well. */
const WITH_GROUP: Spec = {
  ...MIIS,
  layouts: {
    ...MIIS.layouts,
    immunization: {
      ...MIIS.layouts.immunization,
      fields: [...MIIS.layouts.immunization.fields, { name: 'group', field: 'vaccine_group', use: 'optional' }],
    },
  },
};

/** A dose that says nothing else that could be wrong: the maker is not known, the lot is. */
const BESIDE = { mvx: 'UNK', lot_expiration: '', vis_given_date: '', vis_edition_date: '', route: '', body_site: '' };
/** Days that are boundaries here, and who gave a dose, have issues of their own. */
const NOT_OF_VACCINES = /^dose-(?:date-(?:first|fifteenth|last)-of-month|looks-\w+)$/;
/** The day of a dose that says no other. */
const ANY_DAY = '2016-05-16';

function titleOf(input: Input): string {
  const { resolves_to, issues: _, reason, ...clues } = input;
  const said = Object.values(clues).filter((clue) => clue !== '');
  return `${said.join(' | ')} → ${resolves_to || 'nothing'}: ${reason}`;
}

test('there are at least 300 inputs, each once, each with its reason', () => {
  expect(INPUTS.length).toBeGreaterThanOrEqual(300);
  expect(new Set(INPUTS.map(({ reason: _, ...input }) => JSON.stringify(input))).size).toBe(INPUTS.length);
  for (const { reason } of INPUTS) expect(reason).not.toBe('');
});

describe('a vaccine is resolved, or left to a person', () => {
  test.each(INPUTS.map((input) => [titleOf(input), input] as const))('%s', (_, input) => {
    const { resolves_to, issues, reason: __, administered_on, ...clues } = input;
    const day = administered_on || ANY_DAY;
    const judged = judge({ ...BESIDE, ...clues, administered_on: day }, { role: 'immunization', spec: WITH_GROUP });
    const found = judged.codes.filter((code) => !NOT_OF_VACCINES.test(code));
    expect(found.sort().join(' ')).toBe(issues.split(' ').sort().join(' '));
    expect(judged.fate).toBe(resolves_to === '' ? 'rejected' : 'accepted');
    if (resolves_to === '') return;
    expect(judged.values).toMatchObject({ cvx: resolves_to });
    expect(CODES.cvx(resolves_to)).toBeDefined();
  });
});
