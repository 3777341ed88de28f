/** The Flat File Specification for people: the document that a registry would publish, made of a spec. */
import { CATALOGUE, ISSUE_CODES, type IssueCode } from '../core/catalogue.js';
import type { Codes } from '../core/codes.js';
import { definitionOf, type FileLayout, fileLayoutsOf, filesOf } from '../core/file-layouts.js';
import { type Counted, isRequired, longRowsOf, type MarkRecord, shortRowsOf, titleRowsOf } from '../core/framing.js';
import type { IssueDefinition, Subject } from '../core/issue.js';
import type { FileRole, RecordRole, Severity } from '../core/model.js';
import { canBreak, missingCode } from '../core/rules/applies.js';
import { Draft, linesOf } from '../core/samples/draft.js';
import { unfitColumnsOf } from '../core/samples/samples.js';
import {
  countedIn,
  type DelimitedLayout,
  isCombined,
  isTagged,
  type Layout,
  type LayoutField,
  type ProvenanceStatus,
  type Spec,
  severityOf,
  unitOf,
  type WidthUnit,
} from '../core/spec.js';
import { tableOf } from '../core/spec-codes.js';
import { SPEC_VALUES } from '../core/spec-words.js';
import type { LineTags } from '../core/tagged.js';
import { columnRulesSection, describeSet, valueSetsSection } from './column-rules.js';
import { codesOf, describeDefault, describePlace, describeValues, placeColumns, recordWidth } from './columns.js';
import {
  type Block,
  code,
  type Document,
  heading,
  type Inline,
  joined,
  list,
  paragraph,
  strong,
  table,
  withCode,
} from './document.js';

/** The document of a spec. */
export function describeSpec(spec: Spec, codes: Codes): Document {
  return {
    title: spec.title,
    blocks: [
      ...aboutSection(spec),
      ...filesSection(spec),
      ...valuesSection(spec),
      ...fileLayoutsOf(spec).flatMap((file) => layoutSection(file, spec, codes)),
      ...rulesSection(spec),
      ...examplesSection(spec, codes),
      ...valueSetsSection(spec, codes),
      ...codesSection(spec, codes),
    ],
  };
}

/** What a reader must know before relying on the document. */
const SURENESS: Readonly<Record<ProvenanceStatus, string>> = {
  official: 'Made from the document that the registry publishes.',
  'public-code': 'Not an official document: made from public documents and programs that write or read the format.',
  inferred: 'Not an official document: put together from rules and code sets. Ask the registry before relying on it.',
};

function aboutSection(spec: Spec): Block[] {
  const { provenance } = spec;
  return [
    table(
      ['Specification', ''],
      [
        ['Identifier', code(spec.id)],
        ['Version', code(spec.version)],
        ['How sure it is', [strong(provenance.status), `: ${SURENESS[provenance.status]}`]],
        ['Source', provenance.source],
      ],
    ),
    ...(provenance.notes.length > 0 ? [list(provenance.notes)] : []),
  ];
}

const TITLES: Readonly<Record<FileRole, string>> = {
  patient: 'Patient file',
  immunization: 'Immunization file',
  combined: 'History file',
  comment: 'Comment file',
};

/** What a kind of file is called. */
export function titleOfRole(role: FileRole): string {
  return TITLES[role];
}

const LINE_TITLES: Readonly<Record<FileRole, string>> = {
  patient: 'Patient lines',
  immunization: 'Dose lines',
  combined: 'History file',
  comment: 'Comment file',
};

/** What the records of a layout are called: they are a file of their own, or the lines of one. */
function titleOf({ role, layout }: Pick<FileLayout, 'role' | 'layout'>): string {
  return layout.lines === undefined ? titleOfRole(role) : LINE_TITLES[role];
}

