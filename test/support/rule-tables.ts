/** The tables of rules, and how one of them is silenced as if it were not there. */
import { COMMENT_RULES } from '../../src/core/rules/comment.js';
import { IMMUNIZATION_RULES, LINK_RULES, VACCINE_RULES } from '../../src/core/rules/immunization.js';
import { PATIENT_RULES } from '../../src/core/rules/patient.js';
import { SUGGESTERS } from '../../src/core/suggest/suggesters.js';
import { DETECTORS } from '../../src/core/whole/detectors.js';

/** A table: the names of its rules, and the tests that hold it, the quickest first. */
export interface RuleTable {
  readonly names: readonly string[];
  readonly tests: readonly string[];
  /** Makes a rule of the table silent. */
  readonly silence: (place: number) => void;
}

/** Objects of tables are read-only for everybody else. */
function replace<T extends object, K extends keyof T>(rule: T, key: K, value: T[K]): void {
  (rule as { -readonly [P in keyof T]: T[P] })[key] = value;
}

const SAMPLES = 'test/core/rules/samples.test.ts';

export const RULE_TABLES: Readonly<Record<string, RuleTable>> = {
  patient: {
    names: PATIENT_RULES.map(({ code }) => code),
    tests: [SAMPLES],
    silence: (place) => replace(PATIENT_RULES[place]!, 'holds', () => true),
  },
  immunization: {
    names: IMMUNIZATION_RULES.map(({ code }) => code),
    tests: [SAMPLES],
    silence: (place) => replace(IMMUNIZATION_RULES[place]!, 'holds', () => true),
  },
  vaccine: {
    names: VACCINE_RULES.map(({ code }) => code),
    tests: [SAMPLES, 'test/core/rules/pending.test.ts'],
    silence: (place) => replace(VACCINE_RULES[place]!, 'holds', () => true),
  },
  link: {
    names: LINK_RULES.map(({ code }) => code),
    tests: ['test/load/late-issues.test.ts'],
    silence: (place) => replace(LINK_RULES[place]!, 'holds', () => true),
  },
  comment: {
    names: COMMENT_RULES.map(({ code }) => code),
    tests: ['test/load/comments.test.ts'],
    silence: (place) => replace(COMMENT_RULES[place]!, 'holds', () => true),
  },
  whole: {
    names: DETECTORS.map(({ code }) => code),
    tests: ['test/core/whole/detectors.test.ts'],
    silence: (place) => replace(DETECTORS[place]!, 'detect', () => []),
  },
  suggest: {
    names: SUGGESTERS.map(({ id }) => id),
    tests: ['test/load/date-order.test.ts', 'test/load/suggestions.test.ts'],
    silence: (place) => replace(SUGGESTERS[place]!, 'suggest', () => []),
  },
};
