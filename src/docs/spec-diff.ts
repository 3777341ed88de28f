/** What changes for a sender from one specification to another. */
import { CATALOGUE, ISSUE_CODES } from '../core/catalogue.js';
import { type FileLayout, fileLayoutsOf } from '../core/file-layouts.js';
import { type Counted, isRequired, longRowsOf, type MarkRecord, shortRowsOf, titleRowsOf } from '../core/framing.js';
import type { FileRole, RecordRole } from '../core/model.js';
import { canBreak } from '../core/rules/applies.js';
import {
  columnKey,
  countedIn,
  type FixedLayout,
  type Layout,
  type LayoutField,
  type Spec,
  severityOf,
  unitOf,
} from '../core/spec.js';
import type { LineTags } from '../core/tagged.js';
import { describePlace, type PlacedColumn, placeColumns } from './columns.js';
import { diffColumnRules, diffLayoutRules, diffNamed, type RuleChange } from './rules-diff.js';

/** What a change is about. */
export type ChangeKind =
  | 'layout-added'
  | 'layout-removed'
  | 'lines'
  | 'format'
  | 'delimiter'
  | 'quote'
  | 'escape'
  | 'header'
  | 'column-added'
  | 'column-removed'
  | 'column-moved'
  | 'column-renamed'
  | 'aliases'
  | 'width'
  | 'widths'
  | 'short-rows'
  | 'long-rows'
  | 'comments'
  | 'title-rows'
  | 'header-record'
  | 'trailer-record'
  | 'use'
  | 'field'
  | 'dates'
  | 'two-digit-years'
  | 'nulls'
  | 'vaccine-order'
  | 'values'
  | 'default'
  | 'store'
  | 'note'
  | 'example'
  | RuleChange['kind']
  | 'severity';

export interface SpecChange {
  readonly kind: ChangeKind;
  /** `null` where it is about the specification as a whole. */
  readonly layout: FileRole | null;
  /** The column as the new specification calls it, or the old one if it is gone; `null` where it is about no column. */
  readonly column: string | null;
  readonly before: unknown;
  readonly after: unknown;
  /** Whether files that were right before may now be wrong. */
  readonly mustChange: boolean;
  /** For people, in the sender's words. */
  readonly message: string;
}

/** All that differs for a sender, in the order of a specification: the whole, layout by layout, the severities. */
export function diffSpecs(before: Spec, after: Spec): SpecChange[] {
  return [
    ...diffWhole(before, after),
    ...diffNamed(before, after).map(ofWhole),
    ...diffLayouts(before, after),
    ...diffSeverities(before, after),
  ];
}

type Change = Omit<SpecChange, 'layout' | 'column'>;

/** A change of one property, from one value to another. */
function change(kind: ChangeKind, values: readonly [unknown, unknown], mustChange: boolean, message: string): Change {
  return { kind, before: values[0], after: values[1], mustChange, message };
}

const ofWhole = (each: Change): SpecChange => ({ ...each, layout: null, column: null });

function diffWhole(before: Spec, after: Spec): SpecChange[] {
  const changes: Change[] = diffDateFormats(before.dates.formats, after.dates.formats, 'dates');
  const years = [before.dates.twoDigitYears, after.dates.twoDigitYears] as const;
  if (years[0] !== years[1]) {
    const accepted = years[1] === 'latest-past';
    const message = accepted ? 'years of two digits are now read' : 'years of two digits are no longer read';
    changes.push(change('two-digit-years', years, !accepted, message));
  }
  for (const token of lost(before.nulls, after.nulls)) {
    changes.push(change('nulls', [token, null], true, `${token} no longer stands for "no value"`));
  }
  for (const token of lost(after.nulls, before.nulls)) {
    changes.push(change('nulls', [null, token], false, `${token} now stands for "no value"`));
  }
  return [...changes, ...diffVaccineOrder(before, after)].map(ofWhole);
}

