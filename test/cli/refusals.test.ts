/** What the program refuses: one clear line, the right exit code, and nothing left behind. */
import { mkdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { headerLine, toCells, toLine } from '../../src/core/write.js';
import { builtInSpecIds } from '../../src/files/specs.js';
import { utf16 } from '../support/encodings.js';
import { GRITS, MIIS } from '../support/fixtures.js';
import { listFolder, runProgram } from '../support/program.js';
import { miis, Sandbox } from '../support/sandbox.js';
import { zip } from '../support/zip.js';

const PATIENTS = miis('facility_id|patient_id|last_name|first_name|birth_date', 'F1|1|Smith|Anna|20150504');
const DOSES = miis('facility_id|patient_id|cvx|admin_date', 'F1|1|03|20160505');

const patient = {
  site_id: 'F1',
  source_patient_id: '1',
  last_name: 'Smith',
  first_name: 'Anna',
  birth_date: '2015-05-04',
};
const dose = { site_id: 'F1', source_patient_id: '1', cvx: '03', cpt: '90707', administered_on: '2016-05-05' };
const line = (values: Record<string, string>, role: 'patient' | 'immunization', spec = MIIS): string =>
  `${toLine(toCells(values, role, spec), spec.layouts[role])}\n`;

/** A spec of the user's own, whose files have no header. */
const BARE_SPEC = JSON.stringify({
  ...MIIS,
  id: 'bare',
  layouts: {
    patient: { ...MIIS.layouts.patient, header: 'absent' },
    immunization: { ...MIIS.layouts.immunization, header: 'absent' },
  },
});

interface Refusal {
  readonly what: string;
  /** Files of the work folder. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Further preparation. */
  readonly prepare?: (sandbox: Sandbox) => void;
  readonly args: string;
  readonly code: number;
  /** All of stderr, without the program's name before it. */
  readonly says: string;
}

const SWAPPED = 'give the patient file with --patients and the immunization file with --immunizations';

const INPUT_REFUSALS: readonly Refusal[] = [
  {
    what: 'a missing file',
    args: 'load --patients p.txt --immunizations gone.txt',
    code: 1,
    says: 'gone.txt: there is no such file; check the path',
  },
  {
    what: 'a file in a folder that is a file',
    args: 'load --patients p.txt/p.txt',
    code: 1,
    says: 'p.txt/p.txt: there is no such file; check the path',
  },
  {
    what: 'a folder',
    prepare: (sandbox) => mkdirSync(sandbox.path('export')),
    args: 'load --patients export',
    code: 1,
    says: 'export: is a folder; give the files in it',
  },
  {
    what: 'an empty file',
    files: { 'empty.txt': '' },
    args: 'load --patients empty.txt',
    code: 1,
    says: 'empty.txt: is empty; check the export',
  },
  {
    what: 'a file of blank lines',
    files: { 'blank.txt': '\r\n \r\n\r\n' },
    args: 'load --patients blank.txt',
    code: 1,
    says: 'blank.txt: is empty; check the export',
  },
  {
    what: 'a header only',
    files: { 'header.txt': `${headerLine(MIIS.layouts.patient)}\n` },
    args: 'load --patients header.txt',
    code: 1,
    says: 'header.txt: is of miis-legacy, but has a header and no records; check the export',
  },
  {
    what: 'a header only, in the second file',
    files: { 'header.txt': 'facility_id|patient_id|cvx|admin_date' },
    args: 'load --patients p.txt --immunizations header.txt',
    code: 1,
    says: 'header.txt: is of miis-legacy, but has a header and no records; check the export',
  },
  {
    what: 'a JPEG',
    files: { 'scan.jpg': Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1) },
    args: 'load --patients scan.jpg',
    code: 1,
    says: 'scan.jpg: is a JPEG picture, not a text file; export the records as text',
  },
  {
    what: 'an Excel workbook',
    files: { 'p.xlsx': zip([{ name: '[Content_Types].xml' }, { name: 'xl/workbook.xml' }]) },
    args: 'load --patients p.xlsx',
    code: 1,
    says: 'p.xlsx: is an Excel or Word document, not a text file; export the records as text',
  },
  {
    what: 'UTF-16 that is said to be UTF-8',
    files: { 'p16.txt': utf16(`\ufeff${PATIENTS}`) },
    args: 'load --patients p16.txt --encoding utf-8',
    code: 1,
    says: 'p16.txt: is in UTF-16, and is read as something else; leave --encoding out',
  },
  {
    what: 'UTF-8 that is said to be UTF-16',
    args: 'load --patients p.txt --encoding utf-16be',
    code: 1,
    says: 'p.txt: makes no sense as UTF-16BE; give another --encoding, or leave it out',
  },
  {
    what: 'UTF-16 in the wrong order',
    files: { 'p16.txt': utf16(PATIENTS) },
    args: 'load --patients p16.txt --encoding utf-16be',
    code: 1,
    says: 'p16.txt: makes no sense as UTF-16BE; give another --encoding, or leave it out',
  },
  {
    what: 'an encoding that nobody knows',
    args: 'load --patients p.txt --encoding utf-16',
    code: 2,
    says: '--encoding: give one of utf-8, utf-16le, utf-16be, windows-1252',
  },
  {
    what: 'a file with the same column twice',
    files: { 'twice.txt': miis('facility_id|patient_id|last_name|Last Name|birth_date', 'F1|1|Smith|Smith|20150504') },
    args: 'load --patients twice.txt',
    code: 1,
    says: 'twice.txt: is of miis-legacy, but has the column Last Name twice; leave one of the two out',
  },
  {
    what: 'a file without a column that is needed',
    files: { 'nodate.txt': miis('facility_id|patient_id|last_name|first_name', 'F1|1|Smith|Anna') },
    args: 'load --patients nodate.txt',
    code: 1,
    says: 'nodate.txt: is of miis-legacy, but has no column birth_date; add it, or name it as miis-legacy does',
  },
  {
    what: 'records that name no site, when the command names none either',
    files: { 'nosite.txt': miis('patient_id|last_name|first_name|birth_date', '1|Smith|Anna|20150504') },
    args: 'load --patients nosite.txt',
    code: 1,
    says: 'nosite.txt: is of miis-legacy, but has no column facility_id; name the site with --site, add it, or name it as miis-legacy does',
  },
  {
    what: 'another delimiter',
    files: { 'p.csv': '1,Smith,Anna,20150504\n2,Jones,Ben,20160612\n' },
    args: 'load --patients p.csv',
    code: 1,
    says: 'p.csv: fits no specification; in alert-csv, the nearest, it has 4 fields a record where alert-csv has 37 (delimiter ,); choose the right --spec, or add a header that names the columns',
  },
];

