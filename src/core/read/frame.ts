/**
 * The frame of a file: lines that are no records, and what header and trailer records say of those that are.
 *
 * Records keep their numbers, lines and offsets whatever stands between them. A file that was put together from several
 * has several headers and trailers: each counts what stands between it and the one before.
 */
import { type ControlTotal, type Counted, isRequired, type MarkRecord } from '../framing.js';
import { type Layout, ORIGIN_PREFIX, unitOf } from '../spec.js';
import type { KnownLine } from '../tagged.js';
import { detectEncoding, type FileEncoding } from './decode.js';
import { splitRecords } from './delimited.js';
import { BLANK, readRecordText } from './fields.js';
import { isUtf16 } from './utf16.js';

/**
 * Stands above the records of a reject file that came with a header or trailer record, for it has none; and above each
 * patient of a tagged one, so that no dose can slip to the patient before.
 */
export const REJECT_MARK = `${ORIGIN_PREFIX}rejects`;

/** What the frame of a file gives rise to. */
export interface FrameFinding {
  readonly code: 'control-total-wrong' | 'trailer-missing';
  /** A control total as it was received; `null` where it is not about one. */
  readonly value: string | null;
  readonly expected: string | null;
  readonly other: string;
}

/** What a header or trailer record counts, and what was found. */
export interface ComparedTotal {
  readonly line: number;
  readonly counts: Counted;
  /** `null` where no number stands. */
  readonly expected: number | null;
  readonly received: number;
}

/** How many lines were set apart. */
export interface SetApart {
  /** Lines above the header, blank ones not counted. */
  titles: number;
  comments: number;
  headers: number;
  trailers: number;
}

/** What a line of a tagged file is. */
export const LineKind = {
  patient: 0,
  /** A dose of the patient above it. */
  immunization: 1,
  /** A dose without a patient above it: none stands there, or its line cannot be read. */
  orphan: 2,
  /** Known and not loaded, or blank. */
  other: 3,
  /** Of no known tag. */
  unknown: 4,
} as const;

/** A part of a line that is a record of its own. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  /** One of {@link LineKind}. */
  readonly kind: number;
  /** Whether it was found by counting characters, though it has characters of several bytes. */
  readonly countsCharacters: boolean;
}

/** A line of glued records, divided by counting bytes or characters. */
interface Division {
  readonly segments: readonly Segment[];
  /** How many there are besides, known and not loaded. */
  readonly others: number;
  /** Where the last of them would end in its whole width. */
  readonly end: number;
}

/** What control totals count, since the last header or trailer record. */
type Counts = Record<Counted, number>;

/** A control total as it was received. */
interface ReceivedTotal {
  readonly counts: Counted;
  readonly text: string;
  readonly line: number;
}

const WORDS: Readonly<Record<Counted, string>> = {
  records: 'records',
  patients: 'patients',
  immunizations: 'doses',
  all: 'records with header and trailer',
};

/** Whether a line begins with some bytes. */
function beginsWith(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  if (end - start < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[start + i] !== prefix[i]) return false;
  return true;
}

/** Whether the first field of a line, its quotes and blanks not minded, is a tag. */
function hasTag(
  bytes: Uint8Array,
  start: number,
  end: number,
  tag: Uint8Array,
  delimiter: number,
  quote: number,
): boolean {
  const skipBlanks = (from: number): number => {
    let at = from;
    while (at < end && bytes[at]! <= BLANK && bytes[at] !== delimiter) at++;
    return at;
  };
  const first = skipBlanks(start);
  const inQuotes = first < end && bytes[first] === quote;
  const from = inQuotes ? first + 1 : first;
  if (!beginsWith(bytes, from, end, tag)) return false;
  const behind = from + tag.length;
  if (inQuotes && (behind === end || bytes[behind] !== quote)) return false;
  const to = skipBlanks(inQuotes ? behind + 1 : behind);
  return to === end || bytes[to] === delimiter;
}

const encoder = new TextEncoder();

/** Knows a line by how it begins. */
type LineTest = (bytes: Uint8Array, start: number, end: number) => boolean;

