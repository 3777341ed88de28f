/** The specs and code tables that come with immload, and specs of the user's own. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CODE_TABLES, Codes, type CodeTable } from '../core/codes.js';
import { checkSpec, completeSpec, type Spec, type SpecProblem } from '../core/spec.js';
import { findJsonFault } from './json-place.js';

/** A spec that is not there or cannot be. */
export class SpecError extends Error {
  readonly code = 'spec';
  constructor(
    message: string,
    /** All that is wrong with the file, empty if it could not be read at all. */
    readonly problems: readonly SpecProblem[] = [],
  ) {
    super(message);
    this.name = 'SpecError';
  }
}

/** The folder of the installed package: the one above with a package.json. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

function specsFolder(): string {
  return join(packageFolder(), 'specs');
}

/** The version of the installed package. */
export function programVersion(): string {
  return (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version;
}

/** The ids of the specs that come with immload. */
export function builtInSpecIds(): readonly string[] {
  return readdirSync(specsFolder())
    .filter((name) => name.endsWith('.json') && !name.endsWith('.schema.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort();
}

/** A spec by its id or its path. @throws SpecError */
export function loadSpec(idOrPath: string): Spec {
  const path = pathOf(idOrPath);
  return parseSpec(path, readSpecFile(path));
}

function pathOf(idOrPath: string): string {
  if (/[/\\]|\.json$/i.test(idOrPath)) return idOrPath;
  const ids = builtInSpecIds();
  if (ids.includes(idOrPath)) return join(specsFolder(), `${idOrPath}.json`);
  throw new SpecError(`there is no spec ${idOrPath}; use one of ${ids.join(', ')}, or the path of a spec file`);
}

/** A spec as it is written, by its id or its path: what a spec of one's own can begin from. @throws SpecError */
export function loadSpecJson(idOrPath: string): unknown {
  loadSpec(idOrPath);
  return JSON.parse(readSpecFile(pathOf(idOrPath)));
}

function readSpecFile(path: string): string {
  try {
    // Some editors begin a file with a byte order mark.
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const problem = code === 'ENOENT' ? 'there is no such spec file' : `the spec file cannot be read (${String(code)})`;
    throw new SpecError(`${path}: ${problem}; check the path given with --spec`);
  }
}

function parseSpec(path: string, text: string): Spec {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new SpecError(
      `${path}: not JSON, ${describePlace(text, findJsonFault(text))}; look for a missing comma, quote or bracket there`,
    );
  }
  const problems = checkSpec(json);
  const first = problems[0];
  if (first === undefined) return completeSpec(json);
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new SpecError(`${path}: ${first.path || 'the file'}: ${first.message}. ${first.remedy}${more}`, problems);
}

function describePlace(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${before[before.length - 1]!.length + 1}`;
}

/** All code tables that come with immload. */
export function loadCodes(): Codes {
  const folder = join(specsFolder(), 'codes');
  return new Codes(CODE_TABLES.map((id) => JSON.parse(readFileSync(join(folder, `${id}.json`), 'utf8')) as CodeTable));
}
