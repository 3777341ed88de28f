/** What a load makes of a submission is the same in SQLite and in PostgreSQL: every row of every table, ids included. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideReview } from '../../src/decide-review.js';
import { undoRun } from '../../src/undo-run.js';
import { Dirt } from '../support/dirt.js';
import { CODES, MIIS } from '../support/fixtures.js';
import { Random } from '../support/random.js';
import { KINDS, TestRegistry } from '../support/registries.js';
import { family, familyRecord, filesOf } from '../support/review-families.js';
import { miis, type SandboxLoad } from '../support/sandbox.js';
import { storeTables } from '../support/store-tables.js';
import { writeSubmission } from '../support/submission.js';

/** A SQLite registry and a PostgreSQL one into which the same is loaded. */
class Twins implements AsyncDisposable {
  readonly #registries: readonly TestRegistry[];

  private constructor(registries: readonly TestRegistry[]) {
    this.#registries = registries;
  }

  static async create(): Promise<Twins> {
    return new Twins(await Promise.all(KINDS.map((kind) => TestRegistry.create(kind))));
  }

  /** Where files may be written that both load. */
  path(name: string): string {
    return this.#registries[0]!.path(name);
  }

  /** Loads into both, and compares the tables and the reports. */
  async load(options: SandboxLoad): Promise<void> {
    await this.both(async (registry) => {
      const { folder, patients, doses, issues, totals } = await registry.load(options);
      return { patients, doses, issues, totals, rows: readFileSync(join(folder, 'issues.csv'), 'utf8') };
    });
  }

  /** Does something with both, and compares what comes of it, or how it fails; and all rows afterwards. */
  async both(work: (registry: TestRegistry) => Promise<unknown>): Promise<void> {
    const outcome = async (registry: TestRegistry): Promise<unknown> => {
      try {
        return await work(registry);
      } catch (error) {
        return (error as Error).message;
      }
    };
    const [file, server] = this.#registries;
    expect(await outcome(server!)).toEqual(await outcome(file!));
    const inFile = await storeTables((sql) => file!.ask(sql));
    expect(await storeTables((sql) => server!.ask(sql))).toEqual(inFile);
  }

