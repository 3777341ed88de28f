/** Gives patients and doses that were made anew, because a run was undone, the ids that they had: others may know them. */
import { bytesOf, numbersOf } from '../numbers.js';
import { firstColumn, firstValue, type Queries } from '../queries.js';
import type { NextIds } from '../store.js';

/** Tables and columns with the id of a patient, and of a dose. */
const PATIENT_COLUMNS = [
  ['patients', 'id'],
  ['patient_sources', 'patient_id'],
  ['patient_parts', 'patient_id'],
  ['patient_comments', 'patient_id'],
  ['match_keys', 'patient_id'],
  ['doses', 'patient_id'],
  ['match_reviews', 'patient_id_a'],
  ['match_reviews', 'patient_id_b'],
] as const;
const DOSE_COLUMNS = [
  ['doses', 'id'],
  ['immunization_parts', 'immunization_id'],
  ['immunization_duplicates', 'immunization_id'],
  ['match_reviews', 'immunization_id_a'],
  ['match_reviews', 'immunization_id_b'],
] as const;

/** Temporary tables: which id becomes which. */
export const ID_TABLES = ['new_patients', 'new_doses'] as const;

/** Makes the tables of ids. */
export async function createIds(queries: Queries): Promise<void> {
  for (const table of ID_TABLES) {
    await queries.run(`CREATE TEMP TABLE ${table} (id integer PRIMARY KEY, goal integer)`);
  }
}

/**
 * Changes ids from `first` on into those that the records had before, as the tables of the undo have kept them. The first
 * record of a patient or dose decides; where two had the same id, the later one keeps its new one.
 */
export async function giveIdsBack(
  queries: Queries,
  first: Pick<NextIds, 'patientId' | 'immunizationId'>,
): Promise<void> {
  const patients = await chooseIds(queries, {
    fresh: `SELECT s.patient_id, o.patient_id FROM patient_sources s
      JOIN undo_sources o ON o.file_id = s.file_id AND o.line = s.line AND o.site_id = s.site_id
        AND o.source_patient_id = s.source_patient_id AND o.content = s.content
      WHERE s.patient_id >= $1 ORDER BY s.patient_id, s.id, o.seq`,
    first: first.patientId,
    table: 'patients',
  });
  const doses = await chooseIds(queries, {
    fresh: `SELECT d.id, o.immunization_id FROM doses d
      JOIN undo_doses o ON o.file_id = d.file_id AND o.line = d.line WHERE d.id >= $1 ORDER BY d.id, o.seq`,
    first: first.immunizationId,
    table: 'doses',
  });
  await replaceIds(queries, 'new_patients', patients, PATIENT_COLUMNS);
  await replaceInPacks(queries, patients);
  await replaceIds(queries, 'new_doses', doses, DOSE_COLUMNS);
  await replaceInExplanations(queries, patients);
}

/** Which id each gets: the first that it had and that nobody has. */
async function chooseIds(
  queries: Queries,
  { fresh, first, table }: { readonly fresh: string; readonly first: number; readonly table: string },
): Promise<Map<number, number>> {
  const pairs = await queries.arrays<[number, number]>(fresh, [first]);
  const taken = new Set(
    await firstColumn(queries, `SELECT id FROM ${table} WHERE id = ANY($1::int[])`, [
      [...new Set(pairs.map(([, old]) => old))],
    ]),
  );
  const goals = new Map<number, number>();
  for (const [id, old] of pairs) {
    if (goals.has(id) || taken.has(old)) continue;
    taken.add(old);
    goals.set(id, old);
  }
  return goals;
}

async function replaceIds(
  queries: Queries,
  map: (typeof ID_TABLES)[number],
  goals: ReadonlyMap<number, number>,
  columns: readonly (readonly [string, string])[],
): Promise<void> {
  if (goals.size === 0) return;
  const pairs = [...goals];
  await queries.insert(map, pairs.length, [
    { name: 'id', value: (i) => pairs[i]![0] },
    { name: 'goal', value: (i) => pairs[i]![1] },
  ]);
  if (map === 'new_patients') await dropSharedKeys(queries);
  for (const [table, column] of columns) {
    await queries.run(
      `UPDATE ${table} SET ${column} = (SELECT n.goal FROM ${map} n WHERE n.id = ${table}.${column})
       WHERE ${column} IN (SELECT id FROM ${map})`,
    );
    await replaceInImages(queries, map, goals, table, column);
  }
}

