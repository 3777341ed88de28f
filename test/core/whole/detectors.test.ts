/** Files that look wrong as a whole: for each detector one that does, and the nearest that does not. */
import { describe, expect, test } from 'vitest';
import { CATALOGUE, type IssueCode } from '../../../src/core/catalogue.js';
import { DOSE, type ImmunizationField, PATIENT, type PatientField, type Row } from '../../../src/core/model.js';
import { DETECTORS, detectWhole } from '../../../src/core/whole/detectors.js';
import { DosesPerPatient } from '../../../src/core/whole/doses-per-patient.js';
import { DayCounts, FileCounts } from '../../../src/core/whole/file-counts.js';
import { makeClinic } from '../../support/clinic.js';

type Patient = Partial<Record<PatientField, string>>;
type Dose = Partial<Record<ImmunizationField, string>> & { readonly birthDate?: string };

const two = (number: number): string => String(number).padStart(2, '0');
/** The `i`th of some days, spread over months and years; never the first of a month. */
const dayOf = (i: number, years = 10, from = 2010): string =>
  `${from + (i % years)}-${two((i % 12) + 1)}-${two((i % 27) + 2)}`;

/** A file of patients that looks right, but for what is changed in some of them. */
function patients(count: number, change: (i: number) => Patient): FileCounts {
  const counts = new FileCounts();
  for (let i = 0; i < count; i++) {
    const patient: Patient = {
      last_name: `Last${i % 50}`,
      first_name: `First${i % 40}`,
      birth_date: dayOf(i),
      sex: i % 2 ? 'F' : 'M',
      street: `${i} Mill St`,
      phone: `617555${String(i).padStart(4, '0')}`,
      ...change(i),
    };
    const row: Row = new Array(Object.keys(PATIENT).length).fill(null);
    for (const [field, value] of Object.entries(patient)) row[PATIENT[field as PatientField]] = value;
    counts.patients.get().add(row);
  }
  counts.patients.get().accepted = count;
  counts.of('patient').records = count;
  return counts;
}

/** A file of doses that looks right, but for what is changed in some of them. */
function doses(count: number, change: (i: number) => Dose): FileCounts {
  const counts = new FileCounts();
  let sources = 0;
  for (let i = 0; i < count; i++) {
    const { birthDate = '2004-06-15', ...dose }: Dose = {
      administered_on: dayOf(i, 10, 2008),
      cvx: ['08', '03', '21', '83'][i % 4]!,
      lot_number: `L${i % 97}-${dayOf(i, 10, 2008).slice(0, 4)}`,
      information_source: i % 3 ? '00' : '01',
      ...change(i),
    };
    const row: Row = new Array(Object.keys(DOSE).length).fill(null);
    for (const [field, value] of Object.entries(dose)) row[DOSE[field as ImmunizationField]] = value;
    counts.doses.get().add(row, birthDate);
    if (dose.information_source !== undefined) sources++;
  }
  counts.of('immunization').records = count;
  counts.of('immunization').received.set('information_source', sources);
  return counts;
}

function histories(dosesOfPatients: readonly number[]): FileCounts {
  const counts = new FileCounts();
  dosesOfPatients.forEach((number, patient) => {
    counts.doses.get().perPatient.add(patient, number);
  });
  return counts;
}

/** Doses of every month of some years, those of some months left out. */
function months(isLeftOut: (month: number) => boolean, each = 20): FileCounts {
  const days: string[] = [];
  for (let month = 0; month < 48; month++) {
    if (isLeftOut(month)) continue;
    for (let i = 0; i < each; i++) days.push(`${2012 + Math.floor(month / 12)}-${two((month % 12) + 1)}-${two(i + 2)}`);
  }
  return doses(days.length, (i) => ({ administered_on: days[i]!, lot_number: `L${i}` }));
}

function unreadable(...fields: [PatientField, number][]): FileCounts {
  const counts = patients(200, () => ({}));
  for (const [field, times] of fields) counts.of('patient').addUnreadable(field, times);
  return counts;
}

function underOtherIds(times: number): FileCounts {
  const counts = patients(400, () => ({}));
  counts.patients.get().underOtherIds = times;
  return counts;
}

function withoutDoses(times: number): FileCounts {
  const counts = patients(400, () => ({}));
  counts.patients.get().persons = 400;
  counts.patients.get().withoutDoses = times;
  return counts;
}

/** Doses given here, some of them without a word of the statement for the patient. */
function withoutVis(times: number): FileCounts {
  const counts = doses(200, (i) => ({
    information_source: '00',
    ...(i >= times && { vis_given_date: dayOf(i, 10, 2008) }),
  }));
  counts.of('immunization').received.set('vis_given_date', 200 - times);
  return counts;
}

/** All doses on one day, so many for each patient. */
function campaign(each: number): FileCounts {
  const counts = doses(300 * each, () => ({ administered_on: '2023-10-14' }));
  for (let i = 0; i < 300; i++) counts.doses.get().perPatient.add(i, each);
  return counts;
}

