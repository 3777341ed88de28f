/**
 * The dirt of real files, planted on purpose: one fault for (nearly) every issue code.
 *
 * Each fault says which code it must give, so that tests can compare. Faults are dealt out in turn, so that all of them
 * occur before any occurs again.
 */
import type { IssueCode } from '../../src/core/catalogue.js';
import type { FieldName, Role } from '../../src/core/model.js';
import type { Layout, Spec } from '../../src/core/spec.js';
import type { Cells } from '../../src/core/write.js';
import { headerLine, toLine } from '../../src/core/write.js';
import { Random } from './random.js';
import type { Spoiled, Spoiler } from './submission.js';

/** A record on its way to the file. */
class Editor {
  constructor(
    readonly cells: Cells,
    readonly layout: Layout,
  ) {}

  #index(field: FieldName): number {
    return this.layout.fields.findIndex((each) => each.field === field);
  }

  has(field: FieldName): boolean {
    return this.#index(field) >= 0;
  }

  get(field: FieldName): string {
    return this.cells[this.#index(field)] ?? '';
  }

  /** Sets a cell; a layout without the column stays as it is. */
  set(field: FieldName, value: string): this {
    const index = this.#index(field);
    if (index >= 0) this.cells[index] = value;
    return this;
  }

  line(): string {
    return toLine(this.cells, this.layout);
  }
}

/** One kind of dirt. */
export interface Fault {
  readonly code: IssueCode;
  readonly role: Role;
  /** Columns without which the fault cannot be planted. */
  readonly needs?: readonly FieldName[];
  /** Only for files with delimiters. */
  readonly delimited?: true;
  /** What `spoil` gives comes besides the record, not in its place. */
  readonly besides?: true;
  /** Spoils the record; gives a raw line where no cells can say it. */
  readonly spoil: (record: Editor, random: Random) => undefined | string | Uint8Array;
}

type Values = Readonly<Partial<Record<FieldName, string>>>;

/** A fault that sets some cells. */
function setting(role: Role, code: IssueCode, values: Values): Fault {
  return {
    code,
    role,
    needs: Object.keys(values) as FieldName[],
    spoil: (record) => {
      for (const [field, value] of Object.entries(values)) record.set(field as FieldName, value);
      return undefined;
    },
  };
}

/** A fault that writes a patient's own birth date in another way. */
function rewritingBirthDate(code: IssueCode, rewrite: (year: string, month: string, day: string) => string): Fault {
  return {
    code,
    role: 'patient',
    delimited: true,
    spoil: (record) => {
      const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(record.get('birth_date'))!;
      record.set('birth_date', rewrite(year!, month!, day!));
      return undefined;
    },
  };
}

const patient = (code: IssueCode, values: Values): Fault => setting('patient', code, values);
const dose = (code: IssueCode, values: Values): Fault => setting('immunization', code, values);

/** Faults that keep a record out. */
export const ERROR_FAULTS: readonly Fault[] = [
  patient('last-name-missing', { last_name: '' }),
  patient('last-name-placeholder', { last_name: 'UNKNOWN' }),
  patient('birth-date-missing', { birth_date: '' }),
  patient('birth-date-invalid', { birth_date: '20110230' }),
  { ...patient('birth-date-ambiguous', { birth_date: '1121951' }), delimited: true },
  { ...patient('birth-date-in-future', { birth_date: '20310515' }), delimited: true },
  { ...patient('birth-date-too-early', { birth_date: '18990314' }), delimited: true },
  patient('patient-id-missing', { source_patient_id: '' }),
  patient('patient-id-scientific', { source_patient_id: '1.23E+11' }),
  { ...patient('site-missing', { site_id: '' }), delimited: true },
  { ...patient('sharing-objection-unrecognized', { sharing_objection: '?' }), delimited: true },
  {
    code: 'field-count-wrong',
    role: 'patient',
    delimited: true,
    // A street with the delimiter in it, and no quotes around it.
    spoil: (record) => record.line().replace(record.get('street'), record.get('street').replace(' ', '|')),
  },
  {
    code: 'quote-not-closed',
    role: 'patient',
    delimited: true,
    spoil: (record) => record.line().replace(`|${record.get('last_name')}|`, `|"${record.get('last_name')}|`),
  },
  {
    code: 'quote-misplaced',
    role: 'patient',
    delimited: true,
    spoil: (record) => record.line().replace(`|${record.get('first_name')}|`, `|"Bee" ${record.get('first_name')}|`),
  },
  dose('dose-patient-id-missing', { source_patient_id: '' }),
  dose('patient-not-found', { source_patient_id: '999999' }),
  dose('vaccine-missing', { cvx: '', cpt: '', vaccine_name: '', vaccine_group: '' }),
  dose('vaccine-unresolved', { cvx: '', cpt: '', vaccine_name: 'allergy shot', vaccine_group: '' }),
  dose('cvx-reserved', { cvx: '99' }),
  dose('cvx-no-vaccine', { cvx: '998' }),
  dose('cvx-unknown-vaccine', { cvx: '999' }),
  dose('cvx-never-active', { cvx: '117' }),
  dose('dose-date-missing', { administered_on: '' }),
  dose('dose-date-invalid', { administered_on: '20150231' }),
  { ...dose('dose-date-ambiguous', { administered_on: '010203' }), delimited: true },
  { ...dose('dose-date-in-future', { administered_on: '20290101' }), delimited: true },
  { ...dose('dose-date-before-birth', { administered_on: '19201231' }), delimited: true },
  dose('completion-unrecognized', { completion_status: 'XX' }),
  dose('action-not-add', { action_code: 'D' }),
  dose('action-unrecognized', { action_code: 'Q' }),
];

