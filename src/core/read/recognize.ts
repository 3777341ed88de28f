/** Whether a file is what it is said to be: text, of this layout, of this role. Looks at its beginning only. */
import { isRequired, longRowsOf, MOST_TITLE_ROWS, shortRowsOf, titleRowsOf } from '../framing.js';
import type { FieldName, FileRole, IsoDate, RecordRole } from '../model.js';
import { createDateNormalizer, isDateLike } from '../normalize/date.js';
import {
  comeInOneFile,
  countedIn,
  countOwnFields,
  type DelimitedLayout,
  type FixedLayout,
  KEY_DATES,
  KEY_FIELDS,
  type Layout,
  layoutOf,
  type Spec,
  unitOf,
  VACCINE_FIELDS,
  type WidthUnit,
  widthOf,
} from '../spec.js';
import type { LineTags } from '../tagged.js';
import { type Block, RecordCutter, RecordShape } from './blocks.js';
import type { FileEncoding } from './decode.js';
import { separatorsOf, splitRecords } from './delimited.js';
import { createFieldBounds, readRecordText, trimBlanks } from './fields.js';
import { columnsOfWidths, countsCharacters, splitFixedRecord, splitFixedText } from './fixed.js';
import { createFrame, type Frame, LineKind } from './frame.js';
import { countMatches, type HeaderMatch, looksLikeHeader, matchHeader } from './header.js';
import { detectUtf16, isUtf16 } from './utf16.js';

/** The beginning of a file, as UTF-8 if the file is UTF-16. */
export interface FileHead {
  readonly bytes: Uint8Array;
  /** Whether that is all of it. */
  readonly isWhole: boolean;
}

/** What the beginning of a file says: how to read it, or why it cannot be read. */
export type Recognition =
  | {
      readonly fits: true;
      readonly header: HeaderMatch | null;
      /** The header as it stands in the file, without its line end. */
      readonly headerBytes: Uint8Array | null;
      /** Fields that each record has, one more than columns where records end in a delimiter. */
      readonly fieldCount: number;
      /** Lines above the header that are no records. */
      readonly titleLines: number;
      readonly byteOrderMark: boolean;
      readonly lineEnd: '\r\n' | '\n' | '\r';
    }
  | { readonly fits: false; readonly problem: string; readonly remedy: string };

export interface RecognizeOptions {
  readonly role: FileRole;
  readonly spec: Spec;
  readonly today: IsoDate;
  /** Whether the records must name their site, because the command does not. */
  readonly needsSite: boolean;
  /** What the whole file is encoded in; `null`, the default, if each record is judged by itself. */
  readonly encoding?: FileEncoding | null;
}

/** Records looked at to tell one layout from another. */
const SAMPLE_RECORDS = 50;

/** Files that are often given by mistake, by their first bytes. */
const SIGNATURES: readonly (readonly [string, readonly number[]])[] = [
  ['a JPEG picture', [0xff, 0xd8, 0xff]],
  ['a PNG picture', [0x89, 0x50, 0x4e, 0x47]],
  ['a GIF picture', [0x47, 0x49, 0x46, 0x38]],
  ['a PDF document', [0x25, 0x50, 0x44, 0x46]],
  ['a ZIP archive or an Excel or Word document', [0x50, 0x4b, 0x03, 0x04]],
  ['a gzip archive', [0x1f, 0x8b]],
  ['an old Excel or Word document', [0xd0, 0xcf, 0x11, 0xe0]],
  ['a SQLite database', [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65]],
];

/** What stands at byte 257 of a tar archive, which begins with the name of a file. */
const TAR = [0x75, 0x73, 0x74, 0x61, 0x72];
const TAR_OFFSET = 257;

/**
 * Looks at the beginning of a file that is said to have this role in a submission of this spec. `sample` has its first
 * records, if they were found before.
 */
