/** `immload spec sample` */
import { join } from 'node:path';
import type { FileRole } from '../core/model.js';
import { makeSamples, type Samples } from '../core/samples/samples.js';
import { loadCodes } from '../files/code-tables.js';
import { FAULTY_FOLDER, PERFECT_FOLDER, VERDICTS_FILE, writeSampleFolder } from '../files/sample-folder.js';
import { loadSpec } from '../files/specs.js';
import { type CodesArguments, findCodesFolder } from './codes.js';
import { count, print } from './print.js';
import { formatTable, showSafely, wrapText } from './table.js';

/** How `validate` is given each kind of file. */
const OPTIONS: Readonly<Record<FileRole, readonly string[]>> = {
  patient: ['--patients'],
  immunization: ['--immunizations'],
  combined: [],
  comment: ['--comments'],
};

export interface SampleArguments extends Pick<CodesArguments, 'codes'> {
  /** The folder of the samples. */
  readonly output: string;
}

/** Writes the samples of a spec to a folder, and says how to try them. */
export async function sampleSpec(idOrPath: string, args: SampleArguments): Promise<void> {
  const { output: folder } = args;
  const spec = loadSpec(idOrPath);
  const samples = makeSamples(spec, loadCodes(findCodesFolder(args)));
  await writeSampleFolder(folder, samples);
  const isPerfect = samples.unfit.length === 0;
  const parts = [
    `${spec.id} ${spec.version}: a ${isPerfect ? 'perfect sample' : 'sample'} and ${count(samples.faulty.length, 'faulty one')} in ${folder}`,
    '',
    formatTable([
      [
        `${PERFECT_FOLDER}/`,
        isPerfect ? 'files in which nothing is to be found' : 'not perfect: some columns break their rules, see below',
      ],
      [`${FAULTY_FOLDER}/<code>/`, 'the same files with one rule broken'],
      [VERDICTS_FILE, 'what is to be found in each of them, and on which line'],
    ]),
  ];
  if (samples.notShown.length > 0) {
    const why =
      'Without a sample, since no value that this format has room for breaks them, or another rule says so first';
    parts.push('', wrapText(`${why}: ${samples.notShown.join(', ')}.`));
  }
  if (!isPerfect) {
    const why = 'The made-up clinic has no values that fit the rules of these columns; give each an "example"';
    parts.push('', wrapText(`${why}: ${samples.unfit.join(', ')}.`));
  }
  print(
    [...parts, '', 'Try:', `  ${validateCommand(idOrPath, join(folder, PERFECT_FOLDER), samples)}`]
      .map(safely)
      .join('\n'),
  );
}

function safely(text: string): string {
  return text.split('\n').map(showSafely).join('\n');
}

function validateCommand(idOrPath: string, folder: string, { perfect, site }: Samples): string {
  const files = [...perfect].flatMap(([role, { name }]) => [...OPTIONS[role], join(folder, name)]);
  const siteOption = site === null ? [] : [`--site ${site}`];
  return ['immload validate', `--spec ${idOrPath}`, ...siteOption, ...files].join(' ');
}