/** Keys that later runs added to a patient stay when the runs are taken back: the patient has them already. */
async function dropSharedKeys(queries: Queries): Promise<void> {
  await queries.run(
    `DELETE FROM match_keys WHERE patient_id IN (SELECT id FROM new_patients) AND EXISTS (
       SELECT 1 FROM new_patients n JOIN match_keys o ON o.patient_id = n.goal
       WHERE n.id = match_keys.patient_id AND o.match_key = match_keys.match_key)`,
  );
}

/** Rows as they were before a run changed them have the id, too. */
async function replaceInImages(
  queries: Queries,
  map: string,
  goals: ReadonlyMap<number, number>,
  table: string,
  column: string,
): Promise<void> {
  const images = await queries.arrays<[number, string]>(
    `SELECT id, image FROM before_images
     WHERE table_name = $1 AND image <> 'null' AND (image::json ->> '${column}')::int IN (SELECT id FROM ${map})`,
    [table],
  );
  await queries.update(
    'before_images',
    images.map(([id, image]) => {
      const row = JSON.parse(image) as Record<string, number>;
      return { id, image: JSON.stringify({ ...row, [column]: goals.get(row[column]!)! }) };
    }),
  );
  if (column !== 'id') return;
  await queries.run(
    `UPDATE before_images SET row_id = (SELECT n.goal FROM ${map} n WHERE n.id = before_images.row_id)
     WHERE table_name = $1 AND row_id IN (SELECT id FROM ${map})`,
    [table],
  );
}

/** Packs of keys of runs that were matched anew name their patients. */
async function replaceInPacks(queries: Queries, goals: ReadonlyMap<number, number>): Promise<void> {
  if (goals.size === 0) return;
  const first = Math.min(...goals.keys());
  for (const id of await firstColumn(queries, 'SELECT id FROM match_key_packs ORDER BY id')) {
    const bytes = await firstValue<Buffer>(queries, 'SELECT patient_ids FROM match_key_packs WHERE id = $1', [id]);
    const patientIds = numbersOf(bytes!);
    if (!patientIds.some((patientId) => patientId >= first && goals.has(patientId))) continue;
    const goal = patientIds.map((patientId) => goals.get(patientId) ?? patientId);
    await queries.run('UPDATE match_key_packs SET patient_ids = $1 WHERE id = $2', [bytesOf(goal), id]);
  }
}

/** Explanations that are held at once. */
const EXPLANATIONS_AT_ONCE = 2000;

/** Explanations name the stored patients that were compared. */
async function replaceInExplanations(queries: Queries, goals: ReadonlyMap<number, number>): Promise<void> {
  if (goals.size === 0) return;
  for (const table of ['patient_sources', 'match_reviews']) {
    for (let after = 0; ; ) {
      const explained = await queries.arrays<[number, string]>(
        `SELECT id, explanation FROM ${table} WHERE explanation LIKE '%"patient_id"%' AND id > $1
         ORDER BY id LIMIT ${EXPLANATIONS_AT_ONCE}`,
        [after],
      );
      if (explained.length === 0) break;
      after = explained.at(-1)![0];
      const changed = explained.flatMap(([id, json]) => {
        const explanation = withIds(json, goals);
        return explanation === null ? [] : [{ id, explanation }];
      });
      await queries.update(table, changed);
    }
  }
}

/** An explanation with the ids that the patients get, `null` if it names none of them. */
function withIds(json: string, goals: ReadonlyMap<number, number>): string | null {
  const explanation = JSON.parse(json) as { between: { patient_id?: number }[] };
  let isChanged = false;
  for (const who of explanation.between) {
    const goal = who.patient_id === undefined ? undefined : goals.get(who.patient_id);
    if (goal === undefined) continue;
    who.patient_id = goal;
    isChanged = true;
  }
  return isChanged ? JSON.stringify(explanation) : null;
}
