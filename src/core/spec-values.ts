/** The check that what a spec says of a column's values can all be true: its own values, its rules, its example. */
import { areAskedTogether, RULE_DATES, type RuleDate } from './column-rule.js';
import { caseless } from './rules/conditions.js';
import { compilePattern, PatternError } from './rules/pattern.js';
import { readRuleDate } from './rules/rule-dates.js';
import { type Checker, isObject, type JsonObject, pointerTo } from './spec-checker.js';
import { NUMBER } from './write.js';

/** What a spec says of the values of all columns, as JSON has it. */
export interface SpecValueLists {
  /** The words for "no value". */
  readonly nulls: readonly string[];
  /** The sets; what is no list of texts is not looked into. */
  readonly sets: JsonObject;
}

/** The parts that say something of values, of a spec that may have other problems. */
export function valueListsIn({ nulls, sets }: JsonObject): SpecValueLists {
  const texts = Array.isArray(nulls) ? nulls.filter((each) => typeof each === 'string') : [];
  return { nulls: texts, sets: isObject(sets) ? sets : {} };
}

/** Checks what a column says of its values. */
export function checkColumnValues(column: JsonObject, path: string, lists: SpecValueLists, check: Checker): void {
  if (isObject(column['values'])) checkOwnValues(column['values'], `${path}/values`, lists, check);
  const rules = Array.isArray(column['rules']) ? column['rules'] : [];
  rules.forEach((rule: unknown, index) => {
    if (!isObject(rule)) return;
    const at = `${path}/rules/${index}`;
    if (rule['notToSend'] === true) checkNotToSend(rules, index, column, at, check);
    if (typeof rule['fixed'] === 'string') checkFixed(rule['fixed'], rules, index, column, at, lists, check);
  });
  checkExample(column, rules, path, lists, check);
}

/** The sender's own values: each is met in files, and stands for one thing. */
function checkOwnValues(values: JsonObject, path: string, { nulls }: SpecValueLists, check: Checker): void {
  const isNull = (text: string): boolean => nulls.some((each) => caseless(each) === caseless(text));
  const earlier = new Map<string, string>();
  for (const [from, to] of Object.entries(values)) {
    const at = pointerTo(path, from);
    const key = caseless(from);
    const same = earlier.get(key);
    if (from.trim() === '') {
      check.report(at, 'a blank', 'Leave it out: "default" says what a blank stands for.', true);
    } else if (from !== from.trim()) {
      check.report(at, 'never met', 'Write it without the blanks around it: values are read without them.', true);
    } else if (same !== undefined) {
      check.report(at, `the same as ${same}`, 'Leave one of the two out: case does not matter.', true);
    }
    earlier.set(key, JSON.stringify(from));
    if (typeof to !== 'string' || to === '') continue;
    if (isNull(from)) {
      check.report(at, 'also a word for "no value"', 'Take it out of "nulls", or let it stand for "".', true);
    } else if (isNull(to)) {
      check.report(at, 'stands for a word for "no value"', 'Write "" for no value, or take the word out of "nulls".');
    }
  }
}

/** The first other rule of a column that is asked of the same records and that the test is true of, as its place. */
function findOther(
  rules: readonly unknown[],
  index: number,
  isMeant: (rule: JsonObject) => boolean,
): { readonly rule: JsonObject; readonly place: number } | null {
  const own = rules[index] as JsonObject;
  const place = rules.findIndex(
    (each, i) => i !== index && isObject(each) && areAskedTogether(each, own) && isMeant(each),
  );
  return place < 0 ? null : { rule: rules[place] as JsonObject, place };
}

function checkNotToSend(
  rules: readonly unknown[],
  index: number,
  column: JsonObject,
  at: string,
  check: Checker,
): void {
  const other = findOther(rules, index, ({ required, fixed }) => required === true || typeof fixed === 'string');
  if (other !== null) {
    const message = `not to send, and ${other.rule['required'] === true ? 'required' : 'fixed'} by rule ${other.place}`;
    check.report(`${at}/notToSend`, message, 'Leave one of the two out, or ask each under a condition of its own.');
  } else if (column['use'] === 'required' && (rules[index] as JsonObject)['when'] === undefined) {
    check.report(`${at}/notToSend`, 'not to send, and required by "use"', 'Leave one of the two out.');
  }
}

function checkFixed(
  fixed: string,
  rules: readonly unknown[],
  index: number,
  { width }: JsonObject,
  at: string,
  lists: SpecValueLists,
  check: Checker,
): void {
  const path = `${at}/fixed`;
  if (typeof width === 'number' && fixed.length > width) {
    check.report(path, 'longer than the column', `Give one of ${width} characters at most, or widen the column.`);
  }
  if (lists.nulls.some((each) => caseless(each) === caseless(fixed))) {
    check.report(path, 'a word for "no value"', 'Take it out of "nulls": it is read as a blank.');
  }
  // Where it is not to be sent, that is told there.
  const other = findOther(rules, index, (rule) => rule['notToSend'] !== true && breaks(fixed, rule, lists));
  if (other === null) return;
  check.report(path, `breaks rule ${other.place} of its column`, 'Change one of the two: no value keeps both.');
}

function checkExample(
  column: JsonObject,
  rules: readonly unknown[],
  path: string,
  lists: SpecValueLists,
  check: Checker,
): void {
  const { example } = column;
  if (typeof example !== 'string' || example.includes(NUMBER)) return;
  const at = `${path}/example`;
  if (example.trim() !== '' && lists.nulls.some((each) => caseless(each) === caseless(example))) {
    check.report(at, 'a word for "no value"', 'Give a value that is one.');
    return;
  }
  const place = rules.findIndex((rule) => isObject(rule) && rule['when'] === undefined && breaks(example, rule, lists));
  if (place >= 0) check.report(at, `breaks rule ${place} of its column`, 'Give an example that the rules allow.');
}

/** Whether a value breaks a rule in any record, as far as that shows without one. */
function breaks(value: string, rule: JsonObject, { sets }: SpecValueLists): boolean {
  const { fixed, pattern, set, longest, dates, notToSend, required } = rule;
  if (value === '') return required === true || typeof fixed === 'string';
  if (notToSend === true) return true;
  if (typeof fixed === 'string') return caseless(fixed) !== caseless(value);
  if (typeof longest === 'number') return value.length > longest;
  if (typeof pattern === 'string') return !matches(value, pattern);
  if (Array.isArray(dates)) {
    const forms = dates.filter((each): each is RuleDate => (RULE_DATES as readonly unknown[]).includes(each));
    return forms.length > 0 && forms.every((form) => readRuleDate(value, form) === null);
  }
  const values = typeof set === 'string' && Object.hasOwn(sets, set) ? sets[set] : null;
  if (!Array.isArray(values) || values.length === 0) return false;
  return values.every((each) => typeof each !== 'string' || caseless(each) !== caseless(value.trim()));
}

/** What is no pattern is told where it stands. */
function matches(value: string, pattern: string): boolean {
  try {
    return compilePattern(pattern)(value);
  } catch (error) {
    if (error instanceof PatternError) return true;
    throw error;
  }
}
