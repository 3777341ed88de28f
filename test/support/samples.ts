/**
 * A sample for each issue code that the transform gives: a faulty record, and its nearest faultless twin, which differs
 * in one value only.
 */
import type { IssueCode } from '../../src/core/catalogue.js';
import type { FieldName, Role } from '../../src/core/model.js';
import type { Spec } from '../../src/core/spec.js';
import { GRITS, MIIS } from './fixtures.js';
import { type Judged, judge, type Written } from './records.js';

export interface Sample {
  readonly code: IssueCode;
  readonly role: Role;
  readonly spec: Spec;
  /** The field in which the two records differ, and what each has there. */
  readonly field: FieldName;
  readonly faulty: string;
  readonly faultless: string;
  /** Other values, the same in both records. */
  readonly beside: Written;
  /** The field that the issue is reported on: the one that differs, unless told otherwise. */
  readonly on: FieldName | null;
  /** The value that the issue shows: the faulty one, unless told otherwise. */
  readonly shows: string | null;
  /** Codes that come with it, those that both records give, and those that only the twin gives. */
  readonly also: readonly IssueCode[];
  readonly both: readonly IssueCode[];
  readonly twin: readonly IssueCode[];
  /** The day that counts as today. */
  readonly today?: string;
}

type Details = Partial<Pick<Sample, 'beside' | 'on' | 'shows' | 'also' | 'both' | 'twin' | 'today'>>;
type Table = (code: IssueCode, field: FieldName, faulty: string, faultless: string, details?: Details) => Sample;

function table(role: Role, spec: Spec): Table {
  return (code, field, faulty, faultless, details = {}) => {
    const on = details.on === undefined ? field : details.on;
    const shows = on === field && faulty !== '' ? faulty : null;
    return {
      beside: {},
      also: [],
      both: [],
      twin: [],
      shows,
      ...details,
      code,
      role,
      spec,
      field,
      faulty,
      faultless,
      on,
    };
  };
}

const patient = table('patient', MIIS);
const dose = table('immunization', MIIS);
const gritsPatient = table('patient', GRITS);
/** Days may be numbers of a spreadsheet. */
const serialPatient = table('patient', {
  ...MIIS,
  dates: { ...MIIS.dates, formats: [...MIIS.dates.formats, 'spreadsheet-serial'] },
});
const gritsDose = table('immunization', GRITS);

/** A day on which nothing else is odd: the first, the 15th and the last of a month are issues of their own. */
const MID_MONTH = '2026-07-16';

