/** Lists of submissions, as people write them. */
import { expect, test } from 'vitest';
import { readSubmissionList } from '../../src/core/submission-list.js';

test.each([
  ['with all columns', 'submission,site,spec\na,F1,miis-legacy\nb.zip,F2,own.json\n', ['a F1 miis-legacy', 'b.zip F2 own.json']],
  ['with one column', 'submission\na\nb\n', ['a null null', 'b null null']],
  ['from a spreadsheet', '\uFEFFSite,Submission\r\n"F1","clinic, the first"\r\n,b\r\n', ['clinic, the first F1 null', 'b null null']],
  ['with lines that hold nothing', 'submission,site\na,\n,\n\nb,F2\n', ['a null null', 'b F2 null']],
])('a list %s is read', (_, text, expected) => {
  const listed = readSubmissionList(text);
  expect('problem' in listed ? listed : listed.map((each) => `${each.submission} ${each.site} ${each.spec}`)).toEqual(expected);
}); // biome-ignore format: a table

test.each([
  ['without a header', 'a\nb\n', { line: 1, problem: 'has a column that a list does not know' }],
  ['without the column that it needs', 'site\nF1\n', { line: 1, problem: 'has no column submission' }],
  ['with a line that names nothing', 'submission,site\na,F1\n,F2\n', { line: 3, problem: 'names no submission' }],
  ['of nothing', 'submission\n', { line: 1, problem: 'names no submission' }],
  ['that is empty', '', { line: 1, problem: 'has no column submission' }],
])('a list %s is told with its line', (_, text, expected) => {
  expect(readSubmissionList(text)).toMatchObject(expected);
}); // biome-ignore format: a table