/** Which column decides about the vaccine, as far as the columns of the new specification go. */
function diffVaccineOrder(before: Spec, after: Spec): Change[] {
  const carried = ({ vaccineOrder }: Spec): readonly string[] =>
    vaccineOrder.filter((each) => after.layouts.immunization.fields.some(({ field }) => field === each));
  const orders = [carried(before), carried(after)] as const;
  if (orders[0].join() === orders[1].join()) return [];
  const [first, ...others] = orders[1];
  const message = `${first} now decides about the vaccine, then ${others.join(', ')}`;
  return [change('vaccine-order', orders, false, message)];
}

/** Items of the first list that the second has not. */
function lost<T>(from: readonly T[], to: readonly T[]): readonly T[] {
  return from.filter((each) => !to.includes(each));
}

function diffDateFormats(before: readonly string[], after: readonly string[], what: string): Change[] {
  const changes: Change[] = [];
  const gone = lost(before, after);
  const more = lost(after, before);
  if (gone.length > 0) {
    changes.push(change('dates', [before, after], true, `${what} are no longer read as ${gone.join(', ')}`));
  }
  if (more.length > 0)
    changes.push(change('dates', [before, after], false, `${what} are now read as ${more.join(', ')}`));
  if (before[0] !== after[0]) {
    changes.push(
      change('dates', [before[0], after[0]], false, `${what} should be written as ${after[0]}, not ${before[0]}`),
    );
  }
  return changes;
}

function diffLayouts(before: Spec, after: Spec): SpecChange[] {
  const changes: SpecChange[] = [];
  const later = new Map(fileLayoutsOf(after).map((file) => [file.role, file]));
  const earlier = new Map(fileLayoutsOf(before).map((file) => [file.role, file]));
  for (const role of earlier.keys()) {
    if (!later.has(role)) {
      const gone = change('layout-removed', [role, null], true, 'this file is no longer sent');
      changes.push({ ...gone, layout: role, column: null });
    }
  }
  for (const [role, file] of later) {
    const old = earlier.get(role);
    if (old === undefined) {
      const isOptional = role === 'comment';
      const words = isOptional ? 'this file is new, and may be left out' : 'this file is new';
      const added = change('layout-added', [null, role], !isOptional, words);
      changes.push({ ...added, layout: role, column: null });
      continue;
    }
    const whole = [
      ...diffFormat(old.layout, file.layout),
      ...diffFraming(old.layout, file.layout),
      ...diffLayoutRules(old.layout, file.layout),
    ];
    changes.push(...whole.map((each) => ({ ...each, layout: role, column: null })));
    changes.push(...diffColumns(old, file, before, after).map((each) => ({ ...each, layout: role })));
  }
  return changes;
}

function diffFormat(before: Layout, after: Layout): Change[] {
  const formats = [before.format, after.format] as const;
  if (before.format === 'fixed' && after.format === 'fixed') return diffUnits(before, after);
  if (before.format === 'fixed' || after.format === 'fixed') {
    const words = { delimited: 'divided by a character', fixed: 'of fixed width' };
    return [change('format', formats, true, `its records are now ${words[formats[1]]}`)];
  }
  const changes: Change[] = [];
  if (before.delimiter !== after.delimiter) {
    const show = (character: string): string => (character === '\t' ? 'a tab' : character);
    const message = `its delimiter is now ${show(after.delimiter)}, not ${show(before.delimiter)}`;
    changes.push(change('delimiter', [before.delimiter, after.delimiter], true, message));
  }
  const quotes = [before.quote, after.quote] as const;
  if (quotes[0] !== quotes[1]) {
    const message =
      quotes[1] === null
        ? 'quotes have no meaning any more'
        : `values may now stand between ${quotes[1]} and ${quotes[1]}`;
    changes.push(change('quote', quotes, quotes[0] !== null, message));
  }
  const escapes = [before.escape ?? null, after.escape ?? null] as const;
  if (escapes[0] !== escapes[1]) {
    const message =
      escapes[1] === null
        ? `${escapes[0]} is a character like any other; quotes within quotes are doubled`
        : `${escapes[1]} now stands before quotes, delimiters and line ends of values, and before itself`;
    changes.push(change('escape', escapes, true, message));
  }
  if (before.header !== after.header) {
    const messages = {
      required: 'it must now begin with a header',
      optional: 'it may now begin with a header, or without',
      absent: 'it must now begin without a header',
    };
    const headers = [before.header, after.header] as const;
    changes.push(change('header', headers, after.header !== 'optional', messages[after.header]));
  }
  return changes;
}

