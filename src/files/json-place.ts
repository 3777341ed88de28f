/** Where a text stops being JSON. The engine's own message says it for some faults only. */

const BLANKS = /[ \t\r\n]*/y;
const SCALAR =
  /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Offset of the first token that cannot stand where it stands; the length of the text when something is missing at its end. */
export function findJsonFault(text: string): number {
  const parser = new JsonReader(text);
  return parser.readsValue() && parser.atEnd ? text.length : parser.at;
}

/** Reads as far as the text is JSON. */
class JsonReader {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipBlanks();
  }

  get atEnd(): boolean {
    return this.at === this.#text.length;
  }

  #skipBlanks(): void {
    this.#reads(BLANKS, false);
  }

  #reads(pattern: RegExp, skip = true): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.#text)) return false;
    this.at = pattern.lastIndex;
    if (skip) this.#skipBlanks();
    return true;
  }

  #readsMark(mark: string): boolean {
    if (this.#text[this.at] !== mark) return false;
    this.at++;
    this.#skipBlanks();
    return true;
  }

  readsValue(): boolean {
    if (this.#readsMark('{')) return this.#readsList('}', () => this.#readsProperty());
    if (this.#readsMark('[')) return this.#readsList(']', () => this.readsValue());
    return this.#reads(SCALAR);
  }

  #readsProperty(): boolean {
    return this.#text[this.at] === '"' && this.#reads(SCALAR) && this.#readsMark(':') && this.readsValue();
  }

  #readsList(end: '}' | ']', readsItem: () => boolean): boolean {
    if (this.#readsMark(end)) return true;
    do if (!readsItem()) return false;
    while (this.#readsMark(','));
    return this.#readsMark(end);
  }
}
