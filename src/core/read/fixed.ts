/** Fields of fixed-width records. */
import type { WidthUnit } from '../spec.js';
import type { FileEncoding } from './decode.js';
import { type FieldBounds, setField, trimBlanks } from './fields.js';
import { isUtf16 } from './utf16.js';

/** Where each field begins, and the width of the whole record, in bytes (or characters, if the record counts those). */
export interface FixedColumns {
  /** One more than there are fields: field `i` lies from `offsets[i]` up to `offsets[i + 1]`. */
  readonly offsets: readonly number[];
  readonly width: number;
}

/** The columns of fields that have these widths. */
export function columnsOfWidths(widths: readonly number[]): FixedColumns {
  const offsets = [0];
  for (const width of widths) offsets.push(offsets[offsets.length - 1]! + width);
  return { offsets, width: offsets[offsets.length - 1]! };
}

/**
 * Finds the fields of a record by counting bytes. A record that is too short is read as if blanks followed; what lies
 * beyond the last column is not read.
 */
export function splitFixedRecord(
  bytes: Uint8Array,
  start: number,
  end: number,
  columns: FixedColumns,
  bounds: FieldBounds,
): void {
  const { offsets } = columns;
  const count = offsets.length - 1;
  for (let field = 0; field < count; field++) {
    const from = Math.min(start + offsets[field]!, end);
    const to = Math.min(start + offsets[field + 1]!, end);
    setField(bytes, bounds, field, from, to);
  }
  bounds.count = count;
  let high = 0;
  let low = 0;
  for (let at = start; at < end; at++) {
    high |= bytes[at]!;
    low |= bytes[at]! - 32;
  }
  bounds.ascii = high < 0x80;
  bounds.hasControls = low < 0;
}

/**
 * Whether the columns of a record that is not ASCII are to be found by counting its characters. Senders count those or
 * bytes: a row that fits exactly by characters counts characters, unless the layout knows. In UTF-16 there are only
 * characters to count.
 */
export function countsCharacters(
  characters: number,
  columns: FixedColumns,
  unit: WidthUnit,
  encoding: FileEncoding | null,
): boolean {
  if (isUtf16(encoding)) return true;
  return unit === 'auto' ? characters === columns.width : unit === 'characters';
}

/** The fields of a record by counting characters, for senders who count so. */
export function splitFixedText(text: string, columns: FixedColumns): string[] {
  const characters = [...text];
  const fields: string[] = [];
  for (let field = 0; field + 1 < columns.offsets.length; field++) {
    fields.push(trimBlanks(characters.slice(columns.offsets[field], columns.offsets[field + 1]).join('')));
  }
  return fields;
}
