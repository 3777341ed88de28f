/** The files of a submission, looked at before anything else is done: which spec they follow, and what each carries. */
import { chooseSpec, type SpecChoice } from './core/choose-spec.js';
import type { Codes } from './core/codes.js';
import { filesOf } from './core/file-layouts.js';
import type { FileRole, IsoDate, RecordRole } from './core/model.js';
import type { FileEncoding } from './core/read/decode.js';
import { type Recognition, recognize } from './core/read/recognize.js';
import { comeInOneFile, type Spec } from './core/spec.js';
import { InputError } from './files/input-error.js';
import { listFiles, openSource, type Source } from './files/source.js';
import { isTotalsFile, type LoadedTotals, openTotals, TotalsError } from './files/totals-file.js';
import type { UnpackLimits } from './files/unpack.js';

/** A file of the submission that was looked at and can be read. */
export interface ReceivedFile {
  readonly role: FileRole;
  readonly source: Source;
  readonly recognition: Recognition & { fits: true };
}

/** What is given to be read, and what must be known to look at it. */
export interface ReceiveOptions {
  /** Paths by what their records are, in the order in which they are read. */
  readonly patients: readonly string[];
  readonly immunizations: readonly string[];
  readonly comments: readonly string[];
  /** Paths of files whose role shows in their contents, or of folders and archives with such files. */
  readonly files: readonly string[];
  /** `null` to choose among `specs`. */
  readonly spec: Spec | null;
  readonly specs: readonly Spec[];
  readonly codes: Codes;
  readonly today: IsoDate;
  readonly site: string | null;
  /** What all files are encoded in, whatever they look like; `null` or left out to find out. */
  readonly encoding?: FileEncoding | null;
  /** How much may come out of `.gz` and `.zip` files. */
  readonly unpackLimits?: Partial<UnpackLimits>;
  /** Paths of files that were loaded before, of which these are corrected ones; none unless given. */
  readonly previous?: readonly string[];
}

/** A submission that can be read. */
export interface Submission {
  readonly spec: Spec;
  /** How the spec was found; `null` where it was given. */
  readonly choice: SpecChoice | null;
  /** In the order in which they are read. */
  readonly files: readonly ReceivedFile[];
  /** What the sender says is in them, where a `totals.json` is among them; else `null`. */
  readonly totals: LoadedTotals | null;
  /** Files that were loaded before, of which these are corrected ones. */
  readonly previous: readonly ReceivedFile[];
}

/** A file that is there, and what its records are said to be; `null` if nothing was said. */
interface OpenedFile {
  readonly role: RecordRole | null;
  readonly source: Source;
}

/**
 * Looks at the files of a submission before anything else is done.
 * @throws InputError for the first file that cannot be loaded, or that could be of either role, or when no spec fits, or
 * several fit equally; TotalsError when a `totals.json` among them cannot be
 */
export async function receiveSubmission(options: ReceiveOptions): Promise<Submission> {
  const { opened, totals } = await openFiles(options);
  const choice = options.spec === null ? recogniseSpec(opened, options) : null;
  const spec = options.spec ?? choice!.spec;
  const given: ReceivedFile[] = [];
  const found: ReceivedFile[] = [];
  for (const { role, source } of opened) {
    // Where one file has both, it does not matter as which of the two it is given.
    const said = comeInOneFile(spec) && role !== null && role !== 'comment' ? 'combined' : role;
    if (said === null) found.push(receiveAsAny(source, spec, options));
    else given.push(receiveAs(said, source, spec, options));
  }
  // Patients first, whatever the order of the names.
  found.sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role));
  const files = [...given, ...found];
  return { spec, choice, files, totals, previous: await receivePrevious(spec, files, options) };
}

/** Files of one kind are corrected by files of that kind. */
async function receivePrevious(
  spec: Spec,
  files: readonly ReceivedFile[],
  options: ReceiveOptions,
): Promise<ReceivedFile[]> {
  const { previous = [], encoding = null, unpackLimits = {} } = options;
  const sourceOptions = { encoding, limits: unpackLimits };
  const roles = [...new Set(files.map(({ role }) => role))];
  const received: ReceivedFile[] = [];
  for (const given of previous) {
    for (const path of await listFiles(given, sourceOptions)) {
      if (isTotalsFile(path)) continue;
      received.push(receiveAsAny(await openSource(path, sourceOptions), spec, options, roles));
    }
  }
  return received;
}

const ORDER: readonly FileRole[] = ['patient', 'combined', 'immunization', 'comment'];

