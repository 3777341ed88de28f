/** ZIP codes whose digits were transposed: into those of another state, or into one that the city does not have. */
import { type Candidate, UNSURE_ODDS } from './proposal.js';
import type { Suggester } from './suggester.js';

const TRANSPOSED: Suggester = {
  id: 'zip-digits-transposed',
  codes: ['zip-outside-state', 'zip-unlike-city'],
  suggest: ({ issue, facts, evidence }) => {
    const { zip, state, city } = facts.values;
    if (zip === undefined || state === undefined) return [];
    const candidates: Candidate[] = [];
    const isOfState = issue.code === 'zip-unlike-city';
    for (const swapped of transposedFrom(zip)) {
      if (evidence.codes.isZipOfState(swapped, state) !== true) continue;
      const withCity = city === undefined ? 0 : evidence.usesOfZip(swapped, city);
      // Both lie in the state: only the city tells them apart, and it may have both.
      if (isOfState && city !== undefined && !outweighs(withCity, evidence.usesOfZip(zip, city))) continue;
      const isKnown = withCity > 0 || evidence.usesOfZip(swapped, undefined) > 0;
      candidates.push({
        fixes: [{ field: 'zip', value: swapped }],
        odds: isOfState ? UNSURE_ODDS : withCity > 0 ? 60 : isKnown ? 12 : 8,
        reason:
          withCity > 0
            ? 'with two digits exchanged it lies in the state, and other records have it with this city'
            : 'with two digits exchanged it lies in the state',
      });
    }
    return candidates;
  },
};

/** The ZIP codes of which two neighbouring digits of one were exchanged. */
function transposedFrom(zip: string): string[] {
  return [0, 1, 2, 3]
    .filter((at) => zip[at] !== zip[at + 1])
    .map((at) => zip.slice(0, at) + zip[at + 1]! + zip[at]! + zip.slice(at + 2));
}

/** Records that have a ZIP code with a city show something from so many on, and from so many times as many. */
const LEAST_USES = 10;
const TIMES_AS_MANY = 10;

function outweighs(uses: number, others: number): boolean {
  return uses >= LEAST_USES && uses >= others * TIMES_AS_MANY;
}

/** Cities by ZIP code of which a city has hardly one record, and very many with two of its digits exchanged. */
export function findUnlikeZips(
  zipUses: ReadonlyMap<string, ReadonlyMap<string, number>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const [zip, cities] of zipUses) {
    for (const [city, uses] of cities) {
      if (!transposedFrom(zip).some((other) => outweighs(zipUses.get(other)?.get(city) ?? 0, uses))) continue;
      found.set(zip, (found.get(zip) ?? new Set()).add(city));
    }
  }
  return found;
}

export const PLACE_SUGGESTERS: readonly Suggester[] = [TRANSPOSED];