export const PATIENT_SAMPLES: readonly Sample[] = [
  patient('site-missing', 'site_id', '', 'F1'),
  patient('patient-id-missing', 'source_patient_id', '', 'P-1001'),
  patient('patient-id-missing', 'source_patient_id', 'NULL', 'NULL-1', { shows: 'NULL' }),
  patient('patient-id-scientific', 'source_patient_id', '1.23E+11', '1.23E-11'),
  patient('patient-id-scientific', 'source_patient_id', '1E+11', '1E11'),
  patient('last-name-missing', 'last_name', '', 'Walsh'),
  patient('last-name-missing', 'last_name', '\\N', 'N', { shows: '\\N' }),
  patient('last-name-placeholder', 'last_name', 'UNKNOWN', 'Unknowles'),
  patient('last-name-placeholder', 'last_name', '.', 'O'),
  patient('first-name-missing', 'first_name', '', 'Nora'),
  patient('first-name-placeholder', 'first_name', 'NO FIRST NAME', 'Nora'),
  patient('first-name-placeholder', 'first_name', 'X', 'Xi'),
  patient('name-newborn', 'first_name', 'BABY GIRL', 'Babette'),
  patient('name-newborn', 'first_name', 'Twin B', 'Twinkle B'),
  patient('name-test', 'last_name', 'ZZTEST', 'Zzetest'),
  patient('name-test', 'last_name', 'Mouse', 'Moose', { beside: { first_name: 'Mickey' } }),
  patient('name-characters', 'last_name', 'Wa1sh', 'Walsh'),
  patient('name-characters', 'first_name', 'Nora*', 'Nora'),
  patient('name-characters', 'middle_name', 'M4', "M'"),
  patient('middle-initial-in-first-name', 'first_name', 'Nora B', 'Nora Bo', { beside: { middle_name: '' } }),
  patient('middle-initial-in-first-name', 'middle_name', '', 'Beth', {
    beside: { first_name: 'Nora B.' },
    on: 'first_name',
    shows: 'Nora B.',
  }),
  patient('suffix-split', 'last_name', 'Walsh Jr', 'Walsh'),
  patient('suffix-split', 'first_name', 'Nora, III', 'Nora V'),
  patient('suffix-unrecognized', 'suffix', 'MD', 'II'),
  patient('birth-date-missing', 'birth_date', '', '20150514'),
  patient('birth-date-invalid', 'birth_date', '20150230', '20150227'),
  patient('birth-date-invalid', 'birth_date', '31/06/2015', '06/29/2015'),
  patient('birth-date-ambiguous', 'birth_date', '1121951', '01121951'),
  patient('birth-date-two-digit-year', 'birth_date', '5/14/15', '5/14/2015'),
  patient('birth-date-digits-missing', 'birth_date', '421951', '04021951'),
  patient('birth-date-partial', 'birth_date', '20150500', '20150514'),
  patient('birth-date-partial', 'birth_date', '1998', '19980102'),
  patient('birth-date-ambiguous', 'birth_date', '012010', '20100120'),
  patient('birth-date-day-first', 'birth_date', '14/05/2015', '05/14/2015'),
  patient('birth-date-serial', 'birth_date', '42138', '20150514'),
  serialPatient('date-from-serial', 'birth_date', '42138', '20150514'),
  serialPatient('date-from-serial', 'death_date', '45657', '20241231'),
  patient('date-partial', 'death_date', '12/2024', '12/31/2024'),
  patient('date-serial', 'death_date', '45657', '20241231'),
  patient('birth-date-in-future', 'birth_date', '20260717', '20260716', { today: MID_MONTH }),
  patient('birth-date-too-early', 'birth_date', '19060715', '19060716', { today: MID_MONTH }),
  patient('birth-date-first-of-month', 'birth_date', '20150501', '20150502'),
  patient('birth-date-fifteenth-of-month', 'birth_date', '20150515', '20150516'),
  patient('birth-date-last-of-month', 'birth_date', '20150531', '20150530'),
  patient('birth-date-last-of-month', 'birth_date', '20150228', '20160228'),
  patient('death-date-invalid', 'death_date', '20241301', '20241231'),
  patient('death-date-invalid', 'death_date', '1122024', '01122024'),
  patient('death-date-in-future', 'death_date', '20260717', '20260716', { today: MID_MONTH }),
  patient('death-date-before-birth', 'death_date', '20150513', '20150514'),
  patient('sex-unrecognized', 'sex', '?', 'u'),
  patient('sex-outside-guide', 'sex', 'X', 'F'),
  patient('race-unrecognized', 'race', 'martian', 'white'),
  patient('race-ambiguous', 'race', 'A', 'B'),
  patient(
    'race-too-many',
    'race',
    '1002-5~2028-9~2054-5~2076-8~2106-3~2131-1~1004-1',
    '1002-5~2028-9~2054-5~2076-8~2106-3~2131-1',
  ),
  patient('ethnicity-unrecognized', 'ethnicity', 'Q', 'H'),
  patient('language-unrecognized', 'language', 'xx', 'pt'),
  patient('address-incomplete', 'city', '', 'Boston', { beside: { zip: '' }, on: 'street', shows: '12 Maple St' }),
  patient('address-incomplete', 'zip', '', '02118', { beside: { city: '' }, on: 'street', shows: '12 Maple St' }),
  patient('state-unrecognized', 'state', 'XQ', 'MA'),
  patient('zip-invalid', 'zip', '021', '02118'),
  patient('zip-invalid', 'zip', '2118', '72118', { beside: { state: 'AR', county: '' } }),
  patient('zip-placeholder', 'zip', '00000', '00501', { twin: ['zip-outside-state'] }),
  patient('zip-padded', 'zip', '2118', '02118'),
  patient('zip-outside-state', 'zip', '20118', '02118'),
  patient('zip-outside-state', 'state', 'RI', 'MA', { on: 'zip', shows: '02118', also: ['county-outside-state'] }),
  patient('zip-without-state', 'state', '', 'MA', { on: 'zip', shows: '02118' }),
  patient('county-unrecognized', 'county', 'Q', 'Suffolk County'),
  patient('county-outside-state', 'county', '33011', '25011'),
  patient('county-outside-state', 'state', 'NH', 'MA', { on: 'county', shows: '25025', also: ['zip-outside-state'] }),
  patient('country-unrecognized', 'country', '?', 'us'),
  patient('phone-invalid', 'phone', '555-0123', '617-555-0123'),
  patient('phone-invalid', 'phone_2', '1175550123', '6175550123'),
  patient('phone-invalid', 'guardian_phone', 'none', '6175550123'),
  patient('phone-placeholder', 'phone', '9999999999', '6179999999'),
  patient('phone-placeholder', 'phone_2', '1234567890', '6234567890'),
  patient('phone-placeholder', 'guardian_phone', '0000000000', ''),
  patient('email-invalid', 'email', 'nora at mail', 'nora@mail.example'),
  patient('ssn-placeholder', 'ssn', '123456789', '234567891'),
  patient('ssn-invalid', 'ssn', '000567891', '234567891'),
  patient('multiple-birth-unrecognized', 'multiple_birth', '?', 'N'),
  patient('birth-order-invalid', 'birth_order', '0', '1', { beside: { multiple_birth: 'Y' } }),
  patient('birth-order-missing', 'birth_order', '', '2', { beside: { multiple_birth: 'Y' } }),
  patient('guardian-relationship-unrecognized', 'guardian_relationship', '??', 'FTH'),
  patient('registry-status-unrecognized', 'registry_status', 'Z', 'I'),
  patient('reminder-recall-unrecognized', 'reminder_recall', '77', '7'),
  patient('sharing-objection-unrecognized', 'sharing_objection', '?', 'N'),
  patient('sharing-objection-date-invalid', 'sharing_objection_date', 'last May', '20240512', {
    both: ['sharing-objection-set'],
    beside: { sharing_objection: 'Y' },
  }),
  patient('sharing-objection-date-invalid', 'sharing_objection_date', '1122024', '01122024'),
  patient('sharing-objection-set', 'sharing_objection', 'Y', 'N'),
  patient('value-too-long', 'street', `${'x'.repeat(56)}`, `${'x'.repeat(55)}`),
  patient('value-too-long', 'street', '𝒜'.repeat(56), '𝒜'.repeat(55)),
  patient('character-control', 'street', '12 Maple\tSt', '12 Maple St'),
  patient('character-control', 'city', 'Bos\u200bton', 'Boston'),
  gritsPatient('site-missing', 'site_id', '', 'GA001'),
  gritsPatient('patient-id-missing', 'source_patient_id', '', '1001'),
  gritsPatient('last-name-missing', 'last_name', '', 'Walsh'),
  gritsPatient('first-name-missing', 'first_name', '', 'Nora'),
  gritsPatient('first-name-placeholder', 'first_name', 'NO FIRST NAME', 'Nora'),
  gritsPatient('birth-date-missing', 'birth_date', '', '05142015'),
  gritsPatient('birth-date-invalid', 'birth_date', '20150514', '05142015'),
  gritsPatient('birth-date-invalid', 'birth_date', '051415', '05142015'),
  gritsPatient('birth-date-digits-missing', 'birth_date', '5142015', '05142015'),
  gritsPatient('race-unrecognized', 'race', 'Z', 'I'),
  gritsPatient('ethnicity-unrecognized', 'ethnicity', 'Q', 'H'),
  gritsPatient('sharing-objection-unrecognized', 'sharing_objection', '?', 'Y'),
  gritsPatient('guardian-relationship-unrecognized', 'guardian_relationship', '??', 'FA'),
  gritsPatient('eligibility-unrecognized', 'eligibility', 'V9', 'V01'),
  gritsPatient('eligibility-invalid', 'eligibility', 'V00', 'V01'),
  gritsPatient('eligibility-deprecated', 'eligibility', 'V06', 'V07'),
  gritsPatient('eligibility-date-invalid', 'eligibility_date', '13012020', '12312020'),
  gritsPatient('eligibility-date-invalid', 'eligibility_date', '1122020', '01122020'),
];

