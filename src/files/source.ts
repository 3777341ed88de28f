/** Input files: their beginning, their bytes in order, their hash. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FileHead } from '../core/read/recognize.js';

/** An input file that cannot be loaded. The message names the file and the remedy, and holds nothing of its contents. */
export class InputError extends Error {
  readonly code = 'input';
  constructor(path: string, problem: string, remedy: string, options?: { cause?: unknown }) {
    super(`${path}: ${problem}; ${remedy}`, options);
    this.name = 'InputError';
  }
}

const HEAD_BYTES = 1 << 18;

/** The files of a folder, without hidden ones, in the order of their names; a path of anything else stands for itself. */
export function listFiles(path: string): string[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) return [path];
  const names = readdirSync(path, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  const files = names.map(({ name }) => name).filter((name) => !name.startsWith('.'));
  if (files.length === 0) throw new InputError(path, 'is a folder without files', 'give the files, or their folder');
  return files.sort().map((name) => join(path, name));
}

/** A file of a submission, known to be there and to be readable. */
export interface Source {
  /** As given by the user. */
  readonly path: string;
  /** Without its folders. */
  readonly name: string;
  /** The last part of its path. */
  readonly fileName: string;
  /** Size when it was opened. */
  readonly bytes: number;
  readonly head: FileHead;
  /** Time of the last change, to see that nobody changes the file while it is read. */
  readonly modifiedMs: number;
}

/** Looks at a file and its beginning. @throws InputError when it is missing, no file, or may not be read */
export function openSource(path: string): Source {
  let file: number;
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw new InputError(path, 'is a folder', 'give the files in it');
    if (!stats.isFile()) throw new InputError(path, 'is no file', 'save the records to a file first');
    file = openSync(path, 'r');
  } catch (error) {
    throw error instanceof InputError ? error : explain(path, error);
  }
  try {
    const stats = fstatSync(file);
    const buffer = new Uint8Array(Math.min(HEAD_BYTES, stats.size));
    const filled = readSync(file, buffer, 0, buffer.length, 0);
    return {
      path,
      name: basename(path),
      fileName: basename(path),
      bytes: stats.size,
      head: { bytes: buffer.subarray(0, filled), isWhole: stats.size <= filled },
      modifiedMs: stats.mtimeMs,
    };
  } finally {
    closeSync(file);
  }
}

function explain(path: string, error: unknown): Error {
  const code = (error as { code?: unknown }).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new InputError(path, 'there is no such file', 'check the path');
  if (code === 'EACCES' || code === 'EPERM') return new InputError(path, 'may not be read', 'check its permissions');
  return new InputError(path, `cannot be read (${String(code)})`, 'check the disk', { cause: error });
}

/** The bytes of a source in order, and their hash when all were read. */
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

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** SHA-256 of all bytes, in hex. Call it once, when the chunks are at their end. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  /**
   * Reads the file to its end. Each chunk is good until the next one is asked for.
   * @throws InputError when the file cannot be read to its end, or changed since it was looked at
   */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const { path } = this.source;
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (error) {
      throw explain(path, error);
    }
    try {
      const buffer = new Uint8Array(this.#chunkBytes);
      for (;;) {
        let filled: number;
        try {
          filled = (await file.read(buffer, 0, buffer.length, null)).bytesRead;
        } catch (error) {
          throw explain(path, error);
        }
        if (filled === 0) break;
        const chunk = buffer.subarray(0, filled);
        this.#hash.update(chunk);
        this.#bytesRead += filled;
        yield chunk;
      }
      const stats = await file.stat();
      if (this.#bytesRead !== this.source.bytes || stats.mtimeMs !== this.source.modifiedMs) {
        throw new InputError(path, 'changed while it was read', 'load it again when it is complete');
      }
    } finally {
      await file.close();
    }
  }
}

/** Some bytes of a source. @throws InputError when they are not there any more */
export function readRange(source: Source, offset: number, length: number): Uint8Array {
  const file = openSync(source.path, 'r');
  try {
    const bytes = new Uint8Array(length);
    const filled = readSync(file, bytes, 0, length, offset);
    if (filled !== length || fstatSync(file).mtimeMs !== source.modifiedMs) {
      throw new InputError(source.path, 'changed while it was read', 'load it again when it is complete');
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}
