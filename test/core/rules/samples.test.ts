/** Each issue code with a record that breaks its rule, and the nearest record that does not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CATALOGUE, ISSUE_CODES } from '../../../src/core/catalogue.js';
import { formatMessage, type Issue } from '../../../src/core/issue.js';
import { severityOf } from '../../../src/core/spec.js';
import { packageFolder } from '../../../src/files/specs.js';
import { PROVED_ELSEWHERE } from '../../support/proved-elsewhere.js';
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

describe('no issue code is without a proof', () => {
  test('each has a sample, or is named with the test that proves it', () => {
    const proved = [...PATIENT_SAMPLES, ...DOSE_SAMPLES].map(({ code }) => code as string);
    expect([...new Set([...proved, ...Object.keys(PROVED_ELSEWHERE)])].sort()).toEqual([...ISSUE_CODES].sort());
  });

  test.each(Object.entries(PROVED_ELSEWHERE))('%s is expected in %j', (code, [path, title]) => {
    const proofs = testsNamed(title, readFileSync(join(packageFolder(), path), 'utf8'));
    // A row that begins with the code itself proves it as often as it stands there.
    if (title === code) return expect(proofs.length).toBeGreaterThan(0);
    expect(proofs).toHaveLength(1);
    expect(proofs[0]).toMatch(new RegExp(`[' ]${code}[' ]`));
  });
});

/** The tests, or rows of a table of tests, whose titles begin so: each from its title to where its indentation ends. */
function testsNamed(title: string, text: string): string[] {
  const lines = text.split('\n');
  const indentOf = (line: string): number => line.search(/\S|$/);
  return lines.flatMap((line, first) => {
    if (!line.includes(`'${title}`)) return [];
    const rest = lines.slice(first + 1);
    // A title on a line of its own stands beside the rest of its row.
    const outside = indentOf(line) - (line.trimStart().startsWith("'") ? 1 : 0);
    const length = rest.findIndex((each) => each !== '' && indentOf(each) <= outside);
    const behindTitle = line.slice(line.indexOf("'", line.indexOf(title)));
    return [[behindTitle, ...rest.slice(0, length)].join('\n')];
  });
}
