/** What is told of doses beside each other: issues, and pairs for a reviewer. They are found when a patient is complete. */
import type { IssueCode } from './core/catalogue.js';
import type { Issue } from './core/issue.js';
import type { DoseRemark } from './core/match/dose.js';
import type { DoseRule } from './core/match/dose-table.js';
import { DOSE, type ImmunizationField } from './core/model.js';
import { dosePairKey, type NewDoseReview } from './db/store.js';
import type { LinkedDose } from './link-doses.js';
import type { ReviewPair } from './load-patients.js';
import type { FileRun, RunContext } from './run.js';

/** What each kind of remark is reported as. */
const ISSUES: Readonly<Record<DoseRemark['kind'], { readonly code: IssueCode; readonly field: ImmunizationField }>> = {
  'in-doubt': { code: 'dose-in-doubt', field: 'administered_on' },
  'product-conflict': { code: 'dose-product-conflict', field: 'cvx' },
  'extra-antigen': { code: 'dose-extra-antigen', field: 'cvx' },
};

/** A remark about a dose of the submission, and the dose that it is compared with. */
export interface PlacedRemark extends Pick<DoseRemark, 'kind'>, Pick<DoseRule, 'row' | 'words'> {
  readonly dose: LinkedDose;
  /** The other dose where it is of the submission, too; `null` for one of the registry. */
  readonly other: LinkedDose | null;
  /** The ids of both. */
  readonly immunizationIds: readonly [number, number];
}

/**
 * Collects remarks until all doses are stored: they come in the order of the patients, and are told in that of the records.
 * As many of each code are kept as `issues.csv` has rows for; the rest is counted.
 */
export class DoseRemarks {
  readonly #files: readonly FileRun[];
  readonly #context: RunContext;
  readonly #mostPerCode: number;
  readonly #issues: { readonly file: FileRun; readonly issue: Issue }[] = [];
  readonly #kept = new Map<IssueCode, number>();
  /** Issues that were not kept, by code: one of them, and how many there are. */
  readonly #others = new Map<IssueCode, { readonly file: FileRun; readonly issue: Issue; count: number }>();
  readonly #reviews: ReviewPair[] = [];
  /** All pairs for a reviewer, kept or not. */
  doubts = 0;

  constructor(files: readonly FileRun[], context: RunContext, mostPerCode: number) {
    this.#files = files;
    this.#context = context;
    this.#mostPerCode = mostPerCode;
  }

  add(placed: PlacedRemark): void {
    const { kind, dose } = placed;
    const { code } = ISSUES[kind];
    const file = this.#files[dose.file]!;
    const severity = file.plan.severities[code];
    const kept = this.#kept.get(code) ?? 0;
    if (kind === 'in-doubt') this.doubts++;
    if (kind === 'in-doubt' && this.#reviews.length < this.#mostPerCode) this.#reviews.push(this.#reviewOf(placed));
    if (severity === 'off') return;
    const issue = this.#issueOf(placed, severity);
    if (kept < this.#mostPerCode) {
      this.#kept.set(code, kept + 1);
      this.#issues.push({ file, issue });
      return;
    }
    const others = this.#others.get(code);
    if (others === undefined) this.#others.set(code, { file, issue, count: 1 });
    else others.count++;
  }

  #issueOf({ kind, row, words, dose, other }: PlacedRemark, severity: Issue['severity']): Issue {
    const { code, field } = ISSUES[kind];
    const place = other === null ? 'in the registry' : this.#placeOf(other);
    return {
      code,
      severity,
      record: dose.record,
      line: dose.line,
      offset: dose.offset,
      sourcePatientId: dose.row.value(DOSE.source_patient_id),
      sourceImmunizationId: dose.row.value(DOSE.source_immunization_id),
      field,
      column: null,
      documentCode: null,
      value: dose.row.value(DOSE[field]),
      after: null,
      expected: null,
      other: kind === 'in-doubt' ? `${place}: ${words}, row ${row}` : place,
    };
  }

  #placeOf({ file, line }: LinkedDose): string {
    return `${this.#files[file]!.source.name}, line ${line}`;
  }

  #reviewOf({ row, words, dose, other, immunizationIds: [id, otherId] }: PlacedRemark): ReviewPair {
    const { patientId } = dose;
    const whereIs = (placed: LinkedDose | null): { file: string | null; line: number | null } =>
      placed === null ? { file: null, line: null } : { file: this.#files[placed.file]!.source.name, line: placed.line };
    return {
      // The earlier of the two first, as with patients.
      a: { patientId, immunizationId: otherId, ...whereIs(other) },
      b: { patientId, immunizationId: id, ...whereIs(dose) },
      reviewId: null,
      weight: null,
      reason: `${words} (row ${row})`,
    };
  }

  /** Keeps the pairs for a reviewer in the registry, and gives them, with their numbers there. */
  async keepReviews(): Promise<readonly ReviewPair[]> {
    if (this.#reviews.length === 0) return [];
    const { store, runId, checkpoints } = this.#context;
    const fresh = new Map<string, Omit<NewDoseReview, 'reviewId'>>();
    const keyOf = ({ a, b }: ReviewPair): string => dosePairKey(a.immunizationId!, b.immunizationId!);
    for (const pair of this.#reviews) {
      const { a, b, reason } = pair;
      if (fresh.has(keyOf(pair))) continue;
      const immunizationIds = [a.immunizationId!, b.immunizationId!] as const;
      fresh.set(keyOf(pair), { patientId: a.patientId, immunizationIds, reason });
    }
    const { firstId, kept } = await checkpoints.step<ReadonlySet<number>, { firstId: number; kept: readonly number[] }>(
      { stage: 'dose reviews', seq: 0, place: null },
      () => [],
      async (keep) => {
        const { reviewId } = await store.nextIds();
        const numbered = [...fresh.values()].map((pair, i) => ({ ...pair, reviewId: reviewId + i }));
        await store.writeDoseReviews(
          runId,
          numbered,
          keep((there) => ({ firstId: reviewId, kept: [...there] })),
        );
      },
    );
    const isKept = new Set(kept);
    const numbers = new Map([...fresh.keys()].map((key, i) => [key, firstId + i]));
    return this.#reviews.map((pair) => {
      const number = numbers.get(keyOf(pair))!;
      return { ...pair, reviewId: isKept.has(number) ? number : null };
    });
  }

  /** Reports the issues, in the order of the records. */
  report(): void {
    const { issues } = this.#context;
    this.#issues.sort((a, b) => a.issue.record - b.issue.record);
    for (const { file, issue } of this.#issues) issues.add(file.logNumber, issue, 'late-doses');
    for (const { file, issue, count } of this.#others.values()) issues.add(file.logNumber, issue, 'late-doses', count);
  }
}