/** What becomes of records of another length. */
function diffFraming(before: Layout, after: Layout): Change[] {
  const changes = diffLines(before, after);
  if (before.format !== after.format) return changes;
  const short = [shortRowsOf(before), shortRowsOf(after)] as const;
  if (short[0] !== short[1]) {
    const now = short[1] === 'pad' ? 'are now read as if blanks followed' : 'are now rejected';
    const message = `records that end before the last column ${now}`;
    changes.push(change('short-rows', short, short[1] === 'reject', message));
  }
  const long = [longRowsOf(before), longRowsOf(after)] as const;
  if (long[0] !== long[1]) {
    const now = long[1] === 'cut' ? 'are now read without the rest' : 'are now rejected';
    const message = `records that go on behind the last column ${now}`;
    changes.push(change('long-rows', long, long[1] === 'reject', message));
  }
  return [...changes, ...diffFrame(before, after)];
}

/** Whether lines of both roles have a file in common, and how they are told apart. */
function diffLines(before: Layout, after: Layout): Change[] {
  const [a, b] = [before.lines, after.lines];
  const say = (mustChange: boolean, message: string): Change => {
    return change('lines', [a ?? null, b ?? null], mustChange, message);
  };
  if (b === undefined) return a === undefined ? [] : [say(true, 'now comes in a file of its own, without a tag')];
  if (a === undefined)
    return [say(true, `now comes in one file with the other, each line beginning with ${after.tag}`)];
  const changes: Change[] = [];
  if (before.tag !== after.tag) changes.push(say(true, `its lines now begin with ${after.tag}, not ${before.tag}`));
  if (a.glued !== b.glued) {
    changes.push(say(true, b.glued ? 'its lines are now glued together' : 'each of its lines now stands by itself'));
  }
  const tags = (lines: LineTags): string[] => lines.others.map(({ tag }) => tag);
  for (const tag of lost(tags(a), tags(b))) changes.push(say(true, `lines that begin with ${tag} are no longer known`));
  for (const tag of lost(tags(b), tags(a)))
    changes.push(say(false, `lines that begin with ${tag} are known, and not loaded`));
  return changes;
}

/** Lines that are no records. */
function diffFrame(before: Layout, after: Layout): Change[] {
  const changes: Change[] = [];
  const comments = [before.comments ?? null, after.comments ?? null] as const;
  if (comments[0] !== comments[1]) {
    const message =
      comments[1] === null
        ? `lines that begin with ${comments[0]} are no comments any more`
        : `lines that begin with ${comments[1]} are now comments, and not read`;
    changes.push(change('comments', comments, true, message));
  }
  const titles = [titleRowsOf(before), titleRowsOf(after)] as const;
  if (titles[0] !== titles[1] && hasHeader(before) && hasHeader(after)) {
    const message =
      titles[1] === 0 ? 'nothing may stand above the header' : `${titles[1]} lines may stand above the header`;
    changes.push(change('title-rows', titles, titles[1] < titles[0], message));
  }
  changes.push(...diffMark('header', before.headerRecord, after.headerRecord));
  changes.push(...diffMark('trailer', before.trailerRecord, after.trailerRecord));
  return changes;
}

function hasHeader(layout: Layout): boolean {
  return layout.format === 'delimited' && layout.header !== 'absent';
}

