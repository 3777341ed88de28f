import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CutterOptions, RecordCutter, RecordShape } from '../../../src/core/read/blocks.js';
import { bytesOf, type CutRecord, cut } from '../../support/cutting.js';

const PIPE = 124;
const QUOTE = 34;
const BACKSLASH = 92;
const OPTIONS: CutterOptions = { delimiter: PIPE, quote: QUOTE, fieldCount: null };

const texts = (records: readonly CutRecord[]): string[] => records.map((record) => record.text);
const lines = (records: readonly CutRecord[]): number[] => records.map((record) => record.line);

describe('records end at line ends', () => {
  test.each([
    ['LF', 'a|b\nc|d\n', ['a|b', 'c|d'], [1, 2]],
    ['CR LF', 'a|b\r\nc|d\r\n', ['a|b', 'c|d'], [1, 2]],
    ['lone CR', 'a|b\rc|d\r', ['a|b', 'c|d'], [1, 2]],
    ['mixed', 'a\r\nb\nc\rd', ['a', 'b', 'c', 'd'], [1, 2, 3, 4]],
    ['no newline at the end', 'a|b\nc|d', ['a|b', 'c|d'], [1, 2]],
    ['CR at the end', 'a|b\r', ['a|b'], [1]],
    ['blank lines', '\n\na\n\r\n\nb\n\n', ['a', 'b'], [3, 6]],
    ['a line of blanks', 'a\n   \nb\n', ['a', '   ', 'b'], [1, 2, 3]],
    ['nothing', '', [], []],
    ['one character', 'a', ['a'], [1]],
    ['two characters', 'a\n', ['a'], [1]],
    ['line ends only', '\n\r\n\r', [], []],
  ])('%s', (_, input, expectedTexts, expectedLines) => {
    const records = cut(bytesOf(input), OPTIONS);
    expect(texts(records)).toEqual(expectedTexts);
    expect(lines(records)).toEqual(expectedLines);
  });
});

describe('marks around the text are left out', () => {
  test.each([
    ['Ctrl-Z on a line of its own', 'a\nb\n\x1a', ['a', 'b']],
    ['Ctrl-Z behind the last record', 'a\nb\x1a', ['a', 'b']],
    ['Ctrl-Z and a line end', 'a\nb\n\x1a\r\n', ['a', 'b']],
    ['several Ctrl-Z', 'a\n\x1a\x1a\x1a', ['a']],
    ['Ctrl-Z in the middle of the file is data', 'a\x1ab\nc', ['a\x1ab', 'c']],
  ])('%s', (_, input, expected) => {
    expect(texts(cut(bytesOf(input), OPTIONS))).toEqual(expected);
  });

  test('a byte order mark, which counts in the offset', () => {
    const records = cut(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0x0a, 0x62), OPTIONS);
    expect(records).toMatchObject([
      { text: 'a', offset: 3, line: 1 },
      { text: 'b', offset: 5, line: 2 },
    ]);
  });
});

