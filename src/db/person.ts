/** A stored person with all that it is made of: its records, and the ids of its senders under which they came. */
import { hashText } from '../core/match/keys.js';
import { sourceKey } from '../core/match/patient.js';
import { homeSiteOf, mergePatientRows } from '../core/match/survivor.js';
import { packRow, type Row } from '../core/model.js';
import type { Queries, SqlRow } from './queries.js';
import { groupBy, PATIENT_COLUMNS, PATIENT_SLOTS, rowOf } from './tables.js';

/** A source record of a person, as `patient_sources` has it. */
export interface SourceRow {
  readonly id: number;
  readonly runId: number;
  readonly fileId: number;
  readonly line: number;
  readonly siteId: string;
  readonly sourcePatientId: string;
  readonly decision: 'new' | 'merged' | 'duplicate';
  readonly reason: string | null;
  readonly explanation: string | null;
  /** Equal for records that say the same. */
  readonly content: number;
  /** Its key as `record_keys` has it. */
  readonly key: number;
}

/** What one or more records of a person say. */
export interface PersonPart {
  /** Its row in `patient_parts`, `null` where the person has but one part: that is its row. */
  readonly id: number | null;
  readonly runId: number;
  readonly siteId: string;
  readonly row: Row;
  readonly ssnCheck: number | null;
}

export interface Person {
  readonly patientId: number;
  readonly row: Row;
  readonly ssnCheck: number | null;
  /** At least one. */
  readonly parts: readonly PersonPart[];
  /** In the order in which they came. */
  readonly sources: readonly SourceRow[];
}

/** Reads a person, `null` if there is none of that number. */
export async function readPerson(queries: Queries, patientId: number): Promise<Person | null> {
  return (await readPersons(queries, [patientId])).get(patientId) ?? null;
}

/** Reads persons, by their numbers; those that are not there are left out. */
export async function readPersons(queries: Queries, patientIds: readonly number[]): Promise<Map<number, Person>> {
  const records = await queries.rows('SELECT * FROM patients WHERE id = ANY($1::int[])', [patientIds]);
  const sources = groupBy(
    await queries.rows(
      `SELECT id, run_id, file_id, line, site_id, source_patient_id, decision, reason, explanation, content, patient_id
       FROM patient_sources WHERE patient_id = ANY($1::int[]) ORDER BY id`,
      [patientIds],
    ),
    'patient_id',
  );
  const parts = groupBy(
    await queries.rows(
      `SELECT id, run_id, site_id, record, ssn_check, patient_id FROM patient_parts
       WHERE patient_id = ANY($1::int[]) ORDER BY id`,
      [patientIds],
    ),
    'patient_id',
  );
  return new Map(
    records.map((record) => {
      const id = record['id'] as number;
      return [id, personOf(record, sources.get(id) ?? [], parts.get(id) ?? [])];
    }),
  );
}

function personOf(record: SqlRow, sourceRows: readonly SqlRow[], partRows: readonly SqlRow[]): Person {
  const row = rowOf(record, PATIENT_COLUMNS, PATIENT_SLOTS);
  const ssnCheck = record['ssn_check'] as number | null;
  const sources = sourceRows.map(sourceOf);
  const first = sources[0]!;
  const parts = partRows.map((part) => ({
    id: part['id'] as number,
    runId: part['run_id'] as number,
    siteId: part['site_id'] as string,
    row: rowOf(readJson(part['record'] as string), PATIENT_COLUMNS, PATIENT_SLOTS),
    ssnCheck: part['ssn_check'] as number | null,
  }));
  return {
    patientId: record['id'] as number,
    row,
    ssnCheck,
    parts: parts.length > 0 ? parts : [{ id: null, runId: first.runId, siteId: homeSiteOf(sources), row, ssnCheck }],
    sources,
  };
}

function sourceOf(source: SqlRow): SourceRow {
  const siteId = source['site_id'] as string;
  const sourcePatientId = source['source_patient_id'] as string;
  return {
    id: source['id'] as number,
    runId: source['run_id'] as number,
    fileId: source['file_id'] as number,
    line: source['line'] as number,
    siteId,
    sourcePatientId,
    decision: source['decision'] as SourceRow['decision'],
    reason: source['reason'] as string | null,
    explanation: source['explanation'] as string | null,
    content: source['content'] as number,
    key: hashText(sourceKey(siteId, sourcePatientId)),
  };
}

function readJson(json: string): Record<string, unknown> {
  return JSON.parse(json) as Record<string, unknown>;
}

/** The row of a person that is made of these parts, where those of its home site come before others. */
export function rowOfParts(parts: readonly PersonPart[], homeSiteId: string): Row {
  if (parts.length === 1) return parts[0]!.row;
  return mergePatientRows(parts.map(({ row, siteId }) => ({ row, rank: siteId === homeSiteId ? 0 : 1 })));
}

/** A part of a person, and the number that came with one of its records. */
export interface SourcePart {
  readonly part: PersonPart;
  readonly ssnCheck: number | null;
}

const SSN_CHECKS = 65_536;

/**
 * What a source record of the person said. The registry keeps each thing said once; the record is known by a number that
 * its text and the check of its Social Security number make. `null` where a row was written by an immload with other fields.
 */
export function partOfSource({ parts, ssnCheck }: Person, { content, siteId }: SourceRow): SourcePart | null {
  for (const part of parts) {
    const packed = packRow(part.row);
    for (const check of [part.ssnCheck, ssnCheck, null]) {
      if (contentOf(packed, check) === content) return { part, ssnCheck: check };
    }
  }
  for (const part of parts) {
    const packed = packRow(part.row);
    for (let check = 0; check < SSN_CHECKS; check++) {
      if (contentOf(packed, check) === content) return { part: { ...part, siteId }, ssnCheck: check };
    }
  }
  return null;
}

function contentOf(packed: string, ssnCheck: number | null): number {
  return hashText(ssnCheck === null ? packed : `${packed}\x1f${ssnCheck}`);
}
