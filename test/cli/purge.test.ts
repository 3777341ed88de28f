/** Reports that are removed, and what is not. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/cli.js';
import { findReport, type PurgedReport, purgeReports } from '../../src/purge-reports.js';
import { runProgram } from '../support/program.js';
import { KINDS, TestRegistry } from '../support/registries.js';
import { miis, Sandbox } from '../support/sandbox.js';

const PATIENTS = miis(
  'facility_id|patient_id|last_name|first_name|birth_date',
  'F1|1|Smith|Anna|20150504',
  'F1|2||Ben|20150504',
);
const AT = '2026-11-22T10:00:00.000Z';

async function load(sandbox: Sandbox, report?: string): Promise<string> {
  return (await sandbox.load({ patients: { 'p.txt': PATIENTS }, ...(report !== undefined && { report }) })).folder;
}

function purge(
  sandbox: TestRegistry,
  options: { all?: boolean; isPlan?: boolean } = {},
  run = 1,
): Promise<PurgedReport> {
  return sandbox.withStore(async (store) => {
    const made = { all: false, isPlan: false, at: AT, by: 'Ann', ...options };
    return (await purgeReports(store, [await findReport(store, run)], made))[0]!;
  });
}

const journal = (sandbox: TestRegistry): Promise<unknown> =>
  sandbox.ask("SELECT who, run_id, details FROM journal WHERE action = 'purge'");

test('each report says what is in it, whose data it holds, and how to remove it', async () => {
  using sandbox = new Sandbox();
  const note = readFileSync(join(await load(sandbox), 'README.txt'), 'utf8');
  expect(note).toMatch(/^Report of immload: run 1, /);
  for (const text of ['PATIENT DATA', 'immload purge 1 --reports', 'issues.csv', 'rejects/', 'certificate.json'])
    expect(note).toContain(text);
  expect(note).not.toContain('unmapped.csv');
  const checked = await sandbox.load({ mode: 'validate', patients: { 'p.txt': PATIENTS } });
  const other = readFileSync(join(checked.folder, 'README.txt'), 'utf8');
  expect(other).toContain('Delete this folder.');
  expect(other).not.toContain('certificate');
});

test.each(KINDS)('a report is removed whole, and the journal says who did it: %s', async (kind) => {
  await using sandbox = await TestRegistry.create(kind);
  const folder = await load(sandbox);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
  const plan = await purge(sandbox, { isPlan: true });
  expect(plan.removal).toMatchObject({ left: [], isMissing: false });
  expect(plan.removal!.removed.length).toBe(files);
  expect(plan.removal!.removed.at(-1)).toBe('certificate.json');
  expect(existsSync(join(folder, 'issues.csv'))).toBe(true);
  expect(await journal(sandbox)).toEqual([]);
  await purge(sandbox);
  expect(existsSync(folder)).toBe(false);
  expect(await journal(sandbox)).toEqual([{ who: 'Ann', run_id: 1, details: `{"files":${files},"left":0}` }]);
  await expect(purge(sandbox)).rejects.toThrow(/^the report of run 1 was removed on 2026-11-22/);
});

describe('what stays', () => {
  test('is what was changed or added since, unless all is to go', async () => {
    await using sandbox = await TestRegistry.create('SQLite');
    const folder = await load(sandbox);
    writeFileSync(join(folder, 'rejects/p.txt'), 'corrected');
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub/certificate.json'), 'mine');
    const { removal } = await purge(sandbox);
    expect(removal!.left).toEqual([
      { name: 'notes.txt', why: 'was not written by the load' },
      { name: 'rejects/p.txt', why: 'was changed since' },
      { name: 'sub/certificate.json', why: 'was not written by the load' },
    ]);
    expect(readdirSync(folder).sort()).toEqual(['notes.txt', 'rejects', 'sub']);
    const again = await load(sandbox, sandbox.path('second'));
    writeFileSync(join(again, 'rejects/p.txt'), 'corrected');
    await purge(sandbox, { all: true }, 2);
    expect(existsSync(again)).toBe(false);
  });

  test.each([false, true])('is a link, and what it leads to; all is to go: %s', async (all) => {
    await using sandbox = await TestRegistry.create('SQLite');
    const folder = await load(sandbox);
    const precious = sandbox.write('precious.txt', 'x');
    mkdirSync(sandbox.path('elsewhere'));
    writeFileSync(sandbox.path('elsewhere', 'p.txt'), 'x');
    rmSync(join(folder, 'issues.csv'));
    symlinkSync(precious, join(folder, 'issues.csv'));
    rmSync(join(folder, 'rejects'), { recursive: true });
    symlinkSync(sandbox.path('elsewhere'), join(folder, 'rejects'));
    const { removal } = await purge(sandbox, { all });
    expect(removal!.left).toEqual([
      { name: 'issues.csv', why: 'is a symbolic link' },
      { name: 'rejects', why: 'is a symbolic link' },
    ]);
    expect(readFileSync(precious, 'utf8')).toBe('x');
    expect(readdirSync(sandbox.path('elsewhere'))).toEqual(['p.txt']);
  });
});

describe('nothing is touched', () => {
  test.each<[string, (sandbox: Sandbox, folder: string) => void, RegExp]>([
    ['where the folder is a link', (_, folder) => { renameSync(folder, `${folder}-real`); symlinkSync(`${folder}-real`, folder); }, /: is a symbolic link; nothing was removed$/],
    ['where a link leads to it', (sandbox, folder) => { const parent = join(folder, '..'); renameSync(parent, sandbox.path('moved')); symlinkSync(sandbox.path('moved'), parent); }, /: a symbolic link leads to it; nothing was removed$/],
    ['where another folder took its place', (_, folder) => { rmSync(folder, { recursive: true }); mkdirSync(folder); writeFileSync(join(folder, 'issues.csv'), 'x'); }, /: does not hold the certificate of the run; nothing was removed$/],
    ['where its certificate is another', (_, folder) => writeFileSync(join(folder, 'certificate.json'), '{}'), /: does not hold the certificate of the run/],
    ['where its certificate is a link', (_, folder) => { renameSync(join(folder, 'certificate.json'), join(folder, 'c')); symlinkSync('c', join(folder, 'certificate.json')); }, /: does not hold the certificate of the run/],
    ['where a file took its place', (_, folder) => { rmSync(folder, { recursive: true }); writeFileSync(folder, 'x'); }, /: is no folder; nothing was removed$/],
  ])('%s', async (_, spoil, refusal) => {
    await using sandbox = await TestRegistry.create('SQLite');
    mkdirSync(sandbox.path('reports'));
    const folder = await load(sandbox, sandbox.path('reports', 'one'));
    spoil(sandbox, folder);
    const before = sandbox.files();
    const purged = await purge(sandbox, { all: true });
    expect(purged).toMatchObject({ removal: null });
    expect(purged.refusal).toMatch(refusal);
    expect(sandbox.files()).toEqual(before);
    expect(await journal(sandbox)).toEqual([]);
  }); // biome-ignore format: a table

  test('where it is on another machine', async () => {
    await using sandbox = await TestRegistry.create('SQLite');
    await load(sandbox);
    await sandbox.change("UPDATE run_reports SET host = 'far-away'");
    expect((await purge(sandbox)).refusal).toMatch(/: is on far-away; remove it there$/);
  });
});

test('a folder that is gone is noted as such', async () => {
  await using sandbox = await TestRegistry.create('SQLite');
  rmSync(await load(sandbox), { recursive: true });
  expect((await purge(sandbox)).removal).toMatchObject({ isMissing: true });
  expect(await journal(sandbox)).toEqual([{ who: 'Ann', run_id: 1, details: '{"files":0,"left":0}' }]);
});

test.each(KINDS)('many are found by their age: %s', async (kind) => {
  await using sandbox = await TestRegistry.create(kind);
  for (const name of ['a', 'b', 'c']) await load(sandbox, sandbox.path(name));
  await sandbox.change("UPDATE runs SET finished_at = '2020-01-01T00:00:00.000Z' WHERE id < 3");
  const found = await sandbox.withStore((store) => store.findReportsBefore('2020-01-02'));
  expect(found.map(({ runId }) => runId)).toEqual([1, 2]);
});

describe('on the command line', () => {
  test('many are removed at once, what stays is told, and the exit code says so', async () => {
    using sandbox = new Sandbox();
    sandbox.write('p.txt', PATIENTS);
    for (const report of ['one', 'two']) {
      expect(
        (await runProgram(sandbox.folder, ['load', '--again', '--patients', 'p.txt', '--report', report])).code,
      ).toBe(3);
    }
    sandbox.write('two/notes.txt', 'mine');
    const args = ['purge', '--reports', '--older-than', '0', '--by', 'Ann'];
    const plan = await runProgram(sandbox.folder, [...args, '--plan']);
    expect(plan.stdout).toMatch(
      /^Run 1: \d files would be removed from .*\/one\nRun 2: \d files would be removed from /,
    );
    const outcome = await runProgram(sandbox.folder, args);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toMatch(/\/two\n {2}left: notes\.txt was not written by the load\n$/);
    expect(Object.keys(outcome.left)).toEqual(expect.arrayContaining(['two/notes.txt']));
    expect(Object.keys(outcome.left)).not.toContain('one');
    const verified = await runProgram(sandbox.folder, ['verify', '1', '--report', 'one']);
    expect(verified.code).toBe(0);
    expect(verified.stdout).toMatch(/changed since +report +removed on/);
    expect(verified.stdout).toMatch(/All \d+ agree, but for 1 that were changed since as they may be\.\n$/);
  });

  test.each([
    [['purge', '1'], 2],
    [['purge', '--reports'], 2],
    [['purge', '1', '--reports', '--older-than', '3'], 2],
    [['purge', '--reports', '--older-than', '-3'], 2],
    [['purge', 'x', '--reports'], 2],
    [['purge', '7', '--reports'], 1],
    [['verify', '7'], 1],
  ])('%j ends with %i', async (args, code) => {
    using sandbox = new Sandbox();
    await load(sandbox);
    expect(await runCli([...args, '--db', sandbox.database])).toBe(code);
  });
});
