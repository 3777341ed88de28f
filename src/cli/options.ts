/** The options of the commands: what yargs is told, and what the README says of them. */
import type { Options } from 'yargs';
import { FILE_ENCODINGS } from '../core/read/decode.js';
import { MATCH_MODELS } from '../db/store.js';
import { CODES_FOLDER } from '../files/code-tables.js';
import { DEFAULT_MAX_ISSUES_PER_CODE } from '../load.js';
import { DEFAULT_MATCH_MODEL } from '../run.js';

/** An option with its words. Every option has a description, and a word for its value unless it is a switch. */
export interface CommandOption extends Options {
  readonly describe: string;
  /** What the value is, for the documents: `FILE…`, `ID`. */
  readonly value?: string;
  /** Whether it may be given several times, with one value each. */
  readonly repeatable?: true;
}

const input = {
  patients: {
    type: 'string',
    array: true,
    value: 'FILE…',
    describe: 'Patient files, in the order in which they are read; a file in an archive is archive.zip#name',
  },
  immunizations: {
    type: 'string',
    array: true,
    value: 'FILE…',
    describe: 'Immunization files; their patients are in --patients or already in the registry',
  },
  comments: {
    type: 'string',
    array: true,
    value: 'FILE…',
    describe: 'Files of comments on patients, such as refusals, where the specification has such files',
  },
  spec: {
    type: 'string',
    value: 'ID|PATH',
    describe:
      'Flat File Specification: one of `immload spec list`, or the path of a spec file of your own (default: the one of the list that the files show they follow)',
  },
  map: {
    type: 'string',
    value: 'FILE',
    describe: 'What local codes and texts for vaccines stand for: a completed unmapped.csv of an earlier report',
  },
  rule: {
    type: 'string',
    value: 'CODE=SEVERITY',
    repeatable: true,
    describe:
      'Severity of an issue code in this run, instead of that of the specification: off, info, warning or error; may be given again for other codes',
  },
  totals: {
    type: 'string',
    value: 'FILE',
    describe:
      'What the sender says is in the files: a totals.json with patients, doses, doses per vaccine and per year; also found in a folder or archive that is loaded',
  },
  'expect-patients': {
    type: 'number',
    value: 'N',
    describe: 'How many patients the sender says there are, whatever a totals.json says',
  },
  'expect-immunizations': {
    type: 'number',
    value: 'N',
    describe: 'How many doses the sender says there are, whatever a totals.json says',
  },
  site: {
    type: 'string',
    value: 'ID',
    describe: 'Site that sends the files, for records that do not name one',
  },
  today: {
    type: 'string',
    value: 'YYYY-MM-DD',
    describe: 'The day that counts as today (default: today)',
  },
  encoding: {
    type: 'string',
    value: 'NAME',
    describe: `What the files are encoded in, whatever they look like: ${FILE_ENCODINGS.join(', ')}`,
  },
  'max-unpacked': {
    type: 'string',
    value: 'SIZE',
    describe:
      'Most that a .gz or .zip may unpack to, such as 500GB (default: 100GB, and beyond 50MB no more than 200 times its size)',
  },
  report: {
    type: 'string',
    value: 'DIR',
    describe: 'New folder for the reports, or for a folder of each submission (default: ./immload-report/<run>)',
  },
  redact: {
    type: 'boolean',
    default: false,
    describe:
      'Replace values of persons in all reports by made-up ones of the same shape that break the same rules, so that the reports can be shared',
  },
  'match-model': {
    type: 'string',
    choices: MATCH_MODELS,
    default: DEFAULT_MATCH_MODEL,
    value: 'MODEL',
    describe:
      'How patients are matched: fixed (all fields weighed), trained (weights learned from the file), exact (equal names and birth date)',
  },
  'match-threshold': {
    type: 'number',
    value: 'WEIGHT',
    describe: 'From which weight on two records are one person (default: 1 for fixed, 0 for trained)',
  },
  'review-threshold': {
    type: 'number',
    value: 'WEIGHT',
    describe:
      'From which weight on two records are a question for a reviewer (default: −5 and up, by the number of records)',
  },
  'max-rejects': {
    type: 'string',
    value: 'N|P%',
    describe: 'Fail, and load nothing, when more records than this are rejected',
  },
  'max-issues-per-code': {
    type: 'number',
    default: DEFAULT_MAX_ISSUES_PER_CODE,
    value: 'N',
    describe: 'Rows of issues.csv for one code; the counts are exact whatever it is',
  },
  threads: {
    type: 'number',
    value: 'N',
    describe:
      'Threads that read records beside the one that decides and writes (default: one for each further core, up to 4, where the files are worth it); no number changes what comes out',
  },
  json: {
    type: 'boolean',
    default: false,
    describe: 'Print summary.json instead of the summary; of several submissions, a list',
  },
  quiet: {
    type: 'boolean',
    default: false,
    describe: 'Print neither progress nor summary',
  },
} as const satisfies Record<string, CommandOption>;

