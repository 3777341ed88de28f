/** One clinic, written in every format that comes with immload, gives the same registry. */
import { beforeAll, describe, expect, test } from 'vitest';
import { isCombined, type Spec } from '../src/core/spec.js';
import { builtInSpecIds, loadSpec } from '../src/files/specs.js';
import { makeClinic } from './support/clinic.js';
import { MIIS } from './support/fixtures.js';
import { Sandbox, type TableRow } from './support/sandbox.js';
import { writeCombined, writeSubmission } from './support/submission.js';

const CLINIC = { patients: 60, dosesPerPatient: 6, seed: 4, site: 'MA123' };

const FIELDS = {
  patient: [...new Set([...makeClinic(CLINIC)].flatMap(({ patient }) => Object.keys(patient)))],
  immunization: [
    ...new Set([...makeClinic(CLINIC)].flatMap(({ doses }) => doses.flatMap((dose) => Object.keys(dose)))),
  ],
};

/** Writes the clinic in a format, and gives the files. */
function writeIn(sandbox: Sandbox, spec: Spec): string[] {
  const [p, i] = [sandbox.path(`${spec.id}-p.txt`), sandbox.path(`${spec.id}-i.txt`)];
  // CDC asks for a place, and whether the dose was refused, which the clinic does not always say.
  if (isCombined(spec)) writeCombined(CLINIC, spec, p, { facility_name: 'Harbor Clinic', completion_status: 'CP' });
  else writeSubmission(CLINIC, spec, { patients: p, immunizations: i });
  return isCombined(spec) ? [p] : [i, p];
}

async function loadIn(sandbox: Sandbox, id: string): Promise<{ patients: TableRow[]; doses: TableRow[] }> {
  const spec = loadSpec(id);
  const database = sandbox.path(`${id}.db`);
  const files = writeIn(sandbox, spec);
  const summary = await sandbox.load({ spec, site: CLINIC.site, files, database });
  expect(summary.files.map(({ rejected }) => rejected)).toEqual(files.map(() => 0));
  const person = '(SELECT min(source_patient_id) FROM patient_sources s WHERE s.patient_id = p.id) AS person';
  return {
    patients: sandbox.query(`SELECT *, ${person} FROM patients p ORDER BY person`, database),
    doses: sandbox.query(
      `SELECT i.*, ${person} FROM immunizations i JOIN patients p ON p.id = i.patient_id ORDER BY person, administered_on, cvx`,
      database,
    ),
  };
}

const pick = (rows: readonly TableRow[], names: readonly string[]): unknown[] =>
  rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name]])));

describe('every format', () => {
  const sandbox = new Sandbox();
  let reference: { patients: TableRow[]; doses: TableRow[] };
  beforeAll(async () => {
    reference = await loadIn(sandbox, MIIS.id);
    return () => sandbox[Symbol.dispose]();
  });

  test.each(builtInSpecIds())('%s gives the same patients and doses', async (id) => {
    const spec = loadSpec(id);
    const found = await loadIn(sandbox, id);
    const columns = (role: 'patient' | 'immunization'): string[] => {
      const carried = new Set<unknown>(spec.layouts[role].fields.map(({ field }) => field));
      const stored = Object.keys((role === 'patient' ? reference.patients : reference.doses)[0]!);
      return FIELDS[role].filter((name) => carried.has(name) && stored.includes(name));
    };
    expect(pick(found.patients, ['person', ...columns('patient')])).toEqual(
      pick(reference.patients, ['person', ...columns('patient')]),
    );
    const doseColumns = ['person', 'cvx', ...columns('immunization')];
    const carries = (name: string): boolean => spec.layouts.immunization.fields.some(({ field }) => field === name);
    const byCpt = !carries('cvx') && carries('cpt');
    const byName = !carries('cvx') && !carries('cpt');
    const expected = pick(reference.doses, doseColumns) as TableRow[];
    // A CPT code cannot say which of the conjugate vaccines against four meningococci was given: 147 is any of them.
    for (const dose of expected) if (byCpt && dose['cvx'] === '114') dose['cvx'] = '147';
    // Nor can DTaP, which is the name of two vaccines: 107 is any of them.
    for (const dose of expected) if (byName && dose['cvx'] === '20') dose['cvx'] = '107';
    expect(pick(found.doses, doseColumns)).toEqual(expected);
  });
});

test.each(builtInSpecIds())('%s is recognised where it is not given, in all files and in each', async (id) => {
  using sandbox = new Sandbox();
  const paths = writeIn(sandbox, loadSpec(id));
  const specs = builtInSpecIds().map((each) => loadSpec(each));
  for (const files of [paths, ...(paths.length > 1 ? paths.map((path) => [path]) : [])]) {
    const summary = await sandbox.load({ mode: 'validate', spec: null, specs, site: CLINIC.site, files });
    expect(summary.spec.id).toBe(id);
    // Rows of grits-fixed would be as wide, if their blanks were cut off.
    expect(summary.spec_choice).toMatchObject({ certainty: id === 'wir-fixed' ? 'likely' : 'sure' });
  }
});
