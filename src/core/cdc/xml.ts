/**
 * Reads the XML of CDC's code sets, and no other: a list of records, each a list of texts.
 *
 * There are two shapes of records: elements named for what they hold, and pairs of the elements Name and Value. Nothing
 * else is understood, so that nothing can be smuggled in: no document types, no entities but the five of XML, no levels
 * below the third.
 */
import { CdcFault } from './problem.js';
import { characterOf } from './references.js';
import { lineAt } from './text.js';

/** A record: its texts by name, in the order of the file. */
export interface XmlRecord {
  /** First line, from 1. */
  readonly line: number;
  readonly fields: readonly { readonly name: string; readonly text: string }[];
}

const REMEDY = 'Give the XML as CDC offers it for download.';

/** A tag, or whatever else begins with `<`. No part of it can match in two ways, so that it takes linear time. */
const NAME = '[A-Za-z_][\\w.-]*';
const ATTRIBUTES = '(?:\\s+[A-Za-z_][\\w:.-]*\\s*=\\s*(?:"[^"<]*"|\'[^\'<]*\'))*';
const OPEN = new RegExp(`<(${NAME})${ATTRIBUTES}\\s*(/?)>`, 'y');
const CLOSE = new RegExp(`</(${NAME})\\s*>`, 'y');
const BLANKS = /\s*/y;
const COMMENT = /<!--[\s\S]*?-->/y;
const INSTRUCTION = /<\?[\s\S]*?\?>/y;
const CDATA = /<!\[CDATA\[([\s\S]*?)\]\]>/y;
const ANY_REFERENCE = /&[^;<&\s]{0,40};?/g;

/** The records of an XML text. @throws CdcFault with the line of the first thing that is not as CDC writes it */
export function readXmlRecords(text: string): XmlRecord[] {
  return new XmlReader(text).read();
}

class XmlReader {
  readonly #text: string;
  #at = 0;
  /** The line at {@link #counted}, which never goes back. */
  #line = 1;
  #counted = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): XmlRecord[] {
    this.#skipBetween();
    const root = this.#open('an element that holds the records');
    const records: XmlRecord[] = [];
    if (!root.isEmpty) {
      for (;;) {
        this.#skipBetween();
        if (this.#closes(root.name)) break;
        records.push(this.#readRecord());
      }
    }
    this.#skipBetween();
    if (this.#at < this.#text.length) this.#fail('something behind the end of the list');
    return records;
  }

  #readRecord(): XmlRecord {
    const line = this.#lineHere();
    const record = this.#open('a record');
    const leaves: { name: string; text: string }[] = [];
    while (!record.isEmpty) {
      this.#skipBetween();
      if (this.#closes(record.name)) break;
      const leaf = this.#open('a value of the record');
      leaves.push({ name: leaf.name, text: leaf.isEmpty ? '' : this.#readText(leaf.name) });
    }
    return { line, fields: isPairs(leaves) ? this.#pairUp(leaves) : leaves };
  }

  /** Name and Value by turns: a value belongs to the name before it. */
  #pairUp(leaves: readonly { readonly name: string; readonly text: string }[]): XmlRecord['fields'] {
    const fields: { name: string; text: string }[] = [];
    for (let i = 0; i < leaves.length; i += 2) {
      const [name, value] = [leaves[i]!, leaves[i + 1]];
      if (name.name !== 'Name' || value?.name !== 'Value') this.#fail('Name and Value do not come by turns');
      fields.push({ name: name.text, text: value!.text });
    }
    return fields;
  }

  /** The text up to the end of the element that was opened. */
  #readText(element: string): string {
    let text = '';
    for (;;) {
      const next = this.#text.indexOf('<', this.#at);
      if (next < 0) this.#fail(`<${element}> is not closed`);
      text += this.#expand(this.#text.slice(this.#at, next));
      this.#at = next;
      if (this.#closes(element)) return text;
      const data = this.#match(CDATA);
      if (data !== null) text += data[1]!;
      else if (this.#match(COMMENT) === null) this.#refuse(`<${element}> holds more than text`);
    }
  }

  #expand(text: string): string {
    if (!text.includes('&')) return text;
    return text.replace(ANY_REFERENCE, (reference) => {
      const character = characterOf(reference);
      if (character === null) {
        this.#fail('an entity or a lone & that XML does not know by itself');
      }
      return character!;
    });
  }

  #open(what: string): { readonly name: string; readonly isEmpty: boolean } {
    const match = this.#match(OPEN);
    if (match === null) this.#refuse(`not ${what}`);
    return { name: match![1]!, isEmpty: match![2] === '/' };
  }

  #closes(name: string): boolean {
    const start = this.#at;
    const match = this.#match(CLOSE);
    if (match === null) return false;
    if (match[1] === name) return true;
    this.#at = start;
    return this.#fail(`<${name}> is closed as </${match[1]}>`);
  }

  /** Blanks, comments and instructions, which may stand between elements. */
  #skipBetween(): void {
    for (;;) {
      this.#match(BLANKS);
      if (this.#match(COMMENT) === null && this.#match(INSTRUCTION) === null) return;
    }
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  #lineHere(): number {
    this.#line += lineAt(this.#text.slice(this.#counted, this.#at), this.#at - this.#counted) - 1;
    this.#counted = this.#at;
    return this.#line;
  }

  /** Something stands here that CDC's files do not have. */
  #refuse(otherwise: string): never {
    const rest = this.#text.slice(this.#at, this.#at + 20);
    if (/^<!(?:DOCTYPE|ENTITY|\[)/i.test(rest)) this.#fail('a document type or an entity is declared');
    return this.#fail(this.#at >= this.#text.length ? 'the file ends too early' : otherwise);
  }

  #fail(message: string): never {
    throw new CdcFault(this.#lineHere(), message, REMEDY);
  }
}

function isPairs(leaves: readonly { readonly name: string }[]): boolean {
  return leaves.some(({ name }) => name === 'Name') && leaves.every(({ name }) => name === 'Name' || name === 'Value');
}
