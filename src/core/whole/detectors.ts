/**
 * Detectors of files that look wrong as a whole: small objects in a table, each with the code whose words it fills.
 *
 * All of them are silent on few records, where chance makes any pattern, and on patterns that clinics make by themselves.
 * What they say holds numbers only; a value that they are about stands beside it, for the report.
 */
import type { IssueCode } from '../catalogue.js';
import type { FieldName } from '../model.js';
import { yearsBetween } from '../normalize/date.js';
import { MOST_DOSES } from './doses-per-patient.js';
import type { DayCounts, DayShare, DoseCounts, FileCounts, PatientCounts } from './file-counts.js';

/** What a detector found. */
export interface WholeFinding {
  readonly code: IssueCode;
  readonly field: FieldName | null;
  /** The value it is about, for the report only; `null` where there is none. */
  readonly value: string | null;
  /** The figures, in words. */
  readonly figures: string;
}

type Found = Omit<WholeFinding, 'code'>;

/** Looks at the counts of a file. */
export interface Detector {
  readonly code: IssueCode;
  readonly detect: (counts: FileCounts) => readonly Found[];
  /** What is told no more where this is told, since it has the same cause: codes, or codes of one field. */
  readonly explains?: readonly (IssueCode | readonly [IssueCode, FieldName])[];
}

type Explains = Pick<Detector, 'explains'>;

function ofPatients(
  code: IssueCode,
  detect: (patients: PatientCounts) => readonly Found[],
  explains: Explains = {},
): Detector {
  return { code, detect: ({ patients }) => (patients.made === null ? [] : detect(patients.made)), ...explains };
}

function ofDoses(code: IssueCode, detect: (doses: DoseCounts) => readonly Found[], explains: Explains = {}): Detector {
  return { code, detect: ({ doses }) => (doses.made === null ? [] : detect(doses.made)), ...explains };
}

function count(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}

function share(part: number, whole: number): string {
  return `${count(part)} of ${count(whole)} (${((part / whole) * 100).toFixed(part * 10 < whole ? 1 : 0)} %)`;
}

/** Fewer records show nothing. */
const LEAST_PATIENTS = 100;
const LEAST_DOSES = 200;
/** So many of a kind are no chance. */
const LEAST_OF_KIND = 20;

const DAYS_OF_YEAR = 365;
const DAYS_OF_MONTH = 30;

/** The information source of a dose that was given at the site that sends it. */
const ADMINISTERED = '00';
/** Doses that a patient gets on a day of a campaign, on average and at most. */
const CAMPAIGN_DOSES = 2.5;
/** Columns without which patients cannot be told apart. All others are the same for everybody of a ward, or of a school. */
const TELLS_PATIENTS_APART: ReadonlySet<FieldName> = new Set<FieldName>(['last_name', 'first_name', 'birth_date']);
/** What is the same of all doses where one thing only is done. */
const OF_ONE_SERVICE: readonly (readonly [IssueCode, FieldName])[] = [
  ['detail-always-same', 'administered_on'],
  ['detail-always-same', 'cvx'],
  ['detail-always-same', 'lot_number'],
];

