/** CDC's files as they are: each quirk reads the same, each kind is known by its contents, what is none is told. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CDC_KINDS, type CdcKind } from '../../../src/core/cdc/kinds.js';
import { type CdcFile, type CdcReading, readCdcFile } from '../../../src/core/cdc/read.js';
import {
  type CdcValues,
  cdcLines,
  cdcText,
  cdcXml,
  NDC_ROWS,
  rowsOfTable,
  TEXT_QUIRKS,
  windows1252,
} from '../../support/cdc.js';
import { utf16 } from '../../support/encodings.js';
import { TODAY } from '../../support/fixtures.js';

const bytesOf = (text: string): Uint8Array => Buffer.from(text);

function read(content: string | Uint8Array): CdcFile {
  const reading = tryToRead(content);
  if (reading.file === null) throw new Error(JSON.stringify(reading.problem));
  return reading.file;
}

function tryToRead(content: string | Uint8Array): CdcReading {
  return readCdcFile(typeof content === 'string' ? bytesOf(content) : content, TODAY);
}

const valuesOf = (file: CdcFile): CdcValues[] => file.rows.map(({ values }) => values);

/** The rows that each kind of file is written from. */
const ROWS: Readonly<Record<CdcKind, readonly CdcValues[]>> = {
  cvx: rowsOfTable('cvx'),
  mvx: rowsOfTable('mvx'),
  product: rowsOfTable('product'),
  vaccine_group: rowsOfTable('vaccine_group'),
  cpt: rowsOfTable('cpt'),
  ...NDC_ROWS,
};
const KINDS = CDC_KINDS.map(({ id }) => id);
const XML_KINDS = KINDS.filter((kind) => !kind.startsWith('ndc'));

/** The columns that a kind of file says. */
function said(kind: CdcKind, rows: readonly CdcValues[]): CdcValues[] {
  const { columns } = CDC_KINDS.find(({ id }) => id === kind)!;
  return rows.map((row) => Object.fromEntries(columns.map(({ name }) => [name, row[name] ?? ''])));
}

describe.each(KINDS)('%s', (kind) => {
  const text = cdcText(kind, ROWS[kind]);

  test('is known by its contents, and says what was written', () => {
    const file = read(text);
    expect([file.kind, file.shape, file.encoding]).toEqual([kind, 'text', 'UTF-8']);
    expect(valuesOf(file)).toEqual(said(kind, ROWS[kind]));
    expect(file.remarks).toEqual({ restored: 0, incomplete: 0, repeated: 0, joined: 0, lacking: [] });
  });

  test.each(Object.entries(TEXT_QUIRKS))('reads the same with %s', (_, write) => {
    expect(valuesOf(read(write(text)))).toEqual(valuesOf(read(text)));
  });

  test('is known by each of its rows alone', () => {
    for (const row of ROWS[kind].slice(0, 60)) expect(read(cdcText(kind, [row])).kind).toBe(kind);
  });

  test('is known in any order of its rows', () => {
    const reversed = read(cdcText(kind, [...ROWS[kind]].reverse()));
    expect(reversed.kind).toBe(kind);
    expect(valuesOf(reversed).reverse()).toEqual(valuesOf(read(text)));
  });

  test('says on which line each row stands', () => {
    expect(read(text).rows.map(({ line }) => line)).toEqual(ROWS[kind].map((_, i) => i + 1));
  });
});

describe.each(XML_KINDS)('%s as XML', (kind) => {
  // CDC’s XML has no word for what is no vaccine.
  const expected = said(kind, ROWS[kind]).map(({ non_vaccine: _, ...values }) => values);

  test.each([
    ['with named elements', { shape: 'named' }],
    ['with pairs of Name and Value', { shape: 'pairs' }],
    ['with ampersands escaped twice', { shape: 'pairs', escapes: 2 }],
    ['on one line', { shape: 'named', indent: '', lineEnd: '' }],
    ['with line ends of Windows', { shape: 'pairs', lineEnd: '\r\n' }],
  ] as const)('says the same %s', (_, options) => {
    const file = read(cdcXml(kind, ROWS[kind], options));
    expect([file.kind, file.shape]).toEqual([kind, 'XML']);
    expect(valuesOf(file)).toEqual(expected);
    expect(file.remarks.lacking).toEqual(kind === 'cvx' ? ['non_vaccine'] : []);
  });

  test.each(Object.entries(TEXT_QUIRKS))('says the same with %s', (_, write) => {
    const xml = cdcXml(kind, ROWS[kind], { shape: 'named', lineEnd: '\r\n' });
    expect(valuesOf(read(write(xml)))).toEqual(expected);
  });
});

