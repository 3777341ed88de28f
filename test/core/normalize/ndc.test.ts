/** NDCs in all the ways in which they are written, and the vaccines they stand for. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { followNdc, readNdc } from '../../../src/core/normalize/ndc.js';
import { readingOn, resolveVaccine, VACCINE_ORDER, type VaccineReading } from '../../../src/core/normalize/vaccine.js';
import { CODES, NDC_CODES } from '../../support/fixtures.js';

const NDC = /^\d{5}-\d{4}-\d{2}$/;

describe('an NDC that leaves no doubt is read from', () => {
  test.each([
    ['4-4-2', '0006-4681-00', '00006-4681-00'],
    ['5-3-2', '49281-400-10', '49281-0400-10'],
    ['5-4-1', '54868-0980-0', '54868-0980-00'],
    ['5-4-2, as CDC writes it', '00006-4681-00', '00006-4681-00'],
    ['eleven digits', '00006468100', '00006-4681-00'],
    ['dashes of a word processor', '49281–400–10', '49281-0400-10'],
    ['blanks for hyphens', '00006 4681 00', '00006-4681-00'],
    ['its name before it', 'NDC: 0006-4681-00', '00006-4681-00'],
    ['its name and length before it', 'NDC-11 00006-4681-00', '00006-4681-00'],
    ['the qualifier of a claim', 'N400006468100', '00006-4681-00'],
    ['a number with decimals', '49281040010.0', '49281-0400-10'],
  ])('%s', (_, text, ndc) => {
    expect(readNdc(text)).toEqual({ candidates: [ndc], isShort: false });
  });
});

describe('an NDC that only a table can tell is read from', () => {
  const candidates = ['04928-1400-10', '49281-0400-10', '49281-4001-00'];
  test.each([
    ['ten digits', '4928140010'],
    ['UPC-A', '349281400100'],
    ['EAN-13', '0349281400100'],
    ['GTIN-14', '00349281400100'],
    ['GTIN-14 of a carton', '10349281400107'],
    ['a scan of the package', '01003492814001001720123110U5678AA'],
    ['a scan with brackets', '(01)00349281400100(17)201231(10)U5678AA'],
    ['a scan with the mark of its symbology', ']d20100349281400100'],
  ])('%s', (_, text) => {
    expect(readNdc(text)).toEqual({ candidates, isShort: false });
  });

  test('eleven digits without their zeros', () => {
    expect(readNdc('6468100')).toEqual({ candidates: ['00006-4681-00'], isShort: true });
    expect(readNdc('52060301')).toEqual({ candidates: ['00052-0603-01'], isShort: true });
  });
});

describe('no NDC is', () => {
  test.each([
    ['a word', 'MMR'],
    ['a CVX code', '115'],
    ['a CPT code', '90707'],
    ['six digits', '646810'],
    ['twelve digits of another kind', '012345678905'],
    ['a UPC-A with a wrong check digit', '349281400101'],
    ['a GTIN-14 with a wrong check digit', '00349281400101'],
    ['a GTIN-14 of no drug', '00012345678905'],
    ['parts of other lengths', '4928-400-10'],
    ['too many parts', '49281-400-10-1'],
    ['two parts', '49281-0400'],
    ['letters in a part', '49281-40O-10'],
    ['a number that lost digits', '4.92814E+10'],
    ['a minus', '-49281-400-1'],
  ])('%s', (_, text) => {
    expect(readNdc(text)).toBeNull();
  });
});

describe('properties of reading', () => {
  const shape = fc.constantFrom([4, 4, 2] as const, [5, 3, 2] as const, [5, 4, 1] as const);
  const digits = fc.stringMatching(/^\d{10}$/);
  const cut = (text: string, [labeler, product]: readonly [number, number, number]): string =>
    `${text.slice(0, labeler)}-${text.slice(labeler, labeler + product)}-${text.slice(labeler + product)}`;

  test('ten digits can be what any of their three hyphenations is, and nothing else', () => {
    fc.assert(
      fc.property(digits, (text) => {
        const shapes = [[4, 4, 2] as const, [5, 3, 2] as const, [5, 4, 1] as const];
        const each = shapes.flatMap((parts) => readNdc(cut(text, parts))!.candidates);
        expect([...readNdc(text)!.candidates].sort()).toEqual([...new Set(each)].sort());
      }),
    );
  });

  test('an NDC is read as itself in its eleven-digit forms', () => {
    fc.assert(
      fc.property(digits, shape, (text, parts) => {
        const [ndc] = readNdc(cut(text, parts))!.candidates;
        expect(ndc).toMatch(NDC);
        expect(readNdc(ndc!)).toEqual({ candidates: [ndc], isShort: false });
        expect(readNdc(ndc!.replaceAll('-', ''))).toEqual({ candidates: [ndc], isShort: false });
      }),
    );
  });

  test('one wrong digit of a barcode is noticed', () => {
    fc.assert(
      fc.property(digits, fc.nat(9), fc.nat(11), fc.integer({ min: 1, max: 9 }), (text, indicator, place, by) => {
        const body = `${indicator}03${text}`;
        const gtin = Array.from('0123456789', (check) => body + check).find((each) => readNdc(each) !== null)!;
        // A wrong digit where the system is said makes it another kind of code.
        const at = place < 1 ? 0 : place + 2;
        const wrong = gtin.slice(0, at) + String((Number(gtin[at]) + by) % 10) + gtin.slice(at + 1);
        expect(readNdc(wrong)).toBeNull();
      }),
    );
  });

  test('any text is read or not, and never anything but codes', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-. N4()E]d'), maxLength: 24 }), (text) => {
        for (const candidate of readNdc(text)?.candidates ?? []) expect(candidate).toMatch(NDC);
      }),
    );
  });
});

describe('with a table, an NDC', () => {
  test.each<[string, string, { cvx: string | null; ndc: string | null; codes: string[] }]>([
    ['of the table leads to its vaccine', '00006-4681-00', { cvx: '03', ndc: '00006-4681-00', codes: [] }],
    ['in another form too', '0006-4681-00', { cvx: '03', ndc: '00006-4681-00', codes: [] }],
    ['of ten digits is the one that exists', '4928140010', { cvx: '115', ndc: '49281-0400-10', codes: [] }],
    ['of a barcode too', '349281790201', { cvx: '101', ndc: '49281-0790-20', codes: [] }],
    ['of both files is one', '54868-0980-0', { cvx: '03', ndc: '54868-0980-00', codes: [] }],
    ['without its zeros is read, and told', '6468100', { cvx: '03', ndc: '00006-4681-00', codes: ['ndc-padded'] }],
    ['that is not there is told', '00006-9999-00', { cvx: null, ndc: '00006-9999-00', codes: ['ndc-unknown'] }],
    ['of ten digits that is not there is told', '0006999900', { cvx: null, ndc: null, codes: ['ndc-unknown'] }],
    ['without its zeros that is not there is none', '9999900', { cvx: null, ndc: null, codes: ['ndc-invalid'] }],
    ['that is none is told', '12', { cvx: null, ndc: null, codes: ['ndc-invalid'] }],
    ['of two vaccines is told', '33332-010-01', { cvx: null, ndc: '33332-0010-01', codes: ['ndc-ambiguous'] }],
    ['of ten digits that can be two is told', '1234567890', { cvx: null, ndc: null, codes: ['ndc-ambiguous'] }],
  ])('%s', (_, text, expected) => {
    const { cvx, ndc, findings } = followNdc(text, NDC_CODES);
    expect({ cvx, ndc, codes: findings.map(({ code }) => code) }).toEqual(expected);
    for (const finding of findings) expect(finding).toMatchObject({ field: 'ndc', value: text });
  });

  test('tells what it was read as, what it can be, and the day of the table', () => {
    expect(followNdc('6468100', NDC_CODES).findings[0]).toMatchObject({ after: '00006-4681-00' });
    expect(followNdc('1234567890', NDC_CODES).findings[0]).toMatchObject({ other: '21 or 94' });
    expect(followNdc('0006-9999-00', NDC_CODES).findings[0]).toMatchObject({ expected: NDC_CODES.table('ndc').asOf });
  });
});

test('without a table, an NDC says nothing beside a code, and that nothing could be made of it alone', () => {
  const sources = { codes: CODES, map: null, order: VACCINE_ORDER };
  const nothing = { cvx: null, cpt: null, ndc: null, vaccine_name: null, vaccine_group: null };
  for (const ndc of ['00006-4681-00', 'nonsense']) {
    const read = (cvx: string | null): VaccineReading =>
      readingOn(resolveVaccine({ ...nothing, ndc, cvx }, sources), null);
    expect(read('115')).toEqual({ cvx: '115', ndc: null, findings: [], unmapped: [] });
    const alone = read(null);
    expect(alone.findings.map(({ code }) => code)).toEqual(['ndc-unresolved', 'vaccine-unresolved']);
  }
});
