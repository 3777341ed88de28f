/** `totals.json`: what a sender says is in its files. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { checkTotals, completeTotals, type ExpectedTotals } from '../core/totals/expected.js';
import { checkJson, type PlacedProblem } from './checked-json.js';
import { openSource, SourceReader } from './source.js';

/** The name by which a folder or an archive holds it. */
export const TOTALS_FILE = 'totals.json';

/** Whether a path, of a file or of one in an archive, is by its name one of totals. */
export function isTotalsFile(path: string): boolean {
  return (path.split(/[/\\#]/).at(-1) ?? '').toLowerCase() === TOTALS_FILE;
}

/** Totals that are not there or cannot be. */
export class TotalsError extends Error {
  readonly code = 'totals';
  constructor(
    message: string,
    /** All that is wrong with the file, empty if it could not be read at all. */
    readonly problems: readonly PlacedProblem[] = [],
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'TotalsError';
  }
}

/** Totals, and the file that they were read from. */
export interface LoadedTotals {
  readonly totals: ExpectedTotals;
  readonly name: string;
  readonly sha256: string;
}

/** No totals that people write are longer. */
const MOST_BYTES = 4 << 20;

/** Reads the totals that a user names. @throws TotalsError with everything that is wrong with the file */
export function loadTotals(path: string): LoadedTotals {
  let bytes: Uint8Array;
  try {
    if (!statSync(path).isFile()) throw new TotalsError(`${path}: not a file; check its path`);
    if (statSync(path).size > MOST_BYTES) throw tooLarge(path);
    bytes = readFileSync(path);
  } catch (cause) {
    if (cause instanceof TotalsError) throw cause;
    const { code } = cause as { code?: unknown };
    const problem =
      code === 'ENOENT' ? 'there is no such file of totals' : `the totals cannot be read (${String(code)})`;
    throw new TotalsError(`${path}: ${problem}; check its path`, [], { cause });
  }
  return readTotals(path, basename(path), bytes);
}

/**
 * Reads the totals that a folder or an archive holds: `path` may name a file in a ZIP archive.
 * @throws TotalsError, InputError when the archive cannot be read
 */
export async function openTotals(path: string): Promise<LoadedTotals> {
  const source = await openSource(path);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of new SourceReader(source, 1 << 16).chunks()) {
    length += chunk.length;
    if (length > MOST_BYTES) throw tooLarge(source.shown);
    parts.push(chunk.slice());
  }
  return readTotals(source.shown, source.name, Buffer.concat(parts));
}

function tooLarge(path: string): TotalsError {
  return new TotalsError(`${path}: too large for totals; check its path`);
}

function readTotals(path: string, name: string, bytes: Uint8Array): LoadedTotals {
  const text = new TextDecoder().decode(bytes);
  const { json, problems } = checkJson(text, 'Begin with { "patients": 500, "immunizations": 6000 }.', checkTotals);
  if (problems.length > 0) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    throw new TotalsError(`${path}: ${count}; no file was read`, problems);
  }
  return { totals: completeTotals(json), name, sha256: createHash('sha256').update(bytes).digest('hex') };
}
