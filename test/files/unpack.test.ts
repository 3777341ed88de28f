/** Files that come in `.gz` and `.zip`: what is in them comes out, and nothing that is not whole or out of measure. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/files/input-error.js';
import { openSource, RecordReader, type Source, type SourceOptions, SourceReader } from '../../src/files/source.js';
import { utf16 } from '../support/encodings.js';
import { Sandbox } from '../support/sandbox.js';
import { type ZipContent, zip } from '../support/zip.js';

const TEXT = Array.from({ length: 400 }, (_, i) => `F1|${i}|Núñez|Anna|20150504|${(i * 7919) % 1000}\n`).join('');
const BYTES = Buffer.from(TEXT);
const OTHER = { name: 'other.txt', content: 'F9|9|Other\n' };

async function readAll(source: Source, chunkBytes: number): Promise<{ content: Buffer; reader: SourceReader }> {
  const reader = new SourceReader(source, chunkBytes);
  const parts: Uint8Array[] = [];
  for await (const chunk of reader.chunks()) parts.push(chunk.slice());
  return { content: Buffer.concat(parts), reader };
}

/** Opens a file with these bytes and reads it to its end. */
async function read(
  name: string,
  bytes: Uint8Array,
  { entry = '', chunkBytes = 1 << 16, ...options }: SourceOptions & { entry?: string; chunkBytes?: number } = {},
): Promise<{ source: Source; content: Buffer; reader: SourceReader }> {
  using sandbox = new Sandbox();
  const source = await openSource(sandbox.write(name, bytes) + entry, options);
  return { source, ...(await readAll(source, chunkBytes)) };
}

