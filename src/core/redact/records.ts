/** Records of a file, replaced so that they break the rules that they broke. */
import type { IssueCode } from '../catalogue.js';
import type { FieldName } from '../model.js';
import type { TransformPlan } from '../plan.js';
import type { PatientLine } from '../read/blocks.js';
import { RecordShape } from '../read/blocks.js';
import { trimBlanks } from '../read/fields.js';
import { LineKind } from '../read/frame.js';
import type { HeaderMatch } from '../read/header.js';
import { ORIGIN_PREFIX, REJECT_COLUMNS } from '../spec.js';
import type { CellRedactor } from './cells.js';
import { columnsOf, type RedactedColumn, unknownColumn } from './columns.js';
import {
  type CellSpan,
  charactersOf,
  encodeRecord,
  putInto,
  type RecordCharacters,
  spansOf,
  unquoted,
} from './spans.js';
import { type Concerned, type RecordAt, RecordJudge, recordAbove, type Verdict } from './verdict.js';

/** How often other values are tried in a record, before the rules that it breaks are given up. */
const MOST_TRIES = 40;

/** Replaces the records of one file. */
export class RecordRedactor {
  readonly #cells: CellRedactor;
  readonly #plans: readonly TransformPlan[];
  readonly #judge: RecordJudge;
  /** By the kind of the line: those of a patient, and of a dose in a tagged file. */
  readonly #columns: readonly ReadonlyMap<number, RedactedColumn>[];
  /** All of these. */
  readonly #known: readonly RedactedColumn[];
  readonly #unknown: RedactedColumn;
  readonly #isTagged: boolean;
  /** Records below a header that names other columns: their values may stand anywhere. */
  #isBelowOther = false;

  constructor(
    cells: CellRedactor,
    { plan, dosePlans }: { readonly plan: TransformPlan; readonly dosePlans: readonly TransformPlan[] },
    header: HeaderMatch | null,
  ) {
    this.#cells = cells;
    this.#plans = [plan, ...dosePlans];
    this.#judge = new RecordJudge(this.#plans);
    this.#isTagged = plan.layout.lines !== undefined;
    this.#columns = this.#isTagged
      ? [columnsOf([plan], header), columnsOf(dosePlans, header)]
      : [columnsOf(this.#plans, header)];
    this.#known = this.#columns.flatMap((columns) => [...columns.values()]);
    this.#unknown = unknownColumn(plan);
  }

  /** A column by the name that the specification gives it, or where it has none, by its field; `null` if there is none. */
  columnOf(field: FieldName | null, name: string | null): RedactedColumn | null {
    const found = this.#known.find((column) => {
      return name === null ? column.field === field && column.reader !== null : column.name === name;
    });
    return found ?? null;
  }

  /** Goes back to the beginning of the file. */
  restart(): void {
    this.#isBelowOther = false;
  }

