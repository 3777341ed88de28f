/** The document of a spec says what the spec says, in full. */
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/core/catalogue.js';
import { fileLayoutsOf } from '../../src/core/file-layouts.js';
import { canBreak } from '../../src/core/rules/applies.js';
import { completeSpec, type Spec, severityOf } from '../../src/core/spec.js';
import { inlinesOf } from '../../src/docs/document.js';
import { describeSpec, rulesOf, titleOfRole } from '../../src/docs/flat-file-specification.js';
import { renderHtml } from '../../src/docs/html.js';
import { renderMarkdown } from '../../src/docs/markdown.js';
import { builtInSpecIds, loadSpec } from '../../src/files/specs.js';
import { CODES, GRITS, MIIS } from '../support/fixtures.js';
import { readHtml } from '../support/html.js';
import {
  type Json,
  smallest,
  smallestCombined,
  smallestGlued,
  smallestTagged,
  withValue,
} from '../support/small-spec.js';

/** The rows of the table that follows a chapter's title, each cell as plain text. */
function rowsAfter(title: string, spec: Spec): string[][] {
  const { blocks } = describeSpec(spec, CODES);
  const chapter = blocks.findIndex((block) => block.kind === 'heading' && block.text === title);
  const found = blocks.slice(chapter).find((block) => block.kind === 'table');
  if (chapter < 0 || found?.kind !== 'table') throw new Error(`no table after ${title}`);
  return found.rows.map((row) =>
    row.map((cell) =>
      inlinesOf(cell)
        .map((inline) => {
          if (typeof inline === 'string') return inline;
          if ('lineBreak' in inline) return '\n';
          return 'code' in inline ? inline.code : inline.strong;
        })
        .join(''),
    ),
  );
}

