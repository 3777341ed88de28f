/** Which submissions a folder or a list stands for. */
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, sep } from 'node:path';
import { readSubmissionList } from '../core/submission-list.js';
import { InputError } from './input-error.js';

/** One of several submissions. */
export interface SubmissionPath {
  /** Of a folder, an archive or a file. */
  readonly path: string;
  /** What it is called: no other of the command is called so, and a folder can be. */
  readonly name: string;
  /** Site of records that do not name one; `null` where no list says. */
  readonly site: string | null;
  /** Id or path of the specification; `null` where no list says. */
  readonly spec: string | null;
}

const ARCHIVE = /\.zip$/i;
const LIST = /\.csv$/i;

/**
 * The submissions that paths stand for: those of a list (`.csv`), or of a folder that has a folder or an archive for each; a
 * folder with files, an archive and any other file stand for themselves.
 * @throws InputError for a list that is none, a folder that holds nothing, or both files and folders
 */
export function listSubmissions(paths: readonly string[]): readonly SubmissionPath[] {
  const taken = new Set<string>();
  return paths.flatMap(expand).map((found) => ({ ...found, name: freeName(found.path, taken) }));
}

function expand(path: string): Omit<SubmissionPath, 'name'>[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    return expandFolder(path).map((each) => ({ path: each, site: null, spec: null }));
  }
  return LIST.test(path) ? expandList(path) : [{ path, site: null, spec: null }];
}

function expandFolder(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'));
  const isFile = (entry: Dirent): boolean => !entry.isDirectory() && !ARCHIVE.test(entry.name);
  if (entries.length === 0) throw new InputError(folder, 'is an empty folder', 'give one that holds submissions');
  if (!entries.some(isFile)) return entries.map(({ name }) => join(folder, name)).sort();
  if (!entries.some((entry) => entry.isDirectory())) return [folder];
  const remedy = 'give each submission a folder of its own, or name them in a list (.csv)';
  throw new InputError(folder, 'holds files beside folders, and may be one submission or several', remedy);
}

/** Paths in a list are seen from its folder. */
function expandList(path: string): Omit<SubmissionPath, 'name'>[] {
  const listed = readSubmissionList(readText(path));
  if ('problem' in listed) throw new InputError(path, `line ${listed.line} ${listed.problem}`, listed.remedy);
  const seen = (text: string): string => (isAbsolute(text) ? text : join(dirname(path), text));
  return listed.map(({ submission, site, spec }) => ({
    path: seen(submission),
    site,
    // What is no path is the id of one that comes with immload.
    spec: spec !== null && (spec.includes('/') || spec.includes(sep) || spec.endsWith('.json')) ? seen(spec) : spec,
  }));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new InputError(path, 'is no list that can be read', 'check its path and permissions', { cause });
  }
}

function freeName(path: string, taken: Set<string>): string {
  const own = basename(path).replace(ARCHIVE, '');
  let name = own;
  for (let n = 2; taken.has(name); n++) name = `${own}-${n}`;
  taken.add(name);
  return name;
}
