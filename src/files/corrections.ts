/** What `accept-fixes` reads of a report, and writes beside it. */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join, parse } from 'node:path';
import type { FieldName, FileRole } from '../core/model.js';
import { RecordCutter } from '../core/read/blocks.js';
import { splitQuotedRecords } from '../core/read/delimited.js';
import { encodeUtf16, isUtf16 } from '../core/read/utf16.js';
import { fromSafeCell } from '../core/safe-cells.js';
import { type FieldFix, parseFixes } from '../core/suggest/proposal.js';
import { ReportError } from './reports.js';

/** What `summary.json` says that correcting needs. */
export interface ReportedRun {
  readonly spec: { readonly id: string; readonly version: string };
  readonly site: string | null;
  readonly today: string;
  /** There where values of persons were replaced: what is suggested for them is made up. */
  readonly redacted?: unknown;
  readonly files: readonly {
    readonly role: FileRole;
    readonly name: string;
    readonly encoding: string;
    readonly rejects: string | null;
  }[];
}

/** A suggestion for a rejected record. */
export interface SuggestedFix {
  readonly file: string;
  readonly record: number;
  readonly line: number;
  readonly code: string;
  /** The sender's ids of the record, `''` where it has none: so that no other record is corrected. */
  readonly ids: { readonly patient: string; readonly immunization: string };
  /** The field of the issue, `null` where it has none. */
  readonly field: FieldName | null;
  readonly fixes: readonly FieldFix[];
  /** What it was made from, as `describeSeen` says it: a record in which something else stands was corrected already. */
  readonly seen: string;
  readonly confidence: number;
  readonly reason: string;
}

/** Reads `summary.json` of a report. @throws ReportError when there is none, or none of a run */
export function readReportedRun(folder: string): ReportedRun {
  const path = join(folder, 'summary.json');
  let summary: unknown;
  try {
    summary = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ReportError(path, 'cannot be read', 'give the folder of a report with --report', { cause });
  }
  const { spec, files, redacted } = summary as Partial<ReportedRun>;
  if (spec === undefined || !Array.isArray(files)) {
    throw new ReportError(path, 'is no summary of immload', 'give the folder of a report with --report');
  }
  if (redacted !== undefined) {
    throw new ReportError(path, 'is of a redacted report', 'give the folder of one that was made without --redact');
  }
  return summary as ReportedRun;
}

/** The rows of a CSV report of immload, by the names of its columns. @throws ReportError when it cannot be read */
export function readCsvReport(folder: string, name: string): Record<string, string>[] {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(join(folder, name));
  } catch (cause) {
    throw new ReportError(join(folder, name), 'cannot be read', 'give the folder of a whole report', { cause });
  }
  const cutter = new RecordCutter({ delimiter: 0x2c, quote: 0x22, fieldCount: null });
  const decoder = new TextDecoder();
  const texts: string[] = [];
  for (const block of [...cutter.push(bytes), ...cutter.end()]) {
    for (let index = 0; index < block.count; index++) {
      texts.push(decoder.decode(block.bytes.subarray(block.starts[index], block.ends[index])));
    }
  }
  const [columns = [], ...rows] = splitQuotedRecords(texts, ',', '"');
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, fromSafeCell(row[i] ?? '')])));
}

/** What a report says of its rejected records. */
export interface ReportedRejects {
  /** Those that are sure enough, the surest first. */
  readonly suggestions: readonly SuggestedFix[];
  /** The numbers of the rejected records of each file, in the order of their reject file. */
  readonly records: ReadonlyMap<string, readonly number[]>;
}

/** These are known when all patients were read, and so stand behind all other rejected patients. */
const REJECTED_LAST = 'patient-id-conflict';

/** Reads what a report says of rejected records, and its suggestions for them that are at least as sure as `min`. */
export function readReportedRejects(folder: string, { files }: ReportedRun, min: number): ReportedRejects {
  const suggestions: SuggestedFix[] = [];
  const last = new Map<string, Map<number, boolean>>();
  for (const row of readCsvReport(folder, 'issues.csv')) {
    if (row['fate'] !== 'rejected') continue;
    const [file, record, code] = [row['file']!, Number(row['record']), row['code']!];
    const known = last.get(file) ?? new Map<number, boolean>();
    last.set(file, known);
    known.set(record, known.get(record) === true || code === REJECTED_LAST);
  }
  for (const row of existsSync(join(folder, 'suggestions.csv')) ? readCsvReport(folder, 'suggestions.csv') : []) {
    const confidence = Number(row['confidence']);
    const field = (row['field'] || null) as FieldName | null;
    const fixes = parseFixes(row['suggestion']!, field);
    if (row['fate'] !== 'rejected' || fixes === null || confidence < min) continue;
    const [file, record, code] = [row['file']!, Number(row['record']), row['code']!];
    const ids = { patient: row['source_patient_id']!, immunization: row['source_immunization_id']! };
    const [line, reason, seen] = [Number(row['line']), row['reason']!, row['seen'] ?? ''];
    suggestions.push({ file, record, line, code, ids, field, fixes, seen, confidence, reason });
  }
  const records = files.map(({ name, role }) => {
    const own = [...(last.get(name) ?? [])].sort(([a], [b]) => a - b);
    const ordered =
      role === 'patient' ? [...own.filter(([, isLast]) => !isLast), ...own.filter(([, isLast]) => isLast)] : own;
    return [name, ordered.map(([record]) => record)] as const;
  });
  return { suggestions: suggestions.sort((a, b) => b.confidence - a.confidence), records: new Map(records) };
}

/** Where the corrected copy of a reject file stands: beside it. */
export function correctedPath(folder: string, rejects: string): string {
  const { dir, name, ext } = parse(join(folder, rejects));
  return join(dir, `${name}.corrected${ext}`);
}

/** @throws ReportError when something is there already */
export function requireFree(path: string): void {
  if (existsSync(path)) throw new ReportError(path, 'is there already', 'move it away, so that no correction is lost');
}

/** Writes a file that only its owner may read. UTF-16 was UTF-8 meanwhile. @throws ReportError when it cannot be written */
export function writeCorrected(path: string, text: Uint8Array, encoding: string | null): void {
  const bytes = isUtf16(encoding) ? encodeUtf16(text, encoding) : text;
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (cause) {
    throw new ReportError(path, 'cannot be written', 'make room for it', { cause });
  }
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
  } finally {
    closeSync(file);
  }
}

/** Whether a text gives the very bytes of its file when it is encoded again. */
export function isSameAsFile(path: string, text: Uint8Array, encoding: string | null): boolean {
  const bytes = isUtf16(encoding) ? encodeUtf16(text, encoding) : text;
  return Buffer.compare(readFileSync(path), bytes) === 0;
}
