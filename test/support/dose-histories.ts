/**
 * Made-up dose histories with the truth: which records tell of the same shot. Several sites send what they gave, and what
 * they heard of what others gave, with all the damage that history takes on the way.
 */
import type { ImmunizationField, Row } from '../../src/core/model.js';
import { type DoseTrouble, damageDay, damageLot, dateOf, dayOf, makeLot, mistakeLot, USUAL } from './dose-damage.js';
import {
  ADULT,
  CHILD,
  COVID,
  FIRST_YEAR,
  FLU,
  guessesOf,
  HURRIED_HEPATITIS,
  PARTS,
  RABIES,
  type Series,
  type ShortSeries,
  TRAVEL,
  UNSPECIFIED,
  unspecifiedOf,
} from './dose-schedules.js';
import { doseRow } from './persons.js';
import { Random } from './random.js';

export interface HistoryOptions {
  readonly seed: number;
  readonly patients: number;
  /** {@link USUAL} by default. */
  readonly trouble?: DoseTrouble;
}

/** A record, and the shot that it truly tells of. */
export interface TrueRecord {
  readonly row: Row;
  /** Number of the shot, among those of the patient. */
  readonly shot: number;
  /** Whether the record has the day of the shot. */
  readonly isDayRight: boolean;
}

/** One patient's records, in no order. */
export interface History {
  readonly records: readonly TrueRecord[];
  /** The shots of a rabies series, which must never become one. */
  readonly rabies: ReadonlySet<number>;
}

/** A shot as it was given. */
interface Shot {
  readonly day: number;
  readonly cvx: string;
  readonly lot: string;
  readonly site: number;
}

/** Makes the histories one after the other: the same ones for the same seed, on every machine. */
export function* makeHistories({ seed, patients, trouble = USUAL }: HistoryOptions): Generator<History> {
  const random = new Random(seed);
  for (let i = 0; i < patients; i++) yield new HistoryMaker(random, trouble).make();
}

const LAST_DAY = dayOf('2026-06-30');
/** How many days a clinic gives shots out of one lot. */
const LOT_DAYS = 90;
/** Share of the first COVID-19 shots that were given where thousands got theirs that day. */
const MASS_SHARE = 0.3;
/** Sites of their own, which no patient calls a doctor's: a sports hall, a school. */
const MASS_SITE = 101;
const SCHOOL_SITE = 201;

class HistoryMaker {
  readonly #random: Random;
  readonly #trouble: DoseTrouble;
  readonly #shots: Shot[] = [];
  readonly #rabies = new Set<number>();
  readonly #records: TrueRecord[] = [];
  /** The sites that know the patient. */
  readonly #sites: readonly number[];
  #doseNumber = 0;

  constructor(random: Random, trouble: DoseTrouble) {
    this.#random = random;
    this.#trouble = trouble;
    const first = random.integer(1, 40);
    this.#sites = [first, first + random.integer(1, 9), first + random.integer(10, 20)];
  }

