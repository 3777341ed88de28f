/** What becomes of the day and the lot of a shot when others write it down. */
import type { IsoDate } from '../../src/core/model.js';
import type { Random } from './random.js';

/** The share of records, unless it says of what, that come with each kind of trouble. */
export interface DoseTrouble {
  /** A vaccine was given twice in a day. */
  readonly twiceInADay: number;
  /** The site that gave a shot sends it. */
  readonly administered: number;
  /** One other site, or two, tell of it; where nobody sends what was given, one does, or two. */
  readonly told: number;
  readonly toldTwice: number;
  readonly onlyToldTwice: number;
  /** A record is there twice. */
  readonly sentTwice: number;
  /** An administered record is there again on a day up to three days later: entered again. */
  readonly enteredAgain: number;
  /** Another site sends a shot as its own, too: a school clinic and the health department that runs it. */
  readonly administeredTwice: number;
  /** History is off by up to three days, by up to ten, by some weeks. */
  readonly daysOff: number;
  readonly tenDaysOff: number;
  readonly weeksOff: number;
  /** Its month or its year is off by one, day and month are swapped, or it names the first of the month for want of a day. */
  readonly monthOff: number;
  readonly yearOff: number;
  readonly swapped: number;
  readonly firstOfMonth: number;
  /** A school writes all shots of a series of one child under one day. */
  readonly seriesOnOneDay: number;
  /** History does not know the product, or another one, or names the parts of a combination. */
  readonly unspecified: number;
  readonly guessed: number;
  readonly inParts: number;
  /** History has the lot, with one character wrong, or with several. */
  readonly lotTold: number;
  readonly lotDamaged: number;
  readonly lotMistaken: number;
  /** Administered records lack the lot. */
  readonly lotMissing: number;
  /** A site gives two shots of a vaccine out of one lot within three months. */
  readonly lotLasts: number;
  /** A refusal on the day of the shot before it was given after all, or a shot that was begun and given again. */
  readonly refused: number;
  readonly givenInPart: number;
}

/**
 * As in a registry: simple rules do as well, or worse, as they did on a million records of one (same vaccine and date: F1
 * .827; same group and date: .957; and history within three days: .990, within ten: .997, with 70 false pairs in a million).
 */
export const USUAL: DoseTrouble = {
  twiceInADay: 0.000003,
  administered: 0.78,
  told: 0.42,
  toldTwice: 0.1,
  onlyToldTwice: 0.03,
  sentTwice: 0.02,
  enteredAgain: 0.001,
  administeredTwice: 0.001,
  daysOff: 0.055,
  tenDaysOff: 0.022,
  weeksOff: 0.0001,
  monthOff: 0.0001,
  yearOff: 0.0001,
  swapped: 0.0003,
  firstOfMonth: 0.0003,
  seriesOnOneDay: 0,
  unspecified: 0.2,
  guessed: 0.05,
  inParts: 0.12,
  lotTold: 0.25,
  lotDamaged: 0.15,
  lotMistaken: 0.01,
  lotMissing: 0.08,
  lotLasts: 0.3,
  refused: 0.004,
  givenInPart: 0.0005,
};

/** History that people copied from cards and memory, and that a school entered in bulk. */
export const COPIED: DoseTrouble = {
  ...USUAL,
  administeredTwice: 0.004,
  daysOff: 0.07,
  tenDaysOff: 0.03,
  weeksOff: 0.001,
  monthOff: 0.001,
  yearOff: 0.001,
  swapped: 0.001,
  firstOfMonth: 0.005,
  seriesOnOneDay: 0.0003,
  lotDamaged: 0.25,
  lotMistaken: 0.05,
  lotLasts: 0.6,
};

/** The date of a day, counted from 1970. */
export function dateOf(day: number): IsoDate {
  return new Date(day * 86_400_000).toISOString().slice(0, 10) as IsoDate;
}

export const dayOf = (date: string): number => Date.parse(date) / 86_400_000;

/** The day as another site has it. */
export function damageDay(day: number, trouble: DoseTrouble, random: Random): number {
  const sign = random.chance(0.5) ? 1 : -1;
  const ways: readonly (readonly [share: number, damage: () => number])[] = [
    [trouble.daysOff, () => day + sign * random.integer(1, 3)],
    [trouble.tenDaysOff, () => day + sign * random.integer(4, 10)],
    [trouble.weeksOff, () => day + sign * random.integer(11, 40)],
    [trouble.monthOff, () => moveMonths(day, sign)],
    [trouble.yearOff, () => moveMonths(day, sign * 12)],
    [trouble.swapped, () => swapDayAndMonth(day)],
    [trouble.firstOfMonth, () => dayOf(`${dateOf(day).slice(0, 8)}01`)],
  ];
  let dice = random.next();
  for (const [share, damage] of ways) {
    if (dice < share) return damage();
    dice -= share;
  }
  return day;
}

/** The same day of another month; the last of that month where it is shorter. */
function moveMonths(day: number, months: number): number {
  const [year, month, date] = dateOf(day).split('-').map(Number) as [number, number, number];
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return Date.UTC(year, month - 1 + months, Math.min(date, last)) / 86_400_000;
}

function swapDayAndMonth(day: number): number {
  const [year, month, date] = dateOf(day).split('-') as [string, string, string];
  return Number(date) <= 12 ? dayOf(`${year}-${date}-${month}`) : day;
}

export function makeLot(random: Random): string {
  if (random.chance(0.04)) return `0${random.digits(5)}`;
  if (random.chance(0.01)) return `${random.integer(1, 9)}E${random.integer(10, 99)}`;
  const letters = (): string => String.fromCharCode(65 + random.integer(0, 25));
  return `${letters()}${random.digits(4)}${letters()}${letters()}`;
}

/** What is taken for what in handwriting. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  '0': 'O', '1': 'I', '2': 'Z', '5': 'S', '6': 'G', '8': 'B', B: '8', D: 'O', G: '6', I: '1', O: '0', S: '5', U: 'V', V: 'U', Z: '2',
}; // biome-ignore format: a table

/** A lot with one error: of a spreadsheet, of a typist, or of somebody who reads handwriting. */
export function damageLot(lot: string, random: Random): string {
  if (/^0\d+$/.test(lot)) return lot.replace(/^0+/, '');
  if (/^\dE\d\d$/.test(lot)) return `${lot[0]}.00E+${lot.slice(2)}`;
  const at = random.integer(1, lot.length - 2);
  const ways: readonly (() => string)[] = [
    () => lot.slice(0, at) + lot.slice(at + 1),
    () => `${lot.slice(0, at)}${lot[at + 1]}${lot[at]}${lot.slice(at + 2)}`,
    () => `${lot.slice(0, at)}${random.integer(0, 9)}${lot.slice(at + 1)}`,
    () => `${lot.slice(0, at)}${LOOKALIKES[lot[at]!] ?? lot[at]}${lot.slice(at + 1)}`,
  ];
  return random.pick(ways)();
}

/** A lot that was read or copied wrong throughout: what looks alike taken for each other, or only its end. */
export function mistakeLot(lot: string, random: Random): string {
  return random.chance(0.5) ? [...lot].map((letter) => LOOKALIKES[letter] ?? letter).join('') : lot.slice(-4);
}
