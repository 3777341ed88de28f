/** Writes records as a specification says: the way a sender would who follows it to the letter. */
import type { Counted, MarkRecord } from './framing.js';
import type { FieldDefinition, RecordRole } from './model.js';
import { fieldsOf } from './model.js';
import { type DateFormat, monthNameOf, serialOf } from './normalize/date.js';
import { countedIn, type DelimitedLayout, type Layout, type LayoutField, layoutOf, type Spec } from './spec.js';

/** The cells of a record, one for each column of the layout. */
export type Cells = string[];

/** A record's values as the cells that the layout has for them. */
export function toCells(values: Readonly<Record<string, string | undefined>>, role: RecordRole, spec: Spec): Cells {
  const { fields, tag } = layoutOf(spec, role);
  return fields.map((field, place) => {
    if (place === 0 && tag !== undefined) return tag;
    const columns = fields.filter((each) => field.field !== null && each.field === field.field);
    if (columns.length < 2) return cellOf(field, values, role, spec);
    const part = partsOf(values[field.field!] ?? '', columns)[columns.indexOf(fields[place]!)];
    return cellOf(field, { [field.field!]: part }, role, spec);
  });
}

/** A value that stands in several columns, column by column. */
function partsOf(value: string, columns: readonly LayoutField[]): (string | undefined)[] {
  if (value === '') return [];
  if (columns[0]!.field === 'phone') return [value.slice(0, 3), value.slice(3)];
  const codes = value.split('~');
  // A column for each race, or for the first, the second and so on.
  return columns.map((column, i) => {
    const flags = Object.values(column.values ?? {}).filter((code) => code !== '');
    return flags.length === 1 ? codes.find((code) => code === flags[0]) : codes[i];
  });
}

function cellOf(
  field: LayoutField,
  values: Readonly<Record<string, string | undefined>>,
  role: RecordRole,
  spec: Spec,
): string {
  const example = exampleOf(field, values);
  if (example !== null) return layoutOf(spec, role).format === 'fixed' ? example.slice(0, field.width) : example;
  if (field.field === null) return '';
  const value = values[field.field];
  if (value === undefined) return '';
  const own = Object.entries(field.values ?? {}).find(([, to]) => to === value);
  if (own !== undefined) return own[0];
  const definition: FieldDefinition = fieldsOf(role)[field.field]!;
  const format = (field.dates ?? spec.dates.formats)[0]!;
  const cell = definition.kind.startsWith('date') ? formatDate(value, format) : value;
  return layoutOf(spec, role).format === 'fixed' ? fitWidth(cell, field, definition) : cell;
}

/** Stands in an example for a number that differs from record to record. */
export const NUMBER = '{n}';

/**
 * What stands in a column that has an example, or one value only: the number of an example is that of the record's own
 * value, or of its patient.
 */
function exampleOf(field: LayoutField, values: Readonly<Record<string, string | undefined>>): string | null {
  const example = field.example ?? fixedValueOf(field);
  // A dose that is not there has no values.
  if (example === undefined || (field.dose !== undefined && field.field === null)) return null;
  const own = (field.field === null ? undefined : values[field.field]) ?? values['source_patient_id'] ?? '';
  return example.replaceAll(NUMBER, own.replace(/\D/g, ''));
}

/** The value that a column has to have in every record. */
function fixedValueOf({ rules = [] }: LayoutField): string | undefined {
  return rules.find(({ fixed, when }) => fixed !== undefined && when === undefined)?.fixed;
}

/** Kinds whose values mean something still when their end is cut off. */
const CUT_KINDS: ReadonlySet<FieldDefinition['kind']> = new Set(['id', 'text', 'name', 'email']);

/** What senders do with a value that has no room: punctuation goes, then it is cut, or left out where that is no value. */
function fitWidth(cell: string, field: LayoutField, definition: FieldDefinition): string {
  const tight = definition.kind === 'zip' ? cell.replace('-', '') : cell;
  if (tight.length <= field.width!) return tight;
  return CUT_KINDS.has(definition.kind) ? tight.slice(0, field.width) : '';
}

