/** Arrays as PostgreSQL reads them. */

/** Numbers as one value: the driver would quote each. */
export function numbers(values: Iterable<number | null>): string {
  return `{${Array.from(values, (value) => value ?? 'NULL').join(',')}}`;
}
