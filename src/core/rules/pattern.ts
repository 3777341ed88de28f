/**
 * Patterns of values: regular expressions without what can make one slow.
 *
 * A pattern becomes an automaton that looks at each character once. Nothing goes back, so that no pattern of a
 * specification can hang the program: a value of n characters costs n steps, whatever stands in it.
 */

/** Steps that a pattern may have once its counted repeats are written out. */
const MOST_STEPS = 1_000;
/** Most that {n,m} may say. */
const MOST_TIMES = 500;
/** Groups within groups. */
const DEEPEST = 50;
/** Steps of all the combinations that are remembered, and characters that lead from one to another: a few megabytes. */
const MOST_REMEMBERED = 100_000;

/** A pattern that cannot be, and why. */
export class PatternError extends Error {
  readonly code = 'pattern';
  constructor(
    message: string,
    readonly remedy: string,
  ) {
    super(message);
    this.name = 'PatternError';
  }
}

/** Says whether a whole value matches. */
export type PatternTest = (value: string) => boolean;

/** Characters by their code points, first and last of each range. */
type Ranges = readonly (readonly [number, number])[];

interface CharacterClass {
  readonly ranges: Ranges;
  readonly negated: boolean;
}

type Node =
  | { readonly kind: 'characters'; readonly of: readonly CharacterClass[]; readonly negated: boolean }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly least: number; readonly most: number };

const at = (character: string): number => character.codePointAt(0)!;
const range = (first: string, last: string = first): readonly [number, number] => [at(first), at(last)];

const DIGIT: Ranges = [range('0', '9')];
const WORD: Ranges = [range('0', '9'), range('A', 'Z'), range('a', 'z'), range('_')];
const BLANK: Ranges = [range('\t', '\r'), range(' ')];
const SHORTHANDS: Readonly<Record<string, CharacterClass>> = {
  d: { ranges: DIGIT, negated: false },
  D: { ranges: DIGIT, negated: true },
  w: { ranges: WORD, negated: false },
  W: { ranges: WORD, negated: true },
  s: { ranges: BLANK, negated: false },
  S: { ranges: BLANK, negated: true },
};
const ESCAPED: Readonly<Record<string, string>> = { t: '\t' };
const PUNCTUATION = /^[\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]$/;
const WHAT_IS_READ =
  'A pattern has characters, . [A-Z] [^A-Z] \\d \\w \\s \\D \\W \\S ( | ) and ? * + {n} {n,} {n,m}; it is compared with the whole value.';

function refuse(problem: string): never {
  throw new PatternError(problem, WHAT_IS_READ);
}