function testOf({ tag, prefix }: MarkRecord, layout: Layout): LineTest {
  if (tag === undefined || layout.format === 'fixed') {
    const begin = encoder.encode(prefix);
    return (bytes, start, end) => beginsWith(bytes, start, end, begin);
  }
  const own = encoder.encode(tag);
  const delimiter = layout.delimiter.charCodeAt(0);
  const quote = layout.quote?.charCodeAt(0) ?? -1;
  return (bytes, start, end) => hasTag(bytes, start, end, own, delimiter, quote);
}

/** A kind of line in a tagged file. */
interface TaggedKind {
  readonly kind: number;
  readonly test: LineTest;
  readonly width: number;
}

/** The kinds of line of a tagged file, longer tags first: one may begin like another. */
function kindsOf(layout: Layout): readonly TaggedKind[] {
  const { lines } = layout;
  if (lines === undefined) return [];
  const known: [number, KnownLine][] = [
    [LineKind.patient, lines.patient],
    [LineKind.immunization, lines.immunization],
    ...lines.others.map((line): [number, KnownLine] => [LineKind.other, line]),
  ];
  return known
    .sort(([, a], [, b]) => b.tag.length - a.tag.length)
    .map(([kind, { tag, width }]) => {
      const mark = layout.format === 'fixed' ? { prefix: tag } : { tag };
      return { kind, width, test: testOf(mark, layout) };
    });
}

/** What is known of a file before its lines are followed. */
export interface FrameOptions {
  /** What the whole file is encoded in; `null`, the default, if each record is judged by itself. */
  readonly encoding?: FileEncoding | null;
  /** Lines above it. */
  readonly titleLines?: number;
  /** The names of the columns as they stand in the file: where they come again, they are no record to be counted. */
  readonly headerBytes?: Uint8Array | null;
}

/** The frame of a file with this layout, `null` where every line is a record. */
export function createFrame(layout: Layout, options: FrameOptions = {}): Frame | null {
  const { comments, headerRecord, trailerRecord, lines } = layout;
  const hasMarks = [comments, headerRecord, trailerRecord, lines].some((each) => each !== undefined);
  return hasMarks || (options.titleLines ?? 0) > 0 ? new Frame(layout, options) : null;
}

/** Follows the lines of one file, in their order. */
export class Frame {
  readonly #layout: Layout;
  readonly #isComment: LineTest | null;
  readonly #isHeader: LineTest | null;
  readonly #isTrailer: LineTest | null;
  readonly #isRejectMark = testOf({ prefix: ORIGIN_PREFIX }, { format: 'fixed', fields: [] });
  readonly #kinds: readonly TaggedKind[];
  readonly #separators: ReadonlySet<number>;
  readonly #encoding: FileEncoding | null;
  readonly #headerBytes: Uint8Array | null;
  #titlesToSkip: number;
  readonly setApart: SetApart = { titles: 0, comments: 0, headers: 0, trailers: 0 };
  /** The control totals that were met. */
  readonly compared: ComparedTotal[] = [];
  #counts: Counts = noCounts();
  /** What the header record of the part under way has counted. */
  #headerTotals: readonly ReceivedTotal[] = [];
  #isOfRejects = false;
  /** Whether a dose that comes now has a patient. */
  #hasPatient = false;
  #findings: FrameFinding[] = [];

  constructor(layout: Layout, { titleLines = 0, headerBytes = null, encoding = null }: FrameOptions) {
    const { comments, headerRecord, trailerRecord } = layout;
    this.#layout = layout;
    this.#isComment = comments === undefined ? null : testOf({ prefix: comments }, layout);
    this.#isHeader = headerRecord === undefined ? null : testOf(headerRecord, layout);
    this.#isTrailer = trailerRecord === undefined ? null : testOf(trailerRecord, layout);
    this.#titlesToSkip = titleLines;
    this.#headerBytes = headerBytes;
    this.#encoding = encoding;
    this.#kinds = kindsOf(layout);
    const separators = layout.format === 'fixed' ? '' : `${layout.delimiter}${layout.quote ?? ''}`;
    this.#separators = new Set(encoder.encode(separators));
  }

  /** Whether lines are of several kinds, and told by their tags. */
  get isTagged(): boolean {
    return this.#kinds.length > 0;
  }

  /** Whether several records may stand on one line. */
  get isGlued(): boolean {
    return this.#layout.lines?.glued === true;
  }

  /** Whether a dose that comes now belongs to a patient above it. */
  get hasPatient(): boolean {
    return this.#hasPatient;
  }

