/** What changes for a sender in the rules of columns, and in what they name. */
import type { ColumnRule, PrefixTable, ValueSet } from '../core/column-rule.js';
import { describeWhen } from '../core/rules/conditions.js';
import type { Layout, LayoutField, Spec } from '../core/spec.js';
import { nameOccasion, nameRule } from './column-rules.js';

/** A change that is about rules. */
export interface RuleChange {
  readonly kind: 'sets' | 'prefixes' | 'codes' | 'blanks' | 'conditions' | 'not-loaded' | 'retired' | 'rules';
  readonly before: unknown;
  readonly after: unknown;
  readonly mustChange: boolean;
  readonly message: string;
}

/** Names of two objects, the older first, each once. */
function namesOf(before: object, after: object): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])];
}

/** Sets, beginnings and the document's codes, where both specs have them. */
export function diffNamed(before: Spec, after: Spec): RuleChange[] {
  return [
    ...namesOf(before.sets, after.sets).flatMap((name) => diffSet(name, before.sets[name], after.sets[name])),
    ...namesOf(before.prefixes, after.prefixes).flatMap((name) =>
      diffPrefixes(name, before.prefixes[name], after.prefixes[name]),
    ),
    ...diffCodes(before.codes, after.codes),
  ];
}

function diffSet(name: string, before: ValueSet | undefined, after: ValueSet | undefined): RuleChange[] {
  // A set that is new or gone matters by the rules that name it.
  if (before === undefined || after === undefined) return [];
  const [a, b] = [before, after].map((set) => ('table' in set ? [`the codes of ${set.table}`] : set)) as [
    string[],
    string[],
  ];
  const gone = a.filter((value) => !b.includes(value));
  const more = b.filter((value) => !a.includes(value));
  const change = (values: readonly string[], mustChange: boolean, message: string): RuleChange[] =>
    values.length === 0 ? [] : [{ kind: 'sets', before, after, mustChange, message }];
  return [
    ...change(gone, true, `the set ${name} has no longer ${gone.join(', ')}`),
    ...change(more, false, `the set ${name} now has ${more.join(', ')}`),
  ];
}

function diffPrefixes(name: string, before: PrefixTable | undefined, after: PrefixTable | undefined): RuleChange[] {
  if (before === undefined || after === undefined) return [];
  return namesOf(before, after).flatMap((value): RuleChange[] => {
    const [a, b] = [before[value], after[value]];
    if (JSON.stringify(a) === JSON.stringify(b)) return [];
    const message =
      b === undefined
        ? `${name} does not list ${value} any more`
        : `${name}: ${value} now asks for ${b.map((each) => (each === '' ? 'anything' : each)).join(', ') || 'nothing'}`;
    return [{ kind: 'prefixes', before: a ?? null, after: b ?? null, mustChange: true, message }];
  });
}

function diffCodes(before: Spec['codes'], after: Spec['codes']): RuleChange[] {
  return namesOf(before, after).flatMap((code): RuleChange[] => {
    const [a, b] = [before, after].map((codes) => (codes as Readonly<Record<string, string>>)[code] ?? null);
    if (a === b) return [];
    const message = b === null ? `${code} is no longer called ${a}` : `${code} is now called ${b}`;
    return [{ kind: 'codes', before: a, after: b, mustChange: false, message }];
  });
}

/** What a layout says of its rules as a whole. */
export function diffLayoutRules(before: Layout, after: Layout): RuleChange[] {
  const changes: RuleChange[] = [];
  const [a, b] = [before, after].map((layout) =>
    layout.format === 'delimited' ? (layout.blanks ?? 'ignored') : 'ignored',
  );
  if (a !== b) {
    const message = b === 'kept' ? 'blanks around values now belong to them' : 'blanks around values no longer matter';
    changes.push({ kind: 'blanks', before: a, after: b, mustChange: b === 'kept', message });
  }
  const retired = [before, after].map((layout) => (layout.format === 'delimited' ? (layout.retired ?? []) : []));
  for (const name of retired[1]!.filter((each) => !retired[0]!.includes(each))) {
    const message = `${name} is now known as a column of an earlier version`;
    changes.push({ kind: 'retired', before: retired[0], after: retired[1], mustChange: false, message });
  }
  for (const name of namesOf(before.conditions ?? {}, after.conditions ?? {})) {
    const [was, is] = [before, after].map(({ conditions = {} }) =>
      conditions[name] === undefined ? null : describeWhen(name, conditions),
    );
    // One that is new or gone matters by the rules that name it.
    if (was === is || was === null || is === null) continue;
    const message = `${name} now means that ${is}`;
    changes.push({ kind: 'conditions', before: was, after: is, mustChange: true, message });
  }
  const [were, are] = [before, after].map(({ notLoaded, conditions = {} }) =>
    notLoaded === undefined ? null : describeWhen(notLoaded, conditions),
  );
  if (were !== are) {
    const message = are === null ? 'all its records are loaded' : `records where ${are} are judged and not loaded`;
    changes.push({ kind: 'not-loaded', before: were, after: are, mustChange: are !== null, message });
  }
  return changes;
}

/** What is asked of a column. */
export function diffColumnRules(a: LayoutField, b: LayoutField, before: Layout, after: Layout): RuleChange[] {
  const [old, now] = [namedRules(a, before), namedRules(b, after)];
  const changes: RuleChange[] = [];
  for (const [name, rule] of old) {
    if (now.has(name)) continue;
    const message = `it is no longer asked that it ${name}`;
    changes.push({ kind: 'rules', before: rule, after: null, mustChange: false, message });
  }
  for (const [name, rule] of now) {
    const earlier = old.get(name);
    if (earlier === undefined) {
      changes.push({
        kind: 'rules',
        before: null,
        after: rule,
        mustChange: true,
        message: `it is now asked that it ${name}`,
      });
    } else if (earlier.code !== rule.code) {
      const message = rule.code === undefined ? `no longer called ${earlier.code}` : `now called ${rule.code}`;
      changes.push({
        kind: 'rules',
        before: earlier,
        after: rule,
        mustChange: false,
        message: `that it ${name} is ${message}`,
      });
    }
  }
  return changes;
}

/** The rules of a column by what they ask and when. */
function namedRules({ rules = [] }: LayoutField, layout: Layout): ReadonlyMap<string, ColumnRule> {
  return new Map(
    rules.map((rule) => {
      const occasion = nameOccasion(rule, layout);
      return [occasion === null ? nameRule(rule) : `${nameRule(rule)} where ${occasion}`, rule];
    }),
  );
}
