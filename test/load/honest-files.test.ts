/** Files of clinics that do one thing only: odd to look at, and right. And beside them, files that are not. */
import { describe, expect, test } from 'vitest';
import { checkSpec, completeSpec, type Spec } from '../../src/core/spec.js';
import { miis, Sandbox } from '../support/sandbox.js';

const PATIENTS = 'facility_id|patient_id|last_name|first_name|birth_date|sex|street|city|state|zip|phone';
const DOSES = 'facility_id|patient_id|cvx|admin_date|info_source|mvx|lot_number';

const two = (number: number): string => String(number).padStart(2, '0');
/** A number as a word that nobody takes for that of another number: made of syllables, in an order that is as good as by chance. */
function word(number: number): string {
  const mixed = Math.imul(number + 1, 2_654_435_761) >>> 0;
  return Array.from({ length: 4 }, (_, i) => {
    const part = (mixed >>> (7 * i)) & 0x7f;
    return `${'bdfgklmnprstvzhj'[part >>> 3]}${'aeiouyéö'[part & 7]}`;
  }).join('');
}
/** One of the days of some years, as good as by chance; never the first or the last of a month. */
function dayOf(i: number, from: number, years: number): string {
  const mixed = Math.imul(i + 1, 2_654_435_761) >>> 0;
  return `${from + ((mixed >>> 4) % years)}${two(((mixed >>> 12) % 12) + 1)}${two(((mixed >>> 20) % 26) + 2)}`;
}

interface Person {
  readonly born?: string;
  readonly sex?: string;
  readonly address?: string;
}

function person(i: number, { born, sex, address }: Person = {}): string {
  const own = address ?? `${i} Mill St|Boston|MA|02118|617${two(30 + (i % 60))}5${String(i).padStart(4, '0')}`;
  return `F1|${i}|L${word(i)}|F${word(i)}|${born ?? dayOf(i, 1950, 60)}|${sex ?? (i % 2 ? 'F' : 'M')}|${own}`;
}

interface Dose {
  readonly cvx: string;
  readonly day: string;
  readonly source?: string;
  readonly mvx?: string;
  readonly lot?: string;
}

const dose = (i: number, { cvx, day, source = '00', mvx = '', lot = '' }: Dose): string =>
  `F1|${i}|${cvx}|${day}|${source}|${mvx}|${lot}`;

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
/** A day of some weeks in 2024. */
const ofWeeks = (i: number, month = 2): string => `2024${two(month + (i % 3))}${two((i % 26) + 2)}`;

interface Clinic {
  readonly patients: readonly string[];
  readonly doses: readonly string[];
}

/** A child's first vaccines, each on a day of its own. */
const childhood = (i: number, source: string): string[] =>
  ['08', '20', '10', '03', '21', '83'].map((cvx, nth) =>
    dose(i, { cvx, day: dayOf(i * 7 + nth, 2018 + nth, 2), source }),
  );

