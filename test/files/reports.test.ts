/** Reports: a folder that is whole or not there, cells that are safe to open, counts that are exact. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IssueCode } from '../../src/core/catalogue.js';
import type { Issue } from '../../src/core/issue.js';
import type { Fate } from '../../src/core/model.js';
import { safeCell } from '../../src/core/safe-cells.js';
import { ChangeLog, CsvReport, IssueLog, ReportFolder } from '../../src/files/reports.js';
import { Sandbox } from '../support/sandbox.js';

function issue(code: IssueCode, record: number, more: Partial<Issue> = {}): Issue {
  return {
    code,
    severity: 'warning',
    record,
    line: record + 1,
    offset: record * 10,
    sourcePatientId: String(record),
    sourceImmunizationId: null,
    field: 'zip',
    column: null,
    documentCode: null,
    value: null,
    after: null,
    expected: null,
    other: null,
    ...more,
  };
}

describe('the folder of a report', () => {
  test('is beside its place until it is whole', () => {
    using sandbox = new Sandbox();
    const folder = ReportFolder.create(sandbox.path('out'));
    folder.writeJson('summary.json', { run: 1 });
    expect(existsSync(sandbox.path('out'))).toBe(false);
    expect(statSync(folder.workPath).mode & 0o777).toBe(0o700);
    folder.finish(sandbox.path('out'));
    expect(sandbox.files()).toEqual(['out/summary.json']);
    expect(readFileSync(sandbox.path('out', 'summary.json'), 'utf8')).toBe('{\n  "run": 1\n}\n');
    expect(statSync(sandbox.path('out', 'summary.json')).mode & 0o777).toBe(0o600);
  });

  test('is gone without a trace when it is abandoned, with the folders that were made for it', () => {
    using sandbox = new Sandbox();
    mkdirSync(sandbox.path('there'));
    const folder = ReportFolder.create(sandbox.path('there', 'a', 'b', 'out'));
    folder.writeJson('summary.json', {});
    folder.abandon();
    expect(existsSync(sandbox.path('there'))).toBe(true);
    expect(existsSync(sandbox.path('there', 'a'))).toBe(false);
  });

  test('leaves a folder that was made for it when somebody else uses it by now', () => {
    using sandbox = new Sandbox();
    const folder = ReportFolder.create(sandbox.path('a', 'b', 'out'));
    writeFileSync(sandbox.path('a', 'notes.txt'), 'mine');
    folder.abandon();
    expect(sandbox.files()).toEqual(['a/notes.txt']);
    expect(existsSync(sandbox.path('a', 'b'))).toBe(false);
  });

  test.each([
    ['a folder that holds something', (sandbox: Sandbox) => writeFileSync(`${makeFolder(sandbox)}/notes.txt`, 'mine')],
    ['a file', (sandbox: Sandbox) => sandbox.write('out', 'mine')],
  ])('does not take the place of %s', (_, take) => {
    using sandbox = new Sandbox();
    take(sandbox);
    const before = sandbox.files();
    expect(() => ReportFolder.create(sandbox.path('out'))).toThrow(
      `${sandbox.path('out')}: is not empty; give a new folder with --report, so that no report is lost`,
    );
    expect(sandbox.files()).toEqual(before);
  });

  test('goes when its process was killed and another begins, and stays while its process runs', () => {
    using sandbox = new Sandbox();
    const own = ReportFolder.create(sandbox.path('one'));
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const left = own.workPath.replace(`-${process.pid}-`, `-${dead}-`);
    mkdirSync(left);
    writeFileSync(`${left}/issues.csv`, 'half of it');
    mkdirSync(sandbox.path('.unfinished-another.host-1-abcdef'));
    const next = ReportFolder.create(sandbox.path('two'));
    expect(readdirSync(sandbox.folder).sort()).toEqual(
      ['.unfinished-another.host-1-abcdef', basename(own.workPath), basename(next.workPath)].sort(),
    );
  });

  test('takes the place of an empty folder', () => {
    using sandbox = new Sandbox();
    makeFolder(sandbox);
    ReportFolder.create(sandbox.path('out')).finish(sandbox.path('out'));
    expect(statSync(sandbox.path('out')).mode & 0o777).toBe(0o700);
  });

  test('is refused when somebody took its place meanwhile', () => {
    using sandbox = new Sandbox();
    const folder = ReportFolder.create(sandbox.path('out'));
    writeFileSync(`${makeFolder(sandbox)}/notes.txt`, 'mine');
    expect(() => folder.finish(sandbox.path('out'))).toThrow(
      expect.objectContaining({
        code: 'report',
        message: `${sandbox.path('out')}: cannot be made; give a new folder with --report`,
      }),
    );
    folder.abandon();
    expect(sandbox.files()).toEqual(['out/notes.txt']);
  });

  test('finds a name that is free', () => {
    using sandbox = new Sandbox();
    const folder = ReportFolder.createIn(sandbox.folder);
    expect(basename(folder.freePath('out'))).toBe('out');
    makeFolder(sandbox);
    expect(basename(folder.freePath('out')), 'an empty folder is free').toBe('out');
    writeFileSync(sandbox.path('out', 'x'), '');
    sandbox.write('out-2', '');
    expect(basename(folder.freePath('out'))).toBe('out-3');
  });
});

function makeFolder(sandbox: Sandbox): string {
  mkdirSync(sandbox.path('out'));
  return sandbox.path('out');
}

describe('a CSV report', () => {
  test('gives every cell back, safe ones as they are', async () => {
    using sandbox = new Sandbox();
    const cell = fc
      .string({ unit: 'grapheme', maxLength: 12 })
      .filter((text) => !text.includes('\r') && text.trim() === text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { maxLength: 20 }), async (rows) => {
        const report = new CsvReport(sandbox.path('r.csv'), ['a', 'b']);
        for (const row of rows) await report.write([...row]);
        await report.close();
        const read = await sandbox.report(sandbox.folder, 'r.csv');
        const wanted = rows.filter((row) => row.some((text) => text !== ''));
        expect(read.filter(({ a, b }) => a !== '' || b !== '').map(({ a, b }) => [a, b])).toEqual(
          wanted.map((row) => row.map(safeCell)),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('that the disk refuses says so to its writer, and stops no process', async () => {
    using sandbox = new Sandbox();
    const report = new CsvReport(sandbox.path('gone', 'r.csv'), ['a']);
    const writeMuch = async (): Promise<void> => {
      for (let i = 0; i < 100_000; i++) await report.write(['x'.repeat(100)]);
    };
    await expect(writeMuch()).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(report.write(['y'])).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(report.close()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('that the disk refuses while it is closed says so, too', async () => {
    using sandbox = new Sandbox();
    await expect(new CsvReport(sandbox.path('gone', 'r.csv'), ['a']).close()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('the issues of a run', () => {
  async function write(
    sandbox: Sandbox,
    log: IssueLog,
    fateOf: (file: number, record: number) => Fate | null = () => 'loaded',
  ) {
    await log.write({ fileIn: (name) => sandbox.path(name) }, fateOf);
    log.close();
    return sandbox.report(sandbox.folder, 'issues.csv');
  }

  test('stand file by file in the order of their records, early ones before late ones of the same', async () => {
    using sandbox = new Sandbox();
    const log = new IssueLog(sandbox.folder, 100);
    const [a, b] = [log.addFile('a.txt'), log.addFile('b.txt')];
    log.add(b, issue('zip-invalid', 1));
    for (const record of [1, 4, 4, 9]) log.add(a, issue('zip-invalid', record));
    for (const record of [0, 4, 7, 12]) log.add(a, issue('match-in-doubt', record), 'late');
    const rows = await write(sandbox, log, (file, record) => (file === 0 && record > 5 ? 'rejected' : 'loaded'));
    expect(rows.map(({ file, record, code, fate }) => [file, record, code, fate])).toEqual([
      ['a.txt', '', 'match-in-doubt', ''],
      ['a.txt', '1', 'zip-invalid', 'loaded'],
      ['a.txt', '4', 'zip-invalid', 'loaded'],
      ['a.txt', '4', 'zip-invalid', 'loaded'],
      ['a.txt', '4', 'match-in-doubt', 'loaded'],
      ['a.txt', '7', 'match-in-doubt', 'rejected'],
      ['a.txt', '9', 'zip-invalid', 'rejected'],
      ['a.txt', '12', 'match-in-doubt', 'rejected'],
      ['b.txt', '1', 'zip-invalid', 'loaded'],
    ]);
  });

  test('of the file as a whole have no place in it', async () => {
    using sandbox = new Sandbox();
    const log = new IssueLog(sandbox.folder, 100);
    log.add(
      log.addFile('a.txt'),
      issue('encoding-mixed', 0, { line: 0, offset: 0, field: null, sourcePatientId: null, other: '7' }),
    );
    const [row] = await write(sandbox, log);
    expect(row).toMatchObject({ record: '', line: '', byte_offset: '', fate: '', source_patient_id: '' });
    expect(row!['message']).toContain('7');
  });

  test('are counted exactly, whatever the cap on their rows', async () => {
    for (const cap of [0, 1, 3, 10]) {
      using sandbox = new Sandbox();
      const log = new IssueLog(sandbox.folder, cap);
      const file = log.addFile('a.txt');
      for (let record = 1; record <= 7; record++) log.add(file, issue('zip-invalid', record));
      for (let record = 1; record <= 2; record++) log.add(file, issue('phone-invalid', record), 'late');
      expect(log.counts.get('zip-invalid')).toEqual({
        severity: 'warning',
        count: 7,
        rows: Math.min(cap, 7),
        examples: [2, 3, 4, 5, 6].map((line) => ({ file: 'a.txt', line })),
      });
      expect(log.counts.get('phone-invalid')).toMatchObject({ count: 2, rows: Math.min(cap, 2) });
      const rows = await write(sandbox, log);
      expect(rows).toHaveLength(Math.min(cap, 7) + Math.min(cap, 2));
    }
  });

  test('keep what looks like their own punctuation, each on one line', async () => {
    using sandbox = new Sandbox();
    const log = new IssueLog(sandbox.folder, 100);
    const file = log.addFile('a.txt');
    log.add(file, issue('zip-invalid', 1, { value: '' }));
    log.add(file, issue('zip-invalid', 2, { value: 'x=y "z", é' }));
    log.add(file, issue('zip-invalid', 3, { value: 'two\nlines', sourceImmunizationId: '=V1' }));
    const rows = await write(sandbox, log);
    expect(rows.map((row) => row['value'])).toEqual(['', 'x=y "z", é', 'two lines']);
    expect(rows[2]!['source_immunization_id']).toBe("'=V1");
  });
});

describe('the changes of a run', () => {
  const change = (before: string, count = 1, firstLine = 2) => ({
    slot: 0,
    before,
    after: before.toUpperCase(),
    count,
    firstLine,
  });

  test('are counted by value, the commonest first', async () => {
    using sandbox = new Sandbox();
    const log = new ChangeLog();
    log.add('patient', 'sex', change('f', 2, 9));
    log.add('patient', 'sex', change('m', 3, 4));
    log.add('patient', 'sex', change('f', 5, 12));
    log.add('immunization', 'sex', change('f'));
    await log.write(sandbox.path('changes.csv'));
    const rows = await sandbox.report(sandbox.folder, 'changes.csv');
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['patient', 'sex', 'f', 'F', '7', '9'],
      ['patient', 'sex', 'm', 'M', '3', '4'],
      ['immunization', 'sex', 'f', 'F', '1', '2'],
    ]);
    expect(log.totals()).toEqual({ 'patient.sex': 10, 'immunization.sex': 1 });
  });

  test('are exact in sum when there are more values than are kept', async () => {
    using sandbox = new Sandbox();
    const log = new ChangeLog();
    for (let i = 0; i < 500; i++) log.add('patient', 'city', change(`town ${i}`, 2));
    log.add('patient', 'city', change('town 3', 1));
    await log.write(sandbox.path('changes.csv'));
    const rows = await sandbox.report(sandbox.folder, 'changes.csv');
    expect(rows).toHaveLength(201);
    expect(rows[0]).toMatchObject({ received: 'town 3', count: '3' });
    expect(rows[200]).toMatchObject({ received: '(other values)', loaded: '', count: '600' });
    expect(log.totals()).toEqual({ 'patient.city': 1001 });
  });
});
