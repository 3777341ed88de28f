/** Puts made-up dose histories together and says how well and how fast, beside simpler rules: `npm run bench:doses`. */
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { DoseMatcher } from '../../src/core/match/dose.js';
import { dayNumber } from '../../src/core/match/dose-neighbours.js';
import { RELATION, VaccineGroups } from '../../src/core/match/vaccine-groups.js';
import { DOSE, type Row } from '../../src/core/model.js';
import { loadCodes } from '../../src/files/code-tables.js';
import { COPIED, USUAL } from '../support/dose-damage.js';
import { type History, makeHistories } from '../support/dose-histories.js';
import { type DoseScore, dosesOf, type PutTogether, scoreDoses } from '../support/dose-score.js';
import { median } from './measure.js';

const options = await yargs(hideBin(process.argv))
  .usage('npm run bench:doses -- [options]')
  .options({
    patients: { type: 'number', default: 30_000, describe: 'Patients, of 35 records each' },
    seed: { type: 'number', default: 20_261 },
    copied: {
      type: 'boolean',
      default: false,
      describe: 'History copied from cards and memory, and by schools in bulk',
    },
    errors: { type: 'number', default: 0, describe: 'Show so many pairs that went wrong' },
  })
  .strict()
  .version(false)
  .parseAsync();

const trouble = options.copied ? COPIED : USUAL;
const codes = loadCodes();
const matcher = new DoseMatcher(codes);
const vaccines = new VaccineGroups(codes);

const byTable: PutTogether = (rows) => dosesOf(matcher.decide(rows, []).outcomes);

/** Puts all together that are near in this way, without further thought. */
function chained(isNear: (a: Row, b: Row) => boolean): PutTogether {
  return (rows) => {
    const doses = rows.map((_, place) => place);
    for (let i = 0; i < rows.length; i++) {
      for (let j = i + 1; j < rows.length; j++) {
        if (doses[i] === doses[j] || !isNear(rows[i]!, rows[j]!)) continue;
        const [from, to] = [doses[j]!, doses[i]!];
        for (let k = 0; k < doses.length; k++) if (doses[k] === from) doses[k] = to;
      }
    }
    return doses;
  };
}

const status = (row: Row): string => row[DOSE.completion_status] ?? 'CP';
const shareGroup = (a: Row, b: Row): boolean =>
  status(a) === status(b) &&
  vaccines.relate(vaccines.numberOf(a[DOSE.cvx]!), vaccines.numberOf(b[DOSE.cvx]!)) !== RELATION.none;
const daysApart = (a: Row, b: Row): number =>
  Math.abs(dayNumber(a[DOSE.administered_on]!) - dayNumber(b[DOSE.administered_on]!));
const isHistory = (row: Row): boolean => row[DOSE.information_source] !== '00';
const withinDays = (days: number): PutTogether =>
  chained(
    (a, b) => shareGroup(a, b) && (daysApart(a, b) === 0 || (daysApart(a, b) <= days && isHistory(a) !== isHistory(b))),
  );

const RULES: readonly (readonly [string, PutTogether])[] = [
  [
    'same CVX and date',
    chained((a, b) => daysApart(a, b) === 0 && a[DOSE.cvx] === b[DOSE.cvx] && status(a) === status(b)),
  ],
  ['same group and date', withinDays(0)],
  ['and history within 3 days', withinDays(3)],
  ['and history within 10 days', withinDays(10)],
  ['the decision table', byTable],
];

function line(name: string, score: DoseScore, seconds: number): string {
  return [
    name.padEnd(28),
    score.f1.toFixed(5),
    score.precision.toFixed(6),
    score.recall.toFixed(5),
    String(score.falsePairs).padStart(7),
    score.falsePairsPerMillion.toFixed(1).padStart(9),
    ((score.falsePairsOfOneDay * 1e6) / score.records).toFixed(1).padStart(8),
    ((score.falseMerges * 1e6) / score.records).toFixed(1).padStart(9),
    String(score.missedPairs).padStart(8),
    String(score.rabiesMerged).padStart(7),
    seconds.toFixed(1).padStart(8),
  ].join('  ');
}

/** Microseconds a record that deciding alone takes, on histories that are there already. */
function measure(patients: number): number {
  const histories = [...makeHistories({ seed: options.seed, patients, trouble })].map(({ records }) =>
    records.map(({ row }) => row),
  );
  const records = histories.reduce((sum, rows) => sum + rows.length, 0);
  const times = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    for (const rows of histories) matcher.decide(rows, []);
    return process.cpuUsage(before).user / records;
  });
  return median(times);
}

/** Shows a pair that went wrong, and the records of the group around it. */
function show(kind: string, a: Row, b: Row, { records }: History): void {
  const say = (row: Row): string =>
    [DOSE.administered_on, DOSE.cvx, DOSE.information_source, DOSE.lot_number, DOSE.site_id]
      .map((slot) => row[slot] ?? '-')
      .join(' ');
  console.log(`${kind}: ${say(a)} | ${say(b)}`);
  for (const { row, shot } of records) {
    if (shareGroup(row, a) && daysApart(row, a) < 60) console.log(`    shot ${shot}: ${say(row)}`);
  }
}

const table = [
  'rule                          F1       precision  recall   false    per million  of a day  merges/M    missed  rabies  seconds',
];
let shown = 0;
let records = 0;
for (const [name, putTogether] of RULES) {
  const start = performance.now();
  const score = scoreDoses(makeHistories({ ...options, trouble }), putTogether, (...error) => {
    if (putTogether === byTable && shown++ < options.errors) show(...error);
  });
  records = score.records;
  table.push(line(name, score, (performance.now() - start) / 1000));
}
console.log(
  `${records.toLocaleString('en-US')} records of ${options.patients.toLocaleString('en-US')} patients, seed ${options.seed}`,
);
console.log(table.join('\n'));
console.log(`deciding alone: ${measure(Math.min(options.patients, 5_000)).toFixed(1)} µs of processor time a record`);
