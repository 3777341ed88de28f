/**
 * Which of several specs the files of a submission follow. All of them must follow the same one; where two fit equally
 * well, or none does, that is said, and nothing is guessed.
 */
import type { Codes } from './codes.js';
import { filesOf } from './file-layouts.js';
import type { FileRole, IsoDate, RecordRole } from './model.js';
import type { FileEncoding } from './read/decode.js';
import { type Evidence, type Fit, measureFit } from './read/fit.js';
import type { FileHead, Recognition } from './read/recognize.js';
import { comeInOneFile, type Spec } from './spec.js';

/** The beginning of a file of a submission. */
export interface FileBeginning {
  /** What messages call it. */
  readonly name: string;
  readonly head: FileHead;
  /** What the whole file is encoded in; `null` if each record is judged by itself. */
  readonly encoding: FileEncoding | null;
  /** What its records are said to be; `null` to find out. A file with patients and doses may be said to be of either. */
  readonly role: RecordRole | null;
}

export interface ChooseOptions {
  readonly codes: Codes;
  readonly today: IsoDate;
  /** For records that name no site; `null` if none was given. */
  readonly site: string | null;
}

/** How a file was recognised. */
export interface RecognisedFile {
  readonly file: string;
  readonly role: FileRole;
  /** From 0 to 1, in hundredths. */
  readonly score: number;
  /** What speaks for it, counted. */
  readonly reasons: readonly string[];
}

/** A spec that was not chosen. */
export interface RunnerUp {
  readonly spec: string;
  /** From 0 to 1, in hundredths: of all files on average. */
  readonly score: number;
  /** What speaks against it. */
  readonly against: readonly string[];
}

/** The spec that was chosen, and why. */
export interface SpecChoice {
  readonly spec: Spec;
  /** `sure`: nearly all that can be seen speaks for it, and clearly less for any other. */
  readonly certainty: 'sure' | 'likely';
  /** From 0 to 1, in hundredths: of all files on average. */
  readonly score: number;
  /** In the order of the files. */
  readonly files: readonly RecognisedFile[];
  /** The best first. */
  readonly runnersUp: readonly RunnerUp[];
}

/** Why no spec was chosen. */
export interface NoChoice {
  readonly spec: null;
  /** What it is about: the name of a file, or of several. */
  readonly about: string;
  readonly problem: string;
  readonly remedy: string;
}

/** A file of which less speaks for a spec does not follow it: half of it could be chance. */
const LEAST_SCORE = 0.5;
/** Two specs that are no further apart fit equally well. */
const LEAST_LEAD = 0.05;
const SURE_SCORE = 0.85;
/** A file that cannot be read and of which so much speaks for a spec follows it, and has something else wrong. */
const FOLLOWS_SCORE = 0.7;
/** Two columns that only one of two specs knows are enough to be sure. */
const SURE_LEAD = 0.08;
/** A spec of which less speaks for the files is not worth to be named beside the one that was chosen. */
const LEAST_RUNNER_UP = 0.1;
const MOST_RUNNERS_UP = 3;

/** How well a submission fits one spec. */
interface SubmissionFit {
  readonly spec: Spec;
  /** Each file in the role that it fits best. */
  readonly files: readonly Fit[];
  /** The average of all files. */
  readonly score: number;
}

/** Chooses the spec that all files fit, and fit better than any other. There is at least one file, and one spec. */
export function chooseSpec(
  files: readonly FileBeginning[],
  specs: readonly Spec[],
  options: ChooseOptions,
): SpecChoice | NoChoice {
  const fits = specs
    .map((spec) => fitSubmission(files, spec, options))
    .sort((a, b) => b.score - a.score || (a.spec.id < b.spec.id ? -1 : 1));
  const candidates = fits.filter((fit) => fit.files.every(isFitting));
  const best = candidates[0];
  if (best === undefined) return explainNone(files, fits);
  const others = candidates.slice(1);
  const rivals = others.filter((other) => !isBetter(best, other));
  if (rivals.length > 0) return explainEqual(files, [best, ...rivals]);
  const isSure = best.score >= SURE_SCORE && others.every((other) => isExcluded(other, best));
  return {
    spec: best.spec,
    certainty: isSure ? 'sure' : 'likely',
    score: round(best.score),
    files: best.files.map(({ role, score, evidence }, index) => {
      const reasons = evidence.filter(({ share }) => share > 0).map(({ words }) => words);
      return { file: files[index]!.name, role, score: round(score), reasons };
    }),
    runnersUp: fits
      .filter((fit) => fit !== best && fit.score >= LEAST_RUNNER_UP)
      .slice(0, MOST_RUNNERS_UP)
      .map((fit) => ({ spec: fit.spec.id, score: round(fit.score), against: reasonsAgainst(fit, best, files) })),
  };
}

