/** A spec's layout made ready for one file: which column carries what, and how each value is read. */
import { ISSUE_CODES, type IssueCode } from './catalogue.js';
import type { Codes } from './codes.js';
import { type LongRows, longRowsOf, type ShortRows, shortRowsOf } from './framing.js';
import {
  COMMENT,
  DOSE,
  type FieldDefinition,
  type FieldName,
  fieldsOf,
  type IsoDate,
  PATIENT,
  type RecordRole,
  type Severity,
} from './model.js';
import { normalizeCountry, normalizeEmail, normalizePhone, normalizeZip } from './normalize/address.js';
import {
  createNormalizerOfDates,
  DAY_FIRST_FORMATS,
  type DateFormat,
  type DateKind,
  type DateRules,
  DayMonthOrder,
  MONTH_FIRST_FORMATS,
} from './normalize/date.js';
import { normalizeLot } from './normalize/lot.js';
import { normalizeName, normalizeSuffix } from './normalize/name.js';
import { NOTHING_KNOWN, type Normalizer, type Reading } from './normalize/reading.js';
import { readThroughSpreadsheet } from './normalize/spreadsheet.js';
import { normalizeId, normalizeText } from './normalize/text.js';
import type { VaccineResolution, VaccineSources } from './normalize/vaccine.js';
import {
  createCodeNormalizer,
  createCommentCodeNormalizer,
  createCountyNormalizer,
  createLanguageNormalizer,
  createMvxNormalizer,
  createRaceNormalizer,
  createSexNormalizer,
  normalizeAmount,
  normalizeBirthOrder,
  normalizeSsn,
} from './normalize/value.js';
import { ByteCache } from './read/byte-cache.js';
import type { FileEncoding } from './read/decode.js';
import { columnsOfWidths, type FixedColumns } from './read/fixed.js';
import { createHeaderTest, type HeaderMatch, type HeaderTest, REJECT_KEYS } from './read/header.js';
import { type ColumnChecks, compileChecks } from './rules/checks.js';
import { COMMENT_MISSING } from './rules/comment.js';
import { createDoseRules, IMMUNIZATION_MISSING } from './rules/immunization.js';
import { PATIENT_MISSING } from './rules/patient.js';
import type { RuleMemory } from './rules/remembered.js';
import type { Rule } from './rules/rule.js';
import {
  isCombined,
  type Layout,
  type LayoutField,
  layoutOf,
  SHARED_FIELDS,
  type Spec,
  severityOf,
  unitOf,
  VACCINE_FIELDS,
  type WidthUnit,
} from './spec.js';
import type { VaccineMap } from './vaccine-map.js';

/** A further column of a value. */
interface JoinedColumn {
  readonly column: number;
  readonly values: ReadonlyMap<string, string> | null;
}

/** Reads the values of one column. */
export interface ColumnReader {
  /** Place of the column in the record, from 0. */
  readonly column: number;
  /** Place of its field in a row. */
  readonly slot: number;
  readonly field: FieldName;
  readonly definition: FieldDefinition;
  readonly normalize: Normalizer;
  /**
   * Readings of values met before, by their bytes, or by their text where that had to be decoded, unquoted or mapped;
   * `null` where values hardly ever come again. By bytes, a value without a remark stands for itself; readings are marked.
   */
  readonly cache: { readonly byBytes: ByteCache<string | Reading>; readonly byText: Map<string, Reading> } | null;
  /** How long a value may be; `null` if its length says nothing. */
  readonly width: number | null;
  /** The layout's own words for values, `null` if it has none. */
  readonly values: ReadonlyMap<string, string> | null;
  /** Further columns that hold parts of the same value, such as a race each; `null` for a value of one column. */
  readonly joined: { readonly columns: readonly JoinedColumn[]; readonly by: string } | null;
  /** What a blank is loaded as: the layout's default as it was read; `null` if it has none, or it was not understood. */
  readonly default: string | null;
  /** What a date should look like, or which table a code should be in, for messages. */
  readonly expected: string | null;
  /** What its dates say of the order of day and month; `null` where that cannot be mistaken. */
  readonly order: DayMonthOrder | null;
  /** An issue code of its own for a blank value, or the general one; `null` if the field may be blank. */
  readonly missing: IssueCode | null;
}

