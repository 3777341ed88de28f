/** Characters that stand for others of their kind: a letter for a letter of the same case and width, a digit for a digit. */

/** A letter or a digit: what is replaced. All else, marks and punctuation, stays. */
const REPLACED = /^[\p{L}\p{Nd}]$/u;

export function isReplaced(character: string): boolean {
  const code = character.charCodeAt(0);
  if (character.length === 1 && code < 0x80) {
    return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  }
  return REPLACED.test(character);
}

/** A character without its case, `null` where case is no matter of one character. */
function lowered(character: string): string {
  const lower = character.toLowerCase();
  return [...lower].length === 1 ? lower : character;
}

/** Letters and digits of a text, one after the other, without their case. */
export function foldKey(text: string): string {
  let key = '';
  for (const character of text) if (isReplaced(character)) key += lowered(character);
  return key;
}

/** Latin letters with accents, in UTF-8 of two bytes and in Windows-1252 of one: lower case, then the same in upper case. */
const ACCENTED = [...'àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþ'];
const ACCENTED_CAPITALS = [...'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞ'];
/** Further letters of Windows-1252. */
const OTHERS_OF_1252 = [...'šœž'];
const OTHER_CAPITALS_OF_1252 = [...'ŠŒŽ'];

/** Characters of a kind that are exchanged for each other. */
const SETS: readonly (readonly string[])[] = [
  [...'0123456789'],
  [...'abcdefghijklmnopqrstuvwxyz'],
  [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'],
  ACCENTED,
  ACCENTED_CAPITALS,
  OTHERS_OF_1252,
  OTHER_CAPITALS_OF_1252,
];
const KIND_OF = new Map<string, { readonly set: readonly string[]; readonly place: number }>(
  SETS.flatMap((set) => set.map((character, place) => [character, { set, place }] as const)),
);

/** Another character of the same kind, by a random number; a character of a kind that has no other stays. */
export function pickAlike(character: string, random: number): string {
  const kind = KIND_OF.get(character) ?? kindOfOther(character);
  const { set, place } = kind;
  if (set.length < 2) return character;
  return set[(place + 1 + (random % (set.length - 1))) % set.length]!;
}

const CATEGORIES = [/\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u, /\p{L}/u];
/** Characters whose code differs in the last six bits alone have as many bytes in UTF-8. */
const BLOCK = 64;

/** Characters of the same category that stand beside one that is not Latin. */
function kindOfOther(character: string): { readonly set: readonly string[]; readonly place: number } {
  const code = character.codePointAt(0)!;
  const category = CATEGORIES.find((each) => each.test(character));
  if (category === undefined) return { set: [character], place: 0 };
  const set: string[] = [];
  const first = code - (code % BLOCK);
  for (let other = first; other < first + BLOCK; other++) {
    const one = String.fromCodePoint(other);
    if (category.test(one) && !KIND_OF.has(one)) set.push(one);
  }
  const kind = { set, place: set.indexOf(character) };
  for (const [place, each] of set.entries()) KIND_OF.set(each, { set, place });
  return kind;
}

/** A text whose letters and digits are replaced one by one, by as many random numbers. */
export function replaceEach(text: string, random: Uint8Array): string {
  let at = 0;
  let replaced = '';
  for (const character of text) replaced += isReplaced(character) ? pickAlike(character, random[at++]!) : character;
  return replaced;
}

/** A text in parts: words of letters and digits, and what stands between them. Joined, they are the text. */
export function splitWords(text: string): string[] {
  return text.match(/[\p{L}\p{Nd}]+|[^\p{L}\p{Nd}]+/gu) ?? [];
}
