/** Writes batches of doses and comments into PostgreSQL. */
import { keepImages } from './before-images.js';
import type { DoseDetails } from './dose-details.js';
import type { Queries } from './queries.js';
import { regroup, updateDoses } from './regroup.js';
import type { DoseWrites, NewComment, RecordKey, RepeatedComment } from './store.js';
import { DOSE_COLUMNS, IMMUNIZATION_COLUMNS, recordText } from './tables.js';

/** What must be written together: doses that refer to each other, or come in one record. */
export type DoseUnit = DoseWrites;

type Growing = { -readonly [K in keyof DoseWrites]: DoseWrites[K][number][] };

/** The units of a batch. */
export function unitsOfDoses(writes: DoseWrites): DoseUnit[] {
  const sets = new Joined();
  const ofDose = (id: number): string => `d${id}`;
  const ofRecord = ({ fileId, line }: { readonly fileId: number; readonly line: number }): string =>
    `r${fileId} ${line}`;
  for (const dose of writes.doses) sets.join(ofDose(dose.immunizationId), ofRecord(dose));
  for (const duplicate of writes.duplicates) sets.join(ofDose(duplicate.immunizationId), ofRecord(duplicate));
  for (const { records, made } of writes.regroupings) {
    const [first] = records;
    for (const { from, to } of records) {
      sets.join(ofDose(first!.from.immunizationId), ofDose(from.immunizationId));
      sets.join(ofDose(first!.from.immunizationId), ofDose(to.immunizationId));
    }
    for (const { immunizationId } of made) sets.join(ofDose(first!.from.immunizationId), ofDose(immunizationId));
  }
  const units = new Map<string, Growing>();
  const unitOf = (member: string): Growing => {
    const root = sets.find(member);
    let unit = units.get(root);
    if (unit === undefined) {
      unit = { doses: [], updates: [], parts: [], duplicates: [], recordKeys: [], regroupings: [] };
      units.set(root, unit);
    }
    return unit;
  };
  for (const each of writes.doses) unitOf(ofDose(each.immunizationId)).doses.push(each);
  for (const each of writes.updates) unitOf(ofDose(each.immunizationId)).updates.push(each);
  for (const each of writes.parts) unitOf(ofDose(each.immunizationId)).parts.push(each);
  for (const each of writes.duplicates) unitOf(ofDose(each.immunizationId)).duplicates.push(each);
  for (const each of writes.recordKeys) unitOf(ofRecord(each)).recordKeys.push(each);
  for (const each of writes.regroupings) {
    unitOf(ofDose(each.records[0]!.from.immunizationId)).regroupings.push(each);
  }
  return [...units.values()];
}

/** Sets of names that grow together. */
class Joined {
  readonly #parents = new Map<string, string>();

