/**
 * Made-up dose histories with the truth: which records tell of the same shot. Several sites send what they gave, and what
 * they heard of what others gave, with all the damage that history takes on the way.
 */
import type { ImmunizationField, IsoDate, Row } from '../../src/core/model.js';
import { doseRow } from './persons.js';
import { Random } from './random.js';

export interface HistoryOptions {
  readonly seed: number;
  readonly patients: number;
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

/** A series: its vaccines, of which a clinic uses one, and the ages in days at which it is given. */
interface Series {
  readonly vaccines: readonly string[];
  readonly ages: readonly number[];
  /** Share of the persons who get it. */
  readonly share: number;
}

const CHILD: readonly Series[] = [
  { vaccines: ['116', '119'], ages: [60, 122, 183], share: 0.8 },
  { vaccines: ['133', '152', '215'], ages: [60, 122, 183, 370], share: 0.9 },
  { vaccines: ['83', '85'], ages: [370, 560], share: 0.85 },
  { vaccines: ['115'], ages: [4100], share: 0.8 },
  { vaccines: ['62', '165'], ages: [4110, 4300], share: 0.7 },
  { vaccines: ['114', '136', '203'], ages: [4100, 5900], share: 0.75 },
  { vaccines: ['163', '162'], ages: [5900, 5930], share: 0.3 },
];
/** The first year as clinics combine it: each dose is one or several shots. */
const FIRST_YEAR: readonly (readonly (readonly string[])[])[] = [
  [['110', '49'], ['110', '49'], ['110', '49']],
  [['120', '08'], ['120'], ['120', '08']],
  [['146'], ['146'], ['146']],
  [['20', '10', '08', '48'], ['20', '10', '48'], ['20', '10', '08', '48']],
]; // biome-ignore format: a dose on each line
const ADULT: readonly Series[] = [
  { vaccines: ['187'], ages: [18_300, 18_400], share: 0.4 },
  { vaccines: ['33'], ages: [23_800], share: 0.5 },
  { vaccines: ['115', '113', '138'], ages: [9_000, 12_700, 16_400], share: 0.6 },
  { vaccines: ['43', '44', '189'], ages: [9_100, 9_130, 9_280], share: 0.3 },
  { vaccines: ['104'], ages: [10_000, 10_030, 10_190], share: 0.1 },
];
const FLU = ['140', '141', '150', '158', '161', '171', '186'];
const COVID = [
  ['208', '217', '300'],
  ['207', '221', '229'],
  ['211', '313'],
] as const;

/** What stands for a vaccine whose product is not known: one or several codes for a combination. */
const UNSPECIFIED: Readonly<Record<string, readonly string[]>> = {
  '20': ['107'], '10': ['89'], '08': ['45'], '48': ['17'], '49': ['17'], '116': ['122'], '119': ['122'],
  '133': ['152', '109'], '215': ['152'], '83': ['85'], '62': ['137'], '165': ['137'], '114': ['108', '147'],
  '136': ['108'], '203': ['108'], '163': ['164'], '162': ['164'], '187': ['188'], '33': ['109'], '113': ['139'],
  '138': ['139'], '43': ['45'], '44': ['45'], '189': ['45'], '175': ['90'], '176': ['90'], '134': ['129'],
}; // biome-ignore format: a table
/** Other products of the group, as a sender that guesses writes them. */
const GUESSES: Readonly<Record<string, readonly string[]>> = {
  '20': ['106'], '10': ['02'], '08': ['42', '43'], '48': ['49', '47'], '49': ['48'], '116': ['119'], '119': ['116'],
  '133': ['100'], '215': ['133'], '83': ['84'], '62': ['118'], '165': ['62'], '114': ['136'], '136': ['114'],
  '203': ['114'], '163': ['162'], '162': ['163'], '187': ['121'], '43': ['44'], '44': ['43'], '175': ['18'],
  '120': ['170'], '146': ['132'],
}; // biome-ignore format: a table
/** The parts of a combination, as its components are billed or as a card names them. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  '110': ['20', '08', '10'],
  '120': ['20', '48', '10'],
  '146': ['20', '48', '10', '08'],
  '94': ['03', '21'],
  '104': ['83', '08'],
  '130': ['20', '10'],
};

/**
 * The share of shots that come with each kind of record and of damage: so that simple rules do as well, or worse, as they did
 * on a million records of a registry (same vaccine and date: F1 .827; same group and date: .957; and history within three
 * days: .990, within ten: .997, with 70 false pairs in a million).
 */
const SHARES = {
  /** A vaccine was given twice in a day. */
  twiceInADay: 0.000003,
  /** The site that gave a shot sends it. */
  administered: 0.78,
  /** One other site, or two, tell of it; where nobody sends what was given, one does, or two. */
  told: 0.42,
  toldTwice: 0.1,
  onlyToldTwice: 0.03,
  /** A record is there twice. */
  sentTwice: 0.02,
  /** An administered record is there again on a day up to three days later: entered again. */
  enteredAgain: 0.001,
  /** History is off by up to three days, by up to ten, by more, or has day and month swapped. */
  daysOff: 0.055,
  tenDaysOff: 0.022,
  weeksOff: 0.0002,
  swapped: 0.0003,
  /** History does not know the product, or another one, or names the parts of a combination. */
  unspecified: 0.2,
  guessed: 0.05,
  inParts: 0.12,
  /** History has the lot, and with damage. */
  lotTold: 0.25,
  lotDamaged: 0.15,
  /** Administered records lack the lot. */
  lotMissing: 0.08,
  /** A refusal on the day of the shot before it was given after all. */
  refused: 0.004,
} as const;

/** Makes the histories one after the other: the same ones for the same seed, on every machine. */
export function* makeHistories({ seed, patients }: HistoryOptions): Generator<History> {
  const random = new Random(seed);
  for (let i = 0; i < patients; i++) yield new HistoryMaker(random).make();
}

/** The date of a day, counted from 1970. */
function dateOf(day: number): IsoDate {
  return new Date(day * 86_400_000).toISOString().slice(0, 10) as IsoDate;
}

const dayOf = (date: string): number => Date.parse(date) / 86_400_000;
const LAST_DAY = dayOf('2026-06-30');

class HistoryMaker {
  readonly #random: Random;
  readonly #shots: Shot[] = [];
  readonly #rabies = new Set<number>();
  readonly #records: TrueRecord[] = [];
  /** The sites that know the patient. */
  readonly #sites: readonly number[];
  #doseNumber = 0;

