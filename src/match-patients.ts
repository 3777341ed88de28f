/** Matching by weight, as a load does it: the records of a submission side by side, and those of the store that may be the same. */
import { STORED_PASSES, type StoredPass, sortKeys } from './core/match/blocking.js';
import { type Population, populationOf } from './core/match/comparison.js';
import { decidePeople, type WeighedDecisions } from './core/match/decide-people.js';
import { type KeyPack, packKeys, rowKeysOf, type SoughtKeys } from './core/match/key-packs.js';
import { hashText, identityOf, matchKeyOf } from './core/match/keys.js';
import type { Thresholds } from './core/match/match-people.js';
import type { IncomingRecord, KnownPatient } from './core/match/patient.js';
import { PeopleSet } from './core/match/people.js';
import type { Row } from './core/model.js';
import type { ComparableRecord, KeyPackOfRun, PatientKey, Store } from './db/store.js';

/** How a run matches by weight. */
export interface WeighedMatching {
  readonly model: 'fixed' | 'trained';
  /** Those the user gave. */
  readonly thresholds: Partial<Thresholds>;
}

/** Stored patients read at once. */
const PATIENTS_AT_ONCE = 5_000;

/** The records of a submission that are matched by weight. Their indexes are those of the submission. */
export class WeighedPatients {
  readonly #matching: WeighedMatching;
  readonly #people = new PeopleSet();
  #incoming = 0;

  constructor(matching: WeighedMatching) {
    this.#matching = matching;
  }

  /** Adds a record as it is stored, with its site. Of a Social Security number no more than `ssnCheck` is known. */
  add(row: Row, ssnCheck: number | null): void {
    this.#people.add(row, ssnCheck);
    this.#incoming++;
  }

