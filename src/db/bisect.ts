/** Finds the units of a batch that a database refuses, by halves. */

/** A unit that was refused, and the error that says why. */
export interface Refused<Unit> {
  readonly unit: Unit;
  readonly error: unknown;
}

/**
 * Writes as many units as the database takes, in their order, and gives those that it refuses. `write` must do all or
 * nothing. n refused ones of N cost about n · log2(N / n) attempts.
 * @throws any error of `write` that is no refusal
 */
export async function writeBisected<Unit>(
  units: readonly Unit[],
  write: (units: readonly Unit[]) => Promise<void>,
  isRefusal: (error: unknown) => boolean,
): Promise<Refused<Unit>[]> {
  if (units.length === 0) return [];
  try {
    await write(units);
    return [];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (units.length === 1) return [{ unit: units[0]!, error }];
  }
  const middle = units.length >> 1;
  const first = await writeBisected(units.slice(0, middle), write, isRefusal);
  const second = await writeBisected(units.slice(middle), write, isRefusal);
  return [...first, ...second];
}
