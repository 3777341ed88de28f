/**
 * The nouns of immload: roles, fields, records, fates.
 *
 * A field's name is the same in a spec, in a report and as a column of the registry tables.
 */
import type { IssueCode } from './catalogue.js';

/** A calendar day as `YYYY-MM-DD`, always a day that exists. */
export type IsoDate = string & { readonly __isoDate: never };

/** What a file of a submission carries. */
export type Role = 'patient' | 'immunization';

/** What one record is read as: what a file carries, or what goes with it: remarks on patients, such as a refusal. */
export type RecordRole = Role | 'comment';

/** What the records of a file are: of one role, or a patient and doses of that patient in each. */
export type FileRole = RecordRole | 'combined';

/** An error keeps its record out of the registry, or its whole file; a warning and an info let it in. */
export type Severity = 'error' | 'warning' | 'info';

/** What became of one record. Every record has exactly one fate. */
export type Fate = 'loaded' | 'merged' | 'duplicate' | 'rejected' | 'skipped';

/** The fates in the order in which reports show them. */
export const FATES: readonly Fate[] = ['loaded', 'merged', 'duplicate', 'rejected', 'skipped'];

/** How a field's value is read: each kind has one normalizer. */
export type ValueKind =
  | 'id'
  | 'text'
  | 'name'
  | 'suffix'
  | 'date'
  | 'date-or-month'
  | 'dates'
  | 'sex'
  | 'race'
  | 'code'
  | 'language'
  | 'state'
  | 'zip'
  | 'county'
  | 'country'
  | 'phone'
  | 'email'
  | 'ssn'
  | 'birth-order'
  | 'raw-code'
  | 'mvx'
  | 'lot'
  | 'amount'
  | 'comment-code';

/** What can be wrong with one value on its own; a field's definition maps it to an issue code. */
export type Problem =
  | 'invalid'
  | 'ambiguous'
  | 'two-digit-year'
  | 'digits-missing'
  | 'partial'
  | 'day-first'
  | 'serial'
  | 'from-serial'
  | 'unrecognized'
  | 'outside-guide'
  | 'placeholder'
  | 'padded'
  | 'too-many'
  | 'scientific'
  | 'characters'
  | 'short'
  | 'tagged'
  | 'several'
  | 'named'
  | 'like-date'
  | 'maybe-tagged'
  | 'spreadsheet-error'
  | 'spreadsheet-mark';

/** The issues of problems that a value of any field can have. */
export const COMMON_PROBLEMS: Readonly<Partial<Record<Problem, IssueCode>>> = {
  'spreadsheet-error': 'value-spreadsheet-error',
  'spreadsheet-mark': 'value-spreadsheet-mark',
};

/** What immload knows of a field, whatever the layout it comes from. */
export interface FieldDefinition {
  readonly kind: ValueKind;
  /** In words, for documents. */
  readonly label: string;
  /** The code table of a `code` field. */
  readonly table?: string;
  /** The issue that each problem of the value is reported as. */
  readonly problems?: Partial<Record<Problem, IssueCode>>;
  /** False for a field that is read and judged but is no column of the registry tables. */
  readonly stored?: false;
}

/** What can be wrong with a date that a record may do without. */
function otherDate<Code extends IssueCode>(invalid: Code) {
  return {
    invalid,
    ambiguous: invalid,
    'day-first': invalid,
    partial: 'date-partial',
    serial: 'date-serial',
    'from-serial': 'date-from-serial',
  } as const satisfies Partial<Record<Problem, IssueCode>>;
}

