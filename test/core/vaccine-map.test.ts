/** Map files: what is read, and all that is wrong with one. */
import { describe, expect, test } from 'vitest';
import { MAP_COLUMNS, type MapReading, readVaccineMap } from '../../src/core/vaccine-map.js';
import { CODES, TODAY } from '../support/fixtures.js';

const HEADER = MAP_COLUMNS.join(',');
const LINE = 'cvx,LOC12,94,R. Bellamy,2026-06-30,price list of 2009,17,2001,2009,"03 in 2","94 MMRV 0.80"';

const read = (text: string): MapReading => readVaccineMap(text, CODES, TODAY);
const readLines = (...lines: string[]): MapReading => read([HEADER, ...lines, ''].join('\n'));
const problemsOf = (text: string): string[] =>
  read(text).problems.map(({ line, column, message }) => `${line} ${column ?? '-'}: ${message}`);

describe('a map', () => {
  test('says what a value stands for, who decided, when and why', () => {
    const { map, problems } = readLines(LINE);
    expect(problems).toEqual([]);
    expect(map!.size).toBe(1);
    expect(map!.find('cvx', 'loc12')).toEqual({
      field: 'cvx',
      value: 'LOC12',
      cvx: '94',
      author: 'R. Bellamy',
      date: '2026-06-30',
      evidence: 'price list of 2009',
      line: 2,
    });
    expect(map!.find('cpt', 'LOC12')).toBeUndefined();
  });

  test.each<[string, (text: string) => string]>([
    ['line ends of Windows', (text) => text.replaceAll('\n', '\r\n')],
    ['line ends of old Macs', (text) => text.replaceAll('\n', '\r')],
    ['no end of the last line', (text) => text.trimEnd()],
    ['a byte order mark', (text) => `\ufeff${text}`],
    ['semicolons, as spreadsheets of some countries write', (text) => text.replaceAll(',', ';')],
    ['tabs', (text) => text.replaceAll(',', '\t')],
    ['blank lines', (text) => text.replaceAll('\n', '\n\n')],
    ['blanks and capitals in the header', (text) => text.replace('author', ' Author ')],
  ])('is read with %s', (_, write) => {
    const { map, problems } = read(write(`${HEADER}\n${LINE}\n`));
    expect(problems).toEqual([]);
    expect(map!.find('cvx', 'LOC12')).toMatchObject({
      cvx: '94',
      author: 'R. Bellamy',
      evidence: 'price list of 2009',
    });
  });

  test('needs no more than five columns, in any order', () => {
    const { map } = read('cvx,value,author,date,evidence\n94,house mix,RB,2026-06-30,asked\n');
    expect(map!.find('vaccine_name', 'House  MIX')).toMatchObject({ cvx: '94', field: null });
    expect(map!.find('cvx', 'house mix')).toMatchObject({ cvx: '94' });
  });

  test('leaves out what is not decided', () => {
    const { map, problems } = readLines('cvx,LOC13,,,,,2,,,,', ',(other values),,,,,9,,,,', LINE);
    expect(problems).toEqual([]);
    expect(map!.size).toBe(1);
    expect(map!.find('cvx', 'LOC13')).toBeUndefined();
  });

  test('is read as a spreadsheet has saved it', () => {
    const { map, problems } = readLines('cvx,LOC12,3,RB,6/30/2026,asked');
    expect(problems).toEqual([]);
    expect(map!.find('cvx', 'LOC12')).toMatchObject({ cvx: '03', date: '2026-06-30' });
  });

  test('has the value that was received where the report wrote it so that no spreadsheet runs it', () => {
    const { map } = readLines(
      "vaccine_name,'=MMR,03,RB,2026-06-30,asked",
      "vaccine_name,'-B,08,RB,2026-06-30,asked",
      "vaccine_name,'t Hart,10,RB,2026-06-30,asked",
    );
    expect(map!.find('vaccine_name', '=MMR')).toMatchObject({ cvx: '03' });
    expect(map!.find('vaccine_name', '-b')).toMatchObject({ cvx: '08' });
    expect(map!.find('vaccine_name', "'t Hart")).toMatchObject({ cvx: '10' });
  });

  test('may say the same twice', () => {
    expect(readLines(LINE, LINE).map!.size).toBe(1);
  });

  test('may hold quotes and line ends', () => {
    const { map } = readLines('vaccine_name,"the ""usual""",03,RB,2026-06-30,"asked,\nand seen"', LINE);
    expect(map!.find('vaccine_name', 'the "usual"')).toMatchObject({ evidence: 'asked,\nand seen', line: 2 });
    expect(map!.find('cvx', 'LOC12')).toMatchObject({ line: 4 });
  });
});