export const DETECTORS: readonly Detector[] = [
  ofPatients('births-on-new-year', ({ births }) => {
    const found = births.on({ month: 1, day: 1 });
    const expected = births.total / DAYS_OF_YEAR;
    // One and the same date has a code of its own, which it may have with others of that day.
    const recurring = births.recurring.monthDays[0]!.count;
    // In real files one in a hundred, since some people know their year of birth only.
    if (births.total < LEAST_PATIENTS || recurring < LEAST_OF_KIND || recurring < births.total / 30) return [];
    const figures = `${share(found, births.total)}, where about ${Math.max(1, Math.round(expected))} would be born on it`;
    return [{ field: 'birth_date', value: null, figures }];
  }),
  ofPatients(
    'birth-date-default',
    ({ births }) => {
      const { day, count: found, next } = births.commonest;
      if (births.total < LEAST_PATIENTS || found < LEAST_OF_KIND || found < births.total / 100) return [];
      // A registry of newborns has many of each day.
      if (found < next * 4) return [];
      const figures = `${share(found, births.total)} have the same, and no other day has more than ${count(next)}`;
      return [{ field: 'birth_date', value: day, figures }];
    },
    { explains: [['column-always-same', 'birth_date']] },
  ),
  ofPatients('births-pile-up', ({ births }) => {
    if (births.total < LEAST_PATIENTS) return [];
    const onNewYear = births.on({ month: 1, day: 1 });
    return findPileUp(births, onNewYear).map(({ figures }) => ({ field: 'birth_date', value: null, figures }));
  }),
  ofPatients('sex-always-same', ({ sexes }) => {
    const total = [...sexes.values()].reduce((sum, each) => sum + each, 0);
    const [first] = [...sexes].sort(([, a], [, b]) => b - a);
    if (first === undefined || total < LEAST_PATIENTS || first[1] < total * 0.97) return [];
    return [{ field: 'sex', value: first[0], figures: share(first[1], total) }];
  }),
  ofPatients('patients-without-doses', ({ persons, withoutDoses }) => {
    if (withoutDoses < LEAST_OF_KIND || withoutDoses < persons / 20) return [];
    return [{ field: null, value: null, figures: share(withoutDoses, persons) }];
  }),
  ofPatients('patients-under-several-ids', ({ underOtherIds, accepted }) => {
    if (underOtherIds < LEAST_OF_KIND || underOtherIds < accepted / 20) return [];
    return [{ field: 'source_patient_id', value: null, figures: share(underOtherIds, accepted) }];
  }),
  ofDoses(
    'doses-of-campaign',
    (doses) => {
      const { days, perPatient } = doses;
      const { day, count: found } = days.commonest;
      const { patients, given } = totalsOf(perPatient.histogram());
      if (days.total < LEAST_DOSES || found < days.total * 0.8) return [];
      // On a day that stands for many, patients have their whole history.
      if (patients < LEAST_PATIENTS || given > patients * CAMPAIGN_DOSES) return [];
      return [{ field: 'administered_on', value: day, figures: `${share(found, days.total)} on one day` }];
    },
    {
      explains: ['doses-on-one-day', 'doses-pile-up', 'doses-one-source', 'patients-with-one-dose', ...OF_ONE_SERVICE],
    },
  ),
  ofDoses(
    'doses-on-one-day',
    ({ days }) => {
      const { day, count: found, next } = days.commonest;
      if (days.total < LEAST_DOSES || found < days.total / 20 || found < next * 3) return [];
      const figures = `${share(found, days.total)} on one day, and no other day has more than ${count(next)}`;
      return [{ field: 'administered_on', value: day, figures }];
    },
    { explains: [['detail-always-same', 'administered_on']] },
  ),
  ofDoses('doses-on-first-of-month', ({ days }) => {
    const found = days.on({ day: 1 });
    if (days.total < LEAST_DOSES || found < days.total / 6 || isOneDate(days, 1)) return [];
    const figures = `${share(found, days.total)}, where about ${count(Math.round(days.total / 30))} would lie`;
    return [{ field: 'administered_on', value: null, figures }];
  }),
  ofDoses('doses-pile-up', ({ days }) => {
    if (days.total < LEAST_DOSES) return [];
    const found = findPileUp(days).filter(({ day }) => day !== '1');
    return found.map(({ figures }) => ({ field: 'administered_on', value: null, figures }));
  }),
  ofDoses('months-without-doses', ({ days }) => {
    const { months } = days;
    const gaps = findGaps(months);
    const [first] = gaps;
    if (days.total < LEAST_DOSES || first === undefined) return [];
    const empty = gaps.reduce((sum, { length }) => sum + length, 0);
    const figures = `${empty === 1 ? '1 month has' : `${count(empty)} months have`} no dose, though those around have ${count(first.usual)} each`;
    return [{ field: 'administered_on', value: `${first.month}${empty > 1 ? ' and others' : ''}`, figures }];
  }),
  {
    code: 'doses-one-source',
    detect: (counts) => {
      const doses = counts.doses.made;
      if (doses === null || doses.looked < LEAST_DOSES) return [];
      const { records, received } = counts.of('immunization');
      if ((received.get('information_source') ?? 0) < records * 0.9) return [];
      const [first, second] = [...doses.sources].sort(([, a], [, b]) => b.doses - a.doses);
      if (first === undefined || first[1].doses < doses.looked * 0.9) return [];
      if (second !== undefined && second[1].doses > doses.looked / 1000) return [];
      const [source, { doses: all, withLot }] = first;
      // Doses that were given here have lots, and those of other people's records hardly ever.
      const isLikely = source === ADMINISTERED ? withLot === 0 || withLot > all * 0.9 : withLot < all / 10;
      if (isLikely) return [];
      const figures = `${share(all, doses.looked)}, and ${share(withLot, all)} have a lot number`;
      return [{ field: 'information_source', value: source, figures }];
    },
  },
  ofDoses(
    'lot-over-years',
    ({ lots }) => {
      const found = [...lots].filter(([, { first, last, count: uses }]) => uses >= 5 && yearsBetween(first, last) >= 4);
      const [worst] = found.sort(([, a], [, b]) => yearsBetween(b.first, b.last) - yearsBetween(a.first, a.last));
      if (worst === undefined) return [];
      const [lot, { first, last, count: uses }] = worst;
      const others =
        found.length === 1
          ? ''
          : `, and ${count(found.length - 1)} more ${found.length === 2 ? 'lot' : 'lots'} like it`;
      const figures = `${count(uses)} doses over ${yearsBetween(first, last)} years${others}`;
      return [{ field: 'lot_number', value: lot, figures }];
    },
    { explains: [['detail-always-same', 'lot_number']] },
  ),
  ofDoses('ages-wrong-for-vaccine', ({ ages }) => {
    const found = [...ages].filter(([, { doses, outside }]) => outside >= LEAST_OF_KIND && outside * 5 >= doses);
    return found.map(([cvx, { doses, outside }]) => ({ field: 'cvx', value: cvx, figures: share(outside, doses) }));
  }),
  ofDoses('doses-on-birth-day', ({ onBirthDay, withBirthDate }) => {
    if (withBirthDate < LEAST_DOSES || onBirthDay < LEAST_OF_KIND || onBirthDay * 50 < withBirthDate) return [];
    return [{ field: 'administered_on', value: null, figures: share(onBirthDay, withBirthDate) }];
  }),
  ofDoses('doses-per-patient-high', ({ perPatient }) => {
    const histogram = perPatient.histogram();
    const { patients, given } = totalsOf(histogram);
    const most = histogram[MOST_DOSES + 1]!;
    if (most > 0)
      return [{ field: null, value: null, figures: `${share(most, patients)} have more than ${MOST_DOSES}` }];
    if (patients < LEAST_OF_KIND || given < patients * USUAL_MOST) return [];
    return [
      {
        field: null,
        value: null,
        figures: `${count(patients)} have ${count(Math.round(given / patients))} on average`,
      },
    ];
  }),
  ofDoses(
    'patients-with-one-dose',
    ({ perPatient }) => {
      const histogram = perPatient.histogram();
      const { patients } = totalsOf(histogram);
      const one = histogram[1]!;
      if (patients < LEAST_PATIENTS || one < patients * 0.95) return [];
      return [{ field: null, value: null, figures: share(one, patients) }];
    },
    { explains: ['doses-one-source', ...OF_ONE_SERVICE] },
  ),
  {
    code: 'doses-without-vis',
    detect: (counts) => {
      const { received } = counts.of('immunization');
      // An export without these dates, or with hardly any, says nothing of single doses.
      if (counts.doses.made === null || !(received.has('vis_edition_date') || received.has('vis_given_date')))
        return [];
      const { administered, withoutVis } = counts.doses.made;
      if (withoutVis < LEAST_OF_KIND || withoutVis < administered / 20 || withoutVis > administered * 0.9) return [];
      return [{ field: 'vis_edition_date', value: null, figures: share(withoutVis, administered) }];
    },
  },
  constantColumns('column-always-same', (field) => TELLS_PATIENTS_APART.has(field)),
  constantColumns('detail-always-same', (field) => !TELLS_PATIENTS_APART.has(field)),
  {
    code: 'columns-shifted',
    detect: ({ roles }) => {
      const wrong = roles.flatMap(({ records, unreadable }) =>
        [...unreadable].filter(([, each]) => each * 2 > records && each >= LEAST_OF_KIND).map(([field]) => field),
      );
      if (wrong.length < LEAST_SHIFTED) return [];
      const figures = `in ${wrong.length} columns most values cannot be read: ${wrong.join(', ')}`;
      return [{ field: null, value: null, figures }];
    },
  },
];

