/** Faults against the rules of columns: a sample for each rule, made of what the rule itself says. */
import { CATALOGUE, type IssueCode } from '../catalogue.js';
import type { Codes } from '../codes.js';
import { type ColumnRule, type Condition, conditionOfDose, kindOf, listOf, type RuleKind } from '../column-rule.js';
import type { FieldName, FileRole, IsoDate, Role } from '../model.js';
import type { DateFormat } from '../normalize/date.js';
import { type CheckedLayout, ColumnRules, codesOfRule, documentCodeOf, valuesOfSet } from '../rules/columns.js';
import { type ConditionTest, caseless, compileCondition, compileWhen, type ReadCell } from '../rules/conditions.js';
import { LINK_RULES } from '../rules/immunization.js';
import { SeenValues } from '../rules/unique.js';
import { columnKey, isCombined, type LayoutField, type Spec, severityOf } from '../spec.js';
import { exampleOf, formatDate, toLine } from '../write.js';
import { Draft, type DraftFile, type Expected } from './draft.js';
import { PLANTED_IN } from './faults.js';

/** A rule of a column, and one of the codes that it is told under. */
export interface PlantedRule {
  readonly role: FileRole;
  readonly column: LayoutField;
  readonly rule: ColumnRule;
  readonly code: IssueCode;
  /** What the spec's document calls it, `null` if it has no name for it. */
  readonly documentCode: string | null;
}

/** All rules of all columns of a spec. */
export function rulesOfColumns(spec: Spec): readonly PlantedRule[] {
  return new Draft(spec).files.flatMap(({ role, layout }) =>
    layout.fields.flatMap((column) =>
      (column.rules ?? []).flatMap((rule) =>
        codesOfRule(rule).map((code) => {
          return { role, column, rule, code, documentCode: documentCodeOf(rule, code, spec) };
        }),
      ),
    ),
  );
}

/** Later than any day that samples are judged on. */
const FUTURE = '2190-05-15';
/** The samples are the same every day: none of their dates lies between the past and the future. */
const TODAY = '2100-01-01' as IsoDate;

/** A draft with one rule broken, and what is to be found in it; `null` where no value is known to break it. */
export function plantRule(
  planted: PlantedRule,
  spec: Spec,
  codes: Codes,
): { readonly draft: Draft; readonly expected: readonly Expected[] } | null {
  const draft = new Draft(spec);
  const file = draft.files.find(({ role }) => role === planted.role)!;
  const row = new PlantedRow(draft, file, codes);
  if (!row.fulfil(planted.rule, planted.column.dose ?? null)) return null;
  row.repair(planted);
  if (!row.spoil(planted)) return null;
  const expected = row.write();
  return expected.some(({ code }) => code === planted.code) ? { draft, expected } : null;
}

/** A draft in which a record is judged and not loaded; `null` where none is. */
export function plantNotLoaded(
  spec: Spec,
  codes: Codes,
): { readonly draft: Draft; readonly expected: readonly Expected[] } | null {
  for (const { role, layout } of new Draft(spec).files) {
    if (layout.notLoaded === undefined) continue;
    const draft = new Draft(spec);
    const row = new PlantedRow(draft, draft.files.find((each) => each.role === role)!, codes);
    if (!row.fulfil({ when: layout.notLoaded }, null)) continue;
    row.repair(null);
    return { draft, expected: row.write() };
  }
  return null;
}

/** A rule of a column, by itself. */
interface SingleRule {
  readonly place: number;
  readonly column: LayoutField;
  readonly rule: ColumnRule;
  readonly rules: ColumnRules;
}

/** What the rules of columns say of the rows of a file. */
class FileJudge {
  readonly file: DraftFile;
  readonly role: Role;
  readonly checked: CheckedLayout;
  readonly rules: readonly SingleRule[];
  /** Columns of earlier versions; their places come after those of the layout. */
  readonly retired: readonly string[];
  readonly #notLoaded: ConditionTest | null;
  readonly #spec: Spec;

  constructor(spec: Spec, file: DraftFile, codes: Codes) {
    const { layout, role } = file;
    this.file = file;
    this.role = role === 'immunization' ? 'immunization' : 'patient';
    this.retired = layout.format === 'delimited' ? (layout.retired ?? []) : [];
    const names = [...layout.fields.map(({ name }) => name), ...this.retired].map(columnKey);
    const placeOf = (column: string): number => names.indexOf(columnKey(column));
    this.checked = { spec, layout, codes, today: TODAY, placeOf };
    this.rules = layout.fields.flatMap((column, place) =>
      (column.rules ?? []).map((rule) => {
        const alone = { column: { ...column, rules: [rule] }, field: column.field };
        return { place, column, rule, rules: new ColumnRules([alone], this.checked) };
      }),
    );
    this.#notLoaded = compileWhen(layout.notLoaded, layout.conditions ?? {}, null, placeOf);
    this.#spec = spec;
  }