const database = {
  db: {
    type: 'string',
    default: './immload.db',
    value: 'PATH|URL',
    describe: 'SQLite file of the registry, made if it is not there; or postgres://user@host/database',
  },
} as const satisfies Record<string, CommandOption>;

/** A registry that is there. */
const registry = {
  db: { ...database.db, describe: 'SQLite file of the registry, or postgres://user@host/database' },
} as const satisfies Record<string, CommandOption>;

/** A registry of which no more is asked than where code tables are. */
const besideCodes = {
  db: {
    ...database.db,
    describe: 'Registry that the code tables are beside; those of a server are in the working folder',
  },
} as const satisfies Record<string, CommandOption>;

const codes = {
  codes: {
    type: 'string',
    value: 'DIR',
    describe: `Folder of updated code tables (default: ${CODES_FOLDER} beside the registry, where it is there)`,
  },
} as const satisfies Record<string, CommandOption>;

const json = {
  json: { type: 'boolean', default: false, describe: 'Print JSON instead of a table' },
} as const satisfies Record<string, CommandOption>;

export const VALIDATE_OPTIONS = {
  ...input,
  ...codes,
  compare: {
    type: 'number',
    value: 'RUN',
    describe: 'Judge the files of an earlier run again, and show what differs from its code tables to those in use',
  },
  db: { ...database.db, describe: 'Registry that the run of --compare is in, and that code tables are beside' },
} as const satisfies Record<string, CommandOption>;

export const LOAD_OPTIONS = {
  ...input,
  ...database,
  ...codes,
  'dry-run': {
    type: 'boolean',
    default: false,
    describe: 'Compare with the registry and report as usual, but write nothing to it',
  },
  submissions: {
    type: 'string',
    array: true,
    value: 'PATH…',
    describe:
      'Several submissions, each a run of its own with its own report: a folder that has a folder or archive for each, these themselves, or a list (CSV with the columns submission, site, spec)',
  },
  'fail-fast': {
    type: 'boolean',
    default: false,
    describe: 'With --submissions: leave out those behind one that fails',
  },
  again: {
    type: 'boolean',
    default: false,
    describe: 'Load files also when the very same were loaded before, from the same site and in the same way',
  },
  previous: {
    type: 'string',
    array: true,
    value: 'FILE…',
    describe:
      'The files that were loaded before, of which these are corrected ones: what is loaded already is left out, and difference.csv says what differs',
  },
  restart: {
    type: 'boolean',
    default: false,
    describe: 'Take back what this command has loaded before it was cut short, and begin anew, instead of going on',
  },
} as const satisfies Record<string, CommandOption>;

const UNDO_OPTIONS = {
  ...registry,
  ...codes,
  plan: { type: 'boolean', default: false, describe: 'Show what would be done, and change nothing' },
  by: { type: 'string', value: 'NAME', describe: 'Who undoes it (default: the name of the user)' },
  json: { type: 'boolean', default: false, describe: 'Print JSON instead of words' },
} as const satisfies Record<string, CommandOption>;

const VERIFY_JOURNAL_OPTIONS = {
  ...registry,
  head: {
    type: 'string',
    value: 'N:HASH',
    describe:
      'A head that was printed before and kept elsewhere: without it, a journal that was made anew as a whole is not found',
  },
} as const satisfies Record<string, CommandOption>;

const VERIFY_OPTIONS = {
  ...registry,
  report: {
    type: 'string',
    value: 'DIR',
    describe: 'Folder of the report, to verify its files as well (default: the registry and its journal alone)',
  },
  ...json,
} as const satisfies Record<string, CommandOption>;

const PURGE_OPTIONS = {
  ...registry,
  reports: {
    type: 'boolean',
    default: false,
    describe: 'Remove the files of reports: those that the load wrote, and that nobody changed since',
  },
  'older-than': {
    type: 'number',
    value: 'DAYS',
    describe: 'Of all runs that were completed more days ago than this, instead of one run',
  },
  all: { type: 'boolean', default: false, describe: 'Also files that were changed or added since; links never' },
  plan: { type: 'boolean', default: false, describe: 'Show what would be removed, and remove nothing' },
  by: { type: 'string', value: 'NAME', describe: 'Who removes it (default: the name of the user)' },
  ...json,
} as const satisfies Record<string, CommandOption>;

