/** The summary as people see it. */
import { describe, expect, test } from 'vitest';
import { formatSummary } from '../../src/cli/summary.js';
import type { FileSummary, SpecChoiceSummary, Summary } from '../../src/run.js';

const file = (more: Partial<FileSummary> = {}): FileSummary => ({
  role: 'patient',
  name: 'p.txt',
  container: null,
  sha256: 'ab',
  bytes: 1,
  encoding: 'utf-8',
  records: 1234,
  loaded: 1200,
  merged: 4,
  duplicate: 0,
  rejected: 30,
  skipped: 0,
  rejects: 'rejects/p.txt',
  loaded_before: null,
  filled: {},
  ...more,
});

const counts = { records: 1234, loaded: 1200, merged: 4, duplicate: 0, rejected: 30, skipped: 0 };
const none = { records: 0, loaded: 0, merged: 0, duplicate: 0, rejected: 0, skipped: 0 };

function summary(more: Partial<Summary> = {}): Summary {
  return {
    run: 3,
    mode: 'load',
    immload: '0.1.0',
    spec: { id: 'miis-legacy', version: '0.1.0', provenance: 'inferred' },
    spec_choice: { how: 'given' },
    site: null,
    today: '2026-07-01',
    started_at: '2026-07-01T10:00:00.000Z',
    finished_at: '2026-07-01T10:00:01.000Z',
    map: null,
    unmapped: 0,
    code_tables: {},
    updated_code_tables: null,
    files: [file()],
    matching: { model: 'exact', match_threshold: null, review_threshold: null },
    totals: { patient: counts, immunization: none },
    doses: { new: 0, merged: 0, duplicate: 0, review: 0 },
    patients: { new: 1200, merged: 4, review: 1 },
    issues: {},
    looks_wrong: [],
    suggestions: { count: 0, sure: 0 },
    max_issues_per_code: 100_000,
    changes: {},
    stage_seconds: { patients: 1.04, reports: 0.2 },
    peak_memory_mb: 90,
    report: 'immload-report/3',
    ...more,
  };
}

const example = { file: 'p.txt', line: 12 };

describe('the summary', () => {
  test('tells pairs of doses that are left to a person, and only where there are any', () => {
    const doses = { new: 1200, merged: 4, duplicate: 2, review: 1 };
    expect(formatSummary(summary())).not.toContain('Doses');
    expect(formatSummary(summary({ doses }))).toContain('\nDoses: 1 pair left to review\n');
    const both = {
      totals: { patient: counts, immunization: none, combined: counts },
      doses: { ...doses, review: 1500 },
    };
    expect(formatSummary(summary(both))).toContain(
      '\nDoses: 1,200 new, 4 merged, 2 duplicate, 1,500 pairs left to review\n',
    );
  });

  test('tells the run, the files, the patients and where the report is', () => {
    expect(formatSummary(summary())).toBe(
      `immload 0.1.0  run 3  miis-legacy 0.1.0, inferred  1.2 s

         records  loaded  merged  duplicate  rejected  skipped
  p.txt    1,234   1,200       4          0        30        0

Patients: 1,200 new, 4 merged, 1 pair left to review

No issues.

  Report   immload-report/3
  Rejects  immload-report/3/rejects/p.txt  (30 records; correct them and load that very file)
`,
    );
  });

  test('tells of which days the code tables are, and whose they are', () => {
    const code_tables = {
      cvx: '2025-10-12',
      mvx: '2024-12-06',
      product: '2024-07-25',
      race: '2020-01-08',
      sex: 'none',
    };
    expect(formatSummary(summary({ code_tables }))).toContain(
      '\n\nCode tables of immload: cvx 2025-10-12, mvx 2024-12-06, product 2024-07-25 and 2 more\n\n',
    );
    const updated_code_tables = { folder: 'codes', tables: ['cvx', 'race'] };
    expect(formatSummary(summary({ code_tables, updated_code_tables }))).toContain(
      '\n\nCode tables of codes: cvx 2025-10-12, race 2020-01-08\nCode tables of immload: mvx 2024-12-06, product 2024-07-25 and 1 more\n\n',
    );
  });

  test.each<[Partial<FileSummary>, string]>([
    [{ encoding: 'utf-16le' }, 'p.txt is in UTF-16LE'],
    [{ encoding: 'utf-16be', container: 'p.txt.gz' }, 'p.txt came in p.txt.gz and is in UTF-16BE'],
    [{ encoding: 'windows-1252' }, 'p.txt is in Windows-1252'],
    [{ encoding: 'utf-8 and windows-1252' }, 'p.txt is in UTF-8 and Windows-1252'],
    [{ container: 'e\u001b.zip' }, 'p.txt came in e�.zip'],
  ])('of %j says how it was read', (facts, words) => {
    expect(formatSummary(summary({ files: [file(facts)] }))).toContain(`0\n\n${words}\n\nPatients`);
  });

  test.each([
    ['dry-run', 'dry run'],
    ['validate', 'validation'],
  ] as const)('of %s says that it would be so', (mode, words) => {
    const text = formatSummary(summary({ mode, run: null }));
    expect(text).toMatch(new RegExp(`^immload 0\\.1\\.0 {2}${words} {2}`));
    expect(text).toContain('Patients (would be): 1,200 new');
  });

  test.each([
    ['official', 'x 1  1.2 s'],
    ['public-code', 'x 1, from public code  1.2 s'],
  ])('says how sure the specification is: %s', (provenance, words) => {
    expect(formatSummary(summary({ spec: { id: 'x', version: '1', provenance } }))).toContain(words);
  });

  test('says what the files were recognised by, and nothing where that was given', () => {
    const choice: SpecChoiceSummary = {
      how: 'recognised',
      certainty: 'sure',
      score: 1,
      files: Array.from({ length: 8 }, (_, i) => ({
        file: `p${i}\u001b.txt`,
        role: 'patient',
        score: 1,
        reasons: ['a', 'b'],
      })),
      runners_up: [{ spec: 'other', score: 0.7, against: ['p0.txt: c'] }],
    };
    const files = Array.from({ length: 6 }, (_, i) => `  p${i}�.txt: a, b`);
    expect(formatSummary(summary({ spec_choice: choice }))).toContain(
      ['s', '', 'Recognised as miis-legacy (for sure)', ...files, '  and 2 more files', '', ''].join('\n'),
    );
    const likely = formatSummary(summary({ spec_choice: { ...choice, certainty: 'likely', files: [] } }));
    expect(likely).toContain(
      '\n\nRecognised as miis-legacy (probably; --spec says it for sure)\n  The next best is other, but p0.txt: c\n\n',
    );
    expect(formatSummary(summary())).not.toContain('Recognised');
  });

  test('says which files were loaded before', () => {
    const text = formatSummary(
      summary({ files: [file({ loaded_before: { run: 1, finished_at: '2026-06-30T08:00:00.000Z' } })] }),
    );
    expect(text).toContain('p.txt was loaded before, as run 1 on 2026-06-30; nothing is there twice\n');
  });

  test('says nothing of patients when there are none', () => {
    const files = [file({ role: 'immunization', name: 'd.txt', rejected: 1, rejects: 'rejects/d.txt' })];
    const text = formatSummary(summary({ files, totals: { patient: none, immunization: counts } }));
    expect(text).not.toContain('Patients');
    expect(text).toContain('(1 record; correct them');
  });
});

