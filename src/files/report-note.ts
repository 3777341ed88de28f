/** `README.txt` of a report: what is in the folder, whose data it holds, and how to be rid of it. */
import { listReportFiles } from './certificates.js';
import type { ReportFolder } from './reports.js';

/** What a report is of. */
export interface NotedReport {
  /** `null` where nothing was stored. */
  readonly run: number | null;
  readonly mode: 'load' | 'dry-run' | 'validate';
  /** ISO 8601. */
  readonly finishedAt: string;
  readonly isRedacted: boolean;
}

/** Files by how their paths begin, and what is in them. */
const CONTENTS: readonly (readonly [prefix: string, what: string])[] = [
  ['summary.json', 'counts of everything, for programs'],
  ['issues.csv', 'what is wrong with which record, with its values, and what to do'],
  ['suggestions.csv', 'what was probably meant, and why'],
  ['changes.csv', 'values that were loaded as something else than was sent'],
  ['comparison.csv', 'records that other code tables judge differently'],
  ['difference.csv', 'records that differ from the files that were loaded before'],
  ['review.csv', 'pairs of patients or doses that a person has to decide about'],
  ['unmapped.csv', 'codes and texts for vaccines that nobody understood; complete it and give it with --map'],
  ['rejects/', 'records that were not loaded, as they came; correct them and load that very file'],
];
const CERTIFICATE = ['certificate.json, .txt', 'what was loaded, sealed; holds no value of a record'] as const;

/** Writes the note of a report that holds all else but its certificate. */
export function writeNote(folder: ReportFolder, report: NotedReport): void {
  folder.writeText('README.txt', noteOfReport(report, listReportFiles(folder.workPath)));
}

function noteOfReport({ run, mode, finishedAt, isRedacted }: NotedReport, files: readonly string[]): string {
  const what = run !== null ? `run ${run}` : mode === 'validate' ? 'a validation' : 'a dry run';
  const present = CONTENTS.filter(([prefix]) => files.some((file) => file.startsWith(prefix)));
  const rows = mode === 'load' ? [...present, CERTIFICATE] : present;
  const width = Math.max(...rows.map(([name]) => name.length));
  const remove =
    run === null
      ? ['  Delete this folder.']
      : [
          `  immload purge ${run} --reports      (with --db where the registry is not ./immload.db)`,
          '',
          'It removes these files, and notes it in the journal of the registry. Files that were changed or',
          'added since are left and named, unless --all is given.',
        ];
  return `${[
    `Report of immload: ${what}, ${finishedAt.slice(0, 10)}`,
    '',
    ...(isRedacted ? REDACTED : PATIENT_DATA),
    '',
    'To remove it, when nobody needs it any more:',
    '',
    ...remove,
    '',
    'What is in it:',
    '',
    ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
  ].join('\n')}\n`;
}

const PATIENT_DATA = [
  'THIS FOLDER HOLDS PATIENT DATA: names, birth dates, ids and other values of records. Only its owner',
  'can read it. Keep it where such data may be kept, do not send it by e-mail, and remove it as soon as the',
  'rejected records are corrected. To share it, make it again with --redact.',
];
const REDACTED = [
  'THIS REPORT IS REDACTED: values of persons were replaced by made-up ones of the same shape. Vaccines, lots,',
  'days of doses and counts are real. Look at it before you share it, and do not load its reject files.',
];
