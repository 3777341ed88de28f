/** The totals of a sender: which hold, whether the submission is what they say, and what is told of it. */
import { comeInOneFile, isTagged, severityOf } from './core/spec.js';
import type { ExpectedTotals } from './core/totals/expected.js';
import { findWrongTotals, type ReconciliationSummary, reconcile, type WrongTotal } from './core/totals/reconcile.js';
import type { LoadedTotals } from './files/totals-file.js';
import { type FileRun, issueOfFile, type RunContext } from './run.js';

/** Numbers that the user says, instead of those of a file. */
export interface GivenTotals {
  readonly patients?: number;
  readonly immunizations?: number;
}

/** The totals that hold, and the file that they stand in; `null` where the command says all of them. */
export interface SenderTotals {
  readonly totals: ExpectedTotals;
  readonly file: Pick<LoadedTotals, 'name' | 'sha256'> | null;
}

/** The submission is not what its sender says: nothing of it may be loaded. */
export class ExpectedTotalsError extends Error {
  readonly code = 'expected-totals';
  constructor(
    source: string,
    /** Totals that are wrong, in words. */
    readonly details: readonly string[],
  ) {
    const count = details.length === 1 ? '1 total is' : `${details.length} totals are`;
    super(`${source}: ${count} not what was received; nothing was loaded. Run \`immload validate\` to see all records`);
    this.name = 'ExpectedTotalsError';
  }
}

/** Which totals hold: those of a file, and for what the command says, those; `null` if there are none. */
export function chooseTotals(file: LoadedTotals | null, given: GivenTotals): SenderTotals | null {
  if (file === null && given.patients === undefined && given.immunizations === undefined) return null;
  const totals = file?.totals ?? { patients: null, immunizations: null, byVaccine: null, byYear: null };
  return { totals: { ...totals, ...given }, file: file === null ? null : { name: file.name, sha256: file.sha256 } };
}

/** What issues of the submission as a whole stand under, in the place of a file. */
const SUBMISSION = '(submission)';

/**
 * Compares the sender's totals with what was received, and reports each that is wrong; `null` where nothing was said.
 * @throws ExpectedTotalsError when a load may not go on
 */
export function reconcileTotals(
  sender: SenderTotals | null,
  files: readonly FileRun[],
  context: RunContext,
): ReconciliationSummary | null {
  const controls = files.flatMap(({ controlTotals, source }) =>
    controlTotals.map((total) => {
      const difference = total.expected === null ? null : total.received - total.expected;
      return { file: source.name, ...total, difference };
    }),
  );
  const controlled = controls.length > 0 ? { control_totals: controls } : {};
  const controlsAgree = controls.every(({ difference }) => difference === 0);
  if (sender === null) {
    return controls.length === 0 ? null : { totals_file: null, agrees: controlsAgree, ...controlled };
  }
  const { spec, received } = context;
  const counted = comeInOneFile(spec) && !isTagged(spec) ? 'ids' : 'records';
  const reconciliation = reconcile(sender.totals, received!, counted);
  report(findWrongTotals(reconciliation), sender, context);
  const agrees = reconciliation.agrees && controlsAgree;
  return { totals_file: sender.file, ...reconciliation, ...controlled, agrees };
}

function report(wrong: readonly WrongTotal[], sender: SenderTotals, { spec, issues, refusesFiles }: RunContext): void {
  const severity = severityOf('expected-total-wrong', spec);
  if (wrong.length === 0 || severity === 'off') return;
  const number = issues.addFile(SUBMISSION);
  for (const { what, expected, received } of wrong) {
    const facts = { expected: `${expected} ${what}`, other: String(received) };
    issues.add(number, issueOfFile('expected-total-wrong', severity, String(expected), facts));
  }
  if (severity !== 'error' || !refusesFiles) return;
  const details = wrong.map(({ what, expected, received }) => {
    const difference = received - expected;
    return `${what}: ${expected} expected, ${received} received (${difference > 0 ? '+' : '−'}${Math.abs(difference)})`;
  });
  throw new ExpectedTotalsError(sender.file?.name ?? 'the expected totals', details);
}