/** Faults that let a record in. */
export const REMARK_FAULTS: readonly Fault[] = [
  patient('first-name-missing', { first_name: '' }),
  patient('first-name-placeholder', { first_name: 'NO FIRST NAME' }),
  patient('name-newborn', { first_name: 'BABY GIRL' }),
  patient('name-test', { last_name: 'ZZTEST' }),
  patient('name-characters', { middle_name: 'M4' }),
  patient('middle-initial-in-first-name', { first_name: 'Mary A', middle_name: '' }),
  {
    code: 'suffix-split',
    role: 'patient',
    spoil: (record) => {
      record.set('last_name', `${record.get('last_name')} JR`).set('suffix', '');
      return undefined;
    },
  },
  patient('suffix-unrecognized', { suffix: 'MD' }),
  rewritingBirthDate('birth-date-two-digit-year', (year, month, day) => `${month}/${day}/${year.slice(2)}`),
  // Excel took the leading zeros of month and day away.
  rewritingBirthDate('birth-date-digits-missing', (year, month, day) => `${Number(month)}${Number(day)}${year}`),
  rewritingBirthDate('birth-date-first-of-month', (year, month) => `${year}${month}01`),
  { ...patient('death-date-invalid', { death_date: '20111301' }), delimited: true },
  { ...patient('death-date-in-future', { death_date: '20301201' }), delimited: true },
  { ...patient('death-date-before-birth', { death_date: '18900101' }), delimited: true },
  patient('sex-unrecognized', { sex: '?' }),
  patient('sex-outside-guide', { sex: 'X' }),
  { ...patient('race-unrecognized', { race: 'martian' }), delimited: true },
  { ...patient('race-ambiguous', { race: 'A' }), delimited: true },
  patient('race-too-many', { race: '1002-5~2028-9~2054-5~2076-8~2106-3~2131-1~1004-1' }),
  patient('ethnicity-unrecognized', { ethnicity: 'Q' }),
  patient('language-unrecognized', { language: 'xx' }),
  patient('address-incomplete', { city: '', zip: '', state: '' }),
  patient('state-unrecognized', { state: 'XQ' }),
  patient('zip-invalid', { zip: '021' }),
  patient('zip-placeholder', { zip: '00000' }),
  {
    code: 'zip-padded',
    role: 'patient',
    spoil: (record) => {
      record.set('zip', record.get('zip').slice(1));
      return undefined;
    },
  },
  patient('zip-without-state', { state: '' }),
  patient('county-unrecognized', { county: 'Q' }),
  patient('county-outside-state', { county: '33011' }),
  patient('country-unrecognized', { country: '?' }),
  patient('phone-invalid', { phone: '555-0100' }),
  patient('phone-placeholder', { phone: '9999999999' }),
  patient('email-invalid', { email: 'nobody at mail' }),
  patient('ssn-placeholder', { ssn: '999999999' }),
  patient('ssn-invalid', { ssn: '00012345' }),
  patient('multiple-birth-unrecognized', { multiple_birth: '?', birth_order: '' }),
  patient('birth-order-invalid', { multiple_birth: 'Y', birth_order: '0' }),
  patient('birth-order-missing', { multiple_birth: 'Y', birth_order: '' }),
  { ...patient('guardian-relationship-unrecognized', { guardian_relationship: '??' }), delimited: true },
  patient('registry-status-unrecognized', { registry_status: 'Z' }),
  patient('reminder-recall-unrecognized', { reminder_recall: '77' }),
  patient('sharing-objection-date-invalid', { sharing_objection: 'Y', sharing_objection_date: 'last May' }),
  { ...patient('character-control', { street: '12 Maple\tSt' }), delimited: true },
  {
    code: 'encoding-windows-1252',
    role: 'patient',
    delimited: true,
    // A street with an accent, as an old export of Windows writes it.
    spoil: (record) => new Uint8Array(Buffer.from(record.set('street', '7 Lévis St').line(), 'latin1')),
  },
  // And one in UTF-8 in the same file.
  { ...patient('encoding-mixed', { city: 'Cañon' }), delimited: true },
  {
    code: 'header-repeated',
    role: 'patient',
    delimited: true,
    besides: true,
    spoil: (record) => headerLine(record.layout) ?? undefined,
  },
  {
    code: 'record-blank',
    role: 'patient',
    delimited: true,
    besides: true,
    spoil: (record) => '|'.repeat(record.cells.length - 1),
  },
  dose('cvx-invalid', { cvx: 'MMR', cpt: '90707' }),
  dose('cvx-unknown', { cvx: '124', cpt: '90707' }),
  {
    code: 'cvx-padded',
    role: 'immunization',
    needs: ['cvx'],
    spoil: (record) => {
      record.set('cvx', '3');
      return undefined;
    },
  },
  dose('cvx-newer-than-table', { cvx: '450', cpt: '90707' }),
  dose('cpt-in-cvx', { cvx: '90707', cpt: '' }),
  dose('cpt-unknown', { cpt: '99999' }),
  dose('cpt-ambiguous', { cpt: '90662' }),
  dose('cpt-administration', { cpt: '90471' }),
  dose('vaccine-from-name', { cvx: '', cpt: '', vaccine_name: 'HAVRIX-PEDS' }),
  dose('vaccine-codes-disagree', { cvx: '03', cpt: '90713' }),
  dose('cvx-superseded', { cvx: '31' }),
  dose('cvx-not-vaccine', { cvx: '96' }),
  dose('cvx-adjuvant', { cvx: '801' }),
  dose('cvx-unspecified', { cvx: '88', information_source: '00', lot_number: 'UN88123', mvx: 'PMC' }),
  dose('cvx-foreign', { cvx: '510', information_source: '00', lot_number: 'UN88124', mvx: 'OTH' }),
  { ...dose('dose-date-two-digit-year', { administered_on: '5/14/26' }), delimited: true },
  { ...dose('dose-date-digits-missing', { administered_on: '5142026' }), delimited: true },
  { ...dose('dose-date-first-of-month', { administered_on: '20260501' }), delimited: true },
  dose('information-source-unrecognized', { information_source: 'ZZ' }),
  dose('mvx-unrecognized', { mvx: 'QQQ' }),
  dose('mvx-missing', { mvx: '', information_source: '00', lot_number: 'UN88125' }),
  dose('product-unknown', { cvx: '03', mvx: 'PFR' }),
  dose('lot-missing', { lot_number: '', information_source: '00', mvx: 'MSD' }),
  dose('lot-placeholder', { lot_number: 'UNKNOWN', information_source: '01' }),
  dose('lot-characters', { lot_number: 'AB1234*VFC' }),
  dose('lot-short', { lot_number: 'AB1' }),
  dose('lot-scientific', { lot_number: '4.00E+61' }),
  dose('lot-expiration-invalid', { lot_expiration: 'soon' }),
  { ...dose('dose-after-lot-expiry', { lot_expiration: '19500131' }), delimited: true },
  dose('amount-unknown', { dose_amount: '999' }),
  dose('amount-invalid', { dose_amount: 'half' }),
  dose('unit-unrecognized', { dose_amount: '0.5', dose_unit: 'cup' }),
  dose('route-unrecognized', { route: 'ZZ' }),
  dose('body-site-unrecognized', { body_site: 'toe' }),
  dose('eligibility-unrecognized', { eligibility: 'V9' }),
  dose('funding-source-unrecognized', { funding_source: 'aunt' }),
  dose('vis-date-invalid', { vis_edition_date: 'new' }),
  { ...dose('vis-after-dose', { vis_given_date: '20260630' }), delimited: true },
  dose('dose-refused', { completion_status: 'RE', refusal_reason: '01' }),
  dose('dose-not-given', { completion_status: 'NA' }),
  dose('dose-partial', { completion_status: 'PA' }),
  dose('refusal-reason-missing', { completion_status: 'RE', refusal_reason: '' }),
  dose('refusal-reason-unrecognized', { completion_status: 'RE', refusal_reason: 'because' }),
  { ...dose('value-too-long', { comment: 'x'.repeat(240) }), delimited: true },
];

