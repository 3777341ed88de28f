/** The vaccine that a mistyped name stands for, and its maker. */
import type { Codes } from '../codes.js';
import { areOneEditApart } from '../match/similarity.js';
import { distanceBetween } from '../nearest.js';
import { essenceOf, type NameParts, readNameParts, vaccineOn } from '../normalize/vaccine-name.js';
import { nameKey } from '../vaccine-names.js';
import { shapeOfLot } from '../whole/file-counts.js';
import { UNSURE_ODDS } from './proposal.js';
import type { Suggester } from './suggester.js';
import { byFirstDay } from './vaccine-days.js';

/** What a text that nobody understands stands for if it was mistyped, and how likely that is. */
interface NearName {
  readonly parts: NameParts;
  readonly odds: number;
}

/** What a text says of vaccines: what it names, or else the names that it is near to. */
interface ReadText {
  readonly parts: NameParts | null;
  readonly near: readonly NearName[];
}

/** Texts are remembered, since a file has few, and each takes some fractions of a millisecond. */
const MOST_REMEMBERED = 10_000;

/** Reads names of vaccines by a set of tables. */
class NameReader {
  readonly #codes: Codes;
  /** Words that names consist of: where one of them stands in a text, somebody meant it. */
  readonly #words: ReadonlySet<string>;
  readonly #read = new Map<string, ReadText>();

  constructor(codes: Codes) {
    this.#codes = codes;
    this.#words = new Set([...codes.names.all()].flatMap(wordsOf));
  }

