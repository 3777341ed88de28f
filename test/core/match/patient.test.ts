/** Which patient records are one person. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identityOf } from '../../../src/core/match/keys.js';
import { PATIENT, packRow, type Row } from '../../../src/core/model.js';
import {
  contentsOf,
  decide,
  knownPatient,
  loadInto,
  mergedRow,
  type PatientValues,
  partitionOf,
  patientRow,
  personsOf,
} from '../../support/persons.js';

const NORA: PatientValues = {
  site_id: 'F1',
  source_patient_id: '1',
  last_name: 'Walsh',
  first_name: 'Nora',
  birth_date: '2015-05-14',
};
const row = (values: PatientValues = {}): Row => patientRow({ ...NORA, ...values });
/** The same person, as the same or another site knows her under another id. */
const other = (values: PatientValues = {}): Row => row({ source_patient_id: '2', ...values });

/** How many persons the rows become; 0 when all are rejected. */
const count = (...rows: Row[]): number => personsOf(rows).length;
const kinds = (...rows: Row[]): string[] => rows.map((_, index) => decide(rows).decisions.get(index)!.kind);
const reasons = (...rows: Row[]): string[] => decide(rows).doubts.map(({ reason }) => reason);

describe('records of one site and id', () => {
  test.each<[string, PatientValues, PatientValues]>([
    ['that say the same', {}, {}],
    ['of which one says more', {}, { phone: '6175550123', sex: 'F' }],
    ['with a last name that changed', {}, { last_name: 'Costa' }],
    ['with a first name in full and short', {}, { first_name: 'Nor' }],
    ['with a letter mistyped in the first name', { first_name: 'Kathleen' }, { first_name: 'Kathlean' }],
    ['with two letters exchanged in the first name', { first_name: 'Kathleen' }, { first_name: 'Kahtleen' }],
    ['with a letter left out of the first name', { first_name: 'Kathleen' }, { first_name: 'Kathlen' }],
    ['with a birth date that was corrected', {}, { birth_date: '2015-05-15' }],
    ['before and after the child was named', { first_name: 'BABY GIRL' }, {}],
    ['before the child was named, with its mother’s name', { first_name: 'BABYGIRLWALSH' }, {}],
    ['with a pet name', { first_name: 'Margaret' }, { first_name: 'Meg' }],
    ['with two pet names of one name', { first_name: 'Maggie' }, { first_name: 'Meg' }],
    ['without a first name once', {}, { first_name: null }],
    ['with another sex, which is often mistyped', { sex: 'F' }, { sex: 'M' }],
    ['in other capitals and accents', { last_name: 'Núñez' }, { last_name: 'NUNEZ' }],
  ])('are one person: %s', (_, first, second) => {
    expect(count(row(first), row(second))).toBe(1);
    expect(decide([row(first), row(second)]).decisions.get(1)).toMatchObject({
      kind: 'joined',
      to: { index: 0 },
      reason: 'same site and patient id',
    });
  });

  test.each<[string, PatientValues, PatientValues]>([
    ['another person', {}, { last_name: 'Osei', first_name: 'Kwame', birth_date: '2012-06-11' }],
    ['a sister', {}, { first_name: 'Elena' }],
    ['a sister with a short name', { first_name: 'Ana' }, { first_name: 'Ada' }],
    ['father and son', { suffix: 'SR' }, { suffix: 'JR' }],
    ['a boy and a girl with forms of one name', { first_name: 'Sam', sex: 'M' }, { first_name: 'Samantha', sex: 'F' }],
    [
      'twins before they were named',
      { first_name: 'BABY', birth_order: '1' },
      { first_name: 'BABY', birth_order: '2' },
    ],
    ['a namesake of another family', {}, { last_name: 'Osei', birth_date: '2012-06-11' }],
  ])('are a conflict that keeps both out: %s', (_, first, second) => {
    expect(kinds(row(first), row(second))).toEqual(['conflict', 'conflict']);
    expect(count(row(first), row(second))).toBe(0);
  });

  test('keep out a third record that would fit one of two', () => {
    const rows = [row(), row({ first_name: 'Elena' }), row()];
    const { decisions } = decide(rows);
    expect([0, 1, 2].map((index) => decisions.get(index))).toEqual([
      { kind: 'conflict', with: { index: 1 } },
      { kind: 'conflict', with: { index: 0 } },
      { kind: 'conflict', with: { index: 0 } },
    ]);
  });

  test('keep out nobody of another id', () => {
    expect(kinds(row(), row({ first_name: 'Elena' }), other())).toEqual(['conflict', 'conflict', 'new']);
  });

  test('are told apart from the same id of another site', () => {
    expect(count(row(), row({ site_id: 'F2', last_name: 'Osei', first_name: 'Kwame' }))).toBe(2);
  });

  test('are told to repeat the id, unless they say the same', () => {
    const { decisions } = decide([row(), row({ sex: 'F' }), row(), other(), other({ sex: 'F' })]);
    const told = [1, 2, 3, 4].map((index) => decisions.get(index));
    expect(told).toMatchObject([
      { repeatsId: true, duplicate: false },
      { repeatsId: false, duplicate: true },
      { repeatsId: false, duplicate: false, reason: 'same name and birth date' },
      { repeatsId: true, duplicate: false, reason: 'same site and patient id' },
    ]);
  });
});