  constructor(random: Random) {
    this.#random = random;
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
    this.#giveTravel(birth);
    // The same vaccine twice in a day, of two lots: it happens, and must not be one.
    for (const { cvx, day } of [...this.#shots]) if (random.chance(SHARES.twiceInADay)) this.#give(day, cvx);
    for (const [number, shot] of this.#shots.entries()) this.#report(shot, number);
    return { records: this.#shuffle(), rabies: this.#rabies };
  }

  #give(day: number, cvx: string): number {
    if (day > LAST_DAY) return -1;
    const random = this.#random;
    const lot = this.#makeLot();
    const site = random.chance(0.75) ? this.#sites[0]! : random.pick(this.#sites);
    return this.#shots.push({ day, cvx, lot, site }) - 1;
  }

  #makeLot(): string {
    const random = this.#random;
    if (random.chance(0.04)) return `0${random.digits(5)}`;
    if (random.chance(0.01)) return `${random.integer(1, 9)}E${random.integer(10, 99)}`;
    const letters = (): string => String.fromCharCode(65 + random.integer(0, 25));
    return `${letters()}${random.digits(4)}${letters()}${letters()}`;
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
    this.#give(day, codes[0]!);
    this.#give(day + gap + random.integer(-2, 6), codes[0]!);
    if (random.chance(0.6)) this.#give(day + random.integer(150, 260), codes[1]!);
    if (random.chance(0.4)) this.#give(day + random.integer(400, 600), codes[2]!);
    if (random.chance(0.05)) this.#give(day + random.integer(800, 900), COVID[2][0]);
  }

  #giveTravel(birth: number): void {
    const random = this.#random;
    const day = random.integer(Math.max(birth + 400, LAST_DAY - 4_000), LAST_DAY);
    if (random.chance(0.003)) {
      for (const after of random.chance(0.8) ? [0, 3, 7, 14] : [0, 7, 21]) {
        const shot = this.#give(day + after, '175');
        if (shot >= 0) this.#rabies.add(shot);
      }
    }
    if (random.chance(0.008)) for (const after of random.chance(0.3) ? [0, 7] : [0, 28]) this.#give(day + after, '134');
    if (random.chance(0.02)) this.#give(day, '101');
  }

  /** Adds the records that tell of a shot. */
  #report(shot: Shot, number: number): void {
    const random = this.#random;
    const isAdministered = random.chance(SHARES.administered);
    if (isAdministered) {
      const lot_number = random.chance(SHARES.lotMissing) ? null : shot.lot;
      const administered = { lot_number, information_source: '00', mvx: 'PMC', route: 'IM', funding_source: 'PHC70' };
      this.#add(number, shot.site, shot.day, shot.cvx, administered);
      if (random.chance(SHARES.sentTwice)) this.#add(number, shot.site, shot.day, shot.cvx, administered);
      if (random.chance(SHARES.enteredAgain) && shot.cvx !== '175')
        this.#add(number, shot.site, shot.day + random.integer(1, 3), shot.cvx, {
          ...administered,
          lot_number: shot.lot,
        });
    }
    if (random.chance(SHARES.refused)) this.#addRefusal(shot);
    const others = this.#sites.filter((site) => site !== shot.site);
    const isToldTwice = random.chance(isAdministered ? SHARES.toldTwice : SHARES.onlyToldTwice);
    const tellers = isToldTwice ? 2 : !isAdministered || random.chance(SHARES.told) ? 1 : 0;
    for (const site of others.slice(0, tellers)) this.#tell(shot, number, site);
  }

  /** What another site heard of a shot. */
  #tell(shot: Shot, number: number, site: number): void {
    const random = this.#random;
    const day = this.#damageDay(shot.day);
    const information_source = random.pick(['01', '01', '01', '02', '05', '07']);
    let lot_number: string | null = null;
    if (random.chance(SHARES.lotTold))
      lot_number = random.chance(SHARES.lotDamaged) ? this.#damageLot(shot.lot) : shot.lot;
    const details = { lot_number, information_source };
    const parts = PARTS[shot.cvx];
    if (parts !== undefined && random.chance(SHARES.inParts)) {
      const vague = random.chance(0.3);
      for (const part of parts)
        this.#add(number, site, day, vague ? (UNSPECIFIED[part]?.[0] ?? part) : part, { ...details, lot_number: null });
      return;
    }
    const dice = random.next();
    let cvx = shot.cvx;
    if (dice < SHARES.unspecified) cvx = random.pick(this.#unspecifiedOf(cvx));
    else if (dice < SHARES.unspecified + SHARES.guessed) cvx = random.pick(this.#guessesOf(cvx));
    this.#add(number, site, day, cvx, details);
    if (random.chance(SHARES.sentTwice)) this.#add(number, site, day, cvx, details);
  }

  #unspecifiedOf(cvx: string): readonly string[] {
    if (FLU.includes(cvx)) return ['88'];
    if (COVID.some((codes) => (codes as readonly string[]).includes(cvx))) return ['213'];
    return UNSPECIFIED[cvx] ?? [cvx];
  }

  #guessesOf(cvx: string): readonly string[] {
    if (FLU.includes(cvx)) return FLU;
    return COVID.find((codes) => (codes as readonly string[]).includes(cvx)) ?? GUESSES[cvx] ?? [cvx];
  }

  #damageDay(day: number): number {
    const random = this.#random;
    const dice = random.next();
    const sign = random.chance(0.5) ? 1 : -1;
    let limit: number = SHARES.daysOff;
    if (dice < limit) return Math.min(LAST_DAY, day + sign * random.integer(1, 3));
    limit += SHARES.tenDaysOff;
    if (dice < limit) return Math.min(LAST_DAY, day + sign * random.integer(4, 10));
    limit += SHARES.weeksOff;
    if (dice < limit) return Math.min(LAST_DAY, day + sign * random.integer(11, 40));
    limit += SHARES.swapped;
    const [year, month, date] = dateOf(day).split('-') as [string, string, string];
    return dice < limit && Number(date) <= 12 ? Math.min(LAST_DAY, dayOf(`${year}-${date}-${month}`)) : day;
  }

  #damageLot(lot: string): string {
    const random = this.#random;
    if (/^0\d+$/.test(lot)) return lot.replace(/^0+/, '');
    if (/^\dE\d\d$/.test(lot)) return `${lot[0]}.00E+${lot.slice(2)}`;
    const at = random.integer(1, lot.length - 2);
    const kind = random.integer(0, 2);
    if (kind === 0) return lot.slice(0, at) + lot.slice(at + 1);
    if (kind === 1) return `${lot.slice(0, at)}${lot[at + 1]}${lot[at]}${lot.slice(at + 2)}`;
    return `${lot.slice(0, at)}${random.integer(0, 9)}${lot.slice(at + 1)}`;
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

  /** A refusal is no shot: it has a number of its own. */
  #addRefusal(shot: Shot): void {
    const number = this.#shots.length + this.#records.length;
    this.#add(number, shot.site, shot.day, shot.cvx, {
      information_source: '00',
      completion_status: 'RE',
      refusal_reason: '00',
    });
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
