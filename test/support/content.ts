/** What a registry says, whichever database it is in and whichever way its records came in. */
import { findKeys } from './found-keys.js';
import type { TableRow } from './sandbox.js';

/** Tables of which contents are told. */
export const CONTENT_TABLES = [
  'patients', 'patient_sources', 'patient_parts', 'patient_comments', 'match_keys', 'match_key_packs',
  'immunizations', 'immunization_duplicates', 'immunization_parts', 'match_reviews',
] as const; // biome-ignore format: a list of names
export type ContentTables = Readonly<Record<(typeof CONTENT_TABLES)[number], readonly TableRow[]>>;

/** Where and when something was said. */
const PROVENANCE: ReadonlySet<string> = new Set(['id', 'patient_id', 'run_id', 'file_id', 'line']);

/**
 * All that a registry says, without ids and without where and when it was said: what must be the same whichever way the
 * records came in. Persons are named by the ids under which their records came.
 */
export function describeContent(tables: ContentTables): Record<string, TableRow[]> {
  const names = namesOfPersons(tables.patient_sources);
  const ofPatient = (id: TableRow[string]): TableRow => ({ person: names.get(id!) ?? null });
  const owners = new Map(tables.immunizations.map((dose) => [dose['id'], dose]));
  const ofDose = (id: TableRow[string]): TableRow => ofPatient(owners.get(id!)!['patient_id']!);
  return {
    patients: sorted(tables.patients.map((row) => ({ ...said(row), ...ofPatient(row['id']!) }))),
    immunizations: sorted(tables.immunizations.map((row) => ({ ...said(row), ...ofPatient(row['patient_id']!) }))),
    duplicates: sorted(
      tables.immunization_duplicates.map(({ source_immunization_id, reason, immunization_id: dose }) => {
        const { administered_on, cvx } = owners.get(dose!)!;
        return pick({ source_immunization_id, reason, administered_on, cvx, ...ofDose(dose!) });
      }),
    ),
    sources: distinct(
      tables.patient_sources.map(({ site_id, source_patient_id, content, patient_id }) => {
        return pick({ site_id, source_patient_id, content, ...ofPatient(patient_id!) });
      }),
    ),
    matchKeys: distinct(
      findKeys(tables).found.map(({ matchKey, patientId }) => pick({ match_key: matchKey, ...ofPatient(patientId) })),
    ),
    patientParts: distinct(
      tables.patient_parts.map(({ site_id, record, patient_id }) => {
        return pick({ site_id, record, ...ofPatient(patient_id!) });
      }),
    ),
    immunizationParts: distinct(
      tables.immunization_parts.map(({ record, immunization_id }) => pick({ record, ...ofDose(immunization_id!) })),
    ),
    comments: sorted(
      tables.patient_comments.map(({ comment_code, applies_on, patient_id }) => {
        return pick({ comment_code, applies_on, ...ofPatient(patient_id!) });
      }),
    ),
    reviews: sorted(tables.match_reviews.map(({ reasons }) => pick({ reasons }))),
  };
}

function namesOfPersons(sources: readonly TableRow[]): Map<TableRow[string], string> {
  const ids = new Map<TableRow[string], Set<string>>();
  for (const { patient_id, site_id, source_patient_id } of sources) {
    const own = ids.get(patient_id!) ?? new Set();
    ids.set(patient_id!, own.add(`${site_id}/${source_patient_id}`));
  }
  return new Map([...ids].map(([id, own]) => [id, [...own].sort().join(' ')]));
}

function said(row: TableRow): TableRow {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !PROVENANCE.has(name)));
}

/** A row of some columns, which all are there. */
function pick(row: Readonly<Record<string, TableRow[string] | undefined>>): TableRow {
  return row as TableRow;
}

/** Rows in an order that follows from what they say. */
export function sorted(rows: readonly TableRow[]): TableRow[] {
  return rows
    .map((row) => JSON.stringify(row))
    .sort()
    .map((text) => JSON.parse(text) as TableRow);
}

function distinct(rows: readonly TableRow[]): TableRow[] {
  return sorted([...new Map(rows.map((row) => [JSON.stringify(row), row])).values()]);
}

/**
 * The same without which of several records of one dose gave it its id and its site, and without why two are one in the
 * words of the day on which the second came.
 */
export function withoutOrder(content: Record<string, TableRow[]>): Record<string, TableRow[]> {
  const { duplicates, immunizations, immunizationParts, ...rest } = content;
  return {
    ...rest,
    records: sorted(
      [...immunizations!, ...duplicates!].map(({ person, source_immunization_id: id }) => {
        return { person: person!, id: id! };
      }),
    ),
    duplicates: sorted(duplicates!.map(({ reason, source_immunization_id, ...duplicate }) => duplicate)),
    immunizations: sorted(immunizations!.map(({ source_immunization_id, site_id, ...dose }) => dose)),
    immunizationParts: sorted(
      immunizationParts!.map((part) => ({
        ...part,
        record: String(part['record']).replace(/"source_immunization_id":"[^"]*",?/, ''),
      })),
    ),
  };
}
