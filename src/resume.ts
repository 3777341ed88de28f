/** Runs that were cut short: by what they are known again, why one is not gone on with, and what is left to do of one. */
import type { Thresholds } from './core/match/match-people.js';
import type { IsoDate } from './core/model.js';
import {
  type CheckpointMark,
  type CheckpointStage,
  type Command,
  type DeadRun,
  type FileResult,
  type OpenRun,
  type RunReport,
  type Store,
  StoreError,
} from './db/store.js';
import { fingerprint } from './files/fingerprint.js';
import { InputError } from './files/input-error.js';
import { ReportError, readSummary, setReportAside } from './files/reports.js';
import { hashBeginning } from './files/source.js';
import { programVersion } from './files/specs.js';
import type { LoadOptions } from './load.js';
import { type ReceivedFile, receiveSubmission, type Submission } from './receive.js';
import { DEFAULT_MATCH_MODEL, DEFAULT_SIZES, type Summary } from './run.js';

/** A submission, the options by which it is loaded, and what of both decides what is made of its records. */
export interface Loading {
  readonly submission: Submission;
  readonly options: LoadOptions;
  /** `null` for what is not written, and cannot be gone on with. */
  readonly command: Command | null;
}

export function loadingOf(submission: Submission, options: LoadOptions): Loading {
  return { submission, options, command: options.mode === 'load' ? commandOf(submission, options) : null };
}

/** What is known of a run when its report is whole, kept before that gets its name. */
export interface Closing {
  /** Where the report is going to be, as a path from the root. */
  readonly path: string;
  readonly finishedAt: string;
  readonly files: readonly FileResult[];
  readonly thresholds: Thresholds | null;
  readonly report: RunReport | null;
}

/** The step of a run in which its report gets its name. */
export const CLOSING = { stage: 'report', seq: 0, place: null } as const;

function commandOf({ spec, files, previous }: Submission, options: LoadOptions): Command {
  const {
    codes,
    map = null,
    matchModel = DEFAULT_MATCH_MODEL,
    thresholds = {},
    encoding,
    sizes,
    maxIssuesPerCode,
  } = options;
  const given = (value: unknown): string => (value == null ? '' : String(value));
  return {
    'another immload': programVersion(),
    'other files': fingerprintOf(files),
    ...(previous.length > 0 && { 'another --previous': fingerprintOf(previous) }),
    'another --spec': fingerprint(spec),
    'other --codes': fingerprint(codes.tables),
    'another --map': given(map?.sha256),
    'another --rule': fingerprint(Object.entries(options.rules ?? {}).sort()),
    'another --site': given(options.site),
    'another --today': options.today,
    'another --encoding': given(encoding),
    'another --match-model': matchModel,
    'another --match-threshold': given(thresholds.match),
    'another --review-threshold': given(thresholds.review),
    'another --max-issues-per-code': given(maxIssuesPerCode),
    'another --redact': String(options.redact ?? false),
    'other sizes': fingerprint({ ...DEFAULT_SIZES, ...sizes }),
  };
}

function fingerprintOf(files: readonly ReceivedFile[]): string {
  return fingerprint(
    files.map(({ role, source: { name, bytes, encoding, head } }) => {
      return [role, name, bytes, encoding, fingerprint(head.bytes)];
    }),
  );
}

const DAY = 'another --today';

/** The same loading on the day on which a run began, unless the user asked for a day. */
async function onDayOf({ command }: DeadRun, loading: Loading): Promise<Loading> {
  const { submission, options } = loading;
  const today = command?.[DAY] as IsoDate | undefined;
  if (options.isTodayUnasked !== true || today === undefined || today === options.today) return loading;
  const { comments = [], files = [], specs = [] } = options;
  // What day it is has a part in recognising a file.
  const received = await receiveSubmission({ ...options, comments, files, specs, today });
  const named = received.files.map((file, i) => {
    return { ...file, source: { ...file.source, name: submission.files[i]!.source.name } };
  });
  return loadingOf({ ...received, files: named }, { ...options, today });
}

/** Why a run cannot be gone on with by a command; nothing if it can. */
function findHindrances(run: DeadRun, loading: Loading): string[] {
  const { command, checkpoints, fileIds } = run;
  if (command === null) return ['it kept nothing to go on from'];
  const given = loading.command ?? {};
  const names = new Set([...Object.keys(given), ...Object.keys(command)]);
  const differing = [...names].filter((name) => command[name] !== given[name]);
  if (differing.length > 0) return [`this command has ${differing.join(', ')}`];
  const read = new Map(checkpoints.flatMap(({ filesRead }) => filesRead).map((part) => [part.fileId, part]));
  return loading.submission.files.flatMap(({ source }, i) => {
    const part = read.get(fileIds[i]!);
    const isSame = part === undefined || hashBeginning(source, part.bytes) === part.sha256;
    return isSame ? [] : [`${source.shown} is not what it was`];
  });
}

/** A run that is gone on with. */
export interface TakenUp extends Loading {
  readonly run: OpenRun;
  /** The last place that it had come to, `null` if it begins again. */
  readonly from: CheckpointMark | null;
  /** The stages that it had come to. */
  readonly stages: readonly CheckpointStage[];
}

