/** The header of a delimited file. */
import { describe, expect, test } from 'vitest';
import { countMatches, looksLikeHeader, matchHeader } from '../../../src/core/read/header.js';
import type { Layout } from '../../../src/core/spec.js';
import { MIIS } from '../../support/fixtures.js';

const LAYOUT: Layout = {
  format: 'delimited',
  delimiter: '|',
  quote: null,
  header: 'optional',
  fields: [
    { name: 'patient_id', field: 'source_patient_id', use: 'required', aliases: ['MRN', 'chart no.'] },
    { name: 'last_name', field: 'last_name', use: 'required' },
    { name: 'birth_date', field: 'birth_date', use: 'required', aliases: ['DOB'] },
    { name: 'balance', field: null, use: 'optional' },
  ],
};
const match = (...cells: string[]): ReturnType<typeof matchHeader> => matchHeader(cells, LAYOUT);

describe('a column is found by its name', () => {
  test.each<[string, string[], number[]]>([
    ['as the layout writes it', ['patient_id', 'last_name', 'birth_date', 'balance'], [0, 1, 2, 3]],
    ['in any order', ['balance', 'birth_date', 'patient_id', 'last_name'], [2, 3, 1, 0]],
    ['in other capitals, with blanks and hyphens', ['Patient ID', 'LAST-NAME', 'Birth.Date'], [0, 1, 2, -1]],
    ['by another name', ['Chart No', 'Last Name', 'dob'], [0, 1, 2, -1]],
    ['among others', ['x', 'mrn', 'y', 'last_name'], [1, 3, -1, -1]],
    ['not by a part of its name', ['patient', 'name', 'birth_date_2'], [-1, -1, -1, -1]],
  ])('%s', (_, cells, columns) => {
    expect(match(...cells)).toMatchObject({ columns, count: cells.length });
  });
});

test('names that the layout does not have are told as written', () => {
  expect(match('MRN', ' Eye Color', 'DOB', 'eye_color').unknown).toEqual([' Eye Color', 'eye_color']);
});

test('blank names and the columns of a reject file are not unknown', () => {
  expect(match('MRN', '', 'immload_codes', 'Immload Fix', 'IMMLOAD_ORIGIN', ' ').unknown).toEqual([]);
});

test('a column that stands twice is told, under either of its names; the first counts', () => {
  expect(match('MRN', 'DOB', 'birth_date', 'mrn')).toMatchObject({
    columns: [0, -1, 1, -1],
    repeated: ['birth_date', 'mrn'],
  });
});

describe('a record is a header', () => {
  test.each<[string, string[], boolean]>([
    ['if all names are columns', ['patient_id', 'last_name', 'dob'], true],
    ['if half of them are', ['patient_id', 'last_name', 'x', 'y'], true],
    ['not if most are unknown', ['patient_id', 'last_name', 'x', 'y', 'z'], false],
    ['not for one name', ['patient_id'], false],
    ['not if it is data', ['P-1001', 'Walsh', '20150514', '0'], false],
    ['not if it is blank', ['', '', ''], false],
    ['though blank names are among them', ['patient_id', 'last_name', '', '', '', ''], true],
  ])('%s', (_, cells, expected) => {
    expect(looksLikeHeader(match(...cells))).toBe(expected);
  });
});

test('the names of a layout are its header', () => {
  for (const layout of [MIIS.layouts.patient, MIIS.layouts.immunization]) {
    const header = matchHeader(
      layout.fields.map(({ name }) => name),
      layout,
    );
    expect(header.columns).toEqual(layout.fields.map((_, place) => place));
    expect(countMatches(header)).toBe(layout.fields.length);
    expect([header.unknown, header.repeated, looksLikeHeader(header)]).toEqual([[], [], true]);
  }
});