function diffMark(name: 'header' | 'trailer', before: MarkRecord | undefined, after: MarkRecord | undefined): Change[] {
  const kind = `${name}-record` as const;
  const marks = [before ?? null, after ?? null] as const;
  const say = (mustChange: boolean, message: string): Change => change(kind, marks, mustChange, message);
  if (before === undefined && after === undefined) return [];
  if (after === undefined) return [say(true, `it has no ${name} record any more`)];
  const begin =
    after.tag === undefined ? `whose line begins with ${after.prefix}` : `whose first column is ${after.tag}`;
  if (before === undefined) {
    return [say(isRequired(after), `it ${isRequired(after) ? 'must' : 'may'} now have a ${name} record, ${begin}`)];
  }
  const changes: Change[] = [];
  if (before.tag !== after.tag || before.prefix !== after.prefix)
    changes.push(say(true, `its ${name} record is one ${begin}`));
  if (isRequired(before) !== isRequired(after)) {
    changes.push(
      say(isRequired(after), `its ${name} record ${isRequired(after) ? 'must be there' : 'may be left out'}`),
    );
  }
  const [gone, more] = [totalsOf(before), totalsOf(after)];
  for (const total of lost(more, gone)) changes.push(say(true, `its ${name} record must now hold ${total}`));
  for (const total of lost(gone, more)) changes.push(say(false, `its ${name} record needs no longer hold ${total}`));
  return changes;
}

/** The control totals of a record in words. */
function totalsOf({ totals = [] }: MarkRecord): string[] {
  return totals.map(({ counts, field, start, width }) => {
    const place = field === undefined ? `at ${start}-${start! + width! - 1}` : `in column ${field}`;
    return `the number of ${NUMBERS[counts]} ${place}`;
  });
}

const NUMBERS: Readonly<Record<Counted, string>> = {
  records: 'records',
  patients: 'patients',
  immunizations: 'doses',
  all: 'records with header and trailer',
};

/** What widths count. Who wrote what was counted may still do so where either is understood. */
function diffUnits(before: FixedLayout, after: FixedLayout): Change[] {
  const units = [unitOf(before), unitOf(after)] as const;
  if (units[0] === units[1]) return [];
  const words = {
    auto: 'its columns may now be counted in bytes or in characters',
    bytes: 'its columns are now counted in bytes',
    characters: 'its columns are now counted in characters',
  };
  return [change('widths', units, units[1] !== 'auto', words[units[1]])];
}

/** A column before and after. */
interface Pair {
  readonly before: Carrier;
  readonly after: Carrier;
}

type ColumnChange = Change & Pick<SpecChange, 'column'>;

function diffColumns(oldFile: FileLayout, newFile: FileLayout, oldSpec: Spec, newSpec: Spec): ColumnChange[] {
  const [before, after] = [oldFile.layout, newFile.layout];
  const pairs = pairColumns(carriersOf(oldFile), carriersOf(newFile));
  const paired = new Set(pairs.flatMap((pair) => [pair.before.column, pair.after.column]));
  const gone = before.fields.filter((column) => !paired.has(column));
  const added = placeColumns(after).filter(({ column }) => !paired.has(column));
  return [
    ...gone.map(({ name }) => ({
      ...change('column-removed', [name, null], true, 'gone; leave it out'),
      column: name,
    })),
    ...added.map((column) => describeAdded(column, after)),
    ...(before.format === after.format ? diffOrder(pairs, after) : []),
    ...pairs.flatMap((pair) =>
      diffColumn(pair, [before, after], oldSpec, newSpec).map((each) => ({ ...each, column: pair.after.column.name })),
    ),
  ];
}

/** A column with its place, and what it carries with the role and the number of the dose: `null` for nothing. */
interface Carrier extends PlacedColumn {
  readonly carries: string | null;
  readonly role: RecordRole | null;
}

