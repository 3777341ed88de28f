/** `immload review decide` and `split`: what a reviewer says of a pair, and what becomes of it. */
import { REVIEW_DECISIONS } from '../db/match-history.js';
import type { RegistryStore } from '../db/registry-store.js';
import { type DecisionOutcome, decideReview as decide, splitPatient as split } from '../decide-review.js';
import { loadCodes } from '../files/code-tables.js';
import { openForLoading } from '../open-store.js';
import { findCodesFolder } from './codes.js';
import { UsageError } from './exit.js';
import { count, print } from './print.js';
import { readReviewId, requireReview, withStore } from './why.js';

/** Who decides, why, and about which registry. */
export interface ReviewerOptions {
  readonly by: string;
  readonly because: string;
  readonly database: string;
  /** Folder of code tables: vaccine groups say which doses are one. */
  readonly codes: string | undefined;
}

/** `immload review decide` */
export async function decideReview(
  review: string,
  decision: string,
  options: ReviewerOptions & { readonly despiteConflicts: boolean },
): Promise<void> {
  const reviewId = readReviewId(review);
  const known = REVIEW_DECISIONS.find((each) => each === decision);
  if (known === undefined) throw new UsageError(`decide ${REVIEW_DECISIONS.join(', ')}`);
  // A registry that is not there must not be made by this.
  const { immunizationIds } = await withStore(options.database, async (store) => requireReview(store, reviewId));
  const nouns = immunizationIds === null ? ['person', 'persons'] : ['dose', 'doses'];
  const outcome = await atDesk(options, (store, codes) =>
    decide(store, codes, { reviewId, decision: known, ...signature(options) }, options),
  );
  const said = {
    same: `one ${nouns[0]} already; this is written down`,
    different: `two ${nouns[1]}; the pair is not asked again`,
    later: 'left for later',
  };
  tell(outcome, said[known]);
}

/** `immload review split` */
export async function splitPatient(
  patient: string,
  records: readonly string[],
  options: ReviewerOptions,
): Promise<void> {
  const patientId = readNumber(patient, 'give the number of a patient, such as 12');
  const numbers = records
    .flatMap((text) => text.split(','))
    .map((text) =>
      readNumber(text, '--record: give the number of a record, such as 2, as `immload why PATIENT` shows it'),
    );
  await withStore(options.database, async (store) => {
    const sources = await store.readPatientSources(patientId);
    if (sources.length === 0) throw new UsageError(`there is no patient ${patientId}`);
  });
  const outcome = await atDesk(options, (store, codes) => split(store, codes, patientId, numbers, signature(options)));
  tell(outcome, '');
}

/** Who decides, and why. Asked for when it is this reviewer's turn: a load that came before has begun before, too. */
function signature({ by, because }: ReviewerOptions): { by: string; at: string; reason: string } {
  return { by, at: new Date().toISOString(), reason: because };
}

function readNumber(text: string, otherwise: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text.trim())) throw new UsageError(otherwise);
  return Number(text);
}

/** Opens the registry to write to it; what a run that died has left is taken back first, as a load does. */
async function atDesk<T>(
  { database, codes }: ReviewerOptions,
  work: (store: RegistryStore, codes: ReturnType<typeof loadCodes>) => Promise<T>,
): Promise<T> {
  const tables = loadCodes(findCodesFolder({ codes, db: database }));
  const store = await openForLoading(database);
  try {
    await waitForTurn(store);
    for (const dead of await store.findDeadRuns()) {
      process.stderr.write(`run ${dead} was cut short before; what it had written is taken back\n`);
      await store.takeBack(dead, new Date().toISOString(), 'cut short, and taken back before a review');
    }
    return await work(store, tables);
  } finally {
    await store.close();
  }
}

/** Waits for loaders, where the database lets several queue, and says so. */
export async function waitForTurn(store: RegistryStore): Promise<void> {
  await store.waitForTurn({ signal: null, onWait: (notice) => process.stderr.write(`immload: ${notice}\n`) });
}

function tell({ reviewId, effect, despite, unknownRecords }: DecisionOutcome, otherwise: string): void {
  print(`R${reviewId}: ${effect ?? otherwise}.`);
  for (const words of despite) print(`  despite ${words}`);
  if (unknownRecords > 0) {
    print(
      `  ${count(unknownRecords, 'dose or comment', 'doses or comments')} of which nobody can tell under which id they came stayed where they were`,
    );
  }
}
