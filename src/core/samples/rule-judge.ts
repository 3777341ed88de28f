/** What the rules of columns say of the files of a sample, and so what is to be found there. */
import { CATALOGUE, type IssueCode } from '../catalogue.js';
import type { Codes } from '../codes.js';
import type { ColumnRule } from '../column-rule.js';
import { fileLayoutsOf } from '../file-layouts.js';
import type { FieldName, FileRole, IsoDate, RecordRole } from '../model.js';
import { type CheckedLayout, ColumnRules } from '../rules/columns.js';
import { type ConditionTest, caseless, compileWhen, type ReadCell } from '../rules/conditions.js';
import { LINK_RULES } from '../rules/immunization.js';
import { SeenValues } from '../rules/unique.js';
import { columnKey, isCombined, type Layout, type LayoutField, type Spec, severityOf } from '../spec.js';
import type { Draft, DraftFile, DraftPart, Expected } from './draft.js';

/** The samples are the same every day: none of their dates lies between the past and the future. */
const TODAY = '2100-01-01' as IsoDate;

/** A rule of a column, by itself. */
export interface SingleRule {
  readonly place: number;
  readonly column: LayoutField;
  readonly rule: ColumnRule;
  readonly rules: ColumnRules;
}

/** The rules of a kind of file, made ready once for all of its samples. */
export interface RulesOfFile {
  readonly checked: CheckedLayout;
  readonly rules: readonly SingleRule[];
  /** Columns of earlier versions; their places come after those of the layout. */
  readonly retired: readonly string[];
  readonly notLoaded: ConditionTest | null;
}

/** The rules of all files of a spec. */
export type RulesOfSpec = ReadonlyMap<FileRole, RulesOfFile>;

export function compileRulesOfSpec(spec: Spec, codes: Codes): RulesOfSpec {
  return new Map(fileLayoutsOf(spec).map(({ role, layout }) => [role, compileRulesOfFile(spec, layout, codes)]));
}

function compileRulesOfFile(spec: Spec, layout: Layout, codes: Codes): RulesOfFile {
  const retired = layout.format === 'delimited' ? (layout.retired ?? []) : [];
  const places = new Map(
    [...layout.fields.map(({ name }) => name), ...retired].map((name, place) => [columnKey(name), place]),
  );
  const placeOf = (column: string): number => places.get(columnKey(column)) ?? -1;
  const checked = { spec, layout, codes, today: TODAY, placeOf };
  const rules = layout.fields.flatMap((column, place) =>
    (column.rules ?? []).map((rule) => {
      const alone = { column: { ...column, rules: [rule] }, field: column.field };
      return { place, column, rule, rules: new ColumnRules([alone], checked) };
    }),
  );
  return { checked, rules, retired, notLoaded: compileWhen(layout.notLoaded, layout.conditions ?? {}, null, placeOf) };
}

/** What a rule of a column says of a row, and the field of that column. */
interface RuleVerdict extends Expected {
  /** `null` where it is about the file as a whole. */
  readonly column: string | null;
  readonly field: FieldName | null;
  readonly ofPatient: boolean;
  /** Whether the row's own values are judged, too. */
  readonly isLoaded: boolean;
}

/** What the rules of columns say of the rows of a file. */
export class FileJudge {
  readonly file: DraftFile;
  readonly role: RecordRole;
  readonly layout: Layout;
  readonly of: RulesOfFile;
  readonly #spec: Spec;

  constructor(spec: Spec, { file, role, layout }: DraftPart, rules: RulesOfSpec) {
    this.file = file;
    this.layout = layout;
    this.role = role === 'combined' ? 'patient' : role;
    this.of = rules.get(role)!;
    this.#spec = spec;
  }

  /** Reads a row as the rules see it. */
  read(row: number, retired: ReadonlyMap<number, string> = new Map()): ReadCell {
    const { cells } = this.file.rows[row]!;
    const { blanks } = this.layout as { readonly blanks?: string };
    return (place) => {
      const value = retired.get(place) ?? cells[place] ?? '';
      const written = blanks === 'kept' ? value : value.trim();
      return this.#spec.nulls.some((each) => caseless(each) === caseless(written)) ? '' : written;
    };
  }

