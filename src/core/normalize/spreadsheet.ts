/** What spreadsheets leave in the cells of an export: errors of formulas, and marks that a cell is text. */
import { createReading, type Normalizer, refuse } from './reading.js';

/** What formulas say that have no result, in upper case; and a number for which the column was too narrow. */
const ERRORS: ReadonlySet<string> = new Set([
  '#N/A', '#REF!', '#VALUE!', '#NAME?', '#DIV/0!', '#NULL!', '#NUM!', '#SPILL!', '#CALC!', '#FIELD!', '#BLOCKED!',
  '#CONNECT!', '#UNKNOWN!', '#GETTING_DATA',
]); // biome-ignore format: a list of words
const TOO_NARROW = /^#{3,}$/;
/** `="0114"` and `'0114`: text, whatever it looks like. Names may begin with an apostrophe. */
const MARKED = /^(?:="([^"]*)"|'(\d.*))$/s;

const HASH = 0x23;
const APOSTROPHE = 0x27;
const EQUALS = 0x3d;

/**
 * A normalizer that takes no error of a spreadsheet for a value (`spreadsheet-error`), and reads what is marked as text
 * without the mark (`spreadsheet-mark`).
 */
export function readThroughSpreadsheet(read: Normalizer): Normalizer {
  return (text) => {
    const first = text.charCodeAt(0);
    if (first !== HASH && first !== EQUALS && first !== APOSTROPHE) return read(text);
    if (ERRORS.has(text.toUpperCase()) || TOO_NARROW.test(text)) return refuse('spreadsheet-error');
    const match = MARKED.exec(text);
    const inner = (match?.[1] ?? match?.[2] ?? '').trim();
    if (inner === '') return match === null ? read(text) : createReading(null, 'spreadsheet-mark', null, true);
    const { value, problem, other } = readThroughSpreadsheet(read)(inner);
    return createReading(value, problem ?? 'spreadsheet-mark', other, value !== null);
  };
}
