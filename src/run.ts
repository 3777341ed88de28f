/** What one execution needs at hand, and what it tells when it is done. */

import type { Checkpoints } from './checkpoints.js';
import { CATALOGUE, type IssueCode } from './core/catalogue.js';
import type { SpecChoice } from './core/choose-spec.js';
import type { Codes } from './core/codes.js';
import { compileFilePlans, type FileRecipe } from './core/file-plans.js';
import { formatMessage, type Issue } from './core/issue.js';
import type { Fate, FieldName, FileRole, IsoDate, RecordRole, Role, Severity } from './core/model.js';
import { DayMonthOrder } from './core/normalize/date.js';
import { forgetReadings, type TransformPlan } from './core/plan.js';
import { type Block, MAX_LINE_BYTES, RecordCutter } from './core/read/blocks.js';
import { separatorsOf } from './core/read/delimited.js';
import { type ComparedTotal, createFrame, type Frame, type FrameFinding, type SetApart } from './core/read/frame.js';
import { isUtf16 } from './core/read/utf16.js';
import type { ChangedRule } from './core/rule-changes.js';
import { hasColumnRules } from './core/rules/checks.js';
import type { SeenValues } from './core/rules/unique.js';
import { isTagged, REJECT_COLUMNS, type Spec } from './core/spec.js';
import type { ReceivedTotals } from './core/totals/received.js';
import type { ReconciliationSummary } from './core/totals/reconcile.js';
import type { Batch } from './core/transform.js';
import { FileCounts } from './core/whole/file-counts.js';
import type { FileRead, MatchModelId, NextIds, Store } from './db/store.js';
import { FateLedger } from './fates.js';
import { InputError } from './files/input-error.js';
import type { LoadedMap } from './files/maps.js';
import type { Reject, RejectFile } from './files/rejects.js';
import type { ChangeLog, IssueLog, IssueStage, ReportFolder } from './files/reports.js';
import { type Source, SourceReader } from './files/source.js';
import type { WrongLook } from './look-at-whole.js';
import type { WeighedMatching } from './match-patients.js';
import { OtherHeaders } from './other-headers.js';
import type { ReceivedFile } from './receive.js';
import { withRepeats } from './repeated-values.js';
import type { Executor, FileExecutor, PlanChoice } from './threads/executor.js';
import type { UnmappedLog } from './unmapped.js';

/** Where a run stands, for a progress display. */
export interface Progress {
  readonly stage:
    | 'reading patients'
    | 'adding match keys'
    | 'matching patients'
    | 'reading immunizations'
    | 'storing immunizations'
    | 'comparing'
    | 'reading comments'
    | 'reports';
  /** Done and to do, in `unit`s. */
  readonly done: number;
  readonly total: number;
  readonly unit: 'bytes' | 'records';
  /** Records read so far in this stage. */
  readonly records: number;
}

/** More records were rejected than the user allows. */
export class TooManyRejectsError extends Error {
  readonly code = 'too-many-rejects';
  /** `found` says how many records are rejected, and how many may be. */
  constructor(found: string) {
    super(`${found} are rejected; nothing was loaded. Run \`immload validate\` to see them all`);
    this.name = 'TooManyRejectsError';
  }
}

/** How many rejects are too many: a number of records, or a share of them in percent. */
export type RejectLimit = { readonly count: number } | { readonly percent: number };

/** How much is done at a time. No size changes what comes out. */
export interface Sizes {
  /** Bytes read at once. */
  readonly chunkBytes: number;
  /** Bytes of records that are transformed at once. */
  readonly blockBytes: number;
  /** Rows written in one transaction, and keys looked up in one query. */
  readonly batchRows: number;
  /** Characters of doses that are held before they are sorted on disk, when a file has them in disorder. */
  readonly sortCharacters: number;
}

/** How patients are matched, unless the user says otherwise. */
export const DEFAULT_MATCH_MODEL: MatchModelId = 'fixed';

export const DEFAULT_SIZES: Sizes = {
  chunkBytes: 1 << 20,
  blockBytes: 1 << 19,
  batchRows: 20_000,
  sortCharacters: 48 << 20,
};

