import { describe, expect, test } from 'vitest';
import { compileFilePlans, type FileRecipe } from '../../src/core/file-plans.js';
import { type Block, RecordCutter } from '../../src/core/read/blocks.js';
import { transformBlock } from '../../src/core/transform.js';
import { createExecutor, InlineExecutor, ThreadExecutor } from '../../src/threads/executor.js';
import { CODES, MIIS, TODAY } from '../support/fixtures.js';

const RECIPE: FileRecipe = {
  role: 'patient',
  spec: MIIS,
  today: TODAY,
  site: 'SITE',
  header: null,
  headerBytes: null,
  fieldCount: 40,
  encoding: null,
};

function plans() {
  return compileFilePlans(RECIPE, CODES, null);
}

/** Blocks of a few records each, some of them faulty. */
function blocks(count: number): Block[] {
  const lines = Array.from({ length: count * 3 }, (_, i) => {
    const cells = new Array(40).fill('');
    [cells[0], cells[1], cells[2], cells[3], cells[5]] = [
      'F1',
      `P${i}`,
      `Smith${i}`,
      'Anna',
      i % 4 === 0 ? '20150230' : '20150504',
    ];
    return `${cells.join('|')}\n`;
  });
  const cutter = new RecordCutter({ delimiter: 124, quote: 34, fieldCount: 40, blockBytes: 150 });
  return [...cutter.push(Buffer.from(lines.join(''))), ...cutter.end()];
}

describe('threads', () => {
  test.each([1, 3])('make of each block what the thread that asks would make of it: %d', async (count) => {
    const executor = new ThreadExecutor(count, CODES, null);
    try {
      const own = plans();
      const file = executor.open(RECIPE, own);
      const given = blocks(20);
      expect(given.length).toBeGreaterThan(10);
      const made = await Promise.all(given.map(async (block) => (await file.transform(block, 'records'))()));
      const expected = given.map((block) => [transformBlock(block, plans().plan)]);
      expect(made).toEqual(expected);
      expect(made.flat().some(({ issues }) => issues.length > 0)).toBe(true);
    } finally {
      await executor.close();
    }
  });

  test('leave the blocks that they were given as they are', async () => {
    const executor = new ThreadExecutor(1, CODES, null);
    try {
      const [block] = blocks(1);
      const before = structuredClone(block);
      await executor.open(RECIPE, plans()).transform(block!, 'records');
      expect(structuredClone(block)).toEqual(before);
    } finally {
      await executor.close();
    }
  });

  test('tell a fault, and go on with other files', async () => {
    const executor = new ThreadExecutor(1, CODES, null);
    try {
      const [block] = blocks(1);
      const impossible = executor.open({ ...RECIPE, role: 'comment' }, plans());
      await expect(impossible.transform(block!, 'records')).rejects.toThrow('comment');
      const file = executor.open(RECIPE, plans());
      expect((await file.transform(block!, 'records'))()).toHaveLength(1);
    } finally {
      await executor.close();
    }
  });

  test('that are gone give no answer but an error', async () => {
    const executor = new ThreadExecutor(2, CODES, null);
    const file = executor.open(RECIPE, plans());
    const asked = blocks(4).map((block) => file.transform(block, 'records'));
    const settled = Promise.allSettled(asked);
    await executor.close();
    expect((await settled).some(({ status }) => status === 'rejected')).toBe(true);
    await expect(file.transform(blocks(1)[0]!, 'records')).rejects.toThrow('has ended');
  });
});

describe('the executor of a run', () => {
  const options = { codes: CODES, map: null };

  test('has no thread for files that are read before one is ready', () => {
    expect(createExecutor({ ...options, threads: 'auto', bytes: 1_000_000 })).toBeInstanceOf(InlineExecutor);
  });

  test('has as many threads as it is told, whatever there is to read', async () => {
    expect(createExecutor({ ...options, threads: 0, bytes: 1e9 })).toBeInstanceOf(InlineExecutor);
    const executor = createExecutor({ ...options, threads: 2, bytes: 10 });
    expect(executor).toBeInstanceOf(ThreadExecutor);
    expect(executor.blocksInFlight).toBeGreaterThan(2);
    await executor.close();
  });
});
