/**
 * The published rules that a flat file can break, and the issue code that says each. A rule whose code is missing fails,
 * and so does a code that cites a detection which is not its own.
 *
 * Sources: detections of immregistries/mqe-validator by their number, CDC's CVRS by its codes, the specifications of the
 * WIR family (GRITS, VIIS, NESIIS) and the Massachusetts regulation.
 */
import { describe, expect, test } from 'vitest';
import { CATALOGUE, ISSUE_CODES, type IssueCode } from '../../../src/core/catalogue.js';
import { RULE_CODES } from '../../../src/core/rules/columns.js';

type Row = readonly [rule: string, ids: string, codes: readonly IssueCode[]];

const RULES: readonly Row[] = [
  ['first name is there', 'MQE0140 105CMR GRITS', ['first-name-missing']],
  ['first name is a name', 'MQE0141', ['first-name-placeholder', 'name-characters']],
  ['first name may be the literal NO FIRST NAME', 'GRITS', ['first-name-placeholder']],
  ['last name is there', 'MQE0165 105CMR', ['last-name-missing']],
  ['last name is a name', 'MQE0166', ['last-name-placeholder', 'name-characters']],
  ['name is no junk', 'MQE0173', ['name-test']],
  ['name is not that of a newborn without one', 'MQE0172', ['name-newborn']],
  ['name is not that of a test', 'MQE0551', ['name-test']],
  ['first name does not end in a middle initial', 'MQE0142', ['middle-initial-in-first-name']],
  ['birth date is there', 'MQE0118 105CMR', ['birth-date-missing']],
  ['birth date can be read', 'MQE0117', ['birth-date-invalid', 'birth-date-ambiguous', 'birth-date-partial', 'birth-date-day-first', 'birth-date-serial']],
  ['birth date is past', 'MQE0115 BUSR011', ['birth-date-in-future']],
  ['nobody is older than 120', 'MQE0120', ['birth-date-too-early']],
  ['birth is not on the 1st of a month', 'MQE0565', ['birth-date-first-of-month', 'births-on-new-year', 'births-pile-up']],
  ['birth is not on the 15th', 'MQE0566', ['birth-date-fifteenth-of-month', 'births-pile-up']],
  ['birth is not on the last of a month', 'MQE0567', ['birth-date-last-of-month', 'births-pile-up']],
  ['dose is not on the 1st of a month', 'MQE0262', ['dose-date-first-of-month', 'doses-on-first-of-month']],
  ['dose is not on the 15th', 'MQE0263', ['dose-date-fifteenth-of-month', 'doses-pile-up']],
  ['dose is not on the last of a month', 'MQE0264', ['dose-date-last-of-month', 'doses-pile-up']],
  ['death is not before birth', 'MQE0129', ['death-date-before-birth']],
  ['death is past', 'MQE0130', ['death-date-in-future', 'death-date-invalid']],
  ['multiple birth has an order', 'MQE0125', ['birth-order-missing']],
  ['SSN is one', 'MQE0218 NESIIS', ['ssn-invalid', 'ssn-placeholder']],
  ['patient has an id', 'MQE0220 GRITS', ['patient-id-missing', 'dose-patient-id-missing']],
  ['phone is one', 'MQE0174 MQE0175', ['phone-invalid', 'phone-placeholder']],
  ['ZIP code is one', 'MQE0112', ['zip-invalid', 'zip-placeholder']],
  ['address is one', 'MQE0562', ['address-incomplete']],
  ['race is known', 'MQE0208 MQE0209 MQE0210', ['race-unrecognized']],
  ['ethnicity is known', 'MQE0139', ['ethnicity-unrecognized']],
  ['patient does not object to sharing', 'MQE0200', ['sharing-objection-set']],
  ['patient has doses', 'VIIS', ['patients-without-doses']],
  ['dose belongs to a patient', 'GRITS', ['patient-not-found']],
  ['dose has a date', 'MQE0261 105CMR', ['dose-date-missing']],
  ['date of the dose can be read', 'MQE0260 DATA001', ['dose-date-invalid', 'dose-date-ambiguous', 'dose-date-partial', 'dose-date-day-first', 'dose-date-serial']],
  ['dose is not before birth', 'MQE0255 BUSR005', ['dose-date-before-birth']],
  ['dose is not after death', 'MQE0253', ['dose-date-after-death']],
  ['dose is past', 'MQE0252 BUSR012', ['dose-date-in-future']],
  ['dose is in the years of its vaccine', 'MQE0256 MQE0257', ['dose-date-before-licence']],
  ['vaccine code is valid on the date', 'MQE0490 MQE0491', ['dose-date-after-use']],
  ['dose is at an age for its vaccine', 'MQE0258 MQE0259', ['dose-age-unusual', 'ages-wrong-for-vaccine']],
  ['dose is not after the expiry of its lot', 'MQE0251', ['dose-after-lot-expiry']],
  ['vaccine is there', 'MQE0244 105CMR', ['vaccine-missing']],
  ['vaccine code is one', 'MQE0243', ['vaccine-unresolved', 'cvx-invalid']],
  ['vaccine code is known', 'MQE0247', ['vaccine-unresolved', 'cvx-unknown']],
  ['vaccine code can be used', 'MQE0561', ['vaccine-unresolved']],
  ['vaccine code is specific', 'MQE0245', ['cvx-unspecified']],
  ['vaccine is not unknown', 'MQE0249', ['cvx-unknown-vaccine', 'cvx-unknown-administered']],
  ['a vaccine was given', 'MQE0248', ['cvx-no-vaccine']],
  ['CVX and CPT agree', 'MQE0310', ['vaccine-codes-disagree']],
  ['CPT is known', 'MQE0302 MQE0304', ['cpt-unknown']],
  ['CPT is valid on the date', 'MQE0489', ['cpt-not-valid-on-date']],
  ['NDC is known', 'MQE0559', ['ndc-unknown', 'ndc-unresolved']],
  ['maker is there', 'MQE0343', ['mvx-missing']],
  ['maker is known', 'MQE0344', ['mvx-unrecognized']],
  ['maker is not deprecated, and valid on the date', 'MQE0340 MQE0495', ['mvx-retired']],
  ['maker makes the vaccine', 'MQE0351', ['product-unknown']],
  ['lot is there', 'MQE0339', ['lot-missing']],
  ['lot is of letters, digits and hyphens', 'MQE0338', ['lot-characters']],
  ['lot is longer than four characters', 'MQE0595', ['lot-short']],
  ['lot is one', 'MQE0591', ['lot-several']],
  ['lot has no tags', 'MQE0592 MQE0594', ['lot-tagged', 'lot-may-hold-tag']],
  ['expiry of the lot can be read', 'MQE0336', ['lot-expiration-invalid']],
  ['route is known', 'MQE0275', ['route-unrecognized']],
  ['route fits the vaccine', 'MQE0275 MQE0276', ['route-wrong-for-vaccine']],
  ['body site is known', 'MQE0281', ['body-site-unrecognized']],
  ['body site fits the vaccine', 'MQE0281 MQE0282', ['body-site-wrong-for-vaccine']],
  ['funding fits the eligibility', 'MQE0596', ['funding-eligibility-disagree']],
  ['what is said to be administered looks so', 'MQE0327', ['dose-looks-historical', 'doses-one-source']],
  ['what is said to be historical looks so', 'MQE0329', ['dose-looks-administered', 'doses-one-source']],
  ['statement for the patient is recorded', 'MQE0542', ['doses-without-vis']],
  ['statement is not given before its edition', 'MQE0510 MQE0540', ['vis-given-before-edition']],
  ['edition of the statement is not after the dose', 'MQE0511', ['vis-edition-after-dose']],
  ['statement is not given after the dose', 'MQE0541', ['vis-after-dose', 'vis-edition-after-dose']],
  ['edition of the statement is one of those published', 'MQE0510 MQE0511', ['vis-edition-unknown']],
  ['record is to be added', 'MQE0234', ['action-not-add', 'action-unrecognized']],
  ['dose was not refused', 'MQE0293', ['dose-refused']],
  ['dose was given', 'MQE0291', ['dose-not-given']],
  ['dose was given whole', 'MQE0292', ['dose-partial']],
  ['patient has no more doses than anybody', 'MQE0568', ['doses-per-patient-high']],
  ['date is one', 'DATA001', ['value-not-date']],
  ['fixed value is that', 'DATA002 DATA006', ['value-not-fixed']],
  ['value has its form', 'DATA003 DATA005', ['value-form-wrong']],
  ['value is not sent where it must not be', 'DATA004 DNTS', ['value-not-to-send']],
  ['value is in its set', 'DATA007', ['value-not-in-set']],
  ['value is not too long', 'DATA008', ['value-too-long']],
  ['value is there where it is asked for', 'REQD', ['value-required-if']],
  ['county and ZIP code are of the state', 'BUSR001-BUSR004', ['values-disagree', 'county-outside-state', 'zip-outside-state']],
  ['ZIP code comes with state and county', 'BUSR007-BUSR010', ['value-needs-another']],
  ['event has an id of its own', 'BUSR013', ['value-repeated']],
]; // biome-ignore format: a table

