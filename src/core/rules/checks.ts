/** Which rules of columns are asked when a file is read as patients or as doses, and what becomes of a record for them. */
import type { Codes } from '../codes.js';
import type { FieldName, IsoDate, RecordRole } from '../model.js';
import type { HeaderMatch } from '../read/header.js';
import { columnKey, isCombined, type Layout, type LayoutField, layoutOf, type Spec } from '../spec.js';
import { type CheckedColumn, ColumnRules } from './columns.js';
import { type ConditionTest, compileWhen, type PlaceOf } from './conditions.js';

/** The rules of columns of one reading of a file. */
export interface ColumnChecks {
  /** Whether blanks around a value, or in its place, belong to it. */
  readonly keepsBlanks: boolean;
  /** The rules that are asked and told. */
  readonly told: ColumnRules;
  /** Rules that were told when the record was read as a patient: they still explain what is wrong with a dose. */
  readonly toldBefore: ColumnRules;
  /** Whether a record is judged by these rules only, and not loaded; `null` where all are loaded. */
  readonly notLoaded: ConditionTest | null;
  /** Places of the sender's ids of patient and dose, -1 where a record does not say them. */
  readonly ids: { readonly patient: number; readonly immunization: number };
  /** Columns whose errors keep a record out and say nothing against its patient; `null` where a record is one thing. */
  readonly besidePatient: ReadonlySet<string> | null;
}

export interface ChecksOptions {
  readonly spec: Spec;
  readonly role: RecordRole;
  readonly codes: Codes;
  readonly today: IsoDate;
  readonly header: HeaderMatch | null;
  /** Which of the doses of a record is read, `null` where a record has one at most. */
  readonly dose: number | null;
}

/** Whether a layout asks anything of its columns beside what their fields ask. */
export function hasColumnRules(layout: Layout): boolean {
  return layout.notLoaded !== undefined || layout.fields.some(({ rules = [] }) => rules.length > 0);
}

/** Makes the rules of a layout ready for a file, `null` if it has none. */
export function compileChecks(options: ChecksOptions): ColumnChecks | null {
  const { spec, role, codes, today, header, dose } = options;
  const layout = layoutOf(spec, role);
  if (!hasColumnRules(layout)) return null;
  const placeOf = createPlaceOf(layout, header);
  const rulesOf = (columns: readonly LayoutField[]): ColumnRules => {
    const checked = columns.map((column): CheckedColumn => ({ column, field: column.field }));
    return new ColumnRules(checked, { spec, layout, codes, today, placeOf });
  };
  const once = layout.fields.filter((column) => column.dose === undefined);
  const both = isCombined(spec);
  const asDose = both && role === 'immunization';
  const placeOfId = (of: RecordRole, id: FieldName): number => {
    const column = layoutOf(spec, of).fields.find(({ field, dose: each }) => field === id && each === undefined);
    return column === undefined ? -1 : placeOf(column.name);
  };
  const ofDose = layout.fields.filter((column) => column.dose !== undefined && column.dose === dose);
  return {
    keepsBlanks: layout.format === 'delimited' && layout.blanks === 'kept',
    told: rulesOf(asDose ? ofDose : both ? once : layout.fields),
    toldBefore: rulesOf(asDose ? once.filter(({ field }) => field !== null) : []),
    ids: {
      patient: placeOfId(role, 'source_patient_id'),
      immunization: both || role === 'immunization' ? placeOfId('immunization', 'source_immunization_id') : -1,
    },
    notLoaded: compileWhen(layout.notLoaded, layout.conditions ?? {}, null, placeOf),
    besidePatient: both ? new Set(once.flatMap(({ field, name }) => (field === null ? [name] : []))) : null,
  };
}

/** Finds columns by the names that the spec gives them: in the header, or in the order of the layout. */
function createPlaceOf(layout: Layout, header: HeaderMatch | null): PlaceOf {
  const places = new Map<string, number>();
  if (layout.format === 'delimited' && header !== null) {
    for (const name of layout.retired ?? []) places.set(columnKey(name), header.keys.indexOf(columnKey(name)));
  }
  layout.fields.forEach(({ name }, index) => {
    places.set(columnKey(name), header === null ? index : header.columns[index]!);
  });
  return (column) => places.get(columnKey(column)) ?? -1;
}
