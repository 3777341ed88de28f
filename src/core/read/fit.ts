/**
 * How well the beginning of a file fits a layout: what can be seen is counted, as evidence that a person can follow. What
 * follows of it is decided by `choose-spec.ts`.
 */
import type { Codes } from '../codes.js';
import type { FieldDefinition, FileRole, RecordRole } from '../model.js';
import { isDateLike } from '../normalize/date.js';
import type { Reading } from '../normalize/reading.js';
import { readingsOf, resolveVaccine, type VaccineField } from '../normalize/vaccine.js';
import { type ColumnReader, compilePlan, dosesOf, type TransformPlan } from '../plan.js';
import {
  countedIn,
  countOwnFields,
  type DelimitedLayout,
  type FixedLayout,
  KEY_DATES,
  type Layout,
  layoutOf,
  widthOf,
} from '../spec.js';
import { LineKind } from './frame.js';
import { countMatches, type HeaderMatch, looksLikeHeader, matchHeader } from './header.js';
import {
  type FileHead,
  findRecords,
  type Recognition,
  type RecognizeOptions,
  recognize,
  type SampleRecord,
} from './recognize.js';

/** Something that can be seen, and how much of it speaks for the layout. */
export interface Evidence {
  /** Share of the whole score. */
  readonly weight: number;
  /** From 0 to 1. */
  readonly share: number;
  /** In words with their counts, and without any value of a record: `50 of 50 rows have 574 bytes`. */
  readonly words: string;
  /** Whether no file follows the layout of which less than half speaks for it here. */
  readonly isNeeded?: true;
  /** Whether rows are narrower than the layout, and could be of it all the same: as programs write that cut blanks off. */
  readonly mayBeCut?: true;
}

/** How well a file fits a layout. */
export interface Fit {
  readonly role: FileRole;
  /** How the file would be read in this role, or why it cannot be. */
  readonly recognition: Recognition;
  /** From 0, nothing speaks for it, to 1, all that can be seen does. A file that cannot be read has a score, too. */
  readonly score: number;
  readonly evidence: readonly Evidence[];
}

export interface FitOptions extends Omit<RecognizeOptions, 'needsSite'> {
  readonly codes: Codes;
  /** For records that name no site; `null` if none was given. */
  readonly site: string | null;
  /** The columns of the role, all of them. */
  readonly layout: Layout;
}

/** Measures how well the beginning of a file fits one of a spec's layouts. */
export function measureFit(head: FileHead, options: FitOptions): Fit {
  const { role, layout, site } = options;
  const sample = findRecords(head, layout, { ...options, needsSite: false });
  const recognition = recognize(head, { ...options, needsSite: site === null }, sample);
  const { records } = sample;
  const evidence = records.length === 0 ? [] : collectEvidence(head, records, layout, options);
  const score = evidence.reduce((sum, { weight, share }) => sum + weight * share, 0);
  if (!recognition.fits && layout.format === 'delimited') {
    const other = findDelimiter(records, layout);
    const { id } = options.spec;
    if (other !== null) return { role, recognition: otherDelimiter(other, layout, id), score: NEARLY, evidence: [] };
  }
  return { role, recognition, score, evidence };
}

/** The score of a file that has the columns of a layout and another delimiter. */
const NEARLY = 0.45;

/** Weights by the kind of file. With a header, names say most; without one, it is the values that tell: of a comment, its date. */
const WEIGHTS = {
  header: { names: 0.7, columns: 0.1, values: 0.2 },
  places: { shape: 0.4, dates: 0.3, values: 0.3 },
  comments: { shape: 0.5, dates: 0.5 },
} as const;

function collectEvidence(
  head: FileHead,
  records: readonly SampleRecord[],
  layout: Layout,
  options: FitOptions,
): Evidence[] {
  const header = layout.format === 'delimited' ? findHeader(records[0]!, layout) : null;
  const data = header === null ? records : records.slice(1);
  // Tagged lines of each role are divided by columns of their own.
  const recordsOf = ({ role }: TransformPlan): readonly SampleRecord[] =>
    layout.lines === undefined ? data : linesOf(role, head, options);
  const { dates, values } = weighValues(recordsOf, header, options);
  if (header !== null)
    return [...weighHeader(header, layout), { weight: WEIGHTS.header.values, ...add(dates, values) }];
  const { places, comments } = WEIGHTS;
  const shape = weighShape(data, layout, dates);
  const readable = { words: `${count(dates)} ${dates.words}`, isNeeded: true } as const;
  if (options.role === 'comment') {
    // Comments need no date: none at all neither speaks for them nor against.
    const share = dates.total === 0 && shape.share > 0 ? NO_EVIDENCE : shareOf(dates);
    return [
      { weight: comments.shape, ...shape },
      { weight: comments.dates, share, ...readable },
    ];
  }
  return [
    { weight: places.shape, ...shape },
    { weight: places.dates, share: shareOf(dates), ...readable },
    { weight: places.values, share: shareOf(values), words: `${count(values)} ${values.words}` },
  ];
}

const NO_EVIDENCE = 0.5;