  make(): History {
    const random = this.#random;
    const isChild = random.chance(0.7);
    const birth = isChild ? LAST_DAY - random.integer(200, 6_500) : LAST_DAY - random.integer(7_000, 30_000);
    if (isChild) this.#giveFirstYear(birth);
    for (const series of isChild ? CHILD : ADULT) if (random.chance(series.share)) this.#giveSeries(series, birth);
    this.#giveFlu(birth, isChild);
    if (random.chance(0.7)) this.#giveCovid(Math.max(birth + 200, dayOf('2021-01-10')));
    const journey = random.integer(Math.max(birth + 400, LAST_DAY - 4_000), LAST_DAY);
    for (const shot of this.#giveShortSeries(RABIES, journey)) this.#rabies.add(shot);
    this.#giveShortSeries(isChild ? TRAVEL : [...TRAVEL, ...HURRIED_HEPATITIS], journey);
    // The same vaccine twice in a day, of two lots: it happens, and must not be one.
    for (const { cvx, day } of [...this.#shots]) if (random.chance(this.#trouble.twiceInADay)) this.#give(day, cvx);
    for (const [number, shot] of this.#shots.entries()) this.#report(shot, number);
    if (isChild && random.chance(this.#trouble.seriesOnOneDay)) this.#tellSeriesOnOneDay();
    return { records: this.#shuffle(), rabies: this.#rabies };
  }

  #give(day: number, cvx: string, at?: number): number {
    if (day > LAST_DAY) return -1;
    const random = this.#random;
    const site = at ?? (random.chance(0.75) ? this.#sites[0]! : random.pick(this.#sites));
    const before = this.#shots.find((shot) => shot.cvx === cvx && shot.site === site && day - shot.day < LOT_DAYS);
    const isOpen = before !== undefined && before.day < day && random.chance(this.#trouble.lotLasts);
    const lot = isOpen ? before.lot : makeLot(random);
    return this.#shots.push({ day, cvx, lot, site }) - 1;
  }

  #giveFirstYear(birth: number): void {
    const random = this.#random;
    const plan = random.pick(FIRST_YEAR);
    if (random.chance(0.8)) this.#give(birth + random.integer(0, 2), '08');
    [60, 122, 183].forEach((age, dose) => {
      const day = birth + age + random.integer(0, 25);
      for (const cvx of plan[dose]!) this.#give(day, cvx);
    });
    const second = birth + 366 + random.integer(0, 40);
    for (const cvx of random.chance(0.2) ? ['94', '20'] : ['03', '21', '20']) this.#give(second, cvx);
    const school = birth + 1_500 + random.integer(0, 200);
    for (const cvx of random.chance(0.5) ? ['94', '130'] : ['03', '21', '20', '10']) this.#give(school, cvx);
  }

  #giveSeries({ vaccines, ages }: Series, birth: number): void {
    const random = this.#random;
    const cvx = random.pick(vaccines.filter((code) => code !== '152' && code !== '85'));
    const late = random.integer(0, 30);
    for (const age of ages) this.#give(birth + age + late + random.integer(0, 4), cvx);
  }

  /** One shot each autumn, and two in a child's first season, four weeks apart. */
  #giveFlu(birth: number, isChild: boolean): void {
    const random = this.#random;
    let isFirst = isChild;
    for (let year = 2014; year <= 2025; year++) {
      const day = dayOf(`${year}-09-05`) + random.integer(0, 80);
      if (day < birth + 180 || random.chance(0.45)) continue;
      const cvx = random.pick(FLU);
      this.#give(day, cvx);
      if (isFirst && random.chance(0.7)) this.#give(day + random.integer(27, 35), cvx);
      isFirst = false;
    }
  }

  #giveCovid(from: number): void {
    const random = this.#random;
    const [first, , gap] = random.pick([
      ['0', '', 21],
      ['1', '', 28],
    ] as const);
    const codes = COVID[Number(first)]!;
    const day = from + random.integer(0, 300);
    const site = random.chance(MASS_SHARE) ? MASS_SITE : undefined;
    this.#give(day, codes[0]!, site);
    this.#give(day + gap + random.integer(-2, 6), codes[0]!, site);
    if (random.chance(0.6)) this.#give(day + random.integer(150, 260), codes[1]!);
    if (random.chance(0.4)) this.#give(day + random.integer(400, 600), codes[2]!);
    if (random.chance(0.05)) this.#give(day + random.integer(800, 900), COVID[2][0]);
  }

  /** The numbers of the shots. */
  #giveShortSeries(series: readonly ShortSeries[], first: number): number[] {
    const given: number[] = [];
    for (const { vaccine, days, share } of series) {
      if (!this.#random.chance(share)) continue;
      for (const day of days) given.push(this.#give(first + day, vaccine));
    }
    return given.filter((shot) => shot >= 0);
  }

  /** Adds the records that tell of a shot. */
  #report(shot: Shot, number: number): void {
    const random = this.#random;
    const trouble = this.#trouble;
    const isAdministered = random.chance(trouble.administered);
    const others = this.#sites.filter((site) => site !== shot.site);
    if (isAdministered) {
      const lot_number = random.chance(trouble.lotMissing) ? null : shot.lot;
      const administered = { lot_number, information_source: '00', mvx: 'PMC', route: 'IM', funding_source: 'PHC70' };
      this.#add(number, shot.site, shot.day, shot.cvx, administered);
      if (random.chance(trouble.sentTwice)) this.#add(number, shot.site, shot.day, shot.cvx, administered);
      if (random.chance(trouble.enteredAgain) && !this.#rabies.has(number))
        this.#add(number, shot.site, shot.day + random.integer(1, 3), shot.cvx, {
          ...administered,
          lot_number: shot.lot,
        });
      if (random.chance(trouble.administeredTwice)) {
        const cvx = random.chance(0.25) ? random.pick(guessesOf(shot.cvx)) : shot.cvx;
        this.#add(number, others[0]!, shot.day, cvx, { ...administered, lot_number: random.pick([shot.lot, null]) });
      }
    }
    if (random.chance(trouble.refused)) this.#addNotGiven(shot, random.pick(['RE', 'RE', 'RE', 'NA']));
    if (random.chance(trouble.givenInPart)) this.#addNotGiven(shot, 'PA');
    const isToldTwice = random.chance(isAdministered ? trouble.toldTwice : trouble.onlyToldTwice);
    const tellers = isToldTwice ? 2 : !isAdministered || random.chance(trouble.told) ? 1 : 0;
    for (const site of others.slice(0, tellers)) this.#tell(shot, number, site);
  }

  /** What another site heard of a shot. */
  #tell(shot: Shot, number: number, site: number): void {
    const random = this.#random;
    const trouble = this.#trouble;
    const day = Math.min(LAST_DAY, damageDay(shot.day, trouble, random));
    const information_source = random.pick(['01', '01', '01', '02', '05', '07']);
    const lot_number = random.chance(trouble.lotTold) ? this.#toldLot(shot.lot) : null;
    const details = { lot_number, information_source };
    const parts = PARTS[shot.cvx];
    if (parts !== undefined && random.chance(trouble.inParts)) {
      const vague = random.chance(0.3);
      for (const part of parts)
        this.#add(number, site, day, vague ? (UNSPECIFIED[part]?.[0] ?? part) : part, { ...details, lot_number: null });
      return;
    }
    const dice = random.next();
    let cvx = shot.cvx;
    if (dice < trouble.unspecified) cvx = random.pick(unspecifiedOf(cvx));
    else if (dice < trouble.unspecified + trouble.guessed) cvx = random.pick(guessesOf(cvx));
    this.#add(number, site, day, cvx, details);
    if (random.chance(trouble.sentTwice)) this.#add(number, site, day, cvx, details);
  }

  #toldLot(lot: string): string {
    const random = this.#random;
    const { lotDamaged, lotMistaken } = this.#trouble;
    if (random.chance(lotMistaken)) return mistakeLot(lot, random);
    return random.chance(lotDamaged) ? damageLot(lot, random) : lot;
  }

  /** A school writes the shots of a series under the day of the last. */
  #tellSeriesOnOneDay(): void {
    const { cvx } = this.#random.pick(this.#shots);
    const series = [...this.#shots.entries()].filter(([, shot]) => shot.cvx === cvx);
    const last = Math.max(...series.map(([, { day }]) => day));
    for (const [number] of series) this.#add(number, SCHOOL_SITE, last, cvx, { information_source: '01' });
  }

  #add(
    shot: number,
    site: number,
    day: number,
    cvx: string,
    details: Partial<Record<ImmunizationField, string | null>>,
  ): void {
    const row = doseRow({
      site_id: `S${site}`,
      source_immunization_id: `${site}-${++this.#doseNumber}`,
      administered_on: dateOf(day),
      cvx,
      completion_status: 'CP',
      ...details,
    });
    this.#records.push({ row, shot, isDayRight: this.#shots[shot]?.day === day });
  }

  /** What was not given, or not all of it, is no shot: it has a number of its own. */
  #addNotGiven(shot: Shot, completion_status: 'RE' | 'NA' | 'PA'): void {
    const number = this.#shots.length + this.#records.length;
    const refusal_reason = completion_status === 'RE' ? '00' : null;
    this.#add(number, shot.site, shot.day, shot.cvx, { information_source: '00', completion_status, refusal_reason });
  }

  #shuffle(): TrueRecord[] {
    const records = [...this.#records];
    for (let i = records.length - 1; i > 0; i--) {
      const j = this.#random.integer(0, i);
      [records[i], records[j]] = [records[j]!, records[i]!];
    }
    return records;
  }
}
