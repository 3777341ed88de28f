/** Makes a newer code table of the table in use and of a file of CDC's, and says what that changes. */
import type { CodeTable } from '../codes.js';
import { CDC_KINDS, type CdcKind, type CdcTable, kindOf } from './kinds.js';
import { type CdcFile, keyOf } from './read.js';

/** A row of a table, by column. */
type Row = Readonly<Record<string, string>>;

/** A row that an update touches, as people are told of it. */
export interface TouchedRow {
  /** The code or codes that it is known by. */
  readonly codes: string;
  readonly name: string;
  /** Of a renamed row, the name that it had; else `null`. */
  readonly before: string | null;
}

/** What becomes of a table. */
export interface TableUpdate {
  readonly before: CodeTable;
  readonly after: CodeTable;
  readonly added: readonly TouchedRow[];
  /** No longer in use: inactive, or past the end of its sale. */
  readonly retired: readonly TouchedRow[];
  readonly renamed: readonly TouchedRow[];
  /** No longer in the file, and so no longer in the table. */
  readonly removed: readonly TouchedRow[];
  /** No longer in the file, and kept, because old doses bear them. */
  readonly kept: readonly TouchedRow[];
  /** Changed in some other way. */
  readonly changed: number;
  /** Rows that the table had from files of this kind, and that the file has. */
  readonly rowsBefore: number;
  readonly rowsNow: number;
}

/** The share of rows that a newer file may lack before somebody must say that it is right. */
const MOST_SHRINKAGE = 0.1;

/** Whether a file has so few rows that it is likely not whole. */
export function hasShrunk({ rowsBefore, rowsNow }: Pick<TableUpdate, 'rowsBefore' | 'rowsNow'>): boolean {
  return rowsNow < rowsBefore * (1 - MOST_SHRINKAGE);
}

/** Fewer names change whenever CDC words some anew. */
const FEW_NAMES = 10;

/** Whether so many names are others that columns may stand in each other's places. */
export function isRenamed({ renamed, rowsBefore }: Pick<TableUpdate, 'renamed' | 'rowsBefore'>): boolean {
  return renamed.length > Math.max(FEW_NAMES, rowsBefore * MOST_SHRINKAGE);
}

/** The newest day on which a row of a table was changed, `null` where it does not say. */
export function newestChangeOf({ columns, rows }: CodeTable): string | null {
  const place = columns.indexOf('last_updated');
  return rows.reduce<string | null>((newest, row) => {
    const day = row[place] ?? '';
    return day === '' || (newest !== null && day <= newest) ? newest : day;
  }, null);
}

/** How a table is updated. */
interface TableRules {
  /** The codes that people know a row by, and its names, of which the first that changed is told. */
  readonly codes: readonly string[];
  readonly names: readonly [string, ...string[]];
  readonly order: readonly string[];
  readonly isRetired: (row: Row) => boolean;
  /** Values of columns that the file does not have, for a row that is new. */
  readonly derive: (row: Row) => Row;
  /** Whether a row that is gone from the file stays. `others` are the rows of the file with the same first code. */
  readonly keeps: (row: Row, others: readonly Row[], unspecified: ReadonlySet<string>) => boolean;
  /** What is written of where the rows come from: of those of the file, and of those that stay without it. */
  readonly origins?: { readonly ofFile: Row; readonly ofKept: (row: Row, before: CodeTable) => Row };
  /** Brings rows into line with each other, once all are known. */
  readonly finish?: (rows: readonly Row[]) => readonly Row[];
  readonly source: string;
  readonly notes: string;
}

/**
 * Names of what CDC's text file flags as no vaccine, for its XML, which has no such flag: immune globulins, antitoxins and
 * skin tests. The antibodies against RSV are not flagged since 2023.
 */
const NON_VACCINE =
  /\bimmune globulin\b|\bantitoxin\b|\bTST\b|\bskin test\b|\bRho\(D\)|\badjuvant$|\b(?:IG|[A-Z]+IG)\b/i;

const isInactive = (row: Row): boolean => row['status'] === 'Inactive' || row['status'] === 'Never Active';
const nothing = (): Row => ({});

