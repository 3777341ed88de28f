/** What the table of eligibilities says of a code that is in it, for patients and doses alike. */
import type { Rule } from './rule.js';

/** The rules of a record whose eligibility stands in this slot. */
export function eligibilityRules(slot: number): readonly Rule[] {
  return [
    {
      code: 'eligibility-invalid',
      needs: [slot],
      holds: (row, { codes }) => codes.column('eligibility.status').get(row[slot]!) !== 'invalid',
    },
    {
      code: 'eligibility-deprecated',
      needs: [slot],
      holds: (row, { codes }) => codes.column('eligibility.status').get(row[slot]!) !== 'deprecated',
    },
  ];
}
