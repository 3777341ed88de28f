/** `immload undo`: takes a run back that was completed, or cut short. */
import { UndoError } from '../db/undo/records.js';
import { loadCodes } from '../files/code-tables.js';
import { openForLoading } from '../open-store.js';
import { type UndoOutcome, undoRun } from '../undo-run.js';
import { findCodesFolder } from './codes.js';
import { UsageError } from './exit.js';
import { count, print, printJson } from './print.js';
import { waitForTurn } from './review.js';
import { formatCount, showSafely } from './table.js';
import { withStore } from './why.js';

export interface UndoArguments {
  readonly db: string;
  readonly codes?: string | undefined;
  readonly plan: boolean;
  /** Who undoes it; the system's name of the user unless told. */
  readonly by: string;
  readonly json: boolean;
}

/** `immload undo` */
export async function undo(text: string, args: UndoArguments): Promise<void> {
  const runId = readRunId(text);
  // A registry that is not there must not be made by this.
  await withStore(args.db, async (store) => {
    if ((await store.readRun(runId)) === null) {
      throw new UndoError(`there is no run ${runId}; \`immload runs\` lists them`);
    }
  });
  const codes = loadCodes(findCodesFolder({ codes: args.codes, db: args.db }));
  const store = await openForLoading(args.db);
  try {
    await waitForTurn(store);
    const options = { isPlan: args.plan, at: new Date().toISOString(), by: args.by, codes };
    const outcome = await undoRun(store, runId, options);
    if (args.json) printJson(outcome);
    else print(describeOutcome(outcome));
  } finally {
    await store.close();
  }
}

/** The number of a run. @throws UsageError */
export function readRunId(text: string): number {
  const runId = Number(text);
  if (!Number.isInteger(runId) || runId < 1)
    throw new UsageError('give the number of a run; `immload runs` lists them');
  return runId;
}

/** Records that stay are listed up to here; `--json` has them all. */
const MOST_STAYING = 20;

function namesOf(runs: readonly number[]): string {
  return `run${runs.length === 1 ? '' : 's'} ${runs.join(', ')}`;
}

function describeOutcome(outcome: UndoOutcome): string {
  const { run, isPlan, patients, doses, comments, laterRuns, asDecided, wasCutShort, staying } = outcome;
  const done = `Run ${run} is ${wasCutShort ? 'taken back, which was cut short' : 'undone'}.`;
  const lines = [isPlan ? `Undoing run ${run} would do this; nothing is changed:` : done];
  const changed = (number: number): string => (number === 0 ? '' : `, ${formatCount(number)} as they were without it`);
  lines.push(`  ${count(patients.removed, 'patient')} removed${changed(patients.changed)}`);
  if (patients.passedOn > 0)
    lines.push(`  ${count(patients.passedOn, 'patient')} stay, of what later runs said of them`);
  lines.push(`  ${count(doses.removed, 'dose')} removed${changed(doses.changed)}`);
  if (comments.removed > 0) lines.push(`  ${count(comments.removed, 'comment')} removed`);
  if (laterRuns.length > 0) {
    lines.push(`  what ${namesOf(laterRuns)} said of the same patients is kept, and was put together anew`);
  }
  if (asDecided.length > 0) {
    lines.push(
      `  whom ${namesOf(asDecided)} took for one patient stays one: reviewers have decided about other patients since`,
    );
  }
  if (staying.length > 0) {
    lines.push(`  ${count(staying.length, 'patient record')} of run ${run} kept, because later runs need their ids:`);
    for (const { patientId, file, line } of staying.slice(0, MOST_STAYING)) {
      lines.push(`    patient ${patientId}: ${showSafely(file)}, line ${line}`);
    }
    if (staying.length > MOST_STAYING) lines.push(`    and ${formatCount(staying.length - MOST_STAYING)} more`);
  }
  return lines.join('\n');
}
