/** Lines that wait for later, in memory or in a file without a name. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Spool, UnnamedFile } from '../../src/files/spool.js';
import { Sandbox } from '../support/sandbox.js';

describe('a spool', () => {
  test.each([
    ['a few short lines', 10, 20],
    ['more than memory is given', 300, 40_000],
  ])('gives %s back in their order, as often as asked', (_, count, length) => {
    using sandbox = new Sandbox();
    const spool = new Spool(sandbox.folder, 'lines');
    const lines = Array.from({ length: count }, (_, i) => `${i}é${'x'.repeat(length)}`);
    for (const line of lines) spool.append(line);
    expect(sandbox.files()).toEqual([]);
    for (let time = 0; time < 2; time++) {
      let i = 0;
      for (const line of spool.lines()) if (line !== lines[i++]) throw new Error(`line ${i} differs`);
      expect(i).toBe(count);
    }
    spool.close();
    expect(sandbox.files()).toEqual([]);
  });

  test('may be empty', () => {
    using sandbox = new Sandbox();
    const spool = new Spool(sandbox.folder, 'lines');
    expect([...spool.lines()]).toEqual([]);
    spool.close();
  });
});

describe('a file without a name', () => {
  test('gives each section its own lines, also when they are read by turns', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/\p{Cc}/gu, ' '));
    const section = fc.array(line, { minLength: 1, maxLength: 20 });
    using sandbox = new Sandbox();
    fc.assert(
      fc.property(section, section, (a, b) => {
        const file = new UnnamedFile(sandbox.folder, 'rows');
        try {
          const [first, second] = [a, b].map((lines) => file.append(`${lines.join('\n')}\n`));
          expect(second!.offset).toBe(first!.bytes);
          const [readA, readB] = [file.lines(first!), file.lines(second!)];
          const read: string[][] = [[], []];
          for (let i = 0; i < Math.max(a.length, b.length); i++) {
            for (const [n, lines] of [readA, readB].entries()) {
              const next = lines.next();
              if (next.done !== true) read[n]!.push(next.value);
            }
          }
          expect(read).toEqual([a, b]);
        } finally {
          file.close();
        }
        expect(sandbox.files()).toEqual([]);
      }),
    );
  });

  test('is made in the folder that is given, which must be there', () => {
    using sandbox = new Sandbox();
    expect(() => new UnnamedFile(sandbox.path('gone'), 'rows')).toThrow(/ENOENT/);
  });
});
