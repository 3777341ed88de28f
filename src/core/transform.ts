/**
 * Turns a block of raw records into normalized rows and issues.
 *
 * The result depends on the block and the plan alone: not on the blocks before, not on the clock, not on the thread.
 */

import { CATALOGUE, type IssueCode } from './catalogue.js';
import { ColumnBuilder, RowColumns } from './columns.js';
import { createFinding, type Facts, type Finding, type Issue } from './issue.js';
import {
  COMMENT,
  COMMON_PROBLEMS,
  DOSE,
  type FieldName,
  ID_SLOTS,
  PATIENT,
  type Problem,
  packRow,
  type Row,
  type Severity,
} from './model.js';
import { NOTHING_KNOWN, type Reading } from './normalize/reading.js';
import { copyText, hasControlCharacter, isLongerThan } from './normalize/text.js';
import { readingOn, resolveVaccine, type VaccineClue } from './normalize/vaccine.js';
import type { ColumnReader, ColumnRun, RunReading, RunRemark, TransformPlan } from './plan.js';
import { type Block, RecordShape, recordOffset } from './read/blocks.js';
import { type ByteCache, isMarked } from './read/byte-cache.js';
import { decodeBytewise, decodeText, type Encoding, UNDECODABLE } from './read/decode.js';
import { splitPlainRecord, splitRecords } from './read/delimited.js';
import { createFieldBounds, type FieldBounds, readRecordText, trimBlanks } from './read/fields.js';
import { countsCharacters, splitFixedRecord, splitFixedText } from './read/fixed.js';
import { LineKind } from './read/frame.js';
import { readHeaderAgain } from './read/header.js';
import { isUtf16 } from './read/utf16.js';
import type { ColumnChecks } from './rules/checks.js';
import type { UniqueValue } from './rules/columns.js';
import { COMMENT_RULES } from './rules/comment.js';
import { refineImmunization, rulesOfVaccine } from './rules/immunization.js';
import { PATIENT_RULES, refinePatient } from './rules/patient.js';
import { type Rule, runRules } from './rules/rule.js';
import { countOwnFields, type DelimitedLayout, REJECT_COLUMNS } from './spec.js';
import { factsOf, type RecordFacts } from './suggest/facts.js';
import { wantsFacts } from './suggest/suggesters.js';

/** A value that was loaded differently from how it was received, and how often. */
export interface Change {
  readonly slot: number;
  readonly before: string;
  readonly after: string | null;
  count: number;
  readonly firstLine: number;
}

/** A dose whose vaccine nobody knows, and what its record says about it. */
export interface UnresolvedVaccine {
  /** Index of the record in the block. */
  readonly index: number;
  readonly clues: readonly VaccineClue[];
  /** The site and patient id of the dose, and its day; `null` where they are not known. */
  readonly siteId: string | null;
  readonly sourcePatientId: string | null;
  readonly administeredOn: string | null;
}

/** What a block became. Records are named by their index in the block. */
export interface Batch {
  readonly seq: number;
  /** Records that may be loaded, and their rows. */
  readonly accepted: number[];
  readonly rows: RowColumns;
  /** Records with an error, the codes of their errors, and what could be read of them (`null`: nothing). */
  readonly rejected: { readonly index: number; readonly codes: readonly IssueCode[]; readonly row: Row | null }[];
  /** Records of a combined file that may not be loaded, though nothing is wrong with their patient. */
  readonly keptOut: { readonly index: number; readonly codes: readonly IssueCode[] }[];
  /** Records that hold no data, or are of a kind that is not loaded. */
  readonly skipped: number[];
  /** How many of these are of a kind that is not loaded. */
  notLoaded: number;
  /** Values that may stand once in a file, in the order of their records. */
  readonly unique: (UniqueValue &
    Pick<Issue, 'sourcePatientId' | 'sourceImmunizationId'> & { readonly index: number })[];
  /** In the order of the records. */
  readonly issues: Issue[];
  readonly changes: Change[];
  readonly unresolved: UnresolvedVaccine[];
  /** Records by encoding. */
  readonly encodings: Record<Encoding, number>;
  /** Records that go on behind the last column and were cut, and delimited ones that lack columns and were padded. */
  longRows: number;
  shortRows: number;
  /** Records that hold zero bytes. */
  nulRecords: number;
  /** Fixed-width records with findings that may count characters where bytes were counted. */
  doubtfulWidths: number;
  /** Records that name the columns again, and whether in the order in which they stand in the file. */
  readonly headers: { readonly index: number; readonly fits: boolean }[];
  /** How many records have a value, by slot. */
  readonly filled: Uint32Array;
}

/** Distinct changed values kept per block; more of them are counted under the empty value. */
const MOST_CHANGES = 2000;
/** Texts and combinations of vaccine codes remembered. */
const MOST_READINGS = 50_000;

/** Transforms all records of a block. */
export function transformBlock(block: Block, plan: TransformPlan): Batch {
  return new BlockTransform(block, plan).run();
}

/**
 * Gives values as they were received, for findings that are made after the transform. The block is decoded when the first
 * value is asked for: most blocks need none.
 */
export function createValueReader(
  block: Block,
  plan: TransformPlan,
): (index: number, field: FieldName) => string | null {
  let transform: BlockTransform | null = null;
  return (index, field) => {
    transform ??= new BlockTransform(block, plan);
    return transform.readValue(index, field);
  };
}

/** Where a value stands in the block, and how it was read. */
interface LastReading {
  hash: number;
  start: number;
  end: number;
  reading: Reading;
}

/** The sender's key of a patient. */
interface PatientKey {
  readonly site: string;
  readonly id: string;
}