/** What a run of columns says: the values it gives, and what there is to report of them. */
export interface RunReading {
  readonly slots: readonly number[];
  readonly values: readonly string[];
  /** The places of these values among the texts of the batch of which `stamp` is the number, 0 for none yet. */
  readonly places: Uint32Array;
  stamp: number;
  /** The columns of which there is something to report, in their order; `null` if there are none, as in most runs. */
  readonly remarks: readonly RunRemark[] | null;
}

export interface RunRemark {
  readonly reader: ColumnReader;
  readonly reading: Reading;
  readonly isTooLong: boolean;
}

/**
 * Columns side by side that say the same in many records, such as how and by whom a dose was given: they are looked up
 * together, by all of their bytes, delimiters included.
 */
export interface ColumnRun {
  readonly readers: readonly ColumnReader[];
  readonly first: number;
  readonly last: number;
  readonly cache: ByteCache<RunReading>;
  /** How often it was looked up, and how often in vain. */
  lookups: number;
  misses: number;
}

/** One column to read, or a run of them that begins with it. */
export interface ReadStep {
  readonly reader: ColumnReader;
  readonly run: ColumnRun | null;
}

/** All that {@link transformBlock} needs besides the block. It is made once for a file. */
export interface TransformPlan {
  readonly role: RecordRole;
  readonly spec: Spec;
  readonly layout: Layout;
  readonly codes: Codes;
  readonly today: IsoDate;
  /** For records that name no site; `null` if none was given. */
  readonly site: string | null;
  readonly columns: readonly ColumnReader[];
  readonly columnOf: ReadonlyMap<FieldName, ColumnReader>;
  /** Those whose blanks stand for something. */
  readonly defaults: readonly ColumnReader[];
  /** Those that may not be blank, or not without a word. */
  readonly required: readonly ColumnReader[];
  /** The columns in their order, and those among them that are read together. */
  readonly steps: readonly ReadStep[];
  /** In a tagged file: how the patients above the doses are read; `null` for patients, and in all other files. */
  readonly patients: TransformPlan | null;
  /** Which of the doses of a record this reads, from 1; `null` where a record has one at most. */
  readonly dose: number | null;
  /** The columns of this dose by their fields, as the spec calls them; `null` where a record has one dose at most. */
  readonly doseNames: ReadonlyMap<FieldName, string> | null;
  /**
   * Columns of the record that say something of the dose alone; a record in which they are blank has no such dose.
   * `null` where each record is a dose, or a patient.
   */
  readonly doseColumns: readonly number[] | null;
  /** Fields that a record must have; fixed-width records always have them. */
  readonly fieldCount: number;
  /** How many of these are columns that immload has added to a reject file. */
  readonly rejectColumns: number;
  /** What becomes of records that end before the last column, or go on behind it. */
  readonly shortRows: ShortRows;
  readonly longRows: LongRows;
  /** The header as it stands in the file, to know it when it comes again; `null` without header. */
  readonly headerBytes: Uint8Array | null;
  /** Knows a header that comes again in other words or another order; `null` where records have no names. */
  readonly headerTest: HeaderTest | null;
  /** What the whole file is encoded in; `null` if each record is judged by itself. */
  readonly encoding: FileEncoding | null;
  /** Places of the fields in a fixed-width record, `null` for delimited ones. */
  readonly fixed: FixedColumns | null;
  /** What the widths of a fixed-width record count. */
  readonly widths: WidthUnit;
  /** Words for "no value", in upper case, and the length of the longest. */
  readonly nulls: ReadonlySet<string>;
  readonly longestNull: number;
  readonly severities: Readonly<Record<IssueCode, Severity | 'off'>>;
  /** What the spec asks of single columns, `null` where it asks nothing. */
  readonly checks: ColumnChecks | null;
  /** Fields in slot order. */
  readonly fieldNames: readonly FieldName[];
  readonly vaccineSources: VaccineSources;
  /** Vaccines resolved before, by all their clues. */
  readonly vaccines: Map<string, VaccineResolution>;
  /** The rules of doses; they remember what they were asked of the file. */
  readonly doseRules: RuleMemory;
  /** The rules that a vaccine can break, by CVX. */
  readonly vaccineRules: Map<string, readonly Rule[]>;
  /** For each slot 1 where its values hardly ever come again. */
  readonly isUnlike: Uint8Array;
  /** Batches that were made with it: each has a number of its own. */
  batches: number;
}

