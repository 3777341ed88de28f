/**
 * What other people's sets of awkward CSV files test, as cases of our own: each with the fields that must be read, and
 * the place where each record begins. All are read in every way a file can arrive: whole, byte by byte, cut in two
 * anywhere, in tiny blocks, and in UTF-16.
 */
import { describe, expect, test } from 'vitest';
import { PATIENT, type PatientField } from '../../../src/core/model.js';
import { compilePlan } from '../../../src/core/plan.js';
import { type Block, RecordCutter, recordOffset } from '../../../src/core/read/blocks.js';
import { separatorsOf } from '../../../src/core/read/delimited.js';
import { createFrame } from '../../../src/core/read/frame.js';
import { Utf16Transcoder } from '../../../src/core/read/utf16.js';
import type { DelimitedLayout, Layout, LayoutField, Spec } from '../../../src/core/spec.js';
import { createValueReader, transformBlock } from '../../../src/core/transform.js';
import { latin1, utf16 } from '../../support/encodings.js';
import { CODES, MIIS, TODAY } from '../../support/fixtures.js';

/** Line and offset of a record, and its fields; or the code that it is rejected or skipped for. */
type Expected = readonly [line: number, offset: number, fields: readonly string[] | string];

interface Case {
  readonly input: string | Uint8Array;
  readonly layout?: Partial<DelimitedLayout>;
  /** Three unless told otherwise. */
  readonly columns?: number;
  /** Of fixed-width columns, in place of a delimiter. */
  readonly widths?: readonly number[];
  readonly expected: readonly Expected[];
}

/** Columns of text that nobody minds. */
const FIELDS = (['street', 'street_2', 'street_3', 'city', 'gender', 'primary_provider_id'] as const).map(
  (field): LayoutField => ({ name: field, field, use: 'optional' }),
);

function layoutOfCase({ layout = {}, columns = 3, widths }: Case): Layout {
  const fields = FIELDS.slice(0, columns);
  if (widths !== undefined)
    return { format: 'fixed', fields: fields.map((each, i) => ({ ...each, width: widths[i]! })) };
  return { format: 'delimited', delimiter: ',', quote: '"', header: 'absent', ...layout, fields };
}

function specOf(patient: Layout): Spec {
  return { ...MIIS, nulls: [], layouts: { ...MIIS.layouts, patient } };
}

/** Reads a text that comes in pieces, as a load does. */
function read(pieces: readonly Uint8Array[], each: Case, blockBytes: number, fromUtf16 = false): Expected[] {
  const patient = layoutOfCase(each);
  const columns = patient.fields.length;
  const spec = specOf(patient);
  const plan = compilePlan({
    spec,
    role: 'patient',
    codes: CODES,
    today: TODAY,
    site: 'F1',
    header: null,
    headerBytes: null,
    fieldCount: columns,
    encoding: fromUtf16 ? 'utf-16le' : null,
  });
  const cutter = new RecordCutter({
    ...(patient.format === 'delimited' ? separatorsOf(patient) : { delimiter: null, quote: null }),
    fieldCount: columns,
    mayBeLonger: patient.longRows === 'cut',
    frame: createFrame(patient),
    blockBytes,
    fromUtf16,
  });
  const blocks = [...pieces.flatMap((piece) => cutter.push(piece)), ...cutter.end()];
  return blocks.flatMap((block) => describeBlock(block, plan, columns));
}

function describeBlock(block: Block, plan: Parameters<typeof transformBlock>[1], columns: number): Expected[] {
  const batch = transformBlock(block, plan);
  const readValue = createValueReader(block, plan);
  // Whatever the record says of a patient: these are about what stands in it.
  const unread = new Set(['quote-not-closed', 'quote-misplaced', 'field-count-wrong', 'record-blank']);
  return Array.from({ length: block.count }, (_, index): Expected => {
    const issue = batch.issues.find(({ record, code }) => record === block.firstRecord + index && unread.has(code));
    const fields = FIELDS.slice(0, columns).map(({ field }) => readValue(index, field!) ?? '');
    // What is loaded must be the same, but for blanks.
    const at = batch.accepted.indexOf(index);
    const row = at >= 0 ? batch.rows.row(at) : batch.rejected.find((reject) => reject.index === index)?.row;
    const loaded = FIELDS.slice(0, columns).map(({ field }) => row?.[PATIENT[field as PatientField]] ?? '');
    const isRead = issue === undefined;
    expect(loaded).toEqual(isRead ? fields.map(withoutBlanks) : fields.map(() => ''));
    return [block.lines[index]!, recordOffset(block, index), issue?.code ?? fields];
  });
}

