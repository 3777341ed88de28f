/** Damaged files and specifications, a few of those that `npm run fuzz` makes without end. */
import { expect, test } from 'vitest';
import { runFuzzCase } from './support/fuzz-case.js';

const SEEDS = Array.from({ length: 80 }, (_, i) => i + 1);

test.each(SEEDS)('case %i is read or refused, and each of its records has a fate', async (seed) => {
  const { records, refused } = await runFuzzCase(seed, 30);
  expect(refused ?? records).not.toBe(0);
});
