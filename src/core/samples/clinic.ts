/**
 * A made-up clinic: three patients and their doses, by which specifications show what they ask for. Nobody in it exists.
 *
 * The first patient and the first dose have a value for every field there is: a field that is added to the model does
 * not compile without its sample.
 */
import type { CommentField, FieldName, ImmunizationField, PatientField, RecordRole } from '../model.js';
import { layoutOf, type Spec } from '../spec.js';

/** A record's values by field, as the registry holds them: days as YYYY-MM-DD. A field without a value is left out. */
export type TrueRecord = Readonly<Partial<Record<FieldName, string>>>;

const SITE = 'MA123';

const NORA: Readonly<Record<PatientField, string | null>> = {
  site_id: SITE,
  source_patient_id: '1001',
  last_name: 'Walsh',
  first_name: 'Nora',
  middle_name: 'Beth',
  suffix: null,
  alias_last_name: 'Costa',
  alias_first_name: 'Norah',
  birth_date: '2015-05-14',
  sex: 'F',
  gender: 'girl',
  race: '2106-3',
  ethnicity: '2186-5',
  language: 'eng',
  mother_maiden_last_name: 'Costa',
  mother_first_name: 'Elena',
  multiple_birth: 'N',
  birth_order: null,
  street: '12 Maple St',
  street_2: 'Apt 3',
  street_3: 'Rear entrance',
  city: 'Boston',
  state: 'MA',
  zip: '02118',
  county: '25025',
  country: 'USA',
  phone: '6175550123',
  phone_2: '6175550124',
  email: 'nora.walsh@mail.example',
  guardian_last_name: 'Walsh',
  guardian_first_name: 'Elena',
  guardian_middle_name: 'Ruth',
  guardian_relationship: 'MTH',
  guardian_phone: '6175550125',
  medicaid_id: '100234567891',
  // A number that could be one may be somebody's.
  ssn: null,
  chart_number: 'C-1001',
  primary_provider_id: '1234567893',
  registry_status: 'A',
  reminder_recall: '02',
  sharing_objection: 'N',
  sharing_objection_date: null,
  death_date: null,
  eligibility: 'V02',
  eligibility_date: '2015-05-15',
};

/** An old man who has died. */
const KWAME: TrueRecord = {
  site_id: SITE,
  source_patient_id: '1002',
  last_name: 'Osei',
  first_name: 'Kwame',
  suffix: 'JR',
  birth_date: '1948-03-09',
  sex: 'M',
  race: '2054-5',
  ethnicity: '2186-5',
  language: 'eng',
  street: '240 Harbor Ave',
  city: 'New Bedford',
  state: 'MA',
  zip: '02740',
  county: '25005',
  phone: '5085550142',
  registry_status: 'A',
  sharing_objection: 'N',
  death_date: '2021-11-12',
};

/** The second of twins. She has no doses in a file of their own, so that what happens to her happens to no other. */
const MEI: TrueRecord = {
  site_id: SITE,
  source_patient_id: '1003',
  last_name: 'Chen',
  first_name: 'Mei',
  middle_name: 'Ann',
  birth_date: '2019-11-23',
  sex: 'F',
  race: '2028-9',
  ethnicity: '2186-5',
  language: 'zho',
  mother_maiden_last_name: 'Wong',
  mother_first_name: 'Julia',
  multiple_birth: 'Y',
  birth_order: '2',
  street: '7 Station Rd',
  city: 'Worcester',
  state: 'MA',
  zip: '01605',
  county: '25027',
  country: 'USA',
  phone: '5085550177',
  guardian_last_name: 'Chen',
  guardian_first_name: 'Julia',
  guardian_relationship: 'MTH',
  registry_status: 'A',
  sharing_objection: 'N',
  eligibility: 'V01',
};

