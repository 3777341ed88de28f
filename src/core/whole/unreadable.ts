/** Which issues say that a value is nothing that its column is for. */
import type { IssueCode } from '../catalogue.js';
import { type FieldDefinition, IMMUNIZATION_FIELDS, PATIENT_FIELDS } from '../model.js';

const DEFINITIONS: readonly FieldDefinition[] = [
  ...Object.values<FieldDefinition>(PATIENT_FIELDS),
  ...Object.values<FieldDefinition>(IMMUNIZATION_FIELDS),
];

const CODES: ReadonlySet<IssueCode> = new Set(
  DEFINITIONS.flatMap(({ problems = {} }) => [problems.invalid, problems.unrecognized]).filter(
    (code) => code !== undefined,
  ),
);

/** Whether an issue tells of a value that could not be read at all. */
export function isUnreadable(code: IssueCode): boolean {
  return CODES.has(code);
}
