/** Which of the known words somebody meant. */

/** The known word that is nearest to the one given, `null` when none is near: a third of its letters may differ, or be cut off. */
export function nearestWord(word: string, known: readonly string[]): string | null {
  const key = keyOf(word);
  let nearest: string | null = null;
  const limit = Math.max(1, Math.floor(key.length / 3));
  let best = limit + 1;
  for (const each of known) {
    // A word that only hyphens tell apart is nearer than any that goes on.
    const isCut = key.length >= SHORTEST_BEGINNING && keyOf(each) !== key && keyOf(each).startsWith(key);
    const distance = isCut ? limit : distanceBetween(key, keyOf(each));
    if (distance >= best) continue;
    best = distance;
    nearest = each;
  }
  return nearest;
}

/** Fewer letters begin too many words. */
const SHORTEST_BEGINNING = 3;

/** Words are compared without case, and as if written without hyphens and underscores. */
function keyOf(word: string): string {
  return word.toLowerCase().replace(/[\s_-]+/g, '');
}

/**
 * Letters to be added, left out, changed or swapped with their neighbour to make one word of the other; infinite when
 * they are more than `most`.
 */
export function distanceBetween(a: string, b: string, most = Number.POSITIVE_INFINITY): number {
  // Only rows that a swap can reach are kept. Words much longer than any name are not worth the comparison.
  if (Math.abs(a.length - b.length) > Math.max(a.length, b.length) / 2) return Number.POSITIVE_INFINITY;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let distance = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) distance = Math.min(distance, beforeLast[column - 2]! + 1);
      current.push(distance);
    }
    // A swap reaches two rows back.
    if (Math.min(...current) > most && Math.min(...last) > most) return Number.POSITIVE_INFINITY;
    beforeLast = last;
    last = current;
  }
  return last[b.length]! > most ? Number.POSITIVE_INFINITY : last[b.length]!;
}
