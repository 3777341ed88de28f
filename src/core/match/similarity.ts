/** How alike two texts are. */

/** Letters looked at: those beyond tell nothing more about a name, and 31 fit into the bits of a number. */
const LONGEST = 31;

/**
 * Jaro-Winkler similarity of two texts, from 0 (nothing in common) to 1 (equal). `MARTHA` and `MARHTA`: 0.961.
 *
 * Letters that were matched are marked in two numbers, which is a third faster than in arrays.
 */
export function jaroWinkler(a: string, b: string): number {
  if (a === b) return 1;
  const lengthA = Math.min(a.length, LONGEST);
  const lengthB = Math.min(b.length, LONGEST);
  if (lengthA === 0 || lengthB === 0) return 0;
  const reach = Math.max(0, (Math.max(lengthA, lengthB) >> 1) - 1);
  let marksA = 0;
  let marksB = 0;
  let matches = 0;
  for (let i = 0; i < lengthA; i++) {
    const letter = a.charCodeAt(i);
    const end = Math.min(lengthB, i + reach + 1);
    for (let j = Math.max(0, i - reach); j < end; j++) {
      if ((marksB & (1 << j)) !== 0 || b.charCodeAt(j) !== letter) continue;
      marksA |= 1 << i;
      marksB |= 1 << j;
      matches++;
      break;
    }
  }
  if (matches === 0) return 0;
  let outOfOrder = 0;
  for (let i = 0, j = 0; i < lengthA; i++) {
    if ((marksA & (1 << i)) === 0) continue;
    while ((marksB & (1 << j)) === 0) j++;
    if (a.charCodeAt(i) !== b.charCodeAt(j)) outOfOrder++;
    j++;
  }
  const jaro = (matches / lengthA + matches / lengthB + (matches - outOfOrder / 2) / matches) / 3;
  let prefix = 0;
  while (prefix < 4 && prefix < lengthA && prefix < lengthB && a.charCodeAt(prefix) === b.charCodeAt(prefix)) prefix++;
  return jaro + prefix * 0.1 * (1 - jaro);
}

/** Whether one letter was added, left out, replaced, or exchanged with its neighbour. Equal texts are not. */
export function areOneEditApart(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1) return false;
  let start = 0;
  while (start < short.length && short.charCodeAt(start) === long.charCodeAt(start)) start++;
  if (start === long.length) return false;
  let end = 0;
  while (
    end < short.length - start &&
    short.charCodeAt(short.length - 1 - end) === long.charCodeAt(long.length - 1 - end)
  ) {
    end++;
  }
  const restShort = short.length - end - start;
  const restLong = long.length - end - start;
  if (restLong <= 1) return true;
  return (
    restLong === 2 &&
    restShort === 2 &&
    short.charCodeAt(start) === long.charCodeAt(start + 1) &&
    short.charCodeAt(start + 1) === long.charCodeAt(start)
  );
}

/**
 * A name as it sounds, spellings made one: `CADEN` and `KADEN`, `SOPHIA` and `SOFIA`, `HAILEY` and `HALEY`. Vowels are kept,
 * since names such as `MILA` and `MILO` are two, and so are `SHANE` and `ZANE`. Empty for a name without Latin letters.
 */
export function soundOf(name: string): string {
  return name
    .replace(/[^A-Z]/g, '')
    .replace(/PH/g, 'F')
    .replace(/CH(?=[RL])/g, 'K')
    .replace(/[CS]H/g, 'X')
    .replace(/C(?=[EIY])/g, 'S')
    .replace(/[CQ]/g, 'K')
    .replace(/(?<=.)Z/g, 'S')
    .replace(/(?<=.)H/g, '')
    .replace(/[AE][YI](?=.)/g, 'A')
    .replace(/(?:E[YIE]|IE|Y)$/g, 'I')
    .replace(/Y/g, 'I')
    .replace(/EE|EA|IE|EI/g, 'I')
    .replace(/(.)\1+/g, '$1');
}

/** The Soundex digits of the letters A to Z; 0 for vowels, 7 for H and W, which keep equal neighbours together. */
const SOUNDEX = '01230127022455012623017202';

/** The Soundex code of a name as a number; 0 for a text without letters. Only A to Z count. */
export function soundex(name: string): number {
  let code = 0;
  let digits = 0;
  let last = 0;
  for (let i = 0; i < name.length && digits < 4; i++) {
    const letter = name.charCodeAt(i) - 65;
    if (letter < 0 || letter > 25) continue;
    const digit = SOUNDEX.charCodeAt(letter) - 48;
    if (digits === 0) {
      code = letter + 1;
      digits = 1;
    } else if (digit > 0 && digit < 7 && digit !== last) {
      code = code * 7 + digit;
      digits++;
    }
    if (digit !== 7) last = digit;
  }
  for (; digits > 0 && digits < 4; digits++) code *= 7;
  return code;
}
