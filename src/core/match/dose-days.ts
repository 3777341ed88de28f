/** Puts the doses of neighbouring days together that are one, by the decision table: the nearest first. */
import { areExchanged } from './date-slips.js';
import { compareKeys, type DayDose, type Doubts, isHistory, join, neighbours } from './day-doses.js';
import { isInSeries, joinHistory } from './dose-claims.js';
import { type DoseRule, judgeDaysApart, RULES, shareId, WINDOW_DAYS } from './dose-table.js';
import { MOST_DAYS_APART, type VaccineGroups } from './vaccine-groups.js';

/** Joins the doses of different days, which are given in the order of the days. */
export function joinDays(days: readonly DayDose[], vaccines: VaccineGroups, doubts: Doubts): void {
  joinErrors(days, (a, b, rule) => rule === RULES.sameId || (a.isAdministered && b.isAdministered), vaccines);
  const doubtful = joinHistory(days, vaccines, doubts);
  const isSettled = (day: DayDose): boolean => isHistory(day) && !doubtful.has(day);
  joinErrors(days, (a, b) => isSettled(a) && isSettled(b), vaccines);
  for (let i = 0; i < days.length; i++) addDoubts(i, days, vaccines, doubts);
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

/** Tells what the table leaves to a person of a day's dose and its nearest neighbour. */
function addDoubts(i: number, days: readonly DayDose[], vaccines: VaccineGroups, doubts: Doubts): void {
  const day = days[i]!;
  if (doubts.has(day)) return;
  let nearest: DayDose | null = null;
  let found: DoseRule | null = null;
  for (const other of days) {
    const apart = Math.abs(other.day - day.day);
    if (apart === 0 || other.dose === day.dose) continue;
    if (apart > WINDOW_DAYS && !areExchanged(other.date, day.date) && !shareId(other, day)) continue;
    const rule = judgeDaysApart(day, other, vaccines);
    // What is known to be an administered dose is no riddle any more.
    const isOpen = rule === RULES.idFarApart || (isHistory(day) && (rule.row === 14 || isHistory(other)));
    if (rule.verdict !== 'review' || !isOpen) continue;
    if (nearest !== null && Math.abs(nearest.day - day.day) <= apart) continue;
    nearest = other;
    found = rule;
  }
  if (nearest !== null) doubts.add(day, nearest, found!);
}