describe('all that is wrong with a map is told at once, with its line', () => {
  test('in its lines', () => {
    const lines = [
      HEADER,
      'cvx,LOC1,124,RB,2026-06-30,asked',
      'cvx,LOC2,998,RB,2026-06-30,asked',
      'cvx,LOC3,MMR,,2026-06-30,asked',
      'cvx,LOC4,03,RB,2026-07-02,asked',
      'cvx,LOC5,03,RB,soon,asked',
      'cvx,LOC6,03,RB,,',
      'vaccine,LOC7,03,RB,2026-06-30,asked',
      'cvx,,03,RB,2026-06-30,asked',
      'cvx,LOC8,03,RB,2026-06-30,asked, and seen,,,,,,',
      'cvx,LOC9,03,RB,2026-06-30,asked,1,2,3,4,5,6',
      'cvx,LOC10,03,RB,2026-06-30,asked',
      'cvx,loc10,10,RB,2026-06-30,asked',
      'cpt,LOC10,10,RB,2026-06-30,asked',
      'cvx,LOC11,225,RB,2026-06-30,asked',
    ];
    expect(problemsOf(lines.join('\n'))).toEqual([
      '2 cvx: not in the CVX table of 2025-10-12',
      '3 cvx: names no vaccine',
      '4 cvx: not in the CVX table of 2025-10-12',
      '4 author: blank',
      '5 date: in the future',
      '6 date: not a day',
      '7 date: blank',
      '7 evidence: blank',
      '8 field: no field that names a vaccine',
      '9 value: blank',
      '11 -: 12 values where the header has 11',
      '13 value: the value stands for another CVX code in line 12',
      '15 cvx: names a vaccine that never came',
    ]);
    expect(read(lines.join('\n')).map).toBeNull();
  });

  test.each<[string, string[]]>([
    ['', ['1 -: no header']],
    ['\n\n', ['1 -: no header']],
    [
      'cvx,LOC1,03,RB,2026-06-30,asked\n',
      [
        '1 -: column 2 has an unknown name',
        '1 -: column 3 has an unknown name',
        '1 -: column 4 has an unknown name',
        '1 -: column 5 has an unknown name',
        '1 -: column 6 has an unknown name',
        '1 value: the column is missing',
        '1 author: the column is missing',
        '1 date: the column is missing',
        '1 evidence: the column is missing',
      ],
    ],
    ['value,cvx,autor,date,evidence\n', ['1 -: column 3 has an unknown name', '1 author: the column is missing']],
    ['value,cvx,author,date,evidence,cvx\n', ['1 cvx: the column stands there twice']],
    [`${HEADER}\ncvx,"LOC1,03,RB,2026-06-30,asked\n`, ['2 -: a quote opens a value and does not close it']],
  ])('in its header or shape: %j', (text, expected) => {
    expect(problemsOf(text)).toEqual(expected);
  });

  test('with a remedy, and without the values', () => {
    const { problems } = read('value,cvx,autor,date,evidence\nsecret-value,124,RB,2026-06-30,asked\n');
    expect(problems[0]!.remedy).toBe('Did you mean author?');
    expect(JSON.stringify(problems)).not.toContain('secret-value');
    for (const { remedy } of problems) expect(remedy).not.toBe('');
  });
});

test('a map of many lines is read in no time', () => {
  const lines = Array.from({ length: 50_000 }, (_, i) => `cvx,LOC${i},03,RB,2026-06-30,asked`);
  expect(readLines(...lines).map!.find('cvx', 'LOC49999')).toMatchObject({ line: 50_001 });
});