function carriersOf({ layout, roles }: FileLayout): readonly Carrier[] {
  return placeColumns(layout).map((placed, index) => {
    const { field, dose } = placed.column;
    const role = roles[index] ?? null;
    return { ...placed, role, carries: field === null ? null : [role, field, dose].join(' ') };
  });
}

/** Which column became which: by name and what it carries, then by what it carries, then by name. */
function pairColumns(before: readonly Carrier[], after: readonly Carrier[]): Pair[] {
  const sameName = (a: Carrier, b: Carrier): boolean => columnKey(a.column.name) === columnKey(b.column.name);
  const sameField = (a: Carrier, b: Carrier): boolean => a.carries !== null && a.carries === b.carries;
  const ways: readonly ((a: Carrier, b: Carrier) => boolean)[] = [
    (a, b) => sameName(a, b) && a.carries === b.carries,
    sameField,
    sameName,
  ];
  const free = new Set(before);
  const found = new Map<Carrier, Carrier>();
  for (const fits of ways) {
    for (const column of after) {
      if (found.has(column)) continue;
      const match = [...free].find((each) => fits(each, column));
      if (match === undefined) continue;
      free.delete(match);
      found.set(column, match);
    }
  }
  return after.flatMap((column) => {
    const old = found.get(column);
    return old === undefined ? [] : [{ before: old, after: column }];
  });
}

function describeAdded(placed: PlacedColumn, layout: Layout): ColumnChange {
  const { column, number } = placed;
  const previous = layout.fields[number - 2];
  const place = placed.bytes === null ? `column ${number}` : `${unitWord(layout)}s ${describePlace(placed)}`;
  const where = previous === undefined ? 'at the beginning' : `after ${previous.name}`;
  const atEnd = number === layout.fields.length;
  // A header says where columns are, and a record of fixed width may be shorter.
  const optional = column.use !== 'required' && (layout.format === 'fixed' ? atEnd : layout.header !== 'absent');
  const message = `new, ${column.use}, ${place}, ${where}`;
  return { ...change('column-added', [null, column], !optional, message), column: column.name };
}

/** Columns that stand elsewhere. */
function diffOrder(pairs: readonly Pair[], layout: Layout): ColumnChange[] {
  return layout.format === 'fixed'
    ? diffPositions(pairs, unitWord(layout))
    : diffSequence(pairs, layout.header !== 'required');
}

/** What the places of a fixed layout count. */
function unitWord(layout: Layout): string {
  return layout.format === 'fixed' && countedIn(layout) === 'characters' ? 'character' : 'byte';
}

function countOf(number: number, unit: string): string {
  return number === 1 ? `1 ${unit}` : `${number} ${unit}s`;
}

/** Neighbours that moved alike are told together: a column that was added moves all that follow. */
function diffPositions(pairs: readonly Pair[], unit: string): ColumnChange[] {
  const groups: Pair[][] = [];
  const shiftOf = ({ before, after }: Pair): number => after.bytes!.first - before.bytes!.first;
  let previous: Pair | null = null;
  for (const pair of pairs) {
    const follows = previous !== null && shiftOf(previous) === shiftOf(pair);
    if (shiftOf(pair) !== 0) {
      if (follows) groups.at(-1)!.push(pair);
      else groups.push([pair]);
    }
    previous = pair;
  }
  return groups.map((group) => {
    const [first, last] = [group[0]!, group.at(-1)!];
    const span = (side: 'before' | 'after'): string => `${first[side].bytes!.first}-${last[side].bytes!.last}`;
    const others = group.length === 1 ? '' : ` with all columns to ${last.after.column.name},`;
    const shift = Math.abs(shiftOf(first));
    const direction = shiftOf(first) > 0 ? 'right' : 'left';
    const message = `moves${others} ${countOf(shift, unit)} to the ${direction}: ${span('before')} is now ${span('after')}`;
    const moved = change('column-moved', [span('before'), span('after')], true, message);
    return { ...moved, column: first.after.column.name };
  });
}