async function openFiles(options: ReceiveOptions): Promise<Pick<Submission, 'totals'> & { opened: OpenedFile[] }> {
  const { patients, immunizations, comments, files, encoding = null, unpackLimits = {} } = options;
  const sourceOptions = { encoding, limits: unpackLimits };
  const listed: string[] = [];
  for (const path of files) listed.push(...(await listFiles(path, sourceOptions)));
  const found = listed.filter((path) => !isTotalsFile(path));
  const totals = await openOnlyTotals(listed.filter(isTotalsFile));
  const paths: (readonly [RecordRole | null, string])[] = [
    ...patients.map((path) => ['patient', path] as const),
    ...immunizations.map((path) => ['immunization', path] as const),
    ...comments.map((path) => ['comment', path] as const),
    ...found.map((path) => [null, path] as const),
  ];
  const opened: OpenedFile[] = [];
  for (const [role, path] of paths) {
    opened.push({ role, source: await openSource(path, sourceOptions) });
  }
  if (opened.length === 0 && totals !== null)
    throw new InputError(files[0]!, 'holds totals and no file of records', 'give the files, or their folder');
  return { opened, totals };
}

async function openOnlyTotals(paths: readonly string[]): Promise<LoadedTotals | null> {
  const [path, other] = paths;
  if (path === undefined) return null;
  if (other !== undefined)
    throw new TotalsError(`${path} and ${other}: two files of totals; load what each is of by itself`);
  return openTotals(path);
}

function recogniseSpec(files: readonly OpenedFile[], options: ReceiveOptions): SpecChoice {
  const beginnings = files.map(({ role, source: { shown, head, encoding } }) => ({
    name: shown,
    head,
    encoding,
    role,
  }));
  const choice = chooseSpec(beginnings, options.specs, options);
  if (choice.spec === null) throw new InputError(choice.about, choice.problem, choice.remedy);
  return choice;
}

function receiveAs(role: FileRole, source: Source, spec: Spec, options: ReceiveOptions): ReceivedFile {
  if (role === 'comment' && spec.layouts.comment === undefined) {
    const remedy = 'leave it out, or give the --spec of a format that has such files';
    throw new InputError(source.shown, `is given as the comment file, and ${spec.id} has none`, remedy);
  }
  const recognition = recognizeAs(role, source, spec, options);
  if (!recognition.fits) throw new InputError(source.shown, recognition.problem, recognition.remedy);
  return { role, source, recognition };
}

/** Finds the role of a file: it must be of one only. */
function receiveAsAny(
  source: Source,
  spec: Spec,
  options: ReceiveOptions,
  roles: readonly FileRole[] = filesOf(spec).map(({ role }) => role),
): ReceivedFile {
  if (roles.length === 1) return receiveAs(roles[0]!, source, spec, options);
  const found = roles.map((role) => ({ role, source, recognition: recognizeAs(role, source, spec, options) }));
  const fitting = found.flatMap(({ recognition, ...file }) => (recognition.fits ? [{ ...file, recognition }] : []));
  if (fitting.length > 1) {
    const remedy = `say which with ${fitting.map(({ role }) => OPTIONS[role]).join(' or ')}`;
    throw new InputError(source.shown, 'could be either kind of file', remedy);
  }
  if (fitting.length === 0) {
    throw new InputError(source.shown, describeMisfit(found), 'choose the right --spec, or check the export');
  }
  return fitting[0]!;
}

/** How the role of a file is told. */
const OPTIONS: Readonly<Record<FileRole, string>> = {
  patient: '--patients',
  immunization: '--immunizations',
  combined: '--patients',
  comment: '--comments',
};

const TITLES: Readonly<Record<FileRole, string>> = {
  patient: 'a patient file',
  immunization: 'an immunization file',
  combined: 'a file of both',
  comment: 'a comment file',
};

function recognizeAs(role: FileRole, source: Source, spec: Spec, { today, site }: ReceiveOptions): Recognition {
  const { head, encoding } = source;
  return recognize(head, { spec, today, role, encoding, needsSite: site === null });
}

/** Why a file is of no role: what is wrong with it in itself, or with each. */
function describeMisfit(found: readonly { readonly role: FileRole; readonly recognition: Recognition }[]): string {
  const problems = found.map(({ role, recognition }) => ({
    role,
    problem: recognition.fits ? '' : recognition.problem,
  }));
  const [first] = problems;
  if (problems.every(({ problem }) => problem === first!.problem)) return first!.problem;
  return problems.map(({ role, problem }) => `as ${TITLES[role]} ${problem}`).join(', ');
}
