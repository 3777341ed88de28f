/** Loads several submissions into one registry, as if they came one after the other. */
import pLimit from 'p-limit';
import { LoadedBeforeError, type LoadOptions, prepareLoad } from './load.js';
import type { Summary } from './run.js';

/** One of several submissions. */
export interface SubmissionToLoad {
  /** What it is called, for whoever is told of it. */
  readonly name: string;
  readonly options: LoadOptions;
}

/** What became of one of several submissions. */
export type SubmissionOutcome = { readonly name: string } & (
  | { readonly kind: 'loaded'; readonly summary: Summary }
  | { readonly kind: 'loaded before'; readonly runId: number; readonly finishedAt: string }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** One that came before failed, or the command was stopped. */
  | { readonly kind: 'not started' }
);

export interface SubmissionsOptions {
  /** Whether those behind one that failed are left out; `false` unless told otherwise. */
  readonly failFast?: boolean;
  /** Is told when a submission has its turn, with its place from 1. */
  readonly onStart?: (name: string, place: number) => void;
  /** Is told what became of a submission, in their order. */
  readonly onOutcome?: (outcome: SubmissionOutcome) => void;
}

/** Submissions that are received while one is loaded: they wait with what their files begin with. */
const RECEIVED_AHEAD = 3;

/**
 * Loads submissions in their order: what comes out is what loading one after the other makes. Who is a person is decided
 * of each against all before it, so that only the looking at files goes ahead. One that fails leaves nothing behind, and
 * does not stop the others.
 */
export async function loadSubmissions(
  submissions: readonly SubmissionToLoad[],
  options: SubmissionsOptions = {},
): Promise<readonly SubmissionOutcome[]> {
  const { failFast = false, onStart = () => {}, onOutcome = () => {} } = options;
  const limit = pLimit(1 + RECEIVED_AHEAD);
  let hasFailed = false;
  let turn: Promise<unknown> = Promise.resolve();
  const outcomes = submissions.map((submission, i) => {
    const before = turn;
    const outcome = limit(async () => {
      const { name } = submission;
      if (hasFailed && failFast) return { name, kind: 'not started' } as const;
      const received = prepareLoad(submission.options);
      // What is wrong with it is told when it has its turn.
      received.catch(() => {});
      await before;
      if ((hasFailed && failFast) || submission.options.signal?.aborted === true) {
        return { name, kind: 'not started' } as const;
      }
      onStart(name, i + 1);
      return finish(name, received);
    }).then((done: SubmissionOutcome) => {
      if (done.kind === 'failed') hasFailed = true;
      onOutcome(done);
      return done;
    });
    turn = outcome;
    return outcome;
  });
  return Promise.all(outcomes);
}

async function finish(name: string, received: Promise<() => Promise<Summary>>): Promise<SubmissionOutcome> {
  try {
    return { name, kind: 'loaded', summary: await (await received)() };
  } catch (error) {
    if (!(error instanceof LoadedBeforeError)) return { name, kind: 'failed', error };
    const { runId, finishedAt } = error;
    return { name, kind: 'loaded before', runId, finishedAt };
  }
}
