/** Rejects that are corrected by the report’s own suggestions: byte for byte, but for the fields that are fixed. */
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { encodeUtf16 } from '../../src/core/read/utf16.js';
import { runProgram } from '../support/program.js';
import { miis, Sandbox } from '../support/sandbox.js';

const HEADER = 'facility_id|patient_id|last_name|first_name|birth_date|city|state|zip';
const PATIENTS = miis(
  HEADER,
  'F1|1|Smith|Anna|20150504|Boston|MA|02118',
  'F1|2|"Jones"|Ben|"31/05/2009"|Boston|MA|02118',
  'F1|3|Park| Ann |20401/2|Boston|MA|02118',
  'F1|4|Muñoz|Eva|21150504|Boston|MA|20118',
);
const DOSES = miis(
  'facility_id|patient_id|cvx|admin_date',
  'F1|1|08|20151305',
  'F1|2|08|20100105',
  'F1|4|08|20150512',
  'F1|1|03|20160512',
);

const ACCEPT = ['accept-fixes', '--report', 'report'];
const LOAD = ['load', '--spec', 'miis-legacy', '--today', '2026-07-01', '--quiet'];

async function loadFaulty(sandbox: Sandbox, patients: string | Uint8Array, doses: string | Uint8Array): Promise<void> {
  sandbox.write('p.txt', patients);
  sandbox.write('d.txt', doses);
  const files = ['--patients', 'p.txt', '--immunizations', 'd.txt', '--report', 'report'];
  expect((await runProgram(sandbox.folder, [...LOAD, ...files])).code).toBe(3);
}

test('the corrected files differ in the fixed fields alone, and load', async () => {
  using sandbox = new Sandbox();
  await loadFaulty(sandbox, PATIENTS, DOSES);
  const rejects = readFileSync(sandbox.path('report', 'rejects', 'p.txt'), 'utf8');
  const outcome = await runProgram(sandbox.folder, ACCEPT);
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  expect(outcome.stdout).toContain('2 of 3 corrected');

  const corrected = readFileSync(sandbox.path('report', 'rejects', 'p.corrected.txt'), 'utf8');
  expect(corrected).toBe(
    rejects.replace('"31/05/2009"', '"20090531"').replace('|21150504|Boston|MA|20118|', '|20150504|Boston|MA|02118|'),
  );
  expect(readFileSync(sandbox.path('report', 'rejects', 'p.txt'), 'utf8')).toBe(rejects);
  for (const name of ['rejects/p.corrected.txt', 'rejects/d.corrected.txt', 'corrections.csv']) {
    expect(statSync(sandbox.path('report', name)).mode & 0o777).toBe(0o600);
  }

  const changes = await sandbox.report(sandbox.path('report'), 'corrections.csv');
  expect(
    changes.map((row) => [row['file'], row['record'], row['field'], row['before'], row['after'], row['not_applied']]),
  ).toEqual([
    ['p.txt', '2', 'birth_date', '31/05/2009', '20090531', ''],
    ['p.txt', '4', 'birth_date', '21150504', '20150504', ''],
    ['p.txt', '4', 'zip', '20118', '02118', ''],
    ['d.txt', '1', 'administered_on', '20151305', '20150513', ''],
  ]);

  const again = ['--patients', 'report/rejects/p.corrected.txt', '--immunizations', 'report/rejects/d.corrected.txt'];
  const loaded = await runProgram(sandbox.folder, [...LOAD, ...again, '--report', 'again', '--json']);
  expect(loaded.code).toBe(3);
  expect(
    sandbox.query('SELECT last_name, birth_date, zip FROM patients ORDER BY last_name', sandbox.path('immload.db')),
  ).toEqual([
    { last_name: 'Jones', birth_date: '2009-05-31', zip: '02118' },
    { last_name: 'Muñoz', birth_date: '2015-05-04', zip: '02118' },
    { last_name: 'Smith', birth_date: '2015-05-04', zip: '02118' },
  ]);
  expect(sandbox.query('SELECT count(*) AS doses FROM immunizations', sandbox.path('immload.db'))).toEqual([
    { doses: 4 },
  ]);
});

test('nothing is overwritten, and nothing is half done', async () => {
  using sandbox = new Sandbox();
  await loadFaulty(sandbox, PATIENTS, DOSES);
  expect((await runProgram(sandbox.folder, ACCEPT)).code).toBe(0);
  const again = await runProgram(sandbox.folder, [...ACCEPT, '--min', '0.5']);
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(again.stderr).toBe(
    'immload: report/corrections.csv: is there already; move it away, so that no correction is lost\n',
  );
});

