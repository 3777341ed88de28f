/**
 * Redacts the reports of a run before they are finished: values of persons are replaced by made-up ones of the same shape,
 * the same by the same, so that records break the rules that they broke.
 */
import { compileFilePlans } from './core/file-plans.js';
import type { Issue } from './core/issue.js';
import type { FieldName, RecordRole } from './core/model.js';
import type { TransformPlan } from './core/plan.js';
import { type Block, recordOffset } from './core/read/blocks.js';
import { UNDECODABLE } from './core/read/decode.js';
import { createFrame } from './core/read/frame.js';
import { CellRedactor } from './core/redact/cells.js';
import { columnOfField, type RedactedColumn } from './core/redact/columns.js';
import { RecordRedactor } from './core/redact/records.js';
import { NO_VALUE_BESIDE, OF_FILLERS } from './core/redact/treatments.js';
import { recordsOf } from './core/redact/verdict.js';
import type { Advice } from './core/suggest/advisor.js';
import { formatFixes, parseFixes } from './core/suggest/proposal.js';
import type { Change } from './core/transform.js';
import { PatchedFile } from './files/patched-file.js';
import type { ValueMask } from './files/reports.js';
import { createSecretBytes } from './files/secret.js';
import { openSource, type Source, SourceReader } from './files/source.js';
import { createCutter, type FileRun, type RunContext, recipeOf } from './run.js';

/** How often all records are gone through until none breaks other rules than it broke: values are shared by many. */
const MOST_ROUNDS = 5;

/** A reject file of the report: its records are read as those of the file that they came in. */
interface RejectSource {
  readonly source: Source;
  readonly file: FileRun;
  readonly redactor: RecordRedactor;
}

/** What the reports show instead of values. */
export interface RedactedReports extends ValueMask {
  /** Rejected records that break other rules than they did, because no other value breaks the same. */
  readonly unlike: number;
}

/**
 * Redacts the reject files, which must be whole, and gives what replaces values in all other reports. `rejects` are their
 * paths in the report, in the order of the files; `null` where a file has none.
 */
export async function redactReports(
  files: readonly FileRun[],
  rejects: readonly (string | null)[],
  context: RunContext,
): Promise<RedactedReports> {
  const cells = new CellRedactor(createSecretBytes(), context.today);
  const masks = files.map((file) => new FileMask(file, cells, context));
  const sources: RejectSource[] = [];
  for (const [i, name] of rejects.entries()) {
    const { redactor } = masks[i]!;
    if (name === null || redactor === null) continue;
    const file = files[i]!;
    const source = await openSource(context.folder.fileIn(name), { encoding: file.source.encoding });
    sources.push({ source, file, redactor });
  }
  for (const source of sources) {
    for await (const block of blocksOf(source, context))
      for (const record of recordsOf(block)) source.redactor.avoid(record);
  }
  for (const { file, issue } of context.issues.all()) masks[file]?.avoid(issue);
  for (const { role, field, before } of context.changes.all())
    maskOf(masks, role)?.avoidValue(field as FieldName, before);
  await settle(sources, context);
  let unlike = 0;
  for (const source of sources) unlike += await redactRecords(source, context);
  const nobody = new FileMask(null, cells, context);
  const maskOfFile = (file: number): FileMask => masks[file] ?? nobody;
  return {
    unlike,
    issue: (file, issue) => maskOfFile(file).issue(issue),
    advice: (file, issue, advice) => maskOfFile(file).advice(issue, advice),
    change: (role, field, change) => maskOf(masks, role)?.change(field as FieldName, change) ?? change,
    id: (id, role) => maskOf(masks, role)?.value(`source_${role}_id` as FieldName, id) ?? cells.redactWords(id),
    vaccine: (field, value) =>
      maskOf(masks, 'immunization')?.value(field as FieldName, value) ?? cells.redactWords(value),
  };
}

/** The first file whose records have the fields of a role. */
function maskOf(masks: readonly FileMask[], role: RecordRole): FileMask | undefined {
  return masks.find((mask) => mask.has(role));
}

async function* blocksOf({ source, file, redactor }: RejectSource, { sizes }: RunContext): AsyncGenerator<Block> {
  redactor.restart();
  const { plan, received } = file;
  // What stood above the header of the input is not in it.
  const frame = createFrame(plan.layout, { headerBytes: received.recognition.headerBytes, encoding: source.encoding });
  const cutter = createCutter({ plan, received, isTagged: file.isTagged, source }, frame, sizes.blockBytes);
  for await (const chunk of new SourceReader(source, sizes.chunkBytes).chunks()) yield* cutter.push(chunk);
  yield* cutter.end();
}

async function settle(sources: readonly RejectSource[], context: RunContext): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let changed = false;
    for (const source of sources) {
      for await (const block of blocksOf(source, context)) {
        context.signal?.throwIfAborted();
        for (const record of recordsOf(block)) if (source.redactor.settle(record)) changed = true;
      }
    }
    if (!changed) return;
  }
}

