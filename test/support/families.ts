/**
 * A registry's patient records, with the truth: who of them is the same person. Seeded and endless, for matching.
 *
 * The people are in households.ts, the sites that write of them in record-keeping.ts.
 */
import { PATIENT, type Row } from '../../src/core/model.js';
import { EPOCHS, Population, type TruePerson } from './households.js';
import { Random } from './random.js';
import { RecordKeeping, Site } from './record-keeping.js';

export interface FamilyOptions {
  readonly persons: number;
  readonly seed: number;
  /** The share of records that are not the first of their person, 0.1 to 0.35. */
  readonly duplicates?: number;
}

/** A patient record, and whose it is. */
export interface FamilyRecord {
  /** Normalized, with the slots of `PATIENT`. */
  readonly row: Row;
  /** From 0, without gaps. */
  readonly person: number;
  /** Equal for all who ever lived in one household. */
  readonly family: number;
  /** The lowest person of a multiple birth, for all who were born of it. */
  readonly twinOf?: number;
  /** A bit for each of `CHANGES` by which the record departs from what is so. */
  readonly changes: number;
}

/** 1 M persons in 1.26 M records. */
const USUAL_DUPLICATES = 0.206;
/** Records that wait for their turn, so that those of one person and of one family do not stand together. */
const WAITING = 20_000;
/** More than one further record: shares of 1, 2, 3, 4. */
const FURTHER = [0.72, 0.19, 0.06, 0.03];
const MEAN_FURTHER = FURTHER.reduce((sum, share, place) => sum + share * (place + 1), 0);
/** Children are seen by more sites than adults. Together with the shares of both, this comes to 1. */
const CHILD_FACTOR = 1.2;
const ADULT_FACTOR = 0.75;

/** Makes the records of a registry, in no order; the same options give the same records. */
export function* makeFamilies(options: FamilyOptions): Generator<FamilyRecord, void, undefined> {
  const { persons, seed, duplicates = USUAL_DUPLICATES } = options;
  const random = new Random(seed);
  const waiting: FamilyRecord[] = [];
  for (const record of inFamilies(persons, duplicates, random)) {
    if (waiting.length < WAITING) {
      waiting.push(record);
      continue;
    }
    const place = random.integer(0, WAITING - 1);
    yield waiting[place]!;
    waiting[place] = record;
  }
  while (waiting.length > 0) {
    const place = random.integer(0, waiting.length - 1);
    const last = waiting.pop()!;
    yield place === waiting.length ? last : waiting[place]!;
    if (place < waiting.length) waiting[place] = last;
  }
}

function* inFamilies(persons: number, duplicates: number, random: Random): Generator<FamilyRecord, void, undefined> {
  const further = duplicates / (1 - duplicates) / MEAN_FURTHER;
  const sites = Array.from(
    { length: Math.max(24, Math.ceil(persons / 3000)) },
    (_, number) => new Site(number, random),
  );
  const population = new Population(random, sites.length);
  const keeping = new RecordKeeping(population.names, random);
  // People who are none: each such record is a person of its own.
  const tests = Math.floor(persons / 5000);
  for (let number = 0; number < tests; number++) {
    yield { row: makeTestRow(random, random.pick(sites)), person: number, family: -1, changes: 0 };
  }
  while (tests + population.persons < persons) {
    for (const person of population.next().persons) {
      const number = tests + person.number;
      if (number >= persons) return;
      const birth = person.twinOf === null ? {} : { twinOf: tests + person.twinOf };
      for (const { row, changes } of recordsOf(person, further, sites, keeping, random)) {
        yield { row, person: number, family: person.household.number, ...birth, changes };
      }
    }
  }
}

function* recordsOf(
  person: TruePerson,
  further: number,
  sites: readonly Site[],
  keeping: RecordKeeping,
  random: Random,
): Generator<{ row: Row; changes: number }, void, undefined> {
  const count = 1 + furtherRecords(further * (person.isChild ? CHILD_FACTOR : ADULT_FACTOR), random);
  const hasNewbornRecord = person.isChild && person.birthYear > 1990 && random.chance(count > 1 ? 0.07 : 0.008);
  const epochs = Array.from({ length: count }, () => random.integer(0, EPOCHS - 1)).sort();
  const rows = new Map<Site, Row>();
  for (const [place, epoch] of epochs.entries()) {
    const site = random.chance(0.6) ? sites[person.household.site]! : random.pick(sites);
    const newborn = hasNewbornRecord && place === 0;
    const recorded = keeping.record(person, site, newborn ? 0 : epoch, newborn, rows.get(site) ?? null);
    rows.set(site, recorded.row);
    yield recorded;
  }
}

function furtherRecords(chance: number, random: Random): number {
  if (!random.chance(chance)) return 0;
  let rest = random.next();
  let count = 1;
  for (const share of FURTHER) {
    rest -= share;
    if (rest < 0) return count;
    count++;
  }
  return FURTHER.length;
}

function makeTestRow(random: Random, site: Site): Row {
  const row: Row = Object.keys(PATIENT).map(() => null);
  const [last, first] = random.pick([
    ['TEST', 'PATIENT'],
    ['ZZTEST', 'BABY'],
    ['Test', 'Jane'],
    ['MOUSE', 'MICKEY'],
    ['DOE', 'JANE'],
    ['DO NOT USE', 'TEST'],
  ]) as [string, string];
  row[PATIENT.site_id] = site.id;
  row[PATIENT.source_patient_id] = site.nextId();
  row[PATIENT.last_name] = last;
  row[PATIENT.first_name] = first;
  row[PATIENT.birth_date] = `${random.integer(1980, 2024)}-01-01`;
  row[PATIENT.sex] = random.pick(['F', 'M', 'U']);
  row[PATIENT.street] = '123 Main St';
  row[PATIENT.city] = 'Boston';
  return row;
}
