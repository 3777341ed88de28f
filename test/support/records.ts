/** Records as senders write them, and what the transform makes of each. */
import type { IssueCode } from '../../src/core/catalogue.js';
import type { Codes } from '../../src/core/codes.js';
import type { Issue } from '../../src/core/issue.js';
import { type FieldName, fieldsOf, type IsoDate, type Role, type Row } from '../../src/core/model.js';
import { compilePlan } from '../../src/core/plan.js';
import { type Block, RecordCutter } from '../../src/core/read/blocks.js';
import { separatorsOf } from '../../src/core/read/delimited.js';
import type { HeaderMatch } from '../../src/core/read/header.js';
import type { Spec } from '../../src/core/spec.js';
import { type Batch, type Change, transformBlock } from '../../src/core/transform.js';
import { toLine } from '../../src/core/write.js';
import { CODES, GRITS, MIIS, TODAY } from './fixtures.js';

/** The cells of a record by the field they carry, as they stand in the file. A field without a cell is blank. */
export type Written = Readonly<Partial<Record<FieldName, string>>>;

/** Records without a fault, by spec. Nobody in them exists. */
export const FAULTLESS: Readonly<Record<string, Readonly<Record<Role, Written>>>> = {
  [MIIS.id]: {
    patient: {
      site_id: 'F1',
      source_patient_id: 'P-1001',
      last_name: 'Walsh',
      first_name: 'Nora',
      middle_name: 'Beth',
      birth_date: '20150514',
      sex: 'F',
      race: '2106-3',
      ethnicity: '2186-5',
      language: 'eng',
      mother_maiden_last_name: 'Costa',
      mother_first_name: 'Elena',
      street: '12 Maple St',
      city: 'Boston',
      state: 'MA',
      zip: '02118',
      county: '25025',
      country: 'USA',
      phone: '6175550123',
      email: 'nora.walsh@mail.example',
      guardian_last_name: 'Walsh',
      guardian_first_name: 'Elena',
      guardian_relationship: 'MTH',
      guardian_phone: '6175550124',
      registry_status: 'A',
      reminder_recall: '02',
      sharing_objection: 'N',
    },
    immunization: {
      site_id: 'F1',
      source_patient_id: 'P-1001',
      source_immunization_id: 'V-1',
      cvx: '03',
      administered_on: '20160516',
      information_source: '00',
      mvx: 'MSD',
      lot_number: 'K012345',
      lot_expiration: '20170331',
      dose_amount: '0.5',
      dose_unit: 'mL',
      route: 'SC',
      body_site: 'LA',
      administered_by_last_name: 'Crane',
      administered_by_first_name: 'Joyce',
      eligibility: 'V02',
      funding_source: 'VXC1',
      vis_edition_date: '20120420',
      vis_given_date: '20160516',
      completion_status: 'CP',
      action_code: 'A',
    },
  },
  [GRITS.id]: {
    patient: {
      source_patient_id: '1001',
      registry_status: 'A',
      first_name: 'Nora',
      last_name: 'Walsh',
      birth_date: '05142015',
      mother_first_name: 'Elena',
      mother_maiden_last_name: 'Costa',
      sex: 'F',
      race: 'W',
      ethnicity: 'NH',
      reminder_recall: '02',
      sharing_objection: 'Y',
      guardian_first_name: 'Elena',
      guardian_last_name: 'Walsh',
      guardian_relationship: 'MO',
      street: '12 Maple St',
      city: 'Boston',
      state: 'MA',
      zip: '02118',
      county: '25025',
      phone: '6175550123',
      eligibility: 'V02',
      eligibility_date: '05152015',
    },
    immunization: {
      source_patient_id: '1001',
      cpt: '90707',
      administered_on: '05162016',
      route: 'SC',
      body_site: 'LA',
      mvx: 'MSD',
      information_source: '00',
      lot_number: 'K012345',
      eligibility: 'V02',
    },
  },
};