describe('namesakes born on the same day', () => {
  test.each<[string, PatientValues]>([
    ['at one site', {}],
    ['at two sites', { site_id: 'F2' }],
    ['in other capitals', { last_name: 'WALSH', first_name: 'NORA' }],
    ['of whom more is known once', { sex: 'F', suffix: 'II', birth_order: '2', ssn: '234567891' }],
  ])('are one person: %s', (_, values) => {
    expect(count(row(), other(values))).toBe(1);
    expect(reasons(row(), other(values))).toEqual([]);
  });

  test.each<[string, PatientValues, PatientValues, string[]]>([
    ['suffix', { suffix: 'SR' }, { suffix: 'JR' }, []],
    ['birth order', { birth_order: '1' }, { birth_order: '2' }, []],
    ['Social Security number', { ssn: '234567891' }, { ssn: '234567892' }, ['same name and birth date; other Social Security number']],
    ['sex', { sex: 'F' }, { sex: 'M' }, ['same name and birth date; other sex']],
    ['sex and suffix', { sex: 'F', suffix: 'SR' }, { sex: 'M', suffix: 'JR' }, []],
    ['sex and number', { sex: 'F', ssn: '234567891' }, { sex: 'M', ssn: '234567892' }, []],
  ])('are two persons by another %s', (_, first, second, expected) => {
    expect(count(row(first), other(second))).toBe(2);
    expect(reasons(row(first), other(second))).toEqual(expected);
  }); // biome-ignore format: a table

  test.each<[string, PatientValues]>([
    ['another first name', { first_name: 'Elena' }],
    ['a first name in which one letter differs', { first_name: 'Nara' }],
    ['another birth date', { birth_date: '2015-05-15' }],
    ['another last name', { last_name: 'Costa' }],
    ['no first name', { first_name: null }],
    ['no birth date', { birth_date: null }],
    ['a newborn’s name', { first_name: 'BABY GIRL' }],
  ])('are not found by %s', (_, values) => {
    expect(count(row(), other(values))).toBe(2);
    expect(count(row(values), other(values))).toBe(
      values.first_name === null || values.birth_date === null || values.first_name === 'BABY GIRL' ? 2 : 1,
    );
  });

  test('of unknown sex fit both a girl and a boy: nothing is merged, all pairs are doubtful', () => {
    const rows = [row({ sex: 'F' }), other({ sex: 'M' }), row({ source_patient_id: '3' })];
    expect(kinds(...rows)).toEqual(['new', 'new', 'new']);
    expect(decide(rows).doubts).toEqual([
      { a: { index: 0 }, b: { index: 2 }, reason: 'same name and birth date; fits another person as well' },
      { a: { index: 1 }, b: { index: 2 }, reason: 'same name and birth date; fits another person as well' },
      { a: { index: 0 }, b: { index: 1 }, reason: 'same name and birth date; other sex' },
    ]);
  });

  test('that agree are joined, whomever else they may be', () => {
    const rows = [
      row({ sex: 'F' }),
      other({ sex: 'F' }),
      row({ source_patient_id: '3', sex: 'M' }),
      row({ source_patient_id: '4' }),
    ];
    expect(kinds(...rows)).toEqual(['new', 'joined', 'new', 'new']);
  });

  test('are joined by what each knows where nobody contradicts anybody', () => {
    const rows = [row({ sex: 'F' }), other({ suffix: 'II' }), row({ source_patient_id: '3', birth_order: '1' })];
    expect(count(...rows)).toBe(1);
  });

  test('who are known by two names are not shared out between the two', () => {
    const married = [row(), row({ last_name: 'Costa' })];
    const walsh = other({ birth_order: '1' });
    const costa = row({ source_patient_id: '3', last_name: 'Costa', birth_order: '2' });
    for (const rows of [
      [...married, walsh, costa],
      [costa, walsh, ...married],
      [walsh, ...married, costa],
    ]) {
      expect(partitionOf(personsOf(rows))).toEqual(
        partitionOf([
          { rows: married, patientId: null },
          { rows: [walsh], patientId: null },
          { rows: [costa], patientId: null },
        ]),
      );
      expect(reasons(...rows)).toEqual(Array(2).fill('same name and birth date; fits another person as well'));
    }
  });

  test('who agree are one person, though a third by two names is left to a reviewer', () => {
    const girls = [row({ sex: 'F' }), other({ sex: 'F' })];
    const married = [row({ source_patient_id: '3' }), row({ source_patient_id: '3', last_name: 'Costa' })];
    const boy = row({ source_patient_id: '4', last_name: 'Costa', sex: 'M' });
    expect(kinds(...girls, ...married, boy)).toEqual(['new', 'joined', 'new', 'joined', 'new']);
    expect(reasons(...girls, ...married, boy)).toHaveLength(3);
  });

  test('who are known by two names bring both together where nothing speaks against it', () => {
    const rows = [row(), row({ last_name: 'Costa' }), other(), row({ source_patient_id: '3', last_name: 'Costa' })];
    expect(count(...rows)).toBe(1);
  });

  test('by the hundred are not listed pair by pair', () => {
    const rows = Array.from({ length: 100 }, (_, i) =>
      row({ source_patient_id: String(i), ssn: `2345678${10 + (i % 50)}` }),
    );
    const { decisions, doubts } = decide([...rows, row({ source_patient_id: 'x' })]);
    expect(decisions.get(100)).toEqual({ kind: 'new' });
    expect(doubts).toHaveLength(20);
  });
});

