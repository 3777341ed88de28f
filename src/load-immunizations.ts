/** The immunizations of a submission: link each dose to its patient, then store the doses patient by patient. */
import type { IssueCode } from './core/catalogue.js';
import type { Issue } from './core/issue.js';
import { type DoseDecisions, decideDoses, reasonOf } from './core/match/dose.js';
import { sourceKey } from './core/match/patient.js';
import { DOSE, IMMUNIZATION_FIELDS, type Row } from './core/model.js';
import type { Block } from './core/read/blocks.js';
import { LINK_RULES } from './core/rules/immunization.js';
import { type Batch, createValueReader } from './core/transform.js';
import type { DoseWrites, LinkedPatient } from './db/store.js';
import { type OrderedRow, PatientOrder } from './files/patient-order.js';
import type { NoPatient, PatientLinks } from './load-patients.js';
import { type FileRun, type RunContext, readBatches, rejectRecord } from './run.js';

/** Slots that the registry tables do not have: the dose's patient is known by then. */
const UNSTORED = Object.entries(IMMUNIZATION_FIELDS)
  .filter(([, definition]) => 'stored' in definition)
  .map(([name]) => DOSE[name as keyof typeof DOSE]);

/** Loads all immunization files of a submission. `onStage` is told when time goes into storing rather than reading. */
export async function loadImmunizations(
  files: readonly FileRun[],
  links: PatientLinks,
  context: RunContext,
  firstNewImmunizationId: number,
  onStage: (stage: 'immunizations' | 'store') => void,
): Promise<void> {
  const order = new PatientOrder(context.folder.workPath, context.sizes.sortCharacters);
  const writer = new DoseWriter(files, links, context, firstNewImmunizationId, onStage);
  const stream = new DoseStream(order);
  const linker = new Linker(links, context);
  try {
    onStage('immunizations');
    for (const [number, file] of files.entries()) {
      for await (const { block, batch } of readBatches(file, context, 'reading immunizations')) {
        await linkBatch(block, batch, file, number, linker, stream, context);
        await writer.write(stream.takeComplete(), stream);
      }
    }
    onStage('store');
    await writer.write(stream.takeRest(), stream);
    // Late doses are compared with what was stored of their patients: that must be in the store by then.
    await writer.flush();
    for (const doses of order.patients()) await writer.write([doses], stream, 'storing immunizations');
    await writer.flush();
  } finally {
    order.close();
  }
}

/** What a sender's key leads to. */
type Link = LinkedPatient | NoPatient | 'unknown';

/** Finds the patients of doses: first among the submission's own, then in the store. */
class Linker {
  readonly #links: PatientLinks;
  readonly #context: RunContext;
  /** Keys that were looked up in the store. */
  readonly #looked = new Map<string, Link>();
  /** The answer given last: most files have the doses of a patient one after the other. */
  #lastSite: string | null = null;
  #lastId: string | null = null;
  #last: Link = 'unknown';

  constructor(links: PatientLinks, context: RunContext) {
    this.#links = links;
    this.#context = context;
  }

  /** Looks up in the store what the submission's own patients do not answer. */
  async prepare(rows: readonly Row[]): Promise<void> {
    const missing = new Map<string, Set<string>>();
    let lastSite: string | null = null;
    let lastId: string | null = null;
    for (const row of rows) {
      const site = row[DOSE.site_id]!;
      const id = row[DOSE.source_patient_id]!;
      if (id === lastId && site === lastSite) continue;
      const key = sourceKey(site, id);
      const own = this.#links.bySource.get(key);
      // A rejected record may belong to a patient whom an earlier run has loaded.
      if ((own !== undefined && own !== 'rejected') || this.#looked.has(key)) {
        lastSite = site;
        lastId = id;
        continue;
      }
      let ids = missing.get(site);
      if (ids === undefined) {
        ids = new Set();
        missing.set(site, ids);
      }
      ids.add(id);
    }
    for (const [site, ids] of missing) {
      const found = await this.#context.store.findLinkedPatients(site, [...ids]);
      for (const id of ids) this.#looked.set(sourceKey(site, id), found.get(id) ?? 'unknown');
    }
  }

