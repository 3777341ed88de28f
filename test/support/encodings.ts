/** Text in the encodings that senders use. */
import type { Utf16 } from '../../src/core/read/utf16.js';

/** Text in UTF-16, half surrogate pairs and all. A byte order mark is a part of the text. */
export function utf16(text: string, encoding: Utf16 = 'utf-16le'): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return encoding === 'utf-16le' ? bytes : bytes.swap16();
}

/** Text in Latin-1, which is Windows-1252 but for the bytes 80-9F. */
export function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
