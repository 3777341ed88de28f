/** CDC's text: from bytes to characters, and from lines to cells. */
import { tidyText } from '../normalize/text.js';
import { decodeText, detectEncoding, UNDECODABLE } from '../read/decode.js';
import { detectUtf16 } from '../read/utf16.js';
import { CdcFault } from './problem.js';
import { expandReferences } from './references.js';

/** The encodings that CDC's downloads have been seen in, or can be after somebody saved them again. */
export type CdcEncoding = 'UTF-16LE' | 'UTF-16BE' | 'UTF-8' | 'Windows-1252';

const SAVE_AGAIN = 'Download it from CDC again, and give it as it is.';

/**
 * The text of a file, by its byte order mark, or its zero bytes, or as UTF-8 if it is that, and else as Windows-1252.
 * Each file is judged by itself: CDC has published them in different encodings on one day.
 * @throws CdcFault when the bytes are no text
 */
export function decodeCdcText(bytes: Uint8Array): { readonly text: string; readonly encoding: CdcEncoding } {
  const utf16 = detectUtf16(bytes.subarray(0, 1 << 16));
  if (utf16 !== null) {
    const encoding = utf16 === 'utf-16le' ? 'UTF-16LE' : 'UTF-16BE';
    try {
      return { text: new TextDecoder(utf16, { fatal: true }).decode(bytes), encoding };
    } catch {
      throw new CdcFault(null, `damaged: it begins in ${encoding} and does not end in it`, SAVE_AGAIN);
    }
  }
  if (bytes.includes(0)) throw new CdcFault(null, 'no text: it holds zero bytes', SAVE_AGAIN);
  const found = detectEncoding(bytes);
  const text = decodeText(bytes, found).replace(/^\ufeff/, '');
  if (text.includes(UNDECODABLE)) {
    const line = lineAt(text, text.indexOf(UNDECODABLE));
    throw new CdcFault(line, 'bytes that are a character in neither UTF-8 nor Windows-1252', SAVE_AGAIN);
  }
  return { text, encoding: found === 'windows-1252' ? 'Windows-1252' : 'UTF-8' };
}

/** The line, from 1, on which a character stands. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** A line of a delimited file, its cells as they stand. */
export interface CdcLine {
  /** From 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The lines of a delimited file that hold anything. The bar alone divides: CDC's prose has commas and quotes in it. */
export function splitLines(text: string): CdcLine[] {
  return text.split(/\r\n|\n|\r/).flatMap((line, index) => {
    return line.trim() === '' ? [] : [{ line: index + 1, cells: line.split('|') }];
  });
}

/**
 * A cell as it is meant: without the blanks that fill it up, with one blank where there are several or a line ends, and
 * with the characters that references stand for, which CDC has written in their stead, and also twice over.
 */
export function tidyCell(cell: string): string {
  return tidyText(expandReferences(cell));
}
