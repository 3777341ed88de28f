/** Puts stored doses together anew, when new records show that others of their records belong together. */
import { WholeRow } from '../core/columns.js';
import type { Row } from '../core/model.js';
import { keepAbsences, keepImages } from './before-images.js';
import type { DoseDetails } from './dose-details.js';
import { firstColumn, type Queries, type SqlRow } from './queries.js';
import type { DoseRecord, Regrouping } from './store.js';
import { DOSE_COLUMNS, IMMUNIZATION_COLUMNS, recordText, valuesOf } from './tables.js';

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
  readonly reason: string;
}

interface DoseRow {
  readonly immunizationId: number;
  readonly row: Row;
}

/** What regroupings do to the tables, in the order in which each would do it. */
interface Changes {
  readonly removedDuplicates: number[];
  readonly movedDuplicates: { readonly id: number; readonly to: DoseRecord; readonly reason: string }[];
  readonly addedDuplicates: (SourceRecord & { readonly to: DoseRecord; readonly reason: string })[];
  readonly removedDoses: number[];
  readonly madeDoses: (DoseRow & { readonly patientId: number; readonly from: SourceRecord })[];
  readonly keptDoses: DoseRow[];
  readonly addedParts: (DoseRow & { readonly fileId: number })[];
  /** Doses that became part of others, by patient, in their order. */
  readonly followed: { readonly patientId: number; readonly from: number; readonly to: number }[];
}

/**
 * Does what some {@link Regrouping}s say, of different patients. Every source record stays, as a dose or as a duplicate; ask
 * within a transaction. `runId` is the run that does it, `null` for a reviewer: then rows are of the runs that their
 * records came in.
 */
export async function regroup(
  queries: Queries,
  runId: number | null,
  regroupings: readonly Regrouping[],
  details: DoseDetails,
): Promise<void> {
  if (regroupings.length === 0) return;
  const concerned = [...new Set(regroupings.flatMap(({ records }) => records.map(({ from }) => from.immunizationId)))];
  const duplicates = await queries.rows<Duplicate>(
    'SELECT * FROM immunization_duplicates WHERE immunization_id = ANY($1::int[]) ORDER BY id',
    [concerned],
  );
  const doses = await queries.rows<SourceRecord>('SELECT * FROM doses WHERE id = ANY($1::int[]) ORDER BY id', [
    concerned,
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
  if (runId !== null) await keepRows(queries, runId, concerned, changes);
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
  const fileOf = new Map<number, number>();
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
      for (const part of dose.parts) changes.addedParts.push({ immunizationId, row: part, fileId: duplicate.file_id });
      continue;
    }
    const { to, reason } = goals.get(key)!;
    const stays = to.immunizationId === duplicate.immunization_id;
    changes.movedDuplicates.push({ id: duplicate.id, to, reason: stays ? duplicate.reason : reason });
  }
  for (const dose of doses) {
    if (!own.has(dose.id)) continue;
    fileOf.set(dose.id, dose.file_id);
    const { to, reason } = goals.get(keyOf({ immunizationId: dose.id, part: 0 }))!;
    if (to.immunizationId === dose.id) continue;
    changes.followed.push({ patientId, from: dose.id, to: to.immunizationId });
    changes.removedDoses.push(dose.id);
    changes.addedDuplicates.push({ ...dose, to, reason });
  }
  for (const { immunizationId, row, parts } of kept) {
    changes.keptDoses.push({ immunizationId, row });
    const fileId = fileOf.get(immunizationId)!;
    for (const part of parts) changes.addedParts.push({ immunizationId, row: part, fileId });
  }
}

function keyOf({ immunizationId, part }: DoseRecord): string {
  return `${immunizationId}/${part}`;
}

/** Keeps what is about to change. */
async function keepRows(
  queries: Queries,
  runId: number,
  concerned: readonly number[],
  { removedDuplicates, movedDuplicates, madeDoses }: Changes,
): Promise<void> {
  const parts = await firstColumn(queries, 'SELECT id FROM immunization_parts WHERE immunization_id = ANY($1::int[])', [
    concerned,
  ]);
  await keepImages(queries, runId, 'immunization_parts', parts);
  const changed = [...removedDuplicates, ...movedDuplicates.map(({ id }) => id)];
  await keepImages(queries, runId, 'immunization_duplicates', changed);
  await keepAbsences(
    queries,
    runId,
    madeDoses.map(({ immunizationId, from }) => ({ immunizationId, fileId: from.file_id })),
  );
  await keepImages(queries, runId, 'doses', concerned);
}

