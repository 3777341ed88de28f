/** Input files: their beginning, their text in order, their hash. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FileEncoding } from '../core/read/decode.js';
import type { FileHead } from '../core/read/recognize.js';
import { detectUtf16, isUtf16, type Utf16, Utf16Transcoder } from '../core/read/utf16.js';
import { InputError } from './input-error.js';
import {
  type Container,
  DEFAULT_UNPACK_LIMITS,
  findContainer,
  listArchive,
  type PackedFile,
  unpack,
} from './unpack.js';

const HEAD_BYTES = 1 << 18;

/**
 * The files that a path stands for: those of a folder and of the folders in it, or of an archive of several, without
 * hidden ones and in the order of their names. A path of anything else stands for itself.
 * @throws InputError when it is a folder without files, or an archive that cannot be read
 */
export async function listFiles(path: string, options: SourceOptions = {}): Promise<string[]> {
  const paths: string[] = [];
  for (const file of listFolder(path)) paths.push(...(await listContents(file, options)));
  return paths;
}

function listFolder(path: string): string[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) return [path];
  const files = readFolder(path, '');
  if (files.length === 0) throw new InputError(path, 'is a folder without files', 'give the files, or their folder');
  return files.sort().map((name) => join(path, name));
}

/** The files in a part of a folder, by their paths in it. Links to other folders are no part of it. */
function readFolder(folder: string, part: string): string[] {
  return readdirSync(join(folder, part), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.')) return [];
    const path = part === '' ? entry.name : `${part}/${entry.name}`;
    return entry.isDirectory() ? readFolder(folder, path) : [path];
  });
}

/** The files of an archive by the paths under which they can be opened; a path of anything else by itself. */
async function listContents(path: string, options: SourceOptions): Promise<string[]> {
  // What is wrong with any other path is told when it is opened.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return [path];
  const { packed, head } = lookAt(path, path, options);
  const names = await listArchive(packed, head);
  return names === null ? [path] : names.map((name) => `${path}#${name}`);
}

/** A file as it was found, before anything is known of what it says. */
interface FoundFile extends PackedFile {
  /** Time of the last change, to see that nobody changes the file while it is read. */
  readonly modifiedMs: number;
  /** The `.gz` or `.zip` that the file is, `null` if it is text itself. */
  readonly container: Container | null;
}

/**
 * A file of a submission, known to be there and to be readable. Path, size and hash are those of the file as given; name
 * and text are those of what is in it.
 */
export interface Source extends FoundFile {
  /** Without its folders, and without the `.gz` or `.zip` that it came in. */
  readonly name: string;
  /** The same, also where files of one name are called by their paths. */
  readonly fileName: string;
  /** What messages about its text call it. */
  readonly shown: string;
  /** What the whole text is encoded in; `null` if each record is judged by itself, by UTF-8 and Windows-1252. */
  readonly encoding: FileEncoding | null;
  readonly head: FileHead;
}

export interface SourceOptions {
  /** What the file is encoded in, whatever it looks like. */
  readonly encoding?: FileEncoding | null;
  readonly limits?: Partial<PackedFile['limits']>;
}

/**
 * Looks at a file and its beginning. The path may name a file in a ZIP archive: `archive.zip#patients.txt`.
 * @throws InputError when it is missing, no file, may not be read, or cannot be unpacked
 */
export async function openSource(path: string, options: SourceOptions = {}): Promise<Source> {
  const found = await findFile(path, options);
  const { container } = found;
  const name = container?.contentName ?? basename(path);
  const shown = container === null ? path : `${name} in ${found.file}`;
  const raw = await readHead(found);
  const encoding = options.encoding ?? detectUtf16(raw.bytes);
  const head = isUtf16(encoding) ? transcodeHead(raw, encoding) : raw;
  return { ...found, name, fileName: name, shown, encoding, head };
}

async function findFile(path: string, options: SourceOptions): Promise<FoundFile> {
  const { file, entry } = splitPath(path);
  const { packed, head, modifiedMs } = lookAt(path, file, options);
  return { ...packed, modifiedMs, container: await findContainer(packed, head, entry) };
}

