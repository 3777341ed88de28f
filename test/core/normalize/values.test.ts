import { describe, expect, test } from 'vitest';
import { normalizeCountry, normalizeEmail, normalizePhone, normalizeZip } from '../../../src/core/normalize/address.js';
import {
  isNewbornName,
  isTestName,
  isUnknownName,
  nameKey,
  normalizeName,
  normalizeSuffix,
  splitSuffix,
} from '../../../src/core/normalize/name.js';
import type { Normalizer } from '../../../src/core/normalize/reading.js';
import { hasControlCharacter, normalizeId, normalizeText } from '../../../src/core/normalize/text.js';
import {
  createCodeNormalizer,
  createCountyNormalizer,
  createLanguageNormalizer,
  createMvxNormalizer,
  createRaceNormalizer,
  createSexNormalizer,
  normalizeAmount,
  normalizeBirthOrder,
  normalizeSsn,
} from '../../../src/core/normalize/value.js';
import { CODES } from '../../support/fixtures.js';

/** Text, what is loaded, what is remarked. */
type Row = readonly [text: string, value: string | null, problem?: string];

function table(name: string, normalize: Normalizer, rows: readonly Row[]): void {
  describe(name, () => {
    test.each(rows.map(([text, value, problem]) => ({ text, value, problem })))('$text', ({ text, value, problem }) => {
      const reading = normalize(text);
      expect([reading.value, reading.problem]).toEqual([value, problem ?? null]);
      if (reading.value !== null) expect(reading.changed).toBe(reading.value !== text);
    });
  });
}

table('names are stored as written, blanks tidied', normalizeName, [
  ['Smith', 'Smith'],
  ['SMITH', 'SMITH'],
  ['smith', 'Smith'],
  ["o'brien", "O'Brien"],
  ['de la cruz-núñez', 'De La Cruz-Núñez'],
  ['de la Cruz', 'de la Cruz'],
  ['Núñez', 'Núñez'],
  ['  Mary   Ann ', 'Mary Ann'],
  ['Mary\tAnn', 'Mary Ann'],
  ['St. John', 'St. John'],
  ['Ann (Nancy)', 'Ann (Nancy)'],
  ['Smith2', 'Smith2', 'characters'],
  ['Smith*', 'Smith*', 'characters'],
  ['Ng', 'Ng'],
]);

table('suffixes', normalizeSuffix, [
  ['JR', 'JR'],
  ['Jr.', 'JR'],
  ['junior', 'JR'],
  ['III', 'III'],
  ['3rd', 'III'],
  ['ii', 'II'],
  ['MD', null, 'unrecognized'],
  ['Esq', null, 'unrecognized'],
]);

describe('a suffix is split off a name', () => {
  test.each([
    ['Smith Jr', { name: 'Smith', suffix: 'JR' }],
    ["O'Brien, JR.", { name: "O'Brien", suffix: 'JR' }],
    ['SMITH III', { name: 'SMITH', suffix: 'III' }],
    ['Van Buren Sr', { name: 'Van Buren', suffix: 'SR' }],
    ['Jr', null],
    ['Smith V', null],
    ['Smith I', null],
    ['Major', null],
    ['Smithii', null],
  ])('%s', (name, expected) => {
    expect(splitSuffix(name)).toEqual(expected);
  });
});

describe('what a name means', () => {
  test.each(['UNKNOWN', 'unk', 'X', 'No First Name', 'NONE', '-', '?', '...', 'n/a'])('%s is no name', (name) => {
    expect(isUnknownName(name)).toBe(true);
  });
  test.each(['Smith', 'Xi', 'Una', 'Unk Smith', 'None-Smith', 'O'])('%s is a name', (name) => {
    expect(isUnknownName(name)).toBe(false);
  });
  test.each([
    'BABY', 'Baby Boy', 'BABY GIRL', 'BABYBOY-1', 'BABY BOY A', 'BB', 'BG', 'BGTWO', 'NEWBORN', 'TWIN GIRL A', 'BOY #1',
    'GIRL(L)', 'MALE', 'BABY GRIL', 'BABY OY', 'BABU GIRL TWIN', 'BABYGIRLWALSH', 'Babyboy Walsh', 'Newborn Girl Walsh',
  ])('%s is a newborn', (name) => {
    expect(isNewbornName(name)).toBe(true);
  }); // biome-ignore format: a list of names
  test.each(['Barbara', 'Girlie', 'Boyd', 'Malea', 'Bb Smith'])('%s is not a newborn', (name) => {
    expect(isNewbornName(name)).toBe(false);
  });
  test.each([
    ['Mouse', 'Mickey'],
    ['DUCK', 'DONALD'],
    ['Test', 'Anna'],
    ['Smith', 'TEST'],
    ['Patient', 'Test'],
    ['ZZTEST', null],
  ])('%s, %s is a test patient', (last, first) => {
    expect(isTestName(last, first)).toBe(true);
  });
  test('Tester and Mousely are people', () => {
    expect(isTestName('Tester', 'Anna')).toBe(false);
    expect(isTestName('Mousely', 'Mickey')).toBe(false);
  });
});

