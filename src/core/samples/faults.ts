/**
 * A faulty record for each issue code: what senders get wrong, and what they are then told.
 *
 * Where a code has several faults, the first that a layout can show is the one. A code without a fault is not compiled.
 */
import type { IssueCode } from '../catalogue.js';
import { ROLES } from '../file-layouts.js';
import { isRequired, longRowsOf, shortRowsOf, titleRowsOf } from '../framing.js';
import type { FieldName, FileRole, RecordRole, Role } from '../model.js';
import type { DateFormat } from '../normalize/date.js';
import { plainlyRequired } from '../rules/applies.js';
import { isCombined, isTagged, type Spec, severityOf, VACCINE_FIELDS } from '../spec.js';
import { headerLine, toLine } from '../write.js';
import { type Draft, type Expected, latin1, type Values } from './draft.js';

/** Values that make a record faulty, whatever the record. */
export interface ValueFault {
  readonly role: RecordRole;
  readonly values: Values;
  /** The record of the clinic, if another than usual. */
  readonly record?: number;
  /** Other codes that come with it. */
  readonly also?: readonly IssueCode[];
  /** Date formats of which the date's column must allow one. */
  readonly dates?: readonly DateFormat[];
  /** Only where years of two digits are read. */
  readonly twoDigitYears?: true;
}

/** Spoils a draft and says what is to be found in it, or `null` when the layouts cannot show the fault. */
export type DraftFault = (draft: Draft) => readonly Expected[] | null;

export type Fault = ValueFault | DraftFault;

type Details = Omit<ValueFault, 'role' | 'values'>;

function patient(values: Values, details: Details = {}): ValueFault {
  return { role: 'patient', values, ...details };
}

function dose(values: Values, details: Details = {}): ValueFault {
  return { role: 'immunization', values, ...details };
}

function comment(values: Values): ValueFault {
  return { role: 'comment', values };
}

/** No way of naming a vaccine. */
const NO_VACCINE: Values = { cvx: '', cpt: '', ndc: '', vaccine_name: '', vaccine_group: '' };

/** A dose whose vaccine is named so, and in no other way. */
function vaccine(values: Values, details: Details = {}): ValueFault {
  return dose({ ...NO_VACCINE, ...values }, details);
}

/** What only those know who have given a dose. */
const NO_DETAILS: Values = {
  mvx: '',
  lot_number: '',
  lot_expiration: '',
  facility_id: '',
  facility_name: '',
  administered_by_last_name: '',
  administered_by_first_name: '',
  administered_by_name: '',
  administered_by_id: '',
};

/** The record that a fault is planted in: a patient without doses, and a dose with all its details. */
export const PLANTED_IN: Readonly<Record<RecordRole, number>> = { patient: 2, immunization: 0, comment: 0 };
const CHILD = PLANTED_IN.patient;
const FIRST = 0;
/** A dose of somebody who has died. */
const DOSE_OF_THE_DEAD: Details = { record: 2 };

const PLAIN: Details = { dates: ['MMDDYYYY'] };
const SHORT_SLASHED: Details = { dates: ['MM/DD/YYYY', 'M/D/YYYY'], twoDigitYears: true };
const SHORT_PLAIN: Details = { dates: ['MMDDYYYY'], twoDigitYears: true };
const SHORT_YEAR_FIRST: Details = { dates: ['YYYYMMDD'], twoDigitYears: true };

/** A header with its columns the other way round at the end of the file, and below it perhaps the first patient again. */
function otherHeader(hasRecord: boolean): DraftFault {
  return (draft) => {
    const { layout } = draft.file('patient');
    if (layout.format === 'fixed' || layout.lines !== undefined) return null;
    const names = layout.fields.map(({ name }) => name).reverse();
    const expected: Expected[] = [
      { role: 'patient', row: draft.add('patient', toLine(names, layout)), code: 'header-other-order' },
    ];
    if (!hasRecord) return expected;
    const row = draft.add('patient', draft.lineOf('patient', draft.rowOf('patient', FIRST)));
    return [...expected, { role: 'patient', row, code: 'under-other-header' }];
  };
}

/** Replaces the line of the planted patient by one that no cells could give. */
function lineFault(code: IssueCode, rewrite: (draft: Draft) => string | Uint8Array | null): DraftFault {
  return (draft) => {
    const line = rewrite(draft);
    if (line === null) return null;
    setLine(draft, line);
    return [ofChild(draft, code)];
  };
}

/** A line of a delimited file with something else in the place of the last name; `null` for other files. */
function withLastName(draft: Draft, write: (name: string, delimiter: string, quote: string) => string): string | null {
  const { layout } = draft.file('patient');
  if (layout.format !== 'delimited' || layout.quote === null) return null;
  const { delimiter, quote } = layout;
  const place = layout.fields.findIndex(({ field }) => field === 'last_name');
  return draft
    .cellsOf('patient', CHILD)
    .map((cell, index) => (index === place ? write(cell, delimiter, quote) : cell))
    .join(delimiter);
}

/** A line that ends before its last column. */
function withoutLastColumn(draft: Draft): string | null {
  const { layout } = draft.file('patient');
  if (layout.format !== 'delimited' || shortRowsOf(layout) === 'pad') return null;
  return childLine(draft).split(layout.delimiter).slice(0, -1).join(layout.delimiter);
}

/** A line that comes besides the patients. */
function lineBesides(code: IssueCode, write: (draft: Draft) => string | null): DraftFault {
  return (draft) => {
    const line = write(draft);
    return line === null ? null : [{ role: 'patient', row: draft.add('patient', line), code }];
  };
}

const ofFile = (code: IssueCode): readonly Expected[] => [{ role: 'patient', row: null, code }];
const ofChild = (draft: Draft, code: IssueCode): Expected => ofPatient(draft, code, CHILD);
const ofPatient = (draft: Draft, code: IssueCode, record: number): Expected => {
  return { role: 'patient', row: draft.rowOf('patient', record), code };
};

/** Gives the planted patient another line. */
function setLine(draft: Draft, line: string | Uint8Array): void {
  draft.file('patient').rows[draft.rowOf('patient', CHILD)]!.line = line;
}

/** The doses of a patient who is rejected are rejected too. */
function dosesRejected(draft: Draft, patientId: string): Expected[] {
  const doses = Array.from({ length: draft.count('immunization') }, (_, record) => record);
  return doses
    .filter((record) => draft.patientOf(record) === patientId)
    .map((record) => ({ role: 'immunization', row: draft.rowOf('immunization', record), code: 'patient-rejected' }));
}

