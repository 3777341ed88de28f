/** Matches one set of records whose truth is known, and measures it: in a process of its own, so that memory is its own. */
import { type MatchOptions, matchPeople } from '../../src/core/match/match-people.js';
import { PeopleSet } from '../../src/core/match/people.js';
import { packRow, type Row } from '../../src/core/model.js';
import { makeFamilies } from '../support/families.js';
import { type FebrlSet, readFebrl } from '../support/febrl.js';
import { CHANGES, type Change } from '../support/record-keeping.js';
import { type Examples, findExamples, type Missed, missedByChange } from './missed.js';
import { type Score, scoreAnswer } from './score.js';

export type Records =
  | { readonly kind: 'families'; readonly persons: number; readonly seed: number; readonly duplicates: number }
  | { readonly kind: 'febrl'; readonly folder: string; readonly set: FebrlSet; readonly withId: boolean };

export interface MatchCase {
  readonly name: string;
  readonly records: Records;
  readonly options: MatchOptions;
  /** How many missed pairs, and how many wrong ones, are shown as they are. */
  readonly examples: number;
}

export interface CaseResult {
  readonly name: string;
  readonly model: MatchOptions['model'];
  readonly score: Score;
  readonly addSeconds: number;
  readonly matchSeconds: number;
  /** Resident memory at the peak until the answer, the making of the records included, in MB of 2^20 bytes. */
  readonly peakMemoryMb: number;
  /** What the matcher says of itself. */
  readonly statistics: Readonly<Record<string, number>>;
  /** What became of the true pairs in which a record departs from what is so; empty where that is not known. */
  readonly missed: Readonly<Partial<Record<Change, Missed>>>;
  readonly examples: Examples;
}

/** A record, and what is known of it. */
interface KnownRecord {
  readonly row: Row;
  readonly person: number;
  readonly family?: number;
  readonly twinOf?: number;
  readonly changes?: number;
}

/** Records that are added between two looks at the clock: making them is not part of the time. */
const AT_ONCE = 1000;

function runCase({ name, records, options, examples }: MatchCase): CaseResult {
  const people = new PeopleSet();
  const persons: number[] = [];
  const births: number[] = [];
  const families: number[] = [];
  const changes: number[] = [];
  const rows: string[] = [];
  let addSeconds = 0;
  let waiting: Row[] = [];
  const add = (): void => {
    const start = performance.now();
    for (const row of waiting) people.add(row);
    addSeconds += (performance.now() - start) / 1000;
    waiting = [];
  };
  for (const record of recordsOf(records)) {
    persons.push(record.person);
    births.push(record.twinOf ?? -1);
    families.push(record.family ?? -1);
    changes.push(record.changes ?? 0);
    if (examples > 0) rows.push(packRow(record.row));
    if (waiting.push(record.row) === AT_ONCE) add();
  }
  add();
  const start = performance.now();
  const answer = matchPeople(people, options);
  const matchSeconds = (performance.now() - start) / 1000;
  const peakMemoryMb = Math.round(process.resourceUsage().maxRSS / 1024);
  const truth = {
    persons: Int32Array.from(persons),
    births: Int32Array.from(births),
    families: Int32Array.from(families),
  };
  return {
    name,
    model: options.model,
    score: scoreAnswer(answer, truth),
    addSeconds,
    matchSeconds,
    peakMemoryMb,
    statistics: answer.statistics,
    missed: records.kind === 'families' ? missedByChange(answer, truth, changes, CHANGES) : {},
    examples: findExamples(answer, truth, rows, examples),
  };
}

function recordsOf(records: Records): Iterable<KnownRecord> {
  return records.kind === 'families' ? makeFamilies(records) : readFebrl(records.folder, records.set, records.withId);
}

process.once('message', (asked: MatchCase) => {
  process.send!(runCase(asked), () => process.disconnect());
});