export interface PlanOptions {
  readonly spec: Spec;
  readonly role: RecordRole;
  readonly codes: Codes;
  /** What people decided of local codes and texts for vaccines; `null`, the default, if nothing. */
  readonly map?: VaccineMap | null;
  readonly today: IsoDate;
  readonly site: string | null;
  /** What the header of the file said, and its bytes; `null` if it has none. */
  readonly header: HeaderMatch | null;
  readonly headerBytes: Uint8Array | null;
  /** Fields that each record has. */
  readonly fieldCount: number;
  /** For the doses of a tagged file: how its patients are read. */
  readonly patients?: TransformPlan | null;
  /** For a record with several doses: which of them, from 1. */
  readonly dose?: number | null;
  /** What the whole file is encoded in; `null`, the default, if each record is judged by itself. */
  readonly encoding?: FileEncoding | null;
}

/** Kinds whose values repeat often enough to be worth remembering. */
const REPEATING_KINDS: ReadonlySet<FieldDefinition['kind']> = new Set([
  'name', 'suffix', 'date', 'date-or-month', 'dates', 'sex', 'race', 'code', 'language', 'state', 'zip', 'county',
  'country', 'birth-order', 'mvx', 'lot', 'amount',
]); // biome-ignore format: a list of names

/** Kinds whose length says something. A code that is too long is no code, and that is told already. */
const FREE_TEXT: ReadonlySet<FieldDefinition['kind']> = new Set(['id', 'text', 'name', 'email']);

/** Fields of other kinds whose values repeat as well. */
const REPEATING_FIELDS: ReadonlySet<FieldName> = new Set<FieldName>([
  'site_id',
  'city',
  'facility_id',
  'facility_name',
]);

/** Kinds with few values, and fields that say the same of many doses: columns of these make runs. */
const RUN_KINDS: ReadonlySet<FieldDefinition['kind']> = new Set([
  'sex', 'race', 'code', 'language', 'state', 'zip', 'county', 'country', 'birth-order', 'mvx', 'amount', 'raw-code',
  'suffix', 'dates',
]); // biome-ignore format: a list of names
const RUN_FIELDS: ReadonlySet<FieldName> = new Set<FieldName>([
  'site_id', 'city', 'vaccine_name', 'vaccine_group', 'administered_by_last_name', 'administered_by_first_name',
  'administered_by_name', 'administered_by_title', 'administered_by_id', 'ordering_provider_id',
  'ordering_provider_name', 'facility_id', 'facility_name',
]); // biome-ignore format: a list of names

/** Puts columns that stand side by side, and hold few values each, together. */
function groupColumns(columns: readonly ColumnReader[]): ReadStep[] {
  const steps: ReadStep[] = [];
  const inRun = ({ definition, field, joined, column }: ColumnReader): boolean =>
    joined === null && column >= 0 && (RUN_KINDS.has(definition.kind) || RUN_FIELDS.has(field));
  for (let i = 0; i < columns.length; ) {
    const first = columns[i]!;
    let end = i + 1;
    if (inRun(first)) {
      while (end < columns.length && inRun(columns[end]!) && columns[end]!.column === columns[end - 1]!.column + 1)
        end++;
    }
    const readers = columns.slice(i, end);
    const last = readers[readers.length - 1]!.column;
    const run = { readers, first: first.column, last, cache: new ByteCache<RunReading>(), lookups: 0, misses: 0 };
    steps.push({ reader: first, run: readers.length > 1 ? run : null });
    i = end;
  }
  return steps;
}

