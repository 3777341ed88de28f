/** Lines that are no records: what is taken out, and what header and trailer records are held to. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Framing } from '../../../src/core/framing.js';
import { separatorsOf } from '../../../src/core/read/delimited.js';
import { createFrame, type Frame, type FrameFinding } from '../../../src/core/read/frame.js';
import { completeSpec, type DelimitedLayout, type FixedLayout, type Layout } from '../../../src/core/spec.js';
import { bytesOf, type CutRecord, cut } from '../../support/cutting.js';
import { smallest } from '../../support/small-spec.js';

const { patient, immunization } = completeSpec(smallest()).layouts;
const DELIMITED = { ...(patient as DelimitedLayout), delimiter: '|' };
const FIXED = immunization as FixedLayout;

interface Framed {
  readonly records: readonly CutRecord[];
  readonly findings: readonly FrameFinding[];
  readonly frame: Frame;
}

/** Cuts a text by a layout, three fields a record. */
function read(
  text: string,
  layout: Layout,
  cuts: readonly number[] = [],
  titleLines = 0,
  blockBytes = 1 << 19,
): Framed {
  const frame = createFrame(layout, { titleLines })!;
  const separators = layout.format === 'delimited' ? separatorsOf(layout) : { delimiter: null, quote: null };
  const records = cut(bytesOf(text), { ...separators, fieldCount: 3, frame, blockBytes }, cuts);
  return { records, findings: frame.takeFindings(), frame };
}

const texts = ({ records }: Framed): string[] => records.map(({ text }) => text);
const problems = ({ findings }: Framed): string[] =>
  findings.map(({ code, value, expected, other }) =>
    [code, value, expected, other].filter((each) => each !== null).join(' '),
  );

describe('lines that are no records', () => {
  test.each<[string, Framing, string, string[], number[]]>([
    ['comments', { comments: '#' }, '# x\na|b|c\n#|"\n #|d|e\n#\n', ['a|b|c', ' #|d|e'], [2, 4]],
    ['comments with a prefix of several characters', { comments: '--' }, '-- x\n-|b|c\n--', ['-|b|c'], [2]],
    ['a comment whose quote opens a value', { comments: '#' }, '#|"b|c\na|"b"|c', ['a|"b"|c'], [2]],
    ['a line of a value in quotes that looks like a comment', { comments: '#' }, 'a|"b\n# c"|d\ne|f|g', ['a|"b\n# c"|d', 'e|f|g'], [1, 3]],
    ['a header record', { headerRecord: { tag: 'H' } }, 'H|x\r\na|b|c\r\n', ['a|b|c'], [2]],
    ['a header record in quotes', { headerRecord: { tag: 'H' } }, '"H"|"x|y"\na|b|c', ['a|b|c'], [2]],
    ['a tag alone', { trailerRecord: { tag: 'T' } }, 'a|b|c\nT', ['a|b|c'], [1]],
    ['a tag with blanks', { trailerRecord: { tag: 'T' } }, 'a|b|c\n T |1', ['a|b|c'], [1]],
    ['not a value in quotes that begins with a tag', { trailerRecord: { tag: 'T', use: 'optional' } }, '"T|"|b|c\n"T"x|b|c\n"T', ['"T|"|b|c', '"T"x|b|c', '"T'], [1, 2, 3]],
    ['a header record of a file that was joined, with its byte order mark', { headerRecord: { tag: 'H' } }, 'H\na|b|c\n\ufeffH\nd|e|f', ['a|b|c', 'd|e|f'], [2, 4]],
    ['not a value that begins with a tag', { trailerRecord: { tag: 'T', use: 'optional' } }, 'Tom|b|c\nT-1|b|c\n|T|c', ['Tom|b|c', 'T-1|b|c', '|T|c'], [1, 2, 3]],
    ['a prefix', { trailerRecord: { prefix: 'END OF' } }, 'END|b|c\nEND OF FILE', ['END|b|c'], [1]],
    ['a quote that never closes before a trailer', { trailerRecord: { tag: 'T' } }, 'a|b|"c\nT|"1"|x\n', ['a|b|"c'], [1]],
    ['a quote that would close behind a trailer', { trailerRecord: { tag: 'T' } }, 'a|"b\nT|1\nc"|d\ne|f|g\nT', ['a|"b', 'c"|d', 'e|f|g'], [1, 3, 4]],
  ])('%s', (_, framing, text, expected, lines) => {
    const found = read(text, { ...DELIMITED, ...framing });
    expect(texts(found)).toEqual(expected);
    expect(found.records.map(({ line }) => line)).toEqual(lines);
    expect(found.records.map(({ number }) => number)).toEqual(lines.map((_line, i) => i + 1));
    expect(found.findings).toEqual([]);
  }); // biome-ignore format: a table

  test('are counted', () => {
    const framing: Framing = { comments: '#', headerRecord: { tag: 'H' }, trailerRecord: { tag: 'T' } };
    const { frame } = read('Title\n\n#\nH\nNames\n# 1\na|b|c\n\nT\n', { ...DELIMITED, ...framing }, [], 5);
    expect(frame.setApart).toEqual({ titles: 2, comments: 2, headers: 1, trailers: 1 });
  });

  test('of fixed width', () => {
    const layout: Layout = {
      ...FIXED,
      comments: '*',
      headerRecord: { prefix: 'HDR' },
      trailerRecord: { prefix: 'TRL' },
    };
    expect(texts(read('HDR0001\r\n*\r\n1001      05/16/201603 \r\nTRL', layout))).toEqual(['1001      05/16/201603 ']);
  });

  test('leave a layout without them alone', () => {
    expect(createFrame(DELIMITED)).toBeNull();
    expect(createFrame(FIXED)).toBeNull();
    expect(createFrame(DELIMITED, { titleLines: 1 })).not.toBeNull();
  });
});