/** Everything the stages of a run share. */
export interface RunContext {
  /** With the severities that the run gives it. */
  readonly spec: Spec;
  /** Rules that are judged otherwise than the spec says, by code. */
  readonly changedRules: Readonly<Record<string, ChangedRule>>;
  readonly codes: Codes;
  /** What people decided of local codes and texts for vaccines; `null` if nothing. */
  readonly map: LoadedMap | null;
  readonly today: IsoDate;
  readonly site: string | null;
  readonly store: Store;
  /** Where the run can be continued if it is cut short, and what it had done if it was. */
  readonly checkpoints: Checkpoints;
  /** Where blocks are transformed. */
  readonly executor: Executor;
  readonly runId: number;
  /** When the run began, which it may have done before it was cut short; ISO 8601. */
  readonly startedAt: string;
  /** The ids of its first rows. */
  readonly firstIds: NextIds;
  /** Where a run that was cut short goes on, as `summary.json` tells it; `null` for any other run. */
  readonly resumed: Resumed | null;
  readonly folder: ReportFolder;
  readonly issues: IssueLog;
  readonly changes: ChangeLog;
  readonly unmapped: UnmappedLog;
  /** How patients are matched by weight, `null` if they are matched by name and birth date. */
  readonly matching: WeighedMatching | null;
  readonly rejectLimit: RejectLimit | null;
  /** Rejected so far, in all files. */
  readonly rejected: { count: number };
  /** Counts what was received as the sender does, `null` where the sender's totals are not known. */
  readonly received: ReceivedTotals | null;
  /** Whether an error of a file as a whole ends the run. Without, it is told like any other. */
  readonly refusesFiles: boolean;
  readonly sizes: Sizes;
  readonly signal: AbortSignal | null;
  readonly onProgress: (progress: Progress) => void;
  /** Takes what the user should know and that is no error. */
  readonly onNotice: (notice: string) => void;
}

/** How a received file is read. */
export function recipeOf(
  { role, source, recognition }: ReceivedFile,
  { spec, today, site }: Pick<RunContext, 'spec' | 'today' | 'site'>,
): FileRecipe {
  const { header, headerBytes, fieldCount } = recognition;
  return { role, spec, today, site, header, headerBytes, fieldCount, encoding: source.encoding };
}

/** Records could not be transformed: a fault of the program, not of the file. */
export class TransformError extends Error {
  readonly code = 'transform';
  constructor(file: string, block: Block, options: { cause: unknown }) {
    const records = `records ${block.firstRecord} to ${block.firstRecord + block.count - 1}`;
    super(`${file}: ${records} could not be read, by a fault of immload; nothing was loaded`, options);
    this.name = 'TransformError';
  }
}

/** Stands for the site of a comment that names none, until that of its patient is known. */
export const SITE_NOT_NAMED = '';

/** What becomes of a record that is not rejected. */
export type KeptFate = 'loaded' | 'merged' | 'duplicate';

/** Records that the registry keeps of a file. */
export type KeptFates = Readonly<Record<RecordRole, Record<KeptFate, number>>>;

export function noKept(): KeptFates {
  const none = (): Record<KeptFate, number> => ({ loaded: 0, merged: 0, duplicate: 0 });
  return { patient: none(), immunization: none(), comment: none() };
}