/** The canonical fields of a patient. The first two are the sender's key. */
export const PATIENT_FIELDS = {
  site_id: { kind: 'id', label: 'Site that sends the record', stored: false },
  source_patient_id: {
    kind: 'id',
    label: 'Patient’s id at the site',
    stored: false,
    problems: { scientific: 'patient-id-scientific' },
  },
  last_name: { kind: 'name', label: 'Last name', problems: { characters: 'name-characters' } },
  first_name: { kind: 'name', label: 'First name', problems: { characters: 'name-characters' } },
  middle_name: { kind: 'name', label: 'Middle name', problems: { characters: 'name-characters' } },
  suffix: { kind: 'suffix', label: 'Name suffix', problems: { unrecognized: 'suffix-unrecognized' } },
  alias_last_name: { kind: 'name', label: 'Other last name' },
  alias_first_name: { kind: 'name', label: 'Other first name' },
  birth_date: {
    kind: 'date',
    label: 'Birth date',
    problems: {
      invalid: 'birth-date-invalid',
      ambiguous: 'birth-date-ambiguous',
      'two-digit-year': 'birth-date-two-digit-year',
      'digits-missing': 'birth-date-digits-missing',
      partial: 'birth-date-partial',
      'day-first': 'birth-date-day-first',
      serial: 'birth-date-serial',
      'from-serial': 'date-from-serial',
    },
  },
  sex: {
    kind: 'sex',
    label: 'Sex',
    problems: { unrecognized: 'sex-unrecognized', 'outside-guide': 'sex-outside-guide' },
  },
  gender: { kind: 'text', label: 'Gender, in the patient’s words' },
  race: {
    kind: 'race',
    label: 'Race (CDCREC, up to six)',
    problems: { unrecognized: 'race-unrecognized', ambiguous: 'race-ambiguous', 'too-many': 'race-too-many' },
  },
  ethnicity: {
    kind: 'code',
    table: 'ethnicity',
    label: 'Ethnicity (CDCREC)',
    problems: { unrecognized: 'ethnicity-unrecognized' },
  },
  language: { kind: 'language', label: 'Language (ISO 639)', problems: { unrecognized: 'language-unrecognized' } },
  mother_maiden_last_name: { kind: 'name', label: 'Mother’s maiden last name' },
  mother_first_name: { kind: 'name', label: 'Mother’s first name' },
  multiple_birth: {
    kind: 'code',
    table: 'yes_no',
    label: 'Multiple birth (Y, N)',
    problems: { unrecognized: 'multiple-birth-unrecognized' },
  },
  birth_order: { kind: 'birth-order', label: 'Birth order (1-9)', problems: { invalid: 'birth-order-invalid' } },
  street: { kind: 'text', label: 'Street address' },
  street_2: { kind: 'text', label: 'Second address line' },
  street_3: { kind: 'text', label: 'Third address line' },
  city: { kind: 'text', label: 'City' },
  state: { kind: 'state', label: 'State (USPS)', problems: { unrecognized: 'state-unrecognized' } },
  zip: { kind: 'zip', label: 'ZIP code', problems: { invalid: 'zip-invalid', placeholder: 'zip-placeholder' } },
  county: { kind: 'county', label: 'County (FIPS)', problems: { unrecognized: 'county-unrecognized' } },
  country: { kind: 'country', label: 'Country (ISO 3166)', problems: { unrecognized: 'country-unrecognized' } },
  phone: { kind: 'phone', label: 'Phone', problems: { invalid: 'phone-invalid', placeholder: 'phone-placeholder' } },
  phone_2: {
    kind: 'phone',
    label: 'Second phone',
    problems: { invalid: 'phone-invalid', placeholder: 'phone-placeholder' },
  },
  email: { kind: 'email', label: 'E-mail address', problems: { invalid: 'email-invalid' } },
  guardian_last_name: { kind: 'name', label: 'Guardian’s last name' },
  guardian_first_name: { kind: 'name', label: 'Guardian’s first name' },
  guardian_middle_name: { kind: 'name', label: 'Guardian’s middle name' },
  guardian_relationship: {
    kind: 'code',
    table: 'relationship',
    label: 'Guardian’s relationship (HL7 0063)',
    problems: { unrecognized: 'guardian-relationship-unrecognized' },
  },
  guardian_phone: {
    kind: 'phone',
    label: 'Guardian’s phone',
    problems: { invalid: 'phone-invalid', placeholder: 'phone-placeholder' },
  },
  medicaid_id: { kind: 'id', label: 'Medicaid id' },
  ssn: {
    kind: 'ssn',
    label: 'Social Security number',
    problems: { invalid: 'ssn-invalid', placeholder: 'ssn-placeholder' },
  },
  chart_number: { kind: 'id', label: 'Chart number' },
  primary_provider_id: { kind: 'id', label: 'Primary provider (NPI)' },
  registry_status: {
    kind: 'code',
    table: 'registry_status',
    label: 'Registry status (HL7 0441)',
    problems: { unrecognized: 'registry-status-unrecognized' },
  },
  reminder_recall: {
    kind: 'code',
    table: 'publicity',
    label: 'Reminder and recall (HL7 0215)',
    problems: { unrecognized: 'reminder-recall-unrecognized' },
  },
  sharing_objection: {
    kind: 'code',
    table: 'yes_no',
    label: 'Objects to sharing (Y, N)',
    problems: { unrecognized: 'sharing-objection-unrecognized' },
  },
  sharing_objection_date: {
    kind: 'date',
    label: 'Date of the objection',
    problems: otherDate('sharing-objection-date-invalid'),
  },
  death_date: {
    kind: 'date',
    label: 'Death date',
    problems: otherDate('death-date-invalid'),
  },
  eligibility: {
    kind: 'code',
    table: 'eligibility',
    label: 'VFC eligibility (HL7 0064)',
    problems: { unrecognized: 'eligibility-unrecognized' },
  },
  eligibility_date: {
    kind: 'date',
    label: 'Date of the eligibility',
    problems: otherDate('eligibility-date-invalid'),
  },
} as const satisfies Record<string, FieldDefinition>;