const CVX = '03        |MMR|measles, mumps and rubella virus vaccine|note|Active|False|5/28/2010';
const cvxWith = (place: number, cell: string): string =>
  CVX.split('|')
    .map((each, i) => (i === place ? cell : each))
    .join('|');

describe('a cell', () => {
  test.each<[string, string, string, string]>([
    ['that lost its zero in a spreadsheet has it back', cvxWith(0, '3'), 'code', '03'],
    ['is without the blanks that fill it up', cvxWith(1, '  MMR   '), 'short_name', 'MMR'],
    ['is without blanks within that are too many', cvxWith(1, 'M  M\u00a0R'), 'short_name', 'M M R'],
    ['has an ampersand for what stands for one', cvxWith(1, 'J&amp;J'), 'short_name', 'J&J'],
    ['has an ampersand for what stands for one twice', cvxWith(1, 'J &amp; J'), 'short_name', 'J & J'],
    ['keeps an ampersand that stands for itself', cvxWith(1, 'J&J; M&M'), 'short_name', 'J&J; M&M'],
    ['has the character for its number', cvxWith(1, 'IgG1 &#954;'), 'short_name', 'IgG1 κ'],
    ['keeps quotes, which mean nothing', cvxWith(1, '"MMR" or so'), 'short_name', '"MMR" or so'],
    ['of a day is read as Americans write it', cvxWith(6, '3/4/2010'), 'last_updated', '2010-03-04'],
    ['of a day may have zeros', cvxWith(6, '03/04/2010'), 'last_updated', '2010-03-04'],
    ['of a day may have a time that says nothing', cvxWith(6, '3/4/2010 0:00'), 'last_updated', '2010-03-04'],
    ['of a day may be blank', cvxWith(6, '          '), 'last_updated', ''],
    ['of yes or no may be in capitals', cvxWith(5, 'TRUE'), 'non_vaccine', 'true'],
    ['of a status is as CDC writes it', cvxWith(4, 'never active '), 'status', 'Never Active'],
  ])('%s', (_, line, column, expected) => {
    expect(read(line).rows[0]!.values[column]).toBe(expected);
  });

  test.each(['90707     ', '0001a', 'Q2038     '])('of a CPT code may be %s', (code) => {
    const line = `${code}|x||Flu|141       ||6/30/2026|9`;
    expect(read(line).rows[0]!.values).toMatchObject({ cpt: code.trim().toUpperCase(), cvx: '141' });
  });

  test('of a maker is blank where it is ten blanks, and in capitals where it is not', () => {
    const product = (mvx: string): string => `ACEL-IMUNE|DTaP|20        ||${mvx}|Inactive|Inactive|9/1/2010`;
    expect(read(product('          ')).rows[0]!.values['mvx']).toBe('');
    expect(read(product('pfr       ')).rows[0]!.values['mvx']).toBe('PFR');
  });

  test('in Windows-1252 is what it means there', () => {
    const line = cvxWith(1, 'Recombivax HB® – the sender’s');
    const file = read(windows1252(line));
    expect(file.encoding).toBe('Windows-1252');
    expect(file.rows[0]!.values['short_name']).toBe('Recombivax HB® – the sender’s');
  });

  test.each([
    ['49281-0547-58', '49281-0547-58', 0],
    ['49281054758', '49281-0547-58', 0],
    ['6468101', '00006-4681-01', 1],
    ['5486809800', '05486-8098-00', 1],
  ])('of an NDC %s is %s', (ndc, expected, restored) => {
    const cells = cdcLines('ndc_use', [NDC_ROWS.ndc_use[0]!])[0]!.split('|');
    const file = read(cells.map((cell, i) => (i === 14 ? ndc : cell)).join('|'));
    expect([file.rows[0]!.values['ndc'], file.remarks.restored]).toEqual([expected, restored]);
  });
});

describe('what a spreadsheet has saved', () => {
  test('reads the same where all leading zeros are gone, and that is told', () => {
    const lines = cdcLines('cvx', ROWS.cvx).map((line) => line.replace(/^0/, ''));
    const file = read(lines.join('\n'));
    expect(valuesOf(file)).toEqual(valuesOf(read(cdcText('cvx', ROWS.cvx))));
    expect(file.remarks.restored).toBe(9);
  });

  test('of groups too, in both columns of codes', () => {
    const lines = cdcLines('vaccine_group', ROWS.vaccine_group).map((line) => line.replace(/\|0(\d)/g, '|$1'));
    expect(valuesOf(read(lines.join('\n')))).toEqual(valuesOf(read(cdcText('vaccine_group', ROWS.vaccine_group))));
  });
});

