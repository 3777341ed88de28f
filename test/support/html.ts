/** Reads a page of HTML as strictly as XML is read, so that a mark that was not escaped is found. */

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** The elements of a page and its texts, in their order. @throws Error when it is not well-formed */
export function readHtml(html: string): { elements: string[]; texts: string[] } {
  const elements: string[] = [];
  const texts: string[] = [];
  const open: string[] = [];
  const token = /<!DOCTYPE html>|<(\/?)([a-z][a-z\d]*)((?: [a-z-]+="[^"<]*")*)(\/?)>|([^<>]+)/y;
  while (token.lastIndex < html.length) {
    const at = token.lastIndex;
    const match = token.exec(html);
    if (match === null) throw new Error(`not well-formed: ${html.slice(at, at + 80)}`);
    const [, closing, name, , empty, text] = match;
    if (text !== undefined) {
      texts.push(open.at(-1) === 'style' ? '' : unescapeMarks(text));
    } else if (name !== undefined && closing === '/') {
      if (open.pop() !== name) throw new Error(`${name} is closed and was not open`);
    } else if (name !== undefined) {
      elements.push(name);
      if (empty === '') open.push(name);
    }
  }
  if (open.length > 0) throw new Error(`${open.join(', ')} not closed`);
  return { elements, texts };
}

function unescapeMarks(text: string): string {
  return text.replace(/&([^;&\s]*);?/g, (mark, name: string) => {
    const character = ENTITIES[name];
    if (character === undefined || !mark.endsWith(';')) throw new Error(`not escaped: ${mark}`);
    return character;
  });
}
