/** The patients of a submission: read all, match the whole set with itself and the store, then write. */
import type { IssueCode } from './core/catalogue.js';
import type { Issue } from './core/issue.js';
import type { WeighedDecisions } from './core/match/decide-people.js';
import { describeMatch, type MatchExplanation } from './core/match/explanation.js';
import { hashText, type Identity, identityOf, matchKeyOf, ssnCheckOf } from './core/match/keys.js';
import type { Thresholds } from './core/match/match-people.js';
import {
  type DoubtfulPair,
  decidePatients,
  type IncomingRecord,
  type KnownPatient,
  type PatientDecision,
  sourceKey,
} from './core/match/patient.js';
import { firstByName, mergePatientRows, type PatientPart } from './core/match/survivor.js';
import {
  type FieldName,
  PATIENT,
  PATIENT_FIELDS,
  packRow,
  type Row,
  type Severity,
  unpackRow,
  unpackSlot,
} from './core/model.js';
import { recordOffset } from './core/read/blocks.js';
import { LineKind } from './core/read/frame.js';
import { severityOf } from './core/spec.js';
import type { Values } from './core/suggest/facts.js';
import {
  type LinkedPatient,
  type NewPatientPart,
  type NewPatientSource,
  NOTHING_REFUSED,
  type PatientState,
  type PatientWrites,
  type RefusedPatients,
  type SourceKey,
} from './db/store.js';
import { RecordReader } from './files/source.js';
import { createNameJudge, createPlaceJudge } from './look-at-whole.js';
import { addMissingKeys, WeighedPatients } from './match-patients.js';
import { PackedRows } from './packed-rows.js';
import { REFUSED, reportRefused } from './refused.js';
import { addReject, type FileRun, type KeptFate, type RunContext, readBatches, rejectRecord } from './run.js';
import { SourceKeys, SourceLinks } from './source-keys.js';

/** What the immunizations need of the patients. */
export interface PatientLinks {
  /** By sender's key. */
  readonly bySource: Pick<SourceLinks, 'get' | 'keys'>;
  /** Ids from here on belong to patients that this run made. */
  readonly firstNewPatientId: number;
  /** Those of them that have more than one id. */
  readonly shared: ReadonlySet<number>;
}

/** What became of the patients. */
export interface PatientOutcome {
  readonly links: PatientLinks;
  readonly counts: { readonly new: number; readonly merged: number; readonly review: number };
  /** The pairs for a reviewer, the heaviest first. */
  readonly reviews: readonly ReviewPair[];
  /** What a model that weighs went by. */
  readonly thresholds: Thresholds | null;
}

/** A pair of patients that may be one person, or of doses of one patient that may be one dose. */
export interface ReviewPair {
  /** `null` for a pair of doses that became one in the same run. */
  readonly reviewId: number | null;
  readonly a: ReviewedRecord;
  readonly b: ReviewedRecord;
  /** `null` where nothing was weighed. */
  readonly weight: number | null;
  readonly reason: string;
}

export interface ReviewedRecord {
  readonly patientId: number;
  /** The dose, where it is about doses. */
  readonly immunizationId?: number;
  /** Where the record stands, `null` for one of the store. */
  readonly file: string | null;
  readonly line: number | null;
}

/** Loads all patient files of a submission. */
export async function loadPatients(
  files: readonly FileRun[],
  context: RunContext,
  next: { readonly patientId: number; readonly reviewId: number },
): Promise<PatientOutcome> {
  const set = new PatientSet(context);
  const bySource = new SourceLinks(set.keys);
  for (const [number, file] of files.entries()) await readPatientFile(file, number, set, bySource, context);
  reportExchanged(set, files, context);
  const records = set.rows.length;
  context.onProgress({ stage: 'matching patients', done: 0, total: records, unit: 'records', records });
  const matcher = new PatientMatcher(set, files, bySource, context, next);
  const step = { stage: 'patients', seq: 0, place: null } as const;
  const before = await context.checkpoints.find<DecidedPatients>(step);
  if (before === null) await matcher.decide();
  else matcher.takeDecisions(unpackDecisions(before.decisions));
  await matcher.rejectConflicts();
  const stored = before?.stored ?? (await matcher.write());
  if (before === null) {
    const filesRead = files.map(({ read }) => read);
    const result: DecidedPatients = { decisions: packDecisions(matcher.decisions), stored };
    await context.checkpoints.keep(step, filesRead, result);
  }
  return matcher.tell(stored);
}

/** What came of the patients of a submission when all of them were written. */
interface DecidedPatients {
  readonly decisions: PackedDecisions;
  readonly stored: StoredPatients;
}

/** The accepted records of all patient files, side by side: a row of text and a few numbers each. */
export class PatientSet {
  /** The row as it is stored, packed. */
  readonly rows = new PackedRows();
  /** Senders' keys: those of the records, and of others that lead to a patient or to none. */
  readonly keys = new SourceKeys();
  /** The number of the sender's key of each record. */
  readonly keyOf: number[] = [];
  readonly matchKeys: (number | null)[] = [];
  readonly birthDates: (string | null)[] = [];
  readonly deathDates: (string | null)[] = [];
  readonly ssnChecks: (number | null)[] = [];
  /** Equal for records that say the same. */
  readonly contents: number[] = [];
  /** Where the record stands. */
  readonly files: number[] = [];
  readonly records: number[] = [];
  readonly lines: number[] = [];
  /** Where it begins in the file, and in the text that the file became. */
  readonly offsets: number[] = [];
  readonly starts: number[] = [];
  readonly lengths: number[] = [];
  /** The records as models that weigh compare them, `null` if none does. */
  readonly weighed: WeighedPatients | null;
  readonly #unstored: readonly number[];

