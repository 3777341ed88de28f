/** Undoes a run: what it added goes, what it changed goes back, and what later runs said stays, as if it had come alone. */
import { Codes } from './core/codes.js';
import type { SqliteStore } from './db/sqlite.js';
import { type RunUndo, type StayingRecord, type UndoCounts, UndoError, type UndoneRun } from './db/undo.js';
import { completeTable } from './files/code-tables.js';
import { matchKeysOf } from './match-patients.js';
import { type FirstIds, replayRun, type Successors } from './replay-run.js';

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
  /** Patient records of the run that stay, because doses or comments of later runs came under their ids. */
  readonly staying: readonly StayingRecord[];
}

/**
 * Undoes a run, in one transaction: all of it is done, or nothing.
 * @throws UndoError when there is no such run, nothing is left of it, or decisions of reviewers must be taken back before;
 * StoreError `busy` while a run is loading
 */
export async function undoRun(store: SqliteStore, runId: number, options: UndoOptions): Promise<UndoOutcome> {
  const codes = codesOfRuns(store, options.codes);
  return store.undo(options.isPlan, async (registry) => {
    const run = requireRun(registry, runId);
    const later = concern(registry, run);
    requireUndecided(registry, run, later);
    const firstIds = await store.nextIds();
    const hadComments = registry.countComments();
    registry.kept.keepRecords(
      run.id,
      later.map(({ id }) => id),
    );
    registry.kept.markNeeded(run.id);
    await takeBackAndReplay(store, registry, run, later, codes, firstIds);
    registry.dropUnusedDetails();
    registry.giveIdsBack(firstIds);
    registry.dropLoose();
    registry.requireSound();
    const staying = registry.readStaying(run.id);
    if (staying.length === 0) registry.forgetCodeTables(run.id);
    const laterRuns = later.map(({ id }) => id);
    const outcome = { run: run.id, isPlan: options.isPlan, ...registry.count(hadComments), laterRuns, staying };
    registry.closeRun(run.id, options.at, `undone by ${options.by}`, {
      patientId: firstIds.patientId - 1,
      immunizationId: firstIds.immunizationId - 1,
      reviewId: firstIds.reviewId - 1,
    });
    registry.note({
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

/** The code tables that each run used: vaccine groups say which doses are one. */
function codesOfRuns(store: SqliteStore, codes: Codes): (run: number) => Promise<Codes> {
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

function requireRun(registry: RunUndo, runId: number): UndoneRun {
  const run = registry.findRun(runId);
  if (run === null) throw new UndoError(`there is no run ${runId}; \`immload runs\` lists them`);
  if (run.status === 'failed') throw new UndoError(`run ${runId} failed; nothing of it is in the registry`);
  if (run.status === 'undone' && registry.readStaying(runId).length === 0) {
    throw new UndoError(`run ${runId} is undone already; nothing of it is in the registry`);
  }
  return run;
}

/** Finds the patients concerned, and gives the later runs that told something of them. */
function concern(registry: RunUndo, run: UndoneRun): UndoneRun[] {
  const later = registry.findLaterRuns(run.id);
  registry.concernPatientsOf(run.id);
  if (later.some(({ matchModel }) => matchModel === 'exact')) registry.concernNamesakes();
  registry.keepRows();
  return later.filter(({ id }) => registry.hasRecordsOf(id));
}

function requireUndecided(registry: RunUndo, run: UndoneRun, later: readonly UndoneRun[]): void {
  const decisions = registry.findDecisionsSince(run);
  if (decisions.length > 0) {
    throw new UndoError(
      `run ${run.id} cannot be undone yet: reviewers have decided about its patients since; decide these \`later\` first`,
      decisions,
    );
  }
  if (later.length > 0 && registry.hasDecisionsBetweenRuns(run)) {
    throw new UndoError(
      `run ${run.id} cannot be undone: later runs came while decisions about its patients held that were taken back since, so that nothing could be put back exactly`,
    );
  }
}

async function takeBackAndReplay(
  store: SqliteStore,
  registry: RunUndo,
  run: UndoneRun,
  later: readonly UndoneRun[],
  codesOfRun: (run: number) => Promise<Codes>,
  firstIds: FirstIds,
): Promise<void> {
  for (;;) {
    let more = 0;
    const isDone = await registry.attempt(async () => {
      store.forgetDetails();
      for (const each of [...later].reverse()) registry.takeBack(each.id, each.matchModel !== 'exact');
      registry.takeBack(run.id, false);
      registry.forgetRest(run.id);
      const successors: Successors = new Map();
      for (const each of [run, ...later]) {
        const onlyStaying = each === run;
        const codes = await codesOfRun(each.id);
        const conflicts = await replayRun(store, registry, each, codes, { onlyStaying, firstIds, successors });
        if (conflicts.length === 0) {
          if (each.hasAllKeys) await addKeys(store, registry, firstIds);
          continue;
        }
        more = registry.kept.markAlso(run.id, conflicts);
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
async function addKeys(store: SqliteStore, registry: RunUndo, { patientId }: FirstIds): Promise<void> {
  registry.addMatchKeys(matchKeysOf(await store.readComparable(registry.readPatientsFrom(patientId))));
}
