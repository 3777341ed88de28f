/** Corrects the reject files of a report by its own suggestions, where these are sure enough. */

import { joinBytes } from './core/bytes.js';
import type { Codes } from './core/codes.js';
import { type CellEdit, editRecord } from './core/edit-fields.js';
import { compileFilePlans } from './core/file-plans.js';
import { type FieldName, fieldsOf, type IsoDate, type RecordRole } from './core/model.js';
import type { FileEncoding } from './core/read/decode.js';
import { createFrame } from './core/read/frame.js';
import { isTagged, type Layout, type LayoutField, layoutOf, ORIGIN_PREFIX, type Spec } from './core/spec.js';
import { describeSeen, type FieldFix } from './core/suggest/proposal.js';
import {
  correctedPath,
  isSameAsFile,
  type ReportedRun,
  readReportedRejects,
  readReportedRun,
  requireFree,
  type SuggestedFix,
  writeCorrected,
} from './files/corrections.js';
import { CsvReport, ReportError } from './files/reports.js';
import { SourceReader } from './files/source.js';
import { type ReceivedFile, receiveSubmission } from './receive.js';
import { createCutter, recipeOf } from './run.js';

export interface AcceptOptions {
  /** Folder of the report. */
  readonly report: string;
  /** The least confidence of suggestions that are accepted, above 0 and up to 1. */
  readonly min: number;
  /** The spec of the run. */
  readonly spec: Spec;
  readonly codes: Codes;
}

/** What became of one reject file. */
export interface CorrectedFile {
  readonly rejects: string;
  /** The corrected copy, `null` where nothing was to be corrected. */
  readonly corrected: string | null;
  readonly records: number;
  readonly fixed: number;
  /** Suggestions that were sure enough and could not be applied: a value that has no room, or belongs to another record. */
  readonly left: number;
}

/** A change of one value, or why it was not made. */
interface Correction {
  readonly suggestion: SuggestedFix;
  readonly fix: FieldFix;
  readonly before: string | null;
  /** As it was written, or would have been. */
  readonly after: string;
  /** `null` where it was made. */
  readonly problem: string | null;
}

const CHANGES = 'corrections.csv';
const COLUMNS = ['file', 'record', 'line', 'code', 'field', 'before', 'after', 'confidence', 'reason', 'not_applied'];

/**
 * Writes a corrected copy beside each reject file that has something to correct, and `corrections.csv` with every change.
 * @throws ReportError when the report cannot be read, or was corrected before
 */
export async function acceptFixes(options: AcceptOptions): Promise<readonly CorrectedFile[]> {
  const run = readReportedRun(options.report);
  const { suggestions, records } = readReportedRejects(options.report, run, options.min);
  requireFree(`${options.report}/${CHANGES}`);
  const corrected: CorrectedFile[] = [];
  const corrections: Correction[] = [];
  const texts: { readonly path: string; readonly text: Uint8Array; readonly encoding: string | null }[] = [];
  for (const file of run.files) {
    if (file.rejects === null) continue;
    const own = suggestions.filter((each) => each.file === file.name);
    const numbers = records.get(file.name) ?? [];
    const path = correctedPath(options.report, file.rejects);
    requireFree(path);
    const result = await correctFile(file, own, numbers, run, options);
    corrections.push(...result.corrections);
    if (result.text !== null) texts.push({ path, text: result.text, encoding: result.encoding });
    const { fixed } = result;
    const left = result.corrections.filter(({ problem }) => problem !== null).length;
    corrected.push({
      rejects: file.rejects,
      corrected: result.text === null ? null : path,
      records: result.records,
      fixed,
      left,
    });
  }
  if (corrections.length === 0) return corrected;
  // All or nothing: nothing is written before everything could be corrected.
  for (const { path, text, encoding } of texts) writeCorrected(path, text, encoding);
  await writeCorrections(`${options.report}/${CHANGES}`, corrections);
  return corrected;
}

