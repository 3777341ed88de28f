/** Faults against the rules of columns: a sample for each rule, made of what the rule itself says. */
import type { IssueCode } from '../catalogue.js';
import { type ColumnRule, type Condition, conditionOfDose, kindOf, listOf, type RuleKind } from '../column-rule.js';
import type { FileRole } from '../model.js';
import type { DateFormat } from '../normalize/date.js';
import { codesOfRule, documentCodeOf, valuesOfSet } from '../rules/columns.js';
import { type ConditionTest, compileCondition, compileWhen, type ReadCell } from '../rules/conditions.js';
import type { LayoutField, Spec } from '../spec.js';
import { formatDate, NUMBER, toLine } from '../write.js';
import { Draft, type DraftPart, type Expected } from './draft.js';
import { PLANTED_IN } from './faults.js';
import { FileJudge, onceForFile, type RulesOfSpec, type SingleRule } from './rule-judge.js';

/** A rule of a column, and one of the codes that it is told under. */
export interface PlantedRule {
  readonly role: FileRole;
  readonly column: LayoutField;
  readonly rule: ColumnRule;
  readonly code: IssueCode;
  /** What the spec's document calls it, `null` if it has no name for it. */
  readonly documentCode: string | null;
}

/** All rules of all columns of a spec; those of doses once, as they are of the first. */
export function rulesOfColumns(spec: Spec): readonly PlantedRule[] {
  return new Draft(spec).parts.flatMap(({ role, layout }) =>
    layout.fields.flatMap((column) =>
      ((column.dose ?? 1) === 1 ? (column.rules ?? []) : []).flatMap((rule) =>
        codesOfRule(rule).map((code) => {
          return { role, column, rule, code, documentCode: documentCodeOf(rule, code, spec) };
        }),
      ),
    ),
  );
}

/** Later than any day that samples are judged on. */
const FUTURE = '2190-05-15';

/** A draft with one rule broken, and what is to be found in it; `null` where no value is known to break it. */
export function plantRule(
  planted: PlantedRule,
  spec: Spec,
  rules: RulesOfSpec,
): { readonly draft: Draft; readonly expected: readonly Expected[] } | null {
  const draft = new Draft(spec);
  const part = draft.parts.find(({ role }) => role === planted.role)!;
  const row = new PlantedRow(draft, part, rules);
  if (!row.fulfil(planted.rule, planted.column.dose ?? null)) return null;
  row.repair(planted);
  if (!row.spoil(planted)) return null;
  const expected = row.write();
  return expected.some(({ code }) => code === planted.code) ? { draft, expected } : null;
}

/** A draft in which a record is judged and not loaded; `null` where none is. */
export function plantNotLoaded(
  spec: Spec,
  rules: RulesOfSpec,
): { readonly draft: Draft; readonly expected: readonly Expected[] } | null {
  for (const { role, layout } of new Draft(spec).parts) {
    if (layout.notLoaded === undefined) continue;
    const draft = new Draft(spec);
    const row = new PlantedRow(draft, draft.parts.find((each) => each.role === role)!, rules);
    if (!row.fulfil({ when: layout.notLoaded }, null)) continue;
    row.repair(null);
    return { draft, expected: row.write() };
  }
  return null;
}

/** The row of a file that is spoiled: its cells, and those of columns that are retired. */
class PlantedRow {
  readonly #judge: FileJudge;
  readonly #row: number;
  readonly #retired = new Map<number, string>();
  #condition: ConditionTest | null = null;

  constructor(draft: Draft, part: DraftPart, rules: RulesOfSpec) {
    this.#judge = new FileJudge(draft.spec, part, rules);
    const { role } = this.#judge;
    this.#row = draft.rowOf(role, PLANTED_IN[role]);
  }

