/** Whether a file is what it is said to be. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Framing, LongRows, ShortRows } from '../../../src/core/framing.js';
import type { Role } from '../../../src/core/model.js';
import { type Recognition, type RecognizeOptions, recognize } from '../../../src/core/read/recognize.js';
import { completeSpec, type Spec } from '../../../src/core/spec.js';
import { headerLine } from '../../../src/core/write.js';
import { utf16 } from '../../support/encodings.js';
import { GRITS, MIIS, TODAY } from '../../support/fixtures.js';
import { FAULTLESS, writeRecord } from '../../support/records.js';
import { smallestTagged } from '../../support/small-spec.js';

const line = (role: Role, spec: Spec = MIIS): string => writeRecord(FAULTLESS[spec.id]![role], role, spec);
const PATIENT = line('patient');
const DOSE = line('immunization');
const HEADER = headerLine(MIIS.layouts.patient)!;
const DOSE_HEADER = headerLine(MIIS.layouts.immunization)!;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function look(input: string | Uint8Array, options: Partial<RecognizeOptions> = {}, isWhole = true): Recognition {
  const bytes = typeof input === 'string' ? bytesOf(input) : input;
  return recognize({ bytes, isWhole }, { role: 'patient', spec: MIIS, today: TODAY, needsSite: true, ...options });
}

/** A spec whose two layouts have or need a header. */
function withHeader(header: 'required' | 'absent'): Spec {
  const { patient, immunization } = MIIS.layouts;
  return {
    ...MIIS,
    layouts: {
      patient: { ...patient, header } as typeof patient,
      immunization: { ...immunization, header } as typeof immunization,
    },
  };
}

/** A spec of patients who may lack columns, or have more. */
function loose(shortRows: ShortRows, longRows: LongRows): Spec {
  return { ...MIIS, layouts: { ...MIIS.layouts, patient: { ...MIIS.layouts.patient, shortRows, longRows } } };
}

/** A spec of patients whose files have lines that are no records. */
function marked(framing: Framing): Spec {
  return { ...MIIS, layouts: { ...MIIS.layouts, patient: { ...MIIS.layouts.patient, ...framing } } };
}

function problemOf(recognition: Recognition): string {
  if (recognition.fits) throw new Error('it fits');
  expect(recognition.remedy).toMatch(/\w/);
  return recognition.problem;
}

