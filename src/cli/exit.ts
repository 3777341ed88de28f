/** Exit codes, and how errors become words on stderr. */
import { UndoError } from '../db/undo/records.js';
import type { PlacedProblem } from '../files/checked-json.js';
import { MapError } from '../files/maps.js';
import { TotalsError } from '../files/totals-file.js';
import { ExpectedTotalsError } from '../reconcile-totals.js';

export const ExitCode = {
  /** Every record was loaded, or was a known duplicate. */
  success: 0,
  /** The run failed; nothing of it stays behind. */
  failure: 1,
  /** Wrong usage, or a wrong spec. */
  usage: 2,
  /** Done, with rejects. */
  rejects: 3,
} as const;

/** The command line makes no sense. */
export class UsageError extends Error {
  readonly code = 'usage';
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Something that was asked for cannot be written. */
export class OutputError extends Error {
  readonly code = 'output';
  constructor(path: string, remedy: string, options?: { cause?: unknown }) {
    const code = (options?.cause as { code?: unknown } | undefined)?.code;
    super(`${path}: cannot be written${typeof code === 'string' ? ` (${code})` : ''}; ${remedy}`, options);
    this.name = 'OutputError';
  }
}

/** Errors whose messages are ours, and so hold no value of a record. */
const OWN_ERRORS = new Set([
  'UsageError',
  'SpecError',
  'MapError',
  'TotalsError',
  'ExpectedTotalsError',
  'InputError',
  'StoreError',
  'ReportError',
  'TooManyRejectsError',
  'TransformError',
  'ReconciliationError',
  'CodesError',
  'OutputError',
  'RuleError',
  'ReviewError',
  'PartingError',
  'UndoError',
  'CheckpointError',
  'VerifyError',
  'PurgeError',
]);

/** What is said of an error on stderr: one line, and one more for each thing that is wrong with a file. */
interface Described {
  readonly message: string;
  readonly details: readonly string[];
  readonly exitCode: number;
}

/** What is told of an error. Of errors that are not ours, only the kind and the place are. */
export function describeError(error: unknown): Described {
  return { details: describeDetails(error), ...describeKind(error) };
}

function describeDetails(error: unknown): readonly string[] {
  if (error instanceof MapError) return describeProblems(error);
  if (error instanceof TotalsError) return error.problems.map(describePlace);
  if (error instanceof ExpectedTotalsError) return cutList(error.details);
  return error instanceof UndoError ? describeDecisions(error) : [];
}

function describePlace({ line, column, path, message, remedy }: PlacedProblem): string {
  return `line ${line}, column ${column}: ${path === '' ? '' : `${path}: `}${message}. ${remedy}`;
}

/** Longer lists are cut. */
const MOST_PROBLEMS = 100;

function describeDecisions({ decisions }: UndoError): string[] {
  return decisions.map(({ reviewId, decision, decidedBy, decidedAt }) => {
    return `R${reviewId}: ${decision}, by ${decidedBy ?? 'nobody known'} on ${decidedAt?.slice(0, 10) ?? 'a day not known'}`;
  });
}

function describeProblems({ problems }: MapError): readonly string[] {
  const lines = problems.map(({ line, column, message, remedy }) => {
    return `line ${line}${column === null ? '' : `, ${column}`}: ${message}. ${remedy}`;
  });
  return cutList(lines);
}

function cutList(lines: readonly string[]): readonly string[] {
  const rest = lines.length - MOST_PROBLEMS;
  return rest > 0 ? [...lines.slice(0, MOST_PROBLEMS), `and ${rest} more`] : lines;
}

function describeKind(error: unknown): Omit<Described, 'details'> {
  if (!(error instanceof Error)) return { message: 'stopped by an unknown error', exitCode: ExitCode.failure };
  if (error.name === 'AbortError')
    return { message: 'stopped; nothing of this run was kept', exitCode: ExitCode.failure };
  if (OWN_ERRORS.has(error.name)) {
    const isUsage = ['UsageError', 'SpecError', 'MapError', 'TotalsError', 'RuleError'].includes(error.name);
    return { message: error.message, exitCode: isUsage ? ExitCode.usage : ExitCode.failure };
  }
  const { code } = error as { code?: unknown };
  if (code === 'ENOSPC')
    return { message: 'the disk is full; make room and run the same command again', exitCode: ExitCode.failure };
  if (typeof code === 'string' && /^E[A-Z\d]+$/.test(code))
    return {
      message: `the system reports ${code}; run the same command again when that is mended`,
      exitCode: ExitCode.failure,
    };
  const kind = typeof code === 'string' ? `${error.name} ${code}` : error.name;
  const place =
    error.stack
      ?.split('\n')
      .find((line) => line.startsWith('    at '))
      ?.trim() ?? 'an unknown place';
  return { message: `unexpected ${kind} ${place}; nothing of this run was kept`, exitCode: ExitCode.failure };
}
