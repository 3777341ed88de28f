/**
 * What a spec writes for its columns itself, held against the code tables: the codes that its own values stand for,
 * defaults, examples. They are read as values of a file are.
 */
import type { Codes } from './codes.js';
import { areAskedTogether } from './column-rule.js';
import { fileLayoutsOf } from './file-layouts.js';
import {
  type FieldDefinition,
  type FieldName,
  fieldsOf,
  type IsoDate,
  type RecordRole,
  type ValueKind,
} from './model.js';
import { DATE_FORMATS, type DateFormat } from './normalize/date.js';
import type { Reading } from './normalize/reading.js';
import { readingsOf, resolveVaccine, VACCINE_ORDER, type VaccineField } from './normalize/vaccine.js';
import { type ReadingRules, readDefault, readOwnValue } from './plan.js';
import { valuesOfSet } from './rules/columns.js';
import { caseless } from './rules/conditions.js';
import { fieldOfRole, JOINED_FIELDS, type LayoutField, type Spec } from './spec.js';
import { isObject, type JsonObject, type JsonProblem, pointerTo } from './spec-checker.js';
import { NUMBER } from './write.js';

/** A day that no date of a spec lies behind: what a spec writes means the same every day. */
export const DAY_OF_SPECS = '2100-01-01' as IsoDate;

const KIND_TABLES: Readonly<Partial<Record<ValueKind, string>>> = {
  sex: 'sex',
  race: 'race',
  language: 'language',
  state: 'state',
  county: 'county',
  mvx: 'mvx',
};

const FIELD_TABLES: Readonly<Partial<Record<FieldName, string>>> = { cvx: 'cvx', cpt: 'cpt' };

/** The code table of a field, `null` if its values are no codes of a table. */
export function tableOf(field: FieldName, role: RecordRole): string | null {
  const definition: FieldDefinition = fieldsOf(role)[field]!;
  return definition.table ?? KIND_TABLES[definition.kind] ?? FIELD_TABLES[field] ?? null;
}

/** Whether something was read. A word for "not known" was. */
function isUnderstood({ value, problem }: Reading, field: FieldName, codes: Codes): boolean {
  if (value === null) return problem === null;
  const clue = VACCINE_ORDER.find((each) => each === field);
  return clue === undefined || leadsToVaccine(clue, value, codes);
}

/** Whether a value of one of the fields that can name the vaccine leads to one, on whatever day. */
function leadsToVaccine(field: VaccineField, value: string, codes: Codes): boolean {
  // No table of NDCs comes with immload.
  if (field === 'ndc') return true;
  const none = { ndc: null, cvx: null, cpt: null, vaccine_name: null, vaccine_group: null };
  const resolution = resolveVaccine({ ...none, [field]: value }, { codes, map: null, order: VACCINE_ORDER });
  return readingsOf(resolution).some(({ cvx }) => cvx !== null);
}

/** A column with what a blank of it stands for. */
export interface ColumnDefault {
  readonly column: LayoutField;
  readonly isUnderstood: boolean;
}

/** The columns of a spec whose blanks stand for something. */
export function defaultsOf(spec: Spec, codes: Codes): readonly ColumnDefault[] {
  return fileLayoutsOf(spec).flatMap(({ layout, roles }) =>
    layout.fields.flatMap((column, index): ColumnDefault[] => {
      const reading =
        roles[index] == null ? null : readDefault(column, roles[index], { spec, codes, today: DAY_OF_SPECS });
      if (reading === null) return [];
      return [{ column, isUnderstood: isUnderstood(reading, column.field!, codes) }];
    }),
  );
}

/** A column as JSON has it, and the roles whose fields it may carry. */
interface RawColumn {
  readonly json: JsonObject;
  readonly path: string;
  readonly roles: readonly RecordRole[];
}

/** The columns of all layouts, as far as they are there. */
function columnsIn(layouts: unknown): RawColumn[] {
  if (!isObject(layouts)) return [];
  const { combined, tagged } = layouts;
  const lines = isObject(tagged) ? tagged : {};
  const columnsOf = (layout: unknown, path: string, roles: readonly RecordRole[]): RawColumn[] =>
    isObject(layout) ? columnsOfList(layout['fields'], `${path}/fields`, roles) : [];
  return [
    ...(['patient', 'immunization', 'comment'] as const).flatMap((role) =>
      columnsOf(layouts[role], `/layouts/${role}`, [role]),
    ),
    ...columnsOf(combined, '/layouts/combined', ['patient', 'immunization']),
    ...(['patient', 'immunization'] as const).flatMap((role) =>
      columnsOf(lines[role], `/layouts/tagged/${role}`, [role]),
    ),
  ];
}

function columnsOfList(list: unknown, path: string, roles: readonly RecordRole[]): RawColumn[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((json: unknown, index): RawColumn[] => {
    const at = `${path}/${index}`;
    if (!isObject(json)) return [];
    return json['repeat'] === undefined
      ? [{ json, path: at, roles }]
      : columnsOfList(json['fields'], `${at}/fields`, roles);
  });
}

