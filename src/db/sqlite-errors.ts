/** What SQLite and the file system say when something fails, as problems with a remedy. */
import { StoreError, type StoreProblem } from './store.js';

const PROBLEMS: readonly (readonly [RegExp, StoreProblem, string])[] = [
  [/^SQLITE_NOTADB/, 'not-a-database', 'not a SQLite database; give another file with --db'],
  [
    /^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/,
    'not-writable',
    'cannot be written; check the permissions of the file and its folder',
  ],
  [/^SQLITE_FULL/, 'full', 'the disk is full; make room and run the same command again'],
  [/^SQLITE_(BUSY|LOCKED)/, 'busy', 'another program has it in use; try again when that is done'],
  [/^SQLITE_(CORRUPT|IOERR)/, 'damaged', 'the file or the disk is damaged'],
];

/** An error as ours, which names the file and a remedy and holds no value. */
export function toStoreError(error: unknown, path: string): unknown {
  if (error instanceof StoreError) return error;
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string') return error;
  if (/^E(ACCES|PERM|ROFS|NOENT|NOTDIR)$/.test(code)) {
    return new StoreError('not-writable', `${path}: cannot be made; check that the folder exists and can be written`, {
      cause: error,
    });
  }
  if (code === 'ENOSPC') return new StoreError('full', `${path}: the disk is full`, { cause: error });
  if (!code.startsWith('SQLITE_')) return error;
  for (const [pattern, problem, remedy] of PROBLEMS) {
    if (pattern.test(code)) return new StoreError(problem, `${path}: ${remedy}`, { cause: error });
  }
  // SQLite's own words name tables and columns, and never a value: all values are bound.
  return new StoreError('failed', `${path}: the database refused (${code}: ${(error as Error).message})`, {
    cause: error,
  });
}
