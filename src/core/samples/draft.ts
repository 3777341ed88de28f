/** The files of a sample submission while they are being written: records as cells, so that some can be spoiled. */
import { joinBytes } from '../bytes.js';
import type { IssueCode } from '../catalogue.js';
import { fileLayoutsOf, filesOf } from '../file-layouts.js';
import type { MarkRecord } from '../framing.js';
import { type FieldDefinition, type FieldName, type FileRole, fieldsOf, type RecordRole, type Role } from '../model.js';
import { isLongerThan } from '../normalize/text.js';
import { dosesOf } from '../plan.js';
import { plainlyRequired } from '../rules/applies.js';
import { isCombined, isTagged, type Layout, type LayoutField, layoutOf, SHARED_FIELDS, type Spec } from '../spec.js';
import { type Cells, formatDate, headerLine, lineEndOf, markLine, toCells, toLine } from '../write.js';
import { sampleDoseOfChild, sampleRecords } from './clinic.js';

/** Values by field, as a fault wants them: days as YYYY-MM-DD, all else as it stands in the file; `''` for a blank. */
export type Values = Readonly<Partial<Record<FieldName, string>>>;

/** A row on its way to the file. */
export interface DraftRow {
  readonly cells: Cells;
  /** How its cells are written. */
  readonly layout: Layout;
  /** The line itself, where no cells can say it, or in bytes that are not UTF-8. */
  line: string | Uint8Array | null;
}

/** One file of the submission. */
export interface DraftFile {
  readonly role: FileRole;
  readonly layout: Layout;
  /** Lines above the header: titles, comments. */
  readonly titles: string[];
  header: string | null;
  readonly rows: DraftRow[];
  headerRecord: MarkRecord | null;
  trailerRecord: MarkRecord | null;
  /** Records that control totals count, and that are not there. */
  lost: number;
}

/** The rows of a file that have one layout: all of them, or the patients or doses of a tagged file. */
export interface DraftPart {
  readonly role: FileRole;
  readonly layout: Layout;
  readonly file: DraftFile;
}

/** Where a record of the clinic stands: its row, and which of the row's doses it is. */
interface Place {
  readonly row: number;
  readonly dose: number | null;
}

/** What is to be found in a row of the file that has a role's records, or in that file as a whole (`row` is `null`). */
export interface Expected {
  readonly role: RecordRole;
  /** Index in the file. */
  readonly row: number | null;
  readonly code: IssueCode;
  /** The field that it is about, where the code does not say. */
  readonly field?: FieldName | null;
}

/** The sample clinic's files before they are written. */
export class Draft {
  readonly files: readonly DraftFile[];
  /** Where each record of a role stands; a patient may stand in several rows of a file with doses. */
  readonly #places: Readonly<Record<RecordRole, readonly Place[][]>>;