/** One file while it is loaded: its plan, its fates, what was counted. */
export class FileRun {
  readonly role: FileRole;
  readonly source: Source;
  readonly fileId: number;
  /** How its records are read: as patients, doses or comments. A combined file is read as patients first. */
  readonly plan: TransformPlan;
  /** Whether each record of a file with patients and doses is one or the other, as its line says by a tag. */
  readonly isTagged: boolean;
  /** For a combined file: how each dose of a record is read. */
  readonly dosePlans: readonly TransformPlan[];
  /** Does with the plans what is asked. */
  readonly executor: FileExecutor;
  /** For a combined file: the records whose patient was rejected, until they are written with the faults of their doses. */
  readonly rejectedPatients = new Map<number, readonly IssueCode[]>();
  /** For a combined file: records that may not be loaded though their patient may, until they are written. */
  readonly keptOut = new Map<number, readonly IssueCode[]>();
  /** Values that may stand once in the file, by their column. */
  readonly seenValues = new Map<string, SeenValues>();
  /** The same of the doses of a tagged file. */
  readonly seenOfDoses = new Map<string, SeenValues>();
  /** What shows whether the file looks wrong as a whole. */
  readonly counts = new FileCounts();
  /** Headers within the file, and what stands below those that do not fit. */
  readonly otherHeaders = new OtherHeaders();
  /** Records of a kind that is not loaded. */
  notLoaded = 0;
  /** Records that the registry keeps, by what they are and became. */
  readonly kept: KeptFates = noKept();
  readonly fates: FateLedger;
  readonly rejects: RejectFile;
  /** Number of the file in the issue log. */
  readonly logNumber: number;
  readonly received: ReceivedFile;
  records = 0;
  /** Of the file as given; empty until it was read to its end. */
  sha256 = '';
  /** What reads it, or read it last. */
  reader: SourceReader;
  readonly encodings = { ascii: 0, 'utf-8': 0, 'windows-1252': 0 };
  longRows = 0;
  shortRows = 0;
  nulRecords = 0;
  doubtfulWidths = 0;
  /** Lines that are no records; `null` where the file has no such lines. */
  setApart: SetApart | null = null;
  /** What its header and trailer records count. */
  controlTotals: readonly ComparedTotal[] = [];
  /** Records that the registry has already, as they are: 1 by the number of each; `null` where none is left out. */
  unchanged: Uint8Array | null = null;
  #unchangedCount = 0;
  /** The first error of the file as a whole, `null` if it has none. */
  fault: Issue | null = null;
  /** Records that have a value, by slot. */
  readonly filled: Uint32Array;

  constructor(received: ReceivedFile, fileId: number, rejects: RejectFile, context: RunContext) {
    this.received = received;
    this.role = received.role;
    this.source = received.source;
    this.reader = new SourceReader(received.source, context.sizes.chunkBytes);
    this.fileId = fileId;
    this.rejects = rejects;
    // A comment that names no site has that of its patient, which is not known before it is linked.
    const site = received.role === 'comment' ? SITE_NOT_NAMED : context.site;
    const recipe = recipeOf(received, { ...context, site });
    const plans = compileFilePlans(recipe, context.codes, context.map?.map ?? null);
    this.plan = plans.plan;
    this.dosePlans = plans.dosePlans;
    this.executor = context.executor.open(recipe, plans);
    this.isTagged = this.isCombined && isTagged(context.spec);
    this.fates = new FateLedger(received.source.name);
    this.logNumber = context.issues.addFile(received.source.name);
    this.filled = new Uint32Array(this.plan.fieldNames.length);
  }

  /** Whether the file has patients and doses. */
  get isCombined(): boolean {
    return this.received.role === 'combined';
  }

  /** The part of the file that was read so far. */
  get read(): FileRead {
    const { fileId, source, sha256, reader } = this;
    if (sha256 !== '') return { fileId, bytes: source.bytes, sha256 };
    return { fileId, bytes: reader.bytesRead, sha256: reader.sha256() };
  }

  /** Has records left out whenever the file is read: 1 by the number of each, and how many they are. */
  leaveOut(unchanged: Uint8Array, count: number): void {
    this.unchanged = unchanged;
    this.#unchangedCount = count;
  }

  /** Gives the records that are left out their fate, when the file was read to its end; and says how many they are. */
  skipUnchanged(): number {
    this.unchanged?.forEach((flag, record) => {
      if (flag === 1) this.fates.set(record, 'skipped');
    });
    this.records += this.#unchangedCount;
    return this.#unchangedCount;
  }

  /** Says what became of a record, or of one of the things that it holds, and the registry keeps it as such. */
  settle(record: number, fate: KeptFate, role: RecordRole): void {
    this.kept[role][fate]++;
    this.settleUnkept(record, fate);
  }

  /** The same of a record of which the registry keeps nothing: it says again what others have said. */
  settleUnkept(record: number, fate: KeptFate): void {
    if (this.isCombined && !this.isTagged) this.fates.raise(record, fate);
    else this.fates.set(record, fate);
  }

  /** @throws InputError when the file as a whole has an error */
  requireFaultless(): void {
    if (this.fault === null) return;
    const definition = CATALOGUE[this.fault.code];
    const remedy = `nothing was loaded. ${definition.fix}`;
    throw new InputError(this.source.shown, formatMessage(definition, this.fault), remedy);
  }