/** The lines of a role in a tagged file. */
function linesOf(role: RecordRole, head: FileHead, options: FitOptions): readonly SampleRecord[] {
  const { records } = findRecords(head, layoutOf(options.spec, role), { ...options, needsSite: false });
  return records.filter(({ kind }) => {
    return role === 'patient' ? kind === LineKind.patient : kind === LineKind.immunization || kind === LineKind.orphan;
  });
}

function weighShape(records: readonly SampleRecord[], layout: Layout, dates: Tally): Omit<Evidence, 'weight'> {
  if (layout.lines !== undefined) return weighTags(records);
  return layout.format === 'fixed' ? weighWidth(records, layout, dates) : weighCount(records, layout);
}

/** How many lines have a tag of the layout. */
function weighTags(records: readonly SampleRecord[]): Omit<Evidence, 'weight'> {
  const known = records.filter(({ kind }) => kind !== LineKind.unknown).length;
  return { share: known / records.length, words: `${known} of ${records.length} lines begin with a known tag` };
}

function findHeader(first: SampleRecord, layout: DelimitedLayout): HeaderMatch | null {
  if (layout.header === 'absent') return null;
  const header = matchHeader(first.cells, layout);
  return looksLikeHeader(header) ? header : null;
}

function weighHeader(header: HeaderMatch, layout: Layout): Evidence[] {
  const known = countMatches(header);
  const named = known + header.unknown.length + header.repeated.length;
  const wanted = layout.fields.length;
  return [
    { weight: WEIGHTS.header.names, share: known / named, words: `${known} of ${named} column names are known` },
    { weight: WEIGHTS.header.columns, share: known / wanted, words: `${known} of ${wanted} columns are there` },
  ];
}

/** How many records have as many fields as the layout has columns. */
function weighCount(records: readonly SampleRecord[], { fields }: DelimitedLayout): Omit<Evidence, 'weight'> {
  const fitting = records.filter(({ cells }) => hasColumns(cells, fields.length)).length;
  const words = `${fitting} of ${records.length} records have ${fields.length} fields`;
  if (fitting > 0) return { share: fitting / records.length, words };
  // No file of the layout, but one that has its delimiter is nearer than one that has not.
  const found = records[0]?.cells.length ?? 0;
  return {
    share: found < 2 ? 0 : NEAR_COUNT * (Math.min(found, fields.length) / Math.max(found, fields.length)),
    words,
  };
}

const NEAR_COUNT = 0.2;

function hasColumns(cells: readonly string[], columns: number): boolean {
  const extra = countOwnFields(cells.length, cells.at(-1) ?? '') - columns;
  return extra === 0 || (extra === 1 && cells[columns] === '');
}

/**
 * What widths of rows say, by how sure they make a layout. Rows of which the blanks at the end are cut off say little,
 * beyond how wide their layout is at least; rows that are all of another width are of another layout most probably.
 */
const CUT_AT_LAST_COLUMN = 0.75;
const CUT_BEFORE = 0.7;
const ANOTHER_WIDTH = 0.3;
/** Some rows are broken. */
const NEARLY_ALL = 0.9;

/** How wide rows are. All of one width are as good as the name of a layout; wider ones have something that it lacks. */
function weighWidth(records: readonly SampleRecord[], layout: FixedLayout, dates: Tally): Omit<Evidence, 'weight'> {
  const width = widthOf(layout.fields);
  const widths = records.map(({ bytes, text }) => ([...text].length === width ? width : bytes.length));
  const exact = widths.filter((each) => each === width).length;
  const words = `${exact} of ${records.length} rows have ${width} ${countedIn(layout)}`;
  if (records.length === 0) return { share: 0, words };
  if (exact >= records.length * NEARLY_ALL) return { share: 1, words };
  // Any short line is narrower than some layout.
  if (dates.good === 0) return { share: 0, words };
  const widest = Math.max(...widths);
  if (widest > width) return { share: ANOTHER_WIDTH, words };
  if (widest === width) return { share: CUT_AT_LAST_COLUMN, words };
  const isOneWidth = records.length > 1 && widths.every((each) => each === widest);
  return { share: isOneWidth ? ANOTHER_WIDTH : CUT_BEFORE, words, mayBeCut: true };
}

/** How many values there are, and how many of them make sense. */
interface Tally {
  good: number;
  total: number;
  readonly words: string;
}

function shareOf({ good, total }: Tally): number {
  return total === 0 ? 0 : good / total;
}

function count({ good, total }: Tally): string {
  return `${good} of ${total}`;
}

function add(a: Tally, b: Tally): Omit<Evidence, 'weight'> {
  const sum = { good: a.good + b.good, total: a.total + b.total, words: 'dates and codes make sense' };
  return { share: shareOf(sum), words: `${count(sum)} ${sum.words}` };
}

/** Kinds of value of which most texts are none. Names, ids and free text may be anything. */
const TELLING: ReadonlySet<FieldDefinition['kind']> = new Set([
  'date', 'date-or-month', 'dates', 'sex', 'race', 'code', 'language', 'state', 'zip', 'county', 'country', 'phone',
  'email', 'ssn', 'birth-order', 'mvx',
]); // biome-ignore format: a list of names