function filesSection(spec: Spec): Block[] {
  const files = fileLayoutsOf(spec);
  const rows = files.map((file) => [titleOf(file), ...describeFormat(file.layout)]);
  return [
    heading(2, 'The files'),
    table(['File', 'Columns', 'Divided by', 'Quote', 'Header'], rows),
    paragraph(
      'Text in UTF-8 or UTF-16, with or without a byte order mark. Records that are neither are read as Windows-1252, and that is reported. A file may be packed as .gz or .zip. ',
      `A line ends with CR LF, LF or CR. ${describeLines(files)}`,
    ),
    ...divisionsOf(spec),
    ...framesOf(spec),
    paragraph(...describeWhose(spec)),
    ...(spec.layouts.comment === undefined
      ? []
      : [
          paragraph(
            'The comment file is optional. A comment belongs to the patient whose id it names; where the file does not name the site, it is that of the patients sent with it.',
          ),
        ]),
  ];
}

/** How records and lines go together. */
function describeLines(files: readonly FileLayout[]): string {
  const has = (holds: (layout: Layout) => boolean): boolean => files.some(({ layout }) => holds(layout));
  if (has(({ lines }) => lines?.glued === true)) return 'Several records may stand on one line.';
  if (has((layout) => layout.format === 'delimited' && layout.quote !== null)) {
    return 'One record is one line; a value in quotes may hold line ends.';
  }
  return 'One record is one line.';
}

/** Which doses are whose. */
function describeWhose(spec: Spec): readonly Inline[] {
  const { lines } = spec.layouts.patient;
  if (lines !== undefined) return describeTags(lines);
  return isCombined(spec)
    ? [
        'Each record has a patient, and doses of that patient. Records with the same site and patient id are of one patient; where the columns of a dose are all blank, there is no dose. A record is loaded with all of its doses or rejected with all of them: one dose that is wrong keeps the others out until the record is corrected. Its patient is loaded all the same, unless something is wrong with the patient.',
      ]
    : [
        'A dose belongs to the patient whose id it names, of the same site. Send patients and their doses together, or the patients first.',
      ];
}

function describeTags({ patient, immunization, others, glued }: LineTags): readonly Inline[] {
  const other = others.map(({ tag }) => [code(tag)]);
  return [
    'Patients and doses come in one file. A patient begins with ',
    code(patient.tag),
    '; a dose begins with ',
    code(immunization.tag),
    ' and belongs to the patient above it.',
    ...(others.length === 0 ? [] : [' Not loaded: what begins with ', ...joined(other, ', '), '.']),
    glued
      ? ' They stand one behind the other on a line, each in its whole width; a line that does not come out even is rejected.'
      : ' Each stands on a line of its own.',
    ' What begins otherwise is rejected, with the doses below it.',
  ];
}

/** Characters that are better named than shown. */
const CHARACTER_NAMES: Readonly<Record<string, string>> = { '\t': 'tab', ' ': 'blank', ',': 'comma', '|': 'bar' };

function describeCharacter(character: string): readonly Inline[] {
  const name = CHARACTER_NAMES[character];
  if (character.trim() === '') return [name ?? `character ${character.charCodeAt(0)}`];
  return name === undefined ? [code(character)] : [name, ' ', code(character)];
}

function describeFormat(layout: Layout) {
  const columns = String(layout.fields.length);
  if (layout.format === 'fixed')
    return [columns, `position; a record has ${recordWidth(layout)} ${countedIn(layout)}`, 'none', 'none'];
  return [
    columns,
    describeCharacter(layout.delimiter),
    layout.quote === null ? 'none' : code(layout.quote),
    layout.header,
  ];
}

/** How records are divided, once for all files that are divided alike. */
function divisionsOf(spec: Spec): Block[] {
  const files = new Map<string, { readonly roles: FileRole[]; readonly words: readonly Inline[] }>();
  for (const { role, layout } of filesOf(spec)) {
    const words = describeDivision(layout);
    const key = JSON.stringify(words);
    files.set(key, { roles: [...(files.get(key)?.roles ?? []), role], words });
  }
  return [...files.values()].map(({ roles, words }) => {
    const titles = roles.map(titleOfRole).join(' and ');
    const every = isTagged(spec) && roles.length === 1 ? 'Every line' : 'Every file';
    return paragraph(strong(files.size === 1 ? every : titles), ...words);
  });
}