  find(row: Row): Link {
    const site = row[DOSE.site_id]!;
    const id = row[DOSE.source_patient_id]!;
    if (id !== this.#lastId || site !== this.#lastSite) {
      this.#lastSite = site;
      this.#lastId = id;
      this.#last = this.#lookUp(sourceKey(site, id));
    }
    return this.#last;
  }

  #lookUp(key: string): Link {
    const own = this.#links.bySource.get(key);
    if (own !== undefined && own !== 'rejected') return own;
    const stored = this.#looked.get(key) ?? 'unknown';
    return stored === 'unknown' && own === 'rejected' ? 'rejected' : stored;
  }
}

/** Links the doses of a batch: to the stream, or to the rejects. */
async function linkBatch(
  block: Block,
  batch: Batch,
  file: FileRun,
  number: number,
  linker: Linker,
  stream: DoseStream,
  context: RunContext,
): Promise<void> {
  await linker.prepare(batch.rows);
  const rejects: { index: number; codes: readonly IssueCode[] }[] = [...batch.rejected];
  const issues = [...batch.issues];
  // Made when the first value is asked for: most batches need none.
  let readValue: ReturnType<typeof createValueReader> | null = null;
  const addIssue = (code: IssueCode, severity: Issue['severity'], row: Row, index: number): void => {
    readValue ??= createValueReader(block, file.plan);
    issues.push(linkIssue(code, severity, row, block, index, readValue));
  };
  for (let i = 0; i < batch.rows.length; i++) {
    const row = batch.rows[i]!;
    const index = batch.accepted[i]!;
    const link = linker.find(row);
    let codes: IssueCode[] | null = null;
    if (typeof link === 'string') {
      codes = [link === 'unknown' ? 'patient-not-found' : 'patient-rejected'];
      addIssue(codes[0]!, 'error', row, index);
    } else {
      for (const { code, holds } of LINK_RULES) {
        if (holds(row[DOSE.administered_on]!, link)) continue;
        const severity = file.plan.severities[code];
        if (severity !== 'off') addIssue(code, severity, row, index);
        if (severity === 'error') codes = [...(codes ?? []), code];
      }
    }
    if (codes !== null) rejects.push({ index, codes });
    else {
      for (const slot of UNSTORED) row[slot] = null;
      const { patientId } = link as LinkedPatient;
      stream.add({ patientId, file: number, record: block.firstRecord + index, line: block.lines[index]!, row });
    }
  }
  if (issues.length > batch.issues.length) issues.sort((a, b) => a.record - b.record);
  for (const issue of issues) context.issues.add(file.logNumber, issue);
  rejects.sort((a, b) => a.index - b.index);
  for (const { index, codes } of rejects) {
    const bytes = block.bytes.subarray(block.starts[index], block.ends[index]);
    await rejectRecord(file, context, { bytes, record: block.firstRecord + index, line: block.lines[index]!, codes });
  }
}