/** A dose that the clinic gave, with all that is to be known of it. */
const MMR: Readonly<Record<ImmunizationField, string | null>> = {
  site_id: SITE,
  source_patient_id: '1001',
  administered_on: '2016-05-16',
  cvx: '03',
  completion_status: 'CP',
  source_immunization_id: 'V-5001',
  cpt: '90707',
  ndc: '00006-4681-00',
  vaccine_name: 'M-M-R II',
  vaccine_group: 'MMR',
  information_source: '00',
  mvx: 'MSD',
  lot_number: 'K012345',
  lot_expiration: '2017-03-31',
  dose_amount: '0.5',
  dose_unit: 'mL',
  route: 'SC',
  body_site: 'LA',
  administered_by_last_name: 'Crane',
  administered_by_first_name: 'Joyce',
  administered_by_name: 'Joyce Crane RN',
  administered_by_title: 'RN',
  administered_by_id: 'N-17',
  ordering_provider_id: '1234567893',
  ordering_provider_name: 'Ruth Bellamy MD',
  facility_id: 'SITE-1',
  facility_name: 'Harbor Pediatrics',
  eligibility: 'V02',
  funding_source: 'VXC1',
  vis_edition_date: '2012-04-20',
  vis_given_date: '2016-05-16',
  refusal_reason: null,
  reaction: null,
  action_code: 'A',
  comment: 'first dose',
};

/** Doses that were given elsewhere: what a parent's card tells. */
const HISTORY: readonly TrueRecord[] = [
  {
    site_id: SITE,
    source_patient_id: '1001',
    source_immunization_id: 'V-5002',
    administered_on: '2015-07-14',
    cvx: '20',
    cpt: '90700',
    vaccine_name: 'INFANRIX',
    information_source: '01',
  },
  {
    site_id: SITE,
    source_patient_id: '1002',
    source_immunization_id: 'V-5003',
    administered_on: '2014-10-07',
    cvx: '33',
    cpt: '90732',
    vaccine_name: 'PNEUMOVAX 23',
    information_source: '01',
  },
];

/** A dose of the child who has none: where each record has doses, she must have one to be there. */
const DOSE_OF_CHILD: TrueRecord = {
  site_id: SITE,
  source_patient_id: '1003',
  source_immunization_id: 'V-5004',
  administered_on: '2020-11-24',
  cvx: '03',
  cpt: '90707',
  vaccine_name: 'M-M-R II',
  information_source: '01',
};

/** What is remarked of the old man, who has no part in what happens to the others. */
const REMARK: Readonly<Record<CommentField, string | null>> = {
  site_id: SITE,
  source_patient_id: '1002',
  // No list of codes is published: this is the form they have.
  comment_code: 'A1',
  applies_on: '2014-10-07',
};

function withoutNulls(record: Readonly<Record<string, string | null>>): TrueRecord {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null)) as TrueRecord;
}

/** The clinic's records, role by role. */
export const SAMPLE_CLINIC: Readonly<Record<RecordRole, readonly TrueRecord[]>> = {
  patient: [withoutNulls(NORA), KWAME, MEI],
  immunization: [withoutNulls(MMR), ...HISTORY],
  comment: [withoutNulls(REMARK)],
};

/** The clinic's records of a role as a spec asks for them: fields that it requires are filled in all of them. */
export function sampleRecords(role: RecordRole, spec: Spec): TrueRecord[] {
  return SAMPLE_CLINIC[role].map((record) => fillRequired(record, role, spec));
}

/** A dose of the last patient, for files whose records have doses. */
export function sampleDoseOfChild(spec: Spec): TrueRecord {
  return fillRequired(DOSE_OF_CHILD, 'immunization', spec);
}

function fillRequired(record: TrueRecord, role: RecordRole, spec: Spec): TrueRecord {
  const full = SAMPLE_CLINIC[role][0]!;
  const required = layoutOf(spec, role).fields.flatMap(({ use, field }) =>
    use === 'required' && field !== null ? [field] : [],
  );
  return { ...Object.fromEntries(required.map((field) => [field, full[field]])), ...record };
}
