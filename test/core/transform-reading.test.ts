/** How the transform finds the values of a record, and what becomes of records that have none. */
import { describe, expect, test } from 'vitest';
import type { IssueCode } from '../../src/core/catalogue.js';
import type { LongRows, ShortRows } from '../../src/core/framing.js';
import { matchHeader } from '../../src/core/read/header.js';
import type { FixedLayout, Spec } from '../../src/core/spec.js';
import { GRITS, MIIS } from '../support/fixtures.js';
import { FAULTLESS, judgeText, transformText, type Written, writeRecord } from '../support/records.js';

const PATIENT = { role: 'patient' } as const;
const DOSE = { role: 'immunization' } as const;

const patientLine = (values: Written = {}): string =>
  writeRecord({ ...FAULTLESS[MIIS.id]!.patient, ...values }, 'patient', MIIS);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const withSeverities = (severities: Spec['severities']): Spec => ({ ...MIIS, severities });

describe('a record that cannot be read', () => {
  const width = MIIS.layouts.patient.fields.length;
  test.each<[IssueCode, string, string]>([
    ['field-count-wrong', `${patientLine()}|`, patientLine()],
    ['field-count-wrong', patientLine().slice(0, -1), patientLine()],
    [
      'field-count-wrong',
      patientLine({ street: '12 Maple|St' }).replaceAll('"', ''),
      patientLine({ street: '12 Maple|St' }),
    ],
    ['quote-not-closed', patientLine().replace('|Walsh|', '|"Walsh|'), patientLine().replace('|Walsh|', '|"Walsh"|')],
    ['quote-misplaced', patientLine().replace('|Nora|', '|"Nora" B|'), patientLine().replace('|Nora|', '|Nora "B"|')],
  ])('%s: is rejected whole, and shows nothing of its values', (code, faulty, faultless) => {
    const [before, judged, after] = judgeText([patientLine(), faulty, patientLine()].join('\n'), PATIENT);
    expect(judged).toMatchObject({ fate: 'rejected', codes: [code], errors: [code], values: null });
    expect(judged!.issues[0]).toMatchObject({ field: null, value: null, sourcePatientId: null });
    expect([before!.fate, after!.fate]).toEqual(['accepted', 'accepted']);
    expect(judgeText(faultless, PATIENT)[0]!.errors).toEqual([]);
  });

  test('says how many fields it has, and how many were expected', () => {
    const [judged] = judgeText('a|b|c', PATIENT);
    expect(judged!.issues[0]).toMatchObject({ other: '3', expected: String(width) });
  });

  test('is rejected even where a spec silences the code', () => {
    const spec = withSeverities({ 'field-count-wrong': 'off', 'quote-not-closed': 'info' });
    const judged = judgeText(`a|b\n${patientLine().replace('|Walsh|', '|"Walsh|')}`, { ...PATIENT, spec });
    expect(judged.map(({ fate, errors }) => [fate, errors])).toEqual([
      ['rejected', ['field-count-wrong']],
      ['rejected', ['quote-not-closed']],
    ]);
  });
});

describe('a record that holds no data', () => {
  test.each([
    ['delimiters', '|'.repeat(MIIS.layouts.patient.fields.length - 1)],
    ['blanks', '   '],
    ['delimiters and blanks', ' | | '],
    ['quotes around nothing', '""|""'],
    ['tabs', '\t'],
  ])('is skipped: %s', (_, line) => {
    expect(judgeText(`${patientLine()}\n${line}\n`, PATIENT)[1]).toMatchObject({
      fate: 'skipped',
      codes: ['record-blank'],
    });
  });

  test('is not skipped where one value is left', () => {
    const line = `x${'|'.repeat(MIIS.layouts.patient.fields.length - 1)}`;
    expect(judgeText(line, PATIENT)[0]!.fate).toBe('rejected');
  });

  test('is skipped in fixed-width files too', () => {
    const circumstances = { ...PATIENT, spec: GRITS, site: 'GA001' };
    expect(judgeText(' '.repeat(585), circumstances)[0]).toMatchObject({ fate: 'skipped', codes: ['record-blank'] });
  });

  test('is skipped in silence where a spec says so', () => {
    const spec = withSeverities({ 'record-blank': 'off' });
    expect(judgeText('||', { ...PATIENT, spec })[0]).toMatchObject({ fate: 'skipped', codes: [] });
  });
});