/** The lines of each file that are no records. */
function framesOf(spec: Spec): Block[] {
  const items = filesOf(spec).flatMap(({ role, layout }) => {
    const { comments, headerRecord, trailerRecord } = layout;
    const titleRows = titleRowsOf(layout);
    const lines: (readonly Inline[])[] = [];
    if (headerRecord !== undefined) lines.push(['begins with ', ...describeMark(headerRecord, 'header', layout)]);
    if (trailerRecord !== undefined) lines.push(['ends with ', ...describeMark(trailerRecord, 'trailer', layout)]);
    if (comments !== undefined)
      lines.push(['may hold comments: lines that begin with ', code(comments), ' are not read']);
    if (titleRows > 0) lines.push([`may have up to ${titleRows} lines above the header, which are not read`]);
    return lines.map((line) => [strong(titleOfRole(role)), ' ', ...line, '.']);
  });
  return items.length === 0 ? [] : [list(items)];
}

function describeMark(mark: MarkRecord, name: 'header' | 'trailer', layout: Layout): readonly Inline[] {
  const { tag, prefix, totals = [] } = mark;
  const known = tag === undefined ? ['whose line begins with ', code(prefix!)] : ['whose first column is ', code(tag)];
  const unit = layout.format === 'fixed' ? countedIn(layout) : 'characters';
  const counted = totals.map(({ counts, field, start = 1, width = 0 }) => {
    const place = field === undefined ? `${unit} ${start}-${start + width - 1}` : `column ${field}`;
    return `; ${place}: how many ${COUNTED[counts]}`;
  });
  const use = isRequired(mark) ? '' : ', which may be left out';
  return [`a ${name} record, `, ...known, use, ...counted];
}

const COUNTED: Readonly<Record<Counted, string>> = {
  records: 'records are in the file',
  patients: 'patients are in the file',
  immunizations: 'doses are in the file',
  all: 'records are in the file, with header and trailer records',
};

/** What a sender of letters beyond ASCII should know. */
const UNITS: Readonly<Record<WidthUnit, string>> = {
  auto: 'A record that has exactly as many characters as it should have bytes is counted in characters.',
  bytes: 'A letter beyond ASCII takes the room of several.',
  characters: 'A letter beyond ASCII takes the room of one, however many bytes it has.',
};

function describeDivision(layout: Layout): readonly Inline[] {
  if (layout.format === 'fixed') {
    return [
      ': values begin at the first position of their column and are filled up with blanks.',
      ` Columns are counted in ${countedIn(layout)}. ${UNITS[unitOf(layout)]} ${describeLengths(layout)}`,
    ];
  }
  const header = layout.lines === undefined ? ` ${SPEC_VALUES.header[layout.header]}` : '';
  return [...describeQuotes(layout), `${header} ${describeLengths(layout)}`];
}

/** What becomes of records that are shorter or longer. */
function describeLengths(layout: Layout): string {
  const fixed = layout.format === 'fixed';
  const shorter = fixed ? 'A shorter record' : 'A record with fewer columns';
  const longer = fixed ? 'a longer one' : 'one with more';
  const short = shortRowsOf(layout) === 'pad' ? `${shorter} is read as if blanks followed` : `${shorter} is rejected`;
  if (longRowsOf(layout) === 'cut') return `${short}; of ${longer}, the rest is not read.`;
  return shortRowsOf(layout) === 'pad' ? `${short}; ${longer} is rejected.` : `${short}; so is ${longer}.`;
}

function describeQuotes({ quote, escape: escaping }: DelimitedLayout): readonly Inline[] {
  const itself = escaping === undefined ? [] : ['; so has every ', code(escaping), ' of a value.'];
  if (quote === null) {
    if (escaping === undefined) return [': no value may hold the delimiter.'];
    return [': a delimiter or line end that belongs to a value has ', code(escaping), ' before it', ...itself];
  }
  const quoted = [': a value that holds the delimiter stands between quotes ', code(quote)];
  if (escaping === undefined) return [...quoted, '; a quote within it is doubled.'];
  return [...quoted, '; a quote within it has ', code(escaping), ' before it', ...itself];
}

