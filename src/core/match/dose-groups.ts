/**
 * Puts the records of one patient together that are one dose, by the decision table.
 *
 * First the records of one day, then those of neighbouring days, the nearest first. What comes out depends on what the
 * records say, and not on their order, nor on how often one of them is there.
 */
import { DOSE, type Row } from '../model.js';
import { compareKeys, type DayDose, type Dose, type DoseDoubt, type DoseReport, Doubts } from './day-doses.js';
import { joinDays } from './dose-days.js';
import { dayNumber } from './dose-neighbours.js';
import { compareAllLots, type DoseRule, judgeSameDay, RULES } from './dose-table.js';
import { LOT_RANKS } from './lot.js';
import { RELATION, type VaccineGroups } from './vaccine-groups.js';

/** Which records are one dose. */
export interface DoseGrouping {
  /** The report of each row. */
  readonly reports: readonly DoseReport[];
  /** The dose of each report, by numbers that say nothing else. */
  readonly doseOf: ReadonlyMap<DoseReport, number>;
  /** Reports of a vaccine that is only a part of their dose, or has parts that it has not: they say nothing about its product. */
  readonly parts: ReadonlySet<DoseReport>;
  readonly doubts: readonly DoseDoubt[];
}

/**
 * Nobody has more different reports of doses, nor of one day: an id with more of them stands for many persons, and only
 * reports of the same vaccine and day are put together.
 */
const MOST_REPORTS = 500;
const MOST_REPORTS_A_DAY = 64;

/** Groups the rows of one patient. */
export function groupDoses(rows: readonly Row[], vaccines: VaccineGroups): DoseGrouping {
  const byKey = new Map<string, DoseReport>();
  const reports = rows.map((row) => reportOf(row, byKey, vaccines));
  const doubts = new Doubts();
  const inOrder = [...byKey.values()].sort((a, b) => a.day - b.day || (a.key < b.key ? -1 : 1));
  const isPerson = inOrder.length <= MOST_REPORTS;
  const days = groupDays(inOrder, isPerson ? MOST_REPORTS_A_DAY : 1, vaccines, doubts);
  if (isPerson) {
    const doses = days.filter((day) => day.isGiven && day.whole === null);
    joinDays(doses, vaccines, doubts);
  }
  const doseOf = new Map<DoseReport, number>();
  const numbers = new Map<Dose, number>();
  const parts = new Set<DoseReport>();
  for (const day of days) {
    const { dose } = root(day);
    let number = numbers.get(dose);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(dose, number);
    }
    const isPart = day.whole !== null || !isOfProduct(day, dose.days[0]!, vaccines);
    for (const report of day.reports) {
      doseOf.set(report, number);
      if (isPart) parts.add(report);
    }
  }
  return { reports, doseOf, parts, doubts: doubts.list(doseOf) };
}

/** What a row says to the table: the one of its like. */
function reportOf(row: Row, byKey: Map<string, DoseReport>, vaccines: VaccineGroups): DoseReport {
  const date = row[DOSE.administered_on] ?? null;
  const cvx = row[DOSE.cvx] ?? null;
  const lot = row[DOSE.lot_number] ?? null;
  const completion = row[DOSE.completion_status] ?? 'CP';
  const isAdministered = row[DOSE.information_source] === '00';
  const isGiven = completion === 'CP' && date !== null;
  // Where the day is not known, two records are one dose if they say the same vaccine.
  const status = isGiven ? '' : `${completion}${date === null ? ' on no day' : ''}`;
  const key = [date, cvx, status, isAdministered ? 'A' : 'H', lot].join('\x1f');
  let report = byKey.get(key);
  if (report === undefined) {
    report = {
      key,
      day: date === null ? Number.NEGATIVE_INFINITY : dayNumber(date),
      date: date ?? '',
      vaccine: vaccines.numberOf(cvx),
      cvx,
      isAdministered,
      isGiven,
      status,
      lots: lot === null ? [] : [lot],
      senderIds: [],
      organization: null,
    };
    byKey.set(key, report);
  }
  const organization = row[DOSE.facility_id] ?? row[DOSE.site_id] ?? null;
  // Of several that say the same, the name that comes first: not the record that does.
  if (organization !== null && (report.organization === null || organization < report.organization)) {
    report.organization = organization;
  }
  const id = row[DOSE.source_immunization_id] ?? null;
  if (id !== null) {
    const senderId = `${row[DOSE.site_id]}\x1f${id}`;
    if (!report.senderIds.includes(senderId)) report.senderIds.push(senderId);
  }
  return report;
}

