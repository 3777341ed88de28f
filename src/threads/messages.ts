/** What the main thread and those that transform say to each other. */
import type { CodeTable } from '../core/codes.js';
import type { ColumnData } from '../core/columns.js';
import type { FileRecipe } from '../core/file-plans.js';
import type { DaysOfOrder } from '../core/normalize/date.js';
import type { Block } from '../core/read/blocks.js';
import type { Batch } from '../core/transform.js';
import type { MapLine } from '../core/vaccine-map.js';

/** What a thread is told when it begins. */
export interface ThreadStart {
  readonly tables: readonly CodeTable[];
  /** What people decided of local codes and texts for vaccines; `null` if nothing. */
  readonly map: readonly MapLine[] | null;
}

/** Which plans of a file: the one of all records, or those of the doses in them. */
export type PlanChoice = 'records' | 'doses';

export type Request =
  | { readonly kind: 'open'; readonly file: number; readonly recipe: FileRecipe }
  | {
      readonly kind: 'transform';
      readonly job: number;
      readonly file: number;
      readonly plans: PlanChoice;
      readonly block: Block;
    }
  /** The file was read: what its dates say is told, and its readings are forgotten. */
  | { readonly kind: 'finish'; readonly job: number; readonly file: number; readonly plans: PlanChoice };

/** A batch as it goes from one thread to another: its rows are memory that is handed over. */
export interface GivenBatch extends Omit<Batch, 'rows'> {
  readonly rows: ColumnData;
}

export type Answer =
  | { readonly kind: 'transformed'; readonly job: number; readonly batches: readonly GivenBatch[] }
  | {
      readonly kind: 'finished';
      readonly job: number;
      /** For each plan what each of its columns says of the order of day and month; `null` where that cannot be mistaken. */
      readonly orders: readonly (readonly (DaysOfOrder | null)[])[];
      /** Lines of the map that met a record so far. */
      readonly metLines: readonly number[];
    }
  | { readonly kind: 'failed'; readonly job: number; readonly error: Error };