  constructor(context: Pick<RunContext, 'spec' | 'matching'>) {
    const notStored = context.spec.layouts.patient.fields.filter((field) => field.store === false);
    this.#unstored = Object.entries(PATIENT_FIELDS)
      .filter(([name, definition]) => 'stored' in definition || notStored.some((field) => field.field === name))
      .map(([name]) => PATIENT[name as keyof typeof PATIENT]);
    const { matching } = context;
    this.weighed = matching === null ? null : new WeighedPatients(matching);
  }

  /** Adds a row, which is changed into what is stored of it. */
  add(row: Row): void {
    this.keyOf.push(this.keys.numberOf(sourceKey(row[PATIENT.site_id]!, row[PATIENT.source_patient_id]!)));
    this.matchKeys.push(matchKeyOf(identityOf(row)));
    const ssnCheck = ssnCheckOf(row[PATIENT.ssn]);
    this.ssnChecks.push(ssnCheck);
    for (const slot of this.#unstored) if (slot !== PATIENT.site_id) row[slot] = null;
    // What is not stored decides nothing: else records that come in two loads would be weighed otherwise than in one.
    this.weighed?.add(row, ssnCheck);
    row[PATIENT.site_id] = null;
    this.birthDates.push(row[PATIENT.birth_date]!);
    this.deathDates.push(row[PATIENT.death_date]!);
    const packed = packRow(row);
    this.rows.push(packed);
    // A number that was not sent before is something new, even where it is not stored itself.
    this.contents.push(hashText(ssnCheck === null ? packed : `${packed}\x1f${ssnCheck}`));
  }

  /** Adds a record as the registry has kept it, of whose Social Security number no more than `ssnCheck` is known. */
  addStored(row: Row, source: SourceKey, ssnCheck: number | null, content: number): void {
    const packed = packRow(row);
    this.keyOf.push(this.keys.numberOf(sourceKey(source.siteId, source.sourcePatientId)));
    this.matchKeys.push(matchKeyOf(identityOf(row)));
    this.ssnChecks.push(ssnCheck);
    this.weighed?.add(row.with(PATIENT.site_id, source.siteId), ssnCheck);
    this.birthDates.push(row[PATIENT.birth_date]!);
    this.deathDates.push(row[PATIENT.death_date]!);
    this.rows.push(packed);
    this.contents.push(content);
  }

  /** A record's row as it is stored. */
  row(index: number): Row {
    return unpackRow(this.rows.at(index));
  }

  identity(index: number): Identity {
    return { ...identityOf(this.row(index)), ssnCheck: this.ssnChecks[index]! };
  }

  /** The sender's key of a record. */
  sourceKey(index: number): string {
    return this.keys.at(this.keyOf[index]!);
  }

  source(index: number): SourceKey {
    return splitSourceKey(this.sourceKey(index));
  }
}

async function readPatientFile(
  file: FileRun,
  number: number,
  set: PatientSet,
  bySource: SourceLinks,
  context: RunContext,
): Promise<void> {
  const said = new RepeatedPatients();
  for await (const { block, batch } of readBatches(file, context, 'reading patients')) {
    for (const issue of batch.issues) context.issues.add(file.logNumber, issue);
    for (const { index, codes, row } of batch.rejected) {
      const record = block.firstRecord + index;
      if (file.isCombined) rejectPatient(file, record, codes);
      else {
        const bytes = block.bytes.subarray(block.starts[index], block.ends[index]);
        await rejectRecord(file, context, { bytes, record, line: block.lines[index]!, codes });
      }
      const site = row?.[PATIENT.site_id];
      const id = row?.[PATIENT.source_patient_id];
      const key = site == null || id == null ? null : sourceKey(site, id);
      // Of a tagged file, lines of no known kind are told here, too.
      if (block.kinds === null || block.kinds[index] === LineKind.patient)
        context.received?.addPatient(key, 'rejected');
      if (key === null) continue;
      // Each dose of a combined file brings its patient along.
      if (file.counts.takes(record) && bySource.get(key) !== 'rejected') file.counts.addRefusedPatient(row!);
      bySource.set(key, 'rejected');
    }
    for (const [i, index] of batch.accepted.entries()) {
      const record = block.firstRecord + index;
      const row = batch.rows.row(i);
      // Each dose of a combined file brings its patient along, most often with the very same words.
      if (file.isCombined && !file.isTagged && !said.isNew(row)) {
        file.settleUnkept(record, 'duplicate');
        context.received?.addRepeatedPatient();
        continue;
      }
      if (file.counts.takes(record)) file.counts.patients.get().add(row);
      set.add(row);
      set.files.push(number);
      set.records.push(record);
      set.lines.push(block.lines[index]!);
      set.offsets.push(recordOffset(block, index));
      set.starts.push(block.offset + block.starts[index]!);
      set.lengths.push(block.ends[index]! - block.starts[index]!);
    }
  }
}

/** Tells the records whose names, or digits of the ZIP code, stand in each other's places, as far as all others show it. */
function reportExchanged(set: PatientSet, files: readonly FileRun[], context: RunContext): void {
  const names = severityOf('names-exchanged', context.spec);
  const zips = severityOf('zip-unlike-city', context.spec);
  const areExchanged = names === 'off' ? null : createNameJudge(files);
  const isUnlikeCity = zips === 'off' ? null : createPlaceJudge(files);
  if (areExchanged === null && isUnlikeCity === null) return;
  for (let index = 0; index < set.rows.length; index++) {
    const row = set.rows.at(index);
    if (areExchanged !== null) {
      const last = unpackSlot(row, PATIENT.last_name);
      const first = unpackSlot(row, PATIENT.first_name);
      if (last !== '' && first !== '' && areExchanged(last, first)) {
        const values = { last_name: last, first_name: first };
        reportLate('names-exchanged', names as Severity, 'last_name', values, index, set, files, context);
      }
    }
    if (isUnlikeCity === null) continue;
    const zip = unpackSlot(row, PATIENT.zip);
    if (zip === '' || !isUnlikeCity(zip, () => unpackSlot(row, PATIENT.city))) continue;
    const values = { zip, city: unpackSlot(row, PATIENT.city), state: unpackSlot(row, PATIENT.state) };
    reportLate('zip-unlike-city', zips as Severity, 'zip', values, index, set, files, context);
  }
}

function reportLate(
  code: IssueCode,
  severity: Severity,
  field: FieldName,
  own: Values,
  index: number,
  set: PatientSet,
  files: readonly FileRun[],
  context: RunContext,
): void {
  const file = files[set.files[index]!]!;
  const { siteId, sourcePatientId } = set.source(index);
  const values = { site_id: siteId, source_patient_id: sourcePatientId, ...own };
  const facts = { birthDate: null, deathDate: null, isCombined: file.isCombined && !file.isTagged };
  const issue: Issue = {
    code,
    severity,
    record: set.records[index]!,
    line: set.lines[index]!,
    offset: set.offsets[index]!,
    sourcePatientId,
    sourceImmunizationId: null,
    field,
    column: null,
    documentCode: null,
    value: own[field] ?? null,
    after: null,
    expected: null,
    other: null,
    facts: { role: 'patient', values, received: values, ...facts },
  };
  context.issues.add(file.logNumber, issue, 'names');
}

/** Keeps the codes of a combined record's patient until the faults of its doses are known, too. */
function rejectPatient(file: FileRun, record: number, codes: readonly IssueCode[]): void {
  file.fates.reject(record);
  file.rejectedPatients.set(record, codes);
}

/** What a file of patients and doses has said of its patients. */
class RepeatedPatients {
  /** Contents by sender's key. */
  readonly #contents = new Map<string, number[]>();

