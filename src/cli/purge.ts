/** `immload purge`: removes reports that nobody needs any more. */
import { openForLoading, openForReading } from '../open-store.js';
import { findReport, type PurgedReport, purgeReports } from '../purge-reports.js';
import { ExitCode, UsageError } from './exit.js';
import { count, print, printJson } from './print.js';
import { showSafely } from './table.js';
import { readRunId } from './undo.js';

export interface PurgeArguments {
  readonly db: string;
  readonly reports: boolean;
  readonly 'older-than'?: number | undefined;
  readonly all: boolean;
  readonly plan: boolean;
  readonly by: string;
  readonly json: boolean;
}

const DAY_MS = 86_400_000;

/** Removes the reports of a run, or of many, and gives the exit code. */
export async function purge(run: string | undefined, args: PurgeArguments): Promise<number> {
  const { 'older-than': days, db, all, plan: isPlan, by } = args;
  if (!args.reports) throw new UsageError('say what is to be removed: --reports');
  if ((run === undefined) === (days === undefined)) throw new UsageError('give a run, or --older-than DAYS');
  if (days !== undefined && !(Number.isFinite(days) && days >= 0)) {
    throw new UsageError('--older-than: give a number of days');
  }
  const now = Date.now();
  // A registry that is not there must not be made by this.
  await (await openForReading(db)).close();
  const store = await openForLoading(db);
  try {
    const reports =
      run === undefined
        ? await store.findReportsBefore(new Date(now - days! * DAY_MS).toISOString())
        : [await findReport(store, readRunId(run))];
    const purged = await purgeReports(store, reports, { all, isPlan, by, at: new Date(now).toISOString() });
    if (args.json) printJson(purged);
    else print(describePurged(purged, isPlan));
    const isClean = purged.every(({ removal }) => removal !== null && removal.left.length === 0);
    return isClean ? ExitCode.success : ExitCode.failure;
  } finally {
    await store.close();
  }
}

function describePurged(purged: readonly PurgedReport[], isPlan: boolean): string {
  if (purged.length === 0) return 'No report is to be removed.';
  return purged.flatMap((each) => describeOne(each, isPlan)).join('\n');
}

function describeOne({ run, folder, removal, refusal }: PurgedReport, isPlan: boolean): string[] {
  if (removal === null) return [`Run ${run}: ${showSafely(refusal!)}`];
  const { removed, left, isMissing } = removal;
  if (isMissing) return [`Run ${run}: nothing is at ${showSafely(folder)} any more`];
  const done = isPlan ? 'would be removed' : 'removed';
  return [
    `Run ${run}: ${count(removed.length, 'file')} ${done} from ${showSafely(folder)}`,
    ...left.map(({ name, why }) => `  left: ${showSafely(name)} ${why}`),
  ];
}