  /** Whether the file is a reject file, which has neither header nor trailer record. */
  get isOfRejects(): boolean {
    return this.#isOfRejects;
  }

  /** Looks at the line from `start` to `end`, and takes it if it is no record. `line` is its number. */
  takes(bytes: Uint8Array, start: number, end: number, line: number): boolean {
    const isTitle = this.#titlesToSkip > 0;
    if (isTitle) this.#titlesToSkip--;
    if (this.#isComment?.(bytes, start, end) === true) {
      this.setApart.comments++;
      return true;
    }
    if (this.#isHeader?.(bytes, start, end) === true) {
      this.#endPart();
      this.setApart.headers++;
      this.#counts.all++;
      this.#headerTotals = this.#readTotals(this.#layout.headerRecord!, bytes.subarray(start, end), line);
      return true;
    }
    if (this.#isTrailer?.(bytes, start, end) === true) {
      this.setApart.trailers++;
      this.#counts.all++;
      this.#compare(this.#readTotals(this.#layout.trailerRecord!, bytes.subarray(start, end), line));
      this.#closePart();
      return true;
    }
    if (this.#isRejectMark(bytes, start, end)) {
      this.#isOfRejects = true;
      this.#hasPatient = false;
      return true;
    }
    if (isTitle && bytes.subarray(start, end).some((byte) => byte > BLANK)) this.setApart.titles++;
    return isTitle;
  }

  /** Whether a line would begin with a mark or a tag: no value in quotes goes on with one. */
  isMark(bytes: Uint8Array, start: number, end: number): boolean {
    return (
      this.#isHeader?.(bytes, start, end) === true ||
      this.#isTrailer?.(bytes, start, end) === true ||
      this.#kinds.some(({ test }) => test(bytes, start, end))
    );
  }

  /**
   * Counts the record from `start` to `end` and says what it is: one of {@link LineKind}, in a file without tags the
   * first of them. `isReadable` tells whether its quotes make sense.
   */
  count(bytes: Uint8Array, start: number, end: number, isReadable: boolean): number {
    const header = this.#headerBytes;
    if (header !== null && end - start === header.length && beginsWith(bytes, start, end, header))
      return LineKind.patient;
    const kind = this.#kinds.length === 0 ? LineKind.patient : this.#kindOf(bytes, start, end);
    return this.countSegment(kind, isReadable);
  }

  /** Counts a record that is known to be of a kind, and says whether it is a dose without a patient. */
  countSegment(kind: number, isReadable = true): number {
    this.#counts.records++;
    this.#counts.all++;
    // Without tags, the records of a file are all of its role.
    if (kind === LineKind.patient || !this.isTagged) this.#counts.patients++;
    if (kind === LineKind.immunization || !this.isTagged) this.#counts.immunizations++;
    if (kind === LineKind.patient) this.#hasPatient = isReadable;
    else if (kind === LineKind.unknown) this.#hasPatient = false;
    return kind === LineKind.immunization && !this.#hasPatient ? LineKind.orphan : kind;
  }