/** Published rules that no flat file of these specifications can break, or that cannot be judged, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  MQE0132: 'no layout has a mark for the dead beside the date of death',
  MQE0235: 'a blank action is that of a history: add',
  MQE0590: 'no table of the patterns of makers’ lots is published',
  MQE0593: 'tags inside of lots are read with the lots: core/normalize/lot.ts',
  MQE0312: 'amounts: what is unknown becomes a blank, amount-unknown',
};

test.each(RULES)('%s (%s)', (_, __, codes) => {
  expect(codes.length).toBeGreaterThan(0);
  for (const code of codes) expect(ISSUE_CODES).toContain(code);
});

test('no rule is told twice, and none that is left out', () => {
  const names = RULES.map(([rule]) => rule);
  expect(new Set(names).size).toBe(names.length);
  for (const [, ids] of RULES) for (const id of ids.split(' ')) expect(Object.keys(LEFT_OUT)).not.toContain(id);
});

/** `MQE0565-MQE0567` as its three numbers. */
function detectionsIn(source: string): string[] {
  return [...source.matchAll(/MQE(\d{4})(?:-MQE(\d{4}))?/g)].flatMap(([, first, last]) =>
    Array.from(
      { length: Number(last ?? first) - Number(first) + 1 },
      (_, i) => `MQE${String(Number(first) + i).padStart(4, '0')}`,
    ),
  );
}