describe('a header', () => {
  const names = 'patient_id|last_name|FIRST NAME|birth_date|ssn_note|facility_id';
  const header = { match: matchHeader(names.split('|'), MIIS.layouts.patient), bytes: bytesOf(names) };
  const row = '7|Osei|Kwame|20120611|x|F1';

  test('gives the columns their places; columns that the file does not have are blank', () => {
    const [judged] = judgeText(row, { ...PATIENT, header });
    expect(judged).toMatchObject({ fate: 'accepted', codes: [] });
    expect(judged!.values).toEqual({
      site_id: 'F1',
      source_patient_id: '7',
      last_name: 'Osei',
      first_name: 'Kwame',
      birth_date: '2012-06-11',
      registry_status: 'A',
    });
  });

  test('that comes again is skipped', () => {
    const judged = judgeText(`${row}\n${names}\n${row}`, { ...PATIENT, header });
    expect(judged.map(({ fate }) => fate)).toEqual(['accepted', 'skipped', 'accepted']);
    expect(judged[1]!.codes).toEqual(['header-repeated']);
  });

  test('that comes again with the byte order mark of its file is skipped', () => {
    const judged = judgeText(`${row}\n\ufeff${names}\n${row}`, { ...PATIENT, header });
    expect(judged.map(({ codes }) => codes.join())).toEqual(['', 'header-repeated', '']);
  });

  test('that comes again in another spelling is skipped', () => {
    expect(judgeText(names.toUpperCase(), { ...PATIENT, header })[0]!.codes).toEqual(['header-repeated']);
  });
});

describe('the columns of a reject file', () => {
  test('do not count where the file has no header', () => {
    const [judged] = judgeText(`${patientLine()}|name-test|fix it|immload:patients.txt:7`, PATIENT);
    expect(judged).toMatchObject({ fate: 'accepted', codes: [] });
  });

  test('count where they are not from immload', () => {
    expect(judgeText(`${patientLine()}|a|b|c`, PATIENT)[0]!.codes).toEqual(['field-count-wrong']);
  });
});

