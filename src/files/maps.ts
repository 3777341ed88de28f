/** The map file of a user: what a sender's own codes and texts for vaccines stand for. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Codes } from '../core/codes.js';
import type { IsoDate } from '../core/model.js';
import { decodeText, detectEncoding } from '../core/read/decode.js';
import { type MapProblem, readVaccineMap, type VaccineMap } from '../core/vaccine-map.js';

/** A map that is not there or cannot be. */
export class MapError extends Error {
  readonly code = 'map';
  constructor(
    message: string,
    /** All that is wrong with the file, empty if it could not be read at all. */
    readonly problems: readonly MapProblem[] = [],
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'MapError';
  }
}

/** A map, and the file that it was read from. */
export interface LoadedMap {
  readonly map: VaccineMap;
  readonly name: string;
  readonly sha256: string;
}

/** No map that people make is longer. */
const MOST_BYTES = 64 << 20;

/** Reads a map. @throws MapError with everything that is wrong with it */
export function loadMap(path: string, codes: Codes, today: IsoDate): LoadedMap {
  const bytes = readBytes(path);
  const { map, problems } = readVaccineMap(decode(bytes), codes, today);
  if (map === null) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    throw new MapError(`${path}: ${count}; no file was read`, problems);
  }
  return { map, name: basename(path), sha256: createHash('sha256').update(bytes).digest('hex') };
}

function readBytes(path: string): Uint8Array {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new MapError(`${path}: not a file; check its path`);
    if (stats.size > MOST_BYTES) throw new MapError(`${path}: too large for a map; check its path`);
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof MapError) throw cause;
    const { code } = cause as { code?: unknown };
    const problem = code === 'ENOENT' ? 'there is no such map file' : `the map file cannot be read (${String(code)})`;
    throw new MapError(`${path}: ${problem}; check its path`, [], { cause });
  }
}

/** Spreadsheets write UTF-8, UTF-16 with its mark, or Windows-1252. */
function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return decodeText(bytes, detectEncoding(bytes));
}
