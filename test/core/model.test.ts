/** The tables of fields, and where the rows of each role say whose they are. */
import { expect, test } from 'vitest';
import { fieldsOf, ID_SLOTS, type RecordRole } from '../../src/core/model.js';

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