async function writeCorrections(path: string, corrections: readonly Correction[]): Promise<void> {
  const report = new CsvReport(path, COLUMNS);
  try {
    for (const { suggestion, fix, before, after, problem } of corrections) {
      const { file, record, line, code, confidence, reason } = suggestion;
      const field = fix.elsewhere === true ? `patient.${fix.field}` : fix.field;
      await report.write([file, record, line, code, field, before, after, confidence.toFixed(2), reason, problem]);
    }
  } finally {
    await report.close();
  }
}

/** A reject file and its records. */
interface FileResult {
  readonly text: Uint8Array | null;
  readonly encoding: string | null;
  readonly corrections: readonly Correction[];
  readonly records: number;
  readonly fixed: number;
}

async function correctFile(
  file: ReportedRun['files'][number],
  suggestions: readonly SuggestedFix[],
  numbers: readonly number[],
  run: ReportedRun,
  options: AcceptOptions,
): Promise<FileResult> {
  const path = `${options.report}/${file.rejects}`;
  const rejects = await readRejects(path, file, run, options);
  if (rejects.records.length !== numbers.length) {
    const problem = `holds ${rejects.records.length} records, and issues.csv tells of ${numbers.length}`;
    throw new ReportError(path, problem, 'correct it by hand: it was changed, or the run kept too few issues per code');
  }
  const byRecord = new Map<number, SuggestedFix[]>();
  for (const suggestion of suggestions) {
    byRecord.set(suggestion.record, [...(byRecord.get(suggestion.record) ?? []), suggestion]);
  }
  const edited: PlacedBytes[] = [];
  const corrections: Correction[] = [];
  rejects.records.forEach(({ start, end }, place) => {
    const own = byRecord.get(numbers[place]!);
    if (own === undefined) return;
    const corrector = new RecordCorrector(rejects.text.subarray(start, end), rejects);
    for (const suggestion of own) corrector.apply(suggestion);
    corrections.push(...corrector.corrections);
    if (corrector.isCorrected) edited.push({ start, end, bytes: corrector.bytes });
  });
  return {
    text: edited.length === 0 ? null : replaceIn(rejects.text, edited),
    encoding: rejects.encoding,
    corrections,
    records: rejects.records.length,
    fixed: edited.length,
  };
}

/** A reject file, read whole. */
interface Rejects {
  /** UTF-8 where the file is UTF-16. */
  readonly text: Uint8Array;
  readonly encoding: FileEncoding | null;
  readonly layout: Layout;
  readonly columns: ColumnFinder;
  /** Where each rejected record stands in the text. */
  readonly records: readonly { readonly start: number; readonly end: number }[];
}

async function readRejects(
  path: string,
  file: ReportedRun['files'][number],
  run: ReportedRun,
  { spec, codes }: AcceptOptions,
): Promise<Rejects> {
  const received = await receiveRejects(path, file, run, spec, codes);
  const { source, recognition } = received;
  const { encoding } = source;
  const recipe = recipeOf(received, { spec, today: run.today as IsoDate, site: run.site });
  const { plan } = compileFilePlans(recipe, codes, null);
  const { layout } = plan;
  const text = await readWhole(new SourceReader(source, 1 << 20));
  if (!isSameAsFile(path, text, encoding)) {
    throw new ReportError(path, 'cannot be written as it is', 'correct it by hand: it holds characters that are none');
  }
  const isTaggedFile = file.role === 'combined' && isTagged(spec);
  const frame = createFrame(layout, { ...recognition, encoding });
  const cutter = createCutter({ plan, received, isTagged: isTaggedFile, source }, frame, text.length + 1);
  const records: { start: number; end: number }[] = [];
  for (const block of [...cutter.push(text), ...cutter.end()]) {
    for (let index = 0; index < block.count; index++) {
      const [from, to] = [block.starts[index]!, block.ends[index]!];
      if (isTaggedFile && !isReject(block.bytes.subarray(from, to), layout)) continue;
      records.push({ start: block.offset + from, end: block.offset + to });
    }
  }
  return {
    text,
    encoding,
    layout,
    columns: new ColumnFinder(spec, file.role, recognition.header?.columns ?? null),
    records,
  };
}

