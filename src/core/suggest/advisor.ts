/** Suggestions as they are shown: in the form that the specification asks for, and only where it has a column for them. */
import type { Issue } from '../issue.js';
import { type FieldName, fieldsOf, type RecordRole } from '../model.js';
import type { DateFormat } from '../normalize/date.js';
import type { Spec } from '../spec.js';
import { formatDate } from '../write.js';
import type { Evidence } from './evidence.js';
import type { RecordFacts } from './facts.js';
import { describeSeen, type FieldFix, formatFixes, type Proposal } from './proposal.js';
import { suggest } from './suggesters.js';

/** A suggestion, ready for a report. */
export interface Advice {
  readonly text: string;
  /** What it was made from: {@link describeSeen}. */
  readonly seen: string;
  readonly confidence: number;
  readonly reason: string;
}

/** Whether a file, by its number, has the column at this place of its layout. */
export type HasColumn = (file: number, place: number) => boolean;

/** Makes suggestions for the issues of a submission: first it is told of all of them, then it is asked. */
export class Advisor {
  readonly #spec: Spec;
  readonly #evidence: Evidence;
  readonly #hasColumn: HasColumn;

  /** `hasColumn` says whether a file has a column of a layout, where its header leaves some out. */
  constructor(spec: Spec, evidence: Evidence, hasColumn: HasColumn = () => true) {
    this.#spec = spec;
    this.#evidence = evidence;
    this.#hasColumn = hasColumn;
  }

  /** Takes what a record with an issue says of others. */
  note(issue: Issue, facts: RecordFacts): void {
    this.#evidence.add(issue, facts);
  }

  /** What to write instead in a file; `null` where nobody can say, or no column of the file could hold it. */
  advise(issue: Issue, facts: RecordFacts, file: number): Advice | null {
    const proposal = suggest({ issue, facts, evidence: this.#evidence });
    if (proposal === null) return null;
    const fixes = this.#asWritten(proposal, facts, file);
    const text = fixes === null ? null : formatFixes(fixes, issue.field);
    if (fixes === null || text === null) return null;
    const seen = describeSeen(fixes, issue.field, (field) => receivedOf(field, facts));
    return { text, seen, confidence: proposal.confidence, reason: proposal.reason };
  }

  #asWritten({ fixes }: Proposal, { role }: RecordFacts, file: number): FieldFix[] | null {
    const written: FieldFix[] = [];
    for (const fix of fixes) {
      // Which columns the file of another record has is not known here.
      const value = this.#write(fix, roleOf(fix.field, role), fix.elsewhere === true ? null : file);
      if (value === null) return null;
      written.push({ ...fix, value });
    }
    return written;
  }

  #write({ field, value }: FieldFix, role: RecordRole, file: number | null): string | null {
    const columns = (this.#spec.layouts[role]?.fields ?? []).filter(
      (column, place) => column.field === field && (file === null || this.#hasColumn(file, place)),
    );
    if (columns.length === 0) return null;
    if (fieldsOf(role)[field]?.kind.startsWith('date') !== true) return value;
    const [format] = columns[0]!.dates ?? this.#spec.dates.formats;
    return formatDate(value, format as DateFormat) || null;
  }
}

/** A field as it stands in the record; `undefined` for the birth date beside a dose, which is not kept as it stands. */
function receivedOf(field: FieldName, { role, received }: RecordFacts): string | null | undefined {
  if (field === 'birth_date' && role === 'immunization') return undefined;
  return received[field] ?? null;
}

/** A birth date is the patient's, whoever asks for it. */
function roleOf(field: FieldName, role: RecordRole): RecordRole {
  return field === 'birth_date' ? 'patient' : role;
}