  read(text: string): ReadText {
    let known = this.#read.get(text);
    if (known === undefined) {
      if (this.#read.size >= MOST_REMEMBERED) this.#read.clear();
      const parts = readNameParts(text, this.#codes);
      known = { parts, near: parts === null ? [...this.#findNear(text), ...this.#findInParts(text)] : [] };
      this.#read.set(text, known);
    }
    return known;
  }

  #findNear(text: string): readonly NearName[] {
    const essence = essenceOf(text, this.#codes);
    const names = new Set([...this.#codes.names.nearestTo(text), ...this.#codes.names.nearestTo(essence)]);
    return [...names].flatMap((name) => {
      // A number says which vaccine it is: of another one, it is no slip.
      if (![text, essence].some((each) => digitsOf(each) === digitsOf(name))) return [];
      const meanings = this.#codes.names.meaningsOf(name);
      const odds = this.#oddsOf(name, text, essence);
      const isTradeName = meanings.every((meaning) => meaning.isTradeName);
      return [{ parts: [meanings], odds: isTradeName ? odds : Math.min(UNSURE_ODDS, odds) }];
    });
  }

  /** Of `DTaP (Infanrx)`, one part is understood, and the other near to a name. */
  #findInParts(text: string): readonly NearName[] {
    const [, outer, inner] = IN_BRACKETS.exec(text) ?? [];
    if (outer === undefined || inner === undefined) return [];
    return [[outer, inner] as const, [inner, outer] as const].flatMap(([good, bad]) => {
      const parts = readNameParts(good, this.#codes);
      if (parts === null) return [];
      return this.#findNear(bad).map((near) => ({ parts: [...parts, ...near.parts], odds: near.odds }));
    });
  }

  #oddsOf(name: string, text: string, essence: string): number {
    const [key, known] = [nameKey(essence), nameKey(name)];
    const isOneSlip = areOneEditApart(key, known) || areOneEditApart(nameKey(text), known);
    const words = wordsOf(text);
    const other = wordsOf(name);
    const odd = words.filter((word, at) => word !== other[at]);
    const meant = other.filter((word, at) => word !== words[at]);
    const isAligned = words.length === other.length && odd.length === 1;
    // Bivalent is no slip of trivalent, and oral none of another route.
    if (odd.some((word) => this.#words.has(word) && word.length > 1)) return ODDS_OF_OTHER_WORD;
    if (!isOneSlip) return distanceBetween(key, known, 2) <= 2 ? ODDS_OF_TWO_SLIPS : ODDS_OF_BEGINNING;
    const isLong = isAligned && meant[0]!.length >= LONG_WORD && /^\p{L}+$/u.test(odd[0]! + meant[0]!);
    return isLong ? ODDS_OF_SLIP : UNSURE_ODDS;
  }
}

/** A name, and in brackets what it is also called. */
const IN_BRACKETS = /^([^()]+)\(([^()]+)\)\s*$/;
/** A word of so many letters is not one slip away from another by chance. */
const LONG_WORD = 6;
const ODDS_OF_SLIP = 40;
const ODDS_OF_TWO_SLIPS = 8;
const ODDS_OF_BEGINNING = 3;
const ODDS_OF_OTHER_WORD = 1.5;

/** The readers of tables, each made once. */
const READERS = new WeakMap<Codes, NameReader>();

function readerOf(codes: Codes): NameReader {
  let reader = READERS.get(codes);
  if (reader === undefined) {
    reader = new NameReader(codes);
    READERS.set(codes, reader);
  }
  return reader;
}

function wordsOf(text: string): string[] {
  return text.toUpperCase().match(/[\p{L}\d]+/gu) ?? [];
}

function digitsOf(text: string): string {
  return (text.match(/\d+/g) ?? []).join(' ');
}

/** Codes that stand for none: reserved, and unknown. */
const NO_VACCINES: ReadonlySet<string> = new Set(['99', '999']);

const VACCINE_FROM_NAME: Suggester = {
  id: 'cvx-from-product',
  codes: [
    'vaccine-unresolved',
    'vaccine-name-unknown',
    'vaccine-name-near',
    'cvx-unknown',
    'cvx-invalid',
    'cvx-unknown-vaccine',
    'cvx-reserved',
    'vaccine-codes-disagree',
  ],
  suggest: ({ issue, facts, evidence: { codes } }) => {
    const { vaccine_name: text, cvx, administered_on: day } = facts.values;
    // Trade names have stood for one vaccine after the other: without the day, none of them says which.
    if (text === undefined || day === undefined || nameKey(text).length < 3) return [];
    const isContradiction = issue.code === 'vaccine-codes-disagree';
    // A record whose vaccine is known by another code needs no guess, but for the code that contradicts its name.
    if (cvx !== undefined && !NO_VACCINES.has(cvx) && !isContradiction) return [];
    const { parts, near } = readerOf(codes).read(text);
    const odds = new Map<string, { readonly odds: number; readonly reason: string }>();
    const consider = (named: string, likelihood: number, reason: string): void => {
      if (named === cvx || NO_VACCINES.has(named)) return;
      // A formulation that is left open may be known to somebody.
      const most = isContradiction ? 1 : codes.cvx(named)?.unspecified === true ? UNSURE_ODDS : likelihood;
      const weighed = Math.min(most, likelihood) * byFirstDay(named, day, codes);
      const known = odds.get(named);
      if (known === undefined || known.odds < weighed) odds.set(named, { odds: weighed, reason });
    };
    if (parts !== null) {
      const { cvx: named } = vaccineOn(parts, day, codes);
      if (named !== null) consider(named, ODDS_OF_SLIP, 'the name is that of this vaccine on the day of the dose');
    }
    for (const { parts: meant, odds: likelihood } of near) {
      // A name that leaves open which vaccine it is says nothing, however it is written.
      const { cvx: named } = vaccineOn(meant, day, codes);
      if (named !== null) consider(named, likelihood, 'the name is nearly that of this vaccine on the day of the dose');
    }
    return [...odds].map(([named, found]) => ({ fixes: [{ field: 'cvx', value: named }], ...found }));
  },
};

const MAKER: Suggester = {
  id: 'mvx-from-lot',
  codes: ['mvx-missing', 'mvx-unrecognized', 'product-unknown'],
  suggest: ({ issue, facts, evidence }) => {
    const { makers } = evidence.codes;
    const { cvx, lot_number: lot, vaccine_name: name, mvx } = facts.values;
    const odds = new Map<string, { readonly odds: number; readonly reason: string }>();
    const consider = (maker: string, likelihood: number, reason: string): void => {
      if (maker === mvx || !makers.isMaker(maker)) return;
      const known = odds.get(maker);
      if (known === undefined || known.odds < likelihood) odds.set(maker, { odds: likelihood, reason });
    };
    if (issue.code === 'mvx-unrecognized' && issue.value !== null) {
      const near = makers.nearTo(issue.value);
      for (const maker of near) {
        const isOfVaccine = cvx !== undefined && makers.checkProduct(cvx, maker) === 'listed';
        const reason = 'the text is nearly the name of this maker';
        consider(maker, (isOfVaccine ? UNSURE_ODDS : 4) / near.length, reason);
      }
    }
    if (name !== undefined) {
      const listed = makers.ofProduct(name);
      const reason = 'the maker of the product that is named';
      for (const maker of listed) consider(maker, UNSURE_ODDS / listed.length ** 2, reason);
    }
    if (cvx !== undefined) {
      const listed = makers.onMarketFor(cvx);
      for (const maker of listed) {
        const reason = listed.length === 1 ? 'the only maker of this vaccine' : 'one of the makers of this vaccine';
        consider(maker, listed.length === 1 ? UNSURE_ODDS : 1, reason);
      }
      if (lot !== undefined) {
        const known = evidence.makersOf(cvx, lot);
        addShares(known, 20, 'other doses of the same vaccine and lot name this maker', consider);
        if (known.size === 0) {
          const alike = evidence.makersOf(cvx, shapeOfLot(lot));
          addShares(alike, 1, 'lots of this vaccine that are written like this one are of this maker', consider);
        }
      }
    }
    return [...odds].map(([maker, found]) => ({ fixes: [{ field: 'mvx', value: maker }], ...found }));
  },
};

/**
 * Weighs makers by how many records name them; the more agree, the surer. Where some name another, no maker is surer than
 * its share of them.
 */
function addShares(
  uses: ReadonlyMap<string, number>,
  oddsOfOne: number,
  reason: string,
  consider: (maker: string, odds: number, reason: string) => void,
): void {
  const sum = [...uses.values()].reduce((total, count) => total + count, 0);
  for (const [maker, count] of uses) {
    const others = sum - count;
    const most = others === 0 ? 80 : count / others;
    consider(maker, Math.min(most, 80, oddsOfOne * count), reason);
  }
}

export const VACCINE_SUGGESTERS: readonly Suggester[] = [VACCINE_FROM_NAME, MAKER];
