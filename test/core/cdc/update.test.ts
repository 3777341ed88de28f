/** What a newer file makes of a table: the same from every quirk, and nothing is lost that history needs. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CDC_KINDS, type CdcKind, kindOf } from '../../../src/core/cdc/kinds.js';
import { type CdcFile, readCdcFile } from '../../../src/core/cdc/read.js';
import {
  hasShrunk,
  keyColumnsOf,
  type TableUpdate,
  type TouchedRow,
  updateTable,
} from '../../../src/core/cdc/update.js';
import { CODE_TABLES, Codes, type CodeTable } from '../../../src/core/codes.js';
import { type CdcValues, cdcLines, cdcText, cdcXml, NDC_ROWS, rowsOfTable, TEXT_QUIRKS } from '../../support/cdc.js';
import { CODES, TODAY } from '../../support/fixtures.js';

const AS_OF = '2026-06-30';
const UNSPECIFIED = new Set(rowsOfTable('cvx').flatMap((row) => (row['unspecified'] === 'true' ? [row['code']!] : [])));

function read(content: string | Uint8Array): CdcFile {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const { file, problem } = readCdcFile(bytes, TODAY);
  if (file === null) throw new Error(JSON.stringify(problem));
  return file;
}

function update(content: string | Uint8Array, before?: CodeTable, asOf = AS_OF): TableUpdate {
  const file = read(content);
  return updateTable(before ?? CODES.table(kindOf(file.kind).table), file, { asOf, unspecified: UNSPECIFIED });
}

const updateWith = (kind: CdcKind, rows: readonly CdcValues[], before?: CodeTable): TableUpdate =>
  update(cdcText(kind, rows), before);

function rowsOf({ columns, rows }: CodeTable): Record<string, string>[] {
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]!])));
}

const find = (table: CodeTable, values: CdcValues): Record<string, string>[] =>
  rowsOf(table).filter((row) => Object.entries(values).every(([column, value]) => row[column] === value));

const codesOf = (rows: readonly TouchedRow[]): string[] => rows.map(({ codes }) => codes);

/** The rows of a table with some of them changed, by the first column. */
function changed(id: string, changes: Readonly<Record<string, CdcValues>>): CdcValues[] {
  const [first] = CODES.table(id).columns;
  return rowsOfTable(id).map((row) => ({ ...row, ...changes[row[first!]!] }));
}

const ROWS: Readonly<Record<CdcKind, readonly CdcValues[]>> = {
  cvx: changed('cvx', {
    '03': { short_name: 'MMR & more', last_updated: '2026-06-01' },
    20: { status: 'Inactive' },
  }).concat({
    code: '340', short_name: 'IgG1 κ, "new" & <better>', full_name: 'Immune globulin, new', status: 'Active', non_vaccine: 'true',
    last_updated: '2026-06-30',
  }), // biome-ignore format: a row
  mvx: changed('mvx', { PFR: { name: 'Pfizer & Co.', last_updated: '2026-06-30' } }),
  product: changed('product', { ABRYSVO: { status: 'Inactive', last_updated: '2026-06-30' } }),
  vaccine_group: rowsOfTable('vaccine_group').slice(5),
  cpt: rowsOfTable('cpt').slice(5),
  ...NDC_ROWS,
};

