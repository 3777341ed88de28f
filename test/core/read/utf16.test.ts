/** UTF-16: told from other bytes, turned into UTF-8 and back, with the places of records in the original. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecordCutter, recordOffset } from '../../../src/core/read/blocks.js';
import {
  countUtf16,
  detectUtf16,
  encodeUtf16,
  isUtf16,
  type Utf16,
  Utf16Transcoder,
} from '../../../src/core/read/utf16.js';
import { latin1, utf16 } from '../../support/encodings.js';

const ORDERS = ['utf-16le', 'utf-16be'] as const satisfies Utf16[];

/** The chunks that bytes fall into when they are cut at these places. */
function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i] ?? bytes.length));
}

function transcode(chunks: readonly Uint8Array[], encoding: Utf16): Buffer {
  const transcoder = new Utf16Transcoder(encoding);
  const parts = chunks.map((chunk) => transcoder.push(chunk).slice());
  return Buffer.concat([...parts, transcoder.end()]);
}

/** Text of every kind of character, and also of halves of pairs. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', '|', '"', '\n', '\r', '\u0000', 'é', 'ż', '中', '\ufeff', '\uffff', '😀', '\u{10ffff}'),
    fc.integer({ min: 0xd800, max: 0xdfff }).map((unit) => String.fromCharCode(unit)),
    fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  ),
  maxLength: 40,
});
const wholeText = fc.string({ unit: 'binary', maxLength: 40 });
const cuts = fc.array(fc.nat(200), { maxLength: 6 });

describe('UTF-16 becomes UTF-8', () => {
  test('the same whichever way it is cut', () => {
    fc.assert(
      fc.property(wholeText, cuts, fc.constantFrom(...ORDERS), (text, places, order) => {
        const bytes = utf16(text, order);
        expect(transcode(cutAt(bytes, places), order).toString()).toBe(Buffer.from(text).toString());
      }),
      { numRuns: 2000 },
    );
  });

  test('and back, with nothing lost, not even half a pair', () => {
    fc.assert(
      fc.property(anyText, cuts, fc.constantFrom(...ORDERS), (text, places, order) => {
        const bytes = utf16(text, order);
        const there = transcode(cutAt(bytes, places), order);
        expect(encodeUtf16(there, order)).toEqual(new Uint8Array(bytes));
        expect(countUtf16(there, 0, there.length)).toBe(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  test.each<[string, Utf16, number[], number[]]>([
    ['half a pair', 'utf-16le', [0x3d, 0xd8, 0x41, 0], [0xed, 0xa0, 0xbd, 0x41]],
    ['the second half of a pair', 'utf-16be', [0xde, 0, 0, 0x41], [0xed, 0xb8, 0x80, 0x41]],
    ['two first halves', 'utf-16be', [0xd8, 0x3d, 0xd8, 0x3d, 0xde, 0], [0xed, 0xa0, 0xbd, 0xf0, 0x9f, 0x98, 0x80]],
    ['half a pair at the end', 'utf-16le', [0x41, 0, 0x3d, 0xd8], [0x41, 0xed, 0xa0, 0xbd]],
    ['half a unit at the end', 'utf-16le', [0x41, 0, 0x42], [0x41, 0xef, 0xbf, 0xbd]],
    ['half a unit behind half a pair', 'utf-16be', [0xd8, 0x3d, 0], [0xed, 0xa0, 0xbd, 0xef, 0xbf, 0xbd]],
    ['a line end that was cut in two', 'utf-16le', [0x41, 0, 10], [0x41, 10]],
    ['what only looks like one', 'utf-16be', [0, 0x41, 10], [0x41, 0xef, 0xbf, 0xbd]],
    ['a byte order mark', 'utf-16be', [0xfe, 0xff, 0, 0x41], [0xef, 0xbb, 0xbf, 0x41]],
    ['nothing', 'utf-16le', [], []],
  ])('of %s', (_, order, bytes, expected) => {
    expect([...transcode([Uint8Array.from(bytes)], order)]).toEqual(expected);
    // And byte by byte.
    expect([
      ...transcode(
        bytes.map((byte) => Uint8Array.of(byte)),
        order,
      ),
    ]).toEqual(expected);
  });
});

const LINE = 'F1|100001|Núñez|Anna|20150504|F|12 Maple St|Boston|MA|02118\r\n';

/** Something done to a part of the bytes. */
const damaged = (bytes: Uint8Array, change: (bytes: Uint8Array) => void): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  change(copy);
  return copy;
};