/** Whether a layout can show the fault. */
export function canPlant(fault: Fault, spec: Spec): boolean {
  const layout = spec.layouts[fault.role];
  if (fault.delimited === true && layout.format !== 'delimited') return false;
  const carried = new Set<unknown>(layout.fields.map((field) => field.field));
  const needed = fault.needs ?? [];
  // A fault that blanks the ways to name a vaccine asks for none of them in particular.
  if (fault.code.startsWith('vaccine-')) return needed.some((field) => carried.has(field));
  return needed.every((field) => carried.has(field));
}

export interface DirtOptions {
  readonly seed: number;
  /** Share of the records that get a fault that keeps them out, and one that does not. */
  readonly errors: number;
  readonly remarks: number;
  /** Share of the records that are sent again: patients under another id, doses as they are or poorer. */
  readonly duplicates: number;
}

/** Plants faults in a submission as it is written. */
export class Dirt implements Spoiler {
  readonly #random: Random;
  readonly #options: DirtOptions;
  readonly #spec: Spec;
  readonly #turns = new Map<string, number>();
  /** How often each fault was planted. */
  readonly planted = new Map<IssueCode, number>();
  /** Patients that must be left as they are, because a record of theirs was repeated. */
  #copies = 0;

  constructor(spec: Spec, options: DirtOptions) {
    this.#spec = spec;
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  patient(cells: Cells): readonly Spoiled[] {
    if (this.#random.chance(this.#options.duplicates)) return [cells, this.#copyPatient(cells)];
    return this.#spoil(cells, 'patient');
  }

  immunization(cells: Cells): readonly Spoiled[] {
    if (this.#random.chance(this.#options.duplicates)) return [cells, this.#copyDose(cells)];
    return this.#spoil(cells, 'immunization');
  }

  /** The same person under another id of the site, as after a merger of two clinics. */
  #copyPatient(cells: Cells): Cells {
    const copy = new Editor([...cells], this.#spec.layouts.patient);
    // Or under the same id, with another phone: exported twice.
    if (this.#random.chance(0.2)) return copy.set('phone', '6175550199').cells;
    copy.set('source_patient_id', `C${String(++this.#copies).padStart(5, '0')}`);
    copy.set('last_name', copy.get('last_name').toUpperCase());
    if (this.#random.chance(0.5)) copy.set('phone', '').set('email', '');
    return copy.cells;
  }

  /** The same dose again, with less said about it. */
  #copyDose(cells: Cells): Cells {
    const copy = new Editor([...cells], this.#spec.layouts.immunization);
    if (this.#random.chance(0.7)) {
      const details = [
        'mvx',
        'lot_number',
        'lot_expiration',
        'dose_amount',
        'dose_unit',
        'route',
        'body_site',
      ] as const;
      for (const field of details) copy.set(field, '');
      copy.set('information_source', '01');
    }
    copy.set('source_immunization_id', '');
    return copy.cells;
  }

  #spoil(cells: Cells, role: Role): readonly Spoiled[] {
    const { errors, remarks } = this.#options;
    const dice = this.#random.next();
    if (dice >= errors + remarks) return [cells];
    const kind = dice < errors ? 'errors' : 'remarks';
    const faults = (kind === 'errors' ? ERROR_FAULTS : REMARK_FAULTS).filter(
      (fault) => fault.role === role && canPlant(fault, this.#spec),
    );
    const turn = this.#turns.get(role + kind) ?? 0;
    this.#turns.set(role + kind, turn + 1);
    const fault = faults[turn % faults.length]!;
    this.planted.set(fault.code, (this.planted.get(fault.code) ?? 0) + 1);
    const record = new Editor([...cells], this.#spec.layouts[role]);
    const spoiled = fault.spoil(record, this.#random) ?? record.cells;
    return fault.besides === true ? [cells, spoiled] : [spoiled];
  }
}
