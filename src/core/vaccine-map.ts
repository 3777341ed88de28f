/**
 * The crosswalk: what people decided that a sender's own codes and texts for vaccines stand for.
 *
 * A map is a CSV file with the columns of `unmapped.csv`: whoever completes `cvx`, `author`, `date` and `evidence` there
 * has one. Lines without a CVX code are undecided, and left out.
 */
import Papa from 'papaparse';
import type { Codes } from './codes.js';
import type { IsoDate } from './model.js';
import { nearestWord } from './nearest.js';
import { createDateNormalizer } from './normalize/date.js';
import { tidyText } from './normalize/text.js';
import { VACCINE_ORDER, type VaccineField } from './normalize/vaccine.js';
import { fromSafeCell } from './safe-cells.js';

/** The columns of a map, in their order; the last ones tell of what was found, and are not read. */
export const MAP_COLUMNS = [
  'field', 'value', 'cvx', 'author', 'date', 'evidence', 'count', 'first_year', 'last_year', 'beside', 'candidates',
] as const; // biome-ignore format: a list of names

type MapColumn = (typeof MAP_COLUMNS)[number];

/** One decision. */
export interface MapLine {
  /** The field that the value stands in; `null` for any. */
  readonly field: VaccineField | null;
  /** As senders write it. Case and runs of blanks do not matter. */
  readonly value: string;
  readonly cvx: string;
  readonly author: string;
  readonly date: IsoDate;
  readonly evidence: string;
  /** In the file, from 1. */
  readonly line: number;
}

/** Something in a map that cannot be. It holds nothing of the values, which are the sender's. */
export interface MapProblem {
  /** From 1. */
  readonly line: number;
  readonly column: MapColumn | null;
  readonly message: string;
  readonly remedy: string;
}

/** The decisions of a map, by what they are about, and which of them met a record so far. */
export class VaccineMap {
  readonly #lines = new Map<string, MapLine>();
  /** By numbers without their zeros; `null` where several decisions of one field have the same. */
  readonly #numbers = new Map<string, MapLine | null>();
  readonly #met = new Set<number>();

  constructor(lines: Iterable<MapLine>) {
    for (const line of lines) this.#lines.set(keyOf(line.field, line.value), line);
    for (const line of this.#lines.values()) {
      const key = numberKeyOf(line.field, line.value);
      if (key !== null) this.#numbers.set(key, this.#numbers.has(key) ? null : line);
    }
  }

  get size(): number {
    return this.#lines.size;
  }

