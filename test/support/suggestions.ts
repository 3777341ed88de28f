/** Asks for suggestions about single records, without a file around them. */
import type { IssueCode } from '../../src/core/catalogue.js';
import type { FieldName, IsoDate } from '../../src/core/model.js';
import { Evidence } from '../../src/core/suggest/evidence.js';
import type { RecordFacts, Values } from '../../src/core/suggest/facts.js';
import type { Proposal } from '../../src/core/suggest/proposal.js';
import { suggest } from '../../src/core/suggest/suggesters.js';
import { CODES } from './fixtures.js';

const TODAY = '2026-07-01' as IsoDate;

/** A dose as it was sent: vaccine and day. */
export interface SentDose {
  readonly cvx: string;
  readonly day: string;
}

export function evidence(): Evidence {
  return new Evidence(CODES, TODAY, []);
}

/** What is known of a dose whose patient was born on a day, as the record says. */
export function factsOfDose({ cvx, day }: SentDose, birthDate: string | null, more: Values = {}): RecordFacts {
  const values = { site_id: 'F1', source_patient_id: '1', administered_on: day, cvx, ...more };
  return { role: 'immunization', values, received: values, birthDate, deathDate: null, isCombined: false };
}

export function factsOfPatient(birthDate: string): RecordFacts {
  const values = { site_id: 'F1', source_patient_id: '1', birth_date: birthDate };
  return { role: 'patient', values, received: values, birthDate: null, deathDate: null, isCombined: false };
}

/** What is suggested for an issue; `null` if nothing is. */
export function propose(
  code: IssueCode,
  field: FieldName,
  facts: RecordFacts,
  by: Evidence,
  value?: string,
): Proposal | null {
  const issue = { code, field, value: value ?? facts.received[field] ?? null, other: null, expected: null };
  return suggest({ issue, facts, evidence: by });
}

/** What is suggested for the doses that lie before the birth that their patient's record says. */
export function proposeForEarlyDoses(birthDate: string, doses: readonly SentDose[]): (Proposal | null)[] {
  const by = evidence();
  const early = doses.filter(({ day }) => day < birthDate).map((dose) => factsOfDose(dose, birthDate));
  for (const facts of early) by.add({ code: 'dose-date-before-birth' }, facts);
  return early.map((facts) => propose('dose-date-before-birth', 'administered_on', facts, by));
}

/** What is suggested for a birth date in the future, by the doses that wait for the patient. */
export function proposeForBirth(birthDate: string, doses: readonly SentDose[]): Proposal | null {
  const by = evidence();
  for (const dose of doses) by.add({ code: 'patient-rejected' }, factsOfDose(dose, null));
  return propose('birth-date-in-future', 'birth_date', factsOfPatient(birthDate), by);
}
