/** `immload review simulate`: what other thresholds would change, before anything is changed. */
import { writeFileSync } from 'node:fs';
import { formatWeight, type MatchExplanation } from '../core/match/explanation.js';
import type { Thresholds } from '../core/match/match-people.js';
import { isAgainst, outcomeBy, type PairOutcome, type WeighedPair } from '../core/match/simulate.js';
import { OutputError, UsageError } from './exit.js';
import { count, print, printJson } from './print.js';
import { formatCount, formatTable, showSafely } from './table.js';
import { withStore } from './why.js';

export interface SimulateOptions {
  readonly database: string;
  /** A new file for the pairs that would change. */
  readonly output: string | undefined;
  readonly json: boolean;
}

/** Pairs of which the same was and would be made. */
interface Flip {
  readonly was: WeighedPair['was'];
  readonly wouldBe: PairOutcome;
  pairs: number;
  undecided: number;
  same: number;
  different: number;
  /** Of these, those that a reviewer decided otherwise. */
  against: number;
}

const COLUMNS = ['was', 'would_be', 'weight', 'review', 'patient_a', 'patient_b', 'run', 'line', 'decision', 'against'];

/**
 * Weighs nothing anew: it goes by what each pair weighed in its run.
 * @throws UsageError for thresholds that are none; OutputError when the file is there already, or cannot be written
 */
export async function simulateThresholds(text: string, { database, output, json }: SimulateOptions): Promise<void> {
  const thresholds = readThresholds(text);
  const flips = new Map<string, Flip>();
  const lines = [COLUMNS.join(',')];
  const unweighed = await withStore(database, async (store) => {
    for await (const comparison of store.readComparisons()) {
      const { was, decision, reviewId, patientIdA, patientIdB, runId, line } = comparison;
      const explanation = JSON.parse(comparison.json) as MatchExplanation;
      const pair: WeighedPair = { was, explanation, decision: decision === 'later' ? null : decision };
      const wouldBe = outcomeBy(thresholds, pair);
      const against = isAgainst(wouldBe, pair.decision);
      add(flips, pair, wouldBe, against);
      if (output === undefined || (wouldBe === was && !against)) continue;
      const cells = [
        was,
        wouldBe,
        explanation.weight,
        reviewId,
        patientIdA,
        patientIdB,
        runId,
        line,
        decision,
        Number(against),
      ];
      lines.push(cells.map((cell) => cell ?? '').join(','));
    }
    return store.countUnweighed();
  });
  if (output !== undefined) writeNew(output, `${lines.join('\n')}\n`);
  const order = ['one', 'question', 'two'];
  const found = [...flips.values()].sort(
    (a, b) => order.indexOf(a.was) - order.indexOf(b.was) || order.indexOf(a.wouldBe) - order.indexOf(b.wouldBe),
  );
  if (json) return printJson({ thresholds, pairs: found, unweighed });
  const rows = [['was', 'would be', 'pairs', 'not decided', 'same', 'different', 'against a decision']];
  for (const { was, wouldBe, pairs, undecided, same, different, against } of found) {
    const decided = [undecided, same, different, against].map(formatCount);
    rows.push([was, wouldBe === was ? '(the same)' : wouldBe, formatCount(pairs), ...decided]);
  }
  const [match, review] = [thresholds.match, thresholds.review].map(formatWeight);
  print(`One person from weight ${match}, a question from ${review}. Nothing is changed by this.\n`);
  print(
    found.length === 0
      ? '  No pairs of which it is stored what they weigh.'
      : formatTable(rows, ['left', 'left', ...RIGHT]),
  );
  print(
    '\nPairs that weighed too little for a question in their run are not stored: lower thresholds may ask about more.',
  );
  if (unweighed > 0) print(`${count(unweighed, 'pair')} of runs with --match-model exact: nothing was weighed.`);
  if (output !== undefined) print(`Wrote ${showSafely(output)}.`);
}

const RIGHT = ['right', 'right', 'right', 'right', 'right'] as const;

function add(flips: Map<string, Flip>, { was, decision }: WeighedPair, wouldBe: PairOutcome, against: boolean): void {
  const key = `${was} ${wouldBe}`;
  const flip = flips.get(key) ?? { was, wouldBe, pairs: 0, undecided: 0, same: 0, different: 0, against: 0 };
  flips.set(key, flip);
  flip.pairs++;
  flip[decision ?? 'undecided']++;
  if (against) flip.against++;
}

function readThresholds(text: string): Thresholds {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [match, review] = numbers;
  if (numbers.length !== 2 || !numbers.every(Number.isFinite)) {
    throw new UsageError('--thresholds: give two weights, such as 2,-4');
  }
  if (review! > match!) throw new UsageError('--thresholds: the second weight must not be above the first');
  return { match: match!, review: review! };
}

function writeNew(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    const isThere = (cause as { code?: unknown }).code === 'EEXIST';
    const remedy = isThere
      ? 'it is there already; give a new file with --output, or take that one away'
      : 'give a file that can be written with --output';
    throw new OutputError(path, remedy, { cause });
  }
}
