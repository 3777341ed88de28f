/** Brings records of a run back that were taken back with another run: decided and written by what loads them, from what was kept. */
import { Checkpoints } from './checkpoints.js';
import { ISSUE_CODES } from './core/catalogue.js';
import type { Codes } from './core/codes.js';
import { WholeRow } from './core/columns.js';
import type { PatientDecision } from './core/match/patient.js';
import type { Spec } from './core/spec.js';
import { FileCounts } from './core/whole/file-counts.js';
import type { NextIds, SourceKey, Store } from './db/store.js';
import type { UndoneRun } from './db/undo/concerned.js';
import type { KeptSource } from './db/undo/records.js';
import type { RunUndo } from './db/undo/run-undo.js';
import { storeComments } from './load-comments.js';
import { DoseWriter } from './load-immunizations.js';
import { type PatientLinks, PatientMatcher, PatientSet } from './load-patients.js';
import { DEFAULT_SIZES, type FileRun, noKept, type RunContext } from './run.js';
import { SourceLinks } from './source-keys.js';

/** Who the patients of before are by now. */
export type Successors = Map<number, number>;

/** How the records of a run are brought back. */
export interface ReplayOptions {
  /** Those alone that later runs need. */
  readonly onlyStaying: boolean;
  readonly isAnew: boolean;
  readonly firstIds: NextIds;
  readonly successors: Successors;
}

/** Records with which doses are written at once. */
const DOSES_AT_ONCE = 20_000;

/**
 * Brings the records of a run back. A run that matched by name is decided about anew, and one that matched by weight where
 * `isAnew`: then all of its records must come back. Else they stay together as they were. Gives the ids that stand for more
 * than one person now, in which case all of it must be given up.
 */
export async function replayRun(
  store: Store,
  registry: RunUndo,
  run: UndoneRun,
  codes: Codes,
  options: ReplayOptions,
): Promise<readonly SourceKey[]> {
  const { onlyStaying, isAnew, firstIds, successors } = options;
  const isDecided = run.matchModel !== 'exact' && !isAnew;
  const close = await registry.reopen(run.id);
  const sources = await registry.kept.readSources(run.id, onlyStaying);
  const files = new Files();
  const context = contextOf(store, run, codes, isAnew);
  const set = new PatientSet(context);
  for (const [index, source] of sources.entries()) {
    set.addStored(source.row, source, source.ssnCheck, source.content);
    set.files.push(files.numberOf(source.fileId));
    set.records.push(index + 1);
    set.lines.push(source.line);
  }
  const next = await store.nextIds();
  const matcher = new PatientMatcher(set, files.all, new SourceLinks(set.keys), context, {
    patientId: Math.max(next.patientId, firstIds.patientId),
    reviewId: Math.max(next.reviewId, firstIds.reviewId),
  });
  if (isDecided) matcher.takeDecisions(await decideAsBefore(sources, registry, successors));
  else await matcher.decide();
  const conflicts = matcher.findConflicts();
  if (conflicts.length > 0) return conflicts.map((index) => sources[index]!);
  const { links, thresholds } = await matcher.tell(await matcher.write());
  if (isDecided) await registry.kept.restoreReasons(run.id);
  else if (run.matchModel !== 'exact') await registry.keepThresholds(run.id, thresholds);
  const keys = await registry.readSourceKeys(sources);
  for (const source of sources) {
    if (!successors.has(source.patientId)) successors.set(source.patientId, keys.patientOf(source)!);
  }
  if (!onlyStaying) {
    await replayDoses(registry, run, links, files, context, Math.max(next.immunizationId, firstIds.immunizationId));
    await replayComments(registry, run, context);
  }
  await close();
  return [];
}