function fitSubmission(files: readonly FileBeginning[], spec: Spec, options: ChooseOptions): SubmissionFit {
  const fits = files.map((file) => fitFile(file, spec, options));
  return { spec, files: fits, score: fits.reduce((sum, { score }) => sum + score, 0) / fits.length };
}

function fitFile(file: FileBeginning, spec: Spec, { codes, today, site }: ChooseOptions): Fit {
  const { head, encoding } = file;
  const fits = filesOf(spec).map(({ role, layout }) =>
    measureFit(head, { spec, role, layout, codes, today, site, encoding }),
  );
  const byScore = [...fits].sort((a, b) => b.score - a.score);
  if (file.role !== null) {
    const given: FileRole = comeInOneFile(spec) && file.role !== 'comment' ? 'combined' : file.role;
    const own = fits.find(({ role }) => role === given);
    if (own === undefined) return { role: given, recognition: noLayout(given, spec), score: 0, evidence: [] };
    // Comments need no dates, and have nothing else that tells: whoever says that it is one knows.
    if (given === 'comment' && own.recognition.fits) {
      return { ...own, score: Math.max(own.score, LEAST_SCORE), evidence: own.evidence.map(withoutNeed) };
    }
    // A file that is given as another one is of this spec all the same: what is wrong with it is its role.
    return own.recognition.fits ? own : { ...own, score: byScore[0]!.score };
  }
  return byScore.find(({ recognition }) => recognition.fits) ?? byScore[0]!;
}

function withoutNeed({ isNeeded: _, ...evidence }: Evidence): Evidence {
  return evidence;
}

function noLayout(role: FileRole, { id }: Spec): Recognition {
  const remedy = 'leave it out, or give the --spec of a format that has such files';
  return { fits: false, problem: `is given as the ${role} file, and ${id} has none`, remedy };
}

function isFitting({ recognition, score, evidence }: Fit): boolean {
  const hasNeeded = evidence.every(({ isNeeded, share }) => isNeeded !== true || share >= LEAST_SCORE);
  return recognition.fits && score >= LEAST_SCORE && hasNeeded;
}

/** By how much one spec fits better than another, for the file that tells them apart best. */
function leadOf(a: SubmissionFit, b: SubmissionFit): number {
  return Math.max(...a.files.map(({ score }, index) => score - b.files[index]!.score));
}

/** Whether a spec fits better than another: for some file clearly, and for none clearly worse. */
function isBetter(a: SubmissionFit, b: SubmissionFit): boolean {
  return leadOf(a, b) >= LEAST_LEAD && leadOf(b, a) < LEAST_LEAD;
}

/** Whether a spec that all files fit cannot be meant: for some file another one fits better, and that cannot be chance. */
function isExcluded(other: SubmissionFit, best: SubmissionFit): boolean {
  return other.files.some(({ score, evidence }, index) => {
    const mayBeCut = evidence.some((each) => each.mayBeCut === true);
    return !mayBeCut && best.files[index]!.score - score >= SURE_LEAD;
  });
}

/** What is wrong with a file in a spec. */
function problemOf({ recognition, score, evidence }: Fit, { id }: Spec): { problem: string; remedy: string } {
  if (!recognition.fits) {
    const { problem, remedy } = recognition;
    const isOther = score < FOLLOWS_SCORE && !remedy.includes('--spec');
    return { problem, remedy: isOther ? `${remedy}, or give another --spec` : remedy };
  }
  const weak = evidence.filter(({ share }) => share < 0.9).map(({ words }) => words);
  const remedy = `check the export, or give --spec ${id} to read it all the same`;
  return { problem: `makes little sense (${weak.join(', ')})`, remedy };
}