  /** In the order in which they were given. */
  get lines(): readonly MapLine[] {
    return [...this.#lines.values()];
  }

  /** What was decided of a value: in this field, or else in any. */
  find(field: VaccineField, value: string): MapLine | undefined {
    return this.#lines.get(keyOf(field, value)) ?? this.#lines.get(keyOf(null, value));
  }

  /**
   * What was decided of a number that has other zeros before it: a spreadsheet makes 7 of 007. `undefined` where several
   * decisions could be meant.
   */
  findNumber(field: VaccineField, value: string): MapLine | undefined {
    const [own, any] = [numberKeyOf(field, value), numberKeyOf(null, value)];
    if (own === null || any === null) return undefined;
    const found = this.#numbers.get(own);
    return (found === undefined ? this.#numbers.get(any) : found) ?? undefined;
  }

  /** Notes that a record has the value of a decision. */
  noteMet(line: number): void {
    this.#met.add(line);
  }

  /** Lines whose values a record had so far. */
  get metLines(): readonly number[] {
    return [...this.#met];
  }

  /** Lines whose values no record had so far, ascending. */
  get unmetLines(): readonly number[] {
    const lines = [...this.#lines.values()].map(({ line }) => line);
    return lines.filter((line) => !this.#met.has(line)).sort((a, b) => a - b);
  }
}

/** The key of a whole number whatever zeros are before it; `null` for other texts. */
function numberKeyOf(field: VaccineField | null, value: string): string | null {
  const digits = /^0*(\d+)$/.exec(tidyText(value))?.[1];
  return digits === undefined ? null : keyOf(field, digits);
}

function keyOf(field: VaccineField | null, value: string): string {
  return `${field ?? ''}\x1f${tidyText(value).toUpperCase()}`;
}

/** What {@link readVaccineMap} finds. */
export interface MapReading {
  /** `null` when the file is no map. */
  readonly map: VaccineMap | null;
  /** In the order of their lines. */
  readonly problems: readonly MapProblem[];
}

/** Columns that a map cannot do without. */
const NEEDED: readonly MapColumn[] = ['value', 'cvx', 'author', 'date', 'evidence'];
/** Codes that name no vaccine. */
const NO_VACCINE = new Set(['99', '998', '999']);

/** Reads a map, and finds all that is wrong with it. */
export function readVaccineMap(text: string, codes: Codes, today: IsoDate): MapReading {
  return new MapReader(codes, today).read(text.replace(/^\ufeff/, ''));
}

class MapReader {
  readonly #codes: Codes;
  readonly #today: IsoDate;
  readonly #readDate: ReturnType<typeof createDateNormalizer>;
  readonly #problems: MapProblem[] = [];
  readonly #lines = new Map<string, MapLine>();
  #columns: readonly (MapColumn | null)[] | null = null;

  constructor(codes: Codes, today: IsoDate) {
    this.#codes = codes;
    this.#today = today;
    // Spreadsheets rewrite the days of a CSV file in their own way.
    this.#readDate = createDateNormalizer({ formats: ['YYYY-MM-DD', 'M/D/YYYY'], twoDigitYears: 'reject', today });
  }

  read(text: string): MapReading {
    let start = 0;
    let line = 1;
    Papa.parse<string[]>(text, {
      delimiter: delimiterOf(text),
      step: ({ data, errors, meta }) => {
        if (errors.length > 0) this.#report(line, null, 'a quote opens a value and does not close it', QUOTE_REMEDY);
        else this.#readCells(data, line);
        line += countLineEnds(text, start, meta.cursor);
        start = meta.cursor;
      },
    });
    if (this.#columns === null && this.#problems.length === 0) this.#report(1, null, 'no header', HEADER_REMEDY);
    this.#problems.sort((a, b) => a.line - b.line);
    return { map: this.#problems.length === 0 ? new VaccineMap(this.#lines.values()) : null, problems: this.#problems };
  }

  #readCells(data: readonly string[], line: number): void {
    const cells = data.map((cell) => cell.trim());
    if (cells.every((cell) => cell === '')) return;
    if (this.#columns === null) this.#readHeader(cells, line);
    else this.#readLine(cells, line);
  }

  #report(line: number, column: MapColumn | null, message: string, remedy: string): void {
    this.#problems.push({ line, column, message, remedy });
  }

  #readHeader(cells: readonly string[], line: number): void {
    const columns = cells.map((cell) => {
      const name = cell.toLowerCase().replace(/[\s-]+/g, '_');
      return MAP_COLUMNS.find((each) => each === name) ?? null;
    });
    cells.forEach((cell, index) => {
      const column = columns[index]!;
      if (column === null && cell !== '') {
        const meant = nearestWord(cell, MAP_COLUMNS);
        const remedy = meant === null ? `Known are ${MAP_COLUMNS.join(', ')}.` : `Did you mean ${meant}?`;
        this.#report(line, null, `column ${index + 1} has an unknown name`, remedy);
      } else if (column !== null && columns.indexOf(column) < index) {
        this.#report(line, column, 'the column stands there twice', 'Leave one of the two out.');
      }
    });
    for (const column of NEEDED) {
      if (!columns.includes(column)) this.#report(line, column, 'the column is missing', HEADER_REMEDY);
    }
    this.#columns = columns;
  }

  #readLine(cells: readonly string[], line: number): void {
    const columns = this.#columns!;
    if (cells.length > columns.length && cells.slice(columns.length).some((cell) => cell !== '')) {
      const message = `${cells.length} values where the header has ${columns.length}`;
      this.#report(line, null, message, 'Put quotes around values that hold a comma.');
      return;
    }
    const cell = (column: MapColumn): string => fromSafeCell(cells[columns.indexOf(column)] ?? '');
    const cvx = cell('cvx');
    if (cvx === '') return;
    const found = {
      field: this.#readField(cell('field'), line),
      value: this.#readText('value', cell('value'), line, 'Give the code or text as senders write it.'),
      cvx: this.#readCvx(cvx, line),
      author: this.#readText('author', cell('author'), line, 'Say who decided.'),
      date: this.#readDay(cell('date'), line),
      evidence: this.#readText(
        'evidence',
        cell('evidence'),
        line,
        'Say what shows it: a list, a label, a person asked.',
      ),
    };
    if (Object.values(found).includes(undefined)) return;
    this.#take({ ...(found as Omit<MapLine, 'line'>), line });
  }

  /** One value has one meaning. */
  #take(decision: MapLine): void {
    const key = keyOf(decision.field, decision.value);
    const earlier = this.#lines.get(key);
    if (earlier === undefined) this.#lines.set(key, decision);
    else if (earlier.cvx !== decision.cvx) {
      const message = `the value stands for another CVX code in line ${earlier.line}`;
      this.#report(decision.line, 'value', message, 'Leave the wrong one of the two out.');
    }
  }

  #readText(column: MapColumn, text: string, line: number, remedy: string): string | undefined {
    if (text !== '') return text;
    this.#report(line, column, 'blank', remedy);
    return undefined;
  }

  #readField(text: string, line: number): VaccineField | null | undefined {
    if (text === '') return null;
    const field = VACCINE_ORDER.find((each) => each === text.toLowerCase());
    if (field !== undefined) return field;
    this.#report(
      line,
      'field',
      'no field that names a vaccine',
      `Use one of ${VACCINE_ORDER.join(', ')}, or leave it blank.`,
    );
    return undefined;
  }

  #readCvx(text: string, line: number): string | undefined {
    // A spreadsheet takes the zero off 03.
    const code = /^\d$/.test(text) ? `0${text}` : text;
    if (this.#codes.cvx(code) === undefined) {
      const message = `not in the CVX table of ${this.#codes.table('cvx').asOf}`;
      this.#report(
        line,
        'cvx',
        message,
        'Use a code of `immload codes show cvx`, or leave it blank until it is decided.',
      );
      return undefined;
    }
    if (NO_VACCINE.has(code)) {
      this.#report(line, 'cvx', 'names no vaccine', 'Leave it blank: what is not mapped is rejected.');
      return undefined;
    }
    if (this.#codes.cvx(code)!.status === 'Never Active') {
      const message = 'names a vaccine that never came';
      this.#report(line, 'cvx', message, 'Use the code of the vaccine that was given.');
      return undefined;
    }
    return code;
  }

  #readDay(text: string, line: number): IsoDate | undefined {
    const day = text === '' ? null : this.#readDate(text).value;
    if (day !== null && day <= this.#today) return day as IsoDate;
    const message = text === '' ? 'blank' : day === null ? 'not a day' : 'in the future';
    this.#report(line, 'date', message, 'Say when it was decided, as YYYY-MM-DD.');
    return undefined;
  }
}

const HEADER_REMEDY = `Begin with the line ${MAP_COLUMNS.slice(0, 6).join(',')}.`;

const QUOTE_REMEDY = 'Close the quote, or double it if it belongs to the value.';

/** What divides the columns of the first line: spreadsheets of some countries write semicolons. */
function delimiterOf(text: string): string {
  const [header = ''] = text.trimStart().split(/[\r\n]/, 1);
  const count = (delimiter: string): number => header.split(delimiter).length;
  return [';', '\t'].reduce((best, each) => (count(each) > count(best) ? each : best), ',');
}

function countLineEnds(text: string, start: number, end: number): number {
  return text.slice(start, end).split(/\r\n|\n|\r/).length - 1;
}
