/** Records that the database refuses: each is told with the database's reason, and set aside like any other reject. */
import type { Issue } from './core/issue.js';
import { DOSE } from './core/model.js';
import type { IssueStage } from './files/reports.js';
import { type LinkedDose, patientAbove } from './link-doses.js';
import { addReject, type FileRun, type RunContext, readBlocks } from './run.js';

export const REFUSED = 'refused-by-database';

/** A record that was refused. */
export interface RefusedPlace {
  readonly record: number;
  readonly line: number;
  readonly offset: number;
  readonly sourcePatientId: string | null;
  readonly sourceImmunizationId: string | null;
  /** What the database said, without a value. */
  readonly reason: string;
}

/** Tells that a record was refused. */
export function reportRefused(place: RefusedPlace, stage: IssueStage, file: FileRun, context: RunContext): void {
  const { reason, ...where } = place;
  const issue: Issue = {
    code: REFUSED,
    severity: 'error',
    ...where,
    field: null,
    column: null,
    documentCode: null,
    value: null,
    after: null,
    expected: null,
    other: reason,
  };
  context.issues.add(file.logNumber, issue, stage);
}

/** Doses that were refused while they were stored, by then far from the text of their records. */
export class RefusedDoses {
  readonly #files: readonly FileRun[];
  readonly #context: RunContext;
  /** By file and record. */
  readonly #places = new Map<number, Map<number, RefusedPlace>>();

  constructor(files: readonly FileRun[], context: RunContext) {
    this.#files = files;
    this.#context = context;
  }

  add({ file, record, line, offset, row }: LinkedDose, reason: string): void {
    let places = this.#places.get(file);
    if (places === undefined) {
      places = new Map();
      this.#places.set(file, places);
    }
    if (places.has(record)) return;
    const sourcePatientId = row.value(DOSE.source_patient_id);
    const sourceImmunizationId = row.value(DOSE.source_immunization_id);
    places.set(record, { record, line, offset, sourcePatientId, sourceImmunizationId, reason });
  }

  /** Sets them aside. Each file that has any is gone through again: few are, and where doses are is not kept for all. */
  async reject(): Promise<void> {
    for (const [number, places] of this.#places) {
      const file = this.#files[number]!;
      for await (const block of readBlocks(file, this.#context, 'storing immunizations')) {
        for (let index = 0; index < block.count; index++) {
          const place = places.get(block.firstRecord + index);
          if (place === undefined) continue;
          const { record, line } = place;
          reportRefused(place, 'refused-doses', file, this.#context);
          file.fates.reject(record);
          const bytes = block.bytes.subarray(block.starts[index], block.ends[index]);
          const reject = { bytes, record, line, codes: [REFUSED] as const };
          await addReject(
            file,
            this.#context,
            file.isTagged ? { ...reject, under: patientAbove(block, index) } : reject,
          );
        }
      }
    }
  }
}
