/** The words of the decision table. What each row decides is in dose.test.ts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RULES } from '../../../src/core/match/dose-table.js';
import { packageFolder } from '../../../src/files/specs.js';

const rules = Object.values(RULES);

test('README has every row that a reason can name', () => {
  const readme = readFileSync(join(packageFolder(), 'README.md'), 'utf8');
  const section = /### Which doses are one\n(.*?)\n##/s.exec(readme)![1]!;
  const named = [...section.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, rows]) => rows!.split(', ').map(Number));
  expect(named).toEqual([...new Set(rules.map(({ row }) => row))].sort((a, b) => a - b));
});

test('each row says what it decides in words of its own', () => {
  expect(new Set(rules.map(({ words }) => words)).size).toBe(rules.length);
  for (const { words } of rules) expect(words).toMatch(/^[a-z].*[^.]$/);
});
