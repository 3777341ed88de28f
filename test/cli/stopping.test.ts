/** Runs that are stopped, killed, or come while another is loading. */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { MIIS } from '../support/fixtures.js';
import { type RunningProgram, runProgram, startProgram } from '../support/program.js';
import { contentOf, Sandbox } from '../support/sandbox.js';
import { writeSubmission } from '../support/submission.js';

/** Enough records for many transactions: whoever waits for the first is in time to stop the rest. */
const PATIENTS = 12_000;

let input: Sandbox;
beforeAll(() => {
  input = new Sandbox();
  for (const [name, patients] of [
    ['small', 300],
    ['large', PATIENTS],
  ] as const) {
    const paths = { patients: input.path(`${name}-p.txt`), immunizations: input.path(`${name}-d.txt`) };
    writeSubmission({ patients, dosesPerPatient: 3, seed: 7 }, MIIS, paths);
  }
});
afterAll(() => input[Symbol.dispose]());

function load(name: 'small' | 'large', report: string = name): string[] {
  const files = ['--patients', input.path(`${name}-p.txt`), '--immunizations', input.path(`${name}-d.txt`)];
  // Made-up names are alike by chance, which weighing would leave to reviewers.
  return ['load', ...files, '--match-model', 'exact', '--db', 'registry.db', '--quiet', '--report', report];
}

/** Waits until the registry says what is waited for. */
async function waitFor(sandbox: Sandbox, run: RunningProgram, sql: string): Promise<void> {
  await vi.waitFor(
    () => {
      if (run.child.exitCode !== null) throw new Error('the run came to its end too early');
      expect(sandbox.query(sql)).toEqual([{ yes: 1 }]);
    },
    { timeout: 50_000, interval: 5 },
  );
}

const HAS_WRITTEN = 'SELECT max(patient_id) > 1000 AS yes FROM patient_sources';
/** Whether the run stands in the registry with its code tables, and reads: it is in no transaction then. */
const HAS_BEGUN = 'SELECT count(*) > 0 AS yes FROM run_code_tables';
const RUNS = 'SELECT id, status, message FROM runs ORDER BY id';

/** The rows of persons and doses, their ids included, as one hash each: they are many. */
function rowsOf(sandbox: Sandbox): Record<string, string> {
  const hashes = ['patients', 'immunizations'].map((table) => {
    const hash = createHash('sha256');
    for (const { run_id, file_id, ...row } of sandbox.query(`SELECT * FROM ${table} ORDER BY id`)) {
      hash.update(JSON.stringify(row));
    }
    return [table, hash.digest('hex')];
  });
  return Object.fromEntries(hashes) as Record<string, string>;
}

/** A registry with something in it, and a large load under way that has written some of its records. */
async function beginLargeLoad(sandbox: Sandbox): Promise<RunningProgram> {
  expect(await runProgram(sandbox.folder, load('small'))).toMatchObject({ code: 0, stderr: '' });
  const run = startProgram(sandbox.folder, load('large'));
  await waitFor(sandbox, run, HAS_WRITTEN);
  return run;
}

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s', (signal) => {
  test('stops a load, and nothing of it stays', async () => {
    using sandbox = new Sandbox();
    const run = await beginLargeLoad(sandbox);
    run.child.kill(signal);
    const outcome = await run.outcome;
    expect(outcome).toMatchObject({ code: 1, stdout: '', stderr: 'immload: stopped; nothing of this run was kept\n' });
    using fresh = new Sandbox();
    await runProgram(fresh.folder, load('small'));
    expect(contentOf(sandbox)).toEqual(contentOf(fresh));
    expect(sandbox.files()).toEqual(fresh.files());
    expect(sandbox.query(RUNS)).toEqual([
      { id: 1, status: 'completed', message: null },
      { id: 2, status: 'failed', message: expect.stringMatching(/taken back$/) },
    ]);
    for (const table of ['before_images', 'patient_parts', 'immunization_parts', 'match_keys']) {
      const count = `SELECT count(*) AS n FROM ${table}`;
      expect(sandbox.query(count), table).toEqual(fresh.query(count));
    }
  });
});

/** A registry in which a large load was killed when it had written some of its records. */
async function killLargeLoad(sandbox: Sandbox): Promise<void> {
  const run = await beginLargeLoad(sandbox);
  run.child.kill('SIGKILL');
  expect(await run.outcome).toMatchObject({ code: null, stdout: '', stderr: '' });
}

describe('a run that was killed', () => {
  test('is listed as cut short, without a report, until the same command goes on with it', async () => {
    using sandbox = new Sandbox();
    await killLargeLoad(sandbox);
    expect(sandbox.files().filter((name) => name.startsWith('large/'))).toEqual([]);
    const listed = await runProgram(sandbox.folder, ['runs', '--db', 'registry.db']);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toMatch(/^ +2 {2}cut short /m);

    const next = await runProgram(sandbox.folder, load('large'));
    expect(next).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'immload: run 2 was cut short before; it begins again\n',
    });
    expect(sandbox.query(RUNS)).toEqual([
      { id: 1, status: 'completed', message: null },
      { id: 2, status: 'completed', message: null },
    ]);
    using fresh = new Sandbox();
    await runProgram(fresh.folder, load('small'));
    await runProgram(fresh.folder, load('large'));
    expect(rowsOf(sandbox)).toEqual(rowsOf(fresh));
    expect(sandbox.files()).toEqual(fresh.files());
  });

  test.each([
    ['by another command, which says why', () => [...load('small'), '--again'], ' (this command has other files)'],
    ['by the same command with --restart', () => [...load('large'), '--restart'], ''],
  ])('is taken back %s', async (_, args, why) => {
    using sandbox = new Sandbox();
    await killLargeLoad(sandbox);
    rmSync(sandbox.path('small'), { recursive: true });
    expect(await runProgram(sandbox.folder, args())).toMatchObject({
      code: 0,
      stdout: '',
      stderr: `immload: run 2 was cut short before; what it had written is taken back${why}\n`,
    });
    expect(sandbox.query(RUNS)).toEqual([
      { id: 1, status: 'completed', message: null },
      { id: 2, status: 'failed', message: 'cut short, and taken back by the next run' },
      { id: 3, status: 'completed', message: null },
    ]);
    using fresh = new Sandbox();
    await runProgram(fresh.folder, load('small'));
    rmSync(fresh.path('small'), { recursive: true });
    await runProgram(fresh.folder, args());
    expect(rowsOf(sandbox)).toEqual(rowsOf(fresh));
  });
});

describe('while a run is alive', () => {
  test('another one is refused, and the first goes on', async () => {
    using sandbox = new Sandbox();
    const first = startProgram(sandbox.folder, load('large'));
    await vi.waitFor(() => expect(sandbox.files()).toContain('registry.db'), { timeout: 50_000, interval: 5 });
    await waitFor(sandbox, first, HAS_BEGUN);
    first.child.kill('SIGSTOP');
    const before = sandbox.query(RUNS);
    const second = await runProgram(sandbox.folder, load('small'));
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toMatch(
      /^immload: registry\.db: (run 1 has been loading since \S+ on \S+; wait until it is done|another program is changing it; wait until it is done)\n$/,
    );
    expect(sandbox.query(RUNS)).toEqual(before);
    expect(sandbox.files().filter((name) => name.startsWith('small'))).toEqual([]);
    first.child.kill('SIGCONT');
    expect(await first.outcome).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(sandbox.query('SELECT count(*) AS n FROM patient_sources')).toEqual([{ n: PATIENTS }]);
  });
});
