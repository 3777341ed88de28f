/**
 * Reject files: the records that were not loaded, with their original bytes, ready to be corrected and loaded.
 *
 * A delimited record gets three more columns that say why and where from; the loader ignores them when the file comes
 * back. A fixed-width record stays as it is, and a CSV file beside it says why.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { CATALOGUE, type IssueCode } from '../core/catalogue.js';
import { isRequired } from '../core/framing.js';
import type { PatientLine } from '../core/read/blocks.js';
import type { FileEncoding } from '../core/read/decode.js';
import { REJECT_MARK } from '../core/read/frame.js';
import { encodeUtf16, isUtf16 } from '../core/read/utf16.js';
import { type Layout, ORIGIN_PREFIX, REJECT_COLUMNS } from '../core/spec.js';
import { CsvReport, type ReportFolder } from './reports.js';

/** What the reject file of an input has to look like. */
export interface RejectLayout {
  /** Name of the input. */
  readonly name: string;
  readonly layout: Layout;
  /** What the whole input is encoded in, `null` if its records differ. Records come as the UTF-8 that UTF-16 became. */
  readonly encoding: FileEncoding | null;
  /** The input's header, `null` if it has none. */
  readonly headerBytes: Uint8Array | null;
  readonly byteOrderMark: boolean;
  readonly lineEnd: string;
}

/** A record that was not loaded. */
export interface Reject {
  readonly bytes: Uint8Array;
  readonly record: number;
  readonly line: number;
  readonly codes: readonly IssueCode[];
  /** For a line of a tagged file: the patient that it stands under, itself if it is one, `null` if there is none. */
  readonly under?: PatientLine | null;
}

const BUFFER_BYTES = 1 << 16;

/** The reject file of one input. It is made when the first record comes. */
export class RejectFile {
  readonly #folder: ReportFolder;
  readonly #name: string;
  readonly #input: RejectLayout;
  readonly #delimiter: string | null;
  #file: number | null = null;
  #reasons: CsvReport | null = null;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** The patient under whom the last line of a tagged file was written, by its record; 0 for none. */
  #patient = -1;
  count = 0;

  /** `name` is the reject file's own name, which differs from the input's when two inputs share theirs. */
  constructor(folder: ReportFolder, name: string, input: RejectLayout) {
    this.#folder = folder;
    this.#name = name;
    this.#input = input;
    this.#delimiter = input.layout.format === 'delimited' ? input.layout.delimiter : null;
  }