/** The first column of free text with a width, filled beyond it. */
const tooLong: DraftFault = (draft) => {
  for (const role of ROLES) {
    const { format, fields } = draft.spec.layouts[role];
    const column = fields.findIndex(({ field, width }) => width !== undefined && LONG_TEXTS.has(field!));
    if (format !== 'delimited' || column < 0) continue;
    return spoilCell(draft, role, column, 'x'.repeat(fields[column]!.width! + 1), 'value-too-long');
  }
  return null;
};
const LONG_TEXTS: ReadonlySet<FieldName> = new Set<FieldName>([
  'street',
  'city',
  'first_name',
  'facility_name',
  'comment',
]);

const blankRequired: DraftFault = (draft) => {
  for (const role of ROLES) {
    const layout = draft.spec.layouts[role];
    const required = plainlyRequired(role, layout);
    // A blank vaccine is a fault of its own as well.
    const column = required.find(({ field }) => !VACCINE_FIELDS.includes(field!)) ?? required[0];
    if (column === undefined) continue;
    const expected = spoilCell(draft, role, layout.fields.indexOf(column), '', 'required-value-missing');
    const ways = layout.fields.filter(({ field }) => field !== null && VACCINE_FIELDS.includes(field));
    const isOnlyWay = ways.length === 1 && ways[0] === column;
    return isOnlyWay ? [...expected, { ...expected[0]!, code: 'vaccine-missing' }] : expected;
  }
  return null;
};

function spoilCell(draft: Draft, role: Role, column: number, cell: string, code: IssueCode): readonly Expected[] {
  const row = draft.rowOf(role, PLANTED_IN[role]);
  draft.setRow(role, row, new Map([[column, cell]]));
  return [{ role, row, code, field: draft.spec.layouts[role].fields[column]!.field }];
}

/** An error of a spreadsheet in a column of which nothing else is asked. */
const spreadsheetError: DraftFault = (draft) => {
  const { fields } = draft.spec.layouts.patient;
  const isFree = (name: FieldName): boolean =>
    fields.some(({ field, use, rules = [] }) => field === name && use !== 'required' && rules.length === 0);
  const field = (['middle_name', 'phone', 'street'] as const).find(isFree);
  if (field === undefined || !draft.set('patient', CHILD, { [field]: '#REF!' })) return null;
  return [{ ...ofChild(draft, 'value-spreadsheet-error'), field }];
};

/** Shown by what a spec says of its own columns: `rule-faults.ts`. */
const byRule: DraftFault = () => null;

/** Leaves a column out that is blank in all records, and that nothing asks for. */
const missingColumn: DraftFault = (draft) => {
  for (const file of draft.files) {
    const { layout, header, rows } = file;
    if (layout.format !== 'delimited' || header === null) continue;
    const { delimiter } = layout;
    const place = layout.fields.findIndex(
      ({ use, rules = [] }, index) =>
        use === 'optional' &&
        !rules.some(({ required, fixed }) => required !== undefined || fixed !== undefined) &&
        rows.every(({ cells }) => cells[index] === ''),
    );
    if (place < 0) continue;
    const without = (cells: readonly string[]): string => cells.filter((_, i) => i !== place).join(delimiter);
    file.header = without(layout.fields.map(({ name }) => name));
    for (const row of rows) row.line = without(row.cells);
    return [{ role: ofRole(file.role), row: null, code: 'column-missing' }];
  }
  return null;
};

const unknownColumn: DraftFault = (draft) => {
  const file = draft.file('patient');
  if (file.layout.format !== 'delimited' || file.header === null) return null;
  const { delimiter } = file.layout;
  file.header += `${delimiter}eye_color`;
  file.rows.forEach((each, row) => {
    each.line = `${draft.lineOf('patient', row)}${delimiter}brown`;
  });
  return ofFile('column-unknown');
};

/**
 * Writes the planted patient as Windows does, with `character` in the place of a letter: one byte, as the letter is, so
 * that columns of fixed width stay where they are. False where the layout has no such field.
 */
function writeInWindows1252(draft: Draft, field: FieldName, text: string, character: string): boolean {
  const letter = '~';
  if (!draft.set('patient', CHILD, { [field]: text.replace(character, letter) })) return false;
  const line = draft.lineOf('patient', draft.rowOf('patient', CHILD)).replace(text.replace(character, letter), text);
  setLine(draft, latin1(line));
  return true;
}

/** An accent as an old export of Windows writes it. */
const inWindows1252: DraftFault = (draft) =>
  writeInWindows1252(draft, 'last_name', 'Chén', 'é') ? ofFile('encoding-windows-1252') : null;

const inTwoEncodings: DraftFault = (draft) => {
  if (inWindows1252(draft) === null) return null;
  return draft.set('patient', FIRST, { last_name: 'Wélsh' }) ? ofFile('encoding-mixed') : null;
};

/** A byte that means nothing in any of the encodings. */
const undecodable: DraftFault = (draft) => {
  const inStreet = writeInWindows1252(draft, 'street', '7 Sta\u0081ion Rd', '\u0081');
  if (!inStreet && !writeInWindows1252(draft, 'last_name', 'Ch\u0081n', '\u0081')) return null;
  const inName = inStreet ? [] : [ofChild(draft, 'name-characters')];
  return [ofChild(draft, 'character-undecodable'), ...inName, ...ofFile('encoding-windows-1252')];
};

/** A row that goes on behind its last column. */
const longRow: DraftFault = (draft) => {
  const { layout } = draft.file('patient');
  if (longRowsOf(layout) !== 'cut' || layout.lines?.glued === true) return null;
  setLine(draft, `${childLine(draft)}${layout.format === 'fixed' ? '' : layout.delimiter}MORE`);
  return ofFile('row-longer-than-layout');
};

/** A row whose blank columns at the end are left out. */
const shortRow: DraftFault = (draft) => {
  const { layout } = draft.file('patient');
  const line = childLine(draft);
  if (layout.format === 'fixed' || shortRowsOf(layout) !== 'pad' || !line.endsWith(layout.delimiter)) return null;
  setLine(draft, line.slice(0, -1));
  return ofFile('row-shorter-than-layout');
};