const CUT_OFF = line({ ...patient, site_id: '' }, 'patient', GRITS).trimEnd();

const SPEC_NOT_GIVEN: readonly Refusal[] = [
  {
    what: 'a file that two specifications fit equally well',
    files: { 'client.txt': CUT_OFF },
    args: 'load client.txt --site GA1',
    code: 1,
    says: 'client.txt: fits grits-fixed and wir-fixed equally well; say which it is with --spec grits-fixed or --spec wir-fixed',
  },
  {
    what: 'files of two specifications',
    files: { 'd.csv': `Record Identifier,CVX Code,Vaccination Date\n1,03,05052016\n` },
    args: 'validate p.txt d.csv --site F1',
    code: 1,
    says: 'p.txt, d.csv: are of two specifications, p.txt of miis-legacy and d.csv of alert-csv or immunet-csv; load the files of each by themselves',
  },
  {
    what: 'a file of no specification',
    files: { 'x.csv': 'name,age\nAnn,3\n' },
    args: 'validate x.csv',
    code: 1,
    says: 'x.csv: fits no specification; in alert-csv, the nearest, it has 2 fields a record where alert-csv has 18 (delimiter ,); choose the right --spec, or add a header that names the columns',
  },
];

const LONG = PATIENTS + 'F1|1|Smith|Anna|20150504\n'.repeat(100_000);
const ALLOW = 'if it is what it should be, allow more with --max-unpacked';

