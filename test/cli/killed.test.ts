/**
 * Loads that are killed at their commits, or at any moment, and begun again by the same command. `npm run soak` does it at
 * every commit, with larger submissions, and for longer.
 */
import { describe, expect, test } from 'vitest';
import { REGISTRIES } from '../support/interrupted.js';
import { type KilledCommand, KilledLoad, richCommand } from '../support/killing.js';
import { Random } from '../support/random.js';
import { Sandbox } from '../support/sandbox.js';

/** How many commits are tried, of those that there are. */
const TRIED: Readonly<Record<string, number>> = { SQLite: 7, PostgreSQL: 5 };

describe.each(Object.keys(REGISTRIES).map((database, i) => [database, i] as const))(
  'loads into %s',
  (database, first) => {
    test('come to the same tables and reports, wherever they were killed', async () => {
      using sandbox = new Sandbox();
      await using registry = await REGISTRIES[database]!(sandbox);
      // Larger batches than in other tests: each kill takes a second.
      const command = (run: 0 | 1): KilledCommand => {
        const { args, sizes } = richCommand(sandbox, 'three kinds of files', 1, run);
        return { args, sizes: { ...sizes, blockBytes: 600, batchRows: 40 } };
      };
      const load = await KilledLoad.prepare(sandbox, registry, command(0), command(1));
      const random = new Random(7);
      const every = load.points / TRIED[database]!;
      for (let n = 0; n < TRIED[database]!; n++) {
        const atPoint = 1 + Math.floor(every * n) + first;
        // It is killed again at some point while it goes on, if it comes so far.
        const kills = [{ atPoint }, { atPoint: random.integer(1, load.points) }];
        expect(await load.try(kills), JSON.stringify(kills)).toBeGreaterThan(0);
      }
      for (let n = 0; n < 2; n++) await load.try([{ afterMs: random.integer(0, Math.ceil(load.wholeMs)) }]);
    });
  },
);
