import { describe, expect, test } from 'vitest';
import { PATIENT, type PatientField, type Row } from '../../src/core/model.js';
import { normalizePhone, normalizeZip } from '../../src/core/normalize/address.js';
import { isNewbornName, nameKey, normalizeName, normalizeSuffix } from '../../src/core/normalize/name.js';
import type { Normalizer } from '../../src/core/normalize/reading.js';
import { normalizeId, normalizeText } from '../../src/core/normalize/text.js';
import { normalizeBirthOrder, normalizeSsn } from '../../src/core/normalize/value.js';
import { type FamilyOptions, type FamilyRecord, makeFamilies } from './families.js';
import { CHANGES } from './record-keeping.js';

const PERSONS = 20_000;
const records = [...makeFamilies({ persons: PERSONS, seed: 3 })];
const value = ({ row }: FamilyRecord, field: PatientField): string | null => row[PATIENT[field]]!;

function groupBy<K>(all: readonly FamilyRecord[], keyOf: (record: FamilyRecord) => K): Map<K, FamilyRecord[]> {
  const groups = new Map<K, FamilyRecord[]>();
  for (const record of all) {
    const key = keyOf(record);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  return groups;
}

/** Every two records of one person. */
function* truePairs(): Generator<readonly [FamilyRecord, FamilyRecord]> {
  for (const own of groupBy(records, ({ person }) => person).values()) {
    for (let a = 0; a < own.length; a++) for (let b = a + 1; b < own.length; b++) yield [own[a]!, own[b]!];
  }
}

test('the same seed gives the same records, and another one other records', () => {
  const firstRows = (options: FamilyOptions): Row[] => [...makeFamilies(options)].slice(0, 100).map(({ row }) => row);
  expect(firstRows({ persons: PERSONS, seed: 3 })).toEqual(records.slice(0, 100).map(({ row }) => row));
  expect(firstRows({ persons: 500, seed: 4 })).not.toEqual(firstRows({ persons: 500, seed: 5 }));
});

test.each([1, 12, 400, PERSONS])('there are as many persons as were asked for: %i', (persons) => {
  const numbers = new Set([...makeFamilies({ persons, seed: 8 })].map(({ person }) => person));
  expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: persons }, (_, number) => number));
});

test.each([0.1, 0.206, 0.35])('%f of the records are not the first of their person', (duplicates) => {
  const count = [...makeFamilies({ persons: 10_000, seed: 9, duplicates })].length;
  expect(1 - 10_000 / count).toBeGreaterThan(duplicates * 0.85);
  expect(1 - 10_000 / count).toBeLessThan(duplicates * 1.15);
});

test('the records of a person do not stand together', () => {
  const next = records.filter(({ person }, place) => place > 0 && records[place - 1]!.person === person);
  expect(next.length).toBeLessThan(records.length / 200);
});

test('the values are those that reading gives', () => {
  const readers: Partial<Record<PatientField, Normalizer>> = {
    last_name: normalizeName,
    first_name: normalizeName,
    mother_maiden_last_name: normalizeName,
    suffix: normalizeSuffix,
    birth_order: normalizeBirthOrder,
    street: normalizeText,
    street_2: normalizeText,
    zip: normalizeZip,
    phone: normalizePhone,
    guardian_phone: normalizePhone,
    medicaid_id: normalizeId,
    chart_number: normalizeId,
  };
  for (const { row } of records) {
    for (const [field, read] of Object.entries(readers)) {
      const text = row[PATIENT[field as PatientField]];
      if (text != null) expect(read(text).value, `${field} ${text}`).toBe(text);
    }
    const date = row[PATIENT.birth_date]!;
    expect(new Date(date).toISOString().slice(0, 10)).toBe(date);
    expect(date <= '2026-12-31').toBe(true);
    expect(row.length).toBe(Object.keys(PATIENT).length);
  }
  const numbers = records.map((record) => value(record, 'ssn')).filter((ssn) => ssn !== null);
  const unread = numbers.filter((ssn) => normalizeSsn(ssn).value === null);
  expect(unread).toEqual([]);
});

