/** The tables of fields, where the rows of each role say whose they are, and packed rows. */
import { expect, test } from 'vitest';
import { fieldsOf, ID_SLOTS, packRow, type RecordRole, type Row, unpackRow, unpackSlot } from '../../src/core/model.js';

test.each<[Row]>([[['a', 'b', 'c']], [[null, null, 'c']], [['a', null, null]], [['a']]])(
  '%j comes out as it went in',
  (row) => {
    const packed = packRow(row);
    expect(unpackRow(packed)).toEqual(row);
    row.forEach((value, slot) => {
      expect(unpackSlot(packed, slot)).toBe(value ?? '');
    });
  },
);

test.each<[RecordRole, string | null]>([
  ['patient', null],
  ['immunization', 'source_immunization_id'],
  ['comment', null],
])('the ids of a %s', (role, immunizationId) => {
  const fields = Object.keys(fieldsOf(role));
  const { site, patient, immunization } = ID_SLOTS[role];
  expect(fields[site]).toBe('site_id');
  expect(fields[patient]).toBe('source_patient_id');
  expect(immunization === null ? null : fields[immunization]).toBe(immunizationId);
});
