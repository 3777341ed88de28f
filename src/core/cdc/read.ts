/** Reads a file of CDC's code sets: which one it is, by its contents alone, and what its rows say. */
import type { IsoDate } from '../model.js';
import { CDC_KINDS, type CdcColumn, type CdcKind, type CdcKindDefinition } from './kinds.js';
import { CdcFault, type CdcProblem } from './problem.js';
import { type CdcEncoding, type CdcLine, decodeCdcText, splitLines, tidyCell } from './text.js';
import { readXmlRecords } from './xml.js';

/** A row of a file: values by the columns of the table, `''` where nothing is known. */
export interface CdcRow {
  /** First line in the file, from 1. */
  readonly line: number;
  readonly values: Readonly<Record<string, string>>;
}

/** What a person should know of how a file was read. */
export interface CdcRemarks {
  /** Codes that had lost their leading zeros. */
  readonly restored: number;
  /** Rows that name no code, and are left out. */
  readonly incomplete: number;
  /** Rows that come again, the same or as they were earlier, and are left out. */
  readonly repeated: number;
  /** Lines that go on in the next one. */
  readonly joined: number;
  /** Columns that this shape of the file does not have. */
  readonly lacking: readonly string[];
}

/** A file that was read. */
export interface CdcFile {
  readonly kind: CdcKind;
  readonly shape: 'text' | 'XML';
  readonly encoding: CdcEncoding;
  readonly rows: readonly CdcRow[];
  readonly remarks: CdcRemarks;
  /** The newest day on which CDC changed a row, `null` if the file says none that is not after today. */
  readonly newest: IsoDate | null;
}

export type CdcReading =
  | { readonly file: CdcFile; readonly problem: null }
  | { readonly file: null; readonly problem: CdcProblem };

/** Rows of a file before they are read: cells by the column, and what the file calls the column. */
interface RawRow {
  readonly line: number;
  readonly cell: (column: CdcColumn) => string;
}

interface RawFile {
  readonly kind: CdcKindDefinition;
  readonly shape: 'text' | 'XML';
  readonly rows: readonly RawRow[];
  readonly joined: number;
  readonly lacking: readonly string[];
}

/** Lines of which most must be as a kind has them, for a file to be of that kind. */
const LOOKED_AT = 200;

const KNOWN = CDC_KINDS.map(({ file }) => file).join(', ');
const TAKE_DOWNLOAD = `Give one of ${KNOWN}, or the XML of one of the first five, as CDC offers them for download.`;

/**
 * Reads a file of CDC's. `today` is the day after which nothing can have been changed.
 */
export function readCdcFile(bytes: Uint8Array, today: IsoDate): CdcReading {
  try {
    const { text, encoding } = decodeCdcText(bytes);
    const raw = cutRows(text);
    return { file: readRows(raw, encoding, today), problem: null };
  } catch (error) {
    if (error instanceof CdcFault) return { file: null, problem: error.problem };
    throw error;
  }
}

function cutRows(text: string): RawFile {
  const start = text.slice(0, 1000).trimStart();
  if (start === '' && text.trim() === '') throw new CdcFault(null, 'empty', TAKE_DOWNLOAD);
  if (/^PK\u0003\u0004|^\u001f/.test(start)) {
    throw new CdcFault(null, 'packed, or a workbook', 'Unpack it; save a workbook as the text that it was.');
  }
  if (/^<(?:!doctype html|html|head|body)\b/i.test(start)) {
    throw new CdcFault(null, 'a web page, and not the download', TAKE_DOWNLOAD);
  }
  return start.startsWith('<') ? cutXml(text) : cutText(text);
}

