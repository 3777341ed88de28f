/**
 * Cuts a stream of bytes into records, without looking at what they say.
 *
 * Every position that a report shows is fixed here: the number of the record, its first line and its byte offset. A
 * record ends at CR LF, LF or a lone CR outside quotes. A quote opens a value only at the start of a field. Where the
 * cut falls between two chunks of input makes no difference to the records or to the blocks. Where files were joined, the
 * byte order mark of the next one stands before one of its records, and is no part of it.
 */
import { BYTE_ORDER_MARK, behindByteOrderMarks } from './decode.js';
import { findEscapedEnd, type Reach, type Separators } from './escaped.js';
import { type Frame, LineKind } from './frame.js';
import { countUtf16 } from './utf16.js';

const LF = 10;
const CR = 13;
const CTRL_Z = 26;

/** How a record came out of the cutter. */
export const RecordShape = {
  /** No quotes: its fields can be cut at the delimiters as they stand. */
  plain: 0,
  /** Quotes in it, and all of them make sense; it may run over several lines. */
  quoted: 1,
  /** A quote was opened and never closed; the record is that line alone. */
  quoteNotClosed: 2,
  /** Text stands behind a closing quote; the record is that line alone. */
  quoteMisplaced: 3,
  /** Of fixed width, and cut out of its line by counting characters: its columns are found so, too. */
  inCharacters: 4,
} as const;

/** Whole records of one file, in order. */
export interface Block {
  /** Number of the block in its file, from 0. */
  readonly seq: number;
  /** The bytes of the records, with the line ends and blank lines between them. */
  readonly bytes: Uint8Array;
  /** Where `bytes` begins in the text that was cut, in bytes. */
  readonly offset: number;
  /** Number of the first record, from 1; skipped records at the top are not counted. */
  readonly firstRecord: number;
  readonly count: number;
  /** Begin of each record in `bytes`. */
  readonly starts: Uint32Array;
  /** End of each record in `bytes`, its line end excluded. */
  readonly ends: Uint32Array;
  /** First line of each record in the file, from 1. */
  readonly lines: Uint32Array;
  /** One of {@link RecordShape} for each record. */
  readonly shapes: Uint8Array;
  /** One of `LineKind` for each record of a tagged file; `null` for all other files. */
  readonly kinds: Uint8Array | null;
  /** The patient of the doses at the beginning of the block, `null` where there is none. */
  readonly above: PatientLine | null;
  /** Begin of each record in the file, in bytes; `null` where the text that was cut is the file byte by byte. */
  readonly origins: Float64Array | null;
}

/** The line of a patient above the records of a block, and what is known of it. */
export interface PatientLine {
  readonly bytes: Uint8Array;
  /** Number of the record. */
  readonly record: number;
  /** One of {@link RecordShape}. */
  readonly shape: number;
}

/** Where a record of a block begins in the file, in bytes. */
export function recordOffset(block: Block, index: number): number {
  return block.origins === null ? block.offset + block.starts[index]! : block.origins[index]!;
}

export interface CutterOptions {
  /** Byte between fields; `null` for fixed-width records. */
  readonly delimiter: number | null;
  /** Byte that quotes a field; `null` when there are no quotes. */
  readonly quote: number | null;
  /** Byte that takes the meaning of the next one away; `null`, the default, where quotes in quotes are doubled. */
  readonly escape?: number | null;
  /** Fields of a whole record, `null` if not known. A quoted field runs over a line end only if that completes a record. */
  readonly fieldCount: number | null;
  /** Fields that a whole record may have on top of these: all of them or none. */
  readonly extraFields?: number;
  /** Whether a whole record may have any number of fields on top. */
  readonly mayBeLonger?: boolean;
  /** Records at the top that are not data (a header): left out of the blocks and of the numbering. */
  readonly skipRecords?: number;
  /** Size in bytes at which a block is closed. */
  readonly blockBytes?: number;
  /** Takes the lines that are no records; `null`, the default, where all are. */
  readonly frame?: Frame | null;
  /** Whether the text was transcoded from UTF-16, so that the places of records in the file must be counted. */
  readonly fromUtf16?: boolean;
}

const DEFAULT_BLOCK_BYTES = 1 << 19;
/** How far a record with quotes may run over line ends before its quote counts as never closed. */
const MAX_QUOTED_BYTES = 1 << 20;
const INITIAL_ROOM = 1024;
/** No line end within this many bytes: this is no file of records. */
export const MAX_LINE_BYTES = 1 << 26;

