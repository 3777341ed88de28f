/** Sample submissions of a spec: a perfect one, and for each rule one that breaks it, with what is to be found. */
import { ISSUE_CODES, type IssueCode } from '../catalogue.js';
import type { Codes } from '../codes.js';
import { fileLayoutsOf } from '../file-layouts.js';
import type { FileRole, Severity } from '../model.js';
import { canBreak } from '../rules/applies.js';
import { type Spec, severityOf } from '../spec.js';
import { SAMPLE_CLINIC } from './clinic.js';
import { Draft, type Expected } from './draft.js';
import { allowsDates, FAULTS, type Fault, PLANTED_IN } from './faults.js';
import { type PlantedRule, plantNotLoaded, plantRule, rulesOfColumns } from './rule-faults.js';
import { compileRulesOfSpec, type RulesOfSpec, unfitColumns, withRules } from './rule-judge.js';

/** What `validate` says of a sample. */
export interface Verdict {
  readonly file: string;
  /** From 1; `null` for the file as a whole. */
  readonly line: number | null;
  readonly code: IssueCode;
  readonly severity: Severity;
}

/** The files of a sample submission, by what their records are. */
export type SampleFiles = ReadonlyMap<FileRole, { readonly name: string; readonly bytes: Uint8Array }>;

/** A submission that breaks one rule, and what follows of that. */
export interface FaultySample {
  readonly code: IssueCode;
  /** What it is called among the samples: its code, and for a rule of a column that column and the document's code. */
  readonly name: string;
  readonly files: SampleFiles;
  readonly verdicts: readonly Verdict[];
}

/** All samples of a spec. */
export interface Samples {
  /** Nothing is to be found in it, if no column is unfit. */
  readonly perfect: SampleFiles;
  /** Columns whose rules even that one breaks: the clinic has nothing that fits, and the spec gives no example. */
  readonly unfit: readonly string[];
  /** In the order of the catalogue. */
  readonly faulty: readonly FaultySample[];
  /** Rules that this format's records could break, but not with the faults that are known. */
  readonly notShown: readonly IssueCode[];
  /** The site to be given with the files, `null` where every record names its own. */
  readonly site: string | null;
}

const FILE_NAMES: Readonly<Record<FileRole, string>> = {
  patient: 'patients.txt',
  immunization: 'immunizations.txt',
  combined: 'history.txt',
  comment: 'comments.txt',
};

/** The columns whose rules even the perfect sample breaks. */
export function unfitColumnsOf(spec: Spec, codes: Codes): readonly string[] {
  return unfitColumns(new Draft(spec), compileRulesOfSpec(spec, codes));
}

/** Makes all samples of a spec: the same ones every time. */
export function makeSamples(spec: Spec, codes: Codes): Samples {
  const faulty: FaultySample[] = [];
  const notShown: IssueCode[] = [];
  const compiled = compileRulesOfSpec(spec, codes);
  const rules = rulesOfColumns(spec);
  for (const code of ISSUE_CODES) {
    if (!canBreak(code, spec)) continue;
    const ofRules = makeOfRules(
      rules.filter((each) => each.code === code),
      spec,
      compiled,
    );
    const sample = makeFaulty(code, spec, compiled);
    if (sample !== null) faulty.push(sample);
    faulty.push(...ofRules);
    if (sample === null && ofRules.length === 0) notShown.push(code);
  }
  // Comments are of the site of their patients.
  const namesSite = fileLayoutsOf(spec).every(
    ({ role, layout }) => role === 'comment' || layout.fields.some(({ field }) => field === 'site_id'),
  );
  const site = namesSite ? null : SAMPLE_CLINIC.patient[0]!.site_id!;
  const perfect = new Draft(spec);
  return { perfect: writeFiles(perfect), unfit: unfitColumns(perfect, compiled), faulty, notShown, site };
}

/** A sample for each rule, as far as values are known that break it. */
function makeOfRules(rules: readonly PlantedRule[], spec: Spec, compiled: RulesOfSpec): FaultySample[] {
  const names = new Map<string, number>();
  return rules.flatMap((rule) => {
    const planted = plantRule(rule, spec, compiled);
    if (planted === null) return [];
    const { draft, expected } = planted;
    const { code, column, documentCode } = rule;
    const parts = [code, column.name, ...(documentCode === null ? [] : [documentCode])];
    const name = parts.map((part) => part.replace(/[^\w-]+/g, '_')).join('.');
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    const sample = { code, files: writeFiles(draft), verdicts: judge(expected, draft) };
    return [{ ...sample, name: count === 1 ? name : `${name}.${count}` }];
  });
}

function makeFaulty(code: IssueCode, spec: Spec, compiled: RulesOfSpec): FaultySample | null {
  if (code === 'records-not-loaded') {
    const planted = plantNotLoaded(spec, compiled);
    if (planted === null) return null;
    const { draft, expected } = planted;
    return { code, name: code, files: writeFiles(draft), verdicts: judge(expected, draft) };
  }
  for (const fault of FAULTS[code]) {
    const draft = new Draft(spec);
    const planted = plant(fault, code, draft);
    const expected = planted === null ? null : withRules(draft, planted, compiled);
    if (expected?.some((each) => each.code === code))
      return { code, name: code, files: writeFiles(draft), verdicts: judge(expected, draft) };
  }
  return null;
}

/** Plants a fault in a draft and says what is to be found; `null` where the layouts cannot show it. */
function plant(fault: Fault, code: IssueCode, draft: Draft): readonly Expected[] | null {
  if (typeof fault === 'function') return fault(draft);
  const { role, values, also = [] } = fault;
  if (!allowsDates(fault, draft.spec)) return null;
  const record = fault.record ?? PLANTED_IN[role];
  if (!draft.set(role, record, values)) return null;
  return [code, ...also].map((each) => ({ role, row: draft.rowOf(role, record), code: each }));
}

function writeFiles(draft: Draft): SampleFiles {
  return new Map(draft.files.map((file) => [file.role, { name: FILE_NAMES[file.role], bytes: draft.bytesOf(file) }]));
}

/** Verdicts in the order of files and lines; what is off is not reported. */
function judge(expected: readonly Expected[], draft: Draft): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const { role, row, code } of expected) {
    const severity = severityOf(code, draft.spec);
    if (severity === 'off') continue;
    const line = row === null ? null : draft.lineNumberOf(role, row);
    verdicts.push({ file: FILE_NAMES[draft.file(role).role], line, code, severity });
  }
  return verdicts;
}
