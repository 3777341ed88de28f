/** A disk that refuses to be written: Node's functions for writing files fail from one call on, or at one call only. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** How a disk fails. */
export interface DiskFault {
  /** The call that fails, from 1; 0 for none. */
  readonly at: number;
  readonly code: 'ENOSPC' | 'EIO';
  /** Whether all later calls fail, too. */
  readonly forGood: boolean;
}

type Callback = (error: NodeJS.ErrnoException | null, ...rest: unknown[]) => void;
type Patched = (...args: never[]) => unknown;

const SYNC = ['writeSync', 'writeFileSync', 'mkdirSync', 'mkdtempSync', 'renameSync', 'fsyncSync'] as const;
const ASYNC = ['write', 'writev'] as const;

/** Lets calls that write fail until it is disposed of, and counts them. SQLite writes its files by itself. */
export class FailingFiles implements Disposable {
  /** Calls that write so far. */
  calls = 0;
  readonly #fault: DiskFault;
  readonly #originals = new Map<string, Patched>();

  constructor(fault: DiskFault) {
    this.#fault = fault;
    for (const name of SYNC) {
      this.#patch(name, (original, args) => {
        this.#writeOrThrow(name);
        return original(...args);
      });
    }
    this.#patch('openSync', (original, args) => {
      if (/[wa]/.test(String(args[1]))) this.#writeOrThrow('open');
      return original(...args);
    });
    for (const name of ASYNC) {
      this.#patch(name, (original, args) => {
        const error = this.#findFault(name);
        if (error === null) return original(...args);
        return process.nextTick(args.at(-1) as unknown as Callback, error);
      });
    }
    syncBuiltinESMExports();
  }

  #patch(name: string, call: (original: Patched, args: never[]) => unknown): void {
    const functions = fs as unknown as Record<string, Patched>;
    const original = functions[name]!;
    this.#originals.set(name, original);
    functions[name] = (...args) => call(original, args);
  }

  #writeOrThrow(syscall: string): void {
    const error = this.#findFault(syscall);
    if (error !== null) throw error;
  }

  #findFault(syscall: string): Error | null {
    const { at, code, forGood } = this.#fault;
    this.calls++;
    const fails = at > 0 && (forGood ? this.calls >= at : this.calls === at);
    return fails ? Object.assign(new Error(`${code}: ${syscall}`), { code, syscall }) : null;
  }

  [Symbol.dispose](): void {
    for (const [name, original] of this.#originals) (fs as unknown as Record<string, Patched>)[name] = original;
    syncBuiltinESMExports();
  }
}