describe('a registry', () => {
  const nora = { rows: [row({ sex: 'F' })], patientId: 7 };

  test.each<[string, Row, unknown]>([
    ['the same again', row({ sex: 'F' }), { kind: 'joined', to: { patientId: 7 }, duplicate: true, repeatsId: false, reason: 'same site and patient id' }],
    ['the same id with other details', row({ phone: '6175550123' }), { kind: 'joined', to: { patientId: 7 }, duplicate: false, repeatsId: true, reason: 'same site and patient id' }],
    ['another id', other(), { kind: 'joined', to: { patientId: 7 }, duplicate: false, repeatsId: false, reason: 'same name and birth date' }],
    ['another site', other({ site_id: 'F2' }), { kind: 'joined', to: { patientId: 7 }, duplicate: false, repeatsId: false, reason: 'same name and birth date' }],
    ['another person under the id', row({ first_name: 'Elena' }), { kind: 'conflict', with: { patientId: 7 } }],
    ['a namesake of another sex', other({ sex: 'M' }), { kind: 'new' }],
  ])('knows a patient: %s', (_, incoming, decision) => {
    expect(decide([incoming], [knownPatient(nora)]).decisions.get(0)).toEqual(decision);
  }); // biome-ignore format: a table

  test('of namesakes leaves a third to a reviewer', () => {
    const registry = [nora, { rows: [other({ sex: 'M' })], patientId: 8 }].map(knownPatient);
    const { decisions, doubts } = decide([row({ source_patient_id: '3' })], registry);
    expect(decisions.get(0)).toEqual({ kind: 'new' });
    expect(doubts.map(({ a, b }) => [a, b])).toEqual([
      [{ patientId: 7 }, { index: 0 }],
      [{ patientId: 8 }, { index: 0 }],
    ]);
  });

  test('never merges two of its own, whoever comes', () => {
    const walsh = { rows: [row()], patientId: 7 };
    const costa = { rows: [other({ last_name: 'Costa' })], patientId: 8 };
    const married = [row({ source_patient_id: '3' }), row({ source_patient_id: '3', last_name: 'Costa' })];
    const { decisions, doubts } = decide(married, [walsh, costa].map(knownPatient));
    expect(decisions.get(0)).toEqual({ kind: 'new' });
    expect(decisions.get(1)).toMatchObject({ kind: 'joined', to: { index: 0 } });
    expect(doubts.map(({ a, b }) => [a, b])).toEqual([
      [{ patientId: 7 }, { index: 0 }],
      [{ patientId: 8 }, { index: 0 }],
    ]);
  });

  test('finds a person by a former name', () => {
    const married = { rows: [row(), row({ last_name: 'Costa', phone: '6175550123' })], patientId: 7 };
    for (const name of ['Walsh', 'Costa']) {
      expect(decide([other({ last_name: name })], [knownPatient(married)]).decisions.get(0)).toMatchObject({
        to: { patientId: 7 },
      });
    }
  });

  test('knows again what it was sent before, whatever became of the person since', () => {
    const rows = [
      row({ phone: '6175550123' }),
      row({ last_name: 'Costa' }),
      row({ site_id: 'F2', last_name: 'Costa' }),
      row({ site_id: 'F2', last_name: 'Costa', birth_date: '2012-06-11' }),
    ];
    const registry = loadInto([], rows);
    expect(registry).toHaveLength(1);
    expect(rows.map((each) => decide([each], registry.map(knownPatient)).decisions.get(0))).toMatchObject(
      rows.map(() => ({ kind: 'joined', duplicate: true })),
    );
  });
});

