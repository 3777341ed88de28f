/** Tables and texts for a terminal. */
import { describe, expect, test } from 'vitest';
import { formatCount, formatTable, showSafely, wrapText } from '../../src/cli/table.js';

describe('a table', () => {
  test('has columns as wide as their widest cell, and no blanks at the ends of lines', () => {
    expect(
      formatTable(
        [
          ['name', 'count', ''],
          ['a', '1,234', 'x'],
          ['longer', '5', ''],
        ],
        ['left', 'right'],
      ),
    ).toBe('  name    count\n  a       1,234  x\n  longer      5');
  });

  test('may have rows of different length, or none', () => {
    expect(formatTable([['a'], ['b', 'c']])).toBe('  a\n  b  c');
    expect(formatTable([])).toBe('');
  });
});

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [12_345_678, '12,345,678'],
])('%i is counted as %s', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

describe('wrapped text', () => {
  test('breaks between words, each line with its indent', () => {
    expect(wrapText('one two three four', '  ', 11)).toBe('  one two\n  three\n  four');
  });

  test('leaves a word whole that is longer than a line', () => {
    expect(wrapText('a incomprehensibilities b', '', 5)).toBe('a\nincomprehensibilities\nb');
  });

  test('fills a line to its end', () => {
    expect(wrapText('ab cd', '', 5)).toBe('ab cd');
  });
});

test.each([
  ['plain.txt', 'plain.txt'],
  ['Nuñez – 患者.txt', 'Nuñez – 患者.txt'],
  ['\u001b[31mred', '�[31mred'],
  ['two\nlines\r\t', 'two�lines��'],
  ['\u009b2J', '�2J'],
  ['txt.\u202eexe', 'txt.�exe'],
  ['a\u0000b\u007f', 'a�b�'],
])('%j is shown as %j', (text, shown) => {
  expect(showSafely(text)).toBe(shown);
});