/**
 * The canonical fields of an immunization. The first three are what linking reads: whose dose, and when.
 * `cvx`, `cpt`, `ndc`, `vaccine_name` and `vaccine_group` are what the sender said; `cvx` holds the vaccine they resolve to.
 */
export const IMMUNIZATION_FIELDS = {
  site_id: { kind: 'id', label: 'Site that sends the record' },
  source_patient_id: {
    kind: 'id',
    label: 'Patient’s id at the site',
    stored: false,
    problems: { scientific: 'patient-id-scientific' },
  },
  administered_on: {
    kind: 'date',
    label: 'Date of the dose',
    problems: {
      invalid: 'dose-date-invalid',
      ambiguous: 'dose-date-ambiguous',
      'two-digit-year': 'dose-date-two-digit-year',
      'digits-missing': 'dose-date-digits-missing',
      partial: 'dose-date-partial',
      'day-first': 'dose-date-day-first',
      serial: 'dose-date-serial',
      'from-serial': 'date-from-serial',
    },
  },
  cvx: { kind: 'raw-code', label: 'Vaccine (CVX)' },
  completion_status: {
    kind: 'code',
    table: 'completion_status',
    label: 'Completion status (HL7 0322)',
    problems: { unrecognized: 'completion-unrecognized' },
  },
  source_immunization_id: { kind: 'id', label: 'Dose’s id at the site' },
  cpt: { kind: 'raw-code', label: 'Vaccine (CPT)' },
  ndc: { kind: 'raw-code', label: 'Product (NDC)' },
  vaccine_name: { kind: 'text', label: 'Trade name or vaccine name' },
  vaccine_group: { kind: 'text', label: 'Vaccine group', stored: false },
  information_source: {
    kind: 'code',
    table: 'information_source',
    label: 'Information source (NIP001)',
    problems: { unrecognized: 'information-source-unrecognized' },
  },
  mvx: {
    kind: 'mvx',
    label: 'Maker (MVX)',
    problems: { unrecognized: 'mvx-unrecognized', named: 'mvx-from-name' },
  },
  lot_number: {
    kind: 'lot',
    label: 'Lot number',
    problems: {
      placeholder: 'lot-placeholder',
      characters: 'lot-characters',
      short: 'lot-short',
      tagged: 'lot-tagged',
      'maybe-tagged': 'lot-may-hold-tag',
      several: 'lot-several',
      scientific: 'lot-scientific',
      'like-date': 'lot-like-date',
    },
  },
  lot_expiration: {
    kind: 'date-or-month',
    label: 'Lot’s expiry (day or month)',
    problems: otherDate('lot-expiration-invalid'),
  },
  dose_amount: {
    kind: 'amount',
    label: 'Amount',
    problems: { invalid: 'amount-invalid', placeholder: 'amount-unknown' },
  },
  dose_unit: {
    kind: 'code',
    table: 'dose_unit',
    label: 'Unit (UCUM)',
    problems: { unrecognized: 'unit-unrecognized' },
  },
  route: { kind: 'code', table: 'route', label: 'Route (HL7 0162)', problems: { unrecognized: 'route-unrecognized' } },
  body_site: {
    kind: 'code',
    table: 'body_site',
    label: 'Body site (HL7 0163)',
    problems: { unrecognized: 'body-site-unrecognized' },
  },
  administered_by_last_name: { kind: 'name', label: 'Given by: last name' },
  administered_by_first_name: { kind: 'name', label: 'Given by: first name' },
  administered_by_name: { kind: 'text', label: 'Given by: whole name' },
  administered_by_title: { kind: 'text', label: 'Given by: title' },
  administered_by_id: { kind: 'id', label: 'Given by: id' },
  ordering_provider_id: { kind: 'id', label: 'Ordered by: id' },
  ordering_provider_name: { kind: 'text', label: 'Ordered by: name' },
  facility_id: { kind: 'id', label: 'Where given: id' },
  facility_name: { kind: 'text', label: 'Where given: name' },
  eligibility: {
    kind: 'code',
    table: 'eligibility',
    label: 'VFC eligibility (HL7 0064)',
    problems: { unrecognized: 'eligibility-unrecognized' },
  },
  funding_source: {
    kind: 'code',
    table: 'funding_source',
    label: 'Vaccine purchased with (CDCPHINVS)',
    problems: { unrecognized: 'funding-source-unrecognized' },
  },
  vis_edition_date: {
    kind: 'dates',
    label: 'Edition of the VIS',
    problems: otherDate('vis-date-invalid'),
  },
  vis_given_date: {
    kind: 'date',
    label: 'Day the VIS was given',
    problems: otherDate('vis-date-invalid'),
  },
  refusal_reason: {
    kind: 'code',
    table: 'refusal_reason',
    label: 'Reason of a refusal (NIP002)',
    problems: { unrecognized: 'refusal-reason-unrecognized' },
  },
  reaction: { kind: 'text', label: 'Reaction' },
  action_code: {
    kind: 'code',
    table: 'action',
    label: 'Action (HL7 0206)',
    stored: false,
    problems: { unrecognized: 'action-unrecognized' },
  },
  comment: { kind: 'text', label: 'Comment' },
} as const satisfies Record<string, FieldDefinition>;

