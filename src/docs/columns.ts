/** The columns of a layout in a person's words: where they stand, how much they are asked for, what goes in. */
import type { Codes, CodeTable } from '../core/codes.js';
import { type FieldDefinition, type FieldName, fieldsOf, type RecordRole, type ValueKind } from '../core/model.js';
import { readDefault } from '../core/plan.js';
import { type Layout, type LayoutField, type Spec, widthOf } from '../core/spec.js';
import { DAY_OF_SPECS, tableOf } from '../core/spec-codes.js';
import { code, type Inline, joined, LINE_BREAK, type Text } from './document.js';

/** A column with its place in the record. */
export interface PlacedColumn {
  /** From 1. */
  readonly number: number;
  readonly column: LayoutField;
  /** First and last byte (fixed width), from 1; `null` for delimited columns. */
  readonly bytes: { readonly first: number; readonly last: number } | null;
}

/** The columns of a layout with their places. */
export function placeColumns(layout: Layout): readonly PlacedColumn[] {
  let last = 0;
  return layout.fields.map((column, index) => {
    const first = last + 1;
    last += column.width ?? 0;
    return { number: index + 1, column, bytes: layout.format === 'fixed' ? { first, last } : null };
  });
}

/** The width of a whole record in bytes, `null` where that is not fixed. */
export function recordWidth(layout: Layout): number | null {
  return layout.format === 'fixed' ? widthOf(layout.fields) : null;
}

/** `1-24`, or the longest value. */
export function describePlace({ column, bytes }: PlacedColumn): string {
  return bytes === null ? String(column.width ?? '') : `${bytes.first}-${bytes.last}`;
}

/** How the values of each kind are written. */
const VALUE_FORMS: Readonly<Record<ValueKind, string>> = {
  id: 'As your system has it',
  text: 'Text',
  name: 'Text',
  suffix: 'JR, SR, II, III, IV',
  date: 'Date',
  'date-or-month': 'Date or month',
  dates: 'Dates, separated by ~',
  sex: 'Code',
  race: 'Up to six codes, separated by ~ or a semicolon',
  code: 'Code',
  language: 'Code',
  state: 'Code',
  zip: 'Five or nine digits',
  county: 'FIPS code of five digits',
  country: 'ISO 3166 code of three letters',
  phone: 'Ten digits',
  email: 'E-mail address',
  ssn: 'Nine digits',
  'birth-order': '1 to 9',
  'raw-code': 'Code',
  mvx: 'Code',
  lot: 'Letters, digits and hyphens',
  amount: 'Number above 0 and below 1000',
  'comment-code': 'Code of the registry',
};

/** Fields that are written in another way than others of their kind. */
const FIELD_FORMS: Readonly<Partial<Record<FieldName, string>>> = {
  ndc: 'NDC of ten digits with hyphens (4-4-2, 5-3-2 or 5-4-1), or of eleven',
};

/** The codes of a table that senders may use, with their names. */
export function codesOf(table: CodeTable): readonly { readonly code: string; readonly name: string }[] {
  const at = (...names: string[]): number => table.columns.findIndex((column) => names.includes(column));
  const [codeAt, nameAt, kindAt] = [0, at('name', 'short_name', 'cvx_short_name'), at('kind')];
  return table.rows
    .filter((row) => kindAt < 0 || row[kindAt] !== 'legacy')
    .map((row) => ({ code: row[codeAt]!, name: row[nameAt] ?? '' }));
}

/** Tables with more codes are named, and not listed in a cell. */
const MOST_IN_CELL = 10;

/** What may stand in a column: the layout's own values, the codes of its table, the form of a date. */
export function describeValues(column: LayoutField, role: RecordRole | null, spec: Spec, codes: Codes): Text {
  const { field } = column;
  if (field === null || role === null) return 'Not loaded';
  const definition: FieldDefinition = fieldsOf(role)[field]!;
  const form = FIELD_FORMS[field] ?? VALUE_FORMS[definition.kind];
  const tableId = tableOf(field, role);
  const names = tableId === null ? null : new Map(codesOf(codes.table(tableId)).map((each) => [each.code, each.name]));
  if (column.values !== undefined) {
    const own = describeOwnValues(column.values, names);
    // Words for "not known" alone do not say what is.
    if (Object.values(column.values).some((standard) => standard !== '')) return own;
    const { values: _, ...plain } = column;
    return joined([describeValues(plain, role, spec, codes), own], LINE_BREAK);
  }
  if (definition.kind.startsWith('date')) {
    const formats = column.dates ?? spec.dates.formats;
    return [`${form}: `, ...joined(formats.map(code), ', ')];
  }
  if (names === null || tableId === null) return form;
  // In a column of fixed width, longer codes have no room.
  const room = column.width ?? Number.POSITIVE_INFINITY;
  const fitting = [...names.keys()].filter((each) => each.length <= room);
  if (fitting.length > 0 && fitting.length <= MOST_IN_CELL) return joined(fitting.map(code), ', ');
  return [form === 'Code' ? 'Code of table ' : `${form}; table `, code(tableId)];
}

/** What a blank stands for: the layout's default and what it is read as; `null` where it stands for nothing. */
export function describeDefault(
  column: LayoutField,
  role: RecordRole | null,
  spec: Spec,
  codes: Codes,
): readonly Inline[] | null {
  const { default: written, field } = column;
  const reading = role === null ? null : readDefault(column, role, { spec, codes, today: DAY_OF_SPECS });
  if (reading === null || role === null || field === null) return null;
  const { value, problem } = reading;
  const words: readonly Inline[] = ['a blank is read as ', code(written!)];
  if (value === null) return [...words, problem === null ? ': not known' : ', which is not understood'];
  const tableId = tableOf(field, role);
  const name = tableId === null ? '' : codesOf(codes.table(tableId)).find((each) => each.code === value)?.name;
  if (name) return [...words, `: ${name} (${value})`];
  return value === written ? words : [...words, `: ${value}`];
}

/** The layout's own values, one to a line, with what each stands for. */
function describeOwnValues(
  values: Readonly<Record<string, string>>,
  names: ReadonlyMap<string, string> | null,
): readonly Inline[] {
  const lines = Object.entries(values).map(([own, standard]): readonly Inline[] => {
    if (standard === '') return [code(own), ' not known'];
    const name = names?.get(standard);
    return [code(own), name === undefined || name === '' ? ` = ${standard}` : ` ${name} (${standard})`];
  });
  return joined(lines, LINE_BREAK);
}