const SLOTS = { patient: PATIENT, immunization: DOSE, comment: COMMENT } as const;

const MISSING: Readonly<Record<RecordRole, Partial<Record<FieldName, IssueCode>>>> = {
  patient: PATIENT_MISSING,
  immunization: IMMUNIZATION_MISSING,
  comment: COMMENT_MISSING,
};

/** Makes a plan of a layout and, where the file has one, of its header. */
export function compilePlan(options: PlanOptions): TransformPlan {
  const { spec, role, codes, today, header } = options;
  const layout = layoutOf(spec, role);
  const slots: Readonly<Record<string, number>> = SLOTS[role];
  const definitions = fieldsOf(role);
  const missing = MISSING[role];
  const columns: ColumnReader[] = [];
  const dose = options.dose ?? null;
  layout.fields.forEach((layoutField, index) => {
    const field = layoutField.field;
    const column = header === null ? index : header.columns[index]!;
    if (field === null || (layoutField.dose !== undefined && layoutField.dose !== dose)) return;
    const definition = definitions[field]!;
    const values = layoutField.values === undefined ? null : upperCaseKeys(layoutField.values);
    const first = columns.findIndex((each) => each.field === field);
    if (first >= 0) {
      const joined = [...(columns[first]!.joined?.columns ?? []), { column, values }];
      // Races are told apart by a tilde, as HL7 does; parts of a text by a blank.
      columns[first] = { ...columns[first]!, joined: { columns: joined, by: definition.kind === 'race' ? '~' : ' ' } };
      return;
    }
    const order = createOrder(definition, layoutField, spec);
    const repeats = REPEATING_KINDS.has(definition.kind) || REPEATING_FIELDS.has(field);
    columns.push({
      column,
      slot: slots[field]!,
      field,
      definition,
      normalize: createNormalizer(definition, layoutField, spec, codes, today, order),
      order,
      cache: repeats ? { byBytes: new ByteCache(), byText: new Map() } : null,
      width: layout.format === 'delimited' && FREE_TEXT.has(definition.kind) ? (layoutField.width ?? null) : null,
      values,
      joined: null,
      default: readDefault(layoutField, role, { spec, codes, today })?.value ?? null,
      expected: expectationOf(definition, layoutField, spec, codes),
      missing: missing[field] ?? (layoutField.use === 'required' ? 'required-value-missing' : null),
    });
  });
  return {
    role,
    spec,
    layout,
    codes,
    today,
    site: options.site,
    columns,
    columnOf: new Map(columns.map((column) => [column.field, column])),
    defaults: columns.filter((column) => column.default !== null),
    required: columns.filter((column) => column.missing !== null),
    steps: groupColumns(columns),
    patients: options.patients ?? null,
    dose,
    doseNames: dose === null ? null : namesOfDose(layout, dose),
    doseColumns: role === 'immunization' && isCombined(spec) ? columnsOfDose(layout, columns, dose) : null,
    fieldCount: options.fieldCount,
    rejectColumns: header?.keys.filter((key) => REJECT_KEYS.has(key)).length ?? 0,
    shortRows: shortRowsOf(layout),
    longRows: longRowsOf(layout),
    headerBytes: options.headerBytes,
    headerTest: layout.format === 'fixed' || layout.lines !== undefined ? null : testHeaders(layout, columns, options),
    encoding: options.encoding ?? null,
    fixed: layout.format === 'fixed' ? columnsOfWidths(layout.fields.map((field) => field.width!)) : null,
    widths: layout.format === 'fixed' ? unitOf(layout) : 'auto',
    nulls: new Set(spec.nulls.map((token) => token.toUpperCase())),
    longestNull: Math.max(0, ...spec.nulls.map((token) => token.length)),
    severities: Object.fromEntries(ISSUE_CODES.map((code) => [code, severityOf(code, spec)])) as Record<
      IssueCode,
      Severity | 'off'
    >,
    checks: compileChecks({ spec, role, codes, today, header, dose }),
    fieldNames: Object.keys(definitions) as FieldName[],
    vaccineSources: { codes, map: options.map ?? null, order: spec.vaccineOrder },
    vaccines: new Map(),
    doseRules: createDoseRules(),
    vaccineRules: new Map(),
    isUnlike: findUnlike(Object.keys(definitions).length, columns),
    batches: 0,
  };
}

