/** Suggestions as they are shown: in the form that the specification asks for, and only where it has a column for them. */
import type { Issue } from '../issue.js';
import { type FieldName, fieldsOf, type RecordRole } from '../model.js';
import type { DateFormat } from '../normalize/date.js';
import type { Spec } from '../spec.js';
import { formatDate } from '../write.js';
import type { Evidence } from './evidence.js';
import type { RecordFacts } from './facts.js';
import { type FieldFix, formatFixes, type Proposal } from './proposal.js';
import { suggest } from './suggesters.js';

/** A suggestion, ready for a report. */
export interface Advice {
  readonly text: string;
  readonly confidence: number;
  readonly reason: string;
}

/** Makes suggestions for the issues of a submission: first it is told of all of them, then it is asked. */
export class Advisor {
  readonly #spec: Spec;
  readonly #evidence: Evidence;

  constructor(spec: Spec, evidence: Evidence) {
    this.#spec = spec;
    this.#evidence = evidence;
  }

  /** Takes what a record with an issue says of others. */
  note(issue: Issue, facts: RecordFacts): void {
    this.#evidence.add(issue, facts);
  }

  /** What to write instead; `null` where nobody can say, or no column could hold it. */
  advise(issue: Issue, facts: RecordFacts): Advice | null {
    const proposal = suggest({ issue, facts, evidence: this.#evidence });
    if (proposal === null) return null;
    const fixes = this.#asWritten(proposal, facts.role);
    const text = fixes === null ? null : formatFixes(fixes, issue.field);
    return text === null ? null : { text, confidence: proposal.confidence, reason: proposal.reason };
  }

  #asWritten({ fixes }: Proposal, role: RecordRole): FieldFix[] | null {
    const written: FieldFix[] = [];
    for (const fix of fixes) {
      const value = this.#write(fix, roleOf(fix.field, role));
      if (value === null) return null;
      written.push({ ...fix, value });
    }
    return written;
  }

  #write({ field, value }: FieldFix, role: RecordRole): string | null {
    const columns = (this.#spec.layouts[role]?.fields ?? []).filter((column) => column.field === field);
    if (columns.length === 0) return null;
    if (fieldsOf(role)[field]?.kind.startsWith('date') !== true) return value;
    const [format] = columns[0]!.dates ?? this.#spec.dates.formats;
    return formatDate(value, format as DateFormat) || null;
  }
}

/** A birth date is the patient's, whoever asks for it. */
function roleOf(field: FieldName, role: RecordRole): RecordRole {
  return field === 'birth_date' ? 'patient' : role;
}
