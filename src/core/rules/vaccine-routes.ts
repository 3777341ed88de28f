/**
 * How vaccines are given, as far as it cannot be otherwise: some are swallowed, some sprayed into the nose, and all others
 * go through the skin. Sources: the names of CDC's CVX table, and the package inserts, as general knowledge.
 */
import type { Cvx } from '../codes.js';

/** Swallowed: polio, typhoid, rotavirus, adenovirus, cholera. */
const ORAL = new Set([
  '02',
  '25',
  '26',
  '54',
  '55',
  '74',
  '116',
  '119',
  '122',
  '143',
  '172',
  '173',
  '174',
  '178',
  '179',
  '182',
]);
/** Sprayed into the nose: live influenza vaccines. */
const NASAL = new Set(['111', '125', '149', '151', '333']);
/** Names of which nobody knows how they were given. */
const EITHER = new Set(['14', '88', '89', '91', '128', '801', '998', '999', '500', '502', '504']);

export type Way = 'swallowed' | 'sprayed' | 'injected';

/** How a vaccine is given; `null` where that is not known, as of what is no vaccine. */
export function wayOf({ code, status, nonVaccine, unspecified }: Cvx): Way | null {
  if (ORAL.has(code)) return 'swallowed';
  if (NASAL.has(code)) return 'sprayed';
  return nonVaccine || unspecified || status === 'Non-US' || EITHER.has(code) ? null : 'injected';
}

const THROUGH_SKIN = ['IM', 'SC', 'ID', 'IV', 'TD', 'C38676'];
const SPRAYED = ['NS', 'IN', 'NP'];
const SWALLOWED = ['PO', 'MTH', 'B', 'SL', 'TL', 'NG', 'GTT'];

/** Routes by which it cannot have been given. Others, such as OTH, say nothing. */
const WRONG_ROUTES: Readonly<Record<Way, ReadonlySet<string>>> = {
  swallowed: new Set([...THROUGH_SKIN, ...SPRAYED]),
  sprayed: new Set([...THROUGH_SKIN, 'PO', 'NG', 'GTT']),
  injected: new Set([...SPRAYED, ...SWALLOWED, 'IV']),
};

export function isWrongRoute(way: Way, route: string): boolean {
  return WRONG_ROUTES[way].has(route);
}

/** Sites in the mouth, the nose, an ear or an eye. */
const HEAD_SITES = new Set(['MO', 'BN', 'LN', 'RN', 'BE', 'LE', 'RE', 'OU', 'OS', 'OD', 'NB', 'LNB']);

/** Whether it cannot have been given there: a limb is no place to swallow with, and the mouth none for a needle. */
export function isWrongSite(way: Way, site: string): boolean {
  return HEAD_SITES.has(site) === (way === 'injected');
}
