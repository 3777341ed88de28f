/**
 * The rules of columns made ready for one file, and how they judge a record.
 *
 * They see values as they are written, before anything is made of them. What they find is told by the name of the
 * column, under one of the issue codes that every specification shares, with the code of the specification's document.
 */
import type { IssueCode } from '../catalogue.js';
import type { Codes } from '../codes.js';
import { type ColumnRule, kindOf, type RuleDate, type RuleKind } from '../column-rule.js';
import { createFinding, type Facts, type Finding } from '../issue.js';
import { type FieldName, fieldsOf, type IsoDate, type RecordRole } from '../model.js';
import { createNormalizerOfDates, isDateKind } from '../normalize/date.js';
import { copyText, isLongerThan } from '../normalize/text.js';
import { columnKey, type Layout, type LayoutField, type Spec } from '../spec.js';
import { type ConditionTest, caseless, compileWhen, describeWhen, type PlaceOf, type ReadCell } from './conditions.js';
import { compilePattern } from './pattern.js';
import { beginsWith, readBeginning } from './prefix.js';
import { dayAfter, isMonthFirst, readRuleDate } from './rule-dates.js';
import { type Fingerprint, fingerprintOf } from './unique.js';

/** The issue codes that rules are told under. */
export const RULE_CODES: Readonly<Record<RuleKind, readonly IssueCode[]>> = {
  required: ['required-value-missing', 'value-required-if'],
  notToSend: ['value-not-to-send'],
  fixed: ['value-not-fixed'],
  pattern: ['value-form-wrong'],
  set: ['value-not-in-set'],
  longest: ['value-too-long'],
  dates: ['value-not-date', 'value-date-month-first'],
  needs: ['value-needs-another'],
  notAfter: ['value-after-another'],
  notInFuture: ['value-in-future'],
  prefixes: ['values-disagree'],
  unique: ['value-repeated'],
};

/** The codes that a rule can be told under. */
export function codesOfRule(rule: ColumnRule): readonly IssueCode[] {
  const kind = kindOf(rule);
  if (kind !== 'required') return RULE_CODES[kind];
  return [rule.when === undefined ? 'required-value-missing' : 'value-required-if'];
}

/** What the spec's document calls a breach of a rule that is told under a code; `null` where it has no code for it. */
export function documentCodeOf(rule: ColumnRule, code: IssueCode, spec: Pick<Spec, 'codes'>): string | null {
  return rule.code ?? spec.codes[code] ?? null;
}

/** What a layout asks of its columns, with what it may name. */
export interface CheckedLayout {
  readonly spec: Pick<Spec, 'sets' | 'prefixes' | 'codes' | 'nulls' | 'dates'>;
  readonly layout: Layout;
  readonly codes: Codes;
  readonly today: IsoDate;
  readonly placeOf: PlaceOf;
}

/** Which columns are judged, and whose they are. */
export interface CheckedColumn {
  readonly column: LayoutField;
  /** The field that its findings are about for the records that are read, `null` if it is none of theirs. */
  readonly field: FieldName | null;
}

/** A value that may stand once in a file, for who has seen the records before. */
export interface UniqueValue {
  /** The rule that asks it, and its column: each rule remembers the values that it was asked of. */
  readonly key: string;
  readonly column: string;
  readonly field: FieldName | null;
  readonly documentCode: string | null;
  readonly value: string;
  readonly fingerprint: Fingerprint;
}

/** A rule made ready. */
interface CompiledRule {
  /** Number of the occasion on which it is asked; `null` if always. */
  readonly occasion: number | null;
  readonly judge: Judge;
  readonly facts: (code: IssueCode) => Facts;
}

/** The code under which the value is told; `null` when there is nothing to tell. */
type Judge = (value: string, read: ReadCell) => IssueCode | null;

interface CompiledColumn {
  readonly place: number;
  readonly field: FieldName | null;
  readonly rules: readonly CompiledRule[];
}