function findUnlike(width: number, columns: readonly ColumnReader[]): Uint8Array {
  const isUnlike = new Uint8Array(width);
  for (const { slot, cache, joined, values } of columns) {
    if (cache === null && joined === null && values === null) isUnlike[slot] = 1;
  }
  return isUnlike;
}

/** The date that a record of a role should have. */
const PROBES: ReadonlySet<FieldName> = new Set<FieldName>(['birth_date', 'administered_on', 'applies_on']);

function testHeaders(
  layout: Layout,
  columns: readonly ColumnReader[],
  { spec, role, header }: PlanOptions,
): HeaderTest {
  const probe = columns.find(({ field, column }) => PROBES.has(field) && column >= 0)?.column ?? 0;
  const { patient, immunization, comment } = spec.layouts;
  const others = Object.entries({ patient, immunization, comment }).flatMap(([other, each]) =>
    other === role || each === undefined || each.format === 'fixed' ? [] : [each],
  );
  return createHeaderTest(probe, [layout, ...others], header);
}

/** Where a record says something of one dose: its own columns where doses are repeated, else all of the role's. */
function columnsOfDose(layout: Layout, columns: readonly ColumnReader[], dose: number | null): number[] {
  const own = columns.filter(({ field }) => {
    if (SHARED_FIELDS.includes(field)) return false;
    return dose === null || layout.fields.some((each) => each.field === field && each.dose === dose);
  });
  return own.flatMap(({ column, joined }) => [column, ...(joined?.columns.map((each) => each.column) ?? [])]);
}

/** The names of a dose's own columns. What is wrong with its vaccine is told of the column that names it. */
function namesOfDose(layout: Layout, dose: number): Map<FieldName, string> {
  const own = layout.fields.filter((each) => each.dose === dose && each.field !== null);
  const names = new Map(own.map(({ field, name }): [FieldName, string] => [field!, name]).reverse());
  const vaccine = own.find(({ field }) => VACCINE_FIELDS.includes(field!));
  if (vaccine !== undefined && !names.has('cvx')) names.set('cvx', vaccine.name);
  return names;
}

/** Forgets what was read, when a file is at its end: a submission of many files would keep it once for each. */
export function forgetReadings({ columns, steps, vaccines }: TransformPlan): void {
  for (const { run } of steps) run?.cache.clear();
  for (const { cache } of columns) {
    cache?.byBytes.clear();
    cache?.byText.clear();
  }
  vaccines.clear();
}

/** The doses that a record of a layout can hold: their numbers where they are repeated, else one without a number. */
export function dosesOf(layout: Layout): readonly (number | null)[] {
  const numbers = new Set(layout.fields.flatMap(({ dose }) => (dose === undefined ? [] : [dose])));
  return numbers.size === 0 ? [null] : [...numbers].sort((a, b) => a - b);
}

function expectationOf(definition: FieldDefinition, layoutField: LayoutField, spec: Spec, codes: Codes): string | null {
  if (definition.kind === 'mvx') return codes.table('mvx').asOf;
  return definition.kind.startsWith('date') ? (layoutField.dates ?? spec.dates.formats).join(', ') : null;
}

