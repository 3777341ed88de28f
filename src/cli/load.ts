/** `immload load` and `immload validate`. */

import { type EarlierRun, readEarlierRun } from '../compare-tables.js';
import { localDay } from '../core/local-day.js';
import type { Thresholds } from '../core/match/match-people.js';
import type { IsoDate } from '../core/model.js';
import { isIsoDate } from '../core/normalize/date.js';
import { FILE_ENCODINGS, type FileEncoding } from '../core/read/decode.js';
import { type RuleChanges, readRuleChange } from '../core/rule-changes.js';
import type { Spec } from '../core/spec.js';
import type { MatchModelId } from '../db/store.js';
import { isOutdated, loadCodes, locateCodeTables } from '../files/code-tables.js';
import { loadMap } from '../files/maps.js';
import { builtInSpecIds, loadSpec } from '../files/specs.js';
import { loadTotals } from '../files/totals-file.js';
import type { UnpackLimits } from '../files/unpack.js';
import { LoadedBeforeError, type LoadOptions, load } from '../load.js';
import type { GivenTotals } from '../reconcile-totals.js';
import type { RejectLimit, Summary } from '../run.js';
import { type CodesArguments, findCodesFolder } from './codes.js';
import { ExitCode, UsageError } from './exit.js';
import { print, printJson } from './print.js';
import { ProgressLine } from './progress.js';
import { fileErrorsOf, formatSummary } from './summary.js';
import { formatCount, showSafely } from './table.js';

/** The options of both commands, as yargs gives them. */
export interface LoadArguments extends Pick<CodesArguments, 'codes'> {
  readonly patients?: readonly string[] | undefined;
  readonly immunizations?: readonly string[] | undefined;
  readonly comments?: readonly string[] | undefined;
  readonly files?: readonly string[] | undefined;
  readonly spec?: string | undefined;
  readonly map?: string | undefined;
  readonly rule?: readonly string[] | undefined;
  readonly totals?: string | undefined;
  readonly 'expect-patients'?: number | undefined;
  readonly 'expect-immunizations'?: number | undefined;
  readonly site?: string | undefined;
  readonly today?: string | undefined;
  readonly encoding?: string | undefined;
  readonly 'max-unpacked'?: string | undefined;
  readonly report?: string | undefined;
  readonly redact: boolean;
  readonly 'max-rejects'?: string | undefined;
  readonly 'match-model': MatchModelId;
  readonly 'match-threshold'?: number | undefined;
  readonly 'review-threshold'?: number | undefined;
  readonly 'max-issues-per-code': number;
  readonly threads?: number | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  /** Of `load`: files that were loaded before, too. */
  readonly again?: boolean | undefined;
  /** Of `load`: what a run of this command has left that was cut short is taken back. */
  readonly restart?: boolean | undefined;
  /** Of `load`: files that were loaded before. */
  readonly previous?: readonly string[] | undefined;
  /** Of `validate`: an earlier run. */
  readonly compare?: number | undefined;
}

/** What the options ask for, whatever the files are. */
export interface GivenOptions extends Omit<LoadOptions, 'patients' | 'immunizations' | 'comments' | 'files'> {
  readonly codesFolder: string | null;
  readonly compareWith: EarlierRun | null;
}

/** Reads the options. @throws UsageError, and what reading specs, maps and code tables throws */
export async function readOptions(
  args: LoadArguments,
  mode: LoadOptions['mode'],
  database: string,
): Promise<GivenOptions> {
  const maxIssuesPerCode = args['max-issues-per-code'];
  if (!Number.isInteger(maxIssuesPerCode) || maxIssuesPerCode < 0) {
    throw new UsageError('--max-issues-per-code: give a whole number');
  }
  const thresholds = readThresholds(args);
  const rules = readRules(args.rule ?? []);
  const rejectLimit = readRejectLimit(args['max-rejects']);
  const encoding = readEncoding(args.encoding);
  const unpackLimits = readUnpackLimits(args['max-unpacked']);
  const threads = readThreads(args.threads);
  const expect = readExpected(args);
  const totals = args.totals === undefined ? null : loadTotals(args.totals);
  const codesFolder = findCodesFolder({ codes: args.codes, db: database });
  const codes = loadCodes(codesFolder);
  const compareWith =
    args.compare === undefined ? null : await readEarlierRun(database, readRunNumber(args.compare), codes);
  // What is compared is what the code tables make of it: all else is as it was.
  const today = args.today === undefined && compareWith !== null ? compareWith.today : readToday(args.today);
  const spec = findSpec(args.spec, compareWith);
  return {
    spec,
    specs: spec === null ? builtInSpecIds().map((id) => loadSpec(id)) : [],
    codes,
    codesFolder,
    map: args.map === undefined ? null : loadMap(args.map, codes, today),
    rules,
    mode,
    database,
    report: args.report ?? null,
    site: args.site?.trim() || (compareWith?.site ?? null),
    today,
    matchModel: args['match-model'],
    thresholds,
    rejectLimit,
    encoding,
    unpackLimits,
    maxIssuesPerCode,
    threads,
    redact: args.redact,
    totals,
    expect,
    compareWith,
    previous: args.previous ?? [],
    again: args.again ?? false,
    restart: args.restart ?? false,
    isTodayUnasked: args.today === undefined,
  };
}

