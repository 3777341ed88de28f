/** The command line: yargs, its commands, and the exit code. */
import yargs, { type Argv, type Options } from 'yargs';
import { systemUser } from '../db/journal.js';
import { programVersion } from '../files/specs.js';
import { type AcceptArguments, runAcceptFixes } from './accept-fixes.js';
import { type CodesArguments, listCodes, showCodes, type UpdateArguments, updateCodes } from './codes.js';
import { describeError, ExitCode, UsageError } from './exit.js';
import { listJournal, verifyJournal } from './journal.js';
import { explain, listRuns, listSpecs, migrate, showSpec } from './lists.js';
import { type LoadArguments, runLoad } from './load.js';
import { runLoads } from './load-submissions.js';
import { COMMANDS, type CommandOption } from './options.js';
import { purge } from './purge.js';
import { decideReview, type ReviewerOptions, splitPatient } from './review.js';
import { simulateThresholds } from './review-simulate.js';
import { checkSpecCommand } from './spec-check.js';
import { compareSpecs } from './spec-diff.js';
import { documentSpec } from './spec-doc.js';
import { sampleSpec } from './spec-sample.js';
import { showSafely } from './table.js';
import { undo } from './undo.js';
import { verify } from './verify.js';
import { explainMatch, listReviews, showReview, type WhyOptions } from './why.js';

/** Runs the program with these arguments and gives its exit code. */
export async function runCli(args: readonly string[]): Promise<number> {
  let exitCode: number = ExitCode.success;
  const finish = (code: number): void => {
    exitCode = code;
  };
  try {
    await buildCli(args, finish).parseAsync();
  } catch (error) {
    const described = describeError(error);
    // File names come from the sender, and may hold what a terminal obeys.
    process.stderr.write(`immload: ${showSafely(described.message)}\n`);
    for (const detail of described.details) process.stderr.write(`  ${showSafely(detail)}\n`);
    exitCode = described.exitCode;
  }
  return exitCode;
}

/** What an option of a command looks like to the handlers; yargs has checked it. */
type Arguments = LoadArguments &
  CodesArguments &
  UpdateArguments & {
    db: string;
    'dry-run': boolean;
    submissions?: readonly string[];
    'fail-fast': boolean;
    code?: string;
    id: string;
    file: string;
    from: string;
    to: string;
    table: string;
    html: boolean;
    output?: string;
    /** Numbers come as such. */
    what: string | number;
    values: boolean;
    all: boolean;
    review: string | number;
    decision: string;
    by: string;
    because: string;
    'despite-conflicts': boolean;
    patient: string | number;
    record: readonly string[];
    thresholds: string;
    run: string | number;
    reports: boolean;
    'older-than'?: number;
    plan: boolean;
    head?: string;
    min: AcceptArguments['min'];
  };

