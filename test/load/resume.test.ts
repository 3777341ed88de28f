/** Loads that are cut short at any call of the database, and are gone on with by the same command. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { IsoDate } from '../../src/core/model.js';
import type { Spec } from '../../src/core/spec.js';
import { StoreError } from '../../src/db/store.js';
import { LoadedBeforeError } from '../../src/load.js';
import { failing } from '../support/failing-open-store.js';
import { MIIS, NDC_CODES } from '../support/fixtures.js';
import { allTables, type Cut, FailingStore, REGISTRIES, reportFiles } from '../support/interrupted.js';
import { RICH, TINY, writeRich } from '../support/rich-submission.js';
import { contentOf, Sandbox, type SandboxLoad, type TableRow } from '../support/sandbox.js';
import { writeSubmission } from '../support/submission.js';

vi.mock('../../src/open-store.js', async (importOriginal) => {
  const { failingLoads } = await import('../support/failing-open-store.js');
  return failingLoads(importOriginal);
});

const lost = (): StoreError => new StoreError('unreachable', 'the connection was lost');

const KIND = 'three kinds of files';

/** Of the places where a load can be cut short, some are tried; `RESUME_EVERY=1` tries all. */
const EVERY: Readonly<Record<string, number>> = { SQLite: 9, PostgreSQL: 19 };
/** `RESUME_SEEDS=5` looks at more submissions of each kind. */
const SEEDS = Array.from({ length: Number(process.env['RESUME_SEEDS'] ?? 1) }, (_, i) => i + 1);

const WAYS = Object.keys(REGISTRIES).flatMap((database) => {
  return Object.keys(RICH).flatMap((kind) => SEEDS.map((seed) => ({ database, kind, seed })));
});

describe.each(WAYS)('$kind, into $database', ({ database, kind, seed }) => {
  test(`come to the same tables and reports, wherever the load was cut short (seed ${seed})`, async () => {
    using sandbox = new Sandbox();
    await using registry = await REGISTRIES[database]!(sandbox);
    await sandbox.load({ ...RICH[kind]!(seed, 0), database: registry.address });
    await registry.keep();
    const submission: SandboxLoad = { ...writeRich(sandbox, RICH[kind]!(seed, 1)), again: false };

    // Without any failure: what must come of it, and how many calls there are.
    const counting = new FailingStore(null, lost);
    failing.store = counting;
    await sandbox.load({ ...submission, database: registry.address, report: sandbox.path('whole') });
    const expected = { tables: await allTables(registry), reports: reportFiles(sandbox.path('whole')) };
    const { calls } = counting;

    const told = new Set<string>();
    // Behind a call is before the next, but for what is done to the reports in between: that comes last.
    const cuts: Cut[] = Array.from({ length: calls }, (_, i) => ({ moment: 'before', call: i + 1 }));
    for (const call of [calls - 1, calls]) cuts.push({ moment: 'behind', call });
    const every = Number(process.env['RESUME_EVERY'] ?? EVERY[database]);
    for (const [i, cut] of cuts.entries()) {
      // The last ones are at the report, and each of these is another place.
      if (i % every > 0 && i < cuts.length - 4) continue;
      await registry.restore();
      const report = sandbox.path(`cut-${i}`);
      const notices: string[] = [];
      /** Whether the load comes to its end before it is cut short. */
      const load = async (where: Cut | null): Promise<boolean> => {
        failing.store = new FailingStore(where, lost);
        try {
          const onNotice = (notice: string): number => notices.push(notice.replace(sandbox.folder, ''));
          await sandbox.load({ ...submission, database: registry.address, report, onNotice });
          return true;
        } catch (error) {
          if (error instanceof LoadedBeforeError) return true;
          expect(error).toBeInstanceOf(StoreError);
          return false;
        }
      };
      expect(await load(cut)).toBe(false);
      // It is cut short again while it goes on, unless it comes to its end before that call.
      const isDone = await load({ moment: 'behind', call: ((i * 7) % calls) + 1 });
      if (!isDone) expect(await load(null)).toBe(true);
      const found = { tables: await allTables(registry), reports: reportFiles(report) };
      expect(found, `${cut.moment} call ${cut.call}: ${notices.join('; ')}`).toEqual(expected);
      for (const notice of notices) told.add(notice.replace(/\d+/g, 'N'));
    }
    if (every === 1) expect([...told]).toEqual(expect.arrayContaining(WHERE_LOADS_GO_ON));
  });
});

