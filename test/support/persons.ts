/** Patients and doses as rows, and a registry of persons in memory: for tests of matching. */
import { hashText, identityOf, matchKeyOf } from '../../src/core/match/keys.js';
import {
  decidePatients,
  type IncomingRecord,
  type KnownPatient,
  type PatientDecisions,
} from '../../src/core/match/patient.js';
import { mergePatientRows } from '../../src/core/match/survivor.js';
import { DOSE, type ImmunizationField, PATIENT, type PatientField, packRow, type Row } from '../../src/core/model.js';

export type PatientValues = Readonly<Partial<Record<PatientField, string | null>>>;
export type DoseValues = Readonly<Partial<Record<ImmunizationField, string | null>>>;

/** A normalized patient; what is not given is not known. */
export function patientRow(values: PatientValues): Row {
  const row: Row = Object.keys(PATIENT).map(() => null);
  for (const [field, value] of Object.entries(values)) row[PATIENT[field as PatientField]] = value;
  return row;
}

/** A normalized dose; what is not given is not known. */
export function doseRow(values: DoseValues): Row {
  const row: Row = Object.keys(DOSE).map(() => null);
  for (const [field, value] of Object.entries(values)) row[DOSE[field as ImmunizationField]] = value;
  return row;
}

/** What the registry keeps of a record in the person's row: the ids have a table of their own. */
function storedRow(row: Row): Row {
  return row.with(PATIENT.site_id, null).with(PATIENT.source_patient_id, null).with(PATIENT.ssn, null);
}

/** A record of a submission, as matching sees it. */
export function incoming(row: Row, index: number): IncomingRecord {
  return {
    index,
    siteId: row[PATIENT.site_id]!,
    sourcePatientId: row[PATIENT.source_patient_id]!,
    identity: identityOf(row),
    content: hashText(packRow(storedRow(row))),
  };
}

/** Decides about rows in this order, against the persons of a registry. */
export function decide(rows: readonly Row[], known: readonly KnownPatient[] = []): PatientDecisions {
  return decidePatients(rows.map(incoming), known);
}

/** Rows that became one person. */
export interface Person {
  readonly rows: Row[];
  /** Number in the registry, `null` for a person that is not in it yet. */
  readonly patientId: number | null;
}

/** The persons of a submission, in the order of their first records; rejected records are in none. */
export function personsOf(rows: readonly Row[], registry: readonly Person[] = []): Person[] {
  const { decisions } = decide(rows, registry.map(knownPatient));
  const persons: Person[] = registry.map(({ rows: own, patientId }) => ({ rows: [...own], patientId }));
  const byIndex = new Map<number, Person>();
  rows.forEach((row, index) => {
    const decision = decisions.get(index)!;
    if (decision.kind === 'conflict') return;
    let person: Person;
    if (decision.kind === 'new') {
      person = { rows: [], patientId: null };
      persons.push(person);
    } else if ('index' in decision.to) {
      person = byIndex.get(decision.to.index)!;
    } else {
      const { patientId } = decision.to;
      person = persons.find((each) => each.patientId === patientId)!;
    }
    person.rows.push(row);
    byIndex.set(index, person);
  });
  return persons;
}

/** The registry after a submission. */
export function loadInto(registry: readonly Person[], rows: readonly Row[]): Person[] {
  return personsOf(rows, registry).map((person, number) => ({ ...person, patientId: number + 1 }));
}

/** A person of the registry, as the store gives it to matching. */
export function knownPatient(person: Person): KnownPatient {
  const merged = mergedRow(person);
  const keys = person.rows.map((row) => matchKeyOf(identityOf(row))).filter((key) => key !== null);
  return {
    patientId: person.patientId!,
    identity: identityOf(merged),
    matchKeys: [...new Set(keys)],
    sources: person.rows.map((row, index) => {
      const { siteId, sourcePatientId, content } = incoming(row, index);
      return { siteId, sourcePatientId, content };
    }),
  };
}

/** The one row of a person: the site of its first record made it. */
export function mergedRow({ rows }: Person): Row {
  const site = rows[0]![PATIENT.site_id];
  return mergePatientRows(rows.map((row) => ({ row: storedRow(row), rank: row[PATIENT.site_id] === site ? 0 : 1 })));
}

/** Rows as texts, sorted: equal for the same set of rows in any order. */
export function contentsOf(rows: readonly Row[]): string[] {
  return rows.map(packRow).sort();
}

/** Persons as the texts of their rows, sorted: equal for the same persons in any order. */
export function partitionOf(persons: readonly Person[]): string[][] {
  return persons.map(({ rows }) => contentsOf(rows)).sort((a, b) => (a.join() < b.join() ? -1 : 1));
}
