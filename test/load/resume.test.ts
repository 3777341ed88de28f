/** Loads that are cut short at any call of the database, and are gone on with by the same command. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Store, StoreError } from '../../src/db/store.js';
import { LoadedBeforeError } from '../../src/load.js';
import { allTables, type Cut, FailingStore, REGISTRIES, reportFiles } from '../support/interrupted.js';
import { RICH, writeRich } from '../support/rich-submission.js';
import { Sandbox, type SandboxLoad } from '../support/sandbox.js';

const failing = vi.hoisted(() => ({ store: null as { wrap(store: Store): Store } | null }));
vi.mock('../../src/open-store.js', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../src/open-store.js')>();
  return {
    ...original,
    openForLoading: async (database: string) => {
      const store = await original.openForLoading(database);
      return failing.store?.wrap(store) ?? store;
    },
  };
});
afterEach(() => {
  failing.store = null;
});

const lost = (): StoreError => new StoreError('unreachable', 'the connection was lost');

/** Of the places where a load can be cut short, each so-and-so-many is tried; `RESUME_EVERY=1` tries all. */
const EVERY: Readonly<Record<string, number>> = { SQLite: 2, PostgreSQL: 6 };
/** `RESUME_SEEDS=5` looks at more submissions of each kind. */
const SEEDS = Array.from({ length: Number(process.env['RESUME_SEEDS'] ?? 1) }, (_, i) => i + 1);

const WAYS = Object.keys(REGISTRIES).flatMap((database) => {
  return Object.keys(RICH).flatMap((kind) => SEEDS.map((seed) => ({ database, kind, seed })));
});

/** Memory, where the system shows it as a folder: waiting for a disk after each of thousands of transactions shows nothing. */
const FAST_FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

describe.each(WAYS)('$kind, into $database', ({ database, kind, seed }) => {
  test(`come to the same tables and reports, wherever the load was cut short (seed ${seed})`, async () => {
    using sandbox = new Sandbox(FAST_FOLDER);
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
    expect([...told]).toEqual(expect.arrayContaining(WHERE_LOADS_GO_ON));
  });
});

/** A load is cut short at each of these places. */
const WHERE_LOADS_GO_ON = [
  'run N is cut short; the same command goes on with it, --restart begins anew',
  'run N was cut short before; it begins again',
  'run N was cut short before; it goes on behind its patients',
  expect.stringMatching(/^run N was cut short before; it goes on behind record N of /),
  'run N was cut short before; it goes on behind its dose reviews',
  'run N was cut short when all was done; it is completed now',
];
