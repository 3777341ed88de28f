/** Puts stored doses together anew, when new records show that others of their records belong together. */
import type { Database } from 'better-sqlite3';
import type { Row } from '../core/model.js';
import type { BeforeImages } from './before-images.js';
import type { SqlValue } from './bulk-insert.js';
import type { DoseDetails } from './dose-details.js';
import type { DoseRecord, RegroupedDose, Regrouping } from './store.js';
import { DOSE_COLUMNS, IMMUNIZATION_COLUMNS, recordText } from './tables.js';

/** A record of a file that became a dose, or the duplicate of one. */
interface SourceRecord {
  readonly id: number;
  readonly file_id: number;
  readonly line: number;
  readonly source_immunization_id: string | null;
}

interface Duplicate extends SourceRecord {
  readonly immunization_id: number;
  readonly part: number;
}

/** Does what a {@link Regrouping} says. Every source record stays, as a dose or as a duplicate; ask within a transaction. */
export class DoseRegrouper {
  readonly #database: Database;
  readonly #images: BeforeImages;

  constructor(database: Database, images: BeforeImages) {
    this.#database = database;
    this.#images = images;
  }

  /** `runId` is the run that does it, `null` for a reviewer: then rows are of the runs that their records came in. */
  regroup(runId: number | null, regrouping: Regrouping, details: DoseDetails): void {
    const { kept, made, records } = regrouping;
    const concerned = [...new Set(records.map(({ from }) => from.immunizationId))];
    const goals = new Map(records.map(({ from, ...goal }) => [keyOf(from), goal]));
    const makers = new Map(made.map((dose) => [keyOf(dose.from), dose]));
    this.#removeParts(runId, concerned);
    for (const duplicate of this.#select<Duplicate>('immunization_duplicates', 'immunization_id', concerned)) {
      this.#keep(runId, 'immunization_duplicates', duplicate.id);
      const key = keyOf({ immunizationId: duplicate.immunization_id, part: duplicate.part });
      const dose = makers.get(key);
      if (dose !== undefined) {
        // The first of several that say the same makes the dose.
        makers.delete(key);
        this.#run('DELETE FROM main.immunization_duplicates WHERE id = ?', duplicate.id);
        this.#makeDose(runId, dose, duplicate, regrouping.patientId, details);
        continue;
      }
      const { to, reason } = goals.get(key)!;
      const stays = to.immunizationId === duplicate.immunization_id;
      this.#run(
        `UPDATE main.immunization_duplicates SET immunization_id = ?, part = ?, reason = coalesce(?, reason) WHERE id = ?`,
        to.immunizationId,
        to.part,
        stays ? null : reason,
        duplicate.id,
      );
    }
    for (const dose of this.#select<SourceRecord>('doses', 'id', concerned)) {
      this.#keep(runId, 'doses', dose.id);
      const { to, reason } = goals.get(keyOf({ immunizationId: dose.id, part: 0 }))!;
      if (to.immunizationId === dose.id) continue;
      this.#followInReviews(runId, regrouping.patientId, dose.id, to.immunizationId);
      this.#run('DELETE FROM main.doses WHERE id = ?', dose.id);
      this.#run(
        `INSERT INTO main.immunization_duplicates (run_id, file_id, line, source_immunization_id, immunization_id, part, reason)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        runId ?? this.#runOfFile(dose.file_id),
        dose.file_id,
        dose.line,
        dose.source_immunization_id,
        to.immunizationId,
        to.part,
        reason,
      );
    }
    for (const dose of kept) {
      const values = doseValues(dose.row, details);
      const names = Object.keys(values);
      this.#run(
        `UPDATE main.doses SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`,
        ...Object.values(values),
        dose.immunizationId,
      );
      this.#addParts(runId, dose);
    }
  }

  #makeDose(
    runId: number | null,
    dose: RegroupedDose,
    { file_id, line }: SourceRecord,
    patientId: number,
    details: DoseDetails,
  ): void {
    const values = { id: dose.immunizationId, patient_id: patientId, file_id, line, ...doseValues(dose.row, details) };
    const names = Object.keys(values);
    if (runId !== null) this.#images.keepAbsence(runId, dose.immunizationId, file_id);
    this.#run(
      `INSERT INTO main.doses (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
      ...Object.values(values),
    );
    this.#addParts(runId, dose);
  }

  #removeParts(runId: number | null, immunizationIds: readonly number[]): void {
    for (const { id } of this.#select<{ readonly id: number }>(
      'immunization_parts',
      'immunization_id',
      immunizationIds,
    )) {
      this.#keep(runId, 'immunization_parts', id);
      this.#run('DELETE FROM main.immunization_parts WHERE id = ?', id);
    }
  }

  #addParts(runId: number | null, { immunizationId, parts }: RegroupedDose): void {
    for (const part of parts) {
      this.#run(
        'INSERT INTO main.immunization_parts (immunization_id, run_id, record) VALUES (?, ?, ?)',
        immunizationId,
        runId ?? this.#runOfDose(immunizationId),
        recordText(part, IMMUNIZATION_COLUMNS),
      );
    }
  }

  /** A pair for a reviewer is told of the dose that its dose became part of. */
  #followInReviews(runId: number | null, patientId: number, from: number, to: number): void {
    for (const side of ['a', 'b'] as const) {
      const ids = this.#database
        .prepare(`SELECT id FROM main.match_reviews WHERE patient_id_a = ? AND immunization_id_${side} = ?`)
        .pluck()
        .all(patientId, from) as number[];
      for (const id of ids) {
        this.#keep(runId, 'match_reviews', id);
        this.#run(`UPDATE main.match_reviews SET immunization_id_${side} = ? WHERE id = ?`, to, id);
      }
    }
  }

  #keep(runId: number | null, table: string, id: number): void {
    if (runId !== null) this.#images.keep(runId, table, id);
  }

  #runOfFile(fileId: number): number {
    return this.#database.prepare('SELECT run_id FROM main.run_files WHERE id = ?').pluck().get(fileId) as number;
  }

  #runOfDose(immunizationId: number): number {
    return this.#runOfFile(
      this.#database.prepare('SELECT file_id FROM main.doses WHERE id = ?').pluck().get(immunizationId) as number,
    );
  }

  #select<T>(table: string, column: string, ids: readonly number[]): T[] {
    return this.#database
      .prepare(`SELECT * FROM main.${table} WHERE ${column} IN (SELECT value FROM json_each(?)) ORDER BY id`)
      .all(JSON.stringify(ids)) as T[];
  }

  #run(sql: string, ...values: SqlValue[]): void {
    this.#database.prepare(sql).run(...values);
  }
}

function keyOf({ immunizationId, part }: DoseRecord): string {
  return `${immunizationId}/${part}`;
}

/** The columns of `doses` that come from a row. */
function doseValues(row: Row, details: DoseDetails): Record<string, SqlValue> {
  const values: Record<string, SqlValue> = { detail_id: details.idOf(row) };
  for (const { name, slot } of DOSE_COLUMNS) values[name] = row[slot]!;
  return values;
}
