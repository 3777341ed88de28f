/**
 * Loads one submission as it is, in UTF-16 and packed, and says what each takes; then files that unpack out of all
 * measure, and says how soon they are refused: `npm run bench:packed`.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { packageFolder } from '../../src/files/specs.js';
import type { Summary } from '../../src/run.js';
import { utf16 } from '../support/encodings.js';
import { MIIS, TODAY } from '../support/fixtures.js';
import { writeSubmission } from '../support/submission.js';
import { type ZipContent, zip } from '../support/zip.js';
import { type Measurement, measure } from './measure.js';

const options = await yargs(hideBin(process.argv))
  .usage('npm run bench:packed -- [options]')
  .options({
    megabytes: { type: 'number', default: 300, describe: 'Size of the doses in UTF-16' },
    folder: { type: 'string', default: tmpdir(), describe: 'Where files and databases are written' },
  })
  .strict()
  .version(false)
  .parseAsync();

const folder = mkdtempSync(join(options.folder, 'immload-bench-'));
const path = (name: string): string => join(folder, name);
/** Bytes that come to the file for each dose asked for, about; and so many doses of each patient, since patients are held. */
const DOSE_BYTES = 179;
const DOSES_PER_PATIENT = 27;
const GIGABYTES = 10;

/** Runs the program with these doses; its report, if any, is left there. */
async function load(doses: string, exitCodes: readonly number[]): Promise<Measurement> {
  rmSync(path('registry.db'), { force: true });
  rmSync(path('report'), { recursive: true, force: true });
  const program = join(packageFolder(), 'dist/src/cli/main.js');
  const files = ['--patients', path('patients.txt'), '--immunizations', path(doses)];
  const output = ['--db', path('registry.db'), '--report', path('report'), '--today', TODAY, '--quiet'];
  return measure({ program: process.execPath, args: [program, 'load', ...files, ...output], exitCodes });
}

function line(what: string, doses: string, { seconds, peakMemoryMb }: Measurement, result: string): void {
  const megabytes = (statSync(path(doses)).size / 1e6).toFixed(1).padStart(7);
  const peak = String(peakMemoryMb ?? '-').padStart(4);
  console.log(
    `${what.padEnd(22)}${megabytes} MB ${seconds.toFixed(1).padStart(6)} s ${peak} MB at the peak  ${result}`,
  );
}

let expected: number | null = null;

async function measureLoad(what: string, doses: string): Promise<void> {
  const measurement = await load(doses, [0]);
  const { totals } = JSON.parse(readFileSync(path('report/summary.json'), 'utf8')) as Summary;
  expected ??= totals.immunization.loaded;
  if (totals.immunization.loaded !== expected) throw new Error(`${doses}: other doses were loaded`);
  line(what, doses, measurement, `${totals.immunization.loaded} doses loaded`);
}

async function measureRefusal(what: string, doses: string): Promise<void> {
  line(what, doses, await load(doses, [1]), 'refused');
}

function writeZip(name: string, content: ZipContent): void {
  writeFileSync(path(name), zip([content]));
}

/** Ten gigabytes of one dose, in a thousandth of that: ten megabytes, packed once, again and again. */
function writeBombs(): void {
  const [header, dose] = readFileSync(path('doses.txt'), 'latin1').split('\n', 2) as [string, string];
  const head = Buffer.from(`${header}\n`);
  const block = Buffer.from(`${dose}\n`.repeat(Math.floor(10e6 / (dose.length + 1))));
  const times = GIGABYTES * 100;
  const bytes = head.length + block.length * times;
  const member = gzipSync(block);
  const file = openSync(path('bomb.gz'), 'w');
  writeSync(file, gzipSync(head));
  for (let i = 0; i < times; i++) writeSync(file, member);
  closeSync(file);
  const part = (content: Buffer): Buffer => deflateRawSync(content, { finishFlush: constants.Z_FULL_FLUSH });
  const again = part(block);
  const packed = Buffer.concat([part(head), ...Array.from({ length: times }, () => again), deflateRawSync('')]);
  writeZip('honest-bomb.zip', { name: 'bomb.txt', packed, bytes, zip64: true });
  // Just as much as may come of it, by what it says.
  writeZip('lying-bomb.zip', { name: 'bomb.txt', packed, bytes: packed.length * 200 });
}

try {
  const patients = Math.ceil((options.megabytes * 1e6) / DOSE_BYTES / DOSES_PER_PATIENT);
  const clinic = { patients, dosesPerPatient: DOSES_PER_PATIENT, seed: 7 };
  writeSubmission(clinic, MIIS, { patients: path('patients.txt'), immunizations: path('doses.txt') });
  const wide = utf16(`\ufeff${readFileSync(path('doses.txt'), 'utf8')}`);
  writeFileSync(path('doses-16.txt'), wide);
  writeFileSync(path('doses-16.txt.gz'), gzipSync(wide));
  writeZip('doses-16.zip', { name: 'doses.txt', content: wide });
  writeBombs();
  await measureLoad('UTF-8', 'doses.txt');
  await measureLoad('UTF-16', 'doses-16.txt');
  await measureLoad('UTF-16 in gzip', 'doses-16.txt.gz');
  await measureLoad('UTF-16 in zip', 'doses-16.zip');
  await measureRefusal(`${GIGABYTES} GB in gzip`, 'bomb.gz');
  await measureRefusal(`${GIGABYTES} GB in zip`, 'honest-bomb.zip');
  await measureRefusal(`${GIGABYTES} GB in zip, unsaid`, 'lying-bomb.zip');
} finally {
  rmSync(folder, { recursive: true });
}