/** The canonical fields of a comment on a patient: a refusal, a contraindication, a history of disease. */
export const COMMENT_FIELDS = {
  site_id: { kind: 'id', label: 'Site that sends the record' },
  source_patient_id: {
    kind: 'id',
    label: 'Patient’s id at the site',
    stored: false,
    problems: { scientific: 'patient-id-scientific' },
  },
  comment_code: {
    kind: 'comment-code',
    label: 'What is said of the patient (a code of the registry)',
    problems: { unrecognized: 'comment-code-unrecognized' },
  },
  applies_on: {
    kind: 'date',
    label: 'Day from which it applies',
    problems: otherDate('comment-date-invalid'),
  },
} as const satisfies Record<string, FieldDefinition>;

export type PatientField = keyof typeof PATIENT_FIELDS;
export type ImmunizationField = keyof typeof IMMUNIZATION_FIELDS;
export type CommentField = keyof typeof COMMENT_FIELDS;
export type FieldName = PatientField | ImmunizationField | CommentField;

/** The definitions of a role's fields, in slot order. */
export function fieldsOf(role: RecordRole): Readonly<Record<string, FieldDefinition>> {
  return FIELDS[role];
}

const FIELDS: Readonly<Record<RecordRole, Readonly<Record<string, FieldDefinition>>>> = {
  patient: PATIENT_FIELDS,
  immunization: IMMUNIZATION_FIELDS,
  comment: COMMENT_FIELDS,
};

function slotsOf<F extends string>(fields: Record<F, FieldDefinition>): Readonly<Record<F, number>> {
  return Object.fromEntries(Object.keys(fields).map((name, slot) => [name, slot])) as Record<F, number>;
}

/** The place of each patient field in a {@link Row}. */
export const PATIENT = slotsOf(PATIENT_FIELDS);

/** The place of each immunization field in a {@link Row}. */
export const DOSE = slotsOf(IMMUNIZATION_FIELDS);

/** The place of each comment field in a {@link Row}. */
export const COMMENT = slotsOf(COMMENT_FIELDS);

/** Places of the sender's ids in the rows of a role. */
export interface IdSlots {
  readonly site: number;
  readonly patient: number;
  /** `null` where its rows are about no dose. */
  readonly immunization: number | null;
}

/** Where the rows of each role say whose they are. */
export const ID_SLOTS: Readonly<Record<RecordRole, IdSlots>> = {
  patient: { site: PATIENT.site_id, patient: PATIENT.source_patient_id, immunization: null },
  immunization: {
    site: DOSE.site_id,
    patient: DOSE.source_patient_id,
    immunization: DOSE.source_immunization_id,
  },
  comment: { site: COMMENT.site_id, patient: COMMENT.source_patient_id, immunization: null },
};

/** One normalized record: a value per canonical field in slot order, `null` where nothing is known. */
export type Row = (string | null)[];

/** Separates the values of a packed row. Normalized values hold no control characters, so it cannot occur in one. */
const SEPARATOR = '\x1f';

/** A {@link Row} as one string: a fifth of the memory, and one value to hand over. */
export function packRow(row: Row): string {
  return row.join(SEPARATOR);
}

/** The inverse of {@link packRow}. */
export function unpackRow(packed: string): Row {
  const row: Row = packed.split(SEPARATOR);
  for (let slot = 0; slot < row.length; slot++) if (row[slot] === '') row[slot] = null;
  return row;
}

/** One value of a packed row, without unpacking the others; `''` where nothing is known. */
export function unpackSlot(packed: string, slot: number): string {
  let start = 0;
  for (let before = 0; before < slot; before++) start = packed.indexOf(SEPARATOR, start) + 1;
  const end = packed.indexOf(SEPARATOR, start);
  return end < 0 ? packed.slice(start) : packed.slice(start, end);
}
