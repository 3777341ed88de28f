/** The examples: which clinic and which dirt each is made from. */
import { join } from 'node:path';
import type { Spec } from '../../src/core/spec.js';
import { loadSpec, packageFolder } from '../../src/files/specs.js';
import type { ClinicOptions } from './clinic.js';
import { Dirt, type DirtOptions } from './dirt.js';
import { GRITS, MIIS } from './fixtures.js';
import { writeCombined, writeSubmission } from './submission.js';

/** An example: its folder in `examples/`, and what its input is made from. */
export interface Example {
  readonly name: string;
  readonly spec: Spec;
  /** Names of its input files: of patients and of doses, or one with both. */
  readonly inputs: readonly [string, string] | readonly [string];
  readonly clinic: ClinicOptions;
  /** `null` for a clean one. */
  readonly dirt: DirtOptions | null;
}

const SEED = 7;
const DIRT: DirtOptions = { seed: 11, errors: 0.05, remarks: 0.12, duplicates: 0.06 };

export const QUICK_START: Example = {
  name: '01-quick-start',
  spec: MIIS,
  inputs: ['patients.txt', 'immunizations.txt'],
  clinic: { patients: 600, dosesPerPatient: 9, seed: SEED },
  dirt: DIRT,
};

export const FIXED_WIDTH: Example = {
  name: '02-fixed-width',
  spec: GRITS,
  inputs: ['client.txt', 'immunization.txt'],
  clinic: { patients: 120, dosesPerPatient: 9, seed: SEED },
  dirt: DIRT,
};

export const OWN_SPEC: Example = {
  name: '03-your-own-spec',
  spec: loadSpec(join(packageFolder(), 'examples/03-your-own-spec/spec.json')),
  inputs: ['log.csv'],
  clinic: { patients: 60, dosesPerPatient: 5, seed: SEED },
  dirt: null,
};

export const EXAMPLES: readonly Example[] = [QUICK_START, FIXED_WIDTH, OWN_SPEC];

/** What an example's run leaves in `output` that is the same every time, by the path in the example's folder. */
export const EXPECTED_REPORTS = [
  'issues.csv',
  'suggestions.csv',
  'changes.csv',
  'review.csv',
  'unmapped.csv',
  'rejects',
];

/** Writes an example's input into a folder. */
export function writeExampleInput({ inputs, clinic, spec, dirt }: Example, folder: string): void {
  const [first, second] = inputs;
  if (second === undefined) writeCombined(clinic, spec, join(folder, first));
  else {
    const paths = { patients: join(folder, first), immunizations: join(folder, second) };
    writeSubmission(clinic, spec, paths, dirt === null ? undefined : new Dirt(spec, dirt));
  }
}

/** What an example prints, without the time that it took. */
export function withoutSeconds(output: string): string {
  return output.replace(/ {2}\d+\.\d s$/m, '');
}
