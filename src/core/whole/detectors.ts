/**
 * Detectors of files that look wrong as a whole: small objects in a table, each with the code whose words it fills.
 *
 * All of them are silent on few records, where chance makes any pattern, and on patterns that clinics make by themselves.
 * What they say holds numbers only; a value that they are about stands beside it, for the report.
 */
import type { IssueCode } from '../catalogue.js';
import type { FieldName } from '../model.js';
import { type DoseCounts, type FileCounts, MOST_DOSES, type PatientCounts, yearsBetween } from './file-counts.js';

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
}

function ofPatients(code: IssueCode, detect: (patients: PatientCounts) => readonly Found[]): Detector {
  return { code, detect: ({ patients }) => (patients.made === null ? [] : detect(patients.made)) };
}

function ofDoses(code: IssueCode, detect: (doses: DoseCounts) => readonly Found[]): Detector {
  return { code, detect: ({ doses }) => (doses.made === null ? [] : detect(doses.made)) };
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

export const DETECTORS: readonly Detector[] = [
  ofPatients('births-on-new-year', ({ births }) => {
    const found = births.on({ month: 1, day: 1 });
    const expected = births.total / DAYS_OF_YEAR;
    // In real files one in a hundred, since some people know their year of birth only.
    if (births.total < LEAST_PATIENTS || found < LEAST_OF_KIND || found < births.total / 30) return [];
    const figures = `${share(found, births.total)}, where about ${Math.max(1, Math.round(expected))} would be born on it`;
    return [{ field: 'birth_date', value: null, figures }];
  }),
  ofPatients('birth-date-default', ({ births }) => {
    const { day, count: found, next } = births.commonest;
    if (births.total < LEAST_PATIENTS || found < LEAST_OF_KIND || found < births.total / 100) return [];
    // A registry of newborns has many of each day.
    if (found < next * 4) return [];
    const figures = `${share(found, births.total)} have the same, and no other day has more than ${count(next)}`;
    return [{ field: 'birth_date', value: day, figures }];
  }),
  ofPatients('sex-always-same', ({ sexes }) => {
    const total = [...sexes.values()].reduce((sum, each) => sum + each, 0);
    const [first] = [...sexes].sort(([, a], [, b]) => b - a);
    if (first === undefined || total < LEAST_PATIENTS || first[1] < total * 0.97) return [];
    return [{ field: 'sex', value: first[0], figures: share(first[1], total) }];
  }),
  ofPatients('patients-under-several-ids', ({ underOtherIds, accepted }) => {
    if (underOtherIds < LEAST_OF_KIND || underOtherIds < accepted / 20) return [];
    return [{ field: 'source_patient_id', value: null, figures: share(underOtherIds, accepted) }];
  }),
  ofDoses('doses-on-one-day', ({ days }) => {
    const { day, count: found, next } = days.commonest;
    if (days.total < LEAST_DOSES || found < days.total / 20 || found < next * 3) return [];
    const figures = `${share(found, days.total)} on one day, and no other day has more than ${count(next)}`;
    return [{ field: 'administered_on', value: day, figures }];
  }),
  ofDoses('doses-on-first-of-month', ({ days }) => {
    const found = days.on({ day: 1 });
    if (days.total < LEAST_DOSES || found < days.total / 6) return [];
    const figures = `${share(found, days.total)}, where about ${count(Math.round(days.total / 30))} would lie`;
    return [{ field: 'administered_on', value: null, figures }];
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
  ofDoses('doses-one-source', ({ sources, looked }) => {
    const [first, second] = [...sources].sort(([, a], [, b]) => b - a);
    if (first === undefined || looked < LEAST_DOSES || first[1] < looked * 0.9) return [];
    if (second !== undefined && second[1] > looked / 1000) return [];
    return [{ field: 'information_source', value: first[0], figures: share(first[1], looked) }];
  }),
  ofDoses('lot-over-years', ({ lots }) => {
    const found = [...lots].filter(([, { first, last, count: uses }]) => uses >= 5 && yearsBetween(first, last) >= 4);
    const [worst] = found.sort(([, a], [, b]) => yearsBetween(b.first, b.last) - yearsBetween(a.first, a.last));
    if (worst === undefined) return [];
    const [lot, { first, last, count: uses }] = worst;
    const others =
      found.length === 1 ? '' : `, and ${count(found.length - 1)} more ${found.length === 2 ? 'lot' : 'lots'} like it`;
    const figures = `${count(uses)} doses over ${yearsBetween(first, last)} years${others}`;
    return [{ field: 'lot_number', value: lot, figures }];
  }),
  ofDoses('ages-wrong-for-vaccine', ({ ages }) => {
    const found = [...ages].filter(([, { doses, outside }]) => outside >= LEAST_OF_KIND && outside * 5 >= doses);
    return found.map(([cvx, { doses, outside }]) => ({ field: 'cvx', value: cvx, figures: share(outside, doses) }));
  }),
  ofDoses('doses-on-birth-day', ({ onBirthDay, withBirthDate }) => {
    if (withBirthDate < LEAST_DOSES || onBirthDay < LEAST_OF_KIND || onBirthDay * 50 < withBirthDate) return [];
    return [{ field: 'administered_on', value: null, figures: share(onBirthDay, withBirthDate) }];
  }),
  ofDoses('doses-per-patient-high', ({ perPatient }) => {
    const patients = perPatient.reduce((sum, each) => sum + each, 0);
    const doses = perPatient.reduce((sum, each, number) => sum + each * number, 0);
    const most = perPatient[MOST_DOSES + 1]!;
    if (most > 0)
      return [{ field: null, value: null, figures: `${share(most, patients)} have more than ${MOST_DOSES}` }];
    if (patients < LEAST_OF_KIND || doses < patients * USUAL_MOST) return [];
    return [
      {
        field: null,
        value: null,
        figures: `${count(patients)} have ${count(Math.round(doses / patients))} on average`,
      },
    ];
  }),
  {
    code: 'patients-with-one-dose',
    detect: ({ doses }) => {
      if (doses.made === null) return [];
      const { perPatient } = doses.made;
      const patients = perPatient.reduce((sum, each) => sum + each, 0);
      const one = perPatient[1]!;
      if (patients < LEAST_PATIENTS || one < patients * 0.95) return [];
      return [{ field: null, value: null, figures: share(one, patients) }];
    },
  },
  {
    code: 'column-always-same',
    detect: ({ patients, doses }) => {
      const sides = [
        [patients.made, LEAST_PATIENTS],
        [doses.made, LEAST_DOSES],
      ] as const;
      return sides.flatMap(([side, least]) =>
        (side?.constants.found ?? [])
          .filter(({ count: uses }) => uses >= least)
          .map(({ field, value, count: uses }) => ({ field, value, figures: `all ${count(uses)} that have one` })),
      );
    },
  },
  {
    code: 'columns-shifted',
    detect: (counts) => {
      const looked = counts.records;
      const wrong = [...counts.unreadable].filter(([, each]) => each * 2 > looked && each >= LEAST_OF_KIND);
      if (wrong.length < LEAST_SHIFTED) return [];
      const figures = `in ${wrong.length} columns most values cannot be read: ${wrong.map(([field]) => field).join(', ')}`;
      return [{ field: null, value: null, figures }];
    },
  },
];

/** Doses that a patient of a clinic has on average, at the very most. */
const USUAL_MOST = 60;
/** One column may follow another code; several are in the wrong places. */
const LEAST_SHIFTED = 3;

/** Months in which at least so many doses are usual, before one without any is odd. */
const LEAST_USUAL = 15;
/** Months on each side that say what is usual. */
const MONTHS_AROUND = 3;

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
    const around = [...months.slice(Math.max(0, at - MONTHS_AROUND), at), ...months.slice(end, end + MONTHS_AROUND)];
    const usual = Math.min(...around.map(({ count: doses }) => doses));
    if (around.length === 2 * MONTHS_AROUND && usual >= LEAST_USUAL) {
      gaps.push({ month: months[at]!.month, length: end - at, usual });
    }
    at = end;
  }
  return gaps;
}

/** All that looks wrong about a file, in the order of the detectors. */
export function detectWhole(counts: FileCounts): readonly WholeFinding[] {
  return DETECTORS.flatMap(({ code, detect }) => detect(counts).map((found) => ({ code, ...found })));
}
