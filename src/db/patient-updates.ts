/** Gives stored patients what later records say of them. */
import { keepImages } from './before-images.js';
import type { Queries } from './queries.js';
import type { PatientWrites } from './store.js';
import { PATIENT_COLUMNS, valuesOf } from './tables.js';

/** Updates patients, and keeps their rows as they were before the run. */
export async function updatePatients(
  queries: Queries,
  runId: number,
  updates: PatientWrites['updates'],
): Promise<void> {
  await keepImages(
    queries,
    runId,
    'patients',
    updates.map(({ patientId }) => patientId),
  );
  await queries.update(
    'patients',
    updates.map(({ patientId, row, ssnCheck }) => {
      return { id: patientId, ssn_check: ssnCheck, ...valuesOf(row, PATIENT_COLUMNS) };
    }),
  );
}
