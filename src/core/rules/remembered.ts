/** Remembers which doses no rule has anything to say about, so that most doses are asked a few questions only. */
import { Combinations } from '../combinations.js';
import type { Row } from '../model.js';
import { type Rule, type RuleContext, runRules } from './rule.js';

/** Combinations remembered; a file has some thousand. With more than this, the memory starts over. */
const MOST_REMEMBERED = 50_000;
const HARMLESS = 1;
const BROKEN = 0;
/** Stands for any value where only its presence counts. */
const PRESENT = '+';

/** What rules that are marked as remembered look at. */
export interface RememberedSlots {
  readonly values: readonly number[];
  /** Slots of which only it counts whether they have a value. */
  readonly presence: readonly number[];
}

/** Runs rules over rows of one file. What it reports is what {@link runRules} would, in the same order. */
export class RuleMemory {
  readonly #rules: readonly Rule[];
  readonly #remembered: readonly Rule[];
  readonly #others: readonly Rule[];
  readonly #slots: RememberedSlots;
  readonly #combinations: Combinations;
  /** The values of a row that count, in the order of the slots. */
  readonly #key: (string | null)[] = [];

  constructor(rules: readonly Rule[], slots: RememberedSlots) {
    this.#rules = rules;
    this.#remembered = rules.filter(({ isRemembered }) => isRemembered === true);
    this.#others = rules.filter(({ isRemembered }) => isRemembered !== true);
    this.#slots = slots;
    const count = slots.values.length + slots.presence.length;
    this.#combinations = new Combinations(Array.from({ length: count }, (_, i) => i));
  }

  run(row: Row, context: RuleContext, report: (rule: Rule) => void): void {
    const rules = this.#isHarmless(row, context) ? this.#others : this.#rules;
    runRules(rules, row, context, report);
  }

  /** Whether the row keeps all rules that are remembered. */
  #isHarmless(row: Row, context: RuleContext): boolean {
    const { values, presence } = this.#slots;
    const key = this.#key;
    let at = 0;
    for (const slot of values) key[at++] = row[slot]!;
    for (const slot of presence) key[at++] = row[slot] === null ? null : PRESENT;
    const known = this.#combinations.get(key);
    if (known !== undefined) return known === HARMLESS;
    if (this.#combinations.size >= MOST_REMEMBERED) {
      this.#combinations.clear();
      this.#combinations.get(key);
    }
    let isHarmless = true;
    runRules(this.#remembered, row, context, () => {
      isHarmless = false;
    });
    this.#combinations.set(isHarmless ? HARMLESS : BROKEN);
    return isHarmless;
  }
}
