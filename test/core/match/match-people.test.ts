/** Which records are one person. Nobody in them exists. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explainPair, matchPeople, PairJudge } from '../../../src/core/match/match-people.js';
import { PeopleSet } from '../../../src/core/match/people.js';
import { fixedModel } from '../../../src/core/match/weights.js';
import type { PatientField } from '../../../src/core/model.js';
import { patientRow } from '../../support/rows.js';

type Values = Partial<Record<PatientField, string>>;

const NORA: Values = {
  site_id: 'F1',
  source_patient_id: '1',
  last_name: 'Walsh',
  first_name: 'Nora',
  middle_name: 'Beth',
  birth_date: '2015-05-14',
  sex: 'F',
  street: '12 Maple Street',
  city: 'Boston',
  state: 'MA',
  zip: '02118',
  phone: '6175550123',
  mother_maiden_last_name: 'Costa',
  mother_first_name: 'Elena',
};

function setOf(...records: readonly Values[]): PeopleSet {
  const people = new PeopleSet();
  for (const record of records) people.add(patientRow(record));
  return people;
}

/** What becomes of two records: one person, a question, or two persons. */
function verdict(a: Values, b: Values): 'same' | 'review' | 'different' {
  const { personOf, reviews } = matchPeople(setOf(a, b), { model: 'fixed' });
  if (personOf[0] === personOf[1]) return 'same';
  return reviews.length > 0 ? 'review' : 'different';
}

function guardsOf(a: Values, b: Values): string[] {
  const people = setOf(a, b);
  return explainPair(people, new PairJudge(people, fixedModel(2)), 0, 1).guards.map(({ id }) => id);
}

const without = (values: Values, ...fields: readonly PatientField[]): Values =>
  Object.fromEntries(Object.entries(values).filter(([field]) => !fields.includes(field as PatientField)));

describe('are one person', () => {
  test.each<[string, Values]>([
    ['an equal record of another site', { site_id: 'F2', source_patient_id: 'X9' }],
    ['a typing error in the first name', { first_name: 'Norra' }],
    ['a short form of the first name', { first_name: 'Eleanor' }],
    ['first and last name exchanged', { first_name: 'Walsh', last_name: 'Nora' }],
    ['another address and phone', { street: '9 Oak Ave', zip: '01841', city: 'Lawrence', phone: '9785550199' }],
    ['one digit of the birth date wrong', { birth_date: '2015-05-19' }],
    ['the last name of another parent', { last_name: 'Costa' }],
    ['accents and a hyphen', { last_name: 'Wálsh' }],
    ['another spelling of the same sound', { first_name: 'Norah' }],
    ['first and middle name in the place of the first', { first_name: 'Nora Beth', middle_name: '' }],
    ['the day before, in another time zone', { birth_date: '2015-05-13' }],
    ['New Year for a day that is not known', { birth_date: '2015-01-01' }],
    ['another sex, and all else equal', { sex: 'M' }],
    ['a newborn without a name, whom nobody else fits', { first_name: 'Baby Girl' }],
    ['a newborn without a name or a sex, whom nobody else fits', { first_name: 'Infant', sex: '' }],
    ['the first letters of a name, as forms cut it', { first_name: 'Nor', middle_name: '' }],
    ['a name said twice', { first_name: 'Nora Nora' }],
  ])('%s', (_, changes) => {
    expect(verdict(NORA, { ...NORA, ...changes })).toBe('same');
  });

  test('day and month exchanged', () => {
    expect(verdict({ ...NORA, birth_date: '2015-05-04' }, { ...NORA, birth_date: '2015-04-05' })).toBe('same');
  });

  test('two who have only an uncommon name and a birth date, and agree', () => {
    const bare = { last_name: 'Walsh', first_name: 'Nora', birth_date: '2015-05-14' };
    expect(verdict(bare, bare)).toBe('same');
  });
});