describe('it is as hard as a registry', () => {
  /** Of the true pairs in which both records know the field, the share in which they agree. */
  function agreement(compared: (record: FamilyRecord) => string | null): number {
    let known = 0;
    let equal = 0;
    for (const [a, b] of truePairs()) {
      const [left, right] = [compared(a), compared(b)];
      if (left === null || right === null) continue;
      known++;
      if (left === right) equal++;
    }
    return equal / known;
  }
  const key = (name: string | null): string | null => (name === null || isNewbornName(name) ? null : nameKey(name));

  // The shares by which the fixed weights are reckoned: .75, .78, .90, .97.
  test.each<[string, (record: FamilyRecord) => string | null, number, number]>([
    ['first name', (record) => key(value(record, 'first_name')), 0.72, 0.82],
    ['last name', (record) => key(value(record, 'last_name')), 0.76, 0.84],
    ['birth date', (record) => value(record, 'birth_date'), 0.88, 0.93],
    ['sex', (record) => value(record, 'sex'), 0.95, 0.99],
    ['Social Security number', (record) => value(record, 'ssn'), 0.8, 0.95],
    ['phone', (record) => value(record, 'phone'), 0.6, 0.85],
  ])('records of one person agree in the %s as often as they do', (_, compared, low, high) => {
    expect(agreement(compared)).toBeGreaterThan(low);
    expect(agreement(compared)).toBeLessThan(high);
  });

  test('Social Security numbers are mostly missing, and a third of the phones', () => {
    const known = (field: PatientField): number =>
      records.filter((record) => value(record, field) !== null).length / records.length;
    expect(known('ssn')).toBeLessThan(0.3);
    expect(known('phone')).toBeGreaterThan(0.6);
    expect(known('phone')).toBeLessThan(0.8);
  });

  test.each(CHANGES.map((change, bit) => [change, bit] as const))('there are records with %s', (_, bit) => {
    const count = records.filter(({ changes }) => ((changes >> bit) & 1) === 1).length;
    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(records.length / 2);
  });

  test('twins share birth date and family, and have names of their own; few have a birth order', () => {
    const twins = records.filter(({ twinOf, changes }) => twinOf !== undefined && changes === 0);
    const births = [...groupBy(twins, ({ twinOf }) => twinOf!).values()];
    const together = births.filter((born) => new Set(born.map(({ person }) => person)).size > 1);
    expect(together.length).toBeGreaterThan(20);
    for (const born of together) {
      expect(new Set(born.map((record) => value(record, 'birth_date'))).size).toBe(1);
      expect(new Set(born.map(({ family }) => family)).size).toBe(1);
      const names = groupBy(born, (record) => nameKey(value(record, 'first_name') ?? ''));
      for (const own of names.values()) expect(new Set(own.map(({ person }) => person)).size).toBe(1);
    }
    const withOrder = twins.filter((record) => value(record, 'birth_order') !== null).length;
    expect(withOrder / twins.length).toBeGreaterThan(0.15);
    expect(withOrder / twins.length).toBeLessThan(0.6);
  });

  test('there are twins with Social Security numbers in a row', () => {
    const births = groupBy(
      records.filter(({ twinOf }) => twinOf !== undefined),
      ({ twinOf }) => twinOf!,
    );
    const inARow = [...births.values()].filter((born) => {
      const numbers = new Set(born.map((record) => Number(value(record, 'ssn') ?? Number.NaN)));
      return [...numbers].some((number) => numbers.has(number + 1));
    });
    expect(inARow.length).toBeGreaterThan(2);
  });

  test('there are fathers and sons of one name in one house', () => {
    const housed = records.filter((record) => value(record, 'street') !== null);
    const byName = groupBy(housed, (record) =>
      [record.family, value(record, 'last_name'), value(record, 'first_name'), value(record, 'street')].join('|'),
    );
    const namesakes = [...byName.values()].filter((own) => new Set(own.map(({ person }) => person)).size > 1);
    expect(namesakes.length).toBeGreaterThan(20);
  });
});
