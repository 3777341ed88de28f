/**
 * How well records were put together as doses, against the truth: counted in pairs of records of one patient. Two parts of
 * one combination vaccine have no vaccine group in common: whether they are together says nothing by itself.
 */
import type { DoseOutcome } from '../../src/core/match/dose.js';
import { RELATION } from '../../src/core/match/vaccine-groups.js';
import { DOSE, type Row } from '../../src/core/model.js';
import type { History } from './dose-histories.js';
import { VACCINES } from './fixtures.js';

/** Gives each row the number of its dose. */
export type PutTogether = (rows: readonly Row[]) => readonly number[];

export interface DoseScore {
  readonly records: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Pairs that were put together and are not one shot. */
  readonly falsePairs: number;
  readonly falsePairsPerMillion: number;
  /** Those of them that name one day: no rule that goes by day and vaccine can tell them from true ones. */
  readonly falsePairsOfOneDay: number;
  /** Shots that were put into the dose of another: one record in the wrong dose makes a false pair with each record there. */
  readonly falseMerges: number;
  readonly missedPairs: number;
  /** Pairs of different shots of a rabies series, each told under its true day, that were put together. */
  readonly rabiesMerged: number;
}

function shareGroup(a: Row, b: Row): boolean {
  const [one, other] = [a, b].map((row) => VACCINES.numberOf(row[DOSE.cvx]!));
  return VACCINES.relate(one!, other!) !== RELATION.none;
}

/** Tells of each pair that is wrong, if anybody listens. */
export type OnError = (kind: 'false' | 'missed', a: Row, b: Row, history: History) => void;

export function scoreDoses(histories: Iterable<History>, putTogether: PutTogether, onError?: OnError): DoseScore {
  let records = 0;
  let truePairs = 0;
  let falsePairs = 0;
  let falsePairsOfOneDay = 0;
  let missedPairs = 0;
  let rabiesMerged = 0;
  let falseMerges = 0;
  for (const history of histories) {
    const doses = putTogether(history.records.map(({ row }) => row));
    records += doses.length;
    const shots = new Set(doses.map((dose, place) => `${dose}/${history.records[place]!.shot}`));
    falseMerges += shots.size - new Set(doses).size;
    for (let i = 0; i < doses.length; i++) {
      for (let j = i + 1; j < doses.length; j++) {
        const [a, b] = [history.records[i]!, history.records[j]!];
        const isOne = a.shot === b.shot;
        const isFound = doses[i] === doses[j];
        if (isOne && !shareGroup(a.row, b.row)) continue;
        if (isOne && isFound) truePairs++;
        else if (isFound) {
          falsePairs++;
          if (a.row[DOSE.administered_on] === b.row[DOSE.administered_on]) falsePairsOfOneDay++;
          const areRabies = [a, b].every(({ shot, isDayRight }) => isDayRight && history.rabies.has(shot));
          if (areRabies) rabiesMerged++;
          onError?.('false', a.row, b.row, history);
        } else if (isOne) {
          missedPairs++;
          onError?.('missed', a.row, b.row, history);
        }
      }
    }
  }
  const precision = truePairs / (truePairs + falsePairs || 1);
  const recall = truePairs / (truePairs + missedPairs || 1);
  return {
    records,
    precision,
    recall,
    f1: (2 * precision * recall) / (precision + recall || 1),
    falsePairs,
    falsePairsPerMillion: (falsePairs * 1e6) / records,
    falsePairsOfOneDay,
    falseMerges,
    missedPairs,
    rabiesMerged,
  };
}

/** The dose of each record, by the place of the record that makes it. */
export function dosesOf(outcomes: readonly DoseOutcome[]): number[] {
  return outcomes.map((outcome, place) => {
    if (outcome.kind === 'new') return place;
    return 'incoming' in outcome.as ? outcome.as.incoming : -outcome.as.immunizationId;
  });
}
