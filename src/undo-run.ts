/** Undoes a run: what it added goes, what it changed goes back, and what later runs said stays, as if it had come alone. */
import { Codes } from './core/codes.js';
import type { RegistryStore } from './db/registry-store.js';
import { type DeadRun, describeCutShort, type NextIds } from './db/store.js';
import type { UndoneRun } from './db/undo/concerned.js';
import { UndoError } from './db/undo/records.js';
import type { RunUndo, StayingRecord, UndoCounts } from './db/undo/run-undo.js';
import { completeTable } from './files/code-tables.js';
import { matchKeysOf } from './match-patients.js';
import { replayRun, type Successors } from './replay-run.js';
import { setAsideReportOf } from './resume.js';

export interface UndoOptions {
  /** Tells what would be done, and changes nothing. */
  readonly isPlan: boolean;
  /** When it is done, ISO 8601. */
  readonly at: string;
  /** Who does it, for the registry's journal. */
  readonly by: string;
  /** Code tables in use, for runs that kept none of their own. */
  readonly codes: Codes;
}

/** What undoing a run did, or would do. */
export interface UndoOutcome extends UndoCounts {
  readonly run: number;
  readonly isPlan: boolean;
  /** Later runs that told something of the same patients, whose records were decided about anew. */
  readonly laterRuns: readonly number[];
  /** Those of them that matched by weight, and whose records stay together as they were. */
  readonly asDecided: readonly number[];
  /** Whether the run was cut short, and taken back without any question. */
  readonly wasCutShort: boolean;
  /** Patient records of the run that stay, because doses or comments of later runs came under their ids. */
  readonly staying: readonly StayingRecord[];
}

/**
 * Undoes a run, in one transaction: all of it is done, or nothing. It must be this program's turn: no run is alive then.
 * @throws UndoError when there is no such run, nothing is left of it, another run was cut short, or decisions of reviewers
 * must be taken back before
 */
export async function undoRun(store: RegistryStore, runId: number, options: UndoOptions): Promise<UndoOutcome> {
  const dead = await store.findDeadRuns();
  const own = dead.find((each) => each.runId === runId);
  if (own !== undefined) return undoCutShort(store, own, options);
  if (dead.length > 0) {
    const other = dead[0]!.runId;
    throw new UndoError(`run ${runId} cannot be undone yet: run ${other} ${describeCutShort(other)}`);
  }
  const codes = codesOfRuns(store, options.codes);
  return store.undo(options.isPlan, async (registry) => {
    const run = await requireRun(registry, runId);
    const [correction] = await registry.findCorrections(run.id);
    if (correction !== undefined) {
      throw new UndoError(
        `run ${run.id} cannot be undone yet: run ${correction} has corrected its files, and left out what was loaded already; undo run ${correction} first`,
      );
    }
    const { later, isAnew } = await concern(registry, run);
    const firstIds = await store.nextIds();
    const hadComments = await registry.countComments();
    await registry.kept.keepRecords(
      run.id,
      later.map(({ id }) => id),
    );
    await registry.kept.markNeeded(run.id);
    await takeBackAndReplay(store, registry, run, { later, isAnew, codesOfRun: codes, firstIds });
    await registry.dropUnusedDetails();
    await registry.giveIdsBack(firstIds);
    await registry.dropLoose();
    await registry.requireSound();
    const staying = await registry.readStaying(run.id);
    if (staying.length === 0) await registry.forgetCodeTables(run.id);
    await registry.forgetFates(run.id);
    const laterRuns = later.map(({ id }) => id);
    const asDecided = isAnew ? [] : later.filter(isWeighed).map(({ id }) => id);
    const counts = await registry.count(hadComments);
    const outcome = {
      run: run.id,
      isPlan: options.isPlan,
      ...counts,
      laterRuns,
      asDecided,
      wasCutShort: false,
      staying,
    };
    await registry.closeRun(run.id, options.at, `undone by ${options.by}`, {
      patientId: firstIds.patientId - 1,
      immunizationId: firstIds.immunizationId - 1,
      reviewId: firstIds.reviewId - 1,
    });
    await registry.note({
      at: options.at,
      who: options.by,
      action: 'undo',
      runId: run.id,
      details: {
        patients_removed: outcome.patients.removed,
        patients_changed: outcome.patients.changed,
        doses_removed: outcome.doses.removed,
        doses_changed: outcome.doses.changed,
        comments_removed: outcome.comments.removed,
        staying: staying.length,
        later_runs: laterRuns.map(String),
      },
    });
    return outcome;
  });
}

/** Takes back what a run has written that was cut short. Later runs know nothing of it: each takes it back before it loads. */
async function undoCutShort(store: RegistryStore, dead: DeadRun, options: UndoOptions): Promise<UndoOutcome> {
  const { isPlan } = options;
  if (!isPlan) await setAsideReportOf(store, dead);
  const counts = await store.undoCutShort(dead.runId, options);
  return { run: dead.runId, isPlan, ...counts, laterRuns: [], asDecided: [], wasCutShort: true, staying: [] };
}