/** The state of one block's transform: the record under way, and what the records before it gave. */
class BlockTransform {
  readonly #block: Block;
  readonly #plan: TransformPlan;
  readonly #text: string;
  readonly #bounds: FieldBounds;
  readonly #quoted: ReadonlyMap<number, readonly string[]>;
  readonly #changes = new Map<string, Change>();
  readonly #batch: Batch;
  readonly #rows: ColumnBuilder;
  /** The number of the batch among those of the plan, from 1. */
  readonly #stamp: number;

  // The record under way. Row and findings are used again for the next one: a third of the time went into making them.
  #index = 0;
  readonly #row: Row;
  readonly #problems: (Problem | null)[];
  #hasProblems = false;
  readonly #findings: Finding[] = [];
  /** The value before in each column whose values are not remembered, by slot. */
  readonly #lastReadings: (LastReading | undefined)[];
  /** The record's values where they had to be decoded or unquoted; `null` when they are slices of the block's text. */
  #cells: readonly string[] | null = null;
  #encoding: Encoding = 'ascii';
  /** In a tagged file: the patient of the doses that come now, and what reads the patients of the block. */
  #patient: PatientKey | null = null;
  #patients: BlockTransform | null = null;
  /** Whether a fixed-width record is shorter or longer than its layout allows. */
  #hasWrongWidth = false;
  /** What the rules of columns found: told first, and silent where the field's own findings say more. */
  #ruleFindings: readonly Finding[] = [];
  /** The values with their blanks, for rules that want them. */
  #whole: readonly string[] | null = null;

