/** The progress line: only on a terminal, never wider than it, gone when the work is done. */
import { describe, expect, test } from 'vitest';
import { formatProgress, ProgressLine, type Screen } from '../../src/cli/progress.js';
import type { Progress } from '../../src/run.js';

const progress = (more: Partial<Progress> = {}): Progress => ({
  stage: 'reading patients',
  done: 25_000_000,
  total: 100_000_000,
  unit: 'bytes',
  records: 123_456,
  ...more,
});

/** A screen that keeps what was written, and a clock that is set by hand. */
class Paper implements Screen {
  written = '';
  now = 1000;
  readonly line: ProgressLine;

  constructor(
    readonly isTTY: boolean,
    readonly columns = 120,
  ) {
    this.line = new ProgressLine(this, () => this.now);
  }

  write(text: string): void {
    this.written += text;
  }

  take(): string {
    const { written } = this;
    this.written = '';
    return written;
  }
}

describe('a line of progress', () => {
  test.each([
    ['share, records, rate and time left', progress(), 10, '25 %  123,456 records  2.5 MB/s  30 s left'],
    ['no rate in the first half second', progress(), 0.4, '25 %  123,456 records'],
    ['no rate before anything is done', progress({ done: 0, records: 0 }), 10, '0 %  0 records'],
    ['minutes', progress({ done: 1_000_000 }), 2, '1 %  123,456 records  0.5 MB/s  3 min 18 s left'],
    ['hours', progress({ done: 10_000 }), 2, '0 %  123,456 records  0.0 MB/s  5 h 33 min left'],
    [
      'records a second',
      progress({ unit: 'records', done: 500, total: 1000 }),
      0.5,
      '50 %  123,456 records  1,000/s  1 s left',
    ],
    ['the end', progress({ done: 100_000_000 }), 10, '100 %  123,456 records  10.0 MB/s  0 s left'],
    ['no more than all', progress({ done: 120_000_000 }), 0, '100 %  123,456 records'],
  ])('tells %s', (_, at, seconds, end) => {
    const line = formatProgress(at, seconds);
    expect(line.replace(/^reading patients +[█░]{24} +/, '')).toBe(end);
  });

  test('draws the share as a bar', () => {
    expect(formatProgress(progress(), 0)).toContain(`${'█'.repeat(6)}${'░'.repeat(18)}`);
  });

  test('is the stage alone where there is nothing to measure', () => {
    expect(formatProgress(progress({ stage: 'reports', total: 0 }), 5)).toBe('reports');
  });
});

describe('on a terminal', () => {
  test('the line is drawn over itself, at most ten times a second, and at once when the stage changes', () => {
    const paper = new Paper(true);
    paper.line.show(progress());
    expect(paper.take()).toMatch(/^\rreading patients .*\x1b\[K$/);
    paper.now += 99;
    paper.line.show(progress({ done: 50_000_000 }));
    expect(paper.take()).toBe('');
    paper.line.show(progress({ stage: 'matching patients' }));
    expect(paper.take()).toMatch(/^\rmatching patients /);
    paper.now += 100;
    paper.line.show(progress({ stage: 'matching patients' }));
    expect(paper.take()).not.toBe('');
  });

  test('the rate is that of the stage', () => {
    const paper = new Paper(true);
    paper.line.show(progress());
    paper.now += 5000;
    paper.line.show(progress({ stage: 'reading immunizations', done: 0 }));
    paper.take();
    paper.now += 1000;
    paper.line.show(progress({ stage: 'reading immunizations', done: 3_000_000 }));
    expect(paper.take()).toContain('3.0 MB/s');
  });

  test('the line is no wider than the terminal', () => {
    const paper = new Paper(true, 30);
    paper.line.show(progress());
    expect(paper.take().replace('\r', '').replace('\x1b[K', '')).toHaveLength(29);
  });

  test('the line goes when the work is done, and only if it was drawn', () => {
    const paper = new Paper(true);
    paper.line.clear();
    expect(paper.take()).toBe('');
    paper.line.show(progress());
    paper.take();
    paper.line.clear();
    expect(paper.take()).toBe('\r\x1b[K');
    paper.line.clear();
    expect(paper.take()).toBe('');
  });
});

test('where nobody looks nothing is drawn', () => {
  const paper = new Paper(false);
  paper.line.show(progress());
  paper.line.clear();
  expect(paper.take()).toBe('');
});
