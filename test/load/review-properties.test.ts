/** What holds of a registry whatever reviewers decide, in whatever order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReviewDecision } from '../../src/db/match-history.js';
import { decideReview, ReviewError, splitPatient } from '../../src/decide-review.js';
import { withoutOrder } from '../support/content.js';
import { CODES } from '../support/fixtures.js';
import { KINDS, type RegistryKind, TestRegistry } from '../support/registries.js';
import { ALL_ASKED, allTables, family, familyRecord, filesOf, findDamage } from '../support/review-families.js';

/** How many registries are tried; `REVIEW_RUNS=500` looks further. Each takes a second: none is made smaller when it fails. */
const RUNS: Readonly<Record<RegistryKind, number>> = {
  SQLite: Number(process.env['REVIEW_RUNS'] ?? 8),
  PostgreSQL: Number(process.env['REVIEW_RUNS'] ?? 3),
};

/** Decides, and says whether it could be done. */
async function decide(registry: TestRegistry, reviewId: number, decision: ReviewDecision): Promise<boolean> {
  const made = { reviewId, decision, by: 'Ann', at: '2026-11-22T10:00:00.000Z', reason: 'because' };
  try {
    await registry.withStore((store) => decideReview(store, CODES, made, { despiteConflicts: true }));
    return true;
  } catch (error) {
    if (error instanceof ReviewError) return false;
    throw error;
  }
}

/** What a registry says of persons and doses, and under which ids each person's records came. */
async function personsOf(registry: TestRegistry): Promise<unknown> {
  const { reviews: _, ...content } = withoutOrder(await registry.content());
  return content;
}

async function applied(registry: TestRegistry): Promise<number[]> {
  const rows = await registry.ask('SELECT review_id FROM applied_decisions ORDER BY decision_id');
  return rows.map((row) => Number(row['review_id']));
}

async function reviewsOf(registry: TestRegistry): Promise<number[]> {
  return (await registry.ask('SELECT id FROM match_reviews ORDER BY id')).map((row) => Number(row['id']));
}

describe.each(KINDS)('deciding and taking back, in %s,', (kind) => {
  const runs = RUNS[kind];

  test('leaves all tables as they were, whatever was decided in between, and loses no dose on the way', async () => {
    let joins = 0;
    await fc.assert(
      fc.asyncProperty(
        family,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom<ReviewDecision>('same', 'same', 'same', 'different', 'later')), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
        fc.boolean(),
        async (records, steps, order, inOneId) => {
          await using registry = await TestRegistry.create(kind);
          const parts = inOneId ? ALL_ASKED : { ...ALL_ASKED, thresholds: { match: 5, review: -90 } };
          await registry.load({ ...filesOf(records), ...parts });
          const reviews = await reviewsOf(registry);
          fc.pre(reviews.length > 0);
          const before = await allTables(registry);
          for (const [which, decision] of steps) {
            await decide(registry, reviews[which % reviews.length]!, decision);
            expect(await findDamage(registry)).toEqual([]);
          }
          for (let i = 0, left = await applied(registry); left.length > 0; i++, left = await applied(registry)) {
            joins++;
            expect(
              await decide(
                registry,
                left[order[i % order.length]! % left.length]!,
                i % 2 === 0 ? 'different' : 'later',
              ),
            ).toBe(true);
            expect(await findDamage(registry)).toEqual([]);
            expect(await applied(registry)).toHaveLength(left.length - 1);
          }
          expect(await allTables(registry)).toEqual(before);
        },
      ),
      { numRuns: runs, endOnFailure: true },
    );
    expect(joins).toBeGreaterThan(runs / 4);
  }, 3_600_000);

  test('gives each record back to its patient, also those that later runs added', async () => {
    let joins = 0;
    await fc.assert(
      fc.asyncProperty(
        family,
        fc.array(familyRecord, { minLength: 1, maxLength: 6 }),
        fc.nat({ max: 5 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
        async (first, second, overlap, steps, order) => {
          // Some of the ids come again, with what they said or with something new.
          const from = Math.max(0, first.length - overlap);
          const again = second.map((record, i) => {
            const known = first[from + i];
            return known === undefined
              ? record
              : { ...known, phone: record.phone, doses: [...known.doses, ...record.doses] };
          });
          await using registry = await TestRegistry.create(kind);
          await using undecided = await TestRegistry.create(kind);
          for (const each of [registry, undecided]) await each.load({ ...filesOf(first), ...ALL_ASKED });
          const decideSome = async (): Promise<void> => {
            const reviews = await reviewsOf(registry);
            if (reviews.length === 0) return;
            for (const which of steps) await decide(registry, reviews[which % reviews.length]!, 'same');
          };
          await decideSome();
          for (const each of [registry, undecided]) await each.load({ ...filesOf(again, from), ...ALL_ASKED });
          expect(await findDamage(registry)).toEqual([]);
          await decideSome();
          expect(await findDamage(registry)).toEqual([]);
          for (let i = 0, left = await applied(registry); left.length > 0; i++, left = await applied(registry)) {
            joins++;
            // Two doses that are held to be different would stay two, whatever the table says.
            expect(await decide(registry, left[order[i % order.length]! % left.length]!, 'later')).toBe(true);
            expect(await findDamage(registry)).toEqual([]);
          }
          expect(await personsOf(registry)).toEqual(await personsOf(undecided));
        },
      ),
      { numRuns: runs, endOnFailure: true },
    );
    expect(joins).toBeGreaterThan(runs / 4);
  }, 3_600_000);

  test('splits what a load has joined into what it would have been apart, and joins it again to the letter', async () => {
    let splits = 0;
    await fc.assert(
      fc.asyncProperty(family, fc.array(fc.nat(), { minLength: 6, maxLength: 6 }), async (records, order) => {
        await using registry = await TestRegistry.create(kind);
        await using apart = await TestRegistry.create(kind);
        await registry.load({ ...filesOf(records), ...ALL_ASKED, thresholds: { match: -5, review: -90 } });
        await apart.load({ ...filesOf(records), ...ALL_ASKED });
        const before = await allTables(registry);
        const who = { by: 'Ann', at: '2026-11-22T10:00:00.000Z', reason: 'because' };
        for (;;) {
          const [joined] = await registry.ask(
            'SELECT patient_id, count(*) AS records FROM patient_sources GROUP BY patient_id HAVING count(*) > 1',
          );
          if (joined === undefined) break;
          const [patientId, count] = [Number(joined['patient_id']), Number(joined['records'])];
          const number = 2 + (order[splits++ % order.length]! % (count - 1));
          await registry.withStore((store) => splitPatient(store, CODES, patientId, [number], who));
          expect(await findDamage(registry)).toEqual([]);
        }
        expect(await personsOf(registry)).toEqual(await personsOf(apart));
        for (let i = 0, left = await applied(registry); left.length > 0; i++, left = await applied(registry)) {
          expect(await decide(registry, left[order[i % order.length]! % left.length]!, 'same')).toBe(true);
          expect(await findDamage(registry)).toEqual([]);
        }
        expect(await allTables(registry)).toEqual(before);
      }),
      { numRuns: runs, endOnFailure: true },
    );
    expect(splits).toBeGreaterThan(runs / 4);
  }, 3_600_000);
});
