/** Loads a submission: receive its files, patients first, then immunizations, then the reports. */
import { certifyRun } from './certify-run.js';
import { Checkpoints } from './checkpoints.js';
import { type ComparisonBasis, compareTables } from './compare-tables.js';
import type { SpecChoice } from './core/choose-spec.js';
import type { Codes } from './core/codes.js';
import type { Thresholds } from './core/match/match-people.js';
import { FATES, type Fate, type FileRole, type IsoDate } from './core/model.js';
import type { FileEncoding } from './core/read/decode.js';
import { changeRules, problemOfChange, type RuleChanges } from './core/rule-changes.js';
import { comeInOneFile, layoutOf, type Spec } from './core/spec.js';
import { Advisor } from './core/suggest/advisor.js';
import { Evidence } from './core/suggest/evidence.js';
import { ReceivedTotals } from './core/totals/received.js';
import { VaccineMap } from './core/vaccine-map.js';
import type { RegistryStore } from './db/registry-store.js';
import { openScratch } from './db/sqlite.js';
import { type FileResult, type MatchModelId, type NewRun, type Store, StoreError } from './db/store.js';
import { applyEarlierDecisions } from './decide-review.js';
import { findNarrowDisks } from './disk-space.js';
import type { LoadedMap } from './files/maps.js';
import { RejectFile } from './files/rejects.js';
import { writeNote } from './files/report-note.js';
import { ChangeLog, CsvReport, IssueLog, ReportFolder, type ValueMask, wholePath } from './files/reports.js';
import { checkDefaults, programVersion } from './files/specs.js';
import type { LoadedTotals } from './files/totals-file.js';
import type { UnpackLimits } from './files/unpack.js';
import { type CommentCounts, loadComments } from './load-comments.js';
import { type DoseCounts, loadImmunizations } from './load-immunizations.js';
import { loadPatients, type PatientOutcome, type ReviewPair } from './load-patients.js';
import { countWithoutDoses, lookAtWhole } from './look-at-whole.js';
import { openForDryRun, openForLoading } from './open-store.js';
import { Difference, findPrevious, type PreviousRun } from './previous-files.js';
import { type ReceivedFile, receiveSubmission, type Submission } from './receive.js';
import { chooseTotals, type GivenTotals, reconcileTotals, type SenderTotals } from './reconcile-totals.js';
import { type RedactedReports, redactReports } from './redact-reports.js';
import {
  CLOSING,
  type Closing,
  closeRun,
  isPassing,
  type Loading,
  loadingOf,
  type TakenUp,
  takeUp,
  type Unclosed,
} from './resume.js';
import {
  checkRejectShare,
  DEFAULT_MATCH_MODEL,
  DEFAULT_SIZES,
  FileRun,
  type FileSummary,
  type Progress,
  type RejectLimit,
  type Resumed,
  type RunContext,
  type Sizes,
  type SpecChoiceSummary,
  type Summary,
} from './run.js';
import { lookAtEarlier } from './same-load.js';
import { createExecutor } from './threads/executor.js';
import { UnmappedLog } from './unmapped.js';

