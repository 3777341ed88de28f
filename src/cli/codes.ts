/** `immload codes list`, `show` and `update`. */
import { existsSync, statSync } from 'node:fs';
import { kindOf } from '../core/cdc/kinds.js';
import type { TouchedRow } from '../core/cdc/update.js';
import type { CodeTable } from '../core/codes.js';
import { localDay } from '../core/local-day.js';
import type { IsoDate } from '../core/model.js';
import { isIsoDate } from '../core/normalize/date.js';
import { isPostgresAddress } from '../db/postgres-address.js';
import { codesFolderBeside, isOutdated, locateCodeTables } from '../files/code-tables.js';
import {
  type AsOfSource,
  type CodesPlan,
  type Doubt,
  type FileUpdate,
  planCodesUpdate,
  requireTrusted,
  writeCodesUpdate,
} from '../update-codes.js';
import { UsageError } from './exit.js';
import { print, printJson } from './print.js';
import { formatCount, formatTable, showSafely, wrapText } from './table.js';

/** What the commands are told of the folder, as yargs gives it. */
export interface CodesArguments {
  readonly codes?: string | undefined;
  /** Path of the registry that the folder is beside. */
  readonly db?: string | undefined;
  readonly json: boolean;
}

export interface UpdateArguments extends CodesArguments {
  readonly files?: readonly string[] | undefined;
  readonly 'as-of'?: string | undefined;
  readonly 'allow-shrink': boolean;
  readonly 'allow-older': boolean;
  readonly 'allow-renames': boolean;
  readonly 'dry-run': boolean;
}

const DEFAULT_DATABASE = './immload.db';

/**
 * The folder of updated tables: the one that is named, or the one beside the registry if it is there, or `null`.
 * @throws UsageError when the one that is named is not there
 */
export function findCodesFolder({ codes, db = DEFAULT_DATABASE }: Pick<CodesArguments, 'codes' | 'db'>): string | null {
  if (codes === undefined) {
    // Beside a server there is no folder: then it is the one here.
    const beside = codesFolderBeside(isPostgresAddress(db) ? DEFAULT_DATABASE : db);
    return existsSync(beside) && statSync(beside).isDirectory() ? beside : null;
  }
  if (existsSync(codes) && statSync(codes).isDirectory()) return codes;
  throw new UsageError(`--codes: there is no folder ${codes}; \`immload codes update\` makes it`);
}

/** `immload codes list` */
export function listCodes(args: CodesArguments): void {
  const located = locateCodeTables(findCodesFolder(args));
  if (args.json) {
    return printJson(
      located.map(({ table: { id, title, asOf, source, rows }, folder }) => {
        return { id, title, asOf, source, rows: rows.length, folder };
      }),
    );
  }
  const rows = located.map((each) => {
    const { table, builtIn, folder } = each;
    const older = isOutdated(each) ? ` (older than immload’s own, ${builtIn.asOf})` : '';
    const from = folder === null ? 'immload' : `${showSafely(folder)}${older}`;
    return [table.id, formatCount(table.rows.length), table.asOf, from, table.title];
  });
  print(formatTable([['table', 'codes', 'as of', 'from', 'title'], ...rows], ['left', 'right']));
}

/** `immload codes show` */
export function showCodes(id: string, args: CodesArguments): void {
  const located = locateCodeTables(findCodesFolder(args));
  const found = located.find(({ table }) => table.id === id);
  if (found === undefined) {
    const known = located.map(({ table }) => table.id).join(', ');
    throw new UsageError(`there is no code table ${id}; use one of ${known}`);
  }
  const { table, folder } = found;
  if (args.json) return printJson(table);
  const place = folder === null ? '' : `, from ${showSafely(folder)}`;
  const notes = table.notes === '' ? '' : ` ${table.notes}`;
  print(`${table.title}, as of ${table.asOf}${place}\n${wrapText(`Source: ${table.source}.${notes}`, '  ')}\n`);
  print(formatTable([table.columns, ...table.rows]));
}

/** `immload codes update` */
export function updateCodes(args: UpdateArguments): void {
  const folder =
    args.codes ?? codesFolderBeside(args.db === undefined || isPostgresAddress(args.db) ? DEFAULT_DATABASE : args.db);
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new UsageError(`--codes: ${folder} is a file; name a folder`);
  }
  const plan = planCodesUpdate({
    files: args.files ?? [],
    folder,
    asOf: readDay(args['as-of']),
    today: localDay(new Date()),
  });
  // What changes is said first, so that it is there to be read also when it is refused.
  if (!args.json) print(formatPlan(plan));
  const allowed = allowedDoubts(args);
  const isDryRun = args['dry-run'];
  if (!isDryRun) writeCodesUpdate(plan, allowed);
  if (args.json) printJson(describePlan(plan, !isDryRun));
  else {
    const tables = plan.tables.map(({ id }) => id).join(', ');
    const isRefused = plan.files.some(({ doubts }) => doubts.some((doubt) => !allowed.has(doubt)));
    const otherwise = isRefused ? 'this would be refused' : `${tables} would be, to ${showSafely(folder)}`;
    print(
      isDryRun
        ? `\nNothing was written. Without --dry-run, ${otherwise}.`
        : `\nWrote ${tables} to ${showSafely(folder)}.`,
    );
  }
  if (isDryRun) requireTrusted(plan, allowed);
}

