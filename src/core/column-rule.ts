/**
 * What a specification asks of its columns beside what their fields ask: rules as data.
 *
 * They judge values as they are written, before anything is made of them, in columns that are loaded and in others. A
 * word for "no value" counts as a blank, and so does a value of blanks alone, unless the layout keeps blanks.
 */
import { DATE_FORMATS, type DateFormat } from './normalize/date.js';

/** Something that a record says, or does not. One of `is`, `isNot` and `filled` is given, or `any` alone. */
export interface Condition {
  readonly column?: string;
  /** Case does not matter. */
  readonly is?: readonly string[];
  /** A blank is not one of them. */
  readonly isNot?: readonly string[];
  readonly filled?: boolean;
  /** One of these holds, at least. */
  readonly any?: readonly Condition[];
}

/** Forms of days, and the month. Rules read them to the letter: with their zeros, and without a time. */
export const RULE_DATES: readonly RuleDate[] = [
  ...DATE_FORMATS.filter((format) => format !== 'spreadsheet-serial'),
  'YYYY-MM',
];
export type RuleDate = DateFormat | 'YYYY-MM';

/** What a rule asks: each rule asks one of these. */
export interface RuleKinds {
  readonly required: true;
  readonly notToSend: true;
  /** Case does not matter. */
  readonly fixed: string;
  /** Compared with the whole value. */
  readonly pattern: string;
  /** The name of a set. Case, and blanks around the value, do not matter. */
  readonly set: string;
  /** In characters. */
  readonly longest: number;
  readonly dates: readonly RuleDate[];
  /** A column that has to have a value where this one has. */
  readonly needs: string;
  /** A column of dates. */
  readonly notAfter: string;
  readonly notInFuture: true;
  /** The name of a table of prefixes. */
  readonly prefixes: string;
  /** Once in a file. Case does not matter. */
  readonly unique: true;
}

export type RuleKind = keyof RuleKinds;

/** A rule of a column. */
export interface ColumnRule extends Partial<RuleKinds> {
  /** With `prefixes`: the column whose value says which prefixes. */
  readonly of?: string;
  /** With `prefixes`: what becomes of a value where the other is not in the table. */
  readonly unlisted?: 'right' | 'wrong';
  /** With `notAfter` and `notInFuture`: whether what is no date, to the letter, is compared as text. Else it is not judged. */
  readonly asText?: boolean;
  /** With `notAfter` and `unique`: whether blanks are judged like values. */
  readonly evenBlank?: boolean;
  /** The conditions under which it is asked, of which one is enough; always, where none are named. */
  readonly when?: string | readonly string[];
  /** What the specification's own document calls a breach of it. */
  readonly code?: string;
}

/** The values of a set: a list, or the codes of a code table. */
export type ValueSet = readonly string[] | { readonly table: string };

/** Beginnings of values, by the value of another column. `35-36` stands for all between the two. Case does not matter. */
export type PrefixTable = Readonly<Record<string, readonly string[]>>;

export const RULE_KINDS: readonly RuleKind[] = [
  'required', 'notToSend', 'fixed', 'pattern', 'set', 'longest', 'dates', 'needs', 'notAfter', 'notInFuture', 'prefixes',
  'unique',
]; // biome-ignore format: a list of names

/** What a rule asks. */
export function kindOf(rule: ColumnRule): RuleKind {
  return RULE_KINDS.find((kind) => rule[kind] !== undefined)!;
}

/** Something as a list: one, several, or none. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** Whether two rules are asked of the same record for certain: always, or under a condition that both name. */
export function areAskedTogether(a: Asked, b: Asked): boolean {
  if (a.when === undefined || b.when === undefined) return true;
  const names = [b.when].flat();
  return [a.when].flat().some((name) => names.includes(name));
}

/** When a rule is asked, as JSON has it. */
interface Asked {
  readonly when?: unknown;
}

/** The rule of one of the doses of a record: `{n}` in the names of columns is its number. */
export function ruleOfDose(rule: ColumnRule, dose: number): ColumnRule {
  const named = (column: string | undefined): string | undefined => column?.replaceAll('{n}', String(dose));
  const { needs, notAfter, of } = rule;
  return {
    ...rule,
    ...(needs !== undefined && { needs: named(needs)! }),
    ...(notAfter !== undefined && { notAfter: named(notAfter)! }),
    ...(of !== undefined && { of: named(of)! }),
  };
}

/** A condition on the columns of one of the doses of a record. */
export function conditionOfDose(condition: Condition, dose: number): Condition {
  return {
    ...condition,
    ...(condition.column !== undefined && { column: condition.column.replaceAll('{n}', String(dose)) }),
    ...(condition.any !== undefined && { any: condition.any.map((each) => conditionOfDose(each, dose)) }),
  };
}

/** All columns that a condition asks about. */
export function columnsAsked(condition: Condition): readonly string[] {
  return [
    ...(condition.column === undefined ? [] : [condition.column]),
    ...(condition.any ?? []).flatMap(columnsAsked),
  ];
}
