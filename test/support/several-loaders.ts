/** Several loaders at once into one PostgreSQL, and the same submissions one after the other. */
import { startProgram } from './program.js';
import type { Sandbox, TableRow } from './sandbox.js';

/** Loads submissions into a database, each by a process of its own; all at once, or each when the one before is done. */
export async function loadByProcesses(
  sandbox: Sandbox,
  address: string,
  submissions: readonly { readonly patients: string; readonly immunizations: string }[],
  how: 'at once' | 'in turn',
): Promise<void> {
  const load = async (submission: (typeof submissions)[number], i: number): Promise<void> => {
    const files = ['--patients', submission.patients, '--immunizations', submission.immunizations];
    const report = sandbox.path(`${how.replace(' ', '-')}-${address.split('_').pop()}-${i}`);
    const args = ['load', ...files, '--db', address, '--report', report, '--today', '2026-07-01', '--quiet'];
    const { code, stderr } = await startProgram(sandbox.folder, args).outcome;
    if (code !== 0 && code !== 3) throw new Error(`a loader ended with ${code}: ${stderr}`);
  };
  if (how === 'at once') await Promise.all(submissions.map(load));
  else for (const [i, submission] of submissions.entries()) await load(submission, i);
}

/**
 * Persons and doses, without ids and without what tells the order in which records came: who is one person, what is known
 * of them, and their doses.
 */
export async function personsAndDoses(query: (sql: string) => Promise<TableRow[]>): Promise<Record<string, string[]>> {
  const lines = (rows: readonly TableRow[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
  const persons = new Map<unknown, string[]>();
  for (const { patient_id, site_id, source_patient_id } of await query(
    'SELECT DISTINCT patient_id, site_id, source_patient_id FROM patient_sources ORDER BY 2, 3',
  )) {
    persons.set(patient_id, [...(persons.get(patient_id) ?? []), `${site_id}/${source_patient_id}`]);
  }
  const person = (id: unknown): string => persons.get(id)!.join(' ');
  const patients = await query('SELECT * FROM patients');
  const doses = await query('SELECT * FROM immunizations');
  return {
    persons: lines(patients.map(({ id, run_id: _, ...patient }) => ({ ...patient, person: person(id) }))),
    doses: lines(
      doses.map(({ id, run_id, file_id, line, source_immunization_id, patient_id, ...dose }) => {
        return { ...dose, person: person(patient_id) };
      }),
    ),
    records: [
      String((await query('SELECT count(*) AS n FROM patient_sources'))[0]!['n']),
      String((await query('SELECT count(*) AS n FROM immunization_duplicates'))[0]!['n']),
    ],
  };
}