describe('names are compared without case, accents and apostrophes', () => {
  test.each([
    ["O'Brien", 'OBRIEN'],
    ['O’Brien', 'OBRIEN'],
    ['Núñez', 'NUNEZ'],
    ['Garcia-Lopez', 'GARCIA LOPEZ'],
    ['GARCIA  LOPEZ', 'GARCIA LOPEZ'],
    ['St. John', 'ST JOHN'],
    ['smith', 'SMITH'],
  ])('%s: %s', (name, key) => {
    expect(nameKey(name)).toBe(key);
  });
});

table('text', normalizeText, [
  ['12 Maple St', '12 Maple St'],
  ['12  Maple\tSt', '12 Maple St'],
  ['a\r\nb', 'a b'],
  ['\u200b', null],
]);

test('control characters are noticed', () => {
  expect(hasControlCharacter('a\tb')).toBe(true);
  expect(hasControlCharacter('a\u0000b')).toBe(true);
  expect(hasControlCharacter('añ b')).toBe(false);
});

table('ids', normalizeId, [
  ['P-00 17', 'P-00 17'],
  ['0017', '0017'],
  ['1.23E+11', '1.23E+11', 'scientific'],
  ['1E+11', '1E+11', 'scientific'],
  ['4E61', '4E61'],
  ['E12', 'E12'],
]);

table('ZIP codes', normalizeZip, [
  ['02139', '02139'],
  ['02139-1234', '02139-1234'],
  ['021391234', '02139-1234'],
  ['02139-0000', '02139'],
  ['2139', '02139', 'padded'],
  ['21391234', '02139-1234', 'padded'],
  ['00000', null, 'placeholder'],
  ['99999', null, 'placeholder'],
  ['021', null, 'invalid'],
  ['K1A 0B1', null, 'invalid'],
]);

table('phones', normalizePhone, [
  ['6175550123', '6175550123'],
  ['(617) 555-0123', '6175550123'],
  ['1-617-555-0123', '6175550123'],
  ['+1 617.555.0123', '6175550123'],
  ['617-555-0123 x12', '6175550123'],
  ['617-555-0123 ext. 4', '6175550123'],
  ['555-0123', null, 'invalid'],
  ['0175550123', null, 'invalid'],
  ['none', null, 'invalid'],
  ['9999999999', null, 'placeholder'],
  ['000-000-0000', null, 'placeholder'],
  ['1234567890', null, 'placeholder'],
]);

table('e-mail addresses', normalizeEmail, [
  ['anna@Mail.EXAMPLE', 'anna@mail.example'],
  ['a.b+c@mail.example', 'a.b+c@mail.example'],
  ['none', null],
  ['none@none.com', null],
  ['anna at mail', null, 'invalid'],
  ['anna@mail', null, 'invalid'],
]);

table('countries', normalizeCountry, [
  ['USA', 'USA'],
  ['us', 'USA'],
  ['United States', 'USA'],
  ['CAN', 'CAN'],
  ['1', null, 'unrecognized'],
]);

table('sex', createSexNormalizer(CODES), [
  ['F', 'F'],
  ['m', 'M'],
  ['Female', 'F'],
  ['UNK', 'U'],
  ['X', 'X', 'outside-guide'],
  ['O', 'O', 'outside-guide'],
  ['1', null, 'unrecognized'],
]);

