/** The lock of the one loader that a SQLite registry has: it goes with its process, however that ends. */
import { accessSync, closeSync, constants, openSync, rmSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';

/**
 * A lock of the operating system on a file beside the registry. Whoever has it knows that no other loader is alive, without
 * a clock and without looking for processes.
 *
 * The file is an empty database that SQLite locks, because Node knows no locks of files. It must not be opened by anything
 * else: a process loses its locks on a file when it closes the file, by whichever handle.
 */
export class LoaderLock {
  readonly #path: string;
  readonly #holder: Database.Database;

  private constructor(path: string, holder: Database.Database) {
    this.#path = path;
    this.#holder = holder;
  }

  /** Takes the lock of a registry; `null` while another loader has it. */
  static tryTake(registry: string): LoaderLock | null {
    const path = `${registry}.loading`;
    for (;;) {
      createIfMissing(path);
      const before = identify(path);
      const holder = new Database(path, { timeout: 0 });
      try {
        holder.exec('BEGIN EXCLUSIVE');
      } catch (error) {
        holder.close();
        if (/^SQLITE_BUSY/.test(String((error as { code?: unknown }).code))) return null;
        throw error;
      }
      // A file that a loader has removed at its end keeps nobody out any more.
      if (before !== null && before === identify(path)) return new LoaderLock(path, holder);
      holder.close();
    }
  }

  /** Whether a loader has the lock of a registry, or may have it: nobody can tell who may not look at it. */
  static isTaken(registry: string): boolean {
    const path = `${registry}.loading`;
    try {
      accessSync(path, constants.R_OK);
      const onlooker = new Database(path, { readonly: true, timeout: 0 });
      try {
        onlooker.prepare('SELECT 1 FROM sqlite_master').get();
        return false;
      } finally {
        onlooker.close();
      }
    } catch {
      return statSync(path, { throwIfNoEntry: false }) !== undefined;
    }
  }

  release(): void {
    try {
      // As long as it is held: then nobody else can have taken it.
      rmSync(this.#path, { force: true });
    } catch {
      // Windows removes no open file. It stays, and keeps nobody out.
    }
    this.#holder.close();
  }
}

/** Nobody can have locked a file that was not there: closing it loses nothing. */
function createIfMissing(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
  }
}

/** Equal for the same file, also where another took its number; `null` if there is none. */
function identify(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? null : `${stats.ino} ${stats.birthtimeNs}`;
}
