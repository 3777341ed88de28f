/** How many doses of each vaccine and year a load adds to the registry, counted as they are written. */

const FIRST_YEAR = 1800;
const YEARS = 400;

/** Doses by CVX code and year. */
export class DoseCountsByYear {
  readonly #vaccines = new Map<string, Uint32Array>();
  /** Doses that were added, whatever was taken away. */
  added = 0;

  /** `day` is `YYYY-MM-DD`. A year that no dose can be of is not counted, neither among those added. */
  add(cvx: string, day: string): void {
    if (this.#count(cvx, day, 1)) this.added++;
  }

  /** Takes away a dose that was added. */
  take(cvx: string, day: string): void {
    this.#count(cvx, day, -1);
  }

  #count(cvx: string, day: string, more: number): boolean {
    let years = this.#vaccines.get(cvx);
    if (years === undefined) {
      years = new Uint32Array(YEARS);
      this.#vaccines.set(cvx, years);
    }
    const digit = (at: number): number => day.charCodeAt(at) - 48;
    const year = digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3) - FIRST_YEAR;
    if (year < 0 || year >= YEARS) return false;
    years[year]! += more;
    return true;
  }

  /** The counts that are not 0. */
  get counts(): { cvx: string; year: string; count: number }[] {
    return [...this.#vaccines].flatMap(([cvx, years]) =>
      [...years].flatMap((count, i) => (count === 0 ? [] : [{ cvx, year: String(FIRST_YEAR + i), count }])),
    );
  }
}

/** The sums of counts by vaccine and by year, in the order of their names. */
export function sumDoses(counts: readonly { readonly cvx: string; readonly year: string; readonly count: number }[]): {
  readonly by_vaccine: Readonly<Record<string, number>>;
  readonly by_year: Readonly<Record<string, number>>;
} {
  const sumBy = (name: 'cvx' | 'year'): Record<string, number> => {
    const sums = new Map<string, number>();
    for (const each of counts) sums.set(each[name], (sums.get(each[name]) ?? 0) + each.count);
    return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return { by_vaccine: sumBy('cvx'), by_year: sumBy('year') };
}