describe('a file is told to be', () => {
  test.each<[string, Uint8Array, Utf16 | null]>([
    ['UTF-16LE by its mark', Uint8Array.of(0xff, 0xfe, 1, 2), 'utf-16le'],
    ['UTF-16BE by its mark', Uint8Array.of(0xfe, 0xff, 1, 2), 'utf-16be'],
    ['UTF-16LE without a mark', utf16(LINE.repeat(3), 'utf-16le'), 'utf-16le'],
    ['UTF-16BE without a mark', utf16(LINE.repeat(3), 'utf-16be'), 'utf-16be'],
    ['UTF-16LE of two characters', utf16('ab', 'utf-16le'), 'utf-16le'],
    ['UTF-16BE of an odd number of bytes', utf16(LINE, 'utf-16be').subarray(0, 71), 'utf-16be'],
    ['UTF-16LE with Chinese names', utf16('F1|100001|歐陽|娜娜|20150504|F||臺北市\n', 'utf-16le'), 'utf-16le'],
    ['UTF-16BE with zeros in it', utf16(LINE.replace('Maple', '\0\0'), 'utf-16be'), 'utf-16be'],
    ['neither, empty', new Uint8Array(0), null],
    ['neither, in UTF-8', Buffer.from(LINE), null],
    ['neither, in Windows-1252', latin1(LINE), null],
    ['neither, with a zero', latin1(LINE.replace('Maple', 'Map\0le')), null],
    ['neither, with zeros for blanks', latin1(LINE.replaceAll('|', '\0\0\0\0\0')), null],
    ['neither, with a sector of zeros', damaged(latin1(LINE.repeat(50)), (b) => b.fill(0, 512, 1024)), null],
    ['neither, with more zeros than text', damaged(latin1(LINE.repeat(50)), (b) => b.fill(0, 512)), null],
    ['neither, with a zero at the end of each line', latin1(LINE.repeat(9).replaceAll('\r', '\0')), null],
    ['neither, of zeros', new Uint8Array(4096), null],
    ['neither, in UTF-32', Buffer.concat([...LINE].map((c) => Uint8Array.of(c.charCodeAt(0), 0, 0, 0))), null],
  ])('%s', (_, bytes, expected) => {
    expect(detectUtf16(bytes)).toBe(expected);
  });

  test('no UTF-16 when eight-bit text has zeros in up to a third of its places', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(LINE.length * 4 - 1), { maxLength: Math.floor((LINE.length * 4) / 3) }),
        fc.boolean(),
        (places, insert) => {
          const text = [...LINE.repeat(4)];
          for (const place of places) text[place] = insert ? `${text[place]}\0` : '\0';
          expect(detectUtf16(latin1(text.join('')))).toBeNull();
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('UTF-16 when most of it is ASCII, whatever else is in it', () => {
    const name = fc.string({
      unit: fc.integer({ min: 0x80, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      maxLength: 15,
    });
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 20 }), fc.constantFrom(...ORDERS), (names, order) => {
        const text = names.map((each) => `F1|100001|${each}|20150504|F|\r\n`).join('');
        expect(detectUtf16(utf16(text, order))).toBe(order);
      }),
    );
  });

  test.each([
    ['utf-16le', true],
    ['utf-16be', true],
    ['utf-8', false],
    [null, false],
  ])('%s: is UTF-16? %s', (encoding, expected) => {
    expect(isUtf16(encoding)).toBe(expected);
  });
});

describe('the place of a record of UTF-16', () => {
  test('is where it begins in the original, whichever way the input is cut', () => {
    const line = fc
      .tuple(anyText, fc.constantFrom('\n', '\r\n', '\r', '\n\n'))
      .map(([text, end]) => text.replace(/[\r\n]/g, '_') + end);
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        cuts,
        fc.constantFrom(...ORDERS),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(1),
        (lines, mark, places, order, blockBytes, skipRecords) => {
          const bytes = utf16((mark ? '\ufeff' : '') + lines.map((each, i) => `#${i}|${each}`).join(''), order);
          const transcoder = new Utf16Transcoder(order);
          const cutter = new RecordCutter({
            delimiter: null,
            quote: null,
            fieldCount: null,
            fromUtf16: true,
            skipRecords,
            blockBytes,
          });
          const blocks = cutAt(bytes, places).flatMap((chunk) => cutter.push(transcoder.push(chunk)));
          blocks.push(...cutter.push(transcoder.end()), ...cutter.end());
          let record = skipRecords;
          for (const block of blocks) {
            for (let index = 0; index < block.count; index++) {
              const begin = utf16(`#${record}|`, order);
              const at = recordOffset(block, index);
              expect(bytes.subarray(at, at + begin.length)).toEqual(begin);
              record++;
            }
          }
          expect(record).toBe(lines.length);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
