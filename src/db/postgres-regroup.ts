/** Puts stored doses of a PostgreSQL registry together anew: all of a batch at once, as {@link DoseRegrouper} does each. */
import type { Row } from '../core/model.js';
import { numbers } from './postgres-arrays.js';
import { copyRows } from './postgres-copy.js';
import type { PostgresDoseDetails } from './postgres-dose-details.js';
import { keepAbsences, keepImages } from './postgres-images.js';
import { doseValues } from './postgres-rows.js';
import type { PgQueries } from './postgres-session.js';
import type { DoseRecord, Regrouping } from './store.js';
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

/** What regroupings do to the tables, in the order in which each would do it. */
interface Changes {
  readonly removedDuplicates: number[];
  readonly movedDuplicates: { readonly id: number; readonly to: DoseRecord; readonly reason: string | null }[];
  readonly addedDuplicates: (SourceRecord & { readonly to: DoseRecord; readonly reason: string })[];
  readonly removedDoses: number[];
  readonly madeDoses: {
    readonly immunizationId: number;
    readonly patientId: number;
    readonly row: Row;
    readonly from: SourceRecord;
  }[];
  readonly keptDoses: { readonly immunizationId: number; readonly row: Row }[];
  readonly addedParts: { readonly immunizationId: number; readonly row: Row }[];
  /** Doses that became part of others, by patient, in their order. */
  readonly followed: { readonly patientId: number; readonly from: number; readonly to: number }[];
}

/** Does what some {@link Regrouping}s say, of different patients. Every source record stays, as a dose or as a duplicate. */
export async function regroup(
  queries: PgQueries,
  runId: number,
  regroupings: readonly Regrouping[],
  details: PostgresDoseDetails,
): Promise<void> {
  if (regroupings.length === 0) return;
  const concerned = [...new Set(regroupings.flatMap(({ records }) => records.map(({ from }) => from.immunizationId)))];
  const duplicates = await queries.rows<Duplicate>(
    'SELECT * FROM immunization_duplicates WHERE immunization_id = ANY($1::int[]) ORDER BY id',
    [numbers(concerned)],
  );
  const doses = await queries.rows<SourceRecord>('SELECT * FROM doses WHERE id = ANY($1::int[]) ORDER BY id', [
    numbers(concerned),
  ]);
  const changes: Changes = {
    removedDuplicates: [],
    movedDuplicates: [],
    addedDuplicates: [],
    removedDoses: [],
    madeDoses: [],
    keptDoses: [],
    addedParts: [],
    followed: [],
  };
  for (const regrouping of regroupings) plan(regrouping, duplicates, doses, changes);
  await details.resolve(
    queries,
    [...changes.madeDoses, ...changes.keptDoses].map(({ row }) => row),
  );
  await keepRows(queries, runId, concerned, changes);
  await apply(queries, runId, concerned, changes, details);
}

function plan(
  { patientId, kept, made, records }: Regrouping,
  duplicates: readonly Duplicate[],
  doses: readonly SourceRecord[],
  changes: Changes,
): void {
  const own = new Set(records.map(({ from }) => from.immunizationId));
  const goals = new Map(records.map(({ from, ...goal }) => [keyOf(from), goal]));
  const makers = new Map(made.map((dose) => [keyOf(dose.from), dose]));
  for (const duplicate of duplicates) {
    if (!own.has(duplicate.immunization_id)) continue;
    const key = keyOf({ immunizationId: duplicate.immunization_id, part: duplicate.part });
    const dose = makers.get(key);
    if (dose !== undefined) {
      // The first of several that say the same makes the dose.
      makers.delete(key);
      changes.removedDuplicates.push(duplicate.id);
      const { immunizationId, row } = dose;
      changes.madeDoses.push({ immunizationId, patientId, row, from: duplicate });
      for (const part of dose.parts) changes.addedParts.push({ immunizationId, row: part });
      continue;
    }
    const { to, reason } = goals.get(key)!;
    const stays = to.immunizationId === duplicate.immunization_id;
    changes.movedDuplicates.push({ id: duplicate.id, to, reason: stays ? null : reason });
  }
  for (const dose of doses) {
    if (!own.has(dose.id)) continue;
    const { to, reason } = goals.get(keyOf({ immunizationId: dose.id, part: 0 }))!;
    if (to.immunizationId === dose.id) continue;
    changes.followed.push({ patientId, from: dose.id, to: to.immunizationId });
    changes.removedDoses.push(dose.id);
    changes.addedDuplicates.push({ ...dose, to, reason });
  }
  for (const { immunizationId, row, parts } of kept) {
    changes.keptDoses.push({ immunizationId, row });
    for (const part of parts) changes.addedParts.push({ immunizationId, row: part });
  }
}

function keyOf({ immunizationId, part }: DoseRecord): string {
  return `${immunizationId}/${part}`;
}

/** Keeps what is about to change. */
async function keepRows(
  queries: PgQueries,
  runId: number,
  concerned: readonly number[],
  { removedDuplicates, movedDuplicates, madeDoses }: Changes,
): Promise<void> {
  const parts = await queries.arrays<[number]>(
    'SELECT id FROM immunization_parts WHERE immunization_id = ANY($1::int[])',
    [numbers(concerned)],
  );
  await keepImages(
    queries,
    runId,
    'immunization_parts',
    parts.map(([id]) => id),
  );
  await keepImages(queries, runId, 'immunization_duplicates', [
    ...removedDuplicates,
    ...movedDuplicates.map(({ id }) => id),
  ]);
  await keepAbsences(
    queries,
    runId,
    madeDoses.map(({ immunizationId, from }) => ({ immunizationId, fileId: from.file_id })),
  );
  await keepImages(queries, runId, 'doses', concerned);
}

