/** Records of senders who put a backslash before what belongs to a value. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CutterOptions, RecordShape } from '../../../src/core/read/blocks.js';
import { splitEscapedRecord } from '../../../src/core/read/escaped.js';
import { completeSpec, type DelimitedLayout } from '../../../src/core/spec.js';
import { toLine } from '../../../src/core/write.js';
import { cutText } from '../../support/cutting.js';
import { smallest } from '../../support/small-spec.js';

const LAYOUT = { ...(completeSpec(smallest()).layouts.patient as DelimitedLayout), delimiter: '|', escape: '\\' };
const OPTIONS: CutterOptions = { delimiter: 124, quote: 34, escape: 92, fieldCount: 3 };
const UNQUOTED: CutterOptions = { ...OPTIONS, quote: null };

describe('an escape', () => {
  test.each<[string, CutterOptions, string, string[][]]>([
    ['before a quote in quotes', OPTIONS, String.raw`"say \"hi\""|b|c`, [['say "hi"', 'b', 'c']]],
    ['before itself, and the quote closes', OPTIONS, String.raw`"C:\\"|b|c`, [['C:\\', 'b', 'c']]],
    ['before other characters is one itself', OPTIONS, String.raw`"C:\temp"|\N|\t`, [['C:\\temp', '\\N', '\\t']]],
    ['before a delimiter without quotes', UNQUOTED, String.raw`a\|b|"c|d`, [['a|b', '"c', 'd']]],
    ['before a delimiter, where there could be quotes', OPTIONS, String.raw`a\|b|c|d`, [['a|b', 'c', 'd']]],
    ['before a quote at the beginning', OPTIONS, String.raw`\"a|b|c`, [['"a', 'b', 'c']]],
    ['before a line end', UNQUOTED, 'a\\\nb|c|d\ne|f|g', [['a\nb', 'c', 'd'], ['e', 'f', 'g']]],
    ['before CR LF', UNQUOTED, 'a\\\r\nb|c|d\r\ne|f|g', [['a\r\nb', 'c', 'd'], ['e', 'f', 'g']]],
    ['before a line end in quotes', OPTIONS, '"a\\\nb"|c|d\ne|f|g', [['a\nb', 'c', 'd'], ['e', 'f', 'g']]],
    ['at the end of a whole record is no escape of the line end', OPTIONS, 'a|b|C:\\\nd|e|f', [['a', 'b', 'C:\\'], ['d', 'e', 'f']]],
    ['at the end of the file', OPTIONS, 'a|b|c\\', [['a', 'b', 'c\\']]],
    ['doubled quotes are understood, too', OPTIONS, '"say ""hi"""|b|c', [['say "hi"', 'b', 'c']]],
  ])('%s', (_, options, text, cells) => {
    const records = cutText(text, options);
    const quote = options.quote === null ? null : '"';
    expect(records.map((record) => splitEscapedRecord(record.text, '|', quote, '\\'))).toEqual(cells);
    expect(records.every(({ shape }) => shape === RecordShape.plain || shape === RecordShape.quoted)).toBe(true);
  }); // biome-ignore format: a table

  test.each<[string, string, string[], number]>([
    ['a quote that an escape keeps open', 'a|b|"c\\"\nd|e|f', ['a|b|"c\\"', 'd|e|f'], RecordShape.quoteNotClosed],
    ['text behind a closing quote', 'a|b|"c\\"d"e\nd|e|f', ['a|b|"c\\"d"e', 'd|e|f'], RecordShape.quoteMisplaced],
    ['a faulty record behind an escape at the end of a line', 'a|b|c\\\nd|"e"x|f', ['a|b|c\\', 'd|"e"x|f'], RecordShape.quoted],
  ])('%s costs its own line', (_, text, lines, shape) => {
    const records = cutText(text, OPTIONS);
    expect(records.map((record) => record.text)).toEqual(lines);
    expect(records[0]!.shape).toBe(shape);
  }); // biome-ignore format: a table

  test('where there is none, a record is plain', () => {
    expect(cutText('a|b|c\nd|\\e|f', OPTIONS).map(({ shape }) => shape)).toEqual([
      RecordShape.plain,
      RecordShape.plain,
    ]);
  });
});

test('lines are counted over escaped line ends', () => {
  expect(cutText('a\\\r\nb|c|d\r\n\r\ne|f|g', UNQUOTED).map(({ line }) => line)).toEqual([1, 4]);
});

test.each<[string, Partial<CutterOptions>]>([
  ['a known number of fields', {}],
  ['more fields than columns', { mayBeLonger: true }],
  ['no known number of fields', { fieldCount: null }],
])('where every line ends in an escape, each is read a few times at most: %s', (_, options) => {
  // Each is a record by itself. Following all of them to the end of the file would take minutes.
  const line = 'Walsh|Anna|C:\\\\temp\\';
  const records = cutText(`${line}\n`.repeat(60_000), { ...OPTIONS, ...options });
  // Where it is not known what a whole record is, the last lines may be one.
  const first = records.slice(0, 59_000).map(({ text }) => text);
  expect(first).toHaveLength(59_000);
  expect(new Set(first)).toEqual(new Set([line]));
});

test('an escape before the last line end of a file is one before no line end', () => {
  const texts = (text: string): string[] => cutText(text, OPTIONS).map((record) => record.text);
  expect(texts('a|b|C:\\\n')).toEqual(['a|b|C:\\']);
  expect(texts('a|b|C:\\\r\n\x1a')).toEqual(['a|b|C:\\']);
  expect(texts('a\\\nb|c|d\\\r\n')).toEqual(['a\\\nb|c|d\\']);
});

test('a value goes over a hundred escaped line ends at most, and over any number in quotes', () => {
  const value = (lines: number): string => `x\\\n`.repeat(lines);
  expect(cutText(`${value(100)}|b|c\nd|e|f`, OPTIONS).map(({ line }) => line)).toEqual([1, 102]);
  expect(cutText(`a|${value(101)}|c\nd|e|f`, OPTIONS)[0]).toMatchObject({ text: 'a|x\\', line: 1 });
  expect(cutText(`"${value(500)}"|b|c\nd|e|f`, OPTIONS).map(({ line }) => line)).toEqual([1, 502]);
});

test('records come back as they were written', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '|', '"', '\\', '\n', '\r', ' ', 'é', 'N'), maxLength: 8 });
  const rows = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(rows, fc.constantFrom('\n', '\r\n', '\r'), fc.boolean(), (table, lineEnd, hasQuotes) => {
      // A row of values with both delimiters and line ends can look like two records with a stray quote each.
      fc.pre(!table.some((row) => /[\n\r]/.test(row.join('')) && row.join('').includes('|')));
      // Blank lines are no records.
      fc.pre(table.every((row) => row.join('') !== ''));
      // Nobody can tell an escaped CR before a line feed from an escaped CR LF.
      fc.pre(hasQuotes || lineEnd !== '\n' || !table.some(([, , last]) => last.endsWith('\r')));
      // Nor, at the end of the file, whether the last line end belongs to the value or to the record.
      fc.pre(hasQuotes || !/[\n\r]$/.test(table.at(-1)!.at(-1)!));
      const layout = { ...LAYOUT, quote: hasQuotes ? '"' : null };
      const text = table.map((row) => toLine(row, layout)).join(lineEnd);
      const records = cutText(text, hasQuotes ? OPTIONS : UNQUOTED);
      expect(records.map((record) => splitEscapedRecord(record.text, '|', layout.quote, '\\'))).toEqual(table);
    }),
    { numRuns: 3000 },
  );
});
