/** What a normalizer makes of one value. */
import type { Problem } from '../model.js';

/** A value as it was understood. */
export interface Reading {
  /** The normalized value, `null` when nothing can be loaded. */
  readonly value: string | null;
  /** What is wrong with the value, `null` if nothing is. */
  readonly problem: Problem | null;
  /** A second fact for the message, such as the two ways in which a date can be read. */
  readonly other: string | null;
  /** Whether what is loaded differs from what was received in more than surrounding blanks. */
  readonly changed: boolean;
  /** Whether there is anything to report: a problem or a change. */
  readonly isRemarkable: boolean;
}

/** A reading of its parts. All are made here, so that all have one shape. */
export function createReading(
  value: string | null,
  problem: Problem | null,
  other: string | null,
  changed: boolean,
): Reading {
  return { value, problem, other, changed, isRemarkable: changed || problem !== null };
}

/** Reads one value. The text has no surrounding blanks and is not empty. */
export type Normalizer = (text: string) => Reading;

/** A value that is loaded, as received or changed. */
export function accept(value: string, received: string): Reading {
  return createReading(value, null, null, value !== received);
}

/** A value that is loaded with a remark. */
export function acceptWith(problem: Problem, value: string, received: string): Reading {
  return createReading(value, problem, null, value !== received);
}

/** A value that cannot be loaded. */
export function refuse(problem: Problem, other: string | null = null): Reading {
  return createReading(null, problem, other, false);
}

/** A value that says that nothing is known. */
export const NOTHING_KNOWN: Reading = createReading(null, null, null, true);
