/**
 * What rules and the resolving of vaccines cost per dose record: `npm run bench:rules`.
 *
 * The doses of a clinic are cut in memory and transformed by turns: as a load does it, and with a plan that resolves no
 * vaccine and has no rules. What lies between the two is the cost, the issues that rules make included. The key of a
 * record's clues is made both ways, so that its time is added. All times are the processor's, of all threads.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { packRow, unpackRow } from '../../src/core/model.js';
import type { VaccineReading, VaccineResolution } from '../../src/core/normalize/vaccine.js';
import { compilePlan, type TransformPlan } from '../../src/core/plan.js';
import { type Block, RecordCutter } from '../../src/core/read/blocks.js';
import { separatorsOf } from '../../src/core/read/delimited.js';
import { RuleMemory } from '../../src/core/rules/remembered.js';
import type { Rule } from '../../src/core/rules/rule.js';
import { transformBlock } from '../../src/core/transform.js';
import type { Cells } from '../../src/core/write.js';
import { Dirt } from '../support/dirt.js';
import { CODES, MIIS, TODAY } from '../support/fixtures.js';
import { type Spoiler, writeSubmission } from '../support/submission.js';
import { median } from './measure.js';

/** More is too much, for codes as well as for names. */
const MOST_MICROSECONDS = 3;
const SEED = 7;
const DIRT = { seed: 11, errors: 0.05, remarks: 0.15, duplicates: 0.05 };

const options = await yargs(hideBin(process.argv))
  .usage('npm run bench:rules -- [options]')
  .options({
    patients: { type: 'number', default: 20_000, describe: 'Patients, with ten doses each on average' },
    runs: { type: 'number', default: 9, describe: 'Runs of each way; the median is shown' },
  })
  .strict()
  .version(false)
  .parseAsync();

const LAYOUT = MIIS.layouts.immunization;
const HEADER = LAYOUT.format === 'delimited' && LAYOUT.header;
const COLUMNS = LAYOUT.fields.map(({ field }) => field);
const [CVX, CPT, NAME] = (['cvx', 'cpt', 'vaccine_name'] as const).map((field) => COLUMNS.indexOf(field)) as [
  number,
  number,
  number,
];

/** Names every vaccine by a trade name instead of its code, where there is one. */
class InWords implements Spoiler {
  readonly #names = new Map<string, string>();
  readonly #details: (count: number) => string;
  #count = 0;

  constructor(details: (count: number) => string) {
    this.#details = details;
    for (const { product_name, cvx } of CODES.vaccineRows('product')) this.#names.set(cvx!, product_name!);
  }

  patient(cells: Cells): readonly Cells[] {
    return [cells];
  }

  immunization(cells: Cells): readonly Cells[] {
    const name = this.#names.get(cells[CVX]!);
    if (name === undefined) return [cells];
    return [
      cells
        .with(CVX, '')
        .with(CPT, '')
        .with(NAME, `${name}${this.#details(this.#count++)}`),
    ];
  }
}

interface Submission {
  readonly name: string;
  readonly spoiler?: Spoiler;
  /** No clinic writes so: it shows what a text takes that was never met before. */
  readonly isExtreme?: true;
}

const SUBMISSIONS: readonly Submission[] = [
  { name: 'CVX codes' },
  { name: 'CVX codes, a fifth with faults', spoiler: new Dirt(MIIS, DIRT) },
  { name: 'trade names', spoiler: new InWords(() => ' 0.5 mL IM') },
  { name: 'trade names, each with its lot', spoiler: new InWords((count) => ` lot K${count}`), isExtreme: true },
];

