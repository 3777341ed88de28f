/** Records below a header that names the columns otherwise than the file does: exports of different make, joined. */
import type { IssueCode } from './core/catalogue.js';
import type { Issue } from './core/issue.js';
import type { TransformPlan } from './core/plan.js';
import { type Block, recordOffset } from './core/read/blocks.js';
import type { Batch } from './core/transform.js';

const CODE: IssueCode = 'under-other-header';

/** Follows the headers of one file. Batches must come in the order of the file. */
export class OtherHeaders {
  /** Line of the last header if it does not fit, else 0. */
  #line = 0;
  /** Records that stand below one that does not fit: from, and up to without. */
  readonly #ranges: { readonly from: number; to: number }[] = [];

  /** Whether a record is, or stands below, a header that does not fit. */
  has(record: number): boolean {
    // The last one that begins at the record or before: they stand in their order.
    let [first, end] = [0, this.#ranges.length];
    while (first < end) {
      const middle = (first + end) >> 1;
      if (this.#ranges[middle]!.from <= record) first = middle + 1;
      else end = middle;
    }
    return first > 0 && record < this.#ranges[first - 1]!.to;
  }

  /** The batch without the records below such a header. */
  refuse(batch: Batch, block: Block, plan: TransformPlan): Batch {
    if (batch.headers.length === 0 && this.#line === 0) return batch;
    const above = this.#headersAbove(batch, block);
    const isBelow = (index: number): boolean => above[index]! > 0;
    const isHeader = new Set(batch.headers.map(({ index }) => index));
    const severity = plan.severities[CODE];
    const issues: Issue[] = [];
    const rejected: Batch['rejected'] = batch.rejected.filter(({ index }) => !isBelow(index));
    // A line without any value stays what it is.
    const skipped = new Set(batch.skipped);
    for (let index = 0; index < block.count; index++) {
      if (!isBelow(index) || isHeader.has(index) || skipped.has(index)) continue;
      rejected.push({ index, codes: [CODE], row: null });
      const place = { line: block.lines[index]!, offset: recordOffset(block, index) };
      const nobody = { sourcePatientId: null, sourceImmunizationId: null };
      const facts = {
        field: null,
        column: null,
        documentCode: null,
        value: null,
        after: null,
        expected: null,
        facts: null,
      };
      const other = String(above[index]);
      if (severity === 'off') continue;
      issues.push({ code: CODE, severity, record: block.firstRecord + index, ...place, ...nobody, ...facts, other });
    }
    const isTold = ({ record }: Issue): boolean => {
      const index = record - block.firstRecord;
      return !isBelow(index) || skipped.has(index);
    };
    const kept = batch.accepted.flatMap((index, i) => (isBelow(index) ? [] : [i]));
    return {
      ...batch,
      accepted: kept.map((i) => batch.accepted[i]!),
      rows: batch.rows.pick(kept),
      rejected: rejected.sort((a, b) => a.index - b.index),
      keptOut: batch.keptOut.filter(({ index }) => !isBelow(index)),
      unique: batch.unique.filter(({ index }) => !isBelow(index)),
      unresolved: batch.unresolved.filter(({ index }) => !isBelow(index)),
      issues: [...batch.issues.filter(isTold), ...issues].sort((a, b) => a.record - b.record),
    };
  }

  /** For each record the line of the header above it that does not fit, else 0. */
  #headersAbove(batch: Batch, block: Block): Uint32Array {
    const above = new Uint32Array(block.count);
    let next = 0;
    for (let index = 0; index < block.count; index++) {
      const header = batch.headers[next];
      if (header?.index !== index) {
        above[index] = this.#line;
        continue;
      }
      next++;
      const record = block.firstRecord + index;
      if (this.#line > 0) this.#ranges.at(-1)!.to = record;
      this.#line = header.fits ? 0 : block.lines[index]!;
      if (!header.fits) this.#ranges.push({ from: record, to: Number.POSITIVE_INFINITY });
    }
    return above;
  }
}
