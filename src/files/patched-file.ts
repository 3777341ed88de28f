/** A file some of whose bytes are replaced by as many others: in a copy, which takes its place when it is whole. */
import { closeSync, copyFileSync, openSync, renameSync, writeSync } from 'node:fs';
import type { FileEncoding } from '../core/read/decode.js';
import { encodeUtf16, isUtf16 } from '../core/read/utf16.js';

export class PatchedFile {
  readonly #path: string;
  readonly #copy: string;
  readonly #encoding: FileEncoding | null;
  #file: number | null;

  /** `encoding` is that of the file; what is put is UTF-8 where that is UTF-16. */
  constructor(path: string, encoding: FileEncoding | null) {
    this.#path = path;
    this.#copy = `${path}.redacted`;
    this.#encoding = encoding;
    copyFileSync(path, this.#copy);
    this.#file = openSync(this.#copy, 'r+', 0o600);
  }

  /** Puts bytes at an offset of the file. */
  put(bytes: Uint8Array, offset: number): void {
    const own = isUtf16(this.#encoding) ? encodeUtf16(bytes, this.#encoding) : bytes;
    for (let written = 0; written < own.length; ) {
      written += writeSync(this.#file!, own, written, own.length - written, offset + written);
    }
  }

  /** Gives the copy the place of the file. */
  finish(): void {
    this.close();
    renameSync(this.#copy, this.#path);
  }

  /** Closes the copy. One that was not finished stays in the folder, which goes with its run. */
  close(): void {
    if (this.#file === null) return;
    closeSync(this.#file);
    this.#file = null;
  }
}