/** Where a day could be mistaken for a month: in a column of dates that have the one before the other, and not both. */
function createOrder({ kind }: FieldDefinition, { dates }: LayoutField, spec: Spec): DayMonthOrder | null {
  const formats = dates ?? spec.dates.formats;
  const has = (ordered: readonly DateFormat[]): boolean =>
    kind.startsWith('date') && formats.some((format) => ordered.includes(format));
  const isDayFirst = has(DAY_FIRST_FORMATS);
  if (has(MONTH_FIRST_FORMATS)) return isDayFirst ? null : new DayMonthOrder('month-first');
  return isDayFirst ? new DayMonthOrder('day-first') : null;
}

function upperCaseKeys(values: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(values).map(([from, to]) => [from.toUpperCase(), to]));
}

/** What values are read by. */
export interface ReadingRules {
  readonly spec: Pick<Spec, 'dates' | 'nulls'>;
  readonly codes: Codes;
  readonly today: IsoDate;
}

/**
 * What a value is read as that the spec itself writes for a column, as a sender would: the layout's own words and the
 * words for "no value" mean what they mean in a file.
 */
export function readOwnValue(
  text: string,
  column: LayoutField & { readonly field: FieldName },
  role: RecordRole,
  { spec, codes, today }: ReadingRules,
): Reading {
  const own = text.trim();
  const standard = upperCaseKeys(column.values ?? {}).get(own.toUpperCase()) ?? own;
  const saysNothing = standard === '' || spec.nulls.some((token) => token.toUpperCase() === standard.toUpperCase());
  if (saysNothing) return NOTHING_KNOWN;
  return createNormalizer(fieldsOf(role)[column.field]!, column, spec, codes, today, null)(standard);
}

/** What a blank of a column stands for; `null` where the column has no default, or carries nothing. */
export function readDefault(column: LayoutField, role: RecordRole, rules: ReadingRules): Reading | null {
  const { default: text, field } = column;
  return text === undefined || field === null ? null : readOwnValue(text, { ...column, field }, role, rules);
}

function createNormalizer(
  definition: FieldDefinition,
  layoutField: LayoutField,
  spec: Pick<Spec, 'dates'>,
  codes: Codes,
  today: IsoDate,
  order: DayMonthOrder | null,
): Normalizer {
  const dates: DateRules = {
    order,
    formats: layoutField.dates ?? spec.dates.formats,
    twoDigitYears: spec.dates.twoDigitYears,
    today,
  };
  const ofDates = (): Normalizer => createNormalizerOfDates(definition.kind as DateKind, dates);
  const normalizers: Record<FieldDefinition['kind'], () => Normalizer> = {
    id: () => normalizeId,
    text: () => normalizeText,
    name: () => normalizeName,
    suffix: () => normalizeSuffix,
    date: ofDates,
    'date-or-month': ofDates,
    dates: ofDates,
    sex: () => createSexNormalizer(codes),
    race: () => createRaceNormalizer(codes),
    code: () => createCodeNormalizer(codes, definition.table!),
    language: () => createLanguageNormalizer(codes),
    state: () => createCodeNormalizer(codes, 'state'),
    zip: () => normalizeZip,
    county: () => createCountyNormalizer(codes),
    country: () => normalizeCountry,
    phone: () => normalizePhone,
    email: () => normalizeEmail,
    ssn: () => normalizeSsn,
    'birth-order': () => normalizeBirthOrder,
    // Vaccine codes are judged together, once the whole record is read.
    'raw-code': () => normalizeText,
    mvx: () => createMvxNormalizer(codes),
    lot: () => normalizeLot,
    amount: () => normalizeAmount,
    'comment-code': () => {
      const { values } = layoutField;
      return createCommentCodeNormalizer(values === undefined ? null : new Set(Object.values(values)));
    },
  };
  return readThroughSpreadsheet(normalizers[definition.kind]());
}