/** Size, time and first bytes of a file. @throws InputError when it is missing, no file, or may not be read */
function lookAt(
  path: string,
  file: string,
  options: SourceOptions,
): { packed: PackedFile; head: Uint8Array; modifiedMs: number } {
  const limits = { ...DEFAULT_UNPACK_LIMITS, ...options.limits };
  let stats: Stats;
  const head = new Uint8Array(4);
  try {
    stats = statSync(file);
    if (stats.isDirectory()) throw new InputError(path, 'is a folder', 'give the files in it');
    if (!stats.isFile()) throw new InputError(path, 'is no file', 'save the records to a file first');
    const descriptor = openSync(file, 'r');
    try {
      stats = fstatSync(descriptor);
      readSync(descriptor, head, 0, head.length, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw error instanceof InputError ? error : explain(path, error);
  }
  return { packed: { path, file, bytes: stats.size, limits }, head, modifiedMs: stats.mtimeMs };
}

/** The path of the file, and the name behind the `#` that ends it, if it is not a part of the path. */
function splitPath(path: string): { file: string; entry: string | null } {
  const isThere = (file: string): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined;
  try {
    if (!isThere(path)) {
      for (let at = path.indexOf('#'); at >= 0; at = path.indexOf('#', at + 1)) {
        const file = path.slice(0, at);
        if (file !== '' && isThere(file)) return { file, entry: path.slice(at + 1) || null };
      }
    }
  } catch {
    // What is wrong with the path is told when it is opened.
  }
  return { file: path, entry: null };
}

/** The first bytes of the content. */
async function readHead(found: FoundFile): Promise<FileHead> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // One byte more tells whether that was all.
  for await (const chunk of readContent(found, readChunks(found, HEAD_BYTES), HEAD_BYTES)) {
    parts.push(chunk.slice());
    length += chunk.length;
    if (length > HEAD_BYTES) break;
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)).subarray(0, HEAD_BYTES), isWhole: length <= HEAD_BYTES };
}

function transcodeHead(raw: FileHead, encoding: Utf16): FileHead {
  const transcoder = new Utf16Transcoder(encoding);
  const text = transcoder.push(raw.bytes);
  return { bytes: raw.isWhole ? Buffer.concat([text, transcoder.end()]) : text, isWhole: raw.isWhole };
}

function explain(path: string, error: unknown): Error {
  const code = (error as { code?: unknown }).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new InputError(path, 'there is no such file', 'check the path');
  if (code === 'EACCES' || code === 'EPERM') return new InputError(path, 'may not be read', 'check its permissions');
  return new InputError(path, `cannot be read (${String(code)})`, 'check the disk', { cause: error });
}

function changed(path: string): InputError {
  return new InputError(path, 'changed while it was read', 'load it again when it is complete');
}

/** The bytes of the file as they lie on the disk. Each chunk is good until the next one is asked for. */
async function* readChunks(found: FoundFile, chunkBytes: number): AsyncGenerator<Uint8Array> {
  const { path, file: name } = found;
  let file: FileHandle;
  try {
    file = await open(name, 'r');
  } catch (error) {
    throw explain(path, error);
  }
  try {
    const requireUnchanged = async (): Promise<void> => {
      if ((await file.stat()).mtimeMs !== found.modifiedMs) throw changed(path);
    };
    await requireUnchanged();
    const buffer = new Uint8Array(chunkBytes);
    let count = 0;
    for (;;) {
      let filled: number;
      try {
        filled = (await file.read(buffer, 0, buffer.length, null)).bytesRead;
      } catch (error) {
        throw explain(path, error);
      }
      if (filled === 0) break;
      count += filled;
      yield buffer.subarray(0, filled);
    }
    if (count !== found.bytes) throw changed(path);
    await requireUnchanged();
  } finally {
    await file.close();
  }
}

function readContent(
  found: FoundFile,
  chunks: AsyncGenerator<Uint8Array>,
  chunkBytes: number,
): AsyncGenerator<Uint8Array> {
  return found.container === null ? chunks : unpack(chunks, found.container, found, chunkBytes);
}

function readText(source: Source, chunks: AsyncGenerator<Uint8Array>, chunkBytes: number): AsyncGenerator<Uint8Array> {
  const content = readContent(source, chunks, chunkBytes);
  return isUtf16(source.encoding) ? transcode(content, source.encoding) : content;
}