/** What a record with quotes turned out to be: where it ends, or that more input is needed to tell. */
type QuotedEnd = { shape: number; end: number; lineEnds: number } | 'need more';

/** Cuts one file. Push its chunks in order, then call `end`. */
export class RecordCutter {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  readonly #fieldCount: number | null;
  readonly #extraFields: number;
  readonly #mayBeLonger: boolean;
  readonly #blockBytes: number;
  readonly #frame: Frame | null;
  readonly #fromUtf16: boolean;
  readonly #reach: Reach;
  #recordsToSkip: number;

  /** The input from the start of the current block on; `#length` bytes of it are filled. */
  #input: Uint8Array = new Uint8Array(0);
  #length = 0;
  /** Where `#input` begins in the text, and where in the file it was transcoded from. */
  #offset = 0;
  #origin = 0;

  /** The record under way: where it begins, its line, and how far the search for its line end has come. */
  #recordStart = 0;
  #line = 1;
  #searched = 0;
  #sawQuote = false;

  #seq = 0;
  #nextRecord = 1;
  #count = 0;
  #starts = new Uint32Array(INITIAL_ROOM);
  #ends = new Uint32Array(INITIAL_ROOM);
  #lines = new Uint32Array(INITIAL_ROOM);
  #shapes = new Uint8Array(INITIAL_ROOM);
  #kinds: Uint8Array<ArrayBuffer>;
  #above: PatientLine | null = null;
  #ready: Block[] = [];

  constructor(options: CutterOptions) {
    this.#delimiter = options.delimiter ?? -1;
    this.#quote = options.delimiter === null ? -1 : (options.quote ?? -1);
    this.#escape = options.delimiter === null ? -1 : (options.escape ?? -1);
    this.#fieldCount = options.fieldCount;
    this.#extraFields = options.extraFields ?? 0;
    this.#mayBeLonger = options.mayBeLonger ?? false;
    this.#blockBytes = options.blockBytes ?? DEFAULT_BLOCK_BYTES;
    this.#frame = options.frame ?? null;
    this.#kinds = new Uint8Array(this.#frame?.isTagged === true ? INITIAL_ROOM : 0);
    this.#fromUtf16 = options.fromUtf16 ?? false;
    this.#recordsToSkip = options.skipRecords ?? 0;
    const fields = this.#fieldCount ?? Number.POSITIVE_INFINITY;
    const mostFields = this.#mayBeLonger ? Number.POSITIVE_INFINITY : fields + this.#extraFields;
    this.#reach = { bytes: MAX_QUOTED_BYTES, fields, mostFields };
  }

  /** Takes the next bytes of the file and gives the blocks that they complete; none behind an {@link endlessLine}. */
  push(chunk: Uint8Array): Block[] {
    if (this.endlessLine !== null) return [];
    this.#append(chunk);
    this.#cut(false);
    return this.#takeReady();
  }

  /** The line that does not end within {@link MAX_LINE_BYTES}, from 1; `null` as long as there is none. */
  get endlessLine(): number | null {
    return this.#length - this.#recordStart > MAX_LINE_BYTES ? this.#line : null;
  }

