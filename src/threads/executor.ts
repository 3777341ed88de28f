/**
 * Where blocks are transformed: at once, or by threads. What comes out is the same; only when, and by whom, differs.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Codes } from '../core/codes.js';
import { RowColumns } from '../core/columns.js';
import type { FilePlans, FileRecipe } from '../core/file-plans.js';
import type { Block } from '../core/read/blocks.js';
import { type Batch, transformBlock } from '../core/transform.js';
import type { VaccineMap } from '../core/vaccine-map.js';
import type { Answer, PlanChoice, Request, ThreadStart } from './messages.js';

export type { PlanChoice } from './messages.js';

/** Transforms the blocks of a run. */
export interface Executor {
  /** Blocks that are worth handing over before the first one is asked for back; 0 where each is done at once. */
  readonly blocksInFlight: number;
  /** Makes ready for a file. Its plans get what the dates of the file say when it is finished. */
  open(recipe: FileRecipe, plans: FilePlans): FileExecutor;
  /** Stops what is under way, and lets go of all threads. */
  close(): Promise<void>;
}

/** Transforms the blocks of one file. */
export interface FileExecutor {
  /**
   * One batch for each plan that is chosen, made when it is asked for and not before: what waits for its turn as columns
   * takes little room, and rows that wait would be copied by each collection of garbage.
   */
  transform(block: Block, plans: PlanChoice): Promise<() => readonly Batch[]>;
  /** To be called when all blocks of a reading were transformed: it tells which lines of the map met a record. */
  finish(plans: PlanChoice): Promise<void>;
}

/** What there is to do, and with how many threads; `auto` to find out. */
export interface ExecutorOptions {
  readonly threads: number | 'auto';
  /** Bytes of all files. */
  readonly bytes: number;
  readonly codes: Codes;
  readonly map: VaccineMap | null;
}

/** Less than this is read before a thread is ready to. */
const WORTH_A_THREAD_BYTES = 2 << 20;
/** Beyond these, the thread that decides and writes cannot keep up. */
const MOST_THREADS_UNASKED = 4;

export function createExecutor({ threads, bytes, codes, map }: ExecutorOptions): Executor {
  const unasked = bytes < WORTH_A_THREAD_BYTES ? 0 : Math.min(availableParallelism() - 1, MOST_THREADS_UNASKED);
  const count = threads === 'auto' ? unasked : threads;
  return count === 0 ? new InlineExecutor() : new ThreadExecutor(count, codes, map);
}

/** Does with the plans of a file what is asked, in the thread that asks. */
export class InlineExecutor implements Executor {
  readonly blocksInFlight = 0;

  open(_recipe: FileRecipe, { plan, dosePlans }: FilePlans): FileExecutor {
    return {
      transform: async (block, plans) => {
        const batches = (plans === 'records' ? [plan] : dosePlans).map((each) => transformBlock(block, each));
        return () => batches;
      },
      finish: async () => {},
    };
  }

  async close(): Promise<void> {}
}

/** Blocks in flight: enough that a thread has work while the main one writes a batch of rows. */
const BLOCKS_IN_FLIGHT = 8;
const BLOCKS_PER_THREAD = 4;
/** Most of what a thread makes is handed over at once: a larger nursery copies less of it. */
const YOUNG_GENERATION_MB = 32;

/** What a thread runs. It is found by its name, because it is compiled whether or not this file is. */
const THREAD = createRequire(import.meta.url).resolve('#transform-thread');

/** What is waited for. */
interface Job {
  readonly thread: Thread;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  jobs: number;
}

/** Hands blocks to threads, each to the one with the least to do. */
export class ThreadExecutor implements Executor {
  readonly blocksInFlight: number;
  readonly #map: VaccineMap | null;
  readonly #threads: readonly Thread[];
  readonly #jobs = new Map<number, Job>();
  #nextJob = 0;
  #nextFile = 0;
  #failure: Error | null = null;

