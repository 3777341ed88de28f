/** The commands that show what there is: runs, issue codes, specs. */
import { CATALOGUE, findIssueDefinition, ISSUE_CODES } from '../core/catalogue.js';
import { fileLayoutsOf } from '../core/file-layouts.js';
import { FATES, type FileRole } from '../core/model.js';
import { nearestWord } from '../core/nearest.js';
import { countedIn, type Layout } from '../core/spec.js';
import { nameOfDatabase } from '../db/postgres-address.js';
import { describeCutShort } from '../db/store.js';
import { findInDocument } from '../docs/column-rules.js';
import { builtInSpecIds, loadSpec, loadSpecJson } from '../files/specs.js';
import { migrateDatabase, openForReading } from '../open-store.js';
import { UsageError } from './exit.js';
import { print, printJson } from './print.js';
import { type Alignment, formatCount, formatTable, showSafely, wrapText } from './table.js';

/** `immload runs` */
export async function listRuns(database: string, json: boolean): Promise<void> {
  const store = await openForReading(database);
  try {
    const runs = await store.listRuns();
    if (json) return printJson(runs);
    if (runs.length === 0) return print('No runs yet.');
    const rows = [['run', 'status', 'started', 'spec', 'file', 'records', ...FATES]];
    for (const run of runs) {
      for (const [i, file] of run.files.entries()) {
        const head =
          i > 0
            ? ['', '', '', '']
            : [String(run.id), run.status, run.startedAt.slice(0, 16).replace('T', ' '), run.specId];
        const counts = [file.records, ...FATES.map((fate) => file.fates[fate])];
        rows.push([...head, showSafely(file.name), ...counts.map(formatCount)]);
      }
    }
    const numbers = new Array<Alignment>(FATES.length + 1).fill('right');
    print(formatTable(rows, ['right', 'left', 'left', 'left', 'left', ...numbers]));
    for (const { id, status } of runs) {
      if (status === 'cut short') print(`Run ${id} ${describeCutShort(id)}.`);
    }
  } finally {
    await store.close();
  }
}

/** `immload migrate` */
export async function migrate(database: string): Promise<void> {
  const applied = await migrateDatabase(database);
  const name = showSafely(nameOfDatabase(database));
  print(applied.length === 0 ? `${name} is up to date.` : `${name}: applied ${applied.join(', ')}.`);
}

/** `immload explain` */
export function explain(code: string | undefined): void {
  if (code === undefined) {
    print(formatTable(ISSUE_CODES.map((each) => [each, CATALOGUE[each].severity, CATALOGUE[each].asserts])));
    return;
  }
  const definition = findIssueDefinition(code);
  if (definition === undefined && explainDocumentCode(code)) return;
  if (definition === undefined) {
    const near = ISSUE_CODES.filter(
      (each) => each.includes(code) || code.split('-').every((word) => each.includes(word)),
    );
    const meant = near.length > 0 ? near.slice(0, 5) : [nearestWord(code, ISSUE_CODES)].filter((each) => each !== null);
    const hint = meant.length > 0 ? `; did you mean ${meant.join(', ')}?` : '; `immload explain` lists all codes';
    throw new UsageError(`there is no issue code ${code}${hint}`);
  }
  const ofFile = definition.subject === 'file';
  const consequence = {
    error: ofFile ? 'nothing is loaded' : 'the record is rejected',
    warning: ofFile ? 'the file is loaded' : 'the record is loaded',
    info: ofFile ? 'the file is loaded' : 'the record is loaded',
  };
  print(
    [
      `${code}  ${definition.severity} (${consequence[definition.severity]}, unless the specification says otherwise)`,
      '',
      `What should be true:\n${wrapText(`${capitalize(definition.asserts)}.`, '  ')}`,
      `What it means:\n${wrapText(definition.meaning, '  ')}`,
      `Why it matters:\n${wrapText(definition.why, '  ')}`,
      `How to fix it:\n${wrapText(definition.fix, '  ')}`,
      `Source:\n${wrapText(definition.source, '  ')}`,
    ].join('\n'),
  );
}

