/**
 * The code tables: those that come with immload, and newer ones in a folder of the user's. The folder of the installed
 * package is only read.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { keyOf } from '../core/cdc/read.js';
import { keyColumnsOf } from '../core/cdc/update.js';
import { CODE_TABLES, Codes, type CodeTable } from '../core/codes.js';
import { isIsoDate } from '../core/normalize/date.js';
import { packageFolder } from './specs.js';

/** A code table that cannot be read or written, or a file that cannot update one. */
export class CodesError extends Error {
  readonly code = 'codes';
  constructor(place: string, problem: string, remedy: string, options?: { cause?: unknown }) {
    super(`${place}: ${problem}; ${remedy}`, options);
    this.name = 'CodesError';
  }
}

/** The name of the folder of updated tables that is looked for beside a registry. */
export const CODES_FOLDER = 'immload-codes';

/** The folder of updated tables that belongs to a registry, whether it is there or not. */
export function codesFolderBeside(database: string): string {
  return join(dirname(database), CODES_FOLDER);
}

/** A table in use, and where it is from. */
export interface LocatedTable {
  readonly table: CodeTable;
  /** The table of this name that comes with immload: the very same, unless it was updated. */
  readonly builtIn: CodeTable;
  /** Folder of the updated table, `null` for one that comes with immload. */
  readonly folder: string | null;
}

/** The table as it comes with immload. */
function readBuiltIn(id: string): CodeTable {
  return JSON.parse(readFileSync(join(packageFolder(), 'specs', 'codes', `${id}.json`), 'utf8')) as CodeTable;
}

/**
 * All code tables in use: those of the folder, and the ones that come with immload where it has none.
 * @throws CodesError when something in the folder is no code table
 */
export function locateCodeTables(folder: string | null): LocatedTable[] {
  return CODE_TABLES.map((id) => {
    const builtIn = readBuiltIn(id);
    const path = folder === null ? null : join(folder, `${id}.json`);
    if (path === null || !existsSync(path)) return { table: builtIn, builtIn, folder: null };
    return { table: completeTable(readUpdated(path, id), builtIn), builtIn, folder };
  });
}

/** The code tables in use, with their lookups. @throws CodesError */
export function loadCodes(folder: string | null = null): Codes {
  const located = locateCodeTables(folder);
  const updated = located.filter((each) => each.folder !== null).map(({ table }) => table.id);
  const updates = folder === null || updated.length === 0 ? null : { folder, tables: updated };
  return new Codes(
    located.map(({ table }) => table),
    updates,
  );
}

/** Whether immload comes with a newer table than the updated one. */
export function isOutdated({ table, builtIn, folder }: LocatedTable): boolean {
  return folder !== null && isIsoDate(table.asOf) && isIsoDate(builtIn.asOf) && table.asOf < builtIn.asOf;
}

function readUpdated(path: string, id: string): CodeTable {
  const remedy = 'delete it, and make it again with `immload codes update`';
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    const problem = typeof code === 'string' ? `cannot be read (${code})` : 'not JSON';
    throw new CodesError(path, problem, remedy, { cause });
  }
  if (!isCodeTable(json) || json.id !== id) throw new CodesError(path, `not the code table ${id}`, remedy);
  return json;
}

function isCodeTable(json: unknown): json is CodeTable {
  if (typeof json !== 'object' || json === null) return false;
  const { columns, rows, ...words } = json as Record<string, unknown>;
  if (!['id', 'title', 'source', 'asOf', 'notes'].every((name) => typeof words[name] === 'string')) return false;
  const isTexts = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((each) => typeof each === 'string');
  if (!isTexts(columns) || new Set(columns).size !== columns.length || !Array.isArray(rows)) return false;
  return rows.every((row) => isTexts(row) && row.length === columns.length);
}