  /** Whether the file says something of the patient that it has not said before. */
  isNew(row: Row): boolean {
    const key = sourceKey(row[PATIENT.site_id]!, row[PATIENT.source_patient_id]!);
    const content = hashText(packRow(row));
    const contents = this.#contents.get(key);
    if (contents === undefined) this.#contents.set(key, [content]);
    else if (contents.includes(content)) return false;
    else contents.push(content);
    return true;
  }
}

const NEW: PatientDecision = { kind: 'new' };
/** For how many rows of a batch a patient counts: it has four times as many values as a dose. */
const ROWS_A_PATIENT = 4;
/** Stored patients held at once while they gain from records of the submission. */
const PATIENTS_READ_AT_ONCE = 500;

/** What came of the patients of a set when they were written. */
export interface StoredPatients {
  /** Records that the database refused, or of whose patient it refused something, by index, and why. */
  readonly refused: readonly (readonly [number, string])[];
  /** Those of them that were not tried any more. */
  readonly notTried: readonly number[];
  /** Pairs for a reviewer, and the records that they stand at: the later one, and the earlier one if that is no stored patient. */
  readonly reviews: readonly {
    readonly pair: ReviewPair;
    readonly own: number | null;
    readonly other: number | null;
  }[];
  readonly thresholds: Thresholds | null;
}

/** Matches the set, writes it, and tells what came of it. */
export class PatientMatcher {
  readonly #set: PatientSet;
  readonly #files: readonly FileRun[];
  readonly #bySource: SourceLinks;
  readonly #context: RunContext;
  readonly #firstNewPatientId: number;
  readonly #known = new Map<number, KnownPatient>();
  #decisions: ReadonlyMap<number, PatientDecision> = new Map();
  #doubts: readonly DoubtfulPair[] = [];
  #weighed: WeighedDecisions | null = null;
  #nextReviewId: number;
  /** The patient of each record, 0 for those of an id that is in conflict. */
  readonly #personOf: number[] = [];
  /** The records of each person of the submission that has more than one. */
  readonly #members = new Map<number, number[]>();
  /** The first record of each person that the submission makes, in the order of their ids. */
  readonly #firstRecords: number[] = [];
  /** What doses have to know of the patients that this run made, in the order of their ids, and of others. */
  readonly #newPatients: LinkedPatient[] = [];
  readonly #linked = new Map<number, LinkedPatient>();
  /** Records whose name is one by which their person cannot be found yet. */
  readonly #newNames: number[] = [];
  /** New patients with more than one id. */
  readonly #shared = new Set<number>();
  /** Stored patients that gain from records, by the indexes of these. */
  readonly #gains = new Map<number, number[]>();
  /** What the database refused: new patients, and changes of stored ones, with the reason. */
  readonly #refusedPatients = new Map<number, string>();
  readonly #refusedUpdates = new Map<number, string>();
  /** Records that it refused though their patient is there, and those that were not tried any more, by index. */
  readonly #refusedRecords = new Map<number, string>();
  readonly #notTried = new Set<number>();

  constructor(
    set: PatientSet,
    files: readonly FileRun[],
    bySource: SourceLinks,
    context: RunContext,
    next: { readonly patientId: number; readonly reviewId: number },
  ) {
    this.#set = set;
    this.#files = files;
    this.#bySource = bySource;
    this.#context = context;
    this.#firstNewPatientId = next.patientId;
    this.#nextReviewId = next.reviewId;
  }