export function recognize(head: FileHead, options: RecognizeOptions, sample?: Sample): Recognition {
  const refused = refuseOtherThanText(head, options.encoding ?? null);
  if (refused !== null) return refused;
  const layout = layoutOfFile(options);
  const { records, frame, titleLines } = sample ?? findRecords(head, layout, options);
  const first = records[0];
  if (first === undefined) return refusal('holds no records', 'check the export');
  const { headerRecord } = layout;
  if (headerRecord !== undefined && isRequired(headerRecord) && frame?.setApart.headers === 0 && !frame.isOfRejects) {
    const mark = headerRecord.tag ?? headerRecord.prefix;
    return refusal(
      `does not begin with the header record ${mark}`,
      'check the export, and whether its first part is missing',
    );
  }
  const header = layout.format === 'delimited' ? findHeader(first, layout, options) : null;
  if (header !== null && 'fits' in header) return header;
  const data = header === null ? records : records.slice(1);
  if (data.length === 0) return refusal('has a header and no records', 'check the export');
  // What was set aside need not look like the file that it comes from.
  const isOfRejects = frame?.isOfRejects === true;
  const untagged = layout.lines === undefined || isOfRejects ? null : refuseByTags(data, layout.lines);
  if (untagged !== null) return untagged;
  const columns = header?.count ?? layout.fields.length;
  // Most records decide: one that is broken must not make all others wrong.
  const ending = data.filter((record) => endsInBlank(record, columns, options.spec));
  const endsInDelimiter = ending.length * 2 > data.length;
  const own = layout.lines === undefined ? data : data.filter(({ kind }) => kind === LineKind.patient);
  if (layout.format === 'fixed') {
    const swapped = refuseByDates(own, layout, options);
    if (swapped !== null) return swapped;
  } else if (header === null && !endsInDelimiter && !isOfRejects) {
    const wrong = refuseByCount(own, layout, options);
    if (wrong !== null) return wrong;
  }
  return {
    fits: true,
    header,
    headerBytes: header === null ? null : first.bytes,
    fieldCount: layout.format === 'delimited' && endsInDelimiter ? columns + 1 : columns,
    titleLines,
    byteOrderMark: hasByteOrderMark(head.bytes),
    lineEnd: findLineEnd(head.bytes),
  };
}

/** Whether a record has one field more than columns, and that is blank; the columns of a reject file not counted. */
function endsInBlank({ cells: all, kind }: SampleRecord, columns: number, { layouts }: Spec): boolean {
  const cells = all.slice(0, countOwnFields(all.length, all.at(-1) ?? ''));
  const isDose = kind === LineKind.immunization || kind === LineKind.orphan;
  const expected = isDose ? layouts.immunization.fields.length : columns;
  return cells.length === expected + 1 && cells[expected] === '';
}

/** A file of tagged lines has patients, and most of its lines have a tag. */
function refuseByTags(records: readonly SampleRecord[], lines: LineTags): (Recognition & { fits: false }) | null {
  const { patient, immunization } = lines;
  const unknown = records.filter(({ kind }) => kind === LineKind.unknown).length;
  const remedy = 'choose the right --spec, and check that each line begins with its tag';
  if (!records.some(({ kind }) => kind === LineKind.patient)) {
    return refusal(`has no line that begins with ${patient.tag}`, remedy);
  }
  if (unknown * 2 <= records.length) return null;
  return refusal(`has lines that begin neither with ${patient.tag} nor with ${immunization.tag}`, remedy);
}

function refusal(problem: string, remedy: string): Recognition & { fits: false } {
  return { fits: false, problem, remedy };
}