  /** All that is to be found in the file, row by row. `retired` are the values of one of the rows. */
  judge(retired: { readonly row: number; readonly values: ReadonlyMap<number, string> } | null): RuleVerdict[] {
    const seen = new Map<SingleRule, SeenValues>();
    return this.file.rows.flatMap(({ line, layout }, row): RuleVerdict[] => {
      // What no cells can say is told by its shape, and lines of the other role by its own rules.
      if (line !== null || layout.tag !== this.layout.tag) return [];
      const read = this.read(row, retired?.row === row ? retired.values : new Map());
      const isLoaded = this.of.notLoaded?.(read) !== true;
      // What is wrong with a dose is told when the record was left out already.
      let isKeptOut = false;
      const repeated = new Set<string>();
      const found = this.of.rules.flatMap((each) =>
        this.#codesOfRow(each, read, row, seen, repeated).map((code) => {
          const ofPatient = this.#spec.layouts.patient.fields[each.place]?.field != null;
          if (each.column.dose === undefined && severityOf(code, this.#spec) === 'error') isKeptOut = true;
          return {
            role: this.role,
            row,
            code,
            column: each.column.name,
            field: each.column.field,
            ofPatient,
            isLoaded,
          };
        }),
      );
      if (isLoaded || isKeptOut) return found;
      const ofFile = { row: null, code: 'records-not-loaded', column: null, field: null, ofPatient: false } as const;
      return [...found, { role: this.role, ...ofFile, isLoaded }];
    });
  }

  /** The codes that a rule is told under for a record. */
  codesOf({ rules, column }: SingleRule, read: ReadCell): IssueCode[] {
    if (column.dose !== undefined && this.#isBlankDose(column.dose, read)) return [];
    return rules.judge(read).map(({ code }) => code);
  }

  /** `repeated` are the columns of the row of which it was told already, with the name under which it was. */
  #codesOfRow(
    single: SingleRule,
    read: ReadCell,
    row: number,
    seen: Map<SingleRule, SeenValues>,
    repeated: Set<string>,
  ): IssueCode[] {
    const codes = this.codesOf(single, read);
    for (const { column, documentCode, fingerprint } of single.rules.uniqueValues(read)) {
      if (!seen.has(single)) seen.set(single, new SeenValues());
      const told = JSON.stringify([column, documentCode]);
      if (seen.get(single)!.add(fingerprint, row + 1) === 0 || repeated.has(told)) continue;
      repeated.add(told);
      codes.push('value-repeated');
    }
    return codes;
  }

  /** Whether a record says nothing of one of its doses: then there is none. */
  #isBlankDose(dose: number, read: ReadCell): boolean {
    const { fields } = this.layout;
    return fields.every((column, place) => {
      return column.dose !== dose || column.field === null || read(place).trim() === '';
    });
  }
}

/** The columns whose rules a draft breaks. */
export function unfitColumns(draft: Draft, rules: RulesOfSpec): readonly string[] {
  const verdicts = draft.parts.flatMap((part) => new FileJudge(draft.spec, part, rules).judge(null));
  return [...new Set(verdicts.flatMap(({ column }) => (column === null ? [] : [column])))];
}

/** What is told of a file as a whole is told once. */
export function onceForFile(verdicts: readonly Expected[]): readonly Expected[] {
  return verdicts.filter(({ row, code }, index) => {
    return row !== null || verdicts.findIndex((each) => each.row === null && each.code === code) === index;
  });
}

/**
 * What is to be found in a draft that was spoiled without a thought of the rules of columns: these come first, and
 * silence what says the same of a field once more.
 */
export function withRules(draft: Draft, expected: readonly Expected[], rules: RulesOfSpec): readonly Expected[] {
  const judges = draft.parts.map((part) => new FileJudge(draft.spec, part, rules));
  const told = judges.flatMap((judge) => judge.judge(null));
  if (told.length === 0) return expected;
  const weightOf = (code: IssueCode): number => WEIGHTS.indexOf(severityOf(code, draft.spec));
  const isInFile = ({ role, row }: Expected, other: Expected): boolean =>
    row === other.row && draft.file(role) === draft.file(other.role);
  // Records that are kept out are compared with no others.
  const isKeptOut = (own: Expected): boolean =>
    told.some((each) => isInFile(each, own) && severityOf(each.code, draft.spec) === 'error');
  if (expected.some((own) => COMPARED.includes(own.code) && isKeptOut(own))) return onceForFile(told);
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

/** Codes of a patient together with others. */
const COMPARED: readonly IssueCode[] = ['patient-id-conflict', 'patient-id-repeated', 'match-in-doubt'];

/** Codes of a dose together with its patient. */
const LINKED: readonly IssueCode[] = LINK_RULES.map(({ code }) => code);

const WEIGHTS: readonly string[] = ['off', 'info', 'warning', 'error'];
