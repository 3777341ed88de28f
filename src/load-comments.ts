/** The comments of a submission: link each to its patient, and store those that are not there already. */

import type { Step } from './checkpoints.js';
import type { IssueCode } from './core/catalogue.js';
import { WholeRow } from './core/columns.js';
import { COMMENT, type Row } from './core/model.js';
import { type Block, recordOffset } from './core/read/blocks.js';
import type { Batch } from './core/transform.js';
import type { FileRead, NewComment, RecordKey, RefusedRecord, Store } from './db/store.js';
import { Linker, LinkIssues } from './link-doses.js';
import { hashSourceKey, type PatientLinks, splitSourceKey } from './load-patients.js';
import { REFUSED, reportRefused } from './refused.js';
import { type FileRun, type RunContext, readBatches, rejectRecord, SITE_NOT_NAMED } from './run.js';
import type { NoPatient } from './source-keys.js';

/** What became of the comments. */
export interface CommentCounts {
  readonly new: number;
  readonly duplicate: number;
}

/** Loads all comments of a submission, whose patients are loaded by then. */
export async function loadComments(
  files: readonly FileRun[],
  links: PatientLinks,
  context: RunContext,
): Promise<CommentCounts> {
  const linker = new Linker('comment', links, context);
  const counts = { new: 0, duplicate: 0 };
  const sites = new CommentSites(links, context.site);
  let seq = 0;
  for (const file of files) {
    for await (const { block, batch } of readBatches(file, context, 'reading comments')) {
      const comments = await linkComments(block, batch, file, linker, sites, context);
      if (comments.length === 0) continue;
      const { record } = comments.at(-1)!;
      const place = { fileId: file.fileId, record, offset: recordOffset(block, record - block.firstRecord) };
      const step = { stage: 'comments', seq: seq++, place } as const;
      const filesRead = (): FileRead[] => files.map(({ read }) => read);
      await storeComments(comments, file, context, counts, { ...step, filesRead }, (comment, reason) =>
        rejectRefused(comment, reason, block, file, context),
      );
    }
  }
  return counts;
}

/**
 * The sites of comments that name none, as those of the WIR family: that of the patient with the comment's id, where the
 * submission has the id once; else the one that the command says or, without, the only one of the submission.
 */
class CommentSites {
  readonly #links: PatientLinks;
  readonly #given: string | null;
  /** By patient id; `null` for ids of several sites. Made when it is asked for. */
  #byId: Map<string, string | null> | null = null;
  #only: string | null = null;

  constructor(links: PatientLinks, given: string | null) {
    this.#links = links;
    this.#given = given;
  }

  /** The site of a patient with this id; `null` if it cannot be known. */
  find(sourcePatientId: string): string | null {
    this.#byId ??= this.#read();
    const own = this.#byId.get(sourcePatientId);
    return own ?? this.#given ?? (own === undefined ? this.#only : null);
  }

  #read(): Map<string, string | null> {
    const byId = new Map<string, string | null>();
    const all = new Set<string>();
    for (const key of this.#links.bySource.keys()) {
      const { siteId, sourcePatientId } = splitSourceKey(key);
      byId.set(sourcePatientId, byId.has(sourcePatientId) ? null : siteId);
      all.add(siteId);
    }
    this.#only = all.size === 1 ? [...all][0]! : null;
    return byId;
  }
}

/** A comment whose patient is known. */
export interface LinkedComment extends NewComment {
  readonly record: number;
  readonly sourcePatientId: string;
}

/** Links the comments of a batch, and sets aside those that cannot be. */
async function linkComments(
  block: Block,
  batch: Batch,
  file: FileRun,
  linker: Linker,
  sites: CommentSites,
  context: RunContext,
): Promise<LinkedComment[]> {
  const rows = [...batch.rows];
  for (const row of rows)
    if (row[COMMENT.site_id] === SITE_NOT_NAMED)
      row[COMMENT.site_id] = sites.find(row[COMMENT.source_patient_id]!) ?? SITE_NOT_NAMED;
  const links = await linker.linksOf(rows.map((row) => new WholeRow(row)));
  const linked: LinkedComment[] = [];
  const issues = [...batch.issues];
  const linkIssues = new LinkIssues(block, file.plan);
  const rejects: { index: number; codes: readonly IssueCode[] }[] = [...batch.rejected];
  for (const [i, row] of rows.entries()) {
    const index = batch.accepted[i]!;
    const link = links[i]!;
    if (typeof link === 'string') {
      const code = codeOf(link, row);
      const field = code === 'site-missing' ? 'site_id' : 'source_patient_id';
      issues.push(linkIssues.create(code, 'error', field, row, index));
      rejects.push({ index, codes: [code] });
      continue;
    }
    linked.push({
      record: block.firstRecord + index,
      fileId: file.fileId,
      line: block.lines[index]!,
      patientId: link.patientId,
      siteId: row[COMMENT.site_id]!,
      sourcePatientId: row[COMMENT.source_patient_id]!,
      code: row[COMMENT.comment_code]!,
      appliesOn: row[COMMENT.applies_on]!,
    });
  }
  for (const issue of issues.sort((a, b) => a.record - b.record)) context.issues.add(file.logNumber, issue);
  for (const { index, codes } of rejects.sort((a, b) => a.index - b.index)) {
    const bytes = block.bytes.subarray(block.starts[index], block.ends[index]);
    await rejectRecord(file, context, { bytes, record: block.firstRecord + index, line: block.lines[index]!, codes });
  }
  return linked;
}

