/** Runs a program and says how long it took and how much memory it had at its peak. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Measurement {
  readonly seconds: number;
  /** Resident memory at the peak, in MB of 2^20 bytes; `null` where the system does not tell (it is read from `/proc`). */
  readonly peakMemoryMb: number | null;
}

/** How a program is run. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Text for its standard input. */
  readonly input?: string;
  /** Exit codes that are as they should be. */
  readonly exitCodes?: readonly number[];
}

const POLL_EVERY_MS = 20;

/** Runs a command to its end. @throws Error when it ends in another way than it should */
export async function measure(command: Command): Promise<Measurement> {
  const { program, args, input, exitCodes = [0] } = command;
  const start = performance.now();
  const child = spawn(program, [...args], { stdio: ['pipe', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-2000);
  });
  let peak: number | null = null;
  // The system keeps the peak itself, so that only what the very last moments add can be missed.
  const poll = setInterval(() => {
    peak = readPeak(child.pid) ?? peak;
  }, POLL_EVERY_MS);
  try {
    child.stdin.end(input ?? '');
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', resolve);
    });
    const seconds = (performance.now() - start) / 1000;
    if (code === null || !exitCodes.includes(code)) throw new Error(`${program} ended with ${code}: ${errors}`);
    return { seconds, peakMemoryMb: peak };
  } finally {
    clearInterval(poll);
  }
}

function readPeak(pid: number | undefined): number | null {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1024);
  } catch {
    return null;
  }
}

/** The middle one of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