  find(name: string): string {
    let root = name;
    for (let parent = this.#parents.get(root); parent !== undefined; parent = this.#parents.get(root)) root = parent;
    if (root !== name) this.#parents.set(name, root);
    return root;
  }

  join(a: string, b: string): void {
    const [rootA, rootB] = [this.find(a), this.find(b)];
    if (rootA !== rootB) this.#parents.set(rootB, rootA);
  }
}

/** Several units as one. */
export function joinDoseUnits(units: readonly DoseUnit[]): DoseWrites {
  return {
    doses: units.flatMap(({ doses }) => doses),
    updates: units.flatMap(({ updates }) => updates),
    parts: units.flatMap(({ parts }) => parts),
    duplicates: units.flatMap(({ duplicates }) => duplicates),
    recordKeys: units.flatMap(({ recordKeys }) => recordKeys),
    regroupings: units.flatMap(({ regroupings }) => regroupings),
  };
}

/** All values of a unit that came with records. */
export function* valuesOfDoses({ doses, updates, parts, duplicates, regroupings }: DoseUnit): Generator<unknown> {
  const regrouped = regroupings.flatMap(({ kept, made }) => [...kept, ...made]);
  for (const { row } of doses) yield* row.toRow();
  for (const { row } of [...updates, ...parts, ...regrouped]) yield* row;
  for (const { parts: rows } of regrouped) for (const row of rows) yield* row;
  for (const { sourceImmunizationId } of duplicates) yield sourceImmunizationId;
}

/** Writes doses, and what changes of others. */
export async function writeDoseRows(
  queries: Queries,
  runId: number,
  writes: DoseWrites,
  details: DoseDetails,
): Promise<void> {
  const { doses, updates, parts, duplicates, recordKeys, regroupings } = writes;
  const constant = { name: 'run_id', value: () => runId };
  const detailIds = await details.idsOf(
    queries,
    doses.map(({ row }) => row),
  );
  await queries.insert(
    'doses',
    doses.length,
    [
      { name: 'id', value: (i) => doses[i]!.immunizationId },
      { name: 'patient_id', value: (i) => doses[i]!.patientId },
      { name: 'detail_id', value: (i) => detailIds[i]! },
      { name: 'file_id', value: (i) => doses[i]!.fileId },
      { name: 'line', value: (i) => doses[i]!.line },
    ],
    { columns: DOSE_COLUMNS, row: (i) => doses[i]!.row },
  );
  await keepImages(
    queries,
    runId,
    'doses',
    updates.map(({ immunizationId }) => immunizationId),
  );
  await updateDoses(queries, updates, details);
  await regroup(queries, runId, regroupings, details);
  await queries.insert('immunization_parts', parts.length, [
    { name: 'immunization_id', value: (i) => parts[i]!.immunizationId },
    constant,
    { name: 'record', value: (i) => recordText(parts[i]!.row, IMMUNIZATION_COLUMNS) },
  ]);
  await queries.insert('immunization_duplicates', duplicates.length, [
    constant,
    { name: 'file_id', value: (i) => duplicates[i]!.fileId },
    { name: 'line', value: (i) => duplicates[i]!.line },
    { name: 'source_immunization_id', value: (i) => duplicates[i]!.sourceImmunizationId },
    { name: 'immunization_id', value: (i) => duplicates[i]!.immunizationId },
    { name: 'part', value: (i) => duplicates[i]!.part },
    { name: 'reason', value: (i) => duplicates[i]!.reason },
  ]);
  await writeRecordKeys(queries, recordKeys);
}

/** A line that holds several doses has one patient. */
export async function writeRecordKeys(queries: Queries, recordKeys: readonly RecordKey[]): Promise<void> {
  if (recordKeys.length === 0) return;
  await queries.run(
    `INSERT INTO record_keys (file_id, line, source_key)
     SELECT * FROM unnest($1::int[], $2::int[], $3::bigint[]) ON CONFLICT DO NOTHING`,
    [
      recordKeys.map(({ fileId }) => fileId),
      recordKeys.map(({ line }) => line),
      recordKeys.map(({ sourceKey }) => sourceKey),
    ],
  );
}

export async function writeCommentRows(
  queries: Queries,
  runId: number,
  comments: readonly NewComment[],
): Promise<void> {
  await queries.insert('patient_comments', comments.length, [
    { name: 'run_id', value: () => runId },
    { name: 'file_id', value: (i) => comments[i]!.fileId },
    { name: 'line', value: (i) => comments[i]!.line },
    { name: 'patient_id', value: (i) => comments[i]!.patientId },
    { name: 'site_id', value: (i) => comments[i]!.siteId },
    { name: 'comment_code', value: (i) => comments[i]!.code },
    { name: 'applies_on', value: (i) => comments[i]!.appliesOn },
  ]);
}

/** Comments that the registry had already. */
export async function writeRepeatedComments(
  queries: Queries,
  runId: number,
  comments: readonly RepeatedComment[],
): Promise<void> {
  await queries.insert('comment_duplicates', comments.length, [
    { name: 'run_id', value: () => runId },
    { name: 'file_id', value: (i) => comments[i]!.fileId },
    { name: 'line', value: (i) => comments[i]!.line },
    { name: 'site_id', value: (i) => comments[i]!.siteId },
    { name: 'source_patient_id', value: (i) => comments[i]!.sourcePatientId },
    { name: 'comment_code', value: (i) => comments[i]!.code },
    { name: 'applies_on', value: (i) => comments[i]!.appliesOn },
  ]);
}
