/** Doses brought together by patient, in memory or over the disk. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type OrderedRow, PatientOrder } from '../../src/files/patient-order.js';
import { Sandbox } from '../support/sandbox.js';

/** A normalized value: any text without control characters, or none. */
const value = fc.option(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).map((text) => text.replace(/\p{Cc}/gu, '-')),
  { nil: null },
);
const dose = fc.record({
  patientId: fc.integer({ min: 1, max: 12 }),
  file: fc.nat(3),
  line: fc.nat(1e9),
  offset: fc.nat(1e12),
  row: fc.array(value, { minLength: 3, maxLength: 3 }),
});
const doses = fc
  .array(dose, { maxLength: 80 })
  .map((list): OrderedRow[] => list.map((each, i) => ({ ...each, record: i + 1 })));

/** What the order should be: patients by their ids, the doses of each as they came. */
function inOrder(rows: readonly OrderedRow[]): OrderedRow[][] {
  const ids = [...new Set(rows.map(({ patientId }) => patientId))].sort((a, b) => a - b);
  return ids.map((id) => rows.filter(({ patientId }) => patientId === id));
}

function collect(folder: string, rows: readonly OrderedRow[], memory: number): OrderedRow[][] {
  const order = new PatientOrder(folder, memory);
  try {
    for (const row of rows) order.add(row);
    return [...order.patients()];
  } finally {
    order.close();
  }
}

describe('doses come patient by patient, those of each in the order of their arrival', () => {
  test.each([
    ['in memory', 1 << 20],
    ['each spilled by itself', 1],
    ['spilled a few at a time', 400],
    ['spilled but for the last', 2_000],
  ])('%s', (_, memory) => {
    using sandbox = new Sandbox();
    fc.assert(
      fc.property(doses, (rows) => {
        expect(collect(sandbox.folder, rows, memory)).toEqual(inOrder(rows));
        expect(sandbox.files()).toEqual([]);
      }),
    );
  });

  test('when a run is longer than what is written or read at once', () => {
    using sandbox = new Sandbox();
    const rows = Array.from({ length: 30_000 }, (_, i) => ({
      patientId: 1 + ((i * 7919) % 101),
      file: 0,
      record: i + 1,
      line: i + 2,
      offset: i * 40,
      // Characters of two and three bytes, which a reading may cut.
      row: [`é${i}—`, null, '1'],
    }));
    const spilled = collect(sandbox.folder, rows, 1 << 21);
    const expected = inOrder(rows);
    expect(spilled.map((each) => each[0]!.patientId)).toEqual(expected.map((each) => each[0]!.patientId));
    for (const [i, each] of spilled.entries())
      expect(each.map((row) => row.record)).toEqual(expected[i]!.map((row) => row.record));
    expect(spilled[50]).toEqual(expected[50]);
  });

  test('and none when there are none', () => {
    using sandbox = new Sandbox();
    expect(collect(sandbox.folder, [], 1)).toEqual([]);
  });
});