function withoutBlanks(value: string): string {
  return value.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
}

const JSON_VALUE = '{"type": "Point", "at": [42.3, -71.0]}';

const CASES: Readonly<Record<string, Case>> = {
  // ---- what all sets begin with -----------------------------------------------------------------------------------
  'plain, LF': { input: 'a,b,c\n1,2,3\n', expected: [[1, 0, ['a', 'b', 'c']], [2, 6, ['1', '2', '3']]] },
  'plain, CR LF': { input: 'a,b,c\r\n1,2,3\r\n', expected: [[1, 0, ['a', 'b', 'c']], [2, 7, ['1', '2', '3']]] },
  'plain, lone CR': { input: 'a,b,c\r1,2,3\r', expected: [[1, 0, ['a', 'b', 'c']], [2, 6, ['1', '2', '3']]] },
  'line ends of all three kinds': { input: 'a,b,c\r\n1,2,3\r4,5,6\n7,8,9', expected: [[1, 0, ['a', 'b', 'c']], [2, 7, ['1', '2', '3']], [3, 13, ['4', '5', '6']], [4, 19, ['7', '8', '9']]] },
  'no line end at the end': { input: 'a,b,c\n1,2,3', expected: [[1, 0, ['a', 'b', 'c']], [2, 6, ['1', '2', '3']]] },
  'one record': { input: 'a,b,c', expected: [[1, 0, ['a', 'b', 'c']]] },
  'nothing': { input: '', expected: [] },
  'line ends alone': { input: '\n\r\n\r', expected: [] },
  'blank lines between, above and below': { input: '\n\na,b,c\n\r\n\n1,2,3\n\n', expected: [[3, 2, ['a', 'b', 'c']], [6, 11, ['1', '2', '3']]] },
  'a line of blanks': { input: 'a,b,c\n   \n1,2,3', expected: [[1, 0, ['a', 'b', 'c']], [2, 6, 'record-blank'], [3, 10, ['1', '2', '3']]] },
  'one column': { input: 'a\nb\n"c"\n', columns: 1, expected: [[1, 0, ['a']], [2, 2, ['b']], [3, 4, ['c']]] },
  'one column, with blank values': { input: 'a\n\n""\nb', columns: 1, expected: [[1, 0, ['a']], [3, 3, 'record-blank'], [4, 6, ['b']]] },
  'tabs': { input: 'a\tb b\tc\n1\t\t3', layout: { delimiter: '\t' }, expected: [[1, 0, ['a', 'b b', 'c']], [2, 8, ['1', '', '3']]] },
  'semicolons, with commas in values': { input: 'a,b;c;d\n', layout: { delimiter: ';' }, expected: [[1, 0, ['a,b', 'c', 'd']]] },
  'bars': { input: 'a|b,"|c', layout: { delimiter: '|' }, expected: [[1, 0, ['a', 'b,"', 'c']]] },

  // ---- empty fields ----------------------------------------------------------------------------------------------
  'an empty field in the middle': { input: 'a,,c', expected: [[1, 0, ['a', '', 'c']]] },
  'empty fields at both ends': { input: ',b,\n', expected: [[1, 0, ['', 'b', '']]] },
  'empty fields in quotes': { input: '"","b",""', expected: [[1, 0, ['', 'b', '']]] },
  'all fields empty': { input: 'a,b,c\n,,\n1,2,3', expected: [[1, 0, ['a', 'b', 'c']], [2, 6, 'record-blank'], [3, 9, ['1', '2', '3']]] },
  'all fields empty, in quotes': { input: '"","",""\na,b,c', expected: [[1, 0, 'record-blank'], [2, 9, ['a', 'b', 'c']]] },

  // ---- blanks around values --------------------------------------------------------------------------------------
  'blanks before values': { input: ' a,  b,   c', expected: [[1, 0, ['a', 'b', 'c']]] },
  'blanks behind values': { input: 'a ,b  ,c   \n1,2,3 ', expected: [[1, 0, ['a', 'b', 'c']], [2, 12, ['1', '2', '3']]] },
  'blanks within values': { input: 'a a,b  b, c c ', expected: [[1, 0, ['a a', 'b  b', 'c c']]] },
  'blanks in quotes': { input: '" a ","b",c', expected: [[1, 0, ['a', 'b', 'c']]] },
  'a quote behind a blank is a character': { input: 'a, "b",c', expected: [[1, 0, ['a', '"b"', 'c']]] },
  'a blank behind a closing quote': { input: 'a,"b" ,c\n1,2,3', expected: [[1, 0, 'quote-misplaced'], [2, 9, ['1', '2', '3']]] },

  // ---- quotes ----------------------------------------------------------------------------------------------------
  'a comma in quotes': { input: 'Quincy,"12 Elm St, Apt 4",MA\n', expected: [[1, 0, ['Quincy', '12 Elm St, Apt 4', 'MA']]] },
  'commas in quotes at both ends of a value': { input: '",a,",b,","', expected: [[1, 0, [',a,', 'b', ',']]] },
  'all values in quotes': { input: '"a","b","c"\r\n"1","2","3"\r\n', expected: [[1, 0, ['a', 'b', 'c']], [2, 13, ['1', '2', '3']]] },
  'doubled quotes': { input: '1,"the ""big"" clinic",2\n3,"""",4', expected: [[1, 0, ['1', 'the "big" clinic', '2']], [2, 25, ['3', '"', '4']]] },
  'doubled quotes at both ends': { input: '"""a""",b,"c"""', expected: [[1, 0, ['"a"', 'b', 'c"']]] },
  'only quotes': { input: '"""""",b,""""""""', expected: [[1, 0, ['""', 'b', '"""']]] },
  'a doubled quote before a comma': { input: '"a"",b",c,d', expected: [[1, 0, ['a",b', 'c', 'd']]] },
  'doubled quotes and newlines': { input: '1,"ha\n""ha""\nha",2\n3,4,5', expected: [[1, 0, ['1', 'ha\n"ha"\nha', '2']], [4, 19, ['3', '4', '5']]] },
  'JSON in a field': { input: `1,"${JSON_VALUE.replaceAll('"', '""')}",2`, expected: [[1, 0, ['1', JSON_VALUE, '2']]] },
  'JSON in a field that is not quoted': { input: `1,${JSON_VALUE},2\na,b,c`, expected: [[1, 0, 'field-count-wrong'], [2, 43, ['a', 'b', 'c']]] },
  'single quotes mean nothing': { input: "'a,b',c,d\na,b,'c'", expected: [[1, 0, 'field-count-wrong'], [2, 10, ['a', 'b', "'c'"]]] },
  'single quotes that are quotes': { input: "'a,b','it''s',\"d\"", layout: { quote: "'" }, expected: [[1, 0, ['a,b', "it's", '"d"']]] },
  'no quotes at all': { input: '"a,b,c"\n1,"2",3', layout: { quote: null }, expected: [[1, 0, ['"a', 'b', 'c"']], [2, 8, ['1', '"2"', '3']]] },

  // ---- line ends in quotes ---------------------------------------------------------------------------------------
  'LF in quotes': { input: '1,"12 Elm St\nApt 4",2\n3,4,5', expected: [[1, 0, ['1', '12 Elm St\nApt 4', '2']], [3, 22, ['3', '4', '5']]] },
  'CR LF in quotes': { input: '1,"a\r\nb",2\r\n3,4,5', expected: [[1, 0, ['1', 'a\r\nb', '2']], [3, 12, ['3', '4', '5']]] },
  'a lone CR in quotes': { input: '1,"a\rb",2\n3,4,5', expected: [[1, 0, ['1', 'a\rb', '2']], [3, 10, ['3', '4', '5']]] },
  'several line ends in quotes, one after the other': { input: '1,"a\n\n\r\nb",2\n3,4,5', expected: [[1, 0, ['1', 'a\n\n\r\nb', '2']], [5, 13, ['3', '4', '5']]] },
  'line ends at both ends of quotes': { input: '1,"\na\n",2\n3,4,5', expected: [[1, 0, ['1', 'a', '2']], [4, 10, ['3', '4', '5']]] },
  'a line end in the first and in the last field': { input: '"a\nb",c,"d\ne"\n1,2,3', expected: [[1, 0, ['a\nb', 'c', 'd\ne']], [4, 14, ['1', '2', '3']]] },
  'a record of several lines at the end of the file': { input: '1,2,3\n4,5,"6\n7"', expected: [[1, 0, ['1', '2', '3']], [2, 6, ['4', '5', '6\n7']]] },
  'commas and line ends in quotes': { input: '"a,b\nc",d,"e\nf,g"', expected: [[1, 0, ['a,b\nc', 'd', 'e\nf,g']]] },

  // ---- what is no CSV ---------------------------------------------------------------------------------------------
  'quotes in a value that is not quoted': { input: 'a,6" needle,c\nsay "b",d"e"f,g', expected: [[1, 0, ['a', '6" needle', 'c']], [2, 14, ['say "b"', 'd"e"f', 'g']]] },
  'a quote that never closes': { input: 'a,"b,c\n1,2,3\n4,5,6', expected: [[1, 0, 'quote-not-closed'], [2, 7, ['1', '2', '3']], [3, 13, ['4', '5', '6']]] },
  'a quote that never closes, in the last record': { input: '1,2,3\na,b,"c', expected: [[1, 0, ['1', '2', '3']], [2, 6, 'quote-not-closed']] },
  'a quote that only closes': { input: 'a,b",c\n1,2,3', expected: [[1, 0, ['a', 'b"', 'c']], [2, 7, ['1', '2', '3']]] },
  'text behind a closing quote': { input: 'a,"b"b,c\n1,2,3', expected: [[1, 0, 'quote-misplaced'], [2, 9, ['1', '2', '3']]] },
  'quotes in quotes that are not doubled': { input: 'a,"the "big" clinic",c\n1,2,3', expected: [[1, 0, 'quote-misplaced'], [2, 23, ['1', '2', '3']]] },
  'a single quote alone': { input: '"\n1,2,3', expected: [[1, 0, 'quote-not-closed'], [2, 2, ['1', '2', '3']]] },
  'two quotes that never close': { input: 'a,"b,c\nd,"e,f\n1,2,3', expected: [[1, 0, 'quote-not-closed'], [2, 7, 'quote-not-closed'], [3, 14, ['1', '2', '3']]] },
  'fewer fields': { input: '1,2,3\na,b\n4,5,6', expected: [[1, 0, ['1', '2', '3']], [2, 6, 'field-count-wrong'], [3, 10, ['4', '5', '6']]] },
  'more fields': { input: '1,2,3\na,b,c,d\n4,5,6', expected: [[1, 0, ['1', '2', '3']], [2, 6, 'field-count-wrong'], [3, 14, ['4', '5', '6']]] },
  'fewer and more fields, where both may be': { input: '1,2,3\na,b\nc,d,e,"f"\n4,5,6', layout: { shortRows: 'pad', longRows: 'cut' }, expected: [[1, 0, ['1', '2', '3']], [2, 6, ['a', 'b', '']], [3, 10, ['c', 'd', 'e']], [4, 20, ['4', '5', '6']]] },
  'a comma at the end of one record': { input: '1,2,3\na,b,c,\n4,5,6', expected: [[1, 0, ['1', '2', '3']], [2, 6, 'field-count-wrong'], [3, 13, ['4', '5', '6']]] },
  'zero bytes': { input: 'a,b\0\0,c\n"1\0",\0,3', expected: [[1, 0, ['a', 'b', 'c']], [2, 8, ['1', '', '3']]] },
  'Ctrl-Z at the end': { input: 'a,b,c\n1,2,3\n\x1a', expected: [[1, 0, ['a', 'b', 'c']], [2, 6, ['1', '2', '3']]] },

  // ---- letters ---------------------------------------------------------------------------------------------------
  'UTF-8': { input: 'a,ʤ,Łódź\n"日本, 東京",😀,é', expected: [[1, 0, ['a', 'ʤ', 'Łódź']], [2, 13, ['日本, 東京', '😀', 'é']]] },
  'UTF-8 with a byte order mark': { input: '\ufeffa,b,é\n1,2,3', expected: [[1, 3, ['a', 'b', 'é']], [2, 10, ['1', '2', '3']]] },
  'a byte order mark before a quote': { input: '\ufeff"a,b",c,d', expected: [[1, 3, ['a,b', 'c', 'd']]] },
  'a byte order mark alone': { input: '\ufeff', expected: [] },
  'byte order marks where files were joined': { input: '\ufeffa,b,c\n\ufeff1,2,3\r\n\ufeff\r\n\ufeff\ufeff4,5,\ufeff6', expected: [[1, 3, ['a', 'b', 'c']], [2, 12, ['1', '2', '3']], [4, 30, ['4', '5', '\ufeff6']]] },
  'byte order marks where files were joined, before quotes': { input: 'a,b,c\n\ufeff"1,1","2\n\ufeff2",3\n\ufeff"4,5",6', expected: [[1, 0, ['a', 'b', 'c']], [2, 9, ['1,1', '2\n\ufeff2', '3']], [4, 29, 'field-count-wrong']] },
  'byte order marks where files were joined, before records of fixed width': { input: 'a  b c\n\ufeff1  2 3\n\ufeffé  5 6', widths: [3, 2, 1], expected: [[1, 0, ['a', 'b', 'c']], [2, 10, ['1', '2', '3']], [3, 20, ['é', '5', '6']]] },
  'a byte order mark before a trailer record in quotes that go on': { input: 'a,"b\n\ufeffT,1\n1,2",3\nT,2', columns: 2, layout: { trailerRecord: { tag: 'T' } }, expected: [[1, 0, 'quote-not-closed'], [3, 12, 'field-count-wrong']] },
  'Windows-1252': { input: latin1('Jos\xe9,"\x93b,\x94",\x80\n1,2,3'), expected: [[1, 0, ['José', '“b,”', '€']], [2, 14, ['1', '2', '3']]] },

  // ---- with an escape ---------------------------------------------------------------------------------------------
  'a backslash before quotes': { input: '1,"the \\"big\\" clinic",2\n3,"a\\\\",4', layout: { escape: '\\' }, expected: [[1, 0, ['1', 'the "big" clinic', '2']], [2, 25, ['3', 'a\\', '4']]] },
  'a backslash before commas and line ends': { input: '1,a\\,b,2\n3,a\\\nb,4\n5,6,7', layout: { escape: '\\', quote: null }, expected: [[1, 0, ['1', 'a,b', '2']], [2, 9, ['3', 'a\nb', '4']], [4, 18, ['5', '6', '7']]] },
  'backslashes that mean nothing': { input: 'C:\\temp,\\N,\\\n1,2,3', expected: [[1, 0, ['C:\\temp', '\\N', '\\']], [2, 13, ['1', '2', '3']]] },

  // ---- with lines that are no records -----------------------------------------------------------------------------
  'comments': { input: '# a,"b\na,b,c\n#,,\n1,2,3', layout: { comments: '#' }, expected: [[2, 7, ['a', 'b', 'c']], [4, 17, ['1', '2', '3']]] },
  'a trailer record behind a quote that never closes': { input: 'a,"b\nT,1\n1,2",3\nT,2', columns: 2, layout: { trailerRecord: { tag: 'T' } }, expected: [[1, 0, 'quote-not-closed'], [3, 9, 'field-count-wrong']] },
  'header and trailer records': { input: 'H,x\na,"b\nT",c\nT,1\n1,2,3\nT,1', layout: { headerRecord: { tag: 'H' }, trailerRecord: { tag: 'T' } }, expected: [[2, 4, ['a', 'b\nT', 'c']], [5, 18, ['1', '2', '3']]] },
}; // biome-ignore format: a table