/**
 * Goes on with the run that a command has begun before, and takes back what other runs had written that were cut short;
 * `null` if there is none to go on with. It must be this loader's turn.
 * @throws InputError when a file cannot be read
 */
export async function takeUp(store: Store, loading: Loading, now: () => string): Promise<TakenUp | null> {
  const { mode, restart = false, onNotice = () => {} } = loading.options;
  let taken: TakenUp | null = null;
  for (const dead of await store.findDeadRuns()) {
    const onItsDay = await onDayOf(dead, loading);
    const hindrances = mode !== 'load' || restart ? [] : findHindrances(dead, onItsDay);
    if (mode === 'load' && !restart && hindrances.length === 0 && taken === null) {
      const from = dead.checkpoints.at(-1) ?? null;
      onNotice(`run ${dead.runId} was cut short before; ${describePlace(from, dead, onItsDay)}`);
      const run = await store.continueRun(dead.runId);
      taken = { ...onItsDay, run, from, stages: dead.checkpoints.map(({ stage }) => stage) };
      continue;
    }
    const why = hindrances.length === 0 ? '' : ` (${hindrances.join('; ')})`;
    const what = mode === 'load' ? 'taken back' : 'left out';
    onNotice(`run ${dead.runId} was cut short before; what it had written is ${what}${why}`);
    const aside = mode === 'load' ? await setAsideReportOf(store, dead) : null;
    if (aside !== null) onNotice(`its report is now ${aside}`);
    await store.takeBack(dead.runId, now(), 'cut short, and taken back by the next run');
  }
  return taken;
}

/** Gives the report of a run that is taken back another name, if it has got one; `null` if it has not. */
export async function setAsideReportOf(store: Store, dead: DeadRun): Promise<string | null> {
  const closing = await readClosing(store, dead);
  return closing === null ? null : setReportAside(closing.path);
}

/** Where a run goes on that has no place in a file. */
const STAGE_WORDS: Readonly<Record<CheckpointStage, string>> = {
  patients: 'behind its patients',
  immunizations: 'among the doses that had to be sorted',
  'dose reviews': 'behind its doses',
  comments: 'among its comments',
  report: 'with its report',
};

/** Where a run goes on, in words. */
function describePlace(from: CheckpointMark | null, { fileIds }: DeadRun, { submission }: Loading): string {
  if (from === null) return 'it begins again';
  if (from.place === null) return `it goes on ${STAGE_WORDS[from.stage]}`;
  const { fileId, record } = from.place;
  const { shown } = submission.files[fileIds.indexOf(fileId)]!.source;
  return `it goes on behind record ${record} of ${shown}`;
}

/** How a run whose report has its name is to be closed; `null` for any other. */
async function readClosing(store: Store, { runId, checkpoints }: DeadRun): Promise<Closing | null> {
  if (!checkpoints.some(({ stage }) => stage === CLOSING.stage)) return null;
  const closing = (await store.readCheckpoint(runId, CLOSING.stage, CLOSING.seq))?.result as Closing | undefined;
  return closing !== undefined && readReport(runId, closing) !== null ? closing : null;
}

/** The summary in the report of a run, `null` if that has not got its name. */
function readReport(runId: number, { path, finishedAt }: Closing): Summary | null {
  const summary = readSummary(path) as Summary | null;
  return summary?.run === runId && summary.finished_at === finishedAt ? summary : null;
}

/** A run of which nothing is left to do but to mark it as completed. */
export interface Unclosed {
  readonly run: DeadRun;
  readonly closing: Closing;
}

/** The run that a command has begun, if its report is whole and has its name already. */
export async function findUnclosed(store: Store, loading: Loading): Promise<Unclosed | null> {
  for (const run of await store.findDeadRuns()) {
    const closing = await readClosing(store, run);
    if (closing === null) continue;
    if (findHindrances(run, await onDayOf(run, loading)).length === 0) return { run, closing };
  }
  return null;
}

/** Marks a run as completed, and gives its summary; `null` if it is over by now. It must be this loader's turn. */
export async function closeRun(store: Store, { run, closing }: Unclosed): Promise<Summary | null> {
  const { runId } = run;
  const isOver = !(await store.findDeadRuns()).some((dead) => dead.runId === runId);
  const summary = readReport(runId, closing);
  if (isOver || summary === null) return null;
  await store.completeRun(runId, closing.finishedAt, closing.files, closing.thresholds, closing.report);
  return summary;
}

const PASSING_PROBLEMS: ReadonlySet<StoreError['code']> = new Set([
  'full',
  'busy',
  'unreachable',
  'not-writable',
  'damaged',
]);

/**
 * Whether an error is about what a run stands on, such as a full disk or a lost connection, rather than about what it does
 * or reads: then nothing is taken back, and the same command goes on when that is mended.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof StoreError) return PASSING_PROBLEMS.has(error.code);
  if (error instanceof InputError) return isSystemError(error.cause);
  return error instanceof ReportError || isSystemError(error);
}

/** Whether the system says it, as `EIO`. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && /^E[A-Z\d]+$/.test(String((error as { code?: unknown }).code));
}