/** A row that is longer than it may be, or else shorter. */
const wrongWidth: DraftFault = (draft) => {
  const { layout } = draft.file('patient');
  if (layout.format !== 'fixed') return null;
  const isGlued = layout.lines?.glued === true;
  if (longRowsOf(layout) === 'reject' && !isGlued) setLine(draft, `${childLine(draft)}MORE`);
  else if (shortRowsOf(layout) === 'reject') setLine(draft, childLine(draft).slice(0, -1));
  else return null;
  return [ofChild(draft, 'row-width-wrong')];
};

function childLine(draft: Draft): string {
  return draft.lineOf('patient', draft.rowOf('patient', CHILD));
}

/** A column filled up with zero bytes. */
const withZeroBytes: DraftFault = (draft) => {
  const { layout } = draft.file('patient');
  const name = layout.fields.findIndex(({ field }) => field === 'last_name');
  const row = draft.rowOf('patient', CHILD);
  const width = draft.spec.layouts.patient.fields[name]!.width;
  const cell = draft.cellsOf('patient', CHILD)[name]!;
  draft.setRow('patient', row, new Map([[name, width === undefined ? `${cell}\0\0` : cell.padEnd(width, '\0')]]));
  return ofFile('nul-bytes');
};

/** A line that begins with no tag. */
const untagged: DraftFault = (draft) => {
  if (!isTagged(draft.spec)) return null;
  return [{ role: 'patient', row: draft.add('patient', '?'), code: 'line-tag-unknown' }];
};

/** A dose below a line that cannot be read. */
const withoutPatient: DraftFault = (draft) => {
  const above = untagged(draft);
  if (above === null) return null;
  const line = draft.lineOf('immunization', draft.rowOf('immunization', PLANTED_IN.immunization));
  const row = draft.add('immunization', withoutPatientId(draft, line));
  return [...above, { role: 'immunization', row, code: 'patient-line-missing' }];
};

/** A dose that does not name its patient itself, nor says once more what may stand once in a file. */
function withoutPatientId(draft: Draft, line: string): string {
  const { fields } = draft.spec.layouts.immunization;
  const isOut = fields.map(
    ({ field, rules = [] }) => field === 'source_patient_id' || rules.some((rule) => 'unique' in rule),
  );
  if (!isOut.includes(true)) return line;
  const cells = draft
    .cellsOf('immunization', PLANTED_IN.immunization)
    .map((cell, i) => (isOut[i] === true ? '' : cell));
  return toLine(cells, draft.spec.layouts.immunization);
}

/** A file of which a record was lost on the way. */
const lostRecord: DraftFault = (draft) => {
  for (const file of draft.files) {
    const { role, headerRecord, trailerRecord } = file;
    const totals = [headerRecord, trailerRecord].flatMap((mark) => mark?.totals ?? []);
    if (totals.length === 0) continue;
    file.lost = 1;
    return totals.map(() => ({ role: ofRole(role), row: null, code: 'control-total-wrong' }));
  }
  return null;
};

/** A file that was cut short. */
const withoutTrailer: DraftFault = (draft) => {
  for (const file of draft.files) {
    if (file.trailerRecord === null || !isRequired(file.trailerRecord)) continue;
    file.trailerRecord = null;
    return [{ role: ofRole(file.role), row: null, code: 'trailer-missing' }];
  }
  return null;
};

const ofRole = (role: FileRole): RecordRole => (role === 'combined' ? 'patient' : role);

const withTitle: DraftFault = (draft) => {
  for (const file of draft.files) {
    if (titleRowsOf(file.layout) === 0) continue;
    file.titles.push('Immunization history');
    return [{ role: ofRole(file.role), row: null, code: 'title-rows-skipped' }];
  }
  return null;
};

const withComment: DraftFault = (draft) => {
  for (const { role, layout, titles } of draft.files) {
    if (layout.comments === undefined) continue;
    titles.push(`${layout.comments} made on a Monday`);
    return [{ role: ofRole(role), row: null, code: 'comments-skipped' }];
  }
  return null;
};

function allowsSerials(spec: Spec, role: Role, field: FieldName): boolean {
  const column = spec.layouts[role].fields.find((each) => each.field === field);
  return (column?.dates ?? spec.dates.formats).includes('spreadsheet-serial');
}

/** Plants values in a record where only the draft tells whether they are a fault. */
function plantIn(draft: Draft, role: Role, values: Values, code: IssueCode): readonly Expected[] | null {
  const record = PLANTED_IN[role];
  return draft.set(role, record, values) ? [{ role, row: draft.rowOf(role, record), code }] : null;
}

/** The first column of dates that a record may do without, and what stands there instead. */
function otherDateFault(
  code: IssueCode,
  write: (spec: Spec, dates: readonly DateFormat[]) => string | null,
): DraftFault {
  return (draft) => {
    for (const { role, field } of OTHER_DATES) {
      const column = draft.spec.layouts[role].fields.find((each) => each.field === field);
      if (column === undefined) continue;
      const text = write(draft.spec, column.dates ?? draft.spec.dates.formats);
      const record = PLANTED_IN[role];
      if (text === null || !draft.set(role, record, { [field]: text })) continue;
      return [{ role, row: draft.rowOf(role, record), code }];
    }
    return null;
  };
}
const OTHER_DATES: readonly { readonly role: Role; readonly field: FieldName }[] = [
  { role: 'patient', field: 'death_date' },
  { role: 'immunization', field: 'vis_given_date' },
  { role: 'immunization', field: 'lot_expiration' },
];

/** 23 November 2019, as a spreadsheet counts: the birth date of the planted patient. */
const SERIAL_BIRTH_DATE = '43792';

const fromSerial: DraftFault = (draft) => {
  const column = draft.spec.layouts.patient.fields.find(({ field }) => field === 'birth_date')!;
  const isSecondChoice = (column.dates ?? draft.spec.dates.formats).indexOf('spreadsheet-serial') > 0;
  const set = isSecondChoice && draft.set('patient', CHILD, { birth_date: SERIAL_BIRTH_DATE });
  return set ? [ofChild(draft, 'date-from-serial')] : null;
};

/**
 * Dates of doses in the order that the specification does not want, but for that of one record: that has the right order,
 * or can be read either way.
 */
