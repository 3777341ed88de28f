/** The files that senders of a specification write, each with its columns: one for each role, or one with both. */
import { type FieldDefinition, type FileRole, fieldsOf, type Role } from './model.js';
import { isCombined, type Layout, type LayoutField, type Spec } from './spec.js';

/** The roles, in the order in which they are loaded. */
export const ROLES: readonly Role[] = ['patient', 'immunization'];

/** A kind of file. */
export interface FileLayout {
  readonly role: FileRole;
  /** The columns with all that they carry, whichever role it is of. */
  readonly layout: Layout;
  /** Whose field each column carries, `null` where it carries none. What both roles have counts as the patient's. */
  readonly roles: readonly (Role | null)[];
}

/** The kinds of file of a spec. */
export function fileLayoutsOf(spec: Spec): readonly FileLayout[] {
  const { patient, immunization } = spec.layouts;
  if (!isCombined(spec)) {
    return ROLES.map((role) => {
      const layout = spec.layouts[role];
      return { role, layout, roles: layout.fields.map(({ field }) => (field === null ? null : role)) };
    });
  }
  const fields = patient.fields.map((column, index): LayoutField => {
    return column.field === null ? immunization.fields[index]! : column;
  });
  const roles = fields.map(({ field }, index) => {
    if (field === null) return null;
    return patient.fields[index]!.field === null ? 'immunization' : 'patient';
  });
  return [{ role: 'combined', layout: { ...patient, fields }, roles }];
}

/** What immload knows of the field of a column, `null` where it carries none. */
export function definitionOf({ layout, roles }: FileLayout, index: number): FieldDefinition | null {
  const role = roles[index];
  const field = layout.fields[index]?.field;
  return role == null || field == null ? null : fieldsOf(role)[field]!;
}