describe('detections of mqe-validator', () => {
  const byCode = new Map<IssueCode, Set<string>>();
  for (const [, ids, codes] of RULES) {
    for (const code of codes) {
      const known = byCode.get(code) ?? new Set();
      for (const id of ids.split(' ')) known.add(id);
      byCode.set(code, known);
    }
  }

  test('are cited by the codes that say them, and by no others', () => {
    for (const code of ISSUE_CODES) {
      const cited = detectionsIn(CATALOGUE[code].source);
      expect(
        cited.filter((id) => byCode.get(code)?.has(id) !== true),
        code,
      ).toEqual([]);
    }
  });

  test('have a code that cites them', () => {
    const cited = new Set(ISSUE_CODES.flatMap((code) => detectionsIn(CATALOGUE[code].source)));
    const listed = new Set(RULES.flatMap(([, ids]) => ids.split(' ').filter((id) => id.startsWith('MQE'))));
    expect([...listed].filter((id) => !cited.has(id)).sort()).toEqual([]);
  });
});

test('codes of the rules of columns are those of CVRS', () => {
  const told = new Set(RULES.flatMap(([, , codes]) => codes));
  const ofColumns = Object.values(RULE_CODES).flat();
  const unpublished = new Set<IssueCode>([
    'value-date-month-first',
    'value-after-another',
    'value-in-future',
    'required-value-missing',
  ]);
  for (const code of ofColumns) if (!unpublished.has(code)) expect([...told]).toContain(code);
});
