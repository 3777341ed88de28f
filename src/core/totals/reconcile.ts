/** Compares what a sender expects with what was received, and says what became of it. */
import type { ComparedTotal } from '../read/frame.js';
import type { ExpectedTotals } from './expected.js';
import { type FateCounts, noFates, type ReceivedTotals, receivedOf, splitUnknown } from './received.js';

/** Received records by what became of them, as `summary.json` has them. */
export interface ReceivedCount extends Readonly<FateCounts> {
  /** The sum of the fates. */
  readonly received: number;
}

/** A total of the sender, and what came of it. */
export interface ReconciledTotal extends ReceivedCount {
  readonly expected: number;
  /** Received less expected: below 0 where something is missing. */
  readonly difference: number;
}

/** What a number of patients counts. */
export type PatientsCounted = 'records' | 'ids';

export interface ReconciledPatients extends ReconciledTotal {
  readonly counts: PatientsCounted;
  /** Different ids of patients, whichever of the two is compared. */
  readonly ids: number;
  /** Records without an id that can be read. Where ids are compared, each may stand for a patient that is missing. */
  readonly without_id: number;
}

/** Totals of all vaccines or of all years. */
export interface ReconciledList {
  readonly agrees: boolean;
  readonly totals: Readonly<Record<string, ReconciledTotal>>;
  /** Doses that belong to one of them, which could not be read. */
  readonly unknown: ReceivedCount;
}

/** What became of the sender's totals. Parts that were not said are left out. */
export interface Reconciliation {
  readonly agrees: boolean;
  readonly patients?: ReconciledPatients;
  readonly immunizations?: ReconciledTotal;
  readonly by_vaccine?: ReconciledList;
  readonly by_year?: ReconciledList;
}

/** What became of the totals that a sender gave with its files, or in them, as `summary.json` tells it. */
export interface ReconciliationSummary extends Reconciliation {
  /** The file that they stand in, `null` where the command says them. */
  readonly totals_file: { readonly name: string; readonly sha256: string } | null;
  /** What header and trailer records count. */
  readonly control_totals?: readonly (ComparedTotal & { readonly file: string; readonly difference: number | null })[];
}

/** A total that is not what was received, in the words of an issue. */
export interface WrongTotal {
  /** What is counted: `patients`, `doses of CVX 03`. */
  readonly what: string;
  readonly expected: number;
  readonly received: number;
}

/** Compares the totals that were said with what was received. */
export function reconcile(
  expected: ExpectedTotals,
  received: ReceivedTotals,
  patientsCounted: PatientsCounted,
): Reconciliation {
  const { patients, immunizations, byVaccine, byYear } = expected;
  const ids = received.patientIds;
  const parts = {
    ...(patients !== null && {
      patients: {
        counts: patientsCounted,
        ids: receivedOf(ids),
        without_id: received.withoutId,
        ...compare(patients, patientsCounted === 'ids' ? ids : received.patients),
      },
    }),
    ...(immunizations !== null && { immunizations: compare(immunizations, received.doses) }),
    ...(byVaccine !== null && { by_vaccine: compareList(byVaccine, received.byVaccine) }),
    ...(byYear !== null && { by_year: compareList(byYear, received.byYear) }),
  };
  return { agrees: findWrongTotals(parts).length === 0, ...parts };
}

function countReceived(fates: Readonly<FateCounts>): ReceivedCount {
  return { received: receivedOf(fates), ...fates };
}

function compare(expected: number, fates: Readonly<FateCounts>): ReconciledTotal {
  const count = countReceived(fates);
  return { expected, ...count, difference: count.received - expected };
}

/**
 * A dose whose vaccine or year could not be read counts for one that is missing: the sender knows what it is. So a list
 * agrees when nothing was received more often than expected, and as much altogether.
 */
function compareList(expected: ReadonlyMap<string, number>, received: ReadonlyMap<string, FateCounts>): ReconciledList {
  const { named, unknown } = splitUnknown(received);
  const names = [...new Set([...expected.keys(), ...named.keys()])].sort();
  const totals = names.map((name) => [name, compare(expected.get(name) ?? 0, named.get(name) ?? noFates())] as const);
  const missing = totals.reduce((sum, [, { difference }]) => sum - difference, 0);
  const agrees = totals.every(([, { difference }]) => difference <= 0) && missing === receivedOf(unknown);
  return { agrees, totals: Object.fromEntries(totals), unknown: countReceived(unknown) };
}

/** The totals that are not what was received, one by one. */
export function findWrongTotals({
  patients,
  immunizations,
  by_vaccine,
  by_year,
}: Omit<Reconciliation, 'agrees'>): WrongTotal[] {
  const wrong: WrongTotal[] = [];
  const add = (what: string, { expected, received, difference }: ReconciledTotal, unknown = 0): void => {
    if (difference > 0 || difference < -unknown) wrong.push({ what, expected, received });
  };
  if (patients?.counts === 'ids') add('different patient ids', patients, patients.without_id);
  else if (patients !== undefined) add('records of patients', patients);
  if (immunizations !== undefined) add('doses', immunizations);
  const addList = (list: ReconciledList | undefined, nameOf: (name: string) => string): void => {
    if (list === undefined || list.agrees) return;
    for (const [name, total] of totalsInOrder(list)) add(`doses ${nameOf(name)}`, total);
    // Where nothing is missing, doses that could not be read are too many.
    const { received } = list.unknown;
    if (received > 0 && Object.values(list.totals).every(({ difference }) => difference >= 0)) {
      wrong.push({ what: `doses ${nameOf('')}`, expected: 0, received });
    }
  };
  addList(by_vaccine, (name) => (name === '' ? 'of a vaccine that is not known' : `of ${describeVaccine(name)}`));
  addList(by_year, (year) => (year === '' ? 'without a date that can be read' : `of ${year}`));
  return wrong;
}

/** The totals of a list by name: JavaScript itself puts `94` before `03`. */
export function totalsInOrder({ totals }: ReconciledList): [string, ReconciledTotal][] {
  return Object.entries(totals).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A vaccine of the totals in words: by its code, or as the sender's totals name it. */
export function describeVaccine(name: string): string {
  return /^\d{2,3}$/.test(name) ? `CVX ${name}` : name;
}
