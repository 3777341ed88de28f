/** Loads by the real program that are killed, again and again, until one of them comes to its end. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageFolder } from '../../src/files/specs.js';
import type { Sizes } from '../../src/run.js';
import { allTables, type Registry, reportFiles } from './interrupted.js';
import type { KillInstructions } from './kill-points.js';
import { type Outcome, startProgram } from './program.js';
import { RICH, RICH_SPECS, TINY } from './rich-submission.js';
import type { Sandbox, SandboxLoad } from './sandbox.js';

/** When a load is killed: so long after it was started, or at a point of its work, from 1. */
export type Kill = { readonly afterMs: number } | { readonly atPoint: number };

/** A command without registry and report, and how much it does at a time. */
export interface KilledCommand {
  readonly args: readonly string[];
  readonly sizes: Partial<Sizes>;
}

const KILL_POINTS = pathToFileURL(join(packageFolder(), 'dist/test/support/kill-points.js')).href;
const REPORT = 'report';

/** What is said of loads that were killed and gone on with, or is said by any load that matches by weight. */
const NOTICES =
  /^immload: (run \d+ was cut short (before; it (begins again|goes on behind .+)|when all was done; it is completed now)|adding match keys for .*)$/;

/** A registry, and a load into it that comes to the same tables and reports however often it is killed. */
export class KilledLoad {
  readonly #sandbox: Sandbox;
  readonly #registry: Registry;
  readonly #command: KilledCommand;
  #expected: unknown = null;
  /** Points of the work of the load, and how long all of it takes. */
  points = 0;
  wholeMs = 0;

  private constructor(sandbox: Sandbox, registry: Registry, command: KilledCommand) {
    this.#sandbox = sandbox;
    this.#registry = registry;
    this.#command = command;
  }

  /** Loads `first` into the empty registry, then `command` without any kill: that is what must come of it. */
  static async prepare(
    sandbox: Sandbox,
    registry: Registry,
    first: KilledCommand,
    command: KilledCommand,
  ): Promise<KilledLoad> {
    await new KilledLoad(sandbox, registry, first).#requireWhole();
    await registry.keep();
    const load = new KilledLoad(sandbox, registry, command);
    await load.#requireWhole();
    load.#expected = await load.#found();
    return load;
  }

  async #requireWhole(): Promise<void> {
    rmSync(this.#sandbox.path(REPORT), { recursive: true, force: true });
    const began = performance.now();
    const { code, stderr, points } = await this.#load(null);
    if (code !== 0 && code !== 3) throw new Error(`a load that nobody killed ended with ${code}: ${stderr}`);
    this.points = points;
    this.wholeMs = performance.now() - began;
  }

  /**
   * Loads from the beginning with the same command until it comes to its end, killed at each of `kills` on the way; gives
   * how often it was.
   * @throws Error when one of the loads fails, says what it should not, or comes to something else
   */
  async try(kills: readonly Kill[]): Promise<number> {
    await this.#registry.restore();
    rmSync(this.#sandbox.path(REPORT), { recursive: true, force: true });
    const what = JSON.stringify(kills);
    let killed = 0;
    for (const kill of [...kills, null]) {
      const { code, stdout, stderr } = await this.#load(kill);
      const strange = stderr.split('\n').filter((line) => line !== '' && !NOTICES.test(line));
      if (strange.length > 0 || stdout !== '') throw new Error(`${what}: ${stderr}${stdout}`);
      if (code === null) killed++;
      else if (code === 0 || code === 3) break;
      else throw new Error(`${what}: ended with ${code}`);
    }
    const found = await this.#found();
    for (const [place, content] of Object.entries(this.#expected as Record<string, unknown>)) {
      if (JSON.stringify(found[place]) !== JSON.stringify(content)) throw new Error(`${what}: another ${place}`);
    }
    const strangers = Object.keys(found).filter((place) => !(place in (this.#expected as object)));
    if (strangers.length > 0) throw new Error(`${what}: ${strangers.join()}, which should not be there`);
    return killed;
  }

  /** All tables and report files, by what they are called. */
  async #found(): Promise<Record<string, unknown>> {
    const name = (kind: string, contents: Record<string, unknown>): [string, unknown][] =>
      Object.entries(contents).map(([each, content]) => [`${kind} ${each}`, content]);
    return Object.fromEntries([
      ...name('table', await allTables(this.#registry)),
      ...name('report', reportFiles(this.#sandbox.path(REPORT))),
    ]);
  }

  /** Loads to the end, or until it is killed. */
  async #load(kill: Kill | null): Promise<Outcome & { readonly points: number }> {
    const count = this.#sandbox.path('points');
    const at = kill !== null && 'atPoint' in kill ? kill.atPoint : 0;
    const instructions: KillInstructions = { at, count, sizes: this.#command.sizes };
    const args = [...this.#command.args, '--db', this.#registry.address, '--report', REPORT, '--quiet'];
    const { child, outcome } = startProgram(this.#sandbox.folder, ['load', ...args], {
      node: [`--import=${KILL_POINTS}`],
      env: { KILL_POINTS: JSON.stringify(instructions) },
    });
    const isTimed = kill !== null && 'afterMs' in kill;
    const timer = isTimed ? setTimeout(() => child.kill('SIGKILL'), kill.afterMs) : undefined;
    const ended = await outcome;
    clearTimeout(timer);
    return { ...ended, points: ended.code === null ? 0 : Number(readFileSync(count, 'utf8')) };
  }
}

const FILE_OPTIONS = ['patients', 'immunizations', 'comments', 'files'] as const;

/** The command that loads a rich submission, whose files are written where it runs. */
export function richCommand(sandbox: Sandbox, kind: string, seed: number, run: 0 | 1): KilledCommand {
  const submission: SandboxLoad = RICH[kind]!(seed, run);
  const files = FILE_OPTIONS.flatMap((option) => {
    const paths = Object.entries((submission[option] ?? {}) as Record<string, string>).map(([name, text]) => {
      sandbox.write(`${run}-${name}`, text);
      return `${run}-${name}`;
    });
    return paths.length === 0 || option === 'files' ? paths : [`--${option}`, ...paths];
  });
  sandbox.write('spec.json', JSON.stringify(RICH_SPECS[kind]));
  const site = submission.site == null ? [] : ['--site', submission.site];
  const model = ['--match-model', submission.matchModel ?? 'exact'];
  return { args: [...files, '--spec', 'spec.json', ...site, ...model], sizes: TINY };
}
