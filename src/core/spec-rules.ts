/** The check of what a spec asks of its columns: sets, tables of prefixes, conditions, rules. */
import { CODE_TABLES } from './codes.js';
import { RULE_DATES, RULE_KINDS, type RuleKind } from './column-rule.js';
import { compilePattern, PatternError } from './rules/pattern.js';
import { isInOrder, readBeginning } from './rules/prefix.js';
import { type Checker, isObject, type JsonObject, pointerTo } from './spec-checker.js';
import type { SpecValueLists } from './spec-values.js';
import { namesOf, SPEC_PROPERTIES, SPEC_VALUES } from './spec-words.js';

/** What rules may name, of the whole spec. */
export interface RuleNames {
  readonly sets: readonly string[];
  readonly prefixes: readonly string[];
  readonly values: SpecValueLists;
}

/** The columns of a layout, by how often they stand in a record. */
interface ColumnNames {
  /** Once. */
  readonly written: readonly string[];
  /** Once for each dose: their names have `{n}`. */
  readonly repeated: readonly string[];
}

/** What the rules of a column may name. */
interface RuleScope extends RuleNames, ColumnNames {
  readonly conditions: ConditionNames;
  readonly inGroup: boolean;
}

/** The conditions of a layout: those that ask about the columns of a dose mean something for its columns only. */
interface ConditionNames {
  readonly all: readonly string[];
  readonly ofDoses: readonly string[];
}

const NOT_AN_OBJECT = 'not an object';

/** Checks the sets, and gives their names. */
export function checkSets(sets: unknown, check: Checker): readonly string[] {
  if (sets === undefined) return [];
  if (!isObject(sets)) {
    check.report('/sets', NOT_AN_OBJECT, 'Write {"answers": ["YES", "NO"]}.');
    return [];
  }
  for (const [name, values] of Object.entries(sets)) {
    const path = pointerTo('/sets', name);
    if (isObject(values)) {
      // What is missing is probably what is unknown.
      if (check.keys(values, path, SPEC_PROPERTIES.set)) check.oneOf(values['table'], `${path}/table`, CODE_TABLES);
    } else if (check.texts(values, path) && values.length === 0) {
      check.report(path, 'no values', 'List the values, such as ["YES", "NO"].');
    }
  }
  return Object.keys(sets);
}

/** Checks the tables of prefixes, and gives their names. */
export function checkPrefixes(tables: unknown, check: Checker): readonly string[] {
  if (tables === undefined) return [];
  const example = 'Write {"zip-of-state": {"MA": ["010-027", "055"]}}.';
  if (!isObject(tables)) {
    check.report('/prefixes', NOT_AN_OBJECT, example);
    return [];
  }
  for (const [name, table] of Object.entries(tables)) {
    const path = pointerTo('/prefixes', name);
    if (!isObject(table)) {
      check.report(path, NOT_AN_OBJECT, example);
      continue;
    }
    for (const [value, prefixes] of Object.entries(table)) {
      const at = pointerTo(path, value);
      if (!check.texts(prefixes, at)) continue;
      for (const [index, prefix] of prefixes.entries()) checkRange(prefix, `${at}/${index}`, check);
    }
  }
  return Object.keys(tables);
}

function checkRange(prefix: string, path: string, check: Checker): void {
  if (isInOrder(readBeginning(prefix))) return;
  const remedy = 'Give two ends of the same length, the lower one first, such as 010-027; write 9-11 as 9 and 10-11.';
  check.report(path, 'no range of beginnings', remedy);
}

/** Checks the conditions of a layout and where it names them itself, and gives their names. */
export function checkConditions(
  layout: JsonObject,
  path: string,
  columns: ColumnNames & { readonly retired: readonly string[] },
  check: Checker,
): ConditionNames {
  const names: { all: string[]; ofDoses: string[] } = { all: [], ofDoses: [] };
  const { conditions } = layout;
  if (conditions !== undefined && !isObject(conditions)) {
    const example = 'Write {"refusal": [{"column": "refused", "is": ["YES"]}]}.';
    check.report(`${path}/conditions`, NOT_AN_OBJECT, example);
  }
  for (const [name, all] of Object.entries(isObject(conditions) ? conditions : {})) {
    const at = pointerTo(`${path}/conditions`, name);
    names.all.push(name);
    if (checkConditionList(all, at, columns, true, check)) names.ofDoses.push(name);
  }
  if (layout['notLoaded'] !== undefined) {
    checkWhen(layout['notLoaded'], `${path}/notLoaded`, { conditions: names, inGroup: false }, check);
  }
  return names;
}