const HONEST: Readonly<Record<string, () => Clinic>> = {
  'a ward of newborns': () => ({
    patients: range(400).map((i) => person(i, { born: ofWeeks(i), address: '1 Ward St|Boston|MA|02118|6175550100' })),
    doses: range(400).map((i) => dose(i, { cvx: '08', day: ofWeeks(i), mvx: 'SKB', lot: 'K4512' })),
  }),
  'a ward of newborns that sends no lots': () => ({
    patients: range(400).map((i) => person(i, { born: ofWeeks(i) })),
    doses: range(400).map((i) => dose(i, { cvx: '08', day: ofWeeks(i) })),
  }),
  'a flu clinic of one day': () => ({
    patients: range(300).map((i) => person(i)),
    doses: range(300).map((i) => dose(i, { cvx: '158', day: '20231014', mvx: 'SEQ', lot: 'P100412' })),
  }),
  'a flu clinic of one day with two vaccines': () => ({
    patients: range(300).map((i) => person(i)),
    doses: range(300).flatMap((i) => [
      dose(i, { cvx: '158', day: '20231014', mvx: 'SEQ', lot: 'P100412' }),
      ...(i % 2 ? [dose(i, { cvx: '115', day: '20231014', mvx: 'PMC', lot: 'U7342AA' })] : []),
    ]),
  }),
  'a pharmacy that vaccinates in autumn': () => ({
    patients: range(400).map((i) => person(i, { born: dayOf(i, 1940, 50) })),
    doses: range(400).map((i) => {
      const day = `${2020 + (i % 4)}${two(9 + (i % 4))}${two((i % 26) + 2)}`;
      return dose(i, { cvx: '158', day, mvx: 'SEQ', lot: `P${2020 + (i % 4)}12` });
    }),
  }),
  'a school for girls': () => ({
    patients: range(300).map((i) =>
      person(i, { sex: 'F', born: dayOf(i, 2008, 6), address: '9 School St|Boston|MA|02118|6175550100' }),
    ),
    doses: range(300).flatMap((i) => [
      dose(i, { cvx: '165', day: dayOf(i, 2021, 3), mvx: 'MSD', lot: `S${i % 12}021` }),
      dose(i, { cvx: '115', day: dayOf(i + 5, 2021, 3), mvx: 'SKB', lot: `C${i % 12}021` }),
    ]),
  }),
  'a clinic for travellers': () => ({
    patients: range(300).map((i) => person(i, { born: dayOf(i, 1960, 40) })),
    doses: range(300).flatMap((i) => [
      dose(i, { cvx: '101', day: dayOf(i, 2019, 5), mvx: 'PMC', lot: `T${dayOf(i, 2019, 5).slice(0, 4)}` }),
      dose(i, { cvx: '184', day: dayOf(i, 2019, 5), mvx: 'PMC', lot: `Y${dayOf(i, 2019, 5).slice(0, 4)}` }),
    ]),
  }),
  'a clinic for children that sends no source': () => ({
    patients: range(200).map((i) => person(i, { born: dayOf(i, 2014, 4) })),
    doses: range(200).flatMap((i) => childhood(i, '')),
  }),
  'a clinic for children that sends what parents brought': () => ({
    patients: range(200).map((i) => person(i, { born: dayOf(i, 2014, 4) })),
    doses: range(200).flatMap((i) => childhood(i, '01')),
  }),
};

async function looksOf({ patients, doses }: Clinic) {
  using sandbox = new Sandbox();
  const { looks_wrong, issues } = await sandbox.load({
    mode: 'validate',
    patients: { 'p.txt': miis(PATIENTS, ...patients) },
    immunizations: { 'd.txt': miis(DOSES, ...doses) },
  });
  return looks_wrong.map(({ code, field }) => ({ code, field, severity: issues[code]!.severity }));
}

test.each(Object.keys(HONEST))('%s is told nothing worse than an info, and few of these', async (name) => {
  const looks = await looksOf(HONEST[name]!());
  expect(looks.filter(({ severity }) => severity !== 'info')).toEqual([]);
  expect(looks.length, JSON.stringify(looks)).toBeLessThanOrEqual(3);
});

/** Each with the only thing that it is told. */
const WRONG: readonly (readonly [string, string, string, () => Clinic])[] = [
  [
    'births on a day that no rule lets in',
    'birth-date-default',
    'birth_date',
    () => clinicWith((i) => (i % 10 ? {} : { born: '19000101' })),
  ],
  [
    'births on 15 June of each year',
    'births-pile-up',
    'birth_date',
    () => clinicWith((i) => ({ born: `${1950 + (i % 60)}0615` })),
  ],
  [
    'births on the 15th of each month',
    'births-pile-up',
    'birth_date',
    () => clinicWith((i) => ({ born: `${dayOf(i, 1950, 60).slice(0, 6)}15` })),
  ],
  [
    'doses on a day before their patients were born',
    'doses-on-one-day',
    'administered_on',
    () =>
      clinicWith(
        () => ({}),
        (i) => (i % 300 < 90 && i >= 300 ? { day: '19000101' } : {}),
      ),
  ],
  [
    'doses on the 15th of each month',
    'doses-pile-up',
    'administered_on',
    () =>
      clinicWith(
        () => ({}),
        (i) => ({ day: `${dayOf(i, 2012, 9).slice(0, 6)}15` }),
      ),
  ],
  [
    'doses on 30 June of each year',
    'doses-pile-up',
    'administered_on',
    () =>
      clinicWith(
        () => ({}),
        (i) => ({ day: `${2012 + (i % 9)}0630` }),
      ),
  ],
  [
    'doses that look like those of the clinic, and all are said to be of others',
    'doses-one-source',
    'information_source',
    () =>
      clinicWith(
        () => ({}),
        (i) => ({ source: '01', lot: `K${dayOf(i, 2012, 9).slice(0, 6)}` }),
      ),
  ],
];