/**
 * All problems of a spec that show by the code tables, beside those that `checkSpec` finds. It takes what makes sense of
 * a spec that has others.
 */
export function checkSpecCodes(json: unknown, codes: Codes): JsonProblem[] {
  if (!isObject(json)) return [];
  const problems: JsonProblem[] = [];
  const { layouts, nulls, sets } = json;
  const dates = formatsIn(isObject(json['dates']) ? json['dates']['formats'] : null);
  const spec = { nulls: textsIn(nulls), dates: { formats: dates, twoDigitYears: 'latest-past' as const } };
  const rules: ReadingRules = { spec, codes, today: DAY_OF_SPECS };
  for (const column of columnsIn(layouts)) {
    problems.push(...checkColumnCodes(column, rules), ...checkTableSets(column, isObject(sets) ? sets : {}, codes));
  }
  return problems;
}

function checkColumnCodes({ json, path, roles }: RawColumn, rules: ReadingRules): JsonProblem[] {
  const problems: JsonProblem[] = [];
  const name = json['field'];
  const role = roles.find((each) => typeof name === 'string' && fieldOfRole(name, each) !== null);
  if (role === undefined) return [];
  const field = fieldOfRole(name as string, role)!;
  const dates = formatsIn(json['dates']);
  const values = isObject(json['values']) ? json['values'] : {};
  const plain = { name: path, field, use: 'optional' as const, ...(dates.length > 0 && { dates }) };
  // Without a form, no date can be read, and that is told already.
  if (fieldsOf(role)[field]!.kind.startsWith('date') && dates.length + rules.spec.dates.formats.length === 0) return [];
  const own = Object.entries(values).filter((each): each is [string, string] => typeof each[1] === 'string');
  const column = { ...plain, values: Object.fromEntries(own) };
  const table = tableOf(field, role);
  const codesOf = table === null ? '' : ` \`immload codes show ${table}\` lists the codes.`;
  const read = (text: string, by: LayoutField & { readonly field: FieldName }): boolean =>
    isUnderstood(readOwnValue(text, by, role, rules), field, rules.codes);
  // A part of a value, such as an area code, is none yet.
  const isWhole = field === 'race' || !JOINED_FIELDS.includes(field);
  // Comments have the codes that the spec gives them here.
  for (const [from, to] of isWhole && field !== 'comment_code' ? own : []) {
    if (to === '' || read(to, plain)) continue;
    const remedy = `Write what immload understands in ${field}, or "" for no value.${codesOf}`;
    problems.push({ path: pointerTo(`${path}/values`, from), message: 'stands for nothing that is known', remedy });
  }
  for (const part of ['default', 'example'] as const) {
    const text = json[part];
    if (typeof text !== 'string' || text.trim() === '' || (part === 'example' && text.includes(NUMBER))) continue;
    if (!isWhole || read(text, column)) continue;
    const remedy = `Write it as a sender would: one of the column's own values, or what is understood in ${field}.${codesOf}`;
    problems.push({ path: `${path}/${part}`, message: 'not understood in this column', remedy });
  }
  return problems;
}

/** Whether what a column has to be, or is shown with, is in the sets of its rules that are code tables. */
function checkTableSets({ json: column, path }: RawColumn, sets: JsonObject, codes: Codes): JsonProblem[] {
  const rules = (Array.isArray(column['rules']) ? column['rules'] : []).filter(isObject);
  const problems: JsonProblem[] = [];
  for (const [index, rule] of rules.entries()) {
    const name = rule['set'];
    const set = typeof name === 'string' && Object.hasOwn(sets, name) ? sets[name] : null;
    if (!isObject(set) || !codes.tables.some(({ id }) => id === set['table'])) continue;
    const allowed = valuesOfSet(name as string, { spec: { sets: sets as Spec['sets'] } as Spec, codes });
    const at = `${path}/rules/${index}/set`;
    const lacks = (value: unknown): boolean => typeof value === 'string' && !allowed.has(caseless(value.trim()));
    const fixed = rules.find((each) => lacks(each['fixed']) && areAskedTogether(each, rule));
    const remedy = `Change one of the two. \`immload codes show ${String(set['table'])}\` lists the values.`;
    if (fixed !== undefined) problems.push({ path: at, message: 'does not have the value that is fixed', remedy });
    const { example } = column;
    if (rule['when'] === undefined && lacks(example) && !(example as string).includes(NUMBER)) {
      problems.push({ path: `${path}/example`, message: `breaks rule ${index} of its column`, remedy });
    }
  }
  return problems;
}

function formatsIn(value: unknown): readonly DateFormat[] {
  return textsIn(value).filter((each): each is DateFormat => (DATE_FORMATS as readonly string[]).includes(each));
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