/** Few values, so that records meet often: ids with several names, names with several ids, and much that contradicts. */
const arbitraryRow = fc
  .record({
    site_id: fc.constantFrom('F1', 'F2'),
    source_patient_id: fc.constantFrom('1', '2', '3', '4'),
    last_name: fc.constantFrom('Walsh', 'Costa'),
    first_name: fc.constantFrom('Nora', 'Nora', 'Nora', 'Kwame', 'BABY GIRL', null),
    birth_date: fc.constantFrom('2015-05-14', '2015-05-14', '2012-06-11'),
    sex: fc.constantFrom(null, null, 'F', 'M'),
    suffix: fc.constantFrom(null, null, null, 'JR', 'SR'),
    birth_order: fc.constantFrom(null, null, null, '1', '2'),
    ssn: fc.constantFrom(null, null, null, '234567891', '234567892'),
    phone: fc.constantFrom(null, '6175550123', '6175550124'),
    sharing_objection: fc.constantFrom(null, 'N', 'Y'),
  })
  .map(patientRow);
const arbitraryRows = fc.array(arbitraryRow, { minLength: 1, maxLength: 8 });
const shuffled = (rows: readonly Row[]): fc.Arbitrary<Row[]> =>
  fc.shuffledSubarray([...rows], { minLength: rows.length, maxLength: rows.length });

function contradicts(a: Row, b: Row): boolean {
  const [one, two] = [identityOf(a), identityOf(b)];
  const differ = (x: unknown, y: unknown): boolean => x !== null && y !== null && x !== y;
  const sameId = (['site_id', 'source_patient_id'] as const).every((field) => a[PATIENT[field]] === b[PATIENT[field]]);
  if (differ(one.suffix, two.suffix) || differ(one.birthOrder, two.birthOrder)) return true;
  return !sameId && (differ(one.sex, two.sex) || differ(one.ssnCheck, two.ssnCheck));
}

