/** Which rules the records of a specification can break at all. */
import { CATALOGUE, type IssueCode } from '../catalogue.js';
import { rolesOf } from '../file-layouts.js';
import { isRequired, longRowsOf, shortRowsOf, titleRowsOf } from '../framing.js';
import type { IssueDefinition } from '../issue.js';
import { type FieldDefinition, type FieldName, fieldsOf, type RecordRole } from '../model.js';
import { DAY_FIRST_FORMATS, type DateFormat, MONTH_FIRST_FORMATS } from '../normalize/date.js';
import {
  isCombined,
  isTagged,
  type Layout,
  type LayoutField,
  layoutOf,
  type Spec,
  severityOf,
  unitOf,
  VACCINE_FIELDS,
} from '../spec.js';
import { DETECTORS } from '../whole/detectors.js';
import { hasColumnRules } from './checks.js';
import { codesOfRule, RULE_CODES } from './columns.js';
import { COMMENT_MISSING } from './comment.js';
import { IMMUNIZATION_MISSING } from './immunization.js';
import { isShownBy } from './likelihood.js';
import { PATIENT_MISSING } from './patient.js';

/** The columns of a spec as each role sees them. */
function viewsOf(spec: Spec): readonly (readonly [RecordRole, Layout])[] {
  return rolesOf(spec).map((role) => [role, layoutOf(spec, role)]);
}

/** What cannot be told where patient and doses come in one record: they cannot miss each other. */
const ONLY_IN_TWO_FILES: ReadonlySet<IssueCode> = new Set<IssueCode>(['patient-id-repeated', 'patient-not-found']);

/** What cannot be told where each dose stands under its patient. */
const NOT_UNDER_A_PATIENT: ReadonlySet<IssueCode> = new Set<IssueCode>([
  'patient-not-found',
  'dose-patient-id-missing',
]);

/** Codes about how a file is written, and the layouts whose files can be written so. */
const SHAPES: Readonly<Partial<Record<IssueCode, (layout: Layout) => boolean>>> = {
  'field-count-wrong': (layout) => layout.format === 'delimited' && rejectsRows(layout),
  'row-width-wrong': (layout) => layout.format === 'fixed' && rejectsRows(layout),
  'quote-not-closed': (layout) => layout.format === 'delimited' && layout.quote !== null,
  'quote-misplaced': (layout) => layout.format === 'delimited' && layout.quote !== null,
  'header-repeated': (layout) => layout.format === 'delimited' && layout.header !== 'absent',
  'header-other-order': (layout) => layout.format === 'delimited' && layout.lines === undefined,
  'under-other-header': (layout) => layout.format === 'delimited' && layout.lines === undefined,
  'column-unknown': (layout) => layout.format === 'delimited' && layout.header !== 'absent',
  'line-tag-unknown': ({ lines }) => lines !== undefined,
  'patient-line-missing': ({ lines }) => lines !== undefined,
  'patient-line-disagrees': ({ lines, fields, tag }) =>
    lines !== undefined && tag === lines.immunization.tag && fields.some(({ field }) => field === 'source_patient_id'),
  'control-total-wrong': ({ headerRecord, trailerRecord }) =>
    [headerRecord, trailerRecord].some((mark) => (mark?.totals ?? []).length > 0),
  'trailer-missing': ({ trailerRecord }) => isRequired(trailerRecord),
  'title-rows-skipped': (layout) => titleRowsOf(layout) > 0,
  'comments-skipped': ({ comments }) => comments !== undefined,
  // What is glued together ends where the next begins.
  'row-longer-than-layout': (layout) => longRowsOf(layout) === 'cut' && layout.lines?.glued !== true,
  'row-shorter-than-layout': (layout) => layout.format === 'delimited' && shortRowsOf(layout) === 'pad',
  'widths-in-doubt': (layout) => layout.format === 'fixed' && unitOf(layout) === 'auto',
  'value-too-long': (layout) => layout.format === 'delimited' && layout.fields.some(({ width }) => width !== undefined),
  'column-missing': (layout) => layout.format === 'delimited' && layout.header !== 'absent' && hasColumnRules(layout),
  'records-not-loaded': (layout) => layout.notLoaded !== undefined,
};

function rejectsRows(layout: Layout): boolean {
  const rejectsLong = longRowsOf(layout) === 'reject' && layout.lines?.glued !== true;
  return shortRowsOf(layout) === 'reject' || rejectsLong;
}

/** Codes that are told by rules of columns alone: see `RULE_CODES`. */
const ONLY_BY_RULES: ReadonlySet<IssueCode> = new Set(
  Object.values(RULE_CODES)
    .flat()
    .filter((code) => code !== 'value-too-long' && code !== 'required-value-missing'),
);

