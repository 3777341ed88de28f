/** The doses of one patient while they are put together, day by day. */
import type { DoseEvidence, DoseRule } from './dose-table.js';
import type { VaccineGroups } from './vaccine-groups.js';

/** Records that say the same to the table. */
export interface DoseReport extends DoseEvidence {
  /** Tells it from all others. */
  readonly key: string;
  readonly senderIds: string[];
  organization: string | null;
}

/** Two doses of one day each that a person should look at, each by its reports. */
export interface DoseDoubt {
  readonly a: readonly DoseReport[];
  readonly b: readonly DoseReport[];
  readonly rule: DoseRule;
}

/** Days that are one dose, the one that says what it is first. */
export interface Dose {
  days: DayDose[];
}

/** Records of one day that are one dose. */
export interface DayDose extends DoseEvidence {
  readonly key: string;
  readonly reports: readonly DoseReport[];
  /** The combination of the same day that it is a part of, `null` if it stands for itself. */
  whole: DayDose | null;
  dose: Dose;
  isAdministered: boolean;
}

/** Whether a dose is known from history alone. */
export function isHistory({ dose }: DayDose): boolean {
  return dose.days.every((day) => !day.isAdministered);
}

/** The days that may be compared with a day: its neighbours, at most so many days away, the later ones alone or both. */
export function* neighbours(i: number, days: readonly DayDose[], most: number, both: boolean): Generator<DayDose> {
  const { day } = days[i]!;
  for (let j = i + 1; j < days.length && days[j]!.day - day <= most; j++) if (days[j]!.day !== day) yield days[j]!;
  if (both) for (let j = i - 1; j >= 0 && day - days[j]!.day <= most; j--) if (days[j]!.day !== day) yield days[j]!;
}

/** Makes one dose of two. The day that says what it is comes first: administered, a product rather than a group. */
export function join(a: Dose, b: Dose, vaccines: VaccineGroups): void {
  const rank = (day: DayDose): number => (day.isAdministered ? 0 : 2) + (vaccines.isUnspecified(day.vaccine) ? 1 : 0);
  a.days = [...a.days, ...b.days].sort((x, y) => rank(x) - rank(y) || x.day - y.day || compareKeys(x, y));
  for (const day of b.days) day.dose = a;
}

/** An order of days that depends on what their records say alone. */
export function compareKeys(a: DayDose, b: DayDose): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

/** Pairs for a person, each once. */
export class Doubts {
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
