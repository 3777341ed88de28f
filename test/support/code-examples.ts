/**
 * Examples for the pages of issue codes that no single value gives: what a sender has, and what it should be.
 *
 * All other codes take theirs from the samples of their rule, which the tests hold to their verdicts.
 */
import type { IssueCode } from '../../src/core/catalogue.js';

/** Some lines before and after they are mended. */
export interface CodeExample {
  readonly before: string;
  readonly after: string;
}

const example = (before: string, after: string): CodeExample => ({ before, after });
/** Many records that look alike, in words. */
const whole = example;

export const CODE_EXAMPLES: Readonly<Partial<Record<IssueCode, CodeExample>>> = {
  'field-count-wrong': example('F1|1001|Walsh|Lee|Nora|20150514', 'F1|1001|"Walsh|Lee"|Nora|20150514'),
  'row-width-wrong': example('1001  Walsh', '1001  Walsh     Nora      '),
  'row-shorter-than-layout': example('F1|1001|Walsh', 'F1|1001|Walsh|Nora|20150514'),
  'row-longer-than-layout': example('F1|1001|Walsh|Nora|20150514|extra', 'F1|1001|Walsh|Nora|20150514'),
  'quote-not-closed': example('F1|1001|"Walsh|Nora|20150514', 'F1|1001|"Walsh"|Nora|20150514'),
  'quote-misplaced': example('F1|1001|"Walsh" Lee|Nora', 'F1|1001|"Walsh Lee"|Nora'),
  'record-blank': example('||||', '(no such line)'),
  'header-repeated': example('facility_id|patient_id|last_name (again, in line 500)', '(no such line)'),
  'line-tag-unknown': example('XYZ|1001|Walsh', 'PAT|1001|Walsh'),
  'patient-line-missing': example('VAC|03|20160516 (the first line)', 'PAT|1001|Walsh\nVAC|03|20160516'),
  'patient-line-disagrees': example('PAT|1001|Walsh\nVAC|1002|03|20160516', 'PAT|1001|Walsh\nVAC|1001|03|20160516'),
  'character-undecodable': example('Mu\uFFFDoz (a byte that is no character)', 'Muñoz (exported as UTF-8)'),
  'required-value-missing': example('mother_first_name: (blank), where the specification requires it', 'mother_first_name: Elena'),
  'value-required-if': example('refusal: YES, reason: (blank)', 'refusal: YES, reason: 02'),
  'value-not-to-send': example('refusal: YES, lot_number: K012345', 'refusal: YES, lot_number: (blank)'),
  'value-not-fixed': example('recip_first_name: Nora, where Redacted is asked for', 'recip_first_name: Redacted'),
  'value-form-wrong': example('pin: 12 34', 'pin: 001234'),
  'value-not-in-set': example('answer: MAYBE', 'answer: UNK'),
  'value-not-date': example('admin_date: 2021-2-3', 'admin_date: 2021-02-03'),
  'value-date-month-first': example('admin_date: 02/03/2021', 'admin_date: 2021-02-03'),
  'value-needs-another': example('zip: 02118, county: (blank)', 'zip: 02118, county: 25025'),
  'value-after-another': example('birth_date: 2021-02-03, admin_date: 2020-12-30', 'birth_date: 1950-02-03, admin_date: 2020-12-30'),
  'value-in-future': example('admin_date: 2062-01-05', 'admin_date: 2026-01-05'),
  'values-disagree': example('state: MA, county: 33011', 'state: MA, county: 25011'),
  'value-repeated': example('event_id: E-17 in lines 4 and 9', 'event_id: E-17 in line 4, E-18 in line 9'),
  'control-total-wrong': example('TRL|500 (in a file of 498 records)', 'TRL|500 (in a file of 500 records)'),
  'trailer-missing': example('(the file ends with a record)', 'TRL|500'),
  'title-rows-skipped': example('Export of 1 July 2026\nfacility_id|patient_id', 'facility_id|patient_id'),
  'comments-skipped': example('# checked by Joyce', '(no such line)'),
  'dates-day-first': example('31/05/2009, 13/01/2010, 05/04/2011 throughout the column', '05/31/2009, 01/13/2010, 04/05/2011'),
  'dates-order-mixed': example('31/05/2009 beside 05/30/2009', '05/31/2009 beside 05/30/2009'),
  'column-unknown': example('a column shoe_size in the header', '(no such column, or one that the specification names)'),
  'column-missing': example('a header without admin_date', 'a header with admin_date'),
  'records-not-loaded': example('a record without any patient', '(nothing to do)'),
  'encoding-windows-1252': example('Mu\u00f1oz as the bytes 4D 75 F1 6F 7A', 'Mu\u00f1oz as the bytes 4D 75 C3 B1 6F 7A'),
  'encoding-mixed': example('some records in UTF-8, others in Windows-1252', 'all records in UTF-8'),
  'nul-bytes': example('bytes 00 in the place of blanks', 'blanks'),
  'patient-id-conflict': example('F1|7|Jones|Ann|20100102\nF1|7|Brown|Karl|19990102', 'F1|7|Jones|Ann|20100102\nF1|8|Brown|Karl|19990102'),
  'patient-id-repeated': example('F1|7|Jones|Ann|20100102\nF1|7|Jones|Ann|20100102 (with another address)', 'F1|7|Jones|Ann|20100102 (once, with the newer address)'),
  'match-in-doubt': example('F1|7|Jones|Ann|20100102|F\nF2|9|Jones|Ann|20100102|M', 'F1|7|Jones|Ann|20100102|F\nF2|9|Jones|Ann|20100102|F'),
  'names-exchanged': example('last_name: Anna, first_name: Smith', 'last_name: Smith, first_name: Anna'),
  'dose-in-doubt': example('F1|7|08|20200301|LOT A\nF1|7|08|20200301|LOT B', 'F1|7|08|20200301|LOT A (once, or twice if there were two)'),
  'dose-product-conflict': example('F1|7|08|20200301 (administered)\nF2|9|45|20200301 (historical)', 'F1|7|08|20200301\nF2|9|08|20200301'),
  'dose-extra-antigen': example('F1|7|110|20200301|LOT A\nF1|7|10|20200301|LOT B', 'F1|7|110|20200301|LOT A (once, if the other was part of it)'),
  'patient-not-found': example('a dose of patient 1999, who is in no patient file', 'the patient 1999 in the patient file'),
  'patient-rejected': example('a dose of patient 7, whose record was rejected', 'the record of patient 7 corrected; the dose stays as it is'),
  'comment-patient-id-missing': example('a comment without a patient id', 'a comment with the id of its patient'),
  'comment-patient-not-found': example('a comment on patient 1999, who is in no patient file', 'the patient 1999 in the patient file'),
  'comment-patient-rejected': example('a comment on patient 7, whose record was rejected', 'the record of patient 7 corrected; the comment stays as it is'),
  'comment-code-missing': example('comment_code: (blank)', 'comment_code: 03'),
  'comment-code-unrecognized': example('comment_code: ZZ', 'comment_code: 03'),
  'comment-date-invalid': example('comment_date: 13402015', 'comment_date: 05142015'),
  'comment-date-in-future': example('comment_date: 05142062', 'comment_date: 05142026'),
  'vaccine-mapped': example('vaccine_name: HEP-B PEDI (our own name), with a map that says 08', '(nothing to do, or cvx: 08 in the export)'),
  'cvx-pending': example('cvx: a code that is not licensed yet', 'cvx: the code of the vaccine that was given'),
  'cvx-pending-outdated': example('cvx: a code that was not licensed when the table was made', '(newer code tables: immload codes update)'),
  'ndc-invalid': example('ndc: 0006-468', 'ndc: 00006-4681-00'),
  'ndc-padded': example('ndc: 6468100', 'ndc: 00006-4681-00'),
  'ndc-unknown': example('ndc: 99999-9999-99', 'ndc: 00006-4681-00'),
  'ndc-ambiguous': example('ndc: 1234567890', 'ndc: 12345-0678-90'),
  'cvx-replaced': example('cpt: 90707, cvx: 94', 'cpt: 90707, cvx: 03'),
  'dose-date-before-birth': example('birth_date: 20150514, admin_date: 20140516', 'birth_date: 20150514, admin_date: 20160516'),
  'dose-date-after-death': example('death_date: 20190301, admin_date: 20190401', 'death_date: 20190301, admin_date: 20180401'),
  'births-on-new-year': whole('412 of 10,233 patients are born on 1 January', 'blank birth dates where they are not known'),
  'birth-date-default': whole('300 patients have the birth date 19000101', 'their own birth dates'),
  'sex-always-same': whole('F in all 10,233 records', 'F and M as they are'),
  'patients-under-several-ids': whole('F1|V-881|Walsh|Nora|20150514\nF1|V-902|Walsh|Nora|20150514', 'F1|1001|Walsh|Nora|20150514'),
  'doses-on-one-day': whole('8,000 of 60,000 doses on 2009-06-30, when the system was changed', 'the days on which they were given'),
  'doses-on-first-of-month': whole('20150401, 20150601, 20160501 for most doses', '20150417, 20150612, 20160503'),
  'months-without-doses': whole('no dose in March and April 2017, and 300 in every other month', 'the doses of March and April 2017'),
  'doses-one-source': whole('information_source: 01 in every record', 'information_source: 00 for doses given here'),
  'lot-over-years': whole('lot K012345 from 2009 to 2021', 'the lot of each dose, or a blank'),
  'ages-wrong-for-vaccine': whole('rotavirus vaccine at the age of 12', 'the code of the vaccine that was given'),
  'doses-on-birth-day': whole('birth_date: 20150514, admin_date: 20150514 for MMR', 'admin_date: 20160516'),
  'doses-per-patient-high': whole('patient 1 with 4,000 doses', 'each patient with an id of its own'),
  'patients-with-one-dose': whole('one line for each patient: the latest dose', 'one line for each dose'),
  'column-always-same': whole('street: 1 Main St in all records', 'the street of each patient'),
  'columns-shifted': whole('state: 02118, zip: 25025, county: 6175550123', 'state: MA, zip: 02118, county: 25025'),
}; // biome-ignore format: a table of examples
