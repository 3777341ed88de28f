/** ZIP archives: which of their entries is meant, and where its bytes lie. */
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl';
import { InputError } from './input-error.js';
import type { Container, PackedFile } from './unpack.js';

/** Entries looked at: more of them are no submission. */
const MOST_ENTRIES = 10_000;
/** Names of entries that a message shows, and characters of each. */
const MOST_NAMES = 10;
const MOST_CHARACTERS = 80;

/** Characters that a terminal obeys, or that turn the line around. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** What an entry of an archive is packed with, by its number (APPNOTE 4.4.5). */
const METHODS: Readonly<Record<number, string>> = {
  1: 'shrinking', 6: 'imploding', 9: 'Deflate64', 12: 'bzip2', 14: 'LZMA', 93: 'Zstandard', 95: 'XZ', 98: 'PPMd',
}; // biome-ignore format: a table
const STORED = 0;
const DEFLATED = 8;
const AES_ENCRYPTED = 99;

/** A file in an archive. */
interface ZipEntry {
  /** Its path in the archive, with slashes. */
  readonly name: string;
  readonly entry: Entry;
}

/** The files of an archive without hidden ones, in the order of their names; and what all of them unpack to, in bytes. */
export interface ZipList {
  readonly names: readonly string[];
  readonly bytes: number;
}

/** Lists what an archive stands for, as a folder stands for its files. @throws InputError when it cannot be read */
export async function listZip(file: PackedFile): Promise<ZipList> {
  const zip = await openZip(file);
  try {
    const files = (await listFiles(zip, file)).filter(({ name }) => !/(?:^|\/)\.[^/]*$/.test(name));
    const bytes = files.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
    return { names: files.map(({ name }) => name).sort(), bytes };
  } finally {
    zip.close();
  }
}

async function openZip(file: PackedFile): Promise<ZipFile> {
  try {
    return await openPromise(file.file, { autoClose: false, decodeStrings: false, validateEntrySizes: false });
  } catch (error) {
    throw unreadable(file, error);
  }
}

/**
 * Finds the entry that is to be loaded: the only file of the archive, or the one that the user names by its path or its
 * last part.
 * @throws InputError when there is none, or more than one, or when it cannot be unpacked
 */
export async function findZipEntry(
  file: PackedFile,
  wanted: string | null,
): Promise<Pick<Container, 'contentName' | 'method' | 'start' | 'length' | 'expected'>> {
  const zip = await openZip(file);
  try {
    const { name, entry } = chooseEntry(await listFiles(zip, file), wanted, file);
    requireReadable(name, entry, file);
    let start: number;
    try {
      start = (await zip.readLocalFileHeaderPromise(entry, { minimal: true })).fileDataStart;
    } catch (error) {
      throw unreadable(file, error);
    }
    if (start + entry.compressedSize > file.bytes) throw unreadable(file);
    return {
      contentName: toFileName(name),
      method: entry.compressionMethod === STORED ? 'stored' : 'deflate',
      start,
      length: entry.compressedSize,
      expected: { bytes: entry.uncompressedSize, crc32: entry.crc32 },
    };
  } finally {
    zip.close();
  }
}

function unreadable(file: PackedFile, cause?: unknown): InputError {
  if ((cause as Error | undefined)?.message === 'strong encryption is not supported') return encrypted(file);
  const remedy = 'pack it again, or get it sent again';
  return new InputError(file.path, 'is a ZIP archive that is damaged or cut short', remedy, { cause });
}

function encrypted(file: PackedFile): InputError {
  return new InputError(file.path, 'is encrypted', 'unpack it with its password, and load what was in it');
}

/** The files of an archive, without those that macOS and Windows add to a folder. */
async function listFiles(zip: ZipFile, file: PackedFile): Promise<ZipEntry[]> {
  if (zip.entryCount > MOST_ENTRIES) {
    throw new InputError(file.path, `holds ${zip.entryCount} files`, 'pack the file to be loaded by itself');
  }
  const entries: ZipEntry[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
      entries.push({ name, entry });
    }
  } catch (error) {
    throw unreadable(file, error);
  }
  const names = new Set(entries.map(({ name }) => name));
  if (names.has('[Content_Types].xml')) throw notText(file, 'an Excel or Word document');
  if (names.has('mimetype') && names.has('META-INF/manifest.xml')) throw notText(file, 'an OpenDocument file');
  return entries.filter(({ name }) => !/\/$|^__MACOSX\/|(?:^|\/)(?:\.DS_Store|Thumbs\.db|desktop\.ini)$/i.test(name));
}

