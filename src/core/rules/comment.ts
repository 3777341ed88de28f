/** What must be true of a comment on a patient. */
import { COMMENT, type FieldName } from '../model.js';
import type { Rule } from './rule.js';

/** The fields that have an issue code of their own when they are blank. */
export const COMMENT_MISSING = {
  site_id: 'site-missing',
  source_patient_id: 'comment-patient-id-missing',
  comment_code: 'comment-code-missing',
} as const satisfies Partial<Record<FieldName, string>>;

export const COMMENT_RULES: readonly Rule[] = [
  {
    code: 'comment-date-in-future',
    needs: [COMMENT.applies_on],
    holds: (row, { today }) => row[COMMENT.applies_on]! <= today,
    drops: COMMENT.applies_on,
  },
];