/** By code: what looks wrong, what looks nearly so, and a part of the sentence. */
const SAMPLES: readonly (readonly [IssueCode, () => FileCounts, () => FileCounts, string])[] = [
  [
    'births-on-new-year',
    () => patients(500, (i) => (i % 20 ? {} : { birth_date: `${2000 + (i % 17)}-01-01` })),
    () => patients(500, (i) => (i % 20 ? {} : { birth_date: `${2000 + (i % 17)}-01-02` })),
    '25 of 500 (5.0 %), where about 1 would be born on it',
  ],
  [
    'birth-date-default',
    () => patients(500, (i) => (i % 20 ? {} : { birth_date: '1950-07-04' })),
    () => patients(500, (i) => (i % 27 ? {} : { birth_date: '1950-07-04' })),
    '25 of 500 (5.0 %) have the same, and no other day has more than',
  ],
  [
    'sex-always-same',
    () => patients(200, (i) => ({ sex: i % 50 ? 'F' : 'M' })),
    () => patients(200, (i) => ({ sex: i % 20 ? 'F' : 'M' })),
    '196 of 200 (98 %)',
  ],
  ['patients-under-several-ids', () => underOtherIds(20), () => underOtherIds(19), '20 of 400 (5.0 %)'],
  [
    'doses-on-one-day',
    () => doses(400, (i) => (i % 16 ? {} : { administered_on: '2012-03-14' })),
    () => doses(400, (i) => (i % 22 ? {} : { administered_on: '2012-03-14' })),
    '25 of 400 (6.3 %) on one day',
  ],
  [
    'doses-on-first-of-month',
    () => doses(400, (i) => (i % 6 ? {} : { administered_on: `${dayOf(i).slice(0, 8)}01` })),
    () => doses(400, (i) => (i % 7 ? {} : { administered_on: `${dayOf(i).slice(0, 8)}01` })),
    '67 of 400 (17 %), where about 13 would lie',
  ],
  [
    'months-without-doses',
    () => months((month) => month === 20 || month === 21),
    // A clinic that opens later or closes earlier has no gap.
    () => months((month) => month < 4 || month > 40),
    '2 months have no dose, though those around have 20 each',
  ],
  [
    'doses-one-source',
    () => doses(300, () => ({ information_source: '01' })),
    () => doses(300, (i) => ({ information_source: i === 7 ? '00' : '01' })),
    '300 of 300 (100 %), and 300 of 300 (100 %) have a lot number',
  ],
  [
    'lot-over-years',
    () =>
      doses(300, (i) => (i % 60 ? {} : { lot_number: 'K1234', administered_on: `${2008 + i / 60}-05-0${2 + i / 60}` })),
    () =>
      doses(300, (i) => (i % 60 ? {} : { lot_number: 'K1234', administered_on: `${2008 + i / 60}-05-0${6 - i / 60}` })),
    '5 doses over 4 years',
  ],
  [
    'ages-wrong-for-vaccine',
    () => doses(300, (i) => (i % 3 ? {} : { cvx: '116', birthDate: i % 15 ? dayOf(i, 10, 2008) : '2001-01-02' })),
    () => doses(300, (i) => (i % 3 ? {} : { cvx: '116', birthDate: i % 18 ? dayOf(i, 10, 2008) : '2001-01-02' })),
    '20 of 100 (20 %)',
  ],
  [
    'doses-on-birth-day',
    () => doses(300, (i) => (i % 15 ? {} : { cvx: '03', birthDate: dayOf(i, 10, 2008) })),
    // Hepatitis B is given on the day of birth.
    () => doses(300, (i) => (i % 15 ? {} : { cvx: '08', birthDate: dayOf(i, 10, 2008) })),
    '20 of 300 (6.7 %)',
  ],
  [
    'doses-per-patient-high',
    () => histories(new Array(20).fill(60)),
    () => histories(new Array(20).fill(59)),
    '20 have 60 on average',
  ],
  [
    'patients-with-one-dose',
    () => histories([...new Array(95).fill(1), ...new Array(5).fill(8)]),
    () => histories([...new Array(94).fill(1), ...new Array(6).fill(8)]),
    '95 of 100 (95 %)',
  ],
  [
    'column-always-same',
    () => patients(100, () => ({ last_name: 'Smith' })),
    () => patients(100, (i) => ({ last_name: i === 99 ? 'Smyth' : 'Smith' })),
    'all 100 that have one',
  ],
  [
    'detail-always-same',
    () => patients(100, () => ({ street: '1 Main St' })),
    () => patients(100, (i) => ({ street: i === 99 ? '2 Main St' : '1 Main St' })),
    'all 100 that have one',
  ],
  ['doses-without-vis', () => withoutVis(20), () => withoutVis(19), '20 of 200 (10 %)'],
  ['patients-without-doses', () => withoutDoses(20), () => withoutDoses(19), '20 of 400 (5.0 %)'],
  [
    'births-pile-up',
    () => patients(500, (i) => (i % 20 ? {} : { birth_date: `${2000 + (i % 17)}-06-15` })),
    () => patients(500, (i) => (i % 20 ? {} : { birth_date: `${2000 + (i % 17)}-06-${15 + (i % 3)}` })),
    'on 15 June of several years, where about 1 would lie',
  ],
  [
    'doses-pile-up',
    () => doses(400, (i) => (i % 5 ? {} : { administered_on: `${dayOf(i).slice(0, 8)}15` })),
    () => doses(400, (i) => (i % 5 ? {} : { administered_on: `${dayOf(i).slice(0, 8)}${15 + (i % 2)}` })),
    'on day 15 of a month, where about 13 would lie',
  ],
  [
    'doses-of-campaign',
    () => campaign(1),
    // Two thirds of a history on one day are no campaign.
    () => campaign(3),
    '300 of 300 (100 %) on one day',
  ],
  [
    'columns-shifted',
    () => unreadable(['state', 150], ['zip', 101], ['county', 200]),
    () => unreadable(['state', 150], ['zip', 100], ['county', 200]),
    'in 3 columns most values cannot be read: state, zip, county',
  ],
];

