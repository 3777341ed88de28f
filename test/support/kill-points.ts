/**
 * Ends the program at an exact point of its work: `node --import` this file before it. A point is before or behind each
 * commit, and before or behind a report gets its name. Nothing of this is in the program itself.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import Database from 'better-sqlite3';
import pg from 'pg';
import { DEFAULT_SIZES, type Sizes } from '../../src/run.js';

/** What the preloaded program is told, in the variable `KILL_POINTS`. */
export interface KillInstructions {
  /** The point at which it ends, from 1; 0 for none. */
  readonly at: number;
  /** File that is told how many points there were. */
  readonly count: string | null;
  /** How much it does at a time: with little there are many commits. */
  readonly sizes: Partial<Sizes>;
}

const instructions = process.env['KILL_POINTS'];
if (isMainThread && instructions !== undefined) follow(JSON.parse(instructions) as KillInstructions);

function follow({ at, count, sizes }: KillInstructions): void {
  Object.assign(DEFAULT_SIZES, sizes);
  let points = 0;
  const point = (): void => {
    if (++points === at) process.kill(process.pid, 'SIGKILL');
  };
  watchSqlite(point);
  watchPostgres(point);
  const { renameSync } = fs;
  fs.renameSync = (...args) => {
    point();
    renameSync(...args);
    point();
  };
  syncBuiltinESMExports();
  if (count !== null) process.on('exit', () => fs.writeFileSync(count, String(points)));
}

function watchSqlite(point: () => void): void {
  const { exec } = Database.prototype;
  Database.prototype.exec = function (sql) {
    if (sql !== 'COMMIT') return exec.call(this, sql);
    point();
    const result = exec.call(this, sql);
    point();
    return result;
  };
}

function watchPostgres(point: () => void): void {
  const { query } = pg.Client.prototype;
  const watched = async (client: pg.Client, args: unknown[]): Promise<unknown> => {
    point();
    const result = await (query as (...all: unknown[]) => Promise<unknown>).apply(client, args);
    point();
    return result;
  };
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    return args[0] === 'COMMIT' ? watched(this, args) : (query as (...all: unknown[]) => unknown).apply(this, args);
  } as typeof query;
}
