/**
 * Puts the records of one patient together that are one dose, by the decision table.
 *
 * First the records of one day, then those of neighbouring days, the nearest first. What comes out depends on what the
 * records say, and not on their order, nor on how often one of them is there.
 */
import { DOSE, type Row } from '../model.js';
import { dayNumber } from './dose-neighbours.js';
import {
  compareAllLots,
  type DoseEvidence,
  type DoseRule,
  judgeDaysApart,
  judgeSameDay,
  RULES,
  WINDOW_DAYS,
} from './dose-table.js';
import { LOTS, type LotComparison } from './lot.js';
import { MOST_DAYS_APART, RELATION, type VaccineGroups } from './vaccine-groups.js';

/** Records that say the same to the table. */
export interface DoseReport extends DoseEvidence {
  /** Tells it from all others. */
  readonly key: string;
  readonly lots: readonly string[];
  readonly senderIds: string[];
}

/** Two doses of one day each that a person should look at, each by its reports. */
export interface DoseDoubt {
  readonly a: readonly DoseReport[];
  readonly b: readonly DoseReport[];
  readonly rule: DoseRule;
}

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
      vaccine: vaccines.numberOf(cvx),
      cvx,
      isAdministered,
      isGiven,
      status,
      lots: lot === null ? [] : [lot],
      senderIds: [],
      organization: row[DOSE.facility_id] ?? row[DOSE.site_id] ?? null,
    };
    byKey.set(key, report);
  }
  const id = row[DOSE.source_immunization_id] ?? null;
  if (id !== null) {
    const senderId = `${row[DOSE.site_id]}\x1f${id}`;
    if (!report.senderIds.includes(senderId)) report.senderIds.push(senderId);
  }
  return report;
}

/** Days that are one dose, the one that says what it is first. */
interface Dose {
  days: DayDose[];
}