describe('are a question for a person', () => {
  test.each<[string, Values, Values, string]>([
    ['twins', NORA, { ...NORA, first_name: 'Daniel', sex: 'M' }, 'twins'],
    [
      'a newborn without a name, and of another sex',
      NORA,
      { ...NORA, first_name: 'Baby Boy', sex: 'M' },
      'newborn-otherwise',
    ],
    [
      'a newborn without a name or a known sex, with little else in common',
      without(NORA, 'street', 'zip'),
      {
        ...without(NORA, 'sex', 'middle_name', 'phone', 'mother_maiden_last_name', 'mother_first_name'),
        first_name: 'Infant',
      },
      'newborn-otherwise',
    ],
    [
      'twins whose names sound a little alike',
      { ...NORA, first_name: 'Chelsea' },
      { ...NORA, first_name: 'Kelsey' },
      'twins',
    ],
    [
      'twins with common names a letter apart, where few bear them',
      without({ ...NORA, first_name: 'Jayden', sex: 'M' }, 'middle_name'),
      without({ ...NORA, first_name: 'Jaylen', sex: 'M' }, 'middle_name'),
      'twins',
    ],
    ...(
      [
        ['Jose', 'Josue', 'alike-twins'],
        ['Jamal', 'Jamar', 'twins'],
        ['Hailey', 'Kailey', 'twins'],
      ] as const
    ).map(([one, other, guard]): [string, Values, Values, string] => [
      `twins with names of their own, ${one} and ${other}`,
      without({ ...NORA, first_name: one }, 'middle_name'),
      without({ ...NORA, first_name: other }, 'middle_name'),
      guard,
    ]),
    [
      'two short forms of one name',
      without({ ...NORA, first_name: 'Will', sex: 'M' }, 'middle_name'),
      without({ ...NORA, first_name: 'Liam', sex: 'M' }, 'middle_name'),
      'alike-twins',
    ],
    [
      'names of which no letter is Latin',
      without({ ...NORA, first_name: 'Иван', sex: 'M' }, 'middle_name'),
      without({ ...NORA, first_name: 'Пётр', sex: 'M' }, 'middle_name'),
      'twins',
    ],
    [
      'twins under the Medicaid number of their mother',
      { ...NORA, medicaid_id: '100200300', multiple_birth: 'Y' },
      { ...NORA, first_name: 'Olivia', medicaid_id: '100200300', multiple_birth: 'Y' },
      'twins',
    ],
    [
      'names alike, and the Social Security number of a parent',
      without({ ...NORA, first_name: 'Jayden', ssn: '211554328' }, 'middle_name'),
      without({ ...NORA, first_name: 'Jaylene', ssn: '211554328' }, 'middle_name'),
      'borrowed-number',
    ],
    [
      'a newborn without a name, born a day later',
      NORA,
      { ...NORA, first_name: 'Infant', birth_date: '2015-05-15' },
      'newborn-otherwise',
    ],
    [
      'a slip in a common name that leaves a name of its own, and another middle name',
      NORA,
      { ...NORA, first_name: 'Norah', middle_name: 'Kate' },
      'alike-twins',
    ],
    [
      'an initial in the place of the name, and another birth date of that year',
      NORA,
      { ...NORA, first_name: 'N', middle_name: '', birth_date: '2015-01-01' },
      'initial-otherwise',
    ],
    [
      'an initial that is the other’s middle one',
      without(NORA, 'middle_name'),
      { ...NORA, first_name: 'N', middle_name: 'N', birth_date: '2015-05-15' },
      'initial-otherwise',
    ],
    ['names that only look alike', without(NORA, 'middle_name'), { ...NORA, first_name: 'Dora' }, 'alike-twins'],
    [
      'an initial, and another birth date',
      without(NORA, 'middle_name'),
      { ...NORA, first_name: 'N', birth_date: '2015-05-15' },
      'initial-otherwise',
    ],
    [
      'numbers that follow each other, as twins’ do',
      { ...without(NORA, 'middle_name'), ssn: '211554328' },
      { ...NORA, first_name: 'Norah', ssn: '211554331' },
      'neighbouring-numbers',
    ],
    [
      'two sexes, where nothing but name and birth date agree',
      { last_name: 'Walsh', first_name: 'Nora', birth_date: '2015-05-14', sex: 'F' },
      { last_name: 'Walsh', first_name: 'Nora', birth_date: '2015-05-14', sex: 'M' },
      'other-sex',
    ],
    ['a parent with the child’s name', NORA, { ...NORA, birth_date: '1985-05-14' }, 'parent'],
    [
      'twins with names alike',
      { ...NORA, multiple_birth: 'Y' },
      { ...NORA, first_name: 'Dora', multiple_birth: 'Y' },
      'multiple-birth',
    ],
    [
      'namesakes with other numbers',
      without(
        { ...NORA, ssn: '211554321' },
        'street',
        'city',
        'zip',
        'phone',
        'middle_name',
        'mother_maiden_last_name',
        'mother_first_name',
      ),
      without(
        { ...NORA, ssn: '458221098' },
        'street',
        'city',
        'zip',
        'phone',
        'middle_name',
        'mother_maiden_last_name',
        'mother_first_name',
      ),
      'other-number',
    ],
  ])('%s', (_, a, b, guard) => {
    expect(verdict(a, b)).toBe('review');
    expect(guardsOf(a, b)).toContain(guard);
  });
});

