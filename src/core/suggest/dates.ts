/** Days that were mistyped: day and month swapped, the wrong century, the birth date in the place of the dose's. */
import type { IssueCode } from '../catalogue.js';
import type { FieldName } from '../model.js';
import { isIsoDate, yearsBetween } from '../normalize/date.js';
import { agesOf } from '../whole/vaccine-ages.js';
import type { DosesBeforeBirth } from './evidence.js';
import { type Candidate, UNSURE_ODDS } from './proposal.js';
import type { Question, Suggester } from './suggester.js';
import { byFirstDay, firstDayOf } from './vaccine-days.js';

const BIRTH_CODES: readonly IssueCode[] = [
  'birth-date-in-future', 'birth-date-too-early', 'birth-date-invalid', 'birth-date-day-first', 'birth-date-ambiguous',
]; // biome-ignore format: a list of names
const DOSE_CODES: readonly IssueCode[] = [
  'dose-date-in-future', 'dose-date-before-birth', 'dose-date-after-death', 'dose-date-invalid', 'dose-date-day-first',
  'dose-date-ambiguous',
]; // biome-ignore format: a list of names

const OLDEST_AGE = 120;

/** Between which days the right one lies, as far as the record and its patient's doses say. */
interface Bounds {
  readonly field: 'birth_date' | 'administered_on';
  readonly from: string;
  readonly to: string;
}

function boundsOf({ issue, facts, evidence }: Question): Bounds {
  const oldest = `${String(Number(evidence.today.slice(0, 4)) - OLDEST_AGE)}${evidence.today.slice(4)}`;
  if (BIRTH_CODES.includes(issue.code)) {
    const firstDose = evidence.dosesOf(facts.values)?.withPatient?.first ?? null;
    const to = earliest([evidence.today, facts.values.death_date ?? null, firstDose].filter((day) => day !== null))!;
    return { field: 'birth_date', from: oldest, to };
  }
  const to = earliest([evidence.today, facts.deathDate].filter((day) => day !== null))!;
  return { field: 'administered_on', from: facts.birthDate ?? oldest, to };
}

function earliest(days: readonly string[]): string | null {
  return days.reduce<string | null>((first, day) => (first === null || day < first ? day : first), null);
}

function isWithin(day: string, { from, to }: Bounds): boolean {
  return isIsoDate(day) && day >= from && day <= to;
}

function fixOf(field: FieldName, value: string): Candidate['fixes'] {
  return [{ field, value }];
}

/** The year, month and day of a text that is no day: four digits of a year, and two of each other part. */
function partsOf(text: string): readonly { readonly y: string; readonly a: string; readonly b: string }[] {
  const found: { y: string; a: string; b: string }[] = [];
  const yearFirst = /^(\d{4})([/-]?)(\d{2})\2(\d{2})$/.exec(text);
  if (yearFirst !== null) found.push({ y: yearFirst[1]!, a: yearFirst[3]!, b: yearFirst[4]! });
  const yearLast = /^(\d{1,2})([/-])(\d{1,2})\2(\d{4})$/.exec(text) ?? /^(\d{2})()(\d{2})(\d{4})$/.exec(text);
  if (yearLast !== null) {
    const two = (part: string): string => part.padStart(2, '0');
    found.push({ y: yearLast[4]!, a: two(yearLast[1]!), b: two(yearLast[3]!) });
  }
  return found;
}

/** The days that a record may mean where it names none, or one that cannot be. */
function daysNamed({ issue, facts }: Question, field: FieldName): { y: string; m: string; d: string }[] {
  const day = facts.values[field];
  if (day !== undefined) return [{ y: day.slice(0, 4), m: day.slice(5, 7), d: day.slice(8) }];
  return partsOf(issue.value ?? '').map(({ y, a, b }) => ({ y, m: a, d: b }));
}

