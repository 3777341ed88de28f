/** What holds of a registry whatever reviewers decide, in whatever order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReviewDecision } from '../../src/db/match-history.js';
import { decideReview, ReviewError, splitPatient } from '../../src/decide-review.js';
import { CODES } from '../support/fixtures.js';
import {
  ALL_ASKED,
  allTables,
  family,
  familyRecord,
  filesOf,
  findDamage,
  withStore,
} from '../support/review-families.js';
import { contentOf, Sandbox, type TableRow } from '../support/sandbox.js';

/** How many registries are tried; `REVIEW_RUNS=500` looks further. Each takes a second: none is made smaller when it fails. */
const RUNS = Number(process.env['REVIEW_RUNS'] ?? 15);

/** Decides, and says whether it could be done. */
async function decide(sandbox: Sandbox, reviewId: number, decision: ReviewDecision): Promise<boolean> {
  const made = { reviewId, decision, by: 'Ann', at: '2026-11-22T10:00:00.000Z', reason: 'because' };
  try {
    await withStore(sandbox, (store) => decideReview(store, CODES, made, { despiteConflicts: true }));
    return true;
  } catch (error) {
    if (error instanceof ReviewError) return false;
    throw error;
  }
}

/**
 * What a registry says of persons and doses, and under which ids each person's records came. Which of several records of one
 * dose gave it its id, and why two are one in the words of the day on which the second came, is left out.
 */
function personsOf(sandbox: Sandbox): Record<string, TableRow[]> {
  const { reviews: _, duplicates, immunizations, immunizationParts, ...content } = contentOf(sandbox);
  const sorted = (rows: readonly TableRow[]): TableRow[] =>
    rows
      .map((row) => JSON.stringify(row))
      .sort()
      .map((text) => JSON.parse(text) as TableRow);
  const withoutId = (text: string): string => text.replace(/"source_immunization_id":"[^"]*",?/, '');
  return {
    ...content,
    records: sorted(
      [...immunizations!, ...duplicates!].map(({ person, source_immunization_id: id }) => ({
        person: person!,
        id: id!,
      })),
    ),
    duplicates: sorted(duplicates!.map(({ reason, source_immunization_id, ...duplicate }) => duplicate)),
    immunizations: sorted(immunizations!.map(({ source_immunization_id, ...dose }) => dose)),
    immunizationParts: sorted(
      immunizationParts!.map((part) => ({ ...part, record: withoutId(String(part['record'])) })),
    ),
  };
}

const applied = (sandbox: Sandbox): number[] =>
  sandbox.query('SELECT review_id FROM applied_decisions ORDER BY decision_id').map((row) => Number(row['review_id']));

describe('deciding and taking back', () => {
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
          using sandbox = new Sandbox();
          const parts = inOneId ? ALL_ASKED : { ...ALL_ASKED, thresholds: { match: 5, review: -90 } };
          await sandbox.load({ ...filesOf(records), ...parts });
          const reviews = sandbox.query('SELECT id FROM match_reviews ORDER BY id').map((row) => Number(row['id']));
          fc.pre(reviews.length > 0);
          const before = allTables(sandbox);
          for (const [which, decision] of steps) {
            await decide(sandbox, reviews[which % reviews.length]!, decision);
            expect(findDamage(sandbox)).toEqual([]);
          }
          for (let i = 0; applied(sandbox).length > 0; i++) {
            const left = applied(sandbox);
            joins++;
            expect(
              await decide(sandbox, left[order[i % order.length]! % left.length]!, i % 2 === 0 ? 'different' : 'later'),
            ).toBe(true);
            expect(findDamage(sandbox)).toEqual([]);
            expect(applied(sandbox)).toHaveLength(left.length - 1);
          }
          expect(allTables(sandbox)).toEqual(before);
        },
      ),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(joins).toBeGreaterThan(RUNS / 2);
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
          using sandbox = new Sandbox();
          using undecided = new Sandbox();
          for (const each of [sandbox, undecided]) await each.load({ ...filesOf(first), ...ALL_ASKED });
          const decideSome = async (): Promise<void> => {
            const reviews = sandbox.query('SELECT id FROM match_reviews ORDER BY id').map((row) => Number(row['id']));
            if (reviews.length === 0) return;
            for (const which of steps) await decide(sandbox, reviews[which % reviews.length]!, 'same');
          };
          await decideSome();
          for (const each of [sandbox, undecided]) await each.load({ ...filesOf(again, from), ...ALL_ASKED });
          expect(findDamage(sandbox)).toEqual([]);
          await decideSome();
          expect(findDamage(sandbox)).toEqual([]);
          for (let i = 0; applied(sandbox).length > 0; i++) {
            const left = applied(sandbox);
            joins++;
            // Two doses that are held to be different would stay two, whatever the table says.
            expect(await decide(sandbox, left[order[i % order.length]! % left.length]!, 'later')).toBe(true);
            expect(findDamage(sandbox)).toEqual([]);
          }
          expect(personsOf(sandbox)).toEqual(personsOf(undecided));
        },
      ),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(joins).toBeGreaterThan(RUNS / 2);
  }, 3_600_000);

  test('splits what a load has joined into what it would have been apart, and joins it again to the letter', async () => {
    let splits = 0;
    await fc.assert(
      fc.asyncProperty(family, fc.array(fc.nat(), { minLength: 6, maxLength: 6 }), async (records, order) => {
        using sandbox = new Sandbox();
        using apart = new Sandbox();
        await sandbox.load({ ...filesOf(records), ...ALL_ASKED, thresholds: { match: -5, review: -90 } });
        await apart.load({ ...filesOf(records), ...ALL_ASKED });
        const before = allTables(sandbox);
        const who = { by: 'Ann', at: '2026-11-22T10:00:00.000Z', reason: 'because' };
        for (;;) {
          const [joined] = sandbox.query(
            'SELECT patient_id, count(*) AS records FROM patient_sources GROUP BY patient_id HAVING count(*) > 1',
          );
          if (joined === undefined) break;
          const [patientId, count] = [Number(joined['patient_id']), Number(joined['records'])];
          const number = 2 + (order[splits++ % order.length]! % (count - 1));
          await withStore(sandbox, (store) => splitPatient(store, CODES, patientId, [number], who));
          expect(findDamage(sandbox)).toEqual([]);
        }
        expect(personsOf(sandbox)).toEqual(personsOf(apart));
        for (let i = 0; applied(sandbox).length > 0; i++) {
          const left = applied(sandbox);
          expect(await decide(sandbox, left[order[i % order.length]! % left.length]!, 'same')).toBe(true);
          expect(findDamage(sandbox)).toEqual([]);
        }
        expect(allTables(sandbox)).toEqual(before);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(splits).toBeGreaterThan(RUNS / 2);
  }, 3_600_000);
});
