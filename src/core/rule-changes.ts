/** Severities that one run gives to issue codes, on top of what its specification says. */
import { CATALOGUE, ISSUE_CODES, type IssueCode } from './catalogue.js';
import type { Severity } from './model.js';
import { nearestWord } from './nearest.js';
import { ALWAYS_ERRORS, type Spec, severityOf } from './spec.js';
import { namesOf, SPEC_VALUES } from './spec-words.js';

/** Severities by code, as they were asked for. */
export type RuleChanges = Readonly<Partial<Record<IssueCode, Severity | 'off'>>>;

/** A code whose severity is another than the specification's. */
export interface ChangedRule {
  readonly before: Severity | 'off';
  readonly after: Severity | 'off';
}

/** A rule that cannot be changed so: what is wrong, and what to do. */
export interface RuleProblem {
  readonly problem: string;
}

const FORM = 'write CODE=SEVERITY, such as zip-invalid=info';
const SEVERITIES = namesOf(SPEC_VALUES.severity);

/** Reads `CODE=SEVERITY`. */
export function readRuleChange(
  text: string,
): { readonly code: IssueCode; readonly severity: Severity | 'off' } | RuleProblem {
  const match = /^\s*([^=]+?)\s*=\s*(.*?)\s*$/.exec(text);
  if (match === null) return { problem: `${text} says no severity; ${FORM}` };
  const [code, severity] = [match[1]!, match[2]!.toLowerCase()];
  const problem = problemOfChange(code, severity);
  return problem === null ? { code: code as IssueCode, severity: severity as Severity | 'off' } : { problem };
}

/** Why a code cannot have a severity; `null` if it can. */
export function problemOfChange(code: string, severity: string): string | null {
  if (!Object.hasOwn(CATALOGUE, code)) {
    const nearest = nearestWord(code, ISSUE_CODES);
    return `there is no issue code ${code}${nearest === null ? '; `immload explain` lists all codes' : `; did you mean ${nearest}?`}`;
  }
  if (!SEVERITIES.includes(severity)) {
    return `${severity === '' ? 'a blank' : severity} is no severity of ${code}; use one of ${SEVERITIES.join(', ')}`;
  }
  if (severity !== 'error' && (ALWAYS_ERRORS as readonly string[]).includes(code)) {
    return `${code} is always an error: such a record cannot be stored or linked`;
  }
  return null;
}

/** The specification with other severities, and those that differ from its own, by code in the order of the alphabet. */
export function changeRules(
  spec: Spec,
  changes: RuleChanges,
): { readonly spec: Spec; readonly changed: Readonly<Record<string, ChangedRule>> } {
  const changed: Record<string, ChangedRule> = {};
  for (const code of (Object.keys(changes) as IssueCode[]).sort()) {
    const [before, after] = [severityOf(code, spec), changes[code]!];
    if (before !== after) changed[code] = { before, after };
  }
  if (Object.keys(changed).length === 0) return { spec, changed };
  return { spec: { ...spec, severities: { ...spec.severities, ...changes } }, changed };
}