/** How much likelier a birth date is by the doses that wait for their patient: most get one in their first year. */
function byDoses(day: string, { facts, evidence }: Question): number {
  const doses = evidence.dosesOf(facts.values);
  if (doses?.withPatient == null) return 1;
  const years = yearsBetween(day, doses.withPatient.first);
  const likelihood = years < YEARS_TO_FIRST_DOSE ? 6 : years < 20 ? 2 : years < 80 ? 1 : 0.1;
  for (const [ages, { first, last }] of doses.byAges) {
    if (yearsBetween(day, first) < ages.from || yearsBetween(day, last) >= ages.before) return likelihood * 0.1;
  }
  return likelihood;
}

/** A first dose after so few years says that the birth date before it is right. */
const YEARS_TO_FIRST_DOSE = 2;

/** Whether the doses that wait for their patient show that a birth date is right. */
function isShownByDoses(day: string, question: Question): boolean {
  return byDoses(day, question) >= 6;
}

/** How much less likely a dose's own date is wrong where other doses of the patient lie before the birth as well. */
function byOthers({ issue, facts, evidence }: Question): number {
  if (issue.code !== 'dose-date-before-birth') return 1;
  const others = evidence.dosesOf(facts.values)?.beforeBirth.total ?? 0;
  return others > 1 ? 0.1 : 1;
}

/** How much likelier a dose is at an age: by its vaccine, and since nobody lives for ever. */
function byAge(birthDate: string | null, day: string, cvx: string | undefined): number {
  if (birthDate === null) return 1;
  const years = yearsBetween(birthDate, day);
  if (years > 100) return 0.02;
  const ages = cvx === undefined ? undefined : agesOf(cvx);
  return ages === undefined || (years >= ages.from && years < ages.before) ? 1 : 0.1;
}

/** Before this day few doses were recorded by programs, and a vaccine of today may not have been there yet. */
const RECENT = '2000-01-01';

/** How likely a day is by what else is known of the record and its patient. */
function weighDay(day: string, field: Bounds['field'], question: Question): number {
  const { facts, evidence } = question;
  if (field === 'birth_date') return byDoses(day, question);
  const { cvx } = facts.values;
  return byAge(facts.birthDate, day, cvx) * byOthers(question) * byFirstDay(cvx, day, evidence.codes);
}

/** Whether something besides the date itself speaks for a day. */
function isShown(day: string, field: Bounds['field'], question: Question): boolean {
  if (field === 'birth_date') return isShownByDoses(day, question);
  const first = firstDayOf(question.facts.values.cvx, question.evidence.codes);
  return first === null ? day >= RECENT : day >= first.day;
}

const SWAPPED: Suggester = {
  id: 'day-month-swapped',
  codes: [...BIRTH_CODES, ...DOSE_CODES],
  suggest: (question) => {
    const { issue, facts } = question;
    const bounds = boundsOf(question);
    const { field } = bounds;
    if (issue.code.endsWith('-ambiguous')) {
      const days = (issue.other ?? '').split(' or ').filter((day) => isWithin(day, bounds));
      const reason = 'the other way to read it gives a day that cannot be';
      // Only what the bounds exclude decides; which of two possible days was meant, nobody can say.
      if (days.length !== 1) return [];
      return days.map((day) => ({
        fixes: fixOf(field, day),
        odds: 25 * Math.min(1, weighDay(day, field, question)),
        reason,
      }));
    }
    const candidates: Candidate[] = [];
    if (issue.code.endsWith('-day-first') && isWithin(issue.other ?? '', bounds)) {
      const reason = 'there is no such month; with the day first it is a day';
      const odds = 40 * weighDay(issue.other!, field, question);
      candidates.push({ fixes: fixOf(field, issue.other!), odds, reason });
    }
    for (const { y, m, d } of daysNamed(question, field)) {
      const swapped = `${y}-${d}-${m}`;
      if (m === d || !isWithin(swapped, bounds)) continue;
      // Eight digits may begin with the year or end with it: as the specification asks for is likelier.
      const isAsAsked = (issue.value ?? '').startsWith(y) === (issue.expected ?? 'YYYY').startsWith('YYYY');
      // A month above 12 can hardly be anything else; a day that only lies wrong may be wrong otherwise.
      const isNoDay = facts.values[field] === undefined;
      const reason = isNoDay
        ? 'there is no such month; with day and month swapped it is a day'
        : 'with day and month swapped, the day is possible';
      candidates.push({
        fixes: fixOf(field, swapped),
        odds: (isNoDay ? (isAsAsked ? 60 : 40) : 6) * weighDay(swapped, field, question),
        reason,
      });
    }
    return candidates;
  },
};

