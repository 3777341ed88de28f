/** What came of the sender's totals, for the summary of a run. */
import { FATES } from '../core/model.js';
import { describeVaccine, type ReconciledList, type ReconciledTotal, totalsInOrder } from '../core/totals/reconcile.js';
import type { Summary } from '../run.js';
import { formatCount, formatTable, showSafely } from './table.js';

/** Wrong totals shown of each list; `summary.json` has them all. */
const MOST_TOTALS = 12;

/** The totals of patients and doses, and of the lists those that are not as expected. Nothing where no totals were said. */
export function formatReconciliation({ reconciliation }: Summary): string {
  if (reconciliation === undefined) return '';
  const { totals_file: file, patients, immunizations, by_vaccine, by_year, control_totals = [] } = reconciliation;
  const rows = [
    ...(patients === undefined
      ? []
      : [rowOf(patients.counts === 'ids' ? 'patients, by their ids' : 'patients', patients)]),
    ...(immunizations === undefined ? [] : [rowOf('doses', immunizations)]),
    ...rowsOfWrong(by_vaccine, (name) => showSafely(describeVaccine(name))),
    ...rowsOfWrong(by_year, (year) => year),
  ];
  const notes = [describeList(by_vaccine, 'vaccines'), describeList(by_year, 'years')].filter((note) => note !== '');
  if (patients?.counts === 'records' && patients.difference !== 0 && patients.ids === patients.expected) {
    notes.unshift('As many different patient ids were received as patients are expected: the sender counts persons');
  }
  if (control_totals.length > 0) {
    const wrong = control_totals.filter(({ difference }) => difference !== 0).length;
    const verdict = wrong === 0 ? 'as received' : `${formatCount(wrong)} not as received`;
    notes.push(`${formatCount(control_totals.length)} in header and trailer records, ${verdict}`);
  }
  const heads = ['', 'expected', 'received', 'difference', ...FATES];
  const title = `Totals${file === null ? '' : ` of ${showSafely(file.name)}`}: ${reconciliation.agrees ? 'as expected' : 'not as expected'}`;
  const table = formatTable([heads, ...rows], ['left', ...heads.slice(1).map(() => 'right' as const)]);
  return [title, ...(rows.length === 0 ? [] : [table]), ...notes.map((note) => `  ${note}`)].join('\n');
}

function rowOf(what: string, { expected, received, difference, ...fates }: ReconciledTotal): string[] {
  const sign = difference > 0 ? '+' : difference < 0 ? '−' : '';
  return [
    what,
    formatCount(expected),
    formatCount(received),
    `${sign}${formatCount(Math.abs(difference))}`,
    ...FATES.map((fate) => formatCount(fates[fate])),
  ];
}

function wrongOf(list: ReconciledList): [string, ReconciledTotal][] {
  return totalsInOrder(list).filter(([, { difference }]) => difference !== 0);
}

function rowsOfWrong(list: ReconciledList | undefined, nameOf: (name: string) => string): string[][] {
  if (list === undefined) return [];
  return wrongOf(list)
    .slice(0, MOST_TOTALS)
    .map(([name, total]) => rowOf(nameOf(name), total));
}

function describeList(list: ReconciledList | undefined, what: string): string {
  if (list === undefined) return '';
  const { received } = list.unknown;
  const wrong = wrongOf(list).length;
  const verdict = list.agrees
    ? wrong === 0
      ? 'all as expected'
      : 'as expected'
    : `${formatCount(wrong)} not as expected`;
  const unknown = received === 0 ? '' : `, with ${formatCount(received)} of which it could not be read`;
  return `${formatCount(Object.keys(list.totals).length)} ${what}, ${verdict}${unknown}`;
}
