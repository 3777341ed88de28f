/** The parts of the documents that are made from the program: options, specs, fields, the picture of the summary. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS, type CommandOption } from '../../src/cli/options.js';
import { ISSUE_CODES } from '../../src/core/catalogue.js';
import { fieldsOf, type RecordRole } from '../../src/core/model.js';
import { DATE_FORMATS } from '../../src/core/normalize/date.js';
import { countedIn, KEY_FIELDS, type Layout, type Spec, VACCINE_FIELDS } from '../../src/core/spec.js';
import { namesOf, SPEC_PROPERTIES, SPEC_VALUES } from '../../src/core/spec-words.js';
import { renderSchema, SCHEMA_FILE } from '../../src/docs/spec-schema.js';
import { renderTotalsSchema, TOTALS_SCHEMA_FILE } from '../../src/docs/totals-schema.js';
import { loadCodes } from '../../src/files/code-tables.js';
import { builtInSpecIds, loadSpec, packageFolder } from '../../src/files/specs.js';
import { renderCodePages } from './code-pages.js';

/** A generated document: where it stands, and what it should be. */
export interface Document {
  readonly path: string;
  readonly content: string;
}

/** All documents that are generated, in whole or in part. */
export function renderDocuments(): readonly Document[] {
  const read = (...names: string[]): string => readFileSync(join(packageFolder(), ...names), 'utf8');
  const output = read('examples/01-quick-start/expected/output.txt');
  return [
    { path: 'README.md', content: renderReadme(read('README.md')) },
    { path: 'specs/README.md', content: renderSpecs() },
    { path: `specs/${SCHEMA_FILE}`, content: renderSchema() },
    { path: `specs/${TOTALS_SCHEMA_FILE}`, content: renderTotalsSchema() },
    { path: 'examples/01-quick-start/summary.svg', content: renderPicture(output) },
    ...renderCodePages(),
  ];
}

function renderReadme(text: string): string {
  const parts: Record<string, string> = {
    options: `\n${renderCommands()}\n`,
    specs: `\n${specTable()}\n`,
    'code count': String(ISSUE_CODES.length),
  };
  let readme = text;
  for (const [name, content] of Object.entries(parts)) {
    const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
    const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`README.md has no place for ${name}`);
    readme = readme.slice(0, from + begin.length) + content + readme.slice(to);
  }
  return readme;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function renderCommands(): string {
  const commands = Object.entries(COMMANDS);
  const overview = table(
    ['command', 'what it does'],
    commands.map(([name, { describe }]) => [`\`immload ${name}\``, describe]),
  );
  // What --json is for is the same everywhere.
  const shown = commands.filter(([, { options }]) => Object.keys(options).some((name) => name !== 'json'));
  const options = shown.map(([name, command]) => `\`immload ${name}\`:\n\n${optionTable(command.options)}`);
  return [overview, ...options].join('\n\n');
}

function optionTable(options: Readonly<Record<string, CommandOption>>): string {
  const rows = Object.entries(options).map(([name, option]) => {
    const usage = option.value === undefined ? `--${name}` : `--${name} ${option.value}`;
    const { default: value } = option;
    return [`\`${usage}\``, option.describe, value === undefined || value === false ? '' : `\`${value}\``];
  });
  return table(['option', '', 'default'], rows);
}

const SURENESS = { official: 'official', 'public-code': 'from public code', inferred: 'inferred' } as const;

function specTable(): string {
  const rows = builtInSpecIds().map((id) => {
    const { title, version, provenance } = loadSpec(id);
    return [`\`${id}\``, version, SURENESS[provenance.status], title];
  });
  return table(['id', 'version', 'provenance', 'format'], rows);
}

function renderSpecs(): string {
  return `${[
    '# Flat File Specifications',
    'A format is data: one JSON file here, or one of your own whose path is given with `--spec`.',
    specTable(),
    '## What a specification says',
    `Editors complete and check a specification that begins with \`"$schema"\`, the path of [${SCHEMA_FILE}](${SCHEMA_FILE}); \`immload spec check FILE\` tells all that is wrong with it.`,
    wordsTable('part', [
      ...Object.entries(SPEC_PROPERTIES.spec),
      ...prefixed('provenance', SPEC_PROPERTIES.provenance),
      ...prefixed('dates', SPEC_PROPERTIES.dates),
      ...prefixed('layouts', SPEC_PROPERTIES.layouts),
    ]),
    'A layout:',
    wordsTable('part', Object.entries(SPEC_PROPERTIES.delimited)),
    `A layout of fixed width has no ${namesOf(SPEC_PROPERTIES.delimited)
      .filter((name) => !(name in SPEC_PROPERTIES.fixed))
      .map((name) => `\`${name}\``)
      .join(', ')}, but it may have:`,
    wordsTable(
      'part',
      Object.entries(SPEC_PROPERTIES.fixed).filter(([name]) => !(name in SPEC_PROPERTIES.delimited)),
    ),
    'A `headerRecord` or `trailerRecord`, and the `totals` in it:',
    wordsTable('part', [...Object.entries(SPEC_PROPERTIES.mark), ...prefixed('totals', SPEC_PROPERTIES.total)]),
    'A `tagged` layout is divided like the others, and has these in the place of `header` and `fields`:',
    wordsTable('part', [
      ...Object.entries(SPEC_PROPERTIES.taggedFixed).filter(([name]) => !(name in SPEC_PROPERTIES.fixed)),
      ...prefixed('patient', SPEC_PROPERTIES.line),
      ...prefixed('others', SPEC_PROPERTIES.otherLine),
    ]),
    'Each of the `fields`:',
    wordsTable('part', Object.entries(SPEC_PROPERTIES.field)),
    'Each of the `rules` of a column asks one thing, and may say when:',
    wordsTable('part', Object.entries(SPEC_PROPERTIES.rule)),
    'The `conditions` of a layout are lists of such:',
    wordsTable('part', Object.entries(SPEC_PROPERTIES.condition)),
    `Dates are written in one of the forms ${DATE_FORMATS.map((each) => `\`${each}\``).join(', ')}; the last is the number by which spreadsheets count days from 1900, such as 43831 for 2020-01-01. The other values to choose from:`,
    table(
      ['part', 'value', 'meaning'],
      Object.entries(SPEC_VALUES).flatMap(([part, values]: [string, Readonly<Record<string, string>>]) =>
        Object.entries(values).map(([value, words]) => [`\`${part}\``, `\`${value}\``, words]),
      ),
    ),
    ...(['patient', 'immunization', 'comment'] as const).map(renderFields),
    ...builtInSpecIds().map((id) => renderSpec(loadSpec(id))),
    '## Code tables',
    table(
      ['table', 'codes', 'as of', 'title'],
      loadCodes().tables.map(({ id, rows, asOf, title }) => [`\`${id}\``, String(rows.length), asOf, title]),
    ),
    'Their sources stand in each file of [codes](codes) and in `immload codes show TABLE`. Newer ones of CDC are made of its own downloads: `immload codes update FILE…`.',
  ].join('\n\n')}\n`;
}

function wordsTable(head: string, words: readonly (readonly [string, string])[]): string {
  return table(
    [head, 'meaning'],
    words.map(([name, meaning]) => [`\`${name}\``, meaning]),
  );
}

