/** The folder of a spec's samples. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE } from '../core/catalogue.js';
import type { SampleFiles, Samples } from '../core/samples/samples.js';
import { CsvReport, ReportError } from './reports.js';

/** Where the samples stand in their folder. */
export const PERFECT_FOLDER = 'perfect';
export const FAULTY_FOLDER = 'faulty';
export const VERDICTS_FILE = 'verdicts.csv';

const COLUMNS = ['sample', 'file', 'line', 'code', 'severity', 'must_be_true'];

/**
 * Writes the samples: `perfect/`, `faulty/<name>/`, and `verdicts.csv` with what is to be found in each of them.
 * @throws ReportError when the folder holds something, or cannot be written
 */
export async function writeSampleFolder(folder: string, samples: Samples): Promise<void> {
  try {
    if (existsSync(folder) && readdirSync(folder).length > 0) {
      throw new ReportError(folder, 'is not empty', 'give a new folder with --output');
    }
    writeSampleFiles(join(folder, PERFECT_FOLDER), samples.perfect);
    for (const { name, files } of samples.faulty) writeSampleFiles(join(folder, FAULTY_FOLDER, name), files);
  } catch (cause) {
    if (cause instanceof ReportError) throw cause;
    throw new ReportError(folder, 'cannot be written', 'give a folder that can be written with --output', { cause });
  }
  const report = new CsvReport(join(folder, VERDICTS_FILE), COLUMNS);
  try {
    for (const { name: sample, verdicts } of samples.faulty) {
      for (const { file, line, code, severity } of verdicts) {
        await report.write([`${FAULTY_FOLDER}/${sample}`, file, line, code, severity, CATALOGUE[code].asserts]);
      }
    }
  } finally {
    await report.close();
  }
}

function writeSampleFiles(folder: string, files: SampleFiles): void {
  mkdirSync(folder, { recursive: true });
  for (const { name, bytes } of files.values()) writeFileSync(join(folder, name), bytes);
}