function linkIssue(
  code: IssueCode,
  severity: Issue['severity'],
  row: Row,
  block: Block,
  index: number,
  readValue: ReturnType<typeof createValueReader>,
): Issue {
  const field = code.startsWith('patient') ? 'source_patient_id' : 'administered_on';
  return {
    code,
    severity,
    record: block.firstRecord + index,
    line: block.lines[index]!,
    offset: block.offset + block.starts[index]!,
    sourcePatientId: row[DOSE.source_patient_id]!,
    sourceImmunizationId: row[DOSE.source_immunization_id]!,
    field,
    value: readValue(index, field),
    after: null,
    expected: null,
    other: null,
  };
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
  #current: OrderedRow[] = [];
  #complete: OrderedRow[][] = [];
  #late = 0;
  #seen = 0;
  #sortsAll = false;

  constructor(order: PatientOrder) {
    this.#order = order;
  }

  add(dose: OrderedRow): void {
    this.#seen++;
    const current = this.#current[0];
    if (current !== undefined && current.patientId === dose.patientId && !this.#sortsAll) {
      this.#current.push(dose);
    } else if (this.#sortsAll || this.#begun.has(dose.patientId)) {
      this.#order.add(dose);
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
  takeComplete(): OrderedRow[][] {
    const complete = this.#complete;
    this.#complete = [];
    return complete;
  }

  /** What is left when all doses have come, but for the sorted ones. */
  takeRest(): OrderedRow[][] {
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
class DoseWriter {
  readonly #files: readonly FileRun[];
  readonly #links: PatientLinks;
  readonly #context: RunContext;
  readonly #onStage: (stage: 'immunizations' | 'store') => void;
  #nextId: number;
  #waiting: OrderedRow[][] = [];
  #waitingDoses = 0;
  /** Patients that may have doses in the store. */
  readonly #known = new Set<number>();
  #stored = 0;

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
    this.#nextId = firstId;
    this.#onStage = onStage;
  }

  /** Takes patients with all of their doses, and writes when there are enough. `stage` says so on the screen, too. */
  async write(patients: readonly OrderedRow[][], stream: DoseStream, stage?: 'storing immunizations'): Promise<void> {
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
    await this.flush();
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

  /** Writes what is waiting in one transaction. */
  async flush(): Promise<void> {
    if (this.#waitingDoses === 0) return;
    const { store, runId, signal } = this.#context;
    signal?.throwIfAborted();
    const writes: DoseWritesInProgress = { doses: [], updates: [], parts: [], duplicates: [] };
    for (let start = 0; start < this.#waiting.length; start += PATIENTS_READ_AT_ONCE) {
      const patients = this.#waiting.slice(start, start + PATIENTS_READ_AT_ONCE);
      const known = patients.map((doses) => doses[0]!.patientId).filter((id) => this.#known.has(id));
      const stored = known.length === 0 ? new Map() : await store.readDoses(known);
      for (const doses of patients) {
        const decisions = decideDoses(
          doses.map((dose) => dose.row),
          stored.get(doses[0]!.patientId) ?? [],
        );
        this.#collect(decisions, doses, writes);
      }
    }
    await store.writeDoses(runId, writes);
    this.#stored += this.#waitingDoses;
    this.#waiting = [];
    this.#waitingDoses = 0;
    this.#known.clear();
  }

  /** Turns the decisions about one patient's doses into rows and fates. */
  #collect({ outcomes, updates }: DoseDecisions, doses: readonly OrderedRow[], writes: DoseWritesInProgress): void {
    const ids = outcomes.map((outcome) => (outcome.kind === 'new' ? this.#nextId++ : 0));
    for (let place = 0; place < outcomes.length; place++) {
      const outcome = outcomes[place]!;
      const { patientId, file, record, line, row } = doses[place]!;
      const { fileId, fates } = this.#files[file]!;
      if (outcome.kind === 'new') {
        fates.set(record, 'loaded');
        writes.doses.push({ immunizationId: ids[place]!, patientId, row: outcome.row, fileId, line });
        for (const part of outcome.parts) writes.parts.push({ immunizationId: ids[place]!, row: part });
      } else {
        fates.set(record, outcome.contributed ? 'merged' : 'duplicate');
        writes.duplicates.push({
          fileId,
          line,
          sourceImmunizationId: row[DOSE.source_immunization_id]!,
          immunizationId: 'incoming' in outcome.as ? ids[outcome.as.incoming]! : outcome.as.immunizationId,
          reason: reasonOf(outcome),
        });
      }
    }
    for (const { immunizationId, row, parts } of updates) {
      writes.updates.push({ immunizationId, row });
      for (const part of parts) writes.parts.push({ immunizationId, row: part });
    }
  }
}

type DoseWritesInProgress = { -readonly [K in keyof DoseWrites]: DoseWrites[K][number][] };
