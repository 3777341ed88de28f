/** Beginnings of values: which values begin as a table says, by hand. */
import { expect, test } from 'vitest';
import { beginsWith, isInOrder, readBeginning } from '../../../src/core/rules/prefix.js';

test.each<[string, readonly string[], readonly string[]]>([
  ['35', ['35', '350', '35A'], ['', '3', '34', '36', '053']],
  ['', ['', 'anything'], []],
  ['35-36', ['35', '36', '35999', '36999', '359-1'], ['', '3', '34999', '37', '3']],
  ['010-027', ['010', '01099', '02', '020', '02799', '027'], ['', '00999', '028', '03', '10', '27']],
  ['MA', ['MA12', 'ma12', 'Ma'], ['M', 'AM', 'NA12']],
  ['ma', ['MA12', 'ma12'], ['M']],
  ['a1-A9', ['A1', 'a5x', 'a9', 'A99'], ['A0', 'B1', 'a:']],
])('%j', (text, right, wrong) => {
  const beginning = readBeginning(text);
  expect(isInOrder(beginning)).toBe(true);
  for (const value of right) expect(beginsWith(value, beginning), value).toBe(true);
  for (const value of wrong) expect(beginsWith(value, beginning), value).toBe(false);
});

test.each(['9-11', '27-10', '35-35', '1-', '-1', '-', '01-02-03', 'b-A'])('%j is no range', (text) => {
  expect(isInOrder(readBeginning(text))).toBe(false);
});
