/** What most tests of the core need: the specs, the code tables, a day. */

import { Codes } from '../../src/core/codes.js';
import { VaccineGroups } from '../../src/core/match/vaccine-groups.js';
import type { IsoDate } from '../../src/core/model.js';
import { loadCodes } from '../../src/files/code-tables.js';
import { loadSpec } from '../../src/files/specs.js';

export const CODES = loadCodes();
export const VACCINES = new VaccineGroups(CODES);
export const MIIS = loadSpec('miis-legacy');
export const GRITS = loadSpec('grits-fixed');
/** The day that counts as today in tests. */
export const TODAY = '2026-07-01' as IsoDate;

/** The code tables, one of them with other rows: each by column, and blank where it says nothing. */
export function codesWith(id: string, rows: readonly Readonly<Record<string, string>>[], codes: Codes = CODES): Codes {
  const tables = codes.tables.map((table) =>
    table.id === id ? { ...table, rows: rows.map((row) => table.columns.map((column) => row[column] ?? '')) } : table,
  );
  return new Codes(tables);
}

/** NDCs as CDC lists them, those of one code twice (`unit` of use and of sale), and two that only hyphens tell apart. */
export const NDC_CODES = codesWith('ndc', [
  { ndc: '00006-4681-00', unit: 'sale', product_name: 'M-M-R II', cvx: '03' },
  { ndc: '00006-4681-01', unit: 'use', product_name: 'M-M-R II', cvx: '03' },
  { ndc: '49281-0400-10', unit: 'sale', product_name: 'Adacel', cvx: '115' },
  { ndc: '49281-0790-20', unit: 'sale', product_name: 'Typhim Vi', cvx: '101' },
  { ndc: '50090-2062-00', unit: 'sale', product_name: 'TENIVAC', cvx: '113' },
  { ndc: '54868-0980-00', unit: 'use', product_name: 'M-M-R II', cvx: '03' },
  { ndc: '54868-0980-00', unit: 'sale', product_name: 'M-M-R II', cvx: '03' },
  { ndc: '33332-0010-01', unit: 'use', product_name: 'AFLURIA', cvx: '140' },
  { ndc: '33332-0010-01', unit: 'sale', product_name: 'AFLURIA', cvx: '141' },
  { ndc: '12345-0678-90', unit: 'use', product_name: 'Made up', cvx: '21' },
  { ndc: '12345-6789-00', unit: 'use', product_name: 'Made up', cvx: '94' },
  { ndc: '58160-0851-01', unit: 'use', product_name: 'ROTARIX', cvx: '119' },
]);