const bytesOf = (input: string | Uint8Array): Uint8Array =>
  typeof input === 'string' ? new TextEncoder().encode(input) : input;
const BIG = 1 << 20;

describe.each(Object.entries(CASES))('%s', (_, each) => {
  const bytes = bytesOf(each.input);
  const { expected } = each;

  test('is read right in one piece', () => {
    expect(read([bytes], each, BIG)).toEqual(expected);
  });

  test('is read right byte by byte, and in blocks of a record each', () => {
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(read(pieces, each, BIG)).toEqual(expected);
    expect(read(pieces, each, 1)).toEqual(expected);
    expect(read([bytes], each, 1)).toEqual(expected);
  });

  test('is read right wherever it is cut in two', () => {
    for (let at = 1; at < bytes.length; at++) {
      expect(read([bytes.slice(0, at), bytes.slice(at)], each, BIG), `cut at ${at}`).toEqual(expected);
    }
  });

  const text = each.input;
  if (typeof text !== 'string') return;
  test('is read right in UTF-16', () => {
    const offsets = expected.map(([line, offset, fields]): Expected => {
      // The same place, counted in bytes of UTF-16.
      const before = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, offset));
      return [line, before.length * 2, fields];
    });
    for (const encoding of ['utf-16le', 'utf-16be'] as const) {
      const transcoder = new Utf16Transcoder(encoding);
      const pieces = [transcoder.push(utf16(text, encoding)).slice(), transcoder.end().slice()];
      expect(read(pieces, each, BIG, true)).toEqual(offsets);
    }
  });
});
