/**
 * Matches patients whose true persons are known, and says how well, how fast and with how much memory:
 * `npm run bench:match`.
 *
 * Families come from a seed; FEBRL from a folder that is no part of the repository.
 */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { FEBRL_SETS } from '../support/febrl.js';
import type { CaseResult, MatchCase } from './match-case.js';

const options = await yargs(hideBin(process.argv))
  .usage('npm run bench:match -- [options]')
  .options({
    persons: { type: 'number', default: 100_000, describe: 'Persons of the families; records are a quarter more' },
    duplicates: { type: 'number', default: 0.206, describe: 'Share of records that are not the first of their person' },
    seeds: { type: 'number', default: 3, describe: 'How many populations, from as many seeds' },
    'first-seed': { type: 'number', default: 1, describe: 'The first of these seeds' },
    model: {
      choices: ['fixed', 'trained'] as const,
      describe: 'How weights are found; as a rule fixed for families and trained for FEBRL',
    },
    families: { type: 'boolean', default: true, describe: 'Match families' },
    febrl: { type: 'string', describe: 'Folder of the FEBRL data sets (dataset1.csv and so on)' },
    details: { type: 'boolean', default: false, describe: 'Show what is missed, by what is wrong with the records' },
    examples: { type: 'number', default: 0, describe: 'Show so many missed and so many wrong pairs of families' },
    json: { type: 'boolean', default: false, describe: 'Print all results as JSON' },
  })
  .strict()
  .version(false)
  .parseAsync();

function* casesOf(): Generator<MatchCase, void, undefined> {
  if (options.febrl !== undefined) {
    for (const withId of [true, false]) {
      for (const set of FEBRL_SETS) {
        const name = `FEBRL ${set} ${withId ? 'with id' : 'without id'}`;
        const records = { kind: 'febrl', folder: options.febrl, set, withId } as const;
        yield { name, records, options: { model: options.model ?? 'trained' }, examples: 0 };
      }
    }
  }
  if (!options.families) return;
  const { persons, duplicates, examples } = options;
  for (let seed = options.firstSeed; seed < options.firstSeed + options.seeds; seed++) {
    const name = `families, seed ${seed}`;
    const records = { kind: 'families', persons, seed, duplicates } as const;
    yield { name, records, options: { model: options.model ?? 'fixed' }, examples };
  }
}

/** Runs a case in a process of its own. */
function run(asked: MatchCase): Promise<CaseResult> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('match-case.js', import.meta.url)));
    let result: CaseResult | null = null;
    child.on('message', (message) => {
      result = message as CaseResult;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (result !== null && code === 0) resolve(result);
      else reject(new Error(`${asked.name} ended with ${code ?? signal}`));
    });
    child.send(asked);
  });
}

const HEAD = [
  'records of          ', 'model  ', '  records', 'precision', ' recall', '    F1', 'after review', 'of persons', 'reviews/1000', 'twins',
  ' add s', 'match s', 'peak MB',
]; // biome-ignore format: the head of a table

function line({ name, model, score, addSeconds, matchSeconds, peakMemoryMb }: CaseResult): string {
  const cells = [
    score.records.toLocaleString('en-US'),
    score.precision.toFixed(4),
    score.recall.toFixed(4),
    score.f1.toFixed(4),
    score.recallAfterReview.toFixed(4),
    score.recallAfterReviewOfPersons.toFixed(4),
    score.reviewsPerThousand.toFixed(1),
    String(score.twinFalsePairs),
    addSeconds.toFixed(1),
    matchSeconds.toFixed(1),
    String(peakMemoryMb),
  ];
  const texts = [name.padEnd(HEAD[0]!.length), model.padEnd(HEAD[1]!.length)];
  return [...texts, ...cells.map((cell, column) => cell.padStart(HEAD[column + 2]!.length))].join('  ');
}

function* detailsOf({ missed, score, statistics }: CaseResult): Generator<string, void, undefined> {
  yield `    wrong pairs: ${score.mergedPairs - score.foundPairs}, of families ${score.familyFalsePairs}, of twins ${score.twinFalsePairs}`;
  yield `    reviews that are one person: ${score.reviewPrecision.toFixed(2)}`;
  for (const [name, value] of Object.entries(statistics)) yield `    ${name}: ${value.toLocaleString('en-US')}`;
  for (const [change, { pairs, found, reviewed }] of Object.entries(missed)) {
    const counts = [pairs, pairs - found, pairs - found - reviewed].map((count) => String(count).padStart(8));
    yield `    ${change.padEnd(24)} pairs ${counts[0]}, not found ${counts[1]}, nor in review ${counts[2]}`;
  }
}

function* examplesOf({ examples }: CaseResult): Generator<string, void, undefined> {
  for (const [kind, pairs] of Object.entries(examples) as [
    keyof CaseResult['examples'],
    CaseResult['examples']['missed'],
  ][]) {
    for (const { a, b, reviewed } of pairs) yield `    ${kind}${reviewed ? ', in review' : ''}\n      ${a}\n      ${b}`;
  }
}

const results: CaseResult[] = [];
const print = (text: string): void => {
  if (!options.json) console.log(text);
};
if (options.febrl === undefined) console.error('FEBRL is left out: --febrl says where its data sets are');
else if (!existsSync(options.febrl)) throw new Error(`${options.febrl}: there is no such folder`);
print(HEAD.join('  '));
for (const asked of casesOf()) {
  const result = await run(asked);
  results.push(result);
  print(line(result));
  if (options.details) for (const text of detailsOf(result)) print(text);
  for (const text of examplesOf(result)) print(text);
}
if (options.json) console.log(JSON.stringify(results, null, 2));