describe.each(builtInSpecIds().map((id) => [id, loadSpec(id)] as const))('%s', (_, spec) => {
  const html = renderHtml(describeSpec(spec, CODES));
  const markdown = renderMarkdown(describeSpec(spec, CODES));

  test('is well-formed as a page', () => {
    expect(readHtml(html).elements).toEqual(expect.arrayContaining(['h1', 'nav', 'table', 'pre']));
  });

  test('says what it is and how sure', () => {
    for (const text of [spec.title, spec.version, spec.provenance.status, spec.provenance.source]) {
      expect(readHtml(html).texts.join('')).toContain(text);
    }
    expect(markdown.split('\n')[0]).toMatch(/^# /);
  });

  test('shows every column in its order, with its use', () => {
    for (const { role, layout } of fileLayoutsOf(spec)) {
      const rows = rowsAfter(titleOfRole(role), spec);
      expect(rows.map((row) => row[1])).toEqual(layout.fields.map(({ name }) => name));
      const uses = layout.fields.map(({ use }) => (use === 'optional' ? '' : use));
      expect(rows.map((row) => row[layout.format === 'fixed' ? 4 : 3])).toEqual(uses);
    }
  });

  test('shows every rule that its records can break, with its weight', () => {
    for (const code of rulesOf(spec)) {
      expect(markdown).toContain(`| \`${code}\` | `);
      expect(severityOf(code, spec)).not.toBe('off');
    }
    expect(rulesOf(spec).length).toBeGreaterThan(40);
  });

  test('has no leftovers of the program in it', () => {
    expect(markdown).not.toMatch(/undefined|\bnull\b(?! when)|\[object|NaN/);
  });
});

/** The smallest spec with one more column. */
function withColumn(column: Json): Spec {
  return completeSpec(withValue('/layouts/patient/fields/3', column));
}

test('which column decides about the vaccine is said where there are several', () => {
  const spec: Spec = { ...MIIS, vaccineOrder: ['cpt', 'cvx', 'vaccine_name', 'ndc', 'vaccine_group'] };
  expect(renderMarkdown(describeSpec(spec, CODES))).toMatch(
    /\*\*The vaccine\*\* is that of the first of .*`cpt`, `cvx`/i,
  );
  expect(renderMarkdown(describeSpec(completeSpec(smallest()), CODES))).not.toContain('The vaccine** is that of');
});

describe('a column', () => {
  const find = (title: string, column: string, spec: Spec): string[] =>
    rowsAfter(title, spec).find((row) => row[1] === column)!;

  test('of fixed width has its place', () => {
    expect(find('Patient file', 'Last Name', GRITS)).toEqual([
      '5',
      'Last Name',
      '76-110',
      '35',
      'required',
      'Last name',
      'Text',
      '',
    ]);
  });

  test('lists its own values with what they stand for', () => {
    expect(find('Patient file', 'Ethnicity', GRITS)[6]).toBe(
      'H Hispanic or Latino (2135-2)\nNH Not Hispanic or Latino (2186-5)',
    );
    expect(find('Patient file', 'Race', GRITS)[6]).toMatch(/\nU not known$/);
  });

  test('lists its own words for what is not known beside the codes', () => {
    const spec = withColumn({ name: 'Eth', field: 'ethnicity', values: { UNK: '', POL: '' } });
    expect(find('Patient file', 'Eth', spec)[5]).toBe('Code of table ethnicity\nUNK not known\nPOL not known');
  });

  test('names the set that its values are of', () => {
    const spec = loadSpec('cvrs-tsv');
    expect(find('History file', 'recip_ethnicity', spec)[5]).toBe('Set ethnicity');
    expect(find('History file', 'dose_num', spec)[5]).toBe('Set dose');
    expect(rowsAfter('Sets of values', spec)).toContainEqual(['dose', '1 2 3 4 5 6 INV UNK']);
    expect(rowsAfter('Sets of values', spec)).toContainEqual([
      'county',
      '3295 codes of the table county_us: immload codes show county_us',
    ]);
    expect(rowsAfter('Beginnings: zip-of-state', spec)).toEqual(
      expect.arrayContaining([
        ['CO', '80-81'],
        ['MA', 'anything'],
        ['PW', 'nothing: no value is right'],
      ]),
    );
  });

  test('has its rules, each with its code and that of the document', () => {
    const spec = loadSpec('cvrs-tsv');
    const asked = rowsAfter('What is asked of the columns', spec).filter(([column]) => column === 'mvx');
    expect(asked).toEqual([
      ['mvx', 'is blank', 'vax_refusal is YES', 'value-not-to-send (error)', 'DNTS002'],
      [
        'mvx',
        'is blank',
        'recip_missed_appt is YES, and vax_refusal is not YES',
        'value-not-to-send (error)',
        'DNTS003',
      ],
      ['mvx', 'has 3 characters at most', 'always', 'value-too-long (error)', 'DATA008'],
      ['mvx', 'is one of the set mvx', 'always', 'value-not-in-set (error)', 'DATA007'],
    ]);
    const rules = rowsAfter('What is asked of the columns', spec).map((row) => row[1]);
    for (const rule of [
      'is of the form \\S+',
      'stands in one record of the file only, blank or not',
      'is a date: YYYY-MM-DD or YYYY-MM',
      'is not later than admin_date, and neither is blank, compared as text where it is no date',
      'is not later than the day of the load, compared as text where it is no date',
      'begins as zip-of-state says for recip_address_state, which must be listed',
      'has a value only where recip_address_county has one',
      'is Redacted',
    ]) {
      expect(rules).toContain(rule);
    }
  });

  test('lists codes that are few, and names the table of others', () => {
    expect(find('Immunization file', 'completion_status', MIIS)[5]).toBe('CP, RE, NA, PA');
    expect(find('Immunization file', 'cvx', MIIS)[5]).toBe('Code of table cvx');
  });

  test('says its date formats', () => {
    expect(find('Patient file', 'birth_date', MIIS)[5]).toBe('Date: YYYYMMDD, MM/DD/YYYY, MMDDYYYY, YYYY-MM-DD');
  });

  test('says what a blank means, and what else is known', () => {
    expect(find('Patient file', 'Contact Allowed', GRITS)[7]).toBe(
      'a blank is read as 02: Reminder/recall - any method (02)',
    );
    const objects = { name: 'Share', field: 'sharing_objection', values: { Y: 'N', N: 'Y' }, default: 'Y' };
    const own = completeSpec(withValue('/layouts/patient/fields/3', objects));
    expect(find('Patient file', 'Share', own)[6]).toBe('a blank is read as Y: No (N)');
    expect(find('Patient file', 'ssn', MIIS)[6]).toMatch(/; not stored$/);
    expect(find('Patient file', 'Last', completeSpec(smallest()))[6]).toBe('also called Surname');
    expect(find('Patient file', 'first_name', MIIS)[6]).toMatch(/^a blank is first-name-missing: warning; /);
  });
});

test.each<[string, Json, string]>([
  ['quotes', '"', ': a value that holds the delimiter stands between quotes `"`; a quote within it has `\\` before it; so has every `\\` of a value.'],
  ['no quotes', null, ': a delimiter or line end that belongs to a value has `\\` before it; so has every `\\` of a value.'],
])('how values are written is told, with an escape and %s', (_, quote, words) => {
  const spec = withValue('/layouts/patient/quote', quote, withValue('/layouts/patient/escape', '\\') as never);
  expect(renderMarkdown(describeSpec(completeSpec(spec), CODES))).toContain(words);
}); // biome-ignore format: a table

test.each<[string, string, string]>([
  ['pad', 'reject', 'A record with fewer columns is read as if blanks followed; one with more is rejected.'],
  ['pad', 'cut', 'A record with fewer columns is read as if blanks followed; of one with more, the rest is not read.'],
  ['reject', 'reject', 'A record with fewer columns is rejected; so is one with more.'],
  ['reject', 'cut', 'A record with fewer columns is rejected; of one with more, the rest is not read.'],
])('what becomes of records of another length is told: %s, %s', (short, long, words) => {
  const spec = withValue('/layouts/patient/shortRows', short, withValue('/layouts/patient/longRows', long) as never);
  expect(renderMarkdown(describeSpec(completeSpec(spec), CODES))).toContain(words);
});

test('lines that are no records are told', () => {
  const parts: [string, Json][] = [
    ['/layouts/patient/headerRecord', { prefix: 'HDR', use: 'optional' }],
    ['/layouts/patient/trailerRecord', { tag: 'T', totals: [{ counts: 'records', field: 3 }] }],
    ['/layouts/patient/comments', '#'],
    ['/layouts/immunization/trailerRecord', { prefix: 'END', totals: [{ counts: 'all', start: 4, width: 6 }] }],
  ];
  const spec = completeSpec(
    parts.reduce((json, [path, value]) => withValue(path, value, json as never), smallest() as Json),
  );
  const document = renderMarkdown(describeSpec(spec, CODES));
  for (const words of [
    '**Patient file** begins with a header record, whose line begins with `HDR`, which may be left out.',
    '**Patient file** ends with a trailer record, whose first column is `T`; column 3: how many records are in the file.',
    '**Patient file** may hold comments: lines that begin with `#` are not read.',
    '**Patient file** may have up to 10 lines above the header, which are not read.',
    '**Immunization file** ends with a trailer record, whose line begins with `END`; bytes 4-9: how many records are in the file, with header and trailer records.',
    'HDR\nChart,Last,DOB\n1001,Walsh,05/14/2015\n1002,Osei,03/09/1948\n1003,Chen,11/23/2019\nT,,3',
    'END000004',
  ]) {
    expect(document).toContain(words);
  }
  expect(renderMarkdown(describeSpec(GRITS, CODES))).not.toContain('trailer record');
});

test('what a layout counts is told', () => {
  const inCharacters = completeSpec(withValue('/layouts/immunization/widths', 'characters'));
  const document = renderMarkdown(describeSpec(inCharacters, CODES));
  expect(document).toContain('a record has 23 characters');
  expect(document).toContain('| # | Column | Characters | Width |');
  expect(document).toContain('Columns are counted in characters. A letter beyond ASCII takes the room of one');
  expect(renderMarkdown(describeSpec(GRITS, CODES))).toContain(
    'Columns are counted in bytes. A record that has exactly',
  );
});

describe('a file with patients and doses', () => {
  const combined = completeSpec(smallestCombined());

  test('is one, with the columns of every dose', () => {
    const rows = rowsAfter('History file', combined);
    expect(rows.map((row) => row[1])).toEqual([
      'Chart',
      'Last',
      'DOB',
      'VFC',
      'Date 1',
      'CVX 1',
      'Date 2',
      'CVX 2',
      'Date 3',
      'CVX 3',
    ]);
    expect(rows[3]![4]).toBe('VFC eligibility (HL7 0064)');
    expect(rows[5]![4]).toBe('Vaccine (CVX)');
  });

  test('shows a record with several doses', () => {
    expect(renderMarkdown(describeSpec(combined, CODES))).toContain(
      'Chart,Last,DOB,VFC,Date 1,CVX 1,Date 2,CVX 2,Date 3,CVX 3\n1001,Walsh,05/14/2015,V02,05/16/2016,03,07/14/2015,20,,\n1002,',
    );
  });
});

describe('a file of tagged lines', () => {
  const others = withValue('/layouts/tagged/others', [{ tag: 'C' }], smallestTagged());
  const spec = completeSpec(withValue('/layouts/tagged/trailerRecord', { tag: 'T' }, others as never));
  const document = renderMarkdown(describeSpec(spec, CODES));

  test('says which lines there are, and whose doses are whose', () => {
    expect(document).toContain(
      'Patients and doses come in one file. A patient begins with `P`; a dose begins with `I` and belongs to the patient above it. Not loaded: what begins with `C`. Each stands on a line of its own.',
    );
    expect(document).toContain('**Every line**: a value that holds the delimiter stands between quotes');
    expect(document.match(/ends with a trailer record/g)).toHaveLength(1);
    expect(document).not.toContain('The first record is data');
  });

  test('shows the columns of both, and a patient with doses', () => {
    expect(rowsAfter('Patient lines', spec).map((row) => row[1])).toEqual(['Line', 'Chart', 'Last', 'DOB']);
    expect(rowsAfter('Dose lines', spec).map((row) => row[1])).toEqual(['Line', 'Date', 'Vaccine']);
    expect(rowsAfter('Dose lines', spec)[0]![5]).toBe('I');
    expect(document).toContain('P|1001|Walsh|05/14/2015\nI|05/16/2016|03\nI|07/14/2015|20\nP|1002|');
  });

  test('says what is glued together', () => {
    const glued = renderMarkdown(describeSpec(completeSpec(smallestGlued()), CODES));
    expect(glued).toContain('They stand one behind the other on a line, each in its whole width');
    expect(glued).toContain('Several records may stand on one line.');
    expect(document).toContain('One record is one line; a value in quotes may hold line ends.');
  });

  test('has the rules of its lines, and none of files that it does not have', () => {
    const rules = rulesOf(spec);
    expect(rules).toEqual(expect.arrayContaining(['line-tag-unknown', 'patient-line-missing', 'patient-rejected']));
    for (const code of ['patient-not-found', 'header-repeated', 'patient-line-disagrees'] as const) {
      expect(rules).not.toContain(code);
    }
    expect(rulesOf(MIIS)).not.toContain('line-tag-unknown');
  });
});

describe('rules', () => {
  test('are those of the columns there are', () => {
    const small = completeSpec(smallest());
    const rules = rulesOf(small);
    expect(rules).toEqual(expect.arrayContaining(['birth-date-invalid', 'cvx-padded', 'field-count-wrong']));
    for (const code of ['zip-invalid', 'lot-short', 'cpt-unknown', 'required-value-missing'] as const) {
      expect(rules).not.toContain(code);
    }
    // One of its files is delimited, the other has fixed width.
    expect(rules).toContain('row-longer-than-layout');
    expect(canBreak('row-longer-than-layout', MIIS)).toBe(false);
    expect(canBreak('quote-misplaced', GRITS)).toBe(false);
  });

  test('that are off are left out, and those that weigh otherwise say so', () => {
    const spec = { ...MIIS, severities: { 'zip-invalid': 'off', 'sex-outside-guide': 'error' } } as const;
    expect(rulesOf(spec)).not.toContain('zip-invalid');
    expect(renderMarkdown(describeSpec(spec, CODES))).toContain(
      `| \`sex-outside-guide\` | **error** (elsewhere ${CATALOGUE['sex-outside-guide'].severity}) |`,
    );
  });
});

test('a spec of somebody else’s runs nothing in a browser', () => {
  const nasty = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>';
  const json = smallest() as Record<string, never>;
  const spec: Spec = {
    ...completeSpec(json),
    title: nasty,
    version: nasty,
    nulls: [nasty],
    provenance: { status: 'inferred', source: nasty, notes: [nasty] },
  };
  const first = spec.layouts.patient.fields[0]!;
  const fields = [{ ...first, name: nasty, note: nasty, default: nasty, aliases: [nasty], values: { [nasty]: nasty } }];
  const layouts = { ...spec.layouts, patient: { ...spec.layouts.patient, fields } };
  const { elements } = readHtml(renderHtml(describeSpec({ ...spec, layouts }, CODES)));
  expect(elements).not.toContain('script');
  expect(elements).not.toContain('img');
});

test('says where its examples are not perfect', () => {
  const documented = (column: Json): string =>
    renderMarkdown(describeSpec(completeSpec(withValue('/layouts/patient/fields/3', column)), CODES));
  const plan = { name: 'Plan', field: null, rules: [{ pattern: 'P\\d' }, { required: true }] };
  expect(documented(plan)).toContain(
    '**Not perfect**: the clinic has no values that keep the rules of these columns: `Plan`.',
  );
  expect(documented({ ...plan, example: 'P1' })).not.toContain('Not perfect');
  const fixed = documented({ name: 'inforce', field: null, rules: [{ fixed: 'X' }] });
  expect(fixed).not.toContain('Not perfect');
  expect(fixed).toContain('1001,Walsh,05/14/2015,X\n');
});

test('says what becomes of the patient and the other doses of a record with a wrong one', () => {
  const said = 'A record is loaded with all of its doses or rejected with all of them';
  expect(renderMarkdown(describeSpec(completeSpec(smallestCombined()), CODES))).toContain(said);
  expect(renderMarkdown(describeSpec(completeSpec(smallest()), CODES))).not.toContain(said);
});