describe('are two persons', () => {
  test.each<[string, Values, Values]>([
    ['father and son with suffixes', { ...NORA, suffix: 'SR' }, { ...NORA, suffix: 'JR' }],
    ['twins by birth order', { ...NORA, birth_order: '1' }, { ...NORA, birth_order: '2' }],
    [
      'people with nothing in common',
      NORA,
      { last_name: 'Nguyen', first_name: 'Minh', birth_date: '1970-02-03', sex: 'M' },
    ],
    ['people of the test system', { ...NORA, last_name: 'Test' }, { ...NORA, last_name: 'Test' }],
    [
      'twins who are told to be two',
      { ...NORA, multiple_birth: 'Y' },
      { ...NORA, first_name: 'Grace', multiple_birth: 'Y' },
    ],
    ['sisters', NORA, { ...NORA, first_name: 'Grace', middle_name: 'Ann', birth_date: '2012-09-30' }],
  ])('%s', (_, a, b) => {
    expect(verdict(a, b)).toBe('different');
  });
});

test('a record that fits two twins joins neither of them to the other', () => {
  const twin = { ...NORA, first_name: 'Flora' };
  const nameless = { ...NORA, first_name: 'Baby Girl' };
  const { personOf } = matchPeople(setOf(NORA, twin, nameless), { model: 'fixed' });
  expect(personOf[0]).not.toBe(personOf[1]);
});

