/** Values that may stand once in a file: told apart, remembered with their lines, in little memory. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fingerprintOf, SeenValues } from '../../../src/core/rules/unique.js';

test('a value that was seen gives the line where it stood first', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 300 }), (values) => {
      const seen = new SeenValues();
      const first = new Map<string, number>();
      values.forEach((value, index) => {
        expect(seen.add(fingerprintOf(value), index + 1)).toBe(first.get(value) ?? 0);
        if (!first.has(value)) first.set(value, index + 1);
      });
    }),
  );
});

test('half a million ids that hardly differ are all told apart', () => {
  const seen = new SeenValues();
  let repeats = 0;
  for (let n = 0; n < 500_000; n++) {
    if (seen.add(fingerprintOf(`VAX-2021-${String(n).padStart(8, '0')}`), n + 1) !== 0) repeats++;
  }
  expect(repeats).toBe(0);
  expect(seen.add(fingerprintOf('VAX-2021-00314159'), 600_000)).toBe(314_160);
});

test('each half of a fingerprint tells most values apart by itself', () => {
  const [lows, highs] = [new Set<number>(), new Set<number>()];
  for (let n = 0; n < 100_000; n++) {
    const { low, high } = fingerprintOf(String(n));
    lows.add(low);
    highs.add(high);
  }
  // Of so many numbers of 32 bits, one or two have met another by chance.
  expect(lows.size).toBeGreaterThan(99_985);
  expect(highs.size).toBeGreaterThan(99_985);
});
