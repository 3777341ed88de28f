/** Other values in the bytes of a record, and all other bytes as they were. */
import { expect, test } from 'vitest';
import { editRecord } from '../../src/core/edit-fields.js';
import type { FileEncoding } from '../../src/core/read/decode.js';
import type { DelimitedLayout, FixedLayout, Layout, LayoutField } from '../../src/core/spec.js';

const field = (width?: number): LayoutField => ({
  name: 'x',
  field: null,
  use: 'optional',
  ...(width !== undefined && { width }),
});
const pipes: DelimitedLayout = {
  format: 'delimited',
  delimiter: '|',
  quote: '"',
  header: 'absent',
  fields: [field(), field(), field()],
};
const escaped: DelimitedLayout = { ...pipes, escape: '\\' };
const fixed: FixedLayout = { format: 'fixed', fields: [field(3), field(5), field(2)] };

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test.each<[string, Layout, Uint8Array, [number, string][], Uint8Array | null]>([
  ['a plain value', pipes, bytes('a| b |c'), [[1, 'xyz']], bytes('a|xyz|c')],
  ['two values at once, in any order', pipes, bytes('a|b|c'), [[2, '3'], [0, '1']], bytes('1|b|3')],
  ['a quoted value stays quoted', pipes, bytes('"a|a"|"b ""b"""|c'), [[1, 'x"y']], bytes('"a|a"|"x""y"|c')],
  ['a value that now needs quotes gets them', pipes, bytes('a|b|c'), [[0, 'p|q']], bytes('"p|q"|b|c')],
  ['a blank value', pipes, bytes('||'), [[2, 'new']], bytes('||new')],
  ['escaped delimiters belong to the value', escaped, bytes('a\\|a|b|c'), [[0, 'x|y']], bytes('"x|y"|b|c')],
  ['a column that is not there', pipes, bytes('a|b'), [[2, 'x']], null],
  ['Windows-1252 stays so', pipes, latin1('Mu\xf1oz|b|c'), [[1, 'Pe\xf1a']], latin1('Mu\xf1oz|Pe\xf1a|c')],
  ['a letter that Windows-1252 lacks', pipes, latin1('Mu\xf1oz|b|c'), [[1, 'Łuk']], null],
  ['UTF-8 stays so', pipes, bytes('Muñoz|b|c'), [[1, 'Łuk']], bytes('Muñoz|Łuk|c')],
  ['a letter beyond ASCII in an ASCII record', pipes, bytes('a|b|c'), [[1, 'ñ']], null],
  ['a fixed-width value, filled up', fixed, bytes('aaabbbbbcc'), [[1, 'xy']], bytes('aaaxy   cc')],
  ['a fixed-width value of a record that ends early', fixed, bytes('aaab'), [[2, 'xy']], bytes('aaab    xy')],
  ['a value too wide for its column', fixed, bytes('aaabbbbbcc'), [[2, 'xyz']], null],
  ['a hyphenated name that has no room', fixed, bytes('aaabbbbbcc'), [[1, 'Ann-Le']], null],
] as const)('%s', (_, layout, record, edits, expected) => {
  const edited = editRecord(record, edits.map(([column, value]) => ({ column, value })), layout, null);
  expect(edited === null ? null : Buffer.from(edited.bytes).toString('latin1')).toBe(
    expected === null ? null : Buffer.from(expected).toString('latin1'),
  );
}); // biome-ignore format: a table

test('says what stood there before, without quotes and blanks', () => {
  const edits = [
    { column: 0, value: '1' },
    { column: 1, value: '2' },
  ];
  expect(editRecord(bytes('"a a"| b |c'), edits, pipes, null)!.before).toEqual(['a a', 'b']);
  expect(editRecord(bytes('aa bbbb cc'), edits, fixed, null)!.before).toEqual(['aa', 'bbbb']);
});

test('counts characters where the reader does', () => {
  const characters: FixedLayout = { ...fixed, widths: 'characters' } as FixedLayout;
  const encoding: FileEncoding | null = null;
  const edited = editRecord(bytes('ñññbbbbbcc'), [{ column: 1, value: 'xy' }], characters, encoding);
  expect(Buffer.from(edited!.bytes).toString('utf8')).toBe('ñññxy   cc');
});

test('what has no room is written shorter where it can be, and told as it was written', () => {
  const edits = [{ column: 1, value: '12-345', shorter: '12345' }];
  const edited = editRecord(bytes('aaabbbbbcc'), edits, fixed, null)!;
  expect(Buffer.from(edited.bytes).toString('latin1')).toBe('aaa12345cc');
  expect([edited.before, edited.after]).toEqual([['bbbbb'], ['12345']]);
  expect(editRecord(bytes('aaabbbbbcc'), [{ column: 1, value: '1-2', shorter: '12' }], fixed, null)!.after).toEqual([
    '1-2',
  ]);
});