/** Codes that need more than files: an NDC table, a CVX table with pending codes, a map, a database, the sender's totals. */
const NEEDS_MORE_THAN_FILES: ReadonlySet<IssueCode> = new Set<IssueCode>([
  'ndc-invalid',
  'ndc-padded',
  'ndc-unknown',
  'ndc-ambiguous',
  'cvx-pending',
  'cvx-pending-outdated',
  'vaccine-mapped',
  'refused-by-database',
  'expected-total-wrong',
]);

/** Codes that a few records cannot show: they are about what many have in common. */
export const NEEDS_MANY_RECORDS: ReadonlySet<IssueCode> = new Set<IssueCode>([
  ...DETECTORS.map(({ code }) => code),
  'names-exchanged',
  'zip-unlike-city',
]);

/** Codes that need a second field beside the one they are reported on. */
const SECOND_FIELDS: Readonly<Partial<Record<IssueCode, FieldName>>> = {
  'zip-padded': 'state',
  'county-outside-state': 'state',
  'zip-outside-state': 'state',
  'death-date-before-birth': 'birth_date',
  'birth-order-missing': 'multiple_birth',
  'dose-after-lot-expiry': 'administered_on',
  'refusal-reason-missing': 'completion_status',
  'cpt-not-valid-on-date': 'cvx',
  'funding-eligibility-disagree': 'eligibility',
  'vis-given-before-edition': 'vis_edition_date',
  'mvx-retired': 'information_source',
  'mvx-missing': 'information_source',
  'lot-missing': 'information_source',
  'cvx-unknown-administered': 'information_source',
  'cvx-retired': 'information_source',
  'dose-extra-antigen': 'information_source',
};

/** Codes about what stands in the CVX column; the others under its name are about the vaccine, whoever names it. */
const CVX_COLUMN: ReadonlySet<IssueCode> = new Set<IssueCode>([
  'cvx-invalid',
  'cvx-padded',
  'cvx-unknown',
  'cvx-newer-than-table',
  'cpt-in-cvx',
  'cvx-replaced',
  'name-in-cvx',
]);

/** Codes about how a date is written, and the forms of which one must be allowed. */
const DATE_FORMS: Readonly<Partial<Record<IssueCode, readonly DateFormat[]>>> = {
  'birth-date-ambiguous': ['MMDDYYYY'],
  'birth-date-digits-missing': ['MMDDYYYY'],
  'dose-date-ambiguous': ['MMDDYYYY'],
  'dose-date-digits-missing': ['MMDDYYYY'],
  'birth-date-day-first': MONTH_FIRST_FORMATS,
  'dose-date-day-first': MONTH_FIRST_FORMATS,
};
/** Codes about the order of day and month in a file, and the forms of which one must be allowed, and none of the others. */
const ABOUT_ORDER: Readonly<
  Partial<Record<IssueCode, readonly (readonly [allowed: readonly DateFormat[], others: readonly DateFormat[]])[]>>
> = {
  'dates-day-first': [[MONTH_FIRST_FORMATS, DAY_FIRST_FORMATS]],
  'dates-month-first': [[DAY_FIRST_FORMATS, MONTH_FIRST_FORMATS]],
  'dates-order-mixed': [
    [MONTH_FIRST_FORMATS, DAY_FIRST_FORMATS],
    [DAY_FIRST_FORMATS, MONTH_FIRST_FORMATS],
  ],
};
const ONLY_UNREAD_SERIALS: ReadonlySet<IssueCode> = new Set<IssueCode>([
  'birth-date-serial',
  'dose-date-serial',
  'date-serial',
]);
/** Codes of dates of several fields. */
const OF_SEVERAL_DATES: ReadonlySet<IssueCode> = new Set<IssueCode>([
  'date-partial',
  'date-serial',
  'date-from-serial',
]);
const SERIAL: DateFormat = 'spreadsheet-serial';

/** Codes that need columns enough to tell who gave a dose. */
const ABOUT_LIKELIHOOD: ReadonlySet<IssueCode> = new Set<IssueCode>([
  'dose-looks-historical',
  'dose-looks-administered',
]);

const TWO_DIGIT_YEARS: ReadonlySet<IssueCode> = new Set<IssueCode>([
  'birth-date-two-digit-year',
  'dose-date-two-digit-year',
]);

const MISSING: Readonly<Record<RecordRole, Readonly<Partial<Record<FieldName, IssueCode>>>>> = {
  patient: PATIENT_MISSING,
  immunization: IMMUNIZATION_MISSING,
  comment: COMMENT_MISSING,
};

/** The code of a blank in a field that has one of its own. */
export function missingCode(role: RecordRole, field: FieldName): IssueCode | undefined {
  return MISSING[role][field];
}

