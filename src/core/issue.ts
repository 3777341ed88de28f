/** Findings, issues and the words every issue code must have. */
import type { IssueCode } from './catalogue.js';
import type { FieldName, Severity } from './model.js';
import type { RecordFacts } from './suggest/facts.js';

/** What an issue is about: a record of one role, any record, or the file as a whole. */
export type Subject = 'patient' | 'immunization' | 'comment' | 'record' | 'file';

/** All that is known about an issue code. Every part is required, so that no code reaches a user without its words. */
export interface IssueDefinition {
  /** The default; a spec may set another. */
  readonly severity: Severity;
  readonly subject: Subject;
  /** The canonical field it is reported on, `null` for the record or file as a whole. */
  readonly field: string | null;
  /** The truth that did not hold. */
  readonly asserts: string;
  /**
   * What was found, for the report. `{after}` stands for the value that was loaded instead, `{expected}` for what the
   * spec asks for, `{other}` for a second fact of the finding. The record's own value has a column of its own.
   */
  readonly message: string;
  readonly meaning: string;
  readonly why: string;
  readonly fix: string;
  /** Guide, section or rule it comes from. */
  readonly source: string;
}

/** What fills the placeholders of a message. */
export interface Facts {
  /** The column of a rule of the spec's own, as the spec calls it. */
  readonly column?: string;
  /** What the document that the spec was made from calls it, where the rule says so. */
  readonly documentCode?: string | null;
  readonly after?: string | null;
  readonly expected?: string | null;
  readonly other?: string | null;
}

/** A problem with a record, before its severity and place are known. */
export interface Finding {
  readonly code: IssueCode;
  readonly field: FieldName | null;
  /**
   * The column, as the spec calls it, where a rule of the spec's own found it, or the field stands in a record once for
   * each dose; else `null`.
   */
  readonly column: string | null;
  /** What the document that the spec was made from calls it, where the rule says so; else `null`. */
  readonly documentCode: string | null;
  /** As received, `null` when the problem is not one value's. */
  readonly value: string | null;
  /** Fill `{after}`, `{expected}` and `{other}` in the message; `null` where it has no such placeholder. */
  readonly after: string | null;
  readonly expected: string | null;
  readonly other: string | null;
}

/** A finding. All are made here, so that all have one shape: records with thousands of them stay fast. */
export function createFinding(code: IssueCode, field: FieldName | null, value: string | null, facts?: Facts): Finding {
  return {
    code,
    field,
    column: facts?.column ?? null,
    documentCode: facts?.documentCode ?? null,
    value,
    after: facts?.after ?? null,
    expected: facts?.expected ?? null,
    other: facts?.other ?? null,
  };
}

/** A finding with its severity and its place in a file. */
export interface Issue extends Finding {
  readonly severity: Severity;
  /** Number of the data record, from 1; 0 for the file as a whole. */
  readonly record: number;
  /** First line of the record, from 1; 0 for the file as a whole. */
  readonly line: number;
  /** Bytes from the start of the file to the record. */
  readonly offset: number;
  readonly sourcePatientId: string | null;
  readonly sourceImmunizationId: string | null;
  /** What a suggestion can be made of; only of issues that there are suggestions for. */
  readonly facts?: RecordFacts | null;
}

/** The message of an issue, its placeholders filled. */
export function formatMessage(
  definition: IssueDefinition,
  finding: Pick<Finding, 'after' | 'expected' | 'other'>,
): string {
  return definition.message.replace(
    /\{(after|expected|other)\}/g,
    (_, name: 'after' | 'expected' | 'other') => finding[name] ?? '',
  );
}