describe.each(SAMPLES)('%s', (code, positive, twin, figures) => {
  test('is told, with its figures', () => {
    const found = detectWhole(positive()).filter((each) => each.code === code);
    expect(found).toHaveLength(1);
    expect(found[0]!.figures).toContain(figures);
  });

  test('is not told of the nearest file that is right', () => {
    expect(detectWhole(twin()).map((each) => each.code)).not.toContain(code);
  });

  test('is about a file, and says no value', () => {
    const { value, figures: said } = detectWhole(positive()).find((each) => each.code === code)!;
    expect(CATALOGUE[code].subject).toBe('file');
    if (value !== null && value.length > 2) expect(said).not.toContain(value);
  });
});

test('each detector has a sample', () => {
  expect(SAMPLES.map(([code]) => code).sort()).toEqual(DETECTORS.map(({ code }) => code).sort());
  expect(DETECTORS.length).toBeGreaterThanOrEqual(12);
});

test('files that are right look right, small ones and large ones', () => {
  expect(detectWhole(patients(1000, () => ({})))).toEqual([]);
  expect(detectWhole(doses(1000, () => ({})))).toEqual([]);
  expect(detectWhole(patients(3, () => ({ birth_date: '2001-01-01', sex: 'F', last_name: 'Lee' })))).toEqual([]);
  expect(detectWhole(doses(3, () => ({ administered_on: '2012-03-14', information_source: '01' })))).toEqual([]);
  expect(detectWhole(new FileCounts())).toEqual([]);
});

test('a made-up clinic looks right', () => {
  const counts = new FileCounts();
  const fill = (values: Readonly<Record<string, string | undefined>>, slots: Readonly<Record<string, number>>): Row => {
    const row: Row = new Array(Object.keys(slots).length).fill(null);
    for (const [field, slot] of Object.entries(slots)) row[slot] = values[field] ?? null;
    return row;
  };
  let number = 0;
  for (const { patient, doses: own } of makeClinic({ patients: 3000, dosesPerPatient: 8, seed: 3 })) {
    counts.patients.get().add(fill(patient, PATIENT));
    for (const dose of own) counts.doses.get().add(fill(dose, DOSE), patient.birth_date!);
    counts.doses.get().perPatient.add(number++, own.length);
  }
  expect(detectWhole(counts)).toEqual([]);
});

test('an export with hardly any statement for patients is not asked for them', () => {
  expect(detectWhole(withoutVis(181)).map(({ code }) => code)).not.toContain('doses-without-vis');
});

test('doses of a patient are counted together, whenever they come and whoever the patient is', () => {
  const doses = new DosesPerPatient();
  for (const patient of [3, -7, 5000, 3, -7]) doses.add(patient, 2);
  doses.add(9, 1000);
  const histogram = doses.histogram();
  expect([...histogram.entries()].filter(([, patients]) => patients > 0)).toEqual([
    [2, 1],
    [4, 2],
    [151, 1],
  ]);
  expect([doses.has(3), doses.has(4), doses.has(100_000)]).toEqual([true, false, false]);
});

test('days are counted as the calendar has them', () => {
  const days = new DayCounts();
  for (const day of ['1850-01-01', '1999-12-31', '2000-02-29', '2199-12-31', '2000-02-29']) days.add(day);
  expect(days.total).toBe(5);
  expect(days.commonest).toEqual({ day: '2000-02-29', count: 2, next: 1 });
  expect(days.on({ day: 31 })).toBe(2);
  expect(days.on({ month: 1, day: 1 })).toBe(1);
  expect(days.months.at(-1)).toEqual({ month: '2199-12', count: 1 });
});

test('all records of a small file are looked at, and every sixteenth behind them', () => {
  const counts = new FileCounts();
  const taken = Array.from({ length: 200_000 }, (_, i) => counts.takes(i + 1));
  expect(taken.slice(0, 32_768).every((each) => each)).toBe(true);
  expect(taken.slice(32_768).filter((each) => each)).toHaveLength((200_000 - 32_768) / 16);
});