/** Why a comment has no patient. */
function codeOf(link: 'unknown' | NoPatient, row: Row): IssueCode {
  if (row[COMMENT.site_id] === SITE_NOT_NAMED) return 'site-missing';
  return link === 'unknown' ? 'comment-patient-not-found' : 'comment-patient-rejected';
}

/** What came of a batch of comments when it was written. */
interface StoredComments {
  /** Places in the batch of those that the patient had already. */
  readonly repeated: readonly number[];
  /** Those that the database refused, by their places in the batch, and why. */
  readonly refused: readonly (readonly [number, string])[];
}

/**
 * Stores comments, in one transaction; one that the patient has already is a duplicate. `refuse` takes what the store
 * refuses.
 */
export async function storeComments(
  comments: readonly LinkedComment[],
  file: Pick<FileRun, 'settle'>,
  context: Pick<RunContext, 'store' | 'runId' | 'signal' | 'checkpoints'>,
  counts: { new: number; duplicate: number },
  { filesRead, ...step }: Step & { readonly filesRead: () => readonly FileRead[] },
  refuse: (comment: LinkedComment, reason: string) => Promise<void>,
): Promise<void> {
  const { store, runId, signal, checkpoints } = context;
  signal?.throwIfAborted();
  const stored = await checkpoints.step<readonly RefusedRecord[], StoredComments>(step, filesRead, async (keep) => {
    const { fresh, repeated, recordKeys } = await decide(comments, store);
    const describe = (refused: readonly RefusedRecord[]): StoredComments => {
      const reasons = new Map(refused.map(({ line, reason }) => [line, reason]));
      const isRefused = (comment: LinkedComment): boolean => reasons.has(comment.line) && fresh.has(comment);
      return {
        repeated: comments.flatMap((comment, i) => (fresh.has(comment) ? [] : [i])),
        refused: comments.flatMap((comment, i) => (isRefused(comment) ? [[i, reasons.get(comment.line)!]] : [])),
      };
    };
    await store.writeComments(runId, [...fresh], recordKeys, repeated, keep(describe));
  });
  const isRepeated = new Set(stored.repeated);
  for (const place of stored.repeated) {
    counts.duplicate++;
    file.settle(comments[place]!.record, 'duplicate', 'comment');
  }
  const reasons = new Map(stored.refused);
  for (const [place, comment] of comments.entries()) {
    const reason = reasons.get(place);
    if (reason !== undefined) await refuse(comment, reason);
    else if (!isRepeated.has(place)) {
      counts.new++;
      file.settle(comment.record, 'loaded', 'comment');
    }
  }
}

/** Which comments are new, and which their patients have already. */
async function decide(
  comments: readonly LinkedComment[],
  store: Store,
): Promise<{ fresh: ReadonlySet<LinkedComment>; repeated: readonly LinkedComment[]; recordKeys: RecordKey[] }> {
  const patientIds = [...new Set(comments.map(({ patientId }) => patientId))];
  const stored = await store.readComments(patientIds);
  const known = new Set(stored.map(keyOf));
  const fresh = new Set<LinkedComment>();
  const repeated: LinkedComment[] = [];
  for (const comment of comments) {
    const key = keyOf(comment);
    if (known.has(key)) repeated.push(comment);
    else fresh.add(comment);
    known.add(key);
  }
  const shared = new Set(await store.findSharedPatients(patientIds));
  const recordKeys = comments
    .filter(({ patientId }) => shared.has(patientId))
    .map(({ fileId, line, siteId, sourcePatientId }) => {
      return { fileId, line, sourceKey: hashSourceKey(siteId, sourcePatientId) };
    });
  return { fresh, repeated, recordKeys };
}

/** Rejects a comment that the database refused. */
async function rejectRefused(
  { record, line, sourcePatientId }: LinkedComment,
  reason: string,
  block: Block,
  file: FileRun,
  context: RunContext,
): Promise<void> {
  const index = record - block.firstRecord;
  const offset = recordOffset(block, index);
  const place = { record, line, offset, sourcePatientId, sourceImmunizationId: null, reason };
  reportRefused(place, 'refused-doses', file, context);
  const bytes = block.bytes.subarray(block.starts[index], block.ends[index]);
  await rejectRecord(file, context, { bytes, record, line, codes: [REFUSED] });
}

/** Equal for comments that say the same, whoever sent them. */
function keyOf({ patientId, code, appliesOn }: Pick<NewComment, 'patientId' | 'code' | 'appliesOn'>): string {
  return `${patientId} ${appliesOn ?? ''} ${code}`;
}
