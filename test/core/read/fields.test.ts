import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteCache, hashBytes, spread } from '../../../src/core/read/byte-cache.js';
import { decodeText, detectEncoding, type FileEncoding } from '../../../src/core/read/decode.js';
import { splitPlainRecord, splitQuotedRecords } from '../../../src/core/read/delimited.js';
import { createFieldBounds, readRecordText } from '../../../src/core/read/fields.js';
import { columnsOfWidths, splitFixedRecord, splitFixedText } from '../../../src/core/read/fixed.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function splitPlain(text: string): { cells: string[]; ascii: boolean; hasControls: boolean } {
  const bytes = bytesOf(text);
  const bounds = createFieldBounds(2);
  splitPlainRecord(bytes, 0, bytes.length, 124, bounds);
  const cells = Array.from({ length: bounds.count }, (_, i) =>
    new TextDecoder().decode(bytes.subarray(bounds.starts[i], bounds.ends[i])),
  );
  for (let i = 0; i < bounds.count; i++) {
    expect(bounds.hashes[i]).toBe(hashBytes(bytes, bounds.starts[i]!, bounds.ends[i]!));
  }
  return { cells, ascii: bounds.ascii, hasControls: bounds.hasControls };
}

describe('a record without quotes is cut at its delimiters', () => {
  test.each([
    ['a|b|c', ['a', 'b', 'c']],
    ['', ['']],
    ['|', ['', '']],
    ['a||c|', ['a', '', 'c', '']],
    ['  a |\tb\t| c d ', ['a', 'b', 'c d']],
    ['a|b|c|d|e|f|g|h', ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']],
    ['é|ñ ', ['é', 'ñ']],
  ])('%j', (text, cells) => {
    expect(splitPlain(text).cells).toEqual(cells);
  });

  test('and its odd bytes are noticed', () => {
    expect(splitPlain('a|b')).toMatchObject({ ascii: true, hasControls: false });
    expect(splitPlain('a\tb|c')).toMatchObject({ ascii: true, hasControls: true });
    expect(splitPlain('é|b')).toMatchObject({ ascii: false, hasControls: false });
  });
});

describe('records with quotes', () => {
  test.each([
    ['"a"|b', ['a', 'b']],
    ['"a|b"|c', ['a|b', 'c']],
    ['"say ""hi"""|c', ['say "hi"', 'c']],
    ['"two\nlines"|c', ['two\nlines', 'c']],
    ['"two\r\nlines"|c', ['two\r\nlines', 'c']],
    ['""|""', ['', '']],
    ['6" needle|"x"', ['6" needle', 'x']],
  ])('%j', (text, cells) => {
    expect(splitQuotedRecords([text], '|', '"')).toEqual([cells]);
  });

  test('many at once are the same as one by one', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '|', '"', '\n', '\r', ' '), maxLength: 6 });
    const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, (table) => {
        const written = table.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join('|'));
        expect(splitQuotedRecords(written, '|', '"')).toEqual(table);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('fixed-width records', () => {
  const columns = columnsOfWidths([3, 2, 4]);
  const split = (text: string): string[] => {
    const bytes = bytesOf(text);
    const bounds = createFieldBounds(3);
    splitFixedRecord(bytes, 0, bytes.length, columns, bounds);
    return Array.from({ length: bounds.count }, (_, i) =>
      new TextDecoder().decode(bytes.subarray(bounds.starts[i], bounds.ends[i])),
    );
  };

  test.each([
    ['abcdefghi', ['abc', 'de', 'fghi']],
    ['a  b   c ', ['a', 'b', 'c']],
    ['abcd', ['abc', 'd', '']],
    ['', ['', '', '']],
    ['abcdefghijkl', ['abc', 'de', 'fghi']],
  ])('%j is read by its columns, short ones as if padded', (text, cells) => {
    expect(split(text)).toEqual(cells);
  });

  test('can be counted in characters', () => {
    expect(splitFixedText('éèàñçghi', columns)).toEqual(['éèà', 'ñç', 'ghi']);
  });
});

describe('text is UTF-8, or Windows-1252 where it is not', () => {
  test.each<[string, number[], string, string]>([
    ['ascii', [0x61, 0x62], 'ascii', 'ab'],
    ['é in UTF-8', [0x61, 0xc3, 0xa9], 'utf-8', 'aé'],
    ['é in Windows-1252', [0x61, 0xe9], 'windows-1252', 'aé'],
    ['a curly apostrophe in Windows-1252', [0x4f, 0x92, 0x42], 'windows-1252', 'O’B'],
    ['the euro sign in Windows-1252', [0x80], 'windows-1252', '€'],
    ['a byte without meaning', [0x61, 0x81], 'windows-1252', 'a\ufffd'],
    ['a UTF-8 character cut short', [0x61, 0xc3], 'windows-1252', 'aÃ'],
  ])('%s', (_, bytes, encoding, text) => {
    const array = Uint8Array.from(bytes);
    expect(detectEncoding(array)).toBe(encoding);
    expect(decodeText(array, detectEncoding(array))).toBe(text);
  });
});

describe('text of a file whose encoding is known', () => {
  test.each<[string, FileEncoding, number[], string, string]>([
    ['ascii', 'windows-1252', [0x61, 0x62], 'ascii', 'ab'],
    ['é in Windows-1252', 'windows-1252', [0x61, 0xe9], 'windows-1252', 'aé'],
    ['é in UTF-8, in a file of Windows-1252', 'windows-1252', [0x61, 0xc3, 0xa9], 'windows-1252', 'aÃ©'],
    ['é in Windows-1252, in a file of UTF-8', 'utf-8', [0x61, 0xe9, 0x62], 'utf-8', 'a\ufffdb'],
    ['half a pair, in a file of UTF-16', 'utf-16le', [0xc3, 0xa9, 0xed, 0xa0, 0xbd, 0x62], 'utf-8', 'é\ufffdb'],
    ['two halves in the wrong order', 'utf-16be', [0xed, 0xb8, 0x80, 0xed, 0xa0, 0xbd], 'utf-8', '\ufffd\ufffd'],
    ['a whole character that is like one', 'utf-16le', [0xed, 0x9f, 0xbf], 'utf-8', '\ud7ff'],
  ])('%s', (_, file, bytes, encoding, text) => {
    expect(readRecordText(Uint8Array.from(bytes), 0, bytes.length, file)).toEqual({ text, encoding });
  });
});

test('the byte cache finds what was put in, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 5 }), { maxLength: 700 }), (keys) => {
      const cache = new ByteCache<string>();
      const seen = new Set<string>();
      for (const key of keys) {
        const bytes = bytesOf(`<${key}>`);
        const hash = hashBytes(bytes, 1, bytes.length - 1);
        expect(cache.get(bytes, 1, bytes.length - 1, hash)).toBe(seen.has(key) ? key : undefined);
        if (!seen.has(key)) cache.set(bytes, 1, bytes.length - 1, hash, key);
        seen.add(key);
      }
    }),
    { numRuns: 100 },
  );
});