const DATE_WORDS: Readonly<Record<FileRole, string>> = {
  patient: 'birth dates are in their place',
  combined: 'birth dates are in their place',
  immunization: 'dates of doses are in their place',
  comment: 'dates of comments are in their place',
};

/** Looks at what stands in the columns. Blanks say nothing, but for the date that a patient or a dose must have. */
function weighValues(
  recordsOf: (plan: TransformPlan) => readonly SampleRecord[],
  header: HeaderMatch | null,
  options: FitOptions,
): { dates: Tally; values: Tally } {
  const { role } = options;
  const dates: Tally = { good: 0, total: 0, words: DATE_WORDS[role] };
  const values: Tally = { good: 0, total: 0, words: 'other dates and codes make sense' };
  for (const plan of plansOf(header, options)) {
    const key = KEY_DATES[plan.role];
    const isMain = plan.role === 'patient' || role !== 'combined';
    for (const { cells } of recordsOf(plan)) {
      for (const reader of plan.columns) {
        if (!TELLING.has(reader.definition.kind)) continue;
        const readings = readCells(cells, reader, plan);
        const isKey = isMain && reader.field === key;
        const tally = isKey ? dates : values;
        // A record without its date is no record of the layout; one without a race is.
        tally.total += isKey && plan.role !== 'comment' ? 1 : readings.length;
        tally.good += readings.filter(isKey ? isDateLike : ({ value }) => value !== null).length;
      }
      if (plan.role === 'immunization') weighVaccine(cells, plan, values);
    }
  }
  return { dates, values };
}

/** How the records are read: in their role, or as patients and as each of their doses. */
function plansOf(header: HeaderMatch | null, options: FitOptions): TransformPlan[] {
  const { spec, codes, today, site, role, encoding = null, layout } = options;
  const common = { spec, codes, today, site, header, headerBytes: null, fieldCount: layout.fields.length, encoding };
  if (role !== 'combined') return [compilePlan({ ...common, role })];
  const doses = dosesOf(spec.layouts.immunization);
  return [
    compilePlan({ ...common, role: 'patient' }),
    ...doses.map((dose) => compilePlan({ ...common, role: 'immunization', dose })),
  ];
}

/** What a record's values in the columns of a field are read as. */
function readCells(cells: readonly string[], reader: ColumnReader, plan: TransformPlan): Reading[] {
  const columns = [reader, ...(reader.joined?.columns ?? [])];
  const texts = columns.map(({ column, values }) => {
    const cell = cells[column] ?? '';
    return values?.get(cell.toUpperCase()) ?? cell;
  });
  // A telephone number may have its area code in a column of its own.
  const wholes = reader.joined?.by === ' ' ? [texts.filter((text) => text !== '').join(' ')] : texts;
  return wholes
    .filter((text) => text !== '' && !plan.nulls.has(text.toUpperCase()))
    .map((text) => reader.normalize(text))
    .filter(({ value, problem }) => value !== null || problem !== null);
}

/** Whether what names the vaccine leads to one. */
function weighVaccine(cells: readonly string[], plan: TransformPlan, tally: Tally): void {
  const said = (field: VaccineField): string | null => {
    const reader = plan.columnOf.get(field);
    if (reader === undefined) return null;
    const [reading] = readCells(cells, reader, plan);
    return reading?.value ?? null;
  };
  const [cvx, cpt, ndc] = [said('cvx'), said('cpt'), said('ndc')] as const;
  const clues = { cvx, cpt, ndc, vaccine_name: said('vaccine_name'), vaccine_group: said('vaccine_group') };
  if (Object.values(clues).every((clue) => clue === null)) return;
  tally.total++;
  // On some day: whether the columns are what they are said to be does not depend on it.
  if (readingsOf(resolveVaccine(clues, plan.vaccineSources)).some(({ cvx }) => cvx !== null)) tally.good++;
}

/** Characters that programs put between columns. */
const DELIMITERS = [',', '\t', '|', ';', '^', '~'] as const;

/** The delimiter by which a file would have the layout's columns, `null` if there is none such. */
function findDelimiter(records: readonly SampleRecord[], layout: DelimitedLayout): string | null {
  const first = records[0];
  if (first === undefined) return null;
  for (const delimiter of DELIMITERS) {
    if (delimiter === layout.delimiter) continue;
    const split = (text: string): string[] =>
      text.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    const cells = split(first.text);
    if (cells.length < 2) continue;
    if (findHeader({ ...first, cells }, layout) !== null) return delimiter;
    const columns = layout.fields.length;
    if (layout.header !== 'required' && records.every(({ text }) => split(text).length === columns)) return delimiter;
  }
  return null;
}

function otherDelimiter(found: string, { delimiter }: DelimitedLayout, id: string): Recognition {
  const show = (character: string): string => (character === '\t' ? 'tabs' : character);
  return {
    fits: false,
    problem: `has ${show(found)} between its columns where ${id} has ${show(delimiter)}`,
    remedy: 'export it so, or give a copy of that specification with the other delimiter as --spec',
  };
}
