/** What other thresholds would make of pairs that were weighed. */
import { describe, expect, test } from 'vitest';
import { isAgainst, outcomeBy, type PairOutcome, type WeighedPair } from '../../../src/core/match/simulate.js';

type Guards = WeighedPair['explanation']['guards'];
const guard = (id: string, outcome: Guards[number]['outcome']): Guards => [{ id, words: '', outcome }];
const NONE: Guards = [];

describe('a pair', () => {
  test.each<[string, number, Guards, boolean, 'one' | 'question', PairOutcome]>([
    ['heavy enough', 5, NONE, false, 'question', 'one'],
    ['just heavy enough', 2, NONE, false, 'question', 'one'],
    ['lighter', 1.9, NONE, false, 'one', 'question'],
    ['lighter still', -4.1, NONE, false, 'question', 'two'],
    ['held back by a guard', 30, guard('twins', 'review'), false, 'question', 'question'],
    ['below what its guard asks for', -3.5, guard('twins', 'review'), false, 'question', 'two'],
    ['below what another guard asks for', 2.9, guard('other-first-name', 'review'), false, 'question', 'two'],
    ['refused for a third record', 30, NONE, true, 'question', 'question'],
    ['that fits nobody else', 5, guard('newborn', 'alone'), false, 'one', 'one'],
    ['that fits another as well', 5, guard('newborn', 'alone'), false, 'question', 'question'],
    ['of two persons', 30, guard('contradiction', 'no'), false, 'question', 'two'],
  ])('%s', (_, weight, guards, isRefused, was, expected) => {
    const pair = { was, explanation: { weight, guards, isRefused }, decision: null };
    expect(outcomeBy({ match: 2, review: -4 }, pair)).toBe(expected);
  });

  test.each<[PairOutcome, WeighedPair['decision'], boolean]>([
    ['one', 'different', true],
    ['two', 'same', true],
    ['one', 'same', false],
    ['question', 'same', false],
    ['question', 'different', false],
    ['two', null, false],
  ])('that would be %s and was decided %s: against it is %s', (outcome, decision, expected) => {
    expect(isAgainst(outcome, decision)).toBe(expected);
  });
});
