/** The tables of rules and the issue codes, and how one of them is silenced as if it were not there. */
import { ISSUE_CODES, type IssueCode } from '../../src/core/catalogue.js';
import type { RuleKind } from '../../src/core/column-rule.js';
import { ColumnRules, JUDGES } from '../../src/core/rules/columns.js';
import { COMMENT_RULES } from '../../src/core/rules/comment.js';
import { IMMUNIZATION_RULES, LINK_RULES, VACCINE_RULES } from '../../src/core/rules/immunization.js';
import { PATIENT_RULES } from '../../src/core/rules/patient.js';
import { SUGGESTERS } from '../../src/core/suggest/suggesters.js';
import { DETECTORS } from '../../src/core/whole/detectors.js';
import { IssueLog } from '../../src/files/reports.js';
import { PROVED_ELSEWHERE } from './proved-elsewhere.js';

/** The tests that hold a rule. */
export interface Proof {
  /** The quickest first. */
  readonly files: readonly string[];
  /** What the titles of those that are run contain; `null` for all of the files. */
  readonly title: string | null;
}

/** A table: the names of its rules, and what holds each. */
export interface RuleTable {
  readonly names: readonly string[];
  readonly proofOf: (place: number) => Proof;
  /** Makes a rule of the table silent. */
  readonly silence: (place: number) => void;
}

/** Objects of tables are read-only for everybody else. */
function replace<T extends object, K extends keyof T>(rule: T, key: K, value: T[K]): void {
  (rule as { -readonly [P in keyof T]: T[P] })[key] = value;
}

const SAMPLES = 'test/core/rules/samples.test.ts';

/** Rules that all tests of some files hold. */
const heldBy =
  (...files: string[]) =>
  (): Proof => ({ files, title: null });

const RULES: Readonly<Record<string, RuleTable>> = {
  patient: {
    names: PATIENT_RULES.map(({ code }) => code),
    proofOf: heldBy(SAMPLES),
    silence: (place) => replace(PATIENT_RULES[place]!, 'holds', () => true),
  },
  immunization: {
    names: IMMUNIZATION_RULES.map(({ code }) => code),
    proofOf: heldBy(SAMPLES),
    silence: (place) => replace(IMMUNIZATION_RULES[place]!, 'holds', () => true),
  },
  vaccine: {
    names: VACCINE_RULES.map(({ code }) => code),
    proofOf: heldBy(SAMPLES, 'test/core/rules/pending.test.ts'),
    silence: (place) => replace(VACCINE_RULES[place]!, 'holds', () => true),
  },
  link: {
    names: LINK_RULES.map(({ code }) => code),
    proofOf: heldBy('test/load/late-issues.test.ts'),
    silence: (place) => replace(LINK_RULES[place]!, 'holds', () => true),
  },
  comment: {
    names: COMMENT_RULES.map(({ code }) => code),
    proofOf: heldBy('test/load/comments.test.ts'),
    silence: (place) => replace(COMMENT_RULES[place]!, 'holds', () => true),
  },
  whole: {
    names: DETECTORS.map(({ code }) => code),
    proofOf: heldBy('test/core/whole/detectors.test.ts'),
    silence: (place) => replace(DETECTORS[place]!, 'detect', () => []),
  },
  suggest: {
    names: SUGGESTERS.map(({ id }) => id),
    proofOf: heldBy('test/load/date-order.test.ts', 'test/load/suggestions.test.ts'),
    silence: (place) => replace(SUGGESTERS[place]!, 'suggest', () => []),
  },
};

const KINDS = Object.keys(JUDGES) as RuleKind[];

/** The rules that a specification has for its columns, by kind. */
const COLUMN: RuleTable = {
  names: KINDS,
  proofOf: (place) => {
    // What may stand once is known when several records were seen.
    const file = KINDS[place] === 'unique' ? 'test/load/column-rules.test.ts' : 'test/core/rules/columns.test.ts';
    return { files: [file], title: null };
  },
  silence: (place) => {
    const kind = KINDS[place]!;
    if (kind === 'unique') ColumnRules.prototype.uniqueValues = () => [];
    else replace(JUDGES, kind, () => () => null);
  },
};

/** Codes that no object of a table tells: readers of values and the flow of a run do. */
const TOLD = ISSUE_CODES.filter((code) => !Object.values(RULES).some(({ names }) => names.includes(code)));

/** Silence whatever tells a code: `silence-rule.ts` leaves its findings out of what is read. */
const CODES: RuleTable = {
  names: TOLD,
  proofOf: (place) => {
    const code = TOLD[place]!;
    const [file, title] = PROVED_ELSEWHERE[code] ?? [SAMPLES, `, ${code}: `];
    // What stands for the values of a row is not in the title of its test.
    return { files: [file], title: title.split(/ ?%/, 1)[0]! };
  },
  silence: (place) => {
    const code = TOLD[place]!;
    const { add } = IssueLog.prototype;
    IssueLog.prototype.add = function (file, issue, ...rest) {
      if (issue.code !== code) add.call(this, file, issue, ...rest);
    };
  },
};

export const RULE_TABLES: Readonly<Record<string, RuleTable>> = { ...RULES, column: COLUMN, code: CODES };

/** The code of the table of codes that a mutation is about, `null` if it is about another table. */
export function silencedCode(mutation: string): IssueCode | null {
  const [table, place] = mutation.split('/');
  return table === 'code' ? TOLD[Number(place)]! : null;
}