function refuseOtherThanText(head: FileHead, encoding: FileEncoding | null): (Recognition & { fits: false }) | null {
  const { bytes } = head;
  if (bytes.every((byte) => byte <= 32) && head.isWhole) return refusal('is empty', 'check the export');
  if (isUtf16(encoding)) {
    // Records have delimiters, digits and line ends. Eight-bit text and the other byte order come out without any.
    let ascii = 0;
    for (const byte of bytes) if (byte < 0x80) ascii++;
    if (ascii * 20 < bytes.length) {
      return refusal(`makes no sense as ${encoding.toUpperCase()}`, 'give another --encoding, or leave it out');
    }
  }
  for (const [name, signature] of SIGNATURES) {
    if (signature.every((byte, index) => bytes[index] === byte)) {
      return refusal(`is ${name}, not a text file`, 'export the records as text');
    }
  }
  if (TAR.every((byte, index) => bytes[TAR_OFFSET + index] === byte)) {
    return refusal('is a tar archive, not a text file', 'unpack it, and give the files in it');
  }
  if (detectUtf16(bytes) !== null)
    return refusal('is in UTF-16, and is read as something else', 'leave --encoding out');
  let controls = 0;
  // Zero bytes at even and at odd places.
  const zeros = [0, 0] as [number, number];
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 0) zeros[at & 1]!++;
    else if (isControl(bytes[at]!)) controls++;
  }
  const nul = zeros[0] + zeros[1];
  // Columns that are filled up with zeros have them at places of both kinds, UTF-16 in one half of its pairs.
  if (!isUtf16(encoding) && nul * 10 > bytes.length && Math.max(...zeros) * 10 > nul * 9) {
    return refusal('looks like UTF-16', 'say which with --encoding utf-16le or utf-16be');
  }
  if (controls * 20 > bytes.length - nul || (nul > 0 && !beginsWithText(head))) {
    return refusal('is not a text file', 'export the records as text (UTF-8)');
  }
  return null;
}

function isControl(byte: number): boolean {
  return byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 26;
}

/** Whether the first line ends, and has no control characters besides zero bytes: programs' own files have others. */
function beginsWithText({ bytes, isWhole }: FileHead): boolean {
  for (const byte of bytes) {
    if (byte === 10 || byte === 13) return true;
    if (byte !== 0 && isControl(byte)) return false;
  }
  return isWhole;
}

/** A record of the sample: its bytes, its text, and its cells with the quotes taken off. */
export interface SampleRecord {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly cells: readonly string[];
  /** What its columns count, where they have widths. */
  readonly unit: WidthUnit;
  /** Where it begins in the sample, in bytes. */
  readonly start: number;
  /** What it is in a tagged file, `null` in all others. */
  readonly kind: number | null;
}

/** The first records of a file, its header among them. */
export interface Sample {
  readonly records: readonly SampleRecord[];
  readonly frame: Frame | null;
  /** Lines above them that are no records. */
  readonly titleLines: number;
}

/** The first records of a file: from its header on, where lines stand above that. */
export function findRecords(head: FileHead, layout: Layout, options: RecognizeOptions): Sample {
  const encoding = options.encoding ?? null;
  const frame = createFrame(layout, { encoding });
  const records = readSample(head, layout, encoding, frame);
  const sample = { records, frame, titleLines: 0 };
  const most = titleRowsOf(layout);
  if (most === 0 || records.length === 0 || namesColumns(records[0]!, options)) return sample;
  const titles: SampleRecord[] = [];
  for (const record of readLines(head, layout, encoding)) {
    if (namesColumns(record, options)) {
      if (titles.some((each) => holdsDate(each, record, layout, options))) return sample;
      const below = { ...head, bytes: head.bytes.subarray(record.start) };
      const titleLines = countLineEnds(head.bytes, record.start);
      return { records: readSample(below, layout, encoding, frame), frame, titleLines };
    }
    if (titles.push(record) > most) return sample;
  }
  return sample;
}

/**
 * The first lines of a file that hold something, each with the record that it begins: an open quote in a title does not
 * hide the header below it.
 */