/** The code tables that each run used: vaccine groups say which doses are one. */
function codesOfRuns(store: RegistryStore, codes: Codes): (run: number) => Promise<Codes> {
  const known = new Map<number, Codes>();
  return async (id) => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const kept = new Map(((await store.readRun(id))?.codeTables ?? []).map((table) => [table.id, table]));
    const tables = codes.tables.map((table) => {
      const own = kept.get(table.id);
      return own === undefined ? table : completeTable(own, table);
    });
    const made = kept.size === 0 ? codes : new Codes(tables);
    known.set(id, made);
    return made;
  };
}

async function requireRun(registry: RunUndo, runId: number): Promise<UndoneRun> {
  const run = await registry.findRun(runId);
  if (run === null) throw new UndoError(`there is no run ${runId}; \`immload runs\` lists them`);
  if (run.status === 'failed') throw new UndoError(`run ${runId} failed; nothing of it is in the registry`);
  if (run.status === 'undone' && (await registry.readStaying(runId)).length === 0) {
    throw new UndoError(`run ${runId} is undone already; nothing of it is in the registry`);
  }
  return run;
}

const isWeighed = ({ matchModel }: UndoneRun): boolean => matchModel !== 'exact';

/** The later runs that a run's undoing concerns. */
interface Concern {
  readonly later: readonly UndoneRun[];
  /** Whether those of them that matched by weight are matched anew: then all of their patients are concerned. */
  readonly isAnew: boolean;
}

/**
 * Finds the patients concerned, and the later runs that told something of them. What a run weighed depends on all of its
 * records, and on how common their names were: where one is matched anew, all that came from then on is. Where reviewers
 * have decided about others of these patients since, that is not done: their decisions were about what there is.
 * @throws UndoError where decisions of reviewers stand in the way
 */
async function concern(registry: RunUndo, run: UndoneRun): Promise<Concern> {
  const all = await registry.findLaterRuns(run.id);
  await registry.concernPatientsOf(
    run.id,
    all.some((each) => !isWeighed(each)),
  );
  await requireUndecided(registry, run, await withRecords(registry, all));
  const isAnew =
    all.some(isWeighed) &&
    (await registry.attempt(async () => {
      await registry.concernAllOf(all.map(({ id }) => id));
      return (await registry.findDecisionsSince(run)).length === 0 && !(await registry.hasDecisionsBetweenRuns(run));
    }));
  await registry.keepBefore();
  return { later: await withRecords(registry, all), isAnew };
}

/** Those of the runs that told something of the patients concerned. */
async function withRecords(registry: RunUndo, runs: readonly UndoneRun[]): Promise<UndoneRun[]> {
  const concerned: UndoneRun[] = [];
  for (const each of runs) if (await registry.hasRecordsOf(each.id)) concerned.push(each);
  return concerned;
}

async function requireUndecided(registry: RunUndo, run: UndoneRun, later: readonly UndoneRun[]): Promise<void> {
  const decisions = await registry.findDecisionsSince(run);
  if (decisions.length > 0) {
    throw new UndoError(
      `run ${run.id} cannot be undone yet: reviewers have decided about its patients since; decide these \`later\` first`,
      decisions,
    );
  }
  if (later.length > 0 && (await registry.hasDecisionsBetweenRuns(run))) {
    throw new UndoError(
      `run ${run.id} cannot be undone: later runs came while decisions about its patients held that were taken back since, so that nothing could be put back exactly`,
    );
  }
}

interface Replay extends Concern {
  readonly codesOfRun: (run: number) => Promise<Codes>;
  readonly firstIds: NextIds;
}

async function takeBackAndReplay(
  store: RegistryStore,
  registry: RunUndo,
  run: UndoneRun,
  { later, isAnew, codesOfRun, firstIds }: Replay,
): Promise<void> {
  for (;;) {
    let more = 0;
    const isDone = await registry.attempt(async () => {
      for (const each of [...later].reverse()) {
        await registry.takeBack(each.id, isWeighed(each) && !isAnew);
        if (isWeighed(each) && isAnew) await registry.forgetRest(each.id);
      }
      await registry.takeBack(run.id, false);
      await registry.forgetRest(run.id);
      const successors: Successors = new Map();
      for (const each of [run, ...later]) {
        const onlyStaying = each === run;
        const codes = await codesOfRun(each.id);
        const options = { onlyStaying, isAnew: isAnew && !onlyStaying, firstIds, successors };
        const conflicts = await replayRun(store, registry, each, codes, options);
        if (conflicts.length === 0) {
          const hasPacks = isWeighed(each) && options.isAnew;
          if (each.hasAllKeys && !hasPacks) await addKeys(store, registry, firstIds);
          continue;
        }
        more = await registry.kept.markAlso(run.id, conflicts);
        return false;
      }
      return true;
    });
    if (isDone) return;
    if (more === 0) {
      throw new UndoError(
        `run ${run.id} cannot be undone: without it, ids of later runs would stand for more than one person`,
      );
    }
  }
}

/** Gives patients that were made anew the keys of models that weigh. */
async function addKeys(store: RegistryStore, registry: RunUndo, { patientId }: NextIds): Promise<void> {
  const patientIds = await registry.readPatientsFrom(patientId);
  await registry.addMatchKeys(matchKeysOf(await store.readComparable(patientIds)));
}
