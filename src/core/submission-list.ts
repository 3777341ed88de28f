/** The list of submissions of one command: a CSV file with a line for each, as people make it in a spreadsheet. */
import Papa from 'papaparse';

/** The columns of a list; all but the first may be left out. */
export const LIST_COLUMNS = ['submission', 'site', 'spec'] as const;
type ListColumn = (typeof LIST_COLUMNS)[number];

/** A submission of a list, as it is written there. */
export interface ListedSubmission {
  /** Path of a folder, an archive or a file. */
  readonly submission: string;
  /** Site of records that do not name one; `null` where the list does not say. */
  readonly site: string | null;
  /** Id or path of the specification; `null` where the list does not say. */
  readonly spec: string | null;
}

/** Something in a list that cannot be, and the line where it is, from 1. */
export interface ListProblem {
  readonly line: number;
  readonly problem: string;
  readonly remedy: string;
}

/** Reads a list. Lines that hold nothing are left out. */
export function readSubmissionList(text: string): readonly ListedSubmission[] | ListProblem {
  const lines = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { delimiter: ',' }).data;
  const header = (lines[0] ?? []).map((name) => name.trim().toLowerCase());
  const strange = header.find((name) => !LIST_COLUMNS.some((column) => column === name));
  if (strange !== undefined || !header.includes('submission')) {
    const problem = strange === undefined ? 'has no column submission' : `has a column that a list does not know`;
    return { line: 1, problem, remedy: `begin with the header ${LIST_COLUMNS.join(',')}` };
  }
  const listed: ListedSubmission[] = [];
  for (const [i, cells] of lines.entries()) {
    if (i === 0 || cells.every((cell) => cell.trim() === '')) continue;
    const cell = (column: ListColumn): string | null => cells[header.indexOf(column)]?.trim() || null;
    const submission = cell('submission');
    if (submission === null) return { line: i + 1, problem: 'names no submission', remedy: 'give its path' };
    listed.push({ submission, site: cell('site'), spec: cell('spec') });
  }
  return listed.length > 0 ? listed : { line: 1, problem: 'names no submission', remedy: 'give a line for each' };
}
