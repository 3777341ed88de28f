/** Fields of delimited records. */
import Papa from 'papaparse';
import type { DelimitedLayout } from '../spec.js';
import { HASH_FACTOR } from './byte-cache.js';
import { splitEscapedRecord } from './escaped.js';
import { BLANK, type FieldBounds, growFieldBounds, setField } from './fields.js';

/** Finds the fields of a record without quotes that lies at `start` to `end` in the bytes. Looks at each byte once. */
export function splitPlainRecord(
  bytes: Uint8Array,
  start: number,
  end: number,
  delimiter: number,
  bounds: FieldBounds,
): void {
  let { starts, ends, hashes } = bounds;
  let count = 0;
  let fieldStart = start;
  let hash = 0;
  let high = 0;
  let low = 0;
  for (let at = start; ; at++) {
    const byte = at < end ? bytes[at]! : delimiter;
    if (byte !== delimiter) {
      hash = Math.imul(hash ^ byte, HASH_FACTOR);
      high |= byte;
      low |= byte - BLANK;
      continue;
    }
    if (at > fieldStart && (bytes[fieldStart]! <= BLANK || bytes[at - 1]! <= BLANK)) {
      setField(bytes, bounds, count, fieldStart, at);
    } else {
      starts[count] = fieldStart;
      ends[count] = at;
      hashes[count] = hash;
    }
    count++;
    if (at >= end) break;
    if (count === starts.length) {
      growFieldBounds(bounds);
      ({ starts, ends, hashes } = bounds);
    }
    fieldStart = at + 1;
    hash = 0;
  }
  bounds.count = count;
  bounds.ascii = high < 0x80;
  bounds.hasControls = low < 0;
}

/** The bytes that divide the records of a layout, as the cutter wants them. */
export function separatorsOf({ delimiter, quote, escape: escaping }: DelimitedLayout): {
  readonly delimiter: number;
  readonly quote: number | null;
  readonly escape: number | null;
} {
  return {
    delimiter: delimiter.charCodeAt(0),
    quote: quote === null ? null : quote.charCodeAt(0),
    escape: escaping === undefined ? null : escaping.charCodeAt(0),
  };
}

/** The fields of well-formed records with quotes or escapes, these taken off. */
export function splitRecords(records: readonly string[], layout: DelimitedLayout): string[][] {
  const { delimiter, quote, escape: escaping } = layout;
  if (escaping === undefined) return splitQuotedRecords(records, delimiter, quote!);
  return records.map((record) => splitEscapedRecord(record, delimiter, quote, escaping));
}

/**
 * The fields of well-formed records with quotes, their quotes taken off.
 *
 * papaparse reads them all at once, which costs a tenth of reading one by one. Its rows must be as many as the records;
 * should they ever not be, each record is read by itself, so that no record can take a field of another.
 */
export function splitQuotedRecords(records: readonly string[], delimiter: string, quote: string): string[][] {
  const together = parse(records.join('\n'), delimiter, quote);
  if (together.length === records.length) return together;
  return records.map((record) => parse(record, delimiter, quote)[0] ?? []);
}

function parse(text: string, delimiter: string, quote: string): string[][] {
  return Papa.parse<string[]>(text, { delimiter, quoteChar: quote, newline: '\n' }).data;
}