function wrongOrder(code: IssueCode, isDayFirst: boolean, isEitherWay: boolean): DraftFault {
  const but = 2;
  return (draft) => {
    const column = draft.spec.layouts.immunization.fields.find(({ field }) => field === 'administered_on')!;
    const formats = column.dates ?? draft.spec.dates.formats;
    const slashed = formats.includes('MM/DD/YYYY') || formats.includes('M/D/YYYY');
    if (formats.includes('DD/MM/YYYY') === isDayFirst) return null;
    if (isDayFirst && !slashed && !formats.includes('MMDDYYYY')) return null;
    if (!isDayFirst && (slashed || formats.includes('MMDDYYYY'))) return null;
    const write = (day: string, month: string, year: string): string =>
      [...(isDayFirst ? [day, month] : [month, day]), year].join(slashed || !isDayFirst ? '/' : '');
    const expected: Expected[] = [];
    for (let record = 0; record < draft.count('immunization'); record++) {
      const day = String(14 + record);
      const text = record === but ? write('10', isEitherWay ? '11' : day, '2014') : write(day, '10', '2016');
      if (!draft.set('immunization', record, { administered_on: text })) return null;
      const row = draft.rowOf('immunization', record);
      const own = isDayFirst ? 'dose-date-day-first' : 'dose-date-invalid';
      if (record !== but) expected.push({ role: 'immunization', row, code: own });
    }
    return [...expected, { role: 'immunization', row: null, code }];
  };
}

/** Two persons with one id. */
const idOfAnother: DraftFault = (draft) => {
  const id = draft.cell('patient', FIRST, 'source_patient_id');
  if (!draft.set('patient', CHILD, { source_patient_id: id })) return null;
  const code = 'patient-id-conflict';
  const both = [ofPatient(draft, code, FIRST), ofChild(draft, code)];
  if (!isCombined(draft.spec)) return [...both, ...dosesRejected(draft, id)];
  // A record that says why its patient is rejected does not say it again of its doses.
  const blamed = new Set(both.map(({ row }) => row));
  return [...both, ...dosesRejected(draft, id).filter(({ row }) => !blamed.has(row))];
};

/** One person twice, the second time with other details. */
function sentAgain(code: IssueCode, ...changes: readonly Values[]): DraftFault {
  return (draft) => {
    for (const values of changes) {
      const row = draft.copy('patient', CHILD, values);
      if (row !== null) return [{ role: 'patient', row, code }];
    }
    return null;
  };
}

/** A dose that the clinic gave, and one from history. */
const GIVEN = 0;
const TOLD = 1;

/** A record like that of a dose, with other details: of its vaccine said in one way only, and under no id of its own if it can be. */
function besideDose(code: IssueCode, record: number, ...changes: readonly Values[]): DraftFault {
  return (draft) => {
    for (const values of changes) {
      for (const id of ['', 'V-5009']) {
        const all = { ...NO_VACCINE, source_immunization_id: id, ...values };
        const row = draft.copy('immunization', record, all);
        if (row !== null) return [{ role: 'immunization', row, code }];
      }
    }
    return null;
  };
}

/** A patient who is rejected, and has doses in a file of their own. */
const rejectedWithDoses: DraftFault = (draft) => {
  if (isCombined(draft.spec)) return null;
  const id = draft.cell('patient', FIRST, 'source_patient_id');
  const reasons = [
    ['last-name-missing', { last_name: '' }],
    ['birth-date-missing', { birth_date: '' }],
  ] as const;
  const reason = reasons.find(
    ([code, values]) => severityOf(code, draft.spec) === 'error' && draft.set('patient', FIRST, values),
  );
  if (reason === undefined) return null;
  return [ofPatient(draft, reason[0], FIRST), ...dosesRejected(draft, id)];
};

/** A fault that no file can have by itself: it needs an NDC table, a CVX table with pending codes, a map, or totals. */
const needsMore: DraftFault = () => null;

/** What else is found in such a record depends on all columns behind an accent. */
const notToTell: DraftFault = () => null;

/** A comment on a patient who is rejected. */
const commentOnRejected: DraftFault = (draft) => {
  if (draft.count('comment') === 0) return null;
  const id = draft.cell('patient', CHILD, 'source_patient_id');
  const rejected =
    draft.set('patient', CHILD, { birth_date: '' }) && draft.set('comment', 0, { source_patient_id: id });
  if (!rejected || severityOf('birth-date-missing', draft.spec) !== 'error') return null;
  const row = draft.rowOf('comment', 0);
  return [ofChild(draft, 'birth-date-missing'), { role: 'comment', row, code: 'comment-patient-rejected' }];
};

/** What many records have in common is not shown by a few. */
const needsManyRecords: DraftFault = () => null;

/** No file shows what the database of a registry refuses. */
const needsDatabase: DraftFault = () => null;

