/**
 * Kills loads for hours: at every commit of small submissions of all kinds, and at any moment of larger ones. The same
 * command must come to the same tables and reports as if nothing had been. `npm run soak -- --help`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { loadSpec } from '../../src/files/specs.js';
import { Dirt } from '../support/dirt.js';
import { MIIS } from '../support/fixtures.js';
import { REGISTRIES } from '../support/interrupted.js';
import { type Kill, type KilledCommand, KilledLoad, richCommand } from '../support/killing.js';
import { startServer } from '../support/postgres-server.js';
import { Random } from '../support/random.js';
import { RICH } from '../support/rich-submission.js';
import { Sandbox } from '../support/sandbox.js';
import { writeCombined, writeSubmission } from '../support/submission.js';

const options = await yargs(hideBin(process.argv))
  .usage('npm run soak -- [options]')
  .options({
    kills: { type: 'number', default: 500, describe: 'Kills at any moment, for each database' },
    commits: { type: 'boolean', default: true, describe: 'Kill at every commit of small submissions, too' },
    seed: { type: 'number', default: 1, describe: 'Another one for other submissions and moments' },
    crashes: { type: 'number', default: 50, describe: 'Crashes of the PostgreSQL server at any moment' },
    patients: { type: 'number', default: 2000, describe: 'Patients of the larger submissions' },
    database: { type: 'string', array: true, default: Object.keys(REGISTRIES), choices: Object.keys(REGISTRIES) },
  })
  .strict()
  .version(false)
  .parseAsync();

/** Submissions that are killed before another one is written. */
const TRIES_PER_SUBMISSION = 20;
const MOST_KILLS_PER_TRY = 3;

const COMBINED = loadSpec('cocasa-tab');

/** A command that loads a made-up clinic; the second run has other faults, and some doses behind all others. */
function clinicCommand(sandbox: Sandbox, seed: number, run: 0 | 1): KilledCommand {
  const sizes = { batchRows: 1000, blockBytes: 1 << 15, sortCharacters: 200_000 };
  const clinic = { seed, patients: options.patients >> (1 - run), dosesPerPatient: 6 };
  if (seed % 4 === 0) {
    writeCombined(clinic, COMBINED, sandbox.path(`${run}-h.txt`));
    return { args: [`${run}-h.txt`, '--spec', COMBINED.id, '--site', 'F1'], sizes };
  }
  const paths = { patients: sandbox.path(`${run}-p.txt`), immunizations: sandbox.path(`${run}-d.txt`) };
  writeSubmission(
    clinic,
    MIIS,
    paths,
    new Dirt(MIIS, { seed: seed + run, errors: 0.05, remarks: 0.2, duplicates: 0.1 }),
  );
  const [header, ...lines] = readFileSync(paths.immunizations, 'latin1').trimEnd().split('\n');
  const isLate = (_: string, i: number): boolean => run === 1 && i % 23 === 0;
  const late = lines.filter(isLate);
  const rest = lines.filter((line, i) => !isLate(line, i));
  writeFileSync(paths.immunizations, [header, ...rest, ...late, ''].join('\n'), 'latin1');
  const model = seed % 4 === 1 ? ['--match-model', 'fixed'] : [];
  return { args: ['--patients', `${run}-p.txt`, '--immunizations', `${run}-d.txt`, ...model], sizes };
}

async function killAtCommits(database: string, seed: number, port: number): Promise<number> {
  let kills = 0;
  for (const kind of Object.keys(RICH)) {
    using sandbox = new Sandbox();
    await using registry = await REGISTRIES[database]!(sandbox, port);
    const commands = ([0, 1] as const).map((run) => richCommand(sandbox, kind, seed, run));
    const load = await KilledLoad.prepare(sandbox, registry, commands[0]!, commands[1]!);
    for (let atPoint = 1; atPoint <= load.points; atPoint++) {
      const killed = await load.try([{ atPoint }]);
      if (killed === 0) throw new Error(`it was not killed at point ${atPoint}`);
      kills += killed;
    }
    console.log(`${database}: killed at all ${load.points} points of ${kind}`);
  }
  return kills;
}

/** How often loads were cut short, and how many. */
interface Done {
  kills: number;
  loads: number;
}

/** How loads are cut short at any moment: they are killed, or the server crashes. */
interface CutShort {
  readonly times: number;
  readonly words: string;
  readonly crash?: () => Promise<void>;
}

async function cutShort(database: string, port: number, { times, words, crash }: CutShort): Promise<Done> {
  const random = new Random(options.seed);
  const done: Done = { kills: 0, loads: 0 };
  for (let submission = options.seed; done.kills < times; submission++) {
    using sandbox = new Sandbox();
    await using registry = await REGISTRIES[database]!(sandbox, port);
    const commands = ([0, 1] as const).map((run) => clinicCommand(sandbox, submission, run));
    const load = await KilledLoad.prepare(sandbox, registry, commands[0]!, commands[1]!, crash);
    for (let n = 0; n < TRIES_PER_SUBMISSION && done.kills < times; n++) {
      const kills: Kill[] = Array.from({ length: random.integer(1, MOST_KILLS_PER_TRY) }, () => {
        const ms = random.integer(0, Math.ceil(load.wholeMs));
        return crash === undefined ? { afterMs: ms } : { crashAfterMs: ms };
      });
      done.kills += await load.try(kills);
      done.loads++;
    }
    console.log(`${database}: ${done.kills} ${words} of ${done.loads} loads, all equal`);
  }
  return done;
}

const server = options.database.includes('PostgreSQL') ? await startServer() : null;
const port = server?.port ?? 0;
try {
  for (const database of options.database) {
    const atCommits = options.commits ? await killAtCommits(database, options.seed, port) : 0;
    const how = { times: options.kills, words: 'kills at any moment' };
    const { kills, loads } = await cutShort(database, port, how);
    console.log(`${database}: ${kills} kills at any moment of ${loads} loads and ${atCommits} at commits: all equal`);
  }
  if (server !== null) {
    const how = { times: options.crashes, words: 'crashes of the server at any moment', crash: server.crash };
    const { kills, loads } = await cutShort('PostgreSQL', server.port, how);
    console.log(`PostgreSQL: ${kills} crashes of the server at any moment of ${loads} loads: all equal`);
  }
} finally {
  await server?.stop();
}
