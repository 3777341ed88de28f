/** Texts cut into records. */
import { type Block, type CutterOptions, RecordCutter } from '../../src/core/read/blocks.js';

/** A record as it was cut, with its place. */
export interface CutRecord {
  readonly text: string;
  readonly number: number;
  readonly line: number;
  readonly offset: number;
  readonly shape: number;
}

/** A text in UTF-8. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The records of blocks, one after the other. */
export function recordsOf(blocks: readonly Block[]): CutRecord[] {
  return blocks.flatMap((block) =>
    Array.from({ length: block.count }, (_, index) => ({
      text: new TextDecoder().decode(block.bytes.subarray(block.starts[index], block.ends[index])),
      number: block.firstRecord + index,
      line: block.lines[index]!,
      offset: block.offset + block.starts[index]!,
      shape: block.shapes[index]!,
    })),
  );
}

/** Cuts bytes that arrive in chunks which end at the given places. */
export function cut(bytes: Uint8Array, options: CutterOptions, cuts: readonly number[] = []): CutRecord[] {
  const cutter = new RecordCutter(options);
  const blocks: Block[] = [];
  let start = 0;
  for (const end of [...cuts].sort((a, b) => a - b).concat(bytes.length)) {
    blocks.push(...cutter.push(bytes.slice(start, end)));
    start = end;
  }
  blocks.push(...cutter.end());
  return recordsOf(blocks);
}

/** Cuts a text that arrives in one piece. */
export function cutText(text: string, options: CutterOptions): CutRecord[] {
  return cut(bytesOf(text), options);
}
