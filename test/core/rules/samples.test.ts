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

/** Codes that no single value gives, and the test that proves each of them: its file, and how its title or row begins. */
const PROVED_ELSEWHERE: Partial<Record<IssueCode, readonly [path: string, title: string]>> = {
  'field-count-wrong': ['../transform-reading.test.ts', 'is rejected even where a spec silences the code'],
  'row-width-wrong': ['../transform-reading.test.ts', 'row-width-wrong: in fixed width is rejected'],
  'row-shorter-than-layout': ['../../load/late-issues.test.ts', 'of records that may be shorter and are'],
  'control-total-wrong': ['../../load/frame.test.ts', 'is told with all else that is found'],
  'trailer-missing': ['../../load/frame.test.ts', 'is told with all else that is found'],
  'title-rows-skipped': ['../../load/frame.test.ts', 'records keep their numbers, lines and offsets'],
  'comments-skipped': ['../../load/frame.test.ts', 'records keep their numbers, lines and offsets'],
  'line-tag-unknown': ['../../load/tagged.test.ts', 'where its patient has lost the tag'],
  'patient-line-missing': ['../../load/tagged.test.ts', 'where the file begins with it'],
  'patient-line-disagrees': ['../../load/tagged.test.ts', 'where it names another than the one above it'],
  'quote-not-closed': ['../transform-reading.test.ts', 'is rejected even where a spec silences the code'],
  'quote-misplaced': ['../../load/tagged.test.ts', 'where text stands behind a quote of its patient'],
  'record-blank': ['../transform-reading.test.ts', 'is skipped: %s'],
  'header-repeated': ['../transform-reading.test.ts', 'that comes again is skipped'],
  'header-other-order': ['../../load/joined-files.test.ts', 'records below a header in another order'],
  'under-other-header': ['../../load/joined-files.test.ts', 'records below a header in another order'],
  'character-undecodable': [
    '../transform-reading.test.ts',
    'with a byte that means nothing are loaded with a mark in its place',
  ],
  'value-spreadsheet-error': ['../../load/spreadsheet.test.ts', 'its errors are no ids'],
  'value-spreadsheet-mark': ['../../load/spreadsheet.test.ts', 'its marks for text'],
  'required-value-missing': ['../transform.test.ts', 'a field that a spec requires must have a value'],
  'value-required-if': ['../../load/cvrs.test.ts', 'each finding is told under a code that other specifications share'],
  'value-not-to-send': ['../../load/cvrs.test.ts', 'each finding is told under a code that other specifications share'],
  'value-not-fixed': ['../../load/cvrs.test.ts', 'each finding is told under a code that other specifications share'],
  'value-form-wrong': ['../../load/cvrs.test.ts', 'each finding is told under a code that other specifications share'],
  'value-not-in-set': ['../../load/cvrs.test.ts', 'each finding is told under a code that other specifications share'],
  'value-not-date': ['../../load/cvrs.test.ts', 'each finding is told under a code that other specifications share'],
  'value-date-month-first': [
    '../../load/cvrs.test.ts',
    'each finding is told under a code that other specifications share',
  ],
  'value-needs-another': [
    '../../load/cvrs.test.ts',
    'each finding is told under a code that other specifications share',
  ],
  'value-after-another': [
    '../../load/cvrs.test.ts',
    'each finding is told under a code that other specifications share',
  ],
  'value-in-future': ['../../load/cvrs.test.ts', 'each finding is told under a code that other specifications share'],
  'values-disagree': ['../../load/cvrs.test.ts', 'each finding is told under a code that other specifications share'],
  'value-repeated': ['../../load/cvrs.test.ts', 'each finding is told under a code that other specifications share'],
  'column-missing': ['../../load/cvrs.test.ts', 'a column that the header leaves out is told'],
  'records-not-loaded': ['../../load/cvrs.test.ts', 'a redacted one is judged and not loaded'],
  'comment-patient-id-missing': ['../../load/comments.test.ts', 'are told their faults, each at its place'],
  'comment-patient-not-found': ['../../load/comments.test.ts', 'are told their faults, each at its place'],
  'comment-patient-rejected': ['../../load/comments.test.ts', 'are told their faults, each at its place'],
  'comment-code-missing': ['../../load/comments.test.ts', 'are told their faults, each at its place'],
  'comment-code-unrecognized': ['../../load/comments.test.ts', 'are told their faults, each at its place'],
  'comment-date-invalid': ['../../load/comments.test.ts', 'are told their faults, each at its place'],
  'comment-date-in-future': ['../../load/comments.test.ts', 'are told their faults, each at its place'],
  'dates-day-first': ['../../load/date-order.test.ts', 'are told to, by the days of the whole column'],
  'dates-month-first': ['../../load/date-order.test.ts', 'a file that has the month first is refused'],
  'dates-order-mixed': ['../../load/date-order.test.ts', 'with dates of both orders is told to have both'],
  'row-longer-than-layout': ['../../load/late-issues.test.ts', 'of rows that are too wide'],
  'widths-in-doubt': ['../../load/encodings.test.ts', 'that counts characters is told not to show it'],
  'column-unknown': ['../../load/late-issues.test.ts', 'with a column that the spec does not have'],
  'encoding-windows-1252': ['../../load/late-issues.test.ts', 'in Windows-1252'],
  'encoding-mixed': ['../../load/late-issues.test.ts', 'in both'],
  'nul-bytes': ['../../load/late-issues.test.ts', 'with zero bytes for blanks'],
  'patient-id-conflict': ['../../load/late-issues.test.ts', 'one id for two persons'],
  'patient-id-repeated': ['../../load/late-issues.test.ts', 'one id for one person, with other details'],
  'match-in-doubt': ['../../load/late-issues.test.ts', 'namesakes of another sex'],
  'refused-by-database': ['../../load/postgres-refusals.test.ts', 'a dose whose value is too long'],
  'patient-not-found': ['../../load/late-issues.test.ts', 'of nobody'],
  'patient-rejected': ['../../load/late-issues.test.ts', 'who was rejected'],
  'ndc-invalid': ['../normalize/ndc.test.ts', 'that is none is told'],
  'ndc-padded': ['../normalize/ndc.test.ts', 'without its zeros is read, and told'],
  'ndc-unknown': ['../normalize/ndc.test.ts', 'that is not there is told'],
  'ndc-ambiguous': ['../normalize/ndc.test.ts', 'of two vaccines is told'],
  'cvx-replaced': ['../normalize/vaccine.test.ts', 'an NDC decides before a CVX of the same group'],
  'vaccine-mapped': ['../normalize/vaccine.test.ts', 'comes before all else'],
  'cvx-pending': ['pending.test.ts', 'historical, when the table was made'],
  'cvx-pending-outdated': ['pending.test.ts', 'historical, and later than the table'],
  'dose-in-doubt': ['../../load/doses.test.ts', 'two lots on one day'],
  'dose-product-conflict': ['../../load/doses.test.ts', 'another product: '],
  'dose-extra-antigen': ['../../load/doses.test.ts', 'a combination and its part'],
  'dose-date-before-birth': ['../../load/late-issues.test.ts', 'the day before birth'],
  'dose-age-unusual': ['../../load/late-issues.test.ts', 'years before the age of its vaccine'],
  'dose-date-after-death': ['../../load/late-issues.test.ts', 'the day after death'],
  'births-on-new-year': ['../whole/detectors.test.ts', 'births-on-new-year'],
  'birth-date-default': ['../whole/detectors.test.ts', 'birth-date-default'],
  'sex-always-same': ['../whole/detectors.test.ts', 'sex-always-same'],
  'patients-under-several-ids': ['../whole/detectors.test.ts', 'patients-under-several-ids'],
  'doses-on-one-day': ['../whole/detectors.test.ts', 'doses-on-one-day'],
  'doses-on-first-of-month': ['../whole/detectors.test.ts', 'doses-on-first-of-month'],
  'months-without-doses': ['../whole/detectors.test.ts', 'months-without-doses'],
  'doses-one-source': ['../whole/detectors.test.ts', 'doses-one-source'],
  'lot-over-years': ['../whole/detectors.test.ts', 'lot-over-years'],
  'ages-wrong-for-vaccine': ['../whole/detectors.test.ts', 'ages-wrong-for-vaccine'],
  'doses-on-birth-day': ['../whole/detectors.test.ts', 'doses-on-birth-day'],
  'doses-per-patient-high': ['../whole/detectors.test.ts', 'doses-per-patient-high'],
  'patients-with-one-dose': ['../whole/detectors.test.ts', 'patients-with-one-dose'],
  'column-always-same': ['../whole/detectors.test.ts', 'column-always-same'],
  'births-pile-up': ['../whole/detectors.test.ts', 'births-pile-up'],
  'patients-without-doses': ['../whole/detectors.test.ts', 'patients-without-doses'],
  'doses-of-campaign': ['../whole/detectors.test.ts', 'doses-of-campaign'],
  'doses-pile-up': ['../whole/detectors.test.ts', 'doses-pile-up'],
  'detail-always-same': ['../whole/detectors.test.ts', 'detail-always-same'],
  'doses-without-vis': ['../whole/detectors.test.ts', 'doses-without-vis'],
  'columns-shifted': ['../whole/detectors.test.ts', 'columns-shifted'],
  'names-exchanged': ['../../load/suggestions.test.ts', 'are told by the names of all others'],
  'zip-unlike-city': ['../../load/suggestions.test.ts', 'a ZIP code of the state with two digits exchanged'],
};

describe('no issue code is without a proof', () => {
  test('each has a sample, or is named with the test that proves it', () => {
    const proved = [...PATIENT_SAMPLES, ...DOSE_SAMPLES].map(({ code }) => code as string);
    expect([...new Set([...proved, ...Object.keys(PROVED_ELSEWHERE)])].sort()).toEqual([...ISSUE_CODES].sort());
  });

  test.each(Object.entries(PROVED_ELSEWHERE))('%s is expected in %j', (code, [path, title]) => {
    const proofs = testsNamed(title, readFileSync(new URL(path, import.meta.url), 'utf8'));
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
