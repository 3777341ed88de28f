/** Links doses to their patients: the doses of a file of their own, and those of records that hold the patient, too. */
import type { IssueCode } from './core/catalogue.js';
import { type RowView, WholeRow } from './core/columns.js';
import type { Issue } from './core/issue.js';
import { sourceKey } from './core/match/patient.js';
import {
  DOSE,
  type FieldName,
  ID_SLOTS,
  type IdSlots,
  IMMUNIZATION_FIELDS,
  type RecordRole,
  type Row,
  type Severity,
} from './core/model.js';
import type { TransformPlan } from './core/plan.js';
import { type Block, type PatientLine, recordOffset } from './core/read/blocks.js';
import { LineKind } from './core/read/frame.js';
import { LINK_RULES } from './core/rules/immunization.js';
import { SHARED_FIELDS } from './core/spec.js';
import { factsOf } from './core/suggest/facts.js';
import { wantsFacts } from './core/suggest/suggesters.js';
import { type ReceivedDose, receivedDose } from './core/totals/received.js';
import { type Batch, createValueReader } from './core/transform.js';
import type { LinkedPatient } from './db/store.js';
import type { OrderedRow } from './files/patient-order.js';
import type { PatientLinks } from './load-patients.js';
import { addChanges, type FileRun, type RunContext, rejectRecord, type TransformedBlock, takeBatch } from './run.js';
import type { NoPatient } from './source-keys.js';

/** Slots that the registry tables do not have, but for the patient's id, which issues are told with. */
const UNSTORED = Object.entries(IMMUNIZATION_FIELDS)
  .filter(([name, definition]) => 'stored' in definition && name !== 'source_patient_id')
  .map(([name]) => DOSE[name as keyof typeof DOSE]);

/** A dose whose patient is known, and where it came from. */
export interface LinkedDose extends Omit<OrderedRow, 'row'> {
  readonly row: RowView;
}

/** Takes doses whose patient is known. */
export interface DoseSink {
  add(dose: LinkedDose): void;
}

/** What a sender's key leads to. */
type Link = LinkedPatient | NoPatient | 'unknown';

/** Finds the patients of doses or comments: first among the submission's own, then in the store. */
export class Linker {
  readonly #siteSlot: number;
  readonly #idSlot: number;
  readonly #links: PatientLinks;
  readonly #context: RunContext;
  /** Keys that were looked up in the store. */
  readonly #looked = new Map<string, Link>();

  constructor(role: RecordRole, links: PatientLinks, context: RunContext) {
    const { site, patient } = ID_SLOTS[role];
    this.#siteSlot = site;
    this.#idSlot = patient;
    this.#links = links;
    this.#context = context;
  }

  /** What each row leads to. The store is asked for what the submission's own patients do not answer. */
  async linksOf(rows: readonly RowView[]): Promise<readonly Link[]> {
    const links = new Array<Link>(rows.length).fill('unknown');
    const missing = new Map<string, Set<string>>();
    this.#lookUpAll(rows, links, missing);
    if (missing.size === 0) return links;
    for (const [site, ids] of missing) {
      const found = await this.#context.store.findLinkedPatients(site, [...ids]);
      for (const id of ids) this.#looked.set(sourceKey(site, id), found.get(id) ?? 'unknown');
    }
    this.#lookUpAll(rows, links, missing);
    return links;
  }

  /** Looks up rows, of which most files have those of a patient one after the other. `missing` gets what is not known. */
  #lookUpAll(rows: readonly RowView[], links: Link[], missing: Map<string, Set<string>>): void {
    let lastSite: string | null = null;
    let lastId: string | null = null;
    for (let i = 0; i < rows.length; i++) {
      const site = rows[i]!.value(this.#siteSlot)!;
      const id = rows[i]!.value(this.#idSlot)!;
      if (i > 0 && id === lastId && site === lastSite) links[i] = links[i - 1]!;
      else links[i] = this.#lookUp(site, id, missing);
      lastSite = site;
      lastId = id;
    }
  }

  #lookUp(site: string, id: string, missing: Map<string, Set<string>>): Link {
    const key = sourceKey(site, id);
    const own = this.#links.bySource.get(key);
    // A rejected record may belong to a patient whom an earlier run has loaded.
    if (own !== undefined && own !== 'rejected') return own;
    const stored = this.#looked.get(key);
    if (stored !== undefined && stored !== 'unknown') return stored;
    if (stored === undefined) {
      const ids = missing.get(site);
      if (ids === undefined) missing.set(site, new Set([id]));
      else ids.add(id);
    }
    return own ?? 'unknown';
  }
}