async function apply(
  queries: PgQueries,
  runId: number,
  concerned: readonly number[],
  changes: Changes,
  details: PostgresDoseDetails,
): Promise<void> {
  const { removedDuplicates, movedDuplicates, addedDuplicates, removedDoses, madeDoses, keptDoses } = changes;
  await queries.run('DELETE FROM immunization_parts WHERE immunization_id = ANY($1::int[])', [numbers(concerned)]);
  await queries.run('DELETE FROM immunization_duplicates WHERE id = ANY($1::int[])', [numbers(removedDuplicates)]);
  await queries.run(
    `UPDATE immunization_duplicates d SET immunization_id = n.dose, part = n.part, reason = coalesce(n.reason, d.reason)
     FROM unnest($1::int[], $2::int[], $3::int[], $4::text[]) AS n (id, dose, part, reason) WHERE d.id = n.id`,
    [
      numbers(movedDuplicates.map(({ id }) => id)),
      numbers(movedDuplicates.map(({ to }) => to.immunizationId)),
      numbers(movedDuplicates.map(({ to }) => to.part)),
      movedDuplicates.map(({ reason }) => reason),
    ],
  );
  await followInReviews(queries, runId, changes);
  await queries.run('DELETE FROM doses WHERE id = ANY($1::int[])', [numbers(removedDoses)]);
  await copyRows(
    queries,
    'doses',
    madeDoses.length,
    [
      { name: 'id', value: (i) => madeDoses[i]!.immunizationId },
      { name: 'patient_id', value: (i) => madeDoses[i]!.patientId },
      { name: 'file_id', value: (i) => madeDoses[i]!.from.file_id },
      { name: 'line', value: (i) => madeDoses[i]!.from.line },
      { name: 'detail_id', value: (i) => details.idOf(madeDoses[i]!.row) },
    ],
    { columns: DOSE_COLUMNS, row: (i) => madeDoses[i]!.row },
  );
  await copyRows(queries, 'immunization_duplicates', addedDuplicates.length, [
    { name: 'run_id', value: () => runId },
    { name: 'file_id', value: (i) => addedDuplicates[i]!.file_id },
    { name: 'line', value: (i) => addedDuplicates[i]!.line },
    { name: 'source_immunization_id', value: (i) => addedDuplicates[i]!.source_immunization_id },
    { name: 'immunization_id', value: (i) => addedDuplicates[i]!.to.immunizationId },
    { name: 'part', value: (i) => addedDuplicates[i]!.to.part },
    { name: 'reason', value: (i) => addedDuplicates[i]!.reason },
  ]);
  await updateDoses(queries, keptDoses, details);
  const { addedParts } = changes;
  await copyRows(queries, 'immunization_parts', addedParts.length, [
    { name: 'immunization_id', value: (i) => addedParts[i]!.immunizationId },
    { name: 'run_id', value: () => runId },
    { name: 'record', value: (i) => recordText(addedParts[i]!.row, IMMUNIZATION_COLUMNS) },
  ]);
}

/** Gives stored doses the values of rows, whose details are resolved. */
export async function updateDoses(
  queries: PgQueries,
  doses: readonly { readonly immunizationId: number; readonly row: Row }[],
  details: PostgresDoseDetails,
): Promise<void> {
  if (doses.length === 0) return;
  const columns = ['detail_id', ...DOSE_COLUMNS.map(({ name }) => name)];
  await queries.run(
    `UPDATE doses d SET ${columns.map((column) => `${column} = n.${column}`).join(', ')}
     FROM json_populate_recordset(NULL::doses, $1::json) n WHERE d.id = n.id`,
    [JSON.stringify(doses.map(({ immunizationId, row }) => ({ id: immunizationId, ...doseValues(row, details) })))],
  );
}

/** A pair for a reviewer is told of the dose that its dose became part of. */
async function followInReviews(queries: PgQueries, runId: number, { followed }: Changes): Promise<void> {
  if (followed.length === 0) return;
  const reviews = await queries.rows<{ id: number; patient_id_a: number; a: number | null; b: number | null }>(
    `SELECT id, patient_id_a, immunization_id_a AS a, immunization_id_b AS b FROM match_reviews
     WHERE patient_id_a = ANY($1::int[]) AND (immunization_id_a = ANY($2::int[]) OR immunization_id_b = ANY($2::int[]))
     ORDER BY id`,
    [numbers(new Set(followed.map(({ patientId }) => patientId))), numbers(followed.map(({ from }) => from))],
  );
  const changed = new Set<(typeof reviews)[number]>();
  for (const { patientId, from, to } of followed) {
    for (const review of reviews) {
      if (review.patient_id_a !== patientId) continue;
      for (const side of ['a', 'b'] as const) {
        if (review[side] !== from) continue;
        review[side] = to;
        changed.add(review);
      }
    }
  }
  const rows = [...changed];
  await keepImages(
    queries,
    runId,
    'match_reviews',
    rows.map(({ id }) => id),
  );
  await queries.run(
    `UPDATE match_reviews m SET immunization_id_a = n.a, immunization_id_b = n.b
     FROM unnest($1::int[], $2::int[], $3::int[]) AS n (id, a, b) WHERE m.id = n.id`,
    [numbers(rows.map(({ id }) => id)), numbers(rows.map(({ a }) => a)), numbers(rows.map(({ b }) => b))],
  );
}