  /** Decides about the records that share an id or a name with another, or with the store. All others are new. */
  async decide(): Promise<void> {
    const { keys, keyOf, matchKeys } = this.#set;
    const sourceUses = new Uint32Array(keys.size);
    const keyUses = new Map<number, number>();
    for (const key of keyOf) sourceUses[key]!++;
    // Models that weigh look at names themselves.
    const { weighed } = this.#set;
    if (weighed === null) for (const key of matchKeys) if (key !== null) count(keyUses, key);
    await this.#findKnown();
    for (const patient of this.#known.values()) {
      for (const { siteId, sourcePatientId } of patient.sources) {
        const key = keys.find(sourceKey(siteId, sourcePatientId));
        if (key >= 0) sourceUses[key]!++;
      }
      for (const key of patient.matchKeys) count(keyUses, key);
    }
    const shared: IncomingRecord[] = [];
    for (let index = 0; index < keyOf.length; index++) {
      const key = matchKeys[index]!;
      const isShared = sourceUses[keyOf[index]!]! > 1 || (key !== null && (keyUses.get(key) ?? 0) > 1);
      if (!isShared) continue;
      const content = this.#set.contents[index]!;
      shared.push({ index, ...this.#set.source(index), identity: this.#set.identity(index), content });
    }
    const known = [...this.#known.values()];
    if (weighed === null) {
      const { decisions, doubts } = decidePatients(shared, known);
      this.#decisions = decisions;
      this.#doubts = doubts;
      return;
    }
    await this.#addMissingKeys();
    this.#weighed = await weighed.decide(this.#context.store, shared, known);
    this.#decisions = this.#weighed.decisions;
    this.#doubts = this.#weighed.doubts;
  }

  /** Gives patients of runs that matched by name the keys that they lack. */
  async #addMissingKeys(): Promise<void> {
    const { store, runId, signal, onNotice, onProgress } = this.#context;
    const patientIds = await store.findPatientsWithoutKeys();
    if (patientIds.length === 0) return;
    const total = patientIds.length;
    onNotice(`adding match keys for ${total} patients that were loaded without them; this is done once`);
    await addMissingKeys(store, runId, patientIds, async (done) => {
      signal?.throwIfAborted();
      onProgress({ stage: 'adding match keys', done, total, unit: 'records', records: done });
      await store.beat(runId);
    });
  }

  async #findKnown(): Promise<void> {
    const { store, sizes } = this.#context;
    if (!(await store.hasPatients())) return;
    const { keyOf, matchKeys } = this.#set;
    for (let start = 0; start < keyOf.length; start += sizes.batchRows) {
      const end = start + sizes.batchRows;
      const isWeighed = this.#set.weighed !== null;
      const keys = isWeighed ? [] : matchKeys.slice(start, end).filter((key) => key !== null);
      const found = await store.findKnownPatients(
        keyOf.slice(start, end).map((key) => splitSourceKey(this.#set.keys.at(key))),
        keys,
      );
      for (const patient of found) {
        // Each batch tells of the keys that it asked for.
        const before = this.#known.get(patient.patientId)?.matchKeys ?? [];
        const all = new Set([...before, ...patient.matchKeys]);
        this.#known.set(patient.patientId, { ...patient, matchKeys: [...all] });
      }
    }
  }

  /** Takes decisions that were made before, instead of making them. */
  takeDecisions(decisions: ReadonlyMap<number, PatientDecision>): void {
    this.#decisions = decisions;
  }

  /** By place in the set; a record without one is new. */
  get decisions(): ReadonlyMap<number, PatientDecision> {
    return this.#decisions;
  }

  /** The records of an id that stands for more than one person, by their place in the set. */
  findConflicts(): number[] {
    return [...this.#decisions].flatMap(([index, { kind }]) => (kind === 'conflict' ? [index] : []));
  }

  /** Sets aside all records of an id that stands for more than one person. */
  async rejectConflicts(): Promise<void> {
    // The records of each file come in their order, so that a file is gone through once.
    const readers = this.#files.map(({ source }) => new RecordReader(source, this.#context.sizes.chunkBytes));
    try {
      await this.#rejectConflicts(readers);
    } finally {
      for (const reader of readers) await reader.close();
    }
  }

  async #rejectConflicts(readers: readonly RecordReader[]): Promise<void> {
    const { keyOf, files, records, lines, starts, lengths } = this.#set;
    for (let index = 0; index < keyOf.length; index++) {
      const decision = this.#decisions.get(index);
      if (decision?.kind !== 'conflict') continue;
      const file = this.#files[files[index]!]!;
      const inStore = 'patientId' in decision.with;
      this.#report('patient-id-conflict', index, inStore ? 'in the registry' : this.#place(decision.with.index));
      const codes = ['patient-id-conflict'] as const;
      if (file.isCombined) rejectPatient(file, records[index]!, codes);
      else {
        const bytes = await readers[files[index]!]!.read(starts[index]!, lengths[index]!);
        await rejectRecord(file, this.#context, { bytes, record: records[index]!, line: lines[index]!, codes });
      }
      this.#context.received?.addPatient(this.#set.sourceKey(index), 'rejected');
      this.#bySource.setAt(keyOf[index]!, 'conflict');
    }
  }

  /** Where a record stands, in words. */
  #place(index: number): string {
    return `${this.#files[this.#set.files[index]!]!.source.name}, line ${this.#set.lines[index]!}`;
  }

  #report(code: IssueCode, index: number, other: string | null = null): void {
    const { files, records, lines, offsets } = this.#set;
    const file = this.#files[files[index]!]!;
    const severity = file.plan.severities[code];
    if (severity === 'off') return;
    const { sourcePatientId } = this.#set.source(index);
    const isAboutId = code !== 'match-in-doubt';
    const issue: Issue = {
      code,
      severity,
      record: records[index]!,
      line: lines[index]!,
      offset: offsets[index]!,
      sourcePatientId,
      sourceImmunizationId: null,
      field: isAboutId ? 'source_patient_id' : null,
      column: null,
      documentCode: null,
      value: isAboutId ? sourcePatientId : null,
      after: null,
      expected: null,
      other,
    };
    this.#context.issues.add(file.logNumber, issue, 'late');
  }

  /** Writes persons in the order of their first records, then what persons of the store gained. */
  async write(): Promise<StoredPatients> {
    this.#assignPersons();
    await this.#flush(await this.#writeGains(await this.#writePersons()));
    const refused = await this.#takeOutRefused();
    const isRefused = new Set(refused.map(([index]) => index));
    const writes = emptyWrites();
    const reviews = await this.#addReviews(writes, isRefused);
    await this.#flush(writes);
    await this.#writeKeys();
    await this.#writeWeighedKeys(isRefused);
    const thresholds = this.#weighed?.thresholds ?? null;
    return { refused, notTried: [...this.#notTried], reviews, thresholds };
  }

  async #writePersons(): Promise<PatientWritesInProgress> {
    let writes = emptyWrites();
    for (let index = 0; index < this.#set.rows.length; index++) {
      const decision = this.#decisions.get(index) ?? NEW;
      if (decision.kind === 'conflict') continue;
      const patientId = this.#personOf[index]!;
      if (this.#refusedPatients.has(patientId)) {
        this.#notTried.add(index);
        continue;
      }
      if (decision.kind === 'new') this.#addPerson(patientId, writes);
      else if ('patientId' in decision.to && !decision.duplicate) addTo(this.#gains, patientId, index);
      writes.sources.push(this.#newSource(index, patientId, decision));
      this.#addKey(index, patientId, decision);
      if (writes.sources.length * ROWS_A_PATIENT >= this.#context.sizes.batchRows) writes = await this.#flush(writes);
    }
    return writes;
  }

  async #writeGains(begun: PatientWritesInProgress): Promise<PatientWritesInProgress> {
    const { store, sizes } = this.#context;
    const gaining = [...this.#gains.keys()];
    let writes = begun;
    for (let start = 0; start < gaining.length; start += PATIENTS_READ_AT_ONCE) {
      const patientIds = gaining.slice(start, start + PATIENTS_READ_AT_ONCE);
      const states = await store.readPatients(patientIds);
      for (const patientId of patientIds) {
        this.#addGains(patientId, this.#gains.get(patientId)!, states.get(patientId)!, writes);
        if (writes.updates.length + writes.parts.length >= sizes.batchRows) writes = await this.#flush(writes);
      }
    }
    return writes;
  }

  /** Tells what became of each record, and which patients they are. */
  async tell(stored: StoredPatients): Promise<PatientOutcome> {
    if (this.#personOf.length === 0) this.#assignPersons();
    const counts = { new: 0, merged: 0, review: stored.reviews.length };
    this.#settle(new Set(stored.notTried), counts);
    await this.#rejectRefused(stored, counts);
    for (const { own, other } of stored.reviews) {
      if (own !== null) this.#report('match-in-doubt', own, other === null ? 'in the registry' : this.#place(other));
    }
    await this.#link(new Set(stored.refused.map(([index]) => index)));
    return {
      links: { bySource: this.#bySource, firstNewPatientId: this.#firstNewPatientId, shared: this.#shared },
      counts,
      reviews: stored.reviews.map(({ pair }) => pair),
      thresholds: stored.thresholds,
    };
  }

  /** Gives the records their fates, as if none of those that were tried had been refused. */
  #settle(notTried: ReadonlySet<number>, counts: { new: number; merged: number }): void {
    const { files, records } = this.#set;
    for (let index = 0; index < records.length; index++) {
      const decision = this.#decisions.get(index) ?? NEW;
      if (decision.kind === 'conflict') continue;
      if (decision.kind === 'new') this.#linkPerson(this.#personOf[index]!);
      if (notTried.has(index)) continue;
      const file = this.#files[files[index]!]!;
      this.#context.received?.addPatient(this.#set.sourceKey(index), fateOf(decision));
      this.#countIds(index, file, decision);
      if (decision.kind === 'new') {
        counts.new++;
        file.settle(records[index]!, 'loaded', 'patient');
      } else {
        file.settle(records[index]!, fateOf(decision), 'patient');
        if (!decision.duplicate) counts.merged++;
        if (decision.repeatsId && (!file.isCombined || file.isTagged)) this.#report('patient-id-repeated', index);
      }
    }
  }

  /** Counts patients, and those of them that stand in the submission under another id already. */
  #countIds(index: number, { counts }: FileRun, decision: PatientDecision): void {
    const { keyOf } = this.#set;
    const patients = counts.patients.get();
    patients.accepted++;
    if (decision.kind !== 'joined' || !('index' in decision.to)) return;
    if (keyOf[decision.to.index] === keyOf[index]) return;
    patients.underOtherIds++;
    this.#shared.add(this.#personOf[index]!);
  }

  /** Gives every record its person. */
  #assignPersons(): void {
    const members = this.#members;
    let next = this.#firstNewPatientId;
    for (let index = 0; index < this.#set.rows.length; index++) {
      const decision = this.#decisions.get(index) ?? NEW;
      if (decision.kind === 'new') this.#personOf.push(next++);
      else if (decision.kind === 'conflict') this.#personOf.push(0);
      else if ('patientId' in decision.to) this.#personOf.push(decision.to.patientId);
      else {
        const first = decision.to.index;
        const patientId = this.#personOf[first]!;
        this.#personOf.push(patientId);
        if (!members.has(patientId)) members.set(patientId, [first]);
        members.get(patientId)!.push(index);
      }
      if (decision.kind === 'new') this.#firstRecords.push(index);
    }
  }

  #addPerson(patientId: number, writes: PatientWritesInProgress): void {
    const indexes = this.#recordsOf(patientId);
    const { row, distinct } = this.#mergeRecords(indexes);
    writes.patients.push({ patientId, row, ssnCheck: this.#firstSsnCheck(indexes) });
    if (distinct.length > 1) for (const index of distinct) writes.parts.push(this.#newPart(patientId, index));
  }

  /** The records of a person that the submission makes. */
  #recordsOf(patientId: number): readonly number[] {
    return this.#members.get(patientId) ?? [this.#firstRecords[patientId - this.#firstNewPatientId]!];
  }

  /** The row of a person that the submission makes, and the records that it is made of. */
  #mergeRecords(indexes: readonly number[]): { row: Row; distinct: readonly number[] } {
    const distinct = this.#distinct(indexes);
    const homeSite = firstByName(indexes.map((index) => this.#set.source(index).siteId));
    const parts = distinct.map((index) => this.#part(index, homeSite));
    return { row: parts.length === 1 ? parts[0]!.row : mergePatientRows(parts), distinct };
  }

  /** Remembers what doses have to know of a person that the submission makes. */
  #linkPerson(patientId: number): void {
    const indexes = this.#recordsOf(patientId);
    const { birthDates, deathDates } = this.#set;
    if (this.#distinct(indexes).length === 1) {
      // Those of the set are shared by all born on that day; those of a row were cut out of its text.
      const only = indexes[0]!;
      this.#newPatients.push({ patientId, birthDate: birthDates[only]!, deathDate: deathDates[only]! });
      return;
    }
    const { row } = this.#mergeRecords(indexes);
    this.#newPatients.push({ patientId, birthDate: row[PATIENT.birth_date]!, deathDate: row[PATIENT.death_date]! });
  }

  #findLinked(patientId: number): LinkedPatient | undefined {
    const isNew = patientId >= this.#firstNewPatientId;
    return isNew ? this.#newPatients[patientId - this.#firstNewPatientId] : this.#linked.get(patientId);
  }

  /** Records that say something else than those before them, and than the texts of `told`. */
  #distinct(indexes: readonly number[], told: readonly string[] = []): readonly number[] {
    if (indexes.length === 1 && told.length === 0) return indexes;
    const known = new Set(told);
    const distinct = new Map<string, number>();
    const siteOf = (index: number): string => this.#set.source(index).siteId;
    for (const index of indexes) {
      const text = this.#set.rows.at(index);
      const like = distinct.get(text);
      // Of those that say the same, that of the first site by name stands for all.
      if (!known.has(text) && (like === undefined || siteOf(index) < siteOf(like))) distinct.set(text, index);
    }
    return [...distinct.values()];
  }

  #part(index: number, homeSiteId: string): PatientPart {
    return { row: this.#set.row(index), rank: this.#set.source(index).siteId === homeSiteId ? 0 : 1 };
  }

  #newPart(patientId: number, index: number): NewPatientPart {
    const ssnCheck = this.#set.ssnChecks[index]!;
    return { patientId, siteId: this.#set.source(index).siteId, row: this.#set.row(index), ssnCheck };
  }

  #firstSsnCheck(indexes: readonly number[]): number | null {
    for (const index of indexes) {
      const check = this.#set.ssnChecks[index]!;
      if (check !== null) return check;
    }
    return null;
  }

  #newSource(index: number, patientId: number, decision: PatientDecision): NewPatientSource {
    const { files, lines, contents } = this.#set;
    const joined = decision.kind === 'joined';
    const { siteId, sourcePatientId } = this.#set.source(index);
    const explanation = joined && decision.reason === null ? this.#weighed!.explainJoin(index) : null;
    return {
      siteId,
      sourcePatientId,
      fileId: this.#files[files[index]!]!.fileId,
      patientId,
      line: lines[index]!,
      decision: joined ? (decision.duplicate ? 'duplicate' : 'merged') : 'new',
      reason: joined ? (decision.reason ?? (explanation === null ? null : describeMatch(explanation))) : null,
      explanation: explanation === null ? null : this.#explanationText(explanation, explanation.between),
      content: contents[index]!,
    };
  }

  /** An explanation as it is stored, with the two that were compared. */
  #explanationText(explanation: MatchExplanation, between: readonly DoubtfulPair['a'][]): string {
    const { files, lines } = this.#set;
    const places = between.map((who) =>
      'patientId' in who
        ? { patient_id: who.patientId }
        : { file_id: this.#files[files[who.index]!]!.fileId, line: lines[who.index]! },
    );
    return JSON.stringify({ ...explanation, between: places });
  }

  /** The name under which the person can be found, unless it is known already. */
  #addKey(index: number, patientId: number, decision: PatientDecision): void {
    const { matchKeys } = this.#set;
    const matchKey = matchKeys[index]!;
    if (matchKey === null || this.#known.get(patientId)?.matchKeys.includes(matchKey) === true) return;
    if (decision.kind === 'joined' && 'index' in decision.to && matchKeys[decision.to.index] === matchKey) return;
    this.#newNames.push(index);
  }

  /** Writes keys in their order: in any other, each batch would change every page of the index. */
  async #writeKeys(): Promise<void> {
    const { matchKeys } = this.#set;
    const isThere = (index: number): boolean => {
      const patientId = this.#personOf[index]!;
      return !this.#refusedPatients.has(patientId) && !this.#refusedUpdates.has(patientId);
    };
    const indexes = this.#newNames.filter(isThere).sort((a, b) => matchKeys[a]! - matchKeys[b]!);
    const { batchRows } = this.#context.sizes;
    for (let start = 0; start < indexes.length; start += batchRows) {
      const batch = indexes.slice(start, start + batchRows);
      const keys = batch.map((index) => ({ matchKey: matchKeys[index]!, patientId: this.#personOf[index]! }));
      await this.#flush({ ...emptyWrites(), matchKeys: keys });
    }
  }

  /** Writes the keys and the names by which models that weigh find the patients. */
  async #writeWeighedKeys(isRefused: ReadonlySet<number>): Promise<void> {
    const { weighed } = this.#set;
    if (weighed === null) return;
    const { store, runId, signal } = this.#context;
    signal?.throwIfAborted();
    const patientOf = this.#personsWithout(isRefused);
    await store.writeKeyPacks(
      runId,
      (function* () {
        for (const pack of weighed.packs(patientOf)) yield { ...pack, runId };
      })(),
    );
    await this.#flush({ ...emptyWrites(), nameUses: weighed.nameUses(patientOf) });
  }

  /** What a person of the store gains from records of the submission. */
  #addGains(patientId: number, indexes: readonly number[], state: PatientState, writes: PatientWritesInProgress): void {
    const told = state.parts.map((part) => packRow(part.row));
    const distinct = this.#distinct(indexes, told);
    const ssnCheck = state.ssnCheck ?? this.#firstSsnCheck(indexes);
    if (distinct.length === 0 && ssnCheck === state.ssnCheck) return;
    if (!state.partsKept) {
      writes.parts.push({ patientId, siteId: state.homeSiteId, row: state.row, ssnCheck: state.ssnCheck });
    }
    for (const index of distinct) writes.parts.push(this.#newPart(patientId, index));
    const row = mergePatientRows([...state.parts, ...distinct.map((index) => this.#part(index, state.homeSiteId))]);
    const changed = packRow(row) !== packRow(state.row) || ssnCheck !== state.ssnCheck;
    if (changed) writes.updates.push({ patientId, row, ssnCheck });
  }

  async #addReviews(
    writes: PatientWritesInProgress,
    isRefused: ReadonlySet<number>,
  ): Promise<StoredPatients['reviews']> {
    const { files, lines } = this.#set;
    const describe = (who: DoubtfulPair['a']): ReviewedRecord =>
      'patientId' in who
        ? { patientId: who.patientId, file: null, line: null }
        : {
            patientId: this.#personOf[who.index]!,
            file: this.#files[files[who.index]!]!.source.name,
            line: lines[who.index]!,
          };
    const isGone = (who: DoubtfulPair['a']): boolean =>
      'index' in who && (isRefused.has(who.index) || this.#personOf[who.index] === 0);
    const reviews: StoredPatients['reviews'][number][] = [];
    const reviewed = await this.#findReviewed();
    for (const { a, b, reason, explanation } of this.#doubts) {
      const persons = { a: describe(a), b: describe(b) };
      const [patientIdA, patientIdB] = [persons.a.patientId, persons.b.patientId];
      const key = pairKey(patientIdA, patientIdB);
      if (patientIdA === patientIdB || isGone(a) || isGone(b) || reviewed.has(key)) continue;
      reviewed.add(key);
      const weight = explanation?.weight ?? null;
      const reviewId = this.#nextReviewId++;
      const text = explanation === undefined ? null : this.#explanationText(explanation, [a, b]);
      writes.reviews.push({ reviewId, patientIdA, patientIdB, weight, reasons: reason, explanation: text });
      // The issue stands at the later of the two records.
      const [own, other] = 'index' in b ? [b, a] : [a, b];
      const indexOf = (who: DoubtfulPair['a']): number | null => ('index' in who ? who.index : null);
      reviews.push({ pair: { reviewId, ...persons, weight, reason }, own: indexOf(own), other: indexOf(other) });
    }
    return reviews;
  }

  /** Pairs of stored patients that were left to a reviewer before: they are not asked again, whatever the answer was. */
  async #findReviewed(): Promise<Set<string>> {
    const stored = new Set<number>();
    for (const { a, b } of this.#doubts) {
      for (const who of [a, b]) {
        const patientId = 'patientId' in who ? who.patientId : this.#personOf[who.index]!;
        if (patientId < this.#firstNewPatientId) stored.add(patientId);
      }
    }
    if (stored.size === 0) return new Set();
    const pairs = await this.#context.store.findReviewedPairs([...stored]);
    return new Set(pairs.map(([a, b]) => pairKey(a, b)));
  }

  async #flush(writes: PatientWritesInProgress): Promise<PatientWritesInProgress> {
    this.#context.signal?.throwIfAborted();
    const refused = await this.#context.store.writePatients(this.#context.runId, writes);
    if (refused !== NOTHING_REFUSED) this.#setAside(refused);
    return emptyWrites();
  }

  #setAside({ patients, updates, sources }: RefusedPatients): void {
    for (const [id, reason] of patients) this.#refusedPatients.set(id, reason);
    for (const [id, reason] of updates) this.#refusedUpdates.set(id, reason);
    if (sources.length === 0) return;
    const { files, lines } = this.#set;
    const reasons = new Map(sources.map(({ fileId, line, reason }) => [`${fileId} ${line}`, reason]));
    for (let index = 0; index < lines.length; index++) {
      const reason = reasons.get(`${this.#files[files[index]!]!.fileId} ${lines[index]!}`);
      if (reason !== undefined) this.#refusedRecords.set(index, reason);
    }
  }

  /**
   * The records that the database refused, and those that a patient it refused was to be made of, in their order, and why.
   * Of stored patients that it refused to change, no record of the submission stays.
   */
  async #takeOutRefused(): Promise<StoredPatients['refused']> {
    if (this.#refusedPatients.size + this.#refusedUpdates.size + this.#refusedRecords.size === 0) return [];
    for (const [index, patientId] of this.#personOf.entries()) {
      const reason = this.#refusedPatients.get(patientId);
      if (reason !== undefined) this.#refusedRecords.set(index, reason);
    }
    const written: { fileId: number; line: number }[] = [];
    for (const [patientId, reason] of this.#refusedUpdates) {
      for (const index of this.#gains.get(patientId)!) {
        this.#refusedRecords.set(index, reason);
        written.push({ fileId: this.#files[this.#set.files[index]!]!.fileId, line: this.#set.lines[index]! });
      }
    }
    const { store, runId } = this.#context;
    if (written.length > 0) await store.removeSources(runId, written);
    return [...this.#refusedRecords].sort(([a], [b]) => a - b);
  }

  /** Sets aside the records that the database refused. */
  async #rejectRefused({ refused, notTried }: StoredPatients, counts: { new: number; merged: number }): Promise<void> {
    if (refused.length === 0) return;
    const readers = this.#files.map(({ source }) => new RecordReader(source, this.#context.sizes.chunkBytes));
    const wasNotTried = new Set(notTried);
    try {
      for (const [index, reason] of refused) {
        await this.#rejectOne(index, reason, readers);
        const decision = this.#decisions.get(index) ?? NEW;
        if (wasNotTried.has(index)) {
          this.#context.received?.addPatient(this.#set.sourceKey(index), 'rejected');
          continue;
        }
        this.#context.received?.refusePatient(this.#set.sourceKey(index), fateOf(decision));
        this.#files[this.#set.files[index]!]!.kept.patient[fateOf(decision)]--;
        if (decision.kind === 'new') counts.new--;
        else if (decision.kind === 'joined' && !decision.duplicate) counts.merged--;
      }
    } finally {
      for (const reader of readers) await reader.close();
    }
  }

  async #rejectOne(index: number, reason: string, readers: readonly RecordReader[]): Promise<void> {
    const { keyOf, files, records, lines, offsets, starts, lengths } = this.#set;
    const file = this.#files[files[index]!]!;
    const [record, line, offset] = [records[index]!, lines[index]!, offsets[index]!];
    const { sourcePatientId } = this.#set.source(index);
    const place = { record, line, offset, sourcePatientId, sourceImmunizationId: null, reason };
    reportRefused(place, 'refused-patients', file, this.#context);
    if (file.isCombined) rejectPatient(file, record, [REFUSED]);
    else {
      file.fates.reject(record);
      const bytes = await readers[files[index]!]!.read(starts[index]!, lengths[index]!);
      await addReject(file, this.#context, { bytes, record, line, codes: [REFUSED] });
    }
    this.#bySource.setAt(keyOf[index]!, 'rejected');
  }

  /** The patient of each record, 0 where there is none. */
  #personsWithout(isRefused: ReadonlySet<number>): readonly number[] {
    if (isRefused.size === 0) return this.#personOf;
    return this.#personOf.map((patientId, index) => (isRefused.has(index) ? 0 : patientId));
  }

  /** Tells the immunizations which patient each sender's key stands for. */
  async #link(isRefused: ReadonlySet<number>): Promise<void> {
    const { keyOf } = this.#set;
    const personOf = this.#personsWithout(isRefused);
    const { batchRows } = this.#context.sizes;
    for (let start = 0; start < keyOf.length; start += batchRows) {
      const end = Math.min(start + batchRows, keyOf.length);
      const missing = new Set(
        personOf.slice(start, end).filter((id) => id !== 0 && this.#findLinked(id) === undefined),
      );
      if (missing.size > 0) {
        for (const [id, patient] of await this.#context.store.readPatientDates([...missing]))
          this.#linked.set(id, patient);
      }
      for (let index = start; index < end; index++) {
        const patient = this.#findLinked(personOf[index]!);
        if (patient !== undefined) this.#bySource.setAt(keyOf[index]!, patient);
      }
    }
  }
}

/** Decisions but for those that say no more than that a record is new, in columns: an index, or minus the id of a patient. */
interface PackedDecisions {
  readonly joined: {
    readonly index: number[];
    readonly to: number[];
    readonly duplicate: number[];
    readonly repeatsId: number[];
  };
  readonly conflicts: { readonly index: number[]; readonly with: number[] };
}

function packDecisions(decisions: ReadonlyMap<number, PatientDecision>): PackedDecisions {
  const packed: PackedDecisions = {
    joined: { index: [], to: [], duplicate: [], repeatsId: [] },
    conflicts: { index: [], with: [] },
  };
  const numberOf = (who: DoubtfulPair['a']): number => ('index' in who ? who.index : -who.patientId);
  const { joined, conflicts } = packed;
  for (const [index, decision] of decisions) {
    if (decision.kind === 'joined') {
      joined.index.push(index);
      joined.to.push(numberOf(decision.to));
      joined.duplicate.push(Number(decision.duplicate));
      joined.repeatsId.push(Number(decision.repeatsId));
    } else if (decision.kind === 'conflict') {
      conflicts.index.push(index);
      conflicts.with.push(numberOf(decision.with));
    }
  }
  return packed;
}

/** The decisions, without the reasons: these were written. */
function unpackDecisions({ joined, conflicts }: PackedDecisions): ReadonlyMap<number, PatientDecision> {
  const decisions = new Map<number, PatientDecision>();
  const whoIs = (number: number): DoubtfulPair['a'] => (number < 0 ? { patientId: -number } : { index: number });
  joined.index.forEach((index, i) => {
    const [duplicate, repeatsId] = [joined.duplicate[i] === 1, joined.repeatsId[i] === 1];
    decisions.set(index, { kind: 'joined', to: whoIs(joined.to[i]!), reason: null, duplicate, repeatsId });
  });
  conflicts.index.forEach((index, i) => {
    decisions.set(index, { kind: 'conflict', with: whoIs(conflicts.with[i]!) });
  });
  return decisions;
}

/** What becomes of a record that is not in conflict. */
function fateOf(decision: PatientDecision): KeptFate {
  if (decision.kind !== 'joined') return 'loaded';
  return decision.duplicate ? 'duplicate' : 'merged';
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };
type PatientWritesInProgress = Mutable<PatientWrites>;

function emptyWrites(): PatientWritesInProgress {
  return { patients: [], updates: [], parts: [], sources: [], matchKeys: [], nameUses: [], reviews: [] };
}

function pairKey(a: number, b: number): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

/** The sender's key of a patient as a number, as `record_keys` has it. */
export function hashSourceKey(siteId: string, sourcePatientId: string): number {
  return hashText(sourceKey(siteId, sourcePatientId));
}

/** The site and the id that a sender's key is made of. */
export function splitSourceKey(key: string): SourceKey {
  const end = key.indexOf('\x1f');
  return { siteId: key.slice(0, end), sourcePatientId: key.slice(end + 1) };
}

function count<K>(uses: Map<K, number>, key: K): void {
  uses.set(key, (uses.get(key) ?? 0) + 1);
}

function addTo(map: Map<number, number[]>, key: number, value: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