test('a reject file that somebody changed is left alone', async () => {
  using sandbox = new Sandbox();
  await loadFaulty(sandbox, PATIENTS, DOSES);
  const path = sandbox.path('report', 'rejects', 'p.txt');
  const [header, first, second, third] = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, `${[header, third, second, first].join('\n')}\n`);
  const moved = await runProgram(sandbox.folder, ACCEPT);
  expect(moved.stdout).toContain('3 values are left to a person.');
  expect(existsSync(sandbox.path('report', 'rejects', 'p.corrected.txt'))).toBe(false);

  writeFileSync(path, `${[header, first].join('\n')}\n`);
  rmSync(sandbox.path('report', 'corrections.csv'));
  rmSync(sandbox.path('report', 'rejects', 'd.corrected.txt'));
  const shorter = await runProgram(sandbox.folder, ACCEPT);
  expect(shorter).toMatchObject({ code: 1, stdout: '' });
  expect(shorter.stderr).toContain('holds 1 records, and issues.csv tells of 3');
});

test('what a person corrected stays as it is, and all else is corrected', async () => {
  using sandbox = new Sandbox();
  const doses = miis(
    'facility_id|patient_id|cvx|admin_date|vaccine_name',
    'F1|1||20160512|Boostrixx',
    'F1|1||20160513|Boostrixx',
  );
  await loadFaulty(sandbox, PATIENTS, doses);
  const edit = (name: string, ...replaced: readonly [string, string][]): void => {
    const path = sandbox.path('report', 'rejects', name);
    writeFileSync(
      path,
      replaced.reduce((text, [from, to]) => text.replace(from, to), readFileSync(path, 'utf8')),
    );
  };
  edit('p.txt', ['"31/05/2009"', '"20090601"']);
  // The name that the code was suggested for is another one now.
  edit('d.txt', ['20160512|Boostrixx', '20160512|Adacel']);
  expect((await runProgram(sandbox.folder, ACCEPT)).stdout).toContain('2 values are left to a person.');
  expect(readFileSync(sandbox.path('report', 'rejects', 'p.corrected.txt'), 'utf8')).toContain('|Ben|"20090601"|');
  const corrected = readFileSync(sandbox.path('report', 'rejects', 'd.corrected.txt'), 'utf8');
  expect(corrected).toContain('F1|1||20160512|Adacel|');
  expect(corrected).toContain('F1|1|115|20160513|Boostrixx|');
  const left = (await sandbox.report(sandbox.path('report'), 'corrections.csv')).filter((row) => row['not_applied']);
  expect(left.map((row) => [row['field'], row['not_applied']])).toEqual([
    ['birth_date', 'somebody changed the record, and what it was suggested for is there no more'],
    ['cvx', 'somebody changed the record, and what it was suggested for is there no more'],
  ]);
});

test('nothing is suggested for a column that the file does not have', async () => {
  using sandbox = new Sandbox();
  const doses = (columns: string, record: string): string => miis(columns, record, record.replace('0512', '0513'));
  await loadFaulty(
    sandbox,
    PATIENTS,
    doses('facility_id|patient_id|admin_date|vaccine_name', 'F1|1|20160512|Boostrixx'),
  );
  const rows = await sandbox.report(sandbox.path('report'), 'issues.csv');
  expect(rows.filter((row) => row['file'] === 'd.txt' && row['suggestion'] !== '')).toEqual([]);
  expect(rows.some((row) => row['code'] === 'vaccine-name-near')).toBe(true);
});

test('a suggestion that several issues share, and that cannot be applied, is left once', async () => {
  using sandbox = new Sandbox();
  const doses = miis('facility_id|patient_id|cvx|admin_date|vaccine_name', 'F1|1||20160512|Boostrixx');
  await loadFaulty(sandbox, PATIENTS, doses);
  const path = sandbox.path('report', 'rejects', 'd.txt');
  // The column was taken out, and so the value has no place.
  const lines = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, lines.map((line) => line.split('|').toSpliced(2, 1).join('|')).join('\n'));
  expect((await runProgram(sandbox.folder, ACCEPT)).stdout).toContain('1 value is left to a person.');
  const left = (await sandbox.report(sandbox.path('report'), 'corrections.csv')).filter((row) => row['not_applied']);
  expect(left.map((row) => [row['field'], row['not_applied']])).toEqual([['cvx', 'the file has no such column']]);
});

test('what is not sure enough is left alone', async () => {
  using sandbox = new Sandbox();
  await loadFaulty(sandbox, PATIENTS, DOSES);
  const outcome = await runProgram(sandbox.folder, [...ACCEPT, '--min', '1']);
  expect(outcome).toMatchObject({ code: 0, stdout: 'No rejected record has a suggestion of at least 1.\n' });
  expect(existsSync(sandbox.path('report', 'rejects', 'p.corrected.txt'))).toBe(false);
});

