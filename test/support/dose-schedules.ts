/** The vaccines that made-up histories are made of: when they are given, and what else a record may call them. */

/** A series: its vaccines, of which a clinic uses one, and the ages in days at which it is given. */
export interface Series {
  readonly vaccines: readonly string[];
  readonly ages: readonly number[];
  /** Share of the persons who get it. */
  readonly share: number;
}

export const CHILD: readonly Series[] = [
  { vaccines: ['116', '119'], ages: [60, 122, 183], share: 0.8 },
  { vaccines: ['133', '152', '215'], ages: [60, 122, 183, 370], share: 0.9 },
  { vaccines: ['83', '85'], ages: [370, 560], share: 0.85 },
  { vaccines: ['115'], ages: [4100], share: 0.8 },
  { vaccines: ['62', '165'], ages: [4110, 4300], share: 0.7 },
  { vaccines: ['114', '136', '203'], ages: [4100, 5900], share: 0.75 },
  { vaccines: ['163', '162'], ages: [5900, 5930], share: 0.3 },
];
/** The first year as clinics combine it: each dose is one or several shots. */
export const FIRST_YEAR: readonly (readonly (readonly string[])[])[] = [
  [['110', '49'], ['110', '49'], ['110', '49']],
  [['120', '08'], ['120'], ['120', '08']],
  [['146'], ['146'], ['146']],
  [['20', '10', '08', '48'], ['20', '10', '48'], ['20', '10', '08', '48']],
]; // biome-ignore format: a dose on each line
export const ADULT: readonly Series[] = [
  { vaccines: ['187'], ages: [18_300, 18_400], share: 0.4 },
  { vaccines: ['33'], ages: [23_800], share: 0.5 },
  { vaccines: ['115', '113', '138'], ages: [9_000, 12_700, 16_400], share: 0.6 },
  { vaccines: ['43', '44', '189'], ages: [9_100, 9_130, 9_280], share: 0.3 },
  { vaccines: ['104'], ages: [10_000, 10_030, 10_190], share: 0.1 },
];
export const FLU = ['140', '141', '150', '158', '161', '171', '186'];
export const COVID = [
  ['208', '217', '300'],
  ['207', '221', '229'],
  ['211', '313'],
] as const;

/** A series with short gaps, by the days after its first shot. */
export interface ShortSeries {
  readonly vaccine: string;
  readonly days: readonly number[];
  readonly share: number;
}

/** Rabies is given after a bite, or before a journey. */
export const RABIES: readonly ShortSeries[] = [
  { vaccine: '175', days: [0, 3, 7, 14], share: 0.0024 },
  { vaccine: '176', days: [0, 3, 7, 14, 28], share: 0.0003 },
  { vaccine: '175', days: [0, 7, 21], share: 0.0006 },
];
/** Before a journey: Japanese encephalitis, typhoid, cholera, and hepatitis B in a hurry. */
export const TRAVEL: readonly ShortSeries[] = [
  { vaccine: '134', days: [0, 7], share: 0.0024 },
  { vaccine: '134', days: [0, 28], share: 0.0056 },
  { vaccine: '101', days: [0], share: 0.02 },
  { vaccine: '25', days: [0, 2, 4, 6], share: 0.001 },
  { vaccine: '174', days: [0], share: 0.001 },
  { vaccine: '172', days: [0, 7], share: 0.0005 },
  { vaccine: '172', days: [0, 14], share: 0.0005 },
];
export const HURRIED_HEPATITIS: readonly ShortSeries[] = [
  { vaccine: '43', days: [0, 7, 21, 370], share: 0.001 },
  { vaccine: '104', days: [0, 7, 25, 370], share: 0.001 },
];

/** What stands for a vaccine whose product is not known: one or several codes for a combination. */
export const UNSPECIFIED: Readonly<Record<string, readonly string[]>> = {
  '20': ['107'], '10': ['89'], '08': ['45'], '48': ['17'], '49': ['17'], '116': ['122'], '119': ['122'],
  '133': ['152', '109'], '215': ['152'], '83': ['85'], '62': ['137'], '165': ['137'], '114': ['108', '147'],
  '136': ['108'], '203': ['108'], '163': ['164'], '162': ['164'], '187': ['188'], '33': ['109'], '113': ['139'],
  '138': ['139'], '43': ['45'], '44': ['45'], '189': ['45'], '175': ['90'], '176': ['90'], '134': ['129'],
  '101': ['91'], '25': ['91'], '172': ['26'], '174': ['26'],
}; // biome-ignore format: a table
/** Other products of the group, as a sender that guesses writes them. */
export const GUESSES: Readonly<Record<string, readonly string[]>> = {
  '20': ['106'], '10': ['02'], '08': ['42', '43'], '48': ['49', '47'], '49': ['48'], '116': ['119'], '119': ['116'],
  '133': ['100'], '215': ['133'], '83': ['84'], '62': ['118'], '165': ['62'], '114': ['136'], '136': ['114'],
  '203': ['114'], '163': ['162'], '162': ['163'], '187': ['121'], '43': ['44'], '44': ['43'], '175': ['18'],
  '120': ['170'], '146': ['132'],
}; // biome-ignore format: a table
/** The parts of a combination, as its components are billed or as a card names them. */
export const PARTS: Readonly<Record<string, readonly string[]>> = {
  '110': ['20', '08', '10'],
  '120': ['20', '48', '10'],
  '146': ['20', '48', '10', '08'],
  '94': ['03', '21'],
  '104': ['83', '08'],
  '130': ['20', '10'],
};

/** The codes that stand for a vaccine whose product is not known; its own where it has none. */
export function unspecifiedOf(cvx: string): readonly string[] {
  if (FLU.includes(cvx)) return ['88'];
  if (COVID.some((codes) => (codes as readonly string[]).includes(cvx))) return ['213'];
  return UNSPECIFIED[cvx] ?? [cvx];
}

/** The products of its group that a vaccine is taken for. */
export function guessesOf(cvx: string): readonly string[] {
  if (FLU.includes(cvx)) return FLU;
  return COVID.find((codes) => (codes as readonly string[]).includes(cvx)) ?? GUESSES[cvx] ?? [cvx];
}
