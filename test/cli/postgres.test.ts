/** The command line on a PostgreSQL registry: what it says when it cannot be used, and what it never says. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { TestDatabase } from '../support/postgres.js';
import { TEST_PASSWORD } from '../support/postgres-server.js';
import { listFolder, runProgram, startProgram } from '../support/program.js';
import { miis, Sandbox } from '../support/sandbox.js';

const PATIENTS = 'facility_id|patient_id|last_name|first_name|birth_date|sex\nF1|1|Smith|Anna|20150504|F\n';
const SECRETS = [TEST_PASSWORD, encodeURIComponent(TEST_PASSWORD), 'canary'];

function requireNoPassword(text: string): void {
  for (const secret of SECRETS) expect(text).not.toContain(secret);
}

/** All that a run leaves in a folder, as text. */
function contentsOf(sandbox: Sandbox): string {
  return sandbox
    .files()
    .map((name) => readFileSync(sandbox.path(name), 'latin1'))
    .join('\n');
}

describe('a registry in PostgreSQL', () => {
  test('is made, loaded into, listed and migrated; its password is told nowhere', async () => {
    using sandbox = new Sandbox();
    await using database = await TestDatabase.create();
    sandbox.write('p.txt', PATIENTS);
    const run = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await runProgram(sandbox.folder, [...args, '--db', database.address]);
      expect([code, stderr]).toEqual([0, '']);
      requireNoPassword(stdout);
      return stdout;
    };
    expect(await run('migrate')).toMatch(/^postgres:\/\/127\.0\.0\.1:\d+\/t_\w+: applied 0001_registry, /);
    expect(await run('migrate')).toMatch(/is up to date\.$/m);
    expect(await run('runs')).toBe('No runs yet.\n');
    expect(await run('load', '--dry-run', '--patients', 'p.txt', '--report', 'dry')).toContain('1');
    await run('load', '--patients', 'p.txt', '--report', 'first', '--today', '2026-07-01');
    expect(await run('runs')).toMatch(/1 +completed .* p\.txt +1 +1 /);
    expect(JSON.parse(await run('runs', '--json'))).toMatchObject([{ id: 1, status: 'completed' }]);
    await run('validate', '--patients', 'p.txt', '--compare', '1', '--report', 'compared');
    requireNoPassword(contentsOf(sandbox));
    // Nor does a file of that name appear.
    expect(Object.keys(listFolder(sandbox.folder)).filter((name) => name.includes('postgres'))).toEqual([]);
    const tables = await database.query('SELECT row_to_json(r)::text AS row FROM runs r');
    requireNoPassword(JSON.stringify(tables));
  });

  test('has a loader whose process shows no password to others', async () => {
    using sandbox = new Sandbox();
    await using database = await TestDatabase.create();
    const { openForLoading } = await import('../../src/open-store.js');
    const store = await openForLoading(database.address);
    await store.waitForTurn({ signal: null, onWait: () => {} });
    await store.openRun((await import('../support/rows.js')).newRun(), []);
    sandbox.write('p.txt', PATIENTS);
    const args = ['load', '--patients', 'p.txt', '--report', 'r', '--db', database.address];
    const { child, outcome } = startProgram(sandbox.folder, args);
    // It waits until the run above is over, and says so.
    await new Promise((resolve) => child.stderr!.once('data', resolve));
    const shown = execFileSync('ps', ['-o', 'args=', '-p', String(child.pid)], { encoding: 'utf8' });
    expect(shown.trim()).toBe('immload');
    await store.close();
    const { code, stderr } = await outcome;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^immload: waits for run 1, which is loading on .*\nimmload: run 1 was cut short before/);
    requireNoPassword(stderr);
  });

  test.each([
    ['undo', '1', '--plan'],
    ['undo', '1', '--json'],
    ['review', 'decide', 'R1', 'same', '--by', 'Ann', '--because', 'so'],
    ['review', 'split', '1', '--record', '2', '--by', 'Ann', '--because', 'so'],
  ])('lets %s %s %s … wait until a loader is done', async (...command) => {
    using sandbox = new Sandbox();
    await using database = await TestDatabase.createRegistry();
    const patient = (id: string, first: string): string => `${id}|Smith|${first}|20150504|F|12 Elm St|01970|6175550123`;
    const patients = [patient('F1|1', 'Anna'), patient('F2|7', 'Anna'), patient('F1|2', 'Elena')];
    const columns = 'facility_id|patient_id|last_name|first_name|birth_date|sex|street|zip|phone';
    await sandbox.load({
      database: database.address,
      patients: { 'p.txt': miis(columns, ...patients) },
      matchModel: 'fixed',
      thresholds: { match: 5, review: -90 },
    });
    expect(await database.query('SELECT count(*) AS n FROM match_reviews')).toEqual([{ n: 1 }]);
    const { openForLoading } = await import('../../src/open-store.js');
    const loader = await openForLoading(database.address);
    await loader.waitForTurn({ signal: null, onWait: () => {} });
    const { runId } = await loader.openRun((await import('../support/rows.js')).newRun(), []);
    const { child, outcome } = startProgram(sandbox.folder, [...command, '--db', database.address]);
    await new Promise((resolve) => child.stderr!.once('data', resolve));
    await loader.completeRun(runId, '2026-07-01T10:05:00.000Z', []);
    await loader.close();
    const { code, stderr } = await outcome;
    expect(stderr).toMatch(/^immload: waits for run 2, which is loading on .*\n$/);
    expect(code).toBe(0);
  });

  test.each([
    ['with a wrong password', { password: 'wrong-canary' }, 'the server refused the user or the password'],
    ['of a user that is not there', { user: 'nobody_here' }, 'the server refused the user or the password'],
    ['over TLS that the server does not have', { query: '?sslmode=require' }, 'the server does not offer TLS'],
    ['by a certificate that is not there', { query: '?sslmode=verify-full&sslrootcert=/gone.pem' }, 'the file that sslrootcert names cannot be read'],
    ['with a mode of TLS that there is not', { query: '?sslmode=maybe' }, 'sslmode is one of disable, allow, prefer'],
  ])('cannot be used %s', async (_, how, says) => {
    using sandbox = new Sandbox();
    await using database = await TestDatabase.create();
    sandbox.write('p.txt', PATIENTS);
    for (const args of [['load', '--patients', 'p.txt', '--report', 'r'], ['runs'], ['migrate']]) {
      const { code, stdout, stderr } = await runProgram(sandbox.folder, [...args, '--db', database.addressWith(how)]);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain(says);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      requireNoPassword(stderr);
    }
    expect(sandbox.files()).toEqual(['p.txt']);
  }); // biome-ignore format: a table

  test('cannot be used in a database that is not there, or that is another program’s', async () => {
    using sandbox = new Sandbox();
    await using database = await TestDatabase.create();
    sandbox.write('p.txt', PATIENTS);
    const load = (address: string): ReturnType<typeof runProgram> =>
      runProgram(sandbox.folder, ['load', '--patients', 'p.txt', '--report', 'r', '--db', address]);
    const gone = await load(database.address.replace(/t_\w+$/, 'not_there'));
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('/not_there: there is no such database')]);
    await database.query('CREATE TABLE patients (id int)');
    const foreign = await load(database.address);
    expect([foreign.code, foreign.stderr]).toEqual([1, expect.stringContaining('holds tables of another program')]);
  });

  test('is loaded and undone by a user who may write there and no more; by one who may not, with a remedy', async () => {
    using sandbox = new Sandbox();
    await using database = await TestDatabase.create();
    sandbox.write('p.txt', PATIENTS);
    const user = `u_${database.name}`;
    await runProgram(sandbox.folder, ['migrate', '--db', database.address]);
    await database.query(`CREATE ROLE ${user} LOGIN PASSWORD 'canary'`);
    const address = database.addressWith({ user, password: 'canary' });
    const load = (report: string): ReturnType<typeof runProgram> =>
      runProgram(sandbox.folder, ['load', '--patients', 'p.txt', '--report', report, '--db', address]);
    const refused = await load('one');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('the user may not write there')]);
    requireNoPassword(refused.stderr);
    await database.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${user}`);
    await database.query(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${user}`);
    const loaded = await load('two');
    expect([loaded.code, loaded.stderr]).toEqual([0, '']);
    const undone = await runProgram(sandbox.folder, ['undo', '1', '--db', address]);
    expect([undone.code, undone.stderr]).toEqual([0, '']);
    await database.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
  });

  test('that goes away ends the load with one line, and the next one takes back what was written', async () => {
    using sandbox = new Sandbox();
    await using database = await TestDatabase.create();
    const loading = sandbox.load({
      database: database.address,
      patients: { 'p.txt': PATIENTS },
      onProgress: ({ stage }) => {
        if (stage !== 'matching patients') return;
        execFileSync(process.execPath, ['-e', TERMINATE, database.address], { cwd: process.cwd() });
      },
    });
    await expect(loading).rejects.toMatchObject({ name: 'StoreError', code: 'unreachable' });
    const error = await loading.catch((each: unknown) => each);
    requireNoPassword(String((error as Error).stack) + JSON.stringify(error));
    const notices: string[] = [];
    await sandbox.load({
      database: database.address,
      patients: { 'p.txt': PATIENTS },
      onNotice: (notice) => notices.push(notice),
    });
    expect(notices).toEqual([expect.stringContaining('run 1 was cut short before')]);
    expect(await database.query('SELECT count(*) AS n FROM patients')).toEqual([{ n: 1 }]);
  });
});

/** Ends all other connections to a database. */
const TERMINATE = `
  const pg = require('pg');
  const client = new pg.Client(process.argv[1]);
  client.connect()
    .then(() => client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()'))
    .then(() => client.end());
`;
