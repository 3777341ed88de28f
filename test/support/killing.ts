/** Loads by the real program that are killed, again and again, until one of them comes to its end. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { packageFolder } from '../../src/files/specs.js';
import type { Sizes } from '../../src/run.js';
import { TODAY } from './fixtures.js';
import { allTables, type Registry, reportFiles } from './interrupted.js';
import type { KillInstructions } from './kill-points.js';
import { type Outcome, startProgram } from './program.js';
import { RICH, RICH_SPECS, TINY } from './rich-submission.js';
import type { Sandbox, SandboxLoad } from './sandbox.js';

/** How a load is cut short: killed so long after it was started, or at a point of its work from 1; or its server crashes. */
export type Kill = { readonly afterMs: number } | { readonly atPoint: number } | { readonly crashAfterMs: number };

/** A command without registry and report, and how much it does at a time. */
export interface KilledCommand {
  readonly args: readonly string[];
  readonly sizes: Partial<Sizes>;
}

const KILL_POINTS = pathToFileURL(join(packageFolder(), 'dist/test/support/kill-points.js')).href;
const REPORT = 'report';

/** What is said of loads that were killed and gone on with, or is said by any load that matches by weight. */
const NOTICES =
  /^immload: (run \d+ was cut short (before; it (begins again|goes on (behind|among|with) .+)|when all was done; it is completed now)|adding match keys for .*)$/;

/** What is said when a server has crashed. */
const LOSSES =
  /^immload: (run \d+ is cut short; the same command goes on with it, --restart begins anew|postgres:\S+ (the connection was lost; run the same command again when the server is back|the server is starting or stopping; try again in a moment|no server answers there; check host and port, and that it runs))$/;

/** A registry, and a load into it that comes to the same tables and reports however often it is killed. */
export class KilledLoad {
  readonly #sandbox: Sandbox;
  readonly #registry: Registry;
  readonly #command: KilledCommand;
  readonly #crash: () => Promise<void>;
  #expected: unknown = null;
  /** Points of the work of the load, and how long all of it takes. */
  points = 0;
  wholeMs = 0;

  private constructor(sandbox: Sandbox, registry: Registry, command: KilledCommand, crash: () => Promise<void>) {
    this.#crash = crash;
    this.#sandbox = sandbox;
    this.#registry = registry;
    this.#command = command;
  }

  /**
   * Loads `first` into the empty registry, then `command` without any kill: that is what must come of it. `crash` lets the
   * server of the registry crash.
   */
  static async prepare(
    sandbox: Sandbox,
    registry: Registry,
    first: KilledCommand,
    command: KilledCommand,
    crash: () => Promise<void> = async () => {},
  ): Promise<KilledLoad> {
    await new KilledLoad(sandbox, registry, first, crash).#requireWhole();
    await registry.keep();
    const load = new KilledLoad(sandbox, registry, command, crash);
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
      const hasCrashed = kill !== null && 'crashAfterMs' in kill;
      const isKnown = (line: string): boolean => NOTICES.test(line) || (hasCrashed && LOSSES.test(line));
      const strange = stderr.split('\n').filter((line) => line !== '' && !isKnown(line));
      if (strange.length > 0 || stdout !== '') throw new Error(`${what}: ${stderr}${stdout}`);
      if (code === 0 || code === 3) break;
      if (code === null) killed++;
      else if (hasCrashed && code === 1) {
        killed++;
        await this.#forgetGaps();
      } else throw new Error(`${what}: ended with ${code}`);
    }
    const found = await this.#found();
    const hasCrashed = kills.some((kill) => 'crashAfterMs' in kill);
    for (const [place, content] of Object.entries(this.#expected as Record<string, unknown>)) {
      // A server that crashes when all is done leaves out some numbers.
      if (hasCrashed && place === 'table sequences') continue;
      if (JSON.stringify(found[place]) === JSON.stringify(content)) continue;
      throw new Error(`${what}: another ${place}: ${describeDifference(found[place], content)}`);
    }
    const strangers = Object.keys(found).filter((place) => !(place in (this.#expected as object)));
    if (strangers.length > 0) throw new Error(`${what}: ${strangers.join()}, which should not be there`);
    return killed;
  }

  /**
   * A server that crashes leaves out some numbers afterwards. A run that is gone on with takes them all the same; one that
   * was not there yet when the server crashed would have others than it should have.
   */
  async #forgetGaps(): Promise<void> {
    const running = await this.#registry.query("SELECT id FROM runs WHERE status = 'running'");
    if (running.length === 0) await this.#registry.restore();
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
    // The day is told: loads that begin before midnight go on after it.
    const where = ['--db', this.#registry.address, '--report', REPORT];
    const args = [...this.#command.args, ...where, '--today', TODAY, '--quiet'];
    const { child, outcome } = startProgram(this.#sandbox.folder, ['load', ...args], {
      node: [`--import=${KILL_POINTS}`],
      env: { KILL_POINTS: JSON.stringify(instructions) },
    });
    const ended =
      kill !== null && 'crashAfterMs' in kill
        ? (await Promise.all([outcome, setTimeout(kill.crashAfterMs).then(this.#crash)]))[0]
        : await endedBy(outcome, child, kill);
    return { ...ended, points: ended.code === null ? 0 : Number(readFileSync(count, 'utf8')) };
  }
}

/** The first rows, or parts of a report, that are not alike. */
function describeDifference(found: unknown, expected: unknown): string {
  const [rows, others] = [found, expected].map(
    (content) => (Array.isArray(content) ? content : [content]) as unknown[],
  );
  const at = others!.findIndex((other, i) => other !== rows![i]);
  const place = at === -1 ? others!.length : at;
  return `${rows!.length} instead of ${others!.length}, of which number ${place} is ${rows![place]} instead of ${others![place]}`;
}

/** Waits for a program, which is killed after some time if that was asked for. */
async function endedBy(outcome: Promise<Outcome>, child: ChildProcess, kill: Kill | null): Promise<Outcome> {
  if (kill === null || !('afterMs' in kill)) return outcome;
  const stop = new AbortController();
  const killing = setTimeout(kill.afterMs, undefined, { signal: stop.signal }).then(
    () => child.kill('SIGKILL'),
    () => {},
  );
  const ended = await outcome;
  stop.abort();
  await killing;
  return ended;
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
