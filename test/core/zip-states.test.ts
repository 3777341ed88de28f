/** Which ZIP codes lie in which state. */
import { expect, test } from 'vitest';
import { CODES } from '../support/fixtures.js';

test.each<[string, string, boolean | null]>([
  ['02139', 'MA', true],
  ['02139-1234', 'MA', true],
  ['05544', 'MA', true],
  ['02801', 'MA', false],
  ['00501', 'NY', true],
  ['88510', 'TX', true],
  ['88400', 'TX', false],
  ['96910', 'GU', true],
  ['96910', 'MP', true],
  ['02139', 'ON', null],
])('%s lies in %s: %s', (zip, state, expected) => {
  expect(CODES.isZipOfState(zip, state)).toBe(expected);
});

test('each state has ZIP codes, of three digits, in order', () => {
  const states = new Set<string>();
  for (const { from, to, state } of CODES.rows('zip_prefix')) {
    expect([from, to].join(' ')).toMatch(/^\d{3} \d{3}$/);
    expect(from! <= to!).toBe(true);
    states.add(state!);
  }
  const missing = [...CODES.rows('state')].map(({ code }) => code!).filter((code) => !states.has(code));
  expect(missing).toEqual(['UM']);
});