/** Days that stand for unknown ones in many programs, of whatever year: 1900-01-01, 1899-12-31. */
function isFiller(month: string, day: string): boolean {
  return (month === '01' && day === '01') || (month === '12' && (day === '30' || day === '31'));
}

const CENTURY: Suggester = {
  id: 'century-wrong',
  codes: [...BIRTH_CODES, ...DOSE_CODES],
  suggest: (question) => {
    const { issue } = question;
    if (issue.code.endsWith('-ambiguous') || issue.code.endsWith('-day-first')) return [];
    const bounds = boundsOf(question);
    const { field } = bounds;
    const candidates: Candidate[] = [];
    for (const { y, m, d } of daysNamed(question, field)) {
      for (const century of ['18', '19', '20']) {
        const day = `${century}${y.slice(2)}-${m}-${d}`;
        if (century === y.slice(0, 2) || !isWithin(day, bounds)) continue;
        const isDose = field === 'administered_on';
        // Few of those who are in a file were born before 1930, and of those hardly any is new in it.
        // Hardly a record of a dose is older than the vaccines of the fifties.
        const byYear = isDose ? (day >= '1945' ? 1 : 0.01) : day >= '1930' ? 1 : 0.1;
        const odds = 35 * byYear * weighDay(day, field, question) * (isFiller(m, d) ? 0.05 : 1);
        candidates.push({
          fixes: fixOf(field, day),
          odds: isShown(day, field, question) ? odds : Math.min(UNSURE_ODDS, odds),
          reason: 'the year is of another century; with the usual one, the day is possible',
        });
      }
    }
    return candidates;
  },
};

/** A year of the future whose last digits were exchanged: 2031 for 2013. */
const YEAR_TRANSPOSED: Suggester = {
  id: 'year-digits-transposed',
  codes: ['birth-date-in-future', 'dose-date-in-future'],
  suggest: (question) => {
    const bounds = boundsOf(question);
    return daysNamed(question, bounds.field).flatMap(({ y, m, d }) => {
      const day = `${y.slice(0, 2)}${y[3]}${y[2]}-${m}-${d}`;
      if (y[2] === y[3] || !isWithin(day, bounds)) return [];
      const reason = 'with the last digits of the year exchanged, the day is possible';
      const odds = Math.min(UNSURE_ODDS, 8 * weighDay(day, bounds.field, question));
      return [{ fixes: fixOf(bounds.field, day), odds, reason }];
    });
  },
};

/** A year with one digit wrong: 2066 for 2016. The last two digits alone; the first two are those of the century. */
const YEAR_MISTYPED: Suggester = {
  id: 'year-digit-mistyped',
  codes: [
    'birth-date-in-future', 'birth-date-too-early', 'dose-date-in-future', 'dose-date-before-birth',
    'dose-date-after-death',
  ], // biome-ignore format: a list of names
  suggest: (question) => {
    const bounds = boundsOf(question);
    const { field } = bounds;
    return daysNamed(question, field).flatMap(({ y, m, d }) =>
      yearsOneDigitFrom(y).flatMap((year): Candidate[] => {
        const day = `${year}-${m}-${d}`;
        if (!isWithin(day, bounds)) return [];
        const odds = Math.min(UNSURE_ODDS, 2 * weighDay(day, field, question));
        return [{ fixes: fixOf(field, day), odds, reason: 'with another digit in the year, the day is possible' }];
      }),
    );
  },
};

function yearsOneDigitFrom(year: string): string[] {
  return [2, 3].flatMap((at) =>
    [...'0123456789']
      .filter((digit) => digit !== year[at])
      .map((digit) => year.slice(0, at) + digit + year.slice(at + 1)),
  );
}

/**
 * The dose's day is before the patient's birth: perhaps each stands in the place of the other. It is never sure: a birth
 * year that is some years too late, and doses of an elder sister, leave all early doses before the birth as well.
 */
