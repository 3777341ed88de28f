/** The samples of every spec that comes with immload get exactly the verdicts that they promise. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ISSUE_CODES } from '../../src/core/catalogue.js';
import type { Framing } from '../../src/core/framing.js';
import { NEEDS_MANY_RECORDS } from '../../src/core/rules/applies.js';
import { makeSamples, type SampleFiles } from '../../src/core/samples/samples.js';
import {
  checkSpec,
  completeSpec,
  type DelimitedLayout,
  type FixedLayout,
  type Layout,
  type Spec,
} from '../../src/core/spec.js';
import { describeSpec, rulesOf } from '../../src/docs/flat-file-specification.js';
import { renderMarkdown } from '../../src/docs/markdown.js';
import { builtInSpecIds, loadSpec, packageFolder } from '../../src/files/specs.js';
import { CODES, MIIS } from '../support/fixtures.js';
import { FIXED_WIDTH, SEVERAL_DOSES, TAGGED_LINES, TWO_FILES } from '../support/ruled-specs.js';
import { inputOf, Sandbox } from '../support/sandbox.js';
import { smallest, smallestCombined, smallestGlued, smallestTagged, withValue } from '../support/small-spec.js';

/** What `validate` says of the files, as `file:line code severity`. */
async function validate(files: SampleFiles, spec: Spec, site: string | null): Promise<string[]> {
  using sandbox = new Sandbox();
  const summary = await sandbox.load({ mode: 'validate', spec, site, ...inputOf(files) });
  const issues = await sandbox.report(summary.folder, 'issues.csv');
  return issues.map((issue) => `${issue['file']}:${issue['line']} ${issue['code']} ${issue['severity']}`).sort();
}

const SMALLEST = completeSpec(smallest());

/** `miis-legacy` with other ways of writing the same. */
function miisLike(changes: Partial<Spec>, layout: Partial<DelimitedLayout>, required: readonly string[] = []): Spec {
  const withLayout = (each: Layout): Layout => ({
    ...(each as DelimitedLayout),
    ...layout,
    fields: each.fields.map((field) => (required.includes(field.name) ? { ...field, use: 'required' } : field)),
  });
  const { patient, immunization } = MIIS.layouts;
  return { ...MIIS, ...changes, layouts: { patient: withLayout(patient), immunization: withLayout(immunization) } };
}

/** The smallest spec, whose patients have other ways of being written. A blank column at the end may be left out. */
function framed(layout: Partial<DelimitedLayout>): Spec {
  const patient = SMALLEST.layouts.patient as DelimitedLayout;
  const fields = [...patient.fields, { name: 'Suffix', field: 'suffix', use: 'optional' } as const];
  return { ...SMALLEST, layouts: { ...SMALLEST.layouts, patient: { ...patient, ...layout, fields } } };
}

/** The smallest spec, whose patients are of fixed width. */
function framedFixed(framing: Framing): Spec {
  const fields = SMALLEST.layouts.patient.fields.map((field) => ({ ...field, width: 12 }));
  return { ...SMALLEST, layouts: { ...SMALLEST.layouts, patient: { format: 'fixed', ...framing, fields } } };
}

function withTotals(spec: ReturnType<typeof smallestGlued>): ReturnType<typeof smallestGlued> {
  const totals = [
    { counts: 'patients', start: 4, width: 5 },
    { counts: 'all', start: 9, width: 5 },
  ];
  return withValue('/layouts/tagged/trailerRecord', { prefix: 'ZZZ', totals }, spec) as typeof spec;
}

