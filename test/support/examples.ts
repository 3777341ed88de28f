/** The examples: which clinic and which dirt each is made from. */
import type { Spec } from '../../src/core/spec.js';
import type { ClinicOptions } from './clinic.js';
import { Dirt, type DirtOptions } from './dirt.js';
import { GRITS, MIIS } from './fixtures.js';
import { type SubmissionPaths, writeSubmission } from './submission.js';

/** An example: its folder in `examples/`, and what its input is made from. */
export interface Example {
  readonly name: string;
  readonly spec: Spec;
  /** Names of its input files. */
  readonly patients: string;
  readonly immunizations: string;
  readonly clinic: ClinicOptions;
  readonly dirt: DirtOptions;
}

const SEED = 7;
const DIRT: DirtOptions = { seed: 11, errors: 0.05, remarks: 0.12, duplicates: 0.06 };

export const QUICK_START: Example = {
  name: '01-quick-start',
  spec: MIIS,
  patients: 'patients.txt',
  immunizations: 'immunizations.txt',
  clinic: { patients: 600, dosesPerPatient: 9, seed: SEED },
  dirt: DIRT,
};

export const FIXED_WIDTH: Example = {
  name: '02-fixed-width',
  spec: GRITS,
  patients: 'client.txt',
  immunizations: 'immunization.txt',
  clinic: { patients: 120, dosesPerPatient: 9, seed: SEED },
  dirt: DIRT,
};

export const EXAMPLES: readonly Example[] = [QUICK_START, FIXED_WIDTH];

/** What an example's run leaves in `output` that is the same every time, by the path in the example's folder. */
export const EXPECTED_REPORTS = ['issues.csv', 'changes.csv', 'review.csv', 'rejects'];

/** Writes an example's input. */
export function writeExampleInput(example: Example, paths: SubmissionPaths): void {
  writeSubmission(example.clinic, example.spec, paths, new Dirt(example.spec, example.dirt));
}

/** What an example prints, without the time that it took. */
export function withoutSeconds(output: string): string {
  return output.replace(/ {2}\d+\.\d s$/m, '');
}
