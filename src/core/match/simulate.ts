/** What other thresholds would make of pairs that were weighed, and of what reviewers decided about them. */
import type { MatchExplanation } from './explanation.js';
import { GUARDS } from './guards.js';
import type { Thresholds } from './match-people.js';

/** What matching makes of a pair. */
export type PairOutcome = 'one' | 'question' | 'two';

/** A pair that was weighed, what was made of it, and what a reviewer said. */
export interface WeighedPair {
  readonly was: 'one' | 'question';
  readonly explanation: Pick<MatchExplanation, 'weight' | 'guards' | 'isRefused'>;
  /** `null` where nobody decided, or left it for later. */
  readonly decision: 'same' | 'different' | null;
}

const REVIEW_FROM = new Map(GUARDS.map(({ id, reviewFrom }) => [id, reviewFrom]));

/** What a pair would be by other thresholds. The weight is what it was, whatever other records there are by now. */
export function outcomeBy({ match, review }: Thresholds, { was, explanation }: WeighedPair): PairOutcome {
  const { weight, guards, isRefused } = explanation;
  // A guard may ask for more than the threshold before a pair is worth a question.
  const asksFrom = Math.max(review, ...guards.map(({ id }) => REVIEW_FROM.get(id) ?? review));
  if (weight < asksFrom || guards.some(({ outcome }) => outcome === 'no')) return 'two';
  // What fits one person only was joined in spite of such a guard; what was asked about fits another one as well.
  const isHeldBack =
    isRefused || guards.some(({ outcome }) => outcome === 'review' || (outcome === 'alone' && was !== 'one'));
  return weight >= match && !isHeldBack ? 'one' : 'question';
}

/** Whether the thresholds alone would do the contrary of what a reviewer decided. */
export function isAgainst(outcome: PairOutcome, decision: WeighedPair['decision']): boolean {
  return (outcome === 'one' && decision === 'different') || (outcome === 'two' && decision === 'same');
}