  /** What the file is encoded in: as was said or found at its beginning, or else as its records show. */
  get encoding(): string {
    if (this.source.encoding !== null) return this.source.encoding;
    const { 'utf-8': utf8, 'windows-1252': windows1252 } = this.encodings;
    if (windows1252 === 0) return 'utf-8';
    return utf8 === 0 ? 'windows-1252' : 'utf-8 and windows-1252';
  }
}

/**
 * Reads a file to its end and gives its batches, one after the other. What holds for every file is done here: issues,
 * changes and the fates of records that go no further.
 */
export async function* readBatches(
  file: FileRun,
  context: RunContext,
  stage: Progress['stage'],
): AsyncGenerator<{ block: Block; batch: Batch }> {
  reportUnknownColumns(file, context);
  const frame = frameOf(file);
  for await (const transformed of transformBlocks(file, context, stage, 'records', frame)) {
    for (const finding of transformed.framing) reportFrameFinding(finding, file, context);
    yield takeBlock(transformed.block, transformed.batches[0]!, file, context);
  }
  const unchanged = file.skipUnchanged();
  context.received?.addNotLoaded(file.isCombined ? 'immunization' : file.plan.role, unchanged);
  if (file.records === 0) throw new InputError(file.source.shown, 'has a header and no records', 'check the export');
  if (frame !== null) reportFrame(frame, file, context);
  // The doses of a tagged file are still to be read.
  if (!file.isTagged) reportWholeFile(file, context);
  if (context.refusesFiles) file.requireFaultless();
}

/** A block and what became of it, by each of the plans that were chosen. */
export interface TransformedBlock {
  readonly block: Block;
  readonly batches: readonly Batch[];
  /** What the lines between its records showed. */
  readonly framing: readonly FrameFinding[];
}

/**
 * Reads a file to its end and gives its blocks transformed, in the order of the file. Some are cut and handed over before
 * the first is given, so that threads have work; never more than a bounded number.
 * @throws TransformError
 */
export async function* transformBlocks(
  file: FileRun,
  context: RunContext,
  stage: Progress['stage'],
  plans: PlanChoice,
  frame: Frame | null = frameOf(file),
): AsyncGenerator<TransformedBlock> {
  const { executor } = file;
  const { blocksInFlight } = context.executor;
  const underWay: Promise<() => TransformedBlock>[] = [];
  for await (const block of readBlocks(file, context, stage, frame)) {
    const framing = frame?.takeFindings() ?? [];
    const transformed = executor.transform(block, plans).then(
      (makeBatches) => () => ({ block, batches: makeBatches(), framing }),
      (cause) => {
        throw new TransformError(file.source.shown, block, { cause });
      },
    );
    // What is not waited for any more, because the run has ended, fails in silence.
    transformed.catch(() => {});
    underWay.push(transformed);
    if (underWay.length > blocksInFlight) yield (await underWay.shift()!)();
  }
  for (const transformed of underWay) yield (await transformed)();
  await executor.finish(plans);
}

function frameOf({ plan, received, source }: FileRun): Frame | null {
  return createFrame(plan.layout, { ...received.recognition, encoding: source.encoding });
}

/**
 * Reads a file to its end and gives its blocks, one after the other.
 * @throws InputError when the file has no line ends where records should be
 */
export async function* readBlocks(
  file: FileRun,
  context: RunContext,
  stage: Progress['stage'],
  frame: Frame | null = frameOf(file),
): AsyncGenerator<Block> {
  const { plan } = file;
  const cutter = createCutter(file, frame, context.sizes.blockBytes);
  const reader = new SourceReader(file.source, context.sizes.chunkBytes);
  file.reader = reader;
  let lastBeat = Date.now();
  for await (const chunk of reader.chunks()) {
    for (const block of cutter.push(chunk)) yield* partsOf(block, file.unchanged);
    if (cutter.endlessLine !== null) {
      const problem = `line ${cutter.endlessLine} is longer than ${MAX_LINE_BYTES >> 20} MB`;
      throw new InputError(file.source.shown, problem, 'check its line ends and quotes');
    }
    context.signal?.throwIfAborted();
    const { bytes: total } = file.source;
    context.onProgress({ stage, done: reader.bytesRead, total, unit: 'bytes', records: file.records });
    if (Date.now() - lastBeat > BEAT_EVERY_MS) {
      await context.store.beat(context.runId);
      lastBeat = Date.now();
    }
  }
  for (const block of cutter.end()) yield* partsOf(block, file.unchanged);
  file.sha256 = reader.sha256();
  for (const each of [plan, ...file.dosePlans]) forgetReadings(each);
}