const EXCHANGED: Suggester = {
  id: 'birth-dose-exchanged',
  codes: ['dose-date-before-birth'],
  suggest: ({ facts, evidence }) => {
    const { birthDate } = facts;
    const day = facts.values.administered_on;
    if (birthDate === null || day === undefined) return [];
    const early = evidence.dosesOf(facts.values)?.beforeBirth;
    // Of all doses that lie before the birth, the earliest has the day of birth in the place of its own.
    if (early === undefined || (early.earliest !== null && early.earliest < day)) return [];
    const byVaccine = shareOfTie(early, agesOf(facts.values.cvx ?? '')?.fromBirth === true);
    const age = byAge(day, birthDate, facts.values.cvx);
    const years = yearsBetween(day, birthDate);
    const byYears = years < 19 ? 1 : years < 60 ? 0.4 : 0.1;
    // That further doses lie between the two days is what an exchange leaves behind.
    const between = early.total - early.fromBirth - early.others;
    const where = facts.isCombined ? {} : ({ elsewhere: true } as const);
    const exchange: Candidate = {
      fixes: [
        { field: 'administered_on', value: birthDate },
        { field: 'birth_date', value: day, ...where },
      ],
      odds: (between > 0 ? UNSURE_ODDS : 8) * age * byYears * byVaccine,
      reason:
        between > 0
          ? 'with birth date and date of the dose exchanged, all doses of the patient lie after the birth'
          : 'with birth date and date of the dose exchanged, both are possible',
    };
    if (between === 0) return [exchange];
    const isSoonAfterBirthday = daysAfterBirthday(birthDate, day) <= DAYS_TO_FIRST_DOSE;
    return [
      exchange,
      { fixes: [], odds: isSoonAfterBirthday ? UNSURE_ODDS : 3, reason: 'the year of birth is wrong' },
      { fixes: [], odds: 3, reason: 'the doses are those of somebody else' },
    ];
  },
};

/** Most children have their first dose so soon. */
const DAYS_TO_FIRST_DOSE = 100;

/** Days from the last birthday before a day, as if all months had 31. */
function daysAfterBirthday(birthDate: string, day: string): number {
  const inYear = (date: string): number => Number(date.slice(5, 7)) * 31 + Number(date.slice(8));
  return (inYear(day) - inYear(birthDate) + 12 * 31) % (12 * 31);
}

/** Which of several doses of one day has the birth date in it: hardly one that newborns get on that very day. */
function shareOfTie({ fromBirth, others }: DosesBeforeBirth, isFromBirth: boolean): number {
  const tied = fromBirth + others;
  if (tied < 2) return 1;
  if (others === 0) return 0.5 / tied;
  return isFromBirth ? 0.02 : 1 / others;
}

/** What the reading of the value found already: the day that a spreadsheet's number stands for. */
const SERIAL: Suggester = {
  id: 'spreadsheet-number',
  codes: ['birth-date-serial', 'dose-date-serial', 'date-serial'],
  suggest: ({ issue }) => {
    if (issue.other === null || issue.field === null) return [];
    const reason = 'the number by which a spreadsheet counts this day from 1900';
    return [{ fixes: fixOf(issue.field, issue.other), odds: 9, reason }];
  },
};

/** What the reading of the value found already: a day in a form that the column does not have. */
const OTHER_FORM: Suggester = {
  id: 'date-in-other-form',
  codes: ['birth-date-invalid', 'dose-date-invalid'],
  suggest: (question) => {
    const { other } = question.issue;
    const bounds = boundsOf(question);
    if (other === null || !isWithin(other, bounds)) return [];
    const reason = 'a day of the calendar, with the name of its month or with the month before the day';
    return [{ fixes: fixOf(bounds.field, other), odds: 60, reason }];
  },
};

export const DATE_SUGGESTERS: readonly Suggester[] = [
  SWAPPED,
  CENTURY,
  YEAR_TRANSPOSED,
  YEAR_MISTYPED,
  EXCHANGED,
  SERIAL,
  OTHER_FORM,
];