/** Reads the text of a pattern. */
class PatternReader {
  readonly #text: string[];
  #place = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = [...text];
  }

  read(): Node {
    // Values are compared as a whole, so that these two say nothing new.
    if (this.#next === '^') this.#place++;
    if (/^(?:[^\\]|\\.)*\$$/su.test(this.#text.join(''))) this.#text.pop();
    const node = this.#choice();
    if (this.#place < this.#text.length) refuse(`${this.#next} closes nothing`);
    return node;
  }

  get #next(): string | undefined {
    return this.#text[this.#place];
  }

  #choice(): Node {
    const parts = [this.#sequence()];
    while (this.#next === '|') {
      this.#place++;
      parts.push(this.#sequence());
    }
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#next !== undefined && this.#next !== '|' && this.#next !== ')') parts.push(this.#repeated());
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  #repeated(): Node {
    const part = this.#atom();
    const times = this.#times();
    if (times === null) return part;
    if (this.#times() !== null || this.#next === '?' || this.#next === '+') refuse('two repeats one after the other');
    return { kind: 'repeat', part, ...times };
  }

  #times(): { least: number; most: number } | null {
    const sign = this.#next;
    if (sign === '?' || sign === '*' || sign === '+') {
      this.#place++;
      return { least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : Number.POSITIVE_INFINITY };
    }
    if (sign !== '{') return null;
    const rest = this.#text.slice(this.#place).join('');
    const match = /^\{(\d{1,6})(,(\d{1,6})?)?\}/.exec(rest);
    if (match === null) refuse('{ that is no {n}, {n,} or {n,m}; write \\{ for the character');
    this.#place += match[0].length;
    const least = Number(match[1]);
    const most = match[2] === undefined ? least : match[3] === undefined ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (most < least) refuse(`{${least},${most}} ends before it begins`);
    if (least > MOST_TIMES || (most > MOST_TIMES && most !== Number.POSITIVE_INFINITY)) {
      refuse(`more than ${MOST_TIMES} times`);
    }
    return { least, most };
  }

  #atom(): Node {
    const character = this.#next!;
    this.#place++;
    if (character === '(') return this.#group();
    if (character === '[') return this.#class();
    if (character === '.') return { kind: 'characters', of: [], negated: true };
    if (character === '\\') return characters([this.#escape()]);
    if ('?*+{'.includes(character)) refuse(`${character} repeats nothing; write \\${character} for the character`);
    if ('^$'.includes(character)) refuse(`${character} within the pattern; write \\${character} for the character`);
    if (']}'.includes(character)) refuse(`${character} closes nothing; write \\${character} for the character`);
    return characters([only(character)]);
  }

  #group(): Node {
    if (this.#next === '?') {
      if (this.#text[this.#place + 1] !== ':') refuse('(? that is no (?: ; groups neither look around nor have names');
      this.#place += 2;
    }
    this.#depth++;
    if (this.#depth > DEEPEST) refuse('groups too deep within each other');
    const node = this.#choice();
    this.#depth--;
    if (this.#next !== ')') refuse('( is not closed');
    this.#place++;
    return node;
  }

  #escape(): CharacterClass {
    const character = this.#next;
    if (character === undefined) refuse('\\ at the end');
    this.#place++;
    const shorthand = SHORTHANDS[character];
    if (shorthand !== undefined) return shorthand;
    const escaped = ESCAPED[character] ?? (PUNCTUATION.test(character) ? character : undefined);
    if (escaped === undefined) refuse(`\\${character} is not known`);
    return only(escaped);
  }

  #class(): Node {
    const negated = this.#next === '^';
    if (negated) this.#place++;
    const classes: CharacterClass[] = [];
    while (this.#next !== ']') {
      if (this.#next === undefined) refuse('[ is not closed');
      const first = this.#member();
      const isRange = this.#next === '-' && ![']', undefined].includes(this.#text[this.#place + 1]);
      if (!isRange) {
        classes.push(first);
        continue;
      }
      this.#place++;
      const [from, to] = [single(first), single(this.#member())];
      if (from === null || to === null) refuse('a range from or to more than one character');
      if (to < from) refuse('a range that ends before it begins');
      classes.push({ ranges: [[from, to]], negated: false });
    }
    this.#place++;
    if (classes.length === 0) refuse('[] with nothing in it');
    return { kind: 'characters', of: classes, negated };
  }

  #member(): CharacterClass {
    const character = this.#next!;
    this.#place++;
    if (character === '[') refuse('[ within [ ]; write \\[ for the character');
    return character === '\\' ? this.#escape() : only(character);
  }
}

function only(character: string): CharacterClass {
  return { ranges: [range(character)], negated: false };
}

function single({ ranges, negated }: CharacterClass): number | null {
  const [first] = ranges;
  return !negated && ranges.length === 1 && first![0] === first![1] ? first![0] : null;
}

function characters(of: readonly CharacterClass[]): Node {
  return { kind: 'characters', of, negated: false };
}

function holds({ ranges, negated }: CharacterClass, point: number): boolean {
  return ranges.some(([first, last]) => first <= point && point <= last) !== negated;
}

/** A step of the automaton: over a character to the next step, or to several steps without one. */
interface Step {
  readonly takes: { readonly of: readonly CharacterClass[]; readonly negated: boolean } | null;
  readonly to: number[];
}

const TOO_LONG = `too long: more than ${MOST_STEPS} steps, each repeat counted`;

/** The steps of a pattern. The first is its end. */
class Steps {
  readonly all: Step[] = [];
  #written = 0;

  add(takes: Step['takes'], ...to: number[]): number {
    if (this.all.length >= MOST_STEPS) refuse(TOO_LONG);
    return this.all.push({ takes, to }) - 1;
  }

  /** Writes a node whose end leads to `end`, and gives its beginning. */
  write(node: Node, end: number): number {
    // Nothing, a thousand times a thousand times, adds no step and takes its time.
    if (++this.#written > MOST_STEPS * 10) refuse(TOO_LONG);
    switch (node.kind) {
      case 'characters':
        return this.add({ of: node.of, negated: node.negated }, end);
      case 'sequence':
        return node.parts.reduceRight((next, part) => this.write(part, next), end);
      case 'choice':
        return this.add(null, ...node.parts.map((part) => this.write(part, end)));
      case 'repeat':
        return this.#writeRepeat(node, end);
    }
  }

  #writeRepeat({ part, least, most }: Node & { kind: 'repeat' }, end: number): number {
    let next = end;
    if (most === Number.POSITIVE_INFINITY) {
      const again = this.add(null, end);
      this.all[again]!.to.unshift(this.write(part, again));
      next = again;
    } else {
      for (let i = least; i < most; i++) next = this.add(null, this.write(part, next), end);
    }
    for (let i = 0; i < least; i++) next = this.write(part, next);
    return next;
  }
}

/** The steps that the automaton can be in at once, and where characters lead from there. */
interface Situation {
  /** Those that take a character, and the end; in their order. */
  readonly steps: Uint16Array;
  readonly isEnd: boolean;
  readonly next: Map<number, Situation>;
}

/** Where nothing leads on. */
const LOST: Situation = { steps: new Uint16Array(0), isEnd: false, next: new Map() };

class Automaton {
  readonly #steps: readonly Step[];
  readonly #end: number;
  readonly #begin: Uint16Array;
  /** The steps behind each step without a character; `undefined` until they are asked for. */
  readonly #behind: (Uint16Array | undefined)[];
  /** Marks of the steps that a character leads to. */
  readonly #reached: Uint8Array;
  #known = new Map<string, Situation>();
  #takers = new Map<number, Uint8Array>();
  #remembered = 0;

  constructor(node: Node) {
    const steps = new Steps();
    this.#end = steps.add(null);
    const begin = steps.write(node, this.#end);
    this.#steps = steps.all;
    this.#behind = new Array<Uint16Array | undefined>(steps.all.length).fill(undefined);
    this.#reached = new Uint8Array(steps.all.length);
    this.#begin = this.#stepsBehind(begin);
  }

  matches(value: string): boolean {
    let situation = this.#situationOf(this.#begin);
    for (const character of value) {
      const point = at(character);
      let next = situation.next.get(point);
      if (next === undefined) {
        // One value may lead through more of them than memory should hold.
        if (this.#remembered > MOST_REMEMBERED) this.#forget();
        next = this.#follow(situation, point);
        this.#remembered++;
        situation.next.set(point, next);
      }
      if (next === LOST) return false;
      situation = next;
    }
    return situation.isEnd;
  }

  #forget(): void {
    this.#known = new Map();
    this.#takers = new Map();
    this.#remembered = 0;
  }

  #follow({ steps }: Situation, point: number): Situation {
    const reached = this.#reached.fill(0);
    const takers = this.#takersOf(point);
    let count = 0;
    for (const step of steps) {
      if (takers[step] === 0) continue;
      for (const next of this.#steps[step]!.to) {
        for (const behind of this.#stepsBehind(next)) {
          count += 1 - reached[behind]!;
          reached[behind] = 1;
        }
      }
    }
    if (count === 0) return LOST;
    const found = new Uint16Array(count);
    for (let step = 0, place = 0; place < count; step++) if (reached[step] === 1) found[place++] = step;
    return this.#situationOf(found);
  }

  /** Marks of the steps that take a character. */
  #takersOf(point: number): Uint8Array {
    let takers = this.#takers.get(point);
    if (takers === undefined) {
      takers = Uint8Array.from(this.#steps, ({ takes }) => {
        return takes !== null && takes.of.some((each) => holds(each, point)) !== takes.negated ? 1 : 0;
      });
      this.#takers.set(point, takers);
      this.#remembered += takers.length;
    }
    return takers;
  }

  #situationOf(steps: Uint16Array): Situation {
    const key = String.fromCharCode(...steps);
    let situation = this.#known.get(key);
    if (situation === undefined) {
      situation = { steps, isEnd: steps.includes(this.#end), next: new Map() };
      this.#known.set(key, situation);
      this.#remembered += steps.length;
    }
    return situation;
  }

  /** A step, or where it takes no character, those that lie behind it without one; in their order. */
  #stepsBehind(from: number): Uint16Array {
    const known = this.#behind[from];
    if (known !== undefined) return known;
    const reached = new Set<number>();
    const open = [from];
    for (let step = open.pop(); step !== undefined; step = open.pop()) {
      if (reached.has(step)) continue;
      reached.add(step);
      const { takes, to } = this.#steps[step]!;
      if (takes === null) open.push(...to);
    }
    const steps = [...reached].filter((step) => step === this.#end || this.#steps[step]!.takes !== null);
    const behind = Uint16Array.from(steps).sort();
    this.#behind[from] = behind;
    return behind;
  }
}

/** Makes a test of a pattern: whether a value, from its first character to its last, is of that form. @throws PatternError */
export function compilePattern(pattern: string): PatternTest {
  const automaton = new Automaton(new PatternReader(pattern).read());
  return (value) => automaton.matches(value);
}