describe('of several records', () => {
  /** Which records are one person, each person a text of their places. */
  function personsOf(...records: readonly Values[]): string[] {
    const { personOf } = matchPeople(setOf(...records), { model: 'fixed' });
    const members = new Map<number, number[]>();
    for (const [i, person] of personOf.entries()) members.set(person, [...(members.get(person) ?? []), i]);
    return [...members.values()].map((own) => own.join(' ')).sort();
  }
  const bare = without(NORA, 'middle_name', 'mother_maiden_last_name', 'mother_first_name');

  test('an initial is the person whom it fits alone', () => {
    expect(personsOf(bare, { ...bare, first_name: 'N' })).toEqual(['0 1']);
  });

  test('the first letters of a name that fit two are neither', () => {
    const [one, other] = [
      { ...bare, first_name: 'Alexander' },
      { ...bare, first_name: 'Alejandro' },
    ];
    expect(personsOf(one, { ...bare, first_name: 'Ale' })).toEqual(['0 1']);
    expect(personsOf(one, other, { ...bare, first_name: 'Ale' })).toEqual(['0', '1', '2']);
  });

  test('two initials and two middle names are not one person', () => {
    const initial = { ...bare, first_name: 'N' };
    expect(personsOf({ ...initial, middle_name: 'Beth' }, { ...initial, middle_name: 'Kate' })).toEqual(['0', '1']);
  });

  test('an initial that fits two is neither', () => {
    const sister = { ...bare, first_name: 'Natalia' };
    expect(personsOf(bare, sister, { ...bare, first_name: 'N' })).toEqual(['0', '1', '2']);
  });

  test('a newborn without a name is not who is one of several at birth, whichever record says so', () => {
    const newborn = { ...bare, first_name: 'Baby Girl' };
    expect(personsOf(bare, newborn)).toEqual(['0 1']);
    expect(personsOf(bare, { ...bare, multiple_birth: 'Y' }, newborn)).toEqual(['0 1', '2']);
  });

  test('who is called by the middle name at times is one person where a record has both', () => {
    const both = { ...bare, first_name: 'Jackson', middle_name: 'Eric', sex: 'M' };
    const by = { ...both, first_name: 'Eric', middle_name: '' };
    expect(personsOf(both, { ...both, middle_name: 'E', zip: '', street: '', city: '' }, by)).toEqual(['0 1 2']);
  });

  test('one without a sex makes no bridge between two sexes', () => {
    const namesake = { last_name: 'Walsh', first_name: 'Nora', birth_date: '2015-05-14' };
    const persons = personsOf(namesake, { ...namesake, sex: 'F' }, { ...namesake, sex: 'M' });
    expect(persons).toHaveLength(2);
    expect(persons).not.toContain('1 2');
  });

  test('one without a middle name makes no bridge between twins with names alike and middle names of their own', () => {
    const one = { ...bare, first_name: 'Lillian', middle_name: 'R' };
    const other = { ...bare, first_name: 'Lily', middle_name: 'C' };
    const persons = personsOf(one, other, { ...bare, first_name: 'Lillian' });
    expect(persons).toHaveLength(2);
    expect(persons).not.toContain('0 1');
  });

  test('what keeps two persons apart whose records agree is told', () => {
    const one = { ...bare, first_name: 'Lillian', middle_name: 'R' };
    const other = { ...bare, first_name: 'Lily', middle_name: 'C' };
    const { reviews } = matchPeople(setOf(one, other, { ...bare, first_name: 'Lillian' }), { model: 'fixed' });
    expect(reviews.map(({ against }) => against)).toContainEqual(expect.stringContaining('may be twins'));
  });

  test('a newborn is nobody’s where a sister without a known sex fits nearly as well', () => {
    const sister = { ...without(bare, 'sex'), first_name: 'Olivia' };
    expect(personsOf(bare, sister, { ...bare, first_name: 'Baby Girl' })).toEqual(['0', '1', '2']);
  });

  test.each(['fixed', 'trained'] as const)(
    'one without a suffix is neither father nor son, and they are two, by the %s model',
    (model) => {
      const [father, son] = [
        { ...bare, suffix: 'SR' },
        { ...bare, suffix: 'JR' },
      ];
      for (const records of [
        [bare, father, son],
        [bare, son, father],
      ]) {
        const { personOf, reviews } = matchPeople(setOf(...records), { model });
        expect(new Set(personOf).size).toBe(3);
        expect(reviews.length).toBeGreaterThan(0);
      }
    },
  );

  test('who is told to be one of several is not who has another name, whatever a third record has in common with both', () => {
    const one = { ...bare, first_name: 'Emma', multiple_birth: 'Y', birth_order: '2', medicaid_id: '100200300' };
    const other = { ...bare, first_name: 'Olivia', ssn: '211554328' };
    const both = { ...bare, first_name: 'Emma', medicaid_id: '100200300', ssn: '211554328' };
    expect(personsOf(one, other, both)).not.toContain('0 1 2');
  });

  test('a person may have many records that say the same', () => {
    expect(personsOf(...Array.from({ length: 30 }, () => NORA))).toHaveLength(1);
  });

  test('an error in the sex is none between two who share the rest', () => {
    expect(personsOf(without(NORA, 'sex'), NORA, { ...NORA, sex: 'M' })).toEqual(['0 1 2']);
  });

  test('a newborn without a name is no bridge between twins, whatever it has in common with both', () => {
    const numbered = { ...bare, medicaid_id: '100200300' };
    const newborn = { ...numbered, first_name: 'Baby Girl' };
    const twin = { ...bare, first_name: 'Grace' };
    expect(personsOf(numbered, newborn, twin)).toEqual(['0 1', '2']);
  });

  test('a slip in one twin’s name that looks like the other’s makes no bridge', () => {
    const twin = { ...bare, sex: 'M', first_name: 'Brandon' };
    const other = { ...twin, first_name: 'Bravon' };
    const slip = { ...other, first_name: 'Bravno' };
    expect(personsOf(twin, other, slip)).not.toContain('0 1 2');
  });
});

