/** What a suggester is. */
import type { IssueCode } from '../catalogue.js';
import type { Issue } from '../issue.js';
import type { Evidence } from './evidence.js';
import type { RecordFacts } from './facts.js';
import type { Candidate } from './proposal.js';

/** What is asked of a suggester: an issue, the record that it was found in, and what the whole submission says. */
export interface Question {
  readonly issue: Pick<Issue, 'code' | 'field' | 'value' | 'other' | 'expected'>;
  readonly facts: RecordFacts;
  readonly evidence: Evidence;
}

/** Thinks of one kind of fault. */
export interface Suggester {
  /** The fault that it thinks of. */
  readonly id: string;
  /** The issues that such a fault shows itself by. */
  readonly codes: readonly IssueCode[];
  readonly suggest: (question: Question) => readonly Candidate[];
}
