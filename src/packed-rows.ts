/** Packed rows outside the heap: a clinic's patients are too many for texts that every collection of garbage looks at. */

const CHUNK_BYTES = 1 << 20;

/** Packed rows by number, in the order in which they were added, as UTF-8. */
export class PackedRows {
  readonly #chunks: Buffer[] = [];
  /** Bytes used of the last chunk. */
  #used = CHUNK_BYTES;
  /** Where each row lies: its chunk, and its first byte and length there. */
  readonly #places: number[] = [];
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];

  get length(): number {
    return this.#places.length;
  }

  push(packed: string): void {
    const bytes = Buffer.byteLength(packed);
    if (this.#used + bytes > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes)));
      this.#used = 0;
    }
    const chunk = this.#chunks.length - 1;
    this.#chunks[chunk]!.write(packed, this.#used);
    this.#places.push(chunk);
    this.#starts.push(this.#used);
    this.#lengths.push(bytes);
    this.#used += bytes;
  }

  /** The row of a number from 0. */
  at(index: number): string {
    const start = this.#starts[index]!;
    return this.#chunks[this.#places[index]!]!.toString('utf8', start, start + this.#lengths[index]!);
  }
}