/** Columns that changed their order with others: as few as explain the new order. */
function diffSequence(pairs: readonly Pair[], mattersWithoutHeader: boolean): ColumnChange[] {
  const staying = longestRise(pairs.map(({ before }) => before.number));
  return pairs
    .filter((_, index) => !staying.has(index))
    .map(({ before, after }) => {
      const message = `stands elsewhere: column ${after.number}, not ${before.number}`;
      const moved = change('column-moved', [before.number, after.number], mattersWithoutHeader, message);
      return { ...moved, column: after.column.name };
    });
}

/** The indexes of a longest rising subsequence. Layouts have tens of columns, so that the square of it is no matter. */
function longestRise(numbers: readonly number[]): ReadonlySet<number> {
  const lengths: number[] = [];
  const previous: number[] = [];
  let end = -1;
  numbers.forEach((number, index) => {
    lengths[index] = 1;
    previous[index] = -1;
    for (let earlier = 0; earlier < index; earlier++) {
      if (numbers[earlier]! < number && lengths[earlier]! + 1 > lengths[index]!) {
        lengths[index] = lengths[earlier]! + 1;
        previous[index] = earlier;
      }
    }
    if (end < 0 || lengths[index]! > lengths[end]!) end = index;
  });
  const rise = new Set<number>();
  for (let at = end; at >= 0; at = previous[at]!) rise.add(at);
  return rise;
}

function diffColumn(pair: Pair, layouts: readonly [Layout, Layout], oldSpec: Spec, newSpec: Spec): Change[] {
  const layout = layouts[1];
  const [a, b] = [pair.before.column, pair.after.column];
  return [
    ...diffNames(a, b, layout),
    ...diffWidth(a, b, layout),
    ...diffUse(a, b),
    ...diffField(pair),
    ...(a.dates === undefined && b.dates === undefined
      ? []
      : diffDateFormats(a.dates ?? oldSpec.dates.formats, b.dates ?? newSpec.dates.formats, 'its dates')),
    ...diffValues(a.values ?? {}, b.values ?? {}),
    ...diffDefault(a, b),
    ...diffStore(a, b),
    ...diffNote(a, b),
    ...diffExample(a, b),
    ...diffColumnRules(a, b, ...layouts),
  ];
}

function diffNames(a: LayoutField, b: LayoutField, layout: Layout): Change[] {
  const changes: Change[] = [];
  const namedInHeader = layout.format === 'delimited' && layout.header !== 'absent';
  const known = [b.name, ...(b.aliases ?? [])].map(columnKey);
  if (columnKey(a.name) !== columnKey(b.name)) {
    const stillKnown = known.includes(columnKey(a.name));
    const message = `the new name of ${a.name}${stillKnown ? ', which is still understood' : ''}`;
    changes.push(change('column-renamed', [a.name, b.name], namedInHeader && !stillKnown, message));
  }
  const gone = (a.aliases ?? []).filter((alias) => !known.includes(columnKey(alias)));
  if (gone.length > 0) {
    const message = `no longer called ${gone.join(', ')}`;
    changes.push(change('aliases', [a.aliases ?? [], b.aliases ?? []], namedInHeader, message));
  }
  const before = [a.name, ...(a.aliases ?? [])].map(columnKey);
  const more = (b.aliases ?? []).filter((alias) => !before.includes(columnKey(alias)));
  if (more.length > 0) {
    const message = `may now be called ${more.join(', ')}`;
    changes.push(change('aliases', [a.aliases ?? [], b.aliases ?? []], false, message));
  }
  return changes;
}

