/**
 * How the records of a file are framed, as a specification says it: what a record may lack or have too much, and which
 * lines are no records.
 */
import type { FileRole } from './model.js';
import type { Layout } from './spec.js';
import type { Checker, JsonObject } from './spec-checker.js';
import { namesOf, SPEC_PROPERTIES, SPEC_VALUES } from './spec-words.js';

/** What becomes of a record that ends before the last column. */
export type ShortRows = 'pad' | 'reject';

/** What becomes of a record that goes on behind the last column. */
export type LongRows = 'cut' | 'reject';

/** The parts of a layout that say how records are framed. All may be left out. */
export interface Framing {
  /** {@link shortRowsOf} has the default. */
  readonly shortRows?: ShortRows;
  /** {@link longRowsOf} has the default. */
  readonly longRows?: LongRows;
  /** What a comment begins with. */
  readonly comments?: string;
  readonly headerRecord?: MarkRecord;
  readonly trailerRecord?: MarkRecord;
}

/** A line that says something of its file and is no record of it. It has either a tag or a prefix. */
export interface MarkRecord {
  /** The value of its first column (delimited layouts). */
  readonly tag?: string;
  /** What its line begins with. */
  readonly prefix?: string;
  /** Required unless told otherwise. */
  readonly use?: MarkUse;
  readonly totals?: readonly ControlTotal[];
}

export type MarkUse = 'required' | 'optional';

/** What a control total counts. */
export type Counted = 'records' | 'patients' | 'immunizations' | 'all';

/** Where a header or trailer record says how much its file holds: in a column, or at a place in the line. */
export interface ControlTotal {
  readonly counts: Counted;
  /** Number of its column (delimited layouts), from 1. */
  readonly field?: number;
  /** Place of its first character, from 1, and how many it has. */
  readonly start?: number;
  readonly width?: number;
}

/** Programs cut blanks off at the end of fixed-width records; of delimited ones, the lack of a delimiter is a fault. */
export function shortRowsOf(layout: Layout): ShortRows {
  return layout.shortRows ?? (layout.format === 'fixed' ? 'pad' : 'reject');
}

/** Newer versions of fixed-width layouts have more columns; in a delimited record, a value may hold the delimiter. */
export function longRowsOf(layout: Layout): LongRows {
  return layout.longRows ?? (layout.format === 'fixed' ? 'cut' : 'reject');
}

/** Whether a file cannot be without the mark. */
export function isRequired(mark: MarkRecord | undefined): boolean {
  return mark !== undefined && mark.use !== 'optional';
}

/** Lines that may stand above a header, unless the layout says otherwise. */
const DEFAULT_TITLE_ROWS = 10;
/** Most lines that may. */
export const MOST_TITLE_ROWS = 100;

/** How many lines may stand above the header. */
export function titleRowsOf(layout: Layout): number {
  if (layout.format === 'fixed' || layout.header === 'absent') return 0;
  return layout.titleRows ?? DEFAULT_TITLE_ROWS;
}

/** What the records of a file can be counted by. */
export const COUNTABLE: Readonly<Record<FramedFile, readonly Counted[]>> = {
  patient: ['records', 'patients', 'all'],
  immunization: ['records', 'immunizations', 'all'],
  combined: ['records', 'all'],
  tagged: ['records', 'patients', 'immunizations', 'all'],
  comment: ['records', 'all'],
};

/** The kinds of file that a specification can describe. */
export type FramedFile = FileRole | 'tagged';

/** What begins a line must be seen: printable ASCII, without blanks around it. */
export const MARK_PATTERN = '^[!-~](?:[ -~]*[!-~])?$';

/** Checks the framing of a layout. */
export function checkFraming(layout: JsonObject, role: FramedFile, path: string, check: Checker): void {
  for (const name of ['shortRows', 'longRows'] as const) {
    check.optionalOneOf(layout[name], `${path}/${name}`, SPEC_VALUES[name]);
  }
  if (layout['comments'] !== undefined) checkMark(layout['comments'], `${path}/comments`, check);
  for (const name of ['headerRecord', 'trailerRecord'] as const) {
    if (layout[name] !== undefined) checkMarkRecord(layout[name], layout, role, `${path}/${name}`, check);
  }
  checkTitleRows(layout, path, check);
  checkDifference(layout, path, check);
}

function checkMark(mark: unknown, path: string, check: Checker): void {
  if (typeof mark === 'string' && new RegExp(MARK_PATTERN).test(mark)) return;
  check.report(path, 'not what a line can begin with', 'Give printable ASCII characters, such as # or T.');
}

function checkTitleRows({ titleRows, header, format }: JsonObject, path: string, check: Checker): void {
  if (titleRows === undefined || format !== 'delimited') return;
  if (!(Number.isInteger(titleRows) && Number(titleRows) >= 0 && Number(titleRows) <= MOST_TITLE_ROWS)) {
    const remedy = `Give a whole number from 0 to ${MOST_TITLE_ROWS}.`;
    check.report(`${path}/titleRows`, 'not a number of lines', remedy);
  } else if (header === 'absent') {
    check.report(`${path}/titleRows`, 'without a header', 'Leave it out: what stands above is found by the header.');
  }
}

