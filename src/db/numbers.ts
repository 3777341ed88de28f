/** Whole numbers of 32 bits without a sign as bytes, the lowest first, whatever the machine's own order. */
import { endianness } from 'node:os';

const IS_LITTLE_ENDIAN = endianness() === 'LE';

export function bytesOf(numbers: Uint32Array): Buffer {
  const bytes = Buffer.from(numbers.buffer.slice(numbers.byteOffset, numbers.byteOffset + numbers.byteLength));
  return IS_LITTLE_ENDIAN ? bytes : bytes.swap32();
}

export function numbersOf(bytes: Buffer): Uint32Array {
  // Numbers begin at multiples of four; bytes of a database begin anywhere.
  const copy = Uint8Array.from(bytes);
  if (!IS_LITTLE_ENDIAN) Buffer.from(copy.buffer).swap32();
  return new Uint32Array(copy.buffer);
}