describe.each(CDC_KINDS.map(({ id }) => id))('%s', (kind) => {
  const text = cdcText(kind, ROWS[kind]);
  const expected = update(text);

  test.each(Object.entries(TEXT_QUIRKS))('is updated the same by text with %s', (_, write) => {
    expect(update(write(text))).toEqual(expected);
  });

  test('is updated the same by text from a spreadsheet, without leading zeros', () => {
    const lines = cdcLines(kind, ROWS[kind]).map((line) => line.replace(/(?<=^|\|)0(?=\d *(?:\||$))/g, ''));
    expect(update(lines.join('\n'))).toEqual(expected);
  });

  test('is updated the same by rows in another order', () => {
    expect(update(cdcText(kind, [...ROWS[kind]].reverse())).after).toEqual(expected.after);
  });

  test('is not changed by the same file again', () => {
    const again = update(text, expected.after);
    expect(again.after).toEqual(expected.after);
    for (const rows of [again.added, again.retired, again.renamed, again.removed]) expect(rows).toEqual([]);
    expect(again.changed).toBe(0);
  });

  // CDC gives its NDC files as text alone.
  const inXml = [
    ['named elements', { shape: 'named' }],
    ['pairs of Name and Value', { shape: 'pairs' }],
    ['pairs, with ampersands escaped twice', { shape: 'pairs', escapes: 2 }],
    ['named elements, with ampersands escaped twice', { shape: 'named', escapes: 2, lineEnd: '\r\n' }],
  ] as const;
  test.each(kind.startsWith('ndc') ? [] : inXml)('is updated the same by XML with %s', (_, options) => {
    for (const write of Object.values(TEXT_QUIRKS)) {
      expect(update(write(cdcXml(kind, ROWS[kind], options)))).toEqual(expected);
    }
  });

  test('keeps its id, its title and its columns, and has each key once', () => {
    const { before, after } = expected;
    expect([after.id, after.title, after.columns]).toEqual([before.id, before.title, before.columns]);
    expect(after.source).toMatch(/^CDC IIS code sets: /);
    const keys = rowsOf(after).map((row) =>
      keyColumnsOf(after.id)
        .map((column) => row[column]!.toLowerCase())
        .join('|'),
    );
    expect(new Set(keys).size).toBe(keys.length);
    for (const row of after.rows) for (const cell of row) expect(cell).toBe(cell.trim());
  });

  test('is not changed by the file that it was made from', () => {
    const { table } = kindOf(kind);
    const own = table === 'ndc' ? NDC_ROWS[kind as 'ndc_use'] : rowsOfTable(table);
    const before = table === 'ndc' ? updateWith(kind, own).after : CODES.table(table);
    const { added, retired, renamed, removed, changed: others, after } = updateWith(kind, own, before);
    expect({ added, retired, renamed, removed, others }).toEqual({
      added: [],
      retired: [],
      renamed: [],
      removed: [],
      others: 0,
    });
    expect(after.rows.toSorted()).toEqual(before.rows.toSorted());
  });
});

describe('CVX', () => {
  const { after, added, retired, renamed } = updateWith('cvx', ROWS.cvx);

  test('tells what is added, retired and renamed', () => {
    expect(added).toEqual([{ codes: '340', name: 'IgG1 κ, "new" & <better>', before: null }]);
    expect(codesOf(retired)).toEqual(['20']);
    expect(renamed).toEqual([{ codes: '03', name: 'MMR & more', before: 'MMR' }]);
  });

  test('keeps what CDC does not say', () => {
    expect(find(after, { code: '51' })[0]).toMatchObject({
      valid_start: '1996-01-01',
      valid_end: '2016-08-19',
      valid_basis: 'use',
    });
    expect(find(after, { code: '31' })[0]).toMatchObject({ use_instead: '85' });
    expect(find(after, { code: '340' })[0]).toMatchObject({ use_instead: '', valid_start: '', unspecified: 'false' });
  });

  test('keeps a code that is gone from the file, and tells it', () => {
    const {
      after: shorter,
      kept,
      removed,
    } = updateWith(
      'cvx',
      rowsOfTable('cvx').filter((row) => row['code'] !== '45'),
    );
    expect([codesOf(kept), removed]).toEqual([['45'], []]);
    expect(find(shorter, { code: '45' })).toEqual(find(CODES.table('cvx'), { code: '45' }));
  });

  test.each([
    ['Inactive', 'mpox, unspecified formulation', 'true'],
    ['Inactive', 'mpox, NOS', 'true'],
    ['Inactive', 'mpox, live', 'false'],
    // So it is with 196, Td of which the Lf are unspecified.
    ['Active', 'mpox, unspecified strength', 'false'],
  ])('knows a new code that is %s and called %j as unspecified: %s', (status, short_name, unspecified) => {
    const row = {
      code: '341',
      short_name,
      full_name: short_name,
      status,
      non_vaccine: 'false',
      last_updated: '2026-06-30',
    };
    expect(find(updateWith('cvx', [...rowsOfTable('cvx'), row]).after, { code: '341' })[0]).toMatchObject({
      unspecified,
    });
  });

  test('of XML keeps which codes are no vaccines, and tells new ones by their names', () => {
    const xml = update(cdcXml('cvx', ROWS.cvx, { shape: 'named' }));
    expect(find(xml.after, { code: '96' })[0]).toMatchObject({ non_vaccine: 'true' });
    expect(find(xml.after, { code: '340' })[0]).toMatchObject({ non_vaccine: 'true' });
    const own = rowsOfTable('cvx').filter(({ non_vaccine }) => non_vaccine === 'false');
    const empty = { ...CODES.table('cvx'), rows: [] };
    const fresh = update(cdcXml('cvx', own, { shape: 'named' }), empty).after;
    expect(find(fresh, { non_vaccine: 'true' })).toEqual([]);
  });
});

