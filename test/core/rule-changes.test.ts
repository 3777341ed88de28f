/** Severities for one run. */
import { describe, expect, test } from 'vitest';
import { ISSUE_CODES } from '../../src/core/catalogue.js';
import { changeRules, problemOfChange, readRuleChange } from '../../src/core/rule-changes.js';
import { ALWAYS_ERRORS, severityOf } from '../../src/core/spec.js';
import { GRITS, MIIS } from '../support/fixtures.js';

test.each([
  ['zip-invalid=off', { code: 'zip-invalid', severity: 'off' }],
  ['zip-invalid=ERROR', { code: 'zip-invalid', severity: 'error' }],
  [' zip-invalid = info ', { code: 'zip-invalid', severity: 'info' }],
  ['dose-date-missing=error', { code: 'dose-date-missing', severity: 'error' }],
])('%j is read', (text, change) => {
  expect(readRuleChange(text)).toEqual(change);
});

test.each([
  ['zip-invalid', /says no severity/],
  ['=off', /says no severity/],
  ['zip-invalid=of', /of is no severity/],
  ['zip_invalid=off', /did you mean zip-invalid\?/],
  ['birthdate-in-future=warning', /did you mean birth-date-in-future\?/],
  ['constructor=off', /there is no issue code constructor/],
])('%j is refused', (text, problem) => {
  expect(readRuleChange(text)).toEqual({ problem: expect.stringMatching(problem) });
});

describe('codes of records that cannot be stored or linked', () => {
  test.each(ALWAYS_ERRORS)('%s stays an error', (code) => {
    expect(problemOfChange(code, 'error')).toBeNull();
    for (const severity of ['warning', 'info', 'off'])
      expect(problemOfChange(code, severity)).toMatch(/always an error/);
  });
});

test('only what differs from the specification counts as changed, and no other code is touched', () => {
  const unit = severityOf('unit-unrecognized', GRITS);
  const { spec, changed } = changeRules(GRITS, { 'zip-invalid': 'off', 'unit-unrecognized': unit });
  expect(changed).toEqual({ 'zip-invalid': { before: severityOf('zip-invalid', GRITS), after: 'off' } });
  for (const code of ISSUE_CODES) {
    expect(severityOf(code, spec), code).toBe(code === 'zip-invalid' ? 'off' : severityOf(code, GRITS));
  }
  expect(changeRules(MIIS, {})).toEqual({ spec: MIIS, changed: {} });
});
