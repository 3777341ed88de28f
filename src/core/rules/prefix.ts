/** Beginnings of values: one text, or `35-36` for all that lie between two. Case does not matter. */
import { caseless } from './conditions.js';

/** The ends of a beginning; `null` for the last where there is one only. */
export interface Beginning {
  readonly first: string;
  readonly last: string | null;
}

/** Reads a beginning as a specification writes it. */
export function readBeginning(text: string): Beginning {
  const dash = text.indexOf('-');
  if (dash < 0) return { first: caseless(text), last: null };
  return { first: caseless(text.slice(0, dash)), last: caseless(text.slice(dash + 1)) };
}

/**
 * Whether what lies between the ends can be told by the order of texts: they are equally long, and the lower comes first.
 * `9-11` has nothing between them.
 */
export function isInOrder({ first, last }: Beginning): boolean {
  return last === null || (first.length === last.length && first < last && !last.includes('-'));
}

/** Whether a value begins so, or lies between the ends: `02` does so in `010-027`. */
export function beginsWith(value: string, { first, last }: Beginning): boolean {
  const own = caseless(value);
  if (last === null) return own.startsWith(first);
  const beginning = own.slice(0, last.length);
  return beginning >= first && beginning <= last;
}