export interface LoadOptions {
  /** Paths of patient files, in the order in which they are read. */
  readonly patients: readonly string[];
  /** Paths of immunization files. */
  readonly immunizations: readonly string[];
  /** Paths of files of comments on patients, where the spec has such. */
  readonly comments?: readonly string[];
  /** Paths of files whose role shows in their contents, or of folders and archives with such files. */
  readonly files?: readonly string[];
  /** The spec that the files follow; `null` to recognise it among `specs` by their contents. */
  readonly spec: Spec | null;
  /** The specs to choose from where none is given. */
  readonly specs?: readonly Spec[];
  readonly codes: Codes;
  /** What local codes and texts for vaccines stand for, before all else; `null`, the default, if nothing was decided. */
  readonly map?: LoadedMap | null;
  /**
   * `load` writes to the database; `dry-run` looks at it and leaves nothing there; `validate` has none. All three give the
   * same issues, because they are the same code: the latter two write to a scratch database that vanishes, or on a server
   * into a transaction that is rolled back.
   */
  readonly mode: 'load' | 'dry-run' | 'validate';
  /** Path of the SQLite file, or address of the PostgreSQL database (`postgres://…`); not used by `validate`. */
  readonly database: string;
  /** Folder of the reports, which must not hold anything; `null` for a new one in `./immload-report`. */
  readonly report: string | null;
  /** Severities of issue codes, instead of those of the spec. */
  readonly rules?: RuleChanges;
  /** For records that name no site. */
  readonly site: string | null;
  /** The day that counts as today. */
  readonly today: IsoDate;
  /** Whether nobody asked for that day: a run that is gone on with keeps the day on which it began. */
  readonly isTodayUnasked?: boolean;
  /** How patients are matched; `fixed`, all fields weighed, unless told otherwise. */
  readonly matchModel?: MatchModelId;
  /** For models that weigh: from which weight on a pair is one person, and from which on a question. */
  readonly thresholds?: Partial<Thresholds>;
  /** The run fails, and loads nothing, when more records are rejected. */
  readonly rejectLimit?: RejectLimit | null;
  /** What all files are encoded in, whatever they look like; `null`, the default, to find out. */
  readonly encoding?: FileEncoding | null;
  /** How much may come out of `.gz` and `.zip` files. */
  readonly unpackLimits?: Partial<UnpackLimits>;
  /** How much is done at a time. */
  readonly sizes?: Partial<Sizes>;
  /**
   * Threads that read records beside the one that decides and writes: 0, the default, for none; `auto` for as many as the
   * machine has cores for, if there is enough to read. No number changes what comes out.
   */
  readonly threads?: number | 'auto';
  /** Rows of `issues.csv` for one code. Counts are exact whatever it is. */
  readonly maxIssuesPerCode?: number;
  /** What the sender says is in the files; a `totals.json` among them is not asked then. `null`, the default, for nothing. */
  readonly totals?: LoadedTotals | null;
  /** Numbers that hold instead of those of any file of totals. */
  readonly expect?: GivenTotals;
  /**
   * Whether values of persons are replaced in the reports by made-up ones of the same shape, so that they can be shared;
   * `false` unless told otherwise.
   */
  readonly redact?: boolean;
  /** An earlier run of the same files: what its code tables made of each record is compared with what these make of it. */
  readonly compareWith?: ComparisonBasis | null;
  /** Whether files that were loaded so before are loaded again; `true` unless told otherwise. Only `load` asks. */
  readonly again?: boolean;
  /**
   * Whether a run of this very command that was cut short is taken back and begun anew; unless told so, it is gone on with.
   * Only `load` asks.
   */
  readonly restart?: boolean;
  /**
   * Paths of files that were loaded before, of which these are corrected ones: what the registry has already is left out,
   * and the report says what differs. Not with `validate`.
   */
  readonly previous?: readonly string[];
  /** Stops the run; what it has written is taken back. */
  readonly signal?: AbortSignal | null;
  readonly onProgress?: (progress: Progress) => void;
  /** Takes what the user should know and that is no error, such as that a run that was cut short is gone on with. */
  readonly onNotice?: (notice: string) => void;
}

/** Rows of `issues.csv` per code, unless the user says otherwise. */
export const DEFAULT_MAX_ISSUES_PER_CODE = 100_000;
/** Where reports go, unless the user says otherwise. */
export const DEFAULT_REPORT_PARENT = 'immload-report';

/** A rule that no run can change, or that there is not. */
export class RuleError extends Error {
  readonly code = 'rule';
  constructor(problem: string) {
    super(problem);
    this.name = 'RuleError';
  }
}

/** The same files were loaded before, from the same site and in the same way: there is nothing to do. */
export class LoadedBeforeError extends Error {
  readonly code = 'loaded-before';
  constructor(
    readonly runId: number,
    /** ISO 8601. */
    readonly finishedAt: string,
    hasTotals = false,
  ) {
    super(
      `loaded as run ${runId} on ${finishedAt.slice(0, 10)}, nothing to do${hasTotals ? ', and totals were not compared' : ''}; --again loads it all the same`,
    );
    this.name = 'LoadedBeforeError';
  }
}

/**
 * Loads a submission.
 * @throws LoadedBeforeError unless `again`, and nothing is written then; RuleError when a rule cannot be changed so,
 * SpecError when the code tables do not know a default of the spec, InputError when a file cannot be loaded or no spec can
 * be recognised, TotalsError and ExpectedTotalsError for the totals of the sender, StoreError when the database cannot be
 * used, ReportError when the report cannot be written, TransformError, TooManyRejectsError; in each case nothing of the
 * submission stays behind, unless what the run stands on has failed ({@link isPassing}), such as the disk: then the same
 * call goes on where it was cut short
 */
