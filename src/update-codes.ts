/** Updates code tables from CDC's own downloads: first what would become of them, then the writing. */
import { type CdcKind, kindOf } from './core/cdc/kinds.js';
import { type CdcFile, readCdcFile } from './core/cdc/read.js';
import { hasShrunk, isRenamed, newestChangeOf, type TableUpdate, updateTable } from './core/cdc/update.js';
import type { CodeTable } from './core/codes.js';
import { localDay } from './core/local-day.js';
import type { IsoDate } from './core/model.js';
import { CodesError, locateCodeTables, readDownload, writeCodeTables } from './files/code-tables.js';

export interface CodesUpdateOptions {
  /** Paths of CDC's files, each of another kind. */
  readonly files: readonly string[];
  /** Folder of the updated tables, whether it is there or not. */
  readonly folder: string;
  /** The day that files without one stand for; `null` for the day of the file itself. */
  readonly asOf: IsoDate | null;
  readonly today: IsoDate;
}

/** Where the day that a file stands for is from. */
export type AsOfSource = 'newest change' | 'given' | 'file date';

/** A file and what it does to its table. */
export interface FileUpdate {
  readonly path: string;
  readonly kind: CdcKind;
  readonly file: Omit<CdcFile, 'rows'>;
  readonly asOf: string;
  readonly asOfSource: AsOfSource;
  readonly update: TableUpdate;
  /** What speaks against taking the file. */
  readonly doubts: readonly Doubt[];
}

/** Too few rows, older than the table, or so many other names that columns may be exchanged. */
export type Doubt = 'shrunk' | 'older' | 'renamed';

/** What is to become of the code tables. Nothing is written yet. */
export interface CodesPlan {
  readonly folder: string;
  /** In the order in which they are applied: CVX first. */
  readonly files: readonly FileUpdate[];
  /** The tables as they will be. */
  readonly tables: readonly CodeTable[];
  /** Codes that the tables name, and that the table of those codes lacks: table, code table, codes. */
  readonly dangling: readonly {
    readonly table: string;
    readonly codes: 'cvx' | 'mvx';
    readonly missing: readonly string[];
  }[];
}

/** Files are applied in this order: what CPT codes stand for depends on the CVX table. */
const ORDER: readonly CdcKind[] = ['cvx', 'mvx', 'product', 'vaccine_group', 'cpt', 'ndc_use', 'ndc_sale'];

/**
 * Reads CDC's files and says what would become of the tables.
 * @throws CodesError for the first file that cannot be read, is none of CDC's, or is of the same kind as another
 */
export function planCodesUpdate(options: CodesUpdateOptions): CodesPlan {
  const { folder, today } = options;
  const tables = new Map(locateCodeTables(folder).map(({ table }) => [table.id, table]));
  const read = options.files.map((path) => ({ path, ...readFile(path, today) }));
  for (const [place, { path, file }] of read.entries()) {
    const other = read.findIndex((each) => each.file.kind === file.kind);
    if (other === place) continue;
    throw new CodesError(path, `holds ${kindOf(file.kind).title}, as ${read[other]!.path} does`, 'give one of the two');
  }
  read.sort((a, b) => ORDER.indexOf(a.file.kind) - ORDER.indexOf(b.file.kind));
  const files = read.map(({ path, file, modified }): FileUpdate => {
    const { table } = kindOf(file.kind);
    const { asOf, asOfSource } = dayOf(file, modified, options);
    const unspecified = unspecifiedOf(tables.get('cvx')!);
    const update = updateTable(tables.get(table)!, file, { asOf, unspecified });
    tables.set(table, update.after);
    return { path, kind: file.kind, file, asOf, asOfSource, update, doubts: doubtsOf(file, update) };
  });
  const touched = new Set(files.map(({ kind }) => kindOf(kind).table as string));
  return {
    folder,
    files,
    tables: [...tables.values()].filter(({ id }) => touched.has(id)),
    dangling: findDangling(tables, touched),
  };
}

function doubtsOf({ newest }: CdcFile, update: TableUpdate): Doubt[] {
  const doubts: Doubt[] = [];
  const before = newestChangeOf(update.before);
  // The day of a table may be that of its download: what CDC changed last says which of the two is older.
  if (newest !== null && before !== null && newest < before) doubts.push('older');
  if (hasShrunk(update)) doubts.push('shrunk');
  if (isRenamed(update)) doubts.push('renamed');
  return doubts;
}