/** The doses of each day, in the order of the days. */
function groupDays(
  reports: readonly DoseReport[],
  mostReports: number,
  vaccines: VaccineGroups,
  doubts: Doubts,
): DayDose[] {
  const days: DayDose[] = [];
  for (let start = 0; start < reports.length; ) {
    let end = start + 1;
    while (end < reports.length && reports[end]!.day === reports[start]!.day) end++;
    const ofDay = reports.slice(start, end);
    if (ofDay.length === 1) days.push(dayDoseOf(ofDay, vaccines));
    else if (ofDay.length > mostReports) for (const day of groupByVaccine(ofDay, vaccines)) days.push(day);
    else days.push(...groupDay(ofDay, vaccines, doubts));
    start = end;
  }
  return days;
}

function groupDay(reports: readonly DoseReport[], vaccines: VaccineGroups, doubts: Doubts): DayDose[] {
  const edges: { readonly a: number; readonly b: number; readonly rank: number }[] = [];
  const rules = reports.map(() => new Array<DoseRule>(reports.length));
  for (let a = 0; a < reports.length; a++) {
    for (let b = a + 1; b < reports.length; b++) {
      const rule = judgeSameDay(reports[a]!, reports[b]!, vaccines);
      rules[a]![b] = rule;
      rules[b]![a] = rule;
      if (rule.verdict === 'same') edges.push({ a, b, rank: rankOf(rule, reports[a]!, reports[b]!, vaccines) });
    }
  }
  // The order of the reports decides between equals.
  edges.sort((x, y) => x.rank - y.rank || x.a - y.a || x.b - y.b);
  const members = reports.map((_, index) => [index]);
  for (const { a, b } of edges) {
    const [one, other] = [members[a]!, members[b]!];
    if (one === other) continue;
    const fit = one.every((x) => other.every((y) => rules[x]![y]!.verdict === 'same'));
    if (!fit) continue;
    one.push(...other);
    for (const index of other) members[index] = one;
  }
  const groups = [...new Set(members)].map((group) => group.sort((a, b) => a - b));
  const days = groups.map((group) =>
    dayDoseOf(
      group.map((index) => reports[index]!),
      vaccines,
    ),
  );
  const wholes = new Map<DayDose, DayDose[]>();
  for (let x = 0; x < groups.length; x++) {
    for (let y = x + 1; y < groups.length; y++) {
      const between = groups[x]!.flatMap((a) => groups[y]!.map((b) => rules[a]![b]!));
      const [a, b] = [days[x]!, days[y]!];
      const against = between.find(({ verdict }) => verdict === 'review' || verdict === 'extra');
      if (against !== undefined) doubts.add(a, b, against);
      else if (between.some(({ verdict }) => verdict === 'part')) {
        const [part, whole] = vaccines.relate(a.vaccine, b.vaccine) === RELATION.part ? [a, b] : [b, a];
        wholes.set(part, [...(wholes.get(part) ?? []), whole]);
      }
    }
  }
  for (const whole of new Set([...wholes.values()].flat())) {
    if (whole.isAdministered || wholes.has(whole)) continue;
    // History of a combination of which all parts were administered is told by them, and takes none of them.
    const administered = days.filter((day) => day.isAdministered && wholes.get(day)?.includes(whole) === true);
    const vaccinesGiven = administered.map(({ vaccine }) => vaccine);
    if (!vaccines.isCovered(whole.vaccine, vaccinesGiven)) continue;
    whole.whole = administered.sort((a, b) => compareWholes(a, b, vaccines))[0]!;
  }
  for (const [part, found] of wholes) {
    // The largest combination takes all of its parts, and those that are parts of its parts.
    const roots = found
      .filter((whole) => !wholes.has(whole) && whole.whole === null)
      .sort((a, b) => compareWholes(a, b, vaccines));
    part.whole = roots[0] ?? null;
  }
  for (const { whole, isAdministered } of days) if (whole !== null && isAdministered) whole.isAdministered = true;
  return days;
}