/** Checks a list of conditions; true where one of them asks about the columns of a dose. */
function checkConditionList(
  list: unknown,
  path: string,
  columns: ColumnNames & { readonly retired: readonly string[] },
  mayNest: boolean,
  check: Checker,
): boolean {
  if (!Array.isArray(list) || list.length === 0) {
    check.report(path, 'no list of conditions', 'Write [{"column": "refused", "is": ["YES"]}].');
    return false;
  }
  let ofDoses = false;
  list.forEach((condition: unknown, index) => {
    const at = `${path}/${index}`;
    if (!isObject(condition)) {
      check.report(at, NOT_AN_OBJECT, 'Write {"column": "refused", "is": ["YES"]}.');
      return;
    }
    if (mayNest && condition['any'] !== undefined) {
      check.keys(condition, at, { any: SPEC_PROPERTIES.condition.any });
      if (checkConditionList(condition['any'], `${at}/any`, columns, false, check)) ofDoses = true;
      return;
    }
    const { any: _, ...words } = SPEC_PROPERTIES.condition;
    if (!check.keys(condition, at, words)) return;
    check.text(condition, at, 'column');
    const { written, repeated, retired } = columns;
    check.known(condition['column'], `${at}/column`, 'column', [...written, ...repeated, ...retired]);
    if (repeated.includes(condition['column'] as string)) ofDoses = true;
    checkAsked(condition, at, check);
  });
  return ofDoses;
}

/** What a condition asks of its column: one thing. */
function checkAsked(condition: JsonObject, path: string, check: Checker): void {
  const asked = ['is', 'isNot', 'filled'].filter((each) => condition[each] !== undefined);
  if (asked.length !== 1) {
    const remedy = 'Give one of "is": ["YES"], "isNot": ["YES"] and "filled": true or false.';
    check.report(path, asked.length === 0 ? 'asks nothing' : 'asks several things', remedy);
  }
  for (const each of ['is', 'isNot']) {
    if (condition[each] === undefined) continue;
    if (check.texts(condition[each], `${path}/${each}`) && (condition[each] as string[]).length === 0) {
      check.report(`${path}/${each}`, 'no values', 'List the values, such as ["YES"].');
    }
  }
  if (condition['filled'] !== undefined && typeof condition['filled'] !== 'boolean') {
    check.report(`${path}/filled`, 'not true or false', 'Use true or false.');
  }
}

/** Checks the names of conditions, one or several. */
function checkWhen(
  when: unknown,
  path: string,
  { conditions, inGroup }: Pick<RuleScope, 'conditions' | 'inGroup'>,
  check: Checker,
): void {
  const isList = Array.isArray(when);
  const names: readonly unknown[] = isList ? when : [when];
  if (names.length === 0 || names.some((name) => typeof name !== 'string')) {
    check.report(path, 'no name of a condition', 'Name one or several of the conditions of the layout.');
    return;
  }
  names.forEach((name, index) => {
    const at = isList ? `${path}/${index}` : path;
    check.known(name, at, 'condition', conditions.all);
    if (!inGroup && conditions.ofDoses.includes(name as string)) {
      check.report(at, 'asks about the columns of a dose', 'Use a condition on columns that stand once in a record.');
    }
  });
}

/** Checks the rules of a column. */
export function checkRules(rules: unknown, path: string, scope: RuleScope, check: Checker): void {
  if (!Array.isArray(rules)) {
    check.report(path, 'not a list of rules', 'Write [{"set": "answers"}].');
    return;
  }
  rules.forEach((rule: unknown, index) => {
    const at = `${path}/${index}`;
    if (isObject(rule)) checkRule(rule, at, scope, check);
    else check.report(at, NOT_AN_OBJECT, 'Write {"set": "answers"}.');
  });
}

/** The kinds of rule that each of these parts belongs to. */
const PARTS_OF: Readonly<Record<string, readonly RuleKind[]>> = {
  of: ['prefixes'],
  unlisted: ['prefixes'],
  evenBlank: ['notAfter', 'unique'],
  asText: ['notAfter', 'notInFuture'],
};