test('a dose whose patient must be corrected with it is not changed by half', async () => {
  using sandbox = new Sandbox();
  const patients = miis(HEADER, 'F1|1|Smith|Anna|20160812|Boston|MA|02118');
  const doses = miis(
    'facility_id|patient_id|cvx|admin_date',
    'F1|1|03|20150513',
    'F1|1|21|20160511',
    'F1|1|20|20150911',
  );
  await loadFaulty(sandbox, patients, doses);
  const [row] = (await sandbox.report(sandbox.path('report'), 'issues.csv')).filter(({ record }) => record === '1');
  expect(row!['suggestion']).toBe('administered_on=20160812; patient.birth_date=20150513');
  const outcome = await runProgram(sandbox.folder, [...ACCEPT, '--min', '0.5']);
  expect(outcome.stdout).toContain('2 values are left to a person.');
  expect(existsSync(sandbox.path('report', 'rejects', 'd.corrected.txt'))).toBe(false);
});

test('UTF-16 and Windows-1252 files keep their encoding, and rejects of rejects find their suggestions', async () => {
  using sandbox = new Sandbox();
  const utf16 = encodeUtf16(Buffer.from(`\ufeff${PATIENTS}`, 'utf8'), 'utf-16le');
  await loadFaulty(sandbox, utf16, Buffer.from(DOSES.replaceAll('\n', '\r\n'), 'latin1'));
  expect((await runProgram(sandbox.folder, ACCEPT)).code).toBe(0);
  const corrected = new TextDecoder('utf-16le').decode(
    readFileSync(sandbox.path('report', 'rejects', 'p.corrected.txt')),
  );
  expect(corrected).toContain('Muñoz|Eva|20150504|Boston|MA|02118|');
  expect(readFileSync(sandbox.path('report', 'rejects', 'd.corrected.txt'), 'latin1')).toContain(
    '|20150513|dose-date-invalid',
  );

  // The reject file comes back uncorrected, behind another record: its records have other numbers now.
  const rejects = new TextDecoder('utf-16le').decode(readFileSync(sandbox.path('report', 'rejects', 'p.txt')));
  const [header, ...lines] = rejects.replace('\ufeff', '').trimEnd().split('\n');
  const more = `F1|9|Chan|Mei|20120304|Boston|MA|02118|||`;
  sandbox.write('back.txt', [header, more, ...lines, ''].join('\n'));
  await runProgram(sandbox.folder, [...LOAD, '--patients', 'back.txt', '--report', 'second']);
  expect((await runProgram(sandbox.folder, ['accept-fixes', '--report', 'second'])).code).toBe(0);
  const twice = readFileSync(sandbox.path('second', 'rejects', 'back.corrected.txt'), 'utf8');
  expect(twice).toContain('|Ben|"20090531"|');
  expect(twice).toMatch(/immload:p\.txt:2:3$/m);
});

test('fixed-width rejects are corrected in their columns', async () => {
  using sandbox = new Sandbox();
  const blank = ' '.repeat(585);
  const put = (record: string, start: number, text: string): string =>
    record.slice(0, start - 1) + text + record.slice(start - 1 + text.length);
  const patient = [
    [1, 'K1'],
    [26, 'Anna'],
    [76, 'Smith'],
    [121, '31052009'],
    [197, 'F'],
  ].reduce((record, [start, text]) => put(record, Number(start), String(text)), blank);
  sandbox.write('client.txt', `${patient}\r\n`);
  const args = [
    'load',
    '--spec',
    'grits-fixed',
    '--site',
    'S',
    '--today',
    '2026-07-01',
    '--quiet',
    '--patients',
    'client.txt',
    '--report',
    'report',
  ];
  expect((await runProgram(sandbox.folder, args)).code).toBe(3);
  expect((await runProgram(sandbox.folder, ACCEPT)).code).toBe(0);
  expect(readFileSync(sandbox.path('report', 'rejects', 'client.corrected.txt'), 'utf8')).toBe(
    `${put(patient, 121, '05312009')}\r\n`,
  );
});

test('a report that is none, and a confidence that is none, are told', async () => {
  using sandbox = new Sandbox();
  writeFileSync(sandbox.path('summary.json'), '[]');
  chmodSync(sandbox.path('summary.json'), 0o600);
  const outcomes = [
    await runProgram(sandbox.folder, ['accept-fixes', '--report', 'gone']),
    await runProgram(sandbox.folder, ['accept-fixes', '--report', '.']),
    await runProgram(sandbox.folder, ['accept-fixes', '--report', '.', '--min', '95']),
  ];
  expect(outcomes.map(({ code, stderr }) => [code, stderr])).toEqual([
    [1, 'immload: gone/summary.json: cannot be read; give the folder of a report with --report\n'],
    [1, 'immload: summary.json: is no summary of immload; give the folder of a report with --report\n'],
    [2, 'immload: --min: give a confidence above 0 and up to 1, such as 0.95\n'],
  ]);
});
