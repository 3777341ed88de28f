/** The files that senders of a specification write, each with its columns: one for each role, or one with both. */
import { type FieldDefinition, type FileRole, fieldsOf, type RecordRole, type Role } from './model.js';
import { isCombined, isTagged, type Layout, type LayoutField, layoutOf, type Spec } from './spec.js';

/** The roles that every spec has, in the order in which they are loaded. */
export const ROLES: readonly Role[] = ['patient', 'immunization'];

/** The roles that the records of a spec can have, in the order in which they are loaded. */
export function rolesOf(spec: Spec): readonly RecordRole[] {
  return spec.layouts.comment === undefined ? ROLES : [...ROLES, 'comment'];
}

/** A kind of file. */
export interface FileLayout {
  readonly role: FileRole;
  /** The columns with all that they carry, whichever role it is of. */
  readonly layout: Layout;
  /** Whose field each column carries, `null` where it carries none. What both roles have counts as the patient's. */
  readonly roles: readonly (RecordRole | null)[];
}

/** The kinds of file of a spec. */
export function fileLayoutsOf(spec: Spec): readonly FileLayout[] {
  const { patient, immunization } = spec.layouts;
  const ofOneRole = (role: RecordRole): FileLayout => {
    const layout = layoutOf(spec, role);
    return { role, layout, roles: layout.fields.map(({ field }) => (field === null ? null : role)) };
  };
  if (!isCombined(spec)) return rolesOf(spec).map(ofOneRole);
  const fields = patient.fields.map((column, index): LayoutField => {
    return column.field === null ? immunization.fields[index]! : column;
  });
  const roles = fields.map(({ field }, index): Role | null => {
    if (field === null) return null;
    return patient.fields[index]!.field === null ? 'immunization' : 'patient';
  });
  const combined: FileLayout = { role: 'combined', layout: { ...patient, fields }, roles };
  return spec.layouts.comment === undefined ? [combined] : [combined, ofOneRole('comment')];
}

/** The files of a submission. Tagged lines of both roles stand in one file, which is told here by the layout of patients. */
export function filesOf(spec: Spec): readonly Pick<FileLayout, 'role' | 'layout'>[] {
  const files = fileLayoutsOf(spec);
  if (!isTagged(spec)) return files;
  return [{ role: 'combined', layout: spec.layouts.patient }, ...files.filter(({ role }) => role === 'comment')];
}

/** What immload knows of the field of a column, `null` where it carries none. */
export function definitionOf({ layout, roles }: FileLayout, index: number): FieldDefinition | null {
  const role = roles[index];
  const field = layout.fields[index]?.field;
  return role == null || field == null ? null : fieldsOf(role)[field]!;
}
