/** Which values survive when records become one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  countFilled,
  mergeDoseRows,
  mergePatientRows,
  type PatientPart,
  sortByFullness,
} from '../../../src/core/match/survivor.js';
import { PATIENT, packRow, type Row } from '../../../src/core/model.js';
import { VACCINES } from '../../support/fixtures.js';
import { type DoseValues, doseRow, type PatientValues, patientRow } from '../../support/persons.js';
import { valuesOf } from '../../support/records.js';

const part = (values: PatientValues, rank: 0 | 1 = 0): PatientPart => ({ row: patientRow(values), rank });
const merged = (...parts: PatientPart[]): unknown => valuesOf(mergePatientRows(parts), 'patient');
const mergedDose = (...values: DoseValues[]): unknown =>
  valuesOf(mergeDoseRows(values.map(doseRow), VACCINES), 'immunization');

describe('a patient of several records', () => {
  test.each<[string, PatientPart[], PatientValues]>([
    ['is the fuller one, its blanks filled', [
      part({ last_name: 'Walsh', phone: '6175550123' }),
      part({ last_name: 'WALSH', sex: 'F', email: 'nora@mail.example' }),
    ], { last_name: 'Walsh', sex: 'F', phone: '6175550123', email: 'nora@mail.example' }],
    ['has a name in capitals where no record writes it otherwise', [
      part({ last_name: 'WALSH', phone: '6175550123' }),
      part({ last_name: 'walsh' }),
    ], { last_name: 'WALSH', phone: '6175550123' }],
    ['keeps the values of the first site, however full a later one is', [
      part({ last_name: 'Walsh', phone: '6175550123' }),
      part({ last_name: 'WALSH', phone: '6175550124', sex: 'F', email: 'nora@mail.example' }, 1),
    ], { last_name: 'Walsh', phone: '6175550123', sex: 'F', email: 'nora@mail.example' }],
    ['has one address, not half of two', [
      part({ street: '5 New St', city: 'Quincy' }),
      part({ street: '1 Old St', city: 'Boston', zip: '02118', state: 'MA' }, 1),
    ], { street: '5 New St', city: 'Quincy' }],
    ['has the address that says the same and more', [
      part({ state: 'MA', phone: '6175550123', email: 'nora@mail.example' }),
      part({ street: '1 Old St', city: 'Boston', zip: '02118', state: 'MA' }, 1),
    ], { street: '1 Old St', city: 'Boston', zip: '02118', state: 'MA', phone: '6175550123', email: 'nora@mail.example' }],
    ['has the address of another site where its own has none', [
      part({ last_name: 'Walsh' }),
      part({ street: '1 Old St', city: 'Boston', zip: '02118' }, 1),
    ], { last_name: 'Walsh', street: '1 Old St', city: 'Boston', zip: '02118' }],
    ['has one guardian', [
      part({ guardian_last_name: 'Walsh', guardian_first_name: 'Elena', guardian_relationship: 'MTH' }),
      part({ guardian_first_name: 'Omar', guardian_middle_name: 'Q' }),
    ], { guardian_last_name: 'Walsh', guardian_first_name: 'Elena', guardian_relationship: 'MTH' }],
    ['has an eligibility with its own date', [
      part({ eligibility: 'V02', last_name: 'Walsh' }),
      part({ eligibility_date: '2015-05-15' }),
    ], { eligibility: 'V02', last_name: 'Walsh' }],
    ['has its own name rather than a newborn’s', [
      part({ first_name: 'BABY GIRL', sex: 'F', phone: '6175550123' }),
      part({ first_name: 'Nora' }, 1),
    ], { first_name: 'Nora', sex: 'F', phone: '6175550123' }],
    ['keeps a newborn’s name where there is no other', [part({ first_name: 'BABY GIRL' }), part({ sex: 'F' })], { first_name: 'BABY GIRL', sex: 'F' }],
  ])('%s', (_, parts, expected) => {
    expect(merged(...parts)).toEqual(expected);
    expect(merged(...parts.toReversed())).toEqual(expected);
  }); // biome-ignore format: a table
});

describe('an objection to sharing', () => {
  const full = { last_name: 'Walsh', first_name: 'Nora', sex: 'F', phone: '6175550123' };
  test.each<[string, PatientPart[], PatientValues]>([
    ['survives a fuller record that says no', [part({ sharing_objection: 'Y' }), part({ ...full, sharing_objection: 'N' })], { ...full, sharing_objection: 'Y' }],
    ['survives the site that made the person', [part({ ...full, sharing_objection: 'N' }), part({ sharing_objection: 'Y' }, 1)], { ...full, sharing_objection: 'Y' }],
    ['holds from the first day that is known', [
      part({ sharing_objection: 'Y', sharing_objection_date: '2024-03-12' }),
      part({ sharing_objection: 'Y', sharing_objection_date: '2023-01-05' }, 1),
      part({ ...full, sharing_objection: 'Y' }),
    ], { ...full, sharing_objection: 'Y', sharing_objection_date: '2023-01-05' }],
    ['has not the date of a record that says no', [
      part({ sharing_objection: 'Y' }),
      part({ ...full, sharing_objection: 'N', sharing_objection_date: '2023-01-05' }),
    ], { ...full, sharing_objection: 'Y' }],
    ['is not made of a blank', [part(full), part({ sharing_objection: 'N' })], { ...full, sharing_objection: 'N' }],
    ['is not known where nobody says anything', [part(full), part({ email: 'nora@mail.example' })], { ...full, email: 'nora@mail.example' }],
  ])('%s', (_, parts, expected) => {
    expect(merged(...parts)).toEqual(expected);
    expect(merged(...parts.toReversed())).toEqual(expected);
  }); // biome-ignore format: a table
});

describe('a dose of several records', () => {
  test.each<[string, DoseValues[], DoseValues]>([
    ['is the fuller one, its blanks filled', [
      { lot_number: 'K012345', route: 'SC' },
      { lot_number: 'K012346', mvx: 'MSD', body_site: 'LA' },
    ], { lot_number: 'K012346', mvx: 'MSD', body_site: 'LA', route: 'SC' }],
    ['has an amount in its own unit', [
      { dose_amount: '0.5', lot_number: 'K012345' },
      { dose_unit: 'ug' },
    ], { dose_amount: '0.5', lot_number: 'K012345' }],
    ['was given where one record says so and another only does not know', [
      { information_source: '01', lot_number: 'K012345', mvx: 'MSD' },
      { information_source: '00' },
    ], { information_source: '00', lot_number: 'K012345', mvx: 'MSD' }],
    ['keeps the source of the fuller record where that is known', [
      { information_source: '05', lot_number: 'K012345' },
      { information_source: '02' },
    ], { information_source: '05', lot_number: 'K012345' }],
    ['is what was administered, however full its history', [
      { information_source: '00', administered_on: '2016-05-16', lot_number: 'K012345', route: 'SC' },
      { information_source: '01', administered_on: '2016-05-18', lot_number: 'Z99', route: 'IM', body_site: 'LA', mvx: 'MSD' },
    ], { information_source: '00', administered_on: '2016-05-16', lot_number: 'K012345', route: 'SC', body_site: 'LA', mvx: 'MSD' }],
    ['is a product rather than a vaccine group', [
      { information_source: '00', cvx: '107', mvx: 'PMC', vaccine_name: 'DTaP', lot_number: 'K012345' },
      { information_source: '01', cvx: '20', mvx: 'SKB' },
    ], { information_source: '00', cvx: '20', mvx: 'SKB', lot_number: 'K012345' }],
    ['has the maker and the names of its own product alone', [
      { information_source: '00', cvx: '20', lot_number: 'K012345' },
      { information_source: '01', cvx: '106', mvx: 'PMC', vaccine_name: 'DAPTACEL', ndc: '49281-286-10' },
    ], { information_source: '00', cvx: '20', lot_number: 'K012345' }],
    ['is the product that a package code names, among those of one source', [
      { information_source: '01', cvx: '20', mvx: 'SKB', route: 'IM', body_site: 'LA' },
      { information_source: '01', cvx: '106', ndc: '49281-286-10' },
    ], { information_source: '01', cvx: '106', ndc: '49281-286-10', route: 'IM', body_site: 'LA' }],
    ['has no lot that a spreadsheet made a number of, if another record has one', [
      { information_source: '00', lot_number: '4.00E+61', mvx: 'MSD' },
      { information_source: '01', lot_number: 'K0123456789' },
    ], { information_source: '00', lot_number: 'K0123456789', mvx: 'MSD' }],
    ['has the lot in its better spelling', [
      { information_source: '00', lot_number: '12345', mvx: 'MSD' },
      { information_source: '01', lot_number: '012345' },
    ], { information_source: '00', lot_number: '012345', mvx: 'MSD' }],
    ['has a lot as it was before a spreadsheet took it for a number', [
      { information_source: '00', lot_number: '4.00E+61', mvx: 'MSD' },
      { information_source: '01', lot_number: '4E61' },
    ], { information_source: '00', lot_number: '4E61', mvx: 'MSD' }],
    ['has the expiry of its own lot and of no other', [
      { information_source: '00', lot_number: 'K012345' },
      { information_source: '01', lot_number: 'Z98765', lot_expiration: '2017-03-31' },
    ], { information_source: '00', lot_number: 'K012345' }],
    ['has the expiry that history knows of its lot', [
      { information_source: '00', lot_number: 'K012345' },
      { information_source: '01', lot_number: 'K012345', lot_expiration: '2017-03-31' },
    ], { information_source: '00', lot_number: 'K012345', lot_expiration: '2017-03-31' }],
    ['was paid by whom the site says that gave it', [
      { information_source: '00', lot_number: 'K012345', eligibility: 'V02' },
      { information_source: '01', funding_source: 'PHC70', eligibility: 'V01' },
    ], { information_source: '00', lot_number: 'K012345', eligibility: 'V02' }],
    ['was paid by whom history says, where nobody gave it', [
      { information_source: '01', lot_number: 'K012345', mvx: 'MSD' },
      { information_source: '02', funding_source: 'PHC70' },
    ], { information_source: '02', lot_number: 'K012345', mvx: 'MSD', funding_source: 'PHC70' }],
  ])('%s', (_, rows, expected) => {
    expect(mergedDose(...rows)).toEqual(expected);
    expect(mergedDose(...rows.toReversed())).toEqual(expected);
  }); // biome-ignore format: a table
});

const value = fc.constantFrom(null, null, 'a', 'b', 'Y', 'BABY');
const arbitraryRow = fc
  .record({
    last_name: fc.constantFrom('Walsh', 'Costa'),
    first_name: value,
    street: value,
    city: value,
    zip: value,
    phone: value,
    eligibility: value,
    eligibility_date: value,
    sharing_objection: fc.constantFrom(null, 'N', 'Y'),
    sharing_objection_date: fc.constantFrom(null, '2023-01-05', '2024-03-12'),
  })
  .map(patientRow);
const parts = fc.array(fc.record({ row: arbitraryRow, rank: fc.constantFrom(0 as const, 1 as const) }), {
  minLength: 1,
  maxLength: 6,
});

describe('properties', () => {
  test('the order of the records makes no difference', () => {
    const shuffled = parts.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([all, again]) => {
        expect(mergePatientRows(again)).toEqual(mergePatientRows(all));
        expect(
          mergeDoseRows(
            again.map(({ row }) => row),
            VACCINES,
          ),
        ).toEqual(
          mergeDoseRows(
            all.map(({ row }) => row),
            VACCINES,
          ),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  test('a record that comes twice makes no difference', () => {
    fc.assert(
      fc.property(parts, fc.nat(), (all, at) => {
        expect(mergePatientRows([...all, all[at % all.length]!])).toEqual(mergePatientRows(all));
      }),
    );
  });

  test('no value is made up, and one record alone stays as it is', () => {
    fc.assert(
      fc.property(parts, (all) => {
        mergePatientRows(all).forEach((each, slot) => {
          expect([null, ...all.map(({ row }) => row[slot])]).toContain(each);
        });
        expect(mergePatientRows([all[0]!])).toEqual(
          all[0]!.row[PATIENT.sharing_objection] === 'Y' ? expect.anything() : all[0]!.row,
        );
      }),
    );
  });

  test('an objection survives whatever it is merged with', () => {
    fc.assert(
      fc.property(parts, (all) => {
        const objects = all.some(({ row }) => row[PATIENT.sharing_objection] === 'Y');
        expect(mergePatientRows(all)[PATIENT.sharing_objection] === 'Y').toBe(objects);
      }),
    );
  });

  test('rows are sorted by how much they say, then by what', () => {
    fc.assert(
      fc.property(fc.array(arbitraryRow, { maxLength: 6 }), (rows) => {
        const sorted = sortByFullness(rows, (row) => row);
        const keyOf = (row: Row): string => `${String(999 - countFilled(row))} ${packRow(row)}`;
        expect(sorted.map(keyOf)).toEqual(rows.map(keyOf).sort());
      }),
    );
  });
});
