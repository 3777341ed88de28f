/** `immload accept-fixes`. */
import { acceptFixes } from '../accept-fixes.js';
import { loadCodes } from '../files/code-tables.js';
import { readReportedRun } from '../files/corrections.js';
import { builtInSpecIds, loadSpec } from '../files/specs.js';
import { UsageError } from './exit.js';
import { print, printJson } from './print.js';
import { formatCount, formatTable, showSafely } from './table.js';

export interface AcceptArguments {
  readonly report: string;
  readonly min: number;
  readonly spec?: string | undefined;
  readonly json: boolean;
}

/** Corrects the reject files of a report, and says what was changed. */
export async function runAcceptFixes({ report, min, spec: given, json }: AcceptArguments): Promise<void> {
  if (!(min > 0 && min <= 1)) throw new UsageError('--min: give a confidence above 0 and up to 1, such as 0.95');
  const { id } = readReportedRun(report).spec;
  if (given === undefined && !builtInSpecIds().includes(id)) {
    throw new UsageError(`--spec: the report is of ${id}, which does not come with immload; give its path`);
  }
  const spec = loadSpec(given ?? id);
  if (spec.id !== id) throw new UsageError(`--spec: the report is of ${id}, not of ${spec.id}`);
  const files = await acceptFixes({ report, min, spec, codes: loadCodes() });
  if (json) return printJson(files);
  const fixed = files.reduce((sum, file) => sum + file.fixed, 0);
  const left = files.reduce((sum, file) => sum + file.left, 0);
  if (fixed + left === 0) return print(`No rejected record has a suggestion of at least ${min}.`);
  const rows = files.flatMap(({ rejects, corrected, records, fixed: own }) => {
    if (corrected === null) return [];
    return [[showSafely(rejects), `${formatCount(own)} of ${formatCount(records)} corrected`, showSafely(corrected)]];
  });
  if (rows.length > 0) print(formatTable(rows));
  if (left > 0) print(`${left === 1 ? '1 value is' : `${formatCount(left)} values are`} left to a person.`);
  print(`Every change: ${showSafely(`${report}/corrections.csv`)}. Look at it before you load the corrected files.`);
}