export async function load(options: LoadOptions): Promise<Summary> {
  return (await prepareLoad(options))();
}

/** Looks at the files of a submission, and gives what loads them. @throws as {@link load} does */
export async function prepareLoad(options: LoadOptions): Promise<() => Promise<Summary>> {
  const { comments = [], files = [], specs = [] } = options;
  for (const [code, severity] of Object.entries(options.rules ?? {})) {
    const problem = problemOfChange(code, severity);
    if (problem !== null) throw new RuleError(problem);
  }
  const submission = await receiveSubmission({ ...options, comments, files, specs });
  checkDefaults(submission.spec, options.codes);
  return () => loadReceived({ ...submission, files: tellApart(submission.files) }, options);
}

async function loadReceived(received: Submission, options: LoadOptions): Promise<Summary> {
  const clock = new StageClock();
  const loading = loadingOf(received, options);
  if (options.mode === 'load') {
    const { load: earlier, unclosed } = await lookAtEarlier(loading, newRun(loading, clock.startedAt).run);
    if (earlier !== null) {
      const hasTotals = chooseTotals(options.totals ?? received.totals, options.expect ?? {}) !== null;
      throw new LoadedBeforeError(earlier.runId, earlier.finishedAt, hasTotals);
    }
    const closed = unclosed === null ? null : await close(unclosed, loading);
    if (closed !== null) return closed;
    const reportFolder = options.report ?? DEFAULT_REPORT_PARENT;
    for (const notice of findNarrowDisks(loading, reportFolder)) options.onNotice?.(notice);
  }
  const folder =
    options.report === null ? ReportFolder.createIn(DEFAULT_REPORT_PARENT) : ReportFolder.create(options.report);
  try {
    const store = await openStore(options, folder);
    try {
      return await loadInto(store, folder, loading, clock);
    } finally {
      await store.close();
    }
  } catch (error) {
    // A report that has its name may be that of a completed run: the answer to the last call may be all that was lost.
    if (!(folder.isFinished && isPassing(error))) folder.abandon();
    throw error;
  }
}

/** Marks a run as completed whose report is whole, and gives its summary; `null` if it is over by now. */
async function close(unclosed: Unclosed, loading: Loading): Promise<Summary | null> {
  const { database, signal = null, onNotice = () => {} } = loading.options;
  const store = await openForLoading(database);
  try {
    await store.waitForTurn({ command: loading.command, signal, onWait: onNotice });
    const summary = await closeRun(store, unclosed);
    if (summary !== null) onNotice(`run ${unclosed.run.runId} was cut short when all was done; it is completed now`);
    return summary;
  } finally {
    await store.close();
  }
}

/** Inputs of the same name are called by their paths. */
function tellApart(received: readonly ReceivedFile[]): readonly ReceivedFile[] {
  const names = received.map(({ source }) => source.name);
  return received.map((file) => {
    const isShared = names.filter((name) => name === file.source.name).length > 1;
    return isShared ? { ...file, source: { ...file.source, name: file.source.path } } : file;
  });
}

async function openStore(options: LoadOptions, folder: ReportFolder): Promise<RegistryStore> {
  if (options.mode === 'validate') return openScratch(folder.workPath);
  if (options.mode === 'dry-run') return openForDryRun(options.database, folder.workPath);
  return openForLoading(options.database);
}