describe('trade names and groups', () => {
  test('that are gone from the file are gone', () => {
    const { removed, after } = updateWith('product', rowsOfTable('product').slice(1));
    expect(removed).toEqual([{ codes: '305 PFR', name: 'ABRYSVO', before: null }]);
    expect(after.rows.length).toBe(CODES.table('product').rows.length - 1);
    expect(codesOf(updateWith('vaccine_group', ROWS.vaccine_group).removed)).toEqual([
      '01 107',
      '02 89',
      '03 03',
      '04 03',
      '05 03',
    ]);
  });

  test('in another spelling are the same', () => {
    const { added, removed, renamed } = updateWith(
      'product',
      changed('product', { ABRYSVO: { product_name: 'Abrysvo' } }),
    );
    expect([added, removed]).toEqual([[], []]);
    expect(renamed).toEqual([{ codes: '305 PFR', name: 'Abrysvo', before: 'ABRYSVO' }]);
  });
});

describe('CPT', () => {
  const own = rowsOfTable('cpt');
  const without = (...codes: string[]): CdcValues[] => own.filter((row) => !codes.includes(row['cpt']!));
  const pair = (cpt: string, cvx: string): CdcValues => ({ cpt, cvx, cvx_short_name: 'x', last_updated: '2026-06-30' });
  const meanings = (table: CodeTable, cpt: string): string[][] =>
    find(table, { cpt }).map((row) => [row['cvx']!, row['ambiguous']!, row['source']!]);
  const until = 'cdc until 2022-03-10';

  test('keeps a code that is gone, and says until when CDC listed it', () => {
    const { after, kept, removed } = updateWith('cpt', without('90733'));
    expect([codesOf(kept).filter((codes) => codes.startsWith('90733')), removed]).toEqual([['90733 32'], []]);
    expect(meanings(after, '90733')).toEqual([['32', 'false', until]]);
  });

  test('keeps the links that others have found', () => {
    const others = find(CODES.table('cpt'), { source: 'codebase' });
    expect(others.length).toBeGreaterThan(10);
    expect(find(updateWith('cpt', own).after, { source: 'codebase' })).toEqual(others);
  });

  test('that means another vaccine now is left to the day of the dose', () => {
    const { after } = updateWith('cpt', [...without('90707'), pair('90707', '94')]);
    expect(meanings(after, '90707')).toEqual([
      ['03', 'true', until],
      ['94', 'true', 'cdc'],
    ]);
  });

  test('that means a specified vaccine now no longer means the unspecified one', () => {
    const { after, removed } = updateWith('cpt', [...without('90734'), pair('90734', '114')]);
    expect(meanings(after, '90734')).toEqual([['114', 'false', 'cdc']]);
    expect(codesOf(removed)).toEqual(['90734 147']);
  });

  test('of an unspecified vaccine that is gone stays, since nothing says more', () => {
    const { after } = updateWith('cpt', without('90734'));
    expect(meanings(after, '90734')).toEqual([['147', 'false', until]]);
  });

  test('that CDC lists now is CDC’s, whoever found it first', () => {
    const [found] = find(CODES.table('cpt'), { source: 'codebase', ambiguous: 'false' });
    const { after } = updateWith('cpt', [...own, pair(found!['cpt']!, found!['cvx']!)]);
    expect(meanings(after, found!['cpt']!)).toEqual([[found!['cvx'], 'false', 'cdc']]);
  });

  test('has none of the words of the AMA', () => {
    expect(JSON.stringify(updateWith('cpt', own).after)).not.toContain('description of the AMA');
  });
});

