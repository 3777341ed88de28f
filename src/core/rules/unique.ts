/** Values that may stand once in a file: what tells them apart, and where each stood first. */

/** 64 bits of a value: what is kept of it. */
export interface Fingerprint {
  readonly low: number;
  readonly high: number;
}

/** The fingerprint of a value. Two of twenty million values have the same with a probability of one in 90,000. */
export function fingerprintOf(value: string): Fingerprint {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  // The two halves are mixed into each other, so that neither has a weakness of its own.
  const low = mix(a, 2246822507) ^ mix(b, 3266489909);
  const high = mix(b, 2246822507) ^ mix(a, 3266489909);
  return { low: low >>> 0, high: high >>> 0 };
}

function mix(half: number, by: number): number {
  const mixed = Math.imul(half ^ (half >>> 16), by);
  return mixed ^ (mixed >>> 13);
}

/** Parts of the whole that grow by themselves, so that growing never takes much memory at once. */
const PARTS = 64;
/** Share of a part that may be taken before it grows. */
const MOST_TAKEN = 0.75;
const FIRST_ROOM = 16;

/** One part: fingerprints and lines side by side, each at the first free place behind the one that it points at. */
class Part {
  #lows = new Uint32Array(FIRST_ROOM);
  #highs = new Uint32Array(FIRST_ROOM);
  /** 0 where the place is free. */
  #lines = new Uint32Array(FIRST_ROOM);
  #taken = 0;

  add(low: number, high: number, line: number): number {
    if (this.#taken >= this.#lines.length * MOST_TAKEN) this.#grow();
    const place = this.#placeOf(low, high);
    const earlier = this.#lines[place]!;
    if (earlier !== 0) return earlier;
    this.#put(place, low, high, line);
    this.#taken++;
    return 0;
  }

  #placeOf(low: number, high: number): number {
    const mask = this.#lines.length - 1;
    let place = low & mask;
    while (this.#lines[place] !== 0 && (this.#lows[place] !== low || this.#highs[place] !== high)) {
      place = (place + 1) & mask;
    }
    return place;
  }

  #put(place: number, low: number, high: number, line: number): void {
    this.#lows[place] = low;
    this.#highs[place] = high;
    this.#lines[place] = line;
  }

  #grow(): void {
    const [lows, highs, lines] = [this.#lows, this.#highs, this.#lines];
    const room = lines.length * 2;
    this.#lows = new Uint32Array(room);
    this.#highs = new Uint32Array(room);
    this.#lines = new Uint32Array(room);
    for (let i = 0; i < lines.length; i++) {
      if (lines[i] === 0) continue;
      this.#put(this.#placeOf(lows[i]!, highs[i]!), lows[i]!, highs[i]!, lines[i]!);
    }
  }
}

/**
 * The values of one column that were seen so far, 12 bytes for each and room for more: 16 to 32 bytes a value. Twenty
 * million ids take half a gigabyte, where the texts themselves would take two.
 */
export class SeenValues {
  readonly #parts = Array.from({ length: PARTS }, () => new Part());

  /** Adds a value that stands on a line, and gives the line where it stood first: 0 if it is new. */
  add({ low, high }: Fingerprint, line: number): number {
    // A part is chosen by other bits than the place in it.
    return this.#parts[high % PARTS]!.add(low, high, line);
  }
}
