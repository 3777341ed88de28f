import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Answer, scoreAnswer } from './score.js';

/** Two twins (A, B) of two and one records, and a stranger (C) of three. */
const PERSONS = Int32Array.from([0, 0, 1, 2, 2, 2]);
const BIRTHS = Int32Array.from([0, 0, 0, -1, -1, -1]);
const FAMILIES = Int32Array.from([7, 7, 7, -1, -1, -1]);
const truth = { persons: PERSONS, births: BIRTHS, families: FAMILIES };

function answer(personOf: readonly number[], ...reviews: readonly (readonly [number, number])[]): Answer {
  return { personOf: Int32Array.from(personOf), reviews: reviews.map(([a, b]) => ({ a, b })) };
}

describe('the score', () => {
  test('is full when all is right', () => {
    const score = scoreAnswer(answer([0, 0, 2, 3, 3, 3]), truth);
    expect(score).toMatchObject({ truePairs: 4, mergedPairs: 4, foundPairs: 4, precision: 1, recall: 1, f1: 1 });
    expect(score).toMatchObject({ twinFalsePairs: 0, familyFalsePairs: 0, reviews: 0, recallAfterReview: 1 });
  });

  test('counts what was missed', () => {
    const score = scoreAnswer(answer([0, 1, 2, 3, 3, 5]), truth);
    expect(score).toMatchObject({ mergedPairs: 1, foundPairs: 1, precision: 1, recall: 0.25, f1: 0.4 });
  });

  test('counts twins who were put together, by pairs of records', () => {
    const score = scoreAnswer(answer([0, 0, 0, 3, 3, 3]), truth);
    expect(score).toMatchObject({ mergedPairs: 6, foundPairs: 4, recall: 1, twinFalsePairs: 2, familyFalsePairs: 2 });
    expect(score.precision).toBeCloseTo(4 / 6);
  });

  test('does not call strangers a family', () => {
    const score = scoreAnswer(answer([0, 1, 2, 2, 4, 5]), truth);
    expect(score).toMatchObject({ mergedPairs: 1, foundPairs: 0, precision: 0, f1: 0 });
    expect(score).toMatchObject({ twinFalsePairs: 0, familyFalsePairs: 0 });
  });

  test('counts a pair under review once, whichever way round, and only where it was not found already', () => {
    const apart = answer([0, 1, 2, 3, 3, 3], [0, 1], [1, 0], [1, 2], [3, 4]);
    const score = scoreAnswer(apart, truth);
    expect(score).toMatchObject({ recall: 0.75, recallAfterReview: 1, reviews: 3, reviewsPerThousand: 500 });
    expect(score.reviewPrecision).toBeCloseTo(2 / 3);
  });

  test('tells a review of two records from one of the persons they belong to', () => {
    const score = scoreAnswer(answer([0, 0, 2, 3, 3, 5], [4, 5]), truth);
    expect(score).toMatchObject({ recall: 0.5, recallAfterReview: 0.75, recallAfterReviewOfPersons: 1 });
  });

  test('is full for no records and for nothing to find', () => {
    const nobody = new Int32Array(0);
    expect(scoreAnswer(answer([]), { persons: nobody })).toMatchObject({
      precision: 1,
      recall: 1,
      reviewsPerThousand: 0,
    });
    expect(scoreAnswer(answer([0, 1]), { persons: Int32Array.from([5, 4]) })).toMatchObject({
      precision: 1,
      recall: 1,
    });
  });

  test.each([
    ['too few records', answer([0, 0])],
    ['a person that begins later', answer([1, 1, 2, 3, 4, 5])],
    ['a person that is another one', answer([0, 0, 1, 3, 4, 5])],
    ['a review of one record with itself', answer([0, 1, 2, 3, 4, 5], [3, 3])],
    ['a review of a record that is not there', answer([0, 1, 2, 3, 4, 5], [3, 6])],
  ])('refuses %s', (_, wrong) => {
    expect(() => scoreAnswer(wrong, truth)).toThrow(RangeError);
  });
});

test('counting by groups comes to what counting all pairs comes to', () => {
  const groups = fc.array(fc.record({ answer: fc.nat(5), person: fc.nat(5), birth: fc.integer({ min: -1, max: 1 }) }), {
    maxLength: 30,
  });
  const pairs = fc.array(fc.tuple(fc.nat(29), fc.nat(29)), { maxLength: 10 });
  fc.assert(
    fc.property(groups, pairs, (records, reviewed) => {
      const personOf = records.map(({ answer }) => records.findIndex((other) => other.answer === answer));
      const reviews = reviewed.filter(([a, b]) => a < b && b < records.length);
      const score = scoreAnswer(answer(personOf, ...reviews), {
        persons: Int32Array.from(records, ({ person }) => person),
        births: Int32Array.from(records, ({ birth }) => birth),
      });
      const counts = { truePairs: 0, mergedPairs: 0, foundPairs: 0, twinFalsePairs: 0 };
      let afterReview = 0;
      for (let a = 0; a < records.length; a++) {
        for (let b = a + 1; b < records.length; b++) {
          const same = records[a]!.person === records[b]!.person;
          const merged = records[a]!.answer === records[b]!.answer;
          const twins = records[a]!.birth >= 0 && records[a]!.birth === records[b]!.birth;
          if (same) counts.truePairs++;
          if (merged) counts.mergedPairs++;
          if (same && merged) counts.foundPairs++;
          if (merged && !same && twins) counts.twinFalsePairs++;
          if (same && (merged || reviews.some(([x, y]) => x === a && y === b))) afterReview++;
        }
      }
      expect(score).toMatchObject(counts);
      expect(score.recallAfterReview).toBeCloseTo(counts.truePairs === 0 ? 1 : afterReview / counts.truePairs);
    }),
  );
});