describe('the issues in the summary', () => {
  test('stand by severity, the commonest first, with the place of the first and what was capped', () => {
    const text = formatSummary(
      summary({
        issues: {
          'zip-invalid': { severity: 'warning', count: 1, rows: 1, examples: [example] },
          'birth-date-missing': { severity: 'error', count: 2, rows: 2, examples: [example] },
          'last-name-missing': { severity: 'error', count: 1500, rows: 100, examples: [{ file: 'p.txt', line: 7 }] },
          'encoding-windows-1252': { severity: 'info', count: 1, rows: 1, examples: [{ file: 'p.txt', line: 0 }] },
        },
      }),
    );
    expect(text).toContain(
      [
        '1,502 errors',
        '  last-name-missing      1,500  first in p.txt, line 7  (100 listed)',
        '  birth-date-missing         2  first in p.txt, line 12',
        '',
        '1 warning',
        '  zip-invalid                1  first in p.txt, line 12',
        '',
        '1 info',
        '  encoding-windows-1252      1  first in p.txt',
        '',
      ].join('\n'),
    );
    expect(text).toContain('  Codes    immload explain CODE says what a code means and how to fix it\n');
  });

  test('of many kinds are cut off, and it says how many more there are', () => {
    const kinds = Array.from({ length: 15 }, (_, i) => [
      `kind-${i}`,
      { severity: 'warning' as const, count: 100 - i, rows: 100 - i, examples: [example] },
    ]);
    const text = formatSummary(summary({ issues: Object.fromEntries(kinds) as Summary['issues'] }));
    expect(text.match(/^ {2}kind-\d+ /gm)).toHaveLength(8);
    expect(text).toContain('  and 7 more kinds\n');
    expect(text).toContain('1,395 warnings\n');
  });
});

test('what a load would refuse as a whole is said', () => {
  const issues = {
    'trailer-missing': { severity: 'error', count: 1, rows: 1, examples: [{ file: 'p.txt', line: 0 }] },
    'zip-invalid': { severity: 'error', count: 1, rows: 1, examples: [example] },
  } as const;
  expect(formatSummary(summary({ mode: 'validate', issues }))).toContain(
    'Nothing of this would be loaded: trailer-missing\n',
  );
  const warning = { ...issues, 'trailer-missing': { ...issues['trailer-missing'], severity: 'warning' } } as const;
  expect(formatSummary(summary({ mode: 'validate', issues: warning }))).not.toContain('Nothing of this');
});