const PACKED_REFUSALS: readonly Refusal[] = [
  {
    what: 'gzip that is cut short',
    files: { 'p.txt.gz': gzipSync(PATIENTS).subarray(0, -20) },
    args: 'load --patients p.txt.gz',
    code: 1,
    says: 'p.txt.gz: is cut short; pack it again, or get it sent again',
  },
  {
    what: 'gzip that is cut short where nobody has looked before the run began',
    files: { 'p.txt.gz': gzipSync(LONG).subarray(0, -20) },
    args: 'validate --patients p.txt.gz',
    code: 1,
    says: 'p.txt.gz: is cut short; pack it again, or get it sent again',
  },
  {
    what: 'gzip in gzip',
    files: { 'p.txt.gz': gzipSync(gzipSync(PATIENTS)) },
    args: 'load --patients p.txt.gz',
    code: 1,
    says: 'p.txt in p.txt.gz: is a gzip archive, not a text file; export the records as text',
  },
  {
    what: 'gzip of the other file',
    files: { 'd.txt.gz': gzipSync(DOSES) },
    args: 'load --patients d.txt.gz',
    code: 1,
    says: `d.txt in d.txt.gz: is of miis-legacy, but looks like the immunization file, and was given as the patient file; ${SWAPPED}`,
  },
  {
    what: 'an archive of two files',
    files: {
      'e.zip': zip([
        { name: 'p.txt', content: PATIENTS },
        { name: 'd.txt', content: DOSES },
      ]),
    },
    args: 'load --patients e.zip',
    code: 1,
    says: 'e.zip: holds 2 files (p.txt, d.txt); say which, such as e.zip#p.txt',
  },
  {
    what: 'an archive without the file that is named',
    files: { 'e.zip': zip([{ name: 'p.txt', content: PATIENTS }]) },
    args: 'load --patients e.zip#q.txt',
    code: 1,
    says: 'e.zip#q.txt: is not there; the archive holds 1 file (p.txt); say which, such as e.zip#p.txt',
  },
  {
    what: 'an archive with names that a terminal obeys',
    files: { 'e.zip': zip([{ name: '\u001b]0;x\u0007' }, { name: '\u202etxt.p' }]) },
    args: 'load --patients e.zip',
    code: 1,
    says: 'e.zip: holds 2 files (�]0;x�, �txt.p); say which, such as e.zip#�]0;x�',
  },
  {
    what: 'an archive whose file leads out of it',
    files: { 'e.zip': zip([{ name: '../../p.txt', content: PATIENTS }]) },
    args: 'load --patients e.zip',
    code: 1,
    says: 'e.zip: holds a file whose path leads out of it (../../p.txt); pack it again',
  },
  {
    what: 'an archive that is encrypted',
    files: { 'e.zip': zip([{ name: 'p.txt', content: PATIENTS, flags: 1 }]) },
    args: 'load --patients e.zip',
    code: 1,
    says: 'e.zip: is encrypted; unpack it with its password, and load what was in it',
  },
  {
    what: 'an archive that is damaged',
    files: { 'e.zip': zip([{ name: 'p.txt', content: LONG, crc32: 7 }]) },
    args: 'validate --patients e.zip',
    code: 1,
    says: 'e.zip: is damaged; pack it again, or get it sent again',
  },
  {
    what: 'an archive that unpacks to more than is allowed',
    files: { 'e.zip': zip([{ name: 'p.txt', content: LONG }]) },
    args: 'load --patients e.zip --max-unpacked 1.5MB',
    code: 1,
    says: `e.zip: unpacks to more than 1.5 MB; ${ALLOW}`,
  },
  {
    what: 'gzip that unpacks to more than is allowed, in the middle of the run',
    files: { 'p.gz': gzipSync(LONG) },
    args: 'validate --patients p.txt p.gz --max-unpacked 1500KB',
    code: 1,
    says: `p.gz: unpacks to more than 1.5 MB; ${ALLOW}`,
  },
  {
    what: 'a size that is none',
    args: 'load --patients p.txt --max-unpacked 100',
    code: 2,
    says: '--max-unpacked: give a size, such as 500MB or 20GB',
  },
];