function checkMarkRecord(mark: unknown, layout: JsonObject, role: FramedFile, path: string, check: Checker): void {
  if (!check.object(mark, path, 'Write {"tag": "T", "totals": [{"counts": "records", "field": 2}]}.')) return;
  check.keys(mark, path, SPEC_PROPERTIES.mark);
  const { tag, prefix, totals } = mark;
  const isDelimited = layout['format'] === 'delimited';
  if (tag !== undefined) checkMark(tag, `${path}/tag`, check);
  if (prefix !== undefined) checkMark(prefix, `${path}/prefix`, check);
  if (tag !== undefined && !isDelimited) {
    check.report(
      `${path}/tag`,
      'without columns',
      'Give the prefix of the line: a tag is the value of a first column.',
    );
  } else if ((tag === undefined) === (prefix === undefined)) {
    const message = tag === undefined ? 'nothing to know it by' : 'both tag and prefix';
    const remedy = isDelimited ? 'Give its tag, or the prefix of its line.' : 'Give the prefix of its line.';
    check.report(path, message, remedy);
  }
  if (typeof tag === 'string' && typeof layout['delimiter'] === 'string' && tag.includes(layout['delimiter'])) {
    check.report(`${path}/tag`, 'holds the delimiter', 'Give the value of the first column alone.');
  }
  check.optionalOneOf(mark['use'], `${path}/use`, SPEC_VALUES.markUse);
  if (totals === undefined) return;
  if (!Array.isArray(totals)) {
    check.report(`${path}/totals`, 'not a list', 'Write [{"counts": "records", "field": 2}].');
    return;
  }
  totals.forEach((total: unknown, index) => {
    checkTotal(total, isDelimited, role, `${path}/totals/${index}`, check);
    checkRoom(total, tag ?? prefix, layout['delimiter'], `${path}/totals/${index}`, check);
  });
}

/** Whether a number stands behind what its line is known by. */
function checkRoom(total: unknown, begin: unknown, delimiter: unknown, path: string, check: Checker): void {
  if (typeof total !== 'object' || total === null || typeof begin !== 'string') return;
  const { field, start } = total as JsonObject;
  const columns = typeof delimiter === 'string' && delimiter !== '' ? begin.split(delimiter).length : 1;
  if (typeof field === 'number' && field >= 1 && field <= columns) {
    check.report(
      `${path}/field`,
      'in the place of the tag',
      `Give a number above ${columns}: the line begins with ${begin}.`,
    );
  }
  if (typeof start === 'number' && start >= 1 && start <= begin.length) {
    check.report(
      `${path}/start`,
      'in the place of the tag',
      `Give a place behind ${begin}, from ${begin.length + 1} on.`,
    );
  }
}

function checkTotal(total: unknown, isDelimited: boolean, role: FramedFile, path: string, check: Checker): void {
  const example = isDelimited ? '"field": 2' : '"start": 4, "width": 6';
  if (!check.object(total, path, `Write {"counts": "records", ${example}}.`)) return;
  check.keys(total, path, SPEC_PROPERTIES.total);
  const allowed = COUNTABLE[role];
  if (check.oneOf(total['counts'], `${path}/counts`, namesOf(SPEC_VALUES.counts))) {
    check.oneOf(total['counts'], `${path}/counts`, allowed);
  }
  for (const name of ['field', 'start', 'width']) {
    const number = total[name];
    if (number === undefined || (Number.isInteger(number) && Number(number) >= 1)) continue;
    check.report(`${path}/${name}`, 'not a place', 'Give a whole number above 0.');
  }
  if (total['field'] !== undefined && !isDelimited) {
    check.report(`${path}/field`, 'without columns', 'Give start and width.');
    return;
  }
  const byField = total['field'] !== undefined;
  const byPlace = [total['start'], total['width']].filter((each) => each !== undefined).length;
  if (byField ? byPlace > 0 : byPlace < 2) {
    check.report(path, byField ? 'both field and place' : 'no place', `Say where the number stands: ${example}.`);
  }
}

/** What lines are known by must differ. */
function checkDifference(layout: JsonObject, path: string, check: Checker): void {
  const marks = new Map<string, string>();
  const add = (mark: unknown, at: string): void => {
    if (typeof mark !== 'string') return;
    const earlier = marks.get(mark);
    if (earlier !== undefined) check.report(at, `the same as ${earlier}`, 'Lines are told apart by how they begin.');
    marks.set(mark, at);
  };
  add(layout['comments'], `${path}/comments`);
  for (const name of ['headerRecord', 'trailerRecord']) {
    const mark = layout[name] as JsonObject | null | undefined;
    for (const by of ['tag', 'prefix']) add(mark?.[by], `${path}/${name}/${by}`);
  }
}