  constructor(readonly spec: Spec) {
    this.files = filesOf(spec).map(({ role, layout }) => {
      const { headerRecord = null, trailerRecord = null } = layout;
      return { role, layout, titles: [], header: headerLine(layout), rows: [], headerRecord, trailerRecord, lost: 0 };
    });
    this.#places = {
      ...this.#writeHistories(),
      comment: spec.layouts.comment === undefined ? [] : this.#write('comment'),
    };
  }

  /** Writes the patients and their doses. */
  #writeHistories(): Record<Role, Place[][]> {
    if (isTagged(this.spec)) return this.#writeLines();
    if (isCombined(this.spec)) return this.#writeRows();
    return { patient: this.#write('patient'), immunization: this.#write('immunization') };
  }

  /** Writes the records of a role into a file of their own, a row each. */
  #write(role: RecordRole): Place[][] {
    return sampleRecords(role, this.spec).map((record) => [
      { row: this.#add(role, toCells(record, role, this.spec)), dose: null },
    ]);
  }

  /** Writes each patient with the doses below, a line each. */
  #writeLines(): Record<Role, Place[][]> {
    const doses = sampleRecords('immunization', this.spec);
    const places: Record<Role, Place[][]> = { patient: [], immunization: [] };
    for (const patient of sampleRecords('patient', this.spec)) {
      const row = this.#add('patient', toCells(patient, 'patient', this.spec));
      places.patient.push([{ row, dose: null }]);
      for (const [record, dose] of doses.entries()) {
        if (dose.source_patient_id !== patient.source_patient_id) continue;
        const own = this.#add('immunization', toCells(dose, 'immunization', this.spec));
        places.immunization[record] = [{ row: own, dose: null }];
      }
    }
    return places;
  }

  /** Writes patients with their doses: as many rows for each patient as the doses need. */
  #writeRows(): Record<Role, Place[][]> {
    const { layouts } = this.spec;
    const doses = [...sampleRecords('immunization', this.spec), sampleDoseOfChild(this.spec)];
    const numbers = dosesOf(layouts.immunization);
    const places: Record<Role, Place[][]> = { patient: [], immunization: [] };
    for (const patient of sampleRecords('patient', this.spec)) {
      const own = doses.filter(({ source_patient_id }) => source_patient_id === patient.source_patient_id);
      const rows: Place[] = [];
      for (let start = 0; start < own.length; start += numbers.length) {
        const cells = toCells(patient, 'patient', this.spec);
        const row = this.#add('patient', cells);
        rows.push({ row, dose: null });
        own.slice(start, start + numbers.length).forEach((dose, i) => {
          const layout = viewOfDose(layouts.immunization, numbers[i]!);
          const written = toCells(dose, 'immunization', {
            ...this.spec,
            layouts: { ...layouts, immunization: layout },
          });
          written.forEach((cell, column) => {
            // Site and patient id are said once for both.
            if (cell !== '' && layouts.patient.fields[column]!.field === null) cells[column] = cell;
          });
          places.immunization[doses.indexOf(dose)] = [{ row, dose: numbers[i]! }];
        });
      }
      places.patient.push(rows);
    }
    return places;
  }

  #add(role: RecordRole, cells: Cells): number {
    return this.file(role).rows.push({ cells, layout: this.#layoutOf(role), line: null }) - 1;
  }

  #layoutOf(role: RecordRole): Layout {
    return isTagged(this.spec) ? layoutOf(this.spec, role) : this.file(role).layout;
  }

  /** The files, those of tagged lines once for patients and once for doses. */
  get parts(): readonly DraftPart[] {
    return fileLayoutsOf(this.spec).map(({ role, layout }) => {
      return { role, layout, file: this.files.find((file) => file.role === role) ?? this.files[0]! };
    });
  }

  /** The file that has a role's records. */
  file(role: RecordRole): DraftFile {
    return this.files.find((file) => file.role === role) ?? this.files.find((file) => file.role === 'combined')!;
  }

  /** The first row of a record. */
  rowOf(role: RecordRole, record: number): number {
    return this.#places[role][record]![0]!.row;
  }

  /** The cells of a record's first row. */
  cellsOf(role: RecordRole, record: number): Cells {
    return this.file(role).rows[this.rowOf(role, record)]!.cells;
  }

  /** The id of the patient whose dose a record is, as it stands in the file. */
  patientOf(record: number): string {
    if (!isTagged(this.spec)) return this.cell('immunization', record, 'source_patient_id');
    const row = this.rowOf('immunization', record);
    const patient = this.#places.patient.findLastIndex(([place]) => place!.row < row);
    return this.cell('patient', patient, 'source_patient_id');
  }

  /** How many records of a role there are. */
  count(role: RecordRole): number {
    return this.#places[role].length;
  }

  /** A cell of a record, `''` where the layout has no such column. */
  cell(role: RecordRole, record: number, field: FieldName): string {
    const column = layoutOf(this.spec, role).fields.findIndex((each) => each.field === field);
    return this.cellsOf(role, record)[column] ?? '';
  }

  /** Sets cells of a record, in all its rows; false, and nothing is set, where the layout cannot say one of the values. */
  set(role: RecordRole, record: number, values: Values): boolean {
    const shared = isCombined(this.spec) && role === 'immunization';
    // The dose's patient is the patient of its row.
    if (shared && SHARED_FIELDS.some((field) => field in values)) return false;
    for (const { row, dose } of this.#places[role][record]!) {
      const cells = writeValues(values, viewOfDose(layoutOf(this.spec, role), dose), role, this.spec);
      if (cells === null) return false;
      this.setRow(role, row, cells);
    }
    return true;
  }

  /** Sets cells of a row by their column. */
  setRow(role: RecordRole, row: number, cells: ReadonlyMap<number, string>): void {
    for (const [column, cell] of cells) this.file(role).rows[row]!.cells[column] = cell;
  }

  /**
   * Adds a copy of a record's first row with other values: to the end of its file, or below the dose that it is a copy of
   * where doses stand below their patient. `null` where the values cannot be said.
   */
  copy(role: RecordRole, record: number, values: Values): number | null {
    const cells = writeValues(values, viewOfDose(layoutOf(this.spec, role), null), role, this.spec);
    if (cells === null) return null;
    const copied = [...this.cellsOf(role, record)];
    const isBelow = role === 'immunization' && isTagged(this.spec);
    const row = isBelow ? this.#addBelow(this.rowOf(role, record), copied) : this.#add(role, copied);
    this.setRow(role, row, cells);
    return row;
  }

  /** Adds a dose below a line of a tagged file. Those that follow move on. */
  #addBelow(above: number, cells: Cells): number {
    const line = { cells, layout: this.#layoutOf('immunization'), line: null };
    this.file('immunization').rows.splice(above + 1, 0, line);
    for (const role of ['patient', 'immunization'] as const) {
      for (const places of this.#places[role]) {
        for (const [i, place] of places.entries()) if (place.row > above) places[i] = { ...place, row: place.row + 1 };
      }
    }
    return above + 1;
  }

  /** Adds a line that is no row of cells, and gives its index. */
  add(role: RecordRole, line: string): number {
    return this.file(role).rows.push({ cells: [], layout: this.#layoutOf(role), line }) - 1;
  }

  /** The line of a row as it stands. */
  lineOf(role: RecordRole, row: number): string {
    const { cells, layout } = this.file(role).rows[row]!;
    return toLine(cells, layout);
  }

  /** The line in the file on which a row stands, from 1. */
  lineNumberOf(role: RecordRole, row: number): number {
    return row + linesAbove(this.file(role)).length + 1;
  }

  /** The bytes of a file. */
  bytesOf(file: DraftFile): Uint8Array {
    const lineEnd = encoder.encode(lineEndOf(file.layout));
    const lines = linesOf(file).map((line) => (typeof line === 'string' ? encoder.encode(line) : line));
    return joinBytes(lines.flatMap((line) => [line, lineEnd]));
  }
}

/** All lines of a file: those that are no records, too. */
export function linesOf(file: DraftFile): readonly (string | Uint8Array)[] {
  const { rows, trailerRecord } = file;
  const records = rows.map(({ line, cells, layout }) => line ?? toLine(cells, layout));
  return [...linesAbove(file), ...records, ...(trailerRecord === null ? [] : [markOf(trailerRecord, file)])];
}

function linesAbove(file: DraftFile): readonly string[] {
  const { titles, header, headerRecord } = file;
  const mark = headerRecord === null ? [] : [markOf(headerRecord, file)];
  return [...mark, ...titles, ...(header === null ? [] : [header])];
}

/** A header or trailer record that counts the records there are. */
function markOf(mark: MarkRecord, file: DraftFile): string {
  const { layout, header, rows, lost, headerRecord, trailerRecord } = file;
  const records = rows.filter(({ line }) => line === null || line !== header).length + lost;
  const marks = [headerRecord, trailerRecord].filter((each) => each !== null).length;
  const { lines } = layout;
  const ofTag = (tag: string): number => lost + rows.filter((row) => hasTag(row, tag)).length;
  const counts =
    lines === undefined
      ? { patients: records, immunizations: records }
      : { patients: ofTag(lines.patient.tag), immunizations: ofTag(lines.immunization.tag) };
  return markLine(mark, { records, ...counts, all: records + marks }, layout);
}

function hasTag({ line, layout }: DraftRow, tag: string): boolean {
  if (line === null) return layout.tag === tag;
  return typeof line === 'string' ? line.startsWith(tag) : line[0] === tag.charCodeAt(0);
}

/** A layout in which the columns of other doses carry nothing. */
function viewOfDose(layout: Layout, dose: number | null): Layout {
  const fields = layout.fields.map((column) =>
    column.dose === undefined || column.dose === dose ? column : { ...column, field: null },
  );
  return { ...layout, fields };
}

const encoder = new TextEncoder();

/** A text in Latin-1, as Windows-1252 writes it too. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Kinds whose length is judged. */
const FREE_TEXT: ReadonlySet<FieldDefinition['kind']> = new Set(['id', 'text', 'name', 'email']);

/**
 * The cells of these values by their column; `null` where the layout cannot say them: no such column, no room for the
 * value, a meaning of its own for it or for a blank.
 */
export function writeValues(
  values: Values,
  layout: Layout,
  role: RecordRole,
  spec: Spec,
): ReadonlyMap<number, string> | null {
  const required = plainlyRequired(role, layout);
  const cells = new Map<number, string>();
  for (const [field, value] of Object.entries(values)) {
    const columns = layout.fields.flatMap((column, index) => (column.field === field ? [index] : []));
    const [first, ...others] = columns;
    if (first === undefined) {
      if (value !== '') return null;
      continue;
    }
    const column = layout.fields[first]!;
    // The blank would be a fault of its own.
    if (value === '' && required.includes(column)) return null;
    const cell = writeValue(value, column, fieldsOf(role)[field]!, layout, spec);
    if (cell === null) return null;
    cells.set(first, cell);
    // The first of several columns says all of it.
    for (const other of others) cells.set(other, '');
  }
  return cells.size > 0 ? cells : null;
}

function writeValue(
  value: string,
  column: LayoutField,
  definition: FieldDefinition,
  layout: Layout,
  spec: Spec,
): string | null {
  if (value === '') return column.default === undefined ? '' : null;
  const own = Object.entries(column.values ?? {});
  const standsFor = own.find(([, to]) => to === value);
  if (standsFor !== undefined) return standsFor[0];
  if (own.some(([from]) => from.toUpperCase() === value.toUpperCase())) return null;
  if (spec.nulls.some((token) => token.toUpperCase() === value.toUpperCase())) return null;
  const isDay = definition.kind.startsWith('date') && /^\d{4}-\d\d-\d\d$/.test(value);
  const cell = isDay ? formatDate(value, (column.dates ?? spec.dates.formats)[0]!) : value;
  if (cell === '') return null;
  const judged = layout.format === 'fixed' || FREE_TEXT.has(definition.kind);
  return judged && column.width !== undefined && isLongerThan(cell, column.width) ? null : cell;
}
