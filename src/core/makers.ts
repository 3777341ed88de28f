/** The makers of vaccines: their names, who became part of whom, and who makes what. */
import type { Codes } from './codes.js';
import { areOneEditApart } from './match/similarity.js';
import { nameKey } from './vaccine-names.js';

/** Firms that put others' vaccines into packages of their own: any vaccine may bear their name. Source: CDC’s notes on MVX. */
const RELABELERS = new Set(['AKR', 'DSI', 'GRF', 'REB']);
/** Codes that name no maker. */
const NO_MAKER: ReadonlySet<string> = new Set(['OTH', 'UNK']);
/** Fewer letters of a maker's name are near to too many others. */
const SHORTEST_NAME = 4;

/** Letters by which the beginnings of names are told apart. */
const BEGINNING = 3;

/** What the product list says of a vaccine and a maker. */
export type ProductCheck =
  /** The maker is listed, by its own code or by that of a maker that it became part of, or that became part of it. */
  | 'listed'
  /** The vaccine is listed with other makers only: one of the two is probably a slip. */
  | 'of-others'
  /** Nothing can be said: the vaccine has no product in the list, as those without a formulation, or the code is no maker's. */
  | 'unknown';

/** Makers by code and name, and their products. */
export class Makers {
  readonly #codes = new Set<string>();
  readonly #retired = new Map<string, string>();
  readonly #byName = new Map<string, string>();
  /** The makers that each became part of. */
  readonly #partOf = new Map<string, string[]>();
  readonly #ofVaccine = new Map<string, Set<string>>();
  /** Those of products that are on the market. */
  readonly #onMarket = new Map<string, Set<string>>();
  readonly #ofProduct = new Map<string, Set<string>>();
  /** How the names begin. */
  readonly #beginnings = new Set<string>();
  /** Answers about makers that a vaccine is not listed with itself. */
  readonly #checked = new Map<string, ProductCheck>();

  constructor(codes: Codes) {
    const makers = [...codes.rows('mvx')];
    for (const { code, status, last_updated } of makers) {
      this.#codes.add(code!);
      if (status === 'Inactive' && last_updated !== '') this.#retired.set(code!, last_updated!);
    }
    for (const { code, name } of makers) this.#addName(name!, code!);
    for (const { name, mvx } of codes.rows('maker_alias')) this.#addName(name!, mvx!);
    for (const { mvx, part_of } of codes.rows('maker_merger')) {
      this.#partOf.set(mvx!, [...(this.#partOf.get(mvx!) ?? []), part_of!]);
    }
    const add = (map: Map<string, Set<string>>, key: string, mvx: string): void => {
      map.set(key, (map.get(key) ?? new Set()).add(mvx));
    };
    for (const { product_name, cvx, mvx, status } of codes.rows('product')) {
      if (mvx === '') continue;
      add(this.#ofVaccine, cvx!, mvx!);
      add(this.#ofProduct, nameKey(product_name!), mvx!);
      if (status === 'Active') add(this.#onMarket, cvx!, mvx!);
    }
  }

  /** A table's own name comes before an alias, and a code before both. */
  #addName(name: string, code: string): void {
    const key = nameKey(name);
    if (this.#byName.has(key)) return;
    this.#byName.set(key, code);
    for (let length = 0; length <= BEGINNING; length++) this.#beginnings.add(key.slice(0, length));
  }

  /** The code of a maker by its code in upper case, or by its name; `undefined` if there is no such maker. */
  codeOf(text: string): string | undefined {
    return this.#codes.has(text) ? text : this.#byName.get(nameKey(text));
  }

  /** A day since which CDC lists the code of a maker as inactive; `null` for one that is active, or of no known day. */
  retiredSince(mvx: string): string | null {
    return this.#retired.get(mvx) ?? null;
  }

  /** Whether the text is the name of a maker, and not one of the words for an unknown or another one. */
  isName(text: string): boolean {
    return this.isNameKey(nameKey(text));
  }

  /** The same, by the key of the text. */
  isNameKey(key: string): boolean {
    const code = this.#byName.get(key);
    return code !== undefined && !NO_MAKER.has(code);
  }

  /** Whether a name of a maker may begin with the word of a key: of most words, none does. */
  mayBegin(key: string): boolean {
    return this.#beginnings.has(key.slice(0, BEGINNING));
  }

  /** The makers that CDC lists for a vaccine, in alphabetical order; `[]` if it lists none. */
  ofVaccine(cvx: string): readonly string[] {
    return [...(this.#ofVaccine.get(cvx) ?? [])].sort();
  }

  /** The makers whose product for a vaccine is on the market, or all where none is; `[]` if CDC lists none. */
  onMarketFor(cvx: string): readonly string[] {
    return [...(this.#onMarket.get(cvx) ?? this.#ofVaccine.get(cvx) ?? [])].sort();
  }

  /** The makers of the products of a name, `[]` if there is no such product. */
  ofProduct(name: string): readonly string[] {
    return [...(this.#ofProduct.get(nameKey(name)) ?? [])].sort();
  }

  /** The makers whose name is one slip of the finger from a text; `[]` if none is, or the text is too short to tell. */
  nearTo(text: string): readonly string[] {
    const key = nameKey(text);
    const near = new Set<string>();
    for (const [name, code] of this.#byName) {
      if (Math.min(key.length, name.length) < SHORTEST_NAME || NO_MAKER.has(code)) continue;
      if (areOneEditApart(key, name)) near.add(code);
    }
    return [...near];
  }

  /** Whether a code names a maker, and not an unknown or another one. */
  isMaker(mvx: string): boolean {
    return !NO_MAKER.has(mvx);
  }

  /** Whether the maker makes the vaccine, now or under the name of another. */
  checkProduct(cvx: string, mvx: string): ProductCheck {
    const makers = this.#ofVaccine.get(cvx);
    if (makers === undefined || NO_MAKER.has(mvx) || RELABELERS.has(mvx)) return 'unknown';
    if (makers.has(mvx)) return 'listed';
    const key = `${cvx} ${mvx}`;
    let checked = this.#checked.get(key);
    if (checked === undefined) {
      const isRelated = [...makers].some((maker) => this.#became(maker, mvx) || this.#became(mvx, maker));
      checked = isRelated ? 'listed' : 'of-others';
      this.#checked.set(key, checked);
    }
    return checked;
  }

  /** Whether a maker became part of another, or of one that did. */
  #became(maker: string, other: string, seen: ReadonlySet<string> = new Set()): boolean {
    if (maker === other) return true;
    if (seen.has(maker)) return false;
    return (this.#partOf.get(maker) ?? []).some((next) => this.#became(next, other, new Set([...seen, maker])));
  }
}