test('the byte cache starts over when it is full, and stays right', () => {
  const cache = new ByteCache<number>();
  for (let i = 0; i < 120_000; i++) {
    const bytes = bytesOf(String(i));
    const hash = hashBytes(bytes, 0, bytes.length);
    expect(cache.get(bytes, 0, bytes.length, hash)).toBeUndefined();
    cache.set(bytes, 0, bytes.length, hash, i);
    expect(cache.get(bytes, 0, bytes.length, hash)).toBe(i);
  }
});

describe('hashes tell values apart, so that none has to pass by thousands of others', () => {
  const combinations = (parts: readonly string[], count: number): string[] =>
    Array.from({ length: parts.length ** count }, (_, number) =>
      Array.from(
        { length: count },
        (__, place) => parts[Math.floor(number / parts.length ** place) % parts.length],
      ).join(''),
    );

  test.each<[string, readonly string[]]>([
    ['two letters in place of two others', combinations(['Aa', 'BB'], 14)],
    ['other two', combinations(['a0', 'bq', 'B1'], 9)],
    ['letters and their capitals', combinations(['w', 'W'], 14)],
    ['numbers', Array.from({ length: 16_384 }, (_, i) => String(i * 61))],
    ['days', Array.from({ length: 16_384 }, (_, i) => new Date(i * 86_400_000).toISOString().slice(0, 10))],
  ])('%s', (_, values) => {
    const hashes = values.map((value) => hashBytes(bytesOf(value), 0, value.length));
    const places = hashes.map((hash) => spread(hash) & 0xffff);
    expect(new Set(hashes).size).toBeGreaterThan(values.length * 0.999);
    // By chance, 14,500 of 65,536 places are taken by 16,384 values.
    expect(new Set(places).size / Math.min(values.length, 16_384)).toBeGreaterThan(0.6);
  });
});