/** Records of one day that are one dose. */
interface DayDose extends DoseEvidence {
  readonly key: string;
  readonly reports: readonly DoseReport[];
  /** The combination of the same day that it is a part of, `null` if it stands for itself. */
  whole: DayDose | null;
  dose: Dose;
  isAdministered: boolean;
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

const LOT_RANKS: Readonly<Record<LotComparison, number>> = {
  [LOTS.equal]: 0,
  [LOTS.respelled]: 1,
  [LOTS.similar]: 2,
  [LOTS.missing]: 3,
  [LOTS.different]: 4,
};

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

/** Joins the doses of neighbouring days. */
function joinDays(days: readonly DayDose[], vaccines: VaccineGroups, doubts: Doubts): void {
  joinErrors(days, (a, b, rule) => rule === RULES.sameId || (a.isAdministered && b.isAdministered), vaccines);
  const doubtful = joinHistory(days, vaccines, doubts);
  joinErrors(
    days.filter((day) => isHistory(day) && !doubtful.has(day)),
    () => true,
    vaccines,
  );
  for (let i = 0; i < days.length; i++) addDoubts(i, days, vaccines, doubts);
}

/** Whether a dose is known from history alone. */
function isHistory({ dose }: DayDose): boolean {
  return dose.days.every((day) => !day.isAdministered);
}

/**
 * Whether two neighbouring days stand in a series with short gaps, of which another dose is near: then a date that is off
 * by a few days may belong to either.
 */
function isInSeries(i: number, other: DayDose, days: readonly DayDose[], vaccines: VaccineGroups): boolean {
  const day = days[i]!;
  if (vaccines.daysApart(day.vaccine) === MOST_DAYS_APART) return false;
  for (const third of neighbours(i, days, MOST_DAYS_APART + vaccines.daysApart(day.vaccine), true)) {
    if (third.day !== other.day && vaccines.relate(third.vaccine, day.vaccine) !== RELATION.none) return true;
  }
  return false;
}

/** The pairs of days that may be compared with a day: its neighbours, at most so many days away. */
function* neighbours(i: number, days: readonly DayDose[], most: number, both: boolean): Generator<DayDose> {
  const { day } = days[i]!;
  for (let j = i + 1; j < days.length && days[j]!.day - day <= most; j++) if (days[j]!.day !== day) yield days[j]!;
  if (both) for (let j = i - 1; j >= 0 && day - days[j]!.day <= most; j--) if (days[j]!.day !== day) yield days[j]!;
}

/** Joins days that differ by an error: of the same lot, or under the same id. Each pair of a dose must be one. */
function joinErrors(
  days: readonly DayDose[],
  concerns: (a: DayDose, b: DayDose, rule: DoseRule) => boolean,
  vaccines: VaccineGroups,
): void {
  const pairs: { readonly a: DayDose; readonly b: DayDose; readonly rule: DoseRule }[] = [];
  const isError = (rule: DoseRule): boolean => rule === RULES.dateError || rule === RULES.sameId;
  for (let i = 0; i < days.length; i++) {
    for (const other of neighbours(i, days, MOST_DAYS_APART, false)) {
      const rule = judgeDaysApart(days[i]!, other, vaccines);
      if (!isError(rule) || !concerns(days[i]!, other, rule)) continue;
      if (rule === RULES.sameId || !isInSeries(i, other, days, vaccines)) pairs.push({ a: days[i]!, b: other, rule });
    }
  }
  pairs.sort(
    (x, y) =>
      x.rule.row - y.rule.row ||
      x.b.day - x.a.day - (y.b.day - y.a.day) ||
      x.a.day - y.a.day ||
      compareKeys(x.a, y.a) ||
      compareKeys(x.b, y.b),
  );
  for (const { a, b } of pairs) {
    if (a.dose === b.dose) continue;
    const fit = a.dose.days.every((x) =>
      b.dose.days.every((y) => x.day !== y.day && isError(judgeDaysApart(x, y, vaccines))),
    );
    if (fit) join(a.dose, b.dose, vaccines);
  }
}

function compareKeys(a: DayDose, b: DayDose): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

/** Makes one dose of two. The day that says what it is comes first: administered, a product rather than a group. */
function join(a: Dose, b: Dose, vaccines: VaccineGroups): void {
  const rank = (day: DayDose): number => (day.isAdministered ? 0 : 2) + (vaccines.isUnspecified(day.vaccine) ? 1 : 0);
  a.days = [...a.days, ...b.days].sort((x, y) => rank(x) - rank(y) || x.day - y.day || compareKeys(x, y));
  for (const day of b.days) day.dose = a;
}

/** A historical record that an administered dose nearby may be what it tells of. */
interface Claim {
  readonly history: DayDose;
  readonly administered: DayDose;
  readonly days: number;
  /** How well lot and vaccine fit; less is better. */
  readonly fit: number;
}

/** Joins history to the administered dose nearest to it. Tells the history that could not be settled. */
function joinHistory(days: readonly DayDose[], vaccines: VaccineGroups, doubts: Doubts): Set<DayDose> {
  const doubtful = new Set<DayDose>();
  const claims: Claim[] = [];
  for (let i = 0; i < days.length; i++) {
    const history = days[i]!;
    if (!isHistory(history)) continue;
    const [nearest, ...others] = findClaims(i, days, vaccines);
    if (nearest === undefined) continue;
    const rival = others.find(
      (other) =>
        other.days === nearest.days &&
        other.fit === nearest.fit &&
        other.administered.dose !== nearest.administered.dose &&
        other.administered.day !== nearest.administered.day,
    );
    const sameDay = [nearest, ...others].filter((other) => other.administered.day === nearest.administered.day);
    const groups = sameDay.map(({ administered }) => administered.vaccine);
    const isAntigenLost = !vaccines.isUnspecified(history.vaccine) && !vaccines.isCovered(history.vaccine, groups);
    const isOpen = rival !== undefined || isAntigenLost || isInSeries(i, nearest.administered, days, vaccines);
    if (!isOpen) claims.push(nearest);
    else {
      doubtful.add(history);
      doubts.add(history, nearest.administered, RULES.historyOfEither);
    }
  }
  claims.sort(compareClaims);
  for (const { history, administered } of claims) {
    // Another record of the same history may have led to a dose.
    if (!isHistory(history)) continue;
    const { dose } = administered;
    // Where the administered dose has no lot, those of its histories must not contradict each other.
    const isRefused =
      administered.lots.length === 0 &&
      dose.days.some((day) => compareAllLots(day.lots, history.lots) === LOTS.different);
    if (!isRefused) join(dose, history.dose, vaccines);
    else {
      doubtful.add(history);
      doubts.add(history, administered, RULES.historyOfEither);
    }
  }
  return doubtful;
}

/** The administered doses that a historical record may tell of, the nearest first. */
function findClaims(i: number, days: readonly DayDose[], vaccines: VaccineGroups): Claim[] {
  const history = days[i]!;
  const claims: Claim[] = [];
  for (const administered of neighbours(i, days, vaccines.daysApart(history.vaccine), true)) {
    if (!administered.isAdministered) continue;
    const rule = judgeDaysApart(history, administered, vaccines);
    if (rule.verdict !== 'same') continue;
    const lots = compareAllLots(history.lots, administered.lots);
    const relation = vaccines.relate(history.vaccine, administered.vaccine);
    const product = relation === RELATION.same ? 0 : relation === RELATION.alike ? 1 : 2;
    const fit = LOT_RANKS[lots] * 10 + product;
    claims.push({ history, administered, days: Math.abs(history.day - administered.day), fit });
  }
  return claims.sort(compareClaims);
}

function compareClaims(x: Claim, y: Claim): number {
  return (
    x.days - y.days ||
    x.fit - y.fit ||
    x.administered.day - y.administered.day ||
    compareKeys(x.administered, y.administered) ||
    compareKeys(x.history, y.history)
  );
}

/** Tells what the table leaves to a person of a day's dose and its nearest neighbour. */
function addDoubts(i: number, days: readonly DayDose[], vaccines: VaccineGroups, doubts: Doubts): void {
  const day = days[i]!;
  if (doubts.has(day)) return;
  let nearest: DayDose | null = null;
  let found: DoseRule | null = null;
  for (const other of neighbours(i, days, WINDOW_DAYS, true)) {
    if (other.dose === day.dose) continue;
    const rule = judgeDaysApart(day, other, vaccines);
    // What is known to be an administered dose is no riddle any more.
    const isOpen = rule === RULES.idFarApart || (isHistory(day) && (rule === RULES.sameLotLater || isHistory(other)));
    if (rule.verdict !== 'review' || !isOpen) continue;
    if (nearest !== null && Math.abs(nearest.day - day.day) <= Math.abs(other.day - day.day)) continue;
    nearest = other;
    found = rule;
  }
  if (nearest !== null) doubts.add(day, nearest, found!);
}

/** Pairs for a person, each once. */
class Doubts {
  readonly #pairs = new Map<string, DoseDoubt>();
  readonly #days = new Set<DayDose>();

  /** Whether the day's dose is one of a pair that was told because of it. */
  has(day: DayDose): boolean {
    return this.#days.has(day);
  }

  add(a: DayDose, b: DayDose, rule: DoseRule): void {
    this.#days.add(a);
    const key = [a.key, b.key].sort().join('\x1e');
    if (!this.#pairs.has(key)) this.#pairs.set(key, { a: a.reports, b: b.reports, rule });
  }

  /** Those that did not become one dose after all. */
  list(doseOf: ReadonlyMap<DoseReport, number>): DoseDoubt[] {
    return [...this.#pairs.values()].filter(({ a, b }) => doseOf.get(a[0]!) !== doseOf.get(b[0]!));
  }
}