/** A block without some of its records, 1 by the number of each: what is left of it between them, in blocks. */
export function* partsOf(block: Block, without: Uint8Array | null): Generator<Block> {
  if (without === null) return yield block;
  const isLeftOut = (index: number): boolean => without[block.firstRecord + index] === 1;
  for (let first = 0, end = 0; first < block.count; first = end) {
    if (isLeftOut(first)) {
      end = first + 1;
      continue;
    }
    for (end = first + 1; end < block.count && !isLeftOut(end); ) end++;
    if (end - first === block.count) return yield block;
    yield partOf(block, first, end);
  }
}

/** The records of a block from one index to before another, with bytes of their own: threads are given them. */
function partOf(block: Block, first: number, end: number): Block {
  const begin = block.starts[first]!;
  const shift = (places: Uint32Array): Uint32Array => places.slice(first, end).map((place) => place - begin);
  return {
    ...block,
    bytes: block.bytes.slice(begin, block.ends[end - 1]),
    offset: block.offset + begin,
    firstRecord: block.firstRecord + first,
    count: end - first,
    starts: shift(block.starts),
    ends: shift(block.ends),
    lines: block.lines.slice(first, end),
    shapes: block.shapes.slice(first, end),
    origins: block.origins?.slice(first, end) ?? null,
  };
}

/** Cuts the text of a file into blocks of records. */
export function createCutter(
  { plan, received, isTagged, source }: Pick<FileRun, 'plan' | 'received' | 'isTagged' | 'source'>,
  frame: Frame | null,
  blockBytes: number,
): RecordCutter {
  const { layout } = plan;
  return new RecordCutter({
    ...(layout.format === 'delimited' ? separatorsOf(layout) : { delimiter: null, quote: null }),
    fieldCount: isTagged ? null : plan.fieldCount,
    // A header counts the columns that immload adds to rejected records; without one, any record may have them.
    extraFields: received.recognition.header === null ? REJECT_COLUMNS.length : 0,
    mayBeLonger: plan.longRows === 'cut',
    skipRecords: received.recognition.header === null ? 0 : 1,
    blockBytes,
    frame,
    fromUtf16: isUtf16(source.encoding),
  });
}

const BEAT_EVERY_MS = 10_000;

function takeBlock(block: Block, made: Batch, file: FileRun, context: RunContext): { block: Block; batch: Batch } {
  const batch = takeBatch(block, made, file.plan, file.seenValues, file, context);
  file.records += block.count;
  for (let slot = 0; slot < batch.filled.length; slot++) file.filled[slot]! += batch.filled[slot]!;
  for (const { index, codes } of batch.keptOut) file.keptOut.set(block.firstRecord + index, codes);
  return { block, batch };
}

/** Counts what the whole file is told of, and adds what shows beside the blocks before. `seen` has their values. */
export function takeBatch(
  block: Block,
  made: Batch,
  plan: TransformPlan,
  seen: Map<string, SeenValues>,
  file: FileRun,
  context: RunContext,
): Batch {
  const transformed = file.otherHeaders.refuse(made, block, plan);
  const batch = transformed.unique.length === 0 ? transformed : withRepeats(transformed, block, plan, seen);
  file.longRows += batch.longRows;
  file.shortRows += batch.shortRows;
  file.nulRecords += batch.nulRecords;
  file.doubtfulWidths += batch.doubtfulWidths;
  file.notLoaded += batch.notLoaded;
  const kind = file.isCombined && !file.isTagged ? 'immunization' : plan.role;
  context.received?.addNotLoaded(kind, batch.notLoaded);
  for (const encoding of ['ascii', 'utf-8', 'windows-1252'] as const)
    file.encodings[encoding] += batch.encodings[encoding];
  addChanges(batch, plan, context);
  context.unmapped.add(batch);
  file.counts.addBatch(plan.role, batch, block.firstRecord);
  for (const index of batch.skipped) file.fates.set(block.firstRecord + index, 'skipped');
  return batch;
}

/** Tells the values of a batch that were loaded differently from how they were received. */
export function addChanges(batch: Batch, plan: TransformPlan, context: RunContext): void {
  for (const change of batch.changes) context.changes.add(plan.role, plan.fieldNames[change.slot]!, change);
}

