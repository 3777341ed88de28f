/** Keeps what the server knows of its tables near the truth, so that lookups go by their indexes. */
import type { Queries } from './queries.js';

/** Rows after which it is looked whether tables have grown. */
const LOOK_AFTER_ROWS = 50_000;
/** Tables that lookups go through by keys. */
const TABLES = [
  'patients',
  'patient_sources',
  'patient_parts',
  'match_keys',
  'doses',
  'dose_details',
  'immunization_parts',
  'immunization_duplicates',
  'match_reviews',
  'patient_comments',
];

/**
 * A server counts the rows of its tables by and by, and takes one that has just been filled for small: then it reads all
 * of it for each lookup. Tables that have doubled since they were counted are counted before the next lookup.
 */
export class Statistics {
  #written = LOOK_AFTER_ROWS;

  /** Remembers that rows were written. */
  count(rows: number): void {
    this.#written += rows;
  }

  async freshen(queries: Queries): Promise<void> {
    if (this.#written < LOOK_AFTER_ROWS) return;
    this.#written = 0;
    const grown = await queries.arrays<[string]>(
      `SELECT c.oid::regclass::text FROM unnest($1::text[]) AS t (name) JOIN pg_class c ON c.oid = t.name::regclass
       WHERE pg_relation_size(c.oid) / current_setting('block_size')::int > 2 * c.relpages + 20`,
      [TABLES],
    );
    // Who may not do it, is told so in the server's log, and goes on without.
    for (const [table] of grown) await queries.run(`ANALYZE ${table}`);
  }
}