  /** @param count threads, from 1 */
  constructor(count: number, codes: Codes, map: VaccineMap | null) {
    this.blocksInFlight = BLOCKS_IN_FLIGHT + count * BLOCKS_PER_THREAD;
    this.#map = map;
    const workerData: ThreadStart = { tables: codes.tables, map: map === null ? null : map.lines };
    this.#threads = Array.from({ length: count }, () => this.#start(workerData));
  }

  #start(workerData: ThreadStart): Thread {
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB };
    const worker = new Worker(THREAD, { workerData, resourceLimits });
    worker.on('message', (answer: Answer) => this.#settle(answer));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new Error('a thread that transforms has ended')));
    return { worker, jobs: 0 };
  }

  #settle(answer: Answer): void {
    const job = this.#jobs.get(answer.job);
    if (job === undefined) return;
    this.#jobs.delete(answer.job);
    job.thread.jobs--;
    if (answer.kind === 'failed') job.reject(answer.error);
    else job.resolve(answer);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const job of this.#jobs.values()) job.reject(this.#failure);
    this.#jobs.clear();
  }

  open(recipe: FileRecipe, { plan, dosePlans }: FilePlans): FileExecutor {
    const file = this.#nextFile++;
    for (const { worker } of this.#threads) worker.postMessage({ kind: 'open', file, recipe } satisfies Request);
    return {
      transform: async (block, plans) => {
        const [copy, buffers] = copyBlock(block);
        const answer = await this.#ask(this.#idlest(), { kind: 'transform', file, plans, block: copy }, buffers);
        return () =>
          answer.kind === 'transformed'
            ? answer.batches.map((batch) => ({ ...batch, rows: RowColumns.from(batch.rows) }))
            : [];
      },
      finish: async (plans) => {
        const asked = this.#threads.map((thread) => this.#ask(thread, { kind: 'finish', file, plans }));
        for (const answer of await Promise.all(asked)) {
          if (answer.kind !== 'finished') continue;
          for (const line of answer.metLines) this.#map?.noteMet(line);
          (plans === 'records' ? [plan] : dosePlans).forEach(({ columns }, p) => {
            columns.forEach(({ order }, c) => {
              const days = answer.orders[p]![c]!;
              if (order !== null && days !== null) order.addAll(days);
            });
          });
        }
      },
    };
  }

  #idlest(): Thread {
    return this.#threads.reduce((least, thread) => (thread.jobs < least.jobs ? thread : least));
  }

  #ask(
    thread: Thread,
    request: WithoutJob<Exclude<Request, { kind: 'open' }>>,
    buffers: ArrayBuffer[] = [],
  ): Promise<Answer> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const job = this.#nextJob++;
    return new Promise((resolve, reject) => {
      this.#jobs.set(job, { thread, resolve, reject });
      thread.jobs++;
      thread.worker.postMessage({ ...request, job } satisfies Request, buffers);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}

/** All but the number of the job, for each kind of request. */
type WithoutJob<R> = R extends unknown ? Omit<R, 'job'> : never;

/** A copy of a block that can be given away, and the memory that goes with it: views would take all that they look into. */
function copyBlock(block: Block): readonly [Block, ArrayBuffer[]] {
  const bytes = new Uint8Array(block.bytes);
  const starts = block.starts.slice();
  const ends = block.ends.slice();
  const lines = block.lines.slice();
  const shapes = block.shapes.slice();
  const kinds = block.kinds === null ? null : block.kinds.slice();
  const origins = block.origins === null ? null : block.origins.slice();
  const above = block.above === null ? null : { ...block.above, bytes: new Uint8Array(block.above.bytes) };
  const copy = { ...block, bytes, starts, ends, lines, shapes, kinds, origins, above };
  const views = [bytes, starts, ends, lines, shapes];
  return [copy, views.map((view) => view.buffer as ArrayBuffer)];
}