describe('a weight', () => {
  const weightOf = (a: Values, b: Values): number => {
    const people = setOf(a, b);
    return new PairJudge(people, fixedModel(2)).weigh(0, 1);
  };

  test.each<[string, Values, Values, number]>([
    ['is not less for chart numbers of two sites', { chart_number: '1' }, { site_id: 'F2', chart_number: '2' }, 0],
    ['is less for two chart numbers of one site', { chart_number: '1' }, { chart_number: '2' }, -1],
    ['is less for a birth on New Year', { birth_date: '2015-01-01' }, { birth_date: '2015-01-01' }, -3],
    ['is not less for another phone of a guardian', { guardian_phone: '6175550999' }, {}, 0],
  ])('%s', (_, a, b, difference) => {
    expect(weightOf({ ...NORA, ...a }, { ...NORA, ...b }) - weightOf(NORA, NORA)).toBeCloseTo(difference, 6);
  });

  test('is more where the guardian’s phone is the other’s', () => {
    const moved = without(NORA, 'street', 'city', 'zip', 'mother_maiden_last_name', 'mother_first_name');
    const other = { ...moved, phone: '9785550199' };
    expect(weightOf(moved, { ...other, guardian_phone: NORA.phone! })).toBeGreaterThan(weightOf(moved, other) + 5);
  });

  test('is the same both ways', () => {
    const crossed = { ...NORA, first_name: 'Beth', middle_name: 'N' };
    expect(weightOf(NORA, crossed)).toBe(weightOf(crossed, NORA));
  });
});

test('an explanation adds up to the weight', () => {
  const people = setOf(NORA, { ...NORA, first_name: 'Norra', phone: '6175550188' });
  const { weight, parts, pass } = explainPair(people, new PairJudge(people, fixedModel(2)), 0, 1);
  expect(parts.reduce((sum, part) => sum + part.weight, 0)).toBeCloseTo(weight, 6);
  expect(parts.map(({ field }) => field)).toContain('birth');
  expect(pass).not.toBeNull();
});

test('the order of the records makes no difference to the persons', () => {
  const record = fc.record({
    last_name: fc.constantFrom('Walsh', 'Walsch', 'Costa', 'Nguyen'),
    first_name: fc.constantFrom('Nora', 'Norra', 'Dora', 'Baby Girl', 'Daniel'),
    birth_date: fc.constantFrom('2015-05-14', '2015-05-19', '1985-05-14', '2015-12-11'),
    phone: fc.constantFrom('6175550123', '9785550199'),
    street: fc.constantFrom('12 Maple St', '9 Oak Ave'),
    zip: fc.constantFrom('02118', '01841'),
    middle_name: fc.constantFrom('Beth', 'Ann', 'B'),
  });
  const groups = (records: readonly Values[]): string[] => {
    const { personOf } = matchPeople(setOf(...records), { model: 'fixed' });
    const members = new Map<number, string[]>();
    records.forEach((own, i) => {
      members.set(personOf[i]!, [...(members.get(personOf[i]!) ?? []), JSON.stringify(own)]);
    });
    return [...members.values()].map((own) => own.sort().join('\n')).sort();
  };
  fc.assert(
    fc.property(
      fc.uniqueArray(record, { minLength: 2, maxLength: 10, selector: (own) => JSON.stringify(own) }),
      (records) => {
        expect(groups([...records].reverse())).toEqual(groups(records));
      },
    ),
    { numRuns: 200 },
  );
});