async function receiveRejects(
  path: string,
  file: ReportedRun['files'][number],
  run: ReportedRun,
  spec: Spec,
  codes: Codes,
): Promise<ReceivedFile> {
  const { role, encoding } = file;
  const known = (['utf-16le', 'utf-16be', 'windows-1252'] as const).find((each) => each === encoding) ?? null;
  const submission = await receiveSubmission({
    patients: role === 'patient' ? [path] : [],
    immunizations: role === 'immunization' ? [path] : [],
    comments: role === 'comment' ? [path] : [],
    files: role === 'combined' ? [path] : [],
    spec,
    specs: [],
    codes,
    today: run.today as IsoDate,
    site: run.site,
    encoding: known,
  });
  return submission.files[0]!;
}

async function readWhole(reader: SourceReader): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  // A chunk is good until the next one is asked for.
  for await (const chunk of reader.chunks()) chunks.push(chunk.slice());
  return joinBytes(chunks);
}

/** Bytes that stand in the place of others of a text. */
interface PlacedBytes {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

function replaceIn(text: Uint8Array, edited: readonly PlacedBytes[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { start, end, bytes } of edited) {
    parts.push(text.subarray(at, start), bytes);
    at = end;
  }
  return joinBytes([...parts, text.subarray(at)]);
}

/** Whether a line of a tagged file is a reject itself, and not a patient above one. */
function isReject(bytes: Uint8Array, layout: Layout): boolean {
  if (layout.format === 'fixed') return true;
  const start = bytes.lastIndexOf(layout.delimiter.charCodeAt(0)) + 1;
  return new TextDecoder('latin1').decode(bytes.subarray(start)).trim().startsWith(ORIGIN_PREFIX);
}

/** Finds the column of a field in a record. */
class ColumnFinder {
  readonly #spec: Spec;
  readonly #role: ReportedRun['files'][number]['role'];
  /** Where the columns of the layout stand, by the header of the file; `null` without header. */
  readonly #places: readonly number[] | null;

  constructor(spec: Spec, role: ReportedRun['files'][number]['role'], places: readonly number[] | null) {
    this.#spec = spec;
    this.#role = role;
    this.#places = places;
  }

  /** The place of a field, its column, and its kind; or why there is none. */
  find(field: FieldName): FoundColumn | NoColumn {
    const roles: readonly RecordRole[] = this.#role === 'combined' ? ['patient', 'immunization'] : [this.#role];
    for (const role of roles) {
      const { fields } = layoutOf(this.#spec, role);
      const found = fields.flatMap((column, place) => (column.field === field ? [{ place, column }] : []));
      if (found.length > 1) return 'several columns of the file have this field';
      if (found.length === 0) continue;
      const { column } = found[0]!;
      const place = this.#places === null ? found[0]!.place : (this.#places[found[0]!.place] ?? -1);
      return place < 0 ? 'the file has no such column' : { place, column, kind: fieldsOf(role)[field]?.kind ?? null };
    }
    return 'the file has no such column';
  }
}

interface FoundColumn {
  /** In the record, from 0. */
  readonly place: number;
  readonly column: LayoutField;
  readonly kind: string | null;
}

type NoColumn = 'several columns of the file have this field' | 'the file has no such column';

/** What is written for a value: in the layout's own words where it has some, and without hyphens that are no part of it. */
function editOf({ place, column, kind }: FoundColumn, value: string): CellEdit {
  const own = Object.entries(column.values ?? {}).find(([, meant]) => meant === value)?.[0] ?? value;
  // The hyphens of dates and ZIP codes stand for nothing; those of a name are part of it.
  const isDivided = kind !== null && (kind.startsWith('date') || kind === 'zip');
  return { column: place, value: own, ...(isDivided && { shorter: own.replaceAll('-', '') }) };
}

/** Applies suggestions to a record, the surest first; each is applied whole or not at all. */
class RecordCorrector {
  readonly #record: Uint8Array;
  readonly #rejects: Rejects;
  readonly #touched = new Set<FieldName>();
  /** Fixes that were refused: two issues may tell of one fault, and suggest the same. */
  readonly #refused = new Set<string>();
  readonly corrections: Correction[] = [];
  /** The record as it is by now. */
  bytes: Uint8Array;