export const RUNS_OPTIONS = { ...registry, ...json };
export const MIGRATE_OPTIONS = database;
export const LIST_OPTIONS = json;

const CODES_OPTIONS = { ...codes, ...besideCodes, ...json };

const UPDATE_OPTIONS = {
  ...codes,
  ...besideCodes,
  'as-of': {
    type: 'string',
    value: 'YYYY-MM-DD',
    describe:
      'The day that files stand for which do not say when they were last changed, as VG.txt (default: their own)',
  },
  'allow-shrink': {
    type: 'boolean',
    default: false,
    describe: 'Take a file also when it has more than a tenth fewer rows than the table',
  },
  'allow-older': {
    type: 'boolean',
    default: false,
    describe: 'Take a file also when the table in use was changed later',
  },
  'allow-renames': {
    type: 'boolean',
    default: false,
    describe: 'Take a file also when more than a tenth of the rows have another name than in the table',
  },
  'dry-run': { type: 'boolean', default: false, describe: 'Show what would change, and write nothing' },
  json: { type: 'boolean', default: false, describe: 'Print JSON instead of words' },
} as const satisfies Record<string, CommandOption>;

const WHY_OPTIONS = {
  ...registry,
  ...json,
  values: {
    type: 'boolean',
    default: false,
    describe: 'Show what the records say, too: names, dates, addresses',
  },
} as const satisfies Record<string, CommandOption>;

const REVIEW_LIST_OPTIONS = {
  ...registry,
  ...json,
  all: { type: 'boolean', default: false, describe: 'Those that are decided, too' },
} as const satisfies Record<string, CommandOption>;

const REVIEWER_OPTIONS = {
  ...registry,
  ...codes,
  by: { type: 'string', value: 'NAME', demandOption: true, describe: 'Who decides' },
  because: { type: 'string', value: 'TEXT', demandOption: true, describe: 'Why; without values of records' },
} as const satisfies Record<string, CommandOption>;

const DECIDE_OPTIONS = {
  ...REVIEWER_OPTIONS,
  'despite-conflicts': {
    type: 'boolean',
    default: false,
    describe: 'Join patients although another decision or a guard stands against it',
  },
} as const satisfies Record<string, CommandOption>;

const SPLIT_OPTIONS = {
  ...REVIEWER_OPTIONS,
  record: {
    type: 'string',
    value: 'N',
    repeatable: true,
    demandOption: true,
    describe: 'A record that is to leave the patient, by its number in `immload why PATIENT`; may be given again',
  },
} as const satisfies Record<string, CommandOption>;

const SIMULATE_OPTIONS = {
  ...registry,
  thresholds: {
    type: 'string',
    value: 'MATCH,REVIEW',
    demandOption: true,
    describe: 'From which weight on two records are one person, and from which on a question, such as 2,-4',
  },
  output: {
    type: 'string',
    value: 'FILE',
    describe: 'Write the pairs that would change to this new CSV file, which only you can read',
  },
  ...json,
} as const satisfies Record<string, CommandOption>;

const CHECK_OPTIONS = { ...codes, ...json };

const DOCUMENT_OPTIONS = {
  ...codes,
  html: {
    type: 'boolean',
    default: false,
    describe: 'One HTML page, to be printed or put online, instead of Markdown',
  },
  output: {
    type: 'string',
    value: 'FILE',
    describe: 'Write it to this new file, as HTML if it is called so (default: standard output)',
  },
} as const satisfies Record<string, CommandOption>;

const SAMPLE_OPTIONS = {
  ...codes,
  output: { type: 'string', value: 'DIR', demandOption: true, describe: 'New folder for the samples' },
} as const satisfies Record<string, CommandOption>;

const ACCEPT_OPTIONS = {
  report: { type: 'string', value: 'DIR', demandOption: true, describe: 'Folder of the report of a run' },
  min: {
    type: 'number',
    value: 'CONFIDENCE',
    default: 0.95,
    describe: 'The least confidence of a suggestion that is accepted, above 0 and up to 1',
  },
  spec: {
    type: 'string',
    value: 'ID|PATH',
    describe: 'The specification of the run, where it does not come with immload',
  },
  ...json,
} as const satisfies Record<string, CommandOption>;