/** The faults of every code, in the order of the catalogue. */
export const FAULTS: Readonly<Record<IssueCode, readonly [Fault, ...Fault[]]>> = {
  // ---- any record ------------------------------------------------------------------------------------------------
  'field-count-wrong': [
    // A name with the delimiter in it, and no quotes around it.
    lineFault('field-count-wrong', (draft) =>
      longRowsOf(draft.file('patient').layout) === 'cut'
        ? null
        : withLastName(draft, (name, delimiter) => `${name}${delimiter}Lee`),
    ),
    lineFault('field-count-wrong', withoutLastColumn),
  ],
  'row-width-wrong': [wrongWidth],
  'quote-not-closed': [
    lineFault('quote-not-closed', (draft) => withLastName(draft, (name, _, quote) => `${quote}${name}`)),
  ],
  'quote-misplaced': [
    lineFault('quote-misplaced', (draft) => withLastName(draft, (name, _, quote) => `${quote}${name}${quote} Lee`)),
  ],
  'record-blank': [
    lineBesides('record-blank', ({ spec }) => {
      const { format, fields, ...layout } = spec.layouts.patient;
      return format === 'fixed' ? '   ' : (layout as { delimiter: string }).delimiter.repeat(fields.length - 1);
    }),
  ],
  'line-tag-unknown': [untagged],
  'refused-by-database': [needsDatabase],
  'header-repeated': [lineBesides('header-repeated', ({ spec }) => headerLine(spec.layouts.patient))],
  'header-other-order': [otherHeader(false)],
  'under-other-header': [otherHeader(true)],
  'character-control': [patient({ last_name: 'Chen\u0007Li' })],
  'character-undecodable': [undecodable],
  'value-too-long': [tooLong],
  'value-spreadsheet-error': [spreadsheetError],
  'value-spreadsheet-mark': [patient({ street: '="7 Elm St"' }), patient({ last_name: '="Li"' })],
  'required-value-missing': [blankRequired],
  'date-partial': [otherDateFault('date-partial', () => '1998')],
  'date-serial': [otherDateFault('date-serial', (_, dates) => (dates.includes('spreadsheet-serial') ? null : '43831'))],
  'date-from-serial': [fromSerial],
  'value-required-if': [byRule],
  'value-not-to-send': [byRule],
  'value-not-fixed': [byRule],
  'value-form-wrong': [byRule],
  'value-not-in-set': [byRule],
  'value-not-date': [byRule],
  'value-date-month-first': [byRule],
  'value-needs-another': [byRule],
  'value-after-another': [byRule],
  'value-in-future': [byRule],
  'values-disagree': [byRule],
  'value-repeated': [byRule],
  // ---- the file as a whole ---------------------------------------------------------------------------------------
  'control-total-wrong': [lostRecord],
  'expected-total-wrong': [needsMore],
  'trailer-missing': [withoutTrailer],
  'title-rows-skipped': [withTitle],
  'comments-skipped': [withComment],
  'dates-day-first': [wrongOrder('dates-day-first', true, true)],
  'dates-month-first': [wrongOrder('dates-month-first', false, true)],
  'dates-order-mixed': [wrongOrder('dates-order-mixed', true, false), wrongOrder('dates-order-mixed', false, false)],
  'row-longer-than-layout': [longRow],
  'row-shorter-than-layout': [shortRow],
  'widths-in-doubt': [notToTell],
  'column-unknown': [unknownColumn],
  'column-missing': [missingColumn],
  'records-not-loaded': [byRule],
  'births-on-new-year': [needsManyRecords],
  'birth-date-default': [needsManyRecords],
  'births-pile-up': [needsManyRecords],
  'sex-always-same': [needsManyRecords],
  'patients-without-doses': [needsManyRecords],
  'patients-under-several-ids': [needsManyRecords],
  'doses-of-campaign': [needsManyRecords],
  'doses-on-one-day': [needsManyRecords],
  'doses-on-first-of-month': [needsManyRecords],
  'doses-pile-up': [needsManyRecords],
  'months-without-doses': [needsManyRecords],
  'doses-one-source': [needsManyRecords],
  'lot-over-years': [needsManyRecords],
  'ages-wrong-for-vaccine': [needsManyRecords],
  'doses-on-birth-day': [needsManyRecords],
  'doses-per-patient-high': [needsManyRecords],
  'patients-with-one-dose': [needsManyRecords],
  'column-always-same': [needsManyRecords],
  'doses-without-vis': [needsManyRecords],
  'detail-always-same': [needsManyRecords],
  'columns-shifted': [needsManyRecords],
  'encoding-windows-1252': [inWindows1252],
  'encoding-mixed': [inTwoEncodings],
  'nul-bytes': [withZeroBytes],
  // ---- who the patient is ----------------------------------------------------------------------------------------
  'site-missing': [patient({ site_id: '' })],
  'patient-id-missing': [patient({ source_patient_id: '' })],
  'patient-id-scientific': [patient({ source_patient_id: '1.23E+11' })],
  'patient-id-conflict': [idOfAnother],
  'patient-id-repeated': [
    sentAgain('patient-id-repeated', { street: '9 Station Rd' }, { phone: '6175550199' }, { middle_name: 'Anne' }),
  ],
  'match-in-doubt': [sentAgain('match-in-doubt', { source_patient_id: '1004', first_name: 'Meii', sex: 'M' })],
  'last-name-missing': [patient({ last_name: '' })],
  'last-name-placeholder': [patient({ last_name: 'UNKNOWN' })],
  'first-name-missing': [patient({ first_name: '' })],
  'first-name-placeholder': [patient({ first_name: 'NO FIRST NAME' })],
  'name-newborn': [patient({ first_name: 'BABY GIRL' })],
  'name-test': [patient({ last_name: 'ZZTEST' })],
  'name-characters': [patient({ middle_name: 'M4' }), patient({ last_name: 'Ch3n' })],
  'middle-initial-in-first-name': [patient({ first_name: 'Mary A', middle_name: '' })],
  'names-exchanged': [needsManyRecords],
  'zip-unlike-city': [needsManyRecords],
  'suffix-split': [patient({ last_name: 'Chen JR', suffix: '' })],
  'suffix-unrecognized': [patient({ suffix: 'MD' })],
  'birth-date-missing': [patient({ birth_date: '' })],
  'birth-date-invalid': [patient({ birth_date: '2011-02-30' })],
  'birth-date-ambiguous': [patient({ birth_date: '1121951' }, PLAIN)],
  'birth-date-two-digit-year': [
    patient({ birth_date: '11/23/19' }, SHORT_SLASHED),
    patient({ birth_date: '112319' }, SHORT_PLAIN),
    patient({ birth_date: '191123' }, SHORT_YEAR_FIRST),
  ],
  'birth-date-digits-missing': [patient({ birth_date: '9232019' }, PLAIN)],
  'birth-date-partial': [patient({ birth_date: '20190000' }), patient({ birth_date: '2019' })],
  'birth-date-day-first': [
    patient({ birth_date: '23/11/2019' }, { dates: ['MM/DD/YYYY', 'M/D/YYYY'] }),
    patient({ birth_date: '23112019' }, PLAIN),
  ],
  'birth-date-serial': [
    (draft) => (allowsSerials(draft.spec, 'patient', 'birth_date') ? null : plantIn(draft, 'patient', { birth_date: SERIAL_BIRTH_DATE }, 'birth-date-serial')),
  ],
  'birth-date-in-future': [patient({ birth_date: '2190-05-15' })],
  'birth-date-too-early': [patient({ birth_date: '1899-03-14' })],
  'birth-date-first-of-month': [patient({ birth_date: '2019-11-01' })],
  'birth-date-fifteenth-of-month': [patient({ birth_date: '2019-11-15' })],
  'birth-date-last-of-month': [patient({ birth_date: '2019-11-30' })],
  'death-date-invalid': [patient({ death_date: '2011-13-01' })],
  'death-date-in-future': [patient({ death_date: '2190-12-01' })],
  'death-date-before-birth': [patient({ death_date: '1890-01-01' })],
  // ---- about the patient -----------------------------------------------------------------------------------------
  'sex-unrecognized': [patient({ sex: '?' })],
  'sex-outside-guide': [patient({ sex: 'X' })],
  'race-unrecognized': [patient({ race: 'martian' }), patient({ race: 'Z' })],
  'race-ambiguous': [patient({ race: 'A' })],
  'race-too-many': [patient({ race: '1002-5~2028-9~2054-5~2076-8~2106-3~2131-1~1004-1' })],
  'ethnicity-unrecognized': [patient({ ethnicity: 'Q' })],
  'language-unrecognized': [patient({ language: 'xx' })],
  'address-incomplete': [patient({ street: '12 Maple St', city: '', zip: '', state: '' })],
  'state-unrecognized': [patient({ state: 'XQ' })],
  'zip-invalid': [patient({ zip: '021' })],
  'zip-placeholder': [patient({ zip: '00000' })],
  'zip-padded': [patient({ zip: '1605', state: 'MA' })],
  'zip-without-state': [patient({ zip: '01605', state: '' })],
  'zip-outside-state': [patient({ state: 'MA', zip: '20118' })],
  'county-unrecognized': [patient({ county: 'Q' })],
  'county-outside-state': [patient({ county: '33011', state: 'MA' })],
  'country-unrecognized': [patient({ country: '?' })],
  'phone-invalid': [patient({ phone: '555-0100' })],
  'phone-placeholder': [patient({ phone: '9999999999' })],
  'email-invalid': [patient({ email: 'nobody at mail' })],
  'ssn-placeholder': [patient({ ssn: '999999999' })],
  'ssn-invalid': [patient({ ssn: '00012345' })],
  'multiple-birth-unrecognized': [patient({ multiple_birth: '?', birth_order: '' })],
  'birth-order-invalid': [patient({ multiple_birth: 'Y', birth_order: '0' })],
  'birth-order-missing': [patient({ multiple_birth: 'Y', birth_order: '' })],
  'guardian-relationship-unrecognized': [patient({ guardian_relationship: '??' })],
  'registry-status-unrecognized': [patient({ registry_status: 'Z' })],
  'reminder-recall-unrecognized': [patient({ reminder_recall: '77' })],
  'sharing-objection-unrecognized': [patient({ sharing_objection: '?' })],
  'sharing-objection-date-invalid': [
    patient({ sharing_objection: 'N', sharing_objection_date: 'last May' }),
    patient({ sharing_objection_date: '2024-13-01' }),
  ],
  'sharing-objection-set': [patient({ sharing_objection: 'Y' })],
  'eligibility-unrecognized': [dose({ eligibility: 'V9' }), patient({ eligibility: 'V9' })],
  'eligibility-invalid': [dose({ eligibility: 'V00' }), patient({ eligibility: 'V00' })],
  'eligibility-deprecated': [dose({ eligibility: 'V06' }), patient({ eligibility: 'V06' })],
  'eligibility-date-invalid': [patient({ eligibility_date: '2020-13-01' })],
  // ---- whose dose it is ------------------------------------------------------------------------------------------
  'dose-patient-id-missing': [dose({ source_patient_id: '' })],
  'patient-line-missing': [withoutPatient],
  'patient-line-disagrees': [dose({ source_patient_id: '999999' })],
  'patient-not-found': [dose({ source_patient_id: '999999' })],
  'patient-rejected': [rejectedWithDoses, idOfAnother],
  // ---- comments on a patient -------------------------------------------------------------------------------------
  'comment-patient-id-missing': [comment({ source_patient_id: '' })],
  'comment-patient-not-found': [comment({ source_patient_id: '999999' })],
  'comment-patient-rejected': [commentOnRejected],
  'comment-code-missing': [comment({ comment_code: '' })],
  'comment-code-unrecognized': [comment({ comment_code: '??' })],
  'comment-date-invalid': [comment({ applies_on: '2014-13-01' })],
  'comment-date-in-future': [comment({ applies_on: '2190-01-05' })],
  // ---- which vaccine ---------------------------------------------------------------------------------------------
  'vaccine-missing': [vaccine({})],
  'vaccine-unresolved': [
    vaccine({ vaccine_name: 'allergy shot' }, { also: ['vaccine-name-unknown'] }),
    vaccine({ cpt: '90471' }, { also: ['cpt-administration'] }),
    vaccine({ cvx: '450' }, { also: ['cvx-newer-than-table'] }),
  ],
  'cvx-invalid': [
    dose({ cvx: 'XQ9', cpt: '90707' }),
    vaccine({ cvx: 'XQ9', vaccine_name: 'M-M-R II' }, { also: ['vaccine-from-name'] }),
    vaccine({ cvx: 'XQ9' }, { also: ['vaccine-unresolved'] }),
  ],
  'cvx-padded': [dose({ cvx: '3' })],
  'cvx-unknown': [
    dose({ cvx: '124', cpt: '90707' }),
    vaccine({ cvx: '124', vaccine_name: 'M-M-R II' }, { also: ['vaccine-from-name'] }),
    vaccine({ cvx: '124' }, { also: ['vaccine-unresolved'] }),
  ],
  'cvx-newer-than-table': [
    dose({ cvx: '450', cpt: '90707' }),
    vaccine({ cvx: '450', vaccine_name: 'M-M-R II' }, { also: ['vaccine-from-name'] }),
    vaccine({ cvx: '450' }, { also: ['vaccine-unresolved'] }),
  ],
  'cpt-in-cvx': [dose({ cvx: '90707', cpt: '' })],
  'name-in-cvx': [dose({ cvx: 'MMR', cpt: '' })],
  'cpt-unknown': [
    dose({ cvx: '03', cpt: '99999' }),
    vaccine({ cpt: '99999', vaccine_name: 'M-M-R II' }, { also: ['vaccine-from-name'] }),
    vaccine({ cpt: '99999' }, { also: ['vaccine-unresolved'] }),
  ],
  'cpt-not-valid-on-date': [vaccine({ cvx: '20', cpt: '90701', mvx: 'PMC' })],
  'cpt-ambiguous': [
    vaccine({ cpt: '90662', administered_on: '' }, { record: 2, also: ['dose-date-missing', 'vaccine-unresolved'] }),
  ],
  'cpt-decided-by-date': [vaccine({ cpt: '90662', administered_on: '2019-10-16' }, DOSE_OF_THE_DEAD)],
  'cpt-modifier': [dose({ cpt: '90707-SL' }), dose({ cvx: '90707-SL', cpt: '' }, { also: ['cpt-in-cvx'] })],
  'cpt-administration': [
    dose({ cvx: '03', cpt: '90471' }),
    vaccine({ cpt: '90471', vaccine_name: 'M-M-R II' }, { also: ['vaccine-from-name'] }),
    vaccine({ cpt: '90471' }, { also: ['vaccine-unresolved'] }),
  ],
  'ndc-unresolved': [vaccine({ ndc: '00006-4681-00' }, { also: ['vaccine-unresolved'] })],
  'ndc-invalid': [needsMore],
  'ndc-padded': [needsMore],
  'ndc-unknown': [needsMore],
  'ndc-ambiguous': [needsMore],
  'vaccine-name-unknown': [
    vaccine({ vaccine_name: 'allergy shot' }, { also: ['vaccine-unresolved'] }),
    vaccine({ vaccine_group: 'SHOTS' }, { also: ['vaccine-unresolved'] }),
  ],
  'vaccine-name-near': [
    vaccine({ vaccine_name: 'Pnuemovax 23' }, { also: ['vaccine-unresolved'] }),
    vaccine({ vaccine_group: 'VARICELA' }, { also: ['vaccine-unresolved'] }),
  ],
  // Two products that never came; nobody could tell which of them was meant.
  'vaccine-name-several': [vaccine({ vaccine_name: 'Sanofi COVID-19' }, { also: ['vaccine-unresolved'] })],
  'vaccine-name-too-early': [
    vaccine({ vaccine_name: 'Shingrix', administered_on: '2012-06-12' }, { ...DOSE_OF_THE_DEAD, also: ['vaccine-unresolved'] }),
  ],
  'vaccine-name-denies': [
    vaccine({ vaccine_name: 'MMR refused' }, { also: ['vaccine-name-unknown', 'vaccine-unresolved'] }),
    vaccine({ vaccine_group: 'HX VARICELLA' }, { also: ['vaccine-name-unknown', 'vaccine-unresolved'] }),
  ],
  'vaccine-from-name': [vaccine({ vaccine_name: 'M-M-R II' }), vaccine({ vaccine_group: 'MMR' })],
  // Only a map can say what.
  'vaccine-mapped': [needsMore],
  'vaccine-codes-disagree': [
    dose({ cvx: '03', cpt: '90713' }),
    vaccine({ cvx: '03', vaccine_name: 'IPOL' }),
    vaccine({ cpt: '90707', vaccine_name: 'IPOL' }),
  ],
  'cvx-replaced': [
    dose({ cvx: '04', cpt: '90707' }),
    vaccine({ cvx: '04', vaccine_name: 'M-M-R II' }),
    vaccine({ cvx: '04', vaccine_group: 'MMR' }),
  ],
  'cvx-placeholder': [dose({ cvx: '999', cpt: '90707' }), vaccine({ cvx: '99', vaccine_name: 'M-M-R II' }, { also: ['vaccine-from-name'] })],
  'cvx-reserved': [vaccine({ cvx: '99' })],
  'cvx-no-vaccine': [vaccine({ cvx: '998' })],
  'cvx-unknown-vaccine': [vaccine({ cvx: '999' }, { record: 2 })],
  'cvx-unknown-administered': [vaccine({ cvx: '999', information_source: '00', lot_number: 'UN88127', mvx: 'MSD' })],
  'cvx-never-active': [vaccine({ cvx: '117', mvx: 'OTH' })],
  // No code of the table is pending today.
  'cvx-pending': [needsMore],
  'cvx-pending-outdated': [needsMore],
  'cvx-superseded': [vaccine({ cvx: '31', mvx: 'OTH', information_source: '01', lot_number: '' })],
  'cvx-not-vaccine': [vaccine({ cvx: '96', mvx: 'OTH' })],
  'cvx-adjuvant': [vaccine({ cvx: '801', mvx: 'OTH' })],
  'cvx-unspecified': [vaccine({ cvx: '88', information_source: '00', lot_number: 'UN88123', mvx: 'PMC' })],
  'cvx-inactive': [
    vaccine({ cvx: '51', administered_on: '2016-08-20', information_source: '00', lot_number: 'UN88126', mvx: 'MSD' }),
    vaccine({ cpt: '90748', administered_on: '2016-08-20', information_source: '00', lot_number: 'UN88126', mvx: 'MSD' }),
  ],
  'cvx-retired': [
    vaccine({ cvx: '32', administered_on: '2018-01-16', information_source: '00', lot_number: 'UN88128', mvx: 'PMC', lot_expiration: '' }),
    vaccine({ cpt: '90733', administered_on: '2018-01-16', information_source: '00', lot_number: 'UN88128', mvx: 'PMC', lot_expiration: '' }),
  ],
  'cvx-foreign': [vaccine({ cvx: '510', information_source: '00', lot_number: 'UN88124', mvx: 'OTH' })],
  // ---- when it was given -----------------------------------------------------------------------------------------
  'dose-date-missing': [dose({ administered_on: '' })],
  'dose-date-invalid': [dose({ administered_on: '2015-02-31' })],
  'dose-date-ambiguous': [dose({ administered_on: '1122016' }, PLAIN)],
  'dose-date-two-digit-year': [
    dose({ administered_on: '5/16/16' }, SHORT_SLASHED),
    dose({ administered_on: '051616' }, SHORT_PLAIN),
    dose({ administered_on: '160516' }, SHORT_YEAR_FIRST),
  ],
  'dose-date-digits-missing': [dose({ administered_on: '5162016' }, PLAIN)],
  'dose-date-partial': [dose({ administered_on: '20160500' }), dose({ administered_on: '2016' })],
  'dose-date-day-first': [
    dose({ administered_on: '16/05/2016' }, { dates: ['MM/DD/YYYY', 'M/D/YYYY'] }),
    dose({ administered_on: '16052016' }, PLAIN),
  ],
  'dose-date-serial': [
    (draft) => (allowsSerials(draft.spec, 'immunization', 'administered_on') ? null : plantIn(draft, 'immunization', { administered_on: '42506' }, 'dose-date-serial')),
  ],
  'dose-date-in-future': [dose({ administered_on: '2190-05-16', lot_expiration: '' })],
  'dose-date-before-birth': [dose({ administered_on: '2015-05-13', vis_given_date: '' })],
  'dose-date-after-death': [
    dose({ administered_on: '2021-11-13' }, DOSE_OF_THE_DEAD),
  ],
  'dose-age-unusual': [
    vaccine({ cvx: '115', mvx: 'PMC' }),
    vaccine({ cvx: '115' }),
    vaccine({ cpt: '90715', mvx: 'PMC' }),
    vaccine({ vaccine_name: 'ADACEL', mvx: 'PMC' }, { also: ['vaccine-from-name'] }),
  ],
  'dose-date-first-of-month': [dose({ administered_on: '2016-06-01' })],
  'dose-date-fifteenth-of-month': [dose({ administered_on: '2016-06-15' })],
  'dose-date-last-of-month': [dose({ administered_on: '2016-06-30' })],
  'dose-date-before-licence': [
    vaccine({ cvx: '133', administered_on: '2010-02-23' }, DOSE_OF_THE_DEAD),
    vaccine({ cpt: '90670', administered_on: '2010-02-23' }, DOSE_OF_THE_DEAD),
  ],
  'dose-date-before-code': [vaccine({ cvx: '165', administered_on: '2011-05-16', mvx: 'MSD' }, DOSE_OF_THE_DEAD)],
  'dose-date-after-use': [
    vaccine({ cvx: '51', administered_on: '2016-08-20', information_source: '01', lot_number: '' }),
    vaccine({ cpt: '90748', administered_on: '2016-08-20', information_source: '01', lot_number: '' }),
  ],
  // ---- doses beside each other -----------------------------------------------------------------------------------
  'dose-in-doubt': [
    besideDose(
      'dose-in-doubt',
      TOLD,
      { administered_on: '2015-07-18', cvx: '107', information_source: '01' },
      { administered_on: '2015-07-18', cvx: '107' },
    ),
  ],
  'dose-product-conflict': [
    besideDose('dose-product-conflict', TOLD, { cvx: '106', information_source: '01' }, { cvx: '106' }),
  ],
  'dose-extra-antigen': [
    besideDose('dose-extra-antigen', GIVEN, { cvx: '94', lot_number: 'R098765', information_source: '00' }),
  ],
  // ---- about the dose --------------------------------------------------------------------------------------------
  'information-source-unrecognized': [dose({ information_source: 'ZZ' })],
  'dose-looks-historical': [
    dose({ information_source: '00', ...NO_DETAILS }, { also: ['mvx-missing', 'lot-missing'] }),
  ],
  'dose-looks-administered': [dose({ information_source: '02' })],
  'mvx-unrecognized': [dose({ mvx: 'QQQ' })],
  'mvx-from-name': [dose({ mvx: 'Merck' })],
  'mvx-missing': [dose({ mvx: '', information_source: '00', lot_number: 'UN88125' })],
  'mvx-retired': [dose({ information_source: '00', mvx: 'REB', lot_number: 'UN88128', administered_on: '2019-05-16', lot_expiration: '', vis_given_date: '' })],
  'product-unknown': [dose({ cvx: '03', mvx: 'PFR' }), dose({ cpt: '90707', mvx: 'PFR' })],
  'lot-missing': [dose({ lot_number: '', information_source: '00', mvx: 'MSD' })],
  'lot-placeholder': [dose({ lot_number: 'UNKNOWN', information_source: '01' })],
  'lot-characters': [dose({ lot_number: 'K01.2345' })],
  'lot-tagged': [dose({ lot_number: 'K012345*VFC' })],
  'lot-may-hold-tag': [dose({ lot_number: 'STATE1234' })],
  'lot-several': [dose({ lot_number: 'K012345/K012346' })],
  'lot-short': [dose({ lot_number: 'AB1' })],
  'lot-scientific': [dose({ lot_number: '4.00E+61' })],
  'lot-like-date': [dose({ lot_number: '12-May' })],
  'lot-expiration-invalid': [dose({ lot_expiration: 'soon' })],
  'dose-after-lot-expiry': [dose({ lot_expiration: '1950-01-31' })],
  'amount-unknown': [dose({ dose_amount: '999' })],
  'amount-invalid': [dose({ dose_amount: 'half' })],
  'unit-unrecognized': [dose({ dose_amount: '0.5', dose_unit: 'cup' })],
  'route-unrecognized': [dose({ route: 'ZZ' })],
  'route-wrong-for-vaccine': [dose({ route: 'PO' })],
  'body-site-unrecognized': [dose({ body_site: 'toe' })],
  'body-site-deprecated': [dose({ body_site: 'LV' })],
  'body-site-wrong-for-vaccine': [dose({ body_site: 'MO' })],
  'funding-source-unrecognized': [dose({ funding_source: 'aunt' })],
  'funding-eligibility-disagree': [dose({ information_source: '00', eligibility: 'V01', funding_source: 'VXC1' })],
  'vis-date-invalid': [dose({ vis_edition_date: 'new' }), dose({ vis_given_date: '2016-13-01' })],
  'vis-after-dose': [dose({ vis_given_date: '2026-06-30' })],
  'vis-edition-after-dose': [dose({ vis_edition_date: '2018-02-12', vis_given_date: '' })],
  'vis-given-before-edition': [dose({ vis_edition_date: '2012-04-20', vis_given_date: '2012-04-19' })],
  'vis-edition-unknown': [dose({ vis_edition_date: '2012-04-21' })],
  'completion-unrecognized': [dose({ completion_status: 'XX' })],
  'dose-refused': [dose({ completion_status: 'RE', refusal_reason: '01' })],
  'dose-not-given': [dose({ completion_status: 'NA' })],
  'dose-partial': [dose({ completion_status: 'PA' })],
  'refusal-reason-missing': [dose({ completion_status: 'RE', refusal_reason: '' }, { also: ['dose-refused'] })],
  'refusal-reason-unrecognized': [
    dose({ completion_status: 'RE', refusal_reason: 'because' }, { also: ['dose-refused'] }),
  ],
  'action-not-add': [dose({ action_code: 'D' })],
  'action-unrecognized': [dose({ action_code: 'Q' })],
}; // biome-ignore format: a table

/** Whether dates are read so that the fault is one. What its values ask of the columns is seen when they are written. */
export function allowsDates({ role, values, dates, twoDigitYears }: ValueFault, spec: Spec): boolean {
  if (twoDigitYears === true && spec.dates.twoDigitYears === 'reject') return false;
  if (dates === undefined) return true;
  const column = spec.layouts[role]?.fields.find(({ field }) => field !== null && field in values);
  const allowed = column?.dates ?? spec.dates.formats;
  return dates.some((format) => allowed.includes(format));
}
