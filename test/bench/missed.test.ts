import { expect, test } from 'vitest';
import { packRow } from '../../src/core/model.js';
import { patientRow } from '../support/persons.js';
import { findExamples, missedByChange } from './missed.js';

const truth = { persons: Int32Array.from([4, 9, 4, 9, 4, 1]) };
/** Records 0 and 2 were found to be one; 1 and 3 are under review; 4 and 5 were put together, and should not. */
const answer = { personOf: Int32Array.from([0, 1, 0, 3, 4, 4]), reviews: [{ a: 3, b: 1 }] };

test('counts true pairs by what is wrong with one of their records', () => {
  const changes = [0b01, 0b10, 0, 0b11, 0, 0b10];
  expect(missedByChange(answer, truth, changes, ['nickname', 'newborn name'])).toEqual({
    // 0-2 found, 0-4 not, 1-3 under review.
    nickname: { pairs: 3, found: 1, reviewed: 1 },
    'newborn name': { pairs: 1, found: 0, reviewed: 1 },
  });
});

test('shows missed and wrong pairs as they are', () => {
  const rows = ['Ana', 'Rosa', 'Anna', 'Rose', 'Anne', 'Bea'].map((name) =>
    packRow(patientRow({ last_name: 'Silva', first_name: name })),
  );
  expect(findExamples(answer, truth, rows, 10)).toEqual({
    missed: [
      { a: 'Silva|Rosa', b: 'Silva|Rose', reviewed: true },
      { a: 'Silva|Ana', b: 'Silva|Anne', reviewed: false },
      { a: 'Silva|Anna', b: 'Silva|Anne', reviewed: false },
    ].sort((x, y) => (x.a < y.a ? -1 : 1)),
    wrong: [{ a: 'Silva|Anne', b: 'Silva|Bea', reviewed: false }],
  });
  expect(findExamples(answer, truth, rows, 1).missed).toHaveLength(1);
  expect(findExamples(answer, truth, [], 0)).toEqual({ missed: [], wrong: [] });
});