function prefixed(part: string, words: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(words).map(([name, meaning]) => [`${part}.${name}`, meaning]);
}

const ROLE_TITLES: Readonly<Record<RecordRole, string>> = {
  patient: 'a patient',
  immunization: 'an immunization',
  comment: 'a comment on a patient',
};

function renderFields(role: RecordRole): string {
  const rows = Object.entries(fieldsOf(role)).map(([name, { label, kind, table: codes }]) => {
    return [`\`${name}\``, label, codes === undefined ? kind : `code of \`${codes}\``];
  });
  const needed = KEY_FIELDS[role].map((field) => `\`${field}\``).join(', ');
  const vaccine = `, and one of ${VACCINE_FIELDS.map((field) => `\`${field}\``).join(', ')}`;
  return [
    `## Fields of ${ROLE_TITLES[role]}`,
    `A layout must carry ${needed}${role === 'immunization' ? vaccine : ''}.`,
    table(['field', 'what it is', 'read as'], rows),
  ].join('\n\n');
}

function renderSpec(spec: Spec): string {
  const { provenance, layouts } = spec;
  const columns = (layout: Layout): string => {
    let start = 1;
    const rows = layout.fields.map(({ name, field, width, use, note }, i) => {
      const place = layout.format === 'fixed' ? `${start}-${start + width! - 1}` : String(width ?? '');
      start += width ?? 0;
      return [
        String(i + 1),
        name,
        place,
        use === 'optional' ? '' : use,
        field === null ? '' : `\`${field}\``,
        note ?? '',
      ];
    });
    return table(
      ['#', 'column', layout.format === 'fixed' ? countedIn(layout) : 'width', 'use', 'field', 'note'],
      rows,
    );
  };
  return [
    `## ${spec.id} ${spec.version}`,
    `${spec.title}. Provenance: ${SURENESS[provenance.status]}. Source: ${provenance.source}.`,
    provenance.notes.map((note) => `- ${note}`).join('\n'),
    '### Patients',
    columns(layouts.patient),
    '### Immunizations',
    columns(layouts.immunization),
    ...(layouts.comment === undefined ? [] : ['### Comments (optional)', columns(layouts.comment)]),
  ].join('\n\n');
}

const LINE_HEIGHT = 18;
const CHARACTER_WIDTH = 7.9;
const MARGIN = 18;
const COLORS: readonly (readonly [RegExp, string])[] = [
  [/^[\d,]+ errors?$/, '#ff8a80'],
  [/^[\d,]+ warnings?$/, '#ffd180'],
  [/^[\d,]+ info$/, '#82b1ff'],
  [/^\$ /, '#a5d6a7'],
  [/^immload /, '#ffffff'],
];

/** What the quick start prints, as a picture of a terminal. */
function renderPicture(output: string): string {
  // From the command to the summary's last line: what comes before and after is said by the example's runner.
  const lines = output.split('\n').slice(1, -3);
  const folded = lines.flatMap((line) => (line.startsWith('$ ') ? line.split(/ (?=--immunizations|--today)/) : [line]));
  const width = Math.round(Math.max(...folded.map((line) => line.length)) * CHARACTER_WIDTH + 2 * MARGIN);
  const height = folded.length * LINE_HEIGHT + 2 * MARGIN;
  const escapeXml = (text: string): string =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const texts = folded.map((line, i) => {
    const color = COLORS.find(([pattern]) => pattern.test(line))?.[1] ?? '#d0d7de';
    const y = MARGIN + (i + 0.75) * LINE_HEIGHT;
    return `  <text x="${MARGIN}" y="${y}" fill="${color}" xml:space="preserve">${escapeXml(line)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    '  <title>What immload prints for the quick start</title>',
    '  <rect width="100%" height="100%" rx="8" fill="#161b22"/>',
    '  <g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13">',
    ...texts.map((text) => `  ${text}`),
    '  </g>',
    '</svg>',
    '',
  ].join('\n');
}