/** An older table with the columns that immload has learned since, from the rows that it has of the same codes. */
export function completeTable(table: CodeTable, builtIn: CodeTable): CodeTable {
  if (builtIn.columns.every((column) => table.columns.includes(column))) return table;
  const key = keyColumnsOf(table.id);
  const toRow = (columns: readonly string[], row: readonly string[]): Record<string, string> =>
    Object.fromEntries(columns.map((column, index) => [column, row[index]!]));
  const own = new Map<string, Record<string, string>>();
  for (const cells of builtIn.rows) {
    const row = toRow(builtIn.columns, cells);
    own.set(keyOf(row, key), row);
  }
  const columns = [...new Set([...builtIn.columns, ...table.columns])];
  const rows = table.rows.map((cells) => {
    const row = toRow(table.columns, cells);
    const known = key.every((column) => column in row) ? own.get(keyOf(row, key)) : undefined;
    return columns.map((column) => row[column] ?? known?.[column] ?? '');
  });
  return { ...table, columns, rows };
}

/**
 * Writes tables into a folder, which is made if it is not there. Each is whole or as it was before.
 * @throws CodesError when they cannot be written, or the folder is immload's own
 */
export function writeCodeTables(folder: string, tables: readonly CodeTable[]): void {
  if (isOwnFolder(folder)) {
    throw new CodesError(folder, 'belongs to immload itself', 'name another folder with --codes');
  }
  const writing: { readonly path: string; readonly unfinished: string }[] = [];
  try {
    mkdirSync(folder, { recursive: true });
    for (const table of tables) {
      const path = join(folder, `${table.id}.json`);
      const unfinished = join(folder, `.${table.id}.json.${process.pid}`);
      writing.push({ path, unfinished });
      writeDurably(unfinished, renderTable(table));
    }
    for (const { path, unfinished } of writing) renameSync(unfinished, path);
  } catch (cause) {
    const code = String((cause as { code?: unknown }).code);
    const remedy = 'name a folder that can be written with --codes';
    throw new CodesError(folder, `cannot be written (${code})`, remedy, { cause });
  } finally {
    for (const { unfinished } of writing) rmSync(unfinished, { force: true });
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'w');
  try {
    writeFileSync(file, text);
    // A name that is given before the bytes are on the disk could be all that a power cut leaves.
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A table as JSON, a row in each line, as those that come with immload. */
export function renderTable({ rows, ...words }: CodeTable): string {
  const head = JSON.stringify(words, null, 2).replace(/"columns": \[[^\]]*\]/, () => {
    return `"columns": [${words.columns.map((column) => JSON.stringify(column)).join(', ')}]`;
  });
  const lines = rows.map((row) => `    [${row.map((cell) => JSON.stringify(cell)).join(', ')}]`);
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  return `${head.slice(0, -2)},\n  "rows": ${list}\n}\n`;
}

/** Whether a folder, which may still have to be made, lies where immload itself does. */
function isOwnFolder(folder: string): boolean {
  let there = resolve(folder);
  while (!existsSync(there)) there = dirname(there);
  const place = realpathSync(there);
  const own = realpathSync(packageFolder());
  // In a clone of the repository one works; an installed package is replaced as a whole with the next version.
  const isInstalled = own.split(sep).includes('node_modules');
  const closed = isInstalled ? own : join(own, 'specs');
  return place === closed || place.startsWith(closed + sep);
}

/** A file that may be CDC's. Theirs have some hundred kilobytes. */
const MOST_BYTES = 64 << 20;

/** A file as it was found. */
export interface Download {
  readonly bytes: Uint8Array;
  /** When it was last changed. */
  readonly modified: Date;
}

/** Reads a file that CDC has published. @throws CodesError when it cannot be read, or is far too large */
export function readDownload(path: string): Download {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new CodesError(path, 'not a file', 'give files as CDC offers them for download');
    if (stats.size > MOST_BYTES) {
      throw new CodesError(path, 'too large to be one of CDC’s', 'give files as CDC offers them for download');
    }
    return { bytes: readFileSync(path), modified: stats.mtime };
  } catch (cause) {
    if (cause instanceof CodesError) throw cause;
    const { code } = cause as { code?: unknown };
    const problem = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${String(code)})`;
    throw new CodesError(path, problem, 'check its path', { cause });
  }
}
