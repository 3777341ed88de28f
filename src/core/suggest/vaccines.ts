/** The vaccine that a mistyped name stands for, and its maker. */
import type { Codes } from '../codes.js';
import { distanceBetween } from '../nearest.js';
import { shapeOfLot } from '../whole/file-counts.js';
import type { Candidate } from './proposal.js';
import type { Suggester } from './suggester.js';

/** A name of a product or vaccine, and what it stands for. */
interface VaccineName {
  readonly key: string;
  readonly cvx: string;
  readonly isProduct: boolean;
}

/** The names of a set of tables: they are gathered once for it. */
const NAMES = new WeakMap<Codes, readonly VaccineName[]>();

function namesOf(codes: Codes): readonly VaccineName[] {
  let names = NAMES.get(codes);
  if (names === undefined) {
    const [products, vaccines] = [codes.table('product'), codes.table('cvx')];
    names = [
      ...products.rows.map(([name, cvx]) => ({ key: wordsKey(name!), cvx: cvx!, isProduct: true })),
      ...vaccines.rows.map(([cvx, name]) => ({ key: wordsKey(name!), cvx: cvx!, isProduct: false })),
    ].filter(({ key, cvx }) => key !== '' && codes.cvx(cvx) !== undefined);
    NAMES.set(codes, names);
  }
  return names;
}

function wordsKey(name: string): string {
  return name
    .toUpperCase()
    .replace(/[^\p{L}\d]+/gu, ' ')
    .trim();
}

/** Letters that may differ for each so many of a name. */
const LETTERS_PER_ERROR = 5;

const VACCINE_FROM_NAME: Suggester = {
  id: 'cvx-from-product',
  codes: [
    'vaccine-unresolved',
    'vaccine-name-unknown',
    'vaccine-name-near',
    'vaccine-name-several',
    'cvx-unknown',
    'cvx-invalid',
    'vaccine-codes-disagree',
  ],
  suggest: ({ issue, facts, evidence: { codes } }) => {
    const text = facts.values.vaccine_name;
    const key = text === undefined ? '' : wordsKey(text);
    if (key.length < 3) return [];
    // A record whose vaccine is known by another code needs no guess, but for the code that contradicts its name.
    const { cvx } = facts.values;
    if (cvx !== undefined && issue.code !== 'vaccine-codes-disagree' && issue.field !== 'cvx') return [];
    const most = Math.floor(key.length / LETTERS_PER_ERROR);
    let nearest = most;
    const found = new Map<string, VaccineName>();
    for (const name of namesOf(codes)) {
      const distance = name.key === key ? 0 : distanceBetween(key, name.key, most);
      if (distance > nearest) continue;
      if (distance < nearest) found.clear();
      nearest = distance;
      const known = found.get(name.cvx);
      if (known === undefined || (!known.isProduct && name.isProduct)) found.set(name.cvx, name);
    }
    const isExact = nearest === 0;
    const odds =
      issue.code === 'vaccine-codes-disagree' ? 1 : isExact ? 40 : Math.min(40, 5 * (key.length / nearest / 4));
    return [...found.values()]
      .filter((name) => name.cvx !== cvx)
      .map((name): Candidate => {
        const kind = name.isProduct ? 'a product' : 'a vaccine';
        return {
          fixes: [{ field: 'cvx', value: name.cvx }],
          odds: odds / found.size,
          reason: isExact ? `the name is that of ${kind}` : `the name is nearly that of ${kind}`,
        };
      });
  },
};

/** MVX codes that name no maker. */
const NO_MAKERS: ReadonlySet<string> = new Set(['OTH', 'UNK']);

/** Makers that CDC lists for a vaccine: of products that are on the market if there are any. */
function makersOf(cvx: string, codes: Codes): readonly string[] {
  const rows = codes.table('product').rows.filter((row) => row[1] === cvx && row[2] !== '');
  const active = rows.filter((row) => row[3] === 'Active');
  return [...new Set((active.length > 0 ? active : rows).map((row) => row[2]!))];
}

/** The maker of a product by its name. */
function makersOfName(name: string, codes: Codes): readonly string[] {
  const key = wordsKey(name);
  const rows = codes.table('product').rows.filter((row) => wordsKey(row[0]!) === key && row[2] !== '');
  return [...new Set(rows.map((row) => row[2]!))];
}

const MAKER: Suggester = {
  id: 'mvx-from-lot',
  codes: ['mvx-missing', 'mvx-unrecognized', 'product-unknown'],
  suggest: ({ facts, evidence }) => {
    const { codes } = evidence;
    const { cvx, lot_number: lot, vaccine_name: name, mvx } = facts.values;
    const odds = new Map<string, { readonly odds: number; readonly reason: string }>();
    const consider = (maker: string, likelihood: number, reason: string): void => {
      if (maker === mvx || NO_MAKERS.has(maker)) return;
      const known = odds.get(maker);
      if (known === undefined || known.odds < likelihood) odds.set(maker, { odds: likelihood, reason });
    };
    if (name !== undefined) {
      const makers = makersOfName(name, codes);
      for (const maker of makers) consider(maker, 30 / makers.length ** 2, 'the maker of the product that is named');
    }
    if (cvx !== undefined) {
      const listed = makersOf(cvx, codes);
      for (const maker of listed) {
        const reason = listed.length === 1 ? 'the only maker of this vaccine' : 'one of the makers of this vaccine';
        consider(maker, listed.length === 1 ? 15 : 1, reason);
      }
      if (lot !== undefined) {
        const known = evidence.makersOf(cvx, lot);
        addShares(known, 20, 'other doses of the same vaccine and lot name this maker', consider);
        if (known.size === 0) {
          const alike = evidence.makersOf(cvx, shapeOfLot(lot));
          addShares(alike, 2, 'lots of this vaccine that are written like this one are of this maker', consider);
        }
      }
    }
    return [...odds].map(([maker, found]) => ({ fixes: [{ field: 'mvx', value: maker }], ...found }));
  },
};

/** Weighs makers by how many records name them; the more agree, the surer. */
function addShares(
  uses: ReadonlyMap<string, number>,
  oddsOfOne: number,
  reason: string,
  consider: (maker: string, odds: number, reason: string) => void,
): void {
  const sum = [...uses.values()].reduce((total, count) => total + count, 0);
  for (const [maker, count] of uses) consider(maker, Math.min(80, oddsOfOne * count) * (count / sum) ** 3, reason);
}

export const VACCINE_SUGGESTERS: readonly Suggester[] = [VACCINE_FROM_NAME, MAKER];