const SWAPPED_REFUSALS: readonly Refusal[] = [
  {
    what: 'the two files swapped, with headers',
    args: 'load --patients d.txt --immunizations p.txt',
    code: 1,
    says: `d.txt: is of miis-legacy, but looks like the immunization file, and was given as the patient file; ${SWAPPED}`,
  },
  {
    what: 'the patient file given as the immunization file',
    args: 'load --immunizations p.txt',
    code: 1,
    says: `p.txt: is of miis-legacy, but looks like the patient file, and was given as the immunization file; ${SWAPPED}`,
  },
  {
    what: 'the two files swapped, without headers where they may have one',
    files: { 'p0.txt': line(patient, 'patient'), 'd0.txt': line(dose, 'immunization') },
    args: 'load --patients d0.txt --immunizations p0.txt',
    code: 1,
    says: `d0.txt: is of miis-legacy, but looks like the immunization file, and was given as the patient file; ${SWAPPED}`,
  },
  {
    what: 'the two files swapped, in a spec that knows no header',
    files: { 'bare.json': BARE_SPEC, 'p0.txt': line(patient, 'patient'), 'd0.txt': line(dose, 'immunization') },
    args: 'load --spec bare.json --patients d0.txt --immunizations p0.txt',
    code: 1,
    says: `d0.txt: looks like the immunization file, and was given as the patient file; ${SWAPPED}`,
  },
  {
    what: 'the two files swapped, in fixed width',
    files: { 'client.txt': line(patient, 'patient', GRITS), 'shots.txt': line(dose, 'immunization', GRITS) },
    args: 'load --spec grits-fixed --site GA1 --patients shots.txt --immunizations client.txt',
    code: 1,
    says: `shots.txt: looks like the immunization file, and was given as the patient file; ${SWAPPED}`,
  },
];

const SPEC_REFUSALS: readonly Refusal[] = [
  {
    what: 'an unknown spec',
    args: 'load --patients p.txt --spec miis',
    code: 2,
    says: `there is no spec miis; use one of ${builtInSpecIds().join(', ')}, or the path of a spec file`,
  },
  {
    what: 'a spec file that is not there',
    args: 'load --patients p.txt --spec ./miis.json',
    code: 2,
    says: './miis.json: there is no such spec file; check its path',
  },
  {
    what: 'a spec that is a folder',
    prepare: (sandbox) => mkdirSync(sandbox.path('own.json')),
    args: 'load --patients p.txt --spec own.json',
    code: 2,
    says: 'own.json: the spec file cannot be read (EISDIR); check its path',
  },
  {
    what: 'a spec that is no JSON',
    files: { 'own.json': '{ "id": "own",\n  "version": "1"\n  "title": "Own" }' },
    args: 'load --patients p.txt --spec own.json',
    code: 2,
    says: 'own.json: line 3, column 3: not JSON. Look for a missing comma, quote or bracket there.',
  },
  {
    what: 'a spec that ends too early',
    files: { 'own.json': '{ "id": "own",\n "version"' },
    args: 'load --patients p.txt --spec own.json',
    code: 2,
    says: 'own.json: line 2, column 11: not JSON. Look for a missing comma, quote or bracket there.',
  },
  {
    what: 'a spec that is a list',
    files: { 'own.json': '[]' },
    args: 'load --patients p.txt --spec own.json',
    code: 2,
    says: 'own.json: line 1, column 1: not a JSON object. A spec begins with { and has id, version, title, provenance, dates and layouts.',
  },
  {
    what: 'a spec with an error in it',
    files: { 'own.json': BARE_SPEC.replace('"delimiter":"|"', '"delimiter":"||"') },
    args: 'load --patients p.txt --spec own.json',
    code: 2,
    says: `own.json: line 1, column ${BARE_SPEC.indexOf('"|"') + 1}: /layouts/patient/delimiter: not one ASCII character. Use one character, such as | or , or \\t.`,
  },
  {
    what: 'a spec with several errors in it',
    files: { 'own.json': BARE_SPEC.replaceAll('"delimiter":"|"', '"delimiter":"||"') },
    args: 'validate --patients p.txt --spec own.json',
    code: 2,
    says: `own.json: line 1, column ${BARE_SPEC.indexOf('"|"') + 1}: /layouts/patient/delimiter: not one ASCII character. Use one character, such as | or , or \\t. (and 1 more: \`immload spec check own.json\`)`,
  },
];

