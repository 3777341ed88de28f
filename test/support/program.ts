/** Runs the program as a user does: in a given folder, as a process of its own, or all but that. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import { packageFolder } from '../../src/files/specs.js';

/** The package under test. */
const PACKAGE = packageFolder();
const MAIN = 'dist/src/cli/main.js';

export interface ProgramOptions {
  /** Whom to run as; the own user unless told otherwise. */
  readonly as?: ProgramUser;
  /** Arguments for Node itself, before those of the program. */
  readonly node?: readonly string[];
  /** Variables of the environment, beside those of the tests. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A user, and a program that this user can reach. */
export interface ProgramUser {
  /** `null` for the own one. */
  readonly id: number | null;
  readonly node: string;
  readonly package: string;
}

/** The user who runs the tests. */
export const OWN_USER: ProgramUser = { id: null, node: process.execPath, package: PACKAGE };

/** What a run of the program left to see. */
export interface Outcome {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** All that is in the folder afterwards. */
  readonly left: Listing;
}

/** Path within a folder → a hash of the file, or what else it is. */
export type Listing = Readonly<Record<string, string>>;

/** A run of the program that has not come to its end. */
export interface RunningProgram {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
}

/** Starts the program. */
export function startProgram(folder: string, args: readonly string[], options: ProgramOptions = {}): RunningProgram {
  const { as = OWN_USER, node = [], env = {} } = options;
  const child = spawn(as.node, [...node, join(as.package, MAIN), ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(as.id !== null && { uid: as.id, gid: as.id }),
  });
  const outcome = new Promise<Outcome>((resolve, reject) => {
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      try {
        resolve({ code, ...output, left: listFolder(folder) });
      } catch (error) {
        reject(error);
      }
    });
  });
  return { child, outcome };
}

/**
 * Runs the program to its end. Without options it runs within the tests, which spares the second that a process needs to
 * start: all that is left out is `cli/main.ts`. `TEST_PROCESSES=1` starts one nevertheless. One runs after the other; what
 * is to run at the same time is started with {@link startProgram}.
 */
export async function runProgram(folder: string, args: readonly string[], options?: ProgramOptions): Promise<Outcome> {
  if (options !== undefined || process.env['TEST_PROCESSES'] === '1')
    return startProgram(folder, args, options).outcome;
  const outcome = lastRun.then(() => runHere(folder, args));
  lastRun = outcome.catch(() => {});
  return outcome;
}

let lastRun: Promise<unknown> = Promise.resolve();

async function runHere(folder: string, args: readonly string[]): Promise<Outcome> {
  const { runCli } = await import('../../src/cli/cli.js');
  const output = { stdout: '', stderr: '' };
  const before = process.cwd();
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const { write } = process[name];
    process[name].write = ((text: string | Uint8Array) => {
      output[name] += typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
      return true;
    }) as typeof write;
    return () => {
      process[name].write = write;
    };
  });
  // Help is printed by yargs, through the console, which the tests have for themselves.
  const { log } = console;
  console.log = (...all: unknown[]) => {
    output.stdout += `${format(...all)}\n`;
  };
  try {
    process.chdir(folder);
    const code = await runCli(args);
    return { code, ...output, left: listFolder(folder) };
  } finally {
    process.chdir(before);
    console.log = log;
    for (const each of restore) each();
  }
}

/** What a folder holds, down to the last byte. What another program removes meanwhile is left out. */
export function listFolder(folder: string): Listing {
  const listing: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    try {
      listing[name] = describeEntry(join(folder, name));
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
    }
  }
  return listing;
}

function describeEntry(path: string): string {
  const stats = lstatSync(path);
  if (stats.isDirectory()) return 'folder';
  if (!stats.isFile()) return 'no file';
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EACCES') return 'not readable';
    throw error;
  }
}
