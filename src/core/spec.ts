/**
 * A Flat File Specification as data: its layouts, its dates, its severities; and the check that a spec makes sense.
 */
import { CATALOGUE, type IssueCode } from './catalogue.js';
import { type ColumnRule, type Condition, type PrefixTable, ruleOfDose, type ValueSet } from './column-rule.js';
import { checkFraming, type Framing } from './framing.js';
import { type FieldName, type FileRole, fieldsOf, type RecordRole, type Role, type Severity } from './model.js';
import type { DateFormat } from './normalize/date.js';
import { isLongerThan } from './normalize/text.js';
import { VACCINE_ORDER, type VaccineField } from './normalize/vaccine.js';
import { Checker, guess, isObject, type JsonObject, type JsonProblem, pointerTo, type Report } from './spec-checker.js';
import { checkConditions, checkPrefixes, checkRules, checkSets, type RuleNames } from './spec-rules.js';
import { checkColumnValues, valueListsIn } from './spec-values.js';
import { namesOf, SPEC_PROPERTIES, SPEC_VALUES } from './spec-words.js';
import { checkTagged, type LineTags, type TaggedLayout, viewOf } from './tagged.js';
import { NUMBER } from './write.js';

/** How much a field is asked for. A preferred field may be blank; its share of filled records is reported. */
export type FieldUse = 'required' | 'preferred' | 'optional';

/** One column of a layout. */
export interface LayoutField {
  /** As the specification calls it; matched with the header, where case, blanks and underscores don't matter. */
  readonly name: string;
  /** What it carries; `null` for a column that is not loaded. */
  readonly field: FieldName | null;
  /** Characters (delimited), or what the {@link WidthUnit} of a fixed layout says. */
  readonly width?: number;
  /** Other names that headers use. */
  readonly aliases?: readonly string[];
  readonly use: FieldUse;
  /** For dates, when they differ from the spec's own. */
  readonly dates?: readonly DateFormat[];
  /** Values of this layout that stand for others, before anything else is done: `{"H": "2135-2"}`. `""` means none. */
  readonly values?: Readonly<Record<string, string>>;
  /** What a blank stands for, as a sender would write it: it is read as any other value of the column is. */
  readonly default?: string;
  /** False for a field that is used to tell patients apart and not stored. */
  readonly store?: boolean;
  readonly note?: string;
  /** A value as a sender would write it, for samples and documents. */
  readonly example?: string;
  /** What is asked of its values as they are written. */
  readonly rules?: readonly ColumnRule[];
  /** Which of several doses in one record it belongs to, from 1. Made from a repeated group. */
  readonly dose?: number;
}

interface LayoutBase extends Framing {
  readonly fields: readonly LayoutField[];
  /** By name: each holds where all that it lists holds. The rules of columns name them. */
  readonly conditions?: Readonly<Record<string, readonly Condition[]>>;
  /** The conditions under which a record is judged by the rules of its columns, and not loaded. One is enough. */
  readonly notLoaded?: string | readonly string[];
  /** Of lines that have a file in common with those of the other role: their own tag, and all tags. Made of a tagged layout. */
  readonly tag?: string;
  readonly lines?: LineTags;
}

/** Records of fields that a delimiter separates. */
export interface DelimitedLayout extends LayoutBase {
  readonly format: 'delimited';
  /** One ASCII character. */
  readonly delimiter: string;
  /** One ASCII character, or `null` when quotes have no meaning. */
  readonly quote: string | null;
  /**
   * One ASCII character before quotes, delimiters and line ends that belong to a value, and before itself. Left out where
   * a quote in quotes is doubled; it may be so in any case.
   */
  readonly escape?: string;
  /** Whether the first record names the columns. Without a header, columns stand in the order of the spec. */
  readonly header: 'required' | 'optional' | 'absent';
  /** How many lines may stand above the header; {@link titleRowsOf} has the default. */
  readonly titleRows?: number;
  /** What blanks around a value, or in its place, are for the rules of columns. Ignored unless it says otherwise. */
  readonly blanks?: 'ignored' | 'kept';
  /** Columns of earlier versions, that conditions may ask about where a header still names them. */
  readonly retired?: readonly string[];
}