describe('control totals', () => {
  const trailer: Framing = { trailerRecord: { tag: 'T', totals: [{ counts: 'records', field: 2 }] } };
  const both: Framing = { ...trailer, headerRecord: { tag: 'H', totals: [{ counts: 'all', field: 3 }] } };
  const row = 'a|b|c\n';

  test.each<[string, Framing, string, string[]]>([
    ['that fit', trailer, `${row}${row}T|2`, []],
    ['with zeros before them', trailer, `${row}${row}T|000002|x`, []],
    ['with blanks around them', trailer, `${row}${row}T| 2 `, []],
    ['in quotes', trailer, `${row}${row}"T"|"2"`, []],
    ['control-total-wrong: that count more', trailer, `${row}T|2`, ['control-total-wrong 2 line 2: 2 records 1']],
    ['that count less', trailer, `${row}${row}T|1`, ['control-total-wrong 1 line 3: 1 records 2']],
    ['that are no number', trailer, `${row}T|one`, ['control-total-wrong one line 2: no number of records 1']],
    ['that are not there', trailer, `${row}T`, ['control-total-wrong  line 2: no number of records 1']],
    ['blank lines and comments left out', { ...trailer, comments: '#' }, `${row}\n# x\n\n${row}T|2`, []],
    ['rows of delimiters counted, for their sender has written them', trailer, `${row}||\nT|2`, []],
    ['of both ends', both, `H||4\n${row}${row}T|2\n`, []],
    ['of both ends, of which one is wrong', both, `H||9\n${row}T|1\n`, ['control-total-wrong 9 line 1: 9 records with header and trailer 3']],
    ['of files that were joined', both, `H||3\n${row}T|1\nH||4\n${row}${row}T|2`, []],
    ['of files that were joined, of which one is wrong', both, `H||3\n${row}T|1\nH||3\n${row}${row}T|2`, ['control-total-wrong 3 line 4: 3 records with header and trailer 4']],
    ['trailer-missing: of which a file has none', trailer, `${row}${row}`, ['trailer-missing 2']],
    ['that the first of two files lacks', both, `H||3\n${row}H||3\n${row}T|1`, ['trailer-missing 1', 'control-total-wrong 3 line 1: 3 records with header and trailer 2']],
    ['with records behind the trailer', trailer, `${row}T|1\n${row}${row}`, ['trailer-missing 2']],
    ['with nothing behind the trailer but blank lines', trailer, `${row}T|1\n\n\x1a`, []],
    ['that a file may lack', { trailerRecord: { tag: 'T', use: 'optional' } }, row, []],
    ['that a reject file lacks', both, `immload:rejects\n${row}`, []],
  ])('%s', (_, framing, text, expected) => {
    expect(problems(read(text, { ...DELIMITED, ...framing }))).toEqual(expected);
  }); // biome-ignore format: a table

  test('at a place in the line', () => {
    const totals = [{ counts: 'immunizations', start: 4, width: 6 }] as const;
    const layout: Layout = { ...FIXED, trailerRecord: { prefix: 'TRL', totals } };
    expect(problems(read('1\r\n2\r\nTRL000002XYZ\r\n', layout))).toEqual([]);
    expect(problems(read('1\r\nTRL000002\r\n', layout))).toEqual(['control-total-wrong 000002 line 2: 2 doses 1']);
    expect(problems(read('1\r\nTRL\r\n', layout))).toEqual(['control-total-wrong  line 2: no number of doses 1']);
  });

  test('that are as long as a line are no number', () => {
    const found = read(`${row}T|${'9'.repeat(400)}`, { ...DELIMITED, ...trailer });
    expect(found.findings[0]).toMatchObject({ expected: 'line 2: no number of records' });
  });
});

