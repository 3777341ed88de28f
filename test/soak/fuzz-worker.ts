/** Runs cases as it is told their numbers, in a process of its own, so that a hang or a crash is seen from outside. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type FuzzOutcome, runFuzzCase } from '../support/fuzz-case.js';

/** What is told of a case. */
export interface FuzzReport extends Partial<FuzzOutcome> {
  readonly seed: number;
  /** What went wrong; missing where nothing did. */
  readonly fault?: string;
  /** Bytes of the heap that are in use when nothing is. */
  readonly heap: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

process.on('message', ({ seed, patients }: { seed: number; patients: number }) => {
  const report = (told: Partial<FuzzReport>): void => {
    collectGarbage();
    process.send!({ seed, heap: process.memoryUsage().heapUsed, ...told } satisfies FuzzReport);
  };
  runFuzzCase(seed, patients).then(report, (error: unknown) => {
    report({ fault: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  });
});