async function apply(
  queries: Queries,
  runId: number | null,
  concerned: readonly number[],
  changes: Changes,
  details: DoseDetails,
): Promise<void> {
  const { removedDuplicates, movedDuplicates, removedDoses, keptDoses } = changes;
  await queries.run('DELETE FROM immunization_parts WHERE immunization_id = ANY($1::int[])', [concerned]);
  await queries.run('DELETE FROM immunization_duplicates WHERE id = ANY($1::int[])', [removedDuplicates]);
  await queries.update(
    'immunization_duplicates',
    movedDuplicates.map(({ id, to, reason }) => ({ id, immunization_id: to.immunizationId, part: to.part, reason })),
  );
  await followInReviews(queries, runId, changes);
  await queries.run('DELETE FROM doses WHERE id = ANY($1::int[])', [removedDoses]);
  await addDoses(queries, changes, details);
  await addDuplicatesAndParts(queries, runId, changes);
  await updateDoses(queries, keptDoses, details);
}

async function addDoses(queries: Queries, { madeDoses }: Changes, details: DoseDetails): Promise<void> {
  const detailIds = await details.idsOf(
    queries,
    madeDoses.map(({ row }) => new WholeRow(row)),
  );
  await queries.insert(
    'doses',
    madeDoses.length,
    [
      { name: 'id', value: (i) => madeDoses[i]!.immunizationId },
      { name: 'patient_id', value: (i) => madeDoses[i]!.patientId },
      { name: 'file_id', value: (i) => madeDoses[i]!.from.file_id },
      { name: 'line', value: (i) => madeDoses[i]!.from.line },
      { name: 'detail_id', value: (i) => detailIds[i]! },
    ],
    { columns: DOSE_COLUMNS, row: (i) => new WholeRow(madeDoses[i]!.row) },
  );
}

async function addDuplicatesAndParts(
  queries: Queries,
  runId: number | null,
  { addedDuplicates, addedParts }: Changes,
): Promise<void> {
  const fileIds = [...addedDuplicates.map((duplicate) => duplicate.file_id), ...addedParts.map(({ fileId }) => fileId)];
  const runs = new Map(
    await queries.arrays<[number, number]>('SELECT id, run_id FROM run_files WHERE id = ANY($1::int[])', [
      [...new Set(fileIds)],
    ]),
  );
  const runOf = (fileId: number): number => runId ?? runs.get(fileId)!;
  await queries.insert('immunization_duplicates', addedDuplicates.length, [
    { name: 'run_id', value: (i) => runOf(addedDuplicates[i]!.file_id) },
    { name: 'file_id', value: (i) => addedDuplicates[i]!.file_id },
    { name: 'line', value: (i) => addedDuplicates[i]!.line },
    { name: 'source_immunization_id', value: (i) => addedDuplicates[i]!.source_immunization_id },
    { name: 'immunization_id', value: (i) => addedDuplicates[i]!.to.immunizationId },
    { name: 'part', value: (i) => addedDuplicates[i]!.to.part },
    { name: 'reason', value: (i) => addedDuplicates[i]!.reason },
  ]);
  await queries.insert('immunization_parts', addedParts.length, [
    { name: 'immunization_id', value: (i) => addedParts[i]!.immunizationId },
    { name: 'run_id', value: (i) => runOf(addedParts[i]!.fileId) },
    { name: 'record', value: (i) => recordText(addedParts[i]!.row, IMMUNIZATION_COLUMNS) },
  ]);
}

/** Gives stored doses the values of rows. */
export async function updateDoses(queries: Queries, doses: readonly DoseRow[], details: DoseDetails): Promise<void> {
  const detailIds = await details.idsOf(
    queries,
    doses.map(({ row }) => new WholeRow(row)),
  );
  await queries.update(
    'doses',
    doses.map(({ immunizationId, row }, i) => {
      return { id: immunizationId, detail_id: detailIds[i]!, ...valuesOf(row, DOSE_COLUMNS) };
    }),
  );
}

/** A pair for a reviewer is told of the dose that its dose became part of. */
async function followInReviews(queries: Queries, runId: number | null, { followed }: Changes): Promise<void> {
  if (followed.length === 0) return;
  const reviews = await queries.rows<{ id: number; patient_id_a: number; a: number | null; b: number | null }>(
    `SELECT id, patient_id_a, immunization_id_a AS a, immunization_id_b AS b FROM match_reviews
     WHERE patient_id_a = ANY($1::int[]) AND (immunization_id_a = ANY($2::int[]) OR immunization_id_b = ANY($2::int[]))
     ORDER BY id`,
    [[...new Set(followed.map(({ patientId }) => patientId))], followed.map(({ from }) => from)],
  );
  const changed = new Map<number, SqlRow>();
  for (const { patientId, from, to } of followed) {
    for (const review of reviews) {
      if (review.patient_id_a !== patientId) continue;
      for (const side of ['a', 'b'] as const) {
        if (review[side] !== from) continue;
        review[side] = to;
        const { id, a, b } = review;
        changed.set(id, { id, immunization_id_a: a, immunization_id_b: b });
      }
    }
  }
  if (runId !== null) await keepImages(queries, runId, 'match_reviews', [...changed.keys()]);
  await queries.update('match_reviews', [...changed.values()]);
}
