/** The fields of one record: where they lie in its bytes, and what they say. */
import { hashBytes } from './byte-cache.js';
import { decodeText, detectEncoding, type Encoding, type FileEncoding } from './decode.js';

/** The byte of a blank; those below are control characters. */
export const BLANK = 32;

/**
 * Where the fields of the record under way lie, surrounding blanks and control characters left out. One object serves
 * all records of a block: making bounds anew for each record would cost more than finding them.
 */
export interface FieldBounds {
  starts: Int32Array;
  ends: Int32Array;
  /** The hash of each field's bytes, as {@link hashBytes} has it. */
  hashes: Int32Array;
  count: number;
  /** Whether all bytes of the record are below 128. */
  ascii: boolean;
  /** Whether the record holds bytes below 32. */
  hasControls: boolean;
}

/** Bounds with room for `room` fields; they grow when a record has more. */
export function createFieldBounds(room: number): FieldBounds {
  return {
    starts: new Int32Array(room),
    ends: new Int32Array(room),
    hashes: new Int32Array(room),
    count: 0,
    ascii: true,
    hasControls: false,
  };
}

/** Writes down field number `index`, its blanks left out. */
export function setField(bytes: Uint8Array, bounds: FieldBounds, index: number, start: number, end: number): void {
  let from = start;
  let to = end;
  while (from < to && bytes[from]! <= BLANK) from++;
  while (to > from && bytes[to - 1]! <= BLANK) to--;
  bounds.starts[index] = from;
  bounds.ends[index] = to;
  bounds.hashes[index] = hashBytes(bytes, from, to);
}

/** A field's text without surrounding blanks and control characters, as {@link setField} leaves them out. */
export function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && text.charCodeAt(from) <= BLANK) from++;
  while (to > from && text.charCodeAt(to - 1) <= BLANK) to--;
  return text.slice(from, to).trim();
}

/** Makes room for twice as many fields. */
export function growFieldBounds(bounds: FieldBounds): void {
  const grow = (from: Int32Array): Int32Array<ArrayBuffer> => {
    const to = new Int32Array(from.length * 2);
    to.set(from);
    return to;
  };
  bounds.starts = grow(bounds.starts);
  bounds.ends = grow(bounds.ends);
  bounds.hashes = grow(bounds.hashes);
}

/** Reads one record's bytes as text, by the encoding of the file or, where that is `null`, of this record. */
export function readRecordText(
  bytes: Uint8Array,
  start: number,
  end: number,
  file: FileEncoding | null,
): { text: string; encoding: Encoding } {
  const own = bytes.subarray(start, end);
  const encoding = detectEncoding(own, file);
  return { text: decodeText(own, encoding), encoding };
}
