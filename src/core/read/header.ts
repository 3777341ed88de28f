/** The header of a delimited file: which column is which. */
import { columnKey, type Layout, REJECT_COLUMNS } from '../spec.js';

/** What a header says about the columns of a file. */
export interface HeaderMatch {
  /** For each field of the layout, the place of its column in the file, from 0; -1 if the file does not have it. */
  readonly columns: readonly number[];
  /** Columns in the file. */
  readonly count: number;
  /** The columns' names in the form in which they are compared. */
  readonly keys: readonly string[];
  /** Names that the layout does not have, as written. */
  readonly unknown: readonly string[];
  /** Names that stand twice, as written. */
  readonly repeated: readonly string[];
}

/** The names of the columns that immload adds to a reject file, in the form in which names are compared. */
export const REJECT_KEYS: ReadonlySet<string> = new Set(REJECT_COLUMNS.map(columnKey));

/** Reads the first record as a header. Case, blanks and underscores don't matter. */
export function matchHeader(cells: readonly string[], layout: Layout): HeaderMatch {
  const fieldOfKey = new Map<string, number>();
  layout.fields.forEach((field, index) => {
    for (const name of [field.name, ...(field.aliases ?? [])]) fieldOfKey.set(columnKey(name), index);
  });
  const columns = layout.fields.map(() => -1);
  const unknown: string[] = [];
  const repeated: string[] = [];
  const keys = cells.map(columnKey);
  keys.forEach((key, place) => {
    const field = fieldOfKey.get(key);
    if (field === undefined) {
      if (!REJECT_KEYS.has(key) && key !== '') unknown.push(cells[place]!);
    } else if (columns[field] !== -1) {
      // Columns that are not loaded may all be called the same.
      if (layout.fields[field]!.field !== null) repeated.push(cells[place]!);
    } else {
      columns[field] = place;
    }
  });
  return { columns, count: cells.length, keys, unknown, repeated };
}

/** Fields of the layout that the header names. */
export function countMatches(header: HeaderMatch): number {
  return header.columns.filter((place) => place !== -1).length;
}

/**
 * Whether a record is a header of the layout rather than data: most of its names are column names. Data would have to
 * hold the names of columns to be taken for one.
 */
export function looksLikeHeader(header: HeaderMatch): boolean {
  const named = header.keys.filter((key) => key !== '').length;
  return countMatches(header) * 2 >= named && countMatches(header) >= 2;
}
