/** A registry of one patient's doses in memory: for tests of how doses are put together. */
import { type DoseDecisions, DoseMatcher, type DosePlace, type StoredDose } from '../../src/core/match/dose.js';
import { doseFacts } from '../../src/core/match/survivor.js';
import { packRow, type Row } from '../../src/core/model.js';
import { CODES } from './fixtures.js';

export const MATCHER = new DoseMatcher(CODES);

/** A record that was loaded: what it said, and which part of which dose it is. */
interface LoadedRecord {
  readonly facts: string;
  immunizationId: number;
  part: number;
}

/** What a record says of its dose. */
export function factsOf(row: Row): string {
  return packRow(doseFacts(row));
}

export class DoseRegistry {
  doses: StoredDose[] = [];
  readonly records: LoadedRecord[] = [];
  #nextId = 1;

  /** Loads records as one run, and checks that none is lost. */
  load(rows: readonly Row[]): DoseDecisions {
    const decisions = MATCHER.decide(rows, this.doses);
    this.#store(rows, decisions);
    this.#check();
    return decisions;
  }

  #store(rows: readonly Row[], { outcomes, updates, regrouping }: DoseDecisions): void {
    if (outcomes.length !== rows.length) throw new Error('a record without an outcome');
    const ids = outcomes.map((outcome) => (outcome.kind === 'new' ? this.#nextId++ : 0));
    const idOf = (place: DosePlace): number => ('incoming' in place ? ids[place.incoming]! : place.immunizationId);
    const doses = new Map(this.doses.map((dose) => [dose.immunizationId, dose]));
    for (const { immunizationId, row, parts } of updates) {
      const dose = doses.get(immunizationId)!;
      doses.set(immunizationId, { ...dose, row, parts: [...dose.parts, ...parts] });
    }
    if (regrouping !== null) {
      const made = regrouping.made.map((dose) => ({ ...dose, immunizationId: this.#nextId++ }));
      const kept = new Set(regrouping.kept.map(({ immunizationId }) => immunizationId));
      const goals = new Map(
        regrouping.records.map(({ from, to, part }) => {
          const immunizationId = 'made' in to ? made[to.made]!.immunizationId : idOf(to);
          return [`${from.immunizationId}/${from.part}`, { immunizationId, part }];
        }),
      );
      for (const record of this.records) {
        const goal = goals.get(`${record.immunizationId}/${record.part}`);
        if (goal !== undefined) Object.assign(record, goal);
      }
      for (const { from } of regrouping.records) if (!kept.has(from.immunizationId)) doses.delete(from.immunizationId);
      for (const { immunizationId, row, parts } of [...regrouping.kept, ...made]) {
        doses.set(immunizationId, { immunizationId, row, parts });
      }
    }
    outcomes.forEach((outcome, place) => {
      const facts = factsOf(rows[place]!);
      if (outcome.kind === 'new') {
        doses.set(ids[place]!, { immunizationId: ids[place]!, row: outcome.row, parts: outcome.parts });
        this.records.push({ facts, immunizationId: ids[place]!, part: 0 });
      } else {
        this.records.push({ facts, immunizationId: idOf(outcome.as), part: outcome.part });
      }
    });
    this.doses = [...doses.values()].sort((a, b) => a.immunizationId - b.immunizationId);
  }

  /** Each record is a part of a dose that is there, and says what that part says; each part is the part of some record. */
  #check(): void {
    const doses = new Map(this.doses.map((dose) => [dose.immunizationId, dose]));
    for (const { facts, immunizationId, part } of this.records) {
      const dose = doses.get(immunizationId);
      if (dose === undefined) throw new Error('a record whose dose is gone');
      const said = dose.parts.length === 0 ? dose.row : dose.parts[part];
      if (said === undefined || factsOf(said) !== facts) throw new Error('a record that is not the part it should be');
    }
    for (const { immunizationId, parts } of this.doses) {
      const said = this.records.filter((record) => record.immunizationId === immunizationId).map(({ part }) => part);
      if (new Set(said).size !== Math.max(1, parts.length)) throw new Error('a part that no record said');
    }
  }

  /** What the doses say, without who sent them, and which records each is made of. */
  contents(): string[] {
    return this.doses.map(({ row, parts }) => [factsOf(row), ...parts.map(factsOf).sort()].join('\n')).sort();
  }
}

/** The registry after these submissions. */
export function loadDoses(...submissions: readonly (readonly Row[])[]): DoseRegistry {
  const registry = new DoseRegistry();
  for (const rows of submissions) registry.load(rows);
  return registry;
}