function explainNone(files: readonly FileBeginning[], fits: readonly SubmissionFit[]): NoChoice {
  for (const [index, { name }] of files.entries()) {
    const recognitions = fits.map((fit) => fit.files[index]!.recognition);
    const [first] = recognitions;
    // An empty file, or a picture, is none whichever spec one asks.
    if (
      first !== undefined &&
      !first.fits &&
      recognitions.every((each) => !each.fits && each.problem === first.problem)
    ) {
      return { spec: null, about: name, problem: first.problem, remedy: first.remedy };
    }
  }
  return explainMixed(files, fits) ?? explainNearest(files, fits[0]!);
}

function explainNearest(files: readonly FileBeginning[], { spec, files: fits }: SubmissionFit): NoChoice {
  const index = fits.findIndex((fit) => !isFitting(fit));
  const fit = fits[index]!;
  const { problem, remedy } = problemOf(fit, spec);
  const follows = !fit.recognition.fits && fit.score >= FOLLOWS_SCORE;
  return {
    spec: null,
    about: files[index]!.name,
    problem: follows
      ? `is of ${spec.id}, but ${problem}`
      : `fits no specification; in ${spec.id}, the nearest, it ${problem}`,
    remedy,
  };
}

/** Files of which each fits a spec, and no spec fits all. */
function explainMixed(files: readonly FileBeginning[], fits: readonly SubmissionFit[]): NoChoice | null {
  const own = files.map((_, index) => specsOf(index, fits));
  const other = own.findIndex((ids) => !ids.some((id) => own[0]!.includes(id)));
  if (other < 0 || own.some((ids) => ids.length === 0)) return null;
  const of = (index: number): string => `${files[index]!.name} of ${own[index]!.join(' or ')}`;
  return {
    spec: null,
    about: `${files[0]!.name}, ${files[other]!.name}`,
    problem: `are of two specifications, ${of(0)} and ${of(other)}`,
    remedy: 'load the files of each by themselves',
  };
}

/** The ids of the specs that a file by itself fits best. */
function specsOf(index: number, fits: readonly SubmissionFit[]): string[] {
  const own = fits.filter((fit) => isFitting(fit.files[index]!));
  const best = Math.max(...own.map((fit) => fit.files[index]!.score));
  return own.filter((fit) => best - fit.files[index]!.score < LEAST_LEAD).map(({ spec }) => spec.id);
}

function explainEqual(files: readonly FileBeginning[], fits: readonly SubmissionFit[]): NoChoice {
  const ids = fits.map(({ spec }) => spec.id);
  const remedy = `say which it is with ${ids.map((id) => `--spec ${id}`).join(' or ')}`;
  const about = files.map(({ name }) => name).join(', ');
  const [a, b] = fits as readonly [SubmissionFit, SubmissionFit];
  const likeA = fileThatTells(a, b);
  const likeB = fileThatTells(b, a);
  const problem =
    likeA < 0 || likeB < 0
      ? `${files.length === 1 ? 'fits' : 'fit'} ${ids.join(' and ')} equally well`
      : `do not agree: ${files[likeA]!.name} looks more like ${ids[0]}, and ${files[likeB]!.name} like ${ids[1]}`;
  return { spec: null, about, problem, remedy };
}

/** The file that fits one spec clearly better than another; -1 if none does. */
function fileThatTells(a: SubmissionFit, b: SubmissionFit): number {
  return a.files.findIndex(({ score }, index) => score - b.files[index]!.score >= LEAST_LEAD);
}

/** Why a spec was not chosen: what is wrong with a file in it, or what of the evidence is weaker than in the best. */
function reasonsAgainst(fit: SubmissionFit, best: SubmissionFit, files: readonly FileBeginning[]): string[] {
  return fit.files.flatMap((file, index) => {
    const { name } = files[index]!;
    if (!file.recognition.fits) return [`${name} ${file.recognition.problem}`];
    const better = best.files[index]!.evidence;
    const weaker = file.evidence.filter(({ weight, share }, place) => {
      const other = better[place];
      return share < 0.9 && !(other !== undefined && other.weight === weight && other.share <= share);
    });
    return weaker.length === 0 ? [] : [`${name}: ${weaker.map(({ words }) => words).join(', ')}`];
  });
}

function round(score: number): number {
  return Math.round(score * 100) / 100;
}