  /** Tells that the file is at its end, and gives the last blocks. */
  end(): Block[] {
    if (this.endlessLine !== null) return [];
    // DOS programs end a text with Ctrl-Z.
    while (this.#length > this.#recordStart && this.#input[this.#length - 1] === CTRL_Z) this.#length--;
    this.#searched = Math.min(this.#searched, this.#length);
    this.#cut(true);
    if (this.#count > 0) this.#closeBlock();
    this.#frame?.end();
    return this.#takeReady();
  }

  #takeReady(): Block[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#input.length) {
      const larger = new Uint8Array(Math.max(needed, this.#input.length * 2));
      larger.set(this.#input.subarray(0, this.#length));
      this.#input = larger;
    }
    this.#input.set(chunk, this.#length);
    this.#length = needed;
  }

  /** Cuts all records that are complete; at the end of the file, the last one too. */
  #cut(atEnd: boolean): void {
    while (this.#recordStart < this.#length) {
      const lineEnd = this.#findLineEnd(atEnd);
      if (lineEnd < 0) return;
      if (this.#input[this.#recordStart] === BYTE_ORDER_MARK[0]) {
        this.#recordStart = behindByteOrderMarks(this.#input, this.#recordStart, lineEnd);
      }
      if (this.#frame?.takes(this.#input, this.#recordStart, lineEnd, this.#line) === true) {
        this.#moveBehind(lineEnd, 1);
        continue;
      }
      if (!this.#sawQuote && this.#escape < 0) {
        this.#addRecord(lineEnd, RecordShape.plain, 1);
        continue;
      }
      const found = this.#escape < 0 ? this.#findQuotedEnd(lineEnd, atEnd) : this.#findEscapedEnd(lineEnd, atEnd);
      if (found === 'need more') return;
      this.#addRecord(found.end, found.shape, found.lineEnds);
    }
  }

  /** The next CR or LF, or the end of the file; -1 if more input is needed to know. */
  #findLineEnd(atEnd: boolean): number {
    const input = this.#input;
    const length = this.#length;
    const quote = this.#quote;
    let at = this.#searched;
    let sawQuote = this.#sawQuote;
    while (at < length) {
      const byte = input[at];
      if (byte === LF || byte === CR) break;
      if (byte === quote) sawQuote = true;
      at++;
    }
    this.#searched = at;
    this.#sawQuote = sawQuote;
    if (atEnd) return at;
    // A CR at the end of the input may be half of a CR LF.
    return at < length && !(input[at] === CR && at + 1 === length) ? at : -1;
  }

  /**
   * Follows the quotes of the record whose first line ends at `lineEnd`. A quoted value may hold line ends, but only if
   * the record comes out whole; else the quote was a mistake, and the record is its first line.
   */
  #findQuotedEnd(lineEnd: number, atEnd: boolean): QuotedEnd {
    const input = this.#input;
    const length = this.#length;
    const quote = this.#quote;
    const delimiter = this.#delimiter;
    const start = this.#recordStart;
    let at = start;
    let fields = 1;
    let lineEnds = 1;
    let fieldStart = true;
    while (at < length) {
      const byte = input[at];
      if (fieldStart && byte === quote) {
        at++;
        for (;;) {
          if (at >= length) {
            if (!atEnd && at - start <= MAX_QUOTED_BYTES) return 'need more';
            return { shape: RecordShape.quoteNotClosed, end: lineEnd, lineEnds: 1 };
          }
          const inner = input[at];
          if (inner === quote) {
            if (at + 1 === length && !atEnd) return 'need more';
            const next = at + 1 < length ? input[at + 1] : LF;
            if (next === quote) {
              at += 2;
              continue;
            }
            at++;
            if (next === delimiter || next === LF || next === CR) break;
            const shape = at <= lineEnd ? RecordShape.quoteMisplaced : RecordShape.quoteNotClosed;
            return { shape, end: lineEnd, lineEnds: 1 };
          }
          if (inner === LF || (inner === CR && input[at + 1] !== LF)) lineEnds++;
          at++;
          if (at - start > MAX_QUOTED_BYTES && at > lineEnd) {
            return { shape: RecordShape.quoteNotClosed, end: lineEnd, lineEnds: 1 };
          }
        }
        fieldStart = false;
        continue;
      }
      if (byte === LF || byte === CR) break;
      fieldStart = byte === delimiter;
      if (fieldStart) fields++;
      at++;
    }
    if (!atEnd && (at === length || (input[at] === CR && at + 1 === length))) return 'need more';
    if (at > lineEnd && !this.#isWholeRecord(lineEnd, at, fields)) {
      return { shape: RecordShape.quoteNotClosed, end: lineEnd, lineEnds: 1 };
    }
    return { shape: RecordShape.quoted, end: at, lineEnds };
  }