const RULES: Readonly<Record<CdcTable, TableRules>> = {
  cvx: {
    codes: ['code'],
    names: ['short_name', 'full_name'],
    order: ['code'],
    isRetired: isInactive,
    derive: (row) => {
      const names = `${row['short_name']} ${row['full_name']}`;
      // Codes of unspecified formulations are published as inactive, for they are meant for history.
      const unspecified = isInactive(row) && /\bunspecified\b|\bNOS\b/i.test(names);
      return { unspecified: String(unspecified), non_vaccine: String(NON_VACCINE.test(names)) };
    },
    // CDC takes no code back.
    keeps: () => true,
    source: 'CDC IIS code sets: cvx.txt, or its XML',
    notes:
      '`valid_start` and `valid_end` are not CDC columns: with the basis `use` or `note` they may give a warning, with `code` they are information only. Status is about today’s market; Inactive and unspecified codes are right for history.',
  },
  mvx: {
    codes: ['code'],
    names: ['name'],
    order: ['code'],
    isRetired: isInactive,
    derive: nothing,
    keeps: () => true,
    source: 'CDC IIS code sets: mvx.txt, or its XML',
    notes: 'OTH and UNK are active codes in CDC’s own list.',
  },
  product: {
    codes: ['cvx', 'mvx'],
    names: ['product_name'],
    order: ['product_name', 'cvx', 'mvx'],
    isRetired: isInactive,
    derive: nothing,
    keeps: () => false,
    source: 'CDC IIS code sets: TRADENAME.txt, or its XML',
    notes: 'A pair that is absent here is a warning at most.',
  },
  vaccine_group: {
    codes: ['cvx', 'group_cvx'],
    names: ['group_name'],
    order: ['cvx', 'group_name'],
    isRetired: () => false,
    derive: nothing,
    keeps: () => false,
    source: 'CDC IIS code sets: VG.txt, or its XML',
    notes: 'A combination vaccine has one row per group.',
  },
  cpt: {
    codes: ['cpt', 'cvx'],
    names: ['cvx_short_name'],
    order: ['cpt', 'cvx'],
    isRetired: () => false,
    derive: nothing,
    // Retired CPT codes are still found in history. Where CDC has a code mean another vaccine, both remain, and only the
    // day of the dose can tell; but a vaccine that is not specified says less than the one that is.
    keeps: (row, others, unspecified) => others.length === 0 || !unspecified.has(row['cvx']!),
    origins: {
      ofFile: { source: 'cdc' },
      ofKept: (row, { asOf }) => (row['source'] === 'cdc' ? { source: `cdc until ${asOf.split(',')[0]}` } : {}),
    },
    finish: markAmbiguous,
    source: 'CDC IIS code sets: cpt.txt, or its XML',
    notes:
      'Numbers and mapping only; CPT descriptions belong to the AMA. One CPT with several CVX is marked ambiguous. Pairs that CDC no longer lists stay for history, and `source` says until when they were listed.',
  },
  ndc: {
    codes: ['ndc', 'cvx'],
    names: ['product_name'],
    order: ['ndc', 'unit', 'cvx'],
    isRetired: (row) => row['end_date'] !== '',
    derive: nothing,
    // CDC takes out what turned out to be invalid.
    keeps: () => false,
    source: 'CDC IIS code sets: NDC_Unit_use.txt and NDC_Unit_sale.txt',
    notes:
      'CDC takes invalid NDCs out of its files, so that an older NDC may be missing. `end_date` is the last day of sale; doses may be given until the lot expires.',
  },
};

function markAmbiguous(rows: readonly Row[]): readonly Row[] {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row['cpt']!, (counts.get(row['cpt']!) ?? 0) + 1);
  return rows.map((row) => ({ ...row, ambiguous: String(counts.get(row['cpt']!)! > 1) }));
}

/** The unit that the NDCs of a kind of file are of. */
const UNITS: Readonly<Partial<Record<CdcKind, string>>> = { ndc_use: 'use', ndc_sale: 'sale' };

/** The columns that no two rows of a table share: those of its files, and for NDCs the unit. */
export function keyColumnsOf(table: string): readonly string[] {
  const key = CDC_KINDS.find((kind) => kind.table === table)?.key ?? ['code'];
  return table === 'ndc' ? [...key, 'unit'] : key;
}

export interface UpdateOptions {
  /** The day that the file stands for. */
  readonly asOf: string;
  /** CVX codes of formulations that are not specified. */
  readonly unspecified: ReadonlySet<string>;
}

/**
 * The table with the rows of the file. Columns that CDC's file does not have, such as dates of use, are taken from the
 * rows that the table has; a new row has them blank.
 */
