/** Corrects the reject files of a report by its own suggestions, where these are sure enough. */
import type { Codes } from './core/codes.js';
import { type CellEdit, editRecord } from './core/edit-fields.js';
import { compileFilePlans } from './core/file-plans.js';
import type { FieldName, IsoDate, RecordRole } from './core/model.js';
import type { FileEncoding } from './core/read/decode.js';
import { createFrame } from './core/read/frame.js';
import { isTagged, type Layout, type LayoutField, layoutOf, ORIGIN_PREFIX, type Spec } from './core/spec.js';
import type { FieldFix } from './core/suggest/proposal.js';
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
    for (const { suggestion, fix, before, problem } of corrections) {
      const { file, record, line, code, confidence, reason } = suggestion;
      const field = fix.elsewhere === true ? `patient.${fix.field}` : fix.field;
      const after = fix.value;
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
  { report, spec, codes }: AcceptOptions,
): Promise<FileResult> {
  const path = `${report}/${file.rejects}`;
  const received = await receiveRejects(path, file, run, spec, codes);
  const { source, recognition } = received;
  const recipe = recipeOf(received, { spec, today: run.today as IsoDate, site: run.site });
  const { plan } = compileFilePlans(recipe, codes, null);
  const { layout } = plan;
  const text = await readWhole(new SourceReader(source, 1 << 20));
  if (!isSameAsFile(path, text, source.encoding)) {
    throw new ReportError(path, 'cannot be written as it is', 'correct it by hand: it holds characters that are none');
  }
  const byRecord = new Map<number, SuggestedFix[]>();
  for (const suggestion of suggestions) {
    byRecord.set(suggestion.record, [...(byRecord.get(suggestion.record) ?? []), suggestion]);
  }
  const isTaggedFile = file.role === 'combined' && isTagged(spec);
  const frame = createFrame(layout, { ...recognition, encoding: source.encoding });
  const cutter = createCutter({ plan, received, isTagged: isTaggedFile, source }, frame, text.length + 1);
  const columns = new ColumnFinder(spec, file.role, recognition.header?.columns ?? null);
  const edited: { readonly start: number; readonly end: number; readonly bytes: Uint8Array }[] = [];
  const corrections: Correction[] = [];
  let [records, fixed] = [0, 0];
  for (const block of [...cutter.push(text), ...cutter.end()]) {
    for (let index = 0; index < block.count; index++) {
      const [from, to] = [block.starts[index]!, block.ends[index]!];
      const bytes = block.bytes.subarray(from, to);
      if (isTaggedFile && !isReject(bytes, layout)) continue;
      const own = byRecord.get(numbers[records] ?? 0) ?? [];
      records++;
      if (own.length === 0) continue;
      const result = correctRecord(bytes, own, columns, layout, received);
      corrections.push(...result.corrections);
      if (result.bytes === null) continue;
      fixed++;
      edited.push({ start: block.offset + from, end: block.offset + to, bytes: result.bytes });
    }
  }
  if (records !== numbers.length) {
    const problem = `holds ${records} records, and issues.csv tells of ${numbers.length}`;
    throw new ReportError(path, problem, 'correct it by hand: it was changed, or the run kept too few issues per code');
  }
  return {
    text: edited.length === 0 ? null : replaceIn(text, edited),
    encoding: source.encoding,
    corrections,
    records,
    fixed,
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
  return concatenate(chunks);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function replaceIn(
  text: Uint8Array,
  edited: readonly { readonly start: number; readonly end: number; readonly bytes: Uint8Array }[],
): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { start, end, bytes } of edited) {
    parts.push(text.subarray(at, start), bytes);
    at = end;
  }
  return concatenate([...parts, text.subarray(at)]);
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

  /** The place of a field and its column; `null` where no column has it, or several do. */
  find(field: FieldName): { readonly place: number; readonly column: LayoutField } | null {
    const roles: readonly RecordRole[] = this.#role === 'combined' ? ['patient', 'immunization'] : [this.#role];
    for (const role of roles) {
      const { fields } = layoutOf(this.#spec, role);
      const found = fields.flatMap((column, place) => (column.field === field ? [{ place, column }] : []));
      if (found.length > 1) return null;
      if (found.length === 0) continue;
      const place = this.#places === null ? found[0]!.place : (this.#places[found[0]!.place] ?? -1);
      return place < 0 ? null : { place, column: found[0]!.column };
    }
    return null;
  }
}

/** A value in the layout's own words, where it has some. */
function inWordsOf({ values }: LayoutField, value: string): string {
  return Object.entries(values ?? {}).find(([, meant]) => meant === value)?.[0] ?? value;
}

/** Applies the suggestions for a record, the surest first; each is applied whole or not at all. */
function correctRecord(
  bytes: Uint8Array,
  suggestions: readonly SuggestedFix[],
  columns: ColumnFinder,
  layout: Layout,
  { source }: ReceivedFile,
): { readonly bytes: Uint8Array | null; readonly corrections: readonly Correction[] } {
  const corrections: Correction[] = [];
  const touched = new Set<FieldName>();
  let current = bytes;
  for (const suggestion of suggestions) {
    const { fixes } = suggestion;
    if (!hasIds(bytes, suggestion, columns, layout, source.encoding)) {
      for (const fix of fixes)
        corrections.push({ suggestion, fix, before: null, problem: 'the reject file was changed' });
      continue;
    }
    // Two issues may tell of one fault, and suggest the same.
    if (fixes.every(({ field }) => touched.has(field))) continue;
    const refuse = (problem: string): void => {
      for (const fix of fixes) corrections.push({ suggestion, fix, before: null, problem });
    };
    if (fixes.some(({ field }) => touched.has(field))) {
      refuse('a surer suggestion changes the same field');
      continue;
    }
    if (fixes.some(({ elsewhere }) => elsewhere === true)) {
      refuse('the record of the patient must be corrected together with this one');
      continue;
    }
    const edits: CellEdit[] = [];
    for (const { field, value } of fixes) {
      const found = columns.find(field);
      if (found !== null) edits.push({ column: found.place, value: inWordsOf(found.column, value) });
    }
    const edited = edits.length < fixes.length ? null : editRecord(current, edits, layout, source.encoding);
    if (edited === null) {
      refuse('the record has no room for it');
      continue;
    }
    current = edited.bytes;
    fixes.forEach((fix, i) => {
      touched.add(fix.field);
      corrections.push({ suggestion, fix, before: edited.before[i]!, problem: null });
    });
  }
  return { bytes: touched.size > 0 ? current : null, corrections };
}

/** Whether a record is the one that a suggestion is for, by the sender's ids. */
function hasIds(
  bytes: Uint8Array,
  { ids }: SuggestedFix,
  columns: ColumnFinder,
  layout: Layout,
  encoding: FileEncoding | null,
): boolean {
  const wanted = [
    ['source_patient_id', ids.patient],
    ['source_immunization_id', ids.immunization],
  ] as const;
  return wanted.every(([field, id]) => {
    const found = id === '' ? null : columns.find(field);
    if (found === null) return true;
    const read = editRecord(bytes, [{ column: found.place, value: '' }], layout, encoding);
    return read?.before[0] === id;
  });
}
