/** How the records of a file are framed, as a specification says it: what a record may lack or have too much. */
import type { Checker, JsonObject, Layout } from './spec.js';
import { SPEC_VALUES } from './spec-words.js';

/** What becomes of a record that ends before the last column. */
export type ShortRows = 'pad' | 'reject';

/** What becomes of a record that goes on behind the last column. */
export type LongRows = 'cut' | 'reject';

/** The parts of a layout that say how records are framed. All may be left out. */
export interface Framing {
  /** {@link shortRowsOf} has the default. */
  readonly shortRows?: ShortRows;
  /** {@link longRowsOf} has the default. */
  readonly longRows?: LongRows;
}

/** Programs cut blanks off at the end of fixed-width records; of delimited ones, the lack of a delimiter is a fault. */
export function shortRowsOf(layout: Layout): ShortRows {
  return layout.shortRows ?? (layout.format === 'fixed' ? 'pad' : 'reject');
}

/** Newer versions of fixed-width layouts have more columns; in a delimited record, a value may hold the delimiter. */
export function longRowsOf(layout: Layout): LongRows {
  return layout.longRows ?? (layout.format === 'fixed' ? 'cut' : 'reject');
}

/** Checks the framing of a layout. */
export function checkFraming(layout: JsonObject, path: string, check: Checker): void {
  for (const name of ['shortRows', 'longRows'] as const) {
    check.optionalOneOf(layout[name], `${path}/${name}`, SPEC_VALUES[name]);
  }
}
