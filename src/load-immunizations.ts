/** The immunizations of a submission: link each dose to its patient, then store the doses patient by patient. */
import { WholeRow } from './core/columns.js';
import {
  type DestinedDose,
  type DoseDecisions,
  DoseMatcher,
  type DosePlace,
  type DoseRegrouping,
  reasonOf,
  type StoredDose,
} from './core/match/dose.js';
import { DOSE } from './core/model.js';
import { receivedDose } from './core/totals/received.js';
import { DoseCountsByYear } from './core/totals/stored.js';
import type { StoredDoses } from './db/run-contents.js';
import { type DoseWrites, dosePairKey, type RefusedRecord, type Regrouping, type ReviewedDoses } from './db/store.js';
import { DoseRemarks, type PlacedRemark } from './dose-remarks.js';
import { PatientOrder } from './files/patient-order.js';
import { type LinkedDose, Linker, linkBatch, linkCombined, linkTagged } from './link-doses.js';
import { hashSourceKey, type PatientLinks, type ReviewPair } from './load-patients.js';
import { RefusedDoses } from './refused.js';
import {
  type FileRun,
  type RunContext,
  readBatches,
  reportDateOrder,
  reportWholeFile,
  transformBlocks,
} from './run.js';

/** What became of the doses. */
export interface DoseCounts {
  readonly new: number;
  readonly merged: number;
  readonly duplicate: number;
  /** Pairs left to a reviewer. */
  readonly review: number;
}

/** What became of the doses, and the pairs for a reviewer. */
export interface DoseOutcomes {
  readonly counts: DoseCounts;
  /** New patients of the submission of whom a dose was loaded. */
  readonly newPatientsWithDoses: number;
  /**
   * The doses that the registry has now of these, by vaccine and year, in no order and with some of them in several
   * counts; `null` where it is not known what was written first, so that the registry must be asked.
   */
  readonly stored: readonly StoredDoses[] | null;
  readonly reviews: readonly ReviewPair[];
}

/** Loads all doses of a submission. `onStage` is told when time goes into storing rather than reading. */
export async function loadImmunizations(
  files: readonly FileRun[],
  links: PatientLinks,
  context: RunContext,
  firstNewImmunizationId: number,
  onStage: (stage: 'immunizations' | 'store') => void,
): Promise<DoseOutcomes> {
  const order = new PatientOrder(context.folder.workPath, context.sizes.sortCharacters);
  const writer = new DoseWriter(files, links, context, firstNewImmunizationId, onStage);
  const stream = new DoseStream(order);
  const linker = new Linker('immunization', links, context);
  try {
    onStage('immunizations');
    for (const [number, file] of files.entries()) {
      if (file.isCombined) {
        for await (const transformed of transformBlocks(file, context, 'reading immunizations', 'doses')) {
          const link = file.isTagged ? linkTagged : linkCombined;
          await link(transformed, file, number, linker, stream, context);
          await writer.write(stream.takeComplete(), stream);
        }
        reportDateOrder(file.dosePlans, file, context);
        if (file.isTagged) reportWholeFile(file, context);
        if (context.refusesFiles) file.requireFaultless();
        continue;
      }
      for await (const { block, batch } of readBatches(file, context, 'reading immunizations')) {
        await linkBatch(block, batch, file, number, linker, stream, context);
        await writer.write(stream.takeComplete(), stream);
      }
    }
    onStage('store');
    await writer.write(stream.takeRest(), stream);
    // Late doses are compared with what was stored of their patients: that must be in the store by then.
    await writer.flush();
    for (const sorted of order.patients()) {
      const doses = sorted.map((dose) => ({ ...dose, row: new WholeRow(dose.row) }));
      await writer.write([doses], stream, 'storing immunizations');
    }
    await writer.flush(true);
    await writer.rejectRefused();
    if (!context.unmapped.isEmpty) await context.unmapped.findNeighbours(linker, context.store);
    return await writer.finish();
  } finally {
    order.close();
  }
}