describe('quotes', () => {
  const three = { ...OPTIONS, fieldCount: 3 };
  test.each([
    ['a newline in quotes belongs to the value', 'a|"b\nc"|d\ne|f|g\n', ['a|"b\nc"|d', 'e|f|g'], [1, 3]],
    ['CR LF in quotes is one line', 'a|"b\r\n\r\nc"|d\r\ne|f|g', ['a|"b\r\n\r\nc"|d', 'e|f|g'], [1, 4]],
    ['lone CR in quotes', 'a|"b\rc"|d\re|f|g', ['a|"b\rc"|d', 'e|f|g'], [1, 3]],
    ['a delimiter in quotes', 'a|"b|b"|c\nd|e|f', ['a|"b|b"|c', 'd|e|f'], [1, 2]],
    ['doubled quotes', 'a|"say ""hi"""|c\nd|e|f', ['a|"say ""hi"""|c', 'd|e|f'], [1, 2]],
    ['a doubled quote before a newline', 'a|"b""\nc"|d\ne|f|g', ['a|"b""\nc"|d', 'e|f|g'], [1, 3]],
    ['an empty quoted value', 'a|""|c\nd|e|f', ['a|""|c', 'd|e|f'], [1, 2]],
    ['a quote within a value is a character', 'a|6" needle|c\nd|e"|f', ['a|6" needle|c', 'd|e"|f'], [1, 2]],
    ['quoted last field at the end of the file', 'a|b|"c\nd"', ['a|b|"c\nd"'], [1]],
    ['quoted first field', '"a\nb"|c|d\ne|f|g', ['"a\nb"|c|d', 'e|f|g'], [1, 3]],
  ])('%s', (_, input, expectedTexts, expectedLines) => {
    const records = cut(bytesOf(input), three);
    expect(texts(records)).toEqual(expectedTexts);
    expect(lines(records)).toEqual(expectedLines);
    expect(records.every(({ shape }) => shape === RecordShape.plain || shape === RecordShape.quoted)).toBe(true);
  });

  test('a newline in quotes belongs to the value in a record with the fields that it may have on top', () => {
    const records = cut(bytesOf('a|"b\nc"|d|x|y\na|"b\nc"|d\na|"b\nc"|d|x\n'), { ...three, extraFields: 2 });
    expect(texts(records)).toEqual(['a|"b\nc"|d|x|y', 'a|"b\nc"|d', 'a|"b', 'c"|d|x']);
  });

  test('a newline in quotes belongs to the value in a record that may have more fields', () => {
    const text = 'a|"b\nc"|d|x|y|z\na|b|c\n';
    expect(texts(cut(bytesOf(text), { ...three, mayBeLonger: true }))).toEqual(['a|"b\nc"|d|x|y|z', 'a|b|c']);
    expect(texts(cut(bytesOf(text), three))).toEqual(['a|"b', 'c"|d|x|y|z', 'a|b|c']);
    // Two stray quotes do not make one record of two, however long it may be.
    const stray = 'a|"b|c|x\nd|e"|f|y';
    expect(texts(cut(bytesOf(stray), { ...three, mayBeLonger: true }))).toEqual(stray.split('\n'));
  });

  test('a quote that never closes costs its own line', () => {
    const records = cut(bytesOf('a|b|c\nd|"e|f\ng|h|i\nj|k|l\n'), three);
    expect(texts(records)).toEqual(['a|b|c', 'd|"e|f', 'g|h|i', 'j|k|l']);
    expect(records.map(({ shape }) => shape)).toEqual([
      RecordShape.plain,
      RecordShape.quoteNotClosed,
      RecordShape.plain,
      RecordShape.plain,
    ]);
    expect(lines(records)).toEqual([1, 2, 3, 4]);
  });

  test('a record of several lines stays one where fields are missing, unless a line of it is a record by itself', () => {
    const read = (text: string): string[] => texts(cut(bytesOf(text), { ...OPTIONS, fieldCount: 4 }));
    expect(read('a|"b\nc"|d\ne|f|g|h')).toEqual(['a|"b\nc"|d', 'e|f|g|h']);
    expect(read('a|"b|c\nd|e|f|g\nh|i"|j\nk|l|m|n')).toEqual(['a|"b|c', 'd|e|f|g', 'h|i"|j', 'k|l|m|n']);
  });

  test('a quote that never closes on the last line', () => {
    const records = cut(bytesOf('a|b|c\nd|"e|f'), three);
    expect(records.map(({ text, shape }) => [text, shape])).toEqual([
      ['a|b|c', RecordShape.plain],
      ['d|"e|f', RecordShape.quoteNotClosed],
    ]);
  });

  test('two stray quotes do not make one record of two patients', () => {
    // Together the two lines have three fields, but each of them is a whole record by itself.
    const records = cut(bytesOf('a|"b|c\nd|e"|f\ng|h|i'), three);
    expect(texts(records)).toEqual(['a|"b|c', 'd|e"|f', 'g|h|i']);
  });

  test('two unclosed quotes, one after the other', () => {
    const records = cut(bytesOf('a|"b|c\nd|"e|f\ng|h|i'), three);
    expect(texts(records)).toEqual(['a|"b|c', 'd|"e|f', 'g|h|i']);
    expect(records[0]!.shape).toBe(RecordShape.quoteNotClosed);
    expect(records[1]!.shape).toBe(RecordShape.quoteNotClosed);
    expect(records[2]!.shape).toBe(RecordShape.plain);
  });

  test('text behind a closing quote', () => {
    const records = cut(bytesOf('a|"b" c|d\ne|f|g'), three);
    expect(records.map(({ text, shape }) => [text, shape])).toEqual([
      ['a|"b" c|d', RecordShape.quoteMisplaced],
      ['e|f|g', RecordShape.plain],
    ]);
  });

  test('a quote that would close only after a megabyte counts as not closed', () => {
    const filler = `${'x'.repeat(99)}\n`.repeat(11_000);
    const records = cut(bytesOf(`a|"b|c\n${filler}"|c\n`), three);
    expect(records[0]).toMatchObject({ text: 'a|"b|c', shape: RecordShape.quoteNotClosed });
    expect(records[1]!.line).toBe(2);
    expect(records).toHaveLength(11_002);
  });

  test('a long value on one line in quotes is one record, however long', () => {
    const long = 'x'.repeat(3 << 20);
    const records = cut(bytesOf(`a|"${long}"|c\nd|e|f`), three);
    expect(records[0]!.text).toHaveLength(long.length + 6);
    expect(records[1]!.text).toBe('d|e|f');
  });

  test('mean nothing where the layout has none', () => {
    expect(texts(cut(bytesOf('a|"b|c\nd'), { ...OPTIONS, quote: null }))).toEqual(['a|"b|c', 'd']);
    expect(texts(cut(bytesOf('a "b\nd'), { ...OPTIONS, delimiter: null }))).toEqual(['a "b', 'd']);
  });
});