  /** Decides about all records, once. `sharedIds` and `known` are as in {@link decidePeople}. */
  async decide(
    store: Store,
    sharedIds: readonly IncomingRecord[],
    known: readonly KnownPatient[],
  ): Promise<WeighedDecisions> {
    const incoming = this.#incoming;
    const storedPatientIds: number[] = [];
    let population = populationOf(this.#people, incoming);
    if (await store.hasPatients()) {
      const found = new Set(await store.findPatientsByKeys(this.#soughtKeys()));
      for (const { patientId } of known) found.add(patientId);
      const patientIds = [...found].sort((a, b) => a - b);
      for (let start = 0; start < patientIds.length; start += PATIENTS_AT_ONCE) {
        for (const record of await store.readComparable(patientIds.slice(start, start + PATIENTS_AT_ONCE))) {
          this.#people.add(record.row, record.ssnCheck);
          storedPatientIds.push(record.patientId);
        }
      }
      population = await addStored(this.#people, incoming, store);
    }
    const gathering = { people: this.#people, incoming, storedPatientIds, sharedIds, known, population };
    return decidePeople(gathering, this.#matching);
  }

  /** The keys under which stored patients are looked for, pass by pass. */
  *#soughtKeys(): Generator<SoughtKeys> {
    for (const { pass, keys, order, birthOf } of sortedKeys(this.#people, this.#incoming)) {
      const sought =
        birthOf === null ? { keys: distinct(keys), births: null } : distinctWithBirth(keys, order, birthOf);
      yield { pass: pass.name, ...sought, mostPerKey: pass.largest };
    }
  }

  /** The keys under which the patients of the records can be found. */
  *packs(patientOf: readonly number[]): Generator<KeyPack> {
    for (const { keys, order, pass, birthOf } of sortedKeys(this.#people, this.#incoming)) {
      yield* packKeys(pass.name, keys, order, patientOf, birthOf);
    }
  }

  /** How many of the records that have a patient bear each name: when the run is replayed, there are no others. */
  nameUses(patientOf: readonly number[]): { readonly nameKey: number; readonly uses: number }[] {
    const { names, integers } = this.#people;
    const [firstUses, lastUses] = [new Int32Array(names.size), new Int32Array(names.size)];
    let records = 0;
    for (let i = 0; i < this.#incoming; i++) {
      if (patientOf[i] === 0) continue;
      records++;
      firstUses[integers.first[i]!]!++;
      lastUses[integers.last[i]!]!++;
    }
    const uses = [{ nameKey: ALL_RECORDS, uses: records }];
    for (let name = 1; name < names.size; name++) {
      const { text } = names.at(name);
      if (firstUses[name]! > 0) uses.push({ nameKey: nameKeyOf('first', text), uses: firstUses[name]! });
      if (lastUses[name]! > 0) uses.push({ nameKey: nameKeyOf('last', text), uses: lastUses[name]! });
    }
    return uses.sort((a, b) => a.nameKey - b.nameKey);
  }
}

/** Stands for all records where names are counted. */
const ALL_RECORDS = hashText('all records');

function nameKeyOf(kind: 'first' | 'last', name: string): number {
  return hashText(`${kind}\x1f${name}`);
}

/** Sorted keys, each once, without 0. */
function distinct(keys: Int32Array): Uint32Array {
  const sorted = new Uint32Array(keys.length);
  let size = 0;
  for (const signed of keys) {
    const key = signed >>> 0;
    if (key !== 0 && (size === 0 || sorted[size - 1] !== key)) sorted[size++] = key;
  }
  return sorted.slice(0, size);
}

/** Sorted keys, each once with each birth date, without 0. */
function distinctWithBirth(
  keys: Int32Array,
  order: Uint32Array,
  birth: Int32Array,
): { readonly keys: Uint32Array; readonly births: Uint32Array } {
  const sorted = new Uint32Array(keys.length);
  const births = new Uint32Array(keys.length);
  let size = 0;
  for (let start = 0; start < keys.length; ) {
    const key = keys[start]!;
    const ofKey: number[] = [];
    for (; start < keys.length && keys[start] === key; start++) ofKey.push(birth[order[start]!]!);
    if (key === 0) continue;
    ofKey.sort((a, b) => a - b);
    for (const [i, day] of ofKey.entries()) {
      if (day === 0 || day === ofKey[i - 1]) continue;
      sorted[size] = key;
      births[size++] = day;
    }
  }
  return { keys: sorted.slice(0, size), births: births.slice(0, size) };
}

/** Keys of one pass in their order, the record of each, and the birth dates of all records where the pass wants them. */
interface KeysOfPass {
  readonly pass: StoredPass;
  readonly keys: Int32Array;
  readonly order: Uint32Array;
  readonly birthOf: Int32Array | null;
}

/** The keys of the first `records` by pass. */
function* sortedKeys(people: PeopleSet, records: number): Generator<KeysOfPass> {
  for (const pass of STORED_PASSES) {
    const keys = new Int32Array(records);
    for (let i = 0; i < records; i++) keys[i] = pass.key(people, i);
    yield { pass, ...sortKeys(keys), birthOf: pass.byBirth ? people.integers.birth : null };
  }
}

/** The records of the submission and of the store as one population. */
async function addStored(people: PeopleSet, incoming: number, store: Store): Promise<Population> {
  const { records, firstUses, lastUses } = populationOf(people, incoming);
  const names = Array.from({ length: people.names.size - 1 }, (_, i) => people.names.at(i + 1).text);
  const [stored] = await store.readNameUses([ALL_RECORDS]);
  const first = await store.readNameUses(names.map((name) => nameKeyOf('first', name)));
  const last = await store.readNameUses(names.map((name) => nameKeyOf('last', name)));
  for (let i = 0; i < names.length; i++) {
    firstUses[i + 1]! += first[i]!;
    lastUses[i + 1]! += last[i]!;
  }
  return { records: records + stored!, firstUses, lastUses };
}

/** Records whose keys are packed together where many patients lack them. */
const RECORDS_A_PACKING = 50_000;

/** Adds the keys of patients that were loaded by a run that matched by name only, or by a program that made other keys. */
export async function addMissingKeys(
  store: Store,
  runId: number,
  patientIds: readonly number[],
  afterBatch: (done: number) => Promise<void>,
): Promise<void> {
  const nameUses = new Map<string, number>();
  await store.clearMissingKeys();
  let gathered = new GatheredRecords(nameUses);
  for (let start = 0; start < patientIds.length; start += PATIENTS_AT_ONCE) {
    gathered.add(await store.readComparable(patientIds.slice(start, start + PATIENTS_AT_ONCE)));
    if (gathered.size >= RECORDS_A_PACKING) {
      await store.writeKeyPacks(runId, gathered.packs());
      gathered = new GatheredRecords(nameUses);
    }
    await afterBatch(Math.min(start + PATIENTS_AT_ONCE, patientIds.length));
  }
  await store.writeKeyPacks(runId, gathered.packs());
  await store.finishMissingKeys(nameUses);
}

/** Records of stored patients whose keys and names are missing. */
class GatheredRecords {
  readonly #people = new PeopleSet();
  readonly #patientIds: number[] = [];
  readonly #runIds: number[] = [];
  readonly #nameUses: Map<string, number>;

  /** `nameUses` is added to: by name key and run, with a blank between. */
  constructor(nameUses: Map<string, number>) {
    this.#nameUses = nameUses;
  }

  get size(): number {
    return this.#people.size;
  }

  add(records: readonly ComparableRecord[]): void {
    for (const { patientId, runId, row, ssnCheck } of records) {
      const i = this.#people.add(row, ssnCheck);
      this.#patientIds.push(patientId);
      this.#runIds.push(runId);
      this.#count(ALL_RECORDS, runId);
      for (const kind of ['first', 'last'] as const) {
        const name = this.#people.integers[kind][i]!;
        if (name !== 0) this.#count(nameKeyOf(kind, this.#people.names.at(name).text), runId);
      }
    }
  }

  #count(nameKey: number, runId: number): void {
    const key = `${nameKey} ${runId}`;
    this.#nameUses.set(key, (this.#nameUses.get(key) ?? 0) + 1);
  }

  *packs(): Generator<KeyPackOfRun> {
    for (const runId of new Set(this.#runIds)) {
      const patientOf = this.#patientIds.map((patientId, i) => (this.#runIds[i] === runId ? patientId : 0));
      for (const { keys, order, pass, birthOf } of sortedKeys(this.#people, this.#people.size)) {
        for (const pack of packKeys(pass.name, keys, order, patientOf, birthOf)) yield { ...pack, runId };
      }
    }
  }
}

/** All keys under which the patients of these records can be found: by name and birth date, and those of the models that weigh. */
export function matchKeysOf(records: readonly ComparableRecord[]): PatientKey[] {
  const people = new PeopleSet();
  const found: PatientKey[] = [];
  for (const { patientId, row, ssnCheck } of records) {
    const i = people.add(row, ssnCheck);
    const byName = matchKeyOf(identityOf(row));
    if (byName !== null) found.push({ matchKey: byName, patientId });
    for (const { name, key, byBirth } of STORED_PASSES) {
      const birth = byBirth ? people.integers.birth[i]! : null;
      for (const matchKey of rowKeysOf(name, key(people, i), birth)) found.push({ matchKey, patientId });
    }
  }
  return found;
}