/** Runs a submission into an open store, or takes back what it wrote. */
async function loadInto(
  store: RegistryStore,
  folder: ReportFolder,
  asked: Loading,
  clock: StageClock,
): Promise<Summary> {
  const { mode, signal = null, onNotice = () => {} } = asked.options;
  await store.waitForTurn({ command: asked.command, signal, onWait: onNotice });
  const taken = await takeUp(store, asked, () => clock.now());
  const loading = taken ?? asked;
  const { submission, options } = loading;
  if (mode === 'load' && taken === null) await applyEarlier(store, options);
  clock.start();
  const { files } = submission;
  const { run, spec, changed } = newRun(loading, clock.startedAt);
  const { codes, site, today, matchModel = DEFAULT_MATCH_MODEL } = options;
  const previous = await findPrevious(store, submission, options);
  const opened =
    taken?.run ??
    (await store.openRun(
      { ...run, previousRunId: previous?.runId ?? null },
      files.map(({ role, source }) => ({ role, name: source.name })),
    ));
  const { runId } = opened;
  const mostIssues = options.maxIssuesPerCode ?? DEFAULT_MAX_ISSUES_PER_CODE;
  const issues = new IssueLog(folder.workPath, mostIssues, spec.codes);
  const { threads = 0 } = options;
  // What meets a record is noted in it, for this run alone.
  const map = options.map ? { ...options.map, map: new VaccineMap(options.map.map.lines) } : null;
  const totals = chooseTotals(options.totals ?? submission.totals, options.expect ?? {});
  const bytes = files.reduce((sum, { source }) => sum + source.bytes, 0);
  const executor = createExecutor({ threads, bytes, codes, map: map?.map ?? null });
  try {
    // They are kept before anything else is written.
    if (mode === 'load' && (taken === null || taken.from === null)) await store.keepCodeTables(runId, codes.tables);
    const context: RunContext = {
      spec,
      changedRules: changed,
      codes,
      map,
      today,
      site,
      store,
      checkpoints: new Checkpoints(store, runId, mode === 'load', taken?.stages),
      executor,
      runId,
      startedAt: opened.startedAt,
      firstIds: opened.firstIds,
      resumed: taken === null ? null : describeResumed(taken),
      folder,
      issues,
      changes: new ChangeLog(),
      unmapped: new UnmappedLog(),
      matching: matchModel === 'exact' ? null : { model: matchModel, thresholds: options.thresholds ?? {} },
      rejectLimit: options.rejectLimit ?? null,
      rejected: { count: 0 },
      received: totals === null ? null : new ReceivedTotals(totals.totals),
      refusesFiles: options.mode === 'load',
      sizes: { ...DEFAULT_SIZES, ...options.sizes },
      signal: options.signal ?? null,
      onProgress: options.onProgress ?? (() => {}),
      onNotice: options.onNotice ?? (() => {}),
    };
    return await runStages(
      context,
      { ...submission, fileIds: opened.fileIds, previousRun: previous },
      totals,
      options,
      clock,
    );
  } catch (error) {
    if (mode === 'load' && isPassing(error)) {
      onNotice(`run ${runId} is cut short; the same command goes on with it, --restart begins anew`);
    } else await takeBack(store, runId, error, clock);
    throw error;
  } finally {
    await executor.close();
    issues.close();
  }
}

/** What a run is given besides its files, and the spec with its changed rules. */
function newRun(
  loading: Loading,
  startedAt: string,
): { readonly run: NewRun; readonly spec: Spec; readonly changed: RunContext['changedRules'] } {
  const { submission, options, command } = loading;
  const { spec, changed } = changeRules(submission.spec, options.rules ?? {});
  const { codes, site, today, matchModel = DEFAULT_MATCH_MODEL, thresholds = {} } = options;
  const run: NewRun = {
    specId: spec.id,
    specVersion: spec.version,
    siteId: site,
    today,
    programVersion: programVersion(),
    codeTables: { ...codeTableDates(codes), ...(options.map && { map: `${options.map.name} ${options.map.sha256}` }) },
    ruleChanges: Object.keys(changed).length > 0 ? JSON.stringify(changed) : null,
    startedAt,
    matchModel,
    givenThresholds: Object.keys(thresholds).length > 0 ? JSON.stringify(thresholds) : null,
    command,
  };
  return { run, spec, changed };
}

/** Where a run that was cut short goes on. */
function describeResumed({ from, run, submission }: TakenUp): Resumed {
  if (from === null) return { behind: null };
  const { stage, place } = from;
  if (place === null) return { behind: { stage } };
  const { name } = submission.files[run.fileIds.indexOf(place.fileId)]!.source;
  return { behind: { stage, file: name, record: place.record } };
}

/** Applies decisions that an immload wrote down which did not apply them. */
async function applyEarlier(store: RegistryStore, { codes, onNotice }: LoadOptions): Promise<void> {
  try {
    for (const notice of await applyEarlierDecisions(store, codes)) onNotice?.(notice);
  } catch (error) {
    // Opening the run says which other one is alive.
    if (!(error instanceof StoreError && error.code === 'busy')) throw error;
  }
}

async function takeBack(store: Store, runId: number, error: unknown, clock: StageClock): Promise<void> {
  const code = (error as { code?: unknown }).code;
  try {
    await store.takeBack(runId, clock.now(), `failed (${typeof code === 'string' ? code : 'stopped'}) and taken back`);
  } catch {
    // The database refuses even that, on a full disk for instance. The run is still marked as running: the next one
    // finds it dead and takes it back.
  }
}

