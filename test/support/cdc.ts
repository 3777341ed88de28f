/** Files as CDC publishes its code sets, written from rows: in both shapes, and with the quirks that were seen. */
import type { CdcKind } from '../../src/core/cdc/kinds.js';
import { latin1, utf16 } from './encodings.js';
import { CODES } from './fixtures.js';

/** A row of a file: what its cells mean, by the columns of immload's table. */
export type CdcValues = Readonly<Record<string, string>>;

/** How the cells of each kind stand in a line of the text. `null` is a cell that immload does not keep. */
interface Layout {
  readonly cells: (row: CdcValues) => readonly string[];
  /** Root, record, and what each field is called in the XML with named elements and in that with pairs. */
  readonly xml: {
    readonly root: string;
    readonly record: string;
    readonly fields: readonly (readonly [element: string, pair: string, value: (row: CdcValues) => string])[];
  } | null;
}

/** A code as CDC writes it: filled up with blanks to ten characters. */
export function padded(code: string): string {
  return code.padEnd(10);
}

/** A day as CDC writes it: month, day, year, without zeros. */
export function usDate(day: string): string {
  if (day === '') return '';
  const [year, month, date] = day.split('-').map(Number);
  return `${month}/${date}/${year}`;
}

const NOTE = 'Prose, with commas, "quotes" and a line that looks like one: 03 MMR';
const value = (name: string) => (row: CdcValues) => row[name] ?? '';
const code = (name: string) => (row: CdcValues) => padded(row[name] ?? '');
const date = (row: CdcValues): string => usDate(row['last_updated'] ?? '');
const digits = (day: string | undefined): string => (day ?? '').replaceAll('-', '');
const bool = (text: string | undefined): string => (text === 'true' ? 'True' : 'False');

function ndcParts(ndc: string): readonly string[] {
  const [labeler, product, pack] = ndc.split('-');
  return [labeler!.replace(/^0/, ''), product!, pack!];
}

const LAYOUTS: Readonly<Record<CdcKind, Layout>> = {
  cvx: {
    cells: (row) => [
      padded(row['code']!), row['short_name']!, row['full_name']!, NOTE, row['status']!, bool(row['non_vaccine']), date(row),
    ], // biome-ignore format: a line of the file
    xml: {
      root: 'CVXCodes',
      record: 'CVXInfo',
      fields: [
        ['ShortDescription', 'Short Description', value('short_name')],
        ['FullVaccinename', 'Full Vaccine name', value('full_name')],
        ['CVXCode', 'CVX Code', code('code')],
        ['Notes', 'Notes', () => NOTE],
        ['Status', 'Status', value('status')],
        ['LastUpdated', 'Last Updated', date],
      ],
    },
  },
  mvx: {
    cells: (row) => [padded(row['code']!), row['name']!, NOTE, row['status']!, date(row)],
    xml: {
      root: 'MVXCodes',
      record: 'MVXInfo',
      fields: [
        ['MVX_CODE', 'MVX_CODE', value('code')],
        ['ManufacturerName', 'Manufacturer Name', value('name')],
        ['Notes', 'Notes', () => NOTE],
        ['Status', 'Status', value('status')],
        ['LastUpdated', 'Last Updated', date],
      ],
    },
  },
  product: {
    cells: (row) => [
      row['product_name']!, 'short', padded(row['cvx']!), 'maker', padded(row['mvx']!), 'Active', row['status']!, date(row),
    ], // biome-ignore format: a line of the file
    xml: {
      root: 'productnames',
      record: 'prodInfo',
      fields: [
        ['CDCProductName', 'CDC Product Name', value('product_name')],
        ['ShortDescription', 'Short Description', () => 'short'],
        ['CVXCode', 'CVXCode', code('cvx')],
        ['Manufacturer', 'Manufacturer', () => 'maker'],
        ['MVXCode', 'MVX Code', code('mvx')],
        ['MVXStatus', 'MVX Status', () => 'Active'],
        ['ProductnameStatus', 'Product name Status', value('status')],
        ['LastUpdated', 'Last Updated', date],
      ],
    },
  },
  vaccine_group: {
    cells: (row) => ['short', padded(row['cvx']!), 'Active', row['group_name']!, row['group_cvx']!],
    xml: {
      root: 'VGCodes',
      record: 'CVXVGInfo',
      fields: [
        ['ShortDescription', 'ShortDescription', () => 'short'],
        ['CVXCode', 'CVXCode', code('cvx')],
        ['Status', 'Status', () => 'Active'],
        ['VaccineGroupName', 'Vaccine Group Name', value('group_name')],
        ['CVXforVaccineGroup', 'CVX for Vaccine Group', value('group_cvx')],
      ],
    },
  },
  cpt: {
    cells: (row) => [
      padded(row['cpt']!), 'description of the AMA', '', row['cvx_short_name']!, padded(row['cvx']!), '', date(row), '17',
    ], // biome-ignore format: a line of the file
    xml: {
      root: 'CPTCodes',
      record: 'CPTInfo',
      fields: [
        ['CPTCode', 'CPT Code', code('cpt')],
        ['CPTDesc', 'CPT Desc', () => 'description of the AMA'],
        ['Status', 'Status', () => ''],
        ['Comments', 'Comments', () => ''],
        ['VaccineName', 'Vaccine Name', value('cvx_short_name')],
        ['CVXCode', 'CVX Code', code('cvx')],
        ['LastUpdated', 'LastUpdated', date],
      ],
    },
  },
  ndc_use: {
    cells: (row) => [
      '515', ...ndcParts(row['ndc']!), row['product_name']!, 'GENERIC NAME, IN CAPITALS', row['labeler']!,
      digits(row['start_date']), digits(row['end_date']), 'VIAL, SINGLE-DOSE', '00349281547584', padded(row['cvx']!), 'short',
      'False     ', row['ndc']!, `${row['last_updated']} 00:00:00`, '00349281547584',
    ], // biome-ignore format: a line of the file
    xml: null,
  },
  ndc_sale: {
    cells: (row) => [
      '663', ...ndcParts(row['ndc']!), row['product_name']!, 'GENERIC NAME, IN CAPITALS', row['labeler']!,
      digits(row['start_date']), digits(row['end_date']), 'CARTON', 'INTRAMUSCULAR', `${row['last_updated']} 00:00:00`,
      padded(row['cvx']!), 'short', row['ndc']!, '',
    ], // biome-ignore format: a line of the file
    xml: null,
  },
};