/** Sets a record aside: its fate, and its bytes in the reject file. */
export async function rejectRecord(file: FileRun, context: RunContext, reject: Reject): Promise<void> {
  if (file.isCombined) file.fates.reject(reject.record);
  else file.fates.set(reject.record, 'rejected');
  await addReject(file, context, reject);
}

/** Writes a record whose fate is told to the reject file. @throws TooManyRejectsError */
export async function addReject(file: FileRun, context: RunContext, reject: Reject): Promise<void> {
  await file.rejects.add(reject);
  context.rejected.count++;
  const limit = context.rejectLimit;
  if (limit !== null && 'count' in limit && context.rejected.count > limit.count) {
    throw new TooManyRejectsError(`more than ${limit.count} records`);
  }
}

/** Compares the rejects of a submission with a limit in percent, when all of it was read. @throws TooManyRejectsError */
export function checkRejectShare(files: readonly FileRun[], context: RunContext): void {
  const limit = context.rejectLimit;
  if (limit === null || !('percent' in limit)) return;
  const records = files.reduce((sum, file) => sum + file.records, 0);
  if (context.rejected.count * 100 > records * limit.percent) {
    throw new TooManyRejectsError(`${context.rejected.count} of ${records} records (more than ${limit.percent} %)`);
  }
}

function reportUnknownColumns(file: FileRun, context: RunContext): void {
  const { header } = file.received.recognition;
  for (const name of header?.unknown ?? []) reportFile('column-unknown', name, {}, file, context);
  if (header === null || !hasColumnRules(file.plan.layout)) return;
  file.plan.layout.fields.forEach(({ name }, index) => {
    if (header.columns[index] === -1) reportFile('column-missing', name, {}, file, context);
  });
}

function reportFrameFinding({ code, value, expected, other }: FrameFinding, file: FileRun, context: RunContext): void {
  reportFile(code, value, { ...(expected !== null && { expected }), other }, file, context);
}

/** Tells which lines of a file were no records, and whether they fit those that are. */
function reportFrame(frame: Frame, file: FileRun, context: RunContext): void {
  for (const finding of frame.takeFindings()) reportFrameFinding(finding, file, context);
  const { titles, comments } = frame.setApart;
  file.setApart = frame.setApart;
  file.controlTotals = frame.compared;
  if (titles > 0) reportFile('title-rows-skipped', null, { other: String(titles) }, file, context);
  if (comments > 0) reportFile('comments-skipped', null, { other: String(comments) }, file, context);
}

/** Tells where dates have the day first, by what all of them say. Doses of one record are one column here. */
export function reportDateOrder(plans: readonly TransformPlan[], file: FileRun, context: RunContext): void {
  const orders = new Map<FieldName, DayMonthOrder>();
  for (const { field, order } of plans.flatMap(({ columns }) => columns)) {
    if (order === null) continue;
    const known = orders.get(field) ?? new DayMonthOrder(order.expected);
    known.addAll(order.days);
    orders.set(field, known);
  }
  for (const [field, { verdict, counts }] of orders) {
    if (verdict === null) continue;
    const { dayFirst, monthFirst, eitherWay } = counts;
    const other =
      verdict === 'month-first'
        ? `${monthFirst} different days can be read so only, ${dayFirst} with the day first only, ${eitherWay} either way`
        : `${dayFirst} different days can be read so only, ${monthFirst} with the month first only, ${eitherWay} either way`;
    const code = verdict === 'mixed' ? 'dates-order-mixed' : (`dates-${verdict}` as const);
    reportFile(code, null, { field, other }, file, context);
  }
}