function foreignDatabase(sandbox: Sandbox): void {
  const database = new Database(sandbox.path('other.db'));
  database.exec('CREATE TABLE visits (id INTEGER, note TEXT); INSERT INTO visits VALUES (1, NULL)');
  database.close();
}

const DATABASE_REFUSALS: readonly Refusal[] = [
  {
    what: 'a database that is a text file',
    files: { 'notes.db': 'These are notes, and no database.\n' },
    args: 'load --patients p.txt --db notes.db',
    code: 1,
    says: 'notes.db: not a SQLite database; give another file with --db',
  },
  {
    what: 'a database that is the patient file',
    args: 'load --patients p.txt --db p.txt',
    code: 1,
    says: 'p.txt: not a SQLite database; give another file with --db',
  },
  {
    what: 'a database of another program',
    prepare: foreignDatabase,
    args: 'load --patients p.txt --db other.db',
    code: 1,
    says: 'other.db: a database of another program; give another file with --db',
  },
  {
    what: 'a dry run with a database of another program',
    prepare: foreignDatabase,
    args: 'load --dry-run --patients p.txt --db other.db',
    code: 1,
    says: 'other.db: a database of another program; give another file with --db',
  },
  {
    what: 'a migration of a database of another program',
    prepare: foreignDatabase,
    args: 'migrate --db other.db',
    code: 1,
    says: 'other.db: a database of another program; give another file with --db',
  },
  {
    what: 'the runs of a database of another program',
    prepare: foreignDatabase,
    args: 'runs --db other.db',
    code: 1,
    says: 'other.db: a database of another program; give another file with --db',
  },
  {
    what: 'a database that is cut short',
    files: { 'short.db': Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(84, 7)]) },
    args: 'load --patients p.txt --db short.db',
    code: 1,
    says: 'short.db: not a SQLite database; give another file with --db',
  },
  {
    what: 'a database that is a folder',
    prepare: (sandbox) => mkdirSync(sandbox.path('registry')),
    args: 'load --patients p.txt --db registry',
    code: 1,
    says: 'registry: a folder; --db names a file',
  },
  {
    what: 'a database without a file',
    args: 'load --patients p.txt --db :memory:',
    code: 1,
    says: ':memory:: not a file; give one with --db, or run `immload validate`',
  },
  {
    what: 'a database in a folder that is not there',
    args: 'load --patients p.txt --db gone/r.db',
    code: 1,
    says: 'gone/r.db: cannot be made; check that the folder exists and can be written',
  },
  {
    what: 'a PostgreSQL server that does not answer',
    args: 'load --patients p.txt --db postgres://ann:pa55word@127.0.0.1:1/registry',
    code: 1,
    says: 'postgres://127.0.0.1:1/registry: no server answers there; check host and port, and that it runs',
  },
  {
    what: 'an address that cannot be read',
    args: 'load --patients p.txt --db postgres://ann:pa55word/x@host:nine/registry',
    code: 1,
    says: '--db: the address of the database cannot be read; give it as postgres://user@host:5432/database, with % and two digits for / @ : ? # in a password',
  },
  {
    what: 'a review on a server that is not there',
    args: 'review list --db postgres://ann:pa55word@127.0.0.1:1/registry',
    code: 1,
    says: 'postgres://127.0.0.1:1/registry: no server answers there; check host and port, and that it runs',
  },
  {
    what: 'the runs of a database that is not there',
    args: 'runs --db gone.db',
    code: 1,
    says: 'gone.db: there is no such database; give its path with --db',
  },
];