/** A record as a line of a file, without its line end. Fields that the layout does not have are left out. */
export function writeRecord(values: Written, role: Role, spec: Spec): string {
  const layout = spec.layouts[role];
  return toLine(
    layout.fields.map(({ field }) => (field === null ? '' : (values[field] ?? ''))),
    layout,
  );
}

export interface Circumstances {
  readonly role: Role;
  /** {@link MIIS} unless told otherwise. */
  readonly spec?: Spec;
  /** Those that come with immload unless told otherwise. */
  readonly codes?: Codes;
  /** What `--site` says; not given unless told. */
  readonly site?: string;
  readonly today?: string;
  /** What the header says and its bytes; the lines have none unless told. The header itself is not among the lines. */
  readonly header?: { readonly match: HeaderMatch; readonly bytes: Uint8Array };
  readonly blockBytes?: number;
}

/** What became of one record. */
export interface Judged {
  readonly fate: 'accepted' | 'rejected' | 'skipped';
  /** The codes of all its issues, in their order. */
  readonly codes: readonly IssueCode[];
  readonly issues: readonly Issue[];
  /** The codes that a rejected record is rejected for. */
  readonly errors: readonly IssueCode[];
  /** Its normalized values, blanks left out; `null` if it was not read. */
  readonly values: Readonly<Partial<Record<FieldName, string>>> | null;
  readonly changes: readonly Change[];
}

/** Cuts and transforms a text, and gives its blocks as they came. */
export function transformText(
  text: string | Uint8Array,
  circumstances: Circumstances,
): { block: Block; batch: Batch }[] {
  const { role, spec = MIIS, codes = CODES, site = null, today = TODAY, header, blockBytes } = circumstances;
  const layout = spec.layouts[role];
  const fieldCount = header?.match.count ?? layout.fields.length;
  const plan = compilePlan({
    spec,
    role,
    codes,
    today: today as IsoDate,
    site,
    header: header?.match ?? null,
    headerBytes: header?.bytes ?? null,
    fieldCount,
  });
  const cutter = new RecordCutter({
    ...(layout.format === 'delimited' ? separatorsOf(layout) : { delimiter: null, quote: null }),
    fieldCount,
    ...(blockBytes !== undefined && { blockBytes }),
  });
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const blocks = [...cutter.push(bytes), ...cutter.end()];
  return blocks.map((block) => ({ block, batch: transformBlock(block, plan) }));
}

/** What becomes of each record of a text. */
export function judgeText(text: string | Uint8Array, circumstances: Circumstances): Judged[] {
  return transformText(text, circumstances).flatMap(({ block, batch }) =>
    Array.from({ length: block.count }, (_, index) => judgedRecord(index, block, batch, circumstances.role)),
  );
}

function judgedRecord(index: number, block: Block, batch: Batch, role: Role): Judged {
  const issues = batch.issues.filter(({ record }) => record === block.firstRecord + index);
  const place = batch.accepted.indexOf(index);
  const rejected = batch.rejected.find((reject) => reject.index === index);
  const row = rejected !== undefined ? rejected.row : place >= 0 ? batch.rows.row(place) : null;
  return {
    fate: rejected !== undefined ? 'rejected' : place >= 0 ? 'accepted' : 'skipped',
    codes: issues.map(({ code }) => code),
    issues,
    errors: rejected?.codes ?? [],
    values: row === null ? null : valuesOf(row, role),
    changes: batch.changes,
  };
}

/** A row's values by field, blanks left out. */
export function valuesOf(row: Row, role: Role): Partial<Record<FieldName, string>> {
  const names = Object.keys(fieldsOf(role)) as FieldName[];
  return Object.fromEntries(names.map((name, slot) => [name, row[slot]]).filter(([, value]) => value != null));
}

/** What becomes of the spec's faultless record after these cells were changed. */
export function judge(changes: Written, circumstances: Circumstances): Judged {
  const { role, spec = MIIS } = circumstances;
  const line = writeRecord({ ...FAULTLESS[spec.id]![role], ...changes }, role, spec);
  return judgeText(line, circumstances)[0]!;
}