  /** The numbers of the pairs for a reviewer. */
  async reviews(): Promise<number[]> {
    return (await this.#registries[0]!.ask('SELECT id FROM match_reviews ORDER BY id')).map(({ id }) => Number(id));
  }

  /** Rows that were changed and kept as they were before, by table. */
  async images(): Promise<string[]> {
    const rows = await this.#registries[1]!.ask('SELECT DISTINCT table_name FROM before_images ORDER BY 1');
    return rows.map((row) => String(row['table_name']));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const registry of this.#registries) await registry[Symbol.asyncDispose]();
  }
}

const PATIENTS = 'facility_id|patient_id|last_name|first_name|birth_date|sex|street|phone';
const DOSES = 'facility_id|patient_id|vaccination_id|cvx|admin_date|lot_number|mvx|information_source';

describe('SQLite and PostgreSQL hold the same rows', () => {
  test('of dirty submissions of one clinic, one after the other', async () => {
    const submission = fc.record({
      seed: fc.nat(100_000),
      patients: fc.integer({ min: 1, max: 40 }),
      batchRows: fc.constantFrom(3, 17, 10_000),
      matchModel: fc.constantFrom('exact', 'fixed', 'trained'),
    });
    await fc.assert(
      fc.asyncProperty(submission, async ({ seed, patients, batchRows, matchModel }) => {
        await using twins = await Twins.create();
        for (const [i, shares] of [0.1, 0.4, 0.2].entries()) {
          const paths = { patients: twins.path(`p${i}.txt`), immunizations: twins.path(`d${i}.txt`) };
          const dirt = new Dirt(MIIS, { seed: seed + i, errors: 0.1, remarks: 0.3, duplicates: shares });
          writeSubmission({ seed, patients, dosesPerPatient: 5 }, MIIS, paths, dirt);
          await twins.load({
            patients: [paths.patients],
            immunizations: [paths.immunizations],
            sizes: { batchRows, sortCharacters: 3000 },
            // The first load leaves keys to be added.
            matchModel: i === 0 ? 'exact' : matchModel,
          });
        }
      }),
      { numRuns: 4 },
    );
  });

  test('of people and doses that others join, part by part; and of runs that are taken back', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.nat(100_000), async (seed) => {
        await using twins = await Twins.create();
        const random = new Random(seed);
        for (let run = 0; run < 5; run++) {
          const patients = Array.from({ length: random.integer(1, 8) }, () => {
            const person = random.integer(1, 5);
            return `F${random.integer(1, 2)}|${person}|Lee${'ABCDE'[person - 1]}|Ann|2015050${person}|F|${random.pick(['', '1 Elm St', '2 Oak Rd'])}|${random.pick(['', '6175550134'])}`;
          });
          const doses = Array.from({ length: random.integer(1, 25) }, (_, i) => {
            const when = `2016050${random.integer(2, 9)}`;
            const lot = random.pick(['', '', 'A1234', 'B5678']);
            return `F${random.integer(1, 2)}|${random.integer(1, 5)}|${run}-${i}|${random.pick(['08', '45', '110', '20', '107'])}|${when}|${lot}|${random.pick(['', 'SKB', 'MSD'])}|${random.pick(['00', '01'])}`;
          });
          await twins.load({
            patients: { 'p.txt': miis(PATIENTS, ...patients) },
            immunizations: { 'd.txt': miis(DOSES, ...doses) },
            sizes: { batchRows: random.pick([2, 9, 1000]) },
            // The fourth run fails at its end.
            ...(run === 3 && { rejectLimit: { percent: 0 } }),
          });
          for (const table of await twins.images()) seen.add(table);
        }
      }),
      { numRuns: 5 },
    );
    // It changed what earlier runs had made.
    expect([...seen].sort()).toEqual(
      expect.arrayContaining(['doses', 'immunization_duplicates', 'immunization_parts', 'patients']),
    );
  });

  test('of pairs that reviewers decided, and of runs that were undone', async () => {
    const at = '2026-11-22T10:00:00.000Z';
    let undone = 0;
    await fc.assert(
      fc.asyncProperty(
        family,
        fc.array(familyRecord, { minLength: 1, maxLength: 5 }),
        fc.nat({ max: 4 }),
        fc.array(fc.tuple(fc.nat(), fc.constantFrom('same', 'same', 'different', 'later')), { maxLength: 4 }),
        fc.constantFrom('exact', 'fixed'),
        async (first, second, overlap, decisions, matchModel) => {
          await using twins = await Twins.create();
          const ask = matchModel === 'fixed' && { thresholds: { match: 5, review: -90 } };
          await twins.load({ ...filesOf(first), matchModel, ...ask });
          await twins.load({ ...filesOf(second, Math.max(0, first.length - overlap)), matchModel, ...ask });
          const reviews = await twins.reviews();
          for (const [which, decision] of reviews.length > 0 ? decisions : []) {
            const made = { reviewId: reviews[which % reviews.length]!, decision, by: 'Ann', at, reason: 'so' };
            await twins.both((registry) =>
              registry.withStore((store) => decideReview(store, CODES, made, { despiteConflicts: true })),
            );
          }
          for (const run of [1, 2]) {
            await twins.both((registry) =>
              registry.withStore(async (store) => {
                const outcome = await undoRun(store, run, { isPlan: false, at, by: 'Ann', codes: CODES });
                undone++;
                return outcome;
              }),
            );
          }
        },
      ),
      { numRuns: Number(process.env['TWIN_RUNS'] ?? 3) },
    );
    expect(undone).toBeGreaterThan(0);
  }, 3_600_000);
});