/** Tells what only the whole file shows. */
export function reportWholeFile(file: FileRun, context: RunContext): void {
  const { 'windows-1252': windows1252, 'utf-8': utf8 } = file.encodings;
  if (file.longRows > 0) {
    const expected = String(file.plan.fixed?.width ?? file.plan.fieldCount - file.plan.rejectColumns);
    reportFile('row-longer-than-layout', null, { expected, other: String(file.longRows) }, file, context);
  }
  if (file.shortRows > 0) {
    const expected = String(file.plan.fieldCount - file.plan.rejectColumns);
    reportFile('row-shorter-than-layout', null, { expected, other: String(file.shortRows) }, file, context);
  }
  if (file.nulRecords > 0) reportFile('nul-bytes', null, { other: String(file.nulRecords) }, file, context);
  if (file.doubtfulWidths > 0) {
    reportFile('widths-in-doubt', null, { other: String(file.doubtfulWidths) }, file, context);
  }
  if (file.notLoaded > 0) reportFile('records-not-loaded', null, { other: String(file.notLoaded) }, file, context);
  reportDateOrder([file.plan], file, context);
  // What the user says of the encoding needs not be told.
  if (file.source.encoding !== null) return;
  if (windows1252 > 0 && utf8 > 0) reportFile('encoding-mixed', null, { other: String(utf8) }, file, context);
  else if (windows1252 > 0) reportFile('encoding-windows-1252', null, { other: String(windows1252) }, file, context);
}

/** Reports an issue of a file as a whole. */
export function reportFile(
  code: IssueCode,
  value: string | null,
  facts: { field?: FieldName; expected?: string; other?: string },
  file: FileRun,
  context: RunContext,
  stage: IssueStage = 'early',
): void {
  const severity = file.plan.severities[code];
  if (severity === 'off') return;
  const issue = issueOfFile(code, severity, value, facts);
  context.issues.add(file.logNumber, issue, stage);
  if (severity === 'error') file.fault ??= issue;
}

/** An issue that is about no record. */
export function issueOfFile(
  code: IssueCode,
  severity: Severity,
  value: string | null,
  facts: { field?: FieldName; expected?: string; other?: string },
): Issue {
  return {
    code,
    severity,
    record: 0,
    line: 0,
    offset: 0,
    sourcePatientId: null,
    sourceImmunizationId: null,
    field: facts.field ?? null,
    column: null,
    documentCode: null,
    value,
    after: null,
    expected: facts.expected ?? null,
    other: facts.other ?? null,
  };
}

/** Counts of one file, as in `summary.json`. */
export interface FileSummary extends Readonly<Record<Fate, number>> {
  readonly role: FileRole;
  /** Name of the text, without the `.gz` or `.zip` that it came in. */
  readonly name: string;
  /** Name of the `.gz` or `.zip`, `null` if the text came by itself. */
  readonly container: string | null;
  /** Hash and size of the file as given. */
  readonly sha256: string;
  readonly bytes: number;
  readonly encoding: string;
  readonly records: number;
  /** Lines that are no records and were set apart; left out where the file has none. */
  readonly set_apart?: SetApart;
  /** Rejected records in `rejects/`, `null` if there are none. */
  readonly rejects: string | null;
  /** A completed run that loaded the very same bytes before, `null` if there is none. */
  readonly loaded_before: { readonly run: number; readonly finished_at: string } | null;
  /** How many records have a value, by field of the layout. */
  readonly filled: Readonly<Partial<Record<FieldName, number>>>;
}

/** Records and what became of them. */
export type FateTotals = Readonly<Record<'records' | Fate, number>>;

/** What differs, as `summary.json` tells it. */
export interface Comparison {
  readonly run: number;
  /** Tables that are not the same: their days then and now. */
  readonly code_tables: Readonly<Record<string, { readonly before: string; readonly after: string }>>;
  /** Records that were compared; of a record with several doses, each dose. */
  readonly compared: number;
  readonly differ: number;
  /** By what stands in the record itself: whether its patient is found does not depend on code tables. */
  readonly newly_rejected: number;
  readonly newly_accepted: number;
  readonly other_cvx: number;
  /** Records that have an issue now which they had not then, or the reverse. */
  readonly other_issues: number;
  /** Resolved CVX codes that changed, the commonest first; `null` for none. */
  readonly cvx: readonly { readonly before: string | null; readonly after: string | null; readonly count: number }[];
}

/** What may differ between a corrected file and the one before: `unchanged` are the records that are left out. */
export const DIFFERENCES = [
  'unchanged',
  'fixed',
  'newly_broken',
  'still_broken',
  'changed',
  'new',
  'withdrawn',
] as const;
export type DifferenceKind = (typeof DIFFERENCES)[number];
export type DifferenceCounts = Readonly<Record<DifferenceKind, number>>;

/** What differs from the files of an earlier run, as `summary.json` tells it. */
export interface DifferenceSummary {
  readonly run: number;
  /** The names of its files. */
  readonly files: readonly string[];
  /** Records, by kind of file. */
  readonly records: Readonly<Partial<Record<FileRole, DifferenceCounts>>>;
}

