/** Each issue code with a record that breaks its rule, and the nearest record that does not. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CATALOGUE, ISSUE_CODES, type IssueCode } from '../../../src/core/catalogue.js';
import { formatMessage, type Issue } from '../../../src/core/issue.js';
import { severityOf } from '../../../src/core/spec.js';
import { DOSE_SAMPLES, judgeSample, PATIENT_SAMPLES, type Sample, titleOf } from '../../support/samples.js';

function checkWords(issue: Issue): void {
  const definition = CATALOGUE[issue.code];
  for (const [, fact] of definition.message.matchAll(/\{(\w+)\}/g)) {
    expect(issue[fact as 'after' | 'expected' | 'other'], `{${fact}} of ${issue.code}`).toBeTruthy();
  }
  expect(formatMessage(definition, issue)).not.toMatch(/[{}]|null|undefined/);
}

function checkSample(sample: Sample): void {
  const { code, spec, also, both, twin } = sample;
  const judged = judgeSample(sample);
  expect([...judged.faulty.codes].sort()).toEqual([code, ...also, ...both].sort());
  expect([...judged.twin.codes].sort()).toEqual([...both, ...twin].sort());

  const issue = judged.faulty.issues.find((each) => each.code === code)!;
  expect(issue).toMatchObject({ field: sample.on, value: sample.shows, severity: severityOf(code, spec) });
  for (const each of judged.faulty.issues) checkWords(each);

  const errors = judged.faulty.issues.filter(({ severity }) => severity === 'error').map((each) => each.code);
  expect(judged.faulty.errors).toEqual(errors);
  expect(judged.faulty.fate).toBe(errors.length > 0 ? 'rejected' : 'accepted');
  expect(judged.twin.fate).toBe('accepted');
}

describe('a patient is told to be', () => {
  test.each(PATIENT_SAMPLES.map((sample) => [titleOf(sample), sample] as const))('%s', (_, sample) => {
    checkSample(sample);
  });
});

describe('a dose is told to be', () => {
  test.each(DOSE_SAMPLES.map((sample) => [titleOf(sample), sample] as const))('%s', (_, sample) => {
    checkSample(sample);
  });
});

/** Codes that no single value gives, and the test that proves each of them, from the folder of this one. */
const PROVED_ELSEWHERE: Partial<Record<IssueCode, string>> = {
  'field-count-wrong': '../transform-reading.test.ts',
  'row-width-wrong': '../transform-reading.test.ts',
  'row-shorter-than-layout': '../../load/late-issues.test.ts',
  'control-total-wrong': '../../load/frame.test.ts',
  'trailer-missing': '../../load/frame.test.ts',
  'title-rows-skipped': '../../load/frame.test.ts',
  'comments-skipped': '../../load/frame.test.ts',
  'line-tag-unknown': '../../load/tagged.test.ts',
  'patient-line-missing': '../../load/tagged.test.ts',
  'patient-line-disagrees': '../../load/tagged.test.ts',
  'quote-not-closed': '../transform-reading.test.ts',
  'quote-misplaced': '../transform-reading.test.ts',
  'record-blank': '../transform-reading.test.ts',
  'header-repeated': '../transform-reading.test.ts',
  'character-undecodable': '../transform-reading.test.ts',
  'required-value-missing': '../transform.test.ts',
  'value-required-if': '../../load/cvrs.test.ts',
  'value-not-to-send': '../../load/cvrs.test.ts',
  'value-not-fixed': '../../load/cvrs.test.ts',
  'value-form-wrong': '../../load/cvrs.test.ts',
  'value-not-in-set': '../../load/cvrs.test.ts',
  'value-not-date': '../../load/cvrs.test.ts',
  'value-date-month-first': '../../load/cvrs.test.ts',
  'value-needs-another': '../../load/cvrs.test.ts',
  'value-after-another': '../../load/cvrs.test.ts',
  'value-in-future': '../../load/cvrs.test.ts',
  'values-disagree': '../../load/cvrs.test.ts',
  'value-repeated': '../../load/cvrs.test.ts',
  'column-missing': '../../load/cvrs.test.ts',
  'records-not-loaded': '../../load/cvrs.test.ts',
  'comment-patient-id-missing': '../../load/comments.test.ts',
  'comment-patient-not-found': '../../load/comments.test.ts',
  'comment-patient-rejected': '../../load/comments.test.ts',
  'comment-code-missing': '../../load/comments.test.ts',
  'comment-code-unrecognized': '../../load/comments.test.ts',
  'comment-date-invalid': '../../load/comments.test.ts',
  'comment-date-in-future': '../../load/comments.test.ts',
  'dates-day-first': '../../load/date-order.test.ts',
  'dates-order-mixed': '../../load/date-order.test.ts',
  'row-longer-than-layout': '../../load/late-issues.test.ts',
  'column-unknown': '../../load/late-issues.test.ts',
  'births-on-new-year': '../whole/detectors.test.ts',
  'birth-date-default': '../whole/detectors.test.ts',
  'sex-always-same': '../whole/detectors.test.ts',
  'patients-under-several-ids': '../whole/detectors.test.ts',
  'doses-on-one-day': '../whole/detectors.test.ts',
  'doses-on-first-of-month': '../whole/detectors.test.ts',
  'months-without-doses': '../whole/detectors.test.ts',
  'doses-one-source': '../whole/detectors.test.ts',
  'lot-over-years': '../whole/detectors.test.ts',
  'ages-wrong-for-vaccine': '../whole/detectors.test.ts',
  'doses-on-birth-day': '../whole/detectors.test.ts',
  'doses-per-patient-high': '../whole/detectors.test.ts',
  'patients-with-one-dose': '../whole/detectors.test.ts',
  'column-always-same': '../whole/detectors.test.ts',
  'columns-shifted': '../whole/detectors.test.ts',
  'names-exchanged': '../../load/suggestions.test.ts',
  'encoding-windows-1252': '../../load/late-issues.test.ts',
  'encoding-mixed': '../../load/late-issues.test.ts',
  'nul-bytes': '../../load/late-issues.test.ts',
  'vaccine-mapped': '../normalize/vaccine.test.ts',
  'cvx-pending': 'pending.test.ts',
  'cvx-pending-outdated': 'pending.test.ts',
  'patient-id-conflict': '../../load/late-issues.test.ts',
  'patient-id-repeated': '../../load/late-issues.test.ts',
  'match-in-doubt': '../../load/late-issues.test.ts',
  'patient-not-found': '../../load/late-issues.test.ts',
  'patient-rejected': '../../load/late-issues.test.ts',
  'ndc-invalid': '../normalize/ndc.test.ts',
  'ndc-padded': '../normalize/ndc.test.ts',
  'ndc-unknown': '../normalize/ndc.test.ts',
  'ndc-ambiguous': '../normalize/ndc.test.ts',
  'cvx-replaced': '../normalize/vaccine.test.ts',
  'dose-date-before-birth': '../../load/late-issues.test.ts',
  'dose-date-after-death': '../../load/late-issues.test.ts',
  'dose-in-doubt': '../../load/doses.test.ts',
  'dose-product-conflict': '../../load/doses.test.ts',
  'dose-extra-antigen': '../../load/doses.test.ts',
};

describe('no issue code is without a proof', () => {
  test('each has a sample, or is named with the test that proves it', () => {
    const proved = [...PATIENT_SAMPLES, ...DOSE_SAMPLES].map(({ code }) => code as string);
    expect([...new Set([...proved, ...Object.keys(PROVED_ELSEWHERE)])].sort()).toEqual([...ISSUE_CODES].sort());
  });

  test.each(Object.entries(PROVED_ELSEWHERE))('%s is expected in %s', (code, path) => {
    expect(readFileSync(new URL(path, import.meta.url), 'utf8')).toMatch(new RegExp(`['\\s]${code}[' ]`));
  });
});