function allowedDoubts(args: UpdateArguments): ReadonlySet<Doubt> {
  const allowed = new Set<Doubt>();
  if (args['allow-shrink']) allowed.add('shrunk');
  if (args['allow-older']) allowed.add('older');
  if (args['allow-renames']) allowed.add('renamed');
  return allowed;
}

function readDay(text: string | undefined): IsoDate | null {
  if (text === undefined) return null;
  if (!isIsoDate(text)) throw new UsageError('--as-of: give a day as YYYY-MM-DD');
  return text;
}

const DAY_SOURCES: Readonly<Record<AsOfSource, string>> = {
  'newest change': 'its newest change',
  given: 'as --as-of says; the file has no day in it',
  'file date': 'the date of the file, which has no day in it; --as-of can say another',
};

/** Rows shown of each kind of change; `--json` has them all. */
const MOST_ROWS = 10;

function formatPlan({ files, dangling }: CodesPlan): string {
  const parts = files.map(formatFile);
  for (const { table, codes, missing } of dangling) {
    const list = missing.length > MOST_ROWS ? `${missing.slice(0, MOST_ROWS).join(', ')}, …` : missing.join(', ');
    parts.push(
      wrapText(
        `${table} names ${codes.toUpperCase()} codes that the table ${codes} lacks, and that are not used until it has them: ${list}. Give a newer ${codes}.txt.`,
      ),
    );
  }
  return parts.join('\n\n');
}

function formatFile(each: FileUpdate): string {
  const { path, kind, file, asOf, asOfSource, update } = each;
  const { before, after } = update;
  const { title, table } = kindOf(kind);
  const lines = [
    showSafely(`${path}: ${title} (${file.shape}, ${file.encoding}), as of ${asOf}, ${DAY_SOURCES[asOfSource]}`),
    `  ${table}: ${describeState(before)} → ${describeState(after)}`,
  ];
  const groups = [
    ['added', update.added],
    ['retired', update.retired],
    ['renamed', update.renamed],
    ['removed', update.removed],
    ['gone from the file, kept for history', update.kept],
  ] as const;
  for (const [what, rows] of groups) if (rows.length > 0) lines.push(formatRows(what, rows));
  if (update.changed > 0) lines.push(`  ${formatCount(update.changed)} changed otherwise`);
  if (groups.every(([, rows]) => rows.length === 0) && update.changed === 0) lines.push('  nothing changes');
  return [...lines, ...remarksOn(each).map((remark) => wrapText(remark, '  '))].join('\n');
}

function describeState({ rows, asOf }: CodeTable): string {
  return rows.length === 0 ? 'empty' : `${formatCount(rows.length)} rows as of ${asOf}`;
}

function formatRows(what: string, rows: readonly TouchedRow[]): string {
  const shown = rows.slice(0, MOST_ROWS).map(({ codes, name, before }) => {
    return [codes, before === null ? name : `${before} → ${name}`].map(showSafely);
  });
  const rest = rows.length > MOST_ROWS ? [`    and ${formatCount(rows.length - MOST_ROWS)} more`] : [];
  const table = formatTable(shown)
    .split('\n')
    .map((line) => `  ${line}`);
  return [`  ${formatCount(rows.length)} ${what}`, ...table, ...rest].join('\n');
}

/** What a person should know of how the file was read, or doubt about it. */
function remarksOn({ file, update, asOf, doubts }: FileUpdate): string[] {
  const { restored, incomplete, repeated, joined, lacking } = file.remarks;
  const remarks: string[] = [];
  const say = (count: number, words: string): void => {
    if (count > 0) remarks.push(`${formatCount(count)} ${words}`);
  };
  say(restored, 'codes had lost their leading zeros, as in a spreadsheet; they were put back');
  say(incomplete, 'rows without a code are left out');
  say(repeated, 'rows that come again are left out');
  say(joined, 'lines that end within a text are put together with the next');
  if (lacking.length > 0 && update.added.length > 0) {
    remarks.push(
      `The ${file.shape} does not say ${lacking.join(', ')}: of the codes that are added, it is taken from their names; the text file says it`,
    );
  }
  const dayBefore = /^\d{4}-\d\d-\d\d/.exec(update.before.asOf)?.[0];
  if (dayBefore !== undefined && asOf < dayBefore) {
    remarks.push('This is earlier than the table in use. Is it an older download?');
  }
  if (doubts.includes('renamed')) {
    remarks.push(
      'So many names are others. Do the columns stand in their places? It is taken with --allow-renames only',
    );
  }
  if (doubts.includes('shrunk')) {
    const { rowsNow, rowsBefore } = update;
    remarks.push(
      `The file has ${formatCount(rowsNow)} rows where there were ${formatCount(rowsBefore)}. Is it whole? It is taken with --allow-shrink only`,
    );
  }
  return remarks;
}

function describePlan({ folder, files, dangling }: CodesPlan, written: boolean): unknown {
  return {
    folder,
    written,
    files: files.map((each) => {
      const { file, update } = each;
      const { before, after, rowsBefore, rowsNow, ...changes } = update;
      return {
        file: each.path,
        kind: each.kind,
        shape: file.shape,
        encoding: file.encoding,
        as_of: each.asOf,
        as_of_source: each.asOfSource,
        remarks: file.remarks,
        table: after.id,
        before: { as_of: before.asOf, rows: before.rows.length },
        after: { as_of: after.asOf, rows: after.rows.length },
        ...changes,
        rows_before: rowsBefore,
        rows_now: rowsNow,
        doubts: each.doubts,
      };
    }),
    dangling,
  };
}
