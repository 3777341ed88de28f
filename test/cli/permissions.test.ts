/** What may not be read or written: one clear line, exit code 1, and nothing left behind. */
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findOrdinaryUser, type OrdinaryUser } from '../support/ordinary-user.js';
import { listFolder, OWN_USER, runProgram } from '../support/program.js';
import { miis, Sandbox } from '../support/sandbox.js';

const PATIENTS = miis('facility_id|patient_id|last_name|first_name|birth_date', 'F1|1|Smith|Anna|20150504');

let user: OrdinaryUser;
beforeAll(() => {
  user = findOrdinaryUser(OWN_USER);
});
afterAll(() => user.close());

/** A folder with a file and a registry, beside a folder that anybody can write. */
async function prepare(sandbox: Sandbox): Promise<void> {
  chmodSync(sandbox.folder, 0o755);
  mkdirSync(sandbox.path('locked'));
  mkdirSync(sandbox.path('open'));
  chmodSync(sandbox.path('open'), 0o777);
  sandbox.write('locked/p.txt', PATIENTS);
  const made = await runProgram(sandbox.path('locked'), [
    'load',
    '--patients',
    'p.txt',
    '--db',
    'r.db',
    '--report',
    '../open/made',
  ]);
  expect(made).toMatchObject({ code: 0, stderr: '' });
}

/** Takes permissions away; gives them back when it is disposed of. */
class Lock {
  readonly #paths: ReadonlyMap<string, number>;

  constructor(modes: Readonly<Record<string, number>>) {
    this.#paths = new Map(Object.keys(modes).map((path) => [path, statSync(path).mode]));
    for (const [path, mode] of Object.entries(modes)) chmodSync(path, mode);
  }

  [Symbol.dispose](): void {
    for (const [path, mode] of this.#paths) chmodSync(path, mode);
  }
}

function lock(sandbox: Sandbox, registryMode: number): Lock {
  return new Lock({ [sandbox.path('locked', 'r.db')]: registryMode, [sandbox.path('locked')]: 0o555 });
}

const CANNOT_WRITE = 'cannot be written; check the permissions of the file and its folder';
const CANNOT_MAKE = 'cannot be made; check that the folder exists and can be written';

describe('in a folder that may not be written', () => {
  test.each([
    {
      what: 'reports cannot be made where they go by themselves',
      args: 'load --patients p.txt --db ../open/r.db',
      says: 'immload-report: cannot be written; give a folder that can be written with --report',
    },
    {
      what: 'a check cannot be reported',
      args: 'validate --patients p.txt',
      says: 'immload-report: cannot be written; give a folder that can be written with --report',
    },
    {
      what: 'a registry cannot be made',
      args: 'load --patients p.txt --report ../open/new/report',
      says: `./immload.db: ${CANNOT_MAKE}`,
    },
    { what: 'a registry cannot be made empty', args: 'migrate', says: `./immload.db: ${CANNOT_MAKE}` },
    {
      what: 'a registry cannot be loaded into when it may not be written',
      args: 'load --again --patients p.txt --report ../open/new --db r.db',
      says: `r.db: ${CANNOT_WRITE}`,
    },
    {
      what: 'a registry cannot be loaded into when only its folder may not be written',
      mode: 0o666,
      args: 'load --again --patients p.txt --report ../open/new --db r.db',
      says: `r.db: ${CANNOT_WRITE}`,
    },
    {
      what: 'a registry cannot be loaded into when it may not be read',
      mode: 0o000,
      args: 'load --patients p.txt --report ../open/new --db r.db',
      says: 'r.db: cannot be read; check its permissions',
    },
    {
      what: 'a registry cannot be listed when it may not be read',
      mode: 0o000,
      args: 'runs --db r.db',
      says: 'r.db: cannot be read; check its permissions',
    },
  ])('$what', async ({ mode = 0o444, args, says }) => {
    using sandbox = new Sandbox();
    await prepare(sandbox);
    const before = listFolder(sandbox.folder);
    {
      using _ = lock(sandbox, mode);
      const outcome = await runProgram(sandbox.path('locked'), args.split(' '), { as: user });
      expect(outcome).toMatchObject({ code: 1, stdout: '', stderr: `immload: ${says}\n` });
    }
    expect(listFolder(sandbox.folder)).toEqual(before);
  });

  test.each(['runs --db r.db', 'load --dry-run --patients p.txt --db r.db --report ../open/dry'])(
    'a registry can be looked at: %s',
    async (args) => {
      using sandbox = new Sandbox();
      await prepare(sandbox);
      const before = listFolder(sandbox.path('locked'));
      using _ = lock(sandbox, 0o444);
      const outcome = await runProgram(sandbox.path('locked'), args.split(' '), { as: user });
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expect(listFolder(sandbox.path('locked'))).toEqual(before);
      expect(outcome.stdout).toContain('p.txt');
    },
  );
});

test('a file that may not be read is refused', async () => {
  using sandbox = new Sandbox();
  await prepare(sandbox);
  using _ = new Lock({ [sandbox.path('locked', 'p.txt')]: 0o200 });
  const before = listFolder(sandbox.path('open'));
  const outcome = await runProgram(sandbox.path('open'), ['load', '--patients', '../locked/p.txt'], { as: user });
  expect(outcome).toEqual({
    code: 1,
    stdout: '',
    stderr: 'immload: ../locked/p.txt: may not be read; check its permissions\n',
    left: before,
  });
});

describe('where a file is in place of a folder, which binds root as well', () => {
  test.each([
    {
      what: 'no report can be made',
      args: 'load --patients p.txt --report p.txt/report',
      says: /^immload: \S*p\.txt: cannot be written; give a folder that can be written with --report\n$/,
    },
    {
      what: 'no report takes the place of a file',
      args: 'load --patients p.txt --report p.txt',
      says: /^immload: p\.txt: is not empty; give a new folder with --report, so that no report is lost\n$/,
    },
    {
      what: 'no registry can be made',
      args: 'load --patients p.txt --db p.txt/r.db',
      says: /^immload: p\.txt\/r\.db: cannot be made; check that the folder exists and can be written\n$/,
    },
    {
      what: 'no report can be made where they go by themselves',
      args: 'validate --patients p.txt',
      says: /^immload: immload-report: cannot be written; give a folder that can be written with --report\n$/,
    },
  ])('$what', async ({ args, says }) => {
    using sandbox = new Sandbox();
    sandbox.write('p.txt', PATIENTS);
    if (args.startsWith('validate')) sandbox.write('immload-report', 'not a folder');
    const before = listFolder(sandbox.folder);
    const outcome = await runProgram(sandbox.folder, args.split(' '));
    expect(outcome).toMatchObject({ code: 1, stdout: '', left: before });
    expect(outcome.stderr).toMatch(says);
  });
});

describe('a folder that was made for a report goes when the run fails', () => {
  test.each([
    ['with all folders above it that were made', 'a/b/c', []],
    ['but not a folder that was there', 'open/b/c', ['open']],
  ])('%s', async (_, report, folders) => {
    using sandbox = new Sandbox();
    for (const folder of folders) mkdirSync(sandbox.path(folder));
    sandbox.write('p.txt', PATIENTS);
    sandbox.write('notes.db', 'no database');
    const before = listFolder(sandbox.folder);
    const args = ['load', '--patients', 'p.txt', '--db', 'notes.db', '--report', report];
    expect(await runProgram(sandbox.folder, args)).toMatchObject({ code: 1, left: before });
  });
});