  constructor(block: Block, plan: TransformPlan) {
    this.#block = block;
    this.#plan = plan;
    this.#text = decodeBytewise(block.bytes);
    this.#bounds = createFieldBounds(plan.fieldCount + REJECT_COLUMNS.length + 1);
    this.#quoted = this.#readQuotedRecords();
    this.#row = new Array(plan.fieldNames.length).fill(null);
    this.#problems = new Array(plan.fieldNames.length).fill(null);
    this.#lastReadings = new Array(plan.fieldNames.length).fill(undefined);
    this.#stamp = ++plan.batches;
    this.#rows = new ColumnBuilder(plan.fieldNames.length, block.count, plan.isUnlike);
    this.#batch = {
      seq: block.seq,
      accepted: [],
      rows: RowColumns.none(plan.fieldNames.length),
      rejected: [],
      keptOut: [],
      skipped: [],
      notLoaded: 0,
      unique: [],
      issues: [],
      changes: [],
      unresolved: [],
      encodings: { ascii: 0, 'utf-8': 0, 'windows-1252': 0 },
      longRows: 0,
      shortRows: 0,
      nulRecords: 0,
      doubtfulWidths: 0,
      headers: [],
      filled: new Uint32Array(plan.fieldNames.length),
    };
  }

  run(): Batch {
    if (this.#plan.patients !== null) this.#beginWithPatient();
    for (this.#index = 0; this.#index < this.#block.count; this.#index++) {
      if (this.#findings.length > 0) this.#findings.length = 0;
      this.#readRecord();
    }
    this.#batch.changes.push(...this.#changes.values());
    return { ...this.#batch, rows: this.#rows.finish() };
  }

  /** Begins with the patient of the block before, whose doses may go on in this one. */
  #beginWithPatient(): void {
    const { above } = this.#block;
    if (above === null) return;
    const { bytes, shape } = above;
    const [starts, ends] = [Uint32Array.of(0), Uint32Array.of(bytes.length)];
    const [lines, shapes, kinds] = [Uint32Array.of(0), Uint8Array.of(shape), Uint8Array.of(LineKind.patient)];
    const place = { seq: 0, offset: 0, firstRecord: 0, count: 1, origins: null, above: null };
    this.#patient = this.#readPatient({ ...place, bytes, starts, ends, lines, shapes, kinds }, 0);
  }

  /** A field of a record, as received. */
  readValue(index: number, field: FieldName): string | null {
    const reader = this.#plan.columnOf.get(field);
    if (reader === undefined) return null;
    this.#index = index;
    this.#findFields();
    return this.#cell(reader.column) || null;
  }

  #readQuotedRecords(): Map<number, string[]> {
    const { shapes, starts, ends, bytes, count } = this.#block;
    const layout = this.#plan.layout;
    const indexes: number[] = [];
    for (let index = 0; index < count; index++) if (shapes[index] === RecordShape.quoted) indexes.push(index);
    if (indexes.length === 0 || layout.format !== 'delimited') return new Map();
    const texts = indexes.map((index) => readRecordText(bytes, starts[index]!, ends[index]!, this.#plan.encoding).text);
    const rows = splitRecords(texts, layout);
    return new Map(indexes.map((index, i) => [index, rows[i]!.map(trimBlanks)]));
  }

  #readRecord(): void {
    this.#row.fill(null);
    if (this.#hasProblems) this.#problems.fill(null);
    this.#hasProblems = false;
    if (this.#block.kinds !== null && !this.#isOwnLine(this.#block.kinds[this.#index]!)) return;
    const shape = this.#block.shapes[this.#index];
    if (shape === RecordShape.quoteNotClosed) return this.#rejectUnread('quote-not-closed');
    if (shape === RecordShape.quoteMisplaced) return this.#rejectUnread('quote-misplaced');
    const count = this.#findFields();
    if (this.#cells !== null || this.#bounds.hasControls) this.#noteNulBytes();
    if (this.#isBlank(count)) return this.#skip('record-blank');
    if (this.#plan.doseColumns?.every((column) => this.#cell(column) === '') === true) {
      this.#batch.skipped.push(this.#index);
      return;
    }
    if (this.#plan.headerBytes !== null && this.#isHeader(this.#plan.headerBytes)) return this.#skipHeader();
    if (this.#mayNameColumns(count) && this.#readHeaderAgain(count)) return;
    if (!this.#hasRightCount(count)) {
      return this.#rejectUnread('field-count-wrong', { expected: String(this.#plan.fieldCount), other: String(count) });
    }
    if (this.#hasWrongWidth) return this.#rejectWidth();
    const { checks } = this.#plan;
    if (checks !== null && !this.#checkColumns(checks)) return;
    this.#readFields();
    this.#judge();
    this.#finish();
  }

  /**
   * Whether a line of a tagged file is of the role that is read. Lines of neither are told when patients are read; when
   * doses are, the patients above them say whose they are.
   */
  #isOwnLine(kind: number): boolean {
    if (this.#plan.patients !== null) {
      if (kind === LineKind.patient) this.#patient = this.#readPatient(this.#block, this.#index);
      if (kind === LineKind.orphan) this.#patient = null;
      return kind === LineKind.immunization || kind === LineKind.orphan;
    }
    if (kind === LineKind.unknown) this.#rejectUnread('line-tag-unknown');
    if (kind !== LineKind.other) return kind === LineKind.patient;
    if (this.#isBlank(this.#findFields())) this.#skip('record-blank');
    else this.#batch.skipped.push(this.#index);
    return false;
  }

  /** Who the patient of a line is; `null` where the line does not say. */
  #readPatient(block: Block, index: number): PatientKey | null {
    if (block !== this.#block) return new BlockTransform(block, this.#plan.patients!).readKey(index);
    this.#patients ??= new BlockTransform(block, this.#plan.patients!);
    return this.#patients.readKey(index);
  }

  /** The sender's key of a patient, as the patient is loaded with it. */
  readKey(index: number): PatientKey | null {
    this.#index = index;
    this.#row.fill(null);
    const shape = this.#block.shapes[index];
    if (shape === RecordShape.quoteNotClosed || shape === RecordShape.quoteMisplaced) return null;
    if (!this.#hasRightCount(this.#findFields()) || this.#hasWrongWidth) return null;
    for (const field of ['site_id', 'source_patient_id'] as const) {
      const reader = this.#plan.columnOf.get(field);
      if (reader === undefined) continue;
      this.#readCell(reader);
      this.#row[reader.slot] ??= reader.default;
    }
    const site = this.#row[PATIENT.site_id] ?? this.#plan.site;
    const id = this.#row[PATIENT.source_patient_id];
    return site == null || id == null ? null : { site, id };
  }

  /** Gives a dose the patient above it. */
  #inheritPatient(): void {
    const row = this.#row;
    const own = row[DOSE.source_patient_id] ?? null;
    const patient = this.#patient;
    if (patient === null) {
      if (own === null) this.#find('patient-line-missing', 'source_patient_id');
      return;
    }
    if (own !== null && own !== patient.id) this.#find('patient-line-disagrees', 'source_patient_id');
    row[DOSE.source_patient_id] = own ?? patient.id;
    row[DOSE.site_id] ??= patient.site;
  }

  /** Finds the fields of the record under way and gives their number. */
  #findFields(): number {
    const { bytes, starts, ends } = this.#block;
    const { layout, fixed, widths, encoding: fileEncoding } = this.#plan;
    const start = starts[this.#index]!;
    const end = ends[this.#index]!;
    this.#cells = null;
    this.#encoding = 'ascii';
    const quoted = this.#quoted.get(this.#index);
    if (quoted !== undefined) {
      this.#cells = quoted;
      this.#encoding = readRecordText(bytes, start, end, fileEncoding).encoding;
    } else if (layout.format === 'delimited') {
      splitPlainRecord(bytes, start, end, layout.delimiter.charCodeAt(0), this.#bounds);
    } else {
      splitFixedRecord(bytes, start, end, fixed!, this.#bounds);
    }
    let characters: string[] | null = null;
    if (this.#cells === null && !this.#bounds.ascii) {
      const { text, encoding } = readRecordText(bytes, start, end, fileEncoding);
      this.#encoding = encoding;
      const unit = this.#block.shapes[this.#index] === RecordShape.inCharacters ? 'characters' : widths;
      // Where bytes fit, characters need not be counted, unless they alone count.
      if (fixed !== null && (end - start !== fixed.width || isUtf16(fileEncoding) || unit === 'characters')) {
        characters = [...text];
        if (countsCharacters(characters.length, fixed, unit, fileEncoding)) this.#cells = splitFixedText(text, fixed);
        else characters = null;
      }
    }
    if (fixed !== null) this.#judgeWidth(start, end, characters);
    this.#batch.encodings[this.#encoding]++;
    if (this.#plan.shortRows === 'pad' && fixed === null) this.#leaveOutRejectColumns();
    return this.#cells === null ? this.#bounds.count : this.#cells.length;
  }

  /** `characters` are those of a record that counts them. */
  #judgeWidth(start: number, end: number, characters: readonly string[] | null): void {
    const { shortRows, longRows, fixed } = this.#plan;
    const isLong = this.#isLongRow(start, end, characters);
    if (isLong && longRows === 'cut') this.#batch.longRows++;
    const isShort = shortRows === 'reject' && (characters?.length ?? end - start) < fixed!.width;
    this.#hasWrongWidth = isShort || (isLong && longRows === 'reject');
  }

  /**
   * A record that lacks columns may have those of immload in their places, when it comes back in a reject file. They are
   * no values.
   */
  #leaveOutRejectColumns(): void {
    const count = this.#cells === null ? this.#bounds.count : this.#cells.length;
    const own = countOwnFields(count, this.#cell(count - 1));
    if (own === count) return;
    if (this.#cells !== null) this.#cells = this.#cells.slice(0, own);
    else this.#bounds.count = own;
  }

  /** Whether a fixed-width record goes on behind its last column, by bytes or, where it counts them, by characters. */
  #isLongRow(start: number, end: number, characters: readonly string[] | null): boolean {
    const { width } = this.#plan.fixed!;
    if (characters !== null) return characters.slice(width).some((character) => character > ' ');
    const { bytes } = this.#block;
    for (let at = start + width; at < end; at++) if (bytes[at]! > 32) return true;
    return false;
  }

  /** Whether blanks at the end were cut off a record that would else show what its widths count. */
  #mayCountCharacters(): boolean {
    const { fixed, widths } = this.#plan;
    if (fixed === null || widths !== 'auto' || this.#cells !== null) return false;
    const { starts, ends } = this.#block;
    return ends[this.#index]! - starts[this.#index]! < fixed.width;
  }

  #noteNulBytes(): void {
    const { bytes, starts, ends } = this.#block;
    if (bytes.subarray(starts[this.#index], ends[this.#index]).includes(0)) this.#batch.nulRecords++;
  }

  /** A field's text without surrounding blanks, as received. Columns that the record does not have are empty. */
  #cell(column: number): string {
    const cells = this.#cells;
    if (cells !== null) return cells[column] ?? '';
    const bounds = this.#bounds;
    if (column < 0 || column >= bounds.count) return '';
    const start = bounds.starts[column]!;
    const end = bounds.ends[column]!;
    if (start === end) return '';
    if (bounds.ascii) return this.#text.slice(start, end);
    return decodeText(this.#block.bytes.subarray(start, end), this.#encoding);
  }

  #isBlank(count: number): boolean {
    for (let column = 0; column < count; column++) {
      if (
        this.#cells !== null ? this.#cells[column] !== '' : this.#bounds.starts[column] !== this.#bounds.ends[column]
      ) {
        return false;
      }
    }
    return true;
  }

  #isHeader(header: Uint8Array): boolean {
    const { bytes, starts, ends } = this.#block;
    const start = starts[this.#index]!;
    if (ends[this.#index]! - start !== header.length) return false;
    for (let i = 0; i < header.length; i++) if (bytes[start + i] !== header[i]) return false;
    return true;
  }

  /** Whether the record has no date where it should have one, but perhaps a name. */
  #mayNameColumns(count: number): boolean {
    const { headerTest } = this.#plan;
    if (headerTest === null) return false;
    const { probe } = headerTest;
    if (probe >= count) return true;
    const cells = this.#cells;
    const start = this.#bounds.starts[probe]!;
    if (cells === null && start === this.#bounds.ends[probe]) return true;
    const first = cells === null ? this.#block.bytes[start]! : cells[probe]!.charCodeAt(0);
    return !(first >= DIGIT_0 && first <= DIGIT_9);
  }

  /** Takes a record that names the columns; false where it does not. */
  #readHeaderAgain(count: number): boolean {
    const cells: string[] = [];
    for (let column = 0; column < count; column++) cells.push(this.#cell(column).replace('\ufeff', ''));
    const found = readHeaderAgain(cells, this.#plan.headerTest!);
    if (found === null) return false;
    if (found === 'same') this.#skipHeader();
    else {
      this.#batch.headers.push({ index: this.#index, fits: false });
      this.#rejectUnread('header-other-order', { other: found.first });
    }
    return true;
  }

  #skipHeader(): void {
    this.#batch.headers.push({ index: this.#index, fits: true });
    this.#skip('header-repeated');
  }

  /** The columns that immload adds to rejected records do not count where the file has no header to say so. */
  #hasRightCount(count: number): boolean {
    const expected = this.#plan.fieldCount;
    if (count === expected || this.#plan.fixed !== null) return true;
    if (count > expected && countOwnFields(count, this.#cell(count - 1)) === expected) return true;
    return this.#mayHaveCount(count);
  }

  /** Whether the layout allows a record with fewer fields than its columns, or with more. */
  #mayHaveCount(count: number): boolean {
    const { shortRows, longRows, fieldCount, rejectColumns } = this.#plan;
    if (count > fieldCount) {
      if (longRows === 'cut') this.#batch.longRows++;
      return longRows === 'cut';
    }
    if (shortRows === 'pad' && count < fieldCount - rejectColumns) this.#batch.shortRows++;
    return shortRows === 'pad';
  }

  #rejectWidth(): void {
    const { fixed } = this.#plan;
    const { starts, ends, bytes } = this.#block;
    const [start, end] = [starts[this.#index]!, ends[this.#index]!];
    // Whatever it counts, the sender is told what can be seen: characters.
    const { text } = readRecordText(bytes, start, end, this.#plan.encoding);
    this.#rejectUnread('row-width-wrong', { expected: String(fixed!.width), other: String([...text].length) });
  }

  /** Judges the record by the rules of its columns; false where it is done with, because such records are not loaded. */
  #checkColumns(checks: ColumnChecks): boolean {
    this.#whole = checks.keepsBlanks ? this.#splitWhole() : null;
    this.#ruleFindings = checks.told.judge(this.#readWritten);
    for (const unique of checks.told.uniqueValues(this.#readWritten)) {
      this.#batch.unique.push({
        ...unique,
        index: this.#index,
        sourcePatientId: this.#idAt(checks.ids.patient),
        sourceImmunizationId: this.#idAt(checks.ids.immunization),
      });
    }
    if (checks.notLoaded?.(this.#readWritten) !== true) return true;
    this.#findings.push(...this.#ruleFindings);
    const { errors, besides } = this.#addIssues();
    const codes = [...errors, ...besides];
    if (codes.length > 0) this.#batch.rejected.push({ index: this.#index, codes, row: null });
    else {
      this.#batch.skipped.push(this.#index);
      this.#batch.notLoaded++;
    }
    return false;
  }

  /** The record's values with the blanks around them. */
  #splitWhole(): readonly string[] {
    const { bytes, starts, ends } = this.#block;
    const { layout, encoding } = this.#plan;
    const { text } = readRecordText(bytes, starts[this.#index]!, ends[this.#index]!, encoding);
    return text.split((layout as DelimitedLayout).delimiter, this.#bounds.count);
  }

  /** A value as it is written, for the rules of columns; what stands for no value is a blank. */
  #readWritten = (column: number): string => {
    const value = this.#whole === null ? this.#cell(column) : (this.#whole[column] ?? '');
    const { nulls, longestNull } = this.#plan;
    return value.length <= longestNull && nulls.has(value.toUpperCase()) ? '' : value;
  };

  /**
   * Puts what the rules of columns found before what the fields themselves found, and leaves out of that what only says
   * again that a column is wrong. True where an error was left out that was told when the record was read as a patient.
   */
  #withRuleFindings(checks: ColumnChecks): boolean {
    const own = this.#findings.length > 0 ? this.#findings.splice(0) : [];
    this.#findings.push(...this.#ruleFindings);
    if (own.length === 0) return false;
    const before = checks.toldBefore.judge(this.#readWritten);
    let hasToldError = false;
    for (const finding of own) {
      if (this.#isToldBy(before, finding)) hasToldError ||= this.#weightOf(finding) === WEIGHTS.indexOf('error');
      else if (!this.#isToldBy(this.#ruleFindings, finding)) this.#findings.push(finding);
    }
    return hasToldError;
  }

  /** Whether one of these findings is about the same field, and weighs as much. */
  #isToldBy(findings: readonly Finding[], { field, code }: Finding): boolean {
    if (field === null) return false;
    const weight = this.#weightOf({ code });
    return findings.some((each) => each.field === field && this.#weightOf(each) >= weight);
  }

  #weightOf({ code }: Pick<Finding, 'code'>): number {
    return WEIGHTS.indexOf(this.#plan.severities[code]);
  }

  #readFields(): void {
    if (this.#cells === null && this.#bounds.ascii) this.#readSlices();
    else for (const reader of this.#plan.columns) this.#readCell(reader);
  }

  /** The usual case: values are slices of the block's text, and most were met before and are known by their bytes. */
  #readSlices(): void {
    for (const { reader, run } of this.#plan.steps) {
      if (run === null) this.#readSlice(reader);
      else if (run.last < this.#bounds.count && isWorthAsking(run)) this.#readRun(run);
      else for (const each of run.readers) this.#readSlice(each);
    }
  }

  #readSlice(reader: ColumnReader): void {
    const { column, cache } = reader;
    const { starts, ends, hashes, count } = this.#bounds;
    if (column < 0 || column >= count) return;
    const start = starts[column]!;
    const end = ends[column]!;
    if (start === end && reader.joined === null) return;
    if (reader.values !== null || reader.joined !== null) return this.#readCell(reader);
    const { bytes } = this.#block;
    const hash = hashes[column]!;
    if (cache === null) this.#take(reader, start, end, this.#readAgain(reader, start, end, hash));
    else {
      const entry = cache.byBytes.find(bytes, start, end, hash);
      if (entry < 0) this.#take(reader, start, end, this.#readFirst(reader, cache.byBytes, start, end, hash));
      else if (isMarked(entry)) this.#take(reader, start, end, cache.byBytes.at(entry) as Reading);
      else this.#takeKnown(reader.slot, cache.byBytes, entry);
    }
    if (reader.width !== null && end - start > reader.width) this.#findTooLong(reader);
  }

  /** Takes a value that was met before and of which nothing is to be told. */
  #takeKnown(slot: number, cache: ByteCache<string | Reading>, entry: number): void {
    const value = cache.at(entry) as string;
    this.#row[slot] = value;
    this.#batch.filled[slot]!++;
    let place = cache.numberAt(entry, this.#stamp);
    if (place === 0) {
      place = this.#rows.addText(value);
      cache.setNumber(entry, this.#stamp, place);
    }
    this.#rows.note(slot, value, place);
  }

  /** Takes what a slice of the block's text was read as. */
  #take(reader: ColumnReader, start: number, end: number, reading: Reading): void {
    const { value } = reading;
    if (value !== null) {
      this.#row[reader.slot] = value;
      this.#batch.filled[reader.slot]!++;
    }
    if (reading.isRemarkable) this.#noteReading(reader, this.#text.slice(start, end), reading);
  }

  /** Reads a value that was not met before, and remembers it. */
  #readFirst(
    reader: ColumnReader,
    cache: ByteCache<string | Reading>,
    start: number,
    end: number,
    hash: number,
  ): Reading {
    const reading = this.#readNew(reader, copyText(this.#text.slice(start, end)));
    const isPlain = !reading.isRemarkable && reading.value !== null;
    cache.set(this.#block.bytes, start, end, hash, isPlain ? reading.value : reading, !isPlain);
    return reading;
  }

  /** Reads a value that hardly ever comes again but in the next record, as the id of a patient with many doses does. */
  #readAgain(reader: ColumnReader, start: number, end: number, hash: number): Reading {
    const last = this.#lastReadings[reader.slot];
    if (last !== undefined && last.hash === hash && this.#isSameText(last, start, end)) return last.reading;
    const reading = this.#readNew(reader, this.#text.slice(start, end));
    if (last === undefined) this.#lastReadings[reader.slot] = { hash, start, end, reading };
    else {
      last.hash = hash;
      last.start = start;
      last.end = end;
      last.reading = reading;
    }
    return reading;
  }

  #isSameText(last: LastReading, start: number, end: number): boolean {
    const { bytes } = this.#block;
    if (last.end - last.start !== end - start) return false;
    for (let at = start, own = last.start; at < end; at++, own++) if (bytes[at] !== bytes[own]) return false;
    return true;
  }

  /** Reads columns that were met together before at once. */
  #readRun(run: ColumnRun): void {
    const { first, last, cache } = run;
    const { starts, ends, hashes } = this.#bounds;
    const { fixed } = this.#plan;
    const { bytes } = this.#block;
    let start = starts[first]!;
    let end = ends[last]!;
    if (fixed !== null) {
      // Without delimiters, only the whole width tells which column a byte is of.
      const recordEnd = this.#block.ends[this.#index]!;
      start = Math.min(this.#block.starts[this.#index]! + fixed.offsets[first]!, recordEnd);
      end = Math.min(this.#block.starts[this.#index]! + fixed.offsets[last + 1]!, recordEnd);
    }
    let hash = 0;
    for (let column = first; column <= last; column++) hash = (Math.imul(hash, 1_000_003) + hashes[column]!) | 0;
    run.lookups++;
    let reading = cache.get(bytes, start, end, hash);
    if (reading === undefined) {
      run.misses++;
      reading = this.#readNewRun(run);
      cache.set(bytes, start, end, hash, reading);
    }
    const { filled } = this.#batch;
    const row = this.#row;
    const { slots, values, places } = reading;
    if (reading.stamp !== this.#stamp) {
      for (let i = 0; i < slots.length; i++) places[i] = this.#rows.addText(values[i]!);
      reading.stamp = this.#stamp;
    }
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      row[slot] = values[i]!;
      filled[slot]!++;
      this.#rows.note(slot, values[i]!, places[i]!);
    }
    if (reading.remarks === null) return;
    for (const { reader, reading: own, isTooLong } of reading.remarks) {
      if (own.isRemarkable) this.#noteReading(reader, this.#cell(reader.column), own);
      if (isTooLong) this.#findTooLong(reader);
    }
  }

  #readNewRun({ readers }: ColumnRun): RunReading {
    const slots: number[] = [];
    const values: string[] = [];
    const remarks: RunRemark[] = [];
    for (const reader of readers) {
      const received = this.#cell(reader.column);
      const text = received === '' ? '' : (reader.values?.get(received.toUpperCase()) ?? received);
      if (text === '') continue;
      const reading = this.#readText(reader, copyText(text));
      if (reading.value !== null) {
        slots.push(reader.slot);
        values.push(reading.value);
      }
      const isTooLong = reader.width !== null && isLongerThan(received, reader.width);
      if (reading.isRemarkable || isTooLong) remarks.push({ reader, reading, isTooLong });
    }
    return {
      slots,
      values,
      places: new Uint32Array(slots.length),
      stamp: 0,
      remarks: remarks.length > 0 ? remarks : null,
    };
  }

  #readCell(reader: ColumnReader): void {
    const received = this.#received(reader);
    if (received === '') return;
    // The layout's own words are replaced before anything else is done, and are shown as they were received.
    const text =
      reader.joined === null ? (reader.values?.get(received.toUpperCase()) ?? received) : this.#joinedText(reader);
    if (text === '') return;
    const reading = this.#readText(reader, text);
    if (reading.value !== null) {
      this.#row[reader.slot] = reading.value;
      this.#batch.filled[reader.slot]!++;
    }
    if (reading.isRemarkable) this.#noteReading(reader, received, reading);
    if (reader.width !== null && isLongerThan(received, reader.width)) this.#findTooLong(reader);
  }

  /** A value as it stands in the record, its parts joined. */
  #received(reader: ColumnReader): string {
    const cell = this.#cell(reader.column);
    if (reader.joined === null) return cell;
    const cells = [cell, ...reader.joined.columns.map(({ column }) => this.#cell(column))];
    return cells.filter((each) => each !== '').join(reader.joined.by);
  }

  /** A value of several columns, the layout's own words of each replaced. */
  #joinedText(reader: ColumnReader): string {
    const { columns, by } = reader.joined!;
    const parts: string[] = [];
    for (const { column, values } of [reader, ...columns]) {
      const cell = this.#cell(column);
      const text = values?.get(cell.toUpperCase()) ?? cell;
      if (text !== '') parts.push(text);
    }
    return parts.join(by);
  }

  #noteReading(reader: ColumnReader, text: string, reading: Reading): void {
    if (reading.changed) this.#noteChange(reader.slot, text, reading.value);
    if (reading.problem !== null) this.#noteProblem(reader, text, reading);
  }

  #findTooLong(reader: ColumnReader): void {
    this.#find('value-too-long', reader.field, { expected: String(reader.width) });
  }

  #readText(reader: ColumnReader, text: string): Reading {
    const byText = reader.cache?.byText;
    if (byText === undefined) return this.#readNew(reader, text);
    let reading = byText.get(text);
    if (reading === undefined) {
      const own = copyText(text);
      reading = this.#readNew(reader, own);
      if (byText.size >= MOST_READINGS) byText.clear();
      byText.set(own, reading);
    }
    return reading;
  }

  #readNew(reader: ColumnReader, text: string): Reading {
    const { nulls, longestNull } = this.#plan;
    if (text.length <= longestNull && nulls.has(text.toUpperCase())) return NOTHING_KNOWN;
    return reader.normalize(text);
  }

  #noteProblem(reader: ColumnReader, text: string, reading: Reading): void {
    this.#problems[reader.slot] = reading.problem;
    this.#hasProblems = true;
    const code = reader.definition.problems?.[reading.problem!] ?? COMMON_PROBLEMS[reading.problem!];
    if (code === undefined) return;
    const { expected } = reader;
    this.#findings.push(
      createFinding(code, reader.field, text, { after: reading.value, expected, other: reading.other }),
    );
  }

  #noteChange(slot: number, before: string, after: string | null): void {
    const key = `${slot}\x1f${before}`;
    const known = this.#changes.get(key);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const firstLine = this.#block.lines[this.#index]!;
    if (this.#changes.size < MOST_CHANGES) {
      this.#changes.set(key, { slot, before: copyText(before), after, count: 1, firstLine });
      return;
    }
    const rest = this.#changes.get(`${slot}\x1f`);
    if (rest !== undefined) rest.count++;
    else this.#changes.set(`${slot}\x1f`, { slot, before: '', after: null, count: 1, firstLine });
  }

  /** Everything that a record's values say together. */
  #judge(): void {
    const plan = this.#plan;
    const row = this.#row;
    for (const { slot, default: value } of plan.defaults) row[slot] ??= value;
    if (plan.role === 'comment') return this.#judgeComment();
    if (plan.role === 'patient') {
      row[PATIENT.site_id] ??= plan.site;
      refinePatient(row, this.#problems, this.#find);
    } else {
      if (plan.patients !== null) this.#inheritPatient();
      row[DOSE.site_id] ??= plan.site;
      this.#resolveVaccine();
    }
    this.#findMissing();
    if (plan.role === 'immunization') refineImmunization(row);
    this.#findCharacters();
    if (plan.role === 'patient') {
      runRules(PATIENT_RULES, row, plan, this.#reportRule);
    } else {
      plan.doseRules.run(row, plan, this.#reportRule);
      const cvx = row[DOSE.cvx];
      if (cvx != null) runRules(rulesOfVaccine(cvx, plan), row, plan, this.#reportRule);
    }
  }

  #judgeComment(): void {
    const plan = this.#plan;
    this.#row[COMMENT.site_id] ??= plan.site;
    this.#findMissing();
    this.#findCharacters();
    runRules(COMMENT_RULES, this.#row, plan, this.#reportRule);
  }

  #reportRule = (rule: Rule): void => {
    const { field } = CATALOGUE[rule.code];
    if (rule.asksFor?.some((asked) => this.#isExplained(asked)) === true) return;
    if (rule.asReceived !== undefined && !this.#hasReceived(rule.asReceived)) return;
    this.#find(rule.code, field, rule.facts?.(this.#row, this.#plan));
  };

  /** Whether the record itself says what its field holds. */
  #hasReceived(field: FieldName): boolean {
    return this.#receivedOf(field) !== null && !this.#isExplained(field);
  }

  /** Reports blank fields that may not be blank. */
  #findMissing(): void {
    const row = this.#row;
    for (const { slot, field, missing } of this.#plan.required) {
      if (row[slot] === null && !this.#isExplained(field)) this.#find(missing!, field);
    }
    // In a tagged file, the patient says it for the doses.
    if (!this.#plan.columnOf.has('site_id') && this.#plan.site === null && this.#plan.patients === null)
      this.#find('site-missing', null);
  }

  /** Whether an issue already says why the field has no value. One that is off says nothing. */
  #isExplained(field: FieldName): boolean {
    const { severities } = this.#plan;
    return this.#findings.some(
      ({ field: about, code }) => about === field && code !== NO_REASON && severities[code] !== 'off',
    );
  }

  #resolveVaccine(): void {
    const row = this.#row;
    const { vaccines, vaccineSources } = this.#plan;
    const cvx = row[DOSE.cvx]!;
    const cpt = row[DOSE.cpt]!;
    const ndc = row[DOSE.ndc]!;
    const vaccine_name = row[DOSE.vaccine_name]!;
    const vaccine_group = row[DOSE.vaccine_group]!;
    const onlyCvx = cvx !== null && cpt === null && ndc === null && vaccine_name === null && vaccine_group === null;
    const key = onlyCvx ? cvx : packRow([cvx, cpt, ndc, vaccine_name, vaccine_group]);
    let resolution = vaccines.get(key);
    if (resolution === undefined) {
      resolution = resolveVaccine({ cvx, cpt, ndc, vaccine_name, vaccine_group }, vaccineSources);
      if (vaccines.size >= MOST_READINGS) vaccines.clear();
      vaccines.set(key, resolution);
    }
    const reading = readingOn(resolution, row[DOSE.administered_on]!);
    row[DOSE.cvx] = reading.cvx;
    if (cvx !== null && cvx !== reading.cvx) this.#noteChange(DOSE.cvx, cvx, reading.cvx);
    if (reading.ndc !== null && reading.ndc !== ndc) {
      this.#noteChange(DOSE.ndc, ndc, reading.ndc);
      row[DOSE.ndc] = reading.ndc;
    }
    for (const finding of reading.findings) this.#findings.push(finding);
    if (reading.unmapped.length > 0) this.#noteUnresolved(reading.unmapped);
  }

  #noteUnresolved(clues: readonly VaccineClue[]): void {
    const row = this.#row;
    this.#batch.unresolved.push({
      index: this.#index,
      clues,
      siteId: row[DOSE.site_id]!,
      sourcePatientId: row[DOSE.source_patient_id]!,
      administeredOn: row[DOSE.administered_on]!,
    });
  }

  /** Control characters, and bytes without meaning. Hardly any record has them. */
  #findCharacters(): void {
    if (this.#cells === null && this.#bounds.ascii && !this.#bounds.hasControls) return;
    for (const reader of this.#plan.columns) {
      const text = this.#cell(reader.column);
      if (hasControlCharacter(text)) this.#find('character-control', reader.field);
      if (text.includes(UNDECODABLE)) this.#find('character-undecodable', reader.field, { after: UNDECODABLE });
    }
  }

  #find = (code: IssueCode, field: FieldName | null, facts?: Facts): void => {
    const reader = field === null ? undefined : this.#plan.columnOf.get(field);
    const value = reader === undefined ? null : this.#received(reader) || null;
    this.#findings.push(createFinding(code, field, value, facts));
  };

  /** Gives the record its issues, and a place among the accepted or the rejected. */
  #finish(): void {
    const { checks } = this.#plan;
    const hasToldError = checks !== null && this.#withRuleFindings(checks);
    const { errors, besides } = this.#addIssues();
    if (this.#findings.length > 0 && this.#encoding === 'utf-8' && this.#mayCountCharacters()) {
      this.#batch.doubtfulWidths++;
    }
    if (errors.length === 0 && !hasToldError) {
      this.#batch.accepted.push(this.#index);
      this.#rows.add(this.#row);
      if (besides.length > 0) this.#batch.keptOut.push({ index: this.#index, codes: besides });
    } else {
      this.#batch.rejected.push({ index: this.#index, codes: [...errors, ...besides], row: this.#row.slice() });
    }
  }

  /** Adds the issues of the record under way and gives the codes of its errors: those of what is read, and others. */
  #addIssues(): RecordErrors {
    if (this.#findings.length === 0) return NO_ERRORS;
    const { severities, role, checks, doseNames } = this.#plan;
    const { firstRecord, lines } = this.#block;
    const index = this.#index;
    const row = this.#row;
    const { patient, immunization } = ID_SLOTS[role];
    const sourcePatientId = row[patient] ?? this.#idAt(checks?.ids.patient);
    const sourceImmunizationId =
      (immunization === null ? null : row[immunization]) ?? this.#idAt(checks?.ids.immunization);
    const errors: IssueCode[] = [];
    const besides: IssueCode[] = [];
    for (const finding of this.#findings) {
      const severity = severities[finding.code];
      if (severity === 'off') continue;
      const isBeside = finding.column !== null && checks?.besidePatient?.has(finding.column) === true;
      const codes = isBeside ? besides : errors;
      if (severity === 'error' && !codes.includes(finding.code)) codes.push(finding.code);
      this.#batch.issues.push({
        code: finding.code,
        severity,
        record: firstRecord + index,
        line: lines[index]!,
        offset: recordOffset(this.#block, index),
        sourcePatientId,
        sourceImmunizationId,
        field: finding.field,
        column: finding.column ?? (finding.field === null ? null : (doseNames?.get(finding.field) ?? null)),
        documentCode: finding.documentCode,
        value: finding.value,
        after: finding.after,
        expected: finding.expected,
        other: finding.other,
        facts: wantsFacts(finding.code) ? this.#facts() : null,
      });
    }
    return { errors, besides };
  }

  /** What suggestions for the record under way can be made of. */
  #facts(): RecordFacts {
    return factsOf(this.#row, this.#plan, (field) => this.#receivedOf(field));
  }

  #receivedOf(field: FieldName): string | null {
    const reader = this.#plan.columnOf.get(field);
    return reader === undefined ? null : this.#received(reader) || null;
  }

  /** An id as it is written, where the rules of columns want it for their findings. */
  #idAt(place: number | undefined): string | null {
    return place === undefined || place < 0 ? null : this.#cell(place) || null;
  }

  #rejectUnread(code: IssueCode, facts?: Facts): void {
    this.#findings.push(createFinding(code, null, null, facts));
    const { errors } = this.#addIssues();
    // What cannot be read cannot be loaded, whatever severity a spec gives it.
    this.#batch.rejected.push({ index: this.#index, codes: errors.length > 0 ? errors : [code], row: null });
  }

  #skip(code: IssueCode): void {
    this.#findings.push(createFinding(code, null, null));
    this.#addIssues();
    this.#batch.skipped.push(this.#index);
  }
}

/** Says what stands in the place of a value; that the value may not be missing is said besides. */
const NO_REASON: IssueCode = 'value-spreadsheet-error';

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/** Whether enough of a run's lookups find something to make up for those that do not. */
function isWorthAsking({ lookups, misses }: ColumnRun): boolean {
  return misses * 3 < lookups + TRIAL_LOOKUPS;
}

/** Lookups that a run is granted before it must show its worth. */
const TRIAL_LOOKUPS = 5000;

/** The codes of a record's errors, each once. */
interface RecordErrors {
  readonly errors: readonly IssueCode[];
  /** Of columns of a combined record that say nothing against its patient. */
  readonly besides: readonly IssueCode[];
}

const NO_ERRORS: RecordErrors = { errors: [], besides: [] };

/** From what is not told to what keeps a record out. */
const WEIGHTS: readonly (Severity | 'off')[] = ['off', 'info', 'warning', 'error'];