/** Links the doses of a batch: to the stream, or to the rejects. */
export async function linkBatch(
  block: Block,
  batch: Batch,
  file: FileRun,
  number: number,
  linker: Linker,
  stream: DoseSink,
  context: RunContext,
): Promise<void> {
  const rows = Array.from({ length: batch.rows.count }, (_, i) => batch.rows.view(i));
  const stored = batch.rows.without(UNSTORED);
  const links = await linker.linksOf(rows);
  const rejects: { index: number; codes: readonly IssueCode[] }[] = [...batch.rejected];
  const { received } = context;
  if (received !== null) {
    for (const { index, row } of batch.rejected) received.addDose(receivedOf(index, row, batch), 'rejected');
  }
  const issues = [...batch.issues];
  const plan = file.dosePlans[0] ?? file.plan;
  const linkIssues = new LinkIssues(block, plan);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const index = batch.accepted[i]!;
    const link = links[i]!;
    const found = findLinkIssues(link, row, index, linkIssues);
    if (found.length > 0) {
      issues.push(...found);
      const errors = found.filter(({ severity }) => severity === 'error');
      if (errors.length > 0) {
        rejects.push({ index, codes: errors.map(({ code }) => code) });
        received?.addDose(receivedOf(index, row.toRow(), batch), 'rejected');
        if (file.counts.takes(block.firstRecord + index)) file.counts.addRefusedDose(row.toRow());
        continue;
      }
    }
    const { patientId, birthDate } = link as LinkedPatient;
    const record = block.firstRecord + index;
    const dose = stored === batch.rows ? row : stored.view(i);
    if (file.counts.takes(record)) file.counts.doses.get().add(dose.toRow(), birthDate);
    const offset = recordOffset(block, index);
    stream.add({ patientId, file: number, record, line: block.lines[index]!, offset, row: dose });
  }
  if (issues.length > batch.issues.length) issues.sort((a, b) => a.record - b.record);
  for (const issue of issues) context.issues.add(file.logNumber, issue);
  if (file.isTagged) addRejectedPatients(block, file, rejects);
  rejects.sort((a, b) => a.index - b.index);
  for (const { index, codes } of rejects) {
    const bytes = block.bytes.subarray(block.starts[index], block.ends[index]);
    const reject = { bytes, record: block.firstRecord + index, line: block.lines[index]!, codes };
    await rejectRecord(file, context, file.isTagged ? { ...reject, under: patientAbove(block, index) } : reject);
  }
}

/** A dose of a batch as it was received. */
function receivedOf(index: number, row: Row | null, { unresolved }: Batch): ReceivedDose {
  const isResolved = row?.[DOSE.cvx] != null;
  const clues = isResolved ? undefined : unresolved.find((each) => each.index === index)?.clues;
  return receivedDose(row, clues?.[0]?.value);
}

/** Links the doses of a block of a tagged file. What concerns its other lines was told when they were read as patients. */
export async function linkTagged(
  { block, batches }: TransformedBlock,
  file: FileRun,
  number: number,
  linker: Linker,
  stream: DoseSink,
  context: RunContext,
): Promise<void> {
  const batch = takeBatch(block, batches[0]!, file.dosePlans[0]!, file.seenOfDoses, file, context);
  await linkBatch(block, batch, file, number, linker, stream, context);
}

/** Adds the lines of a block that were rejected when patients were read. */
function addRejectedPatients(
  block: Block,
  file: FileRun,
  rejects: { index: number; codes: readonly IssueCode[] }[],
): void {
  for (let index = 0; index < block.count; index++) {
    const codes = file.rejectedPatients.get(block.firstRecord + index);
    if (codes !== undefined) rejects.push({ index, codes });
  }
}

