/**
 * Damages files and specifications for hours, and has them read: no crash, no hang, a fate for each record, flat memory.
 * `npm run fuzz -- --help`
 */
import { type ChildProcess, fork } from 'node:child_process';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import type { FuzzReport } from './fuzz-worker.js';

const options = await yargs(hideBin(process.argv))
  .usage('npm run fuzz -- [options]')
  .options({
    minutes: { type: 'number', default: 60, describe: 'At least so long' },
    records: { type: 'number', default: 10_000_000, describe: 'At least so many records' },
    'first-seed': { type: 'number', default: 1, describe: 'The number of the first case' },
    patients: { type: 'number', default: 1500, describe: 'Patients of the larger submissions' },
    once: { type: 'boolean', default: false, describe: 'Only the case of the first seed' },
  })
  .strict()
  .version(false)
  .parseAsync();

/** A case that takes longer hangs. */
const MOST_SECONDS = 600;
/** A heap that grows by more over all cases does not let go. */
const MOST_GROWTH = 100 * (1 << 20);
/** Cases after which the heap is what it is: all code was compiled, all tables were read. */
const WARM = 40;
const TOLD_EVERY = 200;

let worker: ChildProcess = startWorker();

function startWorker(): ChildProcess {
  return fork(new URL('./fuzz-worker.js', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function runCase(seed: number): Promise<FuzzReport> {
  return new Promise((resolve) => {
    const told = (report: FuzzReport): void => {
      clearTimeout(timer);
      worker.removeAllListeners();
      resolve(report);
    };
    const lost = (fault: string): void => {
      told({ seed, heap: 0, fault });
      worker.kill('SIGKILL');
      worker = startWorker();
    };
    const timer = setTimeout(() => lost(`no answer in ${MOST_SECONDS} seconds`), MOST_SECONDS * 1000);
    worker.once('message', told);
    worker.once('exit', (code, signal) => lost(`the process ended (${code ?? signal})`));
    worker.send({ seed, patients: options.patients });
  });
}

const start = performance.now();
const minutes = (): number => (performance.now() - start) / 60_000;
const heaps: number[] = [];
let [cases, records, refused, faults] = [0, 0, 0, 0];
let seed = options['first-seed'];
do {
  const report = await runCase(seed++);
  cases++;
  records += report.records ?? 0;
  if (report.refused != null) refused++;
  if (report.fault === undefined) heaps.push(report.heap);
  else {
    faults++;
    console.error(`case ${report.seed}: ${report.fault}\n  again: npm run fuzz -- --once --first-seed ${report.seed}`);
  }
  if (cases % TOLD_EVERY === 0) console.log(`${cases} cases, ${records} records, ${minutes().toFixed(1)} minutes`);
} while (!options.once && (minutes() < options.minutes || records < options.records));
worker.removeAllListeners();
worker.kill();

const settled = heaps.slice(WARM);
const growth = settled.length < WARM ? 0 : Math.min(...settled.slice(-WARM)) - Math.min(...settled.slice(0, WARM));
console.log(
  `${cases} cases, ${records} records, ${refused} refused as a whole, ${minutes().toFixed(1)} minutes, ` +
    `the heap grew by ${(growth / (1 << 20)).toFixed(1)} MB, ${faults} faults`,
);
if (growth > MOST_GROWTH) console.error('memory is not let go');
process.exitCode = faults > 0 || growth > MOST_GROWTH ? 1 : 0;