  constructor(record: Uint8Array, rejects: Rejects) {
    this.#record = record;
    this.#rejects = rejects;
    this.bytes = record;
  }

  get isCorrected(): boolean {
    return this.#touched.size > 0;
  }

  apply(suggestion: SuggestedFix): void {
    const { fixes } = suggestion;
    if (!this.#hasIds(suggestion)) return this.#refuse(suggestion, 'the reject file was changed');
    if (fixes.every(({ field }) => this.#touched.has(field))) return;
    if (fixes.some(({ field }) => this.#touched.has(field))) {
      return this.#refuse(suggestion, 'a surer suggestion changes the same field');
    }
    if (fixes.some(({ elsewhere }) => elsewhere === true)) {
      return this.#refuse(suggestion, 'the record of the patient must be corrected together with this one');
    }
    const edits: CellEdit[] = [];
    for (const { field, value } of fixes) {
      const found = this.#rejects.columns.find(field);
      if (typeof found === 'string') return this.#refuse(suggestion, found);
      edits.push(editOf(found, value));
    }
    if (!this.#isAsSeen(suggestion)) {
      return this.#refuse(suggestion, 'somebody changed the record, and what it was suggested for is there no more');
    }
    const edited = editRecord(this.bytes, edits, this.#rejects.layout, this.#rejects.encoding);
    if (edited === null) return this.#refuse(suggestion, 'the record has no room for it');
    this.bytes = edited.bytes;
    fixes.forEach((fix, i) => {
      this.#touched.add(fix.field);
      this.corrections.push({ suggestion, fix, before: edited.before[i]!, after: edited.after[i]!, problem: null });
    });
  }

  #refuse(suggestion: SuggestedFix, problem: string): void {
    for (const fix of suggestion.fixes) {
      const key = `${fix.elsewhere === true} ${fix.field}=${fix.value}`;
      if (this.#refused.has(key)) continue;
      this.#refused.add(key);
      this.corrections.push({ suggestion, fix, before: null, after: fix.value, problem });
    }
  }

  /** Whether the record is the one that a suggestion is for, by the sender's ids. */
  #hasIds({ ids }: SuggestedFix): boolean {
    const wanted = [
      ['source_patient_id', ids.patient],
      ['source_immunization_id', ids.immunization],
    ] as const;
    return wanted.every(([field, id]) => {
      const found = id === '' ? undefined : this.#valueOf(field);
      return found === undefined || found === id;
    });
  }

  /** Whether the record still says what the suggestion was made from: a person may have corrected it meanwhile. */
  #isAsSeen({ fixes, field, seen }: SuggestedFix): boolean {
    const now = (asked: readonly FieldFix[]): string =>
      describeSeen(asked, field, (each) => this.#valueOf(each) ?? null);
    // A dose's suggestion does not tell the birth date that it replaces in the same record.
    return seen === now(fixes) || seen === now(fixes.filter((fix) => fix.field !== 'birth_date'));
  }

  /** What stands in the record as it was read; `undefined` where no single column has the field. */
  #valueOf(field: FieldName): string | undefined {
    const { columns, layout, encoding } = this.#rejects;
    const found = columns.find(field);
    if (typeof found === 'string') return undefined;
    return editRecord(this.#record, [{ column: found.place, value: '' }], layout, encoding)?.before[0];
  }
}