  /** Lets one of the conditions of a rule hold; false where that cannot be. */
  fulfil({ when }: Pick<ColumnRule, 'when'>, dose: number | null): boolean {
    const { of, layout } = this.#judge;
    const { conditions = {} } = layout;
    for (const name of listOf(when)) {
      const all = conditions[name]!.map((each) => (dose === null ? each : conditionOfDose(each, dose)));
      for (const condition of all) this.#let(condition);
      this.#condition = compileWhen(name, conditions, dose, of.checked.placeOf)!;
      if (this.#condition(this.#read)) return true;
    }
    return when === undefined;
  }

  /** Changes the row until a condition holds, if it can be. */
  #let(condition: Condition): void {
    const { placeOf } = this.#judge.of.checked;
    const test = compileCondition(condition, placeOf);
    if (test(this.#read)) return;
    const { any, column, is } = condition;
    if (any !== undefined) return this.#let(any[0]!);
    const place = placeOf(column!);
    for (const value of is ?? [...this.#plausible(place), '']) {
      this.#set(place, value);
      if (test(this.#read)) return;
    }
  }

  /** Takes back what else is wrong because of that, as a sender would who follows the specification. */
  repair(planted: PlantedRule | null): void {
    for (let round = 0; round < 3; round++) {
      for (const single of this.#judge.of.rules) {
        if (single.rule === planted?.rule || this.#codesOf(single).length === 0) continue;
        const before = this.#read(single.place);
        const mended = this.#mendings(single).find((value) => {
          this.#set(single.place, value);
          return this.#codesOf(single).length === 0 && this.#condition?.(this.#read) !== false;
        });
        if (mended === undefined) this.#set(single.place, before);
      }
    }
  }

  #mendings({ rule, place }: SingleRule): readonly string[] {
    if (rule.notToSend !== undefined) return [''];
    if (rule.fixed !== undefined) return [rule.fixed];
    return this.#plausible(place);
  }

  /** Breaks the rule under the code, with as little else as can be; false where no value is known to do it. */
  spoil({ rule, column, code }: PlantedRule): boolean {
    const place = this.#judge.of.checked.placeOf(column.name);
    if (rule.unique !== undefined) return this.#repeat();
    const single = this.#judge.of.rules.find((each) => each.place === place && each.rule === rule)!;
    if (rule.needs !== undefined) this.#set(this.#judge.of.checked.placeOf(rule.needs), '');
    if (rule.of !== undefined && this.#read(this.#judge.of.checked.placeOf(rule.of)) === '') {
      const other = this.#judge.of.checked.placeOf(rule.of);
      this.#set(other, this.#plausible(other)[0] ?? '');
    }
    if (this.#spoilValue(single, column, code)) return true;
    if (rule.prefixes === undefined) return false;
    // Another value of the other column may ask for another beginning.
    const other = this.#judge.of.checked.placeOf(rule.of!);
    return this.#spoilCell(other, this.#plausible(other), single, code);
  }

  #spoilValue(single: SingleRule, column: LayoutField, code: IssueCode): boolean {
    const values = SPOILS[kindOf(single.rule)](single.rule, this.#surroundings(column, single.place));
    return this.#spoilCell(single.place, values, single, code);
  }

  /** Writes the value that breaks a rule and as few others as can be; false, and nothing is written, where none does. */
  #spoilCell(place: number, values: readonly string[], single: SingleRule, code: IssueCode): boolean {
    const before = this.#read(place);
    let best: { value: string; findings: number } | null = null;
    for (const value of values) {
      this.#set(place, value);
      if (!this.#codesOf(single).includes(code)) continue;
      const findings = this.#judge.of.rules.reduce((sum, each) => sum + this.#codesOf(each).length, 0);
      if (best === null || findings < best.findings) best = { value, findings };
    }
    this.#set(place, best?.value ?? before);
    return best !== null;
  }

  /** Adds the row once more, at the end of the file. */
  #repeat(): boolean {
    const { cells, layout } = this.#judge.file.rows[this.#row]!;
    this.#judge.file.rows.push({ cells: [...cells], layout, line: null });
    return true;
  }

  #surroundings({ dates }: LayoutField, place: number): Surroundings {
    const { placeOf, spec } = this.#judge.of.checked;
    return {
      value: this.#read(place),
      plausible: this.#plausible(place),
      form: (dates ?? spec.dates.formats)[0]!,
      valueIn: (column) => this.#read(placeOf(column)),
    };
  }

  /** Values that could stand in a column: its own in this row and others, its example, those that its rules name. */
  #plausible(place: number): readonly string[] {
    const column = this.#judge.layout.fields[place];
    if (column === undefined) return [];
    const rules = column.rules ?? [];
    const inSet = rules.flatMap(({ set }) => (set === undefined ? [] : some(valuesOfSet(set, this.#judge.of.checked))));
    const values = [
      this.#read(place),
      ...this.#judge.file.rows
        .filter(({ layout }) => layout.tag === this.#judge.layout.tag)
        .map(({ cells }) => cells[place] ?? ''),
      (column.example ?? '').replaceAll(NUMBER, '1'),
      ...rules.flatMap(({ fixed }) => (fixed === undefined ? [] : [fixed])),
      ...inSet,
      ...Object.values(this.#judge.layout.conditions ?? {}).flatMap((all) => all.flatMap(valuesAsked(column.name))),
      'x',
    ];
    return [...new Set(values.filter((value) => value !== ''))];
  }

  #read: ReadCell = (place) => this.#judge.read(this.#row, this.#retired)(place);

  #set(place: number, value: string): void {
    if (place >= this.#judge.layout.fields.length) this.#retired.set(place, value);
    else if (place >= 0) this.#judge.file.rows[this.#row]!.cells[place] = value;
  }

  #codesOf(single: SingleRule): readonly IssueCode[] {
    return this.#judge.codesOf(single, this.#read);
  }

  /** Puts retired columns into the file, and says all that is to be found in it. */
  write(): readonly Expected[] {
    // Before the lines are written: they have what cells have not.
    const found = this.#judge.judge({ row: this.#row, values: this.#retired });
    return onceForFile([...found, ...this.#writeRetired()]);
  }

  /** Columns that this version has no more, at the end of each record. */
  #writeRetired(): readonly Expected[] {
    const { file, of, role } = this.#judge;
    const { layout, rows } = file;
    if (this.#retired.size === 0 || layout.format !== 'delimited' || file.header === null) return [];
    const places = [...this.#retired.keys()].sort((a, b) => a - b);
    const names = places.map((place) => of.retired[place - layout.fields.length]!);
    file.header = [file.header, ...names].join(layout.delimiter);
    rows.forEach((each, row) => {
      const values = places.map((place) => (row === this.#row ? this.#retired.get(place)! : ''));
      each.line = [toLine(each.cells, layout), ...values].join(layout.delimiter);
    });
    return names.map(() => ({ role, row: null, code: 'column-unknown' }));
  }
}

/** Values of a set that are tried. */
const MOST_TRIED = 60;

/** Some of many values, from all parts of their list. */
function some(values: ReadonlySet<string>): readonly string[] {
  const step = Math.ceil(values.size / MOST_TRIED);
  return [...values].filter((_, index) => index % step === 0);
}

/** The values that a condition asks for in a column. */
function valuesAsked(column: string): (condition: Condition) => readonly string[] {
  return ({ any = [], column: asked, is = [] }) => [
    ...(asked === column ? is : []),
    ...any.flatMap(valuesAsked(column)),
  ];
}

/** What there is around a value that is to be spoiled. */
interface Surroundings {
  readonly value: string;
  /** Values that could stand there. */
  readonly plausible: readonly string[];
  /** How its dates are written. */
  readonly form: DateFormat;
  readonly valueIn: (column: string) => string;
}

/** Values that may break each kind of rule. */
const SPOILS: Readonly<Record<RuleKind, (rule: ColumnRule, around: Surroundings) => readonly string[]>> = {
  required: () => [''],
  notToSend: (_, { plausible }) => plausible,
  fixed: (_, { plausible }) => [...plausible, 'y'],
  pattern: () => ['?', 'x', '0', 'a b', ' x', 'x'.repeat(300)],
  set: () => ['?', 'XX'],
  longest: ({ longest }, { value }) => [value.padEnd(longest! + 1, 'x'), '0'.repeat(longest! + 1)],
  dates: () => ['2011-02-30', 'soon', '05/14/2015', '1/2/2015'],
  needs: (_, { plausible }) => plausible,
  notAfter: ({ notAfter }, { form, valueIn }) => {
    const year = /\d{4}/.exec(valueIn(notAfter!))?.[0] ?? '2015';
    return [`${year}-12-31`, `${Number(year) + 1}-12-30`].map((day) => formatDate(day, form));
  },
  notInFuture: (_, { form }) => [formatDate(FUTURE, form)],
  prefixes: (_, { plausible }) => {
    const numbers = plausible.filter((value) => /^\d/.test(value));
    return [...numbers, ...[...'9876543210'].flatMap((digit) => numbers.map((value) => digit + value.slice(1)))];
  },
  unique: () => [],
};
