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

/** What tells a header from a record, wherever it stands in a file. */
export interface HeaderTest {
  /** Column of a date: no header has a digit there, and hardly any record a letter. */
  readonly probe: number;
  /** The layouts whose headers may stand in the file by mistake, its own first. */
  readonly layouts: readonly Layout[];
  /** Names of their columns, as they are compared. */
  readonly keys: ReadonlySet<string>;
  /** For each field of the file's own layout, where its column stands; as in {@link HeaderMatch}. */
  readonly columns: readonly number[];
}

/** A test for headers in a file whose columns stand as its own header says or, without one (`null`), as the layout does. */
export function createHeaderTest(probe: number, layouts: readonly Layout[], header: HeaderMatch | null): HeaderTest {
  const own = layouts[0]!;
  const names = layouts.flatMap(({ fields }) => fields.flatMap(({ name, aliases = [] }) => [name, ...aliases]));
  const { columns } = header ?? matchHeader(own.fields.map(({ name }) => name), own); // biome-ignore format: short
  return { probe, layouts, keys: new Set(names.map(columnKey)), columns };
}

/**
 * Whether a record is a header: of the columns as they stand in the file (`same`), or of others, and then in words which
 * is the first that differs. `null` for a record that is none.
 */
export function readHeaderAgain(
  cells: readonly string[],
  test: HeaderTest,
): 'same' | { readonly first: string } | null {
  const named = cells.find((cell) => cell !== '');
  if (named === undefined || !test.keys.has(columnKey(named))) return null;
  const [own, ...others] = test.layouts;
  const match = matchHeader(cells, own!);
  if (!looksLikeHeader(match) && !others.some((layout) => looksLikeHeader(matchHeader(cells, layout)))) return null;
  const moved = own!.fields.flatMap(({ name }, i) => {
    const [before, now] = [test.columns[i]!, match.columns[i]!];
    return before === now ? [] : [{ name, before, now }];
  });
  if (moved.length === 0) return 'same';
  const { name, before, now } = moved.sort((a, b) => placeOf(a) - placeOf(b))[0]!;
  if (now < 0) return { first: `${name}, column ${before + 1}, is not among them` };
  return { first: `${name} is column ${now + 1}, and was ${before < 0 ? 'not there' : before + 1}` };
}

function placeOf({ before, now }: { readonly before: number; readonly now: number }): number {
  return before < 0 ? now : before;
}