/** The lines of a kind of file, without their ends. */
export function cdcLines(kind: CdcKind, rows: readonly CdcValues[]): string[] {
  return rows.map((row) => LAYOUTS[kind].cells(row).join('|'));
}

/** The text of a kind of file. */
export function cdcText(kind: CdcKind, rows: readonly CdcValues[], lineEnd = '\r\n'): string {
  return cdcLines(kind, rows)
    .map((line) => line + lineEnd)
    .join('');
}

/** Text as XML has it; ampersands may be escaped twice, as CDC has done. */
export function escapeXml(text: string, times = 1): string {
  const once = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  // What is not in Latin-1, which CDC says it writes, is a reference.
  const ascii = once.replace(/[^\x00-\x7f]/g, (character) => `&#${character.codePointAt(0)};`);
  return times === 1 ? ascii : escapeXml(once, times - 1);
}

export interface XmlOptions {
  /** Elements that are named for what they hold, or pairs of Name and Value. */
  readonly shape: 'named' | 'pairs';
  readonly escapes?: number;
  readonly indent?: string;
  readonly lineEnd?: string;
}

/** The XML of a kind of file. */
export function cdcXml(kind: CdcKind, rows: readonly CdcValues[], options: XmlOptions): string {
  const { shape, escapes = 1, indent = '  ', lineEnd = '\n' } = options;
  const { root, record, fields } = LAYOUTS[kind].xml!;
  const element = (name: string, text: string): string =>
    text === '' ? `${indent}${indent}<${name}/>` : `${indent}${indent}<${name}>${escapeXml(text, escapes)}</${name}>`;
  const lines = rows.flatMap((row) => [
    `${indent}<${record}>`,
    ...fields.flatMap(([named, pair, read]) =>
      shape === 'named' ? [element(named, read(row))] : [element('Name', pair), element('Value', read(row))],
    ),
    `${indent}</${record}>`,
  ]);
  return ['<?xml version="1.0" encoding="ISO-8859-1"?>', `<${root}>`, ...lines, `</${root}>`, ''].join(lineEnd);
}

/** The rows of a table that comes with immload, as CDC's file would have them. */
export function rowsOfTable(id: string): Record<string, string>[] {
  const { columns, rows } = CODES.table(id);
  const all = rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]!])));
  const ofCdc = all.filter((row) => row['source'] === undefined || row['source'] === 'cdc');
  return id === 'cpt' ? ofCdc.map((row) => ({ ...row, last_updated: '2022-03-10' })) : ofCdc;
}

/** NDCs of both units, as CDC lists them. */
export const NDC_ROWS: Readonly<Record<'ndc_use' | 'ndc_sale', readonly CdcValues[]>> = {
  ndc_use: [
    ['00006-4681-01', 'M-M-R II', '03', ''],
    ['49281-0547-58', 'ActHIB', '48', ''],
    ['54868-0980-00', 'M-M-R II', '03', '2012-06-30'],
    ['58160-0842-05', 'BOOSTRIX', '115', ''],
    ['33332-0118-11', 'AFLURIA', '141', '2019-06-30'],
  ].map(toNdcRow),
  ndc_sale: [
    ['00006-4681-00', 'M-M-R II', '03', ''],
    ['49281-0400-10', 'Adacel', '115', ''],
    ['00069-2465-01', 'Abrysvo', '305', ''],
  ].map(toNdcRow),
};

function toNdcRow([ndc, product_name, cvx, end_date]: readonly string[]): CdcValues {
  return {
    ndc: ndc!,
    product_name: product_name!,
    labeler: 'Merck Sharp & Dohme Corp.',
    cvx: cvx!,
    start_date: '2007-08-31',
    end_date: end_date!,
    last_updated: '2024-08-06',
  };
}

/** The encodings and line ends in which a text is the same. */
export const TEXT_QUIRKS: Readonly<Record<string, (text: string) => Uint8Array>> = {
  'as it is': (text) => Buffer.from(text),
  'UTF-8 with a byte order mark': (text) => Buffer.from(`\ufeff${text}`),
  'UTF-16LE with a byte order mark': (text) => utf16(`\ufeff${text}`),
  'UTF-16BE with a byte order mark': (text) => utf16(`\ufeff${text}`, 'utf-16be'),
  'UTF-16LE without a byte order mark': (text) => utf16(text),
  'line ends of Unix': (text) => Buffer.from(text.replaceAll('\r\n', '\n')),
  'line ends of old Macs': (text) => Buffer.from(text.replaceAll('\r\n', '\r')),
  'no end of the last line': (text) => Buffer.from(text.replace(/\r\n$/, '')),
  'blank lines at its end': (text) => Buffer.from(`${text}\r\n   \r\n`),
};

/** A text in Windows-1252, as far as it can be. */
export function windows1252(text: string): Uint8Array {
  return latin1(text.replaceAll('’', '\u0092').replaceAll('–', '\u0096').replaceAll('®', '\u00ae'));
}
