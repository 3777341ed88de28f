/** A progress line on a terminal: how far, how fast, how long still. Nothing is printed where nobody looks. */
import type { Progress } from '../run.js';
import { formatCount } from './table.js';

const REDRAW_EVERY_MS = 100;
const BAR_WIDTH = 24;

/** Where the line is drawn. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Draws progress on a screen, and clears it when the work is done. */
export class ProgressLine {
  readonly #screen: Screen;
  readonly #now: () => number;
  #stage = '';
  #stageStart = 0;
  #lastDraw = 0;
  #drawn = false;
  /** What stands before the progress: which of several submissions it is of. */
  label = '';

  constructor(screen: Screen, now: () => number = () => performance.now()) {
    this.#screen = screen;
    this.#now = now;
  }

  readonly show = (progress: Progress): void => {
    if (this.#screen.isTTY !== true) return;
    const now = this.#now();
    if (progress.stage !== this.#stage) {
      this.#stage = progress.stage;
      this.#stageStart = now;
      this.#lastDraw = 0;
    }
    if (now - this.#lastDraw < REDRAW_EVERY_MS) return;
    this.#lastDraw = now;
    this.#drawn = true;
    const line = this.label + formatProgress(progress, (now - this.#stageStart) / 1000);
    this.#screen.write(`\r${line.slice(0, (this.#screen.columns ?? 80) - 1)}\x1b[K`);
  };

  /** Tells something that is no progress, in a line of its own, also where nobody looks. */
  readonly note = (notice: string): void => {
    this.clear();
    process.stderr.write(`immload: ${notice}\n`);
  };

  clear(): void {
    if (this.#drawn) this.#screen.write('\r\x1b[K');
    this.#drawn = false;
  }
}

/** One line: stage, bar, share, records, rate, time left. */
export function formatProgress(progress: Progress, seconds: number): string {
  const { stage, done, total, unit, records } = progress;
  if (total === 0) return stage;
  const share = Math.min(1, done / total);
  const filled = Math.round(share * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  const parts = [stage.padEnd(21), bar, `${Math.floor(share * 100)} %`.padStart(5), `${formatCount(records)} records`];
  if (seconds >= 0.5 && done > 0) {
    const rate = done / seconds;
    parts.push(unit === 'bytes' ? `${(rate / 1e6).toFixed(1)} MB/s` : `${formatCount(Math.round(rate))}/s`);
    parts.push(`${formatDuration((total - done) / rate)} left`);
  }
  return parts.join('  ');
}

function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