function buildCli(args: readonly string[], finish: (exitCode: number) => void): Argv {
  const cli = yargs([...args])
    .scriptName('immload')
    // Our own words are English: half of a message in another language helps nobody.
    .locale('en')
    .usage('Usage: immload <command> [options]\n\nLoads a clinic’s vaccination history into an immunization registry.')
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .version(programVersion())
    .alias('help', 'h')
    .parserConfiguration({ 'camel-case-expansion': false })
    .strict()
    .exitProcess(false)
    .demandCommand(1, 'no command given')
    .example('immload validate --patients patients.txt --immunizations doses.txt', 'Check an export before it is sent')
    .example('immload load --patients patients.txt --immunizations doses.txt', 'Load it into ./immload.db')
    .example('immload explain cvx-padded', 'What a code of the report means')
    .epilogue('Exit codes: 0 every record loaded, 1 the run failed, 2 wrong usage or spec, 3 done with rejects.')
    .fail((message, error) => {
      // Some of what is wrong with the arguments yargs throws, and some it only says.
      throw error == null || error.name === 'YError' ? new UsageError(`${message}; see \`immload --help\``) : error;
    });

  command(cli, 'load [files..]', async (a) => {
    const mode = a['dry-run'] ? 'dry-run' : 'load';
    finish(a.submissions === undefined ? await runLoad(a, mode, a.db) : await runLoads(a.submissions, a, mode));
  });
  command(cli, 'validate [files..]', async (a) => finish(await runLoad(a, 'validate', a.db)));
  command(cli, 'accept-fixes', (a) => runAcceptFixes({ ...a, report: a.report!, min: a.min }));
  command(cli, 'runs', (a) => listRuns(a.db, a.json));
  command(cli, 'undo <run>', (a) => undo(String(a.run), { ...a, by: a.by ?? systemUser() }));
  command(cli, 'verify <run>', async (a) => finish(await verify(String(a.run), a)));
  command(cli, 'purge [run]', async (a) => {
    const run = a.run === undefined ? undefined : String(a.run);
    finish(await purge(run, { ...a, by: a.by ?? systemUser() }));
  });
  cli.command('journal', 'Who did what to the registry: list, verify', (sub) => {
    command(sub, 'journal list', (a) => listJournal(a.db, a.json));
    command(sub, 'journal verify', async (a) => finish(await verifyJournal(a.db, a.head)));
    return sub.demandCommand(1, 'which? `immload journal --help` lists its commands');
  });
  command(cli, 'migrate', (a) => migrate(a.db));
  const whyOptions = ({ db, json, values }: Arguments): WhyOptions => ({ database: db, json, values });
  command(cli, 'why <what>', (a) => explainMatch(String(a.what), whyOptions(a)));
  const reviewer = ({ by, because, db, codes }: Arguments): ReviewerOptions => ({ by, because, database: db, codes });
  cli.command('review', 'Pairs of patients or doses that may be one: list, show, decide, split, simulate', (sub) => {
    command(sub, 'review list', (a) => listReviews(a.db, a.all, a.json));
    command(sub, 'review show <review>', (a) => showReview(String(a.review), whyOptions(a)));
    command(sub, 'review decide <review> <decision>', (a) =>
      decideReview(String(a.review), a.decision, { ...reviewer(a), despiteConflicts: a['despite-conflicts'] }),
    );
    command(sub, 'review split <patient>', (a) => splitPatient(String(a.patient), a.record, reviewer(a)));
    command(sub, 'review simulate', (a) =>
      simulateThresholds(a.thresholds, { database: a.db, output: a.output, json: a.json }),
    );
    return sub.demandCommand(1, 'which? `immload review --help` lists its commands');
  });
  command(cli, 'explain [code]', (a) => explain(a.code));
  cli.command('spec', 'Flat File Specifications: list, show, check, doc, sample, diff', (sub) => {
    command(sub, 'spec list', (a) => listSpecs(a.json));
    command(sub, 'spec show <id>', (a) => showSpec(a.id, a.json));
    command(sub, 'spec check <file>', (a) => finish(checkSpecCommand(a.file, a)));
    command(sub, 'spec doc <id>', (a) => documentSpec(a.id, a));
    command(sub, 'spec sample <id>', (a) => sampleSpec(a.id, { ...a, output: a.output! }));
    command(sub, 'spec diff <from> <to>', (a) => compareSpecs(a.from, a.to, a.json));
    return sub.demandCommand(1, 'which? `immload spec --help` lists its commands');
  });
  cli.command('codes', 'Code tables: list, show, update', (sub) => {
    command(sub, 'codes list', (a) => listCodes(a));
    command(sub, 'codes show <table>', (a) => showCodes(a.table, a));
    command(sub, 'codes update <files..>', (a) => updateCodes(a));
    return sub.demandCommand(1, 'which? `immload codes --help` lists its commands');
  });
  return cli;
}

/** Adds a command of the table; its last word is its name where it belongs to a group. */
function command(cli: Argv, name: keyof typeof COMMANDS, handle: (args: Arguments) => void | Promise<void>): void {
  const { describe, options } = COMMANDS[name];
  const local = name.replace(/^(?:spec|codes|review|journal) /, '');
  cli.command(
    local,
    describe,
    (builder) => builder.options(toYargs(options)),
    async (parsed) => handle(parsed as unknown as Arguments),
  );
}

/** The options without the words that are for the documents only. */
function toYargs(options: Readonly<Record<string, CommandOption>>): Record<string, Options> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { value: _, repeatable = false, ...option }]) => [
      name,
      { ...option, requiresArg: option.type !== 'boolean', coerce: readValue(name, option, repeatable) },
    ]),
  );
}

/** Reads what yargs has parsed: an option that is given twice counts as given last, unless it is a list. One that may be given
 * several times is a list of its values. */
function readValue(name: string, option: Options, repeatable: boolean): (parsed: unknown) => unknown {
  return (parsed) => {
    if ([parsed].flat().includes('')) throw new UsageError(`--${name}: give a value that is not empty`);
    if (repeatable) return parsed === undefined ? parsed : [parsed].flat();
    return Array.isArray(parsed) && option.array !== true ? parsed.at(-1) : parsed;
  };
}
