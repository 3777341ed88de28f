/** Packed rows outside the heap: a clinic's patients are too many for texts that every collection of garbage looks at. */

const CHUNK_BYTES = 1 << 20;

/** Packed rows by number, in the order in which they were added, as UTF-8. */
export class PackedRows {
  readonly #chunks: Buffer[] = [Buffer.allocUnsafeSlow(CHUNK_BYTES)];
  /** Bytes used of the last chunk. */
  #used = 0;
  /** Where each row lies: the number of its chunk, its first byte there, and how many it has. */
  readonly #chunkOf: number[] = [];
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];

  get length(): number {
    return this.#chunkOf.length;
  }

  push(packed: string): void {
    const bytes = Buffer.byteLength(packed);
    if (this.#used + bytes > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes)));
      this.#used = 0;
    }
    const chunk = this.#chunks.length - 1;
    this.#chunks[chunk]!.write(packed, this.#used);
    this.#chunkOf.push(chunk);
    this.#starts.push(this.#used);
    this.#lengths.push(bytes);
    this.#used += bytes;
  }

  /** The row of a number from 0. */
  at(index: number): string {
    const start = this.#starts[index]!;
    return this.#chunks[this.#chunkOf[index]!]!.toString('utf8', start, start + this.#lengths[index]!);
  }
}