describe.each([
  ['inputs', INPUT_REFUSALS],
  ['packed inputs', PACKED_REFUSALS],
  ['swapped inputs', SWAPPED_REFUSALS],
  ['files without a spec', SPEC_NOT_GIVEN],
  ['specs', SPEC_REFUSALS],
  ['databases', DATABASE_REFUSALS],
])('%s: one line, an exit code and nothing left behind for', (_, refusals) => {
  test.each(refusals)('$what', async ({ files = {}, prepare, args, code, says }) => {
    using sandbox = new Sandbox();
    for (const [name, content] of Object.entries({ 'p.txt': PATIENTS, 'd.txt': DOSES, ...files })) {
      sandbox.write(name, content);
    }
    prepare?.(sandbox);
    const before = listFolder(sandbox.folder);
    const outcome = await runProgram(sandbox.folder, args.split(' '));
    expect(outcome).toEqual({ code, stdout: '', stderr: `immload: ${says}\n`, left: before });
  });
});

describe('a registry that is there already', () => {
  test.each([...INPUT_REFUSALS.slice(0, 8), ...SWAPPED_REFUSALS])('stays as it is for $what', async (refusal) => {
    using sandbox = new Sandbox();
    const files = { 'p.txt': PATIENTS, 'd.txt': DOSES, ...refusal.files };
    for (const [name, content] of Object.entries(files)) sandbox.write(name, content);
    refusal.prepare?.(sandbox);
    expect((await runProgram(sandbox.folder, ['load', '--patients', 'p.txt', '--quiet'])).code).toBe(0);
    const before = listFolder(sandbox.folder);
    const outcome = await runProgram(sandbox.folder, refusal.args.split(' '));
    expect(outcome.code).toBe(refusal.code);
    expect(outcome.left).toEqual(before);
    expect(Object.keys(before)).toContain('immload.db');
  });
});

describe('an immunization file whose patients are nowhere', () => {
  const strangers = miis(
    'facility_id|patient_id|cvx|admin_date',
    'F1|7|03|20160505',
    'F1|8|03|20160505',
    'F1|9|20|20160505',
    'F1|9|20|20163505',
  );

  test('is said to be so in one line, and all of it is rejected', async () => {
    using sandbox = new Sandbox();
    sandbox.write('p.txt', PATIENTS);
    sandbox.write('d.txt', strangers);
    const outcome = await runProgram(sandbox.folder, ['load', '--patients', 'p.txt', '--immunizations', 'd.txt']);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toBe(
      'immload: d.txt: no immunization was loaded, since 3 of 4 have no patient in --patients or in the registry; load their patients first\n',
    );
    expect(outcome.stdout).toMatch(/d\.txt +4 +0 +0 +0 +4 +0\n/);
    expect(sandbox.query('SELECT count(*) AS n FROM immunizations', sandbox.path('immload.db'))).toEqual([{ n: 0 }]);
  });

  test('is nothing to speak of when some of it was loaded', async () => {
    using sandbox = new Sandbox();
    sandbox.write('p.txt', PATIENTS);
    sandbox.write('d.txt', `${strangers}F1|1|03|20160505\n`);
    const outcome = await runProgram(sandbox.folder, ['load', '--patients', 'p.txt', '--immunizations', 'd.txt']);
    expect(outcome).toMatchObject({ code: 3, stderr: '' });
  });
});
