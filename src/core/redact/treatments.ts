/** What becomes of a value in a report that is shared: which fields say who somebody is, and which say what was given. */
import type { IssueCode } from '../catalogue.js';
import { type FieldName, fieldsOf, type RecordRole } from '../model.js';

/**
 * `keep`: stays. `words`: each word is replaced. `number`: replaced as a whole, whatever stands between its digits. `zip`: the
 * first three digits stay. `day`: another day of its kind. `code`: stays if it is understood, else its words are replaced.
 * `care-day`: stays, unless it has words. `vaccine`: stays if it is a code, or something of it is understood.
 */
export type Treatment = 'keep' | 'words' | 'number' | 'zip' | 'day' | 'code' | 'care-day' | 'vaccine';

/** Fields that are treated otherwise than their kind. */
const OWN: Readonly<Partial<Record<RecordRole, Readonly<Partial<Record<FieldName, Treatment>>>>>> = {
  patient: {
    site_id: 'keep',
    sharing_objection_date: 'care-day',
    eligibility_date: 'care-day',
  },
  immunization: {
    site_id: 'keep',
    facility_id: 'keep',
    administered_on: 'care-day',
    vis_given_date: 'care-day',
    vaccine_name: 'vaccine',
    vaccine_group: 'vaccine',
  },
  comment: { site_id: 'keep', applies_on: 'care-day' },
};

const OF_KIND: Readonly<Record<ReturnType<typeof kindOf>, Treatment>> = {
  id: 'number',
  text: 'words',
  name: 'words',
  suffix: 'code',
  date: 'day',
  'date-or-month': 'care-day',
  dates: 'care-day',
  sex: 'code',
  race: 'code',
  code: 'code',
  language: 'code',
  state: 'code',
  zip: 'zip',
  county: 'code',
  country: 'code',
  phone: 'number',
  email: 'words',
  ssn: 'number',
  'birth-order': 'code',
  'raw-code': 'vaccine',
  mvx: 'code',
  lot: 'keep',
  amount: 'code',
  'comment-code': 'code',
};

function kindOf(role: RecordRole, field: FieldName) {
  return fieldsOf(role)[field]!.kind;
}

/** What becomes of the values of a field. */
export function treatmentOf(role: RecordRole, field: FieldName): Treatment {
  return OWN[role]?.[field] ?? OF_KIND[kindOf(role, field)];
}

/** Issues that say of a value that it is nobody's: a filler, a word for no name, an error of a spreadsheet. It stays. */
export const OF_FILLERS: ReadonlySet<IssueCode> = new Set<IssueCode>([
  'value-spreadsheet-error',
  'last-name-placeholder',
  'first-name-placeholder',
  'name-newborn',
  'name-test',
  'zip-placeholder',
  'phone-placeholder',
  'ssn-placeholder',
  'amount-unknown',
]);

/** Issues whose second fact is a place in a file, a count or a word of the specification, and no value. */
export const NO_VALUE_BESIDE: ReadonlySet<IssueCode> = new Set<IssueCode>([
  'patient-id-conflict',
  'match-in-doubt',
  'value-repeated',
  'dose-in-doubt',
  'dose-product-conflict',
  'suffix-split',
]);