function* readLines(head: FileHead, layout: Layout, encoding: FileEncoding | null): Generator<SampleRecord> {
  let from = 0;
  for (let isCut = true; isCut; ) {
    isCut = false;
    // What is read again begins in a title: the header is not far.
    const to = from === 0 ? head.bytes.length : Math.min(from + HEADER_BYTES, head.bytes.length);
    const isWhole = head.isWhole && to === head.bytes.length;
    const part = { bytes: head.bytes.subarray(from, to), isWhole };
    for (const record of readSample(part, layout, encoding, createFrame(layout), MOST_TITLE_ROWS + 1)) {
      yield { ...record, start: from + record.start };
      const lineEnd = record.bytes.findIndex((byte) => byte === LF || byte === CR);
      if (lineEnd < 0) continue;
      from += record.start + lineEnd + 1;
      isCut = true;
      break;
    }
  }
}

/** Line ends in the bytes up to a place. */
function countLineEnds(bytes: Uint8Array, end: number): number {
  let lineEnds = 0;
  for (let at = 0; at < end; at++) {
    if (bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] !== LF)) lineEnds++;
  }
  return lineEnds;
}

const LF = 10;
const CR = 13;

/** How far a header may reach. */
const HEADER_BYTES = 1 << 16;

/** Whether a record names the columns of a layout, be it that of another file. */
function namesColumns({ cells }: SampleRecord, options: RecognizeOptions): boolean {
  const layouts = [layoutOfFile(options), ...otherFiles(options).map(({ layout }) => layout)];
  return layouts.some((layout) => looksLikeHeader(matchHeader(cells, layout)));
}

/** Whether a line above a header has a date where the header names one: then it is no title, but a record. */
function holdsDate(
  { cells }: SampleRecord,
  header: SampleRecord,
  layout: Layout,
  { spec, today }: RecognizeOptions,
): boolean {
  const { columns } = matchHeader(header.cells, layout);
  return layout.fields.some(({ field, dates }, index) => {
    if (field === null || !Object.values(KEY_DATES).includes(field)) return false;
    const formats = dates ?? spec.dates.formats;
    const read = createDateNormalizer({ formats, twoDigitYears: spec.dates.twoDigitYears, today });
    const cell = cells[columns[index]!] ?? '';
    return cell !== '' && read(cell).value !== null;
  });
}

/** At most `most` records, and one more. */
function readSample(
  head: FileHead,
  layout: Layout,
  encoding: FileEncoding | null,
  frame: Frame | null,
  most = SAMPLE_RECORDS,
): SampleRecord[] {
  const cutter = new RecordCutter({
    ...(layout.format === 'delimited' ? separatorsOf(layout) : { delimiter: null, quote: null }),
    fieldCount: null,
    frame,
    blockBytes: head.bytes.length + 1,
  });
  const blocks = [...cutter.push(head.bytes), ...cutter.end()];
  const records: SampleRecord[] = [];
  for (const block of blocks) {
    for (let index = 0; index < block.count && records.length <= most; index++) {
      // The last record of a part of a file is probably torn.
      if (!head.isWhole && index === block.count - 1 && index > 0) break;
      records.push(readRecord(block, index, layout, encoding));
    }
  }
  return records.filter((record) => record.cells.some((cell) => cell !== ''));
}

function readRecord(block: Block, index: number, layout: Layout, encoding: FileEncoding | null): SampleRecord {
  const bytes = block.bytes.slice(block.starts[index], block.ends[index]);
  const { text } = readRecordText(bytes, 0, bytes.length, encoding);
  const place = { start: block.offset + block.starts[index]!, kind: block.kinds?.[index] ?? null };
  if (layout.format === 'fixed') {
    const unit = block.shapes[index] === RecordShape.inCharacters ? 'characters' : unitOf(layout);
    return { ...place, bytes, text, unit, cells: splitFixed({ bytes, text, unit }, layout, encoding) };
  }
  const quoted = block.shapes[index] === RecordShape.quoted;
  const cells = quoted ? splitRecords([text], layout)[0]! : text.split(layout.delimiter);
  return { ...place, bytes, text, unit: 'auto', cells: cells.map(trimBlanks) };
}

