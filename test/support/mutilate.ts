/** What happens to files on their way: bytes lost, doubled, swapped and changed, other encodings, archives cut short. */
import { gzipSync } from 'node:zlib';
import type { Random } from './random.js';

/** What readers trip over. */
const STUMBLING = [
  '\0', '"', '""', '\n', '\r', '\r\n', '\n\n', '|', '||', ',', '\t', '^', '~', ';', ' ', '\\', '\u001a', '\u0085', '\u2028', '\ufeff',
  '\u00e9', '\u00c3\u00a9', '\u{1f489}', '=1+1', '-', '0', '00000000', '99999999', '20250230', '1.23E+11', '#N/A', 'NULL', "';--",
  '\u001b[2J', '../', '\ud800',
]; // biome-ignore format: a list of pieces
const LONGEST_CELL = 1 << 20;

type Mutilation = (bytes: Buffer, random: Random) => Buffer;

const anywhere = (bytes: Buffer, random: Random): number => random.integer(0, bytes.length);

/** Replaces the bytes from one place to another. */
function splice(bytes: Buffer, start: number, end: number, by: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, start), by, bytes.subarray(end)]);
}

/** A piece of the bytes, seldom a long one. */
function piece(bytes: Buffer, random: Random): readonly [number, number] {
  const start = anywhere(bytes, random);
  const most = random.chance(0.1) ? bytes.length : 40;
  return [start, Math.min(bytes.length, start + random.integer(0, most))];
}

const MUTILATIONS: readonly Mutilation[] = [
  (bytes, random) => {
    if (bytes.length === 0) return bytes;
    const changed = Buffer.from(bytes);
    changed[random.integer(0, bytes.length - 1)]! ^= 1 << random.integer(0, 7);
    return changed;
  },
  (bytes, random) => {
    const at = anywhere(bytes, random);
    return splice(bytes, at, at, Buffer.from([random.integer(0, 255)]));
  },
  (bytes, random) => {
    const at = anywhere(bytes, random);
    return splice(bytes, at, at, Buffer.from(random.pick(STUMBLING), random.chance(0.8) ? 'utf8' : 'latin1'));
  },
  (bytes, random) => splice(bytes, ...piece(bytes, random), Buffer.alloc(0)),
  (bytes, random) => {
    const [start, end] = piece(bytes, random);
    return splice(bytes, end, end, bytes.subarray(start, end));
  },
  (bytes, random) => {
    const [start, end] = piece(bytes, random);
    const at = anywhere(bytes, random);
    return splice(bytes, at, at, bytes.subarray(start, end));
  },
  (bytes, random) => {
    const [start, end] = piece(bytes, random);
    return splice(bytes, start, end, Buffer.from(bytes.subarray(start, end)).reverse());
  },
];

const SELDOM: readonly Mutilation[] = [
  (bytes, random) => bytes.subarray(0, anywhere(bytes, random)),
  (bytes, random) => {
    const at = anywhere(bytes, random);
    return splice(
      bytes,
      at,
      at,
      Buffer.alloc(random.integer(1, LONGEST_CELL), random.pick(['x', '0', '"', ' ', '\n'])),
    );
  },
  (bytes, random) =>
    Buffer.from(bytes.toString('latin1').replaceAll(/\r?\n/g, random.pick(['\r\n', '\r', '\n'])), 'latin1'),
  (bytes) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(bytes.toString('utf8'), 'utf16le')]),
  (bytes) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
  (bytes, random) => {
    const packed = gzipSync(bytes);
    return random.chance(0.5) ? packed : packed.subarray(0, anywhere(packed, random));
  },
];

/** The bytes with up to so many accidents. */
export function mutilate(bytes: Uint8Array, most: number, random: Random): Buffer {
  let result = Buffer.from(bytes);
  for (let left = random.integer(1, most); left > 0; left--)
    result = random.pick(MUTILATIONS)(result, random) as typeof result;
  return random.chance(0.25) ? random.pick(SELDOM)(result, random) : result;
}

/** Values that stand where others are asked for. */
const STRANGE: readonly unknown[] = [
  null, true, 0, -1, 1e9, 1.5, '', ' ', 'x', '|', '\n', '"', '__proto__', '(a+)+$', '^(?:.*)*$', '[', {}, [], [[]], ['x', 'x'],
  { is: [] }, 'patient', 'birth_date', 'MM/DD/YYYY', 'required', '../../spec.json',
]; // biome-ignore format: a list of values

/** A JSON value with one accident: something is missing, strange, in the wrong place, or there twice. */
export function mutilateJson(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.05)) return random.pick(STRANGE);
  const entries = Object.entries(value);
  if (entries.length === 0) return random.pick(STRANGE);
  // Most of a specification is deep in it.
  const deep = entries.flatMap(([, own], place) => (typeof own === 'object' && own !== null ? [place] : []));
  const at = deep.length > 0 && random.chance(0.8) ? random.pick(deep) : random.integer(0, entries.length - 1);
  const [key, own] = entries[at]!;
  const kind = random.next();
  if (kind < 0.7) entries[at] = [key, mutilateJson(own, random)];
  else if (kind < 0.8) entries.splice(at, 1);
  else if (kind < 0.9) entries[at] = [key, random.pick(entries)[1]];
  else entries.push([Array.isArray(value) ? String(entries.length) : random.pick(['x', 'nulls', key]), own]);
  return Array.isArray(value) ? entries.map(([, each]) => each) : Object.fromEntries(entries);
}