describe('properties', () => {
  const framing = fc.record({
    comments: fc.constantFrom(undefined, '#', 'ab'),
    headerRecord: fc.constantFrom(undefined, { tag: 'H', totals: [{ counts: 'all', field: 2 }] } as const),
    trailerRecord: fc.constantFrom(undefined, { tag: 'T', totals: [{ counts: 'records', field: 2 }] } as const, {
      prefix: 'T|',
    }),
    escape: fc.constantFrom(undefined, '\\'),
  });
  const layouts = framing.map((parts) => {
    const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
    return { ...DELIMITED, ...given } as Layout;
  });
  const torture = fc.string({
    unit: fc.constantFrom('a', 'b', '|', '"', '\\', '\n', '\n', '\r', '#', 'T|1', 'H|2', 'é', '\x1a', '\ufeff', 'immload:'),
    maxLength: 40,
  }); // biome-ignore format: a list

  test('cutting the input at any byte, and into blocks of any size, gives the same records and findings', () => {
    const places = fc.array(fc.nat(160));
    fc.assert(
      fc.property(torture, layouts, places, fc.nat(3), fc.integer({ min: 1, max: 60 }), (text, layout, at, titles, size) => {
        if (createFrame(layout, { titleLines: titles }) === null) return;
        const length = bytesOf(text).length;
        const cuts = at.map((place) => Math.min(place, length));
        const whole = read(text, layout, [], titles);
        const pieces = read(text, layout, cuts, titles, size);
        expect(pieces.records).toEqual(whole.records);
        expect(pieces.findings).toEqual(whole.findings);
        expect(pieces.frame.setApart).toEqual(whole.frame.setApart);
      }),
      { numRuns: 3000 },
    ); // biome-ignore format: a property
  });

  test('offset and line are those an editor shows', () => {
    fc.assert(
      fc.property(torture, layouts, fc.nat(3), (text, layout, titles) => {
        if (createFrame(layout, { titleLines: titles }) === null) return;
        const bytes = bytesOf(text);
        for (const record of read(text, layout, [], titles).records) {
          const own = bytesOf(record.text);
          expect(bytes.slice(record.offset, record.offset + own.length)).toEqual(own);
          const before = new TextDecoder().decode(bytes.slice(0, record.offset));
          expect(record.line).toBe(before.split(/\r\n|\n|\r/).length);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('breaking one record changes no other, and no control total', () => {
    const layout: Layout = {
      ...DELIMITED,
      comments: '#',
      headerRecord: { tag: 'H' },
      trailerRecord: { tag: 'T', totals: [{ counts: 'records', field: 2 }] },
    };
    const good = fc.constantFrom('a|b|c', '"x"|y|z', 'p|"q\nr"|s', '1|"2""2"|3', 'H-1|T|#', '"say\n# not"|d|e');
    const broken = fc.constantFrom('d|"e|f', '"d|e|f', 'd|e|"f', 'd|"e" x|f', 'd|e', 'd|e|f|g', '"T|"|x', '"');
    const between = fc.constantFrom('', '# a comment', '# "a comment', '#|x');
    fc.assert(
      fc.property(fc.array(fc.tuple(good, between), { minLength: 3, maxLength: 8 }), fc.nat(), broken, (rows, at, wrong) => {
        const place = at % rows.length;
        const write = (records: readonly string[]): string =>
          ['H|1', ...records.flatMap((record, i) => [rows[i]![1], record]), `T|${rows.length}`].join('\n');
        const before = read(write(rows.map(([record]) => record)), layout);
        const after = read(write(rows.map(([record], i) => (i === place ? wrong : record))), layout);
        expect(texts(after)[place]).toBe(wrong);
        expect(texts(after).toSpliced(place, 1)).toEqual(texts(before).toSpliced(place, 1));
        expect([before.findings, after.findings]).toEqual([[], []]);
      }),
      { numRuns: 2000 },
    ); // biome-ignore format: a property
  });
});