/** Patients that have doses, and how many these have together, by how many patients have so many. */
function totalsOf(histogram: Uint32Array): { readonly patients: number; readonly given: number } {
  let [patients, given] = [0, 0];
  histogram.forEach((each, doses) => {
    patients += each;
    given += each * doses;
  });
  return { patients, given };
}

function constantColumns(code: IssueCode, isTold: (field: FieldName) => boolean): Detector {
  return {
    code,
    detect: ({ patients, doses }) => {
      const sides = [
        [patients.made, LEAST_PATIENTS],
        [doses.made, LEAST_DOSES],
      ] as const;
      return sides.flatMap(([side, least]) =>
        (side?.constants.found ?? [])
          .filter(({ field, count: uses }) => uses >= least && isTold(field))
          .map(({ field, value, count: uses }) => ({ field, value, figures: `all ${count(uses)} that have one` })),
      );
    },
  };
}

/** A day of the month, or of the year, on which far more lie than on others. One at most: the day that has most. */
function findPileUp(days: DayCounts, onNewYear = 0): readonly { readonly day: string; readonly figures: string }[] {
  const { days: ofAnyMonth, monthDays } = days.recurring;
  const ofMonth = ofAnyMonth.map(({ day, count: uses }) => ({ day, count: day === '1' ? uses - onNewYear : uses }));
  const find = (
    shares: readonly DayShare[],
    period: number,
    least: number,
    inWords: (day: string) => string,
  ): { readonly day: string; readonly figures: string }[] => {
    const [first] = [...shares].sort((a, b) => b.count - a.count);
    const usual = median(shares.map(({ count: uses }) => uses));
    if (first === undefined || first.count < LEAST_OF_KIND || first.count < Math.max(least, usual * 4)) return [];
    const expected = Math.max(1, Math.round(days.total / period));
    const figures = `${share(first.count, days.total)} ${inWords(first.day)}, where about ${count(expected)} would lie`;
    return [{ day: first.day, figures }];
  };
  // New year and first days of months, where programs put what is known to the month or year, come below.
  const ofYear = find(
    monthDays.filter(({ day }) => !day.endsWith('-01')),
    DAYS_OF_YEAR,
    days.total / 30,
    inMonth,
  );
  if (ofYear.length > 0) return ofYear;
  return find(ofMonth, DAYS_OF_MONTH, days.total / 6, (day) => `on day ${day} of a month`);
}

