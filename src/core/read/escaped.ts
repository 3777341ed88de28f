/**
 * Records of senders who put a character such as \ before a quote, a delimiter or a line end that belongs to a value.
 *
 * It takes the meaning of these and of itself away, in quotes and outside. Before anything else it is a character like
 * any other, so that `C:\temp` and the \N of databases stay what they are.
 */
const LF = 10;
const CR = 13;

/** The bytes that divide a record; -1 for those that the layout does not have. */
export interface Separators {
  readonly delimiter: number;
  readonly quote: number;
  readonly escape: number;
}

/** Where a record of such a sender ends. */
export interface EscapedEnd {
  readonly end: number;
  readonly fields: number;
  /** Line ends in the record and the one behind it. */
  readonly lineEnds: number;
  /** Whether quotes or escapes must be taken off its values. */
  readonly isPlain: boolean;
  /** How it got over the end of its first line: in quotes, or by an escape; `null` if it did not. */
  readonly crossing: 'quotes' | 'escape' | null;
  /** What is wrong with its quotes: one opens and never closes, or text stands behind a closing one. */
  readonly fault: 'not closed' | 'misplaced' | null;
}

/**
 * How far a record may go over the end of its first line. Where all lines end in an escape, each of them would else be
 * followed to the end of the file: 5,000 lines took 13 seconds.
 */
export interface Reach {
  readonly bytes: number;
  /** Fields of a whole record, and most that one may have; infinite where that is not known. */
  readonly fields: number;
  readonly mostFields: number;
}

/** Line ends that escapes may take into one record. */
const MOST_ESCAPED_LINE_ENDS = 100;

/**
 * Follows the quotes and escapes of the record that begins at `start`, up to `length`; 'need more' if more input may say
 * otherwise. A record that gets out of its reach is at fault.
 */
export function findEscapedEnd(
  bytes: Uint8Array,
  start: number,
  length: number,
  separators: Separators,
  atEnd: boolean,
  reach: Reach,
): EscapedEnd | 'need more' {
  const { delimiter, quote, escape: escaping } = separators;
  let at = start;
  let fields = 1;
  let lineEnds = 1;
  let isPlain = true;
  let inQuotes = false;
  let fieldStart = true;
  let crossing: EscapedEnd['crossing'] = null;
  let fieldsAbove = 0;
  let fieldsOfFirst = 0;
  let escapedLineEnds = 0;
  const found = (fault: EscapedEnd['fault'] = null): EscapedEnd => {
    return { end: at, fields, lineEnds, isPlain, crossing, fault };
  };
  while (at < length) {
    const byte = bytes[at]!;
    if (lineEnds > 1 && (at - start > reach.bytes || fields > reach.mostFields)) return found('not closed');
    // What comes next may take the meaning of a quote, or have its own taken away.
    if (at + 1 === length && !atEnd && (byte === escaping || byte === quote || byte === CR)) return 'need more';
    if (byte === escaping && at + 1 < length && isEscapable(bytes[at + 1]!, separators)) {
      isPlain = false;
      fieldStart = false;
      at++;
      if (bytes[at] === CR || bytes[at] === LF) {
        if (bytes[at] === CR && at + 1 === length && !atEnd) return 'need more';
        const behind = at + (bytes[at] === CR && bytes[at + 1] === LF && at + 1 < length ? 2 : 1);
        // Nothing goes on behind the last line end of a file.
        if (!inQuotes && behind === length && atEnd) return found();
        crossing ??= inQuotes ? 'quotes' : 'escape';
        lineEnds++;
        at = behind - 1;
        if (!inQuotes) {
          const fieldsOfLine = fields - fieldsAbove;
          if (escapedLineEnds === 0) fieldsOfFirst = fieldsOfLine;
          // Two whole records, each of which ends in an escape.
          else if (fieldsOfFirst >= reach.fields && fieldsOfLine >= reach.fields) return found('not closed');
          if (++escapedLineEnds > MOST_ESCAPED_LINE_ENDS) return found('not closed');
          fieldsAbove = fields - 1;
        }
      }
      at++;
      continue;
    }
    if (inQuotes) {
      if (byte === quote) {
        const next = at + 1 < length ? bytes[at + 1]! : LF;
        if (next === quote) {
          at += 2;
          continue;
        }
        inQuotes = false;
        if (next !== delimiter && next !== LF && next !== CR) return found('misplaced');
      } else if (byte === LF || (byte === CR && !(bytes[at + 1] === LF && at + 1 < length))) {
        crossing ??= 'quotes';
        lineEnds++;
      }
      at++;
      continue;
    }
    if (byte === LF || byte === CR) return found();
    if (fieldStart && byte === quote) {
      inQuotes = true;
      isPlain = false;
    }
    fieldStart = byte === delimiter;
    if (fieldStart) fields++;
    at++;
  }
  if (!atEnd) return 'need more';
  return found(inQuotes ? 'not closed' : null);
}

function isEscapable(byte: number, { delimiter, quote, escape: escaping }: Separators): boolean {
  return byte === delimiter || byte === quote || byte === escaping || byte === LF || byte === CR;
}

/** The fields of a well-formed record, its quotes and escapes taken off. `quote` is `null` where quotes mean nothing. */
export function splitEscapedRecord(text: string, delimiter: string, quote: string | null, escaping: string): string[] {
  const escapable = new Set([delimiter, escaping, '\r', '\n', ...(quote === null ? [] : [quote])]);
  const fields: string[] = [];
  let field = '';
  let fieldStart = true;
  let inQuotes = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === escaping && at + 1 < text.length && escapable.has(text[at + 1]!)) {
      field += text[++at]!;
      fieldStart = false;
    } else if (inQuotes && character === quote) {
      if (text[at + 1] === quote) field += text[++at]!;
      else inQuotes = false;
    } else if (fieldStart && character === quote) {
      inQuotes = true;
      fieldStart = false;
    } else if (character === delimiter && !inQuotes) {
      fields.push(field);
      field = '';
      fieldStart = true;
    } else {
      field += character;
      fieldStart = false;
    }
  }
  return [...fields, field];
}