/** A day in one of the forms a spec can ask for; `''` if it cannot be written so, as spreadsheets count from 1900. */
export function formatDate(iso: string, format: DateFormat): string {
  const [year, month, day] = iso.split('-') as [string, string, string];
  switch (format) {
    case 'YYYYMMDD':
      return year + month + day;
    case 'YYYY-MM-DD':
      return iso;
    case 'MM/DD/YYYY':
      return `${month}/${day}/${year}`;
    case 'M/D/YYYY':
      return `${Number(month)}/${Number(day)}/${year}`;
    case 'DD/MM/YYYY':
      return `${day}/${month}/${year}`;
    case 'DD-MON-YYYY':
      return `${day}-${monthNameOf(month)}-${year}`;
    case 'MMDDYYYY':
      return month + day + year;
    case 'spreadsheet-serial':
      return serialOf(iso) ?? '';
  }
}

/** The line of a record, without its line end. */
export function toLine(cells: readonly string[], layout: Layout): string {
  if (layout.format === 'fixed') {
    const pad = countedIn(layout) === 'characters' ? padCharacters : padCell;
    return layout.fields.map((field, i) => pad(cells[i]!.slice(0, field.width), field.width!)).join('');
  }
  return cells.map((cell) => quoteCell(cell, layout)).join(layout.delimiter);
}

/** A cell with the quotes and escapes that it needs, and no others. */
export function quoteCell(cell: string, { delimiter, quote, escape: escaping }: DelimitedLayout): string {
  const isPlain = !(cell.includes(delimiter) || /[\r\n]/.test(cell) || (quote !== null && cell.startsWith(quote)));
  if (escaping === undefined) {
    return isPlain || quote === null ? cell : quote + cell.replaceAll(quote, quote + quote) + quote;
  }
  const escaped = cell.replaceAll(escaping, escaping + escaping);
  if (isPlain) return escaped;
  if (quote !== null) return quote + escaped.replaceAll(quote, escaping + quote) + quote;
  return escaped.replaceAll(delimiter, escaping + delimiter).replace(/\r\n|\r|\n/g, (lineEnd) => escaping + lineEnd);
}

function padCharacters(cell: string, width: number): string {
  return cell.padEnd(width + cell.length - [...cell].length);
}

/** Fills a cell up with blanks. Widths are bytes, so that letters of several bytes leave room for fewer blanks. */
function padCell(cell: string, width: number): string {
  const extra = /^[\x00-\x7f]*$/.test(cell) ? 0 : new TextEncoder().encode(cell).length - cell.length;
  return cell.padEnd(width - extra);
}

/** The header of a layout, `null` if it has none. */
export function headerLine(layout: Layout): string | null {
  if (layout.format === 'fixed' || layout.header === 'absent') return null;
  const names = layout.fields.map((field) => field.name);
  return toLine(names, layout);
}

/** A header or trailer record that counts as much as is told, all else blank. */
export function markLine(mark: MarkRecord, counts: Readonly<Record<Counted, number>>, layout: Layout): string {
  const { tag, prefix, totals = [] } = mark;
  const delimiter = layout.format === 'delimited' ? layout.delimiter : null;
  const begin = tag ?? prefix!;
  const cells = delimiter === null ? [begin] : begin.split(delimiter);
  for (const { counts: counted, field } of totals) {
    if (field === undefined) continue;
    while (cells.length < field) cells.push('');
    cells[field - 1] = String(counts[counted]);
  }
  let line = cells.join(delimiter ?? '');
  for (const { counts: counted, start, width } of totals) {
    if (start === undefined || width === undefined) continue;
    const number = String(counts[counted]).padStart(width, '0');
    line = line.slice(0, start - 1).padEnd(start - 1) + number + line.slice(start - 1 + width);
  }
  return line;
}

/** How lines end in files that are written: programs that write fixed width come from Windows. */
export function lineEndOf(layout: Layout): string {
  return layout.format === 'fixed' ? '\r\n' : '\n';
}
