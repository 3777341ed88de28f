/** ZIP codes whose digits were transposed. */
import { isZipOfState } from '../zip-states.js';
import type { Candidate } from './proposal.js';
import type { Suggester } from './suggester.js';

const TRANSPOSED: Suggester = {
  id: 'zip-digits-transposed',
  codes: ['zip-outside-state'],
  suggest: ({ facts, evidence }) => {
    const { zip, state, city } = facts.values;
    if (zip === undefined || state === undefined) return [];
    const candidates: Candidate[] = [];
    for (let at = 0; at < 4; at++) {
      if (zip[at] === zip[at + 1]) continue;
      const swapped = zip.slice(0, at) + zip[at + 1]! + zip[at]! + zip.slice(at + 2);
      if (isZipOfState(swapped, state) !== true) continue;
      const withCity = city === undefined ? 0 : evidence.usesOfZip(swapped, city);
      const isKnown = withCity > 0 || evidence.usesOfZip(swapped, undefined) > 0;
      candidates.push({
        fixes: [{ field: 'zip', value: swapped }],
        odds: withCity > 0 ? 60 : isKnown ? 12 : 8,
        reason:
          withCity > 0
            ? 'with two digits exchanged it lies in the state, and other records have it with this city'
            : 'with two digits exchanged it lies in the state',
      });
    }
    return candidates;
  },
};

export const PLACE_SUGGESTERS: readonly Suggester[] = [TRANSPOSED];