describe('rows', () => {
  test('that a line end in the prose has cut are put together', () => {
    const cut = cvxWith(3, 'first,\r\nsecond with 03 MMR,\r\n\r\nthird');
    const file = read(
      [cvxWith(0, '05'), cut, ...['04', '06', '07', '08'].map((each) => cvxWith(0, each))].join('\r\n'),
    );
    expect(file.rows.map(({ line, values }) => [line, values['code'], values['last_updated']])).toEqual([
      [1, '05', '2010-05-28'],
      [2, '03', '2010-05-28'],
      ...['04', '06', '07', '08'].map((each, i) => [6 + i, each, '2010-05-28']),
    ]);
    expect(file.remarks.joined).toBe(2);
  });

  test('that come twice are one', () => {
    const file = read([CVX, cvxWith(0, '04'), CVX].join('\n'));
    expect(file.rows.map(({ values }) => values['code'])).toEqual(['03', '04']);
    expect(file.remarks.repeated).toBe(1);
  });

  test('of a trade name in two spellings are one, as it was changed last', () => {
    const product = (name: string, day: string): string => `${name}|Flu|141|Seqirus|SEQ|Active|Active|${day}`;
    const other = 'AFLURIA|Flu|141|bioCSL|CSL|Inactive|Inactive|9/26/2016';
    const file = read([product('AFLURIA', '4/25/2020'), product('Afluria', '4/25/2024'), other].join('\n'));
    expect(file.rows.map(({ values }) => [values['product_name'], values['mvx']])).toEqual([
      ['Afluria', 'SEQ'],
      ['AFLURIA', 'CSL'],
    ]);
  });

  test('of NDCs without a code, or of no vaccine, are left out', () => {
    const [first, second, third] = NDC_ROWS.ndc_use;
    const lines = cdcLines('ndc_use', [first!, second!, third!]).map((line) => line.split('|'));
    lines[0]![14] = '';
    lines[1]![11] = '          ';
    const file = read(lines.map((cells) => cells.join('|')).join('\n'));
    expect(file.rows.map(({ values }) => values['ndc'])).toEqual([third!['ndc']]);
    expect(file.remarks.incomplete).toBe(2);
  });

  test('of CPT may lack the number at their end', () => {
    const lines = cdcLines('cpt', ROWS.cpt).map((line, i) => (i % 2 === 0 ? line.replace(/\|17$/, '') : line));
    expect(valuesOf(read(lines.join('\n')))).toEqual(valuesOf(read(cdcText('cpt', ROWS.cpt))));
  });
});

describe('the day of a file', () => {
  test('is that of its newest change', () => {
    expect(read([cvxWith(6, '12/9/2024'), cvxWith(0, '04')].join('\n')).newest).toBe('2024-12-09');
  });

  test('is none that is still to come', () => {
    expect(read([cvxWith(6, '12/9/2104'), cvxWith(0, '04')].join('\n')).newest).toBe('2010-05-28');
  });

  test('is not known where the file says none', () => {
    expect(read(cdcText('vaccine_group', ROWS.vaccine_group)).newest).toBeNull();
    expect(read(cvxWith(6, '')).newest).toBeNull();
  });
});