  async add(reject: Reject): Promise<void> {
    if (this.#file === null) this.#open();
    this.count++;
    if (reject.under !== undefined) this.#writePatient(reject.under, reject.record);
    if (this.#delimiter === null) {
      this.#write(reject.bytes, encode(this.#input.lineEnd));
      await this.#reasons!.write([reject.record, reject.line, reject.codes.join(' '), fixesOf(reject.codes)]);
      return;
    }
    const { bytes, origin } = withoutRejectColumns(reject.bytes, this.#delimiter);
    const cells = [
      reject.codes.join(' '),
      fixesOf(reject.codes),
      origin ?? `${ORIGIN_PREFIX}${this.#input.name}:${reject.record}:${reject.line}`,
    ];
    this.#write(bytes, encode(this.#escapeAtEnd(bytes) + this.#columns(cells) + this.#input.lineEnd));
  }

  /**
   * At the end of a record, an escape is a character like any other; before a delimiter it must be escaped. A record that
   * has been here before ends in two, and gets no third.
   */
  #escapeAtEnd(bytes: Uint8Array): string {
    const { layout } = this.#input;
    const escaping = layout.format === 'delimited' ? layout.escape : undefined;
    if (escaping === undefined) return '';
    let start = bytes.length;
    while (bytes[start - 1] === escaping.charCodeAt(0)) start--;
    return (bytes.length - start) % 2 === 1 ? escaping : '';
  }

  /**
   * Begins with the lines of a patient: with a mark, so that no dose can slip to the patient before, and for a dose with
   * the line of its patient, which may have been loaded.
   */
  #writePatient(patient: PatientLine | null, record: number): void {
    const number = patient?.record ?? 0;
    if (number === this.#patient) return;
    this.#patient = number;
    const lineEnd = encode(this.#input.lineEnd);
    this.#write(encode(REJECT_MARK), lineEnd);
    if (patient !== null && number !== record) this.#write(patient.bytes, lineEnd);
  }

  /** More columns at the end of a record, in ASCII and free of delimiters and quotes. */
  #columns(cells: readonly string[]): string {
    const delimiter = this.#delimiter!;
    const { layout } = this.#input;
    const escaping = (layout.format === 'delimited' ? layout.escape : undefined) ?? delimiter;
    const plain = (cell: string): string => toAscii(cell).replaceAll(delimiter, ' ').replaceAll(escaping, ' ');
    return cells.map((cell) => delimiter + plain(cell).replaceAll('"', "'")).join('');
  }

  #open(): void {
    const folder = this.#folder.fileIn('rejects');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#file = openSync(this.#folder.fileIn('rejects', this.#name), 'wx', 0o600);
    if (this.#delimiter === null) {
      this.#reasons = new CsvReport(this.#folder.fileIn('rejects', `${this.#name}.why.csv`), [
        'record',
        'line',
        'codes',
        'fix',
      ]);
    }
    if (this.#input.byteOrderMark) this.#write(Uint8Array.of(0xef, 0xbb, 0xbf));
    if (needsMark(this.#input.layout)) this.#write(encode(REJECT_MARK + this.#input.lineEnd));
    if (this.#input.headerBytes !== null) {
      const header = withoutHeaderColumns(this.#input.headerBytes, this.#delimiter!);
      this.#write(header, encode(this.#escapeAtEnd(header) + this.#columns(REJECT_COLUMNS) + this.#input.lineEnd));
    }
  }

  #write(...parts: Uint8Array[]): void {
    for (const part of parts) {
      this.#pending.push(part.slice());
      this.#pendingBytes += part.length;
    }
    if (this.#pendingBytes >= BUFFER_BYTES) this.#flush();
  }

  #flush(): void {
    const pending = Buffer.concat(this.#pending);
    const { encoding } = this.#input;
    const bytes = isUtf16(encoding) ? encodeUtf16(pending, encoding) : pending;
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#file!, bytes, written);
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  async close(): Promise<void> {
    const file = this.#file;
    if (file === null) return;
    try {
      this.#flush();
    } finally {
      this.#file = null;
      closeSync(file);
      await this.#reasons?.close();
    }
  }
}

/** Whether files without a header or trailer record are refused, but for reject files. */
function needsMark({ headerRecord, trailerRecord, lines }: Layout): boolean {
  // A tagged file has a mark above each patient.
  return lines === undefined && (isRequired(headerRecord) || isRequired(trailerRecord));
}

function encode(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

/** Typographic characters of our own texts as ASCII, so that they fit a file of any encoding. */
function toAscii(text: string): string {
  return text
    .replace(/[‘’]/g, "'")
    .replace(/[“”]/g, "'")
    .replace(/[–—]/g, '-')
    .replace(/…/g, '...')
    .replace(/[^\x20-\x7e]/g, '?');
}

/** What to do about the codes, once each. */
function fixesOf(codes: readonly IssueCode[]): string {
  return [...new Set(codes.map((code) => CATALOGUE[code].fix))].join(' / ');
}

/** Where the last three fields begin; -1 if there are not so many. Our own columns hold no quotes and no delimiters. */
function lastColumnsStart(bytes: Uint8Array, delimiter: string): number {
  let at = bytes.length;
  for (let column = 0; column < REJECT_COLUMNS.length; column++) {
    at = bytes.lastIndexOf(delimiter.charCodeAt(0), at - 1);
    if (at <= 0) return -1;
  }
  return at;
}

/** A record that was rejected before, without the columns it got then, and where it came from first. */
function withoutRejectColumns(bytes: Uint8Array, delimiter: string): { bytes: Uint8Array; origin: string | null } {
  const start = lastColumnsStart(bytes, delimiter);
  if (start < 0) return { bytes, origin: null };
  const last = Buffer.from(bytes.subarray(bytes.lastIndexOf(delimiter.charCodeAt(0)) + 1))
    .toString('latin1')
    .trim();
  return last.startsWith(ORIGIN_PREFIX) ? { bytes: bytes.subarray(0, start), origin: last } : { bytes, origin: null };
}

function withoutHeaderColumns(header: Uint8Array, delimiter: string): Uint8Array {
  const start = lastColumnsStart(header, delimiter);
  if (start < 0) return header;
  const names = Buffer.from(header.subarray(start + 1))
    .toString('latin1')
    .split(delimiter)
    .map((name) => name.trim());
  return names.join() === REJECT_COLUMNS.join() ? header.subarray(0, start) : header;
}
