/** Input files: what is refused, and that their bytes and hash are exact. */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/files/input-error.js';
import { openSource, RecordReader, SourceReader } from '../../src/files/source.js';
import { Sandbox } from '../support/sandbox.js';

/** Bytes that differ from place to place. */
function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
}

async function readAll(reader: SourceReader): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of reader.chunks()) parts.push(chunk.slice());
  return Buffer.concat(parts);
}

const HEAD = 1 << 18;
const CHUNK = 1 << 20;

describe('a file', () => {
  test.each([0, 1, HEAD - 1, HEAD, HEAD + 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17])(
    'of %i bytes is read whole, and its hash is that of its bytes',
    async (length) => {
      using sandbox = new Sandbox();
      const content = bytesOf(length);
      const source = await openSource(sandbox.write('in.txt', content));
      expect(source).toMatchObject({ path: sandbox.path('in.txt'), name: 'in.txt', bytes: length });
      expect(source.head.isWhole).toBe(length <= HEAD);
      expect(Buffer.compare(source.head.bytes, content.subarray(0, HEAD))).toBe(0);
      const reader = new SourceReader(source, CHUNK);
      expect(Buffer.compare(await readAll(reader), content)).toBe(0);
      expect(reader.bytesRead).toBe(length);
      expect(reader.sha256()).toBe(createHash('sha256').update(content).digest('hex'));
    },
  );

  test('gives any of its bytes again', async () => {
    using sandbox = new Sandbox();
    const content = bytesOf(5000);
    const source = await openSource(sandbox.write('in.txt', content));
    const reader = new RecordReader(source, 700);
    for (const [offset, length] of [
      [0, 1],
      [17, 400],
      [500, 0],
      [1000, 3999],
      [4999, 1],
    ] as const) {
      expect(Buffer.compare(await reader.read(offset, length), content.subarray(offset, offset + length))).toBe(0);
    }
    await reader.close();
  });

  test('may be reached by a link', async () => {
    using sandbox = new Sandbox();
    sandbox.write('in.txt', 'x');
    symlinkSync(sandbox.path('in.txt'), sandbox.path('link.txt'));
    expect(await openSource(sandbox.path('link.txt'))).toMatchObject({ name: 'link.txt', bytes: 1 });
  });
});

describe('what cannot be read is refused by name, with a remedy', () => {
  test.each([
    [
      'a file that is not there',
      (sandbox: Sandbox) => sandbox.path('gone.txt'),
      'there is no such file; check the path',
    ],
    [
      'a file in a file',
      (sandbox: Sandbox) => `${sandbox.write('in.txt', 'x')}/in.txt`,
      'there is no such file; check the path',
    ],
    [
      'a folder',
      (sandbox: Sandbox) => {
        mkdirSync(sandbox.path('folder'));
        return sandbox.path('folder');
      },
      'is a folder; give the files in it',
    ],
    [
      'a link to nowhere',
      (sandbox: Sandbox) => {
        symlinkSync(sandbox.path('gone.txt'), sandbox.path('link.txt'));
        return sandbox.path('link.txt');
      },
      'there is no such file; check the path',
    ],
    [
      'links that go round',
      (sandbox: Sandbox) => {
        symlinkSync(sandbox.path('round.txt'), sandbox.path('round.txt'));
        return sandbox.path('round.txt');
      },
      'cannot be read (ELOOP); check the disk',
    ],
  ])('%s', async (_, make, says) => {
    using sandbox = new Sandbox();
    const path = make(sandbox);
    await expect(openSource(path)).rejects.toThrow(new InputError(path, ...(says.split('; ') as [string, string])));
    await expect(openSource(path)).rejects.toThrow(
      expect.objectContaining({ code: 'input', name: 'InputError', message: `${path}: ${says}` }),
    );
  });

  test('what is neither file nor folder', async () => {
    using sandbox = new Sandbox();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(sandbox.path('socket'), resolve));
    try {
      await expect(openSource(sandbox.path('socket'))).rejects.toThrow('is no file; save the records to a file first');
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('a file that changes while it is loaded is refused', () => {
  const CHANGED = 'changed while it was read; load it again when it is complete';

  test.each([
    ['that has grown', (path: string) => appendFileSync(path, 'more')],
    ['that was cut short', (path: string) => writeFileSync(path, 'x')],
    ['that was written again', (path: string) => utimesSync(path, 1_000_000, 1_000_000)],
  ])('%s', async (_, change) => {
    using sandbox = new Sandbox();
    const source = await openSource(sandbox.write('in.txt', bytesOf(2000)));
    change(sandbox.path('in.txt'));
    await expect(readAll(new SourceReader(source, CHUNK))).rejects.toThrow(`${source.path}: ${CHANGED}`);
    const again = new RecordReader(source, CHUNK);
    await expect(again.read(0, 100)).rejects.toThrow(CHANGED);
    await again.close();
  });

  test('that is gone', async () => {
    using sandbox = new Sandbox();
    const source = await openSource(sandbox.write('in.txt', 'x'));
    rmSync(source.path);
    await expect(readAll(new SourceReader(source, CHUNK))).rejects.toThrow(
      `${source.path}: there is no such file; check the path`,
    );
  });
});
