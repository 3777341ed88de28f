import { describe, expect, test } from 'vitest';
import { normalizeLot } from '../../../src/core/normalize/lot.js';

const read = (text: string): [string | null, string | null] => {
  const { value, problem } = normalizeLot(text);
  return [value, problem];
};

describe('a lot number', () => {
  test.each([
    ['AB1234', 'AB1234', null],
    ['ab-1234', 'AB-1234', null],
    ['U1234AA', 'U1234AA', null],
    ['AC52B037BA', 'AC52B037BA', null],
    // MassBiologics, Wyeth: numbers and letters behind a hyphen belong to the lot.
    ['TD-141', 'TD-141', null],
    ['484-317', '484-317', null],
    ['K012345-PX', 'K012345-PX', null],
    ['AB 1234', 'AB 1234', 'characters'],
    ['AB_1234', 'AB_1234', 'characters'],
    ['AB1', 'AB1', 'short'],
    ['4E61', '4E61', 'short'],
    ['14E61', '14E61', null],
    ['4.00E+61', '4.00E+61', 'scientific'],
    ['unknown', null, 'placeholder'],
    ['N/A', null, 'placeholder'],
    ['LOT UNKNOWN', null, 'placeholder'],
    ['0', null, 'placeholder'],
    ['.', null, 'placeholder'],
  ])('%j is %j (%s)', (text, value, problem) => {
    expect(read(text)).toEqual([value, problem]);
  });
});

describe('a tag is taken off a lot', () => {
  test.each([
    // Who paid, or for whom.
    ['K012345-VFC', 'K012345'],
    ['K012345 VFC', 'K012345'],
    ['K012345VFC', 'K012345'],
    ['k012345*pub', 'K012345'],
    ['K012345-STATE', 'K012345'],
    ['K012345(STATE)', 'K012345'],
    ['K012345 (S)', 'K012345'],
    ['(P)K012345', 'K012345'],
    ['(P) K012345', 'K012345'],
    ['[VFC] K012345', 'K012345'],
    ['K012345-P', 'K012345'],
    ['K012345-S', 'K012345'],
    ['K012345-C', 'K012345'],
    ['K012345-H', 'K012345'],
    ['K012345-V', 'K012345'],
    ['K012345*', 'K012345'],
    ['K012345#', 'K012345'],
    ['K012345 PRIVATE', 'K012345'],
    ['K012345-ADULT', 'K012345'],
    ['K012345_CHIP', 'K012345'],
    ['K012345/PED', 'K012345'],
    ['VFC-K012345', 'K012345'],
    // What it is, and whose.
    ['LOT K012345', 'K012345'],
    ['Lot# K012345', 'K012345'],
    ['LOT#K012345', 'K012345'],
    ['LOT NO. K012345', 'K012345'],
    ['LOT NUMBER: K012345', 'K012345'],
    ['# K012345', 'K012345'],
    ['MSD-K012345', 'K012345'],
    ['SKB AC52B037BA', 'AC52B037BA'],
    ['K012345-MMR', 'K012345'],
    ['K012345 GARDASIL', 'K012345'],
    ['FLU 12345', '12345'],
    ['MMR K12345', 'K12345'],
    ['PREVNAR# AB1234', 'AB1234'],
    ['K012345 private stock', 'K012345'],
    ['K012345 STATE SUPPLIED', 'K012345'],
    // A state's own mark, before or within the lot.
    ['ICE3K01234', 'K01234'],
    ['K0ICE31234', 'K01234'],
    // When it expires.
    ['K012345 EXP 1/24', 'K012345'],
    ['K012345 exp. 01/31/2024', 'K012345'],
    ['K012345, EXP: 2024-01-31', 'K012345'],
    ['K012345 (exp 01/24)', 'K012345'],
    ['K012345 EXP31JAN2024', 'K012345'],
    // Several of them.
    ['LOT# K012345-VFC EXP 1/24', 'K012345'],
    ['(P) MSD K012345*PUB', 'K012345'],
  ])('%s', (text, lot) => {
    expect(read(text)).toEqual([lot, 'tagged']);
    expect(normalizeLot(text).changed).toBe(true);
    // What is left is a lot, and stays one.
    expect(read(lot)).toEqual([lot, null]);
  });

  test.each([
    ['letters that end a lot, with nothing between', 'K01234P', 'K01234P', null],
    ['letters that begin a lot', 'MED1234A', 'MED1234A', null],
    ['a lot that begins with LOT', 'LOTA1234', 'LOTA1234', null],
    ['what would leave too little', 'A12-P', 'A12-P', null],
    ['what would leave no digit', 'HAVRIX-VFC', 'HAVRIX-VFC', null],
    ['a tag alone', 'VFC', 'VFC', 'short'],
    ['other words', 'K012345 from clinic', 'K012345 FROM CLINIC', 'characters'],
  ])('but not %s', (_, text, value, problem) => {
    expect(read(text)).toEqual([value, problem]);
  });
});

describe('what may be a tag is told, and kept', () => {
  test.each(['STATE1234', 'ADULT123', 'MSD0123X', 'LOT1234', '12345FLU', 'FLU12345', '0123MMR'])('%s', (text) => {
    expect(read(text)).toEqual([text, 'maybe-tagged']);
  });

  test.each([
    'TD-141',
    'FLU-12345',
    'UI123AB',
    'K01234P',
    'EW0162',
    'FL1234',
    'C4213AA',
    'U4567BA',
    'MS12345',
    '9XP4S',
  ])('but not %s', (text) => {
    expect(read(text)).toEqual([text, null]);
  });
});

describe('several lots are told, and kept as they are', () => {
  test.each(['U1234AA/UF567AB', 'K012345, K012346', 'K012345;K012346', 'K012345 & K012346', 'K012345 AND K012346'])(
    '%s',
    (text) => {
      expect(read(text)).toEqual([text, 'several']);
    },
  );

  test.each([
    ['a tag is no lot', 'K012345/VFC', 'tagged'],
    ['nor is an expiry', 'K012345/EXP 1/24', 'tagged'],
  ])('but %s', (_, text, problem) => {
    expect(read(text)[1]).toBe(problem);
  });
});

test('a text of any length is read in no time', () => {
  for (const character of ['-', '*', ' ', '(', 'A', '1', 'A1-', 'EXP ']) {
    expect(read(character.repeat(200_000))[1]).not.toBe('tagged');
  }
});