interface CompiledUnique {
  readonly place: number;
  readonly occasion: number | null;
  readonly evenBlank: boolean;
  readonly of: Omit<UniqueValue, 'value' | 'fingerprint'>;
}

/** The occasions on which rules are asked. Many rules share one, which is looked at once for a record. */
class Occasions {
  readonly #tests: ConditionTest[] = [];
  readonly #numbers = new Map<string, number>();
  /** What is known of the record under way. */
  readonly #known: (boolean | null)[] = [];

  /** The number of an occasion, `null` where there is none to wait for. */
  add(when: ColumnRule['when'], dose: number | null, { layout, placeOf }: CheckedLayout): number | null {
    const test = compileWhen(when, layout.conditions ?? {}, dose, placeOf);
    if (test === null) return null;
    const key = JSON.stringify([when, dose]);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#tests.push(test) - 1;
      this.#numbers.set(key, number);
      this.#known.push(null);
    }
    return number;
  }

  /** Begins with another record. */
  forget(): void {
    this.#known.fill(null);
  }

  /** Whether the record under way is one. */
  isOne(number: number | null, read: ReadCell): boolean {
    if (number === null) return true;
    this.#known[number] ??= this.#tests[number]!(read);
    return this.#known[number];
  }
}

/** The rules of some columns of a layout. */
export class ColumnRules {
  readonly #occasions = new Occasions();
  readonly #columns: readonly CompiledColumn[];
  readonly #unique: readonly CompiledUnique[];

