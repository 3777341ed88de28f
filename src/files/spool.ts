/**
 * Lines of text that are written now and read later, in memory as long as they are few.
 *
 * More of them go to a file that has no name: it is removed from its folder as soon as it is open, so that a killed
 * process leaves nothing behind.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const MEMORY_CHARACTERS = 1 << 22;
const READ_BYTES = 1 << 18;

/** A part of a spool's file. */
export interface SpoolSection {
  readonly offset: number;
  readonly bytes: number;
}

/** A file without a name, for data that must not outlive the process. */
export class UnnamedFile {
  readonly #file: number;
  readonly #path: string;
  #length = 0;

  constructor(folder: string, name: string) {
    this.#path = join(folder, `.${name}-${process.pid}`);
    this.#file = openSync(this.#path, 'wx+', 0o600);
    this.#removeName();
  }

  #removeName(): void {
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // Windows removes no open file: tried again on close.
    }
  }

  /** Appends text and says where it lies. */
  append(text: string): SpoolSection {
    const buffer = Buffer.from(text, 'utf8');
    const offset = this.#length;
    let written = 0;
    while (written < buffer.length) {
      written += writeSync(this.#file, buffer, written, buffer.length - written, offset + written);
    }
    this.#length += written;
    return { offset, bytes: written };
  }

  /** The lines of a section, each ended by a line feed. */
  *lines(section: SpoolSection): Generator<string> {
    const decoder = new TextDecoder('utf-8');
    const buffer = Buffer.alloc(Math.min(READ_BYTES, section.bytes));
    let rest = '';
    let at = section.offset;
    const end = section.offset + section.bytes;
    while (at < end) {
      const filled = readSync(this.#file, buffer, 0, Math.min(buffer.length, end - at), at);
      if (filled === 0) throw new Error('a temporary file was cut short');
      at += filled;
      const lines = (rest + decoder.decode(buffer.subarray(0, filled), { stream: true })).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
  }

  close(): void {
    closeSync(this.#file);
    this.#removeName();
  }
}

/** A list of lines that may be longer than memory. */
export class Spool {
  readonly #folder: string;
  readonly #name: string;
  #file: UnnamedFile | null = null;
  readonly #sections: SpoolSection[] = [];
  #pending: string[] = [];
  #pendingCharacters = 0;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
  }

  /** Adds a line, which holds no line feed. */
  append(line: string): void {
    this.#pending.push(line);
    this.#pendingCharacters += line.length;
    if (this.#pendingCharacters < MEMORY_CHARACTERS) return;
    this.#file ??= new UnnamedFile(this.#folder, this.#name);
    this.#sections.push(this.#file.append(`${this.#pending.join('\n')}\n`));
    this.#pending = [];
    this.#pendingCharacters = 0;
  }

  /** All lines in their order. */
  *lines(): Generator<string> {
    for (const section of this.#sections) yield* this.#file!.lines(section);
    yield* this.#pending;
  }

  close(): void {
    this.#file?.close();
  }
}
