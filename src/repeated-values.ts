/** Values that may stand once in a file, and stand there again: the one rule of columns that needs the records before. */
import type { IssueCode } from './core/catalogue.js';
import type { Issue } from './core/issue.js';
import type { TransformPlan } from './core/plan.js';
import { type Block, recordOffset } from './core/read/blocks.js';
import { SeenValues } from './core/rules/unique.js';
import type { Batch } from './core/transform.js';

const REPEATED: IssueCode = 'value-repeated';

/**
 * The batch with what is wrong because of the records before: `seen` has their values by rule, and gets those of this
 * batch. Batches must come in the order of the file.
 */
export function withRepeats(batch: Batch, block: Block, plan: TransformPlan, seen: Map<string, SeenValues>): Batch {
  const severity = plan.severities[REPEATED];
  const issues: Issue[] = [];
  const ofRecord = new Set<number>();
  const besidePatient = new Set<number>();
  for (const { index, key, column, value, fingerprint, ...found } of batch.unique) {
    let values = seen.get(key);
    if (values === undefined) {
      values = new SeenValues();
      seen.set(key, values);
    }
    const line = block.lines[index]!;
    const earlier = values.add(fingerprint, line);
    if (earlier === 0 || severity === 'off') continue;
    const record = block.firstRecord + index;
    if (isTold(found.documentCode, column, record, issues)) continue;
    issues.push({
      ...found,
      code: REPEATED,
      severity,
      record,
      line,
      offset: recordOffset(block, index),
      column,
      value: value === '' ? null : value,
      after: null,
      expected: null,
      other: String(earlier),
    });
    if (severity !== 'error') continue;
    const isBeside = plan.checks?.besidePatient?.has(column) === true;
    (isBeside ? besidePatient : ofRecord).add(index);
  }
  if (issues.length === 0) return batch;
  const told = { ...batch, issues: [...batch.issues, ...issues].sort((a, b) => a.record - b.record) };
  return keepOut(told, ofRecord, besidePatient);
}

/** Whether another rule of the column has told it of the record already, under the same name. */
function isTold(documentCode: string | null, column: string, record: number, issues: readonly Issue[]): boolean {
  for (let at = issues.length - 1; issues[at]?.record === record; at--) {
    if (issues[at]!.column === column && issues[at]!.documentCode === documentCode) return true;
  }
  return false;
}

/** The batch without these records: with their patients, or where a patient is accepted without them. */
function keepOut(batch: Batch, ofRecord: ReadonlySet<number>, besidePatient: ReadonlySet<number>): Batch {
  const kept = { accepted: [] as number[], rows: [] as number[], skipped: [] as number[] };
  const rejected = batch.rejected.map((reject) =>
    ofRecord.has(reject.index) || besidePatient.has(reject.index)
      ? { ...reject, codes: [...new Set([...reject.codes, REPEATED])] }
      : reject,
  );
  const keptOut = new Map(batch.keptOut.map(({ index, codes }) => [index, codes]));
  batch.accepted.forEach((index, i) => {
    if (ofRecord.has(index)) {
      const codes = [...(keptOut.get(index) ?? []), REPEATED];
      rejected.push({ index, codes, row: batch.rows.row(i) });
      keptOut.delete(index);
      return;
    }
    if (besidePatient.has(index)) keptOut.set(index, [...(keptOut.get(index) ?? []), REPEATED]);
    kept.accepted.push(index);
    kept.rows.push(i);
  });
  for (const index of batch.skipped) {
    if (ofRecord.has(index) || besidePatient.has(index)) rejected.push({ index, codes: [REPEATED], row: null });
    else kept.skipped.push(index);
  }
  return {
    ...batch,
    ...kept,
    rows: batch.rows.pick(kept.rows),
    rejected: rejected.sort((a, b) => a.index - b.index),
    keptOut: [...keptOut].map(([index, codes]) => ({ index, codes })),
    notLoaded: batch.notLoaded - (batch.skipped.length - kept.skipped.length),
  };
}