/**
 * Refuses a plan that has a doubt which is not allowed.
 * @throws CodesError for the first of its files
 */
export function requireTrusted({ files }: CodesPlan, allowed: ReadonlySet<Doubt>): void {
  for (const file of files) {
    const doubt = file.doubts.find((each) => !allowed.has(each));
    if (doubt === undefined) continue;
    const [problem, remedy] = describeDoubt(doubt, file);
    throw new CodesError(file.path, `${problem}; nothing was written`, remedy);
  }
}

function describeDoubt(doubt: Doubt, { file, update }: FileUpdate): readonly [problem: string, remedy: string] {
  const { rowsBefore, rowsNow, renamed, before } = update;
  switch (doubt) {
    case 'shrunk':
      return [
        `has ${rowsNow} rows where there were ${rowsBefore}, more than a tenth fewer`,
        'download it again, or say --allow-shrink if CDC’s list is as short as that',
      ];
    case 'older':
      return [
        `was changed on ${file.newest} for the last time, and the table in use on ${newestChangeOf(before)}`,
        'download it again, or say --allow-older if the older one is wanted',
      ];
    case 'renamed':
      return [
        `has another name for ${renamed.length} of ${rowsBefore} rows`,
        'look whether its columns stand in their places, or say --allow-renames if CDC has renamed them',
      ];
  }
}

/**
 * Writes the tables of a plan.
 * @throws CodesError when there is a doubt that is not allowed, or the folder cannot be written
 */
export function writeCodesUpdate(plan: CodesPlan, allowed: ReadonlySet<Doubt>): void {
  requireTrusted(plan, allowed);
  writeCodeTables(plan.folder, plan.tables);
}

function readFile(path: string, today: IsoDate): { readonly file: CdcFile; readonly modified: Date } {
  const { bytes, modified } = readDownload(path);
  const { file, problem } = readCdcFile(bytes, today);
  if (file !== null) return { file, modified };
  const place = problem.line === null ? path : `${path}, line ${problem.line}`;
  // The remedy is a sentence of its own there, and the rest of one here.
  const remedy = problem.remedy.charAt(0).toLowerCase() + problem.remedy.slice(1).replace(/\.$/, '');
  throw new CodesError(place, problem.message, remedy);
}

function dayOf(
  file: CdcFile,
  modified: Date,
  { asOf, today }: CodesUpdateOptions,
): { readonly asOf: string; readonly asOfSource: AsOfSource } {
  if (file.newest !== null) return { asOf: file.newest, asOfSource: 'newest change' };
  if (asOf !== null) return { asOf, asOfSource: 'given' };
  const day = localDay(modified);
  return { asOf: day <= today ? day : today, asOfSource: 'file date' };
}

function columnOf({ columns, rows }: CodeTable, column: string): readonly string[] {
  const place = columns.indexOf(column);
  return place < 0 ? [] : rows.map((row) => row[place]!);
}

/** CVX codes of formulations that are not specified. */
function unspecifiedOf(cvx: CodeTable): ReadonlySet<string> {
  const flags = columnOf(cvx, 'unspecified');
  return new Set(columnOf(cvx, 'code').filter((_, index) => flags[index] === 'true'));
}

/** Columns that name codes of other tables. */
const REFERENCES: readonly (readonly [table: string, column: string, codes: 'cvx' | 'mvx'])[] = [
  ['product', 'cvx', 'cvx'],
  ['product', 'mvx', 'mvx'],
  ['vaccine_group', 'cvx', 'cvx'],
  ['vaccine_group', 'group_cvx', 'cvx'],
  ['cpt', 'cvx', 'cvx'],
  ['ndc', 'cvx', 'cvx'],
];

function findDangling(tables: ReadonlyMap<string, CodeTable>, touched: ReadonlySet<string>): CodesPlan['dangling'] {
  return REFERENCES.flatMap(([table, column, codes]) => {
    if (!touched.has(table)) return [];
    const known = new Set(columnOf(tables.get(codes)!, 'code'));
    const missing = new Set(columnOf(tables.get(table)!, column).filter((code) => code !== '' && !known.has(code)));
    return missing.size === 0 ? [] : [{ table, codes, missing: [...missing] }];
  });
}