/** `miis-legacy` in one file, each line with its tag, and doses that name their patients. */
function taggedMiis(): Spec {
  const { patient, immunization } = MIIS.layouts;
  const withTag = ({ fields }: Layout): unknown[] => [{ name: 'line', field: null }, ...fields];
  const { layouts: _, ...rest } = MIIS;
  const json = {
    ...rest,
    layouts: {
      tagged: {
        format: 'delimited',
        delimiter: '|',
        quote: '"',
        escape: '\\',
        comments: '*',
        trailerRecord: {
          tag: 'END',
          totals: [
            { counts: 'patients', field: 2 },
            { counts: 'immunizations', field: 3 },
          ],
        },
        patient: { tag: 'PAT', fields: withTag(patient) },
        immunization: { tag: 'VAC', fields: withTag(immunization) },
        others: [{ tag: 'NOTE' }],
      },
    },
  };
  expect(checkSpec(json)).toEqual([]);
  return completeSpec(json);
}

/** Specs of other people, who write in other ways than the built-in ones. */
const OTHERS: readonly (readonly [string, Spec])[] = [
  ['the smallest spec', SMALLEST],
  ['the smallest spec of combined records', completeSpec(smallestCombined())],
  ['the smallest spec of tagged lines', completeSpec(smallestTagged())],
  ['tagged lines with all that patients and doses can have', taggedMiis()],
  ['the smallest spec of tagged lines that are glued together', completeSpec(smallestGlued())],
  [
    'glued lines that may not be shorter, with totals',
    completeSpec(withValue('/layouts/tagged/shortRows', 'reject', withTotals(smallestGlued()))),
  ],
  [
    'the example of a specification of one’s own',
    loadSpec(join(packageFolder(), 'examples/03-your-own-spec/spec.json')),
  ],
  [
    'tabs, no quotes, no header, days with slashes',
    miisLike(
      { dates: { formats: ['M/D/YYYY'], twoDigitYears: 'reject' }, nulls: ['A', '?', 'X'] },
      { delimiter: '\t', quote: null, header: 'absent' },
    ),
  ],
  [
    'commas, a header, years of two digits, more that is required',
    miisLike(
      { dates: { formats: ['YYYY-MM-DD', 'YYYYMMDD'], twoDigitYears: 'latest-past' } },
      { delimiter: ',', header: 'required' },
      ['street', 'lot_number', 'comment'],
    ),
  ],
  ['rules of columns in two files', TWO_FILES],
  ['rules of columns in files of fixed width', FIXED_WIDTH],
  ['rules of columns where a record has several doses', SEVERAL_DOSES],
  ['rules of columns in tagged lines', TAGGED_LINES],
  [
    'comments, header and trailer records, no header',
    framed({
      header: 'absent',
      comments: '#',
      headerRecord: { tag: 'H', totals: [{ counts: 'all', field: 4 }] },
      trailerRecord: { tag: 'T', totals: [{ counts: 'records', field: 2 }] },
    }),
  ],
  [
    'titles, a header record that may be there, a trailer that must not fit',
    {
      ...framed({
        titleRows: 3,
        headerRecord: { prefix: 'FILE', use: 'optional' },
        trailerRecord: { prefix: 'END', use: 'optional', totals: [{ counts: 'records', start: 5, width: 8 }] },
      }),
      severities: { 'control-total-wrong': 'warning' },
    },
  ],
  [
    'fixed width with comments, header and trailer records',
    framedFixed({
      comments: '//',
      headerRecord: { prefix: 'HDR' },
      trailerRecord: { prefix: 'TRL', totals: [{ counts: 'patients', start: 4, width: 9 }] },
    }),
  ],
  ['rows that may lack columns or have more', framed({ shortRows: 'pad', longRows: 'cut' })],
  ['rows that may have more columns', framed({ longRows: 'cut', header: 'absent' })],
  ['rows of exactly one width', framedFixed({ shortRows: 'reject', longRows: 'reject' })],
  ['a backslash before quotes', framed({ escape: '\\', header: 'absent' })],
  ['single quotes', framed({ quote: "'" })],
  ['a backslash before delimiters, no quotes', framed({ escape: '\\', quote: null })],
  [
    'columns that count characters',
    {
      ...SMALLEST,
      layouts: {
        ...SMALLEST.layouts,
        immunization: { ...(SMALLEST.layouts.immunization as FixedLayout), widths: 'characters' },
      },
    },
  ],
  [
    'names before CPT, and CPT before CVX',
    miisLike({ vaccineOrder: ['vaccine_name', 'cpt', 'cvx', 'ndc', 'vaccine_group'] }, {}),
  ],
  [
    'days in digits, or in numbers of a spreadsheet',
    miisLike(
      { dates: { formats: ['MMDDYYYY', 'spreadsheet-serial'], twoDigitYears: 'reject' } },
      { delimiter: ',', header: 'optional' },
    ),
  ],
  [
    'days before months',
    miisLike({ dates: { formats: ['DD/MM/YYYY', 'DD-MON-YYYY'], twoDigitYears: 'latest-past' } }, {}),
  ],
  [
    'numbers of a spreadsheet for days',
    miisLike({ dates: { formats: ['spreadsheet-serial'], twoDigitYears: 'reject' } }, {}),
  ],
  [
    'other severities',
    miisLike(
      {
        severities: {
          'zip-invalid': 'error',
          'vaccine-name-unknown': 'off',
          'last-name-missing': 'warning',
          'cvx-padded': 'off',
        },
      },
      {},
    ),
  ],
];