describe('a file fits', () => {
  test.each<[string, string, Partial<RecognizeOptions>, object]>([
    ['with a header', `${HEADER}\n${PATIENT}\n`, {}, { fieldCount: 40, lineEnd: '\n', byteOrderMark: false }],
    ['without a header', `${PATIENT}\n`, {}, { header: null, headerBytes: null, fieldCount: 40 }],
    ['without a line end', PATIENT, {}, { header: null, lineEnd: '\n' }],
    ['with blank lines before the header', `\n\n${HEADER}\n${PATIENT}`, {}, { header: { count: 40 } }],
    ['with a byte order mark', `\ufeff${HEADER}\r\n${PATIENT}\r\n`, {}, { header: { count: 40 }, byteOrderMark: true, lineEnd: '\r\n' }],
    ['with lone CR', `${HEADER}\r${PATIENT}\r`, {}, { header: { count: 40 }, lineEnd: '\r' }],
    ['with names in quotes', `"${HEADER.replaceAll('|', '"|"')}"\n${PATIENT}`, {}, { header: { count: 40, unknown: [] } }],
    ['with some of the columns', 'facility_id|patient_id|last_name|birth_date\nF1|1|Walsh|20150514', {}, { header: { count: 4 }, fieldCount: 4 }],
    ['without the site, where the command gives it', 'patient_id|last_name|birth_date\n1|Walsh|20150514', { needsSite: false }, { fieldCount: 3 }],
    ['with unknown columns', 'facility_id|patient_id|last_name|birth_date|eye_color\nF1|1|Walsh|20150514|brown', {}, { header: { unknown: ['eye_color'] }, fieldCount: 5 }],
    ['with a delimiter at the end of each record', 'facility_id|patient_id|last_name|birth_date\nF1|1|Walsh|20150514|\nF1|2|Osei|20120611|', {}, { fieldCount: 5 }],
    ['with a delimiter at the end, without header', `${PATIENT}|\n${PATIENT}|`, {}, { header: null, fieldCount: 41 }],
    ['as a reject file without header', `${PATIENT}|name-test|fix|immload:p.txt:7`, {}, { header: null, fieldCount: 40 }],
    ['with zero bytes behind a record', `${PATIENT}\u0000`, {}, { fieldCount: 40 }],
    ['with zero bytes for blanks', `${PATIENT.replace('Walsh', 'Walsh\0\0\0').replace('Boston', 'Boston\0')}\n${PATIENT}`, {}, { fieldCount: 40 }],
    ['of fixed width, filled up with zero bytes', `${line('patient', GRITS).replaceAll(' ', '\0')}\r\n`.repeat(12), { spec: GRITS }, { fieldCount: 32 }],
    ['without a header, of records that may be shorter', PATIENT.replace(/\|+$/, ''), { spec: loose('pad', 'reject') }, { header: null, fieldCount: 40 }],
    ['without a header, of records that may be longer', `${PATIENT}|x`, { spec: loose('reject', 'cut') }, { header: null, fieldCount: 40 }],
    ['with a header record that must be there', `H|F1\n${HEADER}\n${PATIENT}`, { spec: marked({ headerRecord: { tag: 'H' } }) }, { header: { count: 40 }, titleLines: 0 }],
    ['with a title between its header record and its header', `H|F1\nExport\n${HEADER}\n${PATIENT}`, { spec: marked({ headerRecord: { tag: 'H' } }) }, { header: { count: 40 }, titleLines: 2 }],
    ['as a reject file, without the header record', `immload:rejects\n${HEADER}\n${PATIENT}`, { spec: marked({ headerRecord: { tag: 'H' } }) }, { header: { count: 40 } }],
    ['with comments above the header', `# made on Monday\n# |||\n${HEADER}\n# 1\n${PATIENT}`, { spec: marked({ comments: '#' }) }, { header: { count: 40 }, titleLines: 0 }],
    ['with a title above the header', `Immunization export\n\n${HEADER}\n${PATIENT}`, {}, { header: { count: 40 }, titleLines: 2 }],
    ['with titles as a spreadsheet saves them', `\ufeffPatients of our clinic${'|'.repeat(39)}\r\n"made on ""Monday"""${'|'.repeat(39)}\r\n${HEADER}\r\n${PATIENT}\r\n`, {}, { header: { count: 40 }, titleLines: 2, byteOrderMark: true }],
    ['with an open quote in its title', `"Immunization export\nof the year\n${HEADER}\n${PATIENT.replace('Walsh', '"Walsh"')}`, {}, { header: { count: 40 }, titleLines: 2 }],
    ['with open quotes in its titles, and line ends of several kinds', `"Immunization\r\n\r"export\n\n"of 2015\r\n${HEADER}\n${PATIENT.replace('Walsh', '"Walsh"')}`, {}, { header: { count: 40 }, titleLines: 5 }],
    ['with very many blank lines and comments above a title', `${'\n'.repeat(60_000)}${'#\n'.repeat(60_000)}Export\n${HEADER}\n${PATIENT}`, { spec: marked({ comments: '#' }) }, { header: { count: 40 }, titleLines: 120_001 }],
    ['with a title above the names of some columns', 'Export\nfacility_id|patient_id|last_name|birth_date\nF1|1|Walsh|20150514', {}, { header: { count: 4 }, fieldCount: 4, titleLines: 1 }],
    ['with a record above what looks like a header', `${PATIENT}\n${HEADER}\n${PATIENT}`, {}, { header: null, titleLines: 0 }],
    ['with a header too far down', `${PATIENT.replace('20150514', '')}\n`.repeat(11) + HEADER, {}, { header: null, titleLines: 0 }],
    ['with some torn records', `${PATIENT}\na|b|c\n`, {}, { fieldCount: 40 }],
    ['where no header is allowed, though it has one', `${HEADER}\n${PATIENT}`, { spec: withHeader('absent') }, { header: null, fieldCount: 40 }],
    ['of doses', `${DOSE_HEADER}\n${DOSE}`, { role: 'immunization' }, { fieldCount: 33 }],
    ['of doses, named by CPT only', 'facility_id|patient_id|admin_date|cpt\nF1|1|20160516|90707', { role: 'immunization' }, { fieldCount: 4 }],
    ['of fixed width', line('patient', GRITS), { spec: GRITS }, { header: null, fieldCount: 32 }],
    ['of fixed width and doses', line('immunization', GRITS), { spec: GRITS, role: 'immunization' }, { header: null, fieldCount: 16 }],
  ])('%s', (_, text, options, expected) => {
    expect(look(text, options)).toMatchObject({ fits: true, ...expected });
  }); // biome-ignore format: a table

  test('and its header is kept as it stands, to know it when it comes again', () => {
    const recognition = look(`\ufeff${HEADER}\r\n${PATIENT}\r\n`);
    expect(recognition.fits && new TextDecoder().decode(recognition.headerBytes!)).toBe(HEADER);
  });

  test('in Windows-1252', () => {
    const text = `${HEADER}\n${PATIENT.replace('Walsh', 'Núñez')}`;
    expect(look(Uint8Array.from(text, (character) => character.charCodeAt(0)))).toMatchObject({ fits: true });
  });

  test.each([
    ['a record that is broken', 'a|b|c\n'],
    ['a record that lacks its last delimiter', `${PATIENT}\n`],
    ['a last record that is torn', PATIENT.slice(0, 40)],
  ])('with a delimiter at the end of each record, but for %s', (_, other) => {
    const records = `${PATIENT}|\n${PATIENT}|\n${PATIENT}|\n${other}`;
    for (const isWhole of [true, false]) {
      expect(look(records, {}, isWhole)).toMatchObject({ fits: true, fieldCount: 41 });
      expect(look(`${HEADER}\n${records}`, {}, isWhole)).toMatchObject({ fits: true, fieldCount: 41 });
    }
  });

  test('without a delimiter at the end, though one record has it', () => {
    expect(look(`${PATIENT}\n${PATIENT}|\n${PATIENT}\n`)).toMatchObject({ fits: true, fieldCount: 40 });
  });
});