/** Records of fields that each have their width. */
export interface FixedLayout extends LayoutBase {
  readonly format: 'fixed';
  /** What the widths count; {@link unitOf} has the default. */
  readonly widths?: WidthUnit;
}

/**
 * What the widths of a fixed layout count. `auto`: bytes, and characters in a record that has as many of them as the
 * layout is wide.
 */
export type WidthUnit = 'auto' | 'bytes' | 'characters';

/** What the widths of a layout count. */
export function unitOf(layout: FixedLayout): WidthUnit {
  return layout.widths ?? 'auto';
}

/** How wide the records of fixed-width columns are, in what their layout counts. */
export function widthOf(fields: readonly Pick<LayoutField, 'width'>[]): number {
  return fields.reduce((sum, { width = 0 }) => sum + width, 0);
}

/** What a sender is told to count. */
export function countedIn(layout: FixedLayout): 'bytes' | 'characters' {
  return unitOf(layout) === 'characters' ? 'characters' : 'bytes';
}

export type Layout = DelimitedLayout | FixedLayout;

/** How sure the spec is of itself. */
export type ProvenanceStatus = 'official' | 'public-code' | 'inferred';

export interface Spec {
  readonly id: string;
  readonly version: string;
  readonly title: string;
  readonly provenance: {
    readonly status: ProvenanceStatus;
    readonly source: string;
    readonly notes: readonly string[];
  };
  readonly dates: {
    /** In order of preference. */
    readonly formats: readonly DateFormat[];
    /** A year of two digits is the latest one that is not in the future, or the value is not a date. */
    readonly twoDigitYears: 'latest-past' | 'reject';
  };
  /** Values that stand for "no value" in every field. */
  readonly nulls: readonly string[];
  /** The fields that can name the vaccine: the first that leads to one decides. All of them, once the spec is complete. */
  readonly vaccineOrder: readonly VaccineField[];
  /**
   * The columns of both kinds of file. Where one file has both, these are two views of the same columns: a column that
   * carries nothing of the role has `field` null in its view.
   */
  readonly layouts: Readonly<Record<Role, Layout>> & {
    /** The layout of files whose records have a patient and doses, as it was written; the views are made of it. */
    readonly combined?: unknown;
    /** The layout of files whose lines are patients and doses, as it was written; the layouts are made of it. */
    readonly tagged?: TaggedLayout;
    /** The columns of files with comments on patients, where senders have such. */
    readonly comment?: Layout;
  };
  /** Where this format differs from the catalogue. */
  readonly severities: Readonly<Partial<Record<IssueCode, Severity | 'off'>>>;
  /** Lists of values by their names, for the rules of columns. */
  readonly sets: Readonly<Record<string, ValueSet>>;
  /** Beginnings of values by the value of another column, by their names, for the rules of columns. */
  readonly prefixes: Readonly<Record<string, PrefixTable>>;
  /** What the document that the spec was made from calls a breach. Rules of columns may have codes of their own. */
  readonly codes: Readonly<Partial<Record<IssueCode, string>>>;
}

/** The canonical fields that a layout cannot do without. */
export const KEY_FIELDS: Readonly<Record<RecordRole, readonly FieldName[]>> = {
  patient: ['source_patient_id', 'last_name', 'birth_date'],
  immunization: ['source_patient_id', 'administered_on'],
  comment: ['source_patient_id', 'comment_code'],
};

/** The date that tells what a record is. */
export const KEY_DATES: Readonly<Record<RecordRole, FieldName>> = {
  patient: 'birth_date',
  immunization: 'administered_on',
  comment: 'applies_on',
};

/** The fields that can name the vaccine: a layout of doses has at least one. */
export const VACCINE_FIELDS: readonly FieldName[] = VACCINE_ORDER;

/** Columns that immload adds to a reject file, and that are not data when that file is loaded. */
export const REJECT_COLUMNS = ['immload_codes', 'immload_fix', 'immload_origin'] as const;

/** Begins the value of `immload_origin`, so that a reject file without a header is known too. */
export const ORIGIN_PREFIX = 'immload:';

/** How many of a record's fields are its own: those that immload added when it was rejected do not count. */
export function countOwnFields(count: number, last: string): number {
  return count > REJECT_COLUMNS.length && last.startsWith(ORIGIN_PREFIX) ? count - REJECT_COLUMNS.length : count;
}