function checkRule(rule: JsonObject, path: string, scope: RuleScope, check: Checker): void {
  const isKnown = check.keys(rule, path, SPEC_PROPERTIES.rule);
  const kinds = RULE_KINDS.filter((kind) => rule[kind] !== undefined);
  if (isKnown && kinds.length !== 1) {
    const problem = kinds.length === 0 ? 'asks nothing' : `asks several things: ${kinds.join(', ')}`;
    check.report(path, problem, `Let each rule ask one of ${RULE_KINDS.join(', ')}.`);
  }
  for (const kind of kinds) KIND_CHECKS[kind](rule[kind], `${path}/${kind}`, scope, check);
  for (const [part, belongsTo] of Object.entries(PARTS_OF)) {
    if (rule[part] === undefined || belongsTo.some((kind) => kinds.includes(kind))) continue;
    check.report(`${path}/${part}`, 'means nothing here', `Leave it out; it belongs to ${belongsTo.join(' and ')}.`);
  }
  if (kinds.includes('prefixes')) checkColumn(rule['of'], `${path}/of`, scope, check);
  if (rule['unlisted'] !== undefined) check.oneOf(rule['unlisted'], `${path}/unlisted`, namesOf(SPEC_VALUES.unlisted));
  for (const part of ['evenBlank', 'asText']) {
    if (rule[part] === undefined || typeof rule[part] === 'boolean') continue;
    check.report(`${path}/${part}`, 'not true or false', 'Use true or false.');
  }
  if (rule['when'] !== undefined) checkWhen(rule['when'], `${path}/when`, scope, check);
  if (rule['code'] !== undefined && (typeof rule['code'] !== 'string' || rule['code'].trim() === '')) {
    check.report(`${path}/code`, 'not a text', 'Give the code as the document has it, such as DATA008.');
  }
}

type KindCheck = (value: unknown, path: string, scope: RuleScope, check: Checker) => void;

const isTrue: KindCheck = (value, path, _, check) => {
  if (value !== true) check.report(path, 'not true', 'Write true, or leave the rule out.');
};

const KIND_CHECKS: Readonly<Record<RuleKind, KindCheck>> = {
  required: isTrue,
  notToSend: isTrue,
  notInFuture: isTrue,
  unique: (value, path, scope, check) => {
    isTrue(value, path, scope, check);
    if (scope.inGroup) check.report(path, 'in a repeated group', 'Ask it of a column that stands once in a record.');
  },
  fixed: (value, path, _, check) => {
    if (typeof value !== 'string' || value === '') check.report(path, 'not a text', 'Give the value as a text.');
  },
  pattern: checkPattern,
  set: checkName('set', 'sets'),
  prefixes: checkName('table of prefixes', 'prefixes'),
  longest: (value, path, _, check) => {
    if (Number.isInteger(value) && Number(value) > 0) return;
    check.report(path, 'not a number of characters', 'Give a whole number above 0.');
  },
  dates: (value, path, _, check) => check.dateFormats(value, path, RULE_DATES),
  needs: checkColumn,
  notAfter: checkColumn,
};

function checkPattern(value: unknown, path: string, _: RuleScope, check: Checker): void {
  if (typeof value !== 'string' || value === '') {
    check.report(path, 'not a text', 'Give the pattern as a text, such as \\\\d{5}(-\\\\d{4})?');
    return;
  }
  try {
    compilePattern(value);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    check.report(path, `not a pattern: ${error.message}`, error.remedy);
  }
}

function checkName(what: string, where: 'sets' | 'prefixes'): KindCheck {
  return (value, path, scope, check) => {
    if (typeof value !== 'string') check.report(path, 'not a text', `Give the name of a ${what}.`);
    else check.known(value, path, what, scope[where]);
  };
}

/** A column that a rule compares with: one of the same record and, in a repeated group, of the same dose. */
function checkColumn(value: unknown, path: string, { written, repeated, inGroup }: RuleScope, check: Checker): void {
  if (typeof value !== 'string') {
    check.report(path, value === undefined ? 'missing' : 'not a text', 'Give the name of a column.');
    return;
  }
  check.known(value, path, 'column', inGroup ? [...written, ...repeated] : written);
}
