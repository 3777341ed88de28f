import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readFebrl } from './febrl.js';
import { patientRow } from './persons.js';
import { Sandbox } from './sandbox.js';

const HEADER =
  'rec_id, given_name, surname, street_number, address_1, address_2, suburb, postcode, state, date_of_birth, soc_sec_id\n';

describe('FEBRL', () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => sandbox[Symbol.dispose]());
  const write = (name: string, text: string): void => writeFileSync(sandbox.path(name), text);

  test('reads a record with its person', () => {
    write(
      'dataset1.csv',
      `${HEADER}rec-7-dup-0, ana, o'hara, 69, giblin street, killarney, bittern, 4814, qld, 19990219, 7364009\n` +
        'rec-9-org, , berry, , main road, , bittern, 0814, nt, , 1234567\n' +
        'rec-7-org, anna, ohara, 69, giblin street, , bittern, 4814, qld, 19990239, 7364009\n',
    );
    const [first, second, third] = readFebrl(sandbox.folder, 1, true);
    expect(first).toEqual({
      person: 0,
      row: patientRow({
        site_id: 'FEBRL1',
        source_patient_id: '1',
        first_name: 'Ana',
        last_name: "O'Hara",
        street: '69 giblin street',
        street_2: 'killarney',
        city: 'bittern',
        zip: '4814',
        state: 'QLD',
        birth_date: '1999-02-19',
        ssn: '7364009',
      }),
    });
    expect(second!.person).toBe(1);
    expect(second!.row).toEqual(
      patientRow({
        site_id: 'FEBRL1',
        source_patient_id: '2',
        last_name: 'Berry',
        street: 'main road',
        city: 'bittern',
        zip: '0814',
        state: 'NT',
        ssn: '1234567',
      }),
    );
    // The 39th of February is no day.
    expect(third).toMatchObject({ person: 0, row: expect.not.arrayContaining(['1999-02-39']) });
  });

  test('reads it without the id, and the truth is nowhere in it', () => {
    write(
      'dataset2.csv',
      `${HEADER}rec-122-org, ana, berry, 69, giblin street, , bittern, 4814, qld, 19990219, 7364009\n`,
    );
    const [first] = readFebrl(sandbox.folder, 2, false);
    expect(first!.row.join()).not.toMatch(/7364009|122/);
  });

  test('reads the two files of set 4 as one', () => {
    write(
      'dataset4a.csv',
      `${HEADER}rec-1-org, a, b, 1, c, d, e, 4814, qld, 19990219, 1\nrec-2-org, , , , , , , , , , 2\n`,
    );
    write(
      'dataset4b.csv',
      `${HEADER}rec-2-dup-0, , , , , , , , , , 2\nrec-1-dup-0, a, b, 1, c, d, e, 4814, qld, , 1\n`,
    );
    expect(readFebrl(sandbox.folder, 4, true).map(({ person }) => person)).toEqual([0, 1, 1, 0]);
  });

  test('refuses a file that is another one', () => {
    write('dataset3.csv', 'rec_id,given_name\nrec-1-org,a\n');
    expect(() => readFebrl(sandbox.folder, 3, true)).toThrow(/no FEBRL file, it has no surname/);
    write('dataset3.csv', `${HEADER}1, a, b, 1, c, d, e, 4814, qld, 19990219, 1\n`);
    expect(() => readFebrl(sandbox.folder, 3, true)).toThrow(/record 1: no person in its rec_id/);
    expect(() => readFebrl(sandbox.folder, 1, true)).toThrow(/dataset1\.csv/);
  });
});