/** Where a run that was cut short goes on: behind what, `null` if it begins again. */
export interface Resumed {
  readonly behind: { readonly stage: string; readonly file?: string; readonly record?: number } | null;
}

/** How the spec was found: it was given with the command, or the files showed it. */
export type SpecChoiceSummary =
  | { readonly how: 'given' }
  | {
      readonly how: 'recognised';
      readonly certainty: SpecChoice['certainty'];
      readonly score: number;
      readonly files: SpecChoice['files'];
      readonly runners_up: SpecChoice['runnersUp'];
    };

/** What `summary.json` says. */
export interface Summary {
  readonly run: number | null;
  readonly mode: 'load' | 'validate' | 'dry-run';
  readonly immload: string;
  readonly spec: { readonly id: string; readonly version: string; readonly provenance: string };
  readonly spec_choice: SpecChoiceSummary;
  /** Rules that were judged otherwise than the spec says; left out where none was. */
  readonly changed_rules?: Readonly<Record<string, ChangedRule>>;
  readonly site: string | null;
  readonly today: string;
  readonly started_at: string;
  readonly finished_at: string;
  /** Of a run that was cut short: where it went on the last time. */
  readonly resumed?: Resumed;
  /** Table id → the day it stands for. */
  readonly code_tables: Readonly<Record<string, string>>;
  /** Which of them do not come with immload, and the folder that they are from; `null` if all do. */
  readonly updated_code_tables: { readonly folder: string; readonly tables: readonly string[] } | null;
  /** The map that was applied, `null` without one, and the lines of decisions whose value no record had. */
  readonly map: {
    readonly name: string;
    readonly sha256: string;
    readonly decisions: number;
    readonly unmet_lines: readonly number[];
  } | null;
  readonly files: readonly FileSummary[];
  /** Of all files of a role; `combined` stands there where patients and doses come in one file. */
  readonly totals: Readonly<Record<Role, FateTotals>> & {
    readonly combined?: FateTotals;
    /** Where files with comments on patients are among those of the submission. */
    readonly comment?: FateTotals;
  };
  /** How patients were matched; the thresholds are weights, `null` where nothing was weighed. */
  readonly matching: {
    readonly model: MatchModelId;
    readonly match_threshold: number | null;
    readonly review_threshold: number | null;
  };
  readonly patients: { readonly new: number; readonly merged: number; readonly review: number };
  readonly doses: {
    readonly new: number;
    readonly merged: number;
    readonly duplicate: number;
    readonly review: number;
  };
  /** The sender's totals and what came of them; left out where none were said. */
  readonly reconciliation?: ReconciliationSummary;
  /** Comments on patients, where there are files of them. */
  readonly comments?: { readonly new: number; readonly duplicate: number };
  readonly issues: Readonly<
    Record<
      string,
      {
        readonly severity: Severity;
        readonly count: number;
        /** Fewer than `count` when `issues.csv` was capped. */
        readonly rows: number;
        readonly examples: readonly { readonly file: string; readonly line: number }[];
      }
    >
  >;
  /** How often each code of the specification's own document was found, where it has codes. */
  readonly document_codes?: Readonly<Record<string, number>>;
  /** What looks wrong about a file as a whole. */
  readonly looks_wrong: readonly WrongLook[];
  /** Rows of `suggestions.csv`, and how many of these are sure (a confidence of 0.95 or more). */
  readonly suggestions: { readonly count: number; readonly sure: number };
  readonly max_issues_per_code: number;
  /** Rejected records that break other rules than they did before they were redacted; left out where nothing was. */
  readonly redacted?: { readonly records_unlike: number };
  /** What differs from an earlier run under its code tables, where that was asked for. */
  readonly comparison?: Comparison;
  /** What differs from the files that these correct, where such were given. */
  readonly difference?: DifferenceSummary;
  /** Values that were loaded differently from how they were received, by role and field. */
  readonly changes: Readonly<Record<string, number>>;
  /** Distinct codes and texts for vaccines that nobody understood: the rows of `unmapped.csv`. */
  readonly unmapped: number;
  readonly stage_seconds: Readonly<Record<string, number>>;
  readonly peak_memory_mb: number;
  readonly report: string;
}
