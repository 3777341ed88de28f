/**
 * Content of `.gz` and `.zip` files, unpacked as it is read.
 *
 * What is counted is what really comes out, whatever an archive says of itself: content that grows beyond all measure is
 * refused as soon as it does, and never held.
 */
import { once } from 'node:events';
import { basename } from 'node:path';
import { crc32, createGunzip, createInflateRaw, type Gunzip, type InflateRaw } from 'node:zlib';
import { InputError } from './input-error.js';
import { findZipEntry, listZip } from './zip.js';

/** How much may come out of a packed file. */
export interface UnpackLimits {
  /** Bytes. */
  readonly maxBytes: number;
  /**
   * How many times as large as its packed form content may be, beyond `freeBytes`. Fixed-width doses in UTF-16, which are
   * blanks for the most part, come to 34 times; deflate can do 1032.
   */
  readonly maxRatio: number;
  /** Bytes for which the ratio does not matter. */
  readonly freeBytes: number;
}

/** A file that does nothing but grow is refused before its records, some of which are held, fill the memory. */
export const DEFAULT_UNPACK_LIMITS: UnpackLimits = { maxBytes: 100e9, maxRatio: 200, freeBytes: 50e6 };

/** The file that holds the content, and how. */
export interface Container {
  readonly kind: 'gzip' | 'zip';
  /** Name of the container, without its folders. */
  readonly name: string;
  /** Name of the content, without folders and fit to be the name of a file. */
  readonly contentName: string;
  readonly method: 'gzip' | 'deflate' | 'stored';
  /** Where the packed bytes lie in the container. */
  readonly start: number;
  readonly length: number;
  /** What the archive says of its content; `null` in gzip, which checks itself. */
  readonly expected: { readonly bytes: number; readonly crc32: number } | null;
}

/** A file as it lies on the disk. */
export interface PackedFile {
  /** As given by the user, for messages. */
  readonly path: string;
  /** The file itself: the path without the name of an entry. */
  readonly file: string;
  readonly bytes: number;
  readonly limits: UnpackLimits;
}

const GZIP = [0x1f, 0x8b, 0x08];
/** An archive begins with its first entry or, if it has none, with its end. */
const ZIPS = [
  [0x50, 0x4b, 0x03, 0x04],
  [0x50, 0x4b, 0x05, 0x06],
];

/**
 * The files of an archive that holds several, by their paths in it; `null` for any other file. Together they may unpack to
 * as much as one file may.
 * @throws InputError when the archive cannot be read, or unpacks to more than is allowed
 */
export async function listArchive(file: PackedFile, head: Uint8Array): Promise<readonly string[] | null> {
  if (!ZIPS.some((signature) => beginsWith(head, signature))) return null;
  const { names, bytes } = await listZip(file);
  if (names.length < 2) return null;
  requireWithinLimits(bytes, file.bytes, file);
  return names;
}

function beginsWith(head: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, index) => head[index] === byte);
}

/**
 * Whether a file is a container, by its first bytes; `null` if it is not. `entryName` is the entry that the user names.
 * @throws InputError when it is one and does not hold exactly the file that is wanted
 */
export async function findContainer(
  file: PackedFile,
  head: Uint8Array,
  entryName: string | null,
): Promise<Container | null> {
  const name = basename(file.file);
  if (ZIPS.some((signature) => beginsWith(head, signature))) {
    const container: Container = { kind: 'zip', name, ...(await findZipEntry(file, entryName)) };
    requireWithinLimits(container.expected!.bytes, container.length, file);
    return container;
  }
  if (entryName !== null) throw new InputError(file.path, 'is no ZIP archive', `give ${file.file} by itself`);
  if (!beginsWith(head, GZIP)) return null;
  const contentName = name.replace(/(?<=.)\.gz$/i, '');
  return { kind: 'gzip', name, contentName, method: 'gzip', start: 0, length: file.bytes, expected: null };
}

/**
 * Unpacks a container whose bytes come in order and from its beginning. All of them are read, also those that belong to
 * other entries.
 * @throws InputError when the container is damaged, cut short, or unpacks to more than is allowed
 */
export async function* unpack(
  bytes: AsyncGenerator<Uint8Array>,
  container: Container,
  file: PackedFile,
  chunkBytes: number,
): AsyncGenerator<Uint8Array> {
  const packed = takeRange(bytes, container.start, container.length);
  // What is stored cannot grow.
  const content = container.method === 'stored' ? packed : inflate(packed, container, file, chunkBytes);
  const { expected } = container;
  let count = 0;
  let checksum = 0;
  for await (const chunk of content) {
    count += chunk.length;
    if (expected !== null) {
      checksum = crc32(chunk, checksum);
      if (count > expected.bytes) throw damaged(file);
    }
    yield chunk;
  }
  if (expected !== null && (count !== expected.bytes || checksum !== expected.crc32)) throw damaged(file);
}

