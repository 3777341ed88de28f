/** What a run has written that was cut short. */
import { firstValue, type Queries } from '../queries.js';
import type { UndoCounts } from './run-undo.js';

/** Counts what goes, and what goes back, when the run is taken back. No later run has told anything of it. */
export async function countWritten(queries: Queries, runId: number): Promise<UndoCounts> {
  const count = async (from: string): Promise<number> =>
    (await firstValue<number>(queries, `SELECT count(*) FROM ${from}`, [runId]))!;
  const changed = (table: string): Promise<number> =>
    count(`before_images WHERE run_id = $1 AND table_name = '${table}'`);
  return {
    patients: {
      removed: await count('patients WHERE run_id = $1'),
      changed: await changed('patients'),
      passedOn: 0,
    },
    doses: {
      removed: await count('doses WHERE file_id IN (SELECT id FROM run_files WHERE run_id = $1)'),
      changed: await changed('doses'),
    },
    comments: { removed: await count('patient_comments WHERE run_id = $1') },
  };
}