function valuesSection(spec: Spec): Block[] {
  const { formats, twoDigitYears } = spec.dates;
  const [first, ...others] = formats;
  return [
    heading(2, 'Values'),
    list([
      [strong('Required'), ` columns: ${lowerFirst(SPEC_VALUES.use.required)}`],
      [strong('Preferred'), ` columns: ${lowerFirst(SPEC_VALUES.use.preferred)} All others may be blank.`],
      [
        strong('Dates'),
        ' are written as ',
        code(first!),
        ...(others.length > 0 ? ['. Also read: ', ...joined(others.map(code), ', ')] : []),
        '. Columns with other forms say so.',
      ],
      [strong('A year of two digits'), `: ${lowerFirst(SPEC_VALUES.twoDigitYears[twoDigitYears])}`],
      [
        strong('No value'),
        ': leave the column blank',
        ...(spec.nulls.length > 0 ? [', or write one of ', ...joined(spec.nulls.map(code), ', ')] : []),
        '.',
      ],
      ...vaccineOrder(spec),
      [
        strong('Codes'),
        ': where a column lists values of its own, use those. The codes of its table and their names are understood too, in upper or lower case.',
      ],
    ]),
  ];
}

/** Which column decides about the vaccine, where there are several. */
function vaccineOrder(spec: Spec): (readonly Inline[])[] {
  const columns = spec.vaccineOrder.flatMap((field) => {
    const column = spec.layouts.immunization.fields.find((each) => each.field === field);
    return column === undefined ? [] : [code(column.name)];
  });
  if (columns.length < 2) return [];
  return [
    [
      strong('The vaccine'),
      ' is that of the first of these columns that leads to one: ',
      ...joined(columns, ', '),
      '. The others must agree with it, by vaccine group.',
    ],
  ];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function layoutSection(file: FileLayout, spec: Spec, codes: Codes): Block[] {
  const { layout } = file;
  const fixed = layout.format === 'fixed';
  const rows = placeColumns(layout).map((placed, index) => {
    const { number, column } = placed;
    const role = file.roles[index] ?? null;
    const use: Inline = column.use === 'required' ? strong('required') : column.use === 'optional' ? '' : column.use;
    return [
      String(number),
      code(column.name),
      describePlace(placed),
      ...(fixed ? [String(column.width)] : []),
      use,
      definitionOf(file, index)?.label ?? '',
      index === 0 && layout.tag !== undefined
        ? code(layout.tag)
        : (describeSet(column) ?? describeValues(column, role, spec, codes)),
      describeNotes(column, role, spec, codes),
    ];
  });
  return [
    heading(2, titleOf(file)),
    table(
      ['#', 'Column', ...(fixed ? [placeTitle(layout), 'Width'] : ['Longest']), 'Use', 'Carries', 'Values', 'Notes'],
      rows,
    ),
    ...columnRulesSection(file, spec),
  ];
}

/** What the places of columns count. */
function placeTitle(layout: Layout): string {
  if (layout.format === 'delimited') return '#';
  return countedIn(layout) === 'bytes' ? 'Bytes' : 'Characters';
}

function describeNotes(column: LayoutField, role: RecordRole | null, spec: Spec, codes: Codes): readonly Inline[] {
  const { note, aliases = [], store, use, field } = column;
  const notes: (readonly Inline[])[] = [];
  const blank = field === null || role === null ? undefined : missingCode(role, field);
  if (use === 'required' && blank !== undefined && severityOf(blank, spec) !== 'error') {
    notes.push(['a blank is ', code(blank), `: ${severityOf(blank, spec)}`]);
  }
  if (note !== undefined) notes.push([note]);
  const standsFor = describeDefault(column, role, spec, codes);
  if (standsFor !== null) notes.push(standsFor);
  if (aliases.length > 0) notes.push(['also called ', ...joined(aliases.map(code), ', ')]);
  if (store === false) notes.push(['not stored']);
  return joined(notes, '; ');
}

const SUBJECTS: Readonly<Record<Subject, string>> = {
  file: 'A file',
  record: 'Any record',
  patient: 'A patient',
  immunization: 'A dose',
  comment: 'A comment',
};
const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info'];

/** The rules of a spec, by what they are about and how much they weigh. */
export function rulesOf(spec: Spec): readonly IssueCode[] {
  const weight = (each: IssueCode): number => SEVERITIES.indexOf(severityOf(each, spec) as Severity);
  return ISSUE_CODES.filter((each) => canBreak(each, spec)).sort((a, b) => weight(a) - weight(b));
}

function rulesSection(spec: Spec): Block[] {
  const rules = rulesOf(spec);
  const subjects = (Object.keys(SUBJECTS) as Subject[]).flatMap((subject) => {
    const rows = rules
      .filter((each) => CATALOGUE[each].subject === subject)
      .map((each) => {
        const { asserts, fix, severity: general }: IssueDefinition = CATALOGUE[each];
        const severity = severityOf(each, spec);
        const weight: readonly Inline[] = [
          severity === 'error' ? strong(severity) : severity,
          ...(severity === general ? [] : [` (elsewhere ${general})`]),
        ];
        const called = spec.codes[each] === undefined ? '' : ` The document calls it ${spec.codes[each]}.`;
        return [code(each), weight, `${asserts.charAt(0).toUpperCase()}${asserts.slice(1)}.${called}`, withCode(fix)];
      });
    return rows.length === 0
      ? []
      : [heading(3, SUBJECTS[subject]), table(['Code', 'Weighs', 'What must be true', 'If it is not'], rows)];
  });
  return [
    heading(2, 'Rules'),
    paragraph(
      ...joined(
        SEVERITIES.map((severity) => [strong(severity), `: ${SPEC_VALUES.severity[severity]}`]),
        ' ',
      ),
    ),
    ...subjects,
  ];
}

function examplesSection(spec: Spec, codes: Codes): Block[] {
  const draft = new Draft(spec);
  const unfit = unfitColumnsOf(spec, codes);
  return [
    heading(2, 'Examples'),
    paragraph('A made-up clinic as it would send its files. Nobody in it exists.'),
    ...(unfit.length === 0
      ? []
      : [
          paragraph(
            strong('Not perfect'),
            ': the clinic has no values that keep the rules of these columns: ',
            ...joined(unfit.map(code), ', '),
            '.',
          ),
        ]),
    ...draft.files.flatMap((file) => {
      const { role, layout } = file;
      const [first] = file.rows;
      const rows = placeColumns(layout)
        .map((placed, index) => ({ placed, cell: first!.cells[index]! }))
        .filter(({ cell }) => cell !== '')
        .map(({ placed, cell }) => [
          placed.bytes === null ? String(placed.number) : describePlace(placed),
          code(placed.column.name),
          code(cell),
        ]);
      const lines = linesOf(file).map((line) => String(line).trimEnd());
      return [
        heading(3, titleOfRole(role)),
        { kind: 'code', text: lines.join('\n') } as const,
        paragraph('The first record, column by column:'),
        table([placeTitle(layout), 'Column', 'Value'], rows),
      ];
    }),
  ];
}

/** Longer tables are named with their source, and not listed. */
const MOST_LISTED = 65;

function codesSection(spec: Spec, codes: Codes): Block[] {
  const used = new Map<string, string[]>();
  for (const { layout, roles } of fileLayoutsOf(spec)) {
    layout.fields.forEach(({ field, name }, index) => {
      const role = roles[index];
      const id = field === null || role == null ? null : tableOf(field, role);
      if (id !== null) used.set(id, [...(used.get(id) ?? []), name]);
    });
  }
  if (used.size === 0) return [];
  const tables = codes.tables.filter(({ id }) => used.has(id));
  const overview = tables.map((each) => {
    const columns = joined([...new Set(used.get(each.id))].map(code), ', ');
    return [code(each.id), each.title, each.asOf, String(codesOf(each).length), columns];
  });
  return [
    heading(2, 'Code tables'),
    table(['Table', 'Title', 'As of', 'Codes', 'Columns'], overview),
    ...tables.flatMap((each) => {
      const listed = codesOf(each);
      const source = each.source.replace(/\.$/, '');
      const title = heading(3, `${each.id}: ${each.title}`);
      if (listed.length > MOST_LISTED) {
        return [
          title,
          paragraph(
            `${listed.length} codes. Source: ${source}. All of them: `,
            code(`immload codes show ${each.id}`),
            '.',
          ),
        ];
      }
      return [
        title,
        paragraph(`Source: ${source}.`),
        table(
          ['Code', 'Meaning'],
          listed.map((row) => [code(row.code), row.name]),
        ),
      ];
    }),
  ];
}
