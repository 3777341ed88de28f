/**
 * The files of CDC's code sets that immload reads: which columns each has, in its text by place and in its XML by name.
 *
 * Layouts as they were seen: cvx.txt and the other tables of the IIS code sets (2010-2026), and the unit-of-use and
 * unit-of-sale files of the NDC crosswalk (2014-2024).
 */
import { isIsoDate } from '../normalize/date.js';
import { readNdc } from '../normalize/ndc.js';

/** A kind of file. The two of NDCs feed one table. */
export type CdcKind = 'cvx' | 'mvx' | 'product' | 'vaccine_group' | 'cpt' | 'ndc_use' | 'ndc_sale';

/** The tables that CDC's files update. */
export type CdcTable = 'cvx' | 'mvx' | 'product' | 'vaccine_group' | 'cpt' | 'ndc';

/** What a cell was read as. */
export type CellReading =
  | { readonly value: string; readonly isRestored: boolean }
  /** What it should be. */
  | { readonly expected: string };

type CellReader = (text: string) => CellReading;

/** A column of a file that goes into the table. */
export interface CdcColumn {
  /** As the table calls it. */
  readonly name: string;
  /** As the XML calls it, in lower case and without anything but letters and digits; `null` where XML lacks it. */
  readonly xml: string | null;
  /** Place in the line of the text, from 0. */
  readonly place: number;
  readonly read: CellReader;
  /** A row in which it is blank is a fault, says nothing, or is no matter. */
  readonly blank: 'fault' | 'skip' | 'fine';
}

export interface CdcKindDefinition {
  readonly id: CdcKind;
  readonly table: CdcTable;
  /** What CDC calls the text. */
  readonly file: string;
  /** What it holds, for messages. */
  readonly title: string;
  /** Cells in a line of the text. */
  readonly cells: readonly number[];
  readonly columns: readonly CdcColumn[];
  /** The columns that no two rows share, compared without case. */
  readonly key: readonly string[];
}

const asIs = (value: string): CellReading => ({ value, isRestored: false });

function pattern(form: RegExp, expected: string): CellReader {
  return (text) => (form.test(text) ? asIs(text) : { expected });
}

/** Reads texts of a list, in whatever case they are written. */
function oneOf(...values: readonly string[]): CellReader {
  const byKey = new Map(values.map((value) => [value.toLowerCase(), value]));
  return (text) => {
    const value = byKey.get(text.toLowerCase());
    return value === undefined ? { expected: `one of ${values.join(', ')}` } : asIs(value);
  };
}

/** A CVX code has two or three digits. One digit has lost its zero to a spreadsheet: `01` to `09` are the only ones. */
const readCvx: CellReader = (text) => {
  if (/^[1-9]$/.test(text)) return { value: `0${text}`, isRestored: true };
  return /^(?:0[1-9]|[1-9]\d{1,2})$/.test(text) ? asIs(text) : { expected: 'a CVX code' };
};

const readMvx: CellReader = (text) => {
  const code = text.toUpperCase();
  return /^[A-Z]{2,3}$/.test(code) ? asIs(code) : { expected: 'an MVX code' };
};

/** CPT codes have five digits, or four and a letter; HCPCS codes, which bill vaccines too, a letter and four. */
const readCpt: CellReader = (text) => {
  const code = text.toUpperCase();
  return /^(?:\d{5}|\d{4}[A-Z]|[A-Z]\d{4})$/.test(code) ? asIs(code) : { expected: 'a CPT code' };
};

/** CDC writes NDCs with eleven digits and hyphens; a spreadsheet, of digits alone, leaves out the zeros. */
const readNdc11: CellReader = (text) => {
  const reading = /^[\d-]+$/.test(text) ? readNdc(text) : null;
  // Ten digits are eleven that have lost a zero, since these are always eleven.
  const padded = /^\d{10}$/.test(text) ? readNdc(`0${text}`) : reading;
  if (padded === null || padded.candidates.length !== 1) return { expected: 'an NDC of eleven digits' };
  return { value: padded.candidates[0]!, isRestored: padded.isShort || /^\d{10}$/.test(text) };
};

const US_DATE = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: 0?0?:00(?::00)?| 12:00(?::00)? AM)?$/;
const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ]00:00(?::00(?:\.0+)?)?)?$/;

/** Month, day, year, as Americans write them; or year, month, day. Never as the machine's own settings would have it. */
const readDate: CellReader = (text) => {
  const us = US_DATE.exec(text);
  const iso = ISO_DATE.exec(text);
  const [year, month, day] = us !== null ? [us[3]!, us[1]!, us[2]!] : iso !== null ? iso.slice(1) : ['', '', ''];
  return readDay(`${year}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}`, 'a date as M/D/YYYY');
};

const readDigitsDate: CellReader = (text) => {
  const match = /^(\d{4})(\d\d)(\d\d)$/.exec(text);
  return match === null ? { expected: 'a date as YYYYMMDD' } : readDay(match.slice(1).join('-'), 'a date as YYYYMMDD');
};

function readDay(day: string, expected: string): CellReading {
  return isIsoDate(day) ? asIs(day) : { expected };
}