describe('a file is refused', () => {
  test.each<[string, string | Uint8Array, Partial<RecognizeOptions>, string]>([
    ['that is empty', '', {}, 'is empty'],
    ['of blanks', ' \r\n\t\n ', {}, 'is empty'],
    ['of delimiters', '|||\n|||\n', {}, 'holds no records'],
    ['with nothing but a header', `${HEADER}\n`, {}, 'has a header and no records'],
    ['that is a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), {}, 'is a PNG picture, not a text file'],
    ['that is a PDF', '%PDF-1.7\n%âãÏÓ\n', {}, 'is a PDF document, not a text file'],
    ['that is an Excel file', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0), {}, 'is a ZIP archive or an Excel or Word document, not a text file'],
    ['that is packed', Uint8Array.of(0x1f, 0x8b, 8, 0), {}, 'is a gzip archive, not a text file'],
    ['that is a database', 'SQLite format 3\u0000', {}, 'is a SQLite database, not a text file'],
    ['that is a tar archive', `patients.txt${'\0'.repeat(245)}ustar\0${PATIENT}\n`, {}, 'is a tar archive, not a text file'],
    ['of zero bytes, without an end', '\0'.repeat(1000), {}, 'is empty'],
    ['that is a database of another program', `\u0003~\u0001\u0001${'NAME\0\0\0C'.repeat(20)}\r${'Walsh     Nora      '.repeat(500)}`, {}, 'is not a text file'],
    ['of UTF-16 in letters beyond ASCII, without a mark', utf16('ЖурналЪ|Прививка|1\n'.repeat(20)), {}, 'looks like UTF-16'],
    ['of control characters', '\u0001\u0002\u0003abc', {}, 'is not a text file'],
    ['in UTF-16 that was not transcoded', Uint8Array.of(0xff, 0xfe, 0x46, 0), {}, 'is in UTF-16, and is read as something else'],
    ['in UTF-16 without a mark that was not transcoded', utf16(PATIENT, 'utf-16be'), {}, 'is in UTF-16, and is read as something else'],
    ['that is not UTF-16, though it is said to be', '䄀䈀䌀䐀䔀䘀', { encoding: 'utf-16le' }, 'makes no sense as UTF-16LE'],
    ['with doses for patients', `${DOSE_HEADER}\n${DOSE}`, {}, 'looks like the immunization file, and was given as the patient file'],
    ['with patients for doses', `${HEADER}\n${PATIENT}`, { role: 'immunization' }, 'looks like the patient file, and was given as the immunization file'],
    ['with doses for patients, without header', DOSE, {}, 'looks like the immunization file, and was given as the patient file'],
    ['with patients for doses, without header', `${PATIENT}\n`, { role: 'immunization' }, 'looks like the patient file, and was given as the immunization file'],
    ['with another delimiter', PATIENT.replaceAll('|', ','), {}, 'has 1 field a record where miis-legacy has 40 (delimiter |)'],
    ['with another delimiter and a header', `${HEADER}\n${PATIENT}`.replaceAll('|', '\t'), {}, 'has 1 field a record where miis-legacy has 40 (delimiter |)'],
    ['of more columns, though as many more as immload adds to rejects', `${PATIENT}|a|b|c`, {}, 'has 43 fields a record where miis-legacy has 40 (delimiter |)'],
    ['of another layout', 'F1|1|Walsh\nF1|2|Osei', {}, 'has 3 fields a record where miis-legacy has 40 (delimiter |)'],
    ['of records that are shorter than their key', 'F1|1|Walsh\n', { spec: loose('pad', 'reject') }, 'has 3 fields a record where miis-legacy has 40 (delimiter |)'],
    ['with doses for patients that may be shorter', DOSE, { spec: loose('pad', 'reject') }, 'looks like the immunization file, and was given as the patient file'],
    ['of fixed width, for a delimited spec', line('patient', GRITS), {}, 'has 1 field a record where miis-legacy has 40 (delimiter |)'],
    ['without a header that must be there', PATIENT, { spec: withHeader('required') }, 'has no header that fits the specification'],
    ['without a header, though there could be lines above', `Export\n${PATIENT}`, { spec: withHeader('required') }, 'has no header that fits the specification'],
    ['with doses for patients, below a title', `Export\n${DOSE_HEADER}\n${DOSE}`, {}, 'looks like the immunization file, and was given as the patient file'],
    ['with a title and a header, and nothing else', `Export\n${HEADER}\n`, {}, 'has a header and no records'],
    ['without the header record that must be there', `${HEADER}\n${PATIENT}`, { spec: marked({ headerRecord: { tag: 'H' } }) }, 'does not begin with the header record H'],
    ['with a column twice', 'facility_id|patient_id|last_name|birth_date|Last Name\nF1|1|Walsh|20150514|x', {}, 'has the column Last Name twice'],
    ['without a column for the id', 'facility_id|last_name|birth_date\nF1|Walsh|20150514', {}, 'has no column patient_id'],
    ['without a column for the last name', 'facility_id|patient_id|birth_date\nF1|1|20150514', {}, 'has no column last_name'],
    ['without a column for the site', 'patient_id|last_name|birth_date\n1|Walsh|20150514', {}, 'has no column facility_id'],
    ['without a column for the date', 'facility_id|patient_id|cvx\nF1|1|03', { role: 'immunization' }, 'has no column admin_date'],
    ['without a column for the vaccine', 'facility_id|patient_id|admin_date\nF1|1|20160516', { role: 'immunization' }, 'has no column that names the vaccine'],
    ['with fixed-width doses for patients', line('immunization', GRITS), { spec: GRITS }, 'looks like the immunization file, and was given as the patient file'],
    ['with fixed-width patients for doses', line('patient', GRITS), { spec: GRITS, role: 'immunization' }, 'looks like the patient file, and was given as the immunization file'],
    ['of many rows without a date where it should be', `x${line('patient', GRITS)}\n`.repeat(12), { spec: GRITS }, 'has no dates where grits-fixed has them (rows of 585 bytes)'],
  ])('%s', (_, input, options, problem) => {
    expect(problemOf(look(input, options))).toBe(problem);
  }); // biome-ignore format: a table
});