export function updateTable(before: CodeTable, file: CdcFile, options: UpdateOptions): TableUpdate {
  const { table, key } = kindOf(file.kind);
  const rules = RULES[table];
  const unit = UNITS[file.kind];
  const known = readTable(before);
  // Rows of the other file of NDCs stay as they are.
  const [ours, others] = unit === undefined ? [known, []] : partition(known, (row) => row['unit'] === unit);
  const byKey = new Map(ours.map((row) => [keyOf(row, key), row]));

  const merged: Row[] = [];
  const added: TouchedRow[] = [];
  const retired: TouchedRow[] = [];
  const renamed: TouchedRow[] = [];
  let changed = 0;
  for (const { values } of file.rows) {
    const old = byKey.get(keyOf(values, key));
    const origin = { ...(unit !== undefined && { unit }), ...rules.origins?.ofFile };
    const row: Row = { ...(old ?? rules.derive(values)), ...values, ...origin };
    merged.push(row);
    if (old === undefined) {
      added.push(describe(row, rules));
      continue;
    }
    const name = rules.names.find((each) => row[each] !== old[each]);
    if (rules.isRetired(row) && !rules.isRetired(old)) retired.push(describe(row, rules));
    else if (name !== undefined) renamed.push(describe(row, rules, name, old[name]!));
    else if (before.columns.some((column) => (row[column] ?? '') !== old[column])) changed++;
  }

  const [kept, removed] = partGone(ours, merged, key, rules, options);
  const all = [...others, ...merged, ...kept.map((row) => ({ ...row, ...rules.origins?.ofKept(row, before) }))];
  const rows = inOrder(rules.finish?.(all) ?? all, rules.order);
  return {
    before,
    after: {
      ...before,
      source: rules.source,
      asOf: unit === undefined ? options.asOf : asOfUnits(before, unit, options.asOf, others.length > 0),
      notes: rules.notes,
      rows: rows.map((row) => before.columns.map((column) => row[column] ?? '')),
    },
    added,
    retired,
    renamed,
    removed: removed.map((row) => describe(row, rules)),
    kept: kept.filter(isOfCdc).map((row) => describe(row, rules)),
    changed,
    // What others have added to CDC's list is not expected in CDC's file.
    rowsBefore: ours.filter(isOfCdc).length,
    rowsNow: file.rows.length,
  };
}

/** The rows that the file has no more: those that stay, and those that do not. */
function partGone(
  ours: readonly Row[],
  merged: readonly Row[],
  key: readonly string[],
  rules: TableRules,
  { unspecified }: UpdateOptions,
): [Row[], Row[]] {
  const incoming = new Set(merged.map((row) => keyOf(row, key)));
  const byCode = new Map<string, Row[]>();
  for (const row of merged) {
    const code = row[key[0]!]!;
    const known = byCode.get(code);
    if (known === undefined) byCode.set(code, [row]);
    else known.push(row);
  }
  const gone = ours.filter((row) => !incoming.has(keyOf(row, key)));
  return partition(gone, (row) => rules.keeps(row, byCode.get(row[key[0]!]!) ?? [], unspecified));
}

/** Whether a row was in CDC's file the last time. */
function isOfCdc(row: Row): boolean {
  return row['source'] === undefined || row['source'] === 'cdc';
}

function readTable({ columns, rows }: CodeTable): Row[] {
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? ''])));
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

function describe(
  row: Row,
  rules: TableRules,
  name: string = rules.names[0],
  before: string | null = null,
): TouchedRow {
  const codes = rules.codes.map((column) => row[column]!).filter((code) => code !== '');
  return { codes: codes.join(' '), name: row[name] ?? '', before };
}

/** Rows in the order of the columns: numbers as numbers, words without regard to case. */
function inOrder(rows: readonly Row[], columns: readonly string[]): readonly Row[] {
  const compare = (a: string, b: string): number => {
    if (/^\d{1,3}$/.test(a) && /^\d{1,3}$/.test(b)) return Number(a) - Number(b);
    const [upperA, upperB] = [a.toUpperCase(), b.toUpperCase()];
    if (upperA !== upperB) return upperA < upperB ? -1 : 1;
    return a === b ? 0 : a < b ? -1 : 1;
  };
  return [...rows].sort((a, b) => {
    for (const column of columns) {
      const order = compare(a[column]!, b[column]!);
      if (order !== 0) return order;
    }
    return 0;
  });
}

/** The day of a table of two files: one where both stand for the same, else each with its unit. */
function asOfUnits({ asOf }: CodeTable, unit: string, day: string, hasOther: boolean): string {
  if (!hasOther) return `${unit} ${day}`;
  const other = unit === 'use' ? 'sale' : 'use';
  const otherDay = new RegExp(`\\b${other} (\\S+?)(?:,|$)`).exec(asOf)?.[1] ?? asOf;
  if (otherDay === day) return day;
  return unit === 'use' ? `use ${day}, sale ${otherDay}` : `use ${otherDay}, sale ${day}`;
}