  /** The same where an escape takes the meaning of quotes, delimiters and line ends away. */
  #findEscapedEnd(lineEnd: number, atEnd: boolean): QuotedEnd {
    const start = this.#recordStart;
    const separators: Separators = { delimiter: this.#delimiter, quote: this.#quote, escape: this.#escape };
    const found = findEscapedEnd(this.#input, start, this.#length, separators, atEnd, this.#reach);
    if (found === 'need more') return found;
    const { end, fields, lineEnds, isPlain, crossing, fault } = found;
    if (fault === null && (crossing === null || this.#isWholeRecord(lineEnd, end, fields))) {
      return { shape: isPlain ? RecordShape.plain : RecordShape.quoted, end, lineEnds };
    }
    // What follows is no part of the record. Its own line is right, if it got over its end by an escape alone.
    if (crossing === 'escape') return { shape: RecordShape.quoted, end: lineEnd, lineEnds: 1 };
    const misplaced = fault === 'misplaced' && end <= lineEnd;
    const shape = misplaced ? RecordShape.quoteMisplaced : RecordShape.quoteNotClosed;
    return { shape, end: lineEnd, lineEnds: 1 };
  }

  /**
   * Whether the lines from the record's start to `end` are one record. They are not if the first line has enough fields
   * without its quote and the last is a whole record by itself: then two stray quotes have met, and joining the lines
   * would make one patient of two. Where fields are missing they are, unless a line among them is a record by itself.
   */
  #isWholeRecord(firstLineEnd: number, end: number, fields: number): boolean {
    if (this.#frame !== null && this.#goesOverMark(firstLineEnd, end, this.#frame)) return false;
    const expected = this.#fieldCount;
    if (expected === null) return true;
    const fits = (count: number): boolean =>
      count === expected || count === expected + this.#extraFields || (this.#mayBeLonger && count > expected);
    if (!fits(fields)) return fields < expected && !this.#holdsWholeLine(end, fits);
    let lastLineStart = end;
    while (this.#input[lastLineStart - 1] !== LF && this.#input[lastLineStart - 1] !== CR) lastLineStart--;
    return (
      !fits(this.#countFields(this.#recordStart, firstLineEnd)) || !fits(this.#countQuotedFields(lastLineStart, end))
    );
  }

  /** Whether a line behind the first one begins with the mark of a header or trailer record. */
  #goesOverMark(firstLineEnd: number, end: number, frame: Frame): boolean {
    const input = this.#input;
    for (let at = firstLineEnd; at < end; at++) {
      if (input[at] !== LF && input[at] !== CR) continue;
      if (frame.isMark(input, behindByteOrderMarks(input, at + 1, end), end)) return true;
    }
    return false;
  }

  /** Whether any of the lines from the record's start to `end` has the fields of a record, quotes not minded. */
  #holdsWholeLine(end: number, fits: (count: number) => boolean): boolean {
    let start = this.#recordStart;
    for (let at = start; at <= end; at++) {
      const byte = this.#input[at];
      if (at < end && byte !== LF && byte !== CR) continue;
      if (fits(this.#countFields(start, at))) return true;
      start = at + 1;
    }
    return false;
  }

  /** Fields between two places, quotes not minded. */
  #countFields(start: number, end: number): number {
    let fields = 1;
    for (let at = start; at < end; at++) {
      if (this.#input[at] === this.#delimiter) fields++;
      else if (this.#input[at] === this.#escape) at++;
    }
    return fields;
  }

  /** Fields of a line, quotes minded; -1 if its quotes make no sense. */
  #countQuotedFields(start: number, end: number): number {
    const input = this.#input;
    let fields = 1;
    let inQuotes = false;
    for (let at = start; at < end; at++) {
      const byte = input[at];
      if (byte === this.#escape) {
        at++;
      } else if (byte === this.#quote && inQuotes) {
        if (input[at + 1] === this.#quote && at + 1 < end) at++;
        else if (at + 1 < end && input[at + 1] !== this.#delimiter) return -1;
        else inQuotes = false;
      } else if (byte === this.#quote) {
        inQuotes = at === start || input[at - 1] === this.#delimiter;
      } else if (byte === this.#delimiter && !inQuotes) {
        fields++;
      }
    }
    return inQuotes ? -1 : fields;
  }

  /** Takes the record that ends at `end` and steps behind its line end. Blank lines are no records. */
  #addRecord(end: number, shape: number, lineEnds: number): void {
    const input = this.#input;
    const start = this.#recordStart;
    let blank = true;
    for (let at = start; at < end && blank; at++) blank = input[at] === CTRL_Z;
    if (!blank) {
      if (this.#recordsToSkip > 0) this.#recordsToSkip--;
      else if (this.#frame?.isGlued === true) this.#addSegments(start, end, this.#frame);
      else {
        this.#put(start, end, shape);
        if (this.#frame !== null) this.#countRecord(start, end, shape, this.#frame);
      }
    }
    this.#moveBehind(end, lineEnds);
  }

  #put(start: number, end: number, shape: number): void {
    const n = this.#count;
    if (n === this.#starts.length) this.#makeRoom();
    this.#starts[n] = start;
    this.#ends[n] = end;
    this.#lines[n] = this.#line;
    this.#shapes[n] = shape;
    this.#count = n + 1;
  }

  #countRecord(start: number, end: number, shape: number, frame: Frame): void {
    const isReadable = shape === RecordShape.plain || shape === RecordShape.quoted;
    const kind = frame.count(this.#input, start, end, isReadable);
    if (frame.isTagged) this.#kinds[this.#count - 1] = kind;
  }

  /** Takes the records that are glued together on a line. */
  #addSegments(start: number, end: number, frame: Frame): void {
    for (const segment of frame.divide(this.#input, start, end)) {
      const shape = segment.countsCharacters ? RecordShape.inCharacters : RecordShape.plain;
      this.#put(segment.start, segment.end, shape);
      this.#kinds[this.#count - 1] = frame.countSegment(segment.kind);
    }
  }

  /** Keeps the patient of the doses that the next block begins with. */
  #carryPatient(frame: Frame): void {
    if (!frame.hasPatient) {
      this.#above = null;
      return;
    }
    for (let n = this.#count - 1; n >= 0; n--) {
      if (this.#kinds[n] !== LineKind.patient) continue;
      const bytes = this.#input.slice(this.#starts[n], this.#ends[n]);
      this.#above = { bytes, record: this.#nextRecord + n, shape: this.#shapes[n]! };
      return;
    }
  }

  /** Steps behind the line end at `end`. */
  #moveBehind(end: number, lineEnds: number): void {
    const input = this.#input;
    let next = end;
    if (next < this.#length) next += input[end] === CR && end + 1 < this.#length && input[end + 1] === LF ? 2 : 1;
    this.#line += lineEnds;
    this.#recordStart = next;
    this.#searched = next;
    this.#sawQuote = false;
    if (next >= this.#blockBytes) this.#closeBlock();
  }

  #makeRoom(): void {
    const room = this.#starts.length * 2;
    const grow = (from: Uint32Array): Uint32Array<ArrayBuffer> => {
      const to = new Uint32Array(room);
      to.set(from);
      return to;
    };
    this.#starts = grow(this.#starts);
    this.#ends = grow(this.#ends);
    this.#lines = grow(this.#lines);
    const shapes = new Uint8Array(room);
    shapes.set(this.#shapes);
    this.#shapes = shapes;
    if (this.#kinds.length === 0) return;
    const kinds = new Uint8Array(room);
    kinds.set(this.#kinds);
    this.#kinds = kinds;
  }

  /** Hands over the records cut so far, and moves what is left to the front. */
  #closeBlock(): void {
    const used = this.#recordStart;
    const origins = this.#fromUtf16 ? this.#findOrigins(used) : null;
    if (this.#count > 0) {
      const isTagged = this.#frame?.isTagged === true;
      this.#ready.push({
        seq: this.#seq++,
        bytes: this.#input.slice(0, used),
        offset: this.#offset,
        firstRecord: this.#nextRecord,
        count: this.#count,
        starts: this.#starts.slice(0, this.#count),
        ends: this.#ends.slice(0, this.#count),
        lines: this.#lines.slice(0, this.#count),
        shapes: this.#shapes.slice(0, this.#count),
        kinds: isTagged ? this.#kinds.slice(0, this.#count) : null,
        above: this.#above,
        origins,
      });
      if (isTagged) this.#carryPatient(this.#frame!);
      this.#nextRecord += this.#count;
      this.#count = 0;
    }
    this.#input.copyWithin(0, used, this.#length);
    this.#length -= used;
    this.#offset += used;
    this.#recordStart = 0;
    this.#searched = 0;
  }
  /** Where the records cut so far begin in the file, counted on to the end of the block. */
  #findOrigins(used: number): Float64Array {
    const origins = new Float64Array(this.#count);
    let counted = 0;
    for (let n = 0; n < this.#count; n++) {
      const start = this.#starts[n]!;
      this.#origin += countUtf16(this.#input, counted, start);
      origins[n] = this.#origin;
      counted = start;
    }
    this.#origin += countUtf16(this.#input, counted, used);
    return origins;
  }
}