describe('a record of another length', () => {
  const rows = (shortRows: ShortRows, longRows: LongRows, spec = MIIS): Spec => ({
    ...spec,
    layouts: { ...spec.layouts, patient: { ...spec.layouts.patient, shortRows, longRows } },
  });
  const line = patientLine();
  const read = (text: string, spec: Spec) => {
    const circumstances = { ...PATIENT, spec, site: 'GA001' };
    const [{ batch }] = transformText(text, circumstances) as [ReturnType<typeof transformText>[number]];
    return { judged: judgeText(text, circumstances), shortRows: batch.shortRows, longRows: batch.longRows };
  };
  const codes = ({ judged }: ReturnType<typeof read>): string[] => judged.map(({ errors }) => errors.join());

  test('is padded or cut where the layout says so, and only there', () => {
    const text = [line, line.replace(/\|+$/, ''), `${line}|more|and more`].join('\n');
    expect(codes(read(text, MIIS))).toEqual(['', 'field-count-wrong', 'field-count-wrong']);
    expect(codes(read(text, rows('pad', 'reject')))).toEqual(['', '', 'field-count-wrong']);
    expect(codes(read(text, rows('reject', 'cut')))).toEqual(['', 'field-count-wrong', '']);
    const loose = read(text, rows('pad', 'cut'));
    expect(loose).toMatchObject({ shortRows: 1, longRows: 1 });
    expect(new Set(loose.judged.map(({ values }) => JSON.stringify(values))).size).toBe(1);
  });

  test('in a reject file has the columns of immload, which are no values and no columns too many', () => {
    const added = '|zip-invalid|Use five digits.|immload:p.txt:3:4';
    const short = line.replace(/\|+$/, '');
    for (const spec of [rows('pad', 'cut'), rows('pad', 'reject')]) {
      const whole = read(line + added, spec);
      const padded = read(short + added, spec);
      expect([codes(whole), whole.longRows, whole.shortRows]).toEqual([[''], 0, 0]);
      expect([codes(padded), padded.longRows, padded.shortRows]).toEqual([[''], 0, 1]);
      expect(padded.judged[0]!.values).toEqual(whole.judged[0]!.values);
    }
  });

  test('that lacks three columns does not have those of immload in their places', () => {
    // Without a header, a record that lacks three columns has with them as many fields as it should.
    const whole = patientLine({ sharing_objection: '' });
    const short = whole.split('|').slice(0, -3).join('|');
    const [judged] = read(`${short}|zip-invalid|Use five digits.|immload:p.txt:3:4`, rows('pad', 'reject')).judged;
    expect(judged!.values).toEqual(read(whole, MIIS).judged[0]!.values);
  });

  test('row-width-wrong: in fixed width is rejected where the layout says so', () => {
    const row = writeRecord(FAULTLESS[GRITS.id]!.patient, 'patient', GRITS);
    const text = [row, row.slice(0, -8), `${row}MORE`, `${row}   `].join('\n');
    expect(codes(read(text, GRITS))).toEqual(['', '', '', '']);
    expect(codes(read(text, rows('reject', 'cut', GRITS)))).toEqual(['', 'row-width-wrong', '', '']);
    const strict = read(text, rows('reject', 'reject', GRITS));
    expect(codes(strict)).toEqual(['', 'row-width-wrong', 'row-width-wrong', '']);
    expect(strict.longRows).toBe(0);
    expect(strict.judged[1]!.issues[0]).toMatchObject({ expected: '585', other: '577' });
  });
});