/** The form in which column names are compared. */
export function columnKey(name: string): string {
  return name
    .toLowerCase()
    .replace(/[\s_\-’'".]+/g, '')
    .trim();
}

/** Codes of records that cannot be stored or linked at all: no spec can let them in. */
export const ALWAYS_ERRORS: readonly IssueCode[] = [
  'field-count-wrong',
  'row-width-wrong',
  'quote-not-closed',
  'quote-misplaced',
  'site-missing',
  'patient-id-missing',
  'patient-id-conflict',
  'dose-patient-id-missing',
  'patient-not-found',
  'refused-by-database',
  'line-tag-unknown',
  'patient-line-missing',
  'patient-line-disagrees',
  'patient-rejected',
  'vaccine-missing',
  'vaccine-unresolved',
  'dose-date-missing',
  'dose-date-invalid',
  'dose-date-ambiguous',
  'dose-date-partial',
  'dose-date-day-first',
  'dose-date-serial',
  'comment-patient-id-missing',
  'comment-patient-not-found',
  'comment-patient-rejected',
  'comment-code-missing',
];

/** The severity of a code under a spec; `off` when it is not to be reported. */
export function severityOf(code: IssueCode, spec: Pick<Spec, 'severities'>): Severity | 'off' {
  return spec.severities[code] ?? CATALOGUE[code].severity;
}

/** Columns that stand once for each of several doses in a record. `{n}` in their names is the number of the dose. */
export interface RepeatedGroup {
  readonly repeat: number;
  readonly fields: readonly LayoutField[];
}

/** A layout as JSON has it. */
type RawLayout = Omit<DelimitedLayout | FixedLayout, 'fields'> & {
  readonly fields: readonly (LayoutField | RepeatedGroup)[];
};

/** Whether each record of a spec's files has a patient and doses of that patient. */
export function isCombined(spec: Pick<Spec, 'layouts'>): boolean {
  return spec.layouts.combined !== undefined;
}

/** Whether each line of a spec's files is a patient or a dose of the patient above it. */
export function isTagged(spec: Pick<Spec, 'layouts'>): boolean {
  return spec.layouts.tagged !== undefined;
}

/** Whether one file has patients and doses. */
export function comeInOneFile(spec: Pick<Spec, 'layouts'>): boolean {
  return isCombined(spec) || isTagged(spec);
}

/** The columns in which records of a role stand. @throws Error when the spec has no such records */
export function layoutOf({ layouts }: Pick<Spec, 'layouts'>, role: RecordRole): Layout {
  const layout = layouts[role];
  if (layout === undefined) throw new Error(`the spec has no layout for ${role}`);
  return layout;
}

/** A spec of JSON that {@link checkSpec} has no problem with, its optional parts filled in. */
export function completeSpec(json: unknown): Spec {
  // The schema is for editors, and lies beside the file it stands in.
  const { $schema: _, ...spec } = json as Spec & {
    readonly $schema?: unknown;
    readonly layouts: Partial<Record<FileRole, RawLayout>> & { readonly tagged?: TaggedLayout };
  };
  const { combined, tagged, comment } = spec.layouts;
  const raw = (role: Role): RawLayout =>
    (tagged === undefined ? spec.layouts[role] : viewOf(tagged, role)) as RawLayout;
  return {
    ...spec,
    nulls: spec.nulls ?? [],
    vaccineOrder: [...new Set([...(spec.vaccineOrder ?? []), ...VACCINE_ORDER])],
    severities: spec.severities ?? {},
    sets: spec.sets ?? {},
    prefixes: spec.prefixes ?? {},
    codes: spec.codes ?? {},
    layouts: {
      ...(combined !== undefined && { combined }),
      ...(tagged !== undefined && { tagged }),
      patient: completeLayout(combined ?? raw('patient'), 'patient', combined !== undefined),
      immunization: completeLayout(combined ?? raw('immunization'), 'immunization', combined !== undefined),
      ...(comment !== undefined && { comment: completeLayout(comment, 'comment', false) }),
    },
  };
}

function completeLayout(layout: RawLayout, role: RecordRole, hasBoth: boolean): Layout {
  const fields = expandFields(layout.fields).map((field) => ({
    ...field,
    field: hasBoth ? fieldOfRole(field.field, role) : field.field,
    use: field.use ?? 'optional',
  }));
  return { ...layout, fields } as Layout;
}

/** All columns in their order, repeated groups written out. */
function expandFields(fields: readonly (LayoutField | RepeatedGroup)[]): LayoutField[] {
  return fields.flatMap((field) => {
    if (!('repeat' in field)) return [field];
    return Array.from({ length: field.repeat }, (_, i) => i + 1).flatMap((dose) =>
      field.fields.map((each) => ({
        ...each,
        name: each.name.replaceAll('{n}', String(dose)),
        ...(each.rules !== undefined && { rules: each.rules.map((rule) => ruleOfDose(rule, dose)) }),
        dose,
      })),
    );
  });
}

/** Fields that both roles have and that are the same for both: the sender's key of the patient. */
export const SHARED_FIELDS: readonly string[] = ['site_id', 'source_patient_id'];

/** Fields whose value may stand in several columns, one part in each. */
export const JOINED_FIELDS: readonly string[] = ['race', 'phone', 'phone_2', 'vaccine_name'];

/**
 * What a column of a combined record carries for a role, `null` if nothing: `patient.eligibility` names its role, and a
 * name that only one role has needs none.
 */
export function fieldOfRole(name: string | null, role: RecordRole): FieldName | null {
  if (name === null) return null;
  const [prefix, rest] = name.includes('.') ? name.split('.', 2) : [null, name];
  if (prefix !== null && prefix !== role) return null;
  return Object.hasOwn(fieldsOf(role), rest!) ? (rest as FieldName) : null;
}

/** All problems of a spec that was read from JSON. None: {@link completeSpec} makes a {@link Spec} of it. */
export function checkSpec(json: unknown): JsonProblem[] {
  const problems: JsonProblem[] = [];
  const report: Report = (path, message, remedy, inName = false) => {
    problems.push({ path, message, remedy, ...(inName && { inName }) });
  };
  if (!isObject(json)) {
    report('', 'not a JSON object', 'A spec begins with { and has id, version, title, provenance, dates and layouts.');
    return problems;
  }
  const check = new Checker(report);
  check.keys(json, '', SPEC_PROPERTIES.spec);
  if (json['$schema'] !== undefined && typeof json['$schema'] !== 'string') {
    report('/$schema', 'not a text', 'Give the path of spec.schema.json, or leave it out.');
  }
  check.text(json, '', 'id');
  check.text(json, '', 'version');
  check.text(json, '', 'title');
  if (typeof json['id'] === 'string' && !/^[a-z][a-z0-9-]*$/.test(json['id'])) {
    report('/id', 'not an id', 'Use lower case letters, digits and hyphens, such as my-registry.');
  }
  checkProvenance(json['provenance'], check);
  checkDates(json['dates'], check);
  if (json['nulls'] !== undefined) check.texts(json['nulls'], '/nulls');
  checkVaccineOrder(json['vaccineOrder'], check);
  checkSeverities(json['severities'], check);
  checkCodes(json['codes'], check);
  const names: RuleNames = {
    sets: checkSets(json['sets'], check),
    prefixes: checkPrefixes(json['prefixes'], check),
    values: valueListsIn(json),
  };
  checkLayouts(json['layouts'], names, check);
  return problems;
}

function checkProvenance(provenance: unknown, check: Checker): void {
  const path = '/provenance';
  if (!isObject(provenance)) {
    check.report(path, 'missing', 'Say where the spec comes from: {"status": "inferred", "source": "…", "notes": []}.');
    return;
  }
  check.keys(provenance, path, SPEC_PROPERTIES.provenance);
  check.oneOf(provenance['status'], `${path}/status`, namesOf(SPEC_VALUES.status));
  check.text(provenance, path, 'source');
  check.texts(provenance['notes'], `${path}/notes`);
}

function checkDates(dates: unknown, check: Checker): void {
  const path = '/dates';
  if (!isObject(dates)) {
    check.report(
      path,
      'missing',
      'Say how dates are written: {"formats": ["MM/DD/YYYY"], "twoDigitYears": "latest-past"}.',
    );
    return;
  }
  check.keys(dates, path, SPEC_PROPERTIES.dates);
  check.dateFormats(dates['formats'], `${path}/formats`);
  check.oneOf(dates['twoDigitYears'], `${path}/twoDigitYears`, namesOf(SPEC_VALUES.twoDigitYears));
}

function checkVaccineOrder(order: unknown, check: Checker): void {
  const path = '/vaccineOrder';
  if (order === undefined || !check.texts(order, path)) return;
  if (order.length === 0) {
    check.report(path, 'no field', `Leave it out, or use some of ${VACCINE_ORDER.join(', ')}.`);
  }
  order.forEach((field, index) => {
    const isKnown = check.oneOf(field, `${path}/${index}`, VACCINE_ORDER);
    if (isKnown && order.indexOf(field) < index) {
      check.report(`${path}/${index}`, 'stands earlier in the list', 'Name each field once.');
    }
  });
}

function checkSeverities(severities: unknown, check: Checker): void {
  if (severities === undefined) return;
  if (!isObject(severities)) {
    check.report('/severities', 'not an object', 'Write {"zip-invalid": "info"}.');
    return;
  }
  for (const [code, severity] of Object.entries(severities)) {
    const path = pointerTo('/severities', code);
    if (!Object.hasOwn(CATALOGUE, code)) {
      const remedy = `${guess(code, Object.keys(CATALOGUE))}See \`immload explain\` for all codes.`;
      check.report(path, 'no such issue code', remedy, true);
    }
    const fixed = (ALWAYS_ERRORS as readonly string[]).includes(code);
    check.oneOf(severity, path, fixed ? ['error'] : namesOf(SPEC_VALUES.severity));
  }
}

function checkCodes(codes: unknown, check: Checker): void {
  if (codes === undefined) return;
  if (!isObject(codes)) {
    check.report('/codes', 'not an object', 'Write {"value-too-long": "DATA008"}.');
    return;
  }
  for (const code of Object.keys(codes)) {
    const path = pointerTo('/codes', code);
    if (!Object.hasOwn(CATALOGUE, code)) {
      const remedy = `${guess(code, Object.keys(CATALOGUE))}See \`immload explain\` for all codes.`;
      check.report(path, 'no such issue code', remedy, true);
    }
    if (typeof codes[code] !== 'string' || codes[code].trim() === '') {
      check.report(path, 'not a text', 'Give the code as the document has it, such as DATA008.');
    }
  }
}

function checkLayouts(layouts: unknown, names: RuleNames, check: Checker): void {
  const path = '/layouts';
  if (!isObject(layouts)) {
    check.report(
      path,
      'no layouts',
      'Give a layout for patient and one for immunization, or one for combined or tagged.',
    );
    return;
  }
  check.keys(layouts, path, SPEC_PROPERTIES.layouts);
  if (layouts['comment'] !== undefined) checkLayout(layouts['comment'], 'comment', names, check);
  const both = (['combined', 'tagged'] as const).find((name) => layouts[name] !== undefined);
  if (both === undefined) {
    checkLayout(layouts['patient'], 'patient', names, check);
    checkLayout(layouts['immunization'], 'immunization', names, check);
    return;
  }
  for (const other of ['patient', 'immunization', 'tagged']) {
    if (other === both || layouts[other] === undefined) continue;
    check.report(`${path}/${other}`, `beside ${both}`, 'Describe one file with both, or two files.');
  }
  if (both === 'combined') checkLayout(layouts[both], both, names, check);
  else checkTagged(layouts[both], `${path}/${both}`, names, check);
}

/** The fields that a file of each kind cannot do without. */
export const NEEDED_FIELDS: Readonly<Record<FileRole, readonly FieldName[]>> = {
  ...KEY_FIELDS,
  combined: [...new Set([...KEY_FIELDS.patient, ...KEY_FIELDS.immunization])],
};

function checkLayout(layout: unknown, role: FileRole, names: RuleNames, check: Checker): void {
  const path = `/layouts/${role}`;
  if (!isObject(layout)) {
    check.report(path, 'missing', `Describe the ${role} file: {"format": "delimited", "fields": […]}.`);
    return;
  }
  checkDivision(layout, path, check, SPEC_PROPERTIES);
  if (layout['format'] === 'delimited') {
    check.oneOf(layout['header'], `${path}/header`, namesOf(SPEC_VALUES.header));
    if (layout['blanks'] !== undefined) checkBlanks(layout, path, check);
    if (layout['retired'] !== undefined) check.texts(layout['retired'], `${path}/retired`);
  }
  checkFraming(layout, role, path, check);
  const isFixed = layout['format'] === 'fixed';
  checkColumns(layout, path, { role, isFixed, needed: NEEDED_FIELDS[role] }, names, check);
}

/** Checks how a layout divides its records. `known` has its properties. */
export function checkDivision(
  layout: JsonObject,
  path: string,
  check: Checker,
  known: Readonly<Record<Layout['format'], Readonly<Record<string, string>>>>,
): void {
  if (check.oneOf(layout['format'], `${path}/format`, namesOf(SPEC_VALUES.format))) {
    if (layout['format'] === 'delimited') {
      check.keys(layout, path, known.delimited);
      check.character(layout['delimiter'], `${path}/delimiter`);
      if (layout['quote'] !== null) check.character(layout['quote'], `${path}/quote`);
      if (layout['quote'] !== null && layout['quote'] === layout['delimiter']) {
        check.report(`${path}/quote`, 'the same as the delimiter', 'Use another character, or null for no quotes.');
      }
      checkEscape(layout, path, check);
    } else {
      check.keys(layout, path, known.fixed);
      check.optionalOneOf(layout['widths'], `${path}/widths`, SPEC_VALUES.widths);
    }
  }
}

/** What the columns of a layout are checked for: `needed` are the fields that some of them must carry. */
interface ColumnsWanted {
  readonly role: FileRole;
  readonly isFixed: boolean;
  readonly needed: readonly FieldName[];
}

/** Checks the columns of a layout, their conditions and their rules. */
export function checkColumns(
  layout: JsonObject,
  path: string,
  { role, isFixed, needed }: ColumnsWanted,
  names: RuleNames,
  check: Checker,
): void {
  const { fields } = layout;
  if (!Array.isArray(fields) || fields.length === 0) {
    check.report(`${path}/fields`, 'no fields', 'List the columns in their order.');
    return;
  }
  const columns = new ColumnCheck(role, isFixed, check);
  fields.forEach((field: unknown, index) => {
    const at = `${path}/fields/${index}`;
    if (isObject(field) && 'repeat' in field && role === 'combined') checkGroup(field, at, columns, check);
    else columns.add(field, at, null);
  });
  columns.checkWhole(`${path}/fields`, needed);
  const { written, repeated } = columns;
  const retired = Array.isArray(layout['retired']) ? layout['retired'].filter((name) => typeof name === 'string') : [];
  const conditions = checkConditions(layout, path, { written, repeated, retired }, check);
  for (const { field, at, group } of columns.all) {
    checkColumnValues(field, at, names.values, check);
    if (field['rules'] === undefined) continue;
    checkRules(
      field['rules'],
      `${at}/rules`,
      { ...names, conditions, written, repeated, inGroup: group !== null },
      check,
    );
  }
}

function checkBlanks(layout: JsonObject, path: string, check: Checker): void {
  check.oneOf(layout['blanks'], `${path}/blanks`, namesOf(SPEC_VALUES.blanks));
  if (layout['blanks'] !== 'kept') return;
  if (layout['quote'] !== null) {
    check.report(`${path}/blanks`, 'kept where quotes have a meaning', 'Leave it out, or give null as the quote.');
  } else if (layout['escape'] !== undefined) {
    check.report(`${path}/blanks`, 'kept where an escape has a meaning', 'Leave it out, or leave the escape out.');
  }
}

function checkEscape({ escape: escaping, delimiter, quote }: JsonObject, path: string, check: Checker): void {
  if (escaping === undefined) return;
  check.character(escaping, `${path}/escape`);
  if (escaping === delimiter) {
    check.report(`${path}/escape`, 'the same as the delimiter', 'Use another character, such as \\\\.');
  }
  if (escaping === quote) {
    check.report(`${path}/escape`, 'the same as the quote', 'Leave it out: quotes in quotes are doubled without it.');
  }
}

/** Most doses that one record may hold. */
export const MOST_REPEATS = 200;

/** A group of columns that stands once for each dose of a record. */
function checkGroup(group: JsonObject, path: string, columns: ColumnCheck, check: Checker): void {
  check.keys(group, path, SPEC_PROPERTIES.group);
  const { repeat, fields } = group;
  if (!(Number.isInteger(repeat) && Number(repeat) >= 1 && Number(repeat) <= MOST_REPEATS)) {
    check.report(`${path}/repeat`, 'not a number of doses', `Give a whole number from 1 to ${MOST_REPEATS}.`);
  }
  if (!Array.isArray(fields) || fields.length === 0) {
    check.report(`${path}/fields`, 'no fields', 'List the columns of one dose in their order.');
    return;
  }
  fields.forEach((field: unknown, index) => {
    const at = `${path}/fields/${index}`;
    columns.add(field, at, path);
    if (isObject(field) && typeof field['name'] === 'string' && !field['name'].includes('{n}')) {
      check.report(`${at}/name`, 'the same name for every dose', 'Put {n} where the number of the dose stands.');
    }
  });
}

/** Checks the columns of a layout: each by itself, and all together. */
class ColumnCheck {
  readonly #role: FileRole;
  readonly #isFixed: boolean;
  readonly #check: Checker;
  readonly #names = new Map<string, string>();
  readonly #carried = new Set<unknown>();
  /** The columns with their places, and those of their groups. */
  readonly all: { readonly field: JsonObject; readonly at: string; readonly group: string | null }[] = [];

  constructor(role: FileRole, isFixed: boolean, check: Checker) {
    this.#role = role;
    this.#isFixed = isFixed;
    this.#check = check;
  }

  /** `group` is the path of the repeated group that the column is in, `null` if it stands once. */
  add(field: unknown, at: string, group: string | null): void {
    const { report } = this.#check;
    if (!isObject(field)) {
      report(at, 'not an object', 'Write {"name": "last_name", "field": "last_name", "use": "required"}.');
      return;
    }
    this.all.push({ field, at, group });
    checkField(field, this.#role, at, this.#isFixed, this.#check);
    const carries = field['field'];
    if (typeof carries === 'string') {
      if (this.#carried.has(carries) && !JOINED_FIELDS.includes(carries)) {
        report(`${at}/field`, 'carried by an earlier column', 'Let one column carry it.');
      }
      if (this.#carried.has(carries) && field['default'] !== undefined) {
        report(`${at}/default`, 'not read here', 'Give it to the first of the columns that carry the same.');
      }
      this.#carried.add(carries);
      if (group !== null && fieldOfRole(carries, 'immunization') === null) {
        report(`${at}/field`, 'not a field of a dose', 'A repeated group holds the columns of one dose.');
      }
    }
    const aliases = Array.isArray(field['aliases']) ? field['aliases'] : [];
    for (const name of [field['name'], ...aliases]) {
      if (typeof name !== 'string') continue;
      const earlier = this.#names.get(columnKey(name));
      if (earlier !== undefined && field['field'] !== null) {
        report(`${at}/name`, `the name is also that of ${earlier}`, 'Give each column its own name.');
      }
      this.#names.set(columnKey(name), at);
    }
  }

  /** The names of the columns that stand once in a record, as they are written. */
  get written(): readonly string[] {
    return this.#namesWhere((group) => group === null);
  }

  /** The names of the columns of each dose. */
  get repeated(): readonly string[] {
    return this.#namesWhere((group) => group !== null);
  }

  #namesWhere(isMeant: (group: string | null) => boolean): readonly string[] {
    return this.all.flatMap(({ field: { name }, group }) => (typeof name === 'string' && isMeant(group) ? [name] : []));
  }

  checkWhole(path: string, needed: readonly FieldName[]): void {
    const carries = (field: string): boolean =>
      [field, `patient.${field}`, `immunization.${field}`].some((name) => this.#carried.has(name));
    for (const key of needed) {
      if (!carries(key)) this.#check.report(path, `no column carries ${key}`, `Add "field": "${key}" to a column.`);
    }
    const hasDoses = this.#role === 'immunization' || this.#role === 'combined';
    if (hasDoses && !VACCINE_FIELDS.some(carries)) {
      const fields = VACCINE_FIELDS.join(', ');
      this.#check.report(path, 'no column names the vaccine', `Let a column carry one of ${fields}.`);
    }
  }
}

/** What is wrong with what a column is said to carry, `null` if nothing. */
function problemOfField(name: unknown, role: FileRole): string | null {
  if (name === undefined) return 'missing';
  if (typeof name !== 'string') return 'no such field';
  if (role !== 'combined') return Object.hasOwn(fieldsOf(role), name) ? null : 'no such field';
  const roles = (['patient', 'immunization'] as const).filter((each) => fieldOfRole(name, each) !== null);
  if (roles.length === 0) return 'no such field';
  return roles.length === 1 || SHARED_FIELDS.includes(name) ? null : 'of both roles';
}

/** The names of all fields that a file of a role can carry. */
function fieldNamesOf(role: FileRole): string[] {
  const roles = role === 'combined' ? (['patient', 'immunization'] as const) : [role];
  return [...new Set(roles.flatMap((each) => Object.keys(fieldsOf(each))))];
}

/** Whether a field tells records apart. */
function isKey(field: unknown): boolean {
  return typeof field === 'string' && /^(?:\w+\.)?source_(?:patient|immunization)_id$/.test(field);
}

function checkField(field: JsonObject, role: FileRole, path: string, fixed: boolean, check: Checker): void {
  check.keys(field, path, SPEC_PROPERTIES.field);
  check.text(field, path, 'name');
  const problem = field['field'] === null ? null : problemOfField(field['field'], role);
  if (problem !== null) {
    const known = fieldNamesOf(role);
    const remedy =
      problem === 'of both roles'
        ? `Write patient.${field['field']} or immunization.${field['field']}.`
        : `${guess(field['field'], known)}Use null for a column that is not loaded, or one of ${[...new Set(known)].join(', ')}.`;
    check.report(`${path}/field`, problem, remedy);
  }
  const width = field['width'];
  if (width === undefined ? fixed : !(Number.isInteger(width) && Number(width) > 0)) {
    check.report(
      `${path}/width`,
      width === undefined ? 'missing' : 'not a width',
      'Give the width as a whole number above 0.',
    );
  }
  if (field['aliases'] !== undefined) check.texts(field['aliases'], `${path}/aliases`);
  if (field['use'] !== undefined) check.oneOf(field['use'], `${path}/use`, namesOf(SPEC_VALUES.use));
  if (field['dates'] !== undefined) check.dateFormats(field['dates'], `${path}/dates`);
  const values = field['values'];
  if (
    values !== undefined &&
    !(isObject(values) && Object.values(values).every((value) => typeof value === 'string'))
  ) {
    check.report(`${path}/values`, 'not a map of texts', 'Write {"from": "to"}.');
  }
  if (field['default'] !== undefined && typeof field['default'] !== 'string') {
    check.report(`${path}/default`, 'not a text', 'Give the default as a text.');
  } else if (field['default'] !== undefined && isKey(field['field'])) {
    check.report(`${path}/default`, 'the same in every record', 'Leave it out: an id tells records apart.');
  }
  if (field['note'] !== undefined && typeof field['note'] !== 'string') {
    check.report(`${path}/note`, 'not a text', 'Give the note as a text.');
  }
  const example = field['example'];
  if (example !== undefined) {
    const rules: readonly unknown[] = Array.isArray(field['rules']) ? field['rules'] : [];
    const differs = rules.some((rule) => isObject(rule) && rule['unique'] !== undefined) || isKey(field['field']);
    if (typeof example !== 'string') check.report(`${path}/example`, 'not a text', 'Give the example as a text.');
    else if (differs && !example.includes(NUMBER)) {
      check.report(`${path}/example`, 'the same in every record', `Put ${NUMBER} where a number stands that differs.`);
    } else if (typeof width === 'number' && isLongerThan(example, width)) {
      check.report(`${path}/example`, 'longer than the column', `Give one of ${width} characters at most.`);
    }
  }
  if (field['store'] !== undefined && typeof field['store'] !== 'boolean') {
    check.report(`${path}/store`, 'not true or false', 'Use true or false.');
  }
}