/** A submission whose run is open. */
interface OpenSubmission extends Submission {
  readonly fileIds: readonly number[];
  /** The run whose files these correct. */
  readonly previousRun: PreviousRun | null;
}

async function runStages(
  context: RunContext,
  submission: OpenSubmission,
  totals: SenderTotals | null,
  options: LoadOptions,
  clock: StageClock,
): Promise<Summary> {
  const rejectNames = rejectFileNames(submission.files);
  const files = submission.files.map((file, i) => {
    const { source, recognition } = file;
    const layout = layoutOf(context.spec, file.role === 'combined' ? 'patient' : file.role);
    const { name, encoding } = source;
    const rejects = new RejectFile(context.folder, rejectNames[i]!, { ...recognition, name, encoding, layout });
    return new FileRun(file, submission.fileIds[i]!, rejects, context);
  });
  try {
    return await runFiles(context, files, rejectNames, submission, totals, options, clock);
  } finally {
    for (const file of files) await file.rejects.close();
  }
}

async function runFiles(
  context: RunContext,
  files: readonly FileRun[],
  rejectNames: readonly string[],
  submission: OpenSubmission,
  totals: SenderTotals | null,
  options: LoadOptions,
  clock: StageClock,
): Promise<Summary> {
  const { patientId, immunizationId, reviewId } = context.firstIds;

  clock.begin('patients');
  const { previousRun } = submission;
  const differing = previousRun === null ? null : await Difference.begin(previousRun, files, context);
  const outcome = await loadPatients(
    files.filter(({ role }) => role === 'patient' || role === 'combined'),
    context,
    { patientId, reviewId },
  );
  const doses = await loadImmunizations(
    files.filter(({ role }) => role === 'immunization' || role === 'combined'),
    outcome.links,
    context,
    immunizationId,
    (stage) => clock.begin(stage),
  );

  const commentFiles = files.filter(({ role }) => role === 'comment');
  if (commentFiles.length > 0) clock.begin('comments');
  const comments = await loadComments(commentFiles, outcome.links, context);

  checkRejectShare(files, context);
  const reconciliation = reconcileTotals(totals, files, context);
  const mask = options.redact === true ? await redact(files, rejectNames, context) : null;
  const basis = options.compareWith ?? null;
  if (basis !== null) clock.begin('compare');
  const comparison = basis === null ? null : await compareTables(files, basis, context, mask);
  if (differing !== null) clock.begin('compare');
  const difference = (await differing?.write(mask)) ?? null;

  countWithoutDoses(files, outcome.counts.new, doses.newPatientsWithDoses);
  const looks = lookAtWhole(files, context);
  clock.begin('reports');
  context.onProgress({ stage: 'reports', done: 0, total: 0, unit: 'records', records: 0 });
  for (const file of files) file.fates.requireComplete(file.records);
  await writeReports(context, files, [...outcome.reviews, ...doses.reviews], options.mode, mask);
  const summaries = await Promise.all(files.map((file, i) => summarizeFile(file, rejectNames[i]!, context)));
  const path = reportPath(context, options);
  clock.end();
  const counts = {
    ...outcome,
    patients: outcome.counts,
    doses: doses.counts,
    comments: commentFiles.length > 0 ? comments : null,
  };
  const finishedAt = clock.now();
  const summary: Summary = {
    ...summarize(context, submission.choice, options, summaries, counts, path, finishedAt, clock),
    ...(reconciliation !== null && { reconciliation }),
    ...(comparison !== null && { comparison }),
    ...(difference !== null && { difference }),
    ...(mask !== null && { redacted: { records_unlike: mask.unlike } }),
    looks_wrong: looks,
  };
  context.folder.writeJson('summary.json', summary);
  writeNote(context.folder, { ...summary, finishedAt, isRedacted: mask !== null });
  const { thresholds } = outcome;
  const results = files.map(fileResult);
  const whole = wholePath(path);
  const known = { summary, spec: submission.spec, files, stored: doses.stored, firstImmunizationId: immunizationId };
  const report = options.mode === 'load' ? await certifyRun({ ...known, folder: whole }, context) : null;
  const closing: Closing = { path: whole, finishedAt, files: results, thresholds, report };
  // The report first: no run is complete without. Of one that is killed in between, the report is known to be its own.
  await context.checkpoints.keep(
    CLOSING,
    files.map(({ read }) => read),
    closing,
  );
  context.folder.finish(path);
  await context.store.completeRun(context.runId, finishedAt, results, thresholds, report);
  return summary;
}

