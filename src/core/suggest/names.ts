/** Last and first names that stand in each other's places. */
import type { Suggester } from './suggester.js';

/** What the names of a file must say before a record's names count as exchanged. */
export interface NameUses {
  /** How often the last name stands as a first name and as a last name in the file, and the same of the first name. */
  readonly last: { readonly last: number; readonly first: number };
  readonly first: { readonly last: number; readonly first: number };
}

/** Fewer uses of a name show nothing. */
const LEAST_USES = 3;
/** How many records have their names exchanged where somebody types them: one in a hundred at most. */
const PRIOR = 1 / 100;

/**
 * How many times likelier it is that the names of a record are exchanged than that somebody is called so: by how the
 * other records use both names.
 */
export function oddsOfExchange({ last, first }: NameUses): number {
  if (last.first < LEAST_USES || first.last < LEAST_USES) return 0;
  // The record itself is among those that were counted.
  const asLast = Math.max(0, last.last - 1) + 0.5;
  const asFirst = Math.max(0, first.first - 1) + 0.5;
  return (last.first / asLast) * (first.last / asFirst) * PRIOR;
}

/** Whether the names of a record are exchanged rather than not. */
export function areExchanged(uses: NameUses): boolean {
  return oddsOfExchange(uses) >= 1;
}

const EXCHANGED: Suggester = {
  id: 'names-exchanged',
  codes: ['names-exchanged'],
  suggest: ({ facts, evidence }) => {
    // As they were written: what the record becomes is its own two names, each in the other's place.
    const { last_name: last, first_name: first } = facts.received;
    const { last_name: lastName, first_name: firstName } = facts.values;
    if (last === undefined || first === undefined || lastName === undefined || firstName === undefined) return [];
    const uses = { last: evidence.usesOfName(lastName), first: evidence.usesOfName(firstName) };
    return [
      {
        fixes: [
          { field: 'last_name', value: first },
          { field: 'first_name', value: last },
        ],
        odds: Math.min(80, oddsOfExchange(uses)),
        reason: 'other records of the submission have the last name as a first name, and the first name as a last name',
      },
    ];
  },
};

export const NAME_SUGGESTERS: readonly Suggester[] = [EXCHANGED];