/** Runs either command and gives its exit code. */
export async function runLoad(args: LoadArguments, mode: LoadOptions['mode'], database: string): Promise<number> {
  const { patients = [], immunizations = [], comments = [], files = [] } = args;
  if (patients.length + immunizations.length + comments.length + files.length === 0) {
    throw new UsageError('give the files to read with --patients and --immunizations, or just their names');
  }
  const options = await readOptions(args, mode, database);
  const progress = new ProgressLine(args.quiet ? { write: () => {} } : process.stderr);
  const stop = stopOnSignals();
  let summary: Summary;
  try {
    const given = { ...options, patients, immunizations, comments, files };
    summary = await load({ ...given, signal: stop.signal, onProgress: progress.show, onNotice: progress.note });
  } catch (error) {
    if (!(error instanceof LoadedBeforeError)) throw error;
    const { runId, finishedAt, message } = error;
    if (args.json) printJson({ loaded_before: { run: runId, finished_at: finishedAt } });
    else if (!args.quiet) print(message);
    return ExitCode.success;
  } finally {
    progress.clear();
    stop.release();
  }
  warnOfOutdatedTables(options.codesFolder);
  if (!args.quiet) {
    process.stdout.write(args.json ? `${JSON.stringify(summary, null, 2)}\n` : formatSummary(summary));
  }
  if (options.compareWith !== null) warnOfOtherSpec(options.compareWith, summary.spec);
  warnOfStrangers(summary);
  return exitCodeOf(summary);
}

/** Whether all of it was loaded, or would be. */
export function exitCodeOf(summary: Summary): number {
  const rejected = summary.files.reduce((sum, file) => sum + file.rejected, 0);
  return rejected > 0 || fileErrorsOf(summary).length > 0 ? ExitCode.rejects : ExitCode.success;
}

/** Updated tables stay when a newer immload comes with newer ones. */
export function warnOfOutdatedTables(folder: string | null): void {
  if (folder === null) return;
  const outdated = locateCodeTables(folder).filter(isOutdated);
  if (outdated.length === 0) return;
  const tables = outdated.map(({ table, builtIn }) => `${table.id} of ${table.asOf} (immload’s own: ${builtIn.asOf})`);
  process.stderr.write(
    `immload: older than the code tables that come with immload: ${tables.join(', ')} in ${showSafely(folder)}; update them, or delete them\n`,
  );
}

/** A file of doses none of which has a patient is a mistake in the command more often than in the file. */
function warnOfStrangers(summary: Summary): void {
  const { rejected, skipped, records } = summary.totals.immunization;
  const strangers = summary.issues['patient-not-found']?.count ?? 0;
  // Where nothing was loaded, some are rejected for faults of their own.
  if (rejected + skipped < records || strangers * 2 <= rejected) return;
  const names = summary.files.filter((file) => file.role === 'immunization').map((file) => showSafely(file.name));
  process.stderr.write(
    `immload: ${names.join(', ')}: no immunization was loaded, since ${formatCount(strangers)} of ${formatCount(records)} have no patient in --patients or in the registry; load their patients first\n`,
  );
}

function readRunNumber(run: number): number {
  if (!Number.isInteger(run) || run < 1)
    throw new UsageError('--compare: give the number of a run, as `immload runs` shows it');
  return run;
}

/** The spec that is given, else that of the run that is judged again; `null` to recognise it by the files. */
function findSpec(given: string | undefined, earlier: EarlierRun | null): Spec | null {
  if (given !== undefined) return loadSpec(given);
  return earlier !== null && builtInSpecIds().includes(earlier.spec.id) ? loadSpec(earlier.spec.id) : null;
}

