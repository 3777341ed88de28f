/** References of XML: the five that have names, and numbers of characters. */

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const REFERENCE = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]\w*));/g;

/** The character that a reference stands for, `null` if it stands for none that XML knows by itself. */
export function characterOf(reference: string): string | null {
  REFERENCE.lastIndex = 0;
  const match = REFERENCE.exec(reference);
  if (match === null || match[0] !== reference) return null;
  const [, decimal, hex, name] = match;
  if (name !== undefined) return Object.hasOwn(NAMED, name) ? NAMED[name]! : null;
  const point = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal);
  return isCharacter(point) ? String.fromCodePoint(point) : null;
}

/** The characters that XML allows (XML 1.0, production 2). */
function isCharacter(point: number): boolean {
  if (point < 0x20) return point === 9 || point === 10 || point === 13;
  return point <= 0xd7ff || (point >= 0xe000 && point <= 0xfffd) || (point >= 0x10000 && point <= 0x10ffff);
}

/** The text with every reference as its character. What is no reference stays, as in "M&M;". */
export function expandReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(REFERENCE, (reference) => characterOf(reference) ?? reference);
}