table('races', createRaceNormalizer(CODES), [
  ['2106-3', '2106-3'],
  ['W', '2106-3'],
  ['White', '2106-3'],
  ['black', '2054-5'],
  ['2106-3~2054-5', '2106-3~2054-5'],
  ['W;B', '2106-3~2054-5'],
  ['W~W', '2106-3'],
  ['1004-1', '1004-1'],
  ['A', null, 'ambiguous'],
  ['A~W', '2106-3', 'ambiguous'],
  ['U', null],
  ['UNK~2106-3', '2106-3'],
  ['martian~W', '2106-3', 'unrecognized'],
  ['1002-5~2028-9~2054-5~2076-8~2106-3~2131-1~1004-1', '1002-5~2028-9~2054-5~2076-8~2106-3~2131-1', 'too-many'],
]);

test('an ambiguous race says what it can mean', () => {
  expect(createRaceNormalizer(CODES)('A').other).toBe('2028-9 or 2076-8');
});

table('ethnicity', createCodeNormalizer(CODES, 'ethnicity'), [
  ['2135-2', '2135-2'],
  ['H', '2135-2'],
  ['N', '2186-5'],
  ['NH', '2186-5'],
  ['Hispanic or Latino', '2135-2'],
  ['U', null],
  ['Q', null, 'unrecognized'],
]);

table('languages', createLanguageNormalizer(CODES), [
  ['eng', 'eng'],
  ['EN', 'eng'],
  ['en-US', 'eng'],
  ['English', 'eng'],
  ['pt', 'por'],
  ['ger', 'deu'],
  ['kea', 'kea'],
  ['unknown', null],
  ['qq', null, 'unrecognized'],
]);

table('states', createCodeNormalizer(CODES, 'state'), [
  ['MA', 'MA'],
  ['ma', 'MA'],
  ['Massachusetts', 'MA'],
  ['XQ', null, 'unrecognized'],
]);

table('counties', createCountyNormalizer(CODES), [
  ['25017', '25017'],
  ['Middlesex', '25017'],
  ['MIDDLESEX COUNTY', '25017'],
  ['00000', null],
  ['17', null, 'unrecognized'],
]);

table('information sources', createCodeNormalizer(CODES, 'information_source'), [
  ['00', '00'],
  ['0', '00'],
  ['1', '01'],
  ['historical', '01'],
  ['09', null, 'unrecognized'],
]);

table('routes', createCodeNormalizer(CODES, 'route'), [
  ['IM', 'IM'],
  ['im', 'IM'],
  ['C28161', 'IM'],
  ['Intramuscular', 'IM'],
  ['SQ', 'SC'],
  ['C38676', 'C38676'],
  ['ZZ', null, 'unrecognized'],
]);

table('body sites', createCodeNormalizer(CODES, 'body_site'), [
  ['LD', 'LD'],
  ['left deltoid', 'LD'],
  ['left', null, 'unrecognized'],
]);

table('makers', createMvxNormalizer(CODES), [
  ['MSD', 'MSD'],
  ['skb', 'SKB'],
  ['UNK', 'UNK'],
  ['Merck', 'MSD', 'named'],
  ['merck & co., inc.', 'MSD', 'named'],
  ['Sanofi Pasteur', 'PMC', 'named'],
  ['GSK', 'SKB', 'named'],
  ['Pfizer, Inc', 'PFR', 'named'],
  ['Wyeth', 'WAL', 'named'],
  ['Unknown manufacturer', 'UNK', 'named'],
  ['Merk', null, 'unrecognized'],
]);

table('birth order', normalizeBirthOrder, [
  ['1', '1'],
  ['02', '2'],
  ['2.0', '2'],
  ['0', null, 'invalid'],
  ['10', null, 'invalid'],
]);

table('amounts', normalizeAmount, [
  ['0.5', '0.5'],
  ['.5', '0.5'],
  ['0.50', '0.5'],
  ['1', '1'],
  ['0.5 mL', '0.5'],
  ['999', null, 'placeholder'],
  ['0', null, 'placeholder'],
  ['half', null, 'invalid'],
  ['.', null, 'invalid'],
  ['1000', null, 'invalid'],
  ['-1', null, 'invalid'],
]);

table('Social Security numbers', normalizeSsn, [
  ['234567891', '234567891'],
  ['234-56-7891', '234567891'],
  ['999-99-9999', null, 'placeholder'],
  ['000000000', null, 'placeholder'],
  ['123456789', null, 'placeholder'],
  ['000123456', null, 'invalid'],
  ['666123456', null, 'invalid'],
  ['912345678', null, 'invalid'],
  ['234007891', null, 'invalid'],
  ['234560000', null, 'invalid'],
  ['23456789', null, 'invalid'],
]);
