/** The files of a sample submission while they are being written: records as cells, so that some can be spoiled. */
import type { IssueCode } from '../catalogue.js';
import type { FieldDefinition, FieldName, Role } from '../model.js';
import { fieldsOf } from '../model.js';
import { layoutsOf, plainlyRequired } from '../rules/applies.js';
import type { Layout, LayoutField, Spec } from '../spec.js';
import { type Cells, formatDate, headerLine, lineEndOf, toCells, toLine } from '../write.js';
import { sampleRecords } from './clinic.js';

/** Values by field, as a fault wants them: days as YYYY-MM-DD, all else as it stands in the file; `''` for a blank. */
export type Values = Readonly<Partial<Record<FieldName, string>>>;

/** A record on its way to the file. */
export interface DraftRecord {
  readonly cells: Cells;
  /** The line itself, where no cells can say it, or in bytes that are not UTF-8. */
  line: string | Uint8Array | null;
}

/** One file of the submission. */
export interface DraftFile {
  readonly layout: Layout;
  header: string | null;
  readonly records: DraftRecord[];
}

/** What is to be found in a record of a file, or in the file as a whole (`record` is `null`). */
export interface Expected {
  readonly role: Role;
  /** Index in the file. */
  readonly record: number | null;
  readonly code: IssueCode;
}

/** The sample clinic's files before they are written. */
export class Draft {
  readonly files: ReadonlyMap<Role, DraftFile>;

  constructor(readonly spec: Spec) {
    this.files = new Map(
      layoutsOf(spec).map(([role, layout]) => {
        const records = sampleRecords(role, spec).map((record) => ({ cells: toCells(record, role, spec), line: null }));
        return [role, { layout, header: headerLine(layout), records }];
      }),
    );
  }

  file(role: Role): DraftFile {
    return this.files.get(role)!;
  }

  /** A cell of a record, `''` where the layout has no such column. */
  cell(role: Role, record: number, field: FieldName): string {
    const { layout, records } = this.file(role);
    return records[record]!.cells[layout.fields.findIndex((column) => column.field === field)] ?? '';
  }

  /** Sets cells of a record; false, and nothing is set, where the layout cannot say one of the values. */
  set(role: Role, record: number, values: Values): boolean {
    const { layout, records } = this.file(role);
    const cells = writeValues(values, role, this.spec);
    if (cells === null) return false;
    layout.fields.forEach((column, index) => {
      const cell = column.field === null ? undefined : cells[column.field];
      if (cell !== undefined) records[record]!.cells[index] = cell;
    });
    return true;
  }

  /** Adds a copy of a record to the end of its file, and gives its index. */
  copy(role: Role, record: number): number {
    const { records } = this.file(role);
    return records.push({ cells: [...records[record]!.cells], line: null }) - 1;
  }

  /** Adds a line that is no record of cells, and gives its index. */
  add(role: Role, line: string): number {
    return this.file(role).records.push({ cells: [], line }) - 1;
  }

  /** The line of a record as it stands. */
  lineOf(role: Role, record: number): string {
    const { layout, records } = this.file(role);
    return toLine(records[record]!.cells, layout);
  }

  /** The line in the file on which a record stands, from 1. */
  lineNumberOf(role: Role, record: number): number {
    return record + (this.file(role).header === null ? 1 : 2);
  }

  /** The bytes of a file. */
  bytesOf(role: Role): Uint8Array {
    const { layout, header, records } = this.file(role);
    const lineEnd = lineEndOf(layout);
    const parts: Uint8Array[] = header === null ? [] : [encoder.encode(header + lineEnd)];
    records.forEach(({ line }, record) => {
      const content = line ?? this.lineOf(role, record);
      parts.push(typeof content === 'string' ? encoder.encode(content) : content, encoder.encode(lineEnd));
    });
    return concatenate(parts);
  }
}

const encoder = new TextEncoder();

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A text in Latin-1, as Windows-1252 writes it too. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Kinds whose length is judged. */
const FREE_TEXT: ReadonlySet<FieldDefinition['kind']> = new Set(['id', 'text', 'name', 'email']);

/**
 * The cells of these values; `null` where the layout cannot say them: no such column, no room for the value, a meaning of
 * its own for it or for a blank.
 */
export function writeValues(values: Values, role: Role, spec: Spec): Readonly<Record<string, string>> | null {
  const layout = spec.layouts[role];
  const required = plainlyRequired(role, layout);
  const cells: Record<string, string> = {};
  let written = 0;
  for (const [field, value] of Object.entries(values)) {
    const column = layout.fields.find((each) => each.field === field);
    if (column === undefined) {
      if (value !== '') return null;
      continue;
    }
    // The blank would be a fault of its own.
    if (value === '' && required.includes(column)) return null;
    const cell = writeValue(value, column, fieldsOf(role)[field]!, layout, spec);
    if (cell === null) return null;
    cells[field] = cell;
    written++;
  }
  return written > 0 ? cells : null;
}

function writeValue(
  value: string,
  column: LayoutField,
  definition: FieldDefinition,
  layout: Layout,
  spec: Spec,
): string | null {
  if (value === '') return column.default === undefined ? '' : null;
  const own = Object.entries(column.values ?? {});
  const standsFor = own.find(([, to]) => to === value);
  if (standsFor !== undefined) return standsFor[0];
  if (own.some(([from]) => from.toUpperCase() === value.toUpperCase())) return null;
  if (spec.nulls.some((token) => token.toUpperCase() === value.toUpperCase())) return null;
  const isDay = definition.kind.startsWith('date') && /^\d{4}-\d\d-\d\d$/.test(value);
  const cell = isDay ? formatDate(value, (column.dates ?? spec.dates.formats)[0]!) : value;
  const judged = layout.format === 'fixed' || FREE_TEXT.has(definition.kind);
  return judged && column.width !== undefined && cell.length > column.width ? null : cell;
}
