/** Sample submissions of a spec: a perfect one, and for each rule one that breaks it, with what is to be found. */
import { ISSUE_CODES, type IssueCode } from '../catalogue.js';
import type { Role, Severity } from '../model.js';
import { canBreak, layoutsOf } from '../rules/applies.js';
import { type Spec, severityOf } from '../spec.js';
import { SAMPLE_CLINIC } from './clinic.js';
import { Draft, type Expected } from './draft.js';
import { allowsDates, FAULTS, type Fault, PLANTED_IN } from './faults.js';

/** What `validate` says of a sample. */
export interface Verdict {
  readonly file: string;
  /** From 1; `null` for the file as a whole. */
  readonly line: number | null;
  readonly code: IssueCode;
  readonly severity: Severity;
}

/** The files of a sample submission, by role. */
export type SampleFiles = ReadonlyMap<Role, { readonly name: string; readonly bytes: Uint8Array }>;

/** A submission that breaks one rule, and what follows of that. */
export interface FaultySample {
  readonly code: IssueCode;
  readonly files: SampleFiles;
  readonly verdicts: readonly Verdict[];
}

/** All samples of a spec. */
export interface Samples {
  /** Nothing is to be found in it. */
  readonly perfect: SampleFiles;
  /** In the order of the catalogue. */
  readonly faulty: readonly FaultySample[];
  /** Rules that this format's records could break, but not with the faults that are known. */
  readonly notShown: readonly IssueCode[];
  /** The site to be given with the files, `null` where every record names its own. */
  readonly site: string | null;
}

/** The name of a role's sample file. */
export function sampleFileName(role: Role): string {
  return `${role}s.txt`;
}

/** Makes all samples of a spec: the same ones every time. */
export function makeSamples(spec: Spec): Samples {
  const faulty: FaultySample[] = [];
  const notShown: IssueCode[] = [];
  for (const code of ISSUE_CODES) {
    if (!canBreak(code, spec)) continue;
    const sample = makeFaulty(code, spec);
    if (sample === null) notShown.push(code);
    else faulty.push(sample);
  }
  const namesSite = layoutsOf(spec).every(([, layout]) => layout.fields.some(({ field }) => field === 'site_id'));
  const site = namesSite ? null : SAMPLE_CLINIC.patient[0]!.site_id!;
  return { perfect: writeFiles(new Draft(spec)), faulty, notShown, site };
}

function makeFaulty(code: IssueCode, spec: Spec): FaultySample | null {
  for (const fault of FAULTS[code]) {
    const draft = new Draft(spec);
    const expected = plant(fault, code, draft);
    if (expected !== null) return { code, files: writeFiles(draft), verdicts: judge(expected, draft) };
  }
  return null;
}

/** Plants a fault in a draft and says what is to be found; `null` where the layouts cannot show it. */
function plant(fault: Fault, code: IssueCode, draft: Draft): readonly Expected[] | null {
  if (typeof fault === 'function') return fault(draft);
  const { role, values, also = [] } = fault;
  if (!allowsDates(fault, draft.spec)) return null;
  const record = PLANTED_IN[role];
  if (!draft.set(role, record, values)) return null;
  return [code, ...also].map((each) => ({ role, record, code: each }));
}

function writeFiles(draft: Draft): SampleFiles {
  return new Map(
    [...draft.files.keys()].map((role) => [role, { name: sampleFileName(role), bytes: draft.bytesOf(role) }]),
  );
}

/** Verdicts in the order of files and lines; what is off is not reported. */
function judge(expected: readonly Expected[], draft: Draft): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const { role, record, code } of expected) {
    const severity = severityOf(code, draft.spec);
    if (severity === 'off') continue;
    const line = record === null ? null : draft.lineNumberOf(role, record);
    verdicts.push({ file: sampleFileName(role), line, code, severity });
  }
  return verdicts;
}