/** Numbers that were seen, one bit each. */
class NumberSet {
  #bits = new Uint8Array(1024);

  add(number: number): void {
    const byte = number >> 3;
    if (byte >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(byte + 1, this.#bits.length * 2));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[byte]! |= 1 << (number & 7);
  }

  has(number: number): boolean {
    return ((this.#bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }
}

/** Doses out of order that are put up with, and the share of them, before all further doses are sorted. */
const MOST_LATE_DOSES = 2_000;
const MOST_LATE_SHARE = 1 / 20;

/**
 * Brings the doses of each patient together.
 *
 * Most files have the doses of a patient one after the other: then a patient is complete as soon as the next begins. A
 * dose that comes after its patient was complete is sorted with its like, and stored at the end as if it came in a later
 * file. Where that happens often, the file is in another order, and all of its doses are sorted.
 */
class DoseStream {
  readonly #order: PatientOrder;
  readonly #begun = new NumberSet();
  #current: LinkedDose[] = [];
  #complete: LinkedDose[][] = [];
  #late = 0;
  #seen = 0;
  #sortsAll = false;

  constructor(order: PatientOrder) {
    this.#order = order;
  }

  add(dose: LinkedDose): void {
    this.#seen++;
    const current = this.#current[0];
    if (current !== undefined && current.patientId === dose.patientId && !this.#sortsAll) {
      this.#current.push(dose);
    } else if (this.#sortsAll || this.#begun.has(dose.patientId)) {
      this.#order.add({ ...dose, row: dose.row.toRow() });
      this.#late++;
      if (this.#late > MOST_LATE_DOSES && this.#late > this.#seen * MOST_LATE_SHARE) this.#sortsAll = true;
    } else {
      if (current !== undefined) this.#complete.push(this.#current);
      this.#begun.add(dose.patientId);
      this.#current = [dose];
    }
  }

  /** Whether some doses of the patient went another way than through the sorting. */
  hasStreamed(patientId: number): boolean {
    return this.#begun.has(patientId);
  }

  /** The patients that were completed since the last call. */
  takeComplete(): LinkedDose[][] {
    const complete = this.#complete;
    this.#complete = [];
    return complete;
  }

  /** What is left when all doses have come, but for the sorted ones. */
  takeRest(): LinkedDose[][] {
    const rest = this.takeComplete();
    if (this.#current.length > 0) rest.push(this.#current);
    this.#current = [];
    return rest;
  }
}

/**
 * Patients whose stored doses are held at once. A batch of one new dose each would else fetch the histories of as many
 * patients as it has rows: more than a gigabyte.
 */
const PATIENTS_READ_AT_ONCE = 500;

/** Decides about the doses of patients and writes them, many patients in one transaction. */
export class DoseWriter {
  readonly #files: readonly FileRun[];
  readonly #links: PatientLinks;
  readonly #context: RunContext;
  readonly #onStage: (stage: 'immunizations' | 'store') => void;
  readonly #matcher: DoseMatcher;
  readonly #remarks: DoseRemarks;
  readonly #counts = { new: 0, merged: 0, duplicate: 0 };
  /** New patients who have a dose. */
  #newPatientsWithDoses = 0;
  #nextId: number;
  /** Batches so far. */
  #batches = 0;
  #waiting: LinkedDose[][] = [];
  #waitingDoses = 0;
  /** Patients that may have doses in the store. */
  readonly #known = new Set<number>();
  readonly #refused: RefusedDoses;
  #stored = 0;
  /** Doses of this run that are in the registry as they were written first, and the ids of all others. */
  readonly #byYear = new DoseCountsByYear();
  readonly #changed = new Set<number>();
  readonly #firstId: number;
  /** Whether it is known of each batch what was written of it. */
  #isKnown = true;

  constructor(
    files: readonly FileRun[],
    links: PatientLinks,
    context: RunContext,
    firstId: number,
    onStage: (stage: 'immunizations' | 'store') => void,
  ) {
    this.#files = files;
    this.#links = links;
    this.#context = context;
    this.#matcher = new DoseMatcher(context.codes);
    this.#remarks = new DoseRemarks(files, context, context.issues.mostPerCode);
    this.#refused = new RefusedDoses(files, context);
    this.#nextId = firstId;
    this.#firstId = firstId;
    this.#onStage = onStage;
  }

  /** Takes patients with all of their doses, and writes when there are enough. `stage` says so on the screen, too. */
  async write(
    patients: readonly LinkedDose[][],
    stream: Pick<DoseStream, 'hasStreamed'>,
    stage?: 'storing immunizations',
  ): Promise<void> {
    const isLate = stage !== undefined;
    for (const doses of patients) {
      const { patientId } = doses[0]!;
      if (patientId < this.#links.firstNewPatientId || (isLate && stream.hasStreamed(patientId)))
        this.#known.add(patientId);
      this.#waiting.push(doses);
      this.#waitingDoses += doses.length;
    }
    if (this.#waitingDoses < this.#context.sizes.batchRows) return;
    if (isLate) this.#showProgress();
    else this.#onStage('store');
    await this.flush(isLate);
    if (!isLate) this.#onStage('immunizations');
  }

  #showProgress(): void {
    const total = this.#files.reduce(
      (sum, { records, fates }) => sum + records - fates.counts.rejected - fates.counts.skipped,
      0,
    );
    const done = this.#stored;
    this.#context.onProgress({ stage: 'storing immunizations', done, total, unit: 'records', records: done });
  }

  /** Writes what is waiting in one transaction. Where doses had to be sorted, the last one says nothing of the others. */
  async flush(isSorted = false): Promise<void> {
    if (this.#waitingDoses === 0) return;
    const { store, runId, signal, checkpoints } = this.#context;
    signal?.throwIfAborted();
    const doses = this.#waiting.flat();
    const { file, record, offset } = doses.at(-1)!;
    const place = isSorted ? null : { fileId: this.#files[file]!.fileId, record, offset };
    let written: DoseBatch | null = null as DoseBatch | null;
    const stored = await checkpoints.step<readonly RefusedRecord[], WrittenDoses>(
      { stage: 'immunizations', seq: this.#batches++, place },
      () => this.#files.map(({ read }) => read),
      async (keep) => {
        const batch = await this.#decide();
        const { writes, decided } = batch;
        const describe = (refused: readonly RefusedRecord[]): WrittenDoses => {
          return { ...decided, refused: this.#placesOf(refused, doses) };
        };
        await store.writeDoses(runId, writes, keep(describe));
        written = batch;
      },
    );
    this.#tell(stored, doses);
    // Of a batch that was written before the run was cut short, it is not known what the doses were made.
    if (written === null || stored.refused.length > 0) this.#isKnown = false;
    else this.#count(written);
    this.#stored += this.#waitingDoses;
    this.#waiting = [];
    this.#waitingDoses = 0;
    this.#known.clear();
  }

  /** Decides about the waiting doses by what the store has of their patients. */
  async #decide(): Promise<DoseBatch> {
    const { store } = this.#context;
    const batch = new DoseBatch(this.#files, this.#nextId);
    for (let start = 0; start < this.#waiting.length; start += PATIENTS_READ_AT_ONCE) {
      const patients = this.#waiting.slice(start, start + PATIENTS_READ_AT_ONCE);
      const known = patients.map((doses) => doses[0]!.patientId).filter((id) => this.#known.has(id));
      const stored = known.length === 0 ? new Map() : await store.readDoses(known);
      const reviewed = known.length === 0 ? NOTHING_REVIEWED : await store.readReviewedDoses(known);
      const shared = new Set(known.length === 0 ? [] : await store.findSharedPatients(known));
      for (const doses of patients) {
        const { patientId } = doses[0]!;
        const isShared = shared.has(patientId) || this.#links.shared.has(patientId);
        if (!isShared && !this.#known.has(patientId) && this.#matcher.areApart(doses.map(({ row }) => row))) {
          batch.addApart(doses);
          continue;
        }
        const decisions = this.#matcher.decide(
          doses.map(({ row }) => row.toRow()),
          stored.get(patientId) ?? [],
          reviewed.get(patientId)?.decided,
        );
        batch.add(decisions, doses, { asked: reviewed.get(patientId)?.asked ?? NONE_ASKED, isShared });
        batch.noteChanged(decisions, stored.get(patientId) ?? []);
      }
    }
    return batch;
  }

  /** Counts the doses of a batch, and takes those of earlier batches out that were put together anew. */
  #count({ writes, changed }: DoseBatch): void {
    for (const { row } of writes.doses) this.#byYear.add(row.value(DOSE.cvx)!, row.value(DOSE.administered_on)!);
    for (const { immunizationId, row } of changed) {
      if (immunizationId < this.#firstId || this.#changed.has(immunizationId)) continue;
      this.#byYear.take(row[DOSE.cvx]!, row[DOSE.administered_on]!);
      this.#changed.add(immunizationId);
    }
    for (const { made } of writes.regroupings) {
      for (const { immunizationId } of made) this.#changed.add(immunizationId);
    }
  }

  /** Which of the doses the database refused, and why. */
  #placesOf(refused: readonly RefusedRecord[], doses: readonly LinkedDose[]): WrittenDoses['refused'] {
    if (refused.length === 0) return [];
    const keyOf = (fileId: number, line: number): string => `${fileId} ${line}`;
    const reasons = new Map(refused.map(({ fileId, line, reason }) => [keyOf(fileId, line), reason]));
    return doses.flatMap(({ file, line }, i) => {
      const reason = reasons.get(keyOf(this.#files[file]!.fileId, line));
      return reason === undefined ? [] : [[i, reason] as const];
    });
  }

  /** Gives the doses of a batch their fates, and remembers what is to be told of them. */
  #tell({ fates, nextId, remarks, refused }: WrittenDoses, doses: readonly LinkedDose[]): void {
    for (const ofPatient of this.#waiting) this.#countDoses(ofPatient);
    doses.forEach(({ file, record, row }, i) => {
      const fate = DOSE_FATES[fates.charCodeAt(i) - ZERO]!;
      this.#files[file]!.settle(record, fate, 'immunization');
      this.#context.received?.addDose(receivedDose(row.toRow()), fate);
      this.#counts[fate === 'loaded' ? 'new' : fate]++;
    });
    this.#nextId = nextId;
    for (const { dose, other, ...remark } of remarks) {
      this.#remarks.add({ ...remark, dose: doses[dose]!, other: other === null ? null : doses[other]! });
    }
    for (const [i, reason] of refused) {
      const fate = DOSE_FATES[fates.charCodeAt(i) - ZERO]!;
      const dose = doses[i]!;
      this.#counts[fate === 'loaded' ? 'new' : fate]--;
      this.#files[dose.file]!.kept.immunization[fate]--;
      this.#context.received?.refuseDose(receivedDose(dose.row.toRow()), fate);
      this.#refused.add(dose, reason);
    }
  }

  /** Sets aside what the database refused, when all else is stored. */
  async rejectRefused(): Promise<void> {
    await this.#refused.reject();
  }

  /** Counts the doses of a patient for their files. Some may have come before. */
  #countDoses(doses: readonly LinkedDose[]): void {
    const patient = doses[0]!.patientId - this.#links.firstNewPatientId;
    if (patient >= 0 && !this.#files.some(({ counts }) => counts.doses.made?.perPatient.has(patient) === true)) {
      this.#newPatientsWithDoses++;
    }
    for (let first = 0; first < doses.length; ) {
      const { file } = doses[first]!;
      let end = first + 1;
      while (end < doses.length && doses[end]!.file === file) end++;
      this.#files[file]!.counts.doses.get().perPatient.add(patient, end - first);
      first = end;
    }
  }

  /** Reports what was found of doses beside each other, keeps the pairs for a reviewer, and gives the counts. */
  async finish(): Promise<DoseOutcomes> {
    this.#remarks.report();
    const reviews = await this.#remarks.keepReviews();
    const counts = { ...this.#counts, review: this.#remarks.doubts };
    return { counts, newPatientsWithDoses: this.#newPatientsWithDoses, reviews, stored: await this.#countStored() };
  }

  async #countStored(): Promise<DoseOutcomes['stored']> {
    if (!this.#isKnown || this.#byYear.added !== this.#counts.new) return null;
    const { store, runId } = this.#context;
    const changed = this.#changed.size === 0 ? [] : await store.countDoses(runId, [...this.#changed]);
    return [...this.#byYear.counts, ...changed];
  }
}

/** What becomes of a dose, each at the number by which a checkpoint tells it. */
const DOSE_FATES = ['loaded', 'merged', 'duplicate'] as const;
const ZERO = '0'.charCodeAt(0);
const LOADED = DOSE_FATES.indexOf('loaded');

/** What came of a batch of doses when it was written. */
interface WrittenDoses {
  /** A digit for each dose: which of {@link DOSE_FATES} it has. */
  readonly fates: string;
  /** The id that the next dose gets. */
  readonly nextId: number;
  readonly remarks: readonly StoredRemark[];
  /** Doses that the database refused, by their places in the batch, and why. */
  readonly refused: readonly (readonly [number, string])[];
}

/** A remark, with the places in the batch of the doses that it is about. */
type StoredRemark = Omit<PlacedRemark, 'dose' | 'other'> & { readonly dose: number; readonly other: number | null };

/** A batch while it is decided about: the rows that are written of it, and what must be known of it afterwards. */
class DoseBatch {
  readonly #files: readonly FileRun[];
  readonly writes: DoseWritesInProgress = {
    doses: [],
    updates: [],
    parts: [],
    duplicates: [],
    recordKeys: [],
    regroupings: [],
  };
  /** Stored doses that are changed or taken apart, as they are before. */
  readonly changed: StoredDose[] = [];
  #fates = '';
  #nextId: number;
  readonly #remarks: StoredRemark[] = [];

  constructor(files: readonly FileRun[], nextId: number) {
    this.#files = files;
    this.#nextId = nextId;
  }

  get decided(): Omit<WrittenDoses, 'refused'> {
    return { fates: this.#fates, nextId: this.#nextId, remarks: this.#remarks };
  }

  /** Adds the doses of a patient of whom each is a dose of its own. */
  addApart(doses: readonly LinkedDose[]): void {
    for (const { patientId, file, line, row } of doses) {
      this.#fates += LOADED;
      const { fileId } = this.#files[file]!;
      this.writes.doses.push({ immunizationId: this.#nextId++, patientId, row, fileId, line });
    }
  }

  /** Adds what was decided of one patient's doses. `asked` are the pairs that a reviewer was asked about before. */
  add(
    { outcomes, updates, regrouping, remarks }: DoseDecisions,
    doses: readonly LinkedDose[],
    { asked, isShared }: { readonly asked: ReadonlySet<string>; readonly isShared: boolean },
  ): void {
    const { writes } = this;
    const first = this.#fates.length;
    const ids = outcomes.map((outcome) => (outcome.kind === 'new' ? this.#nextId++ : 0));
    const idOf = (place: DosePlace): number => ('incoming' in place ? ids[place.incoming]! : place.immunizationId);
    for (let place = 0; place < outcomes.length; place++) {
      const outcome = outcomes[place]!;
      const { patientId, file, line, row } = doses[place]!;
      const { fileId } = this.#files[file]!;
      const fate = outcome.kind === 'new' ? 'loaded' : outcome.contributed ? 'merged' : 'duplicate';
      this.#fates += DOSE_FATES.indexOf(fate);
      if (outcome.kind === 'new') {
        const merged = new WholeRow(outcome.row);
        writes.doses.push({ immunizationId: ids[place]!, patientId, row: merged, fileId, line });
        for (const part of outcome.parts) writes.parts.push({ immunizationId: ids[place]!, row: part });
      } else {
        writes.duplicates.push({
          fileId,
          line,
          sourceImmunizationId: row.value(DOSE.source_immunization_id),
          immunizationId: idOf(outcome.as),
          part: outcome.part,
          reason: reasonOf(outcome),
        });
      }
    }
    for (const { immunizationId, row, parts } of updates) {
      writes.updates.push({ immunizationId, row });
      for (const part of parts) writes.parts.push({ immunizationId, row: part });
    }
    const regrouped = regrouping === null ? null : this.#regroup(regrouping, doses[0]!.patientId, idOf);
    if (regrouped !== null) writes.regroupings.push(regrouped);
    const doseId = (destined: DestinedDose): number => {
      if ('made' in destined) return regrouped!.made[destined.made]!.immunizationId;
      if ('immunizationId' in destined) return destined.immunizationId;
      const outcome = outcomes[destined.incoming]!;
      return outcome.kind === 'new' ? ids[destined.incoming]! : idOf(outcome.as);
    };
    for (const { kind, rule, place, dose, other } of remarks) {
      const [id, otherId] = [doseId(dose), doseId(other)];
      // Whatever a reviewer said of it.
      if (kind === 'in-doubt' && asked.has(dosePairKey(id, otherId))) continue;
      this.#remarks.push({
        kind,
        row: rule.row,
        words: rule.words,
        dose: first + place,
        other: 'incoming' in other ? first + other.incoming : null,
        immunizationIds: [id, otherId],
      });
    }
    if (isShared) this.#keepKeys(doses);
  }

  /** Notes which of a patient's stored doses change. */
  noteChanged({ updates, regrouping }: DoseDecisions, stored: readonly StoredDose[]): void {
    if (updates.length === 0 && regrouping === null) return;
    const changed = new Set(updates.map(({ immunizationId }) => immunizationId));
    for (const { from } of regrouping?.records ?? []) changed.add(from.immunizationId);
    this.changed.push(...stored.filter(({ immunizationId }) => changed.has(immunizationId)));
  }

  /** Gives ids to doses that are put together anew. */
  #regroup(regrouping: DoseRegrouping, patientId: number, idOf: (place: DosePlace) => number): Regrouping {
    const made = regrouping.made.map((dose) => ({ ...dose, immunizationId: this.#nextId++ }));
    const records = regrouping.records.map(({ from, to, part, reason }) => {
      const immunizationId = 'made' in to ? made[to.made]!.immunizationId : idOf(to);
      return { from, to: { immunizationId, part }, reason };
    });
    return { patientId, kept: regrouping.kept, made, records };
  }

  /** Remembers under which of their patient's ids doses came, for the day on which the patient is split again. */
  #keepKeys(doses: readonly LinkedDose[]): void {
    for (const { file, line, row } of doses) {
      const sourceKey = hashSourceKey(row.value(DOSE.site_id)!, row.value(DOSE.source_patient_id)!);
      this.writes.recordKeys.push({ fileId: this.#files[file]!.fileId, line, sourceKey });
    }
  }
}

const NOTHING_REVIEWED: ReadonlyMap<number, ReviewedDoses> = new Map();
const NONE_ASKED: ReadonlySet<string> = new Set();

type DoseWritesInProgress = { -readonly [K in keyof DoseWrites]: DoseWrites[K][number][] };