/** No other clue to the vaccine than those named. */
const NO_CVX: Written = { cvx: '' };
/** A dose of somebody else’s record, which does not say the lot. */
const HISTORICAL: Written = { information_source: '01', lot_number: '' };

export const DOSE_SAMPLES: readonly Sample[] = [
  dose('site-missing', 'site_id', '', 'F1'),
  dose('patient-id-scientific', 'source_patient_id', '1.23E+11', '123000000000'),
  dose('dose-patient-id-missing', 'source_patient_id', '', 'P-1001'),
  dose('vaccine-missing', 'cvx', '', '03'),
  dose('vaccine-unresolved', 'cpt', '90471', '90707', { beside: NO_CVX, also: ['cpt-administration'], on: 'cvx' }),
  dose('cvx-invalid', 'cvx', 'XQ9', '03', { beside: { cpt: '90707' } }),
  dose('cvx-invalid', 'cvx', 'MMRX', 'MMR', { also: ['vaccine-unresolved'], twin: ['name-in-cvx'] }),
  dose('cvx-padded', 'cvx', '3', '03'),
  dose('cvx-padded', 'cvx', '03.0', '03'),
  dose('cvx-unknown', 'cvx', '124', '03', { beside: { cpt: '90707' } }),
  dose('cvx-newer-than-table', 'cvx', '450', '03', { beside: { cpt: '90707' } }),
  dose('cpt-in-cvx', 'cvx', '90707', '03'),
  dose('cpt-unknown', 'cpt', '99999', '90707'),
  dose('cpt-not-valid-on-date', 'cpt', '90701', '90700', { beside: { cvx: '106', mvx: 'PMC' } }),
  dose('cpt-not-valid-on-date', 'administered_on', '19970102', '19970101', {
    beside: {
      cvx: '20',
      cpt: '90701',
      mvx: 'PMC',
      vis_given_date: '',
      vis_edition_date: '',
    },
    on: 'cpt',
    shows: '90701',
    twin: ['dose-date-first-of-month'],
  }),
  dose('name-in-cvx', 'cvx', 'MMR', '03'),
  dose('cpt-ambiguous', 'administered_on', '', '20191016', {
    beside: { ...NO_CVX, cpt: '90662', mvx: 'PMC', lot_expiration: '' },
    on: 'cpt',
    shows: '90662',
    also: ['dose-date-missing', 'vaccine-unresolved'],
    twin: ['cpt-decided-by-date'],
  }),
  dose('cpt-decided-by-date', 'cpt', '90662', '90656', {
    beside: { ...NO_CVX, administered_on: '20191016', mvx: 'PMC', lot_expiration: '' },
  }),
  dose('cpt-administration', 'cpt', '90471', '90707'),
  dose('cpt-modifier', 'cpt', '90707-SL', '90707'),
  dose('cpt-modifier', 'cpt', '90707.0', '90707'),
  dose('ndc-unresolved', 'cvx', '', '03', {
    beside: { ndc: '00006-4681-00' },
    on: 'ndc',
    shows: '00006-4681-00',
    also: ['vaccine-unresolved'],
  }),
  dose('vaccine-name-unknown', 'vaccine_name', 'the usual', 'M-M-R II', {
    beside: NO_CVX,
    also: ['vaccine-unresolved'],
    twin: ['vaccine-from-name'],
  }),
  dose('vaccine-name-near', 'vaccine_name', 'M-M-R III', 'M-M-R II', {
    beside: NO_CVX,
    also: ['vaccine-unresolved'],
    twin: ['vaccine-from-name'],
  }),
  dose('vaccine-name-several', 'vaccine_name', 'Infanrix (Daptacel)', 'Infanrix', {
    beside: { ...NO_CVX, ...HISTORICAL, mvx: '' },
    also: ['vaccine-unresolved'],
    twin: ['vaccine-from-name'],
  }),
  dose('vaccine-from-name', 'cvx', '', '03', {
    beside: { vaccine_name: 'm-m-r ii' },
    on: 'vaccine_name',
    shows: 'm-m-r ii',
  }),
  dose('vaccine-name-too-early', 'administered_on', '20171012', '20171013', {
    beside: {
      ...NO_CVX,
      vaccine_name: 'Shingrix',
      mvx: 'SKB',
      information_source: '01',
      lot_number: '',
      lot_expiration: '',
      vis_given_date: '',
    },
    on: 'vaccine_name',
    shows: 'Shingrix',
    also: ['vaccine-unresolved'],
    twin: ['vaccine-from-name'],
  }),
  dose('vaccine-name-denies', 'vaccine_name', 'MMR refused', 'MMR'),
  dose('vaccine-codes-disagree', 'cpt', '90713', '90707'),
  dose('vaccine-codes-disagree', 'vaccine_name', 'IPOL', 'M-M-R II'),
  dose('cvx-placeholder', 'cvx', '999', '03', { beside: { cpt: '90707' } }),
  dose('cvx-reserved', 'cvx', '99', '94'),
  dose('cvx-no-vaccine', 'completion_status', 'CP', 'NA', {
    beside: { cvx: '998' },
    on: 'cvx',
    shows: '998',
    twin: ['dose-not-given'],
  }),
  dose('cvx-unknown-vaccine', 'cvx', '999', '03', { beside: { ...HISTORICAL } }),
  dose('cvx-unknown-administered', 'cvx', '999', '03'),
  dose('cvx-never-active', 'cvx', '117', '03', { beside: { mvx: 'OTH' } }),
  dose('cvx-superseded', 'cvx', '31', '83', { beside: { mvx: 'OTH', ...HISTORICAL } }),
  dose('cvx-not-vaccine', 'cvx', '96', '03', { beside: { mvx: 'OTH' } }),
  dose('cvx-adjuvant', 'cvx', '801', '03', { beside: { mvx: 'OTH' } }),
  dose('cvx-unspecified', 'information_source', '00', '01', {
    beside: { cvx: '17' },
    on: 'cvx',
    shows: '17',
    twin: ['dose-looks-administered'],
  }),
  dose('cvx-unspecified', 'cvx', '17', '48', { beside: { mvx: 'PMC' } }),
  dose('cvx-foreign', 'information_source', '00', '05', {
    beside: { cvx: '510', mvx: 'OTH' },
    on: 'cvx',
    shows: '510',
    twin: ['dose-looks-administered'],
  }),
  dose('cvx-inactive', 'administered_on', '20160820', '20160819', { beside: { cvx: '51' }, on: 'cvx', shows: '51' }),
  dose('cvx-retired', 'administered_on', '20171028', '20171027', {
    beside: { cvx: '32', mvx: 'PMC', lot_expiration: '' },
    on: 'cvx',
    shows: '32',
  }),
  dose('cvx-retired', 'information_source', '00', '01', {
    beside: { cvx: '32', mvx: 'PMC', administered_on: '20171028', lot_expiration: '' },
    on: 'cvx',
    shows: '32',
    twin: ['dose-looks-administered'],
  }),
  dose('dose-date-missing', 'administered_on', '', '20160516'),
  dose('dose-date-invalid', 'administered_on', '20160230', '20160228', { beside: { vis_given_date: '' } }),
  dose('dose-date-ambiguous', 'administered_on', '1122016', '01122016', { beside: { vis_given_date: '' } }),
  dose('dose-date-two-digit-year', 'administered_on', '5/16/16', '5/16/2016'),
  dose('dose-date-digits-missing', 'administered_on', '5162016', '05162016'),
  dose('dose-date-partial', 'administered_on', '201605', '20160516', { beside: { vis_given_date: '' } }),
  dose('dose-date-day-first', 'administered_on', '16/05/2016', '05/16/2016', { beside: { vis_given_date: '' } }),
  dose('dose-date-serial', 'administered_on', '42506', '20160516', { beside: { vis_given_date: '' } }),
  dose('date-partial', 'lot_expiration', '2017', '2017-03'),
  dose('date-partial', 'vis_edition_date', '20120420~2016', '20120420~20160331'),
  dose('date-serial', 'vis_given_date', '42506', '20160516'),
  dose('dose-date-in-future', 'administered_on', '20260717', '20260716', {
    beside: { lot_expiration: '' },
    today: MID_MONTH,
  }),
  dose('dose-date-first-of-month', 'administered_on', '20160601', '20160602'),
  dose('dose-date-fifteenth-of-month', 'administered_on', '20160615', '20160614'),
  dose('dose-date-last-of-month', 'administered_on', '20160630', '20160629'),
  dose('dose-date-last-of-month', 'administered_on', '20160229', '20160228', { beside: { vis_given_date: '' } }),
  dose('dose-date-before-licence', 'administered_on', '20100223', '20100224', {
    beside: { cvx: '133', mvx: '', ...HISTORICAL, vis_given_date: '', vis_edition_date: '' },
  }),
  dose('dose-date-before-code', 'administered_on', '20131210', '20131211', {
    beside: { cvx: '165', lot_expiration: '', vis_given_date: '' },
  }),
  dose('dose-date-after-use', 'administered_on', '20160820', '20160819', {
    beside: { cvx: '51', ...HISTORICAL },
  }),
  dose('information-source-unrecognized', 'information_source', 'ZZ', '0'),
  dose('dose-looks-historical', 'administered_by_last_name', '', 'Crane', {
    beside: { lot_number: '', mvx: '', lot_expiration: '' },
    both: ['mvx-missing', 'lot-missing'],
    on: 'information_source',
    shows: '00',
  }),
  dose('dose-looks-administered', 'information_source', '01', '', { shows: '01' }),
  dose('dose-looks-administered', 'lot_number', 'K012345', '', {
    beside: { information_source: '05' },
    on: 'information_source',
    shows: '05',
  }),
  dose('mvx-unrecognized', 'mvx', 'QQQ', 'msd'),
  dose('mvx-unrecognized', 'mvx', 'Merk', 'Merck', { twin: ['mvx-from-name'] }),
  dose('mvx-from-name', 'mvx', 'Merck', 'msd'),
  dose('mvx-missing', 'mvx', '', 'MSD'),
  dose('mvx-missing', 'information_source', '00', '02', {
    beside: { mvx: '' },
    on: 'mvx',
    shows: null,
    twin: ['dose-looks-administered'],
  }),
  dose('mvx-retired', 'administered_on', '20180511', '20180510', {
    beside: { mvx: 'DSI', lot_expiration: '', vis_given_date: '' },
    on: 'mvx',
    shows: 'DSI',
  }),
  dose('mvx-retired', 'information_source', '00', '05', {
    beside: { mvx: 'DSI', administered_on: '20180511', lot_expiration: '', vis_given_date: '', lot_number: '' },
    both: [],
    also: ['lot-missing'],
    on: 'mvx',
    shows: 'DSI',
  }),
  dose('product-unknown', 'mvx', 'PFR', 'MSD'),
  dose('product-unknown', 'mvx', 'SKB', 'UNK', { beside: { cvx: '21' } }),
  // Prevnar 13 was Wyeth’s, which became Pfizer’s; Fluvirin was Chiron’s, which became Novartis’s.
  dose('product-unknown', 'mvx', 'MSD', 'WAL', { beside: { cvx: '133' } }),
  dose('product-unknown', 'mvx', 'MOD', 'CHI', { beside: { cvx: '141' }, twin: ['mvx-retired'] }),
  // A code without a formulation has no product at all.
  dose('product-unknown', 'cvx', '10', '89', {
    beside: { mvx: 'MSD', ...HISTORICAL },
    on: 'mvx',
    shows: 'MSD',
  }),
  dose('lot-missing', 'lot_number', '', 'K012345'),
  dose('lot-missing', 'completion_status', 'CP', 'NA', {
    beside: { lot_number: '' },
    on: 'lot_number',
    shows: null,
    twin: ['dose-not-given'],
  }),
  dose('lot-placeholder', 'lot_number', 'UNKNOWN', 'UNKNOWN1'),
  dose('lot-characters', 'lot_number', 'K01.2345', 'K01-2345'),
  dose('lot-tagged', 'lot_number', 'K012345*VFC', 'K012345'),
  dose('lot-tagged', 'lot_number', 'K012345-P', 'K012345-PX'),
  dose('lot-may-hold-tag', 'lot_number', 'STATE1234', 'STAT1234'),
  dose('lot-several', 'lot_number', 'K012345/K012346', 'K012345-K012346'),
  dose('lot-short', 'lot_number', 'K012', 'K0123'),
  dose('lot-scientific', 'lot_number', '4.00E+61', '400E61'),
  dose('lot-scientific', 'lot_number', '5E-02', '5E-2X'),
  dose('lot-like-date', 'lot_number', '12-May', '12-MAI'),
  dose('lot-like-date', 'lot_number', 'May-12', 'MAY12'),
  dose('lot-expiration-invalid', 'lot_expiration', 'soon', '2017-03'),
  dose('lot-expiration-invalid', 'lot_expiration', '1122017', '01122017'),
  dose('dose-after-lot-expiry', 'lot_expiration', '20160515', '20160516'),
  dose('dose-after-lot-expiry', 'lot_expiration', '2016-04', '2016-05'),
  dose('amount-unknown', 'dose_amount', '999', '99'),
  dose('amount-invalid', 'dose_amount', 'half', '.5'),
  dose('unit-unrecognized', 'dose_unit', 'cup', 'cc'),
  dose('route-unrecognized', 'route', 'ZZ', 'subq'),
  dose('body-site-unrecognized', 'body_site', 'toe', 'Left Deltoid'),
  dose('eligibility-unrecognized', 'eligibility', 'V9', 'V04'),
  dose('funding-source-unrecognized', 'funding_source', 'aunt', 'state'),
  dose('body-site-deprecated', 'body_site', 'LV', 'LVL'),
  dose('body-site-wrong-for-vaccine', 'body_site', 'MO', 'LA'),
  dose('body-site-wrong-for-vaccine', 'body_site', 'LA', 'MO', { beside: { cvx: '116', route: 'PO' } }),
  dose('body-site-wrong-for-vaccine', 'body_site', 'LD', 'BN', { beside: { cvx: '149', mvx: 'MED', route: 'NS' } }),
  dose('route-wrong-for-vaccine', 'route', 'PO', 'IM'),
  dose('route-wrong-for-vaccine', 'route', 'IM', 'PO', { beside: { cvx: '116', body_site: '' } }),
  dose('route-wrong-for-vaccine', 'route', 'IM', 'NS', { beside: { cvx: '149', mvx: 'MED', body_site: '' } }),
  dose('eligibility-invalid', 'eligibility', 'V00', 'V01', { beside: { funding_source: '' } }),
  dose('eligibility-deprecated', 'eligibility', 'V06', 'V07'),
  dose('funding-eligibility-disagree', 'eligibility', 'V01', 'V07', { on: 'funding_source', shows: 'VXC1' }),
  dose('funding-eligibility-disagree', 'funding_source', 'PHC70', 'VXC50'),
  dose('funding-eligibility-disagree', 'information_source', '00', '02', {
    beside: { funding_source: 'PHC70', lot_number: '' },
    also: ['lot-missing'],
    on: 'funding_source',
    shows: 'PHC70',
  }),
  dose('vis-edition-after-dose', 'vis_edition_date', '20180212', '20120420', { beside: { vis_given_date: '' } }),
  dose('vis-edition-after-dose', 'vis_edition_date', '20120420~20180212', '20120420~20160331', {
    beside: { vis_given_date: '' },
  }),
  dose('vis-given-before-edition', 'vis_given_date', '20120419', '20120420'),
  dose('vis-edition-unknown', 'vis_edition_date', '20120421', '20120420'),
  dose('vis-edition-unknown', 'vis_edition_date', '20120421', '19981215'),
  dose('vis-date-invalid', 'vis_edition_date', 'new', '20120420'),
  dose('vis-date-invalid', 'vis_edition_date', '20120420~new', '20120420~20160331'),
  dose('vis-date-invalid', 'vis_given_date', '1122016', '01122016'),
  dose('vis-after-dose', 'vis_given_date', '20160517', '20160516'),
  dose('completion-unrecognized', 'completion_status', 'XX', 'CP'),
  dose('dose-refused', 'completion_status', 'RE', 'CP', { beside: { refusal_reason: '01' } }),
  dose('dose-not-given', 'completion_status', 'NA', 'CP'),
  dose('dose-partial', 'completion_status', 'PA', ''),
  dose('refusal-reason-missing', 'refusal_reason', '', '1', {
    beside: { completion_status: 'RE' },
    both: ['dose-refused'],
  }),
  dose('refusal-reason-unrecognized', 'refusal_reason', 'because', '3', {
    beside: { completion_status: 'RE' },
    both: ['dose-refused'],
  }),
  dose('action-not-add', 'action_code', 'D', 'A'),
  dose('action-not-add', 'action_code', 'u', ''),
  dose('action-unrecognized', 'action_code', 'Q', 'A'),
  dose('value-too-long', 'comment', 'x'.repeat(201), 'x'.repeat(200)),
  dose('character-control', 'comment', 'sore\u0007arm', 'sore arm'),
  gritsDose('site-missing', 'site_id', '', 'GA001'),
  gritsDose('dose-patient-id-missing', 'source_patient_id', '', '1001'),
  gritsDose('dose-date-invalid', 'administered_on', '20160516', '05162016'),
  gritsDose('dose-date-missing', 'administered_on', '', '05162016'),
  gritsDose('vaccine-missing', 'cpt', '', '90707', { on: 'cvx', shows: null }),
  gritsDose('vaccine-name-unknown', 'vaccine_group', 'SHOTS', 'MMR', {
    beside: { cpt: '' },
    also: ['vaccine-unresolved'],
    twin: ['vaccine-from-name'],
  }),
  gritsDose('cpt-unknown', 'cpt', '99999', '90707', {
    beside: { vaccine_group: 'MMR' },
    also: ['vaccine-from-name'],
  }),
  gritsDose('mvx-missing', 'mvx', '', 'MSD'),
  gritsDose('body-site-unrecognized', 'body_site', 'toe', 'RA'),
  gritsDose('eligibility-unrecognized', 'eligibility', 'V9', 'V08'),
];

/** The sample as a title. */
export function titleOf({ spec, code, field, faulty, faultless }: Sample): string {
  const short = (value: string): string => JSON.stringify(value.length > 24 ? `${value.slice(0, 24)}…` : value);
  return `${spec.id}, ${code}: ${field} ${short(faulty)}, but not ${short(faultless)}`;
}

/** What becomes of the faulty record and of its twin. */
export function judgeSample(sample: Sample): { faulty: Judged; twin: Judged } {
  const { role, spec, field, beside, today } = sample;
  const needsSite = spec === GRITS && sample.code !== 'site-missing';
  const circumstances = { role, spec, ...(needsSite && { site: 'GA001' }), ...(today !== undefined && { today }) };
  return {
    faulty: judge({ ...beside, [field]: sample.faulty }, circumstances),
    twin: judge({ ...beside, [field]: sample.faultless }, circumstances),
  };
}
