/** How people mistype: names, numbers and dates with one slip in them. */
import type { Random } from './random.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
/** Neighbours on the keyboard. */
const NEIGHBOURS: Readonly<Record<string, string>> = {
  a: 'sqz', b: 'vn', c: 'xv', d: 'sf', e: 'wr', f: 'dg', g: 'fh', h: 'gj', i: 'uo', j: 'hk', k: 'jl', l: 'k', m: 'n', n: 'bm',
  o: 'ip', p: 'o', q: 'w', r: 'et', s: 'ad', t: 'ry', u: 'yi', v: 'cb', w: 'qe', x: 'zc', y: 'tu', z: 'x',
}; // biome-ignore format: a table of letters

/** The text with one letter left out, doubled, put in, replaced, or swapped with the next. A digit is replaced by another. */
export function mistype(text: string, random: Random): string {
  if (text.length < 2) return text;
  const at = random.integer(0, text.length - 1);
  const letter = text.charAt(at);
  switch (random.integer(0, 4)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + letter + text.slice(at);
    case 2:
      return text.slice(0, at + 1) + random.pick([...LETTERS]) + text.slice(at + 1);
    case 3: {
      if (/\d/.test(letter)) {
        const digit = random.pick([...'0123456789'].filter((each) => each !== letter));
        return text.slice(0, at) + digit + text.slice(at + 1);
      }
      const wrong = random.pick([...(NEIGHBOURS[letter.toLowerCase()] ?? LETTERS)]);
      return text.slice(0, at) + (letter === letter.toLowerCase() ? wrong : wrong.toUpperCase()) + text.slice(at + 1);
    }
    default: {
      const first = Math.min(at, text.length - 2);
      return text.slice(0, first) + text.charAt(first + 1) + text.charAt(first) + text.slice(first + 2);
    }
  }
}

/** The number with one digit wrong, or two neighbours swapped. */
export function mistypeDigits(digits: string, random: Random): string {
  const at = random.integer(0, digits.length - 2);
  const [a, b] = [digits.charAt(at), digits.charAt(at + 1)];
  if (a !== b && random.chance(0.3)) return digits.slice(0, at) + b + a + digits.slice(at + 2);
  return digits.slice(0, at) + String((Number(a) + random.integer(1, 9)) % 10) + digits.slice(at + 1);
}

/** Another day than this one, as people get it wrong: always a day that exists, and not in the future. */
export function mistakeDate(date: string, random: Random): string {
  for (let attempt = 0; attempt < 20; attempt++) {
    const wrong = wrongDate(date, random);
    if (wrong !== date && isDay(wrong)) return wrong;
  }
  return date;
}

function wrongDate(date: string, random: Random): string {
  const [year, month, day] = [date.slice(0, 4), date.slice(5, 7), date.slice(8)];
  const kind = random.next();
  if (kind < 0.45) {
    const compact = mistypeDigits(year + month + day, random);
    return `${compact.slice(0, 4)}-${compact.slice(4, 6)}-${compact.slice(6)}`;
  }
  if (kind < 0.7) return `${year}-${day}-${month}`;
  if (kind < 0.8) return `${year}-${month}-${twoDigits(Number(day) + random.pick([-1, 1]))}`;
  if (kind < 0.9) return `${Number(year) + random.pick([-1, 1])}-${month}-${day}`;
  if (kind < 0.95) return `${year}-01-01`;
  return `${year}-${twoDigits(random.integer(1, 12))}-${twoDigits(random.integer(1, 28))}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(date: string): boolean {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  if (year < 1905 || date > '2026-06-30' || month < 1 || month > 12 || day < 1 || day > DAYS[month - 1]!) return false;
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}
