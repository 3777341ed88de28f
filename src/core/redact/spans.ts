/** The characters of a record, and which of them each of its columns has. */

import type { TransformPlan } from '../plan.js';
import { RecordShape } from '../read/blocks.js';
import { detectEncoding, type Encoding } from '../read/decode.js';
import { countsCharacters } from '../read/fixed.js';
import { isUtf16 } from '../read/utf16.js';
import type { DelimitedLayout, Layout } from '../spec.js';
import { isReplaced } from './alike.js';

/** A record as characters, each with the place of its bytes. */
export interface RecordCharacters {
  readonly characters: readonly string[];
  /** Where each begins in the bytes of the record; one more for the end. */
  readonly offsets: readonly number[];
  readonly encoding: Encoding;
}

/** A column of a record: from one character up to another. */
export interface CellSpan {
  readonly start: number;
  readonly end: number;
}

/** The characters of some bytes. Bytes that are none of the encoding are characters of their own, which nobody replaces. */
export function charactersOf(bytes: Uint8Array, plan: Pick<TransformPlan, 'encoding'>): RecordCharacters {
  const encoding = detectEncoding(bytes, plan.encoding);
  const characters: string[] = [];
  const offsets: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    offsets.push(at);
    const length = encoding === 'utf-8' ? utf8Length(bytes, at) : 1;
    characters.push(decodeOne(bytes, at, length, encoding));
    at += length;
  }
  return { characters, offsets: [...offsets, bytes.length], encoding };
}

/** Bytes of the character at a place; 1 where none begins there. */
function utf8Length(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  for (let i = 1; i < length; i++) if (at + i >= bytes.length || (bytes[at + i]! & 0xc0) !== 0x80) return 1;
  return length;
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });
const NO_CHARACTER = '\ufffd';

function decodeOne(bytes: Uint8Array, at: number, length: number, encoding: Encoding): string {
  const byte = bytes[at]!;
  if (byte < 0x80) return String.fromCharCode(byte);
  if (encoding === 'windows-1252') return CHARACTERS_OF_1252.get(byte) ?? NO_CHARACTER;
  const text = length === 1 ? NO_CHARACTER : UTF8.decode(bytes.subarray(at, at + length));
  return [...text].length === 1 ? text : NO_CHARACTER;
}

/** Letters of Windows-1252 above ASCII. */
const CHARACTERS_OF_1252: ReadonlyMap<number, string> = new Map([
  ...[[0x8a, 'Š'], [0x8c, 'Œ'], [0x8e, 'Ž'], [0x9a, 'š'], [0x9c, 'œ'], [0x9e, 'ž'], [0x9f, 'Ÿ']] as [number, string][],
  ...Array.from({ length: 0x40 }, (_, i): [number, string] => [0xc0 + i, String.fromCharCode(0xc0 + i)]),
]); // biome-ignore format: a table
const BYTES_OF_1252: ReadonlyMap<string, number> = new Map([...CHARACTERS_OF_1252].map(([byte, text]) => [text, byte]));

const ENCODER = new TextEncoder();

/** The bytes of a character in the encoding of a record; `null` where it has none. */
export function encodeOne(character: string, encoding: Encoding): Uint8Array | null {
  if (character.length === 1 && character.charCodeAt(0) < 0x80) return Uint8Array.of(character.charCodeAt(0));
  if (encoding === 'utf-8') return ENCODER.encode(character);
  const byte = BYTES_OF_1252.get(character);
  return byte === undefined ? null : Uint8Array.of(byte);
}

/** The columns of a record, with their quotes and blanks. */
export function spansOf(
  { characters, offsets, encoding }: RecordCharacters,
  shape: number,
  plan: TransformPlan,
): CellSpan[] {
  const { layout, fixed } = plan;
  if (fixed === null) return delimitedSpans(characters, layout as DelimitedLayout);
  const width = offsets[offsets.length - 1]!;
  const unit = shape === RecordShape.inCharacters ? 'characters' : plan.widths;
  // As records are read: where bytes fit, characters need not be counted.
  const mayCount = encoding !== 'ascii' && (width !== fixed.width || isUtf16(plan.encoding) || unit === 'characters');
  const counts = mayCount && countsCharacters(characters.length, fixed, unit, plan.encoding);
  const placeOf = (offset: number): number => {
    if (counts) return Math.min(offset, characters.length);
    const place = offsets.findIndex((each) => each >= offset);
    return place < 0 ? characters.length : Math.min(place, characters.length);
  };
  return fixed.offsets
    .slice(0, -1)
    .map((offset, i) => ({ start: placeOf(offset), end: placeOf(fixed.offsets[i + 1]!) }));
}

function delimitedSpans(
  characters: readonly string[],
  { delimiter, quote, escape: escaping }: DelimitedLayout,
): CellSpan[] {
  const spans: CellSpan[] = [];
  let start = 0;
  let inQuotes = false;
  for (let at = 0; at <= characters.length; at++) {
    const character = characters[at];
    if (character !== undefined && character === escaping) at++;
    else if (inQuotes) {
      // Of two quotes, the first closes and the second opens again.
      if (character === quote) inQuotes = false;
    } else if (character === quote && quote !== null && (at === start || characters[at - 1] === quote)) inQuotes = true;
    else if (character === delimiter || character === undefined) {
      spans.push({ start, end: at });
      start = at + 1;
    }
  }
  return spans;
}

/** A cell without its quotes and escapes. */
export function unquoted(text: string, layout: Layout): string {
  if (layout.format === 'fixed') return text;
  const { quote, escape: escaping } = layout;
  let value = text;
  if (quote !== null && value.startsWith(quote)) {
    const end = value.lastIndexOf(quote);
    value = value.slice(1, end > 0 ? end : undefined).replaceAll(quote + quote, quote);
  }
  if (escaping === undefined) return value;
  let plain = '';
  for (let at = 0; at < value.length; at++) plain += value[at] === escaping ? (value[++at] ?? '') : value[at];
  return plain;
}

/** Puts the letters and digits of a text in the places of those of a cell. */
export function putInto(characters: string[], { start, end }: CellSpan, text: string): void {
  const replaced = [...text].filter(isReplaced);
  let next = 0;
  for (let at = start; at < end; at++)
    if (isReplaced(characters[at]!)) characters[at] = replaced[next++] ?? characters[at]!;
}

/** The bytes of a record of which some characters were replaced. One that has not as many bytes stays. */
export function encodeRecord(
  bytes: Uint8Array,
  { characters, offsets, encoding }: RecordCharacters,
  replaced: readonly string[],
): Uint8Array {
  const result = bytes.slice();
  for (let at = 0; at < characters.length; at++) {
    if (characters[at] === replaced[at]) continue;
    const own = encodeOne(replaced[at]!, encoding);
    if (own !== null && own.length === offsets[at + 1]! - offsets[at]!) result.set(own, offsets[at]!);
  }
  return result;
}