/** Required fields of a layout whose blank has no code of its own, and so is `required-value-missing`. */
export function plainlyRequired(role: RecordRole, layout: Layout): readonly LayoutField[] {
  return layout.fields.filter(
    (column) =>
      column.use === 'required' &&
      column.field !== null &&
      column.default === undefined &&
      MISSING[role][column.field] === undefined,
  );
}

/** Whether a record or a file of a few records can break the rule, and it is reported when one does. */
export function canBreak(code: IssueCode, spec: Spec): boolean {
  if (severityOf(code, spec) === 'off' || NEEDS_MORE_THAN_FILES.has(code) || NEEDS_MANY_RECORDS.has(code)) return false;
  if (isCombined(spec) && ONLY_IN_TWO_FILES.has(code)) return false;
  if (isTagged(spec) && NOT_UNDER_A_PATIENT.has(code)) return false;
  if (isTagged(spec) && code === 'patient-rejected') return true;
  const layouts = viewsOf(spec);
  const byRule = layouts.some(([, { fields }]) =>
    fields.some(({ rules = [] }) => rules.some((rule) => codesOfRule(rule).includes(code))),
  );
  if (byRule || ONLY_BY_RULES.has(code)) return byRule;
  const shape = SHAPES[code];
  if (shape !== undefined) return layouts.some(([, layout]) => shape(layout));
  if (code === 'required-value-missing')
    return layouts.some(([role, layout]) => plainlyRequired(role, layout).length > 0);
  const carries = (role: RecordRole, field: FieldName): boolean =>
    spec.layouts[role]?.fields.some((each) => each.field === field) === true;
  const orders = ABOUT_ORDER[code];
  if (orders !== undefined) return orders.some(([allowed, others]) => hasDates(spec, allowed, others));
  if (code === 'dose-date-after-death') return carries('patient', 'death_date');
  if (code === 'cvx-replaced' && !isCvxOverruled(spec)) return false;
  if (ABOUT_LIKELIHOOD.has(code) && !isShownBy((field) => carries('immunization', field))) return false;
  // Where CPT decides, what it says of the day is told of the vaccine.
  const { vaccineOrder } = spec;
  if (code === 'cpt-not-valid-on-date' && vaccineOrder.indexOf('cpt') < vaccineOrder.indexOf('cvx')) return false;
  if (TWO_DIGIT_YEARS.has(code) && spec.dates.twoDigitYears === 'reject') return false;
  const forms = DATE_FORMS[code];
  const { subject, field } = CATALOGUE[code] as IssueDefinition;
  if ((field === null && !OF_SEVERAL_DATES.has(code)) || code === 'site-missing') return true;
  const second = SECOND_FIELDS[code];
  return layouts.some(([role, layout]) => {
    if (subject !== 'record' && subject !== role) return false;
    if (second !== undefined && !carries(role, second)) return false;
    const reported = fieldsReportedOn(code, role);
    return layout.fields.some(({ field: carried, dates = spec.dates.formats }) => {
      if (carried === null || !reported.includes(carried)) return false;
      if (ONLY_UNREAD_SERIALS.has(code)) return !dates.includes(SERIAL);
      if (code === 'date-from-serial') return dates.indexOf(SERIAL) > 0;
      return forms === undefined || forms.some((form) => dates.includes(form));
    });
  });
}

/** Whether a column decides about the vaccine before CVX. An NDC does where there is a table of them. */
function isCvxOverruled({ vaccineOrder, layouts }: Spec): boolean {
  const before = vaccineOrder.slice(0, vaccineOrder.indexOf('cvx')).filter((field) => field !== 'ndc');
  return before.some((field) => layouts.immunization.fields.some((each) => each.field === field));
}

/** Whether a column has dates in one of these forms, and in none of the others. */
function hasDates(spec: Spec, forms: readonly DateFormat[], others: readonly DateFormat[]): boolean {
  return viewsOf(spec).some(([role, { fields }]) =>
    fields.some(({ field, dates = spec.dates.formats }) => {
      if (field === null || !fieldsOf(role)[field]!.kind.startsWith('date')) return false;
      return dates.some((each) => forms.includes(each)) && !dates.some((each) => others.includes(each));
    }),
  );
}

/** The fields of a role that a code can be reported on. */
function fieldsReportedOn(code: IssueCode, role: RecordRole): readonly FieldName[] {
  const own = CATALOGUE[code].field as FieldName | null;
  if (own === 'cvx' && !CVX_COLUMN.has(code)) return VACCINE_FIELDS;
  const fields: [string, FieldDefinition][] = Object.entries(fieldsOf(role));
  const others = fields.filter(([, { problems = {} }]) => Object.values(problems).includes(code));
  return [...(own === null ? [] : [own]), ...others.map(([name]) => name as FieldName)];
}
