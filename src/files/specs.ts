/** The specs that come with immload, and specs of the user's own. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Codes } from '../core/codes.js';
import { checkSpec, completeSpec, type Spec } from '../core/spec.js';
import { checkSpecCodes, defaultsOf } from '../core/spec-codes.js';
import { checkJson, type PlacedProblem } from './checked-json.js';

/** What {@link checkSpecFile} finds. */
export interface SpecCheck {
  /** `null` when the file is no spec. */
  readonly spec: Spec | null;
  /** In the order of their places. */
  readonly problems: readonly PlacedProblem[];
}

/** A spec that is not there or cannot be. */
export class SpecError extends Error {
  readonly code = 'spec';
  constructor(
    message: string,
    /** All that is wrong with the file, empty if it could not be read at all. */
    readonly problems: readonly PlacedProblem[] = [],
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
  const { spec, problems } = checkSpecFile(path);
  if (spec !== null) return spec;
  const { line, column, path: pointer, message, remedy } = problems[0]!;
  const what = pointer === '' ? message : `${pointer}: ${message}`;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more: \`immload spec check ${path}\`)` : '';
  throw new SpecError(`${path}: line ${line}, column ${column}: ${what}. ${remedy}${more}`, problems);
}

/**
 * Refuses a spec whose defaults these code tables do not know: what a blank stands for would be lost in silence.
 * @throws SpecError
 */
export function checkDefaults(spec: Spec, codes: Codes): void {
  const unknown = defaultsOf(spec, codes).find(({ isUnderstood }) => !isUnderstood);
  if (unknown === undefined) return;
  const { name, default: text } = unknown.column;
  throw new SpecError(
    `${spec.id}: the default of ${name}, ${JSON.stringify(text)}, is not understood in that column; correct it, or update the code tables`,
  );
}

/**
 * All that is wrong with a spec file; with code tables, also what they show. @throws SpecError when it cannot be read
 */
export function checkSpecFile(path: string, codes: Codes | null = null): SpecCheck {
  const { json, problems } = checkJson(readSpecFile(path), 'Begin with `immload spec show ID --json`.', (found) => [
    ...checkSpec(found),
    ...(codes === null ? [] : checkSpecCodes(found, codes)),
  ]);
  return { spec: problems.length === 0 ? completeSpec(json) : null, problems };
}

function pathOf(idOrPath: string): string {
  if (/[/\\]|\.json$/i.test(idOrPath)) return idOrPath;
  const ids = builtInSpecIds();
  if (ids.includes(idOrPath)) return join(specsFolder(), `${idOrPath}.json`);
  throw new SpecError(`there is no spec ${idOrPath}; use one of ${ids.join(', ')}, or the path of a spec file`);
}

/**
 * A spec as it is written, by its id or its path: what a spec of one's own can begin from. Where it says which schema
 * editors should check it by, that path leads there from the given folder. @throws SpecError
 */
export function loadSpecJson(idOrPath: string, from: string): unknown {
  loadSpec(idOrPath);
  const path = pathOf(idOrPath);
  const json = JSON.parse(readSpecFile(path)) as { readonly $schema?: string };
  if (json.$schema === undefined || isAbsolute(json.$schema) || json.$schema.includes('://')) return json;
  return {
    ...json,
    $schema: relative(from, resolve(dirname(path), json.$schema))
      .split(sep)
      .join('/'),
  };
}

function readSpecFile(path: string): string {
  try {
    // Some editors begin a file with a byte order mark.
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const problem = code === 'ENOENT' ? 'there is no such spec file' : `the spec file cannot be read (${String(code)})`;
    throw new SpecError(`${path}: ${problem}; check its path`);
  }
}
