/** Writes other values into the bytes of a record, and leaves all its other bytes as they are. */

import { joinBytes } from './bytes.js';
import { decodeText, detectEncoding, type Encoding, encodeText, type FileEncoding } from './read/decode.js';
import { columnsOfWidths, countsCharacters } from './read/fixed.js';
import { type DelimitedLayout, type FixedLayout, type Layout, unitOf } from './spec.js';
import { quoteCell } from './write.js';

/** A value for a column, by its place in the record from 0. */
export interface CellEdit {
  readonly column: number;
  readonly value: string;
  /** The same in fewer characters, for a column of a width that has no room for the value. */
  readonly shorter?: string;
}

/** What a record becomes, what stood in the columns before, and what was written into them. */
export interface EditedRecord {
  readonly bytes: Uint8Array;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/**
 * Edits a record. `encoding` is that of its file, `null` if each record is judged by itself. `null` where a column is not
 * there, a value is too wide for it, or the record's encoding lacks one of its characters.
 */
export function editRecord(
  record: Uint8Array,
  edits: readonly CellEdit[],
  layout: Layout,
  encoding: FileEncoding | null,
): EditedRecord | null {
  const own = detectEncoding(record, encoding);
  return layout.format === 'fixed'
    ? editFixed(record, edits, layout, own, encoding)
    : editDelimited(record, edits, layout, own);
}

/** Where a value stands among the bytes of its record, delimiters not included. */
interface Span {
  readonly start: number;
  readonly end: number;
}

function editDelimited(
  record: Uint8Array,
  edits: readonly CellEdit[],
  layout: DelimitedLayout,
  encoding: Encoding,
): EditedRecord | null {
  const spans = findSpans(record, layout);
  const quote = layout.quote?.charCodeAt(0);
  const replaced: { readonly span: Span; readonly bytes: Uint8Array }[] = [];
  const before: string[] = [];
  for (const { column, value } of edits) {
    const span = spans[column];
    if (span === undefined) return null;
    const old = decodeText(record.subarray(span.start, span.end), encoding);
    const isQuoted = span.end > span.start && record[span.start] === quote;
    const cell = isQuoted ? quoteWhole(value, layout) : quoteCell(value, layout);
    const bytes = encodeText(cell, encoding);
    if (bytes === null) return null;
    before.push((isQuoted ? withoutQuotes(old, layout) : old).trim());
    replaced.push({ span, bytes });
  }
  return { bytes: splice(record, replaced), before, after: edits.map(({ value }) => value) };
}

/** What a cell in quotes holds. */
function withoutQuotes(cell: string, { quote, escape: escaping }: DelimitedLayout): string {
  const text = cell.replace(/\s+$/, '').slice(1, -1);
  return text.replaceAll((escaping ?? quote!) + quote!, quote!);
}

/** A cell in quotes whatever it holds, as the one was that it replaces. */
function quoteWhole(value: string, { quote, escape: escaping }: DelimitedLayout): string {
  const doubled = escaping ?? quote!;
  return quote! + value.replaceAll(quote!, doubled + quote!) + quote!;
}

function findSpans(record: Uint8Array, { delimiter, quote, escape: escaping }: DelimitedLayout): Span[] {
  const [end, mark, skip] = [delimiter, quote, escaping].map((character) => character?.charCodeAt(0) ?? -1);
  const spans: Span[] = [];
  for (let start = 0; start <= record.length; ) {
    let at = start;
    if (record[at] === mark) {
      for (at++; at < record.length; at++) {
        if (record[at] === skip) at++;
        else if (record[at] === mark && skip === -1 && record[at + 1] === mark) at++;
        else if (record[at] === mark) break;
      }
    }
    while (at < record.length && record[at] !== end) at += record[at] === skip ? 2 : 1;
    spans.push({ start, end: Math.min(at, record.length) });
    start = at + 1;
  }
  return spans;
}

function splice(record: Uint8Array, parts: readonly { readonly span: Span; readonly bytes: Uint8Array }[]): Uint8Array {
  const sorted = [...parts].sort((a, b) => a.span.start - b.span.start);
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { span, bytes } of sorted) {
    pieces.push(record.subarray(at, span.start), bytes);
    at = span.end;
  }
  return joinBytes([...pieces, record.subarray(at)]);
}

/** Widths count characters where the reader counts them so: then the record is written anew from its characters. */
function editFixed(
  record: Uint8Array,
  edits: readonly CellEdit[],
  layout: FixedLayout,
  encoding: Encoding,
  fileEncoding: FileEncoding | null,
): EditedRecord | null {
  const columns = columnsOfWidths(layout.fields.map(({ width }) => width!));
  const text = decodeText(record, encoding);
  const characters = [...text];
  const inCharacters =
    encoding !== 'ascii' && countsCharacters(characters.length, columns, unitOf(layout), fileEncoding);
  const units: (string | number)[] = inCharacters ? characters : [...record];
  const before: string[] = [];
  const after: string[] = [];
  for (const { column, value, shorter } of edits) {
    const width = layout.fields[column]?.width;
    const cell = width !== undefined && value.length > width ? (shorter ?? value) : value;
    const written: readonly (string | number)[] | null = inCharacters ? [...cell] : listOf(encodeText(cell, encoding));
    if (width === undefined || written === null || written.length > width) return null;
    after.push(cell);
    const start = columns.offsets[column]!;
    while (units.length < start + width) units.push(inCharacters ? ' ' : 32);
    const old = units.slice(start, start + width);
    before.push((inCharacters ? old.join('') : decodeText(Uint8Array.from(old as number[]), encoding)).trim());
    const padding = new Array<string | number>(width - written.length).fill(inCharacters ? ' ' : 32);
    units.splice(start, width, ...written, ...padding);
  }
  const bytes = inCharacters ? encodeText(units.join(''), encoding) : Uint8Array.from(units as number[]);
  return bytes === null ? null : { bytes, before, after };
}

function listOf(bytes: Uint8Array | null): readonly number[] | null {
  return bytes === null ? null : [...bytes];
}
