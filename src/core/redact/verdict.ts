/** What is found in one record by itself, and of a dose beside the patient that it comes with. */
import type { IssueCode } from '../catalogue.js';
import type { Finding } from '../issue.js';
import { DOSE, type FieldName, PATIENT, type Row } from '../model.js';
import type { TransformPlan } from '../plan.js';
import type { Block, PatientLine } from '../read/blocks.js';
import { LineKind } from '../read/frame.js';
import { LINK_RULES } from '../rules/immunization.js';
import { type Batch, transformBlock } from '../transform.js';
import { OF_FILLERS } from './treatments.js';

/** A record of a file. */
export interface RecordAt {
  readonly bytes: Uint8Array;
  /** One of `RecordShape`. */
  readonly shape: number;
  /** One of `LineKind` in a tagged file, else `null`. */
  readonly kind: number | null;
  /** The patient above it in a tagged file. */
  readonly above: PatientLine | null;
}

/** A field, or a column as the specification calls it; neither for the record as a whole. */
export type Concerned = Pick<Finding, 'field' | 'column'>;

/** What is found in a record. */
export interface Verdict {
  /** By code, field, column and severity: what each issue is about. */
  readonly issues: ReadonlyMap<string, Concerned>;
  readonly codes: ReadonlySet<IssueCode>;
  /** Fields whose values are nobody's. */
  readonly fillers: ReadonlySet<FieldName>;
  /** Whether the record names columns. */
  readonly isHeader: boolean;
}

type AddIssue = (code: IssueCode, field: FieldName | null, column: string | null, severity: string) => void;

/** Judges the records of one file. */
export class RecordJudge {
  readonly #plans: readonly TransformPlan[];

  /** The plan of the records first; those behind it are of doses. */
  constructor(plans: readonly TransformPlan[]) {
    this.#plans = plans;
  }

  judge({ bytes, shape, kind, above }: RecordAt): Verdict {
    const block = blockOf(bytes, shape, kind, above);
    const issues = new Map<string, Concerned>();
    const codes = new Set<IssueCode>();
    const fillers = new Set<FieldName>();
    let isHeader = false;
    const add: AddIssue = (code, field, column, severity) => {
      issues.set([code, field, column, severity].join(' '), { field, column });
      codes.add(code);
      if (field !== null && OF_FILLERS.has(code)) fillers.add(field);
      if (code === 'name-test') fillers.add('first_name');
    };
    let patient: Row | null = this.#patientAbove(above);
    for (const [number, plan] of this.#plans.entries()) {
      // Lines of a tagged file are of a patient or of a dose.
      if (kind !== null && number > 0 !== isDose(kind)) continue;
      const batch = transformBlock(block, plan);
      isHeader ||= batch.headers.length > 0;
      for (const { code, field, column, severity } of batch.issues) add(code, field, column, severity);
      const row = firstRowOf(batch) ?? batch.rejected[0]?.row ?? null;
      if (row === null) continue;
      if (plan.role === 'patient') patient = row;
      else if (plan.role === 'immunization') judgeLink(row, patient, plan, add);
    }
    return { issues, codes, fillers, isHeader };
  }

  #patientAbove(above: PatientLine | null): Row | null {
    if (above === null) return null;
    const batch = transformBlock(blockOf(above.bytes, above.shape, LineKind.patient, null), this.#plans[0]!);
    return firstRowOf(batch);
  }
}

function judgeLink(dose: Row, patient: Row | null, { severities }: TransformPlan, add: AddIssue): void {
  const [day, cvx] = [dose[DOSE.administered_on], dose[DOSE.cvx]];
  if (patient === null || day == null || cvx == null) return;
  const birthDate = patient[PATIENT.birth_date] ?? null;
  const deathDate = patient[PATIENT.death_date] ?? null;
  for (const { code, holds } of LINK_RULES) {
    const severity = severities[code];
    if (severity !== 'off' && !holds(day, { birthDate, deathDate }, cvx)) add(code, 'birth_date', null, severity);
  }
}

/** The patient above a record, as a record. */
export function recordAbove({ bytes, shape }: PatientLine): RecordAt {
  return { bytes, shape, kind: LineKind.patient, above: null };
}

function isDose(kind: number | null): boolean {
  return kind === LineKind.immunization || kind === LineKind.orphan;
}

/** The records of a block, one by one. */
export function* recordsOf(block: Block): Generator<RecordAt> {
  let above = block.above;
  for (let index = 0; index < block.count; index++) {
    const kind = block.kinds === null ? null : block.kinds[index]!;
    const bytes = block.bytes.subarray(block.starts[index], block.ends[index]);
    const shape = block.shapes[index]!;
    yield { bytes, shape, kind, above: isDose(kind) ? above : null };
    if (kind === LineKind.patient) above = { bytes, record: block.firstRecord + index, shape };
    else if (kind === LineKind.orphan) above = null;
  }
}

/** One record as a block of its own, below the patient that it stands under. */
function blockOf(bytes: Uint8Array, shape: number, kind: number | null, above: Block['above']): Block {
  return {
    seq: 0,
    bytes,
    offset: 0,
    firstRecord: 1,
    count: 1,
    starts: Uint32Array.of(0),
    ends: Uint32Array.of(bytes.length),
    lines: Uint32Array.of(1),
    shapes: Uint8Array.of(shape),
    kinds: kind === null ? null : Uint8Array.of(kind),
    above,
    origins: null,
  };
}

function firstRowOf({ rows }: Batch): Row | null {
  return rows.count > 0 ? rows.row(0) : null;
}