function notText(file: PackedFile, kind: string): InputError {
  return new InputError(file.path, `is ${kind}, not a text file`, 'export the records as text');
}

function chooseEntry(files: readonly ZipEntry[], wanted: string | null, file: PackedFile): ZipEntry {
  if (files.length === 0) throw new InputError(file.path, 'holds no files', 'pack the records again');
  const chosen = wanted === null ? files : findNamed(files, wanted);
  if (chosen.length === 1) return chosen[0]!;
  const listed = `${files.length} ${files.length === 1 ? 'file' : 'files'} (${listNames(files)})`;
  const example = `say which, such as ${file.file}#${showName(files[0]!.name)}`;
  if (chosen.length === 0) throw new InputError(file.path, `is not there; the archive holds ${listed}`, example);
  if (chosen.every(({ name }) => name === chosen[0]!.name)) {
    throw new InputError(file.path, `holds ${showName(chosen[0]!.name)} more than once`, 'pack it again');
  }
  throw new InputError(file.path, `holds ${wanted === null ? listed : `more than one, ${listed}`}`, example);
}

/** The entries of a name: that have it in full, or else as the last part of their path. */
function findNamed(files: readonly ZipEntry[], wanted: string): ZipEntry[] {
  const inFull = files.filter(({ name }) => name === wanted || showName(name) === wanted);
  return inFull.length > 0 ? inFull : files.filter(({ name }) => name.endsWith(`/${wanted}`));
}

function listNames(files: readonly ZipEntry[]): string {
  const shown = files.slice(0, MOST_NAMES).map(({ name }) => showName(name));
  if (files.length > MOST_NAMES) shown.push(`and ${files.length - MOST_NAMES} more`);
  return shown.join(', ');
}

/** A name from an archive, without what a terminal obeys, and no longer than is good for a message. */
function showName(name: string): string {
  const characters = [...name.replace(UNSAFE, '\ufffd')];
  return characters.length > MOST_CHARACTERS
    ? `${characters.slice(0, MOST_CHARACTERS).join('')}…`
    : characters.join('');
}

/** The last part of an entry's path, as the name of a file on any system. */
function toFileName(name: string): string {
  const last = name.slice(name.lastIndexOf('/') + 1);
  const characters = [
    ...last
      .replace(UNSAFE, '_')
      .replace(/[<>:"\\|?*]/g, '_')
      .replace(/[. ]+$/, ''),
  ];
  while (Buffer.byteLength(characters.join('')) > MOST_NAME_BYTES) characters.pop();
  return characters.join('') || 'unnamed';
}

/** A name has room for 255 bytes, and what belongs to a reject file has a longer one. */
const MOST_NAME_BYTES = 200;

function requireReadable(name: string, entry: Entry, file: PackedFile): void {
  if (name.split('/').includes('..') || /^\/|^[a-z]:/i.test(name)) {
    throw new InputError(file.path, `holds a file whose path leads out of it (${showName(name)})`, 'pack it again');
  }
  // The upper half of the attributes is the mode, where the archive was made on Unix.
  const isUnix = entry.versionMadeBy >> 8 === 3;
  if (isUnix && ((entry.externalFileAttributes >>> 28) & 0xf) === 0xa) {
    throw new InputError(file.path, `holds a link (${showName(name)}) where a file should be`, 'pack the file itself');
  }
  const method = entry.compressionMethod;
  if (entry.isEncrypted() || method === AES_ENCRYPTED) throw encrypted(file);
  if (method !== STORED && method !== DEFLATED) {
    const how = METHODS[method] ?? `method ${method}`;
    throw new InputError(file.path, `is packed with ${how}, which immload does not read`, 'pack it the usual way');
  }
  if (method === STORED && entry.compressedSize !== entry.uncompressedSize) throw unreadable(file);
}
