/**
 * Puts rows in the order of their patients, however many they are, in bounded memory.
 *
 * All doses of a patient must be seen together to tell which are the same, and a database grows fastest in order. Rows
 * are collected, sorted and spilled as runs; the runs are then merged. Rows of one patient keep their order of arrival.
 */
import { packRow, type Row, unpackRow } from '../core/model.js';
import { type SpoolSection, UnnamedFile } from './spool.js';

/** A row on its way: whose it is, and where it came from. */
export interface OrderedRow {
  readonly patientId: number;
  /** Place of its file among the submission's files of doses. */
  readonly file: number;
  /** Number and line of its record, and where that begins in the file. */
  readonly record: number;
  readonly line: number;
  readonly offset: number;
  readonly row: Row;
}

/** A row in waiting: its place in the order, and all of it as one line of text. */
interface WaitingRow {
  readonly patientId: number;
  readonly text: string;
}

/** What a row costs besides its text. */
const ROW_OVERHEAD = 60;
const ROWS_PER_WRITE = 20_000;
const FIELD = '\x1e';

/** Collects rows, then gives them patient by patient. */
export class PatientOrder {
  readonly #folder: string;
  readonly #memory: number;
  #rows: WaitingRow[] = [];
  #characters = 0;
  #file: UnnamedFile | null = null;
  readonly #runs: SpoolSection[] = [];

  /** Rows are spilled into `folder` when there are more than `memoryCharacters` of them. */
  constructor(folder: string, memoryCharacters: number) {
    this.#folder = folder;
    this.#memory = memoryCharacters;
  }

  add({ patientId, file, record, line, offset, row }: OrderedRow): void {
    const text = [patientId, file, record, line, offset, packRow(row)].join(FIELD);
    this.#rows.push({ patientId, text });
    this.#characters += text.length + ROW_OVERHEAD;
    if (this.#characters >= this.#memory) this.#spill();
  }

  #spill(): void {
    this.#file ??= new UnnamedFile(this.#folder, 'doses');
    sortByPatient(this.#rows);
    let offset = -1;
    let bytes = 0;
    for (let start = 0; start < this.#rows.length; start += ROWS_PER_WRITE) {
      const rows = this.#rows.slice(start, start + ROWS_PER_WRITE);
      const section = this.#file.append(`${rows.map((row) => row.text).join('\n')}\n`);
      if (offset < 0) offset = section.offset;
      bytes += section.bytes;
    }
    this.#runs.push({ offset, bytes });
    this.#rows = [];
    this.#characters = 0;
  }

  /** All rows, those of one patient together, patients in the order of their ids. */
  *patients(): Generator<OrderedRow[]> {
    sortByPatient(this.#rows);
    const inMemory = this.#rows.map((row) => row.text);
    const runs = [...this.#runs.map((run) => this.#file!.lines(run)), inMemory[Symbol.iterator]()].map(
      (lines) => new RunReader(lines),
    );
    for (;;) {
      let patientId = Number.POSITIVE_INFINITY;
      for (const run of runs) if (run.patientId < patientId) patientId = run.patientId;
      if (patientId === Number.POSITIVE_INFINITY) return;
      const rows: OrderedRow[] = [];
      for (const run of runs) while (run.patientId === patientId) rows.push(run.take());
      yield rows;
    }
  }

  close(): void {
    this.#file?.close();
  }
}

function sortByPatient(rows: WaitingRow[]): void {
  let sorted = true;
  for (let i = 1; i < rows.length && sorted; i++) sorted = rows[i - 1]!.patientId <= rows[i]!.patientId;
  // Sorting is stable: rows of one patient stay in order.
  if (!sorted) rows.sort((a, b) => a.patientId - b.patientId);
}

/** One run, read row by row. */
class RunReader {
  readonly #lines: Iterator<string>;
  #head: string[] | null = null;

  constructor(lines: Iterator<string>) {
    this.#lines = lines;
    this.#advance();
  }

  /** Whose the next row is; infinity at the end. */
  get patientId(): number {
    return this.#head === null ? Number.POSITIVE_INFINITY : Number(this.#head[0]);
  }

  take(): OrderedRow {
    const [patientId, file, record, line, offset, packed] = this.#head!;
    this.#advance();
    return {
      patientId: Number(patientId),
      file: Number(file),
      record: Number(record),
      line: Number(line),
      offset: Number(offset),
      row: unpackRow(packed!),
    };
  }

  #advance(): void {
    const next = this.#lines.next();
    this.#head = next.done === true ? null : next.value.split(FIELD);
  }
}
