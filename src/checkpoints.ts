/**
 * What is decided and written of a run, kept so that the run can be continued when it is cut short.
 *
 * Reading, normalizing and judging are done again then: they depend on the files alone. What was decided with the help of
 * the store is not, because the store has changed since. So every step that asks the store is made of three parts: it
 * decides and writes, the outcome is plain data that is kept in the same transaction, and all else comes of that outcome,
 * whether it was made just now or before the run was cut short.
 */
import type { CheckpointPlace, CheckpointStage, FileRead, MakeCheckpoint, Store } from './db/store.js';

/** What was kept does not fit what is read: the files are cut into other batches than before. */
export class CheckpointError extends Error {
  readonly code = 'checkpoint';
  constructor(stage: CheckpointStage, seq: number) {
    super(
      `batch ${seq} of ${stage} is not the one that was written before; nothing was loaded. This is a fault of immload, please report it; --restart loads the files`,
    );
    this.name = 'CheckpointError';
  }
}

/** A step of a run that asks the store. */
export interface Step {
  readonly stage: CheckpointStage;
  /** Number of the batch in its stage, from 0. */
  readonly seq: number;
  /** The last record of the batch, `null` where that says nothing. */
  readonly place: CheckpointPlace | null;
}

/** The checkpoints of one run. */
export class Checkpoints {
  readonly #store: Store;
  readonly #runId: number;
  readonly #isKept: boolean;
  /** Stages of which there may be checkpoints that were not read yet. */
  readonly #stages: Set<CheckpointStage>;

  /**
   * `done` are the stages that a run had come to when it was cut short. Without `isKept` nothing is kept: of what is rolled
   * back in the end, nothing could be continued.
   */
  constructor(store: Store, runId: number, isKept: boolean, done: Iterable<CheckpointStage> = []) {
    this.#store = store;
    this.#runId = runId;
    this.#isKept = isKept;
    this.#stages = new Set(done);
  }

  /** What came of a step before the run was cut short; `null` if it is still to be done. @throws CheckpointError */
  async find<Outcome>({ stage, seq, place }: Step): Promise<Outcome | null> {
    if (!this.#stages.has(stage)) return null;
    const found = await this.#store.readCheckpoint(this.#runId, stage, seq);
    if (found === null) {
      this.#stages.delete(stage);
      return null;
    }
    const { fileId, record } = found.place ?? {};
    if (fileId !== place?.fileId || record !== place?.record) throw new CheckpointError(stage, seq);
    return found.result as Outcome;
  }

  /** Keeps what came of a step that was written before. It is on the disk when this returns. */
  async keep(step: Step, filesRead: readonly FileRead[], result: unknown): Promise<void> {
    if (this.#isKept) await this.#store.keepCheckpoint(this.#runId, { ...step, filesRead, result });
  }

  /**
   * Does a step, unless it was done before, and gives what came of it. `write` is given what describes that from the
   * answer of the store and keeps it in the same transaction; asked more than once, its last answer counts.
   */
  async step<Answer, Outcome>(
    step: Step,
    filesRead: () => readonly FileRead[],
    write: (keep: (describe: (answer: Answer) => Outcome) => MakeCheckpoint<Answer>) => Promise<unknown>,
  ): Promise<Outcome> {
    const before = await this.find<Outcome>(step);
    if (before !== null) return before;
    const outcomes: Outcome[] = [];
    await write((describe) => (answer) => {
      const result = describe(answer);
      outcomes.push(result);
      return this.#isKept ? { ...step, filesRead: filesRead(), result } : null;
    });
    return outcomes.at(-1)!;
  }
}
