/** Gives patients and doses that were made anew, because a run was undone, the ids that they had: others may know them. */
import type { Database } from 'better-sqlite3';

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

/**
 * Changes ids from `first` on into those that the records had before, as the tables of the undo have kept them. The first
 * record of a patient or dose decides; where two had the same id, the later one keeps its new one.
 */
export function giveIdsBack(
  database: Database,
  first: { readonly patientId: number; readonly immunizationId: number },
): void {
  const patients = chooseIds(database, {
    fresh: `SELECT s.patient_id AS id, o.patient_id AS old FROM main.patient_sources s
      JOIN temp.undo_sources o ON o.file_id = s.file_id AND o.line = s.line AND o.site_id = s.site_id
        AND o.source_patient_id = s.source_patient_id AND o.content = s.content
      WHERE s.patient_id >= ? ORDER BY s.patient_id, s.id, o.seq`,
    first: first.patientId,
    table: 'patients',
  });
  const doses = chooseIds(database, {
    fresh: `SELECT d.id, o.immunization_id AS old FROM main.doses d
      JOIN temp.undo_doses o ON o.file_id = d.file_id AND o.line = d.line WHERE d.id >= ? ORDER BY d.id, o.seq`,
    first: first.immunizationId,
    table: 'doses',
  });
  replaceIds(database, 'new_patients', patients, PATIENT_COLUMNS);
  replaceIds(database, 'new_doses', doses, DOSE_COLUMNS);
  replaceInExplanations(database, patients);
}

/** Which id each gets: the first that it had and that nobody has. */
function chooseIds(
  database: Database,
  { fresh, first, table }: { readonly fresh: string; readonly first: number; readonly table: string },
): Map<number, number> {
  const isThere = database.prepare(`SELECT 1 FROM main.${table} WHERE id = ?`);
  const taken = new Set<number>();
  const goals = new Map<number, number>();
  for (const [id, old] of database.prepare(fresh).raw().all(first) as [number, number][]) {
    if (goals.has(id) || taken.has(old) || isThere.get(old) !== undefined) continue;
    taken.add(old);
    goals.set(id, old);
  }
  return goals;
}

function replaceIds(
  database: Database,
  map: 'new_patients' | 'new_doses',
  goals: ReadonlyMap<number, number>,
  columns: readonly (readonly [string, string])[],
): void {
  if (goals.size === 0) return;
  const add = database.prepare(`INSERT INTO temp.${map} VALUES (?, ?)`);
  for (const [id, goal] of goals) add.run(id, goal);
  for (const [table, column] of columns) {
    database.exec(
      `UPDATE main.${table} SET ${column} = (SELECT goal FROM temp.${map} n WHERE n.id = ${table}.${column})
       WHERE ${column} IN (SELECT id FROM temp.${map})`,
    );
    const path = `'$.${column}'`;
    database.exec(
      `UPDATE main.before_images
       SET image = json_set(image, ${path}, (SELECT goal FROM temp.${map} n WHERE n.id = json_extract(image, ${path})))
       WHERE table_name = '${table}' AND image <> 'null' AND json_extract(image, ${path}) IN (SELECT id FROM temp.${map})`,
    );
    if (column !== 'id') continue;
    database.exec(
      `UPDATE main.before_images SET row_id = (SELECT goal FROM temp.${map} n WHERE n.id = row_id)
       WHERE table_name = '${table}' AND row_id IN (SELECT id FROM temp.${map})`,
    );
  }
}

/** Explanations name the stored patients that were compared. */
function replaceInExplanations(database: Database, goals: ReadonlyMap<number, number>): void {
  if (goals.size === 0) return;
  for (const table of ['patient_sources', 'match_reviews']) {
    const explained = database
      .prepare(
        `SELECT t.id, t.explanation FROM main.${table} t, json_each(t.explanation, '$.between') b
         WHERE t.explanation IS NOT NULL AND json_extract(b.value, '$.patient_id') IN (SELECT id FROM temp.new_patients)`,
      )
      .raw()
      .all() as [number, string][];
    const update = database.prepare(`UPDATE main.${table} SET explanation = ? WHERE id = ?`);
    for (const [id, json] of explained) {
      const explanation = JSON.parse(json) as { between: { patient_id?: number }[] };
      for (const who of explanation.between) {
        const goal = who.patient_id === undefined ? undefined : goals.get(who.patient_id);
        if (goal !== undefined) who.patient_id = goal;
      }
      update.run(JSON.stringify(explanation), id);
    }
  }
}
