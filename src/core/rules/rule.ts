/** What a rule is, and how the rules of a record are run. */

import type { IssueCode } from '../catalogue.js';
import type { Codes } from '../codes.js';
import type { Facts } from '../issue.js';
import type { FieldName, IsoDate, Row } from '../model.js';

/** What rules know besides the record. */
export interface RuleContext {
  readonly today: IsoDate;
  readonly codes: Codes;
  /** The columns of the file by their fields; those that its header leaves out stand at -1. */
  readonly columnOf: ReadonlyMap<FieldName, { readonly column: number }>;
}

/** A truth about a record. Its words stand in the catalogue, under its code. */
export interface Rule {
  readonly code: IssueCode;
  /** Slots that must have a value for the rule to mean anything: where one is missing, the rule is silent. */
  readonly needs: readonly number[];
  readonly holds: (row: Row, context: RuleContext) => boolean;
  /** Facts for the message. */
  readonly facts?: (row: Row, context: RuleContext) => Facts;
  /** The fields it asks for a value of: it is silent where an earlier finding says why one of them has none. */
  readonly asksFor?: readonly FieldName[];
  /** The field that must have been received: what the specification puts in the place of a blank breaks no rule. */
  readonly asReceived?: FieldName;
  /** The slot that is emptied when the rule does not hold, because its value cannot be right. */
  readonly drops?: number;
  /** Whether it looks at nothing but values of which there are few combinations, and changes nothing: `remembered.ts`. */
  readonly isRemembered?: true;
}

/** Takes a finding of the record under way: its code, the field it is reported on, its facts. */
export type Report = (code: IssueCode, field: FieldName | null, facts?: Facts) => void;

/** Runs rules over a record, all of them, in their order. */
export function runRules(rules: readonly Rule[], row: Row, context: RuleContext, report: (rule: Rule) => void): void {
  for (const rule of rules) {
    let ready = true;
    for (const slot of rule.needs) {
      if (row[slot] === null) {
        ready = false;
        break;
      }
    }
    if (!ready || rule.holds(row, context)) continue;
    report(rule);
    if (rule.drops !== undefined) row[rule.drops] = null;
  }
}