function cutDoses(spoiler: Spoiler | undefined): Block[] {
  const folder = mkdtempSync(join(tmpdir(), 'immload-bench-'));
  try {
    const paths = { patients: join(folder, 'patients.txt'), immunizations: join(folder, 'doses.txt') };
    writeSubmission({ patients: options.patients, dosesPerPatient: 10, seed: SEED }, MIIS, paths, spoiler);
    const bytes = readFileSync(paths.immunizations);
    const start = HEADER ? bytes.indexOf(0x0a) + 1 : 0;
    if (LAYOUT.format !== 'delimited') throw new Error('the layout has no delimiter');
    const cutter = new RecordCutter({ ...separatorsOf(LAYOUT), fieldCount: LAYOUT.fields.length });
    return [...cutter.push(bytes.subarray(start)), ...cutter.end()];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function planDoses(): TransformPlan {
  const place = { site: null, header: null, headerBytes: null, fieldCount: LAYOUT.fields.length };
  return compilePlan({ spec: MIIS, role: 'immunization', codes: CODES, today: TODAY, ...place });
}

/** Letters in the longest CVX code; the key of five clues has more. */
const MOST_OF_CODE = 3;

/** Takes the clues of any record for its vaccine, and keeps those that are not a CVX code alone. */
class Unresolved extends Map<string, VaccineResolution> {
  readonly clues: string[] = [];
  readonly #reading: { cvx: string | null } & Omit<VaccineReading, 'cvx'> = {
    cvx: null,
    ndc: null,
    findings: [],
    unmapped: [],
  };
  readonly #resolution: VaccineResolution = { since: [], readingIn: () => this.#reading };

  override get(clues: string): VaccineResolution {
    this.#reading.cvx = clues;
    if (clues.length > MOST_OF_CODE) this.clues.push(clues);
    return this.#resolution;
  }
}

/** Has no rules for any vaccine. */
class NoRules extends Map<string, readonly Rule[]> {
  override get(): readonly Rule[] {
    return [];
  }
}

/** What came out, and what it took. */
interface Transformed {
  readonly microseconds: number;
  readonly records: number;
  readonly accepted: number;
  readonly issues: number;
}

function microsecondsOf(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

function transform(blocks: readonly Block[], plan: TransformPlan): Transformed {
  let [records, accepted, issues] = [0, 0, 0];
  const microseconds = microsecondsOf(() => {
    for (const block of blocks) {
      const batch = transformBlock(block, plan);
      records += block.count;
      accepted += batch.accepted.length;
      issues += batch.issues.length;
    }
  });
  return { microseconds, records, accepted, issues };
}

/** Leaves out what is measured. */
function transformUnjudged(blocks: readonly Block[]): Transformed {
  const vaccines = new Unresolved();
  const doseRules = new RuleMemory([], { values: [], presence: [] });
  const transformed = transform(blocks, { ...planDoses(), vaccines, doseRules, vaccineRules: new NoRules() });
  return { ...transformed, microseconds: transformed.microseconds - packingTime(vaccines.clues) };
}

/** What making the keys took. */
function packingTime(keys: readonly string[]): number {
  const clues = keys.map(unpackRow);
  let characters = 0;
  const microseconds = microsecondsOf(() => {
    for (const each of clues) characters += packRow(each).length;
  });
  if (characters !== keys.reduce((sum, key) => sum + key.length, 0)) throw new Error('the keys are others');
  return microseconds;
}

/** Looks at what came out, before any time is shown. */
function requireSame(judged: readonly Transformed[], unjudged: readonly Transformed[]): void {
  const [first] = judged;
  for (const { records, accepted, issues } of judged) {
    if (accepted !== first!.accepted || issues !== first!.issues) throw new Error('two runs gave different records');
    if (records !== first!.records || issues === 0) throw new Error('nothing was judged');
  }
  for (const { records, issues } of unjudged) {
    if (records !== first!.records || issues >= first!.issues) throw new Error('what must not be judged was');
  }
}

const COLUMN_NAMES = ['doses by', 'records', 'issues', 'µs in all', 'µs of rules and resolving'];
const WIDTHS = [32, 9, 9, 11, 27];

function printLine([first, ...cells]: readonly string[]): void {
  const padded = cells.map((cell, place) => cell.padStart(WIDTHS[place + 1]!));
  process.stdout.write(`${first!.padEnd(WIDTHS[0]!)}${padded.join('')}\n`);
}

printLine(COLUMN_NAMES);
let isTooMuch = false;
for (const { name, spoiler, isExtreme } of SUBMISSIONS) {
  const blocks = cutDoses(spoiler);
  const judged: Transformed[] = [];
  const unjudged: Transformed[] = [];
  // By turns, so that a busy moment of the machine falls on both. The first two warm up.
  for (let run = 0; run <= options.runs; run++) {
    judged.push(transform(blocks, planDoses()));
    unjudged.push(transformUnjudged(blocks));
  }
  requireSame(judged, unjudged);
  const { records, issues } = judged[0]!;
  const whole = judged.slice(1).map(({ microseconds }) => microseconds / records);
  const costs = whole.map((each, run) => each - unjudged[run + 1]!.microseconds / records);
  const cost = median(costs);
  if (isExtreme !== true && cost > MOST_MICROSECONDS) isTooMuch = true;
  const counts = [records, issues].map((count) => count.toLocaleString('en-US'));
  printLine([name, ...counts, median(whole).toFixed(2), cost.toFixed(2)]);
}
if (isTooMuch) {
  process.stderr.write(`more than ${MOST_MICROSECONDS} µs for each record\n`);
  process.exitCode = 1;
}
