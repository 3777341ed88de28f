/** A stored person with all that it is made of: its records, and the ids of its senders under which they came. */
import type { Database } from 'better-sqlite3';
import { hashText } from '../core/match/keys.js';
import { sourceKey } from '../core/match/patient.js';
import { mergePatientRows } from '../core/match/survivor.js';
import { packRow, type Row } from '../core/model.js';
import { PATIENT_COLUMNS, PATIENT_SLOTS, rowOf } from './tables.js';

/** A source record of a person, as `patient_sources` has it. */
export interface SourceRow {
  readonly id: number;
  readonly runId: number;
  readonly fileId: number;
  readonly line: number;
  readonly siteId: string;
  readonly sourcePatientId: string;
  readonly decision: 'new' | 'merged' | 'duplicate';
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
export function readPerson(database: Database, patientId: number): Person | null {
  const record = database.prepare('SELECT * FROM main.patients WHERE id = ?').get(patientId) as
    | Record<string, unknown>
    | undefined;
  if (record === undefined) return null;
  const sources = database
    .prepare(
      `SELECT id, run_id AS runId, file_id AS fileId, line, site_id AS siteId, source_patient_id AS sourcePatientId,
         decision, explanation, content FROM main.patient_sources WHERE patient_id = ? ORDER BY id`,
    )
    .all(patientId) as Omit<SourceRow, 'key'>[];
  const kept = database
    .prepare('SELECT id, run_id, site_id, record, ssn_check FROM main.patient_parts WHERE patient_id = ? ORDER BY id')
    .raw()
    .all(patientId) as [number, number, string, string, number | null][];
  const row = rowOf(record, PATIENT_COLUMNS, PATIENT_SLOTS);
  const ssnCheck = record['ssn_check'] as number | null;
  const parts = kept.map(([id, runId, siteId, json, ssn]) => {
    return { id, runId, siteId, row: rowOf(readJson(json), PATIENT_COLUMNS, PATIENT_SLOTS), ssnCheck: ssn };
  });
  const first = sources[0]!;
  return {
    patientId,
    row,
    ssnCheck,
    parts: parts.length > 0 ? parts : [{ id: null, runId: first.runId, siteId: first.siteId, row, ssnCheck }],
    sources: sources.map((source) => ({ ...source, key: hashText(sourceKey(source.siteId, source.sourcePatientId)) })),
  };
}

function readJson(json: string): Record<string, unknown> {
  return JSON.parse(json) as Record<string, unknown>;
}

/** The row of a person that is made of these parts, where the first of its sites comes before others. */
export function rowOfParts(parts: readonly PersonPart[], firstSiteId: string): Row {
  if (parts.length === 1) return parts[0]!.row;
  return mergePatientRows(parts.map(({ row, siteId }) => ({ row, rank: siteId === firstSiteId ? 0 : 1 })));
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
