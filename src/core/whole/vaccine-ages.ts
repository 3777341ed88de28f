/**
 * Ages at which hardly anybody outside of them gets a vaccine: its licence and the schedule, with years to spare.
 *
 * Not for judging a dose, but for a file in which many doses lie outside: then birth dates, dates of doses or codes stand
 * in the wrong places. Sources: CDC's immunization schedules and the package inserts, as general knowledge.
 */

/** From a year of age on, and before one. */
export interface VaccineAges {
  readonly from: number;
  readonly before: number;
  /** Whether it is given on the day of birth. */
  readonly fromBirth?: true;
}

const ROWS: readonly (readonly [codes: string, ages: VaccineAges])[] = [
  // Hepatitis B of children and unspecified, hepatitis B immune globulin, RSV antibodies, BCG: from birth on.
  ['08 45 30 306 307 315 332 19', { from: 0, before: 200, fromBirth: true }],
  // Rotavirus: to eight months.
  ['74 116 119 122', { from: 0, before: 2 }],
  // DTaP and its combinations: to the seventh birthday.
  ['20 50 106 107 110 120 130 132 146 170', { from: 0, before: 10 }],
  // Tdap and Td: from seven years on.
  ['09 113 115 138 139 196', { from: 5, before: 200 }],
  // HPV: from nine years on.
  ['62 118 137 165', { from: 7, before: 70 }],
  // Zoster, and influenza vaccines of the old.
  ['121 187 188', { from: 17, before: 200 }],
  ['135 197 168 205', { from: 45, before: 200 }],
  // RSV of adults.
  ['303 304 305 326', { from: 10, before: 200 }],
  // Meningococcal vaccines of adolescents, and the polysaccharide of pneumococci.
  ['163 162 316', { from: 5, before: 200 }],
  ['33', { from: 1, before: 200 }],
];

const AGES: ReadonlyMap<string, VaccineAges> = new Map(
  ROWS.flatMap(([codes, ages]) => codes.split(' ').map((code) => [code, ages] as const)),
);

/** The ages of a vaccine, `undefined` where they say nothing. */
export function agesOf(cvx: string): VaccineAges | undefined {
  return AGES.get(cvx);
}