describe('properties', () => {
  const runs = { numRuns: 4_000 };

  test('the order of the records makes no difference to the persons nor to the rejected', () => {
    fc.assert(
      fc.property(
        arbitraryRows.chain((rows) => fc.tuple(fc.constant(rows), shuffled(rows))),
        ([rows, again]) => {
          expect(partitionOf(personsOf(again))).toEqual(partitionOf(personsOf(rows)));
        },
      ),
      { numRuns: 20_000 },
    );
  });

  test('nor does it where there is a registry', () => {
    fc.assert(
      fc.property(
        arbitraryRows,
        arbitraryRows.chain((rows) => fc.tuple(fc.constant(rows), shuffled(rows))),
        (before, [rows, again]) => {
          const registry = loadInto([], before);
          expect(partitionOf(personsOf(again, registry))).toEqual(partitionOf(personsOf(rows, registry)));
        },
      ),
      runs,
    );
  });

  test('the order of the records of one site makes no difference to what a person is', () => {
    fc.assert(
      fc.property(
        arbitraryRows.chain((rows) => fc.tuple(fc.constant(rows), shuffled(rows))),
        ([rows, again]) => {
          const oneSite = (all: readonly Row[]): Row[] => all.map((each) => each.with(PATIENT.site_id, 'F1'));
          const merged = (all: readonly Row[]): string[] => contentsOf(personsOf(oneSite(all)).map(mergedRow));
          expect(merged(again)).toEqual(merged(rows));
        },
      ),
      runs,
    );
  });

  test('nobody is one person with someone who contradicts', () => {
    fc.assert(
      fc.property(arbitraryRows, (rows) => {
        for (const person of personsOf(rows)) {
          for (const a of person.rows) for (const b of person.rows) expect(contradicts(a, b)).toBe(false);
        }
      }),
      runs,
    );
  });

  test('every record is in one person or rejected, and all of a site and id are together', () => {
    fc.assert(
      fc.property(arbitraryRows, (rows) => {
        const { decisions } = decide(rows);
        const rejected = rows.filter((_, index) => decisions.get(index)!.kind === 'conflict');
        const persons = personsOf(rows);
        expect(contentsOf([...persons.flatMap((person) => person.rows), ...rejected])).toEqual(contentsOf(rows));
        const homes = new Map<string, Set<number>>();
        const keyOf = (each: Row): string => `${each[PATIENT.site_id]}/${each[PATIENT.source_patient_id]}`;
        rejected.forEach((each) => void homes.set(keyOf(each), new Set([-1])));
        persons.forEach((person, number) => {
          for (const each of person.rows) homes.set(keyOf(each), (homes.get(keyOf(each)) ?? new Set()).add(number));
        });
        for (const [key, home] of homes) expect([key, ...home]).toHaveLength(2);
      }),
      runs,
    );
  });

  test('loading the same again changes nothing', () => {
    fc.assert(
      fc.property(arbitraryRows, (rows) => {
        const once = loadInto([], rows);
        const { decisions, doubts } = decide(rows, once.map(knownPatient));
        for (const decision of decisions.values()) {
          if (decision.kind !== 'conflict') expect(decision).toMatchObject({ kind: 'joined', duplicate: true });
        }
        expect(doubts).toEqual([]);
        const distinct = (person: { rows: Row[] }): string[] => [...new Set(contentsOf(person.rows))];
        expect(loadInto(once, rows).map(distinct)).toEqual(once.map(distinct));
      }),
      runs,
    );
  });

  test('doubtful pairs are of two persons, and each stands once', () => {
    fc.assert(
      fc.property(arbitraryRows, (rows) => {
        const { doubts } = decide(rows);
        const persons = personsOf(rows);
        const personOf = (who: { index: number } | { patientId: number }): unknown =>
          persons.find((person) => 'index' in who && person.rows.includes(rows[who.index]!));
        for (const { a, b } of doubts) expect(personOf(a)).not.toBe(personOf(b));
        expect(new Set(doubts.map(({ a, b }) => JSON.stringify([a, b]))).size).toBe(doubts.length);
      }),
      runs,
    );
  });

  test('loading in two halves is loading in one where nothing contradicts', () => {
    const consistent = arbitraryRow.map((each) => {
      const kwame = each[PATIENT.first_name] === 'Kwame';
      const same = { site_id: 'F1', last_name: 'Walsh', birth_order: null, ssn: null, birth_date: '2015-05-14' };
      const first = kwame ? 'Kwame' : 'Nora';
      const id = `${first}${each[PATIENT.source_patient_id]}`;
      const sex = each[PATIENT.sex] === null ? null : kwame ? 'M' : 'F';
      return patientRow({ ...same, first_name: first, source_patient_id: id, sex, phone: each[PATIENT.phone]! });
    });
    const halves = fc.array(consistent, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(halves, halves, (first, second) => {
        const together = personsOf([...first, ...second]);
        const apart = loadInto(loadInto([], first), second);
        expect(partitionOf(apart)).toEqual(partitionOf(together));
        expect(apart.map((person) => packRow(mergedRow(person))).sort()).toEqual(contentsOf(together.map(mergedRow)));
      }),
      runs,
    );
  });
});