  /** Takes what must not be found in the report. */
  avoid(record: RecordAt): void {
    const verdict = this.#judge.judge(record);
    if (this.#followHeaders(verdict)) return;
    const characters = charactersOf(record.bytes, this.#plans[0]!);
    const spans = this.#readableSpans(record, characters, verdict);
    if (spans === null) this.#cells.avoidWords(characters.characters.join(''));
    else
      for (const { text, column } of this.#cellsOf(record, characters, spans, verdict)) this.#cells.avoid(text, column);
  }

  /** Changes values until the record breaks the rules that it broke; true where something was changed. */
  settle(record: RecordAt): boolean {
    const verdict = this.#judge.judge(record);
    if (this.#followHeaders(verdict) || this.#isBelowOther) return false;
    let changed = false;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const different = this.#findDifferent(record, verdict);
      if (different === null) return changed;
      this.#change(record, verdict, different);
      changed = true;
    }
    return changed;
  }

  /** Whether the record as it is replaced breaks the rules that it broke. */
  isAlike(record: RecordAt): boolean {
    const verdict = this.#judge.judge(record);
    // What stands below other columns is not read, whatever it is.
    if (this.#followHeaders(verdict) || this.#isBelowOther) return true;
    return this.#findDifferent(record, verdict) === null;
  }

  /** The bytes of a record, replaced. */
  redact(record: RecordAt): Uint8Array {
    const verdict = this.#judge.judge(record);
    return this.#followHeaders(verdict) ? record.bytes : this.#replace(record, verdict);
  }

  /** Whether the record names columns: names of columns are nobody's. */
  #followHeaders({ isHeader, codes }: Verdict): boolean {
    if (isHeader) this.#isBelowOther = codes.has('header-other-order');
    return isHeader;
  }

  /** What the rules are about that the record breaks before or after it is replaced, but not both; `null` where none is. */
  #findDifferent(record: RecordAt, verdict: Verdict): readonly Concerned[] | null {
    const replaced = this.#judge.judge(this.#replaceAll(record, verdict));
    const different = [...verdict.issues, ...replaced.issues].flatMap(([issue, concerned]) => {
      return verdict.issues.has(issue) === replaced.issues.has(issue) ? [] : [concerned];
    });
    return different.length === 0 ? null : different;
  }

  /** The record as it is replaced, and so the patient above it. */
  #replaceAll(record: RecordAt, verdict: Verdict): RecordAt {
    return { ...record, bytes: this.#replace(record, verdict), above: this.#replaceAbove(record.above) };
  }

  #replaceAbove(above: PatientLine | null): PatientLine | null {
    if (above === null) return null;
    const record = recordAbove(above);
    return { ...above, bytes: this.#replace(record, this.#judge.judge(record)) };
  }

  #replace(record: RecordAt, verdict: Verdict): Uint8Array {
    const characters = charactersOf(record.bytes, this.#plans[0]!);
    const spans = this.#readableSpans(record, characters, verdict);
    const replaced = [...characters.characters];
    if (spans === null) {
      const own = { start: this.#startOf(characters), end: this.#endOf(characters) };
      putInto(replaced, own, this.#cells.redactWords(replaced.slice(own.start, own.end).join('')));
    } else {
      for (const { span, text, column } of this.#cellsOf(record, characters, spans, verdict)) {
        putInto(replaced, span, this.#cells.redact(text, column));
      }
    }
    return encodeRecord(record.bytes, characters, replaced);
  }

  /** Changes the values concerned, and with a day those of all days: rules compare them. All where none is known. */
  #change(record: RecordAt, verdict: Verdict, concerned: readonly Concerned[]): void {
    const characters = charactersOf(record.bytes, this.#plans[0]!);
    const spans = this.#readableSpans(record, characters, verdict);
    if (spans === null) return this.#cells.changeWords(characters.characters.join(''));
    const cells = this.#cellsOf(record, characters, spans, verdict);
    const isWhole = concerned.some(({ field, column }) => field === null && column === null);
    const named = cells.filter(({ column: { field, name } }) => {
      return isWhole || concerned.some((each) => (each.column === null ? each.field === field : each.column === name));
    });
    const hasDay = named.some(({ column }) => column.treatment === 'day' || column.treatment === 'care-day');
    const changed =
      named.length === 0
        ? cells
        : cells.filter((cell) => named.includes(cell) || (hasDay && cell.column.treatment === 'day'));
    for (const { text, column } of changed) this.#cells.change(text, column);
    if (hasDay && record.above !== null)
      this.#change(recordAbove(record.above), this.#judge.judge(recordAbove(record.above)), DAYS);
  }

  /** The columns of a record that could be read, `null` where none is known to hold what it should. */
  #readableSpans({ shape }: RecordAt, characters: RecordCharacters, { codes }: Verdict): CellSpan[] | null {
    if (shape === RecordShape.quoteNotClosed || shape === RecordShape.quoteMisplaced || this.#isBelowOther) return null;
    if (UNREADABLE.some((code) => codes.has(code))) return null;
    return spansOf(characters, shape, this.#plans[0]!);
  }

  /** The values of a record that may be replaced, each with its column and its place. */
  #cellsOf(
    { kind }: RecordAt,
    { characters }: RecordCharacters,
    spans: readonly CellSpan[],
    { fillers }: Verdict,
  ): { readonly span: CellSpan; readonly text: string; readonly column: RedactedColumn }[] {
    const columns = this.#columns[this.#isTagged && kind !== LineKind.patient ? 1 : 0]!;
    const own = spans.length - this.#countRejectColumns(characters, spans);
    return spans.slice(0, own).flatMap((span, place) => {
      // What follows the tag of a line that is not loaded is not known.
      const column = columns.get(place) ?? this.#unknown;
      if (column.field !== null && fillers.has(column.field)) return [];
      const text = trimBlanks(unquoted(characters.slice(span.start, span.end).join(''), this.#plans[0]!.layout));
      return text === '' || (this.#isTagged && place === 0) ? [] : [{ span, text, column }];
    });
  }

  /** The columns that immload adds to rejected records. */
  #countRejectColumns(characters: readonly string[], spans: readonly CellSpan[]): number {
    const last = spans.at(-1);
    if (last === undefined || spans.length <= REJECT_COLUMNS.length) return 0;
    return characters.slice(last.start, last.end).join('').trim().startsWith(ORIGIN_PREFIX) ? REJECT_COLUMNS.length : 0;
  }

  /** Where a record begins that cannot be read: behind its tag. */
  #startOf({ characters }: RecordCharacters): number {
    const { lines } = this.#plans[0]!.layout;
    if (lines === undefined) return 0;
    const text = characters.join('');
    const tags = [lines.patient, lines.immunization, ...lines.others].map(({ tag }) => tag);
    return Math.max(0, ...tags.filter((tag) => text.startsWith(tag)).map((tag) => tag.length));
  }

  /** Where its own columns end, before those that immload adds. */
  #endOf({ characters }: RecordCharacters): number {
    const { layout } = this.#plans[0]!;
    if (layout.format === 'fixed') return characters.length;
    let end = characters.length;
    for (let column = 0; column < REJECT_COLUMNS.length; column++)
      end = characters.lastIndexOf(layout.delimiter, end - 1);
    const origin = characters
      .slice(characters.lastIndexOf(layout.delimiter) + 1)
      .join('')
      .trim();
    return end > 0 && origin.startsWith(ORIGIN_PREFIX) ? end : characters.length;
  }
}

const DAYS: readonly Concerned[] = [
  { field: 'birth_date', column: null },
  { field: 'death_date', column: null },
];

/** Issues of records whose values may stand in the columns of others. */
const UNREADABLE: readonly IssueCode[] = [
  'field-count-wrong',
  'row-width-wrong',
  'quote-not-closed',
  'quote-misplaced',
  'line-tag-unknown',
];