const ALL: readonly (readonly [string, Spec])[] = [
  ...builtInSpecIds().map((id) => [id, loadSpec(id)] as const),
  ...OTHERS,
];

describe.each(ALL)('%s', (_, spec) => {
  const samples = makeSamples(spec, CODES);

  test('has a perfect sample', async () => {
    expect(samples.unfit).toEqual([]);
    expect(await validate(samples.perfect, spec, samples.site)).toEqual([]);
  });

  test.each(samples.faulty.map((sample) => [sample.name, sample] as const))('shows %s', async (_, sample) => {
    const { code } = sample;
    const expected = sample.verdicts.map((each) => `${each.file}:${each.line ?? ''} ${each.code} ${each.severity}`);
    expect(sample.verdicts.map((each) => each.code)).toContain(code);
    expect(await validate(sample.files, spec, samples.site)).toEqual(expected.sort());
  });
});

test('each code has a sample in one of them, unless it needs more than files, many records or all columns', () => {
  const shown = ALL.flatMap(([, spec]) => makeSamples(spec, CODES).faulty.map(({ code }) => code));
  const ofNdcs = ['ndc-invalid', 'ndc-padded', 'ndc-unknown', 'ndc-ambiguous'];
  const ofPending = ['cvx-pending', 'cvx-pending-outdated'];
  const ofDatabases = ['refused-by-database'];
  const others = [
    ...[...ofNdcs, ...ofPending, ...ofDatabases, 'vaccine-mapped', 'widths-in-doubt', 'expected-total-wrong'],
    ...NEEDS_MANY_RECORDS,
  ];
  expect([...new Set(shown), ...others].sort()).toEqual([...ISSUE_CODES].sort());
});

test('miis-legacy shows every rule that its records can break', () => {
  expect(makeSamples(MIIS, CODES).notShown).toEqual([]);
});

test('what is shown, and what is not, are all rules of the specification', () => {
  for (const [, spec] of ALL) {
    const { faulty, notShown } = makeSamples(spec, CODES);
    const shown = new Set(faulty.map(({ code }) => code));
    expect([...shown, ...notShown].sort()).toEqual([...rulesOf(spec)].sort());
    expect(new Set(faulty.map(({ name }) => name)).size).toBe(faulty.length);
  }
});

test('the samples are the same every time', () => {
  expect(makeSamples(MIIS, CODES)).toEqual(makeSamples(MIIS, CODES));
});

test('the specification shows the perfect sample', () => {
  for (const [, spec] of ALL) {
    const document = renderMarkdown(describeSpec(spec, CODES));
    for (const { bytes } of makeSamples(spec, CODES).perfect.values()) {
      const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
      expect(document).toContain(lines.map((line) => line.trimEnd()).join('\n'));
    }
  }
});