/** The commands in the order in which help and README show them. */
export const COMMANDS = {
  'load [files..]': {
    describe: 'Load a submission into the registry',
    options: LOAD_OPTIONS as Record<string, CommandOption>,
  },
  'validate [files..]': {
    describe: 'Check a submission without a registry: the same reports, no database',
    options: VALIDATE_OPTIONS as Record<string, CommandOption>,
  },
  'accept-fixes': {
    describe:
      'Write corrected copies of the reject files of a report, by its own suggestions, and a list of the changes',
    options: ACCEPT_OPTIONS as Record<string, CommandOption>,
  },
  runs: { describe: 'List the loads of a registry', options: RUNS_OPTIONS as Record<string, CommandOption> },
  'undo <run>': {
    describe:
      'Undo a run: what it added goes, what it changed goes back, what later runs said stays as if they had come without it',
    options: UNDO_OPTIONS as Record<string, CommandOption>,
  },
  'verify <run>': {
    describe:
      'Recompute the certificate of a run from the registry, its journal and its report, and say line by line what agrees',
    options: VERIFY_OPTIONS as Record<string, CommandOption>,
  },
  'purge [run]': {
    describe: 'Remove the reports of a run, or of all that are older; the journal notes it',
    options: PURGE_OPTIONS as Record<string, CommandOption>,
  },
  'journal list': {
    describe: 'List who did what to the registry and when: loads, undoings, decisions, migrations',
    options: RUNS_OPTIONS as Record<string, CommandOption>,
  },
  'journal verify': {
    describe: 'Check that no entry of the journal was altered, taken out or moved',
    options: VERIFY_JOURNAL_OPTIONS as Record<string, CommandOption>,
  },
  migrate: {
    describe: 'Bring a registry made by an older immload to the current schema',
    options: MIGRATE_OPTIONS as Record<string, CommandOption>,
  },
  'why <what>': {
    describe: 'Say why records are one patient, or why two may be (R12 is a review): the weight of each field',
    options: WHY_OPTIONS as Record<string, CommandOption>,
  },
  'review list': {
    describe: 'List the pairs that are left to a reviewer, the heaviest first',
    options: REVIEW_LIST_OPTIONS as Record<string, CommandOption>,
  },
  'review show <review>': {
    describe: 'Show a pair: the weight of each field, and what was decided',
    options: WHY_OPTIONS as Record<string, CommandOption>,
  },
  'review decide <review> <decision>': {
    describe:
      'Decide about a pair: same joins the two, different or later leaves them apart, or takes a join back; all of it stays in the history',
    options: DECIDE_OPTIONS as Record<string, CommandOption>,
  },
  'review split <patient>': {
    describe:
      'Take records out of a patient whom a load joined: they are a patient of their own, and are not joined again',
    options: SPLIT_OPTIONS as Record<string, CommandOption>,
  },
  'review simulate': {
    describe: 'Show which stored pairs and past decisions other thresholds would change; nothing is changed',
    options: SIMULATE_OPTIONS as Record<string, CommandOption>,
  },
  'explain [code]': {
    describe:
      'Say what an issue code, or one of a specification’s document, means, why it matters and how to fix it; without a code, list all',
    options: {} as Record<string, CommandOption>,
  },
  'spec list': {
    describe: 'List the specifications that come with immload',
    options: LIST_OPTIONS as Record<string, CommandOption>,
  },
  'spec show <id>': {
    describe: 'Show a specification: its layouts column by column',
    options: LIST_OPTIONS as Record<string, CommandOption>,
  },
  'spec check <file>': {
    describe: 'Check a specification of your own: every problem with its place, what is expected and a remedy',
    options: CHECK_OPTIONS as Record<string, CommandOption>,
  },
  'spec doc <id>': {
    describe: 'Write a specification for people: columns, codes, rules and examples, as a registry would publish it',
    options: DOCUMENT_OPTIONS as Record<string, CommandOption>,
  },
  'spec sample <id>': {
    describe:
      'Write sample files of a specification: perfect ones, and for each rule some that break it, with verdicts',
    options: SAMPLE_OPTIONS as Record<string, CommandOption>,
  },
  'spec diff <from> <to>': {
    describe: 'Say what changes for a sender from one specification to another',
    options: LIST_OPTIONS as Record<string, CommandOption>,
  },
  'codes list': {
    describe: 'List the code tables in use, with their days and where they are from',
    options: CODES_OPTIONS as Record<string, CommandOption>,
  },
  'codes show <table>': { describe: 'Show a code table', options: CODES_OPTIONS as Record<string, CommandOption> },
  'codes update <files..>': {
    describe: 'Update code tables from the files that CDC offers for download, and show what changes',
    options: UPDATE_OPTIONS as Record<string, CommandOption>,
  },
} as const;