function diffWidth(a: LayoutField, b: LayoutField, layout: Layout): Change[] {
  if (a.width === b.width) return [];
  const values = [a.width ?? null, b.width ?? null] as const;
  if (b.width === undefined) return [change('width', values, false, 'may now be of any length')];
  if (layout.format === 'fixed') {
    const has = `has ${countOf(b.width, unitWord(layout))}`;
    const message = a.width === undefined ? has : `${has}, not ${a.width}`;
    return [change('width', values, true, message)];
  }
  const narrower = a.width === undefined || b.width < a.width;
  const message = narrower
    ? `may have ${b.width} characters at most`
    : `may have ${b.width} characters, not only ${a.width}`;
  return [change('width', values, narrower, message)];
}

function diffUse(a: LayoutField, b: LayoutField): Change[] {
  if (a.use === b.use) return [];
  return [change('use', [a.use, b.use], b.use === 'required', `now ${b.use}, not ${a.use}`)];
}

function diffField({ before, after }: Pair): Change[] {
  if (before.carries === after.carries) return [];
  const [a, b] = [before, after].map(({ carries, column: { field }, role }) =>
    carries === null ? null : after.column.field === before.column.field ? `${field} of the ${role}` : field,
  );
  const fields = [a, b] as const;
  if (b === null) return [change('field', fields, false, `no longer loaded (it was ${a})`)];
  if (a === null) return [change('field', fields, false, `now loaded, as ${b}`)];
  return [change('field', fields, true, `carries ${b}, not ${a}`)];
}

function diffValues(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): Change[] {
  const show = (value: string): string => (value === '' ? '"no value"' : value);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((value) => {
    const [before, after] = [a[value], b[value]];
    if (before === after) return [];
    const values = [
      before === undefined ? null : { [value]: before },
      after === undefined ? null : { [value]: after },
    ] as const;
    if (before === undefined) return [change('values', values, false, `${value} now stands for ${show(after!)}`)];
    if (after === undefined) return [change('values', values, true, `${value} no longer stands for ${show(before)}`)];
    return [change('values', values, true, `${value} stands for ${show(after)}, not ${show(before)}`)];
  });
}

function diffDefault(a: LayoutField, b: LayoutField): Change[] {
  if (a.default === b.default) return [];
  const values = [a.default ?? null, b.default ?? null] as const;
  const message = b.default === undefined ? `a blank no longer means ${a.default}` : `a blank now means ${b.default}`;
  return [change('default', values, b.default === undefined && b.use === 'required', message)];
}

function diffStore(a: LayoutField, b: LayoutField): Change[] {
  const stored = [a.store !== false, b.store !== false] as const;
  if (stored[0] === stored[1]) return [];
  return [change('store', stored, false, stored[1] ? 'now stored' : 'no longer stored')];
}

function diffNote(a: LayoutField, b: LayoutField): Change[] {
  if (a.note === b.note) return [];
  const message = b.note === undefined ? 'has no note any more' : `has another note: ${b.note}`;
  return [change('note', [a.note ?? null, b.note ?? null], false, message)];
}

function diffExample(a: LayoutField, b: LayoutField): Change[] {
  if (a.example === b.example) return [];
  const message = b.example === undefined ? 'has no example any more' : `has another example: ${b.example}`;
  return [change('example', [a.example ?? null, b.example ?? null], false, message)];
}

function diffSeverities(before: Spec, after: Spec): SpecChange[] {
  return ISSUE_CODES.flatMap((code) => {
    const severities = [severityOf(code, before), severityOf(code, after)] as const;
    // What no record can break is of no interest to a sender.
    if (severities[0] === severities[1] || !(canBreak(code, before) || canBreak(code, after))) return [];
    const weight = severities[1] === 'off' ? 'is no longer reported' : `is now ${ARTICLES[severities[1]]}`;
    const was = severities[0] === 'off' ? 'not reported' : ARTICLES[severities[0]];
    const message = `${code} ${weight} (it was ${was}): ${CATALOGUE[code].asserts}`;
    return [ofWhole(change('severity', severities, severities[1] === 'error', message))];
  });
}

const ARTICLES = { error: 'an error', warning: 'a warning', info: 'an info' } as const;
