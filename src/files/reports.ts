/**
 * The reports of a run: a folder that only its owner can read, whole or not there at all.
 *
 * Everything is written into a folder beside, which takes its name when the run is done. Values of records go into
 * these files and nowhere else.
 */
import { once } from 'node:events';
import {
  closeSync,
  createWriteStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type CsvFormatterStream, format } from 'fast-csv';
import { CATALOGUE, type IssueCode } from '../core/catalogue.js';
import { formatMessage, type Issue, type IssueDefinition } from '../core/issue.js';
import type { Fate, FieldName, RecordRole, Severity } from '../core/model.js';
import { safeCell } from '../core/safe-cells.js';
import type { Advice, Advisor } from '../core/suggest/advisor.js';
import type { RecordFacts } from '../core/suggest/facts.js';
import { SURE } from '../core/suggest/proposal.js';
import type { Change } from '../core/transform.js';
import { Spool } from './spool.js';

/** A report that cannot be written. */
export class ReportError extends Error {
  readonly code = 'report';
  constructor(path: string, problem: string, remedy: string, options?: { cause?: unknown }) {
    super(`${path}: ${problem}; ${remedy}`, options);
    this.name = 'ReportError';
  }
}

/** The path of a report from the root, without links in it: its parent must be there. */
export function wholePath(path: string): string {
  return join(realpathSync(dirname(resolve(path))), basename(resolve(path)));
}

/** What this machine is called where reports are remembered. */
export function machineName(): string {
  return hostname();
}

/** The folder of a run's reports, under construction. */
export class ReportFolder {
  /** Where the reports are written until the run is done. */
  readonly workPath: string;
  /** Where they are when it is. */
  #place: string | null = null;
  readonly #parent: string;
  /** The topmost folder that was made to hold the reports, `null` if all were there. */
  readonly #made: string | null;

  private constructor(parent: string, made: string | null, workPath: string) {
    this.#parent = parent;
    this.#made = made;
    this.workPath = workPath;
  }

  /**
   * Makes a folder beside `path` in which the reports are written.
   * @throws ReportError when other files are at `path`, or nothing can be written there
   */
  static create(path: string): ReportFolder {
    if (isTaken(path)) {
      throw new ReportError(path, 'is not empty', 'give a new folder with --report, so that no report is lost');
    }
    return ReportFolder.createIn(dirname(resolve(path)));
  }

  /** Makes a folder in `parent` in which the reports are written. @throws ReportError when nothing can be written there */
  static createIn(parent: string): ReportFolder {
    try {
      const made = mkdirSync(resolve(parent), { recursive: true, mode: 0o700 }) ?? null;
      removeLeftovers(parent);
      // Only its owner may look into the folder: mkdtemp makes it so.
      const workPath = mkdtempSync(join(parent, `${unfinishedName(process.pid)}-`));
      return new ReportFolder(parent, made, workPath);
    } catch (cause) {
      throw new ReportError(parent, 'cannot be written', 'give a folder that can be written with --report', { cause });
    }
  }

  /**
   * Gives the reports their place: from now on they are whole, also after a power cut.
   * @throws ReportError when somebody took the place
   */
  finish(path: string): void {
    try {
      for (const name of readdirSync(this.workPath, { recursive: true, encoding: 'utf8' })) flush(this.fileIn(name));
      flush(this.workPath);
      if (existsSync(path)) rmdirSync(path);
      renameSync(this.workPath, path);
      this.#place = path;
      flush(dirname(resolve(path)));
    } catch (cause) {
      throw new ReportError(path, 'cannot be made', 'give a new folder with --report', { cause });
    }
  }