/** A load is cut short at each of these places. */
const WHERE_LOADS_GO_ON = [
  'run N is cut short; the same command goes on with it, --restart begins anew',
  'run N was cut short before; it begins again',
  'run N was cut short before; it goes on behind its patients',
  expect.stringMatching(/^run N was cut short before; it goes on behind record N of /),
  'run N was cut short before; it goes on behind its doses',
  'run N was cut short when all was done; it is completed now',
];

describe('a run that was cut short', () => {
  /** A submission of which some doses are stored when its load is cut short. */
  async function cutShort(sandbox: Sandbox, options: SandboxLoad = {}): Promise<SandboxLoad> {
    const submission = { ...writeRich(sandbox, RICH[KIND]!(4, 0)), again: false, ...options };
    failing.store = new FailingStore({ moment: 'behind', method: 'writeDoses', call: 1 }, lost);
    await expect(sandbox.load(submission)).rejects.toBeInstanceOf(StoreError);
    failing.store = null;
    return submission;
  }

  /** Loads, and gives what was told and the runs that there are then. */
  async function loadAgain(sandbox: Sandbox, options: SandboxLoad): Promise<{ told: string[]; runs: TableRow[] }> {
    const told: string[] = [];
    await sandbox.load({ ...options, onNotice: (notice) => told.push(notice.replaceAll(`${sandbox.folder}/`, '')) });
    return { told, runs: sandbox.query('SELECT id, status, today FROM runs ORDER BY id') };
  }
  const GOES_ON = expect.stringMatching(
    /^run 1 was cut short before; it goes on behind record \d+ of (large-)?[de]\.txt$/,
  );
  const ONE_RUN = [{ id: 1, status: 'completed', today: '2026-07-01' }];
  const takenBack = (why: string): string =>
    `run 1 was cut short before; what it had written is taken back (this command has ${why})`;

  test('keeps its day over midnight, unless another one is asked for', async () => {
    using sandbox = new Sandbox();
    const submission = await cutShort(sandbox, { isTodayUnasked: true });
    const today = '2026-07-02' as IsoDate;
    const { told, runs } = await loadAgain(sandbox, { ...submission, today });
    expect(told).toEqual([GOES_ON]);
    expect(runs).toEqual(ONE_RUN);

    using other = new Sandbox();
    const asked = await cutShort(other, { isTodayUnasked: true });
    const again = await loadAgain(other, { ...asked, today, isTodayUnasked: false });
    expect(again.told).toEqual([takenBack('another --today')]);
    expect(again.runs.map(({ status }) => status)).toEqual(['failed', 'completed']);
  });

  test.each<[string, Partial<SandboxLoad>]>([
    ['another --site', { site: 'F9' }],
    ['another --rule', { rules: { 'lot-short': 'off' } as never }],
    ['another --match-model', { matchModel: 'trained' }],
    ['another --max-issues-per-code', { maxIssuesPerCode: 3 }],
    ['another --redact', { redact: true }],
    ['another --encoding', { encoding: 'windows-1252' }],
    ['other sizes', { sizes: { ...TINY, batchRows: 5 } }],
    ['other --codes', { codes: NDC_CODES }],
    ['another --spec', { spec: { ...(RICH[KIND]!(4, 0).spec as Spec), version: '99' } }],
  ])('is taken back by a command with %s', async (why, options) => {
    using sandbox = new Sandbox();
    const submission = await cutShort(sandbox);
    const { told, runs } = await loadAgain(sandbox, { ...submission, ...options });
    expect(told).toEqual([expect.stringContaining(why)]);
    expect(told[0]).toMatch(/^run 1 was cut short before; what it had written is taken back \(this command has /);
    expect(runs.map(({ status }) => status)).toEqual(['failed', 'completed']);
  });

  test.each<[string, Partial<SandboxLoad>]>([
    ['other threads', { threads: 1 }],
    ['another place for its report', {}],
    ['another limit of rejects', { rejectLimit: { percent: 99 } }],
  ])('goes on with %s', async (_, options) => {
    using sandbox = new Sandbox();
    const submission = await cutShort(sandbox);
    expect(await loadAgain(sandbox, { ...submission, ...options })).toEqual({ told: [GOES_ON], runs: ONE_RUN });
  });

  test.each<[string, Cut]>([
    ['among its doses', { moment: 'behind', method: 'writeDoses', call: 1 }],
    ['before its report has a name', { moment: 'before', method: 'readJournalHead', call: 1 }],
    ['when its report has a name', { moment: 'before', method: 'completeRun', call: 1 }],
    ['when all is done', { moment: 'behind', method: 'completeRun', call: 1 }],
  ])('never leaves values of persons in a report that is redacted: %s', async (_, cut) => {
    using sandbox = new Sandbox();
    const patients = 'facility_id|patient_id|last_name|first_name|birth_date\n';
    const submission: SandboxLoad = {
      patients: {
        'p.txt': `${patients}F1|7001|Kowalczyk|Anna|20150514\nF1|7002|Wojciechowska|Zofia|20159914\n`,
      },
      immunizations: {
        'd.txt':
          'facility_id|patient_id|cvx|admin_date|comments\nF1|7001|03|20160514|\nF1|7001|03|20160199|told Kowalczyk\n',
      },
      ...{ redact: true, again: false, report: sandbox.path('report') },
    };
    const shown = (): string[] => {
      const text = existsSync(sandbox.path('report')) ? JSON.stringify(reportFiles(sandbox.path('report'))) : '';
      return ['Kowalczyk', 'Wojciechowska', '20159914'].filter((value) => text.includes(value));
    };
    failing.store = new FailingStore(cut, lost);
    await expect(sandbox.load(submission)).rejects.toBeInstanceOf(StoreError);
    expect(shown()).toEqual([]);
    failing.store = null;
    await sandbox.load(submission).catch((error) => expect(error).toBeInstanceOf(LoadedBeforeError));
    expect(shown()).toEqual([]);
    expect(readFileSync(sandbox.path('report', 'rejects', 'p.txt'), 'utf8')).toMatch(
      /\nF1\|\d{4}\|\w{13}\|\w{5}\|\d{8}\|/,
    );
    expect(sandbox.query('SELECT status FROM runs')).toEqual([{ status: 'completed' }]);
  });

  test('goes on from the same files in another place', async () => {
    using sandbox = new Sandbox();
    const submission = await cutShort(sandbox);
    mkdirSync(sandbox.path('moved'));
    const move = (paths: unknown): string[] =>
      (paths as string[]).map((path) => {
        const place = sandbox.path('moved', basename(path));
        renameSync(path, place);
        return place;
      });
    const moved = {
      ...submission,
      patients: move(submission.patients),
      immunizations: move(submission.immunizations),
      comments: move(submission.comments),
    };
    const { told, runs } = await loadAgain(sandbox, moved);
    expect(told).toEqual([expect.stringMatching(/goes on behind record \d+ of moved\/[de]\.txt$/)]);
    expect(runs).toEqual(ONE_RUN);
  });

  test.each([
    { what: 'is taken back when a file is not what it was as far as it was read', name: 'large-p.txt', goesOn: false },
    { what: 'goes on when a file is another behind what was read', name: 'large-d.txt', goesOn: true },
  ])('$what', async ({ name, goesOn }) => {
    using sandbox = new Sandbox();
    const paths = { patients: sandbox.path('large-p.txt'), immunizations: sandbox.path('large-d.txt') };
    writeSubmission({ patients: 2200, dosesPerPatient: 3, seed: 5 }, MIIS, paths);
    const files = { patients: [paths.patients], immunizations: [paths.immunizations], again: false };
    const submission = await cutShort(sandbox, { ...files, comments: [], spec: MIIS, sizes: { ...SMALL } });
    // The same size and beginning, and another last digit.
    const bytes = readFileSync(sandbox.path(name));
    expect(bytes.length).toBeGreaterThan(300_000);
    const at = bytes.length - 1 - [...bytes].reverse().findIndex((byte) => byte >= 0x30 && byte <= 0x39);
    bytes[at] = bytes[at] === 0x31 ? 0x30 : 0x31;
    writeFileSync(sandbox.path(name), bytes);
    const { told, runs } = await loadAgain(sandbox, submission);
    if (goesOn) expect({ told, runs }).toEqual({ told: [GOES_ON], runs: ONE_RUN });
    else {
      const why = `${name} is not what it was`;
      expect(told).toEqual([`run 1 was cut short before; what it had written is taken back (${why})`]);
      expect(runs.map(({ status }) => status)).toEqual(['failed', 'completed']);
    }
    using fresh = new Sandbox();
    await fresh.load(submission);
    expect(contentOf(sandbox)).toEqual(contentOf(fresh));
  });
  /** So that the end of a file is not read when the first doses are written. */
  const SMALL = { chunkBytes: 20_000, blockBytes: 20_000, batchRows: 500 };

  test('is left out by a dry run, and goes on behind it', async () => {
    using sandbox = new Sandbox();
    await using registry = await REGISTRIES['PostgreSQL']!(sandbox);
    const submission = await cutShort(sandbox, { database: registry.address });
    const told: string[] = [];
    const onNotice = (notice: string): number => told.push(notice);
    await sandbox.load({ ...submission, mode: 'dry-run', onNotice });
    expect(told).toEqual(['run 1 was cut short before; what it had written is left out']);
    await sandbox.load({ ...submission, onNotice });
    expect(told.at(-1)).toMatch(/^run 1 was cut short before; it goes on behind record /);
  });

  test('is not gone on with by --restart; a report that has its name already is renamed', async () => {
    using sandbox = new Sandbox();
    const submission = { ...writeRich(sandbox, RICH[KIND]!(4, 0)), again: false, report: sandbox.path('report') };
    await sandbox.load({ ...submission, database: sandbox.path('other.db'), report: sandbox.path('other') });
    failing.store = new FailingStore({ moment: 'before', method: 'completeRun', call: 1 }, lost);
    await expect(sandbox.load(submission)).rejects.toBeInstanceOf(StoreError);
    failing.store = null;
    expect(existsSync(sandbox.path('report', 'summary.json'))).toBe(true);
    const { told, runs } = await loadAgain(sandbox, { ...submission, report: sandbox.path('next'), restart: true });
    expect(told).toEqual([
      'run 1 was cut short before; what it had written is taken back',
      'its report is now report-taken-back',
    ]);
    expect(runs.map(({ status }) => status)).toEqual(['failed', 'completed']);
    expect(existsSync(sandbox.path('report'))).toBe(false);
    expect(reportFiles(sandbox.path('next'))['issues.csv']).toBe(reportFiles(sandbox.path('other'))['issues.csv']);
  });

  test('says in its report where it went on', async () => {
    using sandbox = new Sandbox();
    const submission = await cutShort(sandbox);
    const { resumed } = await sandbox.load(submission);
    expect(resumed).toEqual({
      behind: { stage: 'immunizations', file: expect.stringMatching(/^[de]\.txt$/), record: expect.any(Number) },
    });
  });

  test('leaves nothing of it behind when it is completed', async () => {
    using sandbox = new Sandbox();
    await loadAgain(sandbox, await cutShort(sandbox));
    expect(sandbox.query('SELECT count(*) AS n FROM checkpoints')).toEqual([{ n: 0 }]);
    expect(sandbox.files().filter((name) => /loading|journal|unfinished/.test(name))).toEqual([]);
  });
});

test('two loaders of the same submission at once: the second is refused by PostgreSQL, too, where others queue', async () => {
  using sandbox = new Sandbox();
  await using registry = await REGISTRIES['PostgreSQL']!(sandbox);
  const { openForLoading } = await import('../../src/open-store.js');
  const [first, second] = [await openForLoading(registry.address), await openForLoading(registry.address)];
  const waiting = { command: { files: 'the same' }, signal: null, onWait: () => {} };
  await first.waitForTurn(waiting);
  await expect(second.waitForTurn(waiting)).rejects.toMatchObject({
    code: 'busy',
    message: expect.stringMatching(
      /: the very same files are being loaded already, in the same way; wait until that is done$/,
    ),
  });
  const others = second.waitForTurn({ ...waiting, command: { files: 'others' } });
  await first.close();
  await others;
  await second.close();
});