describe('NDCs', () => {
  const both = (first: CdcKind, second: CdcKind, days = [AS_OF, AS_OF]): CodeTable => {
    const once = update(cdcText(first, ROWS[first]), undefined, days[0]);
    return update(cdcText(second, ROWS[second]), once.after, days[1]).after;
  };

  test('of both files stand in one table, whichever comes first', () => {
    const table = both('ndc_use', 'ndc_sale');
    expect(both('ndc_sale', 'ndc_use')).toEqual(table);
    expect(table.rows.length).toBe(NDC_ROWS.ndc_use.length + NDC_ROWS.ndc_sale.length);
    expect(find(table, { ndc: '33332-0118-11' })).toEqual([
      {
        ndc: '33332-0118-11', unit: 'use', product_name: 'AFLURIA', labeler: 'Merck Sharp & Dohme Corp.', cvx: '141',
        start_date: '2007-08-31', end_date: '2019-06-30', last_updated: '2024-08-06',
      },
    ]); // biome-ignore format: a row
  });

  test('of one file leave those of the other as they are', () => {
    const table = both('ndc_use', 'ndc_sale');
    const { after, removed, rowsBefore } = updateWith('ndc_sale', NDC_ROWS.ndc_sale.slice(1), table);
    expect(codesOf(removed)).toEqual(['00006-4681-00 03']);
    expect(find(after, { unit: 'use' })).toEqual(find(table, { unit: 'use' }));
    expect(rowsBefore).toBe(NDC_ROWS.ndc_sale.length);
  });

  test('whose sale has ended are retired', () => {
    const { after } = updateWith('ndc_use', NDC_ROWS.ndc_use);
    const ended = NDC_ROWS.ndc_use.map((row, i) => (i === 0 ? { ...row, end_date: '2026-01-31' } : row));
    expect(codesOf(updateWith('ndc_use', ended, after).retired)).toEqual(['00006-4681-01 03']);
  });

  test('have the day of each file, or of both', () => {
    expect(updateWith('ndc_use', NDC_ROWS.ndc_use).after.asOf).toBe(`use ${AS_OF}`);
    expect(both('ndc_use', 'ndc_sale').asOf).toBe(AS_OF);
    expect(both('ndc_use', 'ndc_sale', ['2026-01-01', '2026-02-01']).asOf).toBe('use 2026-01-01, sale 2026-02-01');
    expect(both('ndc_sale', 'ndc_use', ['2026-02-01', '2026-01-01']).asOf).toBe('use 2026-01-01, sale 2026-02-01');
    const apart = both('ndc_use', 'ndc_sale', ['2026-01-01', '2026-02-01']);
    const again = (kind: CdcKind, day: string): string => update(cdcText(kind, ROWS[kind]), apart, day).after.asOf;
    expect(again('ndc_use', '2026-02-01')).toBe('2026-02-01');
    expect(again('ndc_use', '2026-03-01')).toBe('use 2026-03-01, sale 2026-02-01');
    const same = both('ndc_use', 'ndc_sale');
    expect(update(cdcText('ndc_sale', ROWS.ndc_sale), same, '2026-07-01').after.asOf).toBe(
      `use ${AS_OF}, sale 2026-07-01`,
    );
  });

  test('lead to vaccines', () => {
    const tables = CODE_TABLES.map((id) => (id === 'ndc' ? both('ndc_use', 'ndc_sale') : CODES.table(id)));
    const codes = new Codes(tables);
    expect(codes.hasNdcs).toBe(true);
    for (const { ndc, cvx } of [...NDC_ROWS.ndc_use, ...NDC_ROWS.ndc_sale])
      expect(codes.vaccinesOfNdc(ndc!)).toEqual([cvx]);
  });
});

describe('a file has shrunk', () => {
  test.each([
    [100, 100, false],
    [100, 120, false],
    [100, 90, false],
    [100, 89, true],
    [289, 261, false],
    [289, 260, true],
    [0, 0, false],
    [0, 5, false],
    [1, 0, true],
  ])('from %i rows to %i: %s', (rowsBefore, rowsNow, shrunk) => {
    expect(hasShrunk({ rowsBefore, rowsNow })).toBe(shrunk);
  });

  test('counts what CDC has listed, and not what others have added', () => {
    expect(updateWith('cpt', rowsOfTable('cpt'))).toMatchObject({ rowsBefore: 133, rowsNow: 133 });
    expect(updateWith('cvx', rowsOfTable('cvx').slice(0, 100))).toMatchObject({ rowsBefore: 288, rowsNow: 100 });
  });
});

test('whatever a file holds, a table keeps its codes, or tells that it has not', () => {
  const tables = fc.constantFrom<CdcKind>('cvx', 'mvx', 'product', 'vaccine_group', 'cpt');
  fc.assert(
    fc.property(tables, fc.infiniteStream(fc.boolean()), (kind, isThere) => {
      const own = rowsOfTable(kind);
      const some = own.filter(() => isThere.next().value);
      fc.pre(some.length > 0);
      const { before, after, added, removed, kept } = updateWith(kind, some);
      expect(added).toEqual([]);
      expect(after.rows.length).toBe(before.rows.length - removed.length);
      expect(removed.length + kept.length).toBe(own.length - some.length);
    }),
    { numRuns: 40 },
  );
});

test('a table that is newer than the CVX table says nothing of vaccines that this does not have', () => {
  const pair = { cpt: '90999', cvx: '350', cvx_short_name: 'new', last_updated: '2026-06-30' };
  const { after } = updateWith('cpt', [...rowsOfTable('cpt'), pair]);
  const codes = new Codes(CODE_TABLES.map((id) => (id === 'cpt' ? after : CODES.table(id))));
  expect(codes.vaccinesOfCpt('90999')).toEqual([]);
  expect(codes.vaccinesOfCpt('90707')).toMatchObject([{ cvx: '03' }]);
});