/** What is said of such a file, without its path. */
async function problemOf(...args: Parameters<typeof read>): Promise<string> {
  const error = await read(...args).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).message.replace(/^\S*\/(?=\S+: )/, '').replaceAll(/\S*\/(?=\S+#)/g, '');
}

describe('the content of a packed file', () => {
  test.each<[string, string, Uint8Array, string, string]>([
    ['gzip', 'p.txt.gz', gzipSync(BYTES), '', 'p.txt'],
    ['gzip in capitals', 'P.TXT.GZ', gzipSync(BYTES), '', 'P.TXT'],
    ['gzip under another name', 'p.txt', gzipSync(BYTES), '', 'p.txt'],
    ['gzip without a name', '.gz', gzipSync(BYTES), '', '.gz'],
    ['gzip of several members', 'p.gz', Buffer.concat([gzipSync(BYTES.subarray(0, 999)), gzipSync(''), gzipSync(BYTES.subarray(999))]), '', 'p'],
    ['gzip filled up with zeros', 'p.gz', Buffer.concat([gzipSync(BYTES), Buffer.alloc(5000)]), '', 'p'],
    ['a deflated entry', 'e.zip', zip([{ name: 'p.txt', content: BYTES }]), '', 'p.txt'],
    ['a stored entry', 'e.zip', zip([{ name: 'p.txt', content: BYTES, stored: true }]), '', 'p.txt'],
    ['an entry with a data descriptor', 'e.zip', zip([{ name: 'p.txt', content: BYTES, dataDescriptor: true }]), '', 'p.txt'],
    ['a stored entry with a data descriptor', 'e.zip', zip([{ name: 'p.txt', content: BYTES, stored: true, dataDescriptor: true }]), '', 'p.txt'],
    ['an entry of 64 bits', 'e.zip', zip([{ name: 'p.txt', content: BYTES, zip64: true }]), '', 'p.txt'],
    ['an entry of 64 bits with a data descriptor', 'e.zip', zip([{ name: 'p.txt', content: BYTES, zip64: true, dataDescriptor: true }]), '', 'p.txt'],
    ['an archive with a comment', 'e.zip', zip([{ name: 'p.txt', content: BYTES }], { comment: 'from us' }), '', 'p.txt'],
    ['an archive under another name', 'p.txt', zip([{ name: 'q.txt', content: BYTES }]), '', 'q.txt'],
    ['an entry in a folder', 'e.zip', zip([{ name: 'export/', stored: true }, { name: 'export/p.txt', content: BYTES }]), '', 'p.txt'],
    ['an entry with a path of Windows', 'e.zip', zip([{ name: 'export\\p.txt', content: BYTES }]), '', 'p.txt'],
    ['the only file beside what macOS adds', 'e.zip', zip([{ name: 'p.txt', content: BYTES }, { name: '__MACOSX/._p.txt', content: 'x' }, { name: '.DS_Store', content: 'x' }]), '', 'p.txt'],
    ['an entry that is named', 'e.zip', zip([OTHER, { name: 'p.txt', content: BYTES }, OTHER]), '#p.txt', 'p.txt'],
    ['an entry that is named by the end of its path', 'e.zip', zip([OTHER, { name: 'a/b/p.txt', content: BYTES }]), '#b/p.txt', 'p.txt'],
    ['an entry whose name is in another folder as well', 'e.zip', zip([{ name: 'a/p.txt', content: 'x' }, { name: 'p.txt', content: BYTES }]), '#p.txt', 'p.txt'],
    ['an entry with a # in its name', 'e.zip', zip([OTHER, { name: 'p#1.txt', content: BYTES }]), '#p#1.txt', 'p#1.txt'],
    ['an entry whose name no file could have', 'e.zip', zip([{ name: 'a<b>:"|?*\u001b[31m\u202e. ', content: BYTES }]), '', 'a_b_______[31m_'],
    ['an entry with a name of no end', 'e.zip', zip([{ name: 'é'.repeat(5000), content: BYTES }]), '', 'é'.repeat(100)],
    ['an entry with a name of blanks', 'e.zip', zip([{ name: ' . ', content: BYTES }]), '', 'unnamed'],
  ])('of %s', async (_, file, packed, entry, name) => {
    for (const chunkBytes of [1 << 20, 4096, 13]) {
      const { source, content, reader } = await read(file, packed, { entry, chunkBytes });
      expect(source).toMatchObject({ name, bytes: packed.length, encoding: null, head: { isWhole: true } });
      expect(Buffer.compare(source.head.bytes, BYTES)).toBe(0);
      expect(Buffer.compare(content, BYTES)).toBe(0);
      // Hash and size are those of the file that was given, all of it.
      expect(reader.sha256()).toBe(createHash('sha256').update(packed).digest('hex'));
      expect(reader.bytesRead).toBe(packed.length);
    }
  }); // biome-ignore format: a table

  test('may be longer than what is looked at first', async () => {
    const content = Buffer.from(TEXT.repeat(60));
    const found = await read('p.gz', gzipSync(content));
    expect(found.source.head).toMatchObject({ isWhole: false });
    expect(Buffer.compare(found.source.head.bytes, content.subarray(0, 1 << 18))).toBe(0);
    expect(Buffer.compare(found.content, content)).toBe(0);
  });

  test('may be UTF-16', async () => {
    const { source, content } = await read('p.gz', gzipSync(utf16(`\ufeff${TEXT}`, 'utf-16be')), { chunkBytes: 7 });
    expect(source).toMatchObject({ name: 'p', encoding: 'utf-16be' });
    expect(content.toString()).toBe(`\ufeff${TEXT}`);
  });

  test('is read from a file whose own name has a #', async () => {
    const { source, content } = await read('a#b.txt', BYTES);
    expect(source).toMatchObject({ name: 'a#b.txt', container: null });
    expect(Buffer.compare(content, BYTES)).toBe(0);
  });

  test('gives its records again, in their order', async () => {
    const plain = BYTES;
    const ways: [string, Uint8Array, SourceOptions][] = [
      ['p.txt', plain, {}],
      ['p.txt', utf16(TEXT), {}],
      ['p.gz', gzipSync(plain), {}],
      ['p.zip', zip([OTHER, { name: 'p.txt', content: plain, stored: true }]), {}],
      ['p.gz', gzipSync(utf16(TEXT, 'utf-16be')), { encoding: 'utf-16be' }],
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ways),
        fc.array(fc.tuple(fc.nat(900), fc.nat(60)), { maxLength: 12 }),
        fc.integer({ min: 1, max: 3000 }),
        async ([name, bytes, options], steps, chunkBytes) => {
          using sandbox = new Sandbox();
          const path = sandbox.write(name, bytes) + (name === 'p.zip' ? '#p.txt' : '');
          const reader = new RecordReader(await openSource(path, options), chunkBytes);
          let at = 0;
          for (const [skip, length] of steps) {
            at += skip;
            const expected = plain.subarray(at, at + length);
            expect(Buffer.compare(await reader.read(at, expected.length), expected)).toBe(0);
            at += expected.length;
          }
          await reader.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});

const AGAIN = 'pack it again, or get it sent again';
const ENTRY: ZipContent = { name: 'p.txt', content: BYTES };

/** The bytes with some of them changed. */
function change(bytes: Uint8Array, at: number, ...to: readonly number[]): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed.set(to, at < 0 ? bytes.length + at : at);
  return changed;
}

describe('a packed file is refused', () => {
  const gz = gzipSync(BYTES);
  const archive = zip([ENTRY]);
  const central = archive.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  const behindOther = zip([OTHER, ENTRY]);
  const LOCAL = Buffer.from([0x50, 0x4b, 3, 4]);

  test.each<[string, string, Uint8Array, string, string]>([
    ['that is cut short', 'p.gz', gz.subarray(0, -500), '', `p.gz: is cut short; ${AGAIN}`],
    ['that is cut short in its last bytes', 'p.gz', gz.subarray(0, -1), '', `p.gz: is cut short; ${AGAIN}`],
    ['that is cut short in its header', 'p.gz', gz.subarray(0, 5), '', `p.gz: is cut short; ${AGAIN}`],
    ['whose second member is cut short', 'p.gz', Buffer.concat([gz, gz.subarray(0, 1)]), '', `p.gz: is cut short; ${AGAIN}`],
    ['with text behind its end', 'p.gz', Buffer.concat([gz, Buffer.from('and more')]), '', `p.gz: has something else behind its end; ${AGAIN}`],
    ['with text behind zeros behind its end', 'p.gz', Buffer.concat([gz, Buffer.alloc(5000), Buffer.from('more')]), '', `p.gz: has something else behind its end; ${AGAIN}`],
    ['with a member behind zeros behind its end', 'p.gz', Buffer.concat([gz, Buffer.alloc(50), gz]), '', `p.gz: has something else behind its end; ${AGAIN}`],
    ['with a byte that is wrong', 'p.gz', change(gz, 700, gz[700]! ^ 0xff), '', `p.gz: is damaged; ${AGAIN}`],
    ['with a checksum that is wrong', 'p.gz', change(gz, -6, gz[gz.length - 6]! ^ 1), '', `p.gz: is damaged; ${AGAIN}`],
    ['with a length that is wrong', 'p.gz', change(gz, -1, 9), '', `p.gz: is damaged; ${AGAIN}`],

    ['with two files', 'e.zip', zip([ENTRY, OTHER]), '', 'e.zip: holds 2 files (p.txt, other.txt); say which, such as e.zip#p.txt'],
    ['with many files', 'e.zip', zip(Array.from({ length: 300 }, (_, i) => ({ name: `${i}`, stored: true }))), '', 'e.zip: holds 300 files (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, and 290 more); say which, such as e.zip#0'],
    ['with more files than anybody sends', 'e.zip', zip(Array.from({ length: 10_001 }, () => ({ name: '', stored: true }))), '', 'e.zip: holds 10001 files; pack the file to be loaded by itself'],
    ['with names that a terminal would obey', 'e.zip', zip([{ name: '\u001b[2J\u202egpj.exe\n' }, { name: 'x'.repeat(500) }]), '', `e.zip: holds 2 files (�[2J�gpj.exe�, ${'x'.repeat(80)}…); say which, such as e.zip#�[2J�gpj.exe�`],
    ['without the file that is named', 'e.zip', zip([ENTRY, OTHER]), '#q.txt', 'e.zip#q.txt: is not there; the archive holds 2 files (p.txt, other.txt); say which, such as e.zip#p.txt'],
    ['without the only file that is named', 'e.zip', archive, '#q.txt', 'e.zip#q.txt: is not there; the archive holds 1 file (p.txt); say which, such as e.zip#p.txt'],
    ['with two files of the name in two folders', 'e.zip', zip([{ ...ENTRY, name: 'a/p.txt' }, { ...ENTRY, name: 'b/p.txt' }]), '#p.txt', 'e.zip#p.txt: holds more than one, 2 files (a/p.txt, b/p.txt); say which, such as e.zip#a/p.txt'],
    ['with one name for two files', 'e.zip', zip([ENTRY, ENTRY]), '', 'e.zip: holds p.txt more than once; pack it again'],
    ['with one name for two files, one of them named', 'e.zip', zip([OTHER, ENTRY, ENTRY]), '#p.txt', 'e.zip#p.txt: holds p.txt more than once; pack it again'],
    ['without files', 'e.zip', zip([]), '', 'e.zip: holds no files; pack the records again'],
    ['with folders only', 'e.zip', zip([{ name: 'a/', stored: true }, { name: 'a/b/', stored: true }]), '', 'e.zip: holds no files; pack the records again'],
    ['with a path that leads out', 'e.zip', zip([{ ...ENTRY, name: '../../p.txt' }]), '', 'e.zip: holds a file whose path leads out of it (../../p.txt); pack it again'],
    ['with a path from the root', 'e.zip', zip([{ ...ENTRY, name: '/etc/p.txt' }]), '', 'e.zip: holds a file whose path leads out of it (/etc/p.txt); pack it again'],
    ['with a path from a drive', 'e.zip', zip([{ ...ENTRY, name: 'C:\\p.txt' }]), '', 'e.zip: holds a file whose path leads out of it (C:/p.txt); pack it again'],
    ['with a link', 'e.zip', zip([{ name: 'p.txt', content: '/etc/passwd', mode: 0o120777 }]), '', 'e.zip: holds a link (p.txt) where a file should be; pack the file itself'],
    ['that is encrypted', 'e.zip', zip([{ ...ENTRY, flags: 1 }]), '', 'e.zip: is encrypted; unpack it with its password, and load what was in it'],
    ['that is encrypted with AES', 'e.zip', zip([{ ...ENTRY, flags: 1, method: 99 }]), '', 'e.zip: is encrypted; unpack it with its password, and load what was in it'],
    ['that is encrypted strongly', 'e.zip', zip([{ ...ENTRY, flags: 0x41 }]), '', 'e.zip: is encrypted; unpack it with its password, and load what was in it'],
    ['packed with Deflate64', 'e.zip', zip([{ ...ENTRY, method: 9 }]), '', 'e.zip: is packed with Deflate64, which immload does not read; pack it the usual way'],
    ['packed with what nobody knows', 'e.zip', zip([{ ...ENTRY, method: 77 }]), '', 'e.zip: is packed with method 77, which immload does not read; pack it the usual way'],
    ['that is an Excel workbook', 'e.xlsx', zip([{ name: '[Content_Types].xml' }, { name: 'xl/workbook.xml' }]), '', 'e.xlsx: is an Excel or Word document, not a text file; export the records as text'],
    ['that is an OpenDocument table', 'e.ods', zip([{ name: 'mimetype' }, { name: 'META-INF/manifest.xml' }]), '', 'e.ods: is an OpenDocument file, not a text file; export the records as text'],
    ['whose directory is cut off', 'e.zip', archive.subarray(0, -40), '', `e.zip: is a ZIP archive that is damaged or cut short; ${AGAIN}`],
    ['whose directory is damaged', 'e.zip', change(archive, central, 1), '', `e.zip: is a ZIP archive that is damaged or cut short; ${AGAIN}`],
    ['whose entry has no header', 'e.zip', change(behindOther, behindOther.lastIndexOf(LOCAL), 1), '#p.txt', `e.zip#p.txt: is a ZIP archive that is damaged or cut short; ${AGAIN}`],
    ['whose entry goes on behind the end', 'e.zip', change(archive, central + 20, 0xff, 0xff, 0xff), '', `e.zip: is a ZIP archive that is damaged or cut short; ${AGAIN}`],
    ['with a byte that is wrong', 'e.zip', change(archive, 700, archive[700]! ^ 0xff), '', `e.zip: is damaged; ${AGAIN}`],
    ['with a checksum that is wrong', 'e.zip', zip([{ ...ENTRY, crc32: 1 }]), '', `e.zip: is damaged; ${AGAIN}`],
    ['stored, with a checksum that is wrong', 'e.zip', zip([{ ...ENTRY, stored: true, crc32: 1 }]), '', `e.zip: is damaged; ${AGAIN}`],
    ['that says it is less than comes out', 'e.zip', zip([{ ...ENTRY, bytes: 100 }]), '', `e.zip: is damaged; ${AGAIN}`],
    ['that says it is more than comes out', 'e.zip', zip([{ ...ENTRY, bytes: 100_000 }]), '', `e.zip: is damaged; ${AGAIN}`],
    ['that goes on behind its last block', 'e.zip', zip([{ ...ENTRY, packed: Buffer.concat([deflateRawSync(BYTES), Buffer.alloc(9)]) }]), '', `e.zip: is damaged; ${AGAIN}`],
    ['whose last block is missing', 'e.zip', zip([{ ...ENTRY, packed: deflateRawSync(BYTES).subarray(0, -9) }]), '', `e.zip: is cut short; ${AGAIN}`],
    ['with a name behind a text file', 'p.txt', BYTES, '#q.txt', 'p.txt#q.txt: is no ZIP archive; give'],
    ['with a name behind a gzip file', 'p.gz', gz, '#p', 'p.gz#p: is no ZIP archive; give'],
  ])('%s', async (_, file, packed, entry, says) => {
    for (const chunkBytes of [1 << 20, 100]) {
      expect(await problemOf(file, packed, { entry, chunkBytes })).toContain(says);
    }
  }); // biome-ignore format: a table

  test('that is looked at only, and is read no further than that', async () => {
    using sandbox = new Sandbox();
    const content = Buffer.from(TEXT.repeat(100));
    const cut = gzipSync(content, { level: 0 }).subarray(0, -5000);
    const source = await openSource(sandbox.write('p.gz', cut));
    expect(source.head.isWhole).toBe(false);
    await expect(readAll(source, 1 << 16)).rejects.toThrow('is cut short');
  });

  test('that is replaced while it is read', async () => {
    using sandbox = new Sandbox();
    const source = await openSource(sandbox.write('p.gz', gzipSync(TEXT)));
    writeFileSync(source.file, gzipSync(`${TEXT}more`));
    await expect(readAll(source, 100)).rejects.toThrow('changed while it was read');
    const again = new RecordReader(source, 100);
    await expect(again.read(0, 10)).rejects.toThrow('changed while it was read');
    await again.close();
  });

  test('that is a folder with a name behind it', async () => {
    using sandbox = new Sandbox();
    mkdirSync(sandbox.path('a'));
    await expect(openSource(sandbox.path('a#b'))).rejects.toThrow('a#b: is a folder; give the files in it');
  });
});

describe('what unpacks out of all measure is refused', () => {
  /** A million times the same byte, packed into a thousandth of that. */
  const MILLION = Buffer.alloc(1_000_000, 'F1|1|Smith\n');
  const allow = 'if it is what it should be, allow more with --max-unpacked';

  test.each<[string, Uint8Array, string, SourceOptions['limits'], string | null]>([
    ['gzip within the limits', gzipSync(MILLION), 'p.gz', {}, null],
    ['gzip of the last size that is allowed', gzipSync(MILLION), 'p.gz', { maxBytes: 1_000_000 }, null],
    ['gzip that is too large', gzipSync(MILLION), 'p.gz', { maxBytes: 999_000 }, `p.gz: unpacks to more than 999 kB; ${allow}`],
    ['gzip that grows too much', gzipSync(MILLION), 'p.gz', { freeBytes: 500_000 }, `p.gz: unpacks to more than 500 kB and 200 times its size; ${allow}`],
    ['gzip that grows too much at its beginning', gzipSync(Buffer.concat([MILLION, randomBytes(1e5)])), 'p.gz', { freeBytes: 500_000 }, `p.gz: unpacks to more than 500 kB and 200 times its size; ${allow}`],
    ['gzip that grows as much as is allowed', gzipSync(MILLION), 'p.gz', { freeBytes: 500_000, maxRatio: 2000 }, null],
    ['gzip of many members', Buffer.concat(Array.from({ length: 50 }, () => gzipSync(MILLION))), 'p.gz', { maxBytes: 20e6 }, `p.gz: unpacks to more than 20 MB; ${allow}`],
    ['an archive that says it is too large', zip([{ name: 'p', content: MILLION }]), 'p.zip', { maxBytes: 5000 }, `p.zip: unpacks to more than 5 kB; ${allow}`],
    ['an archive that says it grows too much', zip([{ name: 'p', content: MILLION }]), 'p.zip', { freeBytes: 5e5 }, `p.zip: unpacks to more than 500 kB and 200 times its size; ${allow}`],
    ['an archive that lies about it', zip([{ name: 'p', content: MILLION, bytes: 100 }]), 'p.zip', {}, `p.zip: is damaged; ${AGAIN}`],
    ['an archive that says it holds ten terabytes', zip([{ name: 'p', content: 'x', bytes: 1e13, zip64: true }]), 'p.zip', {}, `p.zip: unpacks to more than 100 GB; ${allow}`],
  ])('%s', async (_, packed, name, limits, says) => {
    if (says === null) expect((await read(name, packed, { limits: limits! })).content.length).toBe(1_000_000);
    else expect(await problemOf(name, packed, { limits: limits! })).toBe(says);
  }); // biome-ignore format: a table

  test('before more than a chunk of it was held', async () => {
    using sandbox = new Sandbox();
    // A gigabyte that fits in a megabyte: a block that is repeated, each ended on a byte of its own.
    const block = deflateRawSync(MILLION, { finishFlush: constants.Z_FULL_FLUSH });
    const packed = Buffer.concat([...Array.from({ length: 1000 }, () => block), deflateRawSync('')]);
    const path = sandbox.write('p.zip', zip([{ name: 'p', packed, bytes: 1e9 }]));
    const source = await openSource(path, { limits: { maxRatio: Number.POSITIVE_INFINITY } });
    const cap = { ...source, limits: { ...source.limits, maxBytes: 30e6 } };
    let seen = 0;
    const reading = async (): Promise<void> => {
      for await (const chunk of new SourceReader(cap, 1 << 20).chunks()) seen += chunk.length;
    };
    await expect(reading()).rejects.toThrow('unpacks to more than 30 MB');
    expect(seen).toBeLessThanOrEqual(30e6);
    expect(seen).toBeGreaterThan(29e6);
  });
});