  constructor(columns: readonly CheckedColumn[], layout: CheckedLayout) {
    const compiled = columns.map((each) => compileColumn(each, layout, this.#occasions));
    this.#columns = compiled.filter(({ rules }) => rules.length > 0);
    this.#unique = columns.flatMap((each) => compileUnique(each, layout, this.#occasions));
  }

  get isEmpty(): boolean {
    return this.#columns.length === 0 && this.#unique.length === 0;
  }

  /** What is wrong with the columns of a record, in their order. */
  judge(read: ReadCell): Finding[] {
    const findings: Finding[] = [];
    this.#occasions.forget();
    for (const { place, field, rules } of this.#columns) {
      const value = read(place);
      for (const { occasion, judge, facts } of rules) {
        if (!this.#occasions.isOne(occasion, read)) continue;
        const code = judge(value, read);
        if (code !== null) findings.push(createFinding(code, field, value === '' ? null : value, facts(code)));
      }
    }
    return findings;
  }

  /** The values of a record that may not stand in another. */
  uniqueValues(read: ReadCell): UniqueValue[] {
    const values: UniqueValue[] = [];
    if (this.#unique.length === 0) return values;
    this.#occasions.forget();
    for (const { place, occasion, evenBlank, of } of this.#unique) {
      const value = read(place);
      if ((value === '' && !evenBlank) || !this.#occasions.isOne(occasion, read)) continue;
      values.push({ ...of, value, fingerprint: fingerprintOf(caseless(value)) });
    }
    return values;
  }
}

function compileColumn({ column, field }: CheckedColumn, layout: CheckedLayout, occasions: Occasions): CompiledColumn {
  const dose = column.dose ?? null;
  const rules = (column.rules ?? [])
    .filter((rule) => rule.unique === undefined)
    .map((rule): CompiledRule => {
      const expected = expectationOf(rule, layout);
      return {
        occasion: occasions.add(rule.when, dose, layout),
        judge: JUDGES[kindOf(rule)](rule, column, layout),
        facts: (code) => ({
          column: column.name,
          documentCode: documentCodeOf(rule, code, layout.spec),
          expected,
        }),
      };
    });
  return { place: layout.placeOf(column.name), field, rules };
}

function compileUnique(
  { column, field }: CheckedColumn,
  layout: CheckedLayout,
  occasions: Occasions,
): CompiledUnique[] {
  return (column.rules ?? [])
    .filter((rule) => rule.unique !== undefined)
    .map((rule, number) => ({
      place: layout.placeOf(column.name),
      occasion: occasions.add(rule.when, null, layout),
      evenBlank: rule.evenBlank ?? false,
      of: {
        key: `${number} ${columnKey(column.name)}`,
        column: column.name,
        field,
        documentCode: documentCodeOf(rule, 'value-repeated', layout.spec),
      },
    }));
}

/** What a rule asks, for its message. */
function expectationOf(rule: ColumnRule, { layout, today }: CheckedLayout): string | null {
  const { conditions = {} } = layout;
  switch (kindOf(rule)) {
    case 'required':
      return rule.when === undefined ? null : describeWhen(rule.when, conditions);
    case 'notToSend':
      return rule.when === undefined ? 'in any record' : `where ${describeWhen(rule.when, conditions)}`;
    case 'notInFuture':
      return today;
    default:
      return describeAsked(rule);
  }
}

/** What a rule compares a value with, in a word or two. */
export function describeAsked(rule: ColumnRule): string {
  const { fixed, pattern, set, longest, dates, needs, notAfter, of } = rule;
  return fixed ?? pattern ?? set ?? longest?.toString() ?? dates?.join(' or ') ?? needs ?? notAfter ?? of ?? '';
}

type Compile = (rule: ColumnRule, column: LayoutField, layout: CheckedLayout) => Judge;

/** How each kind of rule judges a value. What has no value is judged by those alone that ask for one. */
export const JUDGES: Readonly<Record<RuleKind, Compile>> = {
  required: (rule) => {
    const [code] = codesOfRule(rule);
    return (value) => (value === '' ? code! : null);
  },
  notToSend: () => (value) => (value === '' ? null : 'value-not-to-send'),
  fixed: ({ fixed }) => {
    const wanted = caseless(fixed!);
    return (value) => (caseless(value) === wanted ? null : 'value-not-fixed');
  },
  pattern: ({ pattern }) => {
    const matches = compilePattern(pattern!);
    return (value) => (value === '' || matches(value) ? null : 'value-form-wrong');
  },
  set: ({ set }, _, layout) => {
    const values = valuesOfSet(set!, layout);
    return (value) => (value === '' || values.has(caseless(withoutBlanks(value))) ? null : 'value-not-in-set');
  },
  longest:
    ({ longest }) =>
    (value) =>
      isLongerThan(value, longest!) ? 'value-too-long' : null,
  dates: ({ dates }) =>
    remembering((value) => {
      if (value === '' || dates!.some((form) => readRuleDate(value, form) !== null)) return null;
      return isMonthFirst(value) ? 'value-date-month-first' : 'value-not-date';
    }),
  needs: ({ needs }, _, { placeOf }) => {
    const place = placeOf(needs!);
    return (value, read) => (value === '' || read(place) !== '' ? null : 'value-needs-another');
  },
  notAfter: ({ notAfter, evenBlank = false, asText = false }, column, layout) => {
    const { fields } = layout.layout;
    const other = fields.find(({ name }) => columnKey(name) === columnKey(notAfter!))!;
    const place = layout.placeOf(notAfter!);
    const [own, others] = [column, other].map((each) => (asText ? dateOrText : dateOnly)(each, layout));
    const isAfter = asText ? comesBehind : isLater;
    return (value, read) => {
      const limit = read(place);
      if (value === '' || limit === '') return evenBlank ? 'value-after-another' : null;
      return isAfter(own!(value), others!(limit)) ? 'value-after-another' : null;
    };
  },
  notInFuture: ({ asText = false }, column, layout) => {
    const { today } = layout;
    if (!asText) {
      const read = dateOnly(column, layout);
      return (value) => (value !== '' && isLater(read(value), today) ? 'value-in-future' : null);
    }
    const read = dateOrText(column, layout);
    const tomorrow = dayAfter(today);
    return (value) => (value === '' || read(value) < tomorrow ? null : 'value-in-future');
  },
  prefixes: ({ prefixes, of, unlisted = 'right' }, _, { spec, placeOf }) => {
    const beginnings = Object.entries(spec.prefixes[prefixes!]!);
    const table = new Map(beginnings.map(([key, each]) => [caseless(key), each.map(readBeginning)]));
    const place = placeOf(of!);
    return (value, read) => {
      const other = read(place);
      if (value === '' || other === '') return null;
      const allowed = table.get(caseless(other));
      if (allowed === undefined) return unlisted === 'right' ? null : 'values-disagree';
      return allowed.some((each) => beginsWith(value, each)) ? null : 'values-disagree';
    };
  },
  // Told by who has seen the records before.
  unique: () => () => null,
};

/** The values of a set in the form in which they are compared. */
export function valuesOfSet(name: string, { spec, codes }: Pick<CheckedLayout, 'spec' | 'codes'>): ReadonlySet<string> {
  const set = spec.sets[name]!;
  const values = 'table' in set ? codes.table(set.table).rows.map(([code]) => code!) : set;
  return new Set(values.map(caseless));
}

/** The value without what a file may put around it. */
function withoutBlanks(value: string): string {
  return value.replace(/^[\x00-\x20]+|[\x00-\x20]+$/g, '');
}

const ROLES: readonly RecordRole[] = ['patient', 'immunization', 'comment'];

/**
 * Reads a value as the dates of its column are read: a day as `YYYY-MM-DD`, a month as `YYYY-MM`, the latest of several
 * days; `null` for what is no date, or could be one of two.
 */
function dateOnly(column: LayoutField, { spec, today }: CheckedLayout): (value: string) => string | null {
  const { field, rules = [], dates = spec.dates.formats } = column;
  const kinds = ROLES.map((role) => (field === null ? undefined : fieldsOf(role)[field]?.kind));
  const kind = kinds.find((each) => each !== undefined && isDateKind(each)) ?? 'date';
  // What the column's own rules allow is a date, too.
  const asked = rules.flatMap((rule) => rule.dates ?? []);
  const formats = [...dates, ...asked.filter((form) => form !== 'YYYY-MM')];
  const { twoDigitYears } = spec.dates;
  const normalize = createNormalizerOfDates(kind, {
    formats,
    twoDigitYears,
    today,
    months: asked.includes('YYYY-MM'),
  });
  return remembering((value) => normalize(withoutBlanks(value)).value?.split('~').sort().at(-1) ?? null);
}

/** Whether one date is later than another, as far as both are known: no day is later than its month. */
function isLater(date: string | null, other: string | null): boolean {
  if (date === null || other === null) return false;
  const known = Math.min(date.length, other.length);
  return date.slice(0, known) > other.slice(0, known);
}

/** Whether a text comes behind another in the order of texts. */
function comesBehind(text: string | null, other: string | null): boolean {
  return text! > other!;
}

/** Reads a date of a column into the form that sorts; what is no date of its forms stays the text that it is. */
function dateOrText(column: LayoutField, { spec }: CheckedLayout): (value: string) => string {
  const forms: readonly RuleDate[] = column.dates ?? spec.dates.formats;
  return remembering((value) => {
    for (const form of forms) {
      const day = readRuleDate(value, form);
      if (day !== null) return day;
    }
    return value;
  });
}

/** Dates remembered: a century has 36,525 days. */
const MOST_REMEMBERED = 50_000;
/** Characters of a date with the time of day. What is longer is no date. */
const LONGEST_DATE = 35;

/** Asks once for each value: the same dates come again and again. */
function remembering<T>(ask: (value: string) => T): (value: string) => T {
  const answers = new Map<string, T>();
  return (value) => {
    const known = answers.get(value);
    if (known !== undefined) return known;
    const answer = ask(value);
    if (value.length > LONGEST_DATE) return answer;
    if (answers.size >= MOST_REMEMBERED) answers.clear();
    answers.set(copyText(value), answer);
    return answer;
  };
}