/** Says under which issue codes specifications tell what their documents call by a code; false if none does. */
function explainDocumentCode(documentCode: string): boolean {
  const found = builtInSpecIds().flatMap((id) =>
    findInDocument(documentCode, loadSpec(id)).map((each) => ({ ...each, spec: id })),
  );
  if (found.length === 0) return false;
  const name = showSafely(documentCode.toUpperCase());
  for (const { spec, code, columns } of found) {
    const where = columns.length === 0 ? '' : `\n${wrapText(`In ${columns.join(', ')}.`, '  ')}`;
    print(`${name} in the document of ${spec}: ${code}${where}\n`);
  }
  for (const code of new Set(found.map((each) => each.code))) {
    explain(code);
    print('');
  }
  return true;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `immload spec list` */
export function listSpecs(json: boolean): void {
  const specs = builtInSpecIds().map((id) => loadSpec(id));
  if (json) {
    return printJson(specs.map(({ id, version, title, provenance }) => ({ id, version, title, provenance })));
  }
  print(formatTable(specs.map((spec) => [spec.id, spec.version, spec.provenance.status, spec.title])));
}

/** `immload spec show` */
export function showSpec(id: string, json: boolean): void {
  if (json) return printJson(loadSpecJson(id, process.cwd()));
  const spec = loadSpec(id);
  const { provenance, dates } = spec;
  const parts = [
    `${spec.id} ${spec.version}: ${spec.title}`,
    `Provenance: ${provenance.status}\n${wrapText(provenance.source, '  ')}\n${provenance.notes.map((note) => wrapText(note, '  ')).join('\n')}`,
    `Dates: ${dates.formats.join(', ')}; years of two digits: ${dates.twoDigitYears === 'reject' ? 'not accepted' : 'the latest one that is not in the future'}`,
    ...fileLayoutsOf(spec).map(
      ({ role, layout }) => `${titleOf(role, layout)}: ${describeLayout(layout)}\n${formatLayout(layout)}`,
    ),
  ];
  print(parts.join('\n\n'));
}

const FILE_TITLES: Readonly<Record<FileRole, string>> = {
  patient: 'Patient file',
  immunization: 'Immunization file',
  combined: 'One file, with a patient and doses in each record',
  comment: 'Comment file (optional)',
};

function titleOf(role: FileRole, { tag }: Layout): string {
  if (tag === undefined) return FILE_TITLES[role];
  return `${role === 'patient' ? 'Patients' : 'Doses'}, in lines of one file that begin with ${tag}`;
}

function describeLayout(layout: Layout): string {
  if (layout.format === 'fixed') {
    const width = layout.fields.reduce((sum, field) => sum + field.width!, 0);
    return `${layout.fields.length} columns of fixed width, ${width} ${countedIn(layout)}`;
  }
  const delimiter = layout.delimiter === '\t' ? 'tab' : layout.delimiter;
  return `${layout.fields.length} columns, delimiter ${delimiter}, quote ${layout.quote ?? 'none'},${layout.escape === undefined ? '' : ` escape ${layout.escape},`} header ${layout.header}`;
}

function formatLayout(layout: Layout): string {
  const fixed = layout.format === 'fixed';
  const rows = [['#', 'column', ...(fixed ? ['start', 'end'] : ['width']), 'use', 'field', 'note']];
  let start = 1;
  for (const [i, field] of layout.fields.entries()) {
    const width = field.width ?? 0;
    const place = fixed ? [String(start), String(start + width - 1)] : [field.width === undefined ? '' : String(width)];
    start += width;
    const use = field.use === 'optional' ? '' : field.use;
    rows.push([String(i + 1), field.name, ...place, use, field.field ?? '(not loaded)', field.note ?? '']);
  }
  return formatTable(rows, ['right', 'left', 'right', ...(fixed ? (['right'] as const) : [])]);
}