/** Records that were of one patient are of one again, the first of them makes it where it is gone. */
async function decideAsBefore(
  sources: readonly KeptSource[],
  registry: RunUndo,
  successors: ReadonlyMap<number, number>,
): Promise<ReadonlyMap<number, PatientDecision>> {
  const keys = await registry.readSourceKeys(sources);
  const isThere = await registry.findPatients(sources.map(({ patientId }) => patientId));
  const decisions = new Map<number, PatientDecision>();
  const firstOf = new Map<number, number>();
  const said = new Set<string>();
  for (const [index, source] of sources.entries()) {
    const { siteId, sourcePatientId, patientId, content } = source;
    const stored = keys.patientOf(source) ?? successors.get(patientId) ?? (isThere.has(patientId) ? patientId : null);
    const key = JSON.stringify([siteId, sourcePatientId]);
    const first = firstOf.get(patientId);
    const to = stored !== null ? { patientId: stored } : first === undefined ? null : { index: first };
    if (to === null) {
      firstOf.set(patientId, index);
      decisions.set(index, { kind: 'new' });
    } else {
      const duplicate = said.has(`${key}${content}`) || keys.hasSaid(source, content);
      decisions.set(index, {
        kind: 'joined',
        to,
        reason: 'same name and birth date',
        duplicate,
        repeatsId: said.has(key),
      });
    }
    said.add(key).add(`${key}${content}`);
  }
  return decisions;
}

async function replayDoses(
  registry: RunUndo,
  run: UndoneRun,
  links: PatientLinks,
  files: Files,
  context: RunContext,
  firstId: number,
): Promise<void> {
  // The writer takes the files as they are when it is made: all of them must be known.
  for (const fileId of await registry.filesOf(run.id)) files.numberOf(fileId);
  const writer = new DoseWriter(files.all, links, context, firstId, () => {});
  const stream = { hasStreamed: () => false };
  let waiting = 0;
  for await (const doses of registry.kept.readDoses(run.id)) {
    const rows = doses.map(({ fileId, line, row, patientId }, i) => {
      return { patientId, file: files.numberOf(fileId), record: i + 1, line, offset: 0, row: new WholeRow(row) };
    });
    await writer.write([rows], stream);
    waiting += rows.length;
    if (waiting < DOSES_AT_ONCE) continue;
    await writer.flush();
    waiting = 0;
  }
  await writer.flush();
  await writer.finish();
}

async function replayComments(registry: RunUndo, run: UndoneRun, context: RunContext): Promise<void> {
  const comments = (await registry.kept.readComments(run.id)).map((comment) => ({ ...comment, record: comment.line }));
  if (comments.length === 0) return;
  const step = { stage: 'comments', seq: 0, place: null, filesRead: () => [] } as const;
  await storeComments(comments, { settle: () => {} }, context, { new: 0, duplicate: 0 }, step, async ({ line }) => {
    throw new Error(`the comment of line ${line} was refused, which the registry had before`);
  });
}

/** Files whose records come from the registry: they have no bytes, and nothing is reported of them. */
class Files {
  readonly all: FileRun[] = [];
  readonly #numbers = new Map<number, number>();

  /** The place of a file in the list. */
  numberOf(fileId: number): number {
    let number = this.#numbers.get(fileId);
    if (number === undefined) {
      number = this.all.length;
      this.#numbers.set(fileId, number);
      this.all.push(fileOf(fileId));
    }
    return number;
  }
}

const SILENT = Object.fromEntries(ISSUE_CODES.map((code) => [code, 'off']));

function fileOf(fileId: number): FileRun {
  const file: Pick<FileRun, 'fileId' | 'isCombined' | 'isTagged' | 'settle' | 'kept' | 'counts' | 'logNumber'> &
    object = {
    fileId,
    isCombined: false,
    isTagged: false,
    settle: () => {},
    kept: noKept(),
    counts: new FileCounts(),
    logNumber: 0,
  };
  // Of a file, no more than this is asked by what decides and writes: it was read before.
  return { ...file, plan: { severities: SILENT }, source: { name: '' } } as unknown as FileRun;
}

function contextOf(store: Store, run: UndoneRun, codes: Codes, isAnew: boolean): RunContext {
  const { matchModel: model, thresholds } = run;
  const context: Pick<RunContext, 'store' | 'checkpoints' | 'runId' | 'codes' | 'sizes' | 'signal' | 'matching'> = {
    store,
    checkpoints: new Checkpoints(store, run.id, false),
    runId: run.id,
    codes,
    sizes: DEFAULT_SIZES,
    signal: null,
    matching: isAnew && model !== 'exact' ? { model, thresholds } : null,
  };
  // What is stored has no fields that its specification does not store.
  const spec = { layouts: { patient: { fields: [] } } } as unknown as Spec;
  const issues = { mostPerCode: Number.MAX_SAFE_INTEGER, add: () => {} };
  return { ...context, spec, issues, onNotice: () => {}, onProgress: () => {} } as unknown as RunContext;
}