/** What names in XML are compared by: CDC writes them with blanks, underscores, or neither. */
function nameKey(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function cutXml(text: string): RawFile {
  const records = readXmlRecords(text);
  if (records.length === 0) throw new CdcFault(null, 'a list without records', TAKE_DOWNLOAD);
  const keyed = records.map(({ line, fields }) => ({
    line,
    cells: new Map(fields.map(({ name, text: value }) => [nameKey(name), value])),
  }));
  const kinds = CDC_KINDS.filter(({ columns }) => columns.some(({ xml }) => xml !== null));
  const first = keyed[0]!.cells;
  const kind = kinds.find(({ columns }) => columns.every(({ xml }) => xml === null || first.has(xml)));
  if (kind === undefined) {
    throw new CdcFault(keyed[0]!.line, 'none of CDC’s lists: its records have other names', TAKE_DOWNLOAD);
  }
  const rows = keyed.map(({ line, cells }): RawRow => {
    return {
      line,
      cell: ({ name, xml }) => {
        const value = xml === null ? '' : cells.get(xml);
        if (value === undefined) throw new CdcFault(line, `a record without its ${name}`, TAKE_DOWNLOAD);
        return value;
      },
    };
  });
  const lacking = kind.columns.flatMap(({ name, xml }) => (xml === null ? [name] : []));
  return { kind, shape: 'XML', rows, joined: 0, lacking };
}

function cutText(text: string): RawFile {
  const lines = splitLines(text);
  const kind = recognizeLines(lines);
  const { rows, joined } = joinLines(lines, kind);
  return {
    kind,
    shape: 'text',
    rows: rows.map(({ line, cells }) => ({ line, cell: ({ place }) => cells[place] ?? '' })),
    joined,
    lacking: [],
  };
}

/** The kind that most lines are of. There is no header that could say it. */
function recognizeLines(lines: readonly CdcLine[]): CdcKindDefinition {
  const looked = lines.slice(0, LOOKED_AT);
  const fitting = CDC_KINDS.map((kind) => ({ kind, count: looked.filter((line) => fits(line, kind)).length }));
  const best = fitting.reduce((a, b) => (b.count > a.count ? b : a));
  if (best.count * 2 > looked.length) return best.kind;
  const cells = lines[0]!.cells.length;
  throw new CdcFault(
    1,
    `none of CDC’s files: its lines have ${cells === 1 ? 'no bars' : `${cells} cells`}, and not the codes of any`,
    TAKE_DOWNLOAD,
  );
}

function fits({ cells }: CdcLine, kind: CdcKindDefinition): boolean {
  if (!kind.cells.includes(cells.length)) return false;
  return kind.columns.every(({ place, read, blank }) => {
    const text = tidyCell(cells[place]!);
    return text === '' ? blank !== 'fault' : 'value' in read(text);
  });
}

/** Puts lines together that a line end in CDC's prose has cut: together they have the cells of one row. */
function joinLines(lines: readonly CdcLine[], kind: CdcKindDefinition): { rows: CdcLine[]; joined: number } {
  const rows: CdcLine[] = [];
  const most = Math.max(...kind.cells);
  let joined = 0;
  for (let i = 0; i < lines.length; i++) {
    let row = lines[i]!;
    let taken = 0;
    while (!kind.cells.includes(row.cells.length) && row.cells.length < most && i + taken + 1 < lines.length) {
      const next = lines[i + taken + 1]!;
      // A line that is a row by itself ends nothing.
      if (fits(next, kind)) break;
      const [first, ...rest] = next.cells;
      row = { line: row.line, cells: [...row.cells.slice(0, -1), `${row.cells.at(-1)} ${first}`, ...rest] };
      taken++;
    }
    if (!kind.cells.includes(row.cells.length)) {
      const found = lines[i]!.cells.length;
      throw new CdcFault(
        row.line,
        `${found} cells where ${kind.file} has ${kind.cells.join(' or ')}`,
        'Download the file from CDC again. Only | may stand between its columns.',
      );
    }
    rows.push(row);
    joined += taken;
    i += taken;
  }
  return { rows, joined };
}

function readRows(raw: RawFile, encoding: CdcEncoding, today: IsoDate): CdcFile {
  const rows: CdcRow[] = [];
  let restored = 0;
  let incomplete = 0;
  let newest = '';
  for (const { line, cell } of raw.rows) {
    const values: Record<string, string> = {};
    let isComplete = true;
    for (const column of raw.kind.columns) {
      if (raw.lacking.includes(column.name)) continue;
      const text = tidyCell(cell(column));
      if (text === '') {
        if (column.blank === 'fault') throw blankFault(line, column, raw.kind);
        if (column.blank === 'skip') isComplete = false;
        values[column.name] = '';
        continue;
      }
      const reading = column.read(text);
      if (!('value' in reading)) throw cellFault(line, column, reading.expected, raw.kind);
      if (reading.isRestored) restored++;
      values[column.name] = reading.value;
    }
    const updated = values['last_updated'] ?? '';
    if (updated <= today && updated > newest) newest = updated;
    if (isComplete) rows.push({ line, values });
    else incomplete++;
  }
  const distinct = withoutRepeats(rows, raw.kind);
  const repeated = rows.length - distinct.length;
  return {
    kind: raw.kind.id,
    shape: raw.shape,
    encoding,
    rows: distinct,
    remarks: { restored, incomplete, repeated, joined: raw.joined, lacking: raw.lacking },
    newest: newest === '' ? null : (newest as IsoDate),
  };
}

/** The key of a row: what no other row of its table has. */
export function keyOf(values: Readonly<Record<string, string>>, key: readonly string[]): string {
  return key.map((column) => values[column]!.toLowerCase()).join('|');
}

/** Each row once. Of two that say different things, the one that was changed last. */
function withoutRepeats(rows: readonly CdcRow[], kind: CdcKindDefinition): CdcRow[] {
  const byKey = new Map<string, CdcRow>();
  for (const row of rows) {
    const key = keyOf(row.values, kind.key);
    const earlier = byKey.get(key);
    const [before, after] = [earlier?.values['last_updated'] ?? '', row.values['last_updated'] ?? ''];
    if (earlier === undefined || after > before) byKey.set(key, row);
    if (earlier === undefined || saysTheSame(earlier, row)) continue;
    // A code has one meaning. Trade names and NDCs are listed again when something about them changes.
    if (before === after || kind.key.length === 1) {
      throw new CdcFault(
        row.line,
        `says something else than line ${earlier.line}, of the same ${kind.key.join(', ')}`,
        'Ask CDC which of the two is right, and take the other line out.',
      );
    }
  }
  return [...byKey.values()];
}

function saysTheSame(a: CdcRow, b: CdcRow): boolean {
  return Object.entries(a.values).every(([column, value]) => value === b.values[column]);
}

function blankFault(line: number, { name }: CdcColumn, { file }: CdcKindDefinition): CdcFault {
  return new CdcFault(line, `${name} is blank, which it never is in ${file}`, 'Download the file from CDC again.');
}

function cellFault(line: number, { name }: CdcColumn, expected: string, { file }: CdcKindDefinition): CdcFault {
  return new CdcFault(
    line,
    `${name} of ${file} is not ${expected}`,
    line === 1
      ? 'Take the line out if it is a header, which CDC’s files do not have; else download the file again.'
      : 'Download the file from CDC again.',
  );
}