/** The cells of a fixed-width record, found as they are when the file is loaded. */
function splitFixed(
  { bytes, text, unit }: Pick<SampleRecord, 'bytes' | 'text' | 'unit'>,
  layout: FixedLayout,
  encoding: FileEncoding | null,
): string[] {
  const columns = widthsOf(layout);
  const characters = [...text].length;
  if (characters === bytes.length || countsCharacters(characters, columns, unit, encoding)) {
    return splitFixedText(text, columns);
  }
  const bounds = createFieldBounds(layout.fields.length);
  splitFixedRecord(bytes, 0, bytes.length, columns, bounds);
  return layout.fields.map((_, i) => readRecordText(bytes, bounds.starts[i]!, bounds.ends[i]!, encoding).text);
}

function widthsOf(layout: FixedLayout): ReturnType<typeof columnsOfWidths> {
  return columnsOfWidths(layout.fields.map((field) => field.width!));
}

/** The columns of a file; those of a combined one are the same in the views of both roles. */
function layoutOfFile({ spec, role }: RecognizeOptions): Layout {
  return layoutOf(spec, role === 'combined' ? 'patient' : role);
}

/** What a file could carry by mistake: the spec's other kinds of file, each with its columns. */
function otherFiles({ role, spec }: RecognizeOptions): { readonly role: RecordRole; readonly layout: Layout }[] {
  const others: readonly RecordRole[] = comeInOneFile(spec) ? ['comment'] : ['patient', 'immunization', 'comment'];
  return others.flatMap((other) => {
    const layout = spec.layouts[other];
    return other === role || layout === undefined ? [] : [{ role: other, layout }];
  });
}

function refuseSwapped(role: FileRole, other: RecordRole): Recognition & { fits: false } {
  const ways = 'give the patient file with --patients and the immunization file with --immunizations';
  return refusal(
    `looks like the ${other} file, and was given as the ${role} file`,
    role === 'comment' || other === 'comment' ? `${ways}, and comments with --comments` : ways,
  );
}

/** The header, `null` if the first record is data; or why the file cannot be read. */
function findHeader(
  first: SampleRecord,
  layout: DelimitedLayout,
  options: RecognizeOptions,
): HeaderMatch | (Recognition & { fits: false }) | null {
  if (layout.header === 'absent') return null;
  const { role, spec } = options;
  const header = matchHeader(first.cells, layout);
  for (const other of otherFiles(options)) {
    const match = matchHeader(first.cells, other.layout);
    if (countMatches(match) > countMatches(header) && looksLikeHeader(match)) return refuseSwapped(role, other.role);
  }
  if (!looksLikeHeader(header)) {
    if (layout.header === 'optional') return null;
    return refusal('has no header that fits the specification', `begin it with the column names of ${spec.id}`);
  }
  if (header.repeated.length > 0) {
    return refusal(`has the column ${header.repeated[0]} twice`, 'leave one of the two out');
  }
  const views = role === 'combined' ? [spec.layouts.patient, spec.layouts.immunization] : [layout];
  const has = (field: string): boolean =>
    views.some((view) => view.fields.some((f, i) => f.field === field && header.columns[i] !== -1));
  const nameOf = (field: string): string =>
    views.flatMap((view) => view.fields).find((f) => f.field === field)?.name ?? field;
  const roles = role === 'combined' ? (['patient', 'immunization'] as const) : [role];
  const needed = new Set<FieldName>([
    ...roles.flatMap((each) => KEY_FIELDS[each]),
    // Comments come with their patients, who name the site.
    ...(options.needsSite && role !== 'comment' ? (['site_id'] as const) : []),
  ]);
  for (const field of needed) {
    if (has(field)) continue;
    const withSite = field === 'site_id' ? 'name the site with --site, ' : '';
    return refusal(`has no column ${nameOf(field)}`, `${withSite}add it, or name it as ${spec.id} does`);
  }
  if ((role === 'immunization' || role === 'combined') && !VACCINE_FIELDS.some(has)) {
    return refusal('has no column that names the vaccine', `add one, such as ${nameOf('cvx')}`);
  }
  return header;
}

