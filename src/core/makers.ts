/** The makers of vaccines: their names, who became part of whom, and who makes what. */
import type { Codes } from './codes.js';
import { nameKey } from './vaccine-names.js';

/** Firms that put others' vaccines into packages of their own: any vaccine may bear their name. Source: CDC’s notes on MVX. */
const RELABELERS = new Set(['AKR', 'DSI', 'GRF', 'REB']);
/** Codes that name no maker. */
const NO_MAKER = new Set(['OTH', 'UNK']);

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
    for (const { cvx, mvx } of codes.rows('product')) {
      if (mvx === '') continue;
      this.#ofVaccine.set(cvx!, (this.#ofVaccine.get(cvx!) ?? new Set()).add(mvx!));
    }
  }

  /** A table's own name comes before an alias, and a code before both. */
  #addName(name: string, code: string): void {
    const key = nameKey(name);
    if (!this.#byName.has(key)) this.#byName.set(key, code);
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
    const code = this.#byName.get(nameKey(text));
    return code !== undefined && !NO_MAKER.has(code);
  }

  /** The makers that CDC lists for a vaccine, in alphabetical order; `[]` if it lists none. */
  ofVaccine(cvx: string): readonly string[] {
    return [...(this.#ofVaccine.get(cvx) ?? [])].sort();
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