  #kindOf(bytes: Uint8Array, start: number, end: number): number {
    const known = this.#kinds.find(({ test }) => test(bytes, start, end));
    if (known !== undefined) return known.kind;
    const separators = this.#separators;
    const isBlank = bytes.subarray(start, end).every((byte) => byte <= BLANK || separators.has(byte));
    return isBlank ? LineKind.other : LineKind.unknown;
  }

  /**
   * The records that are glued together on a line: what is known and not loaded is counted, and left out. A line that
   * does not come out even is one record, of an unknown kind; so is one that comes out even by bytes and by characters,
   * where nothing says which.
   */
  divide(bytes: Uint8Array, start: number, end: number): readonly Segment[] {
    let last = end;
    while (last > start && bytes[last - 1]! <= BLANK) last--;
    if (last === start) return [{ start, end, kind: LineKind.other, countsCharacters: false }];
    const unit = this.#layout.format === 'fixed' ? unitOf(this.#layout) : 'bytes';
    const isOfSeveralBytes = detectEncoding(bytes.subarray(start, end), this.#encoding) === 'utf-8';
    const mayCount = isOfSeveralBytes ? (isUtf16(this.#encoding) ? 'characters' : unit) : 'bytes';
    const divisions = [
      mayCount === 'characters' ? null : this.#divideBy('bytes', bytes, start, last, end),
      mayCount === 'bytes' ? null : this.#divideBy('characters', bytes, start, last, end),
    ].filter((each) => each !== null);
    // Blanks at its end can let it come out even both ways: then it has its whole width in what its sender counts.
    const whole = divisions.length === 1 ? divisions : divisions.filter((each) => each.end === end);
    if (whole.length !== 1) return [{ start, end, kind: LineKind.unknown, countsCharacters: false }];
    const { segments, others } = whole[0]!;
    for (let n = 0; n < others; n++) this.countSegment(LineKind.other);
    return segments;
  }

  /** `null` if the line does not come out even. */
  #divideBy(
    unit: 'bytes' | 'characters',
    bytes: Uint8Array,
    start: number,
    last: number,
    end: number,
  ): Division | null {
    const countsCharacters = unit === 'characters';
    const segments: Segment[] = [];
    let others = 0;
    let at = start;
    while (at < last) {
      const from = at;
      const known = this.#kinds.find(({ test }) => test(bytes, from, last));
      if (known === undefined) return null;
      at = countsCharacters ? behindCharacters(bytes, from, known.width) : from + known.width;
      if (known.kind === LineKind.other) others++;
      else segments.push({ start: from, end: Math.min(at, end), kind: known.kind, countsCharacters });
    }
    return { segments, others, end: at };
  }

  /** Tells that the file is at its end. */
  end(): void {
    if (this.setApart.trailers === 0 && !this.#isOfRejects && this.#counts.records === 0) this.#missTrailer();
    this.#endPart();
  }

  /** What was found since the last call. */
  takeFindings(): readonly FrameFinding[] {
    const findings = this.#findings;
    this.#findings = [];
    return findings;
  }

  /** Ends what stands behind the last trailer: nothing, if each part has its own. */
  #endPart(): void {
    if (this.#counts.records > 0 && !this.#isOfRejects) this.#missTrailer();
    this.#closePart();
  }

  #missTrailer(): void {
    if (!isRequired(this.#layout.trailerRecord)) return;
    const other = String(this.#counts.records);
    this.#findings.push({ code: 'trailer-missing', value: null, expected: null, other });
  }

  #closePart(): void {
    this.#hasPatient = false;
    this.#compare(this.#headerTotals);
    this.#headerTotals = [];
    this.#counts = noCounts();
  }

  #compare(totals: readonly ReceivedTotal[]): void {
    for (const { counts, text, line } of totals) {
      const found = this.#counts[counts];
      const number = /^\d{1,15}$/.test(text) ? Number(text) : null;
      this.compared.push({ line, counts, expected: number, received: found });
      if (number === found) continue;
      const expected = `line ${line}: ${number ?? 'no number of'} ${WORDS[counts]}`;
      this.#findings.push({ code: 'control-total-wrong', value: text, expected, other: String(found) });
    }
  }

  #readTotals({ totals = [] }: MarkRecord, bytes: Uint8Array, line: number): ReceivedTotal[] {
    if (totals.length === 0) return [];
    const { text } = readRecordText(bytes, 0, bytes.length, null);
    const cells = splitLine(text, this.#layout);
    return totals.map((total) => ({ counts: total.counts, text: readTotal(total, text, cells), line }));
  }
}

/** Where the byte behind some characters of UTF-8 stands. */
function behindCharacters(bytes: Uint8Array, start: number, count: number): number {
  let at = start;
  for (let n = 0; n < count; n++) {
    at++;
    while (at < bytes.length && (bytes[at]! & 0xc0) === 0x80) at++;
  }
  return at;
}

function splitLine(text: string, layout: Layout): readonly string[] {
  if (layout.format === 'fixed') return [];
  return layout.quote === null && layout.escape === undefined
    ? text.split(layout.delimiter)
    : splitRecords([text], layout)[0]!;
}

function noCounts(): Counts {
  return { records: 0, patients: 0, immunizations: 0, all: 0 };
}

function readTotal({ field, start = 1, width }: ControlTotal, text: string, cells: readonly string[]): string {
  if (field !== undefined) return (cells[field - 1] ?? '').trim();
  return [...text]
    .slice(start - 1, start - 1 + width!)
    .join('')
    .trim();
}