describe('texts', () => {
  const utf8 = patientLine({ last_name: 'Núñez', first_name: 'Zoë' });
  const windows1252 = Uint8Array.from(utf8, (character) => character.charCodeAt(0));

  test.each([
    ['UTF-8', bytesOf(utf8), 'utf-8'],
    ['Windows-1252', windows1252, 'windows-1252'],
  ] as const)('of a record in %s are read in its encoding', (_, bytes, encoding) => {
    const [{ batch }] = transformText(bytes, PATIENT) as [ReturnType<typeof transformText>[number]];
    expect(batch.encodings).toEqual({ ascii: 0, 'utf-8': 0, 'windows-1252': 0, [encoding]: 1 });
    expect(judgeText(bytes, PATIENT)[0]).toMatchObject({
      codes: [],
      values: { last_name: 'Núñez', first_name: 'Zoë' },
    });
  });

  test('with a byte that means nothing are loaded with a mark in its place', () => {
    const bytes = windows1252.slice();
    bytes[utf8.indexOf('ñ')] = 0x81;
    const [judged] = judgeText(bytes, PATIENT);
    expect(judged).toMatchObject({ fate: 'accepted', values: { last_name: 'Nú\ufffdez' } });
    expect(judged!.codes).toContain('character-undecodable');
    expect(judged!.issues.find(({ code }) => code === 'character-undecodable')).toMatchObject({
      field: 'last_name',
      value: 'Nú\ufffdez',
      after: '\ufffd',
    });
  });

  test('in quotes are read without them, line ends as blanks', () => {
    const [judged] = judgeText(patientLine({ street: '12 "Maple|St"\nRear', city: '"Boston"' }), PATIENT);
    expect(judged).toMatchObject({
      fate: 'accepted',
      codes: ['character-control'],
      values: { street: '12 "Maple|St" Rear', city: '"Boston"' },
    });
  });

  test.each([
    ['bytes', (line: string) => Buffer.from(line).subarray(0, 585)],
    ['characters', (line: string) => Buffer.from(line)],
  ])('of fixed-width rows are found by counting %s', (unit, cut) => {
    const values = { ...FAULTLESS[GRITS.id]!.patient, first_name: 'Zoë' };
    const written = writeRecord(values, 'patient', GRITS);
    // A sender who counts characters pads the name with one blank more.
    const line = unit === 'characters' ? written.replace('Zoë', 'Zoë ') : written;
    const [judged] = judgeText(Uint8Array.from(cut(line)), { ...PATIENT, spec: GRITS, site: 'GA001' });
    expect(judged).toMatchObject({ fate: 'accepted', codes: [], values: { first_name: 'Zoë', last_name: 'Walsh' } });
  });

  describe('of fixed-width rows whose layout knows what it counts', () => {
    const counting = (widths: 'auto' | 'bytes' | 'characters'): Spec => ({
      ...GRITS,
      layouts: { ...GRITS.layouts, patient: { ...(GRITS.layouts.patient as FixedLayout), widths } },
    });
    const values = { ...FAULTLESS[GRITS.id]!.patient, first_name: 'Zoë' };
    const byBytes = writeRecord(values, 'patient', GRITS);
    const read = (line: string | Uint8Array, widths: 'auto' | 'bytes' | 'characters') =>
      judgeText(line, { ...PATIENT, spec: counting(widths), site: 'GA001' })[0]!.values;

    test('are found where it says, also in a row that fits by the other count', () => {
      // A row of 585 characters, each where a sender puts it who counts bytes: its last blank is one too many.
      const odd = `${byBytes} `;
      expect(read(odd, 'bytes')).toMatchObject({ first_name: 'Zoë', last_name: 'Walsh' });
      expect(read(odd, 'auto')).not.toMatchObject({ last_name: 'Walsh' });
      const byCharacters = writeRecord(values, 'patient', counting('characters'));
      expect(byCharacters).toBe(byBytes.replace('Zoë', 'Zoë '));
      // A row that lacks its end fits by neither count.
      const short = byCharacters.slice(0, -8);
      expect(read(short, 'characters')).toMatchObject({ first_name: 'Zoë', birth_date: '2015-05-14' });
      expect(read(short, 'auto')).not.toMatchObject({ birth_date: '2015-05-14' });
    });

    test('in Windows-1252 are the same by both counts', () => {
      const line = writeRecord(values, 'patient', counting('characters'));
      const bytes = Uint8Array.from(line, (character) => character.charCodeAt(0));
      for (const widths of ['auto', 'bytes', 'characters'] as const) {
        expect(read(bytes, widths)).toMatchObject({ first_name: 'Zoë', last_name: 'Walsh' });
      }
    });
  });

  test('of fixed-width rows that fit by characters are not too wide, though they have more bytes', () => {
    const written = writeRecord({ ...FAULTLESS[GRITS.id]!.patient, first_name: 'Zoë' }, 'patient', GRITS);
    // The last column is filled to its end.
    const line = `${written.slice(0, -1)}X`;
    const [{ batch }] = transformText(line, { ...PATIENT, spec: GRITS, site: 'GA001' }) as [
      ReturnType<typeof transformText>[number],
    ];
    expect(batch.longRows).toBe(0);
  });

  test('of fixed-width rows that are too short end in blanks', () => {
    const line = writeRecord(FAULTLESS[GRITS.id]!.immunization, 'immunization', GRITS).trimEnd();
    expect(judgeText(line, { ...DOSE, spec: GRITS, site: 'GA001' })[0]).toMatchObject({ fate: 'accepted', codes: [] });
  });

  test('beyond the last column of a fixed-width row are counted and not read', () => {
    const row = writeRecord(FAULTLESS[GRITS.id]!.immunization, 'immunization', GRITS);
    const [{ batch }] = transformText(`${row}MORE\n${row}    \n${row}`, { ...DOSE, spec: GRITS, site: 'GA001' }) as [
      ReturnType<typeof transformText>[number],
    ];
    expect(batch).toMatchObject({ longRows: 1, accepted: [0, 1, 2], issues: [] });
    expect(new Set([...batch.rows].map(String)).size).toBe(1);
  });
});