function damaged(file: PackedFile, cause?: unknown): InputError {
  return new InputError(file.path, 'is damaged', 'pack it again, or get it sent again', { cause });
}

/** Compares what came out with what it was packed in. @throws InputError when it is too much */
function requireWithinLimits(count: number, packedCount: number, { path, limits }: PackedFile): void {
  const { maxBytes, maxRatio, freeBytes } = limits;
  const allow = 'if it is what it should be, allow more with --max-unpacked';
  if (count > maxBytes) throw new InputError(path, `unpacks to more than ${showBytes(maxBytes)}`, allow);
  if (count > freeBytes && count > packedCount * maxRatio) {
    const problem = `unpacks to more than ${showBytes(freeBytes)} and ${maxRatio} times its size`;
    throw new InputError(path, problem, allow);
  }
}

/** A size in words that are short: `100 GB`. */
function showBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(bytes) / 3)));
  return `${Number((bytes / 1000 ** power).toFixed(1))} ${units[power]}`;
}

/** A part of the bytes; the others are read as well, since all of them are hashed on their way here. */
async function* takeRange(
  bytes: AsyncGenerator<Uint8Array>,
  start: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const chunk of bytes) {
    const part = chunk.subarray(Math.max(0, start - at), Math.max(0, start + length - at));
    at += chunk.length;
    if (part.length > 0) yield part;
  }
}

async function* inflate(
  packed: AsyncGenerator<Uint8Array>,
  container: Container,
  file: PackedFile,
  chunkBytes: number,
): AsyncGenerator<Uint8Array> {
  const isGzip = container.method === 'gzip';
  const options = { chunkSize: Math.min(Math.max(chunkBytes, LEAST_CHUNK_BYTES), MOST_CHUNK_BYTES) };
  const inflater = isGzip ? createGunzip(options) : createInflateRaw(options);
  const feeding = feed(inflater, packed, (rest) => {
    // gzip files on tape are filled up with zeros.
    if (isGzip && rest.every((byte) => byte === 0)) return;
    throw isGzip ? trailing(file) : damaged(file);
  });
  // It may fail before anybody waits for it.
  feeding.catch(() => {});
  try {
    let count = 0;
    for await (const chunk of inflater as AsyncIterable<Uint8Array>) {
      count += chunk.length;
      requireWithinLimits(count, inflater.bytesWritten, file);
      yield chunk;
    }
    await feeding;
  } catch (error) {
    throw explain(error, file);
  } finally {
    inflater.destroy();
    await packed.return(undefined);
    await feeding.catch(() => {});
  }
}

const LEAST_CHUNK_BYTES = 64;
const MOST_CHUNK_BYTES = 1 << 18;

function trailing(file: PackedFile): InputError {
  return new InputError(file.path, 'has something else behind its end', 'pack it again, or get it sent again');
}

function explain(error: unknown, file: PackedFile): unknown {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code === 'Z_BUF_ERROR') {
    return new InputError(file.path, 'is cut short', 'pack it again, or get it sent again', { cause: error });
  }
  if (typeof code !== 'string' || !/^Z_|^ERR_.*ZLIB/.test(code)) return error;
  // The first header was looked at before: this is where another member could begin.
  return message === 'incorrect header check' ? trailing(file) : damaged(file, error);
}

/**
 * Writes all packed bytes into the inflater, one chunk when the last was taken, since the chunks share their memory. What
 * it does not take, because it is at its end, goes to `onRest`.
 */
async function feed(
  inflater: Gunzip | InflateRaw,
  packed: AsyncGenerator<Uint8Array>,
  onRest: (rest: Uint8Array) => void,
): Promise<void> {
  const ended = once(inflater, 'close').catch(() => {});
  try {
    let fed = 0;
    for await (const chunk of packed) {
      if (inflater.writable) {
        const taken = new Promise<void>((resolve) => inflater.write(chunk, () => resolve()));
        await Promise.race([taken, ended]);
      }
      const rest = chunk.subarray(Math.max(0, inflater.bytesWritten - fed));
      fed += chunk.length;
      if (rest.length > 0) onRest(rest);
    }
    if (inflater.writable) inflater.end();
  } catch (error) {
    inflater.destroy(error as Error);
    throw error;
  }
}
