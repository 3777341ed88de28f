/**
 * The dirt of real files, planted on purpose: one fault for (nearly) every issue code.
 *
 * Each fault says which code it must give, so that tests can compare. Faults are dealt out in turn, so that all of them
 * occur before any occurs again.
 */
import type { IssueCode } from '../../src/core/catalogue.js';
import type { FieldName, Role } from '../../src/core/model.js';
import { type Values, writeValues } from '../../src/core/samples/draft.js';
import { FAULTS } from '../../src/core/samples/faults.js';
import type { Layout, Spec } from '../../src/core/spec.js';
import type { Cells } from '../../src/core/write.js';
import { headerLine, toLine } from '../../src/core/write.js';
import { Random } from './random.js';
import type { Spoiled, Spoiler } from './submission.js';

/** A record on its way to the file. */
class Editor {
  readonly layout: Layout;

  constructor(
    readonly cells: Cells,
    readonly role: Role,
    readonly spec: Spec,
  ) {
    this.layout = spec.layouts[role];
  }

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

  /** Sets cells as the spec writes their values. */
  write(values: Values): this {
    const cells = writeValues(values, this.layout, this.role, this.spec);
    if (cells === null) for (const [field, value] of Object.entries(values)) this.set(field as FieldName, value);
    else for (const [column, cell] of cells) this.cells[column] = cell;
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

/** A fault that sets some cells. */
function setting(role: Role, code: IssueCode, values: Values): Fault {
  return {
    code,
    role,
    needs: Object.keys(values) as FieldName[],
    spoil: (record) => {
      record.write(values);
      return undefined;
    },
  };
}

/** The fault that specifications show for this code. Those below that are spelled out fit any record of a large clinic. */
function known(code: IssueCode): Fault {
  const [fault] = FAULTS[code];
  if (typeof fault === 'function' || fault.role === 'comment') throw new Error(`${code} is no fault of values`);
  return setting(fault.role, code, fault.values);
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
  known('last-name-missing'),
  known('last-name-placeholder'),
  known('birth-date-missing'),
  known('birth-date-invalid'),
  { ...known('birth-date-ambiguous'), delimited: true },
  { ...patient('birth-date-in-future', { birth_date: '20310515' }), delimited: true },
  { ...known('birth-date-too-early'), delimited: true },
  known('patient-id-missing'),
  known('patient-id-scientific'),
  { ...known('site-missing'), delimited: true },
  { ...known('sharing-objection-unrecognized'), delimited: true },
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
  known('dose-patient-id-missing'),
  known('patient-not-found'),
  dose('vaccine-missing', { cvx: '', cpt: '', vaccine_name: '', vaccine_group: '' }),
  dose('vaccine-unresolved', { cvx: '', cpt: '', vaccine_name: 'allergy shot', vaccine_group: '' }),
  dose('vaccine-name-near', { cvx: '', cpt: '', vaccine_name: 'Boostrx', vaccine_group: '' }),
  dose('cvx-reserved', { cvx: '99' }),
  dose('cvx-no-vaccine', { cvx: '998' }),
  dose('cvx-unknown-vaccine', { cvx: '999', information_source: '01' }),
  dose('cvx-unknown-administered', { cvx: '999', information_source: '00' }),
  dose('cvx-never-active', { cvx: '117' }),
  known('dose-date-missing'),
  known('dose-date-invalid'),
  { ...dose('dose-date-ambiguous', { administered_on: '010203' }), delimited: true },
  { ...dose('dose-date-in-future', { administered_on: '20290101' }), delimited: true },
  { ...dose('dose-date-before-birth', { administered_on: '19201231' }), delimited: true },
  known('completion-unrecognized'),
  known('action-not-add'),
  known('action-unrecognized'),
];

/** Faults that let a record in. */
export const REMARK_FAULTS: readonly Fault[] = [
  known('first-name-missing'),
  known('first-name-placeholder'),
  known('name-newborn'),
  known('name-test'),
  known('name-characters'),
  known('middle-initial-in-first-name'),
  {
    code: 'suffix-split',
    role: 'patient',
    spoil: (record) => {
      record.set('last_name', `${record.get('last_name')} JR`).set('suffix', '');
      return undefined;
    },
  },
  known('suffix-unrecognized'),
  rewritingBirthDate('birth-date-two-digit-year', (year, month, day) => `${month}/${day}/${year.slice(2)}`),
  // Excel took the leading zeros of month and day away.
  rewritingBirthDate('birth-date-digits-missing', (year, month, day) => `${Number(month)}${Number(day)}${year}`),
  rewritingBirthDate('birth-date-first-of-month', (year, month) => `${year}${month}01`),
  { ...known('death-date-invalid'), delimited: true },
  { ...patient('death-date-in-future', { death_date: '20301201' }), delimited: true },
  { ...known('death-date-before-birth'), delimited: true },
  known('sex-unrecognized'),
  known('sex-outside-guide'),
  { ...known('race-unrecognized'), delimited: true },
  { ...known('race-ambiguous'), delimited: true },
  known('race-too-many'),
  known('ethnicity-unrecognized'),
  known('language-unrecognized'),
  patient('address-incomplete', { city: '', zip: '', state: '' }),
  known('state-unrecognized'),
  known('zip-invalid'),
  known('zip-placeholder'),
  {
    code: 'zip-padded',
    role: 'patient',
    spoil: (record) => {
      record.set('zip', record.get('zip').slice(1));
      return undefined;
    },
  },
  patient('zip-without-state', { state: '' }),
  known('county-unrecognized'),
  patient('county-outside-state', { county: '33011' }),
  known('country-unrecognized'),
  known('phone-invalid'),
  known('phone-placeholder'),
  known('email-invalid'),
  known('ssn-placeholder'),
  known('ssn-invalid'),
  known('multiple-birth-unrecognized'),
  known('birth-order-invalid'),
  known('birth-order-missing'),
  { ...known('guardian-relationship-unrecognized'), delimited: true },
  known('registry-status-unrecognized'),
  known('reminder-recall-unrecognized'),
  known('sharing-objection-date-invalid'),
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
  known('cvx-invalid'),
  known('cvx-unknown'),
  {
    code: 'cvx-padded',
    role: 'immunization',
    needs: ['cvx'],
    spoil: (record) => {
      record.set('cvx', '3');
      return undefined;
    },
  },
  known('cvx-newer-than-table'),
  known('cpt-in-cvx'),
  dose('cpt-unknown', { cpt: '99999' }),
  {
    code: 'cpt-decided-by-date',
    role: 'immunization',
    needs: ['cpt'],
    spoil: (record) => {
      record.set('cvx', '').set('cpt', '90662');
      return undefined;
    },
  },
  dose('name-in-cvx', { cvx: 'MMR' }),
  dose('cpt-administration', { cpt: '90471' }),
  dose('vaccine-from-name', { cvx: '', cpt: '', vaccine_name: 'HAVRIX-PEDS' }),
  known('vaccine-codes-disagree'),
  dose('cvx-superseded', { cvx: '31' }),
  dose('cvx-not-vaccine', { cvx: '96' }),
  dose('cvx-adjuvant', { cvx: '801' }),
  dose('cvx-unspecified', { cvx: '88', information_source: '00', lot_number: 'UN88123', mvx: 'PMC' }),
  dose('cvx-foreign', { cvx: '510', information_source: '00', lot_number: 'UN88124', mvx: 'OTH' }),
  { ...dose('dose-date-two-digit-year', { administered_on: '5/14/26' }), delimited: true },
  { ...dose('dose-date-digits-missing', { administered_on: '5142026' }), delimited: true },
  { ...dose('dose-date-first-of-month', { administered_on: '20260501' }), delimited: true },
  known('information-source-unrecognized'),
  known('mvx-unrecognized'),
  { ...known('mvx-from-name'), delimited: true },
  known('mvx-missing'),
  known('product-unknown'),
  known('lot-missing'),
  known('lot-placeholder'),
  known('lot-characters'),
  known('lot-tagged'),
  known('lot-several'),
  known('lot-short'),
  known('lot-scientific'),
  known('lot-expiration-invalid'),
  { ...known('dose-after-lot-expiry'), delimited: true },
  known('amount-unknown'),
  known('amount-invalid'),
  known('unit-unrecognized'),
  known('route-unrecognized'),
  known('body-site-unrecognized'),
  known('eligibility-unrecognized'),
  known('funding-source-unrecognized'),
  known('vis-date-invalid'),
  { ...known('vis-after-dose'), delimited: true },
  known('dose-refused'),
  known('dose-not-given'),
  known('dose-partial'),
  known('refusal-reason-missing'),
  known('refusal-reason-unrecognized'),
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
    const copy = new Editor([...cells], 'patient', this.#spec);
    // Or under the same id, with another phone: exported twice.
    if (this.#random.chance(0.2)) return copy.set('phone', '6175550199').cells;
    copy.set('source_patient_id', `C${String(++this.#copies).padStart(5, '0')}`);
    copy.set('last_name', copy.get('last_name').toUpperCase());
    if (this.#random.chance(0.5)) copy.set('phone', '').set('email', '');
    return copy.cells;
  }

  /** The same dose again, with less said about it. */
  #copyDose(cells: Cells): Cells {
    const copy = new Editor([...cells], 'immunization', this.#spec);
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
    const record = new Editor([...cells], role, this.#spec);
    const spoiled = fault.spoil(record, this.#random) ?? record.cells;
    return fault.besides === true ? [cells, spoiled] : [spoiled];
  }
}
