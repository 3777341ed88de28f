/** Each issue code with a record that breaks its rule, and the nearest record that does not. */
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../../src/core/catalogue.js';
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
