/** One made-up accident by its number: files or a specification that were damaged, and what immload says of them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '../../src/cli/exit.js';
import { FATES, type FileRole } from '../../src/core/model.js';
import { makeSamples, type Samples } from '../../src/core/samples/samples.js';
import { builtInSpecIds, loadSpec, loadSpecJson, packageFolder } from '../../src/files/specs.js';
import type { Summary } from '../../src/run.js';
import { Dirt } from './dirt.js';
import { CODES, GRITS, MIIS } from './fixtures.js';
import { mutilate, mutilateJson } from './mutilate.js';
import { Random } from './random.js';
import { Sandbox, type SandboxLoad } from './sandbox.js';
import { writeSubmission } from './submission.js';

/** What came of it. */
export interface FuzzOutcome {
  /** Records that were read. */
  readonly records: number;
  /** How the load was refused; `null` where it was not. */
  readonly refused: string | null;
}

const known = new Map<string, Samples>();

function samplesOf(id: string): Samples {
  let samples = known.get(id);
  if (samples === undefined) {
    samples = makeSamples(loadSpec(id), CODES);
    known.set(id, samples);
  }
  return samples;
}

/** The kinds of accidents, by the number of the case. */
const KINDS = [damagedFiles, damagedFiles, dirtyClinic, damagedSpec] as const;

/** Makes the accident, and validates what came of it. Throws where immload does not behave. */
export async function runFuzzCase(seed: number, patients: number): Promise<FuzzOutcome> {
  const random = new Random(seed);
  using sandbox = new Sandbox();
  let summary: Summary;
  try {
    summary = await sandbox.load({ ...KINDS[seed % KINDS.length]!(sandbox, random, patients), mode: 'validate' });
  } catch (error) {
    const { message } = describeError(error);
    if (message.startsWith('unexpected') || message.startsWith('stopped')) throw error;
    return { records: 0, refused: message };
  }
  let records = 0;
  for (const file of summary.files) {
    const fates = FATES.reduce((sum, fate) => sum + file[fate], 0);
    if (fates !== file.records) throw new Error(`${file.records} records, and ${fates} fates`);
    records += file.records;
  }
  return { records, refused: null };
}

/** The samples of a specification, each line many times, damaged. */
function damagedFiles(_: Sandbox, random: Random, patients: number): SandboxLoad {
  const spec = loadSpec(random.pick(builtInSpecIds()));
  const { perfect, faulty } = samplesOf(spec.id);
  const files = random.chance(0.5) ? perfect : random.pick(faulty).files;
  const times = random.chance(0.2) ? patients : random.integer(1, 20);
  const damaged = [...files].map(([role, { bytes }]) => {
    const [header, ...lines] = Buffer.from(bytes)
      .toString('latin1')
      .split(/(?<=\n)/);
    const many = Buffer.from([header, ...Array.from({ length: times }, () => lines.join(''))].join(''), 'latin1');
    return [role, random.chance(0.8) ? mutilate(many, 30, random) : many] as const;
  });
  const given = { spec: random.chance(0.9) ? spec : null, specs: [spec], site: 'F1' };
  const areNamed = random.chance(0.7);
  const as = (role: FileRole): Record<string, Uint8Array> =>
    Object.fromEntries(damaged.flatMap(([own, bytes]) => (own === role ? [[`${role}.txt`, bytes]] : [])));
  if (!areNamed) return { ...given, files: Object.fromEntries(damaged.map(([role, bytes]) => [`${role}.txt`, bytes])) };
  return {
    ...given,
    patients: as('patient'),
    immunizations: as('immunization'),
    comments: as('comment'),
    files: as('combined'),
  };
}

/** A clinic with many faults in its records. */
function dirtyClinic(sandbox: Sandbox, random: Random, patients: number): SandboxLoad {
  const spec = random.pick([MIIS, GRITS]);
  const paths = { patients: sandbox.path('p.txt'), immunizations: sandbox.path('d.txt') };
  const seed = random.integer(1, 1e9);
  const dirt = new Dirt(spec, { seed, errors: 0.3, remarks: 0.6, duplicates: 0.1 });
  writeSubmission({ seed, patients, dosesPerPatient: 8 }, spec, paths, dirt);
  return { patients: [paths.patients], immunizations: [paths.immunizations], spec, site: 'F1' };
}

/** A specification that was damaged, and perfect files of what it was. */
function damagedSpec(sandbox: Sandbox, random: Random): SandboxLoad {
  const id = random.pick(builtInSpecIds());
  let json = loadSpecJson(id, packageFolder());
  for (let left = random.integer(1, 3); left > 0; left--) json = mutilateJson(json, random);
  const text = Buffer.from(JSON.stringify(json, null, 1));
  const path = join(sandbox.folder, 'spec.json');
  writeFileSync(path, random.chance(0.9) ? text : mutilate(text, 3, random));
  const files = [...samplesOf(id).perfect.values()].map(({ name, bytes }) => [name, bytes] as const);
  return { files: Object.fromEntries(files), spec: loadSpec(path), site: 'F1' };
}
