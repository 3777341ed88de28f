/**
 * UTF-16: told from other bytes, turned into UTF-8 for the rest of the core, and back for reject files.
 *
 * Records are cut and looked up as bytes below 256, so that UTF-16 is transcoded once, at the door. Every code unit has
 * its own bytes in UTF-8, also half a surrogate pair (as WTF-8 has it), so that nothing is lost on the way and the
 * place of a record in the original can be counted from the transcoded bytes.
 */

const LF = 10;
const CR = 13;

/** The two byte orders of UTF-16. */
export type Utf16 = 'utf-16le' | 'utf-16be';

/** Whether an encoding is one of UTF-16. */
export function isUtf16(encoding: string | null): encoding is Utf16 {
  return encoding === 'utf-16le' || encoding === 'utf-16be';
}

/**
 * Whether the beginning of a file is UTF-16, by its mark or else by its zero bytes; `null` if it is not.
 *
 * Without a mark, most pairs of bytes must be an ASCII character and a zero, in one order, and hardly any pair the other
 * way round or two zeros. Eight-bit text never comes near that, however many zero bytes a damaged disk or a program that
 * fills fields with them has left in it.
 */
export function detectUtf16(head: Uint8Array): Utf16 | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  let little = 0;
  let big = 0;
  let zeros = 0;
  const pairs = head.length >> 1;
  for (let at = 0; at + 1 < head.length; at += 2) {
    const first = head[at]!;
    const second = head[at + 1]!;
    if (first === 0 && second === 0) zeros++;
    else if (second === 0 && isText(first)) little++;
    else if (first === 0 && isText(second)) big++;
  }
  if (zeros * 10 > pairs) return null;
  if (little * 2 > pairs && big * 10 < little) return 'utf-16le';
  if (big * 2 > pairs && little * 10 < big) return 'utf-16be';
  return null;
}

function isText(byte: number): boolean {
  return byte < 0x7f && (byte >= 0x20 || byte === 9 || byte === LF || byte === CR);
}

/** U+FFFD in UTF-8. */
const REPLACEMENT = Uint8Array.of(0xef, 0xbf, 0xbd);

/** Turns UTF-16 into UTF-8. Push its chunks in order, cut anywhere, then call `end`. */
export class Utf16Transcoder {
  readonly #low: 0 | 1;
  /** First byte of a code unit whose second has not come, -1 for none. */
  #half = -1;
  /** First half of a surrogate pair whose second has not come, 0 for none. */
  #high = 0;

  constructor(encoding: Utf16) {
    this.#low = encoding === 'utf-16le' ? 0 : 1;
  }

  /** The next bytes in UTF-8. Half a surrogate pair becomes three bytes that are no UTF-8 (WTF-8). */
  push(chunk: Uint8Array): Uint8Array {
    // A code unit needs three bytes at most; one unit and the half of another may have come before.
    const out = new Uint8Array(((chunk.length + 1) >> 1) * 3 + 3);
    const low = this.#low;
    let to = 0;
    let at = 0;
    if (this.#half >= 0 && chunk.length > 0) {
      const [first, second] = [this.#half, chunk[0]!];
      to = this.#put(out, to, low === 0 ? first | (second << 8) : (first << 8) | second);
      this.#half = -1;
      at = 1;
    }
    const end = chunk.length - 1;
    for (; at < end; at += 2) {
      const unit = chunk[at + low]! | (chunk[at + 1 - low]! << 8);
      if (unit < 0x80 && this.#high === 0) out[to++] = unit;
      else to = this.#put(out, to, unit);
    }
    if (at === end) this.#half = chunk[at]!;
    return out.subarray(0, to);
  }

  /** Writes a code unit at `to`, after half a pair that turned out to be alone, and gives the place behind it. */
  #put(out: Uint8Array, to: number, unit: number): number {
    const high = this.#high;
    this.#high = 0;
    if (high !== 0 && unit >= 0xdc00 && unit < 0xe000) {
      const point = 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00);
      out[to] = 0xf0 | (point >> 18);
      out[to + 1] = 0x80 | ((point >> 12) & 0x3f);
      out[to + 2] = 0x80 | ((point >> 6) & 0x3f);
      out[to + 3] = 0x80 | (point & 0x3f);
      return to + 4;
    }
    const from = high === 0 ? to : putThree(out, to, high);
    if (unit < 0x80) {
      out[from] = unit;
      return from + 1;
    }
    if (unit < 0x800) {
      out[from] = 0xc0 | (unit >> 6);
      out[from + 1] = 0x80 | (unit & 0x3f);
      return from + 2;
    }
    if (unit >= 0xd800 && unit < 0xdc00) {
      this.#high = unit;
      return from;
    }
    return putThree(out, from, unit);
  }

  /**
   * What is left when all chunks have come. Half a code unit at the end is a line end that was cut in two, or else
   * becomes U+FFFD.
   */
  end(): Uint8Array {
    const out = new Uint8Array(6);
    let to = this.#high === 0 ? 0 : putThree(out, 0, this.#high);
    if (this.#half === LF && this.#low === 0) out[to++] = LF;
    else if (this.#half >= 0) {
      out.set(REPLACEMENT, to);
      to += REPLACEMENT.length;
    }
    this.#high = 0;
    this.#half = -1;
    return out.subarray(0, to);
  }
}

function putThree(out: Uint8Array, to: number, unit: number): number {
  out[to] = 0xe0 | (unit >> 12);
  out[to + 1] = 0x80 | ((unit >> 6) & 0x3f);
  out[to + 2] = 0x80 | (unit & 0x3f);
  return to + 3;
}

/** Turns what {@link Utf16Transcoder} has given back into UTF-16. The bytes begin and end with whole characters. */
export function encodeUtf16(bytes: Uint8Array, encoding: Utf16): Uint8Array {
  const out = new Uint8Array(countUtf16(bytes, 0, bytes.length));
  const low = encoding === 'utf-16le' ? 0 : 1;
  let to = 0;
  const put = (unit: number): void => {
    out[to + low] = unit & 0xff;
    out[to + 1 - low] = unit >> 8;
    to += 2;
  };
  const rest = (at: number): number => bytes[at]! & 0x3f;
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at]!;
    if (byte < 0x80) {
      put(byte);
      at++;
    } else if (byte < 0xe0) {
      put(((byte & 0x1f) << 6) | rest(at + 1));
      at += 2;
    } else if (byte < 0xf0) {
      put(((byte & 0x0f) << 12) | (rest(at + 1) << 6) | rest(at + 2));
      at += 3;
    } else {
      const point = ((byte & 0x07) << 18) | (rest(at + 1) << 12) | (rest(at + 2) << 6) | rest(at + 3);
      put(0xd800 + ((point - 0x10000) >> 10));
      put(0xdc00 + ((point - 0x10000) & 0x3ff));
      at += 4;
    }
  }
  return out;
}

/** How many bytes of UTF-16 the transcoded bytes from `start` to `end` were. */
export function countUtf16(bytes: Uint8Array, start: number, end: number): number {
  let units = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    // Each character has one byte that is no continuation, and those of four bytes were a pair.
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units * 2;
}
