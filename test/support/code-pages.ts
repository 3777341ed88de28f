/** A page for each issue code, made of its words and of its sample. */
import { CATALOGUE, ISSUE_CODES, type IssueCode } from '../../src/core/catalogue.js';
import type { IssueDefinition, Subject } from '../../src/core/issue.js';
import { ALWAYS_ERRORS, severityOf } from '../../src/core/spec.js';
import { SUGGESTERS } from '../../src/core/suggest/suggesters.js';
import { builtInSpecIds, loadSpec } from '../../src/files/specs.js';
import { CODE_EXAMPLES, type CodeExample } from './code-examples.js';
import type { Document } from './docs.js';
import { DOSE_SAMPLES, PATIENT_SAMPLES } from './samples.js';

export const PAGES_FOLDER = 'docs/codes';

const SUBJECTS: Readonly<Record<Subject, string>> = {
  patient: 'a patient',
  immunization: 'a dose',
  comment: 'a comment on a patient',
  record: 'a record',
  file: 'the file as a whole',
};

/** The example of a code. @throws Error when there is none, so that no page comes without */
export function exampleOf(code: IssueCode): CodeExample {
  const own = CODE_EXAMPLES[code];
  if (own !== undefined) return own;
  const sample = [...PATIENT_SAMPLES, ...DOSE_SAMPLES].find((each) => each.code === code);
  if (sample === undefined) throw new Error(`${code} has neither a sample nor an example`);
  const { field, faulty, faultless, beside } = sample;
  const others = Object.entries(beside).map(([name, value]) => `${name}: ${value || '(blank)'}`);
  const lines = (value: string): string => [...others, `${field}: ${value || '(blank)'}`].join('\n');
  return { before: lines(faulty), after: lines(faultless) };
}

/** All pages, and the list of them. */
export function renderCodePages(): readonly Document[] {
  return [
    { path: `${PAGES_FOLDER}/README.md`, content: renderIndex() },
    ...ISSUE_CODES.map((code) => ({ path: `${PAGES_FOLDER}/${code}.md`, content: renderPage(code) })),
  ];
}

function renderIndex(): string {
  const rows = ISSUE_CODES.map((code) => {
    const { severity, subject, asserts } = CATALOGUE[code];
    return `| [${code}](${code}.md) | ${severity} | ${SUBJECTS[subject]} | ${asserts} |`;
  });
  return [
    '# Issue codes',
    '',
    'Made of the program by `npm run docs`; `immload explain CODE` says the same.',
    '',
    '| code | severity | about | what should be true |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function renderPage(code: IssueCode): string {
  const definition: IssueDefinition = CATALOGUE[code];
  const { severity, subject, field, asserts, message, meaning, why, fix, source } = definition;
  const { before, after } = exampleOf(code);
  const about = `${SUBJECTS[subject]}${field === null ? '' : `, field \`${field}\``}`;
  const own = builtInSpecIds().flatMap((id) => {
    const weight = severityOf(code, loadSpec(id));
    return weight === severity ? [] : [`${weight} in \`${id}\``];
  });
  const fixed = ALWAYS_ERRORS.includes(code)
    ? '; it cannot be lowered, since such a record cannot be stored or linked'
    : '';
  const suggests = SUGGESTERS.some(({ codes }) => codes.includes(code));
  return [
    `# ${code}`,
    '',
    `**${severity}**${own.length > 0 ? ` (${own.join(', ')})` : ''}${fixed}. About ${about}.`,
    '',
    `What should be true: ${asserts}.`,
    '',
    `The report says: ${message.replace(/\{(after|expected|other)\}/g, '…')}`,
    '',
    '## What it means',
    '',
    meaning,
    '',
    '## Why it matters',
    '',
    why,
    '',
    '## How to fix it',
    '',
    fix,
    ...(suggests
      ? ['', 'Where the record, and the others of the submission, show what was meant, `issues.csv` suggests it.']
      : []),
    '',
    '## Example',
    '',
    'Before:',
    '',
    '```text',
    before,
    '```',
    '',
    'After:',
    '',
    '```text',
    after,
    '```',
    '',
    '## Source',
    '',
    source,
    '',
    '[All issue codes](README.md)',
    '',
  ].join('\n');
}