/** The name of each input's reject file: its own, or with its role before it where two inputs share theirs. */
function rejectFileNames(received: readonly ReceivedFile[]): string[] {
  const taken = new Set<string>();
  return received.map(({ role, source }) => {
    const own = source.fileName;
    let name = own;
    for (let n = 1; taken.has(name); n++) name = n === 1 ? `${role}-${own}` : `${role}-${n}-${own}`;
    taken.add(name);
    return name;
  });
}

/** Redacts the reject files, which are whole by now, and gives what redacts all else. */
async function redact(
  files: readonly FileRun[],
  rejectNames: readonly string[],
  context: RunContext,
): Promise<RedactedReports> {
  for (const file of files) await file.rejects.close();
  const rejects = files.map(({ rejects: { count } }, i) => (count === 0 ? null : `rejects/${rejectNames[i]!}`));
  return redactReports(files, rejects, context);
}

async function writeReports(
  context: RunContext,
  files: readonly FileRun[],
  reviews: readonly ReviewPair[],
  mode: LoadOptions['mode'],
  mask: ValueMask | null,
): Promise<void> {
  const { folder, issues, changes, unmapped, spec, codes, today } = context;
  for (const file of files) await file.rejects.close();
  const evidence = new Evidence(
    codes,
    today,
    files.map((file) => file.counts),
  );
  const fateOf = (number: number, record: number): Fate | null => files[number]!.fates.get(record);
  const hasColumn = (number: number, place: number): boolean => {
    const { header } = files[number]!.received.recognition;
    return header === null || header.columns[place] !== -1;
  };
  await issues.write(folder, fateOf, new Advisor(spec, evidence, hasColumn), mask);
  await changes.write(folder.fileIn('changes.csv'), mask);
  if (!unmapped.isEmpty) await unmapped.write(folder.fileIn('unmapped.csv'), codes, mask);
  if (reviews.length > 0) await writeReviews(folder.fileIn('review.csv'), reviews, mode);
}

/** Writes the pairs for a reviewer, the heaviest first. Those of patients have a number if they are stored. */
async function writeReviews(path: string, reviews: readonly ReviewPair[], mode: LoadOptions['mode']): Promise<void> {
  const columns = [
    'review', 'patient_a', 'file_a', 'line_a', 'patient_b', 'file_b', 'line_b', 'weight', 'reason', 'immunization_a',
    'immunization_b',
  ]; // biome-ignore format: the columns in their order
  const report = new CsvReport(path, columns);
  try {
    for (const { reviewId, a, b, weight, reason } of reviews) {
      const number = mode === 'load' ? reviewId : null;
      const doses = [a.immunizationId ?? null, b.immunizationId ?? null];
      await report.write([number, a.patientId, a.file, a.line, b.patientId, b.file, b.line, weight, reason, ...doses]);
    }
  } finally {
    await report.close();
  }
}

function reportPath(context: RunContext, options: LoadOptions): string {
  if (options.report !== null) return options.report;
  return context.folder.freePath(options.mode === 'load' ? String(context.runId) : options.mode);
}

function fileResult(file: FileRun): FileResult {
  return {
    fileId: file.fileId,
    sha256: file.sha256,
    encoding: file.encoding,
    bytes: file.source.bytes,
    records: file.records,
    fates: file.fates.counts,
    recordFates: file.fates.write(file.unchanged),
  };
}

async function summarizeFile(file: FileRun, rejectName: string, context: RunContext): Promise<FileSummary> {
  const { name, container } = file.source;
  // Several files of a submission may come in one archive.
  const before = await context.store.findRunOfFile(file.sha256, context.runId, container === null ? null : name);
  const filled = file.plan.columns.map((column) => [column.field, file.filled[column.slot]!]);
  return {
    role: file.role,
    name,
    container: container?.name ?? null,
    sha256: file.sha256,
    bytes: file.source.bytes,
    encoding: file.encoding,
    records: file.records,
    ...file.fates.counts,
    ...(file.setApart !== null && { set_apart: file.setApart }),
    rejects: file.rejects.count > 0 ? `rejects/${rejectName}` : null,
    loaded_before: before === null ? null : { run: before.runId, finished_at: before.finishedAt },
    filled: Object.fromEntries(filled),
  };
}