  /** A folder name in the parent that is free: `name`, `name-2`, … */
  freePath(name: string): string {
    let path = join(this.#parent, name);
    for (let n = 2; isTaken(path); n++) path = join(this.#parent, `${name}-${n}`);
    return path;
  }

  /** Whether the reports have their place. */
  get isFinished(): boolean {
    return this.#place !== null;
  }

  /** Removes what was written, and the folders that were made for it unless somebody else uses them by now. */
  abandon(): void {
    rmSync(this.#place ?? this.workPath, { recursive: true, force: true });
    if (this.#made === null) return;
    let folder = resolve(this.#parent);
    while (folder.length >= this.#made.length && existsSync(folder) && readdirSync(folder).length === 0) {
      rmdirSync(folder);
      folder = dirname(folder);
    }
  }

  /** The path of a report under construction. */
  fileIn(...names: string[]): string {
    return join(this.workPath, ...names);
  }

  writeText(name: string, text: string): void {
    writeFileSync(this.fileIn(name), text, { mode: 0o600 });
  }

  writeJson(name: string, value: unknown): void {
    this.writeText(name, `${JSON.stringify(value, null, 2)}\n`);
  }
}

/** Waits until the disk has a file, or the names in a folder. */
function flush(path: string): void {
  // Windows opens no folders.
  if (process.platform === 'win32' && statSync(path).isDirectory()) return;
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** What `summary.json` of a finished report says, `null` if there is none at the path. */
export function readSummary(path: string): unknown {
  try {
    return JSON.parse(readFileSync(join(path, 'summary.json'), 'utf8'));
  } catch {
    return null;
  }
}

/** Gives a finished report a name which says that its run is not in the registry; gives that name. */
export function setReportAside(path: string): string {
  let name = `${path}-taken-back`;
  for (let n = 2; isTaken(name); n++) name = `${path}-taken-back-${n}`;
  renameSync(path, name);
  return name;
}

/** How the folder of unfinished reports begins: by the machine and the process that write them. */
function unfinishedName(pid: number | string): string {
  return `.unfinished-${hostname()}-${pid}`;
}

/** Removes what processes of this machine have left that were killed: nobody will finish it, and it may hold values. */
function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = /^\.unfinished-.*-(\d+)-\w+$/.exec(name)?.[1];
    if (pid === undefined || !name.startsWith(`${unfinishedName(pid)}-`) || isRunning(Number(pid))) continue;
    rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/** Whether a process of this machine is alive, whoever owns it. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether something is at the path that reports would mix with or replace. */
function isTaken(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    return readdirSync(path).length > 0;
  } catch {
    return true;
  }
}

/** A CSV file that people read. */
export class CsvReport {
  readonly #csv: CsvFormatterStream<string[], string[]>;
  /** Settled when the file is closed, or the disk refused. */
  readonly #written: Promise<void>;
  #failure: unknown = null;

  constructor(path: string, columns: readonly string[]) {
    this.#csv = format({ headers: false, includeEndRowDelimiter: true });
    this.#written = pipeline(this.#csv, createWriteStream(path, { mode: 0o600 }));
    // The disk may refuse while nobody waits; the next call throws what it said.
    this.#written.catch((error: unknown) => {
      this.#failure = error;
    });
    this.#csv.write([...columns]);
  }

  /** Writes one row, and waits where the disk is slower. */
  async write(cells: readonly (string | number | null)[]): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    const row = cells.map((cell) => (cell === null ? '' : typeof cell === 'number' ? String(cell) : safeCell(cell)));
    if (!this.#csv.write(row)) await Promise.race([once(this.#csv, 'drain'), this.#written]);
  }

  async close(): Promise<void> {
    if (this.#failure === null) this.#csv.end();
    await this.#written;
  }
}

/** What is counted of an issue code. */
export interface IssueCount {
  readonly severity: Severity;
  count: number;
  /** Rows in `issues.csv`; fewer than `count` when they were capped. */
  rows: number;
  /** Where the code occurred first: at most five places. */
  readonly examples: { readonly file: string; readonly line: number }[];
}

/**
 * When an issue is found: with the record; when a combined record is read for its doses; when the names of all patients
 * are known; when the whole file was read; when all doses of its patient were; or when the database refused it. Each stage has an order of its own.
 */
export type IssueStage = 'early' | 'doses' | 'names' | 'late' | 'refused-patients' | 'late-doses' | 'refused-doses';

const STAGES: readonly IssueStage[] = [
  'early',
  'doses',
  'names',
  'late',
  'refused-patients',
  'late-doses',
  'refused-doses',
];
const MOST_EXAMPLES = 5;
const SEPARATOR = '\x1f';

/** Shows something else in the place of values, in reports that are to be shared. */
export interface ValueMask {
  /** `file` is the number of the file in the log. */
  readonly issue: (file: number, issue: Issue) => Issue;
  readonly advice: (file: number, issue: Issue, advice: Advice) => Advice;
  readonly change: (role: RecordRole, field: string, change: Change) => Change;
  /** The sender's id of a patient or of a dose. */
  readonly id: (id: string, role: 'patient' | 'immunization') => string;
  /** What a record says in a column for vaccines. */
  readonly vaccine: (field: string, value: string) => string;
}

/** All issues of a run: counted as they come, and kept until the fates of their records are known. */
export class IssueLog {
  readonly counts = new Map<IssueCode, IssueCount>();
  /** How often each code of the spec's document was found. */
  readonly documentCounts = new Map<string, number>();
  /** How many issues were written with a suggestion, and how many of these are sure. */
  readonly suggestions = { count: 0, sure: 0 };
  #hasFacts = false;
  readonly #folder: string;
  readonly mostPerCode: number;
  readonly #files: { readonly name: string; readonly stages: Readonly<Record<IssueStage, Spool>> }[] = [];
  readonly #documentCodes: Readonly<Partial<Record<IssueCode, string>>>;

  /**
   * At most `mostPerCode` rows are kept of each code; the counts are exact all the same. `documentCodes` say what the
   * spec's document calls an issue that does not say so itself.
   */
  constructor(folder: string, mostPerCode: number, documentCodes: Readonly<Partial<Record<IssueCode, string>>> = {}) {
    this.#folder = folder;
    this.mostPerCode = mostPerCode;
    this.#documentCodes = documentCodes;
  }

  /** Begins with the issues of a file; gives the number to add them under. */
  addFile(name: string): number {
    const file = this.#files.length;
    const spoolOf = (stage: IssueStage): Spool => new Spool(this.#folder, `${stage}-issues-${file}`);
    const stages = Object.fromEntries(STAGES.map((stage) => [stage, spoolOf(stage)])) as Record<IssueStage, Spool>;
    this.#files.push({ name, stages });
    return file;
  }

  /**
   * Adds an issue. Those of one stage come in the order of their records. One that stands for more than one is counted so,
   * and comes when no row is left.
   */
  add(file: number, issue: Issue, stage: IssueStage = 'early', count = 1): void {
    let counted = this.counts.get(issue.code);
    if (counted === undefined) {
      counted = { severity: issue.severity, count: 0, rows: 0, examples: [] };
      this.counts.set(issue.code, counted);
    }
    counted.count += count;
    const documentCode = issue.documentCode ?? this.#documentCodes[issue.code];
    if (documentCode !== undefined) {
      this.documentCounts.set(documentCode, (this.documentCounts.get(documentCode) ?? 0) + count);
    }
    const log = this.#files[file]!;
    if (counted.examples.length < MOST_EXAMPLES) counted.examples.push({ file: log.name, line: issue.line });
    if (counted.rows >= this.mostPerCode) return;
    counted.rows++;
    if (issue.facts != null) this.#hasFacts = true;
    log.stages[stage].append(toLine(issue));
  }

  /**
   * Writes `issues.csv`: files in their order, records in theirs, each with its fate and with what may mend it. Why that
   * may be, and how sure it is, goes into `suggestions.csv`, which there is only where there are any.
   */
  async write(
    folder: Pick<ReportFolder, 'fileIn'>,
    fateOf: (file: number, record: number) => Fate | null,
    advisor: Advisor | null = null,
    mask: ValueMask | null = null,
  ): Promise<void> {
    const report = new CsvReport(folder.fileIn('issues.csv'), ISSUE_COLUMNS);
    let suggested: CsvReport | null = null;
    try {
      if (advisor !== null && this.#hasFacts) this.#tell(advisor);
      for (const [file, { name, stages }] of this.#files.entries()) {
        for (const issue of inOrderOfRecords(STAGES.map((stage) => stages[stage].lines()))) {
          const documentCode = issue.documentCode ?? this.#documentCodes[issue.code] ?? null;
          const fate = issue.record === 0 ? null : fateOf(file, issue.record);
          const advised = issue.facts == null ? null : (advisor?.advise(issue, issue.facts, file) ?? null);
          const advice = advised === null || mask === null ? advised : mask.advice(file, issue, advised);
          const shown = mask === null ? issue : mask.issue(file, issue);
          if (advice !== null) {
            this.suggestions.count++;
            if (advice.confidence >= SURE) this.suggestions.sure++;
            suggested ??= new CsvReport(folder.fileIn('suggestions.csv'), SUGGESTION_COLUMNS);
            await suggested.write(suggestionCells(name, shown, fate, advice));
          }
          await report.write(issueCells(name, { ...shown, documentCode }, fate, advice));
        }
      }
    } finally {
      await report.close();
      await suggested?.close();
    }
  }

  /** All issues that are kept, with the numbers of their files. */
  *all(): Generator<{ readonly file: number; readonly issue: Issue }> {
    for (const [file, { stages }] of this.#files.entries()) {
      for (const stage of STAGES) for (const line of stages[stage].lines()) yield { file, issue: fromLine(line) };
    }
  }

  /** Tells of all issues with facts, so that what other records say can be known when the first is written. */
  #tell(advisor: Advisor): void {
    for (const { issue } of this.all()) if (issue.facts != null) advisor.note(issue, issue.facts);
  }

  close(): void {
    for (const { stages } of this.#files) for (const stage of STAGES) stages[stage].close();
  }
}

/** Several lists of issues as one. Of one record, those of the first list come first. */
function* inOrderOfRecords(lists: readonly Iterator<string>[]): Generator<Issue> {
  const next = (lines: Iterator<string>): Issue | null => {
    const result = lines.next();
    return result.done === true ? null : fromLine(result.value);
  };
  const heads = lists.map(next);
  for (;;) {
    let first = -1;
    heads.forEach((head, list) => {
      if (head !== null && (first < 0 || head.record < heads[first]!.record)) first = list;
    });
    if (first < 0) return;
    yield heads[first]!;
    heads[first] = next(lists[first]!);
  }
}

const ISSUE_COLUMNS = [
  'severity', 'code', 'file', 'record', 'line', 'byte_offset', 'source_patient_id', 'source_immunization_id', 'field',
  'value', 'message', 'fix', 'suggestion', 'fate',
]; // biome-ignore format: the columns in their order
const SUGGESTION_COLUMNS = [
  'file', 'record', 'line', 'source_patient_id', 'source_immunization_id', 'code', 'field', 'value', 'suggestion',
  'confidence', 'reason', 'fate', 'seen',
]; // biome-ignore format: the columns in their order

function issueCells(file: string, issue: Issue, fate: Fate | null, advice: Advice | null): (string | number | null)[] {
  const definition: IssueDefinition = CATALOGUE[issue.code];
  const wholeFile = issue.record === 0;
  return [
    issue.severity,
    issue.code,
    file,
    wholeFile ? null : issue.record,
    wholeFile ? null : issue.line,
    wholeFile ? null : issue.offset,
    issue.sourcePatientId,
    issue.sourceImmunizationId,
    issue.column ?? issue.field,
    issue.value,
    messageOf(issue),
    definition.fix,
    advice?.text ?? null,
    fate,
  ];
}

function suggestionCells(file: string, issue: Issue, fate: Fate | null, advice: Advice): (string | number | null)[] {
  return [
    file,
    issue.record,
    issue.line,
    issue.sourcePatientId,
    issue.sourceImmunizationId,
    issue.code,
    issue.column ?? issue.field,
    issue.value,
    advice.text,
    advice.confidence.toFixed(2),
    advice.reason,
    fate,
    advice.seen,
  ];
}

/** The message of an issue. What the spec's document calls it comes first, for people and for programs that look for it. */
function messageOf(issue: Issue): string {
  const message = formatMessage(CATALOGUE[issue.code], issue);
  return issue.documentCode === null ? message : `${issue.documentCode}: ${message}`;
}

/** A value as part of a line: without the characters that separate values and lines. */
function part(value: string | null): string {
  return value === null ? '' : `=${value.replace(/[\x1f\n]/g, ' ')}`;
}

function toLine(issue: Issue): string {
  return [
    issue.code,
    issue.severity,
    issue.record,
    issue.line,
    issue.offset,
    issue.field ?? '',
    part(issue.sourcePatientId),
    part(issue.sourceImmunizationId),
    part(issue.value),
    part(issue.after),
    part(issue.expected),
    part(issue.other),
    part(issue.column),
    part(issue.documentCode),
    part(issue.facts == null ? null : JSON.stringify(issue.facts)),
  ].join(SEPARATOR);
}

function fromLine(line: string): Issue {
  const parts = line.split(SEPARATOR);
  const text = (index: number): string | null => (parts[index] === '' ? null : parts[index]!.slice(1));
  return {
    code: parts[0] as IssueCode,
    severity: parts[1] as Severity,
    record: Number(parts[2]),
    line: Number(parts[3]),
    offset: Number(parts[4]),
    field: (parts[5] || null) as FieldName | null,
    column: text(12),
    documentCode: text(13),
    sourcePatientId: text(6),
    sourceImmunizationId: text(7),
    value: text(8),
    after: text(9),
    expected: text(10),
    other: text(11),
    facts: text(14) === null ? null : (JSON.parse(text(14)!) as RecordFacts),
  };
}

/** Distinct values kept per field; further ones are counted together. */
const MOST_VALUES_PER_FIELD = 200;

/** What was loaded differently from how it was received: values by field, counted. */
export class ChangeLog {
  readonly #fields = new Map<
    string,
    { readonly role: RecordRole; readonly field: string; readonly values: Map<string, Change>; others: number }
  >();

  add(role: RecordRole, field: string, change: Change): void {
    const key = `${role} ${field}`;
    let known = this.#fields.get(key);
    if (known === undefined) {
      known = { role, field, values: new Map(), others: 0 };
      this.#fields.set(key, known);
    }
    const value = known.values.get(change.before);
    if (value !== undefined) value.count += change.count;
    else if (change.before !== '' && known.values.size < MOST_VALUES_PER_FIELD)
      known.values.set(change.before, { ...change });
    else known.others += change.count;
  }

  /** How many values of each field were changed. */
  totals(): Record<string, number> {
    const totals: Record<string, number> = {};
    for (const { role, field, values, others } of this.#fields.values()) {
      totals[`${role}.${field}`] = [...values.values()].reduce((sum, value) => sum + value.count, others);
    }
    return totals;
  }

  /** All values that are kept. */
  *all(): Generator<{ readonly role: RecordRole; readonly field: string; readonly before: string }> {
    for (const { role, field, values } of this.#fields.values())
      for (const before of values.keys()) yield { role, field, before };
  }

  /** Writes `changes.csv`, the commonest values of each field first. */
  async write(path: string, mask: ValueMask | null = null): Promise<void> {
    const report = new CsvReport(path, ['role', 'field', 'received', 'loaded', 'count', 'first_line']);
    try {
      for (const { role, field, values, others } of this.#fields.values()) {
        const sorted = [...values.values()].sort((a, b) => b.count - a.count || a.firstLine - b.firstLine);
        for (const each of sorted) {
          const value = mask === null ? each : mask.change(role, field, each);
          await report.write([role, field, value.before, value.after, value.count, value.firstLine]);
        }
        if (others > 0) await report.write([role, field, '(other values)', null, others, null]);
      }
    } finally {
      await report.close();
    }
  }
}