/** The order in which combinations take what is a part of several. */
function compareWholes(a: DayDose, b: DayDose, vaccines: VaccineGroups): number {
  return (
    vaccines.countGroups(b.vaccine) - vaccines.countGroups(a.vaccine) ||
    Number(b.isAdministered) - Number(a.isAdministered) ||
    compareKeys(a, b)
  );
}

/** Same vaccine before same group, and the same lot before others: the lower, the sooner two reports are put together. */
function rankOf(rule: DoseRule, a: DoseReport, b: DoseReport, vaccines: VaccineGroups): number {
  const lots = LOT_RANKS[compareAllLots(a.lots, b.lots)];
  const isBroader = rule === RULES.unspecified && vaccines.countGroups(a.vaccine) !== vaccines.countGroups(b.vaccine);
  const product = rule === RULES.sameId ? 0 : a.cvx === b.cvx ? 1 : isBroader ? 3 : 2;
  return product * 10 + lots * 2 + (a.isAdministered || b.isAdministered ? 0 : 1);
}

function groupByVaccine(reports: readonly DoseReport[], vaccines: VaccineGroups): DayDose[] {
  const groups = new Map<string, DoseReport[]>();
  for (const report of reports) {
    const key = `${report.cvx}\x1f${report.status}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [report]);
    else group.push(report);
  }
  return [...groups.values()].map((group) => dayDoseOf(group, vaccines));
}

function dayDoseOf(reports: readonly DoseReport[], vaccines: VaccineGroups): DayDose {
  // What was administered is believed before history, and a product before a group.
  const distance = ({ isAdministered, vaccine }: DoseReport): number =>
    (vaccines.isUnspecified(vaccine) ? 2 : 0) + (isAdministered ? 0 : 1);
  const product = reports.reduce((best, report) => (distance(report) < distance(best) ? report : best));
  const administered = reports.filter(({ isAdministered }) => isAdministered);
  const ownLots = administered.flatMap(({ lots }) => lots);
  const dose: Dose = { days: [] };
  const day: DayDose = {
    key: reports[0]!.key,
    reports,
    whole: null,
    dose,
    day: product.day,
    date: product.date,
    vaccine: product.vaccine,
    cvx: product.cvx,
    isAdministered: administered.length > 0,
    isGiven: product.isGiven,
    status: product.status,
    lots: ownLots.length > 0 ? ownLots : reports.flatMap(({ lots }) => lots),
    senderIds: reports.flatMap(({ senderIds }) => senderIds),
    organization: product.organization,
  };
  dose.days.push(day);
  return day;
}

/** The day's dose that says what a dose is: itself, or the combination it is a part of. */
function root(day: DayDose): DayDose {
  return day.whole === null ? day : root(day.whole);
}

/** Whether a day's dose is of the product of another. */
function isOfProduct(day: DayDose, other: DayDose, vaccines: VaccineGroups): boolean {
  if (day === other || day.cvx === other.cvx) return true;
  const relation = vaccines.relate(day.vaccine, other.vaccine);
  return relation === RELATION.unspecified || relation === RELATION.alike;
}
