/**
 * Turns bytes into text: UTF-8, and Windows-1252 for a record that is not UTF-8.
 *
 * Each record is judged by itself, so that a file joined from two exports reads right in both halves. It is not where the
 * encoding of the file is known: from its mark or its zero bytes (UTF-16), or because the user says so.
 */
import { isUtf16, type Utf16 } from './utf16.js';

/**
 * What the bytes 80-9F mean in Windows-1252; 0 where they mean nothing (WHATWG Encoding Standard, index windows-1252).
 * Not left to `TextDecoder`, because Node 20 leaves these bytes as control characters.
 */
const WINDOWS_1252 = [
  0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0,
  0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
];

/** Stands for a byte that means nothing. */
export const UNDECODABLE = '\ufffd';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const bytewise = new TextDecoder('latin1');

/** A byte order mark in UTF-8. */
export const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf];

/** The place behind the byte order marks at `start`, if there are any before `end`; there are several where files are empty. */
export function behindByteOrderMarks(bytes: Uint8Array, start: number, end: number): number {
  const { length } = BYTE_ORDER_MARK;
  let at = start;
  while (at + length <= end && BYTE_ORDER_MARK.every((byte, i) => bytes[at + i] === byte)) at += length;
  return at;
}

/** The encodings a record can be in. Pure ASCII is `ascii`, since it is the same in both others. */
export type Encoding = 'ascii' | 'utf-8' | 'windows-1252';

/** The encodings a file can be said to be in. */
export type FileEncoding = 'utf-8' | 'windows-1252' | Utf16;

/** All of them, in the order in which they are offered. */
export const FILE_ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const satisfies FileEncoding[];

/**
 * The encoding of a record's bytes. `file` is that of the file, `null` if each record is judged by itself; what was
 * UTF-16 in the file is UTF-8 here.
 */
export function detectEncoding(bytes: Uint8Array, file: FileEncoding | null = null): Encoding {
  let high = 0;
  for (let i = 0; i < bytes.length; i++) high |= bytes[i]!;
  if (high < 0x80) return 'ascii';
  if (file !== null) return isUtf16(file) ? 'utf-8' : file;
  try {
    utf8.decode(bytes);
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

/** The text of bytes in a known encoding. Bytes without meaning become {@link UNDECODABLE}. */
export function decodeText(bytes: Uint8Array, encoding: Encoding): string {
  if (encoding !== 'windows-1252') {
    try {
      return utf8.decode(bytes);
    } catch {
      // Bytes that are no UTF-8 though the file is; or a field cut out of the middle of a character, as in fixed-width
      // rows that count bytes.
      return lenientUtf8.decode(withoutHalfPairs(bytes));
    }
  }
  let text = '';
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte < 0x80 || byte > 0x9f) text += String.fromCharCode(byte);
    else {
      const character = WINDOWS_1252[byte - 0x80]!;
      text += character === 0 ? UNDECODABLE : String.fromCharCode(character);
    }
  }
  return text;
}

/** The bytes of a text in a known encoding; `null` where it has a character that the encoding lacks. */
export function encodeText(text: string, encoding: Encoding): Uint8Array | null {
  if (encoding === 'utf-8') return new TextEncoder().encode(text);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const high = code < 0x80 ? -1 : WINDOWS_1252.indexOf(code);
    if (code < 0x80) bytes[i] = code;
    else if (encoding === 'ascii') return null;
    else if (high >= 0) bytes[i] = 0x80 + high;
    else if (code > 0x9f && code < 0x100) bytes[i] = code;
    else return null;
  }
  return bytes;
}

/** Half a surrogate pair, which has three bytes, is one character without meaning and not three. */
function withoutHalfPairs(bytes: Uint8Array): Uint8Array {
  let own: Uint8Array | null = null;
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] !== 0xed || bytes[i + 1]! < 0xa0) continue;
    own ??= bytes.slice();
    own.set([0xef, 0xbf, 0xbd], i);
  }
  return own ?? bytes;
}

/** The bytes as a string of the same length, one character per byte; right as text only where they are ASCII. */
export function decodeBytewise(bytes: Uint8Array): string {
  return bytewise.decode(bytes);
}