test('a header is skipped, and its lines are counted', () => {
  const records = cut(bytesOf('"x\ny"|z\n\na|b\nc|d'), { ...OPTIONS, fieldCount: 2, skipRecords: 1 });
  expect(records).toMatchObject([
    { text: 'a|b', number: 1, line: 4 },
    { text: 'c|d', number: 2, line: 5 },
  ]);
});

test('blocks hold whole records and are numbered in order', () => {
  const cutter = new RecordCutter({ ...OPTIONS, blockBytes: 8 });
  const blocks = [...cutter.push(bytesOf('aaa\nbbb\nccc\nddd\neee')), ...cutter.end()];
  expect(blocks.map(({ seq, offset, firstRecord, count }) => [seq, offset, firstRecord, count])).toEqual([
    [0, 0, 1, 2],
    [1, 8, 3, 2],
    [2, 16, 5, 1],
  ]);
});

test('a file without line ends is given up before memory is full, and says in which line', () => {
  const cutter = new RecordCutter(OPTIONS);
  const megabyte = new Uint8Array(1 << 20).fill(97);
  cutter.push(bytesOf('a|b\n'));
  const told = Array.from({ length: 70 }, () => {
    expect(cutter.push(megabyte)).toEqual([]);
    return cutter.endlessLine;
  });
  expect(told).toEqual([...Array(64).fill(null), ...Array(6).fill(2)]);
  expect(cutter.push(bytesOf('\na|b\n'))).toEqual([]);
  expect(cutter.end()).toEqual([]);
});

/** Characters that matter to the cutter, and some that do not. */
const TORTURE = fc.string({
  unit: fc.constantFrom('a', 'b', '|', '"', '\\', '\n', '\r', ' ', 'é', '\x1a', '\ufeff'),
  maxLength: 60,
});

describe('properties', () => {
  const options = fc.record({
    delimiter: fc.constant(PIPE),
    quote: fc.constantFrom(QUOTE, null),
    escape: fc.constantFrom(null, null, BACKSLASH),
    fieldCount: fc.constantFrom(null, 1, 2, 3),
    skipRecords: fc.constantFrom(0, 1),
  });

  test('cutting the input at any byte gives the same records', () => {
    fc.assert(
      fc.property(TORTURE, options, fc.array(fc.nat(120)), (text, cutterOptions, places) => {
        const bytes = bytesOf(text);
        const cuts = places.map((place) => Math.min(place, bytes.length));
        expect(cut(bytes, cutterOptions, cuts)).toEqual(cut(bytes, cutterOptions));
      }),
      { numRuns: 3000 },
    );
  });

  test('the size of the blocks makes no difference', () => {
    fc.assert(
      fc.property(TORTURE, options, fc.integer({ min: 1, max: 40 }), (text, cutterOptions, blockBytes) => {
        const bytes = bytesOf(text);
        const whole = cut(bytes, { ...cutterOptions, blockBytes: 1 << 20 });
        expect(cut(bytes, { ...cutterOptions, blockBytes })).toEqual(whole);
      }),
      { numRuns: 2000 },
    );
  });

  test('offset and line are those an editor shows', () => {
    fc.assert(
      fc.property(TORTURE, options, (text, cutterOptions) => {
        const bytes = bytesOf(text);
        for (const record of cut(bytes, cutterOptions)) {
          const own = bytesOf(record.text);
          expect(bytes.slice(record.offset, record.offset + own.length)).toEqual(own);
          const before = new TextDecoder().decode(bytes.slice(0, record.offset));
          expect(record.line).toBe(before.split(/\r\n|\n|\r/).length);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('records written with quotes come back as they were', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '|', '"', '\n', '\r', ' ', 'é'), maxLength: 8 });
    const rows = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n', '\r'), (table, lineEnd) => {
        // A row of values with both delimiters and line ends can look like two records with a stray quote each.
        fc.pre(!table.some((row) => /[\n\r]/.test(row.join('')) && row.join('').includes('|')));
        const written = table.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join('|'));
        const records = cut(bytesOf(written.join(lineEnd)), { ...OPTIONS, fieldCount: 3 });
        expect(texts(records)).toEqual(written);
      }),
      { numRuns: 2000 },
    );
  });

  test('breaking one record changes no other', () => {
    const rows = fc.array(fc.constantFrom('a|b|c', '"x"|y|z', 'p|"q\nr"|s', '1|"2""2"|3'), {
      minLength: 3,
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        rows,
        fc.nat(),
        fc.constantFrom('d|"e|f', '"d|e|f', 'd|e|"f', 'd|"e" x|f', 'd|e', 'd|e|f|g'),
        (good, at, broken) => {
          const place = at % good.length;
          const options = { ...OPTIONS, fieldCount: 3 };
          const before = texts(cut(bytesOf(good.join('\n')), options));
          const after = texts(cut(bytesOf(good.map((row, i) => (i === place ? broken : row)).join('\n')), options));
          expect(after.filter((_, i) => i !== place)).toEqual(before.filter((_, i) => i !== place));
          expect(after[place]).toBe(broken);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
