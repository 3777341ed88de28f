/** Where things stand in a JSON text: each value and name, and where the text stops being JSON. */
import { pointerTo } from '../core/spec-checker.js';

const BLANKS = /[ \t\r\n]*/y;
const TEXT = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const OTHER_SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Nothing that people write is nested deeper. */
const DEEPEST = 200;

/** The places of a JSON text. All are offsets in UTF-16 units. */
export interface JsonPlaces {
  /**
   * The first token that cannot stand where it stands, or that is nested too deep; the length of the text when
   * something is missing at its end, `null` when nothing is wrong.
   */
  readonly fault: number | null;
  /** Where each value begins, by its JSON pointer. */
  readonly values: ReadonlyMap<string, number>;
  /** Where the name of each property begins, by the JSON pointer of its value. */
  readonly names: ReadonlyMap<string, number>;
  /** Properties whose name stands in their object already: programs read one of the two. */
  readonly repeated: readonly { readonly pointer: string; readonly offset: number }[];
}

/** A place as an editor shows it. */
export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/** Finds the places of a text that is, or is not quite, JSON. */
export function locateJson(text: string): JsonPlaces {
  const reader = new JsonReader(text);
  const isJson = reader.readsValue('', 0) && reader.atEnd;
  const { values, names, repeated } = reader;
  return { fault: isJson ? null : reader.at, values, names, repeated };
}

/** Offset of the first token that cannot stand where it stands; the length of the text when something is missing at its end. */
export function findJsonFault(text: string): number {
  return locateJson(text).fault ?? text.length;
}

/** Line and column of an offset. */
export function placeOf(text: string, offset: number): Place {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: lines.length, column: lines[lines.length - 1]!.length + 1 };
}

/** Reads as far as the text is JSON. */
class JsonReader {
  readonly #text: string;
  readonly values = new Map<string, number>();
  readonly names = new Map<string, number>();
  readonly repeated: { pointer: string; offset: number }[] = [];
  at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#reads(BLANKS);
  }

  get atEnd(): boolean {
    return this.at === this.#text.length;
  }

  #reads(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.#text)) return false;
    this.at = pattern.lastIndex;
    if (pattern !== BLANKS) this.#reads(BLANKS);
    return true;
  }

  #readsMark(mark: string): boolean {
    if (this.#text[this.at] !== mark) return false;
    this.at++;
    this.#reads(BLANKS);
    return true;
  }

  readsValue(pointer: string, depth: number): boolean {
    if (depth > DEEPEST) return false;
    this.values.set(pointer, this.at);
    if (this.#readsMark('{')) {
      const seen = new Set<string>();
      return this.#readsList('}', () => this.#readsProperty(pointer, depth, seen));
    }
    if (this.#readsMark('[')) {
      let index = 0;
      return this.#readsList(']', () => this.readsValue(`${pointer}/${index++}`, depth + 1));
    }
    return this.#reads(TEXT) || this.#reads(OTHER_SCALAR);
  }

  #readsProperty(path: string, depth: number, seen: Set<string>): boolean {
    const offset = this.at;
    if (!this.#reads(TEXT)) return false;
    const name = JSON.parse(this.#text.slice(offset, this.at)) as string;
    const pointer = pointerTo(path, name);
    if (seen.has(name)) this.repeated.push({ pointer, offset });
    seen.add(name);
    this.names.set(pointer, offset);
    return this.#readsMark(':') && this.readsValue(pointer, depth + 1);
  }

  #readsList(end: '}' | ']', readsItem: () => boolean): boolean {
    if (this.#readsMark(end)) return true;
    do if (!readsItem()) return false;
    while (this.#readsMark(','));
    return this.#readsMark(end);
  }
}