describe('a file that is none of CDC’s is refused, with place and remedy', () => {
  const header = 'CVX Code|Short Description|Full Vaccine Name|Note|VaccineStatus|nonvaccine|update_date';
  const two = (first: string, second: string): string => `${first}\r\n${second}\r\n`;
  test.each<[string, string | Uint8Array, number | null, RegExp]>([
    ['empty', '', null, /^empty$/],
    ['blank', ' \r\n \r\n', null, /^empty$/],
    ['a web page', '<!DOCTYPE html><html><body>CVX</body></html>', null, /^a web page/],
    ['a web page without its type', '\ufeff <html>', null, /^a web page/],
    ['a workbook', Buffer.from('PK\u0003\u0004\u0014'), null, /^packed, or a workbook$|zero bytes/],
    ['something packed', Buffer.from([0x1f, 0x8b, 8, 0, 1]), null, /zero bytes|packed/],
    ['a patient file', 'F1|1|Smith|Anna|20150504', 1, /^none of CDC’s files: its lines have 5 cells/],
    ['a text', 'Dear clinic,\nplease find enclosed', 1, /^none of CDC’s files: its lines have no bars/],
    ['commas for bars', CVX.replaceAll('|', ','), 1, /^none of CDC’s files/],
    ['a header', [header, CVX, cvxWith(0, '04')].join('\n'), 1, /^code of cvx.txt is not a CVX code$/],
    ['a code that is none', two(CVX, cvxWith(0, 'ABC')) + cvxWith(0, '04'), 2, /^code of cvx.txt is not a CVX code$/],
    ['a code with a zero too many', [CVX, cvxWith(0, '004'), cvxWith(0, '05')].join('\n'), 2, /not a CVX code/],
    ['a code with decimals', [CVX, cvxWith(0, '4.0'), cvxWith(0, '05')].join('\n'), 2, /not a CVX code/],
    ['a status that is none', [CVX, cvxWith(4, 'Retired'), cvxWith(0, '05')].join('\n'), 2, /not one of Active, /],
    ['neither yes nor no', [CVX, cvxWith(5, '0'), cvxWith(0, '05')].join('\n'), 2, /not True or False/],
    ['a day that does not exist', [CVX, cvxWith(6, '2/30/2010'), cvxWith(0, '05')].join('\n'), 2, /not a date as M\/D/],
    ['a day of another country', [CVX, cvxWith(6, '30.2.2010'), cvxWith(0, '05')].join('\n'), 2, /not a date as M\/D/],
    ['a name that is blank', [CVX, cvxWith(1, '   '), cvxWith(0, '05')].join('\n'), 2, /^short_name is blank/],
    ['a cell too many', [CVX, `${cvxWith(0, '04')}|x`, cvxWith(0, '05')].join('\n'), 2, /^8 cells where cvx.txt has 7$/],
    ['a line that is cut off', [CVX, cvxWith(0, '04'), '05|rub'].join('\n'), 3, /^2 cells where cvx.txt has 7$/],
    ['two meanings of a code', [CVX, cvxWith(0, '04'), cvxWith(1, 'M-M-R')].join('\n'), 3, /^says something else than line 1/],
    ['half of UTF-16', Buffer.concat([utf16(`\ufeff${CVX}`), Buffer.from([0x20])]), null, /^damaged: it begins in UTF-16LE/],
    ['zero bytes', Buffer.concat([bytesOf(`${CVX}\n`.repeat(40)), Buffer.alloc(3)]), null, /zero bytes/],
    ['bytes that mean nothing', Buffer.concat([bytesOf(`${CVX}\n${CVX}`), Buffer.from([0x81])]), 2, /neither UTF-8 nor/],
    ['other XML', '<patients><patient><name>Anna</name></patient></patients>', 1, /^none of CDC’s lists/],
    ['other XML below blank lines', '\n\n<patients>\n<patient><name>Anna</name></patient></patients>', 4, /^none of CDC’s lists/],
    ['a list without records', '<CVXCodes/>', null, /^a list without records$/],
    ['half of a record', cdcXml('mvx', ROWS.mvx, { shape: 'named' }).replace('<Status>Active</Status>', ''), null, /./],
  ])('%s', (_, content, line, message) => {
    const { file, problem } = tryToRead(content);
    expect(file).toBeNull();
    expect(problem!.message).toMatch(message);
    if (line !== null) expect(problem!.line).toBe(line);
    expect(problem!.remedy).toMatch(/^[A-Z].*\.$/);
  }); // biome-ignore format: a table

  test('without any word of what stands in it', () => {
    const secret = 'Smithereens';
    for (const content of [
      `${secret}|1|2`,
      [CVX, cvxWith(0, secret), cvxWith(0, '05')].join('\n'),
      [CVX, cvxWith(4, secret), cvxWith(0, '05')].join('\n'),
      `<a><b><Name>${secret}</Name><Value>${secret}</Value></b></a>`,
      `<a><b><c>&${secret};</c></b></a>`,
    ]) {
      expect(JSON.stringify(tryToRead(content).problem)).not.toContain(secret);
    }
  });

  test('whatever stands in it, and never thrown', () => {
    const likely = fc.constantFrom(
      CVX,
      '|',
      '\n',
      '<',
      '>',
      '&',
      '&amp;',
      '</a>',
      '<a>',
      'Name',
      '\0',
      '\ufeff',
      '03',
      'é',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(likely, fc.string()), { maxLength: 12 }), (parts) => {
        const { file, problem } = tryToRead(parts.join(''));
        expect(file === null).toBe(problem !== null);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const { file, problem } = tryToRead(bytes);
        expect(file === null).toBe(problem !== null);
      }),
    );
  });
});

test('any file is one of CDC’s, whole, or refused: a row is never lost', () => {
  const text = cdcText('cvx', ROWS.cvx.slice(0, 12));
  fc.assert(
    fc.property(fc.nat(text.length), (length) => {
      const { file } = tryToRead(text.slice(0, length));
      if (file === null) return;
      // Cut off between two lines, or within the last cell of one, it is a shorter file: the update says so.
      const lines = text
        .slice(0, length)
        .split('\r\n')
        .filter((line) => line !== '').length;
      expect(file.rows.length).toBe(lines);
    }),
  );
});
