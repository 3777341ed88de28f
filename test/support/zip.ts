/** Writes ZIP archives by hand, also such as no packer would write (APPNOTE 4.3). */
import { crc32, deflateRawSync } from 'node:zlib';

/** A file for an archive, and how its entry differs from what is usual. */
export interface ZipContent {
  readonly name: string | Uint8Array;
  readonly content?: string | Uint8Array;
  readonly stored?: boolean;
  /** Packed bytes, instead of the content packed. */
  readonly packed?: Uint8Array;
  /** What the archive says of the content. */
  readonly bytes?: number;
  readonly crc32?: number;
  /** Bits of the general purpose flag besides those that are needed. */
  readonly flags?: number;
  readonly method?: number;
  /** Sizes and checksum stand behind the content, as packers write them that do not know them before. */
  readonly dataDescriptor?: boolean;
  /** Sizes and places stand in 64 bits. */
  readonly zip64?: boolean;
  /** Mode on Unix. */
  readonly mode?: number;
}

const UTF8_NAME = 0x800;
const DESCRIPTOR = 0x8;
const UNKNOWN = 0xffffffff;

/** The bytes of an archive. */
export function zip(files: readonly ZipContent[], { comment = '' } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  const add = (list: Buffer[], part: Uint8Array): void => {
    list.push(Buffer.from(part));
    if (list === parts) offset += part.length;
  };
  for (const file of files) {
    const content = Buffer.from(file.content ?? '');
    const packed = file.packed ?? (file.stored === true ? content : deflateRawSync(content));
    const name = Buffer.from(file.name);
    const flags = (file.flags ?? 0) | UTF8_NAME | (file.dataDescriptor === true ? DESCRIPTOR : 0);
    const method = file.method ?? (file.stored === true ? 0 : 8);
    const bytes = file.bytes ?? content.length;
    const checksum = file.crc32 ?? crc32(content);
    const wide = file.zip64 === true;
    const sizes = wide ? [UNKNOWN, UNKNOWN] : [packed.length, bytes];
    const local = file.dataDescriptor === true ? [0, 0, 0] : [checksum, ...sizes];
    const start = offset;
    const localExtra = wide ? numbers([2, 1], [2, 16], [8, bytes], [8, packed.length]) : Buffer.alloc(0);
    add(
      parts,
      numbers(
        [4, 0x04034b50], [2, 45], [2, flags], [2, method], [4, 0],
        [4, local[0]!], [4, local[1]!], [4, local[2]!], [2, name.length], [2, localExtra.length],
      ), // biome-ignore format: a record of the format
    );
    for (const part of [name, localExtra, packed]) add(parts, part);
    if (file.dataDescriptor === true) {
      add(parts, numbers([4, 0x08074b50], [4, checksum], [wide ? 8 : 4, packed.length], [wide ? 8 : 4, bytes]));
    }
    const extra = wide ? numbers([2, 1], [2, 24], [8, bytes], [8, packed.length], [8, start]) : Buffer.alloc(0);
    add(
      directory,
      numbers(
        [4, 0x02014b50], [2, 0x0300 | 45], [2, 45], [2, flags], [2, method], [4, 0], [4, checksum],
        [4, sizes[0]!], [4, sizes[1]!], [2, name.length], [2, extra.length], [2, 0], [2, 0], [2, 0],
        [4, (file.mode ?? 0o100644) * 0x10000], [4, wide ? UNKNOWN : start],
      ), // biome-ignore format: a record of the format
    );
    for (const part of [name, extra]) add(directory, part);
  }
  const list = Buffer.concat(directory);
  const count = files.length;
  const wide = files.some((file) => file.zip64 === true);
  const end64 = numbers(
    [4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, count], [8, count], [8, list.length], [8, offset],
    [4, 0x07064b50], [4, 0], [8, offset + list.length], [4, 1],
  ); // biome-ignore format: two records of the format
  const end = numbers(
    [4, 0x06054b50], [2, 0], [2, 0], [2, wide ? 0xffff : count], [2, wide ? 0xffff : count],
    [4, wide ? UNKNOWN : list.length], [4, wide ? UNKNOWN : offset], [2, comment.length],
  ); // biome-ignore format: a record of the format
  return Buffer.concat([...parts, list, ...(wide ? [end64] : []), end, Buffer.from(comment)]);
}

/** Numbers of so many bytes each, little end first. */
function numbers(...fields: readonly (readonly [2 | 4 | 8, number])[]): Buffer {
  return Buffer.concat(
    fields.map(([width, value]) => {
      const field = Buffer.alloc(8);
      field.writeBigUInt64LE(BigInt(value));
      return field.subarray(0, width);
    }),
  );
}