/** What became of all records; `comments` is `null` where there are no files of them. */
interface LoadedCounts extends Pick<PatientOutcome, 'thresholds'> {
  readonly patients: PatientOutcome['counts'];
  readonly doses: DoseCounts;
  readonly comments: CommentCounts | null;
}

function summarize(
  context: RunContext,
  choice: SpecChoice | null,
  options: LoadOptions,
  files: readonly FileSummary[],
  loaded: LoadedCounts,
  path: string,
  finishedAt: string,
  clock: StageClock,
): Omit<Summary, 'looks_wrong'> {
  const counts = [...context.issues.counts].sort(([a], [b]) => (a < b ? -1 : 1));
  const documentCounts = [...context.issues.documentCounts].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    run: options.mode === 'load' ? context.runId : null,
    mode: options.mode,
    immload: programVersion(),
    spec: { id: context.spec.id, version: context.spec.version, provenance: context.spec.provenance.status },
    spec_choice: describeChoice(choice),
    ...(Object.keys(context.changedRules).length > 0 && { changed_rules: context.changedRules }),
    site: context.site,
    today: context.today,
    started_at: context.startedAt,
    finished_at: finishedAt,
    ...(context.resumed !== null && { resumed: context.resumed }),
    code_tables: codeTableDates(context.codes),
    updated_code_tables: context.codes.updates,
    map: describeMap(context.map),
    files,
    totals: {
      patient: totalsOf(files, 'patient'),
      immunization: totalsOf(files, 'immunization'),
      ...(comeInOneFile(context.spec) && { combined: totalsOf(files, 'combined') }),
      ...(loaded.comments !== null && { comment: totalsOf(files, 'comment') }),
    },
    matching: {
      model: options.matchModel ?? DEFAULT_MATCH_MODEL,
      match_threshold: loaded.thresholds?.match ?? null,
      review_threshold: loaded.thresholds?.review ?? null,
    },
    patients: loaded.patients,
    doses: loaded.doses,
    ...(loaded.comments !== null && { comments: loaded.comments }),
    issues: Object.fromEntries(counts),
    ...(documentCounts.length > 0 && { document_codes: Object.fromEntries(documentCounts) }),
    suggestions: context.issues.suggestions,
    max_issues_per_code: options.maxIssuesPerCode ?? DEFAULT_MAX_ISSUES_PER_CODE,
    changes: context.changes.totals(),
    unmapped: context.unmapped.size,
    stage_seconds: clock.seconds,
    peak_memory_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    report: path,
  };
}

function describeChoice(choice: SpecChoice | null): SpecChoiceSummary {
  if (choice === null) return { how: 'given' };
  const { certainty, score, files, runnersUp } = choice;
  return { how: 'recognised', certainty, score, files, runners_up: runnersUp };
}

function totalsOf(files: readonly FileSummary[], role: FileRole): Record<'records' | Fate, number> {
  const totals = { records: 0, loaded: 0, merged: 0, duplicate: 0, rejected: 0, skipped: 0 };
  for (const file of files) {
    if (file.role !== role) continue;
    totals.records += file.records;
    for (const fate of FATES) totals[fate] += file[fate];
  }
  return totals;
}

function describeMap(map: LoadedMap | null): Summary['map'] {
  if (map === null) return null;
  const { size, unmetLines } = map.map;
  return { name: map.name, sha256: map.sha256, decisions: size, unmet_lines: unmetLines };
}

function codeTableDates(codes: Codes): Record<string, string> {
  return Object.fromEntries(codes.tables.map((table) => [table.id, table.asOf]));
}

/** How long each stage takes. The only clock of a run. */
class StageClock {
  startedAt = new Date().toISOString();
  readonly seconds: Record<string, number> = {};
  #stage: string | null = null;
  #since = 0;

  now(): string {
    return new Date().toISOString();
  }

  /** Begins when it is this run's turn: what was decided while it waited came before. */
  start(): void {
    this.startedAt = this.now();
  }

  begin(stage: string): void {
    this.end();
    this.#stage = stage;
    this.#since = performance.now();
  }

  end(): void {
    if (this.#stage === null) return;
    const seconds = (performance.now() - this.#since) / 1000;
    this.seconds[this.#stage] = Math.round(((this.seconds[this.#stage] ?? 0) + seconds) * 1000) / 1000;
    this.#stage = null;
  }
}