const readText = pattern(/\S/, 'a text');
const readStatus = oneOf('Active', 'Inactive', 'Non-US', 'Never Active', 'Pending');
const readBoolean: CellReader = (text) => {
  const reading = oneOf('true', 'false')(text);
  return 'value' in reading ? reading : { expected: 'True or False' };
};

type Details = Partial<Pick<CdcColumn, 'xml' | 'blank'>>;

function column(name: string, place: number, read: CellReader, details: Details = {}): CdcColumn {
  return { name, place, read, xml: null, blank: 'fault', ...details };
}

const lastUpdated = (place: number): CdcColumn =>
  column('last_updated', place, readDate, { xml: 'lastupdated', blank: 'fine' });

/** The columns that both files of NDCs have, from the place of the first that differs. */
const ndcColumns = (places: Readonly<Record<'ndc' | 'cvx' | 'updated', number>>): readonly CdcColumn[] => [
  column('ndc', places.ndc, readNdc11, { blank: 'skip' }),
  column('product_name', 4, readText, { blank: 'fine' }),
  column('labeler', 6, readText, { blank: 'fine' }),
  // Diluents and kits have none.
  column('cvx', places.cvx, readCvx, { blank: 'skip' }),
  column('start_date', 7, readDigitsDate, { blank: 'fine' }),
  column('end_date', 8, readDigitsDate, { blank: 'fine' }),
  column('last_updated', places.updated, readDate, { blank: 'fine' }),
];

/** All kinds of files. Columns that are not listed are not kept: prose, and CPT's descriptions, which are the AMA's. */
export const CDC_KINDS: readonly CdcKindDefinition[] = [
  {
    id: 'cvx',
    table: 'cvx',
    file: 'cvx.txt',
    title: 'CVX codes',
    cells: [7],
    key: ['code'],
    columns: [
      column('code', 0, readCvx, { xml: 'cvxcode' }),
      column('short_name', 1, readText, { xml: 'shortdescription' }),
      column('full_name', 2, readText, { xml: 'fullvaccinename' }),
      column('status', 4, readStatus, { xml: 'status' }),
      // The column between status and date that CDC's page does not describe. The XML has none such.
      column('non_vaccine', 5, readBoolean),
      lastUpdated(6),
    ],
  },
  {
    id: 'mvx',
    table: 'mvx',
    file: 'mvx.txt',
    title: 'MVX codes',
    cells: [5],
    key: ['code'],
    columns: [
      column('code', 0, readMvx, { xml: 'mvxcode' }),
      column('name', 1, readText, { xml: 'manufacturername' }),
      column('status', 3, readStatus, { xml: 'status' }),
      lastUpdated(4),
    ],
  },
  {
    id: 'product',
    table: 'product',
    file: 'TRADENAME.txt',
    title: 'trade names',
    cells: [8],
    key: ['product_name', 'cvx', 'mvx'],
    columns: [
      column('product_name', 0, readText, { xml: 'cdcproductname' }),
      column('cvx', 2, readCvx, { xml: 'cvxcode' }),
      // Old products have no maker, or one of ten blanks.
      column('mvx', 4, readMvx, { xml: 'mvxcode', blank: 'fine' }),
      column('status', 6, readStatus, { xml: 'productnamestatus', blank: 'fine' }),
      lastUpdated(7),
    ],
  },
  {
    id: 'vaccine_group',
    table: 'vaccine_group',
    file: 'VG.txt',
    title: 'vaccine groups',
    cells: [5],
    key: ['cvx', 'group_name'],
    columns: [
      column('cvx', 1, readCvx, { xml: 'cvxcode' }),
      column('group_name', 3, readText, { xml: 'vaccinegroupname' }),
      column('group_cvx', 4, readCvx, { xml: 'cvxforvaccinegroup' }),
    ],
  },
  {
    id: 'cpt',
    table: 'cpt',
    file: 'cpt.txt',
    title: 'CPT codes with their CVX',
    // The number of the row, at the end, is missing from some.
    cells: [7, 8],
    key: ['cpt', 'cvx'],
    columns: [
      column('cpt', 0, readCpt, { xml: 'cptcode' }),
      column('cvx', 4, readCvx, { xml: 'cvxcode', blank: 'skip' }),
      column('cvx_short_name', 3, readText, { xml: 'vaccinename', blank: 'fine' }),
      lastUpdated(6),
    ],
  },
  {
    id: 'ndc_use',
    table: 'ndc',
    file: 'NDC_Unit_use.txt',
    title: 'NDCs of the unit of use',
    cells: [17],
    key: ['ndc', 'cvx'],
    columns: ndcColumns({ ndc: 14, cvx: 11, updated: 15 }),
  },
  {
    id: 'ndc_sale',
    table: 'ndc',
    file: 'NDC_Unit_sale.txt',
    title: 'NDCs of the unit of sale',
    cells: [16],
    key: ['ndc', 'cvx'],
    columns: ndcColumns({ ndc: 14, cvx: 12, updated: 11 }),
  },
];

/** The definition of a kind. */
export function kindOf(id: CdcKind): CdcKindDefinition {
  return CDC_KINDS.find((kind) => kind.id === id)!;
}
