/** `immload load --submissions`: several submissions, each a run of its own, and what became of each. */
import { join } from 'node:path';
import { FATES } from '../core/model.js';
import { InputError } from '../files/input-error.js';
import { loadSpec } from '../files/specs.js';
import { listSubmissions, type SubmissionPath } from '../files/submissions.js';
import type { LoadOptions } from '../load.js';
import { loadSubmissions, type SubmissionOutcome, type SubmissionToLoad } from '../load-submissions.js';
import type { Summary } from '../run.js';
import { describeError, ExitCode, UsageError } from './exit.js';
import {
  exitCodeOf,
  type GivenOptions,
  type LoadArguments,
  readOptions,
  stopOnSignals,
  warnOfOutdatedTables,
} from './load.js';
import { print, printJson } from './print.js';
import { ProgressLine } from './progress.js';
import { type Alignment, formatCount, formatTable, showSafely } from './table.js';

/** What the command is told beside the options of a load. */
export interface SubmissionsArguments extends LoadArguments {
  readonly db: string;
  readonly 'fail-fast': boolean;
}

/** Options that say which files are read: with several submissions, their folders do. */
const ONE_SUBMISSION = ['patients', 'immunizations', 'comments', 'files', 'previous'] as const;
/** What is expected of one submission can hold of no other. */
const TOTALS_OF_ONE = ['totals', 'expect-patients', 'expect-immunizations'] as const;

/** Loads each submission and gives the worst exit code. */
export async function runLoads(
  paths: readonly string[],
  args: SubmissionsArguments,
  mode: LoadOptions['mode'],
): Promise<number> {
  if (ONE_SUBMISSION.some((name) => (args[name] ?? []).length > 0)) {
    throw new UsageError('--submissions: give the files of one submission, or several submissions, not both');
  }
  if (TOTALS_OF_ONE.some((name) => args[name] !== undefined)) {
    throw new UsageError('--submissions: each submission has totals of its own; put a totals.json among its files');
  }
  const listed = findSubmissions(paths);
  const options = await readOptions(args, mode, args.db);
  const progress = new ProgressLine(args.quiet ? { write: () => {} } : process.stderr);
  const stop = stopOnSignals();
  try {
    const submissions = listed.map((submission) => {
      const note = (notice: string): void => progress.note(`${showSafely(submission.name)}: ${notice}`);
      return toLoad(submission, { ...options, signal: stop.signal, onProgress: progress.show, onNotice: note });
    });
    const outcomes = await loadSubmissions(submissions, {
      failFast: args['fail-fast'],
      onStart: (name, place) => {
        progress.label = `${place}/${listed.length} ${showSafely(name)}  `;
      },
      onOutcome: (outcome) => {
        progress.clear();
        tellFailure(outcome);
      },
    });
    warnOfOutdatedTables(options.codesFolder);
    if (args.json) printJson(outcomes.map(describeForJson));
    else if (!args.quiet) print(formatOutcomes(outcomes));
    return worstCode(outcomes);
  } finally {
    progress.clear();
    stop.release();
  }
}

/** A list that is none is wrong usage: nothing has been looked at yet. */
function findSubmissions(paths: readonly string[]): readonly SubmissionPath[] {
  try {
    return listSubmissions(paths);
  } catch (error) {
    throw error instanceof InputError ? new UsageError(`--submissions: ${error.message}`) : error;
  }
}

function toLoad({ path, name, site, spec }: SubmissionPath, options: GivenOptions): SubmissionToLoad {
  const report = options.report === null ? null : join(options.report, name);
  const given = { ...options, patients: [], immunizations: [], files: [path], report };
  return { name, options: { ...given, site: site ?? given.site, spec: spec === null ? given.spec : loadSpec(spec) } };
}

function tellFailure(outcome: SubmissionOutcome): void {
  if (outcome.kind !== 'failed') return;
  const { message, details } = describeError(outcome.error);
  process.stderr.write(`immload: ${showSafely(`${outcome.name}: ${message}`)}\n`);
  for (const detail of details) process.stderr.write(`  ${showSafely(detail)}\n`);
}

function codeOf(outcome: SubmissionOutcome): number {
  switch (outcome.kind) {
    case 'loaded':
      return exitCodeOf(outcome.summary);
    case 'loaded before':
      return ExitCode.success;
    case 'failed':
      return describeError(outcome.error).exitCode;
    case 'not started':
      return ExitCode.failure;
  }
}

/** A failed run is worse than a wrong specification, that is worse than rejects. */
const BY_GRAVITY: readonly number[] = [ExitCode.failure, ExitCode.usage, ExitCode.rejects, ExitCode.success];

function worstCode(outcomes: readonly SubmissionOutcome[]): number {
  const codes = outcomes.map(codeOf);
  return BY_GRAVITY.find((code) => codes.includes(code)) ?? ExitCode.success;
}

function describeForJson(outcome: SubmissionOutcome): unknown {
  const { name: submission } = outcome;
  const told = { submission, outcome: outcome.kind, exit_code: codeOf(outcome) };
  switch (outcome.kind) {
    case 'loaded':
      return { ...told, summary: outcome.summary };
    case 'loaded before':
      return { ...told, run: outcome.runId, finished_at: outcome.finishedAt };
    case 'failed':
      return { ...told, error: describeError(outcome.error).message };
    case 'not started':
      return told;
  }
}

/** A line for each submission, and one for all of them. */
function formatOutcomes(outcomes: readonly SubmissionOutcome[]): string {
  const header = ['submission', 'outcome', 'run', 'records', ...FATES, 'report'];
  const rows = outcomes.map((outcome) => {
    const name = showSafely(outcome.name);
    if (outcome.kind === 'loaded before') return [name, 'loaded before', String(outcome.runId)];
    if (outcome.kind !== 'loaded') return [name, outcome.kind];
    const { summary } = outcome;
    const what = exitCodeOf(summary) === ExitCode.success ? 'loaded' : 'with rejects';
    return [name, what, String(summary.run ?? ''), ...countsOf([summary]).map(formatCount), showSafely(summary.report)];
  });
  const summaries = outcomes.flatMap((outcome) => (outcome.kind === 'loaded' ? [outcome.summary] : []));
  const total = ['in all', '', '', ...countsOf(summaries).map(formatCount)];
  const numbers = new Array<Alignment>(FATES.length + 2).fill('right');
  return formatTable([header, ...rows, total], ['left', 'left', ...numbers]);
}

/** Records, and how many came to each fate. */
function countsOf(summaries: readonly Summary[]): number[] {
  const files = summaries.flatMap((summary) => summary.files);
  const sum = (count: (file: Summary['files'][number]) => number): number =>
    files.reduce((total, file) => total + count(file), 0);
  return [sum(({ records }) => records), ...FATES.map((fate) => sum((file) => file[fate]))];
}