  /** Reads a row as the rules see it. */
  read(row: number, retired: ReadonlyMap<number, string> = new Map()): ReadCell {
    const { cells } = this.file.rows[row]!;
    const { blanks } = this.file.layout as { readonly blanks?: string };
    return (place) => {
      const value = retired.get(place) ?? cells[place] ?? '';
      const written = blanks === 'kept' ? value : value.trim();
      return this.#spec.nulls.some((each) => caseless(each) === caseless(written)) ? '' : written;
    };
  }

  /** All that is to be found in the file, row by row. `retired` are the values of one of the rows. */
  judge(retired: { readonly row: number; readonly values: ReadonlyMap<number, string> } | null): RuleVerdict[] {
    const seen = new Map<string, SeenValues>();
    return this.file.rows.flatMap(({ line }, row): RuleVerdict[] => {
      // What no cells can say is told by its shape.
      if (line !== null) return [];
      const read = this.read(row, retired?.row === row ? retired.values : new Map());
      const isLoaded = this.#notLoaded?.(read) !== true;
      const found = this.rules.flatMap(({ rules, place, column: { field } }) => {
        const ofPatient = this.#spec.layouts.patient.fields[place]?.field != null;
        const repeated = rules.uniqueValues(read).filter(({ column, fingerprint }) => {
          if (!seen.has(column)) seen.set(column, new SeenValues());
          return seen.get(column)!.add(fingerprint, row + 1) !== 0;
        });
        const codes = [
          ...rules.judge(read).map(({ code }) => code),
          ...repeated.map((): IssueCode => 'value-repeated'),
        ];
        return codes.map((code) => ({ role: this.role, row, code, field, ofPatient, isLoaded }));
      });
      const isKeptOut = found.some(({ code }) => severityOf(code, this.#spec) === 'error');
      if (isLoaded || isKeptOut) return found;
      return [
        ...found,
        { role: this.role, row: null, code: 'records-not-loaded', field: null, ofPatient: false, isLoaded },
      ];
    });
  }
}

/** What a rule of a column says of a row, and the field of that column. */
interface RuleVerdict extends Expected {
  readonly field: FieldName | null;
  readonly ofPatient: boolean;
  /** Whether the row's own values are judged, too. */
  readonly isLoaded: boolean;
}

/** As a verdict on the file as a whole is told once. */
function onceForFile(verdicts: readonly Expected[]): readonly Expected[] {
  return verdicts.filter(({ row, code }, index) => {
    return row !== null || verdicts.findIndex((each) => each.row === null && each.code === code) === index;
  });
}

/**
 * What is to be found in a draft that was spoiled without a thought of the rules of columns: these come first, and
 * silence what says the same of a field once more.
 */
export function withRules(draft: Draft, expected: readonly Expected[], codes: Codes): readonly Expected[] {
  const judges = draft.files.map((file) => new FileJudge(draft.spec, file, codes));
  const told = judges.flatMap((judge) => judge.judge(null));
  if (told.length === 0) return expected;
  const weightOf = (code: IssueCode): number => WEIGHTS.indexOf(severityOf(code, draft.spec));
  const isInFile = ({ role, row }: Expected, other: Expected): boolean =>
    row === other.row && draft.file(role) === draft.file(other.role);
  const untold = expected.filter((own) => {
    const ofRow = told.filter((each) => isInFile(each, own));
    const field = own.field ?? CATALOGUE[own.code].field;
    if (own.row === null) return true;
    return ofRow.every((each) => {
      const silences = each.field === field && field !== null && weightOf(each.code) >= weightOf(own.code);
      // A dose is not compared with a patient who is kept out with it.
      const unlinks = each.ofPatient && severityOf(each.code, draft.spec) === 'error' && LINKED.includes(own.code);
      return each.isLoaded && !silences && !(unlinks && isCombined(draft.spec));
    });
  });
  return onceForFile([...untold, ...told]);
}

/** Codes of a dose together with its patient. */
const LINKED: readonly IssueCode[] = LINK_RULES.map(({ code }) => code);

const WEIGHTS: readonly string[] = ['off', 'info', 'warning', 'error'];

/** The row of a file that is spoiled: its cells, and those of columns that are retired. */
class PlantedRow {
  readonly #judge: FileJudge;
  readonly #row: number;
  readonly #retired = new Map<number, string>();
  #condition: ConditionTest | null = null;

  constructor(draft: Draft, file: DraftFile, codes: Codes) {
    this.#judge = new FileJudge(draft.spec, file, codes);
    const { role } = this.#judge;
    this.#row = draft.rowOf(role, PLANTED_IN[role]);
  }

  /** Lets one of the conditions of a rule hold; false where that cannot be. */
  fulfil({ when }: Pick<ColumnRule, 'when'>, dose: number | null): boolean {
    const { checked, file } = this.#judge;
    const { conditions = {} } = file.layout;
    for (const name of listOf(when)) {
      const all = conditions[name]!.map((each) => (dose === null ? each : conditionOfDose(each, dose)));
      for (const condition of all) this.#let(condition);
      this.#condition = compileWhen(name, conditions, dose, checked.placeOf)!;
      if (this.#condition(this.#read)) return true;
    }
    return when === undefined;
  }

  /** Changes the row until a condition holds, if it can be. */
  #let(condition: Condition): void {
    const { placeOf } = this.#judge.checked;
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
      for (const single of this.#judge.rules) {
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
    const place = this.#judge.checked.placeOf(column.name);
    if (rule.unique !== undefined) return this.#repeat();
    const single = this.#judge.rules.find((each) => each.place === place && each.rule === rule)!;
    if (rule.needs !== undefined) this.#set(this.#judge.checked.placeOf(rule.needs), '');
    if (rule.of !== undefined && this.#read(this.#judge.checked.placeOf(rule.of)) === '') {
      const other = this.#judge.checked.placeOf(rule.of);
      this.#set(other, this.#plausible(other)[0] ?? '');
    }
    let best: { value: string; findings: number } | null = null;
    for (const value of SPOILS[kindOf(rule)](rule, this.#surroundings(column, place))) {
      this.#set(place, value);
      if (!this.#codesOf(single).includes(code)) continue;
      const findings = this.#judge.rules.reduce((sum, each) => sum + this.#codesOf(each).length, 0);
      if (best === null || findings < best.findings) best = { value, findings };
    }
    if (best !== null) this.#set(place, best.value);
    return best !== null;
  }

  /** Adds the row once more, at the end of the file. */
  #repeat(): boolean {
    const { cells } = this.#judge.file.rows[this.#row]!;
    this.#judge.file.rows.push({ cells: [...cells], line: null });
    return true;
  }

  #surroundings({ dates }: LayoutField, place: number): Surroundings {
    const { placeOf, spec } = this.#judge.checked;
    return {
      value: this.#read(place),
      plausible: this.#plausible(place),
      form: (dates ?? spec.dates.formats)[0]!,
      valueIn: (column) => this.#read(placeOf(column)),
    };
  }

  /** Values that could stand in a column: its own in this row and others, its example, those that its rules name. */
  #plausible(place: number): readonly string[] {
    const column = this.#judge.file.layout.fields[place];
    if (column === undefined) return [];
    const rules = column.rules ?? [];
    const inSet = rules.flatMap(({ set }) => (set === undefined ? [] : [...valuesOfSet(set, this.#judge.checked)]));
    const values = [
      this.#read(place),
      ...this.#judge.file.rows.map(({ cells }) => cells[place] ?? ''),
      exampleOf(column) ?? column.example ?? '',
      ...rules.flatMap(({ fixed }) => (fixed === undefined ? [] : [fixed])),
      ...inSet,
      'x',
    ];
    return [...new Set(values.filter((value) => value !== ''))];
  }

  #read: ReadCell = (place) => this.#judge.read(this.#row, this.#retired)(place);

  #set(place: number, value: string): void {
    if (place >= this.#judge.file.layout.fields.length) this.#retired.set(place, value);
    else if (place >= 0) this.#judge.file.rows[this.#row]!.cells[place] = value;
  }

  #codesOf({ rules }: SingleRule): readonly IssueCode[] {
    return rules.judge(this.#read).map(({ code }) => code);
  }

  /** Puts retired columns into the file, and says all that is to be found in it. */
  write(): readonly Expected[] {
    // Before the lines are written: they have what cells have not.
    const found = this.#judge.judge({ row: this.#row, values: this.#retired });
    return onceForFile([...found, ...this.#writeRetired()]);
  }

  /** Columns that this version has no more, at the end of each record. */
  #writeRetired(): readonly Expected[] {
    const { file, retired, role } = this.#judge;
    const { layout, rows } = file;
    if (this.#retired.size === 0 || layout.format !== 'delimited' || file.header === null) return [];
    const places = [...this.#retired.keys()].sort((a, b) => a - b);
    const names = places.map((place) => retired[place - layout.fields.length]!);
    file.header = [file.header, ...names].join(layout.delimiter);
    rows.forEach((each, row) => {
      const values = places.map((place) => (row === this.#row ? this.#retired.get(place)! : ''));
      each.line = [toLine(each.cells, layout), ...values].join(layout.delimiter);
    });
    return names.map(() => ({ role, row: null, code: 'column-unknown' }));
  }
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