/** The patient whom a line belongs to, and its own one if it is a patient; `null` where there is none. */
export function patientAbove(block: Block, index: number): PatientLine | null {
  const { kinds, firstRecord, starts, ends, shapes, bytes } = block;
  const kind = kinds![index];
  if (kind !== LineKind.patient && kind !== LineKind.immunization) return null;
  for (let at = index; at >= 0; at--) {
    if (kinds![at] !== LineKind.patient) continue;
    return { bytes: bytes.subarray(starts[at], ends[at]), record: firstRecord + at, shape: shapes[at]! };
  }
  return block.above;
}

/** Makes issues about the links of the records of a block. */
export class LinkIssues {
  readonly #block: Block;
  readonly #plan: TransformPlan;
  readonly #slots: IdSlots;
  readonly #readValue: ReturnType<typeof createValueReader>;
  readonly severities: TransformPlan['severities'];

  constructor(block: Block, plan: TransformPlan) {
    this.#block = block;
    this.#plan = plan;
    this.#slots = ID_SLOTS[plan.role];
    this.#readValue = createValueReader(block, plan);
    this.severities = plan.severities;
  }

  create(
    code: IssueCode,
    severity: Severity,
    field: FieldName,
    row: Row,
    index: number,
    linked: LinkedPatient | null = null,
  ): Issue {
    const { patient, immunization } = this.#slots;
    const readValue = (each: FieldName): string | null => this.#readValue(index, each);
    return {
      code,
      severity,
      record: this.#block.firstRecord + index,
      line: this.#block.lines[index]!,
      offset: recordOffset(this.#block, index),
      sourcePatientId: row[patient]!,
      sourceImmunizationId: immunization === null ? null : row[immunization]!,
      field,
      column: this.#plan.doseNames?.get(field) ?? null,
      documentCode: null,
      value: readValue(field),
      after: null,
      expected: null,
      other: null,
      facts: wantsFacts(code) ? factsOf(row, this.#plan, readValue, linked) : null,
    };
  }
}

const NO_ISSUES: readonly Issue[] = [];

/** What is wrong with a dose for its patient; a dose without a patient has an error. */
function findLinkIssues(link: Link, row: RowView, index: number, issues: LinkIssues): readonly Issue[] {
  if (typeof link === 'string') {
    const code = link === 'unknown' ? 'patient-not-found' : 'patient-rejected';
    return [issues.create(code, 'error', 'source_patient_id', row.toRow(), index)];
  }
  let found: Issue[] | null = null;
  const [day, cvx] = [row.value(DOSE.administered_on)!, row.value(DOSE.cvx)!];
  for (const { code, holds } of LINK_RULES) {
    const severity = issues.severities[code];
    if (severity === 'off' || holds(day, link, cvx)) continue;
    found ??= [];
    found.push(issues.create(code, severity, 'administered_on', row.toRow(), index, link));
  }
  return found ?? NO_ISSUES;
}

/**
 * Links the doses of a block of combined records: all of a record's doses, or none if anything keeps one of them out. What
 * concerns the record as a whole, or its patient, was told when it was read as a patient.
 */
export async function linkCombined(
  { block, batches }: TransformedBlock,
  file: FileRun,
  number: number,
  linker: Linker,
  stream: DoseSink,
  context: RunContext,
): Promise<void> {
  const records = new CombinedBlock(block, file);
  for (const [i, plan] of file.dosePlans.entries()) {
    const batch = batches[i]!;
    addChanges(batch, plan, context);
    file.counts.addBatch(plan.role, batch, block.firstRecord);
    context.unmapped.add(batch);
    const rows = [...batch.rows];
    const links = await linker.linksOf(rows.map((row) => new WholeRow(row)));
    records.add(batch, rows, plan, links);
    if (context.received !== null) records.addReceived(batch, rows);
  }
  for (const issue of records.issues()) context.issues.add(file.logNumber, issue, 'doses');
  for (let index = 0; index < block.count; index++) {
    const record = block.firstRecord + index;
    const line = block.lines[index]!;
    const codes = records.codesOf(index);
    if (codes.length > 0) {
      for (const dose of records.receivedOf(index)) context.received?.addDose(dose, 'rejected');
      const bytes = block.bytes.subarray(block.starts[index], block.ends[index]);
      await rejectRecord(file, context, { bytes, record, line, codes });
      continue;
    }
    for (const { row, patientId } of records.dosesOf(index)) {
      for (const slot of UNSTORED) row[slot] = null;
      const offset = recordOffset(block, index);
      stream.add({ patientId, file: number, record, line, offset, row: new WholeRow(row) });
    }
  }
}

/** What the records of a combined block hold: their doses, and the faults of each. */
class CombinedBlock {
  readonly #block: Block;
  readonly #file: FileRun;
  readonly #codes = new Map<number, Set<IssueCode>>();
  readonly #doses = new Map<number, { readonly row: Row; readonly patientId: number }[]>();
  /** What can be read of the doses of a record, where that is counted. */
  readonly #received = new Map<number, ReceivedDose[]>();
  /** By code, field and value: a column that all doses share is told once. */
  readonly #issues = new Map<string, Issue>();

  constructor(block: Block, file: FileRun) {
    this.#block = block;
    this.#file = file;
    for (let index = 0; index < block.count; index++) {
      const record = block.firstRecord + index;
      const codes = [...(file.rejectedPatients.get(record) ?? []), ...(file.keptOut.get(record) ?? [])];
      if (codes.length > 0) this.#codes.set(index, new Set(codes));
    }
  }

  /** Adds one dose of each record that has it. */
  add(batch: Batch, rows: readonly Row[], plan: TransformPlan, links: readonly Link[]): void {
    const { otherHeaders } = this.#file;
    for (const issue of batch.issues) if (!isOfPatient(issue) && !otherHeaders.has(issue.record)) this.#addIssue(issue);
    const linkIssues = new LinkIssues(this.#block, plan);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const index = batch.accepted[i]!;
      // A patient that was rejected with this record is told already.
      if (this.#file.rejectedPatients.has(this.#block.firstRecord + index)) continue;
      const link = links[i]!;
      const found = findLinkIssues(link, new WholeRow(row), index, linkIssues);
      for (const issue of found) this.#addIssue(issue);
      if (typeof link !== 'string' && !found.some(({ severity }) => severity === 'error')) {
        const doses = this.#doses.get(index);
        const dose = { row, patientId: link.patientId };
        const { counts } = this.#file;
        if (counts.takes(this.#block.firstRecord + index)) counts.doses.get().add(row, link.birthDate);
        if (doses === undefined) this.#doses.set(index, [dose]);
        else doses.push(dose);
      } else if (this.#file.counts.takes(this.#block.firstRecord + index)) {
        this.#file.counts.addRefusedDose(row);
      }
    }
  }

  /** Takes what can be read of one dose of each record that has it. A record that cannot be read is one. */
  addReceived(batch: Batch, rows: readonly Row[]): void {
    const add = (index: number, row: Row | null): void => {
      const doses = this.#received.get(index);
      const dose = receivedOf(index, row, batch);
      if (doses === undefined) this.#received.set(index, [dose]);
      else if (row !== null) doses.push(dose);
    };
    batch.accepted.forEach((index, i) => {
      add(index, rows[i]!);
    });
    for (const { index, row } of batch.rejected) add(index, row);
  }

  receivedOf(index: number): readonly ReceivedDose[] {
    return this.#received.get(index) ?? [];
  }

  #addIssue(issue: Issue): void {
    const key = [issue.record, issue.code, issue.column ?? issue.field, issue.value].join('\x1f');
    if (this.#issues.has(key)) return;
    this.#issues.set(key, issue);
    if (issue.severity !== 'error') return;
    const index = issue.record - this.#block.firstRecord;
    const codes = this.#codes.get(index);
    if (codes === undefined) this.#codes.set(index, new Set([issue.code]));
    else codes.add(issue.code);
  }

  /** All issues, in the order of the records. */
  issues(): Issue[] {
    return [...this.#issues.values()].sort((a, b) => a.record - b.record);
  }

  /** Why a record is rejected; none if it is not. */
  codesOf(index: number): readonly IssueCode[] {
    return [...(this.#codes.get(index) ?? [])];
  }

  dosesOf(index: number): readonly { readonly row: Row; readonly patientId: number }[] {
    return this.#doses.get(index) ?? [];
  }
}

/** Whether an issue is about the record or its patient, and was found when the record was read as a patient. */
function isOfPatient({ field, column }: Issue): boolean {
  if (column !== null) return false;
  return field === null || SHARED_FIELDS.includes(field);
}