async function* transcode(content: AsyncGenerator<Uint8Array>, encoding: Utf16): AsyncGenerator<Uint8Array> {
  const transcoder = new Utf16Transcoder(encoding);
  for await (const chunk of content) yield transcoder.push(chunk);
  yield transcoder.end();
}

/** The text of a source in order, and the hash of its file when all was read. */
export class SourceReader {
  readonly source: Source;
  readonly #chunkBytes: number;
  readonly #hash: Hash = createHash('sha256');
  #bytesRead = 0;

  /** `chunkBytes` is read at once. */
  constructor(source: Source, chunkBytes: number) {
    this.source = source;
    this.#chunkBytes = chunkBytes;
  }

  /** Bytes of the file as given. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** SHA-256 of what was read of the file as given, in hex. */
  sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /**
   * Reads the file to its end and gives its text: unpacked, and as UTF-8 if it is UTF-16. Each chunk is good until the
   * next one is asked for.
   * @throws InputError when the file cannot be read to its end, or changed since it was looked at
   */
  chunks(): AsyncGenerator<Uint8Array> {
    return readText(this.source, this.#hashChunks(), this.#chunkBytes);
  }

  async *#hashChunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of readChunks(this.source, this.#chunkBytes)) {
      this.#hash.update(chunk);
      this.#bytesRead += chunk.length;
      yield chunk;
    }
  }
}

/**
 * SHA-256 of the first bytes of the file as given, in hex; `null` if it has not so many.
 * @throws InputError when it cannot be read
 */
export function hashBeginning({ path, file }: Source, bytes: number): string | null {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(Math.min(bytes, HASHED_AT_ONCE));
  let left = bytes;
  try {
    const descriptor = openSync(file, 'r');
    try {
      while (left > 0) {
        const count = readSync(descriptor, buffer, 0, Math.min(left, buffer.length), null);
        if (count === 0) return null;
        hash.update(buffer.subarray(0, count));
        left -= count;
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw explain(path, error);
  }
  return hash.digest('hex');
}

const HASHED_AT_ONCE = 1 << 20;

/**
 * Gives records of a source again, in the order in which they stand in its text. A file that is text itself is read where
 * they stand; one that must be unpacked or transcoded is read once more from its beginning, and never held.
 */
export class RecordReader {
  readonly #source: Source;
  readonly #chunkBytes: number;
  #file: number | null = null;
  #chunks: AsyncGenerator<Uint8Array> | null = null;
  #chunk: Uint8Array = new Uint8Array(0);
  /** Where the chunk begins in the text. */
  #start = 0;

  constructor(source: Source, chunkBytes: number) {
    this.#source = source;
    this.#chunkBytes = chunkBytes;
  }

  /**
   * Some bytes of the text, at an offset not before the end of those given last.
   * @throws InputError when they are not there any more
   */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const { container, encoding } = this.#source;
    return container === null && !isUtf16(encoding) ? this.#readAt(offset, length) : this.#readOn(offset, length);
  }

  #readAt(offset: number, length: number): Uint8Array {
    const { path, file, modifiedMs } = this.#source;
    this.#file ??= openSync(file, 'r');
    const bytes = new Uint8Array(length);
    const filled = readSync(this.#file, bytes, 0, length, offset);
    if (filled !== length || fstatSync(this.#file).mtimeMs !== modifiedMs) throw changed(path);
    return bytes;
  }

  async #readOn(offset: number, length: number): Promise<Uint8Array> {
    this.#chunks ??= readText(this.#source, readChunks(this.#source, this.#chunkBytes), this.#chunkBytes);
    const bytes = new Uint8Array(length);
    for (let filled = 0; ; ) {
      const from = offset + filled - this.#start;
      const part = this.#chunk.subarray(from, from + length - filled);
      bytes.set(part, filled);
      filled += part.length;
      if (filled === length) return bytes;
      this.#start += this.#chunk.length;
      const next = await this.#chunks.next();
      if (next.done === true) throw changed(this.#source.path);
      this.#chunk = next.value;
    }
  }

  async close(): Promise<void> {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    await this.#chunks?.return(undefined);
  }
}