/** An ordinary clinic with patients and doses that are changed. */
function clinicWith(
  changePerson: (i: number) => Person,
  changeDose: (i: number) => Partial<Dose> = () => ({}),
): Clinic {
  return {
    patients: range(300).map((i) => person(i, changePerson(i))),
    doses: range(600).map((i) => {
      const usual = {
        cvx: ['03', '21', '83', '45'][(i + Math.floor(i / 300)) % 4]!,
        day: dayOf(i, 2012, 9),
        source: i % 3 ? '01' : '02',
      };
      return dose(i % 300, { ...usual, ...changeDose(i) });
    }),
  };
}

test.each(WRONG)('%s are told', async (_, code, field, make) => {
  expect(await looksOf(make())).toEqual([{ code, field, severity: 'warning' }]);
});

describe('columns that are shifted are told of doses', () => {
  const HEAD = {
    version: '1',
    title: 'A test',
    provenance: { status: 'inferred', source: 'made up', notes: [] },
    dates: { formats: ['YYYY-MM-DD'], twoDigitYears: 'reject' },
  };
  const PERSON = [
    { name: 'id', field: 'source_patient_id', use: 'required' },
    { name: 'last', field: 'last_name', use: 'required' },
    { name: 'first', field: 'first_name' },
    { name: 'born', field: 'birth_date', use: 'required' },
  ];
  const DETAILS = [
    { name: 'given', field: 'administered_on', use: 'required' },
    { name: 'vaccine', field: 'cvx' },
    { name: 'route', field: 'route' },
    { name: 'site', field: 'body_site' },
    { name: 'unit', field: 'dose_unit' },
  ] as const;
  function specOf(json: object): Spec {
    expect(checkSpec(json)).toEqual([]);
    return completeSpec(json);
  }
  const CSV = { format: 'delimited', delimiter: ',', quote: '"' };
  const details = DETAILS.map(({ name, field }) => ({ name, field }));
  const SHIFTED = 'x9,y9,z9';

  const FILES: Readonly<Record<string, readonly [Spec, readonly string[]]>> = {
    'a file with a dose in each row': [
      specOf({
        ...HEAD,
        id: 'rows',
        layouts: { combined: { ...CSV, header: 'absent', fields: [...PERSON, ...details] } },
      }),
      range(60).map((i) => `${i},L${word(i)},F${word(i)},2001-02-03,2012-03-1${i % 9},03,${SHIFTED}`),
    ],
    'a file with two doses in each row': [
      specOf({
        ...HEAD,
        id: 'wide',
        layouts: {
          combined: {
            ...CSV,
            header: 'absent',
            fields: [
              ...PERSON,
              { repeat: 2, fields: details.map(({ name, field }) => ({ name: `${name}{n}`, field })) },
            ],
          },
        },
      }),
      // Of the second dose, most records have none.
      range(60).map((i) => {
        const second = i % 5 ? ',,,,' : `2013-03-1${i % 9},21,${SHIFTED}`;
        return `${i},L${word(i)},F${word(i)},2001-02-03,2012-03-1${i % 9},03,${SHIFTED},${second}`;
      }),
    ],
    'a file with doses below their patients': [
      specOf({
        ...HEAD,
        id: 'tagged',
        layouts: {
          tagged: {
            ...CSV,
            patient: { tag: 'P', fields: [{ name: 'tag', field: null }, ...PERSON] },
            immunization: { tag: 'I', fields: [{ name: 'tag', field: null }, ...details] },
          },
        },
      }),
      range(60).flatMap((i) => [
        `P,${i},L${word(i)},F${word(i)},2001-02-03`,
        // More lines are patients than doses.
        ...(i % 2 ? [`I,2012-03-1${i % 9},03,${SHIFTED}`] : []),
      ]),
    ],
  };

  test.each(Object.keys(FILES))('%s', async (name) => {
    const [spec, lines] = FILES[name]!;
    using sandbox = new Sandbox();
    const file = { 'f.csv': `${lines.join('\n')}\n` };
    const { looks_wrong } = await sandbox.load({ mode: 'validate', spec, site: 'F1', files: file });
    const found = looks_wrong.filter(({ code }) => code === 'columns-shifted');
    expect(found.map(({ sentence }) => sentence)).toEqual([
      'values seem to stand in the columns of others: in 3 columns most values cannot be read: route, body_site, dose_unit',
    ]);
    const right = { 'f.csv': `${lines.join('\n').replaceAll(SHIFTED, 'IM,LA,mL')}\n` };
    const twin = await sandbox.load({ mode: 'validate', spec, site: 'F1', files: right });
    expect(twin.looks_wrong.filter(({ code }) => code === 'columns-shifted')).toEqual([]);
  });
});
