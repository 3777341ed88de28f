/** How the records of one file are read: as data that can be handed to a thread, and compiled into plans. */
import type { Codes } from './codes.js';
import type { FileRole, IsoDate } from './model.js';
import { compilePlan, dosesOf, type TransformPlan } from './plan.js';
import type { FileEncoding } from './read/decode.js';
import type { HeaderMatch } from './read/header.js';
import { isTagged, type Spec } from './spec.js';
import type { VaccineMap } from './vaccine-map.js';

/** All that says how a file is read, but for the code tables. It holds nothing that cannot be copied to a thread. */
export interface FileRecipe {
  readonly role: FileRole;
  readonly spec: Spec;
  readonly today: IsoDate;
  /** For records that name no site; `null` if none was given. */
  readonly site: string | null;
  /** What the header of the file said, and its bytes; `null` if it has none. */
  readonly header: HeaderMatch | null;
  readonly headerBytes: Uint8Array | null;
  /** Fields that each record has. */
  readonly fieldCount: number;
  /** What the whole file is encoded in; `null` if each record is judged by itself. */
  readonly encoding: FileEncoding | null;
}

/** The plans of a file: as patients, doses or comments; and for a combined file, of each dose of a record. */
export interface FilePlans {
  readonly plan: TransformPlan;
  readonly dosePlans: readonly TransformPlan[];
}

/** Makes the plans of a file. A combined file is read as patients first. */
export function compileFilePlans(recipe: FileRecipe, codes: Codes, map: VaccineMap | null): FilePlans {
  const { role, spec, fieldCount } = recipe;
  const options = { ...recipe, codes, map };
  const plan = compilePlan({ ...options, role: role === 'combined' ? 'patient' : role });
  const doses = role === 'combined' ? dosesOf(spec.layouts.immunization) : [];
  // Where patients end in one delimiter more than they have columns, so do doses.
  const more = fieldCount - spec.layouts.patient.fields.length;
  const ofDoses =
    role === 'combined' && isTagged(spec)
      ? { fieldCount: spec.layouts.immunization.fields.length + more, patients: plan }
      : {};
  return { plan, dosePlans: doses.map((dose) => compilePlan({ ...options, ...ofDoses, role: 'immunization', dose })) };
}
