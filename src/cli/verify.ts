/** `immload verify`: whether a registry and a report are what the certificate of a run says. */
import { openForReading } from '../open-store.js';
import { type Verdict, type Verification, verifyRun } from '../verify-run.js';
import { ExitCode } from './exit.js';
import { print, printJson } from './print.js';
import { formatTable, showSafely } from './table.js';
import { readRunId } from './undo.js';

export interface VerifyArguments {
  readonly db: string;
  readonly report?: string | undefined;
  readonly json: boolean;
}

/** Verifies a run, and gives the exit code. */
export async function verify(text: string, { db, report, json }: VerifyArguments): Promise<number> {
  const runId = readRunId(text);
  const store = await openForReading(db);
  try {
    const verification = await verifyRun(store, runId, report ?? null);
    if (json) printJson(verification);
    else print(describeVerification(verification));
    return verification.parts.some(({ verdict }) => verdict === 'wrong') ? ExitCode.failure : ExitCode.success;
  } finally {
    await store.close();
  }
}

const WORDS: Readonly<Record<Verdict, string>> = { agrees: 'agrees', changed: 'changed since', wrong: 'WRONG' };

function describeVerification({ run, digest, parts }: Verification): string {
  const rows = parts.map(({ what, verdict, detail }) => [WORDS[verdict], showSafely(what), showSafely(detail)]);
  const wrong = parts.filter(({ verdict }) => verdict === 'wrong').length;
  const changed = parts.filter(({ verdict }) => verdict === 'changed').length;
  const since = changed === 0 ? '' : `, but for ${changed} that were changed since as they may be`;
  const verdict =
    wrong === 0 ? `All ${parts.length} agree${since}.` : `${wrong} of ${parts.length} are not what was certified.`;
  return [`Certificate of run ${run}, digest ${digest}`, formatTable(rows), verdict].join('\n');
}