/** Replaces the records of a reject file, and counts those that break other rules than they did. */
async function redactRecords(source: RejectSource, context: RunContext): Promise<number> {
  let unlike = 0;
  const patched = new PatchedFile(source.source.file, source.source.encoding);
  try {
    for await (const block of blocksOf(source, context)) {
      let index = 0;
      for (const record of recordsOf(block)) {
        if (!source.redactor.isAlike(record)) unlike++;
        patched.put(source.redactor.redact(record), recordOffset(block, index++));
      }
    }
    patched.finish();
  } finally {
    patched.close();
  }
  return unlike;
}

/** What the reports show of the values of one file; `null` for what is about none. */
class FileMask {
  readonly #plans: readonly TransformPlan[];
  readonly redactor: RecordRedactor | null;
  readonly #cells: CellRedactor;

  constructor(file: FileRun | null, cells: CellRedactor, { spec, today, site, codes, map }: RunContext) {
    this.#cells = cells;
    if (file === null) {
      this.#plans = [];
      this.redactor = null;
      return;
    }
    // Plans of its own: those of the file count what they read.
    const plans = compileFilePlans(recipeOf(file.received, { spec, today, site }), codes, map?.map ?? null);
    this.#plans = [plans.plan, ...plans.dosePlans];
    this.redactor = new RecordRedactor(cells, plans, file.received.recognition.header);
  }

  has(role: RecordRole): boolean {
    return this.#plans.some((plan) => plan.role === role);
  }

  avoid({ code, field, column, value, sourcePatientId, sourceImmunizationId }: Issue): void {
    const shown = this.#columnOf(field, column);
    if (value !== null && shown !== null && !OF_FILLERS.has(code)) this.#cells.avoid(value, shown);
    if (sourcePatientId !== null) this.avoidValue('source_patient_id', sourcePatientId);
    if (sourceImmunizationId !== null) this.avoidValue('source_immunization_id', sourceImmunizationId);
  }

  avoidValue(field: FieldName, value: string): void {
    const column = this.#columnOf(field, null);
    if (column !== null) this.#cells.avoid(value, column);
  }

  value(field: FieldName, value: string): string {
    const column = this.#columnOf(field, null);
    return column === null ? this.#cells.redactWords(value) : this.#cells.redact(value, column);
  }

  /** As it is in the records, so that a value is shown as it stands there. */
  #columnOf(field: FieldName | null, name: string | null): RedactedColumn | null {
    const own = this.redactor?.columnOf(field, name) ?? null;
    return own === null && field !== null ? columnOfField(field, this.#plans) : own;
  }

  issue(issue: Issue): Issue {
    const { code, field, column, value, sourcePatientId, sourceImmunizationId } = issue;
    const ids = {
      sourcePatientId: sourcePatientId === null ? null : this.value('source_patient_id', sourcePatientId),
      sourceImmunizationId:
        sourceImmunizationId === null ? null : this.value('source_immunization_id', sourceImmunizationId),
    };
    const shown = this.#columnOf(field, column);
    // What is about no column holds no value: counts, names of columns, places.
    if (value === null || shown === null || OF_FILLERS.has(code)) return { ...issue, ...ids };
    const redacted = this.#cells.redact(value, shown);
    if (redacted === value || issue.record === 0) return { ...issue, ...ids, value: redacted };
    const isPlace = NO_VALUE_BESIDE.has(code);
    const reading = shown.reader?.normalize(redacted) ?? null;
    const again = (fact: string | null, read: string | null | undefined): string | null => {
      if (fact === null || isPlace || fact === UNDECODABLE) return fact;
      return read ?? this.#cells.redactWords(fact);
    };
    return {
      ...issue,
      ...ids,
      value: redacted,
      after: again(issue.after, reading?.value),
      other: again(issue.other, reading?.other),
    };
  }

  advice({ field }: Issue, advice: Advice): Advice {
    const fixes = parseFixes(advice.text, field)?.map((fix) => ({ ...fix, value: this.value(fix.field, fix.value) }));
    const text = fixes === undefined ? null : formatFixes(fixes, field);
    const seen = advice.seen.replace(/(^|; )([a-z_]+)=([^;]*)/g, (_, before: string, name: string, value: string) => {
      return `${before}${name}=${this.value(name as FieldName, value)}`;
    });
    return { ...advice, text: text ?? this.#cells.redactWords(advice.text), seen };
  }

  change(field: FieldName, change: Change): Change {
    const before = this.value(field, change.before);
    if (before === change.before || change.after === null) return { ...change, before };
    const after = this.#columnOf(field, null)?.reader?.normalize(before).value;
    return { ...change, before, after: after ?? this.#cells.redactWords(change.after) };
  }
}
