/** The columns of a file, each as its values are to be replaced. */
import { type FieldName, fieldsOf, type RecordRole } from '../model.js';
import type { ColumnReader, TransformPlan } from '../plan.js';
import type { HeaderMatch } from '../read/header.js';
import { valuesOfSet } from '../rules/columns.js';
import { readBeginning } from '../rules/prefix.js';
import type { Layout, LayoutField } from '../spec.js';
import { type Treatment, treatmentOf } from './treatments.js';

/** A column as its values are to be replaced. */
export interface RedactedColumn {
  readonly treatment: Treatment;
  /** What the specification calls it; `null` where it does not know it, or all columns of the field are meant. */
  readonly name: string | null;
  readonly role: RecordRole;
  /** `null` for a column that carries no field. */
  readonly field: FieldName | null;
  /** Reads its values; `null` where nothing does, or they are parts of a value of several columns. */
  readonly reader: ColumnReader | null;
  readonly plan: TransformPlan | null;
  /** Values, in upper case, that the specification names: they stand for something, and stay. */
  readonly words: ReadonlySet<string>;
  /** So many characters at the beginning tell of a state and stay, where a rule of the specification compares them. */
  readonly kept: number;
}

const NO_WORDS: ReadonlySet<string> = new Set();

const NO_FIELD = {
  treatment: 'words', name: null, role: 'patient', field: null, reader: null, plan: null, words: NO_WORDS, kept: 0,
} as const; // biome-ignore format: one line

/** A column that the specification does not know, or did once: conditions may still ask about it. */
export function unknownColumn({ layout }: TransformPlan): RedactedColumn {
  const retired = layout.format === 'delimited' ? (layout.retired ?? []) : [];
  return { ...NO_FIELD, words: asWords(retired.flatMap((name) => namedByConditions(name, layout))) };
}

/** The columns of a file by their places. */
export function columnsOf(plans: readonly TransformPlan[], header: HeaderMatch | null): Map<number, RedactedColumn> {
  const columns = new Map<number, RedactedColumn>();
  const [first] = plans;
  if (first === undefined) return columns;
  first.layout.fields.forEach((field, index) => {
    const place = header === null ? index : header.columns[index]!;
    if (place < 0) return;
    const own = { name: field.name, plan: first, words: wordsOf(field, first), kept: lengthKept(field, first) };
    columns.set(place, { ...NO_FIELD, ...own });
  });
  for (const plan of plans) {
    for (const reader of plan.columns) {
      const treatment = treatmentOf(plan.role, reader.field);
      const isPart = reader.joined !== null;
      const places = [reader.column, ...(reader.joined?.columns.map(({ column }) => column) ?? [])];
      for (const place of places) {
        const known = columns.get(place);
        // What patient and doses share is told of the patient.
        if (known === undefined || known.field !== null) continue;
        const { role } = plan;
        columns.set(place, { ...known, treatment, role, field: reader.field, reader: isPart ? null : reader, plan });
      }
    }
  }
  return columns;
}

/** Values of a column that rules and conditions of the specification name. */
function wordsOf({ name, rules = [], values = {} }: LayoutField, plan: TransformPlan): ReadonlySet<string> {
  const words = [...Object.keys(values), ...namedByConditions(name, plan.layout)];
  for (const { fixed, set } of rules) {
    if (fixed !== undefined) words.push(fixed);
    if (set !== undefined) words.push(...valuesOfSet(set, plan));
  }
  return asWords(words);
}

function namedByConditions(column: string, { conditions = {} }: Layout): readonly string[] {
  const all = Object.values(conditions)
    .flat(2)
    .flatMap((condition) => [condition, ...(condition.any ?? [])]);
  return all.flatMap((each) => (each.column === column ? [...(each.is ?? []), ...(each.isNot ?? [])] : []));
}

function asWords(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.map((word) => word.toUpperCase()));
}

function lengthKept({ rules = [] }: LayoutField, { spec }: TransformPlan): number {
  const beginnings = rules.flatMap(({ prefixes }) => Object.values(spec.prefixes[prefixes ?? ''] ?? {}).flat());
  return Math.max(0, ...beginnings.map((each) => readBeginning(each).first.length));
}

/** A field as the plans of a file read it, for a value that stands in a report; `null` where they have no such field. */
export function columnOfField(field: FieldName, plans: readonly TransformPlan[]): RedactedColumn | null {
  const plan = plans.find(({ role }) => Object.hasOwn(fieldsOf(role), field));
  if (plan === undefined) return null;
  const { role } = plan;
  const reader = plan.columnOf.get(field) ?? null;
  return { treatment: treatmentOf(role, field), name: null, role, field, reader, plan, words: NO_WORDS, kept: 0 };
}