const MONTHS = [
  'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November',
  'December',
]; // biome-ignore format: a list of names

/** `06-30` as the day that it is each year. */
function inMonth(day: string): string {
  return `on ${Number(day.slice(3))} ${MONTHS[Number(day.slice(0, 2)) - 1]!} of several years`;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/** Whether nearly all that lies on a day of the month lies on one day of the calendar. */
function isOneDate(days: DayCounts, day: number): boolean {
  return days.recurring.days[day - 1]!.count < days.total / 12;
}

/** Doses that a patient of a clinic has on average, at the very most. */
const USUAL_MOST = 60;
/** One column may follow another code; several are in the wrong places. */
const LEAST_SHIFTED = 3;

/** Months in which at least so many doses are usual, before one without any is odd. */
const LEAST_USUAL = 15;
/** Months on each side that say what is usual. */
const MONTHS_AROUND = 3;

/** Whether the months of a gap are as empty in most other years: a school is closed in summer, and flu is of the winter. */
function isSeasonal(months: readonly { readonly count: number }[], start: number, end: number): boolean {
  let [empty, known] = [0, 0];
  for (let at = start; at < end; at++) {
    for (let other = at % 12; other < months.length; other += 12) {
      if (other >= start && other < end) continue;
      known++;
      if (months[other]!.count === 0) empty++;
    }
  }
  return known > 0 && empty * 2 >= known;
}

/** Stretches of months without doses, between months that have many. */
function findGaps(months: readonly { readonly month: string; readonly count: number }[]): {
  readonly month: string;
  readonly length: number;
  readonly usual: number;
}[] {
  const gaps: { month: string; length: number; usual: number }[] = [];
  for (let at = 0; at < months.length; at++) {
    if (months[at]!.count > 0) continue;
    let end = at;
    while (months[end]!.count === 0) end++;
    if (isSeasonal(months, at, end)) {
      at = end;
      continue;
    }
    const around = [...months.slice(Math.max(0, at - MONTHS_AROUND), at), ...months.slice(end, end + MONTHS_AROUND)];
    const usual = Math.min(...around.map(({ count: doses }) => doses));
    if (around.length === 2 * MONTHS_AROUND && usual >= LEAST_USUAL) {
      gaps.push({ month: months[at]!.month, length: end - at, usual });
    }
    at = end;
  }
  return gaps;
}

/** All that looks wrong about a file, in the order of the detectors: of what has one cause, the first. */
export function detectWhole(counts: FileCounts): readonly WholeFinding[] {
  const found: WholeFinding[] = [];
  const explained: (IssueCode | readonly [IssueCode, FieldName])[] = [];
  for (const { code, detect, explains = [] } of DETECTORS) {
    const own = detect(counts).filter(
      ({ field }) =>
        !explained.some((each) => (typeof each === 'string' ? each === code : each[0] === code && each[1] === field)),
    );
    if (own.length === 0) continue;
    found.push(...own.map((each) => ({ code, ...each })));
    explained.push(...explains);
  }
  return found;
}
