/** Rows as the text that PostgreSQL's COPY reads: a line each, columns parted by tabs. */
import { WholeRow } from '../core/columns.js';
import type { ColumnSource, FieldSource } from './queries.js';

const NULL = '\\N';
const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** A value as COPY reads it. */
export function copyValue(value: string | number | null): string {
  if (value === null) return NULL;
  if (typeof value === 'number') return String(value);
  return SPECIAL.test(value) ? value.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!) : value;
}

const NO_FIELDS: FieldSource = { columns: [], row: () => new WholeRow([]) };

/** Rows as the text that COPY reads. */
export function copyText(count: number, columns: readonly ColumnSource[], fields: FieldSource = NO_FIELDS): string {
  const slots = fields.columns.map(({ slot }) => slot);
  let text = '';
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < columns.length; c++) text += `${c === 0 ? '' : '\t'}${copyValue(columns[c]!.value(i))}`;
    const row = fields.row(i);
    for (let c = 0; c < slots.length; c++) text += `\t${copyValue(row.value(slots[c]!))}`;
    text += '\n';
  }
  return text;
}
