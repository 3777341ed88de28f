/** Codes of vaccines that are expected: none of the table is today, and CDC may give one out tomorrow. */
import { describe, expect, test } from 'vitest';
import { Codes, type CodeTable } from '../../../src/core/codes.js';
import { CODES } from '../../support/fixtures.js';
import { judge } from '../../support/records.js';

const STATUS = CODES.table('cvx').columns.indexOf('status');

/** The tables of 2025-10-12 with another status of CVX 334. */
function withStatus(status: string): Codes {
  const change = (table: CodeTable): CodeTable => ({
    ...table,
    rows: table.rows.map((row) => (row[0] === '334' ? row.with(STATUS, status) : row)),
  });
  return new Codes(CODES.tables.map((table) => (table.id === 'cvx' ? change(table) : table)));
}

const dose = { cvx: '334', mvx: 'MOD', lot_expiration: '', vis_given_date: '' };

describe('a dose of a vaccine that is pending', () => {
  const codes = withStatus('Pending');
  test.each([
    ['historical, when the table was made', '01', '20251012', 'cvx-pending', 'rejected'],
    ['historical, and later than the table', '01', '20251013', 'cvx-pending-outdated', 'accepted'],
    ['given here, whatever the day', '00', '20251013', 'cvx-pending', 'rejected'],
    ['given here, whatever the day', '00', '20251012', 'cvx-pending', 'rejected'],
  ])('%s: %s on %s is %s', (_, information_source, administered_on, code, fate) => {
    const written = {
      ...dose,
      ...(information_source === '01' && { lot_number: '' }),
      information_source,
      administered_on,
    };
    const judged = judge(written, { role: 'immunization', codes });
    expect(judged.codes).toEqual([code]);
    expect(judged.fate).toBe(fate);
    expect(judged.issues[0]).toMatchObject({ field: 'cvx', value: '334', after: '334', expected: '2025-10-12' });
  });
});

test('a vaccine that is licensed is not pending', () => {
  const beside = { ...dose, lot_number: '', information_source: '01', administered_on: '20251012' };
  expect(judge(beside, { role: 'immunization', codes: withStatus('Active') }).codes).toEqual([]);
});