/** A file without header whose records all have another number of fields is no file of this layout. */
function refuseByCount(
  records: readonly SampleRecord[],
  layout: DelimitedLayout,
  options: RecognizeOptions,
): (Recognition & { fits: false }) | null {
  const fits = ({ cells }: SampleRecord, expected: number): boolean =>
    countOwnFields(cells.length, cells.at(-1) ?? '') === expected;
  if (records.some((record) => fits(record, layout.fields.length))) return null;
  const other = otherFiles(options).find(({ layout: { format, fields } }) => {
    return format === 'delimited' && records.every((record) => fits(record, fields.length));
  });
  if (other !== undefined) return refuseSwapped(options.role, other.role);
  if (records.some(({ cells }) => mayHaveCount(cells.length, layout))) return null;
  const found = records[0]!.cells.length;
  const shown = layout.delimiter === '\t' ? 'a tab' : layout.delimiter;
  return refusal(
    `has ${found} ${found === 1 ? 'field' : 'fields'} a record where ${options.spec.id} has ${layout.fields.length} (delimiter ${shown})`,
    'choose the right --spec, or add a header that names the columns',
  );
}

/** Whether a layout that takes shorter or longer records could take one with so many fields, its key among them. */
function mayHaveCount(count: number, layout: DelimitedLayout): boolean {
  if (count > layout.fields.length) return longRowsOf(layout) === 'cut';
  const keys: readonly (FieldName | null)[] = Object.values(KEY_FIELDS).flat();
  const lastKey = layout.fields.findLastIndex(({ field }) => keys.includes(field));
  return shortRowsOf(layout) === 'pad' && count > lastKey;
}

/** Fixed-width files show what they are by where their dates stand. */
function refuseByDates(
  records: readonly SampleRecord[],
  layout: FixedLayout,
  options: RecognizeOptions,
): (Recognition & { fits: false }) | null {
  const { spec, role } = options;
  const own = shareOfDates(records, layout, role === 'combined' ? 'patient' : role, options);
  if (own > 0.2) return null;
  const swapped = otherFiles(options).find((other) => {
    return other.layout.format === 'fixed' && shareOfDates(records, other.layout, other.role, options) > 0.8;
  });
  if (swapped !== undefined) return refuseSwapped(role, swapped.role);
  const width = widthOf(layout.fields);
  // Comments may all be without dates; then they are as short as they should be.
  const isShort = records.every(({ text }) => text.length <= width);
  if (own > 0 || (role === 'comment' ? isShort : records.length < 10)) return null;
  return refusal(
    `has no dates where ${spec.id} has them (rows of ${width} ${countedIn(layout)})`,
    'choose the right --spec, and check that the export counts columns as it does',
  );
}

/** The share of records that have a date where the layout's key date stands. */
function shareOfDates(
  records: readonly SampleRecord[],
  layout: FixedLayout,
  role: RecordRole,
  { spec, today, encoding = null }: RecognizeOptions,
): number {
  const index = layout.fields.findIndex((field) => field.field === KEY_DATES[role]);
  if (index < 0) return 0;
  const formats = layout.fields[index]!.dates ?? spec.dates.formats;
  const read = createDateNormalizer({ formats, twoDigitYears: spec.dates.twoDigitYears, today });
  const dates = records.filter((record) => {
    const cell = splitFixed(record, layout, encoding)[index]!;
    return cell !== '' && isDateLike(read(cell));
  });
  return dates.length / records.length;
}

function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function findLineEnd(bytes: Uint8Array): '\r\n' | '\n' | '\r' {
  const lf = bytes.indexOf(10);
  const cr = bytes.indexOf(13);
  if (cr >= 0 && (lf < 0 || cr < lf)) return lf === cr + 1 ? '\r\n' : '\r';
  return '\n';
}