/** Both judgements are by the same spec: it may not be the one that the run had. */
function warnOfOtherSpec({ run, spec: before }: EarlierRun, { id, version }: Summary['spec']): void {
  if (before.id === id && before.version === version) return;
  process.stderr.write(
    `immload: run ${run} was loaded by ${before.id} ${before.version}; it is compared by ${id} ${version}, under both tables\n`,
  );
}

function readToday(text: string | undefined): IsoDate {
  if (text === undefined) return localDay(new Date());
  if (!isIsoDate(text)) throw new UsageError('--today: give a day as YYYY-MM-DD');
  return text;
}

/** The severities that were given, the last one of each code. */
function readRules(texts: readonly string[]): RuleChanges {
  const changes: { -readonly [Code in keyof RuleChanges]: RuleChanges[Code] } = {};
  for (const text of texts) {
    const change = readRuleChange(text);
    if ('problem' in change) throw new UsageError(`--rule: ${change.problem}`);
    changes[change.code] = change.severity;
  }
  return changes;
}

function readRejectLimit(text: string | undefined): RejectLimit | null {
  if (text === undefined) return null;
  const match = /^(\d+(?:\.\d+)?)(\s*%)?$/.exec(text.trim());
  const number = Number(match?.[1]);
  if (match !== null && match[2] !== undefined && number <= 100) return { percent: number };
  if (match !== null && match[2] === undefined && Number.isInteger(number)) return { count: number };
  throw new UsageError('--max-rejects: give a number of records, such as 100, or a share, such as 5%');
}

/** More threads than this have nothing to do. */
const MOST_THREADS = 64;

function readThreads(number: number | undefined): number | 'auto' {
  if (number === undefined) return 'auto';
  if (!Number.isInteger(number) || number < 0 || number > MOST_THREADS) {
    throw new UsageError(`--threads: give a number from 0 to ${MOST_THREADS}`);
  }
  return number;
}

function readExpected({
  'expect-patients': patients,
  'expect-immunizations': immunizations,
}: LoadArguments): GivenTotals {
  for (const [option, value] of Object.entries({
    'expect-patients': patients,
    'expect-immunizations': immunizations,
  })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
      throw new UsageError(`--${option}: give a whole number`);
    }
  }
  return { ...(patients !== undefined && { patients }), ...(immunizations !== undefined && { immunizations }) };
}

/** The thresholds that were given. They mean nothing where nothing is weighed. */
function readThresholds(args: LoadArguments): Partial<Thresholds> {
  const { 'match-model': model, 'match-threshold': match, 'review-threshold': review } = args;
  for (const [option, value] of Object.entries({ 'match-threshold': match, 'review-threshold': review })) {
    if (value === undefined) continue;
    if (!Number.isFinite(value)) throw new UsageError(`--${option}: give a weight, such as 1 or -2.5`);
    if (model === 'exact') throw new UsageError(`--${option}: needs --match-model fixed or trained`);
  }
  if (match !== undefined && review !== undefined && review > match) {
    throw new UsageError('--review-threshold: give a weight that is not above --match-threshold');
  }
  return { ...(match !== undefined && { match }), ...(review !== undefined && { review }) };
}

function readEncoding(text: string | undefined): FileEncoding | null {
  if (text === undefined) return null;
  const encoding = FILE_ENCODINGS.find((each) => each === text.toLowerCase());
  if (encoding === undefined) throw new UsageError(`--encoding: give one of ${FILE_ENCODINGS.join(', ')}`);
  return encoding;
}

const BYTES_OF_UNIT: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** A size that the user names is allowed, however small the archive. */
function readUnpackLimits(text: string | undefined): Partial<UnpackLimits> {
  if (text === undefined) return {};
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?B)$/i.exec(text.trim());
  if (match === null) throw new UsageError('--max-unpacked: give a size, such as 500MB or 20GB');
  const maxBytes = Number(match[1]) * BYTES_OF_UNIT[match[2]!.toUpperCase()]!;
  return { maxBytes, freeBytes: maxBytes };
}

/** Ctrl-C, a polite kill, and a terminal that goes away. */
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** These stop the run; a second one ends the process at once. */
export function stopOnSignals(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) {
      process.stderr.write(
        'immload: stopped at once; the same command goes on, another load takes back what was written\n',
      );
      process.exit(ExitCode.failure);
    }
    controller.abort();
  };
  for (const name of STOPPING) process.on(name, stop);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of STOPPING) process.off(name, stop);
    },
  };
}
