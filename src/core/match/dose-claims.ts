/** Which administered dose a record of history tells of, that has its day wrong: rows 11 and 16 of the decision table. */
import { compareKeys, type DayDose, type Doubts, isHistory, join, neighbours } from './day-doses.js';
import { compareAllLots, judgeDaysApart, RULES } from './dose-table.js';
import { LOT_RANKS, LOTS } from './lot.js';
import { MOST_DAYS_APART, RELATION, type VaccineGroups } from './vaccine-groups.js';

/** A dose that is more than so many times as far from history as the nearest lays no claim to it. */
const TIMES_AS_FAR = 2;

/** A historical record that an administered dose nearby may be what it tells of. */
interface Claim {
  readonly history: DayDose;
  readonly administered: DayDose;
  readonly days: number;
  /** How well lot and vaccine fit; less is better. */
  readonly fit: number;
}

/** Joins history to the administered dose nearest to it. Tells the history that could not be settled. */
export function joinHistory(days: readonly DayDose[], vaccines: VaccineGroups, doubts: Doubts): Set<DayDose> {
  const doubtful = new Set<DayDose>();
  const claims: Claim[] = [];
  for (let i = 0; i < days.length; i++) {
    const history = days[i]!;
    if (!isHistory(history)) continue;
    const [nearest, ...others] = findClaims(i, days, vaccines);
    if (nearest === undefined) continue;
    const sameDay = [nearest, ...others].filter((other) => other.administered.day === nearest.administered.day);
    const groups = sameDay.map(({ administered }) => administered.vaccine);
    const isAntigenLost = !vaccines.isUnspecified(history.vaccine) && !vaccines.isCovered(history.vaccine, groups);
    const isOpen =
      isAntigenLost ||
      isInSeries(i, nearest.administered, days, vaccines) ||
      others.some((other) => areRivals(nearest, other));
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
  for (const administered of neighbours(i, days, MOST_DAYS_APART, true)) {
    if (!administered.isAdministered) continue;
    const rule = judgeDaysApart(history, administered, vaccines);
    if (rule.verdict !== 'same') continue;
    const lots = LOT_RANKS[compareAllLots(history.lots, administered.lots)];
    const relation = vaccines.relate(history.vaccine, administered.vaccine);
    const product = relation === RELATION.same ? 0 : relation === RELATION.alike ? 1 : 2;
    const fit = lots * 10 + product;
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

/** Whether history that is put to one dose may as well tell of another. */
function areRivals(nearest: Claim, other: Claim): boolean {
  const [a, b] = [nearest.administered, other.administered];
  if (a.dose === b.dose || a.day === b.day) return false;
  return other.fit <= nearest.fit && other.days <= nearest.days * TIMES_AS_FAR;
}

/**
 * Whether two neighbouring days stand in a series with short gaps, of which another dose is near: then a date that is off
 * by a few days may belong to either.
 */
export function isInSeries(i: number, other: DayDose, days: readonly DayDose[], vaccines: VaccineGroups): boolean {
  const day = days[i]!;
  const most = vaccines.daysApart(day.vaccine, other.vaccine);
  if (most === MOST_DAYS_APART) return false;
  for (const third of neighbours(i, days, MOST_DAYS_APART + most, true)) {
    if (third.day !== other.day && vaccines.relate(third.vaccine, day.vaccine) !== RELATION.none) return true;
  }
  return false;
}