describe('a file of tagged lines', () => {
  const spec = completeSpec(smallestTagged());
  const lookAt = (text: string): Recognition => look(text, { spec, role: 'combined' });

  test.each<[string, string, object]>([
    ['fits', 'P|1|Smith|05/04/2015\nI|05/05/2017|03\n', { fieldCount: 4, header: null }],
    ['fits with doses first', 'I|05/05/2017|03\nP|1|Smith|05/04/2015', { fieldCount: 4 }],
    ['fits with delimiters at the ends', 'P|1|Smith|05/04/2015|\nI|05/05/2017|03|\nI|05/05/2018|03|\nI|x', { fieldCount: 5 }],
    ['fits with some lines without tags', 'P|1|Smith|05/04/2015\nx\nI|05/05/2017|03\n', {}],
    ['of rejects fits, whatever is in it', 'immload:rejects\n?|x\nI|05/05/2017|03', {}],
  ])('%s', (_, text, expected) => {
    expect(lookAt(text)).toMatchObject({ fits: true, ...expected });
  }); // biome-ignore format: a table

  test.each<[string, string, string]>([
    ['without patients', 'I|05/05/2017|03\nI|05/05/2018|03', 'has no line that begins with P'],
    ['of other tags', 'P|1|Smith|05/04/2015\nA|1\nB|2', 'has lines that begin neither with P nor with I'],
    ['of other columns', 'P|1|Smith\nI|05/05/2017|03', 'has 3 fields a record where my-clinic has 4 (delimiter |)'],
    ['of another delimiter', 'P,1,Smith,05/04/2015', 'has no line that begins with P'],
  ])('%s is refused', (_, text, problem) => {
    expect(problemOf(lookAt(text))).toBe(problem);
  }); // biome-ignore format: a table
});

test('a few fixed-width rows without dates are read and told one by one', () => {
  expect(look(`x${line('patient', GRITS)}\n`.repeat(3), { spec: GRITS })).toMatchObject({ fits: true });
});

test('any bytes are told, not thrown', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '|', '"', '\n', '\r', ' ', 'patient_id', 'last_name', '\u0000', 'é'),
    maxLength: 40,
  });
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 60 }), text.map(bytesOf));
  const options = fc.record({
    role: fc.constantFrom<Role>('patient', 'immunization'),
    spec: fc.constantFrom(MIIS, GRITS),
  });
  fc.assert(
    fc.property(bytes, options, fc.boolean(), (input, option, isWhole) => {
      const recognition = look(input, option, isWhole);
      if (!recognition.fits)
        expect([recognition.problem, recognition.remedy].every((words) => words !== '')).toBe(true);
      else expect(recognition.fieldCount).toBeGreaterThan(0);
    }),
    { numRuns: 2_000 },
  );
});
